"""The local fit on masks whose distribution treats all parts alike: everything in closed form.

The expected Gram matrix of such masks is known: one number on its diagonal, another one off the
diagonal. Given the moments of the response, ridge solutions on any set of parts are a few sums,
whatever the number of parts. No Gram matrix is ever stored.

Fit stacks are those of `sklime._surrogates._fit`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklime._gram import Moments
from sklime._surrogates._fit import (
    INSTANCE_LEFT_OUT,
    LIME_N_PERTURBATIONS,
    REPLICATE_LEFT_OUT,
    REPORTED,
    Fit,
)
from sklime._surrogates._held_out import jackknife_errors
from sklime._surrogates._solvers import RidgeSolver, gram_solver
from sklime.neighborhoods._masks import MaskMoments
from sklime.selection import (
    RANKING_ALPHA,
    all_features,
    checked_support,
    highest_weights,
    strongest,
)
from sklime.utils._types import BoolArray, FloatArray

__all__ = ["mask_fits", "ridge_penalty"]

# An eigenvalue below this share of the diagonal is rounding.
_NEGLIGIBLE = 1e-12

# Up to this many parts a selector sees the moments of all of them.
_MAX_CANDIDATES = 512


@dataclass(frozen=True)
class _Stack:
    """Centered moments of a fit stack; ``ZZ`` is ``diagonal * I + shared * 11'``."""

    diagonal: FloatArray  # (n_fits, 1)
    shared: FloatArray  # (n_fits, 1)
    mask_means: FloatArray  # (n_fits, 1)
    response_means: FloatArray  # (n_fits, n_outputs)
    Zf: FloatArray  # (n_fits, n_outputs, n_parts)
    ff: FloatArray  # (n_fits, n_outputs)


def ridge_penalty(surrogate: Any) -> float | None:
    """Return the penalty of a surrogate that has a solution in closed form; otherwise `None`.

    Parameters
    ----------
    surrogate : estimator or None
        `None` stands for ``Ridge(alpha=1.0)``.

    Returns
    -------
    alpha : float or None
        0 for ordinary least squares; `None` for a surrogate that must be fitted itself.
    """
    solve = gram_solver(surrogate)
    return solve.alpha if isinstance(solve, RidgeSolver) else None


def mask_fits(
    gram: MaskMoments,
    moments: FloatArray,
    squares: FloatArray,
    instance_response: FloatArray,
    *,
    select: Callable[..., BoolArray],
    max_features: int,
    alpha: float,
    n_left_out: int,
) -> tuple[Fit, FloatArray]:
    """Fit ridge regressions to the moments of one instance.

    Each fit minimizes ``E[w (f - a - z @ b)**2] + alpha * b @ b`` over the slopes ``b`` of the
    selected parts and the intercept ``a``, where ``z`` is a mask, ``w`` its weight and ``f`` the
    response. Expected weights are scaled to a sample of the size of `lime`'s.

    Parameters
    ----------
    gram : MaskMoments
        Expected weighted moments of the masks.

    moments : ndarray of shape (n_replicates, n_parts + 1, n_outputs)
        Weighted means of mask times response in each replicate; those of the response alone come
        last. The response at the instance is subtracted from all responses.

    squares : ndarray of shape (n_replicates, n_outputs)
        Weighted means of the squared responses.

    instance_response : ndarray of shape (n_outputs,)
        Response at the instance itself.

    select : callable
        Selector, see `sklime.selection`.

    max_features : int
        Passed to the selector.

    alpha : float
        Penalty on the squared weights.

    n_left_out : int
        Number of fits without a replicate: all replicates, or 0 for no errors. A single replicate
        has exact moments; then these fits are all equal.

    Returns
    -------
    fit : Fit
        The local fit, without R2.

    left_out_intercepts : ndarray of shape (n_replicates, n_outputs)
        Intercepts of the fits without each replicate, on parts selected again.
    """
    stack = _fit_stack(gram, moments, squares, n_left_out)
    # Exact moments need no penalty to be ranked.
    ranking_alpha = 0.0 if alpha == 0.0 and len(moments) == 1 else RANKING_ALPHA
    support = _supports(stack, select, max_features, ranking_alpha)
    coefficients = _ridge(stack, support, alpha)
    sums = coefficients.sum(axis=-1)
    intercepts = stack.response_means - stack.mask_means * sums + instance_response
    reported = np.broadcast_to(support[:1], support[REPLICATE_LEFT_OUT:].shape)
    reselected = coefficients[REPLICATE_LEFT_OUT:]
    left_out = reselected
    if (support[REPLICATE_LEFT_OUT:] != reported).any():
        left_out = _ridge(stack, reported, alpha, slice(REPLICATE_LEFT_OUT, None))
    is_same = left_out is reselected
    left_out = left_out.swapaxes(1, 2)
    errors = jackknife_errors(left_out, support[REPORTED].T)
    if len(moments) == 1:
        errors = 0.0 * errors
    unknown = np.full(instance_response.shape, np.nan)
    fit = Fit(
        values=coefficients[REPORTED].T,
        standard_errors=errors,
        left_out_values=left_out,
        reselected_values=left_out if is_same else reselected.swapaxes(1, 2),
        intercepts=intercepts[REPORTED],
        local_predictions=(intercepts + sums)[REPORTED],
        held_out_predictions=(intercepts + sums)[INSTANCE_LEFT_OUT],
        fidelity=unknown,
        fidelity_errors=unknown,
        response_r2=unknown,
    )
    return fit, intercepts[REPLICATE_LEFT_OUT:]


