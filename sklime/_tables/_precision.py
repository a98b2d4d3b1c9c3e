"""Samples of rows of sufficient size: double them until weights are precise enough."""

from collections.abc import Callable
from typing import Unpack, cast

import numpy as np

from sklime._surrogates._precision import Precision
from sklime._tables._rows import (
    ExplainedRows,
    KnownAnswers,
    RowPlan,
    RunOptions,
    explain_rows_again,
)
from sklime._tables._sample import Sample, Sampler, SharedAnswers, is_new
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["explain_until_precise", "is_precise", "precise_shared_sample"]

# Share of the rows that must be precise enough with a shared sample.
SHARE_OF_PRECISE_ROWS = 0.95

# Maximum number of answers that one block of rows keeps, of eight bytes each.
_MAX_ANSWERS = 2**24


def is_precise(precision: Precision, rows: ExplainedRows) -> BoolArray:
    """Tell which rows are precise enough.

    Parameters
    ----------
    precision : Precision
        Required precision.

    rows : ExplainedRows
        Explained rows, with errors.

    Returns
    -------
    is_precise : ndarray of bool of shape (n_rows,)
        False for a row without answers, and if a feature has too few perturbed rows for a
        weight.
    """
    return precision.is_reached(rows.fit) & rows.has_answers & ~rows.is_thin.any(axis=1)


def explain_until_precise(
    plan_of: Callable[[int], RowPlan],
    precision: Precision,
    rows: FloatArray,
    responses: FloatArray,
    answer_index: IntArray,
    **options: Unpack[RunOptions],
) -> ExplainedRows:
    """Explain rows, each with as many perturbed rows as it needs.

    Sizes are doubled until a row is precise enough, and once more. If the standard error of
    one sample is small by chance, the reported one comes from the next sample.

    Parameters
    ----------
    plan_of : callable
        Function from the size of a sample to a `RowPlan`.

    precision : Precision
        Required precision.

    rows, responses, answer_index : ndarray
        As in `explain_rows`.

    **options : RunOptions
        As in `explain_rows`.

    Returns
    -------
    result : ExplainedRows
        Rows in their order. The result of a row does not depend on other rows.
    """
    step = max(1, _MAX_ANSWERS // (precision.sizes[-1] * responses.shape[1]))
    blocks = [slice(start, start + step) for start in range(0, len(rows), step)]
    return ExplainedRows.concatenate(
        [
            _explained_block(
                plan_of, precision, rows[block], responses[block], answer_index[block], options
            )
            for block in blocks
        ]
    )


def _explained_block(
    plan_of: Callable[[int], RowPlan],
    precision: Precision,
    rows: FloatArray,
    responses: FloatArray,
    answer_index: IntArray,
    options: RunOptions,
) -> ExplainedRows:
    """Explain the rows whose answers are kept in memory at the same time."""
    unfinished = np.arange(len(rows))
    was_reached = np.zeros(len(rows), dtype=bool)
    known: KnownAnswers | None = None
    finished: list[ExplainedRows] = []
    order: list[IntArray] = []
    for size in precision.sizes:
        result, known = explain_rows_again(
            plan_of(size),
            rows[unfinished],
            responses[unfinished],
            answer_index[unfinished],
            known,
            **options,
        )
        is_last = size == precision.sizes[-1]
        is_done = was_reached | ~result.has_answers | is_last
        if is_done.any():
            finished.append(result.take(is_done))
            order.append(unfinished[is_done])
        was_reached = is_precise(precision, result)[~is_done]
        unfinished, known = unfinished[~is_done], known[~is_done]
        if unfinished.size == 0:
            break
    return ExplainedRows.concatenate(finished).take(np.argsort(np.concatenate(order)))


def precise_shared_sample(
    sampler: Sampler,
    precision: Precision,
    sample: Sample,
    ask: Callable[[FloatArray], FloatArray],
    fits_of: Callable[[Sample], ExplainedRows],
) -> Sample:
    """Enlarge a sample that rows share until it is precise enough for nearly all of them.

    Parameters
    ----------
    sampler : Sampler
        Sampler of samples of any size.

    precision : Precision
        Required precision; here too sizes are doubled once more.

    sample : Sample
        The first sample, with its answers.

    ask : callable
        Function from perturbed rows to responses.

    fits_of : callable
        Function from a sample to the `ExplainedRows` of the rows that must be precise.

    Returns
    -------
    sample : Sample
        The sample, with its answers.
    """
    for size in precision.sizes[1:]:
        fits = fits_of(sample)
        is_reached = is_precise(precision, fits)[fits.has_answers]
        sample = _enlarged(sampler, sample, size, ask)
        if is_reached.size and is_reached.mean() >= SHARE_OF_PRECISE_ROWS:
            break
    return sample


def _enlarged(
    sampler: Sampler, smaller: Sample, size: int, ask: Callable[[FloatArray], FloatArray]
) -> Sample:
    """Return a larger shared sample; the model is called on its new rows only."""
    known = cast(SharedAnswers, smaller.shared).responses
    sample = sampler.sample(size)
    is_unknown = is_new(sample.bounds, smaller.bounds)
    answers = np.empty((size, known.shape[1]))
    answers[~is_unknown] = known
    answers[is_unknown] = ask(sample.draws.values[is_unknown])
    return sample.answered(answers)
