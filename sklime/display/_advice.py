"""Words for a fidelity, and advice on settings if it is low.

Each advice was measured to raise the fidelity in the cases for which it is given: see
``benchmarks/low_fidelity.py`` and the table "When the fidelity is low" of the guide.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sklime.display._units import is_share
from sklime.utils._types import BoolArray, FloatArray

if TYPE_CHECKING:
    from sklime._explanations._base import BaseExplanation
    from sklime._explanations._settings import ExplainerSettings

__all__ = [
    "FIDELITY_WORDS",
    "LOW_FIDELITY",
    "Case",
    "advice_of",
    "advice_on_many",
    "advice_text",
    "case_of",
    "is_low",
    "saturation_text",
]

# Lower ends of the words. They come from eight pairs of model and data, explained with all columns:
# the fidelity was 0.97 for forests, and 0.82 for boosted and support vector classifiers.
FIDELITY_WORDS = (
    (0.95, "excellent"),
    (0.8, "good"),
    (0.6, "fair"),
    (0.3, "low"),
    (-np.inf, "very low"),
)

# Displays give advice below these.
LOW_FIDELITY = 0.6
LOW_RESPONSE_R2 = 0.3

# A probability nearer than this to 0 or 1 leaves little to explain on its own scale.
SATURATED = 0.05

# A probability nearer than this hardly changes on its own scale, even if the fidelity is high.
AT_THE_END = 0.01

# A value of keep that raised the fidelity of most rows where it was low.
LARGER_KEEP = 0.9

# Advice on many rows must help in at least this share of the rows with low fidelity.
SHARE_OF_MANY = 0.5


class Case(NamedTuple):
    """Facts about one output of one row that advice depends on.

    Attributes
    ----------
    fidelity, response_r2 : float
        Held-out R2 against mean and single responses.

    settings : ExplainerSettings
        Parameters of the explainer.

    is_saturated : bool
        Whether the explained response is a probability near 0 or 1, within `SATURATED`.

    n_left_out : int
        Number of features that were not selected.

    noun : str
        What is explained: "row", "document" or "picture".

    is_bound : bool, default=False
        Whether the fidelity is a lower bound.

    is_at_the_end : bool, default=False
        Whether that probability is within `AT_THE_END`.
    """

    fidelity: float
    response_r2: float
    settings: ExplainerSettings
    is_saturated: bool
    n_left_out: int
    noun: str
    is_bound: bool = False
    is_at_the_end: bool = False

    @property
    def is_shared(self) -> bool:
        """Tell whether all rows share their perturbed rows."""
        return bool(self.settings.neighborhood == "shared")

    @property
    def has_bins(self) -> bool:
        """Tell whether columns of numbers are cut into bins."""
        return self.settings.discretizer is not None

    @property
    def is_low(self) -> bool:
        """Tell whether the fidelity is low."""
        return bool(is_low(self.fidelity))

    @property
    def has_poor_bins(self) -> bool:
        """Tell whether columns are cut into bins that explain little of single responses."""
        # As it is shown, with two decimals.
        tells_little = bool(np.round(self.response_r2, 2) < LOW_RESPONSE_R2)
        return self.has_bins and (tells_little or (self.is_low and self.is_shared))

    @property
    def may_change_bins(self) -> bool:
        """Tell whether other bins may help: they raised no low fidelity near the row."""
        return self.has_poor_bins and (self.is_shared or not self.is_low)

    @property
    def is_from_trees(self) -> bool:
        """Tell whether a probability is known to be an average of leaves.

        Log-odds lowered the fidelity of such probabilities. They are the only ones that are
        explained exactly.
        """
        return self.settings.method == "exact"


def _keep_of(case: Case) -> float:
    """Return the probability that a perturbed row keeps a value; 1 if there is none."""
    return 1.0 if case.settings.keep is None else case.settings.keep


class _Advice(NamedTuple):
    """A setting and what it does, and whether it was measured to help in a case."""

    words: str
    helps: Callable[[Case], bool]


# The most helpful first.
_ON_ROWS = (
    _Advice(
        'neighborhood="anchored" draws copies near the row',
        lambda case: case.is_low and case.is_shared,
    ),
    _Advice(
        'link="logit" explains log-odds, since the probability is near 0 or 1',
        lambda case: (
            case.is_low
            and case.is_saturated
            and case.settings.link == "identity"
            and not case.is_from_trees
        ),
    ),
    _Advice(
        "max_features=None keeps the features that were left out",
        lambda case: case.is_low and case.n_left_out > 0,
    ),
    _Advice(
        'discretizer="quartile" makes wider bins',
        lambda case: case.is_low and case.settings.discretizer == "decile",
    ),
    _Advice(
        f"keep={LARGER_KEEP} asks about smaller changes",
        lambda case: case.is_low and case.has_bins and _keep_of(case) < LARGER_KEEP,
    ),
    _Advice(
        "discretizer=None fits slopes in place of bins",
        lambda case: case.may_change_bins,
    ),
    _Advice(
        'discretizer="model" cuts columns where the model changes',
        lambda case: case.may_change_bins and case.settings.discretizer != "model",
    ),
)

# Of four classifiers of digits, one of clothes and a network of photos: a blurred copy raised the
# median fidelity of all, from .39 to .93 at most, and keep=0.9 that of all with a low one.
_ON_PICTURES = (
    _Advice(
        'another fill, such as fill="blur", changes the picture less',
        lambda case: case.is_low and case.settings.fill != "a blurred copy",
    ),
    _Advice(
        f"keep={LARGER_KEEP} asks about smaller changes",
        lambda case: case.is_low and _keep_of(case) < LARGER_KEEP,
    ),
)

# Documents have no advice, because nothing was measured on them.
_ADVICE = {"row": _ON_ROWS, "picture": _ON_PICTURES}


def is_low(fidelity: float | FloatArray) -> bool | BoolArray:
    """Tell whether a fidelity is low.

    Parameters
    ----------
    fidelity : float or ndarray
        R2; NaN is not low.

    Returns
    -------
    is_low : bool or ndarray of bool
        Whether it is below `LOW_FIDELITY` with the two decimals that displays show.
    """
    # 0.596 is shown as 0.60: calling it low would contradict the number beside it.
    is_below: bool | BoolArray = np.round(fidelity, 2) < LOW_FIDELITY
    return is_below


def case_of(explanation: BaseExplanation, index: int) -> Case:
    """Collect the facts that advice on one output depends on.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    index : int
        Index of the explained output.

    Returns
    -------
    case : Case
        The facts.
    """
    internals = explanation.internals
    response = float(explanation.predictions[index])
    # Exactly 0 or 1 may be a label, and has no log-odds.
    is_probability = is_share(explanation) and 0.0 < response < 1.0
    return Case(
        fidelity=float(explanation.fidelity[index]),
        response_r2=float(explanation.response_r2[index]),
        settings=internals.settings,
        is_saturated=is_probability and abs(response - 0.5) > 0.5 - SATURATED,
        is_at_the_end=is_probability and abs(response - 0.5) > 0.5 - AT_THE_END,
        n_left_out=int((~explanation.selected[:, index]).sum()) - len(internals.settings.fixed),
        noun=explanation.noun,
        is_bound=internals.fidelity_is_bound,
    )


def advice_of(case: Case) -> list[str]:
    """Return the settings that were measured to help in a case.

    Parameters
    ----------
    case : Case
        The facts.

    Returns
    -------
    advice : list of str
        Settings and what they do, the most helpful first. Empty if the fidelity is not low, or
        if no setting is known to help.

    Examples
    --------
    >>> from sklime.display._advice import Case, advice_of
    >>> from sklime._explanations._settings import ExplainerSettings
    >>> settings = ExplainerSettings("identity", 0.75, "anchored", "quartile", "marginal")
    >>> advice_of(Case(0.4, 0.35, settings, False, 0, "row"))
    ['keep=0.9 asks about smaller changes']
    """
    return [item.words for item in _ADVICE.get(case.noun, ()) if item.helps(case)]


def advice_on_many(cases: Iterable[Case]) -> list[str]:
    """Return the settings that help in many rows.

    Parameters
    ----------
    cases : iterable of Case
        The facts of each row.

    Returns
    -------
    advice : list of str
        Settings that help in at least half of the rows with low fidelity, the most frequent
        first.
    """
    low = [case for case in cases if case.is_low]
    counts = Counter(words for case in low for words in advice_of(case))
    return [words for words, n in counts.most_common() if n >= SHARE_OF_MANY * len(low)]


def saturation_text(case: Case) -> str:
    """Write that a probability is very near 0 or 1, where log-odds tell more.

    Parameters
    ----------
    case : Case
        The facts.

    Returns
    -------
    text : str
        Empty if the probability leaves enough to explain, if log-odds are explained, or if the
        advice on a low fidelity mentions it already.
    """
    is_advised = case.is_low and case.noun == "row"
    if not case.is_at_the_end or case.settings.link != "identity" or is_advised:
        return ""
    if case.is_from_trees:
        return ""
    return 'The probability is very near 0 or 1. link="logit" explains log-odds instead.'


def advice_text(case: Case) -> tuple[str, str]:
    """Write the advice on a row in sentences.

    Parameters
    ----------
    case : Case
        The facts.

    Returns
    -------
    head, rest : str
        What is wrong, and what may help; both empty if there is no advice.
    """
    advice = advice_of(case)
    if not advice:
        return "", ""
    head = "Only a lower bound of the fidelity is known." if case.is_bound else "Low fidelity."
    if not case.is_low:
        head = f"Rules tell little about single answers (R² {case.response_r2:.2f})."
    return head, f"May help: {'; '.join(advice)}."
