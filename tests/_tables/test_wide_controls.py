"""Control variates of wide tables: unbiased whatever they are, exact for sparse additive models."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklime._tables._encoding import TableStatistics, TabularEncoder
from sklime._tables._wide_controls import WideRow, cross_sums, wide_controls
from sklime.neighborhoods import replicate_bounds

N_MASKS, N_FEATURES = 512, 300
BOUNDS = replicate_bounds(N_MASKS, 8)
EFFECTS = np.array([0.0, 1.0, 2.0, 0.5])  # by quarter of the unit interval


def encoder():
    unit, flags = np.ones(N_FEATURES), np.zeros(N_FEATURES, dtype=bool)
    statistics = TableStatistics(unit, unit, 0 * unit, unit, 0 * unit, flags, flags)
    cuts = (np.array([0.25, 0.5, 0.75]),) * N_FEATURES
    return TabularEncoder(cuts, (None,) * N_FEATURES, "left", statistics)


def row_of(response, seed):
    """An explained row with all values in the first quarter; half of them are kept."""
    rng = np.random.default_rng(seed)
    is_kept = rng.uniform(size=(N_MASKS, N_FEATURES)) < 0.5
    values = np.where(is_kept, 0.1, rng.uniform(size=(N_MASKS, N_FEATURES)))
    bins = np.minimum((values * 4).astype(int), 3)
    shares = np.full(N_FEATURES, 0.5 + 0.5 * 0.25)
    return WideRow(
        Z=bins == 0,
        F=response(bins)[:, None, None],
        column=lambda index: values[:, None, index],
        instance=np.zeros(N_FEATURES, dtype=int),
        w=np.ones(N_MASKS),
        shares=shares,
        variances=shares * (1 - shares),
        bins=(np.array([0.25, 0.25, 0.25, 0.25, 0.0]),) * N_FEATURES,
    )


def additive(bins):
    return 2 * EFFECTS[bins[:, 3]] + EFFECTS[bins[:, 7]]


def test_sums_over_masks_come_in_blocks(monkeypatch):
    monkeypatch.setattr("sklime._tables._wide_controls._BLOCK_NUMBERS", 60)
    rng = np.random.default_rng(0)
    Z, columns = rng.uniform(size=(20, 17)) < 0.5, rng.normal(size=(20, 3))
    assert_allclose(cross_sums(Z, columns), columns.T @ Z)


def test_a_sparse_additive_model_leaves_no_residual(global_random_seed):
    row = row_of(additive, global_random_seed)
    controls = wide_controls(row, BOUNDS, encoder(), has_controls=True)
    assert_allclose(controls.residuals, 0.0, atol=1e-8)
    used = np.flatnonzero(controls.slopes.any(axis=(0, 1)))
    assert {3, 7} <= set(used.tolist())
    others = EFFECTS[1:].mean()
    assert_allclose(controls.slopes[:, 0, 3], -2 * others, atol=1e-8)


def test_targets_depend_on_the_conditions_alone(global_random_seed):
    row = row_of(additive, global_random_seed)
    targets = wide_controls(row, BOUNDS, encoder(), has_controls=True).targets[:, 0, 0]
    for condition in range(4):
        here = (row.Z[:, 3] == condition % 2) & (row.Z[:, 7] == condition // 2)
        assert np.ptp(targets[here]) < 1e-8


def test_without_controls_the_model_is_the_mean_of_the_others(global_random_seed):
    row = row_of(additive, global_random_seed)
    controls = wide_controls(row, BOUNDS, encoder(), has_controls=False)
    assert not controls.slopes.any()
    assert (controls.targets == row.F).all()
    assert_allclose(controls.means[0, 0], row.F[BOUNDS[1] :].mean())


def test_the_model_of_a_replicate_does_not_know_its_responses(global_random_seed):
    row = row_of(additive, global_random_seed)
    changed = row.F.copy()
    changed[: BOUNDS[1]] *= -3.0
    other = WideRow(**{**vars(row), "F": changed})
    one, two = (wide_controls(r, BOUNDS, encoder(), has_controls=True) for r in (row, other))
    assert (one.slopes[0] == two.slopes[0]).all()
    assert (one.means[0] == two.means[0]).all()
    assert (one.slopes[1] != two.slopes[1]).any()


@pytest.mark.parametrize(
    "response", [lambda bins: np.zeros(len(bins)), lambda bins: 1.0 * bins[:, 0]]
)
def test_constant_and_single_column_responses_are_explained(response, global_random_seed):
    controls = wide_controls(
        row_of(response, global_random_seed), BOUNDS, encoder(), has_controls=True
    )
    assert_allclose(controls.residuals, 0.0, atol=1e-8)
