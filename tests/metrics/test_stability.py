"""Stability: against sets and intervals compared one by one, and against other seeds."""

from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import spearmanr
from sklearn.datasets import load_wine
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from sklime import LimeTabularExplainer
from sklime.metrics import (
    coefficients_stability_index,
    explain_repeatedly,
    jaccard_stability_score,
    rank_stability_score,
    selection_frequency,
    variables_stability_index,
)

METRICS = [
    jaccard_stability_score,
    rank_stability_score,
    selection_frequency,
    variables_stability_index,
]


@pytest.fixture(scope="module")
def wine_explainers():
    """Explainers of a curved function of thirteen columns, by what they select."""
    X, y = load_wine(return_X_y=True)
    model = make_pipeline(StandardScaler(), SVR()).fit(X, y)
    return X, {
        max_features: LimeTabularExplainer(
            model, n_perturbations=256, max_features=max_features, random_state=0
        ).fit(X)
        for max_features in (None, 10, 4)
    }


@pytest.fixture(scope="module", params=[None, 4])
def runs(request, wine_explainers):
    X, explainers = wine_explainers
    return explain_repeatedly(explainers[request.param], X[::20], n_repeats=4)


def strongest(explanation, n_top):
    """The set of the strongest features, from the list of conditions."""
    sizes = np.abs(explanation.values[:, 0])
    return {place for place in np.argsort(-sizes, kind="stable")[:n_top] if sizes[place] > 0}


def mean_over_pairs(runs, compare):
    """A number a row: the mean of a comparison of two explanations over pairs of runs."""
    return [
        np.mean([compare(a, b) for a, b in combinations(explanations, 2)])
        for explanations in zip(*runs)
    ]


@pytest.mark.parametrize("n_top", [1, 3, 4])
def test_jaccard_is_that_of_sets(n_top, runs):
    def jaccard(a, b):
        a, b = strongest(a, n_top), strongest(b, n_top)
        return len(a & b) / len(a | b)

    scores = jaccard_stability_score(runs, n_top=n_top, average=None)
    assert_allclose(scores[:, 0], mean_over_pairs(runs, jaccard))


def test_rank_stability_is_spearmans_over_what_either_selects(runs):
    def correlation(a, b):
        a, b = np.abs(a.values[:, 0]), np.abs(b.values[:, 0])
        either = (a > 0) | (b > 0)
        return spearmanr(a[either], b[either]).statistic

    scores = rank_stability_score(runs, average=None)
    assert_allclose(scores[:, 0], mean_over_pairs(runs, correlation))


def test_variables_stability_is_the_share_of_common_features(runs):
    n_selected = int((runs[0].values[0] != 0).sum())

    def share(a, b):
        return len(strongest(a, n_selected) & strongest(b, n_selected)) / n_selected

    scores = variables_stability_index(runs, average=None)
    assert_allclose(scores[:, 0], mean_over_pairs(runs, share))


def test_selection_frequency_counts_runs(runs):
    frequencies = selection_frequency(runs, average=None)
    assert_allclose(frequencies, np.mean([run.values != 0 for run in runs], axis=0))
    assert_allclose(selection_frequency(runs), frequencies[runs[0].values != 0].mean())


def test_coefficients_stability_compares_intervals_one_by_one(runs):
    intervals = [run.confidence_intervals() for run in runs]
    for row, score in enumerate(coefficients_stability_index(runs, average=None)[:, 0]):
        shares = []
        for feature in range(runs[0].values.shape[1]):
            found = [
                (low[row, feature, 0], high[row, feature, 0])
                for low, high in intervals
                if not np.isnan(low[row, feature, 0])
            ]
            pairs = list(combinations(found, 2))
            if pairs:
                overlaps = [max(a[0], b[0]) <= min(a[1], b[1]) for a, b in pairs]
                shares.append(np.mean(overlaps))
        assert_allclose(score, np.mean(shares))


