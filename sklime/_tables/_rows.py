"""Explain rows of a table: perturb, ask, encode, weigh, fit, in chunks of rows."""

from dataclasses import dataclass, fields

import numpy as np

from sklime._responses._response import ModelResponse
from sklime._surrogates._causes import CAUSES, undefined_fidelity
from sklime._surrogates._evidence import EvidenceRules, differing_rows, effective_sample_sizes
from sklime._surrogates._fit import Fit
from sklime._surrogates._local_fit import LocalSamples, local_fits
from sklime._surrogates._solvers import gram_solver
from sklime._tables._baseline import Baseline
from sklime._tables._control_variates import (
    additive_effects,
    means_of_other_cells,
    residual_responses,
)
from sklime._tables._encoding import TabularEncoder
from sklime._tables._sample import Sample, is_new
from sklime.kernels import kernel_weights
from sklime.neighborhoods import BaseNeighborhood
from sklime.utils._magnitude import units
from sklime.utils._text import listed
from sklime.utils._threads import in_threads, one_blas_thread
from sklime.utils._types import BoolArray, FloatArray
from sklime.utils._warnings import warn

__all__ = [
    "ExplainedRows",
    "KnownAnswers",
    "Reliability",
    "RowPlan",
    "explain_rows",
    "explain_rows_again",
    "failures",
    "warn_unreliable",
]

# Below this, weights rest on a handful of perturbed rows.
MIN_EFFECTIVE_SAMPLE_SIZE = 10.0

# Bounds on what one chunk of rows holds in memory, in numbers of eight bytes.
_MAX_MODEL_ROWS = 2**16
_MAX_CELLS = 2**22
_MAX_ROWS = 128


@dataclass(frozen=True)
class RowPlan:
    """Everything that explaining rows takes, besides the rows.

    Attributes
    ----------
    neighborhood : BaseNeighborhood
        Builds and encodes perturbed rows.

    encoder : TabularEncoder
        Bins and standard scores.

    response : ModelResponse
        Asks the model.

    sample : Sample
        What it draws.

    kernel, width, metric : callable, float, str or callable
        Proximity.

    select, max_features : callable, int
        Feature selection.

    surrogate : estimator or None
        Regressor.

    seed : int
        What the surrogate draws from, if it does.

    min_support : ndarray of shape (n_features,)
        Perturbed rows that must share a bin of the explained row for it to get a weight.

    baseline : Baseline or None
        What contributions are measured from; `None` reports weights.
    """

    neighborhood: BaseNeighborhood
    encoder: TabularEncoder
    response: ModelResponse
    sample: Sample
    kernel: object
    width: float
    metric: object
    select: object
    max_features: int
    surrogate: object
    seed: int
    min_support: np.ndarray
    baseline: Baseline | None


@dataclass(frozen=True)
class ExplainedRows:
    """Local fits of some rows, and what they rest on.

    Attributes
    ----------
    fit : Fit
        The fits, rows first.

    effective_sample_size : ndarray of shape (n_rows,)
        Of the perturbed rows that differ from the explained row, by their weights.

    n_differing : ndarray of int of shape (n_rows,)
        Number of these.

    n_perturbations : ndarray of int of shape (n_rows,)
        Size of the sample.

    has_answers : ndarray of bool of shape (n_rows,)
        Whether the model gave a finite answer at the row and all its perturbations.

    is_shared : ndarray of bool of shape (n_rows, n_features)
        Whether enough perturbed rows share the bin of the explained row.

    is_thin : ndarray of bool of shape (n_rows, n_features)
        Whether a feature has no weight because too few perturbed rows show its effect, though
        it could have one.

    fidelity_failures : ndarray of object of shape (n_rows, n_outputs)
        Why the fidelity is not defined, in words; `None` where it is.
    """

    fit: Fit
    effective_sample_size: np.ndarray
    n_differing: np.ndarray
    n_perturbations: np.ndarray
    has_answers: np.ndarray
    is_shared: np.ndarray
    is_thin: np.ndarray
    fidelity_failures: np.ndarray

    def take(self, rows):
        """Return the results of some rows.

        Parameters
        ----------
        rows : ndarray
            Indices, or a mask.

        Returns
        -------
        result : ExplainedRows
            Of these rows.
        """
        arrays = {name: array[rows] for name, array in self._arrays().items()}
        return ExplainedRows(self.fit.take(rows), **arrays)

    @classmethod
    def concatenate(cls, parts):
        """Put results below each other.

        Parameters
        ----------
        parts : sequence of ExplainedRows
            Results of some rows each.

        Returns
        -------
        result : ExplainedRows
            All rows, in this order.
        """
        names = [item.name for item in fields(cls) if item.name != "fit"]
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return cls(Fit.concatenate([part.fit for part in parts]), **arrays)

    def _arrays(self):
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "fit"}


