"""Columns of whole numbers: whole in what the model is asked, whatever type keeps them."""

import math
import re

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklime import LimeTabularExplainer
from sklime.utils._frames import SparseColumns, whole_columns

SMALL = {"n_perturbations": 256, "random_state": 0}
BACKGROUNDS = ["marginal", "empirical", "copula"]
N_ROWS = 80


@pytest.fixture
def counts(global_random_seed):
    """A column of counts from 0 to 6, the first of which is known."""
    return np.random.default_rng(global_random_seed).poisson(1.5, N_ROWS).clip(0, 6).astype(float)


def with_gaps(counts):
    """The same with one in eight missing, as pandas makes floats of integers."""
    return np.where(np.arange(N_ROWS) % 8 == 3, np.nan, counts)


def arrow(counts):
    pyarrow = pytest.importorskip("pyarrow")
    values = pyarrow.array(with_gaps(counts), from_pandas=True)
    return pd.DataFrame({"z": pd.arrays.ArrowExtensionArray(values), "x": line()})


def polars(counts):
    values = [None if np.isnan(count) else count for count in with_gaps(counts)]
    return pytest.importorskip("polars").DataFrame({"z": values, "x": line()})


def line():
    return np.linspace(-1.0, 1.0, N_ROWS)


def frame(dtype):
    def make(counts):
        return pd.DataFrame({"z": pd.Series(with_gaps(counts), dtype=dtype), "x": line()})

    return make


TABLES = {
    "floats": frame("float64"),
    "single precision": frame("float32"),
    "half precision": frame("float16"),
    "nullable floats": frame("Float64"),
    "objects": frame(object),
    "arrow": arrow,
    "polars": polars,
    "array": lambda counts: np.column_stack([with_gaps(counts), line()]),
    "list": lambda counts: np.column_stack([with_gaps(counts), line()]).tolist(),
    "sparse": lambda counts: sp.csr_array(np.column_stack([counts, line()])),
    "sparse columns": lambda counts: pd.DataFrame(
        {"z": pd.arrays.SparseArray(counts), "x": pd.arrays.SparseArray(line())}
    ),
}


@pytest.fixture(params=TABLES.values(), ids=TABLES)
def table(request, counts):
    """A column of floats that are whole numbers beside one of any numbers, in each container."""
    return request.param(counts)


def first_column(table):
    """The first column as floats."""
    if sp.issparse(table):
        return table.toarray()[:, 0]
    if hasattr(table, "columns"):
        values = table["z"].to_numpy()
        return pd.Series(values).astype("Float64").to_numpy(float, na_value=np.nan)
    return np.asarray(table, dtype=float)[:, 0]


def last_column(X):
    X = X.toarray() if sp.issparse(X) else X
    return np.asarray(X["x"] if hasattr(X, "columns") else X[:, 1], dtype=float)


def fitted(function, table, **options):
    return LimeTabularExplainer(function, **(SMALL | options)).fit(table)


def asked(function):
    return np.concatenate([first_column(call) for call in function.calls])


@pytest.mark.parametrize("background", BACKGROUNDS)
def test_floats_that_are_whole_stay_so(table, background, neighborhood, recording):
    function = recording(last_column)
    explainer = fitted(function, table, background=background, neighborhood=neighborhood)
    explainer.explain(table[:3])
    seen, values = first_column(table), asked(function)
    present = values[~np.isnan(values)]
    assert_array_equal(present, np.rint(present))
    if neighborhood != "around":
        assert set(present) <= set(seen[~np.isnan(seen)])


def test_model_is_given_the_floats_of_fit(table, recording):
    function = recording(last_column)
    fitted(function, table).explain(table[:3])
    for call in function.calls:
        if isinstance(table, pd.DataFrame):
            assert call.dtypes.to_dict() == table.dtypes.to_dict()
        elif hasattr(table, "schema"):
            assert call.schema == table.schema
        else:
            assert call.dtype == float


