"""The predicted class is what `predict` says: in targets, texts, pictures, reports, files."""

import functools
import json

import numpy as np
import pandas as pd
import pytest
from documents import FILMS
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from tables import FEW, explained_model

from sklime import Explanation, ExplanationBatch, LimeTabularExplainer, LimeTextExplainer
from sklime.metrics import get_scorer
from sklime.utils._objects import NO_INDEX

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
    assert batch.predicted.tolist() == [1, 1, NO_INDEX, NO_INDEX, 1, NO_INDEX]
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
    assert_array_equal(batch.predicted, np.where(X[:9, 0] > 0.0, 1, NO_INDEX))


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_predict_is_asked_about_one_row_in_fit_and_once_about_each_explained_row(
    neighborhood, binary_data, binary_model
):
    X, _ = binary_data
    model = CountingClassifier(binary_model)
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **SMALL).fit(X)
    # One row alone and among 32 others tells whether the model answers row by row.
    n_fit = 1 + 33 + (64 if neighborhood == "shared" else 0)
    assert model.n_rows == {"predict": 1, "predict_proba": n_fit}
    explainer.explain(X[:7])
    n_explain = 7 if neighborhood == "shared" else 7 * 65
    assert model.n_rows == {"predict": 8, "predict_proba": n_fit + n_explain}


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
    assert batch.predicted is None
    assert batch[0].predicted is None
    assert batch.predicted_classes.tolist() == [None] * len(batch)
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
    assert batch[1].predicted is None
    with pytest.raises(IndexError):
        batch.response_names[batch.predicted[1]]
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


# Targets


def test_binary_target_is_the_second_class(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, **FEW).fit(X)
    batch = explainer.explain(X[:3])
    assert batch.values.shape[2] == 1
    assert [str(name) for name in batch.output_names] == ["1"]
    assert_allclose(batch.predictions[:, 0], binary_model.predict_proba(X[:3])[:, 1])


def test_weights_of_the_two_classes_are_opposite(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW)
    positive = clone(explainer).set_params(target=1).fit(X).transform(X[:3])
    negative = clone(explainer).set_params(target=0).fit(X).transform(X[:3])
    assert_allclose(positive, -negative, atol=1e-10)


@pytest.mark.parametrize("k", [0, 1, 2])
def test_class_label_selects_that_class(k, multiclass_data, multiclass_model):
    X, _ = multiclass_data
    label = multiclass_model.classes_[k]
    explainer = LimeTabularExplainer(multiclass_model, **FEW).fit(X)
    of_one = LimeTabularExplainer(multiclass_model, target=label, **FEW).fit(X)
    expected = explainer.explain(X[::50]).values[..., [k]]
    assert_allclose(of_one.explain(X[::50]).values, expected, atol=1e-10)
    assert_array_equal(of_one.get_feature_names_out(), ["x0", "x1", "x2", "x3"])


def test_all_is_what_auto_means_for_several_classes(multiclass_data, multiclass_model):
    X, _ = multiclass_data
    auto = LimeTabularExplainer(multiclass_model, **FEW).fit(X)
    all_of_them = LimeTabularExplainer(multiclass_model, target="all", **FEW).fit(X)
    assert_array_equal(auto.transform(X[:2]), all_of_them.transform(X[:2]))


def test_all_reports_both_of_two_classes(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, target="all", **FEW).fit(X)
    assert explainer.explain(X[:2]).values.shape == (2, 5, 2)


def test_predicted_reports_the_predicted_class_of_each_row(
    neighborhood, multiclass_data, multiclass_model
):
    X, _ = multiclass_data
    rows = X[::30]
    explainer = LimeTabularExplainer(multiclass_model, neighborhood=neighborhood, **FEW)
    of_all = clone(explainer).fit(X).explain(rows)
    of_predicted = clone(explainer).set_params(target="predicted").fit(X).explain(rows)
    k = multiclass_model.predict_proba(rows).argmax(axis=1)
    assert_allclose(
        of_predicted.values[..., 0],
        np.take_along_axis(of_all.values, k[:, None, None], axis=2)[..., 0],
        atol=1e-10,
    )
    assert_allclose(of_predicted.predictions[:, 0], of_all.predictions.max(axis=1))


