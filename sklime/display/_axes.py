"""What the displays on matplotlib share: axes, names that are no mathematics, strips of dots."""

from textwrap import wrap

import numpy as np

from sklime.display._document import LOWERS, RAISES
from sklime.display._names import MAX_CLASS_LENGTH, middle_cut, output_title, visible, without_piles
from sklime.display._numbers import decimals_for, fidelity_text, fidelity_word, signed_text

__all__ = [
    "DOWN",
    "UP",
    "axes_for",
    "background_of",
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
    "weight_label",
]

DOWN, UP = "\N{BLACK LEFT-POINTING TRIANGLE}", "\N{BLACK RIGHT-POINTING TRIANGLE}"
MAX_LABEL_LENGTH = 80
LINE_LENGTH = 40  # characters of a label in one line
TITLE_LENGTH = 56
LONG_CLASS = 12
AXES_WIDTH, INCHES_PER_CHARACTER = 4.6, 0.08
GOLDEN = 0.6180339887498949
STRIP_HEIGHT = 0.5  # of the distance between two strips
# Of lightness between a color and what is behind it: for texts and lines, and for marks.
TEXT_CONTRAST, MARK_CONTRAST = 4.5, 3.0
DOT_ALPHA, DOT_ALPHA_ON_DARK = 0.6, 0.9
NOTHING = "no feature has a weight"


def axes_for(ax, size):
    """Return the axes to draw on.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        What the user gave.

    size : tuple of float
        Width and height in inches of the figure that is made where there is none.

    Returns
    -------
    ax : matplotlib.axes.Axes
        Those given, or those of a new figure whose layout makes room for the labels.
    """
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=size, layout="constrained")
    return ax


def background_of(ax):
    """Return the color behind what is drawn.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.

    Returns
    -------
    color : ndarray of shape (3,)
        Red, green and blue; transparent axes and figures show what is behind them, at last white.
    """
    from matplotlib.colors import to_rgba

    color = np.ones(3)
    for layer in (ax.figure.get_facecolor(), ax.get_facecolor()):
        *top, alpha = to_rgba(layer)
        color = alpha * np.array(top) + (1.0 - alpha) * color
    return color


def is_dark(ax):
    """Tell whether white reads better than black on some axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.

    Returns
    -------
    is_dark : bool
        Whether the background is dark.
    """
    behind = background_of(ax)
    return _contrast("white", behind) > _contrast("black", behind)


def ink_of(ax):
    """Return the color of lines and texts.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.

    Returns
    -------
    color : color
        That of texts in the style in use. The axes may have been made in another style: where
        that color would vanish, the color of the labels of the axes, else black or white.
    """
    import matplotlib as mpl

    behind = background_of(ax)
    colors = [mpl.rcParams["text.color"], ax.xaxis.label.get_color()]
    readable = (color for color in colors if _contrast(color, behind) >= TEXT_CONTRAST)
    return next(readable, "white" if is_dark(ax) else "black")


def readable_color(ax, color):
    """Return a color, or that of lines and texts where it would vanish.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.

    color : color
        Color of a mark.

    Returns
    -------
    color : color
        One that can be told from the background.
    """
    is_seen = _contrast(color, background_of(ax)) >= MARK_CONTRAST
    return color if is_seen else ink_of(ax)


