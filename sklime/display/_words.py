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


_SHAPLEY = "Shapley values (marginal)"
_WORDS = {
    "background": Words("contribution", "base value"),
    "shapley": Words("Shapley value", "base value", "model", _SHAPLEY, _SHAPLEY),
}
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