@pytest.mark.parametrize(
    ("labels", "target"),
    [([1, 2], 2), ([False, True], True), (["bad", "good"], "good"), ([-1, 1], 1)],
)
def test_labels_are_aligned_with_the_classes(labels, target, binary_data):
    X, y = binary_data
    explainer = LimeTabularExplainer(LogisticRegression(), target=target, **FEW)
    batch = explainer.fit(X, np.array(labels)[y]).explain(X[:3])
    expected = LogisticRegression().fit(X, y).predict_proba(X[:3])[:, 1]
    assert_allclose(batch.predictions[:, 0], expected)
    assert [str(name) for name in batch.output_names] == [str(target)]


def test_integer_is_a_label_for_a_classifier(binary_data):
    # With classes 1 and 2, target=1 is the first class, not the second column.
    X, y = binary_data
    explainer = LimeTabularExplainer(LogisticRegression(), target=1, **FEW).fit(X, y + 1)
    expected = LogisticRegression().fit(X, y).predict_proba(X[:3])[:, 0]
    assert_allclose(explainer.explain(X[:3]).predictions[:, 0], expected)


@pytest.mark.parametrize("target", [0, 1])
def test_integer_is_an_output_index_for_a_regressor(target, regression_data):
    X, y = regression_data
    Y = np.column_stack([y, 2 * y + X[:, 0]])
    explainer = LimeTabularExplainer(LinearRegression(), target=target, **FEW).fit(X, Y)
    expected = LinearRegression().fit(X, Y).predict(X[:3])[:, target]
    assert_allclose(explainer.explain(X[:3]).predictions[:, 0], expected)


def test_all_outputs_of_a_function_are_reported(binary_data):
    X, _ = binary_data
    explainer = LimeTabularExplainer(lambda X: X[:, :3], **FEW).fit(X)
    batch = explainer.explain(X[:4])
    assert batch.values.shape == (4, 5, 3)
    assert_allclose(batch.predictions, X[:4, :3])


@pytest.mark.parametrize("target", ["ve", 7, -1])
def test_unknown_class_is_an_error_that_lists_the_classes(
    target, multiclass_data, multiclass_model
):
    explainer = LimeTabularExplainer(multiclass_model, target=target, **FEW)
    with pytest.raises(ValueError, match=r"setosa.*versicolor.*virginica"):
        explainer.fit(multiclass_data[0])


@pytest.mark.parametrize("target", [2, -3, "virginica"])
def test_unknown_output_of_a_regressor_is_an_error(target, regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(LinearRegression(), target=target, **FEW)
    with pytest.raises(ValueError, match="target="):
        explainer.fit(X, np.column_stack([y, -y]))


FRAMES = ["pandas", "polars"]


def frame_of(kind, columns):
    return pytest.importorskip(kind).DataFrame(columns)


def indicator(X, n_labels, *, with_constant=False):
    Y = (X[:, :n_labels] > 0.3).astype(int)
    return np.column_stack([Y, np.ones(len(X), dtype=int)]) if with_constant else Y


# Names


@pytest.mark.parametrize("kind", FRAMES)
def test_function_that_returns_a_frame_names_its_outputs(kind, neighborhood, binary_data):
    X, _ = binary_data
    make = functools.partial(frame_of, kind)
    batch = explained_model(
        lambda X: make({"cost": X[:, 0], "gain": X[:, 1]}), X, neighborhood=neighborhood
    )
    assert batch.output_names == ("cost", "gain")
    assert batch[0].as_list("gain") == batch[0].as_list(1)
    assert set(batch.to_frame()["output"]) == {"cost", "gain"}


@pytest.mark.parametrize("kind", FRAMES)
def test_function_that_returns_a_series_names_its_output(kind, binary_data):
    package = pytest.importorskip(kind)
    X, _ = binary_data
    batch = explained_model(lambda X: package.Series(name="cost", **series_of(kind, X[:, 0])), X)
    assert batch.output_names == ("cost",)


def series_of(kind, values):
    return {"data" if kind == "pandas" else "values": values}


def test_frame_without_names_leaves_the_names_to_sklime(binary_data):
    X, _ = binary_data
    assert explained_model(lambda X: pd.DataFrame(X[:, :2]), X).output_names == (
        "prediction0",
        "prediction1",
    )


def test_document_function_that_returns_a_frame_names_its_outputs():
    def counts(texts):
        return pd.DataFrame({word: [t.count(word) for t in texts] for word in ("good", "bad")})

    batch = LimeTextExplainer(counts, **FEW).fit(FILMS).explain(FILMS)
    assert batch.output_names == ("good", "bad")


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
@pytest.mark.parametrize("given", [["stays", "leaves"], {0: "stays", 1: "leaves"}], ids=type)
@pytest.mark.parametrize("target", ["leaves", 1])
def test_names_of_classes_reach_everything(given, target, neighborhood, binary_data, tmp_path):
    X, y = binary_data
    model = LogisticRegression().fit(X, y)
    explainer = LimeTabularExplainer(
        model, output_names=given, target=target, neighborhood=neighborhood, **FEW
    ).fit(X)
    batch = explainer.explain(X[:20])
    assert batch.output_names == ("leaves",)
    assert batch.response_names == ("stays", "leaves")
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:20])[:, 1])
    assert_array_equal(explainer.classes_, [0, 1])
    assert set(batch.to_frame()["output"]) == {"leaves"}
    one = batch[0]
    assert one.predicted_class in ("stays", "leaves")
    assert one.as_list("leaves") == one.as_list(1) == one.as_list()
    for text in (repr(one), one._repr_html_(), one.plot().xlabel, one.to_json()):
        assert "leaves" in text
    report = batch.to_html(tmp_path / "report.html", y=y[:20]).read_text(encoding="utf-8")
    assert "P(leaves)" in report
    accuracy = f"{np.mean(model.predict(X[:20]) == y[:20]):.2f}"
    assert f'<div class="v">{accuracy}</div>' in report
    again = ExplanationBatch.from_json(batch.to_json())
    assert again.response_labels == (0, 1)
    assert again[0].as_list(1) == one.as_list()


