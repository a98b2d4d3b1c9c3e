"""Twins, and the fidelity of the mask function that they measure."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from sklime import LimeTabularExplainer
from sklime.neighborhoods import AnchoredNeighborhood

KEEP = 0.75
N_SEEDS = 24
TABLE = np.random.default_rng(3).normal(size=(2, 3, 5, 8))


def whole_numbers(n_rows=400):
    """A table of few whole numbers, so that everything can be added up exactly."""
    random = np.random.default_rng(0)
    return np.column_stack([random.integers(0, k, n_rows) for k in TABLE.shape])


def linear(X):
    return X @ np.array([1.0, -0.5, 0.3, 0.2])


def additive_and_pairs(X):
    return np.sin(X[:, 0] + X[:, 1]) + 0.3 * X[:, 2] * (X[:, 3] > 3)


def three_way_interaction(X):
    signs = [np.where(X[:, place] > cut, 1.0, -1.0) for place, cut in enumerate((0, 0, 1))]
    return np.prod(signs, axis=0)


def any_number(X):
    return TABLE[tuple(X.astype(int).T)]


class MaskFunction:
    """The mean response given the conditions of a row, added up over all rows there are."""

    def __init__(self, model, X, row, encoder):
        levels = [np.unique(column, return_counts=True) for column in X.T]
        sizes = [len(values) for values, _ in levels]
        grid = np.array(list(itertools.product(*[values for values, _ in levels])))
        self.responses = model(grid).reshape(sizes)
        own = encoder.represent(row[None])[0]
        self.laws, shares = [], []
        for place, (values, counts) in enumerate(levels):
            probabilities = (1.0 - KEEP) * counts / counts.sum()
            probabilities[values == row[place]] += KEEP
            column = np.tile(row, (len(values), 1))
            column[:, place] = values
            holds = encoder.represent(column)[:, place] == own[place]
            share = probabilities[holds].sum()
            shares.append(share)
            outside = np.where(holds, 0.0, probabilities) / max(1.0 - share, 1e-300)
            self.laws.append((outside, np.where(holds, probabilities, 0.0) / share))
        self.masks = np.array(list(itertools.product([0, 1], repeat=len(levels))))
        self.probabilities = np.prod(np.where(self.masks, shares, 1.0 - np.array(shares)), axis=1)
        self.values = np.array([self._mean(mask) for mask in self.masks])

    def _mean(self, mask):
        chosen = [law[held] for law, held in zip(self.laws, mask)]
        return np.einsum("abcd,a,b,c,d", self.responses, *chosen)

    def r2(self, intercept, weights):
        """R2 of a surrogate of the conditions against the mask function."""
        off = self.values - self.probabilities @ self.values
        errors = self.values - intercept - self.masks @ weights
        return 1.0 - self.probabilities @ errors**2 / (self.probabilities @ off**2)


def explained(model, X, row, seed, **options):
    options = {"baseline": "other", "max_features": None, **options}
    explainer = LimeTabularExplainer(model, random_state=seed, **options).fit(X)
    return explainer, explainer.explain(row[None])[0]


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("model", [linear, additive_and_pairs, three_way_interaction, any_number])
def test_fidelity_is_that_of_the_mask_function(model, place):
    X = whole_numbers()
    row = X[place]
    gaps, covered = [], []
    for seed in range(N_SEEDS):
        explainer, explanation = explained(model, X, row, seed)
        function = MaskFunction(model, X, row, explainer._encoder)
        truth = function.r2(explanation.intercepts[0], explanation.values[:, 0])
        gaps.append(explanation.fidelity[0] - truth)
        half_width = stats.t.ppf(0.975, 7) * explanation.fidelity_errors[0]
        covered.append(abs(gaps[-1]) <= half_width + 1e-3)
    standard_error = np.std(gaps, ddof=1) / np.sqrt(N_SEEDS)
    assert abs(np.mean(gaps)) <= 3.0 * standard_error + 1e-3
    assert np.mean(covered) >= 0.85


def test_a_linear_model_has_a_fidelity_of_one():
    _, explanation = explained(linear, whole_numbers(), whole_numbers()[0], seed=0)
    assert_allclose(explanation.fidelity, 1.0, atol=5e-3)
    assert explanation.response_r2[0] < 0.95


def test_what_conditions_cannot_say_lowers_the_response_r2_alone():
    # Much of the variance is which of the values below the median it was.
    def model(X):
        return (X[:, 2] <= 2) * np.where(X[:, 2] == 1, 4.0, -2.0) + 3.0 * (X[:, 0] > 0)

    X = whole_numbers()
    row = X[X[:, 2] > 2][0]
    _, explanation = explained(model, X, row, seed=0)
    assert explanation.fidelity[0] > 0.85
    assert explanation.response_r2[0] < explanation.fidelity[0] - 0.2


@pytest.mark.parametrize(
    "options",
    [
        {"neighborhood": "shared"},
        {"neighborhood": "around"},
        {"background": "empirical"},
        {"neighborhood": AnchoredNeighborhood(twins=False)},
    ],
)
def test_without_twins_the_fidelity_is_a_lower_bound(options):
    X = whole_numbers()
    _, with_twins = explained(additive_and_pairs, X, X[0], seed=0)
    _, without = explained(additive_and_pairs, X, X[0], seed=0, **options)
    assert not with_twins.fidelity_is_bound
    assert without.fidelity_is_bound


@pytest.mark.parametrize("neighborhood", ["anchored", "shared", "around"])
def test_with_standard_scores_the_fidelity_is_that_of_the_responses(neighborhood):
    X = whole_numbers()
    _, explanation = explained(
        additive_and_pairs, X, X[0], seed=0, discretizer=None, neighborhood=neighborhood
    )
    assert not explanation.fidelity_is_bound
    assert_allclose(explanation.fidelity, explanation.response_r2, atol=2e-3)


def test_twins_meet_the_same_conditions_with_other_values():
    X = np.column_stack([whole_numbers().astype(float), np.random.default_rng(1).normal(size=400)])
    explainer = LimeTabularExplainer(lambda X: X[:, 0], random_state=0).fit(X)
    rows, encoder = X[:20], explainer._encoder
    neighborhood, draws = explainer.neighborhood_, explainer._sample.draws
    perturbed = neighborhood.perturb(draws, encoder, rows)
    own = encoder.represent(rows)
    Z = encoder.encode(encoder.represent(perturbed), own)
    assert_array_equal(Z[:, 0::2], Z[:, 1::2])
    assert_array_equal(Z[:, 0::2], neighborhood.encode(draws, encoder, perturbed, own))
    is_other = perturbed[:, 0::2] != perturbed[:, 1::2]
    assert is_other[~Z[:, 0::2].astype(bool)].mean() > 0.3


def test_twins_follow_the_same_distribution():
    # Chi-squared on which of the values was drawn, over the rows of one bin.
    X = whole_numbers()
    explainer = LimeTabularExplainer(
        lambda X: X[:, 0],
        neighborhood=AnchoredNeighborhood(points="independent"),
        n_perturbations=2**15,
        random_state=0,
    ).fit(X)
    perturbed = explainer.neighborhood_.perturb(explainer._sample.draws, explainer._encoder, X[:1])[
        0
    ]
    for column in perturbed.T:
        counts = np.array(
            [[np.sum(column[half::2] == value) for value in np.unique(column)] for half in (0, 1)]
        )
        assert stats.chi2_contingency(counts).pvalue > 1e-4


def test_a_rare_level_has_a_twin_when_no_other_value_is_like_it():
    X = np.repeat([[0, 1]], 30_000, axis=0)
    X[0, 0], X[::2, 1] = 1, 0
    explainer = LimeTabularExplainer(lambda X: X.sum(axis=1), random_state=0).fit(X)
    batch = explainer.explain(X[:2])
    assert np.isfinite(batch.fidelity).all()


def test_the_model_is_asked_as_often_as_without_twins():
    asked = []

    def model(X):
        asked.append(len(X))
        return X.sum(axis=1)

    X = whole_numbers()
    counts = []
    for twins in (True, False):
        explainer = LimeTabularExplainer(
            model, neighborhood=AnchoredNeighborhood(twins=twins), random_state=0
        ).fit(X)
        asked.clear()
        batch = explainer.explain(X[:3])
        counts.append(sum(asked))
        assert_array_equal(batch.n_perturbations, 1024)
    assert counts[0] == counts[1]


@pytest.mark.slow
def test_twins_change_no_weight_on_average():
    X = whole_numbers()
    values = [
        [
            explained(
                additive_and_pairs, X, X[1], seed, neighborhood=AnchoredNeighborhood(twins=twins)
            )[1].values[:, 0]
            for seed in range(N_SEEDS)
        ]
        for twins in (True, False)
    ]
    means, errors = np.mean(values, axis=1), np.std(values, axis=1, ddof=1) / np.sqrt(N_SEEDS)
    assert (np.abs(means[0] - means[1]) <= 4.5 * np.hypot(*errors) + 1e-12).all()


def test_many_columns_at_once_give_the_same_twins_as_one_after_the_other(monkeypatch):
    rng = np.random.default_rng(0)
    X = np.column_stack(
        [
            rng.normal(size=(200, 3)),
            rng.poisson(0.1, (200, 2)),
            np.full(200, 7.0),
            rng.normal(size=200),
        ]
    )
    X[::5, 6] = np.nan
    explainer = LimeTabularExplainer(
        lambda X: np.nansum(X, axis=1), n_perturbations=128, fixed=[1], random_state=0
    )
    monkeypatch.setattr("sklime.neighborhoods._twins._MAX_KNOWN", 0)
    monkeypatch.setattr("sklime.neighborhoods._twins._BLOCK_NUMBERS", 200)
    draws, encoder = explainer.fit(X)._sample.draws, explainer._encoder
    rows = np.vstack([X[:6], np.full(7, 50.0)])
    assert draws.twins.is_sorted
    at_once = explainer.neighborhood_.perturb(draws, encoder, rows)
    monkeypatch.setattr("sklime.neighborhoods._twins.Twins.is_sorted", False)
    one_by_one = explainer.neighborhood_.perturb(draws, encoder, rows)
    assert_array_equal(at_once, one_by_one)
