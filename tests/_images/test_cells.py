"""Sums of weights over cells."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklime._images._cells import cell_names, cell_sums, default_cells


@pytest.mark.parametrize(
    ("spaces", "expected"),
    [
        ([(8, 8)], (8, 8)),
        ([(28, 28), (20, 40)], (28, 32)),
        ([(1, 5000)], (1, 32)),
        ([(16, 64, 64)], (10, 10, 10)),
        ([(4, 64, 64)], (4, 10, 10)),
    ],
)
def test_cells_are_pixels_of_small_pictures(spaces, expected):
    assert default_cells(spaces) == expected


def test_names_say_row_and_column():
    names = cell_names((12, 3))
    assert names[0] == "r00_c0"
    assert names[-1] == "r11_c2"
    assert cell_names((2, 3, 4))[-1] == "z1_r2_c3"
    assert len(set(names)) == len(names) == 36


@pytest.mark.parametrize("space", [(6, 8), (7, 5), (2, 3), (1, 11), (4, 6, 5)])
def test_sums_are_those_of_tiny_pixels(space, global_random_seed):
    random = np.random.default_rng(global_random_seed)
    cells = (3, 4, 2)[: len(space)]
    parts = random.integers(0, 5, space)
    parts.flat[:5] = range(5)
    values = random.normal(size=(5, 2))
    found = cell_sums(parts, values, cells)
    assert_allclose(found.sum(axis=1), values.sum(axis=0))
    # Each pixel as many small ones, all of which lie in one cell.
    density = (values / np.bincount(parts.ravel())[:, None])[parts]
    sums = np.zeros((*cells, 2))
    for index in np.ndindex(*(length * count for length, count in zip(space, cells))):
        pixel = tuple(i // count for i, count in zip(index, cells))
        cell = tuple(i // length for i, length in zip(index, space))
        sums[cell] += density[pixel] / np.prod(cells)
    assert_allclose(found, sums.reshape(-1, 2).T, atol=1e-12)


def test_cells_of_one_pixel_hold_what_the_pixel_has():
    parts = np.array([[0, 0], [1, 0]])
    found = cell_sums(parts, np.array([[3.0], [5.0]]), (2, 2))
    assert found.tolist() == [[1.0, 1.0, 5.0, 1.0]]
