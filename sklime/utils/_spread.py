"""Evenly spread indices: a part of a table that does not depend on any seed."""

import numpy as np

from sklime.utils._types import IntArray

__all__ = ["evenly_spread"]


def evenly_spread(n: int, n_wanted: int) -> IntArray:
    """Return indices that are evenly spread over a range, with both ends.

    Parameters
    ----------
    n : int
        Length of the range.

    n_wanted : int
        Number of indices; beyond `n` some are repeated.

    Returns
    -------
    indices : ndarray of int of shape (n_wanted,)
        In ascending order.

    Examples
    --------
    >>> from sklime.utils._spread import evenly_spread
    >>> evenly_spread(9, 3)
    array([0, 4, 8])
    """
    indices: IntArray = np.linspace(0, n - 1, n_wanted).round().astype(np.intp)
    return indices
