"""The mask function of one group of trees for one block of rows.

Arrays have the shape (n_splits, n_masks * n_rows), some masks at a time, with the rows innermost:
what does not depend on the mask is then as wide as what does, and NumPy has long loops.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import DTypeLike

from sklime._exact._nodes import Nodes
from sklime._exact._visits import Visits
from sklime._readings._trees import Trees
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["BlockWalk", "DrawnSplits", "left_children"]

# Numbers of one array: splits x masks x rows. More take longer than the cache, fewer than Python.
_BLOCK_SIZE = 100_000


def left_children(nodes: Nodes, visits: Visits) -> IntArray:
    """Return the left child of each split, in the order of the visits.

    Parameters
    ----------
    nodes : Nodes
        Nodes of some trees.

    visits : Visits
        Order of their splits.

    Returns
    -------
    left : ndarray of int of shape (n_splits,)
        Numbers of nodes in the layout.
    """
    left: IntArray = nodes.layout.bounds[1] + 2 * visits.order
    return left


@dataclass(frozen=True)
class DrawnSplits:
    """Splits of a column of standard scores, at which the drawn value goes one way.

    Attributes
    ----------
    splits : ndarray of int of shape (n_own,)
        The splits, by the order of the visits.

    sources : ndarray of int of shape (n_own,)
        The same nodes in the trees.

    derived : ndarray of int of shape (n_own,)
        Which of the derived columns of the column each split is about.

    values : ndarray of shape (n_rows, n_masks, n_derived)
        Derived columns at the drawn values of all rows.
    """

    splits: IntArray
    sources: IntArray
    derived: IntArray
    values: FloatArray

    @classmethod
    def of(
        cls, nodes: Nodes, left: IntArray, drawn: Sequence[FloatArray | None], owners: IntArray
    ) -> list[Self]:
        """Find the splits of all columns of standard scores.

        Parameters
        ----------
        nodes : Nodes
            Nodes of some trees.

        left : ndarray of int of shape (n_splits,)
            Left child of each split.

        drawn : sequence of (ndarray of shape (n_rows, n_masks, n_own) or None)
            Derived columns of each column at the drawn values; `None` for bins.

        owners : ndarray of int of shape (n_derived,)
            Column of the table that each derived column depends on.

        Returns
        -------
        drawn_splits : list of DrawnSplits
            One for each column that has any.
        """
        split, column = nodes.layout.split[left], nodes.layout.column[left]
        found = []
        for index, values in enumerate(drawn):
            if values is None:
                continue
            here = np.flatnonzero(column == index)
            if here.size:
                own = np.flatnonzero(owners == index)
                derived = np.searchsorted(own, nodes.trees.feature[split[here]])
                found.append(cls(here, split[here], derived, values))
        return found

    def goes_left(self, trees: Trees, rows: slice, masks: slice) -> BoolArray:
        """Tell which drawn values go left.

        Parameters
        ----------
        trees : Trees
            The trees.

        rows, masks : slice
            Some of both.

        Returns
        -------
        goes_left : ndarray of bool of shape (n_own, n_masks * n_rows)
            Rows are innermost.
        """
        values = self.values[rows, masks].transpose(2, 1, 0)
        of_splits = values.reshape(len(values), -1)[self.derived]
        return trees.goes_left(self.sources[:, None], of_splits)


@dataclass(frozen=True)
class BlockWalk:
    """Trees of one group, prepared for the masks of one block of rows.

    Attributes
    ----------
    trees : Trees
        The trees.

    visits : Visits
        Order of their splits.

    column : ndarray of int of shape (n_splits,)
        Column of each split.

    drawn : list of DrawnSplits
        Splits of columns of standard scores.

    rows : slice
        The block.

    without, gain : ndarray of shape (n_splits, n_masks_at_once * n_rows)
        Share of the left child where the column is in another bin, and how much larger it is in
        the bin of the row.

    leaf_units : ndarray of shape (n_outputs,)
        Powers of two that leaves are divided by: single precision has a small range.

    dtype : dtype
        Precision of the walk.
    """

    trees: Trees
    visits: Visits
    column: IntArray
    drawn: list[DrawnSplits]
    rows: slice
    without: FloatArray
    gain: FloatArray
    leaf_units: FloatArray
    dtype: DTypeLike

    @classmethod
    def of(
        cls,
        nodes: Nodes,
        visits: Visits,
        drawn: list[DrawnSplits],
        rows: slice,
        without: FloatArray,
        gain: FloatArray,
        leaf_units: FloatArray,
        holds: FloatArray,
    ) -> Self:
        """Prepare a block.

        Parameters
        ----------
        nodes, visits, drawn, rows : as above

        without, gain : ndarray of shape (n_splits, n_rows)
            Overwritten at the splits of standard scores.

        leaf_units : ndarray of shape (n_outputs,)
            As above.

        holds : ndarray of shape (n_columns, n_masks, n_all_rows)
            What `add` will take: the precision of this array is that of the walk.

        Returns
        -------
        walk : BlockWalk
            The walk.
        """
        for one in drawn:
            # The drawn value decides, in place of a share.
            without[one.splits], gain[one.splits] = 0.0, 1.0
        most = min(holds.shape[1], max(1, _BLOCK_SIZE // gain.size))
        # Blocks of masks are all of one size.
        at_once = next(n for n in range(most, 0, -1) if holds.shape[1] % n == 0)
        column = nodes.layout.column[left_children(nodes, visits)]
        wide_without, wide_gain = (
            np.tile(array.astype(holds.dtype, copy=False), (1, at_once))
            for array in (without, gain)
        )
        return cls(
            nodes.trees,
            visits,
            column,
            drawn,
            rows,
            wide_without,
            wide_gain,
            leaf_units,
            holds.dtype,
        )

    def add(self, holds: FloatArray, values: FloatArray) -> None:
        """Add the mask function of these trees.

        Parameters
        ----------
        holds : ndarray of shape (n_columns, n_masks, n_all_rows)
            Whether a column shares the bin of the row, as 0 and 1.

        values : ndarray of shape (n_outputs, n_masks, n_all_rows)
            The mask function, to which these trees are added.
        """
        n_upper, n_rows = self.visits.n_upper, self.rows.stop - self.rows.start
        last = [self._last(output) for output in range(len(values))]
        memory = _Memory.of(self.visits, self.gain.shape[1], self.dtype)
        at_once = self.gain.shape[1] // n_rows
        for start in range(0, holds.shape[1], at_once):
            masks = slice(start, start + at_once)
            self._look_up(holds, masks, memory.looked_up)
            np.multiply(memory.shares, self.gain[:n_upper], out=memory.shares)
            np.add(memory.shares, self.without[:n_upper], out=memory.shares)
            for output, (without, gain, siblings) in enumerate(last):
                np.multiply(memory.lowest, gain, out=memory.last)
                np.add(memory.last, without, out=memory.last)
                memory.siblings[...] = siblings
                memory.walk_up()
                # NumPy adds up one tree after the other: a row does not depend on its neighbors.
                total = memory.means[self.visits.roots].astype(np.float64).sum(axis=0)
                total *= self.leaf_units[output]
                values[output, masks, self.rows] += total.reshape(at_once, n_rows)

    def _last(self, output: int) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return means of the last splits in another bin, their gains, and values of siblings."""
        leaves, n_upper, unit = self.visits.leaves, self.visits.n_upper, self.leaf_units[output]
        gaps, rights, siblings = (
            (of_leaves[output] / unit).astype(self.dtype)
            for of_leaves in (leaves.gaps, leaves.rights, leaves.siblings)
        )
        return self.without[n_upper:] * gaps + rights, self.gain[n_upper:] * gaps, siblings

    def _look_up(self, holds: FloatArray, masks: slice, out: FloatArray) -> None:
        """Write whether the columns of splits share the bin, or which way drawn values go."""
        own = np.ascontiguousarray(holds[:, masks, self.rows]).reshape(len(holds), -1)
        own.take(self.column, axis=0, out=out, mode="clip")
        for one in self.drawn:
            out[one.splits] = one.goes_left(self.trees, self.rows, masks)


