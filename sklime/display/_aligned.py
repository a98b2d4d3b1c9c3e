"""Weights of several explanations brought together, rule by rule."""

from typing import NamedTuple

import numpy as np

from sklime.display._axes import plain_name
from sklime.display._view import contributions, rule_texts

__all__ = ["Aligned", "aligned"]


class Aligned(NamedTuple):
    """Weights of several explanations: a line for each rule, a column for each explanation."""

    labels: list
    weights: np.ndarray
    low: np.ndarray
    high: np.ndarray


def aligned(explanations, indices):
    """Bring weights of several explanations, or of several outputs of one, into one matrix.

    Parameters
    ----------
    explanations : sequence of Explanation
        Their features may be others, as words of documents are.

    indices : sequence of int
        Which of the explained outputs of each.

    Returns
    -------
    aligned : Aligned
        Labels in the order in which the rules come, and arrays of shape (n_rules,
        n_explanations); NaN where a rule is not selected. What has the same label only because
        it was cut stays apart.
    """
    columns = [_column(*pair) for pair in zip(explanations, indices)]
    labels = {rule: label for column in columns for rule, (label, _) in column.items()}
    numbers = np.full((3, len(labels), len(columns)), np.nan)
    for line, rule in enumerate(labels):
        for number, column in enumerate(columns):
            if rule in column:
                numbers[:, line, number] = column[rule][1]
    return Aligned(list(labels.values()), *numbers)


def _column(explanation, index):
    """Return label, weight and interval of each selected rule, by what tells rules apart."""
    values, low, high = contributions(explanation, index)
    conditions, selected = explanation.conditions, explanation.selected[:, index]
    column, counts = {}, {}
    for feature, name in enumerate(explanation.feature_names):
        rule = str(name), conditions[feature]
        counts[rule] = counts.get(rule, 0) + 1
        if selected[feature]:
            shown_name, shown_rule, _ = rule_texts(explanation, feature, conditions[feature])
            label = plain_name(f"{shown_name.text} {shown_rule.text}".rstrip())
            key = *rule, shown_rule.text, counts[rule]
            column[key] = label, (values[feature], low[feature], high[feature])
    return column
