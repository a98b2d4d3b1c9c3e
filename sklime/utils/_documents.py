"""Documents as they come: lists, arrays, series and frames of one column of texts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from sklime.utils._dtypes import is_objects
from sklime.utils._frames import column_of, is_frame, is_pandas, row_labels

__all__ = ["DocumentCodec", "validated_documents"]


@dataclass(frozen=True)
class DocumentCodec:
    """Makes what the model is given: a frame where documents came in one, else a list.

    Attributes
    ----------
    frame_type : type or None
        Type of the frame.

    columns : object
        Names of its columns, of which there is one.

    dtype : object
        Type of a column of pandas that can hold any text; `None` for others.
    """

    frame_type: type | None = None
    columns: object = None
    dtype: object = None

    def to_table(self, texts):
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


def validated_documents(X):
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
        What the user calls them: the index of a series or frame, else places.

    codec : DocumentCodec
        Makes the same kind of container.

    Raises
    ------
    ValueError
        If there are no documents, or something is not a text.
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


def _text_type(X):
    """Return the type of a column of texts, unless it knows some texts only, as categories do."""
    dtype = X.dtypes.iloc[0] if is_pandas(X) else None
    is_text = isinstance(dtype, pd.StringDtype) or getattr(dtype, "kind", "") == "U"
    return dtype if is_text or is_objects(dtype) else None


def _entries(X):
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
        return array[:, 0].tolist()
    if isinstance(X, dict) or not hasattr(X, "__iter__"):
        raise TypeError(f"X is of type {type(X).__name__}; pass a list of texts.")
    return list(X)


def _check_one_column(shape):
    if shape[1] != 1:
        raise ValueError(
            f"X has {shape[1]} columns, but documents are one column of texts; pass that column."
        )


def _checked_text(entry, label):
    if isinstance(entry, str):
        return str(entry)
    what, way_out = f"holds {entry!r}, which is no text", "turn it into a text"
    if entry is None or entry is pd.NA or (isinstance(entry, float) and np.isnan(entry)):
        what, way_out = f"is missing ({entry!r})", "leave it out, or fill in an empty text"
    elif isinstance(entry, bytes):
        what, way_out = "holds bytes, not a text", "decode them, for example as UTF-8"
    raise ValueError(f"Row {label} of X {what}; {way_out} before explaining.")
