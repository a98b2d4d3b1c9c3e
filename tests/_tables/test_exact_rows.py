"""Exact rows of explainers: what the model is asked, and what does not change a row."""

import pickle
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import GridSearchCV

from sklime import LimeTabularExplainer
from sklime._readings._registry import REGISTERED
from sklime.metrics import jaccard_stability_score
from sklime.readings import Reading, as_floats, register

EXACT = {"method": "exact", "random_state": 0}


class Kinked:
    """Linear, but for a rare kink that its reader overlooks."""

    _estimator_type = "regressor"

    def predict(self, X):
        X = np.asarray(X, float)
        return X @ np.array([1.0, -2.0, 3.0]) + 100.0 * np.maximum(X[:, 0] - 6.0, 0.0)


class KinkedReader:
    def can_read(self, model):
        return isinstance(model, Kinked)

    def read(self, model, method, read):
        slopes = np.array([[1.0], [-2.0], [3.0]])
        return Reading(as_floats, 3, np.zeros(1), coefficients=slopes, copies=np.arange(3))


@pytest.fixture
def kinked():
    reader = register(KinkedReader())
    yield Kinked()
    REGISTERED.remove(reader)


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return X, RandomForestRegressor(n_estimators=8, random_state=0).fit(X, y)


@contextmanager
def counted_rows():
    """Count the rows that forests are asked about; a reader refuses a forest of this kind."""
    counts, predict = [], RandomForestRegressor.predict

    def counted(self, X):
        counts.append(len(X))
        return predict(self, X)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RandomForestRegressor, "predict", counted)
        yield counts


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
@pytest.mark.parametrize(("n_perturbations", "n_asked"), [(None, 33), (0, 1), (5, 6)])
def test_explaining_asks_a_few_rows_and_transforming_none(
    diabetes, neighborhood, n_perturbations, n_asked
):
    X, model = diabetes
    options = {"neighborhood": neighborhood, "n_perturbations": n_perturbations}
    explainer = LimeTabularExplainer(model, **options, **EXACT).fit(X)
    with counted_rows() as asked:
        explainer.transform(X[:20])
        assert sum(asked) == 0
        explainer.explain(X[:20])
        assert sum(asked) == 20 * n_asked


def assert_same(one, other):
    assert_array_equal(one.values, other.values)
    assert_array_equal(one.fidelity, other.fidelity)
    assert_array_equal(one.local_predictions, other.local_predictions)


@pytest.mark.parametrize("options", [{}, {"neighborhood": "shared"}, {"discretizer": None}])
def test_a_row_is_the_same_in_any_batch_order_and_number_of_threads(diabetes, options):
    X, model = diabetes
    explainer = LimeTabularExplainer(model, **options, **EXACT).fit(X)
    batch = explainer.explain(X[:24])
    assert_same(explainer.explain(X[:24][::-1])[::-1], batch)
    alone = [explainer.explain(X[[index]]) for index in range(24)]
    assert_array_equal(np.concatenate([one.values for one in alone]), batch.values)
    assert_array_equal(np.concatenate([one.fidelity for one in alone]), batch.fidelity)
    explainer.n_jobs = 2
    assert_same(explainer.explain(X[:24]), batch)
    assert_same(pickle.loads(pickle.dumps(explainer)).explain(X[:24]), batch)


def test_seeds_do_not_change_weights(diabetes):
    X, model = diabetes
    one, other = (
        LimeTabularExplainer(model, method="exact", random_state=seed).fit(X) for seed in (0, 1)
    )
    assert_array_equal(one.transform(X[:30]), other.transform(X[:30]))
    batches = [explainer.explain(X[:10]) for explainer in (one, other)]
    assert_array_equal(jaccard_stability_score(batches, n_top=5), 1.0)
    for batch in batches:
        assert (batch.standard_errors[batch.selected] == 0.0).all()


def test_transform_gives_the_weights_of_explain(diabetes):
    X, model = diabetes
    explainer = LimeTabularExplainer(model, **EXACT).fit(X)
    batch = explainer.explain(X[:9])
    assert_allclose(explainer.transform(X[:9]), batch.values[..., 0], rtol=1e-12, atol=1e-12)
    sums = batch.intercepts + batch.values.sum(axis=1)
    assert_allclose(sums, batch.local_predictions, rtol=1e-13)


def test_rows_where_a_reading_is_wrong_are_found_and_others_survive(kinked):
    X = np.random.default_rng(0).normal(size=(200, 3))
    rows = np.vstack([X[:2], [[9.0, 0.0, 0.0]], X[2:3]])
    exact = LimeTabularExplainer(kinked, **EXACT).fit(X)
    with pytest.warns(RuntimeWarning, match="at rows 2 or near them"):
        batch = exact.explain(rows)
    assert np.isnan(batch.values[2]).all()
    assert batch.failures[2] is not None
    assert [failure for failure in batch.failures[[0, 1, 3]] if failure is not None] == []
    assert_array_equal(batch.values[[0, 1, 3]], exact.explain(rows[[0, 1, 3]]).values)
    automatic = LimeTabularExplainer(kinked, random_state=0).fit(X)
    assert automatic.method_ == "exact"
    with pytest.warns(RuntimeWarning, match="at rows 2 or near them"):
        mixed = automatic.explain(rows)
    assert np.isfinite(mixed.values).all()
    assert_array_equal(mixed.values[[0, 1, 3]], batch.values[[0, 1, 3]])
    sampled = LimeTabularExplainer(kinked, method="sampling", random_state=0).fit(X)
    assert_allclose(mixed.values[2], sampled.explain(rows[[2]]).values[0], rtol=1e-9)


def test_a_search_over_settings_asks_nothing_for_the_weights(diabetes):
    X, model = diabetes
    explainer = LimeTabularExplainer(model, **EXACT)
    grid = {"keep": [0.5, 0.9], "discretizer": ["quartile", "decile"], "max_features": [3]}
    counts = []

    def score(fitted, X, y=None):
        with counted_rows() as asked:
            weights = fitted.transform(X[:20])
        counts.append(sum(asked))
        return np.abs(weights).sum()

    GridSearchCV(explainer, grid, scoring=score, cv=2, refit=False).fit(X[:100])
    assert len(counts) == 8
    assert sum(counts) == 0
