"""The required precision of weights, by which samples are doubled until it is reached."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from operator import index
from typing import Literal, TypeAlias

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklime._surrogates._fit import Fit
from sklime.utils._intervals import half_widths
from sklime.utils._replicates import spread_out, top_features
from sklime.utils._text import listed
from sklime.utils._types import Array, BoolArray, FloatArray, IntArray
from sklime.utils._warnings import warn

__all__ = ["CRITERIA", "MIN_REPLICATES_AUTO", "Precision", "sample_sizes", "warn_imprecise"]

# With few replicates a standard error is too often small by chance. Doubling would stop there
# and report intervals that are too narrow.
MIN_REPLICATES_AUTO = 16

# Perturbations per replicate of the first sample.
FIRST_REPLICATE_SIZE = 16

# Number of strongest features that must agree between replicates.
N_TOP_FEATURES = 5


def sample_sizes(n_replicates: int, max_perturbations: int) -> list[int]:
    """Return the sizes of samples to try; each is twice the previous one.

    Parameters
    ----------
    n_replicates : int
        Number of replicates.

    max_perturbations : int
        Largest size.

    Returns
    -------
    sizes : list of int
        At least one size.

    Raises
    ------
    ValueError
        If the first size is larger than the largest.

    Examples
    --------
    >>> from sklime._surrogates._precision import sample_sizes
    >>> sample_sizes(16, 2000)
    [256, 512, 1024]
    """
    # A small integer type of NumPy would overflow when a size is doubled.
    n_replicates, max_perturbations = index(n_replicates), index(max_perturbations)
    sizes = [FIRST_REPLICATE_SIZE * n_replicates]
    if sizes[0] > max_perturbations:
        raise ValueError(
            f"max_perturbations={max_perturbations} is less than the {sizes[0]} perturbations "
            f"that n_perturbations='auto' begins with ({FIRST_REPLICATE_SIZE} for each of "
            f"{n_replicates} replicates); raise it or pass a number as n_perturbations."
        )
    while 2 * sizes[-1] <= max_perturbations:
        sizes.append(2 * sizes[-1])
    return sizes


def _largest_half_widths(fit: Fit, n_replicates: int, is_comparable: bool) -> FloatArray:
    """Return the largest half-width of each fit, relative to its largest weight."""
    widths: FloatArray = half_widths(fit.standard_errors, n_replicates)
    widths = np.nan_to_num(widths).max(axis=1)
    largest = np.abs(fit.values).max(axis=1)
    if is_comparable:
        largest = largest.max(axis=1, keepdims=True)
    relative = np.divide(widths, largest, out=np.zeros_like(widths), where=largest > 0.0)
    largest_of_row: FloatArray = relative.max(axis=1)
    return largest_of_row


def _disagreement(fit: Fit, n_replicates: int, is_comparable: bool) -> FloatArray:
    """Return one minus the mean Jaccard index with the strongest features of other seeds."""
    reported = top_features(fit.values, N_TOP_FEATURES, axis=1)[:, None]
    others = top_features(spread_out(fit.reselected_values), N_TOP_FEATURES, axis=2)
    n_either = (reported | others).sum(axis=2)
    n_both = (reported & others).sum(axis=2)
    jaccard: FloatArray = np.divide(n_both, n_either, out=np.ones(n_both.shape), where=n_either > 0)
    disagreement: FloatArray = 1.0 - jaccard.mean(axis=1).min(axis=1)
    return disagreement


_Criterion: TypeAlias = Callable[[Fit, int, bool], FloatArray]

CRITERIA: dict[str, _Criterion] = {
    "half_width": _largest_half_widths,
    "top_features": _disagreement,
}


@dataclass(frozen=True)
class Precision:
    """Required precision of the weights.

    Attributes
    ----------
    criterion : {"half_width", "top_features"}
        Measure of the precision.

    tol : float
        Largest allowed value of the measure.

    n_replicates : int
        Number of replicates.

    is_comparable : bool
        Whether weights of several outputs have the same unit, as for classes.

    max_perturbations : int
        Largest size of a sample.
    """

    criterion: Literal["half_width", "top_features"]
    tol: float
    n_replicates: int
    is_comparable: bool
    max_perturbations: int

    @cached_property
    def sizes(self) -> list[int]:
        """Return the sizes of samples to try."""
        return sample_sizes(self.n_replicates, self.max_perturbations)

    def is_reached(self, fit: Fit) -> BoolArray:
        """Tell which fits are precise enough.

        Parameters
        ----------
        fit : Fit
            Fits of several instances, with errors.

        Returns
        -------
        is_reached : ndarray of bool of shape (n_instances,)
            True for fits whose measure is at most `tol`. The measure knows nothing of missing
            answers, or of features with too few perturbations.
        """
        measured = CRITERIA[self.criterion](fit, self.n_replicates, self.is_comparable)
        is_precise: BoolArray = measured <= self.tol
        return is_precise


def warn_imprecise(
    precision: Precision,
    is_imprecise: BoolArray,
    n_perturbations: IntArray,
    labels: Array,
    nouns: tuple[str, str] = ("rows", "perturbed rows"),
) -> None:
    """Warn of instances that are not as precise as required.

    Parameters
    ----------
    precision : Precision
        Required precision.

    is_imprecise : ndarray of bool of shape (n_instances,)
        Instances to warn of.

    n_perturbations : ndarray of int of shape (n_instances,)
        Number of perturbations of each instance.

    labels : ndarray of shape (n_instances,)
        Labels of the instances.

    nouns : pair of str, default=("rows", "perturbed rows")
        What instances and perturbations are called.
    """
    if is_imprecise.any():
        warn(
            f"tol={precision.tol} (criterion={precision.criterion!r}) is not reached with "
            f"{n_perturbations[is_imprecise].max()} {nouns[1]} for {nouns[0]} "
            f"{listed(labels[is_imprecise])}. Raise max_perturbations or tol, or accept "
            "their wider intervals.",
            ConvergenceWarning,
        )
