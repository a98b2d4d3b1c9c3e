"""Models of every kind: pipelines, boosters, many outputs, odd answers, fit parameters."""

import functools
import pickle

import numpy as np
import pandas as pd
import pytest
from documents import FILMS
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDOneClassSVM
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KernelDensity, LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import estimator_html_repr
from tables import FEW, MANY, RAW, encoded, explained, explained_model, first_column
from threadpoolctl import threadpool_limits

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.metrics import get_scorer, make_search


@pytest.fixture(scope="module")
def labels(binary_data):
    """Two outputs of classes, three texts and two numbers."""
    X, y = binary_data
    return np.column_stack([np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-1, 1])], y])


# Pipelines and boosters on raw columns


@pytest.mark.parametrize("background", ["marginal", "empirical", "copula"])
def test_pipeline_is_explained_in_raw_columns(neighborhood, background, raw):
    X, y = raw
    model = encoded(LogisticRegression()).fit(X, y)
    batch = explained(model, X, neighborhood=neighborhood, background=background)
    assert batch.feature_names == tuple(RAW)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:3])[:, 1])
    assert batch[0].conditions[0] == f"sex = {X['sex'].iloc[0]}"


def test_unfitted_pipeline_is_fitted_on_raw_columns(raw):
    X, y = raw
    explainer = LimeTabularExplainer(encoded(LogisticRegression()), **MANY).fit(X, y)
    expected = encoded(LogisticRegression()).fit(X, y).predict_proba(X[:3])[:, 1]
    assert_allclose(explainer.explain(X[:3]).predictions[:, 0], expected)


def test_encoder_that_refuses_unknown_categories_is_never_shown_one(neighborhood, raw):
    X, y = raw[0][["sex", "city"]], raw[1]
    model = make_pipeline(OneHotEncoder(handle_unknown="error"), LogisticRegression()).fit(X, y)
    explained(model, X, neighborhood=neighborhood)


def test_unseen_category_passes_through_an_encoder_that_ignores_it(raw):
    X, y = raw
    model = encoded(LogisticRegression()).fit(X, y)
    explainer = LimeTabularExplainer(model, **MANY).fit(X)
    row = X[:1].assign(sex="other")
    batch = explainer.explain(row)
    assert batch[0].conditions[0] == "sex = other (unseen)"
    assert_allclose(batch.predictions[:, 0], model.predict_proba(row)[:, 1])


def test_columns_may_be_selected_by_their_type_within_the_pipeline(neighborhood, raw):
    X, y = raw
    columns = ColumnTransformer(
        [
            ("numbers", SimpleImputer(), make_column_selector(dtype_include="number")),
            (
                "texts",
                OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
                make_column_selector(dtype_exclude=["number", "bool"]),
            ),
        ]
    )
    model = make_pipeline(columns, DecisionTreeClassifier(max_depth=3)).fit(X, y)
    batch = explained(model, X, neighborhood=neighborhood)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:3])[:, 1])


@pytest.mark.parametrize("with_names", [True, False])
def test_columns_of_the_pipeline_may_be_given_by_place(with_names, raw):
    X, y = raw[0][["sex", "smoker", "children"]], raw[1]
    columns = ColumnTransformer([("texts", OneHotEncoder(), [0])], remainder="passthrough")
    table = X if with_names else X.to_numpy(dtype=object)
    model = make_pipeline(columns, LogisticRegression()).fit(table, y)
    batch = explained(model, table)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(table[:3])[:, 1])
    assert batch[0].conditions[0].endswith(f" = {X['sex'].iloc[0]}")


@pytest.mark.parametrize("booster", [HistGradientBoostingClassifier, HistGradientBoostingRegressor])
def test_gradient_boosting_with_categories_of_its_own_is_explained(booster, neighborhood, raw):
    X, y = raw[0].astype({"sex": "category"}), raw[1] == "good"
    model = booster(max_iter=3, categorical_features="from_dtype")
    with threadpool_limits(1):
        model.fit(X, y if booster is HistGradientBoostingClassifier else y.astype(float))
        batch = explained(model, X, neighborhood=neighborhood)
    answer = (
        model.predict_proba(X[:3])[:, 1] if hasattr(model, "classes_") else model.predict(X[:3])
    )
    assert_allclose(batch.predictions[:, 0], answer)
    assert np.isfinite(batch.values).all()


