"""Do the weights say what the model does? Asked of the model, row by row."""

from numbers import Real

import numpy as np
from scipy.stats import rankdata

from sklime._base import BaseLimeExplainer
from sklime.metrics._averages import AVERAGE, BATCH, averaged, contributions, positive_count
from sklime.metrics._probe import Probe, read_rows
from sklime.utils._magnitude import units
from sklime.utils._random import draw_seed, independent_points
from sklime.utils._sklearn import Interval, StrOptions, validate_params

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

_ASKS = {
    **BATCH,
    "explainer": [BaseLimeExplainer],
    "X": "no_validation",
    "random_state": ["random_state"],
}

# Below this, relative to the response or to the largest of the row, an effect is rounding.
_ROUNDING = 1e-10


def _ranks(values):
    return rankdata(values, axis=1)


# What is done to contributions and effects before they are correlated.
_CORRELATIONS = {
    "both": (_ranks, np.asarray),
    "spearman": (_ranks,),
    "pearson": (np.asarray,),
}


@validate_params({**_ASKS, **positive_count("n_draws")}, prefer_skip_nested_validation=True)
def one_feature_effects(batch, explainer, X, *, n_draws=64, random_state=0):
    """Return by how much the response depends on each feature alone.

    The response at the row minus its mean over rows in which one feature is drawn anew from the
    background of the explainer, all others kept [1]_. No surrogate is involved: it is what the
    weights of a local explanation are about. Columns that the explainer holds (``fixed``) have
    the effect 0.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of the rows; they tell which outputs are explained.

    explainer : LimeTabularExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows.

    n_draws : int, default=64
        Number of values drawn for each feature, at least 1. The model is asked about
        ``n_features * n_draws`` rows for each row.

    random_state : int, RandomState instance or None, default=0
        What the values are drawn from; the same for all explainers unless changed.

    Returns
    -------
    effects : ndarray of shape (n_rows, n_features, n_outputs)
        In units of the response.

    See Also
    --------
    effects_agreement_score : Weights against these effects.

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
    # The mean of equal numbers is rounded.
    tiny = _ROUNDING * np.abs(batch.predictions[:, None, :])
    return np.where(np.abs(effects) <= tiny, 0.0, effects)


@validate_params(
    {
        **_ASKS,
        "method": [StrOptions({"both", "spearman", "pearson"})],
        **positive_count("n_draws"),
        **AVERAGE,
    },
    prefer_skip_nested_validation=True,
)
def effects_agreement_score(
    batch, explainer, X, *, method="both", n_draws=64, random_state=0, average="mean"
):
    """Return the correlation of contributions with one-feature-at-a-time effects.

    Row by row, over features: weights times encodings against `one_feature_effects`. Columns that
    the explainer holds (``fixed``) are left out.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of the rows.

    explainer : LimeTabularExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows.

    method : {"both", "spearman", "pearson"}, default="both"
        Correlation of ranks ("spearman"), linear ("pearson"), or the mean of the two: ranks
        make much of features without effect, linear correlation of the strongest.

    n_draws : int, default=64
        Number of values drawn for each feature, at least 1. The model is asked about
        ``n_features * n_draws`` rows for each row.

    random_state : int, RandomState instance or None, default=0
        What the values are drawn from; the same for all explainers unless changed.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    score : float or ndarray of shape (n_rows, n_outputs)
        From -1 to 1, more is better; 0 where all contributions are equal and the effects are
        not, NaN where all effects are equal, as for a constant model.

    See Also
    --------
    one_feature_effects : What the contributions are compared with.

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
    >>> effects_agreement_score(explainer.explain(X[:5]), explainer, X[:5]) > 0.9
    True
    """
    effects = one_feature_effects(batch, explainer, X, n_draws=n_draws, random_state=random_state)
    largest = np.abs(effects).max(axis=1, keepdims=True)
    # Ranks would make much of what is rounding.
    effects = np.where(np.abs(effects) <= _ROUNDING * largest, 0.0, effects)
    can_change = explainer._encoder.can_change
    claimed, effects = contributions(batch)[:, can_change], effects[:, can_change]
    correlations = [
        _row_correlations(transform(claimed), transform(effects))
        for transform in _CORRELATIONS[method]
    ]
    return averaged(np.mean(correlations, axis=0), average)


@validate_params({**_ASKS, **positive_count("n_draws")}, prefer_skip_nested_validation=True)
def deletion_curve(batch, explainer, X, *, n_draws=16, random_state=0):
    """Return the response while features are taken away, the most supportive first.

    Features are put in the order of their contributions, positive ones first, negative ones
    last, and one after the other is drawn anew from the background of the explainer: what
    RISE [1]_ does with pixels. Columns that the explainer holds (``fixed``) keep the row's value,
    so that the curve is flat there.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of the rows.

    explainer : LimeTabularExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows.

    n_draws : int, default=16
        Number of background rows, at least 1, over which the response is averaged. The model
        is asked about ``(n_features + 1) * n_draws`` rows for each row and output.

    random_state : int, RandomState instance or None, default=0
        What the values are drawn from; the same for all explainers unless changed.

    Returns
    -------
    curve : ndarray of shape (n_rows, n_features + 1, n_outputs)
        Mean response with 0, 1, ... all features taken away.

    See Also
    --------
    deletion_score : The area below.
    insertion_curve : The other way round.

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
    probe = Probe.of(batch, explainer, X, n_draws, random_state)
    return _curves(probe, batch, lambda indices, state: indices < state)


