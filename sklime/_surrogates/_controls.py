"""Targets with less noise in the place of those of local fits, and normal equations."""

import numpy as np

from sklime.utils._types import FloatArray

__all__ = ["solved", "with_controlled_targets"]

# Added to the diagonal, relative to it: copies of a variable have no inverse.
_RIDGE = 1e-9


def with_controlled_targets(
    grams: FloatArray, controlled: FloatArray, n_features: int, n_outputs: int
) -> FloatArray:
    """Replace the targets in Gram matrices by others with the same expected weights.

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
    targets = slice(n_linear, n_linear + n_outputs)
    columns = np.arange(n_linear, n_linear + n_outputs)
    chosen = grams.copy()
    chosen[..., :n_linear, targets] = controlled[..., :n_linear, targets]
    chosen[..., targets, :n_linear] = controlled[..., targets, :n_linear]
    chosen[..., columns, columns] = controlled[..., columns, columns]
    return chosen


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
