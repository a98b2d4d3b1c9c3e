"""Reading of XGBoost, from the JSON of the model."""

import json
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import logit

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
from sklime._readings._trees import LEAF, Trees, largest_rounded_up_to
from sklime._responses._raw_scores import booster_package
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["XGBoostReader"]

# Objectives whose `predict` is the sum of the trees; those that store their base before a log;
# and before a logit.
_IDENTITY = {
    "binary:logitraw",
    "reg:absoluteerror",
    "reg:expectileerror",
    "reg:linear",
    "reg:pseudohubererror",
    "reg:quantileerror",
    "reg:squarederror",
    "reg:squaredlogerror",
    "rank:map",
    "rank:ndcg",
    "rank:pairwise",
}
_LOG = {"count:poisson", "reg:gamma", "reg:tweedie", "survival:aft", "survival:cox"}
_LOGIT = {"binary:logistic", "reg:logistic"}


class XGBoostReader:
    """Reads the classes of XGBoost and its own ``Booster``."""

    def can_read(self, model: Any) -> bool:
        """Tell whether a model is one of XGBoost.

        Parameters
        ----------
        model : object
            Fitted model.

        Returns
        -------
        can_read : bool
            Also for subclasses of its classes.
        """
        return booster_package(model) == "xgboost"

    def read(self, model: Any, method: str, read: Read) -> Reading:
        """Read a booster.

        Parameters
        ----------
        model : XGBModel or xgboost.Booster
            Fitted model.

        method : str
            ``"decision_function"`` for the raw score; ``"predict"`` of regressors and rankers
            whose objective has no link.

        read : callable
            Not used.

        Returns
        -------
        reading : Reading
            The classes answer up to the best iteration, where they stopped early; a native
            booster answers with all its trees.

        Raises
        ------
        UnreadableError
            For linear boosters, for trees of several outputs, and for methods that are no sum
            of trees.
        """
        booster = model.get_booster() if hasattr(model, "get_booster") else model
        learner = json.loads(booster.save_raw("json"))["learner"]
        objective = learner["objective"]["name"]
        check_booster_method(model, method, None if objective in _IDENTITY else objective)
        trees, weights = _trees(learner["gradient_booster"], type(model).__name__)
        last = _last_iteration(model, learner, len(trees))
        parts = learner["gradient_booster"].get("gbtree", learner["gradient_booster"])["model"]
        outputs = np.array(parts["tree_info"][:last], dtype=np.int64)
        base = _base(learner, objective)
        nodes = _Nodes.of(trees[:last])
        values = nodes.values(np.array(weights[:last]), outputs, len(base))
        columns = _columns(model, learner, parts, nodes.level_nodes().known())
        return _reading(nodes, values, base, columns)


def _trees(booster: dict[str, Any], name: str) -> tuple[list[dict[str, Any]], list[float]]:
    """Return the trees and their weights."""
    if booster["name"] == "gblinear":
        raise UnreadableError(
            f"{name} with booster='gblinear' stores no trees; use booster='gbtree', or a linear "
            "model of scikit-learn"
        )
    trees = booster.get("gbtree", booster)["model"]["trees"]
    if any(int(tree["tree_param"]["size_leaf_vector"]) > 1 for tree in trees):
        raise UnreadableError(
            f"{name} has trees of several outputs (multi_strategy='multi_output_tree'); use "
            "multi_strategy='one_output_per_tree'"
        )
    return trees, booster.get("weight_drop", [1.0] * len(trees))


def _last_iteration(model: Any, learner: dict[str, Any], n_trees: int) -> int:
    """Return the number of trees that answer."""
    best = learner["attributes"].get("best_iteration")
    if best is None or not hasattr(model, "get_booster"):
        return n_trees
    parts = learner["gradient_booster"].get("gbtree", learner["gradient_booster"])["model"]
    bounds = parts.get("iteration_indptr")
    if bounds is not None:
        return int(bounds[int(best) + 1])
    numbers = learner["learner_model_param"]
    n_outputs = max(int(numbers["num_class"]), int(numbers.get("num_target", 1)), 1)
    n_parallel = int(parts["gbtree_model_param"].get("num_parallel_tree", 1))
    return (int(best) + 1) * n_outputs * max(n_parallel, 1)


