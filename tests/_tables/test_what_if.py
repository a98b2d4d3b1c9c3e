"""A row beside copies of it with other values in some columns."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklime import ExplanationBatch, LimeTabularExplainer


def table_of(n_rows=120):
    """Whole numbers, texts, floats, and a name that is no keyword."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, n_rows),
            "job": rng.choice(["nurse", "cook", "pilot"], n_rows),
            "capital gain": rng.lognormal(3, 1, n_rows),
        }
    )


def model_of(table):
    encode = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["job"]), remainder="passthrough"
    )
    return make_pipeline(encode, LinearRegression()).fit(table, np.arange(len(table)))


@pytest.fixture(scope="module")
def table():
    return table_of()


@pytest.fixture(scope="module")
def explainer(table):
    return LimeTabularExplainer(model_of(table), random_state=0).fit(table)


@pytest.fixture(scope="module")
def of_array(table):
    rows = table[["age", "capital gain"]].to_numpy()
    model = RandomForestClassifier(5, random_state=0).fit(rows, rows[:, 0] > 40)
    return LimeTabularExplainer(model, random_state=0).fit(rows)


# What is explained


def test_rows_are_explained_as_a_table_of_them_is(explainer, table):
    batch = explainer.what_if(table.iloc[[3]], age=[20, 40], job=["cook", "pilot"])
    rows = pd.concat([table.iloc[[3]]] * 5, ignore_index=True)
    for number, (age, job) in enumerate(itertools.product([20, 40], ["cook", "pilot"]), 1):
        rows.loc[number, ["age", "job"]] = age, job
    whole = explainer.explain(rows)
    assert isinstance(batch, ExplanationBatch)
    assert_array_equal(batch.values, whole.values)
    assert_array_equal(batch.predictions, whole.predictions)
    assert_array_equal(batch.data, whole.data)
    assert_array_equal(batch.conditions, whole.conditions)


def test_labels_tell_what_was_changed(explainer, table):
    batch = explainer.what_if(table.head(1), age=[20, 40], job="cook")
    assert batch.row_labels.tolist() == ["unchanged", "age=20, job=cook", "age=40, job=cook"]
    assert batch.loc["age=40, job=cook"] == batch[2]
    assert batch.to_frame()["row"].iloc[0] == "unchanged"


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        (np.linspace(0, 1, 4), ["0", "0.333333", "0.666667", "1"]),
        ([30000.0, 1e16], ["30000", "1e+16"]),
        ([0.25, 0.2500000625], ["0.25", "0.2500000625"]),
    ],
)
def test_numbers_are_short_in_labels_but_never_alike(values, labels, explainer, table):
    batch = explainer.what_if(table.head(1), {"capital gain": values})
    assert batch.row_labels.tolist()[1:] == [f"capital gain={text}" for text in labels]


def test_labels_have_the_digits_that_their_rules_need(explainer, table):
    index = explainer._column_names.index("capital gain")
    edges = [float(text) for text in explainer._encoder.written_edges.texts[index]]
    ends = np.concatenate([edges, explainer._encoder.cuts[index]])
    values = np.concatenate([ends * (1.0 + 1e-12), ends * (1.0 - 1e-12)]).tolist()
    for row in explainer.what_if(table.tail(1), {"capital gain": values})[1:]:
        shown = float(row.row_label.removeprefix("capital gain="))
        rule = row.conditions[index].replace("capital gain", "x")
        low, high = re.match(r"(\S+) < x|x > (\S+)", rule), re.search(r"x <= (\S+)$", rule)
        assert low is None or float(low[1] or low[2]) < shown
        assert high is None or shown <= float(high[1])


ROWS = {
    "a frame": lambda table: table.iloc[[3]],
    "a series": lambda table: table.iloc[3],
    "a dict": lambda table: table.iloc[3].to_dict(),
}
VALUES = {
    "a list": [20, 40],
    "a tuple": (20, 40),
    "an array": np.array([20, 40]),
    "a series": pd.Series([20, 40], index=[7, 8]),
    "a range": range(20, 41, 20),
    "floats that are whole": [20.0, 40.0],
}


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("form", ROWS)
def test_rows_and_values_come_in_many_forms(form, values, explainer, table):
    batch = explainer.what_if(ROWS[form](table), age=VALUES[values])
    assert batch == explainer.what_if(table.iloc[[3]], {"age": [20, 40]})


@pytest.mark.parametrize("value", [20, np.int64(20), np.array(20), [20], (20 for _ in range(1))])
def test_a_single_value_needs_no_list(value, explainer, table):
    batch = explainer.what_if(table.head(1), age=value)
    assert batch.row_labels.tolist() == ["unchanged", "age=20"]


