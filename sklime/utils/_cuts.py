"""Cuts of columns, and the bins between them."""

from typing import Literal

import numpy as np

from sklime.utils._types import FloatArray, IntArray

__all__ = ["bins_of", "separating_cuts"]


def bins_of(columns: FloatArray, cuts: FloatArray, side: Literal["left", "right"]) -> IntArray:
    """Return the bins of the values of several columns, as `numpy.searchsorted` does of one.

    Parameters
    ----------
    columns : ndarray of shape (n_columns, n_values)
        Values; NaN is in the first bin.

    cuts : ndarray of shape (n_columns, n_cuts)
        Increasing cuts of each column, a few.

    side : {"left", "right"}
        Bin of a value equal to a cut: the bin below ("left") or above ("right").

    Returns
    -------
    bins : ndarray of int of shape (n_columns, n_values)
        From 0 to `n_cuts`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._cuts import bins_of
    >>> bins_of(np.array([[1.0, 2.0, 5.0]]), np.array([[1.0, 3.0]]), "left")
    array([[0, 1, 2]])
    """
    bins = np.zeros(columns.shape, dtype=np.intp)
    for cut in cuts.T:
        bins += columns > cut[:, None] if side == "left" else columns >= cut[:, None]
    return bins


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
