"""A document with its words highlighted, on matplotlib."""

import re
from functools import cache

import numpy as np

from sklime.display._axes import explanation_title, ink_of, plain_name, set_title
from sklime.display._counts import check_max_features, shown_and_rest
from sklime.display._document import (
    GAP,
    LOWERS,
    RAISES,
    STRONGEST_TINT,
    WEAKEST_TINT,
    highlights,
    passage_pieces,
    pieces,
    word_indices,
)
from sklime.display._names import MAX_CLASS_LENGTH, output_sides, visible, without_piles
from sklime.display._numbers import strongest_first
from sklime.utils._text import counted

__all__ = ["LimeTextDisplay"]

FIGURE_WIDTH = 7.5  # inches
FONT_SIZE = 11  # points, as all lengths below
LINE_HEIGHT = 21
MARGIN = 8
MAX_CHARACTERS = 2000
LEAD = 200  # characters shown before the first highlight of a long document
POINTS_AN_INCH = 72
_CHUNKS = re.compile(r"\n|[^\S\n]+|\S+")


class LimeTextDisplay:
    """The document of an explanation, its words tinted by their weights.

    It is recommended to use `from_explanation`, `from_estimator` or ``plot(kind="text")`` to make
    one. Words that raise the prediction have a solid line below them, words that lower it a dotted
    one.

    Parameters
    ----------
    texts : sequence of str
        Pieces of the document, in order.

    weights : sequence of float
        Weight of each piece; 0 for what is not highlighted.

    title : str, default=""
        Title of the axes.

    xlabel : str, default=""
        What the colors mean.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        Where it was drawn.

    figure_ : matplotlib.figure.Figure
        The figure of the axes.

    texts_ : list of matplotlib.text.Text
        The pieces, cut at the ends of lines.

    tints_ : list of matplotlib.patches.Rectangle
        The tints of the highlighted ones.

    See Also
    --------
    LimeExplanationDisplay : The weights as bars.

    Examples
    --------
    >>> from sklime.display import LimeTextDisplay
    >>> LimeTextDisplay(["a ", "good", " film"], [0.0, 0.3, 0.0]).texts
    ['a ', 'good', ' film']
    """

    def __init__(self, texts, weights, *, title="", xlabel=""):
        self.texts = texts
        self.weights = weights
        self.title = title
        self.xlabel = xlabel

    @classmethod
    def from_estimator(cls, estimator, X, *, row=0, output=None, max_features=None, **kwargs):
        """Explain one document, and draw it.

        Parameters
        ----------
        estimator : fitted explainer
            Of texts.

        X : sequence of str
            What holds the document.

        row : int, default=0
            Index of the document.

        output : label, str or int, default=None
            Which output; see `Explanation.as_list`.

        max_features : int, default=None
            Most words to tint, at least 1; `None` is all.

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
    def from_explanation(cls, explanation, *, output=None, max_features=None, **kwargs):
        """Draw the document of an explanation.

        Parameters
        ----------
        explanation : TextExplanation
            What to draw; of a long document 2,000 characters: all highlights where these fit, else
            passages around the strongest words.

        output : label, str or int, default=None
            Which output; see `Explanation.as_list`.

        max_features : int, default=None
            Most words to tint, at least 1; `None` is all.

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
        found = [item for item in highlights(explanation, index) if item[2] in tinted]
        parts, note = _shown(explanation, found, np.abs(weights))
        texts = [
            without_piles(visible(text, keep_lines=True)).replace("\r\n", "\n") for text, _ in parts
        ]
        numbers = [0.0 if word in (None, GAP) else float(weights[word]) for _, word in parts]
        return cls(
            texts,
            numbers,
            title=explanation_title(explanation, index),
            xlabel=_legend(
                explanation.is_classification, *output_sides(explanation, index), rest.size, note
            ),
        ).plot(**kwargs)

    def plot(self, ax=None, *, text_kwargs=None):
        """Draw the document.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw, on the width that it has now; `None` makes a figure as high as the
            document needs.

        text_kwargs : dict, default=None
            Passed to `matplotlib.axes.Axes.text`.

        Returns
        -------
        display : LimeTextDisplay
            Itself.
        """
        width = self._width(ax)
        laid_out, n_lines = _lines(self.texts, self.weights, width)
        height = n_lines * LINE_HEIGHT + MARGIN
        if ax is None:
            import matplotlib.pyplot as plt

            inches = height / POINTS_AN_INCH + 1.1
            figure = plt.figure(figsize=(FIGURE_WIDTH, inches))
            share = width / POINTS_AN_INCH / FIGURE_WIDTH
            left = (1.0 - share) / 2.0
            ax = figure.add_axes([left, 0.45 / inches, share, height / POINTS_AN_INCH / inches])
        else:
            height = max(height, _size(ax)[1])
        self.ax_, self.figure_ = ax, ax.figure
        ax.set_xlim(0.0, width)
        ax.set_ylim(height, 0.0)
        ax.set_xticks([])
        ax.set_yticks([])
        ax.spines[:].set_visible(False)
        ax.grid(False)
        largest = max(map(abs, self.weights), default=0.0) or 1.0
        self.texts_, self.tints_ = [], []
        for piece in laid_out:
            self._draw_piece(*piece, largest, text_kwargs or {})
        ax.set_xlabel(self.xlabel, parse_math=False)
        set_title(ax, self.title)
        return self

    def _width(self, ax):
        if ax is None:
            return FIGURE_WIDTH * POINTS_AN_INCH - 4 * MARGIN
        return max(_size(ax)[0], 10 * FONT_SIZE)

    def _draw_piece(self, text, weight, left, line, width, largest, text_kwargs):
        from matplotlib.patches import Rectangle

        base = (line + 0.7) * LINE_HEIGHT
        if weight:
            color, style = (LOWERS, ":") if weight < 0 else (RAISES, "-")
            alpha = WEAKEST_TINT + (STRONGEST_TINT - WEAKEST_TINT) * abs(weight) / largest
            top = base - 0.95 * FONT_SIZE
            tint = Rectangle(
                (left, top), width, 1.35 * FONT_SIZE, color=color, alpha=alpha, linewidth=0
            )
            self.tints_.append(self.ax_.add_patch(tint))
            below = base + 0.4 * FONT_SIZE
            self.ax_.plot([left, left + width], [below, below], style, color=color, linewidth=2)
        style = {"fontsize": FONT_SIZE, "va": "baseline", "color": ink_of(self.ax_)}
        style |= {"parse_math": False} | text_kwargs
        self.texts_.append(self.ax_.text(left, base, text, **style))


