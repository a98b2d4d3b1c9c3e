"""Weighted Gram matrices, centered moments and ridge solutions of local fits.

All functions work on stacks of fits: leading axes are rows, left-out replicates or outputs.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sklime.utils._sums import ordered_sum
from sklime.utils._types import Array, BoolArray, FloatArray

__all__ = [
    "Moments",
    "add_linear_part",
    "centered_moments",
    "diagonal_ridge",
    "on_support",
    "ridge_coefficients",
    "row_gram",
    "weighted_grams",
]

# A column whose variance is below this share of its second moment is constant up to rounding.
_CONSTANT_SHARE = 1e-12

# An eigenvalue below this share of the largest, times their number, is rounding error.
_EIGENVALUE_ROUNDING = 10.0 * float(np.finfo(float).eps)

# Rows of a matrix that begin a power of two apart share cache lines. This many numbers between
# them make the products a third faster.
_PADDING = 16

# Numbers in one block of work space; few enough to stay in a cache.
_BLOCK_CELLS = 2**17


class Moments(NamedTuple):
    """Centered weighted moments of the encoding and of one or more outputs.

    A function that selects features gets these moments; see `sklime.selection`.

    Parameters
    ----------
    ZZ : ndarray of shape (..., n_features, n_features)
        Weighted scatter of the encoding around its weighted mean.

    Zf : ndarray of shape (..., n_features)
        Weighted cross-moments of encoding and response.

    ff : ndarray of shape (...)
        Weighted scatter of the response.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.selection import Moments
    >>> Z, f = np.array([[1.0, 0.0], [-1.0, 1.0], [0.0, -1.0]]), np.array([2.0, -1.0, -1.0])
    >>> moments = Moments(Z.T @ Z, Z.T @ f, f @ f)
    >>> moments.Zf
    array([3., 0.])
    """

    ZZ: FloatArray
    Zf: FloatArray
    ff: FloatArray


def weighted_grams(
    Z: Array,
    columns: Sequence[FloatArray],
    shifts: FloatArray,
    w: FloatArray | None,
    bounds: Sequence[int],
) -> FloatArray:
    """Return ``[Z 1 columns]' diag(w) [Z 1 columns]`` of each row and replicate.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_perturbations, n_features)
        Encodings; fastest where the perturbations of a feature are contiguous in memory.

    columns : sequence of ndarray of shape (n_rows, n_perturbations, n_outputs)
        Further columns, such as responses.

    shifts : ndarray of shape (n_rows, n_outputs)
        Numbers that are subtracted from the columns.

    w : ndarray of shape (n_rows, n_perturbations) or None
        Weights; `None` stands for ones.

    bounds : sequence of int
        First perturbation of each replicate, and the end of the last.

    Returns
    -------
    grams : ndarray of shape (n_rows, n_replicates, p, p)
        One matrix per row and replicate.
    """
    n_rows, n_perturbations, n_features = Z.shape
    width = n_features + 1 + sum(column.shape[2] for column in columns)
    grams = np.empty((n_rows, len(bounds) - 1, width, width))
    step = max(1, min(n_rows, _BLOCK_CELLS // (width * n_perturbations)))
    # Work space is reused: fresh memory for each block would cost as much as the sums.
    work = np.empty((2, step, width, n_perturbations + _PADDING))[..., :n_perturbations]
    for start in range(0, n_rows, step):
        block = slice(start, start + step)
        A, weighted = work[:, : len(Z[block])]
        A[:, :n_features] = Z[block].swapaxes(1, 2)
        A[:, n_features] = 1.0
        index = n_features + 1
        for column in columns:
            target = A[:, index : index + column.shape[2]]
            np.subtract(column[block].swapaxes(1, 2), shifts[block, :, None], out=target)
            index += column.shape[2]
        # Copy A even if there are no weights: for a product of an array with itself NumPy
        # calls BLAS's syrk, which takes twice as long at these shapes.
        np.multiply(A, 1.0 if w is None else w[block, None, :], out=weighted)
        for replicate, (first, end) in enumerate(pairwise(bounds)):
            transposed = weighted[..., first:end].swapaxes(1, 2)
            np.matmul(A[..., first:end], transposed, out=grams[block, replicate])
    return grams


def add_linear_part(grams: FloatArray, slopes: FloatArray) -> None:
    """Turn Gram matrices of ``[Z 1 E ...]`` into those of ``[Z 1 E + [Z 1] slopes ...]``.

    Parameters
    ----------
    grams : ndarray of shape (n_rows, n_replicates, p, p)
        Gram matrices, changed in place.

    slopes : ndarray of shape (n_rows, n_replicates, n_features + 1, n_outputs)
        Slopes on the features, and on the constant as the last one.
    """
    n_linear, n_outputs = slopes.shape[-2:]
    block = slice(n_linear, n_linear + n_outputs)
    columns = grams[..., block] + grams[..., :n_linear] @ slopes
    corner = columns[..., block, :] + slopes.swapaxes(-1, -2) @ columns[..., :n_linear, :]
    grams[..., block] = columns
    grams[..., block, :] = columns.swapaxes(-1, -2)
    grams[..., block, block] = corner


def row_gram(encodings: Array, responses: FloatArray) -> FloatArray:
    """Return the Gram matrix of single rows of weight 1.

    Parameters
    ----------
    encodings : ndarray of shape (n_rows, n_features)
        Encoding of each row.

    responses : ndarray of shape (n_rows, n_outputs)
        Response of each row.

    Returns
    -------
    grams : ndarray of shape (n_rows, n_features + 1 + n_outputs, same)
        One matrix of rank 1 per row.
    """
    a = np.column_stack([encodings, np.ones(len(encodings)), responses])
    grams: FloatArray = a[:, :, None] * a[:, None, :]
    return grams


def centered_moments(
    grams: FloatArray, n_features: int, n_outputs: int
) -> tuple[Moments, FloatArray, FloatArray]:
    """Turn Gram matrices into weighted means and centered moments.

    Parameters
    ----------
    grams : ndarray of shape (..., p, p)
        Gram matrices of ``[Z 1 F]``; further columns are ignored.

    n_features : int
        Number of columns of Z.

    n_outputs : int
        Number of columns of F.

    Returns
    -------
    moments : Moments
        With an axis for the outputs before the feature axes: ``ZZ`` is of shape
        (..., 1, n_features, n_features), ``Zf`` of shape (..., n_outputs, n_features).

    encoding_means : ndarray of shape (..., n_features)
        Weighted means of the encoding.

    response_means : ndarray of shape (..., n_outputs)
        Weighted means of the responses; NaN where all weights are zero.
    """
    d = n_features
    grams = grams[..., : d + 1 + n_outputs, : d + 1 + n_outputs]
    total: FloatArray = grams[..., d, d]
    has_weight = total > 0.0
    divisor = np.where(has_weight, total, 1.0)[..., None]
    z_mean = grams[..., d, :d] / divisor
    f_mean = grams[..., d, d + 1 :] / divisor
    ZZ = grams[..., :d, :d] - (total[..., None] * z_mean)[..., :, None] * z_mean[..., None, :]
    Zf = grams[..., d + 1 :, :d] - (total[..., None] * f_mean)[..., :, None] * z_mean[..., None, :]
    second = np.diagonal(grams, axis1=-2, axis2=-1)
    ff = np.maximum(second[..., d + 1 :] - total[..., None] * f_mean**2, 0.0)
    constant = np.diagonal(ZZ, axis1=-2, axis2=-1) <= _CONSTANT_SHARE * second[..., :d]
    if constant.any():
        # Exact zeros tell selectors and solvers which columns to skip.
        ZZ[constant] = 0.0
        np.swapaxes(ZZ, -1, -2)[constant] = 0.0
        Zf *= ~constant[..., None, :]
    f_mean = np.where(has_weight[..., None], f_mean, np.nan)
    return Moments(ZZ[..., None, :, :], Zf, ff), z_mean, f_mean


def ridge_coefficients(
    moments: Moments, support: BoolArray | None, alpha: float, full_scatter: float = 0.0
) -> FloatArray:
    """Solve the ridge regressions of a stack of centered moments.

    Parameters
    ----------
    moments : Moments
        ``ZZ`` may have length-1 axes that broadcast against those of ``Zf``.

    support : ndarray of bool of the shape of ``moments.Zf``, or None
        Features of each fit; `None` for all.

    alpha : float
        Penalty on the squared coefficients, at least 0. At 0 the solution of least norm
        is returned.

    full_scatter : float, default=0.0
        A feature with less scatter than this gets a smaller penalty, in proportion.

    Returns
    -------
    coefficients : ndarray of the shape of ``moments.Zf``
        Zero outside the support.
    """
    return on_support(moments, support, lambda ZZ, Zf: _solve(ZZ, Zf, alpha, full_scatter))


def diagonal_ridge(
    diagonal: FloatArray,
    row_factors: FloatArray,
    offsets: FloatArray,
    Zf: FloatArray,
    support: BoolArray,
    alpha: float,
    full_scatter: float = 0.0,
) -> FloatArray:
    """Solve ridge regressions whose scatter is diagonal plus rank one.

    The scatter is ``diag(a) + c u u'``: that of independent features, and of one further row at
    distance u from their mean. The formula of Sherman and Morrison takes a time linear in the
    features.

    Parameters
    ----------
    diagonal, offsets : ndarray, broadcastable to the shape of `Zf`
        ``a`` and ``u``, features last.

    row_factors : ndarray, broadcastable to the shape of `Zf`
        ``c``, with a last axis of length 1; 0 for a fit without the further row.

    Zf : ndarray of shape (..., n_features)
        Cross-moments of features and response.

    support : ndarray of bool, broadcastable to the shape of `Zf`
        Features of each fit.

    alpha : float
        Penalty on the squared coefficients, at least 0.

    full_scatter : float, default=0.0
        A feature with less scatter than this gets a smaller penalty, in proportion.

    Returns
    -------
    coefficients : ndarray of the shape of `Zf`
        Zero outside the support, and for features without scatter and penalty.
    """
    penalty: float | FloatArray = alpha
    if full_scatter > 0.0:
        scatter = diagonal + row_factors * offsets**2
        penalty = alpha * np.minimum(scatter / full_scatter, 1.0)
    penalized = diagonal + penalty
    is_solved = support & (penalized > 0.0)
    inverse = np.divide(1.0, penalized, out=np.zeros(is_solved.shape), where=is_solved)
    alone, along = inverse * Zf, inverse * offsets
    # Of the further row, each coefficient takes its part of what the others leave.
    left = row_factors * ordered_sum(offsets * alone)[..., None]
    left = left / (1.0 + row_factors * ordered_sum(offsets * along)[..., None])
    coefficients: FloatArray = alone - left * along
    return coefficients


def on_support(
    moments: Moments,
    support: BoolArray | None,
    solve: Callable[[FloatArray, FloatArray], FloatArray],
) -> FloatArray:
    """Solve a stack of regressions, each on some of the features.

    Parameters
    ----------
    moments : Moments
        ``ZZ`` may have length-1 axes that broadcast against those of ``Zf``.

    support : ndarray of bool of the shape of ``moments.Zf``, or None
        Features of each fit; `None` for all.

    solve : callable
        Function from ``ZZ`` and ``Zf`` to coefficients. Both have as many features as the
        largest support.

    Returns
    -------
    coefficients : ndarray of the shape of ``moments.Zf``
        Zero outside the support.
    """
    if support is None or support.all():
        return solve(moments.ZZ, moments.Zf)
    width = int(support.sum(axis=-1).max())
    coefficients = np.zeros(moments.Zf.shape)
    if width == 0:
        return coefficients
    columns = np.argsort(~support, axis=-1, kind="stable")[..., :width]
    is_real = np.take_along_axis(support, columns, axis=-1)
    ZZ = np.take_along_axis(moments.ZZ, columns[..., :, None], axis=-2)
    ZZ = np.take_along_axis(ZZ, columns[..., None, :], axis=-1)
    # A smaller support is filled up with equations b = 0. They are scaled by the largest entry
    # of the others; a solver for singular matrices would drop smaller ones as rounding error.
    is_inside = is_real[..., :, None] & is_real[..., None, :]
    largest = np.max(np.abs(ZZ), axis=(-1, -2), where=is_inside, initial=0.0)
    filling = np.where(largest > 0.0, largest, 1.0)[..., None, None] * np.eye(width)
    ZZ = np.where(is_inside, ZZ, filling)
    Zf = np.where(is_real, np.take_along_axis(moments.Zf, columns, axis=-1), 0.0)
    np.put_along_axis(coefficients, columns, solve(ZZ, Zf) * is_real, axis=-1)
    return coefficients


def _solve(ZZ: FloatArray, Zf: FloatArray, alpha: float, full_scatter: float) -> FloatArray:
    solution: Array
    if alpha == 0.0:
        rounding = _EIGENVALUE_ROUNDING * ZZ.shape[-1]
        solution = np.linalg.pinv(ZZ, rounding, hermitian=True) @ Zf[..., None]
        return np.squeeze(solution, -1)
    penalty = alpha * np.eye(ZZ.shape[-1])
    if full_scatter > 0.0:
        scatter = np.diagonal(ZZ, axis1=-2, axis2=-1)[..., None]
        penalty = penalty * np.where(scatter > 0.0, np.minimum(scatter / full_scatter, 1.0), 1.0)
    penalized = ZZ + penalty
    if ZZ.ndim > 2 and ZZ.shape[-3] == 1 < Zf.shape[-2]:
        # One matrix for all outputs: factorize it once.
        solution = np.linalg.solve(penalized[..., 0, :, :], np.swapaxes(Zf, -1, -2))
        return np.swapaxes(solution, -1, -2)
    solution = np.linalg.solve(penalized, Zf[..., None])
    return np.squeeze(solution, -1)
