"""Every display says what its numbers are: Shapley values are no LIME explanation."""

import numpy as np
import pytest
from browser import Browser, chromium_path
from pictures import explained_pictures
from sanitizer import Page
from shown import document_explanation, hand_made
from sklearn.ensemble import RandomForestClassifier

from sklime import LimeTabularExplainer
from sklime.display._markdown import explanation_markdown
from sklime.display._notebook import notebook_html
from sklime.display._words import parts_of

HEADING = "Shapley values (marginal)"


@pytest.fixture(scope="module", params=[2, 3], ids=["two classes", "three classes"])
def batch(request):
    """Shapley values of a forest."""
    X = np.random.default_rng(0).normal(size=(120, 12))
    y = np.digitize(X[:, 0] + X[:, 1], [0.0] if request.param == 2 else [-0.7, 0.7])
    model = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(model, n_perturbations=200, random_state=0)
    return explainer.fit(X).shapley(X[:15])


@pytest.fixture(scope="module")
def report(batch, tmp_path_factory):
    """The report on them."""
    return batch.to_html(tmp_path_factory.mktemp("report") / "report.html")


def test_notebooks_and_reports_have_the_heading_and_no_fidelity(batch, report):
    for html in (notebook_html(batch[0]), notebook_html(batch), report.read_text("utf-8")):
        shown = html.split("<script")[0]
        assert HEADING in shown
        for word in ("LIME", "surrogate", "R²", "idelity", "perturbed", "and rule"):
            assert word not in shown, word


def test_the_sum_is_the_model(batch):
    html, text = notebook_html(batch[0]), str(batch[0])
    assert "How to read this" in html
    assert text.startswith(HEADING)
    assert "base value" in text
    if len(batch.output_names) == 1:
        assert "= model" in html


@pytest.mark.parametrize("kind", ["bar", "waterfall"])
def test_pictures_of_a_row_have_the_heading(batch, kind):
    display = batch[0].plot(kind=kind)
    assert HEADING in display.ax_.get_title(loc="left")
    assert "Shapley value" in display.xlabel
    if kind == "waterfall":
        assert "to the model" in display.ax_.get_xlabel()
    assert "surrogate" not in display.ax_.get_xlabel() + display.ax_.get_title(loc="left")


def test_pictures_of_a_batch_have_the_heading(batch):
    output = batch.output_names[0]
    assert HEADING in batch.plot(output=output).ax_.get_title(loc="left")
    with pytest.raises(ValueError, match="have no surrogate"):
        batch.plot(output=output, kind="fidelity")


def test_shap_gets_values_that_add_up_to_the_model(batch):
    pytest.importorskip("shap")
    made = batch.to_shap()
    sums = made.base_values + made.values.sum(axis=1)
    np.testing.assert_allclose(sums, np.squeeze(batch.predictions), atol=1e-12)


@pytest.mark.browser
@pytest.mark.skipif(chromium_path() is None, reason="Chromium is not installed")
def test_cards_of_reports_show_the_base_value_and_no_fidelity(report):
    with Browser() as browser:
        browser.open(report)
        card = browser.run("document.querySelector('#card').innerText")
        columns = browser.run(
            "[document.querySelectorAll('#tb tr:first-child > *').length,"
            " document.querySelectorAll('.rows thead th').length]"
        )
    assert "Base value" in card
    assert "= model" in card
    assert "Fidelity" not in card
    assert columns[0] == columns[1]


@pytest.mark.parametrize("kind", ["table", "text", "image"])
def test_all_displays_call_parts_by_the_same_word(kind):
    made = {
        "table": hand_made,
        "text": lambda: document_explanation("a good film", {"good": 0.3, "bad": 0.0}),
        "image": lambda: explained_pictures()[0],
    }
    explanation = made[kind]()
    one = parts_of(explanation).one
    others = {"feature", "word", "segment"} - {one}
    for result in (explanation, explanation.as_batch()):
        text = Page(notebook_html(result)).text.lower()
        assert one in text
        assert not [other for other in others if other in text]
    assert one in explanation_markdown(explanation).lower()


def test_pictures_have_no_words_rules_rows_or_documents():
    batch = explained_pictures()
    with pytest.warns(UserWarning, match="The fill equals all segments"):
        empty = explained_pictures(np.zeros((1, 4, 4)), channel_axis=None)[0]
    texts = [repr(empty), explanation_markdown(batch[0]), explanation_markdown(empty)]
    texts += [Page(notebook_html(result)).text for result in (batch[0], batch, empty)]
    for text in texts:
        text = text.lower().replace("in a few words", "")
        for word in (" word", "rule", " row", "document", "feature"):
            assert word not in text, (word, text)
