"""Exact explanations of whole explainers, against regressions on all combinations of values."""

import numpy as np
import pandas as pd
import pytest
from exact_tables import Enumerated, discrete_frame, discrete_matrix
from numpy.testing import assert_allclose
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.impute import KNNImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder
from sklearn.tree import DecisionTreeRegressor

from sklime import LimeTabularExplainer

EXACT = {"method": "exact", "max_features": None, "random_state": 0}
KEEPS = [0.01, 0.5, 0.75, 0.99]


def response(X, seed=1):
    """A target with interactions."""
    rng = np.random.default_rng(seed)
    filled = np.nan_to_num(X, nan=2.5)
    y = filled[:, 0] * filled[:, 1] - 2.0 * (filled[:, 2] > 1) + np.abs(filled[:, -1] - 2.0)
    return y + 0.1 * rng.normal(size=len(X))


def assert_explained(explainer, enumerated, predict, rows, **options):
    """Every number of the batch is that of the regression on all combinations."""
    frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(rows)
    batch = explainer.explain(rows)
    assert explainer.method_ == "exact"
    assert (batch.standard_errors[batch.selected] == 0.0).all()
    for number in range(len(frame)):
        found = enumerated.regression(predict, frame.iloc[number], **options)
        weights, intercept, at_row, held_out, baselines, own = found
        values = weights
        if explainer.baseline == "background":
            values = weights * (own - baselines)[:, None]
            intercept = intercept + baselines @ weights
        tolerance = 1e-10 * max(1.0, np.abs(values).max())
        assert_allclose(batch.values[number], values, rtol=0.0, atol=tolerance)
        assert_allclose(batch.intercepts[number], intercept, rtol=1e-10, atol=tolerance)
        assert_allclose(batch.local_predictions[number], at_row, rtol=1e-10, atol=tolerance)
        held = batch.internals.fit.held_out_predictions[number]
        assert_allclose(held, held_out, rtol=1e-10, atol=tolerance)
    return batch


MODELS = {
    "tree": DecisionTreeRegressor(random_state=0),
    "forest": RandomForestRegressor(n_estimators=7, random_state=0),
    "extra trees": ExtraTreesRegressor(n_estimators=5, random_state=0, max_features=2),
    "boosting": GradientBoostingRegressor(n_estimators=8, random_state=0),
    "linear": LinearRegression(),
}


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("baseline", ["background", "other"])
def test_anchored_weights_are_the_regression_on_all_combinations(name, keep, baseline):
    X = discrete_matrix()
    model = MODELS[name].fit(X, response(X))
    explainer = LimeTabularExplainer(model, keep=keep, baseline=baseline, **EXACT).fit(X)
    rows = np.vstack([X[:3], [[0.0, 4.0, 1.0, 9.0], [-7.0, 2.5, 1e9, 0.0]]])
    assert_explained(explainer, Enumerated(X, keep=keep), model.predict, rows)


@pytest.mark.parametrize("n_columns", [3, 5, 6])
@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_any_number_of_columns(n_columns, neighborhood):
    n_values = 3 if n_columns == 6 else 4
    X = discrete_matrix(2, n_columns=n_columns, n_values=n_values)
    model = RandomForestRegressor(n_estimators=5, random_state=0).fit(X, response(X))
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **EXACT).fit(X)
    width = None if neighborhood == "anchored" else 0.75 * np.sqrt(n_columns)
    keep = 0.75 if neighborhood == "anchored" else 0.0
    assert_explained(explainer, Enumerated(X, keep=keep, width=width), model.predict, X[:2])


@pytest.mark.parametrize("width", [0.5, 1.5, 40.0])
@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
@pytest.mark.parametrize("name", ["forest", "linear"])
@pytest.mark.parametrize("baseline", ["background", "other"])
def test_the_exponential_kernel_weighs_combinations(name, neighborhood, width, baseline):
    X = discrete_matrix(3)
    model = MODELS[name].fit(X, response(X))
    explainer = LimeTabularExplainer(
        model,
        neighborhood=neighborhood,
        kernel="exponential",
        kernel_width=width,
        baseline=baseline,
        **EXACT,
    ).fit(X)
    keep = 0.75 if neighborhood == "anchored" else 0.0
    rows = np.vstack([X[:2], [[0.0, 4.0, 1.0, 9.0]]])
    assert_explained(explainer, Enumerated(X, keep=keep, width=width), model.predict, rows)


