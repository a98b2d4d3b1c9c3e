"""Explain rows of a table: perturb, ask, encode, weigh, fit, in chunks of rows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from operator import index
from typing import Any, Protocol, Self, TypedDict, Unpack

import numpy as np
from scipy import sparse

from sklime._exact._tilt import LEAST_KERNEL
from sklime._explanations._pairs import Pairs
from sklime._surrogates._causes import CAUSES, undefined_fidelity
from sklime._surrogates._evidence import EvidenceRules, differing_rows, effective_sample_sizes
from sklime._surrogates._fit import Fit
from sklime._surrogates._local_fit import LocalFits, LocalSamples, local_fits
from sklime._surrogates._solvers import gram_solver
from sklime._tables._baseline import Baseline
from sklime._tables._encoding import TabularEncoder
from sklime._tables._fitted_responses import fitted_responses
from sklime._tables._sample import Sample, is_new
from sklime._tables._wide import has_known_moments, known_fits
from sklime.kernels import Kernel, kernel_weights
from sklime.neighborhoods import BaseNeighborhood
from sklime.neighborhoods._sparse_draws import SparseDraws
from sklime.selection import Selector
from sklime.utils._magnitude import units
from sklime.utils._threads import in_threads, one_blas_thread
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray, ObjectArray

__all__ = [
    "ExplainedRows",
    "KnownAnswers",
    "RowPlan",
    "RunOptions",
    "explain_rows",
    "explain_rows_again",
]

# Bounds on one chunk of rows: perturbed rows in one call of the model, numbers of eight bytes
# in memory, explained rows.
_MAX_MODEL_ROWS = 2**16
_MAX_NUMBERS = 2**22
_MAX_ROWS = 128


# Fields of results that are values of their own.
_NO_ARRAYS = ("fit", "pairs")


class RunOptions(TypedDict, total=False):
    """How a computation runs: options that do not change its result.

    Attributes
    ----------
    batch_size : int or None
        Maximum number of rows in one call of the model.

    n_jobs : int or None
        Number of threads.

    verbose : int
        Verbosity of joblib.
    """

    batch_size: int | None
    n_jobs: int | None
    verbose: int


class Controls(Protocol):
    """Function that returns the part of responses that is noise, around some rows."""

    def __call__(
        self,
        rows: FloatArray,
        perturbed: FloatArray,
        answers: FloatArray,
        Z: Array,
        answer_index: IntArray,
        /,
    ) -> FloatArray:
        """Return an array of shape (n_rows, n_masks, n_copies, n_outputs)."""
        ...


@dataclass(frozen=True)
class RowPlan:
    """How rows are explained.

    Attributes
    ----------
    neighborhood : BaseNeighborhood
        Builds and encodes perturbed rows.

    encoder : TabularEncoder
        Bins and standard scores.

    response : callable
        Function from perturbed rows to the responses of the model. Further columns are for
        `controls`.

    sample : Sample
        Draws of the perturbed rows.

    kernel, width, metric : callable, float, str or callable
        Kernel, its width, and the distance between encodings.

    select, max_features : callable, int
        Selector, and the maximum number of features that it keeps.

    surrogate : estimator or None
        Regressor; `None` is ``Ridge(alpha=1.0)``.

    seed : int
        Seed of a surrogate that draws random numbers.

    min_support : ndarray of shape (n_features,)
        Number of perturbed rows that must share the bin of the explained row, for the feature
        to get a weight.

    baseline : Baseline or None
        Reference of the contributions; `None` reports weights.

    controls : Controls or None, default=None
        Control variates made of the scores of the model; `None` for none.
    """

    neighborhood: BaseNeighborhood
    encoder: TabularEncoder
    response: Callable[[FloatArray], FloatArray]
    sample: Sample
    kernel: Kernel
    width: float
    metric: str | Callable[..., float]
    select: Selector
    max_features: int
    surrogate: Any
    seed: int
    min_support: FloatArray
    baseline: Baseline | None
    controls: Controls | None = None


@dataclass(frozen=True)
class ExplainedRows:
    """Local fits of some rows, and the size of their samples.

    Attributes
    ----------
    fit : Fit
        The fits, rows first.

    effective_sample_size : ndarray of shape (n_rows,)
        Effective number of perturbed rows that differ from the explained row.

    n_differing : ndarray of int of shape (n_rows,)
        Number of perturbed rows that differ from the explained row.

    n_perturbations : ndarray of int of shape (n_rows,)
        Number of perturbed rows.

    has_answers : ndarray of bool of shape (n_rows,)
        Whether the model gave a finite answer at the row and all its perturbations.

    is_shared : ndarray of bool of shape (n_rows, n_features)
        Whether enough perturbed rows share the bin of the explained row.

    is_thin : ndarray of bool of shape (n_rows, n_features)
        Whether a feature has no weight because too few perturbed rows show its effect, though
        it could have one.

    fidelity_failures : ndarray of object of shape (n_rows, n_outputs)
        Reason why the fidelity is not defined; `None` if it is defined.

    is_exact : ndarray of bool of shape (n_rows,)
        Whether the weights are exact; otherwise they come from a sample.

    is_misread : ndarray of bool of shape (n_rows,)
        Whether the reading of the model is not the model at the row or near it.

    pairs : Pairs or None, default=None
        The strongest pairs of features; `None` if they are not known.
    """

    fit: Fit
    effective_sample_size: FloatArray
    n_differing: IntArray
    n_perturbations: IntArray
    has_answers: BoolArray
    is_shared: BoolArray
    is_thin: BoolArray
    fidelity_failures: ObjectArray
    is_exact: BoolArray
    is_misread: BoolArray
    pairs: Pairs | None = None

    def take(self, rows: IntArray | BoolArray) -> "ExplainedRows":
        """Return the results of some rows.

        Parameters
        ----------
        rows : ndarray
            Indices, or a mask.

        Returns
        -------
        result : ExplainedRows
            Results of these rows.
        """
        arrays = {name: array[rows] for name, array in self._arrays().items()}
        pairs = None if self.pairs is None else self.pairs.take(rows)
        return ExplainedRows(self.fit.take(rows), **arrays, pairs=pairs)

    @classmethod
    def concatenate(cls, parts: Sequence["ExplainedRows"]) -> Self:
        """Concatenate the results of blocks of rows.

        Parameters
        ----------
        parts : sequence of ExplainedRows
            Results of some rows each.

        Returns
        -------
        result : ExplainedRows
            All rows, in this order.
        """
        names = [item.name for item in fields(cls) if item.name not in _NO_ARRAYS]
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        shapes = [part.fit.intercepts.shape for part in parts]
        return cls(
            Fit.concatenate([part.fit for part in parts]),
            **arrays,
            pairs=Pairs.concatenate([part.pairs for part in parts], shapes),
        )

    def _arrays(self) -> dict[str, Array]:
        names = [item.name for item in fields(self) if item.name not in _NO_ARRAYS]
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class KnownAnswers:
    """Answers of the model around some rows, at a smaller sample.

    Attributes
    ----------
    answers : ndarray of shape (n_rows, n_perturbations, n_responses)
        Answers.

    bounds : tuple of int
        First perturbed row of each replicate, and the end of the last.
    """

    answers: FloatArray
    bounds: tuple[int, ...]

    def __getitem__(self, rows: slice | BoolArray) -> "KnownAnswers":
        """Return the answers around some of the rows."""
        return KnownAnswers(self.answers[rows], self.bounds)


def explain_rows(
    plan: RowPlan,
    rows: FloatArray,
    responses: FloatArray,
    answer_index: IntArray,
    *,
    with_errors: bool,
    **options: Unpack[RunOptions],
) -> ExplainedRows:
    """Explain rows, chunk by chunk.

    Parameters
    ----------
    plan : RowPlan
        How rows are explained.

    rows : ndarray of shape (n_rows, n_features)
        Explained rows.

    responses : ndarray of shape (n_rows, n_responses)
        Answers of the model at them.

    answer_index : ndarray of int of shape (n_rows, n_outputs)
        Column of the answers that belongs to each explained output.

    with_errors : bool
        Whether to compute standard errors and fidelity.

    **options : RunOptions
        ``batch_size``, ``n_jobs`` and ``verbose``.

    Returns
    -------
    result : ExplainedRows
        Rows in their order. They do not depend on the chunks.
    """
    tasks, threads = _chunks(plan, rows, responses, answer_index, None, options)
    results = in_threads(partial(_explain_chunk, with_errors=with_errors), tasks, **threads)
    return ExplainedRows.concatenate([fits for fits, _ in results])


def explain_rows_again(
    plan: RowPlan,
    rows: FloatArray,
    responses: FloatArray,
    answer_index: IntArray,
    known: KnownAnswers | None,
    **options: Unpack[RunOptions],
) -> tuple[ExplainedRows, KnownAnswers]:
    """Explain rows with errors, and keep the answers of the model for a larger sample.

    Parameters
    ----------
    plan, rows, responses, answer_index : RowPlan, ndarray, ndarray, ndarray
        As in `explain_rows`.

    known : KnownAnswers or None
        Answers at a smaller sample; the model is not asked for them again.

    **options : RunOptions
        As in `explain_rows`.

    Returns
    -------
    result : ExplainedRows
        Rows in their order.

    known : KnownAnswers
        Answers of the model around them.
    """
    tasks, threads = _chunks(plan, rows, responses, answer_index, known, options)
    explain = partial(_explain_chunk, with_errors=True, keep_answers=True)
    results = in_threads(explain, tasks, **threads)
    fits, answers = zip(*results)
    return ExplainedRows.concatenate(fits), KnownAnswers(
        np.concatenate(answers), plan.sample.asked_bounds
    )


class _ThreadOptions(TypedDict, total=False):
    """Options of `in_threads`."""

    n_jobs: int | None
    verbose: int


def _chunks(
    plan: RowPlan,
    rows: FloatArray,
    responses: FloatArray,
    answer_index: IntArray,
    known: KnownAnswers | None,
    options: RunOptions,
) -> tuple[Iterator[tuple[Any, ...]], _ThreadOptions]:
    """Return the arguments of `_explain_chunk` for each chunk, and the options of the threads."""
    threads: _ThreadOptions = {
        "n_jobs": options.get("n_jobs"),
        "verbose": options.get("verbose", 0),
    }
    step = _rows_per_chunk(plan, answer_index.shape[1], options.get("batch_size"))
    chunks = [slice(start, start + step) for start in range(0, len(rows), step)]
    tasks = (
        (
            plan,
            rows[chunk],
            responses[chunk],
            answer_index[chunk],
            None if known is None else known[chunk],
        )
        for chunk in chunks
    )
    return tasks, threads


def _explain_chunk(
    plan: RowPlan,
    rows: FloatArray,
    responses: FloatArray,
    answer_index: IntArray,
    known: KnownAnswers | None,
    *,
    with_errors: bool,
    keep_answers: bool = False,
) -> tuple[ExplainedRows, FloatArray | None]:
    """Return the local fits of some rows, and the answers of the model around them."""
    instance = plan.encoder.represent(rows)
    instance_encodings = plan.encoder.instance_encoding(instance)
    can_differ = plan.encoder.can_differ(instance)
    rules = EvidenceRules(
        plan.encoder.is_binned, plan.min_support, can_differ, plan.sample.n_copies
    )
    perturbed, encoded = _perturbed(plan, rows)
    answers = _answers(plan, perturbed, len(rows), known)
    F, instance_responses, response_units, has_answers = _in_units(
        plan, answers, responses, answer_index
    )
    with one_blas_thread():
        Z = encoded
        if Z is None:
            Z = plan.neighborhood.encode(plan.sample.draws, plan.encoder, perturbed, instance)
        w = kernel_weights(
            Z, instance_encodings, kernel=plan.kernel, width=plan.width, metric=plan.metric
        )
        w = _without_traces(_weighed_draws(w, plan.sample.weights, len(rows)), plan)
        around = perturbed, Z, F, w
        fits = known_fits(
            plan, around, instance, instance_responses, response_units, rules, with_errors
        )
        if fits is None:
            fits = _sampled_fits(
                plan,
                around,
                instance,
                instance_responses,
                response_units,
                answer_index,
                _controlled(plan, rows, around, answers, instance, answer_index, response_units),
                rules,
                with_errors,
            )
        differs = differing_rows(Z, instance_encodings)
    result = _reported(plan, fits, F, w, differs, has_answers, rules.can_differ, with_errors)
    return result, answers if keep_answers else None


def _sampled_fits(
    plan: RowPlan,
    around: tuple[FloatArray, Array, FloatArray, FloatArray | None],
    instance: Array,
    instance_responses: FloatArray,
    response_units: FloatArray,
    answer_index: IntArray,
    controlled: tuple[FloatArray, FloatArray | None] | None,
    rules: EvidenceRules,
    with_errors: bool,
) -> LocalFits:
    """Return the local fits to the Gram matrices of the sample."""
    _, Z, F, w = around
    samples = LocalSamples(
        Z,
        *fitted_responses(plan.sample, F, instance, answer_index, w, response_units),
        w,
        plan.encoder.instance_encoding(instance),
        instance_responses,
        None if plan.baseline is None else plan.baseline.encodings(instance),
        response_units,
        controlled,
    )
    return local_fits(
        samples,
        plan.sample.bounds,
        select=plan.select,
        max_features=plan.max_features,
        surrogate=plan.surrogate,
        seed=plan.seed,
        rules=rules,
        with_errors=with_errors,
    )


def _controlled(
    plan: RowPlan,
    rows: FloatArray,
    around: tuple[FloatArray, Array, FloatArray, FloatArray | None],
    answers: FloatArray,
    instance: Array,
    answer_index: IntArray,
    response_units: FloatArray,
) -> tuple[FloatArray, FloatArray | None] | None:
    """Return targets without the part of the responses that `controls` knows to be noise."""
    if plan.controls is None:
        return None
    perturbed, Z, F, w = around
    noise = plan.controls(rows, perturbed, answers, Z, answer_index)
    # The additive model of a shared sample is that of its responses, the same for all rows.
    sample = replace(plan.sample, shared=None)
    left = F - noise / response_units[:, None, None]
    # Row by row: products of matrices of another size have other last digits.
    parts = []
    for row in range(len(rows)):
        here = slice(row, row + 1)
        own = None if w is None else w[here]
        given = left[here], instance[here], answer_index[here], own, response_units[here]
        parts.append(fitted_responses(sample, *given)[1:3])
    residuals = np.concatenate([of_row for of_row, _ in parts])
    slopes = [of_row for _, of_row in parts if of_row is not None]
    return residuals, np.concatenate(slopes) if slopes else None


def _in_units(
    plan: RowPlan, answers: FloatArray, responses: FloatArray, answer_index: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Return explained answers around and at each row, their units, and where all are finite."""
    F = np.take_along_axis(answers, answer_index[:, None, :], axis=2)
    F = F.reshape(len(F), -1, plan.sample.n_copies, F.shape[2])
    instance_responses = np.take_along_axis(responses, answer_index, axis=1)
    has_answers = np.logical_and.reduce(np.isfinite(F), axis=(1, 2, 3))
    has_answers &= np.isfinite(instance_responses).all(axis=1)
    if not has_answers.all():
        F[~has_answers], instance_responses[~has_answers] = 0.0, 0.0
    response_units = _response_units(plan, F, instance_responses)
    if (response_units != 1.0).any():
        F, instance_responses = (
            F / response_units[:, None, None],
            instance_responses / response_units,
        )
    return F, instance_responses, response_units, has_answers


