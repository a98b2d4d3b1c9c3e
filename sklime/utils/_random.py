"""Seeds and low-discrepancy points; the only module that makes random generators."""

import inspect

import numpy as np
from scipy.stats import qmc
from sklearn.utils import check_random_state

from sklime.utils._types import FloatArray, RandomState

__all__ = [
    "SOBOL_MAX_DIMENSIONS",
    "draw_seed",
    "generator",
    "independent_points",
    "resampling_offsets",
    "sobol_points",
]

SOBOL_MAX_DIMENSIONS: int = qmc.Sobol.MAXDIM

# scipy renamed the keyword from `seed` to `rng` in 1.15 and kept both for a while.
_SEED_KEYWORD = "rng" if "rng" in inspect.signature(qmc.Sobol.__init__).parameters else "seed"

# Scrambled Sobol coordinates are multiples of 2**-30 and may be zero. Half a step moves them
# off the ends of the interval, where inverse distribution functions are infinite.
_HALF_STEP = 2.0**-31

# Draws for another purpose from the same seed: this number keeps them independent.
_RESAMPLING = 1


def draw_seed(random_state: RandomState) -> int:
    """Draw one seed, without touching NumPy's global random state.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        `None` draws from fresh entropy of the operating system. The global generator is not
        used and stays unchanged.

    Returns
    -------
    seed : int
        Non-negative, below ``2**31 - 1``.
    """
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] >> 1)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def sobol_points(
    n_points: int, n_dimensions: int, seed_sequence: np.random.SeedSequence
) -> FloatArray:
    """Return the first points of one scrambled Sobol sequence.

    Parameters
    ----------
    n_points : int
        Number of points. It need not be a power of two: the sequence is cut there.

    n_dimensions : int
        Number of coordinates, at most `SOBOL_MAX_DIMENSIONS`.

    seed_sequence : numpy.random.SeedSequence
        Seed of the scrambling.

    Returns
    -------
    points : ndarray of shape (n_points, n_dimensions)
        In the open interval (0, 1).
    """
    generator = np.random.default_rng(seed_sequence)
    engine = qmc.Sobol(n_dimensions, scramble=True, **{_SEED_KEYWORD: generator})
    # Only a power of two of points is balanced, so draw that many and cut.
    exponent = int(np.ceil(np.log2(n_points)))
    points: FloatArray = engine.random_base2(exponent)[:n_points] + _HALF_STEP
    return points


def independent_points(
    n_points: int, n_dimensions: int, seed_sequence: np.random.SeedSequence
) -> FloatArray:
    """Return independent uniform points.

    Parameters
    ----------
    n_points : int
        Number of points.

    n_dimensions : int
        Number of coordinates.

    seed_sequence : numpy.random.SeedSequence
        Seed of the points.

    Returns
    -------
    points : ndarray of shape (n_points, n_dimensions)
        In the open interval (0, 1).
    """
    points = np.random.default_rng(seed_sequence).random((n_points, n_dimensions))
    return np.clip(points, _HALF_STEP, 1.0 - _HALF_STEP)


def generator(seed: int, *path: int) -> np.random.Generator:
    """Return the generator of one piece of a larger draw.

    Parameters
    ----------
    seed : int
        Seed of the whole draw.

    *path : int
        Index of the piece. Pieces are independent and can be drawn in any order.

    Returns
    -------
    generator : numpy.random.Generator
        The same arguments give the same numbers.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=path))


def resampling_offsets(n_offsets: int, seed: int) -> FloatArray:
    """Return the offsets at which systematic resampling begins.

    Parameters
    ----------
    n_offsets : int
        Number of samples, each resampled separately.

    seed : int
        Seed of the offsets.

    Returns
    -------
    offsets : ndarray of shape (n_offsets,)
        Independent, uniform in [0, 1).
    """
    return np.random.default_rng(np.random.SeedSequence((seed, _RESAMPLING))).random(n_offsets)
