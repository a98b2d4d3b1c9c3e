"""What is shown beside a value is true of it: rules with rounded edges, and values as texts."""

import operator
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.preprocessing import KBinsDiscretizer
from tables import MANY

from sklime import LimeTabularExplainer
from sklime._tables._edges import Edges, decimals_of_singles
from sklime._tables._encoding import TableStatistics, TabularEncoder
from sklime.display._numbers import value_text
from sklime.utils._frames import whole_columns

SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def number(text):
    return float(text.replace(",", "").replace("\N{MINUS SIGN}", "-"))


def holds(condition, name, value):
    """Read a rule as Python would, and "2 to 5" as a person would."""
    rule = condition.replace(name, "x", 1)
    if match := re.fullmatch(r"x = (\S+)", rule):
        return value == number(match[1])
    if match := re.fullmatch(r"x (\S+) to (\S+)", rule):
        return number(match[1]) <= value <= number(match[2])
    if match := re.fullmatch(r"(?:(\S+) (<=?) )?x(?: ([<>]=?) (\S+))?", rule):
        low, sign, end, high = match.groups()
        is_above = low is None or SIGNS[sign](number(low), value)
        return is_above and (high is None or SIGNS[end](value, number(high)))
    raise AssertionError(f"{condition!r} is no rule")


def is_true(condition, name, value):
    """Tell whether the text of a value meets the rule beside it."""
    return holds(condition, name, number(value_text(value, name, condition)))


def encoder_of(column, cuts, side):
    X = np.asarray(column, dtype=np.float64)[:, None]
    whole = whole_columns(X)
    statistics = TableStatistics.fit(X, whole, np.array([False]))
    cuts = (np.array(cuts, dtype=np.float64),)
    encoder = TabularEncoder(cuts, (None,), side, statistics)
    edges = Edges.fit(X, cuts, encoder.names_numbers, side)
    return TabularEncoder(cuts, (None,), side, statistics, edges=edges)


def conditions_of(encoder, values):
    rows = np.asarray(values, dtype=np.float64)[:, None]
    codes = encoder.condition_codes(encoder.represent(rows), rows)
    labels = encoder.labels(["x"], [[]], np.array([False]), codes)
    return [labels[0][code] for code in codes[:, 0]]


def near(numbers):
    """Return numbers, their neighbors, and short decimals of them."""
    numbers = np.array(numbers, dtype=np.float64)
    short = [float(f"{one:.{digits}g}") for one in numbers for digits in (1, 3, 4, 7)]
    return np.concatenate([numbers, np.nextafter(numbers, np.inf), -numbers, short])


ANY = st.floats(-1e300, 1e300)
DECIMALS = st.integers(-50_000, 50_000).map(lambda n: n / 100)
SINGLES = st.floats(-1e6, 1e6, width=32)
WHOLE = st.integers(-60, 60).map(float)
LARGE = st.integers(10**15, 10**15 + 2000).map(float)
TINY = st.floats(-1e-300, 1e-300)
SIDES = st.sampled_from(["left", "right"])


@st.composite
def columns(draw):
    """Draw values of a column, cuts of it, and values of other rows."""
    kind = draw(st.sampled_from([ANY, DECIMALS, SINGLES, WHOLE, LARGE, TINY]))
    column = draw(st.lists(kind, min_size=2, max_size=12))
    of_column = np.quantile(column, draw(st.lists(st.floats(0, 1), min_size=1, max_size=4)))
    others = draw(st.lists(st.one_of(kind, ANY, DECIMALS), max_size=2))
    cuts = np.unique(np.concatenate([of_column, others]))
    return column, cuts, [*column, *near(cuts), *draw(st.lists(kind, max_size=5))]


@given(drawn=columns(), side=SIDES)
@example(drawn=([0.0, 1.5], [-1.4e-45, 0.0], [np.float32(-1.4e-45)]), side="right")
def test_what_is_shown_beside_a_value_is_true(drawn, side):
    column, cuts, values = drawn
    encoder = encoder_of(column, cuts, side)
    for value, condition in zip(values, conditions_of(encoder, values), strict=True):
        assert is_true(condition, "x", value), (value, condition)


@given(drawn=columns(), side=SIDES)
def test_a_rule_tells_the_bin_of_each_training_value(drawn, side):
    column, cuts, _ = drawn
    encoder = encoder_of(column, cuts, side)
    conditions = conditions_of(encoder, column)
    bins = np.searchsorted(cuts, column, side=side)
    for condition, own in zip(conditions, bins):
        for value, other in zip(column, bins):
            if not encoder.written_edges.is_single[0]:
                assert holds(condition, "x", value) == (own == other)


