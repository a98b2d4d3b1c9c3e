"""Twins: perturbed rows that meet the same conditions with other values.

A weight belongs to a condition, and no weight can explain which value replaced a changed value.
A twin meets the same conditions as its perturbed row, and all its values are drawn anew given
the conditions. Responses f1, f2 of twins are independent given the conditions Z, with the same
mean v(Z) = E[f | Z]. So for any function g of the conditions E[(f1 - g)(f2 - g)] = E[(v - g)^2].
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self, TypeAlias

import numpy as np

from sklime.backgrounds import BaseBackground
from sklime.neighborhoods._encoder import Encoder
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["TwinColumn", "Twins"]

# Values that stand for the distribution of a column, at equal steps of probability.
N_VALUES = 2048

# The columns of all bins are computed in advance if they have no more numbers than this.
_MAX_KNOWN = 2**21

# Numbers in one block of columns.
_BLOCK_NUMBERS = 2**18

# Replacement values, where the explained row is kept, bins of the values.
_Drawn: TypeAlias = tuple[FloatArray, BoolArray, Array]


class TwinColumn(NamedTuple):
    """One column of the twins, for the explained rows in one bin of it.

    Attributes
    ----------
    kept : ndarray of bool of shape (n_masks,)
        Where the twin keeps the value of the explained row.

    values : ndarray of shape (n_masks,)
        Value of the twin where it is not kept.

    bins : ndarray of int of shape (n_masks,)
        Bin of the twin; that of the explained row where the condition holds.
    """

    kept: BoolArray
    values: FloatArray
    bins: IntArray


@dataclass(frozen=True)
class Twins:
    """The draws from which twins of perturbed rows are built.

    Attributes
    ----------
    keep : float
        Probability with which a feature keeps the value of the explained row.

    draws : tuple of three ndarray of shape (n_masks, n_features)
        Draws of the perturbed rows: replacement values, which features are kept, and the bins
        of the values.

    uniforms : ndarray of shape (n_masks, n_features)
        Uniform numbers that choose the values of the twins.

    values, bins : ndarray of shape (`N_VALUES`, n_features)
        Values of the background, column by column, and their bins.

    is_binned : ndarray of bool of shape (n_features,)
        Columns that are drawn anew. In the others a twin has the value of its row: a standard
        score is itself the condition, and a fixed column never changes.

    known : dict
        Columns computed in advance, by feature and bin.
    """

    keep: float
    draws: _Drawn
    uniforms: FloatArray
    values: FloatArray
    bins: Array
    is_binned: BoolArray
    known: dict[tuple[int, int], TwinColumn]

    @classmethod
    def of(
        cls,
        keep: float,
        draws: _Drawn,
        uniforms: FloatArray,
        background: BaseBackground,
        encoder: Encoder,
        *,
        is_for_one_row: bool = False,
    ) -> Self:
        """Prepare the twins of draws from a background with independent columns.

        Parameters
        ----------
        keep, draws, uniforms : float, tuple, ndarray
            As in the attributes.

        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Fitted encoder of the table.

        is_for_one_row : bool, default=False
            Whether no columns are computed in advance.

        Returns
        -------
        twins : Twins
            Draws for all explained rows.
        """
        steps = (np.arange(N_VALUES) + 0.5) / N_VALUES
        # A view: 2048 points of 20,000 columns would take 330 MB.
        points = np.broadcast_to(steps[:, None], (N_VALUES, encoder.n_features))
        values = background.sample(points)
        bins = encoder.represent(values)
        is_drawn = encoder.is_binned & encoder.can_change
        twins = cls(keep, draws, uniforms, values, bins, is_drawn, {})
        indices = np.flatnonzero(is_drawn)
        n_bins = encoder.n_bins[indices] + 1
        is_small = int(n_bins.sum()) * len(uniforms) <= _MAX_KNOWN
        if is_small and not is_for_one_row:
            for index, count in zip(indices.tolist(), n_bins.tolist()):
                columns = {(index, one): twins._column(index, one) for one in range(count)}
                twins.known.update(columns)
        return twins

    def columns(self, instance: Array) -> Iterator[tuple[int, IntArray, TwinColumn]]:
        """Yield the columns of twins, for the rows of one bin at a time.

        Parameters
        ----------
        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Yields
        ------
        feature : int
            Index of the feature.

        here : ndarray of int
            Indices of the rows in one bin of the feature.

        column : TwinColumn
            This feature, of the twins of these rows.
        """
        for feature in np.flatnonzero(self.is_binned).tolist():
            bins, inverse = np.unique(instance[:, feature], return_inverse=True)
            for index, instance_bin in enumerate(bins.tolist()):
                column = self.known.get((feature, instance_bin))
                if column is None:
                    column = self._column(feature, instance_bin)
                yield feature, np.flatnonzero(inverse == index), column

    def perturb(self, perturbed: FloatArray, rows: FloatArray, instance: Array) -> FloatArray:
        """Return perturbed rows, each followed by its twin.

        Parameters
        ----------
        perturbed : ndarray of shape (n_rows, n_masks, n_features)
            Perturbed rows.

        rows, instance : ndarray of shape (n_rows, n_features)
            Explained rows, and their representation.

        Returns
        -------
        pairs : ndarray of shape (n_rows, 2 * n_masks, n_features)
            A row and its twin meet the same conditions of the explained row.
        """
        n_rows, n_masks, n_features = perturbed.shape
        # With masks as the last axis, a column of the twins of a row is contiguous.
        twins = np.empty((n_rows, n_features, n_masks))
        twins[:, ~self.is_binned] = perturbed[:, :, ~self.is_binned].swapaxes(1, 2)
        if self.is_sorted and not self.known:
            for row, bins, out in zip(rows, instance, twins):
                self._write(row, bins, out)
        else:
            for index, here, column in self.columns(instance):
                twins[here, index] = np.where(column.kept, rows[here, index, None], column.values)
        pairs = np.empty((n_rows, n_masks, 2, n_features))
        pairs[:, :, 0] = perturbed
        pairs[:, :, 1] = twins.swapaxes(1, 2)
        return pairs.reshape(n_rows, 2 * n_masks, n_features)

    @cached_property
    def is_sorted(self) -> bool:
        """Tell whether the candidates of each column are in the order of their bins."""
        return bool((self.bins[1:] >= self.bins[:-1]).all())

    def _write(self, row: FloatArray, instance: Array, out: FloatArray) -> None:
        """Write the twins of one row, as `columns` gives them, many columns at once.

        Candidates of one bin are neighbors, so that no list of them is needed.
        """
        drawn = np.flatnonzero(self.is_binned)
        step = max(1, _BLOCK_NUMBERS // max(1, len(self.uniforms)))
        for start in range(0, drawn.size, step):
            columns = drawn[start : start + step]
            candidates, own = self.bins[:, columns], instance[columns]
            first = np.count_nonzero(candidates < own, axis=0)
            n_inside = np.count_nonzero(candidates == own, axis=0)
            values, kept, bins = (array[:, columns] for array in self.draws)
            u = self.uniforms[:, columns]
            meets = kept | (bins == own)
            level = u * (self.keep + (1.0 - self.keep) * n_inside / N_VALUES)
            is_kept = meets & ((level < self.keep) | (n_inside == 0))
            ranks = (level - self.keep) / (1.0 - self.keep) * N_VALUES
            inside = np.minimum(ranks.astype(np.intp), n_inside - 1) + first
            n_outside = N_VALUES - n_inside
            outside = np.minimum((u * n_outside).astype(np.intp), n_outside - 1)
            outside = np.where(outside >= first, outside + n_inside, outside)
            # If no candidate is outside the bin, the twin has the value of its perturbed row.
            chosen = np.where(meets, np.where(is_kept, 0, inside), np.where(n_outside, outside, 0))
            twins = np.take_along_axis(self.values[:, columns], chosen, axis=0)
            twins = np.where(~meets & (n_outside == 0), values, twins)
            out[columns] = np.where(is_kept, row[columns], twins).T

    def _column(self, index: int, instance_bin: int) -> TwinColumn:
        """Draw a column anew for rows of one bin, given that the condition holds or not."""
        values, kept, bins = (
            self.draws[0][:, index],
            self.draws[1][:, index],
            self.draws[2][:, index],
        )
        candidates, candidate_bins = self.values[:, index], self.bins[:, index]
        inside = np.flatnonzero(candidate_bins == instance_bin)
        outside = np.flatnonzero(candidate_bins != instance_bin)
        meets, u = kept | (bins == instance_bin), self.uniforms[:, index]
        # If the condition holds, the value is kept, or replaced by a value of the same bin.
        level = u * (self.keep + (1.0 - self.keep) * inside.size / N_VALUES)
        is_kept = meets & ((level < self.keep) | (inside.size == 0))
        # If no candidate is outside the bin, the twin has the value of its perturbed row.
        values, bins = values.copy(), np.where(meets, instance_bin, bins)
        is_drawn = meets & ~is_kept
        ranks = (level[is_drawn] - self.keep) / (1.0 - self.keep) * N_VALUES
        values[is_drawn] = candidates[inside[_indices(ranks, inside.size)]]
        if outside.size:
            chosen = outside[_indices(u[~meets] * outside.size, outside.size)]
            values[~meets], bins[~meets] = candidates[chosen], candidate_bins[chosen]
        return TwinColumn(is_kept, values, bins.astype(np.intp))


def _indices(ranks: FloatArray, n_ranks: int) -> IntArray:
    """Round ranks down to indices; rounding errors may have moved one to `n_ranks`."""
    return np.minimum(ranks.astype(np.intp), n_ranks - 1)
