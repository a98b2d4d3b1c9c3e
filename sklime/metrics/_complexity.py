"""Complexity: how many features a reader has to look at."""

import numpy as np
from scipy.special import entr

from sklime._explanations._base import AnyBatch
from sklime.metrics._averages import AVERAGE, BATCH, Average, averaged, contributions
from sklime.metrics._texts import rectangular
from sklime.utils._sklearn import validate_params
from sklime.utils._types import FloatArray

__all__ = ["effective_n_features", "n_nonzero_weights"]


@validate_params({**BATCH, **AVERAGE}, prefer_skip_nested_validation=True)
def n_nonzero_weights(batch: AnyBatch, *, average: Average = "mean") -> float | FloatArray:
    """Return the number of weights that are not zero.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    n_weights : float or ndarray of shape (n_rows, n_outputs)
        From 0 to the number of features. Less is simpler; NaN for rows without explanation.

    See Also
    --------
    effective_n_features : Counts a weight near zero as less than one feature.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin, "Why should I trust you?": Explaining the Predictions
       of Any Classifier, KDD 2016, :doi:`10.1145/2939672.2939778`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import n_nonzero_weights
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), max_features=4, random_state=0).fit(X, y)
    >>> n_nonzero_weights(explainer.explain(X[:5]))
    4.0
    """
    values = rectangular(batch).values
    # NaN differs from zero, so it would be counted.
    counts = (values != 0.0).sum(axis=1).astype(np.float64)
    counts[np.isnan(values).any(axis=1)] = np.nan
    return averaged(counts, average)


@validate_params({**BATCH, **AVERAGE}, prefer_skip_nested_validation=True)
def effective_n_features(batch: AnyBatch, *, average: Average = "mean") -> float | FloatArray:
    """Return how many equally strong features have the same complexity.

    The score is ``exp(-sum(p_j * log(p_j)))``, a sum over features j. ``p_j`` is the share of
    feature j in the sum of absolute contributions, ``abs(c_j) / sum(abs(c_k))``. The exponent,
    the entropy of the shares, is the complexity of Bhatt et al. [1]_.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    n_features : float or ndarray of shape (n_rows, n_outputs)
        From 1 (one feature contributes everything) to the number of features (all contribute
        the same). Less is simpler; NaN where all contributions are zero.

    See Also
    --------
    n_nonzero_weights : The plain count.

    References
    ----------
    .. [1] Bhatt, Weller, Moura, Evaluating and Aggregating Feature-based Model Explanations,
       IJCAI 2020, :doi:`10.24963/ijcai.2020/417`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import effective_n_features
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), max_features=4, random_state=0).fit(X, y)
    >>> round(effective_n_features(explainer.explain(X[:5])), 1)
    3.5
    """
    magnitudes = np.abs(contributions(rectangular(batch)))
    totals = magnitudes.sum(axis=1, keepdims=True)
    shares = magnitudes / np.where(totals > 0.0, totals, np.nan)
    return averaged(np.exp(entr(shares).sum(axis=1)), average)
