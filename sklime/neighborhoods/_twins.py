"""Twins: perturbed rows that meet the same conditions with other values.

Which value replaced a changed column is nothing that a statement about conditions can explain.
A twin meets the same conditions as its perturbed row, and all its values are drawn anew given
that. Responses f1, f2 of twins are independent given the conditions Z, with the same mean
v(Z) = E[f | Z]. So for any function g of the conditions E[(f1 - g)(f2 - g)] = E[(v - g)^2].
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

__all__ = ["TwinColumn", "Twins"]

# Values that stand for the distribution of a column, at equal steps of probability.
N_VALUES = 2048

# Numbers that are computed once, for all bins, where they are few enough.
_MAX_KNOWN = 2**21


class TwinColumn(NamedTuple):
    """One column of the twins of the rows that are in one bin of it.

    Attributes
    ----------
    kept : ndarray of bool of shape (n_masks,)
        Where the twin keeps the value of the explained row.

    values : ndarray of shape (n_masks,)
        Value of the twin, where it does not.

    bins : ndarray of int of shape (n_masks,)
        Bin of the twin; that of the explained row where the condition holds.
    """

    kept: np.ndarray
    values: np.ndarray
    bins: np.ndarray


@dataclass(frozen=True)
class Twins:
    """What the twins of perturbed rows are made from.

    Attributes
    ----------
    keep : float
        Probability with which a feature keeps the value of the explained row.

    draws : tuple of three ndarray of shape (n_masks, n_features)
        Of the perturbed rows: the values that may replace the row's, which features are kept
        instead, and the bins of the values.

    uniforms : ndarray of shape (n_masks, n_features)
        What the values of the twins are chosen by.

    values, bins : ndarray of shape (`N_VALUES`, n_features)
        Values of the background, column by column, and their bins.

    is_binned : ndarray of bool of shape (n_features,)
        Columns with bins that are drawn anew. A standard score is itself the condition: the twin
        has the same; and so it has of a column that is held.

    known : dict
        Columns that are computed already, by feature and bin.
    """

    keep: float
    draws: tuple
    uniforms: np.ndarray
    values: np.ndarray
    bins: np.ndarray
    is_binned: np.ndarray
    known: dict

    @classmethod
    def of(cls, keep, draws, uniforms, background, encoder):
        """Prepare the twins of draws from a background that draws each column on its own.

        Parameters
        ----------
        keep, draws, uniforms : float, tuple, ndarray
            As in the attributes.

        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Knows the bins.

        Returns
        -------
        twins : Twins
            The same for every explained row.
        """
        steps = (np.arange(N_VALUES) + 0.5) / N_VALUES
        values = background.sample(np.repeat(steps[:, None], encoder.n_features, axis=1))
        bins = encoder.represent(values)
        is_drawn = encoder.is_binned & encoder.can_change
        twins = cls(keep, draws, uniforms, values, bins, is_drawn, {})
        indices = np.flatnonzero(is_drawn)
        n_bins = encoder.n_bins[indices] + 1
        if n_bins.sum() * len(uniforms) <= _MAX_KNOWN:
            for index, count in zip(indices.tolist(), n_bins.tolist()):
                twins.known.update(
                    {(index, instance): twins._made(index, instance) for instance in range(count)}
                )
        return twins

    def columns(self, instance):
        """Yield the columns of twins, for the rows of one bin at a time.

        Parameters
        ----------
        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Yields
        ------
        feature : int
            Feature.

        here : ndarray of int
            Indices of the rows that are in one bin of it.

        column : TwinColumn
            The feature of the twins of these rows.
        """
        for feature in np.flatnonzero(self.is_binned).tolist():
            found, which = np.unique(instance[:, feature], return_inverse=True)
            for position, instance_bin in enumerate(found.tolist()):
                column = self.known.get((feature, instance_bin))
                if column is None:
                    column = self._made(feature, instance_bin)
                yield feature, np.flatnonzero(which == position), column

    def perturb(self, perturbed, rows, instance):
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
            A twin meets the same conditions of the explained row.
        """
        n_rows, n_masks, n_features = perturbed.shape
        # Masks last: each column of the twins of a row is written in one piece.
        twins = np.empty((n_rows, n_features, n_masks))
        twins[:, ~self.is_binned] = perturbed[:, :, ~self.is_binned].swapaxes(1, 2)
        for index, here, column in self.columns(instance):
            twins[here, index] = np.where(column.kept, rows[here, index, None], column.values)
        pairs = np.empty((n_rows, n_masks, 2, n_features))
        pairs[:, :, 0] = perturbed
        pairs[:, :, 1] = twins.swapaxes(1, 2)
        return pairs.reshape(n_rows, 2 * n_masks, n_features)

    def _made(self, index, instance_bin):
        """Draw a column anew for rows of one bin, given that the condition holds or not."""
        values, kept, bins = (array[:, index] for array in self.draws)
        known_values, known_bins = self.values[:, index], self.bins[:, index]
        inside = np.flatnonzero(known_bins == instance_bin)
        outside = np.flatnonzero(known_bins != instance_bin)
        meets, u = kept | (bins == instance_bin), self.uniforms[:, index]
        # Given that the condition holds: kept, or replaced by a value of the same bin.
        level = u * (self.keep + (1.0 - self.keep) * inside.size / N_VALUES)
        is_kept = meets & ((level < self.keep) | (inside.size == 0))
        # The value of the perturbed row itself, where its bin is so rare that no other is known.
        values, bins = values.copy(), np.where(meets, instance_bin, bins)
        is_drawn = meets & ~is_kept
        rank = (level[is_drawn] - self.keep) / (1.0 - self.keep) * N_VALUES
        values[is_drawn] = known_values[inside[_whole(rank, inside.size)]]
        if outside.size:
            chosen = outside[_whole(u[~meets] * outside.size, outside.size)]
            values[~meets], bins[~meets] = known_values[chosen], known_bins[chosen]
        return TwinColumn(is_kept, values, bins.astype(np.intp))


def _whole(ranks, n_ranks):
    """Round ranks down; rounding may have brought one up to the end of its range."""
    return np.minimum(ranks.astype(np.intp), n_ranks - 1)
