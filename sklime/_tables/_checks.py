"""Checks of rows: missing values that the model may refuse, texts that are no categories."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklime._responses._columns import Column
from sklime._responses._response import ModelResponse
from sklime._tables._groups import GroupLevels
from sklime.utils._frames import columns_where
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray
from sklime.utils._warnings import warn

__all__ = [
    "check_large",
    "check_missing",
    "held_in_single",
    "is_large",
    "warn_of_texts",
    "without_missing",
]

# Largest number of 32 bits. Trees of scikit-learn and many networks refuse larger ones.
_LARGEST_SINGLE = float(np.finfo(np.float32).max)

# If this share of the texts of a column are distinct, in at least this many rows, the column
# probably holds texts to be read, not categories.
SHARE_OF_DISTINCT_TEXTS = 0.9
MIN_ROWS_OF_TEXTS = 30


def warn_of_texts(
    columns: Sequence[Column | GroupLevels],
    matrix: Any,
    column_names: Sequence[str],
    *,
    has_names: bool = True,
) -> None:
    """Warn of columns of texts that are nearly all distinct.

    Parameters
    ----------
    columns : sequence of Column or GroupLevels
        Conversion of each column.

    matrix : ndarray or SparseColumns of shape (n_samples, n_features)
        Training rows.

    column_names : sequence of str
        Names of the columns.

    has_names : bool, default=True
        Whether the table of the user has these names; an array has none.
    """
    for index, column in enumerate(columns):
        if isinstance(column, GroupLevels) or not column.is_categorical:
            continue
        n_present = np.count_nonzero(~np.isnan(matrix[:, index]))
        if n_present < MIN_ROWS_OF_TEXTS or not isinstance(column.levels[0], str):
            continue
        if column.n_levels >= SHARE_OF_DISTINCT_TEXTS * n_present:
            name = column_names[index]
            way_out = f"use LimeTextExplainer(model, column={name!r})"
            if not has_names:
                way_out = (
                    "make a DataFrame of the array, fit a model on it, and use "
                    "LimeTextExplainer(model, column=...) with the name of the column"
                )
            warn(
                f"Column {name} has {column.n_levels} different texts in {n_present} rows. "
                "Each is a category of its own, so that its weight compares this text with "
                f"any other. To explain its words, {way_out}; else leave it out.",
                UserWarning,
            )


def check_missing(
    response: ModelResponse,
    matrix: Any,
    may_miss: BoolArray,
    column_names: Sequence[str],
    first_row: int = 0,
) -> IntArray:
    """Ask the model about missing values in columns that had none before.

    Parameters
    ----------
    response : ModelResponse
        Responses of the model.

    matrix : ndarray or SparseColumns of shape (n_rows, n_features)
        Rows.

    may_miss : ndarray of bool of shape (n_features,)
        Columns about which the model has been asked already.

    column_names : sequence of str
        Names of the columns.

    first_row : int, default=0
        Number of the first row in the table of the user.

    Returns
    -------
    new : ndarray of int
        Columns with missing values about which the model had not been asked.

    Raises
    ------
    ValueError
        If the model does not take missing values in one of these columns.
    """
    new, rows = columns_where(matrix, np.isnan)
    rows, new = rows[~may_miss[new]], new[~may_miss[new]]
    if new.size == 0 or _refusal(response, matrix[np.unique(rows)]) is None:
        return new
    # One column at a time, so that the error names the column.
    for index, row in zip(new, rows):
        refusal = _refusal(response, matrix[[row]])
        if refusal is not None:
            # A model that fails without the missing values too has another fault: its own
            # error is raised here.
            response(without_missing(matrix, row))
            raise ValueError(
                f"Input X contains NaN in column {column_names[index]}, first in row "
                f"{first_row + row}. {response.name} does not take missing values there "
                f"({refusal}): impute them before, or explain a Pipeline that does."
            )
    return new


def check_large(
    response: ModelResponse,
    matrix: Any,
    may_be_large: BoolArray,
    column_names: Sequence[str],
    first_row: int = 0,
) -> IntArray:
    """Ask the model about numbers beyond 32 bits in columns that had none before.

    A reading of the model would give weights for numbers that the model refuses.

    Parameters
    ----------
    response : ModelResponse
        Responses of the model.

    matrix : ndarray or SparseColumns of shape (n_rows, n_features)
        Rows.

    may_be_large : ndarray of bool of shape (n_features,)
        Columns about which the model has been asked already.

    column_names : sequence of str
        Names of the columns.

    first_row : int, default=0
        Number of the first row in the table of the user.

    Returns
    -------
    new : ndarray of int
        Columns with numbers beyond 32 bits about which the model had not been asked.

    Raises
    ------
    ValueError
        If the model does not take such numbers in one of these columns.
    """
    new, rows = columns_where(matrix, is_large)
    rows, new = rows[~may_be_large[new]], new[~may_be_large[new]]
    if new.size == 0 or _error(response, matrix[np.unique(rows)]) is None:
        return new
    for index, row in zip(new, rows):
        one: FloatArray = np.asarray(matrix[[row]])
        held = held_in_single(one)
        # Only this number is large, so that the error names its column.
        held[0, index] = one[0, index]
        refusal = _error(response, held)
        if refusal is not None:
            # A model that fails at a smaller number too has another fault: its own error.
            response(held_in_single(one))
            raise ValueError(
                f"Input X contains {one[0, index]:.6g} in column {column_names[index]}, first in "
                f"row {first_row + row}, which is beyond 32 bits. {response.name} does not take "
                f"it ({refusal}): replace or remove such values, or explain a Pipeline that "
                "scales them."
            )
    return new


def held_in_single(matrix: FloatArray) -> FloatArray:
    """Return numbers with the largest number of 32 bits in place of larger ones.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_features)
        Rows; NaN stays NaN.

    Returns
    -------
    held : ndarray of shape (n_rows, n_features)
        A copy.
    """
    return np.clip(matrix, -_LARGEST_SINGLE, _LARGEST_SINGLE)


def is_large(values: Array) -> BoolArray:
    """Tell which numbers are beyond 32 bits.

    Parameters
    ----------
    values : ndarray
        Numbers; NaN is not.

    Returns
    -------
    is_large : ndarray of bool of the shape of `values`
        False for all numbers that float32 holds.
    """
    return np.abs(values) > _LARGEST_SINGLE


def _error(response: ModelResponse, matrix: FloatArray) -> str | None:
    """Return the error of the model at some rows; None if it answers."""
    try:
        # The conversion to 32 bits, which the model refuses next, warns.
        with np.errstate(over="ignore"):
            response(matrix)
    except (TypeError, ValueError, OverflowError) as error:
        return str(error).partition("\n")[0]
    return None


def without_missing(matrix: Any, row: int) -> FloatArray:
    """Fill the missing values of a row.

    Parameters
    ----------
    matrix : ndarray or SparseColumns of shape (n_rows, n_features)
        Rows.

    row : int
        Index of the row.

    Returns
    -------
    filled : ndarray of shape (1, n_features)
        The row, with the first present value of a column for a missing one; 0 if there is
        none.
    """
    filled: FloatArray = matrix[[row]]
    for index in np.flatnonzero(np.isnan(filled[0])):
        values = np.asarray(matrix[:, [index]])[:, 0]
        filled[0, index] = next(iter(values[~np.isnan(values)]), 0.0)
    return filled


def _refusal(response: ModelResponse, matrix: FloatArray) -> str | None:
    """Return why the model does not answer at some rows; None if it answers."""
    try:
        answers = response(matrix)
    except (TypeError, ValueError) as error:
        return str(error).partition("\n")[0]
    return None if np.isfinite(answers).all() else "it returns NaN"
