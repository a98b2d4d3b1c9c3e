"""Align the weights of several explanations, rule by rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from sklime.display._axes import plain_name
from sklime.display._view import contributions, rule_texts
from sklime.utils._types import FloatArray

if TYPE_CHECKING:
    from sklime._explanations._base import BaseExplanation

__all__ = ["Aligned", "aligned"]


# What tells two rules apart: name, condition, the shown rule, and how often the name and the
# condition came before. A repeated word of a document is a feature of its own.
_Rule: TypeAlias = tuple[str, str, str, int]

# Label of a rule; its weight and the ends of its interval.
_Line: TypeAlias = tuple[str, tuple[float, float, float]]


class Aligned(NamedTuple):
    """Weights of several explanations: one line per rule, one column per explanation."""

    labels: list[str]
    weights: FloatArray
    low: FloatArray
    high: FloatArray


def aligned(explanations: Sequence[BaseExplanation], indices: Sequence[int]) -> Aligned:
    """Align weights of several explanations, or of several outputs of one, in a matrix.

    Parameters
    ----------
    explanations : sequence of Explanation
        Their features may be others, as words of documents are.

    indices : sequence of int
        Index of the explained output of each.

    Returns
    -------
    aligned : Aligned
        Labels in the order in which the rules first occur, and arrays of shape (n_rules,
        n_explanations) with NaN where a rule is not selected. Different rules stay apart even if
        their labels are cut to the same text.
    """
    columns = [_column(*pair) for pair in zip(explanations, indices)]
    labels = {rule: label for column in columns for rule, (label, _) in column.items()}
    numbers = np.full((3, len(labels), len(columns)), np.nan)
    for line, rule in enumerate(labels):
        for number, column in enumerate(columns):
            if rule in column:
                numbers[:, line, number] = column[rule][1]
    return Aligned(list(labels.values()), *numbers)


def _column(explanation: BaseExplanation, index: int) -> dict[_Rule, _Line]:
    """Return label, weight and interval of each selected rule."""
    values, low, high = contributions(explanation, index)
    conditions, selected = explanation.conditions, explanation.selected[:, index]
    column: dict[_Rule, _Line] = {}
    n_times: Counter[tuple[str, str]] = Counter()
    for feature, name in enumerate(explanation.feature_names):
        rule = str(name), conditions[feature]
        n_times[rule] += 1
        if selected[feature]:
            shown_name, shown_rule, _ = rule_texts(explanation, feature, conditions[feature])
            label = plain_name(f"{shown_name.text} {shown_rule.text}".rstrip())
            key = *rule, shown_rule.text, n_times[rule]
            column[key] = label, (values[feature], low[feature], high[feature])
    return column
