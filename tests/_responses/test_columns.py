"""Columns as numbers and back: levels, missing values, objects, unseen categories."""

import re
import warnings
from decimal import Decimal
from fractions import Fraction
from numbers import Integral

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression
from tables import FEW, MANY, explained_table, is_nurse, mixed_score, rows_asked

from sklime import LimeTabularExplainer
from sklime.neighborhoods import SharedNeighborhood


@pytest.fixture
def jobs():
    """One column of three jobs, each in a third of the rows."""
    return pd.DataFrame({"job": ["cook", "nurse", "pilot"] * 20})


# What the model is given


def test_categories_that_no_training_row_has_are_kept_and_not_drawn(neighborhood, recording):
    X = pd.DataFrame({"city": pd.Categorical(["Bonn", "Rome"] * 30, ["Rome", "Oslo", "Bonn"])})
    function = recording(lambda X: (X["city"] == "Rome").to_numpy(float))
    explained_table(function, X, neighborhood=neighborhood)
    for call in function.calls:
        assert call["city"].dtype == X["city"].dtype
    assert set(rows_asked(function)["city"]) == {"Bonn", "Rome"}


def test_categories_may_be_intervals(neighborhood, recording):
    X = pd.DataFrame({"age": pd.cut(np.arange(60.0), [-1.0, 20.0, 40.0, 60.0])})
    first = X["age"].iloc[0]
    function = recording(lambda X: (X["age"] == first).to_numpy(float))
    batch = explained_table(function, X, neighborhood=neighborhood)
    assert batch[0].conditions == ["age = (-1.0, 20.0]"]
    assert {call["age"].dtype == X["age"].dtype for call in function.calls} == {True}


def test_objects_reach_the_model_as_they_are(neighborhood, recording):
    # The number 1 and the text "1" are two categories.
    levels = [1, "1", "a"]
    X = pd.DataFrame({"code": pd.Series(levels * 20, dtype=object)})
    function = recording(lambda X: X["code"].map(lambda code: code == 1).to_numpy(float))
    weights = explained_table(function, X, neighborhood=neighborhood).values[:, 0, 0]
    kinds = {(type(code), code) for code in rows_asked(function)["code"]}
    assert kinds == {(type(code), code) for code in levels}
    assert weights[0] > 0.5 > weights[1]


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=["None", "NaN", "NA"])
def test_every_kind_of_missing_value_is_the_same_category(missing, neighborhood):
    # `lime` makes a category of each NaN.
    job = pd.Series(["cook", "nurse", None, np.nan, pd.NA] * 12, dtype=object)
    X = pd.DataFrame({"job": job, "age": np.arange(60.0)})
    explainer = LimeTabularExplainer(
        lambda X: X["job"].isna().to_numpy(float),
        baseline="other",
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
        **MANY,
    ).fit(X)
    rows = pd.DataFrame({"job": pd.Series([missing], dtype=object), "age": [30.0]})
    batch = explainer.explain(rows)
    assert batch[0].conditions[0] == "job is missing"
    assert_allclose(batch.values[0, :, 0], [1.0, 0.0], atol=1e-9)


# Unseen categories


@pytest.mark.parametrize("dtype", ["str", "object", "category", "string"])
def test_unseen_category_is_explained_and_says_so(dtype, neighborhood, jobs):
    dtype = None if dtype == "str" else dtype
    training = pd.DataFrame({"job": pd.Series(jobs["job"], dtype=dtype)})
    rows = pd.DataFrame({"job": pd.Series(["astronaut"], dtype=dtype)})
    explainer = LimeTabularExplainer(is_nurse, neighborhood=SharedNeighborhood(), **MANY)
    explainer.set_params(neighborhood=neighborhood).fit(training)
    with warnings.catch_warnings():
        if neighborhood != "anchored":
            # No perturbed row can share what was never seen.
            warnings.simplefilter("ignore", UserWarning)
        batch = explainer.explain(rows)
    assert batch[0].conditions == ["job = astronaut (unseen)"]
    assert np.isfinite(batch.values).all()


def test_model_is_given_the_unseen_category_of_the_row_itself(jobs, recording):
    function = recording(is_nurse)
    explainer = LimeTabularExplainer(function, **MANY).fit(jobs)
    explainer.explain(pd.DataFrame({"job": ["astronaut"]}))
    asked = rows_asked(function)["job"]
    assert set(asked) == {"astronaut", "cook", "nurse", "pilot"}
    assert (asked == "astronaut").mean() > 0.5


