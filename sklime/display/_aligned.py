"""Align the weights of several explanations, rule by rule or feature by feature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

import numpy as np

from sklime.display._axes import plain_name
from sklime.display._view import contributions, rule_texts
from sklime.utils._types import FloatArray

if TYPE_CHECKING:
    from sklime._explanations._base import BaseExplanation

__all__ = ["Aligned", "aligned", "aligned_by_feature"]

MOST_RULES = 3  # rules of one feature that a label lists
NO_RULE, NO_BREAK = "\N{EN DASH}", "\N{NO-BREAK SPACE}"


# What tells two rules apart: name, condition, the shown rule, and how often the name and the
# condition came before. A repeated word of a document is a feature of its own.
_Rule: TypeAlias = tuple[str, str, str, int]

# What tells two features apart: name, and how often it came before.
_Feature: TypeAlias = tuple[str, int]

_Key = TypeVar("_Key", _Rule, _Feature)

# A weight and the ends of its interval.
_Interval: TypeAlias = tuple[float, float, float]


class Aligned(NamedTuple):
    """Weights of several explanations: one line per rule, one column per explanation."""

    labels: list[str]
    weights: FloatArray
    low: FloatArray
    high: FloatArray


class _Line(NamedTuple):
    """A selected feature: what it is, the texts that are shown of it, and its weight."""

    rule: _Rule
    feature: _Feature
    name: str
    text: str
    value: str
    interval: _Interval


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
    columns = [
        {line.rule: line for line in _lines_of(*pair)} for pair in zip(explanations, indices)
    ]
    labels = {
        rule: plain_name(f"{line.name} {line.text}".rstrip())
        for column in columns
        for rule, line in column.items()
    }
    return Aligned(list(labels.values()), *_intervals(list(labels), columns))


def aligned_by_feature(explanations: Sequence[BaseExplanation], indices: Sequence[int]) -> Aligned:
    """Align weights of several rows, whose rules for the same feature differ.

    Parameters
    ----------
    explanations : sequence of Explanation
        Their features may be others, as words of documents are.

    indices : sequence of int
        Index of the explained output of each.

    Returns
    -------
    aligned : Aligned
        One line per feature. The label has the rule that all share, or lists those of up to three
        rows in their order.
    """
    columns = [
        {line.feature: line for line in _lines_of(*pair)} for pair in zip(explanations, indices)
    ]
    features = list(dict.fromkeys(feature for column in columns for feature in column))
    labels = [_label_of([column.get(feature) for column in columns]) for feature in features]
    return Aligned(labels, *_intervals(features, columns))


def _label_of(lines: Sequence[_Line | None]) -> str:
    """Write the name of a feature, and its rules."""
    name = next(line.name for line in lines if line is not None)
    # Without bins the value takes the place of the rule.
    texts = [NO_RULE if line is None else line.text or line.value for line in lines]
    if len(set(texts)) == 1:
        return plain_name(f"{name} {texts[0]}".rstrip())
    if len(lines) > MOST_RULES or set(texts) <= {NO_RULE, ""}:
        return plain_name(name)
    # A rule stays on one line.
    whole = [text.replace(" ", NO_BREAK) for text in texts]
    return plain_name(f"{name}: {' | '.join(whole)}")


def _intervals(keys: Sequence[_Key], columns: Sequence[Mapping[_Key, _Line]]) -> FloatArray:
    """Return weights and ends of intervals as an array of shape (3, n_keys, n_columns)."""
    numbers = np.full((3, len(keys), len(columns)), np.nan)
    for place, key in enumerate(keys):
        for number, column in enumerate(columns):
            if key in column:
                numbers[:, place, number] = column[key].interval
    return numbers


def _lines_of(explanation: BaseExplanation, index: int) -> list[_Line]:
    """Return the selected features of an explanation."""
    values, low, high = contributions(explanation, index)
    conditions, selected = explanation.conditions, explanation.selected[:, index]
    lines = []
    n_rules: Counter[tuple[str, str]] = Counter()
    n_names: Counter[str] = Counter()
    for feature, raw in enumerate(explanation.feature_names):
        name, condition = str(raw), conditions[feature]
        n_rules[name, condition] += 1
        n_names[name] += 1
        if selected[feature]:
            shown_name, shown_rule, value = rule_texts(explanation, feature, condition)
            rule = name, condition, shown_rule.text, n_rules[name, condition]
            interval = float(values[feature]), float(low[feature]), float(high[feature])
            texts = shown_name.text, shown_rule.text, value.text
            lines.append(_Line(rule, (name, n_names[name]), *texts, interval))
    return lines
