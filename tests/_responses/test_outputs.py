"""What a model answers is asked, not derived: kinds of models, labels, contradictions, names."""

import numpy as np
import pandas as pd
import pytest
from documents import FILMS
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from tables import FEW, MANY, RAW, encoded, explained, explained_model

from sklime import LimeTabularExplainer, LimeTextExplainer

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
    assert batch.predicted is None
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
    assert batch.predicted is None


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
    assert batch.predicted is None


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


# Frames as answers


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


def test_first_class_gets_the_negative_of_the_decision_function(binary_data):
    X, y = binary_data
    model = LinearSVC().fit(X, y)
    explainer = LimeTabularExplainer(model, target=0, **FEW).fit(X)
    assert_allclose(explainer.explain(X[:3]).predictions[:, 0], -model.decision_function(X[:3]))


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


# Shapes and types of answers


@pytest.mark.parametrize(
    "answer",
    [
        lambda X: X[:, 0].tolist(),
        lambda X: X[:, :1],
        lambda X: pd.Series(X[:, 0]),
        lambda X: pd.DataFrame({"score": X[:, 0]}),
        lambda X: X[:, 0].astype(np.float32).astype(np.float64),
        lambda X: np.asfortranarray(X)[:, 0],
    ],
    ids=["list", "column", "series", "frame", "cast", "view"],
)
def test_one_output_in_any_container_is_one_output(answer, neighborhood, X):
    X = X.astype(np.float32).astype(float)
    explainer = LimeTabularExplainer(answer, neighborhood=neighborhood, **FEW).fit(X)
    batch = explainer.explain(X[:3])
    assert batch.values.shape == (3, 5, 1)
    assert_allclose(batch.predictions[:, 0], X[:3, 0])


@pytest.mark.parametrize(
    "answer",
    [
        lambda X: X[:, 0] > 0,
        lambda X: (X[:, 0] > 0).astype(int),
        lambda X: (X[:, 0] > 0).astype(np.float32),
    ],
    ids=["bool", "int", "float32"],
)
def test_any_type_of_number_is_an_answer(answer, X):
    explainer = LimeTabularExplainer(answer, **FEW).fit(X)
    expected = LimeTabularExplainer(lambda X: (X[:, 0] > 0).astype(float), **FEW).fit(X)
    assert_array_equal(explainer.transform(X[:3]), expected.transform(X[:3]))


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda X: X[:-1, 0], "rows|samples|length|shape"),
        (lambda X: np.append(X[:, 0], 0.0), "rows|samples|length|shape"),
        (lambda X: 1.0, "rows|samples|length|shape|dimension"),
        (lambda X: None, "must return|shape"),
        (lambda X: np.zeros((len(X), 2, 2)), "dimension|shape|2-d|2D|rank"),
        (lambda X: np.zeros((len(X), 0)), "(?i)output|column|shape"),
        (lambda X: np.full(len(X), "yes"), "(?i)number|numeric|yes|str"),
        (lambda X: [X[:, 0], [1.0]], "(?i)shape|rows|length|number|inhomogeneous"),
    ],
    ids=["too few", "too many", "scalar", "nothing", "cube", "no column", "strings", "ragged"],
)
def test_answer_of_a_wrong_shape_is_an_error(answer, message, neighborhood, X):
    explainer = LimeTabularExplainer(answer, neighborhood=neighborhood, **FEW)
    with pytest.raises((TypeError, ValueError), match=message):
        explainer.fit(X).explain(X[:3])


def test_probabilities_that_do_not_match_the_classes_are_an_error(X):
    class TwoClassesThreeColumns:
        classes_ = np.array([0, 1])

        def predict_proba(self, X):
            return np.full((len(X), 3), 1 / 3)

    with pytest.raises(ValueError, match=r"(?i)class|column"):
        LimeTabularExplainer(TwoClassesThreeColumns(), **FEW).fit(X).explain(X[:2])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda X: ["1"] * len(X), "<U1"),
        (lambda X: X[:, 0] + 1j, "complex128"),
        (lambda X: np.full(len(X), np.datetime64("2020")), "datetime64"),
        (lambda X: np.full(len(X), np.timedelta64(1, "D")), "timedelta64"),
    ],
    ids=["digits", "complex", "dates", "durations"],
)
def test_answer_that_only_looks_like_numbers_is_an_error(answer, kind, X):
    # NumPy turns all of them into floats: a date into days, a complex number into its real part.
    with pytest.raises(ValueError, match=f"must return numbers.*it holds {kind}"):
        LimeTabularExplainer(answer, **FEW).fit(X)


