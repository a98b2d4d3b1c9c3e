"""Words for messages."""

import pytest

from sklime.utils._text import listed


@pytest.mark.parametrize("items", [["age", "job"], [3, 4], [None], ["größe 价格"], [("a", 1)]])
def test_items_that_can_be_printed_are_named_as_they_are(items):
    assert listed(items) == ", ".join(map(str, items))


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\nb", "\ud800", "a\u202eb", "\x00"])
def test_what_cannot_be_printed_is_named_by_its_escape(text):
    assert listed([text]) == repr(text)
    assert listed([text]).isprintable()


def test_a_long_name_is_cut():
    assert len(listed(["a" * 100_000])) < 300
