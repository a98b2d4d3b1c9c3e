"""Fills that have a name."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklime._fills._built_in import FILL_NAMES, FILLS, resized
from sklime._fills._training import TrainingValues

RANDOM = np.random.default_rng(0)
ARRAYS = list(RANDOM.random((4, 6, 8, 2)))
PARTS = np.repeat(np.arange(3), 16).reshape(6, 8)
TRAINING = TrainingValues.of(ARRAYS, seed=0)


def filled(name, array=ARRAYS[0], parts=PARTS, seed=0):
    return FILLS[name](array, parts, TRAINING, seed)


def test_every_fill_has_words():
    assert FILL_NAMES.keys() == FILLS.keys()


def test_mean_is_one_color():
    (color,) = filled("mean")
    assert_allclose(color, np.mean(ARRAYS, axis=(0, 1, 2)))


def test_segments_get_their_own_mean():
    (picture,) = filled("segment_mean")
    for part in range(3):
        here = part == PARTS
        expected = np.broadcast_to(ARRAYS[0][here].mean(axis=0), picture[here].shape)
        assert_allclose(picture[here], expected)


def test_blur_keeps_a_constant_and_flattens_the_rest():
    (picture,) = filled("blur", np.full((1, 50, 1), 3.0))
    assert_allclose(picture, 3.0)
    sharp = np.zeros((64, 64, 1))
    sharp[32, 32] = 1.0
    (picture,) = filled("blur", sharp)
    assert 0.0 < picture.max() < 0.02
    assert_allclose(picture.sum(), 1.0, rtol=1e-3)


def test_noise_has_the_moments_of_the_training_set_and_is_the_same_twice():
    (picture,) = filled("noise", np.zeros((100, 100, 2)), np.zeros((100, 100), int))
    assert_allclose(picture.mean(axis=(0, 1)), TRAINING.mean, atol=0.02)
    assert picture.min() >= TRAINING.low
    assert picture.max() <= TRAINING.high
    assert_array_equal(filled("noise")[0], filled("noise")[0])
    assert (filled("noise")[0] != filled("noise", seed=1)[0]).any()


def test_background_is_the_training_arrays():
    assert_array_equal(filled("background"), TRAINING.donors)
    sizes = {picture.shape for picture in filled("background", np.zeros((3, 5, 2)))}
    assert sizes == {(3, 5, 2)}


@pytest.mark.parametrize(("n", "expected"), [(2, [0, 3]), (4, [0, 1, 2, 3]), (8, "00112233")])
def test_nearest_values_are_taken(n, expected):
    found = resized(np.arange(4)[:, None], (n,))[:, 0]
    if n == 2:
        # The middles of the two halves lie between two values.
        assert found.tolist() == [1, 3]
    else:
        assert found.tolist() == [int(value) for value in expected]
