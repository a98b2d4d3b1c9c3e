"""Columns that are explained together, and columns that are held at the value of the row."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV

from sklime import LimeTabularExplainer, SubmodularPick
from sklime import metrics as sklime_metrics
from sklime.neighborhoods import AnchoredNeighborhood, BaseNeighborhood

BACKGROUNDS = ["marginal", "normal", "empirical", "copula"]
NEIGHBORHOODS = ["anchored", "shared", "around"]
ADDRESS = {"address": ["street", "city"]}


@pytest.fixture(scope="module")
def table():
    """Streets that belong to cities, whole numbers, numbers with missing values."""
    rng = np.random.default_rng(0)
    city = rng.choice(["Berlin", "Paris", "Rome"], 300)
    street = [f"{name[:2]} {place}" for name, place in zip(city, rng.integers(0, 3, 300))]
    frame = pd.DataFrame(
        {
            "age": rng.integers(20, 60, 300),
            "street": street,
            "income": rng.lognormal(size=300),
            "city": city,
            "x": rng.normal(size=300),
        }
    )
    frame.loc[::9, "income"] = np.nan
    return frame


def pay(X):
    """Additive in the parts; street and city interact."""
    in_first = X["street"].str.endswith("1") & (X["city"] == "Paris")
    return 2.0 * (X["city"] == "Paris") + 3.0 * in_first + X["age"] / 10.0 + X["x"].clip(-1, 1)


def explained(function, X, rows=None, **options):
    options = {"n_perturbations": 512, "max_features": None, "random_state": 0, **options}
    return LimeTabularExplainer(function, **options).fit(X).explain(X[:6] if rows is None else rows)


def assert_adds_up(batch):
    total = batch.intercepts + (batch.values * batch.encodings[..., None]).sum(axis=1)
    assert_allclose(total, batch.local_predictions, rtol=0.0, atol=1e-12)


# Groups


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("neighborhood", NEIGHBORHOODS)
def test_the_model_sees_combinations_that_are(neighborhood, background, table):
    real = set(zip(table["street"], table["city"]))

    def ask(X):
        assert set(zip(X["street"], X["city"])) <= real
        assert list(X.columns) == list(table.columns)
        assert_array_equal(X.dtypes, table.dtypes)
        return pay(X)

    batch = explained(ask, table, groups=ADDRESS, neighborhood=neighborhood, background=background)
    assert batch.feature_names == ("age", "address", "income", "x")
    assert batch.values.shape == (6, 4, 1)
    assert_adds_up(batch)
    assert batch[0].conditions[1] == f"address = {table['street'][0]}, {table['city'][0]}"


def test_contribution_of_a_group_is_what_its_columns_do_together(table):
    batch = explained(pay, table, rows=table[:30], groups=ADDRESS, n_perturbations=4096)
    of_address = pay(table.assign(age=0.0, x=0.0)).to_numpy()
    expected = of_address[:30] - of_address.mean()
    assert_allclose(batch.values[:, 1, 0], expected, atol=0.05)
    assert np.nanmin(batch.fidelity) > 0.97
    apart = explained(pay, table, rows=table[:30], n_perturbations=4096)
    assert np.nanmin(apart.fidelity) < np.nanmin(batch.fidelity)


def test_share_of_the_background_is_that_of_the_combination(table):
    batch = explained(pay, table, groups=ADDRESS)
    counts = table.groupby(["street", "city"]).size() / len(table)
    shares = [counts[street, city] for street, city in zip(table["street"], table["city"])]
    assert_allclose(batch.background_encodings[:, 1], shares[:6], atol=0.002)


def test_combinations_that_were_not_seen(table):
    rows = table[:3].assign(city=["Rome", "Oslo", None], street=["Pa 1", "Be 0", "Be 0"])
    batch = explained(lambda X: X["age"] / 10.0, table, rows=rows, groups=ADDRESS)
    assert [one.conditions[1] for one in batch] == [
        "address = Pa 1, Rome (unseen)",
        "address = Be 0, Oslo (unseen)",
        "address = Be 0, missing (unseen)",
    ]
    alone = explained(lambda X: X["age"] / 10.0, table, rows=rows[1:2], groups=ADDRESS)
    assert_allclose(alone.values[0], batch.values[1], atol=1e-9)


def test_numbers_in_a_group_and_columns_of_an_array():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 4, (200, 4)).astype(float)
    X[:, 3] += rng.random(200)
    asked = []

    def product(X):
        asked.append(X)
        return X[:, 0] * X[:, 2] + X[:, 1]

    batch = explained(product, X, groups={"product": [0, 2]}, n_perturbations=2048)
    assert batch.feature_names == ("product", "x1", "x3")
    assert batch[0].conditions[0] == f"product = {X[0, 0]:g}, {X[0, 2]:g}"
    expected = X[:6, 0] * X[:6, 2] - (X[:, 0] * X[:, 2]).mean()
    assert_allclose(batch.values[:, 0, 0], expected, atol=0.1)
    assert all(X.shape[1] == 4 for X in asked)


def test_groups_with_texts_that_look_alike(table):
    frame = table.assign(street=["a, b", "a"] * 150, city=["c", "b, c"] * 150)
    batch = explained(lambda X: X["age"] / 10.0, frame, groups=ADDRESS)
    conditions = {one.conditions[1] for one in batch}
    assert conditions == {"address = 'a, b', c", "address = a, 'b, c'"}


def test_estimator_with_groups_is_like_others(table):
    explainer = LimeTabularExplainer(
        pay, groups=ADDRESS, fixed=["age"], n_perturbations=256, random_state=0
    ).fit(table)
    assert explainer.n_features_in_ == 5
    assert list(explainer.get_feature_names_out()) == ["age", "address", "income", "x"]
    frame = explainer.set_output(transform="pandas").transform(table[:4])
    assert list(frame.columns) == ["age", "address", "income", "x"]
    for other in (clone(explainer).fit(table), pickle.loads(pickle.dumps(explainer))):
        assert_array_equal(other.transform(table[:4]), frame)
    for change in ({"groups": None}, {"fixed": ["x"]}):
        with pytest.raises(ValueError, match="fit"):
            clone(explainer).fit(table).set_params(**change).transform(table[:4])
    batch = explainer.explain(table[:4])
    again = type(batch).from_json(batch.to_json())
    assert again.feature_names == batch.feature_names
    assert again.settings.fixed == ("age",)
    assert set(batch.to_frame()["feature"]) <= {"address", "income", "x"}


def test_searches_over_groups(table):
    search = GridSearchCV(
        LimeTabularExplainer(pay, n_perturbations=128, random_state=0),
        {"groups": [None, ADDRESS], "fixed": [None, ["x"]]},
        cv=2,
    ).fit(table)
    assert set(search.best_params_) == {"groups", "fixed"}


def test_metrics_and_picks_with_groups(table):
    explainer = LimeTabularExplainer(pay, groups=ADDRESS, n_perturbations=256, random_state=0)
    explainer.fit(table)
    batch = explainer.explain(table[:8])
    for name in ("deletion_score", "insertion_score", "infidelity", "effects_agreement_score"):
        score = getattr(sklime_metrics, name)(batch, explainer, table[:8], random_state=0)
        assert np.isfinite(score), name
    effects = sklime_metrics.one_feature_effects(batch, explainer, table[:8], random_state=0)
    assert effects.shape[1] == 4
    assert len(SubmodularPick(n_picks=2).fit(batch).indices_) == 2
    assert "address" in str(batch[0])
    assert "address" in batch[0]._repr_html_()


# Columns that are held


@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("neighborhood", ["anchored", "around", AnchoredNeighborhood(twins=False)])
@pytest.mark.parametrize("discretizer", ["quartile", None])
def test_held_columns_keep_the_value_of_the_row(neighborhood, background, discretizer, table):
    asked = []

    def ask(X):
        asked.append(X)
        return pay(X)

    explainer = LimeTabularExplainer(
        ask,
        fixed=["age", "city"],
        neighborhood=neighborhood,
        background=background,
        discretizer=discretizer,
        n_perturbations=256,
        max_features=None,
        random_state=0,
    ).fit(table)
    asked.clear()
    batch = explainer.explain(table[:1])
    for X in asked:
        assert set(X["age"]) == {table["age"][0]}
        assert set(X["city"]) == {table["city"][0]}
    held = [0, 3]
    assert not batch.selected[:, held].any()
    assert not batch.is_thin[:, held].any()
    assert (batch.values[:, held] == 0.0).all()
    assert np.isnan(batch.standard_errors[:, held]).all()
    assert_adds_up(batch)
    for text in (str(batch[0]), batch[0]._repr_html_()):
        assert "Held at the value of the row:" in text
    assert not any("Not selected" in line and "age" in line for line in str(batch[0]).split("\n"))


def test_weights_given_the_rest_are_those_of_a_model_of_the_rest(table):
    batch = explained(pay, table, rows=table[:10], fixed=["age"], n_perturbations=1024)
    for place in range(10):
        rest = table.drop(columns="age")
        age = table["age"][place]
        alone = explained(
            lambda X, age=age: pay(X.assign(age=age)),
            rest,
            rows=rest[place : place + 1],
            n_perturbations=1024,
        )
        assert_allclose(batch.values[place, 1:, 0], alone.values[0, :, 0], atol=0.35)


def test_rare_and_missing_values_may_be_held():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"flag": rng.random(500) < 0.004, "x": rng.normal(size=500)}).astype(float)
    X.loc[0, "flag"] = np.nan
    batch = explained(lambda X: X["x"] + X["flag"].fillna(5.0), X, fixed=["flag"])
    assert (batch.values[:, 0] == 0.0).all()
    assert batch.predictions[0] > 3.0


class Halfway(BaseNeighborhood):
    """Half the way from the row to a background row."""

    def perturb(self, draws, encoder, rows):
        return (rows[:, None, :] + draws.values) / 2.0


class AtTheDraws(BaseNeighborhood):
    """The background rows themselves, as a view that must not be written to."""

    def perturb(self, draws, encoder, rows):
        return np.broadcast_to(draws.values, (len(rows), *draws.values.shape))


def test_draws_of_a_neighborhood_are_not_written_to():
    X = np.random.default_rng(0).normal(size=(100, 3))
    asked = []

    def ask(X):
        asked.append(X)
        return X.sum(axis=1)

    explainer = LimeTabularExplainer(
        ask, fixed=[1], neighborhood=AtTheDraws(), max_features=None, random_state=0
    ).fit(X)
    alone = explainer.explain(X[:1])
    asked.clear()
    explainer.explain(X[1:2])
    assert all((rows[:, 1] == X[1, 1]).all() for rows in asked)
    assert_array_equal(explainer.explain(X[:1]).values, alone.values)


METRICS = [
    "deletion_score",
    "effects_agreement_score",
    "infidelity",
    "insertion_score",
    "max_sensitivity",
    "one_feature_effects",
]


@pytest.mark.parametrize("name", METRICS)
def test_metrics_hold_what_the_explainer_holds(name, table):
    asked = []

    def ask(X):
        asked.append(X)
        return pay(X)

    explainer = LimeTabularExplainer(
        ask, fixed=["age", "x"], groups=ADDRESS, n_perturbations=256, random_state=0
    ).fit(table)
    batch = explainer.explain(table[:1])
    asked.clear()
    getattr(sklime_metrics, name)(batch, explainer, table[:1], random_state=0)
    assert asked
    for X in asked:
        assert set(X["age"]) == {table["age"][0]}
        assert set(X["x"]) == {table["x"][0]}


@pytest.mark.parametrize("baseline", ["background", "other"])
def test_held_columns_have_no_effect_and_no_part_in_infidelity(baseline):
    # Weights of a linear model of standard scores are exact, whatever is held.
    X = np.random.default_rng(0).normal(size=(300, 4))
    explainer = LimeTabularExplainer(
        lambda X: X @ [1.0, -2.0, 3.0, 100.0],
        fixed=[3],
        discretizer=None,
        baseline=baseline,
        surrogate=LinearRegression(),
        max_features=None,
        n_perturbations=256,
        random_state=0,
    ).fit(X)
    batch = explainer.explain(X[:5])
    effects = sklime_metrics.one_feature_effects(batch, explainer, X[:5])
    assert (effects[:, 3] == 0.0).all()
    assert (np.abs(effects[:, :3]) > 0.0).all()
    spread = sklime_metrics.infidelity(batch, explainer, X[:5])
    # Variances of the other columns bound it; that of the held one is 10,000.
    assert spread < 20.0
    curve = sklime_metrics.deletion_curve(batch, explainer, X[:5])
    assert_allclose(curve[:, -1, 0] - 100.0 * X[:5, 3], 0.0, atol=4.0)


def test_neighborhoods_of_users_hold_columns_too():
    X = np.random.default_rng(0).normal(size=(100, 3))
    asked = []

    def ask(X):
        asked.append(X)
        return X.sum(axis=1)

    explainer = LimeTabularExplainer(ask, fixed=[1], neighborhood=Halfway(), random_state=0).fit(X)
    asked.clear()
    batch = explainer.explain(X[:1])
    assert all((rows[:, 1] == X[0, 1]).all() for rows in asked)
    assert not batch.selected[0, 1].any()


# What is refused


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"groups": {"a": ["street", "town"]}}, ValueError, r"groups\['a'\] has 'town'.*'?street"),
        ({"groups": {"a": ["age", "x"], "b": ["x", "city"]}}, ValueError, r"x in 'a' and in 'b'"),
        ({"groups": {"x": ["street", "city"]}}, ValueError, r"group 'x', which is the name of a"),
        ({"groups": {"a": []}}, ValueError, r"groups\['a'\] has no columns"),
        ({"groups": {"a": ["x", "x"]}}, ValueError, r"a column twice"),
        ({"groups": {"a": "street"}}, TypeError, r"groups\['a'\] is 'street'; pass a list"),
        ({"groups": {1: ["street", "city"]}}, TypeError, r"names of groups are texts"),
        ({"groups": ["street"]}, TypeError, r"groups is of type list; pass a dict"),
        ({"fixed": "age"}, TypeError, r"fixed is 'age'; pass a list"),
        ({"fixed": ["ages"]}, ValueError, r"fixed has 'ages', which is no column"),
        ({"fixed": [17]}, ValueError, r"fixed has 17, which is no column"),
        ({"fixed": ["city"], "groups": ADDRESS}, ValueError, r"city, which is in the group"),
        ({"fixed": ["age", "street", "income", "city", "x"]}, ValueError, r"nothing to explain"),
        ({"fixed": ["age"], "neighborhood": "shared"}, ValueError, r"neighborhood='anchored'"),
    ],
)
def test_groups_and_held_columns_are_checked_by_name(options, error, message, table):
    with pytest.raises(error, match=message):
        LimeTabularExplainer(pay, n_perturbations=64, **options).fit(table)


def test_arrays_have_no_names_of_columns():
    X = np.random.default_rng(0).normal(size=(50, 3))
    model = LinearRegression().fit(X, X[:, 0])
    with pytest.raises(ValueError, match="no names: pass indices from 0 to 2"):
        LimeTabularExplainer(model, fixed=["x0"], n_perturbations=64).fit(X)
