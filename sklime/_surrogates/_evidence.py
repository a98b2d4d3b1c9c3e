"""Evidence: how many perturbed rows speak for a weight, and for all weights of a row."""

from dataclasses import dataclass

import numpy as np

__all__ = [
    "EvidenceRules",
    "differing_rows",
    "effective_sample_sizes",
    "enough_evidence",
    "min_differing",
]

# What a condition is compared with, that it does not hold, takes this many perturbed rows; in
# a sample of fewer than 160, this share of it.
MIN_DIFFERING = 10.0
MIN_DIFFERING_SHARE = 1.0 / 16.0

# Below this share of the weight of all perturbed rows, the weight of some of them is rounding.
_NEGLIGIBLE = 1e-12


@dataclass(frozen=True)
class EvidenceRules:
    """How many perturbed rows each feature needs for a weight.

    Attributes
    ----------
    is_binned : ndarray of bool of shape (n_features,)
        Features that are 0 or 1; the others are standard scores.

    min_sharing : ndarray of shape (n_features,)
        Perturbed rows that must share the bin of the explained row; 0 for standard scores.

    can_differ : ndarray of bool of shape (n_rows, n_features)
        False where all training rows are in the bin of the explained row. A weight of 0 is
        right there, and no lack of evidence.

    n_copies : {1, 2}, default=1
        How many perturbed rows there are of each mask.
    """

    is_binned: np.ndarray
    min_sharing: np.ndarray
    can_differ: np.ndarray
    n_copies: int = 1


def min_differing(n_masks, n_copies=1):
    """Return how many masks must differ in a feature for it to get a weight.

    Parameters
    ----------
    n_masks : int
        Size of the sample.

    n_copies : {1, 2}, default=1
        How many perturbed rows each mask has: with twins they are two.

    Returns
    -------
    min_differing : float
        Of equally weighted masks.
    """
    return min(MIN_DIFFERING / n_copies, MIN_DIFFERING_SHARE * n_masks)


def enough_evidence(Z, w, gram, rules):
    """Tell which features have enough perturbed rows on both sides.

    Weighted rows are counted as the number of equally weighted ones that are as good for a
    mean, ``sum(w)**2 / sum(w**2)``. What the most frequent value is to a standard score, the
    bin of the explained row is to the others.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_perturbations, n_features)
        Encodings of the perturbed rows.

    w : ndarray of shape (n_rows, n_perturbations), or None
        Weights; `None` for ones.

    gram : ndarray of shape (n_rows, p, p)
        ``[Z 1 ...]' diag(w) [Z 1 ...]``, which has most of the sums already.

    rules : EvidenceRules
        What is enough.

    Returns
    -------
    is_shared, is_elsewhere : ndarray of bool of shape (n_rows, n_features)
        Whether enough perturbed rows share the bin of the explained row, and whether enough
        are elsewhere.
    """
    needed = min_differing(Z.shape[1], rules.n_copies)
    sharing, left = _sizes_at_hand(Z, w, gram, rules)
    total = gram[:, Z.shape[2], Z.shape[2]]
    w = np.ones((len(Z), 1)) if w is None else w
    for row, feature in np.argwhere(sharing < rules.min_sharing):
        size = _effective(w[row] * (Z[row, :, feature] == 1.0), total[row])
        sharing[row, feature] = max(size, sharing[row, feature])
    for row, feature in np.argwhere(left < needed):
        values = Z[row, :, feature]
        is_elsewhere = values != 1.0 if rules.is_binned[feature] else _off_the_mode(values, w[row])
        left[row, feature] = _effective(w[row] * is_elsewhere, total[row])
    # The mean of equal scores is rounded, and they seem to differ from it.
    is_elsewhere = (left >= needed) & (rules.is_binned | rules.can_differ)
    return sharing >= rules.min_sharing, is_elsewhere


def _sizes_at_hand(Z, w, gram, rules):
    """Return how many rows share a bin and how many at least are elsewhere, from sums at hand.

    Those that share it by their share of the weight; the others as rows of the largest
    weight, or of the largest score. Hardly ever is more needed.
    """
    n_perturbations, n_features = Z.shape[1:]
    first, second = gram[:, n_features, :n_features], np.diagonal(gram, axis1=1, axis2=2)
    second, total = second[:, :n_features], gram[:, n_features, n_features, None]
    divisor = np.where(total > 0.0, total, 1.0)
    sharing = np.where(rules.is_binned, n_perturbations * second / divisor, np.inf)
    largest = np.ones((len(Z), 1)) if w is None else w.max(axis=1, keepdims=True)
    left = total - second
    if not rules.is_binned.all():
        means = first / divisor
        reach = np.maximum(Z.max(axis=1) - means, means - Z.min(axis=1)) ** 2
        scatter = second - total * means**2
        of_scores = np.divide(scatter, reach, out=np.zeros(reach.shape), where=reach > 0.0)
        left = np.where(rules.is_binned, left, of_scores)
    return sharing, left / np.where(largest > 0.0, largest, 1.0)


def _off_the_mode(values, w):
    """Tell which values are not the most frequent one."""
    _, indices = np.unique(values, return_inverse=True)
    return indices != np.bincount(indices, np.broadcast_to(w, indices.shape)).argmax()


def _effective(w, total):
    """Return how many equally weighted rows weighted ones are worth; none if next to nothing."""
    if w.sum() <= _NEGLIGIBLE * total:
        return 0.0
    w = w / w.max()
    return w.sum() ** 2 / (w**2).sum()


def differing_rows(Z, instance_encodings):
    """Tell which perturbed rows differ from the explained row in their encoding.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_perturbations, n_features)
        Encodings.

    instance_encodings : ndarray of shape (n_rows, n_features)
        Encodings of the explained rows.

    Returns
    -------
    differs : ndarray of bool of shape (n_rows, n_perturbations)
        Of the others the local fit learns what the prediction is, and nothing of what would
        change it.
    """
    if Z.dtype == bool:
        return ~np.logical_and.reduce(Z, axis=2)
    return (instance_encodings[:, None, :] != Z).any(axis=2)


def effective_sample_sizes(w, differs):
    """Return how many equally weighted perturbed rows the weighted ones are worth.

    Parameters
    ----------
    w : ndarray of shape (n_rows, n_perturbations), or None
        Weights; `None` for ones.

    differs : ndarray of bool of shape (n_rows, n_perturbations)
        Perturbed rows that count.

    Returns
    -------
    sizes : ndarray of shape (n_rows,)
        ``sum(w)**2 / sum(w**2)`` of those; 0 where they have next to no weight.
    """
    if w is None:
        return np.count_nonzero(differs, axis=1).astype(np.float64)
    return np.array([_effective(one * here, one.sum()) for one, here in zip(w, differs)])
