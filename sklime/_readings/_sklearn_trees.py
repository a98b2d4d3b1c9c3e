"""Readers of scikit-learn's trees, forests and bagged models."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingClassifier,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import BaseDecisionTree
from sklearn.utils import check_array

from sklime._readings._reading import Reading, UnreadableError, as_floats
from sklime._readings._registry import Read
from sklime._readings._trees import LEAF, Trees, largest_rounded_up_to
from sklime.utils._types import FloatArray, IntArray

__all__ = [
    "BaggingReader",
    "RefusedEnsembleReader",
    "SklearnForestReader",
    "check_method",
    "sklearn_tree",
]

_FORESTS = (
    RandomForestClassifier,
    RandomForestRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
)

# Why the answers of other ensembles of trees are no sums of trees.
_REFUSED: dict[type, str] = {
    IsolationForest: "returns a power of the mean depth of its trees, which is no sum of trees",
    AdaBoostClassifier: "counts weighted votes of its estimators, which are no sum of trees",
    AdaBoostRegressor: "returns a weighted median of its estimators, which is no sum of trees",
}

# What a method of a model returns, for messages.
_ANSWERS = {
    "predict": "labels",
    "predict_proba": "probabilities",
    "predict_log_proba": "logarithms of probabilities",
}


class SklearnForestReader:
    """Reads random forests, ensembles of extra trees, and single trees: forests of one tree."""

    def can_read(self, model: Any) -> bool:
        """Tell whether a model is a tree or a forest.

        Parameters
        ----------
        model : object
            Fitted model.

        Returns
        -------
        can_read : bool
            Of classifiers, `predict_proba` is read, of regressors `predict`.
        """
        return isinstance(model, (BaseDecisionTree, *_FORESTS))

    def read(self, model: Any, method: str, read: Read) -> Reading:
        """Read a tree or a forest.

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
            A classifier of several outputs has the classes of all of them side by side.

        Raises
        ------
        UnreadableError
            For other methods.
        """
        estimators = [model] if isinstance(model, BaseDecisionTree) else model.estimators_
        return _mean_of_trees(model, estimators, method)


class BaggingReader:
    """Reads bagged models whose estimators can be read."""

    def can_read(self, model: Any) -> bool:
        """Tell whether a model is bagged.

        Parameters
        ----------
        model : object
            Fitted model.

        Returns
        -------
        can_read : bool
            Whether its estimators can be read is not looked at.
        """
        return isinstance(model, BaggingClassifier | BaggingRegressor)

    def read(self, model: Any, method: str, read: Read) -> Reading:
        """Read a bagged model as the mean of its estimators.

        Parameters
        ----------
        model : estimator
            Fitted bagged model.

        method : str
            Method whose answers are read.

        read : callable
            Reads the estimators.

        Returns
        -------
        reading : Reading
            Mean of the answers of the estimators, each on its own columns.

        Raises
        ------
        UnreadableError
            If an estimator cannot be read, or if the model counts votes.
        """
        readable = ("predict_proba", "decision_function") if is_classifier(model) else ("predict",)
        check_method(model, method, readable)
        _check_bag(model, method)
        parts = [
            _on_columns(_in_classes(read(part, method), part, model, method), columns, model)
            for part, columns in zip(model.estimators_, model.estimators_features_)
        ]
        n_outputs = {part.n_outputs for part in parts}
        if len(n_outputs) > 1:
            raise UnreadableError(f"estimators of {_name(model)} have different numbers of outputs")
        factors = np.eye(n_outputs.pop()) / len(parts)
        return Reading.sum(parts).mapped(factors, np.zeros(len(factors)))


class RefusedEnsembleReader:
    """Says why other ensembles of trees cannot be read."""

    def can_read(self, model: Any) -> bool:
        """Tell whether a model is an ensemble of trees that is no sum of them.

        Parameters
        ----------
        model : object
            Fitted model.

        Returns
        -------
        can_read : bool
            Such a model is known; it is always refused.
        """
        return isinstance(model, tuple(_REFUSED))

    def read(self, model: Any, method: str, read: Read) -> Reading:
        """Refuse a model.

        Parameters
        ----------
        model : estimator
            Fitted model.

        method : str
            Name of a method.

        read : callable
            Not called.

        Returns
        -------
        reading : Reading
            Never.

        Raises
        ------
        UnreadableError
            Always.
        """
        reason = next(reason for kind, reason in _REFUSED.items() if isinstance(model, kind))
        raise UnreadableError(f"{_name(model)} {reason}")


def check_method(model: Any, method: str, readable: Sequence[str]) -> None:
    """Check that a method of a model of scikit-learn can be read.

    Parameters
    ----------
    model : estimator
        Fitted model.

    method : str
        Method whose answers are read.

    readable : sequence of str
        Methods that can be read, the best one first.

    Raises
    ------
    UnreadableError
        If the method is another one, or if a subclass has its own.
    """
    name = _name(model)
    if method not in readable:
        is_label = method == "predict" and not is_classifier(model)
        answer = None if is_label else _ANSWERS.get(method)
        subject = f"{method} of {name} is" if answer is None else f"{answer} of {name} are"
        raise UnreadableError(f"{subject} no sum of trees; response_method={readable[0]!r} is")
    own = getattr(type(model), method, None)
    if own is None:
        raise UnreadableError(f"{name} has no method {method!r}")
    if not own.__module__.startswith("sklearn."):
        raise UnreadableError(f"{name} has a method {method!r} that is not scikit-learn's")


def sklearn_tree(tree: Any, values: FloatArray) -> Trees:
    """Return a tree of scikit-learn.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
        Attribute `tree_` of a fitted estimator.

    values : ndarray of shape (n_nodes, n_outputs)
        Answer of each node if it were a leaf.

    Returns
    -------
    trees : Trees
        Over the columns of the table.
    """
    is_leaf = tree.children_left == LEAF
    return Trees(
        left=tree.children_left,
        right=tree.children_right,
        feature=np.where(is_leaf, LEAF, tree.feature),
        # Trees cast the table to single precision, but hold thresholds in double precision.
        threshold=largest_rounded_up_to(tree.threshold),
        missing_left=tree.missing_go_to_left.astype(bool),
        values=np.where(is_leaf[:, None], values, 0.0),
        roots=np.array([0]),
    )


def _mean_of_trees(model: Any, estimators: Sequence[Any], method: str) -> Reading:
    """Return the reading of the mean of trees of scikit-learn."""
    check_method(model, method, ("predict_proba" if is_classifier(model) else "predict",))
    factor = 1.0 / len(estimators)
    trees = Trees.concatenate(
        [
            sklearn_tree(estimator.tree_, _leaf_values(estimator)).scaled(factor)
            for estimator in estimators
        ]
    )
    n_features = model.n_features_in_
    return Reading(
        derive=as_floats,
        n_derived=n_features,
        base=np.zeros(trees.n_outputs),
        trees=trees,
        copies=np.arange(n_features),
    )


def _leaf_values(estimator: Any) -> FloatArray:
    """Return the answers of the nodes of a tree; classes of several outputs side by side."""
    values = estimator.tree_.value
    if not is_classifier(estimator):
        means: FloatArray = values[:, :, 0]
        return means
    # Outputs with fewer classes than others are padded.
    n_classes = np.atleast_1d(estimator.n_classes_)
    return np.hstack([values[:, output, :count] for output, count in enumerate(n_classes)])


def _check_bag(model: Any, method: str) -> None:
    """Check that a bagged model is the mean of its estimators."""
    name = _name(model)
    if model.n_estimators != len(model.estimators_):
        # Bagging divides by the parameter, not by the number of fitted estimators.
        raise UnreadableError(
            f"n_estimators={model.n_estimators} of {name} is not the number of its estimators, "
            f"{len(model.estimators_)}"
        )
    without = [part for part in model.estimators_ if not hasattr(part, method)]
    if without and method == "predict_proba":
        raise UnreadableError(
            f"{name} counts votes, since {_name(without[0])} has no method 'predict_proba'"
        )
    if without:
        raise UnreadableError(f"{_name(without[0])} within {name} has no method {method!r}")


def _in_classes(reading: Reading, part: Any, model: Any, method: str) -> Reading:
    """Return the probabilities of an estimator among the classes of the bagged model."""
    if method != "predict_proba" or len(part.classes_) == model.n_classes_:
        return reading
    # A sample without a class: the estimator has never heard of it.
    matrix = np.zeros((len(part.classes_), model.n_classes_))
    matrix[np.arange(len(matrix)), part.classes_] = 1.0
    return reading.mapped(matrix, np.zeros(model.n_classes_))


def _on_columns(reading: Reading, columns: IntArray, model: Any) -> Reading:
    """Return the reading of an estimator that takes some columns of the table."""
    if reading.derive is not as_floats:
        copies = reading.copies
        if copies is not None:
            copies = np.where(copies < 0, -1, columns[copies])
        return replace(reading.after(_TakeColumns(tuple(columns.tolist()))), copies=copies)
    # All estimators share the columns of the table, so that one column stays one.
    n_features = model.n_features_in_
    return replace(
        reading,
        n_derived=n_features,
        trees=None if reading.trees is None else reading.trees.on_columns(columns),
        coefficients=_spread(reading.coefficients, columns, n_features),
        copies=np.arange(n_features),
    )


def _spread(
    coefficients: FloatArray | None, columns: IntArray, n_features: int
) -> FloatArray | None:
    """Return slopes among all columns; a column that was drawn twice has the sum."""
    if coefficients is None:
        return None
    spread = np.zeros((n_features, coefficients.shape[1]))
    np.add.at(spread, columns, coefficients)
    return spread


@dataclass(frozen=True)
class _TakeColumns:
    """Columns of a table as an estimator within a bagged model gets them; can be pickled."""

    columns: tuple[int, ...]

    def __call__(self, table: Any) -> Any:
        table = check_array(
            table, accept_sparse=["csr", "csc"], dtype=None, ensure_all_finite=False
        )
        return table[:, list(self.columns)]


def _name(model: Any) -> str:
    return type(model).__name__
