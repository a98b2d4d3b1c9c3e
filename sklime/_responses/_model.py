"""The model behind an estimator: its kind, whether it is fitted, and the method that answers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklime._responses._link_space import link_space_of
from sklime._responses._raw_scores import has_method
from sklime.utils._types import Array

__all__ = [
    "RESPONSE_METHODS",
    "are_labels_of",
    "is_classifier_like",
    "is_used_as_is",
    "model_of",
    "response_method_of",
    "tags_of",
]

RESPONSE_METHODS = ("predict_proba", "decision_function", "predict", "score_samples")

# If the target of a function has more distinct whole numbers than this, they are not labels.
_MANY_LABELS = 20

# Methods that the user may pass in place of their model.
_BOUND_METHODS = (*RESPONSE_METHODS, "predict_log_proba")

_PREFERRED = {
    "classifier": ("predict_proba", "decision_function", "predict"),
    "regressor": ("predict", "score_samples", "decision_function"),
    "outlier_detector": ("decision_function", "score_samples", "predict"),
    "density_estimator": ("score_samples", "predict_proba"),
    "clusterer": ("predict", "score_samples"),
}


def model_of(estimator: Any) -> tuple[Any, str | None]:
    """Return the model behind a method that was passed as a function.

    Parameters
    ----------
    estimator : object
        Model or function.

    Returns
    -------
    model : object
        The owner of a bound method such as ``model.predict_proba``; anything else unchanged.

    method : str or None
        Name of that method; `None` if no method was passed.
    """
    name = getattr(estimator, "__name__", None)
    owner = getattr(estimator, "__self__", None)
    if name not in _BOUND_METHODS or owner is None or isinstance(owner, type):
        return estimator, None
    is_its_method = callable(estimator) and getattr(owner, name, None) == estimator
    return (owner, name) if is_its_method else (estimator, None)


def tags_of(model: Any) -> Any:
    """Return the tags of a scikit-learn estimator, or None for anything else.

    Parameters
    ----------
    model : object
        Model or function.

    Returns
    -------
    tags : sklearn.utils.Tags or None
        `None` also for a class with scikit-learn's mixins but without its base class.
    """
    if isinstance(model, type) or not hasattr(model, "__sklearn_tags__"):
        return None
    try:
        return model.__sklearn_tags__()
    except AttributeError:
        # A mixin calls `__sklearn_tags__` of a base class that is missing here.
        return None


def is_used_as_is(estimator: Any) -> bool:
    """Tell whether a model is explained unchanged; otherwise it is cloned and fitted.

    Parameters
    ----------
    estimator : object
        Model or function.

    Returns
    -------
    is_used_as_is : bool
        True for a fitted model, a function, and any object without ``fit`` or that cannot be
        cloned.
    """
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        return True
    if tags_of(estimator) is not None:
        try:
            check_is_fitted(estimator)
        except NotFittedError:
            return False
        except AttributeError:
            # A pipeline reads the tags of its last step, which may have none.
            pass
        else:
            return True
    return _looks_fitted(estimator)


def _looks_fitted(model: Any) -> bool:
    """Tell whether a model that is not a scikit-learn estimator is fitted."""
    if hasattr(model, "__sklearn_is_fitted__") and tags_of(model) is None:
        return bool(model.__sklearn_is_fitted__())
    if not hasattr(model, "get_params") or hasattr(model, "classes_"):
        return True
    if hasattr(model, "steps"):
        return is_used_as_is(model.steps[-1][1])
    return any(
        name.endswith("_") and not name.startswith("__") for name in getattr(model, "__dict__", {})
    )


def _kind_of(model: Any) -> str | None:
    """Return "classifier", "regressor", and so on, from the tags of a model; else None."""
    tags = tags_of(model)
    kind: str | None
    kind = getattr(model, "_estimator_type", None) if tags is None else tags.estimator_type
    return kind


def is_classifier_like(model: Any) -> bool:
    """Tell whether a model predicts classes.

    Parameters
    ----------
    model : object
        Model or function.

    Returns
    -------
    is_classifier : bool
        True if the tags of the model name a classifier; without tags, if it has classes or
        probabilities.
    """
    kind = _kind_of(model)
    if kind is not None:
        return kind == "classifier"
    return hasattr(model, "classes_") or hasattr(model, "predict_proba")


def are_labels_of(model: Any, y: Array) -> bool:
    """Tell whether a target holds labels of classes.

    Parameters
    ----------
    model : object
        Model or function.

    y : ndarray of shape (n_samples,)
        Target.

    Returns
    -------
    are_labels : bool
        True for texts and booleans. Numbers are labels if the model is a classifier. For a
        function, whole numbers with few distinct values are labels.
    """
    if y.dtype.kind not in "iuf":
        return True
    if _kind_of(model) is not None or not callable(model):
        return is_classifier_like(model)
    return bool((y == np.floor(y)).all()) and np.unique(y).size <= _MANY_LABELS


def response_method_of(model: Any, response_method: str | Sequence[str]) -> str | None:
    """Choose the method that answers.

    Parameters
    ----------
    model : object
        Fitted model or function.

    response_method : str or list of str
        ``"auto"``, a method, or methods in order of preference.

    Returns
    -------
    name : str or None
        Name of a method of the model; `None` to call the model itself.

    Raises
    ------
    ValueError
        If the model has none of the methods, or its answers are not quantities.
    """
    candidates: Sequence[str] = response_method
    if response_method == "auto":
        candidates = _preferred_methods(model)
    elif isinstance(response_method, str):
        candidates = (response_method,)
    for name in candidates:
        if has_method(model, name) or (name == "decision_function" and link_space_of(model)):
            _check_quantity(model, name)
            return name
    if callable(model):
        return None
    wanted = " or ".join(repr(name) for name in candidates)
    raise ValueError(
        f"{type(model).__name__} has no method {wanted}; pass a model that has one, another "
        "response_method, or a function of a table that returns an array."
    )


def _preferred_methods(model: Any) -> Sequence[str]:
    kind = _kind_of(model)
    if kind not in _PREFERRED:
        kind = "classifier" if is_classifier_like(model) else "regressor"
    return _PREFERRED[kind]


def _check_quantity(model: Any, name: str) -> None:
    if name == "predict" and _kind_of(model) in ("clusterer", "density_estimator"):
        raise ValueError(
            f"{type(model).__name__}.predict returns numbers of clusters, which are not "
            "quantities. Pass a function of the table, for example the distance to one "
            "cluster."
        )
    final = _final_model(model)
    classes = getattr(final, "classes_", ())
    is_by_pairs = getattr(final, "decision_function_shape", None) == "ovo"
    if name == "decision_function" and is_by_pairs and len(classes) > 2:
        raise ValueError(
            f"{type(final).__name__}.decision_function compares pairs of classes "
            "(decision_function_shape='ovo'), so its columns belong to no class; set "
            "decision_function_shape='ovr', or pass another response_method."
        )


def _final_model(model: Any) -> Any:
    """Return the model inside pipelines and searches."""
    while True:
        inner = getattr(model, "best_estimator_", None)
        if inner is None and hasattr(model, "steps"):
            inner = model.steps[-1][1]
        if inner is None:
            return model
        model = inner
