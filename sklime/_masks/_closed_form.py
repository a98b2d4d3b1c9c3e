"""The local fit in closed form, from expected moments of masks and moments of the response.

Control models take noise out of the moments of the response.
"""

from collections.abc import Callable

import numpy as np

from sklime._masks._control_variates import ControlModels, fit_control_models, largest_sample
from sklime._masks._covariates import without_covariates
from sklime._masks._fit import mask_fits
from sklime._masks._instance import Instance
from sklime._masks._plan import MaskPlan
from sklime._masks._weights import mask_weights
from sklime._surrogates._fit import Fit
from sklime._surrogates._held_out import jackknife_r2, pooled_r2, scatter_about_mean
from sklime.neighborhoods import MaskSample, n_kept
from sklime.neighborhoods._masks import MaskMoments
from sklime.utils._magnitude import units
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["fit_in_closed_form"]

# Extra masks that only the control model evaluates. Enough that their variance is 1/32 of the
# residual's; at least 4,096; capped by count and memory.
_EXTRA_VARIANCE_SHARE = 32
_MIN_EXTRA = 4096
_MAX_EXTRA = 2**14
_EXTRA_PER_PERTURBATION = 8
_MAX_EXTRA_NUMBERS = 10 * 2**20
_EXTRA_STREAM = 1


def fit_in_closed_form(
    plan: MaskPlan,
    instance: Instance,
    masks: MaskSample,
    F: FloatArray,
    at_instance: FloatArray,
    table: FloatArray,
    select: Callable[..., BoolArray],
    max_features: int,
    alpha: float,
) -> Fit:
    """Fit ridge regressions to moments of the response, with expected moments of the masks.

    With mask ``z``, its weight ``w`` and response ``f``, the fit needs ``E[w z z']``, which is
    known, and ``E[w z f]``. The second is ``E[w z g] + E[w z (f - g)]``, where ``g`` is the control
    model: its own moments come from many extra masks, those of the residual ``f - g`` from the
    masks that the model has answered.

    Parameters
    ----------
    plan : MaskPlan
        Parameters of the explanation.

    instance : Instance
        The instance that is explained.

    masks : MaskSample
        Masks that the model was called on.

    F : ndarray of shape (n_masks, n_outputs)
        Responses minus the response at the instance.

    at_instance : ndarray of shape (n_outputs,)
        Response at the instance.

    table : ndarray of shape (n_parts + 1,)
        Kernel weight, by the number of parts that a mask keeps.

    select, max_features : callable, int
        Feature selection.

    alpha : float
        Penalty on the squared weights.

    Returns
    -------
    fit : Fit
        Of one instance.
    """
    # Squares of responses must neither overflow nor vanish; powers of two change no digit.
    unit = units(F + at_instance, axis=0)
    F, at_instance = F / unit, at_instance / unit
    w, norms = mask_weights(masks, table), instance.part_norms
    F = without_covariates(instance, masks, F, w)
    gram = masks.distribution.moments(table)
    models = None
    if not masks.is_exact and w.any() and np.ptp(F, axis=0).any():
        models = _control_models(masks, F + at_instance, w, norms)
    # A penalty reduces the variance of estimates. All masks together leave nothing to estimate.
    if plan.surrogate is None and masks.is_exact:
        alpha = 0.0
    moments, squares, residual_squares = _moments(masks, F, at_instance, w, models)
    if models is not None:
        # With fewer masks than words, ridge shrinks weights by about n_masks / n_words; shrink
        # the residual moments alike.
        shrunk = min(1.0, masks.n_masks / np.count_nonzero(norms))
        of_all = moments[:, -1:] * (gram.first / max(gram.total, np.finfo(float).tiny))
        moments[:, :-1] = of_all + shrunk * (moments[:, :-1] - of_all)
        n_extra = _n_extra(masks, models, w, residual_squares)
        moments += _control_moments(plan.seed, masks, models, at_instance, table, gram, n_extra)
    fit, left_out_intercepts = mask_fits(
        gram,
        moments,
        squares,
        at_instance,
        select=select,
        max_features=max_features,
        alpha=alpha,
        n_left_out=plan.n_replicates if plan.has_errors else 0,
    )
    if plan.has_errors:
        fit = fit.judged(*_held_out_r2(masks, F + at_instance, w, fit, left_out_intercepts))
    return fit.scaled(unit) if (unit != 1.0).any() else fit


def _control_models(masks: MaskSample, F: FloatArray, w: FloatArray, norms: Array) -> ControlModels:
    """Fit control models to the first masks of each replicate."""
    # As many masks of each replicate, so that each model is fitted to as many masks as the others.
    n_fitted = largest_sample(masks.n_masks, masks.distribution.n_parts, masks.n_replicates)
    chosen: list[BoolArray] = []
    chosen_indices: list[IntArray] = []
    for replicate, here, block in masks.blocks():
        most = masks.bounds[replicate] + n_fitted - here.start
        chosen.append(block[: max(most, 0)])
        chosen_indices.append(np.arange(here.start, here.start + len(chosen[-1])))
    indices = np.concatenate(chosen_indices)
    bounds = np.searchsorted(indices, masks.bounds)
    return fit_control_models(np.concatenate(chosen), F[indices], w[indices], bounds, norms)


