"""What the fits without each replicate say about the fits that other seeds would give."""

import numpy as np

__all__ = ["spread_out", "top_features"]


def spread_out(left_out_values):
    """Spread the fits without each replicate as far apart as fits from other seeds.

    Two fits without one replicate each share nearly all of their sample and agree far more
    than two runs do. Scaled by ``(R - 1) / sqrt(R)`` around their mean, their sample variance
    is the jackknife's estimate of the variance of a whole run [1]_.

    Parameters
    ----------
    left_out_values : ndarray of shape (n_rows, n_replicates, ...)
        Weights of the fits without each replicate.

    Returns
    -------
    spread : ndarray of shape (n_rows, n_replicates, ...)
        Weights as likely other runs would give them.

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
    mean = left_out_values.mean(axis=1, keepdims=True)
    return mean + (n_replicates - 1) / np.sqrt(n_replicates) * (mean - left_out_values)


def top_features(weights, n_top, axis):
    """Tell which features have the largest weights.

    Parameters
    ----------
    weights : ndarray
        Weights, with an axis for the features; NaN is no weight.

    n_top : int, or ndarray of int that broadcasts against `weights`
        How many; fewer where fewer weights differ from zero.

    axis : int
        Axis of the features.

    Returns
    -------
    is_top : ndarray of bool of the shape of `weights`
        Ties go to the lower index.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._replicates import top_features
    >>> top_features(np.array([0.5, -2.0, 0.0]), 2, axis=0)
    array([ True,  True, False])
    """
    sizes = np.abs(np.nan_to_num(weights))
    order = np.argsort(-sizes, axis=axis, kind="stable")
    indices = np.argsort(order, axis=axis, kind="stable")
    return (indices < n_top) & (sizes > 0.0)
