"""Units for numbers whose squares overflow or underflow.

Units are powers of two: dividing by a unit and multiplying by it again is exact.
"""

import numpy as np

from sklime.utils._types import BoolArray, FloatArray

__all__ = ["are_usual", "deviation", "finite_sum", "mean", "standard_scores", "units"]

_LARGEST = np.finfo(np.float64).max

# Numbers with sizes between 1 / _USUAL and _USUAL keep the unit 1.
_USUAL = 1e12


def units(values: FloatArray, axis: int | tuple[int, ...]) -> FloatArray:
    """Return powers of two; numbers divided by them have squares that are normal floats.

    Parameters
    ----------
    values : ndarray
        Numbers; NaN and infinity are ignored.

    axis : int or tuple of int
        Numbers along this axis share one unit.

    Returns
    -------
    units : ndarray of the shape of `values` without `axis`
        1 where the largest absolute value is 0 or between 1e-12 and 1e12; elsewhere the power
        of two below it.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._magnitude import units
    >>> units(np.array([[3.0, 1e13], [0.5, -2.0]]), axis=0)
    array([1.00000000e+00, 8.79609302e+12])
    """
    largest = np.max(np.abs(values), axis=axis, initial=0.0, where=np.isfinite(values))
    is_usual = (largest == 0.0) | ((largest > 1.0 / _USUAL) & (largest < _USUAL))
    _, exponents = np.frexp(np.where(is_usual, 1.0, largest))
    # A unit beyond 2**1021 or below 2**-1021 would have an inverse that is not a normal float.
    exponents = np.clip(exponents - 1, -1021, 1021)
    return np.where(is_usual, 1.0, np.ldexp(1.0, exponents))


def mean(values: FloatArray) -> float:
    """Return the mean of numbers whose sum may overflow.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Numbers, at least one.

    Returns
    -------
    mean : float
        Without rounding where all numbers are equal.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._magnitude import mean
    >>> print(mean(np.array([1e308, 1.5e308])))
    1.25e+308
    """
    low, high = values.min(), values.max()
    if low == high:
        first: float = values[0]
        return first
    if _is_usual(low, high):
        return float(values.mean())
    unit = units(values, axis=0)
    average: float = (values / unit).mean() * unit
    return average


def deviation(values: FloatArray) -> float:
    """Return the standard deviation of numbers whose squares may overflow or vanish.

    Parameters
    ----------
    values : ndarray of shape (n_values,)
        Numbers, at least one.

    Returns
    -------
    deviation : float
        0 if all numbers are equal, and only then.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._magnitude import deviation
    >>> print(deviation(np.array([1e-200, 3e-200])))
    1e-200
    """
    low, high = values.min(), values.max()
    if low == high:
        return 0.0
    if _is_usual(low, high):
        return float(values.std())
    unit = units(values, axis=0)
    spread: float = (values / unit).std() * unit
    return spread


def finite_sum(
    start: FloatArray | float, noise: FloatArray, scale: FloatArray | float
) -> FloatArray:
    """Return ``start + noise * scale``, with the largest float in place of infinity.

    Parameters
    ----------
    start : float or ndarray
        Numbers; NaN stays NaN.

    noise : ndarray
        Finite numbers, a few deviations at most.

    scale : float or ndarray
        Deviations, at least 0.

    Returns
    -------
    sums : ndarray
        Finite where `start` is.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._magnitude import finite_sum
    >>> finite_sum(1e308, np.array([-1.0, 2.0]), 1e308)
    array([0.00000000e+000, 1.79769313e+308])
    """
    with np.errstate(over="ignore"):
        change = np.clip(noise * scale, -_LARGEST, _LARGEST)
        sums: FloatArray = np.clip(start + change, -_LARGEST, _LARGEST)
    return sums


def standard_scores(values: FloatArray, mean: float, scale: float) -> FloatArray:
    """Return standard scores, also of values whose distance to the mean overflows.

    Parameters
    ----------
    values : ndarray
        Numbers.

    mean, scale : float
        Mean and standard deviation, above 0.

    Returns
    -------
    scores : ndarray of the shape of `values`
        ``(values - mean) / scale``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._magnitude import standard_scores
    >>> standard_scores(np.array([-1.5e308, 1.5e308]), 1e308, 1e308)
    array([-2.5,  0.5])
    """
    with np.errstate(over="ignore"):
        scores: FloatArray = np.asarray((values - mean) / scale)
        is_large = np.isinf(scores)
        if is_large.any():
            scores[is_large] = (values[is_large] / 2.0 - mean / 2.0) / (scale / 2.0)
    return scores


def are_usual(low: FloatArray, high: FloatArray) -> BoolArray:
    """Tell which ranges of numbers have the unit 1, so that squares are normal floats.

    Parameters
    ----------
    low, high : ndarray of shape (n_ranges,)
        Smallest and largest number of each range.

    Returns
    -------
    are_usual : ndarray of bool of shape (n_ranges,)
        True where the largest absolute value is between 1e-12 and 1e12.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._magnitude import are_usual
    >>> are_usual(np.array([0.0, -1e13]), np.array([1.0, 0.0]))
    array([ True, False])
    """
    largest = np.maximum(-low, high)
    return (largest > 1.0 / _USUAL) & (largest < _USUAL)


def _is_usual(low: float, high: float) -> bool:
    """Tell whether numbers in a range have the unit 1; `units` takes longer to find out."""
    return bool(1.0 / _USUAL < max(-low, high) < _USUAL)
