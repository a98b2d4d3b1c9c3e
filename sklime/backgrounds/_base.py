"""The base class of all backgrounds."""

from typing import Self

from sklearn.base import BaseEstimator

from sklime.utils._types import BoolArray, FloatArray

__all__ = ["BaseBackground"]


class BaseBackground(BaseEstimator):
    """Base class of backgrounds: turn uniform points into rows like the training rows.

    A subclass learns in `fit` and turns points into rows in `sample`. It knows neither the
    model nor the explained row. It draws no random numbers: the same points always give the
    same rows.

    Attributes
    ----------
    n_dimensions_ : int
        Number of uniform coordinates per row.

    is_columnwise_ : bool
        Whether the value of column j depends on coordinate j alone.

    See Also
    --------
    MarginalBackground : The default of tables with bins.

    Examples
    --------
    A background that holds every column at its training mean.

    >>> import numpy as np
    >>> from sklime.backgrounds import BaseBackground
    >>> class MeanBackground(BaseBackground):
    ...     def fit(self, X, is_discrete=None):
    ...         self.mean_ = X.mean(axis=0)
    ...         self.n_dimensions_, self.is_columnwise_ = 1, False
    ...         return self
    ...     def sample(self, points):
    ...         return np.tile(self.mean_, (len(points), 1))
    >>> MeanBackground().fit(np.array([[1.0, 2.0], [3.0, 6.0]])).sample(np.full((1, 1), 0.5))
    array([[2., 4.]])
    """

    n_dimensions_: int
    is_columnwise_: bool = False

    def fit(self, X: FloatArray, is_discrete: BoolArray | None = None) -> Self:
        """Learn the distribution of the training rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows as floats.

        is_discrete : ndarray of bool of shape (n_features,), default=None
            Columns that take only values of training rows; `None` for no such column.

        Returns
        -------
        self : object
            The fitted background.
        """
        raise NotImplementedError

    def sample(self, points: FloatArray) -> FloatArray:
        """Turn uniform points into rows.

        Parameters
        ----------
        points : ndarray of shape (n_points, `n_dimensions_`)
            In the open interval (0, 1).

        Returns
        -------
        X : ndarray of shape (n_points, n_features)
            One row per point.
        """
        raise NotImplementedError
