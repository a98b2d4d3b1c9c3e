"""Reader of histogram gradient boosting, against the models themselves."""

import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from near_ties import assert_reads, check_model, near_ties, numbers, targets, with_unseen
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from sklime._readings._readers import read_model
from sklime._readings._reading import UnreadableError, as_floats

FAMILIES = [HistGradientBoostingRegressor, HistGradientBoostingClassifier]


@pytest.fixture
def rng(global_random_seed):
    return np.random.default_rng(global_random_seed)


def method_of(model):
    return "decision_function" if hasattr(model, "decision_function") else "predict"


def check(model, X, **options):
    return check_model(model, method_of(model), X, **options)


def frame_of(X, rng):
    """Numbers between columns of levels: texts, truth values, and more levels than a word."""
    town = rng.choice(["ash", "elm", "fir", "oak"], size=len(X)).astype(object)
    town[rng.random(len(X)) < 0.1] = None
    return pd.DataFrame(
        {
            "a": X[:, 0],
            "town": pd.Categorical(town),
            "b": X[:, 1],
            "c": X[:, 2],
            "shop": pd.Categorical(rng.integers(70, size=len(X)).astype(str)),
            "d": X[:, 3],
        }
    )


def frame_targets(frame, rng, family):
    """Targets that levels matter to as well."""
    X = frame[list("abcd")].to_numpy()
    score = targets(X, rng, HistGradientBoostingRegressor)
    score = score + frame["town"].cat.codes + (frame["shop"].cat.codes % 7) / 2
    if family is HistGradientBoostingClassifier:
        return np.digitize(score, np.quantile(score, [0.3, 0.6]))
    return score


def rows_of(reading, frame, seed=0):
    """Rows at thresholds, with missing values and with levels that training had not."""
    rows = near_ties(reading, frame, missing=0.1, seed=seed)
    rows = with_unseen(rows, "town", "yew", seed=seed)
    return with_unseen(rows, "shop", "lost", seed=seed + 1)


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_are_read(n_classes, missing, rng):
    X = numbers(rng, missing=missing)
    y = np.minimum(targets(X, rng, HistGradientBoostingClassifier), n_classes - 1)
    model = HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(X, y)
    reading = check(model, X, missing=0.1)
    assert reading.n_outputs == (1 if n_classes == 2 else 3)
    assert reading.copies.tolist() == [0, 1, 2, 3]
    assert reading.derive is as_floats


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "quantile"])
def test_predictions_are_read(loss, missing, rng):
    X = numbers(rng, missing=missing)
    y = targets(X, rng, HistGradientBoostingRegressor)
    options = {"quantile": 0.7} if loss == "quantile" else {}
    model = HistGradientBoostingRegressor(max_iter=20, loss=loss, random_state=0, **options)
    check(model.fit(X, y), X, missing=0.1)


@pytest.mark.parametrize("family", FAMILIES)
def test_levels_are_read(family, rng):
    frame = frame_of(numbers(rng, n_rows=600, missing=0.1), rng)
    model = family(max_iter=20, min_samples_leaf=5, random_state=0)
    model.fit(frame, frame_targets(frame, rng, family))
    reading = read_model(model, method_of(model))
    assert reading.copies.tolist() == [-1, -1, 0, 2, 3, 5]
    assert (reading.trees.levels.set_of_node >= 0).any()
    rows = rows_of(reading, frame)
    assert_reads(reading, getattr(model, method_of(model))(rows), rows)
    is_copy = reading.copies >= 0
    own = rows.iloc[:, reading.copies[is_copy]].to_numpy()
    np.testing.assert_array_equal(reading.derive(rows)[:, is_copy], own)


def test_codes_that_the_model_does_not_know_count_as_missing(rng):
    frame = frame_of(numbers(rng, n_rows=600), rng)
    model = HistGradientBoostingRegressor(max_iter=20, min_samples_leaf=5, random_state=0)
    model.fit(frame, frame_targets(frame, rng, HistGradientBoostingRegressor))
    reading = read_model(model, "predict")
    missing = reading.derive(frame)
    missing[:, :2] = np.nan
    unknown = missing.copy()
    # The first column has four levels; the sets of both columns hold seventy.
    unknown[:, 0] = rng.choice([4.0, 69.0, 70.0, 1e6], size=len(unknown))
    unknown[:, 1] = rng.choice([70.0, 255.0, 0.5], size=len(unknown))
    np.testing.assert_array_equal(reading.answer_at(unknown), reading.answer_at(missing))


