"""The neighborhood that keeps most values of the explained row."""

from operator import index
from typing import Literal, cast

import numpy as np

from sklime.backgrounds import BaseBackground
from sklime.neighborhoods._base import BaseNeighborhood, Draws
from sklime.neighborhoods._encoder import Encoder
from sklime.neighborhoods._twins import Twins
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["AnchoredNeighborhood"]


class AnchoredNeighborhood(BaseNeighborhood):
    """Keep each value of the explained row with some probability, else draw a new one.

    The masks are independent and have equal weights. This is LIME with an exponential kernel
    on the number of changed features: the sampling takes the place of the kernel [1]_.

    Parameters
    ----------
    keep : float, default=0.75
        Probability with which a feature keeps the value of the explained row, in (0, 1).

    points : {"sobol", "independent"}, default="sobol"
        Kind of base points.

    twins : bool, default=True
        Whether to call the model twice per mask, with other values the second time. Half as many
        masks are drawn, and the number of responses stays the same. `fidelity` is then that of the
        mean response given the conditions. Without twins it is a lower bound. Twins need a
        background that draws each column independently, and columns with bins or levels; otherwise
        none are drawn.

    See Also
    --------
    SharedNeighborhood : One set of perturbed rows for all explained rows.

    References
    ----------
    .. [1] Tan, Tian, Li, "GLIME: General, Stable and Local LIME Explanation", NeurIPS 2023,
       :doi:`10.48550/arXiv.2311.15722`.

    Examples
    --------
    >>> from sklime.neighborhoods import AnchoredNeighborhood
    >>> AnchoredNeighborhood(keep=0.5).default_kernel
    'uniform'
    """

    default_kernel = "uniform"

    def __init__(
        self,
        keep: float = 0.75,
        points: Literal["sobol", "independent"] = "sobol",
        twins: bool = True,
    ) -> None:
        self.keep = keep
        self.points = points
        self.twins = twins

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
            If the background draws columns independently, there are two coordinates per column.
            The first decides on keeping and on the new value, the second on the twin. Otherwise
            there is one per column, and those of the background.
        """
        n_features = index(n_features)
        if background.is_columnwise_:
            return 2 * n_features if self.twins else n_features
        return n_features + background.n_dimensions_

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
            2 with twins.
        """
        has_twins = self.twins and background.is_columnwise_ and encoder.is_binned.any()
        return 2 if has_twins else 1

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
            The parameter `keep`.
        """
        columns = np.arange(encoder.n_features)
        return (columns if background.is_columnwise_ else np.full(columns.size, -1)), self.keep

    def draw(
        self,
        points: FloatArray,
        background: BaseBackground,
        encoder: Encoder,
        *,
        is_for_one_row: bool = False,
    ) -> Draws:
        """Draw which features are kept, and the values that replace the others.

        Parameters
        ----------
        points : ndarray of shape (n_perturbations, n_dimensions)
            Base points.

        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Fitted encoder of the table.

        is_for_one_row : bool, default=False
            Whether the draws serve one explained row, so that nothing is computed in advance.

        Returns
        -------
        draws : Draws
            Replacement values, their bins, and where the explained row is kept.
        """
        n_features = encoder.n_features
        first, second = points[:, :n_features], points[:, n_features:]
        kept = (first < self.keep) | ~encoder.can_change
        if not background.is_columnwise_:
            values = background.sample(second)
            return Draws(values, np.asfortranarray(kept), encoder.represent(values))
        # Given that a coordinate is above `keep`, its distance to `keep` is uniform again.
        stretched = (first - self.keep) / (1.0 - self.keep)
        values = background.sample(np.where(kept, 0.5, stretched))
        kept, representation = np.asfortranarray(kept), encoder.represent(values)
        twins = None
        if self.n_copies(background, encoder) == 2:
            drawn = values, kept, representation
            twins = Twins.of(
                self.keep, drawn, second, background, encoder, is_for_one_row=is_for_one_row
            )
        return Draws(values, kept, representation, twins)

    def perturb(self, draws: Draws, encoder: Encoder, rows: FloatArray) -> FloatArray:
        """Replace the values that are not kept.

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
            Perturbed rows; with twins each is followed by its twin.
        """
        # `draw` of this class always sets `kept`.
        kept = cast(BoolArray, draws.kept)
        perturbed = np.where(kept, rows[:, None, :], draws.values)
        if draws.twins is None:
            return perturbed
        return draws.twins.perturb(perturbed, rows, encoder.represent(rows))

    def encode(
        self, draws: Draws, encoder: Encoder, perturbed: FloatArray, instance: Array
    ) -> Array:
        """Encode the perturbed rows of some explained rows.

        Parameters
        ----------
        draws : Draws
            From `draw`.

        encoder : TabularEncoder
            Fitted encoder of the table.

        perturbed : ndarray of shape (n_rows, n_perturbations, n_features)
            Ignored: kept values have the bin of the row, and `draws` has the bins of the
            others.

        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        Z : ndarray of shape (n_rows, n_masks, n_features)
            Bin indicators (0 or 1), or standard scores. A row and its twin share one encoding.
        """
        kept, values = cast(BoolArray, draws.kept), cast(Array, draws.representation)
        if encoder.is_binned.all():
            Z: Array = encoder.encode(values, instance) | kept
            return Z
        return encoder.encode(np.where(kept, instance[:, None, :], values), instance)
