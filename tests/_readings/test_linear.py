"""Readings of linear models: the truth is what the model answers."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.cross_decomposition import CCA, PLSCanonical, PLSRegression
from sklearn.datasets import make_regression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.isotonic import IsotonicRegression
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNetCV,
    GammaRegressor,
    HuberRegressor,
    LassoCV,
    LassoLarsIC,
    LinearRegression,
    LogisticRegression,
    MultiTaskElasticNet,
    OrthogonalMatchingPursuit,
    Perceptron,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    RidgeClassifierCV,
    SGDClassifier,
    SGDOneClassSVM,
    SGDRegressor,
    TheilSenRegressor,
    TweedieRegressor,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR, OneClassSVM

from sklime._readings._linear import LinearReader
from sklime._readings._readers import read_model
from sklime._readings._reading import UnreadableError

X, Y = make_regression(
    n_samples=120, n_features=4, n_informative=4, n_targets=2, noise=5.0, random_state=0
)
y = Y[:, 0] / 20.0
binary = y > 0.0
three = np.digitize(y, [-2.0, 2.0])
# Rows far outside of the training rows are rows all the same.
rows = np.vstack([X, 1e6 * X[:5], np.zeros((1, 4))])


def answers_of(model, method, table):
    answers = np.asarray(getattr(model, method)(table), dtype=float)
    return answers.reshape(len(answers), -1)


def assert_read(model, method, table=rows, rtol=1e-12):
    reading, expected = read_model(model, method), answers_of(model, method, table)
    found = reading.answer(table)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=rtol * np.abs(expected).max())


REGRESSORS = [
    ARDRegression(),
    BayesianRidge(),
    ElasticNetCV(cv=3),
    HuberRegressor(),
    LassoCV(cv=3),
    LassoLarsIC(),
    LinearRegression(),
    LinearRegression(fit_intercept=False),
    LinearRegression(positive=True),
    LinearSVR(),
    NuSVR(kernel="linear"),
    OrthogonalMatchingPursuit(),
    PLSRegression(),
    QuantileRegressor(),
    Ridge(),
    SGDRegressor(),
    SVR(kernel="linear"),
    TheilSenRegressor(random_state=0),
    TweedieRegressor(power=0),
    TweedieRegressor(power=0, link="identity"),
]


@pytest.mark.parametrize("model", REGRESSORS, ids=str)
def test_a_regressor_is_its_slopes(model):
    assert_read(model.fit(X, y), "predict")


@pytest.mark.parametrize("shift", [1e6, -1e6])
def test_a_target_far_from_zero(shift):
    assert_read(Ridge().fit(X, y + shift), "predict")


@pytest.mark.parametrize(
    "model",
    [LinearRegression(), Ridge(), MultiTaskElasticNet(), PLSRegression(), PLSCanonical(), CCA()],
    ids=str,
)
def test_several_targets(model):
    assert_read(model.fit(X, Y), "predict")


@pytest.mark.parametrize("target", [binary, three], ids=["binary", "three"])
@pytest.mark.parametrize(
    "model",
    [
        LinearDiscriminantAnalysis(),
        LinearSVC(),
        LogisticRegression(),
        Perceptron(),
        RidgeClassifierCV(),
        SGDClassifier(),
    ],
    ids=str,
)
def test_the_score_of_a_classifier(model, target):
    assert_read(model.fit(X, target), "decision_function")


@pytest.mark.parametrize("kind", [SVC, NuSVC])
def test_the_score_of_a_support_vector_machine_of_two_classes(kind):
    assert_read(kind(kernel="linear").fit(X, binary), "decision_function")


@pytest.mark.parametrize("kind", [SVC, NuSVC])
def test_scores_of_pairs_of_classes(kind):
    by_pairs = kind(kernel="linear", decision_function_shape="ovo").fit(X, three)
    assert_read(by_pairs, "decision_function")
    votes = kind(kernel="linear").fit(X, three)
    with pytest.raises(UnreadableError, match="counts votes of pairs of classes"):
        read_model(votes, "decision_function")


@pytest.mark.parametrize("method", ["decision_function", "score_samples"])
@pytest.mark.parametrize(
    "model", [OneClassSVM(kernel="linear"), SGDOneClassSVM(random_state=0)], ids=str
)
def test_scores_of_outliers(model, method):
    # Far from the rows a sum over support vectors cancels.
    assert_read(model.fit(X), method, rtol=1e-9)
    with pytest.raises(UnreadableError, match="returns labels"):
        read_model(model, "predict")


def test_sparse_slopes_and_sparse_tables():
    model = LogisticRegression().fit(X, three).sparsify()
    assert sparse.issparse(model.coef_)
    assert_read(model, "decision_function")
    reading = read_model(SVR(kernel="linear").fit(sparse.csr_array(X), y), "predict")
    assert np.isfinite(reading.answer(sparse.csr_array(X))).all()


def test_single_precision_is_noted():
    model = Ridge().fit(X.astype(np.float32), y.astype(np.float32))
    assert read_model(model, "predict").is_single
    assert_read(model, "predict", X.astype(np.float32), rtol=1e-5)
    assert not read_model(Ridge().fit(X, y), "predict").is_single


def test_derived_columns_are_the_columns_of_the_table():
    reading = read_model(Ridge().fit(X, y), "predict")
    assert reading.copies.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(reading.derive(X), X)


class LikeScikitLearn:
    """A linear regressor of another package: slopes in a list, no intercept, no base class."""

    coef_ = [1.0, -2.0]

    def predict(self, table):
        return table @ np.array(self.coef_)


def test_models_of_other_packages():
    assert_read(LikeScikitLearn(), "predict", X[:, :2])


def test_slopes_of_another_number_of_columns_are_refused():
    model = LikeScikitLearn()
    model.n_features_in_ = 3
    with pytest.raises(UnreadableError, match=r"shape \(2,\), .* each of its 3 columns"):
        read_model(model, "predict")


@pytest.mark.parametrize(
    "model",
    [
        PoissonRegressor(),
        GammaRegressor(),
        TweedieRegressor(power=1.5),
        TweedieRegressor(power=0, link="log"),
    ],
    ids=str,
)
def test_a_generalized_linear_model_is_read_in_link_space(model):
    model.fit(X, np.exp(y / 5.0))
    reading = read_model(model, "decision_function")
    np.testing.assert_allclose(np.exp(reading.answer(X)[:, 0]), model.predict(X), rtol=1e-12)
    with pytest.raises(UnreadableError, match=r"log link.*response_method='decision_function'"):
        read_model(model, "predict")


@pytest.mark.parametrize("method", ["predict_proba", "predict_log_proba"])
def test_probabilities_are_refused_with_the_way_out(method):
    model = LogisticRegression().fit(X, binary)
    with pytest.raises(UnreadableError, match="response_method='decision_function' is the score"):
        read_model(model, method)


def test_labels_are_refused_with_the_way_out():
    with pytest.raises(UnreadableError, match="returns labels; response_method"):
        read_model(LogisticRegression().fit(X, binary), "predict")


@pytest.mark.parametrize(
    "model",
    [
        GaussianNB(),
        GaussianProcessRegressor(optimizer=None),
        IsotonicRegression(),
        KNeighborsRegressor(),
        KernelRidge(),
        MLPRegressor(tol=0.5, solver="lbfgs"),
        SVR(),
    ],
    ids=str,
)
def test_other_models_are_unknown(model):
    model.fit(X[:, :1], three)
    assert not LinearReader().can_read(model)
    with pytest.raises(UnreadableError, match=f"no reader knows {type(model).__name__}"):
        read_model(model, "predict")
