"""What notebooks show: sizes, sums, safety, and what survives a sanitizer."""

import base64
import re
from dataclasses import replace

import numpy as np
import pytest
from pictures import explained_pictures, hostile_pictures
from sanitizer import Page, sanitized
from shown import HOSTILE, batch_of, document_batch, document_explanation, hand_made
from sklearn import config_context
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge

from sklime import LimeTabularExplainer
from sklime._explanations._flat import flat
from sklime.display._html import asset
from sklime.display._names import visible
from sklime.display._notebook import notebook_html
from sklime.display._view import explanation_view, weights_table

KILOBYTE = 1024
TAGS = {
    "b",
    "bdi",
    "br",
    "details",
    "div",
    "img",
    "p",
    "span",
    "style",
    "summary",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
}
ATTRIBUTES = {"alt", "class", "colspan", "dir", "scope", "src", "style", "title"}
WORDS = {"good": 0.3, "bad": -0.2, "film": 0.05}
DOCUMENT = "A good film, a good cast. Not a bad one."


@pytest.fixture(scope="module")
def cancer_batch():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    y = np.where(y == 0, "malignant", "benign")
    model = RandomForestClassifier(n_estimators=20, random_state=0).fit(X, y)
    return LimeTabularExplainer(model, random_state=0).fit(X).explain(X.head(30))


@pytest.fixture(scope="module")
def iris_batch(multiclass_data, multiclass_model):
    X, _ = multiclass_data
    return LimeTabularExplainer(multiclass_model, random_state=0).fit(X).explain(X[::15])


def hostile_explanation(text, *, classes=None):
    """The text in every place that takes one."""
    return hand_made(
        ((0.3,), (-0.2,), (0.1,)),
        names=(text, f"{text} 2", "plain"),
        levels=(None, text, None),
        classes=classes or (text, f"other {text}"),
        label=text,
    )


def size(html):
    return len(html.encode("utf-8"))


# Size


def test_an_explanation_of_ten_features_takes_twelve_kilobytes(cancer_batch):
    assert all((explanation.selected.sum() == 10) for explanation in cancer_batch)
    assert max(size(notebook_html(explanation)) for explanation in cancer_batch) <= 12 * KILOBYTE


def test_the_style_takes_two_and_a_half_kilobytes():
    assert size(asset("notebook.css")) <= 2.5 * KILOBYTE


def test_a_batch_takes_forty_kilobytes(cancer_batch, iris_batch):
    assert size(notebook_html(cancer_batch)) <= 40 * KILOBYTE
    assert size(notebook_html(iris_batch)) <= 40 * KILOBYTE


def test_a_document_takes_little_more_than_its_text():
    document = " ".join([DOCUMENT] * 200)
    explanation = document_explanation(document, WORDS)
    n_occurrences = sum(len(spans) for spans in explanation.spans)
    budget = 8 * KILOBYTE + 1.5 * len(document) + 0.2 * KILOBYTE * n_occurrences
    assert size(notebook_html(explanation)) <= budget


PICTURES = {
    "noise": np.random.default_rng(0).integers(0, 256, (1, 224, 224, 3), dtype=np.uint8),
    "gray": np.random.default_rng(0).random((1, 64, 64, 1)),
    "bands": np.random.default_rng(0).random((1, 300, 200, 6)),
    "three rows": np.random.default_rng(0).random((1, 3, 5000, 3)),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("target", ["predicted", "all"])
def test_a_picture_takes_sixty_kilobytes(name, target):
    batch = explained_pictures(PICTURES[name], channel_axis=-1, n_segments=50, target=target)
    assert size(notebook_html(batch[0])) <= 60 * KILOBYTE


def test_a_large_photo_takes_sixty_kilobytes():
    one = explained_pictures(np.random.default_rng(0).random((1, 60, 80, 3)), n_segments=50)[0]
    noise = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), dtype=np.uint8)
    large = replace(one, image=noise, segments=np.kron(one.segments, np.ones((50, 50), dtype=int)))
    assert size(notebook_html(large)) <= 60 * KILOBYTE


def test_a_picture_of_a_thousand_classes_takes_sixty_kilobytes():
    def model(X):
        z = np.random.default_rng(0).normal(size=(X[0].size, 1000))
        powers = np.exp(np.stack([x.ravel() for x in X]) @ z)
        return powers / powers.sum(axis=1, keepdims=True)

    names = [f"class {index} <b> {'&' * 20}" for index in range(1000)]
    batch = explained_pictures(model=model, target="all", output_names=names)
    assert size(notebook_html(batch[0])) <= 60 * KILOBYTE


