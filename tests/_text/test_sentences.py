"""Sentences end where readers end them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sklime.parts import part_spans


def sentences(text):
    return [text[start:end] for start, end in part_spans(text, "sentence")]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Smith met Mrs. Jones.",
        "J. R. R. Tolkien wrote it.",
        "She came at 5 p.m. on Monday, i.e. late.",
        "The U.S. Senate voted.",
        "It costs 3.14, e.g. here.",
        "See Fig. 3, No. 7 and Sec. 2.1!",
        "Am 5. Mai kam er.",
        "The firm (Foo Inc. of Ohio) paid.",
        "Apples, pears, etc. were there.",
        "Wait... what?",
        "He has a Ph.D. in physics, from 1999.",
        "It is near, on Feb. 14, or Sept. 5.",
        "Das kam z. B. heute, d. h. am Montag.",
        "\u00c9. Zola and Mrs. T. came.",
        "Assoc. Prof. Lee, op. cit. Smith.",
        "Version 2.0 of sklime.kernels is out.",
        "Mr.",
        "...",
        "On Jan. 5 and Sept. 3 we met.",
        "He has a Ph.D. in math.",
        "Er kam, z. B. heute, d. h. nach Bonn.",
        "It is large, e. g. here.",
        "\u00c9. Zola wrote it.",
        "J.-P. Sartre wrote it.",
        '"Stop!" she said.',
        "(Really?) he asked.",
        "1. The first item.",
        "Sra. Garc\u00eda vino.",
    ],
)
def test_a_sentence_is_whole(sentence):
    assert sentences(sentence) == [sentence]
    assert sentences(f"{sentence} The next one.")[0].startswith(sentence[:-1])


@pytest.mark.parametrize(
    "parts",
    [
        ["One.", "Two!", "Three?"],
        ["great movie.", "loved it."],
        ["It was me.", "Then I left."],
        ["I like vitamin C.", "The rest is fine."],
        ["He lives in the U.S.", "The house is old."],
        ["Really?!", "Yes."],
        ['"Really?"', "Yes."],
        ["No.", "I will not."],
        ["Wait...", "What?"],
        ["\u4e09\u3002", "\u56db\uff01", "\u4e94"],
        ["\u300c\u4e09\u3002\u300d", "\u56db"],
        ["It works.[1]", "It is fine.\u00b9", "Next.**", "End."],
        ["\u0645\u0631\u062d\u0628\u0627\u061f", "\u0646\u0639\u0645."],
        ["A title", "A text."],
        ["NO.", "I will not."],
        ["I take vitamin c.", "I like it."],
        ["\u4e09\uff61", "\u56db\uff0e", "\u4e94"],
        ["\u4e09\u3002\u201d", "\u56db"],
        ["\uff13\uff0e\uff11\uff14\u3002", "\u56db"],
        ["\u0646\u0639\u0645\u061f", "\u0644\u0627."],
        ["\u0928\u092e\u0938\u094d\u0924\u0947\u0964", "\u0920\u0940\u0915\u0964"],
    ],
)
def test_sentences_are_told_apart(parts):
    is_joined = any(ord(character) > 0x2FFF for character in parts[-1])
    blank = "" if is_joined else "\n \n" if parts[0] == "A title" else " "
    assert sentences(blank.join(parts)) == parts


@given(st.text(alphabet=st.sampled_from("aB. !?\n\"'Dr5\u3002"), max_size=60))
@settings(max_examples=300, deadline=None)
def test_sentences_cover_all_but_blanks(text):
    spans = part_spans(text, "sentence").tolist()
    outside = text
    for start, end in reversed(spans):
        assert text[start:end] == text[start:end].strip() != ""
        outside = outside[:start] + outside[end:]
    assert not outside.strip()


def test_a_long_text_takes_no_longer_a_sentence():
    text = "Dr. A. met e.g. B. " * 20_000
    assert len(sentences(text)) < 25_000


@pytest.mark.parametrize(
    ("first", "second", "last"),
    [
        (".", ")", "x"),
        ("\n", "", ""),
        ("\n \n", "", ""),
        ('."', "", ""),
        ("\u3002", ")", ""),
        (".", " ", ""),
    ],
)
def test_runs_of_marks_and_blanks_take_no_longer_a_character(first, second, last):
    # Dots and brackets without a blank after them took minutes.
    text = first * 50_000 + second * 50_000 + last
    assert len(sentences(text)) <= 1
