"""LimeTabularExplainer as a transformer and a meta-estimator."""

import pickle
from functools import partial

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import KMeans
from sklearn.datasets import make_regression
from sklearn.ensemble import IsolationForest, RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils import get_tags
from tables import FEW, first_column, three_bins

from sklime import ExplanationBatch, LimeTabularExplainer
from sklime.backgrounds import EmpiricalBackground, MarginalBackground
from sklime.kernels import exponential_kernel, uniform_kernel
from sklime.neighborhoods import AnchoredNeighborhood, AroundNeighborhood, SharedNeighborhood


class Thresholded(ClassifierMixin, BaseEstimator):
    """A fitted classifier that has `predict` and nothing else."""

    def __init__(self):
        self.classes_ = np.array([0, 1])

    def fit(self, X, y):
        return self

    def predict(self, X):
        return (np.asarray(X)[:, 0] > 0).astype(int)


# Shapes and the transformer


def test_transform_has_a_row_for_each_row_and_a_column_for_each_feature(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, **FEW).fit(X)
    assert explainer.transform(X[:7]).shape == (7, 5)


def test_transform_is_the_matrix_of_explain(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW).fit(X)
    # Gram matrices of other widths take other kernels of BLAS: the last digits may differ.
    values = explainer.explain(X[:4]).values[..., 0]
    assert_allclose(explainer.transform(X[:4]), values, rtol=1e-10, atol=1e-12)


def test_fit_transform_is_fit_then_transform(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, **FEW)
    assert_array_equal(explainer.fit_transform(X), explainer.transform(X))


def test_explain_returns_a_batch_of_documented_shapes(neighborhood, multiclass_data):
    X, y = multiclass_data
    explainer = LimeTabularExplainer(
        LogisticRegression(max_iter=1000), neighborhood=neighborhood, **FEW
    )
    batch = explainer.fit(X, y).explain(X[::30])
    assert isinstance(batch, ExplanationBatch)
    assert batch.values.shape == (5, 4, 3)
    assert batch.standard_errors.shape == (5, 4, 3)
    for name in [
        "intercepts",
        "predictions",
        "local_predictions",
        "held_out_predictions",
        "fidelity",
    ]:
        assert getattr(batch, name).shape == (5, 3), name
    assert batch.effective_sample_size.shape == (5,)
    assert batch.encodings.shape == (5, 4)


def test_predictions_are_those_of_the_model(neighborhood, multiclass_data, multiclass_model):
    X, _ = multiclass_data
    explainer = LimeTabularExplainer(multiclass_model, neighborhood=neighborhood, **FEW)
    batch = explainer.fit(X).explain(X[::30])
    assert_allclose(batch.predictions, multiclass_model.predict_proba(X[::30]), rtol=1e-12)


def test_explaining_before_fit_is_an_error(binary_data, binary_model):
    with pytest.raises(NotFittedError):
        LimeTabularExplainer(binary_model).explain(binary_data[0])


def test_transforming_before_fit_is_an_error(binary_data, binary_model):
    with pytest.raises(NotFittedError):
        LimeTabularExplainer(binary_model).transform(binary_data[0])


def test_explain_changes_nothing_that_fit_learnt(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW).fit(X)
    before = joblib.hash(vars(explainer))
    explainer.explain(X[:3])
    assert joblib.hash(vars(explainer)) == before


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
    plain = LimeTabularExplainer(binary_model, **FEW).fit(X)
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


def test_tag_says_that_y_is_required_for_an_unfitted_model():
    assert get_tags(LimeTabularExplainer(LogisticRegression())).target_tags.required


@pytest.mark.parametrize("kind", ["fitted", "function"])
def test_tag_says_that_y_is_not_required_otherwise(kind, binary_model):
    model = {"fitted": binary_model, "function": first_column}[kind]
    assert not get_tags(LimeTabularExplainer(model)).target_tags.required


def test_fit_parameters_are_routed_to_an_unfitted_model(binary_data, global_random_seed):
    X, y = binary_data
    weights = np.random.default_rng(global_random_seed).uniform(0.1, 5.0, size=len(y))
    with config_context(enable_metadata_routing=True):
        model = LogisticRegression().set_fit_request(sample_weight=True)
        explainer = LimeTabularExplainer(model, **FEW).fit(X, y, sample_weight=weights)
    expected = LogisticRegression().fit(X, y, sample_weight=weights)
    assert_allclose(explainer.estimator_.coef_, expected.coef_)


def test_learnt_attributes_describe_the_classes(multiclass_data, multiclass_model):
    explainer = LimeTabularExplainer(multiclass_model, **FEW).fit(multiclass_data[0])
    assert_array_equal(explainer.classes_, multiclass_model.classes_)
    assert explainer.n_features_in_ == 4
    assert hasattr(explainer, "background_")