@given(drawn=columns(), side=SIDES)
@example(drawn=([1.0, 2.5], [1.2345, 1.23451, 1.2346], []), side="left")
def test_edges_are_told_apart_and_in_order(drawn, side):
    column, cuts, _ = drawn
    written = [number(text) for text in encoder_of(column, cuts, side).written_edges.texts[0]]
    assert len(written) == len(cuts)
    assert (np.diff(written) > 0).all()


@given(drawn=columns(), side=SIDES)
def test_the_condition_of_a_row_does_not_depend_on_other_rows(drawn, side):
    column, cuts, values = drawn
    encoder = encoder_of(column, cuts, side)
    alone = [conditions_of(encoder, [value])[0] for value in values]
    assert conditions_of(encoder, values) == alone


@given(column=st.lists(DECIMALS, min_size=2, max_size=12), side=SIDES)
def test_no_shorter_edge_would_do(column, side):
    column = np.array([*column, 0.005])
    cuts = np.unique(np.quantile(column, [0.25, 0.5, 0.75]))
    for cut, text in zip(cuts, encoder_of(column, cuts, side).written_edges.texts[0]):
        is_below = column <= cut if side == "left" else column < cut
        if cut.is_integer() or abs(cut) >= 1000:
            continue
        # The nearest number of four digits is better than a farther one of three.
        for digits in range(3 if n_digits(text) > 4 else 4, n_digits(text)):
            others = [f"{other:.{digits}g}" for other in cuts[cuts != cut]]
            unit = Decimal(10) ** (Decimal(cut).adjusted() - digits + 1)
            for rounding in (ROUND_FLOOR, ROUND_CEILING):
                shorter = float((Decimal(cut) / unit).to_integral_value(rounding) * unit)
                moves = column <= shorter if side == "left" else column < shorter
                passes = ((cuts < cut) & (cuts >= shorter) | (cuts > cut) & (cuts <= shorter)).any()
                assert (moves != is_below).any() or passes or f"{cut:.{digits}g}" in others


def n_digits(text):
    return len(re.sub(r"e.*|\D", "", text).lstrip("0"))


# Edges that were false


def test_an_edge_has_as_many_digits_as_the_values_need():
    column = [90.0, 95.7, 111.8, 112.2, 120.5]
    edges = encoder_of(column, [95.7, 112.15], "left").written_edges
    assert edges.texts == (("95.7", "112"),)
    edges = encoder_of(column, [95.7, 112.4], "left").written_edges
    assert edges.texts == (("95.7", "112.4"),)
    assert encoder_of([95.7, 111.8, 112.5], [112.15], "left").written_edges.texts == (("112",),)


def test_a_new_value_between_an_edge_and_its_text_sees_all_digits():
    encoder = encoder_of([95.7, 111.8, 112.5], [112.15], "left")
    values = [111.8, 112.0004, 112.1, 112.15, 112.2]
    assert conditions_of(encoder, values) == [
        "x <= 112",
        "x <= 112.15",
        "x <= 112.15",
        "x <= 112.15",
        "x > 112",
    ]
    assert value_text(112.0004, "x", "x <= 112.15") == "112"
    assert value_text(112.0004, "x", "x > 112") == "112.0004"


def test_fractions_in_a_column_of_whole_numbers_have_a_rule_of_their_own():
    encoder = encoder_of(range(40, 70), [50.0, 59.25], "left")
    values = [50.0, 50.5, 51.0, 59.0, 59.25, 59.4, 60.0, 39.5, 71.5, 72.0]
    assert conditions_of(encoder, values) == [
        "x <= 50",
        "50 < x <= 59.25",
        "x 51 to 59",
        "x 51 to 59",
        "50 < x <= 59.25",
        "x > 59.25",
        "x >= 60",
        "x <= 50",
        "x > 59.25",
        "x >= 60",
    ]


def test_a_whole_number_beyond_the_range_has_the_rule_of_its_bin():
    # The last bin of the training rows is not the last bin.
    encoder = encoder_of([1, 2, 8], [3.0, 50.0], "left")
    assert conditions_of(encoder, [20.0, 60.0]) == ["x 4 to 50", "x >= 51"]


def test_large_whole_numbers_are_written_with_the_digits_that_they_need():
    column = np.array([1000, 1001, 1002, 1003]) + 1e15
    encoder = encoder_of(column, [column[1]], "left")
    conditions = conditions_of(encoder, column)
    assert set(conditions) == {
        "x <= 1,000,000,000,001,001",
        "x > 1,000,000,000,001,001",
    }
    assert all(is_true(*pair) for pair in zip(conditions, "xxxx", column))


