"""Twins: perturbed rows that meet the same conditions with other values.

Which value replaced a changed column is nothing that a statement about conditions can explain.
A twin meets the same conditions as its perturbed row, and all its values are drawn anew given
that. Responses f1, f2 of twins are independent given the conditions Z, with the same mean
v(Z) = E[f | Z]: for any function g of the conditions, E[(f1 - g)(f2 - g)] = E[(v - g)^2].
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["Twins"]

# Values that stand for a column's distribution, at equal steps of probability.
N_VALUES = 4096


@dataclass(frozen=True)
class Twins:
    """What the twins of perturbed rows are made from.

    Attributes
    ----------
    keep : float
        Probability with which a feature keeps the value of the explained row.

    kept, representation : ndarray of shape (n_masks, n_features)
        Of the perturbed rows: which features are kept, and bins of the other values.

    uniforms : ndarray of shape (n_masks, n_features)
        What the values of the twins are chosen by.

    values, bins : ndarray of shape (`N_VALUES`, n_features)
        Values of the background, column by column, and their bins.

    is_binned : ndarray of bool of shape (n_features,)
        Columns with bins. A standard score is itself the condition: the twin has the same.
    """

    keep: float
    kept: np.ndarray
    representation: np.ndarray
    uniforms: np.ndarray
    values: np.ndarray
    bins: np.ndarray
    is_binned: np.ndarray

    @classmethod
    def of(cls, keep, kept, representation, uniforms, background, encoder):
        """Prepare twins of the draws of a columnwise background.

        Parameters
        ----------
        keep : float
            Probability with which a feature keeps the value of the explained row.

        kept, representation, uniforms : ndarray of shape (n_masks, n_features)
            As in the attributes.

        background : BaseBackground
            Fitted background that draws each column on its own.

        encoder : TabularEncoder
            Knows the bins.

        Returns
        -------
        twins : Twins
            The same for every explained row.
        """
        steps = (np.arange(N_VALUES) + 0.5) / N_VALUES
        values = background.sample(np.repeat(steps[:, None], kept.shape[1], axis=1))
        bins = encoder.represent(values)
        return cls(keep, kept, representation, uniforms, values, bins, encoder.is_binned)

    def perturb(self, perturbed, rows, own):
        """Return the twins of perturbed rows.

        Parameters
        ----------
        perturbed : ndarray of shape (n_rows, n_masks, n_features)
            Perturbed rows.

        rows, own : ndarray of shape (n_rows, n_features)
            Explained rows, and their representation.

        Returns
        -------
        twins : ndarray of shape (n_rows, n_masks, n_features)
            Rows that meet the same conditions of the explained rows.
        """
        twins = perturbed.copy()
        for place, here, own_bin in self._same_bins(own):
            kept, chosen = self._choices(place, own_bin)
            is_drawn = ~kept & (chosen >= 0)
            kept_values = np.broadcast_to(rows[here, place, None], (len(here), len(kept)))
            twins[here[:, None], np.flatnonzero(kept), place] = kept_values[:, kept]
            twins[here[:, None], np.flatnonzero(is_drawn), place] = self.values[
                chosen[is_drawn], place
            ]
        return twins

    def other_bins(self, own, features):
        """Return the bins that twins have landed in where a condition does not hold.

        Parameters
        ----------
        own : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        features : ndarray of int of shape (n_wanted,)
            Features with bins.

        Returns
        -------
        bins : ndarray of int of shape (n_rows, n_masks, n_wanted)
            The bin of the explained row itself where the condition holds.
        """
        bins = np.empty((len(own), len(self.kept), len(features)), dtype=np.intp)
        order = {feature: index for index, feature in enumerate(features)}
        for place, here, own_bin in self._same_bins(own):
            if place in order:
                kept, chosen = self._choices(place, own_bin)
                found = np.where(kept, own_bin, self.bins[chosen, place])
                found = np.where(chosen < 0, self.representation[:, place], found)
                bins[here, :, order[place]] = np.where(kept, own_bin, found)
        return bins

    def _same_bins(self, own):
        """Yield each column with bins, and the rows that are in the same bin of it."""
        for place in np.flatnonzero(self.is_binned):
            found, which = np.unique(own[:, place], return_inverse=True)
            for index, own_bin in enumerate(found):
                yield place, np.flatnonzero(which == index), own_bin

    def _choices(self, place, own_bin):
        """Return which twins keep a feature, and the places of the values of the others.

        A place of -1 stands for the value of the perturbed row itself: its bin is so rare that
        none of the values that stand for the column is like it.
        """
        in_bin = self.bins[:, place] == own_bin
        inside, outside = np.flatnonzero(in_bin), np.flatnonzero(~in_bin)
        u = self.uniforms[:, place]
        meets = self.kept[:, place] | (self.representation[:, place] == own_bin)
        # Given that the condition holds: kept, or replaced by a value of the same bin.
        level = u * (self.keep + (1.0 - self.keep) * inside.size / N_VALUES)
        kept = meets & ((level < self.keep) | (inside.size == 0))
        rank = ((level - self.keep) / (1.0 - self.keep) * N_VALUES).astype(np.intp)
        chosen = np.full(len(u), -1, dtype=np.intp)
        drawn = meets & ~kept
        chosen[drawn] = inside[np.minimum(rank[drawn], inside.size - 1)]
        if outside.size:
            chosen[~meets] = outside[(u[~meets] * outside.size).astype(np.intp)]
        return kept, chosen
