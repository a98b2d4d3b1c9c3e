"""The responses that a local fit gets: those of the model, after control variates and twins."""

import numpy as np

from sklime._tables._control_variates import (
    BinIndicators,
    additive_effects,
    means_of_other_bins,
    residual_responses,
)
from sklime._tables._sample import Sample
from sklime.utils._types import Array, FloatArray, IntArray

__all__ = ["fitted_responses"]

# Responses, residuals, slopes and noise, as `LocalSamples` has them.
_FittedResponses = tuple[FloatArray, FloatArray, FloatArray | None, FloatArray | None]


def fitted_responses(
    sample: Sample,
    F: FloatArray,
    instance: Array,
    answer_index: IntArray,
    w: FloatArray | None,
    response_units: FloatArray,
) -> _FittedResponses:
    """Apply control variates and twins to the responses around some rows.

    Parameters
    ----------
    sample : Sample
        Draws of the perturbed rows.

    F : ndarray of shape (n_rows, n_masks, n_copies, n_outputs)
        Responses divided by their units.

    instance : ndarray of shape (n_rows, n_features)
        Representation of the explained rows.

    answer_index : ndarray of int of shape (n_rows, n_outputs)
        Column of the answers that belongs to each explained output.

    w : ndarray of shape (n_rows, n_masks) or None
        Weights of the masks; `None` for ones.

    response_units : ndarray of shape (n_rows, n_outputs)
        Units of the responses.

    Returns
    -------
    responses, residuals : ndarray of shape (n_rows, n_masks, n_outputs)
        Means over the copies of each mask: of the responses, and after control variates.

    slopes : ndarray of shape (n_rows, n_replicates, n_features + 1, n_outputs) or None
        Part of the control variates that the encoding explains; `None` without.

    noise : ndarray of shape (2, n_rows, n_replicates, n_outputs) or None
        Weighted sums of the squared half differences of twins; `None` without twins.
    """
    residuals, slopes, effects = _controlled(
        sample, F[:, :, 0], instance, answer_index, response_units
    )
    if sample.n_copies == 1:
        return F[:, :, 0], residuals, slopes, None
    twins = F[:, :, 1]
    if sample.bins is not None and effects is not None:
        twins = twins - _effects_of_twins(sample, sample.bins, effects, instance, F.shape[3])
    halves = (residuals - twins) / 2, (F[:, :, 0] - F[:, :, 1]) / 2
    starts = sample.bounds[:-1]
    squares = (half**2 if w is None else w[..., None] * half**2 for half in halves)
    noise = np.stack([np.add.reduceat(square, starts, axis=1) for square in squares])
    return F.mean(axis=2), (residuals + twins) / 2, slopes, noise


def _controlled(
    sample: Sample,
    F: FloatArray,
    instance: Array,
    answer_index: IntArray,
    response_units: FloatArray,
) -> tuple[FloatArray, FloatArray | None, FloatArray | None]:
    """Return the responses after control variates, the slopes, and the effects of bins."""
    bins, shared = sample.bins, sample.shared
    if bins is None:
        return F, None, None
    n_rows, n_perturbations, n_outputs = F.shape
    instance_bins = np.repeat(bins.indices(instance).T, n_outputs, axis=1)
    if shared is not None and shared.effects is not None and shared.residuals is not None:
        effects = shared.effects[:, :, answer_index.ravel()] / response_units.ravel()
        means = means_of_other_bins(effects, bins, instance_bins)
        slopes = np.take_along_axis(effects, instance_bins[None], axis=1) - means
        residuals = shared.residuals[:, answer_index].swapaxes(0, 1) / response_units[:, None]
    else:
        columns = F.transpose(1, 0, 2).reshape(n_perturbations, -1)
        effects = additive_effects(columns, bins)
        means = means_of_other_bins(effects, bins, instance_bins)
        # A value may have been replaced by another value of the same bin. The encoding cannot
        # tell it from a kept value: no effect of this bin is subtracted.
        np.put_along_axis(effects, instance_bins[None], 0.0, axis=1)
        slopes = -means
        residuals = residual_responses(columns, effects, bins)
        residuals = residuals.reshape(n_perturbations, n_rows, n_outputs).swapaxes(0, 1)
    slopes = bins.of_all_features(slopes, instance.shape[1])
    slopes = np.concatenate([slopes, means.sum(axis=1, keepdims=True)], axis=1)
    n_replicates, n_columns, _ = slopes.shape
    slopes = slopes.reshape(n_replicates, n_columns, n_rows, n_outputs).transpose(2, 0, 1, 3)
    return residuals, slopes, effects


def _effects_of_twins(
    sample: Sample, bins: BinIndicators, effects: FloatArray, instance: Array, n_outputs: int
) -> FloatArray:
    """Return the sums of the effects of the bins that twins have landed in."""
    n_replicates, n_indicators, _ = effects.shape
    # Rows and outputs first, then the bins of all replicates, so that one index finds an effect.
    by_row = effects.reshape(n_replicates, n_indicators, len(instance), n_outputs)
    by_row = by_row.transpose(2, 3, 0, 1)
    replicate = np.repeat(np.arange(n_replicates), np.diff(sample.bounds))
    ends = np.append(bins.starts[1:], n_indicators)
    span = {
        feature: slice(start, end) for feature, start, end in zip(bins.features, bins.starts, ends)
    }
    sums = np.zeros((len(instance), n_outputs, len(replicate)))
    for feature, here, column in sample.draws.twins.columns(instance):
        if feature in span:
            of_feature = by_row[here, :, :, span[feature]]
            width = of_feature.shape[3]
            index = replicate * width + np.minimum(column.bins, width - 1)
            flat = of_feature.reshape(len(here), n_outputs, -1)
            sums[here] += np.take(flat, index, axis=2)
    return sums.swapaxes(1, 2)
