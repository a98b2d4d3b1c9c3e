"""Base points: the only randomness of an explanation, in independent replicates."""

from collections.abc import Callable
from itertools import pairwise
from operator import index
from typing import Literal

import numpy as np

from sklime.utils._random import SOBOL_MAX_DIMENSIONS, independent_points, sobol_points
from sklime.utils._types import FloatArray

__all__ = ["POINTS", "base_points", "replicate_bounds"]

POINTS: dict[str, Callable[[int, int, np.random.SeedSequence], FloatArray]] = {
    "sobol": sobol_points,
    "independent": independent_points,
}


def replicate_bounds(n_perturbations: int, n_replicates: int) -> tuple[int, ...]:
    """Split perturbations into replicates whose sizes differ by at most one.

    Parameters
    ----------
    n_perturbations : int
        Number of points in total.

    n_replicates : int
        Number of replicates.

    Returns
    -------
    bounds : tuple of int
        First point of each replicate, and the end of the last.

    See Also
    --------
    base_points : The points of all replicates.

    Examples
    --------
    >>> from sklime.neighborhoods import replicate_bounds
    >>> replicate_bounds(10, 4)
    (0, 2, 5, 7, 10)
    """
    # Integers of NumPy overflow in this product.
    n_points, n_parts = index(n_perturbations), index(n_replicates)
    return tuple(replicate * n_points // n_parts for replicate in range(n_parts + 1))


def base_points(
    n_perturbations: int,
    n_dimensions: int,
    n_replicates: int,
    *,
    seed: int,
    points: Literal["sobol", "independent"] = "sobol",
) -> FloatArray:
    """Return the points of all replicates, one below the other.

    Each replicate is the beginning of a scrambled Sobol sequence [1]_. The scrambles are
    independent: the spread between replicates measures the error of their mean.

    Parameters
    ----------
    n_perturbations : int
        Number of points in total; best a power of two times `n_replicates`.

    n_dimensions : int
        Number of coordinates. Beyond the 21,201 of scipy's Sobol sequences the points
        are independent.

    n_replicates : int
        Number of replicates.

    seed : int
        Seed of all points.

    points : {"sobol", "independent"}, default="sobol"
        Kind of points.

    Returns
    -------
    points : ndarray of shape (n_perturbations, n_dimensions)
        In the open interval (0, 1).

    See Also
    --------
    replicate_bounds : First point of each replicate.

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
    # One array: parts and their concatenation would take twice the memory of a wide table.
    made = np.empty((bounds[-1], n_dimensions))
    for (first, end), one_seed in zip(pairwise(bounds), seeds):
        made[first:end] = generate(end - first, n_dimensions, one_seed)
    return made
