"""Intervals from the spread between replicates."""

from functools import cache

from scipy import stats

from sklime.utils._types import FloatArray

__all__ = ["CONFIDENCE_LEVEL", "half_widths"]

CONFIDENCE_LEVEL = 0.95


def half_widths(
    standard_errors: FloatArray, n_replicates: int, level: float = CONFIDENCE_LEVEL
) -> FloatArray:
    """Return half the widths of confidence intervals, by Student's t.

    Parameters
    ----------
    standard_errors : ndarray
        Standard errors.

    n_replicates : int
        Number of replicates; one more than the degrees of freedom.

    level : float, default=0.95
        Confidence level, in (0, 1).

    Returns
    -------
    half_widths : ndarray of the shape of `standard_errors`
        In the units of the standard errors.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._intervals import half_widths
    >>> half_widths(np.array([1.0, 2.0]), n_replicates=8).round(3)
    array([2.365, 4.729])
    """
    return _student_quantile(level, n_replicates - 1) * standard_errors


@cache
def _student_quantile(level: float, n_degrees: int) -> float:
    # scipy is slow here, and nearly all calls have the same arguments.
    quantile: float = stats.t.ppf(0.5 + level / 2, n_degrees)
    return quantile
