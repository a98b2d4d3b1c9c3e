"""The neighborhood that keeps most of the explained row."""

import numpy as np

from sklime.neighborhoods._base import BaseNeighborhood, Draws
from sklime.neighborhoods._twins import Twins

__all__ = ["AnchoredNeighborhood"]


class AnchoredNeighborhood(BaseNeighborhood):
    """Keep each value of the explained row with some probability, else draw a new one.

    With independent, equally weighted masks this is LIME with an exponential kernel on
    the number of changed features, the kernel having gone into the sampling [1]_.

    Parameters
    ----------
    keep : float, default=0.75
        Probability with which a feature keeps the value of the explained row, in (0, 1).

    points : {"sobol", "independent"}, default="sobol"
        Kind of base points.

    twins : bool, default=True
        Whether to ask about each mask twice, with other values the second time. Half as many
        masks are drawn, so that the model is asked as often as without. `fidelity` is then that
        of the mean response given the conditions; without twins it is a lower bound of it. Takes
        a background that draws each column on its own, and columns with bins or levels.

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

    def __init__(self, keep=0.75, points="sobol", twins=True):
        self.keep = keep
        self.points = points
        self.twins = twins

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
            One a column where the same coordinate can decide on keeping and on the new
            value, and one more for its twin; else one a column and those of the background.
        """
        if background.is_columnwise_:
            return 2 * n_features if self.twins else n_features
        return n_features + background.n_dimensions_

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
            2 with twins.
        """
        has_twins = self.twins and background.is_columnwise_ and encoder.is_binned.any()
        return 2 if has_twins else 1

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
            `keep`.
        """
        columns = np.arange(encoder.n_features)
        return (columns if background.is_columnwise_ else np.full(columns.size, -1)), self.keep

    def draw(self, points, background, encoder):
        """Draw which features are kept, and what replaces the others.

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
            Replacements, their bins, and where the explained row is kept.
        """
        n_features = encoder.n_features
        first, rest = points[:, :n_features], points[:, n_features:]
        kept = (first < self.keep) | ~encoder.can_change
        if not background.is_columnwise_:
            values = background.sample(rest)
            return Draws(values, np.asfortranarray(kept), encoder.represent(values))
        # Given that a coordinate is above `keep`, what it is beyond is uniform again.
        beyond = (first - self.keep) / (1.0 - self.keep)
        values = background.sample(np.where(kept, 0.5, beyond))
        kept, representation = np.asfortranarray(kept), encoder.represent(values)
        twins = None
        if self.n_copies(background, encoder) == 2:
            drawn = values, kept, representation
            twins = Twins.of(self.keep, drawn, rest, background, encoder)
        return Draws(values, kept, representation, twins)

    def perturb(self, draws, encoder, rows):
        """Replace what is not kept.

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
            Perturbed rows; with twins each is followed by its twin.
        """
        perturbed = np.where(draws.kept, rows[:, None, :], draws.values)
        if draws.twins is None:
            return perturbed
        return draws.twins.perturb(perturbed, rows, encoder.represent(rows))

    def encode(self, draws, encoder, perturbed, instance):
        """Encode the perturbed rows of some explained rows.

        Parameters
        ----------
        draws : Draws
            From `draw`.

        encoder : TabularEncoder
            Knows the bins.

        perturbed : ndarray of shape (n_rows, n_perturbations, n_features)
            Ignored: what is kept has the code of the row, what is not is encoded already.

        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        Z : ndarray of shape (n_rows, n_masks, n_features)
            0, 1 or standard scores; twins have one encoding.
        """
        if encoder.is_binned.all():
            return encoder.encode(draws.representation, instance) | draws.kept
        instance_kept = np.where(draws.kept, instance[:, None, :], draws.representation)
        return encoder.encode(instance_kept, instance)
