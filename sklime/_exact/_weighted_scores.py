"""Standard scores under the exponential kernel: the background of each row is another one.

The kernel ``exp(-(z - z_x)**2 / (2 width**2))`` weighs the values of a column by their distance to
the score of the row. Bins need no such work: their kernel has two values.
"""

from dataclasses import replace

import numpy as np

from sklime._exact._model import ExactModel
from sklime._exact._supports import Support
from sklime._exact._tilt import Tilts
from sklime.utils._types import BoolArray, FloatArray

__all__ = ["weighted_for_row"]

# Smallest weight of a value, relative to that of the nearest one; smaller ones are 0.
_SMALLEST = 1e-300


def weighted_for_row(
    model: ExactModel, tilts: Tilts, scores: FloatArray, width: float
) -> tuple[ExactModel, Tilts]:
    """Return a model and tilts whose background is weighted by the kernel around one row.

    Parameters
    ----------
    model : ExactModel
        The model.

    tilts : Tilts
        Neighborhood, and the kernel of the columns with bins.

    scores : ndarray of shape (n_columns,)
        Standard scores of the row; ignored for columns with bins.

    width : float
        Width of the kernel.

    Returns
    -------
    model : ExactModel
        Under the weighted background.

    tilts : Tilts
        With the mean weight of each column of scores.
    """
    weights = np.ones(len(model.supports))
    supports: list[Support] = []
    kept: list[BoolArray | None] = []
    for index, support in enumerate(model.supports):
        if support.is_binned:
            supports.append(support)
            kept.append(None)
            continue
        squares = ((support.scores / support.weights - scores[index]) / width) ** 2
        nearest = squares.min()
        # Relative to the nearest value: far away all weights would be 0, and their shares NaN.
        factors = np.exp(-0.5 * (squares - nearest))
        weights[index] = np.exp(-0.5 * nearest) * (support.weights @ factors)
        here = factors > _SMALLEST
        kept.append(here)
        supports.append(_weighted(support, factors, here))
    model = model.reweighted(tuple(supports), kept)
    return model, replace(tilts, supports=model.supports, score_weights=weights)


def _weighted(support: Support, factors: FloatArray, here: BoolArray) -> Support:
    """Return a support with weighted masses, whose sum is 1."""
    total = support.weights[here] @ factors[here]
    share = factors[here] / total
    return replace(
        support,
        values=support.values[here],
        weights=support.weights[here] * share,
        bins=support.bins[here],
        scores=support.scores[here] * share,
        moments=support.moments[here] * share,
    )
