"""Exact interactions of pairs of columns in trees over independent columns.

The weight of a pair is ``E[f (Z_j - s_j) (Z_k - s_k)] / (v_j v_k)``, with s the means and v the
variances of the encodings Z. It is the coefficient of ``(Z_j - s_j) (Z_k - s_k)`` in the least
squares fit of f, with or without other pairs.
"""

from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Self

import numpy as np
from scipy import sparse

from sklime._exact._conditions import (
    Conditions,
    met_conditions,
    quotients,
    with_default,
)
from sklime._exact._groups import Group, column_counts, groups_of, row_blocks
from sklime._exact._nodes import Layout, Nodes
from sklime._exact._profiles import NumbersOfRows, Profiles
from sklime._exact._visits import total_of, with_last
from sklime._exact._walk import Tilt
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["SMALLEST_VARIANCE", "PairWalk", "PairWeights", "StrongestPairs", "TooManyPairsError"]

# Pairs of a node and another column on its path. One takes 20 bytes, and 4 nanoseconds per row.
_MOST_ITEMS = 2**24

# A column that always shares the bin of the row has variance 0, up to rounding.
SMALLEST_VARIANCE = 1e-12


class TooManyPairsError(Exception):
    """Raised where trees are too many and too deep for pairs.

    Parameters
    ----------
    n_items : int
        Number of pairs of a node and another column on its path.

    most : int
        The largest number that is allowed.
    """

    def __init__(self, n_items: int, most: int) -> None:
        super().__init__(
            f"the trees have {n_items:,} pairs of a node and another column on its path; at most "
            f"{most:,} are allowed"
        )
        self.n_items, self.most = n_items, most


@dataclass(frozen=True)
class StrongestPairs:
    """The strongest pairs of each row and output, the strongest first.

    Attributes
    ----------
    columns : ndarray of int of shape (n_rows, n_outputs, n_strongest, 2)
        Columns of the pairs, the smaller index first.

    weights : ndarray of shape (n_rows, n_outputs, n_strongest)
        Weights of the pairs, in units of the response.

    variances : ndarray of shape (n_rows, n_outputs, n_strongest)
        Part of the variance of the response that each pair explains: squared weight times both
        variances.
    """

    columns: IntArray
    weights: FloatArray
    variances: FloatArray


@dataclass(frozen=True)
class PairWeights:
    """Weights of all pairs of columns that share a path.

    Attributes
    ----------
    columns : ndarray of int of shape (n_pairs, 2)
        Columns of the pairs, the smaller index first. Other pairs have weight 0.

    weights : ndarray of shape (n_rows, n_pairs, n_outputs)
        Weights, in units of the response per product of encodings.

    spreads : ndarray of shape (n_rows, n_pairs)
        Product of the variances of both encodings.
    """

    columns: IntArray
    weights: FloatArray
    spreads: FloatArray

    @property
    def variances(self) -> FloatArray:
        """Return the part of the variance that each pair explains, shaped as the weights."""
        return self.weights**2 * self.spreads[:, :, None]

    def strongest(self, n_strongest: int) -> StrongestPairs:
        """Return the pairs with the largest ``|weight| sqrt(v_j v_k)``.

        Parameters
        ----------
        n_strongest : int
            Number of pairs; all of them if there are fewer.

        Returns
        -------
        strongest : StrongestPairs
            Ties are in the order of the columns.
        """
        variances = self.variances.swapaxes(1, 2)
        order = np.argsort(-variances, axis=2, kind="stable")[:, :, :n_strongest]
        weights = self.weights.swapaxes(1, 2)
        return StrongestPairs(
            self.columns[order],
            np.take_along_axis(weights, order, axis=2),
            np.take_along_axis(variances, order, axis=2),
        )


@dataclass(frozen=True)
class _Items:
    """Pairs of a node and an open node, of one group of trees.

    An open node of a node m is the last node above m of some other column: its condition is the
    one that this column must meet at m. All nodes of one column with the same open node go
    together in one *bundle*.

    Attributes
    ----------
    bundles : sparse matrix of shape (n_bundles, n_own)
        Adds up the nodes of each bundle.

    opened : ndarray of int of shape (n_bundles,)
        Open node of each bundle.

    pairs : sparse matrix of shape (n_pairs, n_bundles)
        Adds up the bundles of each pair of columns.
    """

    bundles: sparse.csr_matrix
    opened: IntArray
    pairs: sparse.csr_matrix


