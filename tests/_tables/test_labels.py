"""Rules as people say them, and values that fit to them."""

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import KBinsDiscretizer
from tables import MANY, explained_table, is_nurse, mixed_score

from sklime import LimeTabularExplainer
from sklime._tables._labels import bin_labels, edge_labels, shortest_texts, whole_labels
from sklime.display._numbers import value_text


def holds(condition, name, value):
    """Read a rule for whole numbers as a person would."""
    rule = condition.removeprefix(f"{name} ").replace(",", "")
    if match := re.fullmatch(r"(-?\d+) to (-?\d+)", rule):
        return int(match[1]) <= value <= int(match[2])
    sign, number = rule.split()
    return {"=": value == int(number), "<=": value <= int(number), ">=": value >= int(number)}[sign]


@given(
    cuts=st.lists(st.integers(-40, 40), min_size=1, max_size=6, unique=True).map(sorted),
    half=st.booleans(),
    side=st.sampled_from(["left", "right"]),
    ends=st.tuples(st.integers(-60, 60), st.integers(-60, 60)).map(sorted),
)
def test_each_whole_number_meets_the_rule_of_its_bin_alone(cuts, half, side, ends):
    cuts = np.array(cuts) + (0.5 if half else 0.0)
    low, high = ends
    labels = whole_labels("n", cuts, side, low, high)
    assert len(labels) == len(cuts) + 1
    for value in range(low, high + 1):
        place = np.searchsorted(cuts, value, side=side)
        met = [holds(label, "n", value) for label in labels]
        assert met[place]
        assert sum(met) == 1


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("value", [-7, -1, 0, 1, 2, 9])
def test_rules_of_the_edges_hold_beyond_the_training_rows(side, value):
    cuts = np.array([0.0, 1.0])
    place = np.searchsorted(cuts, value, side=side)
    first, last = edge_labels("n", cuts, side)
    assert holds(first, "n", value) == (place == 0)
    assert holds(last, "n", value) == (place == 2)


