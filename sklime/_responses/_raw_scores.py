"""Raw scores of boosters: what LightGBM, XGBoost and CatBoost add up before their link."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

__all__ = ["asked", "booster_package", "has_method"]

# How `predict` of each package returns the raw score. None of them has a `decision_function`.
_RAW: dict[str, dict[str, Any]] = {
    "lightgbm": {"raw_score": True},
    "xgboost": {"output_margin": True},
    "catboost": {"prediction_type": "RawFormulaVal"},
}


def booster_package(model: Any) -> str | None:
    """Return the package of a booster.

    Parameters
    ----------
    model : object
        Model or function.

    Returns
    -------
    package : {"lightgbm", "xgboost", "catboost"} or None
        `None` for anything else. Nothing is imported to find out.
    """
    if isinstance(model, type) or not hasattr(model, "predict"):
        return None
    packages = (kind.__module__.partition(".")[0] for kind in type(model).__mro__)
    return next((package for package in packages if package in _RAW), None)


def has_method(model: Any, name: str) -> bool:
    """Tell whether a model answers by a method.

    Parameters
    ----------
    model : object
        Fitted model or function.

    name : str
        Name of a response method.

    Returns
    -------
    has_method : bool
        True for ``"decision_function"`` of boosters, too, which have no such method, also
        at the end of a pipeline or in a search.
    """
    return hasattr(model, name) or (name == "decision_function" and _is_scored(model))


def asked(model: Any, name: str) -> Callable[[Any], Any]:
    """Return the function of a table that a method of a model is.

    Parameters
    ----------
    model : object
        Fitted model.

    name : str
        Name of a response method.

    Returns
    -------
    ask : callable
        The method of the model; the raw score of a booster for ``"decision_function"``. A
        native booster of XGBoost gets its own kind of table.
    """
    is_raw = name == "decision_function" and not hasattr(model, name)
    if is_raw and _is_scored(model):
        return partial(_raw_scores, model)
    if name == "predict" and _takes_matrices(model):
        return partial(_predicted, model)
    ask: Callable[[Any], Any] = getattr(model, name)
    return ask


def _is_scored(model: Any) -> bool:
    """Tell whether the last step of a model is a booster."""
    inner = _inside(model)
    return booster_package(model) is not None if inner is None else _is_scored(inner)


def _inside(model: Any) -> Any:
    """Return the fitted model inside a search, a frozen model or a pipeline; else None."""
    if hasattr(model, "best_estimator_"):
        return model.best_estimator_
    if type(model).__name__ == "FrozenEstimator":
        return model.estimator
    return model.steps[-1][1] if hasattr(model, "steps") else None


def _raw_scores(model: Any, table: Any) -> Any:
    """Return the raw scores of a model whose last step is a booster."""
    inner = _inside(model)
    if inner is None:
        return _predicted(model, table, **_RAW[booster_package(model) or ""])
    # A pipeline hands arguments of `predict` on only where metadata routing is off.
    if hasattr(model, "steps") and len(model.steps) > 1:
        table = model[:-1].transform(table)
    return asked(inner, "decision_function")(table)


def _takes_matrices(model: Any) -> bool:
    """Tell whether a model is a native booster of XGBoost."""
    is_native = booster_package(model) == "xgboost" and not hasattr(model, "get_booster")
    return is_native and hasattr(model, "save_raw")


def _predicted(model: Any, table: Any, **options: Any) -> Any:
    """Ask `predict` of a booster."""
    if _takes_matrices(model):
        # The package of the model has been imported.
        table = sys.modules["xgboost"].DMatrix(table, enable_categorical=True)
    return model.predict(table, **options)
