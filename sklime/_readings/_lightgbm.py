"""Reading of LightGBM, from the text of the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklime._readings._boosters import (
    LevelNodes,
    check_booster_method,
    codes_in_levels,
    column_of,
    has_levels,
    positions,
    with_codes,
)
from sklime._readings._reading import Reading, UnreadableError, as_floats
from sklime._readings._registry import Read
from sklime._readings._trees import LEAF, Trees
from sklime._responses._raw_scores import booster_package
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["LightGBMReader"]

# LightGBM takes numbers of at most this size for 0, before it compares them.
_ZERO = float(np.float32(1e-35))

# Bits of the type of a decision, and what the last two say of missing values.
_IS_LEVELS, _DEFAULT_LEFT, _MISSING_SHIFT = 1, 2, 2
_ZERO_IS_MISSING, _NAN_IS_MISSING = 1, 2

# Objectives whose `predict` is the sum of the trees. Without a name it is the user's own.
_IDENTITY = {
    "",
    "custom",
    "none",
    "regression",
    "regression_l1",
    "huber",
    "fair",
    "quantile",
    "mape",
    "lambdarank",
    "rank_xendcg",
}


class LightGBMReader:
    """Reads the classes of LightGBM and its own ``Booster``."""

    def can_read(self, model: Any) -> bool:
        """Tell whether a model is one of LightGBM.

        Parameters
        ----------
        model : object
            Fitted model.

        Returns
        -------
        can_read : bool
            Also for subclasses of its classes.
        """
        return booster_package(model) == "lightgbm"

    def read(self, model: Any, method: str, read: Read) -> Reading:
        """Read a booster.

        Parameters
        ----------
        model : LGBMModel or lightgbm.Booster
            Fitted model.

        method : str
            ``"decision_function"`` for the raw score; ``"predict"`` of regressors and rankers
            whose objective has no link.

        read : callable
            Not used.

        Returns
        -------
        reading : Reading
            Trees up to the best iteration, where the model stopped early.

        Raises
        ------
        UnreadableError
            For linear trees, and for methods that are no sum of trees.
        """
        booster = getattr(model, "booster_", model)
        # The text without arguments ends where `predict` does: at the best iteration.
        header, blocks = _parsed(booster.model_to_string())
        check_booster_method(model, method, _link(header))
        _check_options(model, blocks)
        nodes = _Nodes.of(blocks)
        n_per_iteration = int(header["num_tree_per_iteration"])
        values = nodes.values(n_per_iteration)
        if method == "predict" and "average_output" in header:
            values /= len(blocks) / n_per_iteration
        # Numbers have a range in square brackets; levels, and columns without splits, have not.
        is_number = np.array([info[0] == "[" for info in header["feature_infos"].split()])
        return _reading(nodes, values, is_number, booster.pandas_categorical or ())


def _parsed(text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Return the fields of the header and of each tree."""
    trees = text.partition("\nend of trees")[0].split("\nTree=")
    return _fields(trees[0]), [_fields(tree) for tree in trees[1:]]


def _fields(block: str) -> dict[str, str]:
    fields = (line.partition("=") for line in block.split("\n"))
    return {name: value for name, _, value in fields}


def _link(header: dict[str, str]) -> str | None:
    """Return the objective if `predict` is not the sum of the trees."""
    objective = header.get("objective", "")
    name, *options = objective.split() or [""]
    return None if name in _IDENTITY and "sqrt" not in options else objective


def _check_options(model: Any, blocks: Sequence[dict[str, str]]) -> None:
    name = type(model).__name__
    if any(block.get("is_linear", "0") != "0" for block in blocks):
        raise UnreadableError(
            f"{name} has linear models in its leaves (linear_tree=True); fit it with "
            "linear_tree=False"
        )
    options = model.get_params() if hasattr(model, "get_params") else {}
    if options.get("pred_early_stop"):
        raise UnreadableError(
            f"{name} stops adding trees early in predict (pred_early_stop=True); set "
            "pred_early_stop=False"
        )


