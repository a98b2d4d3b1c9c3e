"""Exact moments of trees, fast: tables of all splits once, then a walk down and up in blocks.

The truth that this is tested against is `sklime._exact._walk.expectations`; the formulas are in
`sklime._exact._split_tables`. Every number of a row is computed from this row alone, by the same
operations in the same order whatever the batch, so that results are equal to the last bit.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
from scipy import sparse

from sklime._exact._groups import groups_of
from sklime._exact._nodes import NOTHING, Layout, Nodes
from sklime._exact._split_tables import BinTilts, SplitTables
from sklime._exact._states import N_STATES, RankedRows, Ranking, SplitStates
from sklime._exact._tilt import Tilts
from sklime._exact._walk import Tilt
from sklime._readings._trees import LEAF, Trees
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["Kernel"]

# Nodes of a group of trees, unless one tree has more. Small groups stay in the cache; of many
# groups a single row would feel the calls of NumPy.
_SMALLEST_GROUP, _MOST_GROUPS = 2**12, 16

# Rows of a block, and pairs of a split and a row: the arrays of a block stay in the cache.
_MOST_ROWS, _FEWEST_ROWS, _BLOCK_PAIRS = 128, 8, 2**18

# Rows whose ranks are held at once.
_ROWS_AT_ONCE = 2**12


@dataclass(frozen=True)
class _Walk:
    """The order in which the splits of some trees are visited.

    Split k has the children k and ``n_splits + k``: all left ones come first.

    Attributes
    ----------
    levels : tuple of slice
        Splits of each level.

    at_children : tuple of ndarray of int
        For each level but the first, where its splits are among the children of the level
        above, whose left ones come first.

    at_parents : tuple of ndarray of int
        The same among the children of all splits.

    leaves : ndarray of shape (n_outputs, 2 * n_splits, 1)
        Values of children that are leaves; 0 for others.

    constants : ndarray of shape (n_outputs,)
        Sum of the values of trees without splits.

    by_column : sparse matrix of shape (n_columns + 1, n_splits)
        Adds up splits by column.

    roots : sparse matrix of shape (1, n_first)
        Adds up the splits of the first level.
    """

    levels: tuple[slice, ...]
    at_children: tuple[IntArray, ...]
    at_parents: tuple[IntArray, ...]
    leaves: FloatArray
    constants: FloatArray
    by_column: sparse.csr_matrix
    roots: sparse.csr_matrix

    @property
    def n_splits(self) -> int:
        """Return the number of splits."""
        return int(self.leaves.shape[1]) // 2

    @classmethod
    def of(cls, nodes: Nodes, n_columns: int) -> Self:
        """Return the order of the splits of some trees.

        Parameters
        ----------
        nodes : Nodes
            Nodes of these trees.

        n_columns : int
            Number of columns of the table.

        Returns
        -------
        walk : _Walk
            One split for each pair of siblings, in the order of the layout.
        """
        layout, n_roots = nodes.layout, nodes.layout.bounds[1]
        n_splits = (layout.n_nodes - n_roots) // 2
        parents = layout.parent[n_roots::2]
        bounds = (np.array(layout.bounds[1:]) - n_roots) // 2
        levels = [slice(first, end) for first, end in pairwise(bounds.tolist())]
        at_children, at_parents = [], []
        for above, here in pairwise(levels):
            split, is_right = np.divmod(parents[here] - n_roots, 2)
            at_parents.append(split + n_splits * is_right)
            at_children.append(split - above.start + (above.stop - above.start) * is_right)
        values = np.concatenate([nodes.values[n_roots::2], nodes.values[n_roots + 1 :: 2]])
        n_first = levels[0].stop if levels else 0
        return cls(
            levels=tuple(levels),
            at_children=tuple(at_children),
            at_parents=tuple(at_parents),
            leaves=np.ascontiguousarray(values.T)[:, :, None],
            constants=nodes.values[:n_roots].sum(axis=0),
            by_column=_indicators(layout.column[n_roots::2], n_columns + 1),
            roots=_indicators(np.zeros(n_first, dtype=np.intp), 1),
        )


def _indicators(groups: IntArray, n_groups: int) -> sparse.csr_matrix:
    """Return the matrix that adds up rows by group."""
    entries = np.ones(len(groups)), (groups, np.arange(len(groups)))
    return sparse.csr_matrix(entries, shape=(n_groups, len(groups)))


@dataclass(frozen=True)
class _Part:
    """Some trees with all that their walk needs."""

    states: SplitStates
    tables: SplitTables
    walk: _Walk
    columns: IntArray


class _Workspace:
    """Arrays that all blocks of rows write to.

    Parameters
    ----------
    n_pairs : int
        Most pairs of a split and a row.
    """

    def __init__(self, n_pairs: int) -> None:
        self.floats = [np.empty(n_pairs) for _ in range(4)]
        # Pages that are never touched take no memory.
        self.pairs = [np.empty(2 * n_pairs) for _ in range(2)]
        self.index = np.empty(n_pairs, dtype=np.intp)

    def views(self, n_splits: int, n_rows: int) -> list[FloatArray]:
        """Return four arrays of shape (n_splits, n_rows), and two of twice as many rows."""
        n_pairs = n_splits * n_rows
        views = [array[:n_pairs].reshape(n_splits, n_rows) for array in self.floats]
        of_children = [a[: 2 * n_pairs].reshape(2 * n_splits, n_rows) for a in self.pairs]
        return [*views, *of_children]


@dataclass(frozen=True)
class Kernel:
    """Trees prepared for exact moments around rows.

    Attributes
    ----------
    ranking : Ranking
        Thresholds of all derived columns.

    parts : tuple of _Part
        Trees in groups.

    n_columns, n_outputs : int
        Numbers of columns of the table and of outputs.

    has_scores : bool
        Whether some columns are standard scores.

    total : float or None
        What two outputs always add up to, as the probabilities of two classes do: then `parts`
        have the first alone. `None` for other outputs.
    """

    ranking: Ranking
    parts: tuple[_Part, ...]
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
        n_outputs, total = nodes.values.shape[1], _total_of_two(nodes)
        if total is not None:
            nodes = replace(nodes, values=nodes.values[:, :1])
        parts = []
        largest = max(_SMALLEST_GROUP, nodes.layout.n_nodes // _MOST_GROUPS)
        for group in groups_of(nodes, largest):
            layout = group.nodes.layout
            parts.append(
                _Part(
                    states=SplitStates.of(nodes.trees, layout, ranking, are_intervals),
                    tables=SplitTables.of(group.nodes, of_bins),
                    walk=_Walk.of(group.nodes, n_columns),
                    columns=layout.column[layout.bounds[1] :: 2],
                )
            )
        return cls(ranking, tuple(parts), n_columns, n_outputs, of_bins.has_scores, total)

    def cost_per_row(self) -> float:
        """Return the work of one row, in nodes that compiled prediction visits in the same time.

        Returns
        -------
        cost : float
            Asking a model of n_trees trees about m rows costs m * n_trees * depth.
        """
        n_splits = sum(part.walk.n_splits for part in self.parts)
        return _VISITS_PER_SPLIT * n_splits * (1.0 + self._n_walked) / 2.0

    @property
    def _n_walked(self) -> int:
        """Return the number of outputs that a walk is made for."""
        return self.n_outputs if self.total is None else 1

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
        sizes = [part.walk.n_splits for part in self.parts]
        workspace = _Workspace(max((n * _most_rows(n, n_rows) for n in sizes), default=0))
        for start in range(0, n_rows, _ROWS_AT_ONCE):
            rows = slice(start, min(start + _ROWS_AT_ONCE, n_rows))
            ranked = self.ranking(derived[rows, : len(self.ranking.thresholds)])
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
        if self.total is not None:
            means = np.concatenate([means, self.total - means])
            covariances = np.concatenate([covariances, -covariances])
        if outputs is not None and wanted is None:
            means = np.take_along_axis(means, outputs.T, axis=0)
            covariances = np.take_along_axis(covariances, outputs.T[:, None], axis=0)
        return means.T, covariances[:, :-1].transpose(2, 1, 0)

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


# Rounding error of outputs that add up to a constant, relative to the largest.
_ROUNDING = 1e-14


def _total_of_two(nodes: Nodes) -> float | None:
    """Return what two outputs add up to over all trees; `None` if this is no constant."""
    is_leaf = nodes.trees.feature[nodes.layout.source] == LEAF
    values = nodes.values[is_leaf]
    if values.shape[1] != 2:
        return None
    sums = values.sum(axis=1)
    if not np.isfinite(sums).all():
        return None
    is_constant = np.ptp(sums) <= _ROUNDING * np.abs(values).max()
    return float(np.median(sums)) * nodes.layout.bounds[1] if is_constant else None


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
    n_rows, walk = bins.shape[1], part.walk
    means += walk.constants[:, None] if wanted is None else walk.constants[wanted]
    if not walk.levels:
        return
    n_filled = 0
    for rows in _blocks(walk.n_splits, n_rows):
        n_own = rows.stop - rows.start
        shares, reach, gaps, spare, children, level = workspace.views(walk.n_splits, n_own)
        index = _index(part, ranked[rows], bins[:, rows], workspace)
        np.take(part.tables.shares, index, out=shares, mode="clip")
        _walk_down(walk, shares, reach, level)
        for output in range(len(means)):
            # A walk overwrites children that are splits. The leaves of one output stay.
            if wanted is not None:
                children[...] = walk.leaves[wanted[output, rows], :, 0].T
            elif len(means) > 1 or n_own != n_filled:
                children[...] = walk.leaves[output]
                n_filled = n_own
            means[output, rows] += _walk_up(walk, shares, children, gaps, spare)
            gaps *= reach
            np.take(part.tables.gains, index, out=spare, mode="clip")
            spare *= gaps
            covariances[output, :, rows] += walk.by_column @ spare
            if scores is not None and part.tables.gain_slopes is not None:
                np.take(part.tables.gain_slopes, index, out=spare, mode="clip")
                spare *= gaps
                covariances[output, :, rows] += scores[:, rows] * (walk.by_column @ spare)


def _index(part: _Part, ranked: RankedRows, bins: IntArray, workspace: _Workspace) -> IntArray:
    """Return where rows are in the tables of splits."""
    states: Array = part.states(ranked)
    offsets = np.take(np.ascontiguousarray(bins), part.columns, axis=0, mode="clip")
    offsets += states
    index = workspace.index[: offsets.size].reshape(offsets.shape)
    np.copyto(index, offsets)
    index += part.tables.starts
    return index


def _walk_down(walk: _Walk, shares: FloatArray, reach: FloatArray, spare: FloatArray) -> None:
    """Write the probability of the node of each split."""
    reach[walk.levels[0]] = 1.0
    for above, here, at in zip(walk.levels, walk.levels[1:], walk.at_children):
        n_above = above.stop - above.start
        left, right = spare[:n_above], spare[n_above : 2 * n_above]
        np.multiply(reach[above], shares[above], out=left)
        np.subtract(reach[above], left, out=right)
        np.take(spare[: 2 * n_above], at, axis=0, out=reach[here], mode="clip")


def _walk_up(
    walk: _Walk, shares: FloatArray, children: FloatArray, gaps: FloatArray, spare: FloatArray
) -> FloatArray:
    """Write the difference between the children of each split; return the sum over trees."""
    n_splits = walk.n_splits
    left, right = children[:n_splits], children[n_splits:]
    for here, at in zip(reversed(walk.levels), (*reversed(walk.at_parents), None)):
        gap, mean = gaps[here], spare[here]
        np.subtract(left[here], right[here], out=gap)
        np.multiply(shares[here], gap, out=mean)
        mean += right[here]
        if at is not None:
            children[at] = mean
    total: FloatArray = (walk.roots @ spare[walk.levels[0]])[0]
    return total