def _reported(
    plan: RowPlan,
    fits: LocalFits,
    F: FloatArray,
    w: FloatArray | None,
    differs: BoolArray,
    has_answers: BoolArray,
    can_differ: BoolArray,
    with_errors: bool,
) -> ExplainedRows:
    """Return local fits with their sample sizes, and the reasons why a fidelity is undefined."""
    n_copies, fit = plan.sample.n_copies, fits.fit
    effective = n_copies * effective_sample_sizes(w, differs)
    is_thin = ~fits.is_shared | (~fits.is_elsewhere & can_differ)
    fit = fit.without_fidelity(effective == 0.0)
    causes = np.full(fit.fidelity.shape, None, dtype=object)
    if with_errors:
        causes = undefined_fidelity(
            fit.fidelity, fit.response_r2, F[:, :, 0], w, effective, differs, is_thin
        )
    is_failed = ~has_answers
    is_thin[is_failed] = False
    causes[is_failed] = CAUSES["no answer"]
    return ExplainedRows(
        fit=fit.without(is_failed).compact(),
        effective_sample_size=effective,
        n_differing=n_copies * np.count_nonzero(differs, axis=1),
        n_perturbations=np.full(len(F), plan.sample.n_perturbations),
        has_answers=has_answers,
        is_shared=fits.is_shared,
        is_thin=is_thin,
        fidelity_failures=causes,
        is_exact=np.zeros(len(F), dtype=bool),
        is_misread=np.zeros(len(F), dtype=bool),
    )


