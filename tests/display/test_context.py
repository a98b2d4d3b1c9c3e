"""Words in their context: whole words around them, on one line."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shown import HOSTILE

from sklime.display._context import BEGIN, END, keyword_lines
from sklime.display._names import visible

DOCUMENT = "It was a long and good evening.\n\nAll of us saw a good film, and no bad one."


def marked(document, *words):
    """Where words occur, in the order of the document."""
    found = [
        (match.start(), match.end(), number)
        for number, word in enumerate(words)
        for match in re.finditer(re.escape(word), document)
    ]
    return sorted(found)


def lines_of(document, words, strengths, n_lines=9, around=20):
    found = marked(document, *words)
    return keyword_lines(document, found, np.array(strengths), n_lines=n_lines, around=around)


def test_the_strongest_word_comes_first_and_each_word_once():
    lines = lines_of(DOCUMENT, ["good", "bad", "film"], [0.2, 0.9, 0.5])
    assert [line.word for line in lines] == ["bad", "film", "good"]
    assert [line.number for line in lines] == [1, 2, 0]
    assert len(lines_of(DOCUMENT, ["good", "bad", "film"], [0.2, 0.9, 0.5], n_lines=2)) == 2


def test_a_word_is_shown_where_it_occurs_first():
    (line,) = lines_of(DOCUMENT, ["good"], [0.2])
    assert line.before == "It was a long and "
    assert line.after == f" evening. All of us{END}"


def test_ends_of_the_document_have_no_ellipsis():
    (line,) = lines_of("good", ["good"], [1.0])
    assert line[:3] == ("", "good", "")


def test_a_document_without_words_has_no_lines():
    assert keyword_lines(DOCUMENT, [], np.array([]), n_lines=3, around=9) == []


@given(st.lists(st.text("abc", min_size=1, max_size=12), min_size=1, max_size=40), st.data())
def test_context_is_whole_words_of_the_document(words, data):
    document = " ".join(words)
    start = data.draw(st.integers(0, len(words) - 1))
    first = len(" ".join(words[:start])) + (start > 0)
    found = [(first, first + len(words[start]), 0)]
    around = data.draw(st.integers(13, 60))
    (line,) = keyword_lines(document, found, np.ones(1), n_lines=1, around=around)
    before, after = line.before.removeprefix(BEGIN).split(), line.after.removesuffix(END).split()
    assert before == words[start - len(before) : start]
    assert after == words[start + 1 : start + 1 + len(after)]
    assert line.before.startswith(BEGIN) == (first > around)
    assert len(line.before) <= around + len(BEGIN)
    assert len(line.after) <= around + len(END)


def test_a_text_without_blanks_is_cut_anywhere():
    (line,) = lines_of("x" * 90 + "good" + "y" * 90, ["good"], [1.0], around=10)
    assert line[:3] == (BEGIN + "x" * 10, "good", "y" * 10 + END)


def test_a_very_long_word_is_cut_in_its_middle():
    (line,) = keyword_lines("w" * 900, [(0, 900, 0)], np.ones(1), n_lines=1, around=10)
    assert len(line.word) == 40


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_lines_hold_no_strange_characters(text):
    for line in lines_of(f"{text[:500]} good {text[:500]}", ["good"], [1.0], around=300):
        for part in (line.before.removeprefix(BEGIN), line.after.removesuffix(END)):
            assert visible(part) == part
            assert "\n" not in part
