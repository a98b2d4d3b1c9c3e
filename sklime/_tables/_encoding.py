"""The interpretable encoding of a table: bins or standard scores, and their labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, Literal, Self

import numpy as np

from sklime._tables._edges import Edges, decimals_of_singles
from sklime._tables._labels import (
    bin_labels,
    edge_labels,
    exact_texts,
    level_labels,
    whole_labels,
    written_number,
)
from sklime.utils._cuts import bins_of
from sklime.utils._frames import SparseColumns, column_blocks
from sklime.utils._magnitude import are_usual, deviation, mean, standard_scores
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["TableStatistics", "TabularEncoder"]

# Columns with at most so many cuts are cut together, where at least so many columns have as many.
_MAX_STACKED_CUTS = 15
_MIN_STACKED_COLUMNS = 16
_NOT_STACKED = -1

# Floats hold every whole number below this; above, "2 to 3" may leave out numbers.
_LARGEST_WHOLE = 1e15

# Numbers in one block of columns.
_NUMBERS_PER_BLOCK = 2**16


@dataclass(frozen=True)
class TableStatistics:
    """Statistics of the training rows, by column.

    Attributes
    ----------
    means, scales : ndarray of shape (n_features,)
        Mean and standard deviation; the scale of a constant column is 1.

    minima, maxima : ndarray of shape (n_features,)
        Range.

    missing_shares : ndarray of shape (n_features,)
        Share of missing values.

    is_discrete : ndarray of bool of shape (n_features,)
        Columns of integers or levels, which take no values in between.

    is_categorical : ndarray of bool of shape (n_features,)
        Columns of levels; their numbers are indices, not quantities.
    """

    means: FloatArray
    scales: FloatArray
    minima: FloatArray
    maxima: FloatArray
    missing_shares: FloatArray
    is_discrete: BoolArray
    is_categorical: BoolArray

    @classmethod
    def fit(
        cls, X: Array | SparseColumns, is_discrete: BoolArray, is_categorical: BoolArray
    ) -> Self:
        """Learn the statistics of a table.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows; NaN is ignored.

        is_discrete : ndarray of bool of shape (n_features,)
            Columns of integers or levels.

        is_categorical : ndarray of bool of shape (n_features,)
            Columns of levels.

        Returns
        -------
        statistics : TableStatistics
            The statistics.
        """
        by_column = np.concatenate([_block_statistics(columns) for _, columns in column_blocks(X)])
        means, scales, minima, maxima, missing_shares = by_column.T
        return cls(means, scales, minima, maxima, missing_shares, is_discrete, is_categorical)

    def columns(self, indices: IntArray) -> Self:
        """Return the statistics of some columns."""
        return type(self)(*(getattr(self, item.name)[indices] for item in fields(self)))


def _block_statistics(columns: FloatArray) -> FloatArray:
    """Return the statistics of columns, given one per row; one row of results per column."""
    low, high = columns.min(axis=1), columns.max(axis=1)
    # NaN is neither usual nor constant.
    is_constant = low == high
    together = ~is_constant & are_usual(low, high)
    found = np.stack([low, np.ones(len(columns)), low, high, np.zeros(len(columns))], axis=1)
    usual = columns if together.all() else columns[together]
    found[together, 0], found[together, 1] = usual.mean(axis=1), usual.std(axis=1)
    for index in np.flatnonzero(~is_constant & ~together).tolist():
        found[index] = _column_statistics(columns[index])
    return found


def _column_statistics(column: FloatArray) -> tuple[float, float, float, float, float]:
    """Return mean, scale, range and share of missing values of a column."""
    present = column[~np.isnan(column)]
    if present.size == 0:
        return 0.0, 1.0, 0.0, 0.0, 1.0
    missing = 1.0 - present.size / column.size
    low, high = present.min(), present.max()
    return mean(present), deviation(present) or 1.0, low, high, missing


@dataclass(frozen=True)
class TabularEncoder:
    """Encode values as bins or levels, or as standard scores.

    The *representation* of a row has the index of the bin, or the standard score, of each
    column. The *encoding* of a perturbed row is relative to the explained row: 1 if both are in
    the same bin, else 0; the standard score if the column is not cut. After the bins of a
    column comes one bin for missing values, then one for each level that was not seen in `fit`.

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

    edges : Edges or None
        Cuts as labels show them; `None` for all digits.
    """

    cuts: tuple[FloatArray | None, ...]
    levels: tuple[Sequence[Any] | None, ...]
    side: Literal["left", "right"]
    statistics: TableStatistics
    is_fixed: BoolArray | None = None
    edges: Edges | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields alone: what follows from them is computed again."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @property
    def can_change(self) -> BoolArray:
        """Tell which columns do not keep the value of the explained row in every copy."""
        return np.ones(self.n_features, dtype=bool) if self.is_fixed is None else ~self.is_fixed

    @property
    def n_features(self) -> int:
        """Return the number of columns."""
        return len(self.cuts)

    @cached_property
    def is_binned(self) -> BoolArray:
        """Tell which columns have bins or levels."""
        pairs = zip(self.cuts, self.levels)
        return np.array([cuts is not None or levels is not None for cuts, levels in pairs])

    def columns(self, indices: IntArray) -> Self:
        """Return the encoder of some columns.

        Parameters
        ----------
        indices : ndarray of int of shape (n_columns,)
            Columns.

        Returns
        -------
        encoder : TabularEncoder
            An encoder of these columns alone.
        """
        chosen = indices.tolist()
        return type(self)(
            tuple(self.cuts[index] for index in chosen),
            tuple(self.levels[index] for index in chosen),
            self.side,
            self.statistics.columns(indices),
            None if self.is_fixed is None else self.is_fixed[indices],
            None if self.edges is None else self.edges.columns(indices),
        )

    @cached_property
    def n_bins(self) -> IntArray:
        """Return the number of bins or levels of each column; 0 where there are none."""
        counts = [
            len(levels) if levels is not None else 0 if cuts is None else len(cuts) + 1
            for cuts, levels in zip(self.cuts, self.levels)
        ]
        return np.array(counts, dtype=np.intp)

    def represent(self, X: FloatArray) -> Array:
        """Return the indices of bins, and the standard scores, of rows.

        Parameters
        ----------
        X : ndarray of shape (..., n_features)
            Rows.

        Returns
        -------
        representation : ndarray of the shape of X
            Small integers if all columns have bins, else floats.
        """
        # Columns are contiguous: each is written here, and read later, as a whole.
        representation: Array = np.empty((X.shape[-1], *X.shape[:-1]), dtype=self._dtype(X))
        flat = X.reshape(-1, X.shape[-1])
        stacked, others = self._stacked_cuts
        for columns, cuts in _blocks_of_cuts(stacked, len(flat)):
            values = flat[:, columns].T
            bins = bins_of(values, cuts, self.side)
            bins[np.isnan(values)] = cuts.shape[1] + 1
            representation[columns] = bins.reshape(len(columns), *X.shape[:-1])
        for index in others.tolist():
            representation[index] = self.represent_column(index, X[..., index])
        return np.moveaxis(representation, 0, -1)

    @cached_property
    def _stacked_cuts(self) -> tuple[list[tuple[IntArray, FloatArray]], IntArray]:
        """Return columns with as many cuts and these cuts, and the columns without cuts.

        Columns with many cuts, and a few columns alone, are among the latter: bins are found
        faster one column at a time.
        """
        groups: dict[int, list[int]] = {}
        for index, cuts in enumerate(self.cuts):
            n_cuts = _NOT_STACKED if cuts is None or len(cuts) > _MAX_STACKED_CUTS else len(cuts)
            groups.setdefault(n_cuts, []).append(index)
        others = groups.pop(_NOT_STACKED, [])
        stacked = []
        for columns in groups.values():
            if len(columns) < _MIN_STACKED_COLUMNS:
                others += columns
            else:
                own = np.array([self.cuts[index] for index in columns], dtype=np.float64)
                stacked.append((np.array(columns), own))
        return stacked, np.sort(np.array(others, dtype=np.intp))

    def represent_column(self, index: int, values: FloatArray) -> Array:
        """Return the indices of bins, or the standard scores, of values of one column.

        Parameters
        ----------
        index : int
            Column.

        values : ndarray
            Values.

        Returns
        -------
        representation : ndarray of the shape of `values`
            Whole numbers for a column with bins or levels.
        """
        cuts, levels = self.cuts[index], self.levels[index]
        if levels is not None:
            return _level_bins(values, len(levels))
        if cuts is None:
            mean, scale = self.statistics.means[index], self.statistics.scales[index]
            centered = standard_scores(values, mean, scale)
            # A missing number counts as the mean.
            return np.where(np.isnan(centered), 0.0, centered)
        bins = np.searchsorted(cuts, values, side=self.side)
        return np.where(np.isnan(values), len(cuts) + 1, bins)

    def encode(self, representation: Array, instance: Array) -> Array:
        """Encode perturbed rows relative to explained rows.

        Parameters
        ----------
        representation : ndarray of shape ([n_rows,] n_perturbations, n_features)
            Representation of the perturbed rows; without the first axis it is the same for all
            explained rows.

        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        Z : ndarray of shape (n_rows, n_perturbations, n_features)
            0, 1 or standard scores.
        """
        Z: BoolArray = representation == instance[:, None, :]
        is_binned = self.is_binned
        return Z if is_binned.all() else np.where(is_binned, Z, representation)

    def instance_encoding(self, representation: Array) -> Array:
        """Encode rows relative to themselves.

        Parameters
        ----------
        representation : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        encodings : ndarray of shape (n_rows, n_features)
            1 in a column with bins, else the standard score.
        """
        return np.where(self.is_binned, 1.0, representation)

    def can_differ(self, instance: Array) -> BoolArray:
        """Tell where training rows have other bins or scores than explained rows.

        Parameters
        ----------
        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        can_differ : ndarray of bool of shape (n_rows, n_features)
            False in a constant column, in a fixed column, and if all training rows share the
            bin of the explained row.
        """
        first, last = self._ends
        has_others: BoolArray = (first != last) | (instance != first)
        return has_others & self.can_change

    @cached_property
    def _ends(self) -> Array:
        """Return the first and the last bin or score of the training rows."""
        statistics = self.statistics
        missing = statistics.missing_shares
        low = np.where(missing == 1.0, np.nan, statistics.minima)
        high = np.where(missing > 0.0, np.nan, statistics.maxima)
        return self.represent(np.stack([low, high]))

    def out_of_range(self, rows: FloatArray) -> IntArray:
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

    @cached_property
    def written_edges(self) -> Edges:
        """Return the cuts as labels show them."""
        return Edges.of_cuts(self.cuts) if self.edges is None else self.edges

    @cached_property
    def _as_written(self) -> Self:
        """Return the encoder that cuts where the labels say."""
        cuts = (
            None if own is None else np.array([written_number(text) for text in texts])
            for own, texts in zip(self.cuts, self.written_edges.texts)
        )
        return replace(self, cuts=tuple(cuts))

    def numbers_in_rules(self, index: int) -> FloatArray:
        """Return the cuts of a column, exact and as they are written.

        Parameters
        ----------
        index : int
            Column.

        Returns
        -------
        numbers : ndarray of shape (n_numbers,)
            Empty for levels, and for a column without cuts.
        """
        pairs = (self.cuts[index], self._as_written.cuts[index])
        return np.concatenate([np.empty(0), *(cuts for cuts in pairs if cuts is not None)])

    @cached_property
    def _has_cuts(self) -> BoolArray:
        return np.array([cuts is not None and len(cuts) > 0 for cuts in self.cuts], dtype=bool)

    @cached_property
    def names_numbers(self) -> BoolArray:
        """Tell which columns have labels such as ``"n 2 to 3"``, true of whole numbers alone."""
        statistics = self.statistics
        largest = np.maximum(np.abs(statistics.minima), np.abs(statistics.maxima))
        ends = [0.0 if cuts is None else np.abs(cuts).max(initial=0.0) for cuts in self.cuts]
        is_small = np.maximum(largest, ends) < _LARGEST_WHOLE
        is_whole = statistics.is_discrete & ~statistics.is_categorical
        names_numbers: BoolArray = is_whole & is_small & self._has_cuts
        return names_numbers

    @cached_property
    def _exact_codes(self) -> IntArray:
        """Return the index of the first label with all digits, by column."""
        return self.n_bins + 1 + 2 * self.names_numbers

    def labels(
        self,
        feature_names: Sequence[str],
        unseen_levels: Sequence[Sequence[Any]],
        may_miss: BoolArray,
        codes: IntArray,
    ) -> tuple[tuple[str, ...], ...]:
        """Return the label of each bin of each column.

        Parameters
        ----------
        feature_names : sequence of str
            Names of the columns.

        unseen_levels : sequence of list
            Levels of each column that were not seen in `fit`.

        may_miss : ndarray of bool of shape (n_features,)
            Columns with missing values in the training rows.

        codes : ndarray of int of shape (n_rows, n_features)
            Codes that point to the labels, from `condition_codes`.

        Returns
        -------
        labels : tuple of tuple of str
            Conditions such as ``"25 < age <= 37"``, ``"job = nurse"``, ``"income is
            missing"``; the bare name for a column without bins, or with one bin. The labels with
            all digits come last, in columns where a row needs one.
        """
        needs_exact = self._has_cuts & (codes.max(axis=0, initial=0) >= self._exact_codes)
        columns = zip(feature_names, self.levels, unseen_levels, may_miss, needs_exact.tolist())
        return tuple(
            level_labels(name, levels, unseen)
            if levels is not None
            else self._number_labels(index, name, misses, exact)
            for index, (name, levels, unseen, misses, exact) in enumerate(columns)
        )

    def _number_labels(
        self, index: int, name: str, may_miss: bool, needs_exact: bool
    ) -> tuple[str, ...]:
        """Return labels of the bins of a column of numbers, of missing, and beyond the range."""
        cuts, statistics = self.cuts[index], self.statistics
        is_missing = f"{name} is missing"
        if cuts is None or len(cuts) == 0:
            # The weight of the only bin compares with a missing value.
            is_compared = may_miss and cuts is not None
            return (f"{name} is not missing" if is_compared else name, is_missing)
        exact = bin_labels(name, exact_texts(cuts), self.side) if needs_exact else ()
        if not self.names_numbers[index]:
            texts = self.written_edges.texts[index]
            return (*bin_labels(name, texts, self.side), is_missing, *exact)
        low, high = statistics.minima[index], statistics.maxima[index]
        beyond = edge_labels(name, cuts, self.side)
        return (*whole_labels(name, cuts, self.side, low, high), is_missing, *beyond, *exact)

    def condition_codes(self, instance: Array, rows: FloatArray) -> IntArray:
        """Return the index of the label that is the condition of each value.

        Parameters
        ----------
        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        rows : ndarray of shape (n_rows, n_features)
            Explained rows.

        Returns
        -------
        codes : ndarray of int of shape (n_rows, n_features)
            The bin, except where its label would not be true of the value. A whole number
            beyond the range of the training rows has a label of its own, because "flag = 1" does
            not hold for 2. A value has the label with all digits of the cuts if it is between a
            cut and its text, or a fraction in a column of whole numbers. 1 for a missing value of
            a column without bins.
        """
        codes = np.where(self.is_binned, instance, np.isnan(rows)).astype(np.int32)
        n_bins, sides = self.n_bins, self.out_of_range(rows)
        is_below = self.names_numbers & (sides < 0) & (codes == 0)
        is_above = self.names_numbers & (sides > 0) & (codes == n_bins - 1)
        is_exact = self._is_between(instance, rows) | self._is_fraction(rows)
        exact = self._exact_codes + codes
        codes = np.where(is_below, n_bins + 1, np.where(is_above, n_bins + 2, codes))
        return np.where(is_exact, exact, codes).astype(np.int32)

    def _is_fraction(self, rows: FloatArray) -> BoolArray:
        """Tell which values are no whole numbers and have labels for whole numbers."""
        is_fraction: BoolArray = ~np.isnan(rows) & (rows != np.floor(rows)) & self.names_numbers
        return is_fraction

    def _is_between(self, instance: Array, rows: FloatArray) -> BoolArray:
        """Tell which values are between a cut and its text."""
        written, is_single = self._as_written, self.written_edges.is_single
        differs = written.represent(rows) != instance
        is_between: BoolArray = differs & self._has_cuts & ~self.names_numbers
        # Numbers of single precision are shown, and compared, as short decimals.
        for index in np.flatnonzero((is_between & is_single).any(axis=0)).tolist():
            shown = written.represent_column(index, decimals_of_singles(rows[:, index]))
            is_between[:, index] = is_between[:, index] & (shown != instance[:, index])
        return is_between

    def _dtype(self, X: FloatArray) -> type[np.generic]:
        if not self.is_binned.all():
            return np.float64
        largest = self.n_bins.max(initial=0) + 1
        if any(levels is not None for levels in self.levels):
            # Levels that were not seen have indices after the others.
            largest = max(largest, np.nanmax(X, initial=0.0) + 1)
        return np.uint8 if largest <= np.iinfo(np.uint8).max else np.int32


def _blocks_of_cuts(
    stacked: Sequence[tuple[IntArray, FloatArray]], n_rows: int
) -> Iterator[tuple[IntArray, FloatArray]]:
    """Yield a few columns with as many cuts at a time."""
    step = max(1, _NUMBERS_PER_BLOCK // max(1, n_rows))
    for columns, cuts in stacked:
        for start in range(0, len(columns), step):
            yield columns[start : start + step], cuts[start : start + step]


def _level_bins(indices: FloatArray, n_levels: int) -> FloatArray:
    """Return the bins of levels; the bin of missing values comes after the levels of `fit`."""
    bins = np.where(indices >= n_levels, indices + 1, indices)
    return np.where(np.isnan(indices), n_levels, bins)
