"""The local fit: from encodings, responses and weights to weights, errors and fidelity.

Each fit of a fit stack (see `_fit`) has its own Gram matrix.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from sklime._gram import (
    Moments,
    add_linear_part,
    centered_moments,
    row_gram,
    weighted_grams,
)
from sklime._surrogates._controls import with_controlled_targets
from sklime._surrogates._evidence import EvidenceRules, enough_evidence
from sklime._surrogates._fit import (
    INSTANCE_LEFT_OUT,
    LIME_N_PERTURBATIONS,
    REPLICATE_LEFT_OUT,
    REPORTED,
    Fit,
)
from sklime._surrogates._held_out import (
    jackknife_errors,
    jackknife_r2,
    pooled_r2,
    scatter_about_mean,
)
from sklime._surrogates._refit import refit, row_weights, seeded, takes_weights
from sklime._surrogates._solvers import RidgeSolver, Solver, gram_solver
from sklime.selection import checked_support
from sklime.utils._types import Array, BoolArray, FloatArray

__all__ = [
    "FULL_SCATTER",
    "LocalFits",
    "LocalSamples",
    "local_fits",
]

# The penalty of 1 shrinks a weight by 1.2 % if its feature has this scatter: 80 of 5000 perturbed
# rows that differ. It would shrink the weights of rare conditions by a third or more, however
# precisely they are known. Below this scatter the penalty is lowered in proportion.
FULL_SCATTER = 80.0


@dataclass(frozen=True)
class LocalSamples:
    """Perturbed rows, responses and weights from which the local fits of some rows are computed.

    Attributes
    ----------
    Z : ndarray of shape (n_rows, n_perturbations, n_features)
        Encodings of the perturbed rows.

    F : ndarray of shape (n_rows, n_perturbations, n_outputs)
        Responses of the model; of twins their mean.

    residuals : ndarray of shape (n_rows, n_perturbations, n_outputs)
        Targets of the fit up to `slopes`: the responses, or the responses minus their control
        variates.

    slopes : ndarray of shape (n_rows, n_replicates, n_features + 1, n_outputs) or None
        Linear function of the encoding, the constant last. Residuals plus this function have the
        mean of the responses and less noise. `None` for zero.

    noise : ndarray of shape (2, n_rows, n_replicates, n_outputs) or None
        Weighted sums of the squared half differences of twins: first of the targets, then of
        the responses. `None` without twins.

    w : ndarray of shape (n_rows, n_perturbations) or None
        Kernel weights; `None` stands for ones.

    instance_encodings : ndarray of shape (n_rows, n_features)
        Encodings of the explained rows.

    instance_responses : ndarray of shape (n_rows, n_outputs)
        Responses of the model at the explained rows.

    baselines : ndarray of shape (n_rows, n_features) or None
        Encoding that the explained rows are compared with. The contribution of a feature is its
        weight times the encoding of the row minus this encoding. Contributions are ranked and
        reported. `None` ranks and reports the weights themselves.

    response_units : ndarray of shape (n_rows, n_outputs) or None
        Powers of two by which all responses were divided; results are multiplied by them.
        `None` for ones.

    controlled : tuple of (residuals, slopes) or None
        Other targets, in which further control variates have lowered the noise. Weights are fitted
        to them. The fidelity is that of the targets without, because
        these controls have mean 0 and no covariance with the encoding, but may vary with it.
        `None` for none. A surrogate that is fitted to rows ignores them.
    """

    Z: Array
    F: FloatArray
    residuals: FloatArray
    slopes: FloatArray | None
    noise: FloatArray | None
    w: FloatArray | None
    instance_encodings: FloatArray
    instance_responses: FloatArray
    baselines: FloatArray | None = None
    response_units: FloatArray | None = None
    controlled: tuple[FloatArray, FloatArray | None] | None = None

    @property
    def distances(self) -> FloatArray:
        """Return the factors by which weights are multiplied to rank and to report them."""
        if self.baselines is None:
            return self.instance_encodings
        return self.instance_encodings - self.baselines


@dataclass(frozen=True)
class LocalFits:
    """Local fits of several rows, and which features had enough evidence.

    Attributes
    ----------
    fit : Fit
        The fits, rows first.

    is_shared, is_elsewhere : ndarray of bool of shape (n_rows, n_features)
        Whether enough perturbed rows share the bin of the explained row, and whether enough
        are in other bins. A feature without both gets no weight.
    """

    fit: Fit
    is_shared: BoolArray
    is_elsewhere: BoolArray


def local_fits(
    samples: LocalSamples,
    bounds: Sequence[int],
    *,
    select: Callable[..., BoolArray],
    max_features: int,
    surrogate: Any,
    seed: int = 0,
    rules: EvidenceRules | None = None,
    with_errors: bool = True,
) -> LocalFits:
    """Fit the surrogate of several rows.

    The reported fit of a row minimizes ``sum(w * (f - a - Z @ b)**2)`` plus the penalty of the
    surrogate. ``Z`` are encodings of the perturbed rows and of the row itself, ``f`` responses,
    ``w`` weights, ``b`` the slopes of selected features, and ``a`` the intercept.

    Parameters
    ----------
    samples : LocalSamples
        Perturbed rows and responses.

    bounds : sequence of int
        First perturbation of each replicate, and the end of the last.

    select : callable
        Selector, see `sklime.selection`.

    max_features : int
        Passed to the selector.

    surrogate : estimator or None
        Regressor, cloned before each fit; `None` stands for ``Ridge(alpha=1.0)``.

    seed : int, default=0
        Seed of a surrogate that draws random numbers, or whose rows are resampled.

    rules : EvidenceRules, default=None
        Least numbers of perturbed rows for a weight; `None` for no such rules.

    with_errors : bool, default=True
        Whether to fit without each replicate, for standard errors and fidelity; otherwise
        these are NaN.

    Returns
    -------
    fits : LocalFits
        One entry per row.
    """
    stack = _fit_stacks(samples, bounds, with_errors)
    is_shared = is_elsewhere = np.ones(samples.instance_encodings.shape, dtype=bool)
    if rules is not None:
        gram = stack.grams.sum(axis=1)
        is_shared, is_elsewhere = enough_evidence(samples.Z, samples.w, gram, rules)
    # Features without evidence are hidden before selection, or they would use up `max_features`.
    is_usable = is_shared & is_elsewhere
    _leave_out(stack.moments, ~is_usable)
    support = select(stack.moments, samples.distances[:, None, None, :], max_features)
    support = checked_support(support, stack.moments) & is_usable[:, None, None, :]
    solve = _solver(surrogate, rules, samples.response_units)
    if solve is None:
        fitted = _refitted(samples, stack, support, bounds, surrogate, seed)
    else:
        coefficients = solve(stack.moments, support, stack.total_weights[..., None])
        fitted = _fitted(stack, support, coefficients, solve)
    selected = _selected(support, fitted, may_be_zero=solve is None or solve.is_sparse)
    fit = _reported(stack, fitted, support, selected, samples.noise)
    if samples.baselines is not None:
        fit = fit.as_contributions(samples.distances, samples.baselines)
    if samples.response_units is not None and (samples.response_units != 1.0).any():
        fit = fit.scaled(samples.response_units)
    return LocalFits(fit, is_shared, is_elsewhere)


def _solver(
    surrogate: Any, rules: EvidenceRules | None, response_units: FloatArray | None
) -> Solver | None:
    """Return the solver from Gram matrices, with the penalty of rare conditions lowered."""
    solve = gram_solver(surrogate)
    if surrogate is None and rules is not None and isinstance(solve, RidgeSolver):
        solve = replace(solve, full_scatter=FULL_SCATTER)
    if solve is not None and response_units is not None:
        solve = solve.in_units(response_units[:, None])
    return solve


def _reported(
    stack: "_FitStacks",
    fitted: "_FittedStacks",
    support: BoolArray,
    selected: BoolArray,
    noise: FloatArray | None,
) -> Fit:
    """Return the fits with their errors and R2, features before outputs."""
    left_out_values = fitted.same_support.swapaxes(2, 3)
    reselected_values = left_out_values
    if (support[:, REPLICATE_LEFT_OUT:] != support[:, :1]).any():
        reselected_values = fitted.coefficients[:, REPLICATE_LEFT_OUT:].swapaxes(2, 3)
    return Fit(
        values=fitted.coefficients[:, REPORTED].swapaxes(1, 2),
        standard_errors=jackknife_errors(fitted.same_support, selected, axis=1).swapaxes(1, 2),
        left_out_values=left_out_values,
        reselected_values=reselected_values,
        intercepts=fitted.intercepts[:, REPORTED] + stack.shifts,
        local_predictions=fitted.at_row[:, REPORTED] + stack.shifts,
        held_out_predictions=fitted.at_row[:, INSTANCE_LEFT_OUT] + stack.shifts,
        **_held_out_r2(stack, fitted.unexplained, noise),
    )


@dataclass(frozen=True)
class _FitStacks:
    """Gram matrices of [Z 1 targets F] and centered moments, from which all fits are computed.

    Targets and responses are shifted by `shifts`.
    """

    grams: FloatArray  # (n_rows, n_replicates, p, p)
    moments: Moments  # (n_rows, n_fits, n_outputs, ...)
    encoding_means: FloatArray  # (n_rows, n_fits, n_features)
    response_means: FloatArray  # (n_rows, n_fits, n_outputs)
    total_weights: FloatArray  # (n_rows, n_fits)
    instance_encodings: FloatArray  # (n_rows, n_features)
    shifts: FloatArray  # (n_rows, n_outputs)
    scale: float  # factor of the weights: they sum up as in a sample of lime's size


@dataclass(frozen=True)
class _FittedStacks:
    """Fits of several rows.

    `unexplained` has the weighted squared error, on each replicate, of the fit without it: first
    of the targets, then of the responses.
    """

    coefficients: FloatArray  # (n_rows, n_fits, n_outputs, n_features)
    intercepts: FloatArray  # (n_rows, n_fits, n_outputs)
    at_row: FloatArray  # (n_rows, n_fits, n_outputs)
    same_support: FloatArray  # (n_rows, n_replicates, n_outputs, n_features)
    unexplained: FloatArray  # (2, n_rows, n_replicates, n_outputs)


def _fit_stacks(samples: LocalSamples, bounds: Sequence[int], with_errors: bool) -> _FitStacks:
    # Shifted by one of its values a constant response is exactly zero, and a large offset
    # costs no digits.
    shifts = samples.F[:, 0]
    # The responses themselves are needed for fidelity only.
    columns = (samples.residuals, samples.F) if with_errors else (samples.residuals,)
    grams = weighted_grams(samples.Z, columns, shifts, samples.w, bounds)
    if samples.slopes is not None:
        add_linear_part(grams, samples.slopes)
    fitted_grams = grams
    if samples.controlled is not None:
        residuals, slopes = samples.controlled
        controlled = weighted_grams(samples.Z, (residuals,), shifts, samples.w, bounds)
        if slopes is not None:
            add_linear_part(controlled, slopes)
        n_features, n_outputs = samples.Z.shape[2], shifts.shape[1]
        fitted_grams = with_controlled_targets(grams, controlled, n_features, n_outputs)
    instance_responses = np.tile(samples.instance_responses - shifts, len(columns))
    instance = row_gram(samples.instance_encodings, instance_responses)
    scale = LIME_N_PERTURBATIONS / bounds[-1]
    stacks = _stacked_grams(fitted_grams, instance, scale, with_errors)
    n_features, n_outputs = samples.instance_encodings.shape[1], shifts.shape[1]
    moments, encoding_means, response_means = centered_moments(stacks, n_features, n_outputs)
    return _FitStacks(
        grams,
        moments,
        encoding_means,
        response_means,
        stacks[..., n_features, n_features].copy(),
        samples.instance_encodings,
        shifts,
        scale,
    )


def _stacked_grams(
    grams: FloatArray, instance: FloatArray, scale: float, with_errors: bool
) -> FloatArray:
    """Return the Gram matrix of each fit of the fit stacks."""
    n_rows, n_replicates, p, _ = grams.shape
    total = scale * grams.sum(axis=1)
    n_fits = REPLICATE_LEFT_OUT + (n_replicates if with_errors else 0)
    stacks = np.empty((n_rows, n_fits, p, p))
    stacks[:, REPORTED] = total + instance
    stacks[:, INSTANCE_LEFT_OUT] = total
    if with_errors:
        # Scaled up to all replicates, so that the penalty keeps its meaning.
        left_out = stacks[:, REPLICATE_LEFT_OUT:]
        np.multiply(grams, -scale, out=left_out)
        left_out += total[:, None]
        left_out *= n_replicates / (n_replicates - 1)
        left_out += instance[:, None]
    return stacks


def _fitted(
    stack: _FitStacks, support: BoolArray, coefficients: FloatArray, solve: Solver
) -> _FittedStacks:
    """Return what follows from the coefficients of all fits."""
    means = np.einsum("rkof,rkf->rko", coefficients, stack.encoding_means)
    intercepts = stack.response_means - means
    return _FittedStacks(
        coefficients=coefficients,
        intercepts=intercepts,
        at_row=intercepts + np.einsum("rkof,rf->rko", coefficients, stack.instance_encodings),
        same_support=_solved_on_reported_support(stack, support, coefficients, solve),
        unexplained=_unexplained(stack, coefficients, intercepts),
    )


def _solved_on_reported_support(
    stack: _FitStacks, support: BoolArray, coefficients: FloatArray, solve: Solver
) -> FloatArray:
    """Return the fits without each replicate on the support of the reported fit."""
    left_out = slice(REPLICATE_LEFT_OUT, None)
    reported = support[:, :1]
    if (support[:, left_out] == reported).all():
        return coefficients[:, left_out]
    moments = Moments(*(moment[:, left_out] for moment in stack.moments))
    reported = np.broadcast_to(reported, moments.Zf.shape)
    return solve(moments, reported, stack.total_weights[:, left_out, None])


def _unexplained(stack: _FitStacks, coefficients: FloatArray, intercepts: FloatArray) -> FloatArray:
    """Return the squared error, on each replicate, of the fit without it.

    With Gram matrix ``G`` of ``[Z 1 targets F]`` and ``r = (-b, -a, e)``, where ``e`` picks one
    target or response, the weighted squared error is ``r' G r``.
    """
    coefficients = coefficients[:, REPLICATE_LEFT_OUT:]
    if coefficients.shape[1] == 0:
        return np.empty((2, *coefficients.shape[:3]))
    n_features, n_outputs = coefficients.shape[-1], coefficients.shape[-2]
    # Sums over the Gram matrix: no pass over the perturbed rows.
    residual = np.zeros((2, *coefficients.shape[:3], stack.grams.shape[-1]))
    residual[..., :n_features] = -coefficients
    residual[..., n_features] = -intercepts[:, REPLICATE_LEFT_OUT:]
    residual[0, ..., n_features + 1 : n_features + 1 + n_outputs] = np.eye(n_outputs)
    residual[1, ..., n_features + 1 + n_outputs :] = np.eye(n_outputs)
    unexplained: FloatArray = ((residual @ stack.grams) * residual).sum(axis=-1)
    return unexplained


def _refitted(
    samples: LocalSamples,
    stack: _FitStacks,
    support: BoolArray,
    bounds: Sequence[int],
    surrogate: Any,
    seed: int,
) -> _FittedStacks:
    """Fit clones of any regressor to the rows, once for each fit of each stack."""
    n_rows, n_fits, n_outputs, _ = support.shape
    n_replicates = n_fits - REPLICATE_LEFT_OUT
    surrogate, is_scaled = seeded(surrogate, seed), takes_weights(surrogate)
    fitted = _FittedStacks(
        coefficients=np.zeros(support.shape),
        intercepts=np.zeros(support.shape[:3]),
        at_row=np.zeros(support.shape[:3]),
        same_support=np.zeros((n_rows, n_replicates, *support.shape[2:])),
        unexplained=np.zeros((2, n_rows, n_replicates, n_outputs)),
    )
    for row, output in np.ndindex(n_rows, n_outputs):
        Z, target, w = _rows_of_stack(samples, stack, row, output, bounds, surrogate, seed)
        for fit in range(n_fits):
            here, chosen = (row, fit, output), support[row, fit, output]
            rows = _rows_of_fit(Z, target, w, fit, bounds, is_scaled=is_scaled)
            fitted.coefficients[here], fitted.intercepts[here], predict = refit(
                surrogate, *rows, chosen
            )
            fitted.at_row[here] = predict(Z[-1:])[0]
            replicate = fit - REPLICATE_LEFT_OUT
            if replicate >= 0:
                held_out = slice(bounds[replicate], bounds[replicate + 1])
                responses = samples.F[row, held_out, output] - stack.shifts[row, output]
                errors = np.stack([target[held_out], responses]) - predict(Z[held_out])
                w_held_out = 1.0 if samples.w is None else samples.w[row, held_out]
                fitted.unexplained[:, row, replicate, output] = (w_held_out * errors**2).sum(1)
                reported = support[row, REPORTED, output]
                fitted.same_support[row, replicate, output] = (
                    fitted.coefficients[here]
                    if (chosen == reported).all()
                    else refit(surrogate, *rows, reported)[0]
                )
    return fitted


def _rows_of_stack(
    samples: LocalSamples,
    stack: _FitStacks,
    row: int,
    output: int,
    bounds: Sequence[int],
    surrogate: Any,
    seed: int,
) -> tuple[Array, FloatArray, FloatArray]:
    """Return encodings, targets and weights of one row and output, the explained row last."""
    Z = np.vstack([samples.Z[row], samples.instance_encodings[row]])
    target = np.append(
        _targets(samples, row, output, bounds), samples.instance_responses[row, output]
    )
    w = None if samples.w is None else samples.w[row]
    w = row_weights(surrogate, w, bounds, 1.0 / stack.scale, seed)
    scale = stack.scale if takes_weights(surrogate) else 1.0
    return Z, target - stack.shifts[row, output], scale * w


def _rows_of_fit(
    Z: Array,
    target: FloatArray,
    w: FloatArray,
    fit: int,
    bounds: Sequence[int],
    *,
    is_scaled: bool,
) -> tuple[Array, FloatArray, FloatArray]:
    """Return the rows that one fit of a fit stack is fitted to."""
    used = np.ones(len(Z), dtype=bool)
    if fit == INSTANCE_LEFT_OUT:
        used[-1] = False
    elif fit >= REPLICATE_LEFT_OUT:
        replicate = fit - REPLICATE_LEFT_OUT
        used[bounds[replicate] : bounds[replicate + 1]] = False
        if is_scaled:
            n_replicates = len(bounds) - 1
            w = np.append(w[:-1] * n_replicates / (n_replicates - 1), w[-1])
    return Z[used], target[used], w[used]


def _targets(samples: LocalSamples, row: int, output: int, bounds: Sequence[int]) -> FloatArray:
    """Return the target of one row and output at each perturbed row."""
    targets = samples.residuals[row, :, output].copy()
    if samples.slopes is not None:
        for (start, end), slopes in zip(pairwise(bounds), samples.slopes[row, ..., output]):
            targets[start:end] += samples.Z[row, start:end] @ slopes[:-1] + slopes[-1]
    return targets


def _selected(support: BoolArray, fitted: _FittedStacks, *, may_be_zero: bool) -> BoolArray:
    """Return the features that count as selected.

    A coefficient that is zero in the full and in every leave-one-out fit of a sparse surrogate
    counts as not selected.
    """
    reported = support[:, REPORTED]
    if not may_be_zero:
        return reported
    is_used = (fitted.same_support != 0.0).any(axis=1)
    selected: BoolArray = reported & (is_used | (fitted.coefficients[:, REPORTED] != 0.0))
    return selected


def _held_out_r2(
    stack: _FitStacks, unexplained: FloatArray, noise: FloatArray | None
) -> dict[str, FloatArray]:
    """Return fidelity, its standard error and R2 of the responses, on held-out replicates.

    Fidelity is 1 minus the ratio of two sums over replicates: of the squared errors of the
    targets, and of their scatter, each minus the noise of twins. R2 of the responses is the same
    of the responses, plus that noise.

    The sums come before the ratio. Some responses are constant but for rare jumps; in a
    replicate without a jump the scatter is nearly 0, and its own ratio could be any number.
    """
    if unexplained.shape[2] == 0:
        nothing = np.full(stack.shifts.shape, np.nan)
        return {"fidelity": nothing, "fidelity_errors": nothing, "response_r2": nothing}
    d, n_outputs = stack.instance_encodings.shape[1], stack.shifts.shape[1]
    noise = np.zeros_like(unexplained) if noise is None else noise
    fitted = slice(d + 1, d + 1 + n_outputs)
    # The mean of twins has their noise once, single responses have it twice.
    total = stack.grams.sum(axis=1)
    weight, columns = total[:, d, d, None], slice(d + 1 + n_outputs, None)
    squares = np.diagonal(total, axis1=-2, axis2=-1)[..., columns] + noise[1].sum(axis=1)
    errors = (unexplained[1] + noise[1]).sum(axis=1)
    response_r2 = pooled_r2(errors, weight, total[:, d, columns], squares, stack.shifts)
    unexplained, scatter = unexplained[0] - noise[0], _scatter(stack, fitted) - noise[0]
    fidelity, fidelity_errors = jackknife_r2(unexplained, scatter)
    # The scatter must be above its own standard error: otherwise it may be noise alone.
    n_replicates = scatter.shape[1]
    varies = scatter.sum(axis=1) > np.sqrt(n_replicates * scatter.var(axis=1, ddof=1))
    is_defined = varies & ~np.isnan(response_r2)
    return {
        "fidelity": np.where(is_defined, fidelity, np.nan),
        "fidelity_errors": np.where(is_defined, fidelity_errors, np.nan),
        "response_r2": response_r2,
    }


def _scatter(stack: _FitStacks, columns: slice) -> FloatArray:
    """Return the weighted squares of columns about their mean, replicate by replicate."""
    d = stack.instance_encodings.shape[1]
    return scatter_about_mean(
        stack.grams[:, :, d, d, None],
        stack.grams[:, :, d, columns],
        np.diagonal(stack.grams, axis1=-2, axis2=-1)[..., columns],
    )


def _leave_out(moments: Moments, features: BoolArray) -> None:
    """Set the moments of some features of some rows to zero, in place."""
    row, feature = np.nonzero(features)
    moments.ZZ[row, ..., feature, :] = 0.0
    moments.ZZ[row, ..., :, feature] = 0.0
    moments.Zf[row, ..., feature] = 0.0
