"""What rows do at splits, against the walk of the rows down the trees."""

import numpy as np
import pytest
from exact_by_enumeration import random_support, random_trees
from numpy.testing import assert_array_equal
from small_trees import of_levels, stump

from sklime._exact._nodes import NOTHING, layout_of, nodes_of
from sklime._exact._states import FAILED, LEFT, RIGHT, Ranking, SplitStates
from sklime._readings._trees import Trees


def states_by_hand(nodes, rows):
    """For each pair of siblings: which way a row goes that meets all conditions on the column."""
    layout, meets = nodes.layout, nodes.meets(rows)
    states = []
    for left in range(layout.bounds[1], layout.n_nodes, 2):
        met, node = np.ones(len(rows), dtype=bool), layout.previous[left]
        while node != NOTHING:
            met &= meets[node]
            node = layout.previous[node]
        states.append(np.where(met, np.where(meets[left], LEFT, RIGHT), FAILED))
    return np.array(states)


def states_of(trees, owners, rows):
    layout = layout_of(trees, owners)
    ranking = Ranking.of(trees, len(owners))
    used = [trees.feature[trees.feature >= 0]][0]
    are_intervals = np.array([(owners[np.unique(used)] == c).sum() < 2 for c in set(owners)])
    if trees.levels is not None:
        by_level = trees.feature[trees.levels.set_of_node >= 0]
        are_intervals[owners[by_level]] = False
    found = SplitStates.of(trees, layout, ranking, are_intervals)(ranking(rows))
    return np.where(found == 3, FAILED, found)


@pytest.mark.parametrize("owners", [[0, 1, 2, 3], [0, 0, 1, 2]])
@pytest.mark.parametrize("levels_of", [(), (1,), (0, 2)])
@pytest.mark.parametrize("misses", [False, True])
def test_states_are_those_of_a_walk_down(owners, levels_of, misses):
    rng = np.random.default_rng(3)
    trees = random_trees(rng, 4, depth=7, levels_of=levels_of)
    supports = [random_support(rng, misses=misses) for _ in range(4)]
    owners = np.array(owners)
    derived = [
        np.column_stack([supports[d].values for d in np.flatnonzero(owners == c)])
        for c in range(owners.max() + 1)
    ]
    nodes = nodes_of(trees, owners, supports[: owners.max() + 1], derived)
    rows = rng.choice([-3.0, 0.0, 0.5, 1.0, 2.0, 3.5, 4.0, 99.0], (50, 4))
    if misses:
        rows[rng.random(rows.shape) < 0.2] = np.nan
    assert_array_equal(states_of(trees, owners, rows), states_by_hand(nodes, rows))


@pytest.mark.parametrize(
    ("value", "state"),
    [(-np.inf, LEFT), (0.5, LEFT), (np.nextafter(0.5, 1), RIGHT), (np.nan, LEFT)],
)
def test_a_value_at_a_threshold_goes_left(value, state):
    assert states_of(stump(), np.array([0]), np.array([[value]])).item() == state


@pytest.mark.parametrize("threshold", [np.inf, -np.inf])
def test_infinite_thresholds(threshold):
    rows = np.array([[-np.inf], [0.0], [np.inf]])
    found = states_of(stump(threshold), np.array([0]), rows)[0]
    assert_array_equal(found, np.where(rows[:, 0] <= threshold, LEFT, RIGHT))


def test_values_that_are_no_levels_go_with_the_others():
    rows = np.array([[0.0], [1.0], [2.0], [0.5], [-1.0]])
    found = states_of(of_levels([True, False]), np.array([0]), rows)[0]
    assert_array_equal(found, [LEFT, RIGHT, RIGHT, RIGHT, RIGHT])
    found = states_of(of_levels([True, False], other=True), np.array([0]), rows)[0]
    assert_array_equal(found, [LEFT, RIGHT, LEFT, LEFT, LEFT])


def test_no_row_is_in_an_empty_interval():
    # Right of 2, then left of 1: no value meets both.
    trees = Trees(
        left=np.array([1, -1, 3, 5, -1, -1, -1]),
        right=np.array([2, -1, 4, 6, -1, -1, -1]),
        feature=np.array([0, -1, 0, 0, -1, -1, -1]),
        threshold=np.array([2.0, 0.0, 1.0, 1.5, 0.0, 0.0, 0.0]),
        missing_left=np.zeros(7, dtype=bool),
        values=np.ones((7, 1)),
        roots=np.array([0]),
    )
    found = states_of(trees, np.array([0]), np.array([[0.0], [1.2], [1.7], [3.0]]))
    assert_array_equal(found, [[LEFT] * 3 + [RIGHT], [FAILED] * 3 + [RIGHT], [FAILED] * 4])


def test_more_thresholds_than_a_byte_holds():
    rng = np.random.default_rng(0)
    trees = Trees.concatenate([stump(threshold) for threshold in rng.normal(size=300)])
    rows = rng.normal(size=(20, 1))
    found = states_of(trees, np.array([0]), rows)
    assert_array_equal(found == LEFT, rows[:, 0] <= trees.threshold[trees.roots][:, None])
