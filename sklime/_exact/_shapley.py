"""Exact Shapley values of trees over independent columns.

The value of a set of columns is the mean response where these columns are those of the row and
all others are drawn from their backgrounds. The Shapley value of a column is the integral over p
from 0 to 1 of the difference between keeping and replacing this column while each other column is
kept with probability p. For a leaf this is a polynomial in p. Its degree is below the number of
columns on the path, so a Gauss-Legendre rule gives the integral exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from scipy import sparse

from sklime._exact._groups import Group, column_counts, groups_of, row_blocks
from sklime._exact._nodes import NOTHING, Nodes
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["ShapleyValues", "ShapleyWalk", "additive_shapley_values"]

# What a row does at a node, as a column of the tables: it failed a condition on the same column
# above, it fails this condition first, or it meets all conditions on this column.
_N_STATES = 3


@dataclass(frozen=True)
class ShapleyValues:
    """Shapley values of rows.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_columns, n_outputs)
        Shapley values, in units of the response. Their sum over the columns is the response of
        the row minus `mean`.

    mean : ndarray of shape (n_outputs,)
        Mean response under the background.
    """

    values: FloatArray
    mean: FloatArray

    def __add__(self, other: Self) -> "ShapleyValues":
        """Return the Shapley values of a sum of two models of the same columns."""
        return ShapleyValues(self.values + other.values, self.mean + other.mean)


def additive_shapley_values(
    coefficients: FloatArray,
    derived: FloatArray,
    means: FloatArray,
    owners: IntArray,
    n_columns: int,
) -> ShapleyValues:
    """Return the Shapley values of a sum of slopes times derived columns.

    Parameters
    ----------
    coefficients : ndarray of shape (n_derived, n_outputs)
        Slopes.

    derived : ndarray of shape (n_rows, n_derived)
        Derived columns of the rows.

    means : ndarray of shape (n_derived,)
        Means of the derived columns under the background.

    owners : ndarray of int of shape (n_derived,)
        Column of the table that each derived column depends on.

    n_columns : int
        Number of columns of the table.

    Returns
    -------
    values : ShapleyValues
        Slope times difference from the mean, summed over the derived columns of a column.
    """
    # Columns that only trees take have slopes of 0, and may be missing.
    is_used = coefficients.any(axis=1)
    gains = np.where(is_used, derived - means, 0.0)[:, :, None] * coefficients
    values = np.zeros((len(derived), n_columns, coefficients.shape[1]))
    for index, owner in enumerate(owners):
        values[:, owner] += gains[:, index]
    return ShapleyValues(values, means @ coefficients)


@dataclass(frozen=True)
class ShapleyWalk:
    """Trees, prepared for Shapley values of rows.

    Attributes
    ----------
    groups : tuple of Group
        Trees in groups.

    n_points : tuple of int
        Number of values of p for each group: half of the columns on a path, rounded up.

    totals : tuple of sparse matrix of shape (n_columns, n_own)
        For each group, the matrix that adds up nodes by column.

    mean : ndarray of shape (n_outputs,)
        Mean response under the background.

    Examples
    --------
    >>> from sklime._exact._nodes import nodes_of
    >>> from sklime._exact._shapley import ShapleyWalk
    >>> from sklime._exact._supports import Support
    >>> from sklime._readings._trees import Trees
    >>> import numpy as np
    >>> nothing = np.array([-1, -1])
    >>> trees = Trees(
    ...     left=np.array([1, -1, -1]), right=np.array([2, -1, -1]),
    ...     feature=np.array([0, -1, -1]), threshold=np.array([0.5, 0.0, 0.0]),
    ...     missing_left=np.zeros(3, dtype=bool),
    ...     values=np.array([[0.0], [0.0], [1.0]]), roots=np.array([0]),
    ... )
    >>> weights, bins = np.array([0.25, 0.75]), np.array([0, 1])
    >>> support = Support(np.array([0.0, 1.0]), weights, bins, weights, weights, 2, True)
    >>> nodes = nodes_of(trees, np.array([0]), [support], [np.array([[0.0], [1.0]])])
    >>> walk = ShapleyWalk.of(nodes, n_columns=1)
    >>> walk(nodes.meets(np.array([[1.0]]))).values.item()
    0.25
    """

    groups: tuple[Group, ...]
    n_points: tuple[int, ...]
    totals: tuple[sparse.csr_matrix, ...]
    mean: FloatArray

    @classmethod
    def of(cls, nodes: Nodes, n_columns: int) -> Self:
        """Prepare trees.

        Parameters
        ----------
        nodes : Nodes
            Nodes with the masses of their conditions. Bins and scores are ignored: a column is
            kept where it has the value of the row itself.

        n_columns : int
            Number of columns of the table.

        Returns
        -------
        walk : ShapleyWalk
            Memory is linear in the number of nodes.
        """
        groups = groups_of(nodes)
        layouts = [group.nodes.layout for group in groups]
        n_points = [-(-int(column_counts(layout).max()) // 2) for layout in layouts]
        totals = [_by_column(layout.column, layout.bounds[1], n_columns) for layout in layouts]
        return cls(groups, tuple(n_points), tuple(totals), _mean(nodes))

    def __call__(self, meets: BoolArray) -> ShapleyValues:
        """Return the Shapley values of rows.

        Parameters
        ----------
        meets : ndarray of bool of shape (n_nodes, n_rows)
            Which way the rows go at each split, from `Nodes.meets`.

        Returns
        -------
        values : ShapleyValues
            Exact up to rounding. Time is linear in nodes times rows times points; tables of
            nodes times points are set up once per call, so rows are best given together.
        """
        n_columns, n_rows = self.totals[0].shape[0], meets.shape[1]
        values = np.zeros((n_columns, n_rows, len(self.mean)))
        for group, n_points, totals in zip(self.groups, self.n_points, self.totals):
            if n_points == 0:
                continue
            tables = _Tables.of(group.nodes, n_points)
            states = _states(group.nodes, meets[group.index])
            for rows in row_blocks(n_rows, states.shape[0] * n_points):
                for output, gain in enumerate(_gains(group.nodes, tables, states[:, rows])):
                    values[:, rows, output] += totals @ gain
        return ShapleyValues(values.swapaxes(0, 1), self.mean)


def _by_column(column: IntArray, n_roots: int, n_columns: int) -> sparse.csr_matrix:
    """Return the matrix that adds up the nodes that were entered by splits on each column."""
    at = np.arange(n_roots, len(column))
    entries = (np.ones(len(at)), (column[at], at))
    return sparse.csr_matrix(entries, shape=(n_columns, len(column)))


def _mean(nodes: Nodes) -> FloatArray:
    """Return the mean of the trees under the background."""
    above = np.append(nodes.masses, 1.0)[nodes.layout.previous]
    reach = _divide(nodes.masses, above)
    for first, end in pairwise(nodes.layout.bounds[1:]):
        reach[first:end] *= reach[nodes.layout.parent[first:end]]
    mean: FloatArray = reach @ nodes.values
    return mean


def _divide(numerators: FloatArray, divisors: FloatArray) -> FloatArray:
    """Return quotients; 0 where the divisor is 0."""
    numerators, divisors = np.broadcast_arrays(numerators, divisors)
    return np.divide(numerators, divisors, out=np.zeros(divisors.shape), where=divisors > 0.0)


@dataclass(frozen=True)
class _Tables:
    """What a node does to the walk, by the state of the row and the value of p.

    With ``q = p [x in A] + (1 - p) B(A)`` and ``sigma = ([x in A] - B(A)) / q``, `ratio` is q
    divided by q of the previous node, and `step` is sigma minus sigma of the previous node.
    """

    ratio: FloatArray
    step: FloatArray
    weights: FloatArray

    @classmethod
    def of(cls, nodes: Nodes, n_points: int) -> Self:
        roots, weights = np.polynomial.legendre.leggauss(n_points)
        p = (roots + 1.0) / 2.0
        mass = nodes.masses[:, None]
        above = np.append(nodes.masses, 1.0)[nodes.layout.previous][:, None]
        q, q_above = mass + p * (1.0 - mass), above + p * (1.0 - above)
        sigma, sigma_above = (1.0 - mass) / q, (1.0 - above) / q_above
        ratio = np.empty((len(mass), _N_STATES, n_points))
        step = np.zeros((len(mass), _N_STATES, n_points))
        ratio[:, 0] = _divide(mass, above)
        ratio[:, 1] = (1.0 - p) * mass / q_above
        ratio[:, 2] = q / q_above
        step[:, 1] = -1.0 / (1.0 - p) - sigma_above
        step[:, 2] = sigma - sigma_above
        flat = (-1, n_points)
        return cls(ratio.reshape(flat), step.reshape(flat), weights / 2.0)


def _states(nodes: Nodes, meets: BoolArray) -> IntArray:
    """Return the row of the tables for each node and row."""
    layout = nodes.layout
    inside = meets.copy()
    states = np.full(meets.shape, 2, dtype=np.intp)
    for first, end in pairwise(layout.bounds[1:]):
        previous = layout.previous[first:end]
        above = inside[previous] | (previous == NOTHING)[:, None]
        inside[first:end] &= above
        states[first:end] = inside[first:end].astype(np.intp) + above
    states += _N_STATES * np.arange(len(meets))[:, None]
    return states


def _gains(nodes: Nodes, tables: _Tables, states: IntArray) -> Sequence[FloatArray]:
    """Return what each node adds to its column, for each row, one array per output."""
    layout, bounds = nodes.layout, list(pairwise(nodes.layout.bounds))
    reach: Array = np.take(tables.ratio, states, axis=0)
    reach[: layout.bounds[1]] = tables.weights
    for first, end in bounds[1:]:
        reach[first:end] *= reach[layout.parent[first:end]]
    step = np.take(tables.step, states, axis=0)
    gains = []
    for values in nodes.values.T:
        sums = reach * values[:, None, None]
        for first, end in reversed(bounds[1:]):
            # Siblings are neighbors: the left ones have even positions in their level.
            sums[layout.parent[first:end:2]] = sums[first:end:2] + sums[first + 1 : end : 2]
        gains.append(np.einsum("nrp,nrp->nr", sums, step))
    return gains