def _base(learner: dict[str, Any], objective: str) -> FloatArray:
    """Return the base score of each output, on the scale of the sum of the trees."""
    numbers = learner["learner_model_param"]
    n_outputs = max(int(numbers["num_class"]), int(numbers.get("num_target", 1)), 1)
    # One number for all outputs in old versions, "[1E0,2E0]" since 3.1.
    stored = np.array(numbers["base_score"].strip("[]").split(","), dtype=np.float64)
    base = np.broadcast_to(stored, n_outputs)
    if objective in _LOG:
        return np.log(base)
    if objective in _LOGIT:
        return np.asarray(logit(base), dtype=np.float64)
    return np.array(base)


def _joined(trees: Sequence[dict[str, Any]], name: str, kind: Any = np.int64) -> Array:
    """Return a field of the nodes of all trees."""
    return np.concatenate([np.zeros(0, kind), *(np.array(tree[name], kind) for tree in trees)])


@dataclass(frozen=True)
class _Nodes:
    """Nodes of all trees, as XGBoost numbers them."""

    roots: IntArray
    tree: IntArray
    left: IntArray
    right: IntArray
    feature: IntArray
    condition: FloatArray
    default_left: BoolArray
    is_levels: BoolArray
    listed: Sequence[FloatArray]

    @classmethod
    def of(cls, trees: Sequence[dict[str, Any]]) -> "_Nodes":
        sizes = np.array([len(tree["left_children"]) for tree in trees], dtype=np.int64)
        roots = np.cumsum(np.concatenate([[0], sizes]))[:-1]
        tree = np.repeat(np.arange(len(trees)), sizes)
        left, right = _joined(trees, "left_children"), _joined(trees, "right_children")
        is_leaf = left == LEAF
        return cls(
            roots,
            tree,
            np.where(is_leaf, LEAF, left + roots[tree]),
            np.where(is_leaf, LEAF, right + roots[tree]),
            np.where(is_leaf, LEAF, _joined(trees, "split_indices")),
            # Numbers are stored with as many digits as single precision needs.
            _joined(trees, "split_conditions", np.float32).astype(np.float64),
            (_joined(trees, "default_left") > 0) & ~is_leaf,
            (_joined(trees, "split_type") > 0) & ~is_leaf,
            [codes for one in trees for codes in _lists(one)],
        )

    def values(self, weights: FloatArray, outputs: IntArray, n_outputs: int) -> FloatArray:
        """Return what each node adds to the output that its tree serves."""
        leaves = np.flatnonzero(self.left == LEAF)
        values = np.zeros((len(self.left), n_outputs))
        tree = self.tree[leaves]
        values[leaves, outputs[tree]] = self.condition[leaves] * weights[tree]
        return values

    def level_nodes(self) -> LevelNodes:
        """Return the nodes of levels; their lists stand in the order of the nodes."""
        nodes = np.flatnonzero(self.is_levels)
        return LevelNodes(nodes, self.feature[nodes], self.listed, goes_left=False)


def _lists(tree: dict[str, Any]) -> list[FloatArray]:
    """Return the codes that each split by levels of a tree sends right, node by node."""
    codes = np.array(tree.get("categories", []), dtype=np.float64)
    places = zip(
        tree.get("categories_nodes", []), tree["categories_segments"], tree["categories_sizes"]
    )
    return [codes[start : start + size] for _, start, size in sorted(places)]


def _reading(nodes: _Nodes, values: FloatArray, base: FloatArray, columns: "_Columns") -> Reading:
    """Return the trees over columns with codes of levels."""
    with np.errstate(over="ignore"):
        below = np.nextafter(nodes.condition.astype(np.float32), np.float32(-np.inf))
    trees = Trees(
        left=nodes.left,
        right=nodes.right,
        feature=nodes.feature,
        # XGBoost rounds x to single precision, and goes left where it is below the threshold.
        threshold=largest_rounded_up_to(below.astype(np.float64)),
        missing_left=nodes.default_left,
        values=values,
        roots=nodes.roots,
        levels=nodes.level_nodes().splits(len(nodes.left)),
    )
    copies = np.arange(columns.n_columns)
    copies[list(columns.categorical)] = -1
    is_plain = np.isnan(columns.missing) and not columns.categorical
    return Reading(
        as_floats if is_plain else columns,
        columns.n_columns,
        base,
        trees=trees,
        copies=copies if np.isnan(columns.missing) else None,
        is_single=True,
    )