def test_learnt_attributes_describe_the_outputs_of_a_regressor(regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(Ridge(), **FEW).fit(X, np.column_stack([y, -y]))
    assert explainer.n_outputs_ == 2
    assert not hasattr(explainer, "classes_")


# What clone, search and cross-validation do to the explained model


def test_clone_carries_the_fitted_model_along(binary_model):
    assert clone(LimeTabularExplainer(binary_model)).estimator is binary_model


def test_clone_carries_a_function_along():
    assert clone(LimeTabularExplainer(first_column)).estimator is first_column


def test_clone_of_a_pipeline_carries_the_fitted_model_along(binary_model):
    pipeline = make_pipeline(LimeTabularExplainer(binary_model), KMeans(2))
    assert clone(pipeline)[0].estimator is binary_model


def test_clone_of_an_unfitted_model_is_another_object():
    model = LogisticRegression(C=3.0)
    cloned = clone(LimeTabularExplainer(model)).estimator
    assert cloned is not model
    assert cloned.C == 3.0


def test_clone_keeps_parameters_and_forgets_what_was_learnt(binary_data, binary_model):
    explainer = LimeTabularExplainer(binary_model, keep=0.6, max_features=3, **FEW)
    cloned = clone(explainer.fit(binary_data[0]))
    assert cloned.keep == 0.6
    assert cloned.max_features == 3
    assert not hasattr(cloned, "estimator_")


def test_clone_clones_the_surrogate(binary_model):
    surrogate = Ridge(alpha=3.0)
    cloned = clone(LimeTabularExplainer(binary_model, surrogate=surrogate)).surrogate
    assert cloned is not surrogate
    assert cloned.alpha == 3.0


def test_clone_keeps_the_output_container(binary_frame, binary_model):
    explainer = LimeTabularExplainer(first_column, **FEW).set_output(transform="pandas")
    weights = clone(explainer).fit(binary_frame).transform(binary_frame[:3])
    assert isinstance(weights, pd.DataFrame)


GRIDS = [
    {"keep": [0.5, 0.75]},
    {"neighborhood": ["anchored", "shared", "around"]},
    {"neighborhood": ["shared"], "kernel_width": [None, 1.0, 3.0]},
    {"n_perturbations": [64, 128]},
    {"discretizer": ["quartile", "decile", None, three_bins()]},
    {"surrogate": [None, LinearRegression(), Ridge(alpha=0.5), Lasso(alpha=0.001)]},
    {"surrogate": [Ridge()], "surrogate__alpha": [0.1, 1.0]},
]


@pytest.mark.parametrize("grid", GRIDS, ids=lambda grid: "-".join(grid))
def test_grid_search_tunes_the_explanation_of_the_very_model(grid, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, **FEW)
    search = GridSearchCV(explainer, grid, cv=2, error_score="raise").fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.estimator_ is binary_model


def test_grid_search_tunes_around_an_unfitted_model(regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(Ridge(), **FEW)
    search = GridSearchCV(explainer, {"estimator__alpha": [0.1, 10.0]}, cv=2, error_score="raise")
    assert search.fit(X, y).best_estimator_.estimator_.coef_.shape == (4,)


def test_cross_validation_explains_the_very_model(binary_data, binary_model):
    explainer = LimeTabularExplainer(binary_model, **FEW)
    results = cross_validate(explainer, binary_data[0], cv=3, return_estimator=True)
    assert np.isfinite(results["test_score"]).all()
    assert all(fold.estimator_ is binary_model for fold in results["estimator"])


def test_nested_parameters_of_a_fitted_model_cannot_be_set(binary_model):
    explainer = LimeTabularExplainer(binary_model)
    n_estimators = binary_model.n_estimators
    with pytest.raises(ValueError, match="fitted"):
        explainer.set_params(estimator__n_estimators=n_estimators + 1)
    assert binary_model.n_estimators == n_estimators


def test_nested_parameters_of_an_unfitted_model_can_be_set():
    explainer = LimeTabularExplainer(LogisticRegression()).set_params(estimator__C=7.0)
    assert explainer.estimator.C == 7.0


def test_the_model_itself_can_be_replaced(binary_model, multiclass_model):
    explainer = LimeTabularExplainer(binary_model).set_params(estimator=multiclass_model)
    assert explainer.estimator is multiclass_model


def test_parameters_are_stored_as_they_are_given():
    surrogate = Ridge()
    explainer = LimeTabularExplainer(first_column, surrogate=surrogate, keep=0.9)
    parameters = explainer.get_params(deep=False)
    assert parameters["estimator"] is first_column
    assert parameters["surrogate"] is surrogate
    assert parameters["keep"] == 0.9


def test_defaults_are_those_of_the_documentation():
    parameters = LimeTabularExplainer(first_column).get_params(deep=False)
    expected = {
        "target": "auto",
        "response_method": "auto",
        "link": "identity",
        "n_perturbations": None,
        "n_replicates": 8,
        "kernel": "auto",
        "kernel_width": None,
        "metric": "auto",
        "selection": "auto",
        "max_features": 10,
        "surrogate": None,
        "batch_size": None,
        "n_jobs": None,
        "verbose": 0,
        "random_state": None,
        "neighborhood": "anchored",
        "keep": 0.75,
        "background": "marginal",
        "discretizer": "quartile",
    }
    assert {name: parameters[name] for name in expected} == expected


def test_parameters_after_the_model_are_keyword_only():
    with pytest.raises(TypeError, match="positional"):
        LimeTabularExplainer(first_column, "auto")


# Pipelines


def test_explainer_is_a_step_in_the_middle_of_a_pipeline(binary_data, binary_model):
    X, _ = binary_data
    pipeline = make_pipeline(
        LimeTabularExplainer(binary_model, **FEW), KMeans(3, n_init=1, random_state=0)
    )
    assert set(pipeline.fit(X).predict(X)) == {0, 1, 2}


def test_explainer_is_the_last_step_of_a_pipeline(binary_data):
    X, y = binary_data
    pipeline = make_pipeline(
        StandardScaler(), LimeTabularExplainer(LogisticRegression(), **FEW)
    ).fit(X, y)
    assert pipeline.transform(X[:3]).shape == (3, 5)
    assert_array_equal(pipeline.get_feature_names_out(), [f"x{j}" for j in range(5)])
    assert np.isfinite(pipeline.score(X))


# Names and containers


def test_columns_of_one_output_are_named_after_the_features(binary_frame, binary_data):
    model = LogisticRegression().fit(binary_frame, binary_data[1])
    explainer = LimeTabularExplainer(model, **FEW).fit(binary_frame)
    assert_array_equal(explainer.get_feature_names_out(), binary_frame.columns)
    assert_array_equal(explainer.feature_names_in_, binary_frame.columns)


def test_columns_without_names_are_numbered(binary_data, binary_model):
    explainer = LimeTabularExplainer(binary_model, **FEW).fit(binary_data[0])
    assert_array_equal(explainer.get_feature_names_out(), ["x0", "x1", "x2", "x3", "x4"])


def test_columns_of_several_classes_are_named_class_and_feature(multiclass_data, multiclass_model):
    X, _ = multiclass_data
    explainer = LimeTabularExplainer(multiclass_model, **FEW).fit(X)
    weights = pd.DataFrame(explainer.transform(X[:5]), columns=explainer.get_feature_names_out())
    values = explainer.explain(X[:5]).values
    assert weights.shape == (5, 12)
    for k, label in enumerate(multiclass_model.classes_):
        for j in range(4):
            assert_array_equal(weights[f"{label}__x{j}"], values[:, j, k])


def test_columns_of_several_outputs_are_all_there(regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(LinearRegression(), **FEW)
    explainer.fit(X, np.column_stack([y, -y]))
    names = explainer.get_feature_names_out()
    assert explainer.transform(X[:2]).shape == (2, 8)
    assert len(set(names)) == 8
    assert all("__x" in name for name in names)


def test_given_names_are_checked_against_the_table(binary_frame, binary_data):
    model = LogisticRegression().fit(binary_frame, binary_data[1])
    explainer = LimeTabularExplainer(model, **FEW).fit(binary_frame)
    with pytest.raises(ValueError, match="input_features"):
        explainer.get_feature_names_out(["a", "b", "c", "d", "e"])


def test_pandas_output_keeps_index_and_columns(binary_frame, binary_data):
    model = LogisticRegression().fit(binary_frame, binary_data[1])
    explainer = LimeTabularExplainer(model, **FEW).set_output(transform="pandas")
    weights = explainer.fit(binary_frame).transform(binary_frame[10:14])
    assert_array_equal(weights.index, binary_frame.index[10:14])
    assert_array_equal(weights.columns, binary_frame.columns)


def test_polars_output_keeps_columns(binary_frame, binary_data):
    polars = pytest.importorskip("polars")
    model = LogisticRegression().fit(binary_frame, binary_data[1])
    explainer = LimeTabularExplainer(model, **FEW).set_output(transform="polars")
    weights = explainer.fit(binary_frame).transform(binary_frame[10:14])
    assert isinstance(weights, polars.DataFrame)
    assert weights.columns == list(binary_frame.columns)


def test_polars_input_gives_the_weights_of_the_array(binary_frame, binary_data):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({name: binary_frame[name].to_numpy() for name in binary_frame})
    model = LogisticRegression().fit(frame, binary_data[1])
    of_frame = LimeTabularExplainer(model, **FEW).fit(frame).transform(frame[:4])
    of_array = LimeTabularExplainer(LogisticRegression(), **FEW).fit(*binary_data)
    assert_allclose(of_frame, of_array.transform(binary_data[0][:4]), rtol=1e-10)


def test_frame_and_array_are_explained_alike(neighborhood, binary_frame, binary_data):
    X, y = binary_data
    explainer = LimeTabularExplainer(LogisticRegression(), neighborhood=neighborhood, **FEW)
    of_frame = clone(explainer).fit(binary_frame, y).transform(binary_frame[:4])
    of_array = clone(explainer).fit(X, y).transform(X[:4])
    assert_allclose(of_frame, of_array, rtol=1e-10)


@pytest.mark.parametrize("container", ["array", "pandas", "polars"])
def test_function_is_asked_with_the_kind_of_table_of_fit(
    container, neighborhood, binary_frame, recording
):
    table = binary_frame
    if container == "array":
        table = binary_frame.to_numpy()
    if container == "polars":
        polars = pytest.importorskip("polars")
        table = polars.DataFrame({name: binary_frame[name].to_numpy() for name in binary_frame})
    function = recording(first_column)
    explainer = LimeTabularExplainer(function, neighborhood=neighborhood, **FEW).fit(table)
    explainer.explain(table[:2])
    assert {type(call) for call in function.calls} == {type(table)}


def test_model_fitted_on_an_array_is_asked_with_arrays(neighborhood, binary_frame, binary_data):
    # Warnings are errors: scikit-learn would warn of names that the model has never seen.
    model = LogisticRegression().fit(*binary_data)
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW)
    explainer.fit(binary_frame).explain(binary_frame[:2])


def test_model_fitted_on_a_frame_is_asked_with_frames(neighborhood, binary_frame, binary_data):
    X, y = binary_data
    model = LogisticRegression().fit(binary_frame, y)
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW)
    explainer.fit(X).explain(X[:2])


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


# Responses


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


def test_first_class_gets_the_negative_of_the_decision_function(binary_data):
    X, y = binary_data
    model = LinearSVC().fit(X, y)
    explainer = LimeTabularExplainer(model, target=0, **FEW).fit(X)
    assert_allclose(explainer.explain(X[:3]).predictions[:, 0], -model.decision_function(X[:3]))


def test_classifier_with_only_predict_is_explained(binary_data):
    X, _ = binary_data
    batch = LimeTabularExplainer(Thresholded(), **FEW).fit(X).explain(X[:5])
    assert np.isfinite(batch.values).all()


def test_missing_response_method_is_an_error_that_names_it(binary_data):
    X, y = binary_data
    model = LinearSVC().fit(X, y)
    with pytest.raises((AttributeError, ValueError), match="predict_proba"):
        LimeTabularExplainer(model, response_method="predict_proba", **FEW).fit(X)


def test_logit_link_works_on_clipped_probabilities(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, link="logit", **FEW).fit(X)
    p = np.clip(binary_model.predict_proba(X[:20])[:, 1], 1e-3, 1 - 1e-3)
    assert_allclose(explainer.explain(X[:20]).predictions[:, 0], np.log(p / (1 - p)))


# Surrogates, selections, kernels, metrics, discretizers, backgrounds


@pytest.mark.parametrize(
    "surrogate",
    [
        Ridge(alpha=0.1),
        LinearRegression(),
        Lasso(alpha=1e-3),
        DecisionTreeRegressor(max_depth=3, random_state=0),
        make_pipeline(StandardScaler(), Ridge()),
    ],
    ids=lambda surrogate: type(surrogate).__name__,
)
def test_any_regressor_with_weights_is_a_surrogate(
    surrogate, neighborhood, binary_data, binary_model
):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood=neighborhood, surrogate=surrogate, **FEW
    )
    batch = explainer.fit(X).explain(X[:3])
    assert np.isfinite(batch.values).all()
    assert (batch.values != 0).any()


