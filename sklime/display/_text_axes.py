"""A document with its words highlighted, on matplotlib."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

import numpy as np

from sklime.display._axes import explanation_title, ink_of, set_title, set_xlabel, side_words
from sklime.display._context import keyword_lines
from sklime.display._counts import check_max_features, shown_and_rest
from sklime.display._document import (
    LOWERS,
    RAISES,
    STRONGEST_TINT,
    WEAKEST_TINT,
    Highlight,
    Piece,
    highlights,
    pieces,
)
from sklime.display._fonts import fonts_for, warn_of_boxes
from sklime.display._names import visible, without_piles
from sklime.display._numbers import strongest_first
from sklime.display._types import Label, Style
from sklime.utils._text import counted
from sklime.utils._types import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch
    from matplotlib.text import Text

    from sklime._base import BaseLimeExplainer
    from sklime._explanations._parts import TextExplanation

__all__ = ["LimeTextDisplay"]

FIGURE_WIDTH = 7.5  # inches

# In points, as all lengths that are computed here.
FONT_SIZE = 11
LINE_HEIGHT = 21
MARGIN = 8

MAX_CHARACTERS = 2000
# Words of a longer document, characters on each side of them, and where they stand, as a share of
# the width.
CONTEXT_LINES, CONTEXT_AROUND, CONTEXT_COLUMN = 16, 60, 0.46
TINTS = "the stronger the tint, the larger the weight"
LEGEND_ROOM = 33  # points
BLANK = 0.32 * FONT_SIZE
LEAD = 200  # characters before the first highlight of a long document
POINTS_PER_INCH = 72

# Line breaks, other blanks, and words.
_CHUNKS = re.compile(r"\n|[^\S\n]+|\S+")


class _Placed(NamedTuple):
    """A word in its place: its left end and width in points, and the number of its line."""

    text: str
    weight: float
    left: float
    line: int
    width: float


class LimeTextDisplay:
    """The document of an explanation, its words tinted by their weights.

    It is recommended to use `from_explanation`, `from_estimator` or ``plot(kind="text")`` to make
    one. Words that raise the prediction are underlined solid, words that lower it dotted.

    Parameters
    ----------
    texts : sequence of str
        Pieces of the document, in order.

    weights : sequence of float
        Weight of each piece; 0 for pieces that are not highlighted.

    title : str, default=""
        Title of the axes.

    xlabel : str, default=""
        Meaning of the tints.

    sides : tuple of str, default=("raises", "lowers")
        What words with solid lines do, and words with dotted lines.

    is_context : bool, default=False
        Whether each three pieces are a line: text before a word, the word, text after it. Words
        then stand below each other.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Axes that were drawn on.

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    texts_ : list of matplotlib.text.Text
        The words.

    tints_ : list of matplotlib.patches.Rectangle
        The tints of highlighted words.

    See Also
    --------
    LimeExplanationDisplay : Draws the weights as bars.

    Examples
    --------
    >>> from sklime.display import LimeTextDisplay
    >>> LimeTextDisplay(["a ", "good", " film"], [0.0, 0.3, 0.0]).texts
    ['a ', 'good', ' film']
    """

    def __init__(
        self,
        texts: Sequence[str],
        weights: Sequence[float],
        *,
        title: str = "",
        xlabel: str = "",
        sides: tuple[str, str] = ("raises", "lowers"),
        is_context: bool = False,
    ) -> None:
        self.texts = texts
        self.weights = weights
        self.title = title
        self.xlabel = xlabel
        self.sides = sides
        self.is_context = is_context

    @classmethod
    def from_estimator(
        cls,
        estimator: BaseLimeExplainer,
        X: Sequence[str],
        *,
        row: int = 0,
        output: Label = None,
        max_features: int | None = None,
        **kwargs: Any,
    ) -> Self:
        """Explain one document, and draw it.

        Parameters
        ----------
        estimator : fitted explainer
            Such as `LimeTextExplainer`.

        X : sequence of str
            Documents.

        row : int, default=0
            Index of the document.

        output : label, str or int, default=None
            Output to draw; see `Explanation.as_list`.

        max_features : int, default=None
            Maximum number of words to tint, at least 1; `None` tints all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeTextDisplay
            The display.
        """
        check_max_features(max_features)
        explanation = estimator.explain([list(X)[row]])[0]
        return cls.from_explanation(explanation, output=output, max_features=max_features, **kwargs)

    @classmethod
    def from_explanation(
        cls,
        explanation: TextExplanation,
        *,
        output: Label = None,
        max_features: int | None = None,
        **kwargs: Any,
    ) -> Self:
        """Draw the document of an explanation.

        Parameters
        ----------
        explanation : TextExplanation
            The explanation to draw. Of a document of more than 2,000 characters, the stretch is
            drawn that holds all highlights. If it is longer than that, the 16 strongest words are
            drawn, each in the text around it.

        output : label, str or int, default=None
            Output to draw; see `Explanation.as_list`.

        max_features : int, default=None
            Maximum number of words to tint, at least 1; `None` tints all.

        **kwargs : dict
            Passed to `plot`.

        Returns
        -------
        display : LimeTextDisplay
            The display.
        """
        index = explanation._output_index(output)
        weights = explanation.values[:, index]
        order = strongest_first(weights, explanation.selected[:, index])
        shown, rest = shown_and_rest(order, max_features)
        tinted = set(shown.tolist())
        marked = [item for item in highlights(explanation, index) if item[2] in tinted]
        parts, note = _shown(explanation, marked, np.abs(weights))
        texts = [
            without_piles(visible(text, keep_lines=True)).replace("\r\n", "\n") for text, _ in parts
        ]
        numbers = [0.0 if word is None else float(weights[word]) for _, word in parts]
        return cls(
            texts,
            numbers,
            title=explanation_title(explanation, index),
            xlabel=_meaning(rest.size, note),
            sides=side_words(explanation, index),
            is_context=bool(note),
        ).plot(**kwargs)

    def plot(self, ax: Axes | None = None, *, text_kwargs: Style | None = None) -> Self:
        """Draw the document.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Axes to draw on; lines are broken at their present width. `None` makes a figure that is
            as high as the document needs.

        text_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.text`.

        Returns
        -------
        display : LimeTextDisplay
            The display itself.
        """
        width = self._width(ax)
        lay_out = _context_lines if self.is_context else _lines
        fonts = fonts_for(self.texts)
        texts = [fonts.drawable(text) for text in self.texts]
        laid_out, n_lines = lay_out(texts, self.weights, width)
        height: float = n_lines * LINE_HEIGHT + MARGIN
        if ax is None:
            import matplotlib.pyplot as plt

            # Room for the title and the legend.
            inches = height / POINTS_PER_INCH + 1.5
            figure = plt.figure(figsize=(FIGURE_WIDTH, inches))
            share = width / POINTS_PER_INCH / FIGURE_WIDTH
            left = (1.0 - share) / 2.0
            ax = figure.add_axes((left, 0.85 / inches, share, height / POINTS_PER_INCH / inches))
        else:
            height = max(height, _size(ax)[1])
        self.ax_, self.figure_ = ax, cast("Figure", ax.figure)
        ax.set_xlim(0.0, width)
        ax.set_ylim(height, 0.0)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
        ax.grid(False)
        largest = max(map(abs, self.weights), default=0.0) or 1.0
        self.texts_: list[Text] = []
        self.tints_: list[Patch] = []
        for piece in laid_out:
            self._draw_piece(piece, largest, {"fontfamily": fonts.families} | (text_kwargs or {}))
        warn_of_boxes(self.figure_, fonts)
        self._draw_legend(ax)
        set_xlabel(ax, self.xlabel, loc="left", fontsize="small", labelpad=LEGEND_ROOM)
        set_title(ax, self.title)
        return self

    def _width(self, ax: Axes | None) -> float:
        if ax is None:
            return FIGURE_WIDTH * POINTS_PER_INCH - 4 * MARGIN
        return max(_size(ax)[0], 10 * FONT_SIZE)

    def _draw_legend(self, ax: Axes) -> None:
        """Show both kinds of lines, below the document."""
        from matplotlib.lines import Line2D

        fonts = fonts_for(self.sides)
        lines: list[Style] = [
            {"color": RAISES, "linestyle": "-", "label": fonts.drawable(self.sides[0])},
            {"color": LOWERS, "linestyle": ":", "label": fonts.drawable(self.sides[1])},
        ]
        handles = [Line2D([], [], linewidth=2, **line) for line in lines]
        place: Style = {"loc": "upper left", "bbox_to_anchor": (0.0, 0.0), "borderaxespad": 0.0}
        font: Style = {"prop": {"family": fonts.families, "size": "small"}}
        legend = ax.legend(handles=handles, frameon=False, borderpad=0.2, **place, **font)
        for text in legend.get_texts():
            text.set_parse_math(False)
            text.set_color(ink_of(ax))

    def _draw_piece(self, piece: _Placed, largest: float, text_kwargs: Style) -> None:
        base = (piece.line + 0.7) * LINE_HEIGHT
        if piece.weight:
            self._draw_tint(piece, base, abs(piece.weight) / largest)
        style: Style = {"fontsize": FONT_SIZE, "va": "baseline", "color": ink_of(self.ax_)}
        style |= {"parse_math": False} | text_kwargs
        self.texts_.append(self.ax_.text(piece.left, base, piece.text, **style))

    def _draw_tint(self, piece: _Placed, base: float, strength: float) -> None:
        """Tint a word whose letters stand on `base`, and underline it."""
        from matplotlib.patches import Rectangle

        color, line = (LOWERS, ":") if piece.weight < 0 else (RAISES, "-")
        alpha = WEAKEST_TINT + (STRONGEST_TINT - WEAKEST_TINT) * strength
        corner, height = (piece.left, base - 0.95 * FONT_SIZE), 1.35 * FONT_SIZE
        tint = Rectangle(corner, piece.width, height, color=color, alpha=alpha, linewidth=0)
        self.tints_.append(self.ax_.add_patch(tint))
        ends, below = [piece.left, piece.left + piece.width], base + 0.4 * FONT_SIZE
        # By the shape of the line as well: the colors may be hard to tell apart.
        self.ax_.plot(ends, [below, below], line, color=color, linewidth=2)


def _shown(
    explanation: TextExplanation, marked: list[Highlight], strengths: FloatArray
) -> tuple[list[Piece], str]:
    """Return the pieces that are drawn, and a note if these are words in their context."""
    document, length = explanation.document, len(explanation.document)
    first = marked[0][0] if marked else 0
    start = 0 if length <= MAX_CHARACTERS else max(0, first - LEAD)
    stop = min(length, start + MAX_CHARACTERS)
    if marked and marked[-1][1] > stop:
        lines = keyword_lines(
            document, marked, strengths, n_lines=CONTEXT_LINES, around=CONTEXT_AROUND
        )
        cut = [
            [(line.before, None), (line.word, line.number), (line.after, None)] for line in lines
        ]
        n_words = len({word for _, _, word in marked})
        note = f"{len(lines)} of {counted(n_words, 'word')} in context, the strongest first"
        return list(chain.from_iterable(cut)), note
    ellipsis: list[Piece] = [("\N{HORIZONTAL ELLIPSIS}", None)]
    before, after = ellipsis[: start > 0], ellipsis[: stop < length]
    return [*before, *pieces(document, marked, start, stop), *after], ""


def _meaning(n_rest: int, note: str) -> str:
    """Write what tints mean, and what is left out."""
    more = [f"{counted(n_rest, 'weaker word')} not tinted"] if n_rest else []
    more += [note] if note else []
    return "\n".join([TINTS, "; ".join(more)]) if more else TINTS


def _size(ax: Axes) -> tuple[float, float]:
    """Return the width and height of an axes in points."""
    box = ax.get_window_extent()
    scale = POINTS_PER_INCH / ax.figure.dpi
    return box.width * scale, box.height * scale


def _lines(
    texts: Sequence[str], weights: Sequence[float], width: float
) -> tuple[list[_Placed], int]:
    """Lay pieces out in lines; return their words in their places and the number of lines.

    Matplotlib breaks lines of one text, but cannot draw words of one text in different styles.
    """
    laid_out: list[_Placed] = []
    left, line = 0.0, 0
    for text, weight in zip(texts, weights):
        for chunk in _fitting_chunks(text, width):
            if chunk == "\n":
                left, line = 0.0, line + 1
                continue
            needed = _text_width(chunk)
            if left + needed > width and left > 0.0:
                left, line = 0.0, line + 1
                if chunk.isspace():
                    continue
            if not chunk.isspace():
                laid_out.append(_Placed(chunk, weight, left, line, needed))
            left += needed
    return laid_out, line + 1


def _context_lines(
    texts: Sequence[str], weights: Sequence[float], width: float
) -> tuple[list[_Placed], int]:
    """Lay out one line per word, with the words below each other; cut what does not fit."""
    laid_out: list[_Placed] = []
    column = CONTEXT_COLUMN * width
    for line, start in enumerate(range(0, len(texts), 3)):
        word, weight = texts[start + 1], weights[start + 1]
        before = _fitting(texts[start].split(), column, is_end=True)
        left = column - sum(map(_text_width, before)) - BLANK * len(before)
        for text in before:
            laid_out.append(_Placed(text, 0.0, left, line, _text_width(text)))
            left += _text_width(text) + BLANK
        laid_out.append(_Placed(word, weight, column, line, _text_width(word)))
        after, left = texts[start + 2], column + _text_width(word)
        left += BLANK * after[:1].isspace()
        for text in _fitting(after.split(), width - left, is_end=False):
            laid_out.append(_Placed(text, 0.0, left, line, _text_width(text)))
            left += _text_width(text) + BLANK
    return laid_out, max(len(texts) // 3, 1)


def _fitting(words: Sequence[str], width: float, *, is_end: bool) -> list[str]:
    """Return the first words that fit into a width, or the last ones."""
    ordered = list(reversed(words)) if is_end else list(words)
    ends = np.cumsum([_text_width(word) + BLANK for word in ordered])
    fitting = ordered[: int(np.searchsorted(ends, width, side="right"))]
    if ordered and not fitting:
        # A text without blanks, such as Chinese, is cut anywhere.
        nearest = ordered[0]
        n_characters = int(len(nearest) * max(width - BLANK, 0.0) / _text_width(nearest))
        cut = nearest[len(nearest) - n_characters :] if is_end else nearest[:n_characters]
        return [cut] if cut else []
    return fitting[::-1] if is_end else fitting


def _fitting_chunks(text: str, width: float) -> Iterator[str]:
    """Yield words, blanks and line breaks; words that are too long for a line in parts."""
    for chunk in _CHUNKS.findall(text.replace("\t", "    ")):
        if chunk.isspace() or _text_width(chunk) <= width:
            yield chunk
            continue
        n_characters = max(int(len(chunk) * width / _text_width(chunk)) - 1, 1)
        for start in range(0, len(chunk), n_characters):
            yield chunk[start : start + n_characters]


def _text_width(text: str) -> float:
    """Return the width of a text in points."""
    return _measure(text[:MAX_CHARACTERS]) if text else 0.0


@cache
def _renderer() -> RendererBase:
    # Of its own, since the figure may be drawn later and with another backend.
    from matplotlib.backends.backend_agg import RendererAgg

    return RendererAgg(1, 1, POINTS_PER_INCH)  # type: ignore[no-untyped-call]


def _measure(text: str) -> float:
    from matplotlib.font_manager import FontProperties

    font = FontProperties(family=fonts_for([text]).families, size=FONT_SIZE)
    width, _, _ = _renderer().get_text_width_height_descent(text, font, False)
    # The renderer gives no width to blanks.
    if not np.isfinite(width):
        return 0.0
    return float(width) if not text.isspace() else BLANK * len(text)
