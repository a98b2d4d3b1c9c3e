"""Control models of a model of texts, as functions of the mask: less noise, no model call.

The weights of an explanation are moments of the response under the distribution of the masks. A
control model of the response has the same moments with as many masks as one likes, at no model
call; only its residual is estimated from the masks that the model has answered. Nothing changes
on average, whatever the control model is.

The control model of a replicate is fitted without that replicate, so that its errors are
independent of what it is subtracted from, and the spread between replicates stays honest. Of
several kinds of control models the one that predicts unseen replicates best is taken; one of
them is linear, and it takes out what the own moments of the masks take out of `lime`.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from scipy import linalg
from scipy.special import expit, logit

__all__ = ["ControlModels", "fit_control_models", "largest_sample"]

# Penalties to choose from, relative to the sum of the weights; the last one only where there
# are fewer masks a column than this.
_PENALTIES = (1e-5, 1e-3, 1e-1)
_MANY_MASKS_PER_COLUMN = 4

# Errors of kinds that are not linear count more by this factor, or its square: what looks little
# better by chance makes weights worse.
_MARGIN = 1.03

# The kind of model and its penalty are chosen on one replicate in so many; on all of them, one
# after the other, where there are few masks.
_REPLICATES_PER_TRIAL = 4
_FEW_MASKS = 512

# Size of the columns that do not belong to one part: hardly penalized.
_SHARED_SCALE = 30.0

# Columns that no part has alone.
_N_SHARED = 6

# Probabilities of 0 and 1 have no finite logit.
_LOGIT_CLIP = 1e-3

# With fewer masks a column than this, the design with two columns a part is left out.
_MASKS_PER_COLUMN = 2

# Most numbers in a design matrix, and most masks where there are more columns than masks.
_MAX_CELLS = 2**22
_MAX_DUAL_MASKS = 1024


@dataclass(frozen=True)
class ControlModels:
    """One control model and one linear model for each replicate and output.

    With ``s`` the share of active parts that a mask ``z`` keeps, and ``m = z @ sizes``, a
    control model is ``kept @ (z - s) + scaled @ (z - s) / sqrt(m) + shared @ (1, s, s**2,
    s / sqrt(m), sqrt(m), m**2)``: what is kept, and the same where the model makes the
    length of a text one.

    Attributes
    ----------
    sizes : ndarray of shape (n_parts,)
        How much each part adds to the squared length of the text; 1 in all. A part of size
        0 is not active: the model does not see it.

    kept, scaled : ndarray of shape (n_replicates, n_parts, n_outputs)
        Coefficients of the parts.

    shared : ndarray of shape (n_replicates, 6, n_outputs)
        Coefficients of what no part has alone.

    is_logit : ndarray of bool of shape (n_outputs,)
        Whether the control model is one of the log-odds.

    linear : ndarray of shape (n_replicates, n_parts + 1, n_outputs)
        The linear model; its constant comes last.
    """

    sizes: np.ndarray
    kept: np.ndarray
    scaled: np.ndarray
    shared: np.ndarray
    is_logit: np.ndarray
    linear: np.ndarray

    def predict(self, masks, replicate):
        """Return what the control model of a replicate says.

        Parameters
        ----------
        masks : ndarray of float of shape (n_masks, n_parts)
            Masks.

        replicate : int
            Which one.

        Returns
        -------
        predictions : ndarray of shape (n_masks, n_outputs)
            In units of the response.
        """
        share, root, shared = _of_share(masks, self.sizes)
        n_outputs = self.is_logit.size
        both = np.hstack([self.kept[replicate], self.scaled[replicate]]).astype(masks.dtype)
        sums = masks @ both - share[:, None] * both.sum(axis=0)
        predictions = sums[:, :n_outputs] + sums[:, n_outputs:] / root[:, None]
        predictions = predictions + shared @ self.shared[replicate]
        predictions[:, self.is_logit] = expit(predictions[:, self.is_logit])
        return predictions

    def predict_linear(self, masks, replicate):
        """Return what the linear model of a replicate says.

        Parameters
        ----------
        masks : ndarray of float of shape (n_masks, n_parts)
            Masks.

        replicate : int
            Which one.

        Returns
        -------
        predictions : ndarray of shape (n_masks, n_outputs)
            In units of the response.
        """
        linear = self.linear[replicate].astype(masks.dtype)
        return masks @ linear[:-1] + linear[-1]


def fit_control_models(masks, F, weights, bounds, sizes):
    """Fit control models of the response, without each replicate in turn.

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

    sizes : ndarray of shape (n_parts,)
        How much each part adds to the squared length of a text; see `ControlModels`.

    Returns
    -------
    models : ControlModels
        For each output the kind that predicts best where it was not fitted.
    """
    # The error of a moment is that of the weight times the response.
    omega = (weights / weights.max()) ** 2
    sizes = sizes / sizes.sum()
    targets, n_links = F, 1
    if F.min() >= 0.0 and F.max() <= 1.0:
        # They can be probabilities, which have log-odds.
        odds = logit(np.clip(F, _LOGIT_CLIP, 1.0 - _LOGIT_CLIP))
        targets, n_links = np.hstack([F, odds]), 2
    columns = _Columns(masks, sizes, targets, omega, bounds)
    ridges = [
        (_DualRidge if len(F) < sum(design.values()) else _PrimalRidge)(columns, design)
        for design in columns.designs()
    ]
    n_many = max(_FEW_MASKS, _MANY_MASKS_PER_COLUMN * (masks.shape[1] + _N_SHARED))
    is_many = len(F) > n_many
    penalties = np.array(_PENALTIES[:-1] if is_many else _PENALTIES) * omega.sum()
    errors = [_errors(columns, ridge, penalties, F, omega, n_links) for ridge in ridges]
    return _best(ridges, np.stack(errors), penalties, sizes, len(bounds) - 1)


def largest_sample(n_masks, n_parts, n_replicates):
    """Return how many masks of each replicate control models are fitted to.

    Parameters
    ----------
    n_masks, n_parts, n_replicates : int
        Size of the sample.

    Returns
    -------
    n_fitted : int
        All, unless that would take too much memory or time.
    """
    n_columns = n_parts + _N_SHARED
    most = max(_MAX_CELLS // n_columns, 4 * n_replicates)
    if most < n_columns or n_masks < n_columns:
        most = min(most, _MAX_DUAL_MASKS)
    return -(-min(n_masks, most) // n_replicates)


def _of_share(masks, sizes):
    """Return the share of active parts that are kept, the length of the text, and columns of them.

    The length is above 0.
    """
    active = (sizes > 0.0) / np.count_nonzero(sizes)
    # Products are several times faster than sums of booleans.
    kind = np.float32 if masks.dtype == bool else masks.dtype
    sums = (masks.astype(kind, copy=False) @ np.stack([active, sizes], axis=1).astype(kind)).T
    share, square = sums.astype(np.float64)
    root = np.sqrt(np.maximum(square, 0.5 / len(sizes)))
    shared = np.stack([np.ones(len(masks)), share, share**2, share / root, root, square**2], axis=1)
    return share, root, shared


class _Columns:
    """Weighted columns of all kinds of control models, and their products in each replicate."""

    def __init__(self, masks, sizes, targets, omega, bounds):
        share, root, shared = _of_share(masks, sizes)
        active = sizes > 0.0
        by = np.sqrt(omega)[:, None]
        # With more masks than columns rounding is far below the least penalty.
        kind = np.float32 if len(masks) > np.count_nonzero(active) else np.float64
        self.kept = (masks[:, active] - share[:, None].astype(kind)) * by.astype(kind)
        self.scaled = self.kept / root[:, None].astype(kind)
        self.shared = _SHARED_SCALE * by * shared
        self.targets = by * targets
        self.by = np.maximum(by, np.finfo(float).tiny)
        self.bounds, self.products = bounds, {}

    def designs(self):
        """Return which columns are taken together, by names and widths; linear ones come first."""
        n_masks, n_active = self.kept.shape
        kept, scaled = {"kept": n_active}, {"scaled": n_active}
        designs = [{"shared": 2} | kept, {"shared": _N_SHARED} | scaled]
        if _MASKS_PER_COLUMN * (2 * n_active + _N_SHARED) <= n_masks:
            designs.append({"shared": _N_SHARED} | kept | scaled)
        return designs

    def product(self, one, other, left_out):
        """Return products of two blocks of columns without some replicates."""
        if (one, other) not in self.products:
            A, B = getattr(self, one), getattr(self, other)
            parts = [A[i:j].T @ B[i:j] for i, j in pairwise(self.bounds)]
            self.products[one, other] = parts, np.sum(parts, axis=0, dtype=np.float64)
        parts, whole = self.products[one, other]
        left = whole.copy()
        for replicate in left_out:
            left -= parts[replicate]
        return left

    def predict(self, found, here):
        """Return what coefficients say about some masks, in units of the targets."""
        said = sum(getattr(self, name)[here, : len(part)] @ part for name, part in found.items())
        return said / self.by[here]


class _PrimalRidge:
    """Ridge regressions without some replicates, from products of columns."""

    def __init__(self, columns, design):
        self.columns = columns
        ends = np.cumsum([0, *design.values()])
        self.indices = {name: slice(*index) for name, index in zip(design, pairwise(ends))}
        self.n_columns = ends[-1]

    def __call__(self, replicates, penalty):
        """Return the coefficients of each block of columns."""
        names = list(self.indices)
        gram = np.empty((self.n_columns, self.n_columns))
        moment = np.empty((self.n_columns, self.columns.targets.shape[1]))
        for index, one in enumerate(names):
            here = self.indices[one]
            n_rows = here.stop - here.start
            moment[here] = self.columns.product(one, "targets", replicates)[:n_rows]
            # What is below the diagonal is never looked at.
            for other in names[index:]:
                there = self.indices[other]
                product = self.columns.product(one, other, replicates)
                gram[here, there] = product[:n_rows, : there.stop - there.start]
        gram[np.diag_indices_from(gram)] += penalty
        found = _solved(gram, moment)
        return {name: found[index] for name, index in self.indices.items()}


class _DualRidge:
    """Ridge regressions without some replicates, from products of masks."""

    def __init__(self, columns, design):
        self.columns = columns
        self.blocks = {name: getattr(columns, name)[:, :width] for name, width in design.items()}
        self.products = sum(A.astype(np.float64) @ A.T for A in self.blocks.values())
        self.inverses = {}

    def __call__(self, replicates, penalty):
        """Return the coefficients of each block of columns."""
        if penalty not in self.inverses:
            inverse = _inverse(self.products + penalty * np.eye(len(self.products)))
            self.inverses[penalty] = inverse, inverse @ self.columns.targets
        inverse, dual = self.inverses[penalty]
        # Some rows and columns of a matrix, left out of its inverse.
        out = slice(self.columns.bounds[replicates[0]], self.columns.bounds[replicates[-1] + 1])
        dual = dual - inverse[:, out] @ _solved(inverse[out, out].copy(), dual[out])
        dual[out] = 0.0
        return {name: A.T @ dual for name, A in self.blocks.items()}


def _inverse(matrix):
    """Return the inverse of a positive definite matrix, which is overwritten."""
    factor, lower = linalg.cho_factor(matrix, overwrite_a=True, check_finite=False)
    inverse, _ = linalg.lapack.dpotri(factor, lower=lower, overwrite_c=True)
    upper = np.triu(inverse, 1)
    return upper + upper.T + np.diag(np.diag(inverse))


def _solved(matrix, right):
    """Solve a positive definite system whose upper triangle is given; it is overwritten."""
    factor = linalg.cho_factor(matrix.T, lower=True, overwrite_a=True, check_finite=False)
    return linalg.cho_solve(factor, right, check_finite=False)


def _errors(columns, ridge, penalties, F, omega, n_links):
    """Return squared errors on some replicates of fits without them.

    Shape (n_penalties, n_links, n_outputs), in units of the response.
    """
    n_replicates = len(columns.bounds) - 1
    trials = [range(max(1, n_replicates // _REPLICATES_PER_TRIAL))]
    if len(F) <= _FEW_MASKS:
        trials = [[replicate] for replicate in range(n_replicates)]
    errors = np.zeros((len(penalties), n_links, F.shape[1]))
    for tried in trials:
        here = slice(columns.bounds[tried[0]], columns.bounds[tried[-1] + 1])
        for index, penalty in enumerate(penalties):
            said = columns.predict(ridge(tried, penalty), here)
            for is_logit, part in enumerate(np.split(said, n_links, axis=1)):
                left = F[here] - (expit(part) if is_logit else part)
                errors[index, is_logit] += omega[here] @ left**2
    return errors


def _best(ridges, errors, penalties, sizes, n_replicates):
    """Take, for each output, the kind of model that predicts unseen replicates best.

    `errors` has shape (n_designs, n_penalties, n_links, n_outputs).
    """
    n_outputs, active = errors.shape[-1], sizes > 0.0
    errors = errors.copy()
    # What is linear without a link is the least that can be lost.
    errors[1:] *= _MARGIN
    errors[:, :, 1:] *= _MARGIN
    kinds = np.unravel_index(errors.reshape(-1, n_outputs).argmin(axis=0), errors.shape[:3])
    columns = {"shared": _N_SHARED, "kept": sizes.size, "scaled": sizes.size}
    best = {name: np.zeros((n_replicates, n, n_outputs)) for name, n in columns.items()}
    linear = np.zeros((n_replicates, sizes.size + 1, n_outputs))

    @cache
    def fits(design, penalty):
        return [ridges[design]([index], penalties[penalty]) for index in range(n_replicates)]

    for output, (design, penalty, is_logit) in enumerate(zip(*kinds)):
        for replicate, found in enumerate(fits(design, penalty)):
            for name, part in found.items():
                where = np.flatnonzero(active) if name != "shared" else slice(len(part))
                best[name][replicate, where, output] = part[:, output + n_outputs * is_logit]
        for replicate, found in enumerate(fits(0, errors[0, :, 0, output].argmin())):
            constant, of_share = _SHARED_SCALE * found["shared"][:, output]
            slopes = found["kept"][:, output]
            # The share of parts kept is linear in the mask, too.
            slopes = slopes + (of_share - slopes.sum()) / active.sum()
            linear[replicate, :-1, output][active] = slopes
            linear[replicate, -1, output] = constant
    best["shared"] *= _SHARED_SCALE
    return ControlModels(sizes, **best, is_logit=kinds[2] == 1, linear=linear)
