"""A document with its words highlighted, as pieces of text without markup."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from sklime.display._context import KeywordLine, keyword_lines
from sklime.display._names import visible
from sklime.display._numbers import decimals_for, signed_text
from sklime.display._types import View
from sklime.utils._types import FloatArray, IntArray

if TYPE_CHECKING:
    from sklime._explanations._parts import TextExplanation

__all__ = [
    "GAP",
    "Highlight",
    "Piece",
    "Stretch",
    "document_view",
    "highlights",
    "passage_pieces",
    "pieces",
    "shown_pieces",
    "word_indices",
]

# First character and end of an occurrence, and the word that it belongs to.
Highlight: TypeAlias = tuple[int, int, int]

# First character and end.
Stretch: TypeAlias = tuple[int, int]

# A text and the word that it belongs to; None for plain text, `GAP` for what replaces a stretch.
Piece: TypeAlias = tuple[str, int | None]

# Lengths are in characters. Up to the first number a long document is shown at once; the reader
# unfolds the text before and after. LEAD characters stand before the first highlight.
SHOWN_LENGTH = 20_000
LEAD = 500

# Longer documents, and those with more highlights, make a page slow: only passages around the
# strongest words are shown.
LONGEST_WHOLE = 100_000
MOST_HIGHLIGHTS = 3_000

# Characters on each side of a word, characters of all passages together, and occurrences of the
# same word: one frequent word must not take all passages.
AROUND = 150
ALL_PASSAGES = 9_000
MOST_OCCURRENCES = 3

# The text that replaces a gap is about as long: a shorter gap is shown instead.
SHORTEST_GAP = 40

# Documents from this length on do not fit into their box: the strongest words are listed with the
# text around them, so many words with so many characters on each side.
LONG = 1_500
CONTEXT_LINES, CONTEXT_AROUND = 8, 48

# Passages show the two ends of a word that is longer, such as an encoded picture.
LONGEST_WORD = 400

GAP = -1
GAP_STYLE = "font-style:italic;opacity:0.75"

# Text stays readable between these, on white and on black.
WEAKEST_TINT, STRONGEST_TINT = 0.10, 0.55
RAISES_RGB, LOWERS_RGB = "194,87,12", "47,120,196"
RAISES, LOWERS = "#c2570c", "#2f78c4"


def highlights(explanation: TextExplanation, index: int) -> list[Highlight]:
    """Return where the selected words occur, in the order of the document.

    Parameters
    ----------
    explanation : TextExplanation
        The explanation to show.

    index : int
        Index of the explained output.

    Returns
    -------
    marked : list of (int, int, int)
        Start, stop and word of each occurrence, in characters of the document. An occurrence
        that is empty, or that overlaps an earlier one, is left out.
    """
    # Users may split documents in their own way, so that spans overlap or lie outside.
    every = _occurrences(explanation, np.flatnonzero(explanation.selected[:, index])).tolist()
    apart: list[Highlight] = []
    end = 0
    for start, stop, word in every:
        if end <= start < stop <= len(explanation.document):
            apart.append((start, stop, word))
            end = stop
    return apart


def pieces(document: str, marked: list[Highlight], start: int, stop: int) -> Iterator[Piece]:
    """Cut a stretch of a document into plain and highlighted pieces.

    Parameters
    ----------
    document : str
        The document.

    marked : list of (int, int, int)
        See `highlights`.

    start, stop : int
        Ends of the stretch; no highlight crosses them.

    Yields
    ------
    text : str
        Piece of the document, unchanged.

    word : int or None
        Index of the highlighted word; `None` for plain text.
    """
    position = start
    # A document has many highlights and passages show few: search instead of scanning all.
    for number in range(bisect_left(marked, (start,)), len(marked)):
        first, last, word = marked[number]
        if last > stop:
            break
        if position < first:
            yield document[position:first], None
        yield document[first:last], word
        position = last
    if position < stop:
        yield document[position:stop], None


def word_indices(explanation: TextExplanation) -> IntArray:
    """Return where all words of a document occur, selected or not.

    Parameters
    ----------
    explanation : TextExplanation
        The explanation to show.

    Returns
    -------
    words : ndarray of int of shape (n_occurrences, 2)
        Start and stop of each, in the order of the document.
    """
    return _occurrences(explanation, range(len(explanation.spans)))[:, :2]


def _occurrences(explanation: TextExplanation, words: Sequence[int] | IntArray) -> IntArray:
    """Return start, stop and word of each occurrence, in the order of the document."""
    spans = [explanation.spans[word] for word in words]
    counts = [len(ends) for ends in spans]
    # The empty array is for documents without words, of which nothing could be joined.
    ends = np.concatenate([np.empty((0, 2), dtype=np.intp), *(s for s in spans if len(s))])
    every = np.column_stack([ends, np.repeat(words, counts)]).astype(np.intp)
    return every[np.lexsort(every.T[::-1])]


def shown_pieces(
    explanation: TextExplanation, marked: list[Highlight], strengths: FloatArray
) -> tuple[list[Piece], str]:
    """Cut the shown part of a document into plain and highlighted pieces.

    Parameters
    ----------
    explanation : TextExplanation
        The explanation to show.

    marked : list of (int, int, int)
        See `highlights`.

    strengths : ndarray of shape (n_words,)
        Absolute weight of each word.

    Returns
    -------
    shown : list of (str, int or None)
        See `passage_pieces`.

    note : str
        How many words are shown; empty if the whole document is shown.
    """
    document = explanation.document
    if not is_cut(document, marked):
        return list(pieces(document, marked, 0, len(document))), ""
    return passage_pieces(document, marked, strengths, word_indices(explanation))


def passage_pieces(
    document: str,
    marked: list[Highlight],
    strengths: FloatArray,
    words: IntArray,
    room: int = ALL_PASSAGES,
) -> tuple[list[Piece], str]:
    """Cut passages around the strongest words into plain and highlighted pieces.

    Parameters
    ----------
    document : str
        The document.

    marked : list of (int, int, int)
        See `highlights`.

    strengths : ndarray of shape (n_words,)
        Absolute weight of each word.

    words : ndarray of int of shape (n_occurrences, 2)
        See `word_indices`.

    room : int, default=9000
        Characters of all passages together.

    Returns
    -------
    shown : list of (str, int or None)
        Each piece of the document and its highlighted word; `GAP` marks a text that replaces a
        stretch that is left out. A very long word is shown by its two ends.

    note : str
        How many words are shown.
    """
    shown: list[Piece] = []
    end = 0
    passages = _passages(len(document), marked, strengths, words, room)
    for start, stop in [*passages, (len(document), len(document))]:
        if start > end:
            shown.append((_gap_text(start - end, _n_words(words, end, start)), GAP))
        for text, word in pieces(document, marked, start, stop):
            shown += [(text, word)] if word is None else _ends_of_word(text, word)
        end = stop
    n_shown = sum(_n_words(words, start, stop) for start, stop in passages)
    where = ", around those with the largest weights" if marked else ""
    return shown, f"{n_shown:,d} of {_counted(len(words), 'word')} shown{where}."


def is_cut(document: str, marked: list[Highlight]) -> bool:
    """Tell whether a document is too long to be shown as a whole.

    Parameters
    ----------
    document : str
        The document.

    marked : list of (int, int, int)
        See `highlights`.

    Returns
    -------
    is_cut : bool
        Whether only passages are shown.
    """
    return len(document) > LONGEST_WHOLE or len(marked) > MOST_HIGHLIGHTS


def _passages(
    length: int, marked: list[Highlight], strengths: FloatArray, words: IntArray, room: int
) -> list[Stretch]:
    """Choose stretches around the strongest words, in the order of the document."""
    word_of = np.array([word for _, _, word in marked], dtype=np.intp)
    chosen: list[Stretch] = []
    budget = room
    n_times: Counter[int] = Counter()
    for number in np.argsort(-np.asarray(strengths)[word_of], kind="stable").tolist():
        start, stop, word = marked[number]
        n_times[word] += 1
        if n_times[word] > MOST_OCCURRENCES:
            continue
        chosen.append(_around(start, stop, words, length))
        # An estimate of what the passage takes: overlaps are not worth the bookkeeping.
        budget -= min(stop - start, LONGEST_WORD) + 2 * AROUND
        if budget <= 0:
            break
    return _joined_passages(chosen or [(0, min(length, room))], marked)


def _around(start: int, stop: int, words: IntArray, length: int) -> Stretch:
    """Return the stretch around a word, which begins and ends with a whole word."""
    low, high = max(0, start - AROUND), min(length, stop + AROUND)
    first = np.searchsorted(words[:, 0], low)
    last = np.searchsorted(words[:, 1], high, side="right")
    if low > 0 and first < len(words):
        low = min(int(words[first, 0]), start)
    if high < length and last:
        high = max(int(words[last - 1, 1]), stop)
    return low, high


def _joined_passages(chosen: list[Stretch], marked: list[Highlight]) -> list[Stretch]:
    """Join stretches with little between them, and widen those that cut a highlight."""
    starts = np.array([start for start, _, _ in marked], dtype=np.intp)
    joined: list[Stretch] = []
    for start, stop in sorted(chosen):
        first, last = np.searchsorted(starts, [start, stop])
        if first and marked[first - 1][1] > start:
            start = marked[first - 1][0]
        if last and marked[last - 1][1] > stop:
            stop = marked[last - 1][1]
        if joined and start - joined[-1][1] <= SHORTEST_GAP:
            joined[-1] = joined[-1][0], max(stop, joined[-1][1])
        else:
            joined.append((start, stop))
    return joined


def _n_words(words: IntArray, start: int, stop: int) -> int:
    """Count the words that begin in a stretch."""
    first, last = np.searchsorted(words[:, 0], [start, stop])
    return int(last - first)


def _gap_text(n_characters: int, n_words: int = 0) -> str:
    within = f"{_counted(n_words, 'word')}, " if n_words else ""
    return f" [{within}{_counted(n_characters, 'character')} left out] "


def _counted(number: int, noun: str) -> str:
    return f"{number:,d} {noun}{'' if number == 1 else 's'}"


def _ends_of_word(text: str, word: int) -> list[Piece]:
    """Return a word; of a very long one its two ends, with a gap between them."""
    if len(text) <= LONGEST_WORD + 2 * AROUND:
        return [(text, word)]
    half = LONGEST_WORD // 2
    middle = _gap_text(len(text) - 2 * half)
    return [(text[:half], word), (middle, GAP), (text[-half:], word)]


def document_view(explanation: TextExplanation, index: int) -> View:
    """Return the pieces of a document and how each is drawn.

    Parameters
    ----------
    explanation : TextExplanation
        The explanation to show.

    index : int
        Index of the explained output.

    Returns
    -------
    view : dict
        ``context``: of a long document the strongest words with the text around them.
        ``parts``: the pieces that are shown at once. ``before`` and ``after``: pieces of a long
        document that the reader unfolds. ``note``: how many words of a very long document are
        shown.
    """
    document = explanation.document
    marked = highlights(explanation, index)
    weights = explanation.values[:, index]
    shown, note = shown_pieces(explanation, marked, np.abs(weights))
    start, stop = (0, len(document)) if note else _window(len(document), marked)
    lines = _context(document, marked, np.abs(weights))
    words = {word for _, word in shown if word is not None and word != GAP}
    words |= {line.number for line in lines}
    styles = _word_styles(explanation, index, words)
    styles |= {None: {"style": "", "title": ""}, GAP: {"style": GAP_STYLE, "title": ""}}

    def styled(cut: Iterable[Piece]) -> list[View]:
        return [{"text": visible(text, keep_lines=True), **styles[word]} for text, word in cut]

    return {
        "context": [line._asdict() | styles[line.number] for line in lines],
        "parts": styled(shown if note else pieces(document, marked, start, stop)),
        "before": styled(pieces(document, marked, 0, start)),
        "after": styled(pieces(document, marked, stop, len(document))),
        "n_before": start,
        "n_after": len(document) - stop,
        "largest": signed_text(
            np.abs(weights).max(initial=0.0), decimals_for(weights), always_signed=False
        ),
        "is_empty": not document.strip(),
        "note": note,
    }


def _context(document: str, marked: list[Highlight], strengths: FloatArray) -> list[KeywordLine]:
    """Return the strongest words of a long document, with the text around them."""
    if len(document) < LONG:
        return []
    return keyword_lines(document, marked, strengths, n_lines=CONTEXT_LINES, around=CONTEXT_AROUND)


def _window(length: int, marked: list[Highlight]) -> Stretch:
    """Choose the stretch of a long document that is shown at once; it cuts no highlight."""
    if length <= SHOWN_LENGTH:
        return 0, length
    first = marked[0][0] if marked else 0
    start = max(0, min(first - LEAD, length - SHOWN_LENGTH))
    stop = min(length, start + SHOWN_LENGTH)
    stop = next((last for begin, last, _ in marked if begin < stop < last), stop)
    start = next((begin for begin, last, _ in marked if begin < start < last), start)
    return start, stop


def _word_styles(
    explanation: TextExplanation, index: int, words: set[int]
) -> dict[int | None, View]:
    weights = explanation.values[:, index]
    low, high = (ends[:, index] for ends in explanation.confidence_intervals())
    decimals = decimals_for(weights)
    largest = float(np.abs(weights).max(initial=0.0)) or 1.0
    styles: dict[int | None, View] = {}
    for word in words:
        weight = float(weights[word])
        alpha = WEAKEST_TINT + (STRONGEST_TINT - WEAKEST_TINT) * abs(weight) / largest
        color, rgb, line = (
            (LOWERS, LOWERS_RGB, "dotted") if weight < 0 else (RAISES, RAISES_RGB, "solid")
        )
        # A thin line tells that the interval contains zero.
        thickness = 1 if low[word] <= 0.0 <= high[word] else 3
        error = signed_text((high[word] - low[word]) / 2, decimals, always_signed=False)
        styles[word] = {
            "style": f"background-color:rgba({rgb},{alpha:.2f});"
            f"border-bottom:{thickness}px {line} {color}",
            "title": f"{signed_text(weight, decimals)} ±{error}",
        }
    return styles
