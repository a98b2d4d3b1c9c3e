"""Very long documents: passages around the strongest words, and nothing that grows too fast."""

import functools
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shown import document_explanation

from sklime import Explanation, LimeTabularExplainer, LimeTextExplainer
from sklime.display._document import (
    ALL_PASSAGES,
    AROUND,
    GAP,
    LONGEST_WHOLE,
    LONGEST_WORD,
    document_view,
    highlights,
    passage_pieces,
)
from sklime.display._notebook import notebook_html
from sklime.display._records import Collector
from sklime.display._report import report_html

N_WORDS = 30_000


@pytest.fixture(scope="module")
def long_batch():
    """Two documents of many different words, of which all have a weight."""

    def model(texts):
        return np.array([3.0 * ("w7 " in text) + ("w20123 " in text) for text in texts])

    text = " ".join(f"w{place}" for place in range(N_WORDS))
    explainer = LimeTextExplainer(model, n_perturbations=64, max_features=None, random_state=0)
    return explainer.fit(["a b"]).explain([text, text])


@pytest.mark.slow
def test_sizes_do_not_grow_with_the_document(long_batch):
    one = long_batch[0]
    assert len(one.document) > 2 * LONGEST_WHOLE - 50_000
    assert len(notebook_html(one)) < 300_000
    assert len(report_html(long_batch)) < 500_000
    assert len(repr(one)) < 30_000
    assert "29,800 more, together" in repr(one)


def test_outputs_do_not_ask_for_all_conditions_part_by_part(long_batch, monkeypatch):
    calls = []
    conditions = Explanation.conditions.fget

    def counting(self):
        calls.append(self)
        return conditions(self)

    monkeypatch.setattr(Explanation, "conditions", property(counting))
    one = long_batch[0]
    for show in (repr, notebook_html, Explanation.to_frame, Explanation.as_list):
        calls.clear()
        show(one)
        assert len(calls) < 10
    calls.clear()
    report_html(long_batch)
    assert len(calls) < 20


@functools.cache
def words_of(document):
    """Return start and stop of all words, as the tests cut them."""
    places = [match.span() for match in re.finditer(r"\S+", document)]
    return np.array(places, dtype=int).reshape(-1, 2)


def shown(document, found, sizes, **options):
    sizes = np.asarray(sizes, dtype=float)
    return passage_pieces(document, found, sizes, words_of(document), **options)[0]


def left_out(text):
    """Return the numbers of words and characters that a gap speaks of."""
    number = r"([\d,]+)"
    match = re.fullmatch(rf" \[(?:{number} words?, )?{number} characters? left out\] ", text)
    return [int((count or "0").replace(",", "")) for count in match.groups()]


def assert_pieces_are_those_of_the_document(document, parts):
    place = 0
    for text, word in parts:
        if word == GAP:
            n_words, n_characters = left_out(text)
            assert n_words == len(document[place : place + n_characters].split())
            place += n_characters
        else:
            assert document[place : place + len(text)] == text
            place += len(text)
    assert place == len(document)


@given(
    words=st.lists(st.integers(0, 99_990), min_size=1, max_size=60, unique=True).map(sorted),
    seed=st.integers(0, 9),
)
@settings(deadline=None, max_examples=50)
def test_passages_are_the_document_and_hold_the_strongest_word(words, seed):
    document = "abc " * 100_000
    starts = [4 * word for word in words]
    found = [(start, start + 3, place) for place, start in enumerate(starts)]
    sizes = np.random.default_rng(seed).random(max(len(found), 1))
    parts = shown(document, found, sizes)
    assert_pieces_are_those_of_the_document(document, parts)
    if found:
        assert int(sizes[: len(found)].argmax()) in {word for _, word in parts}
    n_shown = sum(len(text) for text, word in parts if word != GAP)
    assert n_shown <= ALL_PASSAGES + 2 * AROUND + 20


def test_each_word_is_shown_a_few_times():
    document = "abc " * 100_000
    found = [(start, start + 3, 0) for start in range(0, 400_000, 4000)]
    assert sum(word == 0 for _, word in shown(document, found, [1.0])) == 3


def test_a_word_as_long_as_the_document_is_cut():
    document = "x" * 1_000_000
    (head, first), (gap, between), (tail, last) = shown(document, [(0, len(document), 0)], [1.0])
    # What stands between the two ends is no part of the word, so it is not highlighted.
    assert (first, between, last) == (0, GAP, 0)
    assert len(head + tail) == LONGEST_WORD
    assert left_out(gap) == [0, 1_000_000 - LONGEST_WORD]


