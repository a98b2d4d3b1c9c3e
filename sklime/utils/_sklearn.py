"""The one place that imports private names of scikit-learn."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from sklearn.base import _fit_context
from sklearn.metrics.pairwise import _VALID_METRICS
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils._metadata_requests import _routing_enabled as routing_enabled
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    Options,
    StrOptions,
)
from sklearn.utils._param_validation import (
    validate_params as _validate_params,
)
from sklearn.utils._pprint import _EstimatorPrettyPrinter
from sklearn.utils._set_output import _get_output_config as output_config
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in

__all__ = [
    "DISTANCE_METRICS",
    "BaseSearchCV",
    "HasMethods",
    "Interval",
    "Options",
    "StrOptions",
    "check_feature_names_in",
    "fit_context",
    "names_in_scikit_learn",
    "output_config",
    "routing_enabled",
    "tfidf_weighting",
    "validate_params",
    "wrap_parameters",
]

# Metrics that need no parameter and compare any two encodings.
DISTANCE_METRICS: frozenset[str] = frozenset(_VALID_METRICS) - {
    "precomputed",
    "haversine",
    "mahalanobis",
    "seuclidean",
    "wminkowski",
}


# Functions keep their types under these decorators, which scikit-learn leaves without any.
_Function = TypeVar("_Function", bound=Callable[..., Any])


def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[_Function], _Function]:
    """Return a decorator of `fit` that validates the parameters of the estimator.

    Parameters
    ----------
    prefer_skip_nested_validation : bool
        Whether estimators that are fitted inside skip their own validation.

    Returns
    -------
    decorator : callable
        From a method to a method of the same type.
    """
    decorator = _fit_context(prefer_skip_nested_validation=prefer_skip_nested_validation)
    return cast(Callable[[_Function], _Function], decorator)


def validate_params(
    constraints: Mapping[str, Any], *, prefer_skip_nested_validation: bool
) -> Callable[[_Function], _Function]:
    """Return a decorator that validates the arguments of a function.

    Parameters
    ----------
    constraints : mapping
        What each parameter may be, as in `_parameter_constraints` of an estimator.

    prefer_skip_nested_validation : bool
        Whether functions that are called inside skip their own validation.

    Returns
    -------
    decorator : callable
        From a function to a function of the same type.
    """
    decorator = _validate_params(
        constraints, prefer_skip_nested_validation=prefer_skip_nested_validation
    )
    return cast(Callable[[_Function], _Function], decorator)


def tfidf_weighting(vectorizer: Any) -> Any:
    """Return the transformer that weighs the counts of a `TfidfVectorizer`.

    Parameters
    ----------
    vectorizer : TfidfVectorizer
        Fitted vectorizer.

    Returns
    -------
    weighting : TfidfTransformer
        The fitted transformer inside it.
    """
    return vectorizer._tfidf


def names_in_scikit_learn(model: Any) -> list[str]:
    """Return the names of the classes of scikit-learn that a model belongs to.

    Parameters
    ----------
    model : object
        Fitted model.

    Returns
    -------
    names : list of str
        The closest class first; empty for models without a class of scikit-learn. Nothing is
        imported to find out.
    """
    kinds = type(model).__mro__
    return [kind.__name__ for kind in kinds if kind.__module__.startswith("sklearn.")]


def wrap_parameters(write: Callable[..., str]) -> None:
    """Let scikit-learn break the lines of estimators that have a `__repr__` of their own.

    Its printer finds the function that breaks lines by the `__repr__` of the class, and knows only
    that of `BaseEstimator` (scikit-learn 1.7 to 1.9).

    Parameters
    ----------
    write : callable
        The `__repr__` of a class of estimators.
    """
    printers: dict[Any, Any] = _EstimatorPrettyPrinter._dispatch
    printers[write] = _EstimatorPrettyPrinter._pprint_estimator
