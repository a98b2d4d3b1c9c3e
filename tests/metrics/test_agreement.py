"""Agreement of batches: with themselves, with Shapley values, and what cannot be compared."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import pearsonr, spearmanr
from sklearn.linear_model import LinearRegression

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.metrics import agreement_score, shapley_agreement_score

ALL = {"max_features": None, "n_perturbations": 512, "random_state": 0}


@pytest.fixture(scope="module")
def linear(regression_data):
    """A linear model of standard scores, whose contributions are its Shapley values."""
    X, y = regression_data
    explainer = LimeTabularExplainer(LinearRegression(), discretizer=None, **ALL)
    return explainer.fit(X, y), X[:6]


def test_a_batch_agrees_with_itself(linear):
    explainer, rows = linear
    batch = explainer.explain(rows)
    assert_allclose(agreement_score(batch, batch, average=None), 1.0)


@pytest.mark.parametrize("method", ["spearman", "pearson", "both"])
def test_contributions_of_linear_models_are_shapley_values(linear, method):
    explainer, rows = linear
    score = shapley_agreement_score(explainer.explain(rows), explainer, rows, method=method)
    assert score > 0.95


def test_it_is_the_correlation_with_shapley(linear):
    explainer, rows = linear
    batch, shapley = explainer.explain(rows), explainer.shapley(rows)
    shown, wanted = batch.values[..., 0], shapley.values[..., 0]
    expected = [
        (spearmanr(one, other)[0] + pearsonr(one, other)[0]) / 2
        for one, other in zip(shown, wanted)
    ]
    assert_allclose(shapley_agreement_score(batch, explainer, rows), np.mean(expected))
    each = shapley_agreement_score(batch, explainer, rows, average=None)
    assert_array_equal(each, agreement_score(batch, shapley, average=None))


def test_held_columns_do_not_count(regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(LinearRegression(), fixed=[0], **ALL).fit(X, y)
    batch, shapley = explainer.explain(X[:4]), explainer.shapley(X[:4])
    expected = [
        pearsonr(one, other)[0]
        for one, other in zip(batch.values[:, 1:, 0], shapley.values[:, 1:, 0])
    ]
    score = agreement_score(batch, shapley, method="pearson", average=None)
    assert_allclose(score[:, 0], expected)


def test_batches_of_other_rows_or_features_are_refused(linear, regression_data):
    explainer, rows = linear
    X, y = regression_data
    fewer = LimeTabularExplainer(LinearRegression(), **ALL).fit(X[:, 1:], y)
    with pytest.raises(ValueError, match="different numbers of rows: 6 and 5"):
        agreement_score(explainer.explain(rows), explainer.explain(rows[:5]))
    with pytest.raises(ValueError, match="different features"):
        agreement_score(explainer.explain(rows), fewer.explain(rows[:, 1:]))


def test_texts_have_no_shapley_values(linear, review_model):
    explainer, rows = linear
    texts = LimeTextExplainer(review_model)
    with pytest.raises(TypeError, match="through the background of a LimeTabularExplainer"):
        shapley_agreement_score(explainer.explain(rows), texts, rows)