def test_names_of_several_outputs_reach_the_names_of_columns(binary_data):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        lambda X: X[:, :2], output_names=np.array(["cost", "gain"]), **FEW
    ).fit(X)
    names = explainer.get_feature_names_out().tolist()
    assert names[0] == "cost__x0"
    assert names[-1] == "gain__x4"
    assert explainer.explain(X[:2]).to_matrix().columns.tolist() == names


def test_pictures_name_one_of_several_outputs(binary_data):
    # A picture of the first output did not say that there are others.
    X, _ = binary_data
    batch = explained_model(lambda X: X[:, :2], X, output_names=["cost", "gain"])
    assert ", output gain" in batch[0].plot("gain").title
    assert ", output gain" in batch.plot(1).title
    assert "output" not in batch[0].plot(kind="comparison").title
    with pytest.raises(ValueError, match=r"pass one of \['cost', 'gain'\] as output"):
        batch.plot()


def test_names_of_some_classes_leave_the_others(multiclass_data):
    X, y = multiclass_data
    model = LogisticRegression(max_iter=1000).fit(X, y)
    batch = explained_model(model, X, output_names={"setosa": "bristly"})
    assert batch.output_names == ("bristly", "versicolor", "virginica")


def test_names_of_outputs_are_those_of_a_label_each(binary_data):
    X, _ = binary_data
    model = DecisionTreeClassifier(max_depth=2).fit(X, indicator(X, 2))
    batch = explained_model(model, X, output_names=["sport", "politics"])
    assert batch.output_names == ("sport__0", "sport__1", "politics__0", "politics__1")


def test_names_of_documents_classes_reach_the_names_of_words():
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(FILMS, list("uudddu"))
    explainer = LimeTextExplainer(
        model, output_names={"u": "up", "d": "down"}, target="all", **FEW
    ).fit(FILMS)
    assert explainer.get_feature_names_out()[0] == "down__a"
    assert explainer.explain(FILMS).output_names == ("down", "up")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (["a"], r"1 names for 2 outputs of the model, \[0, 1\]"),
        (["a", "b", "c"], "3 names for 2"),
        (["a", "a"], "'a' twice"),
        ({0: "a", 1: "a"}, "'a' twice"),
        ({2: "c"}, r"name for 2.*\[0, 1\]"),
        ({"0": "c"}, r"name for '0'"),
        ([0, 1], "0, which is no text"),
        ({0: 5}, "5, which is no text"),
        ("ab", "must be an array-like"),
    ],
    ids=str,
)
def test_names_that_do_not_fit_are_an_error(given, reason, binary_data):
    X, y = binary_data
    explainer = LimeTabularExplainer(LogisticRegression(), output_names=given, **FEW)
    with pytest.raises(ValueError, match=reason):
        explainer.fit(X, y)


