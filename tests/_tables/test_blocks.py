"""Errors about tables that are explained in several blocks of rows."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from tables import FEW

from sklime import LimeTabularExplainer


def first_number(X):
    """Return the first column of a table of numbers."""
    X = X.toarray() if sparse.issparse(X) else np.asarray(X)
    return X[:, 0].astype(float)


def with_value(X, column, value):
    """Return a frame with another value in row 7."""
    values = X[column].tolist()
    values[7] = value
    # Older pandas tries to make floats of integers of any size.
    dtype = object if value == 10**400 else None
    return X.assign(**{column: pd.Series(values, index=X.index, dtype=dtype)})


@pytest.fixture
def frame(monkeypatch):
    monkeypatch.setattr("sklime._tables._explainer._ROWS_PER_BLOCK", 4)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(20, 2)), columns=["a", "b"])
    integers = np.arange(20, dtype=np.int64) % 3
    return frame.assign(n=integers, k=pd.Categorical(integers % 2, categories=[0, 1]))


@pytest.mark.parametrize(
    ("column", "value"),
    [("a", "text"), ("b", np.inf), ("n", 0.5), ("n", np.nan), ("a", 10**400)],
)
@pytest.mark.parametrize("groups", [None, {"g": ["b", "k"]}])
def test_error_in_a_later_block_names_the_row_of_the_table(frame, column, value, groups):
    explainer = LimeTabularExplainer(first_number, groups=groups, **FEW).fit(frame)
    with pytest.raises(ValueError, match=r"\brow 7\b"):
        explainer.transform(with_value(frame, column, value))


def test_level_in_a_later_block_that_its_type_cannot_hold_names_the_row_of_the_table(frame):
    X = frame[["a", "n"]].astype({"n": np.int8})
    explainer = LimeTabularExplainer(first_number, categorical_features=["n"], **FEW).fit(X)
    with pytest.raises(ValueError, match="in row 7 that its type"):
        explainer.transform(with_value(X, "n", 1000))


def test_number_in_a_later_block_that_a_sparse_table_cannot_hold_names_the_row(frame):
    X = frame[["a", "b"]].to_numpy(np.float32)
    explainer = LimeTabularExplainer(first_number, **FEW).fit(sparse.csr_array(X))
    wide = X.astype(np.float64)
    wide[7, 1] = 1e300
    with pytest.raises(ValueError, match="in row 7 that its type"):
        explainer.transform(sparse.csr_array(wide))


def test_cell_that_cannot_be_read_is_an_error_before_the_model_is_asked(frame, recording):
    function = recording(first_number)
    explainer = LimeTabularExplainer(function, **FEW).fit(frame)
    function.calls.clear()
    with pytest.raises(ValueError, match=r"\brow 7\b"):
        explainer.transform(with_value(frame, "b", np.inf))
    assert not function.calls