def test_long_names_take_no_more(cancer_batch):
    text = "a" * 100_000
    assert size(notebook_html(hostile_explanation(text))) <= 20 * KILOBYTE


# What is shown


def shown_number(text):
    text = text.replace("−", "-").replace(",", "")
    return 0.0 if text[0] in "<>" else float(text)


@pytest.mark.parametrize("max_features", [3, 10])
def test_the_rows_add_up_to_the_surrogate(cancer_batch, max_features):
    for explanation in cancer_batch:
        table = weights_table(explanation, [0], max_features)
        terms = [row["cells"][0]["weight"] for row in table["rows"]]
        terms += table["rest"]["texts"] if table["rest"] else []
        terms += table["intercept"]
        decimals = len(terms[0].partition(".")[2])
        total = sum(map(shown_number, terms))
        assert abs(total - shown_number(table["surrogate"][0])) <= (
            0.5 * 10.0**-decimals * (len(terms) + 1) + 1e-12
        )


def test_the_rows_add_up_without_bins_too(regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(
        Ridge().fit(X, y), baseline="other", discretizer=None, random_state=0
    )
    for explanation in explainer.fit(X).explain(X[:5]):
        table = weights_table(explanation, [0], 10)
        assert table["is_scaled"]
        terms = [row["cells"][0]["weight"] for row in table["rows"]] + table["intercept"]
        decimals = len(terms[0].partition(".")[2])
        total = sum(map(shown_number, terms))
        assert total == pytest.approx(
            shown_number(table["surrogate"][0]), abs=0.5 * 10.0**-decimals * (len(terms) + 1)
        )


def test_facts_of_the_explanation_are_shown():
    explanation = hand_made()
    text = Page(notebook_html(explanation)).text
    for wanted in ("row 1210", "+0.307", "−0.131", "held-out", "fair", "base value", "= surrogate"):
        assert wanted in text
    assert "Not the predicted class" in text
    assert "toward default" in text
    assert "toward repaid" in text
    assert "1024 changed copies" in text


def test_a_bar_is_hollow_where_the_interval_contains_zero():
    explanation = hand_made()
    html = notebook_html(explanation)
    low, high = (ends[:, 0] for ends in explanation.confidence_intervals())
    hollow = int(((low <= 0) & (high >= 0)).sum())
    assert html.count("border:2px solid") == hollow


def test_classes_share_rows_and_a_scale(iris_batch):
    page = Page(notebook_html(iris_batch[0]))
    assert page.tags.count("table") == 2
    for name in ("setosa", "versicolor", "virginica"):
        assert name in page.text


def test_more_than_three_classes_are_folded_away():
    X = np.random.default_rng(0).normal(size=(200, 3))
    y = np.digitize(X[:, 0], [-1, -0.3, 0.3, 1])
    model = LogisticRegression().fit(X, y)
    explanation = LimeTabularExplainer(model, random_state=0).fit(X).explain(X[:1])[0]
    page = Page(notebook_html(explanation))
    assert "2 more classes: " in page.text
    assert "+1 more" in page.text


def many_classes(n_classes):
    weights = np.random.default_rng(0).uniform(-0.1, 0.1, size=(2, n_classes))
    names = [f"class {place:03d}" for place in range(n_classes)]
    return hand_made(weights, names=["a", "b"], levels=[None] * 2, classes=names)


@pytest.mark.parametrize("n_classes", [4, 13, 25])
def test_classes_that_are_folded_away_are_named(n_classes):
    explanation = many_classes(n_classes)
    view = explanation_view(explanation, 10)
    columns = [column["name"].text for table in view["tables"] for column in table["columns"]]
    named = columns + [name.text for name in view["hidden"]]
    assert len(set(named)) == len(named) == min(n_classes, 24)
    lines = view["prediction"]["lines"] + view["prediction"]["more"]
    assert [line["name"].text for line in lines[:12]] == columns[:12]
    assert view["prediction"]["n_more"] == n_classes - 4
    assert view["prediction"]["n_counted"] == max(n_classes - 24, 0)
    text = Page(notebook_html(explanation)).text
    for name in named:
        assert name in text


def test_one_more_class_is_counted_as_one():
    assert "and 1 more in responses" in Page(notebook_html(many_classes(25))).text
    assert "1 more class: class" in Page(notebook_html(many_classes(4))).text


def test_a_number_stands_beside_its_bar_or_above_it(iris_batch):
    # Without the style sheet the two are blocks, one below the other.
    html = notebook_html(iris_batch[0])
    assert html.count('<div class="w"><span>') == len(re.findall(r'class="c"><div', html)) > 0


@pytest.mark.parametrize("kind", ["table", "text"])
def test_a_line_tells_what_is_replaced(kind, cancer_batch):
    document = document_explanation(DOCUMENT, WORDS)
    html = notebook_html(cancer_batch[0] if kind == "table" else document)
    line = {
        "table": "Changed copies take values like those of the training rows, each column by "
        "itself; a value stays with probability 0.75.",
        "text": "Changed copies lack some of the words.",
    }[kind]
    assert Page(html).text.count(line) == 1


def test_nothing_is_told_of_replacements_that_are_not_known():
    assert "Changed" not in Page(notebook_html(hand_made())).text.partition("How to read")[0]


def test_hundreds_of_classes_are_not_all_shown():
    n_classes = 200
    weights = np.random.default_rng(0).uniform(-0.001, 0.001, size=(5, n_classes))
    explanation = hand_made(
        weights,
        names=list("abcde"),
        levels=[None] * 5,
        classes=[f"class {place}" for place in range(n_classes)],
    )
    html = notebook_html(explanation)
    assert size(html) <= 40 * KILOBYTE
    assert "188 more" in Page(html).text
    assert size(notebook_html(batch_of([explanation] * 5))) <= 40 * KILOBYTE


def test_a_row_without_an_explanation_says_why():
    explanation = hand_made()
    arrays = flat(explanation)
    for name in ("values", "standard_errors", "predictions", "responses", "fidelity"):
        arrays[name] = np.full(np.shape(arrays[name]), np.nan)
    arrays["failures"] = "<b>the model fell over</b>"
    failed = type(explanation).from_arrays(arrays)
    page = Page(notebook_html(failed))
    assert "<b>the model fell over</b>" in page.text
    batch = batch_of([hand_made(), failed])
    assert "<b>the model fell over</b>" in Page(notebook_html(batch)).text


def test_a_batch_without_rows_is_shown(cancer_batch):
    assert "0 rows" in Page(notebook_html(cancer_batch[:0])).text


def test_low_fidelity_of_many_rows_is_said_first(cancer_batch):
    arrays = flat(cancer_batch)
    arrays["fidelity"] = np.full_like(cancer_batch.fidelity, 0.1)
    text = Page(notebook_html(type(cancer_batch).from_arrays(arrays))).text
    assert "In 100% of rows" in text


# Documents


def test_words_are_highlighted_where_they_stand():
    html = notebook_html(
        document_explanation("\U0001f600\U0001f600 e\u0301 good שלום good.", WORDS)
    )
    parts = re.findall(r'<b title="([^"]+)" style="[^"]+">([^<]+)</b>', html)
    assert [word for _, word in parts] == ["good", "good"]
    assert all(title.startswith("+0.300 ±") for title, _ in parts)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_document_is_shown_as_it_is(text):
    document = f"good {text[:1000]} bad"
    html = notebook_html(document_explanation(document, WORDS))
    assert visible(document, keep_lines=True) in Page(html).text


def test_lines_below_words_tell_the_sign_without_color():
    html = notebook_html(document_explanation(DOCUMENT, WORDS))
    assert html.count("border-bottom:3px solid #c2570c") + html.count("1px solid #c2570c") >= 2
    assert "dotted #2f78c4" in html


def test_a_long_document_is_shown_in_stretches():
    document = "x " * 20_000 + "good" + " y" * 20_000
    page = Page(notebook_html(document_explanation(document, WORDS)))
    assert "characters before" in page.text
    assert "characters after" in page.text
    assert page.text.count("x ") >= 20_000
    assert page.text.count(" y") >= 20_000
    # Only the line of a word in its context is cut.
    assert page.text.count("…") == 2


# Safety


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_tags_and_attributes_are_the_fixed_set_whatever_the_names(text):
    results = [
        hostile_explanation(text),
        batch_of([hostile_explanation(text)] * 2),
        document_explanation(f"good {text} bad", {**WORDS, text: 0.2}, classes=(text, "b")),
        document_batch([text, f"good {text}"], WORDS, classes=(text, "b")),
        hostile_pictures(text),
        hostile_pictures(text)[0],
    ]
    for result in results:
        html = notebook_html(result)
        page = Page(html)
        assert not page.problems
        assert not page.stack
        assert set(page.tags) <= TAGS
        assert {name for _, name, _ in page.attributes} <= ATTRIBUTES
        assert page.sheets == [str(asset("notebook.css"))] * page.tags.count("style")
        for style in page.styles:
            assert re.fullmatch(r"[a-z0-9#%.,;:()! -]*", style)
        html.encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_plain_text_can_be_printed_whatever_the_names(text):
    for result in (hostile_explanation(text), batch_of([hostile_explanation(text)])):
        shown = repr(result)
        shown.encode("utf-8")
        assert len(shown) < 20_000
        assert "\x1b" not in shown
        assert "\u202e" not in shown


def test_output_needs_no_network_and_shows_no_type_names(cancer_batch, iris_batch):
    pictures = explained_pictures()
    for result in (cancer_batch[0], cancer_batch, iris_batch[0], iris_batch, pictures[0], pictures):
        html = notebook_html(result)
        assert "http:" not in html
        assert "https:" not in html
        assert "url(" not in html
        for text in (html, repr(result)):
            assert "np." not in text
            assert "float64" not in text


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.str_, np.bool_])
def test_labels_of_numpy_types_read_as_plain_ones(kind):
    classes = (kind(0), kind(1))
    html = notebook_html(hand_made(classes=classes, label=kind(1)))
    assert "np." not in html
    assert str(kind(0)) in Page(html).text


