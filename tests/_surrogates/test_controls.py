"""Targets with less noise in Gram matrices, and normal equations."""

import numpy as np
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


def test_targets_are_replaced_and_the_rest_stays():
    Z, w, plain = samples([1.0] * N_ROWS)
    controlled = samples([0.1] * N_ROWS)[2]
    grams, given = grams_of(Z, w, plain, plain**2), grams_of(Z, w, controlled)
    before = grams.copy()
    found = with_controlled_targets(grams, given, N_FEATURES, N_OUTPUTS)
    inner, last = slice(N_FEATURES + 1), slice(-N_OUTPUTS, None)
    assert_array_equal(grams, before)
    assert_array_equal(found[..., inner, TARGETS], given[..., inner, TARGETS])
    assert_array_equal(found[..., TARGETS, inner], given[..., TARGETS, inner])
    assert_array_equal(found[..., TARGETS, TARGETS], given[..., TARGETS, TARGETS])
    assert_array_equal(found[..., inner, inner], grams[..., inner, inner])
    assert_array_equal(found[..., last, :][..., last], grams[..., last, :][..., last])


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