def test_the_uniform_kernel_of_shared_rows():
    X = discrete_matrix(4)
    model = MODELS["forest"].fit(X, response(X))
    explainer = LimeTabularExplainer(model, neighborhood="shared", kernel="uniform", **EXACT).fit(X)
    assert_explained(explainer, Enumerated(X, keep=0.0), model.predict, X[:3])


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_missing_values_are_a_bin(neighborhood):
    X = discrete_matrix(5, misses=True)
    model = HistGradientBoostingRegressor(min_samples_leaf=3, max_iter=8).fit(X, response(X))
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **EXACT).fit(X)
    keep, width = (0.75, None) if neighborhood == "anchored" else (0.0, 1.5)
    rows = X[[0, 3, 7, 8]].copy()
    assert np.isnan(rows).any()
    assert_explained(explainer, Enumerated(X, keep=keep, width=width), model.predict, rows)


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("baseline", ["background", "other"])
def test_standard_scores(name, keep, baseline):
    X = discrete_matrix(6)
    model = MODELS[name].fit(X, response(X))
    explainer = LimeTabularExplainer(
        model, keep=keep, baseline=baseline, discretizer=None, **EXACT
    ).fit(X)
    rows = np.vstack([X[:2], [[0.0, 4.0, 1.0, 9.0], [-7.0, 2.5, 30.0, 0.0]]])
    assert_explained(explainer, Enumerated(X, keep=keep, scores=range(4)), model.predict, rows)


def test_standard_scores_with_missing_values():
    X = discrete_matrix(5, misses=True)
    model = HistGradientBoostingRegressor(min_samples_leaf=3, max_iter=8).fit(X, response(X))
    explainer = LimeTabularExplainer(model, discretizer=None, **EXACT).fit(X)
    enumerated = Enumerated(X, scores=range(4))
    assert_explained(explainer, enumerated, model.predict, X[[0, 3, 7, 8]])


def encoded_models(X):
    texts = ["city", "garden"]
    one_hot = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), texts), remainder="passthrough"
    )
    ordinal = make_column_transformer(
        (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), texts),
        remainder="passthrough",
    )
    return {
        "one-hot": make_pipeline(one_hot, HistGradientBoostingRegressor(max_iter=5)),
        "ordinal": make_pipeline(ordinal, RandomForestRegressor(n_estimators=5, random_state=0)),
    }


@pytest.mark.parametrize("name", ["one-hot", "ordinal"])
@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_levels_missing_and_unseen(name, neighborhood):
    X = discrete_frame()
    y = (X["city"] == "Rome") * X["rooms"] + X["floor"].isna() * (X["garden"] == "large")
    model = encoded_models(X)[name].fit(X, np.asarray(y, float))
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **EXACT).fit(X)
    keep, width = (0.75, None) if neighborhood == "anchored" else (0.0, 1.5)
    rows = X.iloc[[0, 2, 4, 5]].copy()
    assert_explained(explainer, Enumerated(X, keep=keep, width=width), model.predict, rows)
    rows.iloc[3, 0] = "Paris"
    if neighborhood == "shared":
        # No perturbed row shares the level: it gets no weight, and people are told.
        with pytest.warns(UserWarning, match="Too few perturbed rows share .* in columns city"):
            batch = explainer.explain(rows[3:])
        assert batch.values[0, 0, 0] == 0.0
        return
    assert_explained(explainer, Enumerated(X, keep=keep, width=width), model.predict, rows)


@pytest.mark.parametrize("keep", [0.3, 0.9])
@pytest.mark.parametrize("name", ["forest", "linear"])
def test_fixed_columns_and_groups(name, keep):
    X = discrete_matrix(7)
    model = MODELS[name].fit(X, response(X))
    explainer = LimeTabularExplainer(
        model, keep=keep, groups={"pair": [1, 3]}, fixed=[2], **EXACT
    ).fit(X)
    enumerated = Enumerated(X, keep=keep, groups=[[1, 3]], fixed=[2])
    batch = assert_explained(explainer, enumerated, model.predict, X[:4])
    assert (batch.values[:, 2] == 0.0).all()


def test_groups_of_shared_rows():
    X = discrete_matrix(8)
    model = MODELS["forest"].fit(X, response(X))
    explainer = LimeTabularExplainer(
        model, neighborhood="shared", groups={"pair": [0, 2]}, **EXACT
    ).fit(X)
    enumerated = Enumerated(X, keep=0.0, width=0.75 * np.sqrt(3), groups=[[0, 2]])
    assert_explained(explainer, enumerated, model.predict, X[:3])


