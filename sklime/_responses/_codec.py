"""Between the user's table and the float matrix that the algorithms work on.

In the matrix a number is itself, a category is the index of its level, and a missing value
is NaN. A level that was not there in `fit` gets an index after the others, in the codec of
the table that it was found in.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from sklime._responses._columns import Column, read_column
from sklime._responses._dtypes import check_numbers, is_objects, unheld
from sklime.utils._frames import SparseColumns, is_pandas, is_polars
from sklime.utils._optional import import_optional

__all__ = ["TableCodec"]


@dataclass(frozen=True)
class TableCodec:
    """Remembers what kind of table was seen, and makes such tables from float matrices.

    Attributes
    ----------
    container : {"array", "pandas", "polars", "sparse"}
        Kind of table.

    names : tuple or Index
        Names of the columns as they were; empty for arrays.

    columns : tuple of Column
        How each column is written.

    make_sparse : type or None
        Class of sparse tables.
    """

    container: str
    names: object
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
            Numbers, indices of levels, NaN.

        codec : TableCodec
            This one, or one with the levels that were not seen before.
        """
        if sparse.issparse(X) and self.container == "sparse":
            self._check_sparse(X)
            return SparseColumns(X), self
        if sparse.issparse(X):
            X = X.toarray()
        matrix = np.empty(X.shape)
        columns = list(self.columns)
        for index, column in enumerate(self.columns):
            name = self._name(index)
            matrix[:, index], columns[index] = read_column(X, index, column, name)
        return matrix, replace(self, columns=tuple(columns))

    def to_table(self, matrix):
        """Make a table of the kind that was seen.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Numbers, indices of levels, NaN.

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
        if self.container == "polars":
            values = [column.polars_values(part) for column, part in self._parts(matrix)]
            frame = import_optional("polars", "a polars table").DataFrame
            return frame(dict(zip(self.names, values)))
        dtypes = {column.dtype for column in self.columns}
        if len(dtypes) == 1 and not self.is_categorical.any():
            (dtype,) = dtypes
            if isinstance(dtype, np.dtype) and dtype.kind != "O":
                return pd.DataFrame(matrix.astype(dtype), columns=self.names)
        values = [column.pandas_values(part) for column, part in self._parts(matrix)]
        return pd.DataFrame(dict(enumerate(values)), copy=False).set_axis(self.names, axis=1)

    def values(self, matrix):
        """Return what stands in the cells of a table, for people.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Numbers, indices of levels, NaN.

        Returns
        -------
        values : ndarray of shape (n_rows, n_features)
            The matrix itself where there are only numbers, else objects.
        """
        if not self.is_categorical.any():
            return matrix
        values = matrix.astype(object)
        for index in np.flatnonzero(self.is_categorical):
            values[:, index] = self.columns[index].objects(matrix[:, index])
        return values

    def _check_sparse(self, X):
        """Refuse what the type of the training rows cannot hold."""
        table, dtype = X.tocoo(), self.columns[0].dtype
        is_bad = unheld(dtype, table.data.astype(np.float64))
        if is_bad.any():
            first = [int(is_bad.argmax())]
            name = self._name(table.col[first[0]])
            check_numbers(dtype, table.data[first], name, rows=table.row[first])

    def _parts(self, matrix):
        """Yield each column with its numbers."""
        return zip(self.columns, matrix.T)

    def _name(self, index):
        return str(self.names[index]) if len(self.names) else f"x{index}"

    def _to_array(self, matrix):
        dtype = self.columns[0].dtype
        if is_objects(dtype):
            table = np.empty(matrix.shape, dtype=object)
            for index, (column, part) in enumerate(self._parts(matrix)):
                table[:, index] = column.objects(part)
            return table
        table = matrix.astype(dtype)
        for index in np.flatnonzero(self.is_categorical):
            table[:, index] = self.columns[index].objects(matrix[:, index])
        return table
