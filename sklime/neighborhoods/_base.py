"""The base class of all neighborhoods."""

from typing import Any, Literal, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from sklime.backgrounds import BaseBackground
from sklime.neighborhoods._encoder import Encoder
from sklime.neighborhoods._twins import Twins
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["BaseNeighborhood", "Draws"]


class Draws(NamedTuple):
    """Draws that a neighborhood makes once, for all explained rows.

    Attributes
    ----------
    values : ndarray of shape (n_perturbations, n_features)
        Values to build perturbed rows from.

    kept : ndarray of bool of shape (n_perturbations, n_features), or None
        Where the perturbed row keeps the value of the explained row.

    representation : ndarray of shape (n_perturbations, n_features), or None
        Bins or standard scores of `values`, if they do not depend on the explained row.

    twins : Twins, or None
        The twins of the perturbed rows, if the model is called on each mask twice.
    """

    values: FloatArray
    kept: BoolArray | None
    representation: Array | None
    twins: Twins | None = None


class BaseNeighborhood(BaseEstimator):
    """Base class of neighborhoods: turn base points and explained rows into perturbed rows.

    A subclass draws in `draw`, once for all explained rows, and builds perturbed rows from
    these draws in `perturb`. It does not know the model. It draws no random numbers: the
    same points always give the same draws.

    Attributes
    ----------
    default_kernel : {"exponential", "uniform"}
        Meaning of ``kernel="auto"``; "uniform" if all perturbed rows are close to the
        explained row.

    is_shared : bool
        Whether perturbed rows are the same for every explained row. The model is then asked
        once, in `fit`.

    See Also
    --------
    AnchoredNeighborhood : Keeps most values of the explained row.

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

    default_kernel: Literal["exponential", "uniform"] = "exponential"
    is_shared: bool = False
    points: Literal["sobol", "independent"] = "sobol"

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
            Number of dimensions of the background, unless a subclass needs more.
        """
        return background.n_dimensions_

    def n_copies(self, background: BaseBackground, encoder: Encoder) -> Literal[1, 2]:
        """Return how often the model is called on each mask.

        Parameters
        ----------
        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Fitted encoder of the table.

        Returns
        -------
        n_copies : {1, 2}
            2 if `draw` prepares twins: rows that meet the same conditions with other values.
            The fidelity then compares with the mean response given the conditions.
        """
        return 1

    def value_coordinates(
        self, background: BaseBackground, encoder: Encoder
    ) -> tuple[IntArray, float]:
        """Return the coordinate that decides on the new value of each column.

        The explainer uses it to draw rare changes more often than they occur.

        Parameters
        ----------
        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Fitted encoder of the table.

        Returns
        -------
        coordinates : ndarray of int of shape (n_features,)
            Index of the coordinate; -1 for a column whose value depends on several
            coordinates. All are -1 unless a subclass overrides this method.

        keep : float
            A coordinate below this keeps the value of the explained row. Coordinates above it
            are stretched to (0, 1) and given to the background.
        """
        return np.full(encoder.n_features, -1), 0.0

    # A subclass may draw anything that its own `perturb` and `encode` understand.
    def draw(self, points: FloatArray, background: BaseBackground, encoder: Encoder) -> Any:
        """Draw the part of perturbed rows that does not depend on the explained row.

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
            Background rows, unless a subclass draws something else.
        """
        return Draws(background.sample(points), None, None)

    def perturb(self, draws: Any, encoder: Encoder, rows: FloatArray) -> FloatArray:
        """Build the perturbed rows of some explained rows.

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
            Perturbed rows.
        """
        raise NotImplementedError

    def encode(self, draws: Any, encoder: Encoder, perturbed: FloatArray, instance: Array) -> Array:
        """Encode the perturbed rows of some explained rows.

        Parameters
        ----------
        draws : Draws
            From `draw`.

        encoder : TabularEncoder
            Fitted encoder of the table.

        perturbed : ndarray of shape (n_rows, n_perturbations, n_features)
            Perturbed rows.

        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        Z : ndarray of shape (n_rows, n_perturbations, n_features)
            Bin indicators (0 or 1), or standard scores.
        """
        return encoder.encode(encoder.represent(perturbed), instance)
