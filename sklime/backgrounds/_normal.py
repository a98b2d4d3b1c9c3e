"""A background of independent columns, one normal distribution per column."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import ndtr, ndtri

from sklime.backgrounds._columnwise import Cells, ColumnwiseBackground
from sklime.utils._magnitude import deviation, finite_sum, mean, standard_scores
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["NormalBackground"]


class NormalBackground(ColumnwiseBackground):
    """Draw each column from a normal, as `lime` does with columns that are not cut.

    The normal has the mean and the standard deviation of the column. It is not truncated: for
    a skewed column it also draws values far from all training rows. A discrete column
    (integers, levels) is drawn from the values of the training rows, at their frequencies.
    Missing values are drawn at their rate.

    Attributes
    ----------
    distributions_ : list
        One distribution per column.

    n_dimensions_ : int
        Number of columns.

    See Also
    --------
    MarginalBackground : Columns drawn bin by bin.

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

    def fit(self, X: FloatArray, is_discrete: BoolArray | None = None) -> Self:
        """Learn the distribution of each column.

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
        return self._learn(X, is_discrete, _normals)


def _normals(columns: FloatArray, indices: IntArray) -> list["_Normal"]:
    return [_Normal(mean(values), deviation(values)) for values in columns]


@dataclass(frozen=True)
class _Normal:
    """A normal distribution; one value where the deviation is 0."""

    mean: float
    deviation: float

    def ppf(self, u: FloatArray) -> FloatArray:
        return finite_sum(self.mean, ndtri(u), self.deviation)

    def cells(self, boundaries: FloatArray) -> Cells:
        return Cells.between(boundaries, self._up_to)

    def _up_to(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return probability, and probability times mean, of what is at most each value."""
        if self.deviation == 0.0:
            share = (values >= self.mean).astype(np.float64)
            return share, share * self.mean
        scores = standard_scores(values, self.mean, self.deviation)
        # Beyond 40 deviations the density is 0, and the square might overflow.
        near = np.clip(scores, -40.0, 40.0)
        density = np.exp(-0.5 * near**2) / np.sqrt(2.0 * np.pi)
        share = ndtr(scores)
        return share, self.mean * share - self.deviation * density