def test_unseen_category_of_one_row_does_not_reach_the_others(jobs, recording):
    function = recording(is_nurse)
    explainer = LimeTabularExplainer(function, **MANY).fit(jobs)
    together = explainer.explain(pd.DataFrame({"job": ["astronaut", "nurse", "diver"]}))
    alone = explainer.explain(pd.DataFrame({"job": ["nurse"]}))
    assert_allclose(together.values[1], alone.values[0], atol=1e-10)
    assert [row.conditions[0] for row in together] == [
        "job = astronaut (unseen)",
        "job = nurse",
        "job = diver (unseen)",
    ]


def test_row_explained_before_does_not_teach_its_category(jobs):
    explainer = LimeTabularExplainer(is_nurse, **MANY).fit(jobs)
    row = pd.DataFrame({"job": ["astronaut"]})
    explainer.explain(row)
    assert explainer.explain(row)[0].conditions == ["job = astronaut (unseen)"]


def test_unseen_number_of_a_categorical_column_says_so(jobs):
    X = np.tile([[0.0, 1.0], [1.0, 2.0], [2.0, 3.0]], (20, 1))
    explainer = LimeTabularExplainer(lambda X: X[:, 1], categorical_features=[0], **MANY).fit(X)
    condition = explainer.explain([[7.0, 2.0]])[0].conditions[0]
    assert re.fullmatch(r"x0 = 7(\.0)? \(unseen\)", condition)


def test_category_that_was_declared_and_never_seen_is_explained():
    X = pd.DataFrame({"city": pd.Categorical(["Bonn", "Rome"] * 30, ["Rome", "Oslo", "Bonn"])})
    row = X[:1].assign(city=pd.Categorical(["Oslo"], X["city"].cat.categories))
    batch = explained_table(lambda X: (X["city"] == "Oslo").to_numpy(float), X, row)
    assert batch[0].conditions[0].startswith("city = Oslo")
    assert batch.values[0, 0, 0] > 0.5


def test_missing_category_that_training_rows_do_not_have_is_missing(jobs):
    rows = pd.DataFrame({"job": pd.Series([None], dtype=jobs["job"].dtype)})
    batch = explained_table(is_nurse, jobs, rows)
    assert batch[0].conditions == ["job is missing"]


# Rows of other types than the training rows


def test_order_of_the_categories_of_a_row_does_not_matter(neighborhood, mixed):
    explainer = LimeTabularExplainer(mixed_score, neighborhood=neighborhood, **MANY).fit(mixed)
    rows = mixed[:6]
    other = rows.assign(city=pd.Categorical(rows["city"].astype(object), ["Oslo", "Rome", "Bonn"]))
    assert_array_equal(explainer.transform(other), explainer.transform(rows))


def test_category_of_fit_may_come_as_text(neighborhood, mixed):
    explainer = LimeTabularExplainer(mixed_score, neighborhood=neighborhood, **MANY).fit(mixed)
    rows = mixed[:6]
    other = rows.assign(
        city=rows["city"].astype(object),
        sex=rows["sex"].astype("category"),
        visits=rows["visits"].astype("Float64"),
        smoker=rows["smoker"].astype("boolean"),
    )
    assert_array_equal(explainer.transform(other), explainer.transform(rows))


def test_model_is_given_the_types_of_fit_whatever_the_rows_have(mixed, recording):
    function = recording(mixed_score)
    explainer = LimeTabularExplainer(function, **MANY).fit(mixed)
    explainer.explain(mixed[1:2].astype({"city": object, "sex": "category", "children": float}))
    for call in function.calls:
        assert call.dtypes.to_dict() == mixed.dtypes.to_dict()


@pytest.mark.parametrize("level", [2, 2.0, np.int64(2), np.float32(2.0), Decimal(2)], ids=repr)
@pytest.mark.parametrize("dtype", ["int64", "Int64", "float32", "float64", "object", "category"])
def test_equal_numbers_are_one_level(dtype, level, recording):
    X = pd.DataFrame({"code": pd.Series([1, 2, 3] * 20, dtype=dtype), "age": np.arange(60.0)})
    function = recording(lambda X: X["age"].to_numpy())
    explainer = LimeTabularExplainer(function, categorical_features=["code"], **MANY).fit(X)
    row = pd.DataFrame({"code": pd.Series([level], dtype=object), "age": [3.0]})
    assert explainer.explain(row)[0].conditions[0] == "code = 2"
    assert set(rows_asked(function)["code"]) <= {1, 2, 3}


