"""The answers of `lime`, on the same perturbed rows and on average over seeds."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

from sklime import LimeTabularExplainer
from sklime.neighborhoods import SharedNeighborhood

lime_base = pytest.importorskip("lime.lime_base")
lime_tabular = pytest.importorskip("lime.lime_tabular")

pytestmark = pytest.mark.filterwarnings("ignore")

N_PERTURBATIONS = 5000
N_SEEDS = 20
DATA = {"breast_cancer": load_breast_cancer, "wine": load_wine, "diabetes": load_diabetes}


def jittered(X):
    """Break ties, so that no quartile bin has equal bounds."""
    noise = np.random.default_rng(0).normal(size=X.shape)
    tied = [len(np.unique(column)) < len(column) for column in X.T]
    return X + np.where(tied, 1e-3 * X.std(axis=0) * noise, 0.0)


def responses(data, X, y):
    """A fitted forest and a fitted SVM as one function: a column of numbers for each."""
    if data == "diabetes":
        forest = RandomForestRegressor(10, max_depth=6, random_state=0).fit(X, y)
        svm = make_pipeline(StandardScaler(), SVR(C=100.0)).fit(X, y)
        return lambda X: np.column_stack([forest.predict(X), svm.predict(X)])
    forest = RandomForestClassifier(10, max_depth=6, random_state=0).fit(X, y)
    svm = make_pipeline(StandardScaler(), SVC()).fit(X, y == 1)
    return lambda X: np.column_stack([forest.predict_proba(X)[:, 1], svm.decision_function(X)])


def weights_of_lime(function, X, rows, seed, n_outputs=1):
    """Weights of shape (n_rows, n_features, n_outputs)."""
    # Only with classes does `lime` take several outputs. With every feature kept, its ways of
    # selecting them are a waste of time.
    explainer = lime_tabular.LimeTabularExplainer(
        X, random_state=seed, feature_selection="none", class_names=[""] * n_outputs
    )
    weights = np.zeros((len(rows), X.shape[1], n_outputs))
    for weight, row in zip(weights, rows, strict=True):
        explanation = explainer.explain_instance(
            row, function, labels=range(n_outputs), num_samples=N_PERTURBATIONS
        )
        for output, pairs in explanation.local_exp.items():
            for feature, value in pairs:
                weight[feature, output] = value
    return weights


def weights_of_sklime(function, X, rows, seed):
    """Weights of shape (n_rows, n_features, n_outputs)."""
    explainer = LimeTabularExplainer(
        function,
        baseline="other",
        neighborhood=SharedNeighborhood(points="independent"),
        n_perturbations=N_PERTURBATIONS,
        max_features=None,
        random_state=seed,
    )
    return explainer.fit(X).explain(rows).values


@pytest.mark.slow
@pytest.mark.parametrize("data", DATA)
def test_mean_weights_over_seeds_are_those_of_lime(data):
    X, y = DATA[data](return_X_y=True)
    X = jittered(X)
    function = responses(data, X, y)
    rows = X[[7, 120]]
    theirs = [weights_of_lime(function, X, rows, seed, n_outputs=2) for seed in range(N_SEEDS)]
    ours = [weights_of_sklime(function, X, rows, seed) for seed in range(N_SEEDS)]
    difference = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
    variance = (np.var(ours, axis=0, ddof=1) + np.var(theirs, axis=0, ddof=1)) / N_SEEDS
    assert np.abs(difference / np.sqrt(variance)).max() <= 4.0


SELECTIONS = {
    "forward": "forward_selection",
    "highest_weights": "highest_weights",
    "lasso_path": "lasso_path",
    "none": "none",
    "auto": "auto",
}


@pytest.mark.parametrize("max_features", [3, 10])
@pytest.mark.parametrize("selection", SELECTIONS)
@pytest.mark.parametrize("data", DATA)
def test_algebra_on_the_same_rows_is_that_of_lime(data, selection, max_features, recording):
    X, y = DATA[data](return_X_y=True)
    X = jittered(X)
    d = X.shape[1]
    model = LinearRegression().fit(X, y)
    wave = 5.0 / X[:, 2].std()
    function = recording(lambda X: np.tanh(model.predict(X)) + np.sin(wave * X[:, 2]))
    explainer = LimeTabularExplainer(
        function,
        baseline="other",
        neighborhood="shared",
        n_perturbations=N_PERTURBATIONS,
        selection=selection,
        max_features=max_features,
        batch_size=N_PERTURBATIONS,
        control_variates=False,
        random_state=0,
    ).fit(X)
    perturbed = max(function.calls, key=len)
    assert len(perturbed) == N_PERTURBATIONS
    batch = explainer.explain(X[[7]])

    cuts = np.percentile(X, [25, 50, 75], axis=0)
    asked = np.vstack([X[[7]], perturbed])
    bins = np.transpose([np.searchsorted(cuts[:, j], asked[:, j]) for j in range(d)])
    Z = (bins == bins[0]).astype(float)
    width = 0.75 * np.sqrt(d)
    base = lime_base.LimeBase(lambda distances: np.sqrt(np.exp(-(distances**2) / width**2)))
    intercept, pairs, _, local_prediction = base.explain_instance_with_data(
        Z,
        function.function(asked)[:, np.newaxis],
        np.sqrt((1 - Z).sum(axis=1)),
        0,
        max_features,
        feature_selection=SELECTIONS[selection],
    )
    expected = np.zeros(d)
    for feature, weight in pairs:
        expected[feature] = weight
    assert_allclose(batch.values[0, :, 0], expected, atol=1e-8)
    assert_allclose(batch.intercepts[0, 0], intercept, atol=1e-8)
    assert_allclose(batch.local_predictions[0], local_prediction, atol=1e-8)


def test_tied_column_is_filled_with_its_values_where_lime_fills_in_zeros(recording):
    # Two values make up diabetes' `sex`, so quartile bins have equal bounds.
    X, _ = load_diabetes(return_X_y=True)
    sex = 1
    values = np.unique(X[:, sex])
    assert len(values) == 2
    row = X[np.flatnonzero(X[:, sex] == values[0])[0]]

    def is_first(X):
        return np.isclose(X[:, [sex]], values[0], atol=1e-6).astype(float)

    asked_by_lime, asked_by_sklime = recording(is_first), recording(is_first)
    theirs = weights_of_lime(asked_by_lime, X, row[np.newaxis], seed=0)[0, :, 0]
    ours = weights_of_sklime(asked_by_sklime, X, row[np.newaxis], seed=0)[0, :, 0]

    def share_in_data(function):
        column = function.rows()[:, [sex]]
        return np.isclose(column, values, atol=1e-6).any(axis=1).mean()

    assert share_in_data(asked_by_sklime) == 1.0
    assert share_in_data(asked_by_lime) < 0.6
    # The model is the rule "sex is the first value", whose true weight is 1.
    assert ours[sex] > 0.99
    assert theirs[sex] < 0.5
