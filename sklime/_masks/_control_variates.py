"""Control models: functions of the mask that take noise out of moments, without model calls.

The weights of an explanation are functions of the moments ``E[w z f]``, where ``z`` is a mask,
``w`` its weight, and ``f`` the response of the model. With a control model ``g`` of the response,
``E[w z f] = E[w z g] + E[w z (f - g)]``. The first part needs no model call, so many masks can
estimate it. Only the second part, of the residual, is estimated from the masks that the model has
answered. The sum is unbiased whatever ``g`` is.

The control model of a replicate is fitted without that replicate. Its errors are then independent
of the responses that it is subtracted from, and the spread between replicates stays an unbiased
estimate. Of several kinds of control models, the one that predicts unseen replicates best is
taken. One of them is linear: it removes the same noise as the sample moments of the masks in
`lime`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from scipy import linalg
from scipy.special import expit, logit

from sklime.utils._types import Array, BoolArray, FloatArray

__all__ = ["ControlModels", "fit_control_models", "largest_sample"]

# Names of blocks of columns and their widths; and the coefficients of each block.
_Design: TypeAlias = dict[str, int]
_Coefficients: TypeAlias = dict[str, FloatArray]

# Penalties to choose from, relative to the sum of the weights. The last one is tried only with
# fewer masks per column than this.
_PENALTIES = (1e-5, 1e-3, 1e-1)
_MANY_MASKS_PER_COLUMN = 4

# Errors of nonlinear kinds are multiplied by this factor; with a second column per part and a link
# by its square. A kind that is only slightly better may be so by chance, and would add noise.
_MARGIN = 1.03

# The kind of model and its penalty are chosen on one replicate out of this many. With few masks
# they are chosen on all replicates, one after the other.
_REPLICATES_PER_TRIAL = 4
_FEW_MASKS = 512

# Factor of the columns that do not belong to one part. It makes their penalty negligible.
_SHARED_SCALE = 30.0

# Number of columns that do not belong to one part.
_N_SHARED = 6

# Probabilities of 0 and 1 have no finite logit.
_LOGIT_CLIP = 1e-3

# With fewer masks per column than this, the design with two columns per part is not tried.
_MASKS_PER_COLUMN = 2

# Most numbers in a design matrix, and most masks where there are more columns than masks.
_MAX_NUMBERS = 2**22
_MAX_DUAL_MASKS = 1024


@dataclass(frozen=True)
class ControlModels:
    """One control model and one linear model for each replicate and output.

    A mask ``z`` keeps the share ``s`` of the active parts, and ``m = z @ part_norms``. A control
    model is ``centered @ (z - s) + scaled @ (z - s) / sqrt(m) + shared @ (1, s, s**2,
    s / sqrt(m), sqrt(m), m**2)``. The scaled part is for models that divide the vector of a text
    by its length, as TF-IDF does.

    Attributes
    ----------
    part_norms : ndarray of shape (n_parts,)
        Share of each part in the squared length of the text; the sum is 1. A part of norm 0 is
        not active: the model does not see it.

    centered, scaled : ndarray of shape (n_replicates, n_parts, n_outputs)
        Coefficients of the parts.

    shared : ndarray of shape (n_replicates, 6, n_outputs)
        Coefficients of the columns that do not belong to one part.

    is_logit : ndarray of bool of shape (n_outputs,)
        Whether the control model predicts log-odds.

    linear : ndarray of shape (n_replicates, n_parts + 1, n_outputs)
        The linear model; its constant comes last.
    """

    part_norms: FloatArray
    centered: FloatArray
    scaled: FloatArray
    shared: FloatArray
    is_logit: BoolArray
    linear: FloatArray

    def predict(self, masks: Array, replicate: int) -> FloatArray:
        """Return the predictions of the control model of a replicate.

        Parameters
        ----------
        masks : ndarray of float of shape (n_masks, n_parts)
            Masks.

        replicate : int
            Index of the replicate.

        Returns
        -------
        predictions : ndarray of shape (n_masks, n_outputs)
            In units of the response.
        """
        share, root, shared = _of_share(masks, self.part_norms)
        n_outputs = self.is_logit.size
        both = np.hstack([self.centered[replicate], self.scaled[replicate]]).astype(masks.dtype)
        sums = masks @ both - share[:, None] * both.sum(axis=0)
        predictions: FloatArray = sums[:, :n_outputs] + sums[:, n_outputs:] / root[:, None]
        predictions = predictions + shared @ self.shared[replicate]
        predictions[:, self.is_logit] = expit(predictions[:, self.is_logit])
        return predictions

    def predict_linear(self, masks: Array, replicate: int) -> Array:
        """Return the predictions of the linear model of a replicate.

        Parameters
        ----------
        masks : ndarray of float of shape (n_masks, n_parts)
            Masks.

        replicate : int
            Index of the replicate.

        Returns
        -------
        predictions : ndarray of shape (n_masks, n_outputs)
            In units of the response.
        """
        linear = self.linear[replicate].astype(masks.dtype)
        predictions: Array = masks @ linear[:-1] + linear[-1]
        return predictions


def fit_control_models(
    masks: BoolArray,
    F: FloatArray,
    weights: FloatArray,
    bounds: Sequence[int] | Array,
    part_norms: Array,
) -> ControlModels:
    """Fit control models of the response, without each replicate in turn.

    Each fit minimizes ``sum(omega * (t - A @ b)**2) + penalty * b @ b`` over the masks of the
    other replicates. ``A`` are the columns of a kind of control model (see `ControlModels`), ``t``
    is the response or its log-odds, and ``omega`` the squared weights: the error of the moment
    ``E[w z f]`` is that of ``w f``.

    Parameters
    ----------
    masks : ndarray of bool of shape (n_masks, n_parts)
        Masks.

    F : ndarray of shape (n_masks, n_outputs)
        Responses of the model.

    weights : ndarray of shape (n_masks,)
        Kernel weights, not all zero.

    bounds : sequence of int
        First mask of each replicate, and the end of the last.

    part_norms : ndarray of shape (n_parts,)
        Contribution of each part to the squared length of a text, in any unit.

    Returns
    -------
    models : ControlModels
        Of each output, the kind that predicts held-out replicates best.
    """
    omega = (weights / weights.max()) ** 2
    part_norms = part_norms / part_norms.sum()
    targets, n_links = F, 1
    if F.min() >= 0.0 and F.max() <= 1.0:
        # Responses from 0 to 1 may be probabilities, whose log-odds may be easier to predict.
        odds = logit(np.clip(F, _LOGIT_CLIP, 1.0 - _LOGIT_CLIP))
        targets, n_links = np.hstack([F, odds]), 2
    columns = _Columns(masks, part_norms, targets, omega, bounds)
    ridges: list[_Ridge] = [
        (_DualRidge if len(F) < sum(design.values()) else _PrimalRidge)(columns, design)
        for design in columns.designs()
    ]
    n_many = max(_FEW_MASKS, _MANY_MASKS_PER_COLUMN * (masks.shape[1] + _N_SHARED))
    is_many = len(F) > n_many
    penalties = np.array(_PENALTIES[:-1] if is_many else _PENALTIES) * omega.sum()
    errors = [_errors(columns, ridge, penalties, F, omega, n_links) for ridge in ridges]
    return _best(ridges, np.stack(errors), penalties, part_norms, len(bounds) - 1)


def largest_sample(n_masks: int, n_parts: int, n_replicates: int) -> int:
    """Return the number of masks per replicate that control models are fitted to.

    Parameters
    ----------
    n_masks, n_parts, n_replicates : int
        Number of masks in all, of parts and of replicates.

    Returns
    -------
    n_fitted : int
        All masks of a replicate, unless that would take too much memory or time.
    """
    n_columns = n_parts + _N_SHARED
    most = max(_MAX_NUMBERS // n_columns, 4 * n_replicates)
    if most < n_columns or n_masks < n_columns:
        most = min(most, _MAX_DUAL_MASKS)
    return -(-min(n_masks, most) // n_replicates)


def _of_share(masks: Array, part_norms: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return ``s``, ``sqrt(m)`` and the shared columns of masks; see `ControlModels`.

    ``m`` is at least half the mean norm of a part, so that nothing is divided by 0.
    """
    active = (part_norms > 0.0) / np.count_nonzero(part_norms)
    # Products are several times faster than sums of booleans.
    kind = np.float32 if masks.dtype == bool else masks.dtype
    sums = (masks.astype(kind, copy=False) @ np.stack([active, part_norms], axis=1).astype(kind)).T
    share, square = sums.astype(np.float64)
    root = np.sqrt(np.maximum(square, 0.5 / len(part_norms)))
    shared = np.stack([np.ones(len(masks)), share, share**2, share / root, root, square**2], axis=1)
    return share, root, shared