@pytest.mark.parametrize("form", [np.asarray, list, tuple, lambda row: row[None]])
def test_rows_of_arrays_have_columns_by_index(form, of_array, table):
    row = table[["age", "capital gain"]].to_numpy()[3]
    batch = of_array.what_if(form(row), {0: [20, 60], 1: [5]})
    assert batch.row_labels.tolist() == ["unchanged", "x0=20, x1=5", "x0=60, x1=5"]
    assert_array_equal(batch.data[1:], [[20, 5], [60, 5]])
    assert batch == of_array.what_if(row, x0=[20, 60], x1=5)


def test_a_row_may_be_sparse(table):
    rows = sparse.csr_array(table[["age", "capital gain"]].to_numpy())
    model = RandomForestClassifier(5, random_state=0).fit(rows, np.arange(len(table)) % 2)
    explainer = LimeTabularExplainer(model, random_state=0).fit(rows)
    batch = explainer.what_if(rows[[3]], {0: [20, 60]})
    assert_array_equal(batch.data[1:, 0], [20, 60])


def test_a_row_may_be_of_polars():
    polars = pytest.importorskip("polars")
    table = polars.DataFrame(table_of().to_dict(orient="list"))

    def predict(rows):
        return (rows["age"] * (rows["job"] == "cook")).to_numpy()

    explainer = LimeTabularExplainer(predict, random_state=0).fit(table)
    batch = explainer.what_if(table[3], age=[20, 40.0], job=["cook", "pilot"])
    whole = explainer.explain(polars.concat([table[3]] * 5))
    assert batch.predictions[:, 0].tolist()[1:] == [20.0, 0.0, 40.0, 0.0]
    assert batch.row_labels[4] == "age=40, job=pilot"
    assert batch[0].as_list() == whole[0].as_list()
    assert batch.data[:, :2].tolist()[1:] == [
        [20, "cook"], [20, "pilot"], [40, "cook"], [40, "pilot"]
    ]  # fmt: skip


# scikit-learn 1.7 does not find the names in frames of a recent polars.
@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_a_row_of_polars_is_explained_after_training_rows_of_pandas(explainer, table):
    polars = pytest.importorskip("polars")
    row = polars.DataFrame(table.iloc[[3]].to_dict(orient="list"))
    assert_array_equal(explainer.explain(row).values, explainer.explain(table.iloc[[3]]).values)
    found = explainer.what_if(row, age=[20]).values
    assert_array_equal(found, explainer.what_if(table.iloc[[3]], age=[20]).values)


def test_values_of_another_type_name_the_column_of_polars():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"job": ["cook", "nurse"] * 30, "age": list(range(60))})
    explainer = LimeTabularExplainer(lambda X: X["age"].to_numpy(), random_state=0).fit(frame)
    with pytest.raises(ValueError, match="the column job to values of several types: 'nurse', 1"):
        explainer.what_if(frame[3], job=[1])


def test_a_column_of_a_group_can_be_changed(table):
    explainer = LimeTabularExplainer(
        model_of(table), groups={"person": ["age", "job"]}, random_state=0
    ).fit(table)
    batch = explainer.what_if(table.head(1), age=[20])
    assert batch.data[1, 0].startswith("20, ")


def test_columns_may_have_the_names_of_arguments(table):
    renamed = table.rename(columns={"age": "row", "capital gain": "changes"})
    model = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["job"]), remainder="passthrough"),
        LinearRegression(),
    ).fit(renamed, np.arange(len(table)))
    explainer = LimeTabularExplainer(model, random_state=0).fit(renamed)
    batch = explainer.what_if(renamed.head(1), {"changes": [1.5]}, row=[20])
    assert batch.row_labels.tolist() == ["unchanged", "changes=1.5, row=20"]


# What the model is given


def test_columns_keep_their_types_and_the_model_is_called_once_on_the_rows(table):
    model, seen = model_of(table), []

    def predict(rows):
        seen.append((len(rows), rows.dtypes.tolist()))
        return model.predict(rows)

    explainer = LimeTabularExplainer(predict, random_state=0).fit(table)
    seen.clear()
    explainer.what_if(table.head(1), age=[20.0, 40], job=["cook"])
    assert {tuple(map(str, types)) for _, types in seen} == {tuple(map(str, table.dtypes))}
    assert [size for size, _ in seen].count(3) == 1


def test_the_row_of_the_user_stays_unchanged(explainer, of_array, table):
    frame, array = table.head(1).copy(), table[["age", "capital gain"]].to_numpy()[0]
    explainer.what_if(frame, age=[20], job=["pilot"])
    before = array.copy()
    of_array.what_if(array, {0: [20]})
    pd.testing.assert_frame_equal(frame, table.head(1))
    assert_array_equal(array, before)


