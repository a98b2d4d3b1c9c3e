"""Readings of XGBoost against its margins, which it adds in single precision."""

import json

import numpy as np
import pandas as pd
import pytest
from booster_tables import check, hard_rows, table, target
from near_ties import assert_reads, largest_error

from sklime._readings._readers import read_model
from sklime._readings._reading import UnreadableError, as_floats
from sklime._responses._raw_scores import asked

xgboost = pytest.importorskip("xgboost")

OPTIONS = {"n_estimators": 20, "n_jobs": 1, "enable_categorical": True, "max_cat_to_onehot": 3}
SINGLE = {"tolerance": 1e-5}


@pytest.fixture(scope="module")
def frame():
    return table()


@pytest.fixture(scope="module")
def y(frame):
    return target(frame)


def fitted(frame, y, kind="XGBRegressor", fit=None, **options):
    model = getattr(xgboost, kind)(**{**OPTIONS, **options})
    return model.fit(frame, y, **(fit or {}))


@pytest.mark.parametrize("method", ["predict", "decision_function"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"booster": "dart", "rate_drop": 0.5},
        {"num_parallel_tree": 3, "subsample": 0.5},
        {"tree_method": "approx"},
        {"gamma": 3.0},
        {"grow_policy": "lossguide", "max_leaves": 40, "max_depth": 0},
        {"max_cat_to_onehot": 50},
        {"objective": "reg:quantileerror", "quantile_alpha": [0.1, 0.5, 0.9]},
        {"objective": "reg:absoluteerror"},
        {"objective": "reg:pseudohubererror"},
        {"objective": lambda truth, score: (score - truth, np.ones_like(truth))},
        {"base_score": 3.0},
    ],
    ids=lambda options: " ".join(f"{k}={v}" for k, v in options.items()).split(" at ")[0],
)
def test_regressors(frame, y, method, options):
    reading = check(fitted(frame, y, **options), frame, method, **SINGLE)
    assert reading.trees.levels is not None
    assert reading.is_single


def test_a_target_far_from_zero(frame, y):
    # The margins are whole sixteenths then: the model itself is off by its own rounding.
    model = fitted(frame, y + 1e6)
    reading = read_model(model, "predict")
    rows = hard_rows(reading, frame)
    assert largest_error(reading, model.predict(rows), rows) < 1e-5


@pytest.mark.parametrize("kind", ["XGBRFRegressor", "XGBRFClassifier"])
def test_random_forests(frame, y, kind):
    given = y > 0 if kind.endswith("Classifier") else y
    check(fitted(frame, given, kind), frame, **SINGLE)


@pytest.mark.parametrize("tree_method", ["exact", "hist"])
@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_missing_values_that_training_did_not_have(missing, tree_method):
    X = table(missing=missing, categorical=False)
    options = {"tree_method": tree_method, "gamma": 0.5, "enable_categorical": False}
    model = fitted(X, target(X), **options)
    check(model, X, missing=0.1, **SINGLE)


@pytest.mark.parametrize("missing", [0.0, -1.0, 1e-36])
def test_other_numbers_that_stand_for_missing_values(missing):
    X = table(categorical=False)
    reading = check(fitted(X, target(X), missing=missing), X, "predict", **SINGLE)
    assert reading.copies is None


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("options", [{}, {"booster": "dart"}, {"objective": "multi:softmax"}])
def test_classifiers(frame, y, n_classes, options):
    options = options if n_classes > 2 or "booster" in options else {}
    labels = np.digitize(y, np.quantile(y, np.arange(1, n_classes) / n_classes))
    model = fitted(frame, labels, "XGBClassifier", **options)
    reading = check(model, frame, **SINGLE)
    assert reading.n_outputs == (1 if n_classes == 2 else 4)


@pytest.mark.parametrize("base_score", [None, 0.3])
@pytest.mark.parametrize(
    "objective",
    ["count:poisson", "reg:gamma", "reg:tweedie", "reg:logistic", "survival:cox"],
)
def test_objectives_with_a_link(frame, y, objective, base_score):
    scaled = (y - y.min() + 0.1) / (y.max() - y.min() + 0.2)
    model = fitted(frame, scaled, objective=objective, base_score=base_score)
    check(model, frame, **SINGLE)
    with pytest.raises(UnreadableError, match=rf"objective '{objective}.*decision_function"):
        read_model(model, "predict")


def test_survival_times(frame, y):
    matrix = xgboost.DMatrix(frame, enable_categorical=True)
    matrix.set_float_info("label_lower_bound", np.exp(y / 5))
    matrix.set_float_info("label_upper_bound", np.exp(y / 5) + 1.0)
    model = xgboost.train({"objective": "survival:aft", "nthread": 1}, matrix, 10)
    check(model, frame, **SINGLE)


def test_rankers(frame, y):
    ranks = np.digitize(y, np.quantile(y, [0.3, 0.7]))
    model = fitted(frame, ranks, "XGBRanker", fit={"group": [500, 500, 500]})
    check(model, frame, "predict", **SINGLE)


@pytest.mark.parametrize("n_outputs", [1, 2])
@pytest.mark.parametrize("options", [{}, {"num_parallel_tree": 2}, {"booster": "dart"}])
def test_early_stopping(frame, y, options, n_outputs):
    if n_outputs == 2:
        y = np.column_stack([y, -y])
    noise = np.random.default_rng(0).normal(size=y[:300].shape) * 3
    model = fitted(
        frame,
        y,
        n_estimators=100,
        learning_rate=1.0,
        early_stopping_rounds=3,
        fit={"eval_set": [(frame[:300], y[:300] + noise)], "verbose": False},
        **options,
    )
    n_used = (model.best_iteration + 1) * n_outputs * options.get("num_parallel_tree", 1)
    whole = model.get_booster()
    assert len(check(model, frame, "predict", **SINGLE).trees.roots) == n_used
    # A native booster answers with all its trees.
    assert len(check(whole, frame, "predict", **SINGLE).trees.roots) > n_used


