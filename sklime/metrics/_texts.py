"""Fill up explanations of texts to one rectangular array, for metrics that compare features."""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from sklime._explanations._base import AnyBatch
from sklime._explanations._explanation import ExplanationBatch
from sklime._explanations._json import shared_facts
from sklime._explanations._parts import OF_INSTANCES, TextExplanationBatch
from sklime.utils._types import Array

__all__ = ["rectangular"]


# What fills up the arrays of a short document: parts that are not selected and weigh nothing.
# The standard error NaN is what tells "not selected" from a weight that is zero.
_FILLERS: dict[str, float] = {
    "values": 0.0,
    "standard_errors": np.nan,
    "left_out_values": 0.0,
    "reselected_values": 0.0,
    "encodings": 1.0,
    "background_encodings": 0.0,
    "data": 0,
    "codes": 0,
}


@overload
def rectangular(batch: AnyBatch) -> ExplanationBatch: ...


@overload
def rectangular(batch: Sequence[AnyBatch]) -> list[ExplanationBatch]: ...


def rectangular(
    batch: AnyBatch | Sequence[AnyBatch],
) -> ExplanationBatch | list[ExplanationBatch]:
    """Return explanations whose rows share their features.

    Parameters
    ----------
    batch : ExplanationBatch or sequence of ExplanationBatch
        Explanations, or explanations of the same rows by several runs.

    Returns
    -------
    batch : ExplanationBatch or list of ExplanationBatch
        A batch of a table is returned unchanged. The documents of a `TextExplanationBatch` are
        filled up to the number of parts of the longest one. Added parts are not selected and
        have weight 0, or NaN if the document has no explanation.
    """
    if isinstance(batch, TextExplanationBatch):
        return _filled_up(batch)
    if isinstance(batch, ExplanationBatch):
        return batch
    _check_same_parts([run for run in batch if isinstance(run, TextExplanationBatch)])
    return [rectangular(run) for run in batch]


def _check_same_parts(runs: Sequence[TextExplanationBatch]) -> None:
    parts = {tuple(one.feature_names for one in run) for run in runs}
    if len(parts) > 1:
        raise ValueError(
            "Runs must explain the same rows, features and outputs; the documents of these runs "
            "are not the same, or are split differently."
        )


def _filled_up(batch: TextExplanationBatch) -> ExplanationBatch:
    width = max((len(one.feature_names) for one in batch), default=0)
    names = tuple(f"part {index}" for index in range(width))
    arrays: dict[str, Any] = {
        name: _stacked(batch, name, width, filler) for name, filler in _FILLERS.items()
    }
    arrays |= {name: getattr(batch, name) for name in OF_INSTANCES}
    arrays |= shared_facts(batch)
    internals = batch.internals
    return ExplanationBatch.from_arrays(
        {
            **arrays,
            "explained": internals.output_index,
            "opposed": internals.opposed_index,
            "predicted": internals.predicted_index,
            "row_labels": batch.row_labels,
            "failures": batch.failures,
            "feature_names": names,
            "condition_labels": tuple((name,) for name in names),
        }
    )


def _stacked(batch: TextExplanationBatch, name: str, width: int, filler: float) -> Array:
    """Stack the arrays of all documents, filled up along the axis of the parts."""
    # Both hold one fit per replicate, so the axis of the replicates comes first.
    axis = 1 if name in ("left_out_values", "reselected_values") else 0
    rows = []
    for one in batch:
        holder = one if hasattr(type(one), name) or name == "data" else one.internals
        array = getattr(holder, name)
        filler_of_row = filler
        is_encoding = name in ("encodings", "background_encodings")
        if one.failure is not None and array.dtype.kind == "f" and not is_encoding:
            filler_of_row = np.nan
        widths = [(0, 0)] * array.ndim
        widths[axis] = (0, width - array.shape[axis])
        rows.append(np.pad(array, widths, constant_values=filler_of_row))
    return np.stack(rows)
