"""Pictures of a batch side by side, on one scale."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pictures import DIGITS, brightness, digit_rows
from shown import picture_batch, picture_explanation

from sklime import ImageExplanationBatch, LimeImageExplainer
from sklime.display import LimeGlobalDisplay, LimeImageGridDisplay
from sklime.display._overlays import overlay


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


def test_all_pictures_have_the_scale_of_the_largest_weight():
    batch = picture_batch(3)
    display = batch.plot()
    assert isinstance(display, LimeImageGridDisplay)
    for one, image in zip(batch, display.images_):
        assert_array_equal(image.get_array(), overlay(one, largest=0.3))
    ends = [tick.get_text() for tick in display.scale_.get_xticklabels()]
    assert ends == ["−0.300", "0", "+0.300"]
    assert "filled with a blurred copy" in display.ax_.get_xlabel()


@pytest.mark.parametrize(("n_pictures", "n_drawn"), [(1, 1), (2, 2), (5, 5), (12, 12), (15, 12)])
def test_at_most_twelve_pictures_are_drawn(n_pictures, n_drawn):
    display = picture_batch(n_pictures).plot(max_features=2)
    assert len(display.axes_) == n_drawn
    assert len(display.outlines_) == 2 * n_drawn
    assert ("the first 12 of 15 pictures" in display.title) == (n_pictures == 15)
    display.figure_.canvas.draw()
    boxes = [ax.get_window_extent() for ax in display.axes_]
    assert all(not a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_captions_name_pictures_and_answers():
    batch = picture_batch(2)
    assert batch.plot().captions == [
        f"0: cat {batch.predictions[0, 0]:.3f}",
        f"1: cat {batch.predictions[1, 0]:.3f}",
    ]
    plain = ImageExplanationBatch.concat([picture_explanation(classes=None).as_batch()])
    assert plain.plot().captions == [f"0: {plain.predictions[0, 0]:.3f}"]


def test_nothing_and_failures_are_drawn():
    display = picture_batch(2)[:0].plot()
    assert display.axes_ == []
    assert display.scale_ is None

    def fails(X):
        if len(X) > 2:
            raise RuntimeError("no answer")
        return np.ones(len(X))

    explainer = LimeImageExplainer(
        fails, channel_axis=None, segmenter="grid", on_error="warn", random_state=0
    ).fit(DIGITS[:2])
    with pytest.warns(RuntimeWarning, match="failed on pictures"):
        display = explainer.explain(DIGITS[:2]).plot()
    assert display.captions == ["0: no explanation", "1: no explanation"]
    assert "No segment is tinted" in display.ax_.get_xlabel()


def test_kinds_that_compare_segments_need_the_same_ones():
    batch = picture_batch(3)
    assert isinstance(batch.plot(kind="global"), LimeGlobalDisplay)
    assert isinstance(batch.plot(kind="fidelity").ax_, plt.Axes)
    other = picture_explanation(shape=(20, 36, 3), label=3)
    mixed = ImageExplanationBatch.concat([batch, other.as_batch()])
    assert len(mixed.plot().axes_) == 4
    for kind in ("global", "heatmap"):
        with pytest.raises(ValueError, match=f"plot\\(kind='{kind}'\\) compares segments"):
            mixed.plot(kind=kind)
    with pytest.raises(ValueError, match="compares segments"):
        mixed.plot(by=[0, 0, 1, 1])
    with pytest.raises(ValueError, match="draws no groups"):
        mixed.plot(kind="image", by=[0, 0, 1, 1])
    with pytest.raises(ValueError, match="kind='what_if' is not one of"):
        mixed.plot(kind="what_if")


def test_a_display_explains_the_pictures_that_it_draws():
    explainer = LimeImageExplainer(
        brightness, image_shape=(8, 8), segmenter="grid", random_state=0
    ).fit(digit_rows())
    display = LimeImageGridDisplay.from_estimator(explainer, digit_rows())
    assert len(display.axes_) == 12
    for one, image in zip(explainer.explain(digit_rows()[:12]), display.images_):
        largest = max(view.largest for view in display.views)
        assert_array_equal(image.get_array(), overlay(one, largest=largest))
