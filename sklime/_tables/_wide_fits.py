"""Local fits of wide tables, from known moments: linear in the number of columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse

from sklime._surrogates._evidence import EvidenceRules, min_differing
from sklime._surrogates._fit import INSTANCE_LEFT_OUT, REPLICATE_LEFT_OUT, REPORTED, Fit
from sklime._surrogates._held_out import (
    jackknife_errors,
    jackknife_r2,
    pooled_r2,
    scatter_about_mean,
)
from sklime._surrogates._local_fit import FULL_SCATTER, LocalFits
from sklime._tables._encoding import TabularEncoder
from sklime._tables._known_moments import BinDistribution, DiagonalMoments, supports
from sklime._tables._wide_controls import WideControls, WideRow, cross_sums, wide_controls
from sklime.selection import Selector
from sklime.utils._types import Array, BoolArray, FloatArray

__all__ = ["WideOptions", "WideSamples", "wide_fits"]


@dataclass(frozen=True)
class WideSamples:
    """Perturbed rows and responses from which the local fits of some rows are computed.

    Attributes
    ----------
    Z : ndarray of bool of shape (n_rows, n_masks, n_features)
        Bin indicators.

    F : ndarray of shape (n_rows, n_masks, n_copies, n_outputs)
        Responses divided by their units.

    values : ndarray of shape (n_rows, n_masks * n_copies, n_features)
        Perturbed rows; or a sparse table of shape (n_rows * n_masks * n_copies, n_features).

    instance : ndarray of shape (n_rows, n_features)
        Bins of the explained rows.

    instance_responses, response_units : ndarray of shape (n_rows, n_outputs)
        Responses at the explained rows, and the units of all responses.

    w : ndarray of shape (n_rows, n_masks) or None
        Kernel weights; `None` for ones.

    distribution : BinDistribution
        Distribution of the bin indicators.

    background_shares : ndarray of shape (n_rows, n_features)
        Share of the background in the bin of each explained row.

    bins : sequence of (ndarray or None)
        Share of the background in each bin of each column.

    is_relevant : ndarray of bool of shape (n_features,), or None, default=None
        Columns that the answers of the model were found to depend on; `None` if unknown.
    """

    Z: Array
    F: FloatArray
    values: Any
    instance: Array
    instance_responses: FloatArray
    response_units: FloatArray
    w: FloatArray | None
    distribution: BinDistribution
    background_shares: FloatArray
    bins: Sequence[FloatArray | None]
    is_relevant: BoolArray | None = None

    def rows(self, shifts: FloatArray) -> Iterator[WideRow]:
        """Yield one explained row after the other, with shifted responses.

        Parameters
        ----------
        shifts : ndarray of shape (n_rows, n_outputs)
            Numbers that are subtracted from the responses.

        Yields
        ------
        row : WideRow
            Weights have the mean 1, on average.
        """
        n_rows, n_masks, _ = self.Z.shape
        variances = self.distribution.variances
        for index in range(n_rows):
            w = np.ones(n_masks)
            if self.w is not None:
                w = self.w[index] / np.exp(self.distribution.log_weights[index])
            yield WideRow(
                self.Z[index],
                self.F[index] - shifts[index],
                partial(_column_of, self._values_of(index), n_masks),
                self.instance[index],
                w,
                self.distribution.shares[index],
                variances[index],
                self.bins,
                self.is_relevant,
            )

    def _values_of(self, index: int) -> Any:
        """Return the perturbed rows around one row; a sparse table can be read by columns."""
        if not sparse.issparse(self.values):
            return self.values[index]
        n_rows = self.values.shape[0] // len(self.Z)
        return self.values[index * n_rows : (index + 1) * n_rows].tocsc()

    def distribution_of(self, index: int) -> BinDistribution:
        """Return the distribution around one row."""
        here = slice(index, index + 1)
        return BinDistribution(self.distribution.shares[here], self.distribution.log_weights[here])


def _column_of(values: Any, n_masks: int, index: int) -> FloatArray:
    """Return a column of perturbed rows, of shape (n_masks, n_copies)."""
    column = values[:, [index]].toarray() if sparse.issparse(values) else values[:, index]
    own: FloatArray = column.reshape(n_masks, -1)
    return own


@dataclass(frozen=True)
class WideOptions:
    """How wide tables are fitted.

    Attributes
    ----------
    select, max_features : callable, int
        Built-in selector, and the maximum number of features that it keeps.

    alpha : float
        Penalty on the squared weights.

    is_default : bool
        Whether the penalty of rare conditions is lowered, as without a `surrogate`.

    has_baseline : bool
        Whether contributions are ranked and reported, or the weights themselves.

    has_controls : bool
        Whether control variates take noise out of the responses.

    with_errors : bool
        Whether to compute standard errors and fidelity.
    """

    select: Selector
    max_features: int
    alpha: float
    is_default: bool
    has_baseline: bool
    has_controls: bool
    with_errors: bool


def wide_fits(
    samples: WideSamples,
    bounds: Sequence[int],
    encoder: TabularEncoder,
    rules: EvidenceRules,
    options: WideOptions,
) -> LocalFits:
    """Fit the surrogate of several rows, with expected instead of sampled Gram matrices.

    Parameters
    ----------
    samples : WideSamples
        Perturbed rows and responses.

    bounds : sequence of int
        First mask of each replicate, and the end of the last.

    encoder : TabularEncoder
        Bins.

    rules : EvidenceRules
        Least numbers of perturbed rows for a weight.

    options : WideOptions
        How the fits are made.

    Returns
    -------
    fits : LocalFits
        One entry per row, as `local_fits` returns them.
    """
    shifts = samples.F[:, 0, 0]
    is_shared, is_elsewhere = _enough_evidence(samples, rules)
    usable = is_shared & is_elsewhere
    baselines = samples.background_shares
    distances = 1.0 - baselines if options.has_baseline else np.ones(baselines.shape)
    fits = []
    for index, row in enumerate(samples.rows(shifts)):
        controls = wide_controls(row, bounds, encoder, has_controls=options.has_controls)
        at_row = samples.instance_responses[index] - shifts[index]
        here = usable[index]
        if samples.is_relevant is not None:
            # Other columns get a weight where the sample contradicts the screening.
            here = here & (samples.is_relevant | controls.stands_out)
        one = _OneRow(row, controls, samples.distribution_of(index), at_row, here)
        fits.append(one.fit(bounds, distances[index], shifts[index], options))
    fit = Fit.concatenate(fits)
    if options.has_baseline:
        fit = fit.as_contributions(distances, baselines)
    if (samples.response_units != 1.0).any():
        fit = fit.scaled(samples.response_units)
    return LocalFits(fit, is_shared, is_elsewhere)


def _enough_evidence(samples: WideSamples, rules: EvidenceRules) -> tuple[BoolArray, BoolArray]:
    """Tell which features have enough perturbed rows on both sides, as `enough_evidence`."""
    n_rows, n_masks, n_features = samples.Z.shape
    n_sharing, n_elsewhere = np.empty((2, n_rows, n_features))
    for index, Z in enumerate(samples.Z):
        w = np.ones(n_masks) if samples.w is None else samples.w[index] / samples.w[index].max()
        first, second = cross_sums(Z, np.stack([w, w**2], axis=1))
        n_sharing[index] = _effective(first, second)
        n_elsewhere[index] = _effective(w.sum() - first, (w**2).sum() - second)
    needed = min_differing(n_masks, rules.n_copies)
    # Sums of weights are rounded.
    return n_sharing >= rules.min_sharing, n_elsewhere >= needed * (1.0 - 1e-9)


def _effective(sums: FloatArray, squares: FloatArray) -> FloatArray:
    """Return effective numbers of rows; 0 where there is only rounding error."""
    is_any = squares > 1e-9
    return np.where(is_any, sums**2 / np.where(is_any, squares, 1.0), 0.0)


@dataclass(frozen=True)
class _OneRow:
    """What the fits of one explained row are computed from."""

    row: WideRow
    controls: WideControls
    distribution: BinDistribution
    at_row: FloatArray  # (n_outputs,), shifted
    usable: BoolArray  # (n_features,)

    def fit(
        self,
        bounds: Sequence[int],
        distances: FloatArray,
        shifts: FloatArray,
        options: WideOptions,
    ) -> Fit:
        """Return the fit of this row, with a first axis of length 1."""
        means, moments = self._moments(bounds, with_errors=options.with_errors)
        moments = moments.without(~self.usable)
        support = supports(moments, distances, options.select, options.max_features)
        support &= self.usable
        full_scatter = FULL_SCATTER if options.is_default else 0.0
        coefficients = moments.ridge(support, options.alpha, full_scatter)
        left_out, reported = slice(REPLICATE_LEFT_OUT, None), support[:1]
        same_support = coefficients[left_out]
        if (support[left_out] != reported).any():
            repeated = np.broadcast_to(reported, same_support.shape)
            same_support = moments.take(left_out).ridge(repeated, options.alpha, full_scatter)
        intercepts = self._intercepts(means, coefficients, moments.row_factors)
        at_row = intercepts + coefficients.sum(axis=-1)
        left_out_values = same_support.swapaxes(1, 2)
        reselected = left_out_values
        if same_support is not coefficients[left_out]:
            reselected = coefficients[left_out].swapaxes(1, 2)
        errors = jackknife_errors(same_support, support[REPORTED], axis=0)
        fit = Fit(
            values=coefficients[REPORTED].T,
            standard_errors=errors.T,
            left_out_values=left_out_values,
            reselected_values=reselected,
            intercepts=intercepts[REPORTED] + shifts,
            local_predictions=at_row[REPORTED] + shifts,
            held_out_predictions=at_row[INSTANCE_LEFT_OUT] + shifts,
            **self._held_out_r2(bounds, coefficients[left_out], intercepts[left_out], shifts),
        )
        return fit.mapped(lambda array: array[None])

    def _moments(
        self, bounds: Sequence[int], *, with_errors: bool
    ) -> tuple[FloatArray, DiagonalMoments]:
        """Return the mean response and the moments of each fit of the fit stack."""
        row, controls = self.row, self.controls
        weighted = row.w[:, None] * controls.residuals
        means, covariances = controls.means.copy(), controls.slopes * row.variances
        for replicate, (start, end) in enumerate(pairwise(bounds)):
            block = weighted[start:end]
            sums = block.sum(axis=0)
            means[replicate] += sums / (end - start)
            products = cross_sums(row.Z[start:end], block) - sums[:, None] * row.shares
            covariances[replicate] += products / (end - start)
        shares = _shares_of_fits(np.diff(bounds), with_errors=with_errors)
        means = shares @ means
        covariances = np.tensordot(shares, covariances, axes=1)
        responses = row.F.mean(axis=1)
        squares = (row.w[:, None] * responses**2).mean(axis=0)
        has_row = np.arange(len(shares)) != INSTANCE_LEFT_OUT
        moments = DiagonalMoments.of(
            self.distribution, covariances, squares - means**2, self.at_row - means, has_row
        )
        return means, moments

    def _intercepts(
        self, means: FloatArray, coefficients: FloatArray, row_factors: FloatArray
    ) -> FloatArray:
        """Return the local prediction where no condition holds, by fit and output."""
        # The explained row has the share 1 - c of the total weight, where it takes part.
        share = np.where(row_factors > 0.0, 1.0 - row_factors, 0.0)[:, None]
        no_weight = np.arange(len(row_factors)) != INSTANCE_LEFT_OUT
        share = np.where(no_weight[:, None] & (row_factors[:, None] == 0.0), 1.0, share)
        of_encodings = coefficients @ self.row.shares
        of_row = coefficients.sum(axis=-1)
        intercepts: FloatArray = (1.0 - share) * (means - of_encodings)
        intercepts += share * (self.at_row - of_row)
        return intercepts

    def _held_out_r2(
        self,
        bounds: Sequence[int],
        coefficients: FloatArray,
        intercepts: FloatArray,
        shifts: FloatArray,
    ) -> dict[str, FloatArray]:
        """Return fidelity, its standard error and R2 of the responses, as `local_fits` does."""
        row, n_outputs = self.row, self.at_row.size
        if len(coefficients) == 0:
            nothing = np.full(n_outputs, np.nan)
            return {"fidelity": nothing, "fidelity_errors": nothing, "response_r2": nothing}
        targets, responses = self.controls.targets, row.F
        used = np.flatnonzero(coefficients.any(axis=(0, 1)))
        predictions = np.empty((len(row.w), n_outputs))
        for replicate, (start, end) in enumerate(pairwise(bounds)):
            slopes = coefficients[replicate][:, used]
            predictions[start:end] = row.Z[start:end, used] @ slopes.T + intercepts[replicate]
        of_targets, of_responses = (
            _squares(columns, predictions, row.w, bounds) for columns in (targets, responses)
        )
        weight = np.add.reduceat(row.w, bounds[:-1])[:, None]
        errors, noise, sums, squares = of_responses
        response_r2 = pooled_r2(
            (errors + noise).sum(axis=0),
            weight.sum(axis=0),
            sums.sum(axis=0),
            (squares + noise).sum(axis=0),
            shifts,
        )
        errors, noise, sums, squares = of_targets
        scatter = scatter_about_mean(weight, sums, squares) - noise
        fidelity, fidelity_errors = jackknife_r2(errors - noise, scatter)
        n_replicates = len(scatter)
        # The scatter must be above its own standard error: otherwise it may be noise alone.
        varies = scatter.sum(axis=0) > np.sqrt(n_replicates * scatter.var(axis=0, ddof=1))
        is_defined = varies & ~np.isnan(response_r2)
        return {
            "fidelity": np.where(is_defined, fidelity, np.nan),
            "fidelity_errors": np.where(is_defined, fidelity_errors, np.nan),
            "response_r2": response_r2,
        }


def _shares_of_fits(sizes: Array, *, with_errors: bool) -> FloatArray:
    """Return the share of each replicate in each fit of a fit stack."""
    n_replicates = len(sizes)
    n_fits = REPLICATE_LEFT_OUT + (n_replicates if with_errors else 0)
    shares: FloatArray = np.tile(np.asarray(sizes, dtype=np.float64), (n_fits, 1))
    replicates = np.arange(n_fits - REPLICATE_LEFT_OUT)
    shares[REPLICATE_LEFT_OUT + replicates, replicates] = 0.0
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def _squares(
    columns: FloatArray, predictions: FloatArray, w: FloatArray, bounds: Sequence[int]
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return weighted sums by replicate of mean copies, from columns of single copies.

    They are the squared errors of the predictions, the squared half differences of twins, the
    columns themselves and their squares.
    """
    means = columns.mean(axis=1)
    halves = (columns - means[:, None]).std(axis=1)
    # Twins are two: the variance of their mean is the squared half difference.
    numbers = ((means - predictions) ** 2, halves**2, means, means**2)
    errors, noise, sums, squares = (
        np.add.reduceat(w[:, None] * number, bounds[:-1], axis=0) for number in numbers
    )
    return errors, noise, sums, squares
