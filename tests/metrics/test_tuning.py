"""Tuning: the best candidate above a floor, found by scikit-learn's search."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV

from sklime import LimeImageExplainer, LimeTabularExplainer
from sklime.metrics import BestAboveFloor, get_scorer, make_search


def results(effects, stability, accuracy=None):
    accuracy = np.ones(len(effects)) if accuracy is None else accuracy
    return {
        "mean_test_local_accuracy": np.array(accuracy, dtype=float),
        "mean_test_effects": np.array(effects, dtype=float),
        "mean_test_jaccard_stability": np.array(stability, dtype=float),
    }


@pytest.fixture
def explainer(binary_model):
    return LimeTabularExplainer(binary_model, n_perturbations=64, random_state=0)


def test_best_is_among_the_stable():
    chosen = BestAboveFloor(floor=0.8)(results([0.7, 0.9, 0.99], [0.9, 0.8, 0.79]))
    assert chosen == 1


def test_all_scores_count_alike():
    chosen = BestAboveFloor(floor=0.0)(results([0.9, 0.8], [1.0, 1.0], accuracy=[0.7, 0.9]))
    assert chosen == 1


def test_first_of_equals_is_taken():
    assert BestAboveFloor()(results([0.5, 0.9, 0.9], [1.0, 1.0, 1.0])) == 1


def test_undefined_candidates_are_never_taken():
    chosen = BestAboveFloor()(results([np.nan, 0.1, 0.9], [1.0, 0.9, np.nan]))
    assert chosen == 1


def test_most_stable_is_taken_with_a_warning_where_none_is_stable():
    with pytest.warns(UserWarning, match=r"jaccard_stability of 0\.8; .* with 0\.7"):
        assert BestAboveFloor()(results([0.9, 0.1], [0.5, 0.7])) == 1


def test_nothing_defined_is_an_error():
    with pytest.raises(ValueError, match="model constant"):
        BestAboveFloor()(results([np.nan], [1.0]))


def test_missing_score_is_named():
    with pytest.raises(ValueError, match=r"no score 'fidelity'; its scores are \['effects'"):
        BestAboveFloor(["fidelity"])(results([0.9], [1.0]))


def test_scores_that_failed_are_told_from_names_that_are_wrong():
    # scikit-learn puts one "score" of NaN down where the scorer fails for every candidate.
    with pytest.raises(ValueError, match="If a scorer failed, warnings before this say why"):
        BestAboveFloor(["effects"])({"mean_test_score": [np.nan]})


def test_rule_pickles():
    rule = BestAboveFloor(["effects"], floor=0.5)
    assert repr(pickle.loads(pickle.dumps(rule))) == repr(rule)


def test_search_is_scikit_learns_own(explainer, binary_data):
    X, _ = binary_data
    search = make_search(explainer, {"keep": [0.5, 0.8]}, floor=0.0, cv=2)
    assert type(search) is GridSearchCV
    search = clone(search).fit(X[:40])
    place = search.best_index_
    merits = [
        np.mean([search.cv_results_[f"mean_test_{name}"][k] for name in search.refit.scores])
        for k in range(2)
    ]
    assert place == int(np.argmax(merits))
    assert search.best_estimator_.get_params()["keep"] == search.best_params_["keep"]
    assert search.transform(X[:3]).shape == (3, 5)


def test_candidates_may_be_drawn(explainer, binary_data):
    X, _ = binary_data
    search = make_search(explainer, n_iter=2, floor=0.0).fit(X)
    assert type(search) is RandomizedSearchCV
    assert len(search.cv_results_["params"]) == 2


def test_default_candidates_vary_what_matters_to_the_neighborhood(explainer):
    assert set(make_search(explainer).param_grid) == {"max_features", "discretizer", "keep"}
    shared = clone(explainer).set_params(neighborhood="shared")
    assert set(make_search(shared).param_grid) == {"max_features", "discretizer", "kernel_width"}


def test_other_scores_and_floors(explainer, binary_data):
    X, _ = binary_data
    search = make_search(
        explainer,
        {"max_features": [1, 3, None]},
        scores={"simple": "neg_n_nonzero_weights", "top": get_scorer("effects", n_draws=8)},
        stability="variables_stability",
        floor=0.1,
        cv=2,
    ).fit(X[:40])
    assert search.best_params_ == {"max_features": 1}


def test_floor_changes_the_choice(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, method="sampling", random_state=0, max_features=None
    )
    grid = {"n_perturbations": [32, 2048]}
    options = {"scores": {"few": _prefers_few}, "stability": "rank_stability"}
    free = make_search(explainer, grid, floor=-1.0, **options).fit(X)
    held = make_search(explainer, grid, floor=0.8, **options).fit(X)
    assert free.best_params_ == {"n_perturbations": 32}
    assert held.best_params_ == {"n_perturbations": 2048}


def _prefers_few(explainer, X, y=None):
    return -float(explainer.n_perturbations)


def test_searches_over_pictures_are_told_which_scores_they_have():
    explainer = LimeImageExplainer(lambda X: X.sum(axis=(1, 2)), segmenter="grid")
    with pytest.raises(ValueError, match=r"'effects'.*LimeImageExplainer has none.*GridSearchCV"):
        make_search(explainer, {"keep": [0.5, 0.9]})
