"""The predicted class is what `predict` says: in targets, texts, pictures, reports, files."""

import json

import numpy as np
import pytest
from documents import FILMS
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklime import Explanation, ExplanationBatch, LimeTabularExplainer, LimeTextExplainer

SMALL = {"n_perturbations": 64, "random_state": 0}


class Contrary(ClassifierMixin, BaseEstimator):
    """Predicts another class than the likeliest one."""

    def __init__(self, labels=("no", "yes")):
        self.labels = labels

    def fit(self, X, y=None):
        self.classes_ = np.array(self.labels)
        return self

    def predict_proba(self, X):
        p = 1.0 / (1.0 + np.exp(-np.asarray(X)[:, 0]))
        return np.column_stack([1.0 - p, p])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmin(axis=1)]


class CountingClassifier:
    """A classifier that counts the rows that each method is asked about."""

    def __init__(self, classifier):
        self.classifier = classifier
        self.classes_ = classifier.classes_
        self.n_rows = {"predict": 0, "predict_proba": 0}

    def predict(self, X):
        self.n_rows["predict"] += len(X)
        return self.classifier.predict(X)

    def predict_proba(self, X):
        self.n_rows["predict_proba"] += len(X)
        return self.classifier.predict_proba(X)


@pytest.fixture(scope="module")
def doubtful(binary_data):
    """A classifier that takes nearly every row for class 1."""
    X, y = binary_data
    model = FixedThresholdClassifier(LogisticRegression(), threshold=0.01, pos_label=1)
    return model.fit(X, y)


def thresholds():
    fixed = FixedThresholdClassifier(LogisticRegression(), threshold=0.1)
    return {
        "fixed": fixed,
        "tuned": TunedThresholdClassifierCV(LogisticRegression(), cv=2, scoring="recall"),
        "pipeline": make_pipeline(StandardScaler(), fixed),
        "search": GridSearchCV(fixed, {"threshold": [0.1]}, cv=2),
        "contrary": Contrary(),
        "contrary numbers": Contrary((-1, 1)),
        "contrary truth values": Contrary((False, True)),
    }


@pytest.mark.parametrize(
    "name", ["fixed", "tuned", "pipeline", "search", "contrary", "contrary numbers"]
)
@pytest.mark.parametrize("response_method", ["auto", "predict_proba", "predict"])
def test_predicted_class_is_what_predict_says(name, response_method, neighborhood, binary_data):
    X, y = binary_data
    model = thresholds()[name].fit(X, y)
    explainer = LimeTabularExplainer(
        model,
        target="predicted",
        neighborhood=neighborhood,
        response_method=response_method,
        **SMALL,
    ).fit(X)
    batch = explainer.explain(X[:20])
    said = model.predict(X[:20])
    assert [one.predicted_class for one in batch] == said.tolist()
    assert [one.explained_names() for one in batch] == [(label,) for label in said.tolist()]
    if response_method != "predict":
        places = np.searchsorted(model.classes_, said)
        expected = model.predict_proba(X[:20])[np.arange(20), places]
        assert_allclose(batch.predictions[:, 0], expected)
        assert (expected < 0.5).any()


def test_truth_values_are_predicted_classes(binary_data):
    X, _ = binary_data
    model = Contrary((False, True)).fit(X)
    one = LimeTabularExplainer(model, **SMALL).fit(X).explain(X[:1])[0]
    assert one.predicted_class is bool(model.predict(X[:1])[0])


def test_scores_do_not_say_which_class_is_predicted(binary_data):
    # RidgeClassifier has no probabilities; its decision and its prediction agree here.
    X, y = binary_data
    model = RidgeClassifier().fit(X, y)
    batch = LimeTabularExplainer(model, target="predicted", **SMALL).fit(X).explain(X[:9])
    assert [one.predicted_class for one in batch] == model.predict(X[:9]).tolist()


