"""Faithfulness: closed forms of linear models, and a slow loop that does the same."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose
from scipy import sparse
from scipy.integrate import trapezoid
from scipy.stats import pearsonr, spearmanr
from shown import changed
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklime import LimeTabularExplainer
from sklime.backgrounds import BaseBackground
from sklime.metrics import (
    deletion_curve,
    deletion_score,
    effects_agreement_score,
    infidelity,
    insertion_curve,
    insertion_score,
    max_sensitivity,
    one_feature_effects,
)

SCORES = [effects_agreement_score, deletion_score, insertion_score, infidelity, max_sensitivity]


class MeanBackground(BaseBackground):
    """Put every column at its training mean: all averages are known."""

    def fit(self, X, is_discrete=None):
        self.mean_ = X.mean(axis=0)
        self.n_dimensions_ = 1
        return self

    def sample(self, points):
        return np.tile(self.mean_, (len(points), 1))


def explainer_of(model, X, **parameters):
    # Contrasts, whose values closed forms give.
    defaults = {"baseline": "other", "n_perturbations": 256, "max_features": None}
    parameters = {**defaults, "random_state": 0, **parameters}
    return LimeTabularExplainer(model, **parameters).fit(X)


def with_contributions(batch, values):
    """The same explanations with other weights."""
    return changed(batch, values=values)


@pytest.fixture(scope="module")
def linear(regression_data):
    """A linear model, its exact explainer, rows and the closed form of their effects."""
    X, y = regression_data
    model = LinearRegression().fit(X, y)
    explainer = explainer_of(
        model,
        X,
        discretizer=None,
        surrogate=LinearRegression(),
        background=MeanBackground(),
        keep=0.5,
    )
    return model, explainer, X[:40], model.coef_ * (X[:40] - X.mean(axis=0))


@pytest.fixture(scope="module")
def forest(binary_frame, binary_data, binary_model):
    """A forest on a frame with names, and the explainer of both of its classes."""
    model = type(binary_model)(n_estimators=5, random_state=0).fit(binary_frame, binary_data[1])
    return model, explainer_of(model, binary_frame, target="all"), binary_frame.iloc[:6]


def test_effects_of_a_linear_model(linear):
    _, explainer, rows, effects = linear
    batch = explainer.explain(rows)
    assert_allclose(one_feature_effects(batch, explainer, rows)[..., 0], effects)


def test_effects_with_the_background_of_the_columns_are_near_those_of_training_rows(
    regression_data,
):
    X, y = regression_data
    model = LinearRegression().fit(X, y)
    explainer = explainer_of(model, X)
    effects = one_feature_effects(explainer.explain(X[:10]), explainer, X[:10], n_draws=512)
    # The marginal background rounds each quarter of a column to a normal.
    truth = model.coef_ * (X[:10] - X.mean(axis=0))
    assert np.abs(effects[..., 0] - truth).max() < 0.1 * model.coef_.max()


@pytest.mark.parametrize("method", ["both", "spearman", "pearson"])
def test_linear_model_agrees_with_its_effects(method, linear):
    _, explainer, rows, _ = linear
    score = effects_agreement_score(explainer.explain(rows), explainer, rows, method=method)
    assert_allclose(score, 1.0)


def test_agreement_is_that_of_scipy(forest):
    _, explainer, rows = forest
    batch = explainer.explain(rows)
    effects = one_feature_effects(batch, explainer, rows)
    claimed = batch.values * batch.encodings[..., None]
    for method, correlate in {"spearman": spearmanr, "pearson": pearsonr}.items():
        scores = effects_agreement_score(batch, explainer, rows, method=method, average=None)
        for place in np.ndindex(scores.shape):
            a, b = claimed[place[0], :, place[1]], effects[place[0], :, place[1]]
            assert_allclose(scores[place], correlate(a, b).statistic)


def test_turned_weights_disagree(linear):
    _, explainer, rows, _ = linear
    batch = explainer.explain(rows)
    turned = with_contributions(batch, -batch.values)
    assert_allclose(effects_agreement_score(turned, explainer, rows), -1.0)
    zeros = with_contributions(batch, np.zeros_like(batch.values))
    assert effects_agreement_score(zeros, explainer, rows) == 0.0


def test_curves_of_a_linear_model(linear):
    model, explainer, rows, effects = linear
    batch = explainer.explain(rows)
    strongest_first = -np.sort(-effects, axis=1)
    taken = np.hstack([np.zeros((len(rows), 1)), strongest_first.cumsum(axis=1)])
    own = model.predict(rows)[:, None]
    assert_allclose(deletion_curve(batch, explainer, rows)[..., 0], own - taken)
    base = own - effects.sum(axis=1, keepdims=True)
    assert_allclose(insertion_curve(batch, explainer, rows)[..., 0], base + taken)


def test_areas_are_those_of_trapezoids(forest):
    _, explainer, rows = forest
    batch = explainer.explain(rows)
    for score, curve in [(deletion_score, deletion_curve), (insertion_score, insertion_curve)]:
        curves = curve(batch, explainer, rows)
        areas = trapezoid(curves, dx=1 / (curves.shape[1] - 1), axis=1)
        assert_allclose(score(batch, explainer, rows, average=None), areas)


def test_random_ranking_is_not_faithful(linear, global_random_seed):
    _, explainer, rows, _ = linear
    batch = explainer.explain(rows)
    shuffled = np.random.default_rng(global_random_seed).permuted(batch.values, axis=1)
    shuffled = with_contributions(batch, shuffled)
    true, false = (
        [score(one, explainer, rows) for score in SCORES[:4]] for one in (batch, shuffled)
    )
    agreement, deletion, insertion, lack = np.array(false) - np.array(true)
    assert agreement < -0.1
    assert deletion > 0
    assert insertion < 0
    assert lack > 1.0


def test_linear_model_has_no_infidelity(linear):
    _, explainer, rows, _ = linear
    assert_allclose(infidelity(explainer.explain(rows), explainer, rows), 0.0, atol=1e-12)


def test_infidelity_of_no_explanation_is_the_mean_squared_fall(linear):
    # With two equally likely states a feature loses its effect e in half of the perturbed rows:
    # the fall has mean sum(e) / 2 and variance sum(e**2) / 4.
    _, explainer, rows, effects = linear
    batch = explainer.explain(rows)
    nothing = with_contributions(batch, np.zeros_like(batch.values))
    expected = effects.sum(axis=1) ** 2 / 4 + (effects**2).sum(axis=1) / 4
    scores = infidelity(nothing, explainer, rows, n_draws=4096, average=None)
    assert_allclose(scores[:, 0], expected, rtol=0.02)


def test_linear_model_is_explained_alike_nearby(linear):
    _, explainer, rows, _ = linear
    assert max_sensitivity(explainer.explain(rows), explainer, rows) < 1e-9


def test_sensitivity_is_the_largest_change_among_near_rows(regression_data):
    X, _ = regression_data

    def curved(X):
        return X[:, 0] ** 2 + X[:, 1]

    explainer = explainer_of(curved, X, discretizer=None, neighborhood="around")
    batch = explainer.explain(X[:4])
    relative = max_sensitivity(batch, explainer, X[:4], radius=0.2, average=None)
    absolute = max_sensitivity(batch, explainer, X[:4], radius=0.2, normalize=False, average=None)
    assert_allclose(relative * np.linalg.norm(batch.values, axis=1), absolute)
    # The slope in standard units changes by twice the scale a unit moved.
    scale = X.std(axis=0)[0]
    assert (absolute < 2 * scale * 0.2 * scale * 1.1).all()
    assert (absolute > 2 * scale * 0.2 * scale * 0.4).all()


@pytest.mark.parametrize("score", SCORES)
def test_constant_model_has_no_faithfulness(score, binary_data):
    X, _ = binary_data
    explainer = explainer_of(lambda X: np.full(len(X), 0.1), X)
    batch = explainer.explain(X[:4])
    assert np.isnan(score(batch, explainer, X[:4]))
    assert np.isnan(score(batch, explainer, X[:4], average=None)).all()


@pytest.fixture
def slow(forest, recording):
    """What a slow second way needs: model, explainer, rows, and the values that are put in."""
    model, _, rows = forest
    function = recording(model.predict_proba)
    explainer = explainer_of(function, rows)
    batch = explainer.explain(rows)
    function.calls.clear()
    # Insertion begins with nothing but background.
    insertion_curve(batch[:1], explainer, rows.iloc[:1], n_draws=8)
    return model, explainer, rows, function.calls[0].iloc[:8]


def test_effects_of_a_forest_one_frame_at_a_time(slow):
    model, explainer, rows, background = slow
    effects = one_feature_effects(explainer.explain(rows), explainer, rows, n_draws=8)
    for place, feature in np.ndindex(effects.shape[:2]):
        frame = pd.concat([rows.iloc[[place]]] * 8, ignore_index=True)
        own = model.predict_proba(frame).mean(axis=0)
        frame.iloc[:, feature] = background.iloc[:, feature].to_numpy()
        expected = own - model.predict_proba(frame).mean(axis=0)
        assert_allclose(effects[place, feature], expected, atol=1e-12)


def test_infidelity_one_perturbed_row_at_a_time(recording, regression_data):
    X, _ = regression_data
    function = recording(lambda X: X[:, 0] * X[:, 1] + np.sin(X[:, 2]))
    explainer = explainer_of(function, X, discretizer=None)
    batch = explainer.explain(X[:3])
    function.calls.clear()
    scores = infidelity(batch, explainer, X[:3], n_draws=16, average=None)
    perturbed = function.calls[0].reshape(3, 16, -1)
    for row, explanation in enumerate(batch):
        errors = []
        for near in perturbed[row]:
            lost = (X[row] - near) / X.std(axis=0)
            fall = function.function(X[[row]])[0] - function.function(near[None])[0]
            errors.append((lost @ explanation.values[:, 0] - fall) ** 2)
        assert_allclose(scores[row, 0], np.mean(errors))
        assert 0.3 < np.mean(perturbed[row] == X[row]) < 0.7


def test_curve_of_a_forest_one_frame_at_a_time(slow):
    model, explainer, rows, background = slow
    batch = explainer.explain(rows)
    curves = deletion_curve(batch, explainer, rows, n_draws=8)
    for place, explanation in enumerate(batch):
        for output in range(2):
            order = np.argsort(-explanation.values[:, output], kind="stable")
            frame = pd.concat([rows.iloc[[place]]] * 8, ignore_index=True)
            means = [model.predict_proba(frame)[:, output].mean()]
            for feature in order:
                frame.iloc[:, feature] = background.iloc[:, feature].to_numpy()
                means.append(model.predict_proba(frame)[:, output].mean())
            assert_allclose(curves[place, :, output], means)


@pytest.mark.parametrize("score", SCORES)
def test_rows_may_be_scored_together_or_alone(score, forest):
    _, explainer, rows = forest
    together = score(explainer.explain(rows), explainer, rows, average=None)
    alone = [
        score(explainer.explain(rows.iloc[[place]]), explainer, rows.iloc[[place]], average=None)
        for place in range(len(rows))
    ]
    assert_allclose(together, np.concatenate(alone), equal_nan=True)


@pytest.mark.parametrize("score", SCORES)
def test_tables_of_texts_and_missing_values(score):
    generator = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "job": generator.choice(["nurse", "pilot", "cook"], 80),
            "age": generator.integers(20, 60, 80),
            "income": np.where(generator.random(80) < 0.2, np.nan, generator.normal(size=80)),
        }
    )

    def model(frame):
        rich = np.nan_to_num(frame["income"].to_numpy(dtype=float), nan=-1.0)
        return 2.0 * (frame["job"] == "pilot").to_numpy() + rich + frame["age"].to_numpy() / 20

    explainer = explainer_of(model, X)
    rows = X.head(5).assign(job=["nurse", "pilot", "cook", "pilot", "miner"])
    scores = score(explainer.explain(rows), explainer, rows, average=None)
    assert scores.shape == (5, 1)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("container", [pl.DataFrame, sparse.csr_array])
def test_other_tables_score_as_arrays(container, score, binary_data):
    X, _ = binary_data

    def model(table):
        return np.asarray(table.toarray() if sparse.issparse(table) else table)[:, 0] ** 2

    scores = []
    for table in (X, container(X)):
        explainer = explainer_of(model, table)
        scores.append(score(explainer.explain(table[:4]), explainer, table[:4], average=None))
    assert_allclose(*scores)


def test_levels_and_whole_numbers_have_no_near_rows(recording):
    X = pd.DataFrame({"job": ["a", "b"] * 20, "age": range(40), "size": np.linspace(0, 1, 40)})
    model = recording(lambda frame: frame["size"].to_numpy() + frame["age"].to_numpy())
    explainer = explainer_of(model, X, discretizer=None, n_perturbations=16)
    batch = explainer.explain(X.head(2))
    model.calls.clear()
    max_sensitivity(batch, explainer, X.head(2), n_draws=3)
    near = model.calls[0]
    assert near["job"].tolist() == ["a"] * 3 + ["b"] * 3
    assert near["age"].tolist() == [0] * 3 + [1] * 3
    assert near["size"].nunique() == 6


def test_model_is_asked_in_batches(recording, regression_data):
    X, _ = regression_data
    model = recording(lambda X: X[:, 0])
    explainer = explainer_of(model, X)
    batch = explainer.explain(X[:20])
    model.calls.clear()
    one_feature_effects(batch, explainer, X[:20], n_draws=16)
    assert [len(call) for call in model.calls] == [20 * 4 * 16]


def test_draws_do_not_depend_on_the_seed_of_the_explainer(regression_data):
    X, y = regression_data
    model = LinearRegression().fit(X, y)
    first, second = (
        one_feature_effects(explainer.explain(X[:3]), explainer, X[:3])
        for explainer in (explainer_of(model, X, random_state=seed) for seed in (0, 1))
    )
    np.testing.assert_array_equal(first, second)


def test_other_table_than_was_explained_is_refused(linear):
    _, explainer, rows, _ = linear
    batch = explainer.explain(rows)
    with pytest.raises(ValueError, match="explains 40 rows, X has 3"):
        one_feature_effects(batch, explainer, rows[:3])


def test_pipeline_with_texts_is_asked_in_its_own_columns():
    X = pd.DataFrame({"color": ["red", "blue", "green"] * 10, "size": ["s", "m"] * 15})
    y = (X["color"] == "red").to_numpy().astype(int)
    pipeline = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(X, y)
    explainer = explainer_of(pipeline, X)
    batch = explainer.explain(X.head(3))
    effects = one_feature_effects(batch, explainer, X.head(3))[..., 0]
    assert (np.abs(effects[:, 0]) > 10 * np.abs(effects[:, 1])).all()
