"""Numbers of a fill in the type of the array that they are put into."""

from typing import Any

import numpy as np

from sklime.utils._types import Array

__all__ = ["as_dtype"]


def as_dtype(values: Array, dtype: np.dtype[Any]) -> Array:
    """Return numbers in another type; whole numbers are rounded to, and cut to their range.

    Parameters
    ----------
    values : ndarray
        Finite numbers.

    dtype : numpy.dtype
        Floats, whole numbers or booleans.

    Returns
    -------
    values : ndarray of `dtype`
        Booleans are true from 0.5 on.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._fills._rounding import as_dtype
    >>> as_dtype(np.array([-3.0, 1.6, 300.0]), np.dtype("uint8"))
    array([  0,   2, 255], dtype=uint8)
    """
    values = np.asarray(values)
    if values.dtype == dtype:
        return values
    if dtype.kind == "b":
        return values >= 0.5
    if dtype.kind == "f":
        largest = np.finfo(dtype).max
        return np.clip(values, -largest, largest).astype(dtype)
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    limits = np.iinfo(dtype)
    whole = np.clip(np.rint(values), limits.min, limits.max)
    # Floats round the largest integers of 64 bits up to a number that they cannot hold.
    is_top = whole >= float(limits.max)
    return np.where(is_top, limits.max, np.where(is_top, 0, whole).astype(dtype)).astype(dtype)
