"""Panels of pictures on matplotlib: pixels, outlines, numbers, scales, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import numpy as np

from sklime.display._axes import ink_of, set_xlabel
from sklime.display._fonts import fonts_for, warn_of_boxes
from sklime.display._numbers import decimals_for, signed_text
from sklime.display._overlays import (
    LOWERS_OUTLINE,
    RAISES_OUTLINE,
    SegmentRow,
    number_places,
    outlines,
    tint_colors,
)
from sklime.display._pixels_shown import Plane
from sklime.display._types import Style
from sklime.utils._types import Array, FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from matplotlib.patches import PathPatch
    from matplotlib.text import Text
    from matplotlib.transforms import Bbox


# Left, top, width and height in inches; and how they follow from the size of a frame in inches.
_Bounds: TypeAlias = tuple[float, float, float, float]
Bounds: TypeAlias = Callable[[float, float], _Bounds]

__all__ = [
    "BASE_SIZE",
    "CHARACTER",
    "MOST_STRETCHED",
    "POINTS_PER_INCH",
    "Bounds",
    "PanelGrid",
    "Place",
    "Shape",
    "colors_of",
    "draw_numbers",
    "draw_outlines",
    "draw_pixels",
    "draw_tint_scale",
    "fit_figure",
    "frame_in",
    "frame_size",
    "named_text",
    "panel_in",
    "ratio_of",
    "text_size",
    "title_length",
    "write_notes",
]

BASE_SIZE = 8.0  # points: texts in a frame that is wide enough
POINTS_PER_INCH = 72

# Texts in narrow frames are smaller, down to this share of the full size.
_SMALLEST = 0.6

# Of a new figure: the margin and the room beside a title, in inches; and lines in font sizes.
_MARGIN, _PAD, _LINE_HEIGHT = 0.12, 0.1, 1.25

# Mean width of a character of a sentence, in sizes of the font.
CHARACTER = 0.52

# A picture that is longer or flatter is drawn with this ratio of its sides.
MOST_STRETCHED = 5.0

# Widths in points of lines that are drawn inside of their segment, and of the white line below.
_LINE, _CASING = 1.3, 2.3
_DASHES = (0, (2.6, 1.5))

_EDGE = "#8a8f98"  # of pictures, seen on white and on black
_MIDDLE_GRAY = 190.0 / 255.0  # below the tints of a scale

# Diameter of the circle around a number, in sizes of its font: the least, and by its digits.
_LEAST_CIRCLE, _PER_DIGIT, _BESIDE_DIGITS = 1.5, 0.64, 0.45
_SMALLEST_NUMBER = 4.5  # points


class Shape(NamedTuple):
    """How large a picture is drawn: the ratio of height to width, and whether that is not true."""

    ratio: float
    is_stretched: bool


@dataclass(frozen=True)
class PanelGrid:
    """Where panels lie in a frame, in inches, whatever the size of the frame.

    Attributes
    ----------
    ratios : tuple of float
        Height of the panels of each line, as a share of their width.

    n_columns : int
        Panels of a line.

    caption, gap : float
        Room above each line, and between columns.

    below : float
        Room below all lines.
    """

    ratios: tuple[float, ...]
    n_columns: int
    caption: float
    gap: float
    below: float

    def panel(self, line: int, column: int, width: float, height: float) -> _Bounds:
        """Return left, top, width and height of a panel in a frame of some width and height."""
        across = (width - self.gap * (self.n_columns - 1)) / self.n_columns
        heights = self._heights(across, height)
        top = self.caption * (line + 1) + sum(heights[:line])
        return column * (across + self.gap), top, across, heights[line]

    def part_below(
        self, offset: float, tall: float, left: float, right: float, width: float, height: float
    ) -> _Bounds:
        """Return the same of a part below all lines, between two shares of the width."""
        across = (width - self.gap * (self.n_columns - 1)) / self.n_columns
        end = self.caption * len(self.ratios) + sum(self._heights(across, height))
        return left * width, end + offset, (right - left) * width, tall

    def _heights(self, across: float, height: float) -> list[float]:
        """Return the heights that panels want, cut at a height for which all of them fit."""
        wanted = [across * ratio for ratio in self.ratios]
        left = height - self.below - len(wanted) * self.caption
        most = 0.0
        for n_more, one in zip(range(len(wanted), 0, -1), sorted(wanted)):
            most = left / n_more
            if one > most:
                break
            left -= one
        return [max(min(one, most), 0.05) for one in wanted]


class Place:
    """Puts a panel into a frame, in inches from the upper left corner, whenever it is drawn.

    Parameters
    ----------
    frame : matplotlib.axes.Axes
        Axes that the panel lies in.

    bounds : callable
        From the width and height of the frame in inches to left, top, width and height of the
        panel in inches.
    """

    def __init__(self, frame: Axes, bounds: Bounds) -> None:
        self.frame = frame
        self.bounds = bounds

    def __call__(self, ax: Any, renderer: Any) -> Bbox:
        """Return the place of the panel, in shares of the figure."""
        from matplotlib.transforms import Bbox

        figure = self.frame.figure
        box, dpi = self.frame.get_window_extent(), float(figure.dpi)
        left, top, width, height = self.bounds(box.width / dpi, box.height / dpi)
        # A panel without a size cannot be drawn.
        width, height = max(width, 0.01), max(height, 0.01)
        bottom = box.y1 - (top + height) * dpi
        pixels = Bbox.from_bounds(box.x0 + left * dpi, bottom, width * dpi, height * dpi)
        return pixels.transformed(figure.transSubfigure.inverted())


def frame_size(ax: Axes) -> tuple[float, float]:
    """Return the width and height of axes in inches.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The axes.

    Returns
    -------
    width, height : float
        As they are now.
    """
    box, dpi = ax.get_window_extent(), float(ax.figure.dpi)
    return box.width / dpi, box.height / dpi


def frame_in(ax: Axes) -> Axes:
    """Return axes that hold panels: without ticks and lines.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Any axes.

    Returns
    -------
    frame : matplotlib.axes.Axes
        The same.
    """
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(False)
    ax.patch.set_alpha(0.0)
    ax.spines[:].set_visible(False)
    return ax


def text_size(frame: Axes, full_width: float) -> float:
    """Return the size of texts in a frame.

    Parameters
    ----------
    frame : matplotlib.axes.Axes
        Axes that hold panels.

    full_width : float
        Width in inches from which texts have their full size.

    Returns
    -------
    size : float
        In points; smaller in a narrow frame.
    """
    width, _ = frame_size(frame)
    return BASE_SIZE * float(np.clip(width / full_width, _SMALLEST, 1.0))


def fit_figure(frame: Axes, size: tuple[float, float]) -> None:
    """Give a figure the size of a frame, its title and its notes.

    Parameters
    ----------
    frame : matplotlib.axes.Axes
        The only axes of the figure.

    size : tuple of float
        Width and height of the frame in inches.
    """
    figure = cast("Figure", frame.figure)
    above, below = (
        len(text.get_text().splitlines()) * float(text.get_fontsize())
        for text in (frame._left_title, frame.xaxis.label)  # type: ignore[attr-defined]
    )
    above, below = (_LINE_HEIGHT * lines / POINTS_PER_INCH + _PAD for lines in (above, below))
    width, height = size[0] + 2 * _MARGIN, size[1] + above + below + _MARGIN
    figure.set_size_inches(width, height)
    bottom = (below + _MARGIN / 2) / height
    frame.set_position((_MARGIN / width, bottom, size[0] / width, size[1] / height))


def title_length(frame: Axes) -> int:
    """Return how many characters of a title fit into a line.

    Parameters
    ----------
    frame : matplotlib.axes.Axes
        Axes that hold panels.

    Returns
    -------
    length : int
        At least 20.
    """
    import matplotlib as mpl

    width, size = frame_size(frame)[0], float(mpl.rcParams["font.size"])
    return max(int(width * POINTS_PER_INCH / (CHARACTER * size)), 20)


def write_notes(frame: Axes, notes: Sequence[str], size: float) -> None:
    """Write sentences below all panels.

    Parameters
    ----------
    frame : matplotlib.axes.Axes
        Axes that hold panels.

    notes : sequence of str
        One or more lines each.

    size : float
        Size of the font in points.
    """
    width, _ = frame_size(frame)
    n_characters = max(int(width * POINTS_PER_INCH / (CHARACTER * size)), 20)
    text = "\n".join(line for note in notes for line in wrap(note, n_characters))
    set_xlabel(frame, text, loc="left", fontsize=size, color=ink_of(frame), labelpad=3)


def named_text(ax: Axes, text: str) -> tuple[str, Style]:
    """Return a text that may hold names of the user, and the style to draw it with.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.

    text : str
        The text.

    Returns
    -------
    text : str
        The text with characters that a font has.

    style : dict
        Fonts, and that no mathematics is read from it.
    """
    fonts = fonts_for([text])
    warn_of_boxes(ax.figure, fonts)
    return fonts.drawable(text), {"fontfamily": fonts.families, "parse_math": False}


def panel_in(frame: Axes, bounds: Bounds) -> Axes:
    """Make axes without ticks in a frame.

    Parameters
    ----------
    frame : matplotlib.axes.Axes
        Axes that the panel lies in.

    bounds : callable
        See `Place`.

    Returns
    -------
    panel : matplotlib.axes.Axes
        The panel.
    """
    panel = frame.inset_axes((0.0, 0.0, 1.0, 1.0), zorder=frame.get_zorder())
    panel.set_axes_locator(Place(frame, bounds))
    panel.set_facecolor(frame.get_facecolor())
    panel.set_xticks([])
    panel.set_yticks([])
    panel.grid(False)
    return panel


def ratio_of(plane: Plane) -> Shape:
    """Return how a picture is drawn.

    Parameters
    ----------
    plane : Plane
        The picture.

    Returns
    -------
    shape : Shape
        Ratio of height to width, from 1 / 5 to 5.
    """
    height, width = plane.size
    ratio = height / width
    drawn = float(np.clip(ratio, 1.0 / MOST_STRETCHED, MOST_STRETCHED))
    return Shape(drawn, drawn != ratio)


def draw_pixels(ax: Axes, plane: Plane, pixels: Array) -> AxesImage:
    """Draw pixels, whose coordinates are those of outlines.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Panel to draw on.

    plane : Plane
        The picture.

    pixels : ndarray of uint8 of shape (height, width, 3)
        Red, green and blue of its pixels.

    Returns
    -------
    image : matplotlib.image.AxesImage
        The pixels.
    """
    height, width = pixels.shape[:2]
    aspect = ratio_of(plane).ratio * width / height
    image = ax.imshow(pixels, extent=(0.0, width, height, 0.0), aspect=aspect)
    ax.set_anchor("N")
    for spine in ax.spines.values():
        spine.set(color=_EDGE, linewidth=0.6)
    return image


def draw_outlines(
    ax: Axes, plane: Plane, rows: Sequence[SegmentRow], scale: float = 1.0
) -> list[PathPatch]:
    """Draw outlines inside of their segments: solid if they raise the output, else dashed.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Panel to draw on.

    plane : Plane
        The picture.

    rows : sequence of SegmentRow
        Segments with an outline.

    scale : float, default=1.0
        Factor for the widths of lines.

    Returns
    -------
    lines : list of matplotlib.patches.PathPatch
        One line per segment with pixels in this picture, without the white line below.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    lines: list[PathPatch] = []
    for row in rows:
        polygons = outlines(plane.parts, row.part)
        if not polygons:
            continue
        closed = [Path(np.vstack([one, one[:1]]), closed=True) for one in polygons]
        path = Path.make_compound_path(*closed)
        color = np.array(RAISES_OUTLINE if row.weight > 0.0 else LOWERS_OUTLINE) / 255.0
        # Only the inner half is seen, so that lines of neighbors lie side by side.
        casing = PathPatch(path, fill=False, edgecolor="white", linewidth=2 * _CASING * scale)
        line = PathPatch(path, fill=False, edgecolor=color, linewidth=2 * _LINE * scale)
        line.set_linestyle("solid" if row.weight > 0.0 else _DASHES)
        for patch in (casing, line):
            patch.set_capstyle("butt")
            ax.add_patch(patch)
            patch.set_clip_path(path, ax.transData)
        lines.append(line)
    return lines


