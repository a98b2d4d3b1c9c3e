"""Scorers in scikit-learn's searches and cross-validation."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    cross_val_score,
    cross_validate,
)

from sklime import LimeTabularExplainer
from sklime.metrics import (
    coefficients_stability_index,
    deletion_score,
    effects_agreement_score,
    explain_repeatedly,
    get_scorer,
    get_scorer_names,
    infidelity,
    jaccard_stability_score,
    local_gap,
    make_multi_scorer,
    shapley_agreement_score,
)


@pytest.fixture
def explainer(binary_model):
    """An explainer that is not fitted, of a model that is."""
    return LimeTabularExplainer(binary_model, n_perturbations=64, random_state=0)


@pytest.mark.parametrize("name", get_scorer_names())
def test_every_scorer_serves_cross_validation_without_labels(name, explainer, binary_data):
    X, _ = binary_data
    scores = cross_val_score(explainer, X[:24], scoring=get_scorer(name), cv=2)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", get_scorer_names())
def test_every_scorer_pickles(name, explainer, binary_data):
    X, _ = binary_data
    scorer, fitted = get_scorer(name), explainer.fit(X)
    again = pickle.loads(pickle.dumps(scorer))
    assert again(fitted, X[:5]) == scorer(fitted, X[:5])
    assert name in repr(again)


def test_scores_are_those_of_the_metrics(explainer, binary_data):
    X, _ = binary_data
    rows, fitted = X[:8], explainer.fit(X)
    batch = fitted.explain(rows)
    expected = {
        "local_accuracy": fitted.score(rows),
        "neg_local_gap": -local_gap(batch),
        "jaccard_stability": jaccard_stability_score(batch),
        "effects": effects_agreement_score(batch, fitted, rows),
        "effects_pearson": effects_agreement_score(batch, fitted, rows, method="pearson"),
        "shapley": shapley_agreement_score(batch, fitted, rows),
        "neg_deletion": -deletion_score(batch, fitted, rows),
        "neg_infidelity": -infidelity(batch, fitted, rows),
        "coefficients_stability": coefficients_stability_index(
            [batch, *explain_repeatedly(fitted, rows, 2)]
        ),
    }
    assert make_multi_scorer(list(expected))(fitted, rows) == expected


def test_frames_with_texts_are_searched():
    X = pd.DataFrame({"job": ["nurse", "pilot", "cook", "pilot"] * 10, "age": np.arange(40.0)})

    def model(frame):
        return (frame["job"] == "pilot").to_numpy() + frame["age"].to_numpy() / 10

    explainer = LimeTabularExplainer(model, n_perturbations=64, random_state=0)
    scorer = make_multi_scorer(["effects", "local_accuracy", "rank_stability", "insertion"])
    search = GridSearchCV(
        explainer, {"discretizer": ["quartile", "decile"]}, scoring=scorer, refit="effects", cv=2
    ).fit(X)
    assert search.best_score_ == 1.0
    assert search.best_estimator_.explain(X.head(2)).values.shape == (2, 2, 1)


def test_options_reach_the_metric(explainer, binary_data):
    X, _ = binary_data
    fitted = explainer.fit(X)
    expected = jaccard_stability_score(fitted.explain(X[:9]), n_top=2)
    assert get_scorer("jaccard_stability", n_top=2)(fitted, X[:9]) == expected


@pytest.mark.slow
@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("search", [GridSearchCV, RandomizedSearchCV])
def test_searches_take_one_scorer(search, n_jobs, explainer, binary_data):
    X, _ = binary_data
    options = {"n_iter": 2, "random_state": 0} if search is RandomizedSearchCV else {}
    scorer = get_scorer("effects", n_draws=8)
    found = search(
        explainer, {"keep": [0.3, 0.9]}, scoring=scorer, cv=2, n_jobs=n_jobs, **options
    ).fit(X[:40])
    assert found.best_params_["keep"] in (0.3, 0.9)
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()


def test_dict_of_scorers_and_multi_scorer_agree(explainer, binary_data):
    X, _ = binary_data
    names = ["local_accuracy", "jaccard_stability"]
    many = cross_validate(
        explainer, X[:24], scoring={name: get_scorer(name) for name in names}, cv=2
    )
    once = cross_validate(explainer, X[:24], scoring=make_multi_scorer(names), cv=2)
    for name in names:
        assert_allclose(many[f"test_{name}"], once[f"test_{name}"])


def test_multi_scorer_explains_once(binary_data, recording_classifier):
    X, _ = binary_data
    explainer = LimeTabularExplainer(recording_classifier, n_perturbations=64, random_state=0)
    explainer.fit(X)
    before = recording_classifier.n_rows
    make_multi_scorer(["fidelity", "local_accuracy", "rank_stability"])(explainer, X[:7])
    assert recording_classifier.n_rows - before == 7 * 65


def test_multi_scorer_takes_scorers_of_ones_own(explainer, binary_data):
    X, _ = binary_data

    def n_rows(explainer, X, y=None):
        return float(len(X))

    scorer = make_multi_scorer({"rows": n_rows, "top 2": get_scorer("jaccard_stability", n_top=2)})
    scores = scorer(explainer.fit(X), X[:6])
    assert scores["rows"] == 6.0
    assert sorted(scores) == ["rows", "top 2"]


def test_model_of_the_user_is_explained_in_all_folds(explainer, binary_data, binary_model):
    X, _ = binary_data
    results = cross_validate(
        explainer, X[:24], scoring=get_scorer("fidelity"), cv=2, return_estimator=True
    )
    assert all(fitted.estimator_ is binary_model for fitted in results["estimator"])


def test_unfitted_model_is_fitted_on_the_folds(regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(LinearRegression(), discretizer=None, random_state=0)
    scores = cross_val_score(explainer, X, y, scoring=get_scorer("effects"), cv=2)
    assert (scores > 0.9).all()


@pytest.mark.parametrize("name", ["local_accuracy", "effects", "jaccard_stability"])
def test_constant_model_scores_nan(name, binary_data):
    X, _ = binary_data
    explainer = LimeTabularExplainer(lambda X: np.ones(len(X)), random_state=0).fit(X)
    assert np.isnan(get_scorer(name)(explainer, X[:4]))


def test_scores_stay_the_same(explainer, binary_data, untouched_global_random_state):
    X, _ = binary_data
    fitted = explainer.fit(X)
    scorer = make_multi_scorer(["effects", "neg_max_sensitivity", "coefficients_stability"])
    assert scorer(fitted, X[:4]) == scorer(fitted, X[:4])


def test_unknown_name_is_refused():
    with pytest.raises(ValueError, match="'stability' is not the name of a scorer"):
        get_scorer("stability")


def test_options_of_a_callable_are_refused():
    with pytest.raises(ValueError, match="n_top"):
        get_scorer(len, n_top=3)


def test_one_name_is_no_list_of_names():
    with pytest.raises(TypeError, match="get_scorer"):
        make_multi_scorer("effects")
