"""Metrics that read the local fits: closed forms, and a plain second way to compute them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression

from sklime import LimeTabularExplainer
from sklime.metrics import (
    effective_n_features,
    fidelity_score,
    local_accuracy_score,
    local_gap,
    n_nonzero_weights,
)


def explained(model, X, n_rows=12, **parameters):
    parameters = {"n_perturbations": 128, "random_state": 0} | parameters
    return LimeTabularExplainer(model, **parameters).fit(X).explain(X[:n_rows])


@pytest.fixture(scope="module")
def linear_batch(regression_data):
    X, y = regression_data
    model = LinearRegression().fit(X, y)
    return explained(model, X, discretizer=None, surrogate=LinearRegression(), max_features=None)


@pytest.fixture(scope="module")
def forest_batch(binary_data, binary_model):
    return explained(binary_model, binary_data[0], target="all")


def test_linear_model_is_followed_exactly(linear_batch):
    assert_allclose(fidelity_score(linear_batch), 1.0)
    assert_allclose(local_accuracy_score(linear_batch), 1.0)
    assert_allclose(local_gap(linear_batch), 0.0, atol=1e-9)


@pytest.mark.parametrize("metric", [fidelity_score, local_gap, effective_n_features])
@pytest.mark.parametrize("average", ["mean", "median"])
def test_constant_model_has_no_score(metric, average, binary_data):
    batch = explained(lambda X: np.full(len(X), 0.3), binary_data[0])
    assert np.isnan(metric(batch, average=average))
    assert np.isnan(metric(batch, average=None)).all()
    assert np.isnan(local_accuracy_score(batch))
    assert n_nonzero_weights(batch) == 0.0


def test_gap_is_in_standard_deviations_of_each_output(forest_batch):
    gaps = np.abs(forest_batch.held_out_predictions - forest_batch.predictions)
    expected = gaps / forest_batch.predictions.std(axis=0)
    assert_allclose(local_gap(forest_batch, average=None), expected)
    assert_allclose(local_gap(forest_batch, scale=2.0, average="median"), np.median(gaps) / 2.0)
    assert_allclose(
        local_gap(forest_batch, scale=[1.0, 4.0], average=None), gaps / np.array([1.0, 4.0])
    )


def test_local_accuracy_is_what_score_returns(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, n_perturbations=128, random_state=0).fit(X)
    assert local_accuracy_score(explainer.explain(X[:9])) == explainer.score(X[:9])


def test_numbers_of_features_one_by_one(forest_batch):
    for row, explanation in enumerate(forest_batch):
        sizes = np.abs(explanation.values[:, 1] * explanation.encodings)
        shares = sizes[sizes > 0] / sizes.sum()
        n_effective = np.prod(shares**-shares)
        assert_allclose(effective_n_features(forest_batch, average=None)[row, 1], n_effective)
        assert n_nonzero_weights(forest_batch, average=None)[row, 1] == len(shares)


def test_one_feature_alone_counts_as_one(binary_data):
    batch = explained(lambda X: X[:, 0], binary_data[0], max_features=1)
    assert_allclose(effective_n_features(batch), 1.0)
    assert n_nonzero_weights(batch) == 1.0


@pytest.mark.filterwarnings("ignore:The model .* returned NaN")
def test_rows_without_explanation_are_left_out(binary_data):
    X, _ = binary_data
    X = X[X[:, 0] < np.quantile(X[:, 0], 0.9)]

    def sometimes_silent(rows):
        return np.where(rows[:, 0] > 1e5, np.nan, rows[:, 1])

    explainer = LimeTabularExplainer(sometimes_silent, n_perturbations=64, random_state=0).fit(X)
    rows = X[:6].copy()
    rows[2, 0] = 1e6
    batch, without = explainer.explain(rows), explainer.explain(np.delete(rows, 2, axis=0))
    for metric in (fidelity_score, local_gap, effective_n_features, n_nonzero_weights):
        assert np.isnan(metric(batch, average=None)[2]).all()
        assert_allclose(metric(batch), metric(without))


def test_unknown_average_is_refused(forest_batch):
    with pytest.raises(ValueError, match="average"):
        fidelity_score(forest_batch, average="max")


def test_what_is_no_batch_is_refused(forest_batch):
    with pytest.raises(ValueError, match="batch"):
        fidelity_score(forest_batch[0])
