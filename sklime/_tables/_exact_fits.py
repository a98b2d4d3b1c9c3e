"""Local fits from exact moments, in closed form.

With the known variances v of the encoding, the total weight W and the explained row at distance u
from the mean of the encoding, the Gram matrix is ``W diag(v) + c u u'``, ``c = W / (W + 1)``. The
formula of Sherman and Morrison solves the ridge regression in a time linear in the features.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sklime._gram import Moments, diagonal_ridge
from sklime._surrogates._fit import LIME_N_PERTURBATIONS, Fit
from sklime._surrogates._solvers import RidgeSolver, Solver
from sklime.selection import RANKING_ALPHA, checked_support, strongest
from sklime.utils._sums import ordered_sum
from sklime.utils._types import BoolArray, FloatArray

__all__ = ["ExactMoments", "exact_fits"]

# Numbers of the Gram matrices of one block of rows.
_BLOCK_NUMBERS = 2**21


@dataclass(frozen=True)
class ExactMoments:
    """Moments of some rows, from which their local fits are computed.

    Attributes
    ----------
    means : ndarray of shape (n_rows, n_outputs)
        Mean of the response around each row.

    covariances : ndarray of shape (n_rows, n_features, n_outputs)
        Covariances of encoding and response.

    encoding_means, variances : ndarray of shape (n_rows, n_features)
        Means and variances of the encoding.

    kernel_means : ndarray of shape (n_rows,)
        Mean weight of a perturbed row.

    encodings, baselines : ndarray of shape (n_rows, n_features)
        Encoding of the rows, and mean encoding of the background.

    responses : ndarray of shape (n_rows, n_outputs)
        Responses at the rows.

    is_usable : ndarray of bool of shape (n_rows, n_features)
        Features that may get a weight.
    """

    means: FloatArray
    covariances: FloatArray
    encoding_means: FloatArray
    variances: FloatArray
    kernel_means: FloatArray
    encodings: FloatArray
    baselines: FloatArray
    responses: FloatArray
    is_usable: BoolArray

    @property
    def total_weights(self) -> FloatArray:
        """Return the weight of all perturbed rows, on the scale of `lime`'s sample."""
        return LIME_N_PERTURBATIONS * self.kernel_means

    def in_units(self, response_units: FloatArray) -> "ExactMoments":
        """Return the moments of responses that are divided by units.

        Parameters
        ----------
        response_units : ndarray of shape (n_rows, n_outputs)
            The units.

        Returns
        -------
        moments : ExactMoments
            Of these responses.
        """
        return replace(
            self,
            means=self.means / response_units,
            covariances=self.covariances / response_units[:, None],
            responses=self.responses / response_units,
        )

    def __getitem__(self, rows: slice) -> "ExactMoments":
        """Return the moments of some rows."""
        return ExactMoments(**{name: array[rows] for name, array in self.__dict__.items()})


