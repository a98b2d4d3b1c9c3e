"""The model is given the table that it knows: container, types, index, names."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from pandas.testing import assert_frame_equal
from tables import CATEGORIES, FEW, MANY, explained_table, mixed_score, row_sums, rows_asked

from sklime import LimeTabularExplainer
from sklime._responses._codec import TableCodec

SPARSE = [sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.csc_array]


def levels_of(X):
    return {name: set(X[name].dropna()) for name in CATEGORIES}


# Frames


def test_model_is_given_the_columns_types_and_categories_of_fit(
    neighborhood, background, mixed, recording
):
    function = recording(mixed_score)
    explained_table(function, mixed, neighborhood=neighborhood, background=background)
    for call in function.calls:
        assert type(call) is pd.DataFrame
        assert list(call.columns) == list(mixed.columns)
        assert call.dtypes.to_dict() == mixed.dtypes.to_dict()


def test_model_is_given_known_categories_only(neighborhood, background, mixed, recording):
    function = recording(mixed_score)
    explained_table(function, mixed, neighborhood=neighborhood, background=background)
    asked = rows_asked(function)
    assert levels_of(asked) == levels_of(mixed)


def test_model_is_given_whole_numbers_in_the_range_of_fit(
    neighborhood, background, mixed, recording
):
    names = ["children", "visits"]
    function = recording(mixed_score)
    explained_table(function, mixed, neighborhood=neighborhood, background=background)
    asked = rows_asked(function)[names].astype("Float64")
    assert ((asked % 1).fillna(0.0) == 0.0).all(axis=None)
    assert (asked.min() >= mixed[names].min()).all()
    assert (asked.max() <= mixed[names].max()).all()


@pytest.mark.parametrize("container", ["array", "pandas"])
def test_single_precision_stays_single_beside_other_columns(container, neighborhood, recording):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2)).astype(np.float32)
    if container == "pandas":
        X = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": ["u", "v"] * 30})
    function = recording(lambda X: np.asarray(X)[:, 0].astype(float))
    explained_table(function, X, neighborhood=neighborhood)
    for call in function.calls:
        if container == "pandas":
            assert call.dtypes.to_dict() == X.dtypes.to_dict()
        else:
            assert call.dtype == np.float32


def test_mixed_table_is_left_untouched(neighborhood, background, mixed):
    given = mixed.copy()
    explained_table(mixed_score, given, neighborhood=neighborhood, background=background)
    assert_frame_equal(given, mixed)


def test_model_may_write_on_the_frame_that_it_is_given(neighborhood, mixed):
    def careless(X):
        score = mixed_score(X)
        X["age"] = 0.0
        X["sex"] = "female"
        return score

    careful = explained_table(mixed_score, mixed, neighborhood=neighborhood)
    assert_array_equal(
        explained_table(careless, mixed, neighborhood=neighborhood).values, careful.values
    )


@pytest.fixture(scope="module")
def floats(global_random_seed):
    """A table of floats, two in three of them zero."""
    rng = np.random.default_rng(global_random_seed)
    X = rng.normal(size=(100, 4))
    X[rng.random(X.shape) < 0.5] = 0.0
    return X


def curved(X):
    X = X.toarray() if sp.issparse(X) else np.asarray(X)
    return np.sin(X[:, 0]) + X[:, 1] * X[:, 2]


# Sparse tables


@pytest.mark.parametrize("container", SPARSE)
def test_model_is_given_the_kind_of_sparse_table_of_fit(container, neighborhood, floats, recording):
    table = container(floats)
    function = recording(curved)
    LimeTabularExplainer(function, neighborhood=neighborhood, **MANY).fit(table).explain(table[:3])
    assert {type(call) for call in function.calls} == {container}
    assert {call.dtype for call in function.calls} == {np.dtype(float)}


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_sparse_tables_keep_their_type_of_numbers(dtype, neighborhood, floats, recording):
    table = sp.csr_array((floats * 3).astype(dtype))
    function = recording(curved)
    LimeTabularExplainer(function, neighborhood=neighborhood, **MANY).fit(table).explain(table[:3])
    assert {call.dtype for call in function.calls} == {np.dtype(dtype)}


@pytest.fixture
def polars_frame():
    """A column of every kind that a polars frame has."""
    polars = pytest.importorskip("polars")
    return polars.DataFrame(
        {
            "sex": ["female", "male", "male", None] * 15,
            "job": polars.Series(["cook", "nurse", "cook"] * 20, dtype=polars.Categorical),
            "city": polars.Series(
                ["Rome", "Oslo", None] * 20, dtype=polars.Enum(["Oslo", "Rome", "Bonn"])
            ),
            "smoker": [True, False, None, False] * 15,
            "children": polars.Series([0, 1, 2, 3, None] * 12, dtype=polars.Int16),
            "age": [1.0, None, float("nan"), 4.0] * 15,
            "height": polars.Series(np.linspace(0, 1, 60), dtype=polars.Float32),
        }
    )


def polars_score(X):
    return X["sex"].eq_missing("female").cast(float).to_numpy() + X["age"].is_null().to_numpy()


# Frames of polars


def test_model_is_given_the_polars_frame_of_fit(neighborhood, background, polars_frame, recording):
    function = recording(polars_score)
    explained_table(function, polars_frame, neighborhood=neighborhood, background=background)
    for call in function.calls:
        assert type(call) is type(polars_frame)
        assert call.schema == polars_frame.schema


@pytest.mark.parametrize("name", ["sex", "job", "city", "smoker"])
def test_model_is_given_known_categories_of_a_polars_frame(
    name, neighborhood, polars_frame, recording
):
    function = recording(polars_score)
    explained_table(function, polars_frame, neighborhood=neighborhood)
    asked = {value for call in function.calls for value in call[name].to_list()}
    assert asked == set(polars_frame[name].to_list())


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


# Names


def test_model_is_given_the_very_names_of_the_columns(X, recording):
    frame = pd.DataFrame(X)
    frame.columns = pd.Index([(1, "a"), (1, "b"), (2, "a"), 3, None], tupleize_cols=False, name="n")
    function = recording(row_sums)
    LimeTabularExplainer(function, **FEW).fit(frame).explain(frame[:2])
    for call in function.calls:
        pd.testing.assert_index_equal(call.columns, frame.columns)


# Types of numbers


@pytest.mark.parametrize("background", ["marginal", "empirical"])
@pytest.mark.parametrize("dtype", [np.int64, np.int8, bool])
def test_whole_numbers_stay_whole(dtype, background, neighborhood, recording, global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    X = rng.integers(0, 2 if dtype is bool else 9, size=(100, 3)).astype(dtype)
    function = recording(row_sums)
    explainer = LimeTabularExplainer(
        function, neighborhood=neighborhood, background=background, **FEW
    )
    weights = explainer.fit(X).transform(X[:3])
    assert_array_equal(function.rows() % 1, 0)
    assert np.isfinite(weights).all()


def test_whole_numbers_of_a_frame_stay_whole_beside_fractions(neighborhood, recording, X):
    frame = pd.DataFrame({"children": np.arange(120) % 4, "owner": X[:, 0] > 0, "age": X[:, 1]})
    function = recording(lambda X: X["children"] + X["age"])
    explainer = LimeTabularExplainer(function, neighborhood=neighborhood, **FEW).fit(frame)
    explainer.explain(frame[:3])
    for call in function.calls:
        assert call["children"].dtype.kind == "i"
        assert call["owner"].dtype.kind == "b"
        assert call["age"].dtype.kind == "f"


def test_single_precision_reaches_the_model(neighborhood, recording, X):
    function = recording(row_sums)
    X = X.astype(np.float32)
    explainer = LimeTabularExplainer(function, neighborhood=neighborhood, **FEW).fit(X)
    explainer.explain(X[:3])
    assert {call.dtype for call in function.calls} == {np.dtype(np.float32)}


@pytest.mark.parametrize("make", [np.array, np.asfortranarray, pd.DataFrame])
def test_floats_are_copied_at_once_as_they_would_be_column_by_column(make, monkeypatch):
    table = make(np.array([[1.5, np.nan, np.inf], [-0.0, 1e300, -np.inf]]))
    codec = TableCodec.fit(table, np.zeros(3, dtype=bool))
    assert codec._takes_as_floats(table)
    matrix, same = codec.read(table)
    assert same is codec
    assert matrix.flags.c_contiguous
    monkeypatch.setattr(TableCodec, "_takes_as_floats", lambda self, X: False)
    assert_array_equal(matrix, codec.read(table)[0])
    matrix[:] = 0.0
    assert_array_equal(np.asarray(table)[0, :1], 1.5)


def test_other_tables_are_read_column_by_column():
    floats = np.ones((2, 2))
    codec = TableCodec.fit(floats, np.zeros(2, dtype=bool))
    assert not codec._takes_as_floats(floats.astype(np.float32))
    assert not codec._takes_as_floats(pd.DataFrame({"a": [1.0, 2.0], "b": [1, 2]}))
    assert not TableCodec.fit(floats, np.array([True, False]))._takes_as_floats(floats)
