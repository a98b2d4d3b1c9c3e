"""Pictures as they are drawn: ranges, channels, slices, sizes."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklime.display._pixels_shown import enlarged, faded, pixel_notes, planes_of, range_of

SEGMENTS = np.arange(6).reshape(2, 3)


def drawn(image, **options):
    (plane,) = planes_of(image, np.zeros(np.shape(image)[:2], dtype=int), **options)
    return plane.picture


def test_bytes_in_three_colors_are_drawn_unchanged():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    assert_array_equal(drawn(image), image)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1)])
def test_gray_pictures_have_equal_colors(shape):
    image = np.linspace(0.0, 1.0, 20).reshape(shape)
    picture = drawn(image)
    assert picture.shape == (4, 5, 3)
    assert_array_equal(picture[..., 0], np.rint(255 * image.reshape(4, 5)))
    assert (picture == picture[..., :1]).all()


@pytest.mark.parametrize(
    ("image", "ends"),
    [
        (np.array([[0, 255]], dtype=np.uint8), (0.0, 255.0)),
        (np.array([[0, 1]], dtype=np.uint8), (0.0, 1.0)),
        (np.array([[0, 16]], dtype=np.uint8), (0.0, 16.0)),
        (np.array([[False, True]]), (0.0, 1.0)),
        (np.array([[0.25, 0.5]]), (0.0, 1.0)),
        (np.array([[-3.0, 2.0]]), (-3.0, 2.0)),
        (np.array([[0.0, 16.0]]), (0.0, 16.0)),
        (np.array([[100, 60_000]], dtype=np.uint16), (100.0, 60_000.0)),
        (np.array([[np.nan, 2.0, 4.0]]), (2.0, 4.0)),
        (np.array([[np.nan]]), (0.0, 1.0)),
    ],
)
def test_black_and_white_follow_the_type_and_the_range(image, ends):
    assert range_of(image) == ends


def test_the_range_of_the_training_pictures_comes_first():
    image = np.array([[0.0, 8.0]])
    assert range_of(image, (0.0, 16.0)) == (0.0, 16.0)
    assert drawn(image, learnt=(0.0, 16.0)).max() == 128
    assert (
        "The range of the training pictures from 0 to 16" in pixel_notes(image, 2, (0.0, 16.0))[0]
    )
    assert pixel_notes(np.array([[0.1]]), 2, (0.0, 1.0)) == []


def test_constant_and_huge_pictures_are_drawn():
    assert (drawn(np.full((2, 2), 7.0)) == 128).all()
    assert drawn(np.array([[-1e308, 1e308]]))[0, :, 0].tolist() == [0, 255]
    assert drawn(np.array([[np.inf, 0.0, 1.0]])).max() == 255


def test_two_bands_are_averaged_and_six_are_cut():
    image = np.stack(np.broadcast_arrays(0.2, 0.4, 0.6, 0.8, 1.0, np.zeros((2, 2))), axis=-1)
    assert drawn(image)[0, 0].tolist() == [51, 102, 153]
    assert pixel_notes(image, 2) == ["Channels 1 to 3 of 6 are drawn as red, green and blue."]
    assert (drawn(image[..., :2]) == 77).all()
    assert pixel_notes(image[..., :2], 2) == ["The mean of 2 channels is drawn."]
    assert pixel_notes(image[..., :3], 2) == []


def test_what_is_transparent_is_white():
    image = np.zeros((1, 2, 4), dtype=np.uint8)
    image[0, 1] = (200, 100, 0, 255)
    assert drawn(image)[0].tolist() == [[255, 255, 255], [200, 100, 0]]
    assert pixel_notes(image, 2) == ["The fourth channel is drawn as opacity, on white."]


def test_without_a_picture_segments_are_drawn():
    (plane,) = planes_of(None, np.repeat(SEGMENTS, 4, axis=1))
    assert set(np.unique(plane.picture)) == {158, 206}
    assert "not stored" in pixel_notes(None, 2)[0]


def test_slices_of_a_volume_meet_in_one_pixel():
    volume = np.random.default_rng(0).random((4, 5, 6))
    parts = np.arange(volume.size).reshape(volume.shape)
    planes = planes_of(volume, parts, middle=(1, 2, 3))
    assert [plane.name for plane in planes] == ["slice z=1", "slice r=2", "slice c=3"]
    assert [plane.size for plane in planes] == [(5, 6), (4, 6), (4, 5)]
    assert all(parts[1, 2, 3] in plane.parts for plane in planes)
    assert_array_equal(planes[0].picture[..., 0], np.rint(255 * volume[1]))
    colors = planes_of(np.stack([volume] * 3, axis=-1), parts)
    assert_array_equal(colors[1].picture[..., 2], np.rint(255 * volume[:, 2]))


@pytest.mark.parametrize("shape", [(37, 53), (1, 5000), (120, 90)])
def test_large_pictures_are_drawn_small_with_their_means(shape):
    image = np.random.default_rng(0).random(shape)
    parts = (np.arange(shape[1]) >= shape[1] // 2) * np.ones(shape, dtype=int)
    (plane,) = planes_of(image, parts, max_side=20)
    assert max(plane.parts.shape) <= 20
    assert plane.picture.shape[:2] == plane.parts.shape
    assert plane.size == shape
    steps = [-(-length // 20) for length in shape]
    first = image[: steps[0], : steps[1]].mean()
    assert abs(int(plane.picture[0, 0, 0]) - 255 * first) <= 0.5
    assert plane.parts.mean() == pytest.approx(0.5, abs=0.1)


def test_the_picture_of_the_user_is_not_changed():
    image = np.random.default_rng(0).random((30, 30))
    before = image.copy()
    planes_of(image, np.zeros((30, 30), dtype=int), max_side=10)
    assert_array_equal(image, before)


def test_faded_pictures_are_light_and_gray():
    picture = np.array([[[0, 0, 0], [255, 255, 255], [255, 0, 0]]], dtype=np.uint8)
    gray = faded(picture)
    assert gray[0, :, 0].tolist() == [112, 238, 150]
    assert (gray == gray[..., :1]).all()
    assert gray.dtype == np.uint8


def test_small_pictures_are_enlarged_by_whole_numbers():
    (plane,) = planes_of(SEGMENTS / 5.0, SEGMENTS)
    large = enlarged(plane, 100)
    assert large.parts.shape == (66, 99)
    assert_array_equal(large.parts[::33, ::33], SEGMENTS)
    assert_array_equal(large.picture[::33, ::33], plane.picture)
    assert enlarged(plane, 2).parts.shape == (2, 3)
