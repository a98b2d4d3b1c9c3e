"""The check of a reading against the answers of its model."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sklime._readings._reading import Reading, UnreadableError
from sklime.utils._types import BoolArray, FloatArray

__all__ = ["checked", "share_of_largest"]

# Largest difference, as a part of the largest answer: in double and in single precision.
_OF_LARGEST, _OF_LARGEST_SINGLE = 1e-9, 1e-5

# Largest difference, as a part of the standard deviation. A target that is shifted by a million
# has large answers, and a reading with the first tolerance alone could be anything.
_OF_DEVIATION = 1e-3

# Answers that differ by so many units in the last place at most are one constant. Any more would
# let the second tolerance go for shifted targets.
_CONSTANT_ULPS = 4


def checked(reading: Reading, ask: Callable[[Any], FloatArray], tables: Sequence[Any]) -> Reading:
    """Compare a reading with its model, and return it with the base value of the model.

    The base value is the median difference of every second row, so that initial values and
    averages of a model need not be read. The other rows did not take part in it.

    Parameters
    ----------
    reading : Reading
        What a reader made of the model.

    ask : callable
        Function from a table to the answers of the model, floats of shape (n_rows, n_outputs).

    tables : sequence of table
        Rows to compare, such as training rows and perturbed rows; at least two rows together.

    Returns
    -------
    reading : Reading
        With the base value found by asking.

    Raises
    ------
    UnreadableError
        If any row differs: by more than 1e-9 of the largest answer (1e-5 in single precision),
        by more than 1e-3 of the standard deviation of the answers, or if one of both is not
        finite.
    """
    answers = np.concatenate([np.asarray(ask(table), dtype=np.float64) for table in tables])
    with np.errstate(over="ignore", invalid="ignore"):
        found = np.concatenate([reading.answer(table) for table in tables])
    if answers.shape != found.shape:
        raise UnreadableError(
            f"the reading of the model has answers of shape {found.shape}, and the model of "
            f"shape {answers.shape}"
        )
    is_compared = np.isfinite(answers) & np.isfinite(found)
    if not (is_compared[::2].any(axis=0) & is_compared[1::2].any(axis=0)).all():
        raise UnreadableError("too few answers of the model are finite to check its reading")
    shift = _median_difference(answers[::2], found[::2], is_compared[::2])
    is_bad = np.isfinite(answers) != np.isfinite(found)
    difference = np.zeros(answers.shape)
    np.subtract(found + shift, answers, out=difference, where=is_compared)
    is_bad |= np.abs(difference) > _tolerance(answers, is_compared, share_of_largest(reading))
    if is_bad.any():
        raise UnreadableError(_difference_in_words(difference, is_bad, answers, found))
    return replace(reading, base=reading.base + shift)


def share_of_largest(reading: Reading) -> float:
    """Return how much a reading may differ from its model, as a part of the largest answer.

    Parameters
    ----------
    reading : Reading
        The reading.

    Returns
    -------
    share : float
        Larger for a model that adds in single precision.
    """
    return _OF_LARGEST_SINGLE if reading.is_single else _OF_LARGEST


def _median_difference(
    answers: FloatArray, found: FloatArray, is_compared: BoolArray
) -> FloatArray:
    """Return the median of model minus reading, for each output."""
    columns = zip(answers.T, found.T, is_compared.T)
    return np.array([np.median(one[here] - other[here]) for one, other, here in columns])


def _tolerance(answers: FloatArray, is_compared: BoolArray, of_largest: float) -> FloatArray:
    """Return the largest difference that passes, for each output."""
    tolerance = np.empty(answers.shape[1])
    for output, (column, here) in enumerate(zip(answers.T, is_compared.T)):
        values = column[here]
        largest = np.abs(values).max()
        tolerance[output] = of_largest * largest
        if np.ptp(values / (largest or 1.0)) > _CONSTANT_ULPS * np.finfo(np.float64).eps:
            # The deviation of values near the largest float overflows without the factor.
            unit = largest or 1.0
            deviation = unit * np.std(values / unit)
            tolerance[output] = min(tolerance[output], _OF_DEVIATION * deviation)
    return tolerance


def _difference_in_words(
    difference: FloatArray, is_bad: BoolArray, answers: FloatArray, found: FloatArray
) -> str:
    """Say how many rows differ, and by how much."""
    n_bad, n_rows = int(is_bad.any(axis=1).sum()), len(is_bad)
    n_infinite = int((np.isfinite(answers) != np.isfinite(found)).any(axis=1).sum())
    largest = np.abs(difference[is_bad]).max()
    parts = [f"by {largest:.3g} at most"] if largest > 0 else []
    if n_infinite:
        parts.append(f"and in {n_infinite} of them only one of both answers is finite")
    return (
        f"the reading of the model differs from the model in {n_bad} of {n_rows} rows, "
        f"{', '.join(parts)}"
    )
