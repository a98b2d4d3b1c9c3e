"""Readings of models around another one: the truth is what the whole model answers."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.feature_selection import RFE, RFECV
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    RANSACRegressor,
    Ridge,
)
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
    TargetEncoder,
)
from sklearn.svm import LinearSVC
from tables import three_bins

from sklime._readings._ownership import owners
from sklime._readings._readers import read_model
from sklime._readings._reading import UnreadableError
from sklime._readings._wrappers import Steps
from sklime._responses._codec import TableCodec

rng = np.random.default_rng(0)
X = rng.normal(size=(150, 4))
Y = np.column_stack([X @ [1.0, -2.0, 0.0, 3.0] + 5.0, X @ [0.0, 1.0, 1.0, 0.0]])
Y += rng.normal(size=Y.shape)
y = Y[:, 0]
binary = y > 5.0
rows = np.vstack([X, 1e6 * X[:5]])


def assert_read(model, method="predict", table=rows, rtol=1e-12):
    reading = read_model(model, method)
    expected = np.asarray(getattr(model, method)(table), dtype=float).reshape(len(table), -1)
    atol = rtol * np.abs(expected).max()
    np.testing.assert_allclose(reading.answer(table), expected, rtol=0, atol=atol)
    return reading


# Pipelines


def mixed_table(n_rows, seed):
    """Texts and numbers, some of them missing."""
    draws = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": draws.normal(40.0, 10.0, n_rows),
            "income": draws.lognormal(8.0, 0.5, n_rows),
            "city": draws.choice(["Bonn", "Rome", "Oslo"], n_rows).astype(object),
            "job": draws.choice(["cook", "nurse"], n_rows).astype(object),
        }
    )
    frame.loc[frame.index[::7], "age"] = np.nan
    frame.loc[frame.index[1::9], "city"] = np.nan
    return frame


train = mixed_table(200, 0)
target = (
    0.1 * train["age"].fillna(20.0)
    + np.log(train["income"])
    + 2.0 * (train["city"] == "Rome")
    - (train["job"] == "cook")
).to_numpy()

# Missing values, levels that were not seen, and values far outside.
unusual = mixed_table(60, 1)
unusual.loc[:9, "city"] = "Lima"
unusual.loc[5:14, "job"] = "pilot"
unusual.loc[10:19, "age"] = 1e6
unusual.loc[15:24, "income"] = -1e6

NUMBERS, TEXTS = ["age", "income"], ["city", "job"]


def columns(numbers, texts, **parameters):
    return ColumnTransformer([("n", numbers, NUMBERS), ("t", texts, TEXTS)], **parameters)


def imputed(*steps):
    return make_pipeline(SimpleImputer(add_indicator=True), *steps)


def one_hot(**parameters):
    return OneHotEncoder(handle_unknown="ignore", **parameters)


SIX = {
    "scaled, one-hot": columns(imputed(StandardScaler()), one_hot()),
    "ordinal": columns(
        imputed(),
        OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
        ),
    ),
    "target encoded": columns(imputed(RobustScaler()), TargetEncoder()),
    "bins": columns(make_pipeline(SimpleImputer(), three_bins("onehot")), one_hot()),
    "splines, powers": columns(
        make_pipeline(SimpleImputer(), MinMaxScaler(), SplineTransformer(extrapolation="linear")),
        one_hot(sparse_output=False),
    ).set_output(transform="pandas"),
    "quantiles": columns(
        make_pipeline(SimpleImputer(), QuantileTransformer(n_quantiles=50), PowerTransformer()),
        one_hot(),
    ),
}


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize("shift", [0.0, 1e6])
@pytest.mark.parametrize("steps", SIX.values(), ids=SIX)
def test_six_pipelines_of_texts_and_missing_values(steps, shift):
    model = make_pipeline(steps, Ridge()).fit(train, target + shift)
    reading = assert_read(model, table=train)
    assert assert_read(model, table=unusual).n_derived == reading.n_derived
    assert reading.copies is None


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize("steps", SIX.values(), ids=SIX)
def test_trees_behind_six_pipelines(steps):
    forest = RandomForestRegressor(20, random_state=0)
    model = make_pipeline(steps, forest).fit(train, target + 1e6)
    assert_read(model, table=train)
    assert_read(model, table=unusual)


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize("steps", SIX.values(), ids=SIX)
def test_derived_columns_of_six_pipelines_have_one_owner(steps):
    model = make_pipeline(steps, Ridge()).fit(train, target)
    codec = TableCodec.fit(train, np.array([False, False, True, True]))
    matrix, _ = codec.read(train)
    derive = read_model(model, "predict").derive
    supports = [np.unique(column) for column in matrix.T]
    found = owners(derive, codec.to_table, matrix, supports, 0)
    assert set(found.tolist()) == {0, 1, 2, 3}
    assert (np.diff(found) < 0).sum() <= 1


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_steps_may_return_frames(container):
    pytest.importorskip(container)
    steps = make_pipeline(MinMaxScaler(), SplineTransformer()).set_output(transform=container)
    assert_read(make_pipeline(steps, Ridge()).fit(X, y), table=X)


def test_a_classifier_behind_steps():
    labels = np.digitize(target, np.quantile(target, [0.3, 0.7]))
    model = make_pipeline(SIX["scaled, one-hot"], LogisticRegression()).fit(train, labels)
    assert assert_read(model, "decision_function", unusual).n_outputs == 3


def test_a_generalized_linear_model_behind_steps():
    model = make_pipeline(SIX["scaled, one-hot"], PoissonRegressor()).fit(train, target + 1e2)
    scores = read_model(model, "decision_function").answer(train)[:, 0]
    np.testing.assert_allclose(np.exp(scores), model.predict(train), rtol=1e-12)


def test_a_pipeline_within_a_pipeline():
    inner = make_pipeline(StandardScaler(), Ridge())
    assert_read(make_pipeline(MinMaxScaler(), inner).fit(X, y))


@pytest.mark.parametrize("nothing", ["passthrough", None])
def test_steps_that_do_nothing_keep_the_columns(nothing):
    model = Pipeline([("nothing", nothing), ("model", Ridge())]).fit(X, y)
    assert assert_read(model).copies.tolist() == [0, 1, 2, 3]


class Sampler(Pipeline):
    """A pipeline of another package: its sampler has no `transform`."""


def test_samplers_are_skipped():
    steps = [("sample", object()), ("model", Ridge().fit(X, y))]
    reading = read_model(Sampler(steps), "predict")
    np.testing.assert_allclose(reading.answer(X)[:, 0], steps[1][1].predict(X), rtol=1e-12)


def test_a_pipeline_without_a_model_is_refused():
    model = Pipeline([("scale", StandardScaler()), ("end", "passthrough")]).fit(X)
    with pytest.raises(UnreadableError, match="last step of Pipeline is 'passthrough', no model"):
        read_model(model, "predict")


def test_the_transform_holds_the_fitted_steps_and_can_be_pickled():
    model = make_pipeline(StandardScaler(), PCA(2), Ridge()).fit(X, y)
    reading = read_model(model, "predict")
    assert reading.derive.inner.steps[0] is model[0]
    assert str(reading.derive.inner) == "StandardScaler, PCA"
    again = pickle.loads(pickle.dumps(reading))
    np.testing.assert_array_equal(again.answer(X), reading.answer(X))


def test_equal_steps_are_one_transform():
    scaler = StandardScaler()
    assert Steps((scaler,)) == Steps((scaler,))
    assert Steps((scaler,)) != Steps((StandardScaler(),))


# Searches, frozen models, thresholds, robust fits, selections


@pytest.mark.parametrize(
    "model",
    [
        GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}),
        GridSearchCV(make_pipeline(StandardScaler(), Ridge()), {"ridge__alpha": [1.0]}),
        RANSACRegressor(random_state=0),
        RFE(LinearRegression(), n_features_to_select=2),
        RFECV(LinearRegression()),
        FrozenEstimator(Ridge().fit(X, y)),
    ],
    ids=str,
)
def test_models_around_a_regressor(model):
    assert_read(model.fit(X, y))


@pytest.mark.parametrize(
    "model",
    [
        FixedThresholdClassifier(LinearSVC(), threshold=0.2),
        TunedThresholdClassifierCV(LogisticRegression(), response_method="decision_function"),
    ],
    ids=str,
)
def test_thresholds_pass_scores_on(model):
    assert_read(model.fit(X, binary), "decision_function")
    with pytest.raises(UnreadableError, match="predict returns labels"):
        read_model(model, "predict")


def test_the_way_out_is_that_of_the_model_inside():
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, binary)
    with pytest.raises(UnreadableError, match="response_method='decision_function' is the score"):
        read_model(model, "predict_proba")


# Transformed targets


@pytest.mark.parametrize(
    "transformer",
    [
        None,
        StandardScaler(),
        StandardScaler(with_mean=False),
        StandardScaler(with_std=False),
        RobustScaler(),
        RobustScaler(with_centering=False),
        RobustScaler(with_scaling=False),
        MinMaxScaler(feature_range=(-1, 3)),
        MinMaxScaler(clip=True),
        MaxAbsScaler(),
    ],
    ids=str,
)
@pytest.mark.parametrize("goal", [y + 1e6, Y], ids=["one", "two"])
def test_targets_scaled_along_a_line(transformer, goal):
    assert_read(TransformedTargetRegressor(Ridge(), transformer=transformer).fit(X, goal))


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"func": np.log, "inverse_func": np.exp}, "FunctionTransformer"),
        ({"transformer": PowerTransformer()}, "PowerTransformer"),
        ({"transformer": make_pipeline(StandardScaler())}, "Pipeline"),
    ],
)
def test_targets_along_a_curve_are_refused(parameters, name):
    model = TransformedTargetRegressor(Ridge(), **parameters).fit(X, np.exp(y / 10.0))
    with pytest.raises(UnreadableError, match=f"{name}, which is not known to be linear"):
        read_model(model, "predict")


def test_the_identity_spelled_out_is_refused_as_any_function():
    steps = FunctionTransformer(inverse_func=lambda z: z)
    model = TransformedTargetRegressor(Ridge(), transformer=steps, check_inverse=False).fit(X, y)
    with pytest.raises(UnreadableError, match="not known to be linear"):
        read_model(model, "predict")
