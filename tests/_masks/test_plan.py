"""The plan chooses the masks of an instance."""

import numpy as np
import pytest

from sklime._masks import MaskPlan


def masks_of(sample):
    return np.concatenate([block for _, _, block in sample.blocks()])


@pytest.mark.parametrize("n_parts", [1, 3, 5])
def test_few_parts_get_all_masks_once(n_parts):
    sample = MaskPlan(n_perturbations=2**n_parts).masks(n_parts)
    assert sample.is_exact
    assert len(np.unique(masks_of(sample), axis=0)) == sample.n_masks <= 2**n_parts


def test_more_masks_than_perturbations_are_sampled():
    sample = MaskPlan(n_perturbations=31, n_replicates=4).masks(5)
    assert not sample.is_exact
    assert masks_of(sample).shape == (31, 5)
    assert sample.n_replicates == 4


def test_without_parts_there_are_no_masks():
    assert MaskPlan(n_perturbations=16).masks(0) is None


def test_seed_alone_decides_on_the_masks():
    one, same, other = (MaskPlan(n_perturbations=64, seed=seed).masks(20) for seed in (1, 1, 2))
    assert (masks_of(one) == masks_of(same)).all()
    assert (masks_of(one) != masks_of(other)).any()


@pytest.mark.parametrize("sizes", [{"n_replicates": 1}, {"n_perturbations": 6}])
def test_sample_without_two_masks_per_replicate_is_an_error(sizes):
    with pytest.raises(ValueError, match="pass n_replicates of at least 2"):
        MaskPlan(**{"n_perturbations": 32, **sizes}).masks(20)
