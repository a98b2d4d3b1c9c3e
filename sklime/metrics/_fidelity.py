"""Fidelity: how well local predictions follow the model, on answers that the fit has not seen."""

from numbers import Real

import numpy as np
from numpy.typing import ArrayLike

from sklime._base import local_accuracy
from sklime._explanations._base import AnyBatch
from sklime.metrics._averages import AVERAGE, BATCH, Average, averaged
from sklime.utils._magnitude import units
from sklime.utils._sklearn import Interval, validate_params
from sklime.utils._types import FloatArray

__all__ = ["fidelity_score", "local_accuracy_score", "local_gap"]


@validate_params({**BATCH, **AVERAGE}, prefer_skip_nested_validation=True)
def fidelity_score(batch: AnyBatch, *, average: Average = "mean") -> float | FloatArray:
    """Return the R2 of the local fits.

    For a model that is sampled, the score is the weighted R2 over all perturbed rows. The fit to
    all other replicates predicts the rows of each replicate. For a model that is read, the score
    is computed from the mean response given which conditions hold.

    It is high if the response is nearly additive near the row. It does not tell whether the
    neighborhood is small enough. Wide kernels and coarse bins may raise it although the effects
    are no nearer to the truth. Read it together with `local_gap` and `effects_agreement_score`.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    score : float or ndarray of shape (n_rows, n_outputs)
        At most 1, more is better; NaN where the model is constant.

    See Also
    --------
    local_accuracy_score : R2 at the explained rows instead of the perturbed ones.

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
def local_gap(
    batch: AnyBatch, *, scale: ArrayLike | None = None, average: Average = "mean"
) -> float | FloatArray:
    """Return how far local predictions are from the model's, at the explained rows.

    The gap is ``abs(local - f) / scale``. ``f`` is the response of the model at the row, and
    ``local`` the prediction of a local fit without the explained row.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    scale : float or array-like of shape (n_outputs,), default=None
        Unit of the gap, above 0. `None` uses the standard deviation of the model's responses
        over the rows of the batch.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

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
def local_accuracy_score(batch: AnyBatch) -> float:
    """Return the local accuracy over rows.

    The score is ``1 - sum((local - f)**2) / sum((f - mean(f))**2)`` with sums over rows and
    outputs. ``f`` is the response of the model at a row, and ``local`` the prediction of a local
    fit without the explained row. The ``score`` method of an explainer returns the same.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    Returns
    -------
    score : float
        At most 1, more is better; NaN where the response is the same at all rows.

    See Also
    --------
    local_gap : One number per row.

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
    >>> round(local_accuracy_score(explainer.explain(X[:20])), 4)
    0.9995

    The score of the explainer is the same:

    >>> round(explainer.score(X[:20]), 4)
    0.9995
    """
    return local_accuracy(batch.held_out_predictions, batch.predictions)


def _deviations(predictions: FloatArray) -> FloatArray:
    """Return the standard deviation over rows of each output; NaN where all are equal."""
    # A row without a finite answer has no explanation and no gap either.
    finite = predictions[np.isfinite(predictions).all(axis=1)]
    if len(finite) == 0:
        return np.full(predictions.shape[1], np.nan)
    unit = units(finite, axis=0)
    return np.where(np.ptp(finite, axis=0) > 0.0, (finite / unit).std(axis=0) * unit, np.nan)
