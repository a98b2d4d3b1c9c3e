"""Tokens: offsets that give the text back, in any script, from any tokenizer."""

import re

import numpy as np
import pytest
from documents import REVIEWS, TextRecorder, explain_text, lengths
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from sklearn.linear_model import LinearRegression

from sklime import LimeTextExplainer
from sklime.parts import ANALYZERS, part_spans, split_document

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
HINDI = "हिन्दी में लिखा"
THAI = "ที่นี่"


def tokens(text, analyzer="word", **options):
    return [text[start:end] for start, end in part_spans(text, analyzer, **options)]


@pytest.mark.slow
@given(st.text(), st.sampled_from(sorted(ANALYZERS)), st.booleans())
@settings(max_examples=300, deadline=None)
def test_pieces_and_tokens_give_the_text_back(text, analyzer, positions):
    split = split_document(text, analyzer, positions=positions)
    everything = np.ones((1, split.n_parts), dtype=bool)
    assert split.texts(everything, None) == [text]
    assert split.texts(everything, "[MASK]") == [text]
    assert "".join(split.texts(~everything, None)) == "".join(split.pieces())
    for word, spans in zip(split.words, split.part_spans(), strict=True):
        assert {text[start:end] for start, end in spans} == {word}


@given(st.text(alphabet=st.sampled_from("ab' .\u0301क्षि\u200d\U0001f468\U0001f3fd\n"), max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_part_is_empty_or_overlaps(text):
    for analyzer in ANALYZERS:
        ends = part_spans(text, analyzer).ravel()
        assert (np.diff(ends)[::2] > 0).all()
        assert (np.diff(ends)[1::2] >= 0).all()


def test_apostrophes_stay_inside_words():
    assert tokens("don't, it\u2019s 'quoted' rock'n'roll") == [
        "don't",
        "it\u2019s",
        "quoted",
        "rock'n'roll",
    ]


@pytest.mark.parametrize(("text", "expected"), [(HINDI, HINDI.split()), (THAI, [THAI])])
def test_combining_marks_stay_inside_words(text, expected):
    assert len(re.findall(r"\w+", text)) > len(expected)  # what `lime` does
    assert tokens(text) == expected


def test_each_ideograph_is_a_word():
    assert tokens("漢字かな, ok") == ["漢", "字", "かな", "ok"]


def test_numbers_and_underscores_are_words():
    assert tokens("snake_case 42 x2") == ["snake_case", "42", "x2"]


@pytest.mark.parametrize("text", ["", "  \n", "?!... --", "\ufe0f \u200d", "\u0301 \u20e3"])
def test_text_without_words_has_no_parts(text):
    split = split_document(text, "word")
    assert split.n_parts == 0
    assert split.part_spans() == ()
    assert split.texts(np.ones((2, 0), dtype=bool), None) == [text, text]


@pytest.mark.parametrize(
    "character",
    [
        FAMILY,
        "e\u0301",
        "\U0001f1eb\U0001f1f7",
        "\U0001f44d\U0001f3fd",
        "\u2764\ufe0f",
        "1\ufe0f\u20e3",
        "क्षि"[:2],
        "\u1100\u1161\u11a8",
        "\uac00\u11a8",
    ],
)
def test_what_readers_take_for_one_character_is_one(character):
    assert tokens(f"a{character}b {character}", "char") == ["a", character, "b", " ", character]


def test_flags_side_by_side_are_two():
    france, germany = "\U0001f1eb\U0001f1f7", "\U0001f1e9\U0001f1ea"
    assert tokens(france + germany, "char") == [france, germany]


def test_sentences_end_where_they_end():
    text = 'One. "Two?" Version 3.14 is out!\n\nA title\n\n三。四'
    assert tokens(text, "sentence") == [
        "One.",
        '"Two?"',
        "Version 3.14 is out!",
        "A title",
        "三。",
        "四",
    ]


@pytest.mark.parametrize(
    ("size", "expected"),
    [(1, ["a", "b", "c"]), (2, ["a b", "c"]), (3, ["a b, c"[:3] + ", c"]), (5, ["a b, c"])],
)
def test_runs_of_words(size, expected):
    assert tokens("a b, c", "ngram", ngram_size=size) == expected


def test_pattern_with_a_group_is_its_group():
    assert tokens("#a b #c", token_pattern=r"#(\w)") == ["a", "c"]


def test_pattern_may_match_nothing():
    assert tokens("abc", token_pattern=r"x*") == []


def test_occurrences_come_together_or_one_by_one():
    text = "good film, very good"
    together = split_document(text, "word")
    assert together.words == together.labels == ("good", "film", "very")
    assert together.part_spans()[0].tolist() == [[0, 4], [16, 20]]
    apart = split_document(text, "word", positions=True)
    assert apart.words == ("good", "film", "very", "good")
    assert apart.labels == ("good (1 of 2)", "film", "very", "good (2 of 2)")


def test_mask_token_stands_for_each_removed_token():
    split = split_document("to be or not to be", "word")
    assert split.texts([[False, True, True, False]], "[MASK]") == ["[MASK] be or [MASK] [MASK] be"]


def test_tokenizer_that_lowers_and_cuts_gives_spans_into_the_text_as_it_is():
    def word_pieces(text):
        # As offsets of word pieces come: with empty spans for special tokens.
        found = [match.span() for match in re.finditer(r"play|ing|\w+", text.lower())]
        return [(0, 0), *found, (0, 0)]

    assert tokens("Playing it", word_pieces) == ["Play", "ing", "it"]


def test_spans_may_come_in_any_order_and_any_kind_of_pair():
    assert part_spans("ab", lambda text: np.array([[1, 2], [0, 1]])).tolist() == [[0, 1], [1, 2]]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (["ab"], "pairs of places"),
        (["a", "b"], "pairs of places"),
        ([(0, 1, 2)], "pairs of places"),
        ([(0.0, 1.0)], "pairs of places"),
        ([(0, 9)], "not within a text of 2 characters"),
        ([(-1, 1)], "not within"),
        ([(1, 0)], "not within"),
        ([(0, 2), (1, 2)], "overlapping"),
        ([(False, True)], "pairs of places"),
        (None, "returned None"),
        (3, "returned 3"),
        ("ab", "returned 'ab'"),
        (b"ab", "returned b'ab'"),
        (np.array(3), r"returned array\(3\)"),
        ([np.array(3)], "pairs of places"),
        ([{0, 1}], "pairs of places"),
        ([{0: 1, 1: 2}], "pairs of places"),
        ([b"\x00\x01"], "pairs of places"),
        ([None], "pairs of places"),
        ([(None, 1)], "pairs of places"),
        ([(0, 10**30)], "not within"),
        (np.array([[0.0, 1.0]]), "pairs of places"),
        ([slice(0, 1)], "pairs of places"),
    ],
)
def test_bad_spans_are_refused(found, message):
    with pytest.raises(ValueError, match=message):
        part_spans("ab", lambda text: found)