def test_level_in_single_precision_is_the_level_that_the_model_is_given():
    X = pd.DataFrame({"code": np.array([0.1, 0.7] * 30, dtype=np.float32), "age": np.arange(60.0)})
    explainer = LimeTabularExplainer(
        lambda X: X["age"].to_numpy(), categorical_features=["code"], **MANY
    ).fit(X)
    row = pd.DataFrame({"code": [0.1], "age": [3.0]})
    assert explainer.explain(row)[0].conditions[0] == "code = 0.1"


@pytest.mark.parametrize("dtype", ["object", "category"])
def test_text_of_digits_is_another_level_than_the_number(dtype, recording):
    X = pd.DataFrame({"code": pd.Series([1, 2, 3] * 20, dtype=dtype), "age": np.arange(60.0)})
    function = recording(lambda X: X["age"].to_numpy())
    explainer = LimeTabularExplainer(function, categorical_features=["code"], **MANY).fit(X)
    rows = pd.DataFrame({"code": pd.Series(["2", 2], dtype=object), "age": [3.0, 3.0]})
    conditions = [row.conditions[0] for row in explainer.explain(rows)]
    assert conditions == ["code = '2' (unseen)", "code = 2"]
    assert "2" in set(rows_asked(function)["code"])


@pytest.mark.parametrize(
    ("values", "scalar"),
    [
        ([1, 5, 7], int),
        ([Decimal("0.1"), Decimal("2.5"), Decimal(7)], Decimal),
        ([Fraction(1, 3), Fraction(5), Fraction(7)], Fraction),
        ([0.5, 2, 7], float),
    ],
)
def test_numbers_among_objects_keep_their_type(values, scalar, neighborhood, recording):
    X = pd.DataFrame({"z": pd.Series(values * 20, dtype=object), "x": np.arange(60.0)})
    function = recording(lambda X: X["x"].to_numpy())
    explained_table(function, X, neighborhood=neighborhood)
    assert {type(value) for value in rows_asked(function)["z"]} == {scalar}
    if neighborhood != "shared":
        assert any(call["z"].tolist()[:3] == values for call in function.calls)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=["None", "NaN", "NA"])
@pytest.mark.parametrize("values", [["a", "b"], [1, 2], [1.5, 2.5]], ids=repr)
def test_missing_object_of_a_row_reaches_the_model_as_it_is(values, missing, recording):
    if missing is pd.NA and int(pd.__version__.split(".")[0]) < 3:
        pytest.skip("an older pandas makes NaN of NA among objects")
    X = pd.DataFrame({"z": pd.Series(values * 30, dtype=object), "x": np.arange(60.0)})
    function = recording(lambda X: X["x"].to_numpy())
    explainer = LimeTabularExplainer(function, **MANY).fit(X)
    row = pd.DataFrame({"z": pd.Series([missing], dtype=object), "x": [3.0]})
    assert explainer.explain(row)[0].conditions[0] == "z is missing"
    found = [value for value in rows_asked(function)["z"] if pd.isna(value)]
    assert {type(value) for value in found} == {type(missing)}


def test_whole_numbers_beyond_what_floats_tell_apart_are_an_error_that_names_the_column():
    X = pd.DataFrame({"id": 2**60 + np.arange(60), "age": np.arange(60.0)})
    explainer = LimeTabularExplainer(lambda X: X["age"].to_numpy(), **MANY)
    with pytest.raises(ValueError, match=r"\bid\b.*categorical_features"):
        explainer.fit(X)
    explainer.set_params(categorical_features=["id"])
    assert explainer.fit(X).explain(X[3:4])[0].conditions[0] == f"id = {2**60 + 3}"


# Categories that are numbers


def test_categories_that_are_numbers_keep_their_type(neighborhood, recording):
    X = pd.DataFrame({"grade": np.arange(60, dtype=np.int8) % 3, "age": np.arange(60.0)})
    function = recording(lambda X: X["age"].to_numpy())
    explained_table(function, X, categorical_features=["grade"], neighborhood=neighborhood)
    assert {call["grade"].dtype for call in function.calls} == {np.dtype(np.int8)}


def test_categories_that_are_numbers_may_be_missing(neighborhood):
    X = pd.DataFrame({"grade": [1.0, np.nan, 2.0] * 20, "age": np.arange(60.0)})
    batch = explained_table(
        lambda X: X["grade"].isna().to_numpy(float),
        X,
        categorical_features=["grade"],
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
    )
    assert batch[1].conditions[0] == "grade is missing"
    assert_allclose(batch.values[1, :, 0], [1.0, 0.0], atol=1e-9)


# Truth values, objects


