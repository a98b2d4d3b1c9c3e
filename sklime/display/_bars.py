"""Bars of the weights of one explanation, on matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, cast

import numpy as np

from sklime.display._axes import (
    axes_for,
    explanation_title,
    figure_width,
    ink_of,
    set_names,
    set_title,
    set_xlabel,
    weight_label,
)
from sklime.display._counts import check_max_features, shown_and_rest
from sklime.display._document import LOWERS, RAISES
from sklime.display._names import output_sides
from sklime.display._numbers import area_text, decimals_for, signed_text, strongest_first
from sklime.display._types import Label, Style
from sklime.display._view import contributions, rule_texts
from sklime.display._words import parts_of, words_of
from sklime.utils._text import counted
from sklime.utils._types import BoolArray, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import ErrorbarContainer
    from matplotlib.figure import Figure

    from sklime._base import BaseLimeExplainer
    from sklime._explanations._base import BaseExplanation

__all__ = ["LimeExplanationDisplay"]

BAR_HEIGHT = 0.62
INCHES_PER_BAR = 0.34
AXES_WIDTH = 4.2  # inches that the labels leave in a new figure
POINTS_PER_INCH = 72

# Width of the number at the tip of a bar, in points: fixed part and part per character. The text
# cannot be measured before the axes have their limits, so this is an estimate.
POINTS_PER_TEXT, POINTS_PER_CHARACTER = 9, 5.6
MAX_TEXT_SHARE = 0.3  # of the width of the axes

N_TICKS = 6  # more overlap if weights have many digits
KINDS = ("bar", "waterfall")


class _Bars(NamedTuple):
    """The bars of one drawing, from the top to the bottom."""

    labels: Sequence[str]
    weights: FloatArray
    low: FloatArray
    high: FloatArray

    def and_one(self, label: str, weight: float) -> _Bars:
        """Return these bars and one more, which has no interval."""
        columns = (self.weights, weight), (self.low, np.nan), (self.high, np.nan)
        return _Bars([*self.labels, label], *(np.append(*column) for column in columns))


class LimeExplanationDisplay:
    """Bars of the weights of one explanation, with their 95 % intervals.

    It is recommended to use `from_explanation`, `from_estimator` or `Explanation.plot` to make
    one. A hollow bar has an interval that contains zero. Exact weights have no intervals.

    Parameters
    ----------
    labels : sequence of str
        One per bar, strongest first.

    weights : ndarray of shape (n_bars,)
        Weights, in units of the response.

    ci_low, ci_high : ndarray of shape (n_bars,)
        Ends of the intervals; NaN if there is none.

    title : str, default=""
        Title of the axes.

    xlabel : str, default="weight"
        Label of the horizontal axis of bars.

    intercept, prediction : float, default=None
        Where a waterfall begins; `None` is 0. Response of the model; `None` draws none.

    base : str, default="intercept"
        Word for where a waterfall begins.

    total : str, default="surrogate"
        Word for where a waterfall ends.

    left_out : float, default=0.0
        Sum of the weights without a bar, in units of the response. A waterfall has one more bar
        for them, because it ends at the surrogate's prediction.

    part : str, default="feature"
        Word for what has a bar: "feature", "word" or "segment".

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on.

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    bars_ : matplotlib.container.BarContainer
        The bars.

    errorbars_ : matplotlib.container.ErrorbarContainer or None
        The intervals.

    texts_ : list of matplotlib.text.Text
        The weights beside the bars.

    See Also
    --------
    LimeComparisonDisplay : Draws several outputs or models in one picture.
    LimeTextDisplay : Draws the words of a document in their places.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display import LimeExplanationDisplay
    >>> display = LimeExplanationDisplay(
    ...     ["age > 37"], np.array([0.2]), np.array([0.1]), np.array([0.3])
    ... )
    >>> display.labels
    ['age > 37']
    """

    def __init__(
        self,
        labels: Sequence[str],
        weights: FloatArray,
        ci_low: FloatArray,
        ci_high: FloatArray,
        *,
        title: str = "",
        xlabel: str = "weight",
        intercept: float | None = None,
        prediction: float | None = None,
        base: str = "intercept",
        total: str = "surrogate",
        left_out: float = 0.0,
        part: str = "feature",
    ) -> None:
        self.labels = labels
        self.weights = weights
        self.ci_low = ci_low
        self.ci_high = ci_high
        self.title = title
        self.xlabel = xlabel
        self.intercept = intercept
        self.base = base
        self.total = total
        self.prediction = prediction
        self.left_out = left_out
        self.part = part

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseLimeExplainer,
        X: Any,
        *,
        row: int = 0,
        output: Label = None,
        max_features: int | None = 10,
        **kwargs: Any,
    ) -> Self:
        """Explain one row of a table, or one document, and draw it.

        Parameters
        ----------
        estimator : fitted explainer
            Such as `LimeTabularExplainer`.

        X : {array-like, DataFrame} of shape (n_samples, n_features), or list of str
            Table or list that contains the row.

        row : int, default=0
            Index of the row.

        output : label, str or int, default=None
            Output to draw; see `Explanation.as_list`.

        max_features : int, default=10
            Maximum number of bars, at least 1; `None` draws all. One more bar sums up the other
            features.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeExplanationDisplay
            The display.
        """
        check_max_features(max_features)
        explanation = estimator.explain(one_row(X, row))[0]
        return cls.from_explanation(explanation, output=output, max_features=max_features, **kwargs)

    @classmethod
    def from_explanation(
        cls,
        explanation: BaseExplanation,
        *,
        output: Label = None,
        max_features: int | None = 10,
        show_rest: bool = True,
        **kwargs: Any,
    ) -> Self:
        """Draw an explanation.

        Parameters
        ----------
        explanation : Explanation
            The explanation to draw.

        output : label, str or int, default=None
            Output to draw; see `Explanation.as_list`.

        max_features : int, default=10
            Maximum number of bars, at least 1; `None` draws all.

        show_rest : bool, default=True
            Whether one more bar sums up the other features. A waterfall always has it, because it
            ends at the surrogate's prediction.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeExplanationDisplay
            The display.
        """
        index = explanation._output_index(output)
        values, low, high = contributions(explanation, index)
        order = strongest_first(values, explanation.selected[:, index])
        shown, rest = shown_and_rest(order, max_features)
        # One call for all features: it writes the texts of all of them.
        conditions = explanation.conditions
        labels = [_label(explanation, feature, conditions[feature]) for feature in shown]
        if explanation.kind == "image":
            # The numbers that the picture of the same explanation shows.
            labels = [f"{number}: {label}" for number, label in enumerate(labels, start=1)]
        part = parts_of(explanation).one
        bars, left_out = _Bars(labels, values[shown], low[shown], high[shown]), values[rest].sum()
        if rest.size and show_rest:
            bars, left_out = bars.and_one(counted(rest.size, f"other {part}"), left_out), 0.0
        is_scaled, words = (
            bool((explanation.internals.encodings[order] != 1.0).any()),
            words_of(explanation),
        )
        display = cls(
            *bars,
            title=explanation_title(explanation, index),
            xlabel=weight_label(
                explanation.is_classification,
                *output_sides(explanation, index),
                "weight \N{MULTIPLICATION SIGN} standard score" if is_scaled else words.quantity,
            ),
            intercept=float(explanation.intercepts[index]),
            base=words.base,
            total=words.total,
            # Shapley values end at the model's prediction, which needs no line of its own.
            prediction=None if words.total == "model" else float(explanation.predictions[index]),
            left_out=float(left_out),
            part=part,
        )
        return display.plot(**kwargs)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: Literal["bar", "waterfall"] = "bar",
        ci: bool = True,
        bar_kwargs: Style | None = None,
        ci_kwargs: Style | None = None,
        text_kwargs: Style | None = None,
    ) -> Self:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; `None` makes a figure whose size follows the number of bars.

        kind : {"bar", "waterfall"}, default="bar"
            "bar" draws bars that begin at zero. "waterfall" draws bars that begin where the last
            one ends, from the intercept at the bottom to the surrogate's prediction at the top. A
            dotted line in a waterfall is the model's prediction.

        ci : bool, default=True
            Whether to draw the intervals.

        bar_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.barh`.

        ci_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.errorbar`.

        text_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.annotate`.

        Returns
        -------
        display : LimeExplanationDisplay
            The display itself.
        """
        if kind not in KINDS:
            raise ValueError(f"kind={kind!r} is not one of {list(KINDS)}.")
        self.ax_ = ax = axes_for(ax, self.figure_size())
        self.figure_ = cast("Figure", ax.figure)
        bars = self._bars(kind)
        starts = self._starts(kind, bars)
        self._draw_bars(bars, starts, bar_kwargs or {})
        self.errorbars_ = self._draw_intervals(bars, starts, ci_kwargs or {}) if ci else None
        self._draw_texts(bars, starts, ci, text_kwargs or {})
        if kind == "waterfall":
            self._draw_ends(bars, starts)
        else:
            ax.axvline(0.0, color=ink_of(ax), linewidth=0.8)
            set_xlabel(ax, self.xlabel)
        set_names(ax, bars.labels)
        set_title(ax, self.title)
        return self

    def figure_size(self) -> tuple[float, float]:
        """Return the size of a figure with room for all bars.

        Returns
        -------
        width, height : float
            In inches.
        """
        n_bars = len(self.weights) + bool(self.left_out)
        return figure_width(self.labels), 1.5 + INCHES_PER_BAR * max(n_bars, 1)

    def _bars(self, kind: str) -> _Bars:
        """Return the bars that are drawn: a waterfall has one for what is left out."""
        bars = _Bars(self.labels, self.weights, self.ci_low, self.ci_high)
        if kind == "waterfall" and self.left_out:
            return bars.and_one(f"other {self.part}s", self.left_out)
        return bars

    def _starts(self, kind: str, bars: _Bars) -> FloatArray:
        """Return where each bar begins; a waterfall starts with the last one, at the bottom."""
        if kind == "bar":
            return np.zeros(len(bars.weights))
        upward = np.cumsum(bars.weights[::-1])[::-1] - bars.weights
        starts: FloatArray = (self.intercept or 0.0) + upward
        return starts

    def _draw_bars(self, bars: _Bars, starts: FloatArray, bar_kwargs: Style) -> None:
        colors = np.where(bars.weights >= 0.0, RAISES, LOWERS)
        # A hollow bar: other perturbed rows may turn the sign of its weight.
        hollow = (bars.low <= 0.0) & (bars.high >= 0.0)
        style: Style = {
            "height": BAR_HEIGHT,
            "color": np.where(hollow, "none", colors),
            "edgecolor": colors,
            "linewidth": 1.5,
        }
        indices = np.arange(len(bars.weights))
        self.bars_ = self.ax_.barh(indices, bars.weights, left=starts, **(style | bar_kwargs))

    def _draw_intervals(
        self, bars: _Bars, starts: FloatArray, ci_kwargs: Style
    ) -> ErrorbarContainer | None:
        has_interval = np.flatnonzero(~np.isnan(bars.low))
        if not has_interval.size:
            return None
        weights = bars.weights[has_interval]
        ends = [weights - bars.low[has_interval], bars.high[has_interval] - weights]
        style: Style = {"fmt": "none", "ecolor": ink_of(self.ax_), "capsize": 3, "linewidth": 1.2}
        tips = starts[has_interval] + weights
        # Rounding may make an end of an interval of no width negative, which errorbar refuses.
        xerr = np.abs(np.vstack(ends))
        return self.ax_.errorbar(tips, has_interval, xerr=xerr, **(style | ci_kwargs))

    def _draw_texts(self, bars: _Bars, starts: FloatArray, ci: bool, text_kwargs: Style) -> None:
        weights = bars.weights
        decimals = decimals_for(weights)
        is_right = weights >= 0.0
        low, high = (bars.low, bars.high) if ci else (weights, weights)
        tips = starts + np.where(is_right, np.fmax(weights, high), np.fmin(weights, low))
        style: Style = {"va": "center", "fontsize": "small", "color": ink_of(self.ax_)}
        style |= text_kwargs
        self.texts_ = [
            self.ax_.annotate(
                signed_text(weight, decimals),
                (tip, index),
                xytext=(5 if right else -5, 0),
                textcoords="offset points",
                ha="left" if right else "right",
                **style,
            )
            for index, (weight, tip, right) in enumerate(zip(weights, tips, is_right))
        ]
        self._make_room(np.concatenate([tips, starts, starts + weights]), starts, tips, is_right)

    def _make_room(
        self, ends: FloatArray, starts: FloatArray, tips: FloatArray, is_right: BoolArray
    ) -> None:
        """Widen the axes to hold the numbers at the tips."""
        base = float(starts[-1]) if starts.size else 0.0
        left, right = np.min(ends, initial=base), np.max(ends, initial=base)
        span = max(right - left, 1e-12)
        longest = max((len(text.get_text()) for text in self.texts_), default=0)
        points = POINTS_PER_TEXT + POINTS_PER_CHARACTER * longest
        width = min(AXES_WIDTH, self.ax_.bbox.width / self.figure_.dpi) * POINTS_PER_INCH
        # The room is a share of the final width, which has the room on both sides.
        share = min(points / width, MAX_TEXT_SHARE)
        room = span * share / (1.0 - 2.0 * share)
        left = min(left - 0.04 * span, np.min(tips[~is_right], initial=right) - room)
        right = max(right + 0.04 * span, np.max(tips[is_right], initial=left) + room)
        self.ax_.set_xlim(left, right)
        self.ax_.locator_params(axis="x", nbins=N_TICKS)

    def _draw_ends(self, bars: _Bars, starts: FloatArray) -> None:
        """Draw the intercept, the model's prediction, and lines that join the bars."""
        ax, intercept, ink = self.ax_, self.intercept or 0.0, ink_of(self.ax_)
        surrogate = intercept + bars.weights.sum()
        ax.axvline(intercept, color=ink, linewidth=0.8)
        reach = BAR_HEIGHT / 2
        for index in range(1, len(starts)):
            tip = starts[index] + bars.weights[index]
            ax.plot([tip, tip], [index - reach, index - 1 + reach], color="0.5", linewidth=0.8)
        values = [intercept, surrogate]
        if self.prediction is not None:
            ax.axvline(self.prediction, color=ink, linewidth=1.2, linestyle=":")
            values.append(self.prediction)
        low, high = ax.get_xlim()
        room = 0.03 * (high - low)
        ax.set_xlim(min(low, *(v - room for v in values)), max(high, *(v + room for v in values)))
        decimals = decimals_for(values)
        begin, end, *model = (signed_text(v, decimals, always_signed=False) for v in values)
        label = f"from the {self.base} {begin} to the {self.total} {end}"
        ax.set_xlabel(f"{label}\ndotted: model {model[0]}" if model else label)


def one_row(X: Any, row: int) -> Any:
    """Return one row of a table or list as a table or list.

    Parameters
    ----------
    X : array-like, DataFrame or list of str
        Table or list of rows.

    row : int
        Index of the row.

    Returns
    -------
    X : same kind as `X`
        Table or list with the one row.
    """
    if hasattr(X, "iloc"):
        return X.iloc[[row]]
    if hasattr(X, "shape"):
        return X[[row]]
    return [X[row]]


def _label(explanation: BaseExplanation, feature: int, condition: str) -> str:
    name, rule, value = rule_texts(explanation, feature, condition)
    if explanation.kind == "image":
        return f"{name.text}, {area_text(explanation, feature)} of the area"
    label = f"{name.text} {rule.text}".rstrip()
    return f"{label}  (= {value.text})" if value.text else label