def test_regression_target_with_one_column_is_one_output(regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(LinearRegression(), **FEW).fit(X, y[:, np.newaxis])
    assert explainer.transform(X[:2]).shape == (2, 4)


@pytest.fixture(scope="module")
def labels(binary_data):
    """Two outputs of classes, three texts and two numbers."""
    X, y = binary_data
    return np.column_stack([np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-1, 1])], y])


@pytest.fixture(scope="module")
def two_forests(binary_data, labels):
    """A forest of two outputs, whose probabilities are a list of arrays."""
    return RandomForestClassifier(5, random_state=0).fit(binary_data[0], labels)


# Several outputs


@pytest.mark.parametrize("model", [LinearRegression(), MultiOutputRegressor(Ridge())], ids=type)
def test_all_outputs_of_a_regression_are_explained(model, neighborhood, raw):
    X, _ = raw
    Y = np.column_stack([X["income"], -X["income"], X["children"]])
    model = encoded(clone(model)).fit(X, Y)
    batch = explained(model, X, neighborhood=neighborhood)
    assert_allclose(batch.predictions, model.predict(X[:3]))
    assert len(set(batch.output_names)) == 3


def test_one_output_of_a_regression_is_explained_by_its_index(raw):
    X, _ = raw
    model = encoded(LinearRegression()).fit(X, np.column_stack([X["income"], X["children"]]))
    explainer = LimeTabularExplainer(model, target=1, **MANY).fit(X)
    batch, both = explainer.explain(X[:3]), explained(model, X)
    assert_allclose(batch.values[..., 0], both.values[..., 1], atol=1e-10)
    assert_array_equal(explainer.get_feature_names_out(), RAW)


@pytest.mark.parametrize("target", ["auto", "all"])
def test_outputs_of_several_classifiers_are_named_output_and_class(
    target, neighborhood, binary_data, two_forests
):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        two_forests, target=target, neighborhood=neighborhood, **MANY
    ).fit(X)
    batch = explainer.explain(X[:3])
    assert batch.output_names == ("0__a", "0__b", "0__c", "1__0", "1__1")
    assert_allclose(batch.predictions, np.hstack(two_forests.predict_proba(X[:3])))
    names = explainer.get_feature_names_out()
    assert list(names[:6]) == [
        "0__a__x0",
        "0__a__x1",
        "0__a__x2",
        "0__a__x3",
        "0__a__x4",
        "0__b__x0",
    ]
    assert explainer.transform(X[:3]).shape == (3, 25)


def test_output_of_several_classifiers_is_explained_by_its_index(binary_data, two_forests):
    X, _ = binary_data
    batch = explained(two_forests, X, target=4)
    assert batch.output_names == ("1__1",)
    assert_allclose(batch.predictions[:, 0], two_forests.predict_proba(X[:3])[1][:, 1])


def test_rows_of_several_classifiers_read_as_those_of_one(binary_data, two_forests):
    X, _ = binary_data
    batch = explained(two_forests, X)
    assert set(batch.to_frame()["output"]) == {"0__a", "0__b", "0__c", "1__0", "1__1"}
    assert batch[0].as_list("1__1")
    assert repr(batch[0])


@pytest.mark.parametrize(
    "model",
    [
        MultiOutputClassifier(LogisticRegression()),
        KNeighborsClassifier(),
        DecisionTreeClassifier(max_depth=3),
    ],
    ids=type,
)
def test_any_list_of_probabilities_is_explained(model, binary_data, labels):
    X, _ = binary_data
    Y = labels if not isinstance(model, MultiOutputClassifier) else labels[:, [1, 1]]
    model = clone(model).fit(X, Y)
    batch = explained(model, X)
    assert_allclose(batch.predictions, np.hstack(model.predict_proba(X[:3])))


