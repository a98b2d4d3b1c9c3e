"""What a model answers is asked, not derived: kinds of models, labels, contradictions, names."""

import functools
import pickle

import numpy as np
import pandas as pd
import pytest
from documents import FILMS
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.mixture import GaussianMixture
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import estimator_html_repr
from tables import FEW, explained_model

from sklime import ExplanationBatch, LimeTabularExplainer, LimeTextExplainer
from sklime.metrics import get_scorer, make_search

FRAMES = ["pandas", "polars"]


def frame_of(kind, columns):
    return pytest.importorskip(kind).DataFrame(columns)


# Several labels


def indicator(X, n_labels, *, with_constant=False):
    Y = (X[:, :n_labels] > 0.3).astype(int)
    return np.column_stack([Y, np.ones(len(X), dtype=int)]) if with_constant else Y


def one_column_a_label():
    network = MLPClassifier((4,), solver="lbfgs", max_iter=300, random_state=0)
    return {
        "one against rest": OneVsRestClassifier(LogisticRegression()),
        "network": network,
        "ridge": RidgeClassifier(),
        "chain": ClassifierChain(LogisticRegression()),
        "pipeline": make_pipeline(OneVsRestClassifier(LogisticRegression())),
    }


def answers_of(model, X):
    ask = model.predict_proba if hasattr(model, "predict_proba") else model.decision_function
    return ask(X)


@pytest.mark.parametrize("n_labels", [2, 3])
@pytest.mark.parametrize("name", one_column_a_label())
def test_each_label_is_an_output_and_none_is_predicted(name, n_labels, neighborhood, binary_data):
    X, _ = binary_data
    model = one_column_a_label()[name].fit(X, indicator(X, n_labels))
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW).fit(X)
    batch = explainer.explain(X[:5])
    assert batch.output_names == tuple(range(n_labels))
    assert_allclose(batch.predictions, answers_of(model, X[:5]))
    assert not hasattr(explainer, "classes_")
    assert explainer.n_outputs_ == n_labels
    assert_array_equal(batch.predicted, -1)
    assert "predict" not in repr(batch[0])
    assert batch[0].predicted_class is None


def test_constant_label_is_an_output(binary_data):
    X, _ = binary_data
    Y = indicator(X, 2, with_constant=True)
    with pytest.warns(UserWarning, match="is present in all training examples"):
        model = OneVsRestClassifier(LogisticRegression()).fit(X, Y)
    batch = explained_model(model, X)
    assert batch.output_names == (0, 1, 2)
    assert_array_equal(batch.values[..., 2], 0.0)


@pytest.mark.parametrize("with_constant", [False, True])
@pytest.mark.parametrize(
    "model",
    [
        RandomForestClassifier(3, random_state=0),
        DecisionTreeClassifier(max_depth=2, random_state=0),
        KNeighborsClassifier(),
        MultiOutputClassifier(DecisionTreeClassifier(max_depth=2, random_state=0)),
    ],
    ids=lambda model: type(model).__name__,
)
def test_classes_of_each_label_are_outputs(model, with_constant, binary_data):
    X, _ = binary_data
    model = clone(model).fit(X, indicator(X, 2, with_constant=with_constant))
    batch = explained_model(model, X)
    constant = ("2__1",) if with_constant else ()
    assert batch.output_names == ("0__0", "0__1", "1__0", "1__1", *constant)
    assert_allclose(batch.predictions, np.hstack(model.predict_proba(X[:5])))
    assert_array_equal(batch.predicted, -1)


@pytest.mark.parametrize("name", ["one against rest", "chain"])
def test_hard_labels_of_a_row_are_explained(name, binary_data):
    X, _ = binary_data
    model = one_column_a_label()[name].fit(X, indicator(X, 2))
    batch = explained_model(model, X, response_method="predict")
    said = model.predict(X[:5])
    if name == "chain":
        said = np.column_stack([1 - said[:, 0], said[:, 0], 1 - said[:, 1], said[:, 1]])
    assert_array_equal(batch.predictions, said)


def test_predicted_is_refused_for_labels(binary_data):
    X, _ = binary_data
    model = OneVsRestClassifier(LogisticRegression()).fit(X, indicator(X, 2))
    with pytest.raises(ValueError, match=r"'predicted'.*2 outputs of each row.*target='all'"):
        LimeTabularExplainer(model, target="predicted", **FEW).fit(X)


