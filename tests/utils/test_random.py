"""Seeds and points."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import stats

from sklime.utils._random import (
    SOBOL_MAX_DIMENSIONS,
    draw_seed,
    generator,
    independent_points,
    resampling_offsets,
    sobol_points,
)

KINDS = [sobol_points, independent_points]


@pytest.mark.parametrize("points", KINDS)
@pytest.mark.parametrize("n_points", [1, 7, 64, 100])
def test_points_lie_inside_the_unit_cube_and_follow_the_seed(points, n_points):
    found = points(n_points, 5, np.random.SeedSequence(0))
    assert found.shape == (n_points, 5)
    assert ((found > 0.0) & (found < 1.0)).all()
    assert_array_equal(found, points(n_points, 5, np.random.SeedSequence(0)))
    assert (found != points(n_points, 5, np.random.SeedSequence(1))).any()


@pytest.mark.parametrize("points", KINDS)
def test_more_points_begin_with_fewer(points):
    few, many = (points(n_points, 3, np.random.SeedSequence(0)) for n_points in (16, 50))
    assert_array_equal(many[:16], few)


def test_points_of_sobol_fill_equal_parts_of_each_coordinate():
    found = sobol_points(256, 8, np.random.SeedSequence(0))
    assert_array_equal(
        np.sort((found * 256).astype(int), axis=0), np.tile(np.arange(256), (8, 1)).T
    )


def test_points_of_sobol_are_limited_by_scipy():
    with pytest.raises(ValueError, match="Maximum supported dimensionality"):
        sobol_points(2, SOBOL_MAX_DIMENSIONS + 1, np.random.SeedSequence(0))


def test_independent_points_are_uniform_and_independent():
    found = independent_points(4096, 2, np.random.SeedSequence(0))
    assert stats.kstest(found.ravel(), "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(found.T)[0, 1]) < 4.0 / np.sqrt(4096)


@pytest.mark.usefixtures("untouched_global_random_state")
@pytest.mark.parametrize("random_state", [None, 0, np.random.RandomState(0)])
def test_seeds_are_small_and_leave_the_global_state_alone(random_state):
    assert 0 <= draw_seed(random_state) < 2**31 - 1


def test_seed_follows_an_integer_and_moves_a_generator_on():
    assert draw_seed(7) == draw_seed(7)
    assert draw_seed(None) != draw_seed(None)
    state = np.random.RandomState(0)
    assert draw_seed(state) != draw_seed(state)


def test_generators_of_different_pieces_differ():
    first, again, other = generator(3, 0, 1), generator(3, 0, 1), generator(3, 1, 0)
    assert_array_equal(first.random(4), again.random(4))
    assert (generator(3, 0, 1).random(4) != other.random(4)).all()


def test_offsets_of_resampling_are_uniform_and_no_points():
    offsets = resampling_offsets(4096, 0)
    assert stats.kstest(offsets, "uniform").pvalue > 1e-3
    assert (offsets != np.random.default_rng(0).random(4096)).any()
