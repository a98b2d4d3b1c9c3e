"""Faithfulness: compare weights with what the model does when values are replaced."""

from collections.abc import Callable
from numbers import Real
from typing import Any, TypeAlias, cast

import numpy as np

from sklime._base import BaseLimeExplainer
from sklime._explanations._base import AnyBatch
from sklime._explanations._explanation import ExplanationBatch
from sklime._explanations._parts import PartsExplanationBatch
from sklime._tables._encoding import TabularEncoder
from sklime._tables._explainer import LimeTabularExplainer
from sklime.metrics._averages import (
    AVERAGE,
    BATCH,
    Average,
    Constraints,
    averaged,
    contributions,
    positive_count,
)
from sklime.metrics._correlations import METHOD, Method, row_correlations
from sklime.metrics._mask_curves import judge_fill, mask_curves
from sklime.metrics._probe import Probe, check_same_outputs, read_rows
from sklime.utils._magnitude import units
from sklime.utils._random import draw_seed, independent_points
from sklime.utils._sklearn import Interval, validate_params
from sklime.utils._types import BoolArray, FloatArray, IntArray, RandomState

__all__ = [
    "deletion_curve",
    "deletion_score",
    "effects_agreement_score",
    "infidelity",
    "insertion_curve",
    "insertion_score",
    "max_sensitivity",
    "one_feature_effects",
]

_COMMON: Constraints = {
    **BATCH,
    "explainer": [BaseLimeExplainer],
    "X": "no_validation",
    "random_state": ["random_state"],
}

# Two arrays of integers that broadcast against each other, compared.
_Compare: TypeAlias = Callable[[IntArray, IntArray], BoolArray]

# Below this, relative to the response or to the largest effect of the row, an effect is rounding.
_ROUNDING = 1e-10


@validate_params({**_COMMON, **positive_count("n_draws")}, prefer_skip_nested_validation=True)
def one_feature_effects(
    batch: ExplanationBatch,
    explainer: LimeTabularExplainer,
    X: Any,
    *,
    n_draws: int = 64,
    random_state: RandomState = 0,
) -> FloatArray:
    """Return by how much the response depends on each feature alone.

    The effect of feature j is ``f(x) - mean(f(x'))``. ``f`` is the response of the model and ``x``
    the explained row. In the rows ``x'``, feature j is drawn anew from the background of the
    explainer. All other features keep their value [1]_. No surrogate is involved: the weights of a
    local explanation estimate these effects. Columns that the explainer holds (``fixed``) have the
    effect 0.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of the rows, from which the explained outputs are read.

    explainer : LimeTabularExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows.

    n_draws : int, default=64
        Number of values drawn for each feature, at least 1. The model is called on
        ``n_features * n_draws`` rows for each row.

    random_state : int, RandomState instance or None, default=0
        Source of the drawn values. The default gives all explainers the same.

    Returns
    -------
    effects : ndarray of shape (n_rows, n_features, n_outputs)
        In units of the response.

    See Also
    --------
    effects_agreement_score : Correlation of contributions with these effects.

    References
    ----------
    .. [1] Robnik-Sikonja, Kononenko, Explaining Classifications For Individual Instances, IEEE
       Transactions on Knowledge and Data Engineering 20, 2008,
       :doi:`10.1109/TKDE.2007.190734`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import one_feature_effects
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
    >>> one_feature_effects(explainer.explain(X[:5]), explainer, X[:5]).shape
    (5, 10, 1)
    """
    probe = Probe.of(batch, explainer, X, n_draws, random_state)
    n_features = probe.rows.shape[1]
    indices = np.arange(n_features)
    means = probe.mean_responses(n_features, lambda row, state: indices == state[:, None])
    effects = batch.predictions[:, None, :] - means
    # The mean of equal numbers is rounded, so a feature that the model ignores would not be 0.
    tiny = _ROUNDING * np.abs(batch.predictions[:, None, :])
    return np.where(np.abs(effects) <= tiny, 0.0, effects)


