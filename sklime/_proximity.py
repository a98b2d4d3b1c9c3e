"""Proximity: how much each perturbed row counts for each explained row."""

import numpy as np
from sklearn.metrics import pairwise_distances

from sklime.kernels import exponential_kernel, uniform_kernel

__all__ = ["checked_weights", "kernel_weights"]


def kernel_weights(Z, own_encodings, *, kernel, width, metric):
    """Weigh perturbed rows by their distance to the explained row.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_perturbations, n_features)
        Encodings of the perturbed rows.

    own_encodings : ndarray of shape (n_rows, n_features)
        Encodings of the explained rows.

    kernel : callable
        From distances and the width to weights, see `sklime.kernels`.

    width : float
        Width of the kernel, in units of the distance.

    metric : str or callable
        As in `sklearn.metrics.pairwise_distances`.

    Returns
    -------
    weights : ndarray of shape (n_rows, n_perturbations), or None
        `None` for ones.
    """
    if kernel is uniform_kernel:
        return None
    if Z.dtype == bool and metric == "euclidean":
        if kernel is exponential_kernel:
            return _exponential_of_matches(Z, width)
        # In double precision: the root of a byte would be a half-precision number.
        distances = np.sqrt(Z.shape[2] - _n_matches(Z).astype(np.float64))
    elif metric == "euclidean":
        distances = np.sqrt(((Z - own_encodings[:, None, :]) ** 2).sum(axis=2))
    else:
        distances = np.stack(
            [
                pairwise_distances(encoded.astype(np.float64), own[None], metric=metric)[:, 0]
                for encoded, own in zip(Z, own_encodings)
            ]
        )
    return np.stack([checked_weights(kernel(row, width), row.size) for row in distances])


def _exponential_of_matches(Z, width):
    """Weigh 0/1 encodings, whose distance is the root of the number of differences."""
    n_features = Z.shape[2]
    table = exponential_kernel(np.sqrt(n_features - np.arange(n_features + 1)), width)
    return table[_n_matches(Z)]


def _n_matches(Z):
    n_features = Z.shape[2]
    # Sums of bytes are several times faster than sums of integers, where they cannot overflow.
    count_type = np.uint8 if n_features <= np.iinfo(np.uint8).max else np.intp
    return np.add.reduce(Z, axis=2, dtype=count_type)


def checked_weights(weights, n_distances):
    """Check what a kernel returned.

    Parameters
    ----------
    weights : array-like
        What it returned.

    n_distances : int
        How many distances it was given.

    Returns
    -------
    weights : ndarray of shape (n_distances,)
        The weights as floats.

    Raises
    ------
    ValueError
        If they are not one finite number of at least 0 for each distance.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (n_distances,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(
            f"kernel must return one finite weight of at least 0 for each of {n_distances} "
            f"distances; it returned an array of shape {weights.shape}"
            + (
                f" with values from {np.min(weights)} to {np.max(weights)}."
                if weights.size
                else "."
            )
        )
    return weights
