"""Between the user's table and the float matrix that the algorithms work on.

In the matrix a number is itself, a category is the place of its level, and a missing value
is NaN. A level that was not there in `fit` gets a place after the others, in the codec of
the table that it was found in.
"""

from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np
import pandas as pd
from scipy import sparse

from sklime.utils._frames import SparseColumns, is_frame, is_pandas, is_polars

__all__ = ["Column", "TableCodec"]

# Beyond this not every whole number is a float.
_LARGEST_EXACT = 2.0**53

_INTEGERS = {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}


@dataclass(frozen=True)
class Column:
    """How one column is written.

    Attributes
    ----------
    dtype : object
        Its type in the container.

    pool : array or None
        Levels of a categorical column, in the order of their places, and last what stands
        for a missing value, in the type of the column; `None` for numbers.

    n_levels : int
        Number of levels that were seen in `fit`.

    holds_integers : bool
        Whether all numbers are whole, by their type.
    """

    dtype: object
    pool: object = None
    n_levels: int = 0
    holds_integers: bool = False

    @property
    def is_categorical(self):
        """Tell whether the column holds levels."""
        return self.pool is not None

    @property
    def levels(self):
        """Return the levels, as a list."""
        return list(self.pool[:-1])


@dataclass(frozen=True)
class TableCodec:
    """Remembers what kind of table was seen, and makes such tables from float matrices.

    Attributes
    ----------
    container : {"array", "pandas", "polars", "sparse"}
        Kind of table.

    names : tuple
        Names of the columns as they were; empty for arrays.

    columns : tuple of Column
        How each column is written.

    make_sparse : type or None
        Class of sparse tables.
    """

    container: str
    names: tuple
    columns: tuple
    make_sparse: object = None

    @classmethod
    def fit(cls, X, is_categorical):
        """Look at a table.

        Parameters
        ----------
        X : ndarray, sparse matrix or frame of shape (n_samples, n_features)
            Table.

        is_categorical : ndarray of bool of shape (n_features,)
            Which columns hold levels.

        Returns
        -------
        codec : TableCodec
            The codec.
        """
        columns = tuple(
            _categorical_column(X, place) if categorical else _number_column(X, place)
            for place, categorical in enumerate(is_categorical)
        )
        if is_pandas(X):
            return cls("pandas", tuple(X.columns), columns)
        if is_polars(X):
            return cls("polars", tuple(X.columns), columns)
        if sparse.issparse(X):
            return cls("sparse", (), columns, type(X))
        return cls("array", (), columns)

    @property
    def is_categorical(self):
        """Tell which columns hold levels."""
        return np.array([column.is_categorical for column in self.columns], dtype=bool)

    @property
    def is_discrete(self):
        """Tell which columns hold levels or integers."""
        return np.array(
            [column.is_categorical or column.holds_integers for column in self.columns],
            dtype=bool,
        )

    @property
    def unseen_levels(self):
        """Return the levels of each column that were not seen in `fit`."""
        return [
            column.levels[column.n_levels :] if column.is_categorical else []
            for column in self.columns
        ]

    def read(self, X):
        """Return a table as floats, with the codec that knows all of its levels.

        Parameters
        ----------
        X : ndarray, sparse matrix or frame of shape (n_samples, n_features)
            Table of the kind that was seen.

        Returns
        -------
        matrix : ndarray of float64 or SparseColumns of shape (n_samples, n_features)
            Numbers, places of levels, NaN.

        codec : TableCodec
            This one, or one with the levels that were not seen before.
        """
        if sparse.issparse(X):
            return SparseColumns(X), self
        matrix = np.empty(X.shape)
        columns = list(self.columns)
        for place, column in enumerate(self.columns):
            if column.is_categorical:
                matrix[:, place], columns[place] = _read_levels(X, place, column)
            else:
                matrix[:, place] = _numbers(X, place, self._name(place))
            _check_held(columns[place], matrix[:, place], self._name(place))
        return matrix, replace(self, columns=tuple(columns))

    def to_table(self, matrix):
        """Make a table of the kind that was seen.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Numbers, places of levels, NaN.

        Returns
        -------
        X : ndarray, sparse matrix or frame of shape (n_rows, n_features)
            Same container, names and types as what was seen; it shares no memory with the
            matrix, so that a model may write on it.
        """
        if self.container == "sparse":
            return self.make_sparse(matrix.astype(self.columns[0].dtype))
        if self.container == "array":
            return self._to_array(matrix)
        dtypes = {column.dtype for column in self.columns}
        if self.container == "pandas" and len(dtypes) == 1 and not self.is_categorical.any():
            (dtype,) = dtypes
            if isinstance(dtype, np.dtype):
                return pd.DataFrame(matrix.astype(dtype), columns=self.names)
        make = _polars_values if self.container == "polars" else _pandas_values
        values = [make(column, matrix[:, place]) for place, column in enumerate(self.columns)]
        if self.container == "polars":
            return _polars().DataFrame(dict(zip(self.names, values)))
        return pd.DataFrame(dict(enumerate(values)), copy=False).set_axis(list(self.names), axis=1)

    def values(self, matrix):
        """Return what stands in the cells of a table, for people.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Numbers, places of levels, NaN.

        Returns
        -------
        values : ndarray of shape (n_rows, n_features)
            The matrix itself where there are only numbers, else objects.
        """
        if not self.is_categorical.any():
            return matrix
        values = matrix.astype(object)
        for place in np.flatnonzero(self.is_categorical):
            pool = np.empty(len(self.columns[place].pool), dtype=object)
            pool[:] = list(self.columns[place].pool)
            values[:, place] = pool[_places(matrix[:, place], len(pool))]
        return values

    def _name(self, place):
        return str(self.names[place]) if self.names else f"x{place}"

    def _to_array(self, matrix):
        dtype = self.columns[0].dtype
        table = matrix.astype(dtype)
        if dtype.kind == "O":
            for place, column in enumerate(self.columns):
                if column.holds_integers:
                    table[:, place] = matrix[:, place].astype(np.int64).astype(object)
        for place in np.flatnonzero(self.is_categorical):
            pool = self.columns[place].pool
            table[:, place] = pool[_places(matrix[:, place], len(pool))]
        return table