@pytest.mark.parametrize("kind", ["LGBMClassifier", "LGBMRegressor"])
def test_lightgbm_with_categories_of_its_own_is_explained(kind, neighborhood, raw):
    lightgbm = pytest.importorskip("lightgbm")
    X, y = raw[0].astype({"sex": "category"}), raw[1] == "good"
    model = getattr(lightgbm, kind)(n_estimators=3, min_child_samples=5, verbose=-1, n_jobs=1)
    model.fit(X, y)
    batch = explained(model, X, neighborhood=neighborhood)
    answer = model.predict_proba(X[:3])[:, 1] if kind == "LGBMClassifier" else model.predict(X[:3])
    assert_allclose(batch.predictions[:, 0], answer)
    assert (batch.values != 0).any()


def test_lightgbm_is_explained_on_columns_whose_names_have_spaces(binary_data):
    # It learns the names with "_" for each space, and takes the table as it was all the same.
    lightgbm = pytest.importorskip("lightgbm")
    X = pd.DataFrame(binary_data[0], columns=["annual income", "b", "c", "d", "e f g"])
    model = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1).fit(X, binary_data[1])
    batch = explained(model, X)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:3])[:, 1])
    assert batch.feature_names[0] == "annual income"


@pytest.mark.parametrize("kind", ["array", "frame"])
def test_lightgbm_is_asked_with_the_kind_of_table_that_it_was_fitted_on(kind, binary_data):
    # Warnings are errors: names that come or go would warn.
    lightgbm = pytest.importorskip("lightgbm")
    X, y = binary_data
    X = X if kind == "array" else pd.DataFrame(X, columns=list("abcde"))
    model = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1).fit(X, y)
    batch = explained(model, X)
    expected = model.predict_proba(X[:3])[:, 1]
    assert_allclose(batch.predictions[:, 0], expected)


@pytest.mark.parametrize("kind", ["scikit-learn", "lightgbm"])
def test_booster_with_categories_of_its_own_takes_an_unseen_one(kind, raw):
    X, y = raw[0].astype({"sex": "category"}), raw[1]
    if kind == "lightgbm":
        lightgbm = pytest.importorskip("lightgbm")
        model = lightgbm.LGBMClassifier(n_estimators=3, min_child_samples=5, verbose=-1, n_jobs=1)
    else:
        model = HistGradientBoostingClassifier(max_iter=3)
    row = X[:1].assign(sex=pd.Categorical(["other"]))
    with threadpool_limits(1):
        model.fit(X, y)
        batch = LimeTabularExplainer(model, **MANY).fit(X).explain(row)
        assert_allclose(batch.predictions[:, 0], model.predict_proba(row)[:, 1])
    assert batch[0].conditions[0] == "sex = other (unseen)"


def meta_models():
    simple = encoded(LogisticRegression())
    return {
        "calibrated": CalibratedClassifierCV(simple, cv=2),
        "stacking": StackingClassifier([("a", simple)], LogisticRegression(), cv=2),
        "voting": VotingClassifier([("a", simple), ("b", simple)], voting="soft"),
        "search": GridSearchCV(simple, {"logisticregression__C": [0.1, 1.0]}, cv=2),
        "one against rest": OneVsRestClassifier(simple),
    }


@pytest.mark.parametrize("name", meta_models())
def test_model_that_holds_a_model_is_explained_in_raw_columns(name, raw):
    X, y = raw
    model = meta_models()[name].fit(X, y)
    batch = explained(model, X)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:3])[:, 1])


def test_regressor_of_a_transformed_target_is_explained(raw):
    X = raw[0]
    model = TransformedTargetRegressor(encoded(Ridge()), func=np.log, inverse_func=np.exp)
    model.fit(X, X["income"])
    assert_allclose(explained(model, X).predictions[:, 0], model.predict(X[:3]))


@pytest.mark.parametrize("model", [DummyClassifier(), DummyRegressor()], ids=["classes", "numbers"])
def test_model_that_ignores_its_table_has_no_reasons(model, neighborhood, raw):
    X, y = raw
    model = clone(model).fit(X, y == "good")
    batch = explained(model, X, neighborhood=neighborhood)
    assert_array_equal(batch.values, 0.0)
    assert np.isnan(batch.fidelity).all()


def test_function_of_a_frame_is_given_the_frame(neighborhood, raw):
    X, y = raw
    model = encoded(LogisticRegression()).fit(X, y)

    def odds(X):
        p = model.predict_proba(X)[:, 1]
        return p / (1 - p)

    assert_allclose(explained(odds, X, neighborhood=neighborhood).predictions[:, 0], odds(X[:3]))


