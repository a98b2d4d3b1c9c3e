"""What has no weight is named, on cards, in texts and in reports."""

import numpy as np
import pytest
from sanitizer import Page
from shown import HOSTILE, batch_of, changed, document_explanation, hand_made

from sklime.display._notebook import notebook_html
from sklime.display._notes import notes_of
from sklime.display._report import report_html


def explanation_of(n_selected, n_others):
    weights = [[0.3]] * n_selected + [[0.0]] * n_others
    names = [f"x{place}" for place in range(len(weights))]
    return hand_made(weights, names=names, levels=(None,) * len(weights))


def as_batch(explanation):
    return batch_of([explanation, explanation])


def shown_texts(explanation):
    """Return what every display that has room for a sentence shows."""
    notebook, report = notebook_html(explanation), report_html(as_batch(explanation))
    return [repr(explanation), Page(notebook).text, Page(report).text]


def test_the_level_of_a_row_that_has_no_weight_is_named():
    explanation = hand_made(
        ((0.3,), (0.0,)), names=("income", "color"), levels=(None, "teal"), classes=("a", "b")
    )
    for text in shown_texts(explanation):
        assert "Not selected: color = teal." in " ".join(text.split()).replace(" .", ".")


def test_many_features_without_a_weight_are_counted():
    for text in shown_texts(explanation_of(2, 7)):
        assert "Not selected: 7 other features." in " ".join(text.split()).replace(" .", ".")
    # A report has no representative rows where nothing has a weight.
    for text in shown_texts(explanation_of(0, 7))[:2]:
        assert "Not selected: 7 features." in " ".join(text.split()).replace(" .", ".")


def test_words_without_a_weight_are_counted_as_words():
    words = {"good": 0.3} | {f"word{place}": 0.0 for place in range(8)}
    explanation = document_explanation(" ".join(words), words)
    assert "Not selected: 8 other words." in repr(explanation)


def test_nothing_is_said_where_all_features_have_a_weight():
    assert notes_of(explanation_of(3, 0)) == []


def test_what_lacks_evidence_is_not_called_unselected():
    explanation = explanation_of(1, 2)
    explanation = changed(explanation, is_thin=np.array([False, True, False]))
    thin, left_out = notes_of(explanation)
    assert thin.names == ("x1",)
    assert left_out.names == ("x2 > 1",)


@pytest.mark.parametrize("selected", [0, 1])
def test_an_output_without_a_weight_says_so(selected):
    weights = ((0.3 * selected, 0.0), (0.1 * selected, 0.0))
    explanation = hand_made(weights, names=("a", "b"), levels=(None, None), classes=("x", "y", "z"))
    assert repr(explanation).count("no feature has a weight") == 2 - selected
    notebook = Page(notebook_html(explanation)).text
    assert ("no feature has a weight" in notebook) == (not selected)
    assert notebook.count("not used") == 2 * selected
    assert "no feature has a weight" in Page(report_html(as_batch(explanation))).text


def test_a_document_without_a_weight_says_so():
    explanation = document_explanation("a b", {"a": 0.0, "b": 0.0})
    assert "no word has a weight" in Page(notebook_html(explanation)).text


def test_a_batch_without_a_weight_says_so():
    text = Page(notebook_html(as_batch(explanation_of(0, 3)))).text
    assert "no feature has a weight" in text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_names_of_what_has_no_weight_are_only_names(text):
    explanation = hand_made(
        ((0.3,), (0.0,), (0.0,)), names=("a", text, "c"), levels=(None, None, text)
    )
    for html in (notebook_html(explanation), report_html(as_batch(explanation))):
        page = Page(html)
        assert not page.problems
        assert page.tags.count("script") in (0, 2)
        assert not {"img", "svg", "iframe"} & set(Page(notebook_html(explanation)).tags)
