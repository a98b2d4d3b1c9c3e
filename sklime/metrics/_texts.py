"""Explanations of texts as rows that share their features, for metrics that compare features."""

import numpy as np

from sklime._explanations._explanation import ExplanationBatch
from sklime._explanations._parts import OF_DOCUMENTS, SHARED, TextExplanationBatch

__all__ = ["rectangular"]


def rectangular(batch):
    """Return explanations whose rows share their features.

    Parameters
    ----------
    batch : ExplanationBatch or sequence of ExplanationBatch
        Explanations, or explanations of the same rows by several runs.

    Returns
    -------
    batch : ExplanationBatch or list of ExplanationBatch
        Tables as they are. The documents of a `TextExplanationBatch` are filled up with parts
        that are not selected and have weight 0, to as many as the longest has; those without
        explanation with NaN.
    """
    if isinstance(batch, TextExplanationBatch):
        return _filled_up(batch)
    if isinstance(batch, ExplanationBatch):
        return batch
    _check_same_parts([run for run in batch if isinstance(run, TextExplanationBatch)])
    return [rectangular(run) for run in batch]


def _check_same_parts(runs):
    parts = {tuple(one.feature_names for one in run) for run in runs}
    if len(parts) > 1:
        raise ValueError(
            "Runs must explain the same rows, features and outputs; the documents of these runs "
            "are not the same, or are split differently."
        )


def _filled_up(batch):
    width = max((len(one.feature_names) for one in batch), default=0)
    parts = {
        "values": 0.0,
        "standard_errors": np.nan,
        "left_out_values": 0.0,
        "reselected_values": 0.0,
        "encodings": 1.0,
        "background_encodings": 0.0,
        "data": 0,
        "codes": 0,
    }
    names = tuple(f"part {index}" for index in range(width))
    return ExplanationBatch(
        **{name: _stacked(batch, name, width, empty) for name, empty in parts.items()},
        **{name: getattr(batch, name) for name in (*OF_DOCUMENTS, *SHARED)},
        row_labels=batch.row_labels,
        failures=batch.failures,
        feature_names=names,
        condition_labels=tuple((name,) for name in names),
    )


def _stacked(batch, name, width, empty):
    """Stack what belongs to parts, filled up along the axis of the parts."""
    axis = 1 if name in ("left_out_values", "reselected_values") else 0
    rows = []
    for one in batch:
        array = getattr(one, name)
        filler = empty
        is_encoding = name in ("encodings", "background_encodings")
        if one.failures is not None and array.dtype.kind == "f" and not is_encoding:
            filler = np.nan
        widths = [(0, 0)] * array.ndim
        widths[axis] = (0, width - array.shape[axis])
        rows.append(np.pad(array, widths, constant_values=filler))
    return np.stack(rows)
