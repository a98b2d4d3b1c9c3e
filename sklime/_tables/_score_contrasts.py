"""Differences of the scores of two classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["Contrasts"]

# Most pairs of classes whose scores are compared.
_MAX_PAIRS = 6


@dataclass(frozen=True)
class Contrasts:
    """Differences of the scores of two classes, for each row.

    Attributes
    ----------
    first, second : ndarray of int of shape (n_rows, n_contrasts)
        Scores; `second` is -1 for the number 0.
    """

    first: IntArray
    second: IntArray

    @classmethod
    def of(
        cls, at_rows: FloatArray, answer_index: IntArray, pairs: Sequence[tuple[int, int]]
    ) -> Self:
        """Choose pairs of classes: an explained one and another, with the largest sums of scores.

        The probability of class k changes by ``p_k p_l`` with the difference of the scores of k
        and l, which is largest for these pairs. All outputs of a row get the same pairs, so that
        the weights of all classes still cancel.

        Parameters
        ----------
        at_rows : ndarray of shape (n_rows, n_scores)
            Scores of the rows.

        answer_index : ndarray of int of shape (n_rows, n_outputs)
            Explained columns of the responses: classes, then pairs of classes.

        pairs : sequence of tuple of two int
            The pairs of classes among the responses.

        Returns
        -------
        contrasts : Contrasts
            With one score, which is that of the second class, the score itself.
        """
        n_rows, n_scores = at_rows.shape
        if n_scores == 1:
            return cls(np.zeros((n_rows, 1), dtype=np.intp), np.full((n_rows, 1), -1))
        members = np.zeros((n_scores + len(pairs), n_scores), dtype=bool)
        members[np.arange(n_scores), np.arange(n_scores)] = True
        for index, pair in enumerate(pairs):
            members[n_scores + index, list(pair)] = True
        is_explained: BoolArray = np.logical_or.reduce(members[answer_index], axis=1)
        one, other = np.triu_indices(n_scores, 1)
        n_explained = is_explained[:, one].astype(np.intp) + is_explained[:, other]
        # Pairs of which nothing is explained come last.
        order = np.lexsort((-(at_rows[:, one] + at_rows[:, other]), n_explained == 0), axis=1)
        chosen = order[:, :_MAX_PAIRS]
        return cls(one[chosen], other[chosen])

    def __call__(self, scores: FloatArray) -> FloatArray:
        """Return the contrasts of scores.

        Parameters
        ----------
        scores : ndarray of shape (n_rows, n, n_scores)
            Scores, or anything that is linear in them.

        Returns
        -------
        contrasts : ndarray of shape (n_rows, n, n_contrasts)
            Differences.
        """
        # One more score, the last: the number 0.
        padded = np.concatenate([scores, np.zeros((*scores.shape[:-1], 1))], axis=-1)
        first, second = (
            np.take_along_axis(padded, index[:, None] % padded.shape[-1], axis=2)
            for index in (self.first, self.second)
        )
        contrasts: FloatArray = first - second
        return contrasts
