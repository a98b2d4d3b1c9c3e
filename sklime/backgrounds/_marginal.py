"""One law a column, each drawn on its own."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from sklime.backgrounds._base import BaseBackground
from sklime.utils._cuts import separating_cuts

__all__ = ["MarginalBackground"]


class MarginalBackground(BaseBackground):
    """Draw each column on its own: `lime`'s law.

    A continuous column is cut at its quartiles; a bin is drawn at its frequency, then a
    value from the normal with the bin's mean and standard deviation, truncated to the bin.
    A discrete column (integers, levels) is drawn from the values that were seen, at their
    frequencies. Missing values are drawn at their rate.

    Parameters
    ----------
    n_bins : int, default=4
        Number of equally frequent bins of a continuous column, at least 1.

    Attributes
    ----------
    laws_ : list
        One law a column.

    n_dimensions_ : int
        The number of columns.

    See Also
    --------
    EmpiricalBackground : Training rows drawn whole.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin, "Why should I trust you?", KDD 2016,
       :doi:`10.1145/2939672.2939778`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.backgrounds import MarginalBackground
    >>> X = np.column_stack([np.arange(5.0), [0, 0, 1, 1, 1]])
    >>> background = MarginalBackground().fit(X, is_discrete=np.array([False, True]))
    >>> background.sample(np.array([[0.5, 0.3], [0.9, 0.6]])).round(2)
    array([[2., 0.],
           [4., 1.]])
    """

    is_columnwise_ = True

    def __init__(self, n_bins=4):
        self.n_bins = n_bins

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
        self.laws_ = [
            _column_law(column, discrete, self.n_bins) for column, discrete in zip(X.T, is_discrete)
        ]
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
        return np.column_stack([law.ppf(u) for law, u in zip(self.laws_, points.T)])


def _column_law(column, is_discrete, n_bins):
    present = column[~np.isnan(column)]
    if present.size == 0:
        return _DiscreteLaw(np.array([np.nan]), np.ones(1))
    law = _DiscreteLaw.fit(present) if is_discrete else _TruncatedNormals.fit(present, n_bins)
    rate = 1.0 - present.size / column.size
    return law if rate == 0.0 else _SometimesMissing(law, rate)


@dataclass(frozen=True)
class _SometimesMissing:
    """A law of the values that are there, and NaN at a rate, above them."""

    law: object
    rate: float

    def ppf(self, u):
        is_missing = u >= 1.0 - self.rate
        return np.where(
            is_missing, np.nan, self.law.ppf(np.where(is_missing, 0.5, u / (1.0 - self.rate)))
        )


@dataclass(frozen=True)
class _DiscreteLaw:
    """The values that were seen, at their frequencies."""

    values: np.ndarray
    upper: np.ndarray  # cumulative frequency up to and with each value

    @classmethod
    def fit(cls, column):
        values, counts = np.unique(column, return_counts=True)
        return cls(values, np.cumsum(counts) / counts.sum())

    def ppf(self, u):
        place = np.searchsorted(self.upper, u, side="right")
        return self.values[np.minimum(place, len(self.values) - 1)]


@dataclass(frozen=True)
class _TruncatedNormals:
    """A mixture of truncated normals, one a bin, bins from low to high."""

    upper: np.ndarray  # cumulative frequency up to and with each bin
    frequencies: np.ndarray
    low: np.ndarray
    high: np.ndarray
    means: np.ndarray
    deviations: np.ndarray

    @classmethod
    def fit(cls, column, n_bins):
        cuts = np.unique(np.percentile(column, np.linspace(0, 100, n_bins + 1)[1:-1]))
        cuts = separating_cuts(cuts, column)
        bins = np.searchsorted(cuts, column)
        counts = np.bincount(bins, minlength=len(cuts) + 1)
        members = [column[bins == place] for place in range(len(cuts) + 1)]
        return cls(
            upper=np.cumsum(counts) / counts.sum(),
            frequencies=counts / counts.sum(),
            low=np.append(column.min(), cuts),
            high=np.append(cuts, column.max()),
            means=np.array([_mean(values) for values in members]),
            deviations=np.array([_deviation(values) for values in members]),
        )

    def ppf(self, u):
        place = np.minimum(np.searchsorted(self.upper, u, side="right"), len(self.upper) - 1)
        within = (u - (self.upper - self.frequencies)[place]) / self.frequencies[place]
        low, high, mean = self.low[place], self.high[place], self.means[place]
        deviation = self.deviations[place]
        is_point = deviation == 0.0
        scale = np.where(is_point, 1.0, deviation)
        below, up_to = ndtr((low - mean) / scale), ndtr((high - mean) / scale)
        draws = mean + scale * ndtri(below + np.clip(within, 0.0, 1.0) * (up_to - below))
        return np.where(is_point, mean, np.clip(draws, low, high))


def _deviation(values):
    """Return the standard deviation; exactly 0 where all values are equal, or none is there."""
    return values.std() if values.size and np.ptp(values) > 0.0 else 0.0


def _mean(values):
    """Return the mean; the value itself, without rounding, where all are equal."""
    if values.size == 0:
        return 0.0
    return values.mean() if np.ptp(values) > 0.0 else values[0]
