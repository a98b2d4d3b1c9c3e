"""What a split does to the mean of a tree and to covariances, by bin and state of a row.

A split on column j sends a share `a` of the probability of its node to the left. With M, the mean
of the tree below a node, and Delta, M on the left minus M on the right,

    P(left) = P a,    P(right) = P - P a,    M = M(right) + a Delta,

and the split adds ``P Delta g`` to ``Cov(f, Z_j)``, with ``g = a (rho(left) - rho(previous))``.
Both `a` and `g` depend on the value of column j alone, so they are tables.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from sklime._exact._nodes import NOTHING, Nodes
from sklime._exact._states import LEFT, N_STATES, RIGHT
from sklime._exact._supports import Support
from sklime._exact._tilt import Tilts
from sklime.utils._types import FloatArray, IntArray

__all__ = ["BinTilts", "SplitTables"]


@dataclass(frozen=True)
class BinTilts:
    """How the values of perturbed columns are distributed around rows in each bin.

    All arrays have the shape (n_columns + 1, n_bins) and describe `Tilt` for a row in a bin. The
    last column of the table is one that never changes.

    Attributes
    ----------
    own, inside, outside : ndarray
        Probability of the value of the row itself, and factors of the background.

    means : ndarray
        Mean encoding; for standard scores, of a row whose score is 0.

    mean_slopes, encodings, encoding_slopes : ndarray
        Increase of the mean by the score of the row; encoding of a row whose score is 0, and its
        increase. The slopes are 0 for bins.

    n_bins : ndarray of int of shape (n_columns + 1,)
        Number of bins of each column, with the one for unknown levels.
    """

    own: FloatArray
    inside: FloatArray
    outside: FloatArray
    means: FloatArray
    mean_slopes: FloatArray
    encodings: FloatArray
    encoding_slopes: FloatArray
    n_bins: IntArray

    @classmethod
    def of(cls, tilts: Tilts) -> Self:
        """Evaluate tilts in all bins.

        Parameters
        ----------
        tilts : Tilts
            Neighborhood and kernel.

        Returns
        -------
        tilts : BinTilts
            For all bins.
        """
        supports = (*tilts.supports, Support.of_one_value())
        tilts = Tilts.of(supports, np.append(tilts.keep, 1.0), tilts.outside)
        n_bins = np.array([support.n_bins + 1 for support in supports], dtype=np.intp)
        bins = np.tile(np.arange(n_bins.max(), dtype=np.float64)[:, None], len(supports))
        # No row is in a bin without mass if only values in this bin have weight.
        with np.errstate(divide="ignore", invalid="ignore"):
            low = tilts.around(np.where(tilts.is_binned, bins, 0.0)).tilt
            high = tilts.around(np.where(tilts.is_binned, bins, 1.0)).tilt
            mean_slopes = high.means - low.means
        return cls(
            own=low.own.T,
            inside=low.inside.T,
            outside=low.outside.T,
            means=low.means.T,
            mean_slopes=mean_slopes.T,
            encodings=low.encodings.T,
            encoding_slopes=(high.encodings - low.encodings).T,
            n_bins=n_bins,
        )

    @property
    def has_scores(self) -> bool:
        """Tell whether some columns are standard scores."""
        return bool((self.encoding_slopes > 0.0).any())


@dataclass(frozen=True)
class SplitTables:
    """Tables of some splits, one after the other: for each bin of the column, each state.

    Attributes
    ----------
    starts : ndarray of int of shape (n_splits, 1)
        Where each split begins.

    shares : ndarray of shape (n_entries,)
        Share `a` of the left child.

    gains : ndarray of shape (n_entries,)
        Gain `g` of a row whose scores are 0.

    gain_slopes : ndarray of shape (n_entries,) or None
        Increase of `g` by the score of the row; `None` if no column is one of scores.
    """

    starts: IntArray
    shares: FloatArray
    gains: FloatArray
    gain_slopes: FloatArray | None

    @classmethod
    def of(cls, nodes: Nodes, tilts: BinTilts) -> Self:
        """Fill the tables of the splits of some trees.

        Parameters
        ----------
        nodes : Nodes
            Nodes with the masses of their conditions.

        tilts : BinTilts
            Distribution of the perturbed columns in each bin.

        Returns
        -------
        tables : SplitTables
            In the order of the layout: one split for each pair of siblings.
        """
        children = np.arange(nodes.layout.bounds[1], nodes.layout.n_nodes, 2)
        n_bins = tilts.n_bins[nodes.layout.column[children]]
        ends = np.cumsum(n_bins)
        at = np.repeat(np.arange(len(children)), n_bins)
        bins = np.arange(len(at)) - (ends - n_bins)[at]
        shares = np.zeros((len(at), N_STATES))
        gains, slopes = np.zeros(shares.shape), np.zeros(shares.shape)
        parts = _Parts.of(nodes, tilts, children[at], bins)
        for state in range(N_STATES):
            filled = parts.by_state(is_left=state == LEFT, is_met=state in (LEFT, RIGHT))
            shares[:, state], gains[:, state], slopes[:, state] = filled
        return cls(
            starts=(N_STATES * (ends - n_bins))[:, None],
            shares=shares.ravel(),
            gains=gains.ravel(),
            gain_slopes=slopes.ravel() if tilts.has_scores else None,
        )

    def __getitem__(self, order: IntArray) -> Self:
        """Return the splits in another order; the tables stay where they are."""
        return replace(self, starts=self.starts[order])


@dataclass(frozen=True)
class _Parts:
    """Background and tilt of splits in bins, and of the previous nodes."""

    own: FloatArray
    background: FloatArray
    scores: FloatArray
    background_above: FloatArray
    scores_above: FloatArray
    has_above: FloatArray
    means: tuple[FloatArray, FloatArray]
    encodings: tuple[FloatArray, FloatArray]

    @classmethod
    def of(cls, nodes: Nodes, tilts: BinTilts, left: IntArray, bins: IntArray) -> Self:
        where = nodes.layout.column[left], bins
        inside, outside = tilts.inside[where], tilts.outside[where]
        previous = nodes.layout.previous[left]

        def of_nodes(index: IntArray) -> tuple[FloatArray, FloatArray]:
            at = nodes.starts[index] + bins
            in_bin = nodes.bin_masses[at]
            mass = inside * in_bin + outside * (nodes.masses[index] - in_bin)
            return mass, inside * nodes.bin_scores[at]

        has_above = previous != NOTHING
        return cls(
            tilts.own[where],
            *of_nodes(left),
            # Anything where there is no previous node.
            *of_nodes(np.where(has_above, previous, left)),
            has_above,
            (tilts.means[where], tilts.mean_slopes[where]),
            (tilts.encodings[where], tilts.encoding_slopes[where]),
        )

    def by_state(self, *, is_left: bool, is_met: bool) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return shares, gains and slopes of gains for rows in one state."""
        q = self.own * is_left + self.background
        above = self.own * is_met + self.background_above
        above = np.where(self.has_above, above, 1.0)
        is_possible = above > 0.0
        divisor = np.where(is_possible, above, 1.0)
        gains = []
        for mean, encoding, scores in zip(self.means, self.encodings, (1.0, 0.0)):
            shared = self.own * encoding * is_left + scores * self.scores
            shared_above = self.own * encoding * is_met + scores * self.scores_above
            rho = np.where(self.has_above, shared_above / divisor, mean)
            gains.append(np.where(is_possible, (shared - q * rho) / divisor, 0.0))
        return np.where(is_possible, q / divisor, 0.0), gains[0], gains[1]
