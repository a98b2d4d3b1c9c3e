"""One normal distribution a column."""

from dataclasses import dataclass

from scipy.special import ndtri

from sklime.backgrounds._columnwise import ColumnwiseBackground
from sklime.utils._magnitude import deviation, mean

__all__ = ["NormalBackground"]


class NormalBackground(ColumnwiseBackground):
    """Draw each column from a normal: what `lime` does with columns that are not cut.

    The normal has the mean and the standard deviation of the column, and is not truncated:
    it draws values that no training row comes near where a column is skewed. A discrete
    column (integers, levels) is drawn from the values that were seen, at their frequencies.
    Missing values are drawn at their rate.

    Attributes
    ----------
    distributions_ : list
        One distribution a column.

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

    def fit(self, X, is_discrete=None):
        """Learn the distribution of each column.

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
        return self._learn(X, is_discrete, _Normal.fit)


@dataclass(frozen=True)
class _Normal:
    """A normal distribution; one value where the deviation is 0."""

    mean: float
    deviation: float

    @classmethod
    def fit(cls, values, index):
        return cls(mean(values), deviation(values))

    def ppf(self, u):
        return self.mean + self.deviation * ndtri(u)
