"""Containers of documents: lists, arrays, series, frames of one column, a column of a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sklime._responses._dtypes import is_objects
from sklime.utils._frames import column_of, is_frame, is_pandas, row_labels
from sklime.utils._text import listed
from sklime.utils._types import Array

__all__ = ["DocumentCodec", "RowCodec", "column_documents", "validated_documents"]


@dataclass(frozen=True)
class DocumentCodec:
    """Convert documents to the container of the training documents: a frame or a list.

    Attributes
    ----------
    frame_type : type or None
        Type of the frame; `None` for a list.

    columns : object
        Name of its only column, in the container of the frame.

    dtype : object
        Type of a pandas column that can hold any text; `None` for other columns.
    """

    frame_type: type[Any] | None = None
    columns: Any = None
    dtype: Any = None

    def to_table(self, texts: list[str]) -> Any:
        """Return texts in the container of the training documents.

        Parameters
        ----------
        texts : list of str
            Documents.

        Returns
        -------
        table : list of str or DataFrame of shape (n_documents, 1)
            The same documents.
        """
        if self.frame_type is None:
            return texts
        if not isinstance(self.columns, pd.Index):
            return self.frame_type({self.columns[0]: texts})
        table = self.frame_type({0: column_of(texts, self.dtype)})
        return table.set_axis(self.columns, axis=1)


@dataclass(frozen=True)
class RowCodec:
    """Convert documents to copies of one row of a table, with the texts in one column.

    Attributes
    ----------
    row : DataFrame of shape (1, n_columns)
        The row.

    column : object
        Name of the column of texts.
    """

    row: Any
    column: Any

    def to_table(self, texts: list[str]) -> Any:
        """Return the row once for each text.

        Parameters
        ----------
        texts : list of str
            Values of the column.

        Returns
        -------
        table : DataFrame of shape (n_texts, n_columns)
            All other columns have the values of the row.
        """
        indices = np.zeros(len(texts), dtype=np.intp)
        if not is_pandas(self.row):
            series = self.row[self.column]
            return self.row[indices.tolist()].with_columns(type(series)(self.column, texts))
        table = self.row.iloc[indices].reset_index(drop=True)
        values = column_of(texts, _text_type(self.row[[self.column]]))
        table.isetitem(table.columns.get_loc(self.column), values)
        return table


def column_documents(
    X: Any, column: Any, columns: Sequence[Any] | None = None
) -> tuple[list[str], Array, Callable[[int], RowCodec]]:
    """Check a table with a column of documents.

    Parameters
    ----------
    X : DataFrame of shape (n_rows, n_columns)
        The table.

    column : object
        Name of the column.

    columns : list, default=None
        Names that the columns must have, in this order; `None` for any.

    Returns
    -------
    texts : list of str
        The documents.

    labels : ndarray of shape (n_rows,)
        Labels of the rows.

    codec_of : callable (index) -> RowCodec
        Function from the index of a row to its codec.

    Raises
    ------
    ValueError
        If the table has no names, has other columns, or if the column holds anything but texts.
    """
    if isinstance(X, pd.Series | dict) and column in X:
        kind = "a Series" if isinstance(X, pd.Series) else "a dict"
        raise ValueError(
            f"X is {kind} of one row, which does not keep the types of its columns, and the model "
            "takes the whole row. Pass a table of one row: df.iloc[[0]] for df.iloc[0], "
            "df.loc[[label]] for df.loc[label], or pd.DataFrame([row]) for a dict."
        )
    if not is_frame(X):
        raise ValueError(
            f"column={column!r} names a column, but X is of type {type(X).__name__}, whose columns "
            "have no names. Pass a DataFrame, or column=None for a list of texts."
        )
    names = list(X.columns)
    if names.count(column) != 1:
        raise ValueError(
            f"column={column!r} is not one of the columns of X: {listed(map(repr, names))}."
        )
    if columns is not None and names != columns:
        raise ValueError(
            "The feature names should match those that were passed during fit: "
            f"{listed(map(repr, columns))}, in this order; X has {listed(map(repr, names))}."
        )
    texts, labels, _ = validated_documents(X[[column]])
    return texts, labels, lambda index: RowCodec(_row(X, index), column)


def _row(X: Any, index: int) -> Any:
    return X.iloc[[index]] if is_pandas(X) else X[[index]]


def validated_documents(X: Any) -> tuple[list[str], Array, DocumentCodec]:
    """Check documents.

    Parameters
    ----------
    X : iterable of str, Series or DataFrame of shape (n_documents, 1)
        Documents.

    Returns
    -------
    texts : list of str
        The documents.

    labels : ndarray of shape (n_documents,)
        Labels of the documents: the index of a series or frame, else numbers from 0.

    codec : DocumentCodec
        Codec to the same kind of container.

    Raises
    ------
    ValueError
        If there are no documents, or if one is not a text.
    """
    if isinstance(X, str | bytes):
        raise ValueError(
            "X is one text, and would be read letter by letter; pass a list of documents, [text]."
        )
    codec = DocumentCodec()
    if is_frame(X):
        _check_one_column(X.shape)
        codec = DocumentCodec(type(X), X.columns, _text_type(X))
        labels, entries = row_labels(X), list(X[X.columns[0]])
    elif isinstance(X, pd.Series):
        labels, entries = X.index.to_numpy(), X.tolist()
    else:
        entries = _entries(X)
        labels = np.arange(len(entries))
    if not entries:
        raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
    return [_checked_text(entry, label) for entry, label in zip(entries, labels)], labels, codec


def _text_type(X: Any) -> Any:
    """Return the type of a column of texts; None if it cannot hold all texts, as categories."""
    dtype = X.dtypes.iloc[0] if is_pandas(X) else None
    is_text = isinstance(dtype, pd.StringDtype) or getattr(dtype, "kind", "") == "U"
    return dtype if is_text or is_objects(dtype) else None


def _entries(X: Any) -> list[Any]:
    if sparse.issparse(X):
        raise ValueError("X is a sparse matrix; pass a list of texts, as the vectorizer takes it.")
    if hasattr(X, "shape") and len(X.shape) != 1:
        array = np.asarray(X)
        if array.ndim != 2:
            raise ValueError(
                f"X has {array.ndim} dimensions; pass a list of texts, or one column of them. "
                "Reshape your data to one dimension."
            )
        _check_one_column(array.shape)
        entries: list[Any] = array[:, 0].tolist()
        return entries
    if isinstance(X, dict) or not hasattr(X, "__iter__"):
        raise TypeError(f"X is of type {type(X).__name__}; pass a list of texts.")
    return list(X)


def _check_one_column(shape: tuple[int, ...]) -> None:
    if shape[1] != 1:
        raise ValueError(
            f"X has {shape[1]} columns, but documents are one column of texts. Pass that column, "
            "or name it as column=... where the model takes the whole table."
        )


def _checked_text(entry: Any, label: Any) -> str:
    if isinstance(entry, str):
        return str(entry)
    fault, way_out = f"holds {entry!r}, which is no text", "turn it into a text"
    if entry is None or entry is pd.NA or (isinstance(entry, float) and np.isnan(entry)):
        fault, way_out = f"is missing ({entry!r})", "leave it out, or fill in an empty text"
    elif isinstance(entry, bytes):
        fault, way_out = "holds bytes, not a text", "decode them, for example as UTF-8"
    raise ValueError(f"Row {label} of X {fault}; {way_out} before explaining.")
