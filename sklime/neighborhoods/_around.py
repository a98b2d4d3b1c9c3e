"""The neighborhood of normal noise around the explained row."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from sklime.neighborhoods._base import BaseNeighborhood

__all__ = ["AroundNeighborhood"]


class _AroundDraws(NamedTuple):
    """Noise for numbers, and background rows for what noise cannot be added to."""

    noise: np.ndarray
    values: np.ndarray
    representation: None = None
    kept: None = None


class AroundNeighborhood(BaseNeighborhood):
    """Add normal noise of the training rows' standard deviation to each column.

    `lime`'s ``sample_around_instance``, which there has no effect on columns that are cut
    into bins. Integers are rounded and stay within their range. Levels are drawn from the
    background; a number goes missing where it does there, and a missing one is replaced.

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

    def __init__(self, points="sobol"):
        self.points = points

    def n_dimensions(self, background, n_features):
        """Return how many uniform coordinates one perturbed row takes.

        Parameters
        ----------
        background : BaseBackground
            Fitted background.

        n_features : int
            Number of columns.

        Returns
        -------
        n_dimensions : int
            One a column, and those of the background.
        """
        return n_features + background.n_dimensions_

    def value_coordinates(self, background, encoder):
        """Say which coordinate decides on the new value of each column.

        Parameters
        ----------
        background : BaseBackground
            Where levels are drawn from.

        encoder : TabularEncoder
            Knows which columns hold levels.

        Returns
        -------
        coordinates : ndarray of int of shape (n_features,)
            -1 for numbers, which are moved, and where columns are drawn together.

        keep : float
            0: nothing is kept.
        """
        is_drawn = encoder.statistics.is_categorical & background.is_columnwise_
        return np.where(is_drawn, encoder.n_features + np.arange(encoder.n_features), -1), 0.0

    def draw(self, points, background, encoder):
        """Draw the noise.

        Parameters
        ----------
        points : ndarray of shape (n_perturbations, n_dimensions)
            Base points.

        background : BaseBackground
            Where levels are drawn from.

        encoder : TabularEncoder
            Knows the statistics of the columns.

        Returns
        -------
        draws : tuple
            Noise in the units of the columns, and background rows.
        """
        statistics, n_features = encoder.statistics, encoder.n_features
        is_constant = statistics.minima == statistics.maxima
        scales = np.where(is_constant, 0.0, statistics.scales)
        noise = ndtri(points[:, :n_features]) * scales
        return _AroundDraws(noise, background.sample(points[:, n_features:]))

    def perturb(self, draws, encoder, rows):
        """Add the noise to the rows.

        Parameters
        ----------
        draws : tuple
            From `draw`.

        encoder : TabularEncoder
            Knows the statistics of the columns.

        rows : ndarray of shape (n_rows, n_features)
            Explained rows.

        Returns
        -------
        perturbed : ndarray of shape (n_rows, n_perturbations, n_features)
            Perturbed rows.
        """
        categorical = encoder.statistics.is_categorical
        perturbed = rows[:, None, :] + draws.noise
        is_redrawn = categorical | np.isnan(draws.values) | np.isnan(rows)[:, None, :]
        perturbed = np.where(is_redrawn, draws.values, perturbed)
        discrete = encoder.statistics.is_discrete & ~categorical
        if discrete.any():
            # An explained value beyond the training range widens it.
            low = np.fmin(encoder.statistics.minima, rows)[:, None, discrete]
            high = np.fmax(encoder.statistics.maxima, rows)[:, None, discrete]
            perturbed[..., discrete] = np.clip(np.rint(perturbed[..., discrete]), low, high)
        return perturbed
