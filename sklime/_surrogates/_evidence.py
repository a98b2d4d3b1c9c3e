"""Evidence: how many perturbed rows a weight, or all weights of a row, are estimated from."""

from dataclasses import dataclass

import numpy as np

from sklime.utils._types import Array, BoolArray, FloatArray

__all__ = [
    "MIN_EFFECTIVE_SAMPLE_SIZE",
    "EvidenceRules",
    "differing_rows",
    "effective_sample_sizes",
    "enough_evidence",
    "min_differing",
]

# With a smaller effective sample size, weights depend on few perturbed rows or masks.
MIN_EFFECTIVE_SAMPLE_SIZE = 10.0

# A weight needs this many perturbed rows where the condition does not hold; in a sample of
# fewer than 160 rows, this share of the sample.
MIN_DIFFERING = 10.0
MIN_DIFFERING_SHARE = 1.0 / 16.0

# Rows whose summed weight is below this share of the total weight count as none: the sum is
# rounding error.
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
        Number of perturbed rows per mask.
    """

    is_binned: BoolArray
    min_sharing: FloatArray
    can_differ: BoolArray
    n_copies: int = 1


def min_differing(n_masks: int, n_copies: int = 1) -> float:
    """Return how many masks must differ in a feature for it to get a weight.

    Parameters
    ----------
    n_masks : int
        Size of the sample.

    n_copies : {1, 2}, default=1
        Number of perturbed rows per mask: 2 with twins.

    Returns
    -------
    min_differing : float
        Number of equally weighted masks.
    """
    return min(MIN_DIFFERING / n_copies, MIN_DIFFERING_SHARE * n_masks)


def enough_evidence(
    Z: Array, w: FloatArray | None, gram: FloatArray, rules: EvidenceRules
) -> tuple[BoolArray, BoolArray]:
    """Tell which features have enough perturbed rows on both sides.

    Weighted rows count as their effective number ``sum(w)**2 / sum(w**2)``: so many equally
    weighted rows give a mean of the same precision. Of a binned feature, rows are elsewhere if
    they are in another bin than the explained row. Of a standard score, they are elsewhere if
    they differ from its most frequent value.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_perturbations, n_features)
        Encodings of the perturbed rows.

    w : ndarray of shape (n_rows, n_perturbations), or None
        Weights; `None` for ones.

    gram : ndarray of shape (n_rows, p, p)
        ``[Z 1 ...]' diag(w) [Z 1 ...]``, which holds most of the sums.

    rules : EvidenceRules
        Least numbers of rows.

    Returns
    -------
    is_shared, is_elsewhere : ndarray of bool of shape (n_rows, n_features)
        Whether enough perturbed rows share the bin of the explained row, and whether enough
        are elsewhere.
    """
    needed = min_differing(Z.shape[1], rules.n_copies)
    n_sharing, n_elsewhere = _bounds_from_sums(Z, w, gram, rules)
    total = gram[:, Z.shape[2], Z.shape[2]]
    w = np.ones((len(Z), 1)) if w is None else w
    # Exact numbers are slow, and only needed where the bounds do not decide.
    for row, feature in np.argwhere(n_sharing < rules.min_sharing):
        n_effective = _effective(w[row] * (Z[row, :, feature] == 1.0), total[row])
        n_sharing[row, feature] = max(n_effective, n_sharing[row, feature])
    for row, feature in np.argwhere(n_elsewhere < needed):
        values = Z[row, :, feature]
        is_away = values != 1.0 if rules.is_binned[feature] else _off_the_mode(values, w[row])
        n_elsewhere[row, feature] = _effective(w[row] * is_away, total[row])
    # The mean of equal scores is rounded, and they seem to differ from it.
    is_elsewhere = (n_elsewhere >= needed) & (rules.is_binned | rules.can_differ)
    return n_sharing >= rules.min_sharing, is_elsewhere


def _bounds_from_sums(
    Z: Array, w: FloatArray | None, gram: FloatArray, rules: EvidenceRules
) -> tuple[FloatArray, FloatArray]:
    """Return bounds for the numbers of rows that share a bin and that are elsewhere.

    They need the sums in the Gram matrix alone. The number of rows that share a bin is their
    share of the total weight, times the number of rows. The others are counted as if each had
    the largest weight, or the largest score; their true number is not smaller.
    """
    n_perturbations, n_features = Z.shape[1:]
    first, second = gram[:, n_features, :n_features], np.diagonal(gram, axis1=1, axis2=2)
    second, total = second[:, :n_features], gram[:, n_features, n_features, None]
    divisor = np.where(total > 0.0, total, 1.0)
    n_sharing = np.where(rules.is_binned, n_perturbations * second / divisor, np.inf)
    largest = np.ones((len(Z), 1)) if w is None else w.max(axis=1, keepdims=True)
    elsewhere = total - second
    if not rules.is_binned.all():
        means = first / divisor
        reach = np.maximum(Z.max(axis=1) - means, means - Z.min(axis=1)) ** 2
        scatter = second - total * means**2
        of_scores = np.divide(scatter, reach, out=np.zeros(reach.shape), where=reach > 0.0)
        elsewhere = np.where(rules.is_binned, elsewhere, of_scores)
    return n_sharing, elsewhere / np.where(largest > 0.0, largest, 1.0)


def _off_the_mode(values: Array, w: FloatArray) -> BoolArray:
    """Tell which values are not the most frequent one."""
    _, indices = np.unique(values, return_inverse=True)
    differs: BoolArray = indices != np.bincount(indices, np.broadcast_to(w, indices.shape)).argmax()
    return differs


def _effective(w: FloatArray, total: float) -> float:
    """Return the effective number of weighted rows; 0 if their weight is negligible."""
    if w.sum() <= _NEGLIGIBLE * total:
        return 0.0
    w = w / w.max()
    n_effective: float = w.sum() ** 2 / (w**2).sum()
    return n_effective


def differing_rows(Z: Array, instance_encodings: Array) -> BoolArray:
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
        The others tell the local fit what the prediction is, but not what changes it.
    """
    if Z.dtype == bool:
        is_same: BoolArray = np.logical_and.reduce(Z, axis=2)
        return ~is_same
    differs: BoolArray = (instance_encodings[:, None, :] != Z).any(axis=2)
    return differs


def effective_sample_sizes(w: FloatArray | None, differs: BoolArray) -> FloatArray:
    """Return the effective number of perturbed rows of each explained row.

    Parameters
    ----------
    w : ndarray of shape (n_rows, n_perturbations), or None
        Weights; `None` for ones.

    differs : ndarray of bool of shape (n_rows, n_perturbations)
        Perturbed rows that count.

    Returns
    -------
    sizes : ndarray of shape (n_rows,)
        ``sum(w)**2 / sum(w**2)`` of those; 0 where their weight is negligible.
    """
    if w is None:
        n_rows: FloatArray = np.count_nonzero(differs, axis=1).astype(np.float64)
        return n_rows
    return np.array([_effective(one * here, one.sum()) for one, here in zip(w, differs)])
