"""Readings of LightGBM against its raw scores."""

import numpy as np
import pandas as pd
import pytest
from booster_tables import check, hard_rows, table, target
from near_ties import assert_reads

from sklime._readings._readers import read_model
from sklime._readings._reading import UnreadableError, as_floats

lightgbm = pytest.importorskip("lightgbm")

# Warnings of LightGBM about options that do nothing would be errors.
OPTIONS = {
    "n_estimators": 20,
    "verbose": -1,
    "n_jobs": 1,
    "min_child_samples": 5,
    "cat_smooth": 1.0,
    "min_data_per_group": 5,
}
RF = {"boosting_type": "rf", "subsample": 0.6, "subsample_freq": 1}


@pytest.fixture(scope="module")
def frame():
    return table()


@pytest.fixture(scope="module")
def y(frame):
    return target(frame)


def fitted(frame, y, kind="LGBMRegressor", fit=None, **options):
    model = getattr(lightgbm, kind)(**{**OPTIONS, **options})
    return model.fit(frame, y, **(fit or {}))


@pytest.mark.parametrize("method", ["predict", "decision_function"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"boosting_type": "dart", "drop_rate": 0.5},
        RF,
        {"boosting_type": "goss"},
        {"zero_as_missing": True},
        {"use_missing": False},
        {"objective": "quantile", "alpha": 0.7},
        {"objective": "huber"},
        {"objective": "mape"},
        {"objective": lambda truth, score: (score - truth, np.ones_like(truth))},
        {"max_cat_to_onehot": 50},
        {"extra_trees": True, "num_leaves": 127, "min_child_samples": 1},
        {"monotone_constraints": [1, 0, 0, 0, 0, 0]},
    ],
    ids=lambda options: " ".join(f"{k}={v}" for k, v in options.items()).split(" at ")[0],
)
def test_regressors(frame, y, method, options):
    reading = check(fitted(frame, y, **options), frame, method)
    assert reading.trees.levels is not None
    assert not reading.is_single


def test_a_target_far_from_zero(frame, y):
    check(fitted(frame, y + 1e6), frame, "predict")


@pytest.mark.parametrize("missing", [0.0, 0.1])
def test_missing_values_that_training_did_not_have(missing):
    X = table(missing=missing)
    check(fitted(X, target(X)), X, missing=0.1)


@pytest.mark.parametrize(
    ("n_classes", "options"),
    [
        (2, {}),
        (2, RF),
        (2, {"boosting_type": "dart"}),
        (4, {}),
        (4, RF),
        (4, {"objective": "multiclassova"}),
    ],
)
def test_classifiers(frame, y, n_classes, options):
    labels = np.digitize(y, np.quantile(y, np.arange(1, n_classes) / n_classes))
    model = fitted(frame, labels, "LGBMClassifier", **options)
    reading = check(model, frame)
    assert reading.n_outputs == (1 if n_classes == 2 else 4)


@pytest.mark.parametrize("objective", ["poisson", "gamma", "tweedie", "cross_entropy"])
def test_objectives_with_a_link(frame, y, objective):
    scaled = (y - y.min() + 0.1) / (y.max() - y.min() + 0.2)
    model = fitted(frame, scaled, objective=objective)
    check(model, frame)
    with pytest.raises(UnreadableError, match=rf"objective '{objective}.*decision_function"):
        read_model(model, "predict")


def test_a_square_root_is_a_link(frame, y):
    model = fitted(frame, y - y.min(), reg_sqrt=True)
    check(model, frame)
    with pytest.raises(UnreadableError, match="regression sqrt"):
        read_model(model, "predict")


def test_rankers(frame, y):
    ranks = np.digitize(y, np.quantile(y, [0.3, 0.7]))
    model = fitted(frame, ranks, "LGBMRanker", fit={"group": [500, 500, 500]})
    check(model, frame, "predict")


@pytest.mark.parametrize("boosting", ["gbdt", "rf"])
def test_early_stopping(frame, y, boosting):
    noise = np.random.default_rng(0).normal(size=300) * 3
    stop = lightgbm.early_stopping(3, verbose=False)
    fit = {"eval_X": frame[:300], "eval_y": y[:300] + noise, "callbacks": [stop]}
    options = {"n_estimators": 200, "learning_rate": 0.5} | (RF if boosting == "rf" else {})
    model = fitted(frame, y, fit=fit, **options)
    assert model.best_iteration_ < 200
    assert len(check(model, frame, "predict").trees.roots) == model.best_iteration_


