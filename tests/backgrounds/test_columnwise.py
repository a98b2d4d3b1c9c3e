"""Columns that are drawn on their own: missing values at their rate."""

import numpy as np
from numpy.testing import assert_allclose
from tables import FEW, explained_table, mixed_score, row_sums, rows_asked

from sklime import LimeTabularExplainer


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
