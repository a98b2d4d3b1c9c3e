"""Reader of scikit-learn's histogram gradient boosting."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from sklime._readings._reading import Reading, UnreadableError, as_floats
from sklime._readings._registry import Read
from sklime._readings._sklearn_trees import check_method
from sklime._readings._trees import LEAF, LevelSplits, Trees
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["HistogramGradientBoostingReader"]

# Fields of a node that a reading needs. A version without one of them is refused.
_FIELDS = {
    "value",
    "feature_idx",
    "num_threshold",
    "missing_go_to_left",
    "left",
    "right",
    "is_leaf",
    "is_categorical",
    "bitset_idx",
}

_BITS_PER_WORD = 32


class HistogramGradientBoostingReader:
    """Reads histogram gradient boosting: scores of classifiers, predictions of regressors."""

    def can_read(self, model: Any) -> bool:
        """Tell whether a model is one of histogram gradient boosting.

        Parameters
        ----------
        model : object
            Fitted model.

        Returns
        -------
        can_read : bool
            Of classifiers, `decision_function` is read, of regressors `predict`.
        """
        return isinstance(model, HistGradientBoostingClassifier | HistGradientBoostingRegressor)

    def read(self, model: Any, method: str, read: Read) -> Reading:
        """Read a model of histogram gradient boosting.

        Parameters
        ----------
        model : estimator
            Fitted model.

        method : str
            Method whose answers are read.

        read : callable
            Not called.

        Returns
        -------
        reading : Reading
            Over the table as the model prepares it: codes of categories first, then numbers.

        Raises
        ------
        UnreadableError
            For other methods, and for losses whose prediction is an exponential.
        """
        check_method(model, method, ("decision_function" if is_classifier(model) else "predict",))
        _check_link(model, method)
        # Private attributes: what the trees were grown on is nowhere else.
        base: FloatArray = np.array(_private(model, "_baseline_prediction"), dtype=np.float64)
        derive, copies = _preparation(model)
        return Reading(
            derive=derive,
            n_derived=model.n_features_in_,
            base=base.ravel(),
            trees=_all_trees(model, base.size),
            copies=copies,
        )


def _private(model: Any, name: str) -> Any:
    """Return a private attribute of a model, or refuse a version that lacks it."""
    if not hasattr(model, name):
        raise UnreadableError(
            f"{type(model).__name__} of this version of scikit-learn has no attribute {name!r}"
        )
    return getattr(model, name)


def _check_link(model: Any, method: str) -> None:
    """Check that predictions are the scores themselves."""
    if method != "predict":
        return
    link = _private(_private(model, "_loss"), "link")
    points = np.array([0.5, 1.0, 2.0])
    if not np.array_equal(link.inverse(points), points):
        raise UnreadableError(
            f"{type(model).__name__} with loss={model.loss!r} predicts the exponential of a sum "
            "of trees"
        )


def _preparation(model: Any) -> tuple[Callable[[Any], FloatArray], IntArray]:
    """Return the preparation of the table, and which of its columns are the table's own."""
    preprocessor = _private(model, "_preprocessor")
    if preprocessor is None:
        return as_floats, np.arange(model.n_features_in_)
    is_level = np.asarray(model.is_categorical_)
    # Categories come first, whatever their index in the table.
    copies = np.concatenate([np.full(is_level.sum(), -1), np.flatnonzero(~is_level)])
    return _Prepared(preprocessor), copies


@dataclass(frozen=True)
class _Prepared:
    """Codes of categories, NaN for missing and unseen ones, and numbers; can be pickled."""

    preprocessor: Any

    def __call__(self, table: Any) -> FloatArray:
        return as_floats(self.preprocessor.transform(table))


def _all_trees(model: Any, n_outputs: int) -> Trees:
    """Return the trees of all iterations; the learning rate is in their leaves."""
    n_known = _numbers_of_levels(model)
    trees = [
        _tree(model, predictor, n_known).as_output(output, n_outputs)
        for iteration in _private(model, "_predictors")
        for output, predictor in enumerate(iteration)
    ]
    return Trees.concatenate(trees)


def _numbers_of_levels(model: Any) -> IntArray:
    """Return the number of known levels of each column as the trees see it; 0 for numbers."""
    mapper = _private(model, "_bin_mapper")
    is_level = _private(model, "_is_categorical_remapped")
    if is_level is None:
        return np.zeros(model.n_features_in_, dtype=int)
    lengths = [len(levels) for levels in _private(mapper, "bin_thresholds_")]
    counts: IntArray = np.where(is_level, lengths, 0)
    return counts


def _tree(model: Any, predictor: Any, n_known: IntArray) -> Trees:
    nodes: Array = _private(predictor, "nodes")
    lacking = _FIELDS - set(nodes.dtype.names or ())
    if lacking:
        raise UnreadableError(
            f"{type(model).__name__} of this version of scikit-learn stores trees without "
            f"{min(lacking)!r}"
        )
    is_leaf = nodes["is_leaf"].astype(bool)
    missing_left = nodes["missing_go_to_left"].astype(bool)
    has_set = nodes["is_categorical"].astype(bool) & ~is_leaf
    return Trees(
        left=np.where(is_leaf, LEAF, nodes["left"].astype(int)),
        right=np.where(is_leaf, LEAF, nodes["right"].astype(int)),
        feature=np.where(is_leaf, LEAF, nodes["feature_idx"]),
        threshold=nodes["num_threshold"].copy(),
        missing_left=missing_left,
        values=np.where(is_leaf, nodes["value"], 0.0)[:, None],
        roots=np.array([0]),
        levels=_levels(nodes, has_set, _private(predictor, "raw_left_cat_bitsets"), n_known)
        if has_set.any()
        else None,
    )


def _levels(nodes: Array, has_set: BoolArray, bitsets: Array, n_known: IntArray) -> LevelSplits:
    """Return the splits by categories; levels that the model does not know count as missing."""
    missing_left = nodes["missing_go_to_left"].astype(bool)
    level = np.arange(n_known.max())
    words = bitsets[nodes["bitset_idx"][has_set]]
    goes_left = (words[:, level // _BITS_PER_WORD] >> (level % _BITS_PER_WORD).astype("u4")) & 1
    is_unknown = level >= n_known[nodes["feature_idx"][has_set]][:, None]
    set_of_node = np.full(len(nodes), -1)
    set_of_node[has_set] = np.arange(has_set.sum())
    return LevelSplits(
        set_of_node=set_of_node,
        sets=np.where(is_unknown, missing_left[has_set][:, None], goes_left.astype(bool)),
        other_left=missing_left & has_set,
    )
