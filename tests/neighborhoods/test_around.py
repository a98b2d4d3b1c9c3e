"""The neighborhood of normal noise around the explained row."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from sklime import LimeTabularExplainer

N_PERTURBATIONS = 2048


@pytest.fixture
def asked(recording):
    """What the model is asked about a row, without the row itself."""

    def ask(X, row):
        function = recording(lambda X: np.zeros(len(X)))
        explainer = LimeTabularExplainer(
            function, neighborhood="around", n_perturbations=N_PERTURBATIONS, random_state=0
        ).fit(X)
        function.calls.clear()
        explainer.explain(row)
        return max(function.calls, key=len)[-N_PERTURBATIONS:]

    return ask


def test_noise_has_the_deviation_of_each_column(asked, global_random_seed):
    X = np.random.default_rng(global_random_seed).normal(size=(200, 2)) * [1.0, 1000.0]
    noise = asked(X, np.array([[50.0, -3.0]])) - [50.0, -3.0]
    for column in range(2):
        expected = stats.norm(0.0, X[:, column].std())
        assert stats.kstest(noise[:, column], expected.cdf).statistic < 0.02
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.1


def test_constant_column_does_not_move(asked):
    X = np.column_stack([np.arange(60.0), np.full(60, 7.0)])
    assert (asked(X, X[3:4])[:, 1] == 7.0).all()


def ends_of(own):
    """What is rounded to a number, or lies beyond it where it is the smallest or the largest."""
    return [-np.inf if own == 0 else own - 0.5, np.inf if own >= 5 else own + 0.5]


@pytest.mark.parametrize("own", [0, 4, 12])
def test_whole_numbers_are_rounded_and_stay_in_their_range(own, asked):
    # A row beyond the training range widens it.
    X = pd.DataFrame({"children": np.arange(60) % 6, "age": np.arange(60.0)})
    row = pd.DataFrame({"children": [own], "age": [30.0]})
    children = asked(X, row)["children"]
    assert set(children) <= set(range(max(own, 5) + 1))
    noise = stats.norm(own, X["children"].std(ddof=0))
    assert_allclose((children == own).mean(), np.ptp(noise.cdf(ends_of(own))), atol=0.01)


def test_levels_are_drawn_at_their_frequencies(asked):
    X = pd.DataFrame({"job": ["cook", "cook", "nurse"] * 20, "age": np.arange(60.0)})
    drawn = asked(X, X[2:3])["job"].value_counts(normalize=True)
    assert_allclose(drawn[["cook", "nurse"]], [2 / 3, 1 / 3], atol=0.01)


def test_numbers_go_missing_at_their_rate_and_a_missing_one_is_replaced(asked):
    X = pd.DataFrame({"age": [np.nan, 1.0, 2.0, 3.0] * 25, "pay": np.arange(100.0)})
    for own in (2.0, np.nan):
        drawn = asked(X, pd.DataFrame({"age": [own], "pay": [50.0]}))["age"]
        assert_allclose(drawn.isna().mean(), 0.25, atol=0.01)
        assert drawn.notna().any()