def test_every_class_of_a_classifier():
    X = discrete_matrix(9)
    y = (response(X) > 1).astype(int) + (response(X) > 5)
    model = RandomForestClassifier(n_estimators=6, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(model, **EXACT).fit(X)
    assert_explained(explainer, Enumerated(X), model.predict_proba, X[:3])


@pytest.mark.parametrize("scale", [0.0, 1e-12])
def test_an_output_is_not_the_rounding_error_of_others(scale):
    # The sum of all outputs is constant, so that the last could be the rest of the others.
    X = discrete_matrix(7)
    y = X[:, 0] + X[:, 1] * X[:, 2]
    tiny = scale * (X[:, 1] > 1)
    model = RandomForestRegressor(n_estimators=5, random_state=0)
    options = {"method": "exact", "max_features": None, "random_state": 0}
    model.fit(X, np.column_stack([y, 5.0 - y - tiny, tiny]))
    batch = LimeTabularExplainer(model, target="all", **options).fit(X).explain(X[:3])
    alone = LimeTabularExplainer(model, target=2, **options).fit(X).explain(X[:3])
    assert_allclose(batch.values[:, :, 2], alone.values[:, :, 0], rtol=1e-6, atol=1e-10 * scale)
    if scale == 0.0:
        assert (batch.values[:, :, 2] == 0.0).all()
        assert np.isnan(batch.fidelity[:, 2]).all()


@pytest.mark.parametrize("surrogate", [Ridge(alpha=30.0), Ridge(alpha=1e-3)])
def test_the_penalty_of_a_given_ridge_is_the_same_for_all_columns(surrogate):
    X = discrete_matrix(10)
    model = LogisticRegression().fit(X, response(X) > 2)
    explainer = LimeTabularExplainer(
        model, response_method="decision_function", surrogate=surrogate, keep=0.97, **EXACT
    ).fit(X)
    enumerated = Enumerated(X, keep=0.97)
    options = {"is_penalized": False, "alpha": surrogate.alpha}
    assert_explained(explainer, enumerated, model.decision_function, X[:3], **options)


def test_selecting_none_keeps_all_features_as_in_sampling():
    X = discrete_matrix(11)
    model = MODELS["forest"].fit(X, response(X))
    options = {"selection": "none", "max_features": 1, "random_state": 0}
    exact, sampled = (
        LimeTabularExplainer(model, method=method, **options).fit(X).explain(X[:2])
        for method in ("exact", "sampling")
    )
    assert exact.selected.all()
    np.testing.assert_array_equal(exact.selected, sampled.selected)


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
@pytest.mark.parametrize("name", ["forest", "linear"])
@pytest.mark.parametrize("width", [0.8, 3.0])
def test_the_exponential_kernel_of_standard_scores(name, neighborhood, width):
    X = discrete_matrix(12)
    model = MODELS[name].fit(X, response(X))
    options = {"neighborhood": neighborhood, "kernel": "exponential", "kernel_width": width}
    explainer = LimeTabularExplainer(model, discretizer=None, **options, **EXACT).fit(X)
    keep = 0.75 if neighborhood == "anchored" else 0.0
    enumerated = Enumerated(X, keep=keep, width=width, scores=range(4))
    assert_explained(explainer, enumerated, model.predict, X[:3])


def test_a_row_far_outside_has_no_perturbed_rows_near_it():
    X = discrete_matrix(13)
    model = MODELS["linear"].fit(X, response(X))
    explainer = LimeTabularExplainer(model, discretizer=None, neighborhood="shared", **EXACT).fit(X)
    rows = np.vstack([X[:1], 1e4 + X[:1]])
    with pytest.warns(UserWarning, match="Rows 1 have an effective sample size below 10"):
        batch = explainer.explain(rows)
    assert not batch.selected[1].any()
    assert (batch.values[1] == 0.0).all()
    assert "the kernel leaves no weight" in batch.fidelity_failures[1, 0]
    assert np.isnan(batch.fidelity[1, 0])
    np.testing.assert_allclose(batch.local_predictions[1], batch.predictions[1])
    np.testing.assert_array_equal(batch.values[0], explainer.explain(X[:1]).values[0])


def test_a_missing_value_that_is_filled_from_other_columns_is_not_exact():
    X = np.random.default_rng(0).normal(size=(200, 3))
    model = make_pipeline(KNNImputer(), Ridge()).fit(X, X.sum(axis=1))
    explainer = LimeTabularExplainer(model, random_state=0).fit(X)
    assert explainer.method_ == "exact"
    with pytest.warns(RuntimeWarning, match="at rows 1 or near them. They are explained by sampl"):
        batch = explainer.explain([[0.0, 1.0, 2.0], [np.nan, 1.0, 2.0]])
    assert batch.is_exact.tolist() == [True, False]


@pytest.mark.filterwarnings("ignore:The model Pipeline.predict gives other answers")
@pytest.mark.parametrize("kind", ["explain", "shapley"])
def test_refused_rows_have_no_explanation_and_are_not_exact(kind):
    X = np.random.default_rng(0).normal(size=(200, 3))
    model = make_pipeline(KNNImputer(), Ridge()).fit(X, X.sum(axis=1))
    explainer = LimeTabularExplainer(model, method="exact", random_state=0).fit(X)
    batch = getattr(explainer, kind)([[0.0, 1.0, 2.0], [np.nan, 1.0, 2.0]])
    assert batch.is_exact.tolist() == [True, False]
    assert np.isnan(batch.values[1]).all()
    assert "method='exact' is not possible there" in batch.failures[1]
    assert (batch[0].is_exact, batch[1].is_exact) == (True, False)
    assert ", 1 of 2 exact" in repr(batch)
    assert type(batch).from_json(batch.to_json()).is_exact.tolist() == [True, False]
    refused = batch[1:]
    assert "exact" not in repr(refused)


@pytest.mark.filterwarnings("ignore:The model LinearRegression.predict returned NaN or infinity")
@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.parametrize("kind", ["explain", "shapley"])
def test_rows_without_an_answer_are_not_exact(kind):
    X = np.random.default_rng(0).normal(size=(200, 2))
    model = LinearRegression().fit(X, 100.0 * X.sum(axis=1))
    explainer = LimeTabularExplainer(model, random_state=0).fit(X)
    assert explainer.method_ == "exact"
    batch = getattr(explainer, kind)([[0.0, 0.0], [1e307, 0.0]])
    assert batch.failures[0] is None
    assert "NaN or infinity" in batch.failures[1]
    assert batch.is_exact.tolist() == [True, False]


@pytest.fixture
def edited():
    """A training table, a forest, explainers of it, and the forest edited in place."""
    X = np.random.default_rng(0).normal(size=(200, 3))
    model = RandomForestRegressor(5, max_depth=3, random_state=0).fit(X, X[:, 0])
    auto, exact = (
        LimeTabularExplainer(model, method=method, random_state=0).fit(X)
        for method in ("auto", "exact")
    )
    model.estimators_[0].tree_.value[...] *= 3.0
    return X, model, auto, exact


@pytest.mark.parametrize("name", ["explain", "transform", "shapley", "interactions"])
def test_a_model_that_was_edited_in_place_has_no_exact_weights(name, edited):
    X, _, _, exact = edited
    with pytest.raises(ValueError, match=r"changed since fit .* Call fit of the explainer again"):
        getattr(exact, name)(X[:2])


@pytest.mark.parametrize("name", ["explain", "transform", "shapley"])
def test_a_model_that_was_edited_in_place_is_sampled(name, edited):
    X, model, auto, _ = edited
    with pytest.warns(RuntimeWarning, match=r"changed since fit .*: rows are sampled"):
        found = getattr(auto, name)(X[:5])
    sampler = LimeTabularExplainer(model, method="sampling", random_state=0).fit(X)
    expected = getattr(sampler, name)(X[:5])
    if name == "transform":
        np.testing.assert_allclose(found, expected, atol=1e-12)
        return
    assert not found.is_exact.any()
    np.testing.assert_allclose(found.values, expected.values, atol=1e-12)


@pytest.mark.parametrize("method", ["auto", "exact"])
@pytest.mark.parametrize("rows", [[0, 1, 2], [1], [1, 0]])
def test_weights_alone_notice_a_missing_value_that_is_filled_from_elsewhere(rows, method):
    # No training row lacks a value, so that `fit` cannot see how it would be filled.
    X = np.random.default_rng(0).normal(size=(200, 3))
    model = make_pipeline(KNNImputer(), Ridge()).fit(X, X.sum(axis=1))
    explainer = LimeTabularExplainer(model, method=method, random_state=0).fit(X)
    table = np.array([[0.0, 1.0, 2.0], [np.nan, 1.0, 2.0], [0.5, 0.0, 1.0]])[rows]
    with pytest.warns(RuntimeWarning, match="gives other answers than its reading at rows"):
        weights = explainer.transform(table)
    with pytest.warns(RuntimeWarning, match="gives other answers than its reading at rows"):
        batch = explainer.explain(table)
    np.testing.assert_array_equal(weights, batch.values[:, :, 0])
    assert np.isnan(weights[rows.index(1)]).all() == (method == "exact")


@pytest.mark.parametrize("n_levels", [64, 100, 200])
@pytest.mark.parametrize("dtype", [str, "category"])
def test_columns_of_many_levels_are_read_whole(n_levels, dtype):
    # Indicators of levels beyond the first 64 were taken for constants.
    rng = np.random.default_rng(0)
    codes = np.arange(600) % n_levels
    X = pd.DataFrame({"note": [f"c{code}" for code in codes], "size": rng.normal(size=600)})
    X["note"] = X["note"].astype(dtype)
    y = 50.0 * rng.normal(size=n_levels)[codes] + X["size"]
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["note"]),
        remainder="passthrough",
    )
    model = make_pipeline(encode, Ridge()).fit(X, y)
    explainer = LimeTabularExplainer(model, max_features=None, random_state=0).fit(X)
    assert explainer.method_ == "exact"
    # `explain` compares the reading with the model at each row, and would warn.
    batch = explainer.explain(X.head(40))
    assert batch.is_exact.all()
    assert_allclose(explainer.transform(X.head(40)), batch.values[:, :, 0], atol=1e-10)
    # A ridge is additive: its weight of a level is the effect of the level minus the mean effect.
    effects = model[-1].coef_[:n_levels]
    names = encode.named_transformers_["onehotencoder"].categories_[0]
    effect = dict(zip(names, effects))
    expected = [effect[note] - np.mean([effect[one] for one in X["note"]]) for note in X["note"]]
    assert_allclose(batch.values[:, 0, 0], expected[:40], rtol=0.05)


