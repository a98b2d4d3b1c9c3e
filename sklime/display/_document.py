"""A document with its words highlighted, as pieces of text: no markup here."""

import numpy as np

from sklime.display._names import visible
from sklime.display._numbers import decimals_for, signed_text

__all__ = ["GAP", "document_view", "highlights", "pieces", "shown_pieces"]

SHOWN_LENGTH = 20_000  # characters of a long document that are shown at once
LEAD = 500  # characters before the first highlight of a long document
# Of longer documents, or with more highlights, only passages around the strongest words are shown.
LONGEST_WHOLE = 100_000
MOST_HIGHLIGHTS = 3_000

# Characters on each side of a word, and of all passages together; occurrences of one word.
AROUND = 150
ALL_PASSAGES = 9_000
MOST_OCCURRENCES = 3

# A single word of more characters is cut in passages.
LONGEST_WORD = 400

# What stands for a stretch that is left out.
GAP = -1
GAP_STYLE = "font-style:italic;opacity:0.75"

WEAKEST_TINT, STRONGEST_TINT = 0.10, 0.55  # text stays readable on white and on black
RAISES_RGB, LOWERS_RGB = "194,87,12", "47,120,196"
RAISES, LOWERS = "#c2570c", "#2f78c4"


def highlights(explanation, place):
    """Return the places of the selected words, in the order of the document.

    Parameters
    ----------
    explanation : TextExplanation
        What is shown.

    place : int
        Which of the explained outputs.

    Returns
    -------
    found : list of (int, int, int)
        Start, stop and word of each occurrence, in characters of the document; what overlaps an
        earlier one, or is empty, is left out.
    """
    chosen = np.flatnonzero(explanation.selected[:, place])
    found = sorted(
        (int(start), int(stop), int(word))
        for word in chosen
        for start, stop in np.reshape(explanation.spans[word], (-1, 2))
    )
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
    place = start
    for first, last, word in found:
        if start <= first and last <= stop:
            if place < first:
                yield document[place:first], None
            yield document[first:last], word
            place = last
    if place < stop:
        yield document[place:stop], None


def shown_pieces(document, found, sizes):
    """Cut what is shown of a document into plain and highlighted pieces.

    Parameters
    ----------
    document : str
        The document.

    found : list of (int, int, int)
        See `highlights`.

    sizes : ndarray of shape (n_words,)
        How strong each word is.

    Yields
    ------
    text : str
        Piece of the document as it is. A word that is very long has its middle left out; so has
        a long document all that is not near its strongest words, and a text says so.

    word : int or None
        Which word is highlighted; `GAP` for a text that stands for what is left out.
    """
    if not is_cut(document, found):
        yield from pieces(document, found, 0, len(document))
        return
    end = 0
    for start, stop in _passages(len(document), found, sizes):
        if start > end:
            yield _gap_text(start - end), GAP
        for text, word in pieces(document, found, start, stop):
            yield _shortened(text), word
        end = stop
    if end < len(document):
        yield _gap_text(len(document) - end), GAP


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


def _passages(length, found, sizes):
    """Choose stretches around the strongest words, in the order of the document."""
    places = {}
    for start, stop, word in found:
        if len(places.setdefault(word, [])) < MOST_OCCURRENCES:
            places[word].append((start, stop))
    chosen, room = [], ALL_PASSAGES
    for word in sorted(places, key=lambda word: -sizes[word]):
        for start, stop in places[word]:
            if room <= 0:
                break
            chosen.append((max(0, start - AROUND), min(length, stop + AROUND)))
            room -= min(stop - start, LONGEST_WORD) + 2 * AROUND
    return _joined_passages(chosen or [(0, min(length, ALL_PASSAGES))], found)


def _joined_passages(chosen, found):
    """Join stretches that touch, and let none cut a highlight."""
    starts = np.array([start for start, _, _ in found], dtype=np.intp)
    joined = []
    for start, stop in sorted(chosen):
        first, last = np.searchsorted(starts, [start, stop])
        if first and found[first - 1][1] > start:
            start = found[first - 1][0]
        if last and found[last - 1][1] > stop:
            stop = found[last - 1][1]
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(stop, joined[-1][1])
        else:
            joined.append((start, stop))
    return joined


def _gap_text(n_characters):
    return f" [{n_characters:,d} characters left out] "


def _shortened(text):
    if len(text) <= LONGEST_WORD + 2 * AROUND:
        return text
    half = LONGEST_WORD // 2
    return f"{text[:half]}{_gap_text(len(text) - 2 * half)}{text[-half:]}"


def document_view(explanation, place):
    """Return the pieces of a document and how each is drawn.

    Parameters
    ----------
    explanation : TextExplanation
        What is shown.

    place : int
        Which of the explained outputs.

    Returns
    -------
    view : dict
        ``parts``, and of a long document what comes ``before`` and ``after``.
    """
    document = explanation.document
    found = highlights(explanation, place)
    styles = _word_styles(explanation, place, found)
    styles |= {None: {"style": "", "title": ""}, GAP: {"style": GAP_STYLE, "title": ""}}
    weights = explanation.values[:, place]
    start, stop = 0, len(document)
    if not is_cut(document, found):
        start, stop = _window(len(document), found)

    def parts(first, last):
        cut = pieces(document, found, first, last)
        if is_cut(document, found):
            cut = shown_pieces(document, found, np.abs(weights)) if first < last else ()
        return [{"text": visible(text, keep_lines=True), **styles[word]} for text, word in cut]

    return {
        "parts": parts(start, stop),
        "before": parts(0, start),
        "after": parts(stop, len(document)),
        "n_before": start,
        "n_after": len(document) - stop,
        "largest": signed_text(
            np.abs(weights).max(initial=0.0), decimals_for(weights), always_signed=False
        ),
        "is_empty": not document.strip(),
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


def _word_styles(explanation, place, found):
    weights = explanation.values[:, place]
    low, high = (ends[:, place] for ends in explanation.confidence_intervals())
    decimals = decimals_for(weights)
    largest = float(np.abs(weights).max(initial=0.0)) or 1.0
    styles = {}
    for word in {word for _, _, word in found}:
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
