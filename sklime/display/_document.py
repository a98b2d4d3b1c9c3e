"""A document with its words highlighted, as pieces of text: no markup here."""

from bisect import bisect_left

import numpy as np

from sklime.display._names import visible
from sklime.display._numbers import decimals_for, signed_text

__all__ = [
    "GAP",
    "document_view",
    "highlights",
    "passage_pieces",
    "pieces",
    "shown_pieces",
    "word_indices",
]

SHOWN_LENGTH = 20_000  # characters of a long document that are shown at once
LEAD = 500  # characters before the first highlight of a long document
# Of longer documents, or with more highlights, only passages around the strongest words are shown.
LONGEST_WHOLE = 100_000
MOST_HIGHLIGHTS = 3_000

# Characters on each side of a word, and of all passages together; occurrences of one word.
AROUND = 150
ALL_PASSAGES = 9_000
MOST_OCCURRENCES = 3
SHORTEST_GAP = 40  # what is shorter is shown: the text that stands for it is no shorter

# A single word of more characters is cut in passages.
LONGEST_WORD = 400

# What stands for a stretch that is left out.
GAP = -1
GAP_STYLE = "font-style:italic;opacity:0.75"

WEAKEST_TINT, STRONGEST_TINT = 0.10, 0.55  # text stays readable on white and on black
RAISES_RGB, LOWERS_RGB = "194,87,12", "47,120,196"
RAISES, LOWERS = "#c2570c", "#2f78c4"


def highlights(explanation, index):
    """Return the indices of the selected words, in the order of the document.

    Parameters
    ----------
    explanation : TextExplanation
        What is shown.

    index : int
        Which of the explained outputs.

    Returns
    -------
    found : list of (int, int, int)
        Start, stop and word of each occurrence, in characters of the document; what overlaps an
        earlier one, or is empty, is left out.
    """
    found = _occurrences(explanation, np.flatnonzero(explanation.selected[:, index])).tolist()
    kept, end = [], 0
    for start, stop, word in found:
        if end <= start < stop <= len(explanation.document):
            kept.append((start, stop, word))
            end = stop
    return kept


def pieces(document, found, start, stop):
    """Cut a stretch of a document into plain and highlighted pieces.

    Parameters
    ----------
    document : str
        The document.

    found : list of (int, int, int)
        See `highlights`.

    start, stop : int
        The stretch; it cuts no highlight.

    Yields
    ------
    text : str
        Piece of the document as it is.

    word : int or None
        Which word is highlighted.
    """
    index = start
    for number in range(bisect_left(found, (start,)), len(found)):
        first, last, word = found[number]
        if last > stop:
            break
        if index < first:
            yield document[index:first], None
        yield document[first:last], word
        index = last
    if index < stop:
        yield document[index:stop], None


def word_indices(explanation):
    """Return where all words of a document are, selected or not.

    Parameters
    ----------
    explanation : TextExplanation
        What is shown.

    Returns
    -------
    words : ndarray of int of shape (n_occurrences, 2)
        Start and stop of each, in the order of the document.
    """
    return _occurrences(explanation, range(len(explanation.spans)))[:, :2]


def _occurrences(explanation, words):
    """Return start, stop and word of each occurrence, in the order of the document."""
    spans = [explanation.spans[word] for word in words]
    counts = [len(indices) for indices in spans]
    indices = np.concatenate([np.empty((0, 2), dtype=np.intp), *(s for s in spans if len(s))])
    found = np.column_stack([indices, np.repeat(words, counts)]).astype(np.intp)
    return found[np.lexsort(found.T[::-1])]


def shown_pieces(explanation, found, sizes):
    """Cut what is shown of a document into plain and highlighted pieces.

    Parameters
    ----------
    explanation : TextExplanation
        What is shown.

    found : list of (int, int, int)
        See `highlights`.

    sizes : ndarray of shape (n_words,)
        How strong each word is.

    Returns
    -------
    shown : list of (str, int or None)
        See `passage_pieces`.

    note : str
        How many words are shown; empty where the document is whole.
    """
    document = explanation.document
    if not is_cut(document, found):
        return list(pieces(document, found, 0, len(document))), ""
    return passage_pieces(document, found, sizes, word_indices(explanation))


def passage_pieces(document, found, sizes, words, room=ALL_PASSAGES):
    """Cut passages around the strongest words into plain and highlighted pieces.

    Parameters
    ----------
    document : str
        The document.

    found : list of (int, int, int)
        See `highlights`.

    sizes : ndarray of shape (n_words,)
        How strong each word is.

    words : ndarray of int of shape (n_occurrences, 2)
        See `word_indices`.

    room : int, default=9000
        Characters of all passages together.

    Returns
    -------
    shown : list of (str, int or None)
        Text of each piece as it is in the document, and which word is highlighted; `GAP` for a
        text that stands for what is left out. Only the two ends of a very long word are pieces.

    note : str
        How many words are shown.
    """
    shown, end = [], 0
    passages = _passages(len(document), found, sizes, words, room)
    for start, stop in [*passages, (len(document), len(document))]:
        if start > end:
            shown.append((_gap_text(start - end, _n_words(words, end, start)), GAP))
        for text, word in pieces(document, found, start, stop):
            shown += [(text, word)] if word is None else _ends_of_word(text, word)
        end = stop
    n_shown = sum(_n_words(words, start, stop) for start, stop in passages)
    where = ", around those with the largest weights" if found else ""
    return shown, f"{n_shown:,d} of {_counted(len(words), 'word')} shown{where}."


