"""Rare changes: drawn more often than they come, which the weights of the draws make up for.

Where nearly all training rows have a flag at 0, hardly any perturbed row has it at 1, and nothing
can be said of the flag. A few of the draws are therefore made to change one such column each.
Together they are a sample of a mixture: the distribution itself, and for each such column the
distribution given that it changes. A draw of density p is weighted by p over that of the mixture
[1]_. No expectation is different then, and no weight exceeds the inverse of the share of the
draws that are left alone.

References
----------
.. [1] Veach, Guibas, "Optimally Combining Sampling Techniques for Monte Carlo Rendering",
   SIGGRAPH 1995, :doi:`10.1145/218380.218498`.
"""

from dataclasses import dataclass

import numpy as np

from sklime._surrogates._evidence import min_differing

__all__ = ["Changes", "draw_weights", "forced_changes"]

# Smaller samples have no draws to spare.
_MIN_SIZE = 160

# Perturbed rows that change a column are made this many times as many as it takes, on average.
_SAFETY = 1.6

# Of the draws, at most this share is made to change some column.
_MAX_SHARE = 1.0 / 4.0

# Of values that replace others, this share leaves a bin of the usual size.
_USUAL_SHARE = 3.0 / 4.0

# Below this, the mass of the other bins is rounding.
_NEGLIGIBLE = 1e-12

# Points between which the end of a bin is sought at once, and how often.
_N_SOUGHT = 65
_N_SEARCHES = 9


@dataclass(frozen=True)
class Changes:
    """Which base points replace the value of a column by one of another bin.

    Attributes
    ----------
    features : ndarray of int of shape (n_changes,)
        Columns that can be made to change.

    coordinates : ndarray of int of shape (n_changes,)
        Coordinate of the base points that decides on each.

    keep : float
        Below this, a coordinate keeps the value of the explained row.

    low, high : ndarray of shape (n_changes,)
        Where the column has a bin of more than half the mass: from which uniform number to
        which a new value falls into it. Equal for other columns, which change whenever
        they are replaced.
    """

    features: np.ndarray
    coordinates: np.ndarray
    keep: float
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, neighborhood, background, encoder):
        """Find out where the bins of more than half the mass begin and end.

        Parameters
        ----------
        neighborhood : BaseNeighborhood
            Says which coordinates decide on values.

        background : BaseBackground
            Fitted background.

        encoder : TabularEncoder
            Knows the bins.

        Returns
        -------
        changes : Changes, or None
            `None` where no coordinate decides on one value alone.
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
    def needed(self):
        """Return how many changes make one value that is in another bin."""
        return np.where(self.high > self.low, 1.0, 1.0 / _USUAL_SHARE)

    @property
    def rates(self):
        """Return how likely each column is to change."""
        return (1.0 - self.keep) * (1.0 - (self.high - self.low))

    @property
    def n_equal(self):
        """Return which share of the draws replaces nothing."""
        return self.keep**self.features.size

    def has(self, points):
        """Tell which points change which columns.

        Parameters
        ----------
        points : ndarray of shape (n_points, n_dimensions)
            Base points.

        Returns
        -------
        has : ndarray of bool of shape (n_points, n_changes)
            Whether they do.
        """
        u = (points[:, self.coordinates] - self.keep) / (1.0 - self.keep)
        return (u >= 0.0) & ((u < self.low) | (u >= self.high))

    def made(self, points, indices, changes):
        """Make points change columns.

        Parameters
        ----------
        points : ndarray of shape (n_points, n_dimensions)
            Base points.

        indices, changes : ndarray of int of shape (n_made,)
            Which points, and which change each of them makes.

        Returns
        -------
        points : ndarray of shape (n_points, n_dimensions)
            A coordinate of each of these is moved to where the column changes, uniformly.
        """
        points = points.copy()
        low, high = self.low[changes], self.high[changes]
        here = indices, self.coordinates[changes]
        u = points[here] * (1.0 - (high - low))
        u = np.where(u >= low, u + (high - low), u)
        points[here] = np.minimum(self.keep + (1.0 - self.keep) * u, np.nextafter(1.0, 0.0))
        return points


def _ends_of_largest_bins(background, encoder, features):
    """Return between which uniform numbers the middle one's bin is drawn."""
    # A bin of more than half the mass holds the middle, and the first or the last quarter's end.
    states = _states(background, encoder, np.array([[0.25], [0.5], [0.75]]), features)
    is_candidate = (states[0] == states[1]) | (states[2] == states[1])
    middle = np.full(features.size, 0.5)
    if not is_candidate.any():
        return middle, middle
    ends = []
    for outer in (np.nextafter(0.0, 1.0), np.nextafter(1.0, 0.0)):
        inner, outer = middle.copy(), np.full(features.size, outer)
        is_whole = _states(background, encoder, outer[None], features)[0] == states[1]
        for _ in range(_N_SEARCHES):
            grid = np.linspace(inner, outer, _N_SOUGHT)
            is_out = _states(background, encoder, grid, features) != states[1]
            is_out[-1] = True
            first = is_out.argmax(axis=0)
            inner, outer = (
                np.take_along_axis(grid, index[None], axis=0)[0] for index in (first - 1, first)
            )
        ends.append(np.where(is_whole, np.round(outer), outer))
    return ends


