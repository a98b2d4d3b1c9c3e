"""Nodes of trees, level by level, with the masses of their conditions.

The *condition* of a node is what the path to it requires of the column of the split that leads
to the node: a set of values of this column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sklime._exact._supports import Support
from sklime._readings._trees import LEAF, Trees
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["NOTHING", "Layout", "Nodes", "intervals_of", "layout_of", "nodes_of"]

# Parent or previous node of a node that has none.
NOTHING = -1

# Pairs of a node and a cell in one block.
_BLOCK_PAIRS = 2**24


@dataclass(frozen=True)
class Layout:
    """Nodes of trees in the order of their levels; siblings are neighbors, the left one first.

    Attributes
    ----------
    bounds : tuple of int
        First node of each level, and the end of the last. The first level are the roots.

    source : ndarray of int of shape (n_nodes,)
        Index of each node in the trees.

    parent : ndarray of int of shape (n_nodes,)
        Parent; `NOTHING` for a root.

    split : ndarray of int of shape (n_nodes,)
        Index in the trees of the node whose split leads here; -1 for a root.

    column : ndarray of int of shape (n_nodes,)
        Column of the table that this split is about; -1 for a root.

    previous : ndarray of int of shape (n_nodes,)
        Nearest node above whose split is about the same column; `NOTHING` if there is none.

    is_left : ndarray of bool of shape (n_nodes,)
        Whether the node is a left child.
    """

    bounds: tuple[int, ...]
    source: IntArray
    parent: IntArray
    split: IntArray
    column: IntArray
    previous: IntArray
    is_left: BoolArray

    @property
    def n_nodes(self) -> int:
        """Return the number of nodes."""
        return len(self.source)


@dataclass(frozen=True)
class Nodes:
    """Nodes with the masses of their conditions under a background.

    Attributes
    ----------
    layout : Layout
        Order and relations of the nodes.

    trees : Trees
        The trees.

    values : ndarray of shape (n_nodes, n_outputs)
        Values of the leaves; 0 elsewhere.

    starts : ndarray of int of shape (n_nodes,)
        Where the masses of a node begin in `bin_masses`: one for each bin of its column, then
        a 0 for a level that the background does not know. Roots have one entry.

    bin_masses : ndarray of shape (n_masses,)
        Mass of the values that meet the condition and lie in the bin.

    bin_scores : ndarray of shape (n_masses,)
        The same mass times the mean encoding of these values: equal to `bin_masses` for a
        column with bins.

    masses : ndarray of shape (n_nodes,)
        Mass of the values that meet the condition; 1 for a root.
    """

    layout: Layout
    trees: Trees
    values: FloatArray
    starts: IntArray
    bin_masses: FloatArray
    bin_scores: FloatArray
    masses: FloatArray

    def meets(self, derived: FloatArray) -> BoolArray:
        """Tell which nodes rows may enter: whether they go this way at the split above.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns of the rows.

        Returns
        -------
        meets : ndarray of bool of shape (n_nodes, n_rows)
            True for roots.
        """
        layout, n_roots = self.layout, self.layout.bounds[1]
        meets = np.ones((layout.n_nodes, len(derived)), dtype=bool)
        # Left children only: their siblings, the next nodes, have the opposite.
        split = layout.split[n_roots::2]
        values = np.ascontiguousarray(derived.T)[self.trees.feature[split]]
        left = self.trees.goes_left(split[:, None], values)
        meets[n_roots::2] = left
        meets[n_roots + 1 :: 2] = ~left
        return meets


def layout_of(trees: Trees, owners: IntArray) -> Layout:
    """Put the nodes of trees in the order of their levels.

    Parameters
    ----------
    trees : Trees
        The trees.

    owners : ndarray of int of shape (n_derived,)
        Column of the table that each derived column depends on.

    Returns
    -------
    layout : Layout
        The layout.
    """
    levels, parents, bounds = [trees.roots], [np.full(len(trees.roots), NOTHING)], [0]
    while True:
        inner = np.flatnonzero(trees.feature[levels[-1]] != LEAF)
        if inner.size == 0:
            break
        nodes = levels[-1][inner]
        parents.append(np.repeat(inner + bounds[-1], 2))
        bounds.append(bounds[-1] + len(levels[-1]))
        levels.append(np.column_stack([trees.left[nodes], trees.right[nodes]]).ravel())
    source, parent = np.concatenate(levels), np.concatenate(parents)
    is_root = parent == NOTHING
    split = np.where(is_root, LEAF, source[parent])
    column = np.where(is_root, LEAF, owners[np.where(is_root, 0, trees.feature[split])])
    return Layout(
        bounds=(*bounds, len(source)),
        source=source,
        parent=parent,
        split=split,
        column=column,
        previous=_previous(parent, column),
        is_left=~is_root & (source == trees.left[np.maximum(split, 0)]),
    )


def _previous(parent: IntArray, column: IntArray) -> IntArray:
    """Return the nearest node above that was entered by a split on the same column."""
    previous = np.full(len(parent), NOTHING)
    open_nodes = np.flatnonzero(parent != NOTHING)
    above = parent[open_nodes]
    while open_nodes.size:
        is_same = column[above] == column[open_nodes]
        previous[open_nodes[is_same]] = above[is_same]
        goes_on = ~is_same & (parent[above] != NOTHING)
        open_nodes, above = open_nodes[goes_on], parent[above[goes_on]]
    return previous


def nodes_of(
    trees: Trees,
    owners: IntArray,
    supports: Sequence[Support],
    derived: Sequence[FloatArray],
) -> Nodes:
    """Find the masses of the conditions of all nodes.

    Parameters
    ----------
    trees : Trees
        The trees.

    owners : ndarray of int of shape (n_derived,)
        Column of the table that each derived column depends on.

    supports : sequence of Support
        Support of each column of the table.

    derived : sequence of ndarray of shape (n_cells, n_own)
        Derived columns of each column at its support, in the order of their indices.

    Returns
    -------
    nodes : Nodes
        Linear in memory: one mass for each node and bin of its column.
    """
    layout = layout_of(trees, owners)
    n_entries = np.array([support.n_bins + 1 for support in supports] + [1])[layout.column]
    starts = np.cumsum(n_entries) - n_entries
    bin_masses, bin_scores = np.zeros(n_entries.sum()), np.zeros(n_entries.sum())
    masses = np.ones(layout.n_nodes)
    order = np.argsort(layout.column, kind="stable")
    ends = np.searchsorted(layout.column[order], np.arange(len(supports) + 1))
    for index, support in enumerate(supports):
        here = order[ends[index] : ends[index + 1]]
        if here.size == 0:
            continue
        own = np.flatnonzero(owners == index)
        found = _masses_of_column(trees, layout, here, support, own, derived[index])
        at = starts[here][:, None] + np.arange(support.n_bins)
        bin_masses[at], bin_scores[at] = found
        masses[here] = found[0].sum(axis=1)
    return Nodes(layout, trees, trees.values[layout.source], starts, bin_masses, bin_scores, masses)


def _masses_of_column(
    trees: Trees,
    layout: Layout,
    here: IntArray,
    support: Support,
    own: IntArray,
    derived: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return masses and scores by bin of the nodes that were entered by splits on one column."""
    has_levels = trees.levels is not None and bool(
        (trees.levels.set_of_node[layout.split[here]] >= 0).any()
    )
    if len(own) == 1 and not has_levels:
        return _masses_of_intervals(trees, layout, here, support, derived[:, 0])
    return _masses_of_sets(trees, layout, here, support, own, derived)


