"""What displays call the quantities of an explanation."""

from typing import NamedTuple

__all__ = ["Words", "words_of"]


class Words(NamedTuple):
    """Names of what an explanation reports.

    Attributes
    ----------
    quantity : str
        Of each feature.

    base : str
        What the quantities are added to.
    """

    quantity: str
    base: str


_WORDS = {"background": Words("contribution", "base value")}
_CONTRASTS = Words("weight", "intercept")


def words_of(explanation):
    """Return what to call the quantities of an explanation.

    Parameters
    ----------
    explanation : Explanation or ExplanationBatch
        What is shown.

    Returns
    -------
    words : Words
        "contribution" and "base value" where weights compare with the background.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from sklime.display._words import words_of
    >>> words_of(SimpleNamespace(baseline="background")).quantity
    'contribution'
    """
    return _WORDS.get(explanation.baseline, _CONTRASTS)
