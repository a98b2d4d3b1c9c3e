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


DOCSTRING = """Draw rows near a row.

    Rows are drawn `n` times [1]_.

    Parameters
    ----------
    n : int of a law, default=None
        Number of rows. `None` is
        one row.

    See Also
    --------
    law : Name of another function.

    References
    ----------
    .. [1] The law of large numbers.

    Examples
    --------
    Print the number of rows:

    >>> draw(3)
    3
    """


def test_sentences_of_a_docstring_are_without_types_and_references(check_reading):
    prose = check_reading.docstring_prose(DOCSTRING)
    assert check_reading.sentences(prose) == [
        "Draw rows near a row.",
        "Rows are drawn n times [1]_.",
        "Number of rows.",
        "None is one row.",
        "Print the number of rows:",
    ]
    assert check_reading.avoided_words(prose) == []


def test_docstrings_of_everything_public_are_read(check_reading):
    read = check_reading.public_docstrings()
    assert "sklime.LimeTabularExplainer" in read
    assert "sklime.LimeTabularExplainer.explain" in read
    # A property of a class, and a function of a module.
    assert "sklime.ExplanationBatch.is_exact" in read
    assert "sklime.metrics.fidelity_score" in read
    # Methods of scikit-learn are not ours.
    assert "sklime.LimeTabularExplainer.get_params" not in read


MESSAGES = """
raise ValueError(f"n={n} is a " f"law of {one!r}" + " more.")
warn("It is " "fine.", UserWarning)
print("a law")
raise ValueError(n)
"""


def test_messages_are_those_of_errors_and_warnings(check_reading):
    texts = {text.strip() for _, text in check_reading.messages(MESSAGES)}
    assert texts == {"n=VALUE is a law of VALUE more.", "It is fine."}


def test_words_to_avoid_in_messages_are_faults(check_reading, tmp_path):
    (tmp_path / "module.py").write_text(MESSAGES, encoding="utf-8")
    assert check_reading.check_messages(tmp_path) == 1


def test_docstrings_are_easy_to_read(check_reading):
    # Otherwise: python doc/check_reading.py
    assert check_reading.check_docstrings() == 0


def test_messages_have_no_words_to_avoid(check_reading):
    assert check_reading.check_messages() == 0