def test_blanks_between_two_words_are_left_out():
    document = "good" + " " * 200_000 + "bad"
    parts = shown(document, [(0, 4, 0), (200_004, 200_007, 1)], [0.3, 0.2])
    assert parts[::2] == [("good", 0), ("bad", 1)]
    assert left_out(parts[1][0]) == [0, 200_000]


def test_a_document_without_weights_shows_its_begin():
    document = "abc " * 100_000
    (text, word), (gap, _) = shown(document, [], [])
    assert word is None
    assert text == document[:ALL_PASSAGES]
    assert left_out(gap) == [100_000 - ALL_PASSAGES // 4, len(document) - ALL_PASSAGES]


def test_a_long_word_beside_a_strong_one_takes_no_room():
    document = "x" * 300_000 + " good " + "y" * 300_000
    assert [text for text, word in shown(document, [(300_001, 300_005, 0)], [1.0])] == [
        " [1 word, 300,001 characters left out] ",
        "good",
        " [1 word, 300,001 characters left out] ",
    ]


def test_passages_begin_and_end_with_whole_words():
    rng = np.random.default_rng(0)
    document = " ".join("w" * length for length in rng.integers(1, 30, 20_000))
    places = words_of(document)[[100, 9000, 19_000]]
    found = [(int(start), int(stop), word) for word, (start, stop) in enumerate(places)]
    parts = shown(document, found, [1.0, 2.0, 3.0])
    n_passages = "".join(" " if word != GAP else "\n" for _, word in parts).split("\n")
    assert len(n_passages) == 5
    known = set(document.split())
    texts = "".join(text if word != GAP else " " for text, word in parts).split()
    assert set(texts) <= known
    assert_pieces_are_those_of_the_document(document, parts)


def test_a_note_counts_the_words_that_are_shown(long_batch):
    one = long_batch[0]
    view = document_view(one, 0)
    gaps = [left_out(part["text"])[0] for part in view["parts"] if "left out]" in part["text"]]
    n_shown = N_WORDS - sum(gaps)
    note = f"{n_shown:,d} of 30,000 words shown, around those with the largest weights."
    assert view["note"] == note
    assert note in notebook_html(one)
    assert note in report_html(long_batch)
    assert note not in report_html(long_batch, include_values=False)


def test_strongest_words_of_a_cell_are_those_of_the_passages(long_batch):
    one = long_batch[0]
    texts = {part["text"] for part in document_view(one, 0)["parts"] if part["style"]}
    for word in np.argsort(-np.abs(one.values[:, 0]))[:10]:
        assert one.feature_names[word] in texts


def test_pictures_show_words_in_context_where_the_highlights_do_not_fit():
    document = "good " + "x " * 5000 + "bad " + "y " * 5000
    display = document_explanation(document, {"good": 0.1, "bad": -0.9}).plot(kind="text")
    assert display.texts[1::3] == ["bad", "good"]
    assert display.weights[1::3] == [-0.9, 0.1]
    assert sum(map(len, display.texts)) < 400
    assert "2 of 2 words in context, the strongest first" in display.xlabel
    display.figure_.canvas.draw()
    words = [text for text in display.texts_ if text.get_text() in ("good", "bad")]
    assert words[0].get_position()[0] == words[1].get_position()[0]
    assert words[0].get_position()[1] < words[1].get_position()[1]
    right = display.ax_.get_window_extent().x1
    assert max(text.get_window_extent().x1 for text in display.texts_) <= right + 4


@pytest.mark.parametrize("blank", ["", " "])
def test_context_is_drawn_with_and_without_blanks(blank):
    document = f"good{blank}" + f"x{blank}" * 5000 + "bad" + f"{blank}y" * 5000
    display = document_explanation(document, {"good": 0.1, "bad": -0.9}).plot(kind="text")
    drawn = "".join(text.get_text() for text in display.texts_)
    assert {"x", "y"} <= set(drawn)
    lefts = [text.get_position()[0] for text in display.texts_]
    assert min(lefts) >= -1.0


def test_pictures_show_one_stretch_where_the_highlights_fit():
    document = "x " * 5000 + "good and bad " + "y " * 5000
    display = document_explanation(document, {"good": 0.1, "bad": -0.9}).plot(kind="text")
    assert "shown" not in display.xlabel
    shown_text = "".join(display.texts).strip("\N{HORIZONTAL ELLIPSIS}")
    assert shown_text in document


@pytest.mark.parametrize(("n_blocks", "is_long"), [(3, False), (40, True)])
def test_cards_of_long_documents_list_the_strongest_words(n_blocks, is_long):
    document = "A good film by all of the cast, and not bad. " * n_blocks
    words = {"good": 0.1, "bad": -0.9, "cast": 0.5}
    one = document_explanation(document, words)
    lines = document_view(one, 0)["context"]
    assert [line["word"] for line in lines] == (["bad", "cast", "good"] if is_long else [])
    html = notebook_html(one)
    assert ("Strongest words in their context" in html) == is_long
    assert html.count(">bad</b>") == n_blocks + is_long


def test_documents_count_all_their_weights_in_a_report():
    n_words, n_documents = 90, 2

    def model(texts):
        sets = [set(text.split()) for text in texts]
        return np.array([sum(1 + place for place in range(90) if f"v{place}" in s) for s in sets])

    text = " ".join(f"v{place}" for place in range(n_words))
    explainer = LimeTextExplainer(model, n_perturbations=512, max_features=None, random_state=0)
    batch = explainer.fit([text]).explain([text] * n_documents)
    collector = Collector(list(batch), include_values=True)
    records = [collector.record(row, one, 0) for row, one in enumerate(batch)]
    assert len(records[0]["outputs"][0].weights) == 60
    entries = collector.counted(0)
    means = dict(zip(entries.names, np.bincount(entries.features, np.abs(entries.weights)) / 2))
    truth = dict(zip(batch[0].feature_names, np.abs([one.values[:, 0] for one in batch]).mean(0)))
    assert means == pytest.approx(truth)


def test_a_word_that_no_row_lists_has_a_number_in_the_report():
    collector = Collector([], include_values=True)
    assert collector.feature_number("a") == 0
    assert collector.feature_number("b" * 100) == 1
    assert collector.feature_number("a") == 0
    assert len(collector.feature_names) == 2


def table_of_levels(levels):
    """Return the collector and the records of a table with one column of levels."""
    X = pd.DataFrame({"where": list(levels) * 40, "n": np.arange(40.0 * len(levels))})

    def model(X):
        return np.where(X["where"] == levels[0], 1.0, -1.0) + 0.001 * X["n"]

    explainer = LimeTabularExplainer(model, n_perturbations=256, random_state=0)
    batch = explainer.fit(X).explain(X[: len(levels)])
    collector = Collector(list(batch), include_values=True)
    return collector, [collector.record(row, one, 0) for row, one in enumerate(batch)]


def test_rules_that_are_cut_to_the_same_text_stay_apart():
    collector, records = table_of_levels(
        [f"{'a' * 90} {middle} {'z' * 90}" for middle in ("b", "c")]
    )
    place = collector.feature_names.index("where")
    texts = [text for feature, text in collector.rule_texts if feature == place]
    assert len(texts) == 2
    assert len(set(texts)) == 1
    weights = [item for record in records for item in record["outputs"][0].weights]
    of_where = [item for item in weights if collector.rule_texts[item.rule][0] == place]
    assert len({item.rule for item in of_where}) == 2
    assert {np.sign(item.weight) for item in of_where} == {-1, 1}


def test_a_level_that_ends_like_a_scale_keeps_its_rule():
    collector, _ = table_of_levels(["5 sd", "other"])
    place = collector.feature_names.index("where")
    assert (place, "= 5 sd") in collector.rule_texts


@pytest.mark.parametrize(
    "document",
    ["x" * 500_000, "good" + " " * 500_000 + "bad", "\n" * 500_000 + "x", "<b>" * 200_000],
)
def test_documents_without_passages_are_short_too(document):
    one = document_explanation(document, {"good": 0.3, "bad": -0.2})
    html = notebook_html(one)
    assert len(html) < 60_000
    assert "characters left out" in html
    assert "<b><b>" not in html
    assert len(highlights(one, 0)) == document.count("good") + document.count("bad")


def test_documents_up_to_the_limit_are_whole():
    document = "x " * 10_000 + "good" + " y" * 10_000
    html = notebook_html(document_explanation(document, {"good": 0.3}))
    assert "left out" not in html


def test_the_report_counts_all_weights_of_a_table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 80))
    explainer = LimeTabularExplainer(
        lambda X: X @ np.linspace(1.0, 0.1, 80),
        n_perturbations=512,
        max_features=None,
        random_state=0,
    )
    batch = explainer.fit(X).explain(X[:5])
    assert batch.selected.all(axis=1).all()
    collector = Collector(list(batch), include_values=True)
    for row, one in enumerate(batch):
        collector.record(row, one, 0)
    entries = collector.counted(0)
    means = np.bincount(entries.features, np.abs(entries.weights)) / len(batch)
    order = [collector.feature_names.index(name) for name in batch.feature_names]
    np.testing.assert_allclose(means[order], np.abs(batch.values[..., 0]).mean(axis=0))


def test_batches_of_long_documents_are_drawn(long_batch):
    assert long_batch.kind == "text"
    assert len(long_batch._repr_html_()) < 100_000
