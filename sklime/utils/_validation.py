"""Checks of the user's tables, at the boundary."""

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.utils.validation import validate_data

from sklime.utils._containers import as_array, check_container
from sklime.utils._frames import SparseColumns, column_names, columns_where, is_frame
from sklime.utils._kinds import ColumnKind, column_kind, first_of_kind
from sklime.utils._objects import floats_of_objects
from sklime.utils._text import listed, short_repr
from sklime.utils._types import Array, BoolArray
from sklime.utils._warnings import warn

__all__ = [
    "as_numbers",
    "categorical_columns",
    "check_finite",
    "check_names",
    "check_same_columns",
    "validated_table",
]

# What the message says of columns of a refused kind, before and after an example value.
_REFUSED_KINDS: dict[ColumnKind, tuple[str, str]] = {
    "time": (
        "hold dates or times",
        ", which have no bins of their own. Encode them as numbers before the model, for example "
        "as days since a fixed day, or month and weekday, or leave them out.",
    ),
    "other": (
        "hold neither numbers nor categories",
        "; encode them before the model, or leave them out.",
    ),
}


# By package: attribute with the names of columns, and the default name before its index.
_NAMES_OF_COLUMNS = {
    "catboost": ("feature_names_", ""),
    "lightgbm": ("feature_name", "Column_"),
    "xgboost": ("feature_names", "f"),
}


def validated_table(explainer: Any, X: Any, *, reset: bool, has_target: bool = True) -> Any:
    """Check a table.

    Parameters
    ----------
    explainer : estimator
        Explainer whose ``n_features_in_`` and ``feature_names_in_`` are set or compared.

    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The table.

    reset : bool
        Whether this is the table that the explainer learns from.

    has_target : bool, default=True
        Whether a target was given with the table.

    Returns
    -------
    table : ndarray, sparse matrix or DataFrame of shape (n_samples, n_features)
        A frame unchanged, anything else as an array.
    """
    check_container(X, is_training=reset)
    y = "no_validation" if has_target or not reset else None
    _check_not_a_series(X)
    if is_frame(X):
        validate_data(explainer, X, y=y, reset=reset, skip_check_array=True)
        for n_items, noun in zip(X.shape, ("sample", "feature")):
            if n_items == 0:
                raise ValueError(
                    f"Found array with 0 {noun}(s) (shape={X.shape}) while a minimum of 1 is "
                    "required."
                )
        table = X
    else:
        table = _validated_array(explainer, X, y=y, reset=reset)
    _check_kinds(table)
    return table


def _check_not_a_series(X: Any) -> None:
    # `X.iloc[0]` gives a series: a row without the types of its columns.
    if hasattr(X, "iloc") and getattr(X, "ndim", 2) == 1:
        raise ValueError(
            f"Expected a 2D table, got a Series of shape {X.shape}. A table of one row is "
            "X.iloc[[i]], or X.head(1) for the first."
        )


def _validated_array(explainer: Any, X: Any, **options: Any) -> Any:
    """Check a table without names; objects and texts stay objects."""
    options["ensure_all_finite"] = False
    if not sparse.issparse(X):
        X = as_array(X)
    if X.dtype.kind not in "OUS":
        sparse_formats = ["csr", "csc"]
        return validate_data(explainer, X, dtype="numeric", accept_sparse=sparse_formats, **options)
    return validate_data(explainer, X, dtype=object, **options)


def as_numbers(table: Any, is_categorical: BoolArray) -> Any:
    """Convert an array of objects to floats, as scikit-learn does, if all are numbers.

    Parameters
    ----------
    table : ndarray, sparse matrix or DataFrame of shape (n_samples, n_features)
        Checked training rows.

    is_categorical : ndarray of bool of shape (n_features,)
        Columns whose numbers are labels. Floats need not be able to hold these.

    Returns
    -------
    table : ndarray, sparse matrix or DataFrame of shape (n_samples, n_features)
        Floats, or the unchanged table if it holds anything else than numbers.
    """
    if is_frame(table) or table.dtype != object or set(_kinds(table)) != {"number"}:
        return table
    columns = []
    for name, column, is_label in zip(column_names(table), table.T, is_categorical):
        try:
            columns.append(floats_of_objects(column, name))
        except ValueError:
            if is_label:
                return table
            raise
    return np.column_stack(columns)