# Lists and pairs


def test_list_of_classes_is_explained_in_its_order(neighborhood, multiclass_data):
    X, y = multiclass_data
    model = LogisticRegression(max_iter=1000).fit(X, y)
    batch = explained_model(model, X, target=["virginica", "setosa"], neighborhood=neighborhood)
    every = explained_model(model, X, target="all", neighborhood=neighborhood)
    assert batch.output_names == ("virginica", "setosa")
    assert_allclose(batch.values, every.values[..., [2, 0]], atol=1e-12)


@pytest.mark.parametrize("make", [list, np.array, pd.Index], ids=["list", "array", "index"])
def test_list_of_outputs_may_be_any_sequence(make, binary_data):
    X, _ = binary_data
    batch = explained_model(lambda X: X[:, :3], X, target=make([2, 0]))
    assert batch.output_names == ("prediction2", "prediction0")
    again = ExplanationBatch.from_json(batch.to_json())
    assert again.target == [2, 0]


@pytest.mark.parametrize("discretizer", ["quartile", None])
def test_pair_is_the_difference_of_its_outputs(discretizer, neighborhood, multiclass_data):
    # Least squares is linear in the response, so that weights of the pair are differences.
    X, y = multiclass_data
    model = LogisticRegression(max_iter=1000).fit(X, y)
    options = {"max_features": None, "neighborhood": neighborhood, "discretizer": discretizer}
    pair = explained_model(model, X, target=("virginica", "setosa"), **options)
    every = explained_model(model, X, target="all", **options)
    p = model.predict_proba(X[:5])
    assert_allclose(pair.predictions[:, 0], p[:, 2] - p[:, 0])
    assert_allclose(pair.values[..., 0], every.values[..., 2] - every.values[..., 0], atol=1e-8)
    assert pair.output_names == ("virginica rather than setosa",)
    assert_allclose(
        pair.intercepts + (pair.values * pair.encodings[:, :, None]).sum(axis=1),
        pair.local_predictions,
    )


def test_pair_turned_around_has_the_opposite_weights(neighborhood, multiclass_data):
    X, y = multiclass_data
    model = LogisticRegression(max_iter=1000).fit(X, y)
    one = explained_model(model, X, target=("virginica", "setosa"), neighborhood=neighborhood)
    other = explained_model(model, X, target=("setosa", "virginica"), neighborhood=neighborhood)
    assert_allclose(one.values, -other.values, atol=1e-10)


def test_logarithm_of_a_ratio_of_a_linear_model_is_linear(neighborhood):
    # log(pA / pB) of a logistic regression is a linear function: its own surrogate.
    X = np.random.default_rng(0).normal(size=(150, 3))
    y = np.array(["a", "b", "c"])[np.digitize(X[:, 0] - 0.5 * X[:, 1], [-0.5, 0.5])]
    model = LogisticRegression(C=0.005).fit(X, y)
    explainer = LimeTabularExplainer(
        model,
        target=("c", "b"),
        link="logit",
        baseline="other",
        discretizer=None,
        surrogate=LinearRegression(),
        neighborhood=neighborhood,
        **FEW,
    ).fit(X)
    batch = explainer.explain(X[:5])
    p = model.predict_proba(X[:5])
    assert_allclose(batch.predictions[:, 0], np.log(p[:, 2] / p[:, 1]))
    slopes = (model.coef_[2] - model.coef_[1]) * X.std(axis=0)
    assert_allclose(batch.values[..., 0], np.tile(slopes, (5, 1)), atol=1e-8)
    assert_allclose(batch.fidelity, 1.0)
    assert explainer.score(X[:20]) == pytest.approx(1.0)


def test_ratio_of_two_classes_is_their_logit(binary_data):
    X, y = binary_data
    model = LogisticRegression().fit(X, y)
    pair = explained_model(model, X, target=(1, 0), link="logit")
    assert_allclose(
        pair.values, explained_model(model, X, target=1, link="logit").values, atol=1e-8
    )


