"""Indices of tokens in a text, as a user's function gives them: checked, in order, disjoint."""

from collections.abc import Mapping, Sequence, Set
from itertools import pairwise
from numbers import Integral

import numpy as np

from sklime.utils._text import short_repr

__all__ = ["checked_spans", "disjoint_spans"]

# What has two entries and is no pair of indices: texts, and what has no order.
_NO_PAIRS = (str, bytes, bytearray, Mapping, Set)


def checked_spans(found, document):
    """Check what a user's function gave, and put it in order.

    Parameters
    ----------
    found : object
        What the function returned about the document.

    document : str
        The text.

    Returns
    -------
    spans : list of tuple
        First code point and end of each token; empty ones are left out.

    Raises
    ------
    ValueError
        If these are no pairs of indices in the text, or they overlap.

    Examples
    --------
    >>> from sklime._text._spans import checked_spans
    >>> checked_spans([(3, 5), (0, 2), (0, 0)], "to be")
    [(0, 2), (3, 5)]
    """
    if isinstance(found, str | bytes | bytearray) or not _is_iterable(found):
        raise ValueError(
            f"analyzer must return (start, end) pairs of places in the text; it returned "
            f"{short_repr(found)}. A text without tokens has the empty list."
        )
    spans = [_checked_span(span, document) for span in found]
    return disjoint_spans([span for span in spans if span[0] < span[1]], "analyzer returned")


def disjoint_spans(spans, verb):
    """Put spans in order, and check that none overlap.

    Parameters
    ----------
    spans : list of tuple
        First code point and end of each, none of them empty.

    verb : str
        Who gave them, for the error, such as "analyzer returned".

    Returns
    -------
    spans : list of tuple
        The same in the order of the text.

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


def _is_iterable(found):
    """Tell whether something can be gone through; an array without dimensions cannot."""
    try:
        iter(found)
    except TypeError:
        return False
    return True


def _checked_span(span, document):
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
            f"{len(document)} characters; spans are offsets into the text as it is."
        )
    return start, end


def _is_pair(span):
    is_row = isinstance(span, Sequence) or getattr(span, "ndim", None) == 1
    return is_row and not isinstance(span, _NO_PAIRS) and len(span) == 2


def _is_offset(index):
    return isinstance(index, Integral) and not isinstance(index, bool | np.bool_)
