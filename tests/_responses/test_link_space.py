"""Generalized linear models are explained in link space on request."""

import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import (
    GammaRegressor,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tables import FEW

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime._readings._checked import checked
from sklime._readings._readers import read_model
from sklime._responses._link_space import link_space_of, method_of

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 3))
y = np.exp(X @ [1.0, -1.0, 0.5])

MODELS = [
    PoissonRegressor(),
    GammaRegressor(),
    TweedieRegressor(power=1.5),
    TweedieRegressor(power=0, link="log"),
    make_pipeline(StandardScaler(), make_pipeline("passthrough", PoissonRegressor())),
    GridSearchCV(make_pipeline(StandardScaler(), PoissonRegressor()), {}),
]


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_the_exponential_of_the_score_is_the_prediction(model):
    model.fit(X, y)
    score = method_of(model, "decision_function")
    assert_allclose(np.exp(score(X)), model.predict(X), rtol=1e-12)
    assert_allclose(pickle.loads(pickle.dumps(score))(X), score(X))
    assert method_of(FrozenEstimator(model), "decision_function")(X).shape == (200,)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_the_reading_passes_its_check_against_the_score(model):
    score = method_of(model.fit(X, y), "decision_function")
    reading = read_model(model, "decision_function")
    # The exponential of these scores overflows.
    tables = [X, 1e4 * X]
    found = checked(reading, lambda table: score(table)[:, None], tables)
    assert_allclose(found.base, reading.base, rtol=1e-9)


def test_the_score_is_explained():
    model = make_pipeline(StandardScaler(), PoissonRegressor()).fit(X, y)
    explainer = LimeTabularExplainer(model, response_method="decision_function", **FEW)
    batch = explainer.fit(X).explain(X[:3])
    assert_allclose(np.exp(batch.predictions[:, 0]), model.predict(X[:3]), rtol=1e-12)


def test_the_score_of_texts_is_explained():
    texts = ["good film", "bad film", "good good actors", "bad plot"]
    model = make_pipeline(CountVectorizer(), PoissonRegressor()).fit(texts, [3, 1, 4, 0])
    explainer = LimeTextExplainer(model, response_method="decision_function", random_state=0)
    batch = explainer.fit(texts).explain(texts[:1])
    assert_allclose(np.exp(batch.predictions[0, 0]), model.predict(texts[:1])[0], rtol=1e-12)


def test_other_models_have_no_link_space():
    assert link_space_of(Ridge().fit(X, y)) is None
    classifier = LogisticRegression().fit(X, y > 1.0)
    assert method_of(classifier, "decision_function") == classifier.decision_function
    assert method_of(len, None) is len
    with pytest.raises(ValueError, match="Ridge has no method 'decision_function'"):
        LimeTabularExplainer(Ridge(), response_method="decision_function").fit(X, y)
