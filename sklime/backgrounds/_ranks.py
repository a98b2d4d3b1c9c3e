"""Ranks of the values of columns, of any size."""

import numpy as np
from scipy.stats import rankdata

from sklime.utils._types import FloatArray

__all__ = ["column_ranks"]


def column_ranks(X: FloatArray) -> FloatArray:
    """Rank the values of each column, from 1; equal values share their mean rank.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Rows. NaN ranks as the largest value, infinity with it.

    Returns
    -------
    ranks : ndarray of shape (n_samples, n_features)
        Ranks.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.backgrounds._ranks import column_ranks
    >>> column_ranks(np.array([[2.0], [np.nan], [1.0], [2.0]])).ravel().tolist()
    [2.5, 4.0, 1.0, 2.5]
    """
    filled = np.where(np.isnan(X), np.inf, X)
    # Of places, because SciPy 1.12 takes huge values whose sum overflows for missing ones.
    places = [np.unique(column, return_inverse=True)[1] for column in filled.T]
    ranks: FloatArray = rankdata(np.column_stack(places), axis=0)
    return ranks
