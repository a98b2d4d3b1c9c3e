"""Fits from exact moments, against regressions on all combinations of values."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, Ridge

from sklime._surrogates._local_fit import FULL_SCATTER
from sklime._surrogates._solvers import RidgeSolver, gram_solver
from sklime._tables._exact_fits import ExactMoments, exact_fits
from sklime.selection import all_features, forward, highest_weights, lasso_path

N_FEATURES = 5
TOTAL = 5000.0


class Population:
    """All combinations of independent 0/1 conditions, a response, and one explained row."""

    def __init__(self, seed=0, n_outputs=2, kernel_mean=1.0):
        rng = np.random.default_rng(seed)
        self.shares = rng.uniform(0.2, 0.95, N_FEATURES)
        self.Z = np.array(list(itertools.product([0.0, 1.0], repeat=N_FEATURES)))
        self.p = np.where(self.Z == 1, self.shares, 1 - self.shares).prod(axis=1)
        interactions = rng.normal(size=(N_FEATURES, N_FEATURES, n_outputs))
        self.F = self.Z @ rng.normal(size=(N_FEATURES, n_outputs))
        self.F += np.einsum("ni,ijo,nj->no", self.Z, interactions, self.Z) + 3.0
        self.response = self.F[-1] + rng.normal(size=n_outputs)
        self.baselines = rng.uniform(0.0, 0.9, N_FEATURES)
        self.kernel_mean = kernel_mean

    @property
    def moments(self):
        means = self.p @ self.F
        covariances = ((self.Z - self.shares) * self.p[:, None]).T @ (self.F - means)
        return ExactMoments(
            means=means[None],
            covariances=covariances[None],
            encoding_means=self.shares[None],
            variances=(self.shares * (1 - self.shares))[None],
            kernel_means=np.array([self.kernel_mean]),
            encodings=np.ones((1, N_FEATURES)),
            baselines=self.baselines[None],
            responses=self.response[None],
            is_usable=np.ones((1, N_FEATURES), dtype=bool),
        )

    def rows(self, with_row=True):
        """Conditions, responses and weights, with the explained row as the last one."""
        weights = self.p * TOTAL * self.kernel_mean
        if not with_row:
            return self.Z, self.F, weights
        return (
            np.vstack([self.Z, np.ones(N_FEATURES)]),
            np.vstack([self.F, self.response]),
            np.append(weights, 1.0),
        )


def fits(population, surrogate=None, select=all_features, max_features=N_FEATURES, **options):
    solve = RidgeSolver(1.0, FULL_SCATTER) if surrogate is None else gram_solver(surrogate)
    is_ranked = select in (all_features, highest_weights)
    options = {"are_contributions": False, "is_ranked": is_ranked} | options
    return exact_fits(
        population.moments, solve=solve, select=select, max_features=max_features, **options
    )


@pytest.mark.parametrize("kernel_mean", [1.0, 0.03])
@pytest.mark.parametrize("surrogate", [Ridge(alpha=7.0), LinearRegression()])
@pytest.mark.parametrize("is_ranked", [True, False])
def test_the_closed_form_is_the_regression_on_all_rows(surrogate, kernel_mean, is_ranked):
    population = Population(kernel_mean=kernel_mean)
    fit = fits(population, surrogate, is_ranked=is_ranked)
    for with_row, at_row in ((True, fit.local_predictions), (False, fit.held_out_predictions)):
        Z, F, w = population.rows(with_row)
        for output in range(F.shape[1]):
            reference = surrogate.fit(Z, F[:, output], sample_weight=w)
            own = reference.predict(np.ones((1, N_FEATURES)))
            assert_allclose(at_row[0, output], own[0], atol=1e-10)
            if with_row:
                assert_allclose(fit.values[0, :, output], reference.coef_, atol=1e-10)
                assert_allclose(fit.intercepts[0, output], reference.intercept_, atol=1e-10)


@pytest.mark.parametrize("surrogate", [Lasso(alpha=0.02), ElasticNet(alpha=0.02)])
def test_sparse_surrogates_are_solved_exactly(surrogate):
    population = Population(3)
    fit = fits(population, surrogate, is_ranked=False)
    Z, F, w = population.rows()
    for output in range(F.shape[1]):
        reference = surrogate.set_params(tol=1e-12, max_iter=10**6)
        reference.fit(Z, F[:, output], sample_weight=w)
        assert_allclose(fit.values[0, :, output], reference.coef_, atol=1e-7)


def test_the_penalty_of_rare_conditions_is_lower():
    population = Population(1, kernel_mean=0.02)
    fit = fits(population)
    Z, F, w = population.rows()
    centered = Z - w @ Z / w.sum()
    scatter = (centered.T * w) @ centered
    penalty = np.diag(np.minimum(np.diag(scatter) / FULL_SCATTER, 1.0))
    expected = np.linalg.solve(scatter + penalty, (centered.T * w) @ F)
    assert_allclose(fit.values[0], expected, atol=1e-10)


@pytest.mark.parametrize("select", [highest_weights, forward, lasso_path])
def test_selectors_choose_as_on_all_rows(select):
    from sklime._gram import Moments

    population = Population(5)
    Z, F, w = population.rows()
    centered, response = Z - w @ Z / w.sum(), F - w @ F / w.sum()
    weighted = centered.T * w
    for output in range(F.shape[1]):
        moments = Moments(
            weighted @ centered, weighted @ response[:, output], w @ response[:, output] ** 2
        )
        expected = select(moments, np.ones(N_FEATURES), 2)
        found = fits(population, select=select, max_features=2)
        np.testing.assert_array_equal(found.values[0, :, output] != 0.0, expected)


def test_both_ways_to_select_and_solve_agree():
    population = Population(8)
    for are_contributions in (True, False):
        one, other = (
            fits(
                population,
                select=highest_weights,
                max_features=3,
                is_ranked=is_ranked,
                are_contributions=are_contributions,
            )
            for is_ranked in (True, False)
        )
        for name, array in one.arrays().items():
            assert_allclose(getattr(other, name), array, atol=1e-10, err_msg=name)


def test_a_feature_that_may_not_be_used_gets_no_weight():
    population = Population(6)
    moments = population.moments
    moments.is_usable[0, 2] = False
    for is_ranked in (True, False):
        fit = exact_fits(
            moments,
            solve=RidgeSolver(0.0),
            select=all_features,
            max_features=N_FEATURES,
            is_ranked=is_ranked,
            are_contributions=False,
        )
        assert (fit.values[0, 2] == 0.0).all()
        assert np.isnan(fit.standard_errors[0, 2]).all()
        assert (fit.standard_errors[0, [0, 1, 3, 4]] == 0.0).all()
