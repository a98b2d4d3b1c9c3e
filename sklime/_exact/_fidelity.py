"""How much of the mask function weights and pairs explain, without calling the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sklime._exact._masks import Remainder, drawn_masks, remainder_of
from sklime._exact._model import ExactModel
from sklime._exact._pairs import PairWeights
from sklime._exact._tilt import Around
from sklime.utils._magnitude import units
from sklime.utils._types import FloatArray, IntArray

__all__ = ["Judgement", "judge"]

# Masks at which the rest is measured: few where the part of the pairs is known, many where
# standard scores leave a rest of their own, as a tree is not linear in them.
_N_MASKS, _N_MASKS_WITHOUT_PAIRS, _N_MASKS_OF_SCORES = 32, 128, 512

# Rows whose R2 has a larger standard error take four times as many masks, and again, up to a limit.
# The error is estimated from the masks themselves: the result of a row depends on that row alone.
_MAX_ERROR, _MORE_MASKS, _MOST_MASKS = 0.003, 4, 2048

# Nodes times masks of one row, above which a row takes no further masks: a few hundredths of a
# second.
_MOST_WORK = 2**25

# Numbers of the arrays of one block of rows.
_BLOCK_NUMBERS = 2**22


@dataclass(frozen=True)
class Judgement:
    """What of the mask function of some rows is additive, pairwise, and more.

    Attributes
    ----------
    remainder : Remainder
        Variance of the additive part and of the rest.

    pairs : PairWeights or None
        Weights of pairs; `None` if there are too many, or no trees.

    units : ndarray of shape (n_rows, n_outputs)
        Units of the response in both: powers of two, so that squares are normal floats.
    """

    remainder: Remainder
    pairs: PairWeights | None
    units: FloatArray

    def with_rows(self, rows: IntArray, others: Judgement) -> Judgement:
        """Return the judgement with some rows replaced.

        Parameters
        ----------
        rows : ndarray of int of shape (n_replaced,)
            Their indices.

        others : Judgement
            The new rows, of the same model.

        Returns
        -------
        judgement : Judgement
            All rows, in their order.
        """
        pairs = self.pairs
        if pairs is not None and others.pairs is not None:
            weights = _replaced(pairs.weights, rows, others.pairs.weights)
            spreads = _replaced(pairs.spreads, rows, others.pairs.spreads)
            pairs = PairWeights(pairs.columns, weights, spreads)
        remainder = Remainder(
            *(
                _replaced(getattr(self.remainder, name), rows, getattr(others.remainder, name))
                for name in ("explained", "variances", "standard_errors")
            )
        )
        return Judgement(remainder, pairs, _replaced(self.units, rows, others.units))


def judge(
    model: ExactModel,
    derived: FloatArray,
    around: Around,
    means: FloatArray,
    covariances: FloatArray,
    outputs: IntArray,
    seed: int,
) -> Judgement:
    """Measure the mask function around some rows.

    Parameters
    ----------
    model : ExactModel
        The model.

    derived : ndarray of shape (n_rows, n_derived)
        Derived columns of the rows.

    around : Around
        Distribution of the perturbed columns.

    means : ndarray of shape (n_rows, n_outputs)
        Means of the response around the rows.

    covariances : ndarray of shape (n_rows, n_columns, n_outputs)
        Covariances with the encoding.

    outputs : ndarray of int of shape (n_rows, n_explained)
        Outputs whose R2 must be precise.

    seed : int
        Seed of the masks.

    Returns
    -------
    judgement : Judgement
        A pure function of each row and the seed.
    """
    n_masks = _n_masks(model)
    judgement = _in_blocks(model, derived, around, means, covariances, n_masks, seed)
    rows = np.flatnonzero(judgement.remainder.is_rough(outputs, _MAX_ERROR))
    most = _most_masks(model)
    while rows.size and n_masks * _MORE_MASKS <= most:
        n_masks *= _MORE_MASKS
        given = derived[rows], around[rows], means[rows], covariances[rows]
        again = _in_blocks(model, *given, n_masks, seed)
        judgement = judgement.with_rows(rows, again)
        rows = rows[again.remainder.is_rough(outputs[rows], _MAX_ERROR)]
    return judgement


def _most_masks(model: ExactModel) -> int:
    """Return the largest number of masks that a row may take."""
    if not all(support.is_binned for support in model.supports):
        # Each of their masks takes much more time.
        return _N_MASKS_OF_SCORES
    n_nodes = 0 if model.nodes is None else model.nodes.layout.n_nodes
    return min(_MOST_MASKS, _MOST_WORK // max(1, n_nodes))


def _in_blocks(
    model: ExactModel,
    derived: FloatArray,
    around: Around,
    means: FloatArray,
    covariances: FloatArray,
    n_masks: int,
    seed: int,
) -> Judgement:
    """Measure the mask function at some masks, in blocks of bounded memory."""
    parts = [
        _judged(model, derived[rows], around[rows], means[rows], covariances[rows], n_masks, seed)
        for rows in _blocks(model, len(derived), n_masks)
    ]
    return _concatenated(parts)


def _n_masks(model: ExactModel) -> int:
    """Return the number of masks that make the R2 right to about 0.01."""
    if not all(support.is_binned for support in model.supports):
        return _N_MASKS_OF_SCORES
    return _N_MASKS_WITHOUT_PAIRS if model.pair_walk is None else _N_MASKS


def _blocks(model: ExactModel, n_rows: int, n_masks: int) -> list[slice]:
    """Return blocks of rows whose arrays are bounded."""
    n_pairs = 0 if model.pair_walk is None else len(model.pair_walk.columns)
    n_nodes = 0 if model.nodes is None else model.nodes.layout.n_nodes
    per_row = (model.n_columns + n_pairs) * n_masks + n_nodes
    step = max(1, _BLOCK_NUMBERS // per_row)
    return [slice(start, start + step) for start in range(0, n_rows, step)]


def _judged(
    model: ExactModel,
    derived: FloatArray,
    around: Around,
    means: FloatArray,
    covariances: FloatArray,
    n_masks: int,
    seed: int,
) -> Judgement:
    tilt = around.tilt
    masks = drawn_masks(
        n_masks, seed, tilt, model.supports, model.derived_scores, derived, model.owners
    )
    values = np.tile(model.base, (*masks.holds.shape[::2], 1))
    pairs = None
    if model.additive is not None:
        values += model.additive.given(derived, tilt, masks.holds, masks.drawn)
    if model.nodes is not None and model.mask_walk is not None:
        meets, wide = model.nodes.meets(derived), around.with_constant()
        values += model.mask_walk(meets, wide.tilt, masks.with_constant())
        if model.pair_walk is not None:
            pairs = model.pair_walk(meets, wide.tilt, wide.variances)
    of_response = units(values, axis=1)
    pairs = _in_units(pairs, model.n_columns, of_response)
    remainder = remainder_of(
        values / of_response[:, None],
        masks,
        tilt,
        means / of_response,
        covariances / of_response[:, None],
        variances=around.variances,
        pairs=pairs,
    )
    return Judgement(remainder, pairs, of_response)


def _replaced(array: FloatArray, rows: IntArray, values: FloatArray) -> FloatArray:
    array = array.copy()
    array[rows] = values
    return array


def _in_units(
    pairs: PairWeights | None, n_columns: int, of_response: FloatArray
) -> PairWeights | None:
    """Return the pairs of columns of the table, with weights in units."""
    if pairs is None:
        return None
    is_pair = (pairs.columns < n_columns).all(axis=1)
    return PairWeights(
        pairs.columns[is_pair],
        pairs.weights[:, is_pair] / of_response[:, None],
        pairs.spreads[:, is_pair],
    )


def _concatenated(parts: list[Judgement]) -> Judgement:
    remainders = [part.remainder for part in parts]
    names = ("explained", "variances", "standard_errors")
    joined = Remainder(
        **{name: np.concatenate([getattr(one, name) for one in remainders]) for name in names}
    )
    of_response = np.concatenate([part.units for part in parts])
    pairs = [part.pairs for part in parts if part.pairs is not None]
    if not pairs:
        return Judgement(joined, None, of_response)
    weights = PairWeights(
        pairs[0].columns,
        np.concatenate([one.weights for one in pairs]),
        np.concatenate([one.spreads for one in pairs]),
    )
    return Judgement(joined, weights, of_response)
