"""Columns that Arrow keeps: read as what they are, and given to the model as they were."""

import datetime
import io
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklime import LimeTabularExplainer, LimeTextExplainer

pyarrow = pytest.importorskip("pyarrow")

SMALL = {"n_perturbations": 128, "random_state": 0}
N_ROWS = 60
LETTERS = ["a", "b", None] * 20
HALF = "a\ud800"  # half of a character, which UTF-8 cannot hold

CATEGORIES = {
    "string": pyarrow.array(LETTERS, pyarrow.string()),
    "large string": pyarrow.array(LETTERS, pyarrow.large_string()),
    "dictionary": pyarrow.array(LETTERS).dictionary_encode(),
    "dictionary of large strings": pyarrow.array(
        LETTERS, pyarrow.large_string()
    ).dictionary_encode(),
    "dictionary of numbers": pyarrow.array([1, 2, None] * 20).dictionary_encode(),
    "bool": pyarrow.array([True, False, None] * 20),
    "binary": pyarrow.array([b"a", b"b", None] * 20),
    "large binary": pyarrow.array([b"a", b"b", None] * 20, pyarrow.large_binary()),
    "fixed binary": pyarrow.array([b"a", b"b", None] * 20, pyarrow.binary(1)),
    "null": pyarrow.nulls(N_ROWS),
}
NUMBERS = {
    "int8": pyarrow.array([1, 2, None] * 20, pyarrow.int8()),
    "uint64": pyarrow.array(range(N_ROWS), pyarrow.uint64()),
    "float16": pyarrow.array(np.arange(N_ROWS, dtype=np.float16) / 4),
    "float32": pyarrow.array(np.arange(N_ROWS, dtype=np.float32) / 4),
    "float64": pyarrow.array([None, *np.linspace(0, 1, N_ROWS - 1)]),
    "decimal": pyarrow.array([Decimal(n) / 4 for n in range(N_ROWS)], pyarrow.decimal128(10, 2)),
    "decimal without decimals": pyarrow.array(
        [Decimal(n) for n in range(N_ROWS)], pyarrow.decimal256(50, 0)
    ),
}
TIMES = {
    "date32": pyarrow.array([datetime.date(2020, 1, 1)] * N_ROWS),
    "date64": pyarrow.array([datetime.date(2020, 1, 1)] * N_ROWS, pyarrow.date64()),
    "timestamp": pyarrow.array([datetime.datetime(2020, 1, 1)] * N_ROWS),
    "time": pyarrow.array([datetime.time(1)] * N_ROWS),
    "duration": pyarrow.array([datetime.timedelta(1)] * N_ROWS),
}
OTHERS = {
    "list": pyarrow.array([[1], [2]] * 30),
    "struct": pyarrow.array([{"a": 1}] * N_ROWS),
    "map": pyarrow.array([[("a", 1)]] * N_ROWS, pyarrow.map_(pyarrow.string(), pyarrow.int64())),
}


def frame_of(values):
    """A column that Arrow keeps beside one of floats."""
    column = pd.arrays.ArrowExtensionArray(values)
    return pd.DataFrame({"z": column, "x": np.linspace(-1.0, 1.0, len(values))})


def is_first(X):
    """A response that hangs on the column that Arrow keeps."""
    return (X["z"] == X["z"].dropna().iloc[0]).fillna(False).to_numpy(float)


def x_alone(X):
    return X["x"].to_numpy()


@pytest.mark.parametrize("values", (CATEGORIES | NUMBERS).values(), ids=[*CATEGORIES, *NUMBERS])
def test_model_is_given_the_types_of_fit(values, neighborhood, recording):
    X = frame_of(values)
    function = recording(x_alone)
    explainer = LimeTabularExplainer(function, neighborhood=neighborhood, **SMALL).fit(X)
    batch = explainer.explain(X[:3])
    assert np.isfinite(batch.values).all()
    for call in function.calls:
        assert call.dtypes.to_dict() == X.dtypes.to_dict()


@pytest.mark.parametrize("values", CATEGORIES.values(), ids=CATEGORIES)
def test_model_is_given_the_rows_themselves_and_known_categories(values, recording):
    X = frame_of(values)
    function = recording(x_alone)
    LimeTabularExplainer(function, **SMALL).fit(X).explain(X[:3])
    known = set(values.to_pylist())
    assert {None if pd.isna(level) else level for call in function.calls for level in call["z"]}
    for call in function.calls:
        assert {None if pd.isna(level) else level for level in call["z"]} <= known
    first = next(call for call in function.calls if len(call) == 3)
    pd.testing.assert_frame_equal(first, X[:3])