def categorical_columns(categorical_features: Any, X: Any) -> BoolArray:
    """Tell which columns are categorical.

    Parameters
    ----------
    categorical_features : "from_dtype", or array-like of str, int or bool
        Names, indices or mask of the columns; "from_dtype" and `None` name none.

    X : ndarray, sparse matrix or DataFrame of shape (n_samples, n_features)
        The table.

    Returns
    -------
    is_categorical : ndarray of bool of shape (n_features,)
        True for the named columns, and for those whose type is categorical.

    Raises
    ------
    ValueError
        If a name, an index or the length of a mask does not fit the table.
    """
    n_features = X.shape[1]
    is_categorical = np.zeros(n_features, dtype=bool)
    if not sparse.issparse(X):
        is_categorical[:] = [kind == "category" for kind in _kinds(X)]
    if isinstance(categorical_features, str) and categorical_features == "from_dtype":
        return is_categorical
    if categorical_features is None:
        return is_categorical
    chosen = np.atleast_1d(np.asarray(categorical_features))
    if chosen.dtype == bool:
        if chosen.shape != (n_features,):
            raise ValueError(
                f"categorical_features is a mask of {chosen.size} values for {n_features} "
                "columns; pass one value per column."
            )
        return _checked_categories(is_categorical | chosen, X)
    names = column_names(X)
    for item in chosen.tolist():
        is_categorical[_column_index(item, names, is_frame(X))] = True
    return _checked_categories(is_categorical, X)


def _checked_categories(is_categorical: BoolArray, X: Any) -> BoolArray:
    if sparse.issparse(X) and is_categorical.any():
        raise ValueError(
            "categorical_features names columns of a sparse table, whose zeros would be levels; "
            "pass X.toarray() or a DataFrame, or encode the levels as columns of 0 and 1 before."
        )
    return is_categorical


def check_finite(matrix: Array | SparseColumns, names: Sequence[str], first_row: int = 0) -> None:
    """Refuse infinite numbers.

    Parameters
    ----------
    matrix : ndarray of float of shape (n_samples, n_features)
        The table.

    names : sequence of str
        Names of its columns.

    first_row : int, default=0
        Index of the first row, where these are some rows of a larger table.

    Raises
    ------
    ValueError
        If a number is infinite; the message names the columns.
    """
    indices, rows = columns_where(matrix, np.isinf)
    if indices.size:
        raise ValueError(
            f"Input X contains infinity, in columns {listed(names[index] for index in indices)}, "
            f"first in row {first_row + rows.min()}; replace or remove such values before "
            "explaining."
        )


def check_names(X: Any, names: Any, owner: str) -> None:
    """Check names of columns that are not texts, which scikit-learn ignores.

    Parameters
    ----------
    X : ndarray, sparse matrix or DataFrame of shape (n_rows, n_features)
        Checked table.

    names : Index or tuple
        Names of the columns in `fit`; empty for an array.

    owner : str
        Name of the explainer's class.

    Raises
    ------
    ValueError
        If names or their order differ. The message is worded as in scikit-learn.

    Warns
    -----
    UserWarning
        For an array, if training rows had names that are not the indices of the columns.
    """
    if len(names) and _are_texts(names):
        # scikit-learn has compared these names, or has warned that there are none.
        return
    # The names of an array's columns are their indices.
    indices = pd.RangeIndex(X.shape[1])
    known = pd.Index(names) if len(names) else indices
    if not is_frame(X):
        if not known.equals(indices):
            warn(
                f"X does not have valid feature names, but {owner} was fitted with feature names",
            )
        return
    given = pd.Index(X.columns)
    unseen, missing = given.difference(known), known.difference(given)
    if not given.equals(known) and (len(names) or not len(unseen)):
        raise ValueError(_difference_of_names(unseen, missing))


