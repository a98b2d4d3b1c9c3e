"""What all backgrounds promise, seen through the eyes of the model."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import stats
from sklearn.linear_model import LinearRegression
from tables import mixed_frame, mixed_score, rows_asked

from sklime import LimeTabularExplainer
from sklime.backgrounds import (
    BaseBackground,
    CopulaBackground,
    EmpiricalBackground,
    MarginalBackground,
    NormalBackground,
)
from sklime.neighborhoods import BaseNeighborhood

BACKGROUNDS = {
    "marginal": MarginalBackground,
    "normal": NormalBackground,
    "empirical": EmpiricalBackground,
    "copula": CopulaBackground,
}


@pytest.fixture(params=BACKGROUNDS)
def background(request):
    """Each background in turn, by name."""
    return request.param


@pytest.fixture(scope="module")
def shapes(global_random_seed):
    """Columns of many shapes: normal, skewed, two humps, ties, whole numbers."""
    rng = np.random.default_rng(global_random_seed)
    n_rows = 400
    return pd.DataFrame(
        {
            "normal": rng.normal(size=n_rows),
            "skewed": rng.lognormal(size=n_rows),
            "humps": rng.normal(size=n_rows) + 8.0 * (rng.random(n_rows) < 0.3),
            "even": rng.random(n_rows),
            "zeros": rng.random(n_rows) * (rng.random(n_rows) < 0.4),
            "counts": rng.poisson(2.0, n_rows),
        }
    )


def zero(X):
    return np.zeros(len(X))


def asked(function, X, rows=None, **parameters):
    """What a fitted explainer asks: the shared draws, or the rows perturbed from some row."""
    parameters = {"n_perturbations": 1024, "random_state": 0, "neighborhood": "shared"} | parameters
    explainer = LimeTabularExplainer(function, **parameters).fit(X)
    if rows is not None:
        function.calls.clear()
        explainer.explain(rows)
    return max(function.calls, key=len)


def test_columns_have_the_distribution_of_the_training_rows(background, shapes, recording):
    # `lime`'s distribution is normal within each quartile, and two humps are not.
    drawn = asked(recording(zero), shapes, background=background)
    for name in shapes:
        limits = {"marginal": 0.15 if name == "humps" else 0.1, "empirical": 0.06, "copula": 0.03}
        limits["normal"] = 0.05 if name in ("normal", "counts") else 0.5
        assert stats.ks_2samp(drawn[name], shapes[name]).statistic < limits[background], name


def test_replaced_values_have_the_distribution_of_the_training_rows(background, shapes, recording):
    rows = asked(
        recording(zero),
        shapes,
        shapes[:1] + 1000,
        background=background,
        neighborhood="anchored",
        keep=0.25,
        n_perturbations=2048,
    )
    for name in shapes:
        limits = {"marginal": 0.15, "empirical": 0.06, "copula": 0.05}
        limits["normal"] = 0.07 if name in ("normal", "counts") else 0.5
        replaced = rows[name][rows[name] < 900]
        assert_allclose(len(replaced) / len(rows), 0.75, atol=0.02, err_msg=name)
        assert stats.ks_2samp(replaced, shapes[name]).statistic < limits[background], name


LARGEST = np.finfo(np.float64).max
COLUMNS_AT_THE_EDGE = {
    "1e308": lambda rng: rng.choice([-1e308, 1e308], 60),
    "up to the largest": lambda rng: rng.uniform(-1.0, 1.0, 60) * LARGEST,
    "the largest": lambda rng: rng.choice([-LARGEST, LARGEST], 60),
    "one huge": lambda rng: np.append(rng.normal(size=59), 1.7e308),
    "mixed": lambda rng: rng.normal(size=60) * 10.0 ** rng.integers(-300, 300, 60),
    "denormal": lambda rng: rng.integers(1, 1000, 60) * 5e-324,
    "constant": lambda rng: np.full(60, 1.7e308),
    "half precision": lambda rng: rng.uniform(-65500, 65500, 60).astype(np.float16),
    "single precision": lambda rng: (rng.uniform(-1, 1, 60) * 3.4e38).astype(np.float32),
}


@pytest.mark.filterwarnings("ignore:Too few perturbed rows", "ignore:Rows .* effective sample")
@pytest.mark.parametrize("discretizer", ["quartile", None])
@pytest.mark.parametrize("container", ["array", "pandas"])
@pytest.mark.parametrize("column", COLUMNS_AT_THE_EDGE)
def test_huge_columns_are_drawn_finite_and_without_warnings(
    column, container, discretizer, background, neighborhood, recording, global_random_seed
):
    values = COLUMNS_AT_THE_EDGE[column](np.random.default_rng(global_random_seed))
    X = np.column_stack([values, values[::-1]])
    if container == "pandas":
        X = pd.DataFrame({"huge": values, "age": np.arange(60.0)})
    function = recording(lambda X: (np.asarray(X)[:, 0] > 0).astype(float))
    parameters = {"background": background, "discretizer": discretizer, "n_perturbations": 64}
    explainer = LimeTabularExplainer(
        function, neighborhood=neighborhood, random_state=0, **parameters
    ).fit(X)
    assert np.isfinite(explainer.explain(X[:3]).values).all()
    assert all(np.isfinite(np.asarray(call)).all() for call in function.calls)


def test_categories_are_drawn_at_their_frequency(background, recording, global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    job = rng.choice(["cook", "nurse", "pilot", "smith"], 300, p=[0.6, 0.25, 0.1, 0.05])
    X = pd.DataFrame({"job": job, "age": rng.normal(size=300), "owner": rng.random(300) < 0.2})
    drawn = asked(recording(zero), X, background=background)
    # Whole rows cannot be spread evenly over every column at once.
    atol = 0.04 if background == "empirical" else 0.015
    for name in ["job", "owner"]:
        expected = X[name].value_counts(normalize=True).sort_index()
        found = drawn[name].value_counts(normalize=True).sort_index()
        assert_array_equal(found.index, expected.index)
        assert_allclose(found, expected, atol=atol)


def test_missing_values_are_drawn_at_their_rate_and_the_others_by_their_distribution(
    background, recording, shapes
):
    X = shapes[["normal", "skewed"]].copy()
    X.loc[::4, "normal"] = np.nan
    drawn = asked(recording(zero), X, background=background)
    assert_allclose(drawn.isna().mean(), [0.25, 0.0], atol=0.04)
    present = drawn["normal"].dropna()
    assert stats.ks_2samp(present, X["normal"].dropna()).statistic < 0.1


def test_whole_numbers_are_numbers_that_were_seen(background, recording, shapes):
    X = pd.DataFrame({"counts": shapes["counts"] * 3, "even": shapes["even"]})
    drawn = asked(recording(zero), X, background=background)
    assert set(drawn["counts"]) <= set(X["counts"])


@pytest.mark.parametrize("background", ["empirical", "copula"])
@pytest.mark.parametrize("kind", ["numbers", "whole numbers", "categories", "missing values"])
def test_identical_columns_stay_identical(kind, background, recording, global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    column = {
        "numbers": lambda: rng.normal(size=200),
        "whole numbers": lambda: rng.integers(0, 9, 200),
        "categories": lambda: rng.choice(["a", "b", "c"], 200),
        "missing values": lambda: np.where(rng.random(200) < 0.3, np.nan, rng.normal(size=200)),
    }[kind]()
    X = pd.DataFrame({"one": column, "other": rng.normal(size=200), "two": column})
    drawn = asked(recording(zero), X, background=background)
    pd.testing.assert_series_equal(drawn["one"], drawn["two"], check_names=False)


@pytest.mark.parametrize("background", ["empirical", "copula"])
def test_identical_columns_are_replaced_by_identical_values(
    background, recording, global_random_seed
):
    x = np.random.default_rng(global_random_seed).normal(size=200)
    X = np.column_stack([x, x])
    rows = asked(
        recording(zero), X, np.full((1, 2), 1000.0), background=background, neighborhood="anchored"
    )
    both = (rows < 900).all(axis=1)
    assert both.mean() > 0.04
    assert_array_equal(rows[both, 0], rows[both, 1])


def test_identical_columns_part_where_columns_are_drawn_on_their_own(recording, shapes):
    X = shapes[["normal"]].assign(twin=shapes["normal"]).to_numpy()
    drawn = asked(recording(zero), X, background="marginal")
    assert abs(np.corrcoef(drawn, rowvar=False)[0, 1]) < 0.1


def test_every_background_works_in_every_neighborhood(background, neighborhood, shapes):
    explainer = LimeTabularExplainer(
        lambda X: X["normal"] + X["counts"],
        baseline="other",
        background=background,
        neighborhood=neighborhood,
        n_perturbations=256,
        random_state=0,
    )
    batch = explainer.fit(shapes).explain(shapes[:20])
    assert np.isfinite(batch.values).all()
    assert (batch.values != 0).any(axis=1).all()
    assert np.nanmean(batch.fidelity) > 0.2


def test_every_background_is_given_by_name_or_as_an_object(background, neighborhood, shapes):
    weights = []
    for given in [background, BACKGROUNDS[background]()]:
        explainer = LimeTabularExplainer(
            lambda X: X["normal"],
            background=given,
            neighborhood=neighborhood,
            n_perturbations=128,
            random_state=0,
        )
        weights.append(explainer.fit(shapes).transform(shapes[:3]))
    assert_array_equal(*weights)


def test_weights_of_an_additive_model_do_not_depend_on_the_background_without_bins(
    background, shapes
):
    # A linear model is its own surrogate, whatever is drawn.
    X = shapes[["normal", "skewed", "even"]].to_numpy()
    explainer = LimeTabularExplainer(
        lambda X: X @ [1.0, 2.0, 3.0],
        baseline="other",
        background=background,
        discretizer=None,
        surrogate=LinearRegression(),
        n_perturbations=128,
        random_state=0,
    )
    expected = np.tile([1.0, 2.0, 3.0] * X.std(axis=0), (3, 1))
    assert_allclose(explainer.fit(X).transform(X[:3]), expected)


# Backgrounds and neighborhoods of the user


class TwoRows(BaseBackground):
    """The first training row or the last, as the coordinate has it."""

    def fit(self, X, is_discrete=None):
        self.rows_ = X[[0, -1]]
        self.n_dimensions_ = 1
        return self

    def sample(self, points):
        return self.rows_[(points[:, 0] > 0.5).astype(int)]


class Halfway(BaseNeighborhood):
    """Half the way from the explained row to a background row."""

    default_kernel = "uniform"

    def perturb(self, draws, encoder, rows):
        return (rows[:, None, :] + draws.values) / 2


class Fixed(BaseNeighborhood):
    """The background rows themselves, which all rows share."""

    is_shared = True

    def perturb(self, draws, encoder, rows):
        return np.broadcast_to(draws.values, (len(rows), *draws.values.shape))


def test_background_of_the_user_is_drawn_from(shapes, recording):
    X = shapes.to_numpy()
    drawn = asked(recording(zero), X, background=TwoRows(), n_perturbations=256)
    first = (drawn == X[0]).all(axis=1)
    assert (first | (drawn == X[-1]).all(axis=1)).all()
    assert first.mean() == 0.5


def test_background_of_the_user_works_in_every_neighborhood(neighborhood, shapes):
    X = shapes[["normal", "even"]]
    explainer = LimeTabularExplainer(
        lambda X: X["normal"],
        background=TwoRows(),
        neighborhood=neighborhood,
        n_perturbations=256,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[:1])
    assert np.isfinite(batch.values).all()


def test_background_of_the_user_serves_mixed_tables(recording, global_random_seed):
    # It sees numbers: places of categories, and NaN where there is no value.
    X = mixed_frame(60, global_random_seed)
    function = recording(mixed_score)
    asked(function, X, background=TwoRows(), n_perturbations=256)
    drawn = rows_asked(function)
    assert drawn.dtypes.to_dict() == X.dtypes.to_dict()
    assert set(drawn["sex"]) <= set(X["sex"])


def test_neighborhood_of_the_user_is_asked_about(shapes, recording):
    X = shapes[["normal", "even"]].to_numpy()
    rows = asked(
        recording(zero), X, X[:1], neighborhood=Halfway(), background=TwoRows(), n_perturbations=64
    )
    ends = [X[0], (X[0] + X[-1]) / 2]
    assert_array_equal(np.unique(rows, axis=0), np.unique(ends, axis=0))


def test_neighborhood_of_the_user_may_be_shared(shapes, recording):
    X = shapes[["normal", "even"]].to_numpy()
    function = recording(lambda X: X[:, 0])
    explainer = LimeTabularExplainer(
        function, neighborhood=Fixed(), n_perturbations=256, random_state=0
    ).fit(X)
    assert 256 <= function.n_rows <= 257
    batch = explainer.explain(X[:5])
    assert 256 + 5 <= function.n_rows <= 257 + 5
    assert np.isfinite(batch.values).all()


def test_neighborhood_of_the_user_explains_as_the_one_it_copies(shapes):
    X = shapes[["normal", "skewed", "even"]].to_numpy()
    weights = []
    for neighborhood in [Fixed(), "shared"]:
        explainer = LimeTabularExplainer(
            lambda X: X[:, 0] ** 2 + X[:, 2],
            neighborhood=neighborhood,
            background="empirical",
            n_perturbations=256,
            random_state=0,
        )
        weights.append(explainer.fit(X).transform(X[:4]))
    assert_allclose(*weights, atol=1e-10)
