"""Styled tables of weights."""

import pytest
from sanitizer import Page
from shown import HOSTILE, document_explanation, hand_made
from tables import mixed_frame, mixed_score

from sklime import LimeTabularExplainer
from sklime.display._styler import styled_explanation, styled_matrix


@pytest.fixture(scope="module")
def batch():
    X = mixed_frame(60, 0)
    explainer = LimeTabularExplainer(mixed_score, n_perturbations=64, random_state=0)
    # Labels and names may occur twice.
    return explainer.fit(X).explain(X.iloc[[0, 0, 1]])


def test_matrix_has_a_color_for_each_sign(batch):
    html = batch.style.to_html()
    assert "rgba(194, 87, 12" in html
    assert "rgba(47, 120, 196" in html
    text = Page(html).text
    assert text.count("row 0") == 2
    assert "smoker" in text


def test_explanation_is_strongest_first(batch):
    text = Page(batch[0].style.to_html()).text
    conditions = [condition for condition, _ in batch[0].as_list()]
    places = [text.index(condition) for condition in conditions]
    assert places == sorted(places)
    assert "ci_low" in text


def test_several_outputs_are_told_apart(multiclass_data, multiclass_model):
    X = multiclass_data[0]
    explainer = LimeTabularExplainer(multiclass_model, target="all", random_state=0)
    explanation = explainer.fit(X).explain(X[:1])[0]
    assert "output" in Page(explanation.style.to_html()).text
    assert explanation.as_batch().style.data.shape[1] == X.shape[1] * 3


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_names_and_values_are_escaped(text):
    explanation = hand_made(
        ((0.3,), (-0.2,)), names=(text, "b"), levels=(text, None), classes=(text, "c"), label=text
    )
    of_batch = styled_matrix(explanation.as_batch().to_matrix())
    for styler in (explanation.style, styled_explanation(explanation.to_frame()), of_batch):
        page = Page(styler.to_html())
        assert set(page.tags) <= {"style", "table", "thead", "tbody", "tr", "th", "td"}


def test_words_of_a_document_are_lines():
    explanation = document_explanation("so good", {"so": 0.2, "good": -0.1})
    assert "good" in Page(explanation.style.to_html()).text


def test_nothing_selected_is_an_empty_table():
    explanation = hand_made(((0.0,), (0.0,)), names=("a", "b"), levels=(None, None))
    assert "weight" in Page(explanation.style.to_html()).text
