"""What readers of LightGBM, XGBoost and CatBoost share: methods, levels, columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklime._readings._reading import UnreadableError, as_floats
from sklime._readings._trees import LevelSplits
from sklime._responses._model import is_classifier_like
from sklime.utils._types import Array, FloatArray, IntArray

__all__ = [
    "LevelNodes",
    "check_booster_method",
    "codes_in_levels",
    "column_of",
    "has_levels",
    "positions",
    "with_codes",
]


def check_booster_method(model: Any, method: str, link: str | None) -> None:
    """Refuse a method of a booster whose answers are no sum of trees.

    Parameters
    ----------
    model : object
        Fitted booster.

    method : str
        Method that answers.

    link : str or None
        Objective whose link `predict` undoes; `None` if `predict` is the sum of the trees.

    Raises
    ------
    UnreadableError
        With the way out.
    """
    name = type(model).__name__
    way_out = "response_method='decision_function' is"
    if method == "decision_function":
        return
    if method != "predict":
        raise UnreadableError(f"probabilities of {name} are no sum of trees; {way_out}")
    if is_classifier_like(model):
        raise UnreadableError(f"{name}.predict returns classes, which are no sum; {way_out}")
    if link is not None:
        raise UnreadableError(
            f"{name}.predict is a curved function of a sum of trees (objective {link!r}); {way_out}"
        )


def positions(numbers: FloatArray, known: Sequence[float]) -> FloatArray:
    """Return the positions of numbers among known ones.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows,)
        Codes of levels.

    known : sequence of float
        Sorted.

    Returns
    -------
    positions : ndarray of float of shape (n_rows,)
        -1 for unknown numbers, NaN for NaN.
    """
    levels = np.asarray(known, dtype=np.float64)
    if levels.size == 0:
        return np.where(np.isnan(numbers), np.nan, -1.0)
    found = np.minimum(np.searchsorted(levels, numbers), levels.size - 1)
    at = np.where(levels[found] == numbers, found, -1.0)
    return np.where(np.isnan(numbers), np.nan, at)


@dataclass(frozen=True)
class LevelNodes:
    """Nodes that send listed levels to one side.

    Attributes
    ----------
    nodes : ndarray of int of shape (n_sets,)
        Indices of the nodes.

    columns : ndarray of int of shape (n_sets,)
        Column of each node.

    listed : list of ndarray of shape (n_listed,)
        Codes of the levels that each node lists, as floats.

    goes_left : bool
        Whether listed levels go left; others, and unknown levels, go to the other side.
    """

    nodes: IntArray
    columns: IntArray
    listed: Sequence[FloatArray]
    goes_left: bool

    def known(self) -> dict[int, tuple[float, ...]]:
        """Return the levels that some node of a column lists.

        Returns
        -------
        known : dict of tuple of float
            By column, sorted.
        """
        lists: dict[int, list[FloatArray]] = {}
        for column, codes in zip(self.columns.tolist(), self.listed):
            lists.setdefault(column, []).append(codes)
        return {
            column: tuple(np.unique(np.concatenate(codes)).tolist())
            for column, codes in sorted(lists.items())
        }

    def splits(self, n_nodes: int) -> LevelSplits | None:
        """Return the nodes as splits by sets of positions.

        Parameters
        ----------
        n_nodes : int
            Number of nodes of all trees.

        Returns
        -------
        levels : LevelSplits or None
            About `positions` among `known`; `None` if there is no such node.
        """
        if len(self.nodes) == 0:
            return None
        known = self.known()
        n_levels = max(len(levels) for levels in known.values())
        sets = np.full((len(self.nodes), n_levels), not self.goes_left)
        for row, column, codes in zip(sets, self.columns.tolist(), self.listed):
            row[np.searchsorted(known[column], codes)] = self.goes_left
        set_of_node = np.full(n_nodes, -1)
        set_of_node[self.nodes] = np.arange(len(self.nodes))
        other_left = np.zeros(n_nodes, dtype=bool)
        other_left[self.nodes] = not self.goes_left
        return LevelSplits(set_of_node, sets, other_left)


def column_of(table: Any, index: int) -> Any:
    """Return one column of a table.

    Parameters
    ----------
    table : array or frame
        Table that a model takes.

    index : int
        Which column.

    Returns
    -------
    column : ndarray or column of a frame
        As the table holds it.
    """
    if hasattr(table, "iloc"):
        return table.iloc[:, index]
    return table[:, index]


def has_levels(column: Any) -> bool:
    """Tell whether a column of a frame of pandas has categories.

    Parameters
    ----------
    column : object
        Column of a table.

    Returns
    -------
    has_levels : bool
        False for columns of arrays.
    """
    return hasattr(column, "cat") and getattr(column.dtype, "name", "") == "category"


def codes_in_levels(column: Any, levels: Sequence[Any] | Mapping[Any, float]) -> FloatArray:
    """Return the codes of a categorical column in the levels of the training table.

    Parameters
    ----------
    column : Series of categories
        Column of a frame.

    levels : sequence or mapping
        Categories of the training table, in the order of their codes; or codes by categories.

    Returns
    -------
    codes : ndarray of float of shape (n_rows,)
        -1 for unknown levels, NaN for missing values.
    """
    codes = np.asarray(column.cat.codes, dtype=np.int64)
    if isinstance(levels, Mapping):
        code_of = dict(levels)
    else:
        code_of = {level: float(code) for code, level in enumerate(levels)}
    new = np.array([*(code_of.get(level, -1.0) for level in column.cat.categories), np.nan])
    return np.asarray(new[codes], dtype=np.float64)


def with_codes(table: Any, n_columns: int, codes: Mapping[int, FloatArray]) -> FloatArray:
    """Return a table of numbers, some columns of which are replaced.

    Parameters
    ----------
    table : array, sparse matrix or frame of shape (n_rows, n_columns)
        Table that a model takes.

    n_columns : int
        Number of its columns.

    codes : dict of ndarray of shape (n_rows,)
        New columns, by their indices. The old ones need not be numbers.

    Returns
    -------
    array : ndarray of shape (n_rows, n_columns)
        In double precision.
    """
    others = [index for index in range(n_columns) if index not in codes]
    derived = np.empty((table.shape[0], n_columns))
    if others:
        part: Array = table.iloc[:, others] if hasattr(table, "iloc") else table[:, others]
        derived[:, others] = as_floats(part)
    for index, values in codes.items():
        derived[:, index] = values
    return derived
