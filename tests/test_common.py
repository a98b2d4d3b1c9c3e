"""scikit-learn's own checks, around each kind of model and in each neighborhood."""

import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklime import LimeTabularExplainer

EXPLAINERS = [
    LimeTabularExplainer(estimator, neighborhood=neighborhood, n_perturbations=64, random_state=0)
    for estimator in [LogisticRegression(), Ridge(), DecisionTreeRegressor(random_state=0)]
    for neighborhood in ["anchored", "shared", "around"]
]
EXPLAINERS.append(
    LimeTabularExplainer(
        LogisticRegression(), n_perturbations="auto", max_perturbations=256, tol=10, random_state=0
    )
)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(EXPLAINERS)
def test_explainer_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)
