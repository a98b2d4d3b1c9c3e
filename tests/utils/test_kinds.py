"""What a column holds: numbers, categories, times, or something else."""

import re
from datetime import date, datetime, time, timedelta

import numpy as np
import pandas as pd
import pytest
from tables import CATEGORIES, FEW, MANY, NUMBERS, explained_table, mixed_score, row_sums

from sklime import LimeTabularExplainer


def test_texts_and_truth_values_are_categorical_by_default(mixed):
    conditions = explained_table(mixed_score, mixed, mixed[8:9])[0].conditions
    found = dict(zip(mixed.columns, conditions))
    assert not [name for name in CATEGORIES if not re.search(" = | is missing", found[name])]
    # A bin of one whole number is called by it: children = 3.
    numbers = set(NUMBERS) - {"children"}
    assert not [name for name in numbers if not re.search(" <= | > | is missing", found[name])]


# Dates and times


@pytest.mark.parametrize(
    "column",
    [
        pd.date_range("2020-01-01", periods=60),
        pd.date_range("2020-01-01", periods=60, tz="Europe/Oslo"),
        pd.timedelta_range("1 day", periods=60),
        pd.period_range("2020-01", periods=60, freq="M"),
        pd.Series([date(2020, 1, 1)] * 60, dtype=object),
        pd.Series([datetime(2020, 1, 1), None] * 30, dtype=object),
        pd.Series([timedelta(days=3)] * 60, dtype=object),
    ],
    ids=["datetime", "zone", "timedelta", "period", "dates", "datetimes", "timedeltas"],
)
def test_dates_and_times_are_an_error_that_names_the_column_and_a_way_out(column):
    X = pd.DataFrame({"age": np.arange(60.0), "joined": column})
    with pytest.raises(ValueError, match=r"joined(.|\n)*(?i:encode)(.|\n)*days"):
        LimeTabularExplainer(lambda X: X["age"], **MANY).fit(X)


@pytest.mark.parametrize("unit", ["datetime64[D]", "timedelta64[D]"])
def test_array_of_dates_or_times_is_an_error_that_says_a_way_out(unit):
    X = np.arange(60).reshape(30, 2).astype(unit)
    with pytest.raises(ValueError, match=r"(?i)encode"):
        LimeTabularExplainer(lambda X: np.zeros(len(X)), **MANY).fit(X)


def test_cells_that_are_no_scalars_are_an_error_that_names_the_column():
    X = pd.DataFrame({"age": np.arange(20.0), "tags": [["a", "b"], ["c"]] * 10})
    with pytest.raises((TypeError, ValueError), match=r"tags|unhashable"):
        LimeTabularExplainer(lambda X: X["age"], **MANY).fit(X)


@pytest.mark.parametrize("kind", ["Date", "Datetime", "Duration", "Time"])
def test_dates_and_times_of_polars_are_an_error_that_names_the_column(kind):
    polars = pytest.importorskip("polars")
    column = polars.Series([1] * 20).cast(polars.Int32 if kind == "Date" else polars.Int64)
    X = polars.DataFrame({"age": np.arange(20.0), "joined": column.cast(getattr(polars, kind))})
    with pytest.raises(ValueError, match=r"joined(.|\n)*(?i:encode)"):
        LimeTabularExplainer(lambda X: X["age"], **MANY).fit(X)


@pytest.mark.parametrize("kind", ["List", "Struct"])
def test_nested_columns_of_polars_are_an_error_that_names_the_column(kind):
    polars = pytest.importorskip("polars")
    cells = {"List": [[1, 2]] * 20, "Struct": [{"a": 1}] * 20}[kind]
    X = polars.DataFrame({"age": np.arange(20.0), "tags": cells})
    with pytest.raises((TypeError, ValueError), match="tags"):
        LimeTabularExplainer(lambda X: X["age"], **MANY).fit(X)


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


def with_cell(X, value, *, column=2, row=3):
    """The table as objects, with one cell replaced."""
    table = X.astype(object)
    table[row, column] = value
    return table


TIMES = [
    pd.Timestamp("2020-01-01"),
    np.datetime64("2020-01-01"),
    np.timedelta64(1, "D"),
    datetime(2020, 1, 1),
    date(2020, 1, 1),
    time(1),
    timedelta(1),
    pd.Timedelta("1D"),
    pd.Period("2020"),
]


# Single cells


@pytest.mark.parametrize("value", TIMES, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("kind", ["array", "list", "frame", "beside a text"])
def test_one_time_among_other_values_is_an_error_that_names_its_cell(value, kind, X):
    table = with_cell(X, value)
    if kind == "beside a text":
        table[0, 2] = "a"
    table = pd.DataFrame(table) if kind == "frame" else table.tolist() if kind == "list" else table
    with pytest.raises(ValueError, match=r"Columns x?2 hold dates or times \(.* in row 3\)"):
        LimeTabularExplainer(row_sums, **FEW).fit(table)


@pytest.mark.parametrize("value", [[1], (1, 2), {"a": 1}, {1}, 1j, np.zeros(2)], ids=repr)
def test_cell_of_an_array_that_is_no_scalar_is_an_error_that_names_it(value, X):
    table = X.astype(object)
    table[:, 2] = "a"
    for column in (2, 3):
        bad = table.copy()
        bad[3, column : column + 1] = np.array([value, None], dtype=object)[:1]
        message = rf"Columns x{column} hold neither numbers nor categories \(.* in row 3\)"
        with pytest.raises(TypeError, match=message):
            LimeTabularExplainer(row_sums, **FEW).fit(bad)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([1j] * 120),
        pd.Series([1j] * 120, dtype=object),
        pd.Series(pd.interval_range(0, 120)),
        pd.Series([[1], [2, 3]] * 60),
        pd.Series([{"a": 1}] * 120),
        pd.Series([(1,), (2, 3)] * 60),
    ],
    ids=["complex", "complex objects", "intervals", "lists", "dicts", "tuples"],
)
def test_column_of_what_is_no_level_is_named(values, X):
    # Imaginary parts were dropped; the others failed within pandas.
    frame = pd.DataFrame(X).add_prefix("x").assign(odd=values)
    with pytest.raises(ValueError, match="Columns odd hold neither numbers nor categories"):
        LimeTabularExplainer(row_sums, **FEW).fit(frame)


@pytest.mark.parametrize("kind", ["list", "struct"])
def test_arrow_column_of_containers_is_named(kind, X):
    arrow = pytest.importorskip("pyarrow")
    values = arrow.array([[1], [2]] * 60 if kind == "list" else [{"a": 1}] * 120)
    frame = pd.DataFrame(X).add_prefix("x").assign(odd=pd.arrays.ArrowExtensionArray(values))
    with pytest.raises(ValueError, match="Columns odd hold neither numbers nor categories"):
        LimeTabularExplainer(row_sums, **FEW).fit(frame)
