"""Readers of scikit-learn's trees, forests and bagged models, against the models themselves."""

import pickle

import numpy as np
import pandas as pd
import pytest
from near_ties import assert_reads, check_model, near_ties, numbers, targets
from scipy import sparse
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from sklime._readings._readers import read_model
from sklime._readings._reading import Reading, UnreadableError, as_floats
from sklime._readings._registry import REGISTERED, register

TREES = [DecisionTreeRegressor, ExtraTreeRegressor, DecisionTreeClassifier, ExtraTreeClassifier]
FORESTS = [
    RandomForestRegressor,
    ExtraTreesRegressor,
    RandomForestClassifier,
    ExtraTreesClassifier,
]


@pytest.fixture
def rng(global_random_seed):
    return np.random.default_rng(global_random_seed)


def small(family, **options):
    """A tree, or a forest of ten."""
    return family(random_state=0, **({"n_estimators": 10} if family in FORESTS else {}), **options)


def method_of(model):
    return "predict_proba" if hasattr(model, "predict_proba") else "predict"


def check(model, X, method=None, **options):
    return check_model(model, method or method_of(model), X, **options)


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("family", TREES)
def test_trees_are_read(family, missing, rng):
    X = numbers(rng, missing=missing)
    model = small(family).fit(X, targets(X, rng, family))
    check(model, X, missing=missing)


@pytest.mark.parametrize("missing", [0.0, 0.1])
@pytest.mark.parametrize("family", FORESTS)
def test_forests_are_read(family, missing, rng):
    X = numbers(rng, missing=missing)
    model = small(family).fit(X, targets(X, rng, family))
    check(model, X, missing=missing)


@pytest.mark.parametrize("family", [*TREES, *FORESTS])
def test_missing_values_that_training_had_not_are_read(family, rng):
    # scikit-learn sends them where most training rows went.
    X = numbers(rng)
    model = small(family).fit(X, targets(X, rng, family))
    check(model, X, missing=0.1)


def random_options(family, rng):
    """Some parameters of a tree or a forest."""
    options = {
        "max_depth": rng.choice([None, 1, 2, 6]),
        "min_samples_leaf": int(rng.choice([1, 1, 5, 40])),
        "max_features": rng.choice([None, 1, 0.5]),
        "max_leaf_nodes": rng.choice([None, None, 7]),
        "ccp_alpha": rng.choice([0.0, 0.0, 0.01]),
        "random_state": int(rng.integers(1000)),
    }
    if "Classifier" in family.__name__:
        options["criterion"] = rng.choice(["gini", "entropy"])
        options["class_weight"] = rng.choice([None, "balanced"])
    else:
        options["criterion"] = rng.choice(["squared_error", "poisson"])
    if family in FORESTS:
        options["n_estimators"] = int(rng.integers(1, 12))
        options["bootstrap"] = bool(rng.integers(2))
    return options


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("family", [*TREES, *FORESTS])
def test_parameters_do_not_matter(family, seed):
    rng = np.random.default_rng(seed)
    missing = rng.choice([0.0, 0.1, 0.4])
    X = numbers(rng, missing=missing)
    y = targets(X, rng, family)
    y = y - y.min()
    model = family(**random_options(family, rng))
    model.fit(X, y, sample_weight=rng.exponential(size=len(y)))
    check(model, X, missing=missing, n_rows=2_000, seed=seed)


@pytest.mark.parametrize("family", [DecisionTreeRegressor, RandomForestRegressor])
def test_a_shifted_target_is_read(family, rng):
    X = numbers(rng)
    model = small(family).fit(X, targets(X, rng, family) + 1e6)
    check(model, X)


@pytest.mark.parametrize("family", [*TREES, *FORESTS])
def test_constant_models_are_read(family, rng):
    # One leaf, and one class.
    X = numbers(rng)
    reading = check(small(family).fit(X, np.full(len(X), 3)), X, missing=0.1)
    assert reading.n_outputs == 1


@pytest.mark.parametrize("family", [DecisionTreeRegressor, ExtraTreesRegressor])
def test_regressors_of_several_outputs_are_read(family, rng):
    X = numbers(rng)
    Y = np.column_stack([targets(X, rng, family), X[:, 0]])
    reading = check(small(family).fit(X, Y), X)
    assert reading.n_outputs == 2


@pytest.mark.parametrize("family", [DecisionTreeClassifier, RandomForestClassifier])
def test_classes_of_several_outputs_stand_side_by_side(family, rng):
    X = numbers(rng)
    Y = np.column_stack([targets(X, rng, family), X[:, 0] > 0])
    model = small(family, max_depth=4).fit(X, Y)
    reading = read_model(model, "predict_proba")
    rows = near_ties(reading, X)
    assert_reads(reading, np.hstack(model.predict_proba(rows)), rows)
    assert reading.n_outputs == 5


