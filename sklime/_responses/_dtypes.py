"""Numbers that the types of columns can hold."""

from typing import Any

import numpy as np
import pandas as pd

from sklime.utils._objects import LARGEST_EXACT
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = [
    "can_miss",
    "cannot_hold",
    "check_numbers",
    "holds_integers",
    "is_objects",
    "largest_float",
    "numpy_type",
    "unheld",
]

_NUMPY_NAMES = {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
_NUMPY_NAMES |= {"float16", "float32", "float64", "bool"}


def is_objects(dtype: Any) -> bool:
    """Tell whether a column holds Python objects of any kind.

    Parameters
    ----------
    dtype : object
        Type of a column, in any container.

    Returns
    -------
    is_objects : bool
        True for NumPy's type of objects.
    """
    return isinstance(dtype, np.dtype) and dtype.kind == "O"


def numpy_type(dtype: Any) -> np.dtype[Any] | None:
    """Return the NumPy type that holds the same numbers.

    Parameters
    ----------
    dtype : object
        Type of a column, in any container.

    Returns
    -------
    numpy_type : numpy.dtype or None
        `None` if the column holds neither numbers nor booleans, or numbers that NumPy has no
        type for.
    """
    subtype: np.dtype[Any] | None
    if isinstance(dtype, np.dtype):
        return dtype if dtype.kind in "biuf" else None
    if isinstance(dtype, pd.SparseDtype):
        subtype = dtype.subtype
        return subtype
    name = str(dtype).lower()
    subtype = np.dtype(name) if name in _NUMPY_NAMES else getattr(dtype, "numpy_dtype", None)
    return subtype if subtype is not None and subtype.kind in "biuf" else None


def _decimals(dtype: Any) -> tuple[int, int] | None:
    """Return precision and scale of a type of decimals; None for other types."""
    arrow = getattr(dtype, "pyarrow_dtype", dtype)
    scale, precision = getattr(arrow, "scale", None), getattr(arrow, "precision", None)
    return None if scale is None or precision is None else (precision, scale)


def holds_integers(dtype: Any) -> bool:
    """Tell whether a column can hold only whole numbers.

    Parameters
    ----------
    dtype : object
        Type of a column, in any container.

    Returns
    -------
    holds_integers : bool
        True for integers, booleans, and decimals whose scale is 0.
    """
    subtype = numpy_type(dtype)
    if subtype is not None:
        return subtype.kind in "biu"
    decimals = _decimals(dtype)
    return decimals[1] <= 0 if decimals else bool(getattr(dtype, "is_integer", bool)())


def can_miss(dtype: Any) -> bool:
    """Tell whether a column can hold missing values.

    Parameters
    ----------
    dtype : object
        Type of a column, in any container.

    Returns
    -------
    can_miss : bool
        False for NumPy's integers and booleans.
    """
    subtype = numpy_type(dtype)
    is_of_numpy = isinstance(dtype, np.dtype | pd.SparseDtype)
    return subtype is None or subtype.kind == "f" or not is_of_numpy


def check_numbers(
    dtype: Any, numbers: FloatArray, name: str, *, rows: IntArray | None = None
) -> None:
    """Refuse numbers that the type of their column would change.

    Parameters
    ----------
    dtype : object
        Type of the column in the training rows.

    numbers : ndarray of float64 of shape (n_rows,)
        Numbers in the column; infinity is ignored.

    name : str
        Name of the column.

    rows : ndarray of int of shape (n_rows,), default=None
        Indices of the rows of these numbers; `None` for all rows of the table.

    Raises
    ------
    ValueError
        If a number would change; the message names the column and the first row.
    """
    is_bad = unheld(dtype, numbers)
    if not is_bad.any():
        return
    index = int(is_bad.argmax())
    if abs(numbers[index]) > LARGEST_EXACT and holds_integers(dtype):
        raise ValueError(
            f"Column {name} holds whole numbers beyond 2**53, which cannot be told apart as "
            "floats; if they are labels, name the column in categorical_features."
        )
    what = "a missing value" if np.isnan(numbers[index]) else "a value"
    raise cannot_hold(dtype, name, index if rows is None else int(rows[index]), what)


def largest_float(dtype: Any) -> float:
    """Return the largest number of a type of short floats.

    Parameters
    ----------
    dtype : object
        Type of a column.

    Returns
    -------
    largest : float
        Infinity for types other than floats of less than 64 bits.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._responses._dtypes import largest_float
    >>> largest_float(np.dtype(np.float16))
    65504.0
    """
    subtype = numpy_type(dtype)
    if subtype is None or subtype.kind != "f" or subtype.itemsize >= 8:
        return np.inf
    return float(np.finfo(subtype).max)


def unheld(dtype: Any, numbers: FloatArray) -> BoolArray:
    """Tell which numbers the type of their column would change.

    Parameters
    ----------
    dtype : object
        Type of the column in the training rows.

    numbers : ndarray of float64 of shape (n_rows,)
        Numbers in the column; infinity is ignored.

    Returns
    -------
    is_bad : ndarray of bool of shape (n_rows,)
        False for numbers that stay the same up to rounding.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._responses._dtypes import unheld
    >>> unheld(np.dtype(np.int8), np.array([1.0, 2.5, 300.0, np.nan]))
    array([False,  True,  True,  True])
    """
    subtype, decimals = numpy_type(dtype), _decimals(dtype)
    present = np.where(np.isfinite(numbers), numbers, 0.0)
    is_bad: BoolArray = np.isnan(numbers) & (not can_miss(dtype))
    if holds_integers(dtype):
        is_bad |= (present != np.floor(present)) | (np.abs(present) > LARGEST_EXACT)
    if subtype is not None and subtype.kind in "iu":
        limits = np.iinfo(subtype)
        is_bad |= (present < limits.min) | (present > limits.max)
    elif subtype is not None and subtype.kind == "f":
        is_bad |= np.abs(present) > float(np.finfo(subtype).max)
    elif decimals:
        precision, scale = decimals
        is_bad |= np.abs(present) >= 10.0 ** (precision - scale)
        is_bad |= np.abs(present - np.round(present, scale)) > 2 * np.spacing(np.abs(present))
    return is_bad


def cannot_hold(dtype: Any, name: str, row: int, what: str) -> ValueError:
    """Return the error for a value that a type cannot hold.

    Parameters
    ----------
    dtype : object
        Type of the column in the training rows.

    name : str
        Name of the column.

    row : int
        Index of the row.

    what : str
        Description of the value.

    Returns
    -------
    error : ValueError
        The error.
    """
    return ValueError(
        f"Column {name} holds {what} in row {row} that its type in the training rows, {dtype}, "
        "cannot hold. Replace the value, or fit the explainer on rows in which the column has a "
        "type that can hold it, as the training rows of the model had."
    )
