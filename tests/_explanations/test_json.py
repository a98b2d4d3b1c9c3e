"""JSON there and back, exactly; what is no explanation is refused with one clear error."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from dateutil.tz import tzoffset
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from shown import changed as relabeled
from sklearn.preprocessing import KBinsDiscretizer
from tables import FEW

from sklime import Explanation, ExplanationBatch, LimeTabularExplainer
from sklime._explanations._flat import FIELDS, flat
from sklime.neighborhoods import AnchoredNeighborhood

SPECIAL_FLOATS = [0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, 1.7976931348623157e308, 0.1 + 0.2]
NASTY_TEXTS = ["", "\x00", "\ud800", "\ud83d\ude00", "😀", "\u2028", "</script>", 'a"b\\', "None"]


@pytest.fixture(scope="module")
def batch(multiclass_data, multiclass_model):
    """Five flowers, three classes, two of four features each."""
    explainer = LimeTabularExplainer(
        multiclass_model, n_perturbations=64, max_features=2, random_state=0
    )
    return explainer.fit(multiclass_data[0]).explain(multiclass_data[0][::30])


def assert_same_label(found, wanted):
    """The same value of the same type, NaN and -0.0 included."""
    assert type(found) is type(wanted)
    if isinstance(wanted, np.generic):
        assert_same_array(found, wanted)
    elif isinstance(wanted, tuple):
        assert len(found) == len(wanted)
        for item, expected in zip(found, wanted):
            assert_same_label(item, expected)
    elif isinstance(wanted, float):
        assert repr(found) == repr(wanted)
    elif wanted is pd.NA or wanted is pd.NaT:
        assert found is wanted
    elif isinstance(wanted, pd.Timestamp):
        assert (found, found.unit, str(found.tz)) == (wanted, wanted.unit, str(wanted.tz))
    else:
        assert found == wanted


def assert_same_array(found, wanted):
    """The same dtype, shape and numbers to the last bit; one NaN is as good as another."""
    assert type(found) is type(wanted)
    assert (found.dtype, found.shape) == (wanted.dtype, wanted.shape)
    if wanted.dtype.kind == "O":
        for item, expected in zip(found.ravel().tolist(), wanted.ravel().tolist()):
            assert_same_label(item, expected)
    elif wanted.dtype.kind == "f":
        is_nan = np.isnan(wanted)
        np.testing.assert_array_equal(np.isnan(found), is_nan)
        assert np.asarray(found)[~is_nan].tobytes() == np.asarray(wanted)[~is_nan].tobytes()
    else:
        assert found.tobytes() == wanted.tobytes()


def assert_same(found, wanted):
    """The same class, and the same in every field."""
    assert type(found) is type(wanted)
    new_arrays = flat(found)
    for name, old in flat(wanted).items():
        new = new_arrays[name]
        if isinstance(old, np.ndarray | np.generic):
            assert_same_array(new, old)
        else:
            assert_same_label(new, old)


def object_array(items):
    return np.fromiter(items, dtype=object, count=len(items))


# There and back


def test_batch_comes_back_as_it_was(batch):
    assert_same(ExplanationBatch.from_json(batch.to_json()), batch)


def test_explanation_comes_back_as_it_was(batch):
    assert_same(Explanation.from_json(batch[2].to_json()), batch[2])


def test_empty_batch_comes_back(batch):
    assert_same(ExplanationBatch.from_json(batch[:0].to_json()), batch[:0])


def test_file_is_the_text(batch, tmp_path):
    path = tmp_path / "batch.json"
    assert batch.to_json(path) is None
    assert path.read_text(encoding="utf-8") == batch.to_json()
    assert_same(ExplanationBatch.from_json(path), batch)
    assert_same(ExplanationBatch.from_json(str(path)), batch)


def test_byte_order_mark_is_forgiven(batch, tmp_path):
    path = tmp_path / "batch.json"
    path.write_text(batch.to_json(), encoding="utf-8-sig")
    assert_same(ExplanationBatch.from_json(path), batch)
    assert_same(ExplanationBatch.from_json("\ufeff" + batch.to_json()), batch)


def test_what_was_read_works_like_what_was_written(batch):
    read = ExplanationBatch.from_json(batch.to_json())
    pd.testing.assert_frame_equal(read.to_frame(), batch.to_frame())
    assert repr(read[0]) == repr(batch[0])
    assert read[0].as_list() == batch[0].as_list()
    with pytest.raises(ValueError, match="read-only"):
        read.values[...] = 0.0


def test_text_is_strict_json_in_ascii_and_says_what_it_is(batch):
    text = batch.to_json()
    assert text.isascii()
    document = json.loads(text, parse_constant=pytest.fail)
    assert document["schema"] == "sklime.ExplanationBatch"
    assert document["version"] == 1
    assert document["fields"]["values"]["dtype"] == "float64"
    assert None in document["fields"]["standard_errors"]["data"]


def test_same_explanations_are_the_same_text(batch):
    assert batch.to_json() == batch.to_json()
    assert ExplanationBatch.from_json(batch.to_json()).to_json() == batch.to_json()


def test_shared_array_is_written_once(binary_data, binary_model):
    explainer = LimeTabularExplainer(binary_model, n_perturbations=64, random_state=0)
    batch = explainer.fit(binary_data[0]).explain(binary_data[0][:3])
    np.testing.assert_array_equal(batch.reselected_values, batch.left_out_values)
    document = json.loads(batch.to_json())
    assert document["fields"]["reselected_values"] == {"same_as": "left_out_values"}
    read = ExplanationBatch.from_json(batch.to_json())
    assert_same(read, batch)
    assert np.shares_memory(read.reselected_values, read.left_out_values)


def test_mixed_table_comes_back():
    table = pd.DataFrame(
        {
            "age": [20.0, None, 40.0, 35.0] * 10,
            "children": [0, 1, 2, 3] * 10,
            "job": pd.Categorical(["nurse", "pilot", "nurse", None] * 10),
            "smokes": [True, False, True, False] * 10,
        },
        index=pd.date_range("2024-03-30", periods=40, tz="Europe/Berlin"),
    )

    def risk(X):
        return X["children"].to_numpy() + X["age"].fillna(0.0).to_numpy()

    explainer = LimeTabularExplainer(risk, n_perturbations=64, random_state=0).fit(table)
    batch = explainer.explain(table.head(4))
    assert_same(ExplanationBatch.from_json(batch.to_json()), batch)
    assert_same(Explanation.from_json(batch[1].to_json()), batch[1])


labels = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=5),
    st.sampled_from(NASTY_TEXTS),
    st.dates(),
    st.datetimes(),
    st.integers(-(2**31), 2**31 - 1).map(np.int32),
    st.floats(width=32).map(np.float32),
    st.booleans().map(np.bool_),
    st.sampled_from([pd.NaT, pd.NA, np.datetime64("2024-02-29T12:00:00.5"), np.str_("x")]),
)
labels = labels | st.tuples(labels, labels)
texts = st.text(st.characters(), max_size=5) | st.sampled_from(NASTY_TEXTS)


@given(data=st.data(), dtype=st.sampled_from(["<f8", "<f4", "<f2", ">f8"]))
@settings(max_examples=60, deadline=None)
def test_any_floats_come_back(data, dtype, batch):
    elements = st.floats(width=8 * np.dtype(dtype).itemsize)
    values = data.draw(arrays(dtype, batch.values.shape, elements=elements))
    changed = relabeled(batch, values=values)
    assert_same(ExplanationBatch.from_json(changed.to_json()), changed)


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_labels_come_back(data, batch):
    def drawn(n):
        return data.draw(st.lists(labels, min_size=n, max_size=n))

    changed = relabeled(
        batch,
        row_labels=object_array(drawn(5)),
        data=object_array(drawn(20)).reshape(5, 4),
        response_names=tuple(drawn(3)),
        output_names=tuple(drawn(3)),
        target=drawn(1)[0],
    )
    assert_same(ExplanationBatch.from_json(changed.to_json()), changed)
    assert_same(Explanation.from_json(changed[0].to_json()), changed[0])


@given(names=st.lists(texts, min_size=4, max_size=4), reason=st.none() | texts)
@settings(max_examples=60, deadline=None)
def test_any_names_come_back(names, reason, batch):
    changed = relabeled(
        batch,
        feature_names=tuple(names),
        condition_labels=tuple(
            (*given, name) for given, name in zip(batch.condition_labels, names)
        ),
        failures=object_array([reason] * 5),
    )
    assert_same(ExplanationBatch.from_json(changed.to_json()), changed)


@pytest.mark.parametrize(
    "data",
    [
        np.arange(20, dtype=np.uint8),
        np.arange(20, dtype=np.int64) - 2**62,
        np.arange(20) % 2 == 0,
        np.array([f"text {i}" for i in range(20)]),
        np.array(
            ["2024-01-01", "NaT", "1969-12-31T23:59:59.999999999"] * 6 + ["NaT"] * 2, "M8[ns]"
        ),
        np.arange(20).astype("m8[s]"),
        np.array(SPECIAL_FLOATS * 2 + [1.0] * 4),
    ],
    ids=lambda data: str(data.dtype),
)
def test_any_dtype_of_data_comes_back(data, batch):
    changed = relabeled(batch, data=data.reshape(5, 4), row_labels=data[:5])
    assert_same(ExplanationBatch.from_json(changed.to_json()), changed)
    assert_same(Explanation.from_json(changed[0].to_json()), changed[0])


@pytest.mark.parametrize(
    "index",
    [
        pd.date_range("2024-03-30 12:00", periods=5, freq="12h", tz="Europe/Berlin"),
        pd.date_range("2024-10-26 22:30", periods=5, freq="1h", tz="UTC"),
        pd.date_range("2024-10-26 22:30", periods=5, freq="1h", tz=timezone(timedelta(hours=5.5))),
        pd.date_range("1700-01-01", periods=5, unit="s"),
        pd.MultiIndex.from_product([["a", "b", "c", "d", "e"], [1]]),
        pd.Index([date(2024, 1, 1), datetime(2024, 1, 1, 12), None, "a", 1.5], dtype=object),
    ],
    ids=["zone", "utc", "offset", "naive", "levels", "objects"],
)
def test_index_of_a_frame_comes_back(index, batch):
    changed = relabeled(batch, row_labels=index.to_numpy())
    assert_same(ExplanationBatch.from_json(changed.to_json()), changed)
    assert_same(Explanation.from_json(changed[3].to_json()), changed[3])


@pytest.mark.parametrize(
    "label",
    [
        1 + 2j,
        b"bytes",
        pd.Period("2024-01"),
        pd.Timestamp("2024-01-01", tz=tzoffset("here", 3600)),
        datetime(2024, 1, 1, tzinfo=UTC),
        object(),
        {"a": 1},
    ],
)
def test_label_that_json_cannot_keep_is_an_error(label, batch):
    changed = relabeled(batch, row_labels=object_array([0, 1, label, 3, 4]))
    with pytest.raises(ValueError, match=r"row_labels holds .* which JSON cannot keep"):
        changed.to_json()


def test_settings_of_the_explainer_come_back_as_plain_values(binary_data, binary_model):
    explainer = LimeTabularExplainer(
        binary_model,
        neighborhood=AnchoredNeighborhood(keep=0.5),
        discretizer=KBinsDiscretizer(3, encode="ordinal", quantile_method="averaged_inverted_cdf"),
        link="logit",
        n_perturbations=64,
        random_state=0,
    )
    made = explainer.fit(binary_data[0]).explain(binary_data[0][:1])
    settings = ExplanationBatch.from_json(made.to_json()).settings
    assert settings == made[0].settings
    assert (settings.neighborhood, settings.keep) == ("anchored", 0.5)
    assert (settings.discretizer, settings.background) == ("KBinsDiscretizer", "marginal")
    assert settings.link == "logit"


# What is refused


def document_of(batch):
    return json.loads(batch.to_json())


def refusal(document, reader=ExplanationBatch):
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(ValueError, match="no explanation that sklime can read") as caught:
        reader.from_json(text)
    assert len(str(caught.value)) < 500
    return str(caught.value)


@pytest.mark.parametrize("text", ["", "null", "[1]", "3", "no such file", "x\0y", "a" * 10_000])
def test_text_that_is_neither_json_nor_a_path(text):
    assert "neither a text" in refusal(text)


@pytest.mark.parametrize(
    "text", ["{", '{"schema": ', "{]", '{"a": NaN}', '{"a": ' + "1" * 5000 + "}"]
)
def test_text_that_is_not_json(text):
    refusal(text)


def test_number_that_json_does_not_have(batch):
    assert "NaN is no number in JSON" in refusal(batch.to_json().replace("null", "NaN", 1))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_text_that_was_cut_off(share, batch):
    text = batch.to_json()
    assert "cut off" in refusal(text[: int(share * len(text))])


def test_file_that_is_no_text(tmp_path):
    path = tmp_path / "batch.pkl"
    path.write_bytes(b"\x80\x04\x95\xff\xfe")
    with pytest.raises(ValueError, match="not a text in UTF-8"):
        ExplanationBatch.from_json(path)


def test_missing_path_is_the_usual_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        ExplanationBatch.from_json(tmp_path / "none.json")


@pytest.mark.parametrize("source", [None, 3, b"{}", ["{}"]])
def test_source_of_another_type(source):
    with pytest.raises(TypeError, match="a text or a path"):
        ExplanationBatch.from_json(source)


@pytest.mark.parametrize(
    "change",
    [
        {"keep": "0.5"},
        {"keep": True},
        {"link": 3},
        {"link": None},
        {"more": None},
        {"background": ["a"]},
    ],
    ids=str,
)
def test_settings_of_another_type_are_refused(change, batch):
    document = document_of(batch)
    document["fields"]["settings"] |= change
    assert "settings" in refusal(document)


def test_deep_nesting_is_refused(batch):
    refusal('{"a":' + "[" * 200_000 + "]" * 200_000 + "}")
    document = document_of(batch)
    label = "x"
    for _ in range(300):
        label = {"type": "tuple", "value": [label]}
    text = json.dumps({**document, "fields": {**document["fields"], "target": "@"}})
    nested = json.dumps(label)
    for _ in range(9):
        nested = nested.replace('"x"', json.dumps(label))
    refusal(text.replace('"@"', nested))


def test_one_row_and_many_are_told_apart(batch):
    assert "sklime.ExplanationBatch" in refusal(batch.to_json(), Explanation)
    assert "sklime.Explanation" in refusal(batch[0].to_json(), ExplanationBatch)
    document = {**document_of(batch), "schema": "sklime.Explanation"}
    assert "5 rows" in refusal(document, Explanation)


@pytest.mark.parametrize("version", [2, 0, "1", 1.0, True, None, [1]])
def test_other_version_is_named(version, batch):
    assert "version" in refusal({**document_of(batch), "version": version})


@pytest.mark.parametrize("schema", ["shap.Explanation", "", None, 3, {}])
def test_other_schema_is_named(schema, batch):
    assert "schema" in refusal({**document_of(batch), "schema": schema})


@pytest.mark.parametrize("item", FIELDS)
def test_missing_field_is_named(item, batch):
    document = document_of(batch)
    del document["fields"][item]
    assert item in refusal(document)


def test_unknown_field_is_named(batch):
    document = document_of(batch)
    document["fields"]["__class__"] = "os.system"
    assert "__class__" in refusal(document)


WRONG = [None, True, 3, -1.5, "text", [], {}, [None], [[]], {"a": 1}, {"type": "tuple", "value": 1}]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
@pytest.mark.parametrize("item", FIELDS)
def test_field_of_another_type_is_refused(item, wrong, batch):
    document = document_of(batch)
    document["fields"][item] = wrong
    is_label = wrong is None or isinstance(wrong, bool | int | float | str)
    is_truth = item in ("is_classification", "fidelity_is_bound") and wrong is True
    if (item == "target" and is_label) or is_truth:
        ExplanationBatch.from_json(json.dumps(document))
        return
    message = refusal(document)
    # Fewer names than there are numbers are noticed where the numbers are.
    assert item in message or "fits" in message or "differ in length" in message


@pytest.mark.parametrize(
    ("field", "change", "words"),
    [
        ("values", {"shape": [5, 4, 10**18]}, "shape"),
        ("values", {"shape": [10**30, 4, 3]}, "shape"),
        ("values", {"shape": [-5, -4, 3]}, "shape"),
        ("values", {"shape": "5,4,3"}, "shape"),
        ("values", {"data": [0.0] * 59}, "59 data"),
        ("values", {"data": [0.0] * 59 + ["abc"]}, "a text among its numbers"),
        ("values", {"data": [0.0] * 59 + [True]}, "bool"),
        ("values", {"data": [0.0] * 59 + [[]]}, "list"),
        ("values", {"data": [0.0] * 59 + [10**400]}, "too large"),
        ("values", {"dtype": "float16", "data": [0.0] * 59 + [1e9]}, "too large"),
        ("values", {"dtype": "int64", "data": [0] * 60}, "cannot be of dtype"),
        ("values", {"dtype": "object"}, "cannot be of dtype"),
        ("values", {"dtype": "f8,f8"}, "unknown dtype"),
        ("values", {"dtype": "V1000000"}, "unknown dtype"),
        ("values", {"dtype": ["f8"]}, "unknown dtype"),
        ("codes", {"data": [0.5] * 20}, "float"),
        ("codes", {"data": [10**9] * 20}, "points beyond"),
        ("codes", {"data": [-1] * 20}, "points beyond"),
        ("codes", {"data": [10**12] * 20}, "too large"),
        ("explained", {"data": [3] * 15}, "points beyond"),
        ("converged", {"data": [1] * 5}, "int"),
        ("failures", {"data": [1] * 5}, "neither null nor a text"),
        ("row_labels", {"dtype": "<U999999999", "data": ["a"] * 5}, "unknown dtype"),
        ("row_labels", {"dtype": "<U9999999", "data": ["a"] * 5}, "9999999 characters"),
        ("row_labels", {"dtype": "<U2", "data": [1] * 5}, "int"),
        ("row_labels", {"dtype": "<M8[ns]", "data": ["now"] * 5}, "no time"),
        ("row_labels", {"dtype": "<M8[ns]", "data": ["2024-99-99"] * 5}, "no time"),
        ("row_labels", {"dtype": "<M8[ns]", "data": [5] * 5}, "int"),
        ("row_labels", {"dtype": "object", "data": [[1]] * 5}, "no label"),
        (
            "row_labels",
            {"dtype": "object", "data": [{"type": "os", "value": 1}] * 5},
            "unknown type",
        ),
        ("row_labels", {"dtype": "object", "data": [{"type": [], "value": 1}] * 5}, "unknown type"),
        ("row_labels", {"dtype": "object", "data": [{"type": "str", "value": "zz"}] * 5}, "no str"),
        ("row_labels", {"dtype": "object", "data": [{"type": "str", "value": 1}] * 5}, "no str"),
        ("row_labels", {"dtype": "object", "data": [{"type": "date", "value": 1}] * 5}, "no date"),
        (
            "row_labels",
            {"dtype": "object", "data": [{"type": "timestamp", "value": ["now", "ns", None]}] * 5},
            "no timestamp",
        ),
        (
            "row_labels",
            {
                "dtype": "object",
                "data": [{"type": "timestamp", "value": ["2024", "ns", "dateutil//dev/zero"]}] * 5,
            },
            "no timestamp",
        ),
        (
            "row_labels",
            {
                "dtype": "object",
                "data": [{"type": "timestamp", "value": ["2024", "ns", "Mars"]}] * 5,
            },
            "no timestamp",
        ),
        (
            "row_labels",
            {"dtype": "object", "data": [{"type": "numpy", "value": {"dtype": "O"}}] * 5},
            "not an array",
        ),
    ],
)
def test_array_that_does_not_fit_is_refused(field, change, words, batch):
    document = document_of(batch)
    document["fields"][field].update(change)
    message = refusal(document)
    assert field in message
    assert words in message


def is_read_or_refused(document):
    """Whether nothing but our own error can come out of it."""
    try:
        ExplanationBatch.from_json(json.dumps(document))
    except ValueError as error:
        return "no explanation that sklime can read" in str(error)
    return True


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.slow
@given(item=st.sampled_from(FIELDS), value=json_values)
@settings(max_examples=150, deadline=None)
def test_anything_else_in_a_field_is_read_or_refused(item, value, batch):
    document = document_of(batch)
    document["fields"][item] = value
    assert is_read_or_refused(document)


@pytest.mark.slow
@given(value=json_values, key=st.sampled_from(["dtype", "shape", "data"]), data=st.data())
@settings(max_examples=150, deadline=None)
def test_anything_else_in_an_array_is_read_or_refused(value, key, data, batch):
    document = document_of(batch)
    names = [name for name, field in document["fields"].items() if isinstance(field, dict)]
    document["fields"][data.draw(st.sampled_from(names))][key] = value
    assert is_read_or_refused(document)


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


def test_level_that_json_cannot_keep_is_shown_a_way_out(X):
    frame = pd.DataFrame({"z": pd.cut(X[:, 0], 3), "x": X[:, 0]})
    batch = LimeTabularExplainer(lambda X: X["x"], **FEW).fit(frame).explain(frame[:3])
    with pytest.raises(ValueError, match=r"data holds Interval.*\.astype\(str\) for a column"):
        batch.to_json()
