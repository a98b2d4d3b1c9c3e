"""The interpretable encoding of a table: bins, or standard scores, and the words for them."""

from dataclasses import dataclass

import numpy as np

from sklime._tables._labels import bin_labels, edge_labels, level_labels, whole_labels
from sklime.utils._magnitude import deviation, mean

__all__ = ["TableStatistics", "TabularEncoder"]


@dataclass(frozen=True)
class TableStatistics:
    """What the training rows say about each column.

    Attributes
    ----------
    means, scales : ndarray of shape (n_features,)
        Mean and standard deviation; the scale of a constant column is 1.

    minima, maxima : ndarray of shape (n_features,)
        Range.

    missing_shares : ndarray of shape (n_features,)
        Share of missing values.

    is_discrete : ndarray of bool of shape (n_features,)
        Columns whose values must stay among values that can be: integers, levels.

    is_categorical : ndarray of bool of shape (n_features,)
        Columns of indices of levels, which are no quantities.
    """

    means: np.ndarray
    scales: np.ndarray
    minima: np.ndarray
    maxima: np.ndarray
    missing_shares: np.ndarray
    is_discrete: np.ndarray
    is_categorical: np.ndarray

    @classmethod
    def fit(cls, X, is_discrete, is_categorical):
        """Learn the statistics of a table.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows; NaN is left out.

        is_discrete : ndarray of bool of shape (n_features,)
            Columns of integers or levels.

        is_categorical : ndarray of bool of shape (n_features,)
            Columns of levels.

        Returns
        -------
        statistics : TableStatistics
            The statistics.
        """
        facts = np.array([_column_facts(column) for column in X.T]).T
        return cls(*facts, is_discrete, is_categorical)


def _column_facts(column):
    """Return mean, scale, range and share of missing values of a column."""
    present = column[~np.isnan(column)]
    if present.size == 0:
        return 0.0, 1.0, 0.0, 0.0, 1.0
    missing = 1.0 - present.size / column.size
    low, high = present.min(), present.max()
    return mean(present), deviation(present) or 1.0, low, high, missing


