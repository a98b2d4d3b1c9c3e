"""Fingerprints: models that are edited in place after they were read."""

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    BaggingRegressor,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeRegressor

from sklime._readings._fingerprint import Fingerprint

rng = np.random.default_rng(0)
X = rng.normal(size=(200, 3))
y = X[:, 0] * X[:, 1]
FOREST = RandomForestRegressor(5, max_depth=3, random_state=0)


def first_leaf(tree):
    tree.tree_.value[-1] += 1.0


def one_member(model):
    first_leaf(model.estimators_[2])


def stage(model):
    first_leaf(model.estimators_[3, 0])


def another_stage(model):
    model.estimators_[0, 0] = model.estimators_[1, 0]


def another_tree(model):
    model.estimators_[0].tree_ = model.estimators_[1].tree_


def predictors(model):
    model._predictors[1][0].nodes["value"][0] += 1.0


def fewer_predictors(model):
    model._predictors.pop()


def scaler(model):
    model[0].mean_[1] += 1.0


def scaler_in_columns(model):
    model[0].named_transformers_["standardscaler"].scale_[0] *= 2.0


def slope(model):
    model.coef_[0] += 1e-9


def member_of_a_vote(model):
    one_member(model.estimators_[1])


def bagged(model):
    first_leaf(model.estimators_[0])


def method_of_its_own(model):
    model.predict = lambda X: np.zeros(len(X))


def method_of_a_step(model):
    model[0].transform = lambda X: np.asarray(X)


COLUMNS = make_column_transformer((StandardScaler(), [0, 1]), (OneHotEncoder(), []))
CASES = [
    (DecisionTreeRegressor(max_depth=2, random_state=0), first_leaf),
    (FOREST, one_member),
    (FOREST, lambda model: model.estimators_.reverse()),
    (FOREST, lambda model: model.estimators_.pop()),
    (FOREST, lambda model: model.estimators_.append(model.estimators_[0])),
    (FOREST, another_tree),
    (GradientBoostingRegressor(n_estimators=5, random_state=0), stage),
    (GradientBoostingRegressor(n_estimators=5, random_state=0), another_stage),
    (HistGradientBoostingRegressor(max_iter=5), predictors),
    (HistGradientBoostingRegressor(max_iter=5), fewer_predictors),
    (LinearRegression(), slope),
    (make_pipeline(StandardScaler(), FOREST), scaler),
    (make_pipeline(COLUMNS, FOREST), scaler_in_columns),
    (make_pipeline(StandardScaler(), FOREST), lambda model: one_member(model[-1])),
    (VotingRegressor([("line", LinearRegression()), ("forest", FOREST)]), member_of_a_vote),
    (FOREST, method_of_its_own),
    (make_pipeline(StandardScaler(), FOREST), method_of_its_own),
    (make_pipeline(StandardScaler(), FOREST), method_of_a_step),
    (BaggingRegressor(DecisionTreeRegressor(max_depth=2), 3, random_state=0), bagged),
]


@pytest.mark.parametrize(("model", "edit"), CASES)
def test_edits_in_place_are_noticed(model, edit):
    model = clone(model).fit(X, y)
    fingerprint = Fingerprint.of(model)
    model.predict(X)
    assert not fingerprint.differs(model)
    edit(model)
    assert fingerprint.differs(model)


def test_more_trees_after_a_warm_start_are_noticed():
    model = RandomForestRegressor(5, max_depth=3, random_state=0, warm_start=True).fit(X, y)
    fingerprint = Fingerprint.of(model.predict)
    model.set_params(n_estimators=6).fit(X, y)
    assert fingerprint.differs(model)


def test_of_many_trees_some_are_compared():
    model = RandomForestRegressor(600, max_depth=1, random_state=0).fit(X, y)
    fingerprint = Fingerprint.of(model)
    for index in range(600):
        model.estimators_[index].tree_.value[...] *= 2.0
    assert fingerprint.differs(model)
    assert len(fingerprint.marks.digests) < 300


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda both: pickle.loads(pickle.dumps(both))])
def test_a_copy_belongs_to_the_copied_model(copied):
    model = clone(FOREST).fit(X, y)
    fingerprint, own = copied((Fingerprint.of(model), model))
    assert not fingerprint.differs(own)
    one_member(own)
    assert fingerprint.differs(own)


class Recorder:
    """A model that writes down its calls."""

    def __init__(self):
        self.calls, self.n_rows, self.weights = [], 0, np.ones(3)

    def predict(self, table):
        self.calls.append(table)
        self.n_rows += len(table)
        return table @ self.weights


def test_logs_of_a_model_are_no_change_and_its_arrays_are():
    model = Recorder()
    fingerprint = Fingerprint.of(model.predict)
    model.predict(X)
    assert not fingerprint.differs(model)
    model.weights[0] = 2.0
    assert fingerprint.differs(model)


def test_lightgbm():
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm.LGBMRegressor(n_estimators=5, verbose=-1).fit(X, y)
    fingerprint = Fingerprint.of(model)
    model.predict(X)
    assert not fingerprint.differs(model)
    model.booster_.set_leaf_output(0, 0, 50.0)
    assert fingerprint.differs(model)
    booster = lightgbm.train({"verbose": -1}, lightgbm.Dataset(X, y), 5, keep_training_booster=True)
    fingerprint = Fingerprint.of(booster)
    booster.update()
    assert fingerprint.differs(booster)


def test_xgboost():
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBRegressor(n_estimators=5).fit(X, y)
    fingerprint = Fingerprint.of(model)
    model.predict(X)
    assert not fingerprint.differs(model)
    model.get_booster().update(xgboost.DMatrix(X, y), 5)
    assert fingerprint.differs(model)


def test_catboost():
    catboost = pytest.importorskip("catboost")
    model = catboost.CatBoostRegressor(n_estimators=5, verbose=0, allow_writing_files=False)
    model.fit(X, y)
    fingerprint = Fingerprint.of(model)
    model.predict(X)
    assert not fingerprint.differs(model)
    model.set_leaf_values(2.0 * model.get_leaf_values())
    assert fingerprint.differs(model)
