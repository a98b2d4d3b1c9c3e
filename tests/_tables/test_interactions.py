"""The strongest pairs of features of rows."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.impute import KNNImputer
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeRegressor

from sklime import LimeTabularExplainer
from sklime._tables._interactions import COLUMNS


@pytest.fixture
def product():
    """Two flags whose product is the response, and a third flag without effect."""
    X = pd.DataFrame(np.array(np.meshgrid([0, 1], [0, 1, 1], [0, 1])).reshape(3, -1).T)
    X.columns = ["a", "b", "c"]
    X = pd.concat([X] * 20, ignore_index=True)
    return X, 2.0 * X["a"] * X["b"]


def fitted(X, y, **params):
    model = DecisionTreeRegressor(random_state=0).fit(X, y)
    return LimeTabularExplainer(model, surrogate=None, **params).fit(X)


def test_the_pair_of_a_product_is_its_weight_times_both_shares(product):
    X, y = product
    frame = fitted(X, y, random_state=0).interactions(X[(X["a"] == 1) & (X["b"] == 1)][:1])
    assert tuple(frame.columns) == COLUMNS
    assert frame[["first", "second"]].to_numpy().tolist() == [["a", "b"]]
    shares = [(X[name] == 1).mean() for name in ("a", "b")]
    assert_allclose(frame["value"], 2.0 * (1 - shares[0]) * (1 - shares[1]), rtol=1e-10)
    assert (frame["fidelity"] < 0.999).all()
    assert_allclose(frame["fidelity_with_pairs"], 1.0, atol=1e-3)
    assert frame["first_condition"].iloc[0].startswith("a")


def test_contrasts_have_the_weight_of_the_product(product):
    X, y = product
    explainer = fitted(X, y, baseline="other", random_state=0)
    frame = explainer.interactions(X[(X["a"] == 1) & (X["b"] == 1)][:2])
    assert_allclose(frame["value"], 2.0, rtol=1e-10)
    assert frame["row"].nunique() == 2


def test_cards_keep_the_strongest_pairs(product):
    X, y = product
    batch = fitted(X, y, random_state=0).explain(X[:4])
    assert batch.internals.pairs.features.shape[0] == 4
    assert batch.internals.pairs.features[0, 0].tolist() == [0, 1]


def test_a_sum_of_columns_has_no_pairs(product):
    X, y = product
    frame = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y).interactions(X[:3])
    assert tuple(frame.columns) == COLUMNS
    assert frame.empty


def test_a_sampled_model_is_refused_with_the_reason(product):
    X, y = product
    explainer = LimeTabularExplainer(KNeighborsRegressor(), random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="no reader knows KNeighborsRegressor"):
        explainer.interactions(X[:1])


@pytest.mark.parametrize("n_pairs", [0, -1, 1.5])
def test_wrong_numbers_of_pairs_are_refused(product, n_pairs):
    with pytest.raises((ValueError, TypeError), match="n_pairs"):
        fitted(*product, random_state=0).interactions(product[0][:1], n_pairs=n_pairs)


@pytest.mark.parametrize("method", ["auto", "exact"])
def test_rows_that_have_no_exact_weights_have_no_lines_and_are_not_said_to_be_sampled(method):
    X = np.random.default_rng(0).normal(size=(200, 3))
    model = make_pipeline(KNNImputer(), DecisionTreeRegressor(max_depth=4, random_state=0))
    model.fit(X, X[:, 0] * X[:, 1])
    explainer = LimeTabularExplainer(model, method=method, random_state=0).fit(X)
    asked = []
    predict = type(model).predict
    table = np.array([[0.0, 1.0, 2.0], [np.nan, 1.0, 2.0]])
    words = "other answers than its reading at rows 1 or near them. They have no exact pairs"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            type(model),
            "predict",
            lambda self, rows: (asked.append(len(rows)), predict(self, rows))[1],
        )
        with pytest.warns(RuntimeWarning, match=words) as caught:
            frame = explainer.interactions(table)
    assert len(caught) == 1
    assert set(frame["row"]) == {0}
    # Each row, once more for the pairs, and 32 comparisons; no sample of 1024.
    assert sum(asked) < 2 * 40


@pytest.mark.parametrize("method", ["auto", "exact"])
def test_a_model_that_was_edited_has_no_pairs(product, method):
    X, y = product
    explainer = fitted(X, y, method=method, random_state=0)
    explainer.estimator.tree_.value[...] *= 2.0
    with pytest.raises(ValueError, match=r"has been changed since fit .* Call fit of the expl"):
        explainer.interactions(X[:2])
