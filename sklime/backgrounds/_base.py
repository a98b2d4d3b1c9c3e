"""What every background promises."""

from sklearn.base import BaseEstimator

__all__ = ["BaseBackground"]


class BaseBackground(BaseEstimator):
    """Base class of backgrounds: turn uniform points into rows like the training rows.

    A subclass learns in `fit` and turns points into rows in `sample`. It knows neither the
    model nor the explained row, and it draws no random numbers of its own: the points are
    all the randomness there is.

    Attributes
    ----------
    n_dimensions_ : int
        How many uniform coordinates one row takes.

    is_columnwise_ : bool
        Whether coordinate j alone decides the value of column j.

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

    is_columnwise_ = False

    def fit(self, X, is_discrete=None):
        """Learn the distribution of the training rows.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows as floats.

        is_discrete : ndarray of bool of shape (n_features,), default=None
            Columns whose values must be values that were seen; `None` for no such column.

        Returns
        -------
        self : object
            The fitted background.
        """
        raise NotImplementedError

    def sample(self, points):
        """Turn uniform points into rows.

        Parameters
        ----------
        points : ndarray of shape (n_points, `n_dimensions_`)
            In the open interval (0, 1).

        Returns
        -------
        X : ndarray of shape (n_points, n_features)
            One row a point.
        """
        raise NotImplementedError