def is_cut(document, found):
    """Tell whether a document is too long to be shown as a whole.

    Parameters
    ----------
    document : str
        The document.

    found : list of (int, int, int)
        See `highlights`.

    Returns
    -------
    is_cut : bool
        Whether only passages are shown.
    """
    return len(document) > LONGEST_WHOLE or len(found) > MOST_HIGHLIGHTS


def _passages(length, found, sizes, words, room):
    """Choose stretches around the strongest words, in the order of the document."""
    words_found = np.array([word for _, _, word in found], dtype=np.intp)
    chosen, left, times = [], room, {}
    for number in np.argsort(-np.asarray(sizes)[words_found], kind="stable").tolist():
        start, stop, word = found[number]
        times[word] = times.get(word, 0) + 1
        if times[word] > MOST_OCCURRENCES:
            continue
        chosen.append(_around(start, stop, words, length))
        left -= min(stop - start, LONGEST_WORD) + 2 * AROUND
        if left <= 0:
            break
    return _joined_passages(chosen or [(0, min(length, room))], found)


def _around(start, stop, words, length):
    """Return the stretch around a word, which begins and ends with a whole word."""
    low, high = max(0, start - AROUND), min(length, stop + AROUND)
    first = np.searchsorted(words[:, 0], low)
    last = np.searchsorted(words[:, 1], high, side="right")
    if low > 0 and first < len(words):
        low = min(int(words[first, 0]), start)
    if high < length and last:
        high = max(int(words[last - 1, 1]), stop)
    return low, high


def _joined_passages(chosen, found):
    """Join stretches with little between them, and let none cut a highlight."""
    starts = np.array([start for start, _, _ in found], dtype=np.intp)
    joined = []
    for start, stop in sorted(chosen):
        first, last = np.searchsorted(starts, [start, stop])
        if first and found[first - 1][1] > start:
            start = found[first - 1][0]
        if last and found[last - 1][1] > stop:
            stop = found[last - 1][1]
        if joined and start - joined[-1][1] <= SHORTEST_GAP:
            joined[-1] = joined[-1][0], max(stop, joined[-1][1])
        else:
            joined.append((start, stop))
    return joined


def _n_words(words, start, stop):
    """Count the words that begin in a stretch."""
    first, last = np.searchsorted(words[:, 0], [start, stop])
    return int(last - first)


def _gap_text(n_characters, n_words=0):
    within = f"{_counted(n_words, 'word')}, " if n_words else ""
    return f" [{within}{_counted(n_characters, 'character')} left out] "


def _counted(number, noun):
    return f"{number:,d} {noun}{'' if number == 1 else 's'}"


def _ends_of_word(text, word):
    """Return a word, of a very long one its two ends and what stands between them."""
    if len(text) <= LONGEST_WORD + 2 * AROUND:
        return [(text, word)]
    half = LONGEST_WORD // 2
    middle = _gap_text(len(text) - 2 * half)
    return [(text[:half], word), (middle, GAP), (text[-half:], word)]


def document_view(explanation, index):
    """Return the pieces of a document and how each is drawn.

    Parameters
    ----------
    explanation : TextExplanation
        What is shown.

    index : int
        Which of the explained outputs.

    Returns
    -------
    view : dict
        ``parts``, of a long document what comes ``before`` and ``after``, and of a very long one
        a ``note`` on how many words are shown.
    """
    document = explanation.document
    found = highlights(explanation, index)
    weights = explanation.values[:, index]
    shown, note = shown_pieces(explanation, found, np.abs(weights))
    start, stop = (0, len(document)) if note else _window(len(document), found)
    styles = _word_styles(explanation, index, {word for _, word in shown} - {None, GAP})
    styles |= {None: {"style": "", "title": ""}, GAP: {"style": GAP_STYLE, "title": ""}}

    def styled(cut):
        return [{"text": visible(text, keep_lines=True), **styles[word]} for text, word in cut]

    return {
        "parts": styled(shown if note else pieces(document, found, start, stop)),
        "before": styled(pieces(document, found, 0, start)),
        "after": styled(pieces(document, found, stop, len(document))),
        "n_before": start,
        "n_after": len(document) - stop,
        "largest": signed_text(
            np.abs(weights).max(initial=0.0), decimals_for(weights), always_signed=False
        ),
        "is_empty": not document.strip(),
        "note": note,
    }


def _window(length, found):
    """Choose the stretch of a long document that is shown at once, without cutting a word."""
    if length <= SHOWN_LENGTH:
        return 0, length
    first = found[0][0] if found else 0
    start = max(0, min(first - LEAD, length - SHOWN_LENGTH))
    stop = min(length, start + SHOWN_LENGTH)
    stop = next((last for begin, last, _ in found if begin < stop < last), stop)
    start = next((begin for begin, last, _ in found if begin < start < last), start)
    return start, stop


def _word_styles(explanation, index, words):
    weights = explanation.values[:, index]
    low, high = (ends[:, index] for ends in explanation.confidence_intervals())
    decimals = decimals_for(weights)
    largest = float(np.abs(weights).max(initial=0.0)) or 1.0
    styles = {}
    for word in words:
        weight = float(weights[word])
        alpha = WEAKEST_TINT + (STRONGEST_TINT - WEAKEST_TINT) * abs(weight) / largest
        color, rgb, line = (
            (LOWERS, LOWERS_RGB, "dotted") if weight < 0 else (RAISES, RAISES_RGB, "solid")
        )
        # A thin line says that the interval contains zero.
        thickness = 1 if low[word] <= 0.0 <= high[word] else 3
        error = signed_text((high[word] - low[word]) / 2, decimals, always_signed=False)
        styles[word] = {
            "style": f"background-color:rgba({rgb},{alpha:.2f});"
            f"border-bottom:{thickness}px {line} {color}",
            "title": f"{signed_text(weight, decimals)} ±{error}",
        }
    return styles
