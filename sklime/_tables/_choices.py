"""Backgrounds and neighborhoods by name."""

from collections.abc import Callable
from typing import Any, Literal

from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from sklime.backgrounds import (
    BaseBackground,
    CopulaBackground,
    EmpiricalBackground,
    MarginalBackground,
    NormalBackground,
)
from sklime.neighborhoods import (
    AnchoredNeighborhood,
    AroundNeighborhood,
    BaseNeighborhood,
    SharedNeighborhood,
)
from sklime.utils._types import BoolArray, FloatArray

__all__ = [
    "BACKGROUNDS",
    "NEIGHBORHOODS",
    "fitted_background",
    "name_of_neighborhood",
    "unfitted_neighborhood",
]

BACKGROUNDS: dict[str, Callable[[], BaseBackground]] = {
    "marginal": MarginalBackground,
    "normal": NormalBackground,
    "empirical": EmpiricalBackground,
    "copula": CopulaBackground,
}

NEIGHBORHOODS: dict[str, type[BaseNeighborhood]] = {
    "anchored": AnchoredNeighborhood,
    "shared": SharedNeighborhood,
    "around": AroundNeighborhood,
}


def fitted_background(
    background: str | BaseBackground,
    matrix: Any,
    is_discrete: BoolArray,
    *,
    cuts: tuple[FloatArray | None, ...],
    side: Literal["left", "right"],
) -> BaseBackground:
    """Fit a background to training rows.

    Parameters
    ----------
    background : str or BaseBackground
        Parameter of the explainer; a background is cloned.

    matrix : ndarray or SparseColumns of shape (n_samples, n_features)
        Training rows.

    is_discrete : ndarray of bool of shape (n_features,)
        Columns of integers or levels.

    cuts, side : tuple of (ndarray or None), str
        Bins of the columns, for a background whose ``fit`` takes them.

    Returns
    -------
    background : BaseBackground
        The fitted background.
    """
    unfitted: Any
    unfitted = BACKGROUNDS[background]() if isinstance(background, str) else clone(background)
    bins = {"cuts": cuts, "side": side} if has_fit_parameter(unfitted, "cuts") else {}
    fitted: BaseBackground = unfitted.fit(matrix, is_discrete, **bins)
    return fitted


def unfitted_neighborhood(neighborhood: str | BaseNeighborhood, keep: float) -> BaseNeighborhood:
    """Return a new neighborhood.

    Parameters
    ----------
    neighborhood : str or BaseNeighborhood
        Parameter of the explainer; a neighborhood is cloned.

    keep : float
        Probability with which ``"anchored"`` keeps a value.

    Returns
    -------
    neighborhood : BaseNeighborhood
        The neighborhood.
    """
    if neighborhood == "anchored":
        return AnchoredNeighborhood(keep=keep)
    if isinstance(neighborhood, str):
        return NEIGHBORHOODS[neighborhood]()
    cloned: BaseNeighborhood = clone(neighborhood)
    return cloned


def name_of_neighborhood(neighborhood: BaseNeighborhood) -> str:
    """Return the name of a neighborhood, or the name of its class.

    Parameters
    ----------
    neighborhood : BaseNeighborhood
        A neighborhood.

    Returns
    -------
    name : str
        Such as "anchored".
    """
    kind = type(neighborhood)
    names = {known: name for name, known in NEIGHBORHOODS.items()}
    return names.get(kind, kind.__name__)
