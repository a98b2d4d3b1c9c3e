"""Reading of CatBoost, from the JSON of the model."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sklime._readings._boosters import (
    LevelNodes,
    check_booster_method,
    column_of,
    has_levels,
    positions,
    with_codes,
)
from sklime._readings._city_hash import city_hash
from sklime._readings._reading import Reading, UnreadableError, as_floats
from sklime._readings._registry import Read
from sklime._readings._trees import LEAF, Trees, largest_rounded_up_to
from sklime._responses._raw_scores import booster_package
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["CatBoostReader"]

# Losses for which `CatBoostRegressor.predict` returns something else than the raw score.
_LINKED = {"Poisson", "Tweedie", "RMSEWithUncertainty"}


class CatBoostReader:
    """Reads the classes of CatBoost."""

    def can_read(self, model: Any) -> bool:
        """Tell whether a model is one of CatBoost.

        Parameters
        ----------
        model : object
            Fitted model.

        Returns
        -------
        can_read : bool
            Also for subclasses of its classes.
        """
        return booster_package(model) == "catboost"

    def read(self, model: Any, method: str, read: Read) -> Reading:
        """Read a booster.

        Parameters
        ----------
        model : CatBoost
            Fitted model.

        method : str
            ``"decision_function"`` for the raw score; ``"predict"`` of regressors and rankers
            whose loss has no link.

        read : callable
            Not used.

        Returns
        -------
        reading : Reading
            Trees over numbers and over single levels.

        Raises
        ------
        UnreadableError
            For trees over computed statistics of levels, over texts or over embeddings, and for
            methods that are no sum of trees.
        """
        stored = _stored(model)
        check_booster_method(model, method, _link(model, stored))
        splits = _Splits.of(stored, type(model).__name__)
        if "oblivious_trees" in stored:
            nodes = _symmetric_nodes(stored["oblivious_trees"])
        else:
            nodes = _nested_nodes(stored.get("trees", []))
        scale, bias = stored["scale_and_bias"]
        base = np.array(np.atleast_1d(bias), dtype=np.float64)
        # A model without trees has no values either.
        values = nodes.values if len(nodes.values) else np.zeros((0, len(base)))
        base = np.broadcast_to(base, values.shape[1]).copy()
        return _reading(model, splits, nodes, values * scale, base)


def _stored(model: Any) -> dict[str, Any]:
    """Return the JSON of a model, which CatBoost writes to files only."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        stored: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return stored


def _link(model: Any, stored: dict[str, Any]) -> str | None:
    """Return the loss if `predict` is not the raw score."""
    loss = stored["model_info"].get("params", {}).get("loss_function", {}).get("type")
    is_regressor = any(kind.__name__ == "CatBoostRegressor" for kind in type(model).__mro__)
    return loss if is_regressor and loss in _LINKED else None


@dataclass(frozen=True)
class _Splits:
    """The different splits of a model, by the numbers that CatBoost gives them.

    Attributes
    ----------
    column : ndarray of int of shape (n_splits,)
        Column of the table.

    border : ndarray of shape (n_splits,)
        Largest number in single precision that goes left.

    missing_left : ndarray of bool of shape (n_splits,)
        Whether a missing value goes left.

    level : ndarray of shape (n_splits,)
        Hash of the level that goes right; NaN for splits of numbers.
    """

    column: IntArray
    border: FloatArray
    missing_left: BoolArray
    level: FloatArray

    @classmethod
    def of(cls, stored: dict[str, Any], name: str) -> "_Splits":
        numbers = stored["features_info"].get("float_features", [])
        levels = stored["features_info"].get("categorical_features", [])
        found = _different_splits(stored)
        # One that no node has, for trees without splits.
        size = max(found, default=-1) + 2
        nothing = np.full(size, np.nan)
        splits = cls(np.zeros(size, int), np.zeros(size), np.ones(size, bool), nothing)
        for index, split in found.items():
            if split["split_type"] == "FloatFeature":
                feature = numbers[split["float_feature_index"]]
                splits.border[index] = split["border"]
                splits.missing_left[index] = feature["nan_value_treatment"] != "AsTrue"
            elif split["split_type"] == "OneHotFeature":
                feature = levels[split["cat_feature_index"]]
                # The hash is signed in the JSON; here it has no sign.
                splits.level[index] = split["value"] & 0xFFFFFFFF
            else:
                raise UnreadableError(
                    f"{name} splits by statistics that it computes from levels, texts or "
                    f"embeddings ({split['split_type']}); set one_hot_max_size to the largest "
                    "number of levels, or encode the columns before the fit"
                )
            splits.column[index] = feature["flat_feature_index"]
        return splits


def _different_splits(stored: dict[str, Any]) -> dict[int, dict[str, Any]]:
    splits = [split for tree in stored.get("oblivious_trees", []) for split in tree["splits"] or []]
    below = list(stored.get("trees", []))
    while below:
        node = below.pop()
        if "split" in node:
            splits.append(node["split"])
            below += [node["left"], node["right"]]
    return {split["split_index"]: split for split in splits}


@dataclass(frozen=True)
class _Nodes:
    """Nodes of all trees; `split` is the number of a split, or `LEAF`."""

    left: IntArray
    right: IntArray
    split: IntArray
    values: FloatArray
    roots: IntArray


