"""The mask function of trees over independent columns, and how well surrogates predict it.

A mask tells for each column whether it shares the bin of the row, or which standard score it
has. The mask function v is the mean response given the mask: no surrogate in these encodings can
predict more. Its additive part has known weights, its pairs have known weights, and all parts are
orthogonal. Only the variance of the rest is estimated, from some masks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np

from sklime._exact._conditions import (
    Conditions,
    conditions_of,
    met_conditions,
    quotients,
    with_default,
)
from sklime._exact._groups import Group, groups_of, row_blocks
from sklime._exact._nodes import Layout, Nodes
from sklime._exact._pairs import SMALLEST_VARIANCE, PairWeights
from sklime._exact._supports import Support
from sklime._exact._walk import Tilt
from sklime.neighborhoods._points import base_points
from sklime.utils._sums import ordered_sum
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = [
    "MaskWalk",
    "Masks",
    "Remainder",
    "additive_misfit",
    "drawn_masks",
    "remainder_of",
]

# Nodes of a group, unless one tree has more: small, for all masks of several rows to fit.
_LARGEST_GROUP = 2048


@dataclass(frozen=True)
class Masks:
    """Masks of rows.

    Attributes
    ----------
    holds : ndarray of bool of shape (n_rows, n_columns, n_masks)
        Whether a column with bins shares the bin of the row. Ignored for standard scores.

    encodings : ndarray of shape (n_rows, n_columns, n_masks)
        The same as 0 and 1, or the mean standard score of the drawn value or interval.

    drawn : tuple of (ndarray of shape (n_rows, n_masks, n_own) or None)
        For each column of standard scores its derived columns at the drawn values, in the order
        of their indices; `None` for a column with bins.
    """

    holds: BoolArray
    encodings: FloatArray
    drawn: tuple[FloatArray | None, ...]

    def with_constant(self) -> Self:
        """Return the masks with one more column, which always keeps its value.

        Returns
        -------
        masks : Masks
            The new column comes after the others.
        """
        n_rows, _, n_masks = self.holds.shape
        ones = np.ones((n_rows, 1, n_masks))
        return type(self)(
            np.concatenate([self.holds, ones.astype(bool)], axis=1),
            np.concatenate([self.encodings, ones], axis=1),
            (*self.drawn, None),
        )


def drawn_masks(
    n_masks: int,
    seed: int,
    tilt: Tilt,
    supports: Sequence[Support],
    derived_of_supports: Sequence[FloatArray | None],
    derived: FloatArray,
    owners: IntArray,
) -> Masks:
    """Draw masks of rows from Sobol points, the same points for each row.

    Parameters
    ----------
    n_masks : int
        Number of masks, best a power of two.

    seed : int
        Seed of the points.

    tilt : Tilt
        Distribution of the perturbed columns of each row.

    supports : sequence of Support
        Support of each column.

    derived_of_supports : sequence of (ndarray of shape (n_cells, n_own) or None)
        Derived columns of each column of standard scores at its support; of a column with bins
        nothing is read.

    derived : ndarray of shape (n_rows, n_derived)
        Derived columns of the rows.

    owners : ndarray of int of shape (n_derived,)
        Column of the table that each derived column depends on.

    Returns
    -------
    masks : Masks
        A pure function of the row and the seed.
    """
    points = base_points(n_masks, len(supports), 1, seed=seed).T
    holds = points < tilt.means[:, :, None]
    encodings = holds.astype(np.float64)
    drawn: list[FloatArray | None] = []
    for column, (support, of_cells) in enumerate(zip(supports, derived_of_supports)):
        if support.is_binned or of_cells is None:
            drawn.append(None)
            continue
        own = tilt.own[:, column, None]
        is_own = points[column] < own
        # Points above `own` are spread evenly over the background.
        uniform = (points[column] - own) / np.maximum(1.0 - own, np.finfo(np.float64).tiny)
        ends = np.cumsum(support.weights)[:-1]
        cell = np.searchsorted(ends, np.maximum(uniform, 0.0), side="right")
        scores = support.scores / support.weights
        encodings[:, column] = np.where(is_own, tilt.encodings[:, column, None], scores[cell])
        of_row = derived[:, None, owners == column]
        drawn.append(np.where(is_own[:, :, None], of_row, of_cells[cell]))
    return Masks(holds, encodings, tuple(drawn))


@dataclass(frozen=True)
class MaskWalk:
    """Trees, prepared for the mask function of rows.

    Attributes
    ----------
    groups : tuple of Group
        Trees in groups.

    owners : ndarray of int of shape (n_derived,)
        Column of the table that each derived column depends on.
    """

    groups: tuple[Group, ...]
    owners: IntArray

    @classmethod
    def of(cls, nodes: Nodes, owners: IntArray) -> Self:
        """Prepare trees.

        Parameters
        ----------
        nodes : Nodes
            Nodes with the masses of their conditions.

        owners : ndarray of int of shape (n_derived,)
            Column of the table that each derived column depends on.

        Returns
        -------
        walk : MaskWalk
            A pure function of its arguments.
        """
        return cls(groups_of(nodes, _LARGEST_GROUP), owners)

    def __call__(self, meets: BoolArray, tilt: Tilt, masks: Masks) -> FloatArray:
        """Return the mask function of rows, with nothing estimated.

        Parameters
        ----------
        meets : ndarray of bool of shape (n_nodes, n_rows)
            Which way the rows go at each split, from `Nodes.meets`.

        tilt : Tilt
            Distribution of the perturbed columns of each row.

        masks : Masks
            Masks of each row.

        Returns
        -------
        values : ndarray of shape (n_rows, n_masks, n_outputs)
            Mean response given each mask. Time is linear in nodes times rows times masks.
        """
        n_rows, _, n_masks = masks.holds.shape
        values = np.zeros((n_rows, n_masks, self.groups[0].nodes.values.shape[1]))
        for group in self.groups:
            met = met_conditions(group.nodes.layout, meets[group.index])
            for rows in row_blocks(n_rows, len(group.index)):
                conditions = conditions_of(group.nodes, met[:, rows], tilt, rows)
                factors = _factors(group.nodes.layout, conditions)
                # A quarter: only two levels of the trees are kept at a time.
                size = len(group.index) * n_masks // 4
                for part in row_blocks(factors.shape[2], size):
                    block = slice(rows.start + part.start, rows.start + part.stop)
                    own = np.ascontiguousarray(factors[:, :, part])
                    values[block] += _block_values(group.nodes, own, masks, block, self.owners)
        return values


def _factors(layout: Layout, conditions: Conditions) -> FloatArray:
    """Return by how much a node lowers the probability of its path, for both values of a mask.

    The shape is (2 siblings, n_pairs of siblings, n_rows, 2 values of the mask).
    """
    n_roots, means = layout.bounds[1], conditions.means
    factors = np.empty((2, (layout.n_nodes - n_roots) // 2, means.shape[1], 2))
    given = ((1, conditions.inside, means), (0, conditions.outside, 1.0 - means))
    for value, joint, total in given:
        factor = quotients(joint, with_default(joint, layout.previous, total))[n_roots:]
        factors[0, :, :, value], factors[1, :, :, value] = factor[::2], factor[1::2]
    return factors


def _block_values(
    nodes: Nodes, factors: FloatArray, masks: Masks, rows: slice, owners: IntArray
) -> FloatArray:
    """Return the mask function of one group of trees for one block of rows."""
    layout, n_roots = nodes.layout, nodes.layout.bounds[1]
    holds = np.ascontiguousarray(masks.holds[rows].swapaxes(0, 1)).astype(np.intp)
    shape, n_outputs = holds.shape[1:], nodes.values.shape[1]
    # All left siblings of a level come first, then all right ones: long runs of memory.
    reach, position = np.ones((n_roots, *shape)), np.arange(n_roots)
    totals = np.tile(nodes.values[:n_roots].sum(axis=0)[:, None, None], (1, *shape))
    start = 0
    for first, end in pairwise(layout.bounds[1:]):
        pairs = slice(first, end, 2)
        level = _level(layout, pairs, factors[:, (first - n_roots) // 2 :], holds)
        _set_drawn(level, nodes, pairs, masks, rows, owners)
        level *= np.take(reach, position[layout.parent[pairs] - start], axis=0)
        values = nodes.values[first:end].reshape(-1, 2, n_outputs).swapaxes(0, 1)
        reach, start = level.reshape(-1, *shape), first
        position = np.arange(end - first).reshape(2, -1).T.ravel()
        factors_of_row = values.reshape(-1, n_outputs).T
        # One product per row: its rounding must not depend on how many rows there are.
        for row in range(shape[0]):
            totals[:, row] += factors_of_row @ reach[:, row]
    return np.moveaxis(totals, 0, 2)


def _level(layout: Layout, pairs: slice, factors: FloatArray, holds: IntArray) -> FloatArray:
    """Return the factors of the siblings of a level for each row and mask."""
    index = np.take(holds, layout.column[pairs], axis=0)
    n_pairs, n_rows, n_masks = index.shape
    index += 2 * np.arange(n_pairs * n_rows).reshape(n_pairs, n_rows, 1)
    level = np.empty((2, n_pairs, n_rows, n_masks))
    for side in range(2):
        # Without clipping, numpy would go through a buffer.
        np.take(factors[side, :n_pairs].ravel(), index, out=level[side], mode="clip")
    return level


def _set_drawn(
    level: FloatArray, nodes: Nodes, pairs: slice, masks: Masks, rows: slice, owners: IntArray
) -> None:
    """Replace the factors of columns of standard scores: the drawn value goes one way."""
    split, column = nodes.layout.split[pairs], nodes.layout.column[pairs]
    for index, drawn in enumerate(masks.drawn):
        if drawn is None:
            continue
        here = np.flatnonzero(column == index)
        own = np.searchsorted(np.flatnonzero(owners == index), nodes.trees.feature[split[here]])
        of_nodes = np.moveaxis(drawn[rows], 2, 0)[own]
        left = nodes.trees.goes_left(split[here, None, None], of_nodes)
        level[0, here], level[1, here] = left, ~left


@dataclass(frozen=True)
class Remainder:
    """How much of the mask function no additive surrogate predicts.

    Attributes
    ----------
    explained : ndarray of shape (n_rows, n_outputs)
        Variance of the additive part of the mask function: exact.

    variances : ndarray of shape (n_rows, n_outputs)
        Variance of the rest R. The variance of the mask function is the sum of both.

    standard_errors : ndarray of shape (n_rows, n_outputs)
        Standard errors of `variances`: the part of the pairs is exact, the other estimated.
    """

    explained: FloatArray
    variances: FloatArray
    standard_errors: FloatArray

    def r2(
        self, misfit: FloatArray | float = 0.0, of_pairs: FloatArray | float = 0.0
    ) -> FloatArray:
        """Return the R2 on the mask function of a surrogate.

        Parameters
        ----------
        misfit : ndarray of shape (n_rows, n_outputs) or float, default=0.0
            Mean squared difference of the surrogate from the additive part, from
            `additive_misfit`. 0 for the least squares fit.

        of_pairs : ndarray of shape (n_rows, n_outputs) or float, default=0.0
            What the surrogate explains by pairs: the sum of `StrongestPairs.variances`.

        Returns
        -------
        r2 : ndarray of shape (n_rows, n_outputs)
            At most 1; NaN where the mask function is constant.
        """
        total = self.explained + self.variances
        residual = np.broadcast_to(misfit + self.variances - of_pairs, total.shape)
        return 1.0 - quotients(residual, total, np.nan)


def additive_misfit(
    weights: FloatArray,
    variances: FloatArray,
    slopes: FloatArray,
    mean_differences: FloatArray | float = 0.0,
) -> FloatArray:
    """Return the mean squared difference of a surrogate from the additive part of a model.

    Parameters
    ----------
    weights : ndarray of shape (n_rows, n_columns, n_outputs)
        Weights of the model: covariances divided by variances.

    variances : ndarray of shape (n_rows, n_columns)
        Variances of the encodings.

    slopes : ndarray of shape (n_rows, n_columns, n_outputs)
        Slopes of the surrogate.

    mean_differences : ndarray of shape (n_rows, n_outputs) or float, default=0.0
        Mean prediction of the surrogate minus mean response.

    Returns
    -------
    misfit : ndarray of shape (n_rows, n_outputs)
        Squared differences of slopes times variances, plus the squared difference of means.
    """
    squares = (weights - slopes) ** 2 * variances[:, :, None]
    misfit: FloatArray = ordered_sum(squares, 1) + np.square(mean_differences)
    return misfit


def remainder_of(
    values: FloatArray,
    masks: Masks,
    tilt: Tilt,
    means: FloatArray,
    covariances: FloatArray,
    *,
    variances: FloatArray | None = None,
    pairs: PairWeights | None = None,
) -> Remainder:
    """Estimate the variance of what the additive part leaves of the mask function.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_masks, n_outputs)
        Mask function of the trees, from `MaskWalk`.

    masks : Masks
        The masks.

    tilt : Tilt
        Distribution of the perturbed columns of each row.

    means : ndarray of shape (n_rows, n_outputs)
        Means of the trees.

    covariances : ndarray of shape (n_rows, n_columns, n_outputs)
        Covariances of the trees with the encodings.

    variances : ndarray of shape (n_rows, n_columns) or None, default=None
        Variances of the encodings as drawn. `None` for ``s (1 - s)``, which is right for columns
        with bins only. For standard scores of intervals these are the variances of their mean
        scores, as in `Masks`, not those within intervals; `pairs` must use the same ones.

    pairs : PairWeights or None, default=None
        Weights of all pairs. Their part of the variance is then exact, and far fewer masks are
        needed for the rest.

    Returns
    -------
    remainder : Remainder
        Of the trees alone. A linear function of encodings that the model adds to its trees
        changes `explained` only.
    """
    if variances is None:
        variances = tilt.means * (1.0 - tilt.means)
    has_spread = (variances > SMALLEST_VARIANCE)[:, :, None]
    divisors = np.where(has_spread, variances[:, :, None], 0.0)
    weights = quotients(covariances, np.broadcast_to(divisors, covariances.shape))
    offsets = masks.encodings - tilt.means[:, :, None]
    rest = values - means[:, None] - np.ascontiguousarray(offsets.swapaxes(1, 2)) @ weights
    of_pairs = np.zeros(means.shape)
    if pairs is not None:
        of_pairs = ordered_sum(pairs.variances, 1)
        first, second = pairs.columns.T
        products = offsets[:, first] * offsets[:, second]
        rest -= np.ascontiguousarray(products.swapaxes(1, 2)) @ pairs.weights
    squares = rest**2
    n_masks = values.shape[1]
    mean = ordered_sum(squares, 1) / n_masks
    spread = ordered_sum((squares - mean[:, None]) ** 2, 1) / (n_masks - 1)
    return Remainder(
        explained=ordered_sum(weights**2 * divisors, 1),
        variances=of_pairs + mean,
        standard_errors=np.sqrt(spread / n_masks),
    )
