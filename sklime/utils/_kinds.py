"""Kinds of columns: numbers, categories, times, or something else."""

import datetime
from decimal import Decimal
from numbers import Complex, Real
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from sklime.utils._frames import is_pandas, is_polars
from sklime.utils._optional import import_optional
from sklime.utils._types import Array

__all__ = ["ColumnKind", "column_kind", "first_of_kind"]

ColumnKind: TypeAlias = Literal["number", "category", "time", "other"]

# pd.Timestamp is a subclass of datetime.date; pd.Period is a subclass of nothing.
_TIMES: tuple[type, ...] = (
    datetime.date,
    datetime.time,
    datetime.timedelta,
    np.datetime64,
    np.timedelta64,
    pd.Period,
)
_TRUTH_VALUES: tuple[type, ...] = (bool, np.bool_)
_NUMBERS: tuple[type, ...] = (Real, Decimal, *_TRUTH_VALUES)


def column_kind(X: Any, index: int) -> ColumnKind:
    """Return the kind of a column.

    Parameters
    ----------
    X : ndarray, sparse matrix or frame
        The table.

    index : int
        Index of the column.

    Returns
    -------
    kind : {"number", "category", "time", "other"}
        Categories are texts, booleans, categorical types, and objects that can be compared
        and are neither numbers nor times.
    """
    if is_pandas(X):
        return _pandas_kind(X.iloc[:, index])
    if is_polars(X):
        return _polars_kind(X.dtypes[index])
    if X.dtype == object:
        return _objects_kind(X[:, index])
    return _array_kind(X.dtype)


def first_of_kind(X: Any, index: int, kind: ColumnKind) -> tuple[int | None, Any]:
    """Find the first value that gives a column its kind.

    Parameters
    ----------
    X : ndarray, sparse matrix or frame
        The table.

    index : int
        Index of the column.

    kind : {"time", "other"}
        Kind of the column.

    Returns
    -------
    row : int or None
        Index of the row; `None` where the type of the whole column decides its kind.

    value : object
        The value in that row; `None` where there is no such row.
    """
    values = X.iloc[:, index].to_numpy() if is_pandas(X) else None if is_polars(X) else X[:, index]
    if values is None or values.dtype != object:
        return None, None
    for row in np.flatnonzero(~pd.isna(values)):
        if _type_kind(values[row]) == kind:
            return int(row), values[row]
    return None, None


def _array_kind(dtype: np.dtype[Any]) -> ColumnKind:
    if dtype.kind in "mM":
        return "time"
    return "category" if dtype.kind in "bUS" else "number"


def _pandas_kind(series: Any) -> ColumnKind:
    dtype = series.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow_kind(dtype.pyarrow_dtype)
    if isinstance(dtype, pd.SparseDtype):
        return _pandas_kind(series.astype(dtype.subtype))
    if isinstance(dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(dtype):
        return "category"
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        return _objects_kind(series.to_numpy())
    if dtype.kind == "c" or isinstance(dtype, pd.IntervalDtype):
        return "other"
    if dtype.kind in "mM" or isinstance(dtype, pd.PeriodDtype):
        return "time"
    if pd.api.types.is_numeric_dtype(dtype):
        return "number"
    return "category" if isinstance(dtype, pd.StringDtype) else "other"


def _arrow_kind(dtype: Any) -> ColumnKind:
    types = import_optional("pyarrow", "a column that Arrow keeps").types
    if types.is_dictionary(dtype):
        return "other" if _arrow_kind(dtype.value_type) == "other" else "category"
    if types.is_integer(dtype) or types.is_floating(dtype) or types.is_decimal(dtype):
        return "number"
    if types.is_temporal(dtype):
        return "time"
    is_text = types.is_string(dtype) or types.is_large_string(dtype)
    is_bytes = types.is_binary(dtype) or types.is_large_binary(dtype)
    is_bytes = is_bytes or types.is_fixed_size_binary(dtype)
    is_known = is_text or is_bytes or types.is_boolean(dtype) or types.is_null(dtype)
    return "category" if is_known else "other"


def _polars_kind(dtype: Any) -> ColumnKind:
    if dtype.is_numeric():
        return "number"
    if dtype.is_temporal():
        return "time"
    is_category = str(dtype).startswith(("String", "Categorical", "Enum", "Boolean", "Null"))
    return "category" if is_category else "other"


def _objects_kind(values: Array) -> ColumnKind:
    """Return the kind of a column of objects, from one example of each type in it."""
    present = values[~pd.isna(values)]
    examples = dict(zip(map(type, present), present))
    kinds = {_type_kind(example) for example in examples.values()}
    order: tuple[ColumnKind, ...] = ("other", "time", "category")
    for kind in order:
        if kind in kinds:
            return kind
    is_truth = all(issubclass(one, _TRUTH_VALUES) for one in examples)
    return "category" if is_truth else "number"


def _type_kind(value: Any) -> ColumnKind:
    # Times first: np.timedelta64 is also a subclass of np.signedinteger.
    if isinstance(value, _TIMES):
        return "time"
    if isinstance(value, _NUMBERS):
        return "number"
    # A tuple can be hashed, but it is several values.
    if isinstance(value, Complex) or pd.api.types.is_list_like(value) or not _is_hashable(value):
        return "other"
    return "category"


def _is_hashable(value: Any) -> bool:
    return getattr(type(value), "__hash__", None) is not None
