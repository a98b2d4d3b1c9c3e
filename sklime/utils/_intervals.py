"""Intervals from the spread between replicates."""

from functools import cache

from scipy import stats

__all__ = ["CONFIDENCE_LEVEL", "half_widths"]

CONFIDENCE_LEVEL = 0.95


def half_widths(standard_errors, n_replicates, level=CONFIDENCE_LEVEL):
    """Return half the widths of intervals, by Student's t.

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
        In the units of the errors.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.utils._intervals import half_widths
    >>> half_widths(np.array([1.0, 2.0]), n_replicates=8).round(3)
    array([2.365, 4.729])
    """
    return _student_quantile(level, n_replicates - 1) * standard_errors


@cache
def _student_quantile(level, degrees):
    return stats.t.ppf(0.5 + level / 2, degrees)
