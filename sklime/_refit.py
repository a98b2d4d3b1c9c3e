"""Surrogates that Gram matrices cannot solve: clones fitted to the rows themselves."""

import warnings

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

__all__ = ["check_surrogate", "fit_weighted", "last_step", "refit"]


def last_step(surrogate):
    """Return the regressor at the end of a surrogate.

    Parameters
    ----------
    surrogate : estimator
        A regressor, or a Pipeline that ends in one.

    Returns
    -------
    regressor : estimator
        The surrogate itself, or the last step of the Pipeline.
    """
    return surrogate.steps[-1][1] if isinstance(surrogate, Pipeline) else surrogate


def fit_weighted(model, Z, f, w):
    """Fit a regressor, handing the weights to the last step of a Pipeline.

    Parameters
    ----------
    model : estimator
        Regressor or Pipeline, which is fitted in place.

    Z : ndarray of shape (n_rows, n_features)
        Encodings.

    f : ndarray of shape (n_rows,)
        Responses.

    w : ndarray of shape (n_rows,)
        Weights.

    Returns
    -------
    model : estimator
        The same object.
    """
    prefix = f"{model.steps[-1][0]}__" if isinstance(model, Pipeline) else ""
    return model.fit(Z, f, **{f"{prefix}sample_weight": w})


def refit(surrogate, Z, f, w, support):
    """Fit a clone of the surrogate on the selected features.

    Parameters
    ----------
    surrogate : estimator
        Regressor whose ``fit`` takes ``sample_weight``; it stays as it is.

    Z : ndarray of shape (n_rows, n_features)
        Encodings.

    f : ndarray of shape (n_rows,)
        Responses; constant ones need no regressor.

    w : ndarray of shape (n_rows,)
        Weights.

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
    """
    weights = np.zeros(support.shape)
    if not support.any() or np.ptp(f) == 0.0:
        mean = np.average(f, weights=w)
        return weights, mean, lambda Z: np.full(len(Z), mean)
    model = fit_weighted(clone(surrogate), Z[:, support], f, w)
    if hasattr(last_step(model), "coef_"):
        # Slopes are read off the predictions: a scaler before the regressor would leave
        # `coef_` in units of its own.
        n_kept = int(support.sum())
        predictions = model.predict(np.vstack([np.zeros(n_kept), np.eye(n_kept)]))
        intercept = predictions[0]
        weights[support] = predictions[1:] - intercept
    else:
        intercept = np.nan
        weights[support] = last_step(model).feature_importances_
    return weights, intercept, lambda Z: model.predict(Z[:, support])


def check_surrogate(surrogate):
    """Check that a regressor can be a surrogate, by fitting a clone to a few made-up rows.

    Parameters
    ----------
    surrogate : estimator or None
        Regressor; `None` and what Gram matrices solve need no check.

    Raises
    ------
    ValueError
        If its ``fit`` takes no ``sample_weight``, or it has neither ``coef_`` nor
        ``feature_importances_`` once fitted.
    """
    if surrogate is None:
        return
    regressor = last_step(surrogate)
    if not has_fit_parameter(regressor, "sample_weight"):
        raise ValueError(
            f"surrogate={surrogate!r} cannot weigh perturbed rows: the fit of "
            f"{type(regressor).__name__} takes no sample_weight. Pass a regressor that does, "
            "such as Ridge or Lasso."
        )
    # Rows of a full factorial, often enough for inner cross-validation.
    Z = np.array(list(np.ndindex(2, 2, 2)) * 5, dtype=np.float64)
    model = clone(surrogate)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit_weighted(model, Z, Z @ [1.0, 2.0, 3.0], np.ones(len(Z)))
    if not any(hasattr(last_step(model), name) for name in ("coef_", "feature_importances_")):
        raise ValueError(
            f"surrogate={surrogate!r} explains nothing: once fitted, "
            f"{type(regressor).__name__} has neither coef_ nor feature_importances_. Pass a "
            "linear model or a tree."
        )
