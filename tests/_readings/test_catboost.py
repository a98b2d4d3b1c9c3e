"""Readings of CatBoost against its raw scores."""

import numpy as np
import pandas as pd
import pytest
from booster_tables import check, hard_rows, table, target
from near_ties import assert_reads

from sklime._readings._readers import read_model
from sklime._readings._reading import UnreadableError, as_floats
from sklime._responses._raw_scores import asked

catboost = pytest.importorskip("catboost")

OPTIONS = {"iterations": 20, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
LEVELS = {"cat_features": ["letter", "whole"], "one_hot_max_size": 100}
SHAPES = ["SymmetricTree", "Depthwise", "Lossguide"]


def levels_without_gaps(frame):
    """CatBoost takes no missing levels."""
    letter = frame["letter"].cat.add_categories("none").fillna("none")
    return frame.assign(letter=letter)


@pytest.fixture(scope="module")
def frame():
    return levels_without_gaps(table())


@pytest.fixture(scope="module")
def y(frame):
    return target(frame)


def fitted(frame, y, kind="CatBoostRegressor", fit=None, **options):
    own = LEVELS if "letter" in frame else {}
    model = getattr(catboost, kind)(**{**OPTIONS, **own, **options})
    return model.fit(frame, y, **(fit or {}))


@pytest.mark.parametrize("method", ["predict", "decision_function"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"nan_mode": "Max"},
        {"loss_function": "MAE"},
        {"loss_function": "Quantile:alpha=0.9"},
        {"loss_function": "Huber:delta=1.0"},
        {"boost_from_average": False},
    ],
    ids=lambda options: " ".join(f"{k}={v}" for k, v in options.items()),
)
def test_regressors(frame, y, method, shape, options):
    reading = check(fitted(frame, y, grow_policy=shape, **options), frame, method)
    assert reading.trees.levels is not None
    assert not reading.is_single
    assert reading.copies.tolist() == [0, 1, 2, 3, -1, -1]


@pytest.mark.parametrize("method", ["predict", "decision_function"])
def test_several_outputs(frame, y, method):
    several = fitted(frame, y, loss_function="MultiQuantile:alpha=0.1,0.5,0.9")
    assert check(several, frame, method).n_outputs == 3
    both = fitted(frame, np.column_stack([y, -y]), loss_function="MultiRMSE")
    assert check(both, frame, method).n_outputs == 2


@pytest.mark.parametrize("shape", SHAPES)
def test_a_target_far_from_zero(frame, y, shape):
    check(fitted(frame, y + 1e6, grow_policy=shape), frame, "predict")


