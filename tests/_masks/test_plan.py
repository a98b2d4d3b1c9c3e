"""The plan chooses the masks of an instance."""

import numpy as np
import pytest

from sklime._masks import MaskPlan
from sklime._surrogates._precision import Precision


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


def doubling_plan(**options):
    precision = Precision("half_width", 0.1, 16, True, 2048)
    return MaskPlan(256, n_replicates=16, precision=precision, **options)


@pytest.mark.parametrize("keep", [None, 0.75])
def test_doubled_sample_begins_with_the_smaller_one_in_each_replicate(keep):
    plan = doubling_plan(keep=keep)
    assert plan.sizes == [256, 512, 1024, 2048]
    for size in plan.sizes[:-1]:
        small, large = plan.masks(20, size), plan.masks(20, 2 * size)
        first, second = masks_of(small), masks_of(large)
        assert first.shape == (size, 20)
        assert second.shape == (2 * size, 20)
        for replicate in range(16):
            start, end = small.bounds[replicate : replicate + 2]
            there = large.bounds[replicate]
            assert (second[there : there + end - start] == first[start:end]).all()
            assert (
                second[there + end - start : there + 2 * (end - start)] != first[start:end]
            ).any()


def test_doubled_sample_has_all_masks_as_soon_as_they_are_few_enough():
    plan = doubling_plan()
    assert not plan.masks(9, 256).is_exact
    assert plan.masks(9, 512).is_exact
    # All masks of copies that draw values would hide the noise of the values.
    assert not plan.masks(9, 512, draws=True).is_exact
    assert plan.masks(8, 512, draws=True).is_exact


def test_first_sample_is_the_one_of_a_fixed_size():
    fixed = MaskPlan(256, n_replicates=16, keep=0.6).masks(30)
    assert (masks_of(fixed) == masks_of(doubling_plan(keep=0.6).masks(30))).all()
