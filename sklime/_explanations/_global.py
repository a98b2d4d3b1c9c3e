"""Global views: weights of many explanations in one matrix, and their means."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
from scipy import sparse

from sklime.utils._frames import frame_of, index_of
from sklime.utils._intervals import half_widths
from sklime.utils._magnitude import units
from sklime.utils._output_names import find_explained_output, is_same_name
from sklime.utils._types import FloatArray, IntArray, ObjectArray

if TYPE_CHECKING:
    from sklime._explanations._base import AnyBatch, BaseExplanation
    from sklime._explanations._explanation import ExplanationBatch

__all__ = [
    "check_same_segments",
    "documents_by_words",
    "find_output",
    "has_explanation",
    "have_same_segments",
    "jackknife_errors",
    "mean_abs_weights",
    "used_items",
    "weight_matrix",
]


def find_output(batch: "AnyBatch", output: Any) -> int | None:
    """Return the index of an explained output.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    output : label, str, int or pair
        Name of an output, label of a class, or index where outputs are no classes; `None` is
        all of them.

    Returns
    -------
    index : int or None
        Index among the explained outputs; `None` for all.

    Raises
    ------
    ValueError
        If no output has that name.
    """
    if output is None:
        return None
    for index, name in enumerate(batch.output_names):
        if is_same_name(name, output):
            return index
    # With target="predicted" the explained output depends on the row: an index or label would mean
    # another output in each.
    if len(batch) and batch.target != "predicted":
        internals = batch.internals
        explained = internals.output_index[0].tolist(), internals.opposed_index[0].tolist()
        explained_index = find_explained_output(output, batch, *explained)
        if explained_index is not None:
            return explained_index
    raise ValueError(
        f"output={output!r} is not one of the explained outputs: pass one of "
        f"{list(batch.output_names)}."
    )


def weight_matrix(batch: "AnyBatch", output: Any = None) -> pd.DataFrame:
    """Return the weights as a frame, one line per explained instance.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    output : label, str or int, default=None
        Which explained output; `None` is all of them.

    Returns
    -------
    matrix : pandas.DataFrame of shape (n_rows, n_features)
        Weights; of several outputs, columns ``output__feature``.
    """
    index = find_output(batch, output)
    chosen = list(range(len(batch.output_names))) if index is None else [index]
    if not batch.shares_features:
        features, values, _ = documents_by_words(batch, "to_matrix")
    else:
        table = cast("ExplanationBatch", batch)
        features, values = list(table.feature_names), table.values
    columns = features
    if len(chosen) > 1:
        outputs = (batch.output_names[index] for index in chosen)
        columns = [f"{output}__{feature}" for output in outputs for feature in features]
    weights = values[:, :, chosen].transpose(0, 2, 1).reshape(len(batch), len(columns))
    return pd.DataFrame(weights, index=index_of(batch.row_labels), columns=index_of(columns))


def documents_by_words(batch: "AnyBatch", asked: str) -> tuple[list[str], FloatArray, IntArray]:
    """Return the weights of documents, each with its own words, as one array.

    Parameters
    ----------
    batch : TextExplanationBatch or ImageExplanationBatch
        Explanations of documents, or of pictures that share their segments.

    asked : str
        What the user called, for messages.

    Returns
    -------
    words : list of str
        Words of all documents, in order of their first occurrence; or segments.

    values : ndarray of shape (n_documents, n_words, n_outputs)
        Weights; 0 where a word is not in the document, NaN without an explanation.

    counts : ndarray of int of shape (n_documents, n_words)
        How often each word is in each document; or how many pixels each segment has.

    Raises
    ------
    ValueError
        If pictures differ in their segments.
    """
    check_same_segments(batch, asked)
    indices = _word_indices(batch)
    values = np.zeros((len(batch), len(indices), len(batch.output_names)))
    counts = np.zeros(values.shape[:2], dtype=np.intp)
    for row, one in enumerate(batch):
        # np.add.at, because a word may be several parts of a document, whose weights add up.
        columns = [indices[word] for word in one.feature_names]
        np.add.at(values[row], columns, one.values)
        np.add.at(counts[row], columns, one.data)
        if not has_explanation(one):
            values[row] = np.nan
    return list(indices), values, counts


def have_same_segments(segments: Sequence[Any]) -> bool:
    """Tell whether pictures are cut in the same way.

    Parameters
    ----------
    segments : sequence of ndarray of int
        Label of the segment of each pixel, for each picture; empty for rows and documents.

    Returns
    -------
    are_same : bool
        True if all labels are equal.
    """
    return all(np.array_equal(segments[0], other) for other in segments[1:])


def check_same_segments(batch: "AnyBatch", asked: str) -> None:
    """Check that a segment of pictures is the same pixels in all of them.

    Segments of two pictures may have the same name by chance; nothing else relates them.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations; those of rows and documents pass.

    asked : str
        What the user called, for the message.

    Raises
    ------
    ValueError
        If pictures differ in their segments.
    """
    if not have_same_segments(getattr(batch, "segments", ())):
        raise ValueError(
            f"{asked} compares segments, and each picture has its own. Use transform of the "
            'explainer, whose cells are the same for all pictures, or segmenter="grid" for '
            "pictures of one size."
        )


def _word_indices(batch: "AnyBatch") -> dict[str, int]:
    """Return the index of each word of all documents, in order of their first occurrence."""
    words = dict.fromkeys(word for one in batch for word in one.feature_names)
    return {word: index for index, word in enumerate(words)}


def has_explanation(one: "BaseExplanation") -> bool:
    """Tell whether a row was explained.

    Parameters
    ----------
    one : Explanation
        One row.

    Returns
    -------
    has_explanation : bool
        Whether it has weights that are numbers.
    """
    return one.failure is None and bool(np.isfinite(one.values).all())


def mean_abs_weights(batch: "AnyBatch", level: float) -> pd.DataFrame:
    """Return the mean absolute weight of each feature, with intervals.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    level : float
        Confidence level, in (0, 1).

    Returns
    -------
    frame : pandas.DataFrame
        One line per output and feature, strongest first within each output.

    Raises
    ------
    ValueError
        If the level is not in (0, 1), or if pictures differ in their segments.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level={level!r} is no confidence level; pass a number in (0, 1).")
    if batch.shares_features:
        features, means, without = _row_means(cast("ExplanationBatch", batch))
    else:
        features, means, without = _word_means(batch)
    errors = jackknife_errors(means, without)
    half_width = half_widths(errors, batch.n_replicates, level)
    order = np.argsort(-means, axis=0, kind="stable")
    n_features = len(means)
    sorted_columns = {
        name: np.take_along_axis(array, order, axis=0).ravel(order="F")
        for name, array in {
            "mean_abs_weight": means,
            "standard_error": errors,
            "ci_low": np.maximum(means - half_width, 0.0),
            "ci_high": means + half_width,
        }.items()
    }
    return frame_of(
        {
            "output": [name for name in batch.output_names for _ in range(n_features)],
            "feature": [features[index] for index in order.ravel(order="F")],
            **sorted_columns,
        }
    )


