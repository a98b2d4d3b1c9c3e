"""Trees as arrays of nodes."""

from fractions import Fraction

import numpy as np
import pytest
from exact_by_enumeration import random_trees
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from small_trees import of_levels, stump

from sklime._readings._trees import LEAF, Trees, largest_below, largest_rounded_up_to


def test_a_value_at_the_threshold_goes_left():
    X = np.array([[0.5], [np.nextafter(0.5, 1)], [np.nan], [-np.inf], [np.inf]])
    assert stump().predict(X)[:, 0].tolist() == [1.0, 2.0, 1.0, 1.0, 2.0]


@pytest.mark.parametrize("other", [True, False])
def test_levels_go_where_their_set_says(other):
    X = np.array([[0.0], [1.0], [2.0], [0.5], [-1.0], [7.0], [np.nan]])
    unknown = 1.0 if other else 2.0
    found = of_levels([True, False, True], other).predict(X)[:, 0].tolist()
    assert found == [1.0, 2.0, 1.0, unknown, unknown, unknown, 1.0]


def test_concatenated_trees_add():
    levels = of_levels([True, False], other=True)
    wide = of_levels([False, False, True, True])
    X = np.array([[0.0], [1.0], [2.0], [3.0], [9.0], [np.nan]])
    joined = Trees.concatenate([stump(), levels, wide.scaled(2.0)])
    expected = stump().predict(X) + levels.predict(X) + 2.0 * wide.predict(X)
    np.testing.assert_array_equal(joined.predict(X), expected)
    assert joined.roots.tolist() == [0, 3, 6]


def test_trees_move_to_other_columns_and_outputs():
    trees = stump().on_columns(np.array([2])).as_output(1, 3)
    X = np.array([[9.0, 9.0, 0.0], [0.0, 0.0, 9.0]])
    np.testing.assert_array_equal(trees.predict(X), [[0.0, 1.0, 0.0], [0.0, 2.0, 0.0]])


def assert_largest(t):
    found = largest_rounded_up_to(np.array([t]))[0]
    with np.errstate(over="ignore"):
        assert float(np.float32(found)) <= t
        assert not float(np.float32(np.nextafter(found, np.inf))) <= t


@given(st.floats(-3e38, 3e38))
def test_thresholds_of_single_precision_are_exact(t):
    assert_largest(t)


@given(st.floats(-(2.0**127), 2.0**127, width=32))
def test_thresholds_at_numbers_of_single_precision_are_exact(t):
    assert_largest(t)


def test_thresholds_beyond_single_precision():
    largest = float(np.finfo(np.float32).max)
    for t in (largest, -largest, 1e300, -1e300, 1e-300, -1e-300, 0.0, 1e-45, 7e-46):
        assert_largest(t)
    assert largest_rounded_up_to(np.array([np.inf])).tolist() == [np.inf]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_below_is_the_next_float(t):
    below = largest_below(np.array([t]))[0]
    assert below < t
    assert np.isinf(below) or Fraction(below) < Fraction(t)


def test_centered_trees_answer_the_same_around_zero():
    X = np.array([[0.0], [1.0], [np.nan]])
    trees = Trees.concatenate([stump(left=3.0, right=5.0), stump(left=0.1, right=0.1)])
    centered, constant = trees.centered()
    np.testing.assert_allclose(centered.predict(X) + constant, trees.predict(X), atol=1e-15)
    assert centered.values[:, 0].tolist() == [0.0, -1.0, 1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("levels_of", [(), (1,)])
def test_rows_reach_the_leaves_of_a_walk_from_node_to_node(levels_of):
    rng = np.random.default_rng(0)
    # Trees of unlike depths: some pairs of a row and a tree end long before others.
    parts = [
        random_trees(rng, 3, depth=depth, n_trees=2, levels_of=levels_of) for depth in (8, 1, 0)
    ]
    trees = Trees.concatenate(parts)
    rows = rng.choice([0.0, 0.5, 1.0, 2.0, 3.0, 4.5, np.nan], (40, 3))
    leaves = trees.apply(rows)
    for row, found in zip(rows, leaves):
        for root, leaf in zip(trees.roots, found):
            node = root
            while trees.feature[node] != LEAF:
                at, value = np.array([node]), row[[trees.feature[node]]]
                node = (trees.left if trees.goes_left(at, value)[0] else trees.right)[node]
            assert leaf == node
    assert_array_equal(trees.apply(rows[5:6]), leaves[5:6])
    assert trees.apply(rows[:0]).shape == (0, 6)
