"""The order in which the splits of trees are visited, and what their leaves add.

Splits above other splits come first, level by level. The *last* splits, into two leaves, follow:
they are about half of all. Their means take no walk, and the gap between their children, the value
on the left minus the value on the right, is a constant.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from scipy import sparse

from sklime._exact._nodes import NOTHING, Nodes
from sklime._readings._trees import LEAF
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["Leaves", "Visits", "of_output", "total_of", "walk_up", "with_last"]


# Least spread of an output that is computed as the rest of others, relative to theirs.
_LEAST_SPREAD = 1e-3

# Rounding error of outputs that add up to a constant, relative to the largest.
_ROUNDING = 1e-14


@dataclass(frozen=True)
class Leaves:
    """Values of the leaves, in the order of the visits.

    Attributes
    ----------
    siblings : ndarray of shape (n_outputs, n_siblings, 1)
        Of the leaves whose siblings split.

    gaps, rights : ndarray of shape (n_outputs, n_last, 1)
        Of the last splits: value on the left minus value on the right, and value on the right.

    constants : ndarray of shape (n_outputs,)
        Sum of the values of trees without splits.
    """

    siblings: FloatArray
    gaps: FloatArray
    rights: FloatArray
    constants: FloatArray

    @classmethod
    def of(cls, nodes: Nodes, order: IntArray, n_upper: int) -> Self:
        """Sort the values of the leaves.

        Parameters
        ----------
        nodes : Nodes
            Nodes of some trees.

        order : ndarray of int of shape (n_splits,)
            Splits in the order of the visits, by their numbers in the layout.

        n_upper : int
            Number of the splits that are above others, which come first.

        Returns
        -------
        leaves : Leaves
            Siblings are in the order of `_children`.
        """
        n_roots = nodes.layout.bounds[1]
        values = nodes.values[n_roots:]
        pairs = values.reshape(len(order), 2, values.shape[1])[order].transpose(2, 1, 0)
        left, right = pairs[:, :, n_upper:].swapaxes(0, 1)
        is_leaf = (_below(nodes)[:, order[:n_upper]] == NOTHING).ravel()
        siblings = pairs[:, :, :n_upper].reshape(len(pairs), -1)[:, is_leaf]
        constants = nodes.values[:n_roots].sum(axis=0)
        return cls(siblings[..., None], (left - right)[..., None], right[..., None], constants)


@dataclass(frozen=True)
class Visits:
    """An order of the splits of some trees.

    A split or a leaf has an *address*: its number among the splits, in this order, or the number
    of splits plus its number among the leaves whose siblings split.

    Attributes
    ----------
    order : ndarray of int of shape (n_splits,)
        Splits in the order of the visits, by their numbers in the layout: one for each pair of
        siblings.

    upper : tuple of slice
        Splits above other splits, of each level that has any.

    last : tuple of slice
        Last splits of the same levels and of the next one.

    at_upper, at_last : tuple of ndarray of int
        For each level but the first, where its splits are among the children of the upper splits
        of the level above, whose left ones come first.

    children : tuple of ndarray of int
        For each level of upper splits, the addresses of their children, left ones first.

    roots : ndarray of int of shape (n_roots,)
        Splits of the first level.

    leaf_nodes : ndarray of int of shape (2 * n_last + n_siblings,)
        Nodes of the trees: both leaves of each last split, the left one first, then the leaves
        whose siblings split.

    leaves : Leaves
        Values of the leaves.

    by_column : sparse matrix of shape (n_columns + 2, n_splits + n_roots)
        Adds up splits by column. The last row adds up the means of the roots.

    by_column_and_gap : tuple of sparse matrix
        For each output, the same with last splits times their gaps.
    """

    order: IntArray
    upper: tuple[slice, ...]
    last: tuple[slice, ...]
    at_upper: tuple[IntArray, ...]
    at_last: tuple[IntArray, ...]
    children: tuple[IntArray, ...]
    roots: IntArray
    leaf_nodes: IntArray
    leaves: Leaves
    by_column: sparse.csr_matrix
    by_column_and_gap: tuple[sparse.csr_matrix, ...]

    @property
    def n_splits(self) -> int:
        """Return the number of splits."""
        return len(self.order)

    @property
    def n_upper(self) -> int:
        """Return the number of splits above other splits."""
        return self.upper[-1].stop if self.upper else 0

    @property
    def widest(self) -> int:
        """Return the most upper or last splits of a level."""
        return max((level.stop - level.start for level in self.upper + self.last), default=0)

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
        visits : Visits
            The order.
        """
        below = _below(nodes)
        is_last = (below == NOTHING).all(axis=0)
        # The splits of the layout are in the order of their levels already.
        order = np.argsort(is_last, kind="stable")
        n_upper = len(order) - int(is_last.sum())
        bounds = (np.array(nodes.layout.bounds[1:]) - nodes.layout.bounds[1]) // 2
        upper = [level for level in _levels(bounds, ~is_last) if level.stop > level.start]
        last = _levels(bounds, is_last, n_upper)[: len(upper) + 1]
        children = _children(below, order, upper)
        at = [_positions(level, len(order)) for level in children]
        leaves = Leaves.of(nodes, order, n_upper)
        position = np.argsort(order)
        roots = position[: bounds[1]] if len(bounds) > 1 else position
        column = nodes.layout.column[nodes.layout.bounds[1] :: 2][order]
        sums = [_sums(column, n_columns, len(roots), gap) for gap in leaves.gaps[:, :, 0]]
        return cls(
            order=order,
            upper=tuple(upper),
            last=tuple(last),
            at_upper=tuple(of_level[here] for of_level, here in zip(at, upper[1:])),
            at_last=tuple(of_level[here] for of_level, here in zip(at, last[1:])),
            children=children,
            roots=roots,
            leaf_nodes=_leaf_nodes(nodes, order, n_upper),
            leaves=leaves,
            by_column=_sums(column, n_columns, len(roots), np.ones(len(order) - n_upper)),
            by_column_and_gap=tuple(sums),
        )


