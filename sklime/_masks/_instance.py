"""The protocol of an instance in parts, which can be rebuilt without some of them."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from sklime.utils._types import Array, BoolArray, FloatArray

__all__ = ["Instance"]


class Instance:
    """One instance in parts: a document, a picture, a series.

    A subclass sets `original` and `n_parts`, and defines `rebuild`. Everything else has a
    default. `rebuild`, `keys` and `covariates` must depend on the masks alone: copies are then the
    same in any block and any order.

    Attributes
    ----------
    original : object
        The instance as the user passed it.

    n_parts : int
        Number of parts.

    keys_need_copies : bool
        Whether `keys` looks at the copies. They are then made before the keys.

    draws : bool
        Whether a copy draws what stands in place of removed parts, so that all masks do not tell
        all that there is to know.

    name : str
        What messages call it, such as ``"picture 3"``; if empty, they show `original`.
    """

    original: Any
    n_parts: int
    name = ""
    keys_need_copies = False
    draws = False

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
        """Return keys that are equal for equal copies: the model is called once per key.

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

        A removed part may be replaced by a random value, which adds noise to the response. A
        function of that value with a known mean removes part of the noise. Return this function
        minus its mean.

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
        """Return names and other facts of the parts for an explanation.

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
        """Return the contribution of each part to the squared length of a copy.

        0 means that the model does not see a part. Ones mean that norms are not known.
        """
        return np.ones(self.n_parts)
