"""Known moments of bin indicators, against enumeration and against whole matrices."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklime._gram import Moments, ridge_coefficients
from sklime._tables._known_moments import BinDistribution, DiagonalMoments, supports
from sklime.selection import SELECTORS


@pytest.fixture
def moments(rng):
    distribution = BinDistribution.of(rng.uniform(0.1, 0.9, (1, 6)), 0.5, 1.0)
    return DiagonalMoments.of(
        distribution,
        rng.normal(size=(3, 2, 6)),
        rng.uniform(5.0, 6.0, (3, 2)),
        rng.normal(size=(3, 2)),
        np.array([True, False, True]),
    )


@pytest.fixture
def whole(moments):
    return moments.gram_of(np.arange(6))


@pytest.fixture
def rng(global_random_seed):
    return np.random.default_rng(global_random_seed)


@pytest.mark.parametrize("keep", [0.0, 0.75])
@pytest.mark.parametrize("tilt", [1.0, 0.3])
def test_the_distribution_is_that_of_all_combinations_of_columns(rng, keep, tilt):
    b = rng.uniform(size=(1, 4))
    total, shares = 0.0, np.zeros(4)
    for combination in product([False, True], repeat=4):
        z = np.array(combination)
        sharing = keep + (1 - keep) * b[0]
        weighted = np.where(z, sharing, (1 - sharing) * tilt).prod()
        total, shares = total + weighted, shares + weighted * z
    distribution = BinDistribution.of(b, keep, tilt)
    assert_allclose(distribution.shares[0], shares / total)
    assert_allclose(np.exp(distribution.log_weights), total)
    assert_allclose(distribution.variances[0], shares / total * (1 - shares / total))


def test_a_column_that_never_changes_has_no_variance():
    distribution = BinDistribution.of(np.array([[1.0, 0.5]]), 0.75, 1.0)
    assert distribution.variances[0, 0] == 0.0


def test_the_mean_weight_of_ten_thousand_columns_does_not_vanish():
    distribution = BinDistribution.of(np.full((1, 10_000), 0.1), 0.0, 0.1)
    assert np.isfinite(distribution.log_weights).all()


@pytest.mark.parametrize(("alpha", "full_scatter"), [(1.0, 0.0), (0.01, 0.0), (1.0, 900.0)])
def test_ridge_solves_the_system_of_diagonal_and_row(moments, whole, rng, alpha, full_scatter):
    support = rng.uniform(size=moments.Zf.shape) < 0.6
    expected = ridge_coefficients(whole, support, alpha, full_scatter)
    assert_allclose(moments.ridge(support, alpha, full_scatter), expected, atol=1e-14)
    expected = ridge_coefficients(whole, None, alpha, full_scatter)
    assert_allclose(moments.ridge(None, alpha, full_scatter), expected, atol=1e-14)


def test_features_left_out_have_no_weight(moments):
    left_out = np.array([True, False, False, False, False, True])
    coefficients = moments.without(left_out).ridge(None, 1.0)
    assert (coefficients[..., left_out] == 0.0).all()
    assert (coefficients[..., ~left_out] != 0.0).all()


@pytest.mark.parametrize("name", sorted(SELECTORS))
@pytest.mark.parametrize("max_features", [1, 3, 10])
def test_selectors_choose_as_on_the_whole_matrix(moments, whole, rng, name, max_features):
    distances = rng.uniform(0.1, 1.0, 6)
    chosen = supports(moments, distances, SELECTORS[name], max_features)
    expected = SELECTORS[name](Moments(*whole), distances, max_features)
    assert (chosen == expected).all()


def test_some_fits_are_those_of_the_whole_stack(moments):
    part = moments.take(slice(1, None))
    assert_allclose(part.ridge(None, 1.0), moments.ridge(None, 1.0)[1:])
