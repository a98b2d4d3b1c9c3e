"""First-order effects: how the mean of a model around a row depends on single columns.

The effect of a value c of column j is ``E[f | x_j = c] - E f``. For trees it is the sum over the
nodes n of column j of ``S(n) (1[c meets n] / q(n) - 1[c meets previous(n)] / q(previous(n)))``,
where S(n) is the sum of probability times value over the leaves below n, and q(n) the probability
of the condition of n. See `Nodes` for the words.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np

from sklime._exact._conditions import conditions_of, met_conditions, quotients, with_default
from sklime._exact._grid import Grid
from sklime._exact._groups import row_blocks
from sklime._exact._model import ExactModel, ToTable
from sklime._exact._nodes import NOTHING, Nodes
from sklime._exact._tilt import Around
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["FirstOrder"]


@dataclass(frozen=True)
class FirstOrder:
    """A model whose first-order effects around any row are known in cells.

    Attributes
    ----------
    nodes : Nodes or None
        Nodes of the trees; `None` without trees.

    members : tuple of (ndarray of int, ndarray of bool of shape (n_own, n_cells + 1))
        For each column its nodes, and which cells meet their conditions. The last cell, of
        unknown values, meets none.

    linear : ndarray of shape (n_all_cells, n_outputs)
        The part of the model that is a sum over columns, in each cell.

    grid : Grid
        The cells.
    """

    nodes: Nodes | None
    members: tuple[tuple[IntArray, BoolArray], ...]
    linear: FloatArray
    grid: Grid

    @classmethod
    def of(cls, model: ExactModel, grid: Grid, to_table: ToTable, base_row: FloatArray) -> Self:
        """Find out which cells meet which conditions.

        Parameters
        ----------
        model : ExactModel
            The model.

        grid : Grid
            The cells.

        to_table : callable
            Turns a matrix of floats into the table that the model takes.

        base_row : ndarray of shape (n_columns,)
            A training row.

        Returns
        -------
        effects : FirstOrder
            A condition that part of a cell meets counts by one value of the cell.
        """
        derived = _at_cells(model, grid, to_table, base_row)
        linear = np.zeros((grid.n_cells, model.reading.n_outputs))
        coefficients = model.reading.coefficients
        members = []
        for index, (column, start) in enumerate(zip(grid.columns, grid.starts.tolist())):
            here = slice(start, start + column.n_cells)
            of_column = derived[: column.n_cells]
            if coefficients is not None:
                own = model.owners == index
                linear[here] = of_column[:, own] @ coefficients[own]
            if model.nodes is not None:
                members.append(_members(model.nodes, index, of_column))
        return cls(model.nodes, tuple(members), linear, grid)

    def __call__(self, derived: FloatArray, around: Around) -> FloatArray:
        """Return the effects around rows.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns of the rows.

        around : Around
            Distribution of the perturbed columns of each row.

        Returns
        -------
        effects : ndarray of shape (n_rows, n_all_cells, n_outputs)
            Up to a constant for each row and column.
        """
        effects = np.tile(self.linear, (len(derived), 1, 1))
        if self.nodes is None:
            return effects
        n_outputs = effects.shape[2]
        wide = around.with_constant()
        for rows in row_blocks(len(derived), self.nodes.layout.n_nodes * n_outputs):
            factors = self._factors(self.nodes, derived[rows], wide[rows])
            for column, start, (own, meets) in zip(
                self.grid.columns, self.grid.starts.tolist(), self.members
            ):
                if own.size:
                    here = slice(start, start + column.n_cells + 1)
                    # One product of matrices for each row: it is as if the row were alone.
                    of_rows = np.ascontiguousarray(factors[own].transpose(1, 2, 0))
                    effects[rows, here] += (of_rows @ meets.astype(np.float64)).swapaxes(1, 2)
        return effects

    def _factors(self, nodes: Nodes, derived: FloatArray, around: Around) -> FloatArray:
        """Return what meeting the condition of a node adds, of shape (n_nodes, n_rows, n_out)."""
        layout, n_roots = nodes.layout, nodes.layout.bounds[1]
        met = met_conditions(layout, nodes.meets(derived))
        conditions = conditions_of(nodes, met, around.tilt, slice(None))
        q = conditions.inside + conditions.outside
        q[:n_roots] = 1.0
        ratio = quotients(q, with_default(q, layout.previous, 1.0))
        reach = np.ones(q.shape)
        levels = list(pairwise(layout.bounds))
        for first, end in levels[1:]:
            reach[first:end] = reach[layout.parent[first:end]] * ratio[first:end]
        sums = reach[:, :, None] * nodes.values[:, None, :]
        for first, end in reversed(levels[1:]):
            # Siblings are neighbors, and all children of one level are next to each other.
            pairs = sums[first:end:2] + sums[first + 1 : end : 2]
            sums[layout.parent[first:end:2]] += pairs
        gains = sums.copy()
        has_previous = layout.previous != NOTHING
        np.subtract.at(gains, layout.previous[has_previous], sums[has_previous])
        return quotients(gains, np.broadcast_to(q[:, :, None], gains.shape))


def _at_cells(model: ExactModel, grid: Grid, to_table: ToTable, base_row: FloatArray) -> FloatArray:
    """Return the derived columns where each column runs through its cells."""
    n_rows = max(column.n_cells for column in grid.columns)
    matrix = np.tile(base_row, (n_rows, 1))
    for index, column in enumerate(grid.columns):
        matrix[: column.n_cells, index] = column.values
    return model.reading.derive(to_table(matrix))


def _members(nodes: Nodes, index: int, derived: FloatArray) -> tuple[IntArray, BoolArray]:
    """Return the nodes of a column, and which of its cells meet their conditions."""
    layout, trees = nodes.layout, nodes.trees
    own = np.flatnonzero(layout.column == index)
    position = np.full(layout.n_nodes + 1, NOTHING)
    position[own] = np.arange(len(own))
    previous = position[layout.previous[own]]
    split = layout.split[own]
    values = np.ascontiguousarray(derived.T)[trees.feature[split]]
    meets = np.zeros((len(own), derived.shape[0] + 1), dtype=bool)
    meets[:, :-1] = trees.goes_left(split[:, None], values) == layout.is_left[own][:, None]
    # Nodes are in the order of levels: a previous node comes first.
    ends = np.searchsorted(own, np.array(layout.bounds))
    for first, end in pairwise(ends):
        has_previous = previous[first:end] != NOTHING
        at = np.arange(first, end)[has_previous]
        meets[at] &= meets[previous[at]]
    return own, meets
