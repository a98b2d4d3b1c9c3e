"""Weights of pairs against enumeration of all combinations of values."""

import itertools

import numpy as np
import pytest
from exact_by_enumeration import (
    anchored_tilt,
    column_points,
    random_support,
    random_trees,
    shared_tilt,
)
from numpy.testing import assert_allclose, assert_array_equal

from sklime._exact._nodes import nodes_of
from sklime._exact._pairs import PairWalk, PairWeights, TooManyPairsError
from sklime._readings._trees import LEAF, Trees


def enumerated_pairs(predict, supports, row, tilt, index):
    """Weights of all pairs, and variances of encodings, by their definition."""
    points = [
        column_points(support, value, tilt, index, column)
        for column, (support, value) in enumerate(zip(supports, row))
    ]
    X = np.array(list(itertools.product(*(p[0] for p in points))))
    w = np.array(list(itertools.product(*(p[1] for p in points)))).prod(axis=1)
    Z = np.array(list(itertools.product(*(p[2] for p in points))))
    Z = Z - w @ Z
    variances, f = w @ Z**2, predict(X)
    weights = {}
    for j, k in itertools.combinations(range(len(supports)), 2):
        spread = variances[j] * variances[k]
        weights[j, k] = (w * Z[:, j] * Z[:, k]) @ f / spread if spread else np.zeros(f.shape[1])
    return weights, variances


def case(seed, *, n_columns=4, depth=5, misses=False, levels_of=(), is_binned=lambda i: True):
    rng = np.random.default_rng(seed)
    supports = [
        random_support(rng, misses=misses, is_binned=is_binned(i)) for i in range(n_columns)
    ]
    trees = random_trees(rng, n_columns, depth=depth, levels_of=levels_of)
    derived = [support.values[:, None] for support in supports]
    nodes = nodes_of(trees, np.arange(n_columns), supports, derived)
    rows = rng.integers(0, 5, (5, n_columns)).astype(float)
    rows[1, 0], rows[2, 1] = 77.0, -50.0
    if misses:
        rows[4, 1] = rows[3, 0] = np.nan
    return supports, trees, nodes, rows


def assert_exact(supports, trees, nodes, rows, tilt):
    wanted = [
        enumerated_pairs(trees.predict, supports, row, tilt, index)
        for index, row in enumerate(rows)
    ]
    variances = np.array([one[1] for one in wanted])
    found = PairWalk.of(nodes, len(supports))(nodes.meets(rows), tilt, variances)
    pairs = [tuple(pair) for pair in found.columns.tolist()]
    assert pairs == sorted(pairs)
    for row, (weights, _) in enumerate(wanted):
        for pair, weight in weights.items():
            got = found.weights[row, pairs.index(pair)] if pair in pairs else 0.0
            assert_allclose(got, weight, atol=1e-10)
    return found


