"""What fills need to know of the training arrays: means, range, and some of the arrays."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sklime.utils._random import generator
from sklime.utils._types import Array, FloatArray

__all__ = ["MAX_DONORS", "TrainingValues"]

# Arrays that are kept to be put in place of removed parts.
MAX_DONORS = 16
_DONOR_STREAM = 11

# Numbers that are converted to floats at a time.
_BLOCK_NUMBERS = 2**21


@dataclass(frozen=True, eq=False)
class TrainingValues:
    """Values of the training arrays, whose last axis is that of channels.

    Attributes
    ----------
    mean, deviation : ndarray of shape (n_channels,)
        Mean and standard deviation of each channel. Each array counts by its size.

    low, high : float
        Smallest and largest number.

    mean_array : ndarray of the shape of the arrays, or None
        Mean of the arrays; `None` if their shapes differ.

    donors : tuple of ndarray
        At most 16 of the arrays.
    """

    mean: FloatArray
    deviation: FloatArray
    low: float
    high: float
    mean_array: FloatArray | None
    donors: tuple[Array, ...]

    @classmethod
    def of(cls, arrays: Sequence[Array], seed: int) -> Self:
        """Learn from arrays.

        Parameters
        ----------
        arrays : sequence of ndarray of shape (..., n_channels)
            Training arrays, at least one.

        seed : int
            Seed of the choice of the arrays that are kept.

        Returns
        -------
        values : TrainingValues
            Their values.
        """
        n_channels = arrays[0].shape[-1]
        # Sums of differences to the first number keep their digits beside a large offset.
        shift = float(arrays[0].flat[0])
        total, squares, count = np.zeros(n_channels), np.zeros(n_channels), 0
        low, high = np.inf, -np.inf
        for block in _blocks(arrays):
            centered = block.astype(np.float64) - shift
            total += centered.sum(axis=0)
            squares += (centered**2).sum(axis=0)
            count += len(block)
            low, high = min(low, float(block.min())), max(high, float(block.max()))
        mean = total / count
        variance = np.maximum(squares / count - mean**2, 0.0)
        chosen = range(len(arrays))
        if len(arrays) > MAX_DONORS:
            random = generator(seed, _DONOR_STREAM)
            chosen = np.sort(random.choice(len(arrays), MAX_DONORS, replace=False)).tolist()
        donors = tuple(np.array(arrays[index]) for index in chosen)
        return cls(mean + shift, np.sqrt(variance), low, high, _mean_array(arrays), donors)


def _blocks(arrays: Sequence[Array]) -> Iterator[Array]:
    """Yield all numbers as rows of channels, block by block."""
    for array in arrays:
        rows = array.reshape(-1, array.shape[-1])
        step = max(1, _BLOCK_NUMBERS // rows.shape[1])
        for start in range(0, len(rows), step):
            yield rows[start : start + step]


def _mean_array(arrays: Iterable[Array]) -> FloatArray | None:
    arrays = list(arrays)
    if len({array.shape for array in arrays}) > 1:
        return None
    total = np.zeros(arrays[0].shape)
    for array in arrays:
        total += array
    return total / len(arrays)
