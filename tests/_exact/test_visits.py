"""The order of the splits, on random trees."""

import numpy as np
import pytest
from exact_by_enumeration import random_support, random_trees
from numpy.testing import assert_allclose, assert_array_equal

from sklime._exact._nodes import nodes_of
from sklime._exact._supports import Support
from sklime._exact._visits import Visits
from sklime._readings._trees import LEAF

N_COLUMNS = 3


def random_nodes(seed, depth=4, n_outputs=2):
    rng = np.random.default_rng(seed)
    supports = [random_support(rng) for _ in range(N_COLUMNS)]
    trees = random_trees(rng, N_COLUMNS, depth=depth, n_trees=5, n_outputs=n_outputs)
    derived = [support.values[:, None] for support in supports]
    everything = [*supports, Support.of_one_value()], [*derived, np.empty((1, 0))]
    return nodes_of(trees, np.arange(N_COLUMNS), *everything)


def pairs_of(nodes, visits):
    """The left child of each split, in the order of the visits; the right one follows it."""
    return nodes.layout.bounds[1] + 2 * visits.order


@pytest.fixture(params=[(seed, depth) for seed in range(3) for depth in (0, 1, 2, 6)])
def case(request):
    nodes = random_nodes(*request.param)
    return nodes, Visits.of(nodes, N_COLUMNS)


def test_each_split_is_visited_once_and_last_splits_come_last(case):
    nodes, visits = case
    left = pairs_of(nodes, visits)
    assert sorted(left) == list(range(nodes.layout.bounds[1], nodes.layout.n_nodes, 2))
    is_leaf = nodes.trees.feature[nodes.layout.source] == LEAF
    is_last = is_leaf[left] & is_leaf[left + 1]
    assert_array_equal(np.flatnonzero(is_last), np.arange(visits.n_upper, visits.n_splits))
    covered = [np.arange(level.start, level.stop) for level in visits.upper + visits.last]
    assert_array_equal(np.sort(np.concatenate([*covered, []])), np.arange(visits.n_splits))


def test_addresses_are_those_of_the_children(case):
    nodes, visits = case
    left, siblings = pairs_of(nodes, visits), visits.leaves.siblings[:, :, 0].T
    for level, children in zip(visits.upper, visits.children):
        below = np.concatenate([left[level], left[level] + 1])
        is_split = children < visits.n_splits
        parents = nodes.layout.parent[left[children[is_split]]]
        assert_array_equal(parents, below[is_split])
        leaves = siblings[children[~is_split] - visits.n_splits]
        assert_array_equal(leaves, nodes.values[below[~is_split]])


def test_the_way_down_finds_the_same_children(case):
    _, visits = case
    for index, children in enumerate(visits.children):
        last = visits.last[index + 1]
        assert_array_equal(children[visits.at_last[index]], np.arange(last.start, last.stop))
        if index + 1 < len(visits.upper):
            upper = visits.upper[index + 1]
            assert_array_equal(children[visits.at_upper[index]], np.arange(upper.start, upper.stop))


def test_sums_by_column_weigh_last_splits_by_their_gaps(case):
    nodes, visits = case
    left = pairs_of(nodes, visits)
    factors = np.ones((2, visits.n_splits))
    factors[:, visits.n_upper :] = (nodes.values[left] - nodes.values[left + 1])[visits.n_upper :].T
    summands = np.random.default_rng(0).normal(size=visits.n_splits + len(visits.roots))
    for matrix, of_output in zip(visits.by_column_and_gap, factors):
        found = matrix @ summands
        of_splits = of_output * summands[: visits.n_splits]
        column = nodes.layout.column[left]
        wanted = np.bincount(column, of_splits, minlength=N_COLUMNS + 1)
        assert_allclose(found[:-1], wanted, atol=1e-12)
        assert_allclose(found[-1], summands[visits.n_splits :].sum(), atol=1e-12)
    assert_array_equal(abs(visits.by_column).sum(axis=1).sum(), len(summands))


def test_trees_without_splits_are_constants():
    nodes = random_nodes(0, depth=0)
    visits = Visits.of(nodes, N_COLUMNS)
    assert visits.n_splits == 0
    assert_allclose(visits.leaves.constants, nodes.values.sum(axis=0))


def test_roots_are_the_splits_of_the_first_level(case):
    nodes, visits = case
    parents = nodes.layout.parent[pairs_of(nodes, visits)[visits.roots]]
    is_leaf = nodes.trees.feature[nodes.layout.source] == LEAF
    roots = np.arange(nodes.layout.bounds[1])
    assert_array_equal(np.sort(parents), roots[~is_leaf[: len(roots)]])
