"""Conversion of one column of the user's table to floats and back."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from numbers import Integral
from typing import Any, Self

import numpy as np
import pandas as pd

from sklime._responses._dtypes import (
    can_miss,
    cannot_hold,
    check_numbers,
    holds_integers,
    is_objects,
    numpy_type,
)
from sklime.utils._frames import is_frame, is_pandas, is_polars
from sklime.utils._objects import floats_of_objects
from sklime.utils._optional import import_optional
from sklime.utils._text import short_repr
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray, ObjectArray

__all__ = ["Column", "read_column"]

# Conversions from a float back to the type of the numbers of a column of objects.
_MAKERS: dict[type, Callable[[float], Any]] = {
    int: lambda number: int(number) if number.is_integer() else number,
    Decimal: lambda number: Decimal(repr(number)),
    Fraction: lambda number: Fraction(number).limit_denominator(10**9),
}


@dataclass(frozen=True)
class Column:
    """Conversion of one column.

    Attributes
    ----------
    dtype : object
        Type of the column in the container.

    pool : array or None
        Levels of a categorical column, in the order of their indices, and the missing value as
        the last entry, in the type of the column; `None` for numbers.

    n_levels : int
        Number of levels seen in `fit`.

    has_missing : bool
        Whether `missing` was seen in a table; if not, it is a guess.

    missing : object
        The missing value, if the type of the column allows several.

    scalar : type
        Type of the numbers of a column of objects: `float`, `int`, `Decimal` or `Fraction`.
    """

    dtype: Any
    pool: Any = None
    n_levels: int = 0
    has_missing: bool = False
    missing: Any = np.nan
    scalar: type = float

    @classmethod
    def of_numbers(cls, X: Any, index: int) -> Self:
        """Learn the conversion of a column of numbers.

        Parameters
        ----------
        X : ndarray, sparse matrix or frame of shape (n_samples, n_features)
            Training rows.

        index : int
            Index of the column.

        Returns
        -------
        column : Column
            The column.
        """
        dtype = _column_dtype(X, index)
        column = cls(dtype).with_missing_of(X, index)
        if not is_objects(dtype):
            return column
        values, is_missing = _objects(X, index)
        return replace(column, scalar=_scalar(values[~is_missing]))

    @classmethod
    def of_levels(cls, X: Any, index: int) -> Self:
        """Learn the levels of a column, in a fixed order.

        Parameters
        ----------
        X : ndarray, sparse matrix or frame of shape (n_samples, n_features)
            Training rows.

        index : int
            Index of the column.

        Returns
        -------
        column : Column
            The column.
        """
        dtype = _column_dtype(X, index)
        values, is_missing = _objects(X, index)
        if isinstance(dtype, pd.CategoricalDtype):
            levels = dtype.categories.tolist()
        else:
            levels = _in_order(pd.unique(values[~is_missing]))
        default = np.nan if is_pandas(X) and levels else None
        column = cls(dtype, missing=default).with_missing_of(X, index)
        pool = _pool(X, dtype, levels, column.missing)
        return replace(column, pool=pool, n_levels=len(levels))

    def with_missing_of(self, X: Any, index: int) -> Self:
        """Return the column with the missing value of a table, unless one is known.

        Parameters
        ----------
        X : ndarray, sparse matrix or frame of shape (n_samples, n_features)
            Table.

        index : int
            Index of the column.

        Returns
        -------
        column : Column
            This column, or one with the missing value.
        """
        first = [] if self.has_missing else _first_missing(X, index, self.dtype)
        return replace(self, has_missing=True, missing=first[0]) if first else self

    @property
    def is_categorical(self) -> bool:
        """Tell whether the column holds levels."""
        return self.pool is not None

    @property
    def holds_integers(self) -> bool:
        """Tell whether the types of the column and its values allow only whole numbers."""
        is_whole = self.scalar is int or holds_integers(self.dtype)
        return is_whole and not self.is_categorical

    @property
    def levels(self) -> list[Any]:
        """Return the levels, as a list."""
        scalars = np.bool_ | np.integer
        return [level.item() if isinstance(level, scalars) else level for level in self.pool[:-1]]

    def objects(self, numbers: FloatArray) -> ObjectArray:
        """Return the column as objects.

        Parameters
        ----------
        numbers : ndarray of float64 of shape (n_rows,)
            Numbers, indices of levels, NaN.

        Returns
        -------
        values : ndarray of object of shape (n_rows,)
            Values as the user wrote them.
        """
        if self.is_categorical:
            pool = np.empty(len(self.pool), dtype=object)
            pool[:] = list(self.pool)
            return pool[_indices(numbers, len(pool))]
        make = _MAKERS.get(self.scalar, float)
        values = np.empty(len(numbers), dtype=object)
        values[:] = [
            self.missing if number != number else make(number) for number in numbers.tolist()
        ]
        return values

    def pandas_values(self, numbers: FloatArray) -> Any:
        """Return the column as pandas stores it.

        Parameters
        ----------
        numbers : ndarray of float64 of shape (n_rows,)
            Numbers, indices of levels, NaN.

        Returns
        -------
        values : array or Series of shape (n_rows,)
            Values of the type of the column.
        """
        if is_objects(self.dtype):
            # Without the type, pandas would guess one.
            return pd.Series(self.objects(numbers), dtype=object)
        if self.is_categorical:
            return self.pool.take(_indices(numbers, len(self.pool)))
        if isinstance(self.dtype, np.dtype):
            integers = numbers.astype(np.int64) if self.dtype.kind == "i" else numbers
            return integers.astype(self.dtype)
        if self.has_missing and self.missing is not pd.NA:
            # Arrow has both NaN and null; pandas would turn NaN into null.
            arrow = import_optional("pyarrow", "a column that Arrow keeps")
            values = arrow.array(numbers, from_pandas=False).cast(self.dtype.pyarrow_dtype)
            return pd.array(values, dtype=self.dtype)
        return pd.array(numbers, dtype=self.dtype)

    def polars_values(self, numbers: FloatArray) -> Any:
        """Return the column as polars stores it.

        Parameters
        ----------
        numbers : ndarray of float64 of shape (n_rows,)
            Numbers, indices of levels, NaN.

        Returns
        -------
        series : polars.Series of shape (n_rows,)
            Values of the type of the column.
        """
        if self.is_categorical:
            return self.pool.gather(_indices(numbers, len(self.pool)))
        is_null = self.missing is None or not self.dtype.is_float()
        return _polars().Series(numbers, nan_to_null=is_null).cast(self.dtype)


def read_column(
    X: Any, index: int, column: Column, name: str, first_row: int = 0
) -> tuple[FloatArray, Column]:
    """Return a column as floats, with its new levels.

    Parameters
    ----------
    X : ndarray or frame of shape (n_rows, n_features)
        Table.

    index : int
        Index of the column.

    column : Column
        Conversion learnt from the training rows.

    name : str
        Name of the column, for messages.

    first_row : int, default=0
        Index of the first row, where these are some rows of a larger table.

    Returns
    -------
    numbers : ndarray of float64 of shape (n_rows,)
        Numbers, indices of levels, NaN.

    column : Column
        The same conversion, or one with the new levels.

    Raises
    ------
    ValueError
        For values that the type of the column in the training rows cannot hold: the model
        would get another value.
    """
    if column.is_categorical:
        numbers, column = _read_levels(X, index, column, name, first_row)
    else:
        column = column.with_missing_of(X, index)
        numbers = _read_numbers(X, index, name, first_row)
        check_numbers(column.dtype, numbers, name, rows=first_row + np.arange(len(numbers)))
    return numbers, column


# Reading


def _polars() -> Any:
    return import_optional("polars", "a polars table")


def _column_dtype(X: Any, index: int) -> Any:
    return X.dtypes[index] if is_polars(X) else X.dtypes.iloc[index] if is_frame(X) else X.dtype


def _objects(X: Any, index: int) -> tuple[ObjectArray, BoolArray]:
    """Return a column as objects, and where it is missing."""
    if is_pandas(X):
        series = X.iloc[:, index]
        return series.to_numpy(dtype=object, na_value=None), series.isna().to_numpy()
    if is_polars(X):
        values = np.empty(len(X), dtype=object)
        values[:] = X.to_series(index).to_list()
        return values, pd.isna(values)
    values = X[:, index].astype(object)
    return values, pd.isna(values)


def _read_numbers(X: Any, index: int, name: str, first_row: int = 0) -> FloatArray:
    numbers: FloatArray
    if is_pandas(X):
        series = X.iloc[:, index]
        if pd.api.types.is_numeric_dtype(series.dtype):
            numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
            return numbers
    elif is_polars(X):
        series = X.to_series(index)
        if series.dtype.is_numeric() or series.dtype == _polars().Boolean:
            numbers = series.cast(_polars().Float64).to_numpy()
            return numbers
    elif X.dtype != object:
        return _floats(X[:, index], name, first_row)
    values, _ = _objects(X, index)
    return floats_of_objects(values, name, first_row)


def _floats(values: Array, name: str, first_row: int) -> FloatArray:
    # Long doubles and 128-bit floats may overflow.
    with np.errstate(over="ignore"):
        numbers = values.astype(np.float64)
    is_bad = np.isinf(numbers) & np.isfinite(values)
    if is_bad.any():
        row = first_row + int(is_bad.argmax())
        raise ValueError(
            f"Column {name} holds a number in row {row} that is too large for a float of 64 bits; "
            "explain a scaled value or its logarithm."
        )
    return numbers


def _first_missing(X: Any, index: int, dtype: Any) -> list[Any]:
    """Return the missing value, in a list, if the type of the column allows several.

    The list is empty if the type has only one, or if no value is missing.
    """
    if is_polars(X):
        series = X.to_series(index)
        # The training rows may have been a frame of pandas.
        is_choice = hasattr(dtype, "is_float") and dtype.is_float() and series.dtype.is_float()
        if not is_choice:
            return []
        return [None] if series.null_count() else [np.nan] if series.is_nan().any() else []
    if isinstance(dtype, pd.ArrowDtype) and dtype.kind == "f" and is_pandas(X):
        series = X.iloc[:, index]
        is_missing = np.isnan(_read_numbers(X, index, ""))
        return [pd.NA] if series.isna().any() else [np.nan] if is_missing.any() else []
    if not is_objects(dtype):
        return []
    values = X.iloc[:, index].to_numpy(dtype=object) if is_pandas(X) else X[:, index].astype(object)
    first: list[Any] = values[pd.isna(values)][:1].tolist()
    return first


def _scalar(values: ObjectArray) -> type:
    """Return the common type of all numbers if `_MAKERS` can make it from a float."""
    kinds = set(map(type, values))
    for scalar, base in ((int, Integral), (Decimal, Decimal), (Fraction, Fraction)):
        if kinds and all(issubclass(kind, base) for kind in kinds):
            return scalar
    return float


# Levels


def _in_order(levels: Array) -> list[Any]:
    try:
        return sorted(levels)
    except TypeError:
        # Objects of different types may not compare with one another.
        return sorted(levels, key=lambda level: (type(level).__name__, str(level)))


def _pool(X: Any, dtype: Any, levels: list[Any], missing: Any) -> Any:
    """Return the levels and the missing value in the type of the column."""
    if is_objects(dtype):
        return _object_pool(levels, missing)
    if is_polars(X):
        return _polars().Series([*levels, None], dtype=dtype)
    if not can_miss(dtype):
        missing = levels[0] if levels else 0
    else:
        missing = np.nan if isinstance(dtype, np.dtype) else None
    if isinstance(dtype, np.dtype):
        if dtype.kind in "iu":
            # NumPy before 2 wraps around instead of raising.
            limits = np.iinfo(dtype)
            outside = [level for level in levels if not limits.min <= level <= limits.max]
            if outside:
                raise OverflowError(f"{outside[0]} is out of bounds for {dtype}")
        return np.array([*levels, missing], dtype=dtype)
    return pd.Series([*levels, missing], dtype=dtype).array


def _object_pool(levels: list[Any], missing: Any) -> ObjectArray:
    pool = np.empty(len(levels) + 1, dtype=object)
    pool[:] = [*levels, missing]
    return pool


def _read_levels(
    X: Any, index: int, column: Column, name: str, first_row: int
) -> tuple[FloatArray, Column]:
    """Return indices of levels, NaN for missing, and the column with the new levels."""
    values, is_missing = _objects(X, index)
    values = _in_precision(values, column.dtype)
    levels = column.levels[: column.n_levels]
    codes = pd.Index(levels, dtype=object).get_indexer(pd.Index(values, dtype=object))
    codes = codes.astype(np.float64)
    is_unseen = (codes < 0) & ~is_missing
    column = column.with_missing_of(X, index)
    unseen = _in_order(pd.unique(values[is_unseen]))
    if unseen or is_objects(column.dtype):
        pool = _extended_pool(X, column, levels, unseen)
        if pool is None:
            row = int(np.argmax(is_unseen))
            what = f"a value, {short_repr(values[row])},"
            raise cannot_hold(column.dtype, name, first_row + row, what)
        column = replace(column, pool=pool)
    if unseen:
        indices = pd.Index(unseen, dtype=object).get_indexer(values[is_unseen])
        codes[is_unseen] = len(levels) + indices
    codes[is_missing] = np.nan
    if is_missing.any() and not can_miss(column.dtype):
        row = first_row + int(is_missing.argmax())
        raise cannot_hold(column.dtype, name, row, "a missing value")
    return codes, column


def _in_precision(values: ObjectArray, dtype: Any) -> ObjectArray:
    """Round numbers as the type of their column does: 0.1 in float32 must equal 0.1."""
    subtype = numpy_type(dtype)
    is_short = subtype is not None and subtype.kind == "f"
    if subtype is None or not is_short or subtype.itemsize >= np.dtype(np.float64).itemsize:
        return values
    rounded = values.copy()
    is_number = np.fromiter((isinstance(value, float) for value in values), bool, len(values))
    rounded[is_number] = values[is_number].astype(subtype).astype(object)
    return rounded


def _extended_pool(X: Any, column: Column, levels: list[Any], unseen: list[Any]) -> Any:
    """Return a pool with the unseen levels too; None if the type of the column cannot hold them."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = pd.CategoricalDtype([*levels, *unseen], ordered=dtype.ordered)
    refusals: tuple[type[Exception], ...] = (TypeError, ValueError, OverflowError)
    if is_polars(X):
        refusals += (_polars().exceptions.PolarsError,)
    try:
        if is_polars(X) and str(dtype).startswith("Enum"):
            dtype = _polars().Enum([*levels, *unseen])
        pool = _pool(X, dtype, [*levels, *unseen], column.missing)
        is_unchanged = all(map(_is_same, unseen, pool[len(levels) : -1]))
    except refusals:
        return None
    return pool if is_unchanged else None


def _is_same(level: Any, converted: Any) -> bool:
    """Tell whether the conversion to a type left a level unchanged, in kind and value."""
    return isinstance(level, str) == isinstance(converted, str) and bool(level == converted)


def _indices(codes: FloatArray, n_pool: int) -> IntArray:
    """Return indices in a pool, whose last entry stands for missing values."""
    return np.where(np.isnan(codes), n_pool - 1, codes).astype(np.intp)
