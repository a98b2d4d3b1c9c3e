"""How numbers of rows become one number."""

from numbers import Integral

import numpy as np

from sklime._explanations._explanation import ExplanationBatch
from sklime.utils._sklearn import Interval, StrOptions

__all__ = ["AVERAGE", "BATCH", "averaged", "contributions", "positive_count"]

# Parameter constraints that the metrics share.
AVERAGE = {"average": [StrOptions({"mean", "median"}), None]}
BATCH = {"batch": [ExplanationBatch]}

_AVERAGES = {"mean": np.mean, "median": np.median}


def positive_count(name):
    """Return the parameter constraint of a count of at least one.

    Parameters
    ----------
    name : str
        Name of the parameter.

    Returns
    -------
    constraint : dict
        As scikit-learn validates it.
    """
    return {name: [Interval(Integral, 1, None, closed="left")]}


def averaged(values, average):
    """Return the average of the numbers that are there.

    Parameters
    ----------
    values : ndarray
        One number a row and output; NaN where it is not defined.

    average : {"mean", "median"} or None
        `None` returns the values.

    Returns
    -------
    average : float or ndarray
        NaN where no number is there.
    """
    if average is None:
        return values
    present = values[~np.isnan(values)]
    return float(_AVERAGES[average](present)) if present.size else float("nan")


def contributions(batch):
    """Return what each feature adds to the local prediction.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    Returns
    -------
    contributions : ndarray of shape (n_rows, n_features, n_outputs)
        Weights times encodings of the rows.
    """
    return batch.values * batch.encodings[..., None]
