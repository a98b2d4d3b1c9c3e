"""Raw scores of boosters, which have no `decision_function`."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklime import LimeTabularExplainer
from sklime._responses._raw_scores import asked, booster_package, has_method

CLASSIFIERS = {
    "lightgbm": ("LGBMClassifier", {"verbose": -1, "n_estimators": 5, "n_jobs": 1}),
    "xgboost": ("XGBClassifier", {"n_estimators": 5, "n_jobs": 1}),
    "catboost": (
        "CatBoostClassifier",
        {"verbose": 0, "iterations": 5, "allow_writing_files": False, "thread_count": 1},
    ),
}
RAW = {
    "lightgbm": {"raw_score": True},
    "xgboost": {"output_margin": True},
    "catboost": {"prediction_type": "RawFormulaVal"},
}


@pytest.fixture(params=list(CLASSIFIERS))
def package(request):
    pytest.importorskip(request.param)
    return request.param


def classifier(package):
    name, options = CLASSIFIERS[package]
    return getattr(pytest.importorskip(package), name)(**options)


def explained(model, X, **options):
    explainer = LimeTabularExplainer(
        model,
        response_method="decision_function",
        max_features=2,
        n_perturbations=64,
        random_state=0,
        **options,
    )
    return explainer.fit(X).explain(X[:3])


@pytest.mark.parametrize("kind", ["array", "frame"])
def test_the_raw_score_of_a_booster_is_its_decision_function(package, kind, binary_data):
    X, y = binary_data
    X = X if kind == "array" else pd.DataFrame(X, columns=list("abcde"))
    model = classifier(package).fit(X, y)
    assert booster_package(model) == package
    score = model.predict(X[:3], **RAW[package])
    assert score.shape == (3,)
    assert_allclose(1.0 / (1.0 + np.exp(-score)), model.predict_proba(X[:3])[:, 1], rtol=1e-5)
    batch = explained(model, X)
    # As in scikit-learn, one column is the score of the second class.
    assert_allclose(batch.predictions[:, -1], score)
    assert_array_equal(batch.predicted, np.asarray(model.predict(X[:3])).ravel())


def test_boosters_of_several_classes_score_each(package, multiclass_data):
    X, y = multiclass_data
    y = np.unique(y, return_inverse=True)[1]
    model = classifier(package).fit(X, y)
    batch = explained(model, X, target="all")
    assert_allclose(batch.predictions, model.predict(X[:3], **RAW[package]))


@pytest.mark.parametrize("inside", ["pipeline", "search", "pipeline of one step"])
def test_a_booster_scores_inside_other_models(package, inside, binary_data):
    X, y = binary_data
    own = classifier(package)
    model = {
        "pipeline": make_pipeline(StandardScaler(), own),
        "search": GridSearchCV(make_pipeline(StandardScaler(), own), {}, cv=2),
        "pipeline of one step": make_pipeline(own),
    }[inside].fit(X, y)
    whole = getattr(model, "best_estimator_", model)
    table = whole[:-1].transform(X[:3]) if len(whole.steps) > 1 else X[:3]
    expected = whole.steps[-1][1].predict(table, **RAW[package])
    assert has_method(model, "decision_function")
    assert_array_equal(asked(model, "decision_function")(X[:3]), expected)
    assert_allclose(explained(model, X).predictions[:, -1], expected)


def test_a_booster_without_link_scores_too(package, regression_data):
    X, y = regression_data
    name, options = CLASSIFIERS[package]
    kind = getattr(pytest.importorskip(package), name.replace("Classifier", "Regressor"))
    objective = {"lightgbm": "poisson", "xgboost": "count:poisson", "catboost": "Poisson"}[package]
    key = "loss_function" if package == "catboost" else "objective"
    model = kind(**{key: objective}, **options).fit(X, np.abs(y))
    score = asked(model, "decision_function")(X)
    assert_allclose(np.exp(score), model.predict(X), rtol=1e-5)


def test_native_boosters_are_asked_with_tables(binary_frame, binary_data):
    lightgbm, xgboost = pytest.importorskip("lightgbm"), pytest.importorskip("xgboost")
    X, y = binary_frame, binary_data[1]
    options = {"objective": "binary", "verbose": -1, "num_threads": 1}
    light = lightgbm.train(options, lightgbm.Dataset(X, y), 5)
    matrix = xgboost.DMatrix(X, y)
    options = {"objective": "binary:logistic", "nthread": 1}
    extreme = xgboost.train(options, matrix, 5)
    for model, answer, score in (
        (light, light.predict(X), light.predict(X, raw_score=True)),
        (extreme, extreme.predict(matrix), extreme.predict(matrix, output_margin=True)),
    ):
        assert_array_equal(asked(model, "predict")(X), answer)
        assert_array_equal(asked(model, "decision_function")(X), score)
        assert_allclose(explained(model, X).predictions[:, 0], score[:3])
        by_method = LimeTabularExplainer(model.predict, n_perturbations=64, random_state=0)
        assert_allclose(by_method.fit(X).explain(X[:3]).predictions[:, 0], answer[:3])


def test_other_models_are_asked_by_their_methods(binary_data):
    model = LogisticRegression().fit(*binary_data)
    assert booster_package(model) is None
    assert booster_package(LogisticRegression) is None
    assert asked(model, "decision_function") == model.decision_function
    assert not has_method(model, "score_samples")
    assert not has_method(np.sum, "decision_function")
