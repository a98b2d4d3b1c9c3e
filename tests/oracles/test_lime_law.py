"""The recipe of the guide for `lime`'s own perturbed rows, with every discretizer of `lime`."""

import numpy as np
import pytest

from sklime import LimeTabularExplainer
from sklime.backgrounds import MarginalBackground
from sklime.neighborhoods import AroundNeighborhood, SharedNeighborhood

lime_tabular = pytest.importorskip("lime.lime_tabular")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

N_PERTURBATIONS = 1000
N_SEEDS = 40
ROWS = [7, 120, 333]

DISCRETIZERS = ["quartile", "decile", "entropy"]


@pytest.fixture(scope="module")
def table():
    """Columns of many shapes, without ties; labels that depend on three of them."""
    rng = np.random.default_rng(3)
    n = 600
    X = np.column_stack(
        [
            rng.normal(size=n),
            rng.lognormal(size=n),
            rng.normal(size=n) + 6.0 * (rng.random(n) < 0.3),
            rng.random(n),
        ]
    )
    y = (X[:, 0] + np.log(X[:, 1]) > 0.3) ^ (X[:, 2] > 3.0)
    return X, y.astype(int)


@pytest.fixture(scope="module")
def levels(table):
    """The same table, with two columns of codes."""
    X, y = table
    rng = np.random.default_rng(4)
    codes = [rng.choice(3, size=len(X), p=[0.6, 0.3, 0.1]), rng.choice(2, size=len(X))]
    return np.column_stack([X, *codes]), y


def curved(X):
    return np.tanh(X[:, 0]) + np.log1p(np.abs(X[:, 1])) + np.sin(X[:, 2]) * X[:, 3]


def curved_by_level(X):
    return curved(X) + np.where(X[:, 4] == 1, 1.5, 0.2 * X[:, 0]) + X[:, 5] * X[:, 3]


def weights_of_lime(function, X, y, seed, **options):
    # With every feature kept, `lime`'s ways of selecting them are a waste of time.
    explainer = lime_tabular.LimeTabularExplainer(
        X,
        mode="regression",
        training_labels=y,
        random_state=seed,
        feature_selection="none",
        **options,
    )
    weights = np.zeros((len(ROWS), X.shape[1]))
    for weight, row in zip(weights, X[ROWS], strict=True):
        explanation = explainer.explain_instance(row, function, num_samples=N_PERTURBATIONS)
        for feature, value in explanation.local_exp[1]:
            weight[feature] = value
    return weights


def weights_of_sklime(function, X, y, seed, **options):
    options.setdefault("neighborhood", SharedNeighborhood(points="independent"))
    weights = np.empty((len(ROWS), X.shape[1]))
    for place, row in enumerate(ROWS):
        # `lime` draws anew for each row; one sample for all rows would make their errors alike.
        explainer = LimeTabularExplainer(
            function,
            baseline="other",
            control_variates=False,
            n_perturbations=N_PERTURBATIONS,
            max_features=None,
            random_state=len(ROWS) * seed + place,
            **options,
        )
        weights[place] = explainer.fit(X, y).transform(X[[row]])[0]
    return weights


def differences(function, X, y, options_of_lime, options):
    """Differences of the mean weights over seeds, in standard errors."""
    seeds = range(N_SEEDS)
    theirs = np.stack([weights_of_lime(function, X, y, s, **options_of_lime) for s in seeds])
    ours = np.stack([weights_of_sklime(function, X, y, s, **options) for s in seeds])
    variance = (ours.var(axis=0, ddof=1) + theirs.var(axis=0, ddof=1)) / N_SEEDS
    return (ours.mean(axis=0) - theirs.mean(axis=0)) / np.sqrt(variance)


def assert_same_on_average(function, X, y, options_of_lime, options):
    z = differences(function, X, y, options_of_lime, options)
    assert np.abs(z).max() <= 4.0
    assert np.sqrt((z**2).mean()) <= 1.3


@pytest.mark.parametrize("discretizer", DISCRETIZERS)
def test_bins(discretizer, table):
    X, y = table
    labels = y if discretizer == "entropy" else None
    options = {"discretizer": discretizer}
    assert_same_on_average(curved, X, labels, options, options)


def test_bins_of_another_distribution_are_seen(table):
    X, _ = table
    options = {"discretizer": "decile", "background": MarginalBackground(n_bins=4)}
    z = differences(curved, X, None, {"discretizer": "decile"}, options)
    assert np.sqrt((z**2).mean()) > 1.3


def test_no_bins(table):
    X, _ = table
    assert_same_on_average(
        curved,
        X,
        None,
        {"discretize_continuous": False},
        {"discretizer": None, "background": "normal"},
    )


def test_around(table):
    X, _ = table
    assert_same_on_average(
        curved,
        X,
        None,
        {"discretize_continuous": False, "sample_around_instance": True},
        {"discretizer": None, "neighborhood": AroundNeighborhood(points="independent")},
    )


@pytest.mark.parametrize("discretizer", [*DISCRETIZERS, None])
def test_levels_beside_numbers(discretizer, levels):
    X, y = levels
    options_of_lime = (
        {"discretize_continuous": False} if discretizer is None else {"discretizer": discretizer}
    )
    background = "normal" if discretizer is None else "marginal"
    assert_same_on_average(
        curved_by_level,
        X,
        y if discretizer == "entropy" else None,
        {"categorical_features": [4, 5], **options_of_lime},
        {"categorical_features": [4, 5], "discretizer": discretizer, "background": background},
    )
