"""What pictures of weights are made of, as plain arrays: tints, outlines, numbers, a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.ndimage import distance_transform_edt

from sklime.display._counts import shown_and_rest
from sklime.display._document import LOWERS_RGB, RAISES_RGB
from sklime.display._names import name_of
from sklime.display._numbers import decimals_for, signed_text, strongest_first
from sklime.display._pixels_shown import MAX_SIDE, Plane, faded, pixel_notes, planes_of
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from sklime._explanations._images import ImageExplanation

__all__ = [
    "LOWERS_OUTLINE",
    "RAISES_OUTLINE",
    "REST",
    "ImageView",
    "SegmentRow",
    "SegmentTable",
    "evidence",
    "fill_sentence",
    "image_view",
    "is_certain",
    "number_places",
    "outlined",
    "outlines",
    "overlay",
    "segment_table",
    "shown_picture",
    "strengths_of",
    "tint_colors",
    "tinted",
    "view_at",
]

# The weakest and the strongest tint leave so much of the picture that edges are seen.
_WEAKEST, _STRONGEST = 0.14, 0.68

# Outlines are darker than tints, and stand on a white line: they are seen on any of them.
RAISES_OUTLINE, LOWERS_OUTLINE = (107, 44, 0), (13, 58, 102)

# What the picture of the evidence has in place of other segments, whatever the style.
REST = (188, 191, 196)

_COLORS = np.array(
    [[int(number) for number in text.split(",")] for text in (LOWERS_RGB, RAISES_RGB)]
)

_MAX_FILL_LENGTH = 80
_SHARE_DECIMALS = 1  # of percents of the area

# Weights below this share of the largest get no number if they may be 0.
_LEAST_SHARE = 0.01

# Decimals that a row may have in addition, so that its numbers have a sign and a size.
_MORE_DECIMALS = 3

# Steps to the next corner of a pixel, clockwise on a screen, whose rows go down; and the pixel on
# the right of such a step, seen from the corner where it begins.
_STEPS = ((1, 0), (0, 1), (-1, 0), (0, -1))
_PIXELS = ((0, 0), (-1, 0), (-1, -1), (0, -1))


class SegmentRow(NamedTuple):
    """A numbered segment.

    Attributes
    ----------
    number : int
        Number on the picture, from 1 on; the strongest segment has 1.

    part : int
        Index of the segment in the order of the weights.

    name : str
        Such as "segment 3 (r12 c40)".

    weight, low, high : float
        Weight and ends of its interval; the ends are NaN for exact weights.

    share : float
        Share of the pixels, in (0, 1].

    is_certain : bool
        Whether the interval leaves 0 out. Other segments are not tinted.

    texts : tuple of str
        Weight, interval and share as texts.
    """

    number: int
    part: int
    name: str
    weight: float
    low: float
    high: float
    share: float
    is_certain: bool
    texts: tuple[str, str, str]


class SegmentTable(NamedTuple):
    """The numbers of a local prediction: intercept, rows and others add up to it.

    Attributes
    ----------
    rows : tuple of SegmentRow
        The strongest segments.

    n_others, others, others_share : int, float and float
        Number of the other segments with a weight, sum of their weights, and their share of the
        pixels.

    intercept, local_prediction, prediction : float
        Where all segments are removed; of the surrogate; of the model.

    decimals : int
        Digits of all numbers after the point.
    """

    rows: tuple[SegmentRow, ...]
    n_others: int
    others: float
    others_share: float
    intercept: float
    local_prediction: float
    prediction: float
    decimals: int


class ImageView(NamedTuple):
    """All that is drawn of the explanation of a picture.

    Attributes
    ----------
    planes : tuple of Plane
        The picture, or three slices of a volume.

    weights : ndarray of shape (n_segments,)
        Weights of all segments.

    certain : ndarray of bool of shape (n_segments,)
        Whether the interval of each weight leaves 0 out.

    table : SegmentTable
        The strongest segments and what they add up to.

    notes : tuple of str
        Sentences: the fill, then how pixels are drawn, then what cannot be seen.
    """

    planes: tuple[Plane, ...]
    weights: FloatArray
    certain: BoolArray
    table: SegmentTable
    notes: tuple[str, ...]

    @property
    def largest(self) -> float:
        """Return the largest weight that is tinted, without its sign; 0 if none is."""
        return float(np.max(np.abs(self.weights[self.certain]), initial=0.0))

    @property
    def supporting(self) -> IntArray:
        """Return the segments of the picture of the evidence, strongest first.

        They are as many as rows of the table, at most.
        """
        raising = strongest_first(self.weights, self.certain & (self.weights > 0.0))
        return raising[: len(self.table.rows)]


def image_view(
    explanation: ImageExplanation,
    output: Any = None,
    max_features: int | None = 5,
    max_side: int = MAX_SIDE,
) -> ImageView:
    """Return all that is drawn of the explanation of a picture.

    Parameters
    ----------
    explanation : ImageExplanation
        The explanation to show.

    output : label, str or int, default=None
        Explained output; see `Explanation.as_list`.

    max_features : int, default=5
        Most segments with a number, at least 1; `None` is all.

    max_side : int, default=1000
        Most rows and columns of pixels.

    Returns
    -------
    view : ImageView
        Arrays and numbers.
    """
    return view_at(explanation, explanation._output_index(output), max_features, max_side)


def view_at(
    explanation: ImageExplanation,
    index: int,
    max_features: int | None = 5,
    max_side: int = MAX_SIDE,
) -> ImageView:
    """Return all that is drawn of an explained output by its index.

    Parameters
    ----------
    explanation : ImageExplanation
        The explanation to show.

    index : int
        Index of the explained output.

    max_features : int, default=5
        Most segments with a number, at least 1; `None` is all.

    max_side : int, default=1000
        Most rows and columns of pixels.

    Returns
    -------
    view : ImageView
        Arrays and numbers.
    """
    weights, low, high = _columns(explanation, index)
    table = segment_table(explanation, index, max_features)
    parts = explanation._parts()
    middle = None
    if parts.ndim > 2 and table.rows:
        middle = _deepest(parts == table.rows[0].part)
    learnt = explanation.internals.settings.pixel_range
    planes = planes_of(explanation.image, parts, middle, learnt, max_side)
    notes = [
        fill_sentence(explanation),
        *pixel_notes(explanation.image, parts.ndim, learnt),
        *_unseen(planes, table),
    ]
    certain = is_certain(weights, low, high)
    return ImageView(planes, weights, certain, table, tuple(note for note in notes if note))


def shown_picture(explanation: ImageExplanation, max_side: int = MAX_SIDE) -> Array:
    """Return the picture in bytes, or the middle slice of a volume.

    Parameters
    ----------
    explanation : ImageExplanation
        The explanation to show.

    max_side : int, default=1000
        Most rows and columns of pixels.

    Returns
    -------
    picture : ndarray of uint8 of shape (height, width, 3)
        Red, green and blue.
    """
    learnt = explanation.internals.settings.pixel_range
    return planes_of(explanation.image, explanation._parts(), None, learnt, max_side)[0].picture


def overlay(
    explanation: ImageExplanation,
    output: Any = None,
    max_features: int | None = 5,
    max_side: int = MAX_SIDE,
    largest: float | None = None,
) -> Array:
    """Return the faded picture with tints by weight, or a slice of a volume.

    Parameters
    ----------
    explanation : ImageExplanation
        The explanation to show.

    output : label, str or int, default=None
        Explained output; see `Explanation.as_list`.

    max_features : int, default=5
        Most numbered segments; the slice goes through the strongest one.

    max_side : int, default=1000
        Most rows and columns of pixels.

    largest : float, default=None
        Weight of the strongest tint, above 0; `None` is the largest weight that is tinted.

    Returns
    -------
    picture : ndarray of uint8 of shape (height, width, 3)
        Red, green and blue.
    """
    view = image_view(explanation, output, max_features, max_side)
    strengths = strengths_of(view.weights, view.certain, largest or view.largest)
    plane = view.planes[0]
    return tinted(faded(plane.picture), plane.parts, tint_colors(strengths))


def is_certain(weights: FloatArray, low: FloatArray, high: FloatArray) -> BoolArray:
    """Tell for which weights the interval leaves 0 out.

    Parameters
    ----------
    weights, low, high : ndarray of shape (n_segments,)
        Weights and ends of their intervals. The ends are NaN for exact weights.

    Returns
    -------
    certain : ndarray of bool of shape (n_segments,)
        False also for weights that are 0 or NaN.
    """
    has_zero = (low <= 0.0) & (high >= 0.0)
    certain: BoolArray = (np.nan_to_num(weights) != 0.0) & ~has_zero
    return certain


def strengths_of(weights: FloatArray, certain: BoolArray, largest: float) -> FloatArray:
    """Return where weights are on a scale from -1 to 1 that is the same on both sides of 0.

    Parameters
    ----------
    weights : ndarray of shape (n_segments,)
        Weights.

    certain : ndarray of bool of shape (n_segments,)
        Whether the interval of each weight leaves 0 out.

    largest : float
        Weight at the end of the scale.

    Returns
    -------
    strengths : ndarray of shape (n_segments,)
        In [-1, 1]; exactly 0 where a segment is not tinted.
    """
    strengths: FloatArray = np.zeros(len(weights))
    if largest > 0.0:
        strengths[certain] = np.clip(weights[certain] / largest, -1.0, 1.0)
    return strengths


def tint_colors(strengths: FloatArray) -> FloatArray:
    """Return the tint of each segment.

    Parameters
    ----------
    strengths : ndarray of shape (n_segments,)
        In [-1, 1].

    Returns
    -------
    colors : ndarray of shape (n_segments, 4)
        Red, green, blue and opacity in [0, 1]: orange above 0, blue below, without opacity at 0.
    """
    colors = _COLORS[(strengths > 0.0).astype(int)] / 255.0
    opacity = _WEAKEST + (_STRONGEST - _WEAKEST) * np.abs(strengths)
    return np.column_stack([colors, np.where(strengths == 0.0, 0.0, opacity)])


def tinted(picture: Array, parts: IntArray, colors: FloatArray) -> Array:
    """Return a picture with a tint on each segment.

    Parameters
    ----------
    picture : ndarray of uint8 of shape (height, width, 3)
        Red, green and blue.

    parts : ndarray of int of shape (height, width)
        Index of the segment of each pixel.

    colors : ndarray of shape (n_segments, 4)
        Red, green, blue and opacity of the tint of each segment, in [0, 1].

    Returns
    -------
    picture : ndarray of uint8 of shape (height, width, 3)
        Segments without opacity are unchanged.
    """
    opacity = colors[:, 3:]
    added, kept = 255.0 * opacity * colors[:, :3], 1.0 - opacity
    mixed: Array = np.rint(picture * kept[parts] + added[parts]).astype(np.uint8)
    return mixed


def evidence(picture: Array, parts: IntArray, supporting: IntArray) -> Array:
    """Return a picture of some segments only; the rest is gray.

    Parameters
    ----------
    picture : ndarray of uint8 of shape (height, width, 3)
        Red, green and blue.

    parts : ndarray of int of shape (height, width)
        Index of the segment of each pixel.

    supporting : ndarray of int
        Segments that are shown.

    Returns
    -------
    picture : ndarray of uint8 of shape (height, width, 3)
        Other segments have the gray `REST`.
    """
    is_shown = np.isin(parts, supporting)
    shown: Array = np.where(is_shown[..., None], picture, np.array(REST, dtype=np.uint8))
    return shown


def outlines(parts: IntArray, part: int) -> list[FloatArray]:
    """Return the outline of a segment as closed polygons along the edges of its pixels.

    Parameters
    ----------
    parts : ndarray of int of shape (height, width)
        Index of the segment of each pixel.

    part : int
        The segment.

    Returns
    -------
    polygons : list of ndarray of shape (n_corners, 2)
        Column and row of each corner, where the upper left corner of the picture is (0, 0) and a
        pixel has the length 1. Outer outlines go clockwise, those of holes the other way. Pieces
        that touch at a corner only are polygons of their own.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display._overlays import outlines
    >>> outlines(np.array([[0, 1, 1], [0, 0, 0]]), 1)[0].tolist()
    [[1.0, 0.0], [3.0, 0.0], [3.0, 1.0], [1.0, 1.0]]
    """
    width = parts.shape[1] + 1
    edges = _edges(parts == part)
    ahead = [column + row * width for column, row in _STEPS]
    polygons = []
    while edges:
        # Edges are in order of the rows: each polygon begins at its upper left corner.
        corner, heading = next(iter(edges))
        corners = [corner]
        while edges.pop((corner, heading), False):
            corner += ahead[heading]
            # To the right first: so pieces that touch at a corner are told apart.
            turns = ((heading + turn) % 4 for turn in (1, 0, 3))
            following = next((turn for turn in turns if (corner, turn) in edges), heading)
            if following != heading:
                corners.append(corner)
            heading = following
        polygons.append(np.array([divmod(one, width)[::-1] for one in corners], dtype=np.float64))
    return polygons


def _edges(mask: BoolArray) -> dict[tuple[int, int], bool]:
    """Return the edges of a mask: where they begin, and their directions, in order of the rows."""
    width = mask.shape[1] + 1
    padded = np.pad(mask, 1)
    outside = (padded[:-2, 1:-1], padded[1:-1, 2:], padded[2:, 1:-1], padded[1:-1, :-2])
    begins, headings = [], []
    for heading, neighbor in enumerate(outside):
        row, column = np.nonzero(mask & ~neighbor)
        begin = np.array([0, 1, width + 1, width])[heading]
        begins.append(row * width + column + begin)
        headings.append(np.full(len(row), heading))
    begin, direction = np.concatenate(begins), np.concatenate(headings)
    order = np.lexsort((direction, begin))
    keys = zip(begin[order].tolist(), direction[order].tolist())
    return dict.fromkeys(keys, True)


def outlined(
    picture: Array,
    parts: IntArray,
    part: int,
    color: Sequence[int],
    *,
    width: int = 2,
    dash: int | None = None,
) -> Array:
    """Return a picture with the outline of a segment, painted on the pixels of the segment.

    Parameters
    ----------
    picture : ndarray of uint8 of shape (height, width, 3)
        Red, green and blue.

    parts : ndarray of int of shape (height, width)
        Index of the segment of each pixel.

    part : int
        The segment.

    color : sequence of int
        Red, green and blue from 0 to 255.

    width : int, default=2
        Width of the line in pixels.

    dash : int, default=None
        Length of a dash and of a gap in pixels; `None` is a solid line.

    Returns
    -------
    picture : ndarray of uint8 of shape (height, width, 3)
        A copy. Pixels of other segments are unchanged.
    """
    painted: Array = picture.copy()
    is_inside = parts == part
    for polygon in outlines(parts, part):
        column, row, heading = _unit_steps(polygon)
        if dash is not None:
            is_painted = np.arange(len(column)) // dash % 2 == 0
            column, row, heading = column[is_painted], row[is_painted], heading[is_painted]
        inward = np.array(_STEPS)[(heading + 1) % 4]
        for depth in range(width):
            x = np.clip(column + depth * inward[:, 0], 0, parts.shape[1] - 1)
            y = np.clip(row + depth * inward[:, 1], 0, parts.shape[0] - 1)
            own = is_inside[y, x]
            painted[y[own], x[own]] = color
    return painted


def _unit_steps(polygon: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return column and row of the pixel inside of each step of length 1, and its direction."""
    corners = polygon.astype(int)
    sides = np.roll(corners, -1, axis=0) - corners
    lengths = np.abs(sides).sum(axis=1)
    steps = sides // np.maximum(lengths, 1)[:, None]
    codes = {step: heading for heading, step in enumerate(_STEPS)}
    headings = np.array([codes[tuple(step)] for step in steps.tolist()])
    along = np.concatenate([np.arange(length) for length in lengths])
    begin = np.repeat(corners, lengths, axis=0) + along[:, None] * np.repeat(steps, lengths, axis=0)
    heading = np.repeat(headings, lengths)
    pixel = begin + np.array(_PIXELS)[heading]
    return pixel[:, 0], pixel[:, 1], heading


