"""Cut pictures, and prepare what stands in place of their segments."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklime._fills._built_in import FILL_NAMES, FILLS
from sklime._fills._given import (
    called_fill,
    check_range_of,
    given_fill,
    is_far_outside,
    is_of_unit_scale,
    is_one_value,
)
from sklime._fills._replacement import Replacement
from sklime._fills._training import TrainingValues
from sklime._images._instance import CutImage
from sklime._images._layout import Layout
from sklime._images._segments import MIN_SEGMENTS, Segmenter, grid
from sklime.utils._types import Array, IntArray
from sklime.utils._warnings import warn

__all__ = ["Cutter", "fill_text", "segmenter_text"]

# Names of fills that another word describes better than that of fills of any kind.
_FILLS_OF_PICTURES = {
    "mean": "the mean color of the training pictures",
    "segment_mean": "the mean color of each segment",
    "background": "parts of training pictures",
}


@dataclass(frozen=True, eq=False)
class Cutter:
    """Cuts pictures into segments that can be removed.

    Attributes
    ----------
    segmenter : Segmenter
        Where a picture is cut.

    fill : object
        What stands in place of removed segments, as the user gave it.

    training : TrainingValues
        Values of the training pictures.

    layout : Layout
        Axes of the pictures as a user's function takes them.

    image_shape : tuple of int or None
        Shape of a picture where pictures are rows of pixels.

    seed : int
        Seed of noise, and of the choice among training pictures.
    """

    segmenter: Segmenter
    fill: Any
    training: TrainingValues
    layout: Layout
    image_shape: tuple[int, ...] | None
    seed: int

    def __call__(self, array: Array) -> tuple[CutImage, Replacement]:
        """Cut one picture.

        Parameters
        ----------
        array : ndarray of shape (*space, n_channels)
            The picture.

        Returns
        -------
        cut : CutImage
            Its segments.

        replacement : Replacement
            Its copies without some of them.
        """
        segments, is_fallback = self._segments(array)
        replacement = self.replacement(array, segments)
        parts, changes = replacement.parts, replacement.changes
        is_off_scale = replacement.is_off_scale
        return CutImage(array, segments, parts, changes, is_fallback, is_off_scale), replacement

    def replacement(self, array: Array, segments: IntArray) -> Replacement:
        """Prepare the copies of a picture that is cut already.

        Parameters
        ----------
        array : ndarray of shape (*space, n_channels)
            The picture.

        segments : ndarray of int of shape (*space,)
            Label of the segment of each pixel.

        Returns
        -------
        replacement : Replacement
            Its copies without some of the segments, in the order of their labels.
        """
        labels, indices = np.unique(segments, return_inverse=True)
        # Most pictures have such labels, and need only one of the two arrays.
        is_same = np.array_equal(labels, np.arange(len(labels)))
        parts: IntArray = segments if is_same else indices.reshape(segments.shape)
        values = self._values(array, segments, parts)
        made = Replacement.of(array, parts, values, self.seed)
        low, high = self.training.low, self.training.high
        is_off_scale = not isinstance(self.fill, str) and is_of_unit_scale(
            values[0], array, low, high
        )
        return replace(made, is_off_scale=is_off_scale)

    def warn_off_scale(self) -> None:
        """Warn that the fill seems to be on another scale than the pictures."""
        warn(
            f"The fill, {fill_text(self.fill)}, has fractions from 0 to 1, but the pictures hold "
            f"whole numbers, and those of fit were {self._range_text}. Rounded, the fill is almost "
            "black. Bring it to the scale of the pictures: multiply it by their largest value, or "
            "use preserve_range=True in functions of skimage."
        )

    def warn_far_outside(self, dtype: np.dtype[Any]) -> None:
        """Warn if the model saw no pictures of such numbers as a given fill has.

        Parameters
        ----------
        dtype : numpy.dtype
            Type of the training pictures.

        Warns
        -----
        UserWarning
            If a number, a color or a picture lies further outside of the range of the training
            pictures than its width.
        """
        if isinstance(self.fill, str) or callable(self.fill):
            return
        values = np.asarray(self.fill)
        if is_far_outside(values, dtype, self.training.low, self.training.high):
            warn(
                f"The fill, {fill_text(self.fill)}, has numbers from {float(values.min()):.6g} to "
                f"{float(values.max()):.6g}, far outside of the training pictures, "
                f"{self._range_text}. The model has never seen such pictures. Pass a fill on "
                "their scale."
            )

    @property
    def _range_text(self) -> str:
        low, high = self.training.low, self.training.high
        return f"from {low:.6g} to {high:.6g} (pixel_range_)"

    def _segments(self, array: Array) -> tuple[IntArray, bool]:
        """Return the segments, and whether a grid took the place of too few."""
        segments, method = self.segmenter(array), self.segmenter.method
        if not isinstance(method, str) or method == "grid":
            return segments, False
        n_found, wanted = int(segments.max()) + 1, self.segmenter.n_segments
        if n_found >= min(MIN_SEGMENTS, wanted):
            return segments, False
        boxes = grid(array.shape[:-1], wanted)
        if int(boxes.max()) < n_found:
            return segments, False
        return boxes.astype(np.min_scalar_type(int(boxes.max()))), True

    def _values(self, array: Array, segments: IntArray, parts: IntArray) -> list[Any]:
        """Return what may stand in place of removed segments."""
        fill = self.fill
        if isinstance(fill, str):
            return FILLS[fill](array, parts, self.training, self.seed)
        name = "fill"
        if callable(fill):
            picture = np.array(self.layout.restored(array), order="C")
            fill, name = called_fill(fill, picture, segments), "The array that fill returned"
        values = given_fill(fill, array.shape, self._channels_last, name)
        check_range_of(values, array.dtype, name)
        return [values]

    def _channels_last(self, picture: Array) -> Array:
        # Only rows are given a shape: a mean picture with channels last has as many numbers as one
        # with channels first.
        if self.image_shape is not None and picture.ndim == 2 and len(picture) == 1:
            picture = picture.reshape(self.image_shape)
        return self.layout.channels_last(picture)


def fill_text(fill: Any) -> str:
    """Return what stands in place of removed segments, in words.

    Parameters
    ----------
    fill : str, number, array-like or callable
        As the user gave it.

    Returns
    -------
    text : str
        To be shown under a picture.
    """
    if isinstance(fill, str):
        return _FILLS_OF_PICTURES.get(fill, FILL_NAMES[fill])
    if callable(fill):
        return f"what {getattr(fill, '__name__', type(fill).__name__)} returns"
    if not is_one_value(fill):
        return "a given picture"
    numbers = ", ".join(f"{number:.6g}" for number in np.ravel(fill).astype(np.float64).tolist())
    return f"the value {numbers}" if np.ndim(fill) == 0 else f"the color ({numbers})"


def segmenter_text(segmenter: Any) -> str:
    """Return how pictures were cut, in a word.

    Parameters
    ----------
    segmenter : str, callable or array-like
        As the user gave it.

    Returns
    -------
    text : str
        Name of a method or function, or "labels".
    """
    if isinstance(segmenter, str):
        return segmenter
    if callable(segmenter):
        return str(getattr(segmenter, "__name__", type(segmenter).__name__))
    return "labels"