def test_header_names_the_class_that_predict_says(doubtful, binary_data):
    X, _ = binary_data
    row = np.flatnonzero(doubtful.predict(X) != doubtful.predict_proba(X).argmax(axis=1))[:1]
    explainer = LimeTabularExplainer(doubtful, target="all", **SMALL).fit(X)
    one = explainer.explain(X[row])[0]
    assert one.predicted_class == 1
    assert "class 1 (predicted)" in repr(one)
    assert "class 0 (predicted is 1)" in repr(one)
    assert one.as_list() == one.as_list(1)
    assert ": model predicts 1" in one.plot().title
    html = one._repr_html_()
    assert html.index("Model predicts") < html.index("<bdi>1</bdi>")


def test_report_measures_accuracy_of_predict(binary_data, tmp_path):
    X, y = binary_data
    model = Contrary((0, 1)).fit(X)
    batch = LimeTabularExplainer(model, **SMALL).fit(X).explain(X[:30])
    accuracy = np.mean(model.predict(X[:30]) == y[:30])
    assert accuracy != np.mean(model.predict_proba(X[:30]).argmax(axis=1) == y[:30])
    text = batch.to_html(tmp_path / "report.html", y=y[:30]).read_text(encoding="utf-8")
    shown = text[text.index("Model accuracy here") :]
    assert f'<div class="v">{accuracy:.2f}</div>' in shown[:200]


def test_report_refuses_labels_that_the_model_does_not_know(doubtful, binary_data, tmp_path):
    X, y = binary_data
    batch = LimeTabularExplainer(doubtful, **SMALL).fit(X).explain(X[:5])
    with pytest.raises(ValueError, match=r"'1'.*\[0, 1\]|'0'.*\[0, 1\]"):
        batch.to_html(tmp_path / "report.html", y=y[:5].astype(str))


def test_predicted_class_of_a_document_is_what_predict_says():
    model = make_pipeline(
        TfidfVectorizer(),
        FixedThresholdClassifier(LogisticRegression(), threshold=0.3, pos_label="up"),
    ).fit(FILMS, ["up", "up", "down", "down", "down", "up"])
    explainer = LimeTextExplainer(model, target="predicted", **SMALL).fit(FILMS)
    batch = explainer.explain(FILMS)
    said = model.predict(FILMS).tolist()
    assert [one.predicted_class for one in batch] == said
    assert [one.explained_names() for one in batch] == [(label,) for label in said]
    p = model.predict_proba(FILMS)
    assert_allclose(
        batch.predictions[:, 0], [row[("down", "up").index(s)] for row, s in zip(p, said)]
    )
    assert any(row.argmax() != ("down", "up").index(s) for row, s in zip(p, said))


@pytest.mark.parametrize("on_error", ["raise", "warn"])
def test_document_on_which_predict_fails_has_no_predicted_class(on_error):
    class Picky:
        classes_ = np.array(["a", "b"])

        def predict_proba(self, texts):
            return np.full((len(texts), 2), 0.5)

        def predict(self, texts):
            if any("bad" in text for text in texts):
                raise RuntimeError("cannot")
            return ["b"] * len(texts)

    explainer = LimeTextExplainer(Picky(), on_error=on_error, **SMALL).fit(FILMS)
    if on_error == "raise":
        with pytest.raises(RuntimeError, match="cannot"):
            explainer.explain(FILMS)
        return
    batch = explainer.explain(FILMS)
    assert batch.predicted.tolist() == [1, 1, -1, -1, 1, -1]
    assert "predicted" not in repr(batch[2])


@pytest.mark.parametrize("has_predict", [True, False])
def test_without_predict_the_largest_answer_is_the_predicted_class(has_predict, binary_data):
    class Scorer:
        classes_ = np.array(["a", "b"])

        def predict_proba(self, X):
            return np.column_stack([X[:, 0] > 0.0, X[:, 0] <= 0.0]).astype(float)

    class Abstract(Scorer):
        def predict(self, X):
            raise NotImplementedError

    X, _ = binary_data
    model = Abstract() if has_predict else Scorer()
    batch = LimeTabularExplainer(model, **SMALL).fit(X).explain(X[:9])
    expected = np.where(X[:9, 0] > 0.0, "a", "b").tolist()
    assert [one.predicted_class for one in batch] == expected


