"""batch.loc finds the rows that loc of a pandas frame finds."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklime import Explanation, LimeTabularExplainer
from sklime._explanations._loc import RowsByLabel

INDICES = {
    "integers other than positions": pd.Index([3, 2, 1, 0]),
    "texts": pd.Index(["d", "b", "c", "a"]),
    "duplicates": pd.Index(["a", "b", "a", "c"]),
    "tuples": pd.MultiIndex.from_product([["a", "b"], [1, 2]]),
    "dates": pd.date_range("2020-01-30", periods=4),
    "floats": pd.Index([0.5, 1.5, 2.5, 3.5]),
}
KEYS = [
    ("integers other than positions", 3),
    ("integers other than positions", [0, 3]),
    ("integers other than positions", slice(3, 1)),
    ("integers other than positions", np.int64(1)),
    ("texts", "c"),
    ("texts", ["a", "d", "a"]),
    ("texts", slice("b", None)),
    ("texts", [True, False, False, True]),
    ("texts", pd.Series([True, False], ["d", "b"]).reindex(["d", "b", "c", "a"], fill_value=True)),
    ("texts", []),
    ("texts", slice(None)),
    ("duplicates", "a"),
    ("duplicates", "b"),
    ("duplicates", ["a"]),
    ("duplicates", slice("b", "c")),
    ("tuples", ("a", 1)),
    ("tuples", "b"),
    ("tuples", ("b",)),
    ("tuples", [("b", 2), ("a", 1)]),
    ("tuples", slice(("a", 2), ("b", 1))),
    ("dates", "2020-01-31"),
    ("dates", "2020-02"),
    ("dates", pd.Timestamp("2020-01-30")),
    ("floats", 2.5),
    ("floats", slice(1.0, 3.0)),
]


@pytest.fixture(scope="module")
def batch(regression_batch):
    """Four explained rows, each with its number as its only value."""
    return regression_batch(pd.RangeIndex(4))


@pytest.fixture(scope="module")
def regression_batch():
    """Explanations of four rows, by their index."""
    X = pd.DataFrame({"number": np.arange(4.0), "other": [1.0, 0.0, 1.0, 0.0]})
    explainer = LimeTabularExplainer(lambda X: X["number"], n_perturbations=64, random_state=0)
    explainer.fit(X)
    return lambda index: explainer.explain(X.set_axis(index))


@pytest.mark.parametrize(("name", "key"), KEYS)
def test_rows_are_those_that_pandas_finds(name, key, regression_batch):
    index = INDICES[name]
    expected = pd.Series(np.arange(4.0), index).loc[key]
    found = regression_batch(index).loc[key]
    # One label of one row gives one explanation; anything else gives a batch.
    assert isinstance(found, Explanation) == (np.ndim(expected) == 0)
    assert np.array_equal(found.data[..., 0], np.asarray(expected))


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=8).flatmap(
        lambda labels: st.tuples(
            st.just(labels),
            st.one_of(
                st.sampled_from(labels),
                st.lists(st.sampled_from(labels), max_size=5),
                st.lists(st.booleans(), min_size=len(labels), max_size=len(labels)),
            ),
        )
    )
)
def test_any_integer_labels_are_found_as_pandas_finds_them(labels_and_key):
    labels, key = labels_and_key
    found = RowsByLabel(np.array(labels), lambda indices: indices)[key]
    expected = pd.Series(np.arange(len(labels)), labels).loc[key]
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("integers other than positions", 4),
        ("integers other than positions", -1),
        ("integers other than positions", (3, 2)),
        ("integers other than positions", None),
        ("texts", 0),
        ("texts", ["a", "z"]),
        ("texts", {"a": 1}),
        ("duplicates", slice("a", "b")),
        ("tuples", ("a", 3)),
        ("tuples", ("a", 1, 2)),
        ("tuples", "c"),
    ],
)
def test_unknown_label_is_an_error_that_lists_labels(name, key, regression_batch):
    batch = regression_batch(INDICES[name])
    with pytest.raises(KeyError, match="The row labels are ") as error:
        batch.loc[key]
    message = error.value.args[0]
    assert repr(key) in message
    assert repr(batch.row_labels.tolist()[0]) in message
    assert "batch[0] is the first row" in message


def test_error_about_a_mask_tells_its_length(batch):
    with pytest.raises(KeyError, match="wrong length: 2 instead of 4"):
        batch.loc[[True, False]]


def test_only_the_first_labels_of_many_are_listed():
    rows = RowsByLabel(np.arange(1000), lambda indices: indices)
    with pytest.raises(KeyError, match=r"are 0, 1, 2, 3, 4, \.\.\.; "):
        rows["x"]