@validate_params(
    {
        **_COMMON,
        **METHOD,
        **positive_count("n_draws"),
        **AVERAGE,
    },
    prefer_skip_nested_validation=True,
)
def effects_agreement_score(
    batch: ExplanationBatch,
    explainer: LimeTabularExplainer,
    X: Any,
    *,
    method: Method = "both",
    n_draws: int = 64,
    random_state: RandomState = 0,
    average: Average = "mean",
) -> float | FloatArray:
    """Return the correlation of contributions with one-feature-at-a-time effects.

    The correlation of ``c_j`` with ``e_j`` over the features j of a row. ``c_j`` is the
    contribution, the weight times the encoding of the row, and ``e_j`` the effect that
    `one_feature_effects` returns. Columns that the explainer holds (``fixed``) are left out.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of the rows.

    explainer : LimeTabularExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows.

    method : {"both", "spearman", "pearson"}, default="both"
        Correlation of ranks ("spearman"), linear correlation ("pearson"), or the mean of the
        two. Ranks depend much on the many features with little effect, linear correlation on
        the few strongest.

    n_draws : int, default=64
        Number of values drawn for each feature, at least 1. The model is called on
        ``n_features * n_draws`` rows for each row.

    random_state : int, RandomState instance or None, default=0
        Source of the drawn values. The default gives all explainers the same.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    score : float or ndarray of shape (n_rows, n_outputs)
        From -1 to 1, more is better. 0 where all contributions are equal and the effects are
        not; NaN where all effects are equal, as for a constant model.

    See Also
    --------
    one_feature_effects : The effects.

    References
    ----------
    .. [1] Robnik-Sikonja, Kononenko, Explaining Classifications For Individual Instances, IEEE
       Transactions on Knowledge and Data Engineering 20, 2008,
       :doi:`10.1109/TKDE.2007.190734`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import effects_agreement_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
    >>> round(effects_agreement_score(explainer.explain(X[:5]), explainer, X[:5]), 2)
    0.99
    """
    effects = one_feature_effects(batch, explainer, X, n_draws=n_draws, random_state=random_state)
    largest = np.abs(effects).max(axis=1, keepdims=True)
    # Ranks would order features that differ by rounding only.
    effects = np.where(np.abs(effects) <= _ROUNDING * largest, 0.0, effects)
    can_change = explainer._encoder.can_change
    shown, effects = contributions(batch)[:, can_change], effects[:, can_change]
    return averaged(row_correlations(shown, effects, method), average)


@validate_params({**_COMMON, **positive_count("n_draws")}, prefer_skip_nested_validation=True)
def deletion_curve(
    batch: AnyBatch,
    explainer: BaseLimeExplainer,
    X: Any,
    *,
    n_draws: int = 16,
    fill: Any = "auto",
    random_state: RandomState = 0,
) -> FloatArray:
    """Return the response while features are taken away, the most supportive first.

    Point k of the curve is ``mean(f(x'))``, where ``f`` is the response of the model. In the rows
    ``x'``, the k features with the largest contributions are drawn anew from the background of the
    explainer. Positive contributions come first and negative ones last. RISE [1]_ does this with
    pixels. Columns that the explainer holds (``fixed``) keep the row's value, and the curve is
    flat at their step. Documents lose words, and pictures segments, in whose place `fill` stands.

    Parameters
    ----------
    batch : ExplanationBatch, TextExplanationBatch or ImageExplanationBatch
        Explanations of the rows, documents or pictures.

    explainer : LimeTabularExplainer, LimeTextExplainer or LimeImageExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features), or documents or pictures
        What was explained, in the same order.

    n_draws : int, default=16
        Number of background rows, at least 1, over which the response is averaged. The model
        is called on ``(n_features + 1) * n_draws`` rows for each row and output. Of pictures it
        is the largest number of variants of a random `fill`; documents have one.

    fill : {"auto", "mean", "segment_mean", "blur", "noise", "background"}, number, array-like or \
            callable, default="auto"
        What stands in place of segments of pictures while they are judged, as in
        `LimeImageExplainer`. It must differ from the fill of the explainer, which would judge its
        own work. "auto" is "blur", or "mean" if the explainer blurs. Words of documents are
        removed as the explainer removes them.

    random_state : int, RandomState instance or None, default=0
        Source of the drawn values. The default gives all explainers the same.

    Returns
    -------
    curve : ndarray of shape (n_rows, n_features + 1, n_outputs)
        Mean response with 0, 1, ... all features taken away. Documents and pictures with fewer
        parts than others are filled up with NaN.

    See Also
    --------
    deletion_score : The area below.
    insertion_curve : The same order of features, which are put in instead.

    References
    ----------
    .. [1] Petsiuk, Das, Saenko, RISE: Randomized Input Sampling for Explanation of Black-box
       Models, BMVC 2018, :doi:`10.48550/arXiv.1806.07421`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import deletion_curve
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
    >>> deletion_curve(explainer.explain(X[:5]), explainer, X[:5]).shape
    (5, 11, 1)
    """
    return _curves_and_shares(batch, explainer, X, False, fill, n_draws, random_state)[0]