def _joined(blocks: Sequence[dict[str, str]], name: str) -> FloatArray:
    """Return the numbers of a field of all trees, one after another."""
    texts = " ".join(block.get(name, "") for block in blocks).split()
    return np.array(texts, dtype=np.float64)


@dataclass(frozen=True)
class _Nodes:
    """Nodes of all trees: the splits of a tree, then its leaves, as LightGBM numbers them."""

    roots: IntArray
    is_split: BoolArray
    left: IntArray
    right: IntArray
    feature: IntArray
    limit: FloatArray
    decision: IntArray
    leaf_values: FloatArray
    listed: Sequence[FloatArray]

    @classmethod
    def of(cls, blocks: Sequence[dict[str, str]]) -> "_Nodes":
        n_leaves = np.array([int(block["num_leaves"]) for block in blocks])
        sizes = 2 * n_leaves - 1
        roots = np.cumsum(np.concatenate([[0], sizes]))[:-1]
        first_leaf = np.repeat(roots + n_leaves - 1, sizes)
        is_split = np.arange(sizes.sum()) < first_leaf

        def of_splits(name: str, other: float) -> FloatArray:
            values = np.full(is_split.size, float(other))
            values[is_split] = _joined(blocks, name)
            return values

        def children(name: str) -> IntArray:
            child = of_splits(name, 0).astype(np.int64)
            child = np.where(child < 0, first_leaf + ~child, np.repeat(roots, sizes) + child)
            return np.where(is_split, child, LEAF)

        return cls(
            roots,
            is_split,
            children("left_child"),
            children("right_child"),
            of_splits("split_feature", LEAF).astype(np.int64),
            of_splits("threshold", 0),
            of_splits("decision_type", 0).astype(np.int64),
            _joined(blocks, "leaf_value"),
            [codes for block in blocks for codes in _lists(block)],
        )

    def values(self, n_outputs: int) -> FloatArray:
        """Return what each node adds; trees take turns in serving the outputs."""
        tree = np.searchsorted(self.roots, np.arange(self.is_split.size), side="right") - 1
        values = np.zeros((self.is_split.size, n_outputs))
        leaves = np.flatnonzero(~self.is_split)
        values[leaves, tree[leaves] % n_outputs] = self.leaf_values
        return values

    def level_nodes(self) -> LevelNodes:
        """Return the nodes of levels; their lists stand in the order of the nodes."""
        nodes = np.flatnonzero(self.is_split & (self.decision & _IS_LEVELS > 0))
        return LevelNodes(nodes, self.feature[nodes], self.listed, goes_left=True)

    def zero_is_missing(self) -> tuple[int, ...]:
        """Return the columns in which 0 is a missing value."""
        numeric = self.is_split & (self.decision & _IS_LEVELS == 0)
        is_zero = (self.decision >> _MISSING_SHIFT) & 3 == _ZERO_IS_MISSING
        columns = np.unique(self.feature[numeric & is_zero])
        if np.isin(self.feature[numeric & ~is_zero], columns).any():
            raise UnreadableError(
                "its trees were trained with and without zero_as_missing; train all with one"
            )
        return tuple(columns.tolist())


def _lists(block: dict[str, str]) -> list[FloatArray]:
    """Return the codes that each split by levels of a tree sends left, split by split."""
    if int(block.get("num_cat", "0")) == 0:
        return []
    # One bit for each code: large codes make many words, nearly all of which are 0.
    words = np.fromstring(block["cat_threshold"], dtype=np.uint32, sep=" ")
    bounds = np.array(block["cat_boundaries"].split(), dtype=np.int64)
    used = np.flatnonzero(words)
    octets = words[used].astype("<u4").view(np.uint8).reshape(-1, 4)
    word, bit = np.nonzero(np.unpackbits(octets, axis=1, bitorder="little"))
    number_of = np.searchsorted(bounds, used[word], side="right") - 1
    codes = (32 * (used[word] - bounds[number_of]) + bit).astype(np.float64)
    ends = np.searchsorted(number_of, np.arange(1, len(bounds) - 1))
    by_number = np.split(codes, ends)
    is_levels = np.array(block["decision_type"].split(), dtype=np.int64) & _IS_LEVELS > 0
    numbers = np.array(block["threshold"].split(), dtype=np.float64)[is_levels]
    return [by_number[int(number)] for number in numbers]


