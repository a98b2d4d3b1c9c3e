"""Whether a table is explained exactly or by sampling, and the words for it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sklime._exact._kernel import Kernel
from sklime._readings._reading import Reading
from sklime._readings._trees import LEAF, Trees
from sklime._surrogates._solvers import gram_solver
from sklime.backgrounds import BaseBackground
from sklime.kernels import (
    exponential_kernel,
    kernel_function,
    uniform_kernel,
    weight_of_one_change,
)
from sklime.neighborhoods import AnchoredNeighborhood, BaseNeighborhood, SharedNeighborhood
from sklime.selection import SELECTORS

__all__ = ["METHODS", "exact_sentence", "is_cheaper", "obstacle"]

METHODS = ("auto", "exact", "sampling")

# Differences between nearly certain conditions and certain ones lose digits below this weight.
_LEAST_WEIGHT = 1e-7


def obstacle(
    *,
    link: str,
    neighborhood: BaseNeighborhood,
    background: BaseBackground,
    kernel: str | Callable[..., Any],
    metric: str | Callable[..., Any],
    selection: str | Callable[..., Any],
    surrogate: Any,
    kernel_width: float,
) -> str | None:
    """Return which parameter stands in the way of exact explanations, whatever the model.

    Parameters
    ----------
    link, neighborhood, background, kernel, metric, selection, surrogate : object
        As the explainer has them; neighborhood and background are fitted.

    kernel_width : float
        Width of the kernel.

    Returns
    -------
    obstacle : str or None
        Words that end a sentence; `None` if nothing stands in the way.
    """
    if link != "identity":
        return f"link={link!r} takes probabilities, which are no sum over trees or columns"
    if type(neighborhood) not in (AnchoredNeighborhood, SharedNeighborhood):
        return f"{type(neighborhood).__name__} is neither 'anchored' nor 'shared'"
    if not background.is_columnwise_:
        return f"{type(background).__name__} draws columns together"
    weigh = kernel_function(neighborhood.default_kernel if kernel == "auto" else kernel)
    if weigh not in (uniform_kernel, exponential_kernel):
        return f"kernel={kernel!r} is not 'uniform' or 'exponential'"
    if weigh is exponential_kernel and metric not in ("auto", "euclidean"):
        return f"metric={metric!r} is not 'euclidean'"
    outside = weight_of_one_change(weigh, kernel_width)
    if outside < _LEAST_WEIGHT:
        return f"the kernel is so narrow that a changed column has a weight of {outside:.1g}"
    if selection != "auto" and selection not in (*SELECTORS, *SELECTORS.values()):
        return f"selection={selection!r} is not one of sklime"
    if gram_solver(surrogate) is None:
        return f"the surrogate {type(surrogate).__name__} is fitted to rows, not to moments"
    return None


def exact_sentence(name: str, reading: Reading) -> str:
    """Return what was read, in words.

    Parameters
    ----------
    name : str
        Name of the model and its method, with or without "The model " before it.

    reading : Reading
        The model as it was read.

    Returns
    -------
    sentence : str
        For example "RandomForestClassifier is read as 100 trees; nothing is sampled".
    """
    parts = []
    if reading.trees is not None and len(reading.trees.roots):
        n_trees = len(reading.trees.roots)
        parts.append("1 tree" if n_trees == 1 else f"{n_trees} trees")
    if reading.coefficients is not None:
        parts.append("a sum of functions of single columns")
    what = " and ".join(parts) or "a constant"
    return f"{name.removeprefix('The model ')} is read as {what}; nothing is sampled"


def is_cheaper(kernel: Kernel | None, trees: Trees | None, n_perturbations: int) -> bool:
    """Tell whether exact weights take less work than asking a model of trees.

    Parameters
    ----------
    kernel : Kernel or None
        Prepared trees; `None` if there are none.

    trees : Trees or None
        Trees of the model.

    n_perturbations : int
        Number of perturbed rows per explained row.

    Returns
    -------
    is_cheaper : bool
        By counted work, never by timing.
    """
    if kernel is None or trees is None:
        return True
    return kernel.cost_per_row() <= n_perturbations * len(trees.roots) * _depth(trees)


def _depth(trees: Trees) -> float:
    """Return the depth that balanced trees with as many leaves would have."""
    n_leaves = int((trees.feature == LEAF).sum())
    return float(np.log2(max(2.0, n_leaves / max(1, len(trees.roots)))))
