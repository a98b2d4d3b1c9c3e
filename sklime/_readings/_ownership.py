"""Which column of a table owns each derived column of a reading."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklime._readings._reading import UnreadableError
from sklime._readings._wrappers import steps_of
from sklime.utils._spread import evenly_spread
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["agrees", "owners", "typical_sizes"]

# Base rows; half of them are rows of the table.
_N_BASE = 20

# Values of one column that are tried in each base row: at most so many, and at least so many
# where tables are wide.
_MOST_POINTS, _LEAST_POINTS = 64, 4

# Base rows in which all other values are tried, where it matters.
_N_LAST_BASE = 2  # the first and the last

# Cells of all tables together, and of one of them.
_ALL_CELLS, _BLOCK_CELLS = 2**28, 2**22

# Sums in another order may differ by rounding, and what depends on other rows differs by more.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Probe:
    """Base rows, and how their derived columns are found.

    Attributes
    ----------
    derive : callable
        Function from a table to derived columns.

    to_table : callable
        Function from a float matrix to a table.

    base : ndarray of shape (n_base, n_raw)
        Rows that are perturbed.

    derived : ndarray of shape (n_base, n_derived)
        Their derived columns.
    """

    derive: Callable[[Any], FloatArray]
    to_table: Callable[[FloatArray], Any]
    base: FloatArray
    derived: FloatArray

    def changes(self, columns: Sequence[int], points: Sequence[FloatArray]) -> BoolArray:
        """Tell which derived columns change with each of some columns.

        Parameters
        ----------
        columns : sequence of int
            Columns that are perturbed, one at a time.

        points : sequence of ndarray
            Values of each of them.

        Returns
        -------
        changes : ndarray of bool of shape (n_columns, n_derived)
            True if any value in any base row gives another float.
        """
        sizes = [len(self.base) * len(values) for values in points]
        origin = np.concatenate([np.repeat(self._rows, len(values)) for values in points])
        rows = self.base[origin]
        starts = np.cumsum([0, *sizes])
        for column, values, start, size in zip(columns, points, starts, sizes):
            rows[start : start + size, column] = np.tile(values, len(self.base))
        derived, before = self.derive(self.to_table(rows)), self.derived[origin]
        changes: BoolArray = np.logical_or.reduceat(~_are_equal(derived, before), starts[:-1])
        return changes

    @property
    def _rows(self) -> IntArray:
        return np.arange(len(self.base))

    def on(self, rows: IntArray) -> "_Probe":
        """Return the probe of some of the base rows."""
        return _Probe(self.derive, self.to_table, self.base[rows], self.derived[rows])

    def check_rows_alone(self) -> None:
        """Refuse a transform whose output for a row depends on the other rows, or on chance."""
        for order in _arrangements(self.base):
            try:
                found = self.derive(self.to_table(self.base[order]))
            # Such as quantiles of a single row.
            except (ArithmeticError, LookupError, TypeError, ValueError) as error:
                raise UnreadableError(
                    f"derived columns{_of_steps(self.derive)} depend on the other rows of the "
                    f"table: for {len(order)} rows there are none, but a {type(error).__name__}"
                ) from error
            if len(found) != len(order):
                raise UnreadableError(
                    f"derived columns{_of_steps(self.derive)} depend on the other rows of the "
                    f"table: {len(order)} rows become {len(found)}"
                )
            is_same = agrees(found, self.derived[order], typical_sizes(self.derived)).all(axis=0)
            if not is_same.all():
                raise UnreadableError(
                    f"derived column {int(np.argmin(is_same))}{_of_steps(self.derive)} depends on "
                    "the other rows of the table, on their order or on chance"
                )


def agrees(one: FloatArray, other: FloatArray, sizes: FloatArray) -> BoolArray:
    """Tell which floats agree but for rounding.

    Parameters
    ----------
    one, other : ndarray
        Derived columns of the same rows.

    sizes : ndarray
        Typical sizes of the derived columns, as `typical_sizes` returns them.

    Returns
    -------
    agrees : ndarray of bool
        True within 1e-9 of the float or of the typical size; NaN agrees with NaN.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(one - other) <= _ROUNDING * np.maximum(sizes, np.abs(other))
    # Infinity is no more than a share of infinity away from any float.
    found: BoolArray = _are_equal(one, other) | (near & np.isfinite(one) & np.isfinite(other))
    return found


