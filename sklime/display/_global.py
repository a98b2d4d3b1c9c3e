"""Weights of many rows in one picture, on matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

import numpy as np

from sklime.display._axes import (
    axes_for,
    draw_scale,
    draw_strips,
    figure_width,
    is_dark,
    set_names,
    set_title,
    weight_label,
)
from sklime.display._counts import check_max_features
from sklime.display._names import has_output_name, output_sides, pair_title
from sklime.display._summary import Entries, drivers, entries_of
from sklime.display._types import Label, Style
from sklime.display._value_colors import colors_of_values, is_numeric
from sklime.display._view import failure_of
from sklime.display._words import words_of
from sklime.utils._text import counted
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sklime._base import BaseLimeExplainer
    from sklime._explanations._base import AnyBatch, BaseExplanation
    from sklime._explanations._explanation import ExplanationBatch
    from sklime.display._cohorts import Cohorts

__all__ = ["LimeGlobalDisplay", "Strips", "output_indices", "sides_of", "strips_of"]

INCHES_PER_STRIP = 0.42


class Strips(NamedTuple):
    """Weights of the strongest features in many rows; the sequences have one item per feature.

    `rows` holds the indices of the rows that use the feature, `values` their values in it; `None`
    for documents. `means` orders the features, and `n_rest` counts those that are left out.
    """

    labels: list[str]
    weights: list[FloatArray]
    rows: list[IntArray]
    values: list[Array] | None
    means: FloatArray
    n_rest: int


class LimeGlobalDisplay:
    """Strips of the weights of many rows, one dot per row, one strip per feature.

    It is recommended to use `from_explanations`, `from_estimator` or `ExplanationBatch.plot` to
    make one. The tick is the median of the drawn weights. Strips are ordered by `means`, the mean
    absolute weights, which the signed axis does not show.

    Parameters
    ----------
    labels : sequence of str
        Names of the features, the largest mean first.

    weights : sequence of ndarray
        Weights of the rows that use the feature, one array per feature.

    means : ndarray of shape (n_strips,)
        Mean absolute weights over all rows.

    title : str, default=""
        Title of the axes.

    xlabel : str, default="weight"
        Label of the horizontal axis.

    values : sequence of ndarray, default=None
        Values that these rows have in the feature, as `weights`. They color the dots: numbers from
        low to high, levels in hues, missing values gray. `None` colors by the sign of the weight.

    scale_values : sequence of ndarray, default=None
        Values that span the scale of the colors, such as those of more rows. `None` takes `values`.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on.

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    dots_ : list of matplotlib.collections.PathCollection
        One per feature.

    ticks_ : matplotlib.collections.LineCollection
        The medians.

    scale_ : matplotlib.axes.Axes or None
        The scale of the colors; `None` where no feature has numbers as values.

    See Also
    --------
    LimeCohortsDisplay : Draws groups of rows side by side.
    LimeExplanationDisplay : Draws one row.
    LimeFidelityDisplay : Draws how well the surrogates follow the model.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display import LimeGlobalDisplay
    >>> display = LimeGlobalDisplay(["age"], [np.array([0.2, -0.1])], np.array([0.15]))
    >>> display.labels
    ['age']
    """

    def __init__(
        self,
        labels: Sequence[str],
        weights: Sequence[FloatArray],
        means: FloatArray,
        *,
        title: str = "",
        xlabel: str = "weight",
        values: Sequence[Array] | None = None,
        scale_values: Sequence[Array] | None = None,
    ) -> None:
        self.labels = labels
        self.weights = weights
        self.means = means
        self.title = title
        self.xlabel = xlabel
        self.values = values
        self.scale_values = scale_values

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseLimeExplainer,
        X: Any,
        *,
        output: Label = None,
        max_features: int | None = 10,
        **kwargs: Any,
    ) -> Self:
        """Explain a table, or documents, and draw the weights.

        Parameters
        ----------
        estimator : fitted explainer
            Such as `LimeTabularExplainer`.

        X : {array-like, DataFrame} of shape (n_samples, n_features), or list of str
            Table or documents to explain.

        output : label, str or int, default=None
            Output to draw; see `from_explanations`.

        max_features : int, default=10
            Most strips, at least 1; `None` is all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeGlobalDisplay
            The display.
        """
        check_max_features(max_features)
        explanations = estimator.explain(X)
        return cls.from_explanations(
            explanations, output=output, max_features=max_features, **kwargs
        )

    @classmethod
    def from_explanations(
        cls,
        explanations: AnyBatch,
        *,
        output: Label = None,
        max_features: int | None = 10,
        **kwargs: Any,
    ) -> Self:
        """Draw the weights of a batch.

        Parameters
        ----------
        explanations : ExplanationBatch
            The explanations to draw.

        output : label, str or int, default=None
            Output to draw, by name or class label. `None` is the only one or, of several
            classes, the predicted one of each row.

        max_features : int, default=10
            Most strips, at least 1; `None` is all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeGlobalDisplay
            The display.
        """
        check_max_features(max_features)
        strips = strips_of(explanations, output, max_features)
        sides, quantity = sides_of(explanations, output), words_of(explanations).quantity
        title = counted(len(explanations), explanations.noun)
        if explanations.baseline == "shapley":
            title = f"{words_of(explanations).headings}, {title}"
        if not explanations.is_classification and has_output_name(explanations):
            title += f", output {pair_title(*sides).text}"
        title += f"; tick: median {quantity}"
        if strips.n_rest:
            title += f"\n{counted(strips.n_rest, 'weaker feature')} not drawn"
        return cls(
            strips.labels,
            strips.weights,
            strips.means,
            title=title,
            xlabel=weight_label(explanations.is_classification, *sides, quantity),
            values=strips.values,
        ).plot(**kwargs)

    def plot(
        self, ax: Axes | None = None, *, dot_kwargs: Style | None = None, scale: bool = True
    ) -> Self:
        """Draw the strips.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; `None` makes a figure whose size follows the number of strips.

        dot_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.scatter`.

        scale : bool, default=True
            Whether to draw the scale of the colors beside the axes.

        Returns
        -------
        display : LimeGlobalDisplay
            The display itself.
        """
        size = figure_width(self.labels), 1.4 + INCHES_PER_STRIP * max(len(self.labels), 1)
        self.ax_ = axes_for(ax, size)
        self.figure_ = cast("Figure", self.ax_.figure)
        medians = [np.median(row) if len(row) else np.nan for row in self.weights]
        self.dots_, self.ticks_ = draw_strips(
            self.ax_, self.weights, medians, colors=self._colors(), dot_kwargs=dot_kwargs
        )
        self.scale_ = draw_scale(self.ax_) if scale and self.has_scale() else None
        set_names(self.ax_, self.labels)
        self.ax_.set_xlabel(self.xlabel, parse_math=False)
        set_title(self.ax_, self.title)
        return self

    def has_scale(self) -> bool:
        """Tell whether the colors need a scale from low to high.

        Returns
        -------
        has_scale : bool
            Whether any feature has numbers as values.
        """
        return any(len(row) and is_numeric(row) for row in self.values or ())

    def _colors(self) -> list[FloatArray] | None:
        if self.values is None:
            return None
        spans = self.values if self.scale_values is None else self.scale_values
        dark = is_dark(self.ax_)
        return [colors_of_values(row, dark, span) for row, span in zip(self.values, spans)]


def strips_of(
    explanations: AnyBatch,
    output: Label,
    max_features: int | None,
    cohorts: Cohorts | None = None,
) -> Strips:
    """Return the weights of the strongest features.

    Parameters
    ----------
    explanations : ExplanationBatch
        The explanations to draw.

    output : label, str or int or None
        Output to draw; `None` is the main output of each row.

    max_features : int or None
        Largest number of features; `None` is all.

    cohorts : Cohorts, default=None
        Groups of rows. The strongest features are then those with the largest mean absolute weight
        in any group; `None` takes the mean over all rows.

    Returns
    -------
    strips : Strips
        The strongest feature first.
    """
    rows = list(explanations)
    entries = entries_of(rows, output_indices(rows, output))
    # The mean counts rows that do not use a feature as 0, but not rows that failed.
    predictions = np.asarray(explanations.predictions, dtype=np.float64)
    explained: BoolArray = np.asarray(~np.isnan(predictions).any(axis=1))
    strengths = None
    if cohorts is not None:
        sizes = entries._replace(weights=np.abs(entries.weights))
        strengths = np.nan_to_num(cohorts.means(sizes, explained)).max(axis=0, initial=0.0)
    ranked = drivers(entries, int(explained.sum()), max_features, strengths)
    groups = [item["entries"] for item in ranked]
    return Strips(
        [item["name"].text for item in ranked],
        [item["weights"] for item in ranked],
        [entries.rows[group] for group in groups],
        _values_of(explanations, entries, groups),
        np.array([item["mean"] for item in ranked]),
        len(entries.names) - len(ranked),
    )


def _values_of(
    explanations: AnyBatch, entries: Entries, groups: Sequence[IntArray]
) -> list[Array] | None:
    """Return the values that rows have in features; `None` for documents, which have words."""
    if explanations.kind != "table":
        return None
    data = cast("ExplanationBatch", explanations).data
    return [data[entries.rows[group], entries.columns[group]] for group in groups]


def output_indices(explanations: Sequence[BaseExplanation], output: Label) -> IntArray:
    """Return the index of the explained output to draw, for each row.

    Parameters
    ----------
    explanations : sequence of Explanation
        The explanations to draw.

    output : label, str or int or None
        Name of the output; `None` is the main output of each row.

    Returns
    -------
    indices : ndarray of int of shape (n_rows,)
        Indices; 0 for rows without explanation.
    """
    indices = [0 if failure_of(one) else one._output_index(output) for one in explanations]
    return np.array(indices, dtype=np.int_)


def sides_of(explanations: AnyBatch, output: Label) -> tuple[Label, Label]:
    """Return the name of the drawn output, and of the output that it is set against.

    Parameters
    ----------
    explanations : ExplanationBatch
        The explanations to draw.

    output : label, str or int or None
        Name of the output; `None` is the main output of each row.

    Returns
    -------
    name, other : object
        "the predicted class" if it differs between rows; `other` is `None` if there is none.
    """
    is_one = len(explanations.output_names) == 1 and explanations.target != "predicted"
    if len(explanations) and (output is not None or is_one):
        return output_sides(explanations[0], explanations[0]._output_index(output))
    if is_one:
        return explanations.output_names[0], None
    return ("the predicted class" if output is None else output), None
