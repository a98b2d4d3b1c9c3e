"""What the types of columns can hold."""

import numpy as np
import pandas as pd

from sklime.utils._objects import LARGEST_EXACT

__all__ = [
    "can_miss",
    "cannot_hold",
    "check_numbers",
    "holds_integers",
    "is_objects",
    "numpy_type",
    "unheld",
]

_NUMPY_NAMES = {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
_NUMPY_NAMES |= {"float16", "float32", "float64", "bool"}


def is_objects(dtype):
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


def numpy_type(dtype):
    """Return the type of NumPy that holds the same numbers.

    Parameters
    ----------
    dtype : object
        Type of a column, in any container.

    Returns
    -------
    found : numpy.dtype or None
        `None` where the column holds no numbers or truth values, or others than NumPy.
    """
    if isinstance(dtype, np.dtype):
        return dtype if dtype.kind in "biuf" else None
    if isinstance(dtype, pd.SparseDtype):
        return dtype.subtype
    name = str(dtype).lower()
    found = np.dtype(name) if name in _NUMPY_NAMES else getattr(dtype, "numpy_dtype", None)
    return found if found is not None and found.kind in "biuf" else None


def _decimals(dtype):
    """Return precision and scale of a type of decimals, or None."""
    arrow = getattr(dtype, "pyarrow_dtype", dtype)
    scale, precision = getattr(arrow, "scale", None), getattr(arrow, "precision", None)
    return None if scale is None or precision is None else (precision, scale)


def holds_integers(dtype):
    """Tell whether a column can hold whole numbers only.

    Parameters
    ----------
    dtype : object
        Type of a column, in any container.

    Returns
    -------
    holds_integers : bool
        True for integers, truth values, and decimals without decimals.
    """
    found = numpy_type(dtype)
    if found is not None:
        return found.kind in "biu"
    decimals = _decimals(dtype)
    return decimals[1] <= 0 if decimals else bool(getattr(dtype, "is_integer", bool)())


def can_miss(dtype):
    """Tell whether a column can hold missing values.

    Parameters
    ----------
    dtype : object
        Type of a column, in any container.

    Returns
    -------
    can_miss : bool
        False for NumPy's integers and truth values.
    """
    found = numpy_type(dtype)
    is_of_numpy = isinstance(dtype, np.dtype | pd.SparseDtype)
    return found is None or found.kind == "f" or not is_of_numpy


def check_numbers(dtype, numbers, name, *, rows=None):
    """Refuse numbers that would become others in the type of their column.

    Parameters
    ----------
    dtype : object
        Type of the column in the training rows.

    numbers : ndarray of float64 of shape (n_rows,)
        What a table holds there; infinity is passed over.

    name : str
        Name of the column.

    rows : ndarray of int of shape (n_rows,), default=None
        Which rows they stand in; `None` for all.

    Raises
    ------
    ValueError
        Naming the column and the first row.
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


def unheld(dtype, numbers):
    """Tell which numbers would become others in the type of their column.

    Parameters
    ----------
    dtype : object
        Type of the column in the training rows.

    numbers : ndarray of float64 of shape (n_rows,)
        What a table holds there; infinity is passed over.

    Returns
    -------
    is_bad : ndarray of bool of shape (n_rows,)
        The others stay what they are, but for rounding.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._responses._dtypes import unheld
    >>> unheld(np.dtype(np.int8), np.array([1.0, 2.5, 300.0, np.nan]))
    array([False,  True,  True,  True])
    """
    found, decimals = numpy_type(dtype), _decimals(dtype)
    present = np.where(np.isfinite(numbers), numbers, 0.0)
    is_bad = np.isnan(numbers) & (not can_miss(dtype))
    if holds_integers(dtype):
        is_bad |= (present != np.floor(present)) | (np.abs(present) > LARGEST_EXACT)
    if found is not None and found.kind in "iu":
        limits = np.iinfo(found)
        is_bad |= (present < limits.min) | (present > limits.max)
    elif found is not None and found.kind == "f":
        is_bad |= np.abs(present) > float(np.finfo(found).max)
    elif decimals:
        precision, scale = decimals
        is_bad |= np.abs(present) >= 10.0 ** (precision - scale)
        is_bad |= np.abs(present - np.round(present, scale)) > 2 * np.spacing(np.abs(present))
    return is_bad


def cannot_hold(dtype, name, row, what):
    """Return the error for what a type cannot hold.

    Parameters
    ----------
    dtype : object
        Type of the column in the training rows.

    name : str
        Name of the column.

    row : int
        Where it is.

    what : str
        What it is.

    Returns
    -------
    error : ValueError
        The error.
    """
    return ValueError(
        f"Column {name} holds {what} in row {row} that its type in the training rows, {dtype}, "
        "cannot hold; give it there a type that can, as the model's own training rows had, or "
        "replace the value."
    )
