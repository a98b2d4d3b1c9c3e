"""Ranks of the values of columns."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.stats import rankdata

from sklime.backgrounds._ranks import column_ranks


def test_ranks_are_those_of_each_column():
    X = np.random.default_rng(0).integers(0, 9, (40, 3)).astype(float)
    assert_array_equal(column_ranks(X), np.column_stack([rankdata(column) for column in X.T]))


def test_missing_values_rank_last_and_share_their_rank():
    X = np.array([[np.nan], [1.0], [np.nan], [-5.0]])
    assert_array_equal(column_ranks(X).ravel(), [3.5, 2.0, 3.5, 1.0])


@pytest.mark.parametrize("largest", [1e308, np.finfo(np.float64).max])
def test_huge_values_have_ranks(largest):
    X = np.array([[largest, 1.0], [-largest, 2.0], [largest, 3.0], [-largest, 4.0]])
    assert_array_equal(column_ranks(X), [[3.5, 1.0], [1.5, 2.0], [3.5, 3.0], [1.5, 4.0]])
