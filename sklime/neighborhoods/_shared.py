"""The neighborhood that all rows share."""

from typing import Literal, cast

import numpy as np

from sklime.backgrounds import BaseBackground
from sklime.neighborhoods._base import BaseNeighborhood, Draws
from sklime.neighborhoods._encoder import Encoder
from sklime.utils._types import Array, FloatArray, IntArray

__all__ = ["SharedNeighborhood"]


class SharedNeighborhood(BaseNeighborhood):
    """Draw perturbed rows from the background alone: `lime`'s neighborhood.

    Perturbed rows do not depend on the explained row; only their encoding and weight do. The
    model is called once, in `fit`. Errors of different rows are correlated: they come from the
    same draws.

    Parameters
    ----------
    points : {"sobol", "independent"}, default="sobol"
        Kind of base points.

    See Also
    --------
    AnchoredNeighborhood : Perturbed rows near the explained row.

    Examples
    --------
    >>> from sklime.neighborhoods import SharedNeighborhood
    >>> SharedNeighborhood(points="independent")
    SharedNeighborhood(points='independent')
    """

    default_kernel = "exponential"
    is_shared = True

    def __init__(self, points: Literal["sobol", "independent"] = "sobol") -> None:
        self.points = points

    def value_coordinates(
        self, background: BaseBackground, encoder: Encoder
    ) -> tuple[IntArray, float]:
        """Return the coordinate that decides on the new value of each column.

        Parameters
        ----------
        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Fitted encoder of the table.

        Returns
        -------
        coordinates : ndarray of int of shape (n_features,)
            Index of the coordinate; -1 if columns are drawn together.

        keep : float
            Always 0: no value is kept.
        """
        columns = np.arange(encoder.n_features)
        return (columns if background.is_columnwise_ else np.full(columns.size, -1)), 0.0

    def draw(self, points: FloatArray, background: BaseBackground, encoder: Encoder) -> Draws:
        """Draw background rows.

        Parameters
        ----------
        points : ndarray of shape (n_perturbations, n_dimensions)
            Base points.

        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Fitted encoder of the table.

        Returns
        -------
        draws : Draws
            The perturbed rows themselves, and their bins.
        """
        values = background.sample(points)
        return Draws(values, None, encoder.represent(values))

    def perturb(self, draws: Draws, encoder: Encoder, rows: FloatArray) -> FloatArray:
        """Return the same perturbed rows for every explained row.

        Parameters
        ----------
        draws : Draws
            From `draw`.

        encoder : TabularEncoder
            Fitted encoder of the table.

        rows : ndarray of shape (n_rows, n_features)
            Explained rows.

        Returns
        -------
        perturbed : ndarray of shape (n_rows, n_perturbations, n_features)
            Read-only view.
        """
        return np.broadcast_to(draws.values, (len(rows), *draws.values.shape))

    def encode(
        self, draws: Draws, encoder: Encoder, perturbed: FloatArray, instance: Array
    ) -> Array:
        """Encode the draws relative to some explained rows.

        Parameters
        ----------
        draws : Draws
            From `draw`.

        encoder : TabularEncoder
            Fitted encoder of the table.

        perturbed : ndarray of shape (n_rows, n_perturbations, n_features)
            Ignored: `draws` has the bins.

        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        Z : ndarray of shape (n_rows, n_perturbations, n_features)
            Bin indicators (0 or 1), or standard scores.
        """
        return encoder.encode(cast(Array, draws.representation), instance)