def test_unseen_levels_are_named(explainer, table):
    with pytest.warns(UserWarning, match=r"No training row has job='judge': .* this value"):
        batch = explainer.what_if(table.head(1), job=["judge", "cook"])
    assert batch[1].conditions[1] == "job = judge (unseen)"
    with pytest.warns(UserWarning, match=r"has job='a', job='b': .* these values"):
        explainer.what_if(table.head(1), job=["a", "b"])


def test_categories_of_pandas_may_be_unseen(table):
    typed = table.assign(job=pd.Categorical(table["job"]))
    explainer = LimeTabularExplainer(model_of(typed), random_state=0).fit(typed)
    with pytest.warns(UserWarning, match="No training row has job='judge'"):
        batch = explainer.what_if(typed.head(1), job=["judge", "cook"])
    assert batch.data[1:, 1].tolist() == ["judge", "cook"]


def test_missing_values_are_called_so(table):
    holed = table.assign(job=table["job"].where(table.index > 4, None))
    explainer = LimeTabularExplainer(model_of(holed), random_state=0).fit(holed)
    assert explainer.what_if(holed.tail(1), job=None).row_labels[1] == "job=missing"


# What is refused


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({}, ValueError, "no column to change"),
        ({"agee": [1]}, ValueError, "has 'agee', which is no column; the columns are age, job"),
        ({7: [1]}, ValueError, "has 7, which is no column"),
        ({"age": []}, ValueError, "no value for age"),
        ({"age": {20, 40}}, TypeError, "a set for age"),
        ({"age": {"from": 20}}, TypeError, "a dict for age"),
        ({"age": [[20, 40]]}, ValueError, r"got \[20, 40\] among the values of age"),
        ({"age": [20.5]}, ValueError, "cannot set age to 20.5: the type .* int64, cannot hold"),
        ({"age": ["old"]}, ValueError, "cannot set age to 'old': the column holds numbers"),
        ({"age": "20"}, ValueError, "cannot set age to '20': the column holds numbers"),
        ({"age": [None]}, ValueError, "cannot set age to None"),
        ({"capital gain": [np.inf]}, ValueError, "contains infinity, in columns capital gain"),
        ([20], TypeError, "changes is of type list; pass a dict"),
        (
            {"age": range(20, 40), "capital gain": range(20)},
            ValueError,
            "20 of age x 20 of capital gain are 400 rows, more than 256",
        ),
    ],
)
def test_what_cannot_be_changed_is_named(changes, error, message, explainer, table):
    with pytest.raises(error, match=message):
        explainer.what_if(table.head(1), changes)


def test_a_column_is_changed_once(explainer, table):
    with pytest.raises(ValueError, match="has the column age twice"):
        explainer.what_if(table.head(1), {"age": [20]}, age=[40])


def test_one_row_is_changed(explainer, table):
    with pytest.raises(ValueError, match="changes one row; it got a table of 2 rows"):
        explainer.what_if(table.head(2), age=[20])
    with pytest.raises(ValueError, match="has no 'job'"):
        explainer.what_if({"age": 3, "capital gain": 4.0}, age=[20])


def test_an_explainer_that_is_not_ready_says_why(table):
    with pytest.raises(ValueError, match="not fitted"):
        LimeTabularExplainer(model_of(table)).what_if(table.head(1), age=[20])


def test_results_are_kept_in_files(explainer, table, tmp_path):
    batch = explainer.what_if(table.head(1), age=[20, 40])
    assert ExplanationBatch.from_json(batch.to_json()) == batch
    assert batch.save(tmp_path / "rows.csv").read_text().count("age=20") == 3


@pytest.mark.parametrize("method", ["auto", "sampling"])
@pytest.mark.parametrize("is_function", [False, True])
def test_all_copies_explain_the_class_predicted_for_the_row(method, is_function):
    # Beside the answer for one class stood that for another one, and their difference.
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(300, 2)), columns=["a", "b"])
    y = np.array(["low", "middle", "high"])[np.digitize(X["a"], [-0.5, 0.5])]
    model = RandomForestClassifier(20, random_state=0).fit(X, y)
    asked = model.predict_proba if is_function else model
    explainer = LimeTabularExplainer(asked, target="predicted", method=method, random_state=0).fit(
        X
    )
    row = pd.DataFrame({"a": [-2.0], "b": [0.0]})
    batch = explainer.what_if(row, a=[0.0, 2.0])
    assert batch.output_names == ("low",)
    of_low = list(model.classes_).index("low")
    copies = pd.DataFrame({"a": [-2.0, 0.0, 2.0], "b": 0.0})
    expected = model.predict_proba(copies)[:, of_low]
    assert_allclose(batch.predictions[:, 0], expected, atol=1e-12)
    assert [str(label) for label in batch.predicted_classes] == ["low", "middle", "high"]
    same = LimeTabularExplainer(asked, target="low", method=method, random_state=0).fit(X)
    assert_allclose(batch.values, same.explain(copies).values, atol=1e-12)
    # The explainer itself still follows the prediction.
    assert explainer.explain(copies).output_names == ("predicted",)


