"""Grids: each column of a background cut into a few dozen cells of known probability."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sklime._exact._supports import Support, has_cells
from sklime._exact._tilt import Around
from sklime.backgrounds import BaseBackground
from sklime.neighborhoods._encoder import Encoder
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["Column", "Grid"]

# Cells of a column of numbers, besides those that ends of bins make.
_N_CELLS = 64


@dataclass(frozen=True)
class Column:
    """The cells of one column.

    Attributes
    ----------
    ends : ndarray of shape (n_present,)
        Largest value of each cell, increasing.

    values : ndarray of shape (n_cells,)
        A value in each cell; NaN for that of missing values, which is the last, if there is one.

    support : Support
        Masses, bins and mean encodings of the cells.
    """

    ends: FloatArray
    values: FloatArray
    support: Support

    @property
    def n_cells(self) -> int:
        """Return the number of cells."""
        return len(self.values)

    def cells_of(self, values: FloatArray, *, is_level: bool) -> IntArray:
        """Return the cells that values lie in.

        Parameters
        ----------
        values : ndarray
            Values of the column.

        is_level : bool
            Whether values are levels, which have no order.

        Returns
        -------
        cells : ndarray of int of the same shape
            A number too large lies in the last cell; an unknown level, or a missing value where
            the background has none, in one more cell, which has no mass.
        """
        n_present, n_cells = len(self.ends), self.n_cells
        cells = np.searchsorted(self.ends, values, side="left")
        other = n_cells if is_level else max(n_present - 1, 0)
        cells = np.where(cells < n_present, cells, other)
        is_missing = np.isnan(values)
        if is_missing.any():
            cells[is_missing] = n_present
        return cells


@dataclass(frozen=True)
class Grid:
    """The cells of all columns; each column has one more cell for what it does not know.

    Attributes
    ----------
    columns : tuple of Column
        The columns.

    is_level : ndarray of bool of shape (n_columns,)
        Columns of levels.

    starts : ndarray of int of shape (n_columns,)
        Index of the first cell of each column among all cells.
    """

    columns: tuple[Column, ...]
    is_level: BoolArray
    starts: IntArray

    @classmethod
    def of(cls, background: BaseBackground, encoder: Encoder, is_level: BoolArray) -> Self | None:
        """Cut the columns of a background into cells.

        Parameters
        ----------
        background : BaseBackground
            Fitted background that draws columns independently.

        encoder : TabularEncoder
            Fitted encoder of the table.

        is_level : ndarray of bool of shape (n_columns,)
            Columns of levels.

        Returns
        -------
        grid : Grid or None
            `None` if the probabilities of intervals are not known.
        """
        if not has_cells(background):
            return None
        # The encoder counts all columns at each question.
        counts = np.where(encoder.is_binned, encoder.n_bins, -1).tolist()
        columns = tuple(
            _column(background, encoder, index, bool(is_level[index]), n_bins)
            for index, n_bins in enumerate(counts)
        )
        widths = np.array([column.n_cells + 1 for column in columns])
        return cls(columns, is_level, np.cumsum(widths) - widths)

    @property
    def n_cells(self) -> int:
        """Return the number of cells of all columns, with the additional ones."""
        return int(self.starts[-1]) + self.columns[-1].n_cells + 1

    def cells_of(self, matrix: FloatArray) -> IntArray:
        """Return the cell of each value, as its index among all cells.

        Parameters
        ----------
        matrix : ndarray of shape (..., n_columns)
            Rows as floats.

        Returns
        -------
        cells : ndarray of int of the same shape
            Indices.
        """
        columns = range(len(self.columns))
        return np.stack([self.cells_of_column(j, matrix[..., j]) for j in columns], axis=-1)

    def cells_of_column(self, index: int, values: FloatArray) -> IntArray:
        """Return the cell of each value of a column, as its index among all cells.

        Parameters
        ----------
        index : int
            Column.

        values : ndarray
            Values as floats.

        Returns
        -------
        cells : ndarray of int of the same shape
            Indices.
        """
        is_level = bool(self.is_level[index])
        own = self.columns[index].cells_of(values, is_level=is_level)
        cells: IntArray = own + self.starts[index]
        return cells

    def masses_around(self, rows: FloatArray, around: Around) -> tuple[FloatArray, FloatArray]:
        """Return the probabilities of the cells around rows.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_columns)
            Explained rows.

        around : Around
            Distribution of the perturbed columns of each row.

        Returns
        -------
        masses : ndarray of shape (n_rows, n_all_cells)
            Probabilities; the sum over each column is 1.

        encoded : ndarray of shape (n_rows, n_all_cells)
            Probabilities times the mean encoding.
        """
        tilt, own_cells = around.tilt, self.cells_of(rows)
        masses = np.zeros((len(rows), self.n_cells))
        encoded = np.zeros(masses.shape)
        for index, (column, start) in enumerate(zip(self.columns, self.starts.tolist())):
            here, support = slice(start, start + column.n_cells), column.support
            inside, outside = tilt.inside[:, index, None], tilt.outside[:, index, None]
            is_inside = support.bins == tilt.bins[:, index, None]
            masses[:, here] = np.where(is_inside, inside, outside) * support.weights
            encoded[:, here] = np.where(is_inside, inside, 0.0) * support.scores
        every = np.arange(len(rows))[:, None]
        masses[every, own_cells] += tilt.own
        encoded[every, own_cells] += tilt.own * tilt.encodings
        return masses, encoded


def _column(background: Any, encoder: Encoder, index: int, is_level: bool, n_bins: int) -> Column:
    """Return the cells of one column; standard scores have -1 bins."""
    cuts = encoder.cuts[index]
    ends = np.empty(0)
    if cuts is not None:
        ends = cuts if encoder.side == "left" else np.nextafter(cuts, -np.inf)
    cells = background.cells(index, ends)
    if not cells.are_points:
        distribution = background.distributions_[index]
        levels = np.arange(1, _N_CELLS) / _N_CELLS
        quantiles = distribution.ppf(levels)
        cells = background.cells(index, np.union1d(ends, quantiles[~np.isnan(quantiles)]))
    support = Support.of(cells, index, encoder, None if n_bins < 0 else n_bins)
    if not cells.are_points:
        middles = np.cumsum(support.weights) - support.weights / 2
        values = background.distributions_[index].ppf(middles)
        values = np.where(np.isnan(support.values), np.nan, values)
    else:
        if not is_level and len(support.values) > 2 * _N_CELLS:
            support = _merged(support)
        values = support.values
    return Column(support.values[~np.isnan(support.values)], values, support)


def _merged(support: Support) -> Support:
    """Merge neighboring values of a column until a few dozen cells are left; bins stay apart."""
    middles = np.cumsum(support.weights) - support.weights / 2
    group = np.floor(middles * _N_CELLS)
    is_missing = np.isnan(support.values)
    changes = (np.diff(group) != 0) | (np.diff(support.bins) != 0) | (np.diff(is_missing) != 0)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    last = np.append(starts[1:], len(middles)) - 1
    return Support(
        support.values[last],
        np.add.reduceat(support.weights, starts),
        support.bins[last],
        np.add.reduceat(support.scores, starts),
        np.add.reduceat(support.moments, starts),
        support.n_bins,
        support.is_binned,
    )
