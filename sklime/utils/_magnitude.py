"""Units for numbers that are so large or so small that their squares are no floats.

Units are powers of two: dividing by them and multiplying by them again changes no digit.
"""

import numpy as np

__all__ = ["deviation", "mean", "units"]

# Between this and its inverse numbers are left alone.
_USUAL = 1e12


def units(values, axis):
    """Return what to divide numbers by, so that their squares neither overflow nor vanish.

    Parameters
    ----------
    values : ndarray
        Numbers; NaN is left out.

    axis : int or tuple of int
        Numbers along it have one unit.

    Returns
    -------
    units : ndarray of the shape of `values` without `axis`
        1 where the largest size is between 1e-12 and 1e12, or 0; else the power of two below
        it.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._magnitude import units
    >>> units(np.array([[3.0, 1e13], [0.5, -2.0]]), axis=0)
    array([1.00000000e+00, 8.79609302e+12])
    """
    sizes = np.max(np.abs(values), axis=axis, initial=0.0, where=np.isfinite(values))
    is_usual = (sizes == 0.0) | ((sizes > 1.0 / _USUAL) & (sizes < _USUAL))
    _, exponents = np.frexp(np.where(is_usual, 1.0, sizes))
    # The largest power of two that is the unit must not vanish when it is inverted.
    exponents = np.clip(exponents - 1, -1021, 1021)
    return np.where(is_usual, 1.0, np.ldexp(1.0, exponents))


def mean(values):
    """Return the mean of numbers whose sum may overflow.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Numbers, at least one.

    Returns
    -------
    mean : float
        The number itself, without rounding, where all are equal.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._magnitude import mean
    >>> print(mean(np.array([1e308, 1.5e308])))
    1.25e+308
    """
    if values.min() == values.max():
        return values[0]
    unit = units(values, axis=0)
    return (values / unit).mean() * unit


def deviation(values):
    """Return the standard deviation of numbers whose squares may overflow or vanish.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Numbers, at least one.

    Returns
    -------
    deviation : float
        0 where all numbers are equal, and only there.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._magnitude import deviation
    >>> print(deviation(np.array([1e-200, 3e-200])))
    1e-200
    """
    if values.min() == values.max():
        return 0.0
    unit = units(values, axis=0)
    return (values / unit).std() * unit