@validate_params({**_COMMON, **positive_count("n_draws")}, prefer_skip_nested_validation=True)
def insertion_curve(
    batch: AnyBatch,
    explainer: BaseLimeExplainer,
    X: Any,
    *,
    n_draws: int = 16,
    fill: Any = "auto",
    random_state: RandomState = 0,
) -> FloatArray:
    """Return the response while features are put in, the most supportive first.

    Point k of the curve is ``mean(f(x'))``, where ``f`` is the response of the model. The rows
    ``x'`` are background rows. In them, the k features with the largest contributions have the
    value of the explained row. Columns that the explainer holds (``fixed``) have it from the
    start. The last point is the response at the explained row. Documents get their words back,
    and pictures their segments, which `fill` replaces before.

    Parameters
    ----------
    batch : ExplanationBatch, TextExplanationBatch or ImageExplanationBatch
        Explanations of the rows, documents or pictures.

    explainer : LimeTabularExplainer, LimeTextExplainer or LimeImageExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features), or documents or pictures
        What was explained, in the same order.

    n_draws : int, default=16
        Number of background rows, at least 1, over which the response is averaged. The model
        is called on ``(n_features + 1) * n_draws`` rows for each row and output. Of pictures it
        is the largest number of variants of a random `fill`; documents have one.

    fill : {"auto", "mean", "segment_mean", "blur", "noise", "background"}, number, array-like or \
            callable, default="auto"
        What stands in place of segments of pictures while they are judged, as in
        `LimeImageExplainer`. It must differ from the fill of the explainer, which would judge its
        own work. "auto" is "blur", or "mean" if the explainer blurs. Words of documents are
        removed as the explainer removes them.

    random_state : int, RandomState instance or None, default=0
        Source of the drawn values. The default gives all explainers the same.

    Returns
    -------
    curve : ndarray of shape (n_rows, n_features + 1, n_outputs)
        Mean response with 0, 1, ... all features put in. Documents and pictures with fewer
        parts than others are filled up with NaN.

    See Also
    --------
    insertion_score : The area below.
    deletion_curve : The same order of features, which are taken away instead.

    References
    ----------
    .. [1] Petsiuk, Das, Saenko, RISE: Randomized Input Sampling for Explanation of Black-box
       Models, BMVC 2018, :doi:`10.48550/arXiv.1806.07421`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import insertion_curve
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
    >>> insertion_curve(explainer.explain(X[:5]), explainer, X[:5]).shape
    (5, 11, 1)
    """
    return _curves_and_shares(batch, explainer, X, True, fill, n_draws, random_state)[0]


@validate_params(
    {**_COMMON, **positive_count("n_draws"), **AVERAGE}, prefer_skip_nested_validation=True
)
def deletion_score(
    batch: AnyBatch,
    explainer: BaseLimeExplainer,
    X: Any,
    *,
    n_draws: int = 16,
    fill: Any = "auto",
    random_state: RandomState = 0,
    average: Average = "mean",
) -> float | FloatArray:
    """Return the area below the deletion curve.

    The trapezoidal area over the share of features taken away, from 0 to 1; of pictures it is the
    share of pixels. It is small if the response falls as soon as the strongest features are gone.
    It also depends on the row and on the model: compare explanations of the same rows only.

    Parameters
    ----------
    batch : ExplanationBatch, TextExplanationBatch or ImageExplanationBatch
        Explanations of the rows, documents or pictures.

    explainer : LimeTabularExplainer, LimeTextExplainer or LimeImageExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features), or documents or pictures
        What was explained, in the same order.

    n_draws : int, default=16
        Number of background rows, at least 1, over which the response is averaged. The model
        is called on ``(n_features + 1) * n_draws`` rows for each row and output. Of pictures it
        is the largest number of variants of a random `fill`; documents have one.

    fill : {"auto", "mean", "segment_mean", "blur", "noise", "background"}, number, array-like or \
            callable, default="auto"
        What stands in place of segments of pictures while they are judged, as in
        `LimeImageExplainer`. It must differ from the fill of the explainer, which would judge its
        own work. "auto" is "blur", or "mean" if the explainer blurs. Words of documents are
        removed as the explainer removes them.

    random_state : int, RandomState instance or None, default=0
        Source of the drawn values. The default gives all explainers the same.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    area : float or ndarray of shape (n_rows, n_outputs)
        In units of the response, less is better; NaN where the response never changes.

    See Also
    --------
    deletion_curve : The curve.
    insertion_score : The area for features put in, where more is better.

    References
    ----------
    .. [1] Petsiuk, Das, Saenko, RISE: Randomized Input Sampling for Explanation of Black-box
       Models, BMVC 2018, :doi:`10.48550/arXiv.1806.07421`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import deletion_score, insertion_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
    >>> batch = explainer.explain(X[:5])
    >>> round(deletion_score(batch, explainer, X[:5]))
    134
    >>> round(insertion_score(batch, explainer, X[:5]))
    163
    """
    found = _curves_and_shares(batch, explainer, X, False, fill, n_draws, random_state)
    return averaged(_areas(*found), average)


