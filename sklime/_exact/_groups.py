"""Groups of whole trees, small enough for a walk over several rows to stay in the cache."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from sklime._exact._nodes import NOTHING, Layout, Nodes
from sklime.utils._types import IntArray

__all__ = ["Group", "column_counts", "groups_of", "row_blocks"]

# Nodes of a group, unless one tree has more.
_LARGEST_GROUP = 4096

# Numbers of one array of a block: nodes of a group x rows x points. Two of them fill a cache of
# two megabytes.
_BLOCK_SIZE = 2**17


@dataclass(frozen=True)
class Group:
    """Some whole trees.

    Attributes
    ----------
    index : ndarray of int of shape (n_own,)
        Indices of the nodes of these trees among all nodes, ascending.

    nodes : Nodes
        The nodes, with a layout of their own; `bin_masses` and `bin_scores` are those of all.
    """

    index: IntArray
    nodes: Nodes


def column_counts(layout: Layout) -> IntArray:
    """Return how many different columns the path to each node has conditions on.

    Parameters
    ----------
    layout : Layout
        Nodes in the order of their levels.

    Returns
    -------
    counts : ndarray of int of shape (n_nodes,)
        0 for a root.
    """
    counts: IntArray = (layout.previous == NOTHING).astype(np.intp)
    counts[: layout.bounds[1]] = 0
    for first, end in pairwise(layout.bounds[1:]):
        counts[first:end] += counts[layout.parent[first:end]]
    return counts


def groups_of(nodes: Nodes, largest: int = _LARGEST_GROUP) -> tuple[Group, ...]:
    """Split nodes into groups of trees with similar numbers of columns on a path.

    Parameters
    ----------
    nodes : Nodes
        All nodes.

    largest : int, default=4096
        Number of nodes that a group should not exceed; a single tree may.

    Returns
    -------
    groups : tuple of Group
        Each tree is in one of them.
    """
    layout = nodes.layout
    n_roots = layout.bounds[1]
    tree = np.arange(layout.n_nodes)
    for first, end in pairwise(layout.bounds[1:]):
        tree[first:end] = tree[layout.parent[first:end]]
    n_columns = np.zeros(n_roots, dtype=np.intp)
    np.maximum.at(n_columns, tree, column_counts(layout))
    order = np.argsort(n_columns, kind="stable")
    group_of = np.empty(n_roots, dtype=np.intp)
    group_of[order] = _packed(np.bincount(tree, minlength=n_roots)[order], largest)
    by_group = np.argsort(group_of[tree], kind="stable")
    ends = np.cumsum(np.bincount(group_of[tree]))
    return tuple(_group(nodes, index) for index in np.split(by_group, ends[:-1]))


def _packed(sizes: IntArray, largest: int) -> IntArray:
    """Return the group of each tree: trees in their order, as many as fit."""
    groups, group, total = np.empty(len(sizes), dtype=np.intp), 0, 0
    for index, size in enumerate(sizes):
        if total and total + size > largest:
            group, total = group + 1, 0
        groups[index] = group
        total += size
    return groups


def _group(nodes: Nodes, index: IntArray) -> Group:
    """Return the nodes with some indices, which are all nodes of some trees."""
    layout = nodes.layout
    position = np.full(layout.n_nodes + 1, NOTHING)
    position[index] = np.arange(len(index))
    bounds = np.unique(np.searchsorted(index, np.array(layout.bounds)))
    own = Layout(
        bounds=tuple(bounds.tolist()),
        source=layout.source[index],
        parent=position[layout.parent[index]],
        split=layout.split[index],
        column=layout.column[index],
        previous=position[layout.previous[index]],
        is_left=layout.is_left[index],
    )
    values, starts = nodes.values[index], nodes.starts[index]
    masses = nodes.masses[index]
    return Group(index, replace(nodes, layout=own, values=values, starts=starts, masses=masses))


def row_blocks(n_rows: int, n_numbers: int) -> list[slice]:
    """Return blocks of rows for arrays with some numbers per row.

    Parameters
    ----------
    n_rows : int
        Number of rows.

    n_numbers : int
        Numbers per row in one array: nodes, times points or masks.

    Returns
    -------
    blocks : list of slice
        From 1 to 64 rows each.
    """
    step = min(64, max(1, _BLOCK_SIZE // max(1, n_numbers)))
    return [slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]
