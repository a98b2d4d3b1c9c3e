"""Moments of curved functions of sums, against enumeration of all combinations of cells."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklime._exact._curved import N_STEPS, curved_moments, rounded_to_steps

STARTS = np.array([0, 3, 5])
CELLS = [range(3), range(3, 5), range(5, 9)]


def random_cells(seed, n_rows=4):
    """Effects, probabilities, and probabilities times encodings of three columns."""
    rng = np.random.default_rng(seed)
    effects = rng.normal(size=(n_rows, 9))
    masses = rng.random((n_rows, 9))
    masses /= np.repeat(np.add.reduceat(masses, STARTS, axis=1), [3, 2, 4], axis=1)
    return effects, masses, masses * rng.random((n_rows, 9))


@pytest.mark.parametrize("seed", range(3))
def test_moments_are_those_of_enumeration(seed):
    _, masses, encoded = random_cells(seed)
    rng = np.random.default_rng(seed)
    # Sums above the number of steps wrap around, and are exact all the same.
    counts = rng.integers(0, N_STEPS, masses.shape)
    table = rng.normal(size=(len(masses), N_STEPS))
    means, products = curved_moments(counts, table, masses, encoded, STARTS)
    for row in range(len(masses)):
        wanted, with_encoding = 0.0, np.zeros(3)
        for cells in itertools.product(*CELLS):
            value = table[row, counts[row, list(cells)].sum() % N_STEPS]
            of_cells = masses[row, list(cells)]
            wanted += value * of_cells.prod()
            for column, cell in enumerate(cells):
                others = np.delete(of_cells, column).prod()
                with_encoding[column] += value * others * encoded[row, cell]
        assert_allclose(means[row], wanted, atol=1e-13)
        assert_allclose(products[row], with_encoding, atol=1e-13)


def test_moments_of_a_row_do_not_depend_on_other_rows():
    effects, masses, encoded = random_cells(0)
    counts, values = rounded_to_steps(effects, masses, np.zeros(4), STARTS)
    together = curved_moments(counts, np.tanh(values), masses, encoded, STARTS)
    alone = curved_moments(counts[2:3], np.tanh(values[2:3]), masses[2:3], encoded[2:3], STARTS)
    for one, other in zip(together, alone):
        assert_allclose(one[2:3], other, atol=1e-14)


def test_steps_have_the_given_mean_and_are_close_to_the_effects():
    effects, masses, _ = random_cells(1)
    mean = np.arange(4.0)
    counts, values = rounded_to_steps(effects, masses, mean, STARTS)
    size = values[:, 1] - values[:, 0]
    assert_allclose(values[:, 0] + size * (counts * masses).sum(axis=1), mean, atol=1e-11)
    cells = [1, 4, 7]
    found = np.take_along_axis(values, counts[:, cells].sum(axis=1)[:, None], axis=1)[:, 0]
    wanted = mean + effects[:, cells].sum(axis=1) - (effects * masses).sum(axis=1)
    assert (np.abs(found - wanted) <= 3 * size).all()
    assert counts.max(axis=1).max() < N_STEPS


def test_effects_that_are_all_the_same_take_no_step():
    _, masses, _ = random_cells(2)
    counts, values = rounded_to_steps(np.full((4, 9), 3.0), masses, np.full(4, 0.5), STARTS)
    assert (counts == 0).all()
    assert_allclose(values[:, 0], 0.5)