def _row_means(batch: "ExplanationBatch") -> tuple[list[str], FloatArray, FloatArray]:
    """Return features, their mean absolute weights, and those without each replicate."""
    is_explained = np.isfinite(batch.values).all(axis=(1, 2))
    sums = np.abs(batch.values[is_explained]).sum(axis=0)
    without = np.abs(batch.internals.reselected_values[is_explained]).sum(axis=0)
    # Without rows the means are NaN, not an error of division.
    n_rows = is_explained.sum() or np.nan
    return list(batch.feature_names), sums / n_rows, without / n_rows


def _word_means(batch: "AnyBatch") -> tuple[list[str], FloatArray, FloatArray]:
    """Return the same of words; a word that is not in a document has the weight 0 there."""
    check_same_segments(batch, "mean_abs_weights")
    indices, n_outputs = _word_indices(batch), len(batch.output_names)
    sums = np.zeros((len(indices), n_outputs))
    without = np.zeros((batch.n_replicates, len(indices), n_outputs))
    explained = [one for one in batch if has_explanation(one)]
    for one in explained:
        columns = [indices[word] for word in one.feature_names]
        np.add.at(sums, columns, np.abs(one.values))
        at: Any = (slice(None), columns)
        np.add.at(without, at, np.abs(one.internals.reselected_values))
    n_rows = len(explained) or np.nan
    return list(indices), sums / n_rows, without / n_rows


