"""Pictures with their weights: what is drawn where, for pictures of any kind."""

import itertools
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.text import Text
from numpy.testing import assert_allclose, assert_array_equal
from pictures import DIGITS, brightness, digit_rows, scores
from shown import picture_explanation

from sklime import LimeImageExplainer
from sklime.display import LimeExplanationDisplay, LimeImageDisplay
from sklime.display._overlays import REST, evidence, overlay, shown_picture
from sklime.display._pixels_shown import faded


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


def explained(X, model=None, **options):
    def noisy(X):
        X = np.asarray(X, dtype=float)
        noise = np.sin(1e4 * X.reshape(len(X), -1).sum(axis=1))
        return brightness(X[:, : X.shape[1] // 2 + 1]) + 0.01 * noise

    options = {"segmenter": "grid", "n_segments": 12, "n_perturbations": 32, **options}
    explainer = LimeImageExplainer(model or noisy, random_state=0, **options)
    return explainer.fit(X).explain(X)[0]


def texts_of(display):
    return [text.get_text() for text in display.figure_.findobj(Text) if text.get_text()]


def notes_of(display):
    return display.ax_.get_xlabel()


RANDOM = np.random.default_rng(0)
SHAPES = {
    "gray": ((2, 9, 12), {"channel_axis": None}),
    "one channel": ((2, 9, 12, 1), {}),
    "two bands": ((2, 9, 12, 2), {}),
    "colors": ((2, 9, 12, 3), {}),
    "with opacity": ((2, 9, 12, 4), {}),
    "six bands": ((2, 9, 12, 6), {"channel_axis": -1}),
    "volume": ((2, 5, 9, 12), {"channel_axis": None}),
    "volume in colors": ((2, 5, 9, 12, 3), {"channel_axis": -1}),
    "one pixel": ((2, 1, 1, 3), {"channel_axis": -1, "n_segments": 2}),
    "a line": ((2, 1, 5000), {"channel_axis": None}),
    "a column": ((2, 700, 1), {"channel_axis": None}),
}


@pytest.mark.parametrize("kind", ["image", "heatmap", "outline"])
@pytest.mark.parametrize("name", SHAPES)
def test_pictures_of_any_kind_are_drawn(name, kind):
    shape, options = SHAPES[name]
    one = explained(np.random.default_rng(0).random(shape), **options)
    display = one.plot(kind=kind)
    display.figure_.canvas.draw()
    n_planes = 3 if name.startswith("volume") else 1
    assert len(display.axes_) == n_planes * (3 if kind == "image" else 1)
    fill = "the mean color of the training pictures"
    assert f"Removed segments are filled with {fill}." in notes_of(display)
    assert ("Channels 1 to 3 of 6" in notes_of(display)) == (name == "six bands")
    assert ("drawn stretched" in notes_of(display)) == (name in ("a line", "a column"))
    box = display.figure_.get_tightbbox()
    width, height = display.figure_.get_size_inches()
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, bool])
def test_pixels_of_any_type_are_drawn(dtype):
    X = np.random.default_rng(0).integers(0, 2, (2, 9, 12)).astype(dtype)
    display = explained(X, channel_axis=None).plot()
    assert {0, 255} == set(np.unique(display.images_[0].get_array()))


def test_numbers_beyond_0_to_1_are_scaled_and_named():
    display = explained(40.0 * DIGITS[:2] - 3.0, channel_axis=None).plot()
    note = "The range of the training pictures from −3 to 37 is drawn from black to white."
    assert note in " ".join(notes_of(display).split())


def test_three_panels_show_picture_weights_and_evidence():
    one = picture_explanation()
    display = one.plot(max_features=3)
    view = display.view
    original, tints, rest = (np.asarray(image.get_array()) for image in display.images_)
    assert_array_equal(original, shown_picture(one))
    assert_array_equal(tints, overlay(one, max_features=3))
    assert_array_equal(rest, evidence(original, view.planes[0].parts, [0, 2]))
    is_shown = np.isin(view.planes[0].parts, [0, 2])
    assert (rest[~is_shown] == REST).all()
    titles = [ax.get_title() for ax in display.axes_]
    assert titles == [
        "picture",
        "solid raises, dashed lowers",
        "2 segments that raise it, rest gray",
    ]


