"""Weights of masks: sums over the masks are expected values."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklime._masks._weights import mask_weights
from sklime.neighborhoods import MaskDistribution, MaskSample, n_kept

TABLE = np.array([0.1, 0.4, 0.2, 0.7, 1.0])


def test_sampled_masks_have_the_kernel_weight_of_their_number_of_parts():
    sample = MaskSample.of(MaskDistribution(4, 0.5), 12, 3, seed=0)
    masks = np.concatenate([block for _, _, block in sample.blocks()])
    assert_array_equal(mask_weights(sample, TABLE), TABLE[masks.sum(axis=1)])


@pytest.mark.parametrize("keep", [None, 0.3, 0.5])
def test_mean_weight_of_all_masks_is_the_expected_weight(keep):
    distribution = MaskDistribution(4, keep)
    sample = MaskSample.all_of(distribution)
    w = mask_weights(sample, TABLE)
    assert_allclose(w.mean(), distribution.moments(TABLE).total)
    kept = np.concatenate([n_kept(block) for _, _, block in sample.blocks()])
    assert_allclose((w * kept).mean() / 4, distribution.moments(TABLE).first)
