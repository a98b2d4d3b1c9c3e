"""A background of independent columns, each drawn bin by bin."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from scipy.special import ndtr, ndtri

from sklime.backgrounds._columnwise import Cells, ColumnDistribution, ColumnwiseBackground
from sklime.utils._cuts import separating_cuts
from sklime.utils._magnitude import deviation, mean
from sklime.utils._types import BoolArray, FloatArray

__all__ = ["MarginalBackground"]

# Quartiles.
_DEFAULT_BINS = 4

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

        def continuous_distribution(values: FloatArray, index: int) -> ColumnDistribution:
            column_cuts = given[index]
            if column_cuts is None:
                return _TruncatedNormals.fit(values, _frequency_cuts(values, n_bins))
            return _TruncatedNormals.fit(values, column_cuts, side)

        return self._learn(X, is_discrete, continuous_distribution)


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


@dataclass(frozen=True)
class _TruncatedNormals:
    """A mixture of truncated normals, one per bin, bins from low to high."""

    upper: FloatArray  # cumulative frequency up to and including each bin
    frequencies: FloatArray
    low: FloatArray
    high: FloatArray
    means: FloatArray
    deviations: FloatArray

    @classmethod
    def fit(cls, column: FloatArray, cuts: FloatArray, side: _Side = "left") -> Self:
        bins = np.searchsorted(cuts, column, side=side)
        counts = np.bincount(bins, minlength=len(cuts) + 1)
        members = [column[bins == index] for index in range(len(cuts) + 1)]
        return cls(
            upper=np.cumsum(counts) / counts.sum(),
            frequencies=counts / counts.sum(),
            low=np.append(column.min(), cuts),
            high=np.append(cuts, column.max()),
            means=np.array([mean(values) if values.size else 0.0 for values in members]),
            deviations=np.array([deviation(values) if values.size else 0.0 for values in members]),
        )

    def ppf(self, u: FloatArray) -> FloatArray:
        bins = np.minimum(np.searchsorted(self.upper, u, side="right"), len(self.upper) - 1)
        within = (u - (self.upper - self.frequencies)[bins]) / self.frequencies[bins]
        is_point = self.deviations == 0.0
        scale = np.where(is_point, 1.0, self.deviations)
        # These are few numbers, one per bin; the distribution function is slow.
        below = ndtr((self.low - self.means) / scale)
        width = ndtr((self.high - self.means) / scale) - below
        low, high, center = self.low[bins], self.high[bins], self.means[bins]
        draws = center + scale[bins] * ndtri(below[bins] + np.clip(within, 0.0, 1.0) * width[bins])
        # Rounding may put the quantile of an end outside the bin.
        return np.where(is_point[bins], center, np.clip(draws, low, high))

    def cells(self, boundaries: FloatArray) -> Cells:
        return Cells.between(boundaries, self._up_to)

    def _up_to(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return probability, and probability times mean, of what is at most each value.

        With the standard normal distribution function F and density f, and a normal truncated
        to (l, h] in standard scores, ``E[t 1(t <= x)] = (f(l) - f(x)) / (F(h) - F(l))``
        (Johnson, Kotz, Balakrishnan, Continuous Univariate Distributions, 1994, chapter 13).
        """
        at = values[:, None]
        is_point = self.deviations == 0.0
        scale = np.where(is_point, 1.0, self.deviations)
        low, high = (self.low - self.means) / scale, (self.high - self.means) / scale
        x = np.clip((at - self.means) / scale, low, high)
        mass = ndtr(high) - ndtr(low)
        mass = np.where(is_point | (mass == 0.0), 1.0, mass)
        share = np.where(is_point, at >= self.means, (ndtr(x) - ndtr(low)) / mass)
        of_scores = np.where(is_point, 0.0, (_density(low) - _density(x)) / mass)
        share, of_scores = share * self.frequencies, of_scores * self.frequencies
        return share.sum(axis=1), (share * self.means + of_scores * scale).sum(axis=1)


def _density(scores: FloatArray) -> FloatArray:
    """Return the density of the standard normal distribution."""
    # Beyond this many deviations the density is 0, and the square might overflow.
    near = np.clip(scores, -_MOST_DEVIATIONS, _MOST_DEVIATIONS)
    density: FloatArray = np.exp(-0.5 * near**2) / np.sqrt(2.0 * np.pi)
    return density