def _columns(
    model: Any,
    learner: dict[str, Any],
    parts: dict[str, Any],
    known: dict[int, tuple[float, ...]],
) -> "_Columns":
    """Return how the model sees its columns."""
    kinds = learner.get("feature_types") or []
    categorical = tuple(sorted({*known, *(k for k, kind in enumerate(kinds) if kind == "c")}))
    given = getattr(model, "missing", None)
    missing = np.nan if given is None else float(given)
    if categorical and not np.isnan(missing):
        raise UnreadableError(
            f"{type(model).__name__} with missing={given!r} takes a code of a level for a missing "
            "value, too; use missing=np.nan"
        )
    encoders = (parts.get("cats") or {}).get("enc") or []
    return _Columns(
        int(learner["learner_model_param"]["num_feature"]),
        categorical,
        tuple(known.get(column, ()) for column in categorical),
        tuple(_levels(encoders, column) for column in categorical),
        missing,
    )


def _levels(encoders: Sequence[dict[str, Any]], column: int) -> tuple[Any, ...] | None:
    """Return the levels that XGBoost 3.1 or newer stores for a column of a training frame."""
    if column >= len(encoders) or not encoders[column]["values"]:
        return None
    values, bounds = encoders[column]["values"], encoders[column].get("offsets")
    if bounds is None:
        return tuple(values)
    # Texts are stored as bytes.
    text = np.array(values).astype(np.uint8).tobytes()
    return tuple(text[start:end].decode("utf-8") for start, end in pairwise(bounds))


@dataclass(frozen=True)
class _Columns:
    """Columns as XGBoost sees them, with positions in place of levels; can be pickled.

    Attributes
    ----------
    n_columns : int
        Number of columns of the table.

    categorical : tuple of int
        Columns of levels.

    known : tuple of tuple of float
        Codes that some split of each categorical column lists.

    levels : tuple of tuple or None
        Levels of each categorical column of the training frame; `None` where XGBoost takes
        codes as they come.

    missing : float
        What stands for a missing value beside NaN.
    """

    n_columns: int
    categorical: tuple[int, ...]
    known: tuple[tuple[float, ...], ...]
    levels: tuple[tuple[Any, ...] | None, ...]
    missing: float

    def __call__(self, table: Any) -> FloatArray:
        if hasattr(table, "toarray"):
            table = table.toarray()
        derived = with_codes(table, self.n_columns, self._codes(table))
        with np.errstate(over="ignore"):
            is_missing = derived.astype(np.float32) == np.float32(self.missing)
        derived[is_missing] = np.nan
        for column, known in zip(self.categorical, self.known):
            codes = derived[:, column]
            # A negative code is no level; the fraction of others is cut off.
            whole = np.where(codes < 0, -1.0, np.trunc(codes))
            derived[:, column] = positions(whole, known)
        return derived

    def _codes(self, table: Any) -> dict[int, FloatArray]:
        """Return codes of the categorical columns of a frame."""
        if not hasattr(table, "iloc"):
            return {}
        codes = {}
        for index, levels in zip(self.categorical, self.levels):
            column = column_of(table, index)
            if has_levels(column):
                own = tuple(column.cat.categories)
                codes[index] = codes_in_levels(
                    column, own if levels is None else _next_levels(own, levels)
                )
        return codes


def _next_levels(asked: Sequence[Any], levels: Sequence[Any]) -> dict[Any, float]:
    """Return the codes that XGBoost gives to levels of a table.

    XGBoost 3.1 and 3.2 take an unknown level for the next one in the order of numbers or of
    signed bytes. Behind the last one they raise an error.
    """
    keys = [_key(level) for level in levels]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    in_order = [keys[code] for code in order]
    places = ((level, bisect_left(in_order, _key(level))) for level in asked)
    return {level: float(order[place]) if place < len(order) else -1.0 for level, place in places}


def _key(level: Any) -> Any:
    if not isinstance(level, str):
        return level
    return bytes(byte ^ 0x80 for byte in level.encode("utf-8"))
