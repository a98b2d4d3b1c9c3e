"""Reports on many rows: sizes, contents, safety."""

import base64
import hashlib
import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pictures import explained_pictures, hostile_pictures
from sanitizer import Page
from scipy import sparse
from shown import HOSTILE, batch_of, changed, document_batch, hand_made
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklime import LimeTabularExplainer
from sklime._explanations._flat import flat
from sklime.display._html import asset
from sklime.display._numbers import MINUS, fidelity_text, value_text
from sklime.display._records import MAX_COLUMNS, MAX_THUMBNAILS
from sklime.display._report import report_html
from sklime.utils._picks import greedy_picks

KILOBYTE = 1024
FIRST_WEIGHT = 7  # place among the numbers of an output
TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "header",
    "h1",
    "h2",
    "em",
    "bdi",
    "img",
    "button",
    "main",
    "section",
    "div",
    "svg",
    "path",
    "span",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "details",
    "summary",
    "b",
    "i",
    "s",
    "p",
    "label",
    "input",
    "select",
    "option",
    "output",
    "aside",
    "footer",
    "kbd",
    "br",
    "script",
}
ATTRIBUTES = {
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "href",
    "type",
    "id",
    "hidden",
    "aria-label",
    "viewbox",
    "width",
    "height",
    "role",
    "d",
    "tabindex",
    "scope",
    "data-f",
    "data-g",
    "data-s",
    "data-i",
    "style",
    "preserveaspectratio",
    "min",
    "max",
    "aria-hidden",
    "aria-describedby",
    "placeholder",
    "autocomplete",
    "value",
    "src",
    "alt",
    "aria-live",
    "colspan",
    "dir",
    "title",
}
WORDS = {"good": 0.3, "bad": -0.2, "film": 0.05}


@pytest.fixture(scope="module")
def cancer():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    y = np.where(y == 0, "malignant", "benign")
    return X, y, make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)


@pytest.fixture(scope="module")
def thousand(cancer):
    X, y, model = cancer
    X, y = pd.concat([X, X], ignore_index=True)[:1000], np.concatenate([y, y])[:1000]
    explainer = LimeTabularExplainer(model, n_perturbations=64, random_state=0).fit(X)
    return explainer.explain(X), y


@pytest.fixture(scope="module")
def iris_batch(multiclass_data, multiclass_model):
    X, _ = multiclass_data
    return LimeTabularExplainer(multiclass_model, random_state=0).fit(X).explain(X[::5])


@pytest.fixture(scope="module")
def small():
    return batch_of([hand_made(label=label, seed=label) for label in range(20)])


def size(html):
    return len(html.encode("utf-8"))


def payload(html):
    return json.loads(Page(html).scripts[0])


# Size


def strips_of(html):
    """The colors of the dots of each strip."""
    found = re.findall(r'<path class="dz"[^>]*/>(.*?)</svg>', html)
    return [re.findall(r'class="(\w+)"', strip) for strip in found]


def test_dots_have_the_colors_of_their_values(thousand):
    batch, _ = thousand
    strips = strips_of(report_html(batch[:100]))
    assert strips
    assert all(set(strip) <= {"v0", "v1", "v2", "v3", "v4"} for strip in strips)
    assert any(len(strip) == 5 for strip in strips)
    page = Page(report_html(batch[:100]))
    assert "value low ●●●●● high" in page.text


def test_a_report_without_values_shows_signs(thousand):
    html = report_html(thousand[0][:100], include_values=False)
    strips = strips_of(html)
    assert strips
    assert all(set(strip) <= {"du", "dl"} for strip in strips)
    assert "value low" not in Page(html).text


def test_levels_have_a_name_beside_their_color(small):
    html = report_html(small)
    assert '<i class="h0">●</i> <bdi>own</bdi>' in html
    hidden = report_html(small, include_values=False)
    assert 'class="lv"' not in hidden


