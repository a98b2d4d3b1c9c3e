"""Reader of gradient boosting, against the models themselves."""

import pickle

import numpy as np
import pandas as pd
import pytest
from near_ties import assert_reads, check_model, near_ties, numbers, targets
from scipy import sparse
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression

from sklime._readings._readers import read_model
from sklime._readings._reading import UnreadableError

FAMILIES = [GradientBoostingRegressor, GradientBoostingClassifier]


@pytest.fixture
def rng(global_random_seed):
    return np.random.default_rng(global_random_seed)


def check(model, X, **options):
    method = "decision_function" if hasattr(model, "decision_function") else "predict"
    return check_model(model, method, X, **options)


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("init", [None, "zero"])
def test_scores_are_read(init, n_classes, rng):
    X = numbers(rng)
    y = np.minimum(targets(X, rng, GradientBoostingClassifier), n_classes - 1)
    model = GradientBoostingClassifier(n_estimators=20, init=init, random_state=0).fit(X, y)
    reading = check(model, X)
    assert reading.n_outputs == (1 if n_classes == 2 else 3)
    assert reading.copies.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("init", [None, "zero", DummyRegressor(strategy="constant", constant=7.0)])
@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
def test_predictions_are_read(loss, init, rng):
    X = numbers(rng)
    y = targets(X, rng, GradientBoostingRegressor)
    model = GradientBoostingRegressor(n_estimators=20, loss=loss, init=init, random_state=0)
    check(model.fit(X, y), X)


@pytest.mark.parametrize("strategy", ["prior", "most_frequent", "uniform"])
@pytest.mark.parametrize("loss", ["log_loss", "exponential"])
def test_constant_first_probabilities_are_read(loss, strategy, rng):
    X = numbers(rng)
    y = targets(X, rng, GradientBoostingClassifier) > 0
    init = DummyClassifier(strategy=strategy)
    model = GradientBoostingClassifier(n_estimators=5, loss=loss, init=init, random_state=0)
    check(model.fit(X, y), X)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("family", FAMILIES)
def test_parameters_do_not_matter(family, seed):
    rng = np.random.default_rng(seed)
    X = numbers(rng)
    model = family(
        n_estimators=int(rng.integers(1, 30)),
        learning_rate=float(rng.choice([0.01, 0.1, 1.0])),
        max_depth=rng.choice([None, 1, 3]),
        min_samples_leaf=int(rng.choice([1, 20])),
        subsample=float(rng.choice([0.5, 1.0])),
        n_iter_no_change=rng.choice([None, 2]),
        random_state=seed,
    )
    model.fit(X, targets(X, rng, family), sample_weight=rng.exponential(size=len(X)))
    check(model, X, n_rows=2_000, seed=seed)


def test_a_shifted_target_is_read(rng):
    X = numbers(rng)
    y = targets(X, rng, GradientBoostingRegressor) + 1e6
    check(GradientBoostingRegressor(random_state=0).fit(X, y), X)


def test_a_constant_target_is_read(rng):
    X = numbers(rng)
    check(GradientBoostingRegressor(random_state=0).fit(X, np.full(len(X), 3.0)), X)


@pytest.mark.parametrize("family", FAMILIES)
def test_more_stages_after_a_warm_start_are_read(family, rng):
    X = numbers(rng)
    y = targets(X, rng, family)
    model = family(n_estimators=3, warm_start=True, random_state=0).fit(X, y)
    check(model.set_params(n_estimators=9).fit(X, y), X)


@pytest.mark.parametrize("family", FAMILIES)
def test_another_learning_rate_after_fit_is_read(family, rng):
    # scikit-learn multiplies by the parameter when it predicts.
    X = numbers(rng)
    model = family(n_estimators=5, random_state=0).fit(X, targets(X, rng, family))
    check(model.set_params(learning_rate=0.5), X)


@pytest.mark.parametrize("family", FAMILIES)
def test_frames_and_sparse_rows_are_read(family, rng):
    X = numbers(rng)
    frame = pd.DataFrame(X, columns=list("abcd"))
    y = targets(X, rng, family)
    check(family(n_estimators=5, random_state=0).fit(frame, y), frame)
    model = family(n_estimators=5, random_state=0).fit(sparse.csr_matrix(X), y)
    method = "predict" if family is GradientBoostingRegressor else "decision_function"
    reading = read_model(model, method)
    rows = sparse.csr_matrix(near_ties(reading, X, n_rows=1_000))
    assert_reads(reading, getattr(model, method)(rows), rows)


def test_readings_are_pickled(rng):
    X = numbers(rng)
    reading = read_model(GradientBoostingRegressor(n_estimators=3).fit(X, X[:, 0]), "predict")
    again = pickle.loads(pickle.dumps(reading))
    np.testing.assert_array_equal(again.answer(X), reading.answer(X))


@pytest.mark.parametrize(
    ("model", "method", "reason"),
    [
        (
            GradientBoostingClassifier(),
            "predict_proba",
            "probabilities of GradientBoostingClassifier are no sum of trees; "
            "response_method='decision_function' is",
        ),
        (
            GradientBoostingClassifier(),
            "predict",
            "labels of GradientBoostingClassifier are no sum of trees; "
            "response_method='decision_function' is",
        ),
        (
            GradientBoostingRegressor(init=LinearRegression()),
            "predict",
            "GradientBoostingRegressor starts from LinearRegression, whose answers may differ "
            "between rows; init=None and init='zero' can be read",
        ),
        (
            GradientBoostingClassifier(init=LogisticRegression()),
            "decision_function",
            "GradientBoostingClassifier starts from LogisticRegression, whose answers may differ "
            "between rows; init=None and init='zero' can be read",
        ),
        (
            GradientBoostingClassifier(init=DummyClassifier(strategy="stratified")),
            "decision_function",
            "GradientBoostingClassifier starts from DummyClassifier, whose answers may differ "
            "between rows; init=None and init='zero' can be read",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(model, method, reason, rng):
    X = rng.normal(size=(60, 2))
    model.set_params(n_estimators=2).fit(X, np.arange(60) % 2)
    with pytest.raises(UnreadableError) as caught:
        read_model(model, method)
    assert str(caught.value) == reason


def test_a_version_that_hides_the_first_prediction_is_refused(rng, monkeypatch):
    X = rng.normal(size=(60, 2))
    model = GradientBoostingRegressor(n_estimators=2).fit(X, X[:, 0])
    owner = next(kind for kind in type(model).__mro__ if "_raw_predict_init" in vars(kind))
    monkeypatch.delattr(owner, "_raw_predict_init")
    with pytest.raises(UnreadableError, match="hides its first prediction"):
        read_model(model, "predict")
