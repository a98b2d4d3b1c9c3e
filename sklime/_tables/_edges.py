"""How the edges of bins are written: each training value is on its side of the text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from sklime._tables._labels import exact_texts, shortest_texts, written_number
from sklime.utils._frames import SparseColumns, column_blocks
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["Edges", "decimals_of_singles"]


@dataclass(frozen=True)
class Edges:
    """The written edges of the bins of a table.

    Attributes
    ----------
    texts : tuple of tuple of str
        Edges of each column; empty for a column without cuts.

    is_single : ndarray of bool of shape (n_features,)
        Columns with cuts whose training values are all numbers of single precision.
    """

    texts: tuple[tuple[str, ...], ...]
    is_single: BoolArray

    @classmethod
    def fit(
        cls,
        X: Array | SparseColumns,
        cuts: Sequence[FloatArray | None],
        names_numbers: BoolArray,
        side: Literal["left", "right"],
    ) -> Self:
        """Write the cuts of a table.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_features)
            Training rows; NaN is ignored.

        cuts : sequence of (ndarray or None)
            Increasing cuts of each column; `None` for none.

        names_numbers : ndarray of bool of shape (n_features,)
            Columns whose labels name whole numbers in place of cuts.

        side : {"left", "right"}
            Whether a value equal to a cut belongs to the bin below ("left") or above.

        Returns
        -------
        edges : Edges
            The texts.
        """
        edges = [
            _untouched(own) if own is None or is_named else _edges_of(column, own, side)
            for column, own, is_named in zip(_columns(X), cuts, names_numbers.tolist())
        ]
        texts, is_single = zip(*edges) if edges else ((), ())
        return cls(texts, np.array(is_single, dtype=bool))

    @classmethod
    def of_cuts(cls, cuts: Sequence[FloatArray | None]) -> Self:
        """Write cuts without knowing the training rows: with all digits.

        Parameters
        ----------
        cuts : sequence of (ndarray or None)
            Increasing cuts of each column; `None` for none.

        Returns
        -------
        edges : Edges
            The texts.
        """
        texts = tuple(() if own is None else tuple(exact_texts(own)) for own in cuts)
        return cls(texts, np.zeros(len(texts), dtype=bool))

    def columns(self, indices: IntArray) -> Self:
        """Return the edges of some columns."""
        texts = tuple(self.texts[index] for index in indices.tolist())
        return type(self)(texts, self.is_single[indices])


def decimals_of_singles(numbers: FloatArray) -> FloatArray:
    """Return the shortest decimals that single precision rounds to some numbers.

    A column of single precision stores 0.1 as 0.100000001490116, shows it as 0.1, and finds it
    in ``column <= 0.1``, because NumPy rounds the 0.1 of the comparison in the same way.

    Parameters
    ----------
    numbers : ndarray
        Numbers.

    Returns
    -------
    decimals : ndarray of the shape of `numbers`
        Numbers that single precision does not hold, or with few digits only, are unchanged.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime._tables._edges import decimals_of_singles
    >>> decimals_of_singles(np.array([np.float32(0.1), 1.0 / 3.0])).tolist()
    [0.1, 0.3333333333333333]
    """
    singles = _singles(numbers)
    # Subnormal numbers have fewer digits than displays show.
    is_held = (singles == numbers) & (np.abs(numbers) >= np.finfo(np.float32).tiny)
    return np.where(is_held, singles.astype(str).astype(np.float64), numbers)


def _columns(X: Array | SparseColumns) -> Iterator[FloatArray]:
    return (column for _, block in column_blocks(X) for column in block)


def _untouched(cuts: FloatArray | None) -> tuple[tuple[str, ...], bool]:
    return () if cuts is None else tuple(shortest_texts(cuts)), False


def _edges_of(
    column: FloatArray, cuts: FloatArray, side: Literal["left", "right"]
) -> tuple[tuple[str, ...], bool]:
    """Return the edges of a column, and whether it is one of single precision."""
    texts = tuple(shortest_texts(cuts))
    # No value is between a cut and its text, such as 0 in columns of mostly zeros.
    if all(written_number(text) == cut for text, cut in zip(texts, cuts.tolist())):
        return texts, False
    values = column[~np.isnan(column)]
    gaps = _gaps(values, cuts, side)
    # A few numbers usually tell.
    is_single = all((_singles(some) == some).all() for some in (values[:9], values))
    if is_single:
        gaps = decimals_of_singles(gaps)
    return tuple(shortest_texts(cuts, gaps, side)), is_single


def _gaps(values: FloatArray, cuts: FloatArray, side: Literal["left", "right"]) -> FloatArray:
    """Return the values next to each cut, below and above."""
    below = (values <= cut if side == "left" else values < cut for cut in cuts)
    n_below = np.array([np.count_nonzero(is_below) for is_below in below])
    gaps = np.tile([-np.inf, np.inf], (len(cuts), 1))
    has_low, has_high = n_below > 0, n_below < values.size
    wanted = np.unique([*n_below[has_low] - 1, *n_below[has_high]])
    # Faster than to sort all values.
    ordered = np.partition(values, wanted) if wanted.size else values
    gaps[has_low, 0], gaps[has_high, 1] = ordered[n_below[has_low] - 1], ordered[n_below[has_high]]
    return gaps


def _singles(numbers: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    # Infinity is the right answer for a number beyond single precision: it differs.
    with np.errstate(over="ignore"):
        return numbers.astype(np.float32)
