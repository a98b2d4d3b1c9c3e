"""A row beside changed copies of it, on matplotlib."""

import itertools
import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.testing.compare import compare_images
from matplotlib.text import Text
from numpy.testing import assert_allclose
from shown import HOSTILE, document_batch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression

from sklime import LimeTabularExplainer
from sklime.display import LimeGlobalDisplay, LimeWhatIfDisplay

BASELINE = Path(__file__).parent / "baseline" / "what_if.png"


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


def table_of():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(90, 3)), columns=["debt", "income", "size"])
    return frame.assign(age=rng.integers(18, 80, 90), job=rng.choice(["cook", "nurse"], 90))


@pytest.fixture(scope="module")
def explainer():
    """A linear model: weights and answers are known."""

    def predict(rows):
        return rows["age"] / 10 + rows["debt"] + 2.0 * (rows["job"] == "cook")

    return LimeTabularExplainer(predict, random_state=0).fit(table_of())


def row():
    return table_of().head(1)


def hand_made_display(n_rows=4, **options):
    weights = np.array([[0.3, -0.2, 0.05], [-0.1, -0.2, np.nan], [0.2, -0.1, 0.1], [0.1, 0.1, 0.0]])
    labels = ["unchanged", *(f"age={20 * (number + 1)}" for number in range(n_rows - 1))]
    answers = np.array([0.6, 0.2, 0.5, 0.9])[:n_rows]
    return LimeWhatIfDisplay(
        labels,
        answers,
        list(range(n_rows)),
        ["age", "debt > 1", "job = cook"],
        weights[:n_rows],
        weights[:n_rows] - 0.06,
        weights[:n_rows] + 0.06,
        title="What if age had other values",
        xlabel="age",
        is_share=True,
        **options,
    )


def test_a_result_of_what_if_is_drawn_so(explainer):
    batch = explainer.what_if(row(), age=[20, 60])
    assert isinstance(batch.plot(), LimeWhatIfDisplay)
    assert isinstance(batch.plot(kind="global"), LimeGlobalDisplay)
    other = explainer.explain(table_of().head(3))
    assert isinstance(other.plot(), LimeGlobalDisplay)
    assert isinstance(other.plot(kind="what_if"), LimeWhatIfDisplay)


def test_texts_have_no_such_picture():
    with pytest.raises(ValueError, match=r"kind='what_if' is not one of .*'fidelity'\]"):
        document_batch(["good"], {"good": 0.3}).plot(kind="what_if")


def test_answers_are_a_curve_over_the_values_of_one_column_of_numbers(explainer):
    batch = explainer.what_if(row(), age=[60, 20, 40])
    display = batch.plot()
    ages = [float(row()["age"].iloc[0]), 60.0, 20.0, 40.0]
    curve, dots, own = display.axes_[0].lines
    assert_allclose(curve.get_xdata(), sorted(ages))
    assert_allclose(curve.get_ydata(), batch.predictions[np.argsort(ages), 0])
    assert_allclose(dots.get_xdata(), ages[1:])
    assert_allclose(own.get_xdata(), ages[:1])
    assert display.axes_[0].get_xlabel() == "age"
    assert display.title == "What if age had other values"


@pytest.mark.parametrize("changes", [{"job": ["cook", "nurse"]}, {"job": "nurse", "age": [20, 40]}])
def test_other_changes_are_a_list(changes, explainer):
    batch = explainer.what_if(row(), changes)
    display = batch.plot()
    texts = [tick.get_text() for tick in display.axes_[0].get_yticklabels()]
    assert texts == batch.row_labels.tolist()
    assert display.column_values is None


def test_explanations_stand_side_by_side(explainer):
    batch = explainer.what_if(row(), age=[20, 60])
    display = batch.plot()
    assert len(display.columns_) == 3
    assert display.features[0] == "age"
    for number, column in enumerate(display.columns_):
        widths = [bar.get_width() for bar in column.bars_]
        feature = list(batch.feature_names).index("age")
        assert_allclose(widths[0], batch.values[number, feature, 0])
        assert np.count_nonzero(np.nan_to_num(display.weights[number])) >= 1
    limits = {ax.get_xlim() for ax in display.axes_[1:]}
    assert len(limits) == 1
    titles = [ax.get_title(loc="left").splitlines() for ax in display.axes_[1:]]
    assert [title[0] for title in titles] == batch.row_labels.tolist()
    assert titles[1][1].startswith("model ")