# Whole numbers beyond floats, and equal values


BIG = 2**53


def parity(rows, column):
    return np.asarray(rows["x"], dtype=float) + np.asarray(column) % 2


@pytest.fixture(params=["pandas", "polars"])
def of_labels(request):
    """Explain a function of large whole numbers that are labels; also return a row."""
    rng = np.random.default_rng(0)
    columns = {"id": BIG + np.arange(200) % 4, "x": rng.normal(size=200)}
    if request.param == "pandas":
        rows = pd.DataFrame(columns)
    else:
        rows = pytest.importorskip("polars").DataFrame(columns)

    def model(rows):
        return parity(rows, rows["id"].to_numpy())

    explainer = LimeTabularExplainer(
        model, categorical_features=["id"], n_perturbations=64, random_state=0
    )
    return explainer.fit(rows), rows[:1]


def test_large_whole_numbers_of_labels_are_exact(of_labels):
    explainer, row = of_labels
    batch = explainer.what_if(row, id=[BIG + 1, BIG + 2, BIG + 3])
    assert [int(value) for value in batch.data[1:, 0]] == [BIG + 1, BIG + 2, BIG + 3]
    changes = batch.predictions[1:, 0] - batch.predictions[0, 0]
    np.testing.assert_allclose(changes, [1.0, 0.0, 1.0])
    assert batch.row_labels[1] == f"id={BIG + 1}"


@pytest.mark.parametrize("value", [BIG, BIG + 1, -BIG - 1, 2**62])
def test_large_whole_numbers_of_quantities_are_refused(value, of_array, table):
    row = table[["age", "capital gain"]].to_numpy()[:1]
    numbers = pd.DataFrame({"age": table["age"], "x": table["capital gain"]})
    explainer = LimeTabularExplainer(
        lambda rows: parity(rows, rows["age"]), n_perturbations=64, random_state=0
    ).fit(numbers)
    with pytest.raises(ValueError, match=rf"age to {value}: whole numbers beyond 2\*\*53"):
        explainer.what_if(numbers.iloc[[0]], age=[20, value])
    with pytest.raises(ValueError, match=r"whole numbers beyond 2\*\*53"):
        explainer.explain(numbers.head(1).assign(age=[value]))
    with pytest.raises(ValueError, match=r"whole numbers beyond 2\*\*53"):
        of_array.what_if(row, x0=[value])


@pytest.mark.parametrize(
    "values", [[20, 20], [20, 20.0], [1, True], [20, 30, np.int8(20)], np.array([20, 20])]
)
def test_equal_values_are_refused(values, explainer, table):
    with pytest.raises(ValueError, match=r"equal values for age: .*Pass each value once"):
        explainer.what_if(table.iloc[[0]], age=values)


def test_equal_texts_and_missing_values_are_refused(explainer, table):
    with pytest.raises(ValueError, match="equal values for job: 'cook' and 'cook'"):
        explainer.what_if(table.iloc[[0]], job=["cook", "pilot", "cook"])
    with pytest.raises(ValueError, match="equal values for job: None and nan"):
        explainer.what_if(table.iloc[[0]], job=[None, np.nan])


def test_levels_that_print_alike_have_labels_of_their_own():
    rows = pd.DataFrame({"a": np.array(["1", 1, True, "x"] * 30, dtype=object), "b": range(120)})
    explainer = LimeTabularExplainer(
        lambda rows: [len(repr(value)) for value in rows["a"]], n_perturbations=64, random_state=0
    ).fit(rows)
    batch = explainer.what_if(rows.iloc[[0]], a=["1", 1])
    assert batch.row_labels.tolist() == ["unchanged", "a='1'", "a=1"]
    np.testing.assert_array_equal(batch.predictions[1:, 0], [3.0, 1.0])


def test_numbers_that_the_model_refuses_are_named_for_the_predicted_class_too():
    X = pd.DataFrame({"a": np.arange(60.0), "b": np.arange(60.0) % 7})
    model = RandomForestClassifier(5, random_state=0).fit(X, X["a"] > 30)
    explainer = LimeTabularExplainer(model, target="predicted", random_state=0).fit(X)
    row = X.head(1).assign(b=1e39)
    with pytest.raises(ValueError, match=r"1e\+39 in column b, first in row 0"):
        explainer.what_if(row, a=[1.0, 2.0])
