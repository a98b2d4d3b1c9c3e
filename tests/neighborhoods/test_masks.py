"""Masks: their law, their moments in closed form, and that blocks change nothing."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats

from sklime.neighborhoods import MaskDistribution, MaskSample, n_kept

DISTRIBUTIONS = [
    MaskDistribution(7),
    MaskDistribution(1),
    MaskDistribution(7, 0.8),
    MaskDistribution(1, 0.3),
]


def masks_of(sample):
    return np.concatenate([block for _, _, block in sample.blocks()])


@pytest.mark.parametrize("law", DISTRIBUTIONS)
def test_probabilities_of_all_masks_add_up_to_one(law):
    masks, probabilities = law.enumerated()
    assert_allclose(probabilities.sum(), 1.0)
    assert len({row.tobytes() for row in masks}) == len(masks)
    expected = 2**law.n_parts - (law.keep is None)
    assert len(masks) == expected


@pytest.mark.parametrize("law", DISTRIBUTIONS)
def test_moments_are_those_of_all_masks(law):
    weights = np.linspace(0.2, 1.0, law.n_parts + 1) ** 2
    masks, probabilities = law.enumerated()
    weighted = probabilities * weights[n_kept(masks)]
    total, first, second = law.moments(weights)
    assert_allclose(total, weighted.sum())
    assert_allclose(np.full(law.n_parts, first), weighted @ masks)
    products = masks.T @ (weighted[:, None] * masks)
    pairs = ~np.eye(law.n_parts, dtype=bool)
    assert_allclose(products[pairs], second)


@pytest.mark.parametrize("law", [MaskDistribution(4), MaskDistribution(4, 0.8)])
def test_each_mask_is_drawn_as_often_as_it_should_be(law):
    n_masks = 40_000
    drawn = masks_of(MaskSample.of(law, n_masks, 8, seed=3)) @ (1 << np.arange(4))
    masks, probabilities = law.enumerated()
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
    # Cheap models are fitted to the first ones only, where there are many.
    shares = n_kept(masks_of(MaskSample.of(MaskDistribution(63), n_masks, 8, seed=1)))
    for first in range(0, n_masks, n_masks // 8):
        few = shares[first : first + n_masks // 32] / 63
        assert abs(few.mean() - 31 / 63) < 0.06


def test_replicates_differ():
    blocks = [block for _, _, block in MaskSample.of(MaskDistribution(20), 256, 8, seed=0).blocks()]
    assert len({block.tobytes() for block in blocks}) == 8


def test_masks_that_are_drawn_again_are_the_same():
    law = MaskDistribution(3000)
    kept, drawn = MaskSample.of(law, 4096, 8, seed=5), MaskSample(law, 4096, 8, seed=5)
    assert kept.kept is not None
    for (_, here, first), (_, there, second) in zip(kept.blocks(), drawn.blocks(), strict=True):
        assert here == there
        assert_array_equal(first, second)


def test_blocks_of_a_long_document_are_small():
    sample = MaskSample.of(MaskDistribution(20_000), 8192, 8, seed=0)
    assert sample.kept is None
    _, here, block = next(sample.blocks())
    assert block.nbytes <= 2**21
    assert here.stop - here.start == len(block)


def test_large_counts_are_exact():
    masks = np.ones((2, 70_001), dtype=bool)
    masks[1, :7] = False
    assert n_kept(masks).tolist() == [70_001, 69_994]
