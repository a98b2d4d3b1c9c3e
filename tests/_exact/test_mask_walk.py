"""The walk over one block of rows, against the values that drawn rows reach."""

import numpy as np
import pytest
from exact_by_enumeration import anchored_tilt, random_support, random_trees
from numpy.testing import assert_allclose, assert_array_equal

from sklime._exact._mask_walk import DrawnSplits, left_children
from sklime._exact._masks import MaskWalk, drawn_masks
from sklime._exact._nodes import nodes_of
from sklime._exact._visits import Visits


def case(seed, is_binned, n_rows=6):
    rng = np.random.default_rng(seed)
    supports = [random_support(rng, is_binned=is_binned) for _ in range(3)]
    trees, owners = random_trees(rng, 3, depth=5), np.arange(3)
    derived = [support.values[:, None] for support in supports]
    nodes = nodes_of(trees, owners, supports, derived)
    rows = rng.integers(0, 5, (n_rows, 3)).astype(float)
    tilt = anchored_tilt(supports, rows, 0.6)

    def draw(n_masks):
        return drawn_masks(n_masks, 0, tilt, supports, derived, rows, owners)

    return nodes, rows, tilt, draw


def test_drawn_values_go_where_the_trees_say():
    nodes, _, _, draw = case(0, is_binned=False)
    masks = draw(8)
    visits = Visits.of(nodes, 3)
    left = left_children(nodes, visits)
    found = DrawnSplits.of(nodes, left, masks.drawn, np.arange(3))
    rows, some = slice(1, 4), slice(2, 7)
    for one in found:
        goes_left = one.goes_left(nodes.trees, rows, some).reshape(len(one.splits), 5, 3)
        for at, split in enumerate(one.splits):
            node = nodes.layout.split[left[split]]
            values = masks.drawn[nodes.layout.column[left[split]]][rows, some, 0]
            assert_array_equal(goes_left[at].T, values <= nodes.trees.threshold[node])
    everything = np.sort(np.concatenate([one.splits for one in found]))
    assert_array_equal(everything, np.arange(visits.n_splits))


def test_values_of_drawn_rows_are_those_of_the_trees():
    nodes, rows, tilt, draw = case(1, is_binned=False)
    masks = draw(16)
    found = MaskWalk.of(nodes, np.arange(3))(nodes.meets(rows), tilt, masks)
    X = np.stack([one[:, :, 0] for one in masks.drawn], axis=-1)
    assert_allclose(found, nodes.trees.predict(X.reshape(-1, 3)).reshape(found.shape), atol=1e-12)


@pytest.mark.parametrize("is_binned", [True, False])
@pytest.mark.parametrize("n_masks", [1, 7, 32])
def test_masks_do_not_depend_on_each_other(is_binned, n_masks):
    nodes, rows, tilt, draw = case(2, is_binned)
    masks, walk = draw(n_masks), MaskWalk.of(nodes, np.arange(3))
    meets = nodes.meets(rows)
    together = walk(meets, tilt, masks)
    for first in range(n_masks):
        assert_array_equal(walk(meets, tilt, masks.after(first)), together[:, first:])


@pytest.mark.parametrize("factor", [1.0, 2.0**300, 2.0**-300])
def test_single_precision_is_right_to_a_millionth_of_the_leaves(factor):
    nodes, rows, tilt, draw = case(3, is_binned=True)
    nodes.values[...] *= factor
    walk, masks = MaskWalk.of(nodes, np.arange(3)), draw(64)
    double, single = (
        walk(nodes.meets(rows), tilt, masks, is_single=flag) for flag in (False, True)
    )
    differences = np.abs(double - single)
    assert differences.max() > 0.0
    assert (differences < 1e-6 * walk.scales).all()


def test_scales_are_sums_of_the_largest_leaves():
    nodes, *_ = case(4, is_binned=True)
    trees = nodes.trees
    expected = np.zeros(2)
    for root in trees.roots:
        below, largest = [root], np.zeros(2)
        while below:
            node = below.pop()
            if trees.left[node] < 0:
                largest = np.maximum(largest, np.abs(trees.values[node]))
            else:
                below += [trees.left[node], trees.right[node]]
        expected += largest
    assert_allclose(MaskWalk.of(nodes, np.arange(3)).scales, expected)
