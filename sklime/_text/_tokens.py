"""Tokens of a document, as code-point offsets: joining kept and removed pieces is the text."""

from dataclasses import dataclass
from itertools import compress

import numpy as np

from sklime._text._sentences import sentences
from sklime._text._spans import checked_spans
from sklime._text._words import characters, words

__all__ = ["ANALYZERS", "SplitDocument", "part_spans", "split_document"]


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
    >>> from sklime._text._tokens import split_document
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
    >>> from sklime._text._tokens import split_document
    >>> split_document("don't, don't", "word", positions=True).labels
    ("don't (1 of 2)", "don't (2 of 2)")
    """
    spans = part_spans(document, analyzer, token_pattern=token_pattern, ngram_size=ngram_size)
    tokens = [document[start:end] for start, end in spans.tolist()]
    indices = {}
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

    Raises
    ------
    ValueError
        If `analyzer` is unknown, `token_pattern` is no regular expression, or what either gives
        are no disjoint spans of the text.

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


ANALYZERS = {"word": words, "ngram": words, "sentence": sentences, "char": characters}
