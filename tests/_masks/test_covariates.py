"""Covariates of known mean take noise out of responses, and change no mean."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from sklime._masks import Instance
from sklime._masks._covariates import without_covariates
from sklime.neighborhoods import MaskDistribution, MaskSample

N_MASKS, N_PARTS = 256, 10
SAMPLE = MaskSample.of(MaskDistribution(N_PARTS, 0.5), N_MASKS, 8, seed=0)
MASKS = np.concatenate([block for _, _, block in SAMPLE.blocks()])
ONES = np.ones(N_MASKS)


class Noisy(Instance):
    """Covariates are random numbers, the same for the same masks."""

    n_parts = N_PARTS

    def __init__(self, covariates=None):
        self.table = covariates

    def covariates(self, masks):
        if self.table is None:
            return None
        index = [int(np.flatnonzero((row == MASKS).all(axis=1))[0]) for row in masks]
        return self.table[index]


def centered_covariates(seed):
    return np.random.default_rng(seed).normal(size=(N_MASKS, 2))


def test_responses_stay_without_covariates():
    F = np.random.default_rng(0).normal(size=(N_MASKS, 1))
    assert without_covariates(Noisy(), SAMPLE, F, ONES) is F


def test_responses_stay_if_all_masks_are_taken():
    sample = MaskSample.all_of(MaskDistribution(N_PARTS, 0.5))
    F = np.zeros((sample.n_masks, 1))
    instance = Noisy(centered_covariates(0))
    instance.covariates = lambda masks: np.ones((len(masks), 2))
    assert without_covariates(instance, sample, F, np.ones(sample.n_masks)) is F


def test_a_response_that_is_linear_in_the_covariates_becomes_constant():
    instance = Noisy(centered_covariates(1))
    C = instance.covariates(MASKS)
    F = 5.0 + C @ np.array([[1.0], [-2.0]])
    residual = without_covariates(instance, SAMPLE, F, ONES)
    assert_allclose(residual, 5.0, atol=0.05)
    # The response itself has the deviation of the root of five.
    assert F.std() > 2.0


def test_a_replicate_does_not_decide_on_its_own_coefficients():
    instance = Noisy(centered_covariates(2))
    C = instance.covariates(MASKS)
    F = C @ np.array([[1.0], [3.0]])
    first = slice(SAMPLE.bounds[0], SAMPLE.bounds[1])
    changed = F.copy()
    changed[first] += 10.0 * C[first, :1] - (10.0 * C[first, :1]).mean()
    before, after = (without_covariates(instance, SAMPLE, f, ONES) for f in (F, changed))
    shift = (after - before)[first] - (changed - F)[first]
    # Only the mean of all responses, which is subtracted for all replicates alike, moves a little.
    assert_allclose(shift, 0.0, atol=0.3)
    assert np.abs((after - before)[first]).max() > 5.0


def test_input_is_not_changed():
    instance, F = Noisy(centered_covariates(3)), np.random.default_rng(1).normal(size=(N_MASKS, 1))
    copy = F.copy()
    without_covariates(instance, SAMPLE, F, ONES)
    assert_array_equal(F, copy)
