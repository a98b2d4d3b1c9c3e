"""The strongest words of a long document, each in the text around it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sklime.display._names import middle_cut, visible, without_piles
from sklime.utils._types import FloatArray

__all__ = ["KeywordLine", "keyword_lines"]

MAX_WORD_LENGTH = 40
# The blank beside it breaks no line.
BEGIN, END = (
    "\N{HORIZONTAL ELLIPSIS}\N{NO-BREAK SPACE}",
    "\N{NO-BREAK SPACE}\N{HORIZONTAL ELLIPSIS}",
)
_BLANKS = re.compile(r"\s+")


class KeywordLine(NamedTuple):
    """A word with the text around it, on one line; and the number of the word."""

    before: str
    word: str
    after: str
    number: int


def keyword_lines(
    document: str,
    marked: Sequence[tuple[int, int, int]],
    strengths: FloatArray,
    *,
    n_lines: int,
    around: int,
) -> list[KeywordLine]:
    """Cut the text around the strongest words, each where it occurs first.

    Parameters
    ----------
    document : str
        The document.

    marked : sequence of (int, int, int)
        Start, stop and word of each occurrence, in the order of the document.

    strengths : ndarray of shape (n_words,)
        Absolute weight of each word.

    n_lines : int
        Maximum number of lines.

    around : int
        Maximum number of characters on each side of a word.

    Returns
    -------
    lines : list of KeywordLine
        The strongest word first. Blanks and line breaks become single blanks, and a text that is
        cut begins or ends with a whole word and an ellipsis.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.display._context import keyword_lines
    >>> text = "It was a rather long and good evening with all of us."
    >>> line = keyword_lines(text, [(25, 29, 0)], np.array([0.5]), n_lines=1, around=16)[0]
    >>> line.before.split(), line.word, line.after.split()
    (['…', 'rather', 'long', 'and'], 'good', ['evening', 'with', '…'])
    """
    first: dict[int, tuple[int, int]] = {}
    for start, stop, word in marked:
        first.setdefault(word, (start, stop))
    words = list(first)
    sizes = np.asarray(strengths)[np.array(words, dtype=np.intp)]
    lines = []
    for number in np.argsort(-sizes, kind="stable")[:n_lines]:
        start, stop = first[words[number]]
        lines.append(
            KeywordLine(
                _before(document, start, around),
                middle_cut(_line(document[start:stop]), MAX_WORD_LENGTH),
                _after(document, stop, around),
                words[number],
            )
        )
    return lines


def _line(text: str) -> str:
    """Write a text on one line."""
    return without_piles(visible(_BLANKS.sub(" ", text)))


def _before(document: str, start: int, around: int) -> str:
    text = document[max(0, start - around) : start]
    if start <= around:
        return _line(text)
    # From the first whole word on; a text without blanks is cut where it ends.
    is_whole = document[start - around - 1].isspace()
    head, blank, rest = text.lstrip().partition(" ") if not is_whole else ("", " ", text)
    return BEGIN + _line(rest if blank else head)


def _after(document: str, stop: int, around: int) -> str:
    text = document[stop : stop + around]
    if stop + around >= len(document):
        return _line(text)
    is_whole = document[stop + around].isspace()
    rest, blank, tail = text.rstrip().rpartition(" ") if not is_whole else (text, " ", "")
    return _line(rest if blank else tail) + END
