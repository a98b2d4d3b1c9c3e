"""Evenly spread indices."""

import pytest

from sklime.utils._spread import evenly_spread


@pytest.mark.parametrize(
    ("n", "n_wanted", "expected"),
    [(5, 5, [0, 1, 2, 3, 4]), (9, 3, [0, 4, 8]), (2, 4, [0, 0, 1, 1]), (7, 1, [0]), (1, 1, [0])],
)
def test_both_ends_and_equal_steps(n, n_wanted, expected):
    assert evenly_spread(n, n_wanted).tolist() == expected
