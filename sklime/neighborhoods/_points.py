"""Base points: the only randomness of an explanation, in independent replicates."""

import numpy as np

from sklime.utils._random import SOBOL_MAX_DIMENSIONS, independent_points, sobol_points

__all__ = ["POINTS", "base_points", "replicate_bounds"]

POINTS = {"sobol": sobol_points, "independent": independent_points}


def replicate_bounds(n_perturbations, n_replicates):
    """Split perturbations into replicates whose sizes differ by at most one.

    Parameters
    ----------
    n_perturbations : int
        Number of points in all.

    n_replicates : int
        Number of replicates.

    Returns
    -------
    bounds : tuple of int
        First point of each replicate, and the end of the last.

    Examples
    --------
    >>> from sklime.neighborhoods import replicate_bounds
    >>> replicate_bounds(10, 4)
    (0, 2, 5, 7, 10)
    """
    return tuple(index * n_perturbations // n_replicates for index in range(n_replicates + 1))


def base_points(n_perturbations, n_dimensions, n_replicates, *, seed, points="sobol"):
    """Return the points of all replicates, one below the other.

    Each replicate is the beginning of a sequence of its own: scrambled Sobol points
    (Owen), whose scrambles are independent, so that the spread between replicates
    measures the error of their mean.

    Parameters
    ----------
    n_perturbations : int
        Number of points in all; best a power of two times `n_replicates`.

    n_dimensions : int
        Number of coordinates. Beyond the 21,201 of scipy's Sobol sequences the points
        are independent.

    n_replicates : int
        Number of replicates.

    seed : int
        What everything is drawn from.

    points : {"sobol", "independent"}, default="sobol"
        Kind of points.

    Returns
    -------
    points : ndarray of shape (n_perturbations, n_dimensions)
        In the open interval (0, 1).

    References
    ----------
    .. [1] Owen, "Scrambling Sobol' and Niederreiter-Xing points", Journal of Complexity
       14 (1998), :doi:`10.1006/jcom.1998.0487`.

    Examples
    --------
    >>> from sklime.neighborhoods import base_points
    >>> points = base_points(16, 2, 2, seed=0)
    >>> sorted((points[:8, 0] * 8).astype(int).tolist())
    [0, 1, 2, 3, 4, 5, 6, 7]
    """
    if points not in POINTS:
        raise ValueError(
            f"points={points!r} is not a kind of base points; pass one of {list(POINTS)}."
        )
    generate = POINTS[points] if n_dimensions <= SOBOL_MAX_DIMENSIONS else independent_points
    bounds = replicate_bounds(n_perturbations, n_replicates)
    seeds = np.random.SeedSequence(seed).spawn(n_replicates)
    sizes = np.diff(bounds)
    return np.concatenate(
        [generate(size, n_dimensions, one_seed) for size, one_seed in zip(sizes, seeds)]
    )
