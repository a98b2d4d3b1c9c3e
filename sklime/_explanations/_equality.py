"""Whether two explanations hold the same values."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from sklime.utils._objects import is_missing
from sklime.utils._types import Array

__all__ = ["is_same"]


def is_same(first: Any, second: Any) -> bool:
    """Tell whether two values are the same, part by part.

    Missing values are the same as missing values of the same type, and NaN of one
    float type as NaN of another. Arrays are compared with their shapes, not with their types: JSON
    does not keep all of these.

    Parameters
    ----------
    first, second : object
        Arrays, dataclasses, tuples, mappings or single values.

    Returns
    -------
    is_same : bool
        False also where the values cannot be compared.
    """
    if first is second:
        return True
    if isinstance(first, np.ndarray) or isinstance(second, np.ndarray):
        are_arrays = isinstance(first, np.ndarray) and isinstance(second, np.ndarray)
        return are_arrays and _are_same_arrays(first, second)
    if is_dataclass(first):
        names = [item.name for item in fields(first)]
        return type(first) is type(second) and all(
            is_same(getattr(first, name), getattr(second, name)) for name in names
        )
    if isinstance(first, tuple | list):
        return (
            type(first) is type(second)
            and len(first) == len(second)
            and all(map(is_same, first, second))
        )
    if isinstance(first, Mapping):
        return (
            isinstance(second, Mapping)
            and first.keys() == second.keys()
            and all(is_same(value, second[key]) for key, value in first.items())
        )
    return _are_same_items(first, second)


def _are_same_arrays(first: Array, second: Array) -> bool:
    if first.shape != second.shape:
        return False
    if first.dtype.kind in "fc" and second.dtype.kind in "fc":
        return bool(np.array_equal(first, second, equal_nan=True))
    if "O" in (first.dtype.kind, second.dtype.kind):
        return all(map(is_same, first.ravel().tolist(), second.ravel().tolist()))
    return bool(np.array_equal(first, second))


def _are_same_items(first: Any, second: Any) -> bool:
    if _is_missing(first) or _is_missing(second):
        are_floats = all(isinstance(value, float | np.floating) for value in (first, second))
        are_alike = are_floats or type(first) is type(second)
        return _is_missing(first) and _is_missing(second) and are_alike
    try:
        return bool(first == second)
    except (TypeError, ValueError):  # As dates of two time zones, or labels of the user.
        return False


def _is_missing(value: Any) -> bool:
    """Tell whether a value is missing; `None` is a value here, equal to itself alone."""
    return value is not None and is_missing(value)