def number_places(parts: IntArray, shown: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """Return where numbers of segments stand: deep inside of each.

    Parameters
    ----------
    parts : ndarray of int of shape (height, width)
        Index of the segment of each pixel.

    shown : sequence of int
        Segments with a number.

    Returns
    -------
    places : ndarray of shape (n_shown, 2)
        Column and row, in the units of `outlines`; NaN for a segment that has no pixel here.

    radii : ndarray of shape (n_shown,)
        Distance to the nearest other segment, or to the border, in pixels; 0 without a pixel.
    """
    places, radii = np.full((len(shown), 2), np.nan), np.zeros(len(shown))
    for index, part in enumerate(shown):
        mask = parts == part
        if mask.any():
            row, column, radii[index] = _inner_place(mask)
            places[index] = column, row
    return places, radii


def _inner_place(mask: BoolArray) -> tuple[float, float, float]:
    """Return the middle of the pixels that are deepest inside, and their distance to the edge."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, left = rows[0], columns[0]
    box = np.pad(mask[top : rows[-1] + 1, left : columns[-1] + 1], 1)
    depth = distance_transform_edt(box)
    deepest = np.argwhere(depth >= depth.max() - 0.5)
    middle = deepest.mean(axis=0)
    # The middle of a ring is outside of it.
    at_middle = depth[tuple(np.floor(middle + 0.5).astype(int))]
    if at_middle == 0.0 or at_middle < depth.max() - 1.0:
        middle = deepest[np.argmin(((deepest - middle) ** 2).sum(axis=1))].astype(np.float64)
    row, column = middle + (top - 0.5, left - 0.5)
    return float(row), float(column), float(depth.max()) - 0.5


def _deepest(mask: BoolArray) -> IntArray:
    """Return the pixel of a mask that is deepest inside."""
    depth = distance_transform_edt(np.pad(mask, 1))
    deepest = np.argwhere(depth >= depth.max() - 0.5)
    nearest = np.argmin(((deepest - deepest.mean(axis=0)) ** 2).sum(axis=1))
    place: IntArray = deepest[nearest] - 1
    return place


def segment_table(
    explanation: ImageExplanation, index: int, max_features: int | None = 5
) -> SegmentTable:
    """Return the strongest segments, and what they and the others add up to.

    Parameters
    ----------
    explanation : ImageExplanation
        The explanation to show.

    index : int
        Index of the explained output.

    max_features : int, default=5
        Most rows, at least 1; `None` is all segments with a weight. Those whose interval holds 0
        and whose weight is below 1 % of the largest are never rows.

    Returns
    -------
    table : SegmentTable
        Rows, and the sum of the others.
    """
    weights, low, high = _columns(explanation, index)
    order = strongest_first(weights, np.nan_to_num(weights) != 0.0)
    certain = is_certain(weights, low, high)
    # A number beside such a segment would draw the eye to what is nothing.
    sizes = np.abs(weights[order])
    has_number = certain[order] | (sizes >= _LEAST_SHARE * np.max(sizes, initial=0.0))
    shown, rest = shown_and_rest(order[has_number], max_features)
    rest = np.concatenate([rest, order[~has_number]])
    decimals = decimals_for(weights[order])
    shares = explanation.data / max(explanation.segments.size, 1)
    rows = tuple(
        SegmentRow(
            number,
            part,
            name_of(explanation.feature_names[part]).text,
            float(weights[part]),
            float(low[part]),
            float(high[part]),
            float(shares[part]),
            bool(certain[part]),
            _row_texts(weights[part], low[part], high[part], shares[part], decimals),
        )
        for number, part in enumerate(shown.tolist(), start=1)
    )
    return SegmentTable(
        rows,
        n_others=len(rest),
        others=float(weights[rest].sum()),
        others_share=float(shares[rest].sum()),
        intercept=float(explanation.intercepts[index]),
        local_prediction=float(explanation.local_predictions[index]),
        prediction=float(explanation.predictions[index]),
        decimals=decimals,
    )


def fill_sentence(explanation: ImageExplanation) -> str:
    """Write what stands in place of removed segments.

    Parameters
    ----------
    explanation : ImageExplanation
        The explanation to show.

    Returns
    -------
    sentence : str
        Empty if it is not known.
    """
    fill = explanation.internals.settings.fill
    return (
        f"Removed segments are filled with {name_of(fill, _MAX_FILL_LENGTH).text}." if fill else ""
    )


def _columns(
    explanation: ImageExplanation, index: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the weights of an output and the ends of their intervals."""
    weights = explanation.values[:, index]
    if explanation.is_exact:
        nothing = np.full(weights.shape, np.nan)
        return weights, nothing, nothing
    low, high = (ends[:, index] for ends in explanation.confidence_intervals())
    return weights, low, high


def _row_texts(
    weight: float, low: float, high: float, share: float, decimals: int
) -> tuple[str, str, str]:
    fine = decimals + _more_decimals((low, high), decimals)
    ends = ", ".join(signed_text(end, fine) for end in (low, high))
    decimals += _more_decimals((weight,), decimals)
    percent = signed_text(100.0 * share, _SHARE_DECIMALS, always_signed=False)
    return signed_text(weight, decimals), "" if np.isnan(low) else f"[{ends}]", f"{percent} %"


def _more_decimals(numbers: Sequence[float], decimals: int) -> int:
    """Return how many decimals more give a digit to the smallest of the numbers that is not 0."""
    sizes = [abs(number) for number in numbers if number != 0.0 and np.isfinite(number)]
    if not sizes:
        return 0
    enough = (n for n in range(_MORE_DECIMALS) if round(min(sizes), decimals + n) > 0.0)
    return next(enough, _MORE_DECIMALS)


def _unseen(planes: Sequence[Plane], table: SegmentTable) -> list[str]:
    """Name the numbered segments that no slice crosses, or that are too small to be drawn."""
    drawn = np.unique(np.concatenate([plane.parts.ravel() for plane in planes]))
    missing = [str(row.number) for row in table.rows if row.part not in drawn]
    if not missing:
        return []
    where = "outside of these slices" if len(planes) > 1 else "too small to be drawn"
    numbers = " and ".join([", ".join(missing[:-1]), missing[-1]]) if missing[1:] else missing[0]
    noun, verb = ("Segments", "are") if missing[1:] else ("Segment", "is")
    return [f"{noun} {numbers} {verb} {where}."]
