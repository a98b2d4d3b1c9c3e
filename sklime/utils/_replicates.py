"""Estimate from leave-one-out fits how much fits with other seeds would differ."""

import numpy as np

from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["spread_out", "top_features"]


def spread_out(left_out_values: FloatArray) -> FloatArray:
    """Spread leave-one-out fits as far apart as fits with other seeds.

    Two leave-one-out fits share nearly all of their sample and differ far less than two runs
    do. Scaled by ``(R - 1) / sqrt(R)`` around their mean, their sample variance is the
    jackknife's estimate of the variance of a whole run [1]_.

    Parameters
    ----------
    left_out_values : ndarray of shape (n_rows, n_replicates, ...)
        Weights of the fits without each replicate.

    Returns
    -------
    spread : ndarray of shape (n_rows, n_replicates, ...)
        Weights that vary as much as those of runs with other seeds.

    References
    ----------
    .. [1] Efron, Stein, "The Jackknife Estimate of Variance", Annals of Statistics 9 (1981),
       :doi:`10.1214/aos/1176345462`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._replicates import spread_out
    >>> spread_out(np.array([[1.0, 3.0, 2.0, 2.0]]))
    array([[3.5, 0.5, 2. , 2. ]])
    """
    n_replicates = left_out_values.shape[1]
    mean: FloatArray = left_out_values.mean(axis=1, keepdims=True)
    spread: FloatArray = mean + (n_replicates - 1) / np.sqrt(n_replicates) * (
        mean - left_out_values
    )
    return spread


def top_features(weights: FloatArray, n_top: int | IntArray, axis: int) -> BoolArray:
    """Tell which features have the largest weights.

    Parameters
    ----------
    weights : ndarray
        Weights, with an axis for the features; NaN counts as zero.

    n_top : int, or ndarray of int that broadcasts against `weights`
        Number of features; fewer are top where fewer weights differ from zero.

    axis : int
        Axis of the features.

    Returns
    -------
    is_top : ndarray of bool of the shape of `weights`
        Of equal weights, the one with the lower index comes first.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._replicates import top_features
    >>> top_features(np.array([0.5, -2.0, 0.0]), 2, axis=0)
    array([ True,  True, False])
    """
    magnitudes = np.abs(np.nan_to_num(weights))
    order = np.argsort(-magnitudes, axis=axis, kind="stable")
    ranks = np.argsort(order, axis=axis, kind="stable")
    is_top: BoolArray = (ranks < n_top) & (magnitudes > 0.0)
    return is_top
