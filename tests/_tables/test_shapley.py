"""Shapley values of explainers: sums, truths, displays, and what stays as it is for a row."""

import pickle

import numpy as np
import pandas as pd
import pytest
from enumeration import product_background, shapley_by_enumeration
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from tables import RAW, encoded, mixed_frame, mixed_score

from sklime import ExplanationBatch, LimeTabularExplainer
from sklime.metrics import infidelity

LOW = {"n_perturbations": 256, "random_state": 0}


def tree_score(X):
    """A function of three columns of whole numbers."""
    return X[:, 0] * X[:, 1] - 2.0 * (X[:, 2] > 1.0)


@pytest.fixture(scope="module")
def whole_numbers():
    """Rows of few whole numbers, whose background is known."""
    return np.random.default_rng(0).integers(0, 3, (50, 3)).astype(float)


@pytest.fixture(scope="module")
def fitted(multiclass_data):
    """An explainer of all classes of a forest."""
    X, y = multiclass_data
    model = RandomForestClassifier(n_estimators=10, random_state=0).fit(X, y)
    return LimeTabularExplainer(model, **LOW).fit(X)


def assert_adds_up(batch):
    sums = batch.intercepts + batch.values.sum(axis=1)
    assert_allclose(sums, batch.predictions, rtol=0.0, atol=1e-12)


def test_values_are_those_of_the_definition(whole_numbers):
    explainer = LimeTabularExplainer(tree_score, n_perturbations=2**14, random_state=0)
    batch = explainer.fit(whole_numbers).shapley(whole_numbers[:5])
    background = product_background(whole_numbers)
    truth = [
        shapley_by_enumeration(lambda rows: tree_score(rows)[:, None], row, *background)
        for row in whole_numbers[:5]
    ]
    low, high = batch.confidence_intervals(0.9999)
    assert ((low - 1e-12 <= truth) & (truth <= high + 1e-12)).all()


def test_base_value_and_values_add_up_to_the_response(fitted, multiclass_data):
    batch = fitted.shapley(multiclass_data[0][:20])
    assert_adds_up(batch)
    assert_array_equal(batch.local_predictions, batch.predictions)
    assert batch.baseline == "shapley"


@pytest.mark.parametrize("options", [{"link": "logit"}, {"target": ("setosa", "virginica")}])
def test_links_and_pairs_of_classes_add_up_on_their_scale(options):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 4))
    y = np.array(["setosa", "versicolor", "virginica"])[np.digitize(X[:, 0], [-0.5, 0.5])]
    model = LogisticRegression().fit(X, y)
    assert_adds_up(LimeTabularExplainer(model, **LOW, **options).fit(X).shapley(X[:5]))


@pytest.mark.parametrize("background", ["marginal", "normal", "empirical", "copula"])
@pytest.mark.parametrize("discretizer", ["quartile", None])
def test_linear_models_have_their_coefficients_times_the_distance(background, discretizer):
    X = np.random.default_rng(0).normal(size=(400, 3))
    coef = np.array([1.0, 0.0, -2.0])
    explainer = LimeTabularExplainer(
        lambda rows: rows @ coef, background=background, discretizer=discretizer, **LOW
    )
    batch = explainer.fit(X).shapley(X[:4])
    low, high = batch.confidence_intervals(0.9999)
    truth = coef * (X[:4] - X.mean(axis=0))
    # The mean of the background is near that of the rows, and no nearer.
    assert (low[..., 0] - 0.05 <= truth).all()
    assert (truth <= high[..., 0] + 0.05).all()
    assert_array_equal(batch.values[:, 1], 0.0)


@pytest.mark.parametrize("neighborhood", ["anchored", "shared", "around"])
def test_the_neighborhood_has_no_effect(neighborhood, whole_numbers):
    def shapley(**parameters):
        return (
            LimeTabularExplainer(tree_score, **LOW, **parameters)
            .fit(whole_numbers)
            .shapley(whole_numbers[:3])
        )

    assert_array_equal(shapley(neighborhood=neighborhood).values, shapley().values)


def test_mixed_tables_with_missing_values_and_groups():
    frame = mixed_frame(80, seed=0)
    explainer = LimeTabularExplainer(mixed_score, groups={"person": ["sex", "job"]}, **LOW)
    batch = explainer.fit(frame).shapley(frame.head(6))
    assert_adds_up(batch)
    assert batch.feature_names[0] == "person"
    assert "city is missing" in batch.conditions[1]
    assert "income" in batch.conditions[0]
    assert_array_equal(batch.values[:, batch.feature_names.index("nick")], 0.0)


def test_held_columns_have_no_value(whole_numbers):
    batch = (
        LimeTabularExplainer(tree_score, fixed=[1], **LOW)
        .fit(whole_numbers)
        .shapley(whole_numbers[:3])
    )
    assert_array_equal(batch.values[:, 1], 0.0)
    assert not batch.selected[:, 1].any()
    assert "Held at the value of the row: x1" in str(batch[0])
    assert_adds_up(batch)


