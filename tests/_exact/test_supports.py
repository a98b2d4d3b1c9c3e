"""Columns as values or intervals with masses."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklime import LimeTabularExplainer
from sklime._exact._supports import has_cells, supports_of
from sklime.backgrounds import BaseBackground, MarginalBackground


def column_means(X):
    return np.nan_to_num(np.asarray(X, dtype=float)).mean(axis=1)


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.lognormal(size=300), rng.integers(0, 4, 300), rng.normal(size=300)])
    X[::9, 2] = np.nan
    return X


def fitted(table, **params):
    return LimeTabularExplainer(column_means, random_state=0, **params).fit(table)


@pytest.mark.parametrize("background", ["marginal", "normal"])
@pytest.mark.parametrize("discretizer", ["quartile", "decile", None])
@pytest.mark.parametrize("is_read", [False, True])
def test_masses_are_those_of_draws(table, background, discretizer, is_read):
    explainer = fitted(table, background=background, discretizer=discretizer)
    encoder, drawn = explainer._encoder, explainer.background_
    boundaries = [np.array([0.3, 0.8, 2.0]), None, np.array([-1.0, 0.1])]
    found = supports_of(drawn, encoder, boundaries if is_read else [None] * 3)
    n = 2**18
    X = drawn.sample(np.repeat(((np.arange(n) + 0.5) / n)[:, None], 3, axis=1))
    represented = encoder.represent(X)
    for index, support in enumerate(found):
        assert_allclose(support.weights.sum(), 1.0, atol=1e-13)
        if not encoder.is_binned[index]:
            assert_allclose(support.scores.sum(), represented[:, index].mean(), atol=1e-3)
            continue
        counts = np.bincount(represented[:, index].astype(int), minlength=support.n_bins + 1)
        assert_allclose(support.bin_masses(), counts / n, atol=1e-4)


def test_intervals_end_at_the_boundaries(table):
    explainer = fitted(table)
    boundaries = np.array([0.3, 0.8, 2.0])
    support = supports_of(explainer.background_, explainer._encoder, [boundaries, None, None])[0]
    assert set(boundaries) < set(support.values)
    assert set(explainer._encoder.cuts[0]) < set(support.values)


class Halves(MarginalBackground):
    """Draws half of what its base class draws."""

    def sample(self, points):
        return super().sample(points) / 2.0


class Constant(BaseBackground):
    is_columnwise_ = True

    def fit(self, X, is_discrete=None):
        self.n_dimensions_ = X.shape[1]
        return self

    def sample(self, points):
        return np.full(points.shape, 2.0)


@pytest.mark.parametrize("background", [Halves(), Constant()])
def test_a_background_with_draws_of_its_own_is_represented_by_them(table, background):
    explainer = fitted(table, background=background)
    assert not has_cells(explainer.background_)
    support = supports_of(explainer.background_, explainer._encoder, [None] * 3)[0]
    n = len(support.values)
    points = np.repeat(((np.arange(n) + 0.5) / n)[:, None], 3, axis=1)
    np.testing.assert_array_equal(support.values, explainer.background_.sample(points)[:, 0])
    assert_allclose(support.weights, 1.0 / n)