@pytest.mark.parametrize("boosting", ["gbdt", "rf"])
def test_native_boosters_stop_early_with_trees_behind_the_best(frame, y, boosting):
    noise = np.random.default_rng(0).normal(size=300) * 3
    options = {"verbose": -1, "num_threads": 1, "learning_rate": 0.5, "boosting": boosting}
    options |= {"bagging_fraction": 0.6, "bagging_freq": 1} if boosting == "rf" else {}
    training = lightgbm.Dataset(frame, y)
    model = lightgbm.train(
        options,
        training,
        200,
        valid_sets=[training.create_valid(frame[:300], y[:300] + noise)],
        callbacks=[lightgbm.early_stopping(3, verbose=False)],
        keep_training_booster=True,
    )
    assert model.best_iteration < model.num_trees()
    for method in ("predict", "decision_function"):
        assert len(check(model, frame, method).trees.roots) == model.best_iteration


@pytest.mark.parametrize("objective", ["regression", "binary", "multiclass"])
def test_native_boosters(frame, y, objective):
    options = {"objective": objective, "verbose": -1, "num_threads": 1}
    labels = np.digitize(y, np.quantile(y, [0.3, 0.7]))
    given = {"regression": y, "binary": labels > 0, "multiclass": labels}[objective]
    if objective == "multiclass":
        options["num_class"] = 3
    model = lightgbm.train(options, lightgbm.Dataset(frame, given), 20)
    check(model, frame)
    again = lightgbm.Booster(model_str=model.model_to_string())
    check(again, frame)
    if objective == "regression":
        check(model, frame, "predict")
    else:
        with pytest.raises(UnreadableError, match=r"Booster\.predict is a curved function"):
            read_model(model, "predict")


def test_codes_in_an_array_of_numbers():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=1000), rng.integers(300, size=1000)])
    y = X[:, 0] + rng.normal(size=300)[X[:, 1].astype(int)]
    model = fitted(X, y, fit={"categorical_feature": [1]})
    reading = read_model(model, "predict")
    assert reading.copies.tolist() == [0, -1]
    rows = np.column_stack([rng.normal(size=10_000), rng.integers(-10, 400, size=10_000)])
    is_odd = rng.random(len(rows)) < 0.3
    # Fractions are cut off, also between -1 and 0.
    odd = [np.nan, 0.5, 1.9, -0.5, -1.0, 1e6, 123.99]
    rows[is_odd, 1] = rng.choice(odd, is_odd.sum())
    assert_reads(reading, model.predict(rows), rows)


def test_plain_numbers_are_not_copied():
    X = table(categorical=False)
    reading = check(fitted(X, target(X)), X, "predict")
    assert reading.derive is as_floats
    assert reading.copies.tolist() == [0, 1, 2, 3]
    zero = check(fitted(X, target(X), zero_as_missing=True), X, "predict")
    assert (zero.copies == -1).any()


def test_arrays_and_sparse_rows_are_read():
    sparse = pytest.importorskip("scipy.sparse")
    X = table(categorical=False, missing=0.0)
    model = fitted(X.to_numpy(), target(X), zero_as_missing=True)
    reading = read_model(model, "predict")
    rows = hard_rows(reading, X, n_rows=500).to_numpy()
    for given in (rows, sparse.csr_matrix(rows), sparse.csr_array(rows)):
        assert_reads(reading, model.predict(rows), given)


def test_a_target_without_pattern_has_trees_without_splits():
    X = table(categorical=False)
    model = fitted(X, np.full(len(X), 3.0))
    np.testing.assert_allclose(read_model(model, "predict").answer(X)[:, 0], model.predict(X))


@pytest.mark.parametrize("method", ["predict_proba", "predict"])
def test_classes_and_probabilities_are_refused(frame, y, method):
    model = fitted(frame, y > 0, "LGBMClassifier", n_estimators=2)
    with pytest.raises(UnreadableError, match="response_method='decision_function' is"):
        read_model(model, method)


def test_linear_trees_are_refused():
    X = table(categorical=False, missing=0.0)
    model = fitted(X, target(X), linear_tree=True)
    with pytest.raises(UnreadableError, match="linear_tree=False"):
        read_model(model, "predict")


def test_predictions_that_stop_early_are_refused(frame, y):
    model = fitted(frame, y > 0, "LGBMClassifier", pred_early_stop=True)
    with pytest.raises(UnreadableError, match="pred_early_stop=False"):
        read_model(model, "decision_function")


def test_trees_of_two_readings_of_zero_are_refused():
    X = table(categorical=False, missing=0.0)
    first = fitted(X, target(X))
    second = fitted(X, target(X), zero_as_missing=True, fit={"init_model": first})
    with pytest.raises(UnreadableError, match="with and without zero_as_missing"):
        read_model(second, "predict")


def test_subclasses_are_read(frame, y):
    class Own(lightgbm.LGBMRegressor):
        pass

    check(Own(**OPTIONS).fit(frame, y), frame, "predict")


def test_levels_of_other_types_are_read():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"flag": pd.Categorical(rng.random(500) > 0.5), "x": rng.normal(size=500)})
    model = fitted(X, X["x"] * X["flag"].astype(bool), max_cat_to_onehot=1)
    assert_reads(read_model(model, "predict"), model.predict(X), X)
