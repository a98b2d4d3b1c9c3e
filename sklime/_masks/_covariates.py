"""Covariates of known mean: remove the noise of random replacement values from responses."""

import numpy as np

from sklime._masks._instance import Instance
from sklime.neighborhoods import MaskSample
from sklime.utils._types import FloatArray

__all__ = ["without_covariates"]

# The penalty keeps the coefficients small where covariates are nearly dependent.
_PENALTY = 1e-6


def without_covariates(
    instance: Instance, masks: MaskSample, F: FloatArray, w: FloatArray
) -> FloatArray:
    """Subtract the part of the responses that covariates of an instance predict.

    Given the mask, the covariates C have the mean zero. So ``F - C @ b`` has the mean of F given
    the mask, whatever b is, as long as b does not depend on the same replicate. The b of each
    replicate minimizes the weighted squares of ``F - mean(F) - C @ b`` over all others.

    Parameters
    ----------
    instance : Instance
        Instance that defines the covariates.

    masks : MaskSample
        Masks that the model was called on.

    F : ndarray of shape (n_masks, n_outputs)
        Responses.

    w : ndarray of shape (n_masks,)
        Weight of each mask.

    Returns
    -------
    F : ndarray of shape (n_masks, n_outputs)
        With the same mean given the mask, and less noise. `F` itself where there are no
        covariates, and where all masks are taken.
    """
    covariates = [instance.covariates(block) for _, _, block in masks.blocks()]
    if masks.is_exact or any(block is None for block in covariates) or not w.any():
        return F
    C = np.concatenate([block for block in covariates if block is not None])
    # The error of a moment is that of the weight times the response.
    omega = (w / w.max()) ** 2
    centered = F - np.average(F, axis=0, weights=omega)
    grams, moments = [], []
    for start, end in zip(masks.bounds[:-1], masks.bounds[1:]):
        weighted = omega[start:end, None] * C[start:end]
        grams.append(weighted.T @ C[start:end])
        moments.append(weighted.T @ centered[start:end])
    gram, moment = np.sum(grams, axis=0), np.sum(moments, axis=0)
    ridge = _PENALTY * max(np.trace(gram) / len(gram), np.finfo(float).tiny) * np.eye(len(gram))
    residual = F.copy()
    for replicate, (start, end) in enumerate(zip(masks.bounds[:-1], masks.bounds[1:])):
        left_out = gram - grams[replicate] + ridge, moment - moments[replicate]
        residual[start:end] -= C[start:end] @ np.linalg.solve(*left_out)
    return residual
