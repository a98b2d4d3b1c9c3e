"""How well local predictions follow the model, where the fit has not seen it."""

from numbers import Real

import numpy as np

from sklime._base import local_accuracy
from sklime.metrics._averages import AVERAGE, BATCH, averaged
from sklime.utils._magnitude import units
from sklime.utils._sklearn import Interval, validate_params

__all__ = ["fidelity_score", "local_accuracy_score", "local_gap"]


@validate_params({**BATCH, **AVERAGE}, prefer_skip_nested_validation=True)
def fidelity_score(batch, *, average="mean"):
    """Return the held-out R2 of the local fits.

    The R2, on all perturbed rows, of predictions of each replicate by the fit without it. It is
    high where the response is nearly additive near the row, and says nothing about the size of the
    neighborhood: with wide kernels and coarse bins it is high where effects are no truer. Read it
    together with `local_gap` and `effects_agreement_score`.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    score : float or ndarray of shape (n_rows, n_outputs)
        At most 1, more is better; NaN where the model is constant.

    See Also
    --------
    local_accuracy_score : The same question, asked at the explained rows themselves.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin, "Why should I trust you?": Explaining the Predictions
       of Any Classifier, KDD 2016, :doi:`10.1145/2939672.2939778`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import fidelity_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(
    ...     Ridge(), discretizer=None, max_features=None, random_state=0
    ... )
    >>> batch = explainer.fit(X, y).explain(X[:5])
    >>> round(fidelity_score(batch), 2)
    1.0
    """
    return averaged(batch.fidelity, average)


@validate_params(
    {**BATCH, "scale": [Interval(Real, 0, None, closed="neither"), "array-like", None], **AVERAGE},
    prefer_skip_nested_validation=True,
)
def local_gap(batch, *, scale=None, average="mean"):
    """Return how far local predictions are from the model's, at the explained rows.

    ``abs(local - f) / scale``, where the local prediction comes from the fit that leaves the
    explained row itself out.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    scale : float or array-like of shape (n_outputs,), default=None
        Unit of the gap, above 0. `None` is the standard deviation of the model's responses
        over the rows of the batch.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    gap : float or ndarray of shape (n_rows, n_outputs)
        At least 0, less is better; NaN where the responses do not vary.

    See Also
    --------
    local_accuracy_score : Squared gaps of all rows in one number.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin, "Why should I trust you?": Explaining the Predictions
       of Any Classifier, KDD 2016, :doi:`10.1145/2939672.2939778`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import local_gap
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(
    ...     Ridge(), discretizer=None, max_features=None, random_state=0
    ... )
    >>> batch = explainer.fit(X, y).explain(X[:5])
    >>> round(local_gap(batch, average="median"), 2)
    0.0
    """
    if scale is None:
        scale = _deviations(batch.predictions)
    gaps = np.abs(batch.held_out_predictions - batch.predictions)
    return averaged(gaps / np.asarray(scale, dtype=np.float64), average)


@validate_params(BATCH, prefer_skip_nested_validation=True)
def local_accuracy_score(batch):
    """Return the local accuracy over rows.

    ``1 - sum((local - f)**2) / sum((f - mean(f))**2)`` over rows and outputs, where the local
    prediction comes from the fit that leaves the explained row itself out. What the ``score``
    of an explainer returns.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    Returns
    -------
    score : float
        At most 1, more is better; NaN where the model answers the same at all rows.

    See Also
    --------
    local_gap : Row by row.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin, "Why should I trust you?": Explaining the Predictions
       of Any Classifier, KDD 2016, :doi:`10.1145/2939672.2939778`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import local_accuracy_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
    >>> local_accuracy_score(explainer.explain(X[:20])) == explainer.score(X[:20])
    True
    """
    return local_accuracy(batch.held_out_predictions, batch.predictions)


def _deviations(predictions):
    """Return the standard deviation over rows, output by output; NaN where all are equal."""
    present = np.where(np.isfinite(predictions).all(axis=1)[:, None], predictions, np.nan)
    answered = present[~np.isnan(present).any(axis=1)]
    if len(answered) == 0:
        return np.full(predictions.shape[1], np.nan)
    unit = units(answered, axis=0)
    return np.where(np.ptp(answered, axis=0) > 0.0, (answered / unit).std(axis=0) * unit, np.nan)
