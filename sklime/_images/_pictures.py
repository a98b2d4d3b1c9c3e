"""Checks of pictures, and warnings about them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklime._explanations._images import ImageExplanationBatch
from sklime._images._instance import CutImage
from sklime._images._segments import MIN_SEGMENTS
from sklime._masks import ExplainedInstance, warn_failed
from sklime._surrogates._evidence import MIN_EFFECTIVE_SAMPLE_SIZE
from sklime.utils._text import listed
from sklime.utils._types import Array
from sklime.utils._warnings import warn

__all__ = ["check_explained", "warn_about_cuts", "warn_of_failures"]


def check_explained(arrays: Sequence[Array], batch: ImageExplanationBatch) -> None:
    """Check that pictures are those of a batch.

    Parameters
    ----------
    arrays : sequence of ndarray
        Pictures whose last axis is that of channels.

    batch : ImageExplanationBatch
        Explanations.

    Raises
    ------
    ValueError
        If their number differs, or some picture is not the one that was explained.
    """
    if len(arrays) != len(batch):
        raise ValueError(
            f"The batch explains {len(batch)} pictures, X has {len(arrays)}; pass the pictures "
            "that were explained."
        )
    for index, (array, image, segments) in enumerate(zip(arrays, batch.images, batch.segments)):
        # A batch without its pictures can be checked by their sizes only.
        is_same = array.shape[:-1] == segments.shape
        if image is not None:
            is_same = is_same and np.array_equal(array.ravel(), image.ravel())
        if not is_same:
            raise ValueError(
                f"Picture {index} of X is not the one that the batch explains; pass the pictures "
                "that were explained, in the same order."
            )


def warn_about_cuts(cuts: Sequence[CutImage], labels: Array, segmenter: Any) -> None:
    """Warn of pictures that are cut by a grid, and of those that the fill does not change.

    Parameters
    ----------
    cuts : sequence of CutImage
        Pictures in segments.

    labels : ndarray of shape (n_pictures,)
        Labels of the pictures.

    segmenter : object
        As the user gave it.
    """
    coarse = [index for index, cut in enumerate(cuts) if cut.is_fallback]
    if coarse:
        warn(
            f'segmenter="{segmenter}" finds fewer than {MIN_SEGMENTS} segments in pictures '
            f'{listed(labels[coarse])}; they are cut by a grid. Pass segmenter="grid" for all '
            "pictures, or a larger n_segments.",
            UserWarning,
        )
    unchanged = [index for index, cut in enumerate(cuts) if not cut.changes.any()]
    if unchanged:
        warn(
            f"The fill equals all segments of pictures {listed(labels[unchanged])}: removing them "
            "changes nothing, so nothing is explained. Pass another fill, for example a color that "
            "does not occur in the pictures.",
            UserWarning,
        )


def warn_of_failures(results: Sequence[ExplainedInstance], labels: Array, model_name: str) -> None:
    """Warn of pictures whose explanation is missing or unreliable.

    Parameters
    ----------
    results : sequence of ExplainedInstance
        Explained pictures.

    labels : ndarray of shape (n_pictures,)
        Labels of the pictures.

    model_name : str
        Name of the model in messages.
    """
    warn_failed(results, labels, model_name, "pictures")
    sizes = np.array([result.effective_sample_size for result in results])
    is_sample = np.array([not (result.is_exact or result.is_thin) for result in results])
    few = np.flatnonzero(is_sample & (sizes < MIN_EFFECTIVE_SAMPLE_SIZE))
    if few.size:
        warn(
            f"Pictures {listed(labels[few])} have an effective sample size below "
            f"{MIN_EFFECTIVE_SAMPLE_SIZE:.0f} copies (the least is {sizes[few].min():.3g}), too "
            "few to rest weights on. Raise n_perturbations, or pass keep=0.75.",
            UserWarning,
        )
