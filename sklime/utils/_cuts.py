"""Cuts that have values on both sides."""

import numpy as np

from sklime.utils._types import FloatArray

__all__ = ["separating_cuts"]


def separating_cuts(cuts: FloatArray, values: FloatArray) -> FloatArray:
    """Drop cuts that have no value above them.

    If most values of a column equal its maximum, all percentiles are there and the column
    would have one bin only. It is then cut below the maximum.

    Parameters
    ----------
    cuts : ndarray of shape (n_cuts,)
        Increasing cuts; a value equal to a cut belongs to the bin below.

    values : ndarray of shape (n_values,)
        The column, without missing values.

    Returns
    -------
    cuts : ndarray
        At least one cut, unless all values are equal.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._cuts import separating_cuts
    >>> separating_cuts(np.array([1.0]), np.array([0.0, 1.0, 1.0, 1.0, 1.0]))
    array([0.])
    """
    useful: FloatArray = cuts[cuts < values.max()]
    if useful.size or values.min() == values.max():
        return useful
    return np.unique(values)[-2:-1]
