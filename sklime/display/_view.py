"""What displays show of one explanation, as texts and percents of a width, without markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
from numpy.typing import ArrayLike

from sklime.display._advice import is_low
from sklime.display._counts import shown_and_rest
from sklime.display._document import document_view
from sklime.display._method import method_of_one, method_tag, replacement_of
from sklime.display._names import (
    MAX_CLASS_LENGTH,
    MAX_VALUE_LENGTH,
    Name,
    has_output_name,
    name_of,
    output_sides,
    output_title,
    split_condition,
)
from sklime.display._notes import notes_of
from sklime.display._numbers import (
    area_text,
    decimals_for,
    fidelity_text,
    fidelity_word,
    signed_text,
    strongest_first,
    value_text,
)
from sklime.display._types import Axis, View
from sklime.display._units import is_share, response_noun, unit_of
from sklime.display._words import parts_of, words_of
from sklime.utils._types import BoolArray, FloatArray

if TYPE_CHECKING:
    from sklime._explanations._base import BaseExplanation
    from sklime._explanations._parts import TextExplanation

__all__ = [
    "Column",
    "axis_of",
    "bar_view",
    "cell_texts",
    "contributions",
    "explanation_view",
    "failure_of",
    "fidelity_view",
    "main_output_index",
    "percent",
    "rule_texts",
    "share",
    "weights_table",
]

# Values and ends of the intervals of one output, each of shape (n_features,).
Column: TypeAlias = tuple[FloatArray, FloatArray, FloatArray]

# Distinct in all kinds of color vision, and with enough contrast to white and to black.
RAISES = "#c2570c"
LOWERS = "#2f78c4"
NEUTRAL = "#8a8f98"
MAX_REASON_LENGTH = 300
MAX_CLASS_BARS = 4
MOST_CLASSES = 24  # with their responses; further ones are counted
PROBABILITY_DECIMALS = 3
MAX_COLUMNS, MOST_COLUMNS = 3, 12  # outputs side by side; and all of them, the others folded away
AXIS_MARGIN = 0.04  # share of the range of an axis
MOST_BESIDE_A_PICTURE = 5  # whose pixels take the room of the other columns
NONE: View = {"bar": None, "weight": "", "interval": ""}  # of a feature that is not selected
SMALLEST_BAR = 0.4  # percent of the width: a smaller bar is invisible


def failure_of(explanation: BaseExplanation) -> str:
    """Return why a row has no explanation.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    Returns
    -------
    reason : str
        Empty if there is an explanation.
    """
    reason = explanation.failure
    if reason is not None:
        return str(reason)
    undefined = np.isnan(np.asarray(explanation.predictions, dtype=np.float64)).any()
    return f"the model gave no number for this {explanation.noun}" if undefined else ""


def main_output_index(explanation: BaseExplanation) -> int:
    """Choose the output to show if there is room for one.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    Returns
    -------
    index : int
        The predicted class if it is explained, else the first output.
    """
    internals = explanation.internals
    is_predicted = internals.output_index == internals.predicted_index
    is_predicted &= internals.opposed_index < 0
    return int(is_predicted.argmax())


def contributions(explanation: BaseExplanation, index: int) -> Column:
    """Return how much each feature adds to the surrogate, and the ends of its interval.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    index : int
        Index of the explained output.

    Returns
    -------
    values, low, high : ndarray of shape (n_features,)
        Weights times the encoding of the row, which is 1 for bins and words. The ends are NaN for
        exact weights, which have no interval to draw.
    """
    low, high = (ends[:, index] for ends in explanation.confidence_intervals())
    encodings = np.asarray(explanation.internals.encodings, dtype=np.float64)
    low, high = low * encodings, high * encodings
    values: FloatArray = explanation.values[:, index] * encodings
    if explanation.is_exact:
        nothing = np.full(values.shape, np.nan)
        return values, nothing, nothing
    # A negative standard score turns the interval around.
    return values, np.fmin(low, high), np.fmax(low, high)


def axis_of(*columns: ArrayLike) -> Axis:
    """Return the ends of an axis that contains all numbers and zero.

    Parameters
    ----------
    *columns : array-like
        Numbers; NaN and infinite ones are ignored.

    Returns
    -------
    low, high : float
        With a small margin; never equal.
    """
    numbers = np.concatenate([[0.0], *(np.ravel(column) for column in columns)])
    numbers = numbers[np.isfinite(numbers)]
    low, high = float(numbers.min()), float(numbers.max())
    margin = AXIS_MARGIN * (high - low) or 1.0
    return low - margin, high + margin


def share(number: float, axis: Axis) -> float:
    """Return the place of a number on an axis.

    Parameters
    ----------
    number : float
        The number.

    axis : tuple of float
        Ends of the axis.

    Returns
    -------
    share : float
        In percent of the width, with two decimals.
    """
    low, high = axis
    return round(float(100.0 * (number - low) / (high - low)), 2)


def percent(number: float) -> str:
    """Write a percentage of a width for a style.

    Parameters
    ----------
    number : float
        The number.

    Returns
    -------
    text : str
        At most two decimals, and never a power of ten, which some sanitizers refuse.
    """
    return f"{round(float(number), 2):g}"


def bar_view(weight: float, low: float, high: float, axis: Axis) -> View:
    """Return a bar and its whisker in percent of the width.

    Parameters
    ----------
    weight, low, high : float
        Number and ends of its interval; NaN if there is none.

    axis : tuple of float
        Ends of the axis.

    Returns
    -------
    bar : dict
        ``zero``, ``left``, ``width``, ``color``, ``is_hollow``, and ``whisker`` as (left, width)
        or `None`.
    """
    zero, tip = share(0.0, axis), share(weight, axis)
    has_interval = bool(np.isfinite(low) and np.isfinite(high))
    left = share(low, axis) if has_interval else 0.0
    return {
        "zero": percent(zero),
        "left": percent(min(zero, tip)),
        "width": percent(max(abs(tip - zero), SMALLEST_BAR)),
        "color": LOWERS if weight < 0 else RAISES,
        "is_hollow": has_interval and bool(low <= 0.0 <= high),
        "whisker": (percent(left), percent(share(high, axis) - left)) if has_interval else None,
    }


def rule_texts(
    explanation: BaseExplanation, feature: int, condition: str
) -> tuple[Name, Name, Name]:
    """Return the name, the rule and the value of a feature as texts.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    feature : int
        Index of the feature.

    condition : str
        Condition that the row meets.

    Returns
    -------
    name, rule, value : Name
        The value is empty for words and segments, and if the rule contains it. The rule of a
        segment is its share of the picture.
    """
    nothing = name_of("")
    if explanation.kind == "text":
        count = len(cast("TextExplanation", explanation).spans[feature])
        times = f"\N{MULTIPLICATION SIGN}{count}" if count > 1 else ""
        return name_of(condition), name_of(times), nothing
    if explanation.kind == "image":
        return name_of(condition), name_of(area_text(explanation, feature)), nothing
    name = str(explanation.feature_names[feature])
    rule = split_condition(name, condition)
    if rule.startswith("= ") or rule == "is missing":
        return name_of(name), name_of(rule, MAX_VALUE_LENGTH), nothing
    encoding = float(explanation.internals.encodings[feature])
    if not rule and encoding != 1.0:
        rule = f"{signed_text(encoding, 2)} sd"
    value = name_of(value_text(explanation.data[feature], name, condition), MAX_VALUE_LENGTH)
    return name_of(name), name_of(rule, MAX_VALUE_LENGTH), value


def cell_texts(
    explanation: BaseExplanation, feature: int, condition: str
) -> tuple[Name, Name, Name]:
    """Return the name, the rule and the value of a feature for separate cells of a table.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    feature : int
        Index of the feature.

    condition : str
        Condition that the row meets.

    Returns
    -------
    name, rule, value : Name
        A category is a value here, and no rule; so is the size of a segment.
    """
    name, rule, value = rule_texts(explanation, feature, condition)
    if explanation.kind == "image":
        return name, value, rule
    if rule.text == "is missing":
        return name, value, name_of("missing")
    if rule.text.startswith("= ") and explanation.kind != "text":
        return name, value, rule._replace(text=rule.text[2:], full=rule.full[2:])
    return name, rule, value


def weights_table(
    explanation: BaseExplanation, indices: Sequence[int], max_features: int | None
) -> View:
    """Return the rows of a table of weights with one column of bars per output.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    indices : sequence of int
        Indices of the explained outputs.

    max_features : int or None
        Most rows, at least 1; `None` is all. One more row sums up the other features.

    Returns
    -------
    table : dict
        ``rows``, ``rest`` (or `None`), ``intercept``, ``surrogate`` and ``model``, with numbers as
        texts that add up within rounding. ``words``: see `words_of`. ``is_scaled``: whether
        weights are multiplied by standard scores.
    """
    columns = [contributions(explanation, index) for index in indices]
    values = np.column_stack([column[0] for column in columns])
    used: BoolArray = np.any(explanation.selected[:, list(indices)], axis=1)
    order = strongest_first(np.abs(values).max(axis=1), used)
    shown, rest = shown_and_rest(order, max_features)
    sums = values[rest].sum(axis=0)
    # One axis and one number of decimals for all outputs, so that bars and digits compare.
    axis = axis_of(sums, *(ends[shown] for column in columns for ends in column))
    decimals = decimals_for(values[order])
    conditions = explanation.conditions
    rows: list[View] = []
    for feature in shown.tolist():
        name, rule, value = cell_texts(explanation, feature, conditions[feature])
        cells = [
            _cell(column, feature, axis, decimals) if explanation.selected[feature, index] else NONE
            for column, index in zip(columns, indices)
        ]
        texts = {"name": name, "rule": rule, "value": value}
        rows.append({"part": feature, **texts, "cells": cells})
    return {
        "rows": rows,
        "rest": _rest(rest.size, sums, decimals, axis),
        "words": words_of(explanation)._asdict(),
        "intercept": [signed_text(explanation.intercepts[p], decimals) for p in indices],
        "surrogate": [_plain(explanation.local_predictions[p], decimals) for p in indices],
        "model": [_plain(explanation.predictions[p], decimals) for p in indices],
        "is_scaled": bool((explanation.internals.encodings[order] != 1.0).any()),
    }


def explanation_view(explanation: BaseExplanation, max_features: int | None) -> View:
    """Return everything that notebooks show of an explanation.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    max_features : int or None
        Most rows of the table; see `weights_table`.

    Returns
    -------
    view : dict
        Texts and shares for the templates.
    """
    view: View = {
        "title": name_of(explanation.row_label),
        "noun": explanation.noun,
        "parts": parts_of(explanation)._asdict(),
        "tag": "" if failure_of(explanation) else method_tag(explanation),
        "failure": _visible_failure(explanation),
        "words": words_of(explanation)._asdict(),
        "is_shapley": explanation.baseline == "shapley",
    }
    if view["failure"]:
        return view
    index = main_output_index(explanation)
    n_outputs = len(explanation.internals.output_index)
    order = sorted(range(n_outputs), key=lambda p: -_probability(explanation, p))
    most = MOST_BESIDE_A_PICTURE if explanation.kind == "image" else MOST_COLUMNS
    groups = [order[:MAX_COLUMNS], order[MAX_COLUMNS:most]]
    view |= {
        "prediction": _prediction(explanation),
        "surrogate": _surrogate(explanation, index),
        "fidelity": fidelity_view(
            explanation.fidelity[index],
            explanation.fidelity_failures[index],
            is_bound=explanation.internals.fidelity_is_bound,
            error=explanation.fidelity_errors[index],
        ),
        "notes": _notes(explanation, index),
        "sides": _sides(explanation, index),
        "tables": [
            _columns(explanation, group) | weights_table(explanation, group, max_features)
            for group in groups
            if group
        ],
        "settings": _settings(explanation),
        "document": document_view(cast("TextExplanation", explanation), index)
        if explanation.kind == "text"
        else None,
        "is_class": explanation.is_classification,
        "is_contribution": explanation.baseline == "background",
        "replacement": replacement_of(explanation),
        "n_hidden": max(n_outputs - most, 0),
        "hidden": [output_title(explanation, p) for p in order[most:MOST_CLASSES]],
    }
    return view


def fidelity_view(
    fidelity: float, cause: str | None = None, *, is_bound: bool = False, error: float = np.nan
) -> View:
    """Return the held-out fidelity in a number and in words.

    Parameters
    ----------
    fidelity : float
        R2, at most 1; NaN where it is not defined.

    cause : str, default=None
        Why it is not defined.

    is_bound : bool, default=False
        Whether it is a lower bound.

    error : float, default=NaN
        Its standard error.

    Returns
    -------
    view : dict
        ``text``, ``word``, and ``width`` of its meter in percent.
    """
    word = fidelity_word(fidelity, cause, is_bound=is_bound, error=error)
    if is_low(fidelity):
        word += ": read with care"
    return {
        "text": fidelity_text(fidelity, is_bound=is_bound),
        "word": word,
        "width": f"{round(float(np.clip(np.nan_to_num(fidelity), 0.0, 1.0)) * 100):d}",
    }


def _notes(explanation: BaseExplanation, index: int) -> list[View]:
    return [
        note._asdict() | {"names": [name_of(name) for name in note.names]}
        for note in notes_of(explanation, index)
    ]


def _visible_failure(explanation: BaseExplanation) -> str:
    return name_of(failure_of(explanation), MAX_REASON_LENGTH).text


def _plain(number: float, decimals: int) -> str:
    return signed_text(number, decimals, always_signed=False)


def _probability(explanation: BaseExplanation, index: int) -> float:
    """Return the key by which outputs are ordered: classes by response, others not at all."""
    return float(explanation.predictions[index]) if explanation.is_classification else 0.0


def _cell(column: Column, feature: int, axis: Axis, decimals: int) -> View:
    values, low, high = column
    weight = float(values[feature])
    ends = float(low[feature]), float(high[feature])
    interval = ", ".join(signed_text(end, decimals) for end in ends)
    return {
        "bar": bar_view(weight, *ends, axis),
        "weight": signed_text(weight, decimals),
        "interval": "" if np.isnan(ends[0]) else f"[{interval}]",
    }


def _rest(count: int, sums: FloatArray, decimals: int, axis: Axis) -> View | None:
    if not count:
        return None
    return {
        "count": int(count),
        "texts": [signed_text(number, decimals) for number in sums],
        "bars": [bar_view(float(number), np.nan, np.nan, axis) for number in sums],
    }


def _columns(explanation: BaseExplanation, indices: Sequence[int]) -> View:
    decimals = _response_decimals(explanation)
    return {
        "columns": [
            {
                "name": output_title(explanation, index),
                "model": _plain(explanation.predictions[index], decimals),
                "fidelity": _plain(explanation.fidelity[index], 2),
            }
            for index in indices
        ]
    }


def _response_decimals(explanation: BaseExplanation) -> int:
    if is_share(explanation):
        return PROBABILITY_DECIMALS
    return decimals_for(explanation.responses)


def _prediction(explanation: BaseExplanation) -> View:
    """Return the prediction: the class with bars of the likeliest ones, or numbers."""
    responses = np.asarray(explanation.responses, dtype=np.float64)
    has_bars, decimals = is_share(explanation), _response_decimals(explanation)
    order = np.arange(responses.size)
    if explanation.is_classification:
        order = np.argsort(-responses, kind="stable")
    explained = int(explanation.internals.output_index[main_output_index(explanation)])
    lines = [
        {
            "name": name_of(explanation.response_names[index], MAX_CLASS_LENGTH),
            "text": _plain(responses[index], decimals),
            "width": percent(100 * responses[index]) if has_bars else "",
            "color": RAISES if index == explained else NEUTRAL,
        }
        for index in order[:MOST_CLASSES]
    ]
    predicted = explanation.predicted_class
    noun = "classes" if explanation.is_classification else "outputs"
    head = lines[0]["text"] if responses.size == 1 else f"{responses.size} {noun}"
    head = name_of(head if predicted is None else predicted, MAX_CLASS_LENGTH)
    is_single = not explanation.is_classification and responses.size == 1
    return {
        "head": head,
        "verb": "predicts" if predicted is not None or is_single else "returns",
        "noun": response_noun(explanation),
        "lines": [] if is_single else lines[:MAX_CLASS_BARS],
        "more": lines[MAX_CLASS_BARS:],
        "n_more": max(int(responses.size) - MAX_CLASS_BARS, 0),
        "name": output_title(explanation, 0)
        if is_single and has_output_name(explanation)
        else None,
        "n_counted": max(int(responses.size) - MOST_CLASSES, 0),
    }


def _surrogate(explanation: BaseExplanation, index: int) -> View:
    model, surrogate = explanation.predictions[index], explanation.local_predictions[index]
    # With the decimals of the table below, where the same number stands.
    weights = contributions(explanation, index)[0][explanation.selected[:, index]]
    decimals = decimals_for(weights if weights.any() else [model, surrogate])
    internals = explanation.internals
    is_known = internals.predicted_index >= 0 and internals.opposed_index[index] < 0
    return {
        "name": output_title(explanation, index) if has_output_name(explanation) else None,
        "text": _plain(surrogate, decimals),
        "unit": unit_of(explanation, index),
        "model": _plain(model, decimals),
        "gap": signed_text(surrogate - model, decimals),
        "base": _plain(explanation.intercepts[index], decimals),
        "is_other": bool(is_known and internals.output_index[index] != internals.predicted_index),
    }


def _sides(explanation: BaseExplanation, index: int) -> View:
    """Return the names of the two sides of a bar."""
    if not explanation.is_classification:
        is_one = len(explanation.internals.output_index) == 1 and has_output_name(explanation)
        title = output_title(explanation, index) if is_one else None
        return {"low": "lowers", "high": "raises", "low_name": title, "high_name": title}
    if len(explanation.internals.output_index) > 1:
        return {"low": "against", "high": "for", "low_name": None, "high_name": None}
    name, other = output_sides(explanation, index)
    # Away from one of two classes is toward the other one.
    if other is None and len(explanation.response_names) == 2:
        other = explanation.response_names[1 - int(explanation.internals.output_index[index])]
    name = name_of(name, MAX_CLASS_LENGTH)
    if other is None:
        return {"low": "against", "high": "for", "low_name": name, "high_name": name}
    return {
        "low": "toward",
        "high": "toward",
        "low_name": name_of(other, MAX_CLASS_LENGTH),
        "high_name": name,
    }


def _settings(explanation: BaseExplanation) -> View:
    is_exact = explanation.is_exact
    return {
        "is_exact": is_exact,
        "method": method_of_one(explanation),
        "perturbations": int(explanation.n_perturbations),
        "replicates": int(explanation.n_replicates),
        "effective": "" if is_exact else f"{float(explanation.effective_sample_size):,.0f}",
        "is_unconverged": not bool(getattr(explanation, "converged", True)),
    }