def test_the_same_explanation_gives_the_same_bytes(cancer_batch):
    pictures = explained_pictures()
    for result in (cancer_batch[0], cancer_batch, pictures[0], pictures):
        assert notebook_html(result) == notebook_html(result)


# What is left where style sheets are taken away


def test_numbers_and_bars_survive_an_untrusted_notebook(cancer_batch):
    html = notebook_html(cancer_batch[0])
    before, after = Page(html), Page(sanitized(html))
    assert "style" not in after.tags
    assert after.text == before.text
    assert after.styles == before.styles
    assert after.titles == before.titles


def test_highlights_survive_an_untrusted_notebook():
    html = notebook_html(document_explanation(DOCUMENT, WORDS))
    after = Page(sanitized(html))
    assert after.styles == Page(html).styles
    assert sum("background-color" in style for style in after.styles) == 4


def test_pictures_survive_an_untrusted_notebook():
    batch = explained_pictures(target="all")
    for result in (batch[0], batch):
        before = Page(notebook_html(result))
        after = Page(sanitized(notebook_html(result)))
        assert after.text == before.text
        assert after.styles == before.styles
        sources = [value for _, name, value in after.attributes if name == "src"]
        assert sources == [value for _, name, value in before.attributes if name == "src"]
        assert len(sources) >= 2
        assert all(re.match(r"data:image/(png|jpeg|svg\+xml);base64,", one) for one in sources)


