"""Seeds and low-discrepancy points; the only room that makes random generators."""

import inspect

import numpy as np
from scipy.stats import qmc
from sklearn.utils import check_random_state

__all__ = [
    "SOBOL_MAX_DIMENSIONS",
    "draw_seed",
    "generator",
    "independent_points",
    "resampling_offsets",
    "sobol_points",
]

SOBOL_MAX_DIMENSIONS = qmc.Sobol.MAXDIM

# scipy renamed the keyword from `seed` to `rng` in 1.15 and kept both for a while.
_SEED_KEYWORD = "rng" if "rng" in inspect.signature(qmc.Sobol.__init__).parameters else "seed"

# Scrambled Sobol coordinates are multiples of 2**-30, zero among them; half a step
# moves them off the ends of the interval, where inverse distribution functions are infinite.
_HALF_STEP = 2.0**-31


# Sets apart what is drawn from the same seed for another purpose.
_RESAMPLING = 1


def draw_seed(random_state):
    """Draw one seed, without touching NumPy's global random state.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        `None` draws from fresh entropy of the operating system rather than from the
        global generator, which stays as it is.

    Returns
    -------
    seed : int
        Non-negative, below ``2**31 - 1``.
    """
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] >> 1)
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def sobol_points(n_points, n_dimensions, seed_sequence):
    """Return the first points of one scrambled Sobol sequence.

    Parameters
    ----------
    n_points : int
        Number of points, any number: the sequence is cut, not thinned.

    n_dimensions : int
        At most `SOBOL_MAX_DIMENSIONS`.

    seed_sequence : numpy.random.SeedSequence
        What the scrambling is drawn from.

    Returns
    -------
    points : ndarray of shape (n_points, n_dimensions)
        In the open interval (0, 1).
    """
    generator = np.random.default_rng(seed_sequence)
    engine = qmc.Sobol(n_dimensions, scramble=True, **{_SEED_KEYWORD: generator})
    exponent = int(np.ceil(np.log2(n_points)))
    return engine.random_base2(exponent)[:n_points] + _HALF_STEP


def independent_points(n_points, n_dimensions, seed_sequence):
    """Return independent uniform points.

    Parameters
    ----------
    n_points : int
        Number of points.

    n_dimensions : int
        Number of coordinates.

    seed_sequence : numpy.random.SeedSequence
        What the points are drawn from.

    Returns
    -------
    points : ndarray of shape (n_points, n_dimensions)
        In the open interval (0, 1).
    """
    points = np.random.default_rng(seed_sequence).random((n_points, n_dimensions))
    return np.clip(points, _HALF_STEP, 1.0 - _HALF_STEP)


def generator(seed, *path):
    """Return the generator of one piece of a larger draw.

    Parameters
    ----------
    seed : int
        What everything is drawn from.

    *path : int
        Which piece; pieces are independent of each other and can be drawn in any order.

    Returns
    -------
    generator : numpy.random.Generator
        Always the same for the same arguments.
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=path))


def resampling_offsets(n_offsets, seed):
    """Return where systematic resampling begins.

    Parameters
    ----------
    n_offsets : int
        Number of samples that are resampled, each on its own.

    seed : int
        What the offsets are drawn from.

    Returns
    -------
    offsets : ndarray of shape (n_offsets,)
        Independent, uniform in [0, 1).
    """
    return np.random.default_rng(np.random.SeedSequence((seed, _RESAMPLING))).random(n_offsets)