def test_pair_of_a_document_is_explained():
    y = ["up", "up", "down", "down", "flat", "up"]
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(FILMS, y)
    explainer = LimeTextExplainer(model, target=("up", "down"), **FEW).fit(FILMS)
    batch = explainer.explain(["a good plot", "a bad plot"])
    p = model.predict_proba(["a good plot", "a bad plot"])
    assert_allclose(batch.predictions[:, 0], p[:, 2] - p[:, 0])
    assert dict(batch[0].as_list())["good"] > 0.0 > dict(batch[1].as_list())["bad"]
    assert batch.output_names == ("up rather than down",)
    assert batch[0].as_list(("up", "down")) == batch[0].as_list()
    assert explainer.transform(["a good plot"]).shape == (1, len(explainer.vocabulary_))


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_pair_is_shown_with_both_sides(neighborhood, multiclass_data, tmp_path):
    X, y = multiclass_data
    model = LogisticRegression(max_iter=1000).fit(X, y)
    target = ("virginica", "setosa")
    batch = explained_model(model, X, target=target, neighborhood=neighborhood)
    one = batch[0]
    assert "class 'virginica' rather than 'setosa' (predicted is 'setosa')" in repr(one)
    html = one._repr_html_()
    assert "virginica rather than setosa" in html
    assert "Not the predicted class" not in html
    assert "toward setosa" in one.plot().xlabel
    assert "toward virginica" in one.plot().xlabel
    assert "toward setosa" in batch.plot().xlabel
    assert batch.plot(kind="fidelity").name.endswith("virginica rather than setosa")
    report = batch.to_html(tmp_path / "report.html", y=y[:5]).read_text(encoding="utf-8")
    assert "for <bdi>virginica rather than setosa</bdi>" in report
    assert "P(virginica" not in report
    again = ExplanationBatch.from_json(batch.to_json())
    assert again.target == target
    assert again[0].as_list(target) == one.as_list()


def test_pair_is_measured_like_any_output(multiclass_data):
    X, y = multiclass_data
    model = LogisticRegression(max_iter=1000).fit(X, y)
    explainer = LimeTabularExplainer(
        model, target=("virginica", "versicolor"), n_perturbations=256, random_state=0
    ).fit(X)
    assert get_scorer("effects")(explainer, X[::20]) > 0.5
    assert 0.0 < explainer.score(X[::20]) <= 1.0


def test_pair_of_outputs_of_a_regression_is_explained(binary_data):
    X, _ = binary_data
    batch = explained_model(lambda X: X[:, :2], X, target=(1, 0))
    assert_allclose(batch.predictions[:, 0], X[:5, 1] - X[:5, 0])
    assert batch.output_names == ("prediction1 rather than prediction0",)


def test_list_may_hold_pairs(multiclass_data):
    X, y = multiclass_data
    model = LogisticRegression(max_iter=1000).fit(X, y)
    target = [("virginica", "setosa"), "versicolor", ("setosa", "versicolor")]
    batch = explained_model(model, X, target=target)
    p = model.predict_proba(X[:5])
    expected = np.column_stack([p[:, 2] - p[:, 0], p[:, 1], p[:, 0] - p[:, 1]])
    assert_allclose(batch.predictions, expected)
    names = ["virginica rather than setosa", "versicolor", "setosa rather than versicolor"]
    assert list(dict.fromkeys(batch.to_frame()["output"])) == names


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        (("a", "z"), r"'z' is not a class of the model; pass one of \['a', 'b', 'c'\]"),
        (("a", "a"), "with itself"),
        (("a", "b", "c"), "a tuple is a pair"),
        (["a", "a"], "'a' twice"),
        (["a", "z"], "'z' is not a class"),
        ([], "empty list"),
        (["predicted"], "'predicted' is not a class"),
        (0, "0 is not a class"),
    ],
    ids=str,
)
def test_target_that_is_no_output_is_an_error(target, reason, binary_data):
    X, _ = binary_data
    y = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.5, 0.5])]
    with pytest.raises(ValueError, match=reason):
        LimeTabularExplainer(LogisticRegression(), target=target, **FEW).fit(X, y)


def test_clone_keeps_lists_pairs_and_names(binary_data):
    parameters = {"target": [(1, 0), 0], "output_names": {0: "no", 1: "yes"}}
    model = LogisticRegression().fit(*binary_data)
    again = clone(LimeTabularExplainer(model, **parameters)).get_params(deep=False)
    assert {name: again[name] for name in parameters} == parameters
