"""Every number on a card says what it is: a probability, a score, log-odds or a value."""

from functools import cache

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.ensemble import IsolationForest
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklime import ExplanationBatch, LimeTabularExplainer, LimeTextExplainer
from sklime.display._units import is_share, response_noun, unit_of

X, Y = load_wine(return_X_y=True)
X, NAMES = X[:, :4], np.array(["ash", "birch", "cedar"])[Y]


@cache
def explained(kind, *, target="auto", link="identity", **params):
    scaled = {
        "probability": make_pipeline(StandardScaler(), LogisticRegression()).fit(X, NAMES),
        "score": make_pipeline(StandardScaler(), RidgeClassifier()).fit(X, NAMES),
        "value": LinearRegression().fit(X, X[:, 0]),
        "outliers": IsolationForest(n_estimators=10, random_state=0).fit(X),
    }
    explainer = LimeTabularExplainer(scaled[kind], target=target, link=link, **params)
    return explainer.set_params(random_state=0, n_perturbations=128).fit(X).explain(X[:3])


UNITS = [
    ("probability", {}, "probability"),
    ("probability", {"link": "logit"}, "log-odds"),
    ("probability", {"response_method": "decision_function"}, "score"),
    ("probability", {"response_method": "predict"}, "indicator"),
    ("probability", {"target": ("ash", "birch")}, "difference in probability"),
    ("probability", {"target": ("ash", "birch"), "link": "logit"}, "log-odds"),
    ("score", {}, "score"),
    ("score", {"target": ("ash", "birch")}, "difference in score"),
    ("value", {}, "predicted value"),
    ("outliers", {}, "score"),
]


@pytest.mark.parametrize(("kind", "params", "unit"), UNITS)
def test_card_text_and_report_tell_the_unit(kind, params, unit, tmp_path):
    batch = explained(kind, **params)
    assert unit_of(batch[0], 0) == unit
    assert f"<b>{unit}</b>" in batch[0].to_html()
    words = "model " if unit == "predicted value" else f"model {unit} "
    assert words in repr(batch[0])
    path = batch[0].save(tmp_path / "row.md")
    assert words in path.read_text(encoding="utf-8")
    assert f'"h":"{response_noun(batch)}"' in batch.to_html()


@pytest.mark.parametrize(("kind", "params", "unit"), UNITS)
def test_unit_is_kept_by_json(kind, params, unit):
    batch = explained(kind, **params)
    assert unit_of(ExplanationBatch.from_json(batch.to_json())[0], 0) == unit


def test_scores_between_0_and_1_are_no_probabilities():
    # The scores of a forest of outliers are below 1, and those of a function may be.
    class Scores:
        """A classifier whose scores lie in [0, 1]."""

        classes_ = np.array(["a", "b", "c"])

        def fit(self, X, y=None):
            return self

        def decision_function(self, X):
            return np.abs(np.tanh(np.asarray(X)[:, :3] / 20.0))

        def predict(self, X):
            return self.classes_[self.decision_function(X).argmax(axis=1)]

    explainer = LimeTabularExplainer(Scores(), n_perturbations=128, random_state=0)
    batch = explainer.fit(X, NAMES).explain(X[:3])
    assert ((batch.responses >= 0) & (batch.responses <= 1)).all()
    assert response_noun(batch) == "score"
    assert not is_share(batch)
    assert "P(" not in batch.to_html()


def test_words_have_the_unit_of_their_model():
    explainer = LimeTextExplainer(lambda texts: [float(len(text)) for text in texts])
    one = explainer.fit(["a text"]).explain(["one short text"])[0]
    assert "predicted value" in one.to_html()


@cache
def thresholded(threshold):
    y = np.where(NAMES == "ash", "yes", "no")
    model = FixedThresholdClassifier(
        make_pipeline(StandardScaler(), LogisticRegression()), threshold=threshold, pos_label="yes"
    ).fit(X, y)
    explainer = LimeTabularExplainer(model, target="yes", n_perturbations=128, random_state=0)
    return model, explainer.fit(X).explain(X[::10])


SENTENCE = "The model predicts yes; the largest probability is that of no."


@pytest.mark.parametrize("threshold", [0.05, 0.5, 0.95])
def test_prediction_that_is_not_the_likeliest_class_has_a_line(threshold):
    model, batch = thresholded(threshold)
    said, likeliest = model.predict(X[::10]), model.classes_[batch.responses.argmax(axis=1)]
    assert (said != likeliest).any() == (threshold != 0.5)
    for one, label, other in zip(batch, said, likeliest):
        sentence = f"The model predicts {label}; the largest probability is that of {other}."
        assert (sentence in repr(one)) == (label != other)


def test_line_on_the_prediction_is_on_cards_in_markdown_and_in_reports(tmp_path):
    model, batch = thresholded(0.05)
    differs = model.predict(X[::10]) != model.classes_[batch.responses.argmax(axis=1)]
    one = batch[int(np.flatnonzero(differs)[0])]
    assert "; the largest probability is that of" in one.to_html()
    assert SENTENCE in one.save(tmp_path / "row.md").read_text(encoding="utf-8")
    assert SENTENCE in batch.to_html()
