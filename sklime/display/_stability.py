"""Weights of one row with several seeds, on matplotlib."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
from sklearn.base import clone

from sklime.display._aligned import aligned
from sklime.display._axes import (
    axes_for,
    draw_strips,
    explanation_title,
    figure_width,
    set_names,
    set_title,
    weight_label,
)
from sklime.display._bars import one_row
from sklime.display._counts import check_max_features, shown_and_rest
from sklime.display._names import output_sides
from sklime.display._types import Label, Style
from sklime.display._words import words_of
from sklime.utils._text import counted
from sklime.utils._types import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sklime._base import BaseLimeExplainer
    from sklime._explanations._base import BaseExplanation

__all__ = ["LimeStabilityDisplay"]

INCHES_PER_STRIP = 0.42


class LimeStabilityDisplay:
    """The weights of one row with several seeds, one dot per run.

    It is recommended to use `from_estimator` or `from_explanations` to make one. The tick is the
    mean over all runs. A run that did not select a feature has its dot at zero.

    Parameters
    ----------
    labels : sequence of str
        Names of the features, the largest mean first.

    weights : ndarray of shape (n_strips, n_runs)
        Weights; 0 if the feature is not selected.

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

    dots_ : list of matplotlib.collections.PathCollection
        One per feature.

    ticks_ : matplotlib.collections.LineCollection
        The means.

    See Also
    --------
    LimeExplanationDisplay : Draws one run with intervals.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display import LimeStabilityDisplay
    >>> LimeStabilityDisplay(["age"], np.array([[0.2, 0.21, 0.19]])).labels
    ['age']
    """

    def __init__(
        self, labels: Sequence[str], weights: FloatArray, *, title: str = "", xlabel: str = "weight"
    ) -> None:
        self.labels = labels
        self.weights = weights
        self.title = title
        self.xlabel = xlabel

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseLimeExplainer,
        X: Any,
        *,
        background: Any,
        y: Any = None,
        row: int = 0,
        random_states: Iterable[int] = range(10),
        output: Label = None,
        max_features: int | None = 10,
        **kwargs: Any,
    ) -> Self:
        """Explain one row with several seeds, and draw the weights.

        Parameters
        ----------
        estimator : explainer
            Such as `LimeTabularExplainer`; it is cloned and not changed.

        X : {array-like, DataFrame} of shape (n_samples, n_features), or list of str
            Table or list that contains the row.

        background : {array-like, DataFrame} or list of str
            Rows or documents that the explainer is fitted on, once per seed.

        y : array-like, default=None
            Labels of the background, for models and discretizers that learn from labels.

        row : int, default=0
            Index of the row.

        random_states : iterable of int, default=range(10)
            Seeds, one per run.

        output : label, str or int, default=None
            Output to draw; see `Explanation.as_list`.

        max_features : int, default=10
            Maximum number of strips, at least 1; `None` draws all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeStabilityDisplay
            The display.
        """
        check_max_features(max_features)
        explanations = [
            clone(estimator)
            .set_params(random_state=seed)
            .fit(background, y)
            .explain(one_row(X, row))[0]
            for seed in random_states
        ]
        return cls.from_explanations(
            explanations, output=output, max_features=max_features, **kwargs
        )

    @classmethod
    def from_explanations(
        cls,
        explanations: Sequence[BaseExplanation],
        *,
        output: Label = None,
        max_features: int | None = 10,
        **kwargs: Any,
    ) -> Self:
        """Draw several explanations of the same row.

        Parameters
        ----------
        explanations : sequence of Explanation
            One per run.

        output : label, str or int, default=None
            Output to draw; see `Explanation.as_list`.

        max_features : int, default=10
            Maximum number of strips, at least 1; `None` draws all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeStabilityDisplay
            The display.
        """
        if not len(explanations):
            raise ValueError("explanations is empty; pass one explanation of the row a run.")
        indices = [explanation._output_index(output) for explanation in explanations]
        lines = aligned(explanations, indices)
        # The dots at zero show how many runs do not select a feature.
        weights = np.nan_to_num(lines.weights)
        order = np.argsort(-np.abs(weights).mean(axis=1), kind="stable")
        shown, rest = shown_and_rest(order, max_features)
        first, index = explanations[0], indices[0]
        runs = f"{counted(len(explanations), 'run')}; tick: mean"
        if rest.size:
            runs += f"; {counted(rest.size, 'weaker feature')} not drawn"
        return cls(
            [lines.labels[feature] for feature in shown],
            weights[shown],
            title=f"{explanation_title(first, index).splitlines()[0]}\n{runs}",
            xlabel=weight_label(
                first.is_classification,
                *output_sides(first, index),
                words_of(first).quantity,
            ),
        ).plot(**kwargs)

    def plot(self, ax: Axes | None = None, *, dot_kwargs: Style | None = None) -> Self:
        """Draw the strips.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; `None` makes a figure whose size follows the number of strips.

        dot_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.scatter`.

        Returns
        -------
        display : LimeStabilityDisplay
            The display itself.
        """
        size = figure_width(self.labels), 1.5 + INCHES_PER_STRIP * max(len(self.labels), 1)
        self.ax_ = axes_for(ax, size)
        self.figure_ = cast("Figure", self.ax_.figure)
        means = np.asarray(self.weights).mean(axis=1)
        self.dots_, self.ticks_ = draw_strips(
            self.ax_, self.weights, means, dot_kwargs={"s": 16} | (dot_kwargs or {})
        )
        set_names(self.ax_, self.labels)
        self.ax_.set_xlabel(self.xlabel, parse_math=False)
        set_title(self.ax_, self.title)
        return self
