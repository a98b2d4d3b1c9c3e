"""Weights of the masks of a sample."""

import numpy as np

from sklime.neighborhoods import MaskSample, n_kept
from sklime.utils._types import FloatArray

__all__ = ["mask_weights"]


def mask_weights(masks: MaskSample, table: FloatArray) -> FloatArray:
    """Return the kernel weight of each mask, times its probability if those differ.

    Parameters
    ----------
    masks : MaskSample
        Masks.

    table : ndarray of shape (n_parts + 1,)
        Kernel weight, by the number of parts that a mask keeps.

    Returns
    -------
    weights : ndarray of shape (n_masks,)
        In the order of the masks.
    """
    w = np.concatenate([table[n_kept(block)] for _, _, block in masks.blocks()])
    return w if masks.probabilities is None else w * masks.probabilities * masks.n_masks
