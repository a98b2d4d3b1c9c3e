"""What fills learn of the training arrays."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklime._fills._training import MAX_DONORS, TrainingValues


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_means_and_deviations_are_those_of_all_pixels(offset, global_random_seed):
    random = np.random.default_rng(global_random_seed)
    arrays = [random.normal(size=(5, n, 3)) + offset for n in (4, 7)]
    values = TrainingValues.of(arrays, seed=0)
    pixels = np.concatenate([array.reshape(-1, 3) for array in arrays])
    assert_allclose(values.mean, pixels.mean(axis=0), rtol=1e-12)
    assert_allclose(values.deviation, pixels.std(axis=0), rtol=1e-6)
    assert (values.low, values.high) == (pixels.min(), pixels.max())
    assert values.mean_array is None


def test_arrays_of_one_shape_have_a_mean():
    arrays = list(np.arange(12, dtype=np.uint8).reshape(3, 2, 2, 1))
    assert_allclose(TrainingValues.of(arrays, seed=0).mean_array[..., 0], [[4, 5], [6, 7]])


def test_a_few_arrays_are_kept_and_not_the_users():
    arrays = list(np.arange(40.0).reshape(40, 1, 1, 1))
    values = TrainingValues.of(arrays, seed=3)
    assert len(values.donors) == MAX_DONORS
    assert len({float(donor.item()) for donor in values.donors}) == MAX_DONORS
    again = TrainingValues.of(arrays, seed=3)
    assert [donor.item() for donor in again.donors] == [donor.item() for donor in values.donors]
    assert not any(np.shares_memory(donor, array) for donor in values.donors for array in arrays)
    assert len(TrainingValues.of(arrays[:5], seed=3).donors) == 5