@pytest.mark.parametrize("family", [RandomForestClassifier, ExtraTreesRegressor])
def test_more_trees_after_a_warm_start_are_read(family, rng):
    X = numbers(rng)
    y = targets(X, rng, family)
    model = family(n_estimators=3, warm_start=True, random_state=0).fit(X, y)
    check(model.set_params(n_estimators=8).fit(X, y), X)


def test_monotonic_trees_are_read(rng):
    X = numbers(rng)
    model = RandomForestRegressor(n_estimators=10, monotonic_cst=[1, 0, -1, 0], random_state=0)
    check(model.fit(X, targets(X, rng, RandomForestRegressor)), X)


@pytest.mark.parametrize("family", [DecisionTreeClassifier, RandomForestRegressor])
@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array])
def test_sparse_rows_are_read(family, kind, rng):
    X = numbers(rng)
    X[rng.random(X.shape) < 0.5] = 0.0
    model = small(family).fit(kind(X), targets(X, rng, family))
    reading = read_model(model, method_of(model))
    rows = kind(near_ties(reading, X, n_rows=2_000))
    assert_reads(reading, getattr(model, method_of(model))(rows), rows)


@pytest.mark.parametrize("family", [DecisionTreeRegressor, RandomForestClassifier])
def test_frames_are_read(family, rng):
    X = numbers(rng, missing=0.1)
    frame = pd.DataFrame(X, columns=list("abcd")).convert_dtypes()
    model = small(family).fit(frame, targets(X, rng, family))
    reading = check(model, frame, missing=0.1)
    assert reading.copies.tolist() == [0, 1, 2, 3]


def test_a_forest_shares_the_columns_of_the_table(rng):
    X = numbers(rng)
    model = RandomForestRegressor(n_estimators=3).fit(X, X[:, 0])
    reading = read_model(model, "predict")
    assert reading.derive is as_floats
    assert reading.copies.tolist() == [0, 1, 2, 3]
    assert reading.trees.n_nodes == sum(tree.tree_.node_count for tree in model.estimators_)


BAGS = {
    "trees": (BaggingRegressor, DecisionTreeRegressor()),
    "forests": (BaggingRegressor, RandomForestRegressor(n_estimators=3)),
    "histograms": (BaggingRegressor, HistGradientBoostingRegressor(max_iter=5)),
    "levels": (
        BaggingRegressor,
        HistGradientBoostingRegressor(max_iter=5, categorical_features=[1]),
    ),
    "classes": (BaggingClassifier, DecisionTreeClassifier()),
}


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("n_columns", [1.0, 0.75])
@pytest.mark.parametrize("name", list(BAGS))
def test_bagged_models_are_read(name, n_columns, again, rng):
    family, estimator = BAGS[name]
    X = numbers(rng)
    model = family(
        estimator,
        n_estimators=6,
        max_features=n_columns,
        max_samples=0.5,
        bootstrap_features=again,
        random_state=0,
    )
    y = targets(X, rng, family)
    if name == "levels":
        # The second column that an estimator gets must be one of levels.
        X = rng.integers(5, size=X.shape).astype(float)
    model.fit(X, y)
    reading = check(model, X, missing=0.1)
    assert name == "levels" or reading.copies.tolist() == [0, 1, 2, 3]


def test_columns_of_bagged_models_that_prepare_them_are_known(rng):
    X = rng.integers(5, size=(200, 4)).astype(float)
    estimator = HistGradientBoostingRegressor(max_iter=3, categorical_features=[0])
    model = BaggingRegressor(estimator, n_estimators=4, max_features=3, random_state=0)
    model.fit(X, X @ [1.0, 2.0, 3.0, 4.0])
    reading = read_model(model, "predict")
    table = near_ties(reading, X, n_rows=100)
    is_copy = reading.copies >= 0
    assert is_copy.sum() == 8
    np.testing.assert_array_equal(
        reading.derive(table)[:, is_copy], table[:, reading.copies[is_copy]]
    )


def test_estimators_that_lack_a_class_are_read(rng):
    # Without sample weights an estimator sees the rows that it is given, and their classes only.
    class Unweighted(DecisionTreeClassifier):
        def fit(self, X, y):
            return super().fit(X, y)

    X = numbers(rng)
    y = np.array(["rare", "often", "usual"])[np.minimum(rng.integers(40, size=len(X)), 2)]
    model = BaggingClassifier(Unweighted(), n_estimators=8, max_samples=0.05, random_state=0)
    model.fit(X, y)
    assert min(len(tree.classes_) for tree in model.estimators_) < 3
    check(model, X)


def test_slopes_of_bagged_models_are_read(rng):
    # A reader of linear models, as a user may write it.
    class Slopes:
        def can_read(self, model):
            return isinstance(model, LinearRegression)

        def read(self, model, method, read):
            coef = np.atleast_2d(model.coef_).T
            return Reading(as_floats, len(coef), np.atleast_1d(model.intercept_), None, coef)

    X = rng.normal(size=(100, 4))
    model = BaggingRegressor(
        LinearRegression(),
        n_estimators=5,
        max_features=3,
        bootstrap_features=True,
        random_state=0,
    ).fit(X, X @ [1.0, 2.0, 3.0, 4.0])
    slopes = register(Slopes())
    try:
        check(model, X)
    finally:
        REGISTERED.remove(slopes)


