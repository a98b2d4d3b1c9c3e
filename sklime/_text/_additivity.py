r"""Vectorizers whose counts of a copy are the sum of the counts of its pieces.

This is decided by proof, not by trying examples. The counts add up if

1. the preprocessor works character by character. ``str.lower`` does, except for the Greek capital
   sigma: its lower case depends on its neighbors. Decomposing characters and dropping combining
   marks, or everything outside ASCII, does too: it reorders marks only.
2. a token consists of word characters (``\w``) only, and depends on its run of word characters
   only. That holds for patterns of classes of word characters and ``\b``.
3. no run of word characters crosses from one piece into another, whichever pieces are removed.

The first two depend on the vectorizer, the third on the document after preprocessing.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer

from sklime._text._tokens import SplitDocument

__all__ = ["counts_add_up", "counts_words", "has_own_methods"]

# Classes of word characters, at least one of them, and boundaries of words around them.
_CLASS = r"(?:\\w|\\d|\[(?:a-z|A-Z|0-9|_|\\w|\\d)+\])"
_TIMES = r"(?:\+|\{[1-9][0-9]*(?:,[0-9]*)?\})?"
_WORDS_ALONE = re.compile(rf"(?:\(\?u\))?(?:\\b)?(?:{_CLASS}{_TIMES})+(?:\\b)?")

_WORD_CHARACTER = re.compile(r"\w")

# The only character whose lower case depends on its neighbors.
_CAPITAL_SIGMA = "\N{GREEK CAPITAL LETTER SIGMA}"

# Types in which counts are exact.
_COUNT_TYPES = (np.float64, np.float32, np.int64, np.int32)

# Methods of scikit-learn that decide about tokens. If one is patched, nothing is known of it.
_METHODS: dict[type, dict[str, Any]] = {
    kind: {
        name: getattr(kind, name)
        for name in ("decode", "build_preprocessor", "build_tokenizer", "build_analyzer")
        + ("get_stop_words", "_word_ngrams")
    }
    for kind in (CountVectorizer, TfidfVectorizer, HashingVectorizer)
}


def has_own_methods(estimator: Any) -> bool:
    """Tell whether attributes of an object replace attributes of its class.

    Parameters
    ----------
    estimator : object
        Vectorizer or pipeline.

    Returns
    -------
    has_own_methods : bool
        True if, for example, ``vectorizer.build_analyzer`` was set to another function.
    """
    return not vars(estimator).keys().isdisjoint(dir(type(estimator)))


def counts_words(vectorizer: Any) -> bool:
    """Tell whether a vectorizer counts single words.

    Parameters
    ----------
    vectorizer : object
        First step of a pipeline.

    Returns
    -------
    counts_words : bool
        True if that is certain. `counts_add_up` then checks the document.
    """
    kind = type(vectorizer)
    if kind not in _METHODS or has_own_methods(vectorizer):
        return False
    if any(getattr(kind, name) is not method for name, method in _METHODS[kind].items()):
        return False
    if vectorizer.analyzer != "word" or tuple(vectorizer.ngram_range) != (1, 1):
        return False
    if vectorizer.input != "content" or vectorizer.dtype not in _COUNT_TYPES:
        return False
    if kind is HashingVectorizer:
        # Words of opposite sign add up to a stored zero, which `binary` turns into a one.
        return not vectorizer.binary and _has_plain_tokens(vectorizer)
    has_vocabulary = type(getattr(vectorizer, "vocabulary_", None)) is dict
    return has_vocabulary and _has_plain_tokens(vectorizer)


def _has_plain_tokens(vectorizer: Any) -> bool:
    """Tell whether preprocessor, pattern and stop words are of known kinds."""
    return (
        vectorizer.preprocessor is None
        and vectorizer.tokenizer is None
        and not callable(vectorizer.strip_accents)
        and isinstance(vectorizer.stop_words, str | list | tuple | set | frozenset | None)
        and type(vectorizer.token_pattern) is str
        and _WORDS_ALONE.fullmatch(vectorizer.token_pattern) is not None
    )


def counts_add_up(vectorizer: Any, split: SplitDocument) -> bool:
    """Tell whether the counts of each copy of a document are a sum over its kept pieces.

    Parameters
    ----------
    vectorizer : estimator
        A vectorizer for which `counts_words` is true.

    split : SplitDocument
        The document.

    Returns
    -------
    counts_add_up : bool
        True if no word of the vectorizer can cross from one piece into another.
    """
    if vectorizer.lowercase and _CAPITAL_SIGMA in split.document:
        return False
    gaps = split.pieces()
    tokens = [split.words[part] for part in split.parts.tolist()]
    ends = _word_ends({*gaps, *tokens}, vectorizer.build_preprocessor())
    # Whether the text so far may end with a word character, whichever tokens are removed.
    may_touch = False
    for gap, token in zip(gaps, [*tokens, ""]):
        for text, is_kept in ((gap, True), (token, False)):
            of_text = ends[text]
            if of_text is None:
                continue
            begins, stops = of_text
            if may_touch and begins:
                return False
            may_touch = stops if is_kept else may_touch or stops
    return True


def _word_ends(
    texts: Iterable[str], preprocess: Callable[[str], str]
) -> dict[str, tuple[bool, bool] | None]:
    """Return whether texts begin and end with word characters; None if nothing is left."""
    ends: dict[str, tuple[bool, bool] | None] = {"": None}
    for text in texts:
        image = preprocess(text)
        ends[text] = (_is_word(image[0]), _is_word(image[-1])) if image else None
    return ends


def _is_word(character: str) -> bool:
    return _WORD_CHARACTER.match(character) is not None
