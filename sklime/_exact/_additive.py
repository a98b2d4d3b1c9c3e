"""Exact moments of functions that add up over columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sklime._exact._supports import Support
from sklime._exact._walk import Tilt
from sklime.utils._sums import ordered_dot
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["Additive"]


@dataclass(frozen=True)
class Additive:
    """The part of a model that is a sum of functions of one column each.

    Attributes
    ----------
    owners : ndarray of int of shape (n_derived,)
        Column of the table that each derived column depends on.

    coefficients : ndarray of shape (n_derived, n_outputs)
        Slopes of the derived columns.

    columns : ndarray of int of shape (n_used,)
        Columns of the table that this part depends on.

    sums, score_sums : tuple of ndarray of shape (n_bins + 1, n_outputs)
        For each used column and bin: mass times mean of the function, and of the function times
        the encoding. The last bin is that of unknown levels.
    """

    owners: IntArray
    coefficients: FloatArray
    columns: IntArray
    sums: tuple[FloatArray, ...]
    score_sums: tuple[FloatArray, ...]

    @classmethod
    def of(
        cls,
        coefficients: FloatArray,
        owners: IntArray,
        supports: Sequence[Support],
        derived: Sequence[FloatArray],
        are_copies: Sequence[bool],
    ) -> Self:
        """Learn the means of the functions in each bin.

        Parameters
        ----------
        coefficients : ndarray of shape (n_derived, n_outputs)
            Slopes.

        owners : ndarray of int of shape (n_derived,)
            Column of the table that each derived column depends on.

        supports : sequence of Support
            Background of each column.

        derived : sequence of ndarray of shape (n_cells, n_own)
            Derived columns of each column at its support, in the order of their indices.

        are_copies : sequence of bool
            Columns whose support are intervals: their only derived column equals them.

        Returns
        -------
        additive : Additive
            The part.
        """
        is_used = (coefficients != 0.0).any(axis=1)
        columns = np.unique(owners[is_used & (owners < len(supports))])
        sums: list[FloatArray] = []
        score_sums: list[FloatArray] = []
        for index in columns.tolist():
            support, own = supports[index], np.flatnonzero(owners == index)
            weighted = support.weights[:, None] * derived[index]
            if are_copies[index]:
                weighted = support.moments[:, None]
            # Columns that only trees take have slopes of 0, and may be missing.
            here = is_used[own]
            of_cells = weighted[:, here] @ coefficients[own[here]]
            encoding = support.scores / support.weights
            for kept, factor in ((sums, 1.0), (score_sums, encoding[:, None])):
                of_bins = np.zeros((support.n_bins + 1, coefficients.shape[1]))
                np.add.at(of_bins, support.bins, of_cells * factor)
                kept.append(of_bins)
        return cls(owners, coefficients, columns, tuple(sums), tuple(score_sums))

    def at(self, derived: FloatArray) -> list[FloatArray]:
        """Return the functions at rows.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns.

        Returns
        -------
        values : list of ndarray of shape (n_rows, n_outputs)
            One for each of `columns`.
        """
        owned = [np.flatnonzero(self.owners == index) for index in self.columns]
        return [ordered_dot(derived[:, own], self.coefficients[own]) for own in owned]

    def given(
        self, derived: FloatArray, tilt: Tilt, holds: BoolArray, drawn: Sequence[Any]
    ) -> FloatArray:
        """Return the mean of the part given masks.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns of the rows.

        tilt : Tilt
            Distribution of the perturbed columns of each row.

        holds : ndarray of bool of shape (n_rows, n_columns, n_masks)
            Whether a column shares the bin of the row.

        drawn : sequence of (ndarray of shape (n_rows, n_masks, n_own) or None)
            Derived columns of each column of scores at drawn values; `None` for bins.

        Returns
        -------
        values : ndarray of shape (n_rows, n_masks, n_outputs)
            Means.
        """
        n_rows, _, n_masks = holds.shape
        total = np.zeros((n_rows, n_masks, self.coefficients.shape[1]))
        for index, at_row, sums in zip(self.columns.tolist(), self.at(derived), self.sums):
            points = drawn[index]
            if points is not None:
                total += ordered_dot(points, self.coefficients[self.owners == index])
                continue
            bins, shares = tilt.bins[:, index], tilt.means[:, index, None]
            inside = tilt.inside[:, index, None] * sums[bins] + tilt.own[:, index, None] * at_row
            outside = tilt.outside[:, index, None] * (sums.sum(axis=0) - sums[bins])
            inside = np.divide(inside, shares, out=np.zeros(inside.shape), where=shares > 0.0)
            outside = np.divide(
                outside, 1.0 - shares, out=np.zeros(outside.shape), where=shares < 1.0
            )
            total += np.where(holds[:, index, :, None], inside[:, None], outside[:, None])
        return total

    def expectations(self, derived: FloatArray, tilt: Tilt) -> tuple[FloatArray, FloatArray]:
        """Return the mean of the part around rows, and its covariance with the encoding.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns of the rows.

        tilt : Tilt
            Distribution of the perturbed columns of each row.

        Returns
        -------
        means : ndarray of shape (n_rows, n_outputs)
            Means.

        covariances : ndarray of shape (n_rows, n_columns, n_outputs)
            Covariances with the encoding of each column.
        """
        n_rows, n_columns = tilt.means.shape
        total = np.zeros((n_rows, self.coefficients.shape[1]))
        covariances = np.zeros((n_rows, n_columns, total.shape[1]))
        parts = zip(self.columns.tolist(), self.at(derived), self.sums, self.score_sums)
        for index, at_row, sums, score_sums in parts:
            bins = tilt.bins[:, index]
            own, inside = tilt.own[:, index, None] * at_row, tilt.inside[:, index, None]
            elsewhere = tilt.outside[:, index, None] * (sums.sum(axis=0) - sums[bins])
            mean = own + inside * sums[bins] + elsewhere
            shared = own * tilt.encodings[:, index, None] + inside * score_sums[bins]
            covariances[:, index] = shared - mean * tilt.means[:, index, None]
            total += mean
        return total, covariances
