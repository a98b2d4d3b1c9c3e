"""Heatmaps of rows and features."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from shown import HOSTILE, batch_of, document_batch, hand_made
from tables import mixed_frame, mixed_score

from sklime import LimeTabularExplainer
from sklime.display import LimeHeatmapDisplay
from sklime.display._heatmap import MAX_CLUSTERED, similar_rows_first


@pytest.fixture(scope="module")
def batch():
    X = mixed_frame(100, 0)
    explainer = LimeTabularExplainer(mixed_score, n_perturbations=64, random_state=0)
    return explainer.fit(X).explain(X.head(30))


def test_colors_are_the_weights_in_some_order_of_rows(batch):
    display = batch.plot(kind="heatmap", max_features=None)
    shown = np.asarray(display.image_.get_array())
    for label, line in zip(display.labels, shown):
        feature = batch.feature_names.index(label)
        assert_allclose(np.sort(line), np.sort(batch.values[:, feature, 0]))
    # Each column is one row of the batch.
    columns = [batch.feature_names.index(label) for label in display.labels]
    rows = {tuple(row) for row in batch.values[:, columns, 0].round(9)}
    assert {tuple(column) for column in shown.T.round(9)} == rows


def test_the_scale_is_centered_at_zero(batch):
    low, high = batch.plot(kind="heatmap").image_.get_clim()
    assert low == -high
    assert high == pytest.approx(np.abs(batch.values).max())


def test_similar_rows_stand_side_by_side():
    rng = np.random.default_rng(0)
    kinds = rng.permutation(np.repeat([0, 1, 2], 20))
    centers = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    weights = centers[kinds] + 0.01 * rng.normal(size=(60, 2))
    order = similar_rows_first(weights)
    assert_array_equal(np.sort(order), np.arange(60))
    assert (np.diff(kinds[order]) != 0).sum() == 2


@pytest.mark.parametrize("n_rows", [0, 1, 2, MAX_CLUSTERED + 1])
def test_few_and_many_rows_have_an_order(n_rows):
    weights = np.random.default_rng(0).normal(size=(n_rows, 3))
    assert_array_equal(np.sort(similar_rows_first(weights)), np.arange(n_rows))


def test_huge_weights_have_an_order():
    weights = np.array([[1e300, 0.0], [-1e300, 0.0], [1e300, 1.0], [-1e300, 1.0]])
    order = similar_rows_first(weights)
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}


def test_empty_batches_and_documents_are_drawn(batch):
    assert batch[:0].plot(kind="heatmap").labels == []
    documents = document_batch(["so good", "bad"], {"good": 0.2, "bad": -0.1})
    assert set(documents.plot(kind="heatmap").labels) == {"good", "bad"}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Glyph .* missing from|No installed font")
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_any_name_can_be_drawn(text):
    explanation = hand_made(((0.3,), (-0.2,)), names=(text, "b"), levels=(text, None))
    batch_of([explanation] * 3).plot(kind="heatmap").figure_.canvas.draw()
    plt.close("all")


def test_groups_stand_side_by_side(batch):
    by = np.arange(30) % 7 == 0
    display = batch.plot(kind="heatmap", max_features=None, by=by)
    assert display.sizes == [25, 5]
    names = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert names == ["False\n25", "True\n5"]
    columns = [batch.feature_names.index(label) for label in display.labels]
    for image, own in zip(display.images_, (~by, by)):
        wanted = batch.values[own][:, columns, 0]
        shown = np.asarray(image.get_array()).T
        assert {tuple(row) for row in shown.round(9)} == {tuple(row) for row in wanted.round(9)}
    left, right = (image.get_extent() for image in display.images_)
    assert left[1] < right[0]
    assert display.images_[0].get_clim() == display.images_[1].get_clim()


def test_a_small_group_can_be_seen(batch):
    by = np.arange(30) == 3
    (left, right) = batch.plot(kind="heatmap", by=by).images_
    low, high = right.get_extent()[:2]
    assert (high - low) / (left.get_extent()[1] - left.get_extent()[0]) > 0.04


def test_a_group_without_explanations_has_no_colors(batch):
    display = LimeHeatmapDisplay(["a"], np.array([[0.1]]), groups=["x", "y"], sizes=[1, 0]).plot()
    assert np.asarray(display.images_[1].get_array()).tolist() == [[0.0]]
    assert batch[:0].plot(kind="heatmap", by=[]).labels == []


def test_a_display_of_arrays_takes_styles():
    display = LimeHeatmapDisplay(["a"], np.array([[0.1, -0.2]]))
    assert display.plot(image_kwargs={"vmax": 1.0}).image_.get_clim()[1] == 1.0
