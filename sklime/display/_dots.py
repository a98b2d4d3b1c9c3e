"""Strips of dots in HTML, one dot per row, in the color of the value of the row."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from sklime.display._document import LOWERS, RAISES
from sklime.display._names import MAX_CLASS_LENGTH, Name, name_of
from sklime.display._types import Axis, View
from sklime.display._value_colors import (
    HUES,
    OTHER,
    SCALE_ON_ANY,
    is_numeric,
    labels_of,
    levels_of,
    places_of_values,
)
from sklime.display._view import share
from sklime.utils._spread import evenly_spread
from sklime.utils._types import Array, FloatArray, IntArray

if TYPE_CHECKING:
    from sklime._explanations._base import AnyBatch
    from sklime._explanations._explanation import ExplanationBatch

__all__ = ["STRIP_WIDTH", "Strip", "image_of", "legend_of", "strip_of", "values_in"]

STRIP_WIDTH, STRIP_HEIGHT = 400, 20  # coordinates of the dots are integers within these

# The fractional part of the golden ratio: multiples of it spread most evenly over [0, 1).
GOLDEN = 0.6180339887498949

# Names of colors, which are classes of the style sheet: of signs, of numbers from low to high, of
# levels, and of missing values and rare levels.
RAISING, LOWERING = "du", "dl"
STEPS = tuple(f"v{step}" for step in range(len(SCALE_ON_ANY)))
MAX_LEVELS = 5  # names of levels beside a strip; the others share the gray of missing values
LEVELS = tuple(f"h{level}" for level in range(MAX_LEVELS))
UNKNOWN = "vx"

# For notebooks, which do not tell their background.
COLORS = {RAISING: RAISES, LOWERING: LOWERS, UNKNOWN: OTHER}
COLORS |= dict(zip(STEPS, SCALE_ON_ANY)) | dict(zip(LEVELS, HUES))

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 20" preserveAspectRatio="none">'
    "<style>path{{stroke-width:4.5px;stroke-linecap:round;stroke-opacity:.8;"
    "vector-effect:non-scaling-stroke}}</style>{}</svg>"
)


class Strip(NamedTuple):
    """The dots of one feature.

    Attributes
    ----------
    paths : list of (str, str)
        Name of a color, and the path of all dots in it.

    levels : list of (str, Name)
        Name of the color, and name, of each level that has one.

    n_others : int
        Number of levels without a color.

    is_scale : bool
        Whether the colors are a scale from low to high.
    """

    paths: list[tuple[str, str]]
    levels: list[tuple[str, Name]]
    n_others: int
    is_scale: bool


def strip_of(weights: FloatArray, values: Array | None, axis: Axis, n_dots: int) -> Strip:
    """Return one dot per row, gathered by color.

    Parameters
    ----------
    weights : ndarray of shape (n_rows,)
        Weights of the rows.

    values : ndarray of shape (n_rows,) or None
        Values of the column in these rows; `None` colors the sign of the weight.

    axis : tuple of float
        Ends of the axis of weights.

    n_dots : int
        Most dots. Of more rows, evenly spaced quantiles are drawn.

    Returns
    -------
    strip : Strip
        Dots and the names of their colors.
    """
    order = np.argsort(weights, kind="stable")
    if order.size > n_dots:
        order = order[evenly_spread(order.size, n_dots)]
    across = np.array([share(weight, axis) for weight in weights[order]]) * STRIP_WIDTH / 100
    down = 3 + (np.arange(order.size) * GOLDEN % 1.0) * (STRIP_HEIGHT - 6)
    # A line without length is drawn as a dot, because its caps are round.
    dots = [f"M{round(x)} {round(y)}h0" for x, y in zip(across.tolist(), down.tolist())]
    colors = _colors(weights, values)
    own = [colors[row] for row in order.tolist()]
    paths = [
        (name, "".join(dot for dot, color in zip(dots, own) if color == name))
        for name in sorted(set(own))
    ]
    is_scale = values is not None and is_numeric(values)
    levels = [] if values is None or is_scale else levels_of(values)
    named = [(color, name_of(level, MAX_CLASS_LENGTH)) for color, level in zip(LEVELS, levels)]
    return Strip(paths, named, len(levels) - len(named), is_scale)


def _colors(weights: FloatArray, values: Array | None) -> list[str]:
    """Return the name of the color of each row."""
    if values is None:
        return [RAISING if weight > 0 else LOWERING for weight in weights.tolist()]
    if is_numeric(values):
        places = places_of_values(values, values)
        steps = (np.nan_to_num(places) * len(STEPS)).astype(int).clip(0, len(STEPS) - 1)
        known = np.isfinite(places).tolist()
        return [STEPS[step] if is_known else UNKNOWN for step, is_known in zip(steps, known)]
    names = dict(zip(levels_of(values), LEVELS))
    return [UNKNOWN if label is None else names.get(label, UNKNOWN) for label in labels_of(values)]


def values_in(batch: AnyBatch, name: str, rows: IntArray) -> Array | None:
    """Return the values of a feature in some rows.

    Parameters
    ----------
    batch : ExplanationBatch or TextExplanationBatch
        The explanations to show.

    name : str
        Name of the feature.

    rows : ndarray of int of shape (n_values,)
        Indices of the rows.

    Returns
    -------
    values : ndarray of shape (n_values,) or None
        `None` for words, which have no values, and where several columns have the name.
    """
    if not batch.shares_features:
        return None
    table = cast("ExplanationBatch", batch)
    names = [str(feature) for feature in table.feature_names]
    if names.count(name) != 1:
        return None
    values: Array = table.data[rows, names.index(name)]
    return values


def legend_of(strips: Sequence[Strip]) -> View:
    """Return what the legend of some strips explains.

    Parameters
    ----------
    strips : sequence of Strip
        The strips.

    Returns
    -------
    legend : dict
        ``steps``: names and colors of the scale from low to high, empty without numbers; ``other``:
        those of missing values, empty if there is none; ``is_sign``: whether colors are signs.
    """
    used = {color for strip in strips for color, _ in strip.paths}
    has_scale = any(strip.is_scale for strip in strips)
    return {
        "steps": [(step, COLORS[step]) for step in STEPS] if has_scale else [],
        "other": (UNKNOWN, COLORS[UNKNOWN]) if UNKNOWN in used else (),
        "is_sign": bool(used & {RAISING, LOWERING}),
    }


def image_of(strip: Strip) -> str:
    """Return the dots as an image that untrusted notebooks show.

    Parameters
    ----------
    strip : Strip
        The dots.

    Returns
    -------
    source : str
        An address that contains the image. SVG outside of images is removed from notebooks.
    """
    paths = "".join(f'<path stroke="{COLORS[name]}" d="{dots}"/>' for name, dots in strip.paths)
    return f"data:image/svg+xml;base64,{base64.b64encode(SVG.format(paths).encode()).decode()}"
