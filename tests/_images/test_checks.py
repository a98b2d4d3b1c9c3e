"""Checks of pixels."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklime._images._checks import (
    check_dtype,
    check_finite_pixels,
    check_range,
    kind_of_pixels,
    the_only_one,
)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", ">f8"])
def test_numbers_pass(dtype):
    check_dtype(np.dtype(dtype))


@pytest.mark.parametrize("dtype", ["complex64", "U3", "M8[s]", "O", "longdouble"])
def test_other_types_are_errors(dtype):
    with pytest.raises(ValueError, match="pass booleans, integers or floats"):
        check_dtype(np.dtype(dtype))


def test_floats_are_alike_and_integers_are_not():
    assert kind_of_pixels(np.dtype("float16")) == kind_of_pixels(np.dtype(">f8")) == "float"
    assert kind_of_pixels(np.dtype("uint8")) != kind_of_pixels(np.dtype("uint16"))
    assert kind_of_pixels(np.dtype(">u2")) == kind_of_pixels(np.dtype("<u2"))


def test_missing_pixels_are_named_and_counted():
    good, bad = np.zeros((2, 2, 1)), np.full((2, 2, 1), np.nan)
    bad[0] = 0.0
    check_finite_pixels([good, good.astype(np.uint8)])
    words = "Picture 1 of X holds NaN or infinity in 2 of 4 values, and so do 1 of the pictures"
    with pytest.raises(ValueError, match=words):
        check_finite_pixels([good, bad, bad])


def test_pixels_on_another_scale_are_an_error_or_a_warning():
    check_range([np.array([0.0, 255.0]), np.zeros(2), np.array([300.0])], 0.0, 255.0)
    check_range([np.array([3, 200], dtype=np.uint8)], 0.0, 1.0)
    check_range([np.array([3.0, 200.0])], 7.0, 7.0)
    with pytest.raises(ValueError, match="pixels from 0 to 255, where those of fit were from 0 to"):
        check_range([np.array([0.0, 255.0])], 0.0, 1.0)
    with pytest.warns(UserWarning, match="Pictures 1 of X hold pixels of at most 2%"):
        check_range([np.array([0.0, 99.0]), np.array([0.0, 1.0])], 0.0, 255.0)


def test_a_batch_of_one_picture_is_that_picture():
    picture = np.zeros((4, 5))
    for batch in (picture[None], [picture], (picture,)):
        assert_array_equal(the_only_one(batch, 2), picture)
    assert the_only_one(picture, 2) is picture
    two = [picture, picture]
    assert the_only_one(two, 2) is two
