"""Cuts that have values on both sides."""

import numpy as np

__all__ = ["separating_cuts"]


def separating_cuts(cuts, values):
    """Leave out cuts that have nothing above them.

    A column with most of its values at the top has all its percentiles there, and would be
    one single bin; it is cut below the top instead.

    Parameters
    ----------
    cuts : ndarray of shape (n_cuts,)
        Increasing cuts; a value equal to a cut is below it.

    values : ndarray of shape (n_values,)
        The column, without missing values.

    Returns
    -------
    cuts : ndarray
        At least one, unless all values are equal.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._cuts import separating_cuts
    >>> separating_cuts(np.array([1.0]), np.array([0.0, 1.0, 1.0, 1.0, 1.0]))
    array([0.])
    """
    useful = cuts[cuts < values.max()]
    if useful.size or values.min() == values.max():
        return useful
    return np.unique(values)[-2:-1]
