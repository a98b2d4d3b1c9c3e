"""Parts that the displays on matplotlib share: axes, labels, titles, strips of dots."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from sklime.display._document import LOWERS, RAISES
from sklime.display._fonts import fonts_for, warn_of_boxes
from sklime.display._method import method_tag
from sklime.display._names import (
    MAX_CLASS_LENGTH,
    UNNAMED_OUTPUT,
    has_output_name,
    middle_cut,
    output_sides,
    output_title,
    pair_title,
    visible,
    without_piles,
)
from sklime.display._numbers import decimals_for, fidelity_text, fidelity_word, signed_text
from sklime.display._types import Label, Style
from sklime.display._value_colors import colormap_on
from sklime.display._words import words_of
from sklime.utils._types import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.typing import ColorType

    from sklime._explanations._base import BaseExplanation

__all__ = [
    "DOWN",
    "GOLDEN",
    "UP",
    "axes_for",
    "background_of",
    "class_words",
    "draw_scale",
    "draw_strips",
    "explanation_title",
    "figure_width",
    "ink_of",
    "is_dark",
    "plain_name",
    "readable_color",
    "row_title",
    "set_names",
    "set_title",
    "set_xlabel",
    "side_words",
    "weight_label",
]

DOWN, UP = "\N{BLACK LEFT-POINTING TRIANGLE}", "\N{BLACK RIGHT-POINTING TRIANGLE}"
# Lengths in characters: of a label, of one of its lines, of a line of the title, and of a class
# after which the label of an axis continues in a new line.
MAX_LABEL_LENGTH = 80
LINE_LENGTH = 40
TITLE_LENGTH = 56
LONG_CLASS = 12

# In inches.
AXES_WIDTH, INCHES_PER_CHARACTER = 4.6, 0.08

# The fractional part of the golden ratio: multiples of it spread most evenly over [0, 1).
GOLDEN = 0.6180339887498949

STRIP_HEIGHT = 0.5  # share of the distance between two strips

# Least contrast with the background that WCAG 2 asks for: of texts and lines, and of marks.
TEXT_CONTRAST, MARK_CONTRAST = 4.5, 3.0

DOT_ALPHA, DOT_ALPHA_ON_DARK = 0.6, 0.9  # dots fade more against black
NOTHING = "no feature has a weight"


def axes_for(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """Return the axes to draw on.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Axes that the user gave.

    size : tuple of float
        Width and height in inches of the new figure if `ax` is None.

    Returns
    -------
    ax : matplotlib.axes.Axes
        The given ones, or those of a new figure whose layout makes room for the labels.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=size, layout="constrained")
    return ax


def background_of(ax: Axes) -> FloatArray:
    """Return the color behind what is drawn.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.

    Returns
    -------
    color : ndarray of shape (3,)
        Red, green and blue in [0, 1]. Behind transparent axes is the figure, behind a transparent
        figure white.
    """
    from matplotlib.colors import to_rgba

    color = np.ones(3)
    for layer in (ax.figure.get_facecolor(), ax.get_facecolor()):
        *top, alpha = to_rgba(layer)
        color = alpha * np.array(top) + (1.0 - alpha) * color
    return color


def is_dark(ax: Axes) -> bool:
    """Tell whether white reads better than black on some axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.

    Returns
    -------
    is_dark : bool
        Whether the background is dark.
    """
    behind = background_of(ax)
    return _contrast("white", behind) > _contrast("black", behind)


def ink_of(ax: Axes) -> ColorType:
    """Return the color of lines and texts.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.

    Returns
    -------
    color : color
        Color of texts in the style in use. If that is hard to see, because the axes were made in
        another style, the color of the labels of the axes; else black or white.
    """
    import matplotlib as mpl

    behind = background_of(ax)
    colors = [mpl.rcParams["text.color"], ax.xaxis.label.get_color()]
    readable = (color for color in colors if _contrast(color, behind) >= TEXT_CONTRAST)
    return next(readable, "white" if is_dark(ax) else "black")


