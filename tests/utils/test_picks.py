"""Greedy picks, against a search through all rows at every step."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from sklime.utils._picks import greedy_picks


def slow_picks(is_covered, importances, n_picks):
    """The row that adds most, again and again; of rows that add the same, the first."""
    shown = np.zeros(len(importances), dtype=bool)
    picks, covered = [], []
    while len(picks) < n_picks:
        gains = (is_covered & ~shown) @ importances
        if gains.max(initial=0.0) == 0.0:
            break
        picks.append(int(gains.argmax()))
        shown |= is_covered[picks[-1]]
        covered.append(shown @ importances)
    return picks, covered


@given(
    seed=st.integers(0, 2**32 - 1),
    shape=st.tuples(st.integers(1, 12), st.integers(1, 8)),
    density=st.floats(0.05, 0.9),
    n_picks=st.integers(1, 12),
)
@settings(deadline=None)
def test_picks_are_those_of_a_search_through_all_rows(seed, shape, density, n_picks):
    # Whole numbers, so that rows that add the same do so to the last bit.
    rng = np.random.default_rng(seed)
    is_covered = rng.random(shape) < density
    importances = rng.integers(0, 4, shape[1]).astype(float)
    picks, covered = greedy_picks(sparse.csr_array(is_covered * 1.0), importances, n_picks)
    expected_picks, expected_covered = slow_picks(is_covered, importances, n_picks)
    assert_array_equal(picks, expected_picks)
    assert_allclose(covered, expected_covered)


@pytest.mark.parametrize("n_rows", [0, 3])
def test_rows_that_cover_nothing_are_not_picked(n_rows):
    picks, covered = greedy_picks(sparse.csr_array((n_rows, 2)), np.ones(2), 2)
    assert picks.size == covered.size == 0
