"""Intervals cover."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from sklime import LimeTabularExplainer


@pytest.mark.slow
@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_intervals_cover_the_weights_of_a_long_run(neighborhood, multiclass_data):
    X, y = multiclass_data
    model = RandomForestRegressor(5, random_state=0).fit(X, (y == "virginica").astype(float))
    settings = {"neighborhood": neighborhood, "max_features": None, "method": "sampling"}
    reference = LimeTabularExplainer(model, n_perturbations=2**16, random_state=999, **settings)
    weights = reference.fit(X).transform(X[[10, 60, 110]])
    covered = []
    for seed in range(40):
        explainer = LimeTabularExplainer(
            model, n_perturbations=1024, random_state=seed, **settings
        ).fit(X)
        frame = explainer.explain(X[[10, 60, 110]]).to_frame()
        truth = weights[frame["row"], frame["feature"].str[1:].astype(int)]
        covered.append((frame["ci_low"] <= truth) & (truth <= frame["ci_high"]))
    assert 0.90 <= np.mean(covered) <= 0.985
