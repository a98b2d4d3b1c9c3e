"""What `fit` has learnt, in notebooks."""

import pytest
import sklearn
from documents import REVIEWS
from sanitizer import Page
from shown import HOSTILE
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from tables import mixed_frame, mixed_score

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.display._learnt import MAX_COLUMNS, learnt_html

HEADING = "What fit has learnt"


def text_of(html):
    return Page(html.partition("</style>")[2]).text


@pytest.fixture(scope="module")
def explainer():
    X = mixed_frame(200, 0)
    return LimeTabularExplainer(
        mixed_score, fixed=["city"], groups={"home": ["sex", "job"]}, random_state=0
    ).fit(X)


def test_notebooks_show_model_method_background_and_cuts(explainer):
    html = explainer._repr_mimebundle_()["text/html"]
    assert html == explainer._repr_html_() or HEADING in text_of(explainer._repr_html_())
    text = text_of(html)
    for word in (HEADING, "mixed_score", "sampling", "anchored", "keep=0.75", "marginal"):
        assert word in text
    edges = explainer._encoder.written_edges.texts[explainer._column_names.index("income")]
    assert ", ".join(edges) in text
    assert "False; True" in text
    assert "keeps the value of the row" in text


def test_an_exact_explainer_says_what_was_read(binary_data):
    model = RandomForestClassifier(3, random_state=0).fit(*binary_data)
    html = LimeTabularExplainer(model, random_state=0).fit(binary_data[0])._repr_html_()
    assert "exact: RandomForestClassifier.predict_proba is read as 3 trees" in text_of(html)


def test_what_was_not_fitted_has_learnt_nothing(explainer):
    assert HEADING not in clone(explainer)._repr_html_()
    with pytest.raises(ValueError, match="0 sample"):
        clone(explainer).fit(mixed_frame(200, 0).head(0))
    broken = clone(explainer)
    with pytest.raises(ValueError, match="0 sample"):
        broken.fit(mixed_frame(200, 0).head(0))
    assert HEADING not in broken._repr_html_()


def test_texts_have_a_vocabulary():
    explainer = LimeTextExplainer(lambda texts: [len(text) for text in texts]).fit(REVIEWS)
    assert f"{len(explainer.vocabulary_)} words" in text_of(explainer._repr_html_())


def test_plain_text_is_left_alone_and_pipelines_work(explainer):
    with sklearn.config_context(display="text"):
        assert "text/html" not in explainer._repr_mimebundle_()
    assert "LimeTabularExplainer" in make_pipeline(explainer)._repr_html_()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_names_are_escaped(text):
    page = Page(learnt_html([("Model", text)], [(text, "levels", [text, "b"])]))
    assert not page.problems
    tags = {"details", "summary", "code", "table", "thead", "tbody", "tr", "th", "td"}
    assert set(page.tags) <= tags


def test_long_lists_are_cut():
    columns = [(f"x{i}", "bins", [str(cut) for cut in range(20)]) for i in range(MAX_COLUMNS + 3)]
    text = Page(learnt_html([], columns)).text
    assert "and 12 more" in text
    assert "and 3 more columns" in text
    assert f"x{MAX_COLUMNS}" not in text
