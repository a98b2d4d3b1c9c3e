"""Tables of every kind: strings, categories, truth values, missing values, objects, sparse."""

import pickle
import re
import tracemalloc
import warnings
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from numbers import Integral

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.preprocessing import KBinsDiscretizer
from sklearn.tree import DecisionTreeClassifier
from tables import (
    CATEGORIES,
    MANY,
    NUMBERS,
    explained_table,
    is_nurse,
    mixed_score,
    rows_asked,
)

from sklime import LimeTabularExplainer
from sklime.discretizers import transformer_cuts
from sklime.neighborhoods import SharedNeighborhood

SPARSE = [sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.csc_array]


@pytest.fixture
def jobs():
    """One column of three jobs, each in a third of the rows."""
    return pd.DataFrame({"job": ["cook", "nurse", "pilot"] * 20})


def levels_of(X):
    return {name: set(X[name].dropna()) for name in CATEGORIES}


# What the model is given


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


def test_categories_that_no_training_row_has_are_kept_and_not_drawn(neighborhood, recording):
    X = pd.DataFrame({"city": pd.Categorical(["Bonn", "Rome"] * 30, ["Rome", "Oslo", "Bonn"])})
    function = recording(lambda X: (X["city"] == "Rome").to_numpy(float))
    explained_table(function, X, neighborhood=neighborhood)
    for call in function.calls:
        assert call["city"].dtype == X["city"].dtype
    assert set(rows_asked(function)["city"]) == {"Bonn", "Rome"}


def test_categories_may_be_intervals(neighborhood, recording):
    X = pd.DataFrame({"age": pd.cut(np.arange(60.0), [-1.0, 20.0, 40.0, 60.0])})
    function = recording(lambda X: (X["age"] == X["age"].iloc[0]).to_numpy(float))
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


# Conditions and encodings


def test_conditions_are_in_the_words_of_the_table(neighborhood, mixed):
    conditions = explained_table(mixed_score, mixed, neighborhood=neighborhood)[0].conditions
    expected = dict(zip(mixed.columns, conditions))
    assert expected["sex"] == f"sex = {mixed['sex'].iloc[0]}"
    assert expected["smoker"] == f"smoker = {mixed['smoker'].iloc[0]}"
    assert expected["member"] == f"member = {mixed['member'].iloc[0]}"
    assert expected["nick"] == f"nick = {mixed['nick'].iloc[0]}"
    assert expected["age"] == "age is missing"
    assert expected["job"] == "job is missing"


@pytest.mark.parametrize("name", ["income", "score"])
def test_conditions_of_numbers_hold_for_their_row(name, neighborhood, mixed):
    batch = explained_table(mixed_score, mixed, mixed[:8], neighborhood=neighborhood)
    for place in range(8):
        condition = batch[place].conditions[mixed.columns.get_loc(name)]
        value = mixed[name].iloc[place]
        if pd.isna(value):
            continue
        assert re.fullmatch(rf"(\S+ < )?{name}( (<=|>) \S+)?", condition)
        low, high = re.search(rf"(\S+) < {name}", condition), re.search(r"<= (\S+)$", condition)
        assert low is None or float(low[1]) <= value * 1.01
        assert high is None or value <= float(high[1]) * 1.01


@pytest.mark.parametrize("name", ["job", "city", "member", "nick", "age", "visits", "score"])
def test_missing_value_is_a_condition(name, neighborhood, mixed):
    rows = mixed[mixed[name].isna()][:1]
    batch = explained_table(mixed_score, mixed, rows, neighborhood=neighborhood)
    assert batch[0].conditions[mixed.columns.get_loc(name)] == f"{name} is missing"


def test_encodings_of_categories_and_missing_values_are_one(neighborhood, mixed):
    batch = explained_table(mixed_score, mixed, mixed[:20], neighborhood=neighborhood)
    assert_array_equal(batch.encodings, 1.0)


def test_conditions_are_in_the_frame_of_results(neighborhood, mixed):
    frame = explained_table(
        mixed_score, mixed, neighborhood=neighborhood, max_features=None
    ).to_frame()
    sex = frame[frame["feature"] == "sex"].set_index("row")["condition"]
    assert sex.to_dict() == {row: f"sex = {mixed.loc[row, 'sex']}" for row in mixed.index[:3]}


def test_text_that_says_missing_is_another_condition_than_a_missing_value(neighborhood):
    X = pd.DataFrame({"job": pd.Series(["missing", "nan", None, "nurse"] * 15, dtype=object)})
    batch = explained_table(is_nurse, X, X[:4], neighborhood=neighborhood)
    conditions = [condition for row in batch for condition in row.conditions]
    assert conditions == ["job = missing", "job = nan", "job is missing", "job = nurse"]


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


def test_weight_of_the_category_that_decides_is_the_whole_effect(neighborhood, jobs):
    # The response is the encoding itself, so that least squares find it without error.
    jobs = jobs.assign(age=np.arange(60.0))
    batch = explained_table(
        is_nurse, jobs, jobs[1:2], neighborhood=neighborhood, surrogate=LinearRegression()
    )
    assert_allclose(batch.values[0, :, 0], [1.0, 0.0], atol=1e-9)
    assert_allclose(batch.intercepts, 0.0, atol=1e-9)


