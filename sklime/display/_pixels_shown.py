"""Pictures of any kind as pixels that a screen can show, and slices of volumes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from sklime.display._numbers import value_text
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["MAX_SIDE", "Plane", "enlarged", "faded", "pixel_notes", "planes_of", "range_of"]

# In pixels; larger pictures are drawn on a smaller copy.
MAX_SIDE = 1000

# Shares of red, green and blue in the lightness of a color in sRGB (Rec. 601).
_LIGHTNESS = np.array([0.299, 0.587, 0.114])

# Lightness of black and white in a faded picture. Tints are seen on both.
_FADED_BLACK, _FADED_WHITE = 112.0, 238.0

# Lightness of segments, and of their edges, if there is no picture.
_CANVAS, _CANVAS_EDGE = 206, 158

_BRIGHTEST = 255.0

# Bytes up to this one are a picture of few levels, such as a mask of 0 and 1.
_FEW_LEVELS = 127

_N_COLORS = 3


class Plane(NamedTuple):
    """A picture, or a slice of a volume, as it is drawn.

    Attributes
    ----------
    name : str
        Name of a slice, such as "slice z=12"; empty for a picture.

    picture : ndarray of uint8 of shape (height, width, 3)
        Red, green and blue of each pixel that is drawn.

    parts : ndarray of int of shape (height, width)
        Index of the segment of each pixel that is drawn, in the order of the weights.

    size : tuple of int
        Height and width of the explained picture; those of `picture` are smaller if it is large.
    """

    name: str
    picture: Array
    parts: IntArray
    size: tuple[int, int]


def range_of(image: Array, learnt: tuple[float, float] | None = None) -> tuple[float, float]:
    """Return the numbers that are drawn as black and as white.

    Parameters
    ----------
    image : ndarray
        The picture.

    learnt : tuple of float, default=None
        Smallest and largest number in the training pictures; `None` if they are not known.

    Returns
    -------
    low, high : float
        0 and 255 for bytes, 0 and 1 for booleans, and for floats between them. For other numbers
        the range of the training pictures, or without it that of the picture.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display._pixels_shown import range_of
    >>> range_of(np.array([[0.2, 0.9]])), range_of(np.array([[-1.0, 3.0]]))
    ((0.0, 1.0), (-1.0, 3.0))
    """
    low, high = learnt or _ends(image)
    is_byte = image.dtype == np.uint8
    if is_byte and high > _FEW_LEVELS:
        return 0.0, _BRIGHTEST
    if image.dtype.kind == "b" or (low >= 0.0 and high <= 1.0):
        return 0.0, 1.0
    return float(low), float(high)


def pixel_notes(
    image: Array | None, n_space: int, learnt: tuple[float, float] | None = None
) -> list[str]:
    """Write how pixels are drawn, if that is not evident.

    Parameters
    ----------
    image : ndarray or None
        The picture, with channels last.

    n_space : int
        Number of axes of space.

    learnt : tuple of float, default=None
        As in `range_of`.

    Returns
    -------
    notes : list of str
        Sentences about missing pixels, channels and range.
    """
    if image is None:
        return ["The picture is not stored: its segments are drawn in gray."]
    n_channels = image.shape[-1] if image.ndim > n_space else 1
    notes = []
    if n_channels == 2:
        notes.append("The mean of 2 channels is drawn.")
    elif n_channels == 4:
        notes.append("The fourth channel is drawn as opacity, on white.")
    elif n_channels > 4:
        notes.append(f"Channels 1 to 3 of {n_channels} are drawn as red, green and blue.")
    low, high = range_of(image, learnt)
    if (low, high) not in ((0.0, 1.0), (0.0, _BRIGHTEST)):
        source = "of the training pictures " if learnt else ""
        ends = " to ".join(value_text(end) for end in (low, high))
        notes.append(f"The range {source}from {ends} is drawn from black to white.")
    return notes


def planes_of(
    image: Array | None,
    parts: IntArray,
    middle: Iterable[int] | None = None,
    learnt: tuple[float, float] | None = None,
    max_side: int = MAX_SIDE,
) -> tuple[Plane, ...]:
    """Return a picture as it is drawn, or three slices of a volume.

    Parameters
    ----------
    image : ndarray of shape (*space) or (*space, n_channels), or None
        The picture or volume; `None` draws the segments in gray.

    parts : ndarray of int of shape (*space)
        Index of the segment of each pixel.

    middle : iterable of int, default=None
        The pixel that all slices of a volume contain; `None` is the middle of the volume.

    learnt : tuple of float, default=None
        As in `range_of`.

    max_side : int, default=1000
        Most rows and columns that are drawn.

    Returns
    -------
    planes : tuple of Plane
        One picture; or three slices, each across one axis.
    """
    pixels = None
    if image is not None:
        pixels = image if image.ndim > parts.ndim else image[..., None]
    ends = (0.0, 1.0) if image is None else range_of(image, learnt)
    if parts.ndim == 2:
        return (_plane("", pixels, parts, ends, max_side),)
    middle = [length // 2 for length in parts.shape] if middle is None else middle
    planes = []
    for axis, (letter, place) in enumerate(zip("zrc", middle)):
        slab = None if pixels is None else np.take(pixels, place, axis=axis)
        name = f"slice {letter}={place}"
        planes.append(_plane(name, slab, np.take(parts, place, axis=axis), ends, max_side))
    return tuple(planes)


def faded(picture: Array) -> Array:
    """Return a picture in light grays, on which tints and outlines are seen.

    Parameters
    ----------
    picture : ndarray of uint8 of shape (height, width, 3)
        Red, green and blue.

    Returns
    -------
    picture : ndarray of uint8 of shape (height, width, 3)
        Grays from 112 to 238.
    """
    lightness = picture @ _LIGHTNESS / _BRIGHTEST
    gray = np.rint(_FADED_BLACK + (_FADED_WHITE - _FADED_BLACK) * lightness).astype(np.uint8)
    return np.repeat(gray[..., None], _N_COLORS, axis=-1)


def enlarged(plane: Plane, side: int) -> Plane:
    """Return a small picture with each pixel drawn as a square of several.

    Parameters
    ----------
    plane : Plane
        The picture.

    side : int
        Height or width that the larger one of both shall have, in pixels.

    Returns
    -------
    plane : Plane
        A picture whose larger side is at most `side`, unless it was larger before.
    """
    times = max(side // max(plane.parts.shape), 1)
    picture, parts = (
        array.repeat(times, axis=0).repeat(times, axis=1) for array in (plane.picture, plane.parts)
    )
    return plane._replace(picture=picture, parts=parts)


def _plane(
    name: str, pixels: Array | None, parts: IntArray, ends: tuple[float, float], max_side: int
) -> Plane:
    """Return a slice on at most `max_side` rows and columns."""
    starts = [np.arange(0, length, -(-length // max_side), dtype=np.intp) for length in parts.shape]
    # Segments have no mean: the pixel in the middle of each block stands for it.
    middles = [
        np.minimum(start + -(-length // max_side) // 2, length - 1)
        for start, length in zip(starts, parts.shape)
    ]
    drawn = parts[np.ix_(*middles)]
    picture = _canvas(drawn) if pixels is None else _colors(_block_means(pixels, starts), *ends)
    height, width = parts.shape
    return Plane(name, picture, drawn, (height, width))


def _block_means(pixels: Array, starts: list[IntArray]) -> FloatArray:
    means: Array = pixels
    for axis, start in enumerate(starts):
        length = pixels.shape[axis]
        if len(start) == length:
            continue
        rows, step = np.moveaxis(means, axis, 0), int(start[1]) if len(start) > 1 else length
        sums = np.zeros((len(start), *rows.shape[1:]))
        # Faster than np.add.reduceat by far.
        for offset in range(step):
            part = rows[offset::step]
            sums[: len(part)] += part
        counts = np.diff(start, append=length)
        means = np.moveaxis(sums / counts[:, None, None], 0, axis)
    return np.asarray(means, dtype=np.float64)


def _colors(pixels: FloatArray, low: float, high: float) -> Array:
    """Return red, green and blue in bytes of pixels of any number of channels."""
    # Halves: the difference of two huge numbers is no float.
    span = high / 2.0 - low / 2.0
    shares = (pixels / 2.0 - low / 2.0) / span if span > 0.0 else np.full(pixels.shape, 0.5)
    shares = np.clip(np.nan_to_num(shares), 0.0, 1.0)
    n_channels = shares.shape[-1]
    if n_channels < _N_COLORS:
        shares = np.repeat(shares.mean(axis=-1, keepdims=True), _N_COLORS, axis=-1)
    elif n_channels == _N_COLORS + 1:
        opacity = shares[..., _N_COLORS:]
        shares = opacity * shares[..., :_N_COLORS] + (1.0 - opacity)
    colors: Array = np.rint(shares[..., :_N_COLORS] * _BRIGHTEST).astype(np.uint8)
    return colors


def _canvas(parts: IntArray) -> Array:
    """Return segments in gray, with the edges between them."""
    is_edge: BoolArray = np.zeros(parts.shape, dtype=bool)
    is_edge[:-1] |= parts[:-1] != parts[1:]
    is_edge[:, :-1] |= parts[:, :-1] != parts[:, 1:]
    gray = np.where(is_edge, _CANVAS_EDGE, _CANVAS).astype(np.uint8)
    return np.repeat(gray[..., None], _N_COLORS, axis=-1)


def _ends(image: Array) -> tuple[float, float]:
    finite = image[np.isfinite(image)] if image.dtype.kind == "f" else image
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
