"""The neighborhood of normal noise around the explained row."""

from operator import index
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import ndtri

from sklime.backgrounds import BaseBackground
from sklime.neighborhoods._base import BaseNeighborhood
from sklime.neighborhoods._encoder import Encoder
from sklime.utils._magnitude import finite_sum
from sklime.utils._types import FloatArray, IntArray

__all__ = ["AroundNeighborhood"]


class _AroundDraws(NamedTuple):
    """Noise for numbers, and background rows for levels and missing values."""

    noise: FloatArray
    values: FloatArray
    representation: None = None
    kept: None = None


class AroundNeighborhood(BaseNeighborhood):
    """Add normal noise of the training rows' standard deviation to each column.

    This is `lime`'s ``sample_around_instance``, which in `lime` has no effect on columns that
    are cut into bins. Integers are rounded and stay within their range. Levels are drawn from
    the background. A number is missing where it is missing in the background row; a missing
    number of the explained row is replaced.

    Parameters
    ----------
    points : {"sobol", "independent"}, default="sobol"
        Kind of base points.

    See Also
    --------
    AnchoredNeighborhood : Values of the explained row or of the background.

    Examples
    --------
    >>> from sklime.neighborhoods import AroundNeighborhood
    >>> AroundNeighborhood().is_shared
    False
    """

    def __init__(self, points: Literal["sobol", "independent"] = "sobol") -> None:
        self.points = points

    def n_dimensions(self, background: BaseBackground, n_features: int) -> int:
        """Return the number of uniform coordinates per perturbed row.

        Parameters
        ----------
        background : BaseBackground
            Fitted background.

        n_features : int
            Number of columns.

        Returns
        -------
        n_dimensions : int
            One per column, and the coordinates of the background.
        """
        return index(n_features) + background.n_dimensions_

    def value_coordinates(
        self, background: BaseBackground, encoder: Encoder
    ) -> tuple[IntArray, float]:
        """Return the coordinate that decides on the new value of each column.

        Parameters
        ----------
        background : BaseBackground
            Fitted background; levels are drawn from it.

        encoder : TabularEncoder
            Fitted encoder of the table.

        Returns
        -------
        coordinates : ndarray of int of shape (n_features,)
            Index of the coordinate; -1 for numbers, which get noise, and if columns are drawn
            together.

        keep : float
            Always 0: no value is kept.
        """
        is_drawn = encoder.statistics.is_categorical & background.is_columnwise_
        return np.where(is_drawn, encoder.n_features + np.arange(encoder.n_features), -1), 0.0

    def draw(
        self, points: FloatArray, background: BaseBackground, encoder: Encoder
    ) -> _AroundDraws:
        """Draw the noise.

        Parameters
        ----------
        points : ndarray of shape (n_perturbations, n_dimensions)
            Base points.

        background : BaseBackground
            Fitted background; levels are drawn from it.

        encoder : TabularEncoder
            Fitted encoder of the table.

        Returns
        -------
        draws : tuple
            Noise in the units of the columns, and background rows.
        """
        statistics, n_features = encoder.statistics, encoder.n_features
        is_constant = statistics.minima == statistics.maxima
        scales = np.where(is_constant, 0.0, statistics.scales)
        noise = finite_sum(0.0, ndtri(points[:, :n_features]), scales)
        return _AroundDraws(noise, background.sample(points[:, n_features:]))

    def perturb(self, draws: _AroundDraws, encoder: Encoder, rows: FloatArray) -> FloatArray:
        """Add the noise to the rows.

        Parameters
        ----------
        draws : tuple
            From `draw`.

        encoder : TabularEncoder
            Fitted encoder of the table.

        rows : ndarray of shape (n_rows, n_features)
            Explained rows.

        Returns
        -------
        perturbed : ndarray of shape (n_rows, n_perturbations, n_features)
            Perturbed rows.
        """
        categorical = encoder.statistics.is_categorical
        perturbed = finite_sum(rows[:, None, :], draws.noise, 1.0)
        is_redrawn = categorical | np.isnan(draws.values) | np.isnan(rows)[:, None, :]
        perturbed = np.where(is_redrawn, draws.values, perturbed)
        discrete = encoder.statistics.is_discrete & ~categorical
        if discrete.any():
            # An explained value outside the training range extends the range.
            low = np.fmin(encoder.statistics.minima, rows)[:, None, discrete]
            high = np.fmax(encoder.statistics.maxima, rows)[:, None, discrete]
            perturbed[..., discrete] = np.clip(np.rint(perturbed[..., discrete]), low, high)
        return perturbed
