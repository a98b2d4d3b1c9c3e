"""The protocol of instances: its defaults suffice for anything in parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import array_shapes, arrays

from sklime._masks import Instance


class Bare(Instance):
    def __init__(self, n_parts, original="whole"):
        self.n_parts, self.original = n_parts, original


@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=20)))
def test_default_keys_are_equal_for_equal_masks_alone(masks):
    keys = Bare(masks.shape[1]).keys(masks, None)
    same_masks = (masks[:, None] == masks[None]).all(axis=2)
    same_keys = np.array([[one == other for other in keys] for one in keys])
    assert (same_masks == same_keys).all()


def test_rebuild_is_for_the_subclass():
    with pytest.raises(NotImplementedError):
        Bare(2).rebuild(np.ones((1, 2), dtype=bool))


def test_defaults_of_a_bare_instance():
    instance = Bare(3)
    assert instance.covariates(np.ones((1, 3), dtype=bool)) is None
    assert instance.describe()["feature_names"] == ("part 0", "part 1", "part 2")
    assert instance.part_norms.tolist() == [1.0, 1.0, 1.0]


def test_size_of_a_copy_is_that_of_the_original_where_it_is_known():
    assert Bare(3).n_bytes == 3
    assert Bare(3, np.zeros(10)).n_bytes == 80
