"""Fits from known moments: against closed forms, and against fits to Gram matrices."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import t

from sklime import LimeTabularExplainer
from sklime._surrogates._fit import LIME_N_PERTURBATIONS

N_FEATURES = 40
QUARTILES = {"anchored": 0.75 + 0.25 * 0.25, "shared": None}


@pytest.fixture
def X():
    # Whole numbers from 0 to 3, each as frequent: bins are values, and b is 1/4 exactly.
    rng = np.random.default_rng(0)
    columns = [rng.permutation(np.repeat(np.arange(4.0), 50)) for _ in range(N_FEATURES)]
    return np.column_stack(columns)


def step(X):
    return 3.0 * (X[:, 0] == 1) - 2.0 * (X[:, 1] > 1) + 0.5 * X[:, 2]


def steps_and_pair(X):
    return step(X) + 2.0 * (X[:, 0] > 1) * (X[:, 1] > 1)


def batches(monkeypatch, n_wide, model, X, seeds, **options):
    """Explain three rows with each seed; the noise of all columns is seen without screening."""
    monkeypatch.setattr("sklime._tables._sample.N_WIDE", n_wide)
    monkeypatch.setattr("sklime._tables._explainer.relevant_columns", lambda *arguments: None)
    options = {"max_features": None, **options}
    return [
        LimeTabularExplainer(model, random_state=seed, **options).fit(X).explain(X[:3])
        for seed in seeds
    ]


def weights_of_step(rows):
    """E[f | Z_j = 1] - E[f | Z_j = 0] of the additive model, as contributions."""
    effects = [lambda v: 3.0 * (v == 1), lambda v: -2.0 * (v > 1), lambda v: 0.5 * v]
    weights = np.zeros((len(rows), N_FEATURES))
    levels = np.arange(4.0)
    for column, effect in enumerate(effects):
        others = (effect(levels).sum() - effect(rows[:, column])) / 3
        weights[:, column] = effect(rows[:, column]) - others
    return 0.75 * weights


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_an_additive_model_has_its_closed_form(monkeypatch, X, neighborhood):
    options = {"neighborhood": neighborhood, "discretizer": "decile", "surrogate": None}
    (batch,) = batches(monkeypatch, 1, step, X, [0], **options)
    truth = weights_of_step(X[:3])
    # The penalty shrinks weights by about 1 part in 700 to 1,000.
    assert LIME_N_PERTURBATIONS == 5000
    assert_allclose(batch.values[..., 0], truth, atol=0.01)
    assert (batch.fidelity > 0.99).all()


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_errors_are_honest_and_agree_with_gram_matrices(monkeypatch, X, neighborhood):
    options = {"neighborhood": neighborhood}
    many = {**options, "n_perturbations": 2**15}
    gram, wide = (
        batches(monkeypatch, n_wide, steps_and_pair, X, [7], **many)[0] for n_wide in (1000, 1)
    )
    spread = np.hypot(gram.standard_errors, wide.standard_errors)
    z = (gram.values - wide.values) / spread
    assert np.sqrt(np.nanmean(z**2)) < 1.5
    small = batches(monkeypatch, 1, steps_and_pair, X, range(6), **options)
    z = np.array([(batch.values - gram.values) / batch.standard_errors for batch in small])
    # Eight replicates: z is distributed as t with 7 degrees of freedom, of variance 7/5.
    assert 0.9 < np.sqrt(np.mean(z**2)) < 1.45
    assert 0.91 < (np.abs(z) < t.ppf(0.975, 7)).mean() < 0.98


def test_fidelity_is_that_of_gram_matrices(monkeypatch, X):
    gram, wide = (
        batches(monkeypatch, n_wide, steps_and_pair, X, [3], n_perturbations=2**14)[0]
        for n_wide in (1000, 1)
    )
    assert_allclose(wide.fidelity, gram.fidelity, atol=0.02)
    assert_allclose(wide.response_r2, gram.response_r2, atol=0.03)
    assert_allclose(wide.local_predictions, gram.local_predictions, atol=0.1)
    assert_allclose(wide.held_out_predictions, gram.held_out_predictions, atol=0.1)


@pytest.mark.parametrize("selection", ["auto", "forward", "lasso_path"])
@pytest.mark.parametrize("baseline", ["background", "other"])
def test_the_columns_that_matter_are_selected(monkeypatch, X, selection, baseline):
    options = {"selection": selection, "baseline": baseline, "max_features": 3}
    (batch,) = batches(monkeypatch, 1, step, X, [0], **options)
    assert ((batch.values[..., 0] != 0.0).sum(axis=1) <= 3).all()
    truth = np.abs(weights_of_step(X[:3]))
    largest = truth.argmax(axis=1)
    assert (np.take_along_axis(batch.values[..., 0], largest[:, None], axis=1) != 0.0).all()


def test_contributions_add_up_to_the_local_prediction(monkeypatch, X):
    (batch,) = batches(monkeypatch, 1, steps_and_pair, X, [0])
    total = batch.values.sum(axis=1) + batch.intercepts
    assert_allclose(total, batch.local_predictions)


def test_fixed_and_constant_columns_have_no_weight(monkeypatch, X):
    X = X.copy()
    X[:, 5] = 2.0
    (batch,) = batches(monkeypatch, 1, step, X, [0], fixed=[0])
    assert (batch.values[:, [0, 5]] == 0.0).all()


def test_a_constant_response_has_zero_weights(monkeypatch, X):
    (batch,) = batches(monkeypatch, 1, lambda X: np.full(len(X), 1e9), X, [0])
    assert (batch.values == 0.0).all()
    assert np.isnan(batch.fidelity).all()


def test_units_of_the_response_do_not_matter(monkeypatch, X):
    one, tiny = (
        batches(monkeypatch, 1, lambda X, unit=unit: unit * steps_and_pair(X), X, [0])[0]
        for unit in (1.0, 2.0**-600)
    )
    assert_allclose(tiny.values * 2.0**600, one.values, rtol=1e-10)