def test_tree_surrogate_reports_its_importances(binary_data, binary_model):
    X, _ = binary_data
    tree = DecisionTreeRegressor(max_depth=3, random_state=0)
    batch = (
        LimeTabularExplainer(binary_model, baseline="other", surrogate=tree, **FEW)
        .fit(X)
        .explain(X[:3])
    )
    assert (batch.values >= 0).all()
    assert_allclose(batch.values.sum(axis=1), 1.0)


def test_default_surrogate_is_ridge_of_penalty_one(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW)
    default = clone(explainer).fit(X).transform(X[:3])
    ridge = explainer.set_params(surrogate=Ridge(alpha=1.0)).fit(X).transform(X[:3])
    assert_array_equal(default, ridge)


def test_gram_matrices_give_what_fitting_row_by_row_gives(neighborhood, binary_data, binary_model):
    # A subclass is no Ridge that the shortcut knows; it is fitted clone by clone.
    class PlainRidge(Ridge):
        pass

    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW)
    shortcut = clone(explainer).set_params(surrogate=Ridge(alpha=2.0)).fit(X).explain(X[:3])
    one_by_one = explainer.set_params(surrogate=PlainRidge(alpha=2.0)).fit(X).explain(X[:3])
    for name in ["values", "standard_errors", "intercepts", "held_out_predictions", "fidelity"]:
        assert_allclose(getattr(one_by_one, name), getattr(shortcut, name), atol=1e-8)


