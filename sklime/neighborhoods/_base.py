"""What every neighborhood promises."""

from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from sklime.neighborhoods._twins import Twins

__all__ = ["BaseNeighborhood", "Draws"]


class Draws(NamedTuple):
    """What a neighborhood draws once, for all rows.

    Attributes
    ----------
    values : ndarray of shape (n_perturbations, n_features)
        Values to build perturbed rows from.

    kept : ndarray of bool of shape (n_perturbations, n_features), or None
        Where the explained row keeps its own value.

    representation : ndarray of shape (n_perturbations, n_features), or None
        Bins or standard scores of `values`, where they do not depend on the explained row.

    twins : Twins, or None
        Where the model is asked about each mask twice, what the second rows are made from.
    """

    values: np.ndarray
    kept: np.ndarray | None
    representation: np.ndarray | None
    twins: Twins | None = None


class BaseNeighborhood(BaseEstimator):
    """Base class of neighborhoods: turn base points and explained rows into perturbed rows.

    A subclass says in `draw` what it draws once, and in `perturb` how the draws become
    perturbed rows of an explained row. It knows nothing of the model, and the points are
    all the randomness there is.

    Attributes
    ----------
    default_kernel : {"exponential", "uniform"}
        What ``kernel="auto"`` means here; "uniform" where the sampling is local already.

    is_shared : bool
        Whether perturbed rows are the same for every explained row, so that the model is
        asked once, in `fit`.

    Examples
    --------
    A neighborhood that halves the way from the explained row to a background row.

    >>> import numpy as np
    >>> from sklime.neighborhoods import BaseNeighborhood
    >>> class HalfwayNeighborhood(BaseNeighborhood):
    ...     default_kernel = "uniform"
    ...     def perturb(self, draws, encoder, rows):
    ...         return (rows[:, None, :] + draws.values) / 2
    """

    default_kernel = "exponential"
    is_shared = False
    points = "sobol"

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
            Those of the background, unless a subclass needs more.
        """
        return background.n_dimensions_

    def n_copies(self, background, encoder):
        """Return how often the model is asked about each mask.

        Parameters
        ----------
        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Knows the bins.

        Returns
        -------
        n_copies : {1, 2}
            2 where `draw` prepares twins: rows that meet the same conditions with other values.
            The fidelity is then judged against the mean response given the conditions.
        """
        return 1

    def value_coordinates(self, background, encoder):
        """Say which coordinate decides on the new value of each column.

        With it, changes that hardly ever come can be drawn more often than they come.

        Parameters
        ----------
        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Knows which columns are cut.

        Returns
        -------
        coordinates : ndarray of int of shape (n_features,)
            -1 for a column on which no coordinate decides alone: all of them, unless a
            subclass knows more.

        keep : float
            Below this, a coordinate keeps the value of the explained row; what is beyond is
            stretched to (0, 1) and handed to the background.
        """
        return np.full(encoder.n_features, -1), 0.0

    def draw(self, points, background, encoder):
        """Draw what does not depend on the explained row.

        Parameters
        ----------
        points : ndarray of shape (n_perturbations, n_dimensions)
            Base points.

        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Knows the bins and the statistics of the columns.

        Returns
        -------
        draws : Draws
            Background rows, unless a subclass draws something else.
        """
        return Draws(background.sample(points), None, None)

    def perturb(self, draws, encoder, rows):
        """Build the perturbed rows of some explained rows.

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
        raise NotImplementedError

    def encode(self, draws, encoder, perturbed, instance):
        """Encode the perturbed rows of some explained rows.

        Parameters
        ----------
        draws : Draws
            From `draw`.

        encoder : TabularEncoder
            Knows the bins.

        perturbed : ndarray of shape (n_rows, n_perturbations, n_features)
            Perturbed rows.

        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        Z : ndarray of shape (n_rows, n_perturbations, n_features)
            0, 1 or standard scores.
        """
        return encoder.encode(encoder.represent(perturbed), instance)
