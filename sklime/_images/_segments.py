"""Cut pictures into segments."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklime._images._layout import Layout
from sklime.utils._callables import check_takes
from sklime.utils._optional import import_optional
from sklime.utils._types import Array, FloatArray, IntArray

__all__ = [
    "MIN_SEGMENTS",
    "SEGMENTERS",
    "Segmenter",
    "check_segmenter",
    "checked_labels",
    "grid",
]

# With fewer segments than this, a picture is cut by a grid.
MIN_SEGMENTS = 8

# Larger pictures are cut on a smaller copy.
_MAX_PIXELS = {"slic": 2**18, "quickshift": 2**16}

# Weight of closeness against color. Colors are in the CIELAB space, where they range to about
# 100; without it they range to 1.
_COMPACTNESS_OF_COLORS = 10.0
_COMPACTNESS = 0.1

# A window of this many pixels finds about one mode per segment of a picture.
_KERNEL_SIZE = 4.0

SEGMENTERS = ("slic", "quickshift", "grid")


@dataclass(frozen=True, eq=False)
class Segmenter:
    """Cuts pictures into segments.

    Attributes
    ----------
    method : str, callable or array-like
        Name of a method, function from a picture to labels, or labels for all pictures.

    n_segments : int
        Number of segments that named methods aim at.

    low, high : float
        Range of the training pictures, which is scaled to [0, 1] for named methods.

    layout : Layout
        Axes of pictures as a user's function takes them.
    """

    method: Any
    n_segments: int
    low: float
    high: float
    layout: Layout

    def __call__(self, array: Array) -> IntArray:
        """Cut one picture.

        Parameters
        ----------
        array : ndarray of shape (*space, n_channels)
            The picture.

        Returns
        -------
        labels : ndarray of int of shape (*space,)
            Label of the segment of each pixel; of a named method numbers from 0.
        """
        space = array.shape[:-1]
        if callable(self.method):
            # The function may write on its argument.
            picture = np.array(self.layout.restored(array), order="C")
            return checked_labels(self.method(picture), space, "The labels that segmenter returned")
        if not isinstance(self.method, str):
            return checked_labels(self.method, space, "segmenter")
        if self.method == "grid":
            return _smallest(grid(space, self.n_segments))
        small, factor = _reduced(array, _MAX_PIXELS[self.method])
        labels = _NAMED[self.method](self._scaled(small), self.n_segments)
        return _enlarged(_smallest(labels), factor, space)

    def _scaled(self, array: FloatArray) -> FloatArray:
        width = self.high - self.low
        if width == 0.0:
            return np.zeros(array.shape)
        scaled: FloatArray = np.clip((array - self.low) / width, 0.0, 1.0)
        return scaled


def grid(space: tuple[int, ...], n_segments: int) -> IntArray:
    """Cut a picture into equal boxes that are nearly squares.

    Parameters
    ----------
    space : tuple of int
        Size of the picture.

    n_segments : int
        Number of boxes that is aimed at.

    Returns
    -------
    labels : ndarray of int of shape `space`
        Numbers from 0, row by row.

    Examples
    --------
    >>> from sklime._images._segments import grid
    >>> grid((2, 5), 2)
    array([[0, 0, 0, 1, 1],
           [0, 0, 0, 1, 1]])
    """
    counts = _numbers_of_boxes(space, n_segments)
    labels: IntArray = np.zeros(space, dtype=np.intp)
    for axis, (length, count) in enumerate(zip(space, counts)):
        # Boxes differ by at most one pixel in length.
        cells = np.arange(length) * count // length
        shape = [-1 if index == axis else 1 for index in range(len(space))]
        labels = labels * count + cells.reshape(shape)
    return labels


def _numbers_of_boxes(space: tuple[int, ...], n_segments: int) -> list[int]:
    """Return the number of boxes along each axis; short axes first."""
    counts = [1] * len(space)
    n_left = float(n_segments)
    order = np.argsort(space, kind="stable").tolist()
    for index, axis in enumerate(order):
        remaining = [space[other] for other in order[index:]]
        side = (float(np.prod(remaining)) / n_left) ** (1.0 / len(remaining))
        counts[axis] = int(np.clip(round(space[axis] / side), 1, space[axis]))
        n_left = max(n_left / counts[axis], 1.0)
    return counts


def check_segmenter(segmenter: Any) -> None:
    """Check a segmenter as far as that is possible without a picture.

    Parameters
    ----------
    segmenter : str, callable or array-like
        As the user gave it.

    Raises
    ------
    ImportError
        If a named segmenter needs scikit-image, which is not installed.
    TypeError
        If a function does not take a picture.
    """
    if callable(segmenter):
        check_takes(segmenter, ("picture",), "segmenter")
    elif isinstance(segmenter, str) and segmenter != "grid":
        _skimage(segmenter)


def _skimage(segmenter: str) -> Any:
    purpose = f'segmenter="{segmenter}" (unlike segmenter="grid", a function or labels)'
    return import_optional("skimage.segmentation", purpose, "sklime[image]")


def checked_labels(labels: Any, space: tuple[int, ...], name: str) -> IntArray:
    """Check the labels of a user.

    Parameters
    ----------
    labels : array-like
        Label of the segment of each pixel.

    space : tuple of int
        Size of the picture.

    name : str
        What the labels are, to begin a message.

    Returns
    -------
    labels : ndarray of int of shape `space`
        Labels as the user has them: any integers, with gaps.

    Raises
    ------
    ValueError
        If they are no integers, or if their shape is another one.
    """
    labels = np.asarray(labels)
    if labels.dtype.kind not in "biu":
        raise ValueError(
            f"{name} must be integers, one per pixel, not of the type {labels.dtype}; convert "
            "labels with .astype(int)."
        )
    if labels.shape != space:
        raise ValueError(
            f"{name} must have the shape of the picture without channels, {space}, not "
            f"{labels.shape}."
        )
    # The function may keep its array, and write on it later.
    checked: IntArray = labels.astype(np.uint8 if labels.dtype.kind == "b" else labels.dtype)
    return checked


def _slic(array: FloatArray, n_segments: int) -> IntArray:
    cut = _skimage("slic").slic
    array, is_color = _colors(array)
    if array.size == array.shape[-1]:
        return np.zeros(array.shape[:-1], dtype=np.intp)
    labels: IntArray = cut(
        array,
        n_segments=n_segments,
        compactness=_COMPACTNESS_OF_COLORS if is_color else _COMPACTNESS,
        convert2lab=is_color,
        start_label=0,
        channel_axis=-1,
    )
    return labels


def _quickshift(array: FloatArray, n_segments: int) -> IntArray:
    cut = _skimage("quickshift").quickshift
    if array.ndim > 3:
        raise ValueError(
            'segmenter="quickshift" cuts pictures, not volumes; pass "slic", "grid", a function '
            "or labels."
        )
    array, is_color = _colors(array)
    # Modes are joined up to this distance, so that about n_segments of them remain.
    side = float(np.sqrt(array[..., 0].size / n_segments))
    labels: IntArray = cut(
        array,
        kernel_size=min(_KERNEL_SIZE, max(side / 3.0, 1.0)),
        max_dist=max(2.0 * side, 2.0),
        ratio=0.2,
        convert2lab=is_color,
        channel_axis=-1,
    )
    return labels


_NAMED: dict[str, Callable[[FloatArray, int], IntArray]] = {
    "slic": _slic,
    "quickshift": _quickshift,
}


def _colors(array: FloatArray) -> tuple[FloatArray, bool]:
    """Return the channels that are compared, and whether they are red, green and blue."""
    n_channels = array.shape[-1]
    # The fourth channel is opacity.
    return (array[..., :3], True) if n_channels in (3, 4) else (array, False)


def _reduced(array: Array, max_pixels: int) -> tuple[FloatArray, int]:
    """Return means over boxes of a large picture, and the side of the boxes."""
    space = array.shape[:-1]
    n_pixels = int(np.prod(space))
    if n_pixels <= max_pixels:
        return array.astype(np.float64), 1
    factor = int(np.ceil((n_pixels / max_pixels) ** (1.0 / len(space))))
    # Slice by slice: a photo in floats is eight times its size.
    slices = [
        array[start : start + factor].mean(axis=0, dtype=np.float64)
        for start in range(0, space[0], factor)
    ]
    reduced: FloatArray = np.stack(slices)
    for axis, length in enumerate(space[1:], start=1):
        starts = np.arange(0, length, factor)
        sizes = np.diff(np.append(starts, length)).reshape([-1] + [1] * (array.ndim - axis - 1))
        reduced = np.add.reduceat(reduced, starts, axis=axis) / sizes
    return reduced, factor


def _enlarged(labels: IntArray, factor: int, space: tuple[int, ...]) -> IntArray:
    """Return labels of a smaller copy at the size of the picture."""
    if factor == 1:
        return labels
    for axis, length in enumerate(space):
        labels = np.repeat(labels, factor, axis=axis)
        labels = np.take(labels, range(length), axis=axis)
    return labels


def _smallest(labels: IntArray) -> IntArray:
    """Return labels from 0 without gaps, in the smallest type that holds them."""
    found, numbers = np.unique(labels, return_inverse=True)
    small: IntArray = numbers.reshape(labels.shape).astype(np.min_scalar_type(len(found) - 1))
    return small