@pytest.mark.parametrize(
    "kind", ["string", "large string", "dictionary", "dictionary of large strings"]
)
def test_texts_of_arrow_are_explained_as_texts_are(kind, neighborhood):
    X = frame_of(CATEGORIES[kind])
    same = X.assign(z=X["z"].astype(object).where(X["z"].notna(), None))
    batches = [
        LimeTabularExplainer(is_a, neighborhood=neighborhood, **SMALL).fit(table).explain(table[:3])
        for table in (X, same)
    ]
    assert [row.conditions[0] for row in batches[0]] == ["z = a", "z = b", "z is missing"]
    assert_array_equal(batches[0].values, batches[1].values)
    assert batches[0].values[0, 0, 0] > 0.6


def is_a(X):
    return (X["z"].astype(object) == "a").to_numpy(float)


@pytest.mark.parametrize("values", TIMES.values(), ids=TIMES)
def test_dates_and_times_of_arrow_are_an_error_that_names_the_column(values):
    with pytest.raises(ValueError, match=r"Columns z hold dates or times.*Encode them"):
        LimeTabularExplainer(x_alone, **SMALL).fit(frame_of(values))


@pytest.mark.parametrize("values", OTHERS.values(), ids=OTHERS)
def test_nested_columns_of_arrow_are_an_error_that_names_the_column(values):
    with pytest.raises(ValueError, match="Columns z hold neither numbers nor categories"):
        LimeTabularExplainer(x_alone, **SMALL).fit(frame_of(values))


@pytest.mark.parametrize("kind", ["string", "large string", "dictionary"])
def test_unseen_text_of_arrow_is_explained_and_reaches_the_model(kind, recording):
    X = frame_of(CATEGORIES[kind])
    function = recording(x_alone)
    explainer = LimeTabularExplainer(function, **SMALL).fit(X)
    rows = frame_of(pyarrow.array(["new"]))
    assert explainer.explain(rows)[0].conditions[0] == "z = new (unseen)"
    last = function.calls[-1]
    assert last.dtypes.to_dict() == X.dtypes.to_dict()
    assert "new" in set(last["z"].dropna())


@pytest.mark.parametrize(
    ("kind", "value"),
    [("int8", 300), ("int8", 1.5), ("decimal", Decimal("0.125")), ("decimal", 10**9)],
)
def test_number_that_the_type_of_arrow_cannot_hold_is_an_error_that_names_it(kind, value):
    explainer = LimeTabularExplainer(x_alone, **SMALL).fit(frame_of(NUMBERS[kind]))
    rows = pd.DataFrame({"z": [value], "x": [0.0]})
    with pytest.raises(ValueError, match=r"Column z holds a value in row 0 that its type"):
        explainer.explain(rows)


def test_number_in_a_column_of_texts_is_an_error_that_names_it():
    # Arrow would refuse it, and pandas would make a text of it.
    explainer = LimeTabularExplainer(x_alone, **SMALL).fit(frame_of(CATEGORIES["string"]))
    with pytest.raises(ValueError, match="Column z holds a value, 3, in row 0 that its type"):
        explainer.explain(pd.DataFrame({"z": [3], "x": [0.0]}))


@pytest.mark.parametrize("missing", [None, np.nan], ids=["null", "NaN"])
def test_missing_number_of_arrow_stays_what_it_is(missing, recording):
    X = frame_of(pyarrow.array([0.5, missing, 1.5] * 20, from_pandas=False))
    function = recording(x_alone)
    LimeTabularExplainer(function, **SMALL).fit(X).explain(X[:3])
    asked = pd.concat(function.calls)["z"]
    assert asked.isna().any() == (missing is None)
    assert np.isnan(asked.to_numpy(float, na_value=np.nan)).any()


@pytest.mark.parametrize("storage", ["pyarrow", "python"])
def test_strings_of_pandas_are_explained_wherever_they_are_kept(storage, recording):
    X = pd.DataFrame({"z": pd.array(LETTERS, dtype=f"string[{storage}]"), "x": np.arange(60.0)})
    function = recording(x_alone)
    batch = LimeTabularExplainer(function, **SMALL).fit(X).explain(X[:3])
    assert [row.conditions[0] for row in batch] == ["z = a", "z = b", "z is missing"]
    assert {call["z"].dtype == X["z"].dtype for call in function.calls} == {True}


