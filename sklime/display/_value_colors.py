"""Colors of dots by the value that a row has: low to high, or one hue per level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sklime.utils._objects import is_missing
from sklime.utils._types import Array, FloatArray

if TYPE_CHECKING:
    from matplotlib.colors import Colormap

__all__ = ["colormap_on", "colors_of_values", "is_numeric"]

# Colors that people with any kind of color vision tell apart, after Okabe and Ito; the rest and
# missing values are gray.
HUES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a6d00", "#7d4fa3")
OTHER = "#9a9a9a"

# Quantiles that get the ends of the scale: a single outlier must not take all of it.
_LOW, _HIGH = 0.05, 0.95

# Part of the scale that is seen on white, and on black.
_ON_LIGHT, _ON_DARK = (0.0, 0.88), (0.2, 1.0)


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
    """Return the scale from low to high values: perceptually uniform, also without red or green.

    Parameters
    ----------
    is_dark : bool
        Whether the background is dark.

    Returns
    -------
    colormap : matplotlib.colors.Colormap
        A part of viridis that is seen on this background.
    """
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    low, high = _ON_DARK if is_dark else _ON_LIGHT
    return ListedColormap(colormaps["viridis"](np.linspace(low, high, 256)))


def colors_of_values(values: Array, is_dark: bool) -> FloatArray:
    """Return a color for each value of a column.

    Parameters
    ----------
    values : ndarray of shape (n_rows,)
        Values of one column.

    is_dark : bool
        Whether the background is dark.

    Returns
    -------
    colors : ndarray of shape (n_rows, 4)
        Numbers from low to high; levels in hues, the most frequent level first.
    """
    from matplotlib.colors import to_rgba

    gray = to_rgba(OTHER)
    if not is_numeric(values):
        labels = [None if is_missing(value) else str(value) for value in values.tolist()]
        counts = pd.Series([label for label in labels if label is not None], dtype=object)
        # Levels of the same frequency stay in the order of their names.
        order = sorted(counts.unique(), key=lambda label: (-(counts == label).sum(), label))
        hues = {label: to_rgba(hue) for label, hue in zip(order, HUES)}
        return np.array([hues.get(label, gray) for label in labels]).reshape(-1, 4)
    numbers = np.array([np.nan if is_missing(value) else float(value) for value in values.tolist()])
    colors = np.tile(np.array(gray), (len(numbers), 1))
    present = np.isfinite(numbers)
    if present.any():
        # Halves: the difference of two huge numbers is no float.
        halves = numbers[present] / 2.0
        low, high = np.quantile(halves, [_LOW, _HIGH])
        if low == high:
            low, high = halves.min(), halves.max()
        places = np.full(halves.size, 0.5)
        if high > low:
            places = np.clip((halves - low) / (high - low), 0.0, 1.0)
        colors[present] = colormap_on(is_dark)(places)
    return colors
