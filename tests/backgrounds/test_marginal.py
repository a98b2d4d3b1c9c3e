"""One distribution for each column: bins at their frequency, truncated normals within."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from sklime.backgrounds import MarginalBackground

EVEN = ((np.arange(20_000) + 0.5) / 20_000)[:, None]


@pytest.fixture(scope="module")
def column(global_random_seed):
    """Four hundred values with a long tail."""
    return np.random.default_rng(global_random_seed).lognormal(size=(400, 1))


@pytest.mark.parametrize("n_bins", [None, 1, 3, 10])
def test_every_bin_is_drawn_at_its_frequency(n_bins, column):
    cuts = np.percentile(column, np.linspace(0, 100, (n_bins or 4) + 1)[1:-1])
    drawn = MarginalBackground(n_bins).fit(column).sample(EVEN)
    counts = np.bincount(np.searchsorted(cuts, drawn[:, 0]), minlength=len(cuts) + 1)
    expected = np.bincount(np.searchsorted(cuts, column[:, 0]), minlength=len(cuts) + 1)
    assert_allclose(counts / len(EVEN), expected / len(column), atol=1e-3)


def test_a_bin_is_a_normal_truncated_to_it(column):
    # One bin: the normal of the column's mean and deviation, cut off at its ends.
    low, high, mean, scale = column.min(), column.max(), column.mean(), column.std()
    truncated = stats.truncnorm((low - mean) / scale, (high - mean) / scale, mean, scale)
    drawn = MarginalBackground().fit(column, cuts=[np.array([])]).sample(EVEN[::10])
    assert_allclose(drawn, truncated.ppf(EVEN[::10]), rtol=1e-6)


@pytest.mark.parametrize("side", ["left", "right"])
def test_value_at_a_cut_belongs_to_the_side_that_is_asked_for(side):
    column = np.repeat([0.0, 1.0, 2.0], 10)[:, None]
    background = MarginalBackground().fit(column, cuts=[np.array([1.0])], side=side)
    drawn = background.sample(np.array([[0.5], [0.9]]))[:, 0]
    # Left: two thirds lie below, among them all ones. Right: one third, which is all zeros.
    assert (drawn[0] <= 1.0) if side == "left" else (drawn[0] >= 1.0)
    assert drawn[1] == 2.0 if side == "left" else drawn[1] >= 1.0


def test_bins_of_one_value_draw_that_value():
    column = np.repeat([0.0, 5.0, 9.0], [50, 30, 20])[:, None]
    drawn = MarginalBackground().fit(column, cuts=[np.array([2.0, 7.0])]).sample(EVEN)[:, 0]
    assert_array_equal(drawn, np.repeat([0.0, 5.0, 9.0], [10_000, 6000, 4000]))


def test_values_stay_between_the_smallest_and_the_largest(column):
    drawn = MarginalBackground().fit(column).sample(np.array([[1e-12], [1.0 - 1e-12]]))
    assert column.min() <= drawn[0, 0] < drawn[1, 0] <= column.max()
    assert_allclose(drawn[:, 0], [column.min(), column.max()], rtol=1e-2)


@pytest.mark.parametrize("n_bins", [0, -1, 2.5, True, "four"])
def test_number_of_bins_that_is_no_count_is_an_error(n_bins, column):
    with pytest.raises(ValueError, match="no whole number from 1 on"):
        MarginalBackground(n_bins=n_bins).fit(column)


@pytest.mark.parametrize("n_bins", [np.uint8(255), np.int8(127), np.int64(4)])
def test_number_of_bins_may_be_an_integer_of_numpy(n_bins, global_random_seed):
    # 255 bins have 256 edges, which no byte can count.
    rng = np.random.default_rng(global_random_seed)
    X, points = rng.normal(size=(2000, 2)), rng.random((500, 2))
    drawn = MarginalBackground(n_bins).fit(X).sample(points)
    assert_array_equal(drawn, MarginalBackground(int(n_bins)).fit(X).sample(points))


def test_one_bin_is_one_normal_of_the_column(column):
    background = MarginalBackground(1).fit(column)
    points = np.array([[0.0], [0.5], [1.0]])
    low, middle, high = background.sample(points)[:, 0]
    assert low == column.min()
    assert high == column.max()
    mean, deviation = column.mean(), column.std()
    ends = stats.norm.cdf([column.min(), column.max()], mean, deviation)
    assert_allclose(middle, stats.norm.ppf(ends.mean(), mean, deviation), rtol=1e-6)