def draw_numbers(
    ax: Axes, plane: Plane, rows: Sequence[SegmentRow], size: float, width: float
) -> tuple[list[Text], list[int]]:
    """Draw the numbers of segments in white circles; a number that has no room is left out.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Panel to draw on.

    plane : Plane
        The picture.

    rows : sequence of SegmentRow
        Segments with a number, strongest first.

    size : float
        Size of the font in points.

    width : float
        Width of the drawn picture in inches.

    Returns
    -------
    texts : list of matplotlib.text.Text
        The numbers.

    left_out : list of int
        Numbers without room.
    """
    shape = plane.parts.shape
    points = np.array([width, width * ratio_of(plane).ratio]) * POINTS_PER_INCH / shape[::-1]
    places, radii = number_places(plane.parts, [row.part for row in rows])
    texts: list[Text] = []
    taken: list[FloatArray] = []
    left_out: list[int] = []
    for row, place, radius in zip(rows, places, radii):
        if np.isnan(place[0]):
            continue
        # In a small segment the number is smaller, as far as it can be read.
        diameter = max(_LEAST_CIRCLE, _PER_DIGIT * len(str(row.number)) + _BESIDE_DIGITS)
        room = 2.0 * radius * points.min() / diameter
        own = float(np.clip(room, min(_SMALLEST_NUMBER, size), size))
        circle = np.append(place * points, diameter * own / 2.0)
        if any(np.hypot(*(circle - other)[:2]) < circle[2] + other[2] for other in taken):
            left_out.append(row.number)
            continue
        taken.append(circle)
        texts.append(_number(ax, place, row.number, own))
    return texts, left_out


