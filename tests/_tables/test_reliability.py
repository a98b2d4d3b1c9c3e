"""Rows whose explanation is missing or unreliable: the warnings name them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OrdinalEncoder
from tables import FEW, MANY, row_sums

from sklime import LimeTabularExplainer
from sklime._surrogates._causes import CAUSES
from sklime._tables._reliability import warn_wide


@pytest.fixture(scope="module")
def tickets():
    """A column of ten thousand different texts, beside one of few."""
    n_rows = 10_000
    return pd.DataFrame(
        {
            "ticket": [f"ticket {place}" for place in range(n_rows)],
            "sex": ["female", "male"] * (n_rows // 2),
            "age": np.arange(n_rows) % 80.0,
        }
    )


def is_ticket_seven(X):
    return (X["ticket"] == "ticket 7").to_numpy(float)


@pytest.mark.filterwarnings("ignore:Column")
def test_rare_category_in_a_shared_neighborhood_warns_and_names_column_and_category(tickets):
    explainer = LimeTabularExplainer(is_ticket_seven, neighborhood="shared", **MANY)
    explainer.fit(tickets)
    with pytest.warns(UserWarning, match=r"rows 7 in columns ticket\b"):
        values = explainer.explain(tickets[7:8]).values
    assert np.isfinite(values).all()


@pytest.mark.parametrize(("n_rare", "warns"), [(2, True), (12, False)])
def test_fewer_than_ten_rows_that_share_a_category_warn(n_rare, warns):
    # 128 perturbed rows of 128 training rows: each category at its very count.
    job = np.array(["cook"] * 128, dtype=object)
    job[:n_rare] = "nurse"
    X = pd.DataFrame({"job": job, "age": np.arange(128.0)})
    explainer = LimeTabularExplainer(
        lambda X: X["age"], neighborhood="shared", n_perturbations=128, random_state=0
    ).fit(X)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        explainer.explain(X[:1])
    assert any("job" in str(warning.message) for warning in caught) == warns


def test_row_in_a_bin_that_no_perturbation_reaches_warns_and_names_the_column():
    # Two clusters with three empty bins of equal width between them.
    X = np.concatenate([np.linspace(0, 1, 50), np.linspace(9, 10, 50)])[:, np.newaxis]
    explainer = LimeTabularExplainer(
        row_sums,
        neighborhood="shared",
        discretizer=KBinsDiscretizer(n_bins=5, strategy="uniform"),
        **FEW,
    ).fit(X)
    with pytest.warns(Warning, match="x0"):
        values = explainer.explain([[5.0]]).values
    assert np.isfinite(values).all()


def logarithm(X):
    """A function without an answer below zero."""
    with np.errstate(invalid="ignore"):
        return np.log(X[:, 0])


def test_rows_without_answers_are_named_and_the_others_are_explained():
    X = np.column_stack([np.linspace(1.0, 2.0, 50), np.linspace(-1.0, 1.0, 50)])
    explainer = LimeTabularExplainer(logarithm, **FEW).fit(X)
    with pytest.warns(RuntimeWarning, match="NaN or infinity for rows 1 or"):
        batch = explainer.explain([[1.5, 0.0], [-1.0, 0.0]])
    assert_array_equal(np.isfinite(batch.values[:, 0, 0]), [True, False])
    assert batch.failures[0] is None
    assert "NaN or infinity" in batch.failures[1]


def test_no_answer_for_any_row_is_an_error():
    X = np.column_stack([np.linspace(1.0, 2.0, 50), np.linspace(-1.0, 1.0, 50)])
    explainer = LimeTabularExplainer(logarithm, **FEW).fit(X)
    with pytest.raises(ValueError, match="for every row"):
        explainer.explain([[-1.0, 0.0]])


@pytest.mark.parametrize(("n_relevant", "is_warned"), [(None, True), (65, True), (64, False)])
def test_more_columns_that_may_matter_than_perturbed_rows_are_named(n_relevant, is_warned):
    is_relevant = None if n_relevant is None else np.arange(300) < n_relevant
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_wide(300, is_relevant, [np.array([128, 64]), np.array([], dtype=int)])
    assert bool(caught) == is_warned


@pytest.mark.parametrize("distance", [12.0, 20.0, 100.0, 1e6])
@pytest.mark.parametrize("background", ["marginal", "normal"])
@pytest.mark.parametrize("method", ["auto", "exact", "sampling"])
def test_a_row_so_far_away_that_the_kernel_leaves_nothing_is_named(method, background, distance):
    X = np.random.default_rng(0).normal(size=(200, 2))
    model = LinearRegression().fit(X, X[:, 0] + X[:, 1])
    explainer = LimeTabularExplainer(
        model,
        neighborhood="shared",
        discretizer=None,
        method=method,
        background=background,
        random_state=0,
    ).fit(X)
    with pytest.warns(UserWarning, match=r"Rows 1 have .* \(the least is 0\)"):
        batch = explainer.explain([[0.0, 0.0], [0.0, distance]])
    assert batch.fidelity_failures[1, 0] == CAUSES["no weight"]
    assert_array_equal(batch.values[1], 0.0)
    assert np.isnan(batch.standard_errors[1]).all()
    assert (batch.values[0] != 0.0).any()
    assert batch.is_exact.tolist() == [method == "exact", False]
    assert "No weight for x0, x1: the copies that differ there have next" in str(batch[1])


@pytest.mark.filterwarnings("ignore:Rows 0 have an effective sample size")
@pytest.mark.parametrize("method", ["exact", "sampling"])
@pytest.mark.parametrize("distance", [3.0, 5.0, 7.0, 9.0, 12.0, 20.0, 100.0, 1e6])
@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
@pytest.mark.parametrize("discretizer", [None, "quartile"])
def test_no_weight_of_a_far_row_is_zero_without_a_word(discretizer, neighborhood, distance, method):
    # A weight of 0 with an error of 0 claims that a column has no effect.
    X = np.random.default_rng(0).normal(size=(200, 3))
    model = LinearRegression().fit(X, X.sum(axis=1))
    explainer = LimeTabularExplainer(
        model,
        neighborhood=neighborhood,
        kernel="exponential",
        discretizer=discretizer,
        method=method,
        random_state=0,
    ).fit(X)
    batch = explainer.explain([[distance, 0.3, -0.3]])
    without = batch.values[0, :, 0] == 0.0
    assert np.isnan(batch.standard_errors[0, without, 0]).all()
    assert batch.internals.is_thin[0, without].all()
    assert not batch.internals.is_thin[0, ~without].any()


@pytest.mark.parametrize("n_rows", [50, 200, 800, 3000])
@pytest.mark.parametrize("method", ["exact", "sampling"])
def test_one_huge_training_value_leaves_a_true_fidelity_or_none(method, n_rows):
    # The score of that row is the root of the number of rows, where the kernel leaves nothing.
    X = np.random.default_rng(0).normal(size=(n_rows, 4))
    X[0, 0] = 1e12
    model = LinearRegression().fit(X, X.sum(axis=1))
    explainer = LimeTabularExplainer(
        model, neighborhood="shared", discretizer=None, method=method, random_state=0
    ).fit(X)
    assert_allclose(explainer.explain(X[1:2]).fidelity, 1.0, atol=1e-4)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        batch = explainer.explain(X[:1])
    fidelity = batch.fidelity[0, 0]
    if np.isnan(fidelity):
        assert batch.fidelity_failures[0, 0] == CAUSES["no weight"]
    assert np.isnan(fidelity) == (n_rows > 200)
    assert fidelity > 0.5 or caught


@pytest.mark.parametrize(("method", "wayout"), [("exact", "Use "), ("sampling", "Raise n_pert")])
def test_more_perturbed_rows_are_advised_where_they_could_help(method, wayout):
    X = pd.DataFrame({"job": ["cook", "nurse"] * 50, "age": np.arange(100.0)})
    model = make_pipeline(OrdinalEncoder(), LinearRegression())
    model[0].set_params(handle_unknown="use_encoded_value", unknown_value=-1)
    explainer = LimeTabularExplainer(
        model.fit(X, X["age"]), neighborhood="shared", method=method, random_state=0
    ).fit(X)
    with pytest.warns(UserWarning, match=f"no weight there. {wayout}"):
        explainer.explain(pd.DataFrame({"job": ["mayor"], "age": [3.0]}))
