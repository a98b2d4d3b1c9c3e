"""Displays on matplotlib: what is drawn, where, and that names are only names."""

import io
import itertools
import os
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text
from numpy.testing import assert_allclose
from shown import (
    HOSTILE,
    batch_of,
    document_batch,
    document_explanation,
    hand_made,
    picture_batch,
    picture_explanation,
)
from sklearn.linear_model import LogisticRegression, Ridge

from sklime import LimeTabularExplainer
from sklime.display import (
    LimeComparisonDisplay,
    LimeExplanationDisplay,
    LimeFidelityDisplay,
    LimeGlobalDisplay,
    LimeStabilityDisplay,
    LimeTextDisplay,
)

RAISES, LOWERS = "#c2570c", "#2f78c4"

# Small pictures without texts. To write them anew: SKLIME_WRITE_BASELINES=1.
BASELINES = Path(__file__).parent / "baseline"
PICTURE_TOLERANCE = 6  # root mean square of the differences, of 255
WORDS = {"good": 0.3, "bad": -0.2, "film": 0.05}
BY = ["b", "a", "b", None] * 3
DOCUMENT = "A good film, a good cast.\nNot a bad one."


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


def row(**options):
    return hand_made(**options)


def batch():
    return batch_of([hand_made(label=label, seed=label) for label in range(12)])


def varied():
    """Rows whose weights differ."""
    sizes = np.linspace(-1.0, 1.0, 12)
    return batch_of(
        [
            hand_made(
                ((0.3 * size,), (0.1 - 0.2 * size,), (0.0,), (0.05,)), label=label, seed=label
            )
            for label, size in enumerate(sizes)
        ]
    )


def two_outputs():
    weights = ((0.3, -0.2), (-0.1, 0.15), (0.0, 0.05), (0.2, 0.1))
    return hand_made(weights, classes=("ash", "birch", "cedar"))


DRAWINGS = {
    "bar": lambda ax=None: row().plot(ax=ax),
    "waterfall": lambda ax=None: row().plot(kind="waterfall", ax=ax),
    "comparison": lambda ax=None: two_outputs().plot(kind="comparison", ax=ax),
    "rows compared": lambda ax=None: LimeComparisonDisplay.from_explanations(
        varied()[[0, 5, 11]], ax=ax
    ),
    "text": lambda ax=None: document_explanation(DOCUMENT, WORDS).plot(kind="text", ax=ax),
    "global": lambda ax=None: batch().plot(ax=ax),
    "global of documents": lambda ax=None: document_batch([DOCUMENT, "bad"], WORDS).plot(ax=ax),
    "dependence": lambda ax=None: batch().plot(kind="dependence", feature=0, ax=ax),
    "heatmap": lambda ax=None: batch().plot(kind="heatmap", ax=ax),
    "cohorts": lambda ax=None: varied().plot(by=BY, ax=ax),
    "cohorts in dependence": lambda ax=None: varied().plot(
        by=BY, kind="dependence", feature=0, ax=ax
    ),
    "heatmap of groups": lambda ax=None: varied().plot(kind="heatmap", by=BY, ax=ax),
    "fidelity": lambda ax=None: batch().plot(kind="fidelity", ax=ax),
    "picture": lambda ax=None: picture_explanation().plot(ax=ax),
    "picture heatmap": lambda ax=None: picture_explanation().plot(kind="heatmap", ax=ax),
    "picture outline": lambda ax=None: picture_explanation().plot(kind="outline", ax=ax),
    "picture grid": lambda ax=None: picture_batch().plot(ax=ax),
    "stability": lambda ax=None: LimeStabilityDisplay.from_explanations(
        [hand_made(seed=seed) for seed in range(5)], ax=ax
    ),
}


@pytest.fixture(params=DRAWINGS)
def draw(request):
    """Each kind of drawing in turn."""
    return DRAWINGS[request.param]


