"""What an explainer draws: replicates, sizes, and samples that begin alike."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklime import LimeTabularExplainer
from sklime.neighborhoods import SharedNeighborhood


@pytest.fixture(scope="module")
def X(global_random_seed):
    """Three columns of numbers without ties."""
    return np.random.default_rng(global_random_seed).normal(size=(100, 3))


def drawn(X, recording, n_perturbations, **parameters):
    """The perturbed rows that all rows share."""
    function = recording(lambda X: X[:, 0])
    parameters = {"neighborhood": "shared", "n_replicates": 4, "random_state": 0} | parameters
    LimeTabularExplainer(function, n_perturbations=n_perturbations, **parameters).fit(X)
    return max(function.calls, key=len)


@pytest.mark.parametrize("points", ["sobol", "independent"])
def test_every_replicate_of_a_larger_sample_begins_as_in_a_smaller_one(points, X, recording):
    neighborhood = SharedNeighborhood(points=points)
    small, large = (drawn(X, recording, n, neighborhood=neighborhood) for n in (64, 256))
    assert small.shape == (64, 3)
    assert large.shape == (256, 3)
    assert_array_equal(large.reshape(4, 64, 3)[:, :16], small.reshape(4, 16, 3))


def test_replicates_are_independent_of_each_other(X, recording):
    replicates = drawn(X, recording, 256).reshape(4, 64, 3)
    for other in replicates[1:]:
        assert (replicates[0] != other).all()


def test_sample_is_a_function_of_size_and_seed(X, recording):
    assert_array_equal(drawn(X, recording, 64), drawn(X, recording, 64))
    assert (drawn(X, recording, 64) != drawn(X, recording, 64, random_state=1)).all()


@pytest.mark.parametrize("neighborhood", ["anchored", "shared", "around"])
@pytest.mark.parametrize("n_replicates", [2, 5, 8])
def test_there_is_a_fit_without_each_replicate(n_replicates, neighborhood, X):
    batch = (
        LimeTabularExplainer(
            lambda X: X[:, 0] * X[:, 1],
            neighborhood=neighborhood,
            n_perturbations=100,
            n_replicates=n_replicates,
            random_state=0,
        )
        .fit(X)
        .explain(X[:2])
    )
    assert batch.left_out_values.shape == (2, n_replicates, 3, 1)
    assert_array_equal(batch.n_perturbations, 100)
    assert (np.ptp(batch.left_out_values, axis=1) > 0.0).any()
