"""The perturbed rows, seen through the eyes of the model."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklime import LimeTabularExplainer
from sklime.neighborhoods import SharedNeighborhood


@pytest.fixture
def X(regression_data):
    """The table alone."""
    return regression_data[0]


@pytest.fixture
def asked_around(X, recording):
    """The perturbed rows of the first row, without the row itself."""

    def asked(n_perturbations=1024, **parameters):
        function = recording(lambda X: X[:, 0])
        explainer = LimeTabularExplainer(
            function, n_perturbations=n_perturbations, random_state=0, **parameters
        )
        explainer.fit(X).explain(X[:1])
        rows = function.rows()
        return rows[(rows != X[0]).any(axis=1)]

    return asked


@pytest.mark.parametrize("keep", [0.25, 0.5, 0.75, 0.9])
def test_anchored_rows_keep_each_feature_with_probability_keep(keep, X, recording):
    function = recording(lambda X: X[:, 0])
    explainer = LimeTabularExplainer(function, keep=keep, n_perturbations=1024, random_state=0)
    explainer.fit(X)
    function.calls.clear()
    explainer.explain(X[:1])
    # The explained row itself is one of the 1025 rows.
    kept = (function.rows() == X[0]).mean(axis=0)
    assert_allclose(kept, keep, atol=0.03)


def test_anchored_features_are_kept_independently(asked_around, X):
    kept = asked_around(4096) == X[0]
    # Rows that kept everything are missing from the sample, so compare within the rest.
    correlations = np.corrcoef(kept, rowvar=False)[np.triu_indices(4, 1)]
    p = 0.75
    everything = p**4
    both, one = (p**2 - everything) / (1 - everything), (p - everything) / (1 - everything)
    expected = (both - one**2) / (one * (1 - one))
    assert_allclose(correlations, expected, atol=0.06)


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_marginal_values_fall_into_the_bins_at_the_rate_of_the_data(neighborhood, asked_around, X):
    rows = asked_around(4096, neighborhood=neighborhood)
    cuts = np.percentile(X, [25, 50, 75], axis=0)
    for j in range(4):
        changed = rows[rows[:, j] != X[0, j], j]
        rates = np.bincount(np.searchsorted(cuts[:, j], changed), minlength=4) / len(changed)
        assert_allclose(rates, 0.25, atol=0.05)


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_marginal_values_stay_in_the_range_of_the_data(neighborhood, asked_around, X):
    rows = asked_around(4096, neighborhood=neighborhood)
    tolerance = 1e-9 * np.abs(X).max(axis=0)
    assert (rows >= X.min(axis=0) - tolerance).all()
    assert (rows <= X.max(axis=0) + tolerance).all()


def test_marginal_values_have_the_mean_of_the_data_in_each_bin(asked_around, X):
    rows = asked_around(8192, neighborhood="shared")
    cuts = np.percentile(X, [25, 50, 75], axis=0)
    for j in range(4):
        in_bin = np.searchsorted(cuts[:, j], X[:, j])
        asked_in_bin = np.searchsorted(cuts[:, j], rows[:, j])
        for middle in [1, 2]:
            expected = X[in_bin == middle, j].mean()
            width = cuts[middle, j] - cuts[middle - 1, j]
            assert abs(rows[asked_in_bin == middle, j].mean() - expected) < 0.2 * width


def test_marginal_columns_are_drawn_independently(asked_around):
    correlations = np.corrcoef(asked_around(4096, neighborhood="shared"), rowvar=False)
    assert_allclose(correlations, np.eye(4), atol=0.06)


def test_shared_rows_of_an_empirical_background_are_training_rows(asked_around, X):
    rows = asked_around(neighborhood="shared", background="empirical")
    known = {tuple(row) for row in X}
    assert {tuple(row) for row in rows} <= known


def test_changed_values_of_an_empirical_background_come_from_one_training_row(asked_around, X):
    rows = asked_around(neighborhood="anchored", background="empirical")
    donors = (rows[:, np.newaxis] == X) | (rows[:, np.newaxis] == X[0])
    assert donors.all(axis=2).any(axis=1).all()


def test_empirical_background_draws_training_rows_evenly(asked_around, X):
    rows = asked_around(4000, neighborhood="shared", background="empirical")
    _, counts = np.unique(rows, axis=0, return_counts=True)
    assert len(counts) >= len(X) - 1
    assert counts.max() < 3 * 40


def test_rows_around_are_normal_with_the_spread_of_the_data(asked_around, X):
    rows = asked_around(4096, neighborhood="around")
    assert_allclose((rows.mean(axis=0) - X[0]) / X.std(axis=0), 0.0, atol=0.05)
    assert_allclose(rows.std(axis=0), X.std(axis=0), rtol=0.05)
    within = (np.abs(rows - X[0]) < X.std(axis=0)).mean(axis=0)
    assert_allclose(within, 0.683, atol=0.03)


@pytest.mark.parametrize("points", ["sobol", "independent"])
def test_shared_rows_do_not_depend_on_the_explained_row(points, X, recording):
    function = recording(lambda X: X[:, 0])
    explainer = LimeTabularExplainer(
        function,
        neighborhood=SharedNeighborhood(points=points),
        n_perturbations=64,
        random_state=0,
    ).fit(X)
    function.calls.clear()
    explainer.explain(X[3:5])
    assert_array_equal(function.rows(), X[3:5])


def test_points_of_sobol_are_more_even_than_independent_ones(X, recording):
    def spread(points):
        means = []
        for seed in range(10):
            function = recording(lambda X: X[:, 0])
            LimeTabularExplainer(
                function,
                neighborhood=SharedNeighborhood(points=points),
                n_perturbations=256,
                random_state=seed,
            ).fit(X)
            means.append(function.rows().mean(axis=0))
        return np.var(means, axis=0).mean()

    assert spread("sobol") < spread("independent") / 4


def test_points_of_sobol_make_steadier_weights(X):
    def variance(points):
        weights = [
            LimeTabularExplainer(
                lambda X: np.sin(X[:, 0]) + X[:, 1],
                neighborhood=SharedNeighborhood(points=points),
                n_perturbations=512,
                random_state=seed,
            )
            .fit(X)
            .transform(X[:5])
            for seed in range(15)
        ]
        return np.var(weights, axis=0).mean()

    assert variance("sobol") < variance("independent") / 2


def test_unknown_kind_of_points_is_an_error(X):
    explainer = LimeTabularExplainer(
        lambda X: X[:, 0], neighborhood=SharedNeighborhood(points="nope")
    )
    with pytest.raises(ValueError, match="points"):
        explainer.fit(X)
