"""The baseline of contributions: how the background is encoded, on average."""

from dataclasses import dataclass

import numpy as np

from sklime.neighborhoods import base_points

__all__ = ["BASELINES", "Baseline"]

BASELINES = ("background", "other")

# Points of the background that shares of bins are counted on. Where columns are drawn on their
# own they stand at equal distances, and a share is off by at most one point a bin edge.
_N_POINTS = 2**13


@dataclass(frozen=True)
class Baseline:
    """Mean encoding of background rows.

    Attributes
    ----------
    shares : tuple of (ndarray or None)
        Of each column that has bins or levels, the share of the background in each of them;
        `None` for a column of standard scores.

    means : ndarray of shape (n_features,)
        Mean standard score of the background; 0 for the other columns.
    """

    shares: tuple
    means: np.ndarray

    @classmethod
    def of(cls, background, encoder):
        """Learn the mean encoding of a background.

        Parameters
        ----------
        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Knows the bins.

        Returns
        -------
        baseline : Baseline
            The same at every call: no random numbers are drawn from the explainer's seed.
        """
        drawn = encoder.represent(background.sample(_even_points(background)))
        is_binned = encoder.is_binned
        shares = tuple(
            np.bincount(column.astype(np.intp)) / len(column) if binned else None
            for column, binned in zip(drawn.T, is_binned)
        )
        return cls(shares, np.where(is_binned, 0.0, drawn.mean(axis=0)))

    def encodings(self, own):
        """Return how the average background row is encoded relative to explained rows.

        Parameters
        ----------
        own : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        encodings : ndarray of shape (n_rows, n_features)
            Share of the background in the bin of the row, in [0, 1]; or the mean standard
            score.
        """
        encodings = np.tile(self.means, (len(own), 1))
        for place, shares in enumerate(self.shares):
            if shares is not None:
                bins = own[:, place].astype(np.intp)
                is_known = bins < len(shares)
                encodings[:, place] = np.where(is_known, shares[np.where(is_known, bins, 0)], 0.0)
        return encodings


def _even_points(background):
    """Return points that are spread evenly over the unit cube of a background."""
    n_dimensions = background.n_dimensions_
    if background.is_columnwise_ or n_dimensions == 1:
        even = (np.arange(_N_POINTS) + 0.5) / _N_POINTS
        return np.repeat(even[:, None], n_dimensions, axis=1)
    return base_points(_N_POINTS, n_dimensions, 1, seed=0)