def typical_sizes(derived: FloatArray, axis: int = 0) -> FloatArray:
    """Return the median size of what is not 0 in derived columns.

    The largest size would not do: beside one value of 1e12 any difference is rounding.

    Parameters
    ----------
    derived : ndarray
        Derived columns of some rows.

    axis : int, default=0
        Axis of the rows.

    Returns
    -------
    sizes : ndarray
        Like `derived` with one row; 0 for a column of zeros.
    """
    sizes = np.where(np.isfinite(derived), np.abs(derived), 0.0)
    ordered = np.sort(sizes, axis=axis)
    n_zeros = (ordered == 0.0).sum(axis=axis, keepdims=True)
    middle = n_zeros + (sizes.shape[axis] - n_zeros) // 2
    return np.take_along_axis(ordered, np.minimum(middle, sizes.shape[axis] - 1), axis=axis)


def _arrangements(base: FloatArray) -> list[IntArray]:
    """Return the rows of tables in which each row must give the same derived columns.

    The same table again finds chance. The others find what depends on the order (missing
    values that are filled from the row above, cumulative sums, ranks), on the number of rows
    (means, quantiles) and on equal rows (duplicates that are dropped).
    """
    rows = np.arange(len(base))
    half = len(base) // 2
    n_missing = np.isnan(base).sum(axis=1)
    alone = np.unique([0, len(base) - 1, int(np.argmax(n_missing))])
    tables = [rows, rows[::-1], np.tile(rows, 2), rows[:half], rows[half:]]
    return [*(table for table in tables if len(table)), *alone[:, None]]


def owners(
    derive: Callable[[Any], FloatArray],
    to_table: Callable[[FloatArray], Any],
    rows: FloatArray,
    supports: Sequence[FloatArray],
    rng_seed: int,
    *,
    has_levels: BoolArray | None = None,
    names: Sequence[str] | None = None,
) -> IntArray:
    """Find the column of the table that each derived column depends on.

    Names of derived columns say nothing reliable, so that one column at a time is perturbed in
    a few rows. What happens in rare combinations of values only may be missed.

    Parameters
    ----------
    derive : callable
        Function from a table to derived columns of shape (n_rows, n_derived).

    to_table : callable
        Function from a float matrix of shape (n_rows, n_raw) to a table.

    rows : ndarray of shape (n_rows, n_raw)
        Rows of the table as floats; missing values are NaN.

    supports : sequence of ndarray
        For each column the values to try; with NaN where the column may be missing.

    rng_seed : int
        Seed of the base rows.

    has_levels : ndarray of bool of shape (n_raw,), default=None
        Columns of levels or whole numbers, all of whose values are tried; `None` for none. The
        values of other columns are all tried where some derived column did not change.

    names : sequence of str or None, default=None
        Names of the columns, for messages; `None` for x0, x1, ...

    Returns
    -------
    owner : ndarray of int of shape (n_derived,)
        Index of a column; -1 for a derived column that did not change.

    Raises
    ------
    UnreadableError
        If a derived column depends on several columns, or on other rows of the table.
    """
    points = [_distinct(support) for support in supports]
    has_levels = np.zeros(len(points), dtype=bool) if has_levels is None else has_levels
    base = _base_rows(rows, points, np.random.default_rng(rng_seed))
    probe = _Probe(derive, to_table, base, derive(to_table(base)))
    probe.check_rows_alone()
    width, n_derived = base.shape[1], probe.derived.shape[1]
    budget = _ALL_CELLS // max(1, len(base) * width * (width + n_derived))
    n_points = min(_MOST_POINTS, max(_LEAST_POINTS, budget))
    some = [_spread(values, n_points) for values in points]
    owner = np.full(n_derived, -1)
    _find(owner, probe, some, names)
    # A level that was not tried may have a derived column of its own.
    has_more = np.array([len(values) > n_points for values in points])
    most = _ALL_CELLS // (_N_LAST_BASE * (width + n_derived))
    others = _levels(points, has_more & has_levels, most)
    if (owner < 0).any():
        most -= sum(map(len, others))
        for column, values in _numbers(points, has_more & ~has_levels, most, n_points):
            others[column] = values
    _find(owner, probe.on(np.array([0, len(base) - 1])), others, names)
    return owner


def _levels(points: Sequence[FloatArray], is_tried: BoolArray, most: int) -> list[FloatArray]:
    """Return all values of some columns, and none of the others."""
    found = [values if tried else values[:0] for values, tried in zip(points, is_tried)]
    if sum(map(len, found)) > most:
        raise UnreadableError(
            "the columns have too many levels to find which of them each derived column belongs to"
        )
    return found