def _shown(explanation, found, sizes):
    """Return the pieces that are drawn, and of passages how many words they show."""
    document, length = explanation.document, len(explanation.document)
    first = found[0][0] if found else 0
    start = 0 if length <= MAX_CHARACTERS else max(0, first - LEAD)
    stop = min(length, start + MAX_CHARACTERS)
    if found and found[-1][1] > stop:
        words = word_indices(explanation)
        return passage_pieces(document, found, sizes, words, MAX_CHARACTERS)
    ellipsis = [("\N{HORIZONTAL ELLIPSIS}", None)]
    before, after = ellipsis[: start > 0], ellipsis[: stop < length]
    return [*before, *pieces(document, found, start, stop), *after], ""


def _legend(is_classification, name, other, n_rest, note):
    sides = "solid: raises, dotted: lowers"
    if is_classification:
        away = "away" if other is None else f"toward {plain_name(other, MAX_CLASS_LENGTH)}"
        sides = f"solid: toward {plain_name(name, MAX_CLASS_LENGTH)}, dotted: {away}"
    legend = f"{sides}; the stronger the tint, the larger the weight"
    more = [f"{counted(n_rest, 'weaker word')} not tinted"] if n_rest else []
    more += [note.removesuffix(".")] if note else []
    return "\n".join([legend, "; ".join(more)]) if more else legend


def _size(ax):
    """Return the width and height of an axes in points."""
    box = ax.get_window_extent()
    scale = POINTS_AN_INCH / ax.figure.dpi
    return box.width * scale, box.height * scale


def _lines(texts, weights, width):
    """Lay pieces out in lines.

    Returns each with its weight, left end, line and width, and the number of lines.
    """
    laid_out, left, line = [], 0.0, 0
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
                laid_out.append((chunk, weight, left, line, needed))
            left += needed
    return laid_out, line + 1


def _fitting_chunks(text, width):
    """Yield words, spaces and line breaks; words too long for a line in parts."""
    for chunk in _CHUNKS.findall(text.replace("\t", "    ")):
        if chunk.isspace() or _text_width(chunk) <= width:
            yield chunk
            continue
        n_characters = max(int(len(chunk) * width / _text_width(chunk)) - 1, 1)
        for start in range(0, len(chunk), n_characters):
            yield chunk[start : start + n_characters]


def _text_width(text):
    """Return the width of a text in points."""
    return _measure(text[:MAX_CHARACTERS]) if text else 0.0


@cache
def _renderer():
    from matplotlib.backends.backend_agg import RendererAgg

    return RendererAgg(1, 1, POINTS_AN_INCH)


def _measure(text):
    from matplotlib.font_manager import FontProperties

    font = FontProperties(size=FONT_SIZE)
    width, _, _ = _renderer().get_text_width_height_descent(text, font, False)
    # A trailing space has no ink, but takes room.
    if not np.isfinite(width):
        return 0.0
    return float(width) if not text.isspace() else 0.32 * FONT_SIZE * len(text)
