"""An array in parts, rebuilt without some of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, Self

import numpy as np

from sklime._fills._rounding import as_dtype
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["Replacement"]

_KEY_BYTES = 8

# Positions whose parts are stored a second time, in eight bytes each.
_MAX_INDEXED = 2**20


@dataclass(frozen=True, eq=False)
class Replacement:
    """An array in parts, and what may stand in place of them.

    Attributes
    ----------
    array : ndarray of shape (*space, n_channels)
        The array.

    parts : ndarray of int of shape (*space,)
        Part of each position, from 0.

    variants : tuple of ndarray
        What may stand in place of removed parts, in the type of the array. Each has the shape of
        the array, or is one value per channel. Each copy takes one of them.

    seed : int, default=0
        Seed of the choice of the variant.

    is_off_scale : bool, default=False
        Whether the numbers of the user's fill seem to be on another scale than the array.
    """

    array: Array
    parts: IntArray
    variants: tuple[Array, ...]
    seed: int = 0
    is_off_scale: bool = False

    @classmethod
    def of(cls, array: Array, parts: IntArray, values: Sequence[Any], seed: int) -> Self:
        """Prepare the copies of an array.

        Parameters
        ----------
        array : ndarray of shape (*space, n_channels)
            The array.

        parts : ndarray of int of shape (*space,)
            Part of each position, from 0.

        values : sequence of ndarray
            What may stand in place of removed parts, in any type.

        seed : int
            Seed of the choice among them.

        Returns
        -------
        replacement : Replacement
            With values in the type of the array.
        """
        variants = tuple(as_dtype(np.asarray(value), array.dtype) for value in values)
        return cls(array, parts, variants, seed)

    @cached_property
    def changes(self) -> BoolArray:
        """Tell for each part whether any variant differs from the array there."""
        n_parts = int(self.parts.max()) + 1
        changed = np.zeros(n_parts, dtype=bool)
        for variant in self.variants:
            differs = (self.array != variant).any(axis=-1)
            changed |= np.bincount(self.parts[differs], minlength=n_parts) > 0
        return changed

    def indices(self, masks: BoolArray) -> IntArray:
        """Choose a variant for each mask, as a function of the mask alone.

        Parameters
        ----------
        masks : ndarray of bool of shape (n_masks, n_parts)
            True where a part is kept.

        Returns
        -------
        indices : ndarray of int of shape (n_masks,)
            Index of the variant.
        """
        n_variants = len(self.variants)
        if n_variants == 1:
            return np.zeros(len(masks), dtype=np.intp)
        key = self.seed.to_bytes(_KEY_BYTES, "little")
        digests = [
            blake2b(row.tobytes(), digest_size=_KEY_BYTES, key=key).digest()
            for row in np.packbits(masks, axis=1)
        ]
        return np.array([int.from_bytes(digest, "little") % n_variants for digest in digests])

    def rebuilt(self, masks: BoolArray, indices: IntArray) -> Array:
        """Return copies of the array without some of the parts.

        Parameters
        ----------
        masks : ndarray of bool of shape (n_masks, n_parts)
            True where a part is kept.

        indices : ndarray of int of shape (n_masks,)
            Variant of each copy.

        Returns
        -------
        copies : ndarray of shape (n_masks, *space, n_channels)
            They share no memory with the array.
        """
        copies = np.empty((len(masks), self.array.size), dtype=self.array.dtype)
        # Flat arrays without broadcasting are copied several times faster.
        array, parts, variants = self.array.ravel(), self._flat_parts, self._flat_variants
        for copy, mask, index in zip(copies, masks, indices.tolist()):
            copy[:] = variants[index]
            is_kept = np.repeat(np.take(mask, parts), self.array.shape[-1])
            np.copyto(copy, array, where=is_kept)
        return copies.reshape(len(masks), *self.array.shape)

    @cached_property
    def _flat_variants(self) -> list[Array]:
        return [np.broadcast_to(one, self.array.shape).ravel() for one in self.variants]

    @cached_property
    def _flat_parts(self) -> IntArray:
        """Return the part of each position, in the type in which NumPy indexes fastest."""
        flat = self.parts.ravel()
        return flat.astype(np.intp) if flat.size <= _MAX_INDEXED else flat

    def covariates(self, masks: BoolArray) -> FloatArray | None:
        """Return functions of the chosen variant whose mean given the mask is zero.

        All variants are equally likely. So the indicator of a variant has the mean ``1 /
        n_variants``. It is multiplied by the share of removed parts: nothing of the variant is seen
        where nothing is removed.

        Parameters
        ----------
        masks : ndarray of bool of shape (n_masks, n_parts)
            True where a part is kept.

        Returns
        -------
        covariates : ndarray of shape (n_masks, n_variants - 1) or None
            `None` where there is one variant.
        """
        n_variants = len(self.variants)
        if n_variants == 1:
            return None
        indicators = self.indices(masks)[:, None] == np.arange(n_variants - 1)
        removed = 1.0 - masks.mean(axis=1)
        centered: FloatArray = removed[:, None] * (indicators - 1.0 / n_variants)
        return centered
