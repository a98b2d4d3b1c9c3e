"""What `fit` has used is frozen: parameters, what they hold, and the model."""

import copy
import pickle

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, StandardScaler

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.backgrounds import MarginalBackground
from sklime.kernels import exponential_kernel, uniform_kernel
from sklime.metrics import deletion_score, explain_repeatedly
from sklime.neighborhoods import AnchoredNeighborhood

SMALL = {"n_perturbations": 64, "random_state": 0}
METHODS = ["explain", "transform", "score"]
COPIES = [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))]

# Another valid value of each parameter.
TABULAR = {
    "method": "sampling",
    "groups": {"pair": [0, 1]},
    "fixed": [1],
    "estimator": Ridge(),
    "target": "all",
    "response_method": "predict",
    "link": "logit",
    "neighborhood": "shared",
    "keep": 0.5,
    "background": "empirical",
    "categorical_features": [0],
    "discretizer": "decile",
    "n_perturbations": 32,
    "baseline": "other",
    "output_names": ["no", "yes"],
    "tol": 0.1,
    "criterion": "top_features",
    "max_perturbations": 4096,
    "n_replicates": 2,
    "control_variates": False,
    "kernel": "uniform",
    "kernel_width": 2.0,
    "metric": "manhattan",
    "selection": "none",
    "max_features": 2,
    "surrogate": Ridge(),
    "random_state": 1,
}
TEXT_NAMES = LimeTextExplainer(len).get_params(deep=False)
TEXT = {name: value for name, value in TABULAR.items() if name in TEXT_NAMES} | {
    "analyzer": "char",
    "token_pattern": r"\w",
    "ngram_size": 3,
    "column": "text",
    "positions": True,
    "mask_token": "x",
    "keep": 0.5,
}
FREE = {"batch_size": 7, "n_jobs": 2, "verbose": 0}


def number_of_letters(texts):
    return np.array([float(len(text)) for text in texts])


@pytest.fixture
def tabular(binary_data, binary_model):
    """A fitted explainer of a small forest."""
    return LimeTabularExplainer(binary_model, **SMALL).fit(binary_data[0])


@pytest.fixture
def text():
    """A fitted explainer of a function of texts."""
    return LimeTextExplainer(number_of_letters, **SMALL).fit(["a few words", "and more"])


def assert_refuses(explainer, rows, name):
    for method in METHODS:
        with pytest.raises(ValueError, match=rf"^{name} was .* when fit ran and is .*call fit"):
            getattr(explainer, method)(rows)


@pytest.mark.parametrize("name", TABULAR)
def test_parameter_changed_after_fit_is_an_error_until_set_back(name, tabular, binary_data):
    X = binary_data[0][:3]
    expected, before = tabular.transform(X), getattr(tabular, name)
    tabular.set_params(**{name: TABULAR[name]})
    assert_refuses(tabular, X, name)
    tabular.set_params(**{name: before})
    assert_array_equal(tabular.transform(X), expected)


@pytest.mark.parametrize("name", TEXT)
def test_parameter_of_texts_changed_after_fit_is_an_error_until_set_back(name, text):
    before = getattr(text, name)
    setattr(text, name, TEXT[name])
    assert_refuses(text, ["some words"], name)
    setattr(text, name, before)
    text.explain(["some words"])


def test_every_parameter_is_frozen_or_free():
    assert LimeTabularExplainer(len).get_params(deep=False).keys() == TABULAR.keys() | FREE.keys()
    free = FREE.keys() | {"on_error", "sparse_output"}
    assert TEXT_NAMES.keys() == TEXT.keys() | free


@pytest.mark.parametrize("name", FREE)
@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_free_parameter_acts_at_once(name, neighborhood, binary_data, recording_classifier):
    X = binary_data[0]
    explainer = LimeTabularExplainer(recording_classifier, neighborhood=neighborhood, **SMALL)
    expected = explainer.fit(X).transform(X[:9])
    recording_classifier.calls.clear()
    explainer.set_params(**{name: FREE[name]})
    assert_allclose(explainer.transform(X[:9]), expected, rtol=1e-9, atol=1e-12)
    assert name != "batch_size" or max(map(len, recording_classifier.calls)) <= 7


