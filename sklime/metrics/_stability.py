"""Would another seed say the same? Asked of the replicates of one run, or of several runs."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from sklime._explanations._explanation import ExplanationBatch
from sklime._explanations._parts import TextExplanationBatch
from sklime.metrics._averages import AVERAGE, averaged, contributions, positive_count
from sklime.metrics._texts import rectangular
from sklime.utils._intervals import CONFIDENCE_LEVEL
from sklime.utils._replicates import spread_out, top_features
from sklime.utils._sklearn import validate_params

__all__ = [
    "coefficients_stability_index",
    "jaccard_stability_score",
    "rank_stability_score",
    "selection_frequency",
    "variables_stability_index",
]

_RUNS = {"batch": [ExplanationBatch, Sequence]}


@validate_params(
    {**_RUNS, **positive_count("n_top"), **AVERAGE}, prefer_skip_nested_validation=True
)
def jaccard_stability_score(batch, *, n_top=5, average="mean"):
    """Return the overlap of the strongest features between runs with other seeds.

    The Jaccard index of the sets of features with the largest absolute contributions, a mean
    over pairs of runs. For one batch the runs are predicted, from the replicates: fits that leave
    out one replicate each share nearly all of their points and would agree far too well, so their
    deviations are scaled up to those of whole runs, as the jackknife scales its standard
    error [1]_. Features that none of the fits selects are unknown; where `n_top` comes near the
    number of selected features the prediction is too high, by 0.1 and at worst 0.2.

    Parameters
    ----------
    batch : ExplanationBatch or sequence of ExplanationBatch
        Explanations; or explanations of the same rows by several runs, which are then compared
        as they are.

    n_top : int, default=5
        Number of features in a set, at least 1; fewer where fewer were selected. Sets of all
        features are always equal: it should be well below the number of features.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    score : float or ndarray of shape (n_rows, n_outputs)
        From 0 to 1, more is better; NaN where no weight differs from zero.

    See Also
    --------
    rank_stability_score : The order of all features.
    variables_stability_index : All features that were selected.

    References
    ----------
    .. [1] Efron, Stein, The Jackknife Estimate of Variance, Annals of Statistics 9, 1981,
       :doi:`10.1214/aos/1176345462`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import jaccard_stability_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
    >>> 0.8 < jaccard_stability_score(explainer.explain(X[:10]), n_top=3) <= 1.0
    True
    """
    sizes, n_selected = _sizes_of_runs(batch)
    return averaged(_mean_jaccard(_is_top(sizes, np.minimum(n_selected, n_top))), average)


@validate_params({**_RUNS, **AVERAGE}, prefer_skip_nested_validation=True)
def rank_stability_score(batch, *, average="mean"):
    """Return the rank correlation of absolute contributions between runs with other seeds.

    Spearman's correlation over the features that any of the two runs selects, a mean over
    pairs of runs. For one batch the runs are predicted; see `jaccard_stability_score`.

    Parameters
    ----------
    batch : ExplanationBatch or sequence of ExplanationBatch
        Explanations; or explanations of the same rows by several runs, which are then compared
        as they are.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    score : float or ndarray of shape (n_rows, n_outputs)
        From -1 to 1, more is better; NaN where fewer than two features are selected.

    See Also
    --------
    jaccard_stability_score : The strongest features only.

    References
    ----------
    .. [1] Efron, Stein, The Jackknife Estimate of Variance, Annals of Statistics 9, 1981,
       :doi:`10.1214/aos/1176345462`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import rank_stability_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), random_state=0).fit(X, y)
    >>> 0.8 < rank_stability_score(explainer.explain(X[:10])) <= 1.0
    True
    """
    sizes, n_selected = _sizes_of_runs(batch)
    sizes = np.where(_is_top(sizes, n_selected), sizes, 0.0)
    pairs = [_rank_correlation(sizes[:, a], sizes[:, b]) for a, b in _pairs(sizes.shape[1])]
    return averaged(_mean_of_defined(pairs), average)


@validate_params({**_RUNS, **AVERAGE}, prefer_skip_nested_validation=True)
def selection_frequency(batch, *, average="mean"):
    """Return how often runs with other seeds would select a feature.

    For one batch the runs are predicted, and a run selects as many features as the explanation
    has, those with the largest absolute contributions; see `jaccard_stability_score`.

    Parameters
    ----------
    batch : ExplanationBatch or sequence of ExplanationBatch
        Explanations; or explanations of the same rows by several runs, which are then compared
        as they are.

    average : {"mean", "median"} or None, default="mean"
        How the features that are selected in the first or only run become one number; `None`
        returns the frequency of every feature.

    Returns
    -------
    frequency : float or ndarray of shape (n_rows, n_features, n_outputs)
        From 0 to 1; for selected features more is better. NaN without any weight, and beyond
        the parts of a text where others are longer.

    See Also
    --------
    variables_stability_index : Whether pairs of runs select the same features.

    References
    ----------
    .. [1] Visani, Bagli, Chesani, Poluzzi, Capuzzo, Statistical stability indices for LIME:
       obtaining reliable explanations for machine learning models, Journal of the Operational
       Research Society 73, 2022, :doi:`10.1080/01605682.2020.1865846`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import selection_frequency
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), max_features=3, random_state=0).fit(X, y)
    >>> batch = explainer.explain(X[:10])
    >>> selection_frequency(batch, average=None).shape
    (10, 10, 1)
    >>> 0.8 < selection_frequency(batch) <= 1.0
    True
    """
    first = batch if isinstance(batch, ExplanationBatch) else batch[0]
    values = rectangular(first).values
    sizes, n_selected = _sizes_of_runs(batch)
    frequencies = _is_top(sizes, n_selected).mean(axis=1)
    frequencies = np.where((n_selected > 0)[:, None], frequencies, np.nan)
    if isinstance(first, TextExplanationBatch):
        for row, one in enumerate(first):
            frequencies[row, len(one.feature_names) :] = np.nan
    if average is None:
        return frequencies
    return averaged(frequencies[values != 0.0], average)


@validate_params({**_RUNS, **AVERAGE}, prefer_skip_nested_validation=True)
def variables_stability_index(batch, *, average="mean"):
    """Return the share of selected features that runs with other seeds have in common.

    The VSI of Visani et al. [1]_: ``len(a & b) / n_selected`` for the features that two runs
    select, a mean over pairs of runs. It is 1 where all features are kept. For one batch the
    runs are predicted; see `jaccard_stability_score`.

    Parameters
    ----------
    batch : ExplanationBatch or sequence of ExplanationBatch
        Explanations; or explanations of the same rows by several runs, which are then compared
        as they are.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    index : float or ndarray of shape (n_rows, n_outputs)
        From 0 to 1, more is better; NaN where no weight differs from zero.

    See Also
    --------
    coefficients_stability_index : Whether their weights agree.

    References
    ----------
    .. [1] Visani, Bagli, Chesani, Poluzzi, Capuzzo, Statistical stability indices for LIME:
       obtaining reliable explanations for machine learning models, Journal of the Operational
       Research Society 73, 2022, :doi:`10.1080/01605682.2020.1865846`.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.linear_model import Ridge
    >>> from sklime import LimeTabularExplainer
    >>> from sklime.metrics import variables_stability_index
    >>> X, y = load_diabetes(return_X_y=True)
    >>> explainer = LimeTabularExplainer(Ridge(), max_features=3, random_state=0).fit(X, y)
    >>> 0.8 < variables_stability_index(explainer.explain(X[:10])) <= 1.0
    True
    """
    sizes, n_selected = _sizes_of_runs(batch)
    is_selected = _is_top(sizes, n_selected)
    shared, counts = _overlaps(is_selected)
    # Runs may select different numbers of features where some weights vanish.
    wanted = np.array([np.maximum(counts[:, a], counts[:, b]) for a, b in _pairs(sizes.shape[1])])
    shares = np.divide(shared, wanted, out=np.full(wanted.shape, np.nan), where=wanted > 0)
    return averaged(_mean_of_defined(shares), average)


@validate_params({"batches": [Sequence], **AVERAGE}, prefer_skip_nested_validation=True)
def coefficients_stability_index(batches, *, average="mean"):
    """Return how often the intervals of a weight overlap between runs.

    The CSI of Visani et al. [1]_: for each feature the share of pairs of runs that select it
    whose 95 % intervals overlap, a mean over features. Honest intervals of equal width overlap
    in about 99 % of pairs, so that it is a check of the intervals rather than of the weights.
    It takes several runs: replicates of one run overlap always, as the intervals are made from
    their spread.

    Parameters
    ----------
    batches : sequence of ExplanationBatch
        Explanations of the same rows by at least two runs with different seeds.

    average : {"mean", "median"} or None, default="mean"
        How rows and outputs become one number, undefined ones left out; `None` returns one
        number a row and output.

    Returns
    -------
    index : float or ndarray of shape (n_rows, n_outputs)
        From 0 to 1, more is better; NaN where no two runs select the same feature, or all
        weights are zero.

    See Also
    --------
    variables_stability_index : Whether the runs select the same features.

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
    >>> explainers = (
    ...     LimeTabularExplainer(model, n_perturbations=256, random_state=seed) for seed in range(3)
    ... )
    >>> batches = [explainer.fit(X).explain(X[:5]) for explainer in explainers]
    >>> coefficients_stability_index(batches) > 0.9
    True
    """
    _check_is_several(batches)
    batches = rectangular(batches)
    _check_runs(batches)
    low, high = (
        np.stack(ends, axis=1)
        for ends in zip(*(run.confidence_intervals(CONFIDENCE_LEVEL) for run in batches))
    )
    is_selected = np.stack([run.selected & (run.values != 0.0) for run in batches], axis=1)
    both = np.array([is_selected[:, a] & is_selected[:, b] for a, b in _pairs(len(batches))])
    overlap = np.array(
        [(low[:, a] <= high[:, b]) & (low[:, b] <= high[:, a]) for a, b in _pairs(len(batches))]
    )
    n_pairs = both.sum(axis=0)
    shares = (both & overlap).sum(axis=0) / np.where(n_pairs > 0, n_pairs, np.nan)
    return averaged(_mean_of_defined(shares.swapaxes(0, 1)), average)


def _sizes_of_runs(batch):
    """Return absolute contributions of each run, and how many features a run selects.

    Shapes (n_rows, n_runs, n_features, n_outputs) and (n_rows, n_outputs).
    """
    if not isinstance(batch, ExplanationBatch):
        _check_is_several(batch)
    batch = rectangular(batch)
    if isinstance(batch, ExplanationBatch):
        return np.abs(spread_out(_left_out_contributions(batch))), _n_selected(batch.values)
    _check_runs(batch)
    sizes = np.abs(np.stack([contributions(run) for run in batch], axis=1))
    return sizes, np.max([_n_selected(run.values) for run in batch], axis=0)


def _left_out_contributions(batch):
    """Return contributions of the fits without each replicate, of all features that any selects.

    A feature that a fit does not select is there, below the threshold of selection; taken for
    zero, it would seem to jump. It counts as the smallest contribution that the fit selects.
    """
    encodings = batch.encodings[:, None, :, None]
    left_out = batch.left_out_values * encodings
    anew = batch.reselected_values * encodings
    is_selected = anew != 0.0
    threshold = np.min(np.abs(anew), axis=2, keepdims=True, where=is_selected, initial=np.inf)
    threshold[np.isinf(threshold)] = 0.0
    signs = np.sign(anew.sum(axis=1, keepdims=True))
    anew = np.where(is_selected, anew, signs * threshold)
    is_reported = (batch.values != 0.0)[:, None]
    return np.where(is_reported, left_out, np.where(is_selected.any(axis=1)[:, None], anew, 0.0))


def _n_selected(values):
    return ((values != 0.0) & ~np.isnan(values)).sum(axis=1)


def _check_is_several(batches):
    if isinstance(batches, ExplanationBatch) or len(batches) < 2:
        raise ValueError(
            "Intervals are compared between at least two runs; pass a list of the explanations "
            "of the same rows by explainers with different random_state."
        )


def _check_runs(batches):
    shapes = {run.values.shape for run in batches}
    if len(shapes) > 1:
        raise ValueError(
            f"Runs must explain the same rows, features and outputs; their values have shapes "
            f"{sorted(shapes)}."
        )


def _is_top(sizes, n_top):
    """Tell which features are among the largest of their run; zeros never are.

    `n_top` has shape (n_rows, n_outputs).
    """
    return top_features(sizes, n_top[:, None, None, :], axis=2)


def _pairs(n_runs):
    return list(zip(*np.triu_indices(n_runs, k=1)))


def _overlaps(is_member):
    """Return sizes of intersections, pairs first, and of the sets of each run."""
    shared = [(is_member[:, a] & is_member[:, b]).sum(1) for a, b in _pairs(is_member.shape[1])]
    return np.array(shared), is_member.sum(axis=2)


def _mean_jaccard(is_member):
    shared, counts = _overlaps(is_member)
    sums = np.array([counts[:, a] + counts[:, b] for a, b in _pairs(is_member.shape[1])])
    unions = sums - shared
    ratios = np.divide(shared, unions, out=np.full(unions.shape, np.nan), where=unions > 0)
    return _mean_of_defined(ratios)


def _mean_of_defined(values):
    """Return the mean over the first axis of what is not NaN."""
    values = np.asarray(values, dtype=np.float64)
    n_defined = (~np.isnan(values)).sum(axis=0)
    return np.nansum(values, axis=0) / np.where(n_defined > 0, n_defined, np.nan)


def _rank_correlation(a, b):
    """Return Spearman's correlation over axis 1, where any of the two is above zero."""
    either = (a > 0.0) | (b > 0.0)
    n = either.sum(axis=1)
    a, b = (_rank_deviations(x, either, n) for x in (a, b))
    norms = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return (a * b).sum(axis=1) / np.where((n > 1) & (norms > 0.0), norms, np.nan)


def _rank_deviations(x, mask, n):
    """Return ranks where the mask holds, minus their mean; 0 elsewhere."""
    # What is outside is zero and has the first ranks, tied with the zeros inside: taking it out
    # lowers the ranks of the others by its number, and those of zeros by half of that.
    n_outside = x.shape[1] - n
    ranks = rankdata(x, axis=1) - n_outside[:, None]
    ranks = np.where(x > 0.0, ranks, ranks + n_outside[:, None] / 2.0)
    return np.where(mask, ranks - (n[:, None] + 1.0) / 2.0, 0.0)
