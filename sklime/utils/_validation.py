"""Checks of the user's tables, at the boundary."""

import numpy as np
import pandas as pd
from sklearn.utils.validation import validate_data

from sklime.utils._frames import column_names, is_frame
from sklime.utils._text import listed

__all__ = ["check_same_columns", "validated_table"]


def validated_table(explainer, X, *, reset, has_target=True):
    """Check a numeric table.

    Parameters
    ----------
    explainer : estimator
        Whose ``n_features_in_`` and ``feature_names_in_`` are set or compared.

    X : {array-like, DataFrame} of shape (n_samples, n_features)
        The table.

    reset : bool
        Whether this is the table that the explainer learns from.

    has_target : bool, default=True
        Whether labels came with it.

    Returns
    -------
    table : ndarray or DataFrame of shape (n_samples, n_features)
        A frame as it is, anything else as an array of numbers.
    """
    if is_frame(X):
        _check_numeric_columns(X)
    array = validate_data(
        explainer,
        X,
        y="no_validation" if has_target or not reset else None,
        reset=reset,
        dtype="numeric",
        ensure_all_finite=False,
    )
    _check_finite(array, column_names(X if is_frame(X) else array))
    return X if is_frame(X) else array


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
    if names is not None and is_frame(X) and list(names) != list(X.columns):
        unknown = [name for name in X.columns if name not in set(names)]
        what = f"unknown to it: {listed(unknown)}" if unknown else "the order differs"
        raise ValueError(
            f"The columns of X are not those that {type(estimator).__name__} was fitted on "
            f"({what}); pass the table that the model takes."
        )


def _check_numeric_columns(X):
    others = [(name, dtype) for name, dtype in zip(X.columns, X.dtypes) if not _is_numeric(dtype)]
    if others:
        shown = listed(f"{name!r} ({dtype})" for name, dtype in others)
        raise ValueError(
            f"could not convert columns to float, because they are not numeric: {shown}. "
            "Encode them before, or leave them out."
        )


def _is_numeric(dtype):
    if hasattr(dtype, "is_numeric"):
        return dtype.is_numeric() or str(dtype) == "Boolean"
    return pd.api.types.is_numeric_dtype(dtype)


def _check_finite(array, names):
    if array.dtype.kind not in "fc":
        return
    for what, is_bad in (("NaN", np.isnan), ("infinity", np.isinf)):
        bad = is_bad(array)
        if bad.any():
            columns = listed([names[place] for place in np.flatnonzero(bad.any(axis=0))])
            row = int(np.flatnonzero(bad.any(axis=1))[0])
            raise ValueError(
                f"Input X contains {what}, in columns {columns}, first in row {row}; "
                "impute or remove such values before explaining."
            )