@validate_params({**_ASKS, **positive_count("n_draws")}, prefer_skip_nested_validation=True)
def insertion_curve(batch, explainer, X, *, n_draws=16, random_state=0):
    """Return the response while features are put in, the most supportive first.

    It begins with background rows, in which columns that the explainer holds (``fixed``) have the
    row's value, and ends with the explained row; see `deletion_curve`.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of the rows.

    explainer : LimeTabularExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows.

    n_draws : int, default=16
        Number of background rows, at least 1, over which the response is averaged. The model
        is asked about ``(n_features + 1) * n_draws`` rows for each row and output.

    random_state : int, RandomState instance or None, default=0
        What the values are drawn from; the same for all explainers unless changed.

    Returns
    -------
    curve : ndarray of shape (n_rows, n_features + 1, n_outputs)
        Mean response with 0, 1, ... all features put in.

    See Also
    --------
    insertion_score : The area below.
    deletion_curve : The other way round.

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
    probe = Probe.of(batch, explainer, X, n_draws, random_state)
    return _curves(probe, batch, lambda indices, state: indices >= state)


@validate_params(
    {**_ASKS, **positive_count("n_draws"), **AVERAGE}, prefer_skip_nested_validation=True
)
def deletion_score(batch, explainer, X, *, n_draws=16, random_state=0, average="mean"):
    """Return the area below the deletion curve.

    Small when the response falls as soon as the strongest features are gone. It depends on the
    row and on the model, too: compare explanations of the same rows only.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of the rows.

    explainer : LimeTabularExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows.

    n_draws : int, default=16
        Number of background rows, at least 1, over which the response is averaged. The model
        is asked about ``(n_features + 1) * n_draws`` rows for each row and output.

    random_state : int, RandomState instance or None, default=0
        What the values are drawn from; the same for all explainers unless changed.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    area : float or ndarray of shape (n_rows, n_outputs)
        In units of the response, less is better; NaN where the response never changes.

    See Also
    --------
    deletion_curve : The curve.
    insertion_score : The other way round, where more is better.

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
    >>> deletion_score(batch, explainer, X[:5]) < insertion_score(batch, explainer, X[:5])
    True
    """
    curve = deletion_curve(batch, explainer, X, n_draws=n_draws, random_state=random_state)
    return averaged(_areas(curve), average)


@validate_params(
    {**_ASKS, **positive_count("n_draws"), **AVERAGE}, prefer_skip_nested_validation=True
)
def insertion_score(batch, explainer, X, *, n_draws=16, random_state=0, average="mean"):
    """Return the area below the insertion curve.

    Large when a few strong features bring the response back. It depends on the row and on the
    model, too: compare explanations of the same rows only.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of the rows.

    explainer : LimeTabularExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows.

    n_draws : int, default=16
        Number of background rows, at least 1, over which the response is averaged. The model
        is asked about ``(n_features + 1) * n_draws`` rows for each row and output.

    random_state : int, RandomState instance or None, default=0
        What the values are drawn from; the same for all explainers unless changed.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    area : float or ndarray of shape (n_rows, n_outputs)
        In units of the response, more is better; NaN where the response never changes.

    See Also
    --------
    insertion_curve : The curve.
    deletion_score : The other way round, where less is better.

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
    curve = insertion_curve(batch, explainer, X, n_draws=n_draws, random_state=random_state)
    return averaged(_areas(curve), average)


