"""The fidelity of exact explanations, and the strongest pairs beside them."""

from dataclasses import replace

import numpy as np

from sklime._exact._fidelity import Judgement
from sklime._exact._masks import Remainder, additive_misfit
from sklime._exact._pairs import PairWeights
from sklime._explanations._pairs import NO_FEATURE, Pairs
from sklime._surrogates._causes import CAUSES
from sklime._surrogates._fit import Fit
from sklime._tables._exact_fits import ExactMoments
from sklime.utils._sums import ordered_sum
from sklime.utils._types import BoolArray, FloatArray, IntArray, ObjectArray

__all__ = ["N_PAIRS", "judged", "strongest_pairs"]

# Pairs that an explanation keeps.
N_PAIRS = 3

# A standard deviation below this share of the response is rounding error.
_ROUNDING = 1e-12


def judged(
    fit: Fit,
    moments: ExactMoments,
    judgement: Judgement,
    outputs: IntArray,
    response_units: FloatArray,
    causes: ObjectArray,
    *,
    n_pairs: int,
    are_contributions: bool,
) -> tuple[Fit, Pairs | None, ObjectArray]:
    """Return fits with their fidelity, and their strongest pairs.

    The fidelity is the R2 of the reported fit against the mask function, the mean response given
    which conditions hold. No fit in these conditions could be better than 1.

    Parameters
    ----------
    fit : Fit
        Weights, in units.

    moments : ExactMoments
        Moments, in units.

    judgement : Judgement
        The mask function of all outputs of the reading, in units of its own.

    outputs : ndarray of int of shape (n_rows, n_outputs)
        Output of the reading for each explained output.

    response_units : ndarray of shape (n_rows, n_outputs)
        The units.

    causes : ndarray of object of shape (n_rows, n_outputs)
        Why fidelities are not defined, as far as known.

    n_pairs : int
        Number of pairs of each row.

    are_contributions : bool
        Whether pairs are reported as contributions.

    Returns
    -------
    fit : Fit
        With its fidelity.

    pairs : Pairs or None
        The strongest pairs; `None` if they are not known.

    causes : ndarray of object of shape (n_rows, n_outputs)
        Why fidelities are not defined.
    """
    ratios = response_units / np.take_along_axis(judgement.units, outputs, axis=1)
    rest = _of_outputs(judgement.remainder, outputs, ratios)
    misfit = _misfit(fit, moments)
    total = rest.explained + rest.variances
    size = np.maximum(np.abs(moments.means), np.abs(moments.responses))
    is_constant = total <= (_ROUNDING * size) ** 2
    unknown = np.array([cause is not None for cause in causes.ravel()]).reshape(causes.shape)
    shown = ~(is_constant | unknown)
    fidelity = np.where(shown, rest.r2(misfit), np.nan)
    # The derivative of the R2 by the variance of the rest.
    slope = np.divide(rest.explained - misfit, total**2, out=np.zeros(total.shape), where=shown)
    errors = np.where(shown, np.abs(slope) * rest.standard_errors, np.nan)
    causes = np.where(is_constant & ~unknown, CAUSES["constant"], causes)
    nothing = np.full(fidelity.shape, np.nan)
    fit = fit.judged(fidelity, errors).with_response_r2(nothing)
    if judgement.pairs is None or len(judgement.pairs.columns) == 0:
        return fit, None, causes
    pairs = strongest_pairs(
        judgement.pairs, rest, misfit, moments, outputs, ratios, n_pairs, are_contributions
    )
    values = pairs.values * response_units[:, None]
    return fit, replace(pairs, values=values), causes


def _of_outputs(rest: Remainder, outputs: IntArray, ratios: FloatArray) -> Remainder:
    """Return the remainder of explained outputs, in other units."""
    # The squares of ratios may overflow.
    return Remainder(
        *(
            np.take_along_axis(array, outputs, axis=1) / ratios / ratios
            for array in (rest.explained, rest.variances, rest.standard_errors)
        )
    )


def _misfit(fit: Fit, moments: ExactMoments) -> FloatArray:
    """Return the mean squared difference of fits from the best additive function."""
    v = moments.variances[:, :, None]
    weights = np.divide(
        moments.covariances, v, out=np.zeros(moments.covariances.shape), where=v > 0.0
    )
    of_mean = ordered_sum(fit.values * moments.encoding_means[:, :, None], 1) + fit.intercepts
    return additive_misfit(weights, moments.variances, fit.values, of_mean - moments.means)


def strongest_pairs(
    weights: PairWeights,
    rest: Remainder,
    misfit: FloatArray,
    moments: ExactMoments,
    outputs: IntArray,
    ratios: FloatArray,
    n_pairs: int,
    are_contributions: bool,
) -> Pairs:
    """Return the pairs that explain most of what weights leave.

    Parameters
    ----------
    weights : PairWeights
        Weights of all pairs, for all outputs of the reading.

    rest, misfit : Remainder, ndarray of shape (n_rows, n_outputs)
        The mask function and the misfit of the weights, in units.

    moments, outputs : ExactMoments, ndarray
        As in `judged`.

    ratios : ndarray of shape (n_rows, n_outputs)
        Units of the moments, in units of `weights`.

    n_pairs : int
        Number of pairs of each row.

    are_contributions : bool
        Whether values are contributions; otherwise they are weights.

    Returns
    -------
    pairs : Pairs
        The same pairs for all outputs of a row: those with the largest sum of shares. Values are
        in units.
    """
    of_outputs = np.take_along_axis(weights.weights, outputs[:, None, :], axis=2)
    of_outputs = of_outputs / ratios[:, None]
    explained = of_outputs**2 * weights.spreads[:, :, None]
    total = (rest.explained + rest.variances)[:, None, :]
    shares = np.divide(explained, total, out=np.zeros(explained.shape), where=total > 0.0)
    order = np.argsort(-shares.sum(axis=2), axis=1, kind="stable")[:, :n_pairs]
    features = weights.columns[order]
    values = np.take_along_axis(of_outputs, order[:, :, None], axis=1)
    if are_contributions:
        distances = moments.encodings - moments.baselines
        at = np.take_along_axis(distances[:, None, :], features, axis=2).prod(axis=2)
        values = values * at[:, :, None]
    by_pairs = np.take_along_axis(explained, order[:, :, None], axis=1)
    is_pair: BoolArray = np.logical_or.reduce(by_pairs > 0.0, axis=2)
    return Pairs(
        features=np.where(is_pair[:, :, None], features, NO_FEATURE),
        values=np.where(is_pair[:, :, None], values, np.nan),
        fidelity=rest.r2(misfit),
        fidelity_with_pairs=rest.r2(misfit, by_pairs.sum(axis=1)),
    )
