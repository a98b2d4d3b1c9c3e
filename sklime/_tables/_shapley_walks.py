"""Sampled Shapley values: walks from background rows to the explained row, column by column."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from operator import index
from typing import Any, Self, Unpack

import numpy as np

from sklime._responses._response import ModelResponse
from sklime._tables._rows import RunOptions
from sklime.backgrounds import BaseBackground
from sklime.neighborhoods import base_points, replicate_bounds
from sklime.utils._magnitude import units
from sklime.utils._random import generator
from sklime.utils._threads import in_threads
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["WalkPlan", "WalkedRows", "Walks", "shapley_walks"]

# Bounds on one chunk of rows: rows in one call of the model, numbers of eight bytes in memory.
_MAX_MODEL_ROWS = 2**16
_MAX_NUMBERS = 2**22

# Background rows on which the expected length of a walk is counted.
_N_COUNTED = 2**10

# Walks that a replicate should have, and replicates that are made with fewer walks too. Where a
# column matters in few states only, means of few walks are skewed: with 8 replicates of 2 to 5
# walks, intervals of boosted trees covered 81 to 87 %, with 4 of twice as many 87 to 92 %. Larger
# replicates are also spread more evenly, so that the values themselves are less noisy.
_WALKS_PER_REPLICATE = 16
_FEW_REPLICATES = 4

# Draws for another purpose from the same seed: this number keeps them independent.
_WALKS = 2


@dataclass(frozen=True)
class WalkPlan:
    """How Shapley values are sampled.

    Attributes
    ----------
    response : ModelResponse
        The responses of the model.

    background : BaseBackground
        Fitted background.

    can_change : ndarray of bool of shape (n_features,)
        Columns that may change; the others keep the value of the explained row.

    n_calls : int
        Number of rows per explained row that the model may be called on, on average.

    n_replicates : int
        Maximum number of independent replicates, at least 2. Fewer are made if `n_calls` does not
        allow 16 walks in each: 4, or 3 or 2 if it does not even allow 4 walks.

    seed : int
        Seed of all walks.
    """

    response: ModelResponse
    background: BaseBackground
    can_change: BoolArray
    n_calls: int
    n_replicates: int
    seed: int

    @property
    def n_replicates_made(self) -> int:
        """Return the number of replicates, the same for all rows."""
        n_walks = self.n_calls // max(int(np.count_nonzero(self.can_change)), 1)
        wanted = max(_FEW_REPLICATES, n_walks // _WALKS_PER_REPLICATE)
        return max(2, min(self.n_replicates, wanted, n_walks))


@dataclass(frozen=True)
class Walks:
    """Background rows, and the order in which their columns take the values of a row.

    Attributes
    ----------
    values : ndarray of shape (n_walks, n_features)
        Background row at which each walk begins.

    ranks : ndarray of int of shape (n_walks, n_features)
        Step at which each column changes; 0 for a column that is held.

    bounds : tuple of int
        First walk of each replicate, and the end of the last.
    """

    values: FloatArray
    ranks: IntArray
    bounds: tuple[int, ...]

    @classmethod
    def draw(cls, plan: WalkPlan, n_walks: int) -> Self:
        """Draw walks.

        Parameters
        ----------
        plan : WalkPlan
            How Shapley values are sampled.

        n_walks : int
            Number of walks, at least one per replicate.

        Returns
        -------
        walks : Walks
            A pure function of the plan and the number.
        """
        bounds = replicate_bounds(n_walks, plan.n_replicates_made)
        columns = np.flatnonzero(plan.can_change)
        ranks = np.zeros((n_walks, plan.can_change.size), dtype=np.intp)
        points = np.empty((n_walks, plan.background.n_dimensions_))
        for replicate, (first, end) in enumerate(pairwise(bounds)):
            random = generator(plan.seed, _WALKS, replicate)
            points[first:end] = _stratified(random, end - first, points.shape[1])
            ranks[first:end, columns] = _mirrored_ranks(random, end - first, columns.size)
        return cls(plan.background.sample(points), ranks, bounds)


@dataclass(frozen=True)
class WalkedRows:
    """Shapley values of some rows, with standard errors.

    Attributes
    ----------
    values, standard_errors : ndarray of shape (n_rows, n_features, n_outputs)
        Shapley values and their standard errors. A column that is held has the value 0 and the
        standard error NaN; a row that the model did not answer has NaN.

    replicate_values : ndarray of shape (n_rows, n_replicates, n_features, n_outputs)
        Values of each replicate. They are independent, and their mean is `values`.

    base_values, base_errors : ndarray of shape (n_rows, n_outputs)
        Mean response to the background rows of the walks, and its standard error. Base value and
        values add up to the response to the row.

    n_calls : ndarray of int of shape (n_rows,)
        Number of rows that the model was called on.

    has_answers : ndarray of bool of shape (n_rows,)
        Whether all answers were finite.

    is_exact, is_misread : ndarray of bool of shape (n_rows,)
        Whether the values were computed from a reading of the model, and whether the reading is
        not the model at the row or near it.
    """

    values: FloatArray
    standard_errors: FloatArray
    replicate_values: FloatArray
    base_values: FloatArray
    base_errors: FloatArray
    n_calls: IntArray
    has_answers: BoolArray
    is_exact: BoolArray
    is_misread: BoolArray

    def take(self, rows: IntArray | BoolArray) -> Self:
        """Return the values of some rows.

        Parameters
        ----------
        rows : ndarray
            Indices, or a mask.

        Returns
        -------
        walked : WalkedRows
            In this order.
        """
        return type(self)(**{item.name: getattr(self, item.name)[rows] for item in fields(self)})

    @classmethod
    def concatenate(cls, parts: list[Self]) -> Self:
        """Concatenate the values of chunks of rows.

        Parameters
        ----------
        parts : list of WalkedRows
            At least one.

        Returns
        -------
        walked : WalkedRows
            All rows, in this order.
        """
        names = [item.name for item in fields(cls)]
        return cls(**{name: np.concatenate([getattr(p, name) for p in parts]) for name in names})


def shapley_walks(
    plan: WalkPlan,
    rows: FloatArray,
    responses: FloatArray,
    answer_index: IntArray,
    **options: Unpack[RunOptions],
) -> WalkedRows:
    """Estimate marginal Shapley values by walks from background rows to explained rows.

    A walk begins at a background row and gives it the values of the explained row, one column
    after the other, in a random order. The change of the response at a column is an unbiased
    estimate of its Shapley value [1]_. Three things make the mean of a replicate less noisy, and
    leave it unbiased, because each single walk still has a uniform order and a background row
    from the background: every second walk has the order of the walk before it reversed; the
    pairs of a replicate have one order that is rotated in equal steps, so that each column stands
    at evenly spread positions; and the background rows of a replicate are a Latin hypercube
    sample [2]_, which averages out what one column alone does to the response.

    Parameters
    ----------
    plan : WalkPlan
        How Shapley values are sampled.

    rows : ndarray of shape (n_rows, n_features)
        Explained rows.

    responses : ndarray of shape (n_rows, n_responses)
        Answers of the model at them.

    answer_index : ndarray of int of shape (n_rows, n_outputs)
        Column of the answers that belongs to each explained output.

    **options : RunOptions
        ``batch_size``, ``n_jobs`` and ``verbose``.

    Returns
    -------
    walked : WalkedRows
        Rows in their order. Each depends on the row and the plan alone.

    Raises
    ------
    ValueError
        If `n_calls` does not allow one walk per replicate.

    References
    ----------
    .. [1] Strumbelj, Kononenko, Explaining prediction models and individual predictions with
       feature contributions, Knowledge and Information Systems 41 (2014),
       :doi:`10.1007/s10115-013-0679-x`.
    .. [2] McKay, Beckman, Conover, A Comparison of Three Methods for Selecting Values of Input
       Variables in the Analysis of Output from a Computer Code, Technometrics 21 (1979),
       :doi:`10.1080/00401706.1979.10489755`.
    """
    n_walks = _numbers_of_walks(plan, rows)
    chunks = list(_chunks(plan, n_walks, options.get("batch_size")))
    own = np.take_along_axis(responses, answer_index, axis=1)
    tasks = ((plan, walks, rows[chunk], own[chunk], answer_index[chunk]) for walks, chunk in chunks)
    parts = in_threads(
        _walked_chunk, tasks, n_jobs=options.get("n_jobs"), verbose=options.get("verbose", 0)
    )
    order = np.concatenate([chunk for _, chunk in chunks])
    return WalkedRows.concatenate(parts).take(np.argsort(order))


def _stratified(random: np.random.Generator, n_points: int, n_dimensions: int) -> FloatArray:
    """Return a Latin hypercube sample: each coordinate has one point in each of equal shares."""
    shares = np.tile(np.arange(n_points)[:, None], (1, n_dimensions))
    points = (random.permuted(shares, axis=0) + random.random(shares.shape)) / n_points
    # Inverse distribution functions may be infinite at the ends of the interval.
    return np.clip(points, 2.0**-31, 1.0 - 2.0**-31)


def _mirrored_ranks(random: np.random.Generator, n_walks: int, n_columns: int) -> IntArray:
    """Return the steps at which columns change: rotations of one order, and their reverses."""
    n_pairs = (n_walks + 1) // 2
    shifts = np.arange(n_pairs) * n_columns // n_pairs
    ranks = (random.permutation(n_columns) + shifts[:, None]) % max(n_columns, 1)
    pairs = np.stack([ranks, n_columns - 1 - ranks], axis=1)
    return np.asarray(pairs.reshape(2 * n_pairs, n_columns)[:n_walks])


def _numbers_of_walks(plan: WalkPlan, rows: FloatArray) -> IntArray:
    """Return how many walks `n_calls` pays for, row by row.

    A column that has the value of the explained row from the beginning takes no call. The
    expected number of calls depends on the row and the background alone. The walks that are
    drawn do not enter it, since their number would otherwise depend on their values, and the
    mean be biased.
    """
    background = plan.background.sample(_even_points(plan.background))
    expected = np.array(
        [_differs(row, background, plan.can_change).mean(axis=0).sum() for row in rows]
    )
    n_walks: IntArray = (plan.n_calls / np.maximum(expected, 1.0)).astype(np.intp)
    if (n_walks < plan.n_replicates_made).any():
        needed = int(np.ceil(2.0 * expected.max()))
        raise ValueError(
            f"n_perturbations={plan.n_calls} is too small for Shapley values: one walk changes "
            f"{expected.max():.0f} columns, and standard errors take two. Pass at least "
            f"n_perturbations={needed}, better sixteen times as many."
        )
    return n_walks


def _even_points(background: BaseBackground) -> FloatArray:
    """Return points whose single coordinates are spread evenly; nothing is drawn from the seed."""
    n_dimensions = background.n_dimensions_
    if not background.is_columnwise_ and n_dimensions > 1:
        return base_points(_N_COUNTED, n_dimensions, 1, seed=0)
    even = (np.arange(_N_COUNTED) + 0.5) / _N_COUNTED
    return np.repeat(even[:, None], n_dimensions, axis=1)


def _differs(rows: FloatArray, values: FloatArray, can_change: BoolArray) -> BoolArray:
    """Tell where background rows have other values than explained rows; NaN equals NaN."""
    is_same = (rows == values) | (np.isnan(rows) & np.isnan(values))
    differs: BoolArray = ~is_same & can_change
    return differs


def _chunks(
    plan: WalkPlan, n_walks: IntArray, batch_size: int | None
) -> Iterator[tuple[Walks, IntArray]]:
    """Yield rows that have the same walks, few enough for one call of the model."""
    largest = index(batch_size or _MAX_MODEL_ROWS)
    for number in np.unique(n_walks).tolist():
        walks, indices = Walks.draw(plan, number), np.flatnonzero(n_walks == number)
        n_numbers = max(number, plan.n_calls) * plan.can_change.size
        step = max(1, min(largest // plan.n_calls, _MAX_NUMBERS // n_numbers))
        for start in range(0, indices.size, step):
            yield walks, indices[start : start + step]


def _walked_chunk(
    plan: WalkPlan, walks: Walks, rows: FloatArray, own: FloatArray, answer_index: IntArray
) -> WalkedRows:
    """Return the Shapley values of some rows."""
    differs = _differs(rows[:, None, :], walks.values, plan.can_change)
    changes, starts = _changes(plan, walks, rows, own, answer_index, differs)
    of_replicates = _replicate_means(changes, walks.bounds)
    has_answers = np.logical_and.reduce(np.isfinite(of_replicates), axis=(1, 2, 3))
    has_answers &= np.isfinite(own).all(axis=1)
    values, errors = _mean_and_error(of_replicates)
    bases, base_errors = _mean_and_error(_replicate_means(starts, walks.bounds))
    errors[:, ~plan.can_change] = np.nan
    for array in (values, errors, of_replicates, bases, base_errors):
        array[~has_answers] = np.nan
    n_calls = np.count_nonzero(differs, axis=(1, 2))
    nowhere = np.zeros(len(values), dtype=bool)
    return WalkedRows(
        values,
        errors,
        of_replicates,
        bases,
        base_errors,
        n_calls,
        has_answers,
        is_exact=nowhere,
        is_misread=nowhere,
    )


def _changes(
    plan: WalkPlan,
    walks: Walks,
    rows: FloatArray,
    own: FloatArray,
    answer_index: IntArray,
    differs: BoolArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the change of the response at each column of each walk, and at the beginning.

    The shapes are (n_rows, n_walks, n_features, n_outputs) and (n_rows, n_walks, n_outputs).
    """
    order = np.argsort(np.where(plan.can_change, walks.ranks, plan.can_change.size), axis=1)
    in_order = np.take_along_axis(differs, order[None], axis=2)
    # One state per change: the walk just before it. The last state is the explained row, whose
    # response is known.
    row, walk, step = np.nonzero(in_order)
    is_changed = (walks.ranks[walk] < step[:, None]) | ~plan.can_change
    states = np.where(is_changed, rows[row], walks.values[walk])
    n_outputs = own.shape[1]
    before = np.empty((row.size, n_outputs))
    if row.size:
        before = np.take_along_axis(plan.response(states), answer_index[row], axis=1)
    n_steps = np.count_nonzero(in_order, axis=2).ravel()
    ends = np.cumsum(n_steps)
    is_last = np.zeros(row.size, dtype=bool)
    is_last[ends[n_steps > 0] - 1] = True
    after = np.where(is_last[:, None], own[row], np.roll(before, -1, axis=0))
    changes = np.zeros((*differs.shape, n_outputs))
    with np.errstate(invalid="ignore"):
        # Infinite answers; the row is then reported as failed.
        changes[row, walk, order[walk, step]] = after - before
    starts = np.repeat(own[:, None, :], len(walks.values), axis=1)
    has_steps = (n_steps > 0).reshape(starts.shape[:2])
    starts[has_steps] = before[(ends - n_steps)[n_steps > 0]]
    return changes, starts


def _replicate_means(of_walks: FloatArray, bounds: tuple[int, ...]) -> FloatArray:
    """Return the means over the walks of each replicate, axis 1."""
    with np.errstate(invalid="ignore"):
        means = [of_walks[:, first:end].mean(axis=1) for first, end in pairwise(bounds)]
    return np.stack(means, axis=1)


def _mean_and_error(of_replicates: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the mean over replicates, axis 1, and its standard error."""
    n_replicates = of_replicates.shape[1]
    unit = units(of_replicates, axis=1)
    with np.errstate(invalid="ignore"):
        scaled = of_replicates / unit[:, None]
        error: Any = scaled.std(axis=1, ddof=1) / np.sqrt(n_replicates)
        return of_replicates.mean(axis=1), error * unit
