"""What all explainers share: parameters, clones, names, tags, scores."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn import config_context
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.utils import get_tags
from tables import FEW, MANY, first_column, row_sums, three_bins

from sklime import LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer
from sklime._base import BaseLimeExplainer

# Tags and learnt attributes


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


@pytest.fixture
def explainer(neighborhood, binary_data, binary_model):
    """An explainer fitted on five columns, in each neighborhood."""
    return LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW).fit(binary_data[0])


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


# Parameters and models that change after fit


@pytest.mark.parametrize(
    "wrong", [{"max_features": -1}, {"kernel": "nope"}, {"selection": "nope"}, {"batch_size": 0}]
)
@pytest.mark.parametrize("method", ["explain", "transform", "score"])
def test_wrong_parameter_that_is_set_after_fit_is_an_error(wrong, method, explainer, X):
    # max_features=-1 gave weights of zero, an unknown kernel a bare KeyError.
    explainer.set_params(**wrong)
    with pytest.raises(ValueError, match=next(iter(wrong))):
        getattr(explainer, method)(X[:2])


@pytest.mark.parametrize("is_refit", [False, True])
def test_interrupted_fit_leaves_an_explainer_that_is_not_fitted(is_refit, neighborhood, X):
    # After a refit it explained the new model with bins of the old table.
    def interrupted(X):
        raise KeyboardInterrupt

    explainer = LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW)
    if is_refit:
        explainer.fit(X)
    with pytest.raises(KeyboardInterrupt):
        explainer.set_params(estimator=interrupted).fit(X[:, :3])
    with pytest.raises(NotFittedError):
        explainer.explain(X[:1])


def test_same_explainer_can_be_fitted_again_on_another_problem(X, multiclass_data):
    explainer = LimeTabularExplainer(RandomForestClassifier(5, random_state=0), **FEW)
    explainer.fit(X, X[:, 0] > 0)
    explainer.fit(*multiclass_data)
    batch = explainer.explain(multiclass_data[0][:2])
    assert [str(name) for name in batch.output_names] == ["setosa", "versicolor", "virginica"]
    assert len(explainer.get_feature_names_out()) == 12


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.int64])
def test_too_few_perturbations_are_counted_with_integers_of_numpy(integer, binary_data):
    # Twice 127 is beyond a byte with a sign: it was a negative number, and all were enough.
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        np.sum, n_perturbations=200, n_replicates=integer(127), random_state=0
    )
    with pytest.raises(ValueError, match="pass n_perturbations of at least 254"):
        explainer.fit(X)


@pytest.mark.parametrize("method", ["fit", "explain", "transform", "score"])
def test_methods_of_all_explainers_are_described_for_all(method):
    description = getattr(BaseLimeExplainer, method).__doc__
    assert "nstances" in description
    assert not {"bins", "background", "vocabulary"} & set(description.split())


@pytest.mark.parametrize("explainer", [LimeImageExplainer, LimeTabularExplainer, LimeTextExplainer])
def test_every_explainer_fills_in_the_steps_of_the_base(explainer):
    steps = ("_validated_training_rows", "_default_size", "_learn", "_explained")
    assert all(getattr(explainer, step) is not getattr(BaseLimeExplainer, step) for step in steps)


# Fit parameters of an unfitted model


@pytest.mark.parametrize("routing", [False, True])
def test_weights_reach_the_fit_of_an_unfitted_model(routing, binary_data):
    X, y = binary_data
    weights = np.linspace(0.1, 5.0, len(y))
    with config_context(enable_metadata_routing=routing):
        model = LogisticRegression()
        if routing:
            model.set_fit_request(sample_weight=True)
        explainer = LimeTabularExplainer(model, **MANY).fit(X, y, sample_weight=weights)
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
        explainer = LimeTabularExplainer(make_pipeline(OneHotEncoder(), last), **MANY)
        explainer.fit(X, y, **{"sample_weight" if routing else step: weights})
    expected = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(X, y, **{step: weights})
    assert_allclose(explainer.estimator_[-1].coef_, expected[-1].coef_)


def test_weights_that_nobody_asked_for_are_an_error_of_scikit_learn(binary_data):
    X, y = binary_data
    with config_context(enable_metadata_routing=True):
        explainer = LimeTabularExplainer(LogisticRegression(), **MANY)
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
        LimeTabularExplainer(model, **MANY).fit(X, y, sample_weight=np.ones(len(y)))


def test_weights_of_an_explainer_within_a_pipeline_reach_the_model(binary_data):
    X, y = binary_data
    weights = np.linspace(0.1, 5.0, len(y))
    explainer = LimeTabularExplainer(LogisticRegression(), **MANY)
    pipeline = make_pipeline(explainer)
    pipeline.fit(X, y, limetabularexplainer__sample_weight=weights)
    expected = LogisticRegression().fit(X, y, sample_weight=weights)
    assert_allclose(pipeline[-1].estimator_.coef_, expected.coef_)


# Representation


def test_repr_of_a_fitted_explainer_says_how_weights_are_found(binary_data):
    X, y = binary_data
    forest = RandomForestClassifier(n_estimators=3, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(forest, random_state=0)
    before = repr(explainer)
    assert "#" not in before
    explainer.fit(X)
    text, _, comment = repr(explainer).partition("  # ")
    assert text == before
    assert comment == f"{explainer.method_}: {explainer.method_reason_}"
    assert comment in explainer._repr_html_()
    assert "#" not in repr(clone(explainer))
    assert "#" not in repr(make_pipeline(explainer))


def test_repr_does_not_repeat_a_method_that_was_asked_for(binary_data):
    X, y = binary_data
    forest = RandomForestClassifier(n_estimators=3, random_state=0).fit(X, y)
    assert "#" not in repr(LimeTabularExplainer(forest, method="sampling", **FEW).fit(X))


@pytest.mark.parametrize("only_changed", [True, False])
def test_repr_is_valid_python_in_any_setting(only_changed, binary_data):
    X = binary_data[0]
    explainer = LimeTabularExplainer(Ridge().fit(X, X[:, 0]), random_state=0).fit(X)
    names = {"LimeTabularExplainer": LimeTabularExplainer, "Ridge": Ridge, "nan": np.nan}
    with config_context(print_changed_only=only_changed):
        again = eval(repr(explainer), names)
        assert repr(again) == repr(clone(explainer))


def test_long_lists_of_parameters_are_wrapped(binary_data):
    X = binary_data[0]
    explainer = LimeTabularExplainer(
        Ridge().fit(X, X[:, 0]), max_features=7, selection="forward", keep=0.8, random_state=0
    )
    lines = repr(explainer.fit(X)).partition("  # ")[0].splitlines()
    assert len(lines) > 1
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    "model", [SVC(), make_pipeline(StandardScaler(), SVC()), make_pipeline(Ridge())]
)
def test_a_model_that_is_not_fitted_needs_y(X, model):
    message = f"{type(model).__name__} is not fitted.*requires y.*or pass a fitted model"
    with pytest.raises(ValueError, match=message):
        LimeTabularExplainer(model, **FEW).fit(X)


def test_a_class_is_no_model(X):
    with pytest.raises(ValueError, match=r"estimator is the class SVC; .* such as SVC\(\)"):
        LimeTabularExplainer(SVC, **FEW).fit(X)
