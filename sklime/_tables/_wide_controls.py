"""Control variates of wide tables: sparse additive models, one per replicate and output.

With more columns than perturbed rows, no model of all columns can be estimated. A few columns
usually have most of the effect. The model of a replicate holds the columns whose covariance with
the response stands out in the other replicates. It is estimated without the replicate, and its
moments are known: subtracting it changes no expected weight.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sklime._tables._encoding import TabularEncoder
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["WideControls", "WideRow", "cross_sums", "wide_controls"]

# Columns in the model of a replicate: at most one per this many masks.
_MASKS_PER_COLUMN = 16

# Rounds of looking for columns in what the model leaves.
_MAX_ROUNDS = 4

# As if each column had been seen once more without effect; nearly none with many masks.
_PENALTY = 1.0
_NEGLIGIBLE_PENALTY = 1e-8
_MANY_MASKS_PER_TERM = 4

# Numbers of one block of columns in single precision.
_BLOCK_NUMBERS = 2**21


@dataclass(frozen=True)
class WideRow:
    """Perturbed rows of one explained row.

    Attributes
    ----------
    Z : ndarray of bool of shape (n_masks, n_features)
        Bin indicators.

    F : ndarray of shape (n_masks, n_copies, n_outputs)
        Responses, shifted.

    column : callable
        Function from the index of a column to its values in the perturbed rows, of shape
        (n_masks, n_copies).

    instance : ndarray of shape (n_features,)
        Bins of the explained row.

    w : ndarray of shape (n_masks,)
        Kernel weights; their mean is 1 on average.

    shares, variances : ndarray of shape (n_features,)
        Mean and variance of each bin indicator.

    bins : sequence of (ndarray or None)
        Share of the background in each bin of each column.

    is_relevant : ndarray of bool of shape (n_features,), or None, default=None
        Columns that the answers of the model were found to depend on; `None` if unknown.
    """

    Z: Array
    F: FloatArray
    column: Callable[[int], FloatArray]
    instance: Array
    w: FloatArray
    shares: FloatArray
    variances: FloatArray
    bins: Sequence[FloatArray | None]
    is_relevant: BoolArray | None = None


@dataclass(frozen=True)
class WideControls:
    """Additive models of the responses, one per replicate and output.

    Attributes
    ----------
    means : ndarray of shape (n_replicates, n_outputs)
        Means of the models.

    slopes : ndarray of shape (n_replicates, n_outputs, n_features)
        Slopes on ``Z - s``; nearly all are zero.

    targets : ndarray of shape (n_masks, n_copies, n_outputs)
        Responses minus the part of the models that depends on the bin that a changed value
        landed in. This part has mean zero given the conditions.

    residuals : ndarray of shape (n_masks, n_outputs)
        Mean target of the copies, minus the whole model of its own replicate.
    """

    means: FloatArray
    slopes: FloatArray
    targets: FloatArray
    residuals: FloatArray

    @property
    def stands_out(self) -> BoolArray:
        """Tell which columns are in most of the models of some output."""
        n_models = np.count_nonzero(self.slopes, axis=0)
        stands_out: BoolArray = np.logical_or.reduce(2 * n_models > len(self.slopes), axis=0)
        return stands_out


def cross_sums(Z: Array, columns: FloatArray) -> FloatArray:
    """Return ``columns' Z`` without a copy of the indicators as floats.

    Parameters
    ----------
    Z : ndarray of bool of shape (n_masks, n_features)
        Bin indicators.

    columns : ndarray of shape (n_masks, n_columns)
        Numbers.

    Returns
    -------
    sums : ndarray of shape (n_columns, n_features)
        Sums over masks.
    """
    sums = np.empty((columns.shape[1], Z.shape[1]))
    step = max(1, _BLOCK_NUMBERS // max(1, len(Z)))
    for start in range(0, Z.shape[1], step):
        block = slice(start, start + step)
        sums[:, block] = columns.T @ Z[:, block].astype(np.float64)
    return sums


def wide_controls(
    row: WideRow, bounds: Sequence[int], encoder: TabularEncoder, *, has_controls: bool
) -> WideControls:
    """Estimate the models of all replicates and outputs around one row.

    Parameters
    ----------
    row : WideRow
        Perturbed rows.

    bounds : sequence of int
        First mask of each replicate, and the end of the last.

    encoder : TabularEncoder
        Bins.

    has_controls : bool
        If not, the models are constants.

    Returns
    -------
    controls : WideControls
        Of a replicate, the model that was estimated on the others.
    """
    models = _Models(row, bounds, encoder)
    for _ in range(_MAX_ROUNDS if has_controls else 0):
        if not models.add_columns():
            break
    return models.controls()


def _least_scores(row: WideRow, most: int) -> FloatArray:
    """Return the scores above which columns enter a model.

    The largest of n independent normal numbers is rarely above ``sqrt(2 log n)``. All columns
    that may matter enter where they are few.
    """
    n_features = row.variances.size
    least = np.full(n_features, np.sqrt(2.0 * np.log(max(n_features, 2))))
    if row.is_relevant is not None:
        n_relevant = int(row.is_relevant.sum())
        of_relevant = 0.0 if n_relevant <= most else np.sqrt(2.0 * np.log(n_relevant))
        least[row.is_relevant] = of_relevant
    return least


class _Models:
    """Models under construction; each takes the masks outside of its replicate."""

    def __init__(self, row: WideRow, bounds: Sequence[int], encoder: TabularEncoder) -> None:
        n_masks, _, n_outputs = row.F.shape
        self.row, self.bounds, self.encoder = row, bounds, encoder
        self.blocks = [slice(*ends) for ends in pairwise(bounds)]
        self.responses = row.F.mean(axis=1)
        n_replicates = len(self.blocks)
        self.is_other = np.ones((n_replicates, n_masks), dtype=bool)
        for replicate, here in enumerate(self.blocks):
            self.is_other[replicate, here] = False
        self.columns = [[np.empty(0, dtype=np.intp)] * n_outputs for _ in self.blocks]
        weights = np.where(self.is_other, row.w, 0.0)
        totals = weights.sum(axis=1, keepdims=True)
        self.means = weights @ self.responses / np.where(totals > 0.0, totals, 1.0)
        self.coefficients = [[np.empty(0)] * n_outputs for _ in self.blocks]
        # Over all masks, also those of the replicate, which are not used before the end.
        self.fitted = np.repeat(self.means[:, None], n_masks, axis=1)
        self.designs: dict[int, tuple[FloatArray, FloatArray]] = {}

    def add_columns(self) -> bool:
        """Add the columns that stand out in the residuals; tell whether there were any."""
        row = self.row
        residuals = np.where(self.is_other[..., None], self.responses - self.fitted, 0.0)
        weighted = (row.w[:, None] * residuals).transpose(1, 0, 2).reshape(len(row.w), -1)
        sums = cross_sums(row.Z, weighted) - weighted.sum(axis=0)[:, None] * row.shares
        spread = np.sqrt((weighted**2).sum(axis=0)[:, None] * row.variances)
        scores = np.abs(sums) / np.where(spread > 0.0, spread, np.inf)
        most = len(row.w) // _MASKS_PER_COLUMN
        least = _least_scores(row, most)
        has_new, n_outputs = False, self.means.shape[1]
        for index, score in enumerate(scores):
            replicate, output = divmod(index, n_outputs)
            known = self.columns[replicate][output]
            score[known] = 0.0
            new = np.flatnonzero(score > least)
            new = new[np.argsort(-score[new], kind="stable")][: most - known.size]
            if new.size:
                self.columns[replicate][output] = np.append(known, new)
                self._fit(replicate, output)
                has_new = True
        return has_new

    def controls(self) -> WideControls:
        """Return the finished models."""
        row, n_replicates = self.row, len(self.blocks)
        slopes = np.zeros((n_replicates, self.means.shape[1], row.variances.size))
        targets, residuals = row.F.copy(), np.empty(self.responses.shape)
        for replicate, here in enumerate(self.blocks):
            for output, columns in enumerate(self.columns[replicate]):
                terms = self.coefficients[replicate][output]
                residuals[here, output] = self.responses[here, output]
                residuals[here, output] -= self.fitted[replicate, here, output]
                if columns.size == 0:
                    continue
                slopes[replicate, output, columns] = terms[: columns.size]
                _, landed = self._terms(columns)
                targets[here, :, output] -= landed[here] @ terms[columns.size :]
        return WideControls(self.means, slopes, targets, residuals)

    def _fit(self, replicate: int, output: int) -> None:
        """Estimate one model on the masks of the other replicates."""
        columns, used = self.columns[replicate][output], self.is_other[replicate]
        linear, landed = self._terms(columns)
        A = np.concatenate([linear, landed.mean(axis=1)], axis=1)
        w, y = self.row.w[used], self.responses[used, output]
        total = w.sum()
        center, mean = w @ A[used] / total, w @ y / total
        scaled = (w[:, None] * (A[used] - center)).T
        n_terms = A.shape[1]
        has_many = len(w) >= _MANY_MASKS_PER_TERM * n_terms
        gram = scaled @ (A[used] - center)
        gram[np.diag_indices(n_terms)] += _NEGLIGIBLE_PENALTY if has_many else _PENALTY
        terms = np.linalg.solve(gram, scaled @ (y - mean))
        self.coefficients[replicate][output] = terms
        self.means[replicate, output] = mean - center @ terms
        self.fitted[replicate, :, output] = self.means[replicate, output] + A @ terms

    def _terms(self, columns: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return ``Z - s`` and the bins that changed values landed in, each with mean zero."""
        for index in columns.tolist():
            if index not in self.designs:
                self.designs[index] = self._terms_of(index)
        parts = [self.designs[index] for index in columns.tolist()]
        linear, landed = zip(*parts)
        return np.stack(linear, axis=1), np.concatenate(landed, axis=2)

    def _terms_of(self, index: int) -> tuple[FloatArray, FloatArray]:
        row, instance_bin = self.row, int(self.row.instance[index])
        linear = row.Z[:, index] - row.shares[index]
        shares = row.bins[index]
        others = np.array([], dtype=np.intp)
        if shares is not None:
            others = np.flatnonzero((shares > 0.0) & (np.arange(shares.size) != instance_bin))
        if others.size < 2 or shares is None:
            return linear, np.empty((*row.F.shape[:2], 0))
        landed_in = self.encoder.represent_column(index, row.column(index))
        is_changed = ~row.Z[:, None, index]
        # One of the bins is the reference of the others, since a changed value is in one of them.
        others = np.delete(others, shares[others].argmax())
        rest = 1.0 - (shares[instance_bin] if instance_bin < shares.size else 0.0)
        landed = [
            is_changed * ((landed_in == one) - min(shares[one] / rest, 1.0)) for one in others
        ]
        return linear, np.stack(landed, axis=2)
