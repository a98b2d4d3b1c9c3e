"""The mask function of trees over independent columns, and how well surrogates predict it.

A mask tells for each column whether it shares the bin of the row, or which standard score it
has. The mask function v is the mean response given the mask: no surrogate in these encodings can
predict more. Its additive part has known weights, its pairs have known weights, and all parts are
orthogonal. Only the variance of the rest is estimated, from some masks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Self

import numpy as np

from sklime._exact._conditions import Conditions, met_conditions, quotients, with_default
from sklime._exact._groups import Group, groups_of, row_blocks
from sklime._exact._mask_walk import BlockWalk, DrawnSplits, left_children
from sklime._exact._nodes import Layout, Nodes
from sklime._exact._pairs import SMALLEST_VARIANCE, PairWeights
from sklime._exact._profiles import NumbersOfRows, Profiles
from sklime._exact._supports import Support
from sklime._exact._visits import Visits, total_of, with_last
from sklime._exact._walk import Tilt
from sklime.neighborhoods._points import base_points
from sklime.utils._magnitude import units
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

    def after(self, n_first: int) -> Self:
        """Return the masks without the first ones.

        Parameters
        ----------
        n_first : int
            Number of masks to leave out.

        Returns
        -------
        masks : Masks
            The others.
        """
        drawn = tuple(None if one is None else one[:, n_first:] for one in self.drawn)
        return type(self)(self.holds[:, :, n_first:], self.encodings[:, :, n_first:], drawn)

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

    visits : tuple of Visits
        Order of the splits of each group.

    owners : ndarray of int of shape (n_derived,)
        Column of the table that each derived column depends on.

    total : float or None
        What the outputs always add up to: then the last takes no walk. `None` for others.

    scales : ndarray of shape (n_outputs,)
        Sum over the trees of the largest leaf; of the largest output where the last is a rest.

    leaf_units : ndarray of shape (n_outputs,)
        Powers of two, of the size of the leaves where that is unusual.
    """

    groups: tuple[Group, ...]
    visits: tuple[Visits, ...]
    owners: IntArray
    total: float | None
    scales: FloatArray
    leaf_units: FloatArray

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
        groups, n_columns = groups_of(nodes, _LARGEST_GROUP), int(owners.max(initial=0)) + 1
        visits = tuple(Visits.of(group.nodes, n_columns) for group in groups)
        total, scales = total_of(nodes), _scales(nodes)
        if total is not None:
            scales = np.full(scales.shape, scales.max())
        return cls(groups, visits, owners, total, scales, units(nodes.values, axis=0))

    def __call__(
        self, meets: BoolArray, tilt: Tilt, masks: Masks, *, is_single: bool = False
    ) -> FloatArray:
        """Return the mask function of rows, with nothing estimated.

        Parameters
        ----------
        meets : ndarray of bool of shape (n_nodes, n_rows)
            Which way the rows go at each split, from `Nodes.meets`.

        tilt : Tilt
            Distribution of the perturbed columns of each row.

        masks : Masks
            Masks of each row.

        is_single : bool, default=False
            Walk in single precision, which takes half of the time. Errors are then up to a
            millionth of `scales`, in place of rounding errors.

        Returns
        -------
        values : ndarray of shape (n_rows, n_masks, n_outputs)
            Mean response given each mask. Time is linear in nodes times rows times masks.
        """
        n_rows, _, n_masks = masks.holds.shape
        n_outputs = self.groups[0].nodes.values.shape[1]
        values = np.zeros((n_outputs if self.total is None else n_outputs - 1, n_masks, n_rows))
        dtype = np.float32 if is_single else np.float64
        holds: FloatArray = np.ascontiguousarray(masks.holds.transpose(1, 2, 0), dtype)
        profiles = Profiles.of(tilt)
        for group, visits in zip(self.groups, self.visits):
            values += visits.leaves.constants[: len(values), None, None]
            if not visits.n_splits:
                continue
            nodes, left = group.nodes, left_children(group.nodes, visits)
            met, drawn = met_conditions(nodes.layout, meets[group.index]), masks.drawn
            splits = DrawnSplits.of(nodes, left, drawn, self.owners)
            shares = partial(_shares, nodes.layout)
            numbers = NumbersOfRows.of(nodes, left, met, tilt, profiles, shares)
            for rows in row_blocks(n_rows, len(group.index)):
                without, gain = numbers(rows)
                walk = BlockWalk.of(
                    nodes, visits, splits, rows, without, gain, self.leaf_units, holds
                )
                walk.add(holds, values)
        if self.total is not None:
            values = with_last(values, self.total)
        return np.ascontiguousarray(values.transpose(2, 1, 0))