def test_one_label_is_explained_by_its_index(binary_data):
    X, _ = binary_data
    model = OneVsRestClassifier(LogisticRegression()).fit(X, indicator(X, 3))
    batch = explained_model(model, X, target=2)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:5])[:, 2])
    assert batch[0].as_list(2) == batch[0].as_list()


def test_columns_of_the_labels_name_the_outputs(binary_data):
    X, _ = binary_data
    Y = pd.DataFrame(indicator(X, 2), columns=["sport", "politics"])
    model = OneVsRestClassifier(LogisticRegression())
    assert explained_model(model, X, Y.to_numpy()).output_names == (0, 1)
    explainer = LimeTabularExplainer(model, target="politics", **FEW).fit(X, Y)
    assert explainer.explain(X[:3]).output_names == ("politics",)
    both = explained_model(DecisionTreeClassifier(max_depth=2), X, Y)
    assert both.output_names == ("sport__0", "sport__1", "politics__0", "politics__1")


def test_columns_of_the_targets_name_the_outputs_of_a_regression(binary_data):
    X, _ = binary_data
    Y = pd.DataFrame({"cost": X[:, 0], "gain": X[:, 1]})
    assert explained_model(LinearRegression(), X, Y).output_names == ("cost", "gain")


def test_documents_may_have_several_labels():
    Y = np.array([[1, 0], [1, 1], [0, 0], [0, 1], [0, 1], [1, 0]])
    model = make_pipeline(CountVectorizer(), OneVsRestClassifier(LogisticRegression()))
    model.fit(FILMS, Y)
    batch = LimeTextExplainer(model, **FEW).fit(FILMS).explain(FILMS)
    assert batch.output_names == (0, 1)
    assert_allclose(batch.predictions, model.predict_proba(FILMS))
    assert_array_equal(batch.predicted, -1)


def test_sparse_labels_are_labels(binary_data):
    sparse = pytest.importorskip("scipy.sparse")
    X, _ = binary_data
    model = OneVsRestClassifier(LogisticRegression()).fit(X, sparse.csr_matrix(indicator(X, 2)))
    assert explained_model(model, X).output_names == (0, 1)


# Answers that contradict the classes


class Answers(ClassifierMixin, BaseEstimator):
    """Answers whatever it is told to."""

    def __init__(self, classes=(0, 1), predicted=None, scores=None):
        self.classes = classes
        self.predicted = predicted
        self.scores = scores
        self.classes_ = np.array(classes)

    def fit(self, X, y=None):
        return self

    def predict(self, X):
        return self.predicted(np.asarray(X)[:, 0])

    @property
    def predict_proba(self):
        if self.scores is None:
            raise AttributeError("has no probabilities")
        return lambda X: self.scores(np.asarray(X)[:, 0])


def probabilities(x):
    p = 1.0 / (1.0 + np.exp(-x))
    return np.column_stack([1.0 - p, p])


@pytest.mark.parametrize(
    ("predicted", "shown"),
    [
        (lambda x: x, r"-?\d\.\d+"),
        (lambda x: np.where(x > np.inf, "0", "1"), "'1'"),
        (lambda x: np.where(x > np.inf, 0, 2), "2"),
        (lambda x: probabilities(x), r"\[0\.\d+, 0\.\d+\]"),
        (lambda x: (x > 0).astype(str), "'(False|True)'"),
    ],
    ids=["scores", "texts", "another number", "probabilities", "truth values as texts"],
)
@pytest.mark.parametrize("scores", [None, probabilities], ids=["labels", "probabilities"])
def test_prediction_that_is_no_class_is_an_error_that_shows_both(
    predicted, shown, scores, neighborhood, binary_data
):
    X, _ = binary_data
    model = Answers(predicted=predicted, scores=scores)
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW)
    with pytest.raises(ValueError, match=rf"returned {shown}.*\[0, 1\]"):
        explainer.fit(X)


def test_numbers_where_classes_are_texts_are_an_error(binary_data):
    model = Answers(("0", "1"), predicted=lambda x: (x > 0).astype(int))
    with pytest.raises(ValueError, match=r"returned [01],.*\['0', '1'\]"):
        LimeTabularExplainer(model, **FEW).fit(binary_data[0])


