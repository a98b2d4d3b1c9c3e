"""Exact moments of trees, fast: tables of all splits once, then a walk down and up in blocks.

The truth that this is tested against is `sklime._exact._walk.expectations`; the formulas are in
`sklime._exact._split_tables`. Every number of a row is computed from this row alone, by the same
operations in the same order whatever the batch, so that results are equal to the last bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Self

import numpy as np

from sklime._exact._groups import Group, groups_of
from sklime._exact._nodes import NOTHING, Layout, Nodes
from sklime._exact._split_tables import BinTilts, SplitTables
from sklime._exact._states import N_STATES, RankedRows, Ranking, SplitStates
from sklime._exact._tilt import Tilts
from sklime._exact._visits import Visits, of_output, total_of, walk_up, with_last
from sklime._exact._walk import Tilt
from sklime._readings._trees import LEAF, Trees
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["Kernel"]

# Nodes of a group of trees, unless one tree has more. Small groups stay in the cache; of many
# groups a single row would feel the calls of NumPy.
_SMALLEST_GROUP, _MOST_GROUPS = 2**12, 16

# Rows of a block, and pairs of a split and a row: the arrays of a block stay in the cache.
_MOST_ROWS, _FEWEST_ROWS, _BLOCK_PAIRS = 128, 8, 2**18

# Splits that are looked up in the tables at once.
_SPLITS_AT_ONCE = 2**8

# Rows whose ranks are held at once.
_ROWS_AT_ONCE = 2**12


@dataclass(frozen=True)
class _Part:
    """Some trees with all that their walk needs, in the order of the visits."""

    states: SplitStates
    tables: SplitTables
    visits: Visits
    columns: IntArray
    trees: IntArray  # Number of the tree of each root of the visits.

    @classmethod
    def of(
        cls,
        group: Group,
        tilts: BinTilts,
        ranking: Ranking,
        are_intervals: BoolArray,
    ) -> Self:
        """Prepare some trees."""
        nodes, layout = group.nodes, group.nodes.layout
        visits = Visits.of(nodes, len(are_intervals) - 1)
        return cls(
            states=SplitStates.of(nodes.trees, layout, ranking, are_intervals)[visits.order],
            tables=SplitTables.of(nodes, tilts)[visits.order],
            visits=visits,
            columns=layout.column[layout.bounds[1] :: 2][visits.order],
            # The roots of the layout of all trees are in the order of the trees.
            trees=group.index[layout.parent[layout.bounds[1] + 2 * visits.order[visits.roots]]],
        )


@dataclass(frozen=True)
class _Arrays:
    """Arrays of a block of rows; the rows of the block are the last axis."""

    index: IntArray  # Where the rows are in the tables of some splits.
    reach: FloatArray  # Probability of the nodes of the splits of one level.
    below: FloatArray  # Children of the upper splits of one level.
    shares: FloatArray  # Share of the left child of each split.
    means: FloatArray  # Means at all addresses.
    # Probability times gain of each split, and times the slope of the gain if there are scores.
    flows: tuple[FloatArray, ...]
    # For each flow what is added up by column: times the gap of the split. The means of the roots
    # follow. Of a single output they are the flows themselves.
    summands: tuple[FloatArray, ...]


class _Workspace:
    """Memory that all blocks of rows write to.

    Parameters
    ----------
    parts : sequence of _Part
        Trees in groups.

    n_rows : int
        Number of all rows.

    n_flows : int
        1, or 2 if there are scores.

    is_single : bool
        Whether one output is explained.
    """

    def __init__(
        self, parts: Sequence[_Part], n_rows: int, n_flows: int, *, is_single: bool
    ) -> None:
        self.n_flows, self.is_single = n_flows, is_single
        most = [_most_rows(part.visits.n_splits, n_rows) for part in parts]
        sizes = [sum(self._sizes(part.visits)) * n for part, n in zip(parts, most)]
        # Pages that are never touched take no memory.
        self.floats = np.empty(max(sizes, default=0))
        self.index = np.empty(_SPLITS_AT_ONCE * max(most, default=0), dtype=np.intp)

    def _sizes(self, visits: Visits) -> list[int]:
        """Return the lengths of the arrays of floats."""
        n_splits, n_leaves = visits.n_splits, visits.leaves.siblings.shape[1]
        n_summed = self.n_flows * (1 if self.is_single else 2)
        of_flows = n_summed * [n_splits + len(visits.roots)]
        return [visits.widest, 2 * visits.widest, n_splits, n_splits + n_leaves, *of_flows]

    def arrays(self, visits: Visits, n_rows: int) -> _Arrays:
        """Return arrays for a block of rows."""
        ends = (np.cumsum(self._sizes(visits)) * n_rows).tolist()
        views = [self.floats[a:b].reshape(-1, n_rows) for a, b in pairwise((0, *ends))]
        flows = tuple(views[4 : 4 + self.n_flows])
        return _Arrays(
            index=self.index[: _SPLITS_AT_ONCE * n_rows].reshape(-1, n_rows),
            reach=views[0],
            below=views[1],
            shares=views[2],
            means=views[3],
            flows=flows,
            summands=flows if self.is_single else tuple(views[4 + self.n_flows :]),
        )


@dataclass(frozen=True)
class Kernel:
    """Trees prepared for exact moments around rows.

    Attributes
    ----------
    ranking : Ranking
        Thresholds of all derived columns.

    parts : tuple of _Part
        Trees in groups.

    roots : ndarray of int of shape (n_trees,)
        Roots of the trees.

    n_columns, n_outputs : int
        Numbers of columns of the table and of outputs.

    has_scores : bool
        Whether some columns are standard scores.

    total : float or None
        What the outputs always add up to, as the probabilities of classes do: then the last one
        takes no walk where all are wanted. `None` for other outputs.
    """

    ranking: Ranking
    parts: tuple[_Part, ...]
    roots: IntArray
    n_columns: int
    n_outputs: int
    has_scores: bool
    total: float | None

    @classmethod
    def of(cls, nodes: Nodes, tilts: Tilts) -> Self:
        """Prepare trees.

        Parameters
        ----------
        nodes : Nodes
            Nodes with the masses of their conditions. Derived columns that never change belong to
            a column after those of the table.

        tilts : Tilts
            Neighborhood and kernel.

        Returns
        -------
        kernel : Kernel
            Its memory grows with the nodes times the bins of their columns.
        """
        n_columns = len(tilts.supports)
        of_bins = BinTilts.of(tilts)
        n_derived = int(nodes.trees.feature.max(initial=LEAF)) + 1
        ranking = Ranking.of(nodes.trees, n_derived)
        are_intervals = _are_intervals(nodes.trees, nodes.layout, n_columns + 1)
        n_outputs, total = nodes.values.shape[1], total_of(nodes)
        parts = []
        largest = max(_SMALLEST_GROUP, nodes.layout.n_nodes // _MOST_GROUPS)
        for group in groups_of(nodes, largest):
            parts.append(_Part.of(group, of_bins, ranking, are_intervals))
        return cls(
            ranking,
            tuple(parts),
            nodes.trees.roots,
            n_columns,
            n_outputs,
            of_bins.has_scores,
            total,
        )

    def cost_per_row(self) -> float:
        """Return the work of one row, in nodes that compiled prediction visits in the same time.

        Returns
        -------
        cost : float
            Asking a model of n_trees trees about m rows costs m * n_trees * depth.
        """
        n_splits = sum(part.visits.n_splits for part in self.parts)
        return _VISITS_PER_SPLIT * n_splits * (1.0 + self._n_walked) / 2.0

    @property
    def _n_walked(self) -> int:
        """Return the number of outputs that a walk is made for."""
        return self.n_outputs if self.total is None else self.n_outputs - 1

    def __call__(
        self, derived: FloatArray, tilt: Tilt, outputs: IntArray | None = None
    ) -> tuple[FloatArray, FloatArray]:
        """Return the mean of the trees around rows, and its covariance with the encoding.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns of the rows.

        tilt : Tilt
            Distribution of the perturbed columns of the rows, from the tilts of `of`.

        outputs : ndarray of int of shape (n_rows, n_wanted) or None, default=None
            Outputs that are wanted for each row; `None` for all. Each takes one walk.

        Returns
        -------
        means : ndarray of shape (n_rows, n_outputs) or (n_rows, n_wanted)
            Means of the sum of all trees.

        covariances : ndarray of shape (n_rows, n_columns, n_outputs or n_wanted)
            Covariances with the encoding of each column.
        """
        n_rows = len(derived)
        # Where as few walks give all outputs, those that are wanted are picked at the end.
        are_few = outputs is not None and outputs.shape[1] < self._n_walked
        wanted = outputs.T if outputs is not None and are_few else None
        n_walks = self._n_walked if wanted is None else len(wanted)
        means = np.zeros((n_walks, n_rows))
        covariances = np.zeros((n_walks, self.n_columns + 1, n_rows))
        n_flows = 2 if self.has_scores else 1
        workspace = _Workspace(self.parts, n_rows, n_flows, is_single=n_walks == 1)
        for start in range(0, n_rows, _ROWS_AT_ONCE):
            rows = slice(start, min(start + _ROWS_AT_ONCE, n_rows))
            ranked = self.ranking(derived[rows])
            bins, scores = self._of_columns(tilt, rows)
            for part in self.parts:
                _add_part(
                    part,
                    ranked,
                    bins,
                    scores,
                    None if wanted is None else wanted[:, rows],
                    means[:, rows],
                    covariances[:, :, rows],
                    workspace,
                )
        if self.total is not None and wanted is None:
            means = with_last(means, self.total)
            covariances = with_last(covariances, 0.0)
        if outputs is not None and wanted is None:
            means = np.take_along_axis(means, outputs.T, axis=0)
            covariances = np.take_along_axis(covariances, outputs.T[:, None], axis=0)
        return means.T, covariances[:, :-1].transpose(2, 1, 0)

    @property
    def finds_leaves_fast(self) -> bool:
        """Tell whether `leaves_of` takes less time than a walk from the roots."""
        n_trees, n_splits = len(self.roots), sum(part.visits.n_splits for part in self.parts)
        n_steps = n_trees * (1.0 + np.log2(1.0 + n_splits / n_trees))
        return bool(n_splits < _SPLITS_PER_STEP * n_steps)

    def leaves_of(self, derived: FloatArray) -> IntArray:
        """Return the leaf of each row in each tree, from the sides of all splits.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns of the rows.

        Returns
        -------
        leaves : ndarray of int of shape (n_rows, n_trees)
            Indices of nodes, as `Trees.apply` returns them.
        """
        leaves = np.tile(self.roots, (len(derived), 1))
        for start in range(0, len(derived), _ROWS_AT_ONCE // 8):
            rows = slice(start, start + _ROWS_AT_ONCE // 8)
            ranked = self.ranking(derived[rows])
            for part in self.parts:
                if part.trees.size:
                    leaves[rows, part.trees] = _leaves_of_part(part, ranked).T
        return leaves

    def _of_columns(self, tilt: Tilt, rows: slice) -> tuple[IntArray, FloatArray | None]:
        """Return where the bins of rows are in the tables, and the scores of the rows."""
        offsets = np.zeros((self.n_columns + 1, rows.stop - rows.start), dtype=np.intp)
        np.multiply(tilt.bins[rows].T, N_STATES, out=offsets[:-1])
        largest = int(offsets.max(initial=0)) + N_STATES
        scores = None
        if self.has_scores:
            scores = np.ones(offsets.shape)
            scores[:-1] = tilt.encodings[rows].T
        return offsets.astype(np.min_scalar_type(largest)), scores


# Compiled prediction visits about this many nodes in the time that one split of one row takes.
_VISITS_PER_SPLIT = 2.0


# A walk from the roots takes one step in the time in which this many splits tell sides of a row.
_SPLITS_PER_STEP = 8.0


def _are_intervals(trees: Trees, layout: Layout, n_columns: int) -> BoolArray:
    """Tell which columns have conditions that are intervals of one derived column."""
    children = np.arange(layout.bounds[1], layout.n_nodes, 2)
    column, split = layout.column[children], layout.split[children]
    derived = trees.feature[split]
    first = np.full(n_columns, NOTHING)
    first[column] = derived
    are_intervals = np.ones(n_columns, dtype=bool)
    are_intervals[column[first[column] != derived]] = False
    if trees.levels is not None:
        are_intervals[column[trees.levels.set_of_node[split] >= 0]] = False
    return are_intervals


def _most_rows(n_splits: int, n_rows: int) -> int:
    """Return the largest number of rows of a block."""
    return min(_MOST_ROWS, max(_FEWEST_ROWS, _BLOCK_PAIRS // max(1, n_splits)), n_rows)


def _blocks(n_splits: int, n_rows: int) -> list[slice]:
    """Return blocks of rows of about equal sizes."""
    n_blocks = -(-n_rows // _most_rows(n_splits, n_rows))
    step = -(-n_rows // n_blocks)
    return [slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]


def _add_part(
    part: _Part,
    ranked: RankedRows,
    bins: IntArray,
    scores: FloatArray | None,
    wanted: IntArray | None,
    means: FloatArray,
    covariances: FloatArray,
    workspace: _Workspace,
) -> None:
    """Add the moments of some trees to those of all."""
    visits, constants = part.visits, part.visits.leaves.constants
    means += constants[: len(means), None] if wanted is None else constants[wanted]
    if not visits.n_splits:
        return
    for rows in _blocks(visits.n_splits, bins.shape[1]):
        arrays = workspace.arrays(visits, rows.stop - rows.start)
        _look_up(part, ranked[rows], bins[:, rows], arrays)
        _walk_down(visits, arrays)
        for output in range(len(means)):
            index = output if wanted is None else wanted[output, rows]
            _walk_up(visits, index, arrays)
            sums = visits.by_column_and_gap[output] if wanted is None else visits.by_column
            found = sums @ arrays.summands[0]
            means[output, rows] += found[-1]
            covariances[output, :, rows] += found[:-1]
            if scores is not None:
                covariances[output, :, rows] += scores[:, rows] * (sums @ arrays.summands[1])[:-1]


def _look_up(part: _Part, ranked: RankedRows, bins: IntArray, arrays: _Arrays) -> None:
    """Write shares and gains of all splits."""
    bins, states = np.ascontiguousarray(bins), part.states
    all_states = None if states.sets is None else states(ranked)
    tables = [(part.tables.shares, arrays.shares), (part.tables.gains, arrays.flows[0])]
    if part.tables.gain_slopes is not None:
        tables.append((part.tables.gain_slopes, arrays.flows[1]))
    # Few splits at once: all that leads to their index, and the index itself, stay in the cache.
    for first in range(0, len(part.columns), _SPLITS_AT_ONCE):
        here = slice(first, min(first + _SPLITS_AT_ONCE, len(part.columns)))
        offsets = np.take(bins, part.columns[here], axis=0, mode="clip")
        offsets += states(ranked, here) if all_states is None else all_states[here]
        index = arrays.index[: here.stop - first]
        np.copyto(index, offsets)
        index += part.tables.starts[here]
        for table, out in tables:
            np.take(table, index, out=out[here], mode="clip")


def _leaves_of_part(part: _Part, ranked: RankedRows) -> IntArray:
    """Return the leaves that rows reach, of shape (n_roots, n_rows)."""
    visits, n_rows = part.visits, ranked.ranks.shape[1]
    n_leaves, n_both = len(visits.leaf_nodes), 2 * (visits.n_splits - visits.n_upper)
    numbers = np.arange(n_leaves, dtype=np.min_scalar_type(n_leaves))[:, None]
    below = np.empty((visits.n_splits + n_leaves - n_both, n_rows), dtype=numbers.dtype)
    below[visits.n_splits :] = numbers[n_both:]
    # Sets take all splits at once: what holds above decides.
    whole = None if part.states.sets is None else part.states.goes_right(ranked)

    def sides_of(splits: slice) -> IntArray:
        is_right = part.states.goes_right(ranked, splits) if whole is None else whole[splits]
        return is_right.astype(numbers.dtype)

    for last in visits.last:
        first = 2 * (last.start - visits.n_upper)
        lefts = numbers[first : 2 * (last.stop - visits.n_upper) : 2]
        np.add(sides_of(last), lefts, out=below[last])
    for here, children in zip(reversed(visits.upper), reversed(visits.children)):
        of_children = np.take(below, children, axis=0, mode="clip")
        left, right = of_children[: len(children) // 2], of_children[len(children) // 2 :]
        # Where a row goes right, the difference is added. Unsigned numbers wrap around, twice.
        right -= left
        right *= sides_of(here)
        np.add(left, right, out=below[here])
    found: IntArray = visits.leaf_nodes[below[visits.roots]]
    return found


def _walk_down(visits: Visits, arrays: _Arrays) -> None:
    """Multiply gains by the probability of the node of each split."""
    levels = zip_longest(visits.upper, visits.upper[1:], visits.at_upper)
    for index, (above, upper, at_upper) in enumerate(levels):
        n_above, last = above.stop - above.start, visits.last[index + 1]
        left, right = arrays.below[:n_above], arrays.below[n_above : 2 * n_above]
        if index == 0:
            np.copyto(left, arrays.shares[above])
            np.subtract(1.0, left, out=right)
        else:
            np.multiply(arrays.reach[:n_above], arrays.shares[above], out=left)
            np.subtract(arrays.reach[:n_above], left, out=right)
        _flow_on(arrays, last, visits.at_last[index])
        if upper is not None:
            _flow_on(arrays, upper, at_upper)


def _flow_on(arrays: _Arrays, splits: slice, at: IntArray) -> None:
    """Multiply the gains of splits of one level by their probabilities."""
    reach = arrays.reach[: len(at)]
    np.take(arrays.below, at, axis=0, out=reach, mode="clip")
    for flow in arrays.flows:
        flow[splits] *= reach


def _walk_up(visits: Visits, output: int | IntArray, arrays: _Arrays) -> None:
    """Write what is added up for one output, or for one of each row."""
    last, means = slice(visits.n_upper, visits.n_splits), arrays.means
    pairs = list(zip(arrays.flows, arrays.summands))
    for here, gap in walk_up(visits, output, arrays.shares, means, arrays.below):
        for flow, summands in pairs:
            np.multiply(flow[here], gap, out=summands[here])
    for flow, summands in pairs:
        if not isinstance(output, int):
            np.multiply(flow[last], of_output(visits.leaves.gaps, output), out=summands[last])
        elif flow is not summands:
            summands[last] = flow[last]
        np.take(means, visits.roots, axis=0, out=summands[visits.n_splits :], mode="clip")
