"""Proximity kernels: how much a perturbed row counts, given its distance."""

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import pairwise_distances

from sklime.utils._callables import check_takes, takes

__all__ = ["exponential_kernel", "uniform_kernel"]


def exponential_kernel(distances, width):
    """Weight distances by a Gaussian bump.

    ``exp(-distance**2 / (2 * width**2))``, the square root of the kernel in the LIME
    paper, as the authors' package has it.

    Parameters
    ----------
    distances : ndarray of shape (n_perturbations,)
        Distance of each perturbed row to the explained row, in the units of the
        interpretable space.

    width : float
        Distance at which the weight has fallen to ``exp(-0.5)``; above 0.

    Returns
    -------
    weights : ndarray of shape (n_perturbations,)
        Values in ``[0, 1]``, exactly 1 at distance 0.

    See Also
    --------
    uniform_kernel : The same weight at every distance.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin, "Why should I trust you?", KDD 2016,
       :doi:`10.1145/2939672.2939778`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.kernels import exponential_kernel
    >>> exponential_kernel(np.array([0.0, 1.0, 2.0]), 1.0).round(3)
    array([1.   , 0.607, 0.135])
    """
    return np.exp(-0.5 * (np.asarray(distances) / width) ** 2)


def uniform_kernel(distances, width):
    """Weight every distance by 1.

    For neighborhoods that are local already, because the sampling made them so.

    Parameters
    ----------
    distances : ndarray of shape (n_perturbations,)
        Distance of each perturbed row to the explained row.

    width : float
        Ignored; there so that all kernels are called alike.

    Returns
    -------
    weights : ndarray of shape (n_perturbations,)
        Ones.

    See Also
    --------
    exponential_kernel : Weights that fall with the distance.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.kernels import uniform_kernel
    >>> uniform_kernel(np.array([0.0, 1.0, 2.0]), 1.0)
    array([1., 1., 1.])
    """
    return np.ones_like(np.asarray(distances, dtype=np.float64))


KERNELS = {"exponential": exponential_kernel, "uniform": uniform_kernel}


def kernel_function(kernel):
    """Return a kernel as a function of distances and a width.

    Parameters
    ----------
    kernel : str or callable
        A name of `sklime.kernels`, a function of distances and a width, or one of distances
        alone.

    Returns
    -------
    function : callable
        From distances and a width to weights.

    Raises
    ------
    TypeError
        For a function of other arguments.
    """
    if not callable(kernel):
        return KERNELS[kernel]
    if takes(kernel, 2):
        return kernel
    if takes(kernel, 1):
        return _WithoutWidth(kernel)
    check_takes(kernel, ("distances", "width"), "kernel")


@dataclass(frozen=True)
class _WithoutWidth:
    """A kernel that has no width."""

    function: object

    def __call__(self, distances, width):
        return self.function(distances)


def kernel_weights(Z, instance_encodings, *, kernel, width, metric):
    """Weigh perturbed rows by their distance to the explained row.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_perturbations, n_features)
        Encodings of the perturbed rows.

    instance_encodings : ndarray of shape (n_rows, n_features)
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
        distances = np.sqrt(((Z - instance_encodings[:, None, :]) ** 2).sum(axis=2))
    else:
        distances = np.stack(
            [
                pairwise_distances(encoded.astype(np.float64), own[None], metric=metric)[:, 0]
                for encoded, own in zip(Z, instance_encodings)
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