def test_contradiction_that_shows_late_is_an_error(binary_data):
    X, _ = binary_data
    X = X[np.argsort(-X[:, 0])]
    model = Answers(predicted=lambda x: np.where(x < X[-2, 0], 7, 0))
    explainer = LimeTabularExplainer(model, **FEW).fit(X)
    with pytest.raises(ValueError, match=r"returned 7.*\[0, 1\]"):
        explainer.explain(X[-3:])


@pytest.mark.parametrize(
    "predicted",
    [
        lambda x: (x > 0).astype(float),
        lambda x: x > 0,
        lambda x: (x > 0).astype(int)[:, None],
        lambda x: (x > 0).astype(int).tolist(),
        lambda x: pd.Series(x > 0, dtype="int8"),
        lambda x: (x > 0).astype(int).astype(object),
    ],
    ids=["floats", "truth values", "column", "list", "series", "objects"],
)
def test_labels_of_another_type_that_are_equal_are_no_contradiction(predicted, binary_data):
    X, _ = binary_data
    batch = explained_model(Answers(predicted=predicted), X)
    assert_array_equal(batch.predictions[:, 0], X[:5, 0] > 0)


@pytest.mark.parametrize("n_columns", [3, 4])
def test_probabilities_of_other_classes_are_an_error_that_shows_both(
    n_columns, neighborhood, binary_data
):
    X, _ = binary_data
    model = Answers(
        predicted=lambda x: (x > 0).astype(int),
        scores=lambda x: np.full((len(x), n_columns), 1.0 / n_columns),
    )
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW)
    with pytest.raises(ValueError, match=rf"{n_columns} columns for 2 classes.*\[0, 1\]"):
        explainer.fit(X).explain(X[:1])


def test_one_column_that_is_no_probability_is_an_error(binary_data):
    X, _ = binary_data
    model = Answers(predicted=lambda x: (x > 0).astype(int), scores=lambda x: 9.0 * x)
    with pytest.raises(ValueError, match=r"one column for the classes \[0, 1\]"):
        LimeTabularExplainer(model, **FEW).fit(X).explain(X[:1])


def test_columns_of_a_frame_are_put_in_the_order_of_the_classes(binary_data):
    X, _ = binary_data
    model = Answers(
        ("a", "b"),
        predicted=lambda x: np.where(x > 0, "b", "a"),
        scores=lambda x: pd.DataFrame(probabilities(x)[:, ::-1], columns=["b", "a"]),
    )
    assert_allclose(explained_model(model, X).predictions[:, 0], probabilities(X[:5, 0])[:, 1])


def test_repeated_classes_are_an_error(binary_data):
    model = Answers((0, 0), predicted=lambda x: 0 * x)
    with pytest.raises(ValueError, match=r"classes_ are \[0, 0\]"):
        LimeTabularExplainer(model, **FEW).fit(binary_data[0])


def test_comparisons_of_pairs_of_classes_are_no_classes(multiclass_data):
    # Three pairs of three classes: the columns were taken for the classes.
    X, y = multiclass_data
    model = make_pipeline(SVC(decision_function_shape="ovo")).fit(X, y)
    with pytest.raises(ValueError, match="ovr"):
        LimeTabularExplainer(model, response_method="decision_function", **FEW).fit(X)


# Kinds of models


@pytest.mark.parametrize("model", [KMeans(2, n_init=1), GaussianMixture(2)], ids=type)
def test_numbers_of_clusters_are_no_quantity(model, binary_data):
    X, _ = binary_data
    model = clone(model).set_params(random_state=0).fit(X)
    with pytest.raises(ValueError, match="numbers of clusters"):
        LimeTabularExplainer(model, response_method="predict", **FEW).fit(X)
    with pytest.raises(ValueError, match="numbers of clusters"):
        LimeTabularExplainer(model.predict, **FEW).fit(X)


def test_density_of_a_mixture_is_explained(binary_data):
    X, _ = binary_data
    model = GaussianMixture(2, random_state=0).fit(X)
    assert_allclose(explained_model(model, X).predictions[:, 0], model.score_samples(X[:5]))
    batch = explained_model(model, X, response_method="predict_proba")
    assert_allclose(batch.predictions, model.predict_proba(X[:5]))


