"""One row beside changed copies of it, on matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Self, cast

import numpy as np

from sklime.display._axes import (
    DOWN,
    UP,
    axes_for,
    figure_width,
    ink_of,
    plain_name,
    set_names,
    set_title,
    set_xlabel,
)
from sklime.display._bars import LimeExplanationDisplay
from sklime.display._document import RAISES
from sklime.display._fonts import fonts_for
from sklime.display._names import has_output_name, output_title
from sklime.display._numbers import decimals_for, signed_text
from sklime.display._types import Label, Style
from sklime.display._what_if import PROBABILITY_DECIMALS, Copies, Side, rules_of, side_by_side
from sklime.display._words import words_of
from sklime.utils._spread import evenly_spread
from sklime.utils._text import counted
from sklime.utils._types import Array, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from sklime._explanations._explanation import ExplanationBatch

__all__ = ["LimeWhatIfDisplay"]

# In inches: a curve of answers, a line of a list of answers, a bar, the space between answers and
# bars, a line of text in it, and one column of bars.
CURVE_HEIGHT, LINE_HEIGHT, BAR_HEIGHT, GAP, TEXT_HEIGHT = 1.7, 0.28, 0.34, 0.85, 0.16
COLUMN_WIDTH = 1.55

NOT_USED = "not used"
MOST_LINES = 24  # answers in a list
MOST_TITLE_LINES, TITLE_LENGTH = 4, 20  # of a column
COLUMN_GAP = 0.08  # share of the width of a column
NUMBER_SHARE = 0.36  # of the width of a column, right of the bars


class _Panels(NamedTuple):
    """Heights in inches, from the top to the bottom."""

    answers: float
    gap: float
    bars: float

    def boxes(self, n_columns: int) -> list[tuple[float, float, float, float]]:
        """Return left, bottom, width and height of the answers and of each column."""
        whole = sum(self)
        below, width = self.bars / whole, 1.0 / n_columns
        boxes = [(0.0, (self.bars + self.gap) / whole, 1.0, self.answers / whole)]
        return boxes + [
            (number * width, 0.0, width * (1.0 - COLUMN_GAP), below) for number in range(n_columns)
        ]


class LimeWhatIfDisplay:
    """The answers for a row and for changed copies of it, above their explanations.

    It is recommended to use `from_explanations` or ``what_if(...).plot()`` to make one. If one
    column of numbers was changed, the answers are a curve over its values. All bars have the same
    scale. A hollow bar has an interval that contains zero.

    Parameters
    ----------
    labels : sequence of str
        What was changed in each row; the first row is unchanged.

    answers : ndarray of shape (n_rows,)
        Responses of the model.

    shown : sequence of int
        Rows whose explanations are drawn side by side.

    features : sequence of str
        Names of the features, the largest weight first.

    weights, ci_low, ci_high : ndarray of shape (n_shown, n_features)
        Weights and ends of their intervals; NaN if there is none.

    column_values : ndarray of shape (n_rows,), default=None
        Values of the column that was changed; `None` for a list of answers.

    title : str, default=""
        Title of the picture.

    xlabel, ylabel : str, default="", "model"
        Name of the column that was changed, and word for the answers.

    quantity : str, default="contribution"
        Word for the weights.

    is_share : bool, default=False
        Whether answers are probabilities, so that their axis goes from 0 to 1.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes around all others.

    axes_ : list of matplotlib.axes.Axes
        Axes of the answers, then of each explanation.

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    columns_ : list of LimeExplanationDisplay
        The explanations.

    See Also
    --------
    LimeComparisonDisplay : Compares outputs or models in one picture.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display import LimeWhatIfDisplay
    >>> weights = np.array([[0.2, 0.1], [-0.1, 0.1]])
    >>> display = LimeWhatIfDisplay(
    ...     ["unchanged", "age=20"],
    ...     np.array([0.7, 0.4]),
    ...     [0, 1],
    ...     ["age", "income"],
    ...     weights,
    ...     weights - 0.05,
    ...     weights + 0.05,
    ... )
    >>> display.labels
    ['unchanged', 'age=20']
    """

    def __init__(
        self,
        labels: Sequence[str],
        answers: FloatArray,
        shown: Sequence[int],
        features: Sequence[str],
        weights: FloatArray,
        ci_low: FloatArray,
        ci_high: FloatArray,
        *,
        column_values: FloatArray | None = None,
        title: str = "",
        xlabel: str = "",
        ylabel: str = "model",
        quantity: str = "contribution",
        is_share: bool = False,
    ) -> None:
        self.labels = labels
        self.answers = answers
        self.shown = shown
        self.features = features
        self.weights = weights
        self.ci_low = ci_low
        self.ci_high = ci_high
        self.column_values = column_values
        self.title = title
        self.xlabel = xlabel
        self.ylabel = ylabel
        self.quantity = quantity
        self.is_share = is_share

    @classmethod
    def from_explanations(
        cls,
        batch: ExplanationBatch,
        *,
        output: Label = None,
        max_features: int | None = 10,
        ax: Axes | None = None,
    ) -> Self:
        """Draw what `LimeTabularExplainer.what_if` returned.

        Parameters
        ----------
        batch : ExplanationBatch
            A row, then copies of it. Of many copies, the explanations of four are drawn, evenly
            spread.

        output : label, str or int, default=None
            Output to draw; see `Explanation.as_list`. `None` is the class that is predicted for
            the first row.

        max_features : int, default=10
            Maximum number of features, at least 1; `None` draws all. One more bar sums up the
            others.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw in; `None` makes a figure.

        Returns
        -------
        display : LimeWhatIfDisplay
            The display.
        """
        index = None if output is None else batch[0]._output_index(output)
        copies = Copies.of(batch, index)
        shown, _ = side_by_side(len(batch))
        side = Side.of(copies, shown, max_features)
        first, explanations = copies.explanations[0], [copies.explanations[row] for row in shown]
        features = [
            f"{first.feature_names[feature]} {rules_of(explanations, feature)[0].text}".rstrip()
            for feature in side.shown
        ]
        columns = [side.values, side.low, side.high]
        arrays = [np.where(side.selected, part, np.nan)[:, side.shown] for part in columns]
        if side.rest.size:
            features.append(counted(side.rest.size, "other feature"))
            sums = side.values[:, side.rest].sum(axis=1), np.nan, np.nan
            arrays = [_and_one(part, number) for part, number in zip(arrays, sums)]
        column_values = _numbers(copies)
        names = [plain_name(first.feature_names[feature]) for feature in copies.changed]
        return cls(
            [plain_name(item.row_label) for item in copies.explanations],
            copies.answers,
            shown,
            features,
            *arrays,
            column_values=column_values,
            title=f"What if {_and(names) or 'the row'} had other values",
            xlabel=names[0] if column_values is not None else "",
            ylabel=_answer_label(copies),
            quantity=words_of(batch).quantity,
            is_share=copies.is_share,
        ).plot(ax=ax)

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw the answers, and the explanations below them.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw in; `None` makes a figure whose size follows the numbers of rows and
            features.

        Returns
        -------
        display : LimeWhatIfDisplay
            The display itself.
        """
        n_columns, lines = len(self.shown), self._lines()
        titles = [self._column_title(row) for row in self.shown]
        header = TEXT_HEIGHT * max(len(title.splitlines()) for title in titles)
        panels = _Panels(
            CURVE_HEIGHT if self.column_values is not None else LINE_HEIGHT * len(lines) + 0.2,
            GAP + header,
            BAR_HEIGHT * max(len(self.features), 1) + 0.2,
        )
        width = max(figure_width(self.features), 3.0 + COLUMN_WIDTH * n_columns)
        self.ax_ = outer = axes_for(ax, (width, sum(panels) + 1.0))
        self.figure_ = cast("Figure", outer.figure)
        outer.set_axis_off()
        self.axes_ = [outer.inset_axes(box) for box in panels.boxes(n_columns)]
        if self.column_values is None:
            self._draw_list(self.axes_[0], lines)
        else:
            self._draw_curve(self.axes_[0], self.column_values)
        self._draw_columns(self.axes_[1:], titles)
        outer.text(
            0.0,
            (panels.bars + header + 0.2) / sum(panels),
            f"{self.quantity}: {DOWN} lowers, raises {UP}; all on one scale",
            transform=outer.transAxes,
            fontsize="small",
            color=ink_of(outer),
        )
        set_title(outer, self.title)
        return self

    def _lines(self) -> Array:
        """Return the rows whose answers a list shows."""
        n_copies = len(self.labels) - 1
        if n_copies < MOST_LINES:
            return np.arange(n_copies + 1)
        return np.append(0, 1 + evenly_spread(n_copies, MOST_LINES - 1))

    def _draw_curve(self, ax: Axes, values: FloatArray) -> None:
        """Draw the answers over the values of the changed column."""
        ink, order = ink_of(ax), np.argsort(values, kind="stable")
        ax.plot(values[order], self.answers[order], "-", color=RAISES)
        ax.plot(values[1:], self.answers[1:], "o", color=RAISES, markersize=5)
        ax.plot(values[:1], self.answers[:1], "D", color=ink, markersize=7, label=self.labels[0])
        ax.legend(frameon=False, loc="best", labelcolor=ink, fontsize="small")
        set_xlabel(ax, self.xlabel)
        fonts = fonts_for([self.ylabel])
        label = fonts.drawable(self.ylabel)
        ax.set_ylabel(label, parse_math=False, fontfamily=fonts.families)
        if self.is_share:
            ax.set_ylim(-0.04, 1.04)
        ax.locator_params(axis="x", integer=bool((values == np.rint(values)).all()))
        ax.margins(x=0.04)
        ax.spines[["top", "right"]].set_visible(False)

    def _draw_list(self, ax: Axes, lines: Array) -> None:
        """Draw one line per row, as long as its answer."""
        answers, places = self.answers[lines], np.arange(len(lines))
        ax.hlines(places, 0.0, answers, color=ink_of(ax), alpha=0.4, linewidth=1.0)
        ax.plot(answers[1:], places[1:], "o", color=RAISES, markersize=6)
        ax.plot(answers[:1], places[:1], "D", color=ink_of(ax), markersize=7)
        ax.axvline(0.0, color=ink_of(ax), linewidth=0.8)
        for place, answer in enumerate(answers):
            style: Style = {"xytext": (7, 0), "textcoords": "offset points", "va": "center"}
            style |= {"fontsize": "small", "color": ink_of(ax)}
            ax.annotate(self._answer_text(answer), (answer, place), **style)
        set_names(ax, [self.labels[line] for line in lines])
        note = "" if len(lines) == len(self.labels) else f" ({len(lines)} of {len(self.labels)})"
        set_xlabel(ax, f"{self.ylabel}{note}")
        if self.is_share:
            ax.set_xlim(-0.02, 1.02)

    def _draw_columns(self, axes: Sequence[Axes], titles: Sequence[str]) -> None:
        """Draw the bars of each explanation."""
        self.columns_ = [
            LimeExplanationDisplay(self.features, np.nan_to_num(weights), *ends).plot(ax=ax)
            for ax, weights, *ends in zip(axes, self.weights, self.ci_low, self.ci_high)
        ]
        low, high = self._limits()
        for number, (ax, column, title) in enumerate(zip(axes, self.columns_, titles)):
            ax.set_xlim(low, high)
            ax.set_xticks([])
            ax.set_xlabel("")
            ax.spines["bottom"].set_visible(False)
            fonts = fonts_for([title])
            style: Style = {"loc": "left", "fontsize": "small", "color": ink_of(ax)}
            style["fontfamily"] = fonts.families
            ax.set_title(fonts.drawable(title), parse_math=False, **style)
            if number:
                ax.set_yticks([])
            self._align_numbers(ax, column, self.weights[number])

    def _align_numbers(self, ax: Axes, column: LimeExplanationDisplay, weights: FloatArray) -> None:
        """Write the numbers of a column at its right edge, where they leave the bars their room."""
        decimals = decimals_for(self.weights)
        for place, (text, weight) in enumerate(zip(column.texts_, weights)):
            text.xy, text.xyann = (1.0, place), (0.0, 0.0)
            text.xycoords = ax.get_yaxis_transform()
            text.set_horizontalalignment("right")
            text.set_text(NOT_USED if np.isnan(weight) else signed_text(weight, decimals))

    def _limits(self) -> tuple[float, float]:
        """Return the ends of the axis of weights, with room for the numbers on the right."""
        parts = [part[np.isfinite(part)] for part in (self.weights, self.ci_low, self.ci_high)]
        ends = np.concatenate([[0.0], *parts])
        low, span = float(ends.min()), float(np.ptp(ends)) or 1.0
        return low - 0.02 * span, low + span / (1.0 - NUMBER_SHARE)

    def _column_title(self, row: int) -> str:
        """Write what was changed, one column per line, and the answer of the model."""
        changes = self.labels[row].split(", ")
        if len(changes) > MOST_TITLE_LINES:
            changes = [*changes[: MOST_TITLE_LINES - 1], f"and {len(changes) - 3} more"]
        lines = [plain_name(change, TITLE_LENGTH) for change in changes]
        answer = self.answers[row]
        return "\n".join([*lines, f"model {self._answer_text(answer)}"])

    def _answer_text(self, answer: float) -> str:
        decimals = PROBABILITY_DECIMALS if self.is_share else decimals_for(self.answers)
        return signed_text(answer, decimals, always_signed=False)


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), *names[-1:]] if len(names) > 1 else names)


def _and_one(part: FloatArray, number: FloatArray | float) -> FloatArray:
    """Return weights with one more feature."""
    return np.column_stack([part, np.broadcast_to(number, len(part))])


def _numbers(copies: Copies) -> FloatArray | None:
    """Return the values of the changed column; None unless it is one column of numbers."""
    if len(copies.changed) != 1:
        return None
    values = [item.data[copies.changed[0]] for item in copies.explanations]
    if any(isinstance(value, str | bool | np.bool_) or value is None for value in values):
        return None
    try:
        numbers = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return numbers if np.isfinite(numbers).all() else None


def _answer_label(copies: Copies) -> str:
    first = copies.explanations[0]
    if not has_output_name(first):
        return "model"
    noun = "class" if first.is_classification else "output"
    return f"model, {noun} {output_title(first, copies.output).text}"
