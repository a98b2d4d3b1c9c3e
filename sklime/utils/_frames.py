"""What a user's table is: its kind, its columns, the labels of its rows."""

import numpy as np
import pandas as pd
from scipy import sparse

__all__ = [
    "SparseColumns",
    "answer_names",
    "column_kind",
    "column_names",
    "columns_where",
    "is_frame",
    "is_pandas",
    "is_polars",
    "named_frame",
    "row_labels",
]


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
    return is_pandas(X) or is_polars(X)


def is_pandas(X):
    """Tell whether a table is a frame of pandas.

    Parameters
    ----------
    X : object
        Any table.

    Returns
    -------
    is_pandas : bool
        Also for a subclass.
    """
    return isinstance(X, pd.DataFrame)


class SparseColumns:
    """A sparse table that gives its columns and rows as dense arrays, a few at a time.

    As much of an array as learning from training rows needs: ``shape``, ``len``, iteration
    over ``T``, rows by index and columns by ``[:, columns]``.

    Parameters
    ----------
    table : sparse matrix of shape (n_samples, n_features)
        The table.
    """

    def __init__(self, table):
        self._by_column = table.tocsc()
        self._by_row = table.tocsr()
        self.shape = table.shape

    def __len__(self):
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, key):
        """Return some rows as an array, or some columns as a sparse table like this one."""
        if isinstance(key, tuple):
            return SparseColumns(self._by_column[:, key[1]])
        return self._by_row[key].toarray().astype(np.float64)

    def __array__(self, dtype=None, copy=None):
        """Return the whole table, for what needs whole rows."""
        return self._by_row.toarray().astype(dtype or np.float64)

    @property
    def T(self):
        """Yield one dense column after the other."""
        for place in range(self.shape[1]):
            yield self._by_column[:, [place]].toarray()[:, 0].astype(np.float64)


def columns_where(matrix, is_bad):
    """Find the columns that hold a value of some kind.

    Parameters
    ----------
    matrix : ndarray or SparseColumns of shape (n_samples, n_features)
        The table.

    is_bad : callable
        From values to booleans.

    Returns
    -------
    places : ndarray of int
        Columns with such a value.

    rows : ndarray of int
        The first row of each.
    """
    found = [
        (place, int(bad.argmax())) for place, bad in enumerate(map(is_bad, matrix.T)) if bad.any()
    ]
    return np.array(found, dtype=np.intp).reshape(-1, 2).T


def named_frame(array, names):
    """Give names to the columns of an array.

    Parameters
    ----------
    array : ndarray or sparse matrix of shape (n_samples, n_features)
        Table without names.

    names : sequence of str
        Names of its columns.

    Returns
    -------
    frame : pandas.DataFrame of shape (n_samples, n_features)
        The same table.
    """
    dense = array.toarray() if sparse.issparse(array) else array
    return pd.DataFrame(dense, columns=list(names))


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
    return np.arange(X.shape[0])


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


def answer_names(answer):
    """Return how a model named the columns of its answer.

    Parameters
    ----------
    answer : object
        Frame, series or anything else.

    Returns
    -------
    names : list or None
        `None` where there are no names, or only the places that pandas counts.
    """
    if isinstance(answer, pd.Series) or type(answer).__module__.startswith("polars.series"):
        return [answer.name] if answer.name not in (None, "") else None
    if not is_frame(answer) or isinstance(answer.columns, pd.RangeIndex):
        return None
    return [name.item() if isinstance(name, np.generic) else name for name in answer.columns]


def column_kind(X, place):
    """Say what a column holds.

    Parameters
    ----------
    X : ndarray, sparse matrix or frame
        The table.

    place : int
        Place of the column.

    Returns
    -------
    kind : {"number", "category", "time", "other"}
        Categories are texts, objects, booleans and categorical types.
    """
    if isinstance(X, pd.DataFrame):
        return _pandas_kind(X.iloc[:, place])
    if is_polars(X):
        return _polars_kind(X.dtypes[place])
    if X.dtype == bool:
        return "category"
    if X.dtype.kind == "M" or X.dtype.kind == "m":
        return "time"
    return "number" if X.dtype != object else _pandas_kind(pd.Series(X[:, place]))


def is_polars(X):
    """Tell whether a table is a frame of polars.

    Parameters
    ----------
    X : object
        Any table.

    Returns
    -------
    is_polars : bool
        Without importing polars.
    """
    return type(X).__module__.partition(".")[0] == "polars" and hasattr(X, "columns")


def _pandas_kind(series):
    if isinstance(series.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(series.dtype):
        return "category"
    if series.dtype.kind == "c" or isinstance(series.dtype, pd.IntervalDtype):
        return "other"
    if pd.api.types.is_numeric_dtype(series.dtype):
        return "number"
    if series.dtype == object:
        present = series.dropna()
        inferred = pd.api.types.infer_dtype(present)
        if inferred in ("integer", "floating", "mixed-integer-float", "decimal"):
            return "number"
        holds_containers = inferred == "mixed" and any(map(pd.api.types.is_list_like, present))
        if holds_containers or inferred == "complex":
            return "other"
        return "time" if inferred.startswith(("date", "time", "period")) else "category"
    if series.dtype.kind in "mM" or isinstance(series.dtype, pd.PeriodDtype):
        return "time"
    holds_containers = any(map(pd.api.types.is_list_like, series.dropna().head(1)))
    return "other" if holds_containers or series.dtype.kind != "O" else "category"


def _polars_kind(dtype):
    if dtype.is_numeric():
        return "number"
    if dtype.is_temporal():
        return "time"
    is_category = str(dtype).startswith(("String", "Categorical", "Enum", "Boolean"))
    return "category" if is_category else "other"
