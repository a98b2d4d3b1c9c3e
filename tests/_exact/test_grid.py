"""Cells of columns: which values lie in them, and how likely they are."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scored import combinations, explainer_of, whole_numbers

NEIGHBORHOODS = ["anchored", "shared"]


def mixed_table():
    """Numbers, many whole numbers, and numbers of which some are missing."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=400), rng.integers(0, 300, 400), rng.normal(size=400)])
    X[rng.random(400) < 0.1, 2] = np.nan
    return X, (X[:, 0] + X[:, 1] / 100 > 1).astype(int)


@pytest.fixture
def explainer():
    return explainer_of("histogram", *mixed_table(), keep=0.5)


def test_no_cell_lies_in_two_bins(explainer):
    grid, encoder = explainer._scores.effects.grid, explainer._encoder
    drawn = explainer.background_.sample(np.random.default_rng(1).random((5000, 3)))
    cells, bins = grid.cells_of(drawn), encoder.represent(drawn)
    for index, (column, start) in enumerate(zip(grid.columns, grid.starts)):
        assert_array_equal(column.support.bins[cells[:, index] - start], bins[:, index])


def test_cells_are_as_likely_as_draws_say(explainer):
    grid = explainer._scores.effects.grid
    points = (np.arange(2**14) + 0.5) / 2**14
    cells = grid.cells_of(explainer.background_.sample(np.tile(points[:, None], 3)))
    for column, start, found in zip(grid.columns, grid.starts, cells.T):
        shares = np.bincount(found - start, minlength=column.n_cells) / 2**14
        assert_allclose(shares, column.support.weights, atol=2 / 2**14)


def test_a_column_of_many_whole_numbers_has_few_cells(explainer):
    column = explainer._scores.effects.grid.columns[1]
    assert 64 <= column.n_cells <= 70
    assert_allclose(column.support.weights.sum(), 1.0)


@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS)
def test_probabilities_around_rows_add_up_to_those_of_the_encoding(neighborhood):
    X, y = mixed_table()
    explainer = explainer_of("histogram", X, y, neighborhood=neighborhood)
    rows = np.vstack([X[:5], [[99.0, -5.0, np.nan]]])
    plan = explainer._scores
    around = plan.exact.tilts.around(explainer._encoder.represent(rows))
    grid = plan.effects.grid
    masses, encoded = grid.masses_around(rows, around)
    assert_allclose(np.add.reduceat(masses, grid.starts, axis=1), 1.0)
    assert_allclose(np.add.reduceat(encoded, grid.starts, axis=1), around.means)


@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS)
def test_probabilities_around_a_row_are_those_of_enumeration(neighborhood):
    X, y = whole_numbers()
    explainer = explainer_of("boosting", X, y, neighborhood=neighborhood)
    plan, row = explainer._scores, X[0]
    flat, w, Z = combinations(explainer, X, row)
    around = plan.exact.tilts.around(explainer._encoder.represent(row[None]))
    grid = plan.effects.grid
    masses, encoded = grid.masses_around(row[None], around)
    cells = grid.cells_of(flat)
    for index in range(3):
        shares = np.bincount(cells[:, index], w, grid.n_cells)
        with_encoding = np.bincount(cells[:, index], w * Z[:, index], grid.n_cells)
        here = slice(grid.starts[index], grid.starts[index] + grid.columns[index].n_cells)
        assert_allclose(masses[0, here], shares[here], atol=1e-14)
        assert_allclose(encoded[0, here], with_encoding[here], atol=1e-14)


def test_an_unknown_level_has_a_cell_of_its_own_without_mass():
    X, y = whole_numbers()
    explainer = explainer_of("boosting", X, y, categorical_features=[1])
    grid = explainer._scores.effects.grid
    column = grid.columns[1]
    known, unknown = column.cells_of(np.array([4.0, 9.0]), is_level=True)
    assert known == column.n_cells - 1
    assert unknown == column.n_cells
    assert column.cells_of(np.array([9.0]), is_level=False) == column.n_cells - 1
