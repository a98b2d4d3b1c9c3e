"""Distributions of single columns, for backgrounds that draw each column independently."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from sklime.backgrounds._base import BaseBackground
from sklime.utils._types import Array, BoolArray, FloatArray

__all__ = ["BinnedColumn", "ColumnDistribution", "ColumnwiseBackground"]


class BinnedColumn(Protocol):
    """The bins of one column."""

    @property
    def cuts(self) -> FloatArray | None:
        """Increasing cuts; `None` for levels."""
        ...

    @property
    def n_bins(self) -> int:
        """Number of bins or levels; one more bin holds missing values."""
        ...

    def bins_of(self, values: FloatArray) -> Array:
        """Return the bins of values."""
        ...


class ColumnDistribution(Protocol):
    """The distribution of one column."""

    def ppf(self, u: FloatArray) -> FloatArray:
        """Return the quantiles of probabilities in (0, 1)."""
        ...


class ColumnwiseBackground(BaseBackground):
    """Base class of backgrounds that draw each column independently.

    A subclass calls `_learn` in its ``fit``, which sets `distributions_`.
    """

    is_columnwise_ = True
    distributions_: list[ColumnDistribution]

    def _learn(
        self,
        X: FloatArray,
        is_discrete: BoolArray | None,
        continuous_distribution: Callable[[FloatArray, int], ColumnDistribution],
    ) -> Self:
        """Learn one distribution per column.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows.

        is_discrete : ndarray of bool of shape (n_features,), or None
            Columns that take only values of training rows; `None` for no such column.

        continuous_distribution : callable
            Function from the present values and the index of a column to its distribution.

        Returns
        -------
        self : object
            The fitted background.
        """
        self.n_dimensions_ = X.shape[1]
        if is_discrete is None:
            is_discrete = np.zeros(X.shape[1], dtype=bool)
        self.distributions_ = [
            _column_distribution(column, discrete, index, continuous_distribution)
            for index, (column, discrete) in enumerate(zip(X.T, is_discrete))
        ]
        return self

    def sample(self, points: FloatArray) -> FloatArray:
        """Push points through the inverse distribution function of each column.

        Parameters
        ----------
        points : ndarray of shape (n_points, n_features)
            In the open interval (0, 1).

        Returns
        -------
        X : ndarray of shape (n_points, n_features)
            One row per point.
        """
        return np.column_stack(
            [distribution.ppf(u) for distribution, u in zip(self.distributions_, points.T)]
        )


def _column_distribution(
    column: FloatArray,
    is_discrete: bool,
    index: int,
    continuous_distribution: Callable[[FloatArray, int], ColumnDistribution],
) -> ColumnDistribution:
    present = column[~np.isnan(column)]
    if present.size == 0:
        return _DiscreteDistribution(np.array([np.nan]), np.ones(1))
    distribution: ColumnDistribution = (
        _DiscreteDistribution.fit(present)
        if is_discrete
        else continuous_distribution(present, index)
    )
    rate = 1.0 - present.size / column.size
    return distribution if rate == 0.0 else _SometimesMissing(distribution, rate)


@dataclass(frozen=True)
class _SometimesMissing:
    """A distribution of the present values, with NaN at a rate as its largest value."""

    distribution: ColumnDistribution
    rate: float

    def bin_masses(self, column: BinnedColumn) -> FloatArray | None:
        of_present = getattr(self.distribution, "bin_masses", None)
        present: FloatArray | None = None if of_present is None else of_present(column)
        if present is None:
            return None
        masses = (1.0 - self.rate) * present
        masses[column.n_bins] += self.rate
        return masses

    def ppf(self, u: FloatArray) -> FloatArray:
        is_missing = u >= 1.0 - self.rate
        return np.where(
            is_missing,
            np.nan,
            self.distribution.ppf(np.where(is_missing, 0.5, u / (1.0 - self.rate))),
        )


@dataclass(frozen=True)
class _DiscreteDistribution:
    """The values of the training rows, at their frequencies."""

    values: FloatArray
    upper: FloatArray  # cumulative frequency up to and including each value

    @classmethod
    def fit(cls, column: FloatArray) -> Self:
        values, counts = np.unique(column, return_counts=True)
        return cls(values, np.cumsum(counts) / counts.sum())

    def bin_masses(self, column: BinnedColumn) -> FloatArray | None:
        masses = np.diff(self.upper, prepend=0.0)
        bins = column.bins_of(self.values).astype(np.intp)
        return np.bincount(bins, masses, minlength=column.n_bins + 1).astype(np.float64)

    def ppf(self, u: FloatArray) -> FloatArray:
        # Rounding may leave the last cumulative frequency below 1.
        indices = np.minimum(np.searchsorted(self.upper, u, side="right"), len(self.values) - 1)
        return self.values[indices]