def test_free_parameters_of_texts_act_at_once():
    sizes = []

    def ask(texts):
        sizes.append(len(texts))
        if "bad" in texts:
            raise RuntimeError("no")
        return number_of_letters(texts)

    explainer = LimeTextExplainer(ask, **SMALL).fit(["a few words"])
    explainer.set_params(sparse_output=False, batch_size=5, n_jobs=2)
    sizes.clear()
    assert isinstance(explainer.transform(["a few more words"]), np.ndarray)
    assert max(sizes) <= 5
    with pytest.warns(RuntimeWarning, match="no"):
        explainer.set_params(on_error="warn").explain(["good", "bad"])


NESTED = [
    ("surrogate", Ridge(), "alpha", 100.0),
    ("surrogate", make_pipeline(StandardScaler(), Ridge()), "ridge__alpha", 2.0),
    ("surrogate", make_pipeline(StandardScaler(), Ridge()), "ridge", Lasso()),
    ("neighborhood", AnchoredNeighborhood(), "keep", 0.5),
    ("background", MarginalBackground(), "n_bins", 3),
    (
        "discretizer",
        KBinsDiscretizer(3, quantile_method="averaged_inverted_cdf"),
        "strategy",
        "uniform",
    ),
]


@pytest.mark.parametrize(("name", "value", "inner", "other"), NESTED)
def test_parameter_within_a_parameter_is_frozen(name, value, inner, other, regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(LinearRegression().fit(X, y), **SMALL)
    explainer.set_params(**{name: clone(value)}).fit(X)
    expected = explainer.transform(X[:3])
    nested = f"{name}__{inner}"
    before = explainer.get_params()[nested]
    explainer.set_params(**{nested: other})
    assert_refuses(explainer, X[:3], nested)
    # In place, behind the back of the explainer.
    getattr(explainer, name).set_params(**{inner: before})
    assert_array_equal(explainer.transform(X[:3]), expected)
    explainer.set_params(**{nested: other}).fit(X).transform(X[:3])


def test_parameters_changed_in_place_are_seen(regression_data):
    X, y = regression_data
    model, columns, splitter = LinearRegression().fit(X, y), [0], KFold(3)
    mask = np.array([True, False, False, False])
    search = GridSearchCV(Ridge(), {"alpha": [1.0, 2.0]}, cv=splitter)
    by_index = LimeTabularExplainer(model, categorical_features=columns, **SMALL).fit(X)
    by_mask = LimeTabularExplainer(model, categorical_features=mask, **SMALL).fit(X)
    searching = LimeTabularExplainer(model, surrogate=search, **SMALL).fit(X)
    columns.append(1)
    mask[1] = True
    assert_refuses(by_index, X[:1], "categorical_features")
    assert_refuses(by_mask, X[:1], "categorical_features")
    splitter.n_splits = 4
    assert_refuses(searching, X[:1], r"surrogate__cv\.n_splits")
    splitter.n_splits = 3
    search.param_grid["alpha"].append(3.0)
    assert_refuses(searching, X[:1], "surrogate__param_grid")
    search.param_grid["alpha"].pop()
    searching.explain(X[:1])


@pytest.mark.parametrize("carry", COPIES)
def test_copies_are_as_frozen_as_the_original(carry, tabular, binary_data):
    X = binary_data[0][:2]
    twin = carry(tabular)
    assert_array_equal(twin.transform(X), tabular.transform(X))
    twin.set_params(keep=0.5)
    assert_refuses(twin, X, "keep")
    tabular.explain(X)
    assert_refuses(carry(twin), X, "keep")


def test_clone_takes_the_new_parameters(tabular, binary_data):
    X = binary_data[0]
    tabular.set_params(max_features=1)
    twin = clone(tabular).fit(X)
    assert (twin.transform(X[:3]) != 0).sum(axis=1).max() == 1


def test_names_of_columns_agree_with_what_was_fitted(tabular, binary_data):
    before = tabular.get_feature_names_out()
    tabular.set_params(target="all")
    assert_array_equal(tabular.get_feature_names_out(), before)
    tabular.set_params(target="auto").set_output(transform="pandas")
    assert_array_equal(tabular.transform(binary_data[0][:2]).columns, before)


def test_half_widths_cannot_change_without_weights(tabular, binary_data):
    # n_replicates=2 after fit made half-widths five times as wide, with the same weights.
    X = binary_data[0][:2]
    batch = tabular.explain(X)
    tabular.set_params(n_replicates=2)
    assert_refuses(tabular, X, "n_replicates")
    assert type(batch).from_json(batch.to_json()).n_replicates == 8


def test_metrics_that_ask_again_see_it_too(tabular, binary_data):
    X = binary_data[0][:4]
    batch = tabular.explain(X)
    explain_repeatedly(tabular, X)
    deletion_score(batch, tabular, X)
    tabular.set_params(background="empirical")
    with pytest.raises(ValueError, match="background was 'marginal'"):
        explain_repeatedly(tabular, X)
    with pytest.raises(ValueError, match="background was 'marginal'"):
        deletion_score(batch, tabular, X)


def test_equal_values_are_no_change(binary_data):
    X, y = binary_data
    model = make_pipeline(SimpleImputer(missing_values=np.nan), LogisticRegression())
    explainer = LimeTabularExplainer(model, kernel_width=2, surrogate=Ridge(), **SMALL).fit(X, y)
    expected = explainer.transform(X[:2])
    explainer.set_params(
        kernel_width=2.0,
        surrogate=Ridge(alpha=1),
        n_perturbations=np.int64(64),
        estimator=clone(model).set_params(simpleimputer__missing_values=float("nan")),
    )
    assert_array_equal(explainer.transform(X[:2]), expected)


def test_functions_are_known_by_identity(regression_data):
    X, y = regression_data
    model = LinearRegression().fit(X, y)
    explainer = LimeTabularExplainer(model.predict, kernel=exponential_kernel, **SMALL).fit(X)
    explainer.set_params(estimator=model.predict, kernel=exponential_kernel).explain(X[:1])
    explainer.set_params(kernel=uniform_kernel)
    assert_refuses(explainer, X[:1], "kernel")


def test_generator_that_draws_on_is_no_change(binary_data, binary_model):
    draws = np.random.RandomState(0)
    explainer = LimeTabularExplainer(binary_model, n_perturbations=64, random_state=draws)
    expected = explainer.fit(binary_data[0]).transform(binary_data[0][:2])
    draws.normal(size=100)
    assert_array_equal(explainer.transform(binary_data[0][:2]), expected)


# The model


def test_unfitted_model_is_frozen_with_its_parameters(binary_data):
    X, y = binary_data
    explainer = LimeTabularExplainer(LogisticRegression(), **SMALL).fit(X, y)
    explainer.set_params(estimator__C=0.1)
    assert_refuses(explainer, X[:1], "estimator__C")
    explainer.set_params(estimator__C=1.0).explain(X[:1])
    # The user's own fit of the template changes nothing here, another fitted model would.
    explainer.estimator.fit(X, 1 - y)
    explainer.explain(X[:1])
    explainer.set_params(estimator=LogisticRegression().fit(X, 1 - y))
    assert_refuses(explainer, X[:1], "estimator")


REFITS = {
    "again": (LogisticRegression, lambda model, X, y: model.fit(X**3, y)),
    "fewer columns": (LogisticRegression, lambda model, X, y: model.fit(X[:, :3], y)),
    "other classes": (LogisticRegression, lambda model, X, y: model.fit(X, y + 1)),
    "further": (GaussianNB, lambda model, X, y: model.partial_fit(X + 1.0, y)),
    "further by gradients": (SGDClassifier, lambda model, X, y: model.partial_fit(X + 1.0, y)),
    "last step": (
        lambda: make_pipeline(StandardScaler(), LogisticRegression()),
        lambda model, X, y: model[-1].fit(X**3, y),
    ),
    "first step": (
        lambda: make_pipeline(StandardScaler(), LogisticRegression()),
        lambda model, X, y: model[0].fit(X * 2.0),
    ),
}


@pytest.mark.parametrize("as_method", [False, True])
@pytest.mark.parametrize("how", REFITS)
def test_model_that_is_fitted_again_is_an_error(how, as_method, binary_data):
    X, y = binary_data
    make, change = REFITS[how]
    model = make().fit(X, y)
    explainer = LimeTabularExplainer(model.predict if as_method else model, **SMALL).fit(X)
    explainer.explain(X[:1])
    change(model, X, y)
    for method in METHODS:
        with pytest.raises(ValueError, match=r"_ is not what it was .* fitted again"):
            getattr(explainer, method)(X[:1])


@pytest.mark.parametrize("carry", COPIES)
def test_copy_of_a_model_is_watched_from_its_first_use(carry, binary_data):
    X, y = binary_data
    explainer = carry(LimeTabularExplainer(LogisticRegression().fit(X, y), **SMALL).fit(X))
    explainer.explain(X[:1])
    explainer.estimator_.fit(X**3, y)
    with pytest.raises(ValueError, match=r"LogisticRegression\.\w+_ is not what it was"):
        explainer.explain(X[:1])


def test_model_of_any_class_is_watched_by_classes_and_columns(binary_data):
    class Model:
        classes_ = ("a", "b")
        n_calls_ = 0

        def predict_proba(self, X):
            self.n_calls_ += 1
            self.last_answers_ = np.full((len(X), 2), 0.5)
            return self.last_answers_

    model, X = Model(), binary_data[0]
    explainer = LimeTabularExplainer(model, **SMALL).fit(X)
    for _ in range(2):
        explainer.explain(X[:1])
    model.classes_ = ("b", "a")
    with pytest.raises(ValueError, match=r"Model\.classes_ is not what it was"):
        explainer.explain(X[:1])


def test_counter_of_a_model_is_no_fit(binary_data):
    class Counting(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_, self.n_calls_ = np.unique(y), 0
            return self

        def predict_proba(self, X):
            self.n_calls_ += 1
            return np.tile([0.3, 0.7], (len(X), 1))

    X, y = binary_data
    explainer = LimeTabularExplainer(Counting(), **SMALL).fit(X, y)
    for _ in range(2):
        explainer.explain(X[:1])


def test_number_that_becomes_an_array_is_an_error_of_its_name(binary_data):
    class Scored(ClassifierMixin, BaseEstimator):
        def fit(self, X, y):
            self.classes_, self.score_ = np.unique(y), 0.5
            return self

        def predict_proba(self, X):
            return np.tile([0.3, 0.7], (len(X), 1))

    X, y = binary_data
    model = Scored().fit(X, y)
    explainer = LimeTabularExplainer(model, **SMALL).fit(X, y)
    model.score_ = np.array([0.5, 0.7])
    with pytest.raises(ValueError, match=r"Scored\.score_ is not what it was"):
        explainer.explain(X[:1])


def test_text_model_that_is_fitted_again_is_an_error():
    texts, labels = ["good film", "bad film", "good", "bad"], [1, 0, 1, 0]
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(texts, labels)
    explainer = LimeTextExplainer(model, **SMALL).fit(texts)
    model.fit([*texts, "awful"], [*labels, 0])
    with pytest.raises(ValueError, match=r"_ is not what it was when fit ran"):
        explainer.explain(texts[:1])