def test_weight_of_a_missing_number_that_decides_is_the_whole_effect(neighborhood):
    X = pd.DataFrame({"age": [1.0, np.nan, 3.0, 4.0] * 15, "income": np.arange(60.0)})
    batch = explained_table(
        lambda X: X["age"].isna().to_numpy(float),
        X,
        X[1:2],
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
    )
    assert_allclose(batch.values[0, :, 0], [1.0, 0.0], atol=1e-9)


def test_one_category_gets_no_weight(neighborhood, background):
    X = pd.DataFrame({"job": ["cook"] * 60, "age": np.arange(60.0)})
    batch = explained_table(
        lambda X: X["age"].to_numpy(), X, neighborhood=neighborhood, background=background
    )
    assert_array_equal(batch.values[:, 0], 0.0)
    assert np.isfinite(batch.values).all()


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


# Rows in another dress than the training rows


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


def test_reordered_columns_of_a_mixed_table_are_an_error(mixed):
    explainer = LimeTabularExplainer(mixed_score, **MANY).fit(mixed)
    with pytest.raises(ValueError, match="must be in the same order"):
        explainer.explain(mixed[mixed.columns[::-1]])


def test_text_in_a_column_of_numbers_is_an_error_that_names_it(mixed):
    explainer = LimeTabularExplainer(mixed_score, **MANY).fit(mixed)
    rows = mixed[:2].assign(income=["much", "little"])
    with pytest.raises(ValueError, match=r"income|much"):
        explainer.explain(rows)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int64", 2.5),
        ("int64", np.nan),
        ("Int64", 2.5),
        ("uint8", -1),
        ("uint8", 300),
        ("bool", None),
        ("bool", "perhaps"),
        ("bool", 2),
    ],
)
def test_value_that_the_type_of_its_column_cannot_hold_is_an_error_that_names_it(dtype, value):
    # Forced into the type it would be another value, and another row than the one explained.
    X = pd.DataFrame({"count": np.arange(60) % 2, "age": np.arange(60.0)}).astype({"count": dtype})
    explainer = LimeTabularExplainer(lambda X: X["age"].to_numpy(), **MANY).fit(X)
    with pytest.raises(ValueError, match="count"):
        explainer.explain(pd.DataFrame({"count": [value], "age": [3.0]}))


@pytest.mark.parametrize(
    ("dtype", "value"),
    [("float16", 1e6), ("float32", 1e39), ("int8", 10**400), ("Float32", -1e39)],
)
def test_number_beyond_the_range_of_its_type_is_an_error_that_names_it(dtype, value):
    X = pd.DataFrame({"count": np.arange(60) % 2, "age": np.arange(60.0)}).astype({"count": dtype})
    explainer = LimeTabularExplainer(lambda X: X["age"].to_numpy(), **MANY).fit(X)
    row = pd.DataFrame({"count": pd.Series([value], dtype=object), "age": [3.0]})
    with pytest.raises(ValueError, match="count"):
        explainer.explain(row)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [
        ("int64", "2"),
        ("int64", 2.5),
        ("int64", 10**400),
        ("int8", 300),
        ("Int64", "2"),
        ("float64", "2"),
        ("float32", b"2"),
        ("string", 2),
        ("bool", 10**400),
        ("boolean", "True"),
    ],
)
def test_level_that_the_type_of_its_column_cannot_hold_is_an_error_that_names_it(dtype, value):
    # The model would be given a level that it knows, and the row would be called unseen.
    levels = {"string": ["1", "2"], "bool": [True, False], "boolean": [True, False]}
    codes = pd.Series(levels.get(dtype, [1, 2]) * 30, dtype=dtype)
    X = pd.DataFrame({"code": codes, "age": np.arange(60.0)})
    explainer = LimeTabularExplainer(
        lambda X: X["age"].to_numpy(), categorical_features=["code"], **MANY
    ).fit(X)
    row = pd.DataFrame({"code": pd.Series([value], dtype=object), "age": [3.0]})
    with pytest.raises(ValueError, match=r"Column code holds a value, .*in row 0 that its type"):
        explainer.explain(row)


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


def test_levels_that_read_alike_are_told_apart():
    levels = [1, "1", Decimal("1.5"), "1.5", "a"]
    X = pd.DataFrame({"code": pd.Series(levels * 12, dtype=object)})
    batch = explained_table(lambda X: X["code"].map(str).str.len().to_numpy(float), X, X[:5])
    assert [row.conditions[0] for row in batch] == [
        "code = 1",
        "code = '1'",
        "code = 1.5 (Decimal)",
        "code = '1.5'",
        "code = a",
    ]


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


@pytest.mark.parametrize("value", [2.5, np.nan])
def test_value_that_the_type_of_an_array_cannot_hold_is_an_error_that_names_its_column(value):
    explainer = LimeTabularExplainer(lambda X: X[:, 1] * 1.0, **MANY)
    explainer.fit((np.arange(120) % 7).reshape(60, 2))
    with pytest.raises(ValueError, match=r"\bx0\b"):
        explainer.explain([[value, 2.0]])


