"""Feature selection on Gram matrices: which interpretable features a local fit keeps.

A selector is a function ``(moments, encoding, max_features) -> support``. It gets the
centered moments of a whole stack of local fits and returns a boolean mask of the shape of
``moments.Zf``.
"""

import numpy as np
from sklearn.linear_model import lars_path_gram

from sklime._gram import ridge_coefficients

__all__ = ["all_features", "forward", "highest_weights", "lasso_path"]

# Scores that differ by less than this, relative to the best, count as tied.
_TIE = 1e-10

# A candidate must keep this share of its variance once the chosen features are accounted
# for, and explain this share of the response's; below, there is nothing but rounding.
_MIN_OWN_VARIANCE = 1e-9
_MIN_GAIN = 1e-13

# On the lasso path, features whose correlations differ by less than this count as tied.
_PATH_TIE = 1e-9

# The path ends where the penalty has fallen to this share of its beginning: further on
# rounding decides which feature enters.
_PATH_END = 1e-9

# The small penalty with which `lime` ranks features.
_RANKING_ALPHA = 0.01


def checked_support(support, moments):
    """Refuse what a selector of the user must not return.

    Parameters
    ----------
    support : object
        What it returned.

    moments : Moments
        What it was given.

    Returns
    -------
    support : ndarray of bool of the shape of ``moments.Zf``
        The same.
    """
    found = np.asarray(support)
    if found.dtype != bool or found.shape != moments.Zf.shape:
        raise ValueError(
            f"selection returned {type(support).__name__} of shape {found.shape} and type "
            f"{found.dtype}; it must return an array of booleans of shape {moments.Zf.shape}, the "
            "shape of moments.Zf."
        )
    return found


def all_features(moments, encoding, max_features):
    """Keep every feature, whatever `max_features` says.

    Parameters
    ----------
    moments : Moments
        Centered moments of a stack of local fits.

    encoding : ndarray, broadcastable to ``moments.Zf``
        Encoding of the explained rows.

    max_features : int
        Ignored.

    Returns
    -------
    support : ndarray of bool of the shape of ``moments.Zf``
        All true.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.selection import all_features
    >>> from sklime._gram import Moments
    >>> moments = Moments(np.eye(2), np.array([1.0, 2.0]), np.array(5.0))
    >>> all_features(moments, np.ones(2), 1)
    array([ True,  True])
    """
    return np.ones(moments.Zf.shape, dtype=bool)


def no_features(moments, encoding, max_features):
    """Keep none, where the evidence does not suffice for any."""
    return np.zeros(moments.Zf.shape, dtype=bool)


def highest_weights(moments, encoding, max_features):
    """Keep the features that contribute most to the fit on all of them.

    Parameters
    ----------
    moments : Moments
        Centered moments of a stack of local fits.

    encoding : ndarray, broadcastable to ``moments.Zf``
        Encoding of the explained rows; a feature's contribution is its weight in a ridge
        regression on all features (penalty 0.01) times its encoding.

    max_features : int
        How many features to keep; ties go to the lower index.

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
    >>> from sklime.selection import highest_weights
    >>> from sklime._gram import Moments
    >>> moments = Moments(np.eye(3), np.array([1.0, -3.0, 2.0]), np.array(14.0))
    >>> highest_weights(moments, np.ones(3), 2)
    array([False,  True,  True])
    """
    return strongest(
        np.abs(ridge_coefficients(moments, None, _RANKING_ALPHA) * encoding), max_features
    )