def test_lines_under_words_have_a_legend():
    def legend_of(**options):
        display = document_explanation(DOCUMENT, WORDS, **options).plot(kind="text")
        legend = display.ax_.get_legend()
        lines = [(line.get_linestyle(), to_hex(line.get_color())) for line in legend.get_lines()]
        assert lines == [("-", RAISES), (":", LOWERS)]
        assert display.xlabel == "the stronger the tint, the larger the weight"
        return [text.get_text() for text in legend.get_texts()]

    assert legend_of() == ["toward positive", "toward negative"]
    assert legend_of(classes=("a", "b", "c")) == ["toward a", "away from a"]
    assert legend_of(classes=None) == ["raises", "lowers"]


# What all displays keep to


def test_a_display_knows_where_it_was_drawn(draw):
    display = draw()
    assert display.figure_ is display.ax_.figure
    assert plt.get_fignums() == [display.figure_.number]


def test_no_figure_is_opened_where_axes_are_given(draw):
    figure, ax = plt.subplots()
    display = draw(ax)
    assert display.ax_ is ax
    assert plt.get_fignums() == [figure.number]


def test_a_display_can_be_drawn_again(draw):
    display = draw()
    first = display.ax_
    assert display.plot() is display
    assert display.ax_ is not first


@pytest.mark.usefixtures("untouched_global_random_state")
def test_nothing_is_drawn_at_random(draw):
    pictures = []
    for _ in range(2):
        buffer = io.BytesIO()
        draw().figure_.savefig(buffer, format="png", metadata={"Software": None})
        pictures.append(buffer.getvalue())
    assert pictures[0] == pictures[1]


def test_global_style_is_left_alone(draw):
    before = dict(plt.rcParams)
    draw()
    assert dict(plt.rcParams) == before


def test_labels_are_never_cut(draw):
    figure = draw().figure_
    figure.canvas.draw()
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 >= -0.01
    assert box.y0 >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01


def test_long_labels_are_never_cut():
    names = [f"{'a long name of a column ' * 4}{place}" for place in range(4)]
    display = row(names=names).plot()
    display.figure_.canvas.draw()
    assert display.figure_.get_tightbbox().x0 >= -0.01


@pytest.mark.slow
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_names_are_only_names(text):
    # Mathematics, glyphs and lines fail where a text is laid out; `test_save` writes them.
    results = [
        hand_made(
            ((0.3,), (-0.2,), (0.1,)),
            names=(text, f"{text} 2", "plain"),
            levels=(None, text, None),
            classes=(text, f"other {text}"),
            label=text,
        )
    ]
    document = document_explanation(f"good {text} bad", WORDS, classes=(text, "b"), label=text)
    picture = picture_explanation(classes=(text, "b", "c"), label=text, fill=text)
    with warnings.catch_warnings():
        # The font of the tests has no emoji.
        warnings.filterwarnings("ignore", "Glyph .* missing from|No installed font")
        for display in (
            results[0].plot(),
            results[0].plot(kind="waterfall"),
            results[0].plot(kind="comparison"),
            batch_of(results * 2).plot(),
            batch_of(results * 2).plot(kind="fidelity"),
            batch_of(results * 2).plot(by=[text, "other"]),
            batch_of(results * 2).plot(kind="dependence", feature=0, by=[text, "other"]),
            batch_of(results * 2).plot(kind="heatmap", by=[text, "other"]),
            LimeComparisonDisplay.from_explanations({text: results[0], "other": results[0]}),
            LimeStabilityDisplay.from_explanations(results * 2),
            document.plot(kind="text"),
            document.plot(),
            picture.plot(),
            picture.plot(kind="bar"),
            picture.plot(kind="outline"),
            picture.as_batch().plot(),
        ):
            assert display.figure_.get_tightbbox().width > 0.0
            plt.close(display.figure_)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="kind='pie' is not one of"):
        row().plot(kind="pie")
    with pytest.raises(ValueError, match="kind='text' is not one of"):
        row().plot(kind="text")
    with pytest.raises(ValueError, match="kind='pie' is not one of"):
        batch().plot(kind="pie")


# Bars


