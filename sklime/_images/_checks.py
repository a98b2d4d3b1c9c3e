"""Checks of pixels: their type, missing values, their range."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklime.utils._text import listed
from sklime.utils._types import Array
from sklime.utils._warnings import warn

__all__ = [
    "check_dtype",
    "check_finite_pixels",
    "check_one_picture",
    "check_range",
    "kind_of_pixels",
    "the_only_one",
]

# Pictures whose largest pixel is below this share of the range of `fit` may be on another scale.
_SMALL_SHARE = 0.02


def check_dtype(dtype: np.dtype[Any]) -> None:
    """Check that pixels are numbers.

    Parameters
    ----------
    dtype : numpy.dtype
        Type of the pixels.

    Raises
    ------
    ValueError
        For complex numbers, texts, times and objects.
    """
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise ValueError(
            f"X holds pixels of the type {dtype}; pass booleans, integers or floats of at most 64 "
            "bits."
        )


def check_one_picture(x: Any, n_axes: int, noun: str) -> None:
    """Check that something is one picture, and not many.

    Parameters
    ----------
    x : object
        What came.

    n_axes : int
        Number of axes of one picture.

    noun : str
        What one picture is, for messages: "picture" or "row of pixels".

    Raises
    ------
    ValueError
        For a list, and for an array with another number of axes.
    """
    shape = np.shape(x) if not isinstance(x, list | tuple) else None
    if shape is not None and len(shape) in (n_axes, 0):
        return
    plural = "axis" if n_axes == 1 else "axes"
    came = f"the shape {shape}" if shape is not None else f"a {type(x).__name__}"
    raise ValueError(
        f"preview_segments takes one {noun} with {n_axes} {plural}, and got {came}; pass one of "
        "X, as X[0]."
    )


def the_only_one(x: Any, n_axes: int) -> Any:
    """Return the picture of a batch of one picture, and anything else as it is.

    Parameters
    ----------
    x : object
        A picture, or a batch.

    n_axes : int
        Number of axes of one picture.

    Returns
    -------
    x : object
        The picture.
    """
    is_list = isinstance(x, list | tuple) and len(x) == 1
    if is_list and (np.ndim(x[0]) == n_axes or type(x[0]).__module__.startswith("PIL.")):
        return x[0]
    shape: tuple[int, ...] = getattr(x, "shape", ())
    if len(shape) == n_axes + 1 and shape[0] == 1:
        # A row of a frame is read by its place.
        return x[0] if isinstance(x, np.ndarray) else np.asarray(x)[0]
    is_array_of_pictures = isinstance(x, np.ndarray) and x.dtype == object and shape == (1,)
    return x[0] if is_array_of_pictures else x


def kind_of_pixels(dtype: np.dtype[Any]) -> str:
    """Return what must be the same in all pictures: floats of any width are alike.

    Parameters
    ----------
    dtype : numpy.dtype
        Type of the pixels.

    Returns
    -------
    kind : str
        "float", or the name of the type.
    """
    return "float" if dtype.kind == "f" else dtype.newbyteorder("=").name


def check_finite_pixels(arrays: Sequence[Array]) -> None:
    """Check that no pixel is NaN or infinite.

    Parameters
    ----------
    arrays : sequence of ndarray
        Pictures.

    Raises
    ------
    ValueError
        Which names the first picture with such a pixel, and their number.
    """
    for index, array in enumerate(arrays):
        if array.dtype.kind != "f" or np.isfinite(array).all():
            continue
        n_missing = int(np.count_nonzero(~np.isfinite(array)))
        n_others = sum(not np.isfinite(other).all() for other in arrays[index + 1 :])
        more = f", and so do {n_others} of the pictures after it" if n_others else ""
        raise ValueError(
            f"Picture {index} of X holds NaN or infinity in {n_missing} of {array.size} "
            f"values{more}. Replace them before explaining, for example with np.nan_to_num."
        )


def check_range(arrays: Sequence[Array], low: float, high: float) -> None:
    """Check that pixels are on the scale of those in `fit`.

    Parameters
    ----------
    arrays : sequence of ndarray
        Pictures to explain.

    low, high : float
        Range of the training pictures.

    Raises
    ------
    ValueError
        If floats lie further outside of the range than its width.

    Warns
    -----
    UserWarning
        If all floats are very small next to the range.
    """
    width = high - low
    small = []
    for index, array in enumerate(arrays):
        least, most = float(array.min()), float(array.max())
        if array.dtype.kind != "f" or width == 0.0:
            continue
        if least < low - width or most > high + width:
            raise ValueError(
                f"Picture {index} of X holds pixels from {least:.6g} to {most:.6g}, where those of "
                f"fit were from {low:.6g} to {high:.6g}; bring both to the same scale."
            )
        if most > least and max(abs(least), abs(most)) < _SMALL_SHARE * width:
            small.append(index)
    if small:
        warn(
            f"Pictures {listed(small)} of X hold pixels of at most {_SMALL_SHARE:.0%} of the "
            f"range of fit, {low:.6g} to {high:.6g}. If they are on another scale, the fill is "
            "wrong: bring both to the same scale.",
            UserWarning,
        )
