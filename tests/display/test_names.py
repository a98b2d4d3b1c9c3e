"""Names on a page: visible, on one line, never markup."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shown import HOSTILE

from sklime.display._names import (
    json_for_html,
    middle_cut,
    name_of,
    split_condition,
    visible,
    without_piles,
)

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)


@given(ANY_TEXT)
def test_visible_text_can_be_encoded_and_has_no_hidden_character(text):
    shown = visible(text)
    shown.encode("utf-8")
    assert not any(ord(mark) < 32 or 0x202A <= ord(mark) <= 0x202E for mark in shown)
    assert visible(shown) == shown


def test_hidden_characters_are_shown_by_their_number():
    assert visible("a\u202eb\x00") == "a⟨U+202E⟩b⟨U+0000⟩"
    assert visible("one\ntwo", keep_lines=True) == "one\ntwo"


def test_joined_emoji_and_right_to_left_words_stay_as_they_are():
    for text in (HOSTILE["emoji"], HOSTILE["right to left"], HOSTILE["zalgo"]):
        assert visible(text) == text


@given(ANY_TEXT, st.integers(3, 50))
def test_middle_cut_keeps_both_ends(name, length):
    cut = middle_cut(name, length)
    assert len(cut) <= length
    assert name.startswith(cut[:1])
    assert name.endswith(cut[-1:])


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_names_are_short_and_say_when_they_were_cut(text):
    name = name_of(text)
    assert bool(name.full) == (len(without_piles(text)) > 40)
    assert len(name.full) <= 300 * len("⟨U+202E⟩")


@pytest.mark.parametrize(
    ("condition", "rule"),
    [
        ("age <= 25", "≤ 25"),
        ("age > -2.5", "> −2.5"),
        ("25 < age <= 37", "25 to 37"),
        ("-2 <= age < -1e-05", "−2 to −1e-05"),
        ("age = a <= b", "= a <= b"),
        ("age is missing", "is missing"),
        ("age", ""),
    ],
)
def test_conditions_become_rules(condition, rule):
    assert split_condition("age", condition) == rule


@pytest.mark.parametrize("name", ["<", "< x <=", "1 < a <= 2", "a <= 2", "", "is missing"])
def test_rules_are_found_whatever_the_name(name):
    assert split_condition(name, f"25 < {name} <= 37") == "25 to 37"
    assert split_condition(name, f"{name} > 37") == "> 37"


@given(st.recursive(ANY_TEXT | st.integers() | st.none(), st.lists, max_leaves=5))
def test_json_in_a_page_is_json_without_markup(value):
    text = json_for_html(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value