class _Columns:
    """Weighted columns of all kinds of control models, and their products in each replicate."""

    def __init__(
        self,
        masks: BoolArray,
        part_norms: FloatArray,
        targets: FloatArray,
        omega: FloatArray,
        bounds: Sequence[int] | Array,
    ) -> None:
        share, root, shared = _of_share(masks, part_norms)
        active = part_norms > 0.0
        root_omega = np.sqrt(omega)[:, None]
        # With more masks than columns, rounding in single precision is far below the least penalty.
        kind = np.float32 if len(masks) > np.count_nonzero(active) else np.float64
        self.centered = (masks[:, active] - share[:, None].astype(kind)) * root_omega.astype(kind)
        self.scaled = self.centered / root[:, None].astype(kind)
        self.shared = _SHARED_SCALE * root_omega * shared
        self.targets = root_omega * targets
        self.root_omega = np.maximum(root_omega, np.finfo(float).tiny)
        self.bounds = bounds
        self.products: dict[tuple[str, str], tuple[list[Array], FloatArray]] = {}

    def designs(self) -> list[_Design]:
        """Return the kinds as names and widths of blocks of columns; the linear kind first."""
        n_masks, n_active = self.centered.shape
        centered, scaled = {"centered": n_active}, {"scaled": n_active}
        designs = [{"shared": 2} | centered, {"shared": _N_SHARED} | scaled]
        if _MASKS_PER_COLUMN * (2 * n_active + _N_SHARED) <= n_masks:
            designs.append({"shared": _N_SHARED} | centered | scaled)
        return designs

    def product(self, one: str, other: str, left_out: Sequence[int]) -> FloatArray:
        """Return products of two blocks of columns without some replicates."""
        if (one, other) not in self.products:
            A, B = getattr(self, one), getattr(self, other)
            parts = [A[i:j].T @ B[i:j] for i, j in pairwise(self.bounds)]
            self.products[one, other] = parts, np.sum(parts, axis=0, dtype=np.float64)
        parts, whole = self.products[one, other]
        remaining = whole.copy()
        for replicate in left_out:
            remaining -= parts[replicate]
        return remaining

    def predict(self, coefficients: _Coefficients, here: slice) -> FloatArray:
        """Return predictions of the targets at some masks."""
        weighted: FloatArray = sum(
            getattr(self, name)[here, : len(block)] @ block for name, block in coefficients.items()
        )
        return weighted / self.root_omega[here]


