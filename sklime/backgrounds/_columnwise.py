"""Distributions of single columns, for backgrounds that draw each column independently."""

import copy
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self, runtime_checkable

import numpy as np

from sklime.backgrounds._base import BaseBackground
from sklime.backgrounds._stacks import Stackable, Stacks
from sklime.utils._cuts import bins_of
from sklime.utils._frames import SparseColumns, column_blocks
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["Cells", "ColumnDistribution", "ColumnwiseBackground", "KnownCells"]

# Points of equal mass that stand for a column whose distribution function is not known.
_N_POINTS = 2**12

# Discrete columns with at most this many values are computed together.
_MAX_STACKED_VALUES = 16


class ColumnDistribution(Protocol):
    """The distribution of one column."""

    def ppf(self, u: FloatArray) -> FloatArray:
        """Return the quantiles of probabilities in (0, 1)."""
        ...


class Cells(NamedTuple):
    """A column in cells: values, or intervals that no boundary cuts.

    Parameters
    ----------
    values : ndarray of shape (n_cells,)
        Value of each cell, or its upper end, which belongs to it; infinity for the last
        interval, NaN for missing.

    weights : ndarray of shape (n_cells,)
        Probabilities; the sum is 1.

    moments : ndarray of shape (n_cells,)
        Probability times mean value of each cell; 0 for missing.

    are_points : bool, default=True
        Whether `values` are all values that the column takes; otherwise they are ends of
        intervals.
    """

    values: FloatArray
    weights: FloatArray
    moments: FloatArray
    are_points: bool = True

    @classmethod
    def between(
        cls, boundaries: FloatArray, up_to: Callable[[FloatArray], tuple[FloatArray, FloatArray]]
    ) -> Self:
        """Return the intervals between boundaries.

        Parameters
        ----------
        boundaries : ndarray of shape (n_boundaries,)
            Increasing; each belongs to the interval below it.

        up_to : callable
            Function from values to the probability, and to the probability times the mean, of
            what is at most that value.

        Returns
        -------
        cells : Cells
            One more than boundaries.
        """
        ends = np.append(boundaries, np.inf)
        probability, moment = up_to(ends)
        masses = np.diff(probability, prepend=0.0), np.diff(moment, prepend=0.0)
        return cls(ends, *masses, are_points=False)


@runtime_checkable
class KnownCells(Protocol):
    """A column distribution that knows the probabilities of intervals."""

    def cells(self, boundaries: FloatArray) -> Cells:
        """Return the column in cells that no boundary cuts."""
        ...


class ColumnwiseBackground(BaseBackground):
    """Base class of backgrounds that draw each column independently.

    A subclass calls `_learn` in its ``fit``, which sets `distributions_`.
    """

    is_columnwise_ = True
    distributions_: list[ColumnDistribution]
    column_stacks_: Stacks

    def _learn(
        self,
        X: FloatArray | SparseColumns,
        is_discrete: BoolArray | None,
        continuous_distributions: Callable[[FloatArray, IntArray], Sequence[ColumnDistribution]],
    ) -> Self:
        """Learn one distribution per column.

        Parameters
        ----------
        X : ndarray or SparseColumns of shape (n_samples, n_features)
            Training rows.

        is_discrete : ndarray of bool of shape (n_features,), or None
            Columns that take only values of training rows; `None` for no such column.

        continuous_distributions : callable
            Function from columns without missing values, of shape (n_columns, n_values), and
            their indices to their distributions.

        Returns
        -------
        self : object
            The fitted background.
        """
        self.n_dimensions_ = X.shape[1]
        if is_discrete is None:
            is_discrete = np.zeros(X.shape[1], dtype=bool)
        self.distributions_ = []
        for start, columns in column_blocks(X):
            here = is_discrete[start : start + len(columns)]
            self.distributions_ += _block_distributions(
                columns, here, start, continuous_distributions
            )
        self.column_stacks_ = Stacks.of(self.distributions_)
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
        X = np.empty(points.shape)
        for columns, stack in self.column_stacks_.blocks(len(points)):
            X[:, columns] = stack.ppf(points[:, columns].T).T
        for index in self.column_stacks_.others.tolist():
            X[:, index] = self.distributions_[index].ppf(points[:, index])
        return X

    def columns(self, indices: IntArray) -> Self:
        """Return the background of some of the columns.

        Parameters
        ----------
        indices : ndarray of int of shape (n_columns,)
            Columns.

        Returns
        -------
        background : ColumnwiseBackground
            A fitted background of these columns alone.
        """
        part = copy.copy(self)
        part.n_dimensions_ = len(indices)
        part.distributions_ = [self.distributions_[index] for index in indices.tolist()]
        part.column_stacks_ = Stacks.of(part.distributions_)
        return part

    def cells(self, index: int, boundaries: FloatArray) -> Cells:
        """Return a column in cells that no boundary cuts.

        Parameters
        ----------
        index : int
            Column.

        boundaries : ndarray of shape (n_boundaries,)
            Increasing values. A boundary belongs to the interval below it.

        Returns
        -------
        cells : Cells
            Exact where the distribution of the column knows its cells; otherwise 4096 values
            of equal mass.
        """
        return _cells_of(self.distributions_[index], boundaries)


