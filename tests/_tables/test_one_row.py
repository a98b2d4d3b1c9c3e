"""One row as people have it: a Series, a dict, a frame of one row."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklime import LimeTabularExplainer
from sklime import metrics as sklime_metrics

NAMES = ["age", "job", "owner", "income", "size"]


@pytest.fixture(scope="module")
def table():
    """Whole numbers, texts, booleans, floats, a categorical type; labels of rows."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, 90),
            "job": rng.choice(["nurse", "cook", "pilot"], 90),
            "owner": rng.random(90) < 0.5,
            "income": rng.lognormal(size=90),
            "size": pd.Categorical(rng.choice(["S", "M", "L"], 90)),
        }
    )
    return frame.set_axis([f"row {place}" for place in range(90)])


@pytest.fixture(scope="module")
def explainer(table):
    """An explainer of a pipeline on the table."""
    encode = make_column_transformer(
        (OneHotEncoder(), ["job", "size", "owner"]), remainder="passthrough"
    )
    model = make_pipeline(encode, LinearRegression()).fit(table, table["age"] * table["income"])
    return LimeTabularExplainer(model, n_perturbations=128, random_state=0).fit(table)


FORMS = {
    "a row by its place": lambda table: table.iloc[3],
    "a row by its label": lambda table: table.loc["row 3"],
    "in another order": lambda table: table.iloc[3][::-1],
    "a dict": lambda table: dict(table.iloc[3]),
    "a dict of plain values": lambda table: table.iloc[3].to_dict(),
    "a record": lambda table: table.iloc[[3]].to_dict(orient="records")[0],
}


@pytest.mark.parametrize("form", FORMS)
def test_one_row_is_explained_as_in_a_table(form, table, explainer):
    row, whole = FORMS[form](table), explainer.explain(table.iloc[[3]])
    batch = explainer.explain(row)
    assert_array_equal(batch.values, whole.values)
    assert_array_equal(batch.predictions, whole.predictions)
    assert batch[0].conditions == whole[0].conditions
    assert batch.data.tolist() == whole.data.tolist()
    assert_array_equal(explainer.transform(row), explainer.transform(table.iloc[[3]]))
    expected = ["row 3"] if isinstance(row, pd.Series) else [0]
    assert batch.row_labels.tolist() == expected


def test_missing_cells_of_one_row(table):
    frame = table[["age", "income"]].astype(float)
    frame.iloc[::5, 1] = np.nan

    def filled(X):
        return X["age"] + X["income"].fillna(-1.0)

    explainer = LimeTabularExplainer(filled, n_perturbations=128, random_state=0).fit(frame)
    expected = explainer.transform(frame.iloc[[0]])
    assert_array_equal(explainer.transform(frame.iloc[0]), expected)
    assert_array_equal(explainer.transform({"age": frame.iloc[0, 0], "income": None}), expected)


@pytest.mark.parametrize("container", ["default", "pandas"])
def test_containers_of_the_weights_of_one_row(container, table, explainer):
    explainer.set_output(transform=container)
    weights = explainer.transform(table.iloc[3])
    explainer.set_output(transform="default")
    assert weights.shape == (1, 5)
    assert container == "default" or list(weights.index) == ["row 3"]


def test_names_that_are_tuples(table):
    frame = table[["age", "income"]].set_axis(
        pd.MultiIndex.from_tuples([("person", "age"), ("person", "income")]), axis=1
    )
    explainer = LimeTabularExplainer(lambda X: X.iloc[:, 0], n_perturbations=64, random_state=0)
    explainer.fit(frame)
    expected = explainer.transform(frame.iloc[[3]])
    assert_array_equal(explainer.transform(frame.iloc[3]), expected)
    assert_array_equal(explainer.transform(frame.iloc[3].to_dict()), expected)


def test_metrics_take_one_row(table, explainer):
    batch = explainer.explain(table.iloc[3])
    found = sklime_metrics.deletion_score(batch, explainer, table.iloc[3], random_state=0)
    assert found == sklime_metrics.deletion_score(batch, explainer, table.iloc[[3]], random_state=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda row: row.drop("job"), r"it has no 'job'"),
        (lambda row: pd.concat([row, pd.Series({"y": 1.0})]), r"'y' is no column"),
        (lambda row: row.rename({"job": "work"}), r"it has no 'job'; 'work' is no column"),
        (lambda row: pd.concat([row, row[:1]]), r"it has a name twice"),
        (lambda row: row.drop("job").to_dict(), r"X is a dict .*it has no 'job'"),
        (lambda row: {name: [value] for name, value in row.items()}, r"pd\.DataFrame\(X\)"),
        (lambda row: row.reset_index(drop=True), r"names none of the columns.*X\.iloc\[\[i\]\]"),
        (lambda row: row.tolist(), r"Reshape your data"),
        (lambda row: row.to_numpy(), r"Reshape your data"),
    ],
)
def test_what_is_no_row_of_the_table(change, message, table, explainer):
    with pytest.raises(ValueError, match=message):
        explainer.explain(change(table.iloc[3]))


@pytest.mark.parametrize("row", [{"x0": 1.0, "x1": 2.0}, pd.Series([1.0, 2.0], ["x0", "x1"])])
def test_rows_of_an_array_have_no_names(row):
    explainer = LimeTabularExplainer(lambda X: X[:, 0], n_perturbations=64, random_state=0)
    explainer.fit(np.random.default_rng(0).normal(size=(50, 2)))
    with pytest.raises(ValueError, match=r"without names of columns.*X\[\[i\]\]"):
        explainer.explain(row)


def test_training_rows_are_a_table(table, explainer):
    with pytest.raises(ValueError, match="2D"):
        LimeTabularExplainer(lambda X: X, random_state=0).fit(table.iloc[3])
