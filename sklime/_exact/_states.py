"""What rows do at splits: fail a condition above, go left, or go right.

All values of a derived column are replaced by ranks among its thresholds once. A split then takes
comparisons of small integers.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Self

import numpy as np

from sklime._exact._nodes import NOTHING, Layout, intervals_of
from sklime._readings._trees import LEAF, Trees
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["FAILED", "LEFT", "N_STATES", "RIGHT", "RankedRows", "Ranking", "SplitStates"]

# A row is below the interval of the previous node, goes left, goes right, or is above the interval.
# A row that fails conditions that are no intervals counts as below.
FAILED, LEFT, RIGHT, N_STATES = 0, 1, 2, 4


@dataclass(frozen=True)
class RankedRows:
    """Rows as small integers.

    Attributes
    ----------
    ranks : ndarray of unsigned int of shape (n_derived, n_rows)
        One plus the number of thresholds below the value.

    is_missing : ndarray of bool of shape (n_derived, n_rows)
        Whether the value is NaN. Its rank means nothing.

    levels : ndarray of int of shape (n_derived, n_rows) or None
        Number of the level; the number of levels for all other values. `None` if no split
        is by levels.
    """

    ranks: IntArray
    is_missing: BoolArray
    levels: IntArray | None

    @cached_property
    def has_missing(self) -> bool:
        """Tell whether any value is missing."""
        return bool(self.is_missing.any())

    def __getitem__(self, rows: slice) -> "RankedRows":
        """Return some rows."""
        levels = None if self.levels is None else np.ascontiguousarray(self.levels[:, rows])
        return RankedRows(
            np.ascontiguousarray(self.ranks[:, rows]),
            np.ascontiguousarray(self.is_missing[:, rows]),
            levels,
        )


@dataclass(frozen=True)
class Ranking:
    """The thresholds of all derived columns.

    Attributes
    ----------
    thresholds : tuple of ndarray
        Different thresholds of each derived column, ascending.

    dtype : dtype
        Smallest unsigned type that holds all ranks.

    n_levels : int
        Number of levels of splits by levels; 0 if there are none.
    """

    thresholds: tuple[FloatArray, ...]
    dtype: np.dtype[np.unsignedinteger]
    n_levels: int

    @classmethod
    def of(cls, trees: Trees, n_derived: int) -> Self:
        """Learn the thresholds.

        Parameters
        ----------
        trees : Trees
            The trees.

        n_derived : int
            Number of derived columns.

        Returns
        -------
        ranking : Ranking
            The same for all trees.
        """
        is_split = trees.feature != LEAF
        feature, threshold = trees.feature[is_split], trees.threshold[is_split]
        order = np.argsort(feature, kind="stable")
        ends = np.searchsorted(feature[order], np.arange(n_derived + 1))
        found = [np.unique(threshold[order[a:b]]) for a, b in pairwise(ends)]
        longest = max((len(of_column) for of_column in found), default=0)
        n_levels = 0 if trees.levels is None else trees.levels.sets.shape[1]
        return cls(tuple(found), np.min_scalar_type(longest + 2), n_levels)

    def of_thresholds(self, derived: IntArray, thresholds: FloatArray) -> IntArray:
        """Return the ranks of thresholds: a value is above one if its rank is higher.

        Parameters
        ----------
        derived : ndarray of int of shape (n_splits,)
            Derived columns.

        thresholds : ndarray of shape (n_splits,)
            Thresholds of these columns; -inf for none.

        Returns
        -------
        ranks : ndarray of int of shape (n_splits,)
            0 for -inf.
        """
        ranks = np.zeros(len(derived), dtype=np.intp)
        for index in np.unique(derived):
            here = derived == index
            ranks[here] = np.searchsorted(self.thresholds[index], thresholds[here]) + 1
        return ranks

    def __call__(self, derived: FloatArray) -> RankedRows:
        """Rank rows.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns; those after the last one with a threshold are not read.

        Returns
        -------
        rows : RankedRows
            The rows.
        """
        columns = np.ascontiguousarray(derived[:, : len(self.thresholds)].T, dtype=np.float64)
        ranks = np.ones(columns.shape, dtype=self.dtype)
        for values, thresholds, out in zip(columns, self.thresholds, ranks):
            if thresholds.size:
                out += np.searchsorted(thresholds, values).astype(self.dtype)
        levels = self._levels(columns) if self.n_levels else None
        return RankedRows(ranks, np.isnan(columns), levels)

    def _levels(self, columns: FloatArray) -> IntArray:
        with np.errstate(invalid="ignore"):
            is_level = (columns >= 0) & (columns < self.n_levels) & (columns == np.floor(columns))
        return np.where(is_level, columns, self.n_levels).astype(np.intp)


@dataclass(frozen=True)
class SplitStates:
    """The splits of some trees, as conditions on ranks.

    Attributes
    ----------
    derived : ndarray of int of shape (n_splits,)
        Derived column of each split.

    low, threshold, high : ndarray of unsigned int of shape (n_splits, 1)
        Ranks: the conditions of the previous node are met above `low` and up to `high`; a row goes
        right above `threshold`.

    of_missing : ndarray of uint8 of shape (n_splits, 1)
        State of a missing value.

    sets : _SetSplits or None
        Splits whose conditions are no intervals.
    """

    derived: IntArray
    low: IntArray
    threshold: IntArray
    high: IntArray
    of_missing: IntArray
    sets: "_SetSplits | None"

    @classmethod
    def of(cls, trees: Trees, layout: Layout, ranking: Ranking, are_intervals: BoolArray) -> Self:
        """Prepare the splits of some trees.

        Parameters
        ----------
        trees : Trees
            The trees.

        layout : Layout
            Nodes of some of them.

        ranking : Ranking
            Thresholds of all trees.

        are_intervals : ndarray of bool of shape (n_columns,)
            Columns whose conditions are intervals.

        Returns
        -------
        states : SplitStates
            In the order of the layout: one split for each pair of siblings.
        """
        children = np.arange(layout.bounds[1], layout.n_nodes, 2)
        split, previous = layout.split[children], layout.previous[children]
        column = layout.column[children]
        derived = trees.feature[split]
        low, high, misses = _intervals_above(trees, layout, previous, are_intervals)
        largest = int(np.iinfo(ranking.dtype).max)
        lower = np.where(np.isneginf(low), 0, ranking.of_thresholds(derived, low))
        upper = np.where(np.isposinf(high), largest, ranking.of_thresholds(derived, high))
        # No row is in an interval that is empty. A threshold outside sends all rows one way.
        upper = np.maximum(lower, upper)
        at = np.clip(ranking.of_thresholds(derived, trees.threshold[split]), lower, upper)
        goes = np.where(trees.missing_left[split], LEFT, RIGHT)
        of_sets = np.flatnonzero(~are_intervals[column])
        sets = _SetSplits.of(trees, layout, children, of_sets) if of_sets.size else None
        return cls(
            derived=derived,
            low=lower.astype(ranking.dtype)[:, None],
            threshold=at.astype(ranking.dtype)[:, None],
            high=upper.astype(ranking.dtype)[:, None],
            of_missing=np.where(misses, goes, FAILED).astype(np.uint8)[:, None],
            sets=sets,
        )

    def __getitem__(self, order: IntArray) -> Self:
        """Return the splits in another order, which has each split once."""
        sets = self.sets
        return replace(
            self,
            derived=self.derived[order],
            low=self.low[order],
            threshold=self.threshold[order],
            high=self.high[order],
            of_missing=self.of_missing[order],
            sets=None if sets is None else replace(sets, at=np.argsort(order)[sets.at]),
        )

    def __call__(self, rows: RankedRows, splits: slice = slice(None)) -> Array:
        """Return what rows do at the splits.

        Parameters
        ----------
        rows : RankedRows
            Rows of a block.

        splits : slice, default=slice(None)
            Splits that are wanted; all of them where some are no intervals.

        Returns
        -------
        states : ndarray of uint8 of shape (n_splits, n_rows)
            `FAILED`, `LEFT`, `RIGHT`, or 3 for failed.
        """
        derived = self.derived[splits]
        ranks = np.take(rows.ranks, derived, axis=0, mode="clip")
        is_right = ranks > self.threshold[splits]
        states: Array = (ranks > self.low[splits]).view(np.uint8)
        states += is_right.view(np.uint8)
        states += np.greater(ranks, self.high[splits]).view(np.uint8)
        if rows.has_missing:
            is_missing = np.take(rows.is_missing, derived, axis=0, mode="clip")
            np.copyto(states, self.of_missing[splits], where=is_missing)
        if self.sets is not None:
            self.sets.write(states, ~is_right, rows)
        return states

    def goes_right(self, rows: RankedRows, splits: slice = slice(None)) -> BoolArray:
        """Tell which rows go right at the splits, if they come there.

        Parameters
        ----------
        rows, splits : RankedRows, slice
            As in a call.

        Returns
        -------
        goes_right : ndarray of bool of shape (n_splits, n_rows)
            Anything for rows that do not come there.
        """
        if self.sets is not None:
            is_right: BoolArray = self(rows) >= RIGHT
            return is_right
        derived = self.derived[splits]
        ranks = np.take(rows.ranks, derived, axis=0, mode="clip")
        is_right = ranks > self.threshold[splits]
        if rows.has_missing:
            is_missing = np.take(rows.is_missing, derived, axis=0, mode="clip")
            np.copyto(is_right, self.of_missing[splits] == RIGHT, where=is_missing)
        return is_right


def _intervals_above(
    trees: Trees, layout: Layout, previous: IntArray, are_intervals: BoolArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return the intervals of previous nodes, and whether missing values meet them."""
    low = np.full(layout.n_nodes + 1, -np.inf)
    high = np.full(layout.n_nodes + 1, np.inf)
    misses = np.ones(layout.n_nodes + 1, dtype=bool)
    n_roots = layout.bounds[1]
    is_interval = np.append(np.zeros(n_roots, dtype=bool), are_intervals[layout.column[n_roots:]])
    here = np.flatnonzero(is_interval)
    low[here], high[here], misses[here] = intervals_of(trees, layout, here)
    return low[previous], high[previous], misses[previous]