@validate_params(
    {**_COMMON, **positive_count("n_draws"), **AVERAGE}, prefer_skip_nested_validation=True
)
def insertion_score(
    batch: AnyBatch,
    explainer: BaseLimeExplainer,
    X: Any,
    *,
    n_draws: int = 16,
    fill: Any = "auto",
    random_state: RandomState = 0,
    average: Average = "mean",
) -> float | FloatArray:
    """Return the area below the insertion curve.

    The trapezoidal area over the share of features put in, from 0 to 1; of pictures it is the share
    of pixels. It is large if a few strong features bring the response back. It also depends on the
    row and on the model: compare explanations of the same rows only.

    Parameters
    ----------
    batch : ExplanationBatch, TextExplanationBatch or ImageExplanationBatch
        Explanations of the rows, documents or pictures.

    explainer : LimeTabularExplainer, LimeTextExplainer or LimeImageExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features), or documents or pictures
        What was explained, in the same order.

    n_draws : int, default=16
        Number of background rows, at least 1, over which the response is averaged. The model
        is called on ``(n_features + 1) * n_draws`` rows for each row and output. Of pictures it
        is the largest number of variants of a random `fill`; documents have one.

    fill : {"auto", "mean", "segment_mean", "blur", "noise", "background"}, number, array-like or \
            callable, default="auto"
        What stands in place of segments of pictures while they are judged, as in
        `LimeImageExplainer`. It must differ from the fill of the explainer, which would judge its
        own work. "auto" is "blur", or "mean" if the explainer blurs. Words of documents are
        removed as the explainer removes them.

    random_state : int, RandomState instance or None, default=0
        Source of the drawn values. The default gives all explainers the same.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    area : float or ndarray of shape (n_rows, n_outputs)
        In units of the response, more is better; NaN where the response never changes.

    See Also
    --------
    insertion_curve : The curve.
    deletion_score : The area for features taken away, where less is better.

    References
    ----------
    .. [1] Petsiuk, Das, Saenko, RISE: Randomized Input Sampling for Explanation of Black-box
       Models, BMVC 2018, :doi:`10.48550/arXiv.1806.07421`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import insertion_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
    >>> insertion_score(explainer.explain(X[:5]), explainer, X[:5], average=None).shape
    (5, 1)
    """
    found = _curves_and_shares(batch, explainer, X, True, fill, n_draws, random_state)
    return averaged(_areas(*found), average)