def test_levels_of_an_array_are_read(rng):
    # Codes of levels that are no whole numbers from 0 on; steps beside them are unseen levels.
    X = numbers(rng, n_rows=600, missing=0.1)
    X[:, 1] = rng.choice([-3.5, 0.0, 7.0, 1e9], size=len(X))
    y = targets(X, rng, HistGradientBoostingRegressor) + 3 * (X[:, 1] == 7.0)
    model = HistGradientBoostingRegressor(
        max_iter=20, categorical_features=[3, 1], random_state=0
    ).fit(X, y)
    reading = read_model(model, "predict")
    rows = near_ties(reading, X, missing=0.1)
    is_moved = rng.random(len(rows)) < 0.2
    rows[is_moved, 1] = rng.choice([np.nextafter(7.0, 8.0), 1.0, np.nan, 255.0], is_moved.sum())
    rows[~is_moved, 3] += rng.choice([0.0, 0.5, 300.0], size=(~is_moved).sum())
    assert_reads(reading, model.predict(rows), rows)


def test_levels_named_in_an_object_array_are_read(rng):
    X = numbers(rng).astype(object)
    X[:, 2] = rng.choice(["ash", "elm", "oak"], size=len(X))
    y = X[:, 0].astype(float) + (X[:, 2] == "elm")
    model = HistGradientBoostingRegressor(max_iter=10, categorical_features=[2], random_state=0)
    reading = read_model(model.fit(X, y), "predict")
    rows = X.copy()
    rows[::7, 2] = "yew"
    assert_reads(reading, model.predict(rows), rows)


@pytest.mark.parametrize("n_levels", [1, 2, 32, 33, 255])
def test_any_number_of_levels_is_read(n_levels, rng):
    # Sets of levels are stored in words of 32 bits.
    level = np.arange(4_000) % n_levels
    frame = pd.DataFrame({"a": rng.normal(size=4_000), "town": pd.Categorical(level.astype(str))})
    y = rng.normal(size=n_levels)[level] + frame["a"]
    model = HistGradientBoostingRegressor(max_iter=10, min_samples_leaf=5, random_state=0)
    reading = read_model(model.fit(frame, y), "predict")
    rows = with_unseen(near_ties(reading, frame, missing=0.1), "town", "yew")
    rows = with_unseen(rows, "town", None, seed=1)
    assert_reads(reading, model.predict(rows), rows)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("family", FAMILIES)
def test_parameters_do_not_matter(family, seed):
    rng = np.random.default_rng(seed)
    frame = frame_of(numbers(rng, missing=rng.choice([0.0, 0.3])), rng)
    y = frame_targets(frame, rng, family)
    model = family(
        max_iter=int(rng.integers(1, 40)),
        learning_rate=float(rng.choice([0.05, 0.3, 1.0])),
        max_leaf_nodes=rng.choice([None, 3, 31]),
        max_depth=rng.choice([None, 1, 4]),
        min_samples_leaf=int(rng.choice([1, 5, 20, 200])),
        max_features=float(rng.choice([0.5, 1.0])),
        max_bins=int(rng.choice([80, 255])),
        l2_regularization=float(rng.choice([0.0, 10.0])),
        early_stopping=bool(rng.integers(2)),
        n_iter_no_change=2,
        interaction_cst=rng.choice([None, "no_interactions"]),
        random_state=seed,
    ).fit(frame, y, sample_weight=rng.exponential(size=len(y)))
    reading = read_model(model, method_of(model))
    rows = rows_of(reading, frame, seed)
    assert_reads(reading, getattr(model, method_of(model))(rows), rows)


def test_infinite_values_are_read(rng):
    X = numbers(rng)
    model = HistGradientBoostingRegressor(max_iter=5).fit(X, X[:, 0])
    X[rng.random(X.shape) < 0.2] = np.inf
    X[rng.random(X.shape) < 0.2] = -np.inf
    assert_reads(read_model(model, "predict"), model.predict(X), X)


