"""The sample of an explainer: its draws, its replicates, and the answers that all rows share."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Self, cast

import numpy as np

from sklime._exact._supports import has_cells
from sklime._tables._baseline import N_WIDE, Baseline
from sklime._tables._control_variates import BinIndicators, additive_effects, residual_responses
from sklime._tables._encoding import TabularEncoder
from sklime._tables._rare_draws import Changes, draw_weights, forced_changes
from sklime.backgrounds import BaseBackground
from sklime.neighborhoods import (
    AnchoredNeighborhood,
    BaseNeighborhood,
    SharedNeighborhood,
    base_points,
    replicate_bounds,
)
from sklime.neighborhoods._base import Draws
from sklime.neighborhoods._sparse_draws import SparseDraws
from sklime.utils._types import BoolArray, FloatArray

__all__ = ["Sample", "Sampler", "SharedAnswers", "WideSample", "is_new"]


@dataclass(frozen=True)
class SharedAnswers:
    """Answers of the model in `fit`, and the additive model of them.

    Attributes
    ----------
    responses : ndarray of shape (n_perturbations, n_responses)
        Answers at the draws.

    effects : ndarray of shape (n_replicates, n_indicators, n_responses) or None
        Additive model; `None` without control variates.

    residuals : ndarray of shape (n_perturbations, n_responses) or None
        Responses minus the additive model; `None` without control variates.
    """

    responses: FloatArray
    effects: FloatArray | None
    residuals: FloatArray | None


@dataclass(frozen=True)
class WideSample:
    """What a sample of a wide table knows of its distribution.

    Attributes
    ----------
    baseline : Baseline
        Share of the background in each bin.

    has_controls : bool
        Whether control variates take noise out of the responses.

    is_relevant : ndarray of bool of shape (n_features,), or None
        Columns that the answers of the model were found to depend on; `None` if that is not
        known.
    """

    baseline: Baseline
    has_controls: bool
    is_relevant: BoolArray | None = None


@dataclass(frozen=True)
class Sample:
    """Draws of one size.

    Attributes
    ----------
    draws : Draws
        Draws of the neighborhood; a neighborhood of the user may return anything.

    bins : BinIndicators or None
        Bin indicators of the replacement values; `None` without control variates.

    bounds : tuple of int
        First mask of each replicate, and the end of the last.

    n_copies : int
        How often the model is called on each mask: 2 with twins, else 1.

    weights : ndarray of shape (n_perturbations,) or None
        Weight of each draw, if some were forced to change a column that rarely changes;
        `None` for ones.

    shared : SharedAnswers or None
        Answers of the model at the draws, if all rows share them.

    wide : WideSample or None
        The known distribution of a wide table; `None` for other tables.
    """

    draws: Any
    bins: BinIndicators | None
    bounds: tuple[int, ...]
    n_copies: Literal[1, 2] = 1
    weights: FloatArray | None = None
    shared: SharedAnswers | None = None
    wide: WideSample | None = None

    @property
    def n_perturbations(self) -> int:
        """Return the number of perturbed rows that the model is called on."""
        return self.n_copies * self.bounds[-1]

    @property
    def asked_bounds(self) -> tuple[int, ...]:
        """Return the first perturbed row of each replicate, and the end of the last."""
        return tuple(self.n_copies * bound for bound in self.bounds)

    @property
    def n_replicates(self) -> int:
        """Return the number of replicates."""
        return len(self.bounds) - 1

    def answered(self, responses: FloatArray) -> Self:
        """Return the sample with the answers of the model at its draws.

        Parameters
        ----------
        responses : ndarray of shape (n_perturbations, n_responses)
            Answers.

        Returns
        -------
        sample : Sample
            With an additive model of the answers, if there are bin indicators.
        """
        if self.bins is None:
            return replace(self, shared=SharedAnswers(responses, None, None))
        effects = additive_effects(responses, self.bins)
        residuals = residual_responses(responses, effects, self.bins)
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
        Fitted encoder of the table.

    n_replicates : int
        Number of replicates.

    control_variates : bool
        Whether to compute bin indicators for control variates, where possible.

    seed : int
        Seed of all draws.

    first_size : int, default=None
        Size of the first sample, if samples are doubled; `None` if there is one size.

    baseline : Baseline, default=None
        Share of the background in each bin; wide tables need it.

    is_relevant : ndarray of bool of shape (n_features,), default=None
        Columns of a wide table that the answers of the model depend on; `None` if unknown.

    is_sparse : bool, default=False
        Whether the table is sparse; the draws of a wide one then stay sparse, too.
    """

    neighborhood: BaseNeighborhood
    background: BaseBackground
    encoder: TabularEncoder
    n_replicates: int
    control_variates: bool
    seed: int
    first_size: int | None = None
    baseline: Baseline | None = None
    is_relevant: BoolArray | None = None
    is_sparse: bool = False

    @cached_property
    def changes(self) -> Changes | None:
        """Return which points change which columns; `None` if that is not known."""
        return Changes.of(self.neighborhood, self.background, self.encoder)

    def sample(self, n_perturbations: int) -> Sample:
        """Draw a sample.

        Parameters
        ----------
        n_perturbations : int
            Number of perturbed rows.

        Returns
        -------
        sample : Sample
            A pure function of the sampler and the size.
        """
        n_dimensions = self.neighborhood.n_dimensions(self.background, self.encoder.n_features)
        n_copies = self.n_copies(n_perturbations)
        n_masks, wide = n_perturbations // n_copies, self.wide
        points = base_points(
            n_masks,
            n_dimensions,
            self.n_replicates,
            seed=self.seed,
            points=self.neighborhood.points if wide is None else "independent",
        )
        bounds, weights = replicate_bounds(n_masks, self.n_replicates), None
        if wide is None:
            points, weights = self._with_rare_changes(points, bounds, n_copies)
        elif self.is_sparse and self._may_stay_sparse:
            background: Any = self.background
            anchored = cast(AnchoredNeighborhood, self.neighborhood)
            sparse_draws = SparseDraws.of(anchored, points, background, self.encoder, n_copies)
            return Sample(sparse_draws, None, bounds, n_copies=n_copies, wide=wide)
        draws = self.neighborhood.draw(points, self.background, self.encoder)
        if n_copies == 1 and isinstance(draws, Draws):
            draws = draws._replace(twins=None)
        bins = None if wide else self._bin_indicators(draws, bounds)
        return Sample(draws, bins, bounds, n_copies=n_copies, weights=weights, wide=wide)

    @property
    def wide(self) -> WideSample | None:
        """Return the known distribution of a wide table; `None` for other tables.

        Sobol points in thousands of dimensions have no advantage, and forced changes would serve
        a few columns at the cost of all others: both are left out.
        """
        kinds = AnchoredNeighborhood, SharedNeighborhood
        if self.encoder.n_features < N_WIDE or type(self.neighborhood) not in kinds:
            return None
        is_known = self.background.is_columnwise_ and self.encoder.is_binned.all()
        if self.baseline is None or not is_known:
            return None
        return WideSample(self.baseline, self.control_variates, self.is_relevant)

    @property
    def _may_stay_sparse(self) -> bool:
        """Tell whether columns are drawn one by one, in the ways of this package."""
        is_anchored = type(self.neighborhood) is AnchoredNeighborhood
        return is_anchored and has_cells(self.background)

    def n_copies(self, n_perturbations: int) -> Literal[1, 2]:
        """Return how often the model is called on each mask of a sample.

        Parameters
        ----------
        n_perturbations : int
            Size of the sample.

        Returns
        -------
        n_copies : {1, 2}
            1 if twins would leave fewer than two masks per replicate.
        """
        n_copies = self.neighborhood.n_copies(self.background, self.encoder)
        return n_copies if n_perturbations >= 2 * n_copies * self.n_replicates else 1

    def _with_rare_changes(
        self, points: FloatArray, bounds: tuple[int, ...], n_copies: Literal[1, 2]
    ) -> tuple[FloatArray, FloatArray | None]:
        """Make some points change columns that rarely change, and weigh all points."""
        if self.changes is None:
            return points, None
        sizes = [bounds[-1]]
        first_size = None if self.first_size is None else self.first_size // n_copies
        while first_size is not None and sizes[0] > first_size:
            sizes.insert(0, sizes[0] // 2)
        made, indices = forced_changes(self.changes, sizes, self.n_replicates, n_copies)
        if made.size == 0:
            return points, None
        of_all_replicates = (np.array(bounds[:-1])[:, None] + indices).ravel()
        points = self.changes.made(points, of_all_replicates, np.tile(made, self.n_replicates))
        n_made = self.n_replicates * np.bincount(made, minlength=self.changes.features.size)
        return points, draw_weights(self.changes.has(points), self.changes.rates, n_made)

    def _bin_indicators(self, draws: Any, bounds: tuple[int, ...]) -> BinIndicators | None:
        is_known = draws.representation is not None and self.background.is_columnwise_
        if not self.control_variates or not is_known or self.baseline is None:
            return None
        return BinIndicators.of(
            draws.representation, draws.kept, self.encoder.n_bins, bounds, self.baseline.shares
        )


def is_new(bounds: tuple[int, ...], smaller_bounds: tuple[int, ...]) -> BoolArray:
    """Tell which perturbations of a sample are not in a smaller one of the same sampler.

    Parameters
    ----------
    bounds, smaller_bounds : tuple of int
        First perturbation of each replicate of the samples, and the end of the last.

    Returns
    -------
    is_new : ndarray of bool of shape (n_perturbations,)
        The other perturbations are the smaller sample, in its order.

    Examples
    --------
    >>> from sklime._tables._sample import is_new
    >>> is_new((0, 2, 4), (0, 1, 2))
    array([False,  True, False,  True])
    """
    in_replicate = np.arange(bounds[-1]) - np.repeat(bounds[:-1], np.diff(bounds))
    new: BoolArray = in_replicate >= np.repeat(np.diff(smaller_bounds), np.diff(bounds))
    return new