# Classes and responses


@pytest.mark.parametrize("target", ["good", "bad"])
def test_label_of_a_pipeline_may_be_a_text(target, raw):
    X, y = raw
    model = encoded(LogisticRegression()).fit(X, y)
    batch = explained(model, X, target=target)
    place = list(model.classes_).index(target)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:3])[:, place])
    assert batch.output_names == (target,)


@pytest.mark.parametrize("target", [True, False])
def test_label_may_be_a_truth_value(target, raw):
    X, y = raw
    model = encoded(LogisticRegression()).fit(X, y == "good")
    batch = explained(model, X, target=target)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:3])[:, int(target)])
    assert batch.output_names == (target,)


def test_predicted_class_of_each_row_is_explained(raw):
    X, y = raw
    model = encoded(LogisticRegression()).fit(X, y)
    batch = explained(model, X, target="predicted")
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:3]).max(axis=1))
    assert [row.explained_names() for row in batch] == [(name,) for name in model.predict(X[:3])]


def test_logit_of_a_pipeline_is_explained(raw):
    X, y = raw
    model = encoded(LogisticRegression()).fit(X, y)
    batch = explained(model, X, link="logit")
    assert_allclose(batch.predictions[:, 0], model.decision_function(X[:3]))


def test_logits_of_several_classes_are_explained(multiclass_data, multiclass_model):
    X, _ = multiclass_data
    p = np.clip(multiclass_model.predict_proba(X[:3]), 1e-3, 1 - 1e-3)
    batch = explained(multiclass_model, X, link="logit")
    assert_allclose(batch.predictions, np.log(p / (1 - p)))


@pytest.mark.parametrize("response_method", ["decision_function", "predict"])
def test_logit_of_what_is_no_probability_is_an_error(response_method, binary_data):
    X, y = binary_data
    model = LinearSVC() if response_method == "decision_function" else LinearRegression()
    explainer = LimeTabularExplainer(
        model.fit(X, 3 * y), link="logit", response_method=response_method, **MANY
    )
    with pytest.raises(ValueError, match="logit"):
        explainer.fit(X).explain(X[:3])


@pytest.mark.parametrize(
    "names",
    [["setosa", "versicolor", "virginica"], [3, 5, 8], [-1, 0, 1]],
    ids=["texts", "numbers", "signs"],
)
def test_hard_labels_are_explained_as_ones_and_zeros(names, neighborhood, multiclass_data):
    X, y = multiclass_data
    y = np.array(names)[np.unique(y, return_inverse=True)[1]]
    model = GaussianNB().fit(X, y)
    explainer = LimeTabularExplainer(
        model, response_method="predict", neighborhood=neighborhood, **MANY
    ).fit(X)
    batch = explainer.explain(X[::40])
    expected = model.predict(X[::40])[:, None] == model.classes_
    assert_array_equal(batch.predictions, expected.astype(float))
    assert batch.output_names == tuple(model.classes_.tolist())


def test_classifier_with_hard_labels_only_is_explained(raw):
    class Rule(ClassifierMixin, BaseEstimator):
        """Answers with texts."""

        def __init__(self):
            self.classes_ = np.array(["bad", "good"])

        def fit(self, X, y):
            return self

        def predict(self, X):
            return np.where(X["sex"] == "female", "good", "bad")

    X, _ = raw
    batch = explained(Rule(), X)
    assert_array_equal(batch.predictions[:, 0], (X["sex"][:3] == "female").astype(float))
    assert_array_equal(np.abs(batch.values[..., 0]).argmax(axis=1), 0)


def test_decision_function_of_several_classes_has_a_column_for_each(multiclass_data):
    X, y = multiclass_data
    model = SVC().fit(X, y)
    batch = explained(model, X, response_method="decision_function")
    assert_allclose(batch.predictions, model.decision_function(X[:3]))


@pytest.mark.parametrize(
    ("model", "method"),
    [
        (IsolationForest(n_estimators=5, random_state=0), "decision_function"),
        (OneClassSVM(), "decision_function"),
        (SGDOneClassSVM(random_state=0), "decision_function"),
        (LocalOutlierFactor(novelty=True), "decision_function"),
        (KernelDensity(), "score_samples"),
    ],
    ids=lambda item: item if isinstance(item, str) else type(item).__name__,
)
def test_scores_of_outlier_detectors_and_densities_are_explained(
    model, method, neighborhood, binary_data
):
    X, _ = binary_data
    model = clone(model).fit(X)
    batch = explained(model, X, neighborhood=neighborhood)
    assert_allclose(batch.predictions[:, 0], getattr(model, method)(X[:3]))


