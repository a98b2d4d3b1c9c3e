"""Cuts: quartiles, entropy, the model's own, and discretizers of scikit-learn."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import KBinsDiscretizer
from tables import FEW, explained_table, mixed_score, three_bins

from sklime import LimeTabularExplainer
from sklime.discretizers import transformer_cuts

# The table as a whole


@pytest.mark.parametrize("discretizer", ["quartile", "decile", "entropy", "model", None])
def test_every_discretizer_takes_a_mixed_table(discretizer, neighborhood, mixed):
    explainer = LimeTabularExplainer(
        mixed_score,
        baseline="other",
        discretizer=discretizer,
        neighborhood=neighborhood,
        n_perturbations=1024,
        random_state=0,
    )
    explainer.fit(mixed, (mixed["income"] > 3000).to_numpy(int))
    batch = explainer.explain(mixed[:3])
    assert np.isfinite(batch.values).all()
    assert batch[0].conditions[0] == f"sex = {mixed['sex'].iloc[0]}"


def test_discretizer_of_scikit_learn_sees_numbers_only(neighborhood, mixed):
    X = mixed[["sex", "income", "smoker", "children"]]
    binner = KBinsDiscretizer(2, encode="ordinal", strategy="uniform")
    batch = explained_table(
        lambda X: (X["sex"] == "female").to_numpy(float),
        X,
        discretizer=binner,
        neighborhood=neighborhood,
        n_perturbations=1024,
    )
    assert batch[0].conditions[0] == f"sex = {X['sex'].iloc[0]}"
    assert re.match(r"income (<|>=) ", batch[0].conditions[1])


STRATEGIES = {
    "uniform": {},
    "quantile": {"quantile_method": "averaged_inverted_cdf"},
    "kmeans": {},
}


@pytest.mark.parametrize("n_bins", [3, [2, 3]], ids=["one number", "a number for each column"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_discretizer_of_scikit_learn_cuts_the_values_that_are_there(strategy, n_bins, neighborhood):
    # It takes no missing values; each column has its own.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    X[::5, 0] = X[1::7, 1] = np.nan
    options = {"encode": "ordinal", "strategy": strategy, **STRATEGIES[strategy]}
    found = transformer_cuts(KBinsDiscretizer(n_bins, **options), X)
    for place, cuts in enumerate(found):
        present = X[~np.isnan(X[:, place])][:, [place]]
        alone = KBinsDiscretizer(np.broadcast_to(n_bins, 2)[place], **options).fit(present)
        assert_array_equal(cuts, alone.bin_edges_[0][1:-1])
    batch = explained_table(
        lambda X: np.nan_to_num(X).sum(axis=1),
        X,
        discretizer=KBinsDiscretizer(n_bins, **options),
        neighborhood=neighborhood,
    )
    assert batch[0].conditions[0] == "x0 is missing"
    assert re.search(r"x1 (<|>=) ", batch[0].conditions[1])


def test_column_that_is_missing_or_constant_is_not_cut_by_a_discretizer_of_scikit_learn():
    X = np.column_stack([np.arange(20.0), np.ones(20), np.full(20, np.nan)])
    X[0] = np.nan
    cuts = transformer_cuts(KBinsDiscretizer(2, strategy="uniform"), X)
    assert [len(found) for found in cuts] == [1, 0, 0]


def test_discretizer_of_scikit_learn_that_fails_on_few_values_says_how_many():
    X = np.column_stack([np.arange(20.0), np.full(20, np.nan)])
    X[:2, 1] = [1.0, 2.0]
    with pytest.raises(ValueError, match="cannot cut a column that only 2 of 20 rows have"):
        transformer_cuts(KBinsDiscretizer(3, strategy="kmeans"), X)


# Surrogates, selections, kernels, metrics, discretizers, backgrounds


def test_entropy_bins_need_labels(binary_data, binary_model):
    with pytest.raises(ValueError, match=r"(?i)entropy.*\by\b|\by\b.*entropy"):
        LimeTabularExplainer(binary_model, discretizer="entropy", **FEW).fit(binary_data[0])


def test_entropy_bins_follow_the_labels(neighborhood):
    # The label changes at 0.9 only, so that is where a bin must end.
    X = np.linspace(0, 1, 200)[:, np.newaxis]
    y = (X[:, 0] > 0.9).astype(int)
    explainer = LimeTabularExplainer(
        lambda X: (X[:, 0] > 0.9).astype(float),
        baseline="other",
        discretizer="entropy",
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
        n_perturbations=1024,
        random_state=0,
    ).fit(X, y)
    # The cut lies between two training rows, and a few perturbed rows fall beside it.
    assert_allclose(explainer.transform([[0.5], [0.95]]), [[-1.0], [1.0]], atol=0.02)


def test_entropy_bins_follow_a_regression_target():
    X = np.linspace(0, 1, 200)[:, np.newaxis]
    y = np.where(X[:, 0] > 0.9, 10.5, 0.25)
    explainer = LimeTabularExplainer(
        lambda X: np.where(X[:, 0] > 0.9, 1.0, 0.0),
        baseline="other",
        discretizer="entropy",
        surrogate=LinearRegression(),
        n_perturbations=1024,
        random_state=0,
    ).fit(X, y)
    assert_allclose(explainer.transform([[0.5], [0.95]]), [[-1.0], [1.0]], atol=0.02)


def test_discretizer_of_the_user_stays_unfitted(binary_data, binary_model):
    discretizer = three_bins()
    LimeTabularExplainer(binary_model, discretizer=discretizer, **FEW).fit(binary_data[0])
    assert not hasattr(discretizer, "bin_edges_")


@pytest.mark.parametrize("encode", ["ordinal", "onehot", "onehot-dense"])
def test_bins_of_a_discretizer_do_not_depend_on_its_encoding(encode, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, discretizer=three_bins(), **FEW)
    expected = clone(explainer).fit(X).transform(X[:3])
    explainer.set_params(discretizer=three_bins(encode))
    assert_array_equal(explainer.fit(X).transform(X[:3]), expected)


# Parameters


@pytest.mark.parametrize("discretizer", ["quartile", "decile", "model", "entropy"])
@pytest.mark.parametrize("dtype", [int, float])
@pytest.mark.parametrize("share", [0.05, 0.2, 0.8, 0.95])
def test_column_with_most_of_its_values_at_one_end_is_cut(discretizer, dtype, share):
    # Every percentile may be the largest value, and nothing lies above that.
    rng = np.random.default_rng(0)
    flag = rng.permutation(np.arange(200) < 200 * share)
    X = pd.DataFrame({"active": flag.astype(dtype), "noise": rng.normal(size=200)})
    explainer = LimeTabularExplainer(
        lambda X: X["active"].to_numpy(float),
        baseline="other",
        discretizer=discretizer,
        random_state=0,
    )
    batch = explainer.fit(X, flag.astype(int)).explain(X[:10])
    sign = np.where(flag[:10], 1.0, -1.0)
    assert (sign * batch.values[:, 0, 0] > 0.9).all()


def test_standardized_flag_is_cut_by_the_model(global_random_seed):
    flag = np.random.default_rng(global_random_seed).random(300) < 0.4
    X = ((flag - flag.mean()) / flag.std())[:, None]
    explainer = LimeTabularExplainer(
        lambda X: X[:, 0], baseline="other", discretizer="model", random_state=0
    )
    weights = explainer.fit(X).transform(X[:10])[:, 0]
    assert (np.where(flag[:10], weights, -weights) > 1.5).all()
