"""The responses that a local fit gets: means of twins, minus control variates."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tables import FEW

from sklime import LimeTabularExplainer
from sklime._tables._fitted_responses import fitted_responses

N_ROWS = 3


@pytest.fixture
def X(global_random_seed):
    """Sixty rows of two numbers."""
    return np.random.default_rng(global_random_seed).normal(size=(60, 2))


def after_control_variates(X, responses_of, **parameters):
    """Responses, residuals, slopes and noise of some rows, for a given function of the bins."""
    explainer = LimeTabularExplainer(lambda X: X[:, 0], **(FEW | parameters)).fit(X)
    sample, instance = explainer._sample, explainer._encoder.represent(X[:N_ROWS])
    F = responses_of(sample)
    index, units = np.zeros((N_ROWS, 1), dtype=int), np.ones((N_ROWS, 1))
    return F, *fitted_responses(sample, F, instance, index, None, units)


def noise_of(sample):
    size = (N_ROWS, sample.bounds[-1], sample.n_copies, 1)
    return np.random.default_rng(0).normal(size=size)


def test_without_control_variates_and_twins_responses_are_fitted_unchanged(X):
    F, responses, residuals, slopes, noise = after_control_variates(
        X, noise_of, control_variates=False, discretizer=None
    )
    assert_allclose(responses, F[:, :, 0])
    assert_allclose(residuals, F[:, :, 0])
    assert slopes is None
    assert noise is None


def test_twins_are_averaged_and_their_differences_are_the_noise(X):
    F, responses, residuals, _, noise = after_control_variates(X, noise_of, control_variates=False)
    assert F.shape[2] == 2
    assert_allclose(responses, F.mean(axis=2))
    assert_allclose(residuals, responses)
    half_differences = (F[:, :, 0] - F[:, :, 1]) / 2
    assert_allclose(noise.sum(axis=2), np.tile((half_differences**2).sum(axis=1), (2, 1, 1)))


def test_constant_response_has_no_control_variates(X):
    _, responses, residuals, slopes, noise = after_control_variates(
        X, lambda sample: np.full((N_ROWS, sample.bounds[-1], sample.n_copies, 1), 7.0)
    )
    assert_allclose(residuals, responses)
    assert_allclose(slopes, 0.0)
    assert_allclose(noise, 0.0)
