"""Take out of the responses what averages out anyway: less noise, no model call.

A perturbed row whose feature j has left the bin of the explained row may have landed in any
other bin. The local fit only knows that it left, so which one it was is noise to it. Where
columns are drawn independently, the part of an additive model of the responses that depends
on the bin, given that it is another one, has mean zero whatever the encoding: a control
variate. Subtracting it changes no expected weight and no penalty. What is subtracted is the
additive model itself; the part of it that the encoding explains, a slope a feature, is added
back to the Gram matrices.

The additive model for a replicate is estimated without that replicate, so that its errors
are independent of what it is subtracted from, and the spread between replicates stays honest.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

__all__ = ["Cells", "additive_effects", "means_of_other_cells", "residual_responses"]

# Ridge penalty of the additive model: as if each cell had been seen once more, without any
# effect. Where there are many draws a cell it gains nothing, and least squares keep the
# explanation of an additive model exact.
_PENALTY = 1.0
_MANY_DRAWS_PER_CELL = 4

# Instead of no penalty: cells that by chance cannot be told apart share their effect.
_NEGLIGIBLE_PENALTY = 1e-8

# Above this many cells the additive model costs more than it gains; a column with many
# levels is left out of it before the others suffer.
_MAX_CELLS = 512
_MAX_CELLS_PER_FEATURE = 32
_MAX_CELLS_PER_DRAW = 2


@dataclass(frozen=True)
class Cells:
    """Which bin each replaced value has landed in, as indicators.

    Attributes
    ----------
    indicators : ndarray of shape (n_perturbations, n_cells)
        1 where a feature was replaced by a value of that cell; cells of one feature are
        neighbors.

    features : ndarray of int of shape (n_modelled,)
        Features that the cells belong to.

    starts : ndarray of int of shape (n_modelled,)
        First cell of each of them. Its last cell is empty: levels that were not seen.

    counts : ndarray of shape (n_replicates, n_cells)
        Sums of the indicators over each replicate.

    masses : ndarray of shape (n_cells,)
        Sums of the weights of the draws in each cell.

    solvers : ndarray of shape (n_replicates, n_cells, n_cells)
        Inverses of the penalized, centered Gram matrices of the indicators without each
        replicate. They depend on the draws alone and serve every explained row.

    bounds : tuple of int
        Replicates.
    """

    indicators: np.ndarray
    features: np.ndarray
    starts: np.ndarray
    counts: np.ndarray
    masses: np.ndarray
    solvers: np.ndarray
    bounds: tuple

    @classmethod
    def of(cls, representation, kept, n_bins, bounds, weights=None):
        """Make the indicators of some draws.

        Parameters
        ----------
        representation : ndarray of shape (n_perturbations, n_features)
            Bins of the replacement values.

        kept : ndarray of bool of shape (n_perturbations, n_features), or None
            Where nothing was replaced; `None` where everything was.

        n_bins : ndarray of int of shape (n_features,)
            Number of bins of each feature; 0 for one without bins.

        bounds : tuple of int
            Replicates.

        weights : ndarray of shape (n_perturbations,), default=None
            Weights of the draws; `None` for ones.

        Returns
        -------
        cells : Cells, or None
            `None` where there are too many.
        """
        # More than the bins: missing values where any are drawn, and, never drawn, whatever
        # else an explained row may hold.
        n_cells = n_bins + 1 + (representation.max(axis=0) >= n_bins)
        features = np.flatnonzero((n_bins > 0) & (n_cells <= _MAX_CELLS_PER_FEATURE))
        starts = np.concatenate([[0], np.cumsum(n_cells[features])])
        most = min(_MAX_CELLS, _MAX_CELLS_PER_DRAW * len(representation))
        if starts[-1] > most or features.size == 0:
            return None
        indices = starts[:-1] + representation[:, features].astype(np.intp)
        rows = np.broadcast_to(np.arange(len(indices))[:, None], indices.shape)
        replaced = np.ones(indices.shape, dtype=bool) if kept is None else ~kept[:, features]
        indicators = np.zeros((len(representation), starts[-1]))
        indicators[rows[replaced], indices[replaced]] = 1.0
        counts = np.add.reduceat(indicators, bounds[:-1], axis=0)
        # The cells of a feature that is always replaced add up to one: its most frequent one
        # is the reference that the others are compared with.
        totals = np.split(counts.sum(axis=0), starts[1:-1])
        references = starts[:-1] + [total.argmax() for total in totals] if kept is None else []
        solvers = _left_out_solvers(indicators, counts, bounds, references)
        masses = counts.sum(axis=0) if weights is None else weights @ indicators
        return cls(indicators, features, starts[:-1], counts, masses, solvers, bounds)

    def indices(self, representation):
        """Return the cell that each row is in.

        Parameters
        ----------
        representation : ndarray of shape (n_rows, n_features)
            Bins of the rows.

        Returns
        -------
        indices : ndarray of int of shape (n_rows, n_modelled)
            Indices among all cells.
        """
        last = np.append(self.starts[1:], self.counts.shape[1]) - 1
        return np.minimum(self.starts + representation[:, self.features].astype(np.intp), last)

    def of_all_features(self, slopes, n_features):
        """Add the features that have no cells.

        Parameters
        ----------
        slopes : ndarray of shape (n_replicates, n_modelled, n_responses)
            Slopes of the features with cells.

        n_features : int
            Number of all features.

        Returns
        -------
        slopes : ndarray of shape (n_replicates, n_features, n_responses)
            Zero for the others.
        """
        if self.features.size == n_features:
            return slopes
        everywhere = np.zeros((len(slopes), n_features, slopes.shape[2]))
        everywhere[:, self.features] = slopes
        return everywhere

    @property
    def replicates(self):
        """Return the perturbations of each replicate, as slices."""
        return [slice(*ends) for ends in pairwise(self.bounds)]


def additive_effects(F, cells):
    """Estimate an additive model of the responses, without each replicate in turn.

    Parameters
    ----------
    F : ndarray of shape (n_perturbations, n_responses)
        Responses.

    cells : Cells
        Cells of the replaced values.

    Returns
    -------
    effects : ndarray of shape (n_replicates, n_cells, n_responses)
        By how much the response is off its mean in each cell.
    """
    # Off a value of its own first, so that a constant response has no effects at all.
    F = F - F[0]
    sums = np.stack([cells.indicators[here].T @ F[here] for here in cells.replicates])
    sums_left = sums.sum(axis=0) - sums
    counts_left = cells.counts.sum(axis=0) - cells.counts
    totals = np.add.reduceat(F, cells.bounds[:-1], axis=0)
    sizes_left = cells.bounds[-1] - np.diff(cells.bounds)
    means_left = (totals.sum(axis=0) - totals) / sizes_left[:, None]
    return cells.solvers @ (sums_left - counts_left[:, :, None] * means_left[:, None, :])


def _left_out_solvers(indicators, counts, bounds, references):
    """Invert the penalized, centered Gram matrices of the indicators without each replicate."""
    grams = np.stack([indicators[a:b].T @ indicators[a:b] for a, b in pairwise(bounds)])
    grams = grams.sum(axis=0) - grams
    left = counts.sum(axis=0) - counts
    sizes_left = bounds[-1] - np.diff(bounds)
    grams -= left[:, :, None] * left[:, None, :] / sizes_left[:, None, None]
    n_perturbations, n_cells = indicators.shape
    has_many = n_perturbations >= _MANY_DRAWS_PER_CELL * n_cells
    grams += (_NEGLIGIBLE_PENALTY if has_many else _PENALTY) * np.eye(n_cells)
    is_fixed = left == 0.0
    is_fixed[:, references] = True
    grams[is_fixed] = 0.0
    grams.swapaxes(1, 2)[is_fixed] = 0.0
    replicate, cell = np.nonzero(is_fixed)
    grams[replicate, cell, cell] = 1.0
    solvers = np.linalg.inv(grams)
    solvers[replicate, cell, cell] = 0.0
    return solvers


def residual_responses(F, effects, cells):
    """Subtract the additive model, on each replicate the one estimated without it.

    Parameters
    ----------
    F : ndarray of shape (n_perturbations, n_responses)
        Responses.

    effects : ndarray of shape (n_replicates, n_cells, n_responses)
        From `additive_effects`.

    cells : Cells
        Cells of the replaced values.

    Returns
    -------
    residuals : ndarray of shape (n_perturbations, n_responses)
        What is left of the responses.
    """
    parts = zip(cells.replicates, effects)
    return np.concatenate([F[here] - cells.indicators[here] @ effect for here, effect in parts])


def means_of_other_cells(effects, cells, instance_cells):
    """Average the effects of the cells that a feature may leave its own for.

    Parameters
    ----------
    effects : ndarray of shape (n_replicates, n_cells, n_responses)
        From `additive_effects`.

    cells : Cells
        Cells of the replaced values.

    instance_cells : ndarray of int of shape (n_features, n_responses)
        Cell that the explained row of each response is in itself.

    Returns
    -------
    means : ndarray of shape (n_replicates, n_features, n_responses)
        Means over the other cells, weighted by how likely each is drawn.
    """
    masses = cells.masses
    sums = np.add.reduceat(masses[:, None] * effects, cells.starts, axis=1)
    instance_masses = masses[instance_cells]
    sums -= instance_masses * np.take_along_axis(effects, instance_cells[None], axis=1)
    others = np.add.reduceat(masses, cells.starts)[:, None] - instance_masses
    return sums / np.where(others > 0.0, others, np.inf)