def jackknife_errors(means: FloatArray, without: FloatArray) -> FloatArray:
    """Return standard errors of means over rows, from the means without each replicate.

    Replicates are independent; rows are not, because they share the replicates. So the mean over
    rows without each replicate comes first, and is then compared with the mean ``m`` of all:
    ``sqrt((n - 1) / n * sum((m_r - m)**2))`` over the ``n`` replicates ``r``.

    Distances are those to ``m``, not to the average of all ``m_r``. Features are selected again in
    each fit, so the ``m_r`` have jumps, and simulations showed that distances to their average are
    too short. For the same reason there is no correction for bias.

    Parameters
    ----------
    means : ndarray of shape (n_features, n_outputs)
        Means over rows.

    without : ndarray of shape (n_replicates, n_features, n_outputs)
        Means without each replicate.

    Returns
    -------
    errors : ndarray of shape (n_features, n_outputs)
        NaN where every mean is zero: nothing is known of their spread.
    """
    n_replicates = len(without)
    unit = units(without, axis=0)
    squares = ((without / unit - means / unit) ** 2).sum(axis=0)
    is_unused = ~((means != 0.0) | (without != 0.0).any(axis=0))
    errors = np.sqrt((n_replicates - 1) / n_replicates * squares) * unit
    return np.where(is_unused, np.nan, errors)


def used_items(
    batch: "AnyBatch", *, by_rules: bool, output: Any = None
) -> tuple[sparse.csr_array, ObjectArray]:
    """Return the absolute weight of each rule or feature in each row.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    by_rules : bool
        Whether each condition counts on its own, rather than its feature.

    output : label, str or int, default=None
        Which explained output; `None` adds up the absolute weights of all.

    Returns
    -------
    strengths : sparse array of shape (n_rows, n_items)
        Absolute weights; zeros are not stored.

    names : ndarray of str of shape (n_items,)
        Conditions that hold in some row, in the order of their features, or features.
    """
    index = find_output(batch, output)
    if not batch.shares_features:
        return _used_words(batch, by_rules, index)
    return _used_features(cast("ExplanationBatch", batch), by_rules, index)


def _used_features(
    batch: "ExplanationBatch", by_rules: bool, index: int | None
) -> tuple[sparse.csr_array, ObjectArray]:
    """Return the same of rows that share their features."""
    strengths = _strengths(batch.values, index)
    if not by_rules:
        return sparse.csr_array(strengths), np.array(batch.feature_names, dtype=np.object_)
    row, feature = np.nonzero(strengths)
    codes, condition_labels = batch.internals.codes, batch.internals.condition_labels
    n_conditions = [len(labels) for labels in condition_labels]
    starts = np.concatenate([[0], np.cumsum(n_conditions)[:-1]]).astype(np.intp)
    # Conditions of all features are numbered in a row; those that no row meets are left out.
    present, item = np.unique(starts[feature] + codes[row, feature], return_inverse=True)
    names = np.array([text for labels in condition_labels for text in labels], dtype=object)
    used = sparse.csr_array(
        (strengths[row, feature], (row, item)), shape=(len(strengths), len(present))
    )
    return used, names[present]


def _strengths(values: FloatArray, index: int | None) -> FloatArray:
    """Return the absolute weights of one output, or their sum over all; 0 in place of NaN."""
    strengths: FloatArray = np.abs(np.nan_to_num(values, nan=0.0))
    chosen: FloatArray = strengths.sum(axis=-1) if index is None else strengths[..., index]
    return chosen


def _used_words(
    batch: "AnyBatch", by_rules: bool, index: int | None
) -> tuple[sparse.csr_array, ObjectArray]:
    """Return the same of documents, each of which has its own words."""
    check_same_segments(batch, "SubmodularPick")
    rows: list[int] = []
    items: list[int] = []
    strengths: list[float] = []
    indices: dict[str, int] = {}
    for row, one in enumerate(batch):
        names = one.conditions if by_rules else one.feature_names
        for name, strength in zip(names, _strengths(one.values, index).tolist()):
            if strength > 0.0:
                rows.append(row)
                items.append(indices.setdefault(name, len(indices)))
                strengths.append(strength)
    # A sparse array adds up entries with the same indices, as of a word that occurs twice.
    used = sparse.coo_array((strengths, (rows, items)), shape=(len(batch), len(indices))).tocsr()
    return used, np.array(list(indices), dtype=object)