def test_array_of_truth_values_is_explained(neighborhood, background, recording):
    X = np.random.default_rng(0).random((60, 3)) < 0.5
    function = recording(lambda X: X[:, 0].astype(float))
    batch = explained_table(function, X, neighborhood=neighborhood, background=background)
    assert batch[0].conditions == [f"x{place} = {X[0, place]}" for place in range(3)]
    assert {call.dtype for call in function.calls} == {np.dtype(bool)}
    assert_array_equal(np.abs(batch.values[..., 0]).argmax(axis=1), 0)


@pytest.mark.parametrize("kind", ["array", "list"])
def test_array_of_texts_and_numbers_is_explained(kind, neighborhood, background, recording):
    X = [
        [job, age, place]
        for place, (job, age) in enumerate(zip(["cook", "nurse"] * 30, [1.5] * 60))
    ]
    X = X if kind == "list" else np.array(X, dtype=object)
    function = recording(lambda X: (X[:, 0] == "nurse").astype(float))
    batch = explained_table(function, X, neighborhood=neighborhood, background=background)
    assert [row.conditions[0] for row in batch] == ["x0 = cook", "x0 = nurse", "x0 = cook"]
    assert re.fullmatch(r"(\S+ < )?x2( (<=|>) \S+)?", batch[0].conditions[2])
    assert {call.dtype for call in function.calls} == {np.dtype(object)}
    asked = function.rows()
    assert set(asked[:, 0]) == {"cook", "nurse"}
    assert np.isfinite(asked[:, 1:].astype(float)).all()
    assert_array_equal(np.abs(batch.values[..., 0]).argmax(axis=1), 0)


def test_whole_numbers_among_objects_stay_whole(neighborhood, recording):
    X = np.array([["cook", 3 * place] for place in range(60)], dtype=object)
    function = recording(lambda X: X[:, 1].astype(float))
    explained_table(function, X, neighborhood=neighborhood)
    assert all(isinstance(number, Integral) for number in function.rows()[:, 1])


def test_array_of_texts_is_explained(neighborhood):
    X = np.array([["cook", "Rome"], ["nurse", "Oslo"], ["pilot", "Rome"]] * 20)
    batch = explained_table(lambda X: (X[:, 0] == "nurse") * 1.0, X, neighborhood=neighborhood)
    assert batch[1].conditions == ["x0 = nurse", "x1 = Oslo"]


@pytest.mark.parametrize("missing", [None, np.nan])
def test_array_of_objects_may_have_missing_values(missing, neighborhood):
    X = np.array([["cook", 1.0], [missing, 2.0], ["nurse", missing]] * 20, dtype=object)
    batch = explained_table(
        lambda X: pd.isna(X[:, 0]).astype(float),
        X,
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
    )
    assert batch[1].conditions[0] == "x0 is missing"
    assert batch[2].conditions[1] == "x1 is missing"
    assert_allclose(batch.values[1, :, 0], [1.0, 0.0], atol=1e-9)


def test_column_of_truth_values_with_gaps_is_categorical(neighborhood):
    X = pd.DataFrame({"owner": pd.Series([True, False, None] * 20, dtype=object)})
    batch = explained_table(
        lambda X: X["owner"].map(lambda value: value is True).to_numpy(float),
        X,
        neighborhood=neighborhood,
    )
    assert [row.conditions[0] for row in batch] == [
        "owner = True",
        "owner = False",
        "owner is missing",
    ]
    assert batch.values[0, 0, 0] > 0.5


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


# Columns of polars


def test_unseen_category_of_a_polars_frame_is_explained(polars_frame):
    polars = pytest.importorskip("polars")
    explainer = LimeTabularExplainer(polars_score, **MANY).fit(polars_frame)
    row = polars_frame[:1].with_columns(sex=polars.lit("other"))
    batch = explainer.explain(row)
    assert batch[0].conditions[0] == "sex = other (unseen)"
    assert np.isfinite(batch.values).all()


@pytest.mark.parametrize("missing", [None, float("nan")], ids=["null", "NaN"])
@pytest.mark.parametrize("where", ["fit", "row"])
def test_missing_number_of_polars_stays_what_it_is(missing, where, recording):
    polars = pytest.importorskip("polars")
    values = [0.5, missing if where == "fit" else 1.0, 2.5] * 20
    X = polars.DataFrame({"z": values, "x": np.arange(60.0)})
    row = polars.DataFrame({"z": polars.Series([missing], dtype=polars.Float64), "x": [1.0]})
    function = recording(lambda X: X["x"].to_numpy())
    explainer = LimeTabularExplainer(function, **MANY).fit(X)
    assert explainer.explain(row)[0].conditions[0] == "z is missing"
    asked = polars.concat([call["z"] for call in function.calls])
    assert asked.is_null().any() == (missing is None)
    assert asked.is_nan().any() == (missing is not None)


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


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
