"""Explain instances of parts: draw masks, call the model, weigh, fit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from sklime._masks._answers import Answers
from sklime._masks._closed_form import fit_in_closed_form
from sklime._masks._fit import ridge_penalty
from sklime._masks._instance import Instance
from sklime._masks._kernel import kernel_table
from sklime._masks._plan import MaskPlan
from sklime._masks._refit import fit_to_masks
from sklime._masks._weights import mask_weights
from sklime._responses._failures import ModelError
from sklime._surrogates._causes import CAUSES, undefined_fidelity
from sklime._surrogates._evidence import effective_sample_sizes, min_differing
from sklime._surrogates._fit import Fit
from sklime.neighborhoods import MaskDistribution, MaskSample, n_kept
from sklime.selection import all_features, no_features
from sklime.utils._threads import in_threads, one_blas_thread
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray, ObjectArray

__all__ = ["ExplainedInstance", "explain_instance", "explain_instances"]

# Characters of an instance that an error shows.
_MAX_SHOWN = 60


@dataclass(frozen=True)
class ExplainedInstance:
    """The local fit of one instance, with its masks and responses in numbers.

    Attributes
    ----------
    fit : Fit
        Of one instance: arrays without an axis for instances.

    fidelity_failures : ndarray of object of shape (n_outputs,)
        Reason why the fidelity is not defined; `None` if it is defined.

    effective_sample_size : float
        Effective number of masks that remove a part, by their kernel weights; NaN without parts.

    n_perturbations : int
        Number of masks.

    is_exact : bool
        Whether those are all possible masks.

    is_thin : bool
        Whether too few masks remove each part for it to get a weight.

    responses : ndarray of shape (n_columns,)
        Answers of the model at the instance.

    answer_index : ndarray of int of shape (n_outputs,)
        Column of the answers that each explained output is.

    failure : str or None
        Why there is no explanation, in words.

    converged : bool
        Whether the weights are as precise as the plan requires; false for a failed instance.
    """

    fit: Fit
    fidelity_failures: ObjectArray
    effective_sample_size: float
    n_perturbations: int
    is_exact: bool
    is_thin: bool
    responses: FloatArray
    answer_index: IntArray
    failure: str | None
    converged: bool = True


def explain_instances(
    tasks: Sequence[tuple[Any, ...]], *, n_jobs: int | None = None, verbose: int = 0
) -> list[ExplainedInstance]:
    """Explain instances, each on its own.

    Parameters
    ----------
    tasks : iterable of tuple
        Arguments of `explain_instance`, one tuple per instance.

    n_jobs : int, default=None
        Number of threads.

    verbose : int, default=0
        Verbosity of joblib.

    Returns
    -------
    results : list of ExplainedInstance
        In the order of the tasks.
    """
    return list(in_threads(explain_instance, tasks, n_jobs=n_jobs, verbose=verbose))


def explain_instance(
    plan: MaskPlan,
    instance: Instance,
    respond: Any,
    select: Callable[..., BoolArray] = all_features,
    max_features: int | None = None,
    output_of: Callable[[FloatArray | None], IntArray] | None = None,
) -> ExplainedInstance:
    """Explain one instance.

    Parameters
    ----------
    plan : MaskPlan
        Parameters of the explanation.

    instance : Instance
        The instance that is explained.

    respond : callable
        From copies to answers of shape (n_copies, n_columns). A `ModelError` that it raises
        becomes a failed instance, any other error is raised. Two attributes are optional: ``name``
        for messages, ``n_columns`` for the shape of a failed instance.

    select : callable, default=all_features
        Selector, see `sklime.selection`.

    max_features : int, default=None
        Passed to the selector; `None` is all parts.

    output_of : callable, default=None
        From the answers at the instance, of shape (n_columns,), to the columns that are
        explained. It gets `None` where the model failed. `None` explains all columns.

    Returns
    -------
    result : ExplainedInstance
        The local fit.

    Raises
    ------
    ValueError
        If the model answers NaN or infinity and ``on_error="raise"``.
    """
    if max_features is None:
        max_features = instance.n_parts
    answers = Answers(instance, respond)
    was_reached = False
    for size in plan.sizes:
        masks = plan.masks(instance.n_parts, size, draws=instance.draws)
        result = _explained_with(
            masks, plan, instance, respond, answers, select, max_features, output_of
        )
        # Doubled once more: the standard error of one sample may be small by chance.
        if was_reached or result.is_exact or result.failure is not None:
            break
        was_reached = result.converged
    return result


def _explained_with(
    masks: MaskSample | None,
    plan: MaskPlan,
    instance: Instance,
    respond: Any,
    known: Answers,
    select: Callable[..., BoolArray],
    max_features: int,
    output_of: Callable[[FloatArray | None], IntArray] | None,
) -> ExplainedInstance:
    """Explain one instance by some masks; the model is called on those that are not known yet."""
    # The instance itself comes first, in the same calls of the model as its copies.
    everything = np.ones((1, instance.n_parts), dtype=bool)
    blocks = () if masks is None else (block for _, _, block in masks.blocks())
    try:
        # Block by block: all masks of a long document at once would fill the memory.
        answers = known.about(chain([everything], blocks))
    except ModelError as failure:
        return _failed(
            plan, instance, output_of, getattr(respond, "n_columns", 1), None, failure.reason
        )
    if not np.isfinite(answers).all():
        reason = _no_answer(plan, instance, respond)
        return _failed(plan, instance, output_of, answers.shape[1], answers[0], reason)
    answer_index = _answer_index(output_of, answers[0], answers.shape[1])
    if masks is None:
        return _without_parts(plan, answers[0], answer_index)
    return _fitted(plan, instance, masks, answers, answer_index, select, max_features)


def _answer_index(
    output_of: Callable[[FloatArray | None], IntArray] | None,
    answers: FloatArray | None,
    n_columns: int,
) -> IntArray:
    """Return the columns that are explained; all of them without a function that tells."""
    return np.arange(n_columns) if output_of is None else output_of(answers)


def _fitted(
    plan: MaskPlan,
    instance: Instance,
    masks: MaskSample,
    answers: FloatArray,
    answer_index: IntArray,
    select: Callable[..., BoolArray],
    max_features: int,
) -> ExplainedInstance:
    """Fit the surrogate to the answers about all masks."""
    at_instance = answers[0, answer_index]
    # Differences to the response at the instance: a constant response is exactly zero.
    F = answers[1:, answer_index] - at_instance
    table = kernel_table(
        masks, kernel=plan.kernel, width=plan.width, metric=plan.metric, nouns=plan.nouns
    )
    n_removed = np.concatenate([instance.n_parts - n_kept(block) for _, _, block in masks.blocks()])
    # All parts are removed with the same probability, so their mean number of masks decides.
    is_rare = n_removed.sum() < instance.n_parts * min_differing(masks.n_masks)
    is_thin = bool(is_rare and not masks.is_exact)
    select = no_features if is_thin else select
    alpha = ridge_penalty(plan.surrogate)
    # Instances run in parallel threads; more threads within each would compete with them.
    with one_blas_thread():
        if alpha is not None and (plan.control_variates or masks.is_exact):
            fit = fit_in_closed_form(
                plan, instance, masks, F, at_instance, table, select, max_features, alpha
            )
        else:
            fit = fit_to_masks(plan, instance, masks, F, at_instance, table, select, max_features)
    w, differs = mask_weights(masks, table), n_removed > 0
    effective = effective_sample_sizes(w[None], differs[None])[0]
    if effective == 0.0 or (masks.is_exact and not _tells_parts_apart(masks.distribution, table)):
        # No mask can contradict this fit, so a fidelity would mean nothing.
        effective, fit = 0.0, fit.unjudged()
    causes = _causes(plan, fit.fidelity, F, w, effective, differs)
    if masks.is_exact:
        fit, causes = _without_empty_fidelity(fit, causes, w)
    return ExplainedInstance(
        fit=fit.without_rounding(at_instance).compact(),
        fidelity_failures=causes,
        effective_sample_size=effective,
        n_perturbations=masks.n_masks,
        is_exact=masks.is_exact,
        is_thin=is_thin,
        responses=answers[0],
        answer_index=answer_index,
        failure=None,
        converged=_is_converged(plan, fit, is_thin),
    )


def _is_converged(plan: MaskPlan, fit: Fit, is_thin: bool) -> bool:
    """Tell whether a fit is as precise as required; one of a single size always is."""
    if plan.precision is None:
        return True
    return not is_thin and bool(plan.precision.is_reached(fit.mapped(lambda one: one[None]))[0])


def _tells_parts_apart(distribution: MaskDistribution, table: FloatArray) -> bool:
    """Tell whether the weighted masks determine the weight of each part."""
    total, first, second = distribution.moments(table)
    return total > first if distribution.n_parts == 1 else first > second


def _without_empty_fidelity(
    fit: Fit, causes: ObjectArray, w: FloatArray
) -> tuple[Fit, ObjectArray]:
    """Return a fit to all masks, and its causes, without R2 that are 1 whatever the model is.

    A line through two points fits them exactly. So does a fit with as many weights and intercepts
    as masks.
    """
    n_fitted = 1 + np.count_nonzero(~np.isnan(fit.standard_errors), axis=0)
    is_empty = ~np.isnan(fit.fidelity) & (np.count_nonzero(w) <= n_fitted)
    if not is_empty.any():
        return fit, causes
    n_copies = "one copy" if len(fit.values) == 1 else "no spare copy"
    fidelity, errors = (
        np.where(is_empty, np.nan, r2) for r2 in (fit.fidelity, fit.fidelity_errors)
    )
    return fit.judged(fidelity, errors), np.where(is_empty, CAUSES[n_copies], causes)


def _causes(
    plan: MaskPlan,
    fidelity: FloatArray,
    F: FloatArray,
    w: FloatArray,
    effective: float,
    differs: BoolArray,
) -> ObjectArray:
    """Return why fidelities are not defined, in words."""
    causes: ObjectArray = np.full(fidelity.shape, None, dtype=object)
    if not plan.has_errors:
        return causes
    if np.count_nonzero(differs) == 1:
        causes[np.isnan(fidelity)] = CAUSES["one copy"]
        return causes
    fidelity = fidelity[None]
    causes = undefined_fidelity(
        fidelity, fidelity, F[None], w[None], np.array([effective]), differs[None]
    )
    return np.squeeze(causes, 0)


def _no_answer(plan: MaskPlan, instance: Instance, respond: Any) -> str:
    """Return the reason of a failed instance; raise it with ``on_error="raise"``."""
    name = getattr(respond, "name", "The model")
    which = instance.name or "it"
    reason = f"{name} returned NaN or infinity for {which} or for copies made from it."
    if plan.on_error == "raise":
        shown = instance.original
        shown = repr(shown[:_MAX_SHOWN] if isinstance(shown, str) else shown)[: 2 * _MAX_SHOWN]
        shown = "it" if instance.name else shown
        raise ValueError(f"{reason} Check the model on {shown}, or pass on_error='warn'.")
    return reason


def _failed(
    plan: MaskPlan,
    instance: Instance,
    output_of: Callable[[FloatArray | None], IntArray] | None,
    n_columns: int,
    responses: FloatArray | None,
    failure: str,
) -> ExplainedInstance:
    """Return the result of an instance that the model could not answer."""
    if responses is None:
        responses = np.full(n_columns, np.nan)
    answer_index = _answer_index(output_of, None, n_columns)
    nothing = np.full(len(answer_index), np.nan)
    fit = _unfitted(plan, instance.n_parts, np.nan, nothing)
    return _unexplained(plan, fit, responses, answer_index, CAUSES["no answer"], failure)


def _without_parts(
    plan: MaskPlan, responses: FloatArray, answer_index: IntArray
) -> ExplainedInstance:
    """Return the result of an instance without parts: its prediction alone."""
    fit = _unfitted(plan, 0, 0.0, responses[answer_index])
    return _unexplained(plan, fit, responses, answer_index, CAUSES["no parts"], None)


def _unfitted(plan: MaskPlan, n_parts: int, value: float, prediction: FloatArray) -> Fit:
    n_outputs = len(prediction)
    n_replicates = plan.n_replicates if plan.has_errors else 0
    left_out: Array = np.full((n_replicates, n_parts, n_outputs), value)
    unknown = np.full(n_outputs, np.nan)
    return Fit(
        values=np.full((n_parts, n_outputs), value),
        standard_errors=np.full((n_parts, n_outputs), np.nan),
        left_out_values=left_out,
        reselected_values=left_out,
        intercepts=prediction,
        local_predictions=prediction,
        held_out_predictions=prediction,
        fidelity=unknown,
        fidelity_errors=unknown,
        response_r2=unknown,
    )


def _unexplained(
    plan: MaskPlan,
    fit: Fit,
    responses: FloatArray,
    answer_index: IntArray,
    cause: str,
    failure: str | None,
) -> ExplainedInstance:
    return ExplainedInstance(
        fit=fit.compact(),
        fidelity_failures=np.full(len(answer_index), cause, dtype=object),
        effective_sample_size=np.nan,
        n_perturbations=0,
        is_exact=failure is None,
        is_thin=False,
        responses=responses,
        answer_index=answer_index,
        failure=failure,
        converged=failure is None or plan.precision is None,
    )
