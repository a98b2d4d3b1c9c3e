"""Rows and outputs become one number in the same way for every metric."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from shown import batch_of, hand_made

from sklime.metrics import effective_n_features, n_nonzero_weights

WEIGHTS = [[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0], [0.0] * 4]


@pytest.fixture(scope="module")
def batch():
    """Rows of one, two and four equal weights, and one without."""
    return batch_of([hand_made(np.array(row)[:, None]) for row in WEIGHTS])


def test_no_average_leaves_a_number_for_each_row_and_output(batch):
    assert_array_equal(n_nonzero_weights(batch, average=None), [[1.0], [2.0], [4.0], [0.0]])


@pytest.mark.parametrize(("average", "expected"), [("mean", 1.75), ("median", 1.5)])
def test_average_is_over_all_rows_and_outputs(average, expected, batch):
    found = n_nonzero_weights(batch, average=average)
    assert type(found) is float
    assert found == expected


@pytest.mark.parametrize(("average", "expected"), [("mean", 7.0 / 3.0), ("median", 2.0)])
def test_numbers_that_are_not_defined_are_left_out(average, expected, batch):
    assert effective_n_features(batch, average=average) == pytest.approx(expected)


@pytest.mark.parametrize("average", ["mean", "median"])
def test_average_of_nothing_is_not_defined(average, batch):
    assert np.isnan(effective_n_features(batch[3:], average=average))


def test_other_averages_are_refused(batch):
    with pytest.raises(ValueError, match="The 'average' parameter of n_nonzero_weights must be"):
        n_nonzero_weights(batch, average="mode")
