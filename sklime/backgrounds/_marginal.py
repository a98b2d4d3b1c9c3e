"""A background of independent columns, each drawn bin by bin."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from numbers import Integral
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from sklime.backgrounds._columnwise import (
    Cells,
    ColumnDistribution,
    ColumnwiseBackground,
)
from sklime.backgrounds._stacks import Stackable
from sklime.utils._cuts import bins_of, separating_cuts
from sklime.utils._magnitude import units
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["MarginalBackground"]

# Quartiles.
_DEFAULT_BINS = 4

# Columns with at most this many bins are computed together.
_MAX_STACKED_BINS = 16

# A normal distribution has no mass in floats beyond so many standard deviations.
_MOST_DEVIATIONS = 40.0

_Side: TypeAlias = Literal["left", "right"]


class MarginalBackground(ColumnwiseBackground):
    """Draw each column independently, as `lime` does with columns that are cut into bins.

    A continuous column is cut into bins. First a bin is drawn at its frequency. Then a value is
    drawn from the normal distribution with the bin's mean and standard deviation, truncated to the
    bin. A discrete column (integers, levels) is drawn from the values of the training rows, at
    their frequencies. Missing values are drawn at their rate.

    Parameters
    ----------
    n_bins : int, default=None
        Number of equally frequent bins of a continuous column, at least 1. `None` uses the
        cuts of the explainer's discretizer, as `lime` does, and quartiles if there are none.

    Attributes
    ----------
    distributions_ : list
        One distribution per column.

    n_dimensions_ : int
        Number of columns.

    See Also
    --------
    NormalBackground : One normal per column.
    EmpiricalBackground : Whole training rows.

    References
    ----------
    .. [1] Ribeiro, Singh, Guestrin, "Why should I trust you?", KDD 2016,
       :doi:`10.1145/2939672.2939778`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.backgrounds import MarginalBackground
    >>> X = np.column_stack([np.arange(5.0), [0, 0, 1, 1, 1]])
    >>> background = MarginalBackground().fit(X, is_discrete=np.array([False, True]))
    >>> background.sample(np.array([[0.5, 0.3], [0.9, 0.6]])).round(2)
    array([[2., 0.],
           [4., 1.]])
    """

    def __init__(self, n_bins: int | None = None) -> None:
        self.n_bins = n_bins

    def fit(
        self,
        X: FloatArray,
        is_discrete: BoolArray | None = None,
        cuts: Sequence[FloatArray | None] | None = None,
        side: Literal["left", "right"] = "left",
    ) -> Self:
        """Learn the distribution of each column.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows as floats.

        is_discrete : ndarray of bool of shape (n_features,), default=None
            Columns that take only values of training rows; `None` for no such column.

        cuts : sequence of (ndarray or None), default=None
            Increasing cuts of each column, used if `n_bins` is `None`; `None` for quartiles.

        side : {"left", "right"}, default="left"
            Bin of a value equal to one of `cuts`: the bin below ("left") or above ("right").

        Returns
        -------
        self : object
            The fitted background.

        Raises
        ------
        ValueError
            If `n_bins` is not an integer of at least 1.
        """
        n_bins = _checked_n_bins(self.n_bins)
        given = [None] * X.shape[1] if cuts is None or self.n_bins is not None else cuts

        def continuous_distributions(
            columns: FloatArray, indices: IntArray
        ) -> list[ColumnDistribution]:
            own, sides = [], []
            for values, index in zip(columns, indices.tolist()):
                one = given[index]
                own.append(_frequency_cuts(values, n_bins) if one is None else one)
                sides.append("left" if one is None else side)
            return _truncated_normals(columns, own, sides)

        return self._learn(X, is_discrete, continuous_distributions)


def _checked_n_bins(n_bins: Any) -> int:
    if n_bins is None:
        return _DEFAULT_BINS
    is_whole = isinstance(n_bins, Integral) and not isinstance(n_bins, bool)
    if not is_whole or n_bins < 1:
        raise ValueError(
            f"n_bins={n_bins!r} of MarginalBackground is no whole number from 1 on. Pass one, or "
            "None for the bins of the explainer's discretizer."
        )
    # Counts of bins and edges overflow in the smaller integers of NumPy.
    return int(n_bins)


def _frequency_cuts(column: FloatArray, n_bins: int) -> FloatArray:
    if n_bins == 1:
        return np.empty(0)
    cuts = np.unique(np.percentile(column, np.linspace(0, 100, n_bins + 1)[1:-1]))
    return separating_cuts(cuts, column)


def _truncated_normals(
    columns: FloatArray, cuts: Sequence[FloatArray], sides: Sequence[_Side]
) -> list[ColumnDistribution]:
    """Fit columns, those with equally many cuts together."""
    groups: dict[tuple[int, _Side], list[int]] = {}
    for index, (own, side) in enumerate(zip(cuts, sides)):
        groups.setdefault((len(own), side), []).append(index)
    found: dict[int, ColumnDistribution] = {}
    for (_, side), group in groups.items():
        of_group = np.stack([cuts[index] for index in group])
        found.update(zip(group, _fit_together(columns[group], of_group, side)))
    return [found[index] for index in range(len(cuts))]


def _fit_together(columns: FloatArray, cuts: FloatArray, side: _Side) -> list["_TruncatedNormals"]:
    """Fit columns with as many cuts each.

    Parameters
    ----------
    columns : ndarray of shape (n_columns, n_values)
        Values without NaN.

    cuts : ndarray of shape (n_columns, n_cuts)
        Increasing cuts.

    side : {"left", "right"}
        Bin of a value equal to a cut.

    Returns
    -------
    distributions : list of _TruncatedNormals
        One per column.
    """
    bins = bins_of(columns, cuts, side)
    parts = [_of_members(columns, bins == index) for index in range(cuts.shape[1] + 1)]
    counts, means, deviations = (np.stack(part, axis=1) for part in zip(*parts))
    arrays = (
        np.cumsum(counts, axis=1) / columns.shape[1],
        counts / columns.shape[1],
        np.column_stack([columns.min(axis=1), cuts]),
        np.column_stack([cuts, columns.max(axis=1)]),
        means,
        deviations,
    )
    return [_TruncatedNormals(*numbers) for numbers in zip(*arrays)]


def _of_members(
    columns: FloatArray, is_member: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return number, mean and standard deviation of some values of each column.

    The deviation is 0 where these are equal, and only there; both are 0 where there are none.
    """
    counts = np.count_nonzero(is_member, axis=1)
    low = columns.min(axis=1, where=is_member, initial=np.inf)
    high = columns.max(axis=1, where=is_member, initial=-np.inf)
    unit = units(np.stack([low, high]), axis=0)
    n = np.maximum(counts, 1)
    scaled = np.where(is_member, columns, 0.0) / unit[:, None]
    means = scaled.sum(axis=1) / n
    squares = (np.where(is_member, scaled - means[:, None], 0.0) ** 2).sum(axis=1)
    is_point = low >= high
    means = np.where(is_point, np.where(counts > 0, low, 0.0), means * unit)
    deviations = np.where(is_point, 0.0, np.sqrt(squares / n) * unit)
    return counts.astype(np.float64), means, deviations


