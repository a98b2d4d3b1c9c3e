"""Control variates of tables: less noise, and no other weights on average."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression

from sklime import LimeTabularExplainer

N_SEEDS = 30


@pytest.fixture(scope="module")
def X(global_random_seed):
    """Two columns of numbers, and one of levels."""
    rng = np.random.default_rng(global_random_seed)
    jobs = rng.choice(["cook", "nurse", "pilot"], 200)
    return pd.DataFrame({"a": rng.normal(size=200), "b": rng.normal(size=200), "job": jobs})


def steps(X):
    """An additive function of bins and levels, which knows them apart beyond the own one."""
    jobs = X["job"].map({"cook": 0.0, "nurse": 1.0, "pilot": 5.0}).to_numpy(float)
    return np.floor(4.0 * (X["a"].to_numpy() > 0.3)) + jobs


def crossed(X):
    """Steps, and what no additive function can say."""
    return steps(X) + X["b"].to_numpy() * np.sign(X["a"].to_numpy())


def explained(function, X, **parameters):
    options = {"max_features": None, "surrogate": LinearRegression(), "random_state": 0}
    return LimeTabularExplainer(function, **(options | parameters)).fit(X).explain(X[:4])


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_additive_function_of_levels_leaves_nothing_to_chance(neighborhood, X):
    # What the other levels give is taken out of the responses to the last digit.
    def of_jobs(X):
        return steps(X.assign(a=0.0))

    options = {"neighborhood": neighborhood, "n_perturbations": 1024, "baseline": "other"}
    exact = explained(of_jobs, X[["job", "a"]], **options)
    noisy = explained(of_jobs, X[["job", "a"]], control_variates=False, **options)
    assert_allclose(exact.standard_errors, 0.0, atol=1e-6)
    assert noisy.standard_errors[:, 0].min() > 1e-3
    # A standard error of 0 means that another seed gives the same weight: that of all levels.
    effects, jobs = of_jobs(X), X["job"].to_numpy()
    wanted = [effects[jobs == job].mean() - effects[jobs != job].mean() for job in jobs[:4]]
    assert_allclose(exact.values[:, 0, 0], wanted, atol=1e-6)


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
@pytest.mark.slow
def test_weights_are_the_same_on_average_and_move_less(neighborhood, X):
    weights = {
        has_variates: np.array(
            [
                explained(
                    crossed,
                    X,
                    neighborhood=neighborhood,
                    n_perturbations=256,
                    control_variates=has_variates,
                    random_state=seed,
                ).values
                for seed in range(N_SEEDS)
            ]
        )
        for has_variates in (True, False)
    }
    variances = {key: values.var(axis=0, ddof=1) for key, values in weights.items()}
    difference = weights[True].mean(axis=0) - weights[False].mean(axis=0)
    errors = np.sqrt((variances[True] + variances[False]) / N_SEEDS)
    assert np.abs(difference / errors).max() < 4.5
    assert variances[True].mean() < 0.9 * variances[False].mean()


def test_table_with_too_many_levels_is_explained_without(X):
    # Hundreds of bins would cost more than they gain.
    wide = pd.concat([X[["a"]].add_suffix(str(place)) for place in range(120)], axis=1)
    batch = explained(
        lambda X: X["a0"].to_numpy(), wide, n_perturbations=512, max_features=3, surrogate=None
    )
    assert np.isfinite(batch.values).all()
