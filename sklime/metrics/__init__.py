"""How far explanations can be trusted: metrics, scorers for scikit-learn's searches, tuning."""

from sklime.metrics._complexity import effective_n_features, n_nonzero_weights
from sklime.metrics._fidelity import fidelity_score, local_accuracy_score, local_gap
from sklime.metrics._stability import (
    coefficients_stability_index,
    jaccard_stability_score,
    rank_stability_score,
    selection_frequency,
    variables_stability_index,
)

__all__ = [
    "coefficients_stability_index",
    "effective_n_features",
    "fidelity_score",
    "jaccard_stability_score",
    "local_accuracy_score",
    "local_gap",
    "n_nonzero_weights",
    "rank_stability_score",
    "selection_frequency",
    "variables_stability_index",
]