@dataclass(frozen=True)
class KnownAnswers:
    """What the model answered around some rows, at a smaller sample.

    Attributes
    ----------
    answers : ndarray of shape (n_rows, n_perturbations, n_responses)
        Answers.

    bounds : tuple of int
        Replicates of the sample.
    """

    answers: np.ndarray
    bounds: tuple

    def __getitem__(self, rows):
        """Return what is known around some of the rows."""
        return KnownAnswers(self.answers[rows], self.bounds)


def explain_rows(plan, rows, responses, answer_index, *, with_errors, **options):
    """Explain rows, chunk by chunk.

    Parameters
    ----------
    plan : RowPlan
        How.

    rows : ndarray of shape (n_rows, n_features)
        Explained rows.

    responses : ndarray of shape (n_rows, n_responses)
        Answers of the model at them.

    answer_index : ndarray of int of shape (n_rows, n_outputs)
        Which of the answers are answer_index.

    with_errors : bool
        Whether to compute standard errors and fidelity.

    **options : dict
        ``batch_size``, most rows in one call of the model, ``n_jobs``, number of threads, and
        ``verbose``, verbosity of joblib.

    Returns
    -------
    result : ExplainedRows
        Rows in their order, whatever the chunks.
    """
    results = _explained_chunks(
        plan, rows, responses, answer_index, None, with_errors=with_errors, **options
    )
    return ExplainedRows.concatenate([fits for fits, _ in results])


def explain_rows_again(plan, rows, responses, answer_index, known, **options):
    """Explain rows with errors, and keep what the model answered for a larger sample.

    Parameters
    ----------
    plan, rows, responses, answer_index : RowPlan, ndarray, ndarray, ndarray
        As in `explain_rows`.

    known : KnownAnswers or None
        What the model need not be asked again.

    **options : dict
        As in `explain_rows`.

    Returns
    -------
    result : ExplainedRows
        Rows in their order.

    known : KnownAnswers
        Answers of the model around them.
    """
    results = _explained_chunks(
        plan, rows, responses, answer_index, known, with_errors=True, keep_answers=True, **options
    )
    fits, answers = zip(*results)
    return ExplainedRows.concatenate(fits), KnownAnswers(
        np.concatenate(answers), plan.sample.asked_bounds
    )


def _explained_chunks(
    plan,
    rows,
    responses,
    answer_index,
    known,
    *,
    with_errors,
    keep_answers=False,
    batch_size=None,
    n_jobs=None,
    verbose=0,
):
    step = _rows_per_chunk(plan, answer_index.shape[1], batch_size)
    chunks = [slice(start, start + step) for start in range(0, len(rows), step)]
    tasks = (
        (
            plan,
            rows[chunk],
            responses[chunk],
            answer_index[chunk],
            None if known is None else known[chunk],
            with_errors,
            keep_answers,
        )
        for chunk in chunks
    )
    return in_threads(_explain_chunk, tasks, n_jobs=n_jobs, verbose=verbose)


