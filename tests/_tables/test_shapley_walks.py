"""Sampled Shapley values against their definition."""

from dataclasses import replace

import numpy as np
import pytest
from enumeration import product_background, shapley_by_enumeration
from numpy.testing import assert_allclose, assert_array_equal

from sklime._tables._shapley_walks import WalkPlan, Walks, shapley_walks
from sklime.backgrounds import EmpiricalBackground, MarginalBackground
from sklime.utils._intervals import half_widths

N_FEATURES = 4


def two_outputs(X):
    """A function with interactions, and one whose last column is a dummy."""
    first = X[:, 0] * X[:, 1] + np.sin(X[:, 2] * X[:, 3])
    return np.column_stack([first, X[:, 0] + X[:, 1] ** 2 * (X[:, 2] > 1.0)])


@pytest.fixture(scope="module")
def X():
    """Training rows of few whole numbers."""
    return np.random.default_rng(0).integers(0, 4, (60, N_FEATURES)).astype(float)


def first_column(X):
    """A function of the first column alone."""
    return X[:, :1]


def plan_of(X, function=two_outputs, background=None, **parameters):
    """A plan with a discrete background."""
    background = MarginalBackground() if background is None else background
    fitted = background.fit(X, is_discrete=np.ones(X.shape[1], dtype=bool))
    settings = {"n_calls": 256, "n_replicates": 8, "seed": 0} | parameters
    can_change = settings.pop("can_change", np.ones(X.shape[1], dtype=bool))
    return WalkPlan(function, fitted, can_change, **settings)


def walked(plan, rows, **options):
    """Shapley values of all outputs."""
    responses = plan.response(rows)
    index = np.tile(np.arange(responses.shape[1]), (len(rows), 1))
    return shapley_walks(plan, rows, responses, index, **options)


@pytest.mark.parametrize("background", [MarginalBackground(), EmpiricalBackground()])
def test_means_over_seeds_are_shapley_values_by_definition(X, background):
    plan, rows = plan_of(X, background=background), X[:3]
    if isinstance(background, EmpiricalBackground):
        drawn, shares = X, np.full(len(X), 1 / len(X))
    else:
        drawn, shares = product_background(X)
    truth = np.array([shapley_by_enumeration(two_outputs, row, drawn, shares) for row in rows])
    runs = np.stack([walked(replace(plan, seed=seed), rows).values for seed in range(64)])
    errors = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    assert (np.abs(runs.mean(axis=0) - truth) <= 4.5 * errors + 1e-12).all()


def test_base_value_is_the_mean_over_the_background(X):
    drawn, shares = product_background(X)
    result = walked(plan_of(X, n_calls=2**14), X[:3])
    expected = shares @ two_outputs(drawn)
    half = half_widths(result.base_errors, 8, 0.9999)
    assert (np.abs(result.base_values - expected) <= half).all()


def test_intervals_cover_shapley_values(X):
    plan, rows = plan_of(X), X[:4]
    drawn, shares = product_background(X)
    truth = np.array([shapley_by_enumeration(two_outputs, row, drawn, shares) for row in rows])
    covered = []
    for seed in range(150):
        result = walked(replace(plan, seed=seed), rows)
        half = half_widths(result.standard_errors, plan.n_replicates_made)
        covered.append(np.abs(result.values - truth) <= half + 1e-12)
    # The dummy column of the second output is always covered.
    assert 0.93 <= np.mean(np.array(covered)[..., 0]) <= 0.97


@pytest.mark.parametrize("n_calls", [24, 100, 1000])
def test_base_value_and_values_add_up_to_the_response(X, n_calls):
    result = walked(plan_of(X, n_calls=n_calls), X)
    assert_allclose(result.base_values + result.values.sum(axis=1), two_outputs(X), atol=1e-12)


def test_additive_functions_have_no_error_but_that_of_the_background():
    rng = np.random.default_rng(1)
    X, weights = rng.normal(size=(300, 5)), np.array([1.0, -2.0, 0.5, 0.0, 3.0])
    background = MarginalBackground().fit(X)
    plan = WalkPlan(lambda rows: rows @ weights[:, None], background, np.ones(5, bool), 640, 8, 0)
    result = walked(plan, X[:4])
    even = (np.arange(2**14) + 0.5) / 2**14
    means = background.sample(np.repeat(even[:, None], 5, axis=1)).mean(axis=0)
    half = half_widths(result.standard_errors[..., 0], 8, 0.9999)
    assert (np.abs(result.values[..., 0] - weights * (X[:4] - means)) <= half + 1e-12).all()


