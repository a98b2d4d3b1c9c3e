"""Cheap models of a model of texts, as functions of the mask: less noise, no model call.

The weights of an explanation are moments of the response under the law of the masks. A cheap
model of the response has the same moments with as many masks as one likes, at no model call;
only what it leaves is estimated from the masks that the model has answered. Nothing changes
on average, whatever the cheap model is.

The cheap model of a replicate is fitted without that replicate, so that its errors are
independent of what it is subtracted from, and the spread between replicates stays honest. Of
several kinds of cheap models the one that predicts unseen replicates best is taken; one of
them is linear, and it takes out what the own moments of the masks take out of `lime`.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import linalg
from scipy.special import expit, logit

__all__ = ["CheapModels", "fit_cheap_models", "largest_sample"]

# Penalties to choose from, relative to the sum of the weights.
_PENALTIES = (1e-5, 1e-3, 1e-1)

# Replicates on which the penalty is chosen.
_N_FOR_PENALTY = 2

# Size of the columns that do not belong to one part: hardly penalized.
_SHARED_SCALE = 30.0

# Columns that no part has alone.
_N_SHARED = 6

# Probabilities of 0 and 1 have no finite logit.
_LOGIT_CLIP = 1e-3

# With fewer masks a column than this, the design with two columns a part is left out.
_MASKS_A_COLUMN = 2

# Most numbers in a design matrix, and most masks where there are more columns than masks.
_MAX_CELLS = 2**22
_MAX_DUAL_MASKS = 1024


@dataclass(frozen=True)
class CheapModels:
    """One cheap model and one linear model for each replicate and output.

    With ``s`` the share of active parts that a mask ``z`` keeps, and ``m = z @ sizes``, a
    cheap model is ``kept @ (z - s) + scaled @ (z - s) / sqrt(m) + shared @ (1, s, s**2,
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
        Whether the cheap model is one of the log-odds.

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
        """Return what the cheap model of a replicate says.

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


def fit_cheap_models(masks, F, weights, bounds, sizes):
    """Fit cheap models of the response, without each replicate in turn.

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
        How much each part adds to the squared length of a text; see `CheapModels`.

    Returns
    -------
    models : CheapModels
        For each output the kind that predicts best where it was not fitted.
    """
    # The error of a moment is that of the weight times the response.
    omega = (weights / weights.max()) ** 2
    sizes = sizes / sizes.sum()
    active = sizes > 0.0
    share, root, shared = _of_share(masks, sizes)
    residual = masks[:, active] - share[:, None]
    by_root = residual / root[:, None]
    # Log-odds, where the responses can be probabilities.
    odds = logit(np.clip(F, _LOGIT_CLIP, 1.0 - _LOGIT_CLIP))
    targets = np.hstack([F, odds]) if F.min() >= 0.0 and F.max() <= 1.0 else F
    n_links = targets.shape[1] // F.shape[1]
    designs = [(shared[:, :2], residual, (True, False)), (shared, by_root, (False, True))]
    if _MASKS_A_COLUMN * (2 * residual.shape[1] + shared.shape[1]) <= len(masks):
        designs.append((shared, np.hstack([residual, by_root]), (True, True)))
    kinds = []
    for beside, own, has in designs:
        found = _left_out_ridges(beside, own, targets, omega, bounds)
        for is_logit, columns in enumerate(np.split(found, n_links, axis=2)):
            # The first kind of all is linear.
            kinds.append(_models(columns, sizes, has, bool(is_logit), kinds[0] if kinds else None))
    return _best(kinds, masks, F, omega, bounds)


def largest_sample(n_masks, n_parts, n_replicates):
    """Return how many masks of each replicate cheap models are fitted to.

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


def _left_out_ridges(shared, own, targets, omega, bounds):
    """Return ridge coefficients without each replicate, shape (n_replicates, n_columns, n_targets).

    The penalty of each target is the one that predicts the first replicates best.
    """
    A = np.hstack([_SHARED_SCALE * shared, own]) * np.sqrt(omega)[:, None]
    Y = targets * np.sqrt(omega)[:, None]
    penalties = np.array(_PENALTIES) * omega.sum()
    solve = _DualRidge(A, Y, bounds) if len(A) < A.shape[1] else _PrimalRidge(A, Y, bounds)
    errors = np.zeros((len(penalties), Y.shape[1]))
    for replicate in range(_N_FOR_PENALTY):
        here = slice(bounds[replicate], bounds[replicate + 1])
        for place, penalty in enumerate(penalties):
            left = Y[here] - A[here] @ solve(replicate, penalty)
            errors[place] += (left**2).sum(axis=0)
    best = errors.argmin(axis=0)
    found = np.empty((len(bounds) - 1, A.shape[1], Y.shape[1]))
    for replicate in range(len(bounds) - 1):
        for place in np.unique(best):
            chosen = best == place
            found[replicate][:, chosen] = solve(replicate, penalties[place])[:, chosen]
    found[:, : shared.shape[1]] *= _SHARED_SCALE
    return found


class _PrimalRidge:
    """Ridge regressions without a replicate, from Gram matrices of columns."""

    def __init__(self, A, Y, bounds):
        self.parts = [(A[i:j].T @ A[i:j], A[i:j].T @ Y[i:j]) for i, j in pairwise(bounds)]
        self.gram = sum(gram for gram, _ in self.parts)
        self.moment = sum(moment for _, moment in self.parts)

    def __call__(self, replicate, penalty):
        gram, moment = self.parts[replicate]
        left = self.gram - gram
        left[np.diag_indices_from(left)] += penalty
        return linalg.solve(left, self.moment - moment, assume_a="pos", check_finite=False)


class _DualRidge:
    """Ridge regressions without a replicate, from products of rows."""

    def __init__(self, A, Y, bounds):
        self.A, self.Y, self.bounds = A, Y, bounds
        self.products = A @ A.T

    def __call__(self, replicate, penalty):
        used = np.ones(len(self.A), dtype=bool)
        used[self.bounds[replicate] : self.bounds[replicate + 1]] = False
        left = self.products[np.ix_(used, used)]
        left[np.diag_indices_from(left)] += penalty
        dual = linalg.solve(left, self.Y[used], assume_a="pos", check_finite=False)
        padded = np.zeros((len(self.A), self.Y.shape[1]))
        padded[used] = dual
        return self.A.T @ padded


def _models(found, sizes, has, is_logit, line):
    """Read coefficients by their columns: shared ones, then kept, then scaled."""
    has_kept, has_scaled = has
    active = sizes > 0.0
    n_active = np.count_nonzero(active)
    n_replicates, n_columns, n_outputs = found.shape
    n_shared = n_columns - n_active * (int(has_kept) + int(has_scaled))
    shared = np.zeros((n_replicates, _N_SHARED, n_outputs))
    shared[:, :n_shared] = found[:, :n_shared]
    kept, scaled = np.zeros((2, n_replicates, len(sizes), n_outputs))
    if has_kept:
        kept[:, active] = found[:, n_shared : n_shared + n_active]
    if has_scaled:
        scaled[:, active] = found[:, -n_active:]
    if line is None:
        # The share of parts kept is linear in the mask, too.
        linear = np.concatenate([kept, shared[:, :1]], axis=1)
        sums = kept.sum(axis=1, keepdims=True)
        linear[:, :-1] += active[:, None] * (shared[:, 1:2] - sums) / n_active
    else:
        linear = line.linear
    return CheapModels(sizes, kept, scaled, shared, np.full(n_outputs, is_logit), linear)


def _best(kinds, masks, F, omega, bounds):
    """Take, for each output, the kind of model that predicts unseen replicates best."""
    errors = np.zeros((len(kinds), F.shape[1]))
    masks = masks.astype(np.float64)
    for replicate, (first, end) in enumerate(pairwise(bounds)):
        for place, kind in enumerate(kinds):
            left = F[first:end] - kind.predict(masks[first:end], replicate)
            errors[place] += omega[first:end] @ left**2
    best = errors.argmin(axis=0)

    def chosen(name):
        arrays = [getattr(kind, name) for kind in kinds]
        return np.stack([arrays[place][..., k] for k, place in enumerate(best)], axis=-1)

    names = ("kept", "scaled", "shared", "is_logit", "linear")
    return CheapModels(kinds[0].sizes, **{name: chosen(name) for name in names})