@dataclass(frozen=True)
class Reliability:
    """Which rows have no explanation, or one that rests on too little.

    Attributes
    ----------
    has_answers : ndarray of bool of shape (n_rows,)
        Whether the model gave finite answers around the row.

    is_weak : ndarray of bool of shape (n_rows,)
        Whether too few perturbed rows have most of the weight.

    effective_sample_size : ndarray of shape (n_rows,)
        As in `ExplainedRows`.

    lacks_support : ndarray of bool of shape (n_rows,)
        Whether too few perturbed rows share the bin of some column.

    unsupported : ndarray of bool of shape (n_features,)
        Columns in which rows lack support.
    """

    has_answers: BoolArray
    is_weak: BoolArray
    effective_sample_size: FloatArray
    lacks_support: BoolArray
    unsupported: BoolArray

    @classmethod
    def of(cls, result):
        """Judge some rows.

        Parameters
        ----------
        result : ExplainedRows
            Explained rows.

        Returns
        -------
        reliability : Reliability
            Of these rows.
        """
        # Where few rows differ at all, the explanation says so, feature by feature.
        is_weak = result.has_answers & (result.n_differing >= MIN_EFFECTIVE_SAMPLE_SIZE)
        is_weak &= result.effective_sample_size < MIN_EFFECTIVE_SAMPLE_SIZE
        lacking = (result.has_answers & ~is_weak)[:, None] & ~result.is_shared
        return cls(
            has_answers=result.has_answers,
            is_weak=is_weak,
            effective_sample_size=result.effective_sample_size,
            lacks_support=lacking.any(axis=1),
            unsupported=lacking.any(axis=0),
        )

    @classmethod
    def concatenate(cls, parts):
        """Put judgements of some rows each below each other.

        Parameters
        ----------
        parts : sequence of Reliability
            At least one.

        Returns
        -------
        reliability : Reliability
            Of all rows, in this order.
        """
        names = ("has_answers", "is_weak", "effective_sample_size", "lacks_support")
        return cls(
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names},
            unsupported=np.any([part.unsupported for part in parts], axis=0),
        )


def warn_unreliable(reliability, row_labels, feature_names, model_name):
    """Warn of rows whose explanation is missing or rests on too little.

    Parameters
    ----------
    reliability : Reliability
        Which rows these are.

    row_labels : ndarray of shape (n_rows,)
        What the user calls the rows.

    feature_names : sequence of str
        Names of the columns.

    model_name : str
        What to call the model.

    Raises
    ------
    ValueError
        If the model answered for no row at all.
    """
    failed, weak = ~reliability.has_answers, reliability.is_weak
    if failed.all():
        raise ValueError(
            f"{model_name} returned NaN or infinity for every row that was asked about, or for "
            "rows perturbed from it; check the model on these rows."
        )
    if failed.any():
        warn(
            f"{model_name} returned NaN or infinity for rows {listed(row_labels[failed])} or rows "
            "perturbed from them; their explanations are NaN.",
            RuntimeWarning,
        )
    if weak.any():
        warn(
            f"Rows {listed(row_labels[weak])} have an effective sample size below "
            f"{MIN_EFFECTIVE_SAMPLE_SIZE:.0f} perturbed rows that differ from them (the least is "
            f"{reliability.effective_sample_size[weak].min():.3g}), too few to rest weights on. "
            "Raise kernel_width.",
            UserWarning,
        )
    if reliability.lacks_support.any():
        names = listed([feature_names[index] for index in np.flatnonzero(reliability.unsupported)])
        warn(
            "Too few perturbed rows share the category or bin of rows "
            f"{listed(row_labels[reliability.lacks_support])} in columns {names}; these get no "
            "weight there. Raise n_perturbations or use neighborhood='anchored'.",
            UserWarning,
        )


def failures(result, model_name):
    """Say why rows have no explanation.

    Parameters
    ----------
    result : ExplainedRows
        What was computed.

    model_name : str
        What to call the model.

    Returns
    -------
    failures : ndarray of object of shape (n_rows,)
        `None` for a row that has one.
    """
    reasons = np.full(len(result.has_answers), None, dtype=object)
    reasons[~result.has_answers] = (
        f"{model_name} returned NaN or infinity for the row or rows perturbed from it."
    )
    return reasons