def _polars():
    from sklime.utils._optional import import_optional

    return import_optional("polars", "a polars table")


def _column_dtype(X, place):
    return X.dtypes[place] if is_polars(X) else X.dtypes.iloc[place] if is_frame(X) else X.dtype


def _is_integer(dtype):
    if isinstance(dtype, np.dtype):
        return dtype.kind in "iub"
    is_integer = getattr(dtype, "is_integer", None)
    return bool(is_integer()) if callable(is_integer) else getattr(dtype, "kind", "") in "iu"


def _objects(X, place):
    """Return a column as objects, and where it is missing."""
    if is_pandas(X):
        series = X.iloc[:, place]
        return series.to_numpy(dtype=object, na_value=None), series.isna().to_numpy()
    if is_polars(X):
        values = np.empty(len(X), dtype=object)
        values[:] = X.to_series(place).to_list()
        return values, pd.isna(values)
    values = X[:, place].astype(object)
    return values, pd.isna(values)


def _numbers(X, place, name):
    try:
        return _as_floats(X, place)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Column {name} holds something that is no number ({error}); in the training rows it "
            "had only numbers. Replace it, or name the column in categorical_features."
        ) from error


def _as_floats(X, place):
    if is_pandas(X):
        series = X.iloc[:, place]
        return pd.to_numeric(series).to_numpy(dtype=np.float64, na_value=np.nan)
    if is_polars(X):
        polars = _polars()
        try:
            return X.to_series(place).cast(polars.Float64).to_numpy()
        except polars.exceptions.PolarsError as error:
            raise ValueError(str(error).partition("\n")[0]) from error
    return X[:, place].astype(np.float64)


def _number_column(X, place):
    dtype = _column_dtype(X, place)
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        values, is_missing = _objects(X, place)
        kinds = {type(value) for value in values}
        whole = not is_missing.any() and all(issubclass(kind, Integral) for kind in kinds)
        return Column(dtype, holds_integers=whole)
    return Column(dtype, holds_integers=_is_integer(dtype))


def _check_held(column, numbers, name):
    """Refuse what the type of a column cannot hold: it would become another value."""
    if column.is_categorical:
        can_miss = not (isinstance(column.dtype, np.dtype) and column.dtype.kind in "biu")
        is_bad = np.isnan(numbers) & (not can_miss)
        is_bad |= (numbers >= column.n_levels) & (_is_truth_value(column.dtype))
    elif column.holds_integers:
        if (np.abs(numbers) > _LARGEST_EXACT).any():
            raise ValueError(
                f"Column {name} holds whole numbers beyond 2**53, which cannot be told apart as "
                "floats; if they are labels, name the column in categorical_features."
            )
        can_miss = not isinstance(column.dtype, np.dtype)
        kind = str(column.dtype).lower()
        limits = np.iinfo(kind if kind in _INTEGERS else "int64")
        with np.errstate(invalid="ignore"):
            is_bad = (numbers != np.floor(numbers)) & ~np.isnan(numbers)
            is_bad |= (numbers < limits.min) | (numbers > limits.max)
        is_bad |= np.isnan(numbers) & (not can_miss)
    else:
        return
    if is_bad.any():
        row = int(np.argmax(is_bad))
        what = "a missing value" if np.isnan(numbers[row]) else "a value"
        raise ValueError(
            f"Column {name} holds {what} in row {row} that its type in the training rows, "
            f"{column.dtype}, cannot hold; give it there a type that can, as the model's own "
            "training rows had, or replace the value."
        )