def _masses_of_intervals(
    trees: Trees, layout: Layout, here: IntArray, support: Support, derived: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the masses of conditions that are intervals, with or without missing values."""
    low, high, misses = intervals_of(trees, layout, here)
    is_missing = np.isnan(derived)
    order = np.argsort(derived[~is_missing], kind="stable")
    ordered = derived[~is_missing][order]
    # Number of cells that are at most each end.
    first = np.searchsorted(ordered, low, side="right")
    last = np.maximum(np.searchsorted(ordered, high, side="right"), first)
    found = []
    for weights in (support.weights, support.scores):
        table = np.zeros((len(derived), support.n_bins))
        table[np.arange(len(derived)), support.bins] = weights
        of_missing = table[is_missing].sum(axis=0)
        sums = np.zeros((len(ordered) + 1, support.n_bins))
        np.cumsum(table[~is_missing][order], axis=0, out=sums[1:])
        found.append(sums[last] - sums[first] + misses[:, None] * of_missing)
    return found[0], found[1]


def intervals_of(
    trees: Trees, layout: Layout, here: IntArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return the intervals ``low < x <= high`` of nodes, and whether missing values meet them.

    `here` are all nodes of one column, in their order, so a node comes after the previous one.
    """
    n_nodes = layout.n_nodes
    index = np.full(n_nodes + 1, NOTHING)
    index[here] = np.arange(len(here))
    previous = index[layout.previous[here]]
    split, is_left = layout.split[here], layout.is_left[here]
    threshold = trees.threshold[split]
    low = np.where(is_left, -np.inf, threshold)
    high = np.where(is_left, threshold, np.inf)
    misses = trees.missing_left[split] == is_left
    for level in _by_level(layout, here):
        above = previous[level]
        level, above = level[above != NOTHING], above[above != NOTHING]
        low[level] = np.maximum(low[level], low[above])
        high[level] = np.minimum(high[level], high[above])
        misses[level] &= misses[above]
    return low, high, misses


def _by_level(layout: Layout, here: IntArray) -> list[IntArray]:
    """Return the positions in `here` of the nodes of each level."""
    ends = np.searchsorted(here, np.array(layout.bounds))
    return [np.arange(first, last) for first, last in pairwise(ends)]


def _masses_of_sets(
    trees: Trees,
    layout: Layout,
    here: IntArray,
    support: Support,
    own: IntArray,
    derived: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the masses of conditions that are any sets of cells."""
    masses = np.zeros((len(here), support.n_bins))
    scores = np.zeros((len(here), support.n_bins))
    cell = np.arange(len(derived))
    of_masses = np.zeros((len(derived), support.n_bins))
    of_masses[cell, support.bins] = support.weights
    of_scores = np.zeros((len(derived), support.n_bins))
    of_scores[cell, support.bins] = support.scores
    index = np.full(layout.n_nodes + 1, NOTHING)
    index[here] = np.arange(len(here))
    previous = index[layout.previous[here]]
    inside = np.empty((len(here), len(derived)), dtype=bool)
    columns = np.searchsorted(own, trees.feature[layout.split[here]])
    step = max(1, _BLOCK_PAIRS // max(1, len(derived)))
    for level in _by_level(layout, here):
        for start in range(0, len(level), step):
            part = level[start : start + step]
            split = layout.split[here[part]]
            left = trees.goes_left(split[:, None], derived[:, columns[part]].T)
            goes = left == layout.is_left[here[part]][:, None]
            has_previous = previous[part] != NOTHING
            goes[has_previous] &= inside[previous[part][has_previous]]
            inside[part] = goes
            masses[part], scores[part] = goes @ of_masses, goes @ of_scores
    return masses, scores
