"""Readings of models around one other model: pipelines, searches, thresholds, scaled targets."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sklime._readings._reading import Reading, UnreadableError
from sklime._readings._registry import Read
from sklime.utils._sklearn import names_in_scikit_learn
from sklime.utils._types import FloatArray

__all__ = ["Steps", "WrapperReader", "steps_of"]


@dataclass(frozen=True)
class Steps:
    """Transform of a table by fitted steps, one after another; can be pickled.

    Attributes
    ----------
    steps : tuple of object
        Fitted transformers themselves, not copies. At least one.
    """

    steps: tuple[Any, ...]

    def __call__(self, table: Any) -> Any:
        for step in self.steps:
            table = step.transform(table)
        return table

    def __str__(self) -> str:
        return ", ".join(type(step).__name__ for step in self.steps)


def steps_of(derive: Callable[[Any], FloatArray]) -> str:
    """Return the names of the steps in front of a model.

    Parameters
    ----------
    derive : callable
        Function from a table to the derived columns of a reading.

    Returns
    -------
    names : str
        Names of classes, separated by commas; empty if no steps are known.
    """
    names = []
    while True:
        # `Reading.after` puts the steps that come first outermost.
        inner, outer = getattr(derive, "inner", None), getattr(derive, "outer", None)
        if isinstance(inner, Steps):
            names.append(str(inner))
        if outer is None:
            return ", ".join(names)
        derive = outer


class WrapperReader:
    """Reads models of scikit-learn that hold one other model."""

    def can_read(self, model: Any) -> bool:
        """Tell whether a model is known to hold one other model.

        Parameters
        ----------
        model : object
            Fitted model.

        Returns
        -------
        can_read : bool
            True also for any object with a ``best_estimator_``, as searches have.
        """
        return hasattr(model, "best_estimator_") or _way_to_read(model) is not None

    def read(self, model: Any, method: str, read: Read) -> Reading:
        """Read the model inside.

        Parameters
        ----------
        model : object
            Fitted model.

        method : str
            Method whose answers are read.

        read : callable
            Reads the model inside.

        Returns
        -------
        reading : Reading
            Behind the steps of a pipeline its derived columns are the outputs of the steps.

        Raises
        ------
        UnreadableError
            If the model inside cannot be read, or answers otherwise.
        """
        if hasattr(model, "best_estimator_"):
            return read(model.best_estimator_, method)
        way = _way_to_read(model)
        if way is None:
            raise UnreadableError(f"no reader knows {type(model).__name__}")
        return way(model, method, read)


def _pipeline(model: Any, method: str, read: Read) -> Reading:
    *before, last = [step for _, step in model.steps]
    if last is None or isinstance(last, str):
        raise UnreadableError(f"the last step of {type(model).__name__} is {last!r}, no model")
    # Pipelines with samplers skip these in prediction; samplers have no `transform`.
    steps = tuple(step for step in before if hasattr(step, "transform"))
    reading = read(last, method)
    return reading.after(Steps(steps)) if steps else reading


def _frozen(model: Any, method: str, read: Read) -> Reading:
    return read(model.estimator, method)


def _threshold(model: Any, method: str, read: Read) -> Reading:
    if method == "predict":
        raise UnreadableError(
            f"{type(model).__name__}.predict returns labels; response_method='predict_proba' or "
            "'decision_function' passes on the scores of the model inside"
        )
    return read(model.estimator_, method)


def _robust(model: Any, method: str, read: Read) -> Reading:
    return read(model.estimator_, method)


def _selection(model: Any, method: str, read: Read) -> Reading:
    return read(model.estimator_, method).after(model.transform)


def _scaled_target(model: Any, method: str, read: Read) -> Reading:
    transformer = model.transformer_
    known = [name for name in names_in_scikit_learn(transformer) if name in _STRAIGHT]
    line = _STRAIGHT[known[0]](transformer) if known else None
    if line is None:
        raise UnreadableError(
            f"{type(model).__name__} turns predictions back with {type(transformer).__name__}, "
            "which is not known to be linear; a scaler such as StandardScaler is"
        )
    reading = read(model.regressor_, method)
    factor, shift = (np.broadcast_to(part, (reading.n_outputs,)) for part in line)
    return reading.mapped(np.diag(factor), shift)


# Reads one class of models.
_Way = Callable[[Any, str, Read], Reading]

_WAYS: dict[str, _Way] = {
    "Pipeline": _pipeline,
    "FrozenEstimator": _frozen,
    "FixedThresholdClassifier": _threshold,
    "TunedThresholdClassifierCV": _threshold,
    "RANSACRegressor": _robust,
    "RFE": _selection,
    "TransformedTargetRegressor": _scaled_target,
}


def _way_to_read(model: Any) -> _Way | None:
    known = [_WAYS[name] for name in names_in_scikit_learn(model) if name in _WAYS]
    return known[0] if known else None


# Factor and shift of an inverse transform, each a number or one for each target.
_Line = tuple[FloatArray, FloatArray]


def _line(factor: Any, shift: Any) -> _Line:
    return np.asarray(factor, dtype=np.float64), np.asarray(shift, dtype=np.float64)


def _standard(scaler: Any) -> _Line:
    return _line(scaler.scale_ if scaler.with_std else 1.0, scaler.mean_ if scaler.with_mean else 0)


def _quantiles(scaler: Any) -> _Line:
    factor = scaler.scale_ if scaler.with_scaling else 1.0
    return _line(factor, scaler.center_ if scaler.with_centering else 0.0)


def _range(scaler: Any) -> _Line:
    return _line(1.0 / scaler.scale_, -scaler.min_ / scaler.scale_)


def _largest(scaler: Any) -> _Line:
    return _line(scaler.scale_, 0.0)


def _identity(transformer: Any) -> _Line | None:
    return _line(1.0, 0.0) if transformer.inverse_func is None else None


_STRAIGHT: dict[str, Callable[[Any], _Line | None]] = {
    "StandardScaler": _standard,
    "RobustScaler": _quantiles,
    "MinMaxScaler": _range,
    "MaxAbsScaler": _largest,
    "FunctionTransformer": _identity,
}
