"""True values of a regressor or function, one column per explained output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sklime.utils._frames import answer_names
from sklime.utils._types import FloatArray

if TYPE_CHECKING:
    from sklime._explanations._base import AnyBatch

__all__ = ["true_values"]


def true_values(batch: AnyBatch, y: Any) -> FloatArray:
    """Return the true values of the explained outputs.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations of a model whose outputs are no classes.

    y : array-like of shape (n_rows,) or (n_rows, n_responses)
        True values: of the only explained output, or of all outputs of the model in their order.
        Columns of a frame with the names of the outputs may have another order.

    Returns
    -------
    values : ndarray of shape (n_rows, n_outputs)
        One column per explained output; of a pair the difference.

    Raises
    ------
    ValueError
        If `y` has another shape, holds no numbers, or holds numbers of classes where the function
        returns their probabilities.
    """
    names = list(batch.response_names)
    values, columns = _numbers(y), [str(name) for name in answer_names(y) or ()]
    if values.ndim == 2 and len(columns) == len(names) and set(columns) == set(map(str, names)):
        values = values[:, [columns.index(str(name)) for name in names]]
    n_rows, n_responses = len(batch), len(names)
    n_explained = batch.predictions.shape[1]
    if values.shape == (n_rows, n_responses):
        return _of_explained(batch, values)
    if values.shape != (n_rows,):
        several = f", or an array of shape ({n_rows}, {n_responses})" if n_responses > 1 else ""
        raise ValueError(
            f"y has the shape {values.shape}; pass one value for each of the {n_rows} explained "
            f"rows{several}."
        )
    if n_explained > 1 or _has_pair(batch):
        raise ValueError(
            f"y has one value per row, and the model has {n_responses} outputs that are no "
            f"classes. Pass an array of shape ({n_rows}, {n_responses}) with the true value of "
            f"each of {names}, or output= and the true values of that output. If they are "
            "probabilities of classes, explain the classifier itself, and pass its labels as y."
        )
    _check_no_class_numbers(batch, values)
    return values[:, None]


def _numbers(y: Any) -> FloatArray:
    try:
        values: FloatArray = np.asarray(y).astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"y must hold the true numbers, as the model is no classifier; {error}."
        ) from error
    return values


def _has_pair(batch: AnyBatch) -> bool:
    return len(batch) > 0 and bool((batch.internals.opposed_index >= 0).any())


def _of_explained(batch: AnyBatch, values: FloatArray) -> FloatArray:
    """Return the columns of the explained outputs, and differences for pairs."""
    explained, opposed = batch.internals.output_index, batch.internals.opposed_index
    chosen = np.take_along_axis(values, explained, axis=1)
    others = np.take_along_axis(values, np.maximum(opposed, 0), axis=1)
    return np.where(opposed >= 0, chosen - others, chosen)


def _check_no_class_numbers(batch: AnyBatch, values: FloatArray) -> None:
    """Refuse the numbers of classes as true values of one of their probabilities."""
    responses = batch.responses[np.isfinite(batch.responses).all(axis=1)]
    n_responses = len(batch.response_names)
    are_shares = responses.size > 0 and bool((responses >= 0.0).all())
    are_shares = are_shares and bool(np.allclose(responses.sum(axis=1), 1.0, atol=1e-6))
    known = values[np.isfinite(values)]
    are_numbers = np.isin(known, np.arange(n_responses)).all() and known.max(initial=0.0) > 1.0
    if n_responses > 2 and are_shares and are_numbers:
        raise ValueError(
            f"y seems to hold numbers of classes, from 0 to {n_responses - 1}, and the function "
            f"returns {n_responses} shares that add up to 1. As true values pass 1.0 for rows of "
            "the class and 0.0 for others, such as (y == 2).astype(float), or explain the "
            "classifier itself."
        )
