"""Exact moments the slow way: over all combinations of values of all columns."""

import itertools

import numpy as np

from sklime._exact._supports import Support
from sklime._exact._walk import Tilt
from sklime._readings._trees import LEAF, LevelSplits, Trees


def random_support(rng, *, n_values=5, n_bins=3, is_binned=True, misses=False):
    """A support of whole numbers, in bins of neighbors or as standard scores."""
    values = np.arange(float(n_values))
    bins = np.sort(rng.integers(0, n_bins, n_values))
    if misses:
        values, bins = np.append(values, np.nan), np.append(bins, n_bins)
    weights = rng.dirichlet(np.ones(len(values)))
    moments = np.where(np.isnan(values), 0.0, values) * weights
    if is_binned:
        return Support(values, weights, bins, weights, moments, n_bins + 1, True)
    scores = np.where(np.isnan(values), 0.0, (values - 2.0) / 1.5)
    zeros = np.zeros(len(values), int)
    return Support(values, weights, zeros, weights * scores, moments, 1, False)


def random_trees(rng, n_columns, *, n_trees=4, depth=4, n_outputs=2, levels_of=()):
    """Random trees; columns in `levels_of` are split by sets of levels."""
    left, right, feature, threshold, values = [], [], [], [], []

    def grow(height):
        node = len(left)
        for array, item in ((left, LEAF), (right, LEAF), (feature, LEAF), (threshold, 0.0)):
            array.append(item)
        values.append(np.zeros(n_outputs))
        if height == 0 or rng.random() < 0.15:
            values[node] = rng.normal(size=n_outputs)
            return node
        feature[node] = int(rng.integers(n_columns))
        threshold[node] = float(rng.integers(0, 4)) + float(rng.random() < 0.5) * 0.5
        left[node], right[node] = grow(height - 1), grow(height - 1)
        return node

    roots = [grow(depth) for _ in range(n_trees)]
    feature = np.array(feature)
    is_set = np.isin(feature, list(levels_of)) if levels_of else np.zeros(len(left), bool)
    levels = None
    if is_set.any():
        sets = rng.random((is_set.sum(), 5)) < 0.5
        index = np.where(is_set, np.cumsum(is_set) - 1, -1)
        levels = LevelSplits(index, sets, is_set & (rng.random(len(left)) < 0.5))
    return Trees(
        left=np.array(left),
        right=np.array(right),
        feature=feature,
        threshold=np.array(threshold),
        missing_left=rng.random(len(left)) < 0.5,
        values=np.array(values),
        roots=np.array(roots),
        levels=levels,
    )


def bin_of(support, value):
    """Bin of a value of a support; the number of bins for a value that it does not hold."""
    same = (support.values == value) | (np.isnan(support.values) & np.isnan(value))
    return int(support.bins[same][0]) if same.any() else support.n_bins


def score_of(value):
    return 0.0 if np.isnan(value) else (value - 2.0) / 1.5


def anchored_tilt(supports, rows, keep):
    """The tilt of an anchored neighborhood; `keep` may be an array, one number per column."""
    keep = np.broadcast_to(np.asarray(keep, float), rows.shape)
    bins, means, encodings = np.zeros(rows.shape, int), np.empty(rows.shape), np.ones(rows.shape)
    for (row, index), value in np.ndenumerate(rows):
        support, p = supports[index], keep[row, index]
        if support.is_binned:
            bins[row, index] = bin_of(support, value)
            b = support.bin_masses()[bins[row, index]]
            means[row, index] = p + (1 - p) * b
        else:
            encodings[row, index] = score_of(value)
            means[row, index] = p * score_of(value) + (1 - p) * support.scores.sum()
    return Tilt(keep, 1 - keep, 1 - keep, means, encodings, bins)


def shared_tilt(supports, rows, outside):
    """The tilt of the shared neighborhood for columns with bins; `outside` is exp(-1 / 2w**2)."""
    bins, means = np.zeros(rows.shape, int), np.empty(rows.shape)
    total = np.empty(rows.shape)
    for (row, index), value in np.ndenumerate(rows):
        bins[row, index] = bin_of(supports[index], value)
        b = supports[index].bin_masses()[bins[row, index]]
        total[row, index] = b + (1 - b) * outside
        means[row, index] = b / total[row, index]
    nothing = np.zeros(rows.shape)
    return Tilt(nothing, 1 / total, outside / total, means, np.ones(rows.shape), bins)


def column_points(support, value, tilt, row, index):
    """Values of one perturbed column, their probabilities and their encodings."""
    own = np.append(support.values, value)
    inside = support.bins == tilt.bins[row, index]
    factor = np.where(inside, tilt.inside[row, index], tilt.outside[row, index])
    probabilities = np.append(support.weights * factor, tilt.own[row, index])
    if support.is_binned:
        return own, probabilities, np.append(inside, True).astype(float)
    return own, probabilities, np.array([score_of(v) for v in own])


def enumerated(predict, supports, rows, tilt):
    """Mean, and covariance with each encoding, over all combinations of values."""
    means, covariances = [], []
    for row, values in enumerate(rows):
        points = [
            column_points(support, value, tilt, row, index)
            for index, (support, value) in enumerate(zip(supports, values))
        ]
        X = np.array(list(itertools.product(*(p[0] for p in points))))
        w = np.array(list(itertools.product(*(p[1] for p in points)))).prod(axis=1)
        Z = np.array(list(itertools.product(*(p[2] for p in points))))
        np.testing.assert_allclose(w.sum(), 1.0, atol=1e-12)
        f = predict(X)
        mean = w @ f
        means.append(mean)
        covariances.append(((Z - w @ Z) * w[:, None]).T @ (f - mean))
    return np.array(means), np.array(covariances)
