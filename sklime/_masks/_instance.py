"""The protocol of one thing in parts, which can be put together again without some of them."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from sklime.utils._types import Array, BoolArray, FloatArray

__all__ = ["Instance"]


class Instance:
    """One thing in parts: a document, a picture, a series.

    A subclass sets `original` and `n_parts`, and defines `rebuild`. Everything else has a
    default. The answers of `rebuild`, `keys` and `covariates` depend on the masks alone, so that
    copies are the same in any block and any order.

    Attributes
    ----------
    original : object
        The thing itself, as the user has it.

    n_parts : int
        Number of parts.

    keys_need_copies : bool
        Whether `keys` looks at the copies. They are then made before the keys.
    """

    original: Any
    n_parts: int
    keys_need_copies = False

    def rebuild(self, masks: BoolArray) -> Any:
        """Return copies without some of the parts.

        Parameters
        ----------
        masks : ndarray of bool of shape (n_masks, n_parts)
            True where a part is kept.

        Returns
        -------
        copies : list, ndarray or sparse matrix
            One copy per mask, as the model takes them.
        """
        raise NotImplementedError

    def keys(self, masks: BoolArray, copies: Any) -> Sequence[Hashable]:
        """Return what is equal for equal copies, so that the model is asked about each one once.

        Parameters
        ----------
        masks : ndarray of bool of shape (n_masks, n_parts)
            True where a part is kept.

        copies : list, ndarray or sparse matrix, or None
            The copies; `None` unless `keys_need_copies`.

        Returns
        -------
        keys : sequence of hashable
            One per mask. By default the masks themselves.
        """
        return [row.tobytes() for row in np.packbits(masks, axis=1)]

    def covariates(self, masks: BoolArray) -> FloatArray | None:
        """Return numbers whose mean given the mask is zero, and that may explain the response.

        A part that is removed may be replaced by something drawn at random. What was drawn
        makes the response noisier. A function of it with known mean takes part of that noise
        out: subtract the mean, and return the difference.

        Parameters
        ----------
        masks : ndarray of bool of shape (n_masks, n_parts)
            True where a part is kept.

        Returns
        -------
        covariates : ndarray of shape (n_masks, n_covariates) or None
            `None` where nothing is drawn.
        """
        return None

    def describe(self) -> Mapping[str, Any]:
        """Return what an explanation says of the parts.

        Returns
        -------
        description : mapping
            At least ``feature_names``, one text per part.
        """
        return {"feature_names": tuple(f"part {index}" for index in range(self.n_parts))}

    @property
    def n_bytes(self) -> int:
        """Return the size of one copy, by which the calls of the model are bounded."""
        return int(getattr(self.original, "nbytes", None) or self.n_parts)

    @property
    def part_norms(self) -> Array:
        """Return how much each part adds to the squared length of a copy, as far as it is known.

        0 says that the model does not see a part. Ones say that nothing is known.
        """
        return np.ones(self.n_parts)