@dataclass(frozen=True)
class TabularEncoder:
    """Describe values by the bin or level that they fall in, or by standard scores.

    A row is first *represented*, by itself: number of the bin, or standard score of each
    column. Its *encoding* is relative to the explained row: 1 where both share a bin, else 0;
    the standard score where the column is not cut. After the bins of a column comes one for
    missing values, and after that one for each level that was not seen in `fit`.

    Attributes
    ----------
    cuts : tuple of (ndarray or None)
        Increasing cuts of each column; `None` for standard scores, and for levels.

    levels : tuple of (tuple or None)
        Levels of each column; `None` for numbers.

    side : {"left", "right"}
        As in `numpy.searchsorted`: a value equal to a cut belongs to the bin below for
        "left", above for "right".

    statistics : TableStatistics
        Means and scales for the standard scores.

    is_fixed : ndarray of bool of shape (n_features,), or None
        Columns that keep the value of the explained row in every copy; `None` for none.
    """

    cuts: tuple
    levels: tuple
    side: str
    statistics: TableStatistics
    is_fixed: np.ndarray | None = None

    @property
    def can_change(self):
        """Tell which columns do not keep the value of the explained row in every copy."""
        return np.ones(self.n_features, dtype=bool) if self.is_fixed is None else ~self.is_fixed

    @property
    def n_features(self):
        """Return the number of columns."""
        return len(self.cuts)

    @property
    def is_binned(self):
        """Tell which columns have bins or levels."""
        pairs = zip(self.cuts, self.levels)
        return np.array([cuts is not None or levels is not None for cuts, levels in pairs])

    @property
    def n_bins(self):
        """Return the number of bins or levels of each column; 0 where there are none."""
        counts = [
            len(levels) if levels is not None else 0 if cuts is None else len(cuts) + 1
            for cuts, levels in zip(self.cuts, self.levels)
        ]
        return np.array(counts, dtype=np.intp)

    def represent(self, X):
        """Return bin numbers and standard scores, row by row.

        Parameters
        ----------
        X : ndarray of shape (..., n_features)
            Rows.

        Returns
        -------
        representation : ndarray of the shape of X
            Small integers when all columns have bins, else floats.
        """
        # Column by column is how it is written here and read everywhere.
        representation = np.empty((X.shape[-1], *X.shape[:-1]), dtype=self._dtype(X))
        for index, out in enumerate(representation):
            values = X[..., index]
            if self.levels[index] is not None:
                out[...] = _level_bins(values, len(self.levels[index]))
            elif self.cuts[index] is None:
                centered = (values - self.statistics.means[index]) / self.statistics.scales[index]
                # A missing number counts as the mean.
                out[...] = np.where(np.isnan(centered), 0.0, centered)
            else:
                out[...] = np.searchsorted(self.cuts[index], values, side=self.side)
                out[np.isnan(values)] = len(self.cuts[index]) + 1
        return np.moveaxis(representation, 0, -1)

    def encode(self, representation, instance):
        """Encode perturbed rows relative to explained rows.

        Parameters
        ----------
        representation : ndarray of shape ([n_rows,] n_perturbations, n_features)
            Of the perturbed rows; without the first axis the same for all explained rows.

        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        Z : ndarray of shape (n_rows, n_perturbations, n_features)
            0, 1 or standard scores.
        """
        Z = representation == instance[:, None, :]
        is_binned = self.is_binned
        return Z if is_binned.all() else np.where(is_binned, Z, representation)

    def instance_encoding(self, representation):
        """Encode rows relative to themselves.

        Parameters
        ----------
        representation : ndarray of shape (n_rows, n_features)
            Of the explained rows.

        Returns
        -------
        encodings : ndarray of shape (n_rows, n_features)
            Ones where cut, else the standard scores.
        """
        return np.where(self.is_binned, 1.0, representation)

    def can_differ(self, instance):
        """Tell where the training rows have another bin or score than explained rows.

        Parameters
        ----------
        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        can_differ : ndarray of bool of shape (n_rows, n_features)
            False in a column of one value, in one that is held, and where all training rows share
            the row's bin.
        """
        statistics = self.statistics
        missing = statistics.missing_shares
        low = np.where(missing == 1.0, np.nan, statistics.minima)
        high = np.where(missing > 0.0, np.nan, statistics.maxima)
        first, last = self.represent(np.stack([low, high]))
        return ((first != last) | (instance != first)) & self.can_change

    def out_of_range(self, rows):
        """Tell which numbers are beyond those of the training rows.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_features)
            Rows.

        Returns
        -------
        sides : ndarray of int of shape (n_rows, n_features)
            -1 below, 1 above; 0 within, for levels, and in a column without any number.
        """
        statistics = self.statistics
        is_known = ~statistics.is_categorical & (statistics.missing_shares < 1.0)
        sides = (rows > statistics.maxima).astype(np.int8) - (rows < statistics.minima)
        return np.where(is_known, sides, 0).astype(np.int8)

    def labels(self, feature_names, unseen_levels, may_miss):
        """Put each bin of each column into words.

        Parameters
        ----------
        feature_names : sequence of str
            Names of the columns.

        unseen_levels : sequence of list
            Levels of each column that were not seen in `fit`.

        may_miss : ndarray of bool of shape (n_features,)
            Columns with missing values in the training rows.

        Returns
        -------
        labels : tuple of tuple of str
            Conditions such as ``"25 < age <= 37"``, ``"job = nurse"``, ``"income is
            missing"``; the bare name for a column without bins, or of one number.
        """
        columns = zip(feature_names, self.levels, unseen_levels, may_miss)
        return tuple(
            level_labels(name, levels, unseen)
            if levels is not None
            else self._number_labels(index, name, misses)
            for index, (name, levels, unseen, misses) in enumerate(columns)
        )

    def _number_labels(self, index, name, may_miss):
        """Put the bins of a column of numbers into words, then missing, then beyond the edges."""
        cuts, statistics = self.cuts[index], self.statistics
        is_missing = f"{name} is missing"
        if cuts is None or len(cuts) == 0:
            # What the weight of the only bin compares with is a missing value.
            is_compared = may_miss and cuts is not None
            return (f"{name} is not missing" if is_compared else name, is_missing)
        if not statistics.is_discrete[index]:
            return (*bin_labels(name, cuts, self.side), is_missing)
        low, high = statistics.minima[index], statistics.maxima[index]
        beyond = edge_labels(name, cuts, self.side)
        return (*whole_labels(name, cuts, self.side, low, high), is_missing, *beyond)

    def condition_codes(self, instance, rows):
        """Return which label of its column is the condition of each value.

        Parameters
        ----------
        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        rows : ndarray of shape (n_rows, n_features)
            Explained rows.

        Returns
        -------
        codes : ndarray of int of shape (n_rows, n_features)
            The bin, but for whole numbers beyond the training rows, of which "flag = 1" would
            not be true; 1 for a missing value without bins.
        """
        codes = np.where(self.is_binned, instance, np.isnan(rows)).astype(np.int32)
        n_bins, sides = self.n_bins, self.out_of_range(rows)
        has_edges = self.statistics.is_discrete & (n_bins > 1)
        codes = np.where(has_edges & (sides < 0), n_bins + 1, codes)
        return np.where(has_edges & (sides > 0), n_bins + 2, codes).astype(np.int32)

    def _dtype(self, X):
        if not self.is_binned.all():
            return np.float64
        largest = self.n_bins.max(initial=0) + 1
        if any(levels is not None for levels in self.levels):
            # Levels that were not seen have indices after the others.
            largest = max(largest, np.nanmax(X, initial=0.0) + 1)
        return np.uint8 if largest <= np.iinfo(np.uint8).max else np.int32


def _level_bins(indices, n_levels):
    """Return the bins of levels: missing values come after the levels that were seen."""
    bins = np.where(indices >= n_levels, indices + 1, indices)
    return np.where(np.isnan(indices), n_levels, bins)
