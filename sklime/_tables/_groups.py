"""Columns that are explained together, and columns that are held.

Algorithms work on *parts*. A part is a column, or a group of columns. A group is one number, the
index of the combination of values that a row has in its columns: as levels are for a category.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np

from sklime._responses._codec import TableCodec
from sklime.utils._text import listed

__all__ = ["GroupLevels", "GroupedCodec", "held_parts", "parts_of"]


@dataclass(frozen=True)
class GroupLevels:
    """Combinations of values of a group of columns.

    Attributes
    ----------
    levels : list of str
        What each combination is called.

    n_levels : int
        How many of them were seen in `fit`.
    """

    levels: list
    n_levels: int
    is_categorical = True


@dataclass(frozen=True)
class GroupedCodec:
    """Between the user's table and the float matrix of parts.

    Attributes
    ----------
    base : TableCodec
        Between the table and the float matrix of columns.

    parts : tuple of tuple of int
        Columns of each part.

    combinations : tuple of (ndarray of shape (n_combinations, n_columns) or None)
        Values of the columns of each group; `None` for a single column.

    texts : tuple of (list of str or None)
        What each combination is called.

    indices : tuple of (dict or None)
        From the bytes of a combination that was seen in `fit` to its index.
    """

    base: TableCodec
    parts: tuple
    combinations: tuple
    texts: tuple
    indices: tuple

    @classmethod
    def fit(cls, base, parts, X):
        """Look at the combinations of a table.

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
        matrix, _ = base.read(X)
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
    def names(self):
        """Return the names of the columns as they were; empty for arrays."""
        return self.base.names

    @property
    def columns(self):
        """Return how each part is written."""
        return tuple(
            self.base.columns[part[0]] if texts is None else GroupLevels(texts, len(indices))
            for part, texts, indices in zip(self.parts, self.texts, self.indices)
        )

    @property
    def is_categorical(self):
        """Tell which parts hold levels or combinations."""
        return np.array([column.is_categorical for column in self.columns], dtype=bool)

    @property
    def is_discrete(self):
        """Tell which parts hold levels, combinations or integers."""
        of_columns = self.base.is_discrete
        return np.array([len(part) > 1 or of_columns[part[0]] for part in self.parts], dtype=bool)

    @property
    def unseen_levels(self):
        """Return the levels or combinations of each part that were not seen in `fit`."""
        of_columns = self.base.unseen_levels
        return [
            of_columns[part[0]] if rows is None else column.levels[column.n_levels :]
            for part, rows, column in zip(self.parts, self.combinations, self.columns)
        ]

    def read(self, X):
        """Return a table as floats, with the codec that knows all of its levels.

        Parameters
        ----------
        X : ndarray or frame of shape (n_samples, n_columns)
            Table of the kind that was seen.

        Returns
        -------
        matrix : ndarray of float64 of shape (n_samples, n_parts)
            Numbers, indices of levels and of combinations, NaN.

        codec : GroupedCodec
            This one, or one with what was not seen before.
        """
        of_columns, base = self.base.read(X)
        matrix = np.empty((len(of_columns), len(self.parts)))
        combinations, texts = list(self.combinations), list(self.texts)
        for number, (part, known) in enumerate(zip(self.parts, self.combinations)):
            if known is None:
                matrix[:, number] = of_columns[:, part[0]]
                continue
            rows = _comparable(of_columns[:, list(part)])
            self._check_finite(rows, part)
            matrix[:, number], new = _indices_of(rows, self.indices[number])
            if new:
                combinations[number] = np.concatenate([known, *new])
                added = _combination_texts(base, part, np.concatenate(new))
                texts[number] = self.texts[number] + added
        combinations, texts = tuple(combinations), tuple(texts)
        return matrix, replace(self, base=base, combinations=combinations, texts=texts)

    def to_table(self, matrix):
        """Make a table of the kind that was seen.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_parts)
            Numbers, indices of levels and of combinations, NaN.

        Returns
        -------
        X : ndarray or frame of shape (n_rows, n_columns)
            As `TableCodec.to_table` makes it.
        """
        return self.base.to_table(self._of_columns(matrix))

    def values(self, matrix):
        """Return what stands in the cells of a table, for people.

        Parameters
        ----------
        matrix : ndarray of shape (n_rows, n_parts)
            Numbers, indices of levels and of combinations, NaN.

        Returns
        -------
        values : ndarray of object of shape (n_rows, n_parts)
            Of a group the text of its combination.
        """
        of_columns = self.base.values(self._of_columns(matrix))
        values = np.empty(matrix.shape, dtype=object)
        for number, (part, column) in enumerate(zip(self.parts, self.columns)):
            if len(part) == 1:
                values[:, number] = of_columns[:, part[0]]
            else:
                values[:, number] = [column.levels[int(index)] for index in matrix[:, number]]
        return values

    def _of_columns(self, matrix):
        """Return the matrix of columns that a matrix of parts stands for."""
        of_columns = np.empty((len(matrix), sum(map(len, self.parts))))
        for number, (part, rows) in enumerate(zip(self.parts, self.combinations)):
            if rows is None:
                of_columns[:, part[0]] = matrix[:, number]
            else:
                of_columns[:, list(part)] = rows[matrix[:, number].astype(np.intp)]
        return of_columns

    def _check_finite(self, rows, part):
        is_infinite = np.isinf(rows)
        if is_infinite.any():
            row, index = np.argwhere(is_infinite)[0]
            names = self.base.names
            name = names[part[index]] if len(names) else f"x{part[index]}"
            raise ValueError(
                f"Input X contains infinity, in column {name}, first in row {row}; replace or "
                "remove such values before explaining."
            )


