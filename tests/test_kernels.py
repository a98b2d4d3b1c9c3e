"""Proximity kernels."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklime.kernels import exponential_kernel, uniform_kernel

DISTANCES = np.linspace(0, 10, 50)


@pytest.mark.parametrize("kernel", [exponential_kernel, uniform_kernel])
def test_weights_lie_between_zero_and_one(kernel):
    weights = kernel(DISTANCES, 1.5)
    assert weights.shape == DISTANCES.shape
    assert (weights >= 0).all()
    assert (weights <= 1).all()


@pytest.mark.parametrize("kernel", [exponential_kernel, uniform_kernel])
def test_distance_zero_weighs_one(kernel):
    assert_array_equal(kernel(np.zeros(3), 0.5), 1.0)


def test_exponential_kernel_is_the_kernel_of_lime():
    expected = np.sqrt(np.exp(-(DISTANCES**2) / 1.5**2))
    assert_allclose(exponential_kernel(DISTANCES, 1.5), expected)


def test_uniform_kernel_weighs_everything_alike():
    assert_array_equal(uniform_kernel(DISTANCES, 1.5), 1.0)


@pytest.mark.parametrize("kernel", [exponential_kernel, uniform_kernel])
def test_distances_are_untouched(kernel):
    distances = DISTANCES.copy()
    kernel(distances, 1.5)
    assert_array_equal(distances, DISTANCES)