@validate_params(
    {
        **_ASKS,
        "keep": [Interval(Real, 0, 1, closed="neither")],
        **positive_count("n_draws"),
        **AVERAGE,
    },
    prefer_skip_nested_validation=True,
)
def infidelity(batch, explainer, X, *, keep=0.5, n_draws=256, random_state=0, average="mean"):
    """Return how badly weights foretell the fall of the response when features are lost.

    The infidelity of Yeh et al. [1]_: the mean of ``(lost @ weights - (f(x) - f(x')))**2`` over
    perturbed rows x', in which each feature keeps its value with probability `keep` and is
    otherwise drawn from the background of the explainer. Columns that the explainer holds
    (``fixed``) keep it always. Of contributions, ``lost`` tells which
    values were drawn; of contrasts (``baseline="other"``) it is the encoding of x minus that of
    x'.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of the rows.

    explainer : LimeTabularExplainer
        The fitted explainer that made them.

    X : {ndarray, sparse matrix, DataFrame} of shape (n_rows, n_features)
        The rows.

    keep : float, default=0.5
        Probability with which a feature keeps its value, in (0, 1). It need not be that of the
        explainer.

    n_draws : int, default=256
        Number of perturbed rows for each row, at least 1.

    random_state : int, RandomState instance or None, default=0
        What the perturbed rows are drawn from; the same for all explainers unless changed.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    infidelity : float or ndarray of shape (n_rows, n_outputs)
        At least 0, in squared units of the response, less is better; NaN where the response
        never changes.

    See Also
    --------
    max_sensitivity : Whether near rows are explained alike.

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
    >>> infidelity(raw.explain(X[:5]), raw, X[:5]) < infidelity(bins.explain(X[:5]), bins, X[:5])
    True
    """
    probe = Probe.of(batch, explainer, X, n_draws, random_state)
    scores = np.empty(batch.predictions.shape)
    for chunk, lost, fall in probe.differences(keep, batch.baseline):
        foretold = lost @ batch.values[chunk]
        unit = units(fall, axis=(0, 1))
        with np.errstate(over="ignore", under="ignore"):
            # In the units of the responses squared, which may be too large for a float.
            errors = (((foretold - fall) / unit) ** 2).mean(axis=1) * unit * unit
        size = _ROUNDING * np.abs(batch.predictions[chunk])
        changes = (np.abs(fall).max(axis=1) > size) | np.isnan(errors)
        scores[chunk] = np.where(changes, errors, np.nan)
    return averaged(scores, average)


