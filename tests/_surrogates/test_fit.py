"""The value of local fits: taken apart, put together, in other units."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklime._surrogates._fit import Fit

N_REPLICATES, N_FEATURES, N_OUTPUTS = 4, 3, 2


def made_fit(n_rows, *, seed=0, is_same=False):
    """A fit of random numbers that add up: local predictions are at an encoding of ones."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(n_rows, N_FEATURES, N_OUTPUTS))
    intercepts = random.normal(size=(n_rows, N_OUTPUTS))
    left_out = random.normal(size=(n_rows, N_REPLICATES, N_FEATURES, N_OUTPUTS))
    return Fit(
        values=values,
        standard_errors=random.random(values.shape),
        left_out_values=left_out,
        reselected_values=left_out if is_same else left_out + 1.0,
        intercepts=intercepts,
        local_predictions=intercepts + values.sum(axis=1),
        held_out_predictions=random.normal(size=intercepts.shape),
        fidelity=random.random(intercepts.shape),
        fidelity_errors=random.random(intercepts.shape),
        response_r2=random.random(intercepts.shape),
    )


def assert_equal_fits(one, other):
    for name, array in one.arrays().items():
        assert_array_equal(array, getattr(other, name), err_msg=name)


@pytest.mark.parametrize("instances", [slice(1, 4), [4, 0], np.arange(5) % 2 == 0])
def test_take_indexes_the_first_axis_of_each_array(instances):
    fit = made_fit(5)
    taken = fit.take(instances)
    for name, array in fit.arrays().items():
        assert_array_equal(getattr(taken, name), array[instances])


def test_take_of_one_index_has_no_axis_of_instances():
    assert made_fit(5).take(2).values.shape == (N_FEATURES, N_OUTPUTS)


def test_concatenated_parts_are_the_whole():
    fit = made_fit(5)
    parts = [fit.take(slice(0, 2)), fit.take(slice(2, 2)), fit.take(slice(2, 5))]
    whole = Fit.concatenate(parts)
    assert len(whole) == 5
    assert_equal_fits(whole, fit)


@pytest.mark.parametrize(
    "made",
    [
        lambda fit: Fit.concatenate([fit, fit]),
        lambda fit: fit.take(slice(0, 2)),
        lambda fit: fit.scaled(np.full((3, N_OUTPUTS), 2.0)),
        lambda fit: fit.compact(),
        lambda fit: fit.without(np.array([True, False, False])),
        lambda fit: fit.take(0).spread_over(5, np.array([0, 2, 4])),
    ],
)
def test_one_array_stays_one_array(made):
    # With equal features in all fits, the largest array is stored once.
    fit = made(made_fit(3, is_same=True))
    assert fit.reselected_values is fit.left_out_values
    fit = made(made_fit(3))
    assert fit.reselected_values is not fit.left_out_values


def test_concatenate_keeps_two_arrays_if_one_part_has_two():
    one, two = made_fit(2, is_same=True), made_fit(2, seed=1)
    whole = Fit.concatenate([one, two])
    assert_array_equal(whole.reselected_values[:2], one.left_out_values)
    assert_array_equal(whole.reselected_values[2:], two.reselected_values)


def test_scaled_predictions_add_up_and_shares_stay():
    fit, factors = made_fit(3), np.array([[2.0, -0.5]] * 3)
    scaled = fit.scaled(factors)
    assert_allclose(scaled.local_predictions, fit.local_predictions * factors)
    assert_allclose(scaled.intercepts + scaled.values.sum(axis=1), scaled.local_predictions)
    for name in ("fidelity", "fidelity_errors", "response_r2"):
        assert_array_equal(getattr(scaled, name), getattr(fit, name))


@given(st.integers(-300, 300))
def test_scaling_by_a_power_of_two_and_back_is_exact(exponent):
    fit = made_fit(2)
    factors = np.full((2, N_OUTPUTS), 2.0**exponent)
    assert_equal_fits(fit.scaled(factors).scaled(1.0 / factors), fit)


