"""Wrong tables, wrong models and odd data: a clear error or a defined result."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.preprocessing import KBinsDiscretizer
from tables import FEW, row_sums

from sklime import LimeTabularExplainer


@pytest.fixture
def explainer(neighborhood, binary_data, binary_model):
    """An explainer fitted on five columns, in each neighborhood."""
    return LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW).fit(binary_data[0])


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


# Shapes


@pytest.mark.parametrize("n_columns", [3, 4, 6])
def test_wrong_number_of_columns_is_an_error_of_scikit_learn(n_columns, explainer):
    message = (
        f"X has {n_columns} features, but LimeTabularExplainer is expecting 5 features as input"
    )
    with pytest.raises(ValueError, match=message):
        explainer.explain(np.zeros((2, n_columns)))


def test_single_row_must_be_a_table(explainer, X):
    with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
        explainer.explain(X[0])


def test_series_is_an_error_that_names_the_way_out(explainer, X):
    with pytest.raises(ValueError, match=r"got a Series.*X.iloc"):
        explainer.explain(pd.DataFrame(X).iloc[0])


def test_table_in_place_of_the_model_is_an_error(X):
    with pytest.raises(ValueError, match="pass the model there, and the training rows to fit"):
        LimeTabularExplainer(X).fit(X)


def test_scalar_is_an_error(explainer):
    with pytest.raises(ValueError, match="Expected 2D array, got scalar array"):
        explainer.explain(1.0)


def test_three_dimensions_are_an_error(explainer, X):
    with pytest.raises(ValueError, match="dim 3"):
        explainer.explain(X[np.newaxis])


def test_no_row_to_explain_is_an_error(explainer, X):
    with pytest.raises(ValueError, match="0 sample"):
        explainer.explain(X[:0])


def test_no_row_to_learn_from_is_an_error(binary_model, X):
    with pytest.raises(ValueError, match="0 sample"):
        LimeTabularExplainer(binary_model, **FEW).fit(X[:0])


def test_lists_are_tables(explainer, X):
    assert_array_equal(explainer.transform(X[:2].tolist()), explainer.transform(X[:2]))


def test_one_row_is_explained(explainer, X):
    batch = explainer.explain(X[:1])
    assert batch.values.shape == (1, 5, 1)
    assert np.isfinite(batch.values).all()


@pytest.mark.parametrize("discretizer", ["quartile", None])
def test_one_column_is_explained(discretizer, neighborhood, X):
    explainer = LimeTabularExplainer(
        row_sums, neighborhood=neighborhood, discretizer=discretizer, **FEW
    )
    values = explainer.fit(X[:, :1]).explain(X[:4, :1]).values
    assert values.shape == (4, 1, 1)
    assert np.isfinite(values).all()
    assert (values != 0).any()


def test_two_rows_are_enough_to_learn_from(neighborhood, X):
    explainer = LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW).fit(X[:2])
    assert np.isfinite(explainer.transform(X[:2])).all()


def test_more_features_than_training_rows_are_explained(neighborhood, global_random_seed):
    X = np.random.default_rng(global_random_seed).normal(size=(10, 40))
    explainer = LimeTabularExplainer(
        row_sums, neighborhood=neighborhood, n_perturbations=512, random_state=0
    ).fit(X)
    values = explainer.explain(X[:2]).values
    assert np.isfinite(values).all()
    assert (values != 0).sum(axis=1).max() <= 10


@pytest.mark.slow
def test_a_thousand_features_are_explained(neighborhood, global_random_seed, monkeypatch):
    # Blocks of sixteen rows take a quarter of a minute; larger ones have the same sums.
    monkeypatch.setattr("sklime._tables._baseline._BLOCK_CELLS", 2**20)
    X = np.random.default_rng(global_random_seed).normal(size=(50, 1000))
    explainer = LimeTabularExplainer(
        lambda X: 100.0 * (X[:, 7] > 0), neighborhood=neighborhood, n_perturbations=512
    ).fit(X)
    values = explainer.explain(X[:2]).values
    assert np.isfinite(values).all()
    assert (values != 0).sum(axis=1).max() <= 10


# Names


def test_reordered_columns_are_an_error_of_scikit_learn(binary_frame):
    explainer = LimeTabularExplainer(row_sums, **FEW).fit(binary_frame)
    with pytest.raises(ValueError, match="must be in the same order"):
        explainer.explain(binary_frame[binary_frame.columns[::-1]])


def test_unknown_columns_are_an_error_of_scikit_learn(binary_frame):
    explainer = LimeTabularExplainer(row_sums, **FEW).fit(binary_frame)
    with pytest.raises(ValueError, match="Feature names unseen at fit time:\n- years"):
        explainer.explain(binary_frame.rename(columns={"age": "years"}))


def test_missing_columns_are_an_error_of_scikit_learn(binary_frame):
    explainer = LimeTabularExplainer(row_sums, **FEW).fit(binary_frame)
    with pytest.raises(ValueError, match="missing:\n- weight"):
        explainer.explain(binary_frame.drop(columns="weight"))


def test_array_after_a_frame_warns_of_names_as_scikit_learn_does(binary_frame):
    explainer = LimeTabularExplainer(row_sums, **FEW).fit(binary_frame)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        explainer.explain(binary_frame[:2].to_numpy())


def test_table_that_the_model_was_not_fitted_on_is_an_error(
    neighborhood, binary_frame, binary_data
):
    model = LogisticRegression().fit(binary_frame, binary_data[1])
    renamed = binary_frame.rename(columns={"age": "years"})
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW)
    with pytest.raises(ValueError, match=r"columns of X.*years"):
        explainer.fit(renamed).explain(renamed)


def test_number_of_columns_that_the_model_refuses_is_an_error(neighborhood, binary_model, X):
    explainer = LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW)
    with pytest.raises(ValueError, match="features"):
        explainer.fit(X[:, :3]).explain(X[:2, :3])


def test_columns_that_share_a_name_are_named(binary_frame):
    X = binary_frame.rename(columns={"debt": "age"})
    with pytest.raises(ValueError, match=r"share a name: age\. Give each column its own"):
        LimeTabularExplainer(row_sums, **FEW).fit(X)


@pytest.mark.parametrize(
    "names",
    [
        [3, 2, 1, 0, 4],
        [("a", 1), ("a", 2), ("b", 1), ("b", 2), ("c", 1)],
        ["", " ", "<b>", "=", "_"],
    ],
)
def test_any_names_of_columns_are_those_of_the_explanation(names, neighborhood, X):
    frame = pd.DataFrame(X)
    frame.columns = pd.Index(names, tupleize_cols=False)
    explainer = LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW).fit(frame)
    batch = explainer.explain(frame[:2])
    assert list(batch.feature_names) == [str(name) for name in names]
    assert_array_equal(
        batch.values,
        LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW)
        .fit(X)
        .explain(X[:2])
        .values,
    )


@pytest.mark.parametrize(
    "names",
    [
        [0, 1, 2, 3, 4],
        [2001, 2002, 2003, 2004, 2005],
        pd.MultiIndex.from_product([["a"], range(5)]),
        pd.date_range("2020-01-01", periods=5),
        [None, True, 1.5, (1,), 7],
    ],
    ids=["places", "years", "two levels", "dates", "odd"],
)
def test_reordered_columns_without_texts_for_names_are_an_error_of_scikit_learn(names, X):
    # scikit-learn looks at names that are texts only, and would read these by position.
    frame = pd.DataFrame(X)
    frame.columns = pd.Index(names, tupleize_cols=False)
    explainer = LimeTabularExplainer(row_sums, **FEW).fit(frame)
    explainer.explain(frame[:2])
    with pytest.raises(ValueError, match="must be in the same order"):
        explainer.explain(frame.iloc[:2, ::-1])


def test_unknown_numbers_as_names_are_an_error_that_lists_them(X):
    frame = pd.DataFrame(X, columns=[5, 6, 7, 8, 9])
    explainer = LimeTabularExplainer(row_sums, **FEW).fit(frame)
    with pytest.raises(ValueError, match=r"unseen at fit time: 3\.\n.*now missing: 5\."):
        explainer.explain(frame.rename(columns={5: 3}))


def test_places_in_another_order_after_an_array_are_an_error(explainer, X):
    with pytest.raises(ValueError, match="must be in the same order"):
        explainer.explain(pd.DataFrame(X[:2])[[1, 0, 2, 3, 4]])


def test_array_after_numbers_as_names_warns_as_after_texts(X):
    frame = pd.DataFrame(X, columns=[5, 6, 7, 8, 9])
    explainer = LimeTabularExplainer(row_sums, **FEW).fit(frame)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        explainer.explain(X[:2])


def test_model_is_given_the_very_names_of_the_columns(X, recording):
    frame = pd.DataFrame(X)
    frame.columns = pd.Index([(1, "a"), (1, "b"), (2, "a"), 3, None], tupleize_cols=False, name="n")
    function = recording(row_sums)
    LimeTabularExplainer(function, **FEW).fit(frame).explain(frame[:2])
    for call in function.calls:
        pd.testing.assert_index_equal(call.columns, frame.columns)


def test_two_levels_of_names_are_explained_and_rows_keep_theirs(X):
    columns = pd.MultiIndex.from_product([["a"], range(5)])
    index = pd.MultiIndex.from_product([range(12), range(10)])
    frame = pd.DataFrame(X, index, columns)
    explainer = LimeTabularExplainer(row_sums, **FEW).fit(frame)
    weights = explainer.set_output(transform="pandas").transform(frame[:3])
    assert weights.index.equals(frame.index[:3])
    assert explainer.explain(frame[:3])[1].row_labels == (0, 1)


# Values


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_value_that_the_model_refuses_is_an_error_in_fit(value, word, X):
    bad = X.copy()
    bad[3, 2] = value
    model = LogisticRegression().fit(X, X[:, 0] > 0)
    with pytest.raises(ValueError, match=word):
        LimeTabularExplainer(model, **FEW).fit(bad)


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_value_that_the_model_refuses_is_an_error_in_explain(value, word, neighborhood, X):
    bad = X[:3].copy()
    bad[1, 2] = value
    model = LogisticRegression().fit(X, X[:, 0] > 0)
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **FEW).fit(X)
    with pytest.raises(ValueError, match=word):
        explainer.explain(bad)


def test_text_among_numbers_that_the_model_refuses_is_an_error(neighborhood, X):
    bad = X.astype(object)
    bad[3, 2] = "seven"
    explainer = LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW)
    with pytest.raises(ValueError, match="seven"):
        explainer.fit(bad).explain(bad[3:4])


def test_strings_in_the_explained_rows_are_an_error(explainer, X):
    bad = X[:3].astype(object)
    bad[1, 2] = "seven"
    with pytest.raises(ValueError, match="seven"):
        explainer.explain(bad)


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_text_in_a_column_of_numbers_names_the_column(container, binary_frame):
    bad = binary_frame[:3].astype({"debt": object})
    bad["debt"] = ["7", "seven", "8"]
    tables = [binary_frame, bad]
    if container == "polars":
        polars = pytest.importorskip("polars")
        tables = [polars.DataFrame(table.to_dict("list")) for table in tables]
    explainer = LimeTabularExplainer(row_sums, **FEW).fit(tables[0])
    with pytest.raises(ValueError, match=r"Column debt holds something that is no number.*seven"):
        explainer.explain(tables[1])


def test_complex_numbers_are_an_error(X):
    with pytest.raises(ValueError, match=r"[Cc]omplex"):
        LimeTabularExplainer(row_sums, **FEW).fit(X + 1j)


def test_labels_of_another_length_are_an_error(X):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        LimeTabularExplainer(LogisticRegression(), **FEW).fit(X, np.zeros(7))


# Numbers that floats cannot hold, and what is no number


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


TIMES = [
    pd.Timestamp("2020-01-01"),
    np.datetime64("2020-01-01"),
    np.timedelta64(1, "D"),
    datetime.datetime(2020, 1, 1),
    datetime.date(2020, 1, 1),
    datetime.time(1),
    datetime.timedelta(1),
    pd.Timedelta("1D"),
    pd.Period("2020"),
]


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


def test_masked_values_are_not_read_as_values(X):
    # NumPy and scikit-learn would silently drop the mask.
    masked = np.ma.masked_array(X, X > 1.0)
    with pytest.raises(ValueError, match=r"masked array.*pass X\.astype\(float\)\.filled"):
        LimeTabularExplainer(row_sums, **FEW).fit(masked)


def test_masked_array_without_masked_values_is_a_table(explainer, X):
    assert_array_equal(explainer.transform(np.ma.masked_array(X[:2])), explainer.transform(X[:2]))


def test_rows_of_different_lengths_are_named(explainer, X):
    rows = X[:3].tolist()
    with pytest.raises(ValueError, match="row 0 has 5 values, row 2 has 4"):
        explainer.explain([*rows[:2], rows[2][:4]])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros(3, dtype=[("a", float), ("b", float)]), r"fields a, b.*pd\.DataFrame\(X\)"),
        (None, "got scalar array instead: X is None"),
        ((row for row in ()), "got scalar array instead: X is <generator"),
        ({"a": [1.0]}, r"X is \{'a': \[1\.0\]\}"),
        ([{"a": 1.0}], r"list of dicts; pass pd\.DataFrame\(X\)"),
        (["good", "bad"], "LimeTextExplainer explains texts"),
        (np.zeros((3, 2), dtype=complex), "Complex data not supported"),
        (pd.DataFrame(index=range(3)), r"0 feature\(s\)"),
        (np.zeros((3, 0)), r"0 feature\(s\)"),
    ],
    ids=[
        "structured array",
        "None",
        "generator",
        "dict of columns",
        "list of dicts",
        "texts",
        "complex",
        "frame without columns",
        "array without columns",
    ],
)
def test_what_is_no_table_is_an_error_with_the_way_out(table, message):
    with pytest.raises(ValueError, match=message):
        LimeTabularExplainer(row_sums, **FEW).fit(table)


def test_frame_of_polars_without_columns_is_an_error():
    polars = pytest.importorskip("polars")
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        LimeTabularExplainer(row_sums, **FEW).fit(polars.DataFrame())


# Tables of other libraries


def foreign(library, kind="DataFrame", **attributes):
    """An object of a class that another library could have."""
    return type(kind, (), {"__module__": f"{library}.core", **attributes})()


def must_not_read(*args, **kwargs):
    raise AssertionError("the rows were pulled into memory")


FAR = {
    "dask": r"X\.map_partitions\(lambda part: explainer\.explain\(part\)\.to_frame\(\)\)",
    "pyspark": "X.mapInPandas",
    "ray": "X.map_batches",
    "vaex": "chunk_size",
    "h5py": r"explainer\.explain\(X\[start:stop\]\) in a loop",
    "zarr": r"explainer\.explain\(X\[start:stop\]\) in a loop",
}


@pytest.mark.parametrize(("library", "way_out"), FAR.items(), ids=FAR)
def test_rows_that_are_not_in_memory_are_not_pulled_into_it(library, way_out, explainer):
    table = foreign(library, __array__=must_not_read, __len__=must_not_read, shape=(9, 5))
    with pytest.raises(TypeError, match=rf"X is a {library} DataFrame.*{way_out}"):
        explainer.explain(table)
    with pytest.raises(TypeError, match=r"To fit, pass a part of it that fits into memory: X"):
        LimeTabularExplainer(row_sums, **FEW).fit(table)


def test_array_that_holds_one_of_dask_is_not_pulled_into_memory(explainer):
    table = foreign("xarray", "DataArray", __dask_graph__=lambda self: {}, __array__=must_not_read)
    with pytest.raises(TypeError, match="xarray DataArray, whose rows are not in memory"):
        explainer.explain(table)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (foreign("modin", columns=["a"], _to_pandas=None), r"modin DataFrame.*polars DataFrame\."),
        (foreign("cudf", columns=["a"], to_pandas=print), r"cudf .*such as X\.to_pandas\(\)"),
        (foreign("datasets", "Dataset", to_pandas=print), r"datasets Dataset.*X\.to_pandas\(\)"),
    ],
    ids=["modin", "cudf", "datasets"],
)
def test_frame_of_another_library_is_an_error_with_the_way_out(table, message):
    with pytest.raises(TypeError, match=message):
        LimeTabularExplainer(row_sums, **FEW).fit(table)


def test_lazy_table_is_to_be_collected(X):
    polars = pytest.importorskip("polars")
    with pytest.raises(TypeError, match=r"LazyFrame, which has no rows yet; pass X\.collect"):
        LimeTabularExplainer(row_sums, **FEW).fit(polars.DataFrame(X).lazy())


# Columns that are odd but legal


@pytest.mark.parametrize("kind", ["intervals", "bytes", "unused levels", "decimals", "fractions"])
def test_odd_column_is_explained(kind, neighborhood, X):
    values = {
        "intervals": pd.cut(X[:, 0], 3),
        "bytes": [b"x", b"y"] * 60,
        "unused levels": pd.Categorical(["u", "v"] * 60, ["never", "u", "v", "w"]),
        "decimals": [Decimal("1.1"), Decimal("2.2")] * 60,
        "fractions": X[:, 0].astype(np.float16),
    }[kind]
    frame = pd.DataFrame({"z": values, "x": X[:, 0]})
    explainer = LimeTabularExplainer(lambda X: X["x"], neighborhood=neighborhood, **FEW)
    batch = explainer.fit(frame).explain(frame[:3])
    assert np.isfinite(batch.values).all()
    assert (batch.values[:, 1] != 0).all()


def test_level_that_json_cannot_keep_is_shown_a_way_out(X):
    frame = pd.DataFrame({"z": pd.cut(X[:, 0], 3), "x": X[:, 0]})
    batch = LimeTabularExplainer(lambda X: X["x"], **FEW).fit(frame).explain(frame[:3])
    with pytest.raises(ValueError, match=r"data holds Interval.*\.astype\(str\) for a column"):
        batch.to_json()


def test_constant_column_gets_no_weight(neighborhood, X):
    X = X.copy()
    X[:, 1] = 7.0
    explainer = LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW).fit(X)
    values = explainer.explain(X[:3]).values[..., 0]
    assert_array_equal(values[:, 1], 0.0)
    assert np.isfinite(values).all()


def test_constant_column_gets_no_weight_without_bins(neighborhood, X):
    X = X.copy()
    X[:, 1] = 7.0
    explainer = LimeTabularExplainer(
        row_sums, neighborhood=neighborhood, discretizer=None, **FEW
    ).fit(X)
    values = explainer.explain(X[:3]).values[..., 0]
    assert np.isfinite(values).all()
    if neighborhood != "around":
        assert_array_equal(values[:, 1], 0.0)


def test_constant_table_gets_no_weight(neighborhood):
    X = np.full((20, 3), 7.0)
    explainer = LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW).fit(X)
    assert_array_equal(explainer.transform(X[:2]), 0.0)


def test_ties_are_filled_with_their_value(neighborhood, recording, global_random_seed):
    # Half the column is 7.0, so one bin has equal bounds; `lime` fills it with 0.
    rng = np.random.default_rng(global_random_seed)
    X = rng.uniform(8.0, 9.0, size=(100, 2))
    X[:50, 0] = 7.0
    function = recording(row_sums)
    explainer = LimeTabularExplainer(function, neighborhood=neighborhood, **FEW).fit(X)
    explainer.explain(X[[0, 60]])
    if neighborhood != "around":
        asked = function.rows()[:, 0]
        assert asked.min() >= 7.0 - 1e-8
        assert asked.max() <= X[:, 0].max() + 1e-8
        assert np.isclose(asked, 7.0, atol=1e-8).mean() > 0.25


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


@pytest.mark.parametrize("scale", [1e-30, 1e-4, 1e12, 1e100])
def test_very_small_and_very_large_numbers_are_explained(scale, neighborhood, X):
    X = X * scale
    low, median, high = np.percentile(X[:, 0], [25, 50, 75])
    explainer = LimeTabularExplainer(
        lambda X: (X[:, 0] > median).astype(float),
        neighborhood=neighborhood,
        n_perturbations=256,
        random_state=0,
    )
    rows = X[(low < X[:, 0]) & (X[:, 0] < high)]
    weights = explainer.fit(X).transform(rows)
    assert np.isfinite(weights).all()
    assert_array_equal(np.abs(weights).argmax(axis=1), 0)


def test_row_far_outside_the_training_data_is_explained(explainer):
    batch = explainer.explain(np.full((1, 5), 1e6))
    assert np.isfinite(batch.values).all()


def test_mostly_zero_column_is_explained(neighborhood, X):
    X = X.copy()
    X[np.arange(120) % 10 != 0, 0] = 0.0
    explainer = LimeTabularExplainer(
        row_sums, neighborhood=neighborhood, n_perturbations=256, random_state=0
    ).fit(X)
    assert np.isfinite(explainer.transform(X[:11])).all()


def test_identical_columns_are_explained(neighborhood, X):
    X = X[:, [0, 0, 1]]
    explainer = LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW).fit(X)
    assert np.isfinite(explainer.transform(X[:3])).all()


def test_row_in_a_bin_that_no_perturbation_reaches_warns_and_names_the_column():
    # Two clusters with three empty bins of equal width between them.
    X = np.concatenate([np.linspace(0, 1, 50), np.linspace(9, 10, 50)])[:, np.newaxis]
    explainer = LimeTabularExplainer(
        row_sums,
        neighborhood="shared",
        discretizer=KBinsDiscretizer(n_bins=5, strategy="uniform"),
        **FEW,
    ).fit(X)
    with pytest.warns(Warning, match="x0"):
        values = explainer.explain([[5.0]]).values
    assert np.isfinite(values).all()


def test_tiny_kernel_width_warns_and_names_it(X):
    explainer = LimeTabularExplainer(
        row_sums, neighborhood="shared", discretizer=None, kernel_width=0.01, **FEW
    ).fit(X)
    with pytest.warns(Warning, match="kernel_width"):
        batch = explainer.explain(X[:2])
    assert (batch.effective_sample_size < 10).all()


# Models that answer oddly


@pytest.mark.parametrize(
    "answer",
    [
        lambda X: X[:, 0].tolist(),
        lambda X: X[:, :1],
        lambda X: pd.Series(X[:, 0]),
        lambda X: pd.DataFrame({"score": X[:, 0]}),
        lambda X: X[:, 0].astype(np.float32).astype(np.float64),
        lambda X: np.asfortranarray(X)[:, 0],
    ],
    ids=["list", "column", "series", "frame", "cast", "view"],
)
def test_one_output_in_any_container_is_one_output(answer, neighborhood, X):
    X = X.astype(np.float32).astype(float)
    explainer = LimeTabularExplainer(answer, neighborhood=neighborhood, **FEW).fit(X)
    batch = explainer.explain(X[:3])
    assert batch.values.shape == (3, 5, 1)
    assert_allclose(batch.predictions[:, 0], X[:3, 0])


@pytest.mark.parametrize(
    "answer",
    [
        lambda X: X[:, 0] > 0,
        lambda X: (X[:, 0] > 0).astype(int),
        lambda X: (X[:, 0] > 0).astype(np.float32),
    ],
    ids=["bool", "int", "float32"],
)
def test_any_type_of_number_is_an_answer(answer, X):
    explainer = LimeTabularExplainer(answer, **FEW).fit(X)
    expected = LimeTabularExplainer(lambda X: (X[:, 0] > 0).astype(float), **FEW).fit(X)
    assert_array_equal(explainer.transform(X[:3]), expected.transform(X[:3]))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_model_without_a_single_finite_answer_is_blamed(value, neighborhood, X):
    explainer = LimeTabularExplainer(
        lambda X: np.full(len(X), value), neighborhood=neighborhood, **FEW
    )
    with pytest.raises(ValueError, match=r"(?i)model|estimator|response"):
        explainer.fit(X).explain(X[:2])


def test_model_with_a_missing_answer_in_fit_is_blamed(X):
    def sometimes_missing(X):
        response = X[:, 0].copy()
        response[5:6] = np.nan
        return response

    explainer = LimeTabularExplainer(sometimes_missing, neighborhood="shared", **FEW)
    with pytest.raises(ValueError, match=r"(?i)model|estimator|response"):
        explainer.fit(X)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_rows_with_missing_answers_are_named_and_the_others_are_kept(value, neighborhood, X):
    def fails_far_away(X):
        return np.where(X[:, 0] > 1e5, value, X[:, 1])

    rows = X[:4].copy()
    rows[[1, 3], 0] = 1e6
    explainer = LimeTabularExplainer(fails_far_away, neighborhood=neighborhood, **FEW).fit(X)
    with pytest.warns(RuntimeWarning, match=r"fails_far_away.*rows 1, 3\b"):
        batch = explainer.explain(rows)
    assert np.isnan(batch.values[[1, 3]]).all()
    assert_allclose(batch.values[[0, 2]], explainer.explain(rows[[0, 2]]).values, atol=1e-10)


def test_rows_that_all_have_missing_answers_are_an_error(neighborhood, X):
    explainer = LimeTabularExplainer(
        lambda X: np.where(X[:, 0] > 1e5, np.nan, X[:, 1]), neighborhood=neighborhood, **FEW
    ).fit(X)
    rows = X[:2].copy()
    rows[:, 0] = 1e6
    with pytest.raises(ValueError, match=r"(?i)model|estimator"):
        explainer.explain(rows)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda X: X[:-1, 0], "rows|samples|length|shape"),
        (lambda X: np.append(X[:, 0], 0.0), "rows|samples|length|shape"),
        (lambda X: 1.0, "rows|samples|length|shape|dimension"),
        (lambda X: None, "must return|shape"),
        (lambda X: np.zeros((len(X), 2, 2)), "dimension|shape|2-d|2D|rank"),
        (lambda X: np.zeros((len(X), 0)), "(?i)output|column|shape"),
        (lambda X: np.full(len(X), "yes"), "(?i)number|numeric|yes|str"),
        (lambda X: [X[:, 0], [1.0]], "(?i)shape|rows|length|number|inhomogeneous"),
    ],
    ids=["too few", "too many", "scalar", "nothing", "cube", "no column", "strings", "ragged"],
)
def test_answer_of_a_wrong_shape_is_an_error(answer, message, neighborhood, X):
    explainer = LimeTabularExplainer(answer, neighborhood=neighborhood, **FEW)
    with pytest.raises((TypeError, ValueError), match=message):
        explainer.fit(X).explain(X[:3])


def test_probabilities_that_do_not_match_the_classes_are_an_error(X):
    class TwoClassesThreeColumns:
        classes_ = np.array([0, 1])

        def predict_proba(self, X):
            return np.full((len(X), 3), 1 / 3)

    with pytest.raises(ValueError, match=r"(?i)class|column"):
        LimeTabularExplainer(TwoClassesThreeColumns(), **FEW).fit(X).explain(X[:2])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (lambda X: ["1"] * len(X), "<U1"),
        (lambda X: X[:, 0] + 1j, "complex128"),
        (lambda X: np.full(len(X), np.datetime64("2020")), "datetime64"),
        (lambda X: np.full(len(X), np.timedelta64(1)), "timedelta64"),
    ],
    ids=["digits", "complex", "dates", "durations"],
)
def test_answer_that_only_looks_like_numbers_is_an_error(answer, kind, X):
    # NumPy turns all of them into floats: a date into days, a complex number into its real part.
    with pytest.raises(ValueError, match=f"must return numbers.*it holds {kind}"):
        LimeTabularExplainer(answer, **FEW).fit(X)


def test_masked_answers_are_missing(neighborhood, X):
    def masked(X):
        return np.ma.masked_array(X[:, 0], X[:, 0] == rows[0, 0])

    rows = X[:2]
    explainer = LimeTabularExplainer(masked, neighborhood=neighborhood, **FEW).fit(X[2:])
    with pytest.warns(RuntimeWarning, match="NaN or infinity for rows 0"):
        batch = explainer.explain(rows)
    assert np.isnan(batch.values[0]).all()
    assert np.isfinite(batch.values[1]).all()


def test_answers_whose_sums_overflow_are_an_error(X):
    # They gave NaN for R2, and a report that could not be written.
    with pytest.raises(ValueError, match=r"of size 1e\+305, which leaves no room for sums"):
        LimeTabularExplainer(lambda X: np.full(len(X), 1e305), **FEW).fit(X)


def test_model_that_takes_missing_values_is_not_blamed_for_another_fault(X):
    X = X.copy()
    X[3, 1] = np.nan
    explainer = LimeTabularExplainer(lambda X: 5.0 * np.nan_to_num(X[:, 0]), link="logit", **FEW)
    with pytest.raises(ValueError, match=r"^link='logit' needs probabilities"):
        explainer.fit(X)


@pytest.mark.parametrize(
    "answer", [lambda *_: None, lambda moments, *_: np.zeros(moments.Zf.shape)], ids=["none", "0.0"]
)
def test_selection_must_return_truth_values(answer, X):
    explainer = LimeTabularExplainer(row_sums, selection=answer, max_features=2, **FEW).fit(X)
    with pytest.raises(ValueError, match=r"selection returned .* array of booleans of shape"):
        explainer.explain(X[:2])


@pytest.mark.parametrize(
    "wrong", [{"max_features": -1}, {"kernel": "nope"}, {"selection": "nope"}, {"batch_size": 0}]
)
@pytest.mark.parametrize("method", ["explain", "transform", "score"])
def test_wrong_parameter_that_is_set_after_fit_is_an_error(wrong, method, explainer, X):
    # max_features=-1 gave weights of zero, an unknown kernel a bare KeyError.
    explainer.set_params(**wrong)
    with pytest.raises(ValueError, match=next(iter(wrong))):
        getattr(explainer, method)(X[:2])


@pytest.mark.parametrize("is_refit", [False, True])
def test_interrupted_fit_leaves_an_explainer_that_is_not_fitted(is_refit, neighborhood, X):
    # After a refit it explained the new model with bins of the old table.
    def interrupted(X):
        raise KeyboardInterrupt

    explainer = LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW)
    if is_refit:
        explainer.fit(X)
    with pytest.raises(KeyboardInterrupt):
        explainer.set_params(estimator=interrupted).fit(X[:, :3])
    with pytest.raises(NotFittedError):
        explainer.explain(X[:1])


def test_error_of_the_model_reaches_the_user(X):
    def broken(X):
        raise ZeroDivisionError("the model is broken")

    with pytest.raises(ZeroDivisionError, match="the model is broken"):
        LimeTabularExplainer(broken, **FEW).fit(X).explain(X[:2])


def test_same_explainer_can_be_fitted_again_on_another_problem(X, multiclass_data):
    explainer = LimeTabularExplainer(RandomForestClassifier(5, random_state=0), **FEW)
    explainer.fit(X, X[:, 0] > 0)
    explainer.fit(*multiclass_data)
    batch = explainer.explain(multiclass_data[0][:2])
    assert [str(name) for name in batch.output_names] == ["setosa", "versicolor", "virginica"]
    assert len(explainer.get_feature_names_out()) == 12


def test_regression_target_with_one_column_is_one_output(regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(LinearRegression(), **FEW).fit(X, y[:, np.newaxis])
    assert explainer.transform(X[:2]).shape == (2, 4)


def test_constant_target_has_no_effect(neighborhood, regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(Ridge(), neighborhood=neighborhood, **FEW)
    weights = explainer.fit(X, np.full_like(y, 3.0)).transform(X[:2])
    assert_allclose(weights, 0.0, atol=1e-12)
