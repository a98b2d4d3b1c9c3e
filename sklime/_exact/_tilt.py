"""How the values of perturbed columns are distributed around rows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np

from sklime._exact._supports import Support
from sklime._exact._walk import Tilt
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray

__all__ = ["LEAST_KERNEL", "Around", "Tilts"]

# Mean weight of perturbed rows that counts as none. All of them together then weigh less than
# 1e-10 of the explained row, which counts as one of 5000: a sample loses them in rounding, and the
# penalty alone decides what a fit through the explained row is elsewhere.
LEAST_KERNEL = 2e-14


@dataclass(frozen=True)
class Around:
    """Distribution of the encoding around some rows.

    Attributes
    ----------
    tilt : Tilt
        Distribution of the values.

    means, variances : ndarray of shape (n_rows, n_columns)
        Of the encoding, under the kernel.

    kernel_means : ndarray of shape (n_rows,)
        Mean weight of a perturbed row; 0 where it is below `LEAST_KERNEL`.

    baselines : ndarray of shape (n_rows, n_columns)
        Mean encoding of the background.
    """

    tilt: Tilt
    means: FloatArray
    variances: FloatArray
    kernel_means: FloatArray
    baselines: FloatArray

    def __getitem__(self, rows: slice | IntArray) -> Self:
        """Return the distribution around some of the rows."""
        tilt = Tilt(**{item.name: getattr(self.tilt, item.name)[rows] for item in fields(Tilt)})
        others = {item.name: getattr(self, item.name) for item in fields(self)}
        del others["tilt"]
        return type(self)(tilt, **{name: array[rows] for name, array in others.items()})

    def with_constant(self) -> Self:
        """Return the distribution with one more column, which always keeps its value.

        Returns
        -------
        around : Around
            The new column comes after the others.
        """
        tilt = self.tilt
        wide = Tilt(
            own=_widened(tilt.own, 1.0),
            inside=_widened(tilt.inside, 0.0),
            outside=_widened(tilt.outside, 0.0),
            means=_widened(tilt.means, 1.0),
            encodings=_widened(tilt.encodings, 1.0),
            bins=_widened(tilt.bins, 0).astype(np.intp),
        )
        return type(self)(
            wide,
            _widened(self.means, 1.0),
            _widened(self.variances, 0.0),
            self.kernel_means,
            _widened(self.baselines, 1.0),
        )


def _widened(array: Array, value: float) -> Array:
    """Return an array with one more column."""
    return np.column_stack([array, np.full(len(array), value)])


@dataclass(frozen=True)
class Tilts:
    """A neighborhood that draws columns independently, and a kernel that is a product over them.

    A value is kept with probability p, else drawn from the background. A value in another bin
    gets the weight ``exp(-1 / (2 width**2))``: the exponential kernel of the Euclidean distance
    of encodings is a product of such factors.

    Attributes
    ----------
    supports : tuple of Support
        Background of each column.

    keep : ndarray of shape (n_columns,)
        Probability of keeping a value: 0 for a shared neighborhood, 1 for a fixed column.

    outside : float
        Weight of a value in another bin: 1 for the uniform kernel.

    score_weights : ndarray of shape (n_columns,) or None, default=None
        Mean weight of the background in each column of standard scores, whose support is
        weighted already; `None` for ones.
    """

    supports: tuple[Support, ...]
    keep: FloatArray
    outside: float
    score_weights: FloatArray | None = None

    @cached_property
    def is_binned(self) -> BoolArray:
        """Tell which columns have bins."""
        return np.array([support.is_binned for support in self.supports], dtype=bool)

    @cached_property
    def _score_moments(self) -> FloatArray:
        """Return mean and mean square of the encoding of columns of scores; 0 for bins."""
        moments = np.zeros((2, len(self.supports)))
        for index in np.flatnonzero(~self.is_binned):
            support = self.supports[index]
            moments[:, index] = support.scores.sum(), (support.scores**2 / support.weights).sum()
        return moments

    @cached_property
    def _bin_masses(self) -> tuple[FloatArray, Array]:
        """Return the masses of all bins of all columns, and where each column begins."""
        masses = [support.bin_masses() for support in self.supports]
        lengths = np.array([len(of_column) for of_column in masses])
        return np.concatenate([*masses, np.zeros(1)]), np.cumsum(lengths) - lengths

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields alone: what follows from them is computed again."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @classmethod
    def of(cls, supports: Sequence[Support], keep: FloatArray, outside: float) -> Self:
        """Return the tilts of a neighborhood.

        Parameters
        ----------
        supports : sequence of Support
            Background of each column.

        keep : ndarray of shape (n_columns,)
            Probability of keeping a value.

        outside : float
            Weight of a value in another bin.

        Returns
        -------
        tilts : Tilts
            The same for all rows.
        """
        return cls(tuple(supports), np.asarray(keep, dtype=np.float64), float(outside))

    def around(self, instance: Array) -> Around:
        """Return the distribution around some rows.

        Parameters
        ----------
        instance : ndarray of shape (n_rows, n_columns)
            Representation of the rows: bins, or standard scores.

        Returns
        -------
        around : Around
            Columns of scores must not be weighted: they take ``outside=1``.
        """
        n_bins = np.array([support.n_bins for support in self.supports])
        bins = np.where(self.is_binned, np.minimum(instance, n_bins), 0).astype(np.intp)
        masses, starts = self._bin_masses
        b, p = masses[starts + bins], self.keep
        of_scores = 1.0 if self.score_weights is None else self.score_weights
        weight = np.where(self.is_binned, b + (1.0 - b) * self.outside, of_scores)
        # The share of the background that is left after the kernel, for bins before it.
        rest = (1.0 - p) * np.where(self.is_binned, 1.0, of_scores)
        kernel_means = (p + (1.0 - p) * weight).prod(axis=1)
        kernel_means = np.where(kernel_means > LEAST_KERNEL, kernel_means, 0.0)
        # So far away that no weight is left, the shares are those of any small weight.
        rest = np.where(p + rest > 0.0, rest, 1.0)
        total = np.where(self.is_binned, p + (1.0 - p) * weight, p + rest)
        encodings = np.where(self.is_binned, 1.0, instance)
        score_means, score_squares = self._score_moments
        means = np.where(self.is_binned, p + rest * b, p * encodings + rest * score_means)
        squares = np.where(self.is_binned, means, p * encodings**2 + rest * score_squares)
        means, squares = means / total, squares / total
        inside = rest / total
        tilt = Tilt(p / total, inside, inside * self.outside, means, encodings, bins)
        # The probability of the other bins, not 1 minus the mean, which loses digits near 1.
        others = (1.0 - p) * (1.0 - b) * self.outside / total
        variances = np.where(self.is_binned, means * others, squares - means**2)
        variances = np.where(variances > _ROUNDING * squares, variances, 0.0)
        baselines = np.where(self.is_binned, b, score_means)
        return Around(tilt, means, variances, kernel_means, baselines)


# A variance below this share of the mean square is rounding error.
_ROUNDING = 1e-12