def _weighed_draws(
    w: FloatArray | None, draw_weights: FloatArray | None, n_rows: int
) -> FloatArray | None:
    """Multiply the weights of the kernel by the weights of the draws."""
    if draw_weights is None:
        return w
    return np.tile(draw_weights, (n_rows, 1)) if w is None else w * draw_weights


def _without_traces(w: FloatArray | None, plan: RowPlan) -> FloatArray | None:
    """Return weights without those that the explained row leaves nothing of but rounding."""
    if w is None:
        return None
    # A kernel of the user may have any scale.
    own = float(np.max(plan.kernel(np.zeros(1), plan.width), initial=0.0))
    least = LEAST_KERNEL * own if np.isfinite(own) else 0.0
    return np.where(w.mean(axis=1, keepdims=True) > least, w, 0.0)


def _response_units(plan: RowPlan, F: FloatArray, instance_responses: FloatArray) -> FloatArray:
    """Return the divisors of the responses, by row and output."""
    if gram_solver(plan.surrogate) is None:
        # Results of any regressor may depend on the unit of the target.
        return np.ones(instance_responses.shape)
    return np.maximum(units(F, axis=(1, 2)), units(instance_responses[:, None], axis=1))


def _perturbed(plan: RowPlan, rows: FloatArray) -> tuple[Any, Array | None]:
    """Return the perturbed rows of each explained row, and their encodings where they are known.

    Sparse rows are below each other in one table; other rows have an axis of their own.
    """
    draws = plan.sample.draws
    if isinstance(draws, SparseDraws):
        tables, encodings = zip(*(draws.around(row) for row in rows))
        table = tables[0] if len(tables) == 1 else sparse.vstack(tables, format="csr")
        return table, np.stack(encodings)
    perturbed = plan.neighborhood.perturb(draws, plan.encoder, rows)
    is_fixed = ~plan.encoder.can_change
    if is_fixed.any():
        # Copy: a neighborhood may return a view of its draws, which serve all rows.
        perturbed = np.where(is_fixed, rows[:, None, :], perturbed)
    return perturbed, None