@pytest.mark.parametrize("max_features", [None, 10])
def test_prediction_from_one_run_is_near_what_other_seeds_say(max_features, wine_explainers):
    X, explainers = wine_explainers
    runs = explain_repeatedly(explainers[max_features], X[::3], n_repeats=8)
    measured = jaccard_stability_score(runs)
    predicted = [jaccard_stability_score(run) for run in runs]
    # What leaving out replicates says without being scaled up.
    naive = np.mean([_jaccard_of_refits(run) for run in runs])
    assert np.abs(np.mean(predicted) - measured) < 0.04
    assert naive - measured > 0.08


def _jaccard_of_refits(batch):
    sizes = np.abs(batch.reselected_values[..., 0])
    order = np.argsort(-sizes, axis=2, kind="stable")[..., :5]
    sets = [[set(run) for run in row] for row in order.tolist()]
    pairs = [(a, b) for row in sets for a, b in combinations(row, 2)]
    return np.mean([len(a & b) / len(a | b) for a, b in pairs])


@pytest.mark.parametrize("metric", METRICS)
def test_linear_model_is_explained_alike_by_every_seed(metric, regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(
        LinearRegression().fit(X, y),
        discretizer=None,
        surrogate=LinearRegression(),
        max_features=2,
        random_state=0,
    ).fit(X)
    # Rows where no two contributions are nearly equal, so that rounding decides nothing.
    assert_allclose(metric(explain_repeatedly(explainer, X[:3], 2)), 1.0)


@pytest.mark.parametrize("metric", METRICS)
def test_constant_model_has_no_stability(metric, binary_data):
    X, _ = binary_data
    explainer = LimeTabularExplainer(lambda X: np.zeros(len(X)), random_state=0).fit(X)
    assert np.isnan(metric(explainer.explain(X[:4])))
    assert np.isnan(metric(explain_repeatedly(explainer, X[:4])))
    assert np.isnan(coefficients_stability_index(explain_repeatedly(explainer, X[:4])))


def test_fewer_features_than_asked_for_are_compared(regression_data):
    X, y = regression_data
    model = LinearRegression().fit(X, y)
    batch = LimeTabularExplainer(model, max_features=2, random_state=0).fit(X).explain(X[:5])
    assert_allclose(
        jaccard_stability_score(batch, n_top=50), jaccard_stability_score(batch, n_top=2)
    )


def test_repeated_explanations_are_those_of_other_seeds(wine_explainers):
    X, explainers = wine_explainers
    own = explainers[10].explain(X[:3])
    first, second = explain_repeatedly(explainers[10], X[:3], n_repeats=2)
    assert not np.allclose(first.values, second.values)
    assert not np.allclose(first.values, own.values)
    again, _ = explain_repeatedly(explainers[10], X[:3], n_repeats=2)
    np.testing.assert_array_equal(first.values, again.values)
    np.testing.assert_array_equal(explainers[10].explain(X[:3]).values, own.values)


@pytest.mark.parametrize("neighborhood", ["shared", "around"])
def test_any_neighborhood_can_be_repeated(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood=neighborhood, method="sampling", random_state=0
    )
    first, second = explain_repeatedly(explainer.fit(X), X[:3], n_repeats=2)
    assert not np.allclose(first.values, second.values)


@pytest.mark.parametrize("neighborhood", ["shared", "anchored"])
def test_samples_that_grow_can_be_repeated(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model,
        n_perturbations="auto",
        tol=0.2,
        max_perturbations=2048,
        neighborhood=neighborhood,
        method="sampling",
        random_state=0,
    ).fit(X)
    first, second = explain_repeatedly(explainer, X[:3], n_repeats=2)
    assert not np.allclose(first.values, second.values)
    assert 0.0 <= jaccard_stability_score([first, second], n_top=2) <= 1.0
    assert 0.0 <= jaccard_stability_score(first, n_top=2) <= 1.0


def test_intervals_of_one_run_are_not_compared(runs):
    with pytest.raises(ValueError, match="at least two runs"):
        coefficients_stability_index(runs[:1])
    with pytest.raises(ValueError, match="at least two runs"):
        coefficients_stability_index(runs[0])


def test_runs_must_explain_the_same_rows(runs):
    with pytest.raises(ValueError, match="same rows"):
        jaccard_stability_score([runs[0], runs[1][:2]])