def test_whole_numbers_beyond_what_floats_tell_apart_are_an_error_that_names_the_column():
    X = pd.DataFrame({"id": 2**60 + np.arange(60), "age": np.arange(60.0)})
    explainer = LimeTabularExplainer(lambda X: X["age"].to_numpy(), **MANY)
    with pytest.raises(ValueError, match=r"\bid\b.*categorical_features"):
        explainer.fit(X)
    explainer.set_params(categorical_features=["id"])
    assert explainer.fit(X).explain(X[3:4])[0].conditions[0] == f"id = {2**60 + 3}"


def test_codes_of_categories_are_written_without_a_point():
    X = np.column_stack([np.arange(60.0) % 3, np.arange(60.0)])
    explainer = LimeTabularExplainer(lambda X: X[:, 0], categorical_features=[0], **MANY)
    assert explainer.fit(X).explain(X[4:5])[0].conditions[0] == "x0 = 1"


# The table as a whole


def test_mixed_row_is_explained_alike_alone_and_in_a_batch(neighborhood, background, mixed):
    explainer = LimeTabularExplainer(
        mixed_score, neighborhood=neighborhood, background=background, **MANY
    ).fit(mixed)
    together = explainer.transform(mixed[:5])
    alone = np.vstack([explainer.transform(mixed[place : place + 1]) for place in range(5)])
    assert_allclose(alone, together, atol=1e-10)
    assert (together != 0).any(axis=1).all()


def test_batches_of_the_model_do_not_matter_for_mixed_tables(neighborhood, mixed):
    explainer = LimeTabularExplainer(mixed_score, neighborhood=neighborhood, **MANY).fit(mixed)
    other = clone(explainer).set_params(batch_size=50, n_jobs=2).fit(mixed)
    assert_allclose(other.transform(mixed[:5]), explainer.transform(mixed[:5]), atol=1e-10)


def test_explainer_of_a_mixed_table_survives_pickle(neighborhood, background, mixed):
    explainer = LimeTabularExplainer(
        mixed_score, neighborhood=neighborhood, background=background, **MANY
    ).fit(mixed)
    loaded = pickle.loads(pickle.dumps(explainer))
    assert_array_equal(loaded.transform(mixed[:3]), explainer.transform(mixed[:3]))


def test_transform_of_a_mixed_table_keeps_index_and_columns(mixed):
    explainer = LimeTabularExplainer(mixed_score, **MANY).set_output(transform="pandas")
    weights = explainer.fit(mixed).transform(mixed[10:14])
    assert_array_equal(weights.index, mixed.index[10:14])
    assert_array_equal(weights.columns, mixed.columns)
    assert set(weights.dtypes) == {np.dtype(float)}


def test_grid_search_runs_over_a_mixed_table(mixed):
    grid = {
        "neighborhood": ["anchored", "shared"],
        "background": ["marginal", "copula"],
        "discretizer": ["quartile", "model", None],
    }
    explainer = LimeTabularExplainer(
        mixed_score, baseline="other", n_perturbations=1024, random_state=0
    )
    search = GridSearchCV(explainer, grid, cv=2, error_score="raise").fit(mixed)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.filterwarnings("ignore:Column")
def test_cross_validation_meets_categories_that_a_fold_has_not_seen(mixed):
    X = mixed.assign(ticket=[f"ticket {place}" for place in range(len(mixed))])
    explainer = LimeTabularExplainer(mixed_score, n_perturbations=64, random_state=0)
    assert np.isfinite(cross_validate(explainer, X, cv=3)["test_score"]).all()


@pytest.mark.parametrize("discretizer", ["quartile", "decile", "entropy", "model", None])
def test_every_discretizer_takes_a_mixed_table(discretizer, neighborhood, mixed):
    explainer = LimeTabularExplainer(
        mixed_score,
        baseline="other",
        discretizer=discretizer,
        neighborhood=neighborhood,
        n_perturbations=1024,
        random_state=0,
    )
    explainer.fit(mixed, (mixed["income"] > 3000).to_numpy(int))
    batch = explainer.explain(mixed[:3])
    assert np.isfinite(batch.values).all()
    assert batch[0].conditions[0] == f"sex = {mixed['sex'].iloc[0]}"


def test_discretizer_of_scikit_learn_sees_numbers_only(neighborhood, mixed):
    X = mixed[["sex", "income", "smoker", "children"]]
    binner = KBinsDiscretizer(2, encode="ordinal", strategy="uniform")
    batch = explained_table(
        lambda X: (X["sex"] == "female").to_numpy(float),
        X,
        discretizer=binner,
        neighborhood=neighborhood,
        n_perturbations=1024,
    )
    assert batch[0].conditions[0] == f"sex = {X['sex'].iloc[0]}"
    assert re.match(r"income (<|>=) ", batch[0].conditions[1])


STRATEGIES = {
    "uniform": {},
    "quantile": {"quantile_method": "averaged_inverted_cdf"},
    "kmeans": {},
}


