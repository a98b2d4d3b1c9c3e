"""Targets with less noise take the place of others in Gram matrices, row by row."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklime._gram import weighted_grams
from sklime._surrogates._controls import solved, with_controlled_targets

N_ROWS, N_FEATURES, N_OUTPUTS = 3, 4, 2
BOUNDS = tuple(range(0, 401, 50))
TARGETS = np.arange(N_FEATURES + 1, N_FEATURES + 1 + N_OUTPUTS)


def samples(noises, seed=0):
    """Return encodings, weights and, for each row, targets with noise of a given size."""
    rng = np.random.default_rng(seed)
    size = (N_ROWS, BOUNDS[-1])
    Z = (rng.random((*size, N_FEATURES)) < 0.6).astype(float)
    linear = Z @ rng.normal(size=(N_FEATURES, N_OUTPUTS))
    noise = rng.normal(size=(*size, N_OUTPUTS))
    return Z, rng.random(size), linear + np.array(noises)[:, None, None] * noise


def grams_of(Z, w, *columns):
    return weighted_grams(Z, columns, np.zeros((N_ROWS, N_OUTPUTS)), w, BOUNDS)


def test_each_row_takes_the_targets_with_less_noise():
    Z, w, plain = samples([1.0, 0.1, 1.0])
    controlled = samples([0.1, 1.0, 0.1])[2]
    found = with_controlled_targets(
        grams_of(Z, w, plain), grams_of(Z, w, controlled), N_FEATURES, N_OUTPUTS
    )
    wanted = grams_of(Z, w, np.stack([controlled[0], plain[1], controlled[2]]))
    inner = slice(N_FEATURES + 1)
    assert_allclose(found[..., inner, :], wanted[..., inner, :])
    assert_allclose(found[..., TARGETS, TARGETS], wanted[..., TARGETS, TARGETS])
    assert_allclose(found[..., :, inner], found[..., inner, :].swapaxes(-1, -2))


def test_further_columns_and_the_given_matrices_stay():
    Z, w, plain = samples([1.0] * N_ROWS)
    controlled = samples([0.1] * N_ROWS)[2]
    grams = grams_of(Z, w, plain, plain**2)
    before = grams.copy()
    given = grams_of(Z, w, controlled)
    found = with_controlled_targets(grams, given, N_FEATURES, N_OUTPUTS)
    assert_array_equal(found[..., TARGETS, TARGETS], given[..., TARGETS, TARGETS])
    assert_array_equal(grams, before)
    assert_array_equal(found[..., -N_OUTPUTS:, -N_OUTPUTS:], grams[..., -N_OUTPUTS:, -N_OUTPUTS:])


def test_noise_of_further_columns_does_not_decide():
    Z, w, plain = samples([0.1] * N_ROWS)
    controlled, other = samples([0.2] * N_ROWS)[2], samples([9.0] * N_ROWS)[2]
    grams = grams_of(Z, w, plain, other)
    found = with_controlled_targets(grams, grams_of(Z, w, controlled), N_FEATURES, N_OUTPUTS)
    assert_array_equal(found, grams)


def test_both_outputs_of_a_row_are_decided_at_once():
    Z, w, plain = samples([1.0] * N_ROWS)
    controlled = samples([0.1] * N_ROWS)[2]
    # The second output alone would be better off without.
    controlled[..., 1] = 1.1 * plain[..., 1]
    given = grams_of(Z, w, controlled)
    found = with_controlled_targets(grams_of(Z, w, plain), given, N_FEATURES, N_OUTPUTS)
    assert_array_equal(found[..., TARGETS, TARGETS], given[..., TARGETS, TARGETS])


def test_a_linear_function_of_the_encoding_is_no_noise():
    Z, w, plain = samples([0.1] * N_ROWS)
    steep = plain + 100.0 * Z[..., :N_OUTPUTS]
    with_more_noise = samples([0.2] * N_ROWS)[2]
    grams = grams_of(Z, w, steep)
    assert_array_equal(
        with_controlled_targets(grams, grams_of(Z, w, with_more_noise), N_FEATURES, N_OUTPUTS),
        grams,
    )


@pytest.mark.parametrize("constant", [0.0, 1.0])
def test_a_feature_that_never_changes_does_not_decide(constant):
    Z, w, plain = samples([1.0] * N_ROWS)
    controlled = samples([0.1] * N_ROWS)[2]
    Z[..., 0] = constant
    given = grams_of(Z, w, controlled)
    found = with_controlled_targets(grams_of(Z, w, plain), given, N_FEATURES, N_OUTPUTS)
    assert_array_equal(found[..., TARGETS, TARGETS], given[..., TARGETS, TARGETS])


def test_equations_are_solved_like_least_squares():
    rng = np.random.default_rng(0)
    A, b = rng.normal(size=(2, 50, 3)), rng.normal(size=(2, 50, 1))
    found = solved(A.swapaxes(1, 2) @ A, A.swapaxes(1, 2) @ b)
    wanted = [np.linalg.lstsq(one, of_one, rcond=None)[0] for one, of_one in zip(A, b)]
    assert_allclose(found, wanted, rtol=1e-6)


def test_copies_share_a_slope_and_zeros_have_none():
    rng = np.random.default_rng(0)
    one = rng.normal(size=(50, 1))
    A = np.hstack([one, one, np.zeros((50, 1))])
    found = solved(A.T @ A, A.T @ (2.0 * one))
    assert_allclose(found.ravel(), [1.0, 1.0, 0.0], atol=1e-5)
    assert_array_equal(solved(np.zeros((2, 2)), np.ones((2, 1))), 0.0)
