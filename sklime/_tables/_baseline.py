"""The baseline of contributions: how the background is encoded, on average."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np

from sklime._exact._supports import bin_masses
from sklime.backgrounds import BaseBackground
from sklime.neighborhoods import base_points
from sklime.neighborhoods._encoder import Encoder
from sklime.utils._types import Array, FloatArray, IntArray

__all__ = ["BASELINES", "N_WIDE", "Baseline"]

BASELINES = ("background", "other")

# Tables with at least this many columns are wide. With 512 masks, Gram matrices give less noise up
# to about this many columns (benchmarks/wide.py).
N_WIDE = 256

# Number of background rows that shares of bins are counted on, if the background does not know
# them. If columns are drawn independently, the points are equally spaced: the error of a share is
# at most one point per bin edge.
N_POINTS = 2**13

# Numbers that one block of background rows holds.
_N_NUMBERS_PER_BLOCK = 2**14

# Each block costs a pass over the columns: a thousand columns took 14 s in blocks of 16 rows.
_MIN_ROWS_PER_BLOCK = 512


@dataclass(frozen=True)
class Baseline:
    """Mean encoding of background rows.

    Attributes
    ----------
    shares : tuple of (ndarray or None)
        Share of the background in each bin or level of a column; `None` for a column of
        standard scores.

    means : ndarray of shape (n_features,)
        Mean standard score of the background; 0 for a column with bins or levels.
    """

    shares: tuple[FloatArray | None, ...]
    means: FloatArray

    @classmethod
    def of(cls, background: BaseBackground, encoder: Encoder) -> Self:
        """Learn the mean encoding of a background.

        Parameters
        ----------
        background : BaseBackground
            Fitted background.

        encoder : Encoder
            Fitted encoder of the table.

        Returns
        -------
        baseline : Baseline
            The same at every call: no random numbers are drawn from the explainer's seed.
        """
        is_binned, n_features = encoder.is_binned, encoder.n_features
        exact = bin_masses(background, encoder)
        if exact is not None:
            return cls(*exact)
        # After the bins of a column comes one bin for missing values.
        counts = [np.zeros(n_bins + 1) for n_bins in encoder.n_bins]
        sums = np.zeros(n_features)
        for points in _blocks_of_even_points(background, n_features):
            drawn = encoder.represent(background.sample(points))
            sums += drawn.sum(axis=0)
            for index in np.flatnonzero(is_binned):
                bins = drawn[:, index].astype(np.intp)
                counts[index] += np.bincount(bins, minlength=len(counts[index]))
        shares = (count / N_POINTS if binned else None for count, binned in zip(counts, is_binned))
        return cls(tuple(shares), np.where(is_binned, 0.0, sums / N_POINTS))

    def encodings(self, instance: Array) -> FloatArray:
        """Encode the average background row relative to explained rows.

        Parameters
        ----------
        instance : ndarray of shape (n_rows, n_features)
            Representation of the explained rows.

        Returns
        -------
        encodings : ndarray of shape (n_rows, n_features)
            Share of the background in the bin of the row, in [0, 1]; for a column of standard
            scores the mean score.
        """
        encodings = np.tile(self.means, (len(instance), 1))
        columns, shares = self._padded
        # A level that was not seen in `fit` has no share of the background.
        bins = np.minimum(instance[:, columns].astype(np.intp), shares.shape[1] - 1)
        encodings[:, columns] = shares[np.arange(columns.size), bins]
        return encodings

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields alone: what follows from them is computed again."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @cached_property
    def _padded(self) -> tuple[IntArray, FloatArray]:
        """Return the columns with shares, and the shares, with zeros after the last."""
        known = [(index, one) for index, one in enumerate(self.shares) if one is not None]
        shares = np.zeros((len(known), 1 + max((len(one) for _, one in known), default=0)))
        for row, (_, one) in zip(shares, known):
            row[: len(one)] = one
        return np.array([index for index, _ in known], dtype=np.intp), shares


def _blocks_of_even_points(background: BaseBackground, n_features: int) -> Iterator[FloatArray]:
    """Yield evenly spread points of the unit cube of a background, in blocks."""
    n_dimensions = background.n_dimensions_
    step = max(_MIN_ROWS_PER_BLOCK, _N_NUMBERS_PER_BLOCK // n_features)
    if not background.is_columnwise_ and n_dimensions > 1:
        points = base_points(N_POINTS, n_dimensions, 1, seed=0)
        yield from (points[start : start + step] for start in range(0, N_POINTS, step))
        return
    for start in range(0, N_POINTS, step):
        even = (np.arange(start, min(start + step, N_POINTS)) + 0.5) / N_POINTS
        yield np.repeat(even[:, None], n_dimensions, axis=1)
