"""Cuts that have values on both sides."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sklime.utils._cuts import separating_cuts

VALUES = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=20).map(np.array)
CUTS = st.lists(st.integers(-3, 3).map(float), max_size=4, unique=True).map(sorted).map(np.array)


@given(cuts=CUTS, values=VALUES)
def test_something_lies_above_each_cut(cuts, values):
    found = separating_cuts(cuts, values)
    assert all((values > cut).any() for cut in found)
    # Either they are cuts that were given, or the one below the largest value.
    if found.size and not set(found) <= set(cuts):
        assert_array_equal(found, np.unique(values)[-2:-1])


@given(cuts=CUTS, values=VALUES)
def test_only_a_constant_column_has_no_cut(cuts, values):
    assert (separating_cuts(cuts, values).size == 0) == (
        len(set(values)) == 1 and not (cuts < values[0]).any()
    )


@pytest.mark.parametrize("share", [0.6, 0.8, 0.99])
def test_column_with_most_of_its_values_at_the_top_is_cut_below_it(share):
    column = np.where(np.arange(1000) < 1000 * share, 1.0, 0.0)
    quartiles = np.unique(np.percentile(column, [50, 75]))
    assert_array_equal(separating_cuts(quartiles, column), [0.0])
