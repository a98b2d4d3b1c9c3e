"""Take variation with mean zero out of the responses: less noise, no model call.

A perturbed row whose feature j has left the bin of the explained row may have landed in any
other bin. The local fit only knows that it left: which bin it was is noise to it. Where
columns are drawn independently, take the part of an additive model of the responses that
depends on the bin, given that it is another one. It has mean zero whatever the encoding: it is
a control variate. Subtracting it changes no expected weight and no penalty. In practice the
whole additive model is subtracted. Its part that the encoding explains, one slope per feature,
is added back to the Gram matrices.

The additive model for a replicate is estimated without that replicate. Its errors are then
independent of the responses that it is subtracted from, and standard errors stay right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np

from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["BinIndicators", "additive_effects", "means_of_other_bins", "residual_responses"]

# Ridge penalty of the additive model: as if each bin had been seen once more, without any
# effect. With many draws per bin a penalty gains nothing, and least squares keep the
# explanation of an additive model exact.
_PENALTY = 1.0
_MANY_DRAWS_PER_BIN = 4

# Used instead of no penalty: bins that by chance cannot be told apart share their effect.
_NEGLIGIBLE_PENALTY = 1e-8

# Above this many bins the additive model costs more than it gains. A column with many levels
# is dropped from it first.
_MAX_BINS = 512
_MAX_BINS_PER_FEATURE = 32
_MAX_BINS_PER_DRAW = 2


@dataclass(frozen=True)
class BinIndicators:
    """Indicators of the bin of each replacement value.

    Attributes
    ----------
    indicators : ndarray of shape (n_perturbations, n_indicators)
        1 where a feature was replaced by a value of that bin. The bins of one feature are
        neighboring columns.

    features : ndarray of int of shape (n_modelled,)
        Features that the bins belong to.

    starts : ndarray of int of shape (n_modelled,)
        First bin of each of them. Its last bin is empty: levels that were not seen.

    counts : ndarray of shape (n_replicates, n_indicators)
        Sums of the indicators over each replicate.

    masses : ndarray of shape (n_indicators,)
        Share of the background in each bin of its feature.

    solvers : ndarray of shape (n_replicates, n_indicators, n_indicators)
        Inverses of the penalized, centered Gram matrices of the indicators without each
        replicate. They depend on the draws alone and serve every explained row.

    bounds : tuple of int
        First perturbation of each replicate, and the end of the last.
    """

    indicators: FloatArray
    features: IntArray
    starts: IntArray
    counts: FloatArray
    masses: FloatArray
    solvers: FloatArray
    bounds: tuple[int, ...]

    @classmethod
    def of(
        cls,
        representation: Array,
        kept: BoolArray | None,
        n_bins: IntArray,
        bounds: tuple[int, ...],
        shares: Sequence[FloatArray | None],
    ) -> Self | None:
        """Compute the indicators of draws.

        Parameters
        ----------
        representation : ndarray of shape (n_perturbations, n_features)
            Bins of the replacement values.

        kept : ndarray of bool of shape (n_perturbations, n_features), or None
            Where nothing was replaced; `None` where everything was.

        n_bins : ndarray of int of shape (n_features,)
            Number of bins of each feature; 0 for one without bins.

        bounds : tuple of int
            First perturbation of each replicate, and the end of the last.

        shares : sequence of (ndarray of shape (n_bins + 1,) or None)
            Share of the background in each bin of each feature, and in missing values; `None`
            for a feature without bins.

        Returns
        -------
        bins : BinIndicators, or None
            `None` if there are no bins or too many.
        """
        # Two more bins than `n_bins`: missing values, if any are drawn, and one for levels
        # that only an explained row holds. The second one is never drawn.
        n_all_bins = n_bins + 1 + (representation.max(axis=0) >= n_bins)
        features = np.flatnonzero((n_bins > 0) & (n_all_bins <= _MAX_BINS_PER_FEATURE))
        starts = np.concatenate([[0], np.cumsum(n_all_bins[features])])
        most = min(_MAX_BINS, _MAX_BINS_PER_DRAW * len(representation))
        if starts[-1] > most or features.size == 0:
            return None
        indices = starts[:-1] + representation[:, features].astype(np.intp)
        rows = np.broadcast_to(np.arange(len(indices))[:, None], indices.shape)
        replaced = np.ones(indices.shape, dtype=bool) if kept is None else ~kept[:, features]
        indicators = np.zeros((len(representation), starts[-1]))
        indicators[rows[replaced], indices[replaced]] = 1.0
        counts: FloatArray = np.add.reduceat(indicators, bounds[:-1], axis=0)
        # The indicators of a feature that is always replaced add up to one: its most frequent
        # bin is the reference that the others are compared with.
        totals = np.split(counts.sum(axis=0), starts[1:-1])
        largest = np.array([total.argmax() for total in totals])
        references = None if kept is not None else starts[:-1] + largest
        solvers = _leave_one_out_solvers(indicators, counts, bounds, references)
        # Known shares, not those of the draws: chance would move all replicates together, and
        # their spread would not show it.
        masses = np.zeros(starts[-1])
        for feature, start in zip(features.tolist(), starts.tolist()):
            own = shares[feature]
            if own is not None:
                masses[start : start + len(own)] = own
        return cls(indicators, features, starts[:-1], counts, masses, solvers, bounds)

    def indices(self, representation: Array) -> IntArray:
        """Return the bin of each row.

        Parameters
        ----------
        representation : ndarray of shape (n_rows, n_features)
            Bins of the rows.

        Returns
        -------
        indices : ndarray of int of shape (n_rows, n_modelled)
            Indices among the bins of all features.
        """
        last = np.append(self.starts[1:], self.counts.shape[1]) - 1
        indices: IntArray = self.starts + representation[:, self.features].astype(np.intp)
        capped: IntArray = np.minimum(indices, last)
        return capped

    def of_all_features(self, slopes: FloatArray, n_features: int) -> FloatArray:
        """Add the features that are not in the additive model.

        Parameters
        ----------
        slopes : ndarray of shape (n_replicates, n_modelled, n_responses)
            Slopes of the features in the model.

        n_features : int
            Number of all features.

        Returns
        -------
        slopes : ndarray of shape (n_replicates, n_features, n_responses)
            Zero for the added features.
        """
        if self.features.size == n_features:
            return slopes
        of_all = np.zeros((len(slopes), n_features, slopes.shape[2]))
        of_all[:, self.features] = slopes
        return of_all

    @property
    def replicates(self) -> list[slice]:
        """Return the perturbations of each replicate, as slices."""
        return [slice(*ends) for ends in pairwise(self.bounds)]


def additive_effects(F: FloatArray, bins: BinIndicators) -> FloatArray:
    """Estimate an additive model of the responses, without each replicate in turn.

    Parameters
    ----------
    F : ndarray of shape (n_perturbations, n_responses)
        Responses.

    bins : BinIndicators
        Bins of the replacement values.

    Returns
    -------
    effects : ndarray of shape (n_replicates, n_indicators, n_responses)
        Deviation of the response from its mean in each bin.
    """
    # Shifted by one of its values a constant response is exactly zero, and so are its effects.
    F = F - F[0]
    sums = np.stack([bins.indicators[here].T @ F[here] for here in bins.replicates])
    other_sums = sums.sum(axis=0) - sums
    other_counts = bins.counts.sum(axis=0) - bins.counts
    totals = np.add.reduceat(F, bins.bounds[:-1], axis=0)
    n_others = bins.bounds[-1] - np.diff(bins.bounds)
    other_means = (totals.sum(axis=0) - totals) / n_others[:, None]
    effects: FloatArray = bins.solvers @ (
        other_sums - other_counts[:, :, None] * other_means[:, None, :]
    )
    return effects


def _leave_one_out_solvers(
    indicators: FloatArray,
    counts: FloatArray,
    bounds: tuple[int, ...],
    references: IntArray | None,
) -> FloatArray:
    """Invert the penalized, centered Gram matrices of the indicators without each replicate."""
    grams = np.stack([indicators[a:b].T @ indicators[a:b] for a, b in pairwise(bounds)])
    grams = grams.sum(axis=0) - grams
    other_counts = counts.sum(axis=0) - counts
    n_others = bounds[-1] - np.diff(bounds)
    grams -= other_counts[:, :, None] * other_counts[:, None, :] / n_others[:, None, None]
    n_perturbations, n_indicators = indicators.shape
    has_many = n_perturbations >= _MANY_DRAWS_PER_BIN * n_indicators
    grams += (_NEGLIGIBLE_PENALTY if has_many else _PENALTY) * np.eye(n_indicators)
    # An empty bin and the reference have no effect: one on the diagonal makes the matrix
    # invertible, and zero in the inverse makes the effect zero.
    has_no_effect = other_counts == 0.0
    if references is not None:
        has_no_effect[:, references] = True
    grams[has_no_effect] = 0.0
    grams.swapaxes(1, 2)[has_no_effect] = 0.0
    replicate, index = np.nonzero(has_no_effect)
    grams[replicate, index, index] = 1.0
    solvers: FloatArray = np.linalg.inv(grams)
    solvers[replicate, index, index] = 0.0
    return solvers


def residual_responses(F: FloatArray, effects: FloatArray, bins: BinIndicators) -> FloatArray:
    """Subtract the additive model, on each replicate the one estimated without it.

    Parameters
    ----------
    F : ndarray of shape (n_perturbations, n_responses)
        Responses.

    effects : ndarray of shape (n_replicates, n_indicators, n_responses)
        From `additive_effects`.

    bins : BinIndicators
        Bins of the replacement values.

    Returns
    -------
    residuals : ndarray of shape (n_perturbations, n_responses)
        Responses minus the additive model.
    """
    parts = zip(bins.replicates, effects)
    return np.concatenate([F[here] - bins.indicators[here] @ effect for here, effect in parts])


def means_of_other_bins(
    effects: FloatArray, bins: BinIndicators, instance_bins: IntArray
) -> FloatArray:
    """Average the effects of the bins that a changed feature may land in.

    Parameters
    ----------
    effects : ndarray of shape (n_replicates, n_indicators, n_responses)
        From `additive_effects`.

    bins : BinIndicators
        Bins of the replacement values.

    instance_bins : ndarray of int of shape (n_features, n_responses)
        Bin of the explained row of each response.

    Returns
    -------
    means : ndarray of shape (n_replicates, n_features, n_responses)
        Means over the bins other than that of the explained row, weighted by the probability
        of each.
    """
    masses = bins.masses
    sums = np.add.reduceat(masses[:, None] * effects, bins.starts, axis=1)
    instance_masses = masses[instance_bins]
    sums -= instance_masses * np.take_along_axis(effects, instance_bins[None], axis=1)
    other_masses = np.add.reduceat(masses, bins.starts)[:, None] - instance_masses
    means: FloatArray = sums / np.where(other_masses > 0.0, other_masses, np.inf)
    return means
