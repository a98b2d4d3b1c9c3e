"""Checks of rows: missing values that the model refuses, texts that are no categories."""

import warnings
from itertools import product

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from tables import FEW

from sklime import LimeTabularExplainer


@pytest.fixture
def X(global_random_seed):
    """Forty rows of two numbers."""
    X = np.random.default_rng(global_random_seed).normal(size=(40, 2))
    return pd.DataFrame(X, columns=["age", "pay"])


def fitted_to(X):
    return LinearRegression().fit(X, X["age"])


def test_column_with_missing_values_that_the_model_refuses_is_named(X):
    model = fitted_to(X)
    X.loc[5, "pay"] = np.nan
    with pytest.raises(ValueError, match="NaN in column pay, first in row 5"):
        LimeTabularExplainer(model, **FEW).fit(X)


def test_missing_value_of_an_explained_row_is_named_by_its_row(X):
    explainer = LimeTabularExplainer(fitted_to(X), **FEW).fit(X)
    X.loc[7, "age"] = np.nan
    with pytest.raises(ValueError, match="NaN in column age, first in row 7"):
        explainer.explain(X)


def test_model_with_another_fault_shows_its_own_error(X):
    def broken(X):
        raise KeyError("no such column")

    X.loc[5, "pay"] = np.nan
    with pytest.raises(KeyError, match="no such column"):
        LimeTabularExplainer(broken, **FEW).fit(X)


@pytest.mark.parametrize(("n_texts", "warns"), [(40, True), (20, False)])
def test_column_of_nearly_distinct_texts_warns(n_texts, warns, X):
    X["note"] = [f"note {row % n_texts}" for row in range(len(X))]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        LimeTabularExplainer(lambda X: X["age"], **FEW).fit(X)
    assert any("different texts" in str(warning.message) for warning in caught) == warns


def test_column_of_texts_in_an_array_needs_a_frame(X):
    # An array has no column that LimeTextExplainer(column=...) could name.
    notes = [f"note {row}" for row in range(len(X))]
    table = np.column_stack([np.arange(len(X)) % 3, notes]).astype(object)
    with pytest.warns(UserWarning, match=r"Column x1 has .* make a DataFrame of the array"):
        LimeTabularExplainer(lambda X: np.zeros(len(X)), **FEW).fit(table)


# Numbers beyond 32 bits


def with_a_large_value(X):
    rows = X.head(5).copy()
    rows.iloc[3, 1] = -1e39
    return rows


ACTS = ("explain", "transform", "score", "shapley")


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
@pytest.mark.parametrize(
    ("act", "method"),
    # Pairs are known from exact explanations only.
    [*product(ACTS, ["exact", "sampling"]), ("interactions", "exact")],
)
def test_large_value_that_the_model_refuses_is_named(act, neighborhood, method, X):
    forest = RandomForestRegressor(5, random_state=0).fit(X, X["age"])
    explainer = LimeTabularExplainer(forest, method=method, neighborhood=neighborhood, **FEW)
    explainer.fit(X)
    with pytest.raises(ValueError, match=r"-1e\+39 in column pay, first in row 3"):
        getattr(explainer, act)(with_a_large_value(X))


def test_large_training_value_that_the_model_refuses_is_named(X):
    forest = RandomForestRegressor(5, random_state=0).fit(X, X["age"])
    for neighborhood in ("anchored", "shared"):
        explainer = LimeTabularExplainer(forest, neighborhood=neighborhood, **FEW)
        with pytest.raises(ValueError, match=r"in column pay, first in row 3"):
            explainer.fit(pd.concat([with_a_large_value(X), X]))


@pytest.mark.parametrize("method", ["exact", "sampling"])
def test_large_value_that_the_model_takes_is_explained(method, X):
    explainer = LimeTabularExplainer(fitted_to(X), method=method, **FEW).fit(X)
    rows = with_a_large_value(X)
    explained = explainer.explain(rows).values[:, :, 0]
    assert_allclose(explainer.transform(rows), explained)


def test_model_with_another_fault_at_a_large_value_shows_its_own_error(X):
    def picky(X):
        if (X["pay"] < -5.0).any():
            raise ValueError("no debts")
        return X["pay"].to_numpy()

    explainer = LimeTabularExplainer(picky, **FEW).fit(X)
    with pytest.raises(ValueError, match=r"^no debts"):
        explainer.explain(with_a_large_value(X))
