"""Correlation of contributions with a reference, row by row."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from scipy.stats import rankdata

from sklime.metrics._averages import Constraints
from sklime.utils._magnitude import units
from sklime.utils._sklearn import StrOptions
from sklime.utils._types import FloatArray

__all__ = ["METHOD", "Method", "row_correlations"]

Method: TypeAlias = Literal["both", "spearman", "pearson"]


def _ranks(values: FloatArray) -> FloatArray:
    ranks: FloatArray = rankdata(values, axis=1)
    return ranks


# Transformations before Pearson's correlation, which is Spearman's of ranks.
_TRANSFORMATIONS: dict[str, tuple[Callable[[FloatArray], FloatArray], ...]] = {
    "both": (_ranks, np.asarray),
    "spearman": (_ranks,),
    "pearson": (np.asarray,),
}

METHOD: Constraints = {"method": [StrOptions(set(_TRANSFORMATIONS))]}


def row_correlations(
    shown: FloatArray, reference: FloatArray, method: Method = "pearson"
) -> FloatArray:
    """Return correlations over features.

    Parameters
    ----------
    shown, reference : ndarray of shape (n_rows, n_features, n_outputs)
        Contributions, and what they should be like.

    method : {"both", "spearman", "pearson"}, default="pearson"
        Correlation of ranks, linear correlation, or the mean of the two.

    Returns
    -------
    correlations : ndarray of shape (n_rows, n_outputs)
        NaN where the reference is constant: no explanation can be right or wrong about its order.
        0 where only the contributions are constant: they do not tell apart features that differ.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.metrics._correlations import row_correlations
    >>> shown = np.array([[[1.0], [2.0], [4.0]]])
    >>> row_correlations(shown, shown**3, "spearman").round(3)
    array([[1.]])
    """
    transformations = _TRANSFORMATIONS[method]
    found = [_pearson(transform(shown), transform(reference)) for transform in transformations]
    correlations: FloatArray = np.mean(found, axis=0)
    return correlations


def _pearson(shown: FloatArray, reference: FloatArray) -> FloatArray:
    """Return Pearson's correlation over axis 1."""
    is_defined = np.ptp(reference, axis=1) > 0.0
    shown, reference = (x / units(x, axis=1)[:, None] for x in (shown, reference))
    shown, reference = (x - x.mean(axis=1, keepdims=True) for x in (shown, reference))
    norms = np.sqrt((shown**2).sum(axis=1) * (reference**2).sum(axis=1))
    products = (shown * reference).sum(axis=1)
    correlations = products / np.where(norms == 0.0, 1.0, norms)
    return np.where(is_defined, correlations, np.nan)
