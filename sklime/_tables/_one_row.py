"""One row as a pandas Series or as a dict of values by column name."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from sklime.utils._text import listed

__all__ = ["as_table"]


def as_table(X: Any, names: Iterable[Any]) -> Any:
    """Turn a row of named values into a table of one row.

    Parameters
    ----------
    X : object
        Input of the user.

    names : Index or sequence
        Names of the columns of the training rows; empty for an array.

    Returns
    -------
    X : object
        If `X` is a Series or a dict, a frame of one row: columns in the order of `names`, the
        name of the Series as index. Else `X` itself.

    Raises
    ------
    ValueError
        If the names of the row are not the columns of the training rows.

    Examples
    --------
    >>> from sklime._tables._one_row import as_table
    >>> as_table({"age": 41, "job": "nurse"}, ["job", "age"])
         job  age
    0  nurse   41
    """
    if isinstance(X, pd.Series):
        return _from_values(dict(zip(X.index, X)), names, X.index, "a Series", X.name)
    # A sparse table of the kind dok is a mapping, too.
    if isinstance(X, Mapping) and not sparse.issparse(X):
        _check_values(X)
        return _from_values(X, names, X, "a dict", None)
    return X


def _check_values(X: Mapping[Any, Any]) -> None:
    """Refuse a dict of whole columns."""
    for name, value in X.items():
        if np.ndim(value) > 0:
            raise ValueError(
                f"X is a dict with {type(value).__name__} under {name!r}, where one row has one "
                "cell for each column. Pass pd.DataFrame(X) for a dict of columns."
            )


def _from_values(
    values: Mapping[Any, Any],
    names: Iterable[Any],
    given: Iterable[Any],
    container: str,
    label: Hashable,
) -> Any:
    """Return the frame of one row, after checking the given names."""
    names, given = list(names), list(given)
    if not names:
        raise ValueError(
            f"Expected a 2D table, got {container}. The training rows were a table without "
            "names of columns, so that cells cannot be told by their names. Pass a table of one "
            "row, X.iloc[[i]] of a frame or X[[i]] of an array, or fit on a DataFrame."
        )
    known, present = set(names), set(given)
    if container == "a Series" and known.isdisjoint(present):
        # Probably a column of the table, or a row without names.
        raise ValueError(
            f"Expected a 2D table, got a Series of shape ({len(given)},) whose index names none "
            "of the columns. A table of one row is X.iloc[[i]], or X.head(1) for the first."
        )
    missing = [name for name in names if name not in present]
    unknown = [name for name in given if name not in known]
    if missing or unknown or len(given) != len(names):
        raise ValueError(_message(container, missing, unknown))
    # Column numbers first: names may be tuples or no texts.
    columns = {number: pd.Series([values[name]]) for number, name in enumerate(names)}
    index = pd.Index([0 if label is None else label], tupleize_cols=False)
    return pd.DataFrame(columns).set_axis(index).set_axis(_axis(names), axis=1)


def _axis(names: list[Any]) -> Any:
    return pd.Index(names, tupleize_cols=any(isinstance(name, tuple) for name in names))


def _message(container: str, missing: Sequence[Any], unknown: Sequence[Any]) -> str:
    parts = []
    if missing:
        parts.append(f"it has no {listed(map(repr, missing))}")
    if unknown:
        parts.append(f"{listed(map(repr, unknown))} is no column of the training rows")
    if not parts:
        parts = ["it has a name twice"]
    return (
        f"X is {container} that is no row of the table that the explainer was fitted on: "
        f"{'; '.join(parts)}. Pass one cell for each column, under its name."
    )
