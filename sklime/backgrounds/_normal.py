"""One normal distribution a column."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from sklime.backgrounds._base import BaseBackground
from sklime.backgrounds._laws import column_laws, sample_columns
from sklime.utils._magnitude import deviation, mean

__all__ = ["NormalBackground"]


class NormalBackground(BaseBackground):
    """Draw each column from a normal: what `lime` does with columns that are not cut.

    The normal has the mean and the standard deviation of the column, and is not truncated:
    it draws values that no training row comes near where a column is skewed. A discrete
    column (integers, levels) is drawn from the values that were seen, at their frequencies.
    Missing values are drawn at their rate.

    Attributes
    ----------
    laws_ : list
        One law a column.

    n_dimensions_ : int
        The number of columns.

    See Also
    --------
    MarginalBackground : Values as they are distributed, in bins.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin, "Why should I trust you?", KDD 2016,
       :doi:`10.1145/2939672.2939778`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.backgrounds import NormalBackground
    >>> background = NormalBackground().fit(np.array([[1.0], [2.0], [3.0]]))
    >>> background.sample(np.array([[0.025], [0.5], [0.975]])).round(2)
    array([[0.4],
           [2. ],
           [3.6]])
    """

    is_columnwise_ = True

    def fit(self, X, is_discrete=None):
        """Learn the law of each column.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows.

        is_discrete : ndarray of bool of shape (n_features,), default=None
            Columns drawn from the values that were seen; `None` for none.

        Returns
        -------
        self : object
            The fitted background.
        """
        self.n_dimensions_ = X.shape[1]
        if is_discrete is None:
            is_discrete = np.zeros(X.shape[1], dtype=bool)
        self.laws_ = column_laws(X, is_discrete, _Normal.fit)
        return self

    def sample(self, points):
        """Push points through the inverse distribution function of each column.

        Parameters
        ----------
        points : ndarray of shape (n_points, n_features)
            In the open interval (0, 1).

        Returns
        -------
        X : ndarray of shape (n_points, n_features)
            One row a point.
        """
        return sample_columns(self.laws_, points)


@dataclass(frozen=True)
class _Normal:
    """A normal distribution; one value where the deviation is 0."""

    mean: float
    deviation: float

    @classmethod
    def fit(cls, values, place):
        return cls(mean(values), deviation(values))

    def ppf(self, u):
        return self.mean + self.deviation * ndtri(u)
