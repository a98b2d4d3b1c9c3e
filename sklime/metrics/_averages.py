"""Average the numbers of rows and outputs; parameters that the metrics share."""

from collections.abc import Callable
from numbers import Integral
from typing import Any, Literal, TypeAlias

import numpy as np

from sklime._explanations._base import BaseExplanationBatch
from sklime._explanations._explanation import ExplanationBatch
from sklime.utils._sklearn import Interval, StrOptions
from sklime.utils._types import FloatArray

__all__ = [
    "AVERAGE",
    "BATCH",
    "Average",
    "Constraints",
    "averaged",
    "contributions",
    "positive_count",
]

Average: TypeAlias = Literal["mean", "median"] | None

# What scikit-learn's `validate_params` takes.
Constraints: TypeAlias = dict[str, Any]

AVERAGE: Constraints = {"average": [StrOptions({"mean", "median"}), None]}
BATCH: Constraints = {"batch": [BaseExplanationBatch]}

_AVERAGES: dict[str, Callable[[FloatArray], Any]] = {"mean": np.mean, "median": np.median}


def positive_count(name: str) -> Constraints:
    """Return the parameter constraint of a count of at least one.

    Parameters
    ----------
    name : str
        Name of the parameter.

    Returns
    -------
    constraint : dict
        One entry, for scikit-learn's `validate_params`.
    """
    return {name: [Interval(Integral, 1, None, closed="left")]}


def averaged(values: FloatArray, average: Average) -> float | FloatArray:
    """Return the average of the values that are defined.

    Parameters
    ----------
    values : ndarray
        One number per row and output; NaN where it is not defined.

    average : {"mean", "median"} or None
        `None` returns the values.

    Returns
    -------
    average : float or ndarray
        NaN if no value is defined.
    """
    if average is None:
        return values
    # NumPy's nanmean warns if all values are NaN; here that is an ordinary case.
    present = values[~np.isnan(values)]
    return float(_AVERAGES[average](present)) if present.size else float("nan")


def contributions(batch: ExplanationBatch) -> FloatArray:
    """Return how much each feature adds to the local prediction.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    Returns
    -------
    contributions : ndarray of shape (n_rows, n_features, n_outputs)
        Weights times encodings of the rows.
    """
    products: FloatArray = batch.values * batch.internals.encodings[..., None]
    return products