@pytest.mark.parametrize(
    "surrogate", [Ridge(), Lasso(alpha=1e-3), DecisionTreeRegressor(max_depth=2)], ids=repr
)
def test_surrogate_of_the_user_stays_unfitted(surrogate, binary_data, binary_model):
    X, _ = binary_data
    surrogate = clone(surrogate)
    LimeTabularExplainer(binary_model, surrogate=surrogate, **FEW).fit(X).explain(X[:2])
    assert not [name for name in vars(surrogate) if name.endswith("_")]


SELECTIONS = ["auto", "forward", "highest_weights", "lasso_path"]


@pytest.mark.parametrize("max_features", [1, 2, 4])
@pytest.mark.parametrize("selection", SELECTIONS)
def test_selection_keeps_at_most_max_features(
    selection, max_features, neighborhood, multiclass_data, multiclass_model
):
    X, _ = multiclass_data
    explainer = LimeTabularExplainer(
        multiclass_model,
        neighborhood=neighborhood,
        selection=selection,
        max_features=max_features,
        **FEW,
    )
    batch = explainer.fit(X).explain(X[::40])
    n_kept = (batch.values != 0).sum(axis=1)
    assert n_kept.max() <= max_features
    assert n_kept.min() >= 1


@pytest.mark.parametrize("selection", SELECTIONS)
def test_no_limit_keeps_every_feature(selection, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, selection=selection, max_features=None, **FEW
    ).fit(X)
    everything = LimeTabularExplainer(binary_model, selection="none", **FEW).fit(X)
    assert_allclose(explainer.transform(X[:3]), everything.transform(X[:3]), atol=1e-10)


def test_selection_none_ignores_max_features(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, selection="none", max_features=2, **FEW)
    assert (explainer.fit(X).transform(X[:3]) != 0).sum(axis=1).max() > 2


