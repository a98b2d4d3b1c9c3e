"""A column of texts in a table: its words are explained while the rest of the row is held."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from documents import MOODS, REVIEWS, opaque
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklime import LimeTabularExplainer, LimeTextExplainer

TEXTS = ["a good film", "good, so good", "fine plot", "a bad film", "so bad", "dull plot"]


@pytest.fixture(scope="module")
def table():
    """Texts between a number and a category; labels of rows."""
    return pd.DataFrame(
        {"year": np.arange(30) % 7, "text": TEXTS * 5, "kind": ["x", "y", "z"] * 10},
        index=[f"row {place}" for place in range(30)],
    )


@pytest.fixture(scope="module")
def model(table):
    """A pipeline from the table to probabilities."""
    columns = ColumnTransformer(
        [("words", TfidfVectorizer(), "text"), ("kind", OneHotEncoder(), ["kind"])],
        remainder="passthrough",
    )
    labels = np.array([1, 1, 1, 0, 0, 0] * 5)
    return make_pipeline(columns, LogisticRegression()).fit(table, labels)


def test_the_rest_of_the_row_is_held(table, model):
    explainer = LimeTextExplainer(model, column="text", random_state=0).fit(table)
    batch = explainer.explain(table[:6])
    assert_array_equal(batch.row_labels, table.index[:6])
    for place, one in enumerate(batch):
        row = table.iloc[[place]]

        def with_text(texts, row=row):
            copies = pd.concat([row] * len(texts), ignore_index=True)
            return model.predict_proba(copies.assign(text=texts))

        expected = LimeTextExplainer(with_text, target=1, random_state=0).fit(TEXTS)
        plain = expected.explain([row["text"].iloc[0]])[0]
        assert_allclose(one.values, plain.values, atol=1e-12)
        assert_allclose(one.predictions, model.predict_proba(row)[:, 1])
        assert one.predicted_class == model.predict(row)[0]


def test_types_and_names_of_the_table_are_kept(table):
    frame = table.assign(kind=table["kind"].astype("category"), year=table["year"].astype("int8"))
    asked = []

    def ask(X):
        asked.append(X)
        return X["text"].str.len().to_numpy() + X["year"].to_numpy()

    frame.columns.name = "what"
    explainer = LimeTextExplainer(ask, column="text", random_state=0).fit(frame)
    explainer.explain(frame[:3])
    for X in asked:
        assert list(X.columns) == list(frame.columns)
        assert_array_equal(X.dtypes.drop("text"), frame.dtypes.drop("text"))
        assert X["kind"].nunique() == X["year"].nunique() == 1
    assert_array_equal(frame["text"], table["text"])


def test_polars(table):
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(table.to_dict(orient="list"))

    def ask(X):
        assert isinstance(X, pl.DataFrame)
        return np.array(["good" in text for text in X["text"]]) + X["year"].to_numpy() * 1.0

    explainer = LimeTextExplainer(ask, column="text", random_state=0).fit(frame)
    one = explainer.explain(frame[:2])[1]
    assert_allclose(dict(one.as_list())["good"], 1.0, atol=1e-9)


def test_it_is_an_estimator_like_others(table, model):
    explainer = LimeTextExplainer(model, column="text", sparse_output=False, random_state=0)
    fitted = clone(explainer).fit(table)
    weights = fitted.set_output(transform="pandas").transform(table[:4])
    assert list(weights.index) == list(table.index[:4])
    again = pickle.loads(pickle.dumps(fitted)).transform(table[:4])
    assert_array_equal(again, weights)
    assert_allclose(fitted.transform(table[2:3]), weights.iloc[[2]])
    assert 0.0 < fitted.score(table) <= 1.0
    with pytest.raises(ValueError, match="fit"):
        fitted.set_params(column="kind").transform(table)


def test_unfitted_model_learns_from_the_table(table):
    model = make_pipeline(
        ColumnTransformer([("t", TfidfVectorizer(), "text")]), LogisticRegression()
    )
    labels = np.array([1, 1, 1, 0, 0, 0] * 5)
    explainer = LimeTextExplainer(model, column="text", random_state=0).fit(table, labels)
    assert dict(explainer.explain(table[:1])[0].as_list())["good"] > 0.0


@pytest.mark.parametrize("on_error", ["raise", "warn"])
def test_failing_rows(on_error, table):
    def ask(X):
        if (X["year"] == 2).any():
            raise RuntimeError("no such year")
        return X["text"].str.len().to_numpy(dtype=float)

    explainer = LimeTextExplainer(ask, column="text", on_error=on_error, random_state=0).fit(table)
    if on_error == "raise":
        with pytest.raises(RuntimeError, match="no such year"):
            explainer.explain(table[:5])
        return
    with pytest.warns(RuntimeWarning, match="row 2"):
        batch = explainer.explain(table[:5])
    assert [one.failures is None for one in batch] == [True, True, False, True, True]


@pytest.mark.parametrize(
    ("column", "change", "message"),
    [
        ("txt", lambda X: X, r"column='txt' is not one of the columns.*'text'"),
        ("text", lambda X: list(X["text"]), r"X is of type list.*Pass a DataFrame"),
        ("text", lambda X: X.to_numpy(), r"X is of type ndarray.*Pass a DataFrame"),
        ("year", lambda X: X, r"Row row 0 of X holds 0, which is no text"),
        ("text", lambda X: X.assign(text=None), r"Row row 0 of X is missing"),
        (None, lambda X: X, r"X has 3 columns.*column="),
    ],
)
def test_what_is_no_column_of_texts(column, change, message, table, model):
    with pytest.raises(ValueError, match=message):
        LimeTextExplainer(model, column=column).fit(change(table))


@pytest.mark.parametrize(
    "change", [lambda X: X[["text", "year", "kind"]], lambda X: X.drop(columns="year")]
)
def test_other_columns_are_refused(change, table, model):
    explainer = LimeTextExplainer(model, column="text", random_state=0).fit(table)
    with pytest.raises(ValueError, match="should match those that were passed during fit"):
        explainer.explain(change(table))


# The table explainer


def make_rows(n_rows, n_texts):
    texts = [f"a text of its own, number {place % n_texts}" for place in range(n_rows)]
    return pd.DataFrame({"text": texts, "year": np.arange(n_rows, dtype=float)})


@pytest.mark.parametrize(
    ("n_rows", "n_texts", "warns"), [(60, 60, True), (60, 50, False), (20, 20, False)]
)
def test_tables_warn_of_columns_of_texts(n_rows, n_texts, warns):
    explainer = LimeTabularExplainer(
        lambda X: X["year"].to_numpy(), n_perturbations=64, random_state=0
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        explainer.fit(make_rows(n_rows, n_texts))
    found = [
        item for item in caught if "LimeTextExplainer(model, column='text')" in str(item.message)
    ]
    assert bool(found) is warns
    assert all(item.filename == __file__ for item in found)


# Documents as they come


@pytest.mark.parametrize(
    "container",
    [
        list,
        tuple,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        lambda texts: np.array(texts)[:, None],
        pd.Series,
        lambda texts: pd.Series(texts, dtype="string"),
        lambda texts: pd.DataFrame({"text": texts}),
        lambda texts: pl.DataFrame({"text": texts}),
        lambda texts: pl.Series(texts),
        iter,
    ],
)
def test_any_container_gives_the_same_weights(container, review_model):
    texts = [*REVIEWS[:3], ""]
    function = review_model.predict_proba
    by_lists = LimeTextExplainer(opaque(review_model), target=1, random_state=0).fit(REVIEWS)
    expected = by_lists.transform(texts).toarray()
    explainer = LimeTextExplainer(
        lambda X: function(X if isinstance(X, list) else list(X["text"])), target=1, random_state=0
    )
    found = explainer.fit(container(REVIEWS)).transform(container(texts)).toarray()
    assert_allclose(found, expected, atol=1e-12)


def test_index_labels_the_documents(review_model):
    documents = pd.Series(REVIEWS[:2], index=["first", "second"])
    batch = LimeTextExplainer(review_model, random_state=0).fit(documents).explain(documents)
    assert batch.row_labels.tolist() == ["first", "second"]
    assert batch.to_frame()["row"].unique().tolist() == ["first", "second"]
    assert "document second" in repr(batch[1])


def test_model_fitted_on_a_frame_gets_frames(review_model):
    frame = pd.DataFrame({"text": REVIEWS})
    columns = make_column_transformer((TfidfVectorizer(), "text"))
    pipeline = make_pipeline(columns, LogisticRegression()).fit(frame, MOODS)
    explainer = LimeTextExplainer(pipeline, random_state=0).fit(frame)
    by_lists = LimeTextExplainer(opaque(review_model), target=1, random_state=0).fit(REVIEWS)
    expected = by_lists.transform(REVIEWS[:3])
    assert_allclose(explainer.transform(frame[:3]).toarray(), expected.toarray(), atol=1e-9)


@pytest.mark.parametrize("method", ["fit", "explain", "transform"])
@pytest.mark.parametrize(
    ("documents", "error", "message"),
    [
        ("one text", ValueError, r"list of documents, \[text\]"),
        (b"one text", ValueError, r"list of documents, \[text\]"),
        ([], ValueError, r"Found array with 0 sample\(s\)"),
        (["a", None], ValueError, "Row 1 of X is missing"),
        (["a", float("nan")], ValueError, "Row 1 of X is missing"),
        (pd.Series(["a", None], index=["p", "q"]), ValueError, "Row q of X is missing"),
        (pd.Series(["a", pd.NA], dtype="string"), ValueError, "Row 1 of X is missing"),
        (["a", b"b"], ValueError, "Row 1 of X holds bytes"),
        (["a", 3], ValueError, "Row 1 of X holds 3, which is no text"),
        ([["a"], ["b"]], ValueError, "Row 0 of X holds"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), ValueError, "X has 2 columns"),
        (np.array([["a", "b"]]), ValueError, "X has 2 columns"),
        (np.array([[["a"]]]), ValueError, "X has 3 dimensions"),
        (sparse.csr_matrix((2, 2)), ValueError, "sparse"),
        (3, TypeError, "X is of type int"),
        ({"a": 1}, TypeError, "X is of type dict"),
    ],
)
def test_what_is_no_list_of_texts_is_refused(method, documents, error, message, review_model):
    explainer = LimeTextExplainer(review_model, random_state=0).fit(REVIEWS)
    with pytest.raises(error, match=message):
        getattr(explainer, method)(documents)


@pytest.mark.parametrize(
    ("row_of", "way_out"),
    [
        (lambda table: table.iloc[0], r"df.iloc\[\[0\]\] for df.iloc\[0\]"),
        (lambda table: table.loc["row 3"], r"df.loc\[\[label\]\]"),
        (lambda table: table.iloc[0].to_dict(), r"pd.DataFrame\(\[row\]\) for a dict"),
    ],
    ids=["iloc", "loc", "dict"],
)
def test_one_row_must_be_a_table_and_the_error_shows_how(row_of, way_out, table, model):
    explainer = LimeTextExplainer(model, column="text", random_state=0).fit(table)
    for method in (explainer.explain, explainer.transform, explainer.score):
        with pytest.raises(ValueError, match=way_out):
            method(row_of(table))
    assert len(explainer.explain(table.iloc[[0]])) == 1
