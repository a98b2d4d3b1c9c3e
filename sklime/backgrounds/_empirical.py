"""Training rows, drawn whole."""

import numpy as np
from scipy.stats import rankdata

from sklime.backgrounds._base import BaseBackground

__all__ = ["EmpiricalBackground"]


class EmpiricalBackground(BaseBackground):
    """Draw whole training rows, so that columns keep their dependence.

    The fitted background holds the training rows. So does a pickle of it, or of an explainer
    with it.

    Attributes
    ----------
    rows_ : ndarray of shape (n_samples, n_features)
        The training rows, ordered along their first principal direction so that points
        that are spread evenly draw rows that are spread evenly.

    n_dimensions_ : int
        1: the index of the row.

    See Also
    --------
    MarginalBackground : Columns drawn on their own.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.backgrounds import EmpiricalBackground
    >>> background = EmpiricalBackground().fit(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> background.sample(np.array([[0.2], [0.7]])).sum(axis=0)
    array([4., 6.])
    """

    def fit(self, X, is_discrete=None):
        """Keep the training rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows.

        is_discrete : ndarray of bool of shape (n_features,), default=None
            Ignored: all values drawn are values that were seen.

        Returns
        -------
        self : object
            The fitted background.
        """
        self.n_dimensions_ = 1
        X = np.asarray(X)
        self.rows_ = X[np.argsort(_first_component(X), kind="stable")]
        return self

    def sample(self, points):
        """Draw rows.

        Parameters
        ----------
        points : ndarray of shape (n_points, 1)
            In the open interval (0, 1).

        Returns
        -------
        X : ndarray of shape (n_points, n_features)
            Copies of training rows.
        """
        index = (points[:, 0] * len(self.rows_)).astype(np.intp)
        return self.rows_[index]


def _first_component(X):
    """Return the score of each row on the first principal component of the columns' ranks."""
    # NaN as the largest value.
    ranks = rankdata(np.where(np.isnan(X), np.inf, X), axis=0)
    scores = ranks - ranks.mean(axis=0)
    _, vectors = np.linalg.eigh(scores.T @ scores)
    direction = vectors[:, -1]
    return scores @ (direction * np.sign(direction[np.abs(direction).argmax()]))
