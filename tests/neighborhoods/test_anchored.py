"""The neighborhood that keeps most of the explained row."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from sklime import LimeTabularExplainer
from sklime.neighborhoods import AnchoredNeighborhood

N_PERTURBATIONS = 4096


@pytest.fixture(scope="module")
def X(global_random_seed):
    """Three independent columns without ties."""
    return np.random.default_rng(global_random_seed).normal(size=(300, 3))


def asked_about(row, X, recording, **parameters):
    """What the model is asked about a row, without the row itself."""
    function = recording(lambda X: np.zeros(len(X)))
    explainer = LimeTabularExplainer(
        function, n_perturbations=N_PERTURBATIONS, random_state=0, **parameters
    ).fit(X)
    function.calls.clear()
    explainer.explain(row)
    return max(function.calls, key=len)


@pytest.mark.parametrize("background", ["marginal", "empirical"])
@pytest.mark.parametrize("keep", [0.25, 0.75])
def test_each_value_is_kept_with_the_probability_keep(keep, background, X, recording):
    asked = asked_about(X[:1], X, recording, keep=keep, background=background)[-N_PERTURBATIONS:]
    is_kept = asked == X[0]
    assert_allclose(is_kept.mean(axis=0), keep, atol=0.01)
    # Columns are kept independently of each other.
    assert_allclose((is_kept[:, 0] & is_kept[:, 1]).mean(), keep**2, atol=0.02)
    assert_allclose(is_kept.all(axis=1).mean(), keep**3, atol=0.02)


def test_what_is_not_kept_is_distributed_as_the_background(X, recording):
    asked = asked_about(X[:1], X, recording, keep=0.5, background="empirical")[-N_PERTURBATIONS:]
    for column in range(3):
        drawn = asked[asked[:, column] != X[0, column], column]
        assert stats.ks_2samp(drawn, X[:, column]).statistic < 0.06


def test_twins_have_the_bins_of_each_other_and_other_values(X, recording):
    parameters = {"neighborhood": AnchoredNeighborhood(keep=0.5)}
    asked = asked_about(X[:1], X, recording, **parameters)[-N_PERTURBATIONS:]
    cuts = np.percentile(X, [25, 50, 75], axis=0)
    in_own_bin = np.column_stack(
        [
            np.searchsorted(cuts[:, j], asked[:, j]) == np.searchsorted(cuts[:, j], X[0, j])
            for j in range(3)
        ]
    )
    assert_array_equal(in_own_bin[::2], in_own_bin[1::2])
    assert (asked[::2] != asked[1::2]).any(axis=1).mean() > 0.9


def test_without_twins_masks_are_not_repeated(X, recording):
    neighborhood = AnchoredNeighborhood(keep=0.5, twins=False)
    asked = asked_about(X[:1], X, recording, neighborhood=neighborhood)[-N_PERTURBATIONS:]
    is_kept = asked == X[0]
    assert (is_kept[::2] != is_kept[1::2]).any(axis=1).mean() > 0.5


def test_held_columns_are_always_kept(X, recording):
    X = pd.DataFrame(X, columns=["a", "b", "c"])
    asked = asked_about(X[:1], X, recording, fixed=["b"])
    assert (asked["b"] == X["b"].iloc[0]).all()
    assert (asked["a"] != X["a"].iloc[0]).any()
