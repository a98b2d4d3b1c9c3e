"""Convert columns of objects to numbers, or name the value that is not a number."""

from collections.abc import Sequence
from contextlib import suppress
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd

from sklime.utils._text import short_repr
from sklime.utils._types import Array, FloatArray, ObjectArray

__all__ = [
    "LARGEST_EXACT",
    "NO_INDEX",
    "floats_of_objects",
    "is_missing",
    "object_array",
    "read_only",
    "unindexable",
]

# Larger whole numbers may be rounded as floats: 2**53 is also what 2**53 + 1 becomes.
LARGEST_EXACT = 2**53 - 1

# Stands for no index: with any list, tuple or array it is an IndexError.
NO_INDEX = int(np.iinfo(np.intp).min)


def is_missing(value: object) -> bool:
    """Tell whether a value is missing.

    Parameters
    ----------
    value : object
        Any value.

    Returns
    -------
    is_missing : bool
        True for `None`, NaN, and the like; false for containers.
    """
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def object_array(items: Sequence[Any]) -> ObjectArray:
    """Return a one-dimensional array of any objects.

    Parameters
    ----------
    items : sequence
        Objects.

    Returns
    -------
    objects : ndarray of object of shape (n_items,)
        An item that is a tuple stays one item; `numpy.array` would make an axis of it.

    Examples
    --------
    >>> from sklime.utils._objects import object_array
    >>> object_array([("a", 1), ("b", 2)]).shape
    (2,)
    """
    return np.fromiter(items, dtype=object, count=len(items))


def floats_of_objects(values: Array, name: str, first_row: int = 0) -> FloatArray:
    """Return a column of objects as floats.

    Parameters
    ----------
    values : ndarray of object of shape (n_rows,)
        Numbers of any kind; `None`, NaN and the like are missing.

    name : str
        Name of the column, for messages.

    first_row : int, default=0
        Index of the first row, where these are some rows of a larger table.

    Returns
    -------
    numbers : ndarray of float64 of shape (n_rows,)
        NaN where a value is missing.

    Raises
    ------
    ValueError
        For a text, and for a number that a float cannot hold.

    TypeError
        For any other object that is not a number.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._objects import floats_of_objects
    >>> floats_of_objects(np.array([1, None, 2.5], dtype=object), "age")
    array([1. , nan, 2.5])
    """
    is_missing = pd.isna(values)
    present = values[~is_missing]
    numbers = np.full(len(values), np.nan)
    with suppress(TypeError, ValueError, OverflowError):
        numbers[~is_missing] = present.astype(np.float64)
    has_text = any(issubclass(kind, str | bytes) for kind in set(map(type, present)))
    if has_text or not (np.abs(numbers[~is_missing]) <= LARGEST_EXACT).all():
        rows = np.flatnonzero(~is_missing).tolist()
        # All values pass the first check before any the second: a text of digits is reported
        # only if no other value is worse.
        for check in (_check_number, _check_is_no_text):
            for row, value in zip(rows, present):
                cell = f"{short_repr(value)} in row {first_row + row}"
                check(value, f"Column {name} holds", cell)
    return numbers


def _check_number(value: Any, column: str, cell: str) -> None:
    """Check that a value is a number that a float can hold."""
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"{column} something that is no number, {cell} ({error}). Replace it, or name the "
            "column in categorical_features."
        ) from error
    except OverflowError:
        number = np.inf
    if isinstance(value, str | bytes):
        return
    if np.isinf(number) and value not in (np.inf, -np.inf):
        raise ValueError(
            f"{column} a number that is too large for a float, {cell}; explain a scaled value or "
            "its logarithm."
        )
    if isinstance(value, Integral) and abs(int(value)) > LARGEST_EXACT:
        raise ValueError(
            f"{column} whole numbers beyond 2**53, which cannot be told apart as floats, {cell}; "
            "if they are labels, name the column in categorical_features."
        )


def _check_is_no_text(value: Any, column: str, cell: str) -> None:
    if isinstance(value, str | bytes):
        raise ValueError(
            f"{column} something that is no number, {cell}, a text of digits; the model would be "
            "given a number in its place. Turn the column into numbers before, with "
            ".astype(float)."
        )


def unindexable(indices: Any) -> Any:
    """Mark missing indices by a number that no array or tuple accepts as an index.

    Parameters
    ----------
    indices : ndarray of int, or int
        Indices; negative ones stand for none.

    Returns
    -------
    indices : ndarray of int, or int
        `NO_INDEX` in the place of negative ones. With -1, Python would take the last item.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._objects import NO_INDEX, unindexable
    >>> (unindexable(np.array([1, -1])) == [1, NO_INDEX]).tolist()
    [True, True]
    """
    array = np.asarray(indices)
    if not (array < 0).any():
        return indices
    return np.where(array < 0, NO_INDEX, array).astype(np.intp)[()]


def read_only(value: Any) -> Any:
    """Return a read-only view of an array; anything else unchanged.

    Parameters
    ----------
    value : object
        Array, or something else.

    Returns
    -------
    value : object
        The caller's array stays writable.
    """
    if isinstance(value, np.ndarray) and value.flags.writeable:
        value = value.view()
        value.flags.writeable = False
    return value
