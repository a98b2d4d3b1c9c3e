"""Models of every kind: pipelines, boosters, many outputs, odd answers, fit parameters."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDOneClassSVM
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KernelDensity, KNeighborsClassifier, LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier
from tables import mixed_frame
from threadpoolctl import threadpool_limits

from sklime import LimeTabularExplainer

SMALL = {"n_perturbations": 256, "random_state": 0}
RAW = ["sex", "city", "age", "income", "children", "smoker"]


@pytest.fixture(scope="module")
def raw(global_random_seed):
    """A frame of raw columns, and labels that depend on three of them."""
    X = mixed_frame(120, global_random_seed)[RAW]
    good = (X["sex"] == "female") ^ X["age"].isna() ^ (X["income"] > 4000.0)
    return X, np.where(good, "good", "bad")


@pytest.fixture(scope="module")
def labels(binary_data):
    """Two outputs of classes, three texts and two numbers."""
    X, y = binary_data
    return np.column_stack([np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-1, 1])], y])


@pytest.fixture(scope="module")
def two_forests(binary_data, labels):
    """A forest of two outputs, whose probabilities are a list of arrays."""
    return RandomForestClassifier(5, random_state=0).fit(binary_data[0], labels)


def encoded(model):
    """A pipeline that works on raw columns, which it takes by name."""
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    texts = make_pipeline(
        SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")
    )
    columns = ColumnTransformer(
        [("numbers", numbers, ["age", "income", "children"]), ("texts", texts, ["sex", "city"])],
        remainder="passthrough",
    )
    return make_pipeline(columns, model)


def explained(model, X, **parameters):
    return LimeTabularExplainer(model, **(SMALL | parameters)).fit(X).explain(X[:3])


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
    explainer = LimeTabularExplainer(encoded(LogisticRegression()), **SMALL).fit(X, y)
    expected = encoded(LogisticRegression()).fit(X, y).predict_proba(X[:3])[:, 1]
    assert_allclose(explainer.explain(X[:3]).predictions[:, 0], expected)


def test_encoder_that_refuses_unknown_categories_is_never_shown_one(neighborhood, raw):
    X, y = raw[0][["sex", "city"]], raw[1]
    model = make_pipeline(OneHotEncoder(handle_unknown="error"), LogisticRegression()).fit(X, y)
    explained(model, X, neighborhood=neighborhood)


def test_unseen_category_passes_through_an_encoder_that_ignores_it(raw):
    X, y = raw
    model = encoded(LogisticRegression()).fit(X, y)
    explainer = LimeTabularExplainer(model, **SMALL).fit(X)
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
        batch = LimeTabularExplainer(model, **SMALL).fit(X).explain(row)
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
        model.fit(X, 3 * y), link="logit", response_method=response_method, **SMALL
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
        model, response_method="predict", neighborhood=neighborhood, **SMALL
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
    explainer = LimeTabularExplainer(model, target=1, **SMALL).fit(X)
    batch, both = explainer.explain(X[:3]), explained(model, X)
    assert_allclose(batch.values[..., 0], both.values[..., 1], atol=1e-10)
    assert_array_equal(explainer.get_feature_names_out(), RAW)


@pytest.mark.parametrize("target", ["auto", "all"])
def test_outputs_of_several_classifiers_are_named_output_and_class(
    target, neighborhood, binary_data, two_forests
):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        two_forests, target=target, neighborhood=neighborhood, **SMALL
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
    explainer = LimeTabularExplainer(two_forests, target="predicted", **SMALL)
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


# Fit parameters of an unfitted model


@pytest.mark.parametrize("routing", [False, True])
def test_weights_reach_the_fit_of_an_unfitted_model(routing, binary_data):
    X, y = binary_data
    weights = np.linspace(0.1, 5.0, len(y))
    with config_context(enable_metadata_routing=routing):
        model = LogisticRegression()
        if routing:
            model.set_fit_request(sample_weight=True)
        explainer = LimeTabularExplainer(model, **SMALL).fit(X, y, sample_weight=weights)
    expected = LogisticRegression().fit(X, y, sample_weight=weights)
    assert_allclose(explainer.estimator_.coef_, expected.coef_)


@pytest.mark.parametrize("routing", [False, True])
def test_weights_reach_the_last_step_of_an_unfitted_pipeline(routing, raw):
    X, y = raw[0][["sex", "city"]], raw[1]
    weights, step = np.linspace(0.1, 5.0, len(y)), "logisticregression__sample_weight"
    with config_context(enable_metadata_routing=routing):
        last = LogisticRegression()
        if routing:
            last.set_fit_request(sample_weight=True)
        explainer = LimeTabularExplainer(make_pipeline(OneHotEncoder(), last), **SMALL)
        explainer.fit(X, y, **{"sample_weight" if routing else step: weights})
    expected = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(X, y, **{step: weights})
    assert_allclose(explainer.estimator_[-1].coef_, expected[-1].coef_)


def test_weights_that_nobody_asked_for_are_an_error_of_scikit_learn(binary_data):
    X, y = binary_data
    with config_context(enable_metadata_routing=True):
        explainer = LimeTabularExplainer(LogisticRegression(), **SMALL)
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            explainer.fit(X, y, sample_weight=np.ones(len(y)))


@pytest.mark.parametrize("routing", [False, True])
def test_weights_for_a_fitted_model_are_an_error(routing, binary_data):
    X, y = binary_data
    model = LogisticRegression().fit(X, y)
    with (
        config_context(enable_metadata_routing=routing),
        pytest.raises((TypeError, ValueError), match="sample_weight"),
    ):
        LimeTabularExplainer(model, **SMALL).fit(X, y, sample_weight=np.ones(len(y)))


def test_weights_of_an_explainer_within_a_pipeline_reach_the_model(binary_data):
    X, y = binary_data
    weights = np.linspace(0.1, 5.0, len(y))
    explainer = LimeTabularExplainer(LogisticRegression(), **SMALL)
    pipeline = make_pipeline(explainer)
    pipeline.fit(X, y, limetabularexplainer__sample_weight=weights)
    expected = LogisticRegression().fit(X, y, sample_weight=weights)
    assert_allclose(pipeline[-1].estimator_.coef_, expected.coef_)
