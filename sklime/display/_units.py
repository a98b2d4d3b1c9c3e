"""What the numbers of an explanation are numbers of: probabilities, scores, log-odds, values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sklime._explanations._base import AnyBatch, BaseExplanation

__all__ = ["is_share", "model_words", "response_noun", "unit_of"]

# Answers of these methods, whatever their size.
_BY_METHOD = {
    "predict_proba": "probability",
    "decision_function": "score",
    "score_samples": "score",
}
_LOG_ODDS = "log-odds"
_VALUE = "predicted value"
_SHARES = ("probability", "indicator")


def response_noun(shown: AnyBatch | BaseExplanation) -> str:
    """Return what each response of the model is.

    Parameters
    ----------
    shown : Explanation or ExplanationBatch
        The explanation or explanations to show.

    Returns
    -------
    noun : str
        "probability", "log-odds" with ``link="logit"``, "score", "indicator" for
        the classes that ``predict`` returns, or "predicted value".
    """
    settings = shown.internals.settings
    if settings.link == "logit":
        return _LOG_ODDS
    noun = _BY_METHOD.get(settings.response_method or "")
    if noun is not None:
        return noun
    if not shown.is_classification:
        return _VALUE
    if settings.response_method == "predict":
        return "indicator"
    # Older files do not tell the method.
    return "probability" if _are_in_unit_interval(shown) else "score"


def unit_of(explanation: BaseExplanation, index: int) -> str:
    """Return what the numbers of an explained output are.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    index : int
        Index of the explained output.

    Returns
    -------
    unit : str
        As `response_noun`, or "difference in probability" and the like for a pair of outputs.
    """
    noun = response_noun(explanation)
    # The log of the ratio of two probabilities is the log-odds of one against the other.
    is_difference = explanation.internals.opposed_index[index] >= 0 and noun != _LOG_ODDS
    return f"difference in {noun}" if is_difference else noun


def model_words(explanation: BaseExplanation, index: int) -> str:
    """Return the words before the model's answer in a line of facts.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    index : int
        Index of the explained output.

    Returns
    -------
    words : str
        "model" and the unit, such as "model probability"; "model" alone before a predicted value.
    """
    unit = unit_of(explanation, index)
    return "model" if unit == _VALUE else f"model {unit}"


def is_share(shown: AnyBatch | BaseExplanation) -> bool:
    """Tell whether the responses are shares of 1, which bars can show.

    Parameters
    ----------
    shown : Explanation or ExplanationBatch
        The explanation or explanations to show.

    Returns
    -------
    is_share : bool
        True for classes whose responses are probabilities or indicators. Scores may lie in [0, 1]
        by chance.
    """
    is_known = shown.is_classification and response_noun(shown) in _SHARES
    return bool(is_known) and _are_in_unit_interval(shown)


def _are_in_unit_interval(shown: AnyBatch | BaseExplanation) -> bool:
    responses = np.asarray(shown.responses, dtype=np.float64)
    present = responses[~np.isnan(responses)]
    return bool(((present >= 0.0) & (present <= 1.0)).all())
