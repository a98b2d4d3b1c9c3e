"""Columns that are drawn on their own: missing values at their rate."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from tables import FEW, explained_table, mixed_score, row_sums, rows_asked

from sklime import LimeTabularExplainer
from sklime.backgrounds import MarginalBackground, NormalBackground


def test_missing_values_are_drawn_at_their_rate(background, mixed, recording):
    function = recording(mixed_score)
    LimeTabularExplainer(
        function, neighborhood="shared", background=background, n_perturbations=1024
    ).fit(mixed)
    perturbed = max(function.calls, key=len)
    assert len(perturbed) == 1024
    assert_allclose(perturbed.isna().mean(), mixed.isna().mean(), atol=0.03)


def test_replaced_values_are_missing_at_their_rate(background, mixed, recording):
    function = recording(mixed_score)
    explainer = LimeTabularExplainer(
        function, background=background, n_perturbations=4096, keep=0.25, random_state=0
    ).fit(mixed)
    function.calls.clear()
    row = mixed[mixed.notna().all(axis=1)][:1]
    explainer.explain(row)
    asked = rows_asked(function)
    changed = asked[asked["income"] != row["income"].iloc[0]]
    # A quarter of the rows keep this column's own value.
    assert_allclose(changed.isna().mean(), 0.75 * mixed.isna().mean(), atol=0.03)


def test_columns_without_missing_values_stay_so(neighborhood, background, mixed, recording):
    function = recording(mixed_score)
    explained_table(function, mixed, neighborhood=neighborhood, background=background)
    complete = mixed.columns[mixed.notna().all()]
    assert rows_asked(function)[complete].notna().all(axis=None)


def test_ties_are_filled_with_their_value(neighborhood, recording, global_random_seed):
    # Half the column is 7.0, so one bin has equal bounds; `lime` fills it with 0.
    rng = np.random.default_rng(global_random_seed)
    X = rng.uniform(8.0, 9.0, size=(100, 2))
    X[:50, 0] = 7.0
    function = recording(row_sums)
    explainer = LimeTabularExplainer(function, neighborhood=neighborhood, **FEW).fit(X)
    explainer.explain(X[[0, 60]])
    if neighborhood != "around":
        asked = function.rows()[:, 0]
        assert asked.min() >= 7.0 - 1e-8
        assert asked.max() <= X[:, 0].max() + 1e-8
        assert np.isclose(asked, 7.0, atol=1e-8).mean() > 0.25


CELL_COLUMN = np.concatenate([np.random.default_rng(3).lognormal(size=400), np.full(60, 2.0)])


@pytest.mark.parametrize("is_discrete", [False, True])
@pytest.mark.parametrize("misses", [False, True])
@pytest.mark.parametrize("kind", [MarginalBackground, NormalBackground])
def test_cells_have_the_mass_and_the_mean_of_draws(kind, misses, is_discrete):
    column = np.round(CELL_COLUMN, 1) if is_discrete else CELL_COLUMN.copy()
    if misses:
        column[::7] = np.nan
    background = kind().fit(column[:, None], is_discrete=np.array([is_discrete]))
    boundaries = np.array([-1.0, 0.4, 0.7, 1.3, 2.0, 2.5, 40.0])
    cells = background.cells(0, boundaries)
    n = 2**20
    draws = background.sample(((np.arange(n) + 0.5) / n)[:, None])[:, 0]
    assert_allclose(cells.weights.sum(), 1.0, atol=1e-14)
    for t in boundaries:
        # `NaN <= t` is false, and the cell of missing values is NaN.
        below, inside = draws <= t, cells.values <= t
        assert_allclose(cells.weights[inside].sum(), below.mean(), atol=3e-6)
        assert_allclose(cells.moments[inside].sum(), draws[below].sum() / n, atol=3e-5)
    assert_allclose(cells.weights[np.isnan(cells.values)].sum(), np.isnan(draws).mean(), atol=2e-6)


def test_a_column_of_unknown_distribution_is_in_points_of_equal_mass():
    class Uniform:
        def ppf(self, u):
            return np.where(u > 0.75, np.nan, u)

    background = MarginalBackground().fit(np.arange(4.0)[:, None])
    background.distributions_ = [Uniform()]
    cells = background.cells(0, np.array([0.5]))
    assert len(cells.values) == 4096
    assert_allclose(cells.weights[cells.values <= 0.5].sum(), 0.5, atol=3e-4)
    assert_allclose(cells.moments.sum(), 0.75**2 / 2, atol=3e-4)
