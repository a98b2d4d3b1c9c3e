"""Words that displays use for the quantities of an explanation."""

from typing import Any, NamedTuple

__all__ = ["Parts", "Words", "parts_of", "words_of"]


class Words(NamedTuple):
    """Words for what an explanation reports.

    Attributes
    ----------
    quantity : str
        Word for the number of each feature.

    base : str
        Word for the number that they are added to.

    total : str
        Word for the sum.

    heading, headings : str
        Heading of one explanation, and of several.
    """

    quantity: str
    base: str
    total: str = "surrogate"
    heading: str = "LIME explanation"
    headings: str = "LIME explanations"


class Parts(NamedTuple):
    """Words for what has a weight.

    Attributes
    ----------
    one : str
        Word for one of them.

    held : str
        Word for several of them as they hold or are present in a changed copy.

    beside : str
        Heading of the column of their values or sizes; empty if there is none.
    """

    one: str
    held: str
    beside: str


_SHAPLEY = "Shapley values (marginal)"
_WORDS = {
    "background": Words("contribution", "base value"),
    "shapley": Words("Shapley value", "base value", "model", _SHAPLEY, _SHAPLEY),
}
_CONTRASTS = Words("weight", "intercept")

_PARTS = {
    "table": Parts("feature", "rules", "Value"),
    "text": Parts("word", "words", ""),
    "image": Parts("segment", "segments", "Area"),
}


def words_of(explanation: Any) -> Words:
    """Return the words for the quantities of an explanation.

    Parameters
    ----------
    explanation : Explanation or ExplanationBatch
        The explanation or explanations to show.

    Returns
    -------
    words : Words
        "contribution" and "base value" if weights compare with the background, "Shapley value" and
        "base value" for Shapley values, else "weight" and "intercept".

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from sklime.display._words import words_of
    >>> words_of(SimpleNamespace(baseline="background")).quantity
    'contribution'
    """
    return _WORDS.get(explanation.baseline, _CONTRASTS)


def parts_of(shown: Any) -> Parts:
    """Return the words for what has a weight.

    Parameters
    ----------
    shown : Explanation or ExplanationBatch
        The explanation or explanations to show.

    Returns
    -------
    parts : Parts
        Features of rows, words of documents, segments of pictures.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from sklime.display._words import parts_of
    >>> parts_of(SimpleNamespace(kind="image")).one
    'segment'
    """
    return _PARTS[shown.kind]
