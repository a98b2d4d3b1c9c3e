"""Proximity kernels."""

import pickle
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from tables import FEW

from sklime import LimeTabularExplainer
from sklime.kernels import (
    exponential_kernel,
    kernel_weights,
    uniform_kernel,
    weight_of_one_change,
)

DISTANCES = np.linspace(0, 10, 50)


@pytest.mark.parametrize("kernel", [exponential_kernel, uniform_kernel])
def test_weights_lie_between_zero_and_one(kernel):
    weights = kernel(DISTANCES, 1.5)
    assert weights.shape == DISTANCES.shape
    assert (weights >= 0).all()
    assert (weights <= 1).all()


@pytest.mark.parametrize("kernel", [exponential_kernel, uniform_kernel])
def test_distance_zero_weighs_one(kernel):
    assert_array_equal(kernel(np.zeros(3), 0.5), 1.0)


def test_exponential_kernel_is_the_kernel_of_lime():
    expected = np.sqrt(np.exp(-(DISTANCES**2) / 1.5**2))
    assert_allclose(exponential_kernel(DISTANCES, 1.5), expected)


def test_uniform_kernel_weighs_everything_alike():
    assert_array_equal(uniform_kernel(DISTANCES, 1.5), 1.0)


@pytest.mark.parametrize("kernel", [exponential_kernel, uniform_kernel])
def test_distances_are_untouched(kernel):
    distances = DISTANCES.copy()
    kernel(distances, 1.5)
    assert_array_equal(distances, DISTANCES)


# Kernels and metrics of explainers


@pytest.mark.parametrize("kernel", [exponential_kernel, uniform_kernel])
def test_kernel_may_be_a_function(kernel, neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood=neighborhood, kernel=kernel, kernel_width=1.5, **FEW
    )
    assert np.isfinite(explainer.fit(X).transform(X[:3])).all()


def test_default_kernel_of_a_shared_neighborhood_is_exponential(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood="shared", **FEW)
    default = clone(explainer).fit(X).transform(X[:3])
    explainer.set_params(kernel=exponential_kernel, kernel_width=0.75 * np.sqrt(5))
    assert_allclose(default, explainer.fit(X).transform(X[:3]), rtol=1e-10)


def test_default_kernel_of_an_anchored_neighborhood_is_uniform(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, method="sampling", **FEW)
    default = clone(explainer).fit(X).explain(X[:3])
    explainer.set_params(kernel=uniform_kernel)
    assert_allclose(default.values, explainer.fit(X).explain(X[:3]).values, rtol=1e-10)
    # All count alike but those that have the bins of the row.
    assert_array_equal(default.effective_sample_size, np.round(default.effective_sample_size))
    assert (default.effective_sample_size < 64).all()


def test_kernel_of_the_user_receives_distances_and_width(binary_data, binary_model):
    seen = []

    def kernel(distances, width):
        seen.append((np.min(distances), width))
        return np.exp(-distances / width)

    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood="shared", kernel=kernel, kernel_width=2.5, **FEW
    )
    assert np.isfinite(explainer.fit(X).transform(X[:3])).all()
    assert all(smallest >= 0 and width == 2.5 for smallest, width in seen)


def falling(distances):
    return np.exp(-distances)


@pytest.mark.parametrize(
    "kernel",
    [
        falling,
        lambda distances, width=1.0: np.exp(-distances),
        lambda *arguments: np.exp(-arguments[0]),
        partial(lambda scale, distances: np.exp(-distances / scale), 1.0),
    ],
    ids=["function", "width with a default", "any arguments", "partial"],
)
def test_kernel_may_take_distances_alone(kernel, neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood=neighborhood, kernel=kernel, **FEW
    ).fit(X)
    same = clone(explainer).set_params(kernel=lambda distances, width: np.exp(-distances))
    assert_array_equal(explainer.transform(X[:3]), same.fit(X).transform(X[:3]))


def test_kernel_may_be_a_function_of_numpy(binary_data, binary_model):
    # Its second argument would be an array to write on.
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, kernel=np.sqrt, **FEW).fit(X)
    same = clone(explainer).set_params(kernel=lambda distances, width: np.sqrt(distances))
    assert_array_equal(explainer.transform(X[:3]), same.fit(X).transform(X[:3]))


def test_explainer_with_a_kernel_of_distances_alone_survives_pickle(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood="shared", kernel=falling, **FEW)
    loaded = pickle.loads(pickle.dumps(explainer.fit(X)))
    assert_array_equal(loaded.transform(X[:3]), explainer.transform(X[:3]))


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "chebyshev", "cosine"])
def test_metric_may_be_any_name_that_scikit_learn_knows(metric, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood="shared", metric=metric, **FEW)
    assert np.isfinite(explainer.fit(X).transform(X[:3])).all()


def test_metric_may_be_a_function_of_two_rows(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood="shared", kernel_width=2.0, metric="manhattan", **FEW
    )
    by_name = clone(explainer).fit(X).transform(X[:3])
    explainer.set_params(metric=lambda a, b: np.abs(a - b).sum())
    assert_allclose(explainer.fit(X).transform(X[:3]), by_name, atol=1e-10)


def test_kernel_of_the_user_gets_exact_distances(binary_data, binary_model):
    # Counts of matches are bytes, whose square root NumPy takes in half precision.
    X, _ = binary_data
    seen = []

    def kernel(distances, width):
        seen.append(distances)
        return np.exp(-0.5 * (distances / width) ** 2)

    options = {"neighborhood": "shared", "method": "sampling", **FEW}
    explainer = LimeTabularExplainer(binary_model, kernel=kernel, **options)
    weights = explainer.fit(X).transform(X[:3])
    assert all(distances.dtype == np.float64 for distances in seen)
    by_name = explainer.set_params(kernel="exponential").fit(X).transform(X[:3])
    assert_allclose(weights, by_name, atol=1e-12)


@pytest.mark.parametrize("metric", ["correlation", lambda one, other: np.nan])
def test_distance_that_is_no_number_is_the_fault_of_the_metric(metric):
    # Correlation with an encoding of ones is undefined.
    Z = np.array([[[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]])
    with pytest.raises(ValueError, match=r"metric=.* gives nan for the distance"):
        kernel_weights(Z, np.ones((1, 3)), kernel=exponential_kernel, width=1.0, metric=metric)


@pytest.mark.parametrize("width", [0.4, 1.0, 7.5])
def test_the_exponential_kernel_is_a_product_over_changed_columns(width):
    one = weight_of_one_change(exponential_kernel, width)
    changed = np.arange(5.0)
    assert_allclose(exponential_kernel(np.sqrt(changed), width), one**changed, rtol=1e-12)


def test_one_change_where_the_weight_is_extreme():
    assert weight_of_one_change(uniform_kernel, 0.1) == 1.0
    assert weight_of_one_change(exponential_kernel, 1e-200) == 0.0
