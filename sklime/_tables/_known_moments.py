"""The distribution of bin indicators, where it is known: no Gram matrix has to be estimated.

Where the background draws each column on its own, the bin indicators Z of a perturbed row are
independent. With ``s = P(Z = 1)`` the expected Gram matrix of ``Z - s`` is diagonal, with entries
``s * (1 - s)``. A local fit then needs the covariances of response and indicators alone: time and
memory are linear in the number of columns, not quadratic. The explained row adds a matrix of rank
one, which the formula of Sherman and Morrison inverts.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from sklime._gram import Moments, diagonal_ridge
from sklime._surrogates._fit import LIME_N_PERTURBATIONS
from sklime.selection import (
    RANKING_ALPHA,
    Selector,
    all_features,
    checked_support,
    highest_weights,
    strongest,
)
from sklime.utils._types import BoolArray, FloatArray, IntArray

__all__ = ["BinDistribution", "DiagonalMoments", "supports"]

# A variance below this is that of a column that never changes.
_NEGLIGIBLE = 1e-12

# Number of candidates that selectors on Gram matrices choose from.
_MAX_CANDIDATES = 64


@dataclass(frozen=True)
class BinDistribution:
    """Distribution of the bin indicators of perturbed rows, weighted by the kernel.

    Attributes
    ----------
    shares : ndarray of shape (n_rows, n_features)
        Probability that a perturbed row shares the bin of the explained row.

    log_weights : ndarray of shape (n_rows,)
        Logarithm of the mean kernel weight. The mean itself may be below all floats.
    """

    shares: FloatArray
    log_weights: FloatArray

    @classmethod
    def of(cls, background_shares: FloatArray, keep: float, tilt: float) -> Self:
        """Return the distribution around some rows.

        Parameters
        ----------
        background_shares : ndarray of shape (n_rows, n_features)
            Share of the background in the bin of each explained row, in [0, 1].

        keep : float
            Probability that a value is kept; 0 where all values are replaced.

        tilt : float
            Factor of the kernel weight for each column in another bin; 1 for equal weights.

        Returns
        -------
        distribution : BinDistribution
            The kernel is a product over columns, so they stay independent.

        Examples
        --------
        >>> import numpy as np
        >>> from sklime._tables._known_moments import BinDistribution
        >>> BinDistribution.of(np.array([[0.5, 0.0]]), 0.0, 0.5).shares.round(3)
        array([[0.667, 0.   ]])
        """
        sharing = keep + (1.0 - keep) * background_shares
        weights = sharing + (1.0 - sharing) * tilt
        return cls(sharing / weights, np.log(weights).sum(axis=1))

    @property
    def variances(self) -> FloatArray:
        """Return the variance of each bin indicator."""
        variances: FloatArray = self.shares * (1.0 - self.shares)
        return np.where(variances > _NEGLIGIBLE, variances, 0.0)


@dataclass(frozen=True)
class DiagonalMoments:
    """Centered moments of a fit stack; their matrix is diagonal plus rank one.

    With the total weight ``W`` of the perturbed rows, the explained row of weight 1 and
    ``c = W / (W + 1)``, the matrix is ``W diag(v) + c u u'`` where ``u = 1 - s``.

    Attributes
    ----------
    diagonal : ndarray of shape (n_features,)
        ``W * v``, the scatter of the perturbed rows.

    row_factors : ndarray of shape (n_fits,)
        ``c``; 0 for the fit without the explained row.

    offsets : ndarray of shape (n_features,)
        ``u``; 0 for a column that never changes.

    Zf : ndarray of shape (n_fits, n_outputs, n_features)
        Cross-moments of encoding and response.

    ff : ndarray of shape (n_fits, n_outputs)
        Scatter of the response.
    """

    diagonal: FloatArray
    row_factors: FloatArray
    offsets: FloatArray
    Zf: FloatArray
    ff: FloatArray

    @classmethod
    def of(
        cls,
        distribution: BinDistribution,
        covariances: FloatArray,
        variances: FloatArray,
        gaps: FloatArray,
        has_row: BoolArray,
    ) -> Self:
        """Build the moments of one explained row.

        Parameters
        ----------
        distribution : BinDistribution
            Of this row alone.

        covariances : ndarray of shape (n_fits, n_outputs, n_features)
            Covariances of response and bin indicators.

        variances : ndarray of shape (n_fits, n_outputs)
            Variances of the response.

        gaps : ndarray of shape (n_fits, n_outputs)
            Response at the explained row minus the mean response.

        has_row : ndarray of bool of shape (n_fits,)
            Fits that the explained row takes part in.

        Returns
        -------
        moments : DiagonalMoments
            Weights add up as in a sample of lime's size.
        """
        total = LIME_N_PERTURBATIONS * np.exp(distribution.log_weights[0])
        v = distribution.variances[0]
        offsets = np.where(v > 0.0, 1.0 - distribution.shares[0], 0.0)
        factors = np.where(has_row, total / (total + 1.0), 0.0)
        Zf = total * covariances + (factors[:, None] * gaps)[..., None] * offsets
        Zf *= v > 0.0
        ff = total * np.maximum(variances, 0.0) + factors[:, None] * gaps**2
        return cls(total * v, factors, offsets, Zf, ff)

    def ridge(
        self, support: BoolArray | None, alpha: float, full_scatter: float = 0.0
    ) -> FloatArray:
        """Solve the ridge regressions.

        Parameters
        ----------
        support : ndarray of bool of shape (n_fits, n_outputs, n_features), or None
            Features of each fit; `None` for all.

        alpha : float
            Penalty on the squared coefficients, at least 0.

        full_scatter : float, default=0.0
            A feature with less scatter than this gets a smaller penalty, in proportion.

        Returns
        -------
        coefficients : ndarray of shape (n_fits, n_outputs, n_features)
            Zero outside the support.
        """
        everywhere = np.ones(self.Zf.shape, dtype=bool) if support is None else support
        return diagonal_ridge(
            self.diagonal,
            self.row_factors[:, None, None],
            self.offsets,
            self.Zf,
            everywhere & (self.diagonal > 0.0),
            alpha,
            full_scatter,
        )

    def without(self, features: BoolArray) -> Self:
        """Return the moments with zero for some features."""
        keeps = ~features
        return type(self)(
            self.diagonal * keeps,
            self.row_factors,
            self.offsets * keeps,
            self.Zf * keeps,
            self.ff,
        )

    def take(self, fits: slice) -> Self:
        """Return the moments of some fits."""
        return type(self)(
            self.diagonal, self.row_factors[fits], self.offsets, self.Zf[fits], self.ff[fits]
        )

    def gram_of(self, features: IntArray) -> Moments:
        """Return the moments of some features with their matrices.

        Parameters
        ----------
        features : ndarray of int
            Indices of a few features.

        Returns
        -------
        moments : Moments
            As selectors take them.
        """
        u = self.offsets[features]
        ZZ = np.diag(self.diagonal[features]) + self.row_factors[:, None, None] * np.outer(u, u)
        return Moments(ZZ[:, None], self.Zf[..., features], self.ff)


def supports(
    moments: DiagonalMoments, distances: FloatArray, select: Selector, max_features: int
) -> BoolArray:
    """Return the features that a built-in selector keeps.

    Parameters
    ----------
    moments : DiagonalMoments
        Moments of the fits of one row.

    distances : ndarray of shape (n_features,)
        Factors by which weights are multiplied to rank them.

    select : callable
        One of the built-in selectors.

    max_features : int
        Maximum number of features.

    Returns
    -------
    support : ndarray of bool of shape (n_fits, n_outputs, n_features)
        As from `select` with the whole matrix; "forward" and "lasso_path" choose from the
        features that explain most on their own.
    """
    if select is all_features:
        return np.ones(moments.Zf.shape, dtype=bool)
    if select is highest_weights:
        return strongest(np.abs(moments.ridge(None, RANKING_ALPHA) * distances), max_features)
    divisor = np.sqrt(np.where(moments.diagonal > 0.0, moments.diagonal, np.inf))
    scores = np.abs(moments.Zf) / divisor
    n_each = max(_MAX_CANDIDATES, min(max_features, moments.diagonal.size))
    most = np.argsort(-scores, axis=-1, kind="stable")[..., :n_each]
    candidates = np.unique(most)
    of_candidates = moments.gram_of(candidates)
    support = np.zeros(moments.Zf.shape, dtype=bool)
    chosen = select(of_candidates, distances[candidates], max_features)
    support[..., candidates] = checked_support(chosen, of_candidates)
    return support
