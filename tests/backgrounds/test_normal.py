"""One normal distribution for each column."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from sklime.backgrounds import NormalBackground


@pytest.fixture(scope="module")
def points(global_random_seed):
    """Points in the open unit square."""
    return np.random.default_rng(global_random_seed).uniform(1e-6, 1.0 - 1e-6, size=(200, 2))


def test_columns_are_drawn_from_normals_of_their_mean_and_deviation(points):
    X = np.random.default_rng(0).lognormal(size=(80, 2))
    expected = stats.norm(X.mean(axis=0), X.std(axis=0)).ppf(points)
    assert_allclose(NormalBackground().fit(X).sample(points), expected)


def test_constant_column_keeps_its_value(points):
    X = np.column_stack([np.full(20, 7.0), np.arange(20.0)])
    assert_array_equal(NormalBackground().fit(X).sample(points)[:, 0], 7.0)


def test_discrete_column_is_drawn_from_its_values_at_their_frequencies(points):
    X = np.column_stack([np.repeat([0.0, 3.0], [15, 5]), np.arange(20.0)])
    drawn = NormalBackground().fit(X, np.array([True, False])).sample(points)[:, 0]
    assert_array_equal(drawn, np.where(points[:, 0] < 0.75, 0.0, 3.0))