def test_equal_columns_get_equal_values_and_dummies_none(X):
    def symmetric(rows):
        return (rows[:, 0] * rows[:, 1] + rows[:, 2])[:, None]

    X = X.copy()
    X[:, 1] = X[:, 0]
    result = walked(plan_of(X, symmetric, n_calls=2**13), X[:5])
    assert_array_equal(result.values[:, 3], 0.0)
    assert_array_equal(result.standard_errors[:, 3], 0.0)
    difference = result.replicate_values[:, :, 0] - result.replicate_values[:, :, 1]
    errors = difference.std(axis=1, ddof=1) / np.sqrt(8)
    assert (np.abs(difference.mean(axis=1)) <= half_widths(errors, 8, 0.9999) + 1e-12).all()


def test_rows_are_the_same_in_any_batch_and_any_number_of_threads(X):
    plan = plan_of(X)
    together = walked(plan, X[:20])
    alone = [walked(plan, X[[row]]) for row in range(20)]
    assert_array_equal(together.values, np.concatenate([one.values for one in alone]))
    assert_array_equal(
        together.standard_errors, np.concatenate([one.standard_errors for one in alone])
    )
    in_small_calls = walked(plan, X[:20], batch_size=300, n_jobs=2)
    assert_array_equal(together.values, in_small_calls.values)


def test_held_columns_keep_the_value_of_the_row(X):
    asked = []

    def recording(rows):
        asked.append(rows)
        return two_outputs(rows)

    can_change = np.array([True, False, True, True])
    plan = plan_of(X, recording, can_change=can_change)
    row = X[:1]
    result = walked(plan, row)
    assert all((rows[:, 1] == row[0, 1]).all() for rows in asked)
    assert_array_equal(result.values[:, 1], 0.0)
    assert np.isnan(result.standard_errors[:, 1]).all()
    assert_allclose(result.base_values + result.values.sum(axis=1), two_outputs(row), atol=1e-12)


def test_calls_are_counted_and_spent_on_average(X):
    asked = []

    def recording(rows):
        asked.append(len(rows))
        return two_outputs(rows)

    plan = plan_of(X, recording, n_calls=512)
    result = walked(plan, X)
    assert result.n_calls.sum() == sum(asked[1:])
    assert 0.93 * 512 < result.n_calls.mean() <= 1.03 * 512


def test_a_row_equal_to_all_background_rows_asks_nothing():
    X = np.ones((10, 3))
    result = walked(plan_of(X, lambda rows: rows.sum(axis=1, keepdims=True)), X[:2])
    assert_array_equal(result.n_calls, 0)
    assert_array_equal(result.values, 0.0)
    assert_array_equal(result.base_values, 3.0)


@pytest.mark.parametrize("answer", [np.nan, np.inf])
def test_a_missing_answer_costs_its_own_row_only(X, answer):
    rows = X[:3].copy()
    rows[1, 0] = 9.0  # no other row has it

    def partly(rows):
        return np.where((rows[:, :1] == 9.0) & (rows[:, 1:2] > 1.0), answer, two_outputs(rows))

    plan = plan_of(X, partly)
    result = walked(plan, rows)
    assert_array_equal(result.has_answers, [True, False, True])
    assert np.isnan(result.values[1]).all()
    assert_array_equal(
        result.values[[0, 2]], walked(replace(plan, response=two_outputs), rows).values[[0, 2]]
    )


def test_missing_values_equal_each_other(X):
    X = X.copy()
    X[::3, 1] = np.nan
    asked = []

    def filled(rows):
        asked.append(rows)
        return two_outputs(np.nan_to_num(rows))

    rows = X[[0]]
    result = walked(plan_of(X, filled), rows)
    states = asked[1]
    # No state that is asked about is the explained row itself.
    assert not (states == np.where(np.isnan(rows), -1.0, rows)).all(axis=1).any()
    assert_allclose(result.base_values + result.values.sum(axis=1), filled(rows), atol=1e-12)


def test_each_column_stands_at_evenly_spread_positions(X):
    walks = Walks.draw(plan_of(X, n_replicates=2, n_calls=64), 2 * 2 * N_FEATURES)
    for first, end in zip(walks.bounds, walks.bounds[1:]):
        counts = np.apply_along_axis(np.bincount, 0, walks.ranks[first:end])
        assert_array_equal(counts, 2)
        assert_array_equal(walks.ranks[first:end:2] + walks.ranks[first + 1 : end : 2], 3)


def test_wide_tables_get_fewer_replicates_and_too_few_calls_an_error():
    X = np.random.default_rng(0).normal(size=(50, 20))

    def plan(n_calls):
        background = MarginalBackground().fit(X)
        return WalkPlan(first_column, background, np.ones(20, bool), n_calls, 8, 0)

    made = {n_calls: plan(n_calls).n_replicates_made for n_calls in (30, 70, 128, 1600, 10**4)}
    assert made == {30: 2, 70: 3, 128: 4, 1600: 5, 10**4: 8}
    assert walked(plan(128), X[:2]).replicate_values.shape == (2, 4, 20, 1)
    with pytest.raises(ValueError, match="at least n_perturbations=40"):
        walked(plan(30), X[:2])