def test_the_evidence_is_called_the_strongest_where_it_is_not_all():
    title = picture_explanation().plot(max_features=1).axes_[2].get_title()
    assert title == "the strongest that raises it, rest gray"


def test_strong_segments_are_numbered_with_solid_and_dashed_lines():
    display = picture_explanation().plot()
    assert [text.get_text() for text in display.numbers_] == ["1", "2", "3", "4", "5"]
    styles = [line.get_linestyle() for line in display.outlines_]
    assert [style == "solid" for style in styles] == [True, False, True, False, True]
    parts = display.view.planes[0].parts
    for text, row in zip(display.numbers_, display.view.table.rows):
        x, y = text.get_position()
        assert parts[int(y), int(x)] == row.part


def test_heatmaps_have_tints_of_all_segments_and_no_lines():
    one = picture_explanation()
    display = one.plot(kind="heatmap", max_features=1)
    assert_array_equal(display.images_[0].get_array(), overlay(one))
    assert display.outlines_ == display.numbers_ == []
    ends = [tick.get_text() for tick in display.scale_.get_xticklabels()]
    assert ends == ["−0.300", "0", "+0.300"]
    assert display.scale_.get_xlabel() == "weight: ◀ away from cat, toward cat ▶"


def test_outlines_stand_on_the_unchanged_picture():
    one = picture_explanation()
    display = one.plot(kind="outline", max_features=2)
    assert_array_equal(display.images_[0].get_array(), shown_picture(one))
    assert len(display.outlines_) == len(display.numbers_) == 2
    assert display.scale_ is None
    assert "Solid line: toward cat; dashed line: away from cat." in notes_of(display)


def test_bars_have_the_numbers_of_the_picture():
    display = picture_explanation().plot(kind="bar", max_features=2)
    assert isinstance(display, LimeExplanationDisplay)
    assert display.labels[:2] == [
        "1: segment 0 (r0 c1), 16.7% of the area",
        "2: segment 1 (r1 c1), 16.7% of the area",
    ]
    with pytest.raises(ValueError, match=r"kind='text' is not one of .*'outline'"):
        picture_explanation().plot(kind="text")
    with pytest.raises(ValueError, match="kind='pie' is not one of"):
        LimeImageDisplay.from_explanation(picture_explanation(), kind="pie")
    with pytest.raises(ValueError, match="max_features=0"):
        picture_explanation().plot(max_features=0)


def test_the_output_can_be_a_label_of_a_class():
    explainer = LimeImageExplainer(
        scores, target="all", output_names=["up", "left", "all"], segmenter="grid", random_state=0
    ).fit(DIGITS)
    one = explainer.explain(DIGITS[:1])[0]
    first, second = one.plot("up"), one.plot("left")
    assert_allclose(first.view.weights, one.values[:, 0])
    assert_allclose(second.view.weights, one.values[:, 1])


def test_a_constant_model_has_no_tint_and_says_so():
    one = explained(DIGITS[:2], model=lambda X: np.ones(len(X)), channel_axis=None)
    display = one.plot()
    assert "no tint: no segment has a weight" in texts_of(display)
    assert_array_equal(display.images_[1].get_array(), faded(shown_picture(one)))
    assert display.axes_[2].get_title() == "no segment surely raises it"
    assert len(display.bars_) == 0


def test_no_tint_where_all_intervals_contain_zero():
    one = picture_explanation(certain=())
    display = one.plot()
    assert "no tint: no interval leaves 0 out" in texts_of(display)
    assert [bar.get_facecolor()[3] for bar in display.bars_] == [0.0] * 5


