"""SubmodularPick: greedy, lazy, and as good as greedy must be."""

from itertools import combinations
from math import e

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklime import LimeTabularExplainer, SubmodularPick


@parametrize_with_checks([SubmodularPick()])
def test_pick_passes_the_checks_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def batch(multiclass_data, multiclass_model):
    """Thirty flowers, three classes, two of four features each."""
    explainer = LimeTabularExplainer(
        multiclass_model, n_perturbations=64, max_features=2, random_state=0
    )
    return explainer.fit(multiclass_data[0]).explain(multiclass_data[0][::5])


def covered_importance(weights, rows):
    """What some rows cover, straight from the paper's formulas."""
    importances = np.sqrt(np.abs(weights).sum(axis=0))
    return importances[(np.abs(weights[list(rows)]) > 0).any(axis=0)].sum()


def plain_greedy(weights, n_picks):
    """Try every row at every step; the first of equals, up to rounding."""
    picks = []
    while len(picks) < n_picks:
        gains = [covered_importance(weights, [*picks, row]) for row in range(len(weights))]
        gains = np.array(gains) - covered_importance(weights, picks)
        if gains.max() <= 1e-12:
            break
        picks.append(int(np.flatnonzero(gains >= gains.max() - 1e-9)[0]))
    return picks


def best_coverage(weights, n_picks):
    """What the best set of rows covers, by trying all of them."""
    n_picks = min(n_picks, len(weights))
    return max(
        covered_importance(weights, rows) for rows in combinations(range(len(weights)), n_picks)
    )


# Weights that differ by more than rounding, or are zero.
small_matrices = st.tuples(st.integers(1, 8), st.integers(1, 6)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=st.integers(-4, 4).map(float))
)


# What is picked


def test_importance_is_the_root_of_the_summed_sizes():
    weights = np.array([[1.0, 1.0, 0.0], [0.0, -1.0, 2.0], [0.0, 2.0, 7.0]])
    assert_allclose(SubmodularPick().fit(weights).importances_, [1.0, 2.0, 3.0])


