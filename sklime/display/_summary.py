"""What many explanations have in common, as numbers and texts: no markup here."""

from typing import NamedTuple

import numpy as np

from sklime.display._advice import LOW_FIDELITY, advice_on_many, case_of, is_low
from sklime.display._names import MAX_CLASS_LENGTH, name_of, output_title
from sklime.display._numbers import decimals_for, fidelity_text, fidelity_word, signed_text
from sklime.display._view import (
    LOWERS,
    RAISES,
    axis_of,
    contributions,
    failure_of,
    is_text,
    main_output_index,
    percent,
    rule_texts,
    share,
)
from sklime.display._words import words_of

__all__ = [
    "Entries",
    "batch_view",
    "drivers",
    "entries_of",
    "facts_of",
    "has_pairs",
    "is_probability",
    "main_output_indices",
    "output_names",
    "reasons_of",
    "response_decimals",
]

POOR_SHARE = 0.25
MAX_DRIVERS = 12
MAX_OUTPUTS = 3
FIRST_ROWS = 10
N_REASONS = 2


class Entries(NamedTuple):
    """The selected weights of many rows for one output, one entry a row and feature."""

    names: tuple
    rows: np.ndarray
    features: np.ndarray
    weights: np.ndarray
    half_widths: np.ndarray


def entries_of(explanations, indices):
    """Collect what features add to the surrogates of many rows.

    Parameters
    ----------
    explanations : sequence of Explanation
        Tables share their features; of documents equal words are one feature.

    indices : ndarray of int of shape (n_rows,)
        Which of the explained outputs, row by row.

    Returns
    -------
    entries : Entries
        Rows that failed have none.
    """
    names, rows, features, weights, half_widths = {}, [], [], [], []
    for row, (explanation, index) in enumerate(zip(explanations, indices)):
        if failure_of(explanation):
            continue
        values, low, high = contributions(explanation, index)
        used = np.flatnonzero(explanation.selected[:, index])
        features += [names.setdefault(str(explanation.feature_names[f]), len(names)) for f in used]
        rows.append(np.full(used.size, row))
        weights.append(values[used])
        half_widths.append((high - low)[used] / 2.0)
    empty = [np.empty(0)]
    return Entries(
        tuple(names),
        np.concatenate([*rows, np.empty(0)]).astype(int),
        np.array(features, dtype=int),
        np.concatenate(weights or empty),
        np.concatenate(half_widths or empty),
    )


def main_output_indices(explanations):
    """Choose for each row the output to show where there is room for one.

    Parameters
    ----------
    explanations : sequence of Explanation
        What is shown.

    Returns
    -------
    indices : ndarray of int of shape (n_rows,)
        The predicted class where it is explained, else the first output.
    """
    return np.array([main_output_index(explanation) for explanation in explanations], dtype=int)


def output_names(batch):
    """Return what the explained outputs are called in a heading.

    Parameters
    ----------
    batch : ExplanationBatch
        What is shown.

    Returns
    -------
    names : list of Name
        One an output.
    """
    if batch.target == "predicted" and batch.is_classification:
        return [name_of("the predicted class")]
    if len(batch) == 0:
        return [name_of(name, MAX_CLASS_LENGTH) for name in batch.output_names]
    return [output_title(batch[0], index) for index in range(len(batch.output_names))]


def drivers(entries, n_rows, most=None):
    """Rank features by the mean size of their weights.

    Parameters
    ----------
    entries : Entries
        Weights of all rows for one output.

    n_rows : int
        Rows that have an explanation.

    most : int, default=None
        How many features at most; `None` is all.

    Returns
    -------
    ranked : list of dict
        ``raw`` and ``name``, whole and as it is shown, ``mean``, ``weights`` and the numbers of
        rows ``up`` and ``down``.
    """
    n_features = len(entries.names)
    sums = np.bincount(entries.features, np.abs(entries.weights), minlength=n_features)
    by_feature = entries.weights[np.argsort(entries.features, kind="stable")]
    ends = np.cumsum(np.bincount(entries.features, minlength=n_features))
    ranked = []
    for feature in np.argsort(-sums, kind="stable")[:most].tolist():
        weights = by_feature[ends[feature - 1] if feature else 0 : ends[feature]]
        ranked.append(
            {
                "raw": entries.names[feature],
                "name": name_of(entries.names[feature]),
                "mean": float(sums[feature] / max(n_rows, 1)),
                "weights": weights,
                "up": int((weights > 0).sum()),
                "down": int((weights < 0).sum()),
            }
        )
    return ranked


