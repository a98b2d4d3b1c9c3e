"""Spans of tokens in a text: checked, in order, disjoint."""

from collections.abc import Mapping, Sequence, Set
from itertools import pairwise
from numbers import Integral
from typing import Any

import numpy as np

from sklime.utils._text import short_repr

__all__ = ["checked_spans", "disjoint_spans"]

# Containers that may have two entries but are no pair of offsets: texts, and sets without order.
_NO_PAIRS = (str, bytes, bytearray, Mapping, Set)


def checked_spans(spans: Any, document: str) -> list[tuple[int, int]]:
    """Check the spans that the function of a user returned, and sort them.

    Parameters
    ----------
    spans : object
        The value that the function returned for the document.

    document : str
        The text.

    Returns
    -------
    spans : list of tuple
        First code point and end of each token, without empty tokens.

    Raises
    ------
    ValueError
        If these are not pairs of offsets into the text, or if they overlap.

    Examples
    --------
    >>> from sklime._text._spans import checked_spans
    >>> checked_spans([(3, 5), (0, 2), (0, 0)], "to be")
    [(0, 2), (3, 5)]
    """
    if isinstance(spans, str | bytes | bytearray) or not _is_iterable(spans):
        raise ValueError(
            f"analyzer must return (start, end) pairs of places in the text; it returned "
            f"{short_repr(spans)}. A text without tokens has the empty list."
        )
    checked = [_checked_span(span, document) for span in spans]
    return disjoint_spans([span for span in checked if span[0] < span[1]], "analyzer returned")


def disjoint_spans(spans: list[tuple[int, int]], verb: str) -> list[tuple[int, int]]:
    """Sort spans, and check that none overlap.

    Parameters
    ----------
    spans : list of tuple
        First code point and end of each span; none is empty.

    verb : str
        Beginning of the error message, such as "analyzer returned".

    Returns
    -------
    spans : list of tuple
        The same spans in the order of the text.

    Raises
    ------
    ValueError
        If two of them share a character.

    Examples
    --------
    >>> from sklime._text._spans import disjoint_spans
    >>> disjoint_spans([(3, 5), (0, 2)], "analyzer returned")
    [(0, 2), (3, 5)]
    """
    spans = sorted(spans)
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise ValueError(
                f"{verb} overlapping spans: one ends at {end}, the next begins at "
                f"{start}; each character may belong to one word only."
            )
    return spans


def _is_iterable(value: Any) -> bool:
    """Tell whether a value can be iterated over; an array without dimensions cannot."""
    try:
        iter(value)
    except TypeError:
        return False
    return True


def _checked_span(span: Any, document: str) -> tuple[int, int]:
    if not _is_pair(span) or not all(map(_is_offset, span)):
        raise ValueError(
            f"analyzer must return (start, end) pairs of places in the text; it returned "
            f"{short_repr(span)}. "
            "Of a regular expression, return [match.span() for match in pattern.finditer(text)]; "
            "of a tokenizer, its offsets."
        )
    start, end = (int(index) for index in span)
    if not 0 <= start <= end <= len(document):
        raise ValueError(
            f"analyzer returned the span ({start}, {end}), which is not within a text of "
            f"{len(document)} characters; spans are offsets into the unchanged text."
        )
    return start, end


def _is_pair(span: Any) -> bool:
    is_row = isinstance(span, Sequence) or getattr(span, "ndim", None) == 1
    return is_row and not isinstance(span, _NO_PAIRS) and len(span) == 2


def _is_offset(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool | np.bool_)