@pytest.mark.parametrize("keep", [0.01, 0.3, 0.75, 0.99])
@pytest.mark.parametrize("misses", [False, True])
@pytest.mark.parametrize("levels_of", [(), (1,)])
def test_anchored_bins(keep, misses, levels_of):
    supports, trees, nodes, rows = case(int(100 * keep), misses=misses, levels_of=levels_of)
    tilt = anchored_tilt(supports, rows, keep)
    found = assert_exact(supports, trees, nodes, rows, tilt)
    # The variances of bins are known.
    same = PairWalk.of(nodes, 4)(nodes.meets(rows), tilt)
    assert_allclose(same.weights, found.weights, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("outside", [0.2, 0.9])
def test_shared_bins(outside):
    supports, trees, nodes, rows = case(3, misses=True)
    assert_exact(supports, trees, nodes, rows, shared_tilt(supports, rows, outside))


@pytest.mark.parametrize("keep", [0.1, 0.75])
def test_standard_scores(keep):
    supports, trees, nodes, rows = case(4, misses=True, is_binned=lambda i: i % 2 == 0)
    assert_exact(supports, trees, nodes, rows, anchored_tilt(supports, rows, keep))


def test_deep_trees_of_few_columns_and_shallow_trees_of_many():
    for n_columns, depth in [(2, 9), (3, 8), (6, 4)]:
        supports, trees, nodes, rows = case(8, n_columns=n_columns, depth=depth)
        rows = rows[: 2 if n_columns == 6 else 5]
        assert_exact(supports, trees, nodes, rows, anchored_tilt(supports, rows, 0.6))


def test_a_product_of_two_columns_is_known_in_closed_form():
    # f is 1 where both columns are high. The row is high in both.
    trees = Trees(
        left=np.array([1, LEAF, LEAF + 4, LEAF, LEAF]),
        right=np.array([2, LEAF, 4, LEAF, LEAF]),
        feature=np.array([0, LEAF, 1, LEAF, LEAF]),
        threshold=np.array([0.5, 0.0, 0.5, 0.0, 0.0]),
        missing_left=np.zeros(5, dtype=bool),
        values=np.array([[0.0], [0.0], [0.0], [0.0], [1.0]]),
        roots=np.array([0]),
    )
    rng = np.random.default_rng(0)
    supports = [random_support(rng, n_values=2, n_bins=2) for _ in range(2)]
    for support in supports:
        support.bins[:] = [0, 1]
    nodes = nodes_of(trees, np.arange(2), supports, [s.values[:, None] for s in supports])
    row = np.ones((1, 2))
    found = PairWalk.of(nodes, 2)(nodes.meets(row), anchored_tilt(supports, row, 0.5))
    assert_array_equal(found.columns, [[0, 1]])
    # f = Z_0 Z_1, so the coefficient of the product is 1.
    assert_allclose(found.weights, 1.0)


def test_a_row_alone_has_the_weights_that_it_has_in_a_batch():
    supports, _, nodes, rows = case(9)
    walk = PairWalk.of(nodes, 4)
    rows = np.tile(rows, (20, 1))
    together = walk(nodes.meets(rows), anchored_tilt(supports, rows, 0.4)).weights
    for row, weights in zip(rows[:5], together):
        alone = walk(nodes.meets(row[None]), anchored_tilt(supports, row[None], 0.4)).weights
        assert_array_equal(alone[0], weights)


def test_columns_without_variance_have_no_pairs():
    supports, _, nodes, rows = case(2)
    rows = rows[[0, 3, 4]]
    tilt = anchored_tilt(supports, rows, [1.0, 0.5, 0.5, 0.5])
    found = PairWalk.of(nodes, 4)(nodes.meets(rows), tilt)
    assert_array_equal(found.weights[:, (found.columns == 0).any(axis=1)], 0.0)


def test_too_many_pairs_are_refused_before_any_work():
    *_, nodes, _ = case(0)
    n_items = sum(items.bundles.nnz for items in PairWalk.of(nodes, 4).items)
    PairWalk.of(nodes, 4, n_items)
    with pytest.raises(TooManyPairsError, match="another column on its path; at most") as caught:
        PairWalk.of(nodes, 4, n_items - 1)
    assert caught.value.n_items == n_items


def test_stumps_have_no_pairs():
    *_, nodes, rows = case(0, depth=1)
    supports = case(0, depth=1)[0]
    found = PairWalk.of(nodes, 4)(nodes.meets(rows), anchored_tilt(supports, rows, 0.5))
    assert found.weights.shape == (5, 0, 2)
    assert found.strongest(3).columns.shape == (5, 2, 0, 2)


def test_strongest_pairs_are_ranked_by_what_they_explain():
    columns = np.array([[0, 1], [0, 2], [1, 2]])
    weights = np.array([[[1.0, -3.0], [-2.0, 0.5], [1.5, 3.0]]])
    found = PairWeights(columns, weights, np.array([[1.0, 1.0, 4.0]])).strongest(2)
    # 1 * 1, 2 * 1, 1.5 * 2; and 3 * 1, .5 * 1, 3 * 2.
    assert_array_equal(found.columns, [[[[1, 2], [0, 2]], [[1, 2], [0, 1]]]])
    assert_array_equal(found.weights, [[[1.5, -2.0], [3.0, -3.0]]])
    assert_array_equal(found.variances, [[[9.0, 4.0], [36.0, 9.0]]])
