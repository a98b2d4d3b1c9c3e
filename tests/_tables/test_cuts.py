"""Cuts of the columns of a table, as `discretizer` asks for them."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.preprocessing import KBinsDiscretizer
from tables import FEW, MANY

from sklime import LimeTabularExplainer
from sklime._responses._rowwise import N_OTHERS


@pytest.fixture
def X():
    """Two columns of 5000 numbers."""
    return np.column_stack([np.arange(5000.0), np.arange(5000.0)[::-1] ** 2])


def step(X):
    return 1.0 * (X[:, 0] > 1234)


def test_model_is_asked_at_4096_training_rows_for_its_cuts(X, recording):
    function = recording(step)
    LimeTabularExplainer(function, discretizer="model", **FEW).fit(X)
    # One row tells the outputs, and is asked again among others.
    assert function.n_rows == 4096 + 1 + N_OTHERS + 1


def test_cuts_of_the_model_are_where_its_response_changes(X):
    explanation = (
        LimeTabularExplainer(step, discretizer="model", **FEW).fit(X).explain(X[2000:2001])[0]
    )
    assert explanation.as_list()[0][0].startswith("x0 >")


def test_entropy_without_a_target_is_an_error(X):
    with pytest.raises(ValueError, match="requires y"):
        LimeTabularExplainer(step, discretizer="entropy", **FEW).fit(X)


def test_model_without_answers_has_no_cuts(X):
    def mute(X):
        return np.full(len(X), np.nan)

    with pytest.raises(ValueError, match="NaN or infinity"):
        LimeTabularExplainer(mute, discretizer="model", **FEW).fit(X)


@pytest.mark.parametrize(
    ("discretizer", "condition"),
    [
        ("quartile", "x <= 2"),
        (KBinsDiscretizer(n_bins=4, strategy="uniform", encode="ordinal"), "2 <= x < 4"),
    ],
)
def test_value_equal_to_a_cut_is_below_it_unless_a_transformer_cuts(discretizer, condition):
    X = pd.DataFrame({"x": [0.0, 2.0, 4.5, 6.2, 8.0] * 4})
    explainer = LimeTabularExplainer(lambda X: X["x"], discretizer=discretizer, **FEW).fit(X)
    assert explainer.explain(X[1:2])[0].as_list()[0][0] == condition


def is_cook(X):
    return (X["job"] == "cook").to_numpy(float)


def test_columns_of_levels_are_not_cut():
    X = pd.DataFrame({"job": ["cook", "nurse"] * 20})
    explainer = LimeTabularExplainer(is_cook, discretizer="model", **MANY)
    conditions = [explanation.as_list()[0][0] for explanation in explainer.fit(X).explain(X[:2])]
    assert_array_equal(conditions, ["job = cook", "job = nurse"])