def test_contributions_and_intercept_add_up_to_the_local_prediction():
    # w z = w b + w (z - b), where z is the instance and b the baseline.
    random = np.random.default_rng(1)
    fit = made_fit(3)
    z, b = random.normal(size=(2, 3, N_FEATURES))
    contributions = fit.as_contributions(z - b, b)
    expected = fit.intercepts + (fit.values * z[..., None]).sum(axis=1)
    assert_allclose(contributions.intercepts + contributions.values.sum(axis=1), expected)
    assert_allclose(contributions.standard_errors, fit.standard_errors * np.abs(z - b)[..., None])
    assert_allclose(contributions.left_out_values, fit.left_out_values * (z - b)[:, None, :, None])


def test_failed_instances_have_nan_and_the_others_stay():
    fit = made_fit(3)
    is_failed = np.array([False, True, False])
    without = fit.without(is_failed)
    for name, array in without.arrays().items():
        assert np.isnan(array[1]).all()
        assert_array_equal(array[~is_failed], getattr(fit, name)[~is_failed])
    assert not np.isnan(fit.values).any()
    assert fit.without(np.zeros(3, dtype=bool)) is fit


def test_without_fidelity_hides_the_r2_of_some_instances_only():
    fit = made_fit(3)
    hidden = fit.without_fidelity(np.array([True, False, False]))
    assert np.isnan(hidden.fidelity[0]).all()
    assert_array_equal(hidden.fidelity[1:], fit.fidelity[1:])
    assert_array_equal(hidden.values, fit.values)


def test_features_of_a_spread_fit_are_at_their_indices():
    fit, indices = made_fit(2).take(0), np.array([1, 2, 4])
    spread = fit.spread_over(6, indices)
    assert_array_equal(spread.values[indices], fit.values)
    assert_array_equal(spread.left_out_values[:, indices], fit.left_out_values)
    others = [0, 3, 5]
    assert not spread.values[others].any()
    assert np.isnan(spread.standard_errors[others]).all()


def test_noiseless_fit_has_no_spread_between_replicates():
    fit = made_fit(2).take(0).noiseless()
    assert_array_equal(fit.left_out_values, np.repeat(fit.values[None], N_REPLICATES, axis=0))
    assert not fit.standard_errors.any()
    assert not fit.fidelity_errors.any()


@given(st.integers(-900, 900))
def test_compact_keeps_the_digits_in_any_unit(exponent):
    fit = made_fit(2)
    fit = fit.scaled(np.full((2, N_OUTPUTS), 2.0**exponent))
    compact = fit.compact()
    for name in ("left_out_values", "reselected_values"):
        assert_allclose(getattr(compact, name), getattr(fit, name), rtol=2.0**-24, atol=0.0)
    assert_array_equal(compact.values, fit.values)


def test_compact_takes_half_the_memory_in_usual_units():
    fit = made_fit(2)
    assert fit.compact().left_out_values.nbytes == fit.left_out_values.nbytes // 2


def test_fit_cannot_be_changed():
    with pytest.raises(AttributeError, match="cannot assign to field 'values'"):
        made_fit(1).values = 0.0


@pytest.mark.parametrize("is_same", [True, False])
def test_weights_below_the_rounding_of_the_response_are_zero(is_same):
    fit = made_fit(3, is_same=is_same)
    responses = np.array([[1.0, 1e16], [1e17, 1.0], [np.nan, 0.0]])
    rounded = fit.without_rounding(responses)
    is_zero = np.array([[False, True], [True, False], [False, False]])
    for name in ("values", "standard_errors", "left_out_values", "reselected_values"):
        before, after = getattr(fit, name), getattr(rounded, name)
        # Rows and outputs first.
        before, after = np.moveaxis(before, -1, 1), np.moveaxis(after, -1, 1)
        assert_array_equal(after[is_zero], 0.0)
        assert_array_equal(after[~is_zero], before[~is_zero])
    assert (rounded.reselected_values is rounded.left_out_values) == is_same
    assert fit.without_rounding(np.ones((3, N_OUTPUTS))) is fit


def test_weights_of_failed_instances_stay_missing():
    failed = made_fit(2).without(np.array([True, False]))
    rounded = failed.without_rounding(np.array([[np.nan, np.nan], [1e17, 1e17]]))
    assert np.isnan(rounded.values[0]).all()
    assert_array_equal(rounded.values[1], 0.0)


def test_small_weights_with_large_standard_errors_stay():
    fit = made_fit(1)
    noisy = replace(fit, values=1e-17 * fit.values)
    assert noisy.without_rounding(np.ones((1, N_OUTPUTS))) is noisy
