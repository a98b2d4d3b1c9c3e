"""As many perturbed rows as it takes: samples are doubled until weights are precise enough."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sklime._tables._rows import ExplainedRows, explain_rows_again
from sklime._tables._sample import is_new
from sklime.utils._intervals import half_widths
from sklime.utils._replicates import spread_out, top_features

__all__ = [
    "CRITERIA",
    "Precision",
    "explain_until_precise",
    "precise_shared_sample",
    "sample_sizes",
]

# Few replicates make standard errors that are too small by chance too often: what stops at the
# first small one would report intervals that are too narrow.
MIN_REPLICATES_AUTO = 16

# Perturbed rows a replicate to begin with.
FIRST_REPLICATE_SIZE = 16

# The strongest features that have to agree between replicates.
N_TOP_FEATURES = 5

# Share of the rows that a shared sample has to be large enough for.
SHARE_OF_PRECISE_ROWS = 0.95

# Numbers of eight bytes that the answers of one block of rows may take.
_MAX_ANSWERS = 2**24


def sample_sizes(n_replicates, max_perturbations):
    """Return the sizes to try, each double the one before.

    Parameters
    ----------
    n_replicates : int
        Number of replicates.

    max_perturbations : int
        Largest size.

    Returns
    -------
    sizes : list of int
        At least one.

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


def _largest_half_widths(rows, n_replicates, is_comparable):
    """Return the largest half-width of each row, relative to its largest weight."""
    widths = np.nan_to_num(half_widths(rows.fit.standard_errors, n_replicates)).max(axis=1)
    largest = np.abs(rows.fit.values).max(axis=1)
    if is_comparable:
        largest = largest.max(axis=1, keepdims=True)
    return np.divide(widths, largest, out=np.zeros_like(widths), where=largest > 0.0).max(axis=1)


def _disagreement(rows, n_replicates, is_comparable):
    """Return one minus the mean Jaccard index of the strongest features of likely other runs."""
    reported = top_features(rows.fit.values, N_TOP_FEATURES, axis=1)[:, None]
    others = top_features(spread_out(rows.fit.reselected_values), N_TOP_FEATURES, axis=2)
    n_either = (reported | others).sum(axis=2)
    n_both = (reported & others).sum(axis=2)
    jaccard = np.divide(n_both, n_either, out=np.ones(n_both.shape), where=n_either > 0)
    return 1.0 - jaccard.mean(axis=1).min(axis=1)


CRITERIA = {"half_width": _largest_half_widths, "top_features": _disagreement}


@dataclass(frozen=True)
class Precision:
    """How precise weights have to be.

    Attributes
    ----------
    criterion : {"half_width", "top_features"}
        What is measured.

    tol : float
        How much of it is allowed.

    n_replicates : int
        Number of replicates.

    is_comparable : bool
        Whether weights of several outputs are in the same unit, as those of classes are.

    max_perturbations : int
        Largest size of a sample.
    """

    criterion: str
    tol: float
    n_replicates: int
    is_comparable: bool
    max_perturbations: int

    @cached_property
    def sizes(self):
        """Return the sizes of samples to try."""
        return sample_sizes(self.n_replicates, self.max_perturbations)

    def is_reached(self, rows):
        """Tell which rows are precise enough.

        Parameters
        ----------
        rows : ExplainedRows
            Explained rows, with errors.

        Returns
        -------
        is_reached : ndarray of bool of shape (n_rows,)
            False for a row without answers, and where a feature has too few perturbed rows
            for a weight.
        """
        measured = CRITERIA[self.criterion](rows, self.n_replicates, self.is_comparable)
        return (measured <= self.tol) & rows.has_answers & ~rows.is_thin.any(axis=1)


def explain_until_precise(
    plan_of, precision, rows, responses, answer_index, *, batch_size=None, n_jobs=None, verbose=0
):
    """Explain rows, each with as many perturbed rows as it takes.

    Sizes are doubled until a row is precise enough, and once more: where a standard error is
    small by chance, the one that is reported is another one.

    Parameters
    ----------
    plan_of : callable
        From a size to a `RowPlan`.

    precision : Precision
        When to stop.

    rows, responses, answer_index : ndarray
        As in `explain_rows`.

    batch_size, n_jobs, verbose : int, default=None, None, 0
        As in `explain_rows`.

    Returns
    -------
    result : ExplainedRows
        Rows in their order. Each depends on itself alone.
    """
    step = max(1, _MAX_ANSWERS // (precision.sizes[-1] * responses.shape[1]))
    options = {"batch_size": batch_size, "n_jobs": n_jobs, "verbose": verbose}
    blocks = [slice(start, start + step) for start in range(0, len(rows), step)]
    return ExplainedRows.concatenate(
        [
            _explained_block(
                plan_of, precision, rows[block], responses[block], answer_index[block], options
            )
            for block in blocks
        ]
    )


def _explained_block(plan_of, precision, rows, responses, answer_index, options):
    unfinished = np.arange(len(rows))
    was_reached = np.zeros(len(rows), dtype=bool)
    known, finished, order = None, [], []
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


def precise_shared_sample(sampler, precision, sample, ask, fits_of):
    """Enlarge a sample that rows share until it is precise enough for nearly all of them.

    Parameters
    ----------
    sampler : Sampler
        Draws samples.

    precision : Precision
        When to stop; here too sizes are doubled once more than it takes.

    sample : Sample
        The first one, with its answers.

    ask : callable
        From perturbed rows to responses.

    fits_of : callable
        From a sample to the `ExplainedRows` of the rows that it has to be large enough for.

    Returns
    -------
    sample : Sample
        With its answers.
    """
    for size in precision.sizes[1:]:
        fits = fits_of(sample)
        is_reached = precision.is_reached(fits)[fits.has_answers]
        sample = _enlarged(sampler, sample, size, ask)
        if is_reached.size and is_reached.mean() >= SHARE_OF_PRECISE_ROWS:
            break
    return sample


def _enlarged(sampler, smaller, size, ask):
    """Return a shared sample of a larger size; the model is asked about what is new."""
    sample = sampler.sample(size)
    is_unknown = is_new(sample.bounds, smaller.bounds)
    answers = np.empty((size, smaller.shared.responses.shape[1]))
    answers[~is_unknown] = smaller.shared.responses
    answers[is_unknown] = ask(sample.draws.values[is_unknown])
    return sample.answered(answers)