def test_a_batch_survives_an_untrusted_notebook(cancer_batch):
    html = notebook_html(cancer_batch)
    assert Page(sanitized(html)).styles == Page(html).styles
    assert Page(sanitized(html)).text == Page(html).text


def test_no_id_no_script_and_no_drawing(cancer_batch):
    for result in (cancer_batch[0], cancer_batch):
        page = Page(notebook_html(result))
        assert not {"script", "svg", "template"} & set(page.tags)
        assert "id" not in {name for _, name, _ in page.attributes}


def test_dots_are_images_that_hold_all_they_need(cancer_batch):
    page = Page(notebook_html(cancer_batch))
    sources = [value for tag, name, value in page.attributes if (tag, name) == ("img", "src")]
    assert len(sources) == page.tags.count("img") > 10
    assert "img" not in Page(notebook_html(cancer_batch[0])).tags
    for source in sources:
        begin, _, code = source.partition("base64,")
        assert begin == "data:image/svg+xml;"
        image = Page(base64.b64decode(code).decode("ascii"))
        assert set(image.tags) == {"svg", "style", "path"}
        assert "href" not in {name for _, name, _ in image.attributes}
    kept = Page(sanitized(notebook_html(cancer_batch)))
    assert [value for tag, name, value in kept.attributes if name == "src"] == sources


# What front ends are given


def test_front_ends_choose_between_html_and_text(cancer_batch):
    for result in (cancer_batch[0], cancer_batch):
        bundle = result._repr_mimebundle_(include=None, exclude=None)
        assert set(bundle) == {"text/plain", "text/html"}
        assert bundle["text/html"] == result._repr_html_()
        assert bundle["text/plain"] == repr(result)


def test_text_display_is_respected(cancer_batch):
    with config_context(display="text"):
        assert set(cancer_batch[0]._repr_mimebundle_()) == {"text/plain"}
        assert cancer_batch[0]._repr_html_() is None
