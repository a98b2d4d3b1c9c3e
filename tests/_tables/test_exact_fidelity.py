"""The fidelity of exact explanations, against the mask function by brute force."""

import numpy as np
import pandas as pd
import pytest
from exact_tables import Enumerated, discrete_matrix
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeRegressor

from sklime import LimeTabularExplainer
from sklime._explanations._pairs import NO_FEATURE

EXACT = {"method": "exact", "random_state": 0}


def target(X):
    filled = np.nan_to_num(X, nan=2.5)
    return filled[:, 0] * filled[:, 1] - 2.0 * (filled[:, 2] > 1) + np.abs(filled[:, 3] - 2.0)


@pytest.fixture(scope="module")
def forest():
    X = discrete_matrix(12)
    return X, RandomForestRegressor(n_estimators=5, random_state=0).fit(X, target(X))


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
@pytest.mark.parametrize("max_features", [None, 2])
@pytest.mark.parametrize("name", ["forest", "stumps", "missing"])
def test_fidelity_is_that_of_the_mask_function(name, neighborhood, max_features):
    X = discrete_matrix(11, misses=name == "missing")
    model = {
        "forest": RandomForestRegressor(n_estimators=5, random_state=0),
        "stumps": GradientBoostingRegressor(max_depth=2, n_estimators=20),
        "missing": HistGradientBoostingRegressor(min_samples_leaf=3, max_iter=10),
    }[name].fit(X, target(X))
    options = EXACT | {"baseline": "other", "neighborhood": neighborhood}
    explainer = LimeTabularExplainer(model, max_features=max_features, **options).fit(X)
    keep, width = (0.75, None) if neighborhood == "anchored" else (0.0, 1.5)
    enumerated = Enumerated(X, keep=keep, width=width)
    batch = explainer.explain(X[:6])
    for number in range(len(batch)):
        fit = batch.intercepts[number], batch.values[number]
        truth = enumerated.fidelity(model.predict, pd.Series(X[number]), *fit)
        assert_allclose(batch.fidelity[number], truth, atol=0.01)
        # Trees of two levels have pairs only, which are known exactly.
        if name == "stumps":
            assert_allclose(batch.fidelity[number], truth, atol=1e-9)


def test_pairs_complete_a_model_of_pairs():
    X = discrete_matrix(13)
    model = DecisionTreeRegressor(max_depth=2, random_state=0).fit(X, target(X))
    pairs = LimeTabularExplainer(model, **EXACT).fit(X).explain(X[:5]).internals.pairs
    assert (pairs.fidelity_with_pairs >= pairs.fidelity - 1e-12).all()
    assert_allclose(pairs.fidelity_with_pairs, 1.0, atol=0.005)
    assert (pairs.features[:, 0] != NO_FEATURE).all()


def models():
    cancer, wine = load_breast_cancer(return_X_y=True), load_wine(return_X_y=True)
    diabetes = load_diabetes(return_X_y=True)
    low = {"n_estimators": 20, "min_samples_leaf": 5, "random_state": 0}
    return {
        "cancer, forest": (cancer, RandomForestClassifier(**low)),
        "cancer, extra trees": (cancer, ExtraTreesClassifier(**low)),
        "wine, forest": (wine, RandomForestRegressor(**low)),
        "diabetes, forest": (diabetes, RandomForestRegressor(**low)),
        "diabetes, boosting": (diabetes, GradientBoostingRegressor(random_state=0)),
        "diabetes, histograms": (diabetes, HistGradientBoostingRegressor(max_iter=30)),
    }


