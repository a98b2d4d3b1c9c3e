"""The table of the numbered segments of a picture, with bars, on matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sklime.display._axes import ink_of
from sklime.display._document import LOWERS, RAISES
from sklime.display._image_panels import CHARACTER, POINTS_PER_INCH
from sklime.display._numbers import signed_text
from sklime.display._overlays import SegmentTable
from sklime.display._types import Style
from sklime.display._words import Words
from sklime.utils._text import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from matplotlib.text import Text

__all__ = ["DrawnTable", "cut_table", "draw_table", "n_lines_of"]

# Width of a character, in sizes of the font; and of the gap between two columns.
_CHARACTER, _GAP = 0.6, 1.2

# Least width of the column of bars, in sizes of the font.
_LEAST_BARS = 9.0

_BAR_HEIGHT = 0.6
_MARGIN = 0.03  # share of the range on both sides of the bars

# Lines below the rows: intercept and sum; and the heading above.
_FIXED_LINES = 3

_SIDES = "\N{BLACK LEFT-POINTING TRIANGLE} lowers, raises \N{BLACK RIGHT-POINTING TRIANGLE}"


class DrawnTable(NamedTuple):
    """What was drawn of a table.

    Attributes
    ----------
    bars : matplotlib.container.BarContainer
        One bar per row, and one for the other segments.

    texts : list of matplotlib.text.Text
        All texts.

    has_label : bool
        Whether the meaning of both sides had room.
    """

    bars: BarContainer
    texts: list[Text]
    has_label: bool


class _Column(NamedTuple):
    """Texts below each other, and the side that they are aligned at."""

    heading: str
    texts: list[str]
    side: str


def n_lines_of(table: SegmentTable) -> int:
    """Return the number of lines of a table, with its heading.

    Parameters
    ----------
    table : SegmentTable
        The table.

    Returns
    -------
    n_lines : int
        At least 3.
    """
    return len(table.rows) + bool(table.n_others) + _FIXED_LINES


def cut_table(table: SegmentTable, n_lines: int) -> SegmentTable | None:
    """Return a table with fewer lines, whose last rows are part of the other segments.

    Parameters
    ----------
    table : SegmentTable
        The table.

    n_lines : int
        Most lines, with its heading.

    Returns
    -------
    table : SegmentTable or None
        `None` if not a single row has room.
    """
    if n_lines_of(table) <= n_lines:
        return table
    n_rows = n_lines - _FIXED_LINES - 1
    if n_rows < 1:
        return None
    kept, cut = table.rows[:n_rows], table.rows[n_rows:]
    return table._replace(
        rows=kept,
        n_others=table.n_others + len(cut),
        others=table.others + sum(row.weight for row in cut),
        others_share=table.others_share + sum(row.share for row in cut),
    )


def draw_table(
    panel: Axes, table: SegmentTable, words: Words, size: float, width: float, label: str
) -> DrawnTable:
    """Draw a table with bars; columns that have no room are left out.

    Parameters
    ----------
    panel : matplotlib.axes.Axes
        Panel to draw on.

    table : SegmentTable
        The strongest segments.

    words : Words
        Words for the intercept and the sum.

    size : float
        Size of the font in points.

    width : float
        Width of the panel in inches.

    label : str
        Meaning of both sides of a bar.

    Returns
    -------
    drawn : DrawnTable
        Bars and texts.
    """
    n_lines = n_lines_of(table)
    panel.set(xlim=(0.0, 1.0), ylim=(n_lines, 0.0))
    panel.spines[:].set_visible(False)
    panel.patch.set_alpha(0.0)
    before, after = _columns(table, words, width * POINTS_PER_INCH / size)
    unit = size / (width * POINTS_PER_INCH)
    texts, left = [], 0.0
    for column in before:
        texts += _draw_column(panel, column, left, unit, size)
        left += (_width(column) + _GAP) * unit
    right = 1.0
    for column in reversed(after):
        right -= _width(column) * unit
        texts += _draw_column(panel, column, right, unit, size)
        right -= _GAP * unit
    bars = _draw_bars(panel, table, left, right)
    room = (right - left) / unit
    has_label = len(label) * CHARACTER <= room
    heading = label if has_label else _SIDES if len(_SIDES) * CHARACTER <= room else ""
    style: Style = {"fontsize": size, "color": ink_of(panel), "va": "center", "parse_math": False}
    texts.append(panel.text((left + right) / 2.0, 0.5, heading, ha="center", **style))
    for line in (1, n_lines - 1):
        panel.axhline(line, color=ink_of(panel), linewidth=0.6)
    return DrawnTable(bars, texts, has_label)


def _columns(table: SegmentTable, words: Words, room: float) -> tuple[list[_Column], list[_Column]]:
    """Return the columns before and after the bars that have room, in sizes of the font."""
    decimals, rows = table.decimals, table.rows
    has_others = bool(table.n_others)
    percent = f"{100.0 * table.others_share:.1f} %"
    total = f"= {words.total}"
    others = [counted(table.n_others, "other segment")] if has_others else []
    names = [f"{row.number}   {row.name}" for row in rows]
    numbers = [table.others] if has_others else []
    sums = [signed_text(number, decimals) for number in [*numbers, table.intercept]]
    sums.append(signed_text(table.local_prediction, decimals, always_signed=False))
    model = signed_text(table.prediction, decimals, always_signed=False)
    blank = [""] * has_others
    named = _Column("segment", [*names, *others, words.base, total], "left")
    short = ["others"] if has_others else []
    numbered = _Column("", [*(str(row.number) for row in rows), *short, words.base, total], "left")
    area = _Column(
        "area", [*(row.texts[2] for row in rows), *([percent] * has_others), "", ""], "right"
    )
    weight = _Column(words.quantity, [*(row.texts[0] for row in rows), *sums], "right")
    interval = _Column(
        "95 % interval", [*(row.texts[1] for row in rows), *blank, "", f"model {model}"], "right"
    )
    choices = (
        ([named, area], [weight, interval]),
        ([numbered, area], [weight, interval]),
        ([numbered, area], [weight]),
        ([numbered], [weight]),
    )
    for before, after in choices:
        taken = sum(_width(column) + _GAP for column in (*before, *after))
        if room - taken >= _LEAST_BARS:
            return before, after
    return choices[-1]


def _width(column: _Column) -> float:
    """Return the width of a column in sizes of the font."""
    return _CHARACTER * max(map(len, (column.heading, *column.texts)))


def _draw_column(panel: Axes, column: _Column, left: float, unit: float, size: float) -> list[Text]:
    x = left if column.side == "left" else left + _width(column) * unit
    style: Style = {"ha": column.side, "va": "center", "fontsize": size, "color": ink_of(panel)}
    lines = enumerate((column.heading, *column.texts))
    return [
        panel.text(x, line + 0.5, text, parse_math=False, **style) for line, text in lines if text
    ]


def _draw_bars(panel: Axes, table: SegmentTable, left: float, right: float) -> BarContainer:
    """Draw bars with intervals; a bar is hollow if its interval contains 0."""
    ax = panel.inset_axes((left, 0.0, max(right - left, 0.01), 1.0))
    ax.set_axis_off()
    rows, ink = table.rows, ink_of(panel)
    weights = np.array([row.weight for row in rows] + [table.others] * bool(table.n_others))
    lines = np.arange(len(weights)) + 1.5
    colors = np.where(weights >= 0.0, RAISES, LOWERS)
    is_hollow = np.array([not row.is_certain for row in rows] + [False] * bool(table.n_others))
    faces = np.where(is_hollow.astype(bool), "none", colors)
    bars = ax.barh(lines, weights, height=_BAR_HEIGHT, color=faces, edgecolor=colors, linewidth=1.0)
    ends = _draw_intervals(ax, table, lines.tolist())
    low, high = min([0.0, *weights, *ends]), max([0.0, *weights, *ends])
    margin = _MARGIN * (high - low) or 1.0
    ax.set(xlim=(low - margin, high + margin), ylim=(n_lines_of(table), 0.0))
    if len(weights):
        ax.plot([0.0, 0.0], [1.15, len(weights) + 0.85], color=ink, linewidth=0.8)
    return bars


def _draw_intervals(ax: Axes, table: SegmentTable, lines: Sequence[float]) -> list[float]:
    """Draw intervals, and return their ends."""
    known = [(row, line) for row, line in zip(table.rows, lines) if not np.isnan(row.low)]
    for row, line in known:
        ax.plot(
            [row.low, row.high], [line, line], "|-", color=ink_of(ax), linewidth=1.0, markersize=4
        )
    return [end for row, _ in known for end in (row.low, row.high)]