@validate_params(
    {
        **_ASKS,
        "radius": [Interval(Real, 0, None, closed="neither")],
        "normalize": ["boolean"],
        **positive_count("n_draws"),
        **AVERAGE,
    },
    prefer_skip_nested_validation=True,
)
def max_sensitivity(
    batch,
    explainer,
    X,
    *,
    radius=0.1,
    n_draws=10,
    normalize=True,
    random_state=0,
    average="mean",
):
    """Return the largest change of the weights when the row moves a little.

    The max-sensitivity of Yeh et al. [1]_: the largest ``norm(weights(x') - weights(x))`` over
    rows x' near x. Columns of continuous numbers move by at most `radius` standard deviations;
    levels, whole and missing numbers, which have no near neighbors, stay, and so do columns that
    the explainer holds (``fixed``).

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
        Whether to divide by the norm of the weights of the row.

    random_state : int, RandomState instance or None, default=0
        What the moves are drawn from; the same for all explainers unless changed.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    sensitivity : float or ndarray of shape (n_rows, n_outputs)
        At least 0, less is better; NaN where all weights are zero.

    See Also
    --------
    infidelity : The other measure of the same paper.

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
    >>> 0.0 <= max_sensitivity(batch, explainer, X[:3], radius=0.01) < 0.1
    True
    """
    rows, response = read_rows(explainer, X)
    near = _near_rows(rows, explainer._encoder, radius, n_draws, random_state)
    weights = np.asarray(explainer.transform(response.codec.to_table(near)))
    n_rows, n_features, n_outputs = batch.values.shape
    weights = weights.reshape(n_rows, n_draws, n_outputs, n_features).swapaxes(2, 3)
    changes = _norms(weights - batch.values[:, None], axis=2).max(axis=1)
    norms = _norms(batch.values, axis=1)
    unit = np.where(norms > 0.0, norms if normalize else 1.0, np.nan)
    return averaged(changes / unit, average)


def _norms(vectors, axis):
    """Return Euclidean norms, also where squares are no floats."""
    unit = units(vectors, axis=axis)
    return np.linalg.norm(vectors / np.expand_dims(unit, axis), axis=axis) * unit


def _near_rows(rows, encoder, radius, n_draws, random_state):
    """Return moved copies of each row, one row after the other."""
    seed = np.random.SeedSequence(draw_seed(random_state))
    moves = 2.0 * independent_points(n_draws, rows.shape[1], seed) - 1.0
    can_move = encoder.can_change & ~encoder.statistics.is_discrete
    reach = np.where(can_move, radius * encoder.statistics.scales, 0.0)
    return (rows[:, None, :] + moves * reach).reshape(-1, rows.shape[1])


def _curves(probe, batch, is_replaced):
    """Return one curve per row and output; `is_replaced` compares ranks with states."""
    n_rows, n_features, n_outputs = batch.values.shape
    claimed = contributions(batch)
    curves = np.empty((n_rows, n_features + 1, n_outputs))
    for output in range(n_outputs):
        order = np.argsort(-claimed[:, :, output], axis=1, kind="stable")
        indices = np.argsort(order, axis=1)
        responses = probe.mean_responses(
            n_features + 1, lambda row, state, p=indices: is_replaced(p[row], state[:, None])
        )
        curves[:, :, output] = responses[:, :, output]
    curves[np.isnan(claimed).any(axis=1)[:, None].repeat(n_features + 1, axis=1)] = np.nan
    return curves


def _areas(curves):
    """Return the area below curves over [0, 1]; NaN for those that never change."""
    n_steps = curves.shape[1] - 1
    areas = (curves[:, 1:] + curves[:, :-1]).sum(axis=1) / (2 * n_steps)
    # The mean of equal responses is rounded.
    is_flat = np.ptp(curves, axis=1) <= _ROUNDING * np.abs(curves).max(axis=1)
    return np.where(is_flat, np.nan, areas)


def _row_correlations(claimed, effects):
    """Return Pearson's correlation over axis 1: 0 where only what is claimed is constant."""
    is_defined = np.ptp(effects, axis=1) > 0.0
    claimed, effects = (x / units(x, axis=1)[:, None] for x in (claimed, effects))
    claimed, effects = (x - x.mean(axis=1, keepdims=True) for x in (claimed, effects))
    norms = np.sqrt((claimed**2).sum(axis=1) * (effects**2).sum(axis=1))
    products = (claimed * effects).sum(axis=1)
    correlations = products / np.where(norms == 0.0, 1.0, norms)
    return np.where(is_defined, correlations, np.nan)