@pytest.mark.parametrize(("max_features", "named"), [(6, "forward"), (7, "highest_weights")])
def test_auto_selection_changes_above_six_features(max_features, named, global_random_seed):
    X, y = make_regression(n_samples=80, n_features=9, random_state=global_random_seed)
    model = RandomForestRegressor(5, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(model, max_features=max_features, **FEW)
    auto = clone(explainer).fit(X).transform(X[:5])
    by_name = explainer.set_params(selection=named).fit(X).transform(X[:5])
    assert_array_equal(auto, by_name)


@pytest.mark.parametrize("selection", SELECTIONS)
def test_selection_finds_the_one_feature_that_matters(selection, neighborhood, binary_data):
    # Half the rows, those that the median can be reached from.
    X, _ = binary_data
    low, median, high = np.percentile(X[:, 3], [25, 50, 75])
    rows = X[(low < X[:, 3]) & (X[:, 3] < high)]
    explainer = LimeTabularExplainer(
        lambda X: np.where(X[:, 3] > median, 1.0, 0.0),
        neighborhood=neighborhood,
        selection=selection,
        max_features=1,
        n_perturbations=256,
        random_state=0,
    ).fit(X)
    weights = explainer.transform(rows)
    assert_array_equal(np.abs(weights).argmax(axis=1), 3)


@pytest.mark.parametrize("seed", range(5))
def test_lasso_path_that_ends_in_a_perfect_fit_does_not_warn(seed):
    # Nothing is left to explain after the first step, and balanced points make the rest tie.
    X = np.random.default_rng(seed).normal(size=(100, 4))
    median = np.median(X[:, 0])
    explainer = LimeTabularExplainer(
        lambda X: (X[:, 0] > median).astype(float),
        selection="lasso_path",
        max_features=1,
        n_perturbations=256,
        random_state=0,
    )
    assert_array_equal(explainer.fit(X).transform(X)[:, 1:], 0.0)


def test_selection_may_be_a_function(neighborhood, binary_data, binary_model):
    def only_the_third(moments, encoding, max_features):
        mask = np.zeros(moments.Zf.shape, dtype=bool)
        mask[..., 2] = True
        return mask

    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood=neighborhood, selection=only_the_third, **FEW
    )
    weights = explainer.fit(X).transform(X[:5])
    assert_array_equal(weights[:, [0, 1, 3, 4]], 0.0)
    assert (weights[:, 2] != 0).any()


def test_standard_errors_are_missing_for_features_not_selected(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, max_features=2, **FEW).fit(X)
    batch = explainer.explain(X[:5])
    assert np.isnan(batch.standard_errors[batch.values == 0]).all()
    assert (batch.standard_errors[batch.values != 0] >= 0).all()


@pytest.mark.parametrize("kernel", [exponential_kernel, uniform_kernel])
def test_kernel_may_be_a_function(kernel, neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood=neighborhood, kernel=kernel, kernel_width=1.5, **FEW
    )
    assert np.isfinite(explainer.fit(X).transform(X[:3])).all()


def test_default_kernel_of_a_shared_neighborhood_is_exponential(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood="shared", **FEW)
    default = clone(explainer).fit(X).transform(X[:3])
    explainer.set_params(kernel=exponential_kernel, kernel_width=0.75 * np.sqrt(5))
    assert_allclose(default, explainer.fit(X).transform(X[:3]), rtol=1e-10)


def test_default_kernel_of_an_anchored_neighborhood_is_uniform(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, **FEW)
    default = clone(explainer).fit(X).explain(X[:3])
    explainer.set_params(kernel=uniform_kernel)
    assert_allclose(default.values, explainer.fit(X).explain(X[:3]).values, rtol=1e-10)
    # All count alike but those that have the bins of the row.
    assert_array_equal(default.effective_sample_size, np.round(default.effective_sample_size))
    assert (default.effective_sample_size < 64).all()


def test_kernel_of_the_user_receives_distances_and_width(binary_data, binary_model):
    seen = []

    def kernel(distances, width):
        seen.append((np.min(distances), width))
        return np.exp(-distances / width)

    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood="shared", kernel=kernel, kernel_width=2.5, **FEW
    )
    assert np.isfinite(explainer.fit(X).transform(X[:3])).all()
    assert all(smallest >= 0 and width == 2.5 for smallest, width in seen)


def falling(distances):
    return np.exp(-distances)


@pytest.mark.parametrize(
    "kernel",
    [
        falling,
        lambda distances, width=1.0: np.exp(-distances),
        lambda *arguments: np.exp(-arguments[0]),
        partial(lambda scale, distances: np.exp(-distances / scale), 1.0),
    ],
    ids=["function", "width with a default", "any arguments", "partial"],
)
def test_kernel_may_take_distances_alone(kernel, neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood=neighborhood, kernel=kernel, **FEW
    ).fit(X)
    same = clone(explainer).set_params(kernel=lambda distances, width: np.exp(-distances))
    assert_array_equal(explainer.transform(X[:3]), same.fit(X).transform(X[:3]))


def test_kernel_may_be_a_function_of_numpy(binary_data, binary_model):
    # Its second argument would be an array to write on.
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, kernel=np.sqrt, **FEW).fit(X)
    same = clone(explainer).set_params(kernel=lambda distances, width: np.sqrt(distances))
    assert_array_equal(explainer.transform(X[:3]), same.fit(X).transform(X[:3]))


def test_explainer_with_a_kernel_of_distances_alone_survives_pickle(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood="shared", kernel=falling, **FEW)
    loaded = pickle.loads(pickle.dumps(explainer.fit(X)))
    assert_array_equal(loaded.transform(X[:3]), explainer.transform(X[:3]))