def _answers(plan: RowPlan, perturbed: Any, n_rows: int, known: KnownAnswers | None) -> FloatArray:
    """Return the answers of the model at perturbed rows."""
    if plan.sample.shared is not None:
        answers = plan.sample.shared.responses
        return np.broadcast_to(answers, (n_rows, *answers.shape))
    table = perturbed
    if not sparse.issparse(perturbed):
        table = perturbed.reshape(-1, perturbed.shape[-1])
    if known is None:
        return plan.response(table).reshape(n_rows, table.shape[0] // n_rows, -1)
    is_unknown = is_new(plan.sample.asked_bounds, known.bounds)
    answers = np.empty((n_rows, is_unknown.size, known.answers.shape[2]))
    answers[:, ~is_unknown] = known.answers
    asked = plan.response(table[np.flatnonzero(np.tile(is_unknown, n_rows))])
    answers[:, is_unknown] = asked.reshape(n_rows, -1, answers.shape[2])
    return answers


def _rows_per_chunk(plan: RowPlan, n_outputs: int, batch_size: int | None) -> int:
    """Return how many rows to explain at once."""
    n_perturbations, n_features = plan.sample.n_perturbations, plan.encoder.n_features
    n_replicates = plan.sample.n_replicates
    # The largest arrays are Gram matrices, and the values of each perturbed row.
    n_gram_numbers = (3 * n_replicates + 4) * (n_features + 1 + n_outputs) ** 2
    if has_known_moments(plan):
        n_gram_numbers = (n_replicates + 4) * n_features * n_outputs
    n_values = n_perturbations * n_features
    limits = [_MAX_ROWS, _MAX_NUMBERS // n_gram_numbers, _MAX_NUMBERS * 8 // n_values]
    if plan.sample.shared is None:
        # A small integer type of NumPy would overflow in products with `batch_size`.
        limits.append(index(batch_size or _MAX_MODEL_ROWS) // n_perturbations)
        limits.append(_MAX_NUMBERS // n_values)
    return max(1, min(limits))
