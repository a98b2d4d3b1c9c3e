"""The interpretable encoding of a table: bins, or standard scores, and the words for them."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sklime.utils._magnitude import deviation, mean
from sklime.utils._text import short_repr

__all__ = ["TableStatistics", "TabularEncoder", "bin_labels", "shortest_texts"]

_MIN_DIGITS = 3
_MAX_DIGITS = 17

# Python refuses to write out much longer integers.
_MAX_LEVEL_BITS = 4096


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
        Columns of places of levels, which are no quantities.
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
    """

    cuts: tuple
    levels: tuple
    side: str
    statistics: TableStatistics

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
        for place, out in enumerate(representation):
            values = X[..., place]
            if self.levels[place] is not None:
                out[...] = _level_bins(values, len(self.levels[place]))
            elif self.cuts[place] is None:
                centered = (values - self.statistics.means[place]) / self.statistics.scales[place]
                # A missing number counts as the mean.
                out[...] = np.where(np.isnan(centered), 0.0, centered)
            else:
                out[...] = np.searchsorted(self.cuts[place], values, side=self.side)
                out[np.isnan(values)] = len(self.cuts[place]) + 1
        return np.moveaxis(representation, 0, -1)

    def encode(self, representation, own):
        """Encode perturbed rows relative to explained rows.

        Parameters
        ----------
        representation : ndarray of shape ([n_rows,] n_perturbations, n_features)
            Of the perturbed rows; without the first axis the same for all explained rows.

        own : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        Z : ndarray of shape (n_rows, n_perturbations, n_features)
            0, 1 or standard scores.
        """
        Z = representation == own[:, None, :]
        is_binned = self.is_binned
        return Z if is_binned.all() else np.where(is_binned, Z, representation)

    def own_encoding(self, representation):
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

    def can_differ(self, own):
        """Tell where the training rows have another bin or score than explained rows.

        Parameters
        ----------
        own : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        can_differ : ndarray of bool of shape (n_rows, n_features)
            False in a column of one value, and where all training rows share the row's bin.
        """
        statistics = self.statistics
        missing = statistics.missing_shares
        low = np.where(missing == 1.0, np.nan, statistics.minima)
        high = np.where(missing > 0.0, np.nan, statistics.maxima)
        first, last = self.represent(np.stack([low, high]))
        return (first != last) | (own != first)

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
        labels = []
        columns = zip(feature_names, self.cuts, self.levels, unseen_levels, may_miss)
        is_discrete = self.statistics.is_discrete
        for (name, cuts, levels, unseen, misses), is_integer in zip(columns, is_discrete):
            new = ()
            if levels is not None:
                known = tuple(f"{name} = {text}" for text in _level_texts(levels))
                new = tuple(f"{name} = {text} (unseen)" for text in _unseen_texts(unseen, levels))
            else:
                known = (name,) if cuts is None else bin_labels(name, cuts, self.side)
                if misses and cuts is not None and len(cuts) == 0:
                    # What the weight compares with is a missing value.
                    known = (f"{name} is not missing",)
                elif cuts is not None and is_integer:
                    known = _named_integers(name, cuts, self.side, known)
            labels.append((*known, f"{name} is missing", *new))
        return tuple(labels)

    def _dtype(self, X):
        if not self.is_binned.all():
            return np.float64
        largest = self.n_bins.max(initial=0) + 1
        if any(levels is not None for levels in self.levels):
            # Levels that were not seen have places after the others.
            largest = max(largest, np.nanmax(X, initial=0.0) + 1)
        return np.uint8 if largest <= np.iinfo(np.uint8).max else np.int32


def _level_texts(levels):
    """Write levels; where two of them read alike, texts in quotes and others with their type."""
    texts = [_level_text(level) for level in levels]
    counts = Counter(texts)
    return [
        text if counts[text] == 1 else _exact_level_text(level, text)
        for level, text in zip(levels, texts)
    ]


