"""Pictures on cards: what is drawn, what is written below, and which inputs are right."""

import base64
import io
import re

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pictures import explained_pictures, hostile_pictures
from PIL import Image
from sanitizer import Page

from sklime.display._notebook import notebook_html
from sklime.display._overlays import is_certain
from sklime.display._picture_view import picture_view, thumbnails

ORANGE, BLUE = np.array([194, 87, 12]), np.array([47, 120, 196])


def pixels_of(source):
    """Return the pixels that an address holds."""
    data = base64.b64decode(source.partition(";base64,")[2])
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def left_minus_right(X):
    """The left half raises and the right half lowers, the middle row does nothing."""
    X = np.stack([np.asarray(x, dtype=float) for x in X])
    X = X.reshape(*X.shape[:3], -1).mean(axis=3)
    half = X.shape[2] // 2
    return X[:, :4, :half].sum(axis=(1, 2)) - X[:, :4, half:].sum(axis=(1, 2))


def two_sides():
    """Explain one gray picture of 12 x 12 pixels, whose last 8 rows do nothing."""
    pictures = np.full((2, 12, 12), 0.8)
    pictures[1] = 0.2
    batch = explained_pictures(pictures, model=left_minus_right, channel_axis=None, n_segments=9)
    return batch[0]


def view_of(explanation, room=40_000):
    order = np.argsort(-np.abs(explanation.values[:, 0]), kind="stable")
    numbered = order[explanation.values[order, 0] != 0.0].tolist()
    return picture_view(explanation, 0, numbered, room)


def test_the_tint_has_the_color_of_the_sign():
    explanation = two_sides()
    overlay = pixels_of(view_of(explanation)["images"][1]["source"])
    heat = explanation.heatmap()
    scale = overlay.shape[0] // heat.shape[0]
    middles = overlay[scale // 4 :: scale, scale // 4 :: scale][:12, :12]
    redness = middles[..., 0] - middles[..., 2]
    low, high = explanation.confidence_intervals()
    certain = is_certain(explanation.values[:, 0], low[:, 0], high[:, 0])[explanation._parts()]
    assert certain.any()
    assert not certain.all()
    assert (redness[certain & (heat > 0)] > 20).all()
    assert (redness[certain & (heat < 0)] < -20).all()
    inside = np.zeros_like(certain)
    inside[1::4, 1::4] = inside[2::4, 1::4] = True
    assert (np.abs(redness[~certain & inside]) <= 6).all()


def test_the_picture_is_shown_as_it_is():
    picture = (np.random.default_rng(0).random((6, 8, 3)) * 255).astype(np.uint8)
    view = view_of(explained_pictures(picture[None])[0])
    shown = pixels_of(view["images"][0]["source"])
    scale = shown.shape[1] // 8
    assert_array_equal(shown[scale // 2 :: scale, scale // 2 :: scale], picture)


def test_texts_for_those_who_do_not_see_name_the_numbers():
    explanation = two_sides()
    view = view_of(explanation)
    alt = view["images"][1]["alt"]
    by_number = {number: explanation.values[part, 0] for part, number in view["numbers"].items()}
    raising, lowering = re.findall(r"([\d, ]+) (?:raise|lower)", alt)
    assert all(by_number[int(number)] > 0.0 for number in raising.split(","))
    assert all(by_number[int(number)] < 0.0 for number in lowering.split(","))


def test_numbers_of_the_table_are_those_of_the_picture():
    explanation = explained_pictures()[0]
    page = notebook_html(explanation)
    rows = re.findall(r"width:26px\">(\d+)</b><bdi>([^<]+)</bdi>", page)
    strongest = [name for name, _ in explanation.as_list()][:10]
    assert rows == [(str(number), name) for number, name in enumerate(strongest, start=1)]


VOLUME = np.zeros((1, 6, 8, 10))
VOLUME[0, 3:5, 2:6, 2:7] = 1.0
KINDS = {
    "gray": (np.random.default_rng(0).random((1, 9, 9)), None),
    "one channel": (np.random.default_rng(0).random((1, 9, 9, 1)), -1),
    "bytes": (np.random.default_rng(0).integers(0, 256, (1, 9, 9, 3), dtype=np.uint8), -1),
    "floats": (np.random.default_rng(0).random((1, 9, 9, 3)), -1),
    "opacity": (np.random.default_rng(0).random((1, 9, 9, 4)), -1),
    "bands": (np.random.default_rng(0).random((1, 9, 9, 6)), -1),
    "volume": (VOLUME, None),
    "one pixel": (np.random.default_rng(0).random((1, 1, 1)), None),
    "one row": (np.random.default_rng(0).random((1, 1, 5000)), None),
    "black": (np.zeros((1, 9, 9)), None),
    "booleans": (np.random.default_rng(0).random((1, 9, 9)) > 0.5, None),
}


def brightness(X):
    """The mean of each picture."""
    return np.array([np.asarray(x, dtype=float).mean() for x in X])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", KINDS)
def test_pictures_of_all_kinds_are_shown(name):
    pictures, axis = KINDS[name]
    result = explained_pictures(pictures, model=brightness, channel_axis=axis)
    page = Page(notebook_html(result[0]))
    assert not page.problems
    sources = [value for _, key, value in page.attributes if key == "src"]
    assert len(sources) == 2
    for source in sources:
        assert pixels_of(source).shape[2] == 3
    lengths = " × ".join(map(str, result[0].segments.shape))
    assert f"{lengths} {'voxels' if name == 'volume' else 'pixels'}. Removed segments" in page.text
    if name == "volume":
        assert re.search(r"slice z=\d+ of 6 × 8 × 10 voxels", page.text)
    if name == "bands":
        assert "Channels 1 to 3 of 6" in page.text
    for small in thumbnails(result[0], 0, 96, 5_000):
        assert pixels_of(small["source"]).shape[2] == 3


def test_a_constant_model_tints_nothing():
    pictures = np.random.default_rng(0).random((2, 9, 9))
    result = explained_pictures(pictures, model=lambda X: np.ones(len(X)), channel_axis=None)[0]
    html = notebook_html(result)
    assert "No segment has a weight." in html
    overlay = pixels_of(view_of(result)["images"][1]["source"])
    assert np.ptp(overlay, axis=2).max() == 0


def test_a_picture_that_was_left_out_is_said():
    batch = explained_pictures()
    read = type(batch[0]).from_json(batch[0].to_json(include_image=False))
    html = notebook_html(read)
    assert "The picture is not stored" in html
    assert html.count("<img") == 2


def test_a_picture_without_an_explanation_says_why():
    def fails(X):
        return np.full(len(X), np.nan)

    pictures = np.random.default_rng(0).random((2, 9, 9))
    with pytest.warns(RuntimeWarning, match="whose explanations are NaN"):
        batch = explained_pictures(pictures, model=fails, channel_axis=None, on_error="warn")
    html = notebook_html(batch[0])
    assert "There is no explanation" in html
    assert "row" not in Page(html).text


def test_the_fill_is_named_under_the_picture_and_escaped():
    html = notebook_html(hostile_pictures("<img src=x>")[0])
    assert "Removed segments are filled with what &lt;img src=x&gt; returns" in html
    assert html.count("<img") == 2