class _PrimalRidge:
    """Ridge regressions without some replicates, from products of columns.

    Solves ``(A' A + penalty I) b = A' t``: fast with fewer columns than masks.
    """

    def __init__(self, columns: _Columns, design: _Design) -> None:
        self.columns = columns
        ends = np.cumsum([0, *design.values()])
        self.indices = {name: slice(*index) for name, index in zip(design, pairwise(ends))}
        self.n_columns = ends[-1]

    def __call__(self, replicates: Sequence[int], penalty: float) -> _Coefficients:
        """Return the coefficients of each block of columns."""
        names = list(self.indices)
        gram = np.empty((self.n_columns, self.n_columns))
        moment = np.empty((self.n_columns, self.columns.targets.shape[1]))
        for index, one in enumerate(names):
            here = self.indices[one]
            n_rows = here.stop - here.start
            moment[here] = self.columns.product(one, "targets", replicates)[:n_rows]
            # The solver reads the upper triangle only.
            for other in names[index:]:
                there = self.indices[other]
                product = self.columns.product(one, other, replicates)
                gram[here, there] = product[:n_rows, : there.stop - there.start]
        gram[np.diag_indices_from(gram)] += penalty
        coefficients = _solved(gram, moment)
        return {name: coefficients[index] for name, index in self.indices.items()}


class _DualRidge:
    """Ridge regressions without some replicates, from products of masks.

    With ``K = A A' + penalty I`` the coefficients are ``b = A' d``, where ``K d = t``: fast with
    fewer masks than columns. One inverse of ``K`` gives the fits without each replicate.
    """

    def __init__(self, columns: _Columns, design: _Design) -> None:
        self.columns = columns
        self.blocks = {name: getattr(columns, name)[:, :width] for name, width in design.items()}
        self.products: FloatArray = sum(A.astype(np.float64) @ A.T for A in self.blocks.values())
        self.inverses: dict[float, tuple[FloatArray, FloatArray]] = {}

    def __call__(self, replicates: Sequence[int], penalty: float) -> _Coefficients:
        """Return the coefficients of each block of columns."""
        if penalty not in self.inverses:
            inverse = _inverse(self.products + penalty * np.eye(len(self.products)))
            self.inverses[penalty] = inverse, inverse @ self.columns.targets
        inverse, dual = self.inverses[penalty]
        # Block inversion: d without the masks `out` is d - K^-1[:, out] (K^-1[out, out])^-1 d[out].
        out = slice(self.columns.bounds[replicates[0]], self.columns.bounds[replicates[-1] + 1])
        dual = dual - inverse[:, out] @ _solved(inverse[out, out].copy(), dual[out])
        dual[out] = 0.0
        return {name: A.T @ dual for name, A in self.blocks.items()}