def walk_up(
    visits: Visits,
    output: int | IntArray,
    shares: FloatArray,
    means: FloatArray,
    below: FloatArray,
) -> Iterator[tuple[slice, FloatArray]]:
    """Write the means below all splits, from the last splits up.

    Parameters
    ----------
    visits : Visits
        Order of the splits.

    output : int or ndarray of int of shape (n_rows,)
        One output, or one for each row.

    shares : ndarray of shape (n_splits, n_rows)
        Share of the left child of each split.

    means : ndarray of shape (n_splits + n_siblings, n_rows)
        Means at all addresses, written here.

    below : ndarray of shape (2 * widest, n_rows)
        Memory for the children of one level.

    Yields
    ------
    here : slice
        Upper splits of one level, the lowest first.

    gaps : ndarray of shape (n_here, n_rows)
        Mean on the left minus mean on the right of each. The next level overwrites it.
    """
    leaves, last = visits.leaves, slice(visits.n_upper, visits.n_splits)
    means[visits.n_splits :] = of_output(leaves.siblings, output)
    np.multiply(shares[last], of_output(leaves.gaps, output), out=means[last])
    means[last] += of_output(leaves.rights, output)
    for here, children in zip(reversed(visits.upper), reversed(visits.children)):
        n_here, mean = here.stop - here.start, means[here]
        gap, right = below[:n_here], below[n_here : 2 * n_here]
        np.take(means, children, axis=0, out=below[: 2 * n_here], mode="clip")
        gap -= right
        np.multiply(shares[here], gap, out=mean)
        mean += right
        yield here, gap


def of_output(values: FloatArray, output: int | IntArray) -> FloatArray:
    """Return values of one output, or of one for each row.

    Parameters
    ----------
    values : ndarray of shape (n_outputs, n, 1)
        Values.

    output : int or ndarray of int of shape (n_rows,)
        As in `walk_up`.

    Returns
    -------
    values : ndarray of shape (n, 1) or (n, n_rows)
        Values.
    """
    return values[output] if isinstance(output, int) else values[output, :, 0].T