def strongest(scores, max_features):
    """Keep the features with the highest positive scores.

    Parameters
    ----------
    scores : ndarray
        Scores along the last axis; overwritten.

    max_features : int
        How many features to keep; ties go to the lower index.

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
    support = np.zeros(scores.shape, dtype=bool)
    for _ in range(min(max_features, scores.shape[-1])):
        best = _first_maximum(scores)
        positive = np.take_along_axis(scores, best, axis=-1) > 0.0
        _switch_on(support, best, positive)
        np.put_along_axis(scores, best, -1.0, axis=-1)
    return support


def forward(moments, encoding, max_features):
    """Add one feature at a time, each time the one that raises R2 most.

    Without a penalty, by pivoted Cholesky steps: the variance that a candidate has left
    once the chosen ones are accounted for, and its covariance with what is left of the
    response, are all that the next choice needs.

    Parameters
    ----------
    moments : Moments
        Centered moments of a stack of local fits.

    encoding : ndarray
        Ignored; there so that all selectors are called alike.

    max_features : int
        How many features to add; fewer are added when nothing is left to explain or
        only collinear features are left. Ties go to the lower index.

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
    >>> from sklime.selection import forward
    >>> from sklime._gram import Moments
    >>> moments = Moments(np.eye(3), np.array([1.0, -3.0, 2.0]), np.array(14.0))
    >>> forward(moments, np.ones(3), 1)
    array([False,  True, False])
    """
    shape = moments.Zf.shape
    left_variance = np.broadcast_to(np.diagonal(moments.ZZ, axis1=-2, axis2=-1), shape).copy()
    left_covariance = moments.Zf.copy()
    min_variance = _MIN_OWN_VARIANCE * left_variance
    min_gain = _MIN_GAIN * moments.ff[..., None]
    support = np.zeros(shape, dtype=bool)
    factors = []
    for _ in range(min(max_features, shape[-1])):
        usable = ~support & (left_variance > min_variance)
        divisor = np.where(usable, left_variance, 1.0)
        gain = np.where(usable, left_covariance**2 / divisor, -1.0)
        best = _first_maximum(gain)
        found = np.take_along_axis(gain, best, axis=-1) > min_gain
        if not found.any():
            break
        _switch_on(support, best, found)
        factor = _cholesky_column(moments.ZZ, factors, best, divisor) * found
        pivot = np.sqrt(np.take_along_axis(divisor, best, axis=-1))
        left_covariance -= factor * (np.take_along_axis(left_covariance, best, axis=-1) / pivot)
        left_variance -= factor**2
        factors.append(factor)
    return support


def lasso_path(moments, encoding, max_features):
    """Keep the support of the last step of the lasso path that is small enough.

    Parameters
    ----------
    moments : Moments
        Centered moments of a stack of local fits.

    encoding : ndarray
        Ignored; there so that all selectors are called alike.

    max_features : int
        Largest support.

    Returns
    -------
    support : ndarray of bool of the shape of ``moments.Zf``
        At most `max_features` true values along the last axis.

    See Also
    --------
    sklearn.linear_model.lars_path_gram : What follows the path.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.selection import lasso_path
    >>> from sklime._gram import Moments
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


def _lasso_support(ZZ, Zf, max_features):
    varying = np.flatnonzero(np.diag(ZZ) > 0.0)
    if varying.size == 0 or not Zf.any():
        return varying[:0]
    # Powers of two change no digit; least angle regression takes tiny moments for none.
    ZZ, Zf = ZZ / _power_of_two(np.diag(ZZ)), Zf / _power_of_two(Zf)
    # Least angle regression stops early where two features tie, which balanced points make
    # them do; this lets the lower index go first.
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


def _power_of_two(numbers):
    """Return the power of two next below the largest absolute number, which is not 0."""
    return np.exp2(np.floor(np.log2(np.abs(numbers).max())))


def _first_maximum(scores):
    best = scores.max(axis=-1, keepdims=True)
    return np.argmax(scores >= best - _TIE * np.abs(best), axis=-1)[..., None]


def _switch_on(support, where, condition):
    before = np.take_along_axis(support, where, axis=-1)
    np.put_along_axis(support, where, before | condition, axis=-1)


def _cholesky_column(ZZ, factors, pivot, variances):
    """Return the next column of the pivoted Cholesky factor, zero where already used up."""
    column = np.take_along_axis(ZZ, pivot[..., None], axis=-2)[..., 0, :]
    for factor in factors:
        column = column - factor * np.take_along_axis(factor, pivot, axis=-1)
    return column / np.sqrt(np.take_along_axis(variances, pivot, axis=-1))


SELECTORS = {
    "forward": forward,
    "highest_weights": highest_weights,
    "lasso_path": lasso_path,
    "none": all_features,
}
