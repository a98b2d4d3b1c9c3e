"""Words and characters with marks and modifiers: what readers see as one is one."""

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sklime import LimeTextExplainer
from sklime.parts import part_spans

EMOJI = {
    "a face": "\U0001f600",
    "a thumb with a skin tone": "\U0001f44d\U0001f3fd",
    "a heart": "\u2764\ufe0f",
    "a heart without selector": "\u2764",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "hands of two skins": "\U0001f468\U0001f3fd\u200d\U0001f91d\u200d\U0001f468\U0001f3fb",
    "a woman who heals": "\U0001f469\u200d\u2695\ufe0f",
    "a flag": "\U0001f1eb\U0001f1f7",
    "a flag of tags": "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "a rainbow flag": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "a keycap": "1\ufe0f\u20e3",
    "a hash in a keycap": "#\ufe0f\u20e3",
    "a sign as a picture": "\u2122\ufe0f",
    "an arrow as a picture": "\u2194\ufe0f",
    "a skin tone alone": "\U0001f3fd",
    "a burning heart": "\u2764\ufe0f\u200d\U0001f525",
    "a kiss of two skins": "\U0001f469\U0001f3fd\u200d\u2764\ufe0f\u200d\U0001f48b\u200d"
    "\U0001f468\U0001f3fb",
    "a pirate flag": "\U0001f3f4\u200d\u2620\ufe0f",
    "a head that shakes": "\U0001f642\u200d\u2194\ufe0f",
    "a runner to the right": "\U0001f3c3\U0001f3fd\u200d\u2640\ufe0f\u200d\u27a1\ufe0f",
    "a keycap without selector": "9\u20e3",
    "a keycap as text": "1\ufe0e\u20e3",
    "a heart as text": "\u2764\ufe0e",
    "a small square": "\u25fe",
    "a sign that is a letter": "\u2139\ufe0f",
    "half a flag": "\U0001f1eb",
}


def tokens(text, analyzer="word", **options):
    return [text[start:end] for start, end in part_spans(text, analyzer, **options)]


@pytest.mark.parametrize("name", EMOJI)
def test_an_emoji_with_its_modifiers_is_one_word(name):
    emoji = EMOJI[name]
    assert tokens(f"so {emoji} good") == ["so", emoji, "good"]
    assert tokens(f"so {emoji}!") == ["so", emoji]
    assert tokens(f"{emoji} {emoji}") == [emoji, emoji]
    assert tokens(emoji) == [emoji]
    if name != "a skin tone alone":
        # One character, too; a tone alone belongs to whatever character is before it.
        assert tokens(f"a {emoji}\n", "char") == ["a", " ", emoji, "\n"]
        assert tokens(f"so{emoji}good") == ["so", emoji, "good"]


def test_emoji_side_by_side_are_words_of_their_own():
    flags = "\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea"
    assert tokens(flags) == [flags[:2], flags[2:]]
    assert tokens(flags[:3]) == [flags[:2], flags[2]]
    assert tokens("\U0001f600\U0001f680") == ["\U0001f600", "\U0001f680"]


@pytest.mark.parametrize(
    "mark",
    ["\ufe0f", "\ufe0e", "\U000e0100", "\u200d", "\u0301", "\u20e3", "\u200c", "\u00ad", "\u093f"]
    + ["\U000e0067", "\U000e007f", "\u3099", "\ufe0f\ufe0f", "\u200d\ufe0f"],
)
def test_a_lone_mark_is_no_word(mark):
    assert tokens(f"so {mark} good {mark}") == ["so", "good"]
    assert tokens(mark) == []
    assert tokens(f"{mark}so") == ["so"]


