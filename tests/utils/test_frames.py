"""Frames, sparse tables and arrays are explained alike."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from tables import FEW, MANY, explained_table, row_sums

from sklime import LimeTabularExplainer
from sklime.utils._frames import SparseColumns, columns_where

SPARSE = [sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.csc_array]


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


# Containers of floats


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


def test_model_fitted_on_sparse_rows_is_explained(neighborhood, floats):
    table, y = sp.csr_matrix(floats), floats[:, 0] > 0
    model = LogisticRegression().fit(table, y)
    batch = explained_table(model, table, neighborhood=neighborhood)
    assert_allclose(batch.predictions[:, 0], model.predict_proba(table[:3])[:, 1])


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


def test_frame_and_array_are_explained_alike(neighborhood, binary_frame, binary_data):
    X, y = binary_data
    explainer = LimeTabularExplainer(LogisticRegression(), neighborhood=neighborhood, **FEW)
    of_frame = clone(explainer).fit(binary_frame, y).transform(binary_frame[:4])
    of_array = clone(explainer).fit(X, y).transform(X[:4])
    assert_allclose(of_frame, of_array, rtol=1e-10)


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


def test_two_levels_of_names_are_explained_and_rows_keep_theirs(X):
    columns = pd.MultiIndex.from_product([["a"], range(5)])
    index = pd.MultiIndex.from_product([range(12), range(10)])
    frame = pd.DataFrame(X, index, columns)
    explainer = LimeTabularExplainer(row_sums, **FEW).fit(frame)
    weights = explainer.set_output(transform="pandas").transform(frame[:3])
    assert weights.index.equals(frame.index[:3])
    assert explainer.explain(frame[:3])[1].row_labels == (0, 1)


@pytest.mark.parametrize("kind", [sp.csc_array, sp.csr_matrix, sp.coo_array])
def test_sparse_columns_are_those_of_the_dense_table(kind):
    dense = np.array([[0.0, np.nan, 0.0], [3.0, 0.0, 0.0], [np.nan, np.nan, 0.0]])
    columns = SparseColumns(kind(dense))
    assert_array_equal(np.stack(list(columns.T), axis=1), dense)
    for found, expected in zip(columns_where(columns, np.isnan), columns_where(dense, np.isnan)):
        assert_array_equal(found, expected)


def test_entries_of_one_sparse_cell_add_up_and_the_table_stays_as_it_is():
    table = sp.csc_matrix((np.array([1.0, 2.0]), np.array([0, 0]), np.array([0, 2])), shape=(2, 1))
    assert_array_equal(next(iter(SparseColumns(table).T)), [3.0, 0.0])
    assert table.nnz == 2