def _scales(nodes: Nodes) -> FloatArray:
    """Return the sum over the trees of the largest absolute value of a leaf."""
    largest = np.abs(nodes.values)
    for first, end in reversed(list(pairwise(nodes.layout.bounds))[1:]):
        # Siblings are neighbors.
        of_pairs = np.maximum(largest[first:end:2], largest[first + 1 : end : 2])
        largest[nodes.layout.parent[first:end:2]] = of_pairs
    scales: FloatArray = largest[: nodes.layout.bounds[1]].sum(axis=0)
    return scales


def _shares(layout: Layout, own: Conditions, above: Conditions) -> tuple[FloatArray, FloatArray]:
    """Return the share of each node in the previous one in another bin, and what the bin adds."""
    outside = with_default(above.outside, layout.previous, 1.0 - own.means)
    without = quotients(own.outside, outside)
    inside = quotients(own.inside, with_default(above.inside, layout.previous, own.means))
    return without, inside - without


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

    def is_rough(self, outputs: IntArray, tol: float) -> BoolArray:
        """Tell for which rows the R2 of an additive surrogate is not precise enough.

        Parameters
        ----------
        outputs : ndarray of int of shape (n_rows, n_explained)
            Outputs that count.

        tol : float
            Largest standard error of the R2.

        Returns
        -------
        is_rough : ndarray of bool of shape (n_rows,)
            False for rows without variance.
        """
        explained, variances, errors = (
            np.take_along_axis(array, outputs, axis=1)
            for array in (self.explained, self.variances, self.standard_errors)
        )
        total = explained + variances
        # The derivative of the R2 by the variance of the rest.
        is_rough: BoolArray = np.logical_or.reduce(explained * errors > tol * total**2, axis=1)
        return is_rough

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
        rest -= _of_pairs(np.ascontiguousarray(offsets.swapaxes(1, 2)), pairs)
    squares = rest**2
    n_masks = values.shape[1]
    mean = ordered_sum(squares, 1) / n_masks
    spread = ordered_sum((squares - mean[:, None]) ** 2, 1) / (n_masks - 1)
    return Remainder(
        explained=ordered_sum(weights**2 * divisors, 1),
        variances=of_pairs + mean,
        standard_errors=np.sqrt(spread / n_masks),
    )


def _of_pairs(offsets: FloatArray, pairs: PairWeights) -> FloatArray:
    """Return what pairs add at masks, of shape (n_rows, n_masks, n_outputs).

    `offsets` have the shape (n_rows, n_masks, n_columns).
    """
    used, (first, second) = np.unique(pairs.columns), pairs.columns.T
    n_rows, n_masks, _ = offsets.shape
    if len(used) ** 2 > n_masks * len(first):
        products: FloatArray = offsets[:, :, first] * offsets[:, :, second] @ pairs.weights
        return products
    # Where most columns are in pairs, a quadratic form takes far less memory than all products.
    own = np.ascontiguousarray(offsets[:, :, used])
    at = np.searchsorted(used, first), np.searchsorted(used, second)
    matrix = np.zeros((n_rows, len(used), len(used)))
    found = np.empty((n_rows, n_masks, pairs.weights.shape[2]))
    for output in range(found.shape[2]):
        matrix[:, at[0], at[1]] = pairs.weights[:, :, output]
        found[:, :, output] = ordered_sum((own @ matrix) * own)
    return found