def test_bars_are_as_long_as_the_weights():
    explanation = row()
    display = explanation.plot()
    assert_allclose([bar.get_width() for bar in display.bars_], [0.307, -0.131, 0.046])
    assert [text.get_text() for text in display.texts_] == ["+0.307", "−0.131", "+0.046"]
    colors = [to_hex(bar.get_edgecolor()) for bar in display.bars_]
    assert colors == [RAISES, LOWERS, RAISES]


def test_a_bar_is_hollow_where_the_interval_contains_zero():
    display = LimeExplanationDisplay(
        ["a", "b"], np.array([0.2, 0.1]), np.array([0.1, -0.1]), np.array([0.3, 0.3])
    ).plot()
    assert [bar.get_facecolor()[3] for bar in display.bars_] == [1.0, 0.0]


def test_other_features_are_summed_up():
    display = row().plot(max_features=1)
    assert display.labels[-1] == "2 other features"
    assert_allclose(display.weights, [0.307, -0.131 + 0.046])
    display = LimeExplanationDisplay.from_explanation(row(), max_features=1, show_rest=False)
    assert_allclose(display.weights, [0.307])


def test_a_waterfall_goes_from_the_intercept_to_the_surrogate():
    explanation = row()
    display = explanation.plot(kind="waterfall")
    starts = np.array([bar.get_x() for bar in display.bars_])
    widths = np.array([bar.get_width() for bar in display.bars_])
    assert starts[-1] == pytest.approx(explanation.intercepts[0])
    assert starts[0] + widths[0] == pytest.approx(explanation.local_predictions[0])
    assert_allclose(starts[:-1], (starts + widths)[1:])


def test_intervals_can_be_left_out_and_styles_changed():
    display = LimeExplanationDisplay.from_explanation(
        row(), ci=False, bar_kwargs={"height": 0.3}, text_kwargs={"fontsize": 5}
    )
    assert display.errorbars_ is None
    assert {bar.get_height() for bar in display.bars_} == {0.3}
    assert {text.get_fontsize() for text in display.texts_} == {5}


