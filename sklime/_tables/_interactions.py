"""The strongest pairs of features of each row, as a frame."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sklime._explanations._explanation import ExplanationBatch
from sklime._explanations._pairs import NO_FEATURE, Pairs
from sklime._tables._exact import ExactPlan, explain_exactly
from sklime._tables._reliability import Reliability, warn_unreliable
from sklime._tables._shapley import asked_rows
from sklime.utils._frames import frame_of
from sklime.utils._objects import object_array
from sklime.utils._types import Array

if TYPE_CHECKING:
    from sklime._tables._explainer import LimeTabularExplainer

__all__ = ["COLUMNS", "pairs_frame"]

COLUMNS = (
    "row",
    "output",
    "first",
    "second",
    "first_condition",
    "second_condition",
    "value",
    "fidelity",
    "fidelity_with_pairs",
)


def pairs_frame(explainer: "LimeTabularExplainer", X: Any, n_pairs: int) -> pd.DataFrame:
    """Return the strongest pairs of features of rows.

    Parameters
    ----------
    explainer : LimeTabularExplainer
        Fitted explainer.

    X : array-like, sparse matrix or DataFrame of shape (n_rows, n_features)
        Rows as in ``explain``.

    n_pairs : int
        Maximum number of pairs per row and output.

    Returns
    -------
    frame : pandas.DataFrame
        With `COLUMNS`; the strongest pair of a row and output comes first.

    Raises
    ------
    ValueError
        If the model is not read, or has too many pairs.
    """
    plan = _plan_with_pairs(explainer)
    batch = _exact_batch(explainer, X)
    found = _found(explainer, plan, X, batch, n_pairs)
    lines = [line for output, pairs in found for line in _lines(batch, output, pairs)]
    # By row, then by output, as in other frames.
    lines.sort(key=lambda line: line[:2])
    columns = zip(*(line[2:] for line in lines)) if lines else ((),) * len(COLUMNS)
    return frame_of({name: _column(values) for name, values in zip(COLUMNS, columns)})


def _exact_batch(explainer: "LimeTabularExplainer", X: Any) -> ExplanationBatch:
    """Return the exact explanations of rows; rows without one are named, and not sampled."""
    table, n_rows, labels = explainer._checked(X)
    exact = copy.copy(explainer)
    exact.method = "exact"
    block = exact._block(table, slice(0, n_rows), True)
    warn_unreliable(
        Reliability.of(block.result),
        labels,
        explainer._column_names,
        explainer._response.name,
        on_misread="They have no exact pairs, and no lines.",
    )
    return exact._batch(block, np.ones(n_rows, dtype=bool), labels)


def _column(values: Any) -> Array:
    """Return a column; numbers stay numbers, everything else is an object."""
    items = list(values)
    return np.array(items) if items and isinstance(items[0], float) else object_array(items)


def _plan_with_pairs(explainer: "LimeTabularExplainer") -> ExactPlan:
    """Return how rows are explained exactly, if that is known with pairs."""
    plan = explainer._exact
    if plan is None:
        raise ValueError(
            f"interactions needs a model that is read exactly; here {explainer.method_reason_}."
        )
    # Pairs are never sampled.
    plan.check_unchanged(explainer._response, "exact")
    model = plan.model
    if model.nodes is not None and model.pair_walk is None:
        raise ValueError(
            f"interactions cannot be computed: {model.pair_refusal}. Explain a model of fewer or "
            "less deep trees."
        )
    return plan


def _found(
    explainer: "LimeTabularExplainer",
    plan: ExactPlan,
    X: Any,
    batch: ExplanationBatch,
    n_pairs: int,
) -> Iterator[tuple[int, Pairs | None]]:
    """Yield the pairs of each explained output."""
    asked = asked_rows(explainer, X)
    fitting = replace(explainer._fitting(), n_pairs=n_pairs)
    for output in range(len(batch.output_names)):
        result = explain_exactly(
            plan,
            fitting,
            asked.rows,
            plan.derived(asked.response, asked.rows),
            asked.responses,
            asked.answer_index[:, [output]],
            with_errors=True,
            n_jobs=explainer.n_jobs,
            verbose=explainer.verbose,
        )
        yield output, result.pairs


def _lines(batch: ExplanationBatch, output: int, pairs: Pairs | None) -> Iterator[tuple[Any, ...]]:
    """Yield the lines of one output, each with its row and output in front."""
    if pairs is None:
        return
    names, conditions = batch.feature_names, batch.conditions
    is_exact = batch.is_exact
    for row, of_row in enumerate(pairs.features):
        if not is_exact[row]:
            continue
        for index, (first, second) in enumerate(of_row.tolist()):
            if first == NO_FEATURE:
                continue
            yield (
                row,
                output,
                batch.row_labels[row],
                batch.output_names[output],
                names[first],
                names[second],
                conditions[row, first],
                conditions[row, second],
                float(pairs.values[row, index, 0]),
                float(pairs.fidelity[row, 0]),
                float(pairs.fidelity_with_pairs[row, 0]),
            )
