"""One distribution a column, each drawn on its own."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from scipy.special import ndtr, ndtri

from sklime.backgrounds._columnwise import ColumnwiseBackground
from sklime.utils._cuts import separating_cuts
from sklime.utils._magnitude import deviation, mean

__all__ = ["MarginalBackground"]

# Quartiles.
_DEFAULT_BINS = 4


class MarginalBackground(ColumnwiseBackground):
    """Draw each column on its own: what `lime` does with columns that are cut into bins.

    A continuous column is cut into bins. A bin is drawn at its frequency, then a value from
    the normal with the bin's mean and standard deviation, truncated to the bin. A discrete
    column (integers, levels) is drawn from the values that were seen, at their frequencies.
    Missing values are drawn at their rate.

    Parameters
    ----------
    n_bins : int, default=None
        Number of equally frequent bins of a continuous column, at least 1. `None` takes the
        cuts of the explainer's discretizer, as `lime` does, and quartiles where there are none.

    Attributes
    ----------
    distributions_ : list
        One distribution a column.

    n_dimensions_ : int
        The number of columns.

    See Also
    --------
    NormalBackground : One normal a column.
    EmpiricalBackground : Training rows drawn whole.

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

    def __init__(self, n_bins=None):
        self.n_bins = n_bins

    def fit(self, X, is_discrete=None, cuts=None, side="left"):
        """Learn the distribution of each column.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows.

        is_discrete : ndarray of bool of shape (n_features,), default=None
            Columns drawn from the values that were seen; `None` for none.

        cuts : sequence of (ndarray or None), default=None
            Increasing cuts of each column, used where `n_bins` is `None`; `None` for quartiles.

        side : {"left", "right"}, default="left"
            Whether a value equal to one of `cuts` belongs to the bin below ("left") or above.

        Returns
        -------
        self : object
            The fitted background.

        Raises
        ------
        ValueError
            When `n_bins` is no whole number from 1 on.
        """
        _check_n_bins(self.n_bins)
        if cuts is None or self.n_bins is not None:
            cuts = [None] * X.shape[1]
        n_bins = _DEFAULT_BINS if self.n_bins is None else self.n_bins

        def continuous_distribution(values, index):
            if cuts[index] is None:
                return _TruncatedNormals.fit(values, _frequency_cuts(values, n_bins))
            return _TruncatedNormals.fit(values, cuts[index], side)

        return self._learn(X, is_discrete, continuous_distribution)


def _check_n_bins(n_bins):
    is_whole = isinstance(n_bins, Integral) and not isinstance(n_bins, bool)
    if n_bins is not None and not (is_whole and n_bins >= 1):
        raise ValueError(
            f"n_bins={n_bins!r} of MarginalBackground is no whole number from 1 on. Pass one, or "
            "None for the bins of the explainer's discretizer."
        )


def _frequency_cuts(column, n_bins):
    cuts = np.unique(np.percentile(column, np.linspace(0, 100, n_bins + 1)[1:-1]))
    return separating_cuts(cuts, column)


@dataclass(frozen=True)
class _TruncatedNormals:
    """A mixture of truncated normals, one a bin, bins from low to high."""

    upper: np.ndarray  # cumulative frequency up to and with each bin
    frequencies: np.ndarray
    low: np.ndarray
    high: np.ndarray
    means: np.ndarray
    deviations: np.ndarray

    @classmethod
    def fit(cls, column, cuts, side="left"):
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

    def ppf(self, u):
        index = np.minimum(np.searchsorted(self.upper, u, side="right"), len(self.upper) - 1)
        within = (u - (self.upper - self.frequencies)[index]) / self.frequencies[index]
        low, high, center = self.low[index], self.high[index], self.means[index]
        is_point = self.deviations[index] == 0.0
        scale = np.where(is_point, 1.0, self.deviations[index])
        below, up_to = ndtr((low - center) / scale), ndtr((high - center) / scale)
        draws = center + scale * ndtri(below + np.clip(within, 0.0, 1.0) * (up_to - below))
        return np.where(is_point, center, np.clip(draws, low, high))
