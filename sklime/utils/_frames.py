"""Kind, columns and row labels of a user's table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = [
    "SparseColumns",
    "answer_names",
    "column_blocks",
    "column_names",
    "column_of",
    "columns_where",
    "frame_of",
    "index_of",
    "is_frame",
    "is_pandas",
    "is_polars",
    "n_rows",
    "named_frame",
    "row_labels",
    "some_rows",
    "whole_columns",
]

# Floats of this size and more have no decimals.
_ALL_WHOLE = 2.0**52

# Numbers in one block of columns.
_NUMBERS_PER_BLOCK = 2**16


def is_frame(X: Any) -> bool:
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


def is_pandas(X: Any) -> bool:
    """Tell whether a table is a frame of pandas.

    Parameters
    ----------
    X : object
        Any table.

    Returns
    -------
    is_pandas : bool
        True also for a subclass of DataFrame.
    """
    return isinstance(X, pd.DataFrame)


class SparseColumns:
    """A sparse table that gives its columns and rows as dense arrays, a few at a time.

    It has the part of an array that learning from training rows needs: ``shape``, ``len``,
    iteration over ``T``, rows by index and columns by ``[:, columns]``.

    Parameters
    ----------
    table : sparse matrix of shape (n_samples, n_features)
        The table.
    """

    def __init__(self, table: Any) -> None:
        self._by_column: Any = table.tocsc()
        if not self._by_column.has_canonical_format:
            # Entries of one cell add up. A copy: the table may be the user's own.
            self._by_column = self._by_column.copy()
            self._by_column.sum_duplicates()
        self._by_row: Any = table.tocsr()
        self.shape: tuple[int, int] = table.shape

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        """Return some rows as an array, or some columns as a sparse table like this one."""
        if isinstance(key, tuple):
            return SparseColumns(self._by_column[:, key[1]])
        return self._by_row[key].toarray().astype(np.float64)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Return the whole table as a dense array."""
        dense: Array = self._by_row.toarray().astype(dtype or np.float64)
        return dense

    @property
    def T(self) -> Iterator[FloatArray]:
        """Yield one dense column after the other."""
        # Slices of a sparse matrix make a matrix each, which takes 20 times as long.
        table = self._by_column
        for start, end in pairwise(table.indptr.tolist()):
            column = np.zeros(self.shape[0])
            column[table.indices[start:end]] = table.data[start:end]
            yield column

    def columns(self, start: int, stop: int) -> FloatArray:
        """Return some columns as a dense array, one per row."""
        table = self._by_column
        first, last = table.indptr[start], table.indptr[stop]
        block = np.zeros((stop - start, self.shape[0]))
        counts = np.diff(table.indptr[start : stop + 1])
        here = np.repeat(np.arange(stop - start), counts), table.indices[first:last]
        block[here] = table.data[first:last]
        return block

    def where(self, is_bad: Callable[[Array], BoolArray]) -> tuple[IntArray, IntArray]:
        """Find the columns that store a value of some kind, as `columns_where`.

        Parameters
        ----------
        is_bad : callable
            Function from values to booleans, false for 0.

        Returns
        -------
        indices, rows : ndarray of int
            Columns with such a value, and the index of the first such row.
        """
        found = np.flatnonzero(is_bad(self._by_column.data))
        if found.size == 0:
            return found, found
        columns = np.searchsorted(self._by_column.indptr, found, side="right") - 1
        indices, first = np.unique(columns, return_index=True)
        return indices, np.minimum.reduceat(self._by_column.indices[found], first).astype(np.intp)