def _fit_stack(
    gram: MaskMoments, moments: FloatArray, squares: FloatArray, n_left_out: int
) -> _Stack:
    """Return the centered moments of all fits of a fit stack."""
    scale = LIME_N_PERTURBATIONS
    mean, mean_square = scale * moments.mean(axis=0), scale * squares.mean(axis=0)
    means, mean_squares = [mean, mean], [mean_square, mean_square]
    for replicate in range(n_left_out):
        if len(moments) == 1:
            means.append(mean)
            mean_squares.append(mean_square)
            continue
        others = np.arange(len(moments)) != replicate
        means.append(scale * moments[others].mean(axis=0))
        mean_squares.append(scale * squares[others].mean(axis=0))
    instance = np.ones((2 + n_left_out, 1))
    instance[INSTANCE_LEFT_OUT] = 0.0
    T, M, S = (scale * moment for moment in gram)
    total = T + instance
    has_weight = total > 0.0
    divisor = np.where(has_weight, total, 1.0)
    mask_means = (M + instance) / divisor
    raw = np.stack(means)
    Zf = raw[:, :-1] - mask_means[..., None] * raw[:, -1:]
    ff = np.stack(mean_squares) - raw[:, -1] ** 2 / divisor
    return _Stack(
        # Multiplied out: the difference of second moment and squared mean would cancel where
        # masks weigh little next to the instance itself.
        diagonal=np.maximum(M - S, 0.0) + 0.0 * instance,
        shared=(S * T - M**2 + instance * (S + T - 2.0 * M)) / divisor,
        mask_means=mask_means,
        response_means=np.where(has_weight, raw[:, -1] / divisor, np.nan),
        Zf=Zf.swapaxes(1, 2),
        ff=np.maximum(ff, 0.0),
    )


def _ridge(
    stack: _Stack, support: BoolArray, alpha: float, fits: slice = slice(None)
) -> FloatArray:
    """Solve the ridge regressions on some parts.

    On ``k`` selected parts ``ZZ = diagonal * I + shared * 11'`` has two eigenvalues:
    ``diagonal + k * shared`` for the mean of the parts, and ``diagonal`` for all vectors that sum
    to zero. So the mean of ``Zf`` and its residual are each divided by an eigenvalue plus `alpha`.
    """
    diagonal, shared = stack.diagonal[fits], stack.shared[fits]
    n_selected = support.sum(axis=-1)
    Zf = np.where(support, stack.Zf[fits], 0.0)
    mean = Zf.sum(axis=-1) / np.maximum(n_selected, 1)
    least = _NEGLIGIBLE * (diagonal + np.abs(shared))
    along = _inverse(diagonal + n_selected * shared, alpha, least)
    across = _inverse(diagonal + np.zeros(n_selected.shape), alpha, least)
    solution = (Zf - mean[..., None]) * across[..., None] + (mean * along)[..., None]
    return np.where(support, solution, 0.0)


def _inverse(eigenvalue: FloatArray, alpha: float, least: FloatArray) -> FloatArray:
    """Invert a penalized eigenvalue; 0 for one that is rounding."""
    is_nonzero = eigenvalue > least
    return np.where(is_nonzero, 1.0 / np.where(is_nonzero, eigenvalue + alpha, 1.0), 0.0)


def _supports(
    stack: _Stack, select: Callable[..., BoolArray], max_features: int, ranking_alpha: float
) -> BoolArray:
    """Return the parts that the selector chooses for each fit."""
    everything = np.ones(stack.Zf.shape, dtype=bool)
    n_parts = stack.Zf.shape[-1]
    if select is all_features:
        return everything
    if select is highest_weights:
        return strongest(np.abs(_ridge(stack, everything, ranking_alpha)), max_features)
    candidates = np.arange(n_parts)
    if n_parts > _MAX_CANDIDATES:
        # Parts differ in ``Zf`` alone. So the built-in selectors choose parts that are among the
        # largest or the smallest in it.
        n_each = max(min(max_features, n_parts), _MAX_CANDIDATES // 2)
        order = np.argsort(stack.Zf, axis=-1, kind="stable")
        candidates = np.union1d(order[..., :n_each], order[..., -n_each:])
    n_candidates = len(candidates)
    eye, one = np.eye(n_candidates), np.ones((n_candidates, n_candidates))
    ZZ = stack.diagonal[..., None] * eye + stack.shared[..., None] * one
    moments = Moments(ZZ[:, None], stack.Zf[..., candidates], stack.ff)
    support = np.zeros(stack.Zf.shape, dtype=bool)
    chosen = select(moments, np.ones(n_candidates), max_features)
    support[..., candidates] = checked_support(chosen, moments)
    return support
