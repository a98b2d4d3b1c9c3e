"""Exact moments of a curved function of a sum over independent columns.

Each column adds a whole number of steps, so that the distribution of the sum is a product of
discrete Fourier transforms. With F_j the transform of the distribution of column j and G_j that of
the same distribution times the encoding, ``E[h Z_j]`` is the inner product of the transform of the
table of h with G_j times the product of all other F_k: no sampling and no approximation.
"""

from typing import NamedTuple

import numpy as np

from sklime.utils._types import Array, FloatArray, IntArray

__all__ = ["N_STEPS", "Steps", "curved_moments", "rounded_to_steps"]

# Steps from the smallest to the largest sum.
N_STEPS = 512

# Numbers of the arrays of one block of rows.
_BLOCK_NUMBERS = 2**21


class Steps(NamedTuple):
    """Sums over columns in whole steps.

    Parameters
    ----------
    counts : ndarray of int of shape (n_rows, n_cells)
        Number of steps that each cell adds, from 0.

    values : ndarray of shape (n_rows, N_STEPS)
        The sum that each number of steps stands for.
    """

    counts: IntArray
    values: FloatArray


def rounded_to_steps(
    effects: FloatArray, masses: FloatArray, mean: FloatArray, starts: IntArray
) -> Steps:
    """Round what cells add to whole steps.

    Parameters
    ----------
    effects : ndarray of shape (n_rows, n_cells)
        What each cell adds, up to a constant for each row and column.

    masses : ndarray of shape (n_rows, n_cells)
        Probabilities; cells without any do not count for the size of a step.

    mean : ndarray of shape (n_rows,)
        Mean of the sum.

    starts : ndarray of int of shape (n_columns,)
        First cell of each column.

    Returns
    -------
    steps : Steps
        The largest sum has at most ``N_STEPS - 1`` steps.
    """
    has_mass = masses > 0.0
    lowest = np.minimum.reduceat(np.where(has_mass, effects, np.inf), starts, axis=1)
    highest = np.maximum.reduceat(np.where(has_mass, effects, -np.inf), starts, axis=1)
    # Rounding may add half a step for each column.
    n_free = max(1, N_STEPS - 1 - len(starts))
    size = (highest - lowest).sum(axis=1) / n_free
    size = np.where(size > 0.0, size, 1.0)
    widths = np.diff(np.append(starts, effects.shape[1]))
    above = np.where(has_mass, effects - np.repeat(lowest, widths, axis=1), 0.0)
    counts = np.rint(above / size[:, None]).astype(np.intp)
    offset = mean - size * (counts * masses).sum(axis=1)
    return Steps(counts, offset[:, None] + size[:, None] * np.arange(N_STEPS))


def curved_moments(
    counts: IntArray,
    table: FloatArray,
    masses: FloatArray,
    encoded: FloatArray,
    starts: IntArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the mean of a function of the sum, and its mean times the encoding.

    Parameters
    ----------
    counts : ndarray of int of shape (n_rows, n_cells)
        Number of steps that each cell adds. Sums count modulo `N_STEPS`.

    table : ndarray of shape (n_rows, N_STEPS)
        The function at each number of steps.

    masses, encoded : ndarray of shape (n_rows, n_cells)
        Probabilities of the cells, and probabilities times mean encodings.

    starts : ndarray of int of shape (n_columns,)
        First cell of each column.

    Returns
    -------
    means : ndarray of shape (n_rows,)
        Means of the function.

    products : ndarray of shape (n_rows, n_columns)
        Means of the function times the encoding of each column.
    """
    means, products = np.empty(len(counts)), np.empty((len(counts), len(starts)))
    step = max(1, _BLOCK_NUMBERS // (N_STEPS * len(starts)))
    for start in range(0, len(counts), step):
        rows = slice(start, start + step)
        means[rows], products[rows] = _moments_of_block(
            counts[rows], table[rows], masses[rows], encoded[rows], starts
        )
    return means, products


def _moments_of_block(
    counts: IntArray, table: FloatArray, masses: FloatArray, encoded: FloatArray, starts: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return the moments of some rows."""
    of_masses = _transformed(counts, masses, starts)
    of_encoded = _transformed(counts, encoded, starts)
    # Products of all other columns without a division: transforms may be zero.
    others = np.ones(of_masses.shape, dtype=complex)
    before = np.ones_like(of_masses[0])
    after = np.ones_like(of_masses[0])
    n_columns = len(starts)
    for index in range(n_columns):
        others[index] *= before
        before = before * of_masses[index]
        back = n_columns - 1 - index
        others[back] *= after
        after = after * of_masses[back]
    # Frequencies between the first and the last stand for two of the full transform.
    weights = np.full(N_STEPS // 2 + 1, 2.0 / N_STEPS)
    weights[[0, -1]] = 1.0 / N_STEPS
    function = np.fft.rfft(table, axis=-1).conj() * weights
    means = (before * function).real.sum(axis=-1)
    products = (of_encoded * others * function).real.sum(axis=-1).T
    return means, products


def _transformed(counts: IntArray, masses: FloatArray, starts: IntArray) -> Array:
    """Return the transforms of the distributions, of shape (n_columns, n_rows, n_frequencies)."""
    n_rows, n_cells = counts.shape
    column = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, n_cells)))
    at = (column * n_rows + np.arange(n_rows)[:, None]) * N_STEPS + counts % N_STEPS
    size = len(starts) * n_rows * N_STEPS
    spread = np.bincount(at.ravel(), masses.ravel(), size).reshape(len(starts), n_rows, N_STEPS)
    return np.fft.rfft(spread, axis=-1)