def _moments(
    masks: MaskSample,
    F: FloatArray,
    at_instance: FloatArray,
    w: FloatArray,
    models: ControlModels | None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return weighted means per replicate: of mask times residual, and of the squared response.

    The residual is the response minus the prediction of the control model; without control models
    it is the response. The mean squares of the weighted residual come last.
    """
    n_outputs = F.shape[1]
    moments = np.zeros((masks.n_replicates, masks.distribution.n_parts + 1, n_outputs))
    squares = np.zeros((masks.n_replicates, n_outputs))
    residual_squares = np.zeros(n_outputs)
    for replicate, here, block in masks.blocks():
        Z, residual = block.astype(np.float64), F[here]
        if models is not None:
            residual = residual + at_instance - models.predict(Z, replicate)
        weighted = w[here, None] * residual
        moments[replicate, :-1] += Z.T @ weighted
        moments[replicate, -1] += weighted.sum(axis=0)
        squares[replicate] += w[here] @ F[here] ** 2
        residual_squares += (weighted**2).sum(axis=0)
    n_masks = np.diff(masks.bounds)
    means = moments / n_masks[:, None, None], squares / n_masks[:, None]
    return (*means, residual_squares / masks.n_masks)


def _n_extra(
    masks: MaskSample, models: ControlModels, w: FloatArray, residual_squares: FloatArray
) -> IntArray:
    """Return the number of extra masks whose noise is small next to that of the residual.

    Each output has its own number: its weights then do not depend on the other outputs. Numbers
    are powers of two: outputs with the same number share their masks.
    """
    nonlinear_squares = np.zeros(residual_squares.shape)
    for replicate, here, block in masks.blocks():
        Z = block.astype(np.float32)
        nonlinear = models.predict(Z, replicate) - models.predict_linear(Z, replicate)
        nonlinear_squares += ((w[here, None] * nonlinear) ** 2).sum(axis=0)
    most = min(_MAX_EXTRA, _MAX_EXTRA_NUMBERS // masks.distribution.n_parts)
    most = max(most, _EXTRA_PER_PERTURBATION * masks.n_masks)
    ratio = nonlinear_squares / np.maximum(residual_squares, np.finfo(float).tiny)
    wanted = np.clip(_EXTRA_VARIANCE_SHARE * ratio, _MIN_EXTRA, _MAX_EXTRA * masks.n_masks)
    n_extra: IntArray = np.minimum(2.0 ** np.round(np.log2(wanted)), most).astype(int)
    return n_extra


def _control_moments(
    seed: int,
    masks: MaskSample,
    models: ControlModels,
    at_instance: FloatArray,
    table: FloatArray,
    gram: MaskMoments,
    n_extra: IntArray,
) -> FloatArray:
    """Return the moments of the control models, which need no model call.

    The moments of the linear part are exact. ``T``, ``M`` and ``S`` are total, first and second
    moment of the masks. With slopes ``b`` and constant ``c``, ``E[w z_j (c + z @ b)]`` is
    ``M c + (M - S) b_j + S sum(b)``. The moments of the nonlinear part are means over extra masks.
    """
    linear = models.linear.copy()
    linear[:, -1] -= at_instance
    sums = linear[:, :-1].sum(axis=1, keepdims=True)
    slopes, constants = linear[:, :-1], linear[:, -1:]
    of_parts = (gram.first - gram.second) * slopes + gram.second * sums + gram.first * constants
    of_all = gram.first * sums + gram.total * constants
    moments = np.concatenate([of_parts, of_all], axis=1)
    for n_masks in np.unique(n_extra).tolist():
        extra = MaskSample(masks.distribution, n_masks, masks.n_replicates, seed, _EXTRA_STREAM)
        here = np.flatnonzero(n_extra == n_masks)
        n_per_replicate = np.diff(extra.bounds)
        for replicate, _, block in extra.blocks():
            Z = block.astype(np.float32)
            nonlinear = models.predict(Z, replicate) - models.predict_linear(Z, replicate)
            share = table[n_kept(block)] / n_per_replicate[replicate]
            weighted = share[:, None] * nonlinear[:, here]
            moments[replicate][:-1, here] += Z.T @ weighted.astype(np.float32)
            moments[replicate][-1, here] += weighted.sum(axis=0)
    return moments


def _held_out_r2(
    masks: MaskSample, F: FloatArray, w: FloatArray, fit: Fit, intercepts: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the R2 of the fits that leave each replicate out, and its standard error."""
    # Shifted by one of its values, a large offset of the response costs no digits.
    shift = F[0]
    errors, total, sums, squares = np.zeros((4, masks.n_replicates, F.shape[1]))
    for replicate, here, block in masks.blocks():
        slopes = fit.reselected_values[replicate]
        used = slopes.any(axis=1)
        predictions = block[:, used] @ slopes[used] + intercepts[replicate]
        errors[replicate] += w[here] @ (F[here] - predictions) ** 2
        total[replicate] += w[here].sum()
        sums[replicate] += w[here] @ (F[here] - shift)
        squares[replicate] += w[here] @ (F[here] - shift) ** 2
    r2 = pooled_r2(
        errors.sum(axis=0), total.sum(axis=0), sums.sum(axis=0), squares.sum(axis=0), shift
    )
    if masks.is_exact:
        return r2, np.where(np.isnan(r2), np.nan, 0.0)
    fidelity, fidelity_errors = jackknife_r2(errors, scatter_about_mean(total, sums, squares))
    is_undefined = np.isnan(r2)
    return np.where(is_undefined, np.nan, fidelity), np.where(is_undefined, np.nan, fidelity_errors)
