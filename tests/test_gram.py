"""Weighted Gram matrices, against scikit-learn and plain sums over rows."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import r2_score

from sklime._gram import (
    Moments,
    add_linear_part,
    centered_moments,
    diagonal_ridge,
    ridge_coefficients,
    row_gram,
    weighted_grams,
)
from sklime._surrogates._held_out import jackknife_r2, pooled_r2, scatter_about_mean

N_ROWS, N_PERTURBATIONS, N_FEATURES, N_OUTPUTS = 3, 40, 4, 2
BOUNDS = (0, 12, 25, 40)


@pytest.fixture
def rng(global_random_seed):
    """Random numbers of each test."""
    return np.random.default_rng(global_random_seed)


@pytest.fixture
def Z(rng):
    """Encodings of three rows."""
    return rng.normal(size=(N_ROWS, N_PERTURBATIONS, N_FEATURES))


@pytest.fixture
def F(rng):
    """Responses of two outputs."""
    return rng.normal(size=(N_ROWS, N_PERTURBATIONS, N_OUTPUTS))


@pytest.fixture
def w(rng):
    """Weights of the perturbed rows."""
    return rng.random((N_ROWS, N_PERTURBATIONS))


def moments_of(Z, F, w):
    """Centered moments of one fit to all perturbed rows of each explained row."""
    grams = weighted_grams(Z, [F], np.zeros((len(Z), F.shape[2])), w, (0, Z.shape[1]))
    return centered_moments(grams[:, 0], Z.shape[2], F.shape[2])


@pytest.mark.parametrize("is_weighted", [True, False])
def test_grams_are_sums_over_the_rows_of_each_replicate(is_weighted, Z, F, w, rng):
    shifts = rng.normal(size=(N_ROWS, N_OUTPUTS))
    # What is subtracted from the outputs is subtracted from each thing beside them.
    grams = weighted_grams(Z, [F, F**2], shifts, w if is_weighted else None, BOUNDS)
    for row in range(N_ROWS):
        A = np.column_stack(
            [Z[row], np.ones(N_PERTURBATIONS), F[row] - shifts[row], F[row] ** 2 - shifts[row]]
        )
        diagonal = w[row] if is_weighted else np.ones(N_PERTURBATIONS)
        for replicate, (first, end) in enumerate(pairwise(BOUNDS)):
            part = slice(first, end)
            expected = A[part].T @ np.diag(diagonal[part]) @ A[part]
            assert_allclose(grams[row, replicate], expected, atol=1e-12)


def test_linear_part_is_added_as_if_it_had_been_in_the_responses(Z, F, w, rng):
    slopes = rng.normal(size=(N_ROWS, 1, N_FEATURES + 1, N_OUTPUTS))
    shifts, bounds = np.zeros((N_ROWS, N_OUTPUTS)), (0, N_PERTURBATIONS)
    grams = weighted_grams(Z, [F], shifts, w, bounds)
    add_linear_part(grams, slopes)
    linear = Z @ slopes[:, 0, :-1] + slopes[:, 0, -1:]
    assert_allclose(grams, weighted_grams(Z, [F + linear], shifts, w, bounds), atol=1e-10)


def test_gram_of_a_row_is_that_of_one_perturbed_row_of_weight_one(Z, F):
    one = weighted_grams(Z[:, :1], [F[:, :1]], np.zeros((N_ROWS, N_OUTPUTS)), None, (0, 1))
    assert_allclose(row_gram(Z[:, 0], F[:, 0]), one[:, 0])


def test_moments_are_those_about_the_weighted_means(Z, F, w):
    moments, z_means, f_means = moments_of(Z, F, w)
    for row in range(N_ROWS):
        z, f = Z[row], F[row]
        assert_allclose(z_means[row], np.average(z, axis=0, weights=w[row]))
        assert_allclose(f_means[row], np.average(f, axis=0, weights=w[row]))
        z, f = z - z_means[row], f - f_means[row]
        assert_allclose(moments.ZZ[row, 0], z.T @ (w[row][:, None] * z), atol=1e-12)
        assert_allclose(moments.Zf[row], f.T @ (w[row][:, None] * z), atol=1e-12)
        assert_allclose(moments.ff[row], w[row] @ f**2)


def test_column_that_is_constant_up_to_rounding_has_no_moments(Z, F, w):
    Z[..., 1] = 0.1
    moments, _, _ = moments_of(Z, F, w)
    assert_array_equal(moments.ZZ[..., 1, :], 0.0)
    assert_array_equal(moments.ZZ[..., :, 1], 0.0)
    assert_array_equal(moments.Zf[..., 1], 0.0)


def test_means_without_any_weight_are_not_defined(Z, F, w):
    moments, _, f_means = moments_of(Z, F, 0.0 * w)
    assert np.isnan(f_means).all()
    assert_array_equal(moments.Zf, 0.0)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 20.0])
def test_coefficients_are_those_of_ridge_regression(alpha, Z, F, w):
    moments, _, _ = moments_of(Z, F, w)
    found = ridge_coefficients(moments, None, alpha)
    for row in range(N_ROWS):
        expected = Ridge(alpha=alpha, solver="svd").fit(Z[row], F[row], sample_weight=w[row])
        assert_allclose(found[row], expected.coef_, atol=1e-10)


@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_coefficients_on_a_support_are_those_of_its_columns(alpha, Z, F, w, rng):
    # As many supports as rows and outputs, of different sizes, an empty one among them.
    moments, _, _ = moments_of(Z, F, w)
    support = rng.random(moments.Zf.shape) < 0.5
    support[0, 0] = False
    found = ridge_coefficients(moments, support, alpha)
    assert_array_equal(found[~support], 0.0)
    for row, output in np.ndindex(N_ROWS, N_OUTPUTS):
        columns = support[row, output]
        if columns.any():
            ridge = Ridge(alpha=alpha, solver="svd")
            ridge.fit(Z[row][:, columns], F[row, :, output], sample_weight=w[row])
            assert_allclose(found[row, output, columns], ridge.coef_, atol=1e-10)


def test_without_a_penalty_equal_columns_share_their_coefficient(Z, F, w):
    # The solution of least norm.
    doubled = np.concatenate([Z, Z], axis=2)
    moments, _, _ = moments_of(doubled, F, w)
    found = ridge_coefficients(moments, None, 0.0)
    assert_allclose(found[..., :N_FEATURES], found[..., N_FEATURES:], atol=1e-10)
    expected = LinearRegression().fit(Z[0], F[0], sample_weight=w[0]).coef_
    assert_allclose(2.0 * found[0, :, :N_FEATURES], expected, atol=1e-10)


def test_r2_from_sums_is_that_of_scikit_learn(F, w, rng):
    predictions = F + rng.normal(size=F.shape)
    total, shifts = w.sum(axis=1)[:, None], F[:, 0]
    shifted = F - shifts[:, None]
    sums, squares = ((w[..., None] * x).sum(axis=1) for x in (shifted, shifted**2))
    unexplained = (w[..., None] * (F - predictions) ** 2).sum(axis=1)
    found = pooled_r2(unexplained, total, sums, squares, shifts)
    for row in range(N_ROWS):
        expected = r2_score(
            F[row], predictions[row], sample_weight=w[row], multioutput="raw_values"
        )
        assert_allclose(found[row], expected)


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e9])
def test_r2_of_a_constant_response_is_not_defined(constant):
    # Rounding in the sums must not make it one.
    w = np.full((1, 1000), 0.1)
    f = np.full((1, 1000, 1), constant)
    zero, shifts = np.zeros((1, 1)), np.full((1, 1), constant)
    sums = (w[..., None] * (f - constant + 1e-17 * constant)).sum(axis=1)
    assert np.isnan(pooled_r2(zero, w.sum(axis=1)[:, None], sums, sums**2, shifts)).all()


def test_scatter_of_the_replicates_adds_up_to_that_about_their_mean(F, w):
    parts = [slice(first, end) for first, end in pairwise(BOUNDS)]
    weights, sums, squares = (
        np.stack([(w[..., None] * F**power)[:, part].sum(axis=1) for part in parts], axis=1)
        for power in (0, 1, 2)
    )
    found = scatter_about_mean(weights, sums, squares).sum(axis=1)
    means = sums.sum(axis=1) / weights.sum(axis=1)
    expected = (w[..., None] * (F - means[:, None]) ** 2).sum(axis=1)
    assert_allclose(found, expected)


def test_r2_and_its_error_are_those_of_the_jackknife(rng):
    unexplained, scatter = rng.random((6, 1)), 2.0 + rng.random((6, 1))
    r2, error = jackknife_r2(unexplained, scatter)
    whole = 1.0 - unexplained.sum() / scatter.sum()
    without = np.array(
        [1.0 - np.delete(unexplained, i).sum() / np.delete(scatter, i).sum() for i in range(6)]
    )
    assert_allclose(r2, 6 * whole - 5 * without.mean())
    assert_allclose(error, np.sqrt(5 / 6 * ((without - without.mean()) ** 2).sum()))


def test_r2_without_scatter_is_not_defined():
    # All the scatter is in one replicate: the fit without it has none.
    r2, error = jackknife_r2(np.array([[1.0], [0.0]]), np.array([[4.0], [0.0]]))
    assert np.isnan(r2).all()
    assert np.isnan(error).all()


@pytest.mark.parametrize("alpha", [0.0, 0.7])
@pytest.mark.parametrize("full_scatter", [0.0, 2.0])
def test_a_diagonal_plus_rank_one_is_solved_as_the_whole_matrix(alpha, full_scatter):
    random = np.random.default_rng(4)
    diagonal, offsets = random.uniform(0.5, 4.0, 6), random.normal(size=6)
    factors = np.array([0.9, 0.0])[:, None, None]
    Zf = random.normal(size=(2, 3, 6))
    support = random.random((2, 3, 6)) < 0.7
    ZZ = np.diag(diagonal) + factors * np.outer(offsets, offsets)
    moments = Moments(ZZ[:, None], Zf, np.ones((2, 3)))
    expected = ridge_coefficients(moments, support, alpha, full_scatter)
    found = diagonal_ridge(diagonal, factors, offsets, Zf, support, alpha, full_scatter)
    assert_allclose(found, expected, atol=1e-12)
