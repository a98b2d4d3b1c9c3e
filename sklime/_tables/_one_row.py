"""One row as people have it at hand: a Series of pandas, or a dict from names to cells."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sklime.utils._text import listed

__all__ = ["as_table"]


def as_table(X, names):
    """Turn a row whose cells have names into a table of one row.

    Parameters
    ----------
    X : object
        What is to be explained.

    names : Index or sequence
        Names of the columns of the training rows; empty for an array.

    Returns
    -------
    X : object
        A frame of one row, its columns in the order of `names` and its index the name of the
        Series, where `X` is a Series or a dict; else `X` itself.

    Raises
    ------
    ValueError
        If the cells of the row are not those of the training rows.

    Examples
    --------
    >>> from sklime._tables._one_row import as_table
    >>> as_table({"age": 41, "job": "nurse"}, ["job", "age"])
         job  age
    0  nurse   41
    """
    if isinstance(X, pd.Series):
        return _from_cells(dict(zip(X.index, X)), names, X.index, "a Series", X.name)
    if isinstance(X, Mapping):
        _check_cells(X)
        return _from_cells(X, names, X, "a dict", None)
    return X


def _check_cells(X):
    """Refuse a dict of whole columns."""
    for name, value in X.items():
        if np.ndim(value) > 0:
            raise ValueError(
                f"X is a dict with {type(value).__name__} under {name!r}, where one row has one "
                "cell for each column. Pass pd.DataFrame(X) for a dict of columns."
            )


def _from_cells(cells, names, given, what, label):
    names = list(names)
    if not names:
        raise ValueError(
            f"Expected a 2D table, got {what}. The training rows were a table without names of "
            "columns, so that cells cannot be told by their names. Pass a table of one row, "
            "X.iloc[[i]] of a frame or X[[i]] of an array, or fit on a DataFrame."
        )
    known, found = set(names), set(given)
    if what == "a Series" and known.isdisjoint(found):
        # A column, or a row that has lost its names.
        raise ValueError(
            f"Expected a 2D table, got a Series of shape ({len(given)},) whose index names none "
            "of the columns. A table of one row is X.iloc[[i]], or X.head(1) for the first."
        )
    missing = [name for name in names if name not in found]
    unknown = [name for name in given if name not in known]
    if missing or unknown or len(given) != len(names):
        raise ValueError(_complaint(what, missing, unknown))
    columns = {position: pd.Series([cells[name]]) for position, name in enumerate(names)}
    index = pd.Index([0 if label is None else label], tupleize_cols=False)
    return pd.DataFrame(columns).set_axis(index).set_axis(_axis(names), axis=1)


def _axis(names):
    return pd.Index(names, tupleize_cols=any(isinstance(name, tuple) for name in names))


def _complaint(what, missing, unknown):
    parts = []
    if missing:
        parts.append(f"it has no {listed(map(repr, missing))}")
    if unknown:
        parts.append(f"{listed(map(repr, unknown))} is no column of the training rows")
    if not parts:
        parts = ["it has a name twice"]
    return (
        f"X is {what} that is no row of the table that the explainer was fitted on: "
        f"{'; '.join(parts)}. Pass one cell for each column, under its name."
    )
