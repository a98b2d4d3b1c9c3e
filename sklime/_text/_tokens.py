"""Tokens of a document as spans; the document can be rebuilt without some of them."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt

from sklime._text._sentences import sentences
from sklime._text._spans import checked_spans
from sklime._text._words import characters, words
from sklime.utils._types import IntArray

__all__ = ["ANALYZERS", "SplitDocument", "part_spans", "split_document"]


@dataclass(frozen=True)
class SplitDocument:
    """A document in pieces.

    Attributes
    ----------
    document : str
        The text.

    spans : ndarray of int of shape (n_tokens, 2)
        First code point and end of each token, in the order of the text.

    parts : ndarray of int of shape (n_tokens,)
        Index of the part of each token; parts are in the order of their first token.

    words : tuple of str
        Text of each part.

    labels : tuple of str
        Name of each part: its text, with the number of the occurrence if each occurrence is a
        separate part.

    Examples
    --------
    >>> from sklime._text._tokens import split_document
    >>> split = split_document("to be or not to be", "word")
    >>> split.words
    ('to', 'be', 'or', 'not')
    >>> split.texts([[True, False, True, True]], mask_token=None)
    ['to  or not to ']
    """

    document: str
    spans: IntArray
    parts: IntArray
    words: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def n_parts(self) -> int:
        """Return the number of parts."""
        return len(self.words)

    def part_spans(self) -> tuple[IntArray, ...]:
        """Return the spans of each part.

        Returns
        -------
        spans : tuple of ndarray of int of shape (n_occurrences, 2)
            One array per part.
        """
        order = np.argsort(self.parts, kind="stable")
        ends = np.searchsorted(self.parts[order], np.arange(1, self.n_parts))
        return tuple(np.split(self.spans[order], ends)) if self.n_parts else ()

    def pieces(self) -> list[str]:
        """Return the text between tokens.

        Returns
        -------
        pieces : list of str
            The text before the first token, then after each token.
        """
        starts = [0, *self.spans[:, 1].tolist()]
        ends = [*self.spans[:, 0].tolist(), len(self.document)]
        return [self.document[start:end] for start, end in zip(starts, ends)]

    def texts(self, masks: npt.ArrayLike, mask_token: str | None) -> list[str]:
        """Rebuild the document without some of its parts.

        Parameters
        ----------
        masks : array-like of bool of shape (n_masks, n_parts)
            True where a part is kept.

        mask_token : str or None
            Replacement of a removed token; `None` for nothing.

        Returns
        -------
        texts : list of str
            One text per mask.
        """
        kept = np.asarray(masks, dtype=bool)
        step = 2 if mask_token is None else 3
        # Gap, token, (mask token), gap, token, ...: each copy joins some of these.
        pieces = [""] * (step * len(self.spans) + 1)
        pieces[::step] = self.pieces()
        pieces[1::step] = [self.document[start:end] for start, end in self.spans.tolist()]
        chosen = np.ones((len(kept), len(pieces)), dtype=bool)
        chosen[:, 1::step] = kept[:, self.parts]
        if mask_token is not None:
            pieces[2::step] = [mask_token] * len(self.spans)
            chosen[:, 2::step] = ~chosen[:, 1::step]
        return ["".join(compress(pieces, row.tobytes())) for row in chosen]


def split_document(
    document: str,
    analyzer: str | Callable[[str], Any],
    *,
    token_pattern: str | None = None,
    ngram_size: int = 2,
    positions: bool = False,
) -> SplitDocument:
    """Split a document into parts.

    Parameters
    ----------
    document : str
        The text.

    analyzer : {"word", "char", "ngram", "sentence"} or callable
        Kind of token; a function returns (start, end) pairs for a text.

    token_pattern : str, default=None
        Regular expression of a word.

    ngram_size : int, default=2
        Words in one token, for ``analyzer="ngram"``.

    positions : bool, default=False
        Whether each token is a separate part; otherwise all tokens with the same text are one
        part.

    Returns
    -------
    split : SplitDocument
        The document in pieces.

    Examples
    --------
    >>> from sklime._text._tokens import split_document
    >>> split_document("don't, don't", "word", positions=True).labels
    ("don't (1 of 2)", "don't (2 of 2)")
    """
    spans = part_spans(document, analyzer, token_pattern=token_pattern, ngram_size=ngram_size)
    tokens = [document[start:end] for start, end in spans.tolist()]
    indices: dict[str, int] = {}
    for token in tokens:
        indices.setdefault(token, len(indices))
    if not positions:
        parts = np.array([indices[token] for token in tokens], dtype=np.intp)
        return SplitDocument(document, spans, parts, tuple(indices), tuple(indices))
    totals = dict.fromkeys(indices, 0)
    occurrences = []
    for token in tokens:
        totals[token] += 1
        occurrences.append(totals[token])
    labels = tuple(
        token if totals[token] == 1 else f"{token} ({index} of {totals[token]})"
        for token, index in zip(tokens, occurrences)
    )
    return SplitDocument(document, spans, np.arange(len(tokens)), tuple(tokens), labels)


def part_spans(
    document: str,
    analyzer: str | Callable[[str], Any],
    *,
    token_pattern: str | None = None,
    ngram_size: int = 2,
) -> IntArray:
    """Return the spans of the tokens of a document.

    Parameters
    ----------
    document : str
        The text.

    analyzer : {"word", "char", "ngram", "sentence"} or callable
        Kind of token.

    token_pattern : str, default=None
        Regular expression of a word.

    ngram_size : int, default=2
        Words in one token, for ``analyzer="ngram"``.

    Returns
    -------
    spans : ndarray of int of shape (n_tokens, 2)
        In the order of the text; none is empty, none overlap.

    Raises
    ------
    ValueError
        If `analyzer` is unknown, `token_pattern` is no regular expression, or one of them gives
        something other than disjoint spans of the text.

    Examples
    --------
    >>> from sklime._text._tokens import part_spans
    >>> part_spans("It's so.", "word").tolist()
    [[0, 4], [5, 7]]
    """
    if callable(analyzer):
        spans = checked_spans(analyzer(document), document)
    elif analyzer in ANALYZERS:
        spans = ANALYZERS[analyzer](document, token_pattern)
    else:
        raise ValueError(
            f"analyzer={analyzer!r} is unknown; pass one of {sorted(ANALYZERS)}, or a function "
            "from a text to (start, end) pairs."
        )
    if analyzer == "ngram":
        firsts, lasts = spans[::ngram_size], spans[ngram_size - 1 :: ngram_size]
        ends = [end for _, end in lasts] + [end for _, end in spans[-1:]]
        spans = [(start, end) for (start, _), end in zip(firsts, ends)]
    return np.array(spans, dtype=np.intp).reshape(-1, 2)


ANALYZERS: dict[str, Callable[[str, str | None], list[tuple[int, int]]]] = {
    "word": words,
    "ngram": words,
    "sentence": sentences,
    "char": characters,
}