@pytest.mark.parametrize("front", ["names", "scaled", "levels"])
@pytest.mark.parametrize("kind", ["linear", "boosted and linear"])
def test_columns_without_variance_have_their_part_in_the_constant(front, kind):
    # Slopes of derived columns that never change were left out behind a pipeline.
    X = discrete_matrix(5)
    X[:, 1] = 10.0
    steps = {
        "names": FunctionTransformer(),
        "scaled": FunctionTransformer(np.negative),
        "levels": make_column_transformer(
            (OneHotEncoder(sparse_output=False), [1]), remainder="passthrough"
        ),
    }
    last = LinearRegression(fit_intercept=False)
    if kind == "boosted and linear":
        last = VotingRegressor([("a", last), ("b", GradientBoostingRegressor(n_estimators=5))])
    model = make_pipeline(steps[front], last).fit(X, 40.0 + response(X))
    explainer = LimeTabularExplainer(model, **EXACT).fit(X)
    assert_explained(explainer, Enumerated(X, keep=0.75), model.predict, X[:4])
    shapley = explainer.shapley(X[:4])
    assert shapley.is_exact.all()
    total = shapley.intercepts + shapley.values.sum(axis=1)
    assert_allclose(total[:, 0], model.predict(X[:4]), rtol=1e-9)


