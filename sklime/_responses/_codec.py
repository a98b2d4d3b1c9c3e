"""Conversion between the user's table and the float matrix that the algorithms work on.

In the matrix a number is unchanged, a category is the index of its level, and a missing value
is NaN. A level that was not seen in `fit` gets an index after the others; the codec that
`read` returns with the matrix knows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from scipy import sparse

from sklime._responses._columns import Column, read_column
from sklime._responses._dtypes import check_numbers, is_objects, largest_float, unheld
from sklime.utils._frames import SparseColumns, is_pandas, is_polars
from sklime.utils._optional import import_optional
from sklime.utils._types import Array, BoolArray, FloatArray

__all__ = ["TableCodec"]


@dataclass(frozen=True)
class TableCodec:
    """Stores the kind of the training table, and turns float matrices into such tables.

    Attributes
    ----------
    container : {"array", "pandas", "polars", "sparse"}
        Kind of table.

    names : tuple or Index
        Names of the columns, unchanged; empty for arrays.

    columns : tuple of Column
        Conversion of each column.

    make_sparse : type or None
        Class of sparse tables.
    """

    container: Literal["array", "pandas", "polars", "sparse"]
    names: Any
    columns: tuple[Column, ...]
    make_sparse: Any = None

    @classmethod
    def fit(cls, X: Any, is_categorical: BoolArray) -> Self:
        """Learn the kind of a table.

        Parameters
        ----------
        X : ndarray, sparse matrix or frame of shape (n_samples, n_features)
            Table.

        is_categorical : ndarray of bool of shape (n_features,)
            Columns of levels.

        Returns
        -------
        codec : TableCodec
            The codec.
        """
        columns = tuple(
            Column.of_levels(X, index) if categorical else Column.of_numbers(X, index)
            for index, categorical in enumerate(is_categorical)
        )
        if is_pandas(X):
            return cls("pandas", X.columns, columns)
        if is_polars(X):
            return cls("polars", tuple(X.columns), columns)
        if sparse.issparse(X):
            return cls("sparse", (), columns, type(X))
        return cls("array", (), columns)

    @property
    def is_categorical(self) -> BoolArray:
        """Tell which columns hold levels."""
        return np.array([column.is_categorical for column in self.columns], dtype=bool)

    @property
    def is_discrete(self) -> BoolArray:
        """Tell which columns hold levels or integers."""
        return np.array(
            [column.is_categorical or column.holds_integers for column in self.columns],
            dtype=bool,
        )

    @property
    def unseen_levels(self) -> list[list[Any]]:
        """Return the levels of each column that were not seen in `fit`."""
        return [
            column.levels[column.n_levels :] if column.is_categorical else []
            for column in self.columns
        ]

    def read(self, X: Any, first_row: int = 0) -> tuple[FloatArray | SparseColumns, Self]:
        """Return a table as floats, with the codec that knows all of its levels.

        Parameters
        ----------
        X : ndarray, sparse matrix or frame of shape (n_samples, n_features)
            Table of the kind of the training table.

        first_row : int, default=0
            Index of the first row, where these are some rows of a larger table.

        Returns
        -------
        matrix : ndarray of float64 or SparseColumns of shape (n_samples, n_features)
            Numbers, indices of levels, NaN.

        codec : TableCodec
            This codec, or one with the new levels.
        """
        if sparse.issparse(X) and self.container == "sparse":
            self._check_sparse(X, first_row)
            return SparseColumns(X), self
        if sparse.issparse(X):
            X = X.toarray()
        if self._takes_as_floats(X):
            return np.array(X, dtype=np.float64, order="C"), self
        matrix = np.empty(X.shape)
        columns = list(self.columns)
        for index, column in enumerate(self.columns):
            name = self._name(index)
            matrix[:, index], columns[index] = read_column(X, index, column, name, first_row)
        return matrix, replace(self, columns=tuple(columns))

    def _takes_as_floats(self, X: Any) -> bool:
        """Tell whether a table of floats of 64 bits can be copied at once.

        No such float is beyond its own type, and NaN is the only missing value.
        """
        is_frame = is_pandas(X)
        dtypes = set(X.dtypes) if is_frame else {getattr(X, "dtype", None)}
        dtypes |= {column.dtype for column in self.columns}
        is_same = dtypes == {np.dtype(np.float64)} and (is_frame or isinstance(X, np.ndarray))
        return is_same and not self.is_categorical.any()

    def to_table(self, matrix: FloatArray) -> Any:
        """Convert a matrix to a table of the kind of the training table.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Numbers, indices of levels, NaN.

        Returns
        -------
        X : ndarray, sparse matrix or frame of shape (n_rows, n_features)
            Same container, names and types as the training table. It shares no memory with
            the matrix: a model may write on it.
        """
        matrix = self._within_types(matrix)
        if self.container == "sparse":
            return self.make_sparse(matrix.astype(self.columns[0].dtype))
        if self.container == "array":
            return self._to_array(matrix)
        if self.container == "polars":
            values = [column.polars_values(part) for column, part in self._parts(matrix)]
            frame = import_optional("polars", "a polars table").DataFrame
            return frame(dict(zip(self.names, values)))
        # pandas makes a frame of one NumPy type from one block, far faster than from columns.
        dtypes = {column.dtype for column in self.columns}
        if len(dtypes) == 1 and not self.is_categorical.any():
            (dtype,) = dtypes
            if isinstance(dtype, np.dtype) and dtype.kind != "O":
                return pd.DataFrame(matrix.astype(dtype), columns=self.names)
        values = [column.pandas_values(part) for column, part in self._parts(matrix)]
        return pd.DataFrame(dict(enumerate(values)), copy=False).set_axis(self.names, axis=1)

    def values(self, matrix: FloatArray) -> Array:
        """Return the values of a table as the user wrote them.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Numbers, indices of levels, NaN.

        Returns
        -------
        values : ndarray of shape (n_rows, n_features)
            The matrix itself if there are only numbers, else objects.
        """
        if not self.is_categorical.any():
            return matrix
        values = matrix.astype(object)
        for index in np.flatnonzero(self.is_categorical):
            values[:, index] = self.columns[index].objects(matrix[:, index])
        return values

    def _check_sparse(self, X: Any, first_row: int) -> None:
        """Refuse numbers that the type of the training rows cannot hold."""
        table, dtype = X.tocoo(), self.columns[0].dtype
        is_bad = unheld(dtype, table.data.astype(np.float64))
        if is_bad.any():
            first = [int(is_bad.argmax())]
            name = self._name(table.col[first[0]])
            check_numbers(dtype, table.data[first], name, rows=first_row + table.row[first])

    def _within_types(self, matrix: Any) -> Any:
        """Return numbers that no short type of floats turns into infinity.

        Rows of the user have none beyond: `read` refuses them. Drawn rows may.
        """
        limits = {dtype: largest_float(dtype) for dtype in {one.dtype for one in self.columns}}
        if all(map(np.isinf, limits.values())):
            return matrix
        if sparse.issparse(matrix):
            limit = limits[self.columns[0].dtype]
            matrix = matrix.copy()
            matrix.data = np.clip(matrix.data, -limit, limit)
            return matrix
        # Levels are indices, whatever their type.
        of_columns = np.array(
            [np.inf if one.is_categorical else limits[one.dtype] for one in self.columns]
        )
        return np.clip(matrix, -of_columns, of_columns)

    def _parts(self, matrix: FloatArray) -> Iterator[tuple[Column, FloatArray]]:
        """Yield each column with its numbers."""
        return zip(self.columns, matrix.T)

    def _name(self, index: int) -> str:
        return str(self.names[index]) if len(self.names) else f"x{index}"

    def _to_array(self, matrix: FloatArray) -> Array:
        dtype = self.columns[0].dtype
        table: Array
        if is_objects(dtype):
            table = np.empty(matrix.shape, dtype=object)
            for index, (column, part) in enumerate(self._parts(matrix)):
                table[:, index] = column.objects(part)
            return table
        table = matrix.astype(dtype)
        for index in np.flatnonzero(self.is_categorical).tolist():
            table[:, index] = self.columns[index].objects(matrix[:, index])
        return table
