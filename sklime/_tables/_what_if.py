"""Explain a row beside copies of it in which some columns have other values."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from math import prod
from numbers import Integral
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from scipy import sparse

from sklime._explanations._explanation import ExplanationBatch
from sklime._responses._columns import Column
from sklime._responses._dtypes import unheld
from sklime._tables._groups import GroupedCodec, column_index
from sklime._tables._one_row import as_table
from sklime.utils._frames import is_pandas, is_polars
from sklime.utils._objects import LARGEST_EXACT, floats_of_objects, is_missing, object_array
from sklime.utils._optional import import_optional
from sklime.utils._text import UNCHANGED, listed, short_repr
from sklime.utils._types import Array, FloatArray, ObjectArray
from sklime.utils._warnings import warn

if TYPE_CHECKING:
    from sklime._tables._explainer import LimeTabularExplainer

__all__ = ["MAX_ROWS", "what_if_batch"]

# Combinations of values. More are hard to read side by side, and each row takes calls of the model.
MAX_ROWS = 256

# Whole floats below this are written without a point.
_LARGEST_WHOLE = 1e15

# Significant digits of other floats.
_MIN_DIGITS = 6
_MAX_DIGITS = 17

# From the index of a column to its new values.
_Values: TypeAlias = dict[int, list[Any]]


def what_if_batch(
    explainer: "LimeTabularExplainer",
    row: Any,
    changes: Mapping[Any, Any] | None,
    columns: Mapping[str, Any],
) -> ExplanationBatch:
    """Explain a row, and the row with other values in some columns.

    Parameters
    ----------
    explainer : LimeTabularExplainer
        Fitted explainer.

    row : array-like, Series, dict or DataFrame of one row
        The row.

    changes : mapping or None
        From the name or the index of a column to its new values.

    columns : mapping
        The same, by name alone.

    Returns
    -------
    batch : ExplanationBatch
        The row, then all combinations of the values; the last column varies fastest. With
        ``target="predicted"`` all explain the class that is predicted for the row.

    Raises
    ------
    ValueError
        If there is more than one row, nothing to change, something that is no column or no value
        of it, or more than `MAX_ROWS` combinations.

    Warns
    -----
    UserWarning
        For a level that no training row has.
    """
    table = explainer._checked(_table_of(row, explainer._codec.names))[0]
    if table.shape[0] != 1:
        raise ValueError(
            f"what_if changes one row; it got a table of {table.shape[0]} rows. Pass one of them, "
            "such as X.iloc[[i]] of a frame or X[i] of an array."
        )
    codec = explainer._codec
    base = codec.base if isinstance(codec, GroupedCodec) else codec
    names = [str(name) for name in base.names] or [f"x{i}" for i in range(table.shape[1])]
    values = _values_of(changes, columns, names, has_names=len(base.names) > 0)
    for index, new in values.items():
        _check_values(base.columns[index], names[index], new)
        _check_differ(base.columns[index], names[index], new)
    rows = list(product(*values.values()))
    ends = [_numbers_in_rules(explainer, index) for index in values]
    labels = _labels([names[index] for index in values], ends, rows)
    changed = _changed_table(table, dict(zip(values, zip(*rows))), labels)
    _warn_of_unseen(base.columns, base.read(table)[1].unseen_levels, base.read(changed)[1], names)
    # One class for all rows: numbers of several classes side by side cannot be compared.
    return explainer._for_class_of(changed)._explained_as(changed, labels)


def _table_of(row: Any, names: Any) -> Any:
    """Return a row of any kind as a table."""
    if isinstance(row, list | tuple) and np.ndim(object_array(row)) == 1 and _are_cells(row):
        # NumPy would turn numbers beside texts into texts.
        return object_array(row)[None]
    if isinstance(row, np.ndarray) and row.ndim == 1:
        return row[None]
    return as_table(row, names)


def _are_cells(row: Sequence[Any]) -> bool:
    return all(np.ndim(cell) == 0 for cell in row)


def _values_of(
    changes: Mapping[Any, Any] | None,
    columns: Mapping[str, Any],
    names: Sequence[str],
    *,
    has_names: bool,
) -> _Values:
    """Return the new values by the index of their column."""
    if changes is not None and not isinstance(changes, Mapping):
        raise TypeError(
            f"changes is of type {type(changes).__name__}; pass a dict from columns to lists of "
            "values. A column with the name 'changes' goes into this dict."
        )
    values: _Values = {}
    for column, new in [*(changes or {}).items(), *columns.items()]:
        # A table without names has those that explanations show.
        is_shown_name = not has_names and isinstance(column, str) and column in names
        index = names.index(column) if is_shown_name else None
        if index is None:
            index = column_index(column, names, has_names, "what_if")
        if index in values:
            raise ValueError(f"what_if has the column {names[index]} twice.")
        values[index] = _list_of(names[index], new)
    if not values:
        raise ValueError("what_if has no column to change; pass one, as in age=[20, 40, 60].")
    n_rows = prod(map(len, values.values()))
    if n_rows > MAX_ROWS:
        counts = " x ".join(f"{len(new)} of {names[index]}" for index, new in values.items())
        raise ValueError(
            f"what_if explains all combinations of the values: {counts} are {n_rows:,d} rows, more "
            f"than {MAX_ROWS}. Pass fewer values, or call explain on a table of these rows."
        )
    return values


def _list_of(name: str, new: Any) -> list[Any]:
    """Return the new values of a column; a single one is a list of one."""
    if isinstance(new, Mapping | set | frozenset):
        raise TypeError(
            f"what_if got a {type(new).__name__} for {name}, which has no order; pass a list of "
            "values."
        )
    is_one = isinstance(new, str | bytes) or not isinstance(new, Iterable)
    # Arrays without an axis can be iterated by type alone.
    values = [new] if is_one or getattr(new, "ndim", 1) == 0 else list(new)
    if not values:
        raise ValueError(f"what_if got no value for {name}; pass at least one.")
    wrong = [value for value in values if np.ndim(value) > 0]
    if wrong:
        raise ValueError(
            f"what_if got {short_repr(wrong[0])} among the values of {name}; pass a list of single "
            "values."
        )
    return [
        value.item() if isinstance(value, np.generic | np.ndarray) else value for value in values
    ]


def _check_values(column: Column, name: str, values: Sequence[Any]) -> None:
    """Check that a column of numbers can hold its new values."""
    if column.is_categorical:
        return
    for value in values:
        if isinstance(value, Integral) and abs(int(value)) > LARGEST_EXACT:
            raise ValueError(
                f"what_if cannot set {name} to {value}: whole numbers beyond 2**53 cannot be told "
                "apart as floats. If they are labels, name the column in categorical_features."
            )
        try:
            number = floats_of_objects(object_array([value]), name)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"what_if cannot set {name} to {short_repr(value)}: the column holds numbers."
            ) from error
        if unheld(column.dtype, number).any():
            raise ValueError(
                f"what_if cannot set {name} to {short_repr(value)}: the type of the column in the "
                f"training rows, {column.dtype}, cannot hold it."
            )


def _check_differ(column: Column, name: str, values: Sequence[Any]) -> None:
    """Check that no value of a column is given twice: both rows would have one label."""
    # In a column of objects, True is another level than 1.
    has_kinds = column.is_categorical and str(column.dtype) == "object"
    keys = [_key(value, has_kinds) for value in values]
    for place, key in enumerate(keys):
        if key in keys[:place]:
            first, again = values[keys.index(key)], values[place]
            raise ValueError(
                f"what_if got equal values for {name}: {short_repr(first)} and "
                f"{short_repr(again)}. Pass each value once."
            )


def _key(value: Any, has_kinds: bool) -> tuple[Any, ...]:
    if is_missing(value):
        return ("missing",)
    return isinstance(value, str), has_kinds and isinstance(value, bool), value


def _changed_table(table: Any, values: Mapping[int, Sequence[Any]], labels: Array) -> Any:
    """Return copies of a row with new values in some columns, the row itself first."""
    first = np.zeros(len(labels), dtype=np.intp)
    if is_pandas(table):
        # By number: names of columns may be tuples.
        frame = table.iloc[first].set_axis(labels).set_axis(range(table.shape[1]), axis=1)
        for index, new in values.items():
            frame[index] = object_array([table.iat[0, index], *new])
        return frame.set_axis(table.columns, axis=1)
    if is_polars(table):
        return _changed_polars(table, first, values)
    cells = table.toarray() if sparse.issparse(table) else table
    # As objects: an array of integers would cut the decimals of a new value.
    rows = cells.astype(object)[first]
    for index, new in values.items():
        rows[1:, index] = object_array(new)
    return rows


def _changed_polars(table: Any, first: Array, values: Mapping[int, Sequence[Any]]) -> Any:
    polars = import_optional("polars", "a polars table")
    columns = []
    for index, new in values.items():
        own = table.to_series(index)
        cells = [own[0], *new]
        if own.dtype.is_numeric() and not all(map(_is_whole, cells)):
            # Integers beside floats are no column of polars. Integers alone stay exact.
            cells = [None if is_missing(cell) else float(cell) for cell in cells]
        try:
            columns.append(polars.Series(own.name, cells))
        except TypeError:
            raise ValueError(
                f"what_if cannot set the column {own.name} to values of several types: "
                f"{listed(map(repr, cells))}. Its own are of the type {own.dtype}."
            ) from None
    return table[first.tolist()].with_columns(columns)


def _numbers_in_rules(explainer: "LimeTabularExplainer", index: int) -> FloatArray:
    """Return the numbers that rules of a column may show; none for levels and groups."""
    if (index,) not in explainer._parts:
        return np.empty(0)
    return explainer._encoder.numbers_in_rules(explainer._parts.index((index,)))


def _is_whole(cell: Any) -> bool:
    return is_missing(cell) or (isinstance(cell, Integral) and not isinstance(cell, bool))


def _labels(
    names: Sequence[str], ends: Sequence[FloatArray], rows: Sequence[tuple[Any, ...]]
) -> ObjectArray:
    """Return a label for each row: what was changed."""
    texts = [[_text(value, own) for value, own in zip(row, ends)] for row in rows]
    labels = [_label(names, row) for row in texts]
    # Values that differ in late digits; texts beside numbers of the same digits.
    for write in (str, repr):
        if max(Counter(labels).values()) > 1:
            labels = [_label(names, list(map(write, row))) for row in rows]
    return object_array([UNCHANGED, *labels])


def _label(names: Sequence[str], texts: Sequence[str]) -> str:
    return ", ".join(f"{name}={text}" for name, text in zip(names, texts))


def _text(value: Any, ends: FloatArray) -> str:
    """Write a value, with more digits where it would else contradict its rule."""
    if is_missing(value):
        return "missing"
    if not isinstance(value, float):
        return str(value)
    if value.is_integer() and abs(value) < _LARGEST_WHOLE:
        return str(int(value))
    texts = (f"{value:.{digits}g}" for digits in range(_MIN_DIGITS, _MAX_DIGITS))
    return next((text for text in texts if _is_beside(float(text), value, ends)), str(value))


def _is_beside(shown: float, value: float, ends: FloatArray) -> bool:
    """Tell whether no end is between two numbers, nor equal to one of them alone."""
    return bool(
        ((shown <= ends) == (value <= ends)).all() and ((shown < ends) == (value < ends)).all()
    )


def _warn_of_unseen(
    columns: Sequence[Column],
    known: Sequence[Sequence[Any]],
    codec: Any,
    names: Sequence[str],
) -> None:
    """Warn of new levels that neither the training rows nor the row itself have."""
    unseen = {
        name: [level for level in levels if level not in own]
        for name, column, own, levels in zip(names, columns, known, codec.unseen_levels)
        if column.is_categorical
    }
    found = [f"{name}={short_repr(level)}" for name, levels in unseen.items() for level in levels]
    if found:
        noun = "this value" if len(found) == 1 else "these values"
        warn(
            f"No training row has {listed(found)}: the model has not learnt from {noun}. Check "
            "the spelling, or read its answer with care."
        )