def test_row_that_shows_most_that_is_new_comes_next():
    # The second row uses strong columns, but the first pick has shown them.
    weights = np.array([[1.0, 4.0, 4.0, 0.0], [0.0, 4.0, 4.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    assert SubmodularPick(2).fit(weights).indices_.tolist() == [0, 2]


@settings(deadline=None)
@given(weights=small_matrices, n_picks=st.integers(1, 4))
def test_picks_are_those_of_plain_greedy(weights, n_picks):
    assert SubmodularPick(n_picks).fit(weights).indices_.tolist() == plain_greedy(weights, n_picks)


@settings(deadline=None)
@given(weights=small_matrices, n_picks=st.integers(1, 3))
def test_coverage_is_within_the_bound_of_the_best(weights, n_picks):
    pick = SubmodularPick(n_picks).fit(weights)
    covered = covered_importance(weights, pick.indices_)
    assert covered >= (1 - 1 / e) * best_coverage(weights, n_picks) - 1e-9


@settings(deadline=None)
@given(weights=small_matrices)
def test_one_pick_is_the_best_one(weights):
    covered = covered_importance(weights, SubmodularPick(1).fit(weights).indices_)
    assert covered == pytest.approx(best_coverage(weights, 1))


@settings(deadline=None)
@given(
    owners=st.lists(st.integers(0, 6), min_size=1, max_size=9),
    n_picks=st.integers(1, 4),
)
def test_picks_of_rows_that_share_nothing_are_the_best(owners, n_picks):
    # Each column is used by one row alone: greedy is then optimal.
    weights = np.zeros((7, len(owners)))
    weights[owners, np.arange(len(owners))] = np.arange(1, len(owners) + 1)
    pick = SubmodularPick(n_picks).fit(weights)
    covered = covered_importance(weights, pick.indices_)
    assert covered == pytest.approx(best_coverage(weights, n_picks))


@settings(deadline=None)
@given(weights=small_matrices, n_picks=st.integers(1, 8))
def test_coverage_is_the_share_of_all_importance(weights, n_picks):
    pick = SubmodularPick(n_picks).fit(weights)
    total = np.sqrt(np.abs(weights).sum(axis=0)).sum()
    for place, share in enumerate(pick.coverage_, start=1):
        assert share == pytest.approx(covered_importance(weights, pick.indices_[:place]) / total)
    assert (np.diff(pick.coverage_) > 0).all()
    assert (pick.coverage_ <= 1).all()


def test_lazy_picks_are_plain_ones_on_a_larger_matrix(global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    weights = rng.normal(size=(60, 40)) * (rng.random((60, 40)) < 0.1)
    assert SubmodularPick(20).fit(weights).indices_.tolist() == plain_greedy(weights, 20)


def test_equal_rows_are_picked_in_their_order():
    assert SubmodularPick(4).fit(np.eye(4)).indices_.tolist() == [0, 1, 2, 3]


def test_picking_ends_when_everything_is_covered():
    pick = SubmodularPick(5).fit(np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]]))
    assert pick.indices_.tolist() == [1]
    assert pick.coverage_.tolist() == [1.0]


def test_nothing_is_picked_without_weights():
    pick = SubmodularPick().fit(np.zeros((3, 2)))
    assert pick.indices_.size == pick.coverage_.size == 0


def test_rows_without_an_explanation_are_not_picked():
    weights = np.array([[np.nan, np.nan], [1.0, 0.0], [0.0, 1.0]])
    assert SubmodularPick(3).fit(weights).indices_.tolist() == [1, 2]


def test_sparse_matrix_gives_what_a_dense_one_gives(global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    weights = rng.normal(size=(30, 20)) * (rng.random((30, 20)) < 0.2)
    dense, thin = SubmodularPick(4).fit(weights), SubmodularPick(4).fit(sparse.csr_array(weights))
    assert_array_equal(thin.indices_, dense.indices_)
    assert_allclose(thin.importances_, dense.importances_)


def test_matrix_stays_as_it_is():
    weights = sparse.csr_array(np.array([[-1.0, np.nan], [0.0, 2.0]]))
    before = weights.copy()
    SubmodularPick().fit(weights)
    assert_array_equal(weights.toarray(), before.toarray())


def test_names_are_those_of_the_frame():
    frame = pd.DataFrame({"age": [1.0, 0.0], "debt": [0.0, 1.0]})
    assert SubmodularPick().fit(frame).names_.tolist() == ["age", "debt"]


# From explanations


def test_features_of_a_batch_are_those_of_the_matrix(batch):
    pick = SubmodularPick(3, on="features").fit(batch)
    matrix = np.abs(batch.values).sum(axis=2)
    assert_array_equal(pick.indices_, SubmodularPick(3).fit(matrix).indices_)
    assert pick.names_.tolist() == list(batch.feature_names)


def test_rules_are_the_conditions_of_the_rows(batch):
    pick = SubmodularPick(3).fit(batch)
    frame = batch.to_frame()
    sizes = frame["weight"].abs().groupby(frame["condition"]).sum()
    assert_allclose(pick.importances_, np.sqrt(sizes[pick.names_]))
    assert set(pick.names_) == set(frame["condition"])


def test_coverage_of_rules_can_be_counted_in_the_frame(batch):
    pick = SubmodularPick(3, on="rules").fit(batch)
    shown = batch[pick.indices_].to_frame()["condition"].unique()
    importances = pd.Series(pick.importances_, index=pick.names_)
    assert pick.coverage_[-1] == pytest.approx(importances[shown].sum() / importances.sum())


def test_one_output_counts_alone(batch):
    pick = SubmodularPick(3, on="features", output="virginica").fit(batch)
    place = batch.output_names.index("virginica")
    assert_allclose(pick.importances_, np.sqrt(np.abs(batch.values[:, :, place]).sum(axis=0)))


def test_opposite_weights_of_two_classes_do_not_cancel(binary_data):
    model = LogisticRegression().fit(*binary_data)
    explainer = LimeTabularExplainer(model, target="all", n_perturbations=64, random_state=0)
    batch = explainer.fit(binary_data[0]).explain(binary_data[0][:5])
    assert (SubmodularPick(on="features").fit(batch).importances_ > 0).all()


def test_picked_rows_are_a_batch(batch):
    pick = SubmodularPick(2).fit(batch)
    assert_array_equal(batch[pick.indices_].values, batch.values[pick.indices_])


@pytest.mark.parametrize("options", [{"on": "rules"}, {"output": 0}, {"output": "setosa"}])
def test_matrix_has_neither_rules_nor_outputs(options):
    with pytest.raises(ValueError, match="needs explanations"):
        SubmodularPick(**options).fit(np.eye(3))


def test_unknown_output_names_the_known_ones(batch):
    with pytest.raises(ValueError, match="setosa"):
        SubmodularPick(output="tulip").fit(batch)


@pytest.mark.parametrize("options", [{"n_picks": 0}, {"n_picks": 2.5}, {"on": "words"}])
def test_wrong_parameters_are_errors(options, batch):
    with pytest.raises(ValueError, match="must be"):
        SubmodularPick(**options).fit(batch)


def test_second_fit_forgets_the_first(batch):
    pick = SubmodularPick().fit(pd.DataFrame({"age": [1.0]})).fit(batch)
    assert not hasattr(pick, "n_features_in_")
    assert not hasattr(pick, "feature_names_in_")
    assert_array_equal(pick.indices_, clone(pick).fit(batch).indices_)
