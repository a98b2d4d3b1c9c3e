"""Kernel weights of masks, by the number of parts that they keep.

The closed form of the fit needs the weight of a mask as a function of the number of parts that it
keeps. A kernel or metric of the user that depends on more is refused.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.metrics import pairwise_distances
from sklearn.metrics.pairwise import PAIRWISE_BOOLEAN_FUNCTIONS

from sklime.kernels import KERNELS, checked_weights
from sklime.neighborhoods import MaskSample, n_kept
from sklime.utils._types import Array, BoolArray, FloatArray

__all__ = ["kernel_table", "mask_distances"]

# The width 25 of `lime`, whose distances are multiplied by 100; and the width of tables.
_COSINE_WIDTH = 0.25
_WIDTH_PER_ROOT_PART = 0.75

# Numbers in masks whose distances are computed at a time.
_BLOCK_NUMBERS = 2**22

# Relative difference up to which two weights or distances are equal but for rounding.
_TOLERANCE = 1e-9


def kernel_table(
    masks: MaskSample,
    *,
    kernel: Callable[..., FloatArray],
    width: float | None,
    metric: Any,
    nouns: tuple[str, str] = ("document", "words"),
) -> FloatArray:
    """Return the weight of a mask, by the number of parts that it keeps.

    Parameters
    ----------
    masks : MaskSample
        Masks that get the weights.

    kernel : callable
        Function of distances and the width that returns weights.

    width : float or None
        Width of the kernel; `None` for the default width of the metric.

    metric : str or callable
        As in `sklearn.metrics.pairwise_distances`.

    nouns : pair of str, default=("document", "words")
        What an instance and its parts are called in messages.

    Returns
    -------
    table : ndarray of shape (n_parts + 1,)
        For 0, 1, ..., `n_parts` kept parts.

    Raises
    ------
    ValueError
        If a kernel or metric of the user gives some mask another weight than the table.
    """
    n_parts = masks.distribution.n_parts
    if width is None:
        width = _COSINE_WIDTH if metric == "cosine" else _WIDTH_PER_ROOT_PART * np.sqrt(n_parts)
    distances = mask_distances(n_parts, metric, nouns)
    if callable(metric):
        _check_metric(masks, metric, distances, nouns[1])
    table = checked_weights(kernel(distances, width), n_parts + 1)
    if kernel not in KERNELS.values():
        _check_kernel(masks, kernel, width, distances, table, nouns[0])
    return table


def mask_distances(
    n_parts: int, metric: Any, nouns: tuple[str, str] = ("document", "words")
) -> FloatArray:
    """Return the distance of masks to the whole instance, by the number of parts kept.

    Parameters
    ----------
    n_parts : int
        Number of parts.

    metric : str or callable
        As in `sklearn.metrics.pairwise_distances`.

    nouns : pair of str, default=("document", "words")
        What an instance and its parts are called in messages.

    Returns
    -------
    distances : ndarray of shape (n_parts + 1,)
        For 0, 1, ..., `n_parts` kept parts.

    Raises
    ------
    ValueError
        If a distance is not a number.
    """
    counts = np.arange(n_parts + 1)
    if metric == "cosine":
        return 1.0 - np.sqrt(counts / n_parts)
    if metric == "euclidean":
        euclidean: FloatArray = np.sqrt(n_parts - counts)
        return euclidean
    step = max(1, _BLOCK_NUMBERS // n_parts)
    blocks = [counts[start : start + step] for start in range(0, n_parts + 1, step)]
    masks = (np.arange(n_parts) < block[:, None] for block in blocks)
    distances = np.concatenate([_to_whole(mask, metric) for mask in masks])
    if not np.isfinite(distances).all():
        raise ValueError(
            f"metric={metric!r} gives {distances[~np.isfinite(distances)][0]} for the distance "
            f"between a whole {nouns[0]} and a copy without some {nouns[1]}; pass another metric, "
            "for example 'cosine'."
        )
    return distances


def _to_whole(masks: BoolArray, metric: Any) -> FloatArray:
    """Return the distances of masks to the mask that keeps everything."""
    kind: type = bool if metric in PAIRWISE_BOOLEAN_FUNCTIONS else np.float64
    whole: Array = np.ones((1, masks.shape[1]), dtype=kind)
    distances: FloatArray = pairwise_distances(masks.astype(kind), whole, metric=metric)
    return distances[:, 0]


def _check_metric(masks: MaskSample, metric: Any, distances: FloatArray, noun: str) -> None:
    """Check that the distance of a mask depends only on the number of parts that it keeps."""
    for _, _, block in masks.blocks():
        expected, actual = distances[n_kept(block)], _to_whole(block, metric)
        wrong = np.flatnonzero(~np.isclose(actual, expected, rtol=_TOLERANCE, atol=_TOLERANCE))
        if wrong.size:
            index = wrong[0]
            raise ValueError(
                f"metric must not depend on which {noun} a copy keeps, only on how many. For two "
                f"copies that keep {n_kept(block)[index]} of {block.shape[1]} {noun} it returned "
                f"{expected[index]:.6g} and {actual[index]:.6g}. Pass a metric that treats all "
                f"{noun} alike, or metric='cosine'."
            )


def _check_kernel(
    masks: MaskSample,
    kernel: Callable[..., FloatArray],
    width: float,
    distances: FloatArray,
    table: FloatArray,
    noun: str,
) -> None:
    """Check that the weight of each mask depends on its own distance alone."""
    counts = np.concatenate([n_kept(block) for _, _, block in masks.blocks()])
    weights = checked_weights(kernel(distances[counts], width), counts.size)
    wrong = np.flatnonzero(~np.isclose(weights, table[counts], rtol=_TOLERANCE, atol=0.0))
    if wrong.size:
        index = wrong[0]
        raise ValueError(
            "kernel must give each distance a weight that does not depend on the other distances. "
            f"For {distances[counts[index]]:.6g} it returned {weights[index]:.6g} among the copies "
            f"of the {noun}, and {table[counts[index]]:.6g} among all possible distances. "
            "Pass a function that treats each distance separately, or kernel='auto'."
        )