def _states(background, encoder, u, features):
    """Return the bins of the values that uniform numbers of each column stand for."""
    points = np.full((len(u), background.n_dimensions_), 0.5)
    points[:, features] = u
    return encoder.represent(background.sample(points))[:, features]


def forced_changes(changes, sizes, n_replicates, n_copies=1):
    """Say which perturbed rows of each replicate are made to change which column.

    Parameters
    ----------
    changes : Changes
        Changes that draws can be made to make.

    sizes : sequence of int
        Sizes of the sample, from the first to the one that is wanted. What a smaller sample
        has, the larger one begins with.

    n_replicates : int
        Number of replicates.

    n_copies : {1, 2}, default=1
        How many perturbed rows there are of each draw.

    Returns
    -------
    made : ndarray of int of shape (n_made,)
        Change that each of these perturbed rows makes.

    indices : ndarray of int of shape (n_made,)
        Index in each replicate.
    """
    made, indices = [np.empty(0, dtype=int)], [np.empty(0, dtype=int)]
    n_made, end = np.zeros(changes.features.size), 0
    max_share = max(_MAX_SHARE, changes.n_equal / 2.0)
    for size in sizes:
        begin, end = end, size // n_replicates
        if size < _MIN_SIZE:
            continue
        wanted = _SAFETY * min_differing(size, n_copies) * changes.needed - changes.rates * size
        more = np.ceil(np.maximum(wanted / n_replicates - n_made, 0.0))
        left = max_share * end - n_made.sum()
        # As many columns as there is room for, those first that take least.
        order = np.argsort(more, kind="stable")
        order = order[more[order] > 0.0]
        order = order[np.cumsum(more[order]) <= min(left, end - begin)]
        chosen = np.repeat(order, more[order].astype(int))
        n_made[order] += more[order]
        made.append(chosen)
        indices.append(begin + np.arange(chosen.size))
    return np.concatenate(made), np.concatenate(indices)


def draw_weights(has, rates, n_made):
    """Weigh draws of which some were made to change a column.

    Parameters
    ----------
    has : ndarray of bool of shape (n_draws, n_changes)
        Which draws change which columns, whether made to or not.

    rates : ndarray of shape (n_changes,)
        How likely a draw is to make each change.

    n_made : ndarray of int of shape (n_changes,)
        Draws that were made to.

    Returns
    -------
    weights : ndarray of shape (n_draws,)
        Mean 1 on average.

    Examples
    --------
    Of eight draws two were made to change what one in a hundred changes.

    >>> import numpy as np
    >>> from sklime._tables._rare_draws import draw_weights
    >>> has = np.array([[True], [True]] + 6 * [[False]])
    >>> draw_weights(has, np.array([0.01]), np.array([2])).round(3)
    array([0.039, 0.039, 1.333, 1.333, 1.333, 1.333, 1.333, 1.333])
    """
    n_draws = len(has)
    made = np.flatnonzero(n_made)
    return n_draws / (n_draws - n_made.sum() + has[:, made] @ (n_made[made] / rates[made]))
