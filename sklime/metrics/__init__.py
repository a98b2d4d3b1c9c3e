"""How far explanations can be trusted: metrics, scorers for scikit-learn's searches, tuning."""

from sklime.metrics._agreement import agreement_score, shapley_agreement_score
from sklime.metrics._complexity import effective_n_features, n_nonzero_weights
from sklime.metrics._faithfulness import (
    deletion_curve,
    deletion_score,
    effects_agreement_score,
    infidelity,
    insertion_curve,
    insertion_score,
    max_sensitivity,
    one_feature_effects,
)
from sklime.metrics._fidelity import fidelity_score, local_accuracy_score, local_gap
from sklime.metrics._scorers import (
    explain_repeatedly,
    get_scorer,
    get_scorer_names,
    make_multi_scorer,
)
from sklime.metrics._stability import (
    coefficients_stability_index,
    jaccard_stability_score,
    rank_stability_score,
    selection_frequency,
    variables_stability_index,
)
from sklime.metrics._tuning import BestAboveFloor, make_search

__all__ = [
    "BestAboveFloor",
    "agreement_score",
    "coefficients_stability_index",
    "deletion_curve",
    "deletion_score",
    "effective_n_features",
    "effects_agreement_score",
    "explain_repeatedly",
    "fidelity_score",
    "get_scorer",
    "get_scorer_names",
    "infidelity",
    "insertion_curve",
    "insertion_score",
    "jaccard_stability_score",
    "local_accuracy_score",
    "local_gap",
    "make_multi_scorer",
    "make_search",
    "max_sensitivity",
    "n_nonzero_weights",
    "one_feature_effects",
    "rank_stability_score",
    "selection_frequency",
    "shapley_agreement_score",
    "variables_stability_index",
]
