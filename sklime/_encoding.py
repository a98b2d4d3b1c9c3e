"""The interpretable encoding of a table: bins, or standard scores, and the words for them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

__all__ = ["TableStatistics", "TabularEncoder", "bin_labels", "shortest_texts"]

_MIN_DIGITS = 3
_MAX_DIGITS = 17


@dataclass(frozen=True)
class TableStatistics:
    """What the training rows say about each column.

    Attributes
    ----------
    means, scales : ndarray of shape (n_features,)
        Mean and standard deviation; the scale of a constant column is 1.

    minima, maxima : ndarray of shape (n_features,)
        Range.

    is_discrete : ndarray of bool of shape (n_features,)
        Columns whose values must stay among values that can be: integers, booleans.
    """

    means: np.ndarray
    scales: np.ndarray
    minima: np.ndarray
    maxima: np.ndarray
    is_discrete: np.ndarray

    @classmethod
    def fit(cls, X, is_discrete):
        """Learn the statistics of a table.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows.

        is_discrete : ndarray of bool of shape (n_features,)
            Columns of integers or booleans.

        Returns
        -------
        statistics : TableStatistics
            The statistics.
        """
        minima, maxima = X.min(axis=0), X.max(axis=0)
        is_constant = minima == maxima
        # The mean of equal numbers is rounded, and its distance to them would be scaled up.
        means = np.where(is_constant, minima, X.mean(axis=0))
        deviations = X.std(axis=0)
        scales = np.where(is_constant | (deviations == 0.0), 1.0, deviations)
        return cls(means, scales, minima, maxima, is_discrete)


@dataclass(frozen=True)
class TabularEncoder:
    """Describe values by the bin that they fall in, or by standard scores.

    A row is first *represented*, by itself: bin number or standard score of each column.
    Its *encoding* is relative to the explained row: 1 where both share a bin, else 0; the
    standard score where the column is not cut.

    Attributes
    ----------
    cuts : tuple of (ndarray or None)
        Increasing cuts of each column; `None` for standard scores.

    side : {"left", "right"}
        As in `numpy.searchsorted`: a value equal to a cut belongs to the bin below for
        "left", above for "right".

    statistics : TableStatistics
        Means and scales for the standard scores.
    """

    cuts: tuple
    side: str
    statistics: TableStatistics

    @property
    def is_binned(self):
        """Tell which columns are cut into bins."""
        return np.array([cuts is not None for cuts in self.cuts])

    def represent(self, X):
        """Return bin numbers and standard scores, row by row.

        Parameters
        ----------
        X : ndarray of shape (..., n_features)
            Rows.

        Returns
        -------
        representation : ndarray of the shape of X
            Small integers when all columns are cut, else floats.
        """
        # Column by column is how it is written here and read everywhere.
        representation = np.empty((X.shape[-1], *X.shape[:-1]), dtype=self._dtype())
        representation = np.moveaxis(representation, 0, -1)
        for column, cuts in enumerate(self.cuts):
            if cuts is None:
                centered = X[..., column] - self.statistics.means[column]
                representation[..., column] = centered / self.statistics.scales[column]
            else:
                representation[..., column] = np.searchsorted(cuts, X[..., column], side=self.side)
        return representation

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

    def labels(self, feature_names):
        """Put each bin of each column into words.

        Parameters
        ----------
        feature_names : sequence of str
            Names of the columns.

        Returns
        -------
        labels : tuple of tuple of str
            Conditions such as ``"25 < age <= 37"``; the bare name for a column that is not cut.
        """
        return tuple(
            (name,) if cuts is None else bin_labels(name, cuts, self.side)
            for name, cuts in zip(feature_names, self.cuts)
        )

    def _dtype(self):
        if not self.is_binned.all():
            return np.float64
        most = max((len(cuts) for cuts in self.cuts), default=0)
        return np.uint8 if most < np.iinfo(np.uint8).max else np.int32


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
