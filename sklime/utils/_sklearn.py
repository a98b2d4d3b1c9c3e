"""The one place that imports private names of scikit-learn."""

from typing import Any

from sklearn.base import _fit_context as fit_context
from sklearn.metrics.pairwise import _VALID_METRICS
from sklearn.model_selection._search import BaseSearchCV
from sklearn.utils._metadata_requests import _routing_enabled as routing_enabled
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
    validate_params,
)
from sklearn.utils._set_output import _get_output_config as output_config
from sklearn.utils.validation import _check_feature_names_in as check_feature_names_in

__all__ = [
    "DISTANCE_METRICS",
    "BaseSearchCV",
    "HasMethods",
    "Interval",
    "StrOptions",
    "check_feature_names_in",
    "fit_context",
    "output_config",
    "routing_enabled",
    "tfidf_weighting",
    "validate_params",
]

# Metrics that need no parameter and compare any two encodings.
DISTANCE_METRICS: frozenset[str] = frozenset(_VALID_METRICS) - {
    "precomputed",
    "haversine",
    "mahalanobis",
    "seuclidean",
    "wminkowski",
}


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
