"""Stacks: distributions of many columns of one form, computed together.

A call of NumPy for each of thousands of columns takes longer than the numbers themselves.
"""

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np

from sklime.utils._types import FloatArray, IntArray

__all__ = ["ColumnStack", "Stackable", "Stacks"]

# Fewer columns of one form are computed one by one.
_MIN_COLUMNS = 16

# Numbers in one block of columns.
_NUMBERS_PER_BLOCK = 2**18


class ColumnStack(Protocol):
    """Distributions of several columns of one form."""

    def take(self, columns: slice | list[int]) -> "ColumnStack":
        """Return the distributions of some of the columns."""
        ...

    def ppf(self, u: FloatArray) -> FloatArray:
        """Return quantiles of probabilities of shape (n_columns, n_points)."""
        ...

    def probabilities(self, ends: FloatArray) -> FloatArray:
        """Return the mass of what is at most each of ends of shape (n_columns, n_ends)."""
        ...


class Stackable(ABC):
    """A distribution of one column that can be computed with others of its form."""

    @property
    @abstractmethod
    def stack_key(self) -> Hashable:
        """Form: distributions with one key are stacked; `None` if it is computed alone."""

    @classmethod
    @abstractmethod
    def stack(cls, distributions: Sequence[Any]) -> ColumnStack:
        """Return the stack of distributions of one form."""


@dataclass(frozen=True)
class Stacks:
    """The distributions of all columns, stacked by form.

    Attributes
    ----------
    stacks : tuple of (ndarray of int, ColumnStack)
        Indices of the columns of each form, and their distributions.

    others : ndarray of int
        Indices of the columns that are computed one by one.
    """

    stacks: tuple[tuple[IntArray, ColumnStack], ...]
    others: IntArray

    @classmethod
    def of(cls, distributions: Sequence[Any]) -> Self:
        """Stack distributions.

        Parameters
        ----------
        distributions : sequence of ColumnDistribution
            One per column.

        Returns
        -------
        stacks : Stacks
            A form that few columns have is not stacked.
        """
        by_form: dict[Hashable, list[int]] = {}
        for index, one in enumerate(distributions):
            key = one.stack_key if isinstance(one, Stackable) else None
            by_form.setdefault(key, []).append(index)
        others = by_form.pop(None, [])
        stacks = []
        for columns in by_form.values():
            if len(columns) < _MIN_COLUMNS:
                others += columns
                continue
            members = [distributions[index] for index in columns]
            stacks.append((np.array(columns), type(members[0]).stack(members)))
        return cls(tuple(stacks), np.sort(np.array(others, dtype=np.intp)))

    def blocks(self, n_points: int) -> Iterator[tuple[IntArray, ColumnStack]]:
        """Yield the stacked columns, a few at a time.

        Parameters
        ----------
        n_points : int
            How many numbers each column takes.

        Yields
        ------
        columns : ndarray of int
            Indices.

        stack : ColumnStack
            Their distributions.
        """
        step = max(1, _NUMBERS_PER_BLOCK // max(1, n_points))
        for columns, stack in self.stacks:
            for start in range(0, columns.size, step):
                here = slice(start, start + step)
                yield columns[here], stack.take(here)