def _difference_of_names(unseen: Any, missing: Any) -> str:
    message = "The feature names should match those that were passed during fit.\n"
    if len(unseen):
        message += f"Feature names unseen at fit time: {listed(map(repr, unseen))}.\n"
    if len(missing):
        lost = listed(map(repr, missing))
        message += f"Feature names seen at fit time, yet now missing: {lost}.\n"
    if not len(unseen) and not len(missing):
        message += "Feature names must be in the same order as they were in fit.\n"
    return message


def _are_texts(names: Iterable[Any]) -> bool:
    return all(isinstance(name, str) for name in names)


def check_same_columns(estimator: Any, X: Any) -> None:
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
        If the number or the names of the columns are not those of the model.
    """
    n_features = getattr(estimator, "n_features_in_", X.shape[1])
    if n_features != X.shape[1]:
        raise ValueError(
            f"X has {X.shape[1]} features, but {type(estimator).__name__} was fitted on "
            f"{n_features}; pass the table that the model takes."
        )
    names = _names_known_to(estimator)
    if names is None or not is_frame(X) or len(names) != X.shape[1]:
        return
    # LightGBM stores names with "_" in place of spaces.
    wanted, given = _joined_names(names), _joined_names(X.columns)
    if _package_of(estimator) == "catboost":
        # CatBoost finds columns by name, in any order.
        wanted, given = sorted(wanted), sorted(given)
    if wanted != given:
        unknown = [name for name in X.columns if name not in set(names)]
        what = f"unknown to it: {listed(unknown)}" if unknown else "the order differs"
        raise ValueError(
            f"The columns of X are not those that {type(estimator).__name__} was fitted on "
            f"({what}); pass the table that the model takes."
        )


def _package_of(estimator: Any) -> str:
    return type(estimator).__module__.partition(".")[0]


def _names_known_to(estimator: Any) -> Any:
    """Return the names of the columns that a model was fitted on; None where it has none."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is not None or _package_of(estimator) not in _NAMES_OF_COLUMNS:
        return names
    attribute, default = _NAMES_OF_COLUMNS[_package_of(estimator)]
    names = getattr(estimator, attribute, None)
    names = names() if callable(names) else names
    is_default = names is None or list(names) == [f"{default}{i}" for i in range(len(names))]
    return None if is_default else names


def _joined_names(names: Iterable[Any]) -> list[str]:
    return [str(name).replace(" ", "_") for name in names]


def _kinds(X: Any) -> list[ColumnKind]:
    return [column_kind(X, index) for index in range(X.shape[1])]


def _check_kinds(X: Any) -> None:
    if sparse.issparse(X):
        return
    names, kinds = column_names(X), _kinds(X)
    for refused, (fault, way_out) in _REFUSED_KINDS.items():
        indices = [index for index, kind in enumerate(kinds) if kind == refused]
        if indices:
            row, value = first_of_kind(X, indices[0], refused)
            where = "" if row is None else f" ({short_repr(value)} in row {row})"
            columns = listed(names[index] for index in indices)
            message = f"Columns {columns} {fault}{where}{way_out}"
            if refused == "other" and not is_frame(X):
                # scikit-learn's checks of estimators demand these words in a TypeError.
                raise TypeError(
                    f"{message} An argument must be a string or a number, cell by cell."
                )
            raise ValueError(message)


def _column_index(item: Any, names: Sequence[str], has_names: bool) -> int:
    """Return the index of a column that is given by its name or by its index."""
    n_features = len(names)
    if isinstance(item, str):
        if item in names and has_names:
            return names.index(item)
        raise ValueError(
            f"categorical_features names {item!r}, which is not a column; the columns are "
            f"{listed(names)}."
        )
    if isinstance(item, Integral) and 0 <= int(item) < n_features:
        return int(item)
    raise ValueError(
        f"categorical_features has {item!r}, which is no index of a column; pass indices from 0 "
        f"to {n_features - 1}, names or a mask."
    )
