"""Targets with less noise, where they lower it: one more choice of the targets of local fits.

The targets of a fit may be replaced by others with the same expected weights. Both estimate the
same; which of the two has less noise, their spread over the replicates tells.
"""

import numpy as np

from sklime.utils._sums import ordered_sum
from sklime.utils._types import FloatArray

__all__ = ["solved", "with_controlled_targets"]

# Added to the diagonal, relative to it: copies of a variable have no inverse.
_RIDGE = 1e-9

# A feature with less scatter per weight never changes.
_NEGLIGIBLE = 1e-12


def with_controlled_targets(
    grams: FloatArray, controlled: FloatArray, n_features: int, n_outputs: int
) -> FloatArray:
    """Replace the targets in Gram matrices where that lowers the noise of the weights.

    Parameters
    ----------
    grams : ndarray of shape (n_rows, n_replicates, p, p)
        Gram matrices of ``[Z 1 targets ...]``.

    controlled : ndarray of shape (n_rows, n_replicates, q, q)
        Gram matrices of ``[Z 1 other targets]``, where the weights have the same expected
        values.

    n_features, n_outputs : int
        Number of columns of Z, and of targets.

    Returns
    -------
    grams : ndarray of shape (n_rows, n_replicates, p, p)
        Products of two targets, and of a target with further columns, are those of `grams`,
        except for squares.
    """
    n_linear = n_features + 1
    # One decision for all outputs: the weights of all classes still cancel.
    plain = grams[..., : n_linear + n_outputs]
    is_better = _noise(controlled, n_linear) < _noise(plain, n_linear)
    targets = slice(n_linear, n_linear + n_outputs)
    chosen = grams.copy()
    here = np.flatnonzero(is_better)
    moved = controlled[here, :, :n_linear, targets]
    chosen[here, :, :n_linear, targets] = moved
    chosen[here, :, targets, :n_linear] = moved.swapaxes(-1, -2)
    columns = np.arange(n_linear, n_linear + n_outputs)
    chosen[here[:, None], :, columns, columns] = controlled[here[:, None], :, columns, columns]
    return chosen


def _noise(grams: FloatArray, n_linear: int) -> FloatArray:
    """Return how much the weights vary between replicates, of shape (n_rows,).

    Summed over all weights, each times the scatter of its feature: a feature that hardly ever
    changes would outweigh all others.
    """
    linear, targets = grams[..., :n_linear, :n_linear], grams[..., :n_linear, n_linear:]
    total, total_of_targets = linear.sum(axis=1), targets.sum(axis=1)
    fitted = solved(total, total_of_targets)
    # What each replicate adds to the normal equations of the common fit.
    pulls = targets - linear @ fitted[:, None]
    weight = total[:, -1:, -1]
    sums = total[..., :-1, -1]
    means = np.divide(sums, weight, out=np.zeros(sums.shape), where=weight > 0.0)
    scatter = np.diagonal(total, axis1=-2, axis2=-1)[:, :-1] - weight * means**2
    about_mean = pulls[..., :-1, :] - means[:, None, :, None] * pulls[..., -1:, :]
    spread = ordered_sum(about_mean.var(axis=1))
    varies = scatter > _NEGLIGIBLE * weight
    return ordered_sum(np.divide(spread, scatter, out=np.zeros(spread.shape), where=varies))


def solved(matrices: FloatArray, columns: FloatArray) -> FloatArray:
    """Solve stacks of normal equations.

    Parameters
    ----------
    matrices : ndarray of shape (..., n, n)
        Gram matrices.

    columns : ndarray of shape (..., n, n_columns)
        Right-hand sides.

    Returns
    -------
    solution : ndarray of shape (..., n, n_columns)
        0 for a variable that is zero up to rounding. Variables that are copies of one another
        share what they explain.
    """
    diagonal = np.diagonal(matrices, axis1=-2, axis2=-1)
    largest = diagonal.max(axis=-1, keepdims=True, initial=0.0)
    is_zero = diagonal <= 1e-14 * largest
    scale = np.where(is_zero, 0.0, 1.0 / np.sqrt(np.where(is_zero, 1.0, diagonal)))
    scaled = matrices * scale[..., :, None] * scale[..., None, :]
    scaled = scaled + (_RIDGE + is_zero[..., None]) * np.eye(matrices.shape[-1])
    solution: FloatArray = np.linalg.solve(scaled, columns * scale[..., None])
    return solution * scale[..., None]
