"""Readings of several members: the truth is what the whole model answers."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor, RegressorChain
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeClassifier

from sklime._readings._readers import read_model
from sklime._readings._reading import UnreadableError

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 3))
y = X @ [1.0, -2.0, 0.5] + 3.0 + rng.normal(size=120)
Y = np.column_stack([y, y**2, X[:, 0]])
binary, three = y > 3.0, np.digitize(y, [1.0, 4.0])
rows = np.vstack([X, 1e6 * X[:5]])

PAIR = [("ridge", Ridge()), ("scaled", make_pipeline(StandardScaler(), Lasso(0.1)))]


def assert_read(model, method="predict"):
    reading = read_model(model, method)
    expected = np.asarray(getattr(model, method)(rows), dtype=float).reshape(len(rows), -1)
    atol = 1e-12 * np.abs(expected).max()
    np.testing.assert_allclose(reading.answer(rows), expected, rtol=0, atol=atol)
    return reading


@pytest.mark.parametrize("weights", [None, [1.0, 3.0]])
def test_a_mean_of_regressors(weights):
    assert assert_read(VotingRegressor(PAIR, weights=weights).fit(X, y + 1e6)).n_derived == 6


def test_dropped_members_and_their_weights_do_not_count():
    members = [("gone", "drop"), *PAIR]
    assert_read(VotingRegressor(members, weights=[5.0, 1.0, 3.0]).fit(X, y))


def test_members_of_the_same_columns_share_them():
    model = VotingRegressor([("ridge", Ridge()), ("lasso", Lasso())]).fit(X, y)
    assert assert_read(model).copies.tolist() == [0, 1, 2]


def test_a_mean_of_probabilities():
    members = [("prior", DummyClassifier()), ("one", DummyClassifier(strategy="most_frequent"))]
    model = VotingClassifier(members, voting="soft", weights=[1, 2]).fit(X, three)
    assert assert_read(model, "predict_proba").n_outputs == 3
    with pytest.raises(UnreadableError, match="predict counts votes; with voting='soft'"):
        read_model(model, "predict")


def test_a_mean_of_forests_and_constants():
    forest = RandomForestClassifier(10, random_state=0)
    scaled = make_pipeline(StandardScaler(), DecisionTreeClassifier(max_depth=3))
    members = [("forest", forest), ("scaled", scaled), ("prior", DummyClassifier())]
    model = VotingClassifier(members, voting="soft", weights=[3, 2, 1]).fit(X, three)
    assert assert_read(model, "predict_proba").n_derived == 6


def test_a_mean_of_a_forest_and_a_line():
    members = [("forest", RandomForestRegressor(10, random_state=0)), ("ridge", Ridge())]
    model = VotingRegressor(members, weights=[3, 1]).fit(X, y + 1e6)
    assert assert_read(model).copies.tolist() == [0, 1, 2]


def test_a_member_that_cannot_be_read_is_named():
    members = [("forest", RandomForestClassifier(5)), ("logistic", LogisticRegression())]
    model = VotingClassifier(members, voting="soft").fit(X, binary)
    with pytest.raises(UnreadableError, match="its LogisticRegression predict_proba cannot"):
        read_model(model, "predict_proba")
    neighbors = VotingRegressor([("a", Ridge()), ("b", KNeighborsRegressor())]).fit(X, y)
    with pytest.raises(UnreadableError, match="of its KNeighborsRegressor predict cannot be read"):
        read_model(neighbors, "predict")


@pytest.mark.parametrize("passthrough", [False, True])
def test_a_linear_stack(passthrough):
    model = StackingRegressor(PAIR, LinearRegression(), passthrough=passthrough, cv=3)
    assert_read(model.fit(X, y + 1e6))


@pytest.mark.parametrize("final", [SVR(kernel="linear"), make_pipeline(StandardScaler(), Ridge())])
def test_the_final_estimator_of_a_stack_is_linear_in_the_members(final):
    model = StackingRegressor(PAIR, final, cv=3).fit(X, y)
    if isinstance(final, SVR):
        assert_read(model)
        return
    with pytest.raises(UnreadableError, match="final estimator is linear, and it is Pipeline"):
        read_model(model, "predict")


def test_one_regressor_for_each_target():
    assert assert_read(MultiOutputRegressor(Ridge()).fit(X, Y)).n_outputs == 3


@pytest.mark.parametrize("target", [binary, three, Y > 1.0], ids=["two", "three", "labels"])
def test_one_classifier_for_each_class(target):
    assert_read(OneVsRestClassifier(SGDClassifier()).fit(X, target), "decision_function")


@pytest.mark.parametrize("target", [binary, Y > 1.0], ids=["two", "labels"])
def test_probabilities_of_one_classifier_for_each_class(target):
    assert_read(OneVsRestClassifier(DummyClassifier()).fit(X, target), "predict_proba")


def test_probabilities_that_are_divided_by_their_sum_are_refused():
    model = OneVsRestClassifier(DummyClassifier()).fit(X, three)
    with pytest.raises(UnreadableError, match="divides by the sum over the classes"):
        read_model(model, "predict_proba")
    with pytest.raises(UnreadableError, match="predict returns labels"):
        read_model(model, "predict")


@pytest.mark.parametrize("target", [y, Y], ids=["one", "several"])
@pytest.mark.parametrize("strategy", ["mean", "median"])
def test_a_constant_regressor(strategy, target):
    reading = assert_read(DummyRegressor(strategy=strategy).fit(X, target))
    assert reading.n_derived == 0
    texts = np.array([["a"], ["b"]], dtype=object)
    assert reading.answer(texts).shape == (2, reading.n_outputs)


@pytest.mark.parametrize(
    "parameters",
    [
        {"strategy": "prior"},
        {"strategy": "most_frequent"},
        {"strategy": "uniform"},
        {"strategy": "constant", "constant": 1},
    ],
    ids=str,
)
def test_constant_probabilities(parameters):
    assert_read(DummyClassifier(**parameters).fit(X, three), "predict_proba")


def test_random_answers_are_refused():
    model = DummyClassifier(strategy="stratified").fit(X, three)
    with pytest.raises(UnreadableError, match="labels or random numbers"):
        read_model(model, "predict_proba")
    with pytest.raises(UnreadableError, match="labels or random numbers"):
        read_model(DummyClassifier().fit(X, three), "predict")


def test_a_constant_member_has_no_columns():
    model = VotingRegressor([("ridge", Ridge()), ("mean", DummyRegressor())]).fit(X, y)
    assert assert_read(model).n_derived == 3


@pytest.mark.parametrize(
    ("model", "target", "method", "reason"),
    [
        (CalibratedClassifierCV(LogisticRegression()), binary, "predict_proba", "along a curve"),
        (OneVsOneClassifier(SGDClassifier()), three, "decision_function", "counts votes of pairs"),
        (
            StackingClassifier([("a", LogisticRegression())]),
            binary,
            "predict_proba",
            "feeds the answers",
        ),
        (RegressorChain(Ridge()), Y, "predict", "feeds the answers"),
    ],
)
def test_what_is_no_sum_is_refused_by_name(model, target, method, reason):
    with pytest.raises(UnreadableError, match=f"{type(model).__name__} .*{reason}"):
        read_model(model.fit(X, target), method)


@pytest.mark.parametrize("target", [binary, Y > 1.0], ids=["two", "labels"])
def test_probabilities_of_one_forest_for_each_class(target):
    forest = RandomForestClassifier(5, random_state=0)
    assert_read(OneVsRestClassifier(forest).fit(X, target), "predict_proba")


def test_a_stack_of_forests_with_a_line():
    forest = RandomForestRegressor(10, random_state=0)
    members = [("forest", forest), ("scaled", make_pipeline(StandardScaler(), Ridge()))]
    for passthrough in (False, True):
        model = StackingRegressor(members, LinearRegression(), passthrough=passthrough, cv=3)
        assert_read(model.fit(X, y))
    model = StackingRegressor(members, forest, cv=3).fit(X, y)
    with pytest.raises(UnreadableError, match="and it is RandomForestRegressor"):
        read_model(model, "predict")


def test_one_forest_for_each_target():
    assert_read(MultiOutputRegressor(RandomForestRegressor(5, random_state=0)).fit(X, Y))


def test_members_fill_missing_values_each_in_their_own_way():
    members = [
        ("forest", RandomForestRegressor(3, max_depth=3, random_state=0)),
        ("line", make_pipeline(SimpleImputer(), Ridge())),
    ]
    table = np.where(rng.random(X.shape) < 0.2, np.nan, X)
    model = VotingRegressor(members).fit(table, y)
    found = read_model(model, "predict").answer(table)
    np.testing.assert_allclose(found[:, 0], model.predict(table), rtol=0, atol=1e-12)