@dataclass(frozen=True)
class _SetSplits:
    """Splits on columns that have levels, or several derived columns.

    Attributes
    ----------
    at : ndarray of int of shape (n_own,)
        Their positions among all splits.

    derived : ndarray of int of shape (n_own,)
        Derived columns.

    missing_left : ndarray of bool of shape (n_own, 1)
        Whether missing values go left.

    by_level : ndarray of int
        Positions among these splits of those by levels.

    starts : ndarray of int of shape (n_by_level, 1)
        Where the sets of these begin in `members`.

    members : ndarray of bool
        Sets of levels; after each, whether all other values go left.

    above, is_left_above : ndarray of shape (n_own,)
        Position of the split of the previous node; and whether this node is its left child.

    bounds : tuple of int
        First split of each level that has any.
    """

    at: IntArray
    derived: IntArray
    missing_left: BoolArray
    by_level: IntArray
    starts: IntArray
    members: BoolArray
    above: IntArray
    is_left_above: BoolArray
    bounds: tuple[int, ...]

    @classmethod
    def of(cls, trees: Trees, layout: Layout, children: IntArray, at: IntArray) -> Self:
        split, previous = layout.split[children[at]], layout.previous[children[at]]
        position = np.full(len(children) + 1, NOTHING)
        position[at] = np.arange(len(at))
        is_none = previous == NOTHING
        # The splits are numbered by pairs of siblings.
        above = np.where(is_none, NOTHING, (previous - layout.bounds[1]) // 2)
        levels = np.unique(np.searchsorted(children[at], np.array(layout.bounds)))
        by_level, starts = np.empty(0, dtype=np.intp), np.empty((0, 1), dtype=np.intp)
        members = np.empty(0, dtype=bool)
        if trees.levels is not None:
            by_level = np.flatnonzero(trees.levels.set_of_node[split] >= 0)
            members = _members(trees, split[by_level])
            starts = len(members) // max(1, len(by_level)) * np.arange(len(by_level))[:, None]
        return cls(
            at=at,
            derived=trees.feature[split],
            missing_left=trees.missing_left[split][:, None],
            by_level=by_level,
            starts=starts,
            members=members,
            above=np.where(is_none, NOTHING, position[above]),
            is_left_above=layout.is_left[previous] | is_none,
            bounds=tuple(levels.tolist()),
        )

    def write(self, states: Array, left: BoolArray, rows: RankedRows) -> None:
        """Put the states of these splits into those of all."""
        left = left[self.at]
        if self.by_level.size and rows.levels is not None:
            levels = rows.levels[self.derived[self.by_level]]
            left[self.by_level] = self.members[self.starts + levels]
        left = np.where(rows.is_missing[self.derived], self.missing_left, left)
        own = np.where(left, np.uint8(LEFT), np.uint8(RIGHT))
        for first, end in pairwise(self.bounds):
            here = slice(first, end)
            # The row meets all conditions above if it went there at the split of the previous node.
            wanted = np.where(self.is_left_above[here], LEFT, RIGHT)[:, None]
            is_met = (own[self.above[here]] == wanted) | (self.above[here] == NOTHING)[:, None]
            own[here] *= is_met
        states[self.at] = own


def _members(trees: Trees, split: IntArray) -> BoolArray:
    """Return the sets of splits, each with the side of all other values at its end."""
    if trees.levels is None or split.size == 0:
        return np.empty(0, dtype=bool)
    sets = trees.levels.sets[trees.levels.set_of_node[split]]
    return np.column_stack([sets, trees.levels.other_left[split]]).ravel()
