"""Tokens of a document, as code-point offsets: joining kept and removed pieces is the text."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress, pairwise
from numbers import Integral

import numpy as np

__all__ = ["ANALYZERS", "SplitDocument", "part_spans", "split_document"]

# Combining marks live below this code point, but for a few variation selectors.
_MARKS_END = 0x20000
_SELECTORS = "\N{VARIATION SELECTOR-17}-\N{VARIATION SELECTOR-256}"

# Inside a word: apostrophes, joiners of Indic and Persian letters, soft hyphens.
_JOINERS = "'\N{RIGHT SINGLE QUOTATION MARK}\u200c\u200d\u00ad"

# Ideographs, each of which is a word of its own here: nothing is between them in a text.
_IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"

_SENTENCE = re.compile(
    r"\S.*?(?:[.!?\u2026\u203d]+[\"'\u201d\u2019)\]]*(?=\s|$)|[\u3002\uff01\uff1f\u0964]+"
    r"|(?=\n\s*\n)|$)",
    re.DOTALL,
)

_ZERO_WIDTH_JOINER = "\u200d"
_REGIONAL = range(0x1F1E6, 0x1F200)
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_TAGS = range(0xE0020, 0xE0080)


@dataclass(frozen=True)
class SplitDocument:
    """A document in pieces.

    Attributes
    ----------
    document : str
        The text.

    spans : ndarray of int of shape (n_tokens, 2)
        First code point of each token and the end of it, in the order of the text.

    parts : ndarray of int of shape (n_tokens,)
        Which part each token belongs to; parts are numbered as they come in the text.

    words : tuple of str
        Text of each part.

    labels : tuple of str
        What each part is called: its text, and which occurrence it is where occurrences are
        parts of their own.

    Examples
    --------
    >>> from sklime.parts import split_document
    >>> split = split_document("to be or not to be", "word")
    >>> split.words
    ('to', 'be', 'or', 'not')
    >>> split.texts([[True, False, True, True]], mask_token=None)
    ['to  or not to ']
    """

    document: str
    spans: np.ndarray
    parts: np.ndarray
    words: tuple
    labels: tuple

    @property
    def n_parts(self):
        """Return the number of parts."""
        return len(self.words)

    def part_spans(self):
        """Return where each part is.

        Returns
        -------
        spans : tuple of ndarray of int of shape (n_occurrences, 2)
            One array a part.
        """
        order = np.argsort(self.parts, kind="stable")
        ends = np.searchsorted(self.parts[order], np.arange(1, self.n_parts))
        return tuple(np.split(self.spans[order], ends)) if self.n_parts else ()

    def pieces(self):
        """Return the text between tokens.

        Returns
        -------
        pieces : list of str
            Before the first token, ..., after the last.
        """
        starts = [0, *self.spans[:, 1].tolist()]
        ends = [*self.spans[:, 0].tolist(), len(self.document)]
        return [self.document[start:end] for start, end in zip(starts, ends)]

    def texts(self, masks, mask_token):
        """Rebuild the document without some of its parts.

        Parameters
        ----------
        masks : array-like of bool of shape (n_masks, n_parts)
            True where a part is kept.

        mask_token : str or None
            What stands for a removed token; `None` for nothing.

        Returns
        -------
        texts : list of str
            One a mask.
        """
        masks = np.asarray(masks, dtype=bool)
        step = 2 if mask_token is None else 3
        # Gap, token, (mask token), gap, token, ...: each copy is a choice of these.
        pieces = [""] * (step * len(self.spans) + 1)
        pieces[::step] = self.pieces()
        pieces[1::step] = [self.document[start:end] for start, end in self.spans.tolist()]
        chosen = np.ones((len(masks), len(pieces)), dtype=bool)
        chosen[:, 1::step] = masks[:, self.parts]
        if mask_token is not None:
            pieces[2::step] = [mask_token] * len(self.spans)
            chosen[:, 2::step] = ~chosen[:, 1::step]
        return ["".join(compress(pieces, row.tobytes())) for row in chosen]


def split_document(document, analyzer, *, token_pattern=None, ngram_size=2, positions=False):
    """Split a document into parts.

    Parameters
    ----------
    document : str
        The text.

    analyzer : {"word", "char", "ngram", "sentence"} or callable
        What a token is; a function from a text to (start, end) pairs.

    token_pattern : str, default=None
        Regular expression of a word.

    ngram_size : int, default=2
        Words in one token, for ``analyzer="ngram"``.

    positions : bool, default=False
        Whether each token is a part of its own; otherwise all tokens of the same text are
        one part.

    Returns
    -------
    split : SplitDocument
        The document in pieces.

    Examples
    --------
    >>> from sklime.parts import split_document
    >>> split_document("don't, don't", "word", positions=True).labels
    ("don't (1 of 2)", "don't (2 of 2)")
    """
    spans = part_spans(document, analyzer, token_pattern=token_pattern, ngram_size=ngram_size)
    tokens = [document[start:end] for start, end in spans.tolist()]
    places = {}
    for token in tokens:
        places.setdefault(token, len(places))
    if not positions:
        parts = np.array([places[token] for token in tokens], dtype=np.intp)
        return SplitDocument(document, spans, parts, tuple(places), tuple(places))
    totals = dict.fromkeys(places, 0)
    occurrences = []
    for token in tokens:
        totals[token] += 1
        occurrences.append(totals[token])
    labels = tuple(
        token if totals[token] == 1 else f"{token} ({place} of {totals[token]})"
        for token, place in zip(tokens, occurrences)
    )
    return SplitDocument(document, spans, np.arange(len(tokens)), tuple(tokens), labels)


def part_spans(document, analyzer, *, token_pattern=None, ngram_size=2):
    """Return where the tokens of a document are.

    Parameters
    ----------
    document : str
        The text.

    analyzer : {"word", "char", "ngram", "sentence"} or callable
        What a token is.

    token_pattern : str, default=None
        Regular expression of a word.

    ngram_size : int, default=2
        Words in one token, for ``analyzer="ngram"``.

    Returns
    -------
    spans : ndarray of int of shape (n_tokens, 2)
        In the order of the text, none of them empty, none overlapping.

    Examples
    --------
    >>> from sklime.parts import part_spans
    >>> part_spans("It's so.", "word").tolist()
    [[0, 4], [5, 7]]
    """
    if callable(analyzer):
        return _checked_spans(analyzer(document), document)
    spans = ANALYZERS[analyzer](document, token_pattern)
    if analyzer == "ngram":
        firsts, lasts = spans[::ngram_size], spans[ngram_size - 1 :: ngram_size]
        ends = [end for _, end in lasts] + [end for _, end in spans[-1:]]
        spans = [(start, end) for (start, _), end in zip(firsts, ends)]
    return np.array(spans, dtype=np.intp).reshape(-1, 2)


def _words(document, token_pattern):
    pattern = re.compile(token_pattern) if token_pattern is not None else _default_pattern()
    group = 1 if pattern.groups == 1 else 0
    spans = (match.span(group) for match in pattern.finditer(document))
    return [(start, end) for start, end in spans if 0 <= start < end]


def _sentences(document, token_pattern):
    spans = [match.span() for match in _SENTENCE.finditer(document)]
    return [(start, start + len(document[start:end].rstrip())) for start, end in spans]


def _characters(document, token_pattern):
    """Return what readers take for one character, without white space."""
    spans, start = [], 0
    for end in range(1, len(document) + 1):
        if end == len(document) or _is_boundary(document, start, end):
            if not document[start:end].isspace():
                spans.append((start, end))
            start = end
    return spans


ANALYZERS = {"word": _words, "ngram": _words, "sentence": _sentences, "char": _characters}


def _is_boundary(document, start, place):
    """Tell whether a character begins at a place, the one before having begun at start."""
    before, after = document[place - 1], document[place]
    if before == "\r" and after == "\n":
        return False
    code = ord(after)
    is_mark = unicodedata.category(after) in ("Mn", "Mc", "Me")
    if is_mark or after == _ZERO_WIDTH_JOINER or code in _SKIN_TONES or code in _TAGS:
        return False
    if before == _ZERO_WIDTH_JOINER and place - start > 1:
        # Joined emoji; letters are joined by it only within a word.
        return unicodedata.category(after) not in ("So", "Sk", "Cn")
    if code in _REGIONAL and ord(before) in _REGIONAL:
        return (place - start) % 2 == 0
    return not _is_hangul_joined(ord(before), code)


def _is_hangul_joined(before, after):
    """Tell whether two conjoining jamo belong to one syllable."""
    leads, vowels, tails = range(0x1100, 0x1160), range(0x1160, 0x11A8), range(0x11A8, 0x1200)
    is_syllable = 0xAC00 <= before < 0xD7A4
    ends_in_vowel = before in vowels or (is_syllable and (before - 0xAC00) % 28 == 0)
    if after in vowels:
        return before in leads or ends_in_vowel
    return after in tails and (ends_in_vowel or before in tails or is_syllable)


@lru_cache(maxsize=1)
def _default_pattern():
    """Return the pattern of a word: letters, digits and their marks, joined by apostrophes."""
    marks = [chr(code) for code in range(_MARKS_END) if unicodedata.category(chr(code))[0] == "M"]
    inside = rf"\w{''.join(marks)}{_SELECTORS}"
    letter = rf"(?![{_IDEOGRAPHS}])[{inside}]"
    return re.compile(
        rf"[{_IDEOGRAPHS}][{''.join(marks)}{_SELECTORS}]*"
        rf"|(?:{letter})+(?:[{_JOINERS}]+(?:{letter})+)*"
    )


def _checked_spans(found, document):
    """Check what a user's function gave, and put it in order; empty spans are left out."""
    spans = [_checked_span(span, document) for span in found]
    spans = sorted(span for span in spans if span[0] < span[1])
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise ValueError(
                f"analyzer returned overlapping spans: one ends at {end}, the next begins at "
                f"{start}; return disjoint (start, end) pairs."
            )
    return np.array(spans, dtype=np.intp).reshape(-1, 2)


def _checked_span(span, document):
    is_pair = not isinstance(span, str) and hasattr(span, "__len__") and len(span) == 2
    if not is_pair or not all(isinstance(place, Integral) for place in span):
        raise ValueError(
            f"analyzer must return (start, end) pairs of places in the text; it returned {span!r}. "
            "Of a regular expression, return [match.span() for match in pattern.finditer(text)]; "
            "of a tokenizer, its offsets."
        )
    start, end = (int(place) for place in span)
    if not 0 <= start <= end <= len(document):
        raise ValueError(
            f"analyzer returned the span ({start}, {end}), which is not within a text of "
            f"{len(document)} characters; spans are offsets into the text as it is."
        )
    return start, end
