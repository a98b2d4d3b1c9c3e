"""Samples of sufficient size: double them until weights are precise enough."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import index
from typing import Literal, TypeAlias, Unpack, cast

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklime._tables._rows import (
    ExplainedRows,
    KnownAnswers,
    RowPlan,
    RunOptions,
    explain_rows_again,
)
from sklime._tables._sample import Sample, Sampler, SharedAnswers, is_new
from sklime.utils._intervals import half_widths
from sklime.utils._replicates import spread_out, top_features
from sklime.utils._text import listed
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray
from sklime.utils._warnings import warn

__all__ = [
    "CRITERIA",
    "Precision",
    "explain_until_precise",
    "precise_shared_sample",
    "sample_sizes",
    "warn_imprecise",
]

# With few replicates a standard error is too often small by chance. Doubling would stop there
# and report intervals that are too narrow.
MIN_REPLICATES_AUTO = 16

# Perturbed rows per replicate of the first sample.
FIRST_REPLICATE_SIZE = 16

# Number of strongest features that must agree between replicates.
N_TOP_FEATURES = 5

# Share of the rows that must be precise enough with a shared sample.
SHARE_OF_PRECISE_ROWS = 0.95

# Maximum number of answers that one block of rows keeps, of eight bytes each.
_MAX_ANSWERS = 2**24


def sample_sizes(n_replicates: int, max_perturbations: int) -> list[int]:
    """Return the sizes of samples to try; each is twice the previous one.

    Parameters
    ----------
    n_replicates : int
        Number of replicates.

    max_perturbations : int
        Largest size.

    Returns
    -------
    sizes : list of int
        At least one size.

    Raises
    ------
    ValueError
        If the first size is larger than the largest.

    Examples
    --------
    >>> from sklime._tables._precision import sample_sizes
    >>> sample_sizes(16, 2000)
    [256, 512, 1024]
    """
    # A small integer type of NumPy would overflow when a size is doubled.
    n_replicates, max_perturbations = index(n_replicates), index(max_perturbations)
    sizes = [FIRST_REPLICATE_SIZE * n_replicates]
    if sizes[0] > max_perturbations:
        raise ValueError(
            f"max_perturbations={max_perturbations} is less than the {sizes[0]} perturbations "
            f"that n_perturbations='auto' begins with ({FIRST_REPLICATE_SIZE} for each of "
            f"{n_replicates} replicates); raise it or pass a number as n_perturbations."
        )
    while 2 * sizes[-1] <= max_perturbations:
        sizes.append(2 * sizes[-1])
    return sizes


def _largest_half_widths(rows: ExplainedRows, n_replicates: int, is_comparable: bool) -> FloatArray:
    """Return the largest half-width of each row, relative to its largest weight."""
    widths: FloatArray = half_widths(rows.fit.standard_errors, n_replicates)
    widths = np.nan_to_num(widths).max(axis=1)
    largest = np.abs(rows.fit.values).max(axis=1)
    if is_comparable:
        largest = largest.max(axis=1, keepdims=True)
    relative = np.divide(widths, largest, out=np.zeros_like(widths), where=largest > 0.0)
    largest_of_row: FloatArray = relative.max(axis=1)
    return largest_of_row


def _disagreement(rows: ExplainedRows, n_replicates: int, is_comparable: bool) -> FloatArray:
    """Return one minus the mean Jaccard index with the strongest features of other seeds."""
    reported = top_features(rows.fit.values, N_TOP_FEATURES, axis=1)[:, None]
    others = top_features(spread_out(rows.fit.reselected_values), N_TOP_FEATURES, axis=2)
    n_either = (reported | others).sum(axis=2)
    n_both = (reported & others).sum(axis=2)
    jaccard: FloatArray = np.divide(n_both, n_either, out=np.ones(n_both.shape), where=n_either > 0)
    disagreement: FloatArray = 1.0 - jaccard.mean(axis=1).min(axis=1)
    return disagreement


_Criterion: TypeAlias = Callable[[ExplainedRows, int, bool], FloatArray]

CRITERIA: dict[str, _Criterion] = {
    "half_width": _largest_half_widths,
    "top_features": _disagreement,
}


@dataclass(frozen=True)
class Precision:
    """Required precision of the weights.

    Attributes
    ----------
    criterion : {"half_width", "top_features"}
        Measure of the precision.

    tol : float
        Largest allowed value of the measure.

    n_replicates : int
        Number of replicates.

    is_comparable : bool
        Whether weights of several outputs have the same unit, as for classes.

    max_perturbations : int
        Largest size of a sample.
    """

    criterion: Literal["half_width", "top_features"]
    tol: float
    n_replicates: int
    is_comparable: bool
    max_perturbations: int

    @cached_property
    def sizes(self) -> list[int]:
        """Return the sizes of samples to try."""
        return sample_sizes(self.n_replicates, self.max_perturbations)

    def is_reached(self, rows: ExplainedRows) -> BoolArray:
        """Tell which rows are precise enough.

        Parameters
        ----------
        rows : ExplainedRows
            Explained rows, with errors.

        Returns
        -------
        is_reached : ndarray of bool of shape (n_rows,)
            False for a row without answers, and if a feature has too few perturbed rows for a
            weight.
        """
        measured = CRITERIA[self.criterion](rows, self.n_replicates, self.is_comparable)
        is_precise: BoolArray = measured <= self.tol
        return is_precise & rows.has_answers & ~rows.is_thin.any(axis=1)


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
        was_reached = precision.is_reached(result)[~is_done]
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
        is_reached = precision.is_reached(fits)[fits.has_answers]
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


def warn_imprecise(
    precision: Precision, is_imprecise: BoolArray, n_perturbations: IntArray, row_labels: Array
) -> None:
    """Warn of rows that are not as precise as required.

    Parameters
    ----------
    precision : Precision
        Required precision.

    is_imprecise : ndarray of bool of shape (n_rows,)
        Rows to warn of.

    n_perturbations : ndarray of int of shape (n_rows,)
        Number of perturbed rows of each row.

    row_labels : ndarray of shape (n_rows,)
        Labels of the rows.
    """
    if is_imprecise.any():
        warn(
            f"tol={precision.tol} (criterion={precision.criterion!r}) is not reached with "
            f"{n_perturbations[is_imprecise].max()} perturbed rows for rows "
            f"{listed(row_labels[is_imprecise])}. Raise max_perturbations or tol, or accept "
            "their wider intervals.",
            ConvergenceWarning,
        )
