"""Many pictures with the weights of their segments side by side, on matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self, cast

from sklime.display._axes import (
    class_words,
    ink_of,
    plain_name,
    set_title,
    weight_label,
)
from sklime.display._counts import check_max_features
from sklime.display._global import sides_of
from sklime.display._image_panels import (
    BASE_SIZE,
    CHARACTER,
    POINTS_PER_INCH,
    PanelGrid,
    colors_of,
    draw_outlines,
    draw_pixels,
    draw_tint_scale,
    fit_figure,
    frame_in,
    frame_size,
    panel_in,
    ratio_of,
    text_size,
    title_length,
    write_notes,
)
from sklime.display._names import MAX_CLASS_LENGTH, middle_cut
from sklime.display._numbers import signed_text
from sklime.display._overlays import ImageView, strengths_of, tinted, view_at
from sklime.display._pixels_shown import faded
from sklime.display._types import Label
from sklime.display._view import failure_of
from sklime.display._words import words_of
from sklime.utils._text import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from matplotlib.patches import PathPatch

    from sklime._base import BaseLimeExplainer
    from sklime._explanations._images import ImageExplanation, ImageExplanationBatch

__all__ = ["LimeImageGridDisplay"]

MOST_PICTURES = 12
MAX_COLUMNS = 4

# Rows and columns of pixels of each picture.
MAX_SIDE = 500

# In inches.
COLUMN_WIDTH, MAX_HEIGHT = 1.9, 2.2
GAP, CAPTION, SCALE = 0.12, 0.22, 0.5
TEXT_WIDTH = 4.0

LINES = "Solid outlines raise the output, dashed ones lower it."
NO_TINT = "No segment is tinted: no interval leaves 0 out."
PREDICTION_DECIMALS = 3


class LimeImageGridDisplay:
    """Pictures of a batch in gray, with tints and outlines by the weights of their segments.

    It is recommended to use `from_explanations`, `from_estimator` or `ImageExplanationBatch.plot`
    to make one. All pictures have the same scale. At most 12 are drawn.

    Parameters
    ----------
    views : sequence of ImageView
        What is drawn of each picture.

    captions : sequence of str
        One per picture.

    title : str, default=""
        Title above all pictures.

    label : str, default=""
        Meaning of both sides of the weights.

    failed : sequence of bool, default=()
        Whether each picture has no explanation; empty if all have one.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that hold the pictures.

    axes_ : list of matplotlib.axes.Axes
        One per picture.

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    images_ : list of matplotlib.image.AxesImage
        The pictures.

    outlines_ : list of matplotlib.patches.PathPatch
        The outlines of the strongest segments.

    scale_ : matplotlib.axes.Axes or None
        The scale of the tints; `None` if there are none.

    See Also
    --------
    LimeImageDisplay : Draws one picture, with numbers and a table.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime import LimeImageExplainer
    >>> from sklime.display import LimeImageGridDisplay
    >>> images = np.arange(48.0).reshape(3, 4, 4) / 48
    >>> explainer = LimeImageExplainer(
    ...     lambda images: images.mean(axis=(1, 2)), segmenter="grid", n_segments=4
    ... )
    >>> batch = explainer.fit(images).explain(images)
    >>> LimeImageGridDisplay.from_explanations(batch).captions
    ['0: 0.156', '1: 0.490', '2: 0.823']
    """

    def __init__(
        self,
        views: Sequence[ImageView],
        captions: Sequence[str],
        *,
        title: str = "",
        label: str = "",
        failed: Sequence[bool] = (),
    ) -> None:
        self.views = views
        self.captions = captions
        self.title = title
        self.label = label
        self.failed = failed

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseLimeExplainer,
        X: Any,
        *,
        output: Label = None,
        max_features: int | None = 5,
        **kwargs: Any,
    ) -> Self:
        """Explain pictures, and draw them.

        Parameters
        ----------
        estimator : fitted explainer
            A `LimeImageExplainer`.

        X : array or list of pictures
            Pictures, as in `LimeImageExplainer.explain`. Only the first 12 are explained.

        output : label, str or int, default=None
            Output to draw; see `from_explanations`.

        max_features : int, default=5
            Maximum number of outlined segments of each picture, at least 1; `None` outlines all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeImageGridDisplay
            The display.
        """
        check_max_features(max_features)
        batch = cast("ImageExplanationBatch", estimator.explain(X[:MOST_PICTURES]))
        return cls.from_explanations(batch, output=output, max_features=max_features, **kwargs)

    @classmethod
    def from_explanations(
        cls,
        explanations: ImageExplanationBatch,
        *,
        output: Label = None,
        max_features: int | None = 5,
        **kwargs: Any,
    ) -> Self:
        """Draw the pictures of a batch.

        Parameters
        ----------
        explanations : ImageExplanationBatch
            The explanations to draw; of more than 12, the first 12. Of a volume, the slice is
            drawn that goes through the strongest segment.

        output : label, str or int, default=None
            Output to draw, by name or class label. `None` is the only one or, of several classes,
            the predicted one of each picture.

        max_features : int, default=5
            Maximum number of outlined segments of each picture, at least 1; `None` outlines all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeImageGridDisplay
            The display.
        """
        check_max_features(max_features)
        drawn = [*explanations[:MOST_PICTURES]]
        failures = [failure_of(one) for one in drawn]
        indices = [
            0 if failure else one._output_index(output) for one, failure in zip(drawn, failures)
        ]
        total = counted(len(explanations), explanations.noun)
        is_part = len(drawn) < len(explanations)
        return cls(
            [view_at(one, index, max_features, MAX_SIDE) for one, index in zip(drawn, indices)],
            [
                _caption(one, index, failure)
                for one, index, failure in zip(drawn, indices, failures)
            ],
            title=f"the first {len(drawn)} of {total}" if is_part else total,
            label=weight_label(
                explanations.is_classification,
                *sides_of(explanations, output),
                words_of(explanations).quantity,
                long_class=1000,
            ),
            failed=[bool(failure) for failure in failures],
        ).plot(**kwargs)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        figure: Figure | None = None,
        cmap: str | Colormap | None = None,
    ) -> Self:
        """Draw the pictures.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes that the pictures fill; `None` makes a figure.

        figure : matplotlib.figure.Figure, default=None
            Empty figure to draw on if `ax` is None; `None` makes one with pyplot.

        cmap : str or matplotlib.colors.Colormap, default=None
            Diverging colors of the tints; `None` is orange above 0 and blue below.

        Returns
        -------
        display : LimeImageGridDisplay
            The display itself.
        """
        is_own = ax is None
        self.ax_ = frame = frame_in(self._new_axes(figure) if ax is None else ax)
        self.figure_ = cast("Figure", frame.figure)
        self._size = text_size(frame, TEXT_WIDTH)
        self._places = self._grid(self._size / BASE_SIZE)
        self.axes_: list[Axes] = []
        self.images_: list[AxesImage] = []
        self.outlines_: list[PathPatch] = []
        largest = max((view.largest for view in self.views), default=0.0)
        for number, view in enumerate(self.views):
            self._draw_view(number, view, largest, cmap)
        self.scale_ = self._draw_scale(largest, cmap) if largest > 0.0 else None
        notes = dict.fromkeys(note for view in self.views for note in view.notes)
        write_notes(frame, [*notes, LINES if largest else NO_TINT], self._size)
        set_title(frame, self.title, length=title_length(frame))
        if is_own:
            fit_figure(frame, self.frame_size())
        return self

    def frame_size(self) -> tuple[float, float]:
        """Return the size of axes with room for all pictures.

        Returns
        -------
        width, height : float
            In inches, without the title and the notes.
        """
        grid = self._grid(1.0)
        width = grid.n_columns * COLUMN_WIDTH + (grid.n_columns - 1) * GAP
        heights = [min(COLUMN_WIDTH * ratio, MAX_HEIGHT) + CAPTION for ratio in grid.ratios]
        # One or two pictures are narrower than the scale and the notes.
        return max(width, TEXT_WIDTH), sum(heights) + grid.below

    def _new_axes(self, figure: Figure | None) -> Axes:
        if figure is None:
            import matplotlib.pyplot as plt

            figure = plt.figure()
        figure.set_size_inches(*self.frame_size())
        return figure.add_axes((0.0, 0.0, 1.0, 1.0))

    def _grid(self, unit: float) -> PanelGrid:
        """Return the places of pictures with texts of some size."""
        count = max(len(self.views), 1)
        n_lines = -(-count // MAX_COLUMNS)
        n_columns = max(-(-count // n_lines), 2)
        ratios = [ratio_of(view.planes[0]).ratio for view in self.views] or [1.0]
        lines = [max(ratios[i : i + n_columns]) for i in range(0, count, n_columns)]
        return PanelGrid(tuple(lines), n_columns, CAPTION * unit, GAP * unit, SCALE * unit)

    def _draw_view(
        self, number: int, view: ImageView, largest: float, cmap: str | Colormap | None
    ) -> None:
        """Draw one picture with its tints and outlines, and its caption."""
        bounds = partial(self._places.panel, *divmod(number, self._places.n_columns))
        ax, plane = panel_in(self.ax_, bounds), view.planes[0]
        colors = colors_of(strengths_of(view.weights, view.certain, largest), cmap)
        # A picture without an explanation looks like none that has one.
        is_failed = any(self.failed[number : number + 1])
        pixels = plane.picture if is_failed else tinted(faded(plane.picture), plane.parts, colors)
        self.axes_.append(ax)
        self.images_.append(draw_pixels(ax, plane, pixels))
        scale = 0.75 * self._size / BASE_SIZE
        self.outlines_ += draw_outlines(ax, plane, view.table.rows, scale)
        room = bounds(*frame_size(self.ax_))[2] * POINTS_PER_INCH / (CHARACTER * self._size)
        text = middle_cut(self.captions[number], max(int(room), 4))
        ax.set_title(text, fontsize=self._size, color=ink_of(ax), pad=3, parse_math=False)

    def _draw_scale(self, largest: float, cmap: str | Colormap | None) -> Axes:
        unit = self._size / BASE_SIZE
        bounds = partial(self._places.part_below, 0.06 * unit, 0.09 * unit, 0.2, 0.8)
        scale = panel_in(self.ax_, bounds)
        draw_tint_scale(scale, largest, self._size, self.label, cmap)
        return scale


def _caption(explanation: ImageExplanation, index: int, failure: str) -> str:
    """Write the label of a picture and the answer of the model."""
    label = plain_name(explanation.row_label, MAX_CLASS_LENGTH)
    if failure:
        return f"{label}: no explanation"
    answer = signed_text(explanation.predictions[index], PREDICTION_DECIMALS, always_signed=False)
    if explanation.is_classification:
        name = class_words(explanation.explained_names()[index])
        return f"{label}: {name} {answer}"
    return f"{label}: {answer}"
