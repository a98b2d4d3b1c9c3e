"""The check of how easy the guide is to read."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "doc" / "check_reading.py"

PAGE = """Read a page
===========

Call ``fit(X, y)`` first. It learns the bins of :doc:`the table <tables>`:

>>> this is an example
of code.

.. code-block:: python

   # This is code, and it is never read as a sentence.

- one item of a list, e.g. this
- The other ends. Here.

``keep``
   How much is kept.

====  ====
this  is a
====  ====
long  table
====  ====

.. list-table::

   * - Nobody counts the sentences of a table.

.. note::

   Notes are read.
"""


@pytest.fixture(scope="module")
def check_reading():
    specification = importlib.util.spec_from_file_location("check_reading", SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_sentences_are_the_prose_of_a_page(check_reading):
    assert check_reading.sentences(PAGE) == [
        "Call CODE first.",
        "It learns the bins of the table:",
        "one item of a list, e.g this",
        "The other ends.",
        "How much is kept.",
        "Notes are read.",
    ]


def test_code_and_numbers_are_one_word_each(check_reading):
    assert len(check_reading.words("CODE takes 1,024 calls - or 95 %.")) == 6


def test_percentile_is_the_smallest_that_covers(check_reading):
    assert check_reading.percentile_95(range(1, 101)) == 95
    assert check_reading.percentile_95([7]) == 7


@pytest.mark.parametrize("text", ["the law", "It ASKED\nthe model.", "taken as they are"])
def test_words_to_avoid_are_found(check_reading, text):
    assert len(check_reading.avoided_words(text)) == 1


@pytest.mark.parametrize("text", ["lawn", "``the law``", ">>> law", "say something"])
def test_code_and_other_words_are_no_fault(check_reading, text):
    assert check_reading.avoided_words(text) == []


@pytest.mark.parametrize(
    ("page", "n_faults"),
    [
        ("It is short.", 0),
        (" ".join(["word"] * 16) + ".", 1),
        (" ".join(["word"] * 28) + ".", 2),
        ("A law is short.", 1),
    ],
)
def test_long_sentences_and_avoided_words_are_faults(check_reading, tmp_path, page, n_faults):
    (tmp_path / "page.rst").write_text(page, encoding="utf-8")
    assert check_reading.main(tmp_path) == n_faults


def test_guide_is_easy_to_read(check_reading):
    # Otherwise: python doc/check_reading.py
    assert check_reading.main(check_reading.GUIDE) == 0
