"""Fills that a user gives."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklime._fills._given import (
    called_fill,
    check_fill,
    check_range_of,
    given_fill,
    is_far_outside,
    is_of_unit_scale,
    is_one_value,
)

SHAPE = (2, 4, 3)
PHOTO = np.linspace(0, 255, 24).reshape(SHAPE).astype(np.uint8)


def unchanged(array):
    return array


@pytest.mark.parametrize("fill", ["mean", 0, 0.5, [1, 2, 3], np.zeros(SHAPE), unchanged])
def test_fills_of_all_kinds_pass(fill):
    check_fill(fill)


@pytest.mark.parametrize(
    ("fill", "error", "words"),
    [
        ("gray", ValueError, "'mean', 'segment_mean'"),
        (np.nan, ValueError, "NaN or infinity"),
        (None, TypeError, "is None, which is no number"),
        ([[1, 2], [3]], ValueError, "not an array of numbers"),
        (lambda one, two, three: one, TypeError, "of one argument, the array, or of two"),
    ],
)
def test_other_fills_are_errors(fill, error, words):
    with pytest.raises(error, match=words):
        check_fill(fill)


def test_a_number_is_one_color_too():
    assert given_fill(7, SHAPE, unchanged, "fill").tolist() == [7, 7, 7]
    assert is_one_value(7)
    assert is_one_value([1, 2, 3])
    assert not is_one_value("mean")
    assert not is_one_value(np.zeros(SHAPE))


def test_a_color_has_one_number_per_channel():
    assert given_fill([1, 2, 3], SHAPE, unchanged, "fill").tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="fill has 4 numbers, but there are 3 channels"):
        given_fill([1, 2, 3, 4], SHAPE, unchanged, "fill")


def test_an_array_comes_with_the_axes_of_the_user():
    array = np.arange(24).reshape(3, 2, 4)
    found = given_fill(array, SHAPE, lambda one: np.moveaxis(one, 0, -1), "fill")
    assert_array_equal(found, np.moveaxis(array, 0, -1))
    with pytest.raises(ValueError, match=r"shape \(3, 5, 4\), which does not fit"):
        given_fill(np.zeros((3, 5, 4)), SHAPE, unchanged, "fill")


def test_an_array_may_have_channels_last():
    array = np.arange(24).reshape(SHAPE)
    found = given_fill(array, SHAPE, lambda one: np.moveaxis(one, 0, -1), "fill")
    assert_array_equal(found, array)
    grey = np.arange(8).reshape(2, 4, 1)
    for one in (grey, grey[..., 0]):
        assert_array_equal(given_fill(one, (2, 4, 1), lambda a: a[..., None], "fill"), grey)


def test_functions_get_copies():
    def spoil(array, segments):
        array[:] = segments[:] = 0
        return array

    array, segments = np.ones((2, 2)), np.ones((2, 2), int)
    assert not called_fill(spoil, array, segments).any()
    assert not called_fill(lambda one: one * 0, array, segments).any()
    assert array.all()
    assert segments.all()


def test_whole_numbers_are_within_their_range():
    check_range_of(np.array([-0.4, 255.4]), np.dtype("uint8"), "fill")
    check_range_of(np.array([1e9]), np.dtype("float32"), "fill")
    with pytest.raises(ValueError, match="holds 300, which uint8 cannot hold"):
        check_range_of(np.array([3, 300]), np.dtype("uint8"), "fill")
    with pytest.raises(ValueError, match="holds 2, which bool cannot hold"):
        check_range_of(np.array([2]), np.dtype("bool"), "fill")


@pytest.mark.parametrize(
    ("fill", "is_unit"),
    [
        (0.5, True),
        ([0.1, 1.0, 0.0], True),
        (PHOTO / 255, True),
        (0, False),
        (1.0, False),
        (255.0, False),
        (PHOTO * 0.3, False),
    ],
)
def test_fractions_beside_whole_numbers_are_on_another_scale(fill, is_unit):
    values = np.asarray(fill)
    assert is_of_unit_scale(values, PHOTO, 0.0, 255.0) is is_unit
    assert not is_of_unit_scale(values, PHOTO.astype(float), 0.0, 255.0)
    assert not is_of_unit_scale(values, PHOTO > 100, 0.0, 1.0)
    assert not is_of_unit_scale(values, np.minimum(PHOTO, 1), 0.0, 1.0)


@pytest.mark.parametrize(
    ("fill", "dtype", "low", "high", "is_far"),
    [
        (300, "float64", 0.0, 16.0, True),
        (-17, "float64", 0.0, 16.0, True),
        (32, "float64", 0.0, 16.0, False),
        (255, "uint8", 0.0, 16.0, True),
        (255, "uint8", 3.0, 90.0, False),
        (0, "uint8", 100.0, 120.0, False),
        (0.0, "float64", -1.8, 2.4, False),
        (5.0, "float64", 1.0, 1.0, False),
    ],
)
def test_fills_far_outside_of_the_training_range(fill, dtype, low, high, is_far):
    assert is_far_outside(np.asarray(fill), np.dtype(dtype), low, high) is is_far
