"""A reading together with a background: all that exact moments need."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np

from sklime._exact._additive import Additive
from sklime._exact._kernel import Kernel
from sklime._exact._masks import MaskWalk
from sklime._exact._nodes import Nodes, nodes_of
from sklime._exact._pairs import PairWalk, TooManyPairsError
from sklime._exact._shapley import ShapleyWalk, additive_shapley_values
from sklime._exact._supports import Support, supports_of
from sklime._exact._tilt import Around
from sklime._exact._walk import expectations
from sklime._readings._reading import Reading
from sklime._readings._trees import LEAF, Trees
from sklime.backgrounds import BaseBackground
from sklime.neighborhoods._encoder import Encoder
from sklime.utils._sums import ordered_dot
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["ExactModel", "ToTable"]

# Turns a matrix of floats into the table that the model takes.
ToTable = Callable[[FloatArray], Any]

# Numbers of the arrays of nodes and rows that one block holds.
_BLOCK_NUMBERS = 2**21


@dataclass(frozen=True)
class ExactModel:
    """A model whose moments around any row are known.

    Attributes
    ----------
    reading : Reading
        The model.

    owners : ndarray of int of shape (n_derived,)
        Column of the table that each derived column depends on; the number of columns for a
        derived column that never changes.

    supports : tuple of Support
        Background of each column.

    derived : tuple of ndarray of shape (n_cells, n_own)
        Derived columns of each column at its support, then those that never change.

    are_read : tuple of bool
        Columns whose cells are intervals between the thresholds of the model.

    base : ndarray of shape (n_outputs,)
        Constant part, with the middle of each tree, and with slopes times derived columns that
        never change.

    nodes : Nodes or None
        Nodes of the trees, whose leaves lie around 0.

    additive : Additive or None
        The part of the model that is a sum of functions of one column each.
    """

    reading: Reading
    owners: IntArray
    supports: tuple[Support, ...]
    derived: tuple[FloatArray, ...]
    are_read: tuple[bool, ...]
    base: FloatArray
    nodes: Nodes | None
    additive: Additive | None

    @classmethod
    def of(
        cls,
        reading: Reading,
        owners: IntArray,
        background: BaseBackground,
        encoder: Encoder,
        to_table: ToTable,
        base_row: FloatArray,
        is_unchanged: BoolArray,
    ) -> Self:
        """Put a reading and a background together.

        Parameters
        ----------
        reading : Reading
            The model.

        owners : ndarray of int of shape (n_derived,)
            Column of the table that each derived column depends on; -1 for a constant one.

        background : BaseBackground
            Fitted background that draws columns independently.

        encoder : TabularEncoder
            Fitted encoder of the table.

        to_table : callable
            Turns a matrix of floats into the table that the model takes.

        base_row : ndarray of shape (n_columns,)
            A training row, without missing values where the model takes none.

        is_unchanged : ndarray of bool of shape (n_columns,)
            Columns whose floats `to_table` leaves as they are.

        Returns
        -------
        model : ExactModel
            Its memory grows with the nodes, not with the training rows.
        """
        n_columns = encoder.n_features
        owners = np.where(owners < 0, n_columns, owners)
        ends = [
            _thresholds(reading, owners, index) if is_unchanged[index] else None
            for index in range(n_columns)
        ]
        supports = supports_of(background, encoder, ends)
        derived = _derived(reading, owners, supports, ends, to_table, base_row)
        at_base = reading.derive(to_table(base_row[None]))[:, owners == n_columns]
        are_read = [
            of_column is not None and of_own.shape[1] == 1
            for of_column, of_own in zip(ends, derived)
        ]
        return cls._of_supports(reading, owners, supports, (*derived, at_base), tuple(are_read))

    @classmethod
    def _of_supports(
        cls,
        reading: Reading,
        owners: IntArray,
        supports: tuple[Support, ...],
        derived: tuple[FloatArray, ...],
        are_read: tuple[bool, ...],
    ) -> Self:
        """Put a reading and supports together."""
        nodes = additive = None
        base = reading.base
        if reading.trees is not None and reading.trees.n_nodes:
            trees, middle = reading.trees.centered()
            base = base + middle
            # Derived columns that never change belong to one more column, which is always kept.
            constant = Support.of_one_value()
            nodes = nodes_of(trees, owners, (*supports, constant), derived)
        if reading.coefficients is not None:
            additive = Additive.of(reading.coefficients, owners, supports, derived, are_read)
            is_constant = owners == len(supports)
            base = base + ordered_dot(derived[-1], reading.coefficients[is_constant])[0]
        return cls(reading, owners, supports, derived, are_read, base, nodes, additive)

    def reweighted(self, supports: tuple[Support, ...], kept: Sequence[BoolArray | None]) -> Self:
        """Return the model under another background of the same values.

        Parameters
        ----------
        supports : tuple of Support
            New masses.

        kept : sequence of (ndarray of bool or None)
            Cells of each column that still have a mass; `None` for all.

        Returns
        -------
        model : ExactModel
            All that follows from the masses is computed again.
        """
        pairs = zip(self.derived, (*kept, None))
        derived = tuple(array if here is None else array[here] for array, here in pairs)
        return self._of_supports(self.reading, self.owners, supports, derived, self.are_read)

    @cached_property
    def _inner(self) -> list[FloatArray]:
        """Return derived columns of mean values, where cells are intervals.

        Within an interval no split tells values apart, so that its mean stands for it.
        """
        return [
            _mean_values(support)[:, None] if is_read else of_column
            for support, of_column, is_read in zip(self.supports, self.derived, self.are_read)
        ]

    @cached_property
    def means(self) -> FloatArray:
        """Return the means of the derived columns under the background."""
        return _means(self.reading.n_derived, self.owners, self.supports, self._inner)

    @property
    def derived_scores(self) -> tuple[FloatArray | None, ...]:
        """Return the derived columns of each column of scores at its support; `None` for bins."""
        return tuple(
            None if support.is_binned else of_column
            for support, of_column in zip(self.supports, self._inner)
        )

    @cached_property
    def mask_walk(self) -> MaskWalk | None:
        """Return the trees, prepared for the mask function; `None` without trees."""
        return None if self.nodes is None else MaskWalk.of(self.nodes, self.owners)

    @cached_property
    def _pair_walk(self) -> tuple[PairWalk | None, str]:
        if self.nodes is None:
            return None, "the model has no trees"
        try:
            return PairWalk.of(self.nodes, self.n_columns + 1), ""
        except TooManyPairsError as refusal:
            return None, str(refusal)

    @property
    def pair_walk(self) -> PairWalk | None:
        """Return the trees, prepared for pairs; `None` if there are none, or too many pairs."""
        return self._pair_walk[0]

    @property
    def pair_refusal(self) -> str:
        """Return why there are no pairs, in words; empty if there are."""
        return self._pair_walk[1]

    @cached_property
    def shapley_walk(self) -> ShapleyWalk | None:
        """Return the trees, prepared for Shapley values; `None` without trees."""
        if self.nodes is None:
            return None
        return ShapleyWalk.of(self.nodes, self.n_columns + 1)

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields alone: what is prepared from them can be prepared again."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def shapley_values(self, derived: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return exact marginal Shapley values.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns of the rows.

        Returns
        -------
        values : ndarray of shape (n_rows, n_columns, n_outputs)
            Shapley values. Their sum over the columns is the response minus `mean`.

        mean : ndarray of shape (n_outputs,)
            Mean response under the background.
        """
        values = np.zeros((len(derived), self.n_columns + 1, self.reading.n_outputs))
        mean = self.base.copy()
        if self.shapley_walk is not None and self.nodes is not None:
            for rows in _blocks(len(derived), self.nodes.layout.n_nodes):
                of_trees = self.shapley_walk(self.nodes.meets(derived[rows]))
                values[rows] = of_trees.values
            mean += self.shapley_walk.mean
        if self.reading.coefficients is not None:
            linear = additive_shapley_values(
                self.reading.coefficients, derived, self.means, self.owners, self.n_columns + 1
            )
            values += linear.values
            mean += linear.mean
        return values[:, :-1], mean

    @property
    def n_columns(self) -> int:
        """Return the number of columns of the table."""
        return len(self.supports)

    @cached_property
    def used_constants(self) -> tuple[IntArray, FloatArray]:
        """Return which derived columns that never change the model takes, and their values."""
        reading, is_constant = self.reading, self.owners == self.n_columns
        is_used = np.zeros(reading.n_derived, dtype=bool)
        if reading.trees is not None:
            is_used[reading.trees.feature[reading.trees.left != LEAF]] = True
        if reading.coefficients is not None:
            is_used |= (reading.coefficients != 0.0).any(axis=1)
        return np.flatnonzero(is_constant & is_used), self.derived[-1][0, is_used[is_constant]]

    def expectations(
        self,
        derived: FloatArray,
        around: Around,
        kernel: Kernel | None = None,
        outputs: IntArray | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """Return the mean of the model around rows, and its covariance with the encoding.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns of the rows.

        around : Around
            Distribution of the perturbed columns of each row.

        kernel : Kernel, default=None
            The trees, prepared for this distribution; `None` to walk them without preparation.

        outputs : ndarray of int of shape (n_rows, n_wanted), default=None
            Outputs that are wanted for each row; `None` for all.

        Returns
        -------
        means : ndarray of shape (n_rows, n_outputs) or (n_rows, n_wanted)
            Means of the response.

        covariances : ndarray of shape (n_rows, n_columns, n_outputs or n_wanted)
            Covariances with the encoding of each column.
        """
        if outputs is not None and kernel is not None and self.additive is None:
            of_trees = kernel(derived, around.tilt, outputs)
            return self.base[outputs] + of_trees[0], of_trees[1]
        if outputs is not None:
            means, covariances = self.expectations(derived, around, kernel)
            picked = np.take_along_axis(covariances, outputs[:, None, :], axis=2)
            return np.take_along_axis(means, outputs, axis=1), picked
        means = np.tile(self.base, (len(derived), 1))
        covariances = np.zeros((len(derived), self.n_columns, self.reading.n_outputs))
        parts = [self._expectations_of_trees(derived, around, kernel)]
        if self.additive is not None:
            parts.append(self.additive.expectations(derived, around.tilt))
        for part in parts:
            if part is not None:
                means += part[0]
                covariances += part[1]
        return means, covariances

    def _expectations_of_trees(
        self, derived: FloatArray, around: Around, kernel: Kernel | None
    ) -> tuple[FloatArray, FloatArray] | None:
        """Return the moments of the trees; `None` if there are none."""
        if self.nodes is None:
            return None
        if kernel is not None:
            return kernel(derived, around.tilt)
        n_rows, n_outputs = len(derived), self.reading.n_outputs
        means = np.zeros((n_rows, n_outputs))
        covariances = np.zeros((n_rows, self.n_columns, n_outputs))
        for rows in _blocks(n_rows, self.nodes.layout.n_nodes * n_outputs):
            tilt = around[rows].with_constant().tilt
            found = expectations(self.nodes, self.nodes.meets(derived[rows]), tilt)
            means[rows], covariances[rows] = found[0], found[1][:, :-1]
        return means, covariances


def _blocks(n_rows: int, n_numbers: int) -> list[slice]:
    """Return blocks of rows, given the numbers that one row takes."""
    step = max(1, _BLOCK_NUMBERS // max(1, n_numbers))
    return [slice(start, start + step) for start in range(0, n_rows, step)]


def _mean_values(support: Support) -> FloatArray:
    """Return the mean value of each cell; NaN for missing."""
    return np.where(np.isnan(support.values), np.nan, support.moments / support.weights)


def _means(
    n_derived: int,
    owners: IntArray,
    supports: Sequence[Support],
    derived: Sequence[FloatArray],
) -> FloatArray:
    """Return the means of derived columns; 0 for one that never changes."""
    means = np.zeros(n_derived)
    for index, (support, of_column) in enumerate(zip(supports, derived)):
        # A derived column may be missing; only trees take it then, and they need no mean.
        means[owners == index] = support.weights @ np.where(np.isnan(of_column), 0.0, of_column)
    return means


def _thresholds(reading: Reading, owners: IntArray, index: int) -> FloatArray | None:
    """Return where the model changes along a column; `None` if that must be found by points."""
    own = np.flatnonzero(owners == index)
    if own.size == 0:
        return np.empty(0)
    copies = reading.copies
    if own.size > 1 or copies is None or copies[own[0]] != index:
        return None
    return _thresholds_of(reading.trees, int(own[0]))


def _thresholds_of(trees: Trees | None, derived: int) -> FloatArray | None:
    """Return the thresholds of the splits on a derived column; `None` if some are sets."""
    if trees is None:
        return np.empty(0)
    here = (trees.feature == derived) & (trees.left != LEAF)
    if trees.levels is not None and (trees.levels.set_of_node[here] >= 0).any():
        return None
    found: FloatArray = np.unique(trees.threshold[here])
    return found[np.isfinite(found)]


def _derived(
    reading: Reading,
    owners: IntArray,
    supports: Sequence[Support],
    ends: Sequence[FloatArray | None],
    to_table: ToTable,
    base_row: FloatArray,
) -> list[FloatArray]:
    """Return the derived columns of each column at its support.

    Each derived column depends on one column, so one table shows all columns at once.
    """
    n_values = [len(one.values) for one, known in zip(supports, ends) if known is None]
    n_rows = max(n_values, default=1)
    matrix = np.tile(base_row, (n_rows, 1))
    for index, (support, known) in enumerate(zip(supports, ends)):
        if known is None:
            matrix[: len(support.values), index] = support.values
    derived = reading.derive(to_table(matrix))
    return [
        derived[: len(support.values), owners == index]
        if known is None
        else np.tile(support.values[:, None], int((owners == index).sum()))
        for index, (support, known) in enumerate(zip(supports, ends))
    ]