def total_of(nodes: Nodes) -> float | None:
    """Return what the outputs of all trees add up to, as the probabilities of classes do.

    Parameters
    ----------
    nodes : Nodes
        Nodes of all trees.

    Returns
    -------
    total : float or None
        `None` for one output, where the sum is no constant, and where the last output varies so
        much less than others that the rest of the sum would be their rounding error.
    """
    is_leaf = nodes.trees.feature[nodes.layout.source] == LEAF
    values = nodes.values[is_leaf]
    if values.shape[1] < 2:
        return None
    sums = values.sum(axis=1)
    if not np.isfinite(sums).all():
        return None
    spreads = np.ptp(values, axis=0)
    if spreads[-1] < _LEAST_SPREAD * spreads.max():
        return None
    is_constant = np.ptp(sums) <= _ROUNDING * np.abs(values).max()
    return float(np.median(sums)) * nodes.layout.bounds[1] if is_constant else None


def with_last(outputs: FloatArray, total: float) -> FloatArray:
    """Return all outputs, of which the last is the rest of a total.

    Parameters
    ----------
    outputs : ndarray of shape (n_outputs - 1, ...)
        All outputs but the last.

    total : float
        What all outputs add up to.

    Returns
    -------
    outputs : ndarray of shape (n_outputs, ...)
        With the last one.
    """
    rest = np.full(outputs.shape[1:], total)
    for output in outputs:
        rest -= output
    return np.concatenate([outputs, rest[None]])


def _below(nodes: Nodes) -> IntArray:
    """Return the splits of the left and the right child of each split; `NOTHING` for leaves."""
    layout, n_roots = nodes.layout, nodes.layout.bounds[1]
    split_of = np.full(layout.n_nodes, NOTHING)
    split_of[layout.parent[n_roots::2]] = np.arange((layout.n_nodes - n_roots) // 2)
    return np.stack([split_of[n_roots::2], split_of[n_roots + 1 :: 2]])


def _levels(bounds: IntArray, is_chosen: BoolArray, first: int = 0) -> list[slice]:
    """Return where the chosen splits of each level are, if they follow each other."""
    ends = first + np.append(0, np.cumsum(is_chosen))[bounds]
    return [slice(start, end) for start, end in pairwise(ends.tolist())]


def _children(below: IntArray, order: IntArray, upper: list[slice]) -> tuple[IntArray, ...]:
    """Return the addresses of the children of upper splits, level by level."""
    n_splits, n_upper = len(order), upper[-1].stop if upper else 0
    below = below[:, order[:n_upper]]
    is_leaf = below == NOTHING
    addresses = np.argsort(order)[below]
    addresses[is_leaf] = n_splits + np.arange(is_leaf.sum())
    return tuple(addresses[:, level].ravel() for level in upper)


def _positions(addresses: IntArray, n_splits: int) -> IntArray:
    """Return where each split is in a list of addresses; `NOTHING` if it is not there."""
    positions = np.full(n_splits, NOTHING)
    is_split = addresses < n_splits
    positions[addresses[is_split]] = np.flatnonzero(is_split)
    return positions


def _leaf_nodes(nodes: Nodes, order: IntArray, n_upper: int) -> IntArray:
    """Return the nodes of the trees that are leaves below splits."""
    left = nodes.layout.bounds[1] + 2 * order
    pairs = nodes.layout.source[np.stack([left, left + 1])]
    is_leaf = _below(nodes)[:, order[:n_upper]] == NOTHING
    return np.append(pairs[:, n_upper:].T.ravel(), pairs[:, :n_upper][is_leaf])


def _sums(column: IntArray, n_columns: int, n_roots: int, of_last: FloatArray) -> sparse.csr_matrix:
    """Return the matrix that adds up splits by column, with factors of the last splits."""
    groups = np.append(column, np.full(n_roots, n_columns + 1))
    factors = np.ones(len(groups))
    factors[len(column) - len(of_last) : len(column)] = of_last
    entries = factors, (groups, np.arange(len(groups)))
    return sparse.csr_matrix(entries, shape=(n_columns + 2, len(groups)))
