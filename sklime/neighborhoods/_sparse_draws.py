"""Draws for tables that are mostly zeros: perturbed rows stay sparse.

Columns are drawn independently, so a perturbed row is that of a row of zeros, except in the columns
where the explained row is not zero. The former serve all rows. The latter are drawn for each row,
as a table of these columns alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, Protocol, Self

import numpy as np
from scipy import sparse

from sklime.backgrounds._columnwise import ColumnwiseBackground
from sklime.neighborhoods._anchored import AnchoredNeighborhood
from sklime.neighborhoods._base import Draws
from sklime.neighborhoods._encoder import Encoder
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["SparseDraws"]

# Columns that are drawn at once.
_COLUMNS_PER_BLOCK = 256


class _Encoder(Encoder, Protocol):
    """An encoder that can be restricted to some columns."""

    def columns(self, indices: IntArray) -> Encoder:
        """Return the encoder of some columns."""
        ...


@dataclass(frozen=True)
class SparseDraws:
    """Draws of an anchored neighborhood, and its perturbed rows around a row of zeros.

    Attributes
    ----------
    neighborhood : AnchoredNeighborhood
        Draws and encodes perturbed rows.

    points : ndarray of shape (n_masks, n_dimensions)
        Base points.

    background : ColumnwiseBackground
        Fitted background.

    encoder : TabularEncoder
        Fitted encoder of the table.

    n_copies : {1, 2}
        How many perturbed rows share a mask.

    zeros : csr_array of shape (n_masks * n_copies, n_features)
        Perturbed rows around a row of zeros.

    encoded_zeros : ndarray of bool of shape (n_masks, n_features)
        Their bin indicators.
    """

    neighborhood: AnchoredNeighborhood
    points: FloatArray
    background: ColumnwiseBackground
    encoder: _Encoder
    n_copies: Literal[1, 2]
    zeros: sparse.csr_array
    encoded_zeros: BoolArray

    @classmethod
    def of(
        cls,
        neighborhood: AnchoredNeighborhood,
        points: FloatArray,
        background: ColumnwiseBackground,
        encoder: _Encoder,
        n_copies: Literal[1, 2],
    ) -> Self:
        """Draw the perturbed rows around a row of zeros, a few columns at a time.

        Parameters
        ----------
        neighborhood, points, background, encoder, n_copies
            As in the attributes. All columns have bins.

        Returns
        -------
        draws : SparseDraws
            Draws for all explained rows.
        """
        nothing = sparse.csr_array((0, encoder.n_features))
        empty = np.empty((0, 0), dtype=bool)
        draws = cls(neighborhood, points, background, encoder, n_copies, nothing, empty)
        shape = len(points), encoder.n_features
        encoded = np.empty(shape, dtype=bool, order="F")
        blocks = []
        for columns in _blocks(encoder.n_features):
            perturbed, encoded[:, columns] = draws._around(np.zeros(columns.size), columns)
            blocks.append(sparse.csr_array(perturbed))
        zeros = sparse.csr_array(sparse.hstack(blocks, format="csr"))
        return replace(draws, zeros=zeros, encoded_zeros=encoded)

    def around(self, row: FloatArray) -> tuple[sparse.csr_array, BoolArray]:
        """Return the perturbed rows of one explained row, and their bin indicators.

        Parameters
        ----------
        row : ndarray of shape (n_features,)
            Explained row.

        Returns
        -------
        perturbed : csr_array of shape (n_masks * n_copies, n_features)
            The same rows as from dense draws.

        Z : ndarray of bool of shape (n_masks, n_features)
            Bin indicators.
        """
        own = np.flatnonzero(row)
        Z = self.encoded_zeros.copy(order="K")
        if own.size == 0:
            return self.zeros.copy(), Z
        perturbed, Z[:, own] = self._around(row[own], own)
        return _without_columns(self.zeros, own) + _placed(perturbed, own, row.size), Z

    def _around(self, row: FloatArray, columns: IntArray) -> tuple[FloatArray, Array]:
        """Return some columns of the perturbed rows of a row, and of their bin indicators."""
        encoder, background = self.encoder.columns(columns), self.background.columns(columns)
        dimensions = columns
        if self.points.shape[1] > self.encoder.n_features:
            # The second coordinate of each column is that of its twin.
            dimensions = np.concatenate([columns, columns + self.encoder.n_features])
        draws: Draws = self.neighborhood.draw(
            self.points[:, dimensions], background, encoder, is_for_one_row=True
        )
        if self.n_copies == 1:
            draws = draws._replace(twins=None)
        perturbed = self.neighborhood.perturb(draws, encoder, row[None])
        instance = encoder.represent(row[None])
        return perturbed[0], self.neighborhood.encode(draws, encoder, perturbed, instance)[0]


def _blocks(n_columns: int) -> Iterator[IntArray]:
    """Yield the indices of neighboring columns."""
    for start in range(0, n_columns, _COLUMNS_PER_BLOCK):
        yield np.arange(start, min(start + _COLUMNS_PER_BLOCK, n_columns))


def _without_columns(table: sparse.csr_array, columns: IntArray) -> sparse.csr_array:
    """Return a table with zeros in some columns."""
    is_kept = np.ones(table.shape[1], dtype=bool)
    is_kept[columns] = False
    stays = is_kept[table.indices]
    ends = np.concatenate([[0], np.cumsum(stays)])[table.indptr]
    # Trees and support vector machines take no indices of 64 bits.
    ends = ends.astype(table.indptr.dtype)
    return sparse.csr_array((table.data[stays], table.indices[stays], ends), shape=table.shape)


def _placed(block: FloatArray, columns: IntArray, n_columns: int) -> sparse.csr_array:
    """Return a sparse table with these numbers in increasing columns, and zeros elsewhere."""
    own = sparse.csr_array(block)
    shape = len(block), n_columns
    indices = columns[own.indices].astype(own.indices.dtype)
    return sparse.csr_array((own.data, indices, own.indptr), shape=shape)
