"""How explanations are judged: correlations, recall, overlap and noise, with standard errors."""

import itertools

import numpy as np

__all__ = [
    "mean_jaccard",
    "recalls",
    "relative_seed_noise",
    "row_correlations",
    "standard_error",
]

N_RESAMPLES = 400

# Effects below this share of a row's largest are rounding.
ROUNDING = 1e-9


def row_correlations(a, b):
    """Return Pearson's correlation of each row of a with that of b.

    It is 0 where only the weights ``a`` are constant, and NaN where the effects ``b`` are.
    """
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (a, b))
    products = (a * b).sum(axis=1)
    norms = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    correlations = np.divide(products, norms, out=np.zeros_like(products), where=norms > 0)
    return np.where((b != 0).any(axis=1), correlations, np.nan)


def recalls(contributions, effects, n_true, n_named):
    """Return how many of a row's largest effects are among its largest contributions.

    As a share of `n_true`, or of as many as have an effect; NaN for a row without any. The result
    has shape (n_rows,).
    """
    sizes = np.abs(effects)
    n_real = (sizes > ROUNDING * sizes.max(axis=1, keepdims=True)).sum(axis=1)
    n_wanted = np.minimum(n_true, n_real)
    wanted, named = (
        np.argsort(-np.abs(x), axis=1, kind="stable") for x in (effects, contributions)
    )
    found = [
        len(set(first[:count]) & set(second[:n_named]))
        for first, second, count in zip(wanted.tolist(), named.tolist(), n_wanted)
    ]
    return np.divide(found, n_wanted, out=np.full(len(found), np.nan), where=n_wanted > 0)


def top_features(contributions, n_top=5):
    """Return the set of each row's features of largest absolute contribution."""
    order = np.argsort(-np.abs(contributions), axis=1, kind="stable")
    return [set(row) for row in order[:, :n_top].tolist()]


def mean_jaccard(runs):
    """Return the overlap of the top five features over pairs of seeds and over rows."""
    tops = [top_features(run.contributions) for run in runs]
    overlaps = [
        len(a & b) / len(a | b)
        for first, second in itertools.combinations(tops, 2)
        for a, b in zip(first, second)
    ]
    return np.mean(overlaps) if overlaps else np.nan


def relative_seed_noise(runs):
    """Return the standard deviation of a contribution over seeds, over the row's rms contribution.

    The median over rows and features.
    """
    if len(runs) == 1:
        return np.nan
    contributions = np.array([run.contributions for run in runs])
    sizes = np.sqrt((contributions**2).mean(axis=(0, 2)))
    return np.median(contributions.std(axis=0, ddof=1)[sizes > 0] / sizes[sizes > 0, None])


def standard_error(values, statistic=np.nanmean):
    """Return the standard error of a statistic over rows, by the bootstrap.

    Rows are what is drawn at random; seeds of one row are averaged before.
    """
    rng = np.random.default_rng(0)
    places = rng.integers(len(values), size=(N_RESAMPLES, len(values)))
    return np.nanstd([statistic(values[drawn]) for drawn in places])
