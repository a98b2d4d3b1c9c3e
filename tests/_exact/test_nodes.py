"""Masses of the conditions of nodes."""

import numpy as np
from exact_by_enumeration import random_support, random_trees
from numpy.testing import assert_allclose

from sklime._exact._nodes import NOTHING, nodes_of
from sklime._readings._trees import LEAF


def nodes_by_hand(rng, *, misses=True):
    supports = [random_support(rng, misses=misses) for _ in range(3)]
    trees = random_trees(rng, 3, depth=6)
    derived = [support.values[:, None] for support in supports]
    return supports, trees, nodes_of(trees, np.arange(3), supports, derived)


def path_to(layout, node):
    while node != NOTHING:
        yield node
        node = layout.parent[node]


def test_masses_are_those_of_the_values_that_go_all_the_way():
    rng = np.random.default_rng(0)
    supports, trees, nodes = nodes_by_hand(rng)
    layout = nodes.layout
    for node in range(layout.bounds[1], layout.n_nodes):
        column = layout.column[node]
        support = supports[column]
        meets = np.ones(len(support.values), dtype=bool)
        for above in path_to(layout, node):
            if layout.column[above] == column:
                left = trees.goes_left(layout.split[above], support.values)
                meets &= left == layout.is_left[above]
        by_bin = np.bincount(support.bins[meets], support.weights[meets], support.n_bins + 1)
        at = nodes.starts[node] + np.arange(support.n_bins + 1)
        assert_allclose(nodes.bin_masses[at], by_bin, atol=1e-15)
        assert_allclose(nodes.masses[node], by_bin.sum(), atol=1e-15)


def test_siblings_are_neighbors_and_children_come_later():
    _, trees, nodes = nodes_by_hand(np.random.default_rng(1))
    layout, n_roots = nodes.layout, nodes.layout.bounds[1]
    assert sorted(layout.source) == list(range(trees.n_nodes))
    left = np.arange(n_roots, layout.n_nodes, 2)
    np.testing.assert_array_equal(layout.parent[left], layout.parent[left + 1])
    np.testing.assert_array_equal(layout.source[left], trees.left[layout.split[left]])
    assert (layout.parent[n_roots:] < np.arange(n_roots, layout.n_nodes)).all()
    assert (trees.feature[layout.split[left]] != LEAF).all()


def test_rows_go_one_way_at_each_split():
    _, trees, nodes = nodes_by_hand(np.random.default_rng(2))
    X = np.random.default_rng(3).integers(0, 5, (20, 3)).astype(float)
    meets, layout = nodes.meets(X), nodes.layout
    reached = meets.copy()
    for node in range(layout.bounds[1], layout.n_nodes):
        reached[node] &= reached[layout.parent[node]]
    assert_allclose(reached.T.astype(float) @ nodes.values, trees.predict(X), atol=1e-14)
