"""Rare changes: draw them more often than they occur, and correct by the weights of the draws.

If nearly all training rows have a flag at 0, hardly any perturbed row has it at 1, and the flag
gets no weight. A few of the draws are therefore forced to change one such column each. Together
the draws are a sample of a mixture: the distribution itself, and for each such column the
distribution given that it changes. A draw of density p is weighted by p over that of the mixture
[1]_. This changes no expectation. No weight exceeds the inverse of the share of draws that are
not forced.

References
----------
.. [1] Veach, Guibas, "Optimally Combining Sampling Techniques for Monte Carlo Rendering",
   SIGGRAPH 1995, :doi:`10.1145/218380.218498`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index
from typing import Literal, Self

import numpy as np

from sklime._surrogates._evidence import min_differing
from sklime.backgrounds import BaseBackground
from sklime.neighborhoods import BaseNeighborhood
from sklime.neighborhoods._encoder import Encoder
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["Changes", "draw_weights", "forced_changes"]

# In smaller samples no draws are forced.
_MIN_SIZE = 160

# Aim at this multiple of the needed number of changes: the number that occurs is random.
_SAFETY = 1.6

# At most this share of the draws is forced to change a column.
_MAX_SHARE = 1.0 / 4.0

# Share of the replacement values that leave a bin of the usual size, a quartile.
_USUAL_SHARE = 3.0 / 4.0

# A mass of the other bins below this is rounding error.
_NEGLIGIBLE = 1e-12

# The end of a bin is searched for on a grid of this many points, refined this often.
_N_GRID_POINTS = 65
_N_SEARCHES = 9


@dataclass(frozen=True)
class Changes:
    """Which base points replace the value of a column by one of another bin.

    Attributes
    ----------
    features : ndarray of int of shape (n_changes,)
        Columns that can be forced to change.

    coordinates : ndarray of int of shape (n_changes,)
        Coordinate of the base points that decides on each column.

    keep : float
        A coordinate below this keeps the value of the explained row.

    low, high : ndarray of shape (n_changes,)
        If the column has a bin of more than half the mass: the uniform numbers between which
        a new value falls into this bin. Equal for other columns, which change whenever they
        are replaced.
    """

    features: IntArray
    coordinates: IntArray
    keep: float
    low: FloatArray
    high: FloatArray

    @classmethod
    def of(
        cls, neighborhood: BaseNeighborhood, background: BaseBackground, encoder: Encoder
    ) -> Self | None:
        """Find where the bins of more than half the mass begin and end.

        Parameters
        ----------
        neighborhood : BaseNeighborhood
            Tells which coordinates decide on values.

        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Fitted encoder of the table.

        Returns
        -------
        changes : Changes, or None
            `None` if no coordinate decides on one value alone.
        """
        coordinates, keep = neighborhood.value_coordinates(background, encoder)
        features = np.flatnonzero((coordinates >= 0) & encoder.can_change)
        if features.size == 0:
            return None
        low, high = _ends_of_largest_bins(background, encoder, features)
        is_large = high - low > 0.5
        low, high = np.where(is_large, low, 0.5), np.where(is_large, high, 0.5)
        can_change = 1.0 - (high - low) > _NEGLIGIBLE
        features, low, high = features[can_change], low[can_change], high[can_change]
        return cls(features, coordinates[features], keep, low, high)

    @property
    def needed(self) -> FloatArray:
        """Return how many forced draws give one value in another bin, on average."""
        return np.where(self.high > self.low, 1.0, 1.0 / _USUAL_SHARE)

    @property
    def rates(self) -> FloatArray:
        """Return the probability that each column changes."""
        return (1.0 - self.keep) * (1.0 - (self.high - self.low))

    @property
    def unchanged_share(self) -> float:
        """Return the share of the draws that replace no column."""
        return self.keep**self.features.size

    def has(self, points: FloatArray) -> BoolArray:
        """Tell which points change which columns.

        Parameters
        ----------
        points : ndarray of shape (n_points, n_dimensions)
            Base points.

        Returns
        -------
        has : ndarray of bool of shape (n_points, n_changes)
            Whether the point changes the column.
        """
        u = (points[:, self.coordinates] - self.keep) / (1.0 - self.keep)
        has: BoolArray = (u >= 0.0) & ((u < self.low) | (u >= self.high))
        return has

    def made(self, points: FloatArray, indices: IntArray, changes: IntArray) -> FloatArray:
        """Force points to change columns.

        Parameters
        ----------
        points : ndarray of shape (n_points, n_dimensions)
            Base points.

        indices, changes : ndarray of int of shape (n_made,)
            Points to force, and the change that each of them makes.

        Returns
        -------
        points : ndarray of shape (n_points, n_dimensions)
            One coordinate of each forced point moves to where the column changes, uniformly.
        """
        points = points.copy()
        low, high = self.low[changes], self.high[changes]
        here = indices, self.coordinates[changes]
        u = points[here] * (1.0 - (high - low))
        u = np.where(u >= low, u + (high - low), u)
        points[here] = np.minimum(self.keep + (1.0 - self.keep) * u, np.nextafter(1.0, 0.0))
        return points


def _ends_of_largest_bins(
    background: BaseBackground, encoder: Encoder, features: IntArray
) -> tuple[FloatArray, FloatArray]:
    """Return the uniform numbers between which each column has the bin of its median."""
    # A bin of more than half the mass contains the median, and the first or the third quartile.
    states = _states(background, encoder, np.array([[0.25], [0.5], [0.75]]), features)
    is_candidate = (states[0] == states[1]) | (states[2] == states[1])
    middle = np.full(features.size, 0.5)
    if not is_candidate.any():
        return middle, middle
    ends = []
    for end in (np.nextafter(0.0, 1.0), np.nextafter(1.0, 0.0)):
        inner, outer = middle.copy(), np.full(features.size, end)
        # The bin extends to the end of the unit interval.
        is_whole = _states(background, encoder, outer[None], features)[0] == states[1]
        for _ in range(_N_SEARCHES):
            grid = np.linspace(inner, outer, _N_GRID_POINTS)
            is_out = _states(background, encoder, grid, features) != states[1]
            is_out[-1] = True
            first = is_out.argmax(axis=0)
            inner, outer = (
                np.take_along_axis(grid, point[None], axis=0)[0] for point in (first - 1, first)
            )
        ends.append(np.where(is_whole, np.round(outer), outer))
    low, high = ends
    return low, high


def _states(
    background: BaseBackground, encoder: Encoder, u: FloatArray, features: IntArray
) -> Array:
    """Return the bins of the values that uniform numbers give in each column."""
    points = np.full((len(u), background.n_dimensions_), 0.5)
    points[:, features] = u
    states: Array = encoder.represent(background.sample(points))[:, features]
    return states


def forced_changes(
    changes: Changes, sizes: Sequence[int], n_replicates: int, n_copies: Literal[1, 2] = 1
) -> tuple[IntArray, IntArray]:
    """Choose the draws of each replicate that are forced to change a column, and the column.

    Parameters
    ----------
    changes : Changes
        Changes that can be forced.

    sizes : sequence of int
        Sizes of the sample, from the first to the requested one. A larger sample begins with
        the smaller one.

    n_replicates : int
        Number of replicates.

    n_copies : {1, 2}, default=1
        Number of perturbed rows per draw.

    Returns
    -------
    made : ndarray of int of shape (n_made,)
        Index of the change that each forced draw makes.

    indices : ndarray of int of shape (n_made,)
        Index of the draw within each replicate.
    """
    made: list[IntArray] = [np.empty(0, dtype=int)]
    indices: list[IntArray] = [np.empty(0, dtype=int)]
    # A small integer type of NumPy would overflow in the products below.
    n_replicates = index(n_replicates)
    n_made, end = np.zeros(changes.features.size), 0
    max_share = max(_MAX_SHARE, changes.unchanged_share / 2.0)
    for size in sizes:
        begin, end = end, size // n_replicates
        if size < _MIN_SIZE:
            continue
        wanted = _SAFETY * min_differing(size, n_copies) * changes.needed - changes.rates * size
        more = np.ceil(np.maximum(wanted / n_replicates - n_made, 0.0))
        n_free = max_share * end - n_made.sum()
        # Serve as many columns as possible: first those that need the fewest draws.
        order = np.argsort(more, kind="stable")
        order = order[more[order] > 0.0]
        order = order[np.cumsum(more[order]) <= min(n_free, end - begin)]
        chosen = np.repeat(order, more[order].astype(int))
        n_made[order] += more[order]
        made.append(chosen)
        indices.append(begin + np.arange(chosen.size))
    return np.concatenate(made), np.concatenate(indices)


def draw_weights(has: BoolArray, rates: FloatArray, n_made: IntArray) -> FloatArray:
    """Weigh draws, some of which were forced to change a column.

    Parameters
    ----------
    has : ndarray of bool of shape (n_draws, n_changes)
        Which draws change which columns, forced or not.

    rates : ndarray of shape (n_changes,)
        Probability that a draw makes each change.

    n_made : ndarray of int of shape (n_changes,)
        Number of draws that were forced to make each change.

    Returns
    -------
    weights : ndarray of shape (n_draws,)
        Their mean is 1 on average.

    Examples
    --------
    Two of eight draws were forced to make a change that one draw in a hundred makes.

    >>> import numpy as np
    >>> from sklime._tables._rare_draws import draw_weights
    >>> has = np.array([[True], [True]] + 6 * [[False]])
    >>> draw_weights(has, np.array([0.01]), np.array([2])).round(3)
    array([0.039, 0.039, 1.333, 1.333, 1.333, 1.333, 1.333, 1.333])
    """
    n_draws = len(has)
    made = np.flatnonzero(n_made)
    weights: FloatArray = n_draws / (
        n_draws - n_made.sum() + has[:, made] @ (n_made[made] / rates[made])
    )
    return weights
