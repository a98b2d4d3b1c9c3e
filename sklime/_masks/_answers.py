"""Ask a model about masked copies of an instance: in blocks, and once per different copy."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

import numpy as np
from scipy import sparse

from sklime._masks._instance import Instance
from sklime.utils._frames import n_rows
from sklime.utils._types import BoolArray, FloatArray

__all__ = ["Answers"]

# Bytes of copies, or of their masks, that are collected for one call of the model.
_MAX_PENDING_BYTES = 2**22


class Answers:
    """Answers of a model about copies of an instance, which it is asked about once.

    Parameters
    ----------
    instance : Instance
        Makes the copies.

    respond : callable
        From copies to answers of shape (n_copies, n_columns).
    """

    def __init__(self, instance: Instance, respond: Callable[[Any], FloatArray]) -> None:
        self.instance = instance
        self.respond = respond
        self.index_of: dict[Hashable, int] = {}
        self.indices: list[int] = []
        # Masks, or the copies themselves where the keys needed them.
        self.items: list[Any] = []
        self.n_bytes = 0
        self.answered: list[FloatArray] = []

    def about(self, blocks: Iterable[BoolArray]) -> FloatArray:
        """Return answers; the model is called on copies that were not in an earlier call.

        Parameters
        ----------
        blocks : iterable of ndarray of bool of shape (n_masks, n_parts)
            Masks, block by block.

        Returns
        -------
        answers : ndarray of shape (n_masks, n_columns)
            One row per mask of all blocks, in their order.

        Raises
        ------
        ValueError
            If the answers are not one row per copy.
        """
        self.indices = []
        for masks in blocks:
            self._add(masks)
        if self.items:
            self._ask()
        if len(self.answered) > 1:
            self.answered = [np.concatenate(self.answered)]
        return self.answered[0][self.indices]

    def _add(self, masks: BoolArray) -> None:
        """Add masks, and call the model as soon as they are enough for a call."""
        instance = self.instance
        copies = instance.rebuild(masks) if instance.keys_need_copies else None
        new = []
        for index, key in enumerate(instance.keys(masks, copies)):
            if key not in self.index_of:
                self.index_of[key] = len(self.index_of)
                new.append(index)
            self.indices.append(self.index_of[key])
        # Bounds the size of a call, however many masks come at once.
        step = max(1, _MAX_PENDING_BYTES // max(instance.n_bytes, 1))
        for start in range(0, len(new), step):
            indices = new[start : start + step]
            self.items.append(_take(masks if copies is None else copies, indices))
            self.n_bytes += len(indices) * instance.n_bytes
            if self.n_bytes >= _MAX_PENDING_BYTES:
                self._ask()

    def _ask(self) -> None:
        """Ask the model about all pending copies."""
        copies = _joined(self.items)
        if not self.instance.keys_need_copies:
            copies = self.instance.rebuild(copies)
        self.answered.append(_checked(self.respond(copies), copies))
        self.items, self.n_bytes = [], 0


def _checked(answers: Any, copies: Any) -> FloatArray:
    """Return answers as floats: differences of unsigned integers or booleans would be wrong."""
    floats: FloatArray = np.asarray(answers, dtype=np.float64)
    n_copies = n_rows(copies)
    if floats.ndim != 2 or len(floats) != n_copies:
        raise ValueError(
            f"The answers to {n_copies} copies have the shape {floats.shape}; return an array of "
            "shape (n_copies, n_columns)."
        )
    return floats


def _take(copies: Any, indices: list[int]) -> Any:
    if isinstance(copies, list):
        return [copies[index] for index in indices]
    # Sparse formats such as COO and DIA cannot be indexed.
    return (copies.tocsr() if sparse.issparse(copies) else copies)[indices]


def _joined(blocks: list[Any]) -> Any:
    first = blocks[0]
    if len(blocks) == 1:
        return first
    if isinstance(first, list):
        return [item for block in blocks for item in block]
    return sparse.vstack(blocks, format="csr") if sparse.issparse(first) else np.concatenate(blocks)