def test_predict_that_names_no_class_is_an_error_that_shows_both(binary_data):
    class Stranger(Contrary):
        def predict(self, X):
            return np.where(np.asarray(X)[:, 0] > np.inf, "no", "maybe")

    X, _ = binary_data
    with pytest.raises(ValueError, match=r"'maybe'.*\['no', 'yes'\]"):
        LimeTabularExplainer(Stranger().fit(X), **SMALL).fit(X)


def test_missing_prediction_is_no_predicted_class(binary_data):
    class Abstaining(Contrary):
        def predict(self, X):
            return np.where(np.asarray(X)[:, 0] > 0.0, 1.0, np.nan)

    X, _ = binary_data
    model = Abstaining((0, 1)).fit(X)
    batch = LimeTabularExplainer(model, **SMALL).fit(X).explain(X[:9])
    assert_array_equal(batch.predicted, np.where(X[:9, 0] > 0.0, 1, -1))


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_predict_is_asked_about_one_row_in_fit_and_once_about_each_explained_row(
    neighborhood, binary_data, binary_model
):
    X, _ = binary_data
    model = CountingClassifier(binary_model)
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **SMALL).fit(X)
    n_shared = 64 if neighborhood == "shared" else 0
    assert model.n_rows == {"predict": 1, "predict_proba": n_shared}
    explainer.explain(X[:7])
    n_asked = n_shared + 7 if n_shared else 7 * 65
    assert model.n_rows == {"predict": 8, "predict_proba": n_asked}


def test_transform_asks_predict_only_where_the_target_depends_on_it(binary_data, binary_model):
    X, _ = binary_data
    model = CountingClassifier(binary_model)
    LimeTabularExplainer(model, **SMALL).fit(X).transform(X[:7])
    assert model.n_rows["predict"] == 1
    LimeTabularExplainer(model, target="predicted", **SMALL).fit(X).transform(X[:7])
    assert model.n_rows["predict"] == 1 + 1 + 7


def test_regression_and_functions_have_no_predicted_class(binary_data):
    X, _ = binary_data
    batch = LimeTabularExplainer(lambda X: X[:, :2], **SMALL).fit(X).explain(X[:3])
    assert_array_equal(batch.predicted, -1)
    assert batch[0].predicted_class is None


def test_row_without_answers_has_no_predicted_class(binary_data):
    class Gaps(Contrary):
        def predict_proba(self, X):
            p = super().predict_proba(X)
            p[np.asarray(X)[:, 0] == marked] = np.nan
            return p

    X, _ = binary_data
    marked = X[1, 0]
    explainer = LimeTabularExplainer(Gaps().fit(X), target="predicted", **SMALL).fit(X)
    with pytest.warns(RuntimeWarning, match="NaN"):
        batch = explainer.explain(X[:3])
    assert batch.predicted[1] == -1
    assert batch[1].predicted_class is None


def test_predicted_class_comes_back_from_json(doubtful, binary_data):
    X, _ = binary_data
    batch = LimeTabularExplainer(doubtful, target="predicted", **SMALL).fit(X).explain(X[:9])
    again = ExplanationBatch.from_json(batch.to_json())
    assert_array_equal(again.predicted, batch.predicted)
    assert Explanation.from_json(batch[0].to_json()).predicted_class == batch[0].predicted_class


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"predicted": 2}, "points beyond"),
        ({"predicted": -2}, "points beyond"),
        ({"predicted": 0}, "not the predicted class"),
        ({"is_classification": False}, "there are none"),
    ],
    ids=["too large", "too small", "other than explained", "no classes"],
)
def test_file_whose_predicted_class_contradicts_itself_is_refused(
    change, reason, doubtful, binary_data
):
    X, _ = binary_data
    explainer = LimeTabularExplainer(doubtful, target="predicted", **SMALL).fit(X)
    batch = explainer.explain(X[doubtful.predict(X) == 1][:1])
    document = json.loads(batch.to_json())
    for name, value in change.items():
        if name == "predicted":
            document["fields"][name]["data"] = [value]
        else:
            document["fields"][name] = value
    with pytest.raises(ValueError, match=reason):
        ExplanationBatch.from_json(json.dumps(document))
