"""Between the user's table and the float matrix that the algorithms work on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["TableCodec", "column_names", "is_frame", "row_labels"]


def is_frame(X):
    """Tell whether a table has named columns.

    Parameters
    ----------
    X : object
        Any table.

    Returns
    -------
    is_frame : bool
        True for pandas and polars frames.
    """
    return isinstance(X, pd.DataFrame) or _is_polars(X)


def row_labels(X):
    """Return what the user calls the rows.

    Parameters
    ----------
    X : object
        Any table.

    Returns
    -------
    labels : ndarray of shape (n_samples,)
        The index of a pandas frame, else places.
    """
    if isinstance(X, pd.DataFrame):
        return X.index.to_numpy()
    return np.arange(_n_rows(X))


def column_names(X):
    """Return the names of the columns.

    Parameters
    ----------
    X : object
        Any table.

    Returns
    -------
    names : list of str
        Names of a frame; ``"x0"``, ``"x1"``, ... for an array, as in scikit-learn.
    """
    if is_frame(X):
        return [str(name) for name in X.columns]
    return [f"x{place}" for place in range(X.shape[1])]


@dataclass(frozen=True)
class TableCodec:
    """Remembers what kind of table was seen, and makes such tables from float matrices.

    Attributes
    ----------
    container : {"array", "pandas", "polars"}
        Kind of table.

    columns : tuple
        Names of the columns as they were; empty for arrays.

    dtypes : tuple
        Type of each column.
    """

    container: str
    columns: tuple
    dtypes: tuple

    @classmethod
    def fit(cls, X):
        """Look at a table.

        Parameters
        ----------
        X : ndarray or frame of shape (n_samples, n_features)
            Numeric table.

        Returns
        -------
        codec : TableCodec
            The codec.
        """
        if isinstance(X, pd.DataFrame):
            return cls("pandas", tuple(X.columns), tuple(X.dtypes))
        if _is_polars(X):
            return cls("polars", tuple(X.columns), tuple(X.dtypes))
        return cls("array", (), (X.dtype,) * X.shape[1])

    @property
    def is_discrete(self):
        """Tell which columns hold integers or booleans."""
        return np.array([_is_discrete(dtype) for dtype in self.dtypes], dtype=bool)

    def to_matrix(self, X):
        """Return the table as floats.

        Parameters
        ----------
        X : ndarray or frame of shape (n_samples, n_features)
            Table of the kind that was seen.

        Returns
        -------
        matrix : ndarray of float64 of shape (n_samples, n_features)
            Row-major; may share memory with `X`.
        """
        values = X.to_numpy() if is_frame(X) else X
        return np.ascontiguousarray(values, dtype=np.float64)

    def to_table(self, matrix):
        """Make a table of the kind that was seen.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_features)
            Floats.

        Returns
        -------
        X : ndarray or frame of shape (n_rows, n_features)
            Same container, names and types as what was seen; it shares no memory with the
            matrix, so that a model may write on it.
        """
        if self.container == "array":
            return matrix.astype(self.dtypes[0])
        if self.container == "polars":
            return _polars_frame(matrix, self.columns, self.dtypes)
        if len(set(self.dtypes)) == 1:
            return pd.DataFrame(matrix.astype(self.dtypes[0]), columns=self.columns)
        columns = {place: matrix[:, place].astype(dtype) for place, dtype in enumerate(self.dtypes)}
        return pd.DataFrame(columns).set_axis(list(self.columns), axis=1)


def _n_rows(X):
    return X.shape[0] if hasattr(X, "shape") else len(X)


def _is_polars(X):
    return type(X).__module__.partition(".")[0] == "polars" and hasattr(X, "columns")


def _is_discrete(dtype):
    if isinstance(dtype, np.dtype):
        return dtype.kind in "iub"
    is_integer = getattr(dtype, "is_integer", None)
    return bool(is_integer and is_integer())


def _polars_frame(matrix, columns, dtypes):
    from sklime.utils._optional import import_optional

    polars = import_optional("polars", "a polars table")
    return polars.DataFrame(
        {name: polars.Series(matrix[:, place]).cast(dtype)
         for place, (name, dtype) in enumerate(zip(columns, dtypes))}
    )  # fmt: skip