def _is_truth_value(dtype):
    return str(dtype).lower() in ("bool", "boolean")


def _categorical_column(X, place):
    """Learn the levels of a column, in a fixed order."""
    dtype = _column_dtype(X, place)
    values, is_missing = _objects(X, place)
    if isinstance(dtype, pd.CategoricalDtype):
        levels = dtype.categories.tolist()
    else:
        levels = _in_order(pd.unique(values[~is_missing]))
    missing = next(iter(_first_missing(X, place, is_missing)), None)
    return Column(dtype, _pool(X, dtype, levels, missing), len(levels))


def _first_missing(X, place, is_missing):
    """Return what stands for a missing value where the type of the column leaves a choice."""
    if is_pandas(X):
        return X.iloc[:, place][is_missing].head(1).tolist()
    return [] if is_polars(X) else X[is_missing, place][:1].tolist()


def _in_order(levels):
    try:
        return sorted(levels)
    except TypeError:
        return sorted(levels, key=lambda level: (type(level).__name__, str(level)))


def _pool(X, dtype, levels, missing):
    """Return levels and the missing value in the type of the column, to take rows from."""
    if is_pandas(X):
        can_miss = not (isinstance(dtype, np.dtype) and dtype.kind in "biu")
        if can_miss and isinstance(dtype, np.dtype) and dtype.kind == "O":
            return _object_pool(levels, np.nan if missing is None and levels else missing)
        if not can_miss:
            return np.array([*levels, levels[0] if levels else 0], dtype=dtype)
        return pd.Series([*levels, None], dtype=dtype).array
    if is_polars(X):
        return _polars().Series([*levels, None], dtype=dtype)
    if dtype.kind == "O":
        return _object_pool(levels, missing)
    return np.array([*levels, np.nan if dtype.kind == "f" else levels[0]], dtype=dtype)


def _object_pool(levels, missing):
    pool = np.empty(len(levels) + 1, dtype=object)
    pool[:] = [*levels, missing]
    return pool


def _read_levels(X, place, column):
    """Return places of levels, NaN for missing, and the column with the levels unseen so far."""
    values, is_missing = _objects(X, place)
    levels = column.levels[: column.n_levels]
    codes = pd.Index(levels, dtype=object).get_indexer(pd.Index(values, dtype=object))
    codes = codes.astype(np.float64)
    is_unseen = (codes < 0) & ~is_missing
    if is_unseen.any() and _is_truth_value(column.dtype):
        codes[is_unseen] = len(levels)
    elif is_unseen.any():
        unseen = _in_order(pd.unique(values[is_unseen]))
        places = pd.Index(unseen, dtype=object).get_indexer(values[is_unseen])
        codes[is_unseen] = len(levels) + places
        column = replace(column, pool=_extended_pool(X, column, levels, unseen))
    codes[is_missing] = np.nan
    return codes, column


def _extended_pool(X, column, levels, unseen):
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        dtype = pd.CategoricalDtype([*levels, *unseen], ordered=dtype.ordered)
    elif is_polars(X) and str(dtype).startswith("Enum"):
        dtype = _polars().Enum([*levels, *unseen])
    return _pool(X, dtype, [*levels, *unseen], column.pool[len(column.pool) - 1])


def _places(codes, n_pool):
    """Return places in a pool, whose last entry stands for missing values."""
    return np.where(np.isnan(codes), n_pool - 1, codes).astype(np.intp)


def _pandas_values(column, numbers):
    if column.is_categorical:
        values = column.pool.take(_places(numbers, len(column.pool)))
        # pandas would guess a type for objects.
        return pd.Series(values, dtype=object) if values.dtype == object else values
    if isinstance(column.dtype, np.dtype):
        numbers = numbers.astype(np.int64) if column.holds_integers else numbers
        return numbers.astype(column.dtype)
    return pd.array(numbers, dtype=column.dtype)


def _polars_values(column, numbers):
    if column.is_categorical:
        return column.pool.gather(_places(numbers, len(column.pool)))
    series = _polars().Series(numbers, nan_to_null=_is_integer(column.dtype))
    return series.cast(column.dtype)
