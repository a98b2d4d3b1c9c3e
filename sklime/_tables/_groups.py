"""Columns that are explained together, and columns that are fixed.

Algorithms work on *parts*. A part is a column or a group of columns. A group is stored as one
number per row: the index of the combination of values that the row has in the columns of the
group. A combination is to a group what a level is to a category.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np

from sklime._responses._codec import TableCodec
from sklime._responses._columns import Column
from sklime.utils._text import listed
from sklime.utils._types import BoolArray, FloatArray, ObjectArray

__all__ = ["GroupLevels", "GroupedCodec", "column_index", "held_parts", "parts_of"]

_Parts: TypeAlias = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class GroupLevels:
    """Combinations of values of a group of columns.

    Attributes
    ----------
    levels : list of str
        Name of each combination.

    n_levels : int
        Number of combinations that were seen in `fit`.
    """

    levels: list[str]
    n_levels: int
    is_categorical: ClassVar[bool] = True


@dataclass(frozen=True)
class GroupedCodec:
    """Convert between the user's table and the float matrix of parts.

    Attributes
    ----------
    base : TableCodec
        Codec between the table and the float matrix of columns.

    parts : tuple of tuple of int
        Columns of each part.

    combinations : tuple of (ndarray of shape (n_combinations, n_columns) or None)
        Values of the columns of each group; `None` for a single column.

    texts : tuple of (list of str or None)
        Name of each combination; `None` for a single column.

    indices : tuple of (dict or None)
        Index of each combination that was seen in `fit`, by its bytes.
    """

    base: TableCodec
    parts: _Parts
    combinations: tuple[FloatArray | None, ...]
    texts: tuple[list[str] | None, ...]
    indices: tuple[dict[bytes, int] | None, ...]

    @classmethod
    def fit(cls, base: TableCodec, parts: _Parts, X: Any) -> Self:
        """Learn the combinations of a table.

        Parameters
        ----------
        base : TableCodec
            Codec of the table.

        parts : tuple of tuple of int
            Columns of each part.

        X : ndarray or frame of shape (n_samples, n_columns)
            Training rows.

        Returns
        -------
        codec : GroupedCodec
            The codec.
        """
        matrix: Any = base.read(X)[0]
        combinations = tuple(
            _distinct(matrix[:, part]) if len(part) > 1 else None for part in map(list, parts)
        )
        indices = tuple(
            None if rows is None else {row.tobytes(): index for index, row in enumerate(rows)}
            for rows in combinations
        )
        texts = tuple(
            None if rows is None else _combination_texts(base, part, rows)
            for part, rows in zip(parts, combinations)
        )
        return cls(base, parts, combinations, texts, indices)

    @property
    def names(self) -> Any:
        """Return the names of the columns, unchanged; empty for arrays."""
        return self.base.names

    @property
    def columns(self) -> tuple[Column | GroupLevels, ...]:
        """Return the conversion of each part."""
        return tuple(
            self.base.columns[part[0]]
            if texts is None or indices is None
            else GroupLevels(texts, len(indices))
            for part, texts, indices in zip(self.parts, self.texts, self.indices)
        )

    @property
    def is_categorical(self) -> BoolArray:
        """Tell which parts hold levels or combinations."""
        return np.array([column.is_categorical for column in self.columns], dtype=bool)

    @property
    def is_discrete(self) -> BoolArray:
        """Tell which parts hold levels, combinations or integers."""
        of_columns = self.base.is_discrete
        return np.array([len(part) > 1 or of_columns[part[0]] for part in self.parts], dtype=bool)

    @property
    def unseen_levels(self) -> list[list[Any]]:
        """Return the levels or combinations of each part that were not seen in `fit`."""
        of_columns = self.base.unseen_levels
        return [
            of_columns[part[0]] if rows is None else list(column.levels[column.n_levels :])
            for part, rows, column in zip(self.parts, self.combinations, self.columns)
        ]

    def read(self, X: Any, first_row: int = 0) -> tuple[FloatArray, Self]:
        """Return a table as floats, with the codec that knows all of its levels.

        Parameters
        ----------
        X : ndarray or frame of shape (n_samples, n_columns)
            Table of the kind of the training table.

        first_row : int, default=0
            Index of the first row, where these are some rows of a larger table.

        Returns
        -------
        matrix : ndarray of float64 of shape (n_samples, n_parts)
            Numbers, indices of levels and of combinations, NaN.

        codec : GroupedCodec
            This codec, or one with the new levels and combinations.
        """
        of_columns: Any
        of_columns, base = self.base.read(X, first_row)
        matrix = np.empty((len(of_columns), len(self.parts)))
        combinations, texts = list(self.combinations), list(self.texts)
        known = zip(self.parts, self.combinations, self.texts, self.indices)
        for number, (part, known_rows, known_texts, known_indices) in enumerate(known):
            if known_rows is None or known_texts is None or known_indices is None:
                matrix[:, number] = of_columns[:, part[0]]
                continue
            rows = _comparable(of_columns[:, list(part)])
            self._check_finite(rows, part, first_row)
            matrix[:, number], new = _indices_of(rows, known_indices)
            if new:
                combinations[number] = np.concatenate([known_rows, *new])
                texts[number] = known_texts + _combination_texts(base, part, np.concatenate(new))
        return matrix, replace(
            self, base=base, combinations=tuple(combinations), texts=tuple(texts)
        )

    def to_table(self, matrix: FloatArray) -> Any:
        """Convert a matrix to a table of the kind of the training table.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_parts)
            Numbers, indices of levels and of combinations, NaN.

        Returns
        -------
        X : ndarray or frame of shape (n_rows, n_columns)
            Table as of `TableCodec.to_table`.
        """
        return self.base.to_table(self._of_columns(matrix))

    def values(self, matrix: FloatArray) -> ObjectArray:
        """Return the values of a table as the user wrote them.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_parts)
            Numbers, indices of levels and of combinations, NaN.

        Returns
        -------
        values : ndarray of object of shape (n_rows, n_parts)
            For a group the text of the combination.
        """
        of_columns = self.base.values(self._of_columns(matrix))
        values = np.empty(matrix.shape, dtype=object)
        for number, (part, column) in enumerate(zip(self.parts, self.columns)):
            if len(part) == 1:
                values[:, number] = of_columns[:, part[0]]
            else:
                values[:, number] = [column.levels[int(index)] for index in matrix[:, number]]
        return values

    def _of_columns(self, matrix: FloatArray) -> FloatArray:
        """Convert a matrix of parts to a matrix of columns."""
        of_columns = np.empty((len(matrix), sum(map(len, self.parts))))
        for number, (part, rows) in enumerate(zip(self.parts, self.combinations)):
            if rows is None:
                of_columns[:, part[0]] = matrix[:, number]
            else:
                of_columns[:, list(part)] = rows[matrix[:, number].astype(np.intp)]
        return of_columns

    def _check_finite(self, rows: FloatArray, part: Sequence[int], first_row: int) -> None:
        is_infinite = np.isinf(rows)
        if is_infinite.any():
            row, index = np.argwhere(is_infinite)[0]
            names = self.base.names
            name = names[part[index]] if len(names) else f"x{part[index]}"
            raise ValueError(
                f"Input X contains infinity, in column {name}, first in row {first_row + row}; "
                "replace or remove such values before explaining."
            )


def _comparable(rows: FloatArray) -> FloatArray:
    """Return the rows with one form of NaN and of zero, so that equal rows have equal bytes."""
    return np.ascontiguousarray(np.where(np.isnan(rows), np.nan, rows + 0.0))


def _distinct(rows: FloatArray) -> FloatArray:
    """Return the distinct rows, sorted by their values, missing values last."""
    rows = _comparable(rows)
    _, first = np.unique(rows.view(f"V{rows.itemsize * rows.shape[1]}").ravel(), return_index=True)
    rows = rows[first]
    return rows[np.lexsort(rows.T[::-1])]


def _indices_of(
    rows: FloatArray, known: Mapping[bytes, int]
) -> tuple[FloatArray, list[FloatArray]]:
    """Return the index of each row among known rows, and the unknown rows."""
    indices = np.empty(len(rows))
    new: dict[bytes, int] = {}
    added: list[FloatArray] = []
    for number, row in enumerate(rows):
        key = row.tobytes()
        index = known.get(key, new.get(key))
        if index is None:
            index = new[key] = len(known) + len(new)
            added.append(row[None])
        indices[number] = index
    return indices, added


def _combination_texts(base: TableCodec, part: Sequence[int], rows: FloatArray) -> list[str]:
    """Write combinations of the columns of a group."""
    of_columns = np.zeros((len(rows), len(base.columns)))
    of_columns[:, list(part)] = rows
    return [_combination_text(row) for row in base.values(of_columns)[:, list(part)].tolist()]


def _combination_text(values: Iterable[Any]) -> str:
    """Write the values of a group."""
    return ", ".join(map(_value_text, values))


def _value_text(value: Any) -> str:
    if isinstance(value, str):
        # Commas separate the values: a value with a comma gets quotes.
        return repr(value) if "," in value else value
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return "missing"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def parts_of(
    groups: Mapping[str, Iterable[Any]] | None, names: Sequence[str], has_names: bool
) -> tuple[_Parts, tuple[str, ...]]:
    """Find the columns of each part.

    Parameters
    ----------
    groups : dict or None
        From the name of a group to its columns, by name or index.

    names : sequence of str
        Names of the columns.

    has_names : bool
        Whether columns may be given by name.

    Returns
    -------
    parts : tuple of tuple of int
        Columns of each part; a group has the index of its first column.

    part_names : tuple of str
        Name of each part.

    Raises
    ------
    ValueError
        If a group contains something that is no column, or a column of another group, or if it
        has the name of another part.
    """
    owner: dict[int, str] = {}
    for group, columns in _checked_groups(groups).items():
        for index in _column_indices(columns, names, has_names, f"groups[{group!r}]"):
            if index in owner:
                raise ValueError(
                    f"groups has the column {names[index]} in {owner[index]!r} and in {group!r}. "
                    "A column can be in one group only."
                )
            owner[index] = group
    grouped: dict[Any, list[int]] = {}
    for index in range(len(names)):
        key: Any = ("group", owner[index]) if index in owner else index
        grouped.setdefault(key, []).append(index)
    part_names = tuple(key[1] if isinstance(key, tuple) else names[key] for key in grouped)
    for name, count in Counter(part_names).items():
        if count > 1:
            raise ValueError(
                f"groups has a group {name!r}, which is the name of a column outside of it. Give "
                "the group another name."
            )
    return tuple(map(tuple, grouped.values())), part_names


def held_parts(
    fixed: Iterable[Any] | None,
    parts: _Parts,
    part_names: Sequence[str],
    names: Sequence[str],
    has_names: bool,
) -> BoolArray:
    """Find the columns that are fixed.

    Parameters
    ----------
    fixed : array-like or None
        Columns, by name or index.

    parts, part_names : tuple
        From `parts_of`.

    names : sequence of str
        Names of the columns.

    has_names : bool
        Whether columns may be given by name.

    Returns
    -------
    is_fixed : ndarray of bool of shape (n_parts,)
        Which parts are fixed.

    Raises
    ------
    ValueError
        If `fixed` contains something that is no column, a column of a group, or all columns.
    """
    is_fixed = np.zeros(len(parts), dtype=bool)
    if fixed is None:
        return is_fixed
    number_of = {index: number for number, part in enumerate(parts) for index in part}
    for index in _column_indices(fixed, names, has_names, "fixed"):
        number = number_of[index]
        if len(parts[number]) > 1 or part_names[number] != names[index]:
            raise ValueError(
                f"fixed has the column {names[index]}, which is in the group "
                f"{part_names[number]!r}. Take it out of one of them."
            )
        is_fixed[number] = True
    if is_fixed.all():
        raise ValueError("fixed names all columns, so that there is nothing to explain.")
    return is_fixed


def _checked_groups(groups: Any) -> Mapping[str, Iterable[Any]]:
    if groups is None:
        return {}
    if not isinstance(groups, Mapping):
        raise TypeError(
            f"groups is of type {type(groups).__name__}; pass a dict from names of groups to lists "
            "of columns."
        )
    for group in groups:
        if not isinstance(group, str):
            raise TypeError(f"groups has the key {group!r}; names of groups are texts.")
    return groups


def _column_indices(
    columns: Any, names: Sequence[str], has_names: bool, parameter: str
) -> list[int]:
    """Return the indices of columns that are given by name or index."""
    # A mapping might mean values to hold columns at; each row keeps its own.
    is_list = isinstance(columns, Iterable) and not isinstance(columns, str | bytes | Mapping)
    if not is_list:
        raise TypeError(f"{parameter} is {columns!r}; pass a list of columns.")
    indices = [column_index(item, names, has_names, parameter) for item in columns]
    if not indices:
        raise ValueError(f"{parameter} has no columns; leave it out.")
    if len(set(indices)) < len(indices):
        raise ValueError(f"{parameter} has a column twice: {listed(map(repr, columns))}.")
    return indices


def column_index(item: Any, names: Sequence[str], has_names: bool, parameter: str) -> int:
    """Find a column that is given by name or index.

    Parameters
    ----------
    item : object
        Name or index.

    names : sequence of str
        Names of the columns.

    has_names : bool
        Whether columns may be given by name.

    parameter : str
        Word for what has the item, for messages.

    Returns
    -------
    index : int
        Index of the column.

    Raises
    ------
    ValueError
        If it is no column.
    """
    if has_names and str(item) in names and not isinstance(item, bool):
        return list(names).index(str(item))
    is_index = isinstance(item, Integral) and not isinstance(item, bool | np.bool_)
    if is_index and 0 <= item < len(names):
        return int(item)
    known = f"the columns are {listed(names)}"
    if not has_names:
        known = f"the columns have no names: pass indices from 0 to {len(names) - 1}"
    raise ValueError(f"{parameter} has {item!r}, which is no column; {known}.")