@pytest.mark.parametrize("kind", [list, tuple, np.array])
def test_classes_may_be_written_as_a_list(kind, binary_data):
    # A list of labels was taken for the classes of several outputs.
    class Scorer:
        classes_ = kind(["no", "yes"])

        def predict_proba(self, X):
            return np.stack([1.0 - (X[:, 0] > 0.0), X[:, 0] > 0.0], axis=1)

    batch = explained(Scorer(), binary_data[0])
    assert list(batch.output_names) == ["yes"]


def test_output_of_one_class_has_no_reasons(binary_data):
    X, y = binary_data
    Y = np.column_stack([y, np.zeros_like(y)])
    model = RandomForestClassifier(3, random_state=0).fit(X, Y)
    batch = explained(model, X)
    assert batch.output_names == ("0__0", "0__1", "1__0")
    assert_array_equal(batch.values[..., 2], 0.0)


@pytest.mark.parametrize("n_labels", [2, 3])
def test_labels_of_a_row_are_explained_one_by_one(n_labels, binary_data):
    X, _ = binary_data
    model = OneVsRestClassifier(LogisticRegression()).fit(X, (X[:, :n_labels] > 0).astype(int))
    batch = explained(model, X, target="all")
    assert_allclose(batch.predictions, model.predict_proba(X[:3]))


def test_chain_of_classifiers_is_explained(binary_data):
    X, _ = binary_data
    model = ClassifierChain(LogisticRegression()).fit(X, (X[:, :3] > 0).astype(int))
    batch = explained(model, X)
    assert_allclose(batch.predictions, model.predict_proba(X[:3]))


def test_predicted_class_of_several_classifiers_is_an_error(binary_data, two_forests):
    X, _ = binary_data
    explainer = LimeTabularExplainer(two_forests, target="predicted", **MANY)
    with pytest.raises(ValueError, match="target"):
        explainer.fit(X)


# Functions


@pytest.mark.parametrize(
    "answer",
    [
        lambda X: X["income"],
        lambda X: X[["income"]],
        lambda X: X["income"].tolist(),
        lambda X: X["income"].to_numpy(),
        lambda X: X["income"].to_numpy()[:, None],
        lambda X: [[value] for value in X["income"]],
        lambda X: X["income"].convert_dtypes(),
        lambda X: pd.Series(X["income"].to_numpy(), index=X.index[::-1]),
    ],
    ids=[
        "series",
        "frame",
        "list",
        "array",
        "column",
        "list of rows",
        "nullable series",
        "other index",
    ],
)
def test_function_may_answer_in_any_container(answer, neighborhood, raw):
    X, _ = raw
    batch = explained(answer, X, neighborhood=neighborhood)
    assert batch.values.shape == (3, 6, 1)
    assert_allclose(batch.predictions[:, 0], X["income"][:3])


@pytest.mark.parametrize(
    "answer",
    [
        lambda X: X[["income", "children"]],
        lambda X: X[["income", "children"]].to_numpy(),
        lambda X: X[["income", "children"]].to_numpy().tolist(),
        lambda X: np.asfortranarray(X[["income", "children"]].to_numpy()),
    ],
    ids=["frame", "array", "list", "by columns"],
)
def test_function_may_have_several_outputs_in_any_container(answer, neighborhood, raw):
    X, _ = raw
    batch = explained(answer, X, neighborhood=neighborhood)
    assert batch.values.shape == (3, 6, 2)
    assert_allclose(batch.predictions, X[["income", "children"]][:3])


@pytest.mark.parametrize("kind", ["series", "frame"])
def test_function_may_answer_with_polars(kind, binary_data):
    polars = pytest.importorskip("polars")
    X = polars.DataFrame(binary_data[0], schema=list("abcde"))
    batch = explained(lambda X: X["a"] if kind == "series" else X.select("a", "b"), X)
    assert_allclose(batch.predictions[:, 0], X["a"][:3])