def test_missing_values_do_not_stop_a_report():
    # A value that is missing without a rule about it was written as a number.
    rows = [
        changed(hand_made(label=n), data=np.array([value, 2.5, 2.5, "own"], dtype=object))
        for n, value in enumerate([np.nan, None, np.inf, 1.0])
    ]
    html = report_html(batch_of(rows))
    assert "NaN" not in Page(html).scripts[0]
    assert " missing or other" in Page(html).text


@pytest.mark.slow
def test_a_thousand_rows_take_eight_hundred_kilobytes(thousand):
    batch, y = thousand
    assert (batch.selected.sum(axis=1) == 10).all()
    sizes = {n: size(report_html(batch[:n], y=y[:n])) for n in (300, 600, 1000)}
    assert sizes[1000] <= 800 * KILOBYTE
    assert (sizes[1000] - sizes[600]) / 400 <= 0.75 * KILOBYTE
    assert (sizes[600] - sizes[300]) / 300 <= 0.75 * KILOBYTE


def test_the_shell_takes_sixty_kilobytes(small):
    assert size(report_html(small[:0])) <= 60 * KILOBYTE
    assert size(report_html(small[:1])) <= 60 * KILOBYTE


def test_long_names_take_no_more():
    text = "a" * 100_000
    rows = [hand_made(names=(text, f"{text}2", "c", "d"), label=text, seed=s) for s in range(10)]
    assert size(report_html(batch_of(rows), title=text)) <= 80 * KILOBYTE


def test_a_document_is_stored_once():
    document = "A good film. " + "and so on " * 1000
    with_document = size(report_html(document_batch([document] * 3, WORDS)))
    without = size(report_html(document_batch([document] * 3, WORDS), include_values=False))
    # Once a row in the data, and once more where the row is representative.
    assert with_document - without <= 4 * 1.2 * len(document)


