"""A picture with the weights of its segments, on matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from textwrap import fill
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from sklime.display._axes import (
    DOWN,
    UP,
    explanation_title,
    ink_of,
    plain_name,
    row_title,
    set_title,
    side_words,
    weight_label,
)
from sklime.display._bars import one_row
from sklime.display._counts import check_max_features
from sklime.display._image_panels import (
    BASE_SIZE,
    CHARACTER,
    POINTS_PER_INCH,
    PanelGrid,
    colors_of,
    draw_numbers,
    draw_outlines,
    draw_pixels,
    draw_tint_scale,
    fit_figure,
    frame_in,
    frame_size,
    named_text,
    panel_in,
    ratio_of,
    text_size,
    title_length,
    write_notes,
)
from sklime.display._image_table import cut_table, draw_table, n_lines_of
from sklime.display._names import output_sides
from sklime.display._overlays import (
    ImageView,
    SegmentTable,
    evidence,
    strengths_of,
    tinted,
    view_at,
)
from sklime.display._pixels_shown import Plane, faded
from sklime.display._types import Label, Style
from sklime.display._view import failure_of
from sklime.display._words import Words, words_of
from sklime.utils._text import counted, listed
from sklime.utils._types import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.container import BarContainer
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage
    from matplotlib.patches import PathPatch
    from matplotlib.text import Text

    from sklime._base import BaseLimeExplainer
    from sklime._explanations._images import ImageExplanation

__all__ = ["LimeImageDisplay"]

KINDS = ("image", "heatmap", "outline")

# In inches: the width of new axes with several panels and with one, and most of the height of a
# picture; and the widths from which texts have their full size.
FULL_WIDTH, ONE_WIDTH = 8.0, 5.0
MAX_HEIGHT, MAX_ONE_HEIGHT, MAX_SLICE_HEIGHT = 2.9, 4.6, 2.0
TEXT_WIDTH, ONE_TEXT_WIDTH = 6.0, 3.6

# In inches, for texts of the full size: what lies between panels, the line above a panel, the
# scale of the tints without and with a label, and a line of the table.
GAP, CAPTION, SCALE, LABELED_SCALE, LINE = 0.14, 0.21, 0.3, 0.5, 0.2

# Most of the height of a frame that the table takes, and the least scale of its texts.
TABLE_SHARE, SMALLEST_TABLE = 0.5, 0.55

TINTS = ("solid raises, dashed lowers", "weights")
NO_TINT = "no tint: no interval leaves 0 out"
NO_WEIGHTS = "no tint: no segment has a weight"
MAX_REASON_LENGTH = 300

DEFAULT_WORDS = Words("weight", "intercept")


class LimeImageDisplay:
    """The picture of an explanation, its segments tinted and outlined by their weights.

    It is recommended to use `from_explanation`, `from_estimator` or `ImageExplanation.plot` to make
    one. Segments that raise the prediction have solid outlines and orange tints. Segments that
    lower it have dashed outlines and blue tints. A segment whose interval contains 0 has no tint.

    Parameters
    ----------
    view : ImageView
        Picture, segments, weights and table.

    title : str, default=""
        Title above all panels.

    label : str, default=""
        Meaning of both sides of the weights.

    sides : tuple of str, default=("raises", "lowers")
        What segments with solid outlines do, and those with dashed ones.

    failure : str, default=""
        Why the picture has no explanation; empty if it has one.

    words : Words, default=None
        Words for the numbers of the table; `None` is "weight", "intercept" and "surrogate".

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that hold the panels.

    axes_ : list of matplotlib.axes.Axes
        The panels with pictures. Of a volume, each slice has a line of panels in the kind "image".

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    images_ : list of matplotlib.image.AxesImage
        The pictures in the panels.

    outlines_ : list of matplotlib.patches.PathPatch
        The outlines of numbered segments.

    numbers_ : list of matplotlib.text.Text
        The numbers on the picture.

    scale_ : matplotlib.axes.Axes or None
        The scale of the tints.

    table_ : matplotlib.axes.Axes or None
        The table of the kind "image".

    bars_ : matplotlib.container.BarContainer or None
        The bars of the table.

    See Also
    --------
    LimeImageGridDisplay : Draws many pictures.
    LimeExplanationDisplay : Draws the weights as bars.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime import LimeImageExplainer
    >>> from sklime.display import LimeImageDisplay
    >>> images = np.arange(48.0).reshape(3, 4, 4) / 48
    >>> explainer = LimeImageExplainer(
    ...     lambda images: images.mean(axis=(1, 2)), segmenter="grid", n_segments=4
    ... )
    >>> explanation = explainer.fit(images).explain(images)[0]
    >>> display = LimeImageDisplay.from_explanation(explanation)
    >>> [text.get_text() for text in display.numbers_]
    ['1', '2', '3', '4']
    """

    def __init__(
        self,
        view: ImageView,
        *,
        title: str = "",
        label: str = "",
        sides: tuple[str, str] = ("raises", "lowers"),
        failure: str = "",
        words: Words | None = None,
    ) -> None:
        self.view = view
        self.title = title
        self.label = label
        self.sides = sides
        self.failure = failure
        self.words = words

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseLimeExplainer,
        X: Any,
        *,
        row: int = 0,
        output: Label = None,
        max_features: int | None = 5,
        **kwargs: Any,
    ) -> Self:
        """Explain one picture, and draw it.

        Parameters
        ----------
        estimator : fitted explainer
            A `LimeImageExplainer`.

        X : array or list of pictures
            Pictures, as in `LimeImageExplainer.explain`.

        row : int, default=0
            Index of the picture.

        output : label, str or int, default=None
            Output to draw; see `Explanation.as_list`.

        max_features : int, default=5
            Maximum number of numbered segments, at least 1; `None` numbers all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeImageDisplay
            The display.
        """
        check_max_features(max_features)
        explanation = cast("ImageExplanation", estimator.explain(one_row(X, row))[0])
        return cls.from_explanation(explanation, output=output, max_features=max_features, **kwargs)

    @classmethod
    def from_explanation(
        cls,
        explanation: ImageExplanation,
        *,
        output: Label = None,
        max_features: int | None = 5,
        **kwargs: Any,
    ) -> Self:
        """Draw the picture of an explanation.

        Parameters
        ----------
        explanation : ImageExplanation
            The explanation to draw. Of a volume, three slices are drawn, which meet in the middle
            of the strongest segment.

        output : label, str or int, default=None
            Output to draw; see `Explanation.as_list`.

        max_features : int, default=5
            Maximum number of numbered segments, at least 1; `None` numbers all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeImageDisplay
            The display.
        """
        check_max_features(max_features)
        failure = failure_of(explanation)
        # A picture that failed has no predicted class, which could be the output.
        index = 0 if failure else explanation._output_index(output)
        words = words_of(explanation)
        return cls(
            view_at(explanation, index, max_features),
            title=row_title(explanation) if failure else explanation_title(explanation, index),
            label=weight_label(
                explanation.is_classification,
                *output_sides(explanation, index),
                words.quantity,
                long_class=1000,
            ),
            sides=side_words(explanation, index),
            failure=failure,
            words=words,
        ).plot(**kwargs)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        figure: Figure | None = None,
        kind: Literal["image", "heatmap", "outline"] = "image",
        cmap: str | Colormap | None = None,
        image_kwargs: Style | None = None,
    ) -> Self:
        """Draw the picture.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes that the panels fill; `None` makes a figure.

        figure : matplotlib.figure.Figure, default=None
            Empty figure to draw on if `ax` is None; `None` makes one with pyplot.

        kind : {"image", "heatmap", "outline"}, default="image"
            "image" draws three panels: the picture; the picture in gray with tints, outlines and
            numbers; and the segments that raise the prediction most. A table is below them.
            "heatmap" draws tints on the picture in gray. "outline" draws outlines and numbers on
            the picture.

        cmap : str or matplotlib.colors.Colormap, default=None
            Diverging colors of the tints; `None` is orange above 0 and blue below.

        image_kwargs : dict, default=None
            Passed to `matplotlib.image.AxesImage.set` of each picture.

        Returns
        -------
        display : LimeImageDisplay
            The display itself.
        """
        if kind not in KINDS:
            raise ValueError(f"kind={kind!r} is not one of {list(KINDS)}.")
        self._is_own = ax is None
        self.ax_ = frame = frame_in(self._new_axes(figure, kind) if ax is None else ax)
        self.figure_ = cast("Figure", frame.figure)
        self.axes_: list[Axes] = []
        self.images_: list[AxesImage] = []
        self.outlines_: list[PathPatch] = []
        self.numbers_: list[Text] = []
        self.scale_: Axes | None = None
        self.table_: Axes | None = None
        self.bars_: BarContainer | None = None
        self._size = text_size(frame, TEXT_WIDTH if self._n_columns(kind) > 1 else ONE_TEXT_WIDTH)
        notes = [*self.view.notes]
        if self.failure:
            self._draw_failure()
        else:
            notes += self._draw(kind, cmap)
        for image in self.images_:
            image.set(**(image_kwargs or {}))
        if any(ratio_of(plane).is_stretched for plane in self.view.planes):
            lengths = " x ".join(f"{length:,d}" for length in self.view.planes[0].size)
            notes.append(f"The picture is drawn stretched: it has {lengths} pixels.")
        write_notes(frame, notes, self._size)
        set_title(frame, self.title, length=title_length(frame))
        if ax is None:
            fit_figure(frame, self.frame_size(kind))
        return self

    def frame_size(self, kind: str = "image") -> tuple[float, float]:
        """Return the size of axes with room for all panels.

        Parameters
        ----------
        kind : {"image", "heatmap", "outline"}, default="image"
            Kind of picture.

        Returns
        -------
        width, height : float
            In inches, without the title and the notes.
        """
        grid = self._grid(kind, 1.0, self._table_height(kind))
        is_one = grid.n_columns == 1
        width, highest = (ONE_WIDTH, MAX_ONE_HEIGHT) if is_one else (FULL_WIDTH, MAX_HEIGHT)
        highest = highest if len(grid.ratios) == 1 else MAX_SLICE_HEIGHT
        column = grid.panel(0, 0, width, 1e3)[2]
        pictures = sum(min(ratio * column, highest) + grid.caption for ratio in grid.ratios)
        return width, pictures + grid.below

    def _new_axes(self, figure: Figure | None, kind: str) -> Axes:
        """Return axes of their final size; title and notes are not known yet."""
        if figure is None:
            import matplotlib.pyplot as plt

            figure = plt.figure()
        figure.set_size_inches(*self.frame_size(kind))
        return figure.add_axes((0.0, 0.0, 1.0, 1.0))

    def _n_columns(self, kind: str) -> int:
        return 3 if kind == "image" or self.failure else len(self.view.planes)

    def _grid(self, kind: str, unit: float, table: float) -> PanelGrid:
        """Return the places of panels with texts of some size above a table of some height."""
        ratios = [ratio_of(plane).ratio for plane in self.view.planes]
        scale = 0.0 if self.failure or kind == "outline" else SCALE
        scale = LABELED_SCALE if kind == "heatmap" and scale else scale
        n_columns = 3
        if kind != "image" and not self.failure:
            ratios, n_columns = [max(ratios)], len(ratios)
        elif self.failure:
            ratios = ratios[:1]
        return PanelGrid(tuple(ratios), n_columns, CAPTION * unit, GAP * unit, scale * unit + table)

    def _table_height(self, kind: str) -> float:
        if kind != "image" or self.failure:
            return 0.0
        return n_lines_of(self.view.table) * LINE + GAP

    def _draw(self, kind: str, cmap: str | Colormap | None) -> list[str]:
        """Draw all panels, and return what else is to be said."""
        unit, (_, height) = self._size / BASE_SIZE, frame_size(self.ax_)
        # The table of a low frame has smaller texts, and fewer lines.
        wanted = self._table_height(kind)
        scale = (
            unit
            if self._is_own
            else min(unit, max(TABLE_SHARE * height / max(wanted, 1e-9), SMALLEST_TABLE))
        )
        most = int((TABLE_SHARE * height / scale - GAP) / LINE) if scale < unit else None
        table = self.view.table if most is None else cut_table(self.view.table, most)
        if kind != "image":
            table = None
        tall = 0.0 if table is None else n_lines_of(table) * LINE * scale
        self._places = self._grid(kind, unit, tall + GAP * unit if tall else 0.0)
        notes = self._draw_panels(kind, cmap)
        if kind == "outline":
            notes.insert(0, f"Solid line: {self.sides[0]}; dashed line: {self.sides[1]}.")
        else:
            self._draw_scale(kind, cmap)
        has_label = table is not None and self._draw_table(table, tall, scale * BASE_SIZE)
        if kind == "image" and not has_label:
            notes.insert(0, f"Weights above 0: {self.sides[0]}; below 0: {self.sides[1]}.")
        return notes

    def _draw_panels(self, kind: str, cmap: str | Colormap | None) -> list[str]:
        """Draw the panels with pictures, and return notes on numbers without room."""
        view = self.view
        colors = colors_of(strengths_of(view.weights, view.certain, view.largest), cmap)
        left_out: list[int] = []
        for number, plane in enumerate(view.planes):
            tints = tinted(faded(plane.picture), plane.parts, colors)
            if kind == "heatmap":
                self._add(0, number, plane, tints, [plane.name])
                continue
            place = (number, 0) if kind == "image" else (0, number)
            ax = self._add(*place, plane, plane.picture, [plane.name or "picture"])
            if kind == "image":
                ax = self._add(number, 1, plane, tints, [] if number else TINTS)
                pixels = evidence(plane.picture, plane.parts, view.supporting)
                self._add(number, 2, plane, pixels, [] if number else self._of_evidence())
            left_out += self._draw_lines(ax, plane)
        drawn = {int(text.get_text()) for text in self.numbers_}
        missing = [number for number in dict.fromkeys(left_out) if number not in drawn]
        return [f"No room for the numbers {listed(missing)}."] if missing else []

    def _add(
        self, line: int, column: int, plane: Plane, pixels: Array, captions: Sequence[str]
    ) -> Axes:
        """Draw a panel, with the longest caption that has room."""
        bounds = partial(self._places.panel, line, column)
        ax = panel_in(self.ax_, bounds)
        self.axes_.append(ax)
        self.images_.append(draw_pixels(ax, plane, pixels))
        self._caption(ax, captions, bounds(*frame_size(self.ax_))[2])
        return ax

    def _caption(self, ax: Axes, captions: Sequence[str], width: float) -> None:
        room = width * POINTS_PER_INCH / (CHARACTER * self._size)
        text = next((text for text in captions if len(text) <= room), "")
        ax.set_title(text, fontsize=self._size, color=ink_of(ax), pad=3, parse_math=False)

    def _of_evidence(self) -> list[str]:
        count = len(self.view.supporting)
        if not count:
            return ["no segment surely raises it", "nothing surely raises it", "no evidence"]
        view = self.view
        is_part = count < int((view.certain & (view.weights > 0.0)).sum())
        strongest = "the strongest" if count == 1 else f"the {count} strongest"
        which = strongest if is_part else counted(count, "segment")
        long = f"{which} that raise{'s' * (count == 1)} it, rest gray"
        return [long, "what raises it, rest gray", "raising, rest gray", "evidence"]

    def _draw_lines(self, ax: Axes, plane: Plane) -> list[int]:
        """Draw outlines and numbers; return the numbers without room."""
        rows, box = self.view.table.rows, ax.get_axes_locator()(ax, None)  # type: ignore[arg-type]
        self.outlines_ += draw_outlines(ax, plane, rows, max(self._size / BASE_SIZE, 0.7))
        figure = self.figure_.get_size_inches()
        width = min(box.width * figure[0], box.height * figure[1] / ratio_of(plane).ratio)
        texts, left_out = draw_numbers(ax, plane, rows, self._size, width)
        self.numbers_ += texts
        return left_out

    def _draw_scale(self, kind: str, cmap: str | Colormap | None) -> None:
        """Draw the scale of the tints below their panel, or say that there are none."""
        unit = self._size / BASE_SIZE
        ends = (0.36, 0.64) if kind == "image" else (0.15, 0.85)
        tall = 0.09 * unit
        self.scale_ = panel_in(self.ax_, partial(self._places.part_below, 0.06 * unit, tall, *ends))
        if self.view.largest > 0.0:
            label = self.label if kind == "heatmap" else ""
            draw_tint_scale(self.scale_, self.view.largest, self._size, label, cmap)
            return
        self.scale_.set_axis_off()
        text = NO_TINT if self.view.table.rows else NO_WEIGHTS
        style: Style = {"ha": "center", "va": "center", "fontsize": self._size}
        self.scale_.text(0.5, 0.0, text, color=ink_of(self.scale_), **style)

    def _draw_table(self, table: SegmentTable, tall: float, size: float) -> bool:
        """Draw the table; return whether it says what the weights mean."""
        offset = SCALE * self._size / BASE_SIZE + GAP * size / BASE_SIZE
        bounds = partial(self._places.part_below, offset, tall, 0.0, 1.0)
        self.table_ = panel_in(self.ax_, bounds)
        width, _ = frame_size(self.ax_)
        words = self.words or DEFAULT_WORDS
        sides = f"{DOWN} {self.sides[1]}, {self.sides[0]} {UP}"
        self.bars_, _, has_label = draw_table(self.table_, table, words, size, width, sides)
        return has_label

    def _draw_failure(self) -> None:
        """Draw the picture, and why it has no explanation."""
        self._places = self._grid("image", self._size / BASE_SIZE, 0.0)
        plane = self.view.planes[0]
        self._add(0, 0, plane, plane.picture, [plane.name or "picture"])
        beside = panel_in(self.ax_, partial(self._places.panel, 0, 1))
        beside.set_axis_off()
        n_characters = self._places.panel(0, 1, *frame_size(self.ax_))[2] * 2.0
        n_characters *= POINTS_PER_INCH / (CHARACTER * self._size)
        reason = fill(plain_name(self.failure, MAX_REASON_LENGTH), max(int(n_characters), 12))
        text, style = named_text(self.ax_, f"No explanation:\n{reason}")
        style |= {"va": "top", "fontsize": self._size, "color": ink_of(beside)}
        beside.text(0.0, 1.0, text, transform=beside.transAxes, **style)