def readable_color(ax: Axes, color: ColorType) -> ColorType:
    """Return a color, or the color of lines and texts if it is hard to see.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.

    color : color
        Color of a mark, in any form that matplotlib takes.

    Returns
    -------
    color : color
        A color with enough contrast to the background.
    """
    is_seen = _contrast(color, background_of(ax)) >= MARK_CONTRAST
    return color if is_seen else ink_of(ax)


def _contrast(color: Any, other: Any) -> float:
    """Return the contrast ratio of WCAG 2, from 1 to 21."""
    from matplotlib.colors import to_rgb

    lights = sorted(_luminance(np.array(to_rgb(one))) for one in (color, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(rgb: FloatArray) -> float:
    """Return the relative luminance of WCAG 2, of colors in sRGB."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def plain_name(label: Label, length: int = MAX_LABEL_LENGTH) -> str:
    """Return a label on one line, cut in its middle.

    Parameters
    ----------
    label : object
        Name of a feature, a class or a row.

    length : int, default=80
        Longest text.

    Returns
    -------
    text : str
        Text without characters that cannot be drawn.
    """
    # Cut twice: characters that are shown by their numbers make the text longer again.
    return middle_cut(visible(middle_cut(without_piles(str(label)), length)), length)


def class_words(name: Any) -> str:
    """Return the name of a class for a sentence; a number gets the word "class".

    Parameters
    ----------
    name : object
        Name of the class.

    Returns
    -------
    words : str
        "toward 0" beside an axis of numbers would be read as the number.

    Examples
    --------
    >>> from sklime.display._axes import class_words
    >>> class_words(0), class_words("benign")
    ('class 0', 'benign')
    """
    plain = plain_name(name, MAX_CLASS_LENGTH)
    return f"class {plain}" if _is_number(plain) else plain


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def figure_width(labels: Sequence[str]) -> float:
    """Return the width of a figure with room for its labels.

    Parameters
    ----------
    labels : sequence of str
        Labels of the vertical axis.

    Returns
    -------
    width : float
        In inches.
    """
    longest = max(map(len, labels), default=0)
    return AXES_WIDTH + INCHES_PER_CHARACTER * min(longest, LINE_LENGTH)


def set_names(ax: Axes, labels: Sequence[str]) -> None:
    """Label the rows of an axes, the first at the top; write a note if there are none.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.

    labels : sequence of str
        One per row.
    """
    if not len(labels):
        ax.text(0.5, 0.5, NOTHING, transform=ax.transAxes, ha="center", color=ink_of(ax))
    names = [plain_name(label) for label in labels]
    fonts = fonts_for(names)
    warn_of_boxes(ax.figure, fonts)
    wrapped = [wrap(fonts.drawable(name), LINE_LENGTH) for name in names]
    texts = ["\n".join(lines[:2]) for lines in wrapped]
    ax.set_yticks(np.arange(len(texts)))
    for tick, text in zip(ax.set_yticklabels(texts), texts):
        # Matplotlib parses a text between dollar signs as mathematics when it is set.
        tick.set_parse_math(False)
        tick.set_text(text)
        tick.set_fontfamily(fonts.families)
    ax.set_ylim(len(texts) - 0.4, -0.6)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)


def set_title(ax: Axes, title: str, *, length: int = TITLE_LENGTH, **style: Any) -> None:
    """Write a title at the left, and break long lines.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.

    title : str
        One or more lines.

    length : int, default=56
        Characters of a line.

    **style : dict
        Passed to `matplotlib.axes.Axes.set_title`.
    """
    import matplotlib as mpl

    if mpl.rcParams["axes.titlecolor"] == "auto":
        style.setdefault("color", ink_of(ax))
    fonts = fonts_for([title])
    warn_of_boxes(ax.figure, fonts)
    style = {"fontfamily": fonts.families} | style
    lines = [part for line in title.splitlines() for part in wrap(line, length)]
    text = fonts.drawable("\n".join(lines))
    ax.set_title(text, loc="left", fontsize="medium", parse_math=False, **style)


def set_xlabel(ax: Axes, label: str, **style: Any) -> None:
    """Label the horizontal axis with a text of the user.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.

    label : str
        One or more lines.

    **style : dict
        Passed to `matplotlib.axes.Axes.set_xlabel`.
    """
    fonts = fonts_for([label])
    warn_of_boxes(ax.figure, fonts)
    style = {"fontfamily": fonts.families} | style
    ax.set_xlabel(fonts.drawable(label), parse_math=False, **style)


def draw_strips(
    ax: Axes,
    weights: Sequence[FloatArray] | FloatArray,
    marks: Sequence[float] | FloatArray,
    *,
    colors: Sequence[FloatArray] | None = None,
    dot_kwargs: Style | None = None,
) -> tuple[list[PathCollection], LineCollection]:
    """Draw one strip of dots per row, with a tick on each.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes to draw on.

    weights : sequence of ndarray
        Horizontal coordinates of the dots, one array per row.

    marks : sequence of float
        Horizontal coordinate of the tick of each row.

    colors : sequence of ndarray of shape (n_dots, 4), default=None
        Colors of the dots of each row; `None` colors them by the sign of the weight.

    dot_kwargs : dict, default=None
        Passed to `matplotlib.axes.Axes.scatter`.

    Returns
    -------
    dots : list of matplotlib.collections.PathCollection
        One per row.

    ticks : matplotlib.collections.LineCollection
        The ticks.
    """
    dots: list[PathCollection] = []
    ink = ink_of(ax)
    alpha = DOT_ALPHA_ON_DARK if is_dark(ax) else DOT_ALPHA
    for index, row in enumerate(weights):
        order = np.argsort(row, kind="stable")
        row = row[order]
        # Dots next to each other in order get heights far apart, without random numbers.
        spread = (np.arange(row.size) * GOLDEN % 1.0 - 0.5) * STRIP_HEIGHT
        style: Style = {"s": 12, "alpha": alpha, "linewidths": 0} | (dot_kwargs or {})
        if not {"c", "color"} & style.keys():
            by_sign = np.where(row < 0.0, LOWERS, RAISES)
            style["color"] = by_sign if colors is None else colors[index][order]
        dots.append(ax.scatter(row, index + spread, **style))
    indices = np.arange(len(marks))
    ticks = ax.vlines(marks, indices - 0.36, indices + 0.36, color=ink, linewidth=2)
    ax.axvline(0.0, color=ink, linewidth=0.8)
    return dots, ticks


def draw_scale(ax: Axes) -> Axes:
    """Draw the scale from low to high values beside the axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes whose dots have colors by value.

    Returns
    -------
    scale : matplotlib.axes.Axes
        A narrow axes on the right of them.
    """
    ink = ink_of(ax)
    scale = ax.inset_axes((1.02, 0.1, 0.018, 0.8))
    scale.imshow(
        np.linspace(0.0, 1.0, 256)[:, None],
        aspect="auto",
        origin="lower",
        cmap=colormap_on(is_dark(ax)),
        extent=(0.0, 1.0, 0.0, 1.0),
    )
    scale.set_xticks([])
    scale.set_yticks([0.0, 1.0], ["low", "high"], color=ink)
    scale.yaxis.tick_right()
    scale.tick_params(length=0)
    scale.set_ylabel("value of the row", color=ink, labelpad=-8)
    scale.yaxis.set_label_position("right")
    for spine in scale.spines.values():
        spine.set_visible(False)
    return scale


def explanation_title(explanation: BaseExplanation, index: int) -> str:
    """Write the predictions of the model and of the surrogate for a row, and the fidelity.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    index : int
        Index of the explained output.

    Returns
    -------
    title : str
        Two lines.
    """
    numbers = explanation.predictions[index], explanation.local_predictions[index]
    decimals = decimals_for(numbers)
    model, surrogate = (signed_text(x, decimals, always_signed=False) for x in numbers)
    title = row_title(explanation)
    if not explanation.is_classification and has_output_name(explanation):
        title += f", output {plain_name(output_title(explanation, index).text)}"
    elif explanation.is_classification and _is_other_output(explanation, index):
        title += f"; explained: {plain_name(output_title(explanation, index).text)}"
    if explanation.baseline == "shapley":
        base = signed_text(explanation.intercepts[index], decimals, always_signed=False)
        return f"{title}\n{words_of(explanation).heading}: base {base}, model {model}"
    fidelity = explanation.fidelity[index]
    is_bound = explanation.internals.fidelity_is_bound
    word = fidelity_word(
        fidelity,
        explanation.fidelity_failures[index],
        is_bound=is_bound,
        error=explanation.fidelity_errors[index],
    )
    quality = f"{fidelity_text(fidelity, is_bound=is_bound)} ({word})"
    return f"{title}\nmodel {model}, surrogate {surrogate}, fidelity {quality}"


def _is_other_output(explanation: BaseExplanation, index: int) -> bool:
    """Tell whether numbers are not those of the predicted class, which the title names."""
    name, other = output_sides(explanation, index)
    predicted = explanation.predicted_class
    return other is not None or (predicted is not None and str(name) != str(predicted))


def row_title(explanation: BaseExplanation) -> str:
    """Write the label of a row, whether it is exact, and the class that is predicted for it.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    Returns
    -------
    title : str
        One line.
    """
    tag = method_tag(explanation)
    title = f"{explanation.noun} {plain_name(explanation.row_label, MAX_CLASS_LENGTH)}"
    title += f" ({tag})" if tag else ""
    if explanation.predicted_class is not None:
        title += f": model predicts {plain_name(explanation.predicted_class, MAX_CLASS_LENGTH)}"
    return title


def side_words(explanation: BaseExplanation, index: int) -> tuple[str, str]:
    """Return what a weight above 0 and a weight below 0 mean.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    index : int
        Index of the explained output.

    Returns
    -------
    above, below : str
        "raises" and "lowers" of numbers, with their name; of classes such as "toward spam" and
        "toward ham".
    """
    if not explanation.is_classification and not has_output_name(explanation):
        return "raises", "lowers"
    if not explanation.is_classification:
        output = plain_name(output_title(explanation, index).text)
        return f"raises {output}", f"lowers {output}"
    name, other = output_sides(explanation, index)
    if other is None and len(explanation.response_names) == 2:
        # Away from one of two classes is toward the other one.
        other = explanation.response_names[1 - int(explanation.internals.output_index[index])]
    toward = f"toward {class_words(name)}"
    if other is None:
        return toward, f"away from {class_words(name)}"
    return toward, f"toward {class_words(other)}"


def weight_label(
    is_classification: bool,
    name: Label = None,
    other: Label = None,
    noun: str = "weight",
    *,
    long_class: int = LONG_CLASS,
) -> str:
    """Write the label of an axis of weights.

    Parameters
    ----------
    is_classification : bool
        Whether the explained output is a class.

    name : object, default=None
        Name of the output; `None` for several numbers.

    other : object, default=None
        Name of the output that it is set against; `None` if there is none.

    noun : str, default="weight"
        Word for the numbers on the axis.

    long_class : int, default=12
        Length of the name in characters from which the label has two lines.

    Returns
    -------
    label : str
        The word and the meaning of each side.
    """
    if not is_classification and name in (None, UNNAMED_OUTPUT):
        return f"{noun}: {DOWN} lowers, raises {UP}"
    if not is_classification:
        name = plain_name(pair_title(name, other).text)
        gap = "\n" if len(name) > long_class else " "
        return f"{noun}: {DOWN} lowers {name},{gap}raises {name} {UP}"
    name = class_words(name)
    gap = "\n" if len(name) > long_class else " "
    away = f"away from {name}"
    if other is not None:
        away = f"toward {class_words(other)}"
    return f"{noun}: {DOWN} {away},{gap}toward {name} {UP}"
