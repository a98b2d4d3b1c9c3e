"""Fill up explanations of texts and pictures to one array, for metrics that compare features."""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from sklime._explanations._base import AnyBatch
from sklime._explanations._explanation import ExplanationBatch
from sklime._explanations._json import shared_facts
from sklime._explanations._parts import OF_INSTANCES, PartsExplanationBatch
from sklime.utils._types import Array

__all__ = ["rectangular"]


# What fills up the arrays of an instance of few parts: parts that are not selected and weigh
# nothing. The standard error NaN is what tells "not selected" from a weight that is zero.
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
        A batch of a table is returned unchanged. Documents and pictures are filled up to the
        largest number of parts. Added parts are not selected and have weight 0, or NaN if the
        instance has no explanation.
    """
    if isinstance(batch, PartsExplanationBatch):
        return _filled_up(batch)
    if isinstance(batch, ExplanationBatch):
        return batch
    _check_same_parts([run for run in batch if isinstance(run, PartsExplanationBatch)])
    return [rectangular(run) for run in batch]


def _check_same_parts(runs: Sequence[PartsExplanationBatch[Any]]) -> None:
    parts = {tuple(map(_parts_of, run)) for run in runs}
    if len(parts) > 1:
        raise ValueError(
            f"Runs must explain the same rows, features and outputs; the {runs[0].noun}s of these "
            "runs are not the same, or are split differently."
        )


def _parts_of(one: Any) -> tuple[Any, ...]:
    """Return what parts of two runs are told apart by: their names, and where segments are."""
    segments = getattr(one, "segments", None)
    where = () if segments is None else (segments.shape, segments.astype(np.int64).tobytes())
    return (one.feature_names, *where)


def _filled_up(batch: PartsExplanationBatch[Any]) -> ExplanationBatch:
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


def _stacked(batch: PartsExplanationBatch[Any], name: str, width: int, filler: float) -> Array:
    """Stack the arrays of all instances, filled up along the axis of the parts."""
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
