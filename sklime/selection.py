"""Feature selection on Gram matrices: which interpretable features a local fit keeps.

A selector is a function ``(moments, encoding, max_features) -> support``. It gets the
centered moments of a whole stack of local fits and returns a boolean mask of the shape of
``moments.Zf``.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from sklearn.linear_model import lars_path_gram

from sklime._gram import Moments, ridge_coefficients
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["Moments", "all_features", "forward", "highest_weights", "lasso_path"]

# A selector of the user may return anything: `checked_support` checks it.
Selector: TypeAlias = Callable[[Moments, Array, int], Any]

# Scores that differ by less than this, relative to the best, count as tied.
_TIE = 1e-10

# A candidate must keep this share of its variance after the chosen features are projected
# out, and explain this share of the response's variance. Below these, all is rounding error.
_MIN_OWN_VARIANCE = 1e-9
_MIN_GAIN = 1e-13

# On the lasso path, features whose correlations differ by less than this count as tied.
_PATH_TIE = 1e-9

# The lasso path ends at this share of the first penalty: below it, rounding errors decide
# which feature enters.
_PATH_END = 1e-9

# The small penalty with which `lime` ranks features.
RANKING_ALPHA = 0.01


def checked_support(support: Any, moments: Moments) -> BoolArray:
    """Check the support that a selector returned.

    Parameters
    ----------
    support : object
        The value that the selector returned.

    moments : Moments
        The moments that the selector was given.

    Returns
    -------
    support : ndarray of bool of the shape of ``moments.Zf``
        The checked support.
    """
    array = np.asarray(support)
    if array.dtype != bool or array.shape != moments.Zf.shape:
        raise ValueError(
            f"selection returned {type(support).__name__} of shape {array.shape} and type "
            f"{array.dtype}; it must return an array of booleans of shape {moments.Zf.shape}, the "
            "shape of moments.Zf."
        )
    return array


def all_features(moments: Moments, encoding: Array, max_features: int) -> BoolArray:
    """Keep every feature, whatever `max_features` is.

    Parameters
    ----------
    moments : Moments
        Centered moments of a stack of local fits.

    encoding : ndarray, broadcastable to ``moments.Zf``
        Encoding of the explained rows.

    max_features : int
        Ignored; all selectors have the same arguments.

    Returns
    -------
    support : ndarray of bool of the shape of ``moments.Zf``
        All true.

    See Also
    --------
    highest_weights : Keep at most `max_features`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.selection import Moments, all_features
    >>> moments = Moments(np.eye(2), np.array([1.0, 2.0]), np.array(5.0))
    >>> all_features(moments, np.ones(2), 1)
    array([ True,  True])
    """
    return np.ones(moments.Zf.shape, dtype=bool)


def no_features(moments: Moments, encoding: Array, max_features: int) -> BoolArray:
    """Keep no feature, for rows whose evidence does not suffice for any."""
    return np.zeros(moments.Zf.shape, dtype=bool)


def highest_weights(moments: Moments, encoding: Array, max_features: int) -> BoolArray:
    """Keep the features that contribute most to the fit on all of them.

    Parameters
    ----------
    moments : Moments
        Centered moments of a stack of local fits.

    encoding : ndarray, broadcastable to ``moments.Zf``
        Encoding of the explained rows. The contribution of a feature is its weight in a ridge
        regression on all features (penalty 0.01) times its encoding.

    max_features : int
        Maximum number of features; of equal contributions, the lower index comes first.

    Returns
    -------
    support : ndarray of bool of the shape of ``moments.Zf``
        At most `max_features` true values along the last axis.

    See Also
    --------
    forward : Add one feature at a time.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.selection import Moments, highest_weights
    >>> moments = Moments(np.eye(3), np.array([1.0, -3.0, 2.0]), np.array(14.0))
    >>> highest_weights(moments, np.ones(3), 2)
    array([False,  True,  True])
    """
    contributions = ridge_coefficients(moments, None, RANKING_ALPHA) * encoding
    return strongest(np.abs(contributions), max_features)


def strongest(scores: FloatArray, max_features: int) -> BoolArray:
    """Keep the features with the highest positive scores.

    Parameters
    ----------
    scores : ndarray
        Scores along the last axis; they may be overwritten.

    max_features : int
        Maximum number of features; of equal scores, the lower index comes first.

    Returns
    -------
    support : ndarray of bool of the shape of `scores`
        At most `max_features` true values along the last axis.

    See Also
    --------
    highest_weights : Scores are the contributions to one fit.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.selection import strongest
    >>> strongest(np.array([1.0, 3.0, 2.0]), 2)
    array([False,  True,  True])
    """
    n_features = scores.shape[-1]
    if not 0 < max_features < n_features or np.isnan(scores).any():
        return _strongest_in_turn(scores, max_features)
    at = n_features - max_features
    ordered = np.partition(scores, (at - 1, at), axis=-1)
    last, next_one = ordered[..., at, None], ordered[..., at - 1, None]
    support = (scores > 0.0) & (scores >= last)
    # Where the next score is no tie with the last one kept, the order among those kept is no
    # matter. Twice the tolerance leaves room for rounding.
    is_tied = ((last > 0.0) & (next_one >= last - 2.0 * _TIE * last))[..., 0]
    if is_tied.any():
        support[is_tied] = _strongest_in_turn(scores[is_tied], max_features)
    return support


def _strongest_in_turn(scores: FloatArray, max_features: int) -> BoolArray:
    """Keep one feature after the other; of scores that are equal up to rounding the first."""
    support = np.zeros(scores.shape, dtype=bool)
    for _ in range(min(max_features, scores.shape[-1])):
        best = _first_maximum(scores)
        positive = np.take_along_axis(scores, best, axis=-1) > 0.0
        _switch_on(support, best, positive)
        np.put_along_axis(scores, best, -1.0, axis=-1)
    return support


def forward(moments: Moments, encoding: Array, max_features: int) -> BoolArray:
    """Add one feature at a time, each time the one that raises R2 most.

    The fits have no penalty. Each choice needs the residual variance of every candidate, after the
    chosen features are projected out. It also needs its covariance with the residual of the
    response. A step of a pivoted Cholesky decomposition updates both.

    Parameters
    ----------
    moments : Moments
        Centered moments of a stack of local fits.

    encoding : ndarray
        Ignored; all selectors have the same arguments.

    max_features : int
        Maximum number of features. Fewer are added if the response is explained or only
        collinear features remain. Of equal gains, the lower index comes first.

    Returns
    -------
    support : ndarray of bool of the shape of ``moments.Zf``
        At most `max_features` true values along the last axis.

    See Also
    --------
    highest_weights : Rank by one fit on all features.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.selection import Moments, forward
    >>> moments = Moments(np.eye(3), np.array([1.0, -3.0, 2.0]), np.array(14.0))
    >>> forward(moments, np.ones(3), 1)
    array([False,  True, False])
    """
    shape = moments.Zf.shape
    variance = np.broadcast_to(np.diagonal(moments.ZZ, axis1=-2, axis2=-1), shape).copy()
    covariance = moments.Zf.copy()
    min_variance = _MIN_OWN_VARIANCE * variance
    min_gain = _MIN_GAIN * moments.ff[..., None]
    support = np.zeros(shape, dtype=bool)
    factors: list[FloatArray] = []
    for _ in range(min(max_features, shape[-1])):
        is_usable = ~support & (variance > min_variance)
        divisor = np.where(is_usable, variance, 1.0)
        gain = np.where(is_usable, covariance**2 / divisor, -1.0)
        best = _first_maximum(gain)
        has_gain = np.take_along_axis(gain, best, axis=-1) > min_gain
        if not has_gain.any():
            break
        _switch_on(support, best, has_gain)
        factor = _cholesky_column(moments.ZZ, factors, best, divisor) * has_gain
        pivot = np.sqrt(np.take_along_axis(divisor, best, axis=-1))
        covariance -= factor * (np.take_along_axis(covariance, best, axis=-1) / pivot)
        variance -= factor**2
        factors.append(factor)
    return support


def lasso_path(moments: Moments, encoding: Array, max_features: int) -> BoolArray:
    """Keep the largest support on the lasso path with at most `max_features` features.

    Parameters
    ----------
    moments : Moments
        Centered moments of a stack of local fits.

    encoding : ndarray
        Ignored; all selectors have the same arguments.

    max_features : int
        Maximum number of features.

    Returns
    -------
    support : ndarray of bool of the shape of ``moments.Zf``
        At most `max_features` true values along the last axis.

    See Also
    --------
    sklearn.linear_model.lars_path_gram : The path of one fit.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.selection import Moments, lasso_path
    >>> moments = Moments(np.eye(3), np.array([1.0, -3.0, 2.0]), np.array(14.0))
    >>> lasso_path(moments, np.ones(3), 1)
    array([False,  True, False])
    """
    shape = moments.Zf.shape
    n_features = shape[-1]
    ZZ = np.broadcast_to(moments.ZZ, (*shape, n_features)).reshape(-1, n_features, n_features)
    Zf = moments.Zf.reshape(-1, n_features)
    support = np.zeros(Zf.shape, dtype=bool)
    for one_ZZ, one_Zf, one_support in zip(ZZ, Zf, support):
        one_support[_lasso_support(one_ZZ, one_Zf, max_features)] = True
    return support.reshape(shape)


def _lasso_support(ZZ: FloatArray, Zf: FloatArray, max_features: int) -> IntArray:
    """Return the features that one fit keeps."""
    varying = np.flatnonzero(np.diag(ZZ) > 0.0)
    if varying.size == 0 or not Zf.any():
        return varying[:0]
    # Least angle regression treats tiny moments as zero. Dividing by powers of two is exact.
    ZZ, Zf = ZZ / _power_of_two(np.diag(ZZ)), Zf / _power_of_two(Zf)
    # Least angle regression stops early at a tie, and balanced points produce ties. This puts
    # the lower index first.
    tie_breaker = 1.0 + _PATH_TIE * np.arange(varying.size, 0, -1) / varying.size
    _, _, path = lars_path_gram(
        Xy=Zf[varying] * tie_breaker,
        Gram=ZZ[np.ix_(varying, varying)].copy(),
        n_samples=1,
        alpha_min=_PATH_END * np.abs(Zf).max(),
        method="lasso",
    )
    for coefficients in path.T[:0:-1]:
        support = np.flatnonzero(coefficients)
        if support.size <= max_features:
            return varying[support]
    return varying[:0]


def _power_of_two(numbers: FloatArray) -> float:
    """Return the power of two next below the largest absolute number, which is not 0."""
    power: float = np.exp2(np.floor(np.log2(np.abs(numbers).max())))
    return power


def _first_maximum(scores: FloatArray) -> IntArray:
    """Return the first index whose score is maximal up to rounding."""
    best = scores.max(axis=-1, keepdims=True)
    indices: IntArray = np.argmax(scores >= best - _TIE * np.abs(best), axis=-1)
    return indices[..., None]


def _switch_on(support: BoolArray, indices: IntArray, condition: BoolArray) -> None:
    before = np.take_along_axis(support, indices, axis=-1)
    np.put_along_axis(support, indices, before | condition, axis=-1)


def _cholesky_column(
    ZZ: FloatArray, factors: list[FloatArray], pivot: IntArray, variances: FloatArray
) -> FloatArray:
    """Return the next column of the pivoted Cholesky factor; zero for chosen features."""
    column = np.take_along_axis(ZZ, pivot[..., None], axis=-2)[..., 0, :]
    for factor in factors:
        column = column - factor * np.take_along_axis(factor, pivot, axis=-1)
    next_factor: FloatArray = column / np.sqrt(np.take_along_axis(variances, pivot, axis=-1))
    return next_factor


SELECTORS: dict[str, Selector] = {
    "forward": forward,
    "highest_weights": highest_weights,
    "lasso_path": lasso_path,
    "none": all_features,
}
