"""Shapley values against all subsets of columns, and against shap on a product background."""

import itertools
from functools import cache
from math import factorial

import numpy as np
import pytest
from exact_by_enumeration import random_support, random_trees
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import RandomForestRegressor
from sklearn_trees import trees_of_forest

from sklime._exact._nodes import nodes_of
from sklime._exact._shapley import ShapleyWalk, additive_shapley_values


def by_subsets(predict, supports, row):
    """Shapley values by their definition: all subsets, all combinations of values."""
    d = len(supports)
    grid = np.array(list(itertools.product(*(support.values for support in supports))))
    weights = np.array(list(itertools.product(*(s.weights for s in supports)))).prod(axis=1)

    @cache
    def worth(subset):
        subset = sorted(subset)
        X = grid.copy()
        X[:, subset] = row[subset]
        return weights @ predict(X)

    values = []
    for column in range(d):
        others = [other for other in range(d) if other != column]
        values.append(
            sum(
                factorial(size) * factorial(d - size - 1) / factorial(d)
                * (worth(frozenset((*subset, column))) - worth(frozenset(subset)))
                for size in range(d)
                for subset in itertools.combinations(others, size)
            )
        )  # fmt: skip
    return np.array(values), worth(frozenset())


def case(seed, *, n_columns=4, depth=6, misses=False, levels_of=()):
    rng = np.random.default_rng(seed)
    supports = [random_support(rng, misses=misses) for _ in range(n_columns)]
    trees = random_trees(rng, n_columns, depth=depth, levels_of=levels_of)
    derived = [support.values[:, None] for support in supports]
    nodes = nodes_of(trees, np.arange(n_columns), supports, derived)
    rows = rng.integers(0, 5, (6, n_columns)).astype(float)
    rows[1, 0], rows[2, 1], rows[3, :2] = 77.0, -50.0, 4.5
    if misses:
        rows[4, 1] = rows[5, 0] = np.nan
    return supports, trees, nodes, rows


@pytest.mark.parametrize("misses", [False, True])
@pytest.mark.parametrize("levels_of", [(), (1,)])
@pytest.mark.parametrize("n_columns", [2, 3, 4])
def test_equal_the_sum_over_all_subsets(misses, levels_of, n_columns):
    supports, trees, nodes, rows = case(
        n_columns, n_columns=n_columns, misses=misses, levels_of=levels_of
    )
    found = ShapleyWalk.of(nodes, n_columns)(nodes.meets(rows))
    for row, values in zip(rows, found.values):
        wanted, mean = by_subsets(trees.predict, supports, row)
        assert_allclose(values, wanted, atol=1e-12)
        assert_allclose(found.mean, mean, atol=1e-12)


def test_several_derived_columns_of_one_column():
    rng = np.random.default_rng(11)
    supports = [random_support(rng, misses=True) for _ in range(3)]
    owners = np.array([0, 1, 1, 2, 0])
    trees = random_trees(rng, 5, depth=6)

    def derive(X):
        a, b, c = X.T
        return np.column_stack([a, b, np.abs(b - 2.0), c, np.isnan(a) + 4.0 * (a == 2.0)])

    filled = [np.tile(support.values[:, None], (1, 3)) for support in supports]
    derived = [derive(X)[:, owners == index] for index, X in enumerate(filled)]
    nodes = nodes_of(trees, owners, supports, derived)
    row = np.array([2.0, np.nan, 4.0])
    found = ShapleyWalk.of(nodes, 3)(nodes.meets(derive(row[None])))
    wanted, _ = by_subsets(lambda X: trees.predict(derive(X)), supports, row)
    assert_allclose(found.values[0], wanted, atol=1e-12)


@pytest.mark.parametrize("n_columns", [3, 12, 25])
def test_sum_to_the_response_minus_the_mean(n_columns):
    _, trees, nodes, rows = case(5, n_columns=n_columns, depth=12)
    found = ShapleyWalk.of(nodes, n_columns)(nodes.meets(rows))
    gap = trees.predict(rows) - found.mean
    assert_allclose(found.values.sum(axis=1), gap, atol=1e-12)


def test_values_without_mass_do_no_harm():
    # The row has a value that the background never has, and some leaves have no mass.
    rng = np.random.default_rng(0)
    supports = [random_support(rng, n_values=2) for _ in range(3)]
    trees = random_trees(rng, 3, depth=6)
    nodes = nodes_of(trees, np.arange(3), supports, [s.values[:, None] for s in supports])
    row = np.array([4.0, 3.0, 9.0])
    found = ShapleyWalk.of(nodes, 3)(nodes.meets(row[None]))
    wanted, _ = by_subsets(trees.predict, supports, row)
    assert_allclose(found.values[0], wanted, atol=1e-12)


def test_a_row_alone_has_the_values_that_it_has_in_a_batch():
    *_, nodes, rows = case(9)
    walk = ShapleyWalk.of(nodes, 4)
    together = walk(nodes.meets(np.tile(rows, (30, 1)))).values
    for row, values in zip(rows, together):
        assert_array_equal(walk(nodes.meets(row[None])).values[0], values)


def test_trees_without_splits_have_no_values():
    _, trees, nodes, rows = case(1, depth=0)
    found = ShapleyWalk.of(nodes, 4)(nodes.meets(rows))
    assert_array_equal(found.values, 0.0)
    assert_allclose(found.mean, trees.predict(rows)[0])


def test_additive_parts_are_slopes_times_differences():
    rng = np.random.default_rng(2)
    supports = [random_support(rng) for _ in range(3)]
    owners, coefficients = np.array([0, 1, 1, 2]), rng.normal(size=(4, 2))

    def derive(X):
        return np.column_stack([X[:, 0], X[:, 1], X[:, 1] ** 2, np.cos(X[:, 2])])

    filled = [np.tile(support.values[:, None], (1, 3)) for support in supports]
    means = np.array([supports[o].weights @ derive(filled[o])[:, i] for i, o in enumerate(owners)])
    rows = rng.integers(0, 5, (4, 3)).astype(float)
    found = additive_shapley_values(coefficients, derive(rows), means, owners, 3)
    for row, values in zip(rows, found.values):
        wanted, mean = by_subsets(lambda X: derive(X) @ coefficients, supports, row)
        assert_allclose(values, wanted, atol=1e-12)
        assert_allclose(found.mean, mean, atol=1e-12)
    total = found + found
    assert_allclose(total.values, 2 * found.values)
    assert_allclose(total.mean, 2 * found.mean)


def test_equal_those_of_shap_on_a_product_background():
    shap = pytest.importorskip("shap")
    rng = np.random.default_rng(3)
    X = rng.integers(0, 4, (300, 4)).astype(float)
    y = X[:, 0] * X[:, 1] + np.sin(X[:, 2]) - X[:, 3] * (X[:, 0] > 1)
    model = RandomForestRegressor(20, max_depth=6, random_state=0).fit(X, y)
    trees = trees_of_forest(model)
    supports = [random_support(rng, n_values=3) for _ in range(4)]
    for support in supports:
        support.weights[:] = 1 / 3
    nodes = nodes_of(trees, np.arange(4), supports, [s.values[:, None] for s in supports])
    rows = X[:8]
    found = ShapleyWalk.of(nodes, 4)(nodes.meets(rows))
    background = np.array(list(itertools.product(*(s.values for s in supports))))
    explainer = shap.TreeExplainer(model, background, feature_perturbation="interventional")
    assert_allclose(found.values[..., 0], explainer.shap_values(rows), atol=1e-6)