@validate_params(
    {
        **_COMMON,
        "keep": [Interval(Real, 0, 1, closed="neither")],
        **positive_count("n_draws"),
        **AVERAGE,
    },
    prefer_skip_nested_validation=True,
)
def infidelity(
    batch: ExplanationBatch,
    explainer: LimeTabularExplainer,
    X: Any,
    *,
    keep: float = 0.5,
    n_draws: int = 256,
    random_state: RandomState = 0,
    average: Average = "mean",
) -> float | FloatArray:
    """Return how badly the weights predict the change when several features are replaced at once.

    The infidelity of Yeh et al. [1]_, ``mean((d @ w - (f(x) - f(x')))**2)``. ``f`` is the
    response of the model, ``x`` the explained row, and ``w`` its weights. The mean goes over
    perturbed rows ``x'``: each feature keeps its value with probability `keep` and is otherwise
    drawn from the background of the explainer. Columns that the explainer holds (``fixed``)
    always keep it. For contributions ``d`` is 1 for features that were drawn and 0 for the
    others. For contrasts (``baseline="other"``) it is the encoding of ``x`` minus that of
    ``x'``.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of the rows.

    explainer : LimeTabularExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows.

    keep : float, default=0.5
        Probability with which a feature keeps its value, in (0, 1). It may differ from the
        `keep` of the explainer.

    n_draws : int, default=256
        Number of perturbed rows for each row, at least 1.

    random_state : int, RandomState instance or None, default=0
        Source of the perturbed rows. The default gives all explainers the same.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    infidelity : float or ndarray of shape (n_rows, n_outputs)
        At least 0, in squared units of the response, less is better; NaN where the response
        never changes.

    See Also
    --------
    max_sensitivity : How much the weights change between near rows.

    References
    ----------
    .. [1] Yeh, Hsieh, Suggala, Inouye, Ravikumar, On the (In)fidelity and Sensitivity of
       Explanations, NeurIPS 2019, :doi:`10.48550/arXiv.1901.09392`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import infidelity
    >>> X, y = load_diabetes(return_X_y=True)
    >>> bins = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
    >>> raw = LimeTabularExplainer(Ridge(), discretizer=None, random_state=0).fit(X, y)

    Weights of bins, then weights of standard scores:

    >>> round(infidelity(bins.explain(X[:5]), bins, X[:5]))
    321
    >>> round(infidelity(raw.explain(X[:5]), raw, X[:5]))
    319
    """
    probe = Probe.of(batch, explainer, X, n_draws, random_state)
    scores = np.empty(batch.predictions.shape)
    for chunk, lost, fall in probe.differences(keep, batch.baseline):
        predicted = lost @ batch.values[chunk]
        unit = units(fall, axis=(0, 1))
        with np.errstate(over="ignore", under="ignore"):
            # Squares of large responses may be infinite, those of tiny ones 0: no reason to warn.
            errors = (((predicted - fall) / unit) ** 2).mean(axis=1) * unit * unit
        tiny = _ROUNDING * np.abs(batch.predictions[chunk])
        is_defined = (np.abs(fall).max(axis=1) > tiny) | np.isnan(errors)
        scores[chunk] = np.where(is_defined, errors, np.nan)
    return averaged(scores, average)


@validate_params(
    {
        **_COMMON,
        "radius": [Interval(Real, 0, None, closed="neither")],
        "normalize": ["boolean"],
        **positive_count("n_draws"),
        **AVERAGE,
    },
    prefer_skip_nested_validation=True,
)
def max_sensitivity(
    batch: ExplanationBatch,
    explainer: LimeTabularExplainer,
    X: Any,
    *,
    radius: float = 0.1,
    n_draws: int = 10,
    normalize: bool = True,
    random_state: RandomState = 0,
    average: Average = "mean",
) -> float | FloatArray:
    """Return the largest change of the weights when the row moves a little.

    The max-sensitivity of Yeh et al. [1]_, ``max(norm(w(x') - w(x))) / norm(w(x))``. ``w(x)``
    are the weights of the explained row ``x``, and the norm is the Euclidean one over features.
    The maximum goes over drawn rows ``x'`` near ``x``. Columns of continuous numbers move by at
    most `radius` standard deviations. Levels, whole numbers and missing numbers have no near
    neighbors and stay; so do columns that the explainer holds (``fixed``).

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of the rows.

    explainer : LimeTabularExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows.

    radius : float, default=0.1
        Largest move of a column, in standard deviations, above 0.

    n_draws : int, default=10
        Number of near rows for each row, at least 1. Each of them is explained.

    normalize : bool, default=True
        Whether to divide by ``norm(w(x))``.

    random_state : int, RandomState instance or None, default=0
        Source of the moves. The default gives all explainers the same.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    sensitivity : float or ndarray of shape (n_rows, n_outputs)
        At least 0, less is better; NaN where all weights are zero.

    See Also
    --------
    infidelity : How badly the weights predict the model, from the same paper.

    References
    ----------
    .. [1] Yeh, Hsieh, Suggala, Inouye, Ravikumar, On the (In)fidelity and Sensitivity of
       Explanations, NeurIPS 2019, :doi:`10.48550/arXiv.1901.09392`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import max_sensitivity
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), discretizer=None, random_state=0).fit(X, y)
    >>> batch = explainer.explain(X[:3])
    >>> round(max_sensitivity(batch, explainer, X[:3], radius=0.01), 3)
    0.008
    """
    rows, response = read_rows(explainer, X)
    check_same_outputs(batch, explainer)
    near = _near_rows(rows, explainer._encoder, radius, n_draws, random_state)
    weights = np.asarray(explainer.transform(response.codec.to_table(near)))
    n_rows, n_features, n_outputs = batch.values.shape
    weights = weights.reshape(n_rows, n_draws, n_outputs, n_features).swapaxes(2, 3)
    changes = _norms(weights - batch.values[:, None], axis=2).max(axis=1)
    norms = _norms(batch.values, axis=1)
    # Without any weight there is nothing that could change, also if no norm is wanted.
    scale = np.where(norms > 0.0, norms if normalize else 1.0, np.nan)
    return averaged(changes / scale, average)


