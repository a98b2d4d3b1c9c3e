"""Explain rows of a table: perturb, ask, encode, weigh, fit, in chunks of rows."""

import warnings
from dataclasses import dataclass, fields

import numpy as np
from sklearn.metrics import pairwise_distances
from sklearn.utils.parallel import Parallel, delayed

from sklime._control_variates import (
    Cells,
    additive_effects,
    means_of_other_cells,
    residual_responses,
)
from sklime._encoding import TabularEncoder
from sklime._local_fit import LocalFits, LocalSamples, local_fits
from sklime._response import ModelResponse
from sklime.kernels import exponential_kernel, uniform_kernel
from sklime.neighborhoods import BaseNeighborhood
from sklime.utils._text import listed

__all__ = ["ExplainedRows", "RowPlan", "SharedAnswers", "explain_rows", "failures", "warn_of"]

# Below this, weights rest on a handful of perturbed rows.
MIN_EFFECTIVE_SAMPLE_SIZE = 10.0

# Bounds on what one chunk of rows holds in memory, in numbers of eight bytes.
_MAX_MODEL_ROWS = 2**16
_MAX_CELLS = 2**22
_MAX_ROWS = 128


@dataclass(frozen=True)
class SharedAnswers:
    """What the model answered in `fit`, and the additive model of it.

    Attributes
    ----------
    responses : ndarray of shape (n_perturbations, n_responses)
        Answers at the draws.

    effects : ndarray of shape (n_replicates, n_cells, n_responses) or None
        Additive model; `None` without control variates.

    residuals : ndarray of shape (n_perturbations, n_responses) or None
        What it leaves.
    """

    responses: np.ndarray
    effects: np.ndarray | None
    residuals: np.ndarray | None

    @classmethod
    def of(cls, responses, cells):
        """Fit the additive model, where there are cells.

        Parameters
        ----------
        responses : ndarray of shape (n_perturbations, n_responses)
            Answers at the draws.

        cells : Cells or None
            Cells of the draws.

        Returns
        -------
        shared : SharedAnswers
            The answers.
        """
        if cells is None:
            return cls(responses, None, None)
        effects = additive_effects(responses, cells)
        return cls(responses, effects, residual_responses(responses, effects, cells))


@dataclass(frozen=True)
class RowPlan:
    """Everything that explaining rows takes, besides the rows.

    Attributes
    ----------
    neighborhood : BaseNeighborhood
        Builds and encodes perturbed rows.

    draws : Draws
        What it drew in `fit`.

    encoder : TabularEncoder
        Bins and standard scores.

    response : ModelResponse
        Asks the model.

    shared : SharedAnswers or None
        What the model answered at the draws, where all rows share them.

    cells : Cells or None
        Where there are control variates, the cells that they are made of.

    kernel, width, metric : callable, float, str or callable
        Proximity.

    bounds : tuple of int
        Replicates.

    select, max_features : callable, int
        Feature selection.

    surrogate : estimator or None
        Regressor.

    min_support : ndarray of shape (n_features,)
        Perturbed rows that must share a bin of the explained row for it to get a weight.
    """

    neighborhood: BaseNeighborhood
    draws: tuple
    encoder: TabularEncoder
    response: ModelResponse
    shared: SharedAnswers | None
    cells: Cells | None
    kernel: object
    width: float
    metric: object
    bounds: tuple
    select: object
    max_features: int
    surrogate: object
    min_support: np.ndarray


@dataclass(frozen=True)
class ExplainedRows(LocalFits):
    """Local fits of some rows, and what to warn of.

    Attributes
    ----------
    effective_sample_size : ndarray of shape (n_rows,)
        Of the kernel weights.

    has_answers : ndarray of bool of shape (n_rows,)
        Whether the model gave a finite answer at the row and all its perturbations.
    """

    effective_sample_size: np.ndarray
    has_answers: np.ndarray

    def arrays(self):
        """Return what an `ExplanationBatch` takes, by name."""
        reported = {item.name for item in fields(self)} - {"has_support", "has_answers"}
        return {name: getattr(self, name) for name in reported}


def explain_rows(
    plan, rows, responses, explained, *, with_errors, batch_size=None, n_jobs=None, verbose=0
):
    """Explain rows, chunk by chunk.

    Parameters
    ----------
    plan : RowPlan
        How.

    rows : ndarray of shape (n_rows, n_features)
        Explained rows.

    responses : ndarray of shape (n_rows, n_responses)
        Answers of the model at them.

    explained : ndarray of int of shape (n_rows, n_outputs)
        Which of the answers are explained.

    with_errors : bool
        Whether to compute standard errors and fidelity.

    batch_size : int, default=None
        Most rows in one call of the model; `None` chooses by memory.

    n_jobs : int, default=None
        Number of threads.

    verbose : int, default=0
        Verbosity of joblib.

    Returns
    -------
    result : ExplainedRows
        Rows in their order, whatever the chunks.
    """
    step = _rows_a_chunk(plan, explained.shape[1], batch_size)
    chunks = [slice(start, start + step) for start in range(0, len(rows), step)]
    results = Parallel(n_jobs=n_jobs, verbose=verbose, prefer="threads")(
        delayed(_explain_chunk)(plan, rows[chunk], responses[chunk], explained[chunk], with_errors)
        for chunk in chunks
    )
    return _joined(results)


