"""A reading: a model as trees and linear functions of derived columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from sklime._readings._trees import Trees
from sklime.utils._sums import ordered_dot
from sklime.utils._types import FloatArray, IntArray

__all__ = ["Reading", "UnreadableError", "as_floats"]


class UnreadableError(Exception):
    """Raised by a reader for a model that it cannot turn into a reading.

    Parameters
    ----------
    reason : str
        Why, in words that end a sentence, such as "AdaBoostClassifier weighs votes".

    Examples
    --------
    >>> from sklime.readings import UnreadableError
    >>> str(UnreadableError("AdaBoostClassifier weighs votes"))
    'AdaBoostClassifier weighs votes'
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


def as_floats(table: Any) -> FloatArray:
    """Return a table of numbers as an array, in double precision.

    Parameters
    ----------
    table : ndarray, sparse matrix or frame of shape (n_rows, n_columns)
        Table that a model takes.

    Returns
    -------
    array : ndarray of shape (n_rows, n_columns)
        The same numbers; missing values are NaN.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklime.readings import as_floats
    >>> as_floats(pd.DataFrame({"age": [31, 54], "smoker": [True, False]}))
    array([[31.,  1.],
           [54.,  0.]])
    """
    if hasattr(table, "toarray"):
        table = table.toarray()
    if hasattr(table, "to_numpy") and hasattr(table, "dtypes"):
        return np.column_stack([_column(table, index) for index in range(table.shape[1])])
    return np.asarray(table, dtype=np.float64)


def _column(frame: Any, index: int) -> FloatArray:
    """Return one column of a frame as floats; extension types hold NA."""
    column = frame.iloc[:, index] if hasattr(frame, "iloc") else frame[:, index]
    if hasattr(frame, "iloc"):
        return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    return np.asarray(column.to_numpy(), dtype=np.float64)


