"""Why a fidelity is not defined, and which rows are outside the training rows."""

import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

from sklime import ExplanationBatch, LimeTabularExplainer, LimeTextExplainer
from sklime._surrogates._causes import CAUSES
from sklime.display._report import report_html


@pytest.fixture
def X():
    """Two columns of normal numbers."""
    return np.random.default_rng(0).normal(size=(100, 2))


def row_sums(X):
    return X.sum(axis=1)


def explained(model, X, rows, **options):
    return LimeTabularExplainer(model, random_state=0, **options).fit(X).explain(rows)[0]


def text_lengths(texts):
    return [len(text) for text in texts]


def explained_text(model, text, **options):
    explainer = LimeTextExplainer(model, random_state=0, **options).fit(["some words"])
    return explainer.explain([text])[0]


def sums_but_for_tens(X):
    return np.where((X > 9.0).any(axis=1), np.nan, X.sum(axis=1))


UNDEFINED = {
    "constant": lambda X: explained(lambda X: np.ones(len(X)), X, X[:1]),
    "constant shared": lambda X: explained(
        lambda X: np.ones(len(X)), X, X[:1], neighborhood="shared"
    ),
    "constant around": lambda X: explained(
        lambda X: np.ones(len(X)), X, X[:1], neighborhood="around"
    ),
    "constant text": lambda X: explained_text(lambda texts: [1.0] * len(texts), "a few words"),
    "one value anchored": lambda X: explained(row_sums, X[:1], X[:1]),
    "one value shared": lambda X: explained(row_sums, X[:1], X[:1], neighborhood="shared"),
    "one value around": lambda X: explained(row_sums, X[:1], X[:1], neighborhood="around"),
    "one value in all rows": lambda X: explained(row_sums, np.ones((50, 2)), np.ones((1, 2))),
    "no difference": lambda X: explained(
        row_sums, np.eye(500)[:, :2], np.zeros((1, 2)), background="empirical", keep=0.999
    ),
    "no weight": lambda X: explained(
        lambda X: X[:, 0] > 0,
        np.repeat([[0.0, 0.0], [1.0, 1.0]], 50, axis=0),
        np.zeros((1, 2)),
        kernel="exponential",
        kernel_width=0.05,
    ),
    "rounding": lambda X: explained(lambda X: 1e13 + X.sum(axis=1), X, X[:1]),
    "rounding of a text": lambda X: explained_text(
        lambda texts: [1e14 + len(text) for text in texts], "a few words"
    ),
    "one copy": lambda X: explained_text(text_lengths, "word"),
    "one copy with a token": lambda X: explained_text(text_lengths, "word", mask_token="x"),
    "one copy and the text": lambda X: explained_text(text_lengths, "word", keep=0.7),
    "no spare copy": lambda X: explained_text(text_lengths, "two words"),
    "constant text of two words": lambda X: explained_text(lambda texts: [1.0] * len(texts), "a b"),
    "no parts": lambda X: explained_text(text_lengths, "..."),
}


@pytest.mark.filterwarnings("ignore:Rows 0 have an effective sample size")
@pytest.mark.parametrize("case", UNDEFINED)
def test_every_cause_has_its_own_words(case, X):
    explanation = UNDEFINED[case](X)
    cause = max((name for name in CAUSES if case.startswith(name)), key=len)
    assert np.isnan(explanation.fidelity).all()
    assert explanation.fidelity_failures.tolist() == [CAUSES[cause]]
    assert f"undefined: {CAUSES[cause]}" in repr(explanation)
    html = explanation._repr_html_().replace("&#39;", "'")
    assert f"undefined: {CAUSES[cause]}" in html
    assert CAUSES[cause] in " ".join(explanation.plot().ax_.get_title(loc="left").split())


def test_causes_have_words_of_their_own():
    assert len(set(CAUSES.values())) == len(CAUSES)


def test_row_without_an_answer_says_so(X):
    explainer = LimeTabularExplainer(sums_but_for_tens, random_state=0).fit(X)
    with pytest.warns(RuntimeWarning, match="NaN or infinity"):
        batch = explainer.explain(np.vstack([X[:1], [[10.0, 0.0]]]))
    assert batch.fidelity_failures.tolist() == [[None], [CAUSES["no answer"]]]


