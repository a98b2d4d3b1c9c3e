"""A document with its words highlighted, as pieces of text: no markup here."""

import numpy as np

from sklime.display._names import visible
from sklime.display._numbers import decimals_for, signed_text

__all__ = ["document_view", "highlights", "pieces"]

SHOWN_LENGTH = 20_000  # characters of a long document that are shown at once
LEAD = 500  # characters before the first highlight of a long document
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
    start, stop = _window(len(document), found)

    plain = {"style": "", "title": ""}

    def parts(first, last):
        return [
            {"text": visible(text, keep_lines=True), **(plain if word is None else styles[word])}
            for text, word in pieces(document, found, first, last)
        ]

    weights = explanation.values[:, place]
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
