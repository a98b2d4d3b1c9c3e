"""CopulaBackground: marginals and rank correlations of the training rows, on Sobol points."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.base import clone

from sklime import LimeTabularExplainer
from sklime.backgrounds import CopulaBackground
from sklime.neighborhoods import AnchoredNeighborhood, SharedNeighborhood


@pytest.fixture(scope="module")
def tied(global_random_seed):
    """Three columns of odd shapes: the first two rise together, the third falls."""
    rng = np.random.default_rng(global_random_seed)
    scores = rng.multivariate_normal(
        np.zeros(3), [[1.0, 0.8, -0.6], [0.8, 1.0, -0.4], [-0.6, -0.4, 1.0]], size=400
    )
    return np.column_stack([np.exp(scores[:, 0]), scores[:, 1] ** 3, 1e6 + scores[:, 2]])


@pytest.fixture
def drawn(recording):
    """The rows that a shared neighborhood asks about, whatever the model."""

    def rows(X, n_perturbations=1024, background="copula", random_state=0):
        function = recording(lambda X: np.zeros(len(X)))
        explainer = LimeTabularExplainer(
            function,
            neighborhood="shared",
            background=background,
            n_perturbations=n_perturbations,
            random_state=random_state,
        )
        explainer.fit(X)
        return max(function.calls, key=len)

    return rows


def test_rank_correlations_are_those_of_the_training_rows(tied, drawn):
    expected = stats.spearmanr(tied).statistic
    assert_allclose(stats.spearmanr(drawn(tied)).statistic, expected, atol=0.06)


def test_values_combine_that_never_stood_in_one_row(tied, drawn):
    known = {tuple(row) for row in tied}
    assert sum(tuple(row) in known for row in drawn(tied)) == 0


@pytest.mark.parametrize("change", [np.exp, np.negative], ids=["rising", "falling"])
def test_column_that_is_a_function_of_another_stays_one(change, drawn, global_random_seed):
    x = np.random.default_rng(global_random_seed).normal(size=200)
    rows = drawn(np.column_stack([x, change(x)]))
    sign = np.sign(change(1.0) - change(0.0))
    assert sign * stats.spearmanr(rows).statistic > 0.999


def test_category_keeps_its_dependence_on_a_number(drawn, global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    sex = np.array(["female", "male"] * 200)
    X = pd.DataFrame({"sex": sex, "height": rng.normal(170, 7, 400) + 13 * (sex == "male")})
    gaps = []
    for table in [X, drawn(X)]:
        means = table.groupby("sex")["height"].mean()
        gaps.append(means["male"] - means["female"])
    assert 0.5 < gaps[1] / gaps[0] < 1.3


def test_missing_values_of_two_columns_keep_some_of_their_dependence(drawn, global_random_seed):
    # Both are missing in 30 % of the rows; were they independent, in 9 %.
    X = np.random.default_rng(global_random_seed).normal(size=(200, 2))
    X[:60] = np.nan
    assert np.isnan(drawn(X)).all(axis=1).mean() > 0.12


def test_names_and_objects_mean_the_same(tied):
    explainer = LimeTabularExplainer(lambda X: X[:, 0], n_perturbations=64, random_state=0)
    by_name = clone(explainer).set_params(background="copula").fit(tied)
    by_object = clone(explainer).set_params(background=CopulaBackground()).fit(tied)
    assert_array_equal(by_name.transform(tied[:3]), by_object.transform(tied[:3]))
    assert isinstance(by_name.background_, CopulaBackground)


def test_background_of_the_user_stays_unfitted(tied):
    background = CopulaBackground()
    LimeTabularExplainer(lambda X: X[:, 0], background=background, n_perturbations=64).fit(tied)
    assert not [name for name in vars(background) if name.endswith("_")]


@pytest.mark.parametrize("neighborhood", [SharedNeighborhood, AnchoredNeighborhood])
def test_points_of_sobol_are_more_even_than_independent_ones(neighborhood, tied, recording):
    def spread(points):
        means = []
        for seed in range(8):
            function = recording(lambda X: np.zeros(len(X)))
            explainer = LimeTabularExplainer(
                function,
                neighborhood=neighborhood(points=points),
                background="copula",
                n_perturbations=256,
                random_state=seed,
            )
            explainer.fit(tied).explain(tied[:1])
            means.append(max(function.calls, key=len).mean(axis=0))
        return np.var(means, axis=0)

    assert np.median(spread("sobol") / spread("independent")) < 0.5


@pytest.mark.parametrize("n_rows", [2, 3, 10])
def test_fewer_rows_than_columns_are_enough(n_rows, drawn, neighborhood, global_random_seed):
    X = np.random.default_rng(global_random_seed).normal(size=(n_rows, 12))
    rows = drawn(X, n_perturbations=64)
    assert (rows >= X.min(axis=0) - 1e-9).all()
    assert (rows <= X.max(axis=0) + 1e-9).all()


@pytest.mark.parametrize("value", [7.0, 0.0, np.nan])
def test_constant_column_stays_constant(value, tied, drawn):
    X = np.column_stack([tied[:, 0], np.full(len(tied), value)])
    assert_array_equal(drawn(X)[:, 1], value)


def test_constant_table_stays_constant(drawn):
    assert_array_equal(drawn(np.full((20, 3), 7.0), n_perturbations=64), 7.0)


def test_one_column_is_enough(tied, drawn):
    rows = drawn(tied[:, :1])
    assert stats.ks_2samp(rows[:, 0], tied[:, 0]).statistic < 0.02


def test_same_points_give_the_same_rows_whatever_they_are_drawn_with(tied):
    background = CopulaBackground().fit(tied)
    points = np.random.default_rng(0).random((20, background.n_dimensions_))
    alone = np.vstack([background.sample(point[None]) for point in points])
    assert_allclose(alone, background.sample(points), rtol=1e-12)


def test_training_rows_are_left_untouched(tied):
    X = tied.copy()
    CopulaBackground().fit(X).sample(np.full((4, 3), 0.5))
    assert_array_equal(X, tied)
