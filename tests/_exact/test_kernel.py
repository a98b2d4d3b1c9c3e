"""The fast kernel against the plain walk."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from exact_by_enumeration import bin_of, random_support, random_trees, score_of
from numpy.testing import assert_allclose, assert_array_equal

from sklime._exact import _kernel
from sklime._exact._kernel import Kernel
from sklime._exact._nodes import nodes_of
from sklime._exact._supports import Support
from sklime._exact._tilt import Tilts
from sklime._exact._walk import Tilt, expectations
from sklime._readings._trees import LEAF


def widened(tilt):
    """The tilt with one more column, which never changes."""

    def with_column(array, value):
        return np.column_stack([array, np.full(len(array), value, dtype=array.dtype)])

    defaults = {"own": 1.0, "inside": 0.0, "outside": 0.0, "means": 1.0, "encodings": 1.0}
    defaults["bins"] = 0
    return Tilt(**{name: with_column(getattr(tilt, name), v) for name, v in defaults.items()})


def nodes_on(trees, supports, owners=None, derived=None):
    """Nodes over supports and a constant column."""
    owners = np.arange(len(supports)) if owners is None else owners
    derived = [s.values[:, None] for s in supports] if derived is None else derived
    everything = [*derived, np.ones((1, int((owners == len(supports)).sum())))]
    return nodes_of(trees, owners, [*supports, Support.of_one_value()], everything)


def tilt_of(tilts, rows):
    instance = np.empty(rows.shape)
    for (row, index), value in np.ndenumerate(rows):
        support = tilts.supports[index]
        instance[row, index] = bin_of(support, value) if support.is_binned else score_of(value)
    return tilts.around(instance).tilt


def assert_as_walk(nodes, tilts, tilt, derived):
    kernel = Kernel.of(nodes, tilts)
    means, covariances = kernel(derived, tilt)
    wanted = expectations(nodes, nodes.meets(derived), widened(tilt))
    largest = np.abs(nodes.values).max() * len(nodes.trees.roots)
    assert_allclose(means, wanted[0], rtol=0.0, atol=1e-12 * largest)
    assert_allclose(covariances, wanted[1][:, :-1], rtol=0.0, atol=1e-12 * largest)
    return kernel


def rows_of(rng, n_columns, *, misses):
    rows = rng.integers(0, 5, (40, n_columns)) + 0.5 * (rng.random((40, n_columns)) < 0.2)
    rows[1, 0], rows[2, 1], rows[3, :2] = 77.0, -50.0, 4.5
    if misses:
        rows[rng.random(rows.shape) < 0.2] = np.nan
    return rows


def random_case(
    seed, *, n_trees=4, depth=5, keep=0.7, outside=1.0, misses=False, binned=None, **options
):
    rng = np.random.default_rng(seed)
    binned = [True] * 4 if binned is None else binned
    supports = [random_support(rng, misses=misses, is_binned=is_binned) for is_binned in binned]
    trees = random_trees(rng, len(binned), depth=depth, n_trees=n_trees, **options)
    rows = rows_of(rng, len(binned), misses=misses)
    tilts = Tilts.of(supports, np.full(len(binned), keep), outside)
    return nodes_on(trees, supports), tilts, tilt_of(tilts, rows), rows


@pytest.mark.parametrize("keep", [0.01, 0.3, 0.75, 0.99])
@pytest.mark.parametrize("misses", [False, True])
@pytest.mark.parametrize("levels_of", [(), (1,), (0, 1, 2, 3)])
def test_anchored_bins(keep, misses, levels_of):
    assert_as_walk(*random_case(1, keep=keep, misses=misses, levels_of=levels_of))


@pytest.mark.parametrize("outside", [0.2, 0.9])
@pytest.mark.parametrize("misses", [False, True])
def test_shared_bins(outside, misses):
    assert_as_walk(*random_case(2, keep=0.0, outside=outside, misses=misses))


@pytest.mark.parametrize("keep", [0.01, 0.75, 1.0])
@pytest.mark.parametrize("binned", [[False] * 4, [True, False, True, False]])
def test_standard_scores(keep, binned):
    assert_as_walk(*random_case(3, keep=keep, binned=binned, misses=True))


@pytest.mark.parametrize("depth", [0, 1, 9])
def test_shallow_and_deep_trees(depth):
    assert_as_walk(*random_case(4, depth=depth, n_trees=7))


def test_one_output_and_three():
    for n_outputs in (1, 3):
        assert_as_walk(*random_case(5, n_outputs=n_outputs))


@pytest.mark.parametrize("total", [0.0, 0.25])
def test_two_outputs_that_add_up_to_a_constant_take_one_walk(total):
    nodes, tilts, tilt, rows = random_case(13, n_outputs=1)
    is_leaf = nodes.trees.feature[nodes.layout.source] == LEAF
    values = np.where(is_leaf[:, None], [[0.0, total]] + nodes.values * [[1.0, -1.0]], 0.0)
    kernel = assert_as_walk(replace(nodes, values=values), tilts, tilt, rows)
    assert kernel.total == pytest.approx(4 * total, abs=1e-14)
    values[np.flatnonzero(is_leaf)[3], 1] += 1e-6
    kernel = assert_as_walk(replace(nodes, values=values), tilts, tilt, rows)
    assert kernel.total is None


@pytest.mark.parametrize("n_outputs", [3, 5])
def test_outputs_that_add_up_to_a_constant_take_one_walk_less(n_outputs):
    nodes, tilts, tilt, rows = random_case(14, n_outputs=n_outputs)
    is_leaf = nodes.trees.feature[nodes.layout.source] == LEAF
    values = np.where(is_leaf[:, None], np.abs(nodes.values), 0.0)
    values[is_leaf] /= values[is_leaf].sum(axis=1, keepdims=True)
    nodes = replace(nodes, values=values)
    kernel = assert_as_walk(nodes, tilts, tilt, rows)
    assert kernel.total == pytest.approx(4.0)
    outputs = np.random.default_rng(0).integers(0, n_outputs, (len(rows), 1))
    means, covariances = kernel(rows, tilt, outputs)
    of_all = kernel(rows, tilt)
    assert_allclose(means, np.take_along_axis(of_all[0], outputs, axis=1), atol=1e-14)
    picked = np.take_along_axis(of_all[1], outputs[:, None], axis=2)
    assert_allclose(covariances, picked, atol=1e-14)


def test_several_derived_columns_of_one_column_and_a_constant_one():
    rng = np.random.default_rng(11)
    supports = [random_support(rng, misses=True) for _ in range(3)]
    owners = np.array([0, 1, 1, 2, 0, 3])
    trees = random_trees(rng, 6, depth=7, levels_of=(4,))

    def derive(X):
        a, b, c = X.T
        ones = np.ones(len(X))
        return np.column_stack([a, b, np.abs(b - 2.0), c, np.isnan(a) + 4.0 * (a == 2.0), ones])

    rows = rows_of(rng, 3, misses=True)
    derived = []
    for index, support in enumerate(supports):
        filled = derive(np.tile(support.values[:, None], (1, 3)))
        derived.append(filled[:, owners == index])
    tilts = Tilts.of(supports, np.full(3, 0.6), 1.0)
    nodes = nodes_on(trees, supports, owners, derived)
    assert_as_walk(nodes, tilts, tilt_of(tilts, rows), derive(rows))


def test_columns_of_different_rates_of_keeping():
    nodes, tilts, _, rows = random_case(6)
    tilts = Tilts.of(tilts.supports, [1.0, 0.4, 0.9, 0.0], 1.0)
    assert_as_walk(nodes, tilts, tilt_of(tilts, rows), rows)


@pytest.mark.parametrize("levels_of", [(), (1,)])
def test_a_row_is_the_same_to_the_last_bit_in_any_batch(levels_of, monkeypatch):
    nodes, tilts, tilt, rows = random_case(7, misses=True, levels_of=levels_of, n_trees=30)
    kernel = Kernel.of(nodes, tilts)
    means, covariances = kernel(rows, tilt)
    for some in ([0], [39], [3, 5], np.arange(33), np.arange(39, -1, -1)):
        own = Tilt(**{name: array[some] for name, array in tilt.__dict__.items()})
        found = kernel(rows[some], own)
        assert_array_equal(found[0], means[some])
        assert_array_equal(found[1], covariances[some])
    monkeypatch.setattr(_kernel, "_ROWS_AT_ONCE", 7)
    monkeypatch.setattr(_kernel, "_MOST_ROWS", 3)
    assert_array_equal(kernel(rows, tilt)[1], covariances)


def test_many_groups_are_as_one(monkeypatch):
    monkeypatch.setattr(_kernel, "_SMALLEST_GROUP", 40)
    kernel = assert_as_walk(*random_case(8, n_trees=20))
    assert len(kernel.parts) > 5


@pytest.mark.parametrize("n_outputs", [1, 2, 3])
@pytest.mark.parametrize("is_mirrored", [False, True])
def test_wanted_outputs_are_those_of_all(n_outputs, is_mirrored):
    nodes, tilts, tilt, rows = random_case(15, n_outputs=n_outputs)
    if is_mirrored and n_outputs == 2:
        nodes = replace(nodes, values=nodes.values[:, :1] * [1.0, -1.0])
    kernel = Kernel.of(nodes, tilts)
    means, covariances = kernel(rows, tilt)
    wanted = np.random.default_rng(0).integers(0, n_outputs, (len(rows), 2))
    found = kernel(rows, tilt, wanted)
    assert_array_equal(found[0], np.take_along_axis(means, wanted, axis=1))
    assert_array_equal(found[1], np.take_along_axis(covariances, wanted[:, None], axis=2))


def test_threads_share_a_kernel():
    nodes, tilts, tilt, rows = random_case(14, n_trees=30)
    kernel = Kernel.of(nodes, tilts)
    alone = kernel(rows, tilt)[1]
    with ThreadPoolExecutor(4) as pool:
        for together in pool.map(lambda _: kernel(rows, tilt)[1], range(20)):
            assert_array_equal(together, alone)


def test_no_rows():
    nodes, tilts, tilt, rows = random_case(9)
    none = Tilt(**{name: array[:0] for name, array in tilt.__dict__.items()})
    means, covariances = Kernel.of(nodes, tilts)(rows[:0], none)
    assert means.shape == (0, 2)
    assert covariances.shape == (0, 4, 2)


def test_a_pickled_kernel_is_the_same():
    nodes, tilts, tilt, rows = random_case(10)
    kernel = Kernel.of(nodes, tilts)
    again = pickle.loads(pickle.dumps(kernel))
    assert_array_equal(again(rows, tilt)[1], kernel(rows, tilt)[1])


def test_cost_grows_with_nodes():
    small, large = (
        Kernel.of(*random_case(12, n_trees=n_trees)[:2]).cost_per_row() for n_trees in (4, 40)
    )
    assert 5.0 < large / small < 20.0


@pytest.mark.parametrize("misses", [False, True])
@pytest.mark.parametrize("levels_of", [(), (1,), (0, 1, 2, 3)])
@pytest.mark.parametrize("depth", [0, 1, 7])
def test_leaves_are_those_of_a_walk_from_the_roots(misses, levels_of, depth):
    case = random_case(21, misses=misses, levels_of=levels_of, depth=depth, n_trees=6)
    nodes, tilts, _, rows = case
    found = Kernel.of(nodes, tilts).leaves_of(rows)
    assert_array_equal(found, nodes.trees.apply(rows))


def test_leaves_are_found_in_many_blocks_and_groups(monkeypatch):
    monkeypatch.setattr(_kernel, "_ROWS_AT_ONCE", 16)
    monkeypatch.setattr(_kernel, "_SMALLEST_GROUP", 8)
    nodes, tilts, _, rows = random_case(22, n_trees=9)
    kernel = Kernel.of(nodes, tilts)
    assert len(kernel.parts) > 1
    assert_array_equal(kernel.leaves_of(rows), nodes.trees.apply(rows))


def test_leaves_of_shallow_trees_are_found_fast():
    shallow = Kernel.of(*random_case(23, n_trees=40, depth=3)[:2])
    assert shallow.finds_leaves_fast
    deep = Kernel.of(*random_case(23, n_trees=1, depth=9)[:2])
    assert not deep.finds_leaves_fast
