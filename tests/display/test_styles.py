"""Displays in matplotlib's styles: nothing vanishes, and ticks mean what they look like."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.text import Text
from numpy.testing import assert_allclose
from shown import batch_of, document_explanation, hand_made, picture_batch, picture_explanation
from sklearn.tree import DecisionTreeClassifier

from sklime import LimeTabularExplainer
from sklime.display import LimeComparisonDisplay, LimeGlobalDisplay, LimeStabilityDisplay
from sklime.display._axes import background_of, ink_of, is_dark, readable_color

STYLES = [
    "default",
    "dark_background",
    "ggplot",
    "grayscale",
    "Solarize_Light2",
    "seaborn-v0_8-darkgrid",
    "bmh",
    "fivethirtyeight",
]
WORDS = {"good": 0.3, "bad": -0.2, "film": 0.05}


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


@pytest.fixture(params=STYLES)
def style(request):
    """Each style in turn."""
    with plt.style.context(request.param):
        yield request.param


def luminance(color):
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(color, other):
    low, high = sorted([luminance(color), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def two_outputs():
    weights = ((0.3, -0.2), (-0.1, 0.15), (0.0, 0.05), (0.2, 0.1))
    return hand_made(weights, classes=("ash", "birch", "cedar"))


def uneven_batch():
    """Weights of both signs, whose mean size is far from their median."""
    weights = [-0.4, -0.3, -0.2, 0.1, 0.9]
    return batch_of(
        [
            hand_made(((w,), (0.1,)), names=("a", "b"), levels=(None, None), label=row)
            for row, w in enumerate(weights)
        ]
    )


DRAWINGS = {
    "bar": lambda ax=None: hand_made().plot(ax=ax),
    "waterfall": lambda ax=None: hand_made().plot(kind="waterfall", ax=ax),
    "comparison": lambda ax=None: two_outputs().plot(kind="comparison", ax=ax),
    "text": lambda ax=None: document_explanation("A good bad film", WORDS).plot(kind="text", ax=ax),
    "picture": lambda ax=None: picture_explanation().plot(ax=ax),
    "picture grid": lambda ax=None: picture_batch().plot(ax=ax),
    "global": lambda ax=None: uneven_batch().plot(ax=ax),
    "fidelity": lambda ax=None: uneven_batch().plot(kind="fidelity", ax=ax),
    "stability": lambda ax=None: LimeStabilityDisplay.from_explanations(
        [hand_made(seed=seed) for seed in range(5)], ax=ax
    ),
}


def colors_of_lines(ax):
    """Colors of all lines that are not faint on purpose, and of error bars and ticks."""
    lines = [line for line in ax.lines if line.get_alpha() is None and len(line.get_xdata())]
    strokes = [c for c in ax.collections if hasattr(c, "get_segments")]
    return [line.get_color() for line in lines] + [
        color[:3] for stroke in strokes for color in stroke.get_colors()
    ]


# Nothing vanishes


@pytest.mark.parametrize("name", DRAWINGS)
def test_lines_and_texts_can_be_seen_in_any_style(name, style):
    display = DRAWINGS[name]()
    ax, behind = display.ax_, background_of(display.ax_)
    inside = [line for line in colors_of_lines(ax) if not np.array_equal(to_rgb(line), behind)]
    assert all(contrast(color, behind) >= 2.0 for color in inside)
    texts = [text for text in ax.texts if text.get_text()]
    assert all(contrast(text.get_color(), behind) >= 4.0 for text in texts)
    outside = to_rgb(display.figure_.get_facecolor())
    assert contrast(ax._left_title.get_color(), outside) >= 4.0


@pytest.mark.parametrize("kind", ["bar", "waterfall"])
def test_error_bars_can_be_seen_in_any_style(kind, style):
    display = hand_made().plot(kind=kind)
    behind = background_of(display.ax_)
    _, caps, (bars,) = display.errorbars_
    colors = [*bars.get_colors()[:, :3], *(cap.get_markeredgecolor() for cap in caps)]
    assert min(contrast(color, behind) for color in colors) >= 4.5


@pytest.mark.parametrize("name", ["picture", "picture grid"])
def test_texts_around_pictures_can_be_seen_in_any_style(name, style):
    display = DRAWINGS[name]()
    behind = to_rgb(display.figure_.get_facecolor())
    numbers = getattr(display, "numbers_", [])
    # Numbers stand in white circles.
    texts = [text for text in display.figure_.findobj(Text) if text.get_text()]
    assert all(
        contrast(text.get_color(), "white" if text in numbers else behind) >= 4.0 for text in texts
    )
    box = display.figure_.get_tightbbox()
    width, height = display.figure_.get_size_inches()
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01


@pytest.mark.parametrize("name", DRAWINGS)
def test_axes_of_another_style_are_drawn_on_in_their_own_colors(name):
    with plt.style.context("dark_background"):
        _, ax = plt.subplots()
    display = DRAWINGS[name](ax)
    behind = background_of(ax)
    assert_allclose(behind, 0.0)
    inside = [line for line in colors_of_lines(ax) if not np.array_equal(to_rgb(line), behind)]
    assert all(contrast(color, behind) >= 2.0 for color in inside)
    assert all(contrast(text.get_color(), behind) >= 4.0 for text in display.ax_.texts)
    assert contrast(ax._left_title.get_color(), behind) >= 4.0


def test_axes_that_were_painted_black_by_hand_are_drawn_on_in_white():
    _, ax = plt.subplots(facecolor="black")
    ax.set_facecolor("black")
    hand_made().plot(ax=ax)
    assert ink_of(ax) == "white"


def test_what_is_transparent_shows_what_is_behind_it():
    figure, ax = plt.subplots(facecolor="none")
    ax.set_facecolor("none")
    assert_allclose(background_of(ax), 1.0)
    figure.set_facecolor("black")
    assert_allclose(background_of(ax), 0.0)
    assert is_dark(ax)


def test_colors_that_vanish_are_replaced_and_others_kept():
    _, ax = plt.subplots(facecolor="black")
    ax.set_facecolor("black")
    assert readable_color(ax, "#3f444c") == "white"
    assert readable_color(ax, "#c2570c") == "#c2570c"


def test_a_hollow_dot_has_the_color_of_what_is_behind_it(style):
    numbers = np.array([[[0.1]], [[-0.1]], [[0.3]]])
    display = LimeComparisonDisplay(["a"], ["model"], *numbers).plot()
    inner = max(display.ax_.lines, key=lambda line: line.get_zorder())
    assert_allclose(to_rgb(inner.get_color()), background_of(display.ax_))


def test_a_color_of_the_title_in_the_style_is_kept():
    with mpl.rc_context({"axes.titlecolor": "red"}):
        assert hand_made().plot().ax_._left_title.get_color() == "red"


def test_colors_of_the_user_win():
    explanation = hand_made()
    with plt.style.context("dark_background"):
        display = type(explanation.plot()).from_explanation(
            explanation, ci_kwargs={"ecolor": "red"}, text_kwargs={"color": "green"}
        )
    assert to_rgb(display.errorbars_[2][0].get_colors()[0]) == to_rgb("red")
    assert {text.get_color() for text in display.texts_} == {"green"}


def test_rows_without_a_fidelity_are_drawn_hollow():
    from sklime.display import LimeFidelityDisplay

    x = np.array([0.1, 0.2, 0.3])
    display = LimeFidelityDisplay(x, x, np.array([0.5, np.nan, np.nan])).plot()
    hollow = display.ax_.collections[-1]
    assert_allclose(hollow.get_offsets()[:, 0], [0.2, 0.3])
    assert len(hollow.get_facecolor()) == 0
    assert "hollow" in display.ax_.get_title(loc="left")
    display = LimeFidelityDisplay(x, x, np.array([0.5, 0.6, 0.7])).plot()
    assert "hollow" not in display.ax_.get_title(loc="left")


# Ticks on an axis with two sides


def tick_places(display):
    return [segment[0, 0] for segment in display.ticks_.get_segments()]


def test_the_tick_is_the_median_of_the_dots():
    display = uneven_batch().plot()
    assert display.labels == ["a", "b"]
    # The mean of the sizes, 0.38, would read as a mean on the right side.
    assert_allclose(tick_places(display), [-0.2, 0.1])
    assert_allclose(display.means, [0.38, 0.1])
    assert "tick: median" in display.title


def test_the_tick_of_few_rows_is_the_median_of_those_that_use_the_feature():
    display = LimeGlobalDisplay(["a"], [np.array([-0.3, 0.1])], np.array([0.02])).plot()
    assert_allclose(tick_places(display), [-0.1])


# What has no weight


def test_an_output_without_any_weight_says_so():
    explanation = hand_made(((0.3, 0.0), (0.1, 0.0)), names=("a", "b"), levels=(None, None))
    display = explanation.plot("repaid")
    assert [text.get_text() for text in display.ax_.texts] == ["no feature has a weight"]
    compared = explanation.plot(kind="comparison")
    legend = [text.get_text() for text in compared.ax_.get_legend().get_texts()]
    assert legend == ["default", "repaid (no weight)"]


def test_strips_of_nothing_say_so():
    nothing = [hand_made(((0.0,),), names=("a",), levels=(None,))]
    for display in (
        batch_of(nothing).plot(),
        LimeStabilityDisplay.from_explanations(nothing * 2),
        nothing[0].plot(kind="waterfall"),
        nothing[0].plot(kind="comparison"),
    ):
        assert "no feature has a weight" in [text.get_text() for text in display.ax_.texts]


def test_titles_name_the_output_unless_it_is_the_predicted_class():
    X = np.random.default_rng(0).normal(size=(90, 3))
    y = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.5, 0.5])]
    model = DecisionTreeClassifier(max_depth=3).fit(X, y)
    titles = {}
    for target in ("predicted", ("a", "b"), "all"):
        one = LimeTabularExplainer(model, target=target, random_state=0).fit(X).explain(X[:1])[0]
        for output in one.explained_names():
            display = one.plot(output=None if target == "predicted" else output)
            titles[str(output)] = " ".join(display.title.split())
    predicted = str(model.predict(X[:1])[0])
    for output, title in titles.items():
        assert (f"explained: {output}" in title) == (output != predicted), (output, title)
