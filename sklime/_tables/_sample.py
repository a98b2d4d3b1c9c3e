"""The sample of an explainer: what it draws, in how many replicates, and what all rows share."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sklime._tables._control_variates import Cells, additive_effects, residual_responses
from sklime._tables._encoding import TabularEncoder
from sklime._tables._rare_draws import Changes, draw_weights, forced_changes
from sklime.neighborhoods import BaseNeighborhood, base_points, replicate_bounds
from sklime.neighborhoods._base import Draws

__all__ = ["Sample", "Sampler", "SharedAnswers", "is_new"]


@dataclass(frozen=True)
class SharedAnswers:
    """What the model answered in `fit`, and the additive model of it.

    Attributes
    ----------
    responses : ndarray of shape (n_perturbations, n_responses)
        Answers at the draws.

    effects : ndarray of shape (n_replicates, n_cells, n_responses) or None
        Additive model; `None` without control variates.

    residuals : ndarray of shape (n_perturbations, n_responses) or None
        What it leaves.
    """

    responses: np.ndarray
    effects: np.ndarray | None
    residuals: np.ndarray | None


@dataclass(frozen=True)
class Sample:
    """Draws of one size.

    Attributes
    ----------
    draws : Draws
        What the neighborhood drew.

    cells : Cells or None
        Where there are control variates, the cells that they are made of.

    bounds : tuple of int
        First mask of each replicate, and the end of the last.

    n_copies : int
        How often the model is asked about each mask: 2 with twins, else 1.

    weights : ndarray of shape (n_perturbations,) or None
        How much each draw counts, where some were made to change a column that hardly ever
        changes; `None` for ones.

    shared : SharedAnswers or None
        What the model answered at the draws, where all rows share them.
    """

    draws: tuple
    cells: Cells | None
    bounds: tuple
    n_copies: int = 1
    weights: np.ndarray | None = None
    shared: SharedAnswers | None = None

    @property
    def n_perturbations(self):
        """Return the number of perturbed rows that the model is asked about."""
        return self.n_copies * self.bounds[-1]

    @property
    def asked_bounds(self):
        """Return the first perturbed row of each replicate, and the end of the last."""
        return tuple(self.n_copies * bound for bound in self.bounds)

    @property
    def n_replicates(self):
        """Return the number of replicates."""
        return len(self.bounds) - 1

    def answered(self, responses):
        """Return the sample with what the model answered at its draws.

        Parameters
        ----------
        responses : ndarray of shape (n_perturbations, n_responses)
            Answers.

        Returns
        -------
        sample : Sample
            With an additive model of the answers, where there are cells.
        """
        if self.cells is None:
            return replace(self, shared=SharedAnswers(responses, None, None))
        effects = additive_effects(responses, self.cells)
        residuals = residual_responses(responses, effects, self.cells)
        return replace(self, shared=SharedAnswers(responses, effects, residuals))


@dataclass(frozen=True)
class Sampler:
    """Draw samples of any size from one seed; each begins as the smaller ones do.

    Attributes
    ----------
    neighborhood : BaseNeighborhood
        Turns base points into draws.

    background : BaseBackground
        Fitted background.

    encoder : TabularEncoder
        Knows the bins.

    n_replicates : int
        Number of replicates.

    control_variates : bool
        Whether to make cells for control variates, where that is possible.

    seed : int
        What everything is drawn from.

    first_size : int, default=None
        Size of the sample that is doubled; `None` where none is.
    """

    neighborhood: BaseNeighborhood
    background: object
    encoder: TabularEncoder
    n_replicates: int
    control_variates: bool
    seed: int
    first_size: int | None = None

    @cached_property
    def changes(self):
        """Return which points change which columns; `None` where that is not known."""
        return Changes.of(self.neighborhood, self.background, self.encoder)

    def sample(self, n_perturbations):
        """Draw a sample.

        Parameters
        ----------
        n_perturbations : int
            Its size.

        Returns
        -------
        sample : Sample
            A pure function of the sampler and the size.
        """
        n_dimensions = self.neighborhood.n_dimensions(self.background, self.encoder.n_features)
        n_copies = self.n_copies(n_perturbations)
        n_masks = n_perturbations // n_copies
        points = base_points(
            n_masks,
            n_dimensions,
            self.n_replicates,
            seed=self.seed,
            points=self.neighborhood.points,
        )
        bounds = replicate_bounds(n_masks, self.n_replicates)
        points, weights = self._with_rare_changes(points, bounds, n_copies)
        draws = self.neighborhood.draw(points, self.background, self.encoder)
        if n_copies == 1 and isinstance(draws, Draws):
            draws = draws._replace(twins=None)
        cells = self._cells(draws, bounds, weights)
        return Sample(draws, cells, bounds, n_copies=n_copies, weights=weights)

    def n_copies(self, n_perturbations):
        """Return how often the model is asked about each mask of a sample.

        Parameters
        ----------
        n_perturbations : int
            Size of the sample.

        Returns
        -------
        n_copies : {1, 2}
            1 where twins would leave fewer than two masks to a replicate.
        """
        n_copies = self.neighborhood.n_copies(self.background, self.encoder)
        return n_copies if n_perturbations >= 2 * n_copies * self.n_replicates else 1

    def _with_rare_changes(self, points, bounds, n_copies):
        """Make some points change columns that hardly ever change, and weigh all points."""
        if self.changes is None:
            return points, None
        sizes = [bounds[-1]]
        first_size = None if self.first_size is None else self.first_size // n_copies
        while first_size is not None and sizes[0] > first_size:
            sizes.insert(0, sizes[0] // 2)
        made, indices = forced_changes(self.changes, sizes, self.n_replicates, n_copies)
        if made.size == 0:
            return points, None
        everywhere = (np.array(bounds[:-1])[:, None] + indices).ravel()
        points = self.changes.made(points, everywhere, np.tile(made, self.n_replicates))
        n_made = self.n_replicates * np.bincount(made, minlength=self.changes.features.size)
        return points, draw_weights(self.changes.has(points), self.changes.rates, n_made)

    def _cells(self, draws, bounds, weights):
        is_known = draws.representation is not None and self.background.is_columnwise_
        if not self.control_variates or not is_known:
            return None
        return Cells.of(draws.representation, draws.kept, self.encoder.n_bins, bounds, weights)


def is_new(bounds, smaller_bounds):
    """Tell which perturbations of a sample are not in a smaller one of the same sampler.

    Parameters
    ----------
    bounds, smaller_bounds : sequence of int
        Replicates of the samples.

    Returns
    -------
    is_new : ndarray of bool of shape (n_perturbations,)
        The others are the smaller sample, in its order.

    Examples
    --------
    >>> from sklime._tables._sample import is_new
    >>> is_new((0, 2, 4), (0, 1, 2))
    array([False,  True, False,  True])
    """
    indices = np.arange(bounds[-1]) - np.repeat(bounds[:-1], np.diff(bounds))
    return indices >= np.repeat(np.diff(smaller_bounds), np.diff(bounds))