def _number(ax: Axes, place: FloatArray, number: int, size: float) -> Text:
    circle: Style = {"boxstyle": "circle,pad=0.18", "facecolor": "white", "edgecolor": "black"}
    style: Style = {"ha": "center", "va": "center", "color": "black", "clip_on": True}
    style["bbox"] = circle | {"linewidth": 0.6}
    return ax.text(float(place[0]), float(place[1]), str(number), fontsize=size, **style)


def colors_of(strengths: FloatArray, cmap: str | Colormap | None = None) -> FloatArray:
    """Return tints in the colors of sklime, or of a colormap.

    Parameters
    ----------
    strengths : ndarray of shape (n_segments,)
        In [-1, 1].

    cmap : str or matplotlib.colors.Colormap, default=None
        Diverging colors; `None` is orange above 0, blue below.

    Returns
    -------
    colors : ndarray of shape (n_segments, 4)
        Red, green, blue and opacity.
    """
    colors = tint_colors(strengths)
    if cmap is not None:
        import matplotlib as mpl

        chosen = mpl.colormaps[cmap] if isinstance(cmap, str) else cmap
        colors[:, :3] = chosen(0.5 + 0.5 * strengths)[:, :3]
    return colors


def draw_tint_scale(
    ax: Axes, largest: float, size: float, label: str = "", cmap: str | Colormap | None = None
) -> None:
    """Draw the scale of the tints, from the largest weight below 0 to the same above.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        A flat panel.

    largest : float
        Weight at the right end.

    size : float
        Size of the font in points.

    label : str, default=""
        Text below the numbers.

    cmap : str or matplotlib.colors.Colormap, default=None
        See `colors_of`.
    """
    colors = colors_of(np.linspace(-1.0, 1.0, 255), cmap)
    mixed = colors[:, 3:] * colors[:, :3] + (1.0 - colors[:, 3:]) * _MIDDLE_GRAY
    ax.imshow(mixed[None], extent=(-1.0, 1.0, 0.0, 1.0), aspect="auto", interpolation="nearest")
    ink, decimals = ink_of(ax), decimals_for([largest])
    ends = signed_text(-largest, decimals), "0", signed_text(largest, decimals)
    ax.set_xticks([-1.0, 0.0, 1.0], ends)
    for tick, side in zip(ax.get_xticklabels(), ("left", "center", "right")):
        tick.set(ha=side, color=ink, fontsize=size)
    ax.tick_params(axis="x", length=0, pad=2)
    if label:
        set_xlabel(ax, label, fontsize=size, color=ink, labelpad=2)
    ax.spines[:].set_visible(False)
