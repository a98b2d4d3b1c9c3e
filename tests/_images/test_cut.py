"""Pictures cut and filled."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklime._fills._training import TrainingValues
from sklime._images._cut import Cutter, fill_text, segmenter_text
from sklime._images._layout import Layout
from sklime._images._segments import Segmenter

LAST = Layout(2, -1)
PICTURES = list(np.random.default_rng(0).random((3, 8, 10, 3)))


def cutter(segmenter="grid", n_segments=20, fill="mean", layout=LAST, shape=None):
    training = TrainingValues.of(PICTURES, seed=0)
    segments = Segmenter(segmenter, n_segments, training.low, training.high, layout)
    return Cutter(segments, fill, training, layout, shape, seed=0)


def test_parts_are_the_segments_in_the_order_of_their_labels():
    labels = np.arange(80).reshape(8, 10) // 10 * 5 - 12
    cut, replacement = cutter(labels)(PICTURES[0])
    assert_array_equal(cut.segments, labels)
    assert_array_equal(cut.parts, np.arange(80).reshape(8, 10) // 10)
    assert cut.names[0] == "segment -12 (r0 c4)"
    assert replacement.parts is cut.parts
    assert not cut.is_fallback


def test_too_few_segments_give_way_to_a_grid():
    pytest.importorskip("skimage")
    constant = np.full((40, 40, 3), 0.5)
    halves = constant.copy()
    halves[:, 20:] = 1.0
    one = Cutter(
        Segmenter("quickshift", 20, 0.0, 1.0, Layout(2, -1)),
        "mean",
        TrainingValues.of([halves], 0),
        Layout(2, -1),
        None,
        0,
    )
    cut, _ = one(np.full((2, 2, 3), 0.5))
    assert len(cut.changes) <= 4
    cut, _ = cutter("slic", n_segments=3)(PICTURES[0])
    assert len(cut.changes) >= 2


def test_a_grid_is_taken_only_if_it_has_more_segments(monkeypatch):
    from sklime._images import _segments

    def few(array, n_segments):
        return np.zeros(array.shape[:2], int)

    monkeypatch.setitem(_segments._NAMED, "slic", few)
    cut, _ = cutter("slic")(PICTURES[0])
    assert cut.is_fallback
    assert len(cut.changes) > 8
    cut, _ = cutter("slic")(PICTURES[0][:1, :1])
    assert not cut.is_fallback
    cut, _ = cutter(lambda picture: np.zeros(picture.shape[:2], int))(PICTURES[0])
    assert not cut.is_fallback
    assert len(cut.changes) == 1


@pytest.mark.parametrize("fill", ["mean", "segment_mean", "blur", "noise", "background"])
def test_named_fills(fill):
    _, replacement = cutter(fill=fill)(PICTURES[0])
    assert len(replacement.variants) == (3 if fill == "background" else 1)


def test_fills_have_the_axes_of_the_user():
    first = Layout(2, 0)
    picture = np.arange(240.0).reshape(3, 8, 10)
    _, replacement = cutter(fill=picture, layout=first)(PICTURES[0])
    assert_array_equal(replacement.variants[0], picture.transpose(1, 2, 0))

    seen = []

    def fill(given, segments):
        seen.append((given.shape, segments.shape))
        return [1.0, 2.0, 3.0]

    _, replacement = cutter(fill=fill, layout=first)(PICTURES[0])
    assert seen == [((3, 8, 10), (8, 10))]
    assert replacement.variants[0].tolist() == [1.0, 2.0, 3.0]


def test_a_fill_in_a_row_of_pixels_has_the_shape_of_a_picture():
    row = np.arange(80.0)
    grey = [picture[..., :1] for picture in PICTURES]
    layout = Layout(2, None)
    training = TrainingValues.of(grey, seed=0)
    segments = Segmenter("grid", 20, 0.0, 1.0, layout)
    one = Cutter(segments, row[None], training, layout, (8, 10), 0)
    _, replacement = one(grey[0])
    assert_allclose(replacement.variants[0].ravel(), row)


def test_what_a_function_returns_is_checked():
    with pytest.raises(ValueError, match="The array that fill returned has 2 numbers"):
        cutter(fill=lambda picture: [1, 2])(PICTURES[0])
    with pytest.raises(ValueError, match="The array that fill returned holds NaN"):
        cutter(fill=lambda picture: picture * np.nan)(PICTURES[0])
    with pytest.raises(ValueError, match="fill holds 300, which uint8 cannot hold"):
        cutter(fill=300)((PICTURES[0] * 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("fill", "expected"),
    [
        ("mean", "the mean color of the training pictures"),
        (0, "the value 0"),
        ([0.5, 1, 2], "the color (0.5, 1, 2)"),
        (np.zeros((2, 2)), "a given picture"),
        (np.median, "what median returns"),
    ],
)
def test_fills_in_words(fill, expected):
    assert fill_text(fill) == expected


def test_segmenters_in_words():
    assert segmenter_text("slic") == "slic"
    assert segmenter_text(np.zeros((2, 2), int)) == "labels"
    assert segmenter_text(np.median) == "median"
