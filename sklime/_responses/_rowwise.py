"""Check that a model answers row by row: alone as among other rows."""

from dataclasses import replace
from typing import Any

import numpy as np

from sklime._responses._failures import ModelError
from sklime._responses._response import ModelResponse
from sklime.utils._frames import n_rows
from sklime.utils._spread import evenly_spread
from sklime.utils._types import FloatArray, IntArray

__all__ = ["N_OTHERS", "among_others", "check_rowwise"]

# Number of rows among which a row is asked again.
N_OTHERS = 32

# Differences that rounding may make, as a part of the largest answer: sums in another order give
# up to 1e-5 in single precision. Networks that return floats of 32 bits may multiply in 16, and so
# may those behind a logit, whose precision does not show.
_OF_LARGEST, _OF_LARGEST_SINGLE = 1e-5, 1e-2

# Differences below this part of the deviation between rows leave explanations as they are.
_OF_DEVIATION = 0.01


def among_others(n: int, place: int) -> IntArray:
    """Return indices of a row and of others, the row second.

    Parameters
    ----------
    n : int
        Number of rows.

    place : int
        Index of the row.

    Returns
    -------
    indices : ndarray of int of shape (n_asked,), at least 2
        Another row, then the row, then others: each call of two rows or more has both. If there
        is no other row, the row itself twice.
    """
    others = evenly_spread(n, min(n, N_OTHERS))[::-1]
    others = others[others != place] if n > 1 else others
    return np.concatenate([others[:1], np.full(1, place), others[1:]])


def check_rowwise(
    response: ModelResponse, row: Any, rows: Any, place: int, known: FloatArray, *, is_alone: bool
) -> None:
    """Refuse a model whose answer for a row depends on the other rows of the table.

    The model is called once. Only where the answers differ, it is called again, to tell a model
    that depends on other rows from a random one, which is explained with its noise. If the model
    fails, there is nothing to compare: `explain` raises the error if it meets such rows.

    Parameters
    ----------
    response : ModelResponse
        Responses of the model.

    row : ndarray of shape (1, n_features), or list of one document
        The row.

    rows : ndarray of shape (n_rows, n_features), or list of documents
        The same row among others.

    place : int
        Index of the row in `rows`.

    known : ndarray of shape (n_known, n_responses)
        Responses that the model gave before: to the row if it was alone, else to `rows`.

    is_alone : bool
        Whether the model was asked about the row alone before.

    Raises
    ------
    ValueError
        If the answers differ by more than rounding does, and again in the same call.
    """
    if response.batch_size == 1 or n_rows(rows) < 2:
        return
    ask = replace(response, reports_failures=True)
    try:
        alone, among = (known, ask(rows)) if is_alone else (ask(row), known)
        allowed = _allowed(response, among)
        if not _differs(alone[0], among[place], allowed):
            return
        is_random = _differs(among, ask(rows), allowed) or _differs(alone, ask(row), allowed)
    except ModelError:
        return
    if is_random:
        return
    output = int(np.argmax(~np.isclose(alone[0], among[place], rtol=0.0, atol=allowed)))
    one, table = ("text", "list") if isinstance(rows, list) else ("row", "table")
    raise ValueError(
        f"{response.name} answers {alone[0, output]:.6g} for a {one} alone, and "
        f"{among[place, output]:.6g} for the same {one} among {n_rows(rows) - 1} others. Its "
        f"answer depends on the other {one}s of the {table}, or on the place of the {one} in it, "
        f"and explanations would be false. Pass a model that answers {one} by {one}: a Pipeline "
        "with the scaler or ranking fitted on training data, in place of one that each call fits "
        "again."
    )


def _allowed(response: ModelResponse, among: FloatArray) -> FloatArray:
    """Return the largest difference of each output that rounding or chance may make."""
    finite = np.where(np.isfinite(among), among, np.nan)
    is_known = ~np.isnan(finite).all(axis=0)
    allowed = np.zeros(among.shape[1])
    largest = np.nanmax(np.abs(finite[:, is_known]), axis=0)
    # The deviation of values near the largest float overflows without the factor.
    unit = np.where(largest > 0.0, largest, 1.0)
    deviation = unit * np.nanstd(finite[:, is_known] / unit, axis=0)
    allowed[is_known] = _share_of_largest(response, among) * largest + _OF_DEVIATION * deviation
    return allowed


def _share_of_largest(response: ModelResponse, among: FloatArray) -> float:
    """Return the share of the largest answer that rounding may reach, by the answers' precision."""
    if response.link != "identity":
        return _OF_LARGEST_SINGLE
    answers = among[:, : len(response.known_outputs)]
    with np.errstate(over="ignore", under="ignore"):
        is_single = (answers.astype(np.float32) == answers) | np.isnan(answers)
    return _OF_LARGEST_SINGLE if is_single.all(axis=0).any() else _OF_LARGEST


def _differs(one: FloatArray, other: FloatArray, allowed: FloatArray) -> bool:
    """Tell whether two answers for the same rows differ by more than is allowed."""
    is_same = np.isclose(one, other, rtol=0.0, atol=allowed, equal_nan=True)
    return not bool(is_same.all())
