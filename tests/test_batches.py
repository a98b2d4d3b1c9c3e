"""A row has the same explanation alone and in a batch, up to rounding."""

import numpy as np
import pytest
from sklearn.linear_model import Lasso, LinearRegression

from sklime import LimeTabularExplainer

# Share of the largest number of its kind in the row. Sums are taken in blocks whose size depends
# on the batch, so that the last digits differ: by up to 2e-11 where 1 % of the values is replaced.
ROUNDING = 1e-9

NAMES = ["values", "standard_errors", "intercepts", "local_predictions", "fidelity", "response_r2"]
OPTIONS = {
    "default": {},
    "nearly all is kept": {"keep": 0.99},
    "next to nothing is kept": {"keep": 0.01},
    "shared": {"neighborhood": "shared"},
    "around": {"neighborhood": "around"},
    "scores": {"discretizer": None},
    "deciles": {"discretizer": "decile"},
    "whole rows": {"background": "empirical"},
    "least squares": {"surrogate": LinearRegression()},
    "least squares on whole rows": {"surrogate": LinearRegression(), "background": "empirical"},
    "lasso": {"surrogate": Lasso(1e-3)},
    "few features": {"max_features": 3},
    "forward": {"max_features": 3, "selection": "forward"},
    "no control variates": {"control_variates": False},
    "narrow": {"kernel": "exponential", "kernel_width": 0.5},
    "auto": {"n_perturbations": "auto", "tol": 20.0, "max_perturbations": 1024},
}


@pytest.fixture(scope="module")
def table():
    """Numbers, whole numbers, rare flags, and two columns twice."""
    rng = np.random.default_rng(0)
    flags = rng.random((300, 8)) < 0.05
    X = np.column_stack([rng.normal(size=(300, 4)), rng.integers(0, 3, (300, 3)), flags])
    return np.column_stack([X, X[:, 0], X[:, 5]])


def curved(X):
    return np.tanh(X @ np.cos(np.arange(X.shape[1]))) + X[:, 0] * X[:, 5]


@pytest.mark.filterwarnings("ignore:Too few")
@pytest.mark.filterwarnings("ignore:Rows")
@pytest.mark.filterwarnings("ignore:tol")
@pytest.mark.parametrize("name", OPTIONS)
def test_alone_and_in_a_batch(name, table):
    options = {"n_perturbations": 512, "random_state": 0, **OPTIONS[name]}
    explainer = LimeTabularExplainer(curved, **options).fit(table)
    batch = explainer.explain(table[:12])
    for places in ([0], [7], [11, 3, 5]):
        part = explainer.explain(table[places])
        for result in NAMES:
            found, expected = getattr(part, result), getattr(batch, result)[places]
            largest = np.nanmax(np.abs(expected), initial=0.0)
            difference = np.nanmax(np.abs(found - expected), initial=0.0)
            assert difference <= ROUNDING * largest, result
            assert (np.isnan(found) == np.isnan(expected)).all(), result
        assert (part.selected == batch.selected[places]).all()


@pytest.mark.parametrize("size", [1e-11, 1e-3, 1e25])
def test_tiny_and_huge_weights_in_a_batch_with_rows_of_more_features(size):
    # Equations of their own, which fill up smaller fits, were taken for the largest of all.
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(200, 3)), np.arange(200) == 7])
    explainer = LimeTabularExplainer(
        lambda X: X[:, 0] + 2.0 * X[:, 1] + X[:, 3],
        kernel=lambda distances, width: np.full(distances.shape, size),
        surrogate=LinearRegression(),
        n_perturbations=256,
        random_state=0,
    ).fit(X)
    alone, together = explainer.transform(X[[3]]), explainer.transform(X[[3, 7]])
    assert (np.abs(alone[0, :2]) > 0.1).all()
    np.testing.assert_allclose(together[0], alone[0], rtol=1e-9, atol=1e-12)
