"""Names on a page: visible, on one line, never markup."""

import json
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shown import HOSTILE
from sklearn.linear_model import LinearRegression

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.display._names import (
    has_output_name,
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


@cache
def numbers(names=None, n_outputs=1):
    """Return explanations of a regressor."""
    X = np.random.default_rng(0).normal(size=(60, 3))
    model = LinearRegression().fit(X, X[:, 0] if n_outputs == 1 else X[:, :n_outputs])
    explainer = LimeTabularExplainer(model, output_names=names, random_state=0)
    return explainer.fit(X).explain(X[:4])


def word_count(texts):
    return [float(len(text.split())) for text in texts]


# Everything that displays write of a row, and of several rows.
TEXTS = {
    "repr": lambda batch: repr(batch[0]),
    "card": lambda batch: batch[0].to_html(),
    "bars": lambda batch: batch[0].plot().title,
    "waterfall": lambda batch: batch[0].plot(kind="waterfall").title,
    "axis of bars": lambda batch: batch[0].plot().xlabel,
    "repr of the batch": repr,
    "notebook": lambda batch: batch._repr_mimebundle_()["text/html"],
    "strips": lambda batch: batch.plot().title,
    "axis of strips": lambda batch: batch.plot().xlabel,
    "dependence": lambda batch: batch.plot(kind="dependence", feature=0).ylabel,
    "heatmap": lambda batch: batch.plot(kind="heatmap").label,
    "fidelity": lambda batch: batch.plot(kind="fidelity").name,
    "groups": lambda batch: batch.plot(by=[0, 0, 1, 1]).title,
    "axis of groups": lambda batch: batch.plot(by=[0, 0, 1, 1]).xlabel,
}


@pytest.mark.parametrize("written", TEXTS.values(), ids=TEXTS)
def test_name_of_the_only_output_stands_where_that_of_a_class_would(written):
    assert "glucose" in written(numbers(("glucose",)))


@pytest.mark.parametrize("written", TEXTS.values(), ids=TEXTS)
def test_output_without_a_name_gets_none(written):
    text = written(numbers())
    assert "output prediction" not in text
    assert "lowers prediction" not in text
    assert "for prediction" not in text.replace("for prediction.", "")


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_name_of_the_only_output_is_in_files(suffix, tmp_path):
    path = numbers(("glucose",))[0].save(tmp_path / f"row{suffix}")
    assert "glucose" in path.read_text(encoding="utf-8")


def test_name_of_the_only_output_stands_beside_words():
    explainer = LimeTextExplainer(word_count, output_names=["length"], random_state=0)
    one = explainer.fit(["a text"]).explain(["one short text"])[0]
    assert "output 'length'" in repr(one)
    legend = one.plot(kind="text").sides
    assert legend == ("raises length", "lowers length")


def test_what_if_tells_the_name_of_the_only_output():
    X = np.random.default_rng(0).normal(size=(60, 2))
    model = LinearRegression().fit(X, X[:, 0])
    explainer = LimeTabularExplainer(model, output_names=["glucose"], random_state=0).fit(X)
    batch = explainer.what_if(X[0], x0=[0.0, 1.0])
    assert "glucose" in batch._repr_mimebundle_()["text/html"]
    assert "glucose" in batch.plot().ylabel


def test_models_whose_only_outputs_have_other_names_are_told_apart():
    one, other = numbers(("glucose",))[0], numbers(("insulin",))[0]
    display = one.plot(kind="comparison").from_explanations({"a": one, "b": other})
    assert list(display.groups) == ["a: glucose", "b: insulin"]
    assert "glucose" not in display.xlabel


def test_batch_without_rows_does_not_call_a_number_a_predicted_class():
    assert numbers(("glucose",))[:0].plot().xlabel.count("glucose") == 2


@pytest.mark.parametrize(
    ("names", "n_outputs", "expected"),
    [(None, 1, False), (("prediction",), 1, False), (("glucose",), 1, True), (None, 2, True)],
)
def test_only_an_unnamed_number_is_not_named(names, n_outputs, expected):
    batch = numbers(names, n_outputs)
    assert has_output_name(batch) is expected
    assert has_output_name(batch[0]) is expected
