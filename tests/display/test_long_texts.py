"""Very long documents: passages around the strongest words, and nothing that grows too fast."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shown import document_explanation

from sklime import Explanation, ExplanationBatch, LimeTabularExplainer, LimeTextExplainer
from sklime.display._document import (
    ALL_PASSAGES,
    AROUND,
    GAP,
    LONGEST_WHOLE,
    LONGEST_WORD,
    highlights,
    shown_pieces,
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


def shown(document, found, sizes):
    return list(shown_pieces(document, found, np.asarray(sizes, dtype=float)))


def assert_pieces_are_those_of_the_document(document, parts):
    place = 0
    for text, word in parts:
        if word == GAP:
            (count,) = re.findall(r"\[([\d,]+) characters left out\]", text)
            place += int(count.replace(",", ""))
        else:
            assert document[place : place + len(text)] == text
            place += len(text)
    assert place == len(document)


@given(
    words=st.lists(st.integers(0, 399_980), min_size=1, max_size=60, unique=True).map(sorted),
    seed=st.integers(0, 9),
)
@settings(deadline=None, max_examples=50)
def test_passages_are_the_document_and_hold_the_strongest_word(words, seed):
    document = "abc " * 100_000
    starts = [start for start, after in zip(words, [*words[1:], 10**9]) if after - start > 12]
    found = [(start, start + 10, place) for place, start in enumerate(starts)]
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
    parts = shown(document, [(0, len(document), 0)], [1.0])
    assert sum(len(text) for text, _ in parts) < 2 * LONGEST_WORD
    assert "characters left out" in "".join(text for text, _ in parts)


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
    _, _, sizes, features = collector.entries[0]
    means = np.bincount(features, np.abs(sizes)) / len(batch)
    order = [collector.feature_names.index(name) for name in batch.feature_names]
    np.testing.assert_allclose(means[order], np.abs(batch.values[..., 0]).mean(axis=0))


def test_batches_of_long_documents_are_drawn(long_batch):
    assert isinstance(long_batch, ExplanationBatch)
    assert len(long_batch._repr_html_()) < 100_000