@pytest.mark.parametrize(
    "model", [IsolationForest(n_estimators=5, random_state=0), OneClassSVM()], ids=type
)
def test_scores_of_samples_are_explained_on_request(model, binary_data):
    X, _ = binary_data
    model = clone(model).fit(X)
    batch = explained(model, X, response_method="score_samples")
    assert_allclose(batch.predictions[:, 0], model.score_samples(X[:3]))


def test_outlier_detector_in_a_pipeline_is_explained(raw):
    X, _ = raw
    model = encoded(IsolationForest(n_estimators=5, random_state=0)).fit(X)
    assert_allclose(explained(model, X).predictions[:, 0], model.decision_function(X[:3]))


# Fit parameters of an unfitted model


class Thresholded(ClassifierMixin, BaseEstimator):
    """A fitted classifier that has `predict` and nothing else."""

    def __init__(self):
        self.classes_ = np.array([0, 1])

    def fit(self, X, y):
        return self

    def predict(self, X):
        return (np.asarray(X)[:, 0] > 0).astype(int)


# The model: fitted, unfitted, frozen, a function, duck-typed


def test_fitted_model_is_used_as_it_is(binary_data, binary_model):
    explainer = LimeTabularExplainer(binary_model, **FEW).fit(binary_data[0])
    assert explainer.estimator_ is binary_model


def test_unfitted_model_is_cloned_and_fitted(binary_data):
    X, y = binary_data
    model = LogisticRegression()
    explainer = LimeTabularExplainer(model, **FEW).fit(X, y)
    assert not hasattr(model, "coef_")
    assert_allclose(explainer.estimator_.coef_, LogisticRegression().fit(X, y).coef_)


def test_unfitted_and_fitted_models_are_explained_alike(binary_data):
    X, y = binary_data
    unfitted = LimeTabularExplainer(LogisticRegression(), **FEW).fit(X, y)
    fitted = LimeTabularExplainer(LogisticRegression().fit(X, y), **FEW).fit(X)
    assert_allclose(unfitted.transform(X[:5]), fitted.transform(X[:5]), rtol=1e-10)


def test_frozen_model_is_explained_as_its_inside(binary_data, binary_model):
    X, _ = binary_data
    frozen = LimeTabularExplainer(FrozenEstimator(binary_model), **FEW).fit(X)
    plain = LimeTabularExplainer(binary_model, **FEW).fit(X)
    assert_array_equal(frozen.transform(X[:5]), plain.transform(X[:5]))


def test_frozen_model_stays_the_same_object_in_a_clone(binary_data, binary_model):
    frozen = FrozenEstimator(binary_model)
    explainer = clone(LimeTabularExplainer(frozen, **FEW)).fit(binary_data[0])
    assert explainer.estimator.estimator is binary_model


def test_function_is_explained(neighborhood, binary_data):
    X, _ = binary_data
    explainer = LimeTabularExplainer(first_column, neighborhood=neighborhood, **FEW).fit(X)
    batch = explainer.explain(X[:4])
    assert batch.values.shape == (4, 5, 1)
    assert_allclose(batch.predictions[:, 0], X[:4, 0])


def test_function_of_probabilities_is_explained_like_its_classifier(binary_data, binary_model):
    X, _ = binary_data
    of_function = LimeTabularExplainer(binary_model.predict_proba, target=1, **FEW).fit(X)
    of_model = LimeTabularExplainer(binary_model, **FEW).fit(X)
    assert_allclose(of_function.transform(X[:5]), of_model.transform(X[:5]), rtol=1e-10)


def test_model_with_only_predict_proba_is_explained(binary_data, binary_model):
    class OnlyProbabilities:
        classes_ = binary_model.classes_

        def predict_proba(self, X):
            return binary_model.predict_proba(X)

    X, _ = binary_data
    duck = LimeTabularExplainer(OnlyProbabilities(), **FEW).fit(X)
    plain = LimeTabularExplainer(binary_model, method="sampling", **FEW).fit(X)
    assert_array_equal(duck.transform(X[:5]), plain.transform(X[:5]))