def _numbers(
    points: Sequence[FloatArray], is_tried: BoolArray, most: int, n_tried: int
) -> Iterator[tuple[int, FloatArray]]:
    """Yield more values of columns than were tried, at most so many in total."""
    columns = np.flatnonzero(is_tried).tolist()
    n_each = most // max(1, len(columns))
    if n_each > n_tried:
        yield from ((column, _spread(points[column], n_each)) for column in columns)


def _find(
    owner: IntArray,
    probe: _Probe,
    points: Sequence[FloatArray],
    names: Sequence[str] | None,
) -> None:
    """Write the owner of each derived column that changes with a column.

    Parameters
    ----------
    owner : ndarray of int of shape (n_derived,)
        Owners that are known, else -1; written to.

    probe : _Probe
        Base rows.

    points : sequence of ndarray
        Values to try, for each column.

    names : sequence of str or None
        Names of the columns.

    Raises
    ------
    UnreadableError
        If a derived column changes with a second column.
    """
    per_value = len(probe.base) * (probe.base.shape[1] + probe.derived.shape[1])
    tried = [column for column, values in enumerate(points) if len(values)]
    for block in _blocks([len(points[column]) * per_value for column in tried]):
        columns = [tried[index] for index in block]
        changes = probe.changes(columns, [points[column] for column in columns])
        for column, is_changed in zip(columns, changes):
            is_shared = is_changed & (owner >= 0) & (owner != column)
            if is_shared.any():
                which = int(is_shared.argmax())
                pair = int(owner[which]), column
                raise UnreadableError(_mixed(probe.derive, which, pair, names))
            owner[is_changed] = column


def _are_equal(one: FloatArray, other: FloatArray) -> BoolArray:
    """Tell which floats are equal; NaN equals NaN."""
    are_equal: BoolArray = (one == other) | (np.isnan(one) & np.isnan(other))
    return are_equal


def _distinct(support: FloatArray) -> FloatArray:
    """Return distinct values in order, NaN at the end."""
    return np.unique(np.asarray(support, dtype=np.float64))


def _spread(values: FloatArray, n_points: int) -> FloatArray:
    """Return some of the values: the smallest, the largest, NaN, and others evenly between."""
    if len(values) <= n_points:
        return values
    missing = values[np.isnan(values)]
    present = values[~np.isnan(values)]
    kept = evenly_spread(len(present), n_points - len(missing))
    return np.concatenate([present[kept], missing])


def _base_rows(
    rows: FloatArray, points: Sequence[FloatArray], rng: np.random.Generator
) -> FloatArray:
    """Return rows of the table, and rows whose columns are drawn one by one.

    Conditions on several columns are met in few rows of a table. Each column takes its smallest
    and its largest value in a drawn row, and is missing in some, where it may be.
    """
    n_given = min(len(rows), _N_BASE // 2)
    given = rows[rng.choice(len(rows), n_given, replace=False)]
    drawn = [_drawn(values, _N_BASE - n_given, rng) for values in points]
    return np.vstack([given, np.column_stack(drawn)])


def _drawn(values: FloatArray, n_rows: int, rng: np.random.Generator) -> FloatArray:
    """Return values of one column at even steps of their ranks, in random order."""
    present = values[~np.isnan(values)]
    n_missing = n_rows // 3 if len(present) < len(values) else 0
    if not len(present):
        return np.full(n_rows, np.nan)
    ranks = evenly_spread(len(present), n_rows - n_missing)
    return rng.permutation(np.concatenate([present[ranks], np.full(n_missing, np.nan)]))


def _blocks(cells: Sequence[int]) -> Iterator[list[int]]:
    """Yield columns whose tables together stay within the cells of a block."""
    block: list[int] = []
    total = 0
    for column, own in enumerate(cells):
        if block and total + own > _BLOCK_CELLS:
            yield block
            block, total = [], 0
        block.append(column)
        total += own
    if block:
        yield block


def _of_steps(derive: Callable[[Any], FloatArray]) -> str:
    steps = steps_of(derive)
    return f" of {steps}" if steps else ""


def _mixed(
    derive: Callable[[Any], FloatArray],
    which: int,
    columns: tuple[int, int],
    names: Sequence[str] | None,
) -> str:
    """Say which columns a derived column depends on."""
    one, other = (repr(f"x{column}" if names is None else str(names[column])) for column in columns)
    steps = steps_of(derive)
    mixes = "mix" if "," in steps else "mixes"
    begin = f"{steps} {mixes} the columns {one} and {other}: " if steps else ""
    end = "both" if steps else f"the columns {one} and {other}"
    return f"{begin}derived column {which} changes with {end}"
