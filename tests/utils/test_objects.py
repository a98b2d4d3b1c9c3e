"""Objects as numbers, or the error that names the cell which is none."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from tables import FEW, row_sums

from sklime import LimeTabularExplainer
from sklime.utils._objects import NO_INDEX, is_missing, unindexable


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


def with_cell(X, value, *, column=2, row=3):
    """The table as objects, with one cell replaced."""
    table = X.astype(object)
    table[row, column] = value
    return table


TOO_LARGE = [10**400, -(10**5000), Decimal("1e400")]


@pytest.mark.parametrize("value", TOO_LARGE, ids=["10**400", "-10**5000", "1e400"])
@pytest.mark.parametrize("kind", ["array", "list", "frame"])
def test_number_too_large_for_a_float_is_an_error_that_names_its_cell(value, kind, X):
    table = with_cell(X, value)
    table = {"array": table, "list": table.tolist(), "frame": pd.DataFrame(table)}[kind]
    name = "2" if kind == "frame" else "x2"
    message = rf"Column {name} holds a number that is too large for a float.* in row 3"
    with pytest.raises(ValueError, match=message):
        LimeTabularExplainer(row_sums, **FEW).fit(table)
    explainer = LimeTabularExplainer(row_sums, **FEW).fit(pd.DataFrame(X) if kind == "frame" else X)
    with pytest.raises(ValueError, match=message):
        explainer.explain(table)


@pytest.mark.skipif(np.finfo(np.longdouble).max == np.finfo(float).max, reason="no longer floats")
def test_long_float_too_large_for_a_float_is_not_called_infinite(X):
    with pytest.raises(ValueError, match=r"x0 holds a number in row 0 that is too large"):
        LimeTabularExplainer(row_sums, **FEW).fit(X * np.longdouble("1e400"))


@pytest.mark.parametrize("kind", ["array", "list"])
def test_whole_numbers_of_objects_that_floats_cannot_tell_apart_are_an_error(kind, X):
    table = with_cell(X, 2**60 + 1)
    with pytest.raises(ValueError, match=r"Column x2 holds whole numbers beyond 2\*\*53.*row 3"):
        LimeTabularExplainer(row_sums, **FEW).fit(table if kind == "array" else table.tolist())


@pytest.mark.parametrize("missing", [pd.NA, pd.NaT, None, np.nan, Decimal("NaN")], ids=repr)
def test_every_missing_value_in_an_array_of_objects_is_missing(missing, X):
    table = with_cell(X, missing, row=0)
    explainer = LimeTabularExplainer(lambda X: np.isnan(X.astype(float)).sum(axis=1), **FEW)
    assert explainer.fit(table).explain(table[:1])[0].conditions[2] == "x2 is missing"


@pytest.mark.parametrize("kind", ["array of texts", "array", "list", "frame", "string"])
def test_digits_in_texts_are_no_numbers(kind, X):
    # The model would be given numbers in place of the texts of the row.
    texts = X[:2].astype(str)
    tables = {
        "array of texts": texts,
        "array": texts.astype(object),
        "list": texts.tolist(),
        "frame": pd.DataFrame(texts),
        "string": pd.DataFrame(texts, dtype="string"),
    }
    is_frame = kind in ("frame", "string")
    explainer = LimeTabularExplainer(row_sums, **FEW).fit(pd.DataFrame(X) if is_frame else X)
    with pytest.raises(ValueError, match=r"Column x?0 holds .* in row 0, a text of digits"):
        explainer.explain(tables[kind])


@pytest.mark.parametrize("bad", [np.inf, float("inf"), Decimal("Infinity")], ids=repr)
def test_infinity_among_objects_is_called_infinite(bad, X):
    with pytest.raises(ValueError, match=r"infinity, in columns x2, first in row 3"):
        LimeTabularExplainer(row_sums, **FEW).fit(with_cell(X, bad))


@pytest.mark.parametrize("value", [None, float("nan"), np.float64("nan"), pd.NA, pd.NaT])
def test_missing_values(value):
    assert is_missing(value)


@pytest.mark.parametrize("value", [0, "", False, float("inf"), [None], np.array([np.nan])])
def test_present_values_and_containers(value):
    assert not is_missing(value)


@pytest.mark.parametrize("names", [("a", "b"), ["a", "b"], np.array(["a", "b"])], ids=type)
def test_missing_index_is_an_error_where_minus_one_would_be_the_last_item(names):
    (index,) = unindexable(np.array([-1]))
    assert index == NO_INDEX
    with pytest.raises(IndexError):
        names[index]
    with pytest.raises(IndexError):
        np.array(names)[unindexable(np.array([0, -1]))]


def test_indices_without_a_missing_one_are_returned_unchanged():
    indices = np.array([0, 2], dtype=np.int8)
    assert unindexable(indices) is indices
