"""Global views: what many explanations say together."""

import numpy as np
import pandas as pd
from scipy import sparse, stats

__all__ = ["is_same_name", "mean_abs_weights", "output_place", "used_items", "weight_matrix"]


def is_same_name(name, wanted):
    """Compare labels without mixing up texts and numbers, or truth values and counts.

    Parameters
    ----------
    name, wanted : object
        Labels of classes, or names of outputs.

    Returns
    -------
    is_same : bool
        Whether they are equal, and both texts or neither.
    """
    return isinstance(name, str) == isinstance(wanted, str) and bool(name == wanted)


def output_place(batch, output):
    """Return which explained output is meant.

    Parameters
    ----------
    batch : ExplanationBatch
        Explanations.

    output : label, str or int
        Name of an output or label of a class; `None` is all of them.

    Returns
    -------
    place : int or None
        Place among the explained outputs; `None` for all.

    Raises
    ------
    ValueError
        If no output has that name.
    """
    if output is None:
        return None
    for place, name in enumerate(batch.output_names):
        if is_same_name(name, output):
            return place
    raise ValueError(
        f"output={output!r} is not one of the explained outputs: pass one of "
        f"{list(batch.output_names)}."
    )


def weight_matrix(batch, output=None):
    """Return the weights as a frame, one line a row.

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
    place = output_place(batch, output)
    chosen = range(len(batch.output_names)) if place is None else [place]
    if len(chosen) == 1:
        columns = list(batch.feature_names)
    else:
        names = (batch.output_names[place] for place in chosen)
        columns = [f"{name}__{feature}" for name in names for feature in batch.feature_names]
    weights = batch.values[:, :, list(chosen)].transpose(0, 2, 1)
    weights = weights.reshape(len(weights), len(columns))
    return pd.DataFrame(weights, index=_index(batch.row_labels), columns=columns)


def _index(labels):
    """Return labels of rows as an index; tuples are those of several levels."""
    if len(labels) and all(type(label) is tuple for label in labels):
        return pd.MultiIndex.from_tuples(labels)
    return pd.Index(labels)


def mean_abs_weights(batch, level):
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
        One line an output and feature, strongest first within each output.

    Raises
    ------
    ValueError
        If the level is not in (0, 1).
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level={level!r} is no confidence level; pass a number in (0, 1).")
    has_explanation = np.isfinite(batch.values).all(axis=(1, 2))
    values, without = batch.values[has_explanation], batch.reselected_values[has_explanation]
    means, errors = jackknifed_mean(np.abs(values), np.abs(without))
    half_width = stats.t.ppf(0.5 + level / 2, batch.n_replicates - 1) * errors
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
    return pd.DataFrame(
        {
            "output": [name for name in batch.output_names for _ in range(n_features)],
            "feature": [batch.feature_names[place] for place in order.ravel(order="F")],
            **sorted_columns,
        }
    )


def jackknifed_mean(values, without_replicate):
    """Return means over rows, and their standard errors from the fits without each replicate.

    Replicates are independent of each other; rows are not, as they share the replicates. So
    the mean over rows is formed first, without each replicate, and only then compared. It is
    not corrected for bias: that was measured to make intervals worse.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_features, n_outputs)
        What to average.

    without_replicate : ndarray of shape (n_rows, n_replicates, n_features, n_outputs)
        The same without each replicate.

    Returns
    -------
    means, errors : ndarray of shape (n_features, n_outputs)
        NaN without rows; errors also where every value is zero, which tells nothing.
    """
    n_rows, n_replicates, n_features, n_outputs = without_replicate.shape
    if n_rows == 0:
        return np.full((2, n_features, n_outputs), np.nan)
    means = without_replicate.mean(axis=0)
    variances = (n_replicates - 1) * means.var(axis=0)
    is_unused = ~(values.any(axis=0) | means.any(axis=0))
    return values.mean(axis=0), np.where(is_unused, np.nan, np.sqrt(variances))


def used_items(batch, *, by_rules, output=None):
    """Return how much each row uses each rule or feature.

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
    sizes : sparse array of shape (n_rows, n_items)
        Absolute weights; nothing is stored where there is none.

    names : ndarray of str of shape (n_items,)
        Conditions that hold in some row, in the order of their features, or features.
    """
    sizes = np.abs(np.nan_to_num(batch.values, nan=0.0))
    place = output_place(batch, output)
    sizes = sizes.sum(axis=2) if place is None else sizes[:, :, place]
    if not by_rules:
        return sparse.csr_array(sizes), np.array(batch.feature_names, dtype=object)
    row, feature = np.nonzero(sizes)
    n_conditions = [len(labels) for labels in batch.condition_labels]
    starts = np.concatenate([[0], np.cumsum(n_conditions)[:-1]]).astype(np.intp)
    present, item = np.unique(starts[feature] + batch.codes[row, feature], return_inverse=True)
    names = np.array([text for labels in batch.condition_labels for text in labels], dtype=object)
    used = sparse.csr_array((sizes[row, feature], (row, item)), shape=(len(sizes), len(present)))
    return used, names[present]
