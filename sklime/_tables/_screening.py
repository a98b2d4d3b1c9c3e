"""Screening: find the columns of a wide table that the answers of the model depend on.

Groups of columns are changed at once, in several rows. A group whose changes never move an answer
is dropped, any other group is split in two. The number of answers that this takes grows with the
number of columns that matter and the logarithm of the number of all columns.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklime._responses._response import ModelResponse
from sklime.backgrounds import BaseBackground
from sklime.neighborhoods._encoder import Encoder
from sklime.utils._random import generator
from sklime.utils._spread import evenly_spread
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["relevant_columns"]

# Each group is changed in this many rows; in the first few of them before the others.
_N_PAIRS = 16
_N_FIRST_PAIRS = 4

# Number of groups to begin with.
_N_GROUPS = 32

# At most this many answers, or one per column if that is more.
_MIN_ANSWERS = 4096

# Answers that differ by less than this share of their range do not differ: sums in another order
# are rounded in another way, in single precision too.
_NEGLIGIBLE = 1e-6

# Numbers in the rows of one call of the model.
_MAX_NUMBERS = 2**22

# Index of the stream of random numbers of the changes.
_STREAM = 2


def relevant_columns(
    response: ModelResponse,
    background: BaseBackground,
    encoder: Encoder,
    matrix: Any,
    seed: int,
) -> BoolArray | None:
    """Find the columns that the answers of the model depend on.

    Parameters
    ----------
    response : ModelResponse
        Responses of the model.

    background : BaseBackground
        Fitted background.

    encoder : TabularEncoder
        Fitted encoder of the table.

    matrix : ndarray or SparseColumns of shape (n_samples, n_features)
        Training rows.

    seed : int
        Seed of the changes.

    Returns
    -------
    is_relevant : ndarray of bool of shape (n_features,), or None
        False for a column whose changes moved no answer in any of 16 rows. `None` if too many
        columns move answers to tell them apart.
    """
    start, changed = _pairs(background, encoder, matrix, seed)
    answers = response(start)
    if not np.isfinite(answers).all():
        return None
    spread = _NEGLIGIBLE * np.ptp(answers, axis=0)
    test = _Test(response, start, changed, answers, spread)
    n_features = start.shape[1]
    groups = np.array_split(np.arange(n_features), min(_N_GROUPS, n_features))
    is_relevant = np.zeros(n_features, dtype=bool)
    n_left = max(_MIN_ANSWERS, n_features)
    while groups:
        n_left -= _N_FIRST_PAIRS * len(groups)
        if n_left < 0:
            return None
        moves = test(groups, slice(0, _N_FIRST_PAIRS))
        undecided = np.flatnonzero(~moves)
        n_left -= (_N_PAIRS - _N_FIRST_PAIRS) * len(undecided)
        if n_left < 0:
            return None
        moves[undecided] = test(
            [groups[index] for index in undecided], slice(_N_FIRST_PAIRS, _N_PAIRS)
        )
        moving = [group for group, moves_answer in zip(groups, moves) if moves_answer]
        is_relevant[[int(group[0]) for group in moving if group.size == 1]] = True
        groups = [part for group in moving if group.size > 1 for part in np.array_split(group, 2)]
    return is_relevant


def _pairs(
    background: BaseBackground, encoder: Encoder, matrix: Any, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return rows, and other values of all their columns.

    Half of the rows are training rows, half are drawn: a column may matter in one kind alone.
    """
    rows = np.array(matrix[evenly_spread(len(matrix), _N_PAIRS)], dtype=np.float64)
    points = generator(seed, _STREAM).random((_N_PAIRS, background.n_dimensions_))
    drawn = background.sample(np.clip(points, 2.0**-31, 1.0 - 2.0**-31))
    is_drawn = (np.arange(_N_PAIRS) % 2 == 1)[:, None]
    start, changed = np.where(is_drawn, drawn, rows), np.where(is_drawn, rows, drawn)
    # Two zeros of a sparse column would change nothing.
    low, high = encoder.statistics.minima, encoder.statistics.maxima
    is_same = (start == changed) | (np.isnan(start) & np.isnan(changed))
    changed = np.where(is_same, np.where(start == high, low, high), changed)
    return start, changed


class _Test:
    """Tells which groups of columns move an answer."""

    def __init__(
        self,
        response: ModelResponse,
        start: FloatArray,
        changed: FloatArray,
        answers: FloatArray,
        spread: FloatArray,
    ) -> None:
        self.response, self.start, self.changed = response, start, changed
        self.answers, self.spread = answers, spread

    def __call__(self, groups: Sequence[IntArray], pairs: slice) -> BoolArray:
        """Return whether changing each group moves an answer in some of the pairs."""
        start, changed = self.start[pairs], self.changed[pairs]
        n_pairs, n_features = start.shape
        moves = np.zeros(len(groups), dtype=bool)
        step = max(1, _MAX_NUMBERS // (n_pairs * n_features))
        for first in range(0, len(groups), step):
            some = groups[first : first + step]
            rows = np.repeat(start[None], len(some), axis=0)
            for index, group in enumerate(some):
                rows[index][:, group] = changed[:, group]
            answers = self.response(rows.reshape(-1, n_features))
            answers = answers.reshape(len(some), n_pairs, -1)
            # An answer that is no number differs, too.
            is_near = np.abs(answers - self.answers[pairs]) <= self.spread
            moves[first : first + step] = ~is_near.all(axis=(1, 2))
        return moves
