"""Segments of pictures."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklime._images._layout import Layout
from sklime._images._segments import (
    SEGMENTERS,
    Segmenter,
    check_segmenter,
    checked_labels,
    grid,
)

COLOR = Layout(2, -1)
GREY = Layout(2, None)


def photo():
    """A picture of 120 x 160 pixels in color, of areas with a little noise."""
    random = np.random.default_rng(0)
    areas = random.integers(0, 256, (6, 8, 3)).repeat(20, axis=0).repeat(20, axis=1)
    return np.clip(areas + random.normal(0, 3, areas.shape), 0, 255).astype(np.uint8)


def photo_labels(picture):
    return np.zeros(picture.shape[:2], int)


def cut(array, method, n_segments=50, layout=COLOR):
    return Segmenter(method, n_segments, float(array.min()), float(array.max()), layout)(array)


@pytest.mark.parametrize("space", [(8, 8), (1, 1), (1, 5000), (28, 28), (224, 100), (9, 9, 9)])
@pytest.mark.parametrize("n_segments", [2, 9, 50])
def test_boxes_of_a_grid_are_even_and_as_many_as_wanted(space, n_segments):
    labels = grid(space, n_segments)
    assert labels.shape == space
    sizes = np.bincount(labels.ravel())
    assert sizes.min() >= 1
    most = min(n_segments, np.prod(space))
    assert 0.6 * most <= len(sizes) <= 1.5 * most
    for label in range(len(sizes)):
        here = np.argwhere(labels == label)
        box = here.max(axis=0) - here.min(axis=0) + 1
        assert np.prod(box) == len(here)


@pytest.mark.parametrize("method", ["slic", "quickshift"])
@pytest.mark.parametrize(
    ("scale", "offset"), [(1.0, 0.0), (1 / 255, 0.0), (1 / 64, -2.0), (100, 7)]
)
def test_segments_do_not_depend_on_the_scale_of_the_pixels(method, scale, offset):
    pytest.importorskip("skimage")
    picture = photo()
    labels = cut(picture, method)
    assert labels.dtype == np.uint8
    assert 20 <= len(np.unique(labels)) <= 100
    other = cut(picture.astype(float) * scale + offset, method)
    assert np.mean(labels == other) > 0.99


@pytest.mark.parametrize("method", SEGMENTERS)
@pytest.mark.parametrize(
    "shape", [(40, 40, 1), (40, 40, 2), (40, 40, 4), (40, 40, 6), (1, 400, 3), (1, 1, 1), (3, 3, 3)]
)
def test_pictures_of_any_channels_are_cut(method, shape):
    pytest.importorskip("skimage")
    array = np.random.default_rng(0).random(shape)
    labels = cut(array, method)
    assert labels.shape == shape[:2]
    found = np.unique(labels)
    assert_array_equal(found, np.arange(len(found)))
    constant = cut(np.zeros(shape), method)
    assert constant.shape == shape[:2]


@pytest.mark.parametrize("method", ["slic", "grid"])
def test_volumes_are_cut(method):
    pytest.importorskip("skimage")
    array = np.random.default_rng(0).random((3, 4, 4, 1)).repeat(4, 0).repeat(4, 1).repeat(4, 2)
    labels = cut(array, method, layout=Layout(3, None))
    assert labels.shape == (12, 16, 16)
    assert len(np.unique(labels)) > 8


def test_volumes_have_no_quickshift():
    pytest.importorskip("skimage")
    with pytest.raises(ValueError, match="cuts pictures, not volumes"):
        cut(np.zeros((4, 4, 4, 1)), "quickshift", layout=Layout(3, None))


def test_small_grey_pictures_get_segments_that_follow_their_edges():
    pytest.importorskip("skimage")
    array = np.zeros((28, 28, 1))
    array[6:20, 11:17] = 1.0
    labels = cut(array, "slic", layout=GREY)
    inside = np.unique(labels[array[..., 0] == 1.0])
    outside = np.unique(labels[array[..., 0] == 0.0])
    assert len(np.intersect1d(inside, outside)) <= 2
    assert len(np.unique(labels)) > 20


@pytest.mark.parametrize("method", ["slic", "quickshift"])
def test_large_pictures_are_cut_on_a_smaller_copy(method):
    pytest.importorskip("skimage")
    picture = np.kron(photo()[..., 0], np.ones((7, 6), dtype=np.uint8))[:-3, :-5, None]
    labels = cut(picture, method, layout=GREY)
    assert labels.shape == picture.shape[:2]
    assert len(np.unique(labels)) > 10


def test_a_function_gets_a_copy_with_the_axes_of_the_user():
    seen = []

    def segmenter(picture):
        seen.append(picture.copy())
        picture[...] = 0
        return np.arange(6).reshape(2, 3) * 10 - 20

    array = np.arange(18.0).reshape(2, 3, 3)
    labels = cut(array, segmenter, layout=Layout(2, 0))
    assert labels.tolist() == [[-20, -10, 0], [10, 20, 30]]
    assert_array_equal(seen[0], array.transpose(2, 0, 1))
    assert array.any()


@pytest.mark.parametrize("dtype", ["int64", "uint8", "bool", ">i2"])
def test_labels_of_any_integers_are_taken(dtype):
    given = np.array([[0, 1], [1, 0]]).astype(dtype)
    found = checked_labels(given, (2, 2), "segmenter")
    assert found.dtype.kind in "iu"
    assert_array_equal(found, given.astype(int))
    assert not np.shares_memory(found, given)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (np.zeros((2, 2)), "must be integers, one per pixel, not of the type float64"),
        (np.zeros((2, 3), int), r"without channels, \(2, 2\), not \(2, 3\)"),
        (np.zeros((2, 2, 1), int), r"not \(2, 2, 1\)"),
        ("ab", "must be integers"),
    ],
)
def test_other_labels_are_errors(labels, words):
    with pytest.raises(ValueError, match=words):
        checked_labels(labels, (2, 2), "segmenter")


def test_scikit_image_is_needed_for_two_segmenters_only(monkeypatch):
    monkeypatch.setitem(sys.modules, "skimage.segmentation", None)
    words = r'segmenter="slic" \(unlike segmenter="grid".*pip install sklime\[image\]'
    with pytest.raises(ImportError, match=words):
        check_segmenter("slic")
    for other in ("grid", np.zeros((2, 2), int), photo_labels):
        check_segmenter(other)
    with pytest.raises(TypeError, match="segmenter must be a function of 1 arguments"):
        check_segmenter(lambda picture, labels: labels)
