"""Words that displays use for the quantities of an explanation."""

from typing import Any, NamedTuple

__all__ = ["Words", "words_of"]


class Words(NamedTuple):
    """Words for what an explanation reports.

    Attributes
    ----------
    quantity : str
        Word for the number of each feature.

    base : str
        Word for the number that they are added to.
    """

    quantity: str
    base: str


_WORDS = {"background": Words("contribution", "base value")}
_CONTRASTS = Words("weight", "intercept")


def words_of(explanation: Any) -> Words:
    """Return the words for the quantities of an explanation.

    Parameters
    ----------
    explanation : Explanation or ExplanationBatch
        The explanation or explanations to show.

    Returns
    -------
    words : Words
        "contribution" and "base value" if weights compare with the background, else "weight" and
        "intercept".

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from sklime.display._words import words_of
    >>> words_of(SimpleNamespace(baseline="background")).quantity
    'contribution'
    """
    return _WORDS.get(explanation.baseline, _CONTRASTS)