def _explain_chunk(plan, rows, responses, answer_index, known, with_errors, keep_answers):
    """Return the local fits of some rows, and what the model answered around them."""
    instance = plan.encoder.represent(rows)
    instance_encodings = plan.encoder.instance_encoding(instance)
    can_differ = plan.encoder.can_differ(instance)
    rules = EvidenceRules(
        plan.encoder.is_binned, plan.min_support, can_differ, plan.sample.n_copies
    )
    perturbed, answers = _perturbed_answers(plan, rows, known)
    F, instance_responses, response_units, has_answers = _in_units(
        plan, answers, responses, answer_index
    )
    with one_blas_thread():
        Z = plan.neighborhood.encode(plan.sample.draws, plan.encoder, perturbed, instance)
        w = kernel_weights(
            Z, instance_encodings, kernel=plan.kernel, width=plan.width, metric=plan.metric
        )
        w = _weighed_draws(w, plan.sample.weights, len(rows))
        fits = local_fits(
            LocalSamples(
                Z,
                *_fitted_responses(plan, F, instance, answer_index, w, response_units),
                w,
                instance_encodings,
                instance_responses,
                None if plan.baseline is None else plan.baseline.encodings(instance),
                response_units,
            ),
            plan.sample.bounds,
            select=plan.select,
            max_features=plan.max_features,
            surrogate=plan.surrogate,
            seed=plan.seed,
            rules=rules,
            with_errors=with_errors,
        )
        differs = differing_rows(Z, instance_encodings)
    result = _reported(plan, fits, F, w, differs, has_answers, rules.can_differ, with_errors)
    return result, answers if keep_answers else None


def _in_units(plan, answers, responses, answer_index):
    """Return explained answers around and at each row, their units, and where all are finite."""
    F = np.take_along_axis(answers, answer_index[:, None, :], axis=2)
    F = F.reshape(len(F), -1, plan.sample.n_copies, F.shape[2])
    instance_responses = np.take_along_axis(responses, answer_index, axis=1)
    has_answers = np.isfinite(F).all(axis=(1, 2, 3)) & np.isfinite(instance_responses).all(axis=1)
    if not has_answers.all():
        F[~has_answers], instance_responses[~has_answers] = 0.0, 0.0
    response_units = _response_units(plan, F, instance_responses)
    if (response_units != 1.0).any():
        F, instance_responses = (
            F / response_units[:, None, None],
            instance_responses / response_units,
        )
    return F, instance_responses, response_units, has_answers


def _reported(plan, fits, F, w, differs, has_answers, can_differ, with_errors):
    """Return what is reported of local fits: what they rest on, and why they cannot be judged."""
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
    )


def _weighed_draws(w, draw_weights, n_rows):
    """Return the weights of perturbed rows: those of the kernel times those of the draws."""
    if draw_weights is None:
        return w
    return np.tile(draw_weights, (n_rows, 1)) if w is None else w * draw_weights


def _response_units(plan, F, instance_responses):
    """Return what responses are divided by, row by row and output by output."""
    if gram_solver(plan.surrogate) is None:
        # Any regressor: what it does to other units is not known.
        return np.ones(instance_responses.shape)
    return np.maximum(units(F, axis=(1, 2)), units(instance_responses[:, None], axis=1))


def _fitted_responses(plan, F, instance, answer_index, w, response_units):
    """Return responses, residuals, slopes and noise, as `LocalSamples` has them."""
    residuals, slopes, effects = _controlled(
        plan, F[:, :, 0], instance, answer_index, response_units
    )
    if plan.sample.n_copies == 1:
        return F[:, :, 0], residuals, slopes, None
    others = F[:, :, 1]
    if effects is not None:
        others = others - _effects_of_twins(plan, effects, instance, F.shape[3])
    halves = (residuals - others) / 2, (F[:, :, 0] - F[:, :, 1]) / 2
    starts = plan.sample.bounds[:-1]
    squares = (half**2 if w is None else w[..., None] * half**2 for half in halves)
    noise = np.stack([np.add.reduceat(square, starts, axis=1) for square in squares])
    return F.mean(axis=2), (residuals + others) / 2, slopes, noise


def _effects_of_twins(plan, effects, instance, n_outputs):
    """Return the sums of the effects of the bins that twins have landed in."""
    cells, twins = plan.sample.cells, plan.sample.draws.twins
    n_replicates, n_cells, _ = effects.shape
    # Rows and outputs first, cells of all replicates last, so that one index finds an effect.
    by_row = effects.reshape(n_replicates, n_cells, len(instance), n_outputs).transpose(2, 3, 0, 1)
    replicate = np.repeat(np.arange(n_replicates), np.diff(plan.sample.bounds))
    ends = np.append(cells.starts[1:], n_cells)
    span = {
        feature: slice(start, end)
        for feature, start, end in zip(cells.features, cells.starts, ends)
    }
    sums = np.zeros((len(instance), n_outputs, len(replicate)))
    for feature, here, column in twins.columns(instance):
        if feature in span:
            of_feature = by_row[here, :, :, span[feature]]
            width = of_feature.shape[3]
            index = replicate * width + np.minimum(column.bins, width - 1)
            flat = of_feature.reshape(len(here), n_outputs, -1)
            sums[here] += np.take(flat, index, axis=2)
    return sums.swapaxes(1, 2)


