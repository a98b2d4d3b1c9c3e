"""Exact moments of trees against enumeration of all combinations of values."""

import numpy as np
import pytest
from exact_by_enumeration import (
    anchored_tilt,
    enumerated,
    random_support,
    random_trees,
    shared_tilt,
)
from numpy.testing import assert_allclose

from sklime._exact._nodes import nodes_of
from sklime._exact._walk import expectations

KEEPS = [0.01, 0.3, 0.75, 0.99]


def assert_exact(trees, supports, rows, tilt, derive=None, owners=None):
    owners = np.arange(len(supports)) if owners is None else owners
    derived = [support.values[:, None] for support in supports]
    if derive is not None:
        filled = [np.tile(values, (1, len(supports))) for values in derived]
        derived = [derive(values)[:, owners == index] for index, values in enumerate(filled)]
    else:
        derive = np.asarray
    nodes = nodes_of(trees, owners, supports, derived)
    found = expectations(nodes, nodes.meets(derive(rows)), tilt)
    wanted = enumerated(lambda X: trees.predict(derive(X)), supports, rows, tilt)
    for one, other in zip(found, wanted):
        assert_allclose(one, other, atol=1e-12)


def rows_of(rng, n_columns, *, misses=False):
    """Rows of known values, unknown values, values far outside and missing ones."""
    rows = rng.integers(0, 5, (6, n_columns)).astype(float)
    rows[1, 0], rows[2, 1], rows[3, :2] = 77.0, -50.0, 4.5
    if misses:
        rows[4, 1] = rows[5, 0] = np.nan
    return rows


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize("misses", [False, True])
@pytest.mark.parametrize("levels_of", [(), (1,)])
def test_anchored_bins(keep, misses, levels_of):
    rng = np.random.default_rng(int(keep * 100))
    supports = [random_support(rng, misses=misses) for _ in range(4)]
    trees = random_trees(rng, 4, depth=5, levels_of=levels_of)
    rows = rows_of(rng, 4, misses=misses)
    assert_exact(trees, supports, rows, anchored_tilt(supports, rows, keep))


@pytest.mark.parametrize("outside", [0.2, 0.9])
@pytest.mark.parametrize("misses", [False, True])
def test_shared_bins(outside, misses):
    rng = np.random.default_rng(7)
    supports = [random_support(rng, misses=misses) for _ in range(4)]
    trees = random_trees(rng, 4, depth=5)
    rows = rows_of(rng, 4, misses=misses)
    assert_exact(trees, supports, rows, shared_tilt(supports, rows, outside))


@pytest.mark.parametrize("keep", KEEPS)
@pytest.mark.parametrize("misses", [False, True])
def test_anchored_standard_scores(keep, misses):
    rng = np.random.default_rng(int(keep * 100) + 1)
    supports = [random_support(rng, is_binned=i % 2 == 0, misses=misses) for i in range(4)]
    trees = random_trees(rng, 4, depth=5)
    rows = rows_of(rng, 4, misses=misses)
    assert_exact(trees, supports, rows, anchored_tilt(supports, rows, keep))


def test_a_column_that_is_always_kept():
    rng = np.random.default_rng(5)
    supports = [random_support(rng) for _ in range(3)]
    trees = random_trees(rng, 3, depth=5)
    rows = rows_of(rng, 3)
    assert_exact(trees, supports, rows, anchored_tilt(supports, rows, [1.0, 0.4, 0.7]))


def test_several_derived_columns_of_one_column():
    rng = np.random.default_rng(11)
    supports = [random_support(rng, misses=True) for _ in range(3)]
    owners = np.array([0, 1, 1, 2, 0])
    trees = random_trees(rng, 5, depth=6)

    def derive(X):
        a, b, c = X.T
        return np.column_stack([a, b, np.abs(b - 2.0), c, np.isnan(a) + 4.0 * (a == 2.0)])

    rows = rows_of(rng, 3, misses=True)
    assert_exact(trees, supports, rows, anchored_tilt(supports, rows, 0.6), derive, owners)


def test_single_nodes():
    rng = np.random.default_rng(2)
    supports = [random_support(rng) for _ in range(2)]
    trees = random_trees(rng, 2, depth=0)
    rows = rows_of(rng, 2)
    assert_exact(trees, supports, rows, anchored_tilt(supports, rows, 0.5))