def test_splits_between_missing_and_other_values_are_read(rng):
    # The threshold of such a split is infinite.
    X = rng.normal(size=(300, 1))
    X[rng.random(300) < 0.4] = np.nan
    model = HistGradientBoostingRegressor(max_iter=3).fit(X, np.isnan(X[:, 0]).astype(float))
    check(model, X, missing=0.3)


def test_a_shifted_target_is_read(rng):
    X = numbers(rng)
    y = targets(X, rng, HistGradientBoostingRegressor) + 1e6
    check(HistGradientBoostingRegressor(random_state=0).fit(X, y), X, missing=0.1)


@pytest.mark.parametrize("family", FAMILIES)
def test_constant_targets_are_read(family, rng):
    X = numbers(rng)
    check(family(max_iter=3).fit(X, np.full(len(X), 3)), X)


@pytest.mark.parametrize("family", FAMILIES)
def test_more_iterations_after_a_warm_start_are_read(family, rng):
    X = numbers(rng)
    y = targets(X, rng, family)
    model = family(max_iter=3, warm_start=True, random_state=0).fit(X, y)
    check(model.set_params(max_iter=9).fit(X, y), X, missing=0.1)


def test_rows_answer_alone_and_readings_are_pickled(rng):
    frame = frame_of(numbers(rng), rng)
    model = HistGradientBoostingRegressor(max_iter=3)
    model.fit(frame, frame_targets(frame, rng, HistGradientBoostingRegressor))
    reading = read_model(model, "predict")
    rows = rows_of(reading, frame).iloc[:60]
    together = reading.derive(rows)
    again = pickle.loads(pickle.dumps(reading))
    np.testing.assert_array_equal(again.derive(rows), together)
    alone = np.vstack([reading.derive(rows.iloc[[row]]) for row in range(len(rows))])
    np.testing.assert_array_equal(alone, together)


def test_a_pickled_reading_does_not_hold_the_model(rng):
    frame = frame_of(numbers(rng), rng)
    model = HistGradientBoostingRegressor(max_iter=300)
    model.fit(frame, frame_targets(frame, rng, HistGradientBoostingRegressor))
    derive = read_model(model, "predict").derive
    assert len(pickle.dumps(derive)) < len(pickle.dumps(model)) / 10


@pytest.mark.parametrize("loss", ["poisson", "gamma"])
def test_exponential_predictions_are_refused(loss, rng):
    X = numbers(rng)
    model = HistGradientBoostingRegressor(loss=loss, max_iter=3).fit(X, np.exp(X[:, 0]))
    with pytest.raises(UnreadableError) as caught:
        read_model(model, "predict")
    assert str(caught.value) == (
        f"HistGradientBoostingRegressor with loss={loss!r} predicts the exponential of a sum of "
        "trees"
    )


@pytest.mark.parametrize(
    ("method", "answers"), [("predict_proba", "probabilities"), ("predict", "labels")]
)
def test_other_methods_are_refused(method, answers, rng):
    X = numbers(rng)
    model = HistGradientBoostingClassifier(max_iter=3).fit(X, X[:, 0] > 0)
    with pytest.raises(UnreadableError) as caught:
        read_model(model, method)
    assert str(caught.value) == (
        f"{answers} of HistGradientBoostingClassifier are no sum of trees; "
        "response_method='decision_function' is"
    )


@pytest.mark.parametrize(
    "name", ["_loss", "_preprocessor", "_predictors", "_bin_mapper", "_baseline_prediction"]
)
def test_another_version_is_refused(name, rng):
    X = numbers(rng)
    model = HistGradientBoostingRegressor(max_iter=3).fit(X, X[:, 0])
    delattr(model, name)
    with pytest.raises(UnreadableError, match=f"has no attribute '{name}'"):
        read_model(model, "predict")


def test_other_nodes_are_refused(rng):
    X = numbers(rng)
    model = HistGradientBoostingRegressor(max_iter=1).fit(X, X[:, 0])
    nodes = model._predictors[0][0].nodes
    model._predictors = [[SimpleNamespace(nodes=nodes[["value", "left", "right"]])]]
    with pytest.raises(UnreadableError, match="stores trees without 'bitset_idx'"):
        read_model(model, "predict")