def _reading(
    nodes: _Nodes, values: FloatArray, is_number: BoolArray, levels: Sequence[Sequence[Any]]
) -> Reading:
    """Return the trees over columns with codes of levels."""
    level_nodes = nodes.level_nodes()
    known, zeros = level_nodes.known(), nodes.zero_is_missing()
    trees = Trees(
        left=nodes.left,
        right=nodes.right,
        feature=nodes.feature,
        threshold=_thresholds(nodes.limit),
        missing_left=_missing_left(nodes),
        values=values,
        roots=nodes.roots,
        levels=level_nodes.splits(len(nodes.left)),
    )
    n_columns = len(is_number)
    copies = np.where(is_number, np.arange(n_columns), -1)
    copies[list(zeros)] = -1
    derive: Any = as_floats
    if known or zeros or len(levels):
        named = tuple(tuple(own) for own in levels)
        derive = _Columns(n_columns, tuple(known.items()), zeros, named)
    return Reading(derive, n_columns, np.zeros(values.shape[1]), trees=trees, copies=copies)


def _thresholds(limits: FloatArray) -> FloatArray:
    """Return thresholds of numbers as they are, not as LightGBM rounds them to 0."""
    below = np.nextafter(-_ZERO, -np.inf)
    limits = np.where((limits >= -_ZERO) & (limits < 0.0), below, limits)
    return np.where((limits >= 0.0) & (limits < _ZERO), _ZERO, limits)


def _missing_left(nodes: _Nodes) -> BoolArray:
    """Tell where NaN goes; where there were no missing values in training, it is 0."""
    decision = nodes.decision
    missing = (decision >> _MISSING_SHIFT) & 3
    is_known = (missing == _NAN_IS_MISSING) | (missing == _ZERO_IS_MISSING)
    left = np.where(is_known, decision & _DEFAULT_LEFT > 0, nodes.limit >= 0.0)
    goes_left: BoolArray = left & nodes.is_split & (decision & _IS_LEVELS == 0)
    return goes_left


@dataclass(frozen=True)
class _Columns:
    """Columns as LightGBM sees them, with positions in place of levels; can be pickled.

    Attributes
    ----------
    n_columns : int
        Number of columns of the table.

    known : tuple of (int, tuple of float)
        Columns that are split by levels, and the codes that some split lists.

    zeros : tuple of int
        Columns in which 0 is missing.

    levels : tuple of tuple
        Levels of each categorical column of the training frame, in the order of columns.
    """

    n_columns: int
    known: tuple[tuple[int, tuple[float, ...]], ...]
    zeros: tuple[int, ...]
    levels: tuple[tuple[Any, ...], ...]

    def __call__(self, table: Any) -> FloatArray:
        if hasattr(table, "toarray"):
            table = table.toarray()
        derived = with_codes(table, self.n_columns, self._codes(table))
        for column, known in self.known:
            # LightGBM cuts the fraction off: -0.5 is level 0.
            derived[:, column] = positions(np.trunc(derived[:, column]), known)
        zeros = list(self.zeros)
        derived[:, zeros] = np.where(np.abs(derived[:, zeros]) <= _ZERO, np.nan, derived[:, zeros])
        return derived

    def _codes(self, table: Any) -> dict[int, FloatArray]:
        """Return codes of the categorical columns of a frame, by their levels in training."""
        if not hasattr(table, "iloc"):
            return {}
        columns = [k for k in range(self.n_columns) if has_levels(column_of(table, k))]
        codes = {
            column: codes_in_levels(column_of(table, column), levels)
            for column, levels in zip(columns, self.levels)
        }
        # LightGBM reads an unknown level as a missing value.
        return {column: np.where(own < 0, np.nan, own) for column, own in codes.items()}
