"""Readings of models of several members, and of constant models."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sklime._readings._reading import Reading, UnreadableError, as_floats
from sklime._readings._registry import Read
from sklime.utils._frames import n_rows
from sklime.utils._sklearn import names_in_scikit_learn
from sklime.utils._types import FloatArray

__all__ = ["CompositeReader"]


class CompositeReader:
    """Reads models of scikit-learn that are sums of others, and dummies."""

    def can_read(self, model: Any) -> bool:
        """Tell whether a model is a composite that is known.

        Parameters
        ----------
        model : object
            Fitted model.

        Returns
        -------
        can_read : bool
            True also for composites that are refused with their reason.
        """
        return any(name in _WAYS or name in _REASONS for name in names_in_scikit_learn(model))

    def read(self, model: Any, method: str, read: Read) -> Reading:
        """Read all members and add them.

        Parameters
        ----------
        model : object
            Fitted model.

        method : str
            Method whose answers are read.

        read : callable
            Reads a member.

        Returns
        -------
        reading : Reading
            Members that take the same columns share them.

        Raises
        ------
        UnreadableError
            If a member cannot be read, or if the answers are no sum over the members.
        """
        for name in names_in_scikit_learn(model):
            if name in _REASONS:
                raise UnreadableError(f"{type(model).__name__} {_REASONS[name]}")
            if name in _WAYS:
                return _WAYS[name](model, method, read)
        raise UnreadableError(f"no reader knows {type(model).__name__}")


def _members(model: Any, method: str, read: Read) -> list[Reading]:
    """Read the members; the way out of a member is none for the whole."""
    readings = []
    for member in model.estimators_:
        try:
            readings.append(read(member, method))
        except UnreadableError as error:
            kind = type(member).__name__
            raise UnreadableError(
                f"{type(model).__name__} adds members, and of its {kind} {method} cannot be read"
            ) from error
    return readings


def _weighted(readings: Sequence[Reading], weights: FloatArray) -> Reading:
    """Return the weighted sum of readings with equal numbers of outputs."""
    shift = np.zeros(readings[0].n_outputs)
    unit = np.eye(len(shift))
    scaled = [reading.mapped(weight * unit, shift) for reading, weight in zip(readings, weights)]
    return Reading.sum(scaled)


def _side_by_side(readings: Sequence[Reading]) -> Reading:
    """Return readings of one output each as one reading of several outputs."""
    n_outputs = len(readings)
    parts = [
        reading.mapped(np.eye(1, n_outputs, index), np.zeros(n_outputs))
        for index, reading in enumerate(readings)
    ]
    return Reading.sum(parts)


def _shares(model: Any) -> FloatArray:
    """Return the weights of the members that were not dropped, with sum 1."""
    weights = np.ones(len(model.estimators)) if model.weights is None else model.weights
    kept = [
        weight
        for (_, member), weight in zip(model.estimators, weights)
        if not isinstance(member, str)
    ]
    shares: FloatArray = np.asarray(kept, dtype=np.float64) / np.sum(kept)
    return shares


def _mean_of_predictions(model: Any, method: str, read: Read) -> Reading:
    return _weighted(_members(model, method, read), _shares(model))


def _mean_of_probabilities(model: Any, method: str, read: Read) -> Reading:
    if method != "predict_proba":
        raise UnreadableError(
            f"{type(model).__name__}.{method} counts votes; with voting='soft' "
            "response_method='predict_proba' is a mean over the members"
        )
    return _weighted(_members(model, method, read), _shares(model))


def _stack(model: Any, method: str, read: Read) -> Reading:
    final = read(model.final_estimator_, "predict")
    slopes = final.coefficients
    if slopes is None or final.trees is not None or final.derive is not as_floats:
        raise UnreadableError(
            f"{type(model).__name__} is a sum over its members only if the final estimator is "
            f"linear, and it is {type(model.final_estimator_).__name__}"
        )
    members = _members(model, "predict", read)
    zeros = np.zeros(final.n_outputs)
    parts = [reading.mapped(slopes[[i]], zeros) for i, reading in enumerate(members)]
    if model.passthrough:
        passed = slopes[len(members) :]
        copies = np.arange(len(passed))
        parts.append(Reading(as_floats, len(passed), zeros, coefficients=passed, copies=copies))
    total = Reading.sum(parts)
    return replace(total, base=total.base + final.base)


def _several_targets(model: Any, method: str, read: Read) -> Reading:
    return _side_by_side(_members(model, method, read))


def _one_for_each_class(model: Any, method: str, read: Read) -> Reading:
    is_one = len(model.estimators_) == 1
    if method == "predict_proba" and not (is_one or model.multilabel_):
        raise UnreadableError(
            f"{type(model).__name__}.predict_proba divides by the sum over the classes"
        )
    if method == "predict":
        raise UnreadableError(f"{type(model).__name__}.predict returns labels")
    members = _members(model, method, read)
    if is_one:
        return members[0]
    if method == "predict_proba":
        second = np.array([[0.0], [1.0]])
        members = [reading.mapped(second, np.zeros(1)) for reading in members]
    return _side_by_side(members)


def _no_columns(table: Any) -> FloatArray:
    """Return the derived columns of a constant model: none."""
    return np.empty((n_rows(table), 0))


def _constant_regressor(model: Any, method: str, read: Read) -> Reading:
    return Reading(_no_columns, 0, np.ravel(np.asarray(model.constant_, dtype=np.float64)))


def _constant_probabilities(model: Any, method: str, read: Read) -> Reading:
    if method != "predict_proba" or model.strategy == "stratified" or model.n_outputs_ > 1:
        raise UnreadableError(
            f"{type(model).__name__}(strategy={model.strategy!r}).{method} returns labels or "
            "random numbers; response_method='predict_proba' is constant with strategy='prior'"
        )
    prior = np.asarray(model.class_prior_, dtype=np.float64)
    ones = {
        "prior": prior,
        "most_frequent": np.arange(len(prior)) == prior.argmax(),
        "uniform": np.full(len(prior), 1.0 / len(prior)),
        "constant": np.asarray(model.classes_) == model.constant,
    }
    return Reading(_no_columns, 0, np.asarray(ones[model.strategy], dtype=np.float64))


# Reads one class of models.
_Way = Callable[[Any, str, Read], Reading]

_WAYS: dict[str, _Way] = {
    "VotingRegressor": _mean_of_predictions,
    "VotingClassifier": _mean_of_probabilities,
    "StackingRegressor": _stack,
    "MultiOutputRegressor": _several_targets,
    "OneVsRestClassifier": _one_for_each_class,
    "DummyRegressor": _constant_regressor,
    "DummyClassifier": _constant_probabilities,
}

_REASONS = {
    "CalibratedClassifierCV": "turns scores into probabilities along a curve",
    "OneVsOneClassifier": "counts votes of pairs of classes",
    "StackingClassifier": "feeds the answers of its members to another classifier",
    "ClassifierChain": "feeds the answers of its members to the next one",
    "RegressorChain": "feeds the answers of its members to the next one",
}
