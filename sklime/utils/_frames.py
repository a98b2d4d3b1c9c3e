"""What a user's table is: its kind, its columns, the labels of its rows."""

import numpy as np
import pandas as pd
from scipy import sparse

__all__ = [
    "SparseColumns",
    "answer_names",
    "column_names",
    "column_of",
    "columns_where",
    "frame_of",
    "index_of",
    "is_frame",
    "is_pandas",
    "is_polars",
    "named_frame",
    "row_labels",
    "whole_columns",
]

# Floats of this size and more have no decimals.
_ALL_WHOLE = 2.0**52


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
        for index in range(self.shape[1]):
            yield self._by_column[:, [index]].toarray()[:, 0].astype(np.float64)


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
    indices : ndarray of int
        Columns with such a value.

    rows : ndarray of int
        The first row of each.
    """
    found = [
        (index, int(bad.argmax())) for index, bad in enumerate(map(is_bad, matrix.T)) if bad.any()
    ]
    return np.array(found, dtype=np.intp).reshape(-1, 2).T


def whole_columns(matrix):
    """Tell which columns hold whole numbers, whatever their type.

    pandas makes floats of whole numbers where one is missing.

    Parameters
    ----------
    matrix : ndarray or SparseColumns of shape (n_samples, n_features)
        The table, without infinity; NaN is left out.

    Returns
    -------
    is_whole : ndarray of bool of shape (n_features,)
        False for a column without any number, and for numbers so large that all floats of
        their size are whole.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._frames import whole_columns
    >>> whole_columns(np.array([[1.0, 0.5], [np.nan, 2.0], [3.0, 4.0]]))
    array([ True, False])
    """
    return np.array([_is_whole(column[~np.isnan(column)]) for column in matrix.T], dtype=bool)


def _is_whole(numbers):
    if numbers.size == 0 or np.abs(numbers).max() > _ALL_WHOLE:
        return False
    return bool((numbers == np.rint(numbers)).all())


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
    return pd.DataFrame(dense, columns=index_of(list(names)))


def frame_of(columns):
    """Return a frame whose texts may hold anything that a text of Python holds.

    Where pandas keeps texts in Arrow, half of a character (a lone surrogate) has no index
    there; a column with one holds objects.

    Parameters
    ----------
    columns : dict
        From names to values.

    Returns
    -------
    frame : pandas.DataFrame
        One column a name.

    Examples
    --------
    >>> from sklime.utils._frames import frame_of
    >>> frame_of({"word": ["good", "bad"], "weight": [0.5, -0.25]})
       word  weight
    0  good    0.50
    1   bad   -0.25
    """
    return pd.DataFrame({name: column_of(values) for name, values in columns.items()})


def column_of(values, dtype=None):
    """Return values as a column of pandas.

    Parameters
    ----------
    values : sequence
        Any values.

    dtype : object, default=None
        Type of the column; `None` for the one that pandas finds.

    Returns
    -------
    column : pandas.Series
        Of objects where Arrow cannot hold the texts.
    """
    try:
        return pd.Series(values, dtype=dtype)
    except UnicodeEncodeError:
        return pd.Series(values, dtype=object)


def index_of(labels):
    """Return labels as an index of pandas; tuples are labels of several levels.

    Parameters
    ----------
    labels : sequence
        Names of rows or columns, of any type.

    Returns
    -------
    index : pandas.Index
        Of objects where Arrow cannot hold the texts.

    Examples
    --------
    >>> from sklime.utils._frames import index_of
    >>> index_of([("a", 1), ("a", 2)]).nlevels
    2
    """
    is_nested = len(labels) and all(type(label) is tuple for label in labels)
    try:
        return pd.MultiIndex.from_tuples(labels) if is_nested else pd.Index(labels)
    except UnicodeEncodeError:
        return pd.Index(labels, dtype=object, tupleize_cols=False)


def row_labels(X):
    """Return what the user calls the rows.

    Parameters
    ----------
    X : object
        Any table.

    Returns
    -------
    labels : ndarray of shape (n_samples,)
        The index of a pandas frame, else indices.
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
    return [f"x{index}" for index in range(X.shape[1])]


def answer_names(answer):
    """Return how a model named the columns of its answer.

    Parameters
    ----------
    answer : object
        Frame, series or anything else.

    Returns
    -------
    names : list or None
        `None` where there are no names, or only the indices that pandas counts.
    """
    if isinstance(answer, pd.Series) or type(answer).__module__.startswith("polars.series"):
        return [answer.name] if answer.name not in (None, "") else None
    if not is_frame(answer) or isinstance(answer.columns, pd.RangeIndex):
        return None
    return [name.item() if isinstance(name, np.generic) else name for name in answer.columns]


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
