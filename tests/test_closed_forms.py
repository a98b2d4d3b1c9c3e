"""Models whose explanation is known beforehand."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import make_regression
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeRegressor

from sklime import LimeTabularExplainer


@pytest.fixture
def linear_problem(global_random_seed):
    """A table, a target that is linear in it, and the coefficients."""
    return make_regression(
        n_samples=100, n_features=4, bias=3.0, coef=True, random_state=global_random_seed
    )


# A linear model is its own surrogate


@pytest.mark.parametrize("kernel_width", [0.5, 1.0, 4.0])
def test_linear_model_is_its_own_surrogate(kernel_width, linear_problem):
    # Whatever the weights, the best linear fit to a linear model is that model.
    X, y, coef = linear_problem
    explainer = LimeTabularExplainer(
        LinearRegression(),
        baseline="other",
        discretizer=None,
        neighborhood="shared",
        surrogate=LinearRegression(),
        kernel_width=kernel_width,
        random_state=0,
    )
    values = explainer.fit(X, y).explain(X[:3]).values[..., 0]
    assert_allclose(values, np.tile(coef * X.std(axis=0), (3, 1)))


@pytest.mark.parametrize("background", ["marginal", "empirical"])
def test_linear_model_is_its_own_surrogate_in_every_neighborhood(
    background, neighborhood, linear_problem
):
    X, y, coef = linear_problem
    explainer = LimeTabularExplainer(
        LinearRegression(),
        baseline="other",
        discretizer=None,
        neighborhood=neighborhood,
        background=background,
        surrogate=LinearRegression(),
        n_perturbations=256,
        random_state=0,
    )
    batch = explainer.fit(X, y).explain(X[:3])
    assert_allclose(batch.values[..., 0], np.tile(coef * X.std(axis=0), (3, 1)), rtol=1e-6)
    assert_allclose(batch.intercepts, y.mean(), rtol=1e-6)
    assert_allclose(batch.local_predictions[:, 0], y[:3], rtol=1e-6)
    assert_allclose(batch.held_out_predictions[:, 0], y[:3], rtol=1e-6)


def test_linear_model_is_explained_faithfully(neighborhood, linear_problem):
    X, y, _ = linear_problem
    explainer = LimeTabularExplainer(
        LinearRegression(),
        discretizer=None,
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
        n_perturbations=256,
        random_state=0,
    ).fit(X, y)
    batch = explainer.explain(X[:10])
    assert_allclose(batch.fidelity, 1.0)
    assert_allclose(batch.standard_errors, 0.0, atol=1e-6)
    assert_allclose(explainer.score(X), 1.0)


def test_each_output_of_a_linear_model_has_its_own_coefficients(neighborhood, linear_problem):
    X, y, coef = linear_problem
    explainer = LimeTabularExplainer(
        LinearRegression(),
        baseline="other",
        discretizer=None,
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
        n_perturbations=256,
        random_state=0,
    )
    values = explainer.fit(X, np.column_stack([y, -2 * y, X[:, 0]])).explain(X[:3]).values
    expected = np.column_stack([coef, -2 * coef, [1, 0, 0, 0]]) * X.std(axis=0)[:, np.newaxis]
    assert_allclose(values, np.tile(expected, (3, 1, 1)), rtol=1e-6, atol=1e-6)


def test_decision_function_is_linear_in_the_row(neighborhood, binary_data):
    X, y = binary_data
    model = LogisticRegression().fit(X, y)
    explainer = LimeTabularExplainer(
        model,
        baseline="other",
        response_method="decision_function",
        discretizer=None,
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
        n_perturbations=256,
        random_state=0,
    )
    expected = np.tile(model.coef_ * X.std(axis=0), (3, 1))
    assert_allclose(explainer.fit(X).transform(X[:3]), expected, rtol=1e-6)


def test_logit_of_a_logistic_regression_is_linear_in_the_row(neighborhood, binary_data):
    # The strong penalty keeps every probability away from the clipping.
    X, y = binary_data
    model = LogisticRegression(C=1e-3).fit(X, y)
    explainer = LimeTabularExplainer(
        model,
        baseline="other",
        link="logit",
        discretizer=None,
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
        n_perturbations=256,
        random_state=0,
    )
    expected = np.tile(model.coef_ * X.std(axis=0), (3, 1))
    assert_allclose(explainer.fit(X).transform(X[:3]), expected, rtol=1e-6)


# One binary rule


@pytest.mark.parametrize("background", ["marginal", "empirical"])
@pytest.mark.parametrize("row", [0, 1, 2, 3])
def test_rule_on_one_bin_has_weight_one(row, background, neighborhood, linear_problem):
    X, _, _ = linear_problem
    cuts = np.percentile(X[:, 0], [25, 50, 75])
    own_bin = np.searchsorted(cuts, X[row, 0])
    explainer = LimeTabularExplainer(
        lambda X: (np.searchsorted(cuts, X[:, 0]) == own_bin).astype(float),
        baseline="other",
        neighborhood=neighborhood,
        background=background,
        surrogate=LinearRegression(),
        n_perturbations=256,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[[row]])
    assert_allclose(batch.values[0, :, 0], [1.0, 0.0, 0.0, 0.0], atol=1e-8)
    assert_allclose(batch.intercepts, 0.0, atol=1e-8)
    assert_allclose(batch.local_predictions, 1.0)
    assert_allclose(batch.fidelity, 1.0)


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_rule_outside_the_bin_weighs_minus_its_rate(neighborhood, linear_problem):
    # Three quartiles lie outside the lowest one, and two of them above the median.
    X, _, _ = linear_problem
    median = np.median(X[:, 0])
    row = np.flatnonzero(X[:, 0] <= np.percentile(X[:, 0], 25))[:1]
    explainer = LimeTabularExplainer(
        lambda X: (X[:, 0] > median).astype(float),
        baseline="other",
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
        n_perturbations=4096,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[row])
    assert_allclose(batch.values[0, :, 0], [-2 / 3, 0, 0, 0], atol=0.05)
    assert_allclose(batch.intercepts, 2 / 3, atol=0.05)


def test_sum_of_two_rules_has_the_weights_of_each(neighborhood, linear_problem):
    X, _, _ = linear_problem
    cuts = np.percentile(X, [25, 50, 75], axis=0)
    own = [np.searchsorted(cuts[:, j], X[5, j]) for j in [1, 3]]

    def two_rules(X):
        first = np.searchsorted(cuts[:, 1], X[:, 1]) == own[0]
        second = np.searchsorted(cuts[:, 3], X[:, 3]) == own[1]
        return 10.0 + 2.0 * first - 0.5 * second

    explainer = LimeTabularExplainer(
        two_rules,
        baseline="other",
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
        n_perturbations=256,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[[5]])
    assert_allclose(batch.values[0, :, 0], [0.0, 2.0, 0.0, -0.5], atol=1e-8)
    assert_allclose(batch.intercepts, 10.0)


# A constant model


@pytest.mark.parametrize("constant", [0.0, 3.0, -1e6, 0.1])
def test_constant_model_has_zero_weights_and_no_fidelity(constant, neighborhood, linear_problem):
    X, _, _ = linear_problem
    explainer = LimeTabularExplainer(
        lambda X: np.full(len(X), constant),
        neighborhood=neighborhood,
        n_perturbations=64,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[:3])
    assert_array_equal(batch.values, 0.0)
    assert_allclose(batch.intercepts, constant, rtol=1e-12)
    assert_allclose(batch.local_predictions, constant, rtol=1e-12)
    assert np.isnan(batch.fidelity).all()


@pytest.mark.parametrize("discretizer", ["quartile", None])
@pytest.mark.parametrize("selection", ["forward", "highest_weights", "lasso_path", "none"])
@pytest.mark.parametrize(
    "surrogate", [Ridge(), LinearRegression(), Lasso(), DecisionTreeRegressor()], ids=repr
)
def test_constant_model_has_zero_weights_whoever_fits_it(
    surrogate, selection, discretizer, linear_problem
):
    X, _, _ = linear_problem
    explainer = LimeTabularExplainer(
        lambda X: np.full(len(X), 0.1),
        surrogate=surrogate,
        selection=selection,
        discretizer=discretizer,
        max_features=2,
        n_perturbations=64,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[:2])
    assert_array_equal(batch.values, 0.0)
    assert np.isnan(batch.fidelity).all()


def test_constant_output_beside_another_has_zero_weights(neighborhood, linear_problem):
    X, _, _ = linear_problem
    explainer = LimeTabularExplainer(
        lambda X: np.column_stack([np.full(len(X), 0.1), X[:, 0]]),
        baseline="other",
        neighborhood=neighborhood,
        n_perturbations=64,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[:3])
    assert_array_equal(batch.values[..., 0], 0.0)
    assert np.isnan(batch.fidelity[:, 0]).all()
    assert np.isfinite(batch.response_r2[:, 1]).all()


# Sums


@pytest.mark.parametrize("discretizer", ["quartile", None])
@pytest.mark.parametrize("selection", ["forward", "highest_weights", "lasso_path", "none"])
@pytest.mark.parametrize("surrogate", [Ridge(), LinearRegression(), Lasso(alpha=1e-3)], ids=repr)
def test_intercept_and_weights_add_up_to_the_local_prediction(
    surrogate, selection, discretizer, neighborhood, multiclass_data, multiclass_model
):
    X, _ = multiclass_data
    explainer = LimeTabularExplainer(
        multiclass_model,
        neighborhood=neighborhood,
        surrogate=surrogate,
        selection=selection,
        discretizer=discretizer,
        max_features=2,
        n_perturbations=64,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[::40])
    sums = batch.intercepts + np.einsum("ijk,ij->ik", batch.values, batch.encodings)
    assert_allclose(sums, batch.local_predictions, atol=1e-9)


def test_weights_of_all_classes_cancel(neighborhood, multiclass_data, multiclass_model):
    # Probabilities add up to one, and the fit is linear in the response.
    X, _ = multiclass_data
    explainer = LimeTabularExplainer(
        multiclass_model, neighborhood=neighborhood, n_perturbations=64, random_state=0
    )
    batch = explainer.fit(X).explain(X[::40])
    assert_allclose(batch.values.sum(axis=2), 0.0, atol=1e-9)
    assert_allclose(batch.intercepts.sum(axis=1), 1.0)
    assert_allclose(batch.local_predictions.sum(axis=1), 1.0)


def test_scaling_the_response_scales_the_weights(neighborhood, linear_problem):
    X, _, _ = linear_problem
    settings = {"neighborhood": neighborhood, "n_perturbations": 64, "random_state": 0}
    plain = LimeTabularExplainer(lambda X: np.sin(X[:, 0]) * X[:, 1], **settings)
    scaled = LimeTabularExplainer(lambda X: 5.0 - 100.0 * np.sin(X[:, 0]) * X[:, 1], **settings)
    assert_allclose(
        scaled.fit(X).transform(X[:3]), -100.0 * plain.fit(X).transform(X[:3]), rtol=1e-8
    )


def test_offset_of_the_response_moves_the_intercept_only(neighborhood, linear_problem):
    X, _, _ = linear_problem
    settings = {"neighborhood": neighborhood, "n_perturbations": 64, "random_state": 0}
    plain = LimeTabularExplainer(lambda X: np.sin(X[:, 0]), **settings).fit(X).explain(X[:3])
    moved = LimeTabularExplainer(lambda X: 1e8 + np.sin(X[:, 0]), **settings).fit(X).explain(X[:3])
    assert_allclose(moved.values, plain.values, atol=1e-6)
    assert_allclose(moved.intercepts, plain.intercepts + 1e8, rtol=1e-12)
    assert_allclose(moved.fidelity, plain.fidelity, atol=1e-5)


def test_bins_do_not_see_the_unit_of_a_column(neighborhood, linear_problem):
    # Powers of two change no digit, so even the sampled values are the same.
    X, _, _ = linear_problem
    unit = np.array([1024.0, 0.5, 1.0, 2.0])
    settings = {"neighborhood": neighborhood, "n_perturbations": 64, "random_state": 0}
    plain = LimeTabularExplainer(lambda X: X[:, 0] * X[:, 1], **settings).fit(X)
    in_units = LimeTabularExplainer(lambda X: X[:, 0] / 1024.0 * X[:, 1] / 0.5, **settings).fit(
        X * unit
    )
    assert_allclose(in_units.transform(X[:3] * unit), plain.transform(X[:3]), atol=1e-8)


# The fit itself, redone by scikit-learn on the rows that the model was asked about


@pytest.fixture
def redone(linear_problem, recording):
    """An explanation, and the encoded rows, responses and weights that it must come from."""
    X, _, _ = linear_problem

    def redo(surrogate):
        function = recording(lambda X: np.sin(3 * X[:, 0]) + X[:, 1] * X[:, 2])
        explainer = LimeTabularExplainer(
            function,
            baseline="other",
            neighborhood="shared",
            surrogate=surrogate,
            batch_size=512,
            control_variates=False,
            n_perturbations=512,
            random_state=0,
        ).fit(X)
        perturbed = max(function.calls, key=len)
        assert len(perturbed) == 512
        cuts = np.percentile(X, [25, 50, 75], axis=0)
        bins = [np.searchsorted(cuts[:, j], perturbed[:, j]) for j in range(4)]
        own = [np.searchsorted(cuts[:, j], X[7, j]) for j in range(4)]
        Z = np.vstack([np.ones(4), np.transpose(bins) == own])
        F = function.function(np.vstack([X[[7]], perturbed]))
        # Of four features, the distance is the root of the number that changed; the width
        # is 1.5. The explained row comes first and counts once.
        w = np.exp(-0.5 * (4 - Z.sum(axis=1)) / 1.5**2) * 5000 / 512
        w[0] = 1.0
        return explainer.explain(X[[7]]), Z, F, w

    return redo


LINEAR_SURROGATES = pytest.mark.parametrize(
    "surrogate", [LinearRegression(), Ridge(), Ridge(alpha=100.0)], ids=repr
)


@LINEAR_SURROGATES
def test_weights_are_those_of_a_weighted_fit_to_the_rows_asked(surrogate, redone):
    batch, Z, F, w = redone(surrogate)
    expected = surrogate.fit(Z, F, sample_weight=w)
    assert_allclose(batch.values[0, :, 0], expected.coef_, atol=1e-8)
    assert_allclose(batch.intercepts[0, 0], expected.intercept_, atol=1e-8)
    assert_allclose(batch.local_predictions[0], expected.predict(np.ones((1, 4))), atol=1e-8)
    differs = w[(Z != 1).any(axis=1)]
    assert_allclose(batch.effective_sample_size[0], differs.sum() ** 2 / (differs**2).sum())


@LINEAR_SURROGATES
def test_held_out_prediction_is_that_of_a_fit_without_the_row(surrogate, redone):
    batch, Z, F, w = redone(surrogate)
    without = surrogate.fit(Z[1:], F[1:], sample_weight=w[1:])
    assert_allclose(batch.held_out_predictions[0], without.predict(np.ones((1, 4))), atol=1e-8)


@LINEAR_SURROGATES
def test_errors_and_fidelity_come_from_fits_without_each_replicate(surrogate, redone):
    batch, Z, F, w = redone(surrogate)
    coefficients, predictions = [], np.empty(512)
    for replicate in np.arange(1, 513).reshape(8, 64):
        # What is left is weighed up to all, so that the penalty keeps its meaning.
        left = w * 8 / 7
        left[0] = 1.0
        left[replicate] = 0.0
        surrogate.fit(Z, F, sample_weight=left)
        coefficients.append(surrogate.coef_)
        predictions[replicate - 1] = surrogate.predict(Z[replicate])
    errors = np.sqrt(7 * np.var(coefficients, axis=0))
    assert_allclose(batch.standard_errors[0, :, 0], errors, rtol=1e-6)
    expected = r2_score(F[1:], predictions, sample_weight=w[1:])
    assert_allclose(batch.response_r2[0, 0], expected, atol=1e-8)


def test_rare_jumps_do_not_make_a_fidelity_without_bounds(global_random_seed):
    # Replicates without a jump have next to nothing to explain, and no say of their own.
    X = np.random.default_rng(global_random_seed).normal(size=(300, 5))

    def jumps(X):
        return 1e-9 * X[:, 1] + (X[:, 0] > 1.5) * (X[:, 2] > 1.2)

    explainer = LimeTabularExplainer(
        jumps, baseline="other", n_perturbations=256, random_state=0
    ).fit(X)
    batch = explainer.explain(X[:40])
    assert (batch.response_r2 > -0.5).all()
    assert not (batch.fidelity < -0.5).any()


# Selection by contribution


def test_strongest_contribution_is_weight_times_value(neighborhood, linear_problem):
    # Both weights are 1; what counts is how far the row is from the mean.
    X, _, _ = linear_problem
    means, scales = X.mean(axis=0), X.std(axis=0)
    explainer = LimeTabularExplainer(
        lambda X: ((X - means) / scales)[:, :2].sum(axis=1),
        neighborhood=neighborhood,
        discretizer=None,
        selection="highest_weights",
        max_features=1,
        n_perturbations=256,
        random_state=0,
    ).fit(X)
    rows = means + scales * [[2.0, 0.1, 0.0, 0.0], [-0.1, -2.0, 0.0, 0.0]]
    assert_array_equal(explainer.transform(rows) != 0, np.eye(4, dtype=bool)[:2])
