"""Training columns tied together by a Gaussian copula."""

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata

from sklime.backgrounds._base import BaseBackground

__all__ = ["CopulaBackground"]

# Eigenvalues below this share of the largest are rounding.
_MIN_EIGENVALUE = 1e-10


class CopulaBackground(BaseBackground):
    """Draw columns with the marginals and the rank correlations of the training rows.

    The ranks of each column become normal scores; correlated normal scores are drawn and
    turned back by the quantile function of each column [1]_. Unlike whole training rows the
    draws are a smooth function of the points, and values combine that never stood in one
    row. Levels and missing values take part by their index in the order of the column,
    missing values last.

    The fitted background holds all training values, column by column. So does a pickle of it, or
    of an explainer with it.

    Attributes
    ----------
    mixing_ : ndarray of shape (n_features, `n_dimensions_`)
        Turns independent normal scores into correlated ones.

    n_dimensions_ : int
        Rank of the correlation matrix of the scores.

    See Also
    --------
    EmpiricalBackground : Training rows drawn whole.
    MarginalBackground : Columns drawn on their own.

    References
    ----------
    .. [1] Nelsen, "An Introduction to Copulas", 2nd edition, Springer 2006,
       :doi:`10.1007/0-387-28678-0`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.backgrounds import CopulaBackground
    >>> x = np.arange(5.0)
    >>> background = CopulaBackground().fit(np.column_stack([x, x, 10 * x]))
    >>> background.sample(np.array([[0.5], [0.9]])).round(2)
    array([[ 2.,  2., 20.],
           [ 4.,  4., 40.]])
    """

    def fit(self, X, is_discrete=None):
        """Learn the quantile functions and the correlation of the normal scores.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows.

        is_discrete : ndarray of bool of shape (n_features,), default=None
            Columns whose values must be values that were seen; others are interpolated.
            `None` for none.

        Returns
        -------
        self : object
            The fitted background.
        """
        X = np.asarray(X)
        n_samples, n_features = X.shape
        self._sorted = np.sort(X, axis=0)
        self._is_discrete = np.zeros(n_features, bool) if is_discrete is None else is_discrete
        # NaN as the largest value; columns alike in their ranks share one score.
        ranks = rankdata(np.where(np.isnan(X), np.inf, X), axis=0)
        distinct, which = np.unique(ranks, axis=1, return_inverse=True)
        scores = ndtri((distinct - 0.5) / n_samples)
        deviations = scores.std(axis=0)
        scores = (scores - scores.mean(axis=0)) / np.where(deviations > 0.0, deviations, 1.0)
        values, vectors = np.linalg.eigh(scores.T @ scores / n_samples)
        kept = np.flatnonzero(values > _MIN_EIGENVALUE * max(values[-1], 1.0))[::-1]
        if kept.size == 0:
            kept = np.array([len(values) - 1])
        mixing = vectors[:, kept] * np.sqrt(np.maximum(values[kept], 0.0))
        # The sign of an eigenvector is arbitrary, and would differ between machines.
        signs = np.sign(mixing[np.abs(mixing).argmax(axis=0), np.arange(kept.size)])
        self.mixing_ = (mixing * np.where(signs == 0.0, 1.0, signs))[which.ravel()]
        self.n_dimensions_ = kept.size
        return self

    def sample(self, points):
        """Draw rows.

        Parameters
        ----------
        points : ndarray of shape (n_points, `n_dimensions_`)
            In the open interval (0, 1).

        Returns
        -------
        X : ndarray of shape (n_points, n_features)
            One row a point.
        """
        # Column by column, so that equal rows of the mixing give equal scores to the last bit.
        normal = ndtri(points)
        columns = zip(self.mixing_, self._sorted.T, self._is_discrete)
        drawn = [
            _quantiles(column, ndtr((normal * weights).sum(axis=1)), discrete)
            for weights, column, discrete in columns
        ]
        return np.column_stack(drawn)


def _quantiles(column, u, is_discrete):
    """Return quantiles of a sorted column, NaN last."""
    n_samples = len(column)
    index = np.minimum((u * n_samples).astype(np.intp), n_samples - 1)
    if is_discrete:
        return column[index]
    n_present = n_samples - int(np.isnan(column).sum())
    if n_present == 0:
        return column[index]
    middle = (np.arange(n_present) + 0.5) / n_samples
    between = np.interp(u, middle, column[:n_present])
    return np.where(index < n_present, between, np.nan)
