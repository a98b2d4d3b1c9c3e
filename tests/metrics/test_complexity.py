"""How much there is to read in an explanation."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from shown import batch_of, hand_made

from sklime.metrics import effective_n_features, n_nonzero_weights


def batch_with(*weights):
    """A batch of one output, a row for each sequence of weights."""
    rows = [hand_made(np.array(row, dtype=float)[:, None]) for row in weights]
    return batch_of(rows)


def test_weights_that_are_not_zero_are_counted():
    batch = batch_with([0.3, -0.1, 0.0, 1e-300], [0.0, 0.0, 0.0, 2.0])
    assert_array_equal(n_nonzero_weights(batch, average=None), [[3.0], [1.0]])


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
@pytest.mark.parametrize("n_equal", [1, 2, 4])
def test_equal_contributions_count_as_many_as_they_are(n_equal, size):
    batch = batch_with(size * np.array([1.0, -1.0, 1.0, -1.0]) * (np.arange(4) < n_equal))
    assert_allclose(effective_n_features(batch), n_equal)


def test_contributions_count_by_the_entropy_of_their_shares():
    # Shares of 1/2, 1/4, 1/4: an entropy of 1.5 bits.
    assert_allclose(effective_n_features(batch_with([0.4, -0.2, 0.0, 0.2])), 2.0**1.5)


def test_rows_without_any_contribution_have_no_effective_number():
    batch = batch_with([0.0] * 4, [1.0, 0.0, 0.0, 0.0])
    assert_array_equal(effective_n_features(batch, average=None), [[np.nan], [1.0]])
    assert effective_n_features(batch) == 1.0
    assert n_nonzero_weights(batch) == 0.5