def test_a_row_is_the_same_at_every_call_and_in_any_batch(fitted, multiclass_data):
    X = multiclass_data[0][:12]
    together, again = fitted.shapley(X), fitted.shapley(X)
    alone = ExplanationBatch.concat([fitted.shapley(X[[row]]) for row in range(12)])
    for name in ("values", "standard_errors", "intercepts", "n_perturbations"):
        assert_array_equal(getattr(together, name), getattr(again, name))
        assert_array_equal(getattr(together, name), getattr(alone, name))
    small = fitted.set_params(batch_size=100, n_jobs=2).shapley(X)
    fitted.set_params(batch_size=None, n_jobs=None)
    assert_array_equal(together.values, small.values)


def test_a_row_without_answers_costs_itself_only(whole_numbers):
    def partly(rows):
        return np.where(rows[:, 0] == 7.0, np.nan, tree_score(rows))

    explainer = LimeTabularExplainer(partly, **LOW).fit(whole_numbers)
    rows = whole_numbers[:3].copy()
    rows[1, 0] = 7.0
    with pytest.warns(RuntimeWarning, match="NaN or infinity for rows 1"):
        batch = explainer.shapley(rows)
    assert np.isnan(batch.values[1]).all()
    assert batch.failures[1] is not None
    assert batch.failures[0] is None
    assert_array_equal(batch.values[[0, 2]], explainer.shapley(rows[[0, 2]]).values)


def test_too_few_calls_are_refused_with_the_number_that_suffices():
    X = np.random.default_rng(0).normal(size=(50, 20))
    explainer = LimeTabularExplainer(LinearRegression(), method="sampling", n_perturbations=32)
    explainer.fit(X, X[:, 0])
    with pytest.raises(ValueError, match="at least n_perturbations=40"):
        explainer.shapley(X[:2])


def test_changed_parameters_are_refused(fitted, multiclass_data):
    with pytest.raises(ValueError, match="call fit again"):
        fitted.set_params(keep=0.5).shapley(multiclass_data[0][:2])
    fitted.set_params(keep=0.75)


def test_calls_are_those_that_were_asked_for(recording_classifier, binary_data):
    X, _ = binary_data
    explainer = LimeTabularExplainer(recording_classifier, n_perturbations=300).fit(X)
    recording_classifier.calls.clear()
    batch = explainer.shapley(X[:4])
    asked = sum(map(len, recording_classifier.calls))
    assert asked == batch.n_perturbations.sum() + 4
    assert (abs(batch.n_perturbations - 300) < 30).all()


def test_batches_say_what_they_are_and_keep_it(fitted, multiclass_data):
    batch = fitted.shapley(multiclass_data[0][:3])
    assert "Shapley values (marginal)" in repr(batch)
    assert str(batch[0]).startswith("Shapley values (marginal), row 0")
    assert "LIME" not in str(batch[0])
    for copied in (
        ExplanationBatch.from_json(batch.to_json()),
        pickle.loads(pickle.dumps(batch)),
    ):
        assert repr(copied) == repr(batch)
        assert_array_equal(copied.values, batch.values)
        assert_array_equal(copied.standard_errors, batch.standard_errors)
    assert np.isnan(batch.fidelity).all()
    assert "no surrogate" in batch.fidelity_failures[0, 0]


def test_conditions_name_values_and_no_bins():
    frame = mixed_frame(80, seed=0)[RAW]
    y = mixed_score(mixed_frame(80, seed=0))
    model = encoded(LinearRegression()).fit(frame, y)
    batch = LimeTabularExplainer(model, **LOW).fit(frame).shapley(frame.iloc[[0]])
    named = dict(zip(batch.feature_names, batch[0].conditions))
    assert named["income"] == "income"
    assert named["sex"] == f"sex = {frame['sex'].iloc[0]}"


def test_infidelity_reads_them_as_contributions(whole_numbers):
    explainer = LimeTabularExplainer(lambda rows: rows.sum(axis=1), **LOW).fit(whole_numbers)
    rows = whole_numbers[:4]
    batch = explainer.shapley(rows)
    assert infidelity(batch, explainer, rows) < 3.0 * whole_numbers.var(axis=0).sum()


def test_series_and_dicts_are_one_row():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=list("abc"))
    explainer = LimeTabularExplainer(LinearRegression(), **LOW).fit(frame, frame["a"])
    expected = explainer.shapley(frame.iloc[[4]])
    assert_array_equal(explainer.shapley(frame.iloc[4]).values, expected.values)
    assert_array_equal(explainer.shapley(frame.iloc[4].to_dict()).values, expected.values)
