"""The fills that have a name: colors, blurred copies, noise, arrays of the training set."""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from scipy.ndimage import gaussian_filter

from sklime._fills._training import TrainingValues
from sklime.utils._random import generator
from sklime.utils._types import Array, FloatArray, IntArray

__all__ = ["FILLS", "FILL_NAMES", "resized"]

# Width of the blur, as a share of the mean length of the axes: wide enough to hide edges.
_BLUR_SHARE = 1 / 16

_NOISE_STREAM = 12

# From an array, its parts, the training values and a seed to what may stand in its place.
_Fill: TypeAlias = Callable[[Array, IntArray, TrainingValues, int], list[Any]]


def _mean(array: Array, parts: IntArray, training: TrainingValues, seed: int) -> list[Any]:
    return [training.mean]


def _segment_mean(array: Array, parts: IntArray, training: TrainingValues, seed: int) -> list[Any]:
    flat = parts.ravel()
    sizes = np.bincount(flat)
    rows = array.reshape(-1, array.shape[-1])
    means = np.stack(
        [np.bincount(flat, channel.astype(np.float64)) / sizes for channel in rows.T], axis=-1
    )
    filled: FloatArray = means[parts]
    return [filled]


def _blur(array: Array, parts: IntArray, training: TrainingValues, seed: int) -> list[Any]:
    space = array.shape[:-1]
    width = _BLUR_SHARE * np.mean(space)
    # An axis of one pixel has nothing to be blurred.
    widths = [width if length > 1 else 0.0 for length in space]
    return [gaussian_filter(array.astype(np.float64), [*widths, 0.0], mode="nearest")]


def _noise(array: Array, parts: IntArray, training: TrainingValues, seed: int) -> list[Any]:
    random = generator(seed, _NOISE_STREAM, *array.shape)
    noise = training.mean + training.deviation * random.standard_normal(array.shape)
    return [np.clip(noise, training.low, training.high)]


def _background(array: Array, parts: IntArray, training: TrainingValues, seed: int) -> list[Any]:
    return [resized(donor, array.shape[:-1]) for donor in training.donors]


FILLS: dict[str, _Fill] = {
    "mean": _mean,
    "segment_mean": _segment_mean,
    "blur": _blur,
    "noise": _noise,
    "background": _background,
}

# In words, as displays name them.
FILL_NAMES = {
    "mean": "the mean of the training set",
    "segment_mean": "the mean of each segment",
    "blur": "a blurred copy",
    "noise": "noise",
    "background": "parts of the training set",
}


def resized(array: Array, space: tuple[int, ...]) -> Array:
    """Return an array of another size, by its nearest numbers.

    Parameters
    ----------
    array : ndarray of shape (..., n_channels)
        The array.

    space : tuple of int
        Lengths of all axes but the last.

    Returns
    -------
    array : ndarray of shape (*space, n_channels)
        The same array if it has this size.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._fills._built_in import resized
    >>> resized(np.array([[1], [2]]), (4,)).ravel().tolist()
    [1, 1, 2, 2]
    """
    if array.shape[:-1] == space:
        return array
    indices = [
        (2 * np.arange(wanted) + 1) * present // (2 * wanted)
        for wanted, present in zip(space, array.shape)
    ]
    chosen: Array = array[np.ix_(*indices)]
    return chosen