def _contrast(color, other):
    """Return the ratio of lightness that accessibility is measured by (WCAG 2): 1 to 21."""
    from matplotlib.colors import to_rgb

    lights = sorted(_luminance(np.array(to_rgb(one))) for one in (color, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(rgb):
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def plain_name(label, length=MAX_LABEL_LENGTH):
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
        Without characters that cannot be drawn.
    """
    # Characters that are shown by their numbers take more room.
    return middle_cut(visible(middle_cut(without_piles(str(label)), length)), length)


def figure_width(labels):
    """Return the width of a figure with room for its labels.

    Parameters
    ----------
    labels : sequence of str
        Names of the rows.

    Returns
    -------
    width : float
        In inches.
    """
    longest = max(map(len, labels), default=0)
    return AXES_WIDTH + INCHES_PER_CHARACTER * min(longest, LINE_LENGTH)


def set_names(ax, labels):
    """Name the rows of an axes, first at the top; say so where there is none.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.

    labels : sequence of str
        One a row.
    """
    if not len(labels):
        ax.text(0.5, 0.5, NOTHING, transform=ax.transAxes, ha="center", color=ink_of(ax))
    labels = [wrap(plain_name(label), LINE_LENGTH) for label in labels]
    labels = ["\n".join(lines[:2]) for lines in labels]
    ax.set_yticks(np.arange(len(labels)))
    for tick, label in zip(ax.set_yticklabels(labels), labels):
        tick.set_parse_math(False)
        tick.set_text(label)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)


def set_title(ax, title, **style):
    """Write a title at the left, in lines that are not too long.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.

    title : str
        One or more lines.

    **style : dict
        Passed to `matplotlib.axes.Axes.set_title`.
    """
    import matplotlib as mpl

    if mpl.rcParams["axes.titlecolor"] == "auto":
        style.setdefault("color", ink_of(ax))
    lines = [part for line in title.splitlines() for part in wrap(line, TITLE_LENGTH)]
    ax.set_title("\n".join(lines), loc="left", fontsize="medium", parse_math=False, **style)


def draw_strips(ax, weights, marks, *, dot_kwargs=None):
    """Draw a strip of dots a row, and a tick on each.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.

    weights : sequence of ndarray
        Indices of the dots, one array a row.

    marks : sequence of float
        Indices of the ticks.

    dot_kwargs : dict, default=None
        Passed to `matplotlib.axes.Axes.scatter`.

    Returns
    -------
    dots : list of matplotlib.collections.PathCollection
        One a row.

    ticks : matplotlib.collections.LineCollection
        The ticks.
    """
    dots, ink = [], ink_of(ax)
    alpha = DOT_ALPHA_ON_DARK if is_dark(ax) else DOT_ALPHA
    for index, row in enumerate(weights):
        row = np.sort(row)
        # Spread by the golden ratio: no random numbers, and neighbors lie apart.
        spread = (np.arange(row.size) * GOLDEN % 1.0 - 0.5) * STRIP_HEIGHT
        style = {"s": 12, "alpha": alpha, "linewidths": 0} | (dot_kwargs or {})
        if not {"c", "color"} & style.keys():
            style["color"] = np.where(row < 0.0, LOWERS, RAISES)
        dots.append(ax.scatter(row, index + spread, **style))
    indices = np.arange(len(marks))
    ticks = ax.vlines(marks, indices - 0.36, indices + 0.36, color=ink, linewidth=2)
    ax.axvline(0.0, color=ink, linewidth=0.8)
    return dots, ticks


def explanation_title(explanation, index):
    """Return what the model says of a row, and how well the surrogate follows.

    Parameters
    ----------
    explanation : Explanation
        What is shown.

    index : int
        Which of the explained outputs.

    Returns
    -------
    title : str
        Two lines.
    """
    model, surrogate = explanation.predictions[index], explanation.local_predictions[index]
    decimals = decimals_for([model, surrogate])
    model, surrogate = (signed_text(x, decimals, always_signed=False) for x in (model, surrogate))
    fidelity = explanation.fidelity[index]
    is_bound = explanation.fidelity_is_bound
    word = fidelity_word(fidelity, explanation.fidelity_failures[index], is_bound=is_bound)
    quality = f"{fidelity_text(fidelity, is_bound=is_bound)} ({word})"
    title = row_title(explanation)
    if not explanation.is_classification and len(explanation.response_names) > 1:
        title += f", output {plain_name(output_title(explanation, index).text)}"
    return f"{title}\nmodel {model}, surrogate {surrogate}, fidelity {quality}"


def row_title(explanation):
    """Return what a row is called, and what is predicted for it.

    Parameters
    ----------
    explanation : Explanation
        What is shown.

    Returns
    -------
    title : str
        One line.
    """
    noun = "document" if hasattr(explanation, "document") else "row"
    title = f"{noun} {plain_name(explanation.row_labels, MAX_CLASS_LENGTH)}"
    if explanation.predicted_class is not None:
        title += f": model predicts {plain_name(explanation.predicted_class, MAX_CLASS_LENGTH)}"
    return title


def weight_label(is_classification, name, other=None, noun="weight"):
    """Return the label of an axis of weights.

    Parameters
    ----------
    is_classification : bool
        Whether the output is a class.

    name : object
        Name of the output.

    other : object, default=None
        Name of the output that it is set against; `None` for none.

    noun : str, default="weight"
        What is drawn.

    Returns
    -------
    label : str
        With what each side means.
    """
    if not is_classification:
        return f"{noun}: {DOWN} lowers, raises {UP}"
    name = plain_name(name, MAX_CLASS_LENGTH)
    gap = "\n" if len(name) > LONG_CLASS else " "
    away = f"away from {name}"
    if other is not None:
        away = f"toward {plain_name(other, MAX_CLASS_LENGTH)}"
    return f"{noun}: {DOWN} {away},{gap}toward {name} {UP}"