@pytest.mark.parametrize("n_bins", [3, [2, 3]], ids=["one number", "a number for each column"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_discretizer_of_scikit_learn_cuts_the_values_that_are_there(strategy, n_bins, neighborhood):
    # It takes no missing values; each column has its own.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    X[::5, 0] = X[1::7, 1] = np.nan
    options = {"encode": "ordinal", "strategy": strategy, **STRATEGIES[strategy]}
    found = transformer_cuts(KBinsDiscretizer(n_bins, **options), X)
    for place, cuts in enumerate(found):
        present = X[~np.isnan(X[:, place])][:, [place]]
        alone = KBinsDiscretizer(np.broadcast_to(n_bins, 2)[place], **options).fit(present)
        assert_array_equal(cuts, alone.bin_edges_[0][1:-1])
    batch = explained_table(
        lambda X: np.nan_to_num(X).sum(axis=1),
        X,
        discretizer=KBinsDiscretizer(n_bins, **options),
        neighborhood=neighborhood,
    )
    assert batch[0].conditions[0] == "x0 is missing"
    assert re.search(r"x1 (<|>=) ", batch[0].conditions[1])


def test_column_that_is_missing_or_constant_is_not_cut_by_a_discretizer_of_scikit_learn():
    X = np.column_stack([np.arange(20.0), np.ones(20), np.full(20, np.nan)])
    X[0] = np.nan
    cuts = transformer_cuts(KBinsDiscretizer(2, strategy="uniform"), X)
    assert [len(found) for found in cuts] == [1, 0, 0]


def test_discretizer_of_scikit_learn_that_fails_on_few_values_says_how_many():
    X = np.column_stack([np.arange(20.0), np.full(20, np.nan)])
    X[:2, 1] = [1.0, 2.0]
    with pytest.raises(ValueError, match="cannot cut a column that only 2 of 20 rows have"):
        transformer_cuts(KBinsDiscretizer(3, strategy="kmeans"), X)


@pytest.mark.parametrize("selection", ["forward", "highest_weights", "lasso_path"])
def test_selection_finds_the_category_that_matters(selection, neighborhood, mixed):
    batch = explained_table(
        lambda X: (X["sex"] == "female").to_numpy(float),
        mixed,
        mixed[:10],
        selection=selection,
        max_features=1,
        neighborhood=neighborhood,
    )
    assert_array_equal(np.abs(batch.values[..., 0]).argmax(axis=1), 0)


@pytest.mark.filterwarnings("ignore:Too few perturbed rows share")
def test_explanations_of_a_mixed_table_are_shown(neighborhood, mixed):
    rows = mixed[:3].assign(sex=["other", None, "female"])
    batch = explained_table(mixed_score, mixed, rows, neighborhood=neighborhood)
    assert "age is missing" in repr(batch[0]) or "age is missing" in batch[0].conditions
    display = batch[0].plot(max_features=11)
    texts = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert any("is missing" in text for text in texts)
    plt.close(display.figure_)


# Which columns are categorical


def test_texts_and_truth_values_are_categorical_by_default(mixed):
    conditions = explained_table(mixed_score, mixed, mixed[8:9])[0].conditions
    found = dict(zip(mixed.columns, conditions))
    assert not [name for name in CATEGORIES if not re.search(" = | is missing", found[name])]
    # A bin of one whole number is called by it: children = 3.
    numbers = set(NUMBERS) - {"children"}
    assert not [name for name in numbers if not re.search(" <= | > | is missing", found[name])]


@pytest.mark.parametrize(
    "categorical_features",
    [["grade"], [1], np.array([1]), [False, True, False], np.array([False, True, False])],
    ids=["name", "index", "array of indices", "mask", "array mask"],
)
def test_column_of_numbers_is_made_categorical(categorical_features, neighborhood):
    X = pd.DataFrame(
        {"job": ["cook", "nurse"] * 30, "grade": np.arange(60) % 3, "age": np.arange(60.0)}
    )
    batch = explained_table(
        lambda X: (X["grade"] == 1).to_numpy(float),
        X,
        categorical_features=categorical_features,
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
    )
    assert [row.conditions[:2] for row in batch] == [
        ["job = cook", "grade = 0"],
        ["job = nurse", "grade = 1"],
        ["job = cook", "grade = 2"],
    ]
    assert_allclose(batch.values[1, :, 0], [0.0, 1.0, 0.0], atol=1e-9)


@pytest.mark.parametrize("categorical_features", [[0, 2], [True, False, True]])
def test_columns_of_an_array_are_made_categorical(categorical_features, neighborhood, recording):
    X = np.column_stack([np.arange(60) % 3, np.linspace(0, 1, 60), np.arange(60) % 4])
    function = recording(lambda X: X[:, 0])
    batch = explained_table(
        function, X, categorical_features=categorical_features, neighborhood=neighborhood
    )
    assert re.fullmatch(r"x0 = 1(\.0)?", batch[1].conditions[0])
    assert re.fullmatch(r"x2 = 1(\.0)?", batch[1].conditions[2])
    asked = function.rows()
    assert set(asked[:, 0]) == {0.0, 1.0, 2.0}
    assert set(asked[:, 2]) == {0.0, 1.0, 2.0, 3.0}


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


@pytest.mark.parametrize(
    ("categorical_features", "named"),
    [
        (["wage"], "wage"),
        (["sex", "wage"], "wage"),
        ([17], "17"),
        ([-1], "-1"),
        ([True, False], "2"),
        ([True] * 12, "12"),
        ([1.5], r"1\.5"),
    ],
    ids=["name", "one of two", "too high", "negative", "short mask", "long mask", "fraction"],
)
def test_column_that_is_not_there_cannot_be_made_categorical(categorical_features, named, mixed):
    explainer = LimeTabularExplainer(mixed_score, categorical_features=categorical_features, **MANY)
    with pytest.raises(ValueError, match=rf"categorical_features.*{named}"):
        explainer.fit(mixed)


def test_name_of_a_column_means_nothing_in_an_array():
    explainer = LimeTabularExplainer(lambda X: X[:, 0], categorical_features=["age"], **MANY)
    with pytest.raises(ValueError, match=r"categorical_features.*age"):
        explainer.fit(np.zeros((10, 2)))


@pytest.mark.parametrize("categorical_features", ["nope", 1.5, object()])
def test_wrong_kind_of_categorical_features_is_an_error(categorical_features, mixed):
    explainer = LimeTabularExplainer(mixed_score, categorical_features=categorical_features, **MANY)
    with pytest.raises(ValueError, match="categorical_features"):
        explainer.fit(mixed)


# Missing values


def test_missing_values_are_drawn_at_their_rate(background, mixed, recording):
    function = recording(mixed_score)
    LimeTabularExplainer(
        function, neighborhood="shared", background=background, n_perturbations=1024
    ).fit(mixed)
    perturbed = max(function.calls, key=len)
    assert len(perturbed) == 1024
    assert_allclose(perturbed.isna().mean(), mixed.isna().mean(), atol=0.03)


def test_replaced_values_are_missing_at_their_rate(background, mixed, recording):
    function = recording(mixed_score)
    explainer = LimeTabularExplainer(
        function, background=background, n_perturbations=4096, keep=0.25, random_state=0
    ).fit(mixed)
    function.calls.clear()
    row = mixed[mixed.notna().all(axis=1)][:1]
    explainer.explain(row)
    asked = rows_asked(function)
    changed = asked[asked["income"] != row["income"].iloc[0]]
    # A quarter of the rows keep this column's own value.
    assert_allclose(changed.isna().mean(), 0.75 * mixed.isna().mean(), atol=0.03)


def test_columns_without_missing_values_stay_so(neighborhood, background, mixed, recording):
    function = recording(mixed_score)
    explained_table(function, mixed, neighborhood=neighborhood, background=background)
    complete = mixed.columns[mixed.notna().all()]
    assert rows_asked(function)[complete].notna().all(axis=None)


def test_model_with_missing_values_of_its_own_is_explained(neighborhood, background, mixed):
    X = mixed[["age", "income", "children"]]
    y = (X["age"].isna() | (X["income"] > 4000)).to_numpy(int)
    model = DecisionTreeClassifier(max_depth=4).fit(X, y)
    batch = explained_table(model, X, neighborhood=neighborhood, background=background)
    assert batch[0].conditions[0] == "age is missing"
    assert_allclose(batch.predictions[:, 0], model.predict_proba(X[:3])[:, 1])
    assert batch.values[0, 0, 0] > 0.0


def test_array_with_missing_values_is_explained(neighborhood, background, mixed):
    X = mixed[["age", "income"]].to_numpy()
    batch = explained_table(
        lambda X: np.isnan(X[:, 0]) * 1.0,
        X,
        neighborhood=neighborhood,
        background=background,
        surrogate=LinearRegression(),
    )
    assert batch[0].conditions[0] == "x0 is missing"
    assert_allclose(batch.values[0, :, 0], [1.0, 0.0], atol=1e-9)


def test_missing_value_of_a_row_may_be_the_first_of_its_column(neighborhood, mixed):
    X = mixed[["income", "age"]].dropna()
    model = DecisionTreeClassifier(max_depth=4).fit(X, (X["income"] > 3000).to_numpy(int))
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **MANY).fit(X)
    row = X[:1].assign(age=np.nan)
    with warnings.catch_warnings():
        if neighborhood != "anchored":
            # Too few perturbed rows share what no training row has.
            warnings.simplefilter("ignore", UserWarning)
        batch = explainer.explain(row)
    assert batch[0].conditions[1] == "age is missing"
    assert np.isfinite(batch.values).all()


@pytest.mark.parametrize("container", ["array", "pandas"])
def test_missing_training_value_that_the_model_refuses_is_named_in_fit(
    container, neighborhood, mixed
):
    X = mixed[["income", "age"]].set_axis(["x0", "x1"], axis=1)
    X = X.to_numpy() if container == "array" else X
    complete = X[~np.isnan(np.asarray(X)).any(axis=1)]
    model = LinearRegression().fit(complete, np.arange(len(complete)))
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **MANY)
    with pytest.raises(ValueError, match=r"\bx1\b"):
        explainer.fit(X)


