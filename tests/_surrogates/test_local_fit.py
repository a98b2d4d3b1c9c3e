"""The local fit: penalty, errors, held-out predictions, fidelity."""

import numpy as np
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge
from tables import FEW

from sklime import LimeTabularExplainer


def test_standard_errors_are_missing_for_features_not_selected(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, max_features=2, **FEW).fit(X)
    batch = explainer.explain(X[:5])
    assert np.isnan(batch.standard_errors[batch.values == 0]).all()
    assert (batch.standard_errors[batch.values != 0] >= 0).all()


def test_held_out_prediction_leaves_out_the_explained_row(binary_data):
    # The model is zero everywhere but at the row itself, which alone can lift the local fit.
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        lambda Z: (X[0] == Z).all(axis=1).astype(float), neighborhood="shared", **FEW
    )
    batch = explainer.fit(X).explain(X[:1])
    assert batch.predictions[0, 0] == 1.0
    assert batch.local_predictions[0, 0] > 0.0
    assert_allclose(batch.held_out_predictions, 0.0, atol=1e-12)


def test_fidelity_is_at_most_one(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, baseline="other", neighborhood=neighborhood, method="sampling", **FEW
    ).fit(X)
    batch = explainer.explain(X[:10])
    assert not (batch.fidelity > 1.0).any()
    assert (batch.response_r2 <= 1.0).all()


def test_fidelity_to_noise_is_not_positive(binary_data, global_random_seed):
    # In-sample R2 would be about d / n = 0.08 here; held out it cannot be.
    X, _ = binary_data
    rng = np.random.default_rng(global_random_seed)
    explainer = LimeTabularExplainer(
        lambda X: rng.normal(size=len(X)), neighborhood="shared", **FEW
    )
    assert explainer.fit(X).explain(X).fidelity.mean() < 0.0


def test_penalty_does_not_depend_on_the_number_of_perturbations(binary_data):
    # Weights are scaled to the 5000 perturbations of `lime`; without that, a ridge on 64
    # rows would shrink this slope far more than one on 4096.
    X, _ = binary_data
    slopes = []
    for n_perturbations in [256, 4096]:
        explainer = LimeTabularExplainer(
            lambda X: (X[:, 0] > 0).astype(float),
            n_perturbations=n_perturbations,
            surrogate=Ridge(alpha=100.0),
            random_state=0,
        )
        slopes.append(explainer.fit(X).transform(X[:10])[:, 0])
    assert_allclose(slopes[0], slopes[1], atol=0.05)


def test_constant_target_has_no_effect(neighborhood, regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(Ridge(), neighborhood=neighborhood, **FEW)
    weights = explainer.fit(X, np.full_like(y, 3.0)).transform(X[:2])
    assert_allclose(weights, 0.0, atol=1e-12)