def _block_distributions(
    columns: FloatArray,
    is_discrete: BoolArray,
    start: int,
    continuous_distributions: Callable[[FloatArray, IntArray], Sequence[ColumnDistribution]],
) -> list[ColumnDistribution]:
    """Return the distributions of neighboring columns, given one per row."""
    is_missing = np.isnan(columns)
    has_missing = is_missing.any(axis=1)
    together = np.flatnonzero(~is_discrete & ~has_missing)
    continuous = continuous_distributions(columns[together], start + together)
    found = dict(zip(together.tolist(), continuous))
    for index in np.flatnonzero(is_discrete | has_missing).tolist():
        present = columns[index][~is_missing[index]]
        if present.size == 0:
            found[index] = _DiscreteDistribution(np.array([np.nan]), np.ones(1))
            continue
        if is_discrete[index]:
            found[index] = _DiscreteDistribution.fit(present)
        else:
            (found[index],) = continuous_distributions(present[None], np.array([start + index]))
        rate = 1.0 - present.size / columns.shape[1]
        if rate > 0.0:
            found[index] = _SometimesMissing(found[index], rate)
    return [found[index] for index in range(len(columns))]


def _cells_of(distribution: ColumnDistribution, boundaries: FloatArray) -> Cells:
    """Return a column in cells; values of equal mass if its probabilities are not known."""
    if isinstance(distribution, KnownCells):
        return distribution.cells(boundaries)
    values = distribution.ppf((np.arange(_N_POINTS) + 0.5) / _N_POINTS)
    weights = np.full(_N_POINTS, 1.0 / _N_POINTS)
    return Cells(values, weights, np.where(np.isnan(values), 0.0, values) * weights)


@dataclass(frozen=True)
class _SometimesMissing:
    """A distribution of the present values, with NaN at a rate as its largest value."""

    distribution: ColumnDistribution
    rate: float

    def ppf(self, u: FloatArray) -> FloatArray:
        is_missing = u >= 1.0 - self.rate
        return np.where(
            is_missing,
            np.nan,
            self.distribution.ppf(np.where(is_missing, 0.5, u / (1.0 - self.rate))),
        )

    def cells(self, boundaries: FloatArray) -> Cells:
        present = _cells_of(self.distribution, boundaries)
        share = 1.0 - self.rate
        return Cells(
            np.append(present.values, np.nan),
            np.append(share * present.weights, self.rate),
            np.append(share * present.moments, 0.0),
            present.are_points,
        )


@dataclass(frozen=True)
class _DiscreteDistribution(Stackable):
    """The values of the training rows, at their frequencies."""

    values: FloatArray
    upper: FloatArray  # cumulative frequency up to and including each value

    @classmethod
    def fit(cls, column: FloatArray) -> Self:
        values, counts = np.unique(column, return_counts=True)
        return cls(values, np.cumsum(counts) / counts.sum())

    def ppf(self, u: FloatArray) -> FloatArray:
        # Rounding may leave the last cumulative frequency below 1.
        indices = np.minimum(np.searchsorted(self.upper, u, side="right"), len(self.values) - 1)
        return self.values[indices]

    def cells(self, boundaries: FloatArray) -> Cells:
        weights = np.diff(self.upper, prepend=0.0)
        present = np.where(np.isnan(self.values), 0.0, self.values)
        return Cells(self.values, weights, present * weights)

    @property
    def stack_key(self) -> Hashable:
        """Form: the number of values."""
        n_values = len(self.values)
        is_stacked = n_values <= _MAX_STACKED_VALUES and not np.isnan(self.values[0])
        return ("discrete", n_values) if is_stacked else None

    @classmethod
    def stack(cls, distributions: Sequence[Self]) -> "_DiscreteStack":
        """Return the stack of distributions with as many values."""
        return _DiscreteStack(
            np.stack([one.values for one in distributions]),
            np.stack([one.upper for one in distributions]),
        )


@dataclass(frozen=True)
class _DiscreteStack:
    """Discrete distributions of several columns, each of as many values."""

    values: FloatArray  # (n_columns, n_values)
    upper: FloatArray

    def take(self, columns: slice | list[int]) -> "_DiscreteStack":
        return _DiscreteStack(self.values[columns], self.upper[columns])

    def ppf(self, u: FloatArray) -> FloatArray:
        # Rounding may leave the last cumulative frequency below 1: no probability is above it.
        indices = bins_of(u, self.upper[:, :-1], "right")
        return np.take_along_axis(self.values, indices, axis=1)

    def probabilities(self, ends: FloatArray) -> FloatArray:
        weights = np.diff(self.upper, prepend=0.0, axis=1)
        is_below = self.values[:, None, :] <= ends[:, :, None]
        below: FloatArray = (is_below * weights[:, None, :]).sum(axis=2)
        return below
