"""One row beside changed copies of it: answers and explanations, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sklime.display._advice import is_low
from sklime.display._counts import shown_and_rest
from sklime.display._names import MAX_CLASS_LENGTH, Name, has_output_name, name_of, output_title
from sklime.display._numbers import decimals_for, fidelity_text, signed_text, strongest_first
from sklime.display._types import View
from sklime.display._units import is_share as are_shares
from sklime.display._units import unit_of
from sklime.display._view import (
    NEUTRAL,
    axis_of,
    bar_view,
    contributions,
    failure_of,
    main_output_index,
    percent,
    rule_texts,
)
from sklime.display._words import words_of
from sklime.utils._objects import is_missing
from sklime.utils._spread import evenly_spread
from sklime.utils._text import UNCHANGED
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from sklime._explanations._base import AnyBatch, BaseExplanation

__all__ = ["Copies", "Side", "is_what_if", "rules_of", "side_by_side", "what_if_view"]

# Rows side by side: those that are shown at once, and in all tables of a page together.
MAX_COLUMNS, MOST_COLUMNS = 5, 17
FIRST_ANSWERS = 13  # others are folded away
PROBABILITY_DECIMALS = 3


class Copies(NamedTuple):
    """A row and changed copies of it, for one explained output.

    Attributes
    ----------
    explanations : list of Explanation
        The row itself, then its copies.

    output : int
        Index of the explained output.

    answers : ndarray of shape (n_rows,)
        Response of the model for this output.

    changed : ndarray of int
        Features whose values differ between the rows.

    is_share : bool
        Whether the answers are probabilities.

    decimals : int
        Digits of the answers after the point.
    """

    explanations: list[BaseExplanation]
    output: int
    answers: FloatArray
    changed: IntArray
    is_share: bool
    decimals: int

    @classmethod
    def of(cls, batch: AnyBatch, index: int | None = None) -> Copies:
        """Collect what is compared.

        Parameters
        ----------
        batch : ExplanationBatch
            The row itself, then its copies.

        index : int, default=None
            Index of the explained output; `None` is the class that is predicted for the first
            row, else the first output.

        Returns
        -------
        copies : Copies
            One entry per row.
        """
        explanations = list(batch)
        index = main_output_index(explanations[0]) if index is None else index
        answers: FloatArray = np.asarray(batch.predictions, dtype=np.float64)[:, index]
        is_share = are_shares(batch)
        decimals = PROBABILITY_DECIMALS if is_share else decimals_for(answers)
        changed = _changed(np.array([item.data for item in explanations]))
        return cls(explanations, index, answers, changed, is_share, decimals)

    def answer_text(self, number: float) -> str:
        """Write an answer of the model.

        Parameters
        ----------
        number : float
            The answer.

        Returns
        -------
        text : str
            With the same decimals as all answers.
        """
        return signed_text(number, self.decimals, always_signed=False)


def is_what_if(batch: AnyBatch) -> bool:
    """Tell whether a batch is a row and changed copies of it, as ``what_if`` returns.

    Parameters
    ----------
    batch : ExplanationBatch
        Any batch.

    Returns
    -------
    is_what_if : bool
        Whether the first row has the label "unchanged", and others follow.
    """
    if not batch.shares_features or len(batch) < 2:
        return False
    label = batch.row_labels[0]
    return isinstance(label, str) and label == UNCHANGED


def side_by_side(n_rows: int) -> tuple[list[int], list[int]]:
    """Choose the rows whose explanations stand side by side.

    Parameters
    ----------
    n_rows : int
        Number of rows, at least 1.

    Returns
    -------
    shown : list of int
        The first row, and at most four that are evenly spread over the others.

    others : list of int
        The remaining rows, in order.

    Examples
    --------
    >>> from sklime.display._what_if import side_by_side
    >>> side_by_side(8)
    ([0, 1, 3, 5, 7], [2, 4, 6])
    """
    n_copies = min(n_rows, MAX_COLUMNS) - 1
    shown = [0, *(evenly_spread(n_rows - 1, n_copies) + 1).tolist()]
    return shown, sorted(set(range(n_rows)) - set(shown))


def what_if_view(batch: AnyBatch, max_features: int | None) -> View:
    """Return everything that notebooks show of a row and changed copies of it.

    Parameters
    ----------
    batch : ExplanationBatch
        The row itself, then its copies.

    max_features : int or None
        Maximum number of features, at least 1; `None` is all.

    Returns
    -------
    view : dict
        Texts and shares for the template.
    """
    copies = Copies.of(batch)
    shown, others = side_by_side(len(batch))
    width = MAX_COLUMNS - 1
    later = others[: MOST_COLUMNS - len(shown)]
    groups = [[0, *later[start : start + width]] for start in range(0, len(later), width)]
    first = copies.explanations[0]
    has_name = has_output_name(first)
    lines = _answers(copies)
    return {
        "words": words_of(batch)._asdict(),
        "changed": [name_of(first.feature_names[feature]) for feature in copies.changed],
        "unit": unit_of(first, copies.output),
        "output": output_title(first, copies.output) if has_name else None,
        "is_class": batch.is_classification,
        "is_exact": bool(batch.is_exact.all()),
        "is_shapley": batch.baseline == "shapley",
        "lines": lines[:FIRST_ANSWERS],
        "more_lines": lines[FIRST_ANSWERS:],
        "table": _table(copies, shown, lines, max_features),
        "more_tables": [_table(copies, group, lines, max_features) for group in groups],
        "n_later": len(later),
        "n_hidden": len(others) - len(later),
    }


def _changed(data: Array) -> IntArray:
    """Return the columns in which rows differ."""
    return np.flatnonzero([_differs(column.tolist()) for column in data.T])


def _differs(values: list[object]) -> bool:
    first, *others = values
    return any(
        is_missing(value) != is_missing(first) or not (is_missing(value) or value == first)
        for value in others
    )


def _answers(copies: Copies) -> list[View]:
    """Return one line per row: what the model answers, and how that differs."""
    axis = axis_of(copies.answers)
    lines = []
    for item, answer in zip(copies.explanations, copies.answers):
        failure = failure_of(item)
        change = signed_text(answer - copies.answers[0], copies.decimals)
        predicted = item.predicted_class
        fidelity = float(item.fidelity[copies.output])
        lines.append(
            {
                "label": name_of(item.row_label),
                "failure": name_of(failure, 300).text,
                "answer": "" if failure else copies.answer_text(answer),
                "width": percent(100 * answer) if copies.is_share and not failure else "",
                # Neither raises nor lowers: an answer is no contribution.
                "bar": None
                if failure
                else bar_view(float(answer), np.nan, np.nan, axis) | {"color": NEUTRAL},
                "color": NEUTRAL,
                "change": "" if failure or item is copies.explanations[0] else change,
                "predicted": name_of("" if predicted is None else predicted, MAX_CLASS_LENGTH),
                "fidelity": fidelity_text(fidelity) + (", low" if is_low(fidelity) else ""),
            }
        )
    return lines


class Side(NamedTuple):
    """Weights of rows that stand side by side, and the features with the largest of them.

    Attributes
    ----------
    values, low, high : ndarray of shape (n_rows, n_features)
        Weights and the ends of their intervals; NaN if there is none.

    selected : ndarray of bool of shape (n_rows, n_features)
        Which features are selected; none of a row without an explanation.

    shown, rest : ndarray of int
        The features that are shown, strongest first, and the others.
    """

    values: FloatArray
    low: FloatArray
    high: FloatArray
    selected: BoolArray
    shown: IntArray
    rest: IntArray

    @classmethod
    def of(cls, copies: Copies, rows: Sequence[int], max_features: int | None) -> Side:
        """Collect the weights of some rows.

        Parameters
        ----------
        copies : Copies
            All rows.

        rows : sequence of int
            The rows side by side.

        max_features : int or None
            Maximum number of features, at least 1; `None` is all.

        Returns
        -------
        side : Side
            One axis over these rows.
        """
        explanations = [copies.explanations[row] for row in rows]
        columns = [contributions(item, copies.output) for item in explanations]
        values, low, high = (np.array(part) for part in zip(*columns))
        selected = np.array([item.selected[:, copies.output] for item in explanations])
        strengths = np.abs(np.nan_to_num(values)).max(axis=0)
        order = strongest_first(strengths, np.any(selected, axis=0))
        return cls(values, low, high, selected, *shown_and_rest(order, max_features))


def _table(
    copies: Copies, rows: Sequence[int], lines: Sequence[View], max_features: int | None
) -> View:
    """Return the weights of some rows as texts and bars, one column per row."""
    side = Side.of(copies, rows, max_features)
    explanations = [copies.explanations[row] for row in rows]
    sums, shown = side.values[:, side.rest].sum(axis=1), side.shown
    axis = axis_of(sums, *(ends[:, shown] for ends in (side.values, side.low, side.high)))
    decimals = decimals_for(side.values[:, [*shown, *side.rest]])

    def cell(number: int, feature: int, rule: Name) -> View | None:
        if not side.selected[number, feature]:
            return None
        parts = (side.values, side.low, side.high)
        weight, low, high = (float(part[number, feature]) for part in parts)
        bar = bar_view(weight, low, high, axis)
        return {"rule": rule, "weight": signed_text(weight, decimals), "bar": bar}

    lines_of_features = []
    for feature in shown.tolist():
        rule, rules = rules_of(explanations, feature)
        cells = [cell(number, feature, own) for number, own in enumerate(rules)]
        name = name_of(explanations[0].feature_names[feature])
        lines_of_features.append({"name": name, "rule": rule, "cells": cells})
    return {
        "columns": [lines[row] for row in rows],
        "rows": lines_of_features,
        "n_rest": int(side.rest.size),
        "rest": [signed_text(number, decimals) for number in sums],
        "base": _plain([item.intercepts[copies.output] for item in explanations], decimals),
        "total": _plain([item.local_predictions[copies.output] for item in explanations], decimals),
    }


def rules_of(explanations: Sequence[BaseExplanation], feature: int) -> tuple[Name, list[Name]]:
    """Return the rule of a feature, once where all rows meet the same.

    Parameters
    ----------
    explanations : sequence of Explanation
        The rows.

    feature : int
        Index of the feature.

    Returns
    -------
    rule : Name
        The rule that all rows meet; empty if there are several.

    rules : list of Name
        The rule of each row; empty if all meet the same.
    """
    names = [rule_texts(item, feature, item.conditions[feature])[1] for item in explanations]
    nothing = name_of("")
    if len(set(names)) == 1:
        return names[0], [nothing] * len(names)
    return nothing, names


def _plain(numbers: Sequence[float], decimals: int) -> list[str]:
    return [signed_text(number, decimals, always_signed=False) for number in numbers]