def test_single_precision_is_written_with_short_decimals():
    column = np.array([0.1, 0.1, 0.2, 0.3], dtype=np.float32)
    encoder = encoder_of(column, [np.float64(np.float32(0.1))], "left")
    assert conditions_of(encoder, column) == ["x <= 0.1"] * 2 + ["x > 0.1"] * 2
    assert ((column <= 0.1) == [True, True, False, False]).all()
    # 0.1 of double precision is below the cut as well; the next one is between cut and text.
    assert conditions_of(encoder, [0.1, np.nextafter(0.1, 1.0)]) == [
        "x <= 0.1",
        "x <= 0.10000000149011612",
    ]


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_decimals_of_single_precision(value):
    shown = decimals_of_singles(np.array([value]))[0]
    assert np.float32(shown) == np.float32(value)
    assert abs(value) < 1.2e-38 or float(str(np.float32(value))) == shown


def test_numbers_beyond_single_precision_are_unchanged():
    values = np.array([1e300, -1e300, np.inf, 1.0 / 3.0, 1e-320])
    assert (decimals_of_singles(values) == values).all()


# Whole tables: each value of each row


def california_like():
    """Prices, incomes, ages and shares, as in a census of blocks of houses."""
    rng = np.random.default_rng(0)
    n = 3000
    frame = pd.DataFrame(
        {
            "income": np.minimum(rng.lognormal(1.2, 0.5, n), 15.0001).round(4),
            "age": rng.integers(1, 53, n).astype(float),
            "rooms": (rng.integers(2, 9000, n) / rng.integers(1, 900, n)),
            "people": rng.lognormal(7.0, 0.8, n).round(),
            "latitude": rng.uniform(32.5, 42.0, n).round(2),
            "longitude": -rng.uniform(114.3, 124.4, n).round(2),
            "loan": rng.lognormal(12.0, 1.0, n),
            "share": rng.random(n).astype(np.float32) ** 8,
        }
    )
    return frame, (frame["income"] > 3.5).astype(int).to_numpy()


def frame_of(load):
    options = {"scaled": False} if load is load_diabetes else {}
    return load(return_X_y=True, as_frame=True, **options)


TABLES = {
    "diabetes": lambda: frame_of(load_diabetes),
    "breast_cancer": lambda: frame_of(load_breast_cancer),
    "wine": lambda: frame_of(load_wine),
    "california": california_like,
}


def sum_of_columns(X):
    return np.asarray(X, dtype=np.float64).sum(axis=1)


@pytest.mark.parametrize("kind", ["double", "single", "nullable"])
@pytest.mark.parametrize(
    "discretizer",
    ["quartile", "decile", "entropy", KBinsDiscretizer(5, encode="ordinal", strategy="uniform")],
    ids=["quartile", "decile", "entropy", "uniform"],
)
@pytest.mark.parametrize("name", TABLES)
def test_each_value_of_a_table_meets_its_rule(name, discretizer, kind):
    X, y = TABLES[name]()
    X = X.astype({"double": "float64", "single": "float32", "nullable": "Float64"}[kind])
    explainer = LimeTabularExplainer(
        sum_of_columns, discretizer=discretizer, n_perturbations=16, random_state=0
    )
    batch = explainer.fit(X, y).explain(X)
    for index, column in enumerate(X.columns):
        pairs = dict.fromkeys(zip(batch.data[:, index], batch.conditions[:, index]))
        assert not [pair for pair in pairs if not is_true(pair[1], column, pair[0])]
        # Training rows never need a rule with all digits.
        assert len(batch.internals.condition_labels[index]) <= explainer._encoder.n_bins[index] + 3


def test_rows_between_the_training_rows_meet_their_rules():
    X, _ = frame_of(load_diabetes)
    rows = X + np.random.default_rng(0).normal(0.0, 0.02, X.shape)
    batch = LimeTabularExplainer(sum_of_columns, **MANY).fit(X).explain(rows)
    for index, column in enumerate(X.columns):
        pairs = zip(batch.data[:, index], batch.conditions[:, index])
        assert not [pair for pair in pairs if not is_true(pair[1], column, pair[0])]
    alone = LimeTabularExplainer(sum_of_columns, **MANY).fit(X).explain(rows[5:6])
    assert alone[0].conditions == batch[5].conditions
