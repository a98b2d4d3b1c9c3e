"""Contributions: what a condition adds to the average, rather than to its absence."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression

from sklime import LimeTabularExplainer

NEIGHBORHOODS = ["anchored", "shared", "around"]
RARE = 0.02


def flags(n_rows=2000):
    """A rare flag with a large effect, a common one with a small effect, and noise."""
    random = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "rare": (random.random(n_rows) < RARE).astype(int),
            "common": (random.random(n_rows) < 0.5).astype(int),
            "level": random.choice(["a", "b", "c"], n_rows, p=[0.7, 0.2, 0.1]),
        }
    )
    return X


def effect(X):
    return 3.0 * X["rare"] + 1.0 * X["common"] + 2.0 * (X["level"] == "c")


@pytest.fixture(scope="module")
def diabetes():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    return X, GradientBoostingRegressor(random_state=0).fit(X, y)


@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS)
def test_a_contribution_is_the_contrast_times_the_share_of_other_rows(neighborhood, diabetes):
    X, model = diabetes
    options = {"neighborhood": neighborhood, "max_features": None, "random_state": 0}
    other = LimeTabularExplainer(model, baseline="other", **options).fit(X).explain(X[:6])
    batch = LimeTabularExplainer(model, **options).fit(X).explain(X[:6])
    scale = 1.0 - batch.background_encodings
    assert_allclose(batch.values, other.values * scale[..., None], rtol=1e-10)
    assert_allclose(batch.standard_errors, other.standard_errors * scale[..., None], rtol=1e-10)
    left_out = other.left_out_values * scale[:, None, :, None]
    # These are kept in single precision.
    assert_allclose(batch.left_out_values, left_out, rtol=1e-6)
    assert_allclose(batch.local_predictions, other.local_predictions)
    assert_allclose(batch.fidelity, other.fidelity)


def test_contributions_of_an_additive_model_are_its_effects_off_the_mean():
    X = flags()
    explainer = LimeTabularExplainer(effect, random_state=0).fit(X)
    rows = pd.DataFrame({"rare": [0, 1], "common": [1, 0], "level": ["a", "c"]})
    batch = explainer.explain(rows)
    parts = {
        "rare": 3.0 * X["rare"],
        "common": 1.0 * X["common"],
        "level": 2.0 * (X["level"] == "c"),
    }
    own = np.array([[0.0, 1.0, 0.0], [3.0, 0.0, 2.0]])
    truth = own - np.array([part.mean() for part in parts.values()])
    # Draws of the rare flag count by their weights, which adds a little noise.
    assert_allclose(batch.values[..., 0], truth, atol=0.05)
    assert_allclose(batch.intercepts, effect(X).mean(), atol=0.05)


def test_shares_are_those_of_the_training_rows():
    X = flags()
    batch = LimeTabularExplainer(effect, random_state=0).fit(X).explain(X[:40])
    shares = np.column_stack([X[:40][name].map(X[name].value_counts(normalize=True)) for name in X])
    assert_allclose(batch.background_encodings, shares, atol=2e-4)


@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS)
@pytest.mark.parametrize("max_features", [1, 2])
def test_what_a_row_lacks_is_no_reason(neighborhood, max_features):
    # The contrast of the rare flag is the largest; nearly every row lacks it.
    X = flags()
    explainer = LimeTabularExplainer(
        effect,
        neighborhood=neighborhood,
        max_features=max_features,
        n_perturbations=4096,
        random_state=0,
    ).fit(X)
    row = pd.DataFrame({"rare": [0], "common": [1], "level": ["b"]})
    names = [condition for condition, _ in explainer.explain(row)[0].as_list()]
    assert not any("rare" in name for name in names)


@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS)
@pytest.mark.parametrize("baseline", ["background", "other"])
@pytest.mark.parametrize("discretizer", ["quartile", None])
@pytest.mark.parametrize("max_features", [3, None])
def test_base_value_and_contributions_add_up(
    neighborhood, baseline, discretizer, max_features, diabetes
):
    X, model = diabetes
    batch = (
        LimeTabularExplainer(
            model,
            neighborhood=neighborhood,
            baseline=baseline,
            discretizer=discretizer,
            max_features=max_features,
            random_state=0,
        )
        .fit(X)
        .explain(X[:4])
    )
    sums = batch.intercepts + np.einsum("ijk,ij->ik", batch.values, batch.encodings)
    assert_allclose(sums, batch.local_predictions, rtol=0, atol=1e-12 * np.abs(sums).max())
    if baseline == "background":
        assert_array_equal(batch.encodings, 1.0)


@pytest.mark.slow
def test_contributions_of_standard_scores_are_off_their_mean(diabetes):
    X, model = diabetes
    options = {"discretizer": None, "max_features": None, "random_state": 0}
    other = LimeTabularExplainer(model, baseline="other", **options).fit(X).explain(X[:5])
    batch = LimeTabularExplainer(model, **options).fit(X).explain(X[:5])
    scores = other.encodings - batch.background_encodings
    assert_allclose(batch.values, other.values * scores[..., None], rtol=1e-10, atol=1e-12)
    # Normals that are truncated to bins have a mean of their own, near that of the rows.
    assert_allclose(batch.background_encodings, 0.0, atol=0.1)


def test_the_base_value_is_what_the_surrogate_says_of_the_average_background_row(diabetes):
    X, model = diabetes
    options = {"max_features": None, "random_state": 0}
    other = LimeTabularExplainer(model, baseline="other", **options).fit(X).explain(X[:5])
    batch = LimeTabularExplainer(model, **options).fit(X).explain(X[:5])
    means = (other.values * batch.background_encodings[..., None]).sum(axis=1)
    assert_allclose(batch.intercepts, other.intercepts + means, rtol=1e-12)


def test_a_level_that_the_background_lacks_contributes_all_of_its_contrast():
    X = flags()
    explainer = LimeTabularExplainer(effect, random_state=0).fit(X)
    row = pd.DataFrame({"rare": [0], "common": [0], "level": ["new"]})
    explanation = explainer.explain(row)[0]
    assert explanation.background_encodings[2] == 0.0


def test_transform_returns_contributions(diabetes):
    X, model = diabetes
    explainer = LimeTabularExplainer(model, random_state=0).fit(X)
    assert_allclose(explainer.transform(X[:4]), explainer.explain(X[:4]).values[..., 0], atol=1e-10)


def test_several_outputs_share_their_shares():
    X, y = load_wine(return_X_y=True, as_frame=True)
    model = LogisticRegression(max_iter=5000).fit(X / X.max(), y)
    batch = LimeTabularExplainer(model, random_state=0).fit(X / X.max()).explain((X / X.max())[:3])
    assert batch.background_encodings.shape == (3, 13)
    # Probabilities of all classes add up to one, and so their contributions to zero, where all
    # are selected.
    assert batch.values.shape == (3, 13, 3)


def test_an_unknown_baseline_is_refused():
    with pytest.raises(ValueError, match="baseline"):
        LimeTabularExplainer(effect, baseline="mean").fit(flags())


def test_shares_are_exact_where_the_background_knows_them():
    X = flags()
    explainer = LimeTabularExplainer(effect, random_state=0).fit(X)
    batch = explainer.explain(X[:3])
    for index, name in enumerate(X.columns):
        shares = X[name].map(X[name].value_counts(normalize=True))
        assert_allclose(batch.background_encodings[:, index], shares[:3], rtol=1e-12)
