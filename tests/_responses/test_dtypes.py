"""Values that the type of a column cannot hold."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from tables import MANY

from sklime import LimeTabularExplainer


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


@pytest.mark.parametrize("value", [2.5, np.nan])
def test_value_that_the_type_of_an_array_cannot_hold_is_an_error_that_names_its_column(value):
    explainer = LimeTabularExplainer(lambda X: X[:, 1] * 1.0, **MANY)
    explainer.fit((np.arange(120) % 7).reshape(60, 2))
    with pytest.raises(ValueError, match=r"\bx0\b"):
        explainer.explain([[value, 2.0]])


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


@pytest.mark.parametrize("value", [2.5, np.nan])
@pytest.mark.parametrize("container", [np.asarray, sp.csr_array], ids=["dense", "sparse"])
def test_value_that_the_type_of_a_sparse_table_cannot_hold_is_an_error(container, value, floats):
    explainer = LimeTabularExplainer(curved, **MANY).fit(sp.csr_array((floats * 9).astype(int)))
    rows = np.zeros((3, 4))
    rows[1, 2] = value
    with pytest.raises(ValueError, match=r"Column x2 holds .* in row 1 that its type"):
        explainer.explain(container(rows))
