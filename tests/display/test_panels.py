"""Groups of rows side by side."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from documents import REVIEWS
from numpy.testing import assert_allclose, assert_array_equal
from shown import batch_of, hand_made
from tables import mixed_frame, mixed_score

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.display import LimeCohortsDisplay, LimeGlobalDisplay
from sklime.display._cohorts import MAX_GROUPS
from sklime.display._value_colors import colors_of_values

N_ROWS = 40


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def X():
    return mixed_frame(200, 0)


@pytest.fixture(scope="module")
def batch(X):
    explainer = LimeTabularExplainer(
        mixed_score, n_perturbations=64, max_features=None, random_state=0
    )
    return explainer.fit(X).explain(X.head(N_ROWS))


def test_each_panel_has_the_weights_of_its_rows(batch, X):
    by = X["city"].head(N_ROWS)
    display = batch.plot(by=by, max_features=None)
    for panel in display.displays:
        name = panel.title.split(",")[0]
        own = by.isna().to_numpy() if name == "missing" else (by == name).to_numpy()
        assert panel.title == f"{name}, {own.sum()} rows"
        for label, weights, dots in zip(panel.labels, panel.weights, panel.dots_):
            wanted = batch.values[own, batch.feature_names.index(label), 0]
            assert_array_equal(weights, wanted)
            assert_array_equal(np.sort(np.asarray(dots.get_offsets())[:, 0]), np.sort(wanted))
    assert len(display.displays) == by.nunique() + 1


def test_a_color_means_the_same_in_all_panels(batch):
    by = np.arange(N_ROWS) < 8
    display = batch.plot(by=by, max_features=None)
    for feature in ("income", "job"):
        index = batch.feature_names.index(feature)
        wanted = colors_of_values(batch.data[:, index], False)
        for panel, own in zip(display.displays, (~by, by)):
            place = panel.labels.index(feature)
            order = np.argsort(batch.values[own, index, 0], kind="stable")
            found = panel.dots_[place].get_facecolors()[:, :3]
            assert_allclose(found, wanted[own][order, :3])


def test_panels_have_the_same_features_and_limits(batch):
    display = batch.plot(by=np.arange(N_ROWS) % 5)
    assert len({tuple(panel.labels) for panel in display.displays}) == 1
    assert len({(ax.get_xlim(), ax.get_ylim()) for ax in display.axes_}) == 1
    assert [panel.ax_ for panel in display.displays] == display.axes_
    assert display.figure_ is display.ax_.figure
    assert display.scale_ is not None
    assert display.displays[0].scale_ is None


def test_a_feature_that_matters_in_a_small_group_is_drawn():
    rare = hand_made(((0.1,), (0.9,)), names=("a", "b"), levels=(None, None))
    common = hand_made(((0.1,), (0.0,)), names=("a", "b"), levels=(None, None))
    batch = batch_of([common] * 99 + [rare])
    assert batch.plot(max_features=1).labels == ["a"]
    display = batch.plot(max_features=1, by=np.arange(100) == 99)
    assert display.displays[0].labels == ["b"]
    assert_allclose(display.displays[0].means, [0.9])


def test_panels_of_one_feature_share_their_axis(batch, X):
    by = X["sex"].head(N_ROWS)
    for feature in ("age", "city"):
        whole = batch.plot(kind="dependence", feature=feature)
        display = batch.plot(kind="dependence", feature=feature, by=by)
        index = batch.feature_names.index(feature)
        # The numbers of levels and the place of missing values are those of all rows.
        names = [label.get_text() for label in whole.ax_.get_xticklabels()]
        for panel in display.displays:
            own = (by == panel.title.split(",")[0]).to_numpy()
            x, y = np.asarray(panel.dots_.get_offsets()).T
            assert_array_equal(y, batch.values[own, index, 0])
            if feature == "city":
                cities = ["missing" if pd.isna(c) else c for c in batch.data[own, index]]
                assert np.round(x).astype(int).tolist() == [names.index(c) for c in cities]
            else:
                ages = np.array(batch.data[own, index], dtype=float)
                assert_array_equal(x[~np.isnan(ages)], ages[~np.isnan(ages)])
        assert len({(ax.get_xlim(), ax.get_ylim()) for ax in display.axes_}) == 1


def test_documents_have_groups():
    explainer = LimeTextExplainer(lambda texts: [t.count("good") for t in texts], random_state=0)
    batch = explainer.fit(REVIEWS).explain(REVIEWS[:6])
    display = batch.plot(by=[True, False] * 3)
    assert [panel.title for panel in display.displays] == [
        "False, 3 documents",
        "True, 3 documents",
    ]
    assert display.scale_ is None


def test_the_title_tells_what_the_groups_are(batch):
    by = pd.Series(np.arange(N_ROWS) % 2, name="split")
    title = batch.plot(by=by.set_axis(batch.row_labels)).ax_.get_title(loc="left")
    assert title.startswith("40 rows by split;")
    title = batch.plot(by=np.arange(N_ROWS) % 2, kind="dependence", feature="age").title
    assert title == "contribution of age, 40 rows in 2 groups"


@pytest.mark.parametrize(("n_groups", "n_lines"), [(1, 1), (3, 1), (4, 2), (7, 2), (12, 3)])
def test_panels_stand_in_lines_and_do_not_overlap(batch, n_groups, n_lines):
    display = batch.plot(by=np.arange(N_ROWS) % n_groups)
    display.figure_.canvas.draw()
    boxes = [panel.get_window_extent() for panel in display.axes_]
    assert len(boxes) == n_groups
    assert len({round(box.y0) for box in boxes}) == n_lines
    inside = display.ax_.get_window_extent()
    assert min(box.x0 for box in boxes) >= inside.x0 - 1
    assert max(box.x1 for box in boxes) <= inside.x1 + 1
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])
    title = display.ax_._left_title.get_window_extent()
    assert not any(title.overlaps(panel._left_title.get_window_extent()) for panel in display.axes_)


@pytest.mark.parametrize("by", [[], None])
def test_no_rows_are_an_empty_picture(batch, by):
    assert batch[:0].plot(by=by).figure_ is not None


@pytest.mark.parametrize("kind", ["global", "dependence", "heatmap"])
@pytest.mark.parametrize(
    ("by", "message"),
    [
        ([1, 2], rf"by has the shape \(2,\); pass one label for each of the {N_ROWS}"),
        ("city", "by='city' is one text"),
        (range(N_ROWS), rf"by has {N_ROWS} groups, and at most {MAX_GROUPS}"),
    ],
)
def test_what_is_no_group_of_rows_is_refused(batch, kind, by, message):
    feature = "age" if kind == "dependence" else None
    with pytest.raises(ValueError, match=message):
        batch.plot(by=by, kind=kind, feature=feature)


def test_kinds_without_groups_are_refused(batch):
    by = np.arange(N_ROWS) % 2
    with pytest.raises(ValueError, match="kind='fidelity' draws no groups"):
        batch.plot(by=by, kind="fidelity")
    with pytest.raises(ValueError, match="kind='fidelity' is not one of"):
        LimeCohortsDisplay.from_explanations(batch, by, kind="fidelity")
    with pytest.raises(ValueError, match="pass its name as feature"):
        LimeCohortsDisplay.from_explanations(batch, by, kind="dependence")


def test_a_display_of_arrays_is_drawn_in_given_axes():
    _, ax = plt.subplots()
    strips = [
        LimeGlobalDisplay(["a"], [np.array([w, -w])], np.array([w]), title=f"{w}") for w in (1, 2)
    ]
    display = LimeCohortsDisplay(strips, title="two").plot(ax, dot_kwargs={"color": "red"})
    assert display.ax_ is ax
    assert plt.get_fignums() == [ax.figure.number]
    assert [len(panel.dots_) for panel in display.displays] == [1, 1]
    assert LimeCohortsDisplay([]).plot().axes_
