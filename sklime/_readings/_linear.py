"""Readings of linear models: one slope for each column."""

from typing import Any

import numpy as np

from sklime._readings._reading import Reading, UnreadableError, as_floats
from sklime._readings._registry import Read
from sklime._responses._link_space import link_space_of
from sklime._responses._model import is_classifier_like
from sklime.utils._sklearn import names_in_scikit_learn
from sklime.utils._types import FloatArray

__all__ = ["LinearReader"]

_BY_PAIRS = {"SVC", "NuSVC"}


class LinearReader:
    """Reads linear models of scikit-learn, and models of other packages with a ``coef_``."""

    def can_read(self, model: Any) -> bool:
        """Tell whether a model has slopes.

        Parameters
        ----------
        model : object
            Fitted model.

        Returns
        -------
        can_read : bool
            True if it has a ``coef_``. Support vector machines have one with
            ``kernel="linear"``.
        """
        return getattr(model, "coef_", None) is not None

    def read(self, model: Any, method: str, read: Read) -> Reading:
        """Read a model.

        Parameters
        ----------
        model : object
            Fitted model with ``coef_``, of shape (n_outputs, n_features) or (n_features,).

        method : str
            ``"predict"`` of regressors, ``"decision_function"`` of classifiers, outlier
            detectors, and generalized linear models, where it is the linear predictor;
            ``"score_samples"`` of outlier detectors.

        read : callable
            Not used.

        Returns
        -------
        reading : Reading
            Slopes of the columns of the table.

        Raises
        ------
        UnreadableError
            If the answers of the method are no linear function.
        """
        _check_method(model, method)
        slopes = _slopes(model)
        return Reading(
            as_floats,
            len(slopes),
            _constant(model, method, slopes),
            coefficients=slopes,
            copies=np.arange(len(slopes)),
            is_single=getattr(model.coef_, "dtype", None) == np.float32,
        )


def _check_method(model: Any, method: str) -> None:
    """Refuse methods whose answers are no linear function."""
    name = type(model).__name__
    if method in ("predict_proba", "predict_log_proba"):
        raise UnreadableError(
            f"{name}.{method} is a curved function of a linear score; "
            "response_method='decision_function' is the score"
        )
    if method == "predict" and (is_classifier_like(model) or hasattr(model, "decision_function")):
        raise UnreadableError(
            f"{name}.predict returns labels; response_method='decision_function' is a linear "
            "function"
        )
    _check_link(model, method)
    _check_pairs(model, method)


def _check_link(model: Any, method: str) -> None:
    """Refuse the mean of a generalized linear model, unless it is its linear predictor."""
    if method == "predict" and _has_log_link(model):
        raise UnreadableError(
            f"{type(model).__name__}.predict is the exponential of a linear function (log link); "
            f"response_method='decision_function' is the linear function"
        )


def _has_log_link(model: Any) -> bool:
    if link_space_of(model) is None:
        return False
    link = getattr(model, "link", "log")
    # The link of `TweedieRegressor(link="auto")` follows from its power.
    return bool(link == "log" or (link == "auto" and model.power > 0))


def _check_pairs(model: Any, method: str) -> None:
    """Refuse scores of classes that count votes of pairs of classes."""
    is_by_pairs = bool(_BY_PAIRS.intersection(names_in_scikit_learn(model)))
    shape = getattr(model, "decision_function_shape", "ovo")
    if method == "decision_function" and is_by_pairs and shape == "ovr" and len(model.classes_) > 2:
        raise UnreadableError(
            f"{type(model).__name__}.decision_function counts votes of pairs of classes where "
            "there are more than two; LinearSVC has one linear function for each class"
        )


def _slopes(model: Any) -> FloatArray:
    """Return the slopes of a model, of shape (n_features, n_outputs)."""
    slopes = model.coef_
    if hasattr(slopes, "toarray"):
        slopes = slopes.toarray()
    slopes = np.atleast_2d(np.asarray(slopes, dtype=np.float64))
    width = getattr(model, "n_features_in_", slopes.shape[-1])
    if slopes.ndim != 2 or slopes.shape[1] != width:
        raise UnreadableError(
            f"{type(model).__name__}.coef_ has shape {np.shape(model.coef_)}, which is not one "
            f"slope for each of its {width} columns"
        )
    return np.array(slopes.T, order="C")


def _constant(model: Any, method: str, slopes: FloatArray) -> FloatArray:
    """Return the constant part of the answer, of shape (n_outputs,)."""
    n_outputs = slopes.shape[1]
    constant = np.zeros(n_outputs)
    if getattr(model, "intercept_", None) is not None:
        constant = constant + np.ravel(np.asarray(model.intercept_, dtype=np.float64))
    elif method == "decision_function" and hasattr(model, "offset_"):
        # SGDOneClassSVM has an offset in place of an intercept.
        constant = constant - np.ravel(model.offset_)
    if method == "score_samples" and hasattr(model, "intercept_"):
        constant = constant + np.ravel(getattr(model, "offset_", 0.0))
    # Partial least squares takes slopes of centered columns, and keeps the means to itself.
    means = getattr(model, "_x_mean", None)
    return constant if means is None else constant - means @ slopes
