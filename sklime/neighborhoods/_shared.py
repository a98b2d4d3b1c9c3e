"""The neighborhood that all rows share."""

import numpy as np

from sklime.neighborhoods._base import BaseNeighborhood, Draws

__all__ = ["SharedNeighborhood"]


class SharedNeighborhood(BaseNeighborhood):
    """Draw perturbed rows from the background alone: `lime`'s neighborhood.

    They do not depend on the explained row, only their encoding and weight do, so that
    the model is asked once, in `fit`. Errors of different rows are correlated, because
    they come from the same draws.

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
    >>> SharedNeighborhood(points="independent").is_shared
    True
    """

    default_kernel = "exponential"
    is_shared = True

    def __init__(self, points="sobol"):
        self.points = points

    def value_coordinates(self, background, encoder):
        """Say which coordinate decides on the new value of each column.

        Parameters
        ----------
        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Knows which columns are cut.

        Returns
        -------
        coordinates : ndarray of int of shape (n_features,)
            -1 where columns are drawn together.

        keep : float
            0: nothing is kept.
        """
        columns = np.arange(encoder.n_features)
        return (columns if background.is_columnwise_ else np.full(columns.size, -1)), 0.0

    def draw(self, points, background, encoder):
        """Draw background rows.

        Parameters
        ----------
        points : ndarray of shape (n_perturbations, n_dimensions)
            Base points.

        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Knows the bins.

        Returns
        -------
        draws : Draws
            The perturbed rows themselves, and their bins.
        """
        values = background.sample(points)
        return Draws(values, None, encoder.represent(values))

    def perturb(self, draws, encoder, rows):
        """Return the same perturbed rows for every explained row.

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
            Read-only view.
        """
        return np.broadcast_to(draws.values, (len(rows), *draws.values.shape))

    def encode(self, draws, encoder, perturbed, instance):
        """Encode the draws relative to some explained rows.

        Parameters
        ----------
        draws : Draws
            From `draw`.

        encoder : TabularEncoder
            Knows the bins.

        perturbed : ndarray of shape (n_rows, n_perturbations, n_features)
            Ignored: the draws are encoded already.

        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        Z : ndarray of shape (n_rows, n_perturbations, n_features)
            0, 1 or standard scores.
        """
        return encoder.encode(draws.representation, instance)
