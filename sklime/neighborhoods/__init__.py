"""Neighborhoods: how rows and documents are perturbed."""

from sklime.neighborhoods._anchored import AnchoredNeighborhood
from sklime.neighborhoods._around import AroundNeighborhood
from sklime.neighborhoods._base import BaseNeighborhood
from sklime.neighborhoods._masks import MaskDistribution, MaskSample, n_kept
from sklime.neighborhoods._points import base_points, replicate_bounds
from sklime.neighborhoods._shared import SharedNeighborhood

__all__ = [
    "AnchoredNeighborhood",
    "AroundNeighborhood",
    "BaseNeighborhood",
    "MaskDistribution",
    "MaskSample",
    "SharedNeighborhood",
    "base_points",
    "n_kept",
    "replicate_bounds",
]

# The old name, for code from before the renaming.
MaskLaw = MaskDistribution
