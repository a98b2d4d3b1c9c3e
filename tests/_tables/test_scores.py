"""Probabilities from scores: when scores are asked for, and what they give."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scored import MODELS, explainer_of, whole_numbers
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklime import LimeTabularExplainer

BINARY = whole_numbers(2)


class Moved(LogisticRegression):
    """A logistic regression whose probabilities are no link of its score."""

    def predict_proba(self, X):
        return 0.9 * super().predict_proba(X) + 0.05


class Rare(LogisticRegression):
    """A logistic regression with other probabilities in rows that no training row is like."""

    def predict_proba(self, X):
        is_far = (np.asarray(X) > 1e6).all(axis=1)
        return np.where(is_far[:, None], [[0.9, 0.1]], super().predict_proba(X))


class RareScore(LogisticRegression):
    """A logistic regression with other scores in such rows."""

    def decision_function(self, X):
        is_far = (np.asarray(X) > 1e6).all(axis=1)
        return np.where(is_far, 7.0, super().decision_function(X))


class Renamed(LogisticRegression):
    """A logistic regression with another name."""


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_give_the_probabilities_of_the_model(name, n_classes):
    X, y = whole_numbers(n_classes)
    explainer = explainer_of(name, X, y)
    asked = explainer._scores.asking(explainer._response)(X)
    probabilities = explainer.estimator_.predict_proba(X)
    scores = explainer.estimator_.decision_function(X).reshape(len(X), -1)
    assert_allclose(asked[:, :n_classes], probabilities, atol=1e-12)
    assert_array_equal(asked[:, n_classes:], scores)


def test_link_and_contrasts_are_those_of_the_response():
    X, y = whole_numbers(3)
    explainer = explainer_of("boosting", X, y, link="logit", target=[(0, 2)])
    asked = explainer._scores.asking(explainer._response)(X)
    assert_allclose(asked[:, :4], explainer._response(X), atol=1e-10)


def test_predictions_are_those_of_the_model():
    X, y = BINARY
    explainer = explainer_of("boosting", X, y)
    batch = explainer.explain(X[:4])
    assert_array_equal(batch.responses, explainer.estimator_.predict_proba(X[:4]))


@pytest.mark.parametrize(
    "parameters",
    [
        {"control_variates": False},
        {"background": "empirical"},
        {"neighborhood": "around"},
        {"kernel": lambda distances, width: np.exp(-distances)},
        {"response_method": "predict"},
    ],
)
def test_parameters_that_stand_in_the_way_leave_everything_as_it_is(parameters):
    explainer = explainer_of("logistic", *BINARY, **parameters)
    assert explainer._scores is None
    assert explainer.method_reason_ == "method='sampling'"


def test_a_surrogate_that_is_fitted_to_rows_leaves_everything_as_it_is():
    class PlainRidge(Ridge):
        pass

    assert explainer_of("logistic", *BINARY, surrogate=PlainRidge())._scores is None


@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(5, random_state=0),
        CalibratedClassifierCV(LogisticRegression(), cv=2),
        Moved(),
        OneVsRestClassifier(RandomForestClassifier(5, random_state=0)),
        Rare(),
        RareScore(),
        make_pipeline(StandardScaler(), Rare()),
        GridSearchCV(make_pipeline(Rare()), {"rare__C": [1.0]}, cv=2),
        OneVsRestClassifier(Rare()),
        FixedThresholdClassifier(make_pipeline(StandardScaler(), Rare())),
    ],
)
def test_models_without_a_score_and_a_link_leave_everything_as_it_is(model):
    X, y = BINARY
    explainer = LimeTabularExplainer(model.fit(X, y), method="sampling", random_state=0).fit(X)
    assert explainer._scores is None


@pytest.mark.parametrize(
    "model",
    [
        Renamed(),
        make_pipeline(StandardScaler(), LogisticRegression()),
        GridSearchCV(make_pipeline(Renamed()), {"renamed__C": [1.0]}, cv=2),
        FixedThresholdClassifier(LogisticRegression(), response_method="predict_proba"),
    ],
)
def test_models_that_answer_by_methods_of_scikit_learn_have_a_score(model):
    X, y = BINARY
    explainer = LimeTabularExplainer(model.fit(X, y), method="sampling", random_state=0).fit(X)
    assert explainer._scores is not None


def test_probabilities_that_were_put_into_the_model_itself_are_asked_for():
    X, y = BINARY
    model = LogisticRegression().fit(X, y)
    model.predict_proba = Rare().fit(X, y).predict_proba
    explainer = LimeTabularExplainer(model, method="sampling", random_state=0).fit(X)
    assert explainer._scores is None


@pytest.mark.parametrize("method", ["auto", "sampling"])
def test_the_reason_says_that_the_score_lowers_the_noise(method):
    explainer = explainer_of("boosting", *BINARY, method=method)
    assert explainer.method_ == "sampling"
    assert explainer.method_reason_.endswith(
        "; the score was read, and its exact moments lower the noise"
    )


def test_a_pickled_explainer_gives_the_same_weights():
    X, y = BINARY
    explainer = explainer_of("histogram", X, y)
    copy = pickle.loads(pickle.dumps(explainer))
    assert_array_equal(copy.transform(X[:3]), explainer.transform(X[:3]))
