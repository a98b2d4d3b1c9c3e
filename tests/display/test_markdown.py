"""Explanations as Markdown."""

import re
from html import unescape

import numpy as np
import pytest
from exact_rows import as_exact
from shown import HOSTILE, document_explanation, hand_made

from sklime import LimeTabularExplainer
from sklime.display._markdown import escaped, explanation_markdown


def lines_of_table(text):
    """Cells of the lines of a table, without its rule."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:1] + lines[2:]]


def test_table_has_what_as_list_has():
    explanation = hand_made()
    text = explanation_markdown(explanation)
    assert text.startswith("## LIME explanation, row 1210\n")
    header, *lines = lines_of_table(text)
    assert header == ["Feature and rule", "Value", "Contribution", "95 % interval"]
    found = [(unescape(line[0]), float(line[2].replace("\u2212", "-"))) for line in lines[:-2]]
    assert found == [(name, pytest.approx(w)) for name, w in explanation.as_list()]
    assert lines[-2][0] == "base value"
    assert lines[-1][0] == "**surrogate**"
    assert all(len(line) == len(header) for line in lines)


def test_exact_rows_have_no_intervals(binary_data):
    X = binary_data[0]
    batch = LimeTabularExplainer(lambda X: X[:, 0], n_perturbations=64).fit(X).explain(X[:1])
    assert "interval" in explanation_markdown(batch[0])
    text = explanation_markdown(as_exact(batch)[0])
    assert ", exact" in text
    assert "interval" not in text


def test_outputs_have_tables_of_their_own(multiclass_data, multiclass_model):
    X = multiclass_data[0]
    explainer = LimeTabularExplainer(multiclass_model, target="all", random_state=0)
    text = explanation_markdown(explainer.fit(X).explain(X[:1])[0])
    assert text.count("| Feature and rule |") == 3
    assert "the model predicts" in text


def test_a_row_without_explanation_says_why():
    def fails(X):
        return np.where(X[:, 0] == 19.0, np.nan, X[:, 0])

    explainer = LimeTabularExplainer(fails, n_perturbations=64, random_state=0)
    X = np.arange(20.0)[:, None]
    with pytest.warns(RuntimeWarning, match="NaN"):
        explanation = explainer.fit(X[:19]).explain(X[[0, 19]])[1]
    assert "No explanation: " in explanation_markdown(explanation)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_names_are_no_markup(text):
    explanation = hand_made(
        ((0.3,), (-0.2,)), names=(text, "b"), levels=(text, None), classes=(text, "c"), label=text
    )
    written = explanation_markdown(explanation)
    assert not re.search(r"<[a-zA-Z/!]", written)
    assert all(len(line) == 4 for line in lines_of_table(written))


@pytest.mark.parametrize(
    "text",
    ["a|b", "*a*", "_a_", "`a`", "[a](b)", "<b>", "@all", "#12", "https://a.b", "www.a.b", "$x$"],
)
def test_marks_are_shown_and_not_read(text):
    written = escaped(text)
    assert unescape(written) == text
    rest = re.sub(r"&(#\d+|lt|gt|amp);", "", written)
    assert not re.search(r"[\\`*_{}\[\]<>#|~$&@:]|www\.", rest)


def test_lines_stay_one_line():
    assert "\n" not in escaped("a\nb\r\nc\u2028d")


def test_words_of_a_document():
    text = explanation_markdown(document_explanation("so good", {"so": 0.2, "good": -0.1}))
    assert [line[0] for line in lines_of_table(text)][1:3] == ["so", "good"]