@dataclass(frozen=True)
class _TruncatedNormals(Stackable):
    """A mixture of truncated normals, one per bin, bins from low to high."""

    upper: FloatArray  # cumulative frequency up to and including each bin
    frequencies: FloatArray
    low: FloatArray
    high: FloatArray
    means: FloatArray
    deviations: FloatArray

    @property
    def stack_key(self) -> Hashable:
        """Form: the number of bins."""
        n_bins = len(self.upper)
        return ("truncated normals", n_bins) if n_bins <= _MAX_STACKED_BINS else None

    @classmethod
    def stack(cls, distributions: Sequence[Self]) -> "_TruncatedNormalsStack":
        """Return the stack of distributions with as many bins."""
        names = [item.name for item in fields(cls)]
        parts = [np.stack([getattr(one, name) for one in distributions]) for name in names]
        return _TruncatedNormalsStack(*parts)

    def ppf(self, u: FloatArray) -> FloatArray:
        values: FloatArray = self.stack([self]).ppf(u[None])[0]
        return values

    def cells(self, boundaries: FloatArray) -> Cells:
        return Cells.between(boundaries, self._up_to)

    def _up_to(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return probability, and probability times mean, of what is at most each value."""
        probability, moment = self.stack([self]).up_to(values[None])
        return probability[0], moment[0]


@dataclass(frozen=True)
class _TruncatedNormalsStack:
    """Mixtures of truncated normals of several columns, with as many bins each.

    Attributes are as those of `_TruncatedNormals`, of shape (n_columns, n_bins).
    """

    upper: FloatArray
    frequencies: FloatArray
    low: FloatArray
    high: FloatArray
    means: FloatArray
    deviations: FloatArray

    def take(self, columns: slice | list[int]) -> "_TruncatedNormalsStack":
        parts = (getattr(self, item.name)[columns] for item in fields(self))
        return _TruncatedNormalsStack(*parts)

    def ppf(self, u: FloatArray) -> FloatArray:
        # Rounding may leave the last cumulative frequency below 1: no probability is above it.
        bins = bins_of(u, self.upper[:, :-1], "right")
        # Indices of parameters in flat arrays, which are read twice as fast.
        bins += np.arange(len(bins))[:, None] * self.upper.shape[1]
        draws: FloatArray = self.means.ravel()[bins]
        is_point, scale, below, above = self._scores()
        # The quantile function is slow; most values of a sparse column are zeros, all equal.
        at = np.nonzero(~is_point.ravel()[bins])
        own = bins[at]
        starts, frequencies, low, high, scale, width, below = (
            part.ravel()[own]
            for part in (
                self.upper - self.frequencies,
                self.frequencies,
                self.low,
                self.high,
                scale,
                above - below,
                below,
            )
        )
        within = (u[at] - starts) / frequencies
        drawn = draws[at] + scale * ndtri(below + np.clip(within, 0.0, 1.0) * width)
        # Rounding may put the quantile of an end outside the bin.
        draws[at] = np.clip(drawn, low, high)
        return draws

    def probabilities(self, ends: FloatArray) -> FloatArray:
        return self.up_to(ends)[0]

    def up_to(self, ends: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return probability, and probability times mean, of what is at most each end.

        With the standard normal distribution function F and density f, and a normal truncated
        to (l, h] in standard scores, ``E[t 1(t <= x)] = (f(l) - f(x)) / (F(h) - F(l))``
        (Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions, 1994, chapter 13).
        """
        at = ends[:, :, None]
        points, *numbers = self._scores()
        is_point = points[:, None]
        scale, below, above = (part[:, None] for part in numbers)
        means, frequencies = self.means[:, None], self.frequencies[:, None]
        low, high, scores = (
            _standardized(part, means, scale)
            for part in (self.low[:, None], self.high[:, None], at)
        )
        x = np.clip(scores, low, high)
        mass = above - below
        mass = np.where(is_point | (mass == 0.0), 1.0, mass)
        share = np.where(is_point, at >= means, (ndtr(x) - below) / mass)
        of_scores = np.where(is_point, 0.0, (_density(low) - _density(x)) / mass)
        share, of_scores = share * frequencies, of_scores * frequencies
        probability: FloatArray = share.sum(axis=2)
        return probability, (share * means + of_scores * scale).sum(axis=2)

    def _scores(self) -> tuple[BoolArray, FloatArray, FloatArray, FloatArray]:
        """Return which bins are points, scales, and normal probabilities of both ends."""
        is_point = self.deviations == 0.0
        scale = np.where(is_point, 1.0, self.deviations)
        below, above = (
            ndtr(_standardized(end, self.means, scale)) for end in (self.low, self.high)
        )
        return is_point, scale, below, above


def _standardized(values: FloatArray, means: FloatArray, scale: FloatArray) -> FloatArray:
    """Return standard scores; one beyond all floats is infinite."""
    with np.errstate(over="ignore"):
        scores: FloatArray = (values - means) / scale
    return scores


def _density(scores: FloatArray) -> FloatArray:
    """Return the density of the standard normal distribution."""
    # Beyond this many deviations the density is 0, and the square might overflow.
    near = np.clip(scores, -_MOST_DEVIATIONS, _MOST_DEVIATIONS)
    density: FloatArray = np.exp(-0.5 * near**2) / np.sqrt(2.0 * np.pi)
    return density
