"""Tables and models in any unit: huge and tiny numbers give the explanations of usual ones."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Lasso, LinearRegression, Ridge

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime import metrics as sklime_metrics
from sklime.discretizers import entropy_cuts, model_cuts
from sklime.utils._magnitude import finite_sum

EXPONENTS = st.sampled_from([-960, -560, -300, -60, -41, 39, 45, 60, 300, 560, 960])
RESULTS = ["values", "standard_errors", "intercepts", "local_predictions", "held_out_predictions"]
RATIOS = ["fidelity", "fidelity_errors", "response_r2", "selected", "n_perturbations"]
OPTIONS = {
    "anchored": {},
    "shared": {"neighborhood": "shared"},
    "around": {"neighborhood": "around"},
    "other": {"baseline": "other"},
    "deciles": {"discretizer": "decile"},
    "model": {"discretizer": "model"},
    "entropy": {"discretizer": "entropy"},
    "scores": {"discretizer": None},
    "normal": {"discretizer": None, "background": "normal"},
    "empirical": {"background": "empirical"},
    "copula": {"background": "copula"},
    "least squares": {"surrogate": LinearRegression()},
    "forward": {"selection": "forward", "max_features": 2},
    "path": {"selection": "lasso_path", "max_features": 2, "neighborhood": "shared"},
    "auto": {"n_perturbations": "auto", "max_perturbations": 1024, "tol": 10.0},
}


@pytest.fixture(scope="module")
def table():
    """Columns of several shapes, and a target that depends on them."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=80), rng.lognormal(size=80), rng.random(80)])
    return X, X[:, 0] * X[:, 1] + X[:, 2]


def curved(X):
    return np.tanh(X[:, 0]) + np.abs(X[:, 1] - 1.0) * X[:, 2]


def explained(function, X, y, **options):
    options = {"n_perturbations": 128, "max_features": 3, "random_state": 0, **options}
    return LimeTabularExplainer(function, **options).fit(X, y).explain(X[:4])


def assert_in_unit(batch, usual, unit):
    for name in RATIOS:
        assert_array_equal(getattr(batch, name), getattr(usual, name), err_msg=name)
    for name in RESULTS:
        expected = getattr(usual, name) * unit
        assert_array_equal(getattr(batch, name), expected, err_msg=name)


@pytest.mark.parametrize("name", OPTIONS)
@settings(deadline=None, max_examples=6)
@given(exponent=EXPONENTS)
def test_responses_in_any_unit(name, exponent, table):
    X, y = table
    unit = np.ldexp(1.0, exponent)
    usual = explained(curved, X, y, **OPTIONS[name])
    batch = explained(lambda X: curved(X) * unit, X, y * unit, **OPTIONS[name])
    assert_in_unit(batch, usual, unit)
    assert (batch.standard_errors[batch.selected] > 0.0).all()


@pytest.mark.parametrize("surrogate", [Lasso(0.01), Ridge(alpha=0.5, positive=True)])
@settings(deadline=None, max_examples=6)
@given(exponent=EXPONENTS)
def test_penalties_keep_their_unit(surrogate, exponent, table):
    X, y = table
    unit = np.ldexp(1.0, exponent)
    in_unit = surrogate
    if isinstance(surrogate, Lasso):
        in_unit = Lasso(0.01 * unit)
    usual = explained(curved, X, y, surrogate=surrogate)
    batch = explained(lambda X: curved(X) * unit, X, y, surrogate=in_unit)
    for result in RESULTS:
        largest = np.nanmax(np.abs(getattr(usual, result)))
        found = getattr(batch, result) / unit
        assert_allclose(found, getattr(usual, result), rtol=0.0, atol=1e-9 * largest)


@pytest.mark.parametrize("name", OPTIONS)
@settings(deadline=None, max_examples=6)
@given(exponent=EXPONENTS | st.sampled_from([-1000, 1000]))
def test_columns_in_any_unit(name, exponent, table):
    X, y = table
    units = np.array([np.ldexp(1.0, exponent), 1.0, np.ldexp(1.0, -exponent)])
    usual = explained(curved, X, y, **OPTIONS[name])
    batch = explained(lambda X: curved(X / units), X * units, y, **OPTIONS[name])
    assert_in_unit(batch, usual, 1.0)


@pytest.mark.parametrize("unit", [1e-200, 1e-20, 1e18, 1e60, 1e200, 1e290])
def test_everything_that_is_shown_of_huge_and_tiny_responses(unit, table, tmp_path):
    X, y = table
    explainer = LimeTabularExplainer(
        lambda X: curved(X) * unit, n_perturbations=128, random_state=0
    ).fit(X, y)
    batch, usual = explainer.explain(X[:12]), explained(curved, X, y)
    assert explainer.score(X) > 0.5
    assert "gap" in str(batch[0])
    batch[0].plot()
    batch.plot()
    assert batch[0]._repr_html_()
    batch.to_html(tmp_path / "report.html")
    assert type(batch).from_json(batch.to_json()).values.shape == batch.values.shape
    assert np.isfinite(batch.to_frame()["weight"]).all()
    assert_allclose(batch.values[:4] / unit, usual.values, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("unit", [2.0**-600, 2.0**600])
def test_metrics_of_huge_and_tiny_responses(unit, table):
    X, y = table

    def scores(unit):
        explainer = LimeTabularExplainer(
            lambda X: curved(X) * unit, n_perturbations=128, random_state=0
        ).fit(X, y)
        batch = explainer.explain(X[:8])
        return [
            sklime_metrics.local_accuracy_score(batch),
            sklime_metrics.effects_agreement_score(batch, explainer, X[:8], random_state=0),
            sklime_metrics.max_sensitivity(batch, explainer, X[:8], random_state=0),
            sklime_metrics.deletion_score(batch, explainer, X[:8], random_state=0) / unit,
            sklime_metrics.fidelity_score(batch),
            np.mean(sklime_metrics.local_gap(batch)),
            explainer.score(X),
        ]

    assert_allclose(scores(unit), scores(1.0), rtol=1e-9)


@pytest.mark.parametrize("unit", [1e-200, 1e-12, 1e12, 1e200])
@pytest.mark.parametrize("offset", [0.0, 1e3])
def test_cuts_of_trees_in_any_unit(unit, offset):
    X = np.arange(40.0)[:, None]
    y = np.where(X[:, 0] > 20.5, 1.0, 0.0) + offset
    (cut,) = entropy_cuts(X, y * unit, is_classification=False)[0]
    assert cut == 20.5
    assert len(model_cuts(X, y[:, None] * unit)[0]) == 1


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_texts_of_huge_and_tiny_responses(unit):
    def n_letters(texts):
        return np.array([text.count("e") * unit for text in texts])

    explainer = LimeTextExplainer(n_letters, random_state=0).fit(["the tree", "bee"])
    assert_allclose(explainer.explain(["the bee"])[0].values[:, 0] / unit, [1.0, 2.0])


def test_sums_beyond_the_largest_float_are_the_largest_float():
    largest = np.finfo(np.float64).max
    noise = np.array([-3.0, 0.0, 3.0])
    assert_array_equal(finite_sum(0.5, noise, 2.0), 0.5 + noise * 2.0)
    assert_array_equal(finite_sum(1e308, noise, 1e308), [1e308 - largest, 1e308, largest])
    assert_array_equal(
        finite_sum(np.array([np.nan, -1e308]), np.array([1.0, -3.0]), 1e308), [np.nan, -largest]
    )
