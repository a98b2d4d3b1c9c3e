"""A background with correlated columns, by a Gaussian copula."""

from typing import Self

import numpy as np
from scipy.special import ndtr, ndtri

from sklime.backgrounds._base import BaseBackground
from sklime.backgrounds._ranks import column_ranks
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["CopulaBackground"]

# Eigenvalues below this share of the largest are rounding error.
_MIN_EIGENVALUE = 1e-10

# Values beyond this size are interpolated in another unit.
_HUGE = 1e280


class CopulaBackground(BaseBackground):
    """Draw columns with the marginals and the rank correlations of the training rows.

    The ranks of each column become normal scores. Correlated normal scores are drawn and
    turned back by the quantile function of each column [1]_. Unlike whole training rows, the
    draws are a smooth function of the points, and combine values of different rows. Levels
    are ranked by their index; missing values rank last.

    The fitted background holds all training values, column by column. So does a pickle of it, or
    of an explainer with it.

    Attributes
    ----------
    mixing_ : ndarray of shape (n_features, `n_dimensions_`)
        Matrix that turns independent normal scores into correlated ones.

    n_dimensions_ : int
        Rank of the correlation matrix of the scores.

    See Also
    --------
    EmpiricalBackground : Whole training rows.
    MarginalBackground : Independent columns.

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

    mixing_: FloatArray

    def fit(self, X: FloatArray, is_discrete: BoolArray | None = None) -> Self:
        """Learn the quantile functions and the correlation of the normal scores.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows as floats.

        is_discrete : ndarray of bool of shape (n_features,), default=None
            Columns that take only values of training rows; values of other columns are
            interpolated. `None` for no such column.

        Returns
        -------
        self : object
            The fitted background.
        """
        X = np.asarray(X)
        n_samples, n_features = X.shape
        self._sorted = np.sort(X, axis=0)
        self._is_discrete = np.zeros(n_features, bool) if is_discrete is None else is_discrete
        ranks = column_ranks(X)
        # Columns with equal ranks share one score: equal to the last bit in `sample`.
        distinct, indices = np.unique(ranks, axis=1, return_inverse=True)
        mixing = _mixing(ndtri((distinct - 0.5) / n_samples))
        self.mixing_ = mixing[indices.ravel()]
        self.n_dimensions_ = mixing.shape[1]
        return self

    def sample(self, points: FloatArray) -> FloatArray:
        """Draw rows.

        Parameters
        ----------
        points : ndarray of shape (n_points, `n_dimensions_`)
            In the open interval (0, 1).

        Returns
        -------
        X : ndarray of shape (n_points, n_features)
            One row per point.
        """
        # Not a matrix product: there, equal rows of the mixing may give scores that differ in
        # the last bit.
        normal = ndtri(points)
        columns = zip(self.mixing_, self._sorted.T, self._is_discrete)
        drawn = [
            _quantiles(column, ndtr((normal * weights).sum(axis=1)), discrete)
            for weights, column, discrete in columns
        ]
        return np.column_stack(drawn)


def _mixing(scores: FloatArray) -> FloatArray:
    """Return a root of the correlation matrix of the scores, without its null space."""
    deviations = scores.std(axis=0)
    scores = (scores - scores.mean(axis=0)) / np.where(deviations > 0.0, deviations, 1.0)
    values, vectors = np.linalg.eigh(scores.T @ scores / len(scores))
    directions = np.flatnonzero(values > _MIN_EIGENVALUE * max(values[-1], 1.0))[::-1]
    if directions.size == 0:
        directions = np.array([len(values) - 1])
    mixing: FloatArray = vectors[:, directions] * np.sqrt(np.maximum(values[directions], 0.0))
    # The sign of an eigenvector is arbitrary and would differ between machines.
    signs = np.sign(mixing[np.abs(mixing).argmax(axis=0), np.arange(directions.size)])
    return mixing * np.where(signs == 0.0, 1.0, signs)


def _quantiles(column: FloatArray, u: FloatArray, is_discrete: bool) -> FloatArray:
    """Return quantiles of a sorted column, NaN last."""
    n_samples = len(column)
    indices: IntArray = np.minimum((u * n_samples).astype(np.intp), n_samples - 1)
    n_present = n_samples - int(np.isnan(column).sum())
    if is_discrete or n_present == 0:
        return column[indices]
    middle = (np.arange(n_present) + 0.5) / n_samples
    present = column[:n_present]
    # Slopes between values near the largest float overflow.
    unit = 2.0**64 if max(-present[0], present[-1]) > _HUGE else 1.0
    interpolated = np.interp(u, middle, present / unit) * unit
    return np.where(indices < n_present, interpolated, np.nan)