def test_an_unknown_analyzer_is_named():
    with pytest.raises(ValueError, match=r"analyzer='words' is unknown; pass one of \['char'"):
        part_spans("ab", "words")


# Tokens in explanations


def test_spans_are_where_words_are():
    text = "\U0001f600 <b>café</b> & cafe\u0301, don't \u2028 café"
    explanation = explain_text(lengths, text, target=0)
    for word, spans in zip(explanation.feature_names, explanation.spans, strict=True):
        assert {explanation.document[start:end] for start, end in spans} == {word}
    assert explanation.document == text
    assert explanation.data.tolist() == [len(spans) for spans in explanation.spans]
    assert dict(zip(explanation.feature_names, explanation.data.tolist()))["café"] == 2


def test_markup_and_odd_characters_reach_the_model_as_they_are():
    text = "<script>alert('&amp;')</script> \x00 \ud800 good"
    recorder = TextRecorder(lengths)
    explain_text(recorder, text)
    assert text in recorder.texts
    assert all("<" in one and "\ud800" in one for one in recorder.texts)


def test_positions_tell_occurrences_apart():
    def first_word(texts):
        return [1.0 * text.strip().startswith("good") for text in texts]

    explanation = explain_text(
        first_word, "good film, good plot", positions=True, max_features=None
    )
    weights = dict(zip(explanation.conditions, explanation.values[:, 0]))
    assert weights["good (1 of 2)"] > 0.5
    assert abs(weights["good (2 of 2)"]) < 0.2
    assert explanation.feature_names == ("good", "film", "good", "plot")


def test_columns_of_occurrences_are_their_sum(review_model):
    explainer = LimeTextExplainer(review_model, positions=True, random_state=0).fit(REVIEWS)
    text = "good film, good plot"
    explanation = explainer.explain([text])[0]
    column = explainer.vocabulary_["good"]
    total = explanation.values[[0, 2]].sum()
    assert_allclose(explainer.transform([text])[0, column], total)


def test_mask_token_is_what_the_model_sees():
    recorder = TextRecorder(lambda texts: [text.count("[MASK]") for text in texts])
    explanation = explain_text(
        recorder, "a b a c", mask_token="[MASK]", surrogate=LinearRegression(), max_features=None
    )
    assert "[MASK] b [MASK] c" in recorder.texts
    assert_allclose(explanation.values[:, 0], [-2, -1, -1], atol=1e-9)