@dataclass(frozen=True)
class PairWalk:
    """Trees, prepared for the weights of pairs around rows.

    Attributes
    ----------
    groups : tuple of Group
        Trees in groups.

    items : tuple of _Items
        Items of each group.

    columns : ndarray of int of shape (n_pairs, 2)
        Pairs of columns that share a path, the smaller index first, in ascending order.

    total : float or None
        What the outputs always add up to: then the last takes no walk. `None` for others.
    """

    groups: tuple[Group, ...]
    items: tuple[_Items, ...]
    columns: IntArray
    total: float | None

    @classmethod
    def of(cls, nodes: Nodes, n_columns: int, most_items: int = _MOST_ITEMS) -> Self:
        """Prepare trees.

        Parameters
        ----------
        nodes : Nodes
            Nodes with the masses of their conditions.

        n_columns : int
            Number of columns of the table.

        most_items : int, default=2**24
            Largest number of pairs of a node and another column on its path. Memory and time
            per row are linear in it.

        Returns
        -------
        walk : PairWalk
            A pure function of its arguments.

        Raises
        ------
        TooManyPairsError
            If there are more; found before any large array is made.
        """
        n_items = _count_items(nodes.layout)
        if n_items > most_items:
            raise TooManyPairsError(n_items, most_items)
        groups = groups_of(nodes)
        found = [_open_nodes(group.nodes.layout) for group in groups]
        keys = [
            _pair_keys(group.nodes.layout.column, items, n_columns)
            for group, items in zip(groups, found)
        ]
        pairs = np.unique(np.concatenate(keys))
        items = [
            _items(group.nodes.layout.column, own, n_columns, pairs)
            for group, own in zip(groups, found)
        ]
        columns = np.column_stack([pairs // n_columns, pairs % n_columns])
        return cls(groups, tuple(items), columns, total_of(nodes))

    def __call__(
        self, meets: BoolArray, tilt: Tilt, variances: FloatArray | None = None
    ) -> PairWeights:
        """Return the weights of all pairs around rows.

        Parameters
        ----------
        meets : ndarray of bool of shape (n_nodes, n_rows)
            Which way the rows go at each split, from `Nodes.meets`.

        tilt : Tilt
            Distribution of the perturbed columns of each row.

        variances : ndarray of shape (n_rows, n_columns) or None, default=None
            Variances of the encodings. `None` for ``s (1 - s)``, which is right for columns
            with bins only.

        Returns
        -------
        weights : PairWeights
            Exact up to rounding. A pair with a column of variance 0 has weight 0.
        """
        n_outputs = self.groups[0].nodes.values.shape[1]
        n_rows = meets.shape[1]
        n_walked = n_outputs if self.total is None else n_outputs - 1
        sums = np.zeros((n_walked, len(self.columns), n_rows))
        profiles = Profiles.of(tilt)
        for group, items in zip(self.groups, self.items):
            layout = group.nodes.layout
            met, everything = met_conditions(layout, meets[group.index]), np.arange(layout.n_nodes)
            numbers = NumbersOfRows.of(
                group.nodes, everything, met, tilt, profiles, partial(_standings, layout)
            )
            for rows in row_blocks(n_rows, len(group.index)):
                sums[:, :, rows] += _pair_sums(group.nodes, items, n_walked, *numbers(rows))
        if self.total is not None:
            # A constant has no pairs.
            sums = with_last(sums, 0.0)
        if variances is None:
            variances = tilt.means * (1.0 - tilt.means)
        variances = np.where(variances > SMALLEST_VARIANCE, variances, 0.0)
        first, second = self.columns.T
        spreads = variances[:, first] * variances[:, second]
        spread = np.broadcast_to(spreads[:, :, None], (*spreads.shape, n_outputs))
        return PairWeights(self.columns, quotients(sums.transpose(2, 1, 0), spread), spreads)


def _count_items(layout: Layout) -> int:
    """Return the number of pairs of a node and another column on its path."""
    counts = column_counts(layout)[layout.bounds[1] :]
    return int(counts.sum() - len(counts))


def _open_nodes(layout: Layout) -> tuple[IntArray, IntArray]:
    """Return all pairs of a node and an open node, level by level."""
    n_roots = layout.bounds[1]
    nodes, opened = [np.empty(0, dtype=np.intp)], [np.empty(0, dtype=np.intp)]
    # For each node of a level, the nodes that are open below it.
    ends, below = np.zeros(n_roots + 1, dtype=np.intp), np.empty(0, dtype=np.intp)
    for (above, _), (first, end) in pairwise(pairwise(layout.bounds)):
        node = np.arange(first, end)
        parent = layout.parent[first:end] - above
        counts = ends[parent + 1] - ends[parent]
        owner = np.repeat(np.arange(len(node)), counts)
        offset = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        found = below[ends[parent][owner] + offset]
        is_other = found != layout.previous[first:end][owner]
        owner, found = owner[is_other], found[is_other]
        nodes.append(node[owner])
        opened.append(found)
        ends = np.append(0, np.cumsum(np.bincount(owner, minlength=len(node)) + 1))
        below = np.empty(ends[-1], dtype=np.intp)
        below[ends[1:] - 1] = node
        below[np.arange(len(owner)) + owner] = found
    return np.concatenate(nodes), np.concatenate(opened)


def _pair_keys(column: IntArray, items: tuple[IntArray, IntArray], n_columns: int) -> IntArray:
    """Return one number for each pair of columns that items have."""
    one, other = column[items[0]], column[items[1]]
    keys: IntArray = np.unique(np.minimum(one, other) * n_columns + np.maximum(one, other))
    return keys


def _items(
    column: IntArray, found: tuple[IntArray, IntArray], n_columns: int, pairs: IntArray
) -> _Items:
    """Bundle the items of a group."""
    nodes, opened = found
    bundles, bundle = np.unique(opened * n_columns + column[nodes], return_inverse=True)
    of_open, other = bundles // n_columns, bundles % n_columns
    own = column[of_open]
    keys = np.minimum(own, other) * n_columns + np.maximum(own, other)
    pair, n_bundles = np.searchsorted(pairs, keys), len(bundles)
    return _Items(
        _adder(bundle, nodes, (n_bundles, len(column))),
        of_open,
        _adder(pair, np.arange(n_bundles), (len(pairs), n_bundles)),
    )


def _adder(target: IntArray, source: IntArray, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Return the matrix that adds each source to its target."""
    return sparse.csr_matrix((np.ones(len(source)), (target, source)), shape=shape)


def _standings(
    layout: Layout, own: Conditions, above: Conditions
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return what nodes add to the product over two columns at the leaves below.

    These are the probability of the condition given the previous one, the mean of the encoding
    minus its mean everywhere, and how much the latter changes from the previous node.
    """
    q, q_above = own.inside + own.outside, above.inside + above.outside
    q[: layout.bounds[1]] = q_above[: layout.bounds[1]] = 1.0
    offset = quotients(own.encoded, q, own.means) - own.means
    offset_above = quotients(above.encoded, q_above, above.means) - above.means
    change = offset - with_default(offset_above, layout.previous, 0.0)
    return quotients(q, with_default(q_above, layout.previous, 1.0)), offset, change


def _pair_sums(
    nodes: Nodes,
    items: _Items,
    n_outputs: int,
    reach: FloatArray,
    offset: FloatArray,
    change: FloatArray,
) -> FloatArray:
    """Return ``E[f (Z_j - s_j) (Z_k - s_k)]`` of all pairs and rows, for the first outputs.

    The product over the two columns at a leaf is telescoped along its path: each node adds what
    it changes in its own column, times where the other columns stand at this node.
    """
    bounds = list(pairwise(nodes.layout.bounds))
    layout = nodes.layout
    for first, end in bounds[1:]:
        reach[first:end] *= reach[layout.parent[first:end]]
    sums = []
    for values in nodes.values.T[:n_outputs]:
        below = reach * values[:, None]
        for first, end in reversed(bounds[1:]):
            # Siblings are neighbors: the left ones have even positions in their level.
            below[layout.parent[first:end:2]] = below[first:end:2] + below[first + 1 : end : 2]
        below *= change
        sums.append(items.pairs @ ((items.bundles @ below) * offset[items.opened]))
    return np.stack(sums)
