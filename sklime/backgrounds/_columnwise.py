"""Laws of single columns, which the backgrounds that draw columns on their own share."""

from dataclasses import dataclass

import numpy as np

from sklime.backgrounds._base import BaseBackground

__all__ = ["ColumnwiseBackground"]


class ColumnwiseBackground(BaseBackground):
    """Base class of backgrounds that draw each column on its own.

    A subclass learns `distributions_` in its ``fit``, by `_learn`.
    """

    is_columnwise_ = True

    def _learn(self, X, is_discrete, continuous_distribution):
        """Learn one distribution per column.

        `continuous_distribution` makes it from the present values and the index of the column.
        """
        self.n_dimensions_ = X.shape[1]
        if is_discrete is None:
            is_discrete = np.zeros(X.shape[1], dtype=bool)
        self.distributions_ = [
            _column_distribution(
                column, discrete, lambda values, index=index: continuous_distribution(values, index)
            )
            for index, (column, discrete) in enumerate(zip(X.T, is_discrete))
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
        return np.column_stack(
            [distribution.ppf(u) for distribution, u in zip(self.distributions_, points.T)]
        )


def _column_distribution(column, is_discrete, continuous_distribution):
    present = column[~np.isnan(column)]
    if present.size == 0:
        return _DiscreteDistribution(np.array([np.nan]), np.ones(1))
    distribution = (
        _DiscreteDistribution.fit(present) if is_discrete else continuous_distribution(present)
    )
    rate = 1.0 - present.size / column.size
    return distribution if rate == 0.0 else _SometimesMissing(distribution, rate)


@dataclass(frozen=True)
class _SometimesMissing:
    """A distribution of the values that are there, and NaN at a rate, above them."""

    distribution: object
    rate: float

    def ppf(self, u):
        is_missing = u >= 1.0 - self.rate
        return np.where(
            is_missing,
            np.nan,
            self.distribution.ppf(np.where(is_missing, 0.5, u / (1.0 - self.rate))),
        )


@dataclass(frozen=True)
class _DiscreteDistribution:
    """The values that were seen, at their frequencies."""

    values: np.ndarray
    upper: np.ndarray  # cumulative frequency up to and with each value

    @classmethod
    def fit(cls, column):
        values, counts = np.unique(column, return_counts=True)
        return cls(values, np.cumsum(counts) / counts.sum())

    def ppf(self, u):
        index = np.searchsorted(self.upper, u, side="right")
        return self.values[np.minimum(index, len(self.values) - 1)]
