"""What `fit` learns for exact explanations: checked readings, owners of columns, no more."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sklime import LimeTabularExplainer
from sklime._readings._registry import REGISTERED
from sklime._tables._exact_learn import part_of_columns
from sklime.readings import Reading, as_floats, register

EXACT = {"method": "exact", "random_state": 0}


class Steps:
    """A model with a rare exception that a careless reader overlooks."""

    _estimator_type = "regressor"

    def __init__(self, threshold):
        self.threshold = threshold

    def predict(self, X):
        X = np.asarray(X, float)
        return 2.0 * X[:, 0] - X[:, 1] + 5.0 * (X[:, 2] > self.threshold)


class CarelessReader:
    def can_read(self, model):
        return isinstance(model, Steps)

    def read(self, model, method, read):
        return Reading(
            as_floats,
            3,
            np.zeros(1),
            coefficients=np.array([[2.0], [-1.0], [0.0]]),
            copies=np.arange(3),
        )


@pytest.fixture
def careless():
    reader = register(CarelessReader())
    yield
    REGISTERED.remove(reader)


@pytest.fixture(scope="module")
def X():
    return np.random.default_rng(0).normal(size=(300, 3))


def test_the_part_of_each_column():
    assert_array_equal(part_of_columns([[2, 0], [1], [3]]), [0, 1, 0, 2])


def test_a_reading_that_is_wrong_at_training_rows_is_refused(X, careless):
    with pytest.raises(ValueError, match="the reading of the model differs from the model in"):
        LimeTabularExplainer(Steps(0.0), **EXACT).fit(X)
    explainer = LimeTabularExplainer(Steps(0.0), random_state=0).fit(X)
    assert explainer.method_ == "sampling"
    assert "differs from the model" in explainer.method_reason_


def test_a_reading_that_is_wrong_at_perturbed_rows_only_is_refused(careless):
    # In training rows the third column is large only where the first is: no perturbed row knows.
    class Product(Steps):
        def predict(self, X):
            X = np.asarray(X, float)
            odd = (X[:, 0] < 0.0) & (X[:, 2] > 0.0)
            return 2.0 * X[:, 0] - X[:, 1] + 5.0 * odd

    rng = np.random.default_rng(1)
    first = rng.normal(size=300)
    X = np.column_stack([first, rng.normal(size=300), first + 1e-3])
    X[(X[:, 0] < 0.0) & (X[:, 2] > 0.0)] = 1.0
    with pytest.raises(ValueError, match="the reading of the model differs"):
        LimeTabularExplainer(Product(0.0), **EXACT).fit(X)


def test_the_base_value_is_found_by_asking(X, careless):
    class Shifted(Steps):
        def predict(self, X):
            return super().predict(X) + 1e6

    explainer = LimeTabularExplainer(Shifted(50.0), **EXACT).fit(X)
    batch = explainer.explain(X[:5])
    assert_allclose(batch.predictions[:, 0], Shifted(50.0).predict(X[:5]))


def columns_of(explainer):
    return explainer._exact.columns.tolist()


def test_only_explained_outputs_are_read():
    X, y = load_iris(return_X_y=True)
    forest = RandomForestClassifier(n_estimators=3, random_state=0).fit(X, y)
    for target, columns in (("all", [0, 1, 2]), (1, [-1, 0, -1]), ([2, 0], [0, -1, 1])):
        explainer = LimeTabularExplainer(forest, target=target, **EXACT).fit(X)
        assert columns_of(explainer) == columns
        assert explainer._exact.model.reading.n_outputs == len([c for c in columns if c >= 0])


@pytest.mark.parametrize("target", [0, 1, "all", (0, 1), (1, 0), "predicted"])
@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
def test_two_classes_from_one_score(target, method):
    X, y = load_iris(return_X_y=True)
    if method == "predict_proba":
        model = RandomForestClassifier(n_estimators=3, random_state=0).fit(X, y > 0)
    else:
        model = LogisticRegression().fit(X, y > 0)
    model.classes_ = np.array([0, 1])
    options = {"target": target, "response_method": method, "max_features": None}
    exact = LimeTabularExplainer(model, **options | EXACT).fit(X).explain(X[[0, 70]])
    sampled = LimeTabularExplainer(
        model, method="sampling", n_perturbations=2**13, random_state=0, **options
    )
    sampled = sampled.fit(X).explain(X[[0, 70]])
    assert exact.output_names == sampled.output_names
    assert_allclose(exact.predictions, sampled.predictions, rtol=1e-12)
    assert_allclose(exact.values, sampled.values, atol=0.05 * np.abs(exact.values).max())


def test_all_classes_add_up_to_nothing():
    X, y = load_iris(return_X_y=True)
    forest = RandomForestClassifier(n_estimators=3, random_state=0).fit(X, y)
    batch = LimeTabularExplainer(forest, max_features=None, **EXACT).fit(X).explain(X[:3])
    assert_allclose(batch.values.sum(axis=2), 0.0, atol=1e-14)


def test_pairs_are_differences():
    X, y = load_iris(return_X_y=True)
    forest = RandomForestClassifier(n_estimators=3, random_state=0).fit(X, y)
    options = {"max_features": None, **EXACT}
    one, other, both = (
        LimeTabularExplainer(forest, target=target, **options).fit(X).explain(X[:3]).values
        for target in (2, 1, (2, 1))
    )
    assert_allclose(both, one - other, atol=1e-14)


def test_columns_of_floats_get_intervals_and_others_points(X):
    y = X[:, 0] + X[:, 1] * X[:, 2]
    forest = RandomForestRegressor(n_estimators=2, max_depth=2, random_state=0)
    plain = LimeTabularExplainer(forest.fit(X, y), **EXACT).fit(X)
    pipeline = make_pipeline(StandardScaler(), clone(forest)).fit(X, y)
    scaled = LimeTabularExplainer(pipeline, **EXACT).fit(X)
    assert max(len(s.values) for s in plain._exact.model.supports) < 100
    assert min(len(s.values) for s in scaled._exact.model.supports) >= 4096
    # Scaling changes no split: 4,096 points stand for a continuous column.
    values = plain.explain(X[:5]).values
    assert_allclose(scaled.explain(X[:5]).values, values, atol=1e-3 * np.abs(values).max())


def test_single_precision_is_read_by_points(X):
    X32 = X.astype(np.float32)
    model = LinearRegression().fit(X32, X[:, 0])
    explainer = LimeTabularExplainer(model, **EXACT).fit(X32)
    assert explainer.method_ == "exact"
    assert min(len(s.values) for s in explainer._exact.model.supports) >= 4096


def test_derived_columns_belong_to_raw_columns():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"a": rng.normal(size=90), "city": rng.choice(["x", "y", "z"], 90)})
    encode = make_column_transformer((OneHotEncoder(), ["city"]), remainder="passthrough")
    model = make_pipeline(encode, LinearRegression()).fit(frame, frame["a"])
    explainer = LimeTabularExplainer(model, **EXACT).fit(frame)
    assert explainer._exact.model.owners.tolist() == [1, 1, 1, 0]


def test_groups_own_the_columns_of_all_their_members(X):
    forest = RandomForestRegressor(n_estimators=2, random_state=0).fit(X, X[:, 0] * X[:, 2])
    explainer = LimeTabularExplainer(forest, groups={"both": [0, 2]}, **EXACT).fit(X)
    assert explainer._exact.model.owners.tolist() == [0, 1, 0]


def test_copies_that_are_other_columns_are_refused(X):
    class SwappingReader(CarelessReader):
        def read(self, model, method, read):
            reading = super().read(model, method, read)
            return replace(reading, copies=np.array([1, 0, 2]))

    reader = register(SwappingReader())
    try:
        with pytest.raises(ValueError, match="derived column 0 of the reading is no copy of col"):
            LimeTabularExplainer(Steps(np.inf), **EXACT).fit(X)
    finally:
        REGISTERED.remove(reader)


@pytest.mark.parametrize("n_missing", [1, 300])
def test_missing_values_filled_from_other_rows_are_sampled_however_rare(n_missing):
    # At a rate of one in 3,000 no value of equal mass is missing.
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(3000, 2)), columns=["a", "b"])
    table.loc[rng.choice(3000, n_missing, replace=False), "a"] = np.nan
    fill = FunctionTransformer(lambda rows: rows.ffill().bfill())
    model = make_pipeline(fill, DecisionTreeRegressor(max_depth=3, random_state=0))
    model.fit(table, table["b"])
    explainer = LimeTabularExplainer(model, random_state=0).fit(table)
    assert explainer.method_ == "sampling"
    assert "FunctionTransformer depends on the other rows" in explainer.method_reason_
    with pytest.raises(ValueError, match="FunctionTransformer depends on the other rows"):
        LimeTabularExplainer(model, **EXACT).fit(table)