def redrawn(explainer, X, row, holds, n_redraws, rng):
    """Perturbed rows that meet given masks, shape (n_masks, n_redraws, n_columns)."""
    keep = explainer.keep
    pool = explainer.background_.sample(rng.random((20_000, X.shape[1])))
    rows = np.empty((len(holds), n_redraws, X.shape[1]))
    for column, value in enumerate(row):
        cuts = np.unique(np.quantile(X[:, column], [0.25, 0.5, 0.75]))
        cuts = cuts[cuts < X[:, column].max()]
        is_inside = np.searchsorted(cuts, pool[:, column]) == np.searchsorted(cuts, value)
        share = keep + (1.0 - keep) * is_inside.mean()
        for held, values in ((True, pool[is_inside, column]), (False, pool[~is_inside, column])):
            here = holds[:, column] == held
            if here.any():
                drawn = rng.choice(values, (int(here.sum()), n_redraws))
                kept = rng.random(drawn.shape) < keep / share
                rows[here, :, column] = np.where(kept & held, value, drawn)
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("name", models())
def test_fidelity_of_real_models_by_brute_force(name):
    (X, y), model = models()[name]
    model.fit(X, y)
    # What redraws leave of the variance within a mask is subtracted: many masks, fewer redraws.
    n_masks, n_redraws = 2**13, 50
    options = EXACT | {"baseline": "other", "max_features": None}
    explainer = LimeTabularExplainer(model, **options).fit(X)
    rows = X[[0, 60]]
    batch = explainer.explain(rows)
    rng = np.random.default_rng(0)
    for number, row in enumerate(rows):
        cuts = [np.quantile(column, [0.25, 0.5, 0.75]) for column in X.T]
        bins = [np.searchsorted(np.unique(c), v) for c, v in zip(cuts, row)]
        pool = explainer.background_.sample(rng.random((20_000, X.shape[1])))
        shares = [
            np.mean(np.searchsorted(np.unique(c), pool[:, j]) == b)
            for j, (c, b) in enumerate(zip(cuts, bins))
        ]
        holds = rng.random((n_masks, X.shape[1])) < 0.75 + 0.25 * np.array(shares)
        flat = redrawn(explainer, X, row, holds, n_redraws, rng).reshape(-1, X.shape[1])
        ask = getattr(model, "predict_proba", model.predict)
        answers = np.asarray(ask(flat)).reshape(n_masks, n_redraws, -1)[..., -1]
        v, noise = answers.mean(axis=1), answers.var(axis=1, ddof=1).mean() / n_redraws
        fitted = batch.intercepts[number, 0] + holds @ batch.values[number, :, 0]
        truth = 1.0 - (np.mean((v - fitted) ** 2) - noise) / (v.var() - noise)
        print(f"{name:22} {number} {batch.fidelity[number, 0]:.4f} {truth:.4f}")
        assert_allclose(batch.fidelity[number, 0], truth, atol=0.01)


@pytest.mark.parametrize("factor", [2.0**640, 2.0**-640])
def test_fidelity_of_huge_and_tiny_responses(factor):
    X = discrete_matrix(14)
    model = RandomForestRegressor(n_estimators=5, random_state=0).fit(X, target(X))
    plain = LimeTabularExplainer(model, **EXACT).fit(X).explain(X[:5])
    for tree in model.estimators_:
        tree.tree_.value[...] *= factor
    scaled = LimeTabularExplainer(model, **EXACT).fit(X).explain(X[:5])
    assert_allclose(scaled.values, plain.values * factor, rtol=1e-9)
    assert_allclose(scaled.fidelity, plain.fidelity, rtol=1e-9)
    assert_allclose(scaled.internals.pairs.values, plain.internals.pairs.values * factor, rtol=1e-6)
    assert_allclose(
        scaled.internals.pairs.fidelity_with_pairs, plain.internals.pairs.fidelity_with_pairs
    )


def test_fidelity_of_a_constant_is_undefined_and_says_why(forest):
    X, _ = forest
    model = DecisionTreeRegressor().fit(X, np.full(len(X), 3.0))
    batch = LimeTabularExplainer(model, **EXACT).fit(X).explain(X[:2])
    assert np.isnan(batch.fidelity).all()
    assert "the model is constant here" in batch.fidelity_failures[0, 0]


def test_fidelity_of_a_sum_is_one():
    X, y = load_diabetes(return_X_y=True)
    explainer = LimeTabularExplainer(LinearRegression().fit(X, y), max_features=None, **EXACT)
    assert_allclose(explainer.fit(X).explain(X[:5]).fidelity, 1.0, atol=1e-4)


def test_fidelity_does_not_depend_on_the_batch(forest):
    X, model = forest
    explainer = LimeTabularExplainer(model, **EXACT).fit(X)
    together = explainer.explain(X[:30])
    alone = [explainer.explain(X[[index]]) for index in range(30)]
    assert_array_equal(together.fidelity, np.concatenate([one.fidelity for one in alone]))
    for name in ("features", "values", "fidelity", "fidelity_with_pairs"):
        parts = [getattr(one.internals.pairs, name) for one in alone]
        assert_array_equal(getattr(together.internals.pairs, name), np.concatenate(parts))