def _symmetric_nodes(trees: Sequence[dict[str, Any]]) -> _Nodes:
    """Return trees that have one split for each depth, as whole binary trees."""
    depths = np.array([len(tree["splits"] or []) for tree in trees], dtype=np.int64)
    n_outputs = len(trees[0]["leaf_values"]) >> depths[0] if len(trees) else 1
    sizes = 2 ** (depths + 1) - 1
    roots = np.cumsum(np.concatenate([[0], sizes]))[:-1]
    n_nodes = int(sizes.sum())
    left = np.full(n_nodes, LEAF)
    split = np.full(n_nodes, LEAF)
    values = np.zeros((n_nodes, n_outputs))
    for tree, root, depth in zip(trees, roots.tolist(), depths.tolist()):
        n_splits = 2**depth - 1
        inner = slice(root, root + n_splits)
        left[inner] = root + 2 * np.arange(n_splits) + 1
        # The last split is the highest bit of the number of a leaf.
        by_depth = [one["split_index"] for one in reversed(tree["splits"] or [])]
        split[inner] = np.repeat(by_depth, 2 ** np.arange(depth)) if depth else 0
        leaves = np.reshape(tree["leaf_values"], (-1, n_outputs))
        values[root + n_splits : root + 2 * n_splits + 1] = leaves
    return _Nodes(left, np.where(left < 0, LEAF, left + 1), split, values, roots)


def _nested_nodes(trees: Sequence[dict[str, Any]]) -> _Nodes:
    """Return trees of any shape, whose nodes hold each other."""
    left: list[int] = []
    split: list[int] = []
    values: list[Any] = []
    order: list[dict[str, Any]] = []
    roots = []
    for tree in trees:
        roots.append(len(order))
        order.append(tree)
        # The two nodes below one stand side by side.
        for node in _grown(order, len(order) - 1):
            is_leaf = "split" not in node
            left.append(LEAF if is_leaf else len(order))
            split.append(LEAF if is_leaf else node["split"]["split_index"])
            values.append(node["value"] if is_leaf else None)
            order += [] if is_leaf else [node["left"], node["right"]]
    n_outputs = max((np.size(value) for value in values if value is not None), default=1)
    zeros = [0.0] * n_outputs
    leaves = [zeros if value is None else np.ravel(value).tolist() for value in values]
    below = np.array(left, dtype=np.int64)
    return _Nodes(
        below,
        np.where(below < 0, LEAF, below + 1),
        np.array(split, dtype=np.int64),
        np.array(leaves, dtype=np.float64).reshape(-1, n_outputs),
        np.array(roots, dtype=np.int64),
    )


def _grown(order: list[dict[str, Any]], start: int) -> Any:
    """Go through a list from an index on, while it grows."""
    while start < len(order):
        yield order[start]
        start += 1


def _reading(
    model: Any, splits: _Splits, nodes: _Nodes, values: FloatArray, base: FloatArray
) -> Reading:
    """Return the trees over columns with codes of levels."""
    is_split = nodes.split != LEAF
    at = np.where(is_split, nodes.split, 0)
    level = np.where(is_split, splits.level[at], np.nan)
    by_level = np.flatnonzero(~np.isnan(level))
    column = np.where(is_split, splits.column[at], LEAF)
    level_nodes = LevelNodes(by_level, column[by_level], list(level[by_level, None]), False)
    trees = Trees(
        left=nodes.left,
        right=nodes.right,
        feature=column,
        # CatBoost rounds x to single precision, and goes left where it is at most the border.
        threshold=largest_rounded_up_to(splits.border[at]),
        missing_left=splits.missing_left[at] & is_split,
        values=values,
        roots=nodes.roots,
        levels=level_nodes.splits(len(is_split)),
    )
    columns = _columns(model, level_nodes.known())
    copies = np.arange(columns.n_columns)
    copies[[index for index, _ in columns.known]] = -1
    derive = columns if columns.known else as_floats
    return Reading(derive, columns.n_columns, base, trees=trees, copies=copies)


def _columns(model: Any, known: dict[int, tuple[float, ...]]) -> "_Columns":
    """Return which columns of the table are no numbers, and what the splits ask of them."""
    others = {
        *model.get_cat_feature_indices(),
        *model.get_text_feature_indices(),
        *model.get_embedding_feature_indices(),
    }
    return _Columns(
        int(model.n_features_in_),
        tuple((int(index), known.get(index, ())) for index in sorted(others)),
    )


@dataclass(frozen=True)
class _Columns:
    """Columns as CatBoost sees them, with positions in place of levels; can be pickled.

    Attributes
    ----------
    n_columns : int
        Number of columns of the table.

    known : tuple of (int, tuple of float)
        Columns that are no numbers, and the hashes of levels that some split asks for.
    """

    n_columns: int
    known: tuple[tuple[int, tuple[float, ...]], ...]

    def __call__(self, table: Any) -> FloatArray:
        codes = {
            index: positions(_hashes(column_of(table, index)), hashes)
            if hashes
            else np.full(table.shape[0], -1.0)
            for index, hashes in self.known
        }
        return with_codes(table, self.n_columns, codes)


def _hashes(column: Any) -> FloatArray:
    """Return the hashes of the levels of a column; NaN for missing values."""
    if has_levels(column):
        own = [_hash(level) for level in column.cat.categories]
        hashes = np.array([*own, np.nan])[np.asarray(column.cat.codes)]
        return np.asarray(hashes, dtype=np.float64)
    values = column.to_list() if hasattr(column, "to_list") else np.asarray(column).tolist()
    return np.array([_hash(value) for value in values], dtype=np.float64)


def _hash(level: Any) -> float:
    """Return the hash of a level; CatBoost hashes whole numbers as texts."""
    if isinstance(level, str):
        return float(city_hash(level) & 0xFFFFFFFF)
    if level is None or level != level:
        return np.nan
    return float(city_hash(str(int(level))) & 0xFFFFFFFF)