@pytest.mark.parametrize(
    ("parameter", "function", "wanted"),
    [
        ("kernel", lambda: 1.0, r"2 arguments by position, \(distances, width\)"),
        ("kernel", lambda a, b, c: a, r"\(distances, width\)"),
        ("kernel", lambda a, *, width: a, r"\(distances, width\)"),
        ("metric", lambda a: 1.0, r"2 arguments by position, \(one encoding, another\)"),
        ("selection", lambda a: a, r"3 arguments by position, \(moments, encoding, max_features"),
    ],
)
def test_function_of_other_arguments_is_an_error_in_fit(
    parameter, function, wanted, neighborhood, binary_data, binary_model
):
    explainer = LimeTabularExplainer(
        binary_model, neighborhood=neighborhood, **{parameter: function}, **FEW
    )
    with pytest.raises(TypeError, match=rf"{parameter} must be a function of .*{wanted}"):
        explainer.fit(binary_data[0])


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev", "cosine"])
def test_metric_may_be_any_name_that_scikit_learn_knows(metric, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood="shared", metric=metric, **FEW)
    assert np.isfinite(explainer.fit(X).transform(X[:3])).all()


def test_metric_may_be_a_function_of_two_rows(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood="shared", kernel_width=2.0, metric="manhattan", **FEW
    )
    by_name = clone(explainer).fit(X).transform(X[:3])
    explainer.set_params(metric=lambda a, b: np.abs(a - b).sum())
    assert_allclose(explainer.fit(X).transform(X[:3]), by_name, atol=1e-10)


@pytest.mark.filterwarnings("ignore:Too few perturbed rows share")
@pytest.mark.parametrize("discretizer", ["quartile", "decile", "entropy", three_bins()])
def test_encoding_of_a_binned_row_is_all_ones(discretizer, neighborhood, regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(
        Ridge(),
        discretizer=discretizer,
        neighborhood=neighborhood,
        n_perturbations=256,
        random_state=0,
    )
    batch = explainer.fit(X, y).explain(X[:5])
    assert_array_equal(batch.encodings, 1.0)
    assert np.isfinite(batch.values).all()


def test_encoding_without_bins_is_the_standardized_row(neighborhood, regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(
        Ridge(), baseline="other", discretizer=None, neighborhood=neighborhood, **FEW
    )
    batch = explainer.fit(X, y).explain(X[:5])
    assert_allclose(batch.encodings, StandardScaler().fit(X).transform(X[:5]), atol=1e-12)


def test_entropy_bins_need_labels(binary_data, binary_model):
    with pytest.raises(ValueError, match=r"(?i)entropy.*\by\b|\by\b.*entropy"):
        LimeTabularExplainer(binary_model, discretizer="entropy", **FEW).fit(binary_data[0])


def test_entropy_bins_follow_the_labels(neighborhood):
    # The label changes at 0.9 only, so that is where a bin must end.
    X = np.linspace(0, 1, 200)[:, np.newaxis]
    y = (X[:, 0] > 0.9).astype(int)
    explainer = LimeTabularExplainer(
        lambda X: (X[:, 0] > 0.9).astype(float),
        baseline="other",
        discretizer="entropy",
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
        n_perturbations=1024,
        random_state=0,
    ).fit(X, y)
    # The cut lies between two training rows, and a few perturbed rows fall beside it.
    assert_allclose(explainer.transform([[0.5], [0.95]]), [[-1.0], [1.0]], atol=0.02)


def test_entropy_bins_follow_a_regression_target():
    X = np.linspace(0, 1, 200)[:, np.newaxis]
    y = np.where(X[:, 0] > 0.9, 10.5, 0.25)
    explainer = LimeTabularExplainer(
        lambda X: np.where(X[:, 0] > 0.9, 1.0, 0.0),
        baseline="other",
        discretizer="entropy",
        surrogate=LinearRegression(),
        n_perturbations=1024,
        random_state=0,
    ).fit(X, y)
    assert_allclose(explainer.transform([[0.5], [0.95]]), [[-1.0], [1.0]], atol=0.02)


def test_discretizer_of_the_user_stays_unfitted(binary_data, binary_model):
    discretizer = three_bins()
    LimeTabularExplainer(binary_model, discretizer=discretizer, **FEW).fit(binary_data[0])
    assert not hasattr(discretizer, "bin_edges_")


@pytest.mark.parametrize("encode", ["ordinal", "onehot", "onehot-dense"])
def test_bins_of_a_discretizer_do_not_depend_on_its_encoding(encode, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, discretizer=three_bins(), **FEW)
    expected = clone(explainer).fit(X).transform(X[:3])
    explainer.set_params(discretizer=three_bins(encode))
    assert_array_equal(explainer.fit(X).transform(X[:3]), expected)


@pytest.mark.parametrize(
    ("name", "instance"),
    [
        ("anchored", AnchoredNeighborhood()),
        ("shared", SharedNeighborhood()),
        ("around", AroundNeighborhood()),
    ],
)
def test_neighborhood_may_be_given_as_an_object(name, instance, binary_data, binary_model):
    X, _ = binary_data
    by_name = LimeTabularExplainer(binary_model, neighborhood=name, **FEW).fit(X)
    by_object = LimeTabularExplainer(binary_model, neighborhood=instance, **FEW).fit(X)
    assert_array_equal(by_name.transform(X[:3]), by_object.transform(X[:3]))


@pytest.mark.parametrize(
    ("name", "instance"), [("marginal", MarginalBackground()), ("empirical", EmpiricalBackground())]
)
def test_background_may_be_given_as_an_object(name, instance, binary_data, binary_model):
    X, _ = binary_data
    by_name = LimeTabularExplainer(binary_model, background=name, **FEW).fit(X)
    by_object = LimeTabularExplainer(binary_model, background=instance, **FEW).fit(X)
    assert_array_equal(by_name.transform(X[:3]), by_object.transform(X[:3]))


def test_background_of_the_user_stays_unfitted(binary_data, binary_model):
    background = EmpiricalBackground()
    LimeTabularExplainer(binary_model, background=background, **FEW).fit(binary_data[0])
    assert not [name for name in vars(background) if name.endswith("_")]


# Scores


def test_score_is_the_local_accuracy_of_held_out_predictions(neighborhood, regression_data):
    X, y = regression_data
    model = RandomForestRegressor(5, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW).fit(X)
    batch = explainer.explain(X[:30])
    errors = ((batch.held_out_predictions - batch.predictions) ** 2).sum()
    total = ((batch.predictions - batch.predictions.mean()) ** 2).sum()
    assert_allclose(explainer.score(X[:30]), 1 - errors / total)


def test_score_needs_no_y_and_ignores_it(binary_data, binary_model):
    X, y = binary_data
    explainer = LimeTabularExplainer(binary_model, **FEW).fit(X)
    assert explainer.score(X) == explainer.score(X, y)


def test_held_out_prediction_leaves_out_the_explained_row(binary_data):
    # The model is zero everywhere but at the row itself, which alone can lift the local fit.
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        lambda Z: (X[0] == Z).all(axis=1).astype(float), neighborhood="shared", **FEW
    )
    batch = explainer.fit(X).explain(X[:1])
    assert batch.predictions[0, 0] == 1.0
    assert batch.local_predictions[0, 0] > 0.0
    assert_allclose(batch.held_out_predictions, 0.0, atol=1e-12)


def test_fidelity_is_at_most_one(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, baseline="other", neighborhood=neighborhood, **FEW
    ).fit(X)
    batch = explainer.explain(X[:10])
    assert not (batch.fidelity > 1.0).any()
    assert (batch.response_r2 <= 1.0).all()


def test_fidelity_to_noise_is_not_positive(binary_data, global_random_seed):
    # In-sample R2 would be about d / n = 0.08 here; held out it cannot be.
    X, _ = binary_data
    rng = np.random.default_rng(global_random_seed)
    explainer = LimeTabularExplainer(
        lambda X: rng.normal(size=len(X)), neighborhood="shared", **FEW
    )
    assert explainer.fit(X).explain(X).fidelity.mean() < 0.0


def test_effective_sample_size_follows_the_kernel_width(binary_data, binary_model):
    X, _ = binary_data
    sizes = []
    for kernel_width in [1.0, 2.0, 1e6]:
        explainer = LimeTabularExplainer(
            binary_model, neighborhood="shared", kernel_width=kernel_width, **FEW
        )
        sizes.append(explainer.fit(X).explain(X[:1]).effective_sample_size[0])
    assert sizes[0] < sizes[1] < sizes[2]
    assert_allclose(sizes[2], 64, rtol=1e-6)


@pytest.mark.filterwarnings("ignore:Too few perturbed rows share")
@pytest.mark.parametrize("n_perturbations", [16, 17, 100, 1000])
def test_any_number_of_perturbations_is_drawn_without_a_warning(
    n_perturbations, neighborhood, binary_data, binary_model
):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model,
        baseline="other",
        neighborhood=neighborhood,
        n_perturbations=n_perturbations,
        kernel=uniform_kernel,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[:2])
    assert_array_equal(batch.n_perturbations, n_perturbations)
    assert (batch.effective_sample_size <= n_perturbations).all()


