"""Sums in a fixed order."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklime.utils._sums import ordered_dot, ordered_sum

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n_columns", [0, 1, 7, 30, 1000])
def test_a_row_alone_has_the_same_digits(n_columns):
    rows = RNG.normal(size=(200, n_columns)) * 10.0 ** RNG.integers(-8, 8, n_columns)
    matrix = RNG.normal(size=(n_columns, 2))
    for array, one in (
        (ordered_sum(rows), lambda row: ordered_sum(row)),
        (ordered_dot(rows, matrix), lambda row: ordered_dot(row, matrix)),
    ):
        alone = np.concatenate([one(rows[i : i + 1]) for i in range(len(rows))])
        assert_array_equal(array, alone)
    assert_allclose(ordered_sum(rows), rows.sum(axis=1), rtol=1e-9, atol=1e-6)
    assert_allclose(ordered_dot(rows, matrix), rows @ matrix, rtol=1e-9, atol=1e-6)


def test_any_axis_is_summed():
    array = RNG.normal(size=(3, 4, 5))
    for axis in (0, 1, 2, -1):
        assert_allclose(ordered_sum(array, axis), array.sum(axis=axis))


def test_a_row_of_zeros_leaves_out_what_is_missing():
    rows = np.array([[2.0, np.nan, 3.0], [np.nan, 1.0, 1.0]])
    matrix = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 2.0]])
    assert_array_equal(ordered_dot(rows, matrix), [[2.0, 6.0], [np.nan, np.nan]])
