"""Summaries of many explanations, as numbers and texts without markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypedDict, cast

import numpy as np

from sklime.display._advice import LOW_FIDELITY, advice_on_many, case_of, is_low
from sklime.display._dots import COLORS, image_of, legend_of, strip_of, values_in
from sklime.display._method import how_many, method_of_batch, replacement_of
from sklime.display._names import MAX_CLASS_LENGTH, Name, has_output_name, name_of, output_title
from sklime.display._numbers import (
    decimals_for,
    fidelity_text,
    fidelity_word,
    share_text,
    signed_text,
)
from sklime.display._picture_view import thumbnails
from sklime.display._types import View
from sklime.display._units import is_share, response_noun
from sklime.display._view import (
    axis_of,
    contributions,
    failure_of,
    main_output_index,
    percent,
    rule_texts,
    share,
)
from sklime.display._words import parts_of, words_of
from sklime.utils._types import FloatArray, IntArray

if TYPE_CHECKING:
    import pandas as pd

    from sklime._explanations._base import AnyBatch, BaseExplanation
    from sklime._explanations._images import ImageExplanationBatch

__all__ = [
    "Driver",
    "Entries",
    "batch_view",
    "check_order",
    "drivers",
    "entries_of",
    "facts_of",
    "has_pairs",
    "is_probability",
    "main_output_indices",
    "output_names",
    "reasons_of",
    "response_decimals",
    "shares_parts",
]

# A share of rows with low fidelity above this is worth a warning.
POOR_SHARE = 0.25
MAX_DRIVERS = 12
MAX_OUTPUTS = 3
FIRST_ROWS = 10
N_REASONS = 2

# Longest side of the two thumbnails of a picture, in pixels, and characters of both.
THUMBNAIL_SIDE, THUMBNAIL_ROOM = 64, 3_000

# Dots in each strip of the first output, and of the others.
MANY_DOTS, FEW_DOTS = 60, 30


class Entries(NamedTuple):
    """The selected weights of many rows for one output.

    The arrays have one entry per row and selected feature; `features` are indices of `names`, and
    `columns` those of the features of the row. Half the width of an interval is NaN for exact
    weights.
    """

    names: tuple[str, ...]
    rows: IntArray
    features: IntArray
    weights: FloatArray
    half_widths: FloatArray
    columns: IntArray


class Driver(TypedDict):
    """A feature that many rows use.

    `raw` and `name` are its name in full and as it is shown, `mean` is the mean absolute weight
    over all rows, `weights` are those of the rows that use it, `entries` their indices in
    `Entries`, and `up` and `down` count the rows in which it raises and lowers the prediction.
    """

    raw: str
    name: Name
    mean: float
    weights: FloatArray
    entries: IntArray
    up: int
    down: int


def entries_of(
    explanations: Sequence[BaseExplanation], indices: Sequence[int] | IntArray
) -> Entries:
    """Collect the contributions of features in many rows.

    Parameters
    ----------
    explanations : sequence of Explanation
        Rows of a table share their features; in documents equal words are one feature.

    indices : ndarray of int of shape (n_rows,)
        Index of the explained output of each row.

    Returns
    -------
    entries : Entries
        Rows without explanation have no entries.
    """
    names: dict[str, int] = {}
    features: list[int] = []
    rows, weights, half_widths, columns = [], [], [], []
    for row, (explanation, index) in enumerate(zip(explanations, indices)):
        if failure_of(explanation):
            continue
        values, low, high = contributions(explanation, index)
        used = np.flatnonzero(explanation.selected[:, index])
        features += [names.setdefault(str(explanation.feature_names[f]), len(names)) for f in used]
        rows.append(np.full(used.size, row))
        weights.append(values[used])
        columns.append(used)
        half_widths.append((high - low)[used] / 2.0)
    empty = [np.empty(0)]
    return Entries(
        tuple(names),
        np.concatenate([*rows, np.empty(0)]).astype(int),
        np.array(features, dtype=int),
        np.concatenate(weights or empty),
        np.concatenate(half_widths or empty),
        np.concatenate([*columns, np.empty(0)]).astype(int),
    )


def main_output_indices(explanations: Sequence[BaseExplanation]) -> IntArray:
    """Choose for each row the output to show if there is room for one.

    Parameters
    ----------
    explanations : sequence of Explanation
        The explanations to show.

    Returns
    -------
    indices : ndarray of int of shape (n_rows,)
        The predicted class if it is explained, else the first output.
    """
    indices = [main_output_index(explanation) for explanation in explanations]
    return np.array(indices, dtype=np.int_)


def output_names(batch: AnyBatch) -> list[Name]:
    """Return the names of the explained outputs for headings.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to show.

    Returns
    -------
    names : list of Name
        One per output.
    """
    if batch.target == "predicted" and batch.is_classification:
        return [name_of("the predicted class")]
    if len(batch) == 0:
        return [name_of(name, MAX_CLASS_LENGTH) for name in batch.output_names]
    return [output_title(batch[0], index) for index in range(len(batch.output_names))]


def drivers(
    entries: Entries,
    n_rows: int,
    most: int | None = None,
    strengths: FloatArray | None = None,
) -> list[Driver]:
    """Rank features by their mean absolute weights.

    Parameters
    ----------
    entries : Entries
        Weights of all rows for one output.

    n_rows : int
        Rows that have an explanation.

    most : int, default=None
        Largest number of features; `None` is all.

    strengths : ndarray of shape (n_features,), default=None
        Numbers that take the place of the means.

    Returns
    -------
    ranked : list of Driver
        The features with the largest mean first.
    """
    n_features = len(entries.names)
    # Sorted once and cut, because a loop over all entries for each word would take minutes.
    if strengths is None:
        sums = np.bincount(entries.features, np.abs(entries.weights), minlength=n_features)
        strengths = sums / max(n_rows, 1)
    order = np.argsort(entries.features, kind="stable")
    ends = np.cumsum(np.bincount(entries.features, minlength=n_features))
    ranked: list[Driver] = []
    for feature in np.argsort(-strengths, kind="stable")[:most].tolist():
        here = order[ends[feature - 1] if feature else 0 : ends[feature]]
        weights = entries.weights[here]
        ranked.append(
            {
                "raw": entries.names[feature],
                "name": name_of(entries.names[feature]),
                "mean": float(strengths[feature]),
                "weights": weights,
                "entries": here,
                "up": int((weights > 0).sum()),
                "down": int((weights < 0).sum()),
            }
        )
    return ranked


def facts_of(batch: AnyBatch, explanations: Sequence[BaseExplanation], indices: IntArray) -> View:
    """Return facts about all rows in a few numbers and texts.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to show.

    explanations : sequence of Explanation
        The rows of the batch.

    indices : ndarray of int of shape (n_rows,)
        Index of the explained output of each row.

    Returns
    -------
    facts : dict
        ``n_rows``, ``n_failed`` and ``n_explained``. Of the fidelity: ``median``, its ``word``,
        the ``middle`` 80 % (empty if none is defined), the number and share of rows where it is low
        (``n_low``, ``low_share``), the ``low_limit``, and all values (``fidelity``).
        ``is_bound``: whether these are lower bounds. ``is_poor``: whether too many rows are low,
        and ``advice`` if so.
        ``how`` and ``method``: how the weights were found, in a few words and in sentences, and
        ``is_exact``: whether all are exact. The ``noun`` for a row, and the ``part`` that has
        a weight; ``is_shapley`` where there is no fidelity.
    """
    fidelity = np.asarray(batch.fidelity, dtype=np.float64)[np.arange(len(indices)), indices]
    defined = fidelity[~np.isnan(fidelity)]
    n_low = int(np.sum(is_low(defined)))
    is_bound = bool(batch.internals.fidelity_is_bound)
    is_poor = bool(defined.size) and n_low > POOR_SHARE * defined.size
    median, first, last = np.quantile(defined, [0.5, 0.1, 0.9]) if defined.size else [np.nan] * 3
    n_failed = sum(bool(failure_of(explanation)) for explanation in explanations)
    return {
        "n_rows": len(batch),
        "n_failed": n_failed,
        "n_explained": len(batch) - n_failed,
        "median": fidelity_text(median, is_bound=is_bound),
        "word": fidelity_word(median, is_bound=is_bound)
        if defined.size
        else "not defined in any row",
        "middle": f"{fidelity_text(first)} to {fidelity_text(last)}" if defined.size else "",
        "n_low": n_low,
        "low_limit": fidelity_text(LOW_FIDELITY),
        "is_bound": is_bound,
        "low_share": share_text(n_low / max(defined.size, 1)),
        "is_poor": is_poor,
        "advice": _advice_on(explanations, indices) if is_poor else "",
        "how": how_many(batch),
        "method": _method(batch),
        "is_exact": bool(len(batch)) and bool(batch.is_exact.all()),
        "noun": batch.noun,
        "part": parts_of(batch).one,
        "is_shapley": batch.baseline == "shapley",
        "fidelity": defined,
    }


def _method(batch: AnyBatch) -> list[str]:
    sentences = method_of_batch(batch)
    is_filled = batch.kind == "image" and len(batch) > 0
    return [*sentences, replacement_of(batch)] if is_filled else sentences


def _advice_on(explanations: Sequence[BaseExplanation], indices: IntArray) -> str:
    """Write the settings that help most of the rows with low fidelity."""
    cases = (case_of(explanation, index) for explanation, index in zip(explanations, indices))
    advice = advice_on_many(cases)
    return f"May help: {'; '.join(advice)}." if advice else ""


def is_probability(batch: AnyBatch) -> bool:
    """Tell whether the responses are probabilities.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to show.

    Returns
    -------
    is_probability : bool
        Whether a class is explained, all responses lie in [0, 1], and no differences of outputs
        are explained.
    """
    return is_share(batch) and not has_pairs(batch)


def has_pairs(batch: AnyBatch) -> bool:
    """Tell whether differences of two outputs are explained.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to show.

    Returns
    -------
    has_pairs : bool
        The same for all rows.
    """
    return len(batch) > 0 and bool((batch[0].internals.opposed_index >= 0).any())


def response_decimals(batch: AnyBatch) -> int:
    """Return the number of decimals for a column of responses.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to show.

    Returns
    -------
    decimals : int
        3 for probabilities.
    """
    return 3 if is_probability(batch) else decimals_for(batch.predictions)


def reasons_of(explanation: BaseExplanation, index: int, count: int = N_REASONS) -> list[View]:
    """Return the strongest reasons of one row.

    Parameters
    ----------
    explanation : Explanation
        The explanation to show.

    index : int
        Index of the explained output.

    count : int, default=2
        Largest number of reasons.

    Returns
    -------
    reasons : list of dict
        ``is_up``: whether it raises the prediction; ``name`` and ``rule``.
    """
    values = contributions(explanation, index)[0]
    used = np.flatnonzero(explanation.selected[:, index] & (values != 0.0))
    order = used[np.argsort(-np.abs(values[used]), kind="stable")][:count]
    conditions = explanation.conditions
    reasons = []
    for feature in order:
        name, rule, _ = rule_texts(explanation, feature, conditions[feature])
        reasons.append({"is_up": bool(values[feature] > 0), "name": name, "rule": rule})
    return reasons


def batch_view(batch: AnyBatch) -> View:
    """Return everything that notebooks show of a batch.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to show.

    Returns
    -------
    view : dict
        Texts and shares for the template.
    """
    explanations = list(batch)
    indices = main_output_indices(explanations)
    facts = facts_of(batch, explanations, indices)
    decimals = response_decimals(batch)
    names = output_names(batch)
    # Few drivers and rows only: a notebook keeps its outputs in its file.
    outputs = [
        _output_view(batch, names[index], index, facts["n_explained"])
        for index in range(min(len(names), MAX_OUTPUTS) if shares_parts(batch) else 0)
    ]
    return {
        "facts": facts,
        "words": words_of(batch)._asdict(),
        "outputs": outputs,
        "n_more_outputs": max(len(names) - MAX_OUTPUTS, 0) if outputs else 0,
        "has_own_parts": bool(len(batch)) and not outputs,
        "rows": [
            _row_view(batch[row], indices[row], decimals)
            for row in range(min(len(batch), FIRST_ROWS))
        ],
        "is_class": batch.is_classification,
        "noun": response_noun(batch) if has_output_name(batch) else "",
    }


def _output_view(batch: AnyBatch, name: Name, index: int, n_rows: int) -> View:
    """Return one row per feature: its mean absolute weight, and a dot per row."""
    explanations = list(batch)
    entries = entries_of(explanations, [index] * len(explanations))
    ranked = drivers(entries, n_rows, MAX_DRIVERS)
    decimals = decimals_for([item["mean"] for item in ranked])
    axis = axis_of(*(item["weights"] for item in ranked))
    strips = [
        strip_of(
            item["weights"],
            values_in(batch, item["raw"], entries.rows[item["entries"]]),
            axis,
            FEW_DOTS if index else MANY_DOTS,
        )
        for item in ranked
    ]
    return {
        "name": name,
        "legend": legend_of(strips),
        "zero": percent(share(0.0, axis)),
        "drivers": [
            {
                "name": item["name"],
                "mean": signed_text(item["mean"], decimals, always_signed=False),
                "up": item["up"],
                "down": item["down"],
                "median": percent(share(float(np.median(item["weights"])), axis)),
                "image": image_of(strip),
                "levels": [(COLORS[color], level) for color, level in strip.levels],
                "n_others": strip.n_others,
            }
            for item, strip in zip(ranked, strips)
        ],
    }


def _row_view(explanation: BaseExplanation, index: int, decimals: int) -> View:
    label = name_of(explanation.row_label)
    failure = failure_of(explanation)
    if failure:
        return {"label": label, "failure": name_of(failure, 300).text}
    model = float(explanation.predictions[index])
    predicted = explanation.predicted_class
    return {
        "label": label,
        "failure": "",
        "predicted": name_of("not known" if predicted is None else predicted, MAX_CLASS_LENGTH),
        "model": signed_text(model, decimals, always_signed=False),
        "fidelity": fidelity_text(explanation.fidelity[index]),
        "reasons": reasons_of(explanation, index),
        "images": thumbnails(explanation, index, THUMBNAIL_SIDE, THUMBNAIL_ROOM)
        if explanation.kind == "image"
        else [],
    }


def shares_parts(batch: AnyBatch) -> bool:
    """Tell whether parts of the same name are the same in all instances.

    Parameters
    ----------
    batch : ExplanationBatch
        The explanations to show.

    Returns
    -------
    shares_parts : bool
        False without instances, and for pictures that are cut in different ways: no mean is taken
        over their segments.
    """
    if batch.kind != "image":
        return len(batch) > 0
    return len(batch) > 0 and cast("ImageExplanationBatch", batch)._has_same_segments


def check_order(batch: AnyBatch, values: pd.Series | pd.DataFrame, parameter: str) -> None:
    """Refuse a Series or frame whose index holds the labels of the rows in another order.

    Parameters
    ----------
    batch : ExplanationBatch
        The explained rows.

    values : Series of shape (n_rows,), or DataFrame of n_rows lines
        Values of each row.

    parameter : str
        Name of the argument.

    Raises
    ------
    ValueError
        If the labels are those of the rows, in another order.
    """
    index, labels = list(values.index), np.asarray(batch.row_labels).tolist()
    if index == labels or len(index) != len(labels):
        return
    if values.index.is_unique and set(index) == set(labels):
        raise ValueError(
            f"{parameter} has the labels of the rows in another order; pass "
            f"{parameter}.loc[batch.row_labels]."
        )