def test_penalty_does_not_depend_on_the_number_of_perturbations(binary_data):
    # Weights are scaled to the 5000 perturbations of `lime`; without that, a ridge on 64
    # rows would shrink this slope far more than one on 4096.
    X, _ = binary_data
    slopes = []
    for n_perturbations in [256, 4096]:
        explainer = LimeTabularExplainer(
            lambda X: (X[:, 0] > 0).astype(float),
            n_perturbations=n_perturbations,
            surrogate=Ridge(alpha=100.0),
            random_state=0,
        )
        slopes.append(explainer.fit(X).transform(X[:10])[:, 0])
    assert_allclose(slopes[0], slopes[1], atol=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_intervals_cover_the_weights_of_a_long_run(neighborhood, multiclass_data):
    X, y = multiclass_data
    model = RandomForestRegressor(5, random_state=0).fit(X, (y == "virginica").astype(float))
    settings = {"neighborhood": neighborhood, "max_features": None}
    reference = LimeTabularExplainer(model, n_perturbations=2**16, random_state=999, **settings)
    weights = reference.fit(X).transform(X[[10, 60, 110]])
    covered = []
    for seed in range(40):
        explainer = LimeTabularExplainer(
            model, n_perturbations=1024, random_state=seed, **settings
        ).fit(X)
        frame = explainer.explain(X[[10, 60, 110]]).to_frame()
        truth = weights[frame["row"], frame["feature"].str[1:].astype(int)]
        covered.append((frame["ci_low"] <= truth) & (truth <= frame["ci_high"]))
    assert 0.90 <= np.mean(covered) <= 0.985


# Keeping explainers


def test_fitted_explainer_survives_pickle(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW).fit(X)
    loaded = pickle.loads(pickle.dumps(explainer))
    assert_array_equal(loaded.transform(X[:3]), explainer.transform(X[:3]))


def test_fitted_explainer_survives_joblib(tmp_path, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, **FEW).fit(X)
    joblib.dump(explainer, tmp_path / "explainer.joblib")
    loaded = joblib.load(tmp_path / "explainer.joblib")
    assert_array_equal(loaded.transform(X[:3]), explainer.transform(X[:3]))


@pytest.mark.slow
def test_explainer_works_in_other_processes(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, **FEW).fit(X)
    parts = joblib.Parallel(n_jobs=2)(
        joblib.delayed(explainer.transform)(X[start : start + 2]) for start in [0, 2]
    )
    assert_allclose(np.vstack(parts), explainer.transform(X[:4]), atol=1e-10)


# Parameters


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("estimator", None),
        ("estimator", "model"),
        ("estimator", object()),
        ("response_method", "nope"),
        ("link", "nope"),
        ("n_perturbations", 0),
        ("n_perturbations", -5),
        ("n_perturbations", 64.5),
        ("n_replicates", 0),
        ("n_replicates", 1),
        ("n_replicates", 2.5),
        ("kernel", "nope"),
        ("kernel_width", 0),
        ("kernel_width", -1.0),
        ("kernel_width", "wide"),
        ("metric", "nope"),
        ("selection", "nope"),
        ("selection", "forward_selection"),
        ("max_features", 0),
        ("max_features", -1),
        ("max_features", 1.5),
        ("surrogate", "ridge"),
        ("batch_size", 0),
        ("batch_size", 1.5),
        ("n_jobs", 1.5),
        ("verbose", "loud"),
        ("random_state", "seed"),
        ("random_state", -1),
        ("neighborhood", "nope"),
        ("keep", -0.1),
        ("keep", 1.5),
        ("keep", "half"),
        ("background", "nope"),
        ("discretizer", "nope"),
        ("discretizer", 4),
    ],
)
def test_wrong_parameter_is_named_by_scikit_learn(parameter, value, binary_data, binary_model):
    explainer = LimeTabularExplainer(binary_model).set_params(**{parameter: value})
    message = f"The '{parameter}' parameter of LimeTabularExplainer must be"
    with pytest.raises(ValueError, match=message):
        explainer.fit(binary_data[0])


