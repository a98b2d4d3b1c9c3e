"""Standard errors of weights, and held-out R2 with its error, from fits without each replicate."""

import numpy as np

from sklime.utils._types import BoolArray, FloatArray

__all__ = ["jackknife_errors", "jackknife_r2", "pooled_r2", "scatter_about_mean"]

# A response whose spread is below this share of its absolute mean is constant.
_CONSTANT_RESPONSE = 1e-12

# A centered sum of squares below this share of the sum of squares is rounding error.
_CENTERING_NOISE = 1e-14


def jackknife_errors(left_out: FloatArray, selected: BoolArray, axis: int = 0) -> FloatArray:
    """Return delete-one-replicate standard errors.

    Parameters
    ----------
    left_out : ndarray
        Weights of the fits without each replicate, with an axis for the replicates.

    selected : ndarray of bool of the shape of `left_out` without that axis
        Weights that were fitted.

    axis : int, default=0
        Axis of the replicates.

    Returns
    -------
    errors : ndarray of the shape of `selected`
        NaN where a weight is not selected, and without replicates.

    References
    ----------
    .. [1] Efron, Stein, "The Jackknife Estimate of Variance", Annals of Statistics 9 (1981),
       :doi:`10.1214/aos/1176345462`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._surrogates._held_out import jackknife_errors
    >>> jackknife_errors(np.array([[1.0], [3.0]]), np.array([True]))
    array([1.])
    """
    n_replicates = left_out.shape[axis]
    if n_replicates == 0:
        return np.full(selected.shape, np.nan)
    mean = left_out.mean(axis=axis, keepdims=True)
    spread = ((left_out - mean) ** 2).sum(axis=axis)
    errors = np.sqrt(spread * (n_replicates - 1) / n_replicates)
    return np.where(selected, errors, np.nan)


def pooled_r2(
    unexplained: FloatArray,
    weight: FloatArray,
    sums: FloatArray,
    squares: FloatArray,
    shifts: FloatArray,
) -> FloatArray:
    """Return R2 from weighted sums: one minus unexplained over total scatter.

    Parameters
    ----------
    unexplained : ndarray of shape (n_rows, n_outputs)
        Weighted squared errors of the predictions.

    weight : ndarray of shape (n_rows, 1)
        Sum of the weights.

    sums, squares : ndarray of shape (n_rows, n_outputs)
        Weighted sums of the shifted responses and of their squares.

    shifts : ndarray of shape (n_rows, n_outputs)
        Numbers that were subtracted from the responses.

    Returns
    -------
    r2 : ndarray of shape (n_rows, n_outputs)
        At most 1; NaN where the responses are constant up to rounding.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._surrogates._held_out import pooled_r2
    >>> arrays = (np.array([[x]]) for x in (0.5, 2.0, 0.0, 2.0, 7.0))
    >>> pooled_r2(*arrays)
    array([[0.75]])
    """
    scatter = squares - sums**2 / np.where(weight > 0.0, weight, 1.0)
    magnitude = weight * shifts**2
    varies = scatter > np.maximum(_CONSTANT_RESPONSE**2 * magnitude, _CENTERING_NOISE * squares)
    return np.where(varies, 1.0 - unexplained / np.where(varies, scatter, 1.0), np.nan)


def scatter_about_mean(weights: FloatArray, sums: FloatArray, squares: FloatArray) -> FloatArray:
    """Return weighted squared distances to the mean of all replicates, by replicate.

    Parameters
    ----------
    weights, sums, squares : ndarray of shape (..., n_replicates, n_outputs)
        Sums of the weights, of the weighted responses and of their weighted squares.

    Returns
    -------
    scatter : ndarray of shape (..., n_replicates, n_outputs)
        Their sum over the replicates is the scatter about the mean.
    """
    total = weights.sum(axis=-2, keepdims=True)
    means = sums.sum(axis=-2, keepdims=True) / np.where(total > 0.0, total, 1.0)
    scatter: FloatArray = squares - 2.0 * means * sums + means**2 * weights
    return scatter


def jackknife_r2(unexplained: FloatArray, scatter: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return R2 from sums over replicates, and its standard error.

    R2 is ``1 - sum(unexplained) / sum(scatter)`` minus its bias. The bias and the standard
    error are estimated from the ratios without each replicate [1]_.

    Parameters
    ----------
    unexplained, scatter : ndarray of shape (..., n_replicates, n_outputs)
        Squared errors and squared distances to the mean, by replicate. Both may be estimates
        below 0.

    Returns
    -------
    r2, standard_errors : ndarray of shape (..., n_outputs)
        R2 is at most 1. Both are NaN where the scatter without some replicate is 0.

    References
    ----------
    .. [1] Quenouille, "Notes on Bias in Estimation", Biometrika 43 (1956),
       :doi:`10.1093/biomet/43.3-4.353`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._surrogates._held_out import jackknife_r2
    >>> jackknife_r2(np.array([[1.0], [1.0]]), np.array([[4.0], [4.0]]))
    (array([0.75]), array([0.]))
    """
    n_replicates = scatter.shape[-2]
    total, errors = (array.sum(axis=-2, keepdims=True) for array in (scatter, unexplained))
    remaining = total - scatter
    defined = (remaining > 0.0).all(axis=-2) & (total > 0.0)[..., 0, :]
    left_out_r2 = 1.0 - (errors - unexplained) / np.where(remaining > 0.0, remaining, 1.0)
    full_r2 = 1.0 - errors / np.where(total > 0.0, total, 1.0)
    mean = left_out_r2.mean(axis=-2, keepdims=True)
    r2 = np.minimum(n_replicates * full_r2 - (n_replicates - 1) * mean, 1.0)[..., 0, :]
    variance = ((left_out_r2 - mean) ** 2).sum(axis=-2) * (n_replicates - 1) / n_replicates
    return np.where(defined, r2, np.nan), np.where(defined, np.sqrt(variance), np.nan)
