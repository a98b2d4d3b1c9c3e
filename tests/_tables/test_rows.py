"""Rows are explained in chunks: as many questions as are promised, in batches as large as asked."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression
from tables import FEW

from sklime import LimeTabularExplainer


@pytest.fixture(scope="module")
def X(global_random_seed):
    """A hundred rows of four numbers."""
    return np.random.default_rng(global_random_seed).normal(size=(100, 4))


def curved(X):
    return np.sin(2.0 * X[:, 0]) + X[:, 1] * X[:, 2]


@pytest.mark.parametrize("n_rows", [1, 7])
def test_model_is_asked_about_each_row_and_its_perturbed_rows(n_rows, neighborhood, X, recording):
    function = recording(curved)
    explainer = LimeTabularExplainer(function, neighborhood=neighborhood, **FEW).fit(X)
    function.calls.clear()
    explainer.explain(X[:n_rows])
    # Perturbed rows that all share were asked about in fit.
    assert function.n_rows == n_rows if neighborhood == "shared" else n_rows * (64 + 1)


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("batch_size", [1, 10, 1000])
def test_batches_are_no_larger_than_asked_for(batch_size, n_jobs, neighborhood, X, recording):
    function = recording(curved)
    explainer = LimeTabularExplainer(
        function, neighborhood=neighborhood, batch_size=batch_size, n_jobs=n_jobs, **FEW
    )
    batch = explainer.fit(X).explain(X[:5])
    assert max(map(len, function.calls)) <= batch_size
    assert_allclose(batch.predictions[:, 0], curved(X[:5]))


def test_many_rows_are_explained_as_each_alone(neighborhood, X):
    explainer = LimeTabularExplainer(curved, neighborhood=neighborhood, **FEW).fit(X)
    together = explainer.explain(X)
    for place in (0, 50, 99):
        alone = explainer.explain(X[[place]])
        for name in ("values", "standard_errors", "left_out_values", "fidelity", "intercepts"):
            found, expected = getattr(alone, name)[0], getattr(together, name)[place]
            assert_allclose(found, expected, atol=1e-9, err_msg=name)


def test_weights_are_those_of_least_squares_on_what_the_model_was_asked(X, recording):
    # The whole way, from perturbed rows to weights, redone with plain sums over rows.
    function = recording(curved)
    explainer = LimeTabularExplainer(
        function, baseline="other", discretizer=None, control_variates=False, keep=0.5, **FEW
    ).fit(X)
    function.calls.clear()
    batch = explainer.explain(X[:1])
    asked = np.vstack([call for call in function.calls if len(call) > 1])[-64:]
    Z = (asked - X.mean(axis=0)) / X.std(axis=0)
    own = (X[:1] - X.mean(axis=0)) / X.std(axis=0)
    w = np.append(np.full(64, 5000.0 / 64.0), 1.0)
    A = np.column_stack([np.vstack([Z, own]), np.ones(65)])
    penalty = np.diag([1.0] * 4 + [0.0])
    f = curved(np.vstack([asked, X[:1]]))
    expected = np.linalg.solve(A.T @ (w[:, None] * A) + penalty, A.T @ (w * f))
    assert_allclose(batch.values[0, :, 0], expected[:4], rtol=1e-6)
    assert_allclose(batch.intercepts[0, 0], expected[4], rtol=1e-6)


def test_rows_that_are_the_same_have_the_same_explanation(neighborhood, X):
    explainer = LimeTabularExplainer(curved, neighborhood=neighborhood, **FEW).fit(X)
    batch = explainer.explain(X[[3, 3, 3]])
    assert_allclose(batch.values, np.tile(batch.values[:1], (3, 1, 1)), atol=1e-12)
    assert_array_equal(batch.predictions, np.tile(batch.predictions[:1], (3, 1)))


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64])
def test_small_integers_of_numpy_do_not_overflow(kind, neighborhood, X):
    numbers = {"batch_size": 100, "n_replicates": 16, "max_features": 3}
    batches = [
        LimeTabularExplainer(
            curved,
            neighborhood=neighborhood,
            n_perturbations=512,
            random_state=0,
            **{name: as_kind(number) for name, number in numbers.items()},
        )
        .fit(X)
        .explain(X[:5])
        for as_kind in (int, kind)
    ]
    assert_array_equal(batches[1].values, batches[0].values)
    assert_array_equal(batches[1].standard_errors, batches[0].standard_errors)
    assert_array_equal(batches[1].fidelity, batches[0].fidelity)


def test_small_integers_of_numpy_do_not_overflow_in_samples_that_are_doubled(X):
    # 16 times 16 perturbed rows are 0 in int8, and twice 0 is never too much.
    numbers = {"batch_size": 100, "n_replicates": 16}
    batches = [
        LimeTabularExplainer(
            curved,
            n_perturbations="auto",
            max_perturbations=as_limit(1024),
            tol=0.5,
            random_state=0,
            **{name: as_kind(number) for name, number in numbers.items()},
        )
        .fit(X)
        .explain(X[:5])
        for as_kind, as_limit in ((int, int), (np.int8, np.int16))
    ]
    assert_array_equal(batches[1].values, batches[0].values)
    assert_array_equal(batches[1].n_perturbations, batches[0].n_perturbations)


NEARLY_CONSTANT = {
    "rounded sums": lambda X: (0.1 + X[:, 0]) - X[:, 0],
    "one unit in the last place": lambda X: 0.3 + 6e-17 * (X[:, 1] > 0.0),
    "far from zero": lambda X: 1e6 + 1e-10 * (X[:, 0] > 0.0),
}


@pytest.mark.parametrize("name", NEARLY_CONSTANT)
def test_rounding_errors_of_a_constant_model_are_no_weights(name, neighborhood):
    X = np.random.default_rng(0).normal(size=(80, 3))
    explainer = LimeTabularExplainer(
        NEARLY_CONSTANT[name], neighborhood=neighborhood, n_perturbations=128, random_state=0
    ).fit(X)
    batch = explainer.explain(X[:4])
    assert_array_equal(batch.values, 0.0)
    assert_array_equal(explainer.transform(X[:4]), 0.0)
    assert np.isnan(batch.fidelity).all()
    assert "##" not in str(batch[0])


def test_rounding_errors_of_a_read_model_are_no_weights():
    X = np.random.default_rng(0).normal(size=(80, 3))
    model = LinearRegression().fit(X, X[:, 0])
    model.coef_, model.intercept_ = np.array([1e-20, -3e-18, 0.0]), 0.3
    explainer = LimeTabularExplainer(model, method="exact", random_state=0).fit(X)
    assert_array_equal(explainer.explain(X[:4]).values, 0.0)
    assert_array_equal(explainer.transform(X[:4]), 0.0)


def test_tiny_weights_of_a_tiny_response_stay():
    X = np.random.default_rng(0).normal(size=(80, 3))
    explainer = LimeTabularExplainer(lambda X: 1e-20 * X[:, 0], random_state=0).fit(X)
    assert (explainer.explain(X[:4]).values[:, 0] != 0.0).all()
