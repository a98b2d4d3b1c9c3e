"""Supports: each column of a background as finitely many values or intervals with masses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sklime.backgrounds import BaseBackground
from sklime.backgrounds._columnwise import Cells, ColumnwiseBackground
from sklime.neighborhoods._encoder import Encoder
from sklime.utils._types import FloatArray, IntArray

__all__ = ["Support", "bin_masses", "has_cells", "supports_of"]

# Points of equal mass that stand for a continuous column. A boundary between two of them is off
# by less than this share of the mass.
_N_POINTS = 2**12


@dataclass(frozen=True)
class Support:
    """One column of a background.

    Attributes
    ----------
    values : ndarray of shape (n_cells,)
        Values, or upper ends of intervals; NaN for missing.

    weights : ndarray of shape (n_cells,)
        Masses; the sum is 1.

    bins : ndarray of int of shape (n_cells,)
        Bin of each cell; 0 for a column of standard scores.

    scores : ndarray of shape (n_cells,)
        Mean encoding of each cell times its mass: the mass itself for a column with bins.

    moments : ndarray of shape (n_cells,)
        Mean value of each cell times its mass; 0 for missing.

    n_bins : int
        Number of bins, with the one for missing values; 1 for a column of standard scores.

    is_binned : bool
        Whether the column has bins or levels.
    """

    values: FloatArray
    weights: FloatArray
    bins: IntArray
    scores: FloatArray
    moments: FloatArray
    n_bins: int
    is_binned: bool

    def bin_masses(self) -> FloatArray:
        """Return the mass of each bin.

        Returns
        -------
        masses : ndarray of shape (n_bins + 1,)
            The last is 0: the mass of a level that the background does not know.
        """
        counted = np.bincount(self.bins, self.weights, self.n_bins + 1)
        return counted.astype(np.float64)

    @classmethod
    def of_one_value(cls) -> Self:
        """Return the support of a column that never changes.

        Returns
        -------
        support : Support
            One cell in one bin.
        """
        one = np.ones(1)
        return cls(one, one, np.zeros(1, dtype=np.intp), one, one, 1, True)

    @classmethod
    def of(cls, cells: Cells, index: int, encoder: Encoder, n_bins: int | None) -> Self:
        """Return the support that cells make.

        Parameters
        ----------
        cells : Cells
            Values and masses; no interval lies in two bins.

        index : int
            Column.

        encoder : TabularEncoder
            Fitted encoder of the table.

        n_bins : int or None
            Number of bins or levels; `None` for a column of standard scores.

        Returns
        -------
        support : Support
            Cells without mass are left out.
        """
        has_mass = cells.weights > 0.0
        values, weights = cells.values[has_mass], cells.weights[has_mass]
        moments = cells.moments[has_mass]
        if n_bins is not None:
            bins = encoder.represent_column(index, values).astype(np.intp)
            return cls(values, weights, bins, weights, moments, n_bins + 1, True)
        # A standard score is linear in the value, so the mean value has the mean score.
        means = np.where(np.isnan(values), np.nan, moments / weights)
        scores = encoder.represent_column(index, means) * weights
        bins = np.zeros(len(values), dtype=np.intp)
        return cls(values, weights, bins, scores, moments, 1, False)


def supports_of(
    background: BaseBackground,
    encoder: Encoder,
    boundaries: Sequence[FloatArray | None],
) -> tuple[Support, ...]:
    """Return the support of each column.

    Parameters
    ----------
    background : BaseBackground
        Fitted background that draws columns independently.

    encoder : TabularEncoder
        Fitted encoder of the table.

    boundaries : sequence of (ndarray or None)
        Values of each column at which a model changes, each at the end of an interval. `None`
        where they are not known: such a column is represented by values, not by intervals.

    Returns
    -------
    supports : tuple of Support
        One per column.
    """
    known = has_cells(background)
    points = None if known else _points(background, np.linspace(0.0, 1.0, _N_POINTS + 1))
    supports = []
    columns = zip(encoder.cuts, boundaries, _numbers_of_bins(encoder))
    for index, (own_cuts, own, n_bins) in enumerate(columns):
        ends = _ends_of_bins(own_cuts, encoder.side)
        if points is not None:
            cells = Cells(points[:, index], *_equal_masses(points[:, index]))
        else:
            cells = _known_cells(background, index, ends, own, n_bins is not None)
        supports.append(Support.of(cells, index, encoder, n_bins))
    return tuple(supports)


def bin_masses(
    background: BaseBackground, encoder: Encoder
) -> tuple[tuple[FloatArray | None, ...], FloatArray] | None:
    """Return the share of the background in each bin, and its mean scores.

    Parameters
    ----------
    background : BaseBackground
        Fitted background.

    encoder : TabularEncoder
        Fitted encoder of the table.

    Returns
    -------
    masses : tuple of (ndarray or None)
        Mass of each bin or level, and of missing values; `None` for a column of standard scores.

    score_means : ndarray of shape (n_features,)
        Mean standard score; 0 for a column with bins or levels.

    Notes
    -----
    `None` is returned for a background that does not know them.
    """
    if not has_cells(background):
        return None
    known: Any = background
    masses = _stacked_masses(known, encoder)
    score_means = np.zeros(encoder.n_features)
    for index, n_bins in enumerate(_numbers_of_bins(encoder)):
        if masses[index] is not None:
            continue
        cells = known.cells(index, _ends_of_bins(encoder.cuts[index], encoder.side))
        support = Support.of(cells, index, encoder, n_bins)
        if support.is_binned:
            masses[index] = support.bin_masses()[:-1]
        else:
            score_means[index] = support.scores.sum()
    return tuple(masses), score_means


def _stacked_masses(background: ColumnwiseBackground, encoder: Encoder) -> list[FloatArray | None]:
    """Return the mass of each bin of columns that are computed together; `None` for others."""
    masses: list[FloatArray | None] = [None] * encoder.n_features
    for columns, stack in background.column_stacks_.blocks(1):
        by_number: dict[int, list[int]] = {}
        for place, index in enumerate(columns.tolist()):
            cuts = encoder.cuts[index]
            if cuts is not None:
                by_number.setdefault(len(cuts), []).append(place)
        for places in by_number.values():
            own = columns[places].tolist()
            ends = np.array([_ends_of_bins(encoder.cuts[index], encoder.side) for index in own])
            below = stack.take(places).probabilities(ends.reshape(len(own), -1))
            # After the last bin comes the one of missing values, which such columns have not.
            below = np.column_stack(
                [np.zeros(len(own)), below, np.ones(len(own)), np.ones(len(own))]
            )
            # Rounding may leave less than no mass between two ends.
            masses_of = np.maximum(np.diff(below, axis=1), 0.0)
            for index, one in zip(own, masses_of):
                masses[index] = one
    return masses


def _numbers_of_bins(encoder: Encoder) -> list[int | None]:
    """Return the number of bins of each column; `None` for standard scores.

    The encoder counts all columns at each question: thousands of columns are asked about once.
    """
    pairs = zip(encoder.is_binned.tolist(), encoder.n_bins.tolist())
    return [n_bins if is_binned else None for is_binned, n_bins in pairs]


def has_cells(background: Any) -> bool:
    """Tell whether a background knows the masses of intervals.

    Parameters
    ----------
    background : BaseBackground
        Fitted background.

    Returns
    -------
    has_cells : bool
        False for a subclass that draws in its own way: its cells would be those of its base.
    """
    is_own = type(background).sample is ColumnwiseBackground.sample
    return isinstance(background, ColumnwiseBackground) and is_own


def _known_cells(
    background: Any,
    index: int,
    ends: FloatArray,
    boundaries: FloatArray | None,
    is_binned: bool,
) -> Cells:
    """Return the cells of a column whose distribution is known."""
    cells: Cells = background.cells(index, ends)
    if cells.are_points:
        return cells
    if boundaries is not None:
        if not is_binned:
            # Scores vary within a cell: narrow ones make their variance right.
            boundaries = np.union1d(boundaries, _quantiles(background, index))
        between: Cells = background.cells(index, np.union1d(ends, boundaries))
        return between
    # Points of equal mass that no end of a bin lies between.
    levels = np.cumsum(cells.weights)[:-1]
    edges = np.union1d(np.linspace(0.0, 1.0, _N_POINTS + 1), levels)
    weights = np.diff(edges)
    values = background.distributions_[index].ppf(edges[:-1] + weights / 2)
    return Cells(values, weights, np.where(np.isnan(values), 0.0, values) * weights)


def _quantiles(background: Any, index: int) -> FloatArray:
    """Return values between which a column has equal masses."""
    levels = np.linspace(0.0, 1.0, _N_POINTS + 1)[1:-1]
    values: FloatArray = background.distributions_[index].ppf(levels)
    return values[~np.isnan(values)]


def _ends_of_bins(cuts: FloatArray | None, side: str) -> FloatArray:
    """Return the largest value of each bin but the last."""
    if cuts is None:
        return np.empty(0)
    ends: FloatArray = cuts if side == "left" else np.nextafter(cuts, -np.inf)
    return ends


def _points(background: BaseBackground, edges: FloatArray) -> FloatArray:
    """Return rows whose columns each run through values of equal mass."""
    middles = (edges[1:] + edges[:-1]) / 2
    return background.sample(np.repeat(middles[:, None], background.n_dimensions_, axis=1))


def _equal_masses(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    weights = np.full(len(values), 1.0 / len(values))
    return weights, np.where(np.isnan(values), 0.0, values) * weights
