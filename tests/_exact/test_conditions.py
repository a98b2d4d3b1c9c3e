"""Probabilities of conditions, from the values of one column."""

import numpy as np
from exact_by_enumeration import anchored_tilt, column_points, random_support, random_trees
from numpy.testing import assert_allclose, assert_array_equal

from sklime._exact._conditions import conditions_of, met_conditions, quotients, with_default
from sklime._exact._nodes import NOTHING, nodes_of


def test_parts_are_sums_over_the_values_of_a_column():
    rng = np.random.default_rng(0)
    supports = [random_support(rng, is_binned=i != 2, misses=True) for i in range(3)]
    trees = random_trees(rng, 3, depth=5)
    nodes = nodes_of(trees, np.arange(3), supports, [s.values[:, None] for s in supports])
    rows = rng.integers(0, 5, (4, 3)).astype(float)
    rows[0, 0], rows[1, 1] = 50.0, np.nan
    tilt, layout = anchored_tilt(supports, rows, 0.6), nodes.layout
    met = met_conditions(layout, nodes.meets(rows))
    found = conditions_of(nodes, met, tilt, slice(0, 4))
    for node in range(layout.bounds[1], layout.n_nodes):
        column = layout.column[node]
        for row in range(4):
            points = column_points(supports[column], rows[row, column], tilt, row, column)
            values, probabilities, encodings = points
            inside = encodings > 0 if supports[column].is_binned else np.ones(len(values), bool)
            goes = np.ones(len(values), bool)
            above = node
            while above != NOTHING:
                left = trees.goes_left(np.array(layout.split[above]), values)
                goes &= left == layout.is_left[above]
                above = layout.previous[above]
            weights = probabilities * goes
            assert_allclose(found.inside[node, row], weights[inside].sum(), atol=1e-14)
            assert_allclose(found.outside[node, row], weights[~inside].sum(), atol=1e-14)
            assert_allclose(found.encoded[node, row], weights @ encodings, atol=1e-14)
            assert met[node, row] == goes[-1]
            assert found.means[node, row] == tilt.means[row, column]


def test_previous_numbers_and_defaults():
    numbers = np.array([[1.0], [2.0], [3.0]])
    previous = np.array([NOTHING, 0, NOTHING])
    assert_array_equal(with_default(numbers, previous, 9.0), [[9.0], [1.0], [9.0]])
    assert_array_equal(with_default(numbers, previous, -numbers), [[-1.0], [1.0], [-3.0]])


def test_quotients_have_a_default():
    assert_array_equal(quotients(np.array([1.0, 1.0]), np.array([2.0, 0.0])), [0.5, 0.0])
    assert_array_equal(quotients(np.array([1.0]), np.array([0.0]), np.array([7.0])), [7.0])
