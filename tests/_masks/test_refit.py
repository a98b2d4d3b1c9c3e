"""Surrogates that are fitted to the masks themselves, against fits by hand."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import HuberRegressor, LinearRegression

from sklime._masks import Instance, MaskPlan, explain_instance
from sklime._masks._refit import MAX_REFITTED_PARTS


class Numbers(Instance):
    def __init__(self, numbers):
        self.original = np.asarray(numbers, dtype=float)
        self.n_parts = len(self.original)

    def rebuild(self, masks):
        return masks * self.original


def curved(copies):
    sums = copies.sum(axis=1, keepdims=True)
    return np.hstack([sums**2, np.tanh(sums)])


PLAN = MaskPlan(n_perturbations=256, keep=0.6, surrogate=HuberRegressor(alpha=0.0))
NUMBERS = Numbers(np.linspace(-0.5, 1.0, 12))


def test_weights_are_those_of_the_surrogate_on_the_masks():
    result = explain_instance(PLAN, NUMBERS, curved)
    masks = np.concatenate([block for _, _, block in PLAN.masks(12).blocks()]).astype(float)
    # The instance itself counts once beside 5000 masks, as in `lime`.
    weights = np.append(np.full(256, 5000 / 256), 1.0)
    Z = np.vstack([masks, np.ones(12)])
    F = curved(NUMBERS.rebuild(Z))
    for output in range(2):
        expected = HuberRegressor(alpha=0.0).fit(Z, F[:, output], sample_weight=weights).coef_
        assert_allclose(result.fit.values[:, output], expected, atol=1e-3)


def test_all_masks_leave_no_noise():
    plan = replace(PLAN, surrogate=HuberRegressor(alpha=0.0, max_iter=1000))
    result = explain_instance(plan, Numbers([1.0, -2.0, 3.0]), curved)
    assert result.is_exact
    assert not result.fit.standard_errors.any()
    assert not result.fit.fidelity_errors.any()


@pytest.mark.slow
@pytest.mark.parametrize("n_important", [1, 20])
def test_only_the_parts_that_move_the_response_are_fitted_of_very_many(n_important):
    numbers = np.zeros(MAX_REFITTED_PARTS + 200)
    important = np.arange(n_important) * 50 + 7
    numbers[important] = 5.0
    plan = MaskPlan(
        n_perturbations=128, keep=0.5, surrogate=LinearRegression(), control_variates=False
    )
    fit = explain_instance(plan, Numbers(numbers), lambda c: c.sum(axis=1, keepdims=True)).fit
    is_fitted = ~np.isnan(fit.standard_errors[:, 0])
    assert is_fitted.sum() == MAX_REFITTED_PARTS
    assert is_fitted[important].all()
    assert not fit.values[~is_fitted].any()


def test_outputs_do_not_depend_on_each_other():
    both = explain_instance(PLAN, NUMBERS, curved).fit.values
    one = explain_instance(PLAN, NUMBERS, lambda copies: curved(copies)[:, 1:]).fit.values
    assert_array_equal(both[:, 1:], one)
