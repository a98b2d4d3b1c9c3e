"""Which method explains a table, what stands in the way, and the words for it."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    AdaBoostRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, PolynomialFeatures
from sklearn.tree import DecisionTreeRegressor

from sklime import LimeTabularExplainer
from sklime._readings._readers import read_model
from sklime._readings._reading import Reading, as_floats
from sklime._tables._exact_method import exact_sentence, is_cheaper
from sklime.neighborhoods import AnchoredNeighborhood
from sklime.selection import forward, lasso_path


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 4))
    return X, X[:, 0] * X[:, 1] + X[:, 2]


@pytest.fixture(scope="module")
def forest(table):
    return RandomForestRegressor(n_estimators=3, random_state=0).fit(*table)


class OwnNeighborhood(AnchoredNeighborhood):
    """It could perturb rows in any way."""


def own_selection(moments, encoding, max_features):
    return forward(moments, encoding, max_features)


OBSTACLES = {
    "around": ({"neighborhood": "around"}, "AroundNeighborhood is neither"),
    "own neighborhood": ({"neighborhood": OwnNeighborhood(0.5)}, "OwnNeighborhood is neither"),
    "empirical": ({"background": "empirical"}, "EmpiricalBackground draws columns together"),
    "copula": ({"background": "copula"}, "CopulaBackground draws columns together"),
    "kernel": ({"kernel": lambda distances: np.exp(-distances)}, "kernel=.* is not 'uniform'"),
    "metric": (
        {"neighborhood": "shared", "metric": "manhattan"},
        "metric='manhattan' is not 'euclidean'",
    ),
    "narrow": ({"neighborhood": "shared", "kernel_width": 0.1}, "the kernel is so narrow"),
    "narrowest": ({"neighborhood": "shared", "kernel_width": 1e-200}, "the kernel is so narrow"),
    "selection": ({"selection": own_selection}, "selection=.* is not one of sklime"),
    "surrogate": (
        {"surrogate": DecisionTreeRegressor(max_depth=3)},
        "the surrogate DecisionTreeRegressor is fitted to rows, not to moments",
    ),
    "no intercept": (
        {"surrogate": Ridge(fit_intercept=False)},
        "the surrogate Ridge is fitted to rows, not to moments",
    ),
}


@pytest.mark.filterwarnings("ignore:A few perturbed rows")
@pytest.mark.parametrize("name", OBSTACLES)
def test_every_obstacle_is_named(name, table, forest):
    options, words = OBSTACLES[name]
    explainer = LimeTabularExplainer(forest, method="exact", random_state=0, **options)
    with pytest.raises(ValueError, match=f"method='exact' is not possible: .*{words}") as error:
        explainer.fit(*table)
    assert "Pass method='auto' to sample" in str(error.value)
    automatic = explainer.set_params(method="auto").fit(*table)
    assert automatic.method_ == "sampling"
    assert automatic.method_reason_ in str(error.value)


@pytest.mark.parametrize("selection", ["forward", lasso_path, "none", "highest_weights"])
def test_selectors_of_sklime_do_not_stand_in_the_way(selection, table, forest):
    explainer = LimeTabularExplainer(forest, method="exact", selection=selection, max_features=2)
    assert explainer.fit(*table).method_ == "exact"


@pytest.mark.parametrize("metric", ["manhattan", "cosine"])
def test_a_metric_does_not_matter_where_the_kernel_is_uniform(metric, table, forest):
    assert LimeTabularExplainer(forest, metric=metric).fit(*table).method_ == "exact"


MODELS = {
    "neighbors": (KNeighborsRegressor(), "no reader knows KNeighborsRegressor"),
    "adaptive": (AdaBoostRegressor(n_estimators=3), "AdaBoostRegressor returns a weighted median"),
    "components": (make_pipeline(PCA(2), LinearRegression()), "PCA mixes the columns"),
    "products": (make_pipeline(PolynomialFeatures(2), Ridge()), "PolynomialFeatures mixes"),
    "lengths": (make_pipeline(Normalizer(), LinearRegression()), "Normalizer mixes the columns"),
    "counts": (
        HistGradientBoostingRegressor(loss="poisson", max_iter=3),
        "HistGradientBoostingRegressor",
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_models_that_cannot_be_read_are_named(name, table):
    model, words = MODELS[name]
    X, y = table
    model.fit(X, np.exp(y))
    with pytest.raises(ValueError, match=f"method='exact' is not possible: .*{words}"):
        LimeTabularExplainer(model, method="exact").fit(X)
    explainer = LimeTabularExplainer(model, random_state=0).fit(X)
    assert explainer.method_ == "sampling"
    assert words in explainer.method_reason_


@pytest.mark.parametrize("method", ["auto", "exact"])
def test_functions_are_sampled(method, table):
    explainer = LimeTabularExplainer(lambda X: X[:, 0], method=method, random_state=0)
    if method == "exact":
        with pytest.raises(ValueError, match="a function cannot be read"):
            explainer.fit(table[0])
        return
    assert explainer.fit(table[0]).method_reason_ == "a function cannot be read"


@pytest.mark.parametrize(
    "model", [GradientBoostingClassifier(n_estimators=3), LogisticRegression()]
)
def test_probabilities_of_scores_are_sampled_and_scores_are_exact(model):
    X, y = load_iris(return_X_y=True)
    model.fit(X, y > 0)
    options = {"method": "exact", "random_state": 0}
    with pytest.raises(ValueError, match="response_method='decision_function'"):
        LimeTabularExplainer(model, **options).fit(X)
    scores = LimeTabularExplainer(model, response_method="decision_function", **options)
    assert scores.fit(X).method_ == "exact"
    with pytest.raises(ValueError, match="link='logit' takes probabilities"):
        LimeTabularExplainer(model, link="logit", **options).fit(X)


def test_sampling_is_a_choice(table, forest):
    explainer = LimeTabularExplainer(forest, method="sampling", random_state=0).fit(*table)
    assert (explainer.method_, explainer.method_reason_) == ("sampling", "method='sampling'")
    assert (explainer.explain(table[0][:1]).n_perturbations == 1024).all()


def test_few_perturbed_rows_are_comparisons_and_no_sample(table, forest):
    for n_checks in (0, 1, 5):
        explainer = LimeTabularExplainer(forest, n_perturbations=n_checks, random_state=0)
        batch = explainer.fit(*table).explain(table[0][:2])
        assert explainer.method_ == "exact"
        assert (batch.n_perturbations == n_checks).all()
    with pytest.raises(ValueError, match="gives fewer than 2 perturbations"):
        explainer.set_params(method="sampling").fit(*table)


def test_large_forests_are_sampled_where_that_takes_less_work(table):
    X, y = table
    explainer = LimeTabularExplainer(DecisionTreeRegressor(max_depth=3), random_state=0)
    plan = explainer.fit(X, y)._exact
    assert is_cheaper(plan.kernel, plan.model.reading.trees, 1024)
    assert not is_cheaper(plan.kernel, plan.model.reading.trees, 1)
    assert is_cheaper(None, None, 1)


def test_the_sentence_counts_trees(table, forest):
    X, y = table
    one = read_model(DecisionTreeRegressor().fit(X, y), "predict")
    assert exact_sentence("M", one) == "M is read as 1 tree; nothing is sampled"
    assert "3 trees" in exact_sentence("M", read_model(forest, "predict"))
    linear = read_model(LinearRegression().fit(X, y), "predict")
    assert "a sum of functions of single columns" in exact_sentence("M", linear)
    nothing = Reading(as_floats, 4, np.zeros(1))
    assert exact_sentence("M", nothing) == "M is read as a constant; nothing is sampled"


def test_explainer_says_what_it_does(table, forest):
    explainer = LimeTabularExplainer(forest, random_state=0).fit(*table)
    assert explainer.method_ == "exact"
    assert "RandomForestRegressor" in explainer.method_reason_
    assert "3 trees; nothing is sampled" in explainer.method_reason_
    batch = explainer.explain(table[0][:2])
    assert batch.internals.settings.method == "exact"
    assert batch.internals.settings.method_reason == explainer.method_reason_
    assert "exact" in repr(batch)