def column_blocks(matrix: Array | SparseColumns) -> Iterator[tuple[int, FloatArray]]:
    """Yield the columns of a table, many at once.

    Parameters
    ----------
    matrix : ndarray or SparseColumns of shape (n_samples, n_features)
        The table.

    Yields
    ------
    start : int
        Index of the first column.

    columns : ndarray of shape (n_columns, n_samples)
        Columns, one per row: each is contiguous.
    """
    n_samples, n_features = matrix.shape
    step = max(1, _NUMBERS_PER_BLOCK // max(1, n_samples))
    for start in range(0, n_features, step):
        stop = min(start + step, n_features)
        if isinstance(matrix, SparseColumns):
            yield start, matrix.columns(start, stop)
        else:
            yield start, np.ascontiguousarray(matrix[:, start:stop].T)


def columns_where(
    matrix: Array | SparseColumns, is_bad: Callable[[Array], BoolArray]
) -> tuple[IntArray, IntArray]:
    """Find the columns that hold a value of some kind.

    Parameters
    ----------
    matrix : ndarray or SparseColumns of shape (n_samples, n_features)
        The table.

    is_bad : callable
        Function from the values of a column to booleans, false for 0.

    Returns
    -------
    indices : ndarray of int
        Columns with such a value.

    rows : ndarray of int
        Index of the first such row, for each of these columns.
    """
    if isinstance(matrix, SparseColumns):
        return matrix.where(is_bad)
    found, first = [], []
    for start, columns in column_blocks(matrix):
        bad = is_bad(columns)
        here = np.flatnonzero(bad.any(axis=1))
        found.append(start + here)
        first.append(bad[here].argmax(axis=1))
    nothing = np.zeros(0, dtype=np.intp)
    return np.concatenate([nothing, *found]), np.concatenate([nothing, *first])


def n_rows(batch: Any) -> int:
    """Return the number of rows of a table, or of documents in a list.

    Parameters
    ----------
    batch : ndarray, sparse matrix, frame or list
        A sparse matrix has a shape and no length, a list has a length alone.

    Returns
    -------
    n_rows : int
        At least 0.
    """
    return int(batch.shape[0]) if hasattr(batch, "shape") else len(batch)


def some_rows(table: Any, rows: slice) -> Any:
    """Return neighboring rows of a table.

    Parameters
    ----------
    table : ndarray, sparse matrix or frame
        The table.

    rows : slice
        Which rows.

    Returns
    -------
    rows : ndarray, sparse matrix or frame
        The table itself where these are all rows; of an array a view.
    """
    if rows.start == 0 and rows.stop >= table.shape[0]:
        return table
    return table.iloc[rows] if is_pandas(table) else table[rows]


def whole_columns(matrix: Array | SparseColumns) -> BoolArray:
    """Tell which columns hold whole numbers, of any type.

    pandas stores whole numbers as floats where one of them is missing.

    Parameters
    ----------
    matrix : ndarray or SparseColumns of shape (n_samples, n_features)
        The table, without infinity; NaN is ignored.

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
    return np.concatenate(
        [np.zeros(0, dtype=bool), *(_are_whole(columns) for _, columns in column_blocks(matrix))]
    )


def _are_whole(columns: Array) -> BoolArray:
    is_missing = np.isnan(columns)
    largest = np.abs(columns).max(axis=1, initial=0.0, where=~is_missing)
    is_whole: BoolArray = ((columns == np.rint(columns)) | is_missing).all(axis=1)
    is_whole &= ~is_missing.all(axis=1) & (largest <= _ALL_WHOLE)
    return is_whole


def named_frame(array: Any, names: Sequence[str]) -> Any:
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


def frame_of(columns: Mapping[str, Any]) -> Any:
    """Return a frame whose texts may hold anything that a text of Python holds.

    pandas may store texts in Arrow, which cannot encode a lone surrogate. A column with such
    a text holds objects instead.

    Parameters
    ----------
    columns : dict
        Values by name of the column.

    Returns
    -------
    frame : pandas.DataFrame
        One column per name.

    Examples
    --------
    >>> from sklime.utils._frames import frame_of
    >>> frame_of({"word": ["good", "bad"], "weight": [0.5, -0.25]})
       word  weight
    0  good    0.50
    1   bad   -0.25
    """
    return pd.DataFrame({name: column_of(values) for name, values in columns.items()})


def column_of(values: Any, dtype: Any = None) -> Any:
    """Return values as a column of pandas.

    Parameters
    ----------
    values : sequence
        Any values.

    dtype : object, default=None
        Type of the column; `None` for the type that pandas infers.

    Returns
    -------
    column : pandas.Series
        It holds objects where Arrow cannot store the texts.
    """
    try:
        return pd.Series(values, dtype=dtype)
    except UnicodeEncodeError:
        return pd.Series(values, dtype=object)


def index_of(labels: Any) -> Any:
    """Return labels as an index of pandas; tuples are labels of several levels.

    Parameters
    ----------
    labels : sequence
        Names of rows or columns, of any type.

    Returns
    -------
    index : pandas.Index
        It holds objects where Arrow cannot store the texts.

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


def row_labels(X: Any) -> Array:
    """Return the labels of the rows.

    Parameters
    ----------
    X : object
        Any table.

    Returns
    -------
    labels : ndarray of shape (n_samples,)
        The index of a pandas frame; for other tables the integers from 0.
    """
    if isinstance(X, pd.DataFrame):
        labels: Array = X.index.to_numpy()
        return labels
    return np.arange(X.shape[0])


def column_names(X: Any) -> list[str]:
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


def answer_names(answer: Any) -> list[Any] | None:
    """Return the names that a model gave to the columns of its answer.

    Parameters
    ----------
    answer : object
        Frame, series or anything else.

    Returns
    -------
    names : list or None
        `None` where there are no names, or only the default indices of pandas.
    """
    if isinstance(answer, pd.Series) or type(answer).__module__.startswith("polars.series"):
        return [answer.name] if answer.name not in (None, "") else None
    if not is_frame(answer) or isinstance(answer.columns, pd.RangeIndex):
        return None
    return [name.item() if isinstance(name, np.generic) else name for name in answer.columns]


def is_polars(X: Any) -> bool:
    """Tell whether a table is a frame of polars, without importing polars.

    Parameters
    ----------
    X : object
        Any table.

    Returns
    -------
    is_polars : bool
        True for a frame of polars.
    """
    return type(X).__module__.partition(".")[0] == "polars" and hasattr(X, "columns")