def warn_of(result, row_labels, feature_names, model_name):
    """Warn of rows whose explanation is missing or rests on too little.

    Parameters
    ----------
    result : ExplainedRows
        What was computed.

    row_labels : ndarray of shape (n_rows,)
        What the user calls the rows.

    feature_names : sequence of str
        Names of the columns.

    model_name : str
        What to call the model.

    Raises
    ------
    ValueError
        If the model answered for no row at all.
    """
    failed = ~result.has_answers
    if failed.all():
        raise ValueError(
            f"{model_name} returned NaN or infinity for every row that was asked about, or for "
            "rows perturbed from it; check the model on these rows."
        )
    if failed.any():
        warnings.warn(
            f"{model_name} returned NaN or infinity for rows {listed(row_labels[failed])} or rows "
            "perturbed from them; their explanations are NaN.",
            RuntimeWarning,
            stacklevel=4,
        )
    few = result.has_answers & (result.effective_sample_size < MIN_EFFECTIVE_SAMPLE_SIZE)
    if few.any():
        warnings.warn(
            f"Rows {listed(row_labels[few])} have an effective sample size below "
            f"{MIN_EFFECTIVE_SAMPLE_SIZE:.0f} perturbed rows (the least is "
            f"{result.effective_sample_size[few].min():.3g}), too few to rest weights on. "
            "Raise kernel_width.",
            UserWarning,
            stacklevel=4,
        )
    unsupported = (result.has_answers & ~few)[:, None] & ~result.has_support
    if unsupported.any():
        names = listed([feature_names[place] for place in np.flatnonzero(unsupported.any(axis=0))])
        warnings.warn(
            "Too few perturbed rows share the category or bin of rows "
            f"{listed(row_labels[unsupported.any(axis=1)])} in columns {names}; these get no "
            "weight there. Raise n_perturbations or use neighborhood='anchored'.",
            UserWarning,
            stacklevel=4,
        )


def failures(result, model_name):
    """Say why rows have no explanation.

    Parameters
    ----------
    result : ExplainedRows
        What was computed.

    model_name : str
        What to call the model.

    Returns
    -------
    failures : ndarray of object of shape (n_rows,)
        `None` for a row that has one.
    """
    reasons = np.full(len(result.has_answers), None, dtype=object)
    reasons[~result.has_answers] = (
        f"{model_name} returned NaN or infinity for the row or rows perturbed from it."
    )
    return reasons


def kernel_weights(plan, Z, own_encodings):
    """Weigh perturbed rows by their distance to the explained row.

    Parameters
    ----------
    plan : RowPlan
        Knows kernel, width and metric.

    Z : ndarray of shape (n_rows, n_perturbations, n_features)
        Encodings of the perturbed rows.

    own_encodings : ndarray of shape (n_rows, n_features)
        Encodings of the explained rows.

    Returns
    -------
    weights : ndarray of shape (n_rows, n_perturbations), or None
        `None` for ones.
    """
    if plan.kernel is uniform_kernel:
        return None
    if Z.dtype == bool and plan.metric == "euclidean":
        if plan.kernel is exponential_kernel:
            return _exponential_of_matches(Z, plan.width)
        # In double precision: the root of a byte would be a half-precision number.
        distances = np.sqrt(Z.shape[2] - _n_matches(Z).astype(np.float64))
    elif plan.metric == "euclidean":
        distances = np.sqrt(((Z - own_encodings[:, None, :]) ** 2).sum(axis=2))
    else:
        distances = np.stack(
            [
                pairwise_distances(encoded.astype(np.float64), own[None], metric=plan.metric)[:, 0]
                for encoded, own in zip(Z, own_encodings)
            ]
        )
    return np.stack([_checked_weights(plan.kernel(row, plan.width), row.size) for row in distances])


def _exponential_of_matches(Z, width):
    """Weigh 0/1 encodings, whose distance is the root of the number of differences."""
    n_features = Z.shape[2]
    table = exponential_kernel(np.sqrt(n_features - np.arange(n_features + 1)), width)
    return table[_n_matches(Z)]


def _n_matches(Z):
    n_features = Z.shape[2]
    # Sums of bytes are several times faster than sums of integers, where they cannot overflow.
    count_type = np.uint8 if n_features <= np.iinfo(np.uint8).max else np.intp
    return np.add.reduce(Z, axis=2, dtype=count_type)


def _checked_weights(weights, n_perturbations):
    weights = np.asarray(weights, dtype=np.float64)
    if weights.shape != (n_perturbations,) or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(
            f"kernel must return one finite weight of at least 0 for each of {n_perturbations} "
            f"distances; it returned an array of shape {weights.shape}"
            + (
                f" with values from {np.min(weights)} to {np.max(weights)}."
                if weights.size
                else "."
            )
        )
    return weights