def test_defined_fidelity_has_no_cause(X):
    batch = LimeTabularExplainer(row_sums, random_state=0).fit(X).explain(X[:5])
    assert not np.isnan(batch.fidelity).any()
    assert batch.fidelity_failures.tolist() == [[None]] * 5


def test_each_output_has_its_cause(X):
    explanation = explained(lambda X: np.column_stack([X[:, 0], np.ones(len(X))]), X, X[:1])
    assert explanation.fidelity_failures.tolist() == [None, CAUSES["constant"]]


def test_report_says_why_a_fidelity_is_not_defined(X):
    batch = LimeTabularExplainer(lambda X: np.ones(len(X)), random_state=0).fit(X).explain(X[:3])
    html = report_html(batch)
    assert f'"t":{json.dumps([CAUSES["constant"]])}' in html


def test_variation_that_is_more_than_rounding_has_a_fidelity(X):
    explanation = explained(lambda X: 1e9 + X.sum(axis=1), X, X[:1])
    plain = explained(row_sums, X, X[:1])
    assert abs(explanation.fidelity[0] - plain.fidelity[0]) < 1e-5


# Outside the training rows


def test_rows_outside_the_training_rows_are_marked(X):
    rows = np.array([[0.0, 0.0], [10.0 * X[:, 0].max(), 0.0], [0.0, X[:, 1].min() - 1.0]])
    batch = LimeTabularExplainer(row_sums, random_state=0).fit(X).explain(rows)
    assert_array_equal(batch.out_of_range, [[0, 0], [1, 0], [0, -1]])


def test_training_rows_are_within_the_range(X):
    batch = LimeTabularExplainer(row_sums, random_state=0).fit(X).explain(X)
    assert not batch.out_of_range.any()


def test_columns_outside_are_named_everywhere(X):
    frame = pd.DataFrame(X, columns=["age", "income <b>"])
    rows = pd.DataFrame({"age": [-50.0], "income <b>": [99.0]})
    explainer = LimeTabularExplainer(lambda X: X.sum(axis=1), random_state=0).fit(frame)
    batch = explainer.explain(rows)
    text = repr(batch[0])
    assert "Above all training rows in income <b>." in text
    assert "Below all training rows in age." in text
    html = batch[0]._repr_html_()
    assert "Above all training rows in" in html
    assert "income &lt;b&gt;" in html
    report = report_html(batch)
    assert "Below all training rows in age." in report
    assert "income <b>" not in report


def test_levels_and_missing_values_have_no_range():
    table = pd.DataFrame({"job": ["cook", "nurse"] * 20, "age": [20.0, np.nan] * 20})
    rows = pd.DataFrame({"job": ["pilot", "cook"], "age": [np.nan, 30.0]})
    explainer = LimeTabularExplainer(lambda X: X["age"].fillna(0.0), random_state=0)
    batch = explainer.fit(table).explain(rows)
    assert_array_equal(batch.out_of_range, [[0, 0], [0, 1]])


def test_what_was_found_survives_json(X):
    batch = LimeTabularExplainer(lambda X: np.ones(len(X)), random_state=0).fit(X)
    batch = batch.explain(np.array([[99.0, 0.0]]))
    again = ExplanationBatch.from_json(batch.to_json())
    assert_array_equal(again.out_of_range, batch.out_of_range)
    assert again.fidelity_failures.tolist() == batch.fidelity_failures.tolist()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("out_of_range", [7, 0], "out_of_range"),
        ("fidelity_failures", [3], "fidelity_failures"),
        ("is_thin", [1, 0], "is_thin"),
    ],
)
def test_what_nobody_could_have_found_is_refused(name, data, message, X):
    batch = LimeTabularExplainer(row_sums, random_state=0).fit(X).explain(X[:1])
    document = json.loads(batch.to_json())
    document["fields"][name]["data"] = data
    with pytest.raises(ValueError, match=message):
        ExplanationBatch.from_json(json.dumps(document))