def test_what_parquet_hands_over_is_explained_through_a_pipeline():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(
        {
            "job": rng.choice(["cook", "nurse"], 200),
            "city": pd.Categorical(rng.choice(["Bonn", "Rome"], 200)),
            "age": rng.normal(40.0, 10.0, 200),
            "children": rng.integers(0, 4, 200),
        }
    )
    file = io.BytesIO()
    X.to_parquet(file)
    read = pd.read_parquet(file, dtype_backend="pyarrow")
    assert all(isinstance(dtype, pd.ArrowDtype) for dtype in read.dtypes)
    encode = OneHotEncoder(handle_unknown="ignore")
    columns = ColumnTransformer([("o", encode, ["job", "city"])], remainder="passthrough")
    model = make_pipeline(columns, LogisticRegression())
    model.fit(read, X["job"] == "nurse")
    batch = LimeTabularExplainer(model, random_state=0).fit(read).explain(read[:4])
    plain = LimeTabularExplainer(model, random_state=0).fit(X).explain(X[:4])
    assert [row.conditions for row in batch] == [row.conditions for row in plain]
    np.testing.assert_allclose(batch.values, plain.values, atol=1e-12)


def test_table_of_arrow_itself_is_an_error_with_the_way_out():
    with pytest.raises(TypeError, match=r"X is a pyarrow Table.*such as X\.to_pandas\(\)"):
        LimeTabularExplainer(x_alone, **SMALL).fit(pyarrow.table({"x": [1.0, 2.0]}))


# Texts that Arrow has no place for


def test_halves_of_characters_in_levels_names_and_labels_reach_frames_and_reports(tmp_path):
    rng = np.random.default_rng(0)
    index = pd.Index([f"{HALF}{row}" for row in range(60)], dtype=object)
    X = pd.DataFrame(rng.normal(size=(60, 2)), index)
    X.columns = pd.Index([HALF, "b"], dtype=object)
    X["c"] = pd.Series([HALF, "b", "c"] * 20, index, dtype=object)

    def score(X):
        assert X["c"].dtype == object
        return X[HALF].to_numpy() + (X["c"] == HALF).to_numpy()

    batch = LimeTabularExplainer(score, **SMALL).fit(X).explain(X[:3])
    frame = batch.to_frame()
    assert frame["row"].iloc[0] == f"{HALF}0"
    assert {HALF, "c"} <= set(frame["feature"])
    assert f"c = {HALF}" in set(frame["condition"])
    assert batch.to_matrix().columns.tolist() == [HALF, "b", "c"]
    assert HALF in set(batch.mean_abs_weights()["feature"])
    assert batch.to_html(tmp_path / "report.html").stat().st_size > 0
    assert batch[0].save(tmp_path / "row.csv").stat().st_size > 0
    assert HALF in set(type(batch).from_json(batch.to_json()).to_frame()["feature"])


@pytest.mark.parametrize("container", ["list", "series", "frame"])
def test_halves_of_characters_in_documents_are_explained(container, tmp_path):
    texts = [f"good {HALF} news", f"{HALF} bad", "bad news"]
    column = pd.Series(texts, dtype=object)
    documents = {"list": texts, "series": column, "frame": pd.DataFrame({"text": column})}

    def count(texts):
        found = texts["text"] if container == "frame" else texts
        return np.array([text.count("good") for text in found], dtype=float)

    explainer = LimeTextExplainer(count, token_pattern=r"\S+", random_state=0)
    explainer.fit(documents[container])
    batch = explainer.explain(documents[container])
    assert batch.to_frame()["feature"].map(ascii).str.contains("ud800").any()
    assert batch.to_html(tmp_path / "report.html").stat().st_size > 0
    assert batch[0].save(tmp_path / "text.csv").stat().st_size > 0


def test_documents_in_arrow_reach_the_model_in_arrow(recording):
    X = pd.DataFrame(
        {"text": pd.array(["good news", "bad"], dtype=pd.ArrowDtype(pyarrow.string()))}
    )
    function = recording(lambda X: X["text"].str.count("good").to_numpy(float))
    LimeTextExplainer(function, random_state=0).fit(X).explain(X)
    assert {call["text"].dtype == X["text"].dtype for call in function.calls} == {True}