@dataclass(frozen=True)
class Reading:
    """A model as ``base + trees(D) + D @ coefficients``, with derived columns D.

    Attributes
    ----------
    derive : callable
        Function from a table as the model takes it to the derived columns, floats of shape
        (n_rows, n_derived). Each derived column must depend on one column of the table.

    n_derived : int
        Number of derived columns.

    base : ndarray of shape (n_outputs,)
        Constant part of the answer.

    trees : Trees or None
        Trees over the derived columns.

    coefficients : ndarray of shape (n_derived, n_outputs) or None
        Slopes of the derived columns.

    copies : ndarray of int of shape (n_derived,) or None
        Index of the column of the table that a derived column equals in double precision. -1 if
        the reader does not know one. `None` for -1 everywhere.

    is_single : bool
        Whether the model adds in single precision: its answers are then compared with a wider
        tolerance.

    Examples
    --------
    The model ``5 + 2 a - b`` of a table with the columns a and b:

    >>> import numpy as np
    >>> from sklime.readings import Reading, as_floats
    >>> reading = Reading(
    ...     as_floats, n_derived=2, base=np.array([5.0]),
    ...     coefficients=np.array([[2.0], [-1.0]]), copies=np.array([0, 1]),
    ... )
    >>> reading.answer(np.array([[1.0, 3.0]]))
    array([[4.]])
    """

    derive: Callable[[Any], FloatArray]
    n_derived: int
    base: FloatArray
    trees: Trees | None = None
    coefficients: FloatArray | None = None
    copies: IntArray | None = None
    is_single: bool = False

    @property
    def n_outputs(self) -> int:
        """Return the number of columns of the answer."""
        return len(self.base)

    def answer(self, table: Any) -> FloatArray:
        """Return the answer of the reading to rows.

        Parameters
        ----------
        table : object
            Rows as the model takes them.

        Returns
        -------
        answer : ndarray of shape (n_rows, n_outputs)
            What the method of the model should return.
        """
        return self.answer_at(self.derive(table))

    def answer_at(
        self, derived: FloatArray, apply: Callable[[FloatArray], IntArray] | None = None
    ) -> FloatArray:
        """Return the answer of the reading at derived columns.

        Parameters
        ----------
        derived : ndarray of shape (n_rows, n_derived)
            Derived columns.

        apply : callable, default=None
            A faster way to the leaves that `Trees.apply` returns; `None` if there is none.

        Returns
        -------
        answer : ndarray of shape (n_rows, n_outputs)
            Sum of base, trees and linear part.
        """
        answer = np.tile(self.base, (len(derived), 1))
        if self.trees is not None:
            answer += self.trees.predict(derived, apply)
        if self.coefficients is not None:
            answer += ordered_dot(derived, self.coefficients)
        return answer

    def mapped(self, matrix: FloatArray, shift: FloatArray) -> Self:
        """Return the reading of a linear function of the answer.

        Parameters
        ----------
        matrix : ndarray of shape (n_outputs, n_new_outputs)
            Factors.

        shift : ndarray of shape (n_new_outputs,)
            Constant.

        Returns
        -------
        reading : Reading
            Of ``answer @ matrix + shift``.
        """
        trees, coefficients = self.trees, self.coefficients
        return replace(
            self,
            base=self.base @ matrix + shift,
            trees=None if trees is None else replace(trees, values=trees.values @ matrix),
            coefficients=None if coefficients is None else coefficients @ matrix,
        )

    def after(self, transform: Callable[[Any], Any]) -> Self:
        """Return the reading of the model behind a transform of the table.

        Parameters
        ----------
        transform : callable
            Function from a table to the table that the model takes.

        Returns
        -------
        reading : Reading
            Which derived columns are copies is no longer known.
        """
        derive = self.derive
        return replace(self, derive=_Composed(derive, transform), copies=None)

    @classmethod
    def sum(cls, readings: Sequence["Reading"]) -> Self:
        """Add readings of models that take the same table.

        Parameters
        ----------
        readings : sequence of Reading
            At least one; with equal numbers of outputs.

        Returns
        -------
        reading : Reading
            Its derived columns are those of all readings, side by side.
        """
        derives: list[Callable[[Any], FloatArray]] = []
        starts: list[int] = []
        width, columns = 0, []
        for reading in readings:
            # Models of the same columns share them: one column of the table stays one.
            if reading.derive not in derives:
                derives.append(reading.derive)
                starts.append(width)
                width += reading.n_derived
            start = starts[derives.index(reading.derive)]
            columns.append(start + np.arange(reading.n_derived))
        return cls(
            derive=derives[0] if len(derives) == 1 else _SideBySide(tuple(derives)),
            n_derived=width,
            base=np.sum([reading.base for reading in readings], axis=0),
            trees=_summed_trees(readings, columns),
            coefficients=_summed_coefficients(readings, columns, width),
            copies=_joined_copies(readings, columns, width),
            is_single=any(reading.is_single for reading in readings),
        )


def _summed_trees(readings: Sequence[Reading], columns: Sequence[IntArray]) -> Trees | None:
    trees = [
        reading.trees.on_columns(own)
        for reading, own in zip(readings, columns)
        if reading.trees is not None
    ]
    return Trees.concatenate(trees) if trees else None


def _summed_coefficients(
    readings: Sequence[Reading], columns: Sequence[IntArray], width: int
) -> FloatArray | None:
    if all(reading.coefficients is None for reading in readings):
        return None
    total = np.zeros((width, readings[0].n_outputs))
    for reading, own in zip(readings, columns):
        if reading.coefficients is not None:
            total[own] += reading.coefficients
    return total


def _joined_copies(
    readings: Sequence[Reading], columns: Sequence[IntArray], width: int
) -> IntArray | None:
    if all(reading.copies is None for reading in readings):
        return None
    copies = np.full(width, -1)
    for reading, own in zip(readings, columns):
        if reading.copies is not None:
            copies[own] = reading.copies
    return copies


@dataclass(frozen=True)
class _SideBySide:
    """Derived columns of several readings, side by side; can be pickled."""

    derives: tuple[Callable[[Any], FloatArray], ...]

    def __call__(self, table: Any) -> FloatArray:
        return np.hstack([derive(table) for derive in self.derives])


@dataclass(frozen=True)
class _Composed:
    """One function after another; can be pickled."""

    outer: Callable[[Any], FloatArray]
    inner: Callable[[Any], Any]

    def __call__(self, table: Any) -> FloatArray:
        return self.outer(self.inner(table))