# Ridge regressions of one design, by the replicates that are left out and the penalty.
_Ridge: TypeAlias = _PrimalRidge | _DualRidge


def _inverse(matrix: FloatArray) -> FloatArray:
    """Return the inverse of a positive definite matrix, which is overwritten."""
    factor, lower = linalg.cho_factor(matrix, overwrite_a=True, check_finite=False)
    inverse, _ = linalg.lapack.dpotri(factor, lower=lower, overwrite_c=True)
    upper = np.triu(inverse, 1)
    symmetric: FloatArray = upper + upper.T + np.diag(np.diag(inverse))
    return symmetric


def _solved(matrix: FloatArray, right_side: FloatArray) -> FloatArray:
    """Solve a positive definite system whose upper triangle is given; it is overwritten."""
    factor = linalg.cho_factor(matrix.T, lower=True, overwrite_a=True, check_finite=False)
    solution: FloatArray = linalg.cho_solve(factor, right_side, check_finite=False)
    return solution


def _errors(
    columns: _Columns,
    ridge: _Ridge,
    penalties: FloatArray,
    F: FloatArray,
    omega: FloatArray,
    n_links: int,
) -> FloatArray:
    """Return squared errors on held-out replicates.

    Shape (n_penalties, n_links, n_outputs), in units of the response.
    """
    n_replicates = len(columns.bounds) - 1
    trials: list[Sequence[int]] = [range(max(1, n_replicates // _REPLICATES_PER_TRIAL))]
    if len(F) <= _FEW_MASKS:
        trials = [[replicate] for replicate in range(n_replicates)]
    errors = np.zeros((len(penalties), n_links, F.shape[1]))
    for held_out in trials:
        here = slice(columns.bounds[held_out[0]], columns.bounds[held_out[-1] + 1])
        for index, penalty in enumerate(penalties):
            predictions = columns.predict(ridge(held_out, penalty), here)
            for is_logit, part in enumerate(np.split(predictions, n_links, axis=1)):
                residual = F[here] - (expit(part) if is_logit else part)
                errors[index, is_logit] += omega[here] @ residual**2
    return errors


def _best(
    ridges: list[_Ridge],
    errors: FloatArray,
    penalties: FloatArray,
    part_norms: FloatArray,
    n_replicates: int,
) -> ControlModels:
    """Take, for each output, the kind of model that predicts held-out replicates best.

    `errors` has shape (n_designs, n_penalties, n_links, n_outputs).
    """
    n_outputs, active = errors.shape[-1], part_norms > 0.0
    errors = errors.copy()
    # Without a clear winner, the linear kind without a link is the safe choice.
    errors[1:] *= _MARGIN
    errors[:, :, 1:] *= _MARGIN
    kinds = np.unravel_index(errors.reshape(-1, n_outputs).argmin(axis=0), errors.shape[:3])
    columns = {"shared": _N_SHARED, "centered": part_norms.size, "scaled": part_norms.size}
    best = {name: np.zeros((n_replicates, n, n_outputs)) for name, n in columns.items()}
    linear = np.zeros((n_replicates, part_norms.size + 1, n_outputs))

    @cache
    def fits(design: int, penalty: int) -> list[_Coefficients]:
        return [ridges[design]([index], penalties[penalty]) for index in range(n_replicates)]

    for output, (design, penalty, is_logit) in enumerate(zip(*kinds)):
        for replicate, coefficients in enumerate(fits(design, penalty)):
            for name, block in coefficients.items():
                where = np.flatnonzero(active) if name != "shared" else slice(len(block))
                best[name][replicate, where, output] = block[:, output + n_outputs * is_logit]
        for replicate, coefficients in enumerate(fits(0, errors[0, :, 0, output].argmin())):
            constant, of_share = _SHARED_SCALE * coefficients["shared"][:, output]
            slopes = coefficients["centered"][:, output]
            # The share of kept parts is linear in the mask, too.
            slopes = slopes + (of_share - slopes.sum()) / active.sum()
            linear[replicate, :-1, output][active] = slopes
            linear[replicate, -1, output] = constant
    best["shared"] *= _SHARED_SCALE
    return ControlModels(part_norms, **best, is_logit=kinds[2] == 1, linear=linear)