def facts_of(batch, explanations, indices):
    """Return what can be said of all rows in a few numbers.

    Parameters
    ----------
    batch : ExplanationBatch
        What is shown.

    explanations : sequence of Explanation
        Its rows.

    indices : ndarray of int of shape (n_rows,)
        Which of the explained outputs, row by row.

    Returns
    -------
    facts : dict
        Numbers of rows, the median and the middle four fifths of the fidelity, how many rows are
        low, and whether these are too many.
    """
    fidelity = np.asarray(batch.fidelity, dtype=np.float64)[np.arange(len(indices)), indices]
    known = fidelity[~np.isnan(fidelity)]
    low = int(is_low(known).sum())
    is_bound = bool(batch.fidelity_is_bound)
    is_poor = bool(known.size) and low > POOR_SHARE * known.size
    median, first, last = np.quantile(known, [0.5, 0.1, 0.9]) if known.size else [np.nan] * 3
    n_failed = sum(bool(failure_of(explanation)) for explanation in explanations)
    return {
        "n_rows": len(batch),
        "n_failed": n_failed,
        "n_explained": len(batch) - n_failed,
        "median": fidelity_text(median, is_bound=is_bound),
        "word": fidelity_word(median, is_bound=is_bound)
        if known.size
        else "not defined in any row",
        "middle": f"{fidelity_text(first)} to {fidelity_text(last)}",
        "n_low": low,
        "low_limit": fidelity_text(LOW_FIDELITY),
        "is_bound": is_bound,
        "low_share": f"{100 * low / max(known.size, 1):.0f}",
        "is_poor": is_poor,
        "advice": _advice_on(explanations, indices) if is_poor else "",
        "n_perturbations": _range_text(np.asarray(batch.n_perturbations)),
        "noun": "document" if len(explanations) and is_text(explanations[0]) else "row",
        "fidelity": known,
    }


def _advice_on(explanations, indices):
    """Say what helps most of the rows whose fidelity is low."""
    cases = (case_of(explanation, index) for explanation, index in zip(explanations, indices))
    advice = advice_on_many(cases)
    return f"May help: {'; '.join(advice)}." if advice else ""


def is_probability(batch):
    """Tell whether the model answers with probabilities.

    Parameters
    ----------
    batch : ExplanationBatch
        What is shown.

    Returns
    -------
    is_probability : bool
        For classifiers whose responses all lie in [0, 1], of which no differences are
        explained.
    """
    known = batch.responses[~np.isnan(batch.responses)]
    is_share = batch.is_classification and ((known >= 0.0) & (known <= 1.0)).all()
    return bool(is_share) and not has_pairs(batch)


def has_pairs(batch):
    """Tell whether differences of two outputs are explained.

    Parameters
    ----------
    batch : ExplanationBatch
        What is shown.

    Returns
    -------
    has_pairs : bool
        In all rows alike.
    """
    return len(batch) > 0 and bool((batch[0].opposed >= 0).any())


def response_decimals(batch):
    """Return decimals for a column of the model's answers.

    Parameters
    ----------
    batch : ExplanationBatch
        What is shown.

    Returns
    -------
    decimals : int
        Three for probabilities.
    """
    return 3 if is_probability(batch) else decimals_for(batch.predictions)


def reasons_of(explanation, index, count=N_REASONS):
    """Return the strongest reasons of one row.

    Parameters
    ----------
    explanation : Explanation
        What is shown.

    index : int
        Which of the explained outputs.

    count : int, default=2
        How many.

    Returns
    -------
    reasons : list of dict
        ``is_up``, ``name``, ``rule``.
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


def batch_view(batch):
    """Return everything that the notebook shows of a batch.

    Parameters
    ----------
    batch : ExplanationBatch
        What is shown.

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
    outputs = [
        {"name": names[index], "drivers": _driver_rows(explanations, index, facts["n_explained"])}
        for index in range(min(len(names), MAX_OUTPUTS) if len(batch) else 0)
    ]
    return {
        "facts": facts,
        "words": words_of(batch)._asdict(),
        "outputs": outputs,
        "n_more_outputs": max(len(names) - MAX_OUTPUTS, 0),
        "rows": [
            _row_view(batch[row], indices[row], decimals)
            for row in range(min(len(batch), FIRST_ROWS))
        ],
        "is_class": batch.is_classification,
    }


def _driver_rows(explanations, index, n_rows):
    """Return a row a feature: mean size, and the spread of the weights as a box."""
    entries = entries_of(explanations, [index] * len(explanations))
    ranked = drivers(entries, n_rows, MAX_DRIVERS)
    decimals = decimals_for([item["mean"] for item in ranked])
    axis = axis_of(*(item["weights"] for item in ranked))
    largest = max((item["mean"] for item in ranked), default=0.0) or 1.0
    return [
        {
            "name": item["name"],
            "mean": signed_text(item["mean"], decimals, always_signed=False),
            "width": percent(100 * item["mean"] / largest),
            "up": item["up"],
            "down": item["down"],
            "box": _box(item["weights"], axis),
        }
        for item in ranked
    ]


def _range_text(sizes):
    if not sizes.size:
        return "0"
    ends = dict.fromkeys((int(sizes.min()), int(sizes.max())))
    return " to ".join(f"{size:,d}" for size in ends)


def _box(weights, axis):
    """Return the whole range, the middle half split at zero, and the median, as shares."""
    low, first, median, last, high = np.quantile(weights, [0.0, 0.25, 0.5, 0.75, 1.0])
    zero = share(0.0, axis)
    halves = [(min(first, 0.0), min(last, 0.0), LOWERS), (max(first, 0.0), max(last, 0.0), RAISES)]
    return {
        "zero": percent(zero),
        "left": percent(share(low, axis)),
        "width": percent(share(high, axis) - share(low, axis)),
        "median": percent(share(median, axis)),
        "halves": [
            (percent(share(start, axis)), percent(share(stop, axis) - share(start, axis)), color)
            for start, stop, color in halves
            if stop > start
        ],
    }


def _row_view(explanation, index, decimals):
    label = name_of(explanation.row_labels)
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
    }