@pytest.fixture(scope="module")
def batch():
    """Rows of years, flags, counts and prices; the last two rows are beyond all training rows."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "year": rng.integers(2001, 2010, 300),
            "flag": (rng.random(300) < 0.1).astype(int),
            "seen": rng.random(300) < 0.5,
            "loan": rng.lognormal(12.0, 1.0, 300),
            "children": np.where(rng.random(300) < 0.1, np.nan, rng.integers(0, 3, 300)),
        }
    )
    rows = pd.concat([X[:6], X[:2].assign(flag=[-1, 2], year=[1990, 2030])])

    def model(X):
        return X["year"] - 2000.0 + X["flag"] + X["loan"] / 1e5 + X["children"].fillna(0.0)

    return LimeTabularExplainer(model, random_state=0).fit(X).explain(rows)


def test_whole_numbers_of_a_table(batch):
    for explanation in batch:
        year, flag, seen, loan, children = explanation.conditions
        values = explanation.data
        assert holds(year, "year", values[0])
        assert holds(flag, "flag", values[1])
        assert seen == f"seen = {values[2]}"
        assert "," in loan
        assert np.isnan(values[4]) or children == f"children = {values[4]:.0f}"
    assert batch[0].conditions[1] in ("flag = 0", "flag = 1")
    assert batch[6].conditions[:2] == ["year <= 2003", "flag <= 0"]
    assert batch[7].conditions[:2] == ["year >= 2009", "flag >= 1"]


def test_a_rule_that_says_the_value_stands_alone(batch):
    text = str(batch[0])
    assert re.search(r"flag = [01] +(#|[+>-])", text)
    assert re.search(r"loan .*\d\d,\d{3} +\d\d?\d?,\d{3} ", text)
    page = batch[0]._repr_html_()
    assert re.search(r"\d+ to \d+|[≤≥] \d+", page)


def test_cuts_of_scikit_learn_belong_to_the_bin_above():
    X = np.repeat(np.arange(9.0), 5)[:, None]
    discretizer = KBinsDiscretizer(3, encode="ordinal", strategy="uniform")
    explainer = LimeTabularExplainer(lambda X: X[:, 0], discretizer=discretizer, random_state=0)
    conditions = {one.conditions[0] for one in explainer.fit(X).explain(X[::5])}
    assert conditions == {"x0 <= 2", "x0 3 to 5", "x0 >= 6"}


@pytest.mark.parametrize(
    ("cuts", "texts"),
    [
        ([279306.6, 393977.5], ["279,307", "393,978"]),
        ([1234567.2], ["1,234,567"]),
        ([2004.0, 2006.0], ["2004", "2006"]),
        ([-25000.4, 12.5], ["-25,000", "12.5"]),
        ([1e16, 2e16], ["1e+16", "2e+16"]),
        ([1e-7, 2e-7], ["1e-07", "2e-07"]),
    ],
)
def test_numbers_of_rules(cuts, texts):
    assert shortest_texts(np.array(cuts)) == texts


@pytest.mark.parametrize(
    ("value", "condition", "text"),
    [
        (309000.37, "279,307 < loan <= 393,978", "309,000"),
        (309000.0, "", "309,000"),
        (3.09e5, "loan > 305,990", "309,000"),
        (305990.6, "loan > 305,990", "305,991"),
        (305990.2, "loan > 305,990", "305,990.2"),
        (12.3412, "12.34 < loan <= 25", "12.341"),
        (24.9999, "12 < loan <= 25", "25"),
        (25.0001, "loan > 25", "25.0001"),
        (24.99996, "loan < 25", "24.99996"),
        (24.99996, "loan <= 25", "25"),
        (-0.07941, "-0.0794 < loan <= 0.69", "−0.07941"),
        (2005, "loan 2005 to 2006", "2005"),
        (8752119, "loan >= 7,420,931", "8,752,119"),
        (1.5e-7, "1e-07 < loan <= 2e-07", "1.5e−07"),
        (float("nan"), "loan is missing", "nan"),
        ("nurse", "loan = nurse", "nurse"),
    ],
)
def test_values_beside_rules(value, condition, text):
    assert value_text(value, "loan", condition) == text


@given(
    value=st.floats(-1e9, 1e9),
    cuts=st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=4, unique=True).map(sorted),
)
def test_a_value_that_is_shown_meets_its_rule(value, cuts):
    cuts = np.array(cuts, dtype=np.float64)
    label = bin_labels("x", shortest_texts(cuts))[np.searchsorted(cuts, value)]
    shown = float(value_text(value, "x", label).replace(",", "").replace("−", "-"))
    assert np.searchsorted(cuts, shown) == np.searchsorted(cuts, value)
    assert abs(shown - value) <= max(1e-3 * abs(value), 0.5 if abs(value) >= 1000 else 0.0)


# Conditions in the words of the table


def test_conditions_are_in_the_words_of_the_table(neighborhood, mixed):
    conditions = explained_table(mixed_score, mixed, neighborhood=neighborhood)[0].conditions
    expected = dict(zip(mixed.columns, conditions))
    assert expected["sex"] == f"sex = {mixed['sex'].iloc[0]}"
    assert expected["smoker"] == f"smoker = {mixed['smoker'].iloc[0]}"
    assert expected["member"] == f"member = {mixed['member'].iloc[0]}"
    assert expected["nick"] == f"nick = {mixed['nick'].iloc[0]}"
    assert expected["age"] == "age is missing"
    assert expected["job"] == "job is missing"


@pytest.mark.parametrize("name", ["income", "score"])
def test_conditions_of_numbers_hold_for_their_row(name, neighborhood, mixed):
    batch = explained_table(mixed_score, mixed, mixed[:8], neighborhood=neighborhood)
    for place in range(8):
        condition = batch[place].conditions[mixed.columns.get_loc(name)]
        value = mixed[name].iloc[place]
        if pd.isna(value):
            continue
        assert re.fullmatch(rf"(\S+ < )?{name}( (<=|>) \S+)?", condition)
        low, high = re.search(rf"(\S+) < {name}", condition), re.search(r"<= (\S+)$", condition)
        assert low is None or float(low[1]) <= value * 1.01
        assert high is None or value <= float(high[1]) * 1.01


@pytest.mark.parametrize("name", ["job", "city", "member", "nick", "age", "visits", "score"])
def test_missing_value_is_a_condition(name, neighborhood, mixed):
    rows = mixed[mixed[name].isna()][:1]
    batch = explained_table(mixed_score, mixed, rows, neighborhood=neighborhood)
    assert batch[0].conditions[mixed.columns.get_loc(name)] == f"{name} is missing"


def test_conditions_are_in_the_frame_of_results(neighborhood, mixed):
    frame = explained_table(
        mixed_score, mixed, neighborhood=neighborhood, max_features=None
    ).to_frame()
    sex = frame[frame["feature"] == "sex"].set_index("row")["condition"]
    assert sex.to_dict() == {row: f"sex = {mixed.loc[row, 'sex']}" for row in mixed.index[:3]}


def test_text_that_says_missing_is_another_condition_than_a_missing_value(neighborhood):
    X = pd.DataFrame({"job": pd.Series(["missing", "nan", None, "nurse"] * 15, dtype=object)})
    batch = explained_table(is_nurse, X, X[:4], neighborhood=neighborhood)
    conditions = [condition for row in batch for condition in row.conditions]
    assert conditions == ["job = missing", "job = nan", "job is missing", "job = nurse"]


def test_levels_that_read_alike_are_told_apart():
    levels = [1, "1", Decimal("1.5"), "1.5", "a"]
    X = pd.DataFrame({"code": pd.Series(levels * 12, dtype=object)})
    batch = explained_table(lambda X: X["code"].map(str).str.len().to_numpy(float), X, X[:5])
    assert [row.conditions[0] for row in batch] == [
        "code = 1",
        "code = '1'",
        "code = 1.5 (Decimal)",
        "code = '1.5'",
        "code = a",
    ]


def test_codes_of_categories_are_written_without_a_point():
    X = np.column_stack([np.arange(60.0) % 3, np.arange(60.0)])
    explainer = LimeTabularExplainer(lambda X: X[:, 0], categorical_features=[0], **MANY)
    assert explainer.fit(X).explain(X[4:5])[0].conditions[0] == "x0 = 1"


def test_one_number_beside_missing_values_is_named_for_not_being_missing(neighborhood):
    # The bare name of the column did not say what its weight is the weight of.
    X = pd.DataFrame({"a": np.arange(60.0), "past due": np.where(np.arange(60) % 3, 0.0, np.nan)})
    explainer = LimeTabularExplainer(
        lambda X: X["past due"].isna(),
        neighborhood=neighborhood,
        n_perturbations=128,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[:2])
    assert [row.conditions[1] for row in batch] == [
        "past due is missing",
        "past due is not missing",
    ]
    assert batch.values[0, 1, 0] > 0 > batch.values[1, 1, 0]
