"""Weights of several outputs or several models in one picture, on matplotlib."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np

from sklime.display._aligned import Aligned, aligned, aligned_by_feature
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
    weight_label,
)
from sklime.display._bars import one_row
from sklime.display._compared import compared
from sklime.display._counts import check_max_features, shown_and_rest
from sklime.display._names import MAX_CLASS_LENGTH, output_sides, output_title
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

# The legend: points of its first line and of more lines, most names in a line, and characters of
# a line and of a marker.
LEGEND_ROOM, LEGEND_LINE = 26, 16
LEGEND_COLUMNS, LEGEND_LENGTH, LEGEND_MARK = 4, 56, 6
MOST_LABELS = 3  # rows that the title names


class LimeComparisonDisplay:
    """The weights of several outputs or models with their intervals, one row per feature.

    It is recommended to use `from_explanation` to compare the outputs of one model, and
    `from_explanations` to compare rows or models. A hollow dot has an interval that contains zero.
    Exact weights have no intervals.

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
        xlabel = words_of(explanation).quantity
        return cls._strongest(names, lines, title, xlabel, max_features).plot(**kwargs)

    @classmethod
    def from_explanations(
        cls,
        explanations: Mapping[Any, BaseExplanation] | Iterable[BaseExplanation],
        *,
        output: Label = None,
        max_features: int | None = 10,
        **kwargs: Any,
    ) -> Self:
        """Compare explanations by several models, of several rows, or of several classes.

        Weights of one row are compared rule by rule. Weights of different rows are compared feature
        by feature: a label lists the rules of up to three rows, in the order of the legend. A
        feature that only some explanations use stays blank in the others.

        Parameters
        ----------
        explanations : dict of str to Explanation, list of Explanation, or ExplanationBatch
            Between 2 and 12 explanations. A dict has their names as keys. In a list or a batch,
            the labels of the rows are the names. If explained classes differ, names have the class,
            too.

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

        Raises
        ------
        TypeError
            If something else is given, or holds something else than explanations.
        ValueError
            If there are fewer than 2 or more than 12 explanations.

        Examples
        --------
        Two rows, of which the second is called 3:

        >>> from sklearn.datasets import load_iris
        >>> from sklearn.linear_model import LogisticRegression
        >>> from sklime import LimeTabularExplainer
        >>> from sklime.display import LimeComparisonDisplay
        >>> X, y = load_iris(return_X_y=True, as_frame=True)
        >>> model = LogisticRegression(max_iter=1000).fit(X, y)
        >>> batch = LimeTabularExplainer(model, target=0, random_state=0).fit(X).explain(X.head(4))
        >>> LimeComparisonDisplay.from_explanations(batch.loc[[0, 3]]).groups
        ['row 0', 'row 3']
        """
        names, items, indices, is_one_row = compared(explanations, output)
        lines = (aligned if is_one_row else aligned_by_feature)(items, indices)
        xlabel, title = _label_of(items, indices), _title_of(items, is_one_row=is_one_row)
        return cls._strongest(names, lines, title, xlabel, max_features).plot(**kwargs)

    @classmethod
    def _strongest(
        cls,
        names: Sequence[str],
        lines: Aligned,
        title: str,
        xlabel: str,
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
        return cls(labels, groups, *arrays, title=title, xlabel=xlabel)

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
        self.ax_.set_xlabel(self.xlabel, parse_math=False)
        # The legend stands between the title and the axes, where it hides nothing.
        n_lines = -(-n_groups // self._n_columns())
        set_title(self.ax_, self.title, pad=LEGEND_ROOM + LEGEND_LINE * (n_lines - 1))
        self._draw_legend()
        return self

    def _n_columns(self) -> int:
        """Return how many names stand in one line of the legend."""
        longest = max(map(len, self.groups), default=0)
        return max(min(LEGEND_COLUMNS, LEGEND_LENGTH // (longest + LEGEND_MARK)), 1)

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
            ncols=self._n_columns(),
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


def _title_of(items: Sequence[BaseExplanation], *, is_one_row: bool) -> str:
    """Write which rows are compared."""
    labels = list(dict.fromkeys(plain_name(item.row_label, MAX_CLASS_LENGTH) for item in items))
    noun = items[0].noun
    if len(labels) > MOST_LABELS:
        return counted(len(labels), noun)
    if len(labels) == 1 and not is_one_row:
        # Rows of several tables that have one label.
        return counted(len(items), noun)
    if len(labels) == 1:
        return f"{noun} {labels[0]}"
    return f"{noun}s {', '.join(labels[:-1])} and {labels[-1]}"


def _label_of(items: Sequence[BaseExplanation], indices: Sequence[int]) -> str:
    """Write what the weights are, and the meaning of each side if it is the same for all."""
    noun = " or ".join(sorted({words_of(item).quantity for item in items}))
    sides = [output_sides(item, index) for item, index in zip(items, indices)]
    is_class = items[0].is_classification
    if any(item.is_classification != is_class for item in items) or (
        is_class and len({tuple(map(str, pair)) for pair in sides}) > 1
    ):
        return noun
    is_one = len({tuple(map(str, pair)) for pair in sides}) == 1
    name, other = sides[0] if is_one else (None, None)
    return weight_label(is_class, name, other, noun)