def _controlled(plan, F, instance, answer_index, response_units):
    """Return residuals of the responses, slopes and effects of bins."""
    cells, shared = plan.sample.cells, plan.sample.shared
    if cells is None:
        return F, None, None
    n_rows, n_perturbations, n_outputs = F.shape
    instance_cells = np.repeat(cells.indices(instance).T, n_outputs, axis=1)
    if shared is not None:
        effects = shared.effects[:, :, answer_index.ravel()] / response_units.ravel()
        means = means_of_other_cells(effects, cells, instance_cells)
        slopes = np.take_along_axis(effects, instance_cells[None], axis=1) - means
        residuals = shared.residuals[:, answer_index].swapaxes(0, 1) / response_units[:, None]
    else:
        columns = F.transpose(1, 0, 2).reshape(n_perturbations, -1)
        effects = additive_effects(columns, cells)
        means = means_of_other_cells(effects, cells, instance_cells)
        # A value may have been replaced by another one of its own bin, which the encoding
        # cannot tell from a kept one: no effect of that is taken out.
        np.put_along_axis(effects, instance_cells[None], 0.0, axis=1)
        slopes = -means
        residuals = residual_responses(columns, effects, cells)
        residuals = residuals.reshape(n_perturbations, n_rows, n_outputs).swapaxes(0, 1)
    slopes = cells.of_all_features(slopes, instance.shape[1])
    slopes = np.concatenate([slopes, means.sum(axis=1, keepdims=True)], axis=1)
    n_replicates, n_columns, _ = slopes.shape
    slopes = slopes.reshape(n_replicates, n_columns, n_rows, n_outputs).transpose(2, 0, 1, 3)
    return residuals, slopes, effects


def _perturbed_answers(plan, rows, known):
    """Return perturbed rows, and the model's answers at them, of each explained row."""
    perturbed = plan.neighborhood.perturb(plan.sample.draws, plan.encoder, rows)
    is_fixed = ~plan.encoder.can_change
    if is_fixed.any():
        # A neighborhood may return a view of its draws, which serve all rows.
        perturbed = np.where(is_fixed, rows[:, None, :], perturbed)
    if plan.sample.shared is not None:
        answers = plan.sample.shared.responses
        return perturbed, np.broadcast_to(answers, (len(rows), *answers.shape))
    if known is None:
        return perturbed, _asked(plan, perturbed)
    is_unknown = is_new(plan.sample.asked_bounds, known.bounds)
    answers = np.empty((*perturbed.shape[:2], known.answers.shape[2]))
    answers[:, ~is_unknown] = known.answers
    answers[:, is_unknown] = _asked(plan, perturbed[:, is_unknown])
    return perturbed, answers


def _asked(plan, perturbed):
    n_rows, n_perturbations, n_features = perturbed.shape
    answers = plan.response(perturbed.reshape(-1, n_features))
    return answers.reshape(n_rows, n_perturbations, -1)


def _rows_per_chunk(plan, n_outputs, batch_size):
    """Return how many rows to explain at once."""
    n_perturbations, n_features = plan.sample.n_perturbations, plan.encoder.n_features
    n_replicates = plan.sample.n_replicates
    # The largest arrays are Gram matrices, and what stands beside each perturbed row.
    gram_cells = (3 * n_replicates + 4) * (n_features + 1 + n_outputs) ** 2
    limits = [_MAX_ROWS, _MAX_CELLS // gram_cells, _MAX_CELLS * 8 // (n_perturbations * n_features)]
    if plan.sample.shared is None:
        limits.append((batch_size or _MAX_MODEL_ROWS) // n_perturbations)
        limits.append(_MAX_CELLS // (n_perturbations * n_features))
    return max(1, min(limits))
