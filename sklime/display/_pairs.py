"""The strongest pair of features, where it changes how an explanation reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sklime.display._names import name_of
from sklime.display._numbers import decimals_for, fidelity_text, signed_text
from sklime.display._view import contributions

if TYPE_CHECKING:
    from sklime._explanations._base import BaseExplanation

__all__ = ["PairLine", "pair_line", "pair_text"]

# A pair is shown from this share of the largest weight on, if pairs raise the fidelity by this.
LEAST_SHARE, LEAST_GAIN = 0.1, 0.01

_NUMBERS = {1: "this pair", 2: "two pairs", 3: "three pairs"}


class PairLine(NamedTuple):
    """The strongest pair of one output, and what pairs do for the fidelity, as texts.

    Attributes
    ----------
    names : tuple of (str, str)
        Names of the two features, of the user.

    value : str
        What both together add beside their weights.

    fidelity, fidelity_with : str
        R2 without pairs and with them.

    pairs : str
        How many pairs are meant, such as "three pairs".
    """

    names: tuple[str, str]
    value: str
    fidelity: str
    fidelity_with: str
    pairs: str


def pair_line(
    explanation: BaseExplanation, index: int, decimals: int | None = None
) -> PairLine | None:
    """Return the strongest pair of an output where it matters.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    index : int
        Index of the explained output.

    decimals : int, default=None
        Decimals of the value; `None` takes those of the weights.

    Returns
    -------
    line : PairLine or None
        `None` if no pairs are known, if the strongest is below a tenth of the largest weight, or
        if pairs raise the fidelity by less than 0.01.
    """
    pairs = explanation.internals.pairs
    if pairs is None:
        return None
    values = pairs.values[:, index]
    known = np.flatnonzero(np.isfinite(values) & (pairs.features >= 0).all(axis=1))
    fidelity, fidelity_with = pairs.fidelity[index], pairs.fidelity_with_pairs[index]
    # Without the error of subtraction, which would make 0.82 - 0.81 less than 0.01.
    gain = np.round(fidelity_with - fidelity, 9)
    if not known.size or not gain >= LEAST_GAIN:
        return None
    best = known[np.argmax(np.abs(values[known]))]
    weights = contributions(explanation, index)[0]
    if abs(values[best]) < LEAST_SHARE * np.abs(weights).max(initial=0.0):
        return None
    first, second = (str(explanation.feature_names[member]) for member in pairs.features[best])
    return PairLine(
        (first, second),
        signed_text(values[best], decimals_for(weights) if decimals is None else decimals),
        fidelity_text(fidelity),
        fidelity_text(fidelity_with),
        _NUMBERS.get(known.size, f"{known.size} pairs"),
    )


def pair_text(line: PairLine, write: Callable[[str], str] | None = None, gap: str = " ") -> str:
    """Write a pair in two sentences.

    Parameters
    ----------
    line : PairLine
        The pair.

    write : callable, default=None
        Function that writes a name; `None` shows strange characters by their numbers.

    gap : str, default=" "
        What stands between the two sentences.

    Returns
    -------
    text : str
        For example "age and sex together: -0.08; their bars hold part of it. Fidelity 0.81; with
        three pairs 0.93."
    """
    names = (name_of(name).text if write is None else write(name) for name in line.names)
    return (
        f"{' and '.join(names)} together: {line.value}; their bars hold part of it.{gap}"
        f"Fidelity {line.fidelity}; with {line.pairs} {line.fidelity_with}."
    )
