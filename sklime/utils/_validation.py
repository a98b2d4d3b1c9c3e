"""Checks of the user's tables, at the boundary."""

from numbers import Integral

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from sklime.utils._frames import column_kind, column_names, columns_where, is_frame
from sklime.utils._text import listed

__all__ = [
    "categorical_columns",
    "check_finite",
    "check_same_columns",
    "validated_table",
]


def validated_table(explainer, X, *, reset, has_target=True):
    """Check a table.

    Parameters
    ----------
    explainer : estimator
        Whose ``n_features_in_`` and ``feature_names_in_`` are set or compared.

    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The table.

    reset : bool
        Whether this is the table that the explainer learns from.

    has_target : bool, default=True
        Whether labels came with it.

    Returns
    -------
    table : ndarray, sparse matrix or DataFrame of shape (n_samples, n_features)
        A frame as it is, anything else as an array.
    """
    _check_container(X)
    y = "no_validation" if has_target or not reset else None
    options = {"y": y, "reset": reset, "ensure_all_finite": False}
    _check_not_a_series(X)
    if is_frame(X):
        validate_data(explainer, X, y=y, reset=reset, skip_check_array=True)
        if X.shape[0] == 0:
            raise ValueError(
                f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is required."
            )
        table = X
    elif _holds_texts(X):
        table = validate_data(explainer, X, dtype=object, **options)
    else:
        table = validate_data(
            explainer, X, dtype="numeric", accept_sparse=["csr", "csc"], **options
        )
    _check_kinds(table)
    return table


def _check_not_a_series(X):
    # What `X.iloc[0]` gives: a row that has lost its types and its place in a table.
    if hasattr(X, "iloc") and getattr(X, "ndim", 2) == 1:
        raise ValueError(
            f"Expected a 2D table, got a Series of shape {X.shape}. A table of one row is "
            "X.iloc[[i]], or X.head(1) for the first."
        )


def categorical_columns(categorical_features, X):
    """Tell which columns hold levels.

    Parameters
    ----------
    categorical_features : "from_dtype", or array-like of str, int or bool
        What the user says.

    X : ndarray, sparse matrix or DataFrame of shape (n_samples, n_features)
        The table.

    Returns
    -------
    is_categorical : ndarray of bool of shape (n_features,)
        The columns named, and those whose type leaves no choice.

    Raises
    ------
    ValueError
        If a name, an index or the length of a mask does not fit the table.
    """
    n_features = X.shape[1]
    kinds = ["number"] * n_features if sparse.issparse(X) else _kinds(X)
    is_categorical = np.array([kind == "category" for kind in kinds], dtype=bool)
    if isinstance(categorical_features, str) and categorical_features == "from_dtype":
        return is_categorical
    if categorical_features is None:
        return is_categorical
    chosen = np.atleast_1d(np.asarray(categorical_features))
    if chosen.dtype == bool:
        if chosen.shape != (n_features,):
            raise ValueError(
                f"categorical_features is a mask of {chosen.size} values for {n_features} "
                "columns; pass one value a column."
            )
        return is_categorical | chosen
    names = column_names(X)
    for item in chosen.tolist():
        is_categorical[_column_place(item, names, is_frame(X))] = True
    return is_categorical


def check_finite(matrix, names):
    """Refuse infinite numbers.

    Parameters
    ----------
    matrix : ndarray of float of shape (n_samples, n_features)
        The table.

    names : sequence of str
        Names of its columns.

    Raises
    ------
    ValueError
        Naming the columns.
    """
    places, rows = columns_where(matrix, np.isinf)
    if places.size:
        raise ValueError(
            f"Input X contains infinity, in columns {listed(names[place] for place in places)}, "
            f"first in row {rows.min()}; replace or remove such values before explaining."
        )


def check_same_columns(estimator, X):
    """Check that a model was fitted on the columns of a table.

    Parameters
    ----------
    estimator : object
        Fitted model or function.

    X : ndarray or DataFrame of shape (n_samples, n_features)
        The table.

    Raises
    ------
    ValueError
        If the number of columns, or the names, are not those of the model.
    """
    n_features = getattr(estimator, "n_features_in_", X.shape[1])
    if n_features != X.shape[1]:
        raise ValueError(
            f"X has {X.shape[1]} features, but {type(estimator).__name__} was fitted on "
            f"{n_features}; pass the table that the model takes."
        )
    names = getattr(estimator, "feature_names_in_", None)
    if names is None or not is_frame(X):
        return
    # LightGBM learns the names with "_" for each space.
    if _joined_names(names) != _joined_names(X.columns):
        unknown = [name for name in X.columns if name not in set(names)]
        what = f"unknown to it: {listed(unknown)}" if unknown else "the order differs"
        raise ValueError(
            f"The columns of X are not those that {type(estimator).__name__} was fitted on "
            f"({what}); pass the table that the model takes."
        )


def _joined_names(names):
    return [str(name).replace(" ", "_") for name in names]


def _check_container(X):
    """Refuse tables that scikit-learn's checks would misread, or fail on without a reason."""
    if hasattr(X, "collect") and not hasattr(X, "shape"):
        raise TypeError(
            f"X is a lazy table, a {type(X).__name__}, which has no rows yet; pass X.collect()."
        )
    if isinstance(X, np.ma.MaskedArray) and np.ma.is_masked(X):
        raise ValueError(
            "X is a masked array, whose masked values would be read as if they were not masked; "
            "pass X.astype(float).filled(np.nan)."
        )
    if is_frame(X):
        names = column_names(X)
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(
                f"Columns of X share a name: {listed(repeated)}. Give each column its own, by "
                "which its weights can be told apart."
            )


def _holds_texts(X):
    """Tell whether an array of objects holds something that is not a number."""
    if sparse.issparse(X) or (not hasattr(X, "__array__") and not isinstance(X, list | tuple)):
        return False
    array = np.asarray(X) if hasattr(X, "__array__") else np.asarray(X, dtype=object)
    if array.ndim != 2 or array.dtype.kind not in "OUS":
        return False
    return any(isinstance(value, str | bytes) for value in array.ravel())


def _kinds(X):
    return [column_kind(X, place) for place in range(X.shape[1])]


def _check_kinds(X):
    if sparse.issparse(X):
        return
    names, kinds = column_names(X), _kinds(X)
    times = [name for name, kind in zip(names, kinds) if kind == "time"]
    if times:
        raise ValueError(
            f"Columns {listed(times)} hold dates or times, which have no bins of their own. Encode "
            "them as numbers before the model, for example as days since a fixed day, or month "
            "and weekday, or leave them out."
        )
    others = [name for name, kind in zip(names, kinds) if kind == "other"]
    if others:
        raise ValueError(
            f"Columns {listed(others)} hold neither numbers nor categories; encode them before the "
            "model, or leave them out."
        )


def _column_place(item, names, has_names):
    n_features = len(names)
    if isinstance(item, str):
        if item in names and has_names:
            return names.index(item)
        raise ValueError(
            f"categorical_features names {item!r}, which is not a column; the columns are "
            f"{listed(names)}."
        )
    if isinstance(item, Integral) and 0 <= item < n_features:
        return int(item)
    raise ValueError(
        f"categorical_features has {item!r}, which is no index of a column; pass indices from 0 "
        f"to {n_features - 1}, names or a mask."
    )