def _unseen_texts(unseen, levels):
    """Write unseen levels, told apart from those that were seen but not from each other.

    What a row is called must not hang on the other rows that are explained with it.
    """
    seen = set(map(_level_text, levels)) if unseen else ()
    texts = [(level, _level_text(level)) for level in unseen]
    return [_exact_level_text(level, text) if text in seen else text for level, text in texts]


def _level_text(level):
    """Write a level; whole numbers without a point, as in a table of codes."""
    if isinstance(level, int) and not isinstance(level, bool):
        return short_repr(level) if level.bit_length() > _MAX_LEVEL_BITS else str(level)
    is_whole = isinstance(level, float | np.floating) and float(level).is_integer()
    return str(int(level)) if is_whole else str(level)


def _exact_level_text(level, text):
    if isinstance(level, str):
        return repr(str(level))
    is_plain = isinstance(level, int | float | np.number | np.bool_)
    return text if is_plain else f"{text} ({type(level).__name__})"


def _level_bins(places, n_levels):
    """Return the bins of levels: missing values come after the levels that were seen."""
    bins = np.where(places >= n_levels, places + 1, places)
    return np.where(np.isnan(places), n_levels, bins)


def _named_integers(name, cuts, side, labels):
    """Name a bin by its value, where only one whole number lies in it."""
    labels = list(labels)
    for place, (low, high) in enumerate(pairwise(cuts), start=1):
        first = np.floor(low) + 1 if side == "left" else np.ceil(low)
        last = np.floor(high) if side == "left" else np.ceil(high) - 1
        if first == last:
            labels[place] = f"{name} = {int(first)}"
    return tuple(labels)


def bin_labels(name, cuts, side="left"):
    """Name the bins between increasing cuts.

    Parameters
    ----------
    name : str
        Name of the column.

    cuts : ndarray of shape (n_cuts,)
        Increasing cuts.

    side : {"left", "right"}, default="left"
        Whether a value equal to a cut belongs to the bin below ("left") or above.

    Returns
    -------
    labels : tuple of str
        One more than there are cuts; the bare name when there are none.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._encoding import bin_labels
    >>> bin_labels("age", np.array([25.0, 37.0]))
    ('age <= 25', '25 < age <= 37', 'age > 37')
    """
    if len(cuts) == 0:
        return (name,)
    above, up_to = ("<", "<=") if side == "left" else ("<=", "<")
    beyond = ">" if side == "left" else ">="
    texts = shortest_texts(cuts)
    inner = (f"{low} {above} {name} {up_to} {high}" for low, high in pairwise(texts))
    return (f"{name} {up_to} {texts[0]}", *inner, f"{name} {beyond} {texts[-1]}")


def shortest_texts(cuts):
    """Write increasing numbers as shortly as they still differ.

    Parameters
    ----------
    cuts : ndarray of shape (n_cuts,)
        Increasing numbers.

    Returns
    -------
    texts : list of str
        At least three significant digits (fewer when the rest are zeros), as many as it
        takes to tell each number from its neighbors.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._encoding import shortest_texts
    >>> shortest_texts(np.array([0.00012345, 0.5, 12.3449, 12.3451]))
    ['0.000123', '0.5', '12.34', '12.35']
    """
    texts = []
    for position, cut in enumerate(cuts):
        neighbors = [*cuts[max(position - 1, 0) : position], *cuts[position + 1 : position + 2]]
        digits = _MIN_DIGITS
        while digits < _MAX_DIGITS and any(
            float(f"{cut:.{digits}g}") == float(f"{other:.{digits}g}") for other in neighbors
        ):
            digits += 1
        texts.append(_number_text(cut, digits))
    return texts


def _number_text(number, digits):
    """Write a number to some significant digits, whole numbers below a million in full."""
    number = float(number)
    if number.is_integer() and abs(number) < 1e6:
        return str(int(number))
    text = f"{number:.{digits}g}"
    return str(round(number)) if "e" in text and 1 <= abs(number) < 1e6 else text