def test_wrong_parameter_is_accepted_until_fit(binary_model):
    LimeTabularExplainer(binary_model, keep="half", neighborhood="nope", kernel_width=-1)


def test_fewer_than_two_points_a_replicate_are_an_error(binary_data, binary_model):
    explainer = LimeTabularExplainer(binary_model, n_perturbations=15, n_replicates=8)
    with pytest.raises(ValueError, match="n_perturbations=15"):
        explainer.fit(binary_data[0])


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


def test_surrogate_without_weights_is_an_error_that_says_so(binary_data, binary_model):
    class Weightless(Ridge):
        @property
        def coef_(self):
            raise AttributeError("no coef_")

        @coef_.setter
        def coef_(self, value):
            pass

    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, surrogate=Weightless(), **FEW)
    with pytest.raises((TypeError, ValueError, AttributeError), match="coef_"):
        explainer.fit(X).explain(X[:2])


def test_surrogate_without_slopes_is_an_error_that_says_so(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, surrogate=KNeighborsRegressor(), **FEW)
    with pytest.raises((TypeError, ValueError), match="neither coef_ nor"):
        explainer.fit(X).explain(X[:2])


@pytest.mark.parametrize("discretizer", ["quartile", "decile", "model", "entropy"])
@pytest.mark.parametrize("dtype", [int, float])
@pytest.mark.parametrize("share", [0.05, 0.2, 0.8, 0.95])
def test_column_with_most_of_its_values_at_one_end_is_cut(discretizer, dtype, share):
    # Every percentile may be the largest value, and nothing lies above that.
    rng = np.random.default_rng(0)
    flag = rng.permutation(np.arange(200) < 200 * share)
    X = pd.DataFrame({"active": flag.astype(dtype), "noise": rng.normal(size=200)})
    explainer = LimeTabularExplainer(
        lambda X: X["active"].to_numpy(float),
        baseline="other",
        discretizer=discretizer,
        random_state=0,
    )
    batch = explainer.fit(X, flag.astype(int)).explain(X[:10])
    sign = np.where(flag[:10], 1.0, -1.0)
    assert (sign * batch.values[:, 0, 0] > 0.9).all()


def test_standardized_flag_is_cut_by_the_model(global_random_seed):
    flag = np.random.default_rng(global_random_seed).random(300) < 0.4
    X = ((flag - flag.mean()) / flag.std())[:, None]
    explainer = LimeTabularExplainer(
        lambda X: X[:, 0], baseline="other", discretizer="model", random_state=0
    )
    weights = explainer.fit(X).transform(X[:10])[:, 0]
    assert (np.where(flag[:10], weights, -weights) > 1.5).all()


def test_kernel_of_the_user_gets_exact_distances(binary_data, binary_model):
    # Counts of matches are bytes, whose square root NumPy takes in half precision.
    X, _ = binary_data
    seen = []

    def kernel(distances, width):
        seen.append(distances)
        return np.exp(-0.5 * (distances / width) ** 2)

    explainer = LimeTabularExplainer(binary_model, neighborhood="shared", kernel=kernel, **FEW)
    weights = explainer.fit(X).transform(X[:3])
    assert all(distances.dtype == np.float64 for distances in seen)
    by_name = explainer.set_params(kernel="exponential").fit(X).transform(X[:3])
    assert_allclose(weights, by_name, atol=1e-12)