def test_a_picture_without_an_explanation_says_why():
    def fails(X):
        if len(X) > 2:
            raise RuntimeError("the $model$ <script> stopped\nhere")
        return np.ones(len(X))

    with pytest.warns(RuntimeWarning, match="failed on pictures"):
        one = explained(DIGITS[:2], model=fails, channel_axis=None, on_error="warn")
    for kind in ("image", "heatmap", "outline"):
        display = one.plot(kind=kind)
        display.figure_.canvas.draw()
        assert any("the $model$ <script> stopped" in text for text in texts_of(display))
        assert display.table_ is None
        assert len(display.axes_) == 1


def test_without_a_picture_segments_are_drawn_in_gray():
    display = replace(picture_explanation(), image=None).plot()
    assert "The picture is not stored: its segments are drawn in gray." in notes_of(display)
    assert set(np.unique(display.images_[0].get_array())) == {158, 206}


def test_all_of_many_segments_are_listed():
    weights = np.linspace(-1.0, 1.0, 120)
    one = picture_explanation(weights, shape=(4, 240, 3), certain=range(0, 120, 3))
    display = one.plot(max_features=None)
    assert len(display.bars_) == 120
    note = next(line for line in notes_of(display).splitlines() if "No room" in line)
    assert note.startswith("No room for the numbers")


@pytest.mark.parametrize("size", [(4.0, 3.0), (6.0, 4.5), (9.0, 7.0)])
@pytest.mark.parametrize("shape", [(20, 30, 3), (40, 20, 3), (6, 8, 12, 1)])
def test_texts_do_not_overlap(size, shape):
    figure, ax = plt.subplots(figsize=size, layout="constrained")
    picture_explanation(shape=shape).plot(ax=ax)
    figure.canvas.draw()
    boxes = [
        (text.get_text(), text.get_window_extent())
        for text in figure.findobj(Text)
        if text.get_text() and text.get_visible()
    ]
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        down = min(first.y1, second.y1) - max(first.y0, second.y0)
        # Lines of text below each other may touch.
        assert min(across, down) < 0.25 * min(first.height, second.height), (one, other)


def test_names_without_a_font_are_boxes_and_said_once_per_figure():
    # Characters of no font at all: those for private use.
    one = picture_explanation(classes=("\ue123 cat", "dog", "fox"), fill="\ue124")
    for show in (one.plot, one.as_batch().plot):
        with pytest.warns(UserWarning, match="No installed font") as record:
            show().figure_.canvas.draw()
        assert len(record) == 1


def test_styles_can_be_changed():
    display = LimeImageDisplay.from_explanation(
        picture_explanation(), cmap="PiYG", image_kwargs={"interpolation": "nearest"}
    )
    assert {image.get_interpolation() for image in display.images_} == {"nearest"}
    own = LimeImageDisplay.from_explanation(picture_explanation())
    pixels = [np.asarray(one.images_[1].get_array()).astype(int) for one in (display, own)]
    is_tinted = display.view.certain[display.view.planes[0].parts]
    assert (pixels[0] != pixels[1]).any(axis=-1)[is_tinted].all()
    assert_array_equal(pixels[0][~is_tinted], pixels[1][~is_tinted])


def test_a_display_explains_what_it_draws():
    explainer = LimeImageExplainer(
        brightness, image_shape=(8, 8), segmenter="grid", random_state=0
    ).fit(digit_rows())
    display = LimeImageDisplay.from_estimator(explainer, digit_rows(), row=3, max_features=4)
    one = explainer.explain(digit_rows()[3:4])[0]
    assert_allclose(display.view.weights, one.values[:, 0])
    assert len(display.view.table.rows) == 4
    with pytest.raises(ValueError, match="max_features=-1"):
        LimeImageDisplay.from_estimator(explainer, digit_rows(), max_features=-1)


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_saved_pictures_are_the_same_each_time(tmp_path, suffix):
    one = picture_explanation()
    paths = [one.save(tmp_path / f"{name}.{suffix}") for name in "ab"]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert len(paths[0].read_bytes()) > 10_000
    assert not plt.get_fignums()


def test_what_is_left_out_of_the_bars_is_called_segments():
    display = picture_explanation().plot(kind="bar", max_features=2)
    assert display.labels[-1].endswith("other segments")