class Wrapper(BaseEstimator):
    """A scikit-learn estimator that does not say of what kind it is."""

    def fit(self, X, y):
        self.inner_ = LogisticRegression().fit(X, y)
        self.classes_ = self.inner_.classes_
        return self

    def predict(self, X):
        return self.inner_.predict(X)

    def predict_proba(self, X):
        return self.inner_.predict_proba(X)


@pytest.mark.parametrize("in_pipeline", [False, True])
def test_wrapper_with_classes_is_a_classifier(in_pipeline, binary_data):
    # Its class codes were explained as numbers.
    X, y = binary_data
    y = np.where(y == 1, "yes", "no")
    model = (make_pipeline(Wrapper()) if in_pipeline else Wrapper()).fit(X, y)
    batch = explained_model(model, X)
    assert batch.output_names == ("yes",)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:5])[:, 1])


@pytest.mark.parametrize("names", [["no", "yes"], [False, True]], ids=["texts", "truth values"])
def test_labels_cut_by_entropy_also_where_the_model_is_a_function(names, binary_data):
    # They were taken for numbers, because a function is no classifier.
    X, y = binary_data
    y = np.array(names)[y]
    model = LogisticRegression().fit(X, y)
    batches = [
        explained_model(estimator, X, y, discretizer="entropy", target="all")
        for estimator in (model, lambda X: model.predict_proba(X))
    ]
    assert_array_equal(batches[0].values, batches[1].values)


def test_kind_of_model_may_change_between_fits(binary_data):
    X, y = binary_data
    explainer = LimeTabularExplainer(LogisticRegression(), **FEW).fit(X, y)
    assert explainer.explain(X[:1]).is_classification
    explainer.set_params(estimator=LinearRegression()).fit(X, y)
    assert not explainer.explain(X[:1]).is_classification
    assert not hasattr(explainer, "classes_")
    explainer.set_params(estimator=LogisticRegression()).fit(X, y)
    assert not hasattr(explainer, "n_outputs_")


# Objects without a base class


class Duck:
    """A classifier of the user's own; nothing of it comes from scikit-learn."""

    def fit(self, X, y):
        self.w = LogisticRegression().fit(X, y)
        self.classes_ = self.w.classes_
        return self

    def predict(self, X):
        return self.w.predict(X)

    def predict_proba(self, X):
        return self.w.predict_proba(X)


class MixinOnly(ClassifierMixin, Duck):
    """Asks a base that is not there for its tags."""


class OldStyle(Duck):
    """Has parameters, but no tags."""

    def get_params(self, deep=True):
        return {}

    def set_params(self, **params):
        return self


