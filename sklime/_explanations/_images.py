"""Explanations of pictures and volumes, each of which has its own segments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

from sklime._explanations._base import BaseExplanation
from sklime._explanations._global import check_same_segments, have_same_segments
from sklime._explanations._json import shared_facts, write_json
from sklime._explanations._parts import PartsExplanationBatch
from sklime.utils._objects import read_only
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

    from sklime.display._plots import BatchDisplay, ExplanationDisplay

__all__ = ["ImageExplanation", "ImageExplanationBatch"]

_Sign = Literal["positive", "negative", "both"]

# Whether a weight counts, by what is asked for.
_SIGNS: dict[str, Any] = {
    "positive": lambda weights: weights > 0.0,
    "negative": lambda weights: weights < 0.0,
    "both": lambda weights: weights != 0.0,
}


@dataclass(frozen=True, eq=False, repr=False)
class ImageExplanation(BaseExplanation):
    """The explanation of one picture or volume.

    An `Explanation` whose features are the segments of a picture. It holds computed values only
    and cannot be changed.

    Attributes
    ----------
    values, standard_errors : ndarray of shape (n_segments, n_outputs)
        Weights of the segments and their standard errors. A segment that the fill does not change
        has the weight 0 and is not selected.

    feature_names : tuple of str
        Names of the segments, such as ``"segment 3 (r12 c40)"``, in the order of their labels.
        Row and column are those of the middle of the segment.

    data : ndarray of int of shape (n_segments,)
        Number of pixels of each segment.

    image : ndarray or None
        The picture, with channels last; `None` if it was read from a file without pictures.

    segments : ndarray of int
        Label of the segment of each pixel. It has the shape of the picture without channels.

    See Also
    --------
    ImageExplanationBatch : Explanations of many pictures.
    ExplanationBatch : Where the other attributes are described.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime import LimeImageExplainer
    >>> images = np.arange(12.0).reshape(3, 2, 2)
    >>> explainer = LimeImageExplainer(
    ...     lambda images: images.sum(axis=(1, 2)), segmenter="grid", n_segments=4
    ... )
    >>> explanation = explainer.fit(images).explain(images)[0]
    >>> explanation.heatmap().round(6)
    array([[-5.5, -4.5],
           [-3.5, -2.5]])
    """

    image: Array | None
    segments: IntArray

    kind = "image"
    noun = "picture"

    def as_batch(self) -> ImageExplanationBatch:
        """Return a batch of this picture alone.

        Returns
        -------
        batch : ImageExplanationBatch
            One picture.
        """
        return ImageExplanationBatch([self], shared_facts(self))

    @property
    def segment_labels(self) -> IntArray:
        """Return the label of each segment, in the order of the weights."""
        labels: IntArray = np.unique(self.segments)
        return labels

    def heatmap(self, output: Any = None) -> FloatArray:
        """Return the weight of the segment of each pixel.

        Parameters
        ----------
        output : label, str or int, default=None
            Explained output; see `as_list`.

        Returns
        -------
        heatmap : ndarray of the shape of `segments`
            Weights.
        """
        weights = self.values[:, self._output_index(output)]
        heatmap: FloatArray = weights[self._parts()]
        return heatmap

    def mask(self, output: Any = None, *, top: int = 5, sign: _Sign = "positive") -> BoolArray:
        """Return where the strongest segments are.

        Parameters
        ----------
        output : label, str or int, default=None
            Explained output; see `as_list`.

        top : int, default=5
            Number of segments, at least 1. There may be fewer segments of this sign.

        sign : {"positive", "negative", "both"}, default="positive"
            "positive": segments that raise the output; "negative": segments that lower it.

        Returns
        -------
        mask : ndarray of bool of the shape of `segments`
            True for the pixels of these segments.

        Raises
        ------
        ValueError
            If `top` is no number from 1 on, or `sign` is unknown.
        """
        if isinstance(top, bool) or not isinstance(top, int | np.integer) or top < 1:
            raise ValueError(f"top={top!r} is no number of segments; pass an integer from 1 on.")
        if sign not in _SIGNS:
            raise ValueError(f"sign={sign!r} is unknown; pass one of {list(_SIGNS)}.")
        weights = np.nan_to_num(self.values[:, self._output_index(output)])
        counts = _SIGNS[sign](weights)
        strongest = np.argsort(np.where(counts, -np.abs(weights), 0.0), kind="stable")[:top]
        is_shown = np.zeros(len(weights), dtype=bool)
        is_shown[strongest] = counts[strongest]
        mask: BoolArray = is_shown[self._parts()]
        return mask

    def plot(
        self,
        output: Any = None,
        *,
        # Pictures have other kinds than documents.
        kind: Literal["image", "heatmap", "outline", "bar", "waterfall", "comparison"] = "image",  # type: ignore[override]
        max_features: int | None = 5,
        ax: Axes | None = None,
    ) -> ExplanationDisplay:
        """Draw the picture with its weights, or the weights alone.

        Parameters
        ----------
        output : label, str or int, default=None
            Explained output; see `as_list`.

        kind : {"image", "heatmap", "outline", "bar", "waterfall", "comparison"}, default="image"
            "image" draws the picture; the picture in gray with tints, outlines and numbers; the
            segments that raise the prediction most; and a table. "heatmap" draws tints on the
            picture in gray. "outline" draws outlines and numbers on the picture. The others draw
            the weights without the picture, as those of tables.

        max_features : int, default=5
            Maximum number of numbered segments, or bars, at least 1; `None` is all.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; `None` makes a figure.

        Returns
        -------
        display : LimeImageDisplay, LimeExplanationDisplay or LimeComparisonDisplay
            With ``ax_`` and ``figure_``.

        Examples
        --------
        >>> import numpy as np
        >>> from sklime import LimeImageExplainer
        >>> images = np.arange(12.0).reshape(3, 2, 2)
        >>> explainer = LimeImageExplainer(
        ...     lambda images: images.sum(axis=(1, 2)), segmenter="grid", n_segments=4
        ... )
        >>> display = explainer.fit(images).explain(images)[0].plot(max_features=2)
        >>> len(display.axes_), len(display.numbers_)
        (3, 2)
        """
        from sklime.display._plots import plot_explanation

        return plot_explanation(self, output, kind=kind, max_features=max_features, ax=ax)

    @overload
    def to_json(self, path: None = None, *, include_image: bool = True) -> str: ...

    @overload
    def to_json(self, path: str | PathLike[str], *, include_image: bool = True) -> None: ...

    def to_json(
        self, path: str | PathLike[str] | None = None, *, include_image: bool = True
    ) -> str | None:
        """Write everything as JSON, without loss.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write, completely or not at all; `None` returns the text.

        include_image : bool, default=True
            Whether the picture is written. Its segments always are.

        Returns
        -------
        text : str or None
            The text, where no file is written.
        """
        return write_json(self if include_image else replace(self, image=None), path)

    def _parts(self) -> IntArray:
        """Return the index of the segment of each pixel."""
        labels = self.segment_labels
        if labels.size and labels[0] == 0 and labels[-1] == labels.size - 1:
            # The labels are the indices; a search in a large photo takes a second.
            return self.segments
        parts: IntArray = np.searchsorted(labels, self.segments)
        return parts


class ImageExplanationBatch(PartsExplanationBatch[ImageExplanation]):
    """Explanations of many pictures or volumes, each with its own segments.

    A sequence of `ImageExplanation`. An integer gives one explanation. A slice, or an array of
    indices or of booleans, gives a smaller batch. It holds computed values only and cannot be
    changed. Segments differ from picture to picture. Find `values`, `standard_errors` and other
    arrays over segments in the single explanations, and in `to_frame`.

    Parameters
    ----------
    explanations : iterable of ImageExplanation
        One per picture.

    shared : mapping
        Names and facts that all pictures share, as in `to_json`.

    Attributes
    ----------
    intercepts : ndarray of shape (n_pictures, n_outputs)
        Local prediction where all segments are removed.

    predictions, local_predictions, held_out_predictions, fidelity : ndarray of shape \
            (n_pictures, n_outputs)
        As in `ExplanationBatch`.

    effective_sample_size : ndarray of shape (n_pictures,)
        Effective number of masks that remove a segment.

    n_perturbations : ndarray of int of shape (n_pictures,)
        Number of masks.

    responses : ndarray of shape (n_pictures, n_responses)
        All responses of the model.

    row_labels : ndarray of shape (n_pictures,)
        Labels of the pictures.

    failures : ndarray of object of shape (n_pictures,)
        Reason why a picture has no explanation; `None` if it has one.

    images : tuple of ndarray
        The pictures, with channels last.

    segments : tuple of ndarray of int
        Label of the segment of each pixel.

    internals : PartsInternals
        Indices of the explained responses, and facts that all pictures share.

    See Also
    --------
    ImageExplanation : One picture.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime import LimeImageExplainer
    >>> images = np.arange(12.0).reshape(3, 2, 2)
    >>> explainer = LimeImageExplainer(
    ...     lambda images: images.sum(axis=(1, 2)), segmenter="grid", n_segments=4
    ... )
    >>> batch = explainer.fit(images).explain(images)
    >>> batch
    <ImageExplanationBatch: 3 pictures x 1 output, n=16, median fidelity 1.00>
    >>> batch.heatmaps().shape
    (3, 2, 2)
    """

    kind = "image"
    noun = "picture"
    _single = ImageExplanation

    images: tuple[Array | None, ...]
    segments: tuple[IntArray, ...]

    def __init__(self, explanations: Iterable[ImageExplanation], shared: Mapping[str, Any]) -> None:
        super().__init__(explanations, shared)
        for name, attribute in {"images": "image", "segments": "segments"}.items():
            values = tuple(read_only(getattr(one, attribute)) for one in self._explanations)
            object.__setattr__(self, name, values)

    def heatmaps(self, output: Any = None) -> FloatArray:
        """Return the weights of the segments of all pixels.

        Parameters
        ----------
        output : label, str or int, default=None
            Explained output; `None` is the only output or, of several classes, the predicted one
            of each picture.

        Returns
        -------
        heatmaps : ndarray of shape (n_pictures, height, width), or with depth for volumes
            See `ImageExplanation.heatmap`.

        Raises
        ------
        ValueError
            If pictures differ in size.
        """
        shapes = sorted({segments.shape for segments in self.segments})
        if len(shapes) > 1:
            raise ValueError(
                f"The pictures have different sizes, such as {shapes[0]} and {shapes[1]}. Take "
                "batch[i].heatmap(), or transform of the explainer, whose cells are the same for "
                "all sizes."
            )
        if not shapes:
            return np.empty((0, 0, 0))
        return np.stack([one.heatmap(output) for one in self._explanations])

    @overload
    def to_json(self, path: None = None, *, include_image: bool = True) -> str: ...

    @overload
    def to_json(self, path: str | PathLike[str], *, include_image: bool = True) -> None: ...

    def to_json(
        self, path: str | PathLike[str] | None = None, *, include_image: bool = True
    ) -> str | None:
        """Write everything as JSON, without loss.

        Parameters
        ----------
        path : str or path-like, default=None
            File to write, completely or not at all; `None` returns the text.

        include_image : bool, default=True
            Whether pictures are written. Their segments always are.

        Returns
        -------
        text : str or None
            The text, where no file is written.
        """
        batch = self
        if not include_image:
            without = [replace(one, image=None) for one in self._explanations]
            batch = type(self)(without, self._shared)
        return write_json(batch, path)

    def plot(
        self,
        output: Any = None,
        *,
        # Segments have no values that could be changed as those of a row.
        kind: Literal["image", "global", "dependence", "heatmap", "fidelity"] | None = None,  # type: ignore[override]
        feature: str | int | None = None,
        by: ArrayLike | None = None,
        max_features: int | None = 5,
        ax: Axes | None = None,
    ) -> BatchDisplay:
        """Draw the pictures with their weights, or how well surrogates follow the model.

        Parameters
        ----------
        output : label, str or int, default=None
            Explained output; `None` is the only output or, of several classes, the predicted one
            of each picture.

        kind : {"image", "global", "dependence", "heatmap", "fidelity"}, default=None
            "image", which is the default, draws the first 12 pictures with tints and outlines, on
            one scale. "fidelity" draws the predictions of the surrogates against those of the
            model. The others are as in `ExplanationBatch.plot`, for pictures with the same
            segments.

        feature : str or int, default=None
            Name or index of the segment that "dependence" draws.

        by : array-like of shape (n_pictures,), default=None
            Group of each picture, as in `ExplanationBatch.plot`; with it the default is "global".

        max_features : int, default=5
            Maximum number of outlined segments of each picture, or of strips, at least 1; `None`
            is all.

        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; `None` makes a figure.

        Returns
        -------
        display : LimeImageGridDisplay or another display
            With ``ax_`` and ``figure_``.

        Raises
        ------
        ValueError
            If the kind is another one, or if it compares segments and pictures differ in theirs.
        """
        from sklime.display._plots import plot_batch

        return plot_batch(
            self,
            output,
            kind=kind,
            feature=feature,
            by=by,
            max_features=max_features,
            ax=ax,
        )

    @property
    def _has_same_segments(self) -> bool:
        """Tell whether a segment is the same pixels in all pictures."""
        return have_same_segments(self.segments)

    def _check_same_segments(self, asked: str) -> None:
        """Check that a segment is the same pixels in all pictures."""
        check_same_segments(self, asked)
