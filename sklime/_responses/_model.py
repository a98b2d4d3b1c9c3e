"""Which object is the model, what kind it is, whether it is fitted, and which method answers."""

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

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

# A function whose target has more different whole numbers predicts numbers.
_MANY_LABELS = 20

# Methods that may be handed over in place of their model.
_BOUND_METHODS = (*RESPONSE_METHODS, "predict_log_proba")


def model_of(estimator):
    """Return the model behind a method that was handed over as a function.

    Parameters
    ----------
    estimator : object
        Model or function.

    Returns
    -------
    model : object
        The owner of a bound method such as ``model.predict_proba``; anything else is itself.

    method : str or None
        Name of that method; `None` where none was handed over.
    """
    name = getattr(estimator, "__name__", None)
    owner = getattr(estimator, "__self__", None)
    if name not in _BOUND_METHODS or owner is None or isinstance(owner, type):
        return estimator, None
    is_its_method = callable(estimator) and getattr(owner, name, None) == estimator
    return (owner, name) if is_its_method else (estimator, None)


def tags_of(model):
    """Return the tags of a scikit-learn estimator, or None for anything else.

    Parameters
    ----------
    model : object
        Model or function.

    Returns
    -------
    tags : sklearn.utils.Tags or None
        `None` also for a class with mixins of scikit-learn but without its base.
    """
    if isinstance(model, type) or not hasattr(model, "__sklearn_tags__"):
        return None
    try:
        return model.__sklearn_tags__()
    except AttributeError:
        # Mixins ask their base for tags, and there is none.
        return None


def is_used_as_is(estimator):
    """Tell whether a model is explained unchanged, rather than cloned and fitted.

    Parameters
    ----------
    estimator : object
        Model or function.

    Returns
    -------
    is_used_as_is : bool
        True for a fitted model, a function, and whatever has no ``fit`` or cannot be cloned.
    """
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        return True
    if tags_of(estimator) is not None:
        try:
            check_is_fitted(estimator)
        except NotFittedError:
            return False
        except AttributeError:
            # A pipeline asks its last step for tags, which a class without a base has not.
            pass
        else:
            return True
    return _looks_fitted(estimator)


def _looks_fitted(model):
    """Tell whether a model that is no scikit-learn estimator is fitted."""
    if hasattr(model, "__sklearn_is_fitted__") and tags_of(model) is None:
        return bool(model.__sklearn_is_fitted__())
    if not hasattr(model, "get_params") or hasattr(model, "classes_"):
        return True
    if hasattr(model, "steps"):
        return is_used_as_is(model.steps[-1][1])
    return any(
        name.endswith("_") and not name.startswith("__") for name in getattr(model, "__dict__", {})
    )


def _kind_of(model):
    """Return "classifier", "regressor", and so on, as the model says; else None."""
    tags = tags_of(model)
    return getattr(model, "_estimator_type", None) if tags is None else tags.estimator_type


def is_classifier_like(model):
    """Tell whether a model predicts classes.

    Parameters
    ----------
    model : object
        Model or function.

    Returns
    -------
    is_classifier : bool
        What the model says it is; where it does not say, whether it has classes or
        probabilities.
    """
    kind = _kind_of(model)
    if kind is not None:
        return kind == "classifier"
    return hasattr(model, "classes_") or hasattr(model, "predict_proba")


def are_labels_of(model, y):
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
        Texts and truth values always are. Numbers are where the model says that it predicts
        classes; a function does not say, and then few different whole numbers are.
    """
    if y.dtype.kind not in "iuf":
        return True
    if _kind_of(model) is not None or not callable(model):
        return is_classifier_like(model)
    return bool((y == np.floor(y)).all()) and np.unique(y).size <= _MANY_LABELS


def response_method_of(model, response_method):
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
        If the model has none of the methods, or answers with what is no quantity.
    """
    if response_method == "auto":
        response_method = _PREFERRED.get(_kind_of(model), ())
        if not response_method:
            name = "classifier" if is_classifier_like(model) else "regressor"
            response_method = _PREFERRED[name]
    elif isinstance(response_method, str):
        response_method = (response_method,)
    for name in response_method:
        if hasattr(model, name):
            _check_quantity(model, name)
            return name
    if callable(model):
        return None
    wanted = " or ".join(repr(name) for name in response_method)
    raise ValueError(
        f"{type(model).__name__} has no method {wanted}; pass a model that has one, another "
        "response_method, or a function of a table that returns an array."
    )


_PREFERRED = {
    "classifier": ("predict_proba", "decision_function", "predict"),
    "regressor": ("predict", "score_samples", "decision_function"),
    "outlier_detector": ("decision_function", "score_samples", "predict"),
    "density_estimator": ("score_samples", "predict_proba"),
    "clusterer": ("predict", "score_samples"),
}


def _check_quantity(model, name):
    if name == "predict" and _kind_of(model) in ("clusterer", "density_estimator"):
        raise ValueError(
            f"{type(model).__name__}.predict returns numbers of clusters, which are no "
            "quantity to explain; pass a function of the table, for example the distance to one "
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


def _final_model(model):
    """Return what answers within pipelines and searches."""
    while True:
        inner = getattr(model, "best_estimator_", None)
        if inner is None and hasattr(model, "steps"):
            inner = model.steps[-1][1]
        if inner is None:
            return model
        model = inner