@pytest.mark.parametrize("kind", ["linear", "forest"])
@pytest.mark.parametrize("unseen", ["rare", None])
def test_what_no_training_row_has_is_sampled_by_transform_too(kind, unseen):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"size": rng.integers(0, 4, 900), "city": rng.choice(["x", "y"], 900)})
    X.loc[::9, "city"] = unseen
    y = 2.0 * X["size"] + 30.0 * (X.index % 9 == 0)
    last = LinearRegression() if kind == "linear" else RandomForestRegressor(9, random_state=0)
    encode = make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")
    model = make_pipeline(encode, last).fit(X, y)
    is_known = X.index % 9 > 0
    explainer = LimeTabularExplainer(model, random_state=0).fit(X[is_known])
    rows = X.iloc[[1, 9, 10, 18]]
    with pytest.warns(RuntimeWarning, match="gives other answers than its reading at rows 9, 18"):
        batch = explainer.explain(rows)
    with pytest.warns(RuntimeWarning, match="gives other answers than its reading at rows 9, 18"):
        weights = explainer.transform(rows)
    assert batch.is_exact.tolist() == [True, False, True, False]
    assert_allclose(weights, batch.values[:, :, 0], rtol=1e-9, atol=1e-12)
    assert (weights[[1, 3], 1] > 25.0).all()