def test_numbers_stand_right_of_all_bars():
    display = hand_made_display().plot()
    display.figure_.canvas.draw()
    for column in display.columns_:
        bars = [bar.get_window_extent().x1 for bar in column.bars_]
        texts = [text.get_window_extent() for text in column.texts_]
        assert max(bars) < min(box.x0 for box in texts)
    assert display.columns_[1].texts_[2].get_text() == "not used"


def test_of_many_rows_some_are_drawn(explainer):
    batch = explainer.what_if(row(), age=range(20, 60))
    display = batch.plot()
    assert len(display.axes_) == 1 + 5
    assert len(display.axes_[0].lines[0].get_xdata()) == 41
    batch = explainer.what_if(row(), age=range(20, 60), job=["nurse"])
    display = batch.plot()
    assert len(display.axes_[0].get_yticks()) == 24
    assert display.axes_[0].get_xlabel() == "model (24 of 41)"


def test_other_features_are_summed_up(explainer):
    batch = explainer.what_if(row(), age=[20])
    display = batch.plot(max_features=1)
    assert display.features[1:] == ["4 other features"]
    total = display.weights.sum(axis=1) + batch.intercepts[:, 0]
    assert_allclose(total, batch.local_predictions[:, 0])


def test_a_class_can_be_chosen():
    table = table_of().drop(columns="job")
    model = RandomForestClassifier(5, random_state=0).fit(table, np.array(["a", "b", "c"] * 30))
    explainer = LimeTabularExplainer(model, n_perturbations=64, random_state=0).fit(table)
    batch = explainer.what_if(table.head(1), age=[20, 60])
    display = batch.plot("b")
    assert_allclose(display.answers, batch.predictions[:, 1])
    assert display.axes_[0].get_ylabel() == "model, class b"
    assert display.axes_[0].get_ylim() == (-0.04, 1.04)


def test_a_display_knows_where_it_was_drawn():
    figure, ax = plt.subplots()
    display = hand_made_display()
    assert display.plot(ax) is display
    assert display.ax_ is ax
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]


@pytest.mark.parametrize("style", ["default", "dark_background"])
def test_nothing_is_cut(style, explainer):
    with plt.style.context(style):
        for changes in ({"age": [20, 60]}, {"job": ["cook"], "age": [20], "size": [0.123456]}):
            figure = explainer.what_if(row(), changes).plot().figure_
            figure.canvas.draw()
            box, size = figure.get_tightbbox(), figure.get_size_inches()
            assert min(box.x0, box.y0) >= -0.01
            assert box.x1 <= size[0] + 0.01
            assert box.y1 <= size[1] + 0.01


def test_titles_of_columns_do_not_overlap(explainer):
    display = explainer.what_if(row(), job=["cook", "nurse"], age=[20, 60], size=[0.123456]).plot()
    display.figure_.canvas.draw()
    boxes = [ax._left_title.get_window_extent() for ax in display.axes_[1:]]
    for first, second in itertools.pairwise(boxes):
        assert first.x1 <= second.x0 + 1.0


@pytest.mark.filterwarnings("ignore:No installed font")
@pytest.mark.parametrize("text", [HOSTILE[name] for name in ("mathematics", "emoji", "long")])
def test_names_are_only_names(text):
    table = table_of()[["debt", "age"]].set_axis([text, "age"], axis=1)
    model = LinearRegression().fit(table.to_numpy(), np.arange(90))
    explainer = LimeTabularExplainer(
        lambda rows: model.predict(rows.to_numpy()), random_state=0
    ).fit(table)
    display = explainer.what_if(table.head(1), {text: [0.5], "age": [20]}).plot()
    assert display.figure_.get_tightbbox().width > 0.0


def test_lines_are_seen_on_black():
    with plt.style.context("dark_background"):
        display = hand_made_display(column_values=np.array([30.0, 20.0, 40.0, 60.0])).plot()
    assert to_hex(display.axes_[0].lines[2].get_color()) == "#ffffff"


@pytest.mark.parametrize("values", [None, np.array([30.0, 20.0, 40.0, 60.0])])
def test_the_picture_looks_as_it_did(values, tmp_path):
    figure = plt.figure(figsize=(5, 4), dpi=80)
    hand_made_display(column_values=values).plot(figure.add_axes([0.15, 0.1, 0.8, 0.8]))
    for text in figure.findobj(Text):
        text.set_visible(False)
    baseline = BASELINE if values is None else BASELINE.with_stem("what_if_curve")
    if os.environ.get("SKLIME_WRITE_BASELINES"):
        figure.savefig(baseline, metadata={"Software": None})
    drawn = tmp_path / "drawn.png"
    figure.savefig(drawn)
    assert compare_images(str(baseline), str(drawn), tol=6) is None
