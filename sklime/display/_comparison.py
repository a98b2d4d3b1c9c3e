"""Weights of several outputs or several models in one picture, on matplotlib."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from sklime.display._aligned import Aligned, aligned
from sklime.display._axes import (
    axes_for,
    background_of,
    figure_width,
    ink_of,
    plain_name,
    readable_color,
    row_title,
    set_names,
    set_title,
)
from sklime.display._bars import one_row
from sklime.display._counts import check_max_features, shown_and_rest
from sklime.display._names import MAX_CLASS_LENGTH, output_title
from sklime.display._types import Label, Style
from sklime.display._words import words_of
from sklime.utils._text import counted
from sklime.utils._types import BoolArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import Figure

    from sklime._base import BaseLimeExplainer
    from sklime._explanations._base import BaseExplanation

__all__ = ["LimeComparisonDisplay"]

# Distinct in all kinds of color vision; the shapes of the markers differ as well.
COLORS = ("#c2570c", "#2f78c4", "#3f444c", "#8a6d00", "#7d4fa3", "#2c8070")
# Seven markers and six colors: the pairs repeat after 42 groups only.
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GROUP_HEIGHT = 0.64  # of the distance between two features
LEGEND_ROOM, LEGEND_COLUMNS = 26, 4  # points per line of the legend


class LimeComparisonDisplay:
    """The weights of several outputs or models with their intervals, one row per feature.

    It is recommended to use `from_explanation` to compare the outputs of one model, and
    `from_explanations` to compare models. A hollow dot has an interval that contains zero. Exact
    weights have no intervals.

    Parameters
    ----------
    labels : sequence of str
        Names of the features, the largest weight first.

    groups : sequence of str
        Names of the outputs or models.

    weights, ci_low, ci_high : ndarray of shape (n_labels, n_groups)
        Weights and ends of their intervals; NaN if the feature is not selected, and ends of exact
        weights.

    title : str, default=""
        Title of the axes.

    xlabel : str, default="weight"
        Label of the horizontal axis.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on.

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    dots_ : list of matplotlib.container.ErrorbarContainer
        One per group.

    See Also
    --------
    LimeExplanationDisplay : Draws one output of one model.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display import LimeComparisonDisplay
    >>> display = LimeComparisonDisplay(
    ...     ["age"], ["forest", "SVM"], *np.array([[[0.2, 0.1]], [[0.1, 0.0]], [[0.3, 0.2]]])
    ... )
    >>> display.groups
    ['forest', 'SVM']
    """

    def __init__(
        self,
        labels: Sequence[str],
        groups: Sequence[str],
        weights: FloatArray,
        ci_low: FloatArray,
        ci_high: FloatArray,
        *,
        title: str = "",
        xlabel: str = "weight",
    ) -> None:
        self.labels = labels
        self.groups = groups
        self.weights = weights
        self.ci_low = ci_low
        self.ci_high = ci_high
        self.title = title
        self.xlabel = xlabel

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseLimeExplainer,
        X: Any,
        *,
        row: int = 0,
        max_features: int | None = 10,
        **kwargs: Any,
    ) -> Self:
        """Explain one row of a table, or one document, and compare its outputs.

        Parameters
        ----------
        estimator : fitted explainer
            Such as `LimeTabularExplainer` with ``target="all"``.

        X : {array-like, DataFrame} of shape (n_samples, n_features), or list of str
            Table or list that contains the row.

        row : int, default=0
            Index of the row.

        max_features : int, default=10
            Maximum number of features, at least 1; `None` draws all. The strongest are drawn.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeComparisonDisplay
            The display.
        """
        check_max_features(max_features)
        explanation = estimator.explain(one_row(X, row))[0]
        return cls.from_explanation(explanation, max_features=max_features, **kwargs)

    @classmethod
    def from_explanation(
        cls, explanation: BaseExplanation, *, max_features: int | None = 10, **kwargs: Any
    ) -> Self:
        """Compare the explained outputs of one row.

        Parameters
        ----------
        explanation : Explanation
            The explanation to draw.

        max_features : int, default=10
            Maximum number of features, at least 1; `None` draws all. The strongest are drawn.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeComparisonDisplay
            The display.
        """
        indices = range(len(explanation.internals.output_index))
        names = [output_title(explanation, index).text for index in indices]
        lines = aligned([explanation] * len(names), indices)
        title = row_title(explanation)
        words = {words_of(explanation).quantity}
        return cls._strongest(names, lines, title, words, max_features).plot(**kwargs)

    @classmethod
    def from_explanations(
        cls,
        explanations: Mapping[Any, BaseExplanation],
        *,
        output: Label = None,
        max_features: int | None = 10,
        **kwargs: Any,
    ) -> Self:
        """Compare explanations of the same row by several models.

        Parameters
        ----------
        explanations : dict of str to Explanation
            From the name of each model to its explanation.

        output : label, str or int, default=None
            Output to draw; see `Explanation.as_list`.

        max_features : int, default=10
            Maximum number of features, at least 1; `None` draws all. The strongest are drawn.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeComparisonDisplay
            The display.
        """
        items = list(explanations.values())
        lines = aligned(items, [item._output_index(output) for item in items])
        labels = {plain_name(item.row_label, MAX_CLASS_LENGTH) for item in items}
        title = f"row {' and '.join(sorted(labels))}"
        names = [plain_name(name, MAX_CLASS_LENGTH) for name in explanations]
        words = {words_of(item).quantity for item in items}
        return cls._strongest(names, lines, title, words, max_features).plot(**kwargs)

    @classmethod
    def _strongest(
        cls,
        names: Sequence[str],
        lines: Aligned,
        title: str,
        words: set[str],
        max_features: int | None,
    ) -> Self:
        """Choose the features with the largest weights, and count the others in the title."""
        strongest = np.abs(np.nan_to_num(lines.weights)).max(axis=1, initial=0.0)
        shown, rest = shown_and_rest(np.argsort(-strongest, kind="stable"), max_features)
        if rest.size:
            title = f"{title}\n{counted(rest.size, 'weaker feature')} not drawn"
        labels = [lines.labels[index] for index in shown]
        groups = [plain_name(name) for name in names]
        arrays = (array[shown] for array in lines[1:])
        return cls(labels, groups, *arrays, title=title, xlabel=" or ".join(sorted(words)))

    def plot(self, ax: Axes | None = None, *, dot_kwargs: Style | None = None) -> Self:
        """Draw the weights.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; `None` makes a figure whose size follows the number of features.

        dot_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.errorbar`.

        Returns
        -------
        display : LimeComparisonDisplay
            The display itself.
        """
        n_labels, n_groups = len(self.labels), len(self.groups)
        height = 1.6 + max(n_labels, 1) * (0.24 + 0.14 * n_groups)
        self.ax_ = axes_for(ax, (figure_width(self.labels), height))
        self.figure_ = cast("Figure", self.ax_.figure)
        offsets = ((np.arange(n_groups) + 0.5) / max(n_groups, 1) - 0.5) * GROUP_HEIGHT
        self.dots_ = [
            self._draw_group(group, np.arange(n_labels) + offset, dot_kwargs or {})
            for group, offset in enumerate(offsets)
        ]
        ink = ink_of(self.ax_)
        self.ax_.axvline(0.0, color=ink, linewidth=0.8)
        for index in range(1, n_labels):
            self.ax_.axhline(index - 0.5, color=ink, alpha=0.15, linewidth=0.8, zorder=0)
        set_names(self.ax_, self.labels)
        self.ax_.set_xlabel(self.xlabel)
        # The legend stands between the title and the axes, where it hides nothing.
        set_title(self.ax_, self.title, pad=LEGEND_ROOM * -(-n_groups // LEGEND_COLUMNS))
        self._draw_legend()
        return self

    def _draw_legend(self) -> None:
        unused: BoolArray = np.all(np.isnan(self.weights), axis=0)
        names = [f"{g} (no weight)" if none else g for g, none in zip(self.groups, unused)]
        # Exact weights have no intervals, so that the legend shows none either.
        marks = [
            dots if np.isfinite(ends).any() else dots.lines[0]
            for dots, ends in zip(self.dots_, self.ci_low.T)
        ]
        legend = self.ax_.legend(
            marks,
            names,
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=LEGEND_COLUMNS,
            frameon=False,
            borderaxespad=0.2,
        )
        for text in legend.get_texts():
            text.set_parse_math(False)
            text.set_color(ink_of(self.ax_))

    def _draw_group(self, group: int, indices: FloatArray, dot_kwargs: Style) -> ErrorbarContainer:
        weights = self.weights[:, group]
        low, high = self.ci_low[:, group], self.ci_high[:, group]
        color = readable_color(self.ax_, COLORS[group % len(COLORS)])
        style: Style = {
            "fmt": MARKERS[group % len(MARKERS)],
            "color": color,
            "capsize": 2,
            "linewidth": 1.3,
            "markersize": 6,
        }
        ends = np.abs(np.vstack([weights - low, high - weights]))
        drawn = self.ax_.errorbar(weights, indices, xerr=ends, **(style | dot_kwargs))
        hollow = (low <= 0.0) & (high >= 0.0)
        # From the drawing: the user may have given another marker.
        line = drawn.lines[0]
        size = line.get_markersize()
        # A smaller dot in the color of the background, since errorbar fills all markers alike.
        inside: Style = {"color": background_of(self.ax_), "markersize": size - 2.5, "zorder": 4}
        inside |= {"marker": line.get_marker(), "linestyle": "none"}
        self.ax_.plot(weights[hollow], indices[hollow], **inside)
        return drawn
