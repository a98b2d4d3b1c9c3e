"""Arrays rebuilt without some of their parts."""

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from sklime._fills._replacement import Replacement

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
PARTS = np.array([[0, 0, 1, 1], [2, 2, 2, 2]])


def masks(n_masks, n_parts, seed=0):
    return np.random.default_rng(seed).random((n_masks, n_parts)) < 0.6


def test_kept_parts_are_those_of_the_array_and_others_are_filled():
    replacement = Replacement.of(ARRAY, PARTS, [np.array([1.4, 2.6, 3.0])], seed=0)
    chosen = masks(20, 3)
    copies = replacement.rebuilt(chosen, replacement.indices(chosen))
    assert copies.dtype == np.uint8
    for copy, mask in zip(copies, chosen):
        for index in np.ndindex(2, 4):
            expected = ARRAY[index] if mask[PARTS[index]] else [1, 3, 3]
            assert copy[index].tolist() == list(expected)
    copies[:] = 0
    assert ARRAY.any()


def test_parts_that_the_fill_equals_do_not_change():
    variant = ARRAY.copy()
    variant[1] = 0
    replacement = Replacement.of(ARRAY, PARTS, [variant], seed=0)
    assert replacement.changes.tolist() == [False, False, True]
    both = Replacement.of(ARRAY, PARTS, [variant, np.zeros(3)], seed=0)
    assert both.changes.tolist() == [True, True, True]


def test_a_variant_depends_on_the_mask_and_the_seed_alone():
    variants = [np.full(3, value) for value in range(4)]
    replacement = Replacement.of(ARRAY, PARTS, variants, seed=5)
    chosen = masks(200, 40)
    indices = replacement.indices(chosen)
    order = np.random.default_rng(1).permutation(200)
    assert_array_equal(replacement.indices(chosen[order]), indices[order])
    assert np.bincount(indices, minlength=4).min() > 20
    other = Replacement.of(ARRAY, PARTS, variants, seed=6)
    assert (other.indices(chosen) != indices).any()


def test_covariates_have_the_mean_zero_given_the_mask():
    variants = [np.full(3, value) for value in range(4)]
    replacement = Replacement.of(ARRAY, PARTS, variants, seed=5)
    covariates = replacement.covariates(masks(20_000, 60))
    assert covariates.shape == (20_000, 3)
    assert_allclose(covariates.mean(axis=0), 0.0, atol=0.005)
    # Nothing is seen of the fill where nothing is removed.
    assert not replacement.covariates(np.ones((2, 60), dtype=bool)).any()
    assert Replacement.of(ARRAY, PARTS, variants[:1], seed=5).covariates(masks(2, 3)) is None