def _joined(results):
    """Put the results of chunks of rows below each other."""
    names = [item.name for item in fields(ExplainedRows)]
    arrays = {}
    if all(part.reselected_values is part.left_out_values for part in results):
        # The largest array by far: not twice.
        names.remove("reselected_values")
    for name in names:
        arrays[name] = np.concatenate([getattr(part, name) for part in results])
    arrays.setdefault("reselected_values", arrays["left_out_values"])
    return ExplainedRows(**arrays)


def _explain_chunk(plan, rows, responses, explained, with_errors):
    own = plan.encoder.represent(rows)
    own_encodings = plan.encoder.own_encoding(own)
    perturbed, answers = _perturbed_answers(plan, rows)
    F = np.take_along_axis(answers, explained[:, None, :], axis=2)
    own_responses = np.take_along_axis(responses, explained, axis=1)
    has_answers = np.isfinite(F).all(axis=(1, 2)) & np.isfinite(own_responses).all(axis=1)
    if not has_answers.all():
        F[~has_answers], own_responses[~has_answers] = 0.0, 0.0
    Z = plan.neighborhood.encode(plan.draws, plan.encoder, perturbed, own)
    w = kernel_weights(plan, Z, own_encodings)
    fits = local_fits(
        LocalSamples(Z, F, *_controlled(plan, F, own, explained), w, own_encodings, own_responses),
        plan.bounds,
        select=plan.select,
        max_features=plan.max_features,
        surrogate=plan.surrogate,
        min_support=plan.min_support,
        with_errors=with_errors,
    )
    return _with_failures(fits, has_answers, _effective_sample_sizes(w, Z))


def _controlled(plan, F, own, explained):
    """Return residuals of the responses and slopes, as `LocalSamples` has them."""
    if plan.cells is None:
        return F, None
    n_rows, n_perturbations, n_outputs = F.shape
    own_cells = np.repeat(plan.cells.places(own).T, n_outputs, axis=1)
    if plan.shared is not None:
        effects = plan.shared.effects[:, :, explained.ravel()]
        means = means_of_other_cells(effects, plan.cells, own_cells)
        slopes = np.take_along_axis(effects, own_cells[None], axis=1) - means
        residuals = plan.shared.residuals[:, explained].swapaxes(0, 1)
    else:
        columns = F.transpose(1, 0, 2).reshape(n_perturbations, -1)
        effects = additive_effects(columns, plan.cells)
        means = means_of_other_cells(effects, plan.cells, own_cells)
        # A value may have been replaced by another one of its own bin, which the encoding
        # cannot tell from a kept one: no effect of that is taken out.
        np.put_along_axis(effects, own_cells[None], 0.0, axis=1)
        slopes = -means
        residuals = residual_responses(columns, effects, plan.cells)
        residuals = residuals.reshape(n_perturbations, n_rows, n_outputs).swapaxes(0, 1)
    slopes = plan.cells.of_all_features(slopes, own.shape[1])
    slopes = np.concatenate([slopes, means.sum(axis=1, keepdims=True)], axis=1)
    n_replicates, n_columns, _ = slopes.shape
    slopes = slopes.reshape(n_replicates, n_columns, n_rows, n_outputs).transpose(2, 0, 1, 3)
    return residuals, slopes


def _perturbed_answers(plan, rows):
    """Return perturbed rows, and the model's answers at them, of each explained row."""
    perturbed = plan.neighborhood.perturb(plan.draws, plan.encoder, rows)
    if plan.shared is not None:
        answers = plan.shared.responses
        return perturbed, np.broadcast_to(answers, (len(rows), *answers.shape))
    n_rows, n_perturbations, n_features = perturbed.shape
    answers = plan.response(perturbed.reshape(-1, n_features))
    return perturbed, answers.reshape(n_rows, n_perturbations, -1)


def _effective_sample_sizes(w, Z):
    if w is None:
        return np.full(len(Z), float(Z.shape[1]))
    squares = (w**2).sum(axis=1)
    return w.sum(axis=1) ** 2 / np.where(squares > 0.0, squares, 1.0)


def _with_failures(fits, has_answers, sample_sizes):
    """Add what to warn of, and put NaN where the model gave no answer."""
    arrays = {item.name: getattr(fits, item.name) for item in fields(LocalFits)}
    if not has_answers.all():
        for name, array in arrays.items():
            if name != "has_support":
                array[~has_answers] = np.nan
    return ExplainedRows(**arrays, effective_sample_size=sample_sizes, has_answers=has_answers)


def _rows_a_chunk(plan, n_outputs, batch_size):
    """Return how many rows to explain at once."""
    n_perturbations, n_features = plan.bounds[-1], plan.encoder.n_features
    n_replicates = len(plan.bounds) - 1
    gram_cells = (3 * n_replicates + 4) * (n_features + 1 + n_outputs) ** 2
    limits = [_MAX_ROWS, _MAX_CELLS // gram_cells, _MAX_CELLS * 8 // (n_perturbations * n_features)]
    if plan.shared is None:
        limits.append((batch_size or _MAX_MODEL_ROWS) // n_perturbations)
        limits.append(_MAX_CELLS // (n_perturbations * n_features))
    return max(1, min(limits))