@pytest.mark.parametrize("objective", ["reg:squarederror", "binary:logistic", "binary:logitraw"])
def test_native_boosters(frame, y, objective):
    given = y if objective == "reg:squarederror" else y > 0
    matrix = xgboost.DMatrix(frame, given, enable_categorical=True)
    model = xgboost.train({"objective": objective, "nthread": 1}, matrix, 10)
    check(model, frame, **SINGLE)
    again = xgboost.Booster()
    again.load_model(model.save_raw("ubj"))
    check(again, frame, **SINGLE)
    if objective == "binary:logistic":
        with pytest.raises(UnreadableError, match=r"Booster\.predict is a curved function"):
            read_model(model, "predict")
    else:
        check(model, frame, "predict", **SINGLE)


def test_levels_that_are_unknown_in_the_midst_of_known_ones():
    # XGBoost 3.1 and 3.2 take one for the next level; behind the last they raise an error.
    names = ["h9", "b", "dd", "h10", "f"]
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"c": pd.Categorical(rng.choice(names, 2000), categories=names)})
    y = X["c"].map({name: float(i) for i, name in enumerate(names)}).astype(float)
    model = fitted(X, y, max_cat_to_onehot=1)
    asked_for = ["a", "c", "ddd", "e", "g", "h1", "h11", "\u00e9", *names]
    rows = pd.DataFrame({"c": pd.Categorical(asked_for)})
    assert_reads(read_model(model, "predict"), model.predict(rows), rows, tolerance=1e-5)


def test_codes_in_an_array_of_numbers():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=1000), rng.integers(60, size=1000)])
    y = X[:, 0] + rng.normal(size=60)[X[:, 1].astype(int)]
    model = fitted(X, y, feature_types=["q", "c"])
    reading = read_model(model, "predict")
    assert reading.copies.tolist() == [0, -1]
    rows = np.column_stack([rng.normal(size=10_000), rng.integers(-10, 90, size=10_000)])
    is_odd = rng.random(len(rows)) < 0.3
    rows[is_odd, 1] = rng.choice([np.nan, 0.5, 1.9, -0.5, -1.0, 1e6, 59.99], is_odd.sum())
    assert_reads(reading, model.predict(rows), rows, tolerance=1e-5)


def test_plain_numbers_are_not_copied():
    X = table(categorical=False)
    reading = check(fitted(X, target(X)), X, "predict", **SINGLE)
    assert reading.derive is as_floats
    assert reading.copies.tolist() == [0, 1, 2, 3]


def test_models_of_older_versions_are_read():
    # One number is the base of all outputs, and no bounds of iterations or levels are stored.
    X = table(categorical=False)
    labels = np.digitize(target(X), [0.0, 1.0])
    model = fitted(X, labels, "XGBClassifier", base_score=0.5, num_parallel_tree=2)

    class Old:
        def predict(self, X):
            raise NotImplementedError

        def get_booster(self):
            return self

        def save_raw(self, kind):
            learner = json.loads(model.get_booster().save_raw(kind))
            own = learner["learner"]
            own["learner_model_param"]["base_score"] = "5E-1"
            own["attributes"]["best_iteration"] = "7"
            parts = own["gradient_booster"]["model"]
            del parts["iteration_indptr"], parts["cats"]
            return json.dumps(learner)

    Old.__module__ = "xgboost.sklearn"
    expected = model.predict(X, output_margin=True, iteration_range=(0, 8))
    reading = read_model(Old(), "decision_function")
    assert_reads(reading, expected, X, tolerance=1e-5)


@pytest.mark.parametrize("method", ["predict_proba", "predict"])
def test_classes_and_probabilities_are_refused(frame, y, method):
    model = fitted(frame, y > 0, "XGBClassifier", n_estimators=2)
    with pytest.raises(UnreadableError, match="response_method='decision_function' is"):
        read_model(model, method)


@pytest.mark.parametrize(
    ("options", "way_out"),
    [
        ({"booster": "gblinear"}, "booster='gbtree'"),
        ({"multi_strategy": "multi_output_tree"}, "multi_strategy='one_output_per_tree'"),
    ],
)
def test_models_that_are_no_trees_of_one_output_are_refused(options, way_out):
    X = table(categorical=False, missing=0.0)
    options = {"n_estimators": 2, "n_jobs": 1, **options}
    model = xgboost.XGBRegressor(**options).fit(X, np.column_stack([target(X), X["a"]]))
    with pytest.raises(UnreadableError, match=way_out):
        read_model(model, "predict")


def test_a_code_that_stands_for_missing_values_is_refused(frame, y):
    with pytest.raises(UnreadableError, match=r"missing=0.0 takes.*missing=np.nan"):
        read_model(fitted(frame, y, missing=0.0, n_estimators=2), "predict")


def test_sparse_rows_are_read():
    # XGBoost takes what a sparse row does not store for missing.
    sparse = pytest.importorskip("scipy.sparse")
    X = table(categorical=False, missing=0.0)
    model = fitted(X.to_numpy(), target(X), missing=0.0)
    reading = read_model(model, "predict")
    rows = sparse.csr_matrix(hard_rows(reading, X, n_rows=500).to_numpy())
    assert_reads(reading, asked(model, "predict")(rows), rows, tolerance=1e-5)
