"""Proximity kernels: how much a perturbed row counts, given its distance."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.metrics import pairwise_distances

from sklime.utils._callables import check_takes, takes
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["exponential_kernel", "uniform_kernel"]

# A function from distances and a width to weights. A kernel of the user may return anything
# that `checked_weights` accepts.
Kernel: TypeAlias = Callable[[FloatArray, float], Any]


def exponential_kernel(distances: npt.ArrayLike, width: float) -> FloatArray:
    """Weight distances by a Gaussian bump.

    The weight is ``exp(-distance**2 / (2 * width**2))``. This is the square root of the kernel
    in the LIME paper [1]_, as in the authors' package.

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
    weights: FloatArray = np.exp(-0.5 * (np.asarray(distances) / width) ** 2)
    return weights


def uniform_kernel(distances: npt.ArrayLike, width: float) -> FloatArray:
    """Weight every distance by 1.

    Use it with neighborhoods whose perturbed rows are all close to the explained row.

    Parameters
    ----------
    distances : ndarray of shape (n_perturbations,)
        Distance of each perturbed row to the explained row.

    width : float
        Ignored; all kernels have the same arguments.

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


KERNELS: dict[str, Kernel] = {"exponential": exponential_kernel, "uniform": uniform_kernel}


def weight_of_one_change(kernel: Kernel, width: float) -> float:
    """Return the weight of a perturbed row one column of which is in another bin.

    Parameters
    ----------
    kernel : callable
        `exponential_kernel` or `uniform_kernel`: of the Euclidean distance between encodings in
        0 and 1, both are products of such a weight over the columns.

    width : float
        Width of the kernel; above 0.

    Returns
    -------
    weight : float
        In [0, 1].
    """
    # The distance in units of a tiny width has a square beyond all floats: the weight is 0.
    with np.errstate(over="ignore"):
        return float(kernel(np.ones(1), width)[0])


def kernel_function(kernel: str | Callable[..., Any]) -> Kernel:
    """Return a kernel as a function of distances and a width.

    Parameters
    ----------
    kernel : str or callable
        "exponential", "uniform", a function of distances and a width, or a function of
        distances alone.

    Returns
    -------
    function : callable
        Function from distances and a width to weights.

    Raises
    ------
    TypeError
        For a function of other arguments.
    """
    if not callable(kernel):
        return KERNELS[kernel]
    if not takes(kernel, 2) and takes(kernel, 1):
        return _WithoutWidth(kernel)
    check_takes(kernel, ("distances", "width"), "kernel")
    return kernel


@dataclass(frozen=True)
class _WithoutWidth:
    """A kernel that has no width."""

    function: Callable[[FloatArray], Any]

    def __call__(self, distances: FloatArray, width: float) -> Any:
        return self.function(distances)


def kernel_weights(
    Z: Array,
    instance_encodings: Array,
    *,
    kernel: Kernel,
    width: float,
    metric: str | Callable[..., float],
) -> FloatArray | None:
    """Weigh perturbed rows by their distance to the explained row.

    Parameters
    ----------
    Z : ndarray of shape (n_rows, n_perturbations, n_features)
        Encodings of the perturbed rows.

    instance_encodings : ndarray of shape (n_rows, n_features)
        Encodings of the explained rows.

    kernel : callable
        Function from distances and the width to weights, as in `sklime.kernels`.

    width : float
        Width of the kernel, in units of the distance.

    metric : str or callable
        As in `sklearn.metrics.pairwise_distances`.

    Returns
    -------
    weights : ndarray of shape (n_rows, n_perturbations), or None
        `None` if all weights are 1.
    """
    if kernel is uniform_kernel:
        return None
    if Z.dtype == bool and metric == "euclidean":
        if kernel is exponential_kernel:
            return _exponential_of_matches(Z, width)
        # NumPy's square root of uint8 has half precision.
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
        if not np.isfinite(distances).all():
            raise ValueError(
                f"metric={metric!r} gives {distances[~np.isfinite(distances)][0]} for the distance "
                "between the explained row and a perturbed one; pass another metric, for example "
                "'euclidean'."
            )
    return np.stack([checked_weights(kernel(row, width), row.size) for row in distances])


def _exponential_of_matches(Z: BoolArray, width: float) -> FloatArray:
    """Weigh 0/1 encodings; their distance is the root of the number of differences."""
    n_features = Z.shape[2]
    table = exponential_kernel(np.sqrt(n_features - np.arange(n_features + 1)), width)
    weights: FloatArray = table[_n_matches(Z)]
    return weights


def _n_matches(Z: BoolArray) -> IntArray:
    n_features = Z.shape[2]
    # Sums of bytes are several times faster than sums of integers. Use them if they cannot
    # overflow.
    count_type = np.uint8 if n_features <= np.iinfo(np.uint8).max else np.intp
    matches: IntArray = np.add.reduce(Z, axis=2, dtype=count_type)
    return matches


def checked_weights(weights: npt.ArrayLike, n_distances: int) -> FloatArray:
    """Check the weights that a kernel returned.

    Parameters
    ----------
    weights : array-like
        The weights.

    n_distances : int
        Number of distances that the kernel was given.

    Returns
    -------
    weights : ndarray of shape (n_distances,)
        The weights as floats.

    Raises
    ------
    ValueError
        If the kernel did not return one finite number of at least 0 for each distance.
    """
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (n_distances,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(
            f"kernel must return one finite weight of at least 0 for each of {n_distances} "
            f"distances. It returned an array of shape {weights.shape}"
            + (
                f" with values from {np.min(weights)} to {np.max(weights)}."
                if weights.size
                else "."
            )
        )
    return weights