@dataclass(frozen=True)
class _Memory:
    """Arrays of a walk, and the parts of them that each level takes.

    Attributes
    ----------
    looked_up : ndarray of shape (n_splits, width)
        Whether the column of each split shares the bin of the row.

    shares, lowest : ndarray of shape (n, width)
        The parts of it for upper splits, where shares of left children replace it, and for the
        last splits.

    means, last, siblings : ndarray of shape (n, width)
        Means at all addresses, at the last splits, at the siblings.

    levels : tuple of tuple of ndarray
        For each level of upper splits, the lowest first: addresses of the children, memory for
        both children, its halves, shares and means.
    """

    looked_up: FloatArray
    shares: FloatArray
    lowest: FloatArray
    means: FloatArray
    last: FloatArray
    siblings: FloatArray
    levels: tuple[tuple[IntArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray], ...]

    @classmethod
    def of(cls, visits: Visits, width: int, dtype: DTypeLike) -> Self:
        """Take memory for a number of masks times rows."""
        n_splits, n_upper = visits.n_splits, visits.n_upper
        looked_up = np.empty((n_splits, width), dtype)
        means = np.empty((n_splits + visits.leaves.siblings.shape[1], width), dtype)
        below, levels = np.empty((2 * visits.widest, width), dtype), []
        shares, lowest = looked_up[:n_upper], looked_up[n_upper:]
        for here, children in zip(reversed(visits.upper), reversed(visits.children)):
            both, n_here = below[: len(children)], len(children) // 2
            parts = both, both[:n_here], both[n_here:], shares[here], means[here]
            levels.append((children, *parts))
        last, siblings = means[n_upper:n_splits], means[n_splits:]
        return cls(looked_up, shares, lowest, means, last, siblings, tuple(levels))

    def walk_up(self) -> None:
        """Write the means below all upper splits."""
        for children, both, left, right, shares, means in self.levels:
            self.means.take(children, axis=0, out=both, mode="clip")
            np.subtract(left, right, out=left)
            np.multiply(shares, left, out=means)
            np.add(means, right, out=means)
