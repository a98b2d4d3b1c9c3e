"""The neighborhood of a document: 0/1 masks of the parts that are kept.

All distributions here treat parts alike: all sets of the same number of parts are equally
likely. A function of this number alone, such as the distance to the whole document, can then
be a table, and expected moments of masks have a closed form.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import gcd, sqrt
from operator import index
from typing import NamedTuple, Self, TypeAlias

import numpy as np
from scipy import special, stats

from sklime.neighborhoods._points import replicate_bounds
from sklime.utils._random import generator
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["MaskDistribution", "MaskMoments", "MaskSample", "n_kept"]

# Cells of one block of masks. Masks come in blocks: long documents then need little memory.
_BLOCK_CELLS = 2**21
_MAX_BLOCK_ROWS = 2048

# Multiples of this share of a range, modulo the range, are spread evenly over it.
_GOLDEN_RATIO = (sqrt(5.0) - 1.0) / 2.0

# Samples of up to this many cells are cached; larger ones are drawn again on each pass.
_MAX_CACHED_NUMBERS = 2**25

# Replicate, range of masks in the sample, masks.
_Block: TypeAlias = tuple[int, slice, BoolArray]


def n_kept(masks: BoolArray) -> IntArray:
    """Count the parts that masks keep.

    Parameters
    ----------
    masks : ndarray of bool of shape (n_masks, n_parts)
        Masks.

    Returns
    -------
    n_kept : ndarray of int of shape (n_masks,)
        Numbers from 0 to `n_parts`.

    See Also
    --------
    MaskSample : Masks in replicates.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.neighborhoods import n_kept
    >>> n_kept(np.array([[True, False], [False, False]]))
    array([1, 0])
    """
    # A product with ones is several times faster than a sum of booleans. It is exact up to
    # 2**24 parts.
    ones = np.ones(masks.shape[1], dtype=np.float32)
    counts: IntArray = (masks.astype(np.float32) @ ones).astype(np.intp)
    return counts


class MaskMoments(NamedTuple):
    """Expected weighted moments of a mask; equal for all parts, and for all pairs of parts.

    Attributes
    ----------
    total : float
        Expected weight.

    first : float
        Expected weight times the mask of a part.

    second : float
        Expected weight times the masks of two different parts.
    """

    total: float
    first: float
    second: float


@dataclass(frozen=True)
class MaskDistribution:
    """The distribution of the masks of a document.

    Attributes
    ----------
    n_parts : int
        Number of parts of the document, at least 1.

    keep : float, pair of float or None
        Probability with which each part is kept, independently of the others. A pair is a range:
        the probability of each mask is drawn uniformly from it. `None` for `lime`'s distribution:
        the number of removed parts is uniform on 1 to `n_parts`.

    See Also
    --------
    MaskSample : Masks drawn from a distribution.

    Examples
    --------
    >>> from sklime.neighborhoods import MaskDistribution
    >>> MaskDistribution(4).size_probabilities.tolist()
    [0.25, 0.25, 0.25, 0.25, 0.0]
    """

    n_parts: int
    keep: float | tuple[float, float] | None = None

    def __post_init__(self) -> None:
        # 2**n_parts and products of counts overflow in the integers of NumPy.
        object.__setattr__(self, "n_parts", index(self.n_parts))
        if isinstance(self.keep, tuple) and not 0.0 <= self.keep[0] < self.keep[1] <= 1.0:
            raise ValueError(
                f"keep={self.keep!r} is no range of probabilities; pass (low, high) with "
                "0 <= low < high <= 1, or one probability."
            )

    @property
    def size_probabilities(self) -> FloatArray:
        """Return the probabilities that 0, 1, ..., `n_parts` parts are kept."""
        counts = np.arange(self.n_parts + 1)
        if self.keep is None:
            return np.where(counts < self.n_parts, 1.0 / self.n_parts, 0.0)
        if isinstance(self.keep, tuple):
            return _mean_binomial(self.n_parts, *self.keep)
        probabilities: FloatArray = stats.binom.pmf(counts, self.n_parts, self.keep)
        return probabilities

    @property
    def n_possible(self) -> int:
        """Return the number of different masks."""
        return 1 << self.n_parts

    def moments(self, weights: FloatArray) -> MaskMoments:
        """Return expected weighted moments of a mask.

        Parameters
        ----------
        weights : ndarray of shape (n_parts + 1,)
            Weight of a mask, by the number of parts that it keeps.

        Returns
        -------
        moments : MaskMoments
            Exact moments, not estimates.
        """
        d, counts = self.n_parts, np.arange(self.n_parts + 1)
        weighted = self.size_probabilities * weights
        n_pairs = d * (d - 1) if d > 1 else 1
        return MaskMoments(
            float(weighted.sum()),
            float(weighted @ counts) / d,
            float(weighted @ (counts * (counts - 1.0))) / n_pairs,
        )

    def enumerated(self) -> tuple[BoolArray, FloatArray]:
        """Return all masks and their probabilities.

        Returns
        -------
        masks : ndarray of bool of shape (n_masks, n_parts)
            All masks whose probability is above zero.

        probabilities : ndarray of shape (n_masks,)
            Their sum is 1.
        """
        codes = np.arange(self.n_possible)
        masks = (codes[:, None] >> np.arange(self.n_parts)) & 1 == 1
        counts = masks.sum(axis=1)
        n_with_count = np.bincount(counts, minlength=self.n_parts + 1)
        probabilities = (self.size_probabilities / n_with_count)[counts]
        is_possible = probabilities > 0.0
        return masks[is_possible], probabilities[is_possible]

    def draw(self, strata: IntArray, n_strata: int, random: np.random.Generator) -> BoolArray:
        """Draw masks.

        Parameters
        ----------
        strata : ndarray of int of shape (n_masks,)
            Stratum of each mask: the range of the share of parts that it keeps.

        n_strata : int
            Number of strata, at least 1.

        random : numpy.random.Generator
            Generator of the random numbers.

        Returns
        -------
        masks : ndarray of bool of shape (n_masks, n_parts)
            Each mask follows the distribution.
        """
        shape = (len(strata), self.n_parts)
        if isinstance(self.keep, tuple):
            low, high = self.keep
            keep = low + (high - low) * (strata + random.random(len(strata))) / n_strata
            return random.random(shape, dtype=np.float32) < keep.astype(np.float32)[:, None]
        if self.keep is not None:
            return random.random(shape, dtype=np.float32) < np.float32(self.keep)
        # If parts are kept independently with a uniform probability, their number is uniform
        # on 0 to `n_parts`, and all sets of the same number are equally likely.
        share = ((strata + random.random(len(strata))) / n_strata).astype(np.float32)
        masks = random.random(shape, dtype=np.float32) < share[:, None]
        full = np.flatnonzero(n_kept(masks) == self.n_parts)
        while full.size:
            share = random.random((full.size, 1), dtype=np.float32)
            masks[full] = random.random((full.size, self.n_parts), dtype=np.float32) < share
            full = full[masks[full].all(axis=1)]
        return masks


@dataclass(frozen=True)
class MaskSample:
    """Masks in independent replicates, drawn block by block from a seed.

    Attributes
    ----------
    distribution : MaskDistribution
        Distribution of each mask.

    n_masks, n_replicates : int
        Number of masks in total, and of replicates.

    seed, stream : int
        Seed of the sample, and number of the stream; streams of one seed are independent.

    cached : list or None
        Blocks cached in memory; `None`: redrawn on each pass.

    probabilities : ndarray of shape (n_masks,) or None
        Probabilities of the masks if they are all possible masks; `None` for a sample.

    first_size : int or None
        Size of the sample before it was doubled, a multiple of `n_replicates`: each replicate
        begins with the masks of the smaller samples. `None`: drawn at once.

    See Also
    --------
    MaskDistribution : The distribution of the masks.

    Examples
    --------
    >>> from sklime.neighborhoods import MaskDistribution, MaskSample
    >>> sample = MaskSample.of(MaskDistribution(5), 64, 8, seed=0)
    >>> [block.shape for _, _, block in sample.blocks()][:2]
    [(8, 5), (8, 5)]
    """

    distribution: MaskDistribution
    n_masks: int
    n_replicates: int
    seed: int
    stream: int = 0
    cached: list[_Block] | None = None
    probabilities: FloatArray | None = None
    first_size: int | None = None

    def __post_init__(self) -> None:
        # Products of these counts overflow in the integers of NumPy.
        for name in ("n_masks", "n_replicates", "seed", "stream"):
            object.__setattr__(self, name, index(getattr(self, name)))

    @classmethod
    def all_of(cls, distribution: MaskDistribution) -> Self:
        """Return all possible masks, once each, in one replicate.

        Parameters
        ----------
        distribution : MaskDistribution
            Distribution of the masks.

        Returns
        -------
        sample : MaskSample
            The masks with their probabilities; sums over them are exact.
        """
        masks, probabilities = distribution.enumerated()
        block = 0, slice(0, len(masks)), masks
        return cls(distribution, len(masks), 1, 0, cached=[block], probabilities=probabilities)

    @classmethod
    def of(
        cls,
        distribution: MaskDistribution,
        n_masks: int,
        n_replicates: int,
        seed: int,
        stream: int = 0,
        first_size: int | None = None,
    ) -> Self:
        """Prepare a sample; draw and cache it if it is small.

        Parameters
        ----------
        distribution : MaskDistribution
            Distribution of each mask.

        n_masks, n_replicates : int
            Number of masks in total, and of replicates.

        seed, stream : int
            Seed of the sample, and number of the stream.

        first_size : int, default=None
            Size of the sample before it was doubled.

        Returns
        -------
        sample : MaskSample
            The sample.
        """
        sample = cls(distribution, n_masks, n_replicates, seed, stream, first_size=first_size)
        if sample.n_masks * distribution.n_parts > _MAX_CACHED_NUMBERS:
            return sample
        return replace(sample, cached=list(sample.blocks()))

    @property
    def is_exact(self) -> bool:
        """Tell whether these are all possible masks."""
        return self.probabilities is not None

    @property
    def bounds(self) -> tuple[int, ...]:
        """Return the first mask of each replicate, and the end of the last."""
        return replicate_bounds(self.n_masks, self.n_replicates)

    def blocks(self) -> Iterator[tuple[int, slice, BoolArray]]:
        """Yield the masks, block by block.

        Each block has its own generator: all passes give the same masks.

        Yields
        ------
        replicate : int
            Index of the replicate that the block belongs to.

        here : slice
            Range of these masks in the sample.

        masks : ndarray of bool of shape (n_masks, n_parts)
            The masks.
        """
        if self.cached is not None:
            yield from self.cached
            return
        sizes = self._stage_sizes()
        for replicate, offset in enumerate(self.bounds[:-1]):
            for stage, size in enumerate(sizes):
                first, end = replicate_bounds(size, self.n_replicates)[replicate : replicate + 2]
                for here, masks in self._drawn(replicate, stage, first, end):
                    shift = offset - first
                    yield replicate, slice(here.start + shift, here.stop + shift), masks
                offset += end - first

    def _stage_sizes(self) -> list[int]:
        """Return the numbers of masks that each doubling adds; the first sample comes first."""
        if self.first_size is None:
            return [self.n_masks]
        sizes = [self.first_size]
        while (total := sum(sizes)) < self.n_masks:
            sizes.append(total)
        return sizes

    def _drawn(
        self, replicate: int, stage: int, first: int, end: int
    ) -> Iterator[tuple[slice, BoolArray]]:
        """Draw the masks of one replicate that one doubling adds, in blocks."""
        step = min(max(_BLOCK_CELLS // self.distribution.n_parts, 1), _MAX_BLOCK_ROWS)
        path = self.stream, self.distribution.n_parts, replicate
        for start in range(first, end, step):
            here = slice(start, min(start + step, end))
            random = generator(self.seed, *path, start, *([stage] if stage else []))
            strata = _spread(np.arange(here.start - first, here.stop - first), end - first)
            yield here, self.distribution.draw(strata, end - first, random)


def _mean_binomial(n: int, low: float, high: float) -> FloatArray:
    """Return binomial probabilities, averaged over the probability of success from low to high.

    ``comb(n, k) * p**k * (1 - p)**(n - k)`` is the density of a beta distribution, divided by
    ``n + 1``; its integral is a difference of two values of that distribution.
    """
    counts = np.arange(n + 1)
    shapes = counts + 1.0, n - counts + 1.0
    masses: FloatArray = special.betainc(*shapes, high) - special.betainc(*shapes, low)
    return masses / ((n + 1) * (high - low))


def _spread(indices: IntArray, n_indices: int) -> IntArray:
    """Permute indices; the first ones of the new order are spread evenly over the range."""
    stride = max(1, round(_GOLDEN_RATIO * n_indices))
    # Only a stride without a common divisor visits every index once.
    while gcd(stride, n_indices) > 1:
        stride += 1
    spread: IntArray = indices * stride % n_indices
    return spread
