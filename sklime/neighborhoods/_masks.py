"""The neighborhood of a document: which of its parts are kept, as 0/1 masks.

All distributions here treat parts alike: given how many parts are kept, any set of that size is as
likely as any other. Whatever depends on a mask through that number alone, as the distance to
the whole document does, is a table; and expected moments of masks have a closed form.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy import stats

from sklime.neighborhoods._points import replicate_bounds
from sklime.utils._random import generator

__all__ = ["MaskDistribution", "MaskMoments", "MaskSample", "n_kept"]

# Numbers drawn at a time: masks come in blocks, so that long documents need little memory.
_BLOCK_CELLS = 2**21
_MAX_BLOCK_ROWS = 2048

# Strides of this share of a range come nowhere near where they have been before.
_GOLDEN_RATIO = (np.sqrt(5.0) - 1.0) / 2.0

# Masks of up to this many cells are kept, not drawn again each time they are needed.
_MAX_KEPT_CELLS = 2**25


def n_kept(masks):
    """Count the parts that masks keep.

    Parameters
    ----------
    masks : ndarray of bool of shape (n_masks, n_parts)
        Masks.

    Returns
    -------
    n_kept : ndarray of int of shape (n_masks,)
        Numbers from 0 to `n_parts`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklime.neighborhoods import n_kept
    >>> n_kept(np.array([[True, False], [False, False]]))
    array([1, 0])
    """
    # A product with ones is several times faster than a sum of booleans, and exact.
    ones = np.ones(masks.shape[1], dtype=np.float32)
    return (masks.astype(np.float32) @ ones).astype(np.intp)


class MaskMoments(NamedTuple):
    """Expected weighted moments of a mask; those of all parts, and of all pairs, are equal.

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

    keep : float or None
        Probability with which each part is kept, independently of the others. `None` for
        `lime`'s distribution: the number of removed parts is uniform on 1 to `n_parts`.

    Examples
    --------
    >>> from sklime.neighborhoods import MaskDistribution
    >>> MaskDistribution(4).size_probabilities.tolist()
    [0.25, 0.25, 0.25, 0.25, 0.0]
    """

    n_parts: int
    keep: float | None = None

    @property
    def size_probabilities(self):
        """Return how likely it is that 0, 1, ..., `n_parts` parts are kept."""
        sizes = np.arange(self.n_parts + 1)
        if self.keep is None:
            return np.where(sizes < self.n_parts, 1.0 / self.n_parts, 0.0)
        return stats.binom.pmf(sizes, self.n_parts, self.keep)

    @property
    def n_possible(self):
        """Return the number of masks that there are."""
        return 2**self.n_parts

    def moments(self, weights):
        """Return expected weighted moments of a mask.

        Parameters
        ----------
        weights : ndarray of shape (n_parts + 1,)
            Weight of a mask, by the number of parts that it keeps.

        Returns
        -------
        moments : MaskMoments
            Exact.
        """
        d, sizes = self.n_parts, np.arange(self.n_parts + 1)
        weighted = self.size_probabilities * weights
        pairs = d * (d - 1) if d > 1 else 1
        return MaskMoments(
            float(weighted.sum()),
            float(weighted @ sizes) / d,
            float(weighted @ (sizes * (sizes - 1.0))) / pairs,
        )

    def enumerated(self):
        """Return all masks and their probabilities.

        Returns
        -------
        masks : ndarray of bool of shape (n_masks, n_parts)
            Masks of probability zero are left out.

        probabilities : ndarray of shape (n_masks,)
            They add up to 1.
        """
        codes = np.arange(2**self.n_parts)
        masks = (codes[:, None] >> np.arange(self.n_parts)) & 1 == 1
        sizes = masks.sum(axis=1)
        n_of_size = np.bincount(sizes, minlength=self.n_parts + 1)
        probabilities = (self.size_probabilities / n_of_size)[sizes]
        possible = probabilities > 0.0
        return masks[possible], probabilities[possible]

    def draw(self, strata, n_strata, random):
        """Draw masks.

        Parameters
        ----------
        strata : ndarray of int of shape (n_masks,)
            Which stratum each mask belongs to, for the share of parts that it keeps.

        n_strata : int
            Number of strata, at least 1.

        random : numpy.random.Generator
            What to draw from.

        Returns
        -------
        masks : ndarray of bool of shape (n_masks, n_parts)
            Each of them follows the distribution.
        """
        shape = (len(strata), self.n_parts)
        if self.keep is not None:
            return random.random(shape, dtype=np.float32) < np.float32(self.keep)
        # Kept independently with a probability that is itself uniform, the number of kept
        # parts is uniform on 0 to `n_parts`, and the set of them uniform given the number.
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
    distribution : MaskLaw
        Distribution of each mask.

    n_masks, n_replicates : int
        Size of the sample.

    seed, stream : int
        What it is drawn from; streams are independent.

    kept : list or None
        Blocks, where they are few enough to be kept.

    probabilities : ndarray of shape (n_masks,) or None
        Of the masks, where those are all that there are; `None` for a sample.

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
    kept: list | None = None
    probabilities: np.ndarray | None = None

    @classmethod
    def all_of(cls, distribution):
        """Take all masks that there are, once each, in one replicate.

        Parameters
        ----------
        distribution : MaskLaw
            Distribution of the masks.

        Returns
        -------
        sample : MaskSample
            No sample any more: exact.
        """
        masks, probabilities = distribution.enumerated()
        block = 0, slice(0, len(masks)), masks
        return cls(distribution, len(masks), 1, 0, kept=[block], probabilities=probabilities)

    @classmethod
    def of(cls, distribution, n_masks, n_replicates, seed, stream=0):
        """Prepare a sample, and draw it at once where it is small.

        Parameters
        ----------
        distribution : MaskLaw
            Distribution of each mask.

        n_masks, n_replicates : int
            Size of the sample.

        seed, stream : int
            What it is drawn from.

        Returns
        -------
        sample : MaskSample
            The sample.
        """
        sample = cls(distribution, n_masks, n_replicates, seed, stream)
        if n_masks * distribution.n_parts > _MAX_KEPT_CELLS:
            return sample
        return cls(distribution, n_masks, n_replicates, seed, stream, kept=list(sample.blocks()))

    @property
    def is_exact(self):
        """Tell whether these are all masks that there are."""
        return self.probabilities is not None

    @property
    def bounds(self):
        """Return the first mask of each replicate, and the end of the last."""
        return replicate_bounds(self.n_masks, self.n_replicates)

    def blocks(self):
        """Yield the masks, block by block.

        Blocks depend on the sample alone, so that masks are the same whoever asks.

        Yields
        ------
        replicate : int
            Which replicate the block belongs to.

        here : slice
            Where it is in the sample.

        masks : ndarray of bool of shape (n_masks, n_parts)
            The masks.
        """
        if self.kept is not None:
            yield from self.kept
            return
        step = int(np.clip(_BLOCK_CELLS // self.distribution.n_parts, 1, _MAX_BLOCK_ROWS))
        bounds = self.bounds
        for replicate, (first, end) in enumerate(pairwise(bounds)):
            for start in range(first, end, step):
                here = slice(start, min(start + step, end))
                random = generator(
                    self.seed, self.stream, self.distribution.n_parts, replicate, start
                )
                strata = _spread(np.arange(here.start - first, here.stop - first), end - first)
                yield replicate, here, self.distribution.draw(strata, end - first, random)


def _spread(indices, n_indices):
    """Visit all indices in an order whose beginnings are spread evenly over them."""
    stride = max(1, round(_GOLDEN_RATIO * n_indices))
    while np.gcd(stride, n_indices) > 1:
        stride += 1
    return indices * stride % n_indices
