"""Pages in a real browser: nothing runs that should not, nothing hangs, all can be reached."""

import csv
import functools
import io
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browser import Browser, chromium_path
from exact_rows import as_exact, with_pairs
from pictures import explained_pictures, hostile_pictures
from shown import HOSTILE, batch_of, changed, document_batch, document_explanation, hand_made
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sklime import LimeTabularExplainer
from sklime._explanations._flat import flat
from sklime.display._csv import quoted_cell
from sklime.display._notebook import notebook_html
from sklime.display._words import words_of

WORDS = {"good": 0.3, "bad": -0.2, "film": 0.05}
DOCUMENT = "A good film, a good cast. Not a bad one. \U0001f600 שלום good"
WIDTHS = [320, 480, 1200]
SCHEMES = ["light", "dark"]
TITLE = "as it was"

pytestmark = [
    pytest.mark.browser,
    # The gate has a step for the browser, which runs them all.
    pytest.mark.slow,
    pytest.mark.skipif(chromium_path() is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser():
    """One browser for all tests; a page that does not answer for ten seconds is an error."""
    with Browser(timeout=10.0) as browser:
        yield browser


@pytest.fixture
def page_of(browser, tmp_path):
    """Open what notebooks show as a page, at some width and in some scheme."""

    def opened(*results, width=1200, scheme="light"):
        path = tmp_path / "page.html"
        colors = "background:#111;color:#ddd" if scheme == "dark" else ""
        parts = "<br>".join(notebook_html(result) for result in results)
        path.write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{TITLE}</title>'
            f'<body style="{colors}"><main><h1>A notebook</h1>{parts}</main></html>',
            encoding="utf-8",
        )
        browser.prefer("light")
        browser.resize(width)
        browser.open(path)
        return browser

    return opened


@pytest.fixture
def report_of(browser, tmp_path):
    """Write a report and open it."""

    def opened(batch, *, width=1200, scheme="light", fragment="", scripts=True, **options):
        path = batch.to_html(tmp_path / "report.html", **options)
        browser.prefer(scheme)
        browser.resize(width)
        browser.allow_scripts(scripts)
        browser.open(path, fragment)
        return browser

    yield opened
    browser.allow_scripts(True)


def rows(n=40):
    return batch_of([hand_made(label=label, seed=label) for label in range(n)])


@functools.cache
def three_classes():
    X = np.random.default_rng(0).normal(size=(150, 12))
    y = np.array(["ash", "birch", "cedar"])[np.digitize(X[:, 0] + X[:, 1], [-0.7, 0.7])]
    model = RandomForestClassifier(n_estimators=10, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(
        model, method="sampling", n_perturbations=128, random_state=0
    ).fit(X)
    return explainer.explain(X[:30])


@functools.cache
def exact_and_sampled():
    return with_pairs(as_exact(three_classes(), range(20)), [0.2, 0.1])


def documents():
    return document_batch([DOCUMENT, "a bad film", "good", "", "x " * 400 + "bad"], WORDS)


@functools.cache
def what_if():
    """A row and eleven copies of it, as columns and folded away."""
    X = np.random.default_rng(0).normal(size=(90, 5))
    model = RandomForestClassifier(n_estimators=5, random_state=0).fit(X, X[:, 0] > X[:, 1])
    explainer = LimeTabularExplainer(model, n_perturbations=64, random_state=0).fit(X)
    return explainer.what_if(X[0], {0: np.linspace(-2, 2, 11).round(1)})


def everything():
    return [
        what_if(),
        exact_and_sampled()[0],
        exact_and_sampled(),
        rows()[3],
        rows(),
        three_classes()[0],
        three_classes(),
        document_explanation(DOCUMENT, WORDS),
        documents(),
        pictures()[0],
        pictures(),
    ]


@functools.cache
def pictures():
    return explained_pictures()


@functools.cache
def pictures_of_classes():
    random = np.random.default_rng(0)
    batch = explained_pictures(
        random.random((30, 24, 30, 3)),
        target="all",
        segmenter=lambda picture: np.add.outer(
            np.arange(24) // 6 * 10, np.arange(30) // (5 + int(picture.sum()) % 3)
        ),
        output_names=["ash", "birch", "cedar"],
    )
    assert len({one.segments.tobytes() for one in batch}) > 1
    return batch


def hostile_names(text):
    return [
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


def overflow(browser):
    return browser.run("document.documentElement.scrollWidth - window.innerWidth")


# Safety: every hostile text in every place, all at once


def test_nothing_in_a_notebook_runs(page_of):
    results = []
    for text in HOSTILE.values():
        results += [hostile_names(text)[0], batch_of(hostile_names(text))]
        results += [document_explanation(f"good {text} bad", WORDS, classes=(text, f"{text}b"))]
        results += [hostile_pictures(text)[0]]
    browser = page_of(*results)
    browser.run("new Promise(done => setTimeout(done, 200))")
    assert browser.run("document.title") == TITLE
    assert browser.run("document.querySelectorAll('.sklime').length") == len(results)
    assert browser.run("document.querySelectorAll('script,svg,iframe,object').length") == 0
    # The only images are the strips of dots, and two of each picture.
    dots = "img[src^='data:image/svg+xml;base64,'][alt='one dot per row']"
    two = [f"img[src^='data:image/{kind};base64,'][alt^='The picture']" for kind in ("png", "jpeg")]
    own = ",".join([dots, *two])
    assert browser.run(f"document.querySelectorAll(`img:not({own})`).length") == 0
    assert browser.run(f"document.querySelectorAll(`{','.join(two)}`).length") == 2 * len(HOSTILE)


def test_dots_of_a_notebook_are_drawn(page_of):
    browser = page_of(rows())
    sizes = browser.run(
        "Array.from(document.querySelectorAll('img'), i => [i.complete, i.naturalWidth, i.height])"
    )
    assert sizes
    assert all(is_complete and width > 0 and height == 20 for is_complete, width, height in sizes)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_in_a_report_runs(report_of, text):
    for batch in (
        batch_of(hostile_names(text)),
        document_batch(
            [f"good {text} bad", text], {**WORDS, text: 0.2}, classes=(text, f"{text}b")
        ),
        hostile_pictures(text),
    ):
        browser = report_of(batch, title=f"{TITLE} {text}", y=[text] * len(batch), width=480)
        shown = browser.run("document.title")
        for place in range(len(batch)):
            browser.run(f"document.querySelector('#r{place} a').click()")
        browser.run("document.querySelectorAll('.drivers button').forEach(b => b.click())")
        browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert browser.run("document.title") == shown
        assert shown.startswith(TITLE)
        assert browser.run("document.querySelectorAll('iframe,object').length") == 0
        sources = browser.run("Array.from(document.images, i => i.src.slice(0, 11))")
        assert set(sources) <= ({"data:image/"} if batch.kind == "image" else set())
        assert browser.run("document.querySelectorAll('script').length") == 2
        assert browser.run("document.querySelector('#card h3') !== null")
        assert overflow(browser) <= 0


def test_a_script_that_gets_in_is_stopped_by_the_policy(browser, tmp_path):
    path = rows().to_html(tmp_path / "report.html", title=TITLE)
    attack = "<script>document.title='x'</script><img src=x onerror=\"document.title='x'\">"
    text = path.read_text(encoding="utf-8").replace("<main>", f"<main>{attack}")
    path.write_text(text, encoding="utf-8")
    browser.open(path)
    browser.run("new Promise(done => setTimeout(done, 200))")
    assert browser.run("document.title") == TITLE
    assert browser.run("document.querySelector('#card h3') !== null")


@pytest.mark.parametrize("width", [120, 150, 320])
def test_narrow_pages_do_not_hang(page_of, report_of, width):
    assert page_of(*everything(), width=width).run("1 + 1") == 2
    assert report_of(three_classes(), width=width).run("1 + 1") == 2


# Layout


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_scrolls_sideways(page_of, report_of, width):
    assert overflow(page_of(*everything(), width=width)) <= 0
    for batch in (rows(), three_classes(), documents(), pictures(), pictures_of_classes()):
        browser = report_of(batch, width=width, title="A report " * 10)
        browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert overflow(browser) <= 0


@pytest.mark.parametrize("width", WIDTHS)
def test_hostile_names_do_not_make_pages_scroll_sideways(page_of, width):
    results = [item for text in HOSTILE.values() for item in hostile_names(text)[:1]]
    assert overflow(page_of(*results, width=width)) <= 0


def test_bars_have_the_widths_of_their_weights(page_of):
    explanation = hand_made()
    browser = page_of(explanation)
    widths = browser.run(
        "Array.from(document.querySelectorAll('[style*=\"border-top:12px\"]'))"
        ".map(b => b.getBoundingClientRect().width)"
    )
    weights = sorted(np.abs(explanation.values[explanation.selected[:, 0], 0]), reverse=True)
    np.testing.assert_allclose(
        np.array(widths) / widths[0], np.array(weights) / weights[0], atol=0.02
    )


def test_bars_and_numbers_are_there_without_the_style_sheet(page_of):
    browser = page_of(hand_made())
    browser.run("document.querySelectorAll('style').forEach(s => s.remove())")
    box = browser.run(
        "document.querySelector('[style*=\"border-top:12px\"]').getBoundingClientRect().width"
    )
    assert box > 20
    assert "+0.307" in browser.run("document.body.innerText")


# Accessibility


def violations(browser):
    axe = Path(os.environ.get("SKLIME_AXE", ""))
    if not axe.is_file():
        pytest.skip("SKLIME_AXE does not name a copy of axe.min.js")
    browser.run(axe.read_text(encoding="utf-8") + ";0")
    return browser.run(
        "axe.run(document).then(r => r.violations.map(v => "
        "v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 120)).join(' | ')))"
    )


def test_what_cannot_be_read_is_found(page_of):
    browser = page_of()
    browser.run("document.querySelector('main').innerHTML += '<button></button>'")
    assert any("button-name" in violation for violation in violations(browser))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_notebooks_are_accessible(page_of, scheme):
    browser = page_of(*everything(), scheme=scheme)
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert violations(browser) == []


@pytest.mark.parametrize("width", [480, 1200])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_reports_are_accessible(report_of, scheme, width):
    for batch in (rows(), three_classes(), documents(), pictures(), pictures_of_classes()):
        browser = report_of(batch, scheme=scheme, width=width)
        browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert violations(browser) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_saved_pages_are_accessible(browser, tmp_path, scheme):
    browser.prefer(scheme)
    browser.resize(1200)
    document = document_explanation(DOCUMENT, WORDS)
    for explanation in (rows()[0], three_classes()[0], document, pictures()[0]):
        browser.open(explanation.save(tmp_path / "page.html"))
        assert violations(browser) == []


# The report at work


def shown_rows(browser):
    return browser.run("Array.from(document.querySelectorAll('#tb tr')).map(r => r.id)")


def choose(browser, name, value):
    browser.run(
        f"(s => {{ s.value = '{value}'; s.dispatchEvent(new Event('input')); }})"
        f"(document.getElementById('{name}'))"
    )


def chosen(browser):
    return browser.run("document.querySelector('#card h3').innerText")


def test_keys_move_between_rows(report_of):
    browser = report_of(rows())
    assert chosen(browser) == "Row 0"
    browser.press("ArrowDown")
    browser.press("ArrowDown")
    assert chosen(browser) == "Row 2"
    assert browser.run("document.querySelector('[aria-current]').id") == "r2"
    assert browser.run("location.hash") == "#r2"
    browser.press("ArrowUp")
    assert chosen(browser) == "Row 1"


def test_the_search_box_is_a_key_away(report_of):
    browser = report_of(rows())
    browser.press("/")
    browser.type("17")
    assert shown_rows(browser) == ["r17"]
    assert browser.run("document.getElementById('count').innerText") == "1 of 40 rows"
    browser.press("Escape")
    assert len(shown_rows(browser)) == 40


def test_rows_are_filtered_and_sorted(report_of):
    batch = three_classes()
    y = np.array([row.predicted_class for row in batch], dtype=object)
    y[[3, 7]] = "oak"
    browser = report_of(batch, y=y)
    choose(browser, "show", "wrong")
    assert shown_rows(browser) == ["r3", "r7"]
    browser.press("Escape")
    choose(browser, "show", "c1")
    wanted = [f"r{i}" for i, row in enumerate(batch) if row.predicted_class == "birch"]
    assert shown_rows(browser) == wanted
    browser.press("Escape")
    choose(browser, "sort", "fit")
    places = [row.explained_names().index(row.predicted_class) for row in batch]
    fidelity = np.round(batch.fidelity[np.arange(len(batch)), places], 2)
    order = [int(name[1:]) for name in shown_rows(browser)]
    assert (np.diff(fidelity[order]) >= 0).all()


def test_a_feature_chooses_and_sorts_rows(report_of):
    batch = three_classes()
    browser = report_of(batch)
    browser.run("document.querySelector('.drivers button').click()")
    assert browser.run("document.querySelector('.drivers button').ariaPressed") == "true"
    assert 0 < len(shown_rows(browser)) <= len(batch)
    browser.run("document.querySelector('#chosen button').click()")
    assert len(shown_rows(browser)) == len(batch)


@functools.cache
def few_features_each():
    """Explanations of three classes, each of which uses other features."""
    X = np.random.default_rng(1).normal(size=(150, 6))
    y = np.array(["ash", "birch", "cedar"])[np.digitize(X[:, 0] + X[:, 1], [-0.7, 0.7])]
    model = RandomForestClassifier(n_estimators=10, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(
        model, target="all", max_features=2, n_perturbations=128, random_state=0
    )
    return explainer.fit(X).explain(X[:30])


def click_feature(browser, place, feature):
    """Click a feature in the table of one class; tell whether it is there."""
    table = f"document.querySelectorAll('.drivers')[{place}]"
    return browser.run(
        f"(b => b ? (b.click(), true) : false)(Array.from({table}.querySelectorAll('button'))"
        f".find(b => b.textContent === '{feature}'))"
    )


def test_a_feature_chooses_rows_of_the_class_that_was_clicked(report_of):
    batch = few_features_each()
    browser = report_of(batch)
    n_clicked, found = 0, set()
    for place, name in enumerate(batch.output_names):
        for feature, label in enumerate(batch.feature_names):
            if not click_feature(browser, place, label):
                continue
            n_clicked += 1
            uses = np.flatnonzero(batch.selected[:, feature, place])
            # As it is shown, so that equal numbers stay in the order of the rows.
            units = np.round(batch.values[uses, feature, place], 6)
            shown = [int(row[1:]) for row in shown_rows(browser)]
            assert sorted(shown) == uses.tolist()
            weights = dict(zip(uses.tolist(), units.tolist()))
            assert (np.diff([weights[row] for row in shown]) <= 1e-3).all()
            found.add(tuple(uses.tolist()))
            chip = browser.run("document.getElementById('chosen').innerText")
            assert chip == f"uses {label} for {name} ✕"
            pressed = browser.run(
                "Array.from(document.querySelectorAll('.drivers')).map("
                "t => Array.from(t.querySelectorAll('[aria-pressed=true]'), b => b.textContent))"
            )
            assert pressed == [[label] if other == place else [] for other in range(3)]
            assert f"Surrogate for {name}" in browser.run("card.innerText")
            notes = browser.run(
                "Array.from(document.querySelectorAll('#tb .chosen'), p => p.textContent)"
            )
            assert len(notes) == len(shown)
            assert all(note.startswith(f"{label} ") for note in notes)
            assert all(note.endswith(f" for {name}") for note in notes)
    # Otherwise this test tells nothing.
    assert n_clicked > 3
    assert len(found) > 3


def test_a_second_click_takes_the_choice_of_a_feature_back(report_of):
    batch = few_features_each()
    browser = report_of(batch)
    label = browser.run("document.querySelector('.drivers button').textContent")
    click_feature(browser, 0, label)
    click_feature(browser, 0, label)
    assert shown_rows(browser) == [f"r{row}" for row in range(len(batch))]
    assert browser.run("document.querySelectorAll('#tb .chosen').length") == 0
    assert browser.run("document.querySelectorAll('.drivers [aria-pressed=true]').length") == 0


def test_the_same_feature_of_another_class_is_another_choice(report_of):
    batch = few_features_each()
    browser = report_of(batch)
    labels = [
        label
        for feature, label in enumerate(batch.feature_names)
        if batch.selected[:, feature, 0].any() and batch.selected[:, feature, 1].any()
    ]
    click_feature(browser, 0, labels[0])
    click_feature(browser, 1, labels[0])
    feature = batch.feature_names.index(labels[0])
    uses = np.flatnonzero(batch.selected[:, feature, 1])
    assert sorted(int(row[1:]) for row in shown_rows(browser)) == uses.tolist()
    browser.press("Escape")
    assert len(shown_rows(browser)) == len(batch)


def test_the_search_finds_what_any_class_uses(report_of):
    batch = few_features_each()
    browser = report_of(batch)
    for feature, label in enumerate(batch.feature_names):
        choose(browser, "q", f"{label} ")
        uses = np.flatnonzero(batch.selected[:, feature].any(axis=1))
        assert shown_rows(browser) == [f"r{row}" for row in uses]


# Headers, ranges, columns and files


def press_header(browser, name, times=1):
    for _ in range(times):
        browser.run(f"document.querySelector('#heads [data-s={name}] button').focus()")
        browser.press("Enter")


@pytest.mark.parametrize(("times", "turn"), [(1, 1), (2, -1)])
def test_headers_sort_both_ways(report_of, times, turn):
    X, batch = wines()
    browser = report_of(batch)
    column(browser, "proline")
    place = browser.run("document.querySelector('#heads .x').dataset.s")
    press_header(browser, place, times)
    order = [int(name[1:]) for name in shown_rows(browser)]
    wanted = np.argsort(turn * X["proline"].to_numpy(), kind="stable")
    assert order == wanted.tolist()
    sides = "Array.from(document.querySelectorAll('#heads [aria-sort]'), h => h.ariaSort)"
    assert browser.run(sides) == ["ascending" if turn == 1 else "descending"]
    assert browser.run("document.getElementById('sort').value") == "head"
    press_header(browser, "label", times)
    assert [int(name[1:]) for name in shown_rows(browser)] == list(range(40))[::turn]
    browser.press("Escape")
    assert shown_rows(browser) == [f"r{row}" for row in range(40)]
    assert browser.run(sides) == []


def test_a_header_and_the_menu_say_the_same(report_of):
    browser = report_of(wines()[1])
    press_header(browser, "fit")
    by_header = shown_rows(browser)
    choose(browser, "sort", "fit")
    assert shown_rows(browser) == by_header
    assert browser.run("document.querySelector('[data-s=fit]').ariaSort") == "ascending"
    press_header(browser, "predicted")
    predicted = [wines()[1][int(name[1:])].predicted_class for name in shown_rows(browser)]
    assert predicted == sorted(predicted, key=lambda name: int(name.split()[1]))


def with_failures(batch, places=(3, 8)):
    arrays = flat(batch)
    for name in [
        "values",
        "standard_errors",
        "intercepts",
        "predictions",
        "responses",
        "local_predictions",
        "held_out_predictions",
        "fidelity",
    ]:
        arrays[name] = arrays[name].copy()
        arrays[name][list(places)] = np.nan
    return type(batch).from_arrays(arrays)


def test_rows_that_failed_come_last(report_of):
    batch = with_failures(rows())
    browser = report_of(batch)
    column(browser, batch.feature_names[1])
    for times in (1, 2):
        press_header(browser, "model", times)
        assert shown_rows(browser)[-2:] == ["r3", "r8"]


def column(browser, name):
    """List the values of a column."""
    browser.run(
        "Array.from(document.querySelectorAll('#columns label'))"
        f".find(l => l.textContent.trim() === '{name}').querySelector('input').click()"
    )


def test_values_are_listed(report_of):
    X, batch = wines()
    browser = report_of(batch)
    read = "Array.from(document.querySelectorAll('#tb .x'), c => c.innerText)"
    for name in ("soil", "proline"):
        column(browser, name)
    shown = browser.run(read)
    assert shown[::2] == X["soil"].tolist()
    assert shown[1::2] == [f"{value:.0f}" for value in X["proline"]]
    column(browser, "soil")
    assert browser.run(read) == shown[1::2]
    assert browser.run("document.querySelectorAll('#heads .x').length") == 1


def test_ranges_filter_rows(report_of):
    X, batch = wines()
    browser = report_of(batch)
    for end, value in (("proline from", 500), ("proline to", 1200), ("worst smell to", 0.5)):
        browser.run(
            f"(s => {{ s.value = '{value}'; s.dispatchEvent(new Event('input')); }})"
            f"(document.querySelector('#columns [aria-label=\"{end}\"]'))"
        )
    wanted = X["proline"].between(500, 1200) & (X["worst smell"] <= 0.5)
    assert shown_rows(browser) == [f"r{row}" for row in np.flatnonzero(wanted)]
    assert browser.run("document.querySelectorAll('#columns [aria-label^=soil]').length") == 0
    browser.press("Escape")
    assert len(shown_rows(browser)) == 40


def fidelity_of_rows(batch):
    places = [row.explained_names().index(row.predicted_class) for row in batch]
    return np.round(batch.fidelity[np.arange(len(batch)), places], 2)


def drag(browser, start, stop, device):
    """Drag over the histogram from one share of its width to another."""
    browser.run("document.getElementById('hist').scrollIntoView({block: 'center'})")
    box = browser.run(
        "(b => [b.left, b.top + b.height / 2, b.width])"
        "(document.getElementById('hist').getBoundingClientRect())"
    )
    points = [(box[0] + share * box[2], box[1]) for share in np.linspace(start, stop, 12).tolist()]
    if device == "mouse":
        browser.mouse("mousePressed", *points[0])
        for point in points[1:]:
            browser.mouse("mouseMoved", *point)
        browser.mouse("mouseReleased", *points[-1])
    else:
        browser.touch("touchStart", points[0])
        for point in points[1:]:
            browser.touch("touchMove", point)
        browser.touch("touchEnd")


@pytest.mark.parametrize("device", ["mouse", "touch"])
@pytest.mark.parametrize("ends", [(0.91, 0.97), (0.96, 0.91), (0.02, 0.93)])
def test_a_brush_over_the_histogram_filters_rows(report_of, ends, device):
    batch = wines()[1]
    fidelity = fidelity_of_rows(batch)
    browser = report_of(batch, width=1200)
    drag(browser, *ends, device)
    low, high = np.floor(min(ends) * 20) / 20, np.ceil(max(ends) * 20) / 20
    is_within = (low <= 0) | (fidelity >= low - 1e-9)
    is_within &= (high >= 1) | (fidelity < high - 1e-9)
    assert shown_rows(browser) == [f"r{row}" for row in np.flatnonzero(is_within)]
    assert browser.run("document.getElementById('brush').getAttribute('d')") != ""
    browser.press("Escape")
    assert len(shown_rows(browser)) == 40
    assert browser.run("document.getElementById('brush').getAttribute('d')") == ""


def test_keys_move_the_brush(report_of):
    batch = wines()[1]
    fidelity = fidelity_of_rows(batch)
    browser = report_of(batch)
    browser.run("document.querySelectorAll('#ends input')[1].focus()")
    browser.press("ArrowLeft")
    wanted = [f"r{row}" for row in np.flatnonzero(fidelity < 0.95)]
    assert shown_rows(browser) == wanted
    assert 0 < len(wanted) < 40
    browser.run("document.querySelectorAll('#ends input')[0].focus()")
    for _ in range(20):
        browser.press("ArrowRight")
    assert shown_rows(browser) == [f"r{row}" for row in np.flatnonzero(fidelity >= 0.95)]
    assert browser.run("document.getElementById('band').innerText") == "from 0.95"


def saved_file(browser):
    """Press the button and return the content of the file."""
    return browser.run(
        "(() => { let saved; URL.createObjectURL = blob => { saved = blob; return '#'; };"
        "document.getElementById('csv').click(); return saved.text(); })()"
    )


def test_the_shown_rows_are_saved_as_csv(report_of):
    X, batch = wines()
    browser = report_of(batch, y=["class 1"] * 40)
    choose(browser, "q", "proline > 800")
    press_header(browser, "label", 2)
    frame = pd.read_csv(io.StringIO(saved_file(browser)))
    wanted = np.flatnonzero(X["proline"] > 800)[::-1]
    assert frame["row"].tolist() == wanted.tolist()
    assert frame["proline"].tolist() == X["proline"].iloc[wanted].tolist()
    assert frame["soil"].tolist() == X["soil"].iloc[wanted].tolist()
    for row, line in zip(wanted, frame.to_dict("records")):
        place = batch[row].explained_names().index(batch[row].predicted_class)
        assert line["predicted"] == line["explained"] == batch[row].predicted_class
        assert abs(line["R2"] - batch.fidelity[row, place]) < 0.0051
        for feature, name in enumerate(batch.feature_names):
            weight = line[f"{words_of(batch).quantity} of {name}"]
            assert abs(np.nan_to_num(weight) - batch.values[row, feature, place]) < 1e-3


@pytest.mark.parametrize("mark", ["=", "+", "-", "@", "\t", " =", "\u200b+", "\uff1d", "\r"])
def test_no_cell_of_the_file_is_a_formula(report_of, mark):
    text = f'{mark}HYPERLINK("x")'
    browser = report_of(batch_of(hostile_names(text)))
    written = saved_file(browser)
    cells = [cell for line in csv.reader(io.StringIO(written, newline="")) for cell in line]
    unsafe = [c for c in cells if quoted_cell(c) != c and not is_number(c)]
    assert unsafe == []
    # As Python writes it: what a browser shows of control characters may differ.
    if mark in "=+-@":
        assert quoted_cell(text) in cells


def is_number(text):
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False


def test_groups_are_listed_searched_and_saved(report_of):
    X, batch = wines()
    by = pd.Series(np.where(X["proline"] > 900, "rich", "poor wine"), name="kind of")
    browser = report_of(batch, by=by)
    places = {name: np.flatnonzero(by == name) for name in ("poor wine", "rich")}
    wanted = {name: [f"r{row}" for row in rows] for name, rows in places.items()}
    click = "document.querySelectorAll('.groups [data-g]')[1].click()"
    browser.run(click)
    assert shown_rows(browser) == wanted["rich"]
    assert browser.run("document.querySelectorAll('[data-g][aria-pressed=true]').length") >= 1
    browser.run(click)
    assert len(shown_rows(browser)) == 40
    choose(browser, "show", "g0")
    assert shown_rows(browser) == wanted["poor wine"]
    frame = pd.read_csv(io.StringIO(saved_file(browser)))
    assert (frame["kind of"] == "poor wine").all()
    browser.press("Escape")
    choose(browser, "q", 'kind of != "poor wine"')
    assert shown_rows(browser) == wanted["rich"]
    assert violations(browser) == []


# Conditions in the search


@functools.cache
def wines():
    """Rows with two columns of numbers, one of texts, three classes."""
    rng = np.random.default_rng(3)
    X = pd.DataFrame(
        {
            "proline": rng.integers(300, 1600, size=90).astype(float),
            "worst smell": rng.normal(size=90).round(2),
            "soil": rng.choice(["clay", "class 2"], size=90),
        }
    )
    y = np.array(["class 1", "class 10", "class 2"])[np.digitize(X["proline"], [700, 1100])]
    steps = make_column_transformer((OneHotEncoder(), ["soil"]), remainder="passthrough")
    model = make_pipeline(steps, RandomForestClassifier(n_estimators=10, random_state=0))
    explainer = LimeTabularExplainer(model.fit(X, y), n_perturbations=128, random_state=0)
    return X[:40], explainer.fit(X).explain(X[:40])


CONDITIONS = {
    "proline>985": lambda X, p, r2: X["proline"] > 985,
    "proline ≥ 1,000": lambda X, p, r2: X["proline"] >= 1000,
    "1200 > proline": lambda X, p, r2: X["proline"] < 1200,
    "500 < proline <= 900": lambda X, p, r2: X["proline"].between(501, 900),
    '"worst smell" < -0.5': lambda X, p, r2: X["worst smell"] < -0.5,
    "Worst Smell<=0 soil=clay": lambda X, p, r2: (X["worst smell"] <= 0) & (X["soil"] == "clay"),
    'soil != "class 2"': lambda X, p, r2: X["soil"] != "class 2",
    'predicted = "class 1"': lambda X, p, r2: p == "class 1",
    "proline > 900 and R2 < 0.9": lambda X, p, r2: (X["proline"] > 900) & (r2 < 0.9),
    'predicted="class 2", proline<1300': lambda X, p, r2: (p == "class 2") & (X["proline"] < 1300),
    "proline > x": None,
    "prolin > 3": None,
    "proline >": None,
    "> 3": None,
    '"class': None,
}


@pytest.mark.parametrize("query", CONDITIONS)
def test_the_search_understands_conditions(report_of, query):
    X, batch = wines()
    browser = report_of(batch)
    choose(browser, "q", query)
    fault = browser.run("document.getElementById('fault').innerText")
    predicted = np.array([row.predicted_class for row in batch])
    places = [row.explained_names().index(row.predicted_class) for row in batch]
    fidelity = np.round(batch.fidelity[np.arange(len(batch)), places], 2)
    if CONDITIONS[query] is None:
        assert "Try: " in fault
        assert shown_rows(browser) == []
        # The example that the message gives is understood.
        choose(browser, "q", fault.partition("Try: ")[2].partition(", or")[0])
        assert 0 < len(shown_rows(browser)) < 40
        assert not browser.run("document.getElementById('fault').offsetHeight")
    else:
        wanted = np.flatnonzero(CONDITIONS[query](X, predicted, fidelity))
        assert fault == ""
        assert shown_rows(browser) == [f"r{row}" for row in wanted]
        assert 0 < wanted.size < 40


def test_a_quoted_phrase_stands_alone(report_of):
    _, batch = wines()
    browser = report_of(batch)
    choose(browser, "q", '"class 1"')
    predicted = [row.predicted_class for row in batch]
    wanted = [f"r{row}" for row, name in enumerate(predicted) if name == "class 1"]
    assert shown_rows(browser) == wanted


def test_names_that_differ_in_case_are_other_columns(report_of):
    names = ("a", "A", "__proto__")
    made = [
        hand_made(
            ((0.3,), (-0.2,), (0.1,)),
            names=names,
            levels=(place, 7 - place, place % 3),
            label=place,
            seed=place,
        )
        for place in range(8)
    ]
    values = np.array([row.data for row in made], dtype=float)
    browser = report_of(batch_of(made))
    for column_index, name in enumerate(names):
        middle = float(np.median(values[:, column_index]))
        choose(browser, "q", f"{name} > {middle:.3g}")
        shown = [int(row[1:]) for row in shown_rows(browser)]
        above = np.flatnonzero(values[:, column_index] > float(f"{middle:.3g}"))
        assert shown == above.tolist()
        assert 0 < above.size < 8
        assert browser.run("document.getElementById('fault').innerText") == ""
    choose(browser, "q", "__PROTO__ > -1e9")
    assert len(shown_rows(browser)) == 8


def test_without_values_the_search_says_so(report_of):
    browser = report_of(wines()[1], include_values=False)
    choose(browser, "q", "proline > 900")
    assert "holds no values" in browser.run("document.getElementById('fault').innerText")
    choose(browser, "q", "R2 < 2")
    assert len(shown_rows(browser)) == 40


def test_rows_are_told_apart_by_their_places_whatever_their_labels(report_of):
    # Equal labels, and labels that look like places of other rows.
    labels = ["r1", "0", "r1", "#r0"]
    batch = batch_of([hand_made(label=label, seed=place) for place, label in enumerate(labels)])
    browser = report_of(batch)
    for place, label in enumerate(labels):
        browser.run(f"document.querySelectorAll('#tb a')[{place}].click()")
        assert chosen(browser) == f"Row {label}"
        assert browser.run("location.hash") == f"#r{place}"


def test_a_weight_of_zero_is_no_reason_in_early_and_late_rows(report_of):
    names = ("a", "b", "zero")
    one = hand_made(((0.3,), (1e-9,), (0.0,)), names=names, levels=(None,) * 3)
    browser = report_of(batch_of([one])[np.zeros(2100, dtype=int)], fragment="#r2099")
    cells = "[0, 2099].map(i => document.getElementById('r' + i).lastElementChild.innerText)"
    early, late = browser.run(cells)
    assert early == late == "▲ a > 1"


def test_a_link_leads_to_its_row(report_of):
    assert chosen(report_of(rows(), fragment="#r12")) == "Row 12"
    assert chosen(report_of(rows(), fragment="#r999")) == "Row 0"


def test_other_classes_are_a_click_away(report_of):
    browser = report_of(three_classes())
    names = browser.run("Array.from(document.querySelectorAll('.tabs button'), b => b.innerText)")
    assert names == ["ash", "birch", "cedar"]
    browser.run("document.querySelectorAll('.tabs button')[2].click()")
    assert "Surrogate for cedar" in browser.run("document.getElementById('card').innerText")


def test_a_pair_of_classes_has_both_names_in_the_card(report_of):
    X = np.random.default_rng(0).normal(size=(150, 3))
    y = np.array(["ash", "birch", "cedar"])[np.digitize(X[:, 0], [-0.7, 0.7])]
    model = RandomForestClassifier(n_estimators=10, random_state=0).fit(X, y)
    target = ("cedar", "ash")
    explainer = LimeTabularExplainer(model, target=target, n_perturbations=128, random_state=0)
    browser = report_of(explainer.fit(X).explain(X[:5]), y=y[:5])
    text = browser.run("document.getElementById('card').innerText")
    assert "Surrogate for cedar rather than ash" in text
    assert "Not the predicted class" not in text
    ends = browser.run("document.querySelector('#card .ends').innerText")
    assert ends.split() == [
        "\N{BLACK LEFT-POINTING TRIANGLE}",
        "ash",
        "cedar",
        "\N{BLACK RIGHT-POINTING TRIANGLE}",
    ]


def test_a_class_that_is_not_known_is_neither_right_nor_wrong(report_of):
    batch = rows()
    unknown = changed(batch, predicted=np.full(len(batch), -1))
    browser = report_of(unknown, y=np.full(len(batch), "default"))
    text = browser.run("document.getElementById('card').innerText")
    assert "not known" in text
    assert "Not the predicted class" not in text
    assert "Model accuracy here" not in browser.run("document.body.innerText")
    choose(browser, "show", "wrong")
    assert shown_rows(browser) == []


def test_the_card_says_what_has_no_weight(report_of):
    weights = ((0.3, 0.0), (0.0, 0.0))
    one = hand_made(weights, names=("a", "b"), levels=(None, "teal"), classes=("x", "y", "z"))
    browser = report_of(batch_of([one, one]))
    browser.run("document.querySelectorAll('.tabs button')[0].click()")
    assert "Not selected: b = teal." in browser.run("document.getElementById('card').innerText")
    assert "no feature" not in browser.run("document.getElementById('card').innerText")
    browser.run("document.querySelectorAll('.tabs button')[1].click()")
    assert "no feature has a weight" in browser.run("document.getElementById('card').innerText")


def test_the_card_shows_what_the_notebook_shows(report_of, page_of):
    batch = rows()
    numbers = "Array.from(document.querySelectorAll('SELECTOR td b'), b => b.innerText)"
    card = report_of(batch, fragment="#r5").run(numbers.replace("SELECTOR", "#card"))
    page = page_of(batch[5]).run(numbers.replace("SELECTOR", ".sklime"))
    assert card == page


def test_words_of_documents_are_highlighted_in_the_card(report_of):
    browser = report_of(documents())
    assert browser.run("document.querySelector('#card .doc').textContent") == DOCUMENT
    words = browser.run("Array.from(document.querySelectorAll('#card .doc b'), b => b.innerText)")
    assert words == ["good", "film", "good", "bad", "good"]


def test_documents_are_listed_with_their_begin(report_of):
    begin = "A film with\n many\t words " + "and words " * 20
    browser = report_of(document_batch([begin, "a bad film"], WORDS)[np.arange(2100) % 2])
    read = "['r0', 'r1', 'r2098'].map(id => document.querySelector(`#${id} .sn`).innerText)"
    browser.run("location.hash = '#r2099'")
    browser.wait_for("document.querySelectorAll('#tb tr').length === 2100")
    early, short, late = browser.run(read)
    assert early == late
    assert early.startswith("A film with many words and words and")
    assert early.endswith("…")
    assert len(early) <= 100
    assert short == "a bad film"
    browser = report_of(document_batch(["a bad film"], WORDS), include_values=False)
    assert browser.run("document.querySelectorAll('.sn').length") == 0


def test_the_card_shows_the_pictures_of_the_list(report_of):
    browser = report_of(pictures_of_classes())
    read = "Array.from(document.querySelectorAll('{} img'), i => i.src)"
    for row in (0, 7):
        browser.run(f"document.querySelector('#r{row} td').click()")
        shown = browser.run(read.format("#card"))
        assert len(shown) == 2
        assert shown == browser.run(read.format(f"#r{row}"))
        sizes = "Array.from(document.querySelectorAll('#card img'), i => i.naturalWidth)"
        assert min(browser.run(sizes)) >= 60
    note = "document.querySelector('#card').innerText.includes('The tint shows the weights for')"
    main = browser.run("document.querySelector('#card .tabs [aria-pressed=true]').innerText")
    assert not browser.run(note)
    browser.run("document.querySelector('#card .tabs [aria-pressed=false]').click()")
    assert browser.run(note)
    assert f"The tint shows the weights for {main}." in browser.run(
        "document.querySelector('#card').innerText"
    )
    assert "Segment" in browser.run("document.querySelector('#card thead').innerText")


def test_pictures_are_drawn_in_saved_pages_and_reports(browser, report_of, tmp_path):
    drawn = "Array.from(document.images).every(i => i.complete && i.naturalWidth > 20)"
    assert report_of(pictures()).run(drawn)
    browser.open(pictures()[0].to_html(tmp_path / "page.html"))
    assert browser.run("document.images.length") == 2
    assert browser.run(drawn)


def test_pictures_stand_below_each_other_on_a_phone(page_of):
    tops = "Array.from(document.images, i => Math.round(i.getBoundingClientRect().top))"
    wide = page_of(pictures()[0], width=900).run(tops)
    assert wide[0] == wide[1]
    narrow = page_of(pictures()[0], width=390).run(tops)
    assert narrow[1] > narrow[0] + 200


def test_the_file_of_pictures_has_no_documents(report_of):
    frame = pd.read_csv(io.StringIO(saved_file(report_of(pictures()))))
    assert list(frame) == ["picture", "explained", "prediction", "predicted", "R2"]
    assert frame["picture"].tolist() == [0, 1, 2, 3]


# On a phone


def is_in_view(browser, name):
    return browser.run(
        f"(b => b.top >= -1 && b.top < innerHeight)(document.querySelector('{name}')"
        ".getBoundingClientRect())"
    )


def test_keys_are_named_where_there_are_keys(report_of):
    assert report_of(rows(), width=1200).run("document.querySelector('#keys .k').offsetHeight") > 0


def test_a_tap_leads_to_the_card_and_back(report_of):
    browser = report_of(rows(), width=390)
    browser.run("document.querySelector('#r30').scrollIntoView()")
    assert not is_in_view(browser, "#card")
    browser.run("document.querySelector('#r30 td').click()")
    assert chosen(browser) == "Row 30"
    assert is_in_view(browser, "#card h3")
    browser.run("document.querySelector('.back').click()")
    assert is_in_view(browser, "#r30")
    browser = report_of(rows(), width=1200)
    assert browser.run("document.querySelector('.back').offsetHeight") == 0


@pytest.mark.parametrize(
    "make", [rows, lambda: wines()[1], three_classes, documents, pictures_of_classes]
)
def test_nothing_is_cut_on_a_phone(report_of, make):
    browser = report_of(make(), width=390)
    browser.run("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    browser.run(
        "document.querySelectorAll('#columns input[type=checkbox]').forEach(b => b.click())"
    )
    cut = browser.run(
        "Array.from(document.querySelectorAll('td,th,p,h3,button,input,select,.tiles,#hist'))"
        ".filter(e => { const b = e.getBoundingClientRect();"
        "return b.width && (b.right > innerWidth - 9 || b.left < -1); }).map(e => e.outerHTML)"
    )
    assert cut == []
    assert browser.run("document.querySelector('#keys .k').offsetHeight") == 0


def test_a_report_is_useful_without_scripts(report_of):
    browser = report_of(rows(), scripts=False)
    browser.allow_scripts(True)
    text = browser.run("document.body.innerText")
    assert "What drives" in text
    assert "representative row" in text
    assert browser.run("document.querySelectorAll('#tb tr').length") == 40
    assert browser.run("document.getElementById('bar').offsetHeight") == 0
    assert browser.run("document.getElementById('card').offsetHeight") == 0


def test_many_rows_are_drawn_in_pages(report_of):
    batch = rows(1)[np.zeros(2600, dtype=int)]
    browser = report_of(batch)
    assert len(shown_rows(browser)) == 100
    browser.run("document.querySelector('#more button').click()")
    assert len(shown_rows(browser)) == 200
    browser.run("document.querySelector('.rows').scrollTop = 1e6")
    browser.wait_for("document.querySelectorAll('#tb tr').length === 300")
    browser.run("location.hash = '#r2599'")
    browser.wait_for("document.querySelectorAll('#tb tr').length === 2600")
    # The first 2,000 came with the page, the others are made by the script.
    late, early = browser.run(
        "[2599, 0].map(i => document.getElementById('r' + i).innerText.split('\\t').slice(1))"
    )
    assert late == early


def test_keys_go_on_beyond_a_page(report_of):
    batch = rows(1)[np.zeros(1000, dtype=int)]
    browser = report_of(batch, fragment="#r99")
    assert 100 <= len(shown_rows(browser)) < 1000
    for place in range(100, 103):
        browser.press("ArrowDown")
        assert browser.run("document.querySelector('[aria-current]').id") == f"r{place}"


def test_print_keeps_the_bars_and_hides_the_controls(report_of):
    browser = report_of(rows())
    browser.prefer("light", media="print")
    browser.run("dispatchEvent(new Event('beforeprint'))")
    assert browser.run("document.getElementById('bar').offsetHeight") == 0
    assert browser.run("document.querySelector('.picks details').open")
    assert browser.run("document.querySelector('.picks .u').getBoundingClientRect().width") > 20
    browser.prefer("light")


COLORS_OF_PAGE = (
    "[document.body, document.querySelector('CARD')].flatMap(e => "
    "[getComputedStyle(e).backgroundColor, getComputedStyle(e).color])"
    ".concat(getComputedStyle(document.documentElement).colorScheme)"
)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("n_switches", [0, 1, 2])
def test_a_report_is_printed_on_white(report_of, scheme, n_switches):
    colors = COLORS_OF_PAGE.replace("CARD", "#card")
    browser = report_of(rows())
    browser.prefer("light", media="print")
    light = browser.run(colors)
    assert light[0] == "rgb(255, 255, 255)"
    browser = report_of(rows(), scheme=scheme)
    for _ in range(n_switches):
        browser.run("document.getElementById('theme').click()")
    browser.prefer(scheme, media="print")
    assert browser.run(colors) == light
    browser.prefer("light")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_saved_page_is_printed_on_white(browser, tmp_path, scheme):
    path = hand_made().save(tmp_path / "page.html")
    colors = COLORS_OF_PAGE.replace("CARD", ".sklime th")
    shown = []
    for printed in ("light", scheme):
        browser.prefer(printed, media="print")
        browser.open(path)
        shown.append(browser.run(colors))
    assert shown[0] == shown[1]
    assert shown[0][0] == "rgb(255, 255, 255)"
    browser.prefer("light")


def test_the_theme_can_be_changed(report_of):
    browser = report_of(rows())
    color = "getComputedStyle(document.body).backgroundColor"
    light = browser.run(color)
    browser.run("document.getElementById('theme').click()")
    assert browser.run(color) != light


# Exact and sampled rows in one report


def test_card_of_an_exact_row_has_no_intervals(report_of):
    browser = report_of(exact_and_sampled(), fragment="#r3")
    card = browser.run("document.getElementById('card').textContent")
    assert "Row 3 · exact" in card
    assert "95%" not in card
    assert "\N{PLUS-MINUS SIGN}" not in card
    assert "together: " in card
    assert browser.run("document.querySelectorAll('#card i.w').length") == 0
    assert browser.run("document.querySelectorAll('#card i.o').length") == 0
    widths = browser.run(
        "Array.from(document.querySelectorAll('#card .w tr')).map(tr => tr.cells.length)"
    )
    assert len(set(widths)) == 1


def test_card_of_a_sampled_row_beside_exact_ones_has_intervals(report_of):
    browser = report_of(exact_and_sampled(), fragment="#r25")
    card = browser.run("document.getElementById('card').textContent")
    assert "exact" not in card
    assert "95%" in card
    assert browser.run("document.querySelectorAll('#card i.w').length") > 0


def test_page_and_script_show_the_same_table_of_an_exact_row(report_of):
    browser = report_of(exact_and_sampled()[:20])
    cells = "Array.from(tr.cells).map(cell => cell.textContent.trim())"
    read = f"Array.from({{table}}.rows).slice(1).map(tr => {cells})"
    row = browser.run("document.querySelector('.picks details').dataset.i")
    browser.run(f"location.hash = '#r{row}'; new Promise(done => setTimeout(done, 100))")
    page = browser.run(read.format(table="document.querySelector('.picks details table.w')"))
    card = browser.run(read.format(table="document.querySelector('#card table.w')"))
    assert page == card
