"""A background of whole training rows."""

from typing import Self

import numpy as np

from sklime.backgrounds._base import BaseBackground
from sklime.backgrounds._ranks import column_ranks
from sklime.utils._types import BoolArray, FloatArray

__all__ = ["EmpiricalBackground"]


class EmpiricalBackground(BaseBackground):
    """Draw whole training rows; columns keep their dependence.

    The fitted background holds the training rows. So does a pickle of it, or of an explainer
    with it.

    Attributes
    ----------
    rows_ : ndarray of shape (n_samples, n_features)
        The training rows, ordered along their first principal direction. Points that are
        spread evenly then draw rows that are spread evenly.

    n_dimensions_ : int
        Always 1: one coordinate gives the index of the row.

    See Also
    --------
    MarginalBackground : Independent columns.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.backgrounds import EmpiricalBackground
    >>> background = EmpiricalBackground().fit(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> background.sample(np.array([[0.2], [0.7]])).sum(axis=0)
    array([4., 6.])
    """

    rows_: FloatArray

    def fit(self, X: FloatArray, is_discrete: BoolArray | None = None) -> Self:
        """Store the training rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows as floats.

        is_discrete : ndarray of bool of shape (n_features,), default=None
            Ignored: all drawn values are values of training rows.

        Returns
        -------
        self : object
            The fitted background.
        """
        self.n_dimensions_ = 1
        X = np.asarray(X)
        self.rows_ = X[np.argsort(_first_component(X), kind="stable")]
        return self

    def sample(self, points: FloatArray) -> FloatArray:
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
        indices = (points[:, 0] * len(self.rows_)).astype(np.intp)
        return self.rows_[indices]


def _first_component(X: FloatArray) -> FloatArray:
    """Return the score of each row on the first principal component of the columns' ranks."""
    ranks = column_ranks(X)
    centered: FloatArray = ranks - ranks.mean(axis=0)
    _, vectors = np.linalg.eigh(centered.T @ centered)
    direction = vectors[:, -1]
    # The sign of an eigenvector is arbitrary and would differ between machines.
    scores: FloatArray = centered @ (direction * np.sign(direction[np.abs(direction).argmax()]))
    return scores