def test_bars_show_what_adds_up_without_bins(regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(Ridge().fit(X, y), discretizer=None, random_state=0).fit(X)
    explanation = explainer.explain(X[:1])[0]
    display = explanation.plot()
    assert display.weights.sum() + explanation.intercepts[0] == pytest.approx(
        explanation.local_predictions[0]
    )


@pytest.mark.parametrize("constant", [0.0, 3.0])
def test_a_constant_model_is_drawn(constant):
    X = np.random.default_rng(0).normal(size=(60, 2))
    explainer = LimeTabularExplainer(lambda X: np.full(len(X), constant), random_state=0).fit(X)
    explained = explainer.explain(X[:3])
    for display in (
        explained[0].plot(),
        explained[0].plot(kind="waterfall"),
        explained.plot(),
        explained.plot(kind="fidelity"),
    ):
        display.figure_.canvas.draw()


# From a fitted explainer


@pytest.fixture(scope="module")
def fitted(multiclass_data):
    X, y = multiclass_data
    model = LogisticRegression(max_iter=1000).fit(X, y)
    return LimeTabularExplainer(model, n_perturbations=64, random_state=0).fit(X), X


def test_displays_explain_what_they_draw(fitted):
    explainer, X = fitted
    one = explainer.explain(X[7:8])[0]
    display = LimeExplanationDisplay.from_estimator(explainer, X, row=7)
    assert_allclose(display.weights, one.plot().weights)
    compared = LimeComparisonDisplay.from_estimator(explainer, X, row=7)
    assert compared.groups == ["setosa", "versicolor", "virginica"]
    whole = LimeGlobalDisplay.from_estimator(explainer, X[::10], output="setosa")
    assert_allclose(sorted(whole.means), sorted(np.abs(_setosa(explainer, X)).mean(axis=0)))
    fidelity = LimeFidelityDisplay.from_estimator(explainer, X[::10], output="setosa")
    assert_allclose(fidelity.predictions, explainer.explain(X[::10]).predictions[:, 0])


def _setosa(explainer, X):
    return explainer.explain(X[::10]).values[:, :, 0]


def test_stability_is_that_of_single_runs(fitted):
    explainer, X = fitted
    display = LimeStabilityDisplay.from_estimator(
        explainer, X, background=X, row=3, random_states=range(4), output="setosa"
    )
    runs = [
        LimeTabularExplainer(explainer.estimator, n_perturbations=64, random_state=seed)
        .fit(X)
        .explain(X[3:4])
        .values[0, :, 0]
        for seed in range(4)
    ]
    runs = np.array(runs).T
    order = np.argsort(-np.abs(runs).mean(axis=1), kind="stable")
    assert_allclose(display.weights, runs[order])


# Many rows


def test_every_row_that_uses_a_feature_has_a_dot():
    display = batch().plot()
    assert [len(dots.get_offsets()) for dots in display.dots_] == [12, 12, 12]
    assert display.labels == ["late payments", "months at job", "housing"]
    assert_allclose(display.means, [0.307, 0.131, 0.046])


def test_fidelity_is_drawn_against_the_model():
    explained = batch()
    display = explained.plot(kind="fidelity")
    assert_allclose(display.dots_.get_offsets()[:, 0], explained.predictions[:, 0])
    assert_allclose(display.dots_.get_offsets()[:, 1], explained.held_out_predictions[:, 0])


# Models side by side


def test_models_are_compared_feature_by_feature():
    display = LimeComparisonDisplay.from_explanations({"forest": row(), "SVM": row(seed=1)})
    assert display.groups == ["forest", "SVM"]
    assert_allclose(display.weights, [[0.307] * 2, [-0.131] * 2, [0.046] * 2])


def test_seven_outputs_are_told_apart_below_their_title():
    # The legend of two lines stood on the title, and the first and seventh looked the same.
    display = LimeComparisonDisplay.from_explanations({f"m{n}": row(seed=n) for n in range(7)})
    looks = {(dots.lines[0].get_color(), dots.lines[0].get_marker()) for dots in display.dots_}
    assert len(looks) == 7
    display.figure_.canvas.draw()
    title, legend = display.ax_._left_title, display.ax_.get_legend()
    assert not title.get_window_extent().overlaps(legend.get_window_extent())


def test_features_that_one_output_does_not_use_have_no_dot():
    display = two_outputs().plot(kind="comparison")
    assert np.isnan(display.weights).sum() == 1


def test_rows_are_compared_feature_by_feature():
    rows = varied()[[0, 11]]
    display = LimeComparisonDisplay.from_explanations(rows)
    assert display.groups == ["row 0", "row 11"]
    assert display.ax_.get_title(loc="left") == "rows 0 and 11"
    names = ["late payments", "months at job", "housing"]
    order = [
        display.labels.index(f"{name} {'= own' if name == 'housing' else '> 1'}") for name in names
    ]
    assert_allclose(display.weights[order], rows.values[:, [0, 1, 3], 0].T)
    assert display.xlabel == "contribution: ◀ away from default, toward default ▶"


def test_names_of_many_rows_stay_in_the_picture():
    rows = [hand_made(label=f"a rather long label {n}", seed=n) for n in range(12)]
    display = LimeComparisonDisplay.from_explanations(rows)
    assert display.ax_.get_title(loc="left") == "12 rows"
    display.figure_.canvas.draw()
    legend = display.ax_.get_legend().get_window_extent()
    assert legend.x1 <= display.figure_.bbox.x1
    assert not display.ax_._left_title.get_window_extent().overlaps(legend)


# Documents


def test_words_are_tinted_by_their_weights():
    display = document_explanation(DOCUMENT, WORDS).plot(kind="text")
    assert "".join(display.texts) == DOCUMENT
    assert len(display.tints_) == 4
    colors = [to_hex(tint.get_facecolor()) for tint in display.tints_]
    assert colors == [RAISES, RAISES, RAISES, LOWERS]


def test_lines_of_a_document_stay_inside(global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    words = ["".join(rng.choice(list("abcdefgh"), rng.integers(1, 30))) for _ in range(80)]
    display = document_explanation(" ".join([*words, "x" * 300]), {words[0]: 0.2}).plot(kind="text")
    display.figure_.canvas.draw()
    right = display.ax_.get_window_extent().x1
    assert max(text.get_window_extent().x1 for text in display.texts_) <= right + 4


def test_a_long_document_is_drawn_around_its_first_word():
    document = "x " * 20_000 + "good" + " y" * 20_000
    display = document_explanation(document, WORDS).plot(kind="text")
    assert "good" in display.texts
    assert len("".join(display.texts)) < 2100
    assert isinstance(display, LimeTextDisplay)


@pytest.mark.parametrize("kind", ["bar", "waterfall"])
@pytest.mark.parametrize("scale", [1.0, 0.01, 1e5])
def test_numbers_stay_between_labels_and_edge(scale, kind):
    # A long number beyond the longest bar ran into the labels.
    weights = scale * np.array([-0.805, -0.79, 0.62, 0.21])
    labels = ["Half of it", "a name that is rather long > 0.1234", "b", "c"]
    display = LimeExplanationDisplay(
        labels, weights, weights - 0.01 * scale, weights + 0.01 * scale, intercept=0.1 * scale
    ).plot(kind=kind)
    display.figure_.canvas.draw()
    inside = display.ax_.bbox
    for text in display.texts_:
        box = text.get_window_extent()
        assert box.x0 >= inside.x0 - 2
        assert box.x1 <= inside.x1 + 2
    ticks = [tick.get_window_extent() for tick in display.ax_.get_xticklabels()]
    ticks = [box for box in ticks if inside.x0 <= (box.x0 + box.x1) / 2 <= inside.x1]
    assert all(one.x1 < next_one.x0 for one, next_one in itertools.pairwise(ticks))


# Pictures


def without_texts(figure):
    """Hide what fonts of other versions draw otherwise."""
    for text in figure.findobj(Text):
        text.set_visible(False)


# Displays whose pictures are compared in dark, too.
IN_DARK = (
    "rows compared",
    "cohorts",
    "cohorts in dependence",
    "heatmap of groups",
    "picture",
    "picture heatmap",
    "picture outline",
    "picture grid",
)


def assert_looks_as_it_did(name, draw, tmp_path):
    figure = plt.figure(figsize=(4, 3), dpi=80)
    draw(figure.add_axes([0.3, 0.15, 0.65, 0.7]))
    without_texts(figure)
    baseline = BASELINES / f"{name.replace(' ', '_')}.png"
    if os.environ.get("SKLIME_WRITE_BASELINES"):
        figure.savefig(baseline, metadata={"Software": None})
    drawn = tmp_path / "drawn.png"
    figure.savefig(drawn)
    assert compare_images(str(baseline), str(drawn), tol=PICTURE_TOLERANCE) is None


@pytest.mark.parametrize("name", DRAWINGS)
def test_pictures_look_as_they_did(name, tmp_path):
    assert_looks_as_it_did(name, DRAWINGS[name], tmp_path)


@pytest.mark.parametrize("name", IN_DARK)
def test_dark_pictures_look_as_they_did(name, tmp_path):
    with plt.style.context("dark_background"):
        assert_looks_as_it_did(f"{name} dark", DRAWINGS[name], tmp_path)


@pytest.mark.parametrize("name", DRAWINGS)
def test_another_picture_would_be_noticed(name, tmp_path):
    figure = plt.figure(figsize=(4, 3), dpi=80)
    display = DRAWINGS[name](figure.add_axes([0.3, 0.15, 0.65, 0.7]))
    # Panels share their limits.
    ax = getattr(display, "axes_", [display.ax_])[0]
    low, high = ax.get_xlim()
    ax.set_xlim(low, low + 2.0 * (high - low))
    without_texts(figure)
    drawn = tmp_path / "drawn.png"
    figure.savefig(drawn)
    baseline = tmp_path / "baseline.png"
    baseline.write_bytes((BASELINES / f"{name.replace(' ', '_')}.png").read_bytes())
    assert compare_images(str(baseline), str(drawn), tol=PICTURE_TOLERANCE) is not None