def test_bagged_models_of_frames_and_sparse_rows_are_read(rng):
    X = numbers(rng)
    frame = pd.DataFrame(X, columns=list("abcd"))
    y = targets(X, rng, BaggingRegressor)
    check(BaggingRegressor(max_features=0.5, random_state=0).fit(frame, y), frame)
    model = BaggingRegressor(max_features=0.5, random_state=0).fit(sparse.csr_matrix(X), y)
    reading = read_model(model, "predict")
    rows = sparse.csr_matrix(near_ties(reading, X, n_rows=1_000))
    assert_reads(reading, model.predict(rows), rows)


@pytest.mark.parametrize("name", ["trees", "levels"])
def test_readings_are_pickled_and_answer_rows_alone(name, rng):
    family, estimator = BAGS[name]
    X = rng.integers(5, size=(200, 4)).astype(float)
    model = family(estimator, n_estimators=3, max_features=3, random_state=0)
    reading = read_model(model.fit(X, X @ [1.0, 2.0, 3.0, 4.0]), "predict")
    rows = near_ties(reading, X, n_rows=50, missing=0.1)
    together = reading.derive(rows)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(reading)).derive(rows), together)
    alone = np.vstack([reading.derive(rows[[row]]) for row in range(len(rows))])
    np.testing.assert_array_equal(alone, together)


def refusal(model, method):
    with pytest.raises(UnreadableError) as caught:
        read_model(model, method)
    return f"method='exact' is not possible: {caught.value}."


LABELS = "labels of {} are no sum of trees; response_method='predict_proba' is"


@pytest.mark.parametrize(
    ("model", "method", "reason"),
    [
        (DecisionTreeClassifier(), "predict", LABELS.format("DecisionTreeClassifier")),
        (RandomForestClassifier(), "predict", LABELS.format("RandomForestClassifier")),
        (BaggingClassifier(), "predict", LABELS.format("BaggingClassifier")),
        (
            ExtraTreesClassifier(),
            "predict_log_proba",
            "logarithms of probabilities of ExtraTreesClassifier are no sum of trees; "
            "response_method='predict_proba' is",
        ),
        (
            RandomForestRegressor(),
            "apply",
            "apply of RandomForestRegressor is no sum of trees; response_method='predict' is",
        ),
        (
            IsolationForest(),
            "decision_function",
            "IsolationForest returns a power of the mean depth of its trees, which is no sum of "
            "trees",
        ),
        (
            AdaBoostClassifier(n_estimators=2),
            "predict_proba",
            "AdaBoostClassifier counts weighted votes of its estimators, which are no sum of trees",
        ),
        (
            AdaBoostRegressor(n_estimators=2),
            "predict",
            "AdaBoostRegressor returns a weighted median of its estimators, which is no sum of "
            "trees",
        ),
        (
            BaggingClassifier(LinearSVC()),
            "predict_proba",
            "BaggingClassifier counts votes, since LinearSVC has no method 'predict_proba'",
        ),
        (
            BaggingClassifier(DecisionTreeClassifier()),
            "decision_function",
            "DecisionTreeClassifier within BaggingClassifier has no method 'decision_function'",
        ),
        (
            BaggingClassifier(KNeighborsClassifier()),
            "predict_proba",
            "no reader knows KNeighborsClassifier",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(model, method, reason, rng):
    X = rng.normal(size=(60, 2))
    y = np.arange(60) % 3
    assert refusal(model.fit(X, y), method) == f"method='exact' is not possible: {reason}."


def test_methods_of_subclasses_are_refused(rng):
    class Doubled(RandomForestRegressor):
        def predict(self, X):
            return 2.0 * super().predict(X)

    class Named(RandomForestRegressor):
        pass

    X = rng.normal(size=(60, 2))
    assert "'predict' that is not scikit-learn's" in refusal(Doubled().fit(X, X[:, 0]), "predict")
    check(Named(n_estimators=3).fit(X, X[:, 0]), X)


def test_another_number_of_bagged_estimators_is_refused(rng):
    # scikit-learn divides by the parameter.
    X = rng.normal(size=(60, 2))
    model = BaggingRegressor(n_estimators=4).fit(X, X[:, 0]).set_params(n_estimators=3)
    assert "n_estimators=3 of BaggingRegressor is not" in refusal(model, "predict")


def test_bagged_scores_of_unlike_classes_are_refused(rng):
    # Estimators that saw two of three classes give one score, others three.
    X = rng.normal(size=(60, 2))
    model = BaggingClassifier(LogisticRegression(), random_state=0).fit(X, np.arange(60) % 3)
    model.estimators_[0] = LogisticRegression().fit(X, np.arange(60) % 2)
    with pytest.raises(UnreadableError):
        read_model(model, "decision_function")
