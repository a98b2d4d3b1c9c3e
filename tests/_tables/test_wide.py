"""Wide tables, from the outside: which take known moments, and what may not change them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Lasso, LinearRegression, Ridge

from sklime import LimeTabularExplainer
from sklime._tables._wide import has_known_moments

N_FEATURES = 300


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).normal(size=(100, N_FEATURES))


def model(X):
    return X[:, 0] - 2.0 * X[:, 1]


def plan_of(X, **options):
    explainer = LimeTabularExplainer(model, random_state=0, **options).fit(X)
    return explainer._plan(explainer._response, explainer._sample)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"neighborhood": "shared"},
        {"kernel": "exponential"},
        {"surrogate": Ridge(alpha=0.5)},
        {"surrogate": LinearRegression()},
        {"selection": "lasso_path"},
        {"baseline": "other"},
    ],
)
def test_built_in_choices_have_known_moments(X, options):
    assert has_known_moments(plan_of(X, **options))


@pytest.mark.parametrize(
    "options",
    [
        {"background": "empirical"},
        {"discretizer": None},
        {"surrogate": Lasso()},
        {"kernel": lambda distances, width: np.ones(len(distances))},
        {"kernel": "exponential", "metric": "cityblock"},
        {"neighborhood": "around"},
    ],
)
def test_other_choices_are_fitted_to_gram_matrices(X, options):
    assert not has_known_moments(plan_of(X, n_perturbations=64, **options))


def test_narrow_tables_are_fitted_to_gram_matrices(X):
    assert not has_known_moments(plan_of(X[:, :255]))


def test_a_row_has_the_same_weights_alone_and_in_any_batch(X):
    explainer = LimeTabularExplainer(model, random_state=0).fit(X)
    together = explainer.transform(X[:5])
    alone = np.concatenate([explainer.transform(X[[index]]) for index in range(5)])
    assert_allclose(alone, together, rtol=1e-9, atol=1e-12)


def test_automatic_samples_grow_until_precise(X):
    explainer = LimeTabularExplainer(
        model, n_perturbations="auto", tol=0.3, max_features=2, random_state=0
    )
    batch = explainer.fit(X).explain(X[:2])
    assert batch.converged.all()
    assert (batch.values[:, [0, 1]] != 0.0).all()