def photos(n_pictures, **options):
    """Explanations of different noise, which no compression makes small, each cut in its way."""
    random = np.random.default_rng(0)
    # Sixty labels at random: other segments in each picture.
    pictures = random.integers(0, 256, (n_pictures, 60, 60, 3), dtype=np.uint8)
    batch = explained_pictures(
        pictures,
        n_perturbations=16,
        **options,
        segmenter=lambda picture: np.roll(
            np.add.outer(np.arange(60) // 9 * 10, np.arange(60) // 9), int(picture.sum()) % 60, 1
        ),
    )
    larger = [
        replace(
            one,
            image=random.integers(0, 256, (180, 180, 3), dtype=np.uint8),
            segments=np.kron(one.segments, np.ones((3, 3), dtype=int)),
        )
        for one in batch
    ]
    return type(batch).concat([one.as_batch() for one in larger])


@pytest.mark.parametrize("target", ["predicted", "all"])
def test_a_picture_takes_eight_kilobytes(target):
    batch = photos(30, target=target)
    sizes = {n: size(report_html(batch[:n])) for n in (10, 30)}
    per_row = (sizes[30] - sizes[10]) / 20
    print(f"{per_row / KILOBYTE:.2f} KB per picture")
    assert per_row <= 8 * KILOBYTE


def test_so_many_pictures_have_thumbnails(monkeypatch):
    assert MAX_THUMBNAILS == 500
    batch = explained_pictures(np.random.default_rng(0).random((2, 8, 8)), channel_axis=None)
    with monkeypatch.context() as patch:
        for module in ("_records", "_report"):
            patch.setattr(f"sklime.display.{module}.MAX_THUMBNAILS", 5)
        page = Page(report_html(batch[np.arange(7) % 2]))
    assert page.tags.count("img") == 2 * 5
    assert "The first 5 pictures have thumbnails." in page.text
    assert "have thumbnails" not in Page(report_html(batch)).text
    assert "img" not in Page(report_html(batch, include_values=False)).tags


# What is shown


def test_pictures_with_their_own_segments_have_no_means():
    page = Page(report_html(photos(3), by=["a", "b", "a"]))
    assert "Each picture has its own segments." in page.text
    assert "drives" not in page.text
    assert "Mean weight" not in page.text
    assert "median R²" in page.text
    same = explained_pictures(np.random.default_rng(0).random((3, 8, 8)), channel_axis=None)
    text = Page(report_html(same, by=["a", "b", "a"])).text
    assert "Each picture has its own segments." not in text
    assert "What drives the predicted class" in text
    assert "Mean weight" in text
    assert "representative" not in text


def test_reports_on_pictures_name_the_fill_and_no_words():
    html = report_html(explained_pictures(), y=["prediction0"] * 4)
    text = Page(html).text
    assert "Removed segments are filled with the mean color of the training pictures" in text
    for word in ("word", "document", " row", "rule"):
        assert word not in text.lower()
    assert payload(html)["j"] == "segment"
    assert payload(html)["u"] == []


def test_the_weights_of_pictures_are_the_strongest():
    batch = explained_pictures()
    found = payload(report_html(batch))
    for row, one in zip(found["x"], batch):
        output = row[5][0]
        listed = [found["f"][found["r"][rule][0]] for rule in output[FIRST_WEIGHT::3]]
        assert listed == [name for name, _ in one.as_list()][:20]


def test_a_picture_that_failed_has_no_thumbnails():
    def fails(X):
        means = np.array([x.mean() for x in X])
        return np.where(means > 0.8, np.nan, means)

    pictures = np.random.default_rng(0).random((3, 8, 8))
    pictures[1] = 0.9
    with pytest.warns(RuntimeWarning, match="explanations are NaN"):
        batch = explained_pictures(pictures, model=fails, channel_axis=None, on_error="warn")
    page = Page(report_html(batch))
    assert page.tags.count("img") == 4
    assert page.text.count("no explanation") == 1


def test_facts_are_those_of_the_batch(thousand):
    batch, y = thousand
    text = Page(report_html(batch, y=y)).text
    predicted = np.array([row.predicted_class for row in batch])
    assert f"{(predicted == y).mean():.2f}" in text
    assert f"{(predicted != y).sum()} wrong" in text
    assert fidelity_text(np.nanmedian(batch.fidelity)) in text
    known = batch.fidelity[~np.isnan(batch.fidelity)]
    low = int((np.round(known, 2) < 0.6).sum())
    assert f"rows with R² below 0.60 ({100 * low / known.size:.0f}%)" in text


def test_the_data_hold_the_weights(small):
    data = payload(report_html(small))
    for row, record in zip(small, data["x"]):
        output = record[5][0]
        used = np.flatnonzero(row.selected[:, 0])
        order = used[np.argsort(-np.abs(row.values[used, 0]), kind="stable")]
        shown = [
            (data["f"][data["r"][output[at]][0]], output[at + 1] / 10 ** data["d"])
            for at in range(FIRST_WEIGHT, len(output), 3)
        ]
        assert [name for name, _ in shown] == [row.feature_names[place] for place in order]
        np.testing.assert_allclose(
            [weight for _, weight in shown], row.values[order, 0], atol=0.5 * 10.0 ** -data["d"]
        )
        n_terms = len(shown) + 2
        total = output[3] + sum(output[at + 1] for at in range(FIRST_WEIGHT, len(output), 3))
        assert abs(total - output[4]) <= 0.5 * n_terms


def test_every_class_has_its_drivers(iris_batch):
    page = Page(report_html(iris_batch))
    for name in ("setosa", "versicolor", "virginica"):
        assert f"What drives {name}" in page.text


def test_regression_has_an_error_instead_of_an_accuracy(regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(Ridge().fit(X, y), random_state=0).fit(X)
    text = Page(report_html(explainer.explain(X), y=y)).text
    assert "Mean absolute error" in text
    assert "Predicted" not in text


def test_true_values_of_a_regression_must_be_numbers(regression_data):
    X, y = regression_data
    batch = LimeTabularExplainer(Ridge().fit(X, y), random_state=0).fit(X).explain(X[:2])
    with pytest.raises(ValueError, match="y must hold the true numbers"):
        report_html(batch, y=["low", "high"])


def test_true_values_may_be_missing(regression_data):
    X, y = regression_data
    explainer = LimeTabularExplainer(Ridge().fit(X, y), random_state=0).fit(X)
    html = report_html(explainer.explain(X[:3]), y=[1.0, np.nan, np.inf])
    first, *others = [record[2] for record in payload(html)["x"]]
    assert float(first) == 1.0
    assert others == ["not defined", "inf"]


def test_poor_fidelity_is_said(small):
    assert "Low fidelity." not in Page(report_html(small)).text.split("All rows")[0]
    arrays = flat(small)
    arrays["fidelity"] = np.full_like(small.fidelity, 0.1)
    assert "In 100% of rows" in Page(report_html(type(small).from_arrays(arrays))).text


def test_labels_that_the_model_does_not_know_are_wrong(small):
    html = report_html(small, y=["default"] * 19 + ["a third"])
    assert "a third" in payload(html)["c"]


def test_y_must_fit(small):
    with pytest.raises(ValueError, match="one value for each of the 20"):
        report_html(small, y=[1, 2])


def test_values_can_be_left_out():
    rows = [hand_made(label=label, seed=label) for label in range(5)]
    assert "2.5" in report_html(batch_of(rows))
    html = report_html(batch_of(rows), include_values=False)
    assert "2.5" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "", html, flags=re.S)
    assert "= own" in html


def test_the_data_hold_each_value_once(small, thousand):
    for batch in (small, thousand[0][:50]):
        data = payload(report_html(batch))
        assert len(data["u"]) == batch.values.shape[1]
        for feature, levels, values in data["u"]:
            place = batch.feature_names.index(data["f"][feature])
            shown = [levels[value] if levels else value for value in values]
            wanted = [value_text(row.data[place], *_named(row, place)) for row in batch]
            numbers = [str(value).replace("-", MINUS) for value in shown]
            assert [text.replace("-", MINUS) for text in wanted] == numbers


def _named(row, place):
    return row.feature_names[place], row.conditions[place]


def test_wide_tables_hold_the_values_beside_their_weights():
    n_features, n_selected = MAX_COLUMNS + 10, 3
    X = np.random.default_rng(0).normal(size=(60, n_features))
    model = Ridge().fit(X, X[:, 0] + X[:, 1])
    explainer = LimeTabularExplainer(
        model, max_features=n_selected, method="sampling", n_perturbations=256, random_state=0
    )
    batch = explainer.fit(X).explain(X[:5])
    data = payload(report_html(batch))
    known = sum(value is not None for _, _, values in data["u"] for value in values)
    assert known == batch.selected.any(axis=2).sum()


def test_documents_can_be_left_out():
    batch = document_batch(["a secret, good film"], WORDS)
    assert "secret" in report_html(batch)
    assert "secret" not in report_html(batch, include_values=False)


def test_rows_beyond_two_thousand_are_drawn_when_asked_for():
    row = hand_made()
    batch = batch_of([row])[np.zeros(2500, dtype=int)]
    html = report_html(batch)
    assert html.count('<tr id="r') == 2000
    assert len(payload(html)["x"]) == 2500


def test_weights_beyond_the_strongest_sixty_are_summed_up():
    rng = np.random.default_rng(0)
    n_features = 90
    rows = [
        hand_made(
            rng.normal(size=(n_features, 1)),
            names=[f"x{place}" for place in range(n_features)],
            levels=[None] * n_features,
            classes=None,
            seed=seed,
        )
        for seed in range(3)
    ]
    html = report_html(batch_of(rows))
    data = payload(html)
    output = data["x"][0][5][0]
    assert output[5] == 30
    total = output[3] + output[6] + sum(output[FIRST_WEIGHT + 1 :: 3])
    assert abs(total - output[4]) <= 0.5 * 63
    assert "30 others" in Page(html).text


def test_rows_that_all_failed_are_reported(iris_batch):
    arrays = flat(iris_batch)
    for name in ("values", "standard_errors", "intercepts", "predictions", "responses"):
        arrays[name] = np.full_like(arrays[name], np.nan)
    for name in ("local_predictions", "held_out_predictions", "fidelity"):
        arrays[name] = np.full_like(arrays[name], np.nan)
    failed = type(iris_batch).from_arrays(arrays)
    page = Page(report_html(failed))
    assert page.text.count("no explanation") == len(failed)
    assert not page.problems


def test_a_report_without_rows_is_written(small):
    page = Page(report_html(small[:0]))
    assert "0" in page.text
    assert not page.problems


def test_the_same_batch_gives_the_same_bytes(thousand):
    batch, y = thousand
    assert report_html(batch[:50], y=y[:50]) == report_html(batch[:50], y=y[:50])


# Representative rows


def test_each_pick_covers_the_most_of_what_is_left(global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    rows = np.repeat(np.arange(30), 4)
    rules = np.concatenate([rng.choice(20, 4, replace=False) for _ in range(30)])
    weights = rng.normal(size=rows.size)
    sizes = sparse.csr_array((np.abs(weights), (rows, rules)), shape=(30, 20))
    importance = np.sqrt(sizes.sum(axis=0))
    covered = set()
    for pick, reached in zip(*greedy_picks(sizes, importance, 5)):
        gains = [importance[list(set(rules[rows == row]) - covered)].sum() for row in range(30)]
        assert gains[pick] == pytest.approx(max(gains))
        covered |= set(rules[rows == pick])
        assert reached == pytest.approx(importance[list(covered)].sum())


# Safety


def hostile_batch(text):
    return batch_of(
        [
            hand_made(
                ((0.3,), (-0.2,), (0.1 * place,)),
                names=(text, f"{text} 2", "plain"),
                levels=(None, text, None),
                classes=(text, f"other {text}"),
                label=text,
                seed=place,
            )
            for place in range(3)
        ]
    )


def hostile_documents(text):
    return document_batch(
        [f"good {text} bad", text, "film"], {**WORDS, text: 0.2}, classes=(text, f"{text} 2")
    )


@pytest.mark.parametrize("make", [hostile_batch, hostile_documents, hostile_pictures])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_tags_and_attributes_are_the_fixed_set_whatever_the_names(text, make):
    batch = make(text)
    html = report_html(
        batch, title=text, y=[text, "x", text][: len(batch)], by=[text, "b", "c"][: len(batch)]
    )
    page = Page(html)
    assert not page.problems
    assert set(page.tags) <= TAGS
    assert {name for _, name, _ in page.attributes} <= ATTRIBUTES
    assert page.tags.count("script") == 2
    assert page.tags.count("style") == 1
    for style in page.styles:
        assert re.fullmatch(r"(?:(?:left|width):[\d.e-]+%;?)+", style)
    hrefs = [value for _, name, value in page.attributes if name == "href"]
    assert all(re.fullmatch(r"#(?:r\d+|rows)", href) for href in hrefs)
    html.encode("utf-8")


def test_only_the_one_script_may_run(small):
    html = report_html(small)
    page = Page(html)
    digest = base64.b64encode(hashlib.sha256(page.scripts[1].encode()).digest()).decode()
    policy = next(v for t, n, v in page.attributes if n == "content" and "default-src" in v)
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert word not in page.scripts[1]


def test_output_needs_no_network_and_shows_no_type_names(thousand, iris_batch):
    for html in (report_html(thousand[0][:50]), report_html(iris_batch)):
        assert "http:" not in html
        assert "https:" not in html
        assert "url(" not in html
        assert "np." not in html
        assert "NaN" not in html.replace(asset("report.js"), "")


# Files


def test_a_report_is_written_whole(small, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old")
    assert small.to_html(path, title="A title") == path
    text = path.read_bytes().decode("utf-8")
    assert "<title>A title</title>" in text
    assert [item.name for item in tmp_path.iterdir()] == ["report.html"]


def test_true_values_in_another_order_are_refused(thousand):
    batch, y = thousand
    with pytest.raises(
        ValueError, match=r"y has the labels of the rows in another order; pass y\.loc"
    ):
        report_html(batch[:20], y=pd.Series(y[:20], index=batch.row_labels[:20])[::-1])