@pytest.mark.parametrize("nan_mode", ["Min", "Max"])
def test_missing_values_that_training_did_not_have(nan_mode):
    X = table(missing=0.0, categorical=False)
    check(fitted(X, target(X), nan_mode=nan_mode), X, missing=0.1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n_classes", [2, 4])
def test_classifiers(frame, y, n_classes, shape):
    labels = np.digitize(y, np.quantile(y, np.arange(1, n_classes) / n_classes))
    model = fitted(frame, labels, "CatBoostClassifier", grow_policy=shape)
    assert check(model, frame).n_outputs == (1 if n_classes == 2 else 4)


@pytest.mark.parametrize("loss", ["MultiClassOneVsAll", "CrossEntropy"])
def test_other_losses_of_classifiers(frame, y, loss):
    labels = np.digitize(y, [0.0, 2.0]) if loss != "CrossEntropy" else y > 0
    check(fitted(frame, labels, "CatBoostClassifier", loss_function=loss), frame)


@pytest.mark.parametrize("loss", ["Poisson", "Tweedie:variance_power=1.5", "RMSEWithUncertainty"])
def test_losses_with_a_link(frame, y, loss):
    model = fitted(frame, np.abs(y), loss_function=loss)
    check(model, frame)
    name = loss.partition(":")[0]
    with pytest.raises(UnreadableError, match=rf"objective '{name}'.*decision_function"):
        read_model(model, "predict")


def test_rankers_and_the_plain_class(frame, y):
    groups = np.repeat(np.arange(50), 30)
    fit = {"group_id": groups}
    ranker = fitted(frame, y, "CatBoostRanker", fit=fit, loss_function="YetiRank")
    check(ranker, frame, "predict")
    plain = catboost.CatBoost({**OPTIONS, **LEVELS, "loss_function": "Logloss"})
    check(plain.fit(frame, y > 0), frame)


def test_early_stopping(frame, y):
    noise = np.random.default_rng(0).normal(size=300) * 3
    fit = {"eval_set": (frame[:300], y[:300] + noise), "early_stopping_rounds": 3}
    model = fitted(frame, y, fit=fit, iterations=200, learning_rate=0.8)
    assert model.tree_count_ < 200
    assert len(check(model, frame, "predict").trees.roots) == model.tree_count_


def test_a_changed_scale(frame, y):
    model = fitted(frame, y)
    model.set_scale_and_bias(2.5, -3.0)
    check(model, frame, "predict")


@pytest.mark.parametrize("kind", ["texts", "frame of texts", "whole numbers"])
def test_levels_in_every_container(kind):
    rng = np.random.default_rng(0)
    n_rows = 2000
    letters = rng.choice(["u", "red", "x" * 20, "y" * 40, "z" * 150, "\u00e9"], n_rows)
    whole = rng.integers(-3, 4, n_rows)
    X = pd.DataFrame({"s": letters, "i": whole, "b": rng.random(n_rows) > 0.5})
    y = rng.normal(size=200)[X.groupby(list(X.columns)).ngroup()]
    if kind == "texts":
        X = X.astype({"b": int}).to_numpy(dtype=object)
    elif kind == "whole numbers":
        X = X.drop(columns="s")
    columns = list(range(X.shape[1]))
    model = fitted(X, y, cat_features=columns, one_hot_max_size=50, iterations=60)
    reading = read_model(model, "predict")
    assert set(reading.trees.feature) == {-1, *columns}
    assert_reads(reading, model.predict(X), X)


def test_plain_numbers_are_not_copied():
    X = table(categorical=False)
    reading = check(fitted(X, target(X)), X, "predict")
    assert reading.derive is as_floats
    assert reading.copies.tolist() == [0, 1, 2, 3]


def test_arrays_and_sparse_rows_are_read():
    sparse = pytest.importorskip("scipy.sparse")
    X = table(categorical=False, missing=0.0)
    model = fitted(X.to_numpy(), target(X))
    reading = read_model(model, "predict")
    rows = hard_rows(reading, X, n_rows=500).to_numpy()
    for given in (rows, sparse.csr_matrix(rows)):
        assert_reads(reading, asked(model, "predict")(given), given)


def test_columns_of_levels_that_no_split_is_about_are_not_looked_at(y):
    X = table(categorical=False).assign(same="s")
    model = catboost.CatBoostRegressor(cat_features=["same"], **OPTIONS).fit(X, y)
    reading = read_model(model, "predict")
    assert_reads(reading, model.predict(X), X)
    assert reading.copies.tolist() == [0, 1, 2, 3, -1]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_target_without_pattern(shape):
    X = table(categorical=False)
    y = np.r_[np.full(len(X) - 1, 3.0), 3.1]
    model = fitted(X, y, grow_policy=shape, iterations=2, ignored_features=[0, 1, 2])
    np.testing.assert_allclose(read_model(model, "predict").answer(X)[:, 0], model.predict(X))


def test_splits_by_computed_statistics_are_refused(frame, y):
    model = fitted(frame, y, one_hot_max_size=2)
    with pytest.raises(UnreadableError, match=r"statistics .*OnlineCtr.*one_hot_max_size"):
        read_model(model, "predict")


@pytest.mark.parametrize("method", ["predict_proba", "predict"])
def test_classes_and_probabilities_are_refused(frame, y, method):
    model = fitted(frame, y > 0, "CatBoostClassifier", iterations=2)
    with pytest.raises(UnreadableError, match="response_method='decision_function' is"):
        read_model(model, method)