@pytest.mark.parametrize(
    "sign",
    ["\u2122", "\u2122\ufe0e", "\u00a9", "\u2194", "-", "+", "$"]
    + ["\u275d", "\u2768", "\u2794", "\U0001f676", "\U0001f800"],  # ornaments: quotes, arrows
)
def test_signs_are_no_words(sign):
    assert tokens(f"so {sign} good") == ["so", "good"]


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_no_word_begins_with_a_mark_or_is_blank(text):
    for word in tokens(text):
        assert unicodedata.category(word[0])[0] != "M"
        assert not word.isspace()
    # Whatever has a letter or a digit is in some word.
    covered = sum(len(re.findall(r"\w", word)) for word in tokens(text))
    assert covered == len(re.findall(r"\w", text))


def test_blanks_are_characters():
    assert tokens("a b\t\r\n", "char") == ["a", " ", "b", "\t", "\r\n"]


@pytest.mark.parametrize(
    "character",
    ["\u0645\u200c", "\uff76\uff9e", "\ua960\u1161", "\u1100\ud7b0\ud7cb", "\u1100\u1100\uac01"],
)
def test_joiners_and_letters_that_complete_others_are_no_characters(character):
    assert tokens(f"a{character}b", "char") == ["a", character, "b"]


def test_a_joiner_joins_pictures_alone():
    assert tokens("a\u200d\U0001f469", "char") == ["a\u200d", "\U0001f469"]


@given(st.text(max_size=60))
def test_characters_are_the_whole_text(text):
    assert "".join(tokens(text, "char")) == text


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\b(\w+)?-\b", ["so"]),  # the group takes no part in the second match
        (r"(x)?[a-z]+", []),
        (r"x*", []),
        (r"(?:a|b)+", ["a", "b"]),
        (r"(?<=-)(\w+)", ["good", "a"]),
    ],
)
def test_patterns_whose_groups_may_be_missing(pattern, expected):
    assert tokens("so-good -a b", token_pattern=pattern) == expected


def test_a_group_may_look_around():
    assert tokens("so ox", token_pattern=r"(?<=(o))\w|s") == ["o"]


@pytest.mark.parametrize("pattern", [r"(?=(\w+))\w", r"\w(?=.*(a))"])
def test_groups_that_take_a_character_twice_are_refused(pattern):
    # Copies would hold it twice.
    with pytest.raises(ValueError, match="takes overlapping spans"):
        tokens("so good a", token_pattern=pattern)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", "is no regular expression: missing"),
        ("a{99999999999}", "is no regular expression: the repetition number"),
        (r"\p{L}", "is no regular expression: bad escape"),
        ("(a)(b)", "has 2 groups"),
    ],
)
def test_patterns_that_are_none_are_named(pattern, message):
    with pytest.raises(ValueError, match=re.escape(f"token_pattern={pattern!r} {message}")):
        tokens("ab", token_pattern=pattern)


@pytest.mark.parametrize("analyzer", ["word", "char"])
@pytest.mark.parametrize(
    "unit",
    ["a", "a'", "\u200d", "\u0301", "\U0001f3fd", "\U0001f468\u200d", "\U000e0067", "1\ufe0f"],
)
def test_long_runs_of_anything_take_no_longer_a_character(unit, analyzer):
    # It would take minutes if the time grew with the square of the length.
    text = f"\U0001f3f4{unit * 100_000}"
    assert len(part_spans(text, analyzer))


# Words in explanations


def test_emoji_get_weights():
    def cheer(texts):
        return np.array([float("\U0001f44d\U0001f3fd" in text) for text in texts])

    explainer = LimeTextExplainer(cheer, random_state=0).fit(["so so"])
    one = explainer.explain(["so \U0001f44d\U0001f3fd ok"])[0]
    assert_allclose(dict(one.as_list())["\U0001f44d\U0001f3fd"], 1.0)


def test_blanks_get_weights_as_characters():
    explainer = LimeTextExplainer(
        lambda texts: np.array([float(" " in text) for text in texts]),
        analyzer="char",
        random_state=0,
    ).fit(["a b"])
    assert_allclose(dict(explainer.explain(["a b"])[0].as_list())[" "], 1.0)
