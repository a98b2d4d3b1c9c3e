"""Checks of tables at the boundary: a clear error or a defined result."""

import re

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from tables import FEW, MANY, explained_table, mixed_score, row_sums

from sklime import LimeTabularExplainer


def test_reordered_columns_of_a_mixed_table_are_an_error(mixed):
    explainer = LimeTabularExplainer(mixed_score, **MANY).fit(mixed)
    with pytest.raises(ValueError, match="must be in the same order"):
        explainer.explain(mixed[mixed.columns[::-1]])


def test_text_in_a_column_of_numbers_is_an_error_that_names_it(mixed):
    explainer = LimeTabularExplainer(mixed_score, **MANY).fit(mixed)
    rows = mixed[:2].assign(income=["much", "little"])
    with pytest.raises(ValueError, match=r"income|much"):
        explainer.explain(rows)


# Which columns are categorical


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


# Infinity


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


def test_levels_of_a_sparse_table_are_an_error_with_the_way_out(floats):
    explainer = LimeTabularExplainer(curved, categorical_features=[0], **MANY)
    with pytest.raises(ValueError, match=r"sparse table.*pass X\.toarray\(\)"):
        explainer.fit(sp.csr_array(floats))


def test_infinity_in_a_sparse_table_is_an_error_that_names_the_column(floats):
    bad = floats.copy()
    bad[3, 2] = np.inf
    with pytest.raises(ValueError, match=r"\bx2\b"):
        LimeTabularExplainer(curved, **MANY).fit(sp.csr_array(bad))


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


# Values


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
