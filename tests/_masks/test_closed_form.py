"""The fit in closed form, against ridge regression on all masks."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression, Ridge

from sklime._masks import Instance, MaskPlan, explain_instance

N_PARTS = 9
MASKS = (np.arange(2**N_PARTS)[:, None] >> np.arange(N_PARTS)) & 1


class Numbers(Instance):
    """Numbers, some of which are replaced by zero."""

    n_parts = N_PARTS
    original = np.linspace(-1.0, 2.0, N_PARTS)

    def rebuild(self, masks):
        return masks * self.original


def curved(copies):
    sums = copies.sum(axis=1, keepdims=True)
    return np.hstack([sums, sums**2, 1.0 / (1.0 + np.exp(-sums))])


def on_all_masks(keep, alpha):
    """Weights of ridge regression on all masks, weighted by their probabilities."""
    kept = MASKS.sum(axis=1)
    weights = 5000.0 * keep**kept * (1.0 - keep) ** (N_PARTS - kept)
    # The instance itself counts once beside 5000 masks, as in `lime`.
    weights[-1] += 1.0
    F = curved(Numbers().rebuild(MASKS))
    return Ridge(alpha=alpha, solver="cholesky").fit(MASKS, F, sample_weight=weights).coef_.T


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("alpha", [1e-6, 1.0, 300.0])
def test_all_masks_give_the_ridge_regression_on_all_masks(keep, alpha):
    plan = MaskPlan(n_perturbations=2**N_PARTS, keep=keep, surrogate=Ridge(alpha=alpha))
    fit = explain_instance(plan, Numbers(), curved).fit
    assert_allclose(fit.values, on_all_masks(keep, alpha), rtol=1e-6, atol=1e-9)


def test_all_masks_need_no_penalty_by_default():
    plan = MaskPlan(n_perturbations=2**N_PARTS, keep=0.5)
    default = explain_instance(plan, Numbers(), curved).fit
    least_squares = explain_instance(
        replace(plan, surrogate=LinearRegression()), Numbers(), curved
    ).fit
    assert_allclose(default.values, least_squares.values, atol=1e-12)


def test_sampled_fits_are_unbiased_and_their_errors_are_honest():
    truth = on_all_masks(0.5, 1.0)
    plan = MaskPlan(n_perturbations=128, keep=0.5, surrogate=Ridge(alpha=1.0))
    fits = [explain_instance(replace(plan, seed=s), Numbers(), curved).fit for s in range(40)]
    values = np.array([fit.values for fit in fits])
    spread = values.std(axis=0, ddof=1)
    assert (np.abs(values.mean(axis=0) - truth) < 4.5 * spread / np.sqrt(40) + 1e-4).all()
    reported = np.sqrt(np.mean([fit.standard_errors**2 for fit in fits], axis=0))
    # The first response is linear in the mask: the control model removes all its noise.
    assert (spread[:, 0] < 1e-4).all()
    assert 0.7 < (reported[:, 1:].mean() / spread[:, 1:].mean()) < 1.6


def test_weights_scale_with_the_unit_of_the_response():
    plan = MaskPlan(n_perturbations=128, keep=0.5)
    small, large = (
        explain_instance(plan, Numbers(), lambda copies, unit=unit: curved(copies) * unit).fit
        for unit in (1.0, 2.0**60)
    )
    assert_allclose(large.values, small.values * 2.0**60, rtol=1e-9)
    assert_allclose(large.fidelity, small.fidelity, rtol=1e-9)
