"""Surrogates that Gram matrices cannot solve: clones fitted to the rows themselves."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from sklime.utils._random import resampling_offsets
from sklime.utils._sklearn import BaseSearchCV, routing_enabled
from sklime.utils._types import Array, BoolArray, FloatArray

__all__ = [
    "check_surrogate",
    "fit_weighted",
    "fitted_regressor",
    "refit",
    "row_weights",
    "seeded",
    "takes_weights",
    "weight_name",
]

# From encodings of all features to predictions.
Predict: TypeAlias = Callable[[Array], FloatArray]

# Where a surrogate takes no weights, a perturbed row of average weight is repeated this many
# times: rounding to whole copies then adds about a fiftieth to the variance of the weights.
_COPIES = 4

# Enough for a surrogate that is fitted to a few made-up rows.
_MANY_ITERATIONS = 10_000

# Share of the range of predictions by which they may miss a linear function of the encoding.
_LINEARITY = 1e-4


def weight_name(surrogate: Any) -> str | None:
    """Return the name of the parameter by which ``fit`` takes the weights of the rows.

    Parameters
    ----------
    surrogate : estimator
        A regressor; or a Pipeline that ends in one, or a search over one, in any nesting.

    Returns
    -------
    name : str or None
        ``"sample_weight"``, with the names of steps before it; `None` where the regressor
        takes no weights.
    """
    if isinstance(surrogate, Pipeline):
        step, last = surrogate.steps[-1]
        name = weight_name(last)
        return None if name is None else f"{step}__{name}"
    if isinstance(surrogate, BaseSearchCV):
        return weight_name(surrogate.estimator)
    return "sample_weight" if has_fit_parameter(surrogate, "sample_weight") else None


def takes_weights(surrogate: Any) -> bool:
    """Tell whether the regressor within a surrogate takes weights.

    Parameters
    ----------
    surrogate : estimator
        Regressor, Pipeline or search.

    Returns
    -------
    takes_weights : bool
        If false, rows are repeated.
    """
    return weight_name(surrogate) is not None


def fitted_regressor(surrogate: Any) -> Any:
    """Return the regressor within a fitted surrogate, which has the slopes.

    Parameters
    ----------
    surrogate : estimator
        Fitted regressor, Pipeline or search.

    Returns
    -------
    regressor : estimator
        The surrogate itself, the last step of a Pipeline, or the best estimator of a search.
    """
    if isinstance(surrogate, Pipeline):
        return fitted_regressor(surrogate.steps[-1][1])
    if isinstance(surrogate, BaseSearchCV) and hasattr(surrogate, "best_estimator_"):
        return fitted_regressor(surrogate.best_estimator_)
    return surrogate


def seeded(surrogate: Any, seed: int) -> Any:
    """Return a clone whose random numbers all come from a seed.

    Parameters
    ----------
    surrogate : estimator
        Estimator that is cloned. A generator or seed that it holds itself stays.

    seed : int
        Replaces each ``random_state`` that is `None`, also that of splitters.

    Returns
    -------
    surrogate : estimator
        The clone.
    """
    surrogate = clone(surrogate)
    parameters = surrogate.get_params()
    names = [name for name in parameters if name.rpartition("__")[2] == "random_state"]
    surrogate.set_params(**{name: seed for name in names if parameters[name] is None})
    for name, value in parameters.items():
        # A splitter has no parameters that could be set; `clone` has copied it.
        if name.rpartition("__")[2] == "cv" and getattr(value, "random_state", seed) is None:
            value.random_state = seed
    return surrogate


def row_weights(
    surrogate: Any,
    w: FloatArray | None,
    bounds: Sequence[int],
    instance_weight: float,
    seed: int,
) -> FloatArray:
    """Return the weights of perturbed rows, the explained row last, as a surrogate takes them.

    Parameters
    ----------
    surrogate : estimator
        Regressor, Pipeline or search that is fitted with them.

    w : ndarray of shape (n_perturbations,) or None
        Weights of the perturbed rows; `None` stands for ones.

    bounds : sequence of int
        First perturbation of each replicate, and the end of the last.

    instance_weight : float
        Weight of the explained row in the same unit.

    seed : int
        Seed of the resampling where the surrogate takes no weights.

    Returns
    -------
    weights : ndarray of shape (n_perturbations + 1,)
        The weights; or whole numbers of copies whose expected values are proportional to
        them. Each replicate is resampled systematically and independently. The spread between
        replicates then includes the noise of the resampling.
    """
    weights = np.ones(bounds[-1]) if w is None else w
    if takes_weights(surrogate):
        return np.append(weights, instance_weight)
    mean = weights.mean()
    # Equal weights need no resampling.
    copies_per_weight = 1.0 if w is None else _COPIES / mean if mean > 0.0 else 1.0
    copies = np.empty(bounds[-1] + 1)
    offsets = resampling_offsets(len(bounds) - 1, seed)
    for (start, end), offset in zip(pairwise(bounds), offsets):
        reached = np.cumsum(copies_per_weight * weights[start:end]) + offset
        copies[start:end] = np.diff(np.floor(reached), prepend=np.floor(offset))
    copies[-1] = np.rint(copies_per_weight * instance_weight)
    return copies


def fit_weighted(model: Any, Z: Array, f: FloatArray, w: FloatArray) -> Any:
    """Fit a surrogate, and pass the weights to the regressor within.

    Parameters
    ----------
    model : estimator
        Regressor, Pipeline or search, which is fitted in place.

    Z : ndarray of shape (n_rows, n_features)
        Encodings.

    f : ndarray of shape (n_rows,)
        Responses.

    w : ndarray of shape (n_rows,)
        Weights; numbers of copies for a regressor that takes none.

    Returns
    -------
    model : estimator
        The same object.
    """
    name = weight_name(model)
    if name is None:
        copies = w.astype(np.intp)
        return model.fit(np.repeat(Z, copies, axis=0), np.repeat(f, copies))
    if name == "sample_weight" and not isinstance(model, BaseSearchCV):
        return model.fit(Z, f, sample_weight=w)
    if routing_enabled() and get_routing_for_object(model).consumes("fit", {"sample_weight"}):
        return model.fit(Z, f, sample_weight=w)
    # No step requests weights, but the regressor takes them: without routing they go to it alone.
    with config_context(enable_metadata_routing=False):
        return model.fit(Z, f, **{name: w})


def refit(
    surrogate: Any, Z: Array, f: FloatArray, w: FloatArray, support: BoolArray
) -> tuple[FloatArray, float, Predict]:
    """Fit a clone of the surrogate on the selected features.

    Parameters
    ----------
    surrogate : estimator
        Regressor, Pipeline or search; it stays as it is.

    Z : ndarray of shape (n_rows, n_features)
        Encodings.

    f : ndarray of shape (n_rows,)
        Responses; constant ones need no regressor.

    w : ndarray of shape (n_rows,)
        Weights, see `row_weights`.

    support : ndarray of bool of shape (n_features,)
        Selected features; with none, the weighted mean is the fit.

    Returns
    -------
    weights : ndarray of shape (n_features,)
        Slopes with respect to the encoding, or feature importances of a surrogate that
        has no slopes; zero outside the support.

    intercept : float
        Prediction at an encoding of zeros; NaN with feature importances, which do not add up.

    predict : callable
        From encodings (all features) to predictions.

    Raises
    ------
    ValueError
        If the surrogate has ``coef_`` and its predictions are not what these add up to.
    """
    weights = np.zeros(support.shape)
    is_counted = w > 0.0
    if not support.any() or not is_counted.any() or np.ptp(f[is_counted]) == 0.0:
        mean = np.average(f, weights=w) if is_counted.any() else np.nan
        return weights, float(mean), lambda Z: np.full(len(Z), mean)
    model = fit_weighted(clone(surrogate), Z[:, support], f, w)
    if hasattr(fitted_regressor(model), "coef_"):
        intercept, weights[support] = _slopes(model, int(support.sum()))
        predictions = model.predict(Z[:, support])
        _check_linear(surrogate, predictions, intercept + Z @ weights, np.ptp(f))
        return weights, intercept, lambda Z: intercept + Z @ weights
    weights[support] = fitted_regressor(model).feature_importances_
    return weights, np.nan, lambda Z: model.predict(Z[:, support])


def _slopes(model: Any, n_features: int) -> tuple[float, FloatArray]:
    """Return intercept and slopes of a linear model, from its predictions.

    With a scaler before the regressor, `coef_` is in units of the scaled encoding.
    """
    predictions: FloatArray = model.predict(np.vstack([np.zeros(n_features), np.eye(n_features)]))
    return predictions[0], predictions[1:] - predictions[0]


def check_surrogate(surrogate: Any) -> None:
    """Check that a regressor can be a surrogate, by fitting a clone to a few made-up rows.

    Parameters
    ----------
    surrogate : estimator or None
        Regressor; `None` needs no check.

    Raises
    ------
    ValueError
        If it has neither ``coef_`` nor ``feature_importances_`` once fitted, or has
        ``coef_`` but does not predict a linear function of the encoding.
    """
    if surrogate is None:
        return
    # A full factorial design, twice, so that inner cross-validation has enough rows. Responses
    # are positive for links such as the logarithm, and have an interaction that no linear
    # model follows.
    Z = np.array(list(np.ndindex(3, 3, 3)) * 2, dtype=np.float64)
    model = seeded(surrogate, 0)
    if isinstance(model.get_params().get("max_iter"), Integral):
        # Prevents a convergence warning about made-up rows. A warning filter would act on all
        # threads.
        model.set_params(max_iter=max(model.max_iter, _MANY_ITERATIONS))
    fit_weighted(model, Z, Z @ [1.0, 2.0, 3.0] + Z[:, 0] * Z[:, 1] + 1.0, np.ones(len(Z)))
    regressor = fitted_regressor(model)
    if not any(hasattr(regressor, name) for name in ("coef_", "feature_importances_")):
        raise ValueError(
            f"surrogate={surrogate!r} explains nothing: once fitted, "
            f"{type(regressor).__name__} has neither coef_ nor feature_importances_. Pass a "
            "linear model or a tree."
        )
    if hasattr(regressor, "coef_"):
        intercept, slopes = _slopes(model, Z.shape[1])
        predictions = model.predict(Z)
        _check_linear(surrogate, predictions, intercept + Z @ slopes, np.ptp(predictions))


def _check_linear(
    surrogate: Any, predictions: FloatArray, linear: FloatArray, scale: float
) -> None:
    """Check that a surrogate with coefficients predicts what these add up to."""
    if np.abs(predictions - linear).max() > _LINEARITY * max(scale, np.ptp(predictions)):
        raise ValueError(
            f"surrogate={surrogate!r} does not predict a linear function of the encoding, "
            "so that its coefficients do not add up to its predictions. Leave out steps and "
            "links that are not linear."
        )