class Number:
    """A regressor of the user's own."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.asarray(X)[:, 0] * 2.0


class OnlyScores:
    def decision_function(self, X):
        return np.asarray(X)[:, 0]


DUCKS = [Duck, MixinOnly, OldStyle]


@pytest.mark.parametrize("kind", DUCKS)
@pytest.mark.parametrize("names", [[0, 1], ["no", "yes"], [False, True]], ids=str)
def test_class_of_ones_own_is_used_as_it_is(kind, names, neighborhood, binary_data):
    X, y = binary_data
    model = kind().fit(X, np.array(names)[y])
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW).fit(X)
    assert explainer.estimator_ is model
    batch = explainer.explain(X[:5])
    assert batch.output_names == (names[1],)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:5])[:, 1])
    assert [one.predicted_class for one in batch] == model.predict(X[:5]).tolist()
    reference = explained_model(model.w, X, neighborhood=neighborhood)
    assert_allclose(batch.values, reference.values)


@pytest.mark.parametrize("kind", DUCKS)
def test_class_of_ones_own_explains_texts(kind):
    y = ["up", "up", "down", "down", "down", "up"]
    vectorizer = CountVectorizer().fit(FILMS)

    class Reader(kind):
        def fit(self, X, y):
            return super().fit(vectorizer.transform(X), y)

        def predict(self, X):
            return super().predict(vectorizer.transform(X))

        def predict_proba(self, X):
            return super().predict_proba(vectorizer.transform(X))

    model = Reader().fit(FILMS, y)
    batch = LimeTextExplainer(model, **FEW).fit(FILMS).explain(FILMS)
    assert batch.output_names == ("up",)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(FILMS)[:, 1])


@pytest.mark.parametrize("kind", DUCKS)
def test_explainer_of_a_class_of_ones_own_is_a_good_citizen(kind, binary_data):
    X, y = binary_data
    model = kind().fit(X, y)
    explainer = clone(LimeTabularExplainer(model, **FEW))
    assert explainer.estimator is model
    assert kind.__name__ in repr(explainer)
    assert kind.__name__ in estimator_html_repr(explainer)
    weights = make_pipeline(explainer).fit(X).transform(X[:3])
    again = pickle.loads(pickle.dumps(explainer.fit(X))).transform(X[:3])
    assert_array_equal(weights, again)
    assert np.isfinite(get_scorer("effects")(explainer, X[:5]))
    search = make_search(explainer, {"keep": [0.5, 0.9]}, floor=-1.0, cv=2).fit(X[:40])
    assert search.best_estimator_.estimator is model


def test_regressor_of_ones_own_is_explained(binary_data):
    X, _ = binary_data
    batch = explained_model(Number(), X)
    assert batch.output_names == ("prediction",)
    assert_allclose(batch.predictions[:, 0], 2.0 * X[:5, 0])


def test_any_prediction_method_will_do(binary_data):
    X, _ = binary_data
    assert_allclose(explained_model(OnlyScores(), X).predictions[:, 0], X[:5, 0])


def test_unfitted_object_that_can_be_cloned_is_fitted(binary_data):
    X, y = binary_data
    explainer = LimeTabularExplainer(OldStyle(), **FEW).fit(X, y)
    assert isinstance(explainer.estimator_, OldStyle)
    assert explainer.estimator_ is not explainer.estimator


@pytest.mark.parametrize("is_fitted", [True, False])
def test_object_may_say_itself_whether_it_is_fitted(is_fitted, binary_data):
    class Says(OldStyle):
        classes_ = np.array([0, 1])

        def __sklearn_is_fitted__(self):
            return is_fitted or hasattr(self, "w")

    X, y = binary_data
    model = Says()
    model.w = LogisticRegression().fit(X, y)
    model = model if is_fitted else Says()
    explainer = LimeTabularExplainer(model, **FEW).fit(X, y)
    assert (explainer.estimator_ is model) == is_fitted


def test_probabilities_without_classes_are_those_of_numbered_classes(binary_data):
    class Nameless:
        def predict_proba(self, X):
            return probabilities(X[:, 0])

    X, _ = binary_data
    batch = explained_model(Nameless(), X, target="all")
    assert batch.output_names == (0, 1)
    assert batch.predicted.tolist() == (X[:5, 0] > 0).astype(int).tolist()


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)], ids=["flat", "column"])
def test_one_probability_without_classes_is_that_of_the_second(shape, binary_data):
    class Sigmoid:
        def predict_proba(self, X):
            return probabilities(X[:, 0])[:, 1].reshape(shape)

    X, _ = binary_data
    batch = explained_model(Sigmoid(), X)
    assert batch.output_names == (1,)
    assert_allclose(batch.predictions[:, 0], probabilities(X[:5, 0])[:, 1])


class FramedClassifier:
    """Names its classes by the columns of its answers only."""

    def predict_proba(self, X):
        return pd.DataFrame(probabilities(np.asarray(X)[:, 0]), columns=["no", "yes"])

    def predict(self, X):
        return np.where(np.asarray(X)[:, 0] > 1.0, "yes", "no")


def test_columns_of_probabilities_are_the_classes(binary_data):
    X, _ = binary_data
    batch = explained_model(FramedClassifier(), X, target="predicted")
    said = FramedClassifier().predict(X[:5]).tolist()
    assert [one.explained_names() for one in batch] == [(label,) for label in said]


class NamelessClassifier(FramedClassifier):
    def predict_proba(self, X):
        return probabilities(np.asarray(X)[:, 0])


def test_labels_that_nothing_places_are_not_guessed(binary_data):
    X, _ = binary_data
    batch = explained_model(NamelessClassifier(), X)
    assert_array_equal(batch.predicted, -1)
    assert "predicted" not in repr(batch[0])
    assert "2 classes" in batch[0]._repr_html_()
    with pytest.raises(ValueError, match="has no classes_"):
        explained_model(NamelessClassifier(), X, target="predicted")


def test_names_from_the_user_place_the_labels(binary_data):
    X, _ = binary_data
    batch = explained_model(NamelessClassifier(), X, output_names=["no", "yes"])
    said = NamelessClassifier().predict(X[:5]).tolist()
    assert [one.predicted_class for one in batch] == said


def test_texts_of_a_classifier_without_classes_are_an_error(binary_data):
    class Rule(ClassifierMixin, BaseEstimator):
        def __sklearn_is_fitted__(self):
            return True

        def fit(self, X, y=None):
            return self

        def predict(self, X):
            return np.full(len(X), "yes")

    with pytest.raises(ValueError, match="'yes', and the model has no classes_"):
        LimeTabularExplainer(Rule(), **FEW).fit(binary_data[0])


# Methods handed over as functions


@pytest.mark.parametrize("method", ["predict_proba", "decision_function", "predict"])
@pytest.mark.parametrize("wrap", [lambda m: m, make_pipeline], ids=["alone", "pipeline"])
def test_method_stands_for_its_model(method, wrap, neighborhood, binary_data):
    X, y = binary_data
    model = wrap(LogisticRegression()).fit(X, np.where(y == 1, "yes", "no"))
    explainer = LimeTabularExplainer(getattr(model, method), neighborhood=neighborhood, **FEW).fit(
        X
    )
    assert explainer.estimator_ is model
    batch = explainer.explain(X[:5])
    reference = explained_model(model, X, neighborhood=neighborhood, response_method=method)
    assert batch.output_names == reference.output_names == ("yes",)
    assert_array_equal(batch.values, reference.values)
    assert [one.predicted_class for one in batch] == model.predict(X[:5]).tolist()


def test_logarithms_of_probabilities_know_their_classes(binary_data):
    X, y = binary_data
    model = LogisticRegression().fit(X, y)
    batch = explained_model(model.predict_log_proba, X, target="all")
    assert batch.output_names == (0, 1)
    assert_allclose(batch.predictions, model.predict_log_proba(X[:5]))


def test_printed_explainer_shows_the_method(binary_data):
    model = LogisticRegression().fit(*binary_data)
    assert "LogisticRegression.predict_proba" in repr(LimeTabularExplainer(model.predict_proba))


def test_method_is_carried_along(binary_data):
    X, y = binary_data
    model = LogisticRegression().fit(X, y)
    explainer = clone(LimeTabularExplainer(model.predict_proba, **FEW))
    assert pickle.loads(pickle.dumps(explainer.fit(X))).transform(X[:2]).shape == (2, 5)
    with pytest.raises(ValueError, match="estimator__C"):
        explainer.set_params(estimator__C=2.0)


def test_method_of_a_pipeline_of_texts_stands_for_it():
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(FILMS, list("uudddu"))
    batches = [
        LimeTextExplainer(estimator, **FEW).fit(FILMS).explain(FILMS)
        for estimator in (model.predict_proba, model)
    ]
    assert batches[0].output_names == ("u",)
    assert batches[0].to_frame().equals(batches[1].to_frame())


@pytest.mark.parametrize("hide", ["partial", "lambda", "other method"])
def test_what_hides_a_model_is_a_function(hide, binary_data):
    X, y = binary_data
    model = LogisticRegression().fit(X, y)

    class Service:
        classes_ = ["a", "b"]

        def answer(self, X):
            return model.predict_proba(X)

    function = {
        "partial": functools.partial(model.predict_proba),
        "lambda": lambda X: model.predict_proba(X),
        "other method": Service().answer,
    }[hide]
    assert explained_model(function, X).output_names == ("prediction0", "prediction1")


def test_codes_of_classes_are_not_explained_as_numbers(multiclass_data):
    X, y = multiclass_data
    model = LogisticRegression(max_iter=1000).fit(X, np.unique(y, return_inverse=True)[1])
    batch = explained_model(model.predict, X)
    assert batch.output_names == (0, 1, 2)
    assert set(np.unique(batch.predictions)) <= {0.0, 1.0}


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


def test_columns_of_a_frame_that_change_places_are_put_back(binary_data):
    X, _ = binary_data

    def restless(X):
        frame = pd.DataFrame({"cost": X[:, 0], "gain": X[:, 1]})
        return frame if len(X) % 2 else frame[["gain", "cost"]]

    assert_allclose(explained_model(restless, X).predictions, X[:5, :2])


def test_columns_of_a_frame_that_share_a_name_are_an_error(binary_data):
    def twice(X):
        return pd.DataFrame(X[:, :2], columns=["p", "p"])

    with pytest.raises(ValueError, match="share a name: p"):
        LimeTabularExplainer(twice, **FEW).fit(binary_data[0])


def test_output_of_a_function_is_found_by_its_index_everywhere(binary_data):
    X, _ = binary_data
    one = explained_model(lambda X: X[:, :3], X, target=1)
    assert one.output_names == ("prediction1",)
    assert one[0].as_list(1) == one[0].as_list("prediction1") == one[0].as_list()
    assert one.to_matrix(1).equals(one.to_matrix())
    with pytest.raises(ValueError, match="not one of the explained"):
        one[0].as_list(0)


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


# The table that the model takes


class Picky(BaseEstimator):
    """A regressor that knows the number of its columns, and takes a frame only."""

    def fit(self, X, y=None):
        self.n_features_in_ = X.shape[1]
        self.dtypes_ = X.dtypes
        return self

    def predict(self, X):
        assert (X.dtypes == self.dtypes_).all()
        return X["count"] * 2.0 + X["size"].cat.codes


def whole_frame(n_rows=80):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "count": rng.integers(0, 5, n_rows),
            "size": pd.Categorical(rng.choice(["s", "m", "l"], n_rows)),
            "flag": rng.random(n_rows) > 0.5,
            "name": pd.array(rng.choice(["x", "y"], n_rows), dtype="string"),
            "value": rng.normal(size=n_rows).astype("float32"),
            "small": pd.array(rng.integers(0, 9, n_rows), dtype="Int8"),
        }
    )


def test_model_without_names_of_columns_is_given_the_frame(neighborhood):
    X = whole_frame()
    batch = explained_model(Picky().fit(X), X, neighborhood=neighborhood)
    assert_allclose(batch.predictions[:, 0], X["count"][:5] * 2.0 + X["size"][:5].cat.codes)


def test_model_that_refuses_a_frame_is_given_an_array(binary_data):
    class Rows(BaseEstimator):
        def fit(self, X, y=None):
            self.n_features_in_ = X.shape[1]
            return self

        def predict(self, X):
            return X[:, 0]

    X = pd.DataFrame(binary_data[0], columns=list("abcde"))
    assert_allclose(explained_model(Rows().fit(X.to_numpy()), X).predictions[:, 0], X["a"][:5])


def test_model_fitted_on_an_array_is_not_warned_of_names(binary_data):
    # Warnings are errors.
    X, y = binary_data
    frame = pd.DataFrame(X, columns=list("abcde"))
    model = make_pipeline(LogisticRegression()).fit(X, y)
    assert_allclose(
        explained_model(model, frame).predictions[:, 0], model.predict_proba(X[:5])[:, 1]
    )


def test_error_of_the_model_itself_is_not_hidden(binary_data):
    class Broken(BaseEstimator):
        n_features_in_ = 5

        def fit(self, X, y=None):
            return self

        def __sklearn_is_fitted__(self):
            return True

        def predict(self, X):
            raise RuntimeError(f"out of order for {type(X).__name__}")

    X = pd.DataFrame(binary_data[0], columns=list("abcde"))
    with pytest.raises(RuntimeError, match="out of order for DataFrame"):
        LimeTabularExplainer(Broken(), **FEW).fit(X)


@pytest.mark.parametrize("kind", ["catboost", "lightgbm"])
def test_columns_that_a_booster_does_not_know_are_an_error(kind):
    # It raised, and was then given an array without names; a native booster never looks.
    package = pytest.importorskip(kind)
    X = whole_frame()[["count", "value"]]
    y = (X["value"] > 0).astype(int)
    if kind == "catboost":
        model = package.CatBoostClassifier(
            iterations=2, thread_count=1, verbose=0, allow_writing_files=False
        ).fit(X, y)
    else:
        options = {"objective": "binary", "verbose": -1, "num_threads": 1}
        model = package.train(options, package.Dataset(X, y), 2)
    assert explained_model(model, X).predictions.shape == (5, 1)
    with pytest.raises(ValueError, match="unknown to it: COUNT"):
        LimeTabularExplainer(model, **FEW).fit(X.rename(columns={"count": "COUNT"}))


def test_native_booster_is_not_given_columns_in_another_order():
    lightgbm = pytest.importorskip("lightgbm")
    X = whole_frame()[["count", "value"]]
    options = {"objective": "binary", "verbose": -1, "num_threads": 1}
    model = lightgbm.train(options, lightgbm.Dataset(X, X["value"] > 0), 2)
    with pytest.raises(ValueError, match="the order differs"):
        LimeTabularExplainer(model.predict, **FEW).fit(X[["value", "count"]])


def test_error_about_columns_is_not_answered_with_an_array(binary_data):
    class Strict(BaseEstimator):
        def fit(self, X, y=None):
            self.n_features_in_, self.known_ = X.shape[1], list(X.columns)
            return self

        def predict(self, X):
            if hasattr(X, "columns") and list(X.columns) != self.known_:
                raise ValueError("other columns than in fit")
            return np.asarray(X)[:, 0]

    X = pd.DataFrame(binary_data[0], columns=list("abcde"))
    with pytest.raises(ValueError, match="other columns than in fit"):
        LimeTabularExplainer(Strict().fit(X), **FEW).fit(X[list("edcba")])


def test_catboost_with_whole_numbers_as_categories_is_given_its_frame(neighborhood):
    catboost = pytest.importorskip("catboost")
    X = whole_frame()[["count", "value"]]
    model = catboost.CatBoostClassifier(
        iterations=5, cat_features=[0], thread_count=1, verbose=0, allow_writing_files=False
    ).fit(X, X["count"] % 2)
    batch = explained_model(model, X, neighborhood=neighborhood)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:5])[:, 1])


def test_catboost_of_several_classes_and_labels_is_explained():
    # Its predict returns a column for one class, and a table for several labels.
    catboost = pytest.importorskip("catboost")
    X = whole_frame()[["count", "value"]]
    options = {"iterations": 5, "thread_count": 1, "verbose": 0, "allow_writing_files": False}
    model = catboost.CatBoostClassifier(**options).fit(X, np.array(list("abcde"))[X["count"]])
    batch = explained_model(model, X, target="predicted")
    assert [one.predicted_class for one in batch] == model.predict(X[:5])[:, 0].tolist()
    Y = np.column_stack([X["count"] % 2, X["value"] > 0]).astype(int)
    labels = catboost.CatBoostClassifier(loss_function="MultiLogloss", **options).fit(X, Y)
    assert_array_equal(explained_model(labels, X).predicted, -1)


# The number of outputs


@pytest.mark.parametrize("kind", ["function", "regressor"])
def test_number_of_outputs_that_changes_after_fit_is_an_error(kind, neighborhood, binary_data):
    width = [2]

    def answer(X):
        return np.asarray(X)[:, : width[0]]

    class Changing:
        predict = staticmethod(answer)

    X, _ = binary_data
    explainer = LimeTabularExplainer(
        answer if kind == "function" else Changing(), neighborhood=neighborhood, **FEW
    ).fit(X)
    width[0] = 3
    with pytest.raises(ValueError, match="returned 3 columns, but 2 in fit"):
        explainer.explain(X[:2])
    with pytest.raises(ValueError, match="returned 3 columns, but 2 in fit"):
        explainer.transform(X[:2])


def test_number_of_outputs_that_depends_on_the_rows_is_an_error(neighborhood, binary_data):
    X, _ = binary_data

    def answer(X):
        return X[:, : 1 + len(X) % 2]

    explainer = LimeTabularExplainer(answer, neighborhood=neighborhood, batch_size=5, **FEW)
    with pytest.raises(ValueError, match=r"returned \d columns?, but \d in fit"):
        explainer.fit(X).explain(X[:3])


def test_number_of_outputs_for_documents_that_changes_is_an_error():
    explainer = LimeTextExplainer(lambda texts: np.ones((len(texts), 1 + len(texts) % 2)), **FEW)
    with pytest.raises(ValueError, match="returned 1 column, but 2 in fit"):
        explainer.fit(["a b c"]).explain(["good film"])


def test_classes_that_change_after_fit_are_an_error(binary_data):
    class Growing(Duck):
        def predict_proba(self, X):
            p = super().predict_proba(X)
            return np.column_stack([p, 0.0 * p[:, 0]]) if grown else p

    X, y = binary_data
    grown = False
    explainer = LimeTabularExplainer(Growing().fit(X, y), **FEW).fit(X)
    grown = True
    with pytest.raises(ValueError, match=r"3 columns for 2 classes.*\[0, 1\]"):
        explainer.explain(X[:1])
