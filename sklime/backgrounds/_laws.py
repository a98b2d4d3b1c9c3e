"""Laws of single columns, which the backgrounds that draw columns on their own share."""

from dataclasses import dataclass

import numpy as np

__all__ = ["column_laws", "sample_columns"]


def column_laws(X, is_discrete, continuous_law):
    """Learn one law a column.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Training rows.

    is_discrete : ndarray of bool of shape (n_features,)
        Columns drawn from the values that were seen.

    continuous_law : callable (values, place) -> law
        Learns the law of another column from the values that are not missing.

    Returns
    -------
    laws : list
        Each with ``ppf``, the inverse distribution function.
    """
    return [
        _column_law(column, discrete, lambda values, place=place: continuous_law(values, place))
        for place, (column, discrete) in enumerate(zip(X.T, is_discrete))
    ]


def sample_columns(laws, points):
    """Push points through the inverse distribution function of each column.

    Parameters
    ----------
    laws : list of length n_features
        Laws from `column_laws`.

    points : ndarray of shape (n_points, n_features)
        In the open interval (0, 1).

    Returns
    -------
    X : ndarray of shape (n_points, n_features)
        One row a point.
    """
    return np.column_stack([law.ppf(u) for law, u in zip(laws, points.T)])


def _column_law(column, is_discrete, continuous_law):
    present = column[~np.isnan(column)]
    if present.size == 0:
        return _DiscreteLaw(np.array([np.nan]), np.ones(1))
    law = _DiscreteLaw.fit(present) if is_discrete else continuous_law(present)
    rate = 1.0 - present.size / column.size
    return law if rate == 0.0 else _SometimesMissing(law, rate)


@dataclass(frozen=True)
class _SometimesMissing:
    """A law of the values that are there, and NaN at a rate, above them."""

    law: object
    rate: float

    def ppf(self, u):
        is_missing = u >= 1.0 - self.rate
        return np.where(
            is_missing, np.nan, self.law.ppf(np.where(is_missing, 0.5, u / (1.0 - self.rate)))
        )


@dataclass(frozen=True)
class _DiscreteLaw:
    """The values that were seen, at their frequencies."""

    values: np.ndarray
    upper: np.ndarray  # cumulative frequency up to and with each value

    @classmethod
    def fit(cls, column):
        values, counts = np.unique(column, return_counts=True)
        return cls(values, np.cumsum(counts) / counts.sum())

    def ppf(self, u):
        place = np.searchsorted(self.upper, u, side="right")
        return self.values[np.minimum(place, len(self.values) - 1)]