@pytest.mark.parametrize("container", ["array", "pandas"])
def test_missing_value_of_a_row_that_the_model_refuses_is_named_in_explain(
    container, neighborhood, mixed
):
    X = mixed[["income", "age"]].dropna().set_axis(["x0", "x1"], axis=1)
    rows = X[:3].copy()
    rows.iloc[1, 1] = np.nan
    if container == "array":
        X, rows = X.to_numpy(), rows.to_numpy()
    model = LinearRegression().fit(X, np.arange(len(X)))
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **MANY).fit(X)
    with pytest.raises(ValueError, match=r"\bx1\b"):
        explainer.explain(rows)


def test_missing_value_that_the_model_answers_with_nan_is_an_error(neighborhood, mixed):
    X = mixed[["income", "age"]]
    explainer = LimeTabularExplainer(
        lambda X: X["age"].to_numpy() * 2, neighborhood=neighborhood, **MANY
    )
    with pytest.raises(ValueError, match="age"):
        explainer.fit(X)


def test_only_the_columns_that_the_model_refuses_are_named(mixed):
    # The model imputes one column and not the other.
    def half_imputed(X):
        if X["age"].isna().any():
            raise ValueError("no missing ages, please")
        return X["income"].fillna(0.0).to_numpy()

    X = mixed[["income", "age"]].copy()
    X.loc[X.index[3::5], "income"] = np.nan
    with pytest.raises(ValueError, match="age") as error:
        LimeTabularExplainer(half_imputed, **MANY).fit(X)
    assert "income" not in str(error.value)