def _comparable(rows):
    """Return rows of which equal ones have equal bytes."""
    return np.ascontiguousarray(np.where(np.isnan(rows), np.nan, rows + 0.0))


def _distinct(rows):
    """Return the different rows, in an order of their values, missing ones last."""
    rows = _comparable(rows)
    _, first = np.unique(rows.view(f"V{rows.itemsize * rows.shape[1]}").ravel(), return_index=True)
    rows = rows[first]
    return rows[np.lexsort(rows.T[::-1])]


def _indices_of(rows, known):
    """Return the index of each row among known ones, and those that are not known."""
    indices, new, added = np.empty(len(rows)), {}, []
    for number, row in enumerate(rows):
        key = row.tobytes()
        index = known.get(key, new.get(key))
        if index is None:
            index = new[key] = len(known) + len(new)
            added.append(row[None])
        indices[number] = index
    return indices, added


def _combination_texts(base, part, rows):
    """Write combinations of the columns of a group."""
    of_columns = np.zeros((len(rows), len(base.columns)))
    of_columns[:, list(part)] = rows
    return [_combination_text(row) for row in base.values(of_columns)[:, list(part)].tolist()]


def _combination_text(cells):
    """Write the values of a group."""
    return ", ".join(map(_cell_text, cells))


def _cell_text(cell):
    if isinstance(cell, str):
        # In quotes where it has a comma, so that each value can be told.
        return repr(cell) if "," in cell else cell
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return "missing"
    return f"{cell:.6g}" if isinstance(cell, float) else str(cell)


def parts_of(groups, names, has_names):
    """Find the columns of each part.

    Parameters
    ----------
    groups : dict or None
        From the name of a group to its columns, by name or index.

    names : sequence of str
        Names of the columns.

    has_names : bool
        Whether columns may be called by them.

    Returns
    -------
    parts : tuple of tuple of int
        Columns of each part; a group stands where its first column does.

    part_names : tuple of str
        What each part is called.

    Raises
    ------
    ValueError
        If a group names what is no column, or a column of another group, or has the name of one.
    """
    owner = {}
    for group, columns in _checked_groups(groups).items():
        for index in _column_indices(columns, names, has_names, f"groups[{group!r}]"):
            if index in owner:
                raise ValueError(
                    f"groups has the column {names[index]} in {owner[index]!r} and in {group!r}. "
                    "A column can be in one group only."
                )
            owner[index] = group
    grouped = {}
    for index in range(len(names)):
        key = ("group", owner[index]) if index in owner else index
        grouped.setdefault(key, []).append(index)
    part_names = tuple(key[1] if isinstance(key, tuple) else names[key] for key in grouped)
    for name in set(part_names):
        if part_names.count(name) > 1:
            raise ValueError(
                f"groups has a group {name!r}, which is the name of a column outside of it. Give "
                "the group another name."
            )
    return tuple(map(tuple, grouped.values())), part_names


def held_parts(fixed, parts, part_names, names, has_names):
    """Find the columns that are held.

    Parameters
    ----------
    fixed : array-like or None
        Columns, by name or index.

    parts, part_names : tuple
        From `parts_of`.

    names : sequence of str
        Names of the columns.

    has_names : bool
        Whether columns may be called by them.

    Returns
    -------
    is_fixed : ndarray of bool of shape (n_parts,)
        Which parts are held.

    Raises
    ------
    ValueError
        If it names what is no column, a column of a group, or all columns.
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


def _checked_groups(groups):
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


def _column_indices(columns, names, has_names, what):
    """Return the indices of columns that are called by name or index."""
    if isinstance(columns, str | bytes) or not isinstance(columns, Iterable):
        raise TypeError(f"{what} is {columns!r}; pass a list of columns.")
    indices = [_column_index(item, names, has_names, what) for item in columns]
    if not indices:
        raise ValueError(f"{what} has no columns; leave it out.")
    if len(set(indices)) < len(indices):
        raise ValueError(f"{what} has a column twice: {listed(map(repr, columns))}.")
    return indices


def _column_index(item, names, has_names, what):
    if has_names and str(item) in names and not isinstance(item, bool):
        return list(names).index(str(item))
    is_index = isinstance(item, Integral) and not isinstance(item, bool | np.bool_)
    if is_index and 0 <= item < len(names):
        return int(item)
    known = f"the columns are {listed(names)}"
    if not has_names:
        known = f"the columns have no names: pass indices from 0 to {len(names) - 1}"
    raise ValueError(f"{what} has {item!r}, which is no column; {known}.")