def test_model_with_only_predict_is_explained(binary_data):
    class OnlyPredict:
        def predict(self, X):
            return np.asarray(X)[:, 0]

    X, _ = binary_data
    duck = LimeTabularExplainer(OnlyPredict(), **FEW).fit(X)
    plain = LimeTabularExplainer(first_column, **FEW).fit(X)
    assert_array_equal(duck.transform(X[:5]), plain.transform(X[:5]))


def test_model_in_a_pipeline_is_explained(binary_data):
    X, y = binary_data
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    explainer = LimeTabularExplainer(model, **FEW).fit(X)
    assert explainer.estimator_ is model
    assert_allclose(explainer.explain(X[:3]).predictions[:, 0], model.predict_proba(X[:3])[:, 1])


def test_outlier_detector_is_explained(binary_data):
    X, _ = binary_data
    model = IsolationForest(n_estimators=5, random_state=0).fit(X)
    batch = LimeTabularExplainer(model, **FEW).fit(X).explain(X[:3])
    assert batch.values.shape == (3, 5, 1)
    assert np.isfinite(batch.values).all()


def test_fitted_model_and_function_need_no_y(binary_data, binary_model):
    X, _ = binary_data
    for model in [binary_model, first_column]:
        LimeTabularExplainer(model, **FEW).fit(X)


def test_unfitted_model_needs_y(binary_data):
    with pytest.raises(ValueError, match="requires y to be passed"):
        LimeTabularExplainer(LogisticRegression(), **FEW).fit(binary_data[0])


# Which method answers


def test_decision_function_is_explained_on_request(binary_data):
    X, y = binary_data
    model = LogisticRegression().fit(X, y)
    explainer = LimeTabularExplainer(model, response_method="decision_function", **FEW).fit(X)
    assert_allclose(explainer.explain(X[:3]).predictions[:, 0], model.decision_function(X[:3]))


def test_first_method_of_a_list_that_the_model_has_is_asked(binary_data):
    X, y = binary_data
    model = LinearSVC().fit(X, y)
    methods = ["predict_proba", "decision_function"]
    explainer = LimeTabularExplainer(model, response_method=methods, **FEW).fit(X)
    assert_allclose(explainer.explain(X[:3]).predictions[:, 0], model.decision_function(X[:3]))


def test_model_without_probabilities_falls_back_to_its_decision_function(binary_data):
    X, y = binary_data
    model = LinearSVC().fit(X, y)
    explainer = LimeTabularExplainer(model, **FEW).fit(X)
    assert_allclose(explainer.explain(X[:3]).predictions[:, 0], model.decision_function(X[:3]))


def test_classifier_with_only_predict_is_explained(binary_data):
    X, _ = binary_data
    batch = LimeTabularExplainer(Thresholded(), **FEW).fit(X).explain(X[:5])
    assert np.isfinite(batch.values).all()


def test_missing_response_method_is_an_error_that_names_it(binary_data):
    X, y = binary_data
    model = LinearSVC().fit(X, y)
    with pytest.raises((AttributeError, ValueError), match="predict_proba"):
        LimeTabularExplainer(model, response_method="predict_proba", **FEW).fit(X)


def probabilities(x):
    p = 1.0 / (1.0 + np.exp(-x))
    return np.column_stack([1.0 - p, p])


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
        explained_model(
            estimator, X, y, discretizer="entropy", target="all", control_variates=False
        )
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


# Objects without a base class


@pytest.mark.parametrize("kind", DUCKS)
@pytest.mark.parametrize("names", [[0, 1], ["no", "yes"], [False, True]], ids=str)
def test_class_of_ones_own_is_used_as_it_is(kind, names, neighborhood, binary_data):
    X, y = binary_data
    model = kind().fit(X, np.array(names)[y])
    # The score of a known class would lower the noise.
    given = {"neighborhood": neighborhood, "control_variates": False}
    explainer = LimeTabularExplainer(model, **given, **FEW).fit(X)
    assert explainer.estimator_ is model
    batch = explainer.explain(X[:5])
    assert batch.output_names == (names[1],)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:5])[:, 1])
    assert [one.predicted_class for one in batch] == model.predict(X[:5]).tolist()
    reference = explained_model(model.w, X, **given)
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
    assert (batch.predicted < 0).all()
    assert batch[0].predicted is None
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
    assert explained_model(labels, X).predicted is None


def test_table_in_place_of_the_model_is_an_error(binary_data):
    X = binary_data[0]
    with pytest.raises(ValueError, match="pass the model there, and the training rows to fit"):
        LimeTabularExplainer(X).fit(X)
