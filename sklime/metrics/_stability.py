"""Stability: do other perturbed rows give the same explanation, within a run or between runs."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from sklime._explanations._base import AnyBatch, BaseExplanationBatch
from sklime._explanations._explanation import ExplanationBatch
from sklime.metrics._averages import (
    AVERAGE,
    Average,
    Constraints,
    averaged,
    contributions,
    positive_count,
)
from sklime.metrics._texts import rectangular
from sklime.utils._intervals import CONFIDENCE_LEVEL
from sklime.utils._replicates import spread_out, top_features
from sklime.utils._sklearn import validate_params
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = [
    "coefficients_stability_index",
    "jaccard_stability_score",
    "rank_stability_score",
    "selection_frequency",
    "variables_stability_index",
]

_RUNS: Constraints = {"batch": [BaseExplanationBatch, Sequence]}


@validate_params(
    {**_RUNS, **positive_count("n_top"), **AVERAGE}, prefer_skip_nested_validation=True
)
def jaccard_stability_score(
    batch: AnyBatch | Sequence[AnyBatch],
    *,
    n_top: int = 5,
    average: Average = "mean",
) -> float | FloatArray:
    """Return the overlap of the strongest features between runs with other seeds.

    The mean of ``len(A & B) / len(A | B)`` over pairs of runs. ``A`` and ``B`` are the sets of
    the `n_top` features with the largest absolute contributions in each run.

    For one batch the runs are predicted from its replicates. Two fits that leave out one
    replicate each share nearly all of their points, and agree far better than two runs do. Their
    deviations from the mean are therefore scaled up, as the jackknife does for its standard
    error [1]_. Nothing is known about features that none of these fits selects. If `n_top` comes
    near the number of selected features, the prediction is too high, by about 0.1 and at worst
    0.2.

    Parameters
    ----------
    batch : ExplanationBatch or sequence of ExplanationBatch
        Explanations, for which other runs are predicted; or explanations of the same rows by
        several runs, which are compared.

    n_top : int, default=5
        Number of features in a set, at least 1; fewer if fewer were selected. It should be well
        below the number of features, because sets of all features are always equal.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    score : float or ndarray of shape (n_rows, n_outputs)
        From 0 to 1, more is better; NaN where no weight differs from zero.

    See Also
    --------
    rank_stability_score : Compares the order of all features.
    variables_stability_index : Compares the sets of all selected features.

    References
    ----------
    .. [1] Efron, Stein, The Jackknife Estimate of Variance, Annals of Statistics 9, 1981,
       :doi:`10.1214/aos/1176345462`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import jaccard_stability_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = RandomForestRegressor(10, random_state=0)
    >>> explainer = LimeTabularExplainer(model, method="sampling", random_state=0).fit(X, y)
    >>> round(jaccard_stability_score(explainer.explain(X[:10]), n_top=3), 2)
    0.79
    """
    magnitudes, n_selected = _magnitudes_of_runs(batch)
    return averaged(_mean_jaccard(_is_top(magnitudes, np.minimum(n_selected, n_top))), average)


@validate_params({**_RUNS, **AVERAGE}, prefer_skip_nested_validation=True)
def rank_stability_score(
    batch: AnyBatch | Sequence[AnyBatch], *, average: Average = "mean"
) -> float | FloatArray:
    """Return the rank correlation of absolute contributions between runs with other seeds.

    The mean of Spearman's correlation over pairs of runs. Each correlation goes over the
    features that at least one of the two runs selects. For one batch the runs are predicted; see
    `jaccard_stability_score`.

    Parameters
    ----------
    batch : ExplanationBatch or sequence of ExplanationBatch
        Explanations, for which other runs are predicted; or explanations of the same rows by
        several runs, which are compared.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    score : float or ndarray of shape (n_rows, n_outputs)
        From -1 to 1, more is better; NaN where fewer than two features are selected.

    See Also
    --------
    jaccard_stability_score : Compares the sets of the strongest features.

    References
    ----------
    .. [1] Efron, Stein, The Jackknife Estimate of Variance, Annals of Statistics 9, 1981,
       :doi:`10.1214/aos/1176345462`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import rank_stability_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = RandomForestRegressor(10, random_state=0)
    >>> explainer = LimeTabularExplainer(model, method="sampling", random_state=0).fit(X, y)
    >>> round(rank_stability_score(explainer.explain(X[:10])), 2)
    0.87
    """
    magnitudes, n_selected = _magnitudes_of_runs(batch)
    magnitudes = np.where(_is_top(magnitudes, n_selected), magnitudes, 0.0)
    correlations = [
        _rank_correlation(magnitudes[:, a], magnitudes[:, b])
        for a, b in _pairs(magnitudes.shape[1])
    ]
    return averaged(_mean_of_defined(correlations), average)


@validate_params({**_RUNS, **AVERAGE}, prefer_skip_nested_validation=True)
def selection_frequency(
    batch: AnyBatch | Sequence[AnyBatch], *, average: Average = "mean"
) -> float | FloatArray:
    """Return how often runs with other seeds would select a feature.

    The share of runs that select feature j. For one batch the runs are predicted; see
    `jaccard_stability_score`. Each predicted run selects as many features as the explanation has,
    those with the largest absolute contributions.

    Parameters
    ----------
    batch : ExplanationBatch or sequence of ExplanationBatch
        Explanations, for which other runs are predicted; or explanations of the same rows by
        several runs, which are compared.

    average : {"mean", "median"} or None, default="mean"
        How the frequencies of the features that the first or only run selects are averaged.
        `None` returns the frequency of every feature.

    Returns
    -------
    frequency : float or ndarray of shape (n_rows, n_features, n_outputs)
        From 0 to 1; for selected features more is better. NaN if no feature is selected, and for
        parts that a text does not have because another one is longer.

    See Also
    --------
    variables_stability_index : Compares the sets of selected features.

    References
    ----------
    .. [1] Visani, Bagli, Chesani, Poluzzi, Capuzzo, Statistical stability indices for LIME:
       obtaining reliable explanations for machine learning models, Journal of the Operational
       Research Society 73, 2022, :doi:`10.1080/01605682.2020.1865846`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import selection_frequency
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = RandomForestRegressor(10, random_state=0)
    >>> settings = {"method": "sampling", "max_features": 3, "random_state": 0}
    >>> explainer = LimeTabularExplainer(model, **settings).fit(X, y)
    >>> batch = explainer.explain(X[:10])
    >>> selection_frequency(batch, average=None).shape
    (10, 10, 1)
    >>> round(selection_frequency(batch), 2)
    0.91
    """
    first = batch if isinstance(batch, BaseExplanationBatch) else batch[0]
    values = rectangular(first).values
    magnitudes, n_selected = _magnitudes_of_runs(batch)
    frequencies: FloatArray = _is_top(magnitudes, n_selected).mean(axis=1)
    frequencies = np.where((n_selected > 0)[:, None], frequencies, np.nan)
    if not first.shares_features:
        for row, one in enumerate(first):
            frequencies[row, len(one.feature_names) :] = np.nan
    if average is None:
        return frequencies
    return averaged(frequencies[values != 0.0], average)


@validate_params({**_RUNS, **AVERAGE}, prefer_skip_nested_validation=True)
def variables_stability_index(
    batch: AnyBatch | Sequence[AnyBatch], *, average: Average = "mean"
) -> float | FloatArray:
    """Return the share of selected features that runs with other seeds have in common.

    The VSI of Visani et al. [1]_, the mean of ``len(A & B) / max(len(A), len(B))`` over pairs of
    runs. ``A`` and ``B`` are the sets of the features that each run selects. The index is 1 if
    all features are selected. For one batch the runs are predicted; see
    `jaccard_stability_score`.

    Parameters
    ----------
    batch : ExplanationBatch or sequence of ExplanationBatch
        Explanations, for which other runs are predicted; or explanations of the same rows by
        several runs, which are compared.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    index : float or ndarray of shape (n_rows, n_outputs)
        From 0 to 1, more is better; NaN where no weight differs from zero.

    See Also
    --------
    coefficients_stability_index : Compares the weights of selected features.

    References
    ----------
    .. [1] Visani, Bagli, Chesani, Poluzzi, Capuzzo, Statistical stability indices for LIME:
       obtaining reliable explanations for machine learning models, Journal of the Operational
       Research Society 73, 2022, :doi:`10.1080/01605682.2020.1865846`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import variables_stability_index
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = RandomForestRegressor(10, random_state=0)
    >>> settings = {"method": "sampling", "max_features": 3, "random_state": 0}
    >>> explainer = LimeTabularExplainer(model, **settings).fit(X, y)
    >>> round(variables_stability_index(explainer.explain(X[:10])), 2)
    0.95
    """
    magnitudes, n_selected = _magnitudes_of_runs(batch)
    n_shared, n_members = _overlaps(_is_top(magnitudes, n_selected))
    # Two runs may select different numbers of features, because weights that are 0 do not count.
    n_larger = np.array(
        [np.maximum(n_members[:, a], n_members[:, b]) for a, b in _pairs(magnitudes.shape[1])]
    )
    shares = np.divide(n_shared, n_larger, out=np.full(n_larger.shape, np.nan), where=n_larger > 0)
    return averaged(_mean_of_defined(shares), average)


@validate_params({"batches": [Sequence], **AVERAGE}, prefer_skip_nested_validation=True)
def coefficients_stability_index(
    batches: Sequence[AnyBatch], *, average: Average = "mean"
) -> float | FloatArray:
    """Return how often the intervals of a weight overlap between runs.

    The CSI of Visani et al. [1]_, the mean of ``o_j / s_j`` over features j. ``s_j`` is the number
    of pairs of runs that both select feature j. ``o_j`` is the number of these pairs whose 95 %
    intervals for its weight overlap. Correct intervals of equal width overlap in about 99 % of
    pairs: the index checks the intervals rather than the weights. It takes several runs, because
    intervals from the replicates of one run always overlap.

    Parameters
    ----------
    batches : sequence of ExplanationBatch
        Explanations of the same rows by at least two runs with different seeds.

    average : {"mean", "median"} or None, default="mean"
        How the numbers of rows and outputs are averaged; NaN is left out. `None` returns one
        number per row and output.

    Returns
    -------
    index : float or ndarray of shape (n_rows, n_outputs)
        From 0 to 1, more is better; NaN where no two runs select the same feature, or all
        weights are zero.

    See Also
    --------
    variables_stability_index : Compares the sets of selected features.

    References
    ----------
    .. [1] Visani, Bagli, Chesani, Poluzzi, Capuzzo, Statistical stability indices for LIME:
       obtaining reliable explanations for machine learning models, Journal of the Operational
       Research Society 73, 2022, :doi:`10.1080/01605682.2020.1865846`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.ensemble import RandomForestRegressor
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import coefficients_stability_index
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = RandomForestRegressor(20, random_state=0).fit(X, y)
    >>> settings = {"method": "sampling", "n_perturbations": 64}
    >>> explainers = (
    ...     LimeTabularExplainer(model, random_state=seed, **settings) for seed in range(3)
    ... )
    >>> batches = [explainer.fit(X).explain(X[:5]) for explainer in explainers]
    >>> round(coefficients_stability_index(batches), 2)
    1.0
    """
    _check_is_several(batches)
    runs = rectangular(batches)
    _check_runs(runs)
    low, high = (
        np.stack(ends, axis=1)
        for ends in zip(*(run.confidence_intervals(CONFIDENCE_LEVEL) for run in runs))
    )
    is_selected = np.stack([run.selected & (run.values != 0.0) for run in runs], axis=1)
    pairs = _pairs(len(runs))
    both = np.array([is_selected[:, a] & is_selected[:, b] for a, b in pairs])
    overlap = np.array([(low[:, a] <= high[:, b]) & (low[:, b] <= high[:, a]) for a, b in pairs])
    n_pairs = both.sum(axis=0)
    shares = (both & overlap).sum(axis=0) / np.where(n_pairs > 0, n_pairs, np.nan)
    return averaged(_mean_of_defined(shares.swapaxes(0, 1)), average)


def _magnitudes_of_runs(
    batch: AnyBatch | Sequence[AnyBatch],
) -> tuple[FloatArray, IntArray]:
    """Return absolute contributions of each run, and how many features a run selects.

    Shapes (n_rows, n_runs, n_features, n_outputs) and (n_rows, n_outputs).
    """
    if isinstance(batch, BaseExplanationBatch):
        one = rectangular(batch)
        return np.abs(spread_out(_left_out_contributions(one))), _n_selected(one.values)
    _check_is_several(batch)
    runs = rectangular(batch)
    _check_runs(runs)
    magnitudes = np.abs(np.stack([contributions(run) for run in runs], axis=1))
    return magnitudes, np.max([_n_selected(run.values) for run in runs], axis=0)


def _left_out_contributions(batch: ExplanationBatch) -> FloatArray:
    """Return contributions of the fits without each replicate, for features that any fit selects.

    A feature that one fit does not select has a contribution just below the threshold of
    selection, not zero: counted as zero it would seem to jump between runs. It counts as the
    smallest contribution that this fit selects.
    """
    encodings = batch.internals.encodings[:, None, :, None]
    left_out = batch.internals.left_out_values * encodings
    anew = batch.internals.reselected_values * encodings
    is_selected = anew != 0.0
    threshold = np.min(np.abs(anew), axis=2, keepdims=True, where=is_selected, initial=np.inf)
    threshold[np.isinf(threshold)] = 0.0
    # The sign of the fits that select the feature, so that it is never seen to change sides.
    signs = np.sign(anew.sum(axis=1, keepdims=True))
    anew = np.where(is_selected, anew, signs * threshold)
    is_reported = (batch.values != 0.0)[:, None]
    return np.where(is_reported, left_out, np.where(is_selected.any(axis=1)[:, None], anew, 0.0))


def _n_selected(values: FloatArray) -> IntArray:
    n_selected: IntArray = ((values != 0.0) & ~np.isnan(values)).sum(axis=1)
    return n_selected


def _check_is_several(batches: Sequence[AnyBatch]) -> None:
    # One batch is a sequence, too: of single explanations.
    if isinstance(batches, BaseExplanationBatch) or len(batches) < 2:
        raise ValueError(
            "Intervals are compared between at least two runs; pass a list of the explanations "
            "of the same rows by explainers with different random_state."
        )


def _check_runs(batches: Sequence[ExplanationBatch]) -> None:
    shapes = {run.values.shape for run in batches}
    if len(shapes) > 1:
        raise ValueError(
            f"Runs must explain the same rows, features and outputs; their values have shapes "
            f"{sorted(shapes)}."
        )


def _is_top(magnitudes: FloatArray, n_top: IntArray) -> BoolArray:
    """Tell which features are among the largest of their run; zeros never are.

    `n_top` has shape (n_rows, n_outputs).
    """
    is_top: BoolArray = top_features(magnitudes, n_top[:, None, None, :], axis=2)
    return is_top


def _pairs(n_runs: int) -> list[tuple[int, int]]:
    return list(combinations(range(n_runs), 2))


def _overlaps(is_member: BoolArray) -> tuple[IntArray, IntArray]:
    """Return the sizes of intersections, pairs first, and of the sets of each run.

    Shapes (n_pairs, n_rows, n_outputs) and (n_rows, n_runs, n_outputs).
    """
    n_shared = [(is_member[:, a] & is_member[:, b]).sum(1) for a, b in _pairs(is_member.shape[1])]
    return np.array(n_shared), is_member.sum(axis=2)


def _mean_jaccard(is_member: BoolArray) -> FloatArray:
    n_shared, n_members = _overlaps(is_member)
    sums = np.array([n_members[:, a] + n_members[:, b] for a, b in _pairs(is_member.shape[1])])
    unions = sums - n_shared
    ratios = np.divide(n_shared, unions, out=np.full(unions.shape, np.nan), where=unions > 0)
    return _mean_of_defined(ratios)


def _mean_of_defined(values: npt.ArrayLike) -> FloatArray:
    """Return the mean over the first axis, without NaN; NaN if all are."""
    values = np.asarray(values, dtype=np.float64)
    n_defined = (~np.isnan(values)).sum(axis=0)
    means: FloatArray = np.nansum(values, axis=0) / np.where(n_defined > 0, n_defined, np.nan)
    return means


def _rank_correlation(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return Spearman's correlation over axis 1, of features where any of the two is above zero."""
    either = (a > 0.0) | (b > 0.0)
    n_either = either.sum(axis=1)
    a, b = (_rank_deviations(x, either, n_either) for x in (a, b))
    norms = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    is_defined = (n_either > 1) & (norms > 0.0)
    correlations: FloatArray = (a * b).sum(axis=1) / np.where(is_defined, norms, np.nan)
    return correlations


def _rank_deviations(x: FloatArray, mask: BoolArray, n_inside: IntArray) -> FloatArray:
    """Return the ranks within the mask, minus their mean; 0 outside of it.

    `n_inside` is the number of features within the mask, for each row and output.
    """
    # Features outside are zero. They have the first ranks, tied with the zeros inside. Removing
    # them lowers the ranks of positive features by their number and those of zeros by half of it.
    n_outside = x.shape[1] - n_inside
    ranks = rankdata(x, axis=1) - n_outside[:, None]
    ranks = np.where(x > 0.0, ranks, ranks + n_outside[:, None] / 2.0)
    return np.where(mask, ranks - (n_inside[:, None] + 1.0) / 2.0, 0.0)
