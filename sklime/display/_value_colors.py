"""Colors of dots by the value that a row has: low to high, or one hue per level."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from sklime.utils._objects import is_missing
from sklime.utils._types import Array, FloatArray

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

__all__ = [
    "HUES",
    "OTHER",
    "SCALE_ON_ANY",
    "SCALE_ON_DARK",
    "SCALE_ON_LIGHT",
    "colormap_on",
    "colors_of_values",
    "is_numeric",
    "labels_of",
    "levels_of",
    "places_of_values",
]

# Colors that people with any kind of color vision tell apart, after Okabe and Ito; two are darker,
# so that all are seen on white, too. The rest and missing values are gray.
HUES = ("#0072b2", "#c18500", "#009e73", "#c876a4", "#4898c6", "#d55e00", "#8a6d00", "#835ba6")
OTHER = "#8a8f98"

# Quantiles that get the ends of the scale: a single outlier must not take all of it.
_LOW, _HIGH = 0.05, 0.95

# From low to high, as viridis, in lightness that has a contrast of 3 with white, with black, and
# with both.
SCALE_ON_LIGHT = ("#440154", "#3b528b", "#1b7e7a", "#459848", "#a0920f")
SCALE_ON_DARK = ("#8468c4", "#5f8bcf", "#44ab97", "#74d25c", "#fde725")
SCALE_ON_ANY = ("#8a62b5", "#4f78bf", "#1d8986", "#459848", "#a0920f")


def is_numeric(values: Array) -> bool:
    """Tell whether values have an order that a scale can show.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Values of one column, of any type.

    Returns
    -------
    is_numeric : bool
        Whether all values are numbers or missing; booleans are levels.
    """
    if values.dtype.kind in "iuf":
        return True
    present = [value for value in values.tolist() if not is_missing(value)]
    return bool(present) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in present
    )


def colormap_on(is_dark: bool) -> Colormap:
    """Return the scale from low to high values, in rising lightness.

    Parameters
    ----------
    is_dark : bool
        Whether the background is dark.

    Returns
    -------
    colormap : matplotlib.colors.Colormap
        Colors that are seen on this background.
    """
    from matplotlib.colors import LinearSegmentedColormap

    colors = SCALE_ON_DARK if is_dark else SCALE_ON_LIGHT
    return LinearSegmentedColormap.from_list("values", colors)


def colors_of_values(values: Array, is_dark: bool, span: Array | None = None) -> FloatArray:
    """Return a color for each value of a column.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Values of one column.

    is_dark : bool
        Whether the background is dark.

    span : ndarray of shape (n_others,), default=None
        Values that set the ends of the scale and the order of the levels, such as those of more
        rows of the column. `None` takes `values`.

    Returns
    -------
    colors : ndarray of shape (n_rows, 4)
        Numbers from low to high; levels in hues, the most frequent level first.
    """
    from matplotlib.colors import to_rgba

    gray = to_rgba(OTHER)
    span = values if span is None else span
    if not is_numeric(span):
        hues = dict(zip(levels_of(span), map(to_rgba, HUES)))
        labels = labels_of(values)
        colored = [gray if label is None else hues.get(label, gray) for label in labels]
        return np.array(colored).reshape(-1, 4)
    places = places_of_values(values, span)
    colors = np.tile(np.array(gray), (len(places), 1))
    present = np.isfinite(places)
    colors[present] = colormap_on(is_dark)(places[present])
    return colors


def levels_of(values: Array) -> list[str]:
    """Return the levels of a column, the most frequent first.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Values of one column.

    Returns
    -------
    levels : list of str
        Levels without missing ones. Levels of the same frequency are in the order of their names.
    """
    counts = Counter(label for label in labels_of(values) if label is not None)
    return sorted(counts, key=lambda label: (-counts[label], label))


def places_of_values(values: Array, span: Array) -> FloatArray:
    """Return the places of numbers between low and high.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Numbers, or missing values.

    span : ndarray of shape (n_others,)
        Numbers whose quantiles 0.05 and 0.95 are the ends.

    Returns
    -------
    places : ndarray of shape (n_rows,)
        In [0, 1]; NaN for missing and infinite values.
    """
    # Halves: the difference of two huge numbers is no float.
    halves, others = _numbers_of(values) / 2.0, _numbers_of(span) / 2.0
    others = others[np.isfinite(others)]
    places = np.full(halves.size, np.nan)
    present = np.isfinite(halves)
    low, high = np.quantile(others, [_LOW, _HIGH]) if others.size else (0.0, 0.0)
    if low == high and others.size:
        low, high = others.min(), others.max()
    places[present] = 0.5
    if high > low:
        places[present] = np.clip((halves[present] - low) / (high - low), 0.0, 1.0)
    return places


def labels_of(values: Array) -> list[str | None]:
    """Return the levels of rows as texts.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Values of one column.

    Returns
    -------
    labels : list of str or None
        `None` for missing values.
    """
    return [None if is_missing(value) else str(value) for value in values.tolist()]


def _numbers_of(values: Array) -> FloatArray:
    return np.array([np.nan if is_missing(v) else float(v) for v in values.tolist()], dtype=float)
