"""Groups of trees: nothing is lost, and each group is a table of nodes by itself."""

import numpy as np
import pytest
from exact_by_enumeration import anchored_tilt, random_support, random_trees
from numpy.testing import assert_allclose, assert_array_equal

from sklime._exact._groups import column_counts, groups_of, row_blocks
from sklime._exact._nodes import NOTHING, nodes_of
from sklime._exact._walk import expectations


def case(seed=0, n_trees=12):
    rng = np.random.default_rng(seed)
    supports = [random_support(rng) for _ in range(4)]
    trees = random_trees(rng, 4, n_trees=n_trees, depth=5)
    owners = np.arange(4)
    nodes = nodes_of(trees, owners, supports, [s.values[:, None] for s in supports])
    rows = rng.integers(0, 5, (7, 4)).astype(float)
    return nodes, rows, anchored_tilt(supports, rows, 0.6)


@pytest.mark.parametrize("largest", [1, 40, 10_000])
def test_expectations_are_the_sum_of_those_of_the_groups(largest):
    nodes, rows, tilt = case()
    groups = groups_of(nodes, largest)
    meets = nodes.meets(rows)
    found = [expectations(group.nodes, meets[group.index], tilt) for group in groups]
    for one, whole in zip(zip(*found), expectations(nodes, meets, tilt)):
        assert_allclose(sum(one), whole, atol=1e-12)
    assert_array_equal(np.sort(np.concatenate([g.index for g in groups])), np.arange(len(meets)))


def test_groups_are_as_large_as_they_may_be():
    nodes, *_ = case()
    assert len(groups_of(nodes, 1)) == 12
    assert len(groups_of(nodes, 10_000)) == 1
    assert all(len(group.index) <= 100 for group in groups_of(nodes, 100))


def test_columns_on_paths_are_counted_once():
    layout = case()[0].layout
    for node, count in enumerate(column_counts(layout)):
        columns = set()
        while layout.parent[node] != NOTHING:
            columns.add(layout.column[node])
            node = layout.parent[node]
        assert count == len(columns)


def test_blocks_cover_all_rows_once():
    blocks = row_blocks(150, 2**12)
    rows = np.concatenate([np.arange(150)[block] for block in blocks])
    assert_array_equal(rows, np.arange(150))
    assert row_blocks(3, 2**30) == [slice(0, 1), slice(1, 2), slice(2, 3)]