def test_finding_out_costs_at_most_a_row_for_each_column_with_missing_values(
    neighborhood, mixed, recording
):
    function = recording(mixed_score)
    explainer = LimeTabularExplainer(function, neighborhood=neighborhood, **MANY).fit(mixed)
    explainer.explain(mixed[:2])
    n_asked = 256 + 2 if neighborhood == "shared" else 2 * 257
    n_columns = int(mixed.isna().any().sum())
    # A function is asked one row more, to count its outputs.
    assert n_asked <= function.n_rows <= n_asked + 2 * n_columns + 1


@pytest.mark.parametrize("container", ["array", "pandas"])
def test_infinity_is_an_error_that_names_the_column(container, neighborhood, mixed):
    X = mixed[["income", "age"]].set_axis(["x0", "x1"], axis=1)
    bad = X.copy()
    bad.iloc[1, 1] = np.inf
    if container == "array":
        X, bad = X.to_numpy(), bad.to_numpy()
    model = DecisionTreeClassifier(max_depth=2).fit(X, np.arange(len(X)) % 2)
    explainer = LimeTabularExplainer(model, neighborhood=neighborhood, **MANY)
    with pytest.raises(ValueError, match=r"(?i)infinit.*\bx1\b|\bx1\b.*infinit"):
        explainer.fit(bad)
    with pytest.raises(ValueError, match=r"(?i)infinit.*\bx1\b|\bx1\b.*infinit"):
        explainer.fit(X).explain(bad[:3])


def test_infinity_in_a_mixed_table_is_an_error_that_names_the_column(mixed):
    with pytest.raises(ValueError, match="income"):
        LimeTabularExplainer(mixed_score, **MANY).fit(
            mixed.assign(income=np.where(np.arange(120) == 7, -np.inf, 1.0))
        )


def test_missing_number_counts_as_the_mean_without_bins(neighborhood, mixed):
    X = mixed[["age", "income"]]
    batch = explained_table(
        lambda X: X["income"].to_numpy(),
        X,
        X[:10],
        neighborhood=neighborhood,
        discretizer=None,
    )
    mean, scale = X.mean(), X.std(ddof=0)
    assert_allclose(batch.encodings, ((X[:10] - mean) / scale).fillna(0.0), atol=1e-12)
    assert np.isfinite(batch.values).all()


def test_column_that_is_missing_throughout_gets_no_weight(neighborhood, background, mixed):
    X = mixed[["income"]].assign(empty=np.nan, nothing=pd.Series([None] * 120, dtype=object))
    batch = explained_table(
        lambda X: X["income"].to_numpy(), X, neighborhood=neighborhood, background=background
    )
    assert_array_equal(batch.values[:, 1:], 0.0)
    assert np.isfinite(batch.values).all()
    assert batch[0].conditions[1] == "empty is missing"


def test_one_number_beside_missing_values_is_named_for_not_being_missing(neighborhood):
    # The bare name of the column did not say what its weight is the weight of.
    X = pd.DataFrame({"a": np.arange(60.0), "past due": np.where(np.arange(60) % 3, 0.0, np.nan)})
    explainer = LimeTabularExplainer(
        lambda X: X["past due"].isna(),
        neighborhood=neighborhood,
        n_perturbations=128,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[:2])
    assert [row.conditions[1] for row in batch] == [
        "past due is missing",
        "past due is not missing",
    ]
    assert batch.values[0, 1, 0] > 0 > batch.values[1, 1, 0]


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


# Rare categories


