"""The fills that a user gives: a number, a color, an array, a function."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sklime._fills._built_in import FILLS
from sklime.utils._callables import takes
from sklime.utils._text import counted, listed, short_repr
from sklime.utils._types import Array, IntArray

__all__ = [
    "called_fill",
    "check_fill",
    "check_range_of",
    "given_fill",
    "is_far_outside",
    "is_of_unit_scale",
    "is_one_value",
]

# Whole numbers of 8 bits whose training range ends here or above may be filled with any of them:
# black and white are usual colors. Below, another scale is likelier.
_LEAST_HIGH = 64


def check_fill(fill: Any) -> None:
    """Check a fill as far as that is possible without an array.

    Parameters
    ----------
    fill : str, number, array-like or callable
        What stands in place of removed parts.

    Raises
    ------
    ValueError
        For an unknown name, and for numbers that are not finite.
    TypeError
        For a function that takes neither one nor two arguments, and for anything else.
    """
    if isinstance(fill, str):
        if fill not in FILLS:
            raise ValueError(
                f"fill={fill!r} is unknown; pass one of {listed(map(repr, FILLS))}, a number, a "
                "color, an array or a function."
            )
    elif callable(fill):
        if not (takes(fill, 1) or takes(fill, 2)):
            raise TypeError(
                "fill must be a function of one argument, the array, or of two, the array and its "
                f"segments; {fill!r} cannot be called so."
            )
    else:
        _numbers(fill, "fill")


def is_one_value(fill: Any) -> bool:
    """Tell whether a fill is one number or one color, the same for all arrays.

    Parameters
    ----------
    fill : object
        A checked fill.

    Returns
    -------
    is_one_value : bool
        False for names, functions and arrays.
    """
    return not isinstance(fill, str) and not callable(fill) and np.ndim(fill) <= 1


def given_fill(
    fill: Any, shape: tuple[int, ...], channels_last: Callable[[Array], Array], name: str
) -> Array:
    """Return a number, a color or an array so that it can stand in place of an array.

    Parameters
    ----------
    fill : number or array-like
        A number, one number per channel, or an array as the user has it. An array that does not
        fit so may have its channels last, as the mean of the training arrays has them.

    shape : tuple of int
        Shape of the array in parts, whose last axis is that of channels.

    channels_last : callable
        From an array as the user has it to one whose last axis is that of channels.

    name : str
        What the numbers are, to begin a message.

    Returns
    -------
    values : ndarray
        Of this shape, or of shape (n_channels,).

    Raises
    ------
    ValueError
        If the shape does not fit.
    """
    values = _numbers(fill, name)
    n_channels = shape[-1]
    if values.ndim == 0:
        return np.full(n_channels, values)
    if values.ndim == 1:
        if len(values) != n_channels:
            raise ValueError(
                f"{name} has {len(values)} numbers, but there are {n_channels} channels; pass one "
                "number per channel, or a single number."
            )
        return values
    try:
        array = channels_last(values)
    except (ValueError, IndexError):
        array = values
    if array.shape != shape and values.shape == shape:
        array = values
    if array.shape != shape:
        raise ValueError(
            f"{name} has the shape {values.shape}, which does not fit an instance of "
            f"{' x '.join(map(str, shape[:-1]))} positions and {counted(n_channels, 'channel')}; "
            "pass an array of the shape of the instance, one number per channel, or a single "
            "number."
        )
    return array


def check_range_of(values: Array, dtype: np.dtype[Any], name: str) -> None:
    """Check that whole numbers can be those of a fill.

    Parameters
    ----------
    values : ndarray
        Numbers of the fill.

    dtype : numpy.dtype
        Type of the instance.

    name : str
        What the numbers are, to begin a message.

    Raises
    ------
    ValueError
        If a number is outside of the range of the type.
    """
    if dtype.kind == "f":
        return
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    least, most = float(values.min()), float(values.max())
    # Half a step beyond an end is rounded to it.
    if least < low - 0.5 or most > high + 0.5:
        wrong = least if least < low - 0.5 else most
        raise ValueError(
            f"{name} holds {wrong:.6g}, which {dtype.name} cannot hold; pass numbers from {low} to "
            f"{high}."
        )


def is_of_unit_scale(values: Array, array: Array, low: float, high: float) -> bool:
    """Tell whether the numbers of a fill look as if they were scaled to 0 to 1, and the array not.

    Parameters
    ----------
    values : ndarray
        Numbers of the fill.

    array : ndarray
        The instance.

    low, high : float
        Range of the training arrays.

    Returns
    -------
    is_of_unit_scale : bool
        True for fractions from 0 to 1 beside whole numbers of a larger range, where they would be
        rounded to 0 or 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._fills._given import is_of_unit_scale
    >>> photo = np.array([[[0], [200]]], dtype="uint8")
    >>> is_of_unit_scale(photo / 255, photo, 0, 255), is_of_unit_scale(photo * 0.3, photo, 0, 255)
    (True, False)
    """
    if array.dtype.kind not in "iu" or values.dtype.kind != "f" or high - low <= 1.0:
        return False
    # In an array of zeros and ones such a fill is on the scale of its neighbors.
    if values.min() < 0.0 or values.max() > 1.0 or array.max() <= 1:
        return False
    return bool((values != np.rint(values)).any())


def is_far_outside(values: Array, dtype: np.dtype[Any], low: float, high: float) -> bool:
    """Tell whether numbers of a fill are further outside of the training range than its width.

    Parameters
    ----------
    values : ndarray
        Numbers of the fill.

    dtype : numpy.dtype
        Type of the training arrays.

    low, high : float
        Range of the training arrays.

    Returns
    -------
    is_far_outside : bool
        False if all training numbers are the same, and for booleans.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._fills._given import is_far_outside
    >>> is_far_outside(np.array(300), np.dtype("float64"), 0.0, 16.0)
    True
    """
    width = high - low
    if width == 0.0 or dtype.kind == "b" or (dtype == np.uint8 and high >= _LEAST_HIGH):
        return False
    return float(values.min()) < low - width or float(values.max()) > high + width


def called_fill(fill: Callable[..., Any], array: Array, segments: IntArray) -> Any:
    """Call the function of a user on copies of an array and its segments.

    Parameters
    ----------
    fill : callable
        Function of the array, or of the array and its segments.

    array, segments : ndarray
        As the user has them. The function may write on its arguments.

    Returns
    -------
    values : object
        What the function returns.
    """
    if takes(fill, 2):
        return fill(array.copy(), segments.copy())
    return fill(array.copy())


def _numbers(fill: Any, name: str) -> Array:
    try:
        values = np.asarray(fill)
    except ValueError as error:
        raise ValueError(f"{name} is not an array of numbers: {error}.") from None
    if values.dtype.kind not in "biuf":
        raise TypeError(
            f"{name} is {short_repr(fill)}, which is no number, color, array or function; pass one "
            f"of these, or one of {listed(map(repr, FILLS))}."
        )
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds NaN or infinity; pass finite numbers.")
    return values
