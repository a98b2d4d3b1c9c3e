"""The same numbers as `lime`'s own local fit, on the same perturbed rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from sklime._surrogates._local_fit import LIME_N_PERTURBATIONS, LocalSamples, local_fits
from sklime.kernels import exponential_kernel
from sklime.selection import SELECTORS

lime_base = pytest.importorskip("lime.lime_base")

METHODS = {
    "forward": "forward_selection",
    "highest_weights": "highest_weights",
    "lasso_path": "lasso_path",
    "none": "none",
}
DATA = {
    "breast cancer": (load_breast_cancer, RandomForestClassifier),
    "wine": (load_wine, RandomForestClassifier),
    "diabetes": (load_diabetes, RandomForestRegressor),
}


@pytest.fixture(scope="module", params=DATA)
def neighborhood(request):
    """Return Z, F, distances and kernel width as `lime` would have them, explained row first."""
    load, forest = DATA[request.param]
    X, y = load(return_X_y=True)
    model = forest(10, max_depth=5, random_state=0).fit(X, y)
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.choice(column, LIME_N_PERTURBATIONS) for column in X.T])
    rows[0] = X[3]
    bins = [np.searchsorted(np.percentile(x, [25, 50, 75]), r) for x, r in zip(X.T, rows.T)]
    Z = (np.column_stack(bins) == [column[0] for column in bins]).astype(float)
    F = (
        model.predict_proba(rows)
        if hasattr(model, "predict_proba")
        else model.predict(rows)[:, None]
    )
    distances = np.sqrt(((Z - Z[0]) ** 2).sum(axis=1))
    return Z, F, distances, 0.75 * np.sqrt(X.shape[1])


@pytest.mark.parametrize("n_features", [1, 3, 5, 8, 13])
@pytest.mark.parametrize("selection", METHODS)
def test_local_fit_equals_lime_base(neighborhood, selection, n_features):
    Z, F, distances, width = neighborhood
    n_features = min(n_features, Z.shape[1])
    label = F.shape[1] - 1
    weights = exponential_kernel(distances, width)
    oracle = lime_base.LimeBase(lambda d: exponential_kernel(d, width), random_state=0)
    intercept, pairs, r2, local_prediction = oracle.explain_instance_with_data(
        Z, F, distances, label, n_features, METHODS[selection]
    )
    # The explained row is lime's first; the other 4999 come as two replicates, scaled
    # back so that each counts once.
    scale = (LIME_N_PERTURBATIONS - 1) / LIME_N_PERTURBATIONS
    f = F[None, 1:, [label]]
    samples = LocalSamples(
        Z[None, 1:], f, f, None, None, scale * weights[None, 1:], Z[:1], F[:1, [label]]
    )
    fit = local_fits(
        samples,
        (0, 2500, 4999),
        select=SELECTORS[selection],
        max_features=n_features,
        surrogate=None,
    ).fit
    expected = np.zeros(Z.shape[1])
    for feature, weight in pairs:
        expected[feature] = weight
    support = ~np.isnan(fit.standard_errors[0, :, 0])
    assert set(np.flatnonzero(support)) == {feature for feature, _ in pairs}
    assert_allclose(fit.values[0, :, 0], expected, atol=1e-8, rtol=0)
    assert_allclose(fit.intercepts[0, 0], intercept, atol=1e-8, rtol=0)
    assert_allclose(fit.local_predictions[0, 0], local_prediction[0], atol=1e-8, rtol=0)
    fitted = fit.intercepts[0, 0] + Z @ fit.values[0, :, 0]
    residual = np.average((F[:, label] - fitted) ** 2, weights=weights)
    mean = np.average(F[:, label], weights=weights)
    total = np.average((F[:, label] - mean) ** 2, weights=weights)
    assert_allclose(1 - residual / total, r2, atol=1e-8, rtol=0)


@pytest.mark.parametrize("selection", ["forward", "highest_weights", "none"])
def test_refitted_surrogates_equal_solved_ones(neighborhood, selection):
    # Ridge solved from Gram matrices against the same Ridge fitted by scikit-learn, which
    # a subclass forces.
    from sklearn.linear_model import Ridge

    class RefittedRidge(Ridge):
        pass

    Z, F, distances, width = neighborhood
    f, w = F[None, 1:401], exponential_kernel(distances, width)[None, 1:401]
    samples = LocalSamples(Z[None, 1:401], f, f, None, None, w, Z[:1], F[:1])
    solved, refitted = (
        local_fits(
            samples,
            (0, 100, 200, 300, 400),
            select=SELECTORS[selection],
            max_features=4,
            surrogate=surrogate,
        ).fit
        for surrogate in (Ridge(alpha=2.0), RefittedRidge(alpha=2.0))
    )
    for name, array in solved.arrays().items():
        assert_allclose(getattr(refitted, name), array, atol=1e-8, err_msg=name)
