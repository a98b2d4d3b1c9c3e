"""Masks: their distribution, their moments in closed form, and that blocks change nothing."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

import sklime.neighborhoods
from sklime.neighborhoods import (
    MaskDistribution,
    MaskSample,
    base_points,
    n_kept,
    replicate_bounds,
)

DISTRIBUTIONS = [
    MaskDistribution(7),
    MaskDistribution(1),
    MaskDistribution(7, 0.8),
    MaskDistribution(1, 0.3),
    MaskDistribution(7, (0.3, 0.9)),
    MaskDistribution(3, (0.0, 1.0)),
]


def masks_of(sample):
    return np.concatenate([block for _, _, block in sample.blocks()])


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_probabilities_of_all_masks_add_up_to_one(distribution):
    masks, probabilities = distribution.enumerated()
    assert_allclose(probabilities.sum(), 1.0)
    assert len({row.tobytes() for row in masks}) == len(masks)
    expected = 2**distribution.n_parts - (distribution.keep is None)
    assert len(masks) == expected


@pytest.mark.parametrize("n_parts", [1, 6, 300])
@pytest.mark.parametrize("ends", [(0.25, 0.75), (0.0, 1.0), (0.9, 1.0)])
def test_range_of_keep_is_the_mean_of_its_probabilities(n_parts, ends):
    found = MaskDistribution(n_parts, ends).size_probabilities
    points, weights = np.polynomial.legendre.leggauss(400)
    keep = ends[0] + (ends[1] - ends[0]) * (points + 1.0) / 2.0
    counts = np.arange(n_parts + 1)
    expected = stats.binom.pmf(counts[:, None], n_parts, keep) @ (weights / 2.0)
    assert_allclose(found, expected, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("ends", [(0.7, 0.2), (-0.1, 0.5), (0.5, 1.1), (0.5, 0.5)])
def test_range_of_keep_that_is_none_is_an_error(ends):
    with pytest.raises(ValueError, match=r"pass \(low, high\) with 0 <= low < high <= 1"):
        MaskDistribution(3, ends)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_moments_are_those_of_all_masks(distribution):
    weights = np.linspace(0.2, 1.0, distribution.n_parts + 1) ** 2
    masks, probabilities = distribution.enumerated()
    weighted = probabilities * weights[n_kept(masks)]
    total, first, second = distribution.moments(weights)
    assert_allclose(total, weighted.sum())
    assert_allclose(np.full(distribution.n_parts, first), weighted @ masks)
    products = masks.T @ (weighted[:, None] * masks)
    pairs = ~np.eye(distribution.n_parts, dtype=bool)
    assert_allclose(products[pairs], second)


@pytest.mark.parametrize(
    "distribution",
    [MaskDistribution(4), MaskDistribution(4, 0.8), MaskDistribution(4, (0.2, 0.6))],
)
def test_each_mask_is_drawn_as_often_as_it_should_be(distribution):
    n_masks = 40_000
    drawn = masks_of(MaskSample.of(distribution, n_masks, 8, seed=3)) @ (1 << np.arange(4))
    masks, probabilities = distribution.enumerated()
    counts = np.bincount(drawn, minlength=16)[masks @ (1 << np.arange(4))]
    assert counts.sum() == n_masks
    # Strata make sizes more even than chance: the statistic is too small, never too large.
    assert stats.chisquare(counts, n_masks * probabilities).pvalue > 1e-3


def test_lime_never_keeps_everything():
    masks = masks_of(MaskSample.of(MaskDistribution(2), 4096, 8, seed=0))
    assert not masks.all(axis=1).any()


def test_sizes_are_spread_evenly_within_each_replicate():
    sample = MaskSample.of(MaskDistribution(63), 8 * 128, 8, seed=1)
    for replicate, _, block in sample.blocks():
        shares = n_kept(block) / 63
        assert abs(shares.mean() - 31 / 63) < 0.02, replicate


@pytest.mark.parametrize("n_masks", [8 * 100, 8 * 128, 8 * 997])
def test_the_first_masks_of_a_replicate_are_spread_evenly_too(n_masks):
    # Control models are fitted to the first ones only, where there are many.
    shares = n_kept(masks_of(MaskSample.of(MaskDistribution(63), n_masks, 8, seed=1)))
    for first in range(0, n_masks, n_masks // 8):
        few = shares[first : first + n_masks // 32] / 63
        assert abs(few.mean() - 31 / 63) < 0.06


def test_replicates_differ():
    blocks = [block for _, _, block in MaskSample.of(MaskDistribution(20), 256, 8, seed=0).blocks()]
    assert len({block.tobytes() for block in blocks}) == 8


def test_masks_that_are_drawn_again_are_the_same():
    distribution = MaskDistribution(3000)
    kept, drawn = (
        MaskSample.of(distribution, 4096, 8, seed=5),
        MaskSample(distribution, 4096, 8, seed=5),
    )
    assert kept.cached is not None
    for (_, here, first), (_, there, second) in zip(kept.blocks(), drawn.blocks(), strict=True):
        assert here == there
        assert_array_equal(first, second)


def test_blocks_of_a_long_document_are_small():
    sample = MaskSample.of(MaskDistribution(20_000), 8192, 8, seed=0)
    assert sample.cached is None
    _, here, block = next(sample.blocks())
    assert block.nbytes <= 2**21
    assert here.stop - here.start == len(block)


def test_large_counts_are_exact():
    masks = np.ones((2, 70_001), dtype=bool)
    masks[1, :7] = False
    assert n_kept(masks).tolist() == [70_001, 69_994]


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.int32, np.int64])
def test_counts_of_parts_may_be_integers_of_numpy(integer):
    # 2**96 is beyond all of these types, and 96 * 95 beyond a byte.
    distribution, expected = MaskDistribution(integer(96)), MaskDistribution(96)
    assert distribution.n_possible == 2**96
    weights = np.linspace(0.2, 1.0, 97)
    assert distribution.moments(weights) == expected.moments(weights)


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.int32, np.int64])
def test_all_masks_are_counted_with_integers_of_numpy(integer):
    masks, probabilities = MaskDistribution(integer(9), 0.5).enumerated()
    assert masks.shape == (2**9, 9)
    assert_allclose(probabilities, 2.0**-9)


@pytest.mark.parametrize("integer", [np.int8, np.uint8, np.int32, np.int64])
def test_sizes_of_samples_may_be_integers_of_numpy(integer):
    distribution = MaskDistribution(20)
    drawn = MaskSample.of(distribution, integer(120), integer(8), integer(3), integer(1))
    expected = MaskSample.of(distribution, 120, 8, 3, 1)
    assert_array_equal(masks_of(drawn), masks_of(expected))
    assert drawn.bounds == replicate_bounds(integer(120), integer(8)) == expected.bounds
    points = base_points(integer(120), integer(3), integer(8), seed=integer(5))
    assert_array_equal(points, base_points(120, 3, 8, seed=5))


def test_large_sample_with_counts_of_numpy_is_not_kept():
    # The number of cells, 1e10, is beyond an integer of 32 bits: it was taken for a small one.
    sample = MaskSample.of(MaskDistribution(np.int32(100_000)), np.int32(100_000), 4, seed=0)
    assert sample.cached is None


def test_number_of_parts_is_an_integer():
    with pytest.raises(TypeError, match="integer"):
        MaskDistribution(4.0)


def test_old_name_of_the_distribution_is_an_alias():
    assert sklime.neighborhoods.MaskLaw is MaskDistribution
    assert "MaskLaw" not in sklime.neighborhoods.__all__
