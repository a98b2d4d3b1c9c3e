"""Training rows, drawn whole."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy import stats

from sklime.backgrounds import EmpiricalBackground


def even_points(n_points):
    return (np.arange(n_points)[:, None] + 0.5) / n_points


@pytest.fixture(scope="module")
def X(global_random_seed):
    """Rows of three columns that go together, one of them with missing values."""
    rng = np.random.default_rng(global_random_seed)
    first = rng.normal(size=50)
    third = np.where(rng.random(50) < 0.2, np.nan, first)
    return np.column_stack([first, np.exp(first) + 0.1 * rng.normal(size=50), third])


@pytest.mark.parametrize("n_times", [1, 3])
def test_even_points_draw_every_row_equally_often(n_times, X):
    drawn = EmpiricalBackground().fit(X).sample(even_points(n_times * len(X)))
    expected = np.repeat(X, n_times, axis=0)
    order, expected_order = np.lexsort(drawn.T[:2]), np.lexsort(expected.T[:2])
    assert_array_equal(drawn[order], expected[expected_order])


def test_neighboring_points_draw_rows_that_are_alike(X):
    # So that points that are spread evenly draw rows that are spread evenly.
    drawn = EmpiricalBackground().fit(X).sample(even_points(len(X)))
    for column in (0, 1):
        assert abs(stats.spearmanr(np.arange(len(X)), drawn[:, column]).statistic) > 0.9


def test_one_column_is_drawn_in_its_order(X):
    drawn = EmpiricalBackground().fit(X[:, :1]).sample(even_points(len(X)))[:, 0]
    assert_array_equal(np.abs(np.diff(drawn)), np.abs(np.diff(np.sort(X[:, 0]))))


def test_order_of_the_training_rows_does_not_matter(X):
    points = even_points(7)
    backwards = EmpiricalBackground().fit(X[::-1]).sample(points)
    assert_array_equal(backwards, EmpiricalBackground().fit(X).sample(points))


def test_ends_of_the_interval_draw_the_first_and_the_last_row(X):
    background = EmpiricalBackground().fit(X)
    drawn = background.sample(np.array([[1e-12], [1.0 - 1e-12]]))
    assert_array_equal(drawn, background.rows_[[0, -1]])
