"""The local fit on the masks themselves, for surrogates without a closed form."""

from collections.abc import Callable

import numpy as np

from sklime._masks._covariates import without_covariates
from sklime._masks._instance import Instance
from sklime._masks._plan import MaskPlan
from sklime._masks._weights import mask_weights
from sklime._surrogates._fit import Fit
from sklime._surrogates._local_fit import LocalSamples, local_fits
from sklime.neighborhoods import MaskSample
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["fit_to_masks"]

# Surrogates that are fitted to the masks themselves get at most this many parts.
MAX_REFITTED_PARTS = 1000

# Numbers in masks that are multiplied at a time.
_MAX_NUMBERS = 2**22


def fit_to_masks(
    plan: MaskPlan,
    instance: Instance,
    masks: MaskSample,
    F: FloatArray,
    at_instance: FloatArray,
    table: FloatArray,
    select: Callable[..., BoolArray],
    max_features: int,
) -> Fit:
    """Fit the surrogate to the masks themselves, as `lime` does.

    Of more than 1000 parts, those with the largest covariance with a response are fitted.

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

    Returns
    -------
    fit : Fit
        Of one instance.
    """
    Z = np.concatenate([block for _, _, block in masks.blocks()])
    w, bounds = mask_weights(masks, table), masks.bounds
    F = without_covariates(instance, masks, F, w)
    if masks.is_exact:
        # One copy of all masks per replicate: the fit without a replicate is the same.
        n_replicates = plan.n_replicates
        Z, F, w = (np.concatenate([array] * n_replicates) for array in (Z, F, w))
        bounds = tuple(masks.n_masks * index for index in range(n_replicates + 1))
    n_parts = Z.shape[1]
    strongest: IntArray = np.arange(n_parts)
    if n_parts > MAX_REFITTED_PARTS:
        strongest = _strongest_parts(Z, F, w)
    Z, F = Z[:, strongest], F + at_instance
    samples = LocalSamples(
        Z[None],
        F[None],
        F[None],
        None,
        None,
        w[None],
        np.ones((1, strongest.size)),
        at_instance[None],
    )
    fits = local_fits(
        samples,
        bounds,
        select=select,
        max_features=min(max_features, strongest.size),
        surrogate=plan.surrogate,
        seed=plan.seed,
        with_errors=plan.has_errors,
    )
    fit = fits.fit.take(0).spread_over(n_parts, strongest)
    fit = fit.judged(fit.fidelity, fit.fidelity_errors)
    return fit.noiseless() if masks.is_exact else fit


def _strongest_parts(Z: BoolArray, F: FloatArray, w: FloatArray) -> IntArray:
    """Return the parts whose masks have the largest covariance with any of the responses."""
    weighted = w[:, None] * (F - np.average(F, axis=0, weights=w))
    step = max(1, _MAX_NUMBERS // len(Z))
    strength = np.concatenate(
        [
            np.abs(Z[:, start : start + step].T.astype(np.float64) @ weighted)
            for start in range(0, Z.shape[1], step)
        ]
    )
    strength /= np.maximum(strength.max(axis=0), np.finfo(float).tiny)
    order = np.argsort(-strength.max(axis=1), kind="stable")
    return np.sort(order[:MAX_REFITTED_PARTS])
