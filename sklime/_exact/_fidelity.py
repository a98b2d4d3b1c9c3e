"""How much of the mask function weights and pairs explain, without calling the model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from sklime._exact._masks import Masks, Remainder, drawn_masks, remainder_of
from sklime._exact._model import ExactModel
from sklime._exact._pairs import PairWeights
from sklime._exact._tilt import Around
from sklime.utils._magnitude import units
from sklime.utils._types import BoolArray, FloatArray, IntArray

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

# Standard deviation of the mask function, relative to the sum over the trees of the largest leaf,
# below which rows are walked again in double precision: errors of single precision are about 1e-7.
_LEAST_SPREAD = 1e-3

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

    def raw_pairs(self, rows: IntArray) -> PairWeights | None:
        """Return weights of pairs in the units of the model.

        Parameters
        ----------
        rows : ndarray of int of shape (n_wanted,)
            Indices of rows.

        Returns
        -------
        pairs : PairWeights or None
            Their pairs; `None` where pairs are not known.
        """
        if self.pairs is None:
            return None
        weights = self.pairs.weights[rows] * self.units[rows][:, None]
        return PairWeights(self.pairs.columns, weights, self.pairs.spreads[rows])

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
    rows = _Rows(derived, around, means, covariances)
    judgement = _in_rounds(model, rows, outputs, seed, is_single=True)
    coarse = np.flatnonzero(_is_coarse(model, judgement, outputs))
    if coarse.size:
        again = _in_rounds(model, rows[coarse], outputs[coarse], seed, is_single=False)
        judgement = judgement.with_rows(coarse, again)
    return judgement


@dataclass(frozen=True)
class _Rows:
    """Rows and what is known of them: arguments of `judge`."""

    derived: FloatArray
    around: Around
    means: FloatArray
    covariances: FloatArray

    def __getitem__(self, rows: slice | IntArray) -> Self:
        """Return some of the rows."""
        return type(self)(
            self.derived[rows], self.around[rows], self.means[rows], self.covariances[rows]
        )


@dataclass(frozen=True)
class _Known:
    """What a row has from fewer masks: the first ones of any number are the same.

    Attributes
    ----------
    values : ndarray of shape (n_rows, n_first, n_outputs)
        Mask function at the first masks.

    pairs : PairWeights or None
        Weights of pairs.
    """

    values: FloatArray
    pairs: PairWeights | None

    def __getitem__(self, rows: slice) -> Self:
        """Return some of the rows."""
        pairs = self.pairs
        if pairs is not None:
            pairs = replace(pairs, weights=pairs.weights[rows], spreads=pairs.spreads[rows])
        return type(self)(self.values[rows], pairs)


def _is_coarse(model: ExactModel, judgement: Judgement, outputs: IntArray) -> BoolArray:
    """Tell where the mask function varies so little that single precision does not resolve it."""
    if model.mask_walk is None:
        return np.zeros(len(outputs), dtype=bool)
    rest = judgement.remainder
    spread = np.sqrt(rest.explained + rest.variances) * judgement.units
    is_coarse = ~(spread > _LEAST_SPREAD * model.mask_walk.scales)
    found: BoolArray = np.logical_or.reduce(np.take_along_axis(is_coarse, outputs, axis=1), axis=1)
    return found


def _in_rounds(
    model: ExactModel, rows: _Rows, outputs: IntArray, seed: int, *, is_single: bool
) -> Judgement:
    """Measure the mask function at more and more masks, until the R2 is precise."""
    n_masks, most = _n_masks(model), _most_masks(model)
    judgement, values = _in_blocks(model, rows, n_masks, seed, is_single=is_single)
    of_round, left = judgement, np.arange(len(outputs))
    while n_masks * _MORE_MASKS <= most:
        rough = np.flatnonzero(of_round.remainder.is_rough(outputs[left], _MAX_ERROR))
        if not rough.size:
            break
        n_masks, left = n_masks * _MORE_MASKS, left[rough]
        known = _Known(values[rough], of_round.raw_pairs(rough))
        of_round, values = _in_blocks(
            model, rows[left], n_masks, seed, is_single=is_single, known=known
        )
        judgement = judgement.with_rows(left, of_round)
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
    rows: _Rows,
    n_masks: int,
    seed: int,
    *,
    is_single: bool,
    known: _Known | None = None,
) -> tuple[Judgement, FloatArray]:
    """Measure the mask function at some masks, in blocks of bounded memory."""
    judgements, values = [], []
    for block in _blocks(model, len(rows.means), n_masks):
        part = None if known is None else known[block]
        given = rows[block]
        masks = drawn_masks(
            n_masks,
            seed,
            given.around.tilt,
            model.supports,
            model.derived_scores,
            given.derived,
            model.owners,
        )
        part = _known(model, given, masks, part, is_single)
        judgements.append(_judged(model, given, masks, part))
        values.append(part.values)
    return _concatenated(judgements), np.concatenate(values)


def _n_masks(model: ExactModel) -> int:
    """Return the number of masks that make the R2 right to about 0.01."""
    if not all(support.is_binned for support in model.supports):
        return _N_MASKS_OF_SCORES
    return _N_MASKS_WITHOUT_PAIRS if model.pair_walk is None else _N_MASKS


def _blocks(model: ExactModel, n_rows: int, n_masks: int) -> list[slice]:
    """Return blocks of rows whose arrays are bounded."""
    n_pairs = 0 if model.pair_walk is None else len(model.pair_walk.columns)
    n_nodes = 0 if model.nodes is None else model.nodes.layout.n_nodes
    # Of nodes there is one byte each: whether rows meet their condition.
    per_row = (model.n_columns + n_pairs) * n_masks + n_nodes // 8
    step = max(1, _BLOCK_NUMBERS // per_row)
    return [slice(start, start + step) for start in range(0, n_rows, step)]


def _known(
    model: ExactModel, rows: _Rows, masks: Masks, known: _Known | None, is_single: bool
) -> _Known:
    """Return the mask function at all masks, of which the first may be known, and the pairs."""
    pairs = None if known is None else known.pairs
    new = masks if known is None else masks.after(known.values.shape[1])
    values = np.tile(model.base, (*new.holds.shape[::2], 1))
    if model.additive is not None:
        values += model.additive.given(rows.derived, rows.around.tilt, new.holds, new.drawn)
    if model.nodes is not None and model.mask_walk is not None:
        meets, wide = model.nodes.meets(rows.derived), rows.around.with_constant()
        values += model.mask_walk(meets, wide.tilt, new.with_constant(), is_single=is_single)
        if model.pair_walk is not None and known is None:
            pairs = _of_table(model, model.pair_walk(meets, wide.tilt, wide.variances))
    if known is not None:
        values = np.concatenate([known.values, values], axis=1)
    return _Known(values, pairs)


def _of_table(model: ExactModel, pairs: PairWeights) -> PairWeights:
    """Return the pairs of columns of the table, without the column that is always kept."""
    is_pair = (pairs.columns < model.n_columns).all(axis=1)
    return PairWeights(pairs.columns[is_pair], pairs.weights[:, is_pair], pairs.spreads[:, is_pair])


def _judged(model: ExactModel, rows: _Rows, masks: Masks, known: _Known) -> Judgement:
    """Measure what weights and pairs leave of the mask function."""
    of_response = units(known.values, axis=1)
    pairs = known.pairs
    if pairs is not None:
        pairs = replace(pairs, weights=pairs.weights / of_response[:, None])
    remainder = remainder_of(
        known.values / of_response[:, None],
        masks,
        rows.around.tilt,
        rows.means / of_response,
        rows.covariances / of_response[:, None],
        variances=rows.around.variances,
        pairs=pairs,
    )
    return Judgement(remainder, pairs, of_response)


def _replaced(array: FloatArray, rows: IntArray, values: FloatArray) -> FloatArray:
    array = array.copy()
    array[rows] = values
    return array


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