def test_formula_for_whole_numbers_is_explained(counts, neighborhood):
    # It raises for 1.67, as formulas and look-ups of counts do.
    def factorials(X):
        return np.array([math.factorial(int(z)) if z.is_integer() else bad(z) for z in X[:, 0]])

    def bad(z):
        raise ValueError(f"{z} is no whole number")

    X = np.column_stack([counts, line()])
    values = fitted(factorials, X, neighborhood=neighborhood).explain(X[:3]).values
    assert np.isfinite(values).all()


def test_conditions_of_whole_floats_are_those_of_integers(counts):
    floats = pd.DataFrame({"z": counts, "x": line()})
    integers = floats.astype({"z": int})
    batches = [fitted(last_column, X).explain(X[:20]) for X in (floats, integers)]
    assert [row.conditions for row in batches[0]] == [row.conditions for row in batches[1]]
    assert_allclose(batches[0].values, batches[1].values)


def test_fraction_in_a_row_reaches_the_model_as_it_is(counts, recording):
    X = np.column_stack([counts, line()])
    function = recording(last_column)
    batch = fitted(function, X).explain([[2.5, 0.0]])
    assert batch.data[0, 0] == 2.5
    assert set(asked(function)) <= {2.5, *counts}


def test_one_fraction_makes_a_column_of_any_numbers(counts, recording):
    X = np.column_stack([counts, line()])
    X[7, 0] = 0.5
    function = recording(last_column)
    fitted(function, X).explain(X[:3])
    assert len(set(asked(function))) > 10


@pytest.mark.parametrize("n_rows", [1, 2, 3])
def test_few_rows_that_happen_to_be_whole_are_drawn_as_they_are(n_rows, neighborhood, recording):
    X = np.column_stack([np.array([1200.0, 53.0, 7.0])[:n_rows], line()[:n_rows]])
    function = recording(last_column)
    batch = fitted(function, X, neighborhood=neighborhood).explain(X)
    assert np.isfinite(batch.values).all()
    if neighborhood != "around":
        assert set(asked(function)) == set(X[:, 0])


def test_rounded_incomes_are_cut_and_drawn_as_any_numbers_are(neighborhood, global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    X = np.column_stack([rng.lognormal(10.0, 0.5, 500).round(), rng.normal(size=500)])
    explainer = LimeTabularExplainer(
        lambda X: np.log(X[:, 0]) > 10.0, neighborhood=neighborhood, random_state=0
    )
    batch = explainer.fit(X).explain(X[:10])
    assert_array_equal(np.abs(batch.values[..., 0]).argmax(axis=1), 0)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.integers(-(2**52), 2**52).map(float),
            st.floats(allow_infinity=False, width=64),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_column_is_whole_where_each_of_its_numbers_is(numbers):
    present = [number for number in numbers if not math.isnan(number)]
    expected = (
        bool(present)
        and all(number.is_integer() for number in present)
        and max(map(abs, present)) <= 2**52
    )
    matrix = np.array(numbers)[:, None]
    assert whole_columns(matrix).tolist() == [expected]
    assert whole_columns(SparseColumns(sp.csc_array(matrix))).tolist() == [expected]


def test_huge_floats_are_no_whole_numbers(recording):
    # All floats of that size are whole, and few values would be drawn.
    X = np.column_stack([np.linspace(1e17, 2e17, N_ROWS), line()])
    function = recording(last_column)
    fitted(function, X).explain(X[:3])
    assert not set(asked(function)) <= set(X[:, 0])


def test_floats_of_categories_are_levels_still(counts):
    X = pd.DataFrame({"z": with_gaps(counts), "x": line()})
    batch = fitted(last_column, X, categorical_features=["z"]).explain(X[:4])
    assert re.fullmatch(r"z = \d", batch[0].conditions[0])
    assert batch[3].conditions[0] == "z is missing"
