"""The neighborhood of normal noise around the explained row."""

import numpy as np
from scipy.special import ndtri

from sklime.neighborhoods._base import BaseNeighborhood, Draws

__all__ = ["AroundNeighborhood"]


class AroundNeighborhood(BaseNeighborhood):
    """Add normal noise of the training rows' standard deviation to each column.

    `lime`'s ``sample_around_instance``, which there has no effect on columns that are cut
    into bins. Integers are rounded and stay within their range. Levels are drawn from the
    background; a missing number stays missing.

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
            One a column, and those of a background whose columns are not drawn on their own.
        """
        return n_features + (0 if background.is_columnwise_ else background.n_dimensions_)

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
        draws : Draws
            Noise in the units of the columns; levels.
        """
        statistics, n_features = encoder.statistics, encoder.n_features
        is_constant = statistics.minima == statistics.maxima
        scales = np.where(is_constant, 0.0, statistics.scales)
        values = ndtri(points[:, :n_features]) * scales
        if statistics.is_categorical.any():
            rest = points if background.is_columnwise_ else points[:, n_features:]
            levels = background.sample(rest)[:, statistics.is_categorical]
            values[:, statistics.is_categorical] = levels
        return Draws(values, None, None)

    def perturb(self, draws, encoder, rows):
        """Add the noise to the rows.

        Parameters
        ----------
        draws : Draws
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
        perturbed = np.where(categorical, 0.0, rows)[:, None, :] + draws.values
        discrete = encoder.statistics.is_discrete & ~categorical
        if discrete.any():
            # An explained value beyond the training range widens it.
            low = np.minimum(encoder.statistics.minima, rows)[:, None, discrete]
            high = np.maximum(encoder.statistics.maxima, rows)[:, None, discrete]
            perturbed[..., discrete] = np.clip(np.rint(perturbed[..., discrete]), low, high)
        return perturbed