@pytest.fixture(scope="module")
def tickets():
    """A column of ten thousand different texts, beside one of few."""
    n_rows = 10_000
    return pd.DataFrame(
        {
            "ticket": [f"ticket {place}" for place in range(n_rows)],
            "sex": ["female", "male"] * (n_rows // 2),
            "age": np.arange(n_rows) % 80.0,
        }
    )


def is_ticket_seven(X):
    return (X["ticket"] == "ticket 7").to_numpy(float)


@pytest.mark.filterwarnings("ignore:Column")
def test_value_that_no_other_row_has_gets_its_effect(tickets):
    # `lime` says 0.5 whatever the truth: none of its samples shares the value.
    batch = explained_table(is_ticket_seven, tickets, tickets[7:8])
    assert batch[0].as_list()[0][0] == "ticket = ticket 7"
    assert batch.values[0, 0, 0] > 0.9


@pytest.mark.filterwarnings("ignore:Column")
def test_rare_category_in_a_shared_neighborhood_warns_and_names_column_and_category(tickets):
    explainer = LimeTabularExplainer(is_ticket_seven, neighborhood="shared", **MANY)
    explainer.fit(tickets)
    with pytest.warns(UserWarning, match=r"rows 7 in columns ticket\b"):
        values = explainer.explain(tickets[7:8]).values
    assert np.isfinite(values).all()


@pytest.mark.parametrize(("n_rare", "warns"), [(2, True), (12, False)])
def test_fewer_than_ten_rows_that_share_a_category_warn(n_rare, warns):
    # 128 perturbed rows of 128 training rows: each category at its very count.
    job = np.array(["cook"] * 128, dtype=object)
    job[:n_rare] = "nurse"
    X = pd.DataFrame({"job": job, "age": np.arange(128.0)})
    explainer = LimeTabularExplainer(
        lambda X: X["age"], neighborhood="shared", n_perturbations=128, random_state=0
    ).fit(X)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        explainer.explain(X[:1])
    assert any("job" in str(warning.message) for warning in caught) == warns


def test_frequent_category_does_not_warn_beside_a_rare_one(tickets):
    X = tickets[["sex", "age"]].assign(job=np.where(np.arange(10_000) < 5, "nurse", "cook"))
    explained_table(lambda X: X["age"], X, X[100:110], neighborhood="shared")


def test_rare_number_in_a_shared_neighborhood_warns_and_names_the_column():
    X = pd.DataFrame({"visits": [0, 0, 0, 9] * 50, "grade": [1] * 199 + [2]})
    explainer = LimeTabularExplainer(
        lambda X: X["grade"],
        neighborhood="shared",
        categorical_features=["grade"],
        n_perturbations=128,
        random_state=0,
    ).fit(X)
    with pytest.warns(UserWarning, match="grade"):
        explainer.explain(X[-1:])


def test_rare_number_in_a_larger_shared_sample_is_drawn_often_enough():
    X = pd.DataFrame({"visits": [0, 0, 0, 9] * 50, "grade": [1] * 199 + [2]})
    explainer = LimeTabularExplainer(
        lambda X: X["grade"], neighborhood="shared", categorical_features=["grade"], **MANY
    ).fit(X)
    assert_allclose(explainer.explain(X[-1:]).values[0, 1, 0], 1.0, atol=0.1)


@pytest.mark.filterwarnings("ignore:Column")
def test_rare_category_near_the_row_does_not_warn(tickets, mixed):
    explained_table(is_ticket_seven, tickets, tickets[5:9], neighborhood="anchored")


@pytest.mark.parametrize("control_variates", [True, False])
@pytest.mark.parametrize("kind", ["number", "category"])
def test_value_that_all_but_a_few_rows_share_is_not_the_strongest_reason(
    kind, control_variates, global_random_seed
):
    # Of 1024 perturbed rows about one differs there, by chance with whatever else it differs.
    rng = np.random.default_rng(global_random_seed)
    late = np.arange(1000) % 333 == 5
    late = late * 1.0 if kind == "number" else np.where(late, "late", "on time")
    X = pd.DataFrame({"late": late, "a": rng.normal(size=1000), "b": rng.normal(size=1000)})

    def crossed(X):
        return np.sign(X["a"] * X["b"]).to_numpy() + X["a"].to_numpy()

    for random_state in range(8):
        explainer = LimeTabularExplainer(
            crossed, control_variates=control_variates, random_state=random_state
        )
        weights = np.abs(explainer.fit(X).transform(X[:3]))
        assert (weights[:, 0] < 0.5 * weights.max(axis=1)).all()


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


def test_cells_that_are_no_scalars_are_an_error_that_names_the_column():
    X = pd.DataFrame({"age": np.arange(20.0), "tags": [["a", "b"], ["c"]] * 10})
    with pytest.raises((TypeError, ValueError), match=r"tags|unhashable"):
        LimeTabularExplainer(lambda X: X["age"], **MANY).fit(X)


# Containers agree


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


@pytest.mark.parametrize(
    ("background", "discretizer"),
    [("marginal", "quartile"), ("empirical", "model"), ("copula", None)],
)
@pytest.mark.parametrize("container", ["pandas", "polars", *SPARSE], ids=str)
def test_containers_of_floats_are_explained_alike(
    container, background, discretizer, neighborhood, floats
):
    if container == "polars":
        table = pytest.importorskip("polars").DataFrame(floats, schema=["a", "b", "c", "d"])
    elif container == "pandas":
        table = pd.DataFrame(floats, columns=["a", "b", "c", "d"])
    else:
        table = container(floats)
    explainer = LimeTabularExplainer(
        curved,
        discretizer=discretizer,
        neighborhood=neighborhood,
        background=background,
        **MANY,
    )
    of_table = clone(explainer).fit(table).transform(table[:4])
    of_array = clone(explainer).fit(floats).transform(floats[:4])
    assert_allclose(of_table, of_array, atol=1e-10)


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


@pytest.mark.parametrize("container", SPARSE)
def test_rows_may_be_sparse_where_training_rows_were_not(container, neighborhood, floats):
    explainer = LimeTabularExplainer(curved, neighborhood=neighborhood, **MANY).fit(floats)
    assert_array_equal(explainer.transform(container(floats[:4])), explainer.transform(floats[:4]))


@pytest.mark.parametrize("container", SPARSE)
def test_rows_may_be_dense_where_training_rows_were_sparse(container, neighborhood, floats):
    explainer = LimeTabularExplainer(curved, neighborhood=neighborhood, **MANY)
    explainer.fit(container(floats))
    assert_array_equal(explainer.transform(floats[:4]), explainer.transform(container(floats[:4])))


def test_sparse_rows_after_a_dense_table_have_their_levels_read():
    X = np.column_stack([np.arange(60) % 3 + 5.0, np.arange(60.0)])
    explainer = LimeTabularExplainer(lambda X: X[:, 1], categorical_features=[0], **MANY).fit(X)
    row = sp.csr_array(X[1:2])
    assert explainer.explain(row)[0].conditions[0] == "x0 = 6"


@pytest.mark.parametrize("value", [2.5, np.nan])
@pytest.mark.parametrize("container", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
def test_value_that_the_type_of_a_sparse_table_cannot_hold_is_an_error(container, value, floats):
    explainer = LimeTabularExplainer(curved, **MANY).fit(sp.csr_array((floats * 9).astype(int)))
    rows = np.zeros((3, 4))
    rows[1, 2] = value
    with pytest.raises(ValueError, match=r"Column x2 holds .* in row 1 that its type"):
        explainer.explain(container(rows))


def test_levels_of_a_sparse_table_are_an_error_with_the_way_out(floats):
    explainer = LimeTabularExplainer(curved, categorical_features=[0], **MANY)
    with pytest.raises(ValueError, match=r"sparse table.*pass X\.toarray\(\)"):
        explainer.fit(sp.csr_array(floats))


def test_model_fitted_on_sparse_rows_is_explained(neighborhood, floats):
    table, y = sp.csr_matrix(floats), floats[:, 0] > 0
    model = LogisticRegression().fit(table, y)
    batch = explained_table(model, table, neighborhood=neighborhood)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(table[:3])[:, 1])


def test_infinity_in_a_sparse_table_is_an_error_that_names_the_column(floats):
    bad = floats.copy()
    bad[3, 2] = np.inf
    with pytest.raises(ValueError, match=r"\bx2\b"):
        LimeTabularExplainer(curved, **MANY).fit(sp.csr_array(bad))


def test_sparse_table_is_never_made_dense_as_a_whole():
    rng = np.random.default_rng(0)
    table = sp.csr_array(np.where(rng.random((40_000, 50)) < 0.02, 1.5, 0.0))
    explainer = LimeTabularExplainer(
        lambda X: np.asarray(X[:, [0]].todense())[:, 0],
        baseline="other",
        n_perturbations=64,
        random_state=0,
    )
    tracemalloc.start()
    explainer.fit(table)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    explainer.explain(table[:2])
    assert peak < 40_000 * 50 * 8 / 2


# polars


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


def test_conditions_are_in_the_words_of_a_polars_frame(neighborhood, polars_frame):
    batch = explained_table(polars_score, polars_frame, neighborhood=neighborhood)
    assert batch[0].conditions[:4] == ["sex = female", "job = cook", "city = Rome", "smoker = True"]
    assert batch[2].conditions[2] == "city is missing"
    assert batch[2].conditions[3] == "smoker is missing"
    assert [row.conditions[5] for row in batch[1:]] == ["age is missing", "age is missing"]


def test_polars_and_pandas_are_explained_alike(neighborhood, background, polars_frame):
    names = ["sex", "smoker", "height"]
    frame = polars_frame[names].drop_nulls()
    same = pd.DataFrame({name: frame[name].to_list() for name in names}).astype({"height": "f4"})
    values = [
        explained_table(
            lambda X: np.asarray(X["height"], dtype=float) + (np.asarray(X["sex"]) == "male"),
            table,
            neighborhood=neighborhood,
            background=background,
        ).values
        for table in [frame, same]
    ]
    assert_allclose(*values, atol=1e-10)


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
