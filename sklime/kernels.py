"""Proximity kernels: how much a perturbed row counts, given its distance."""

import numpy as np

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
