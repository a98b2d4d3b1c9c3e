"""The interpretable encoding: bins, standard scores, levels, missing values."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from tables import FEW, MANY, explained_table, is_nurse, mixed_score, row_sums, three_bins

from sklime import LimeTabularExplainer


@pytest.fixture
def jobs():
    """One column of three jobs, each in a third of the rows."""
    return pd.DataFrame({"job": ["cook", "nurse", "pilot"] * 20})


# Levels


def test_encodings_of_categories_and_missing_values_are_one(neighborhood, mixed):
    batch = explained_table(mixed_score, mixed, mixed[:20], neighborhood=neighborhood)
    assert_array_equal(batch.encodings, 1.0)


def test_weight_of_the_category_that_decides_is_the_whole_effect(neighborhood, jobs):
    # The response is the encoding itself, so that least squares find it without error.
    jobs = jobs.assign(age=np.arange(60.0))
    batch = explained_table(
        is_nurse, jobs, jobs[1:2], neighborhood=neighborhood, surrogate=LinearRegression()
    )
    assert_allclose(batch.values[0, :, 0], [1.0, 0.0], atol=1e-9)
    assert_allclose(batch.intercepts, 0.0, atol=1e-9)


def test_weight_of_a_missing_number_that_decides_is_the_whole_effect(neighborhood):
    X = pd.DataFrame({"age": [1.0, np.nan, 3.0, 4.0] * 15, "income": np.arange(60.0)})
    batch = explained_table(
        lambda X: X["age"].isna().to_numpy(float),
        X,
        X[1:2],
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
    )
    assert_allclose(batch.values[0, :, 0], [1.0, 0.0], atol=1e-9)


def test_one_category_gets_no_weight(neighborhood, background):
    X = pd.DataFrame({"job": ["cook"] * 60, "age": np.arange(60.0)})
    batch = explained_table(
        lambda X: X["age"].to_numpy(), X, neighborhood=neighborhood, background=background
    )
    assert_array_equal(batch.values[:, 0], 0.0)
    assert np.isfinite(batch.values).all()


# Missing values


def test_model_with_missing_values_of_its_own_is_explained(neighborhood, background, mixed):
    X = mixed[["age", "income", "children"]]
    y = (X["age"].isna() | (X["income"] > 4000)).to_numpy(int)
    model = DecisionTreeClassifier(max_depth=4).fit(X, y)
    batch = explained_table(model, X, neighborhood=neighborhood, background=background)
    assert batch[0].conditions[0] == "age is missing"
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:3])[:, 1])
    assert batch.values[0, 0, 0] > 0.0


def test_array_with_missing_values_is_explained(neighborhood, background, mixed):
    X = mixed[["age", "income"]].to_numpy()
    batch = explained_table(
        lambda X: np.isnan(X[:, 0]) * 1.0,
        X,
        neighborhood=neighborhood,
        background=background,
        surrogate=LinearRegression(),
    )
    assert batch[0].conditions[0] == "x0 is missing"
    assert_allclose(batch.values[0, :, 0], [1.0, 0.0], atol=1e-9)


def test_missing_value_of_a_row_may_be_the_first_of_its_column(neighborhood, mixed):
    X = mixed[["income", "age"]].dropna()
    model = DecisionTreeClassifier(max_depth=4).fit(X, (X["income"] > 3000).to_numpy(int))
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **MANY).fit(X)
    row = X[:1].assign(age=np.nan)
    with warnings.catch_warnings():
        if neighborhood != "anchored":
            # Too few perturbed rows share what no training row has.
            warnings.simplefilter("ignore", UserWarning)
        batch = explainer.explain(row)
    assert batch[0].conditions[1] == "age is missing"
    assert np.isfinite(batch.values).all()


def test_missing_number_counts_as_the_mean_without_bins(neighborhood, mixed):
    X = mixed[["age", "income"]]
    batch = explained_table(
        lambda X: X["income"].to_numpy(),
        X,
        X[:10],
        neighborhood=neighborhood,
        discretizer=None,
    )
    mean, scale = X.mean(), X.std(ddof=0)
    assert_allclose(batch.encodings, ((X[:10] - mean) / scale).fillna(0.0), atol=1e-12)
    assert np.isfinite(batch.values).all()


def test_column_that_is_missing_throughout_gets_no_weight(neighborhood, background, mixed):
    X = mixed[["income"]].assign(empty=np.nan, nothing=pd.Series([None] * 120, dtype=object))
    batch = explained_table(
        lambda X: X["income"].to_numpy(), X, neighborhood=neighborhood, background=background
    )
    assert_array_equal(batch.values[:, 1:], 0.0)
    assert np.isfinite(batch.values).all()
    assert batch[0].conditions[1] == "empty is missing"


# Numbers


@pytest.mark.filterwarnings("ignore:Too few perturbed rows share")
@pytest.mark.parametrize("discretizer", ["quartile", "decile", "entropy", three_bins()])
def test_encoding_of_a_binned_row_is_all_ones(discretizer, neighborhood, regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(
        Ridge(),
        discretizer=discretizer,
        neighborhood=neighborhood,
        n_perturbations=256,
        random_state=0,
    )
    batch = explainer.fit(X, y).explain(X[:5])
    assert_array_equal(batch.encodings, 1.0)
    assert np.isfinite(batch.values).all()


def test_encoding_without_bins_is_the_standardized_row(neighborhood, regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(
        Ridge(), baseline="other", discretizer=None, neighborhood=neighborhood, **FEW
    )
    batch = explainer.fit(X, y).explain(X[:5])
    assert_allclose(batch.encodings, StandardScaler().fit(X).transform(X[:5]), atol=1e-12)


@pytest.fixture
def explainer(neighborhood, binary_data, binary_model):
    """An explainer fitted on five columns, in each neighborhood."""
    return LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW).fit(binary_data[0])


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


# Columns that are odd but legal


def test_constant_column_gets_no_weight(neighborhood, X):
    X = X.copy()
    X[:, 1] = 7.0
    explainer = LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW).fit(X)
    values = explainer.explain(X[:3]).values[..., 0]
    assert_array_equal(values[:, 1], 0.0)
    assert np.isfinite(values).all()


def test_constant_column_gets_no_weight_without_bins(neighborhood, X):
    X = X.copy()
    X[:, 1] = 7.0
    explainer = LimeTabularExplainer(
        row_sums, neighborhood=neighborhood, discretizer=None, **FEW
    ).fit(X)
    values = explainer.explain(X[:3]).values[..., 0]
    assert np.isfinite(values).all()
    if neighborhood != "around":
        assert_array_equal(values[:, 1], 0.0)


def test_constant_table_gets_no_weight(neighborhood):
    X = np.full((20, 3), 7.0)
    explainer = LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW).fit(X)
    assert_array_equal(explainer.transform(X[:2]), 0.0)


@pytest.mark.parametrize("scale", [1e-30, 1e-4, 1e12, 1e100])
def test_very_small_and_very_large_numbers_are_explained(scale, neighborhood, X):
    X = X * scale
    low, median, high = np.percentile(X[:, 0], [25, 50, 75])
    explainer = LimeTabularExplainer(
        lambda X: (X[:, 0] > median).astype(float),
        neighborhood=neighborhood,
        n_perturbations=256,
        random_state=0,
    )
    rows = X[(low < X[:, 0]) & (X[:, 0] < high)]
    weights = explainer.fit(X).transform(rows)
    assert np.isfinite(weights).all()
    assert_array_equal(np.abs(weights).argmax(axis=1), 0)


def test_row_far_outside_the_training_data_is_explained(explainer):
    batch = explainer.explain(np.full((1, 5), 1e6))
    assert np.isfinite(batch.values).all()


def test_mostly_zero_column_is_explained(neighborhood, X):
    X = X.copy()
    X[np.arange(120) % 10 != 0, 0] = 0.0
    explainer = LimeTabularExplainer(
        row_sums, neighborhood=neighborhood, n_perturbations=256, random_state=0
    ).fit(X)
    assert np.isfinite(explainer.transform(X[:11])).all()


def test_identical_columns_are_explained(neighborhood, X):
    X = X[:, [0, 0, 1]]
    explainer = LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW).fit(X)
    assert np.isfinite(explainer.transform(X[:3])).all()
