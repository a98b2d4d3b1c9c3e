"""How much there is to read in an explanation."""

import numpy as np
from scipy.special import entr

from sklime.metrics._averages import AVERAGE, BATCH, averaged, contributions
from sklime.metrics._texts import rectangular
from sklime.utils._sklearn import validate_params

__all__ = ["effective_n_features", "n_nonzero_weights"]


@validate_params({**BATCH, **AVERAGE}, prefer_skip_nested_validation=True)
def n_nonzero_weights(batch, *, average="mean"):
    """Return the number of weights that are not zero.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    n_weights : float or ndarray of shape (n_rows, n_outputs)
        From 0 to the number of features, less is simpler; NaN for rows without explanation.

    See Also
    --------
    effective_n_features : The same without counting weights near zero in full.

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
    counts = (values != 0.0).sum(axis=1).astype(np.float64)
    counts[np.isnan(values).any(axis=1)] = np.nan
    return averaged(counts, average)


@validate_params({**BATCH, **AVERAGE}, prefer_skip_nested_validation=True)
def effective_n_features(batch, *, average="mean"):
    """Return how many equally strong features would be as hard to read.

    ``exp(entropy)`` of the shares that features have in the sum of absolute contributions; the
    entropy is the complexity of Bhatt et al. [1]_.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    n_features : float or ndarray of shape (n_rows, n_outputs)
        From 1, one feature has all, to the number of features, all have the same; less is
        simpler. NaN where all contributions are zero.

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
    >>> 1 < effective_n_features(explainer.explain(X[:5])) < 4
    True
    """
    sizes = np.abs(contributions(rectangular(batch)))
    totals = sizes.sum(axis=1, keepdims=True)
    shares = sizes / np.where(totals > 0.0, totals, np.nan)
    return averaged(np.exp(entr(shares).sum(axis=1)), average)