def _norms(vectors: FloatArray, axis: int) -> FloatArray:
    """Return Euclidean norms, also where squares overflow or vanish."""
    unit = units(vectors, axis=axis)
    norms: FloatArray = np.linalg.norm(vectors / np.expand_dims(unit, axis), axis=axis) * unit
    return norms


def _near_rows(
    rows: FloatArray,
    encoder: TabularEncoder,
    radius: float,
    n_draws: int,
    random_state: RandomState,
) -> FloatArray:
    """Return moved copies of each row; the copies of one row are next to each other."""
    seed = np.random.SeedSequence(draw_seed(random_state))
    moves = 2.0 * independent_points(n_draws, rows.shape[1], seed) - 1.0
    can_move = encoder.can_change & ~encoder.statistics.is_discrete
    reach = np.where(can_move, radius * encoder.statistics.scales, 0.0)
    near: FloatArray = rows[:, None, :] + moves * reach
    return near.reshape(-1, rows.shape[1])


def _curves_and_shares(
    batch: AnyBatch,
    explainer: BaseLimeExplainer,
    X: Any,
    inserts: bool,
    fill: Any,
    n_draws: int,
    random_state: RandomState,
) -> tuple[FloatArray, FloatArray]:
    """Return curves, and the shares of the instance that are taken away or put in.

    Both have the shape (n_rows, n_features + 1, n_outputs).
    """
    fill = judge_fill(explainer, fill)
    if isinstance(batch, PartsExplanationBatch):
        options = {"fill": fill, "n_draws": n_draws, "random_state": random_state}
        return mask_curves(batch, explainer, X, inserts=inserts, **options)
    table = cast(ExplanationBatch, batch)
    probe = Probe.of(table, explainer, X, n_draws, random_state)
    curves = _curves(probe, table, np.greater_equal if inserts else np.less)
    n_steps = curves.shape[1] - 1
    shares = np.arange(n_steps + 1.0)[:, None] / max(n_steps, 1)
    return curves, np.broadcast_to(shares, curves.shape)


def _curves(probe: Probe, batch: ExplanationBatch, is_replaced: _Compare) -> FloatArray:
    """Return one curve per row and output.

    `is_replaced` gets the index of each feature in the order of contributions, and the state, the
    number of features taken away or put in.
    """
    n_rows, n_features, n_outputs = batch.values.shape
    shown = contributions(batch)
    curves = np.empty((n_rows, n_features + 1, n_outputs))
    for output in range(n_outputs):
        order = np.argsort(-shown[:, :, output], axis=1, kind="stable")
        indices = np.argsort(order, axis=1)
        responses = probe.mean_responses(n_features + 1, _in_order(indices, is_replaced))
        curves[:, :, output] = responses[:, :, output]
    is_missing = np.isnan(shown).any(axis=1, keepdims=True)
    return np.where(is_missing, np.nan, curves)


def _in_order(indices: IntArray, is_replaced: _Compare) -> _Compare:
    """Return `is_replaced` for indices of rows instead of indices of their features."""
    return lambda row, state: is_replaced(indices[row], state[:, None])


def _areas(curves: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the trapezoidal area below curves over shares; NaN for those that never change."""
    widths = np.diff(shares, axis=1)
    # Instances with fewer parts than others have neither responses nor shares at the end.
    is_step = ~np.isnan(widths)
    steps = np.where(is_step, 0.5 * (curves[:, 1:] + curves[:, :-1]) * widths, 0.0)
    is_point = ~np.isnan(shares)
    low = np.where(is_point, curves, np.inf).min(axis=1)
    high = np.where(is_point, curves, -np.inf).max(axis=1)
    # Equal responses have means that differ by rounding.
    largest = np.maximum(np.abs(low), np.abs(high))
    is_flat = high - low <= _ROUNDING * largest
    return np.where(is_flat | ~is_step.any(axis=1), np.nan, steps.sum(axis=1))
