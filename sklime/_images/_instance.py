"""Pictures as instances of parts, rebuilt as arrays without some of their segments."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from sklime._fills._replacement import Replacement
from sklime._masks import Instance, MaskPlan
from sklime._responses._response import ModelResponse
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["AveragedResponse", "CutImage", "ImageInstance", "n_averaged"]

# Slice, row and column of the middle of a segment.
_LETTERS = "zrc"

# Bytes that the engine collects for one call are meant for texts. Models of pictures are faster
# with some dozens of them at a time.
_BYTES_PER_BYTE = 1 / 4

# All masks are asked about with at least this many training pictures in place of the segments.
_MIN_DONORS = 4


@dataclass(frozen=True, eq=False)
class CutImage:
    """A picture in segments.

    Attributes
    ----------
    array : ndarray of shape (*space, n_channels)
        The picture.

    segments : ndarray of int of shape (*space,)
        Label of the segment of each pixel.

    parts : ndarray of int of shape (*space,)
        Index of the segment of each pixel, in the order of the labels.

    changes : ndarray of bool of shape (n_segments,)
        Whether the fill changes a segment.

    is_fallback : bool
        Whether a grid took the place of too few segments.

    is_off_scale : bool, default=False
        Whether the numbers of the user's fill seem to be on another scale than the picture.
    """

    array: Array
    segments: IntArray
    parts: IntArray
    changes: BoolArray
    is_fallback: bool
    is_off_scale: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the segments: their labels, and where their middles are.

        The segments of two pictures may have the same labels. Their names differ, unless they are
        at the same place.
        """
        flat, n_parts = self.parts.ravel(), len(self.changes)
        sizes = np.bincount(flat, minlength=n_parts)
        middles = [
            np.bincount(flat, axis.ravel(), minlength=n_parts) / sizes
            for axis in np.broadcast_arrays(*np.ogrid[tuple(map(slice, self.parts.shape))])
        ]
        letters = _LETTERS[-len(middles) :]
        labels = np.unique(self.segments).tolist()
        places = np.rint(np.stack(middles, axis=1)).astype(int).tolist()
        return tuple(
            f"segment {label} ({' '.join(f'{a}{n}' for a, n in zip(letters, place))})"
            for label, place in zip(labels, places)
        )


class ImageInstance(Instance):
    """A picture whose copies lack some of their segments.

    Segments that the fill does not change are no parts: their weight is known to be zero.

    Parameters
    ----------
    replacement : Replacement
        Copies of the picture.

    n_averaged : int, default=0
        Number of variants of the fill whose answers are averaged; 0 takes one for each mask.

    name : str, default=""
        What messages call the picture.
    """

    def __init__(self, replacement: Replacement, n_averaged: int = 0, name: str = "") -> None:
        self.name = name
        self.replacement = replacement
        self.n_averaged = n_averaged
        self.original = replacement.array
        self.n_parts = int(np.count_nonzero(replacement.changes))
        self.draws = len(replacement.variants) > 1 and not n_averaged

    @cached_property
    def part_indices(self) -> IntArray:
        """Return the segment of each part."""
        return np.flatnonzero(self.replacement.changes)

    def rebuild(self, masks: BoolArray) -> Any:
        """Return copies of the picture; with averages `n_averaged` of each, one after the other."""
        everything = np.ones((len(masks), len(self.replacement.changes)), dtype=bool)
        everything[:, self.part_indices] = masks
        if not self.n_averaged:
            return self.replacement.rebuilt(everything, self.replacement.indices(masks))
        return _Averaged(self.replacement, everything, self.n_averaged)

    def covariates(self, masks: BoolArray) -> FloatArray | None:
        """Return indicators of the training picture that stands in place of segments."""
        return None if self.n_averaged else self.replacement.covariates(masks)

    @property
    def n_bytes(self) -> int:
        """Return the size that bounds the number of pictures in a call."""
        return max(1, int(self.original.nbytes * _BYTES_PER_BYTE))


@dataclass(frozen=True, eq=False)
class _Averaged:
    """Masks whose copies are made with several variants of a fill each."""

    replacement: Replacement
    masks: BoolArray
    n_variants: int

    def __len__(self) -> int:
        return len(self.masks)


class AveragedResponse:
    """Responses of a model to masked copies, averaged over variants of the fill.

    Parameters
    ----------
    response : ModelResponse
        Responses to single copies.

    Attributes
    ----------
    name : str
        Name of the model in messages.

    n_columns : int
        Number of columns of the responses.
    """

    def __init__(self, response: ModelResponse) -> None:
        self.response = response
        self.name = response.name
        self.n_columns = response.n_columns

    def __call__(self, copies: Any) -> FloatArray:
        """Return the mean answers, one row per mask."""
        total: Any = 0.0
        for index in range(copies.n_variants):
            indices = np.full(len(copies), index)
            total = total + self.response(copies.replacement.rebuilt(copies.masks, indices))
        answers: FloatArray = total / copies.n_variants
        return answers


def n_averaged(replacement: Replacement, plan: MaskPlan) -> int:
    """Return over how many variants of the fill the answers are averaged.

    If all masks are taken, they leave no sampling error. One random variant for each of them would
    hide the error of the variant.

    Parameters
    ----------
    replacement : Replacement
        Copies of the picture.

    plan : MaskPlan
        Parameters of the explanation.

    Returns
    -------
    n_variants : int
        0 where each mask takes one variant.
    """
    n_variants = len(replacement.variants)
    if n_variants == 1:
        return 0
    masks = plan.masks(int(np.count_nonzero(replacement.changes)))
    if masks is None or not masks.is_exact:
        return 0
    return min(n_variants, max(_MIN_DONORS, plan.n_perturbations // masks.n_masks))