def exact_fits(
    moments: ExactMoments,
    *,
    solve: Solver,
    select: Callable[..., Any],
    max_features: int,
    is_ranked: bool,
    are_contributions: bool,
) -> Fit:
    """Solve the local fits of some rows.

    Parameters
    ----------
    moments : ExactMoments
        Moments of the rows.

    solve : Solver
        Solver of the surrogate.

    select, max_features : callable, int
        Selector of `sklime.selection`, and the maximum number of features.

    is_ranked : bool
        Whether the selector is `highest_weights`, or keeps all features, which is to rank them
        with a maximum of all: then the matrices are not needed.

    are_contributions : bool
        Whether features are ranked by their contributions; otherwise by their weights.

    Returns
    -------
    fit : Fit
        Weights, not contributions. Standard errors are 0 where a feature is selected; fidelity
        is NaN.
    """
    if is_ranked and isinstance(solve, RidgeSolver):
        return _fit_of(moments, *_ranked(moments, solve, max_features, are_contributions))
    width = moments.variances.shape[1]
    step = max(1, _BLOCK_NUMBERS // max(1, 2 * width**2))
    fits = []
    for start in range(0, len(moments.means), step):
        block = moments[start : start + step]
        solved = _selected(block, solve, select, max_features, are_contributions)
        fits.append(_fit_of(block, *solved))
    return Fit.concatenate(fits)


def _instance_shares(moments: ExactMoments) -> FloatArray:
    """Return the factor c of the explained row in each fit: with it, and without it."""
    total = moments.total_weights
    return np.stack([total / (total + 1.0), np.zeros(len(total))], axis=1)


def _right_sides(moments: ExactMoments, shares: FloatArray) -> FloatArray:
    """Return the cross-moments of each fit, of shape (n_rows, 2, n_outputs, n_features)."""
    u = moments.encodings - moments.encoding_means
    of_row = u[:, None, :] * (moments.responses - moments.means)[:, :, None]
    total = moments.total_weights[:, None, None] * moments.covariances.swapaxes(1, 2)
    sides: FloatArray = total[:, None] + shares[:, :, None, None] * of_row[:, None]
    return np.where(moments.is_usable[:, None, None, :], sides, 0.0)


def _ranked(
    moments: ExactMoments, solve: RidgeSolver, max_features: int, are_contributions: bool
) -> tuple[FloatArray, BoolArray]:
    """Return coefficients and support of the fits that rank features by one fit on all."""
    shares = _instance_shares(moments)
    sides = _right_sides(moments, shares)
    n_features = sides.shape[-1]
    support = np.broadcast_to(moments.is_usable[:, None, None, :], sides.shape)
    if max_features < n_features:
        ranking = RidgeSolver(RANKING_ALPHA)
        scores = _ridge(moments, shares, sides, support, ranking)
        scores = np.abs(scores * _distances(moments, are_contributions)[:, None, None, :])
        support = strongest(scores, max_features) & support
    return _ridge(moments, shares, sides, support, solve), support


def _distances(moments: ExactMoments, are_contributions: bool) -> FloatArray:
    """Return the factors by which weights are multiplied to rank and to report them."""
    return moments.encodings - moments.baselines if are_contributions else moments.encodings


def _ridge(
    moments: ExactMoments,
    shares: FloatArray,
    sides: FloatArray,
    support: BoolArray,
    solve: RidgeSolver,
) -> FloatArray:
    """Return the ridge coefficients on the support of each fit."""
    return diagonal_ridge(
        (moments.total_weights[:, None] * moments.variances)[:, None, None, :],
        shares[:, :, None, None],
        (moments.encodings - moments.encoding_means)[:, None, None, :],
        sides,
        support,
        solve.alpha,
        solve.full_scatter,
    )


def _selected(
    moments: ExactMoments,
    solve: Solver,
    select: Callable[..., Any],
    max_features: int,
    are_contributions: bool,
) -> tuple[FloatArray, BoolArray]:
    """Return coefficients and support by any selector and solver, from whole matrices."""
    shares = _instance_shares(moments)
    u, usable = moments.encodings - moments.encoding_means, moments.is_usable
    u = np.where(usable, u, 0.0)
    diagonal = np.where(usable, moments.total_weights[:, None] * moments.variances, 0.0)
    ZZ = diagonal[:, :, None] * np.eye(u.shape[1])
    ZZ = ZZ[:, None] + shares[:, :, None, None] * (u[:, :, None] * u[:, None, :])[:, None]
    Zf = _right_sides(moments, shares)
    given = Moments(ZZ[:, :, None], Zf, _scatter(moments, shares))
    distances = _distances(moments, are_contributions)[:, None, None, :]
    support = checked_support(select(given, distances, max_features), given)
    support = support & usable[:, None, None, :]
    total = moments.total_weights[:, None] + np.array([1.0, 0.0])
    coefficients = solve(given, support, total[..., None])
    if solve.is_sparse:
        support = support & (coefficients != 0.0)
    return coefficients, support


def _scatter(moments: ExactMoments, shares: FloatArray) -> FloatArray:
    """Return the scatter of the part of the response that the encoding explains.

    Selectors and solvers take it as the size of the response, for their tolerances.
    """
    v = moments.variances[:, :, None]
    squares = np.divide(
        moments.covariances**2, v, out=np.zeros(moments.covariances.shape), where=v > 0.0
    ).sum(axis=1)
    explained = moments.total_weights[:, None] * squares
    of_row = (moments.responses - moments.means) ** 2
    scatter: FloatArray = explained[:, None] + shares[:, :, None] * of_row[:, None]
    return scatter


def _fit_of(
    moments: ExactMoments,
    coefficients: FloatArray,
    support: BoolArray,
) -> Fit:
    """Return what follows from the coefficients with and without the explained row."""
    # Without any weight the means are those of a small one.
    total = np.maximum(moments.total_weights, np.finfo(np.float64).tiny)[:, None, None]
    weights = np.array([1.0, 0.0])[:, None]
    f_means = (total * moments.means[:, None] + weights * moments.responses[:, None]) / (
        total + weights
    )
    z_means = (total * moments.encoding_means[:, None] + weights * moments.encodings[:, None]) / (
        total + weights
    )
    intercepts = f_means - ordered_sum(coefficients * z_means[:, :, None])
    at_row = intercepts + ordered_sum(coefficients * moments.encodings[:, None, None])
    values = coefficients[:, 0].swapaxes(1, 2)
    nothing = np.full(moments.means.shape, np.nan)
    none_left_out = np.empty((len(values), 0, *values.shape[1:]))
    return Fit(
        values=values,
        standard_errors=np.where(support[:, 0].swapaxes(1, 2), 0.0, np.nan),
        left_out_values=none_left_out,
        reselected_values=none_left_out,
        intercepts=intercepts[:, 0],
        local_predictions=at_row[:, 0],
        held_out_predictions=at_row[:, 1],
        fidelity=nothing,
        fidelity_errors=nothing,
        response_r2=nothing,
    )
