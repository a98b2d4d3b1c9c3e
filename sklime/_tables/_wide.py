"""Wide tables: where known moments of the encoding take the place of Gram matrices."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from sklime._surrogates._evidence import EvidenceRules
from sklime._surrogates._local_fit import LocalFits
from sklime._surrogates._solvers import RidgeSolver, gram_solver
from sklime._tables._baseline import Baseline
from sklime._tables._encoding import TabularEncoder
from sklime._tables._known_moments import BinDistribution
from sklime._tables._sample import Sample
from sklime._tables._wide_fits import WideOptions, WideSamples, wide_fits
from sklime.kernels import Kernel, exponential_kernel, uniform_kernel, weight_of_one_change
from sklime.neighborhoods import AnchoredNeighborhood, BaseNeighborhood
from sklime.selection import SELECTORS, Selector
from sklime.utils._types import Array, FloatArray

__all__ = ["has_known_moments", "known_fits"]

# Perturbed rows, bin indicators, responses and kernel weights.
_Around = tuple[Any, Array, FloatArray, FloatArray | None]


class _Plan(Protocol):
    """The part of a `RowPlan` that wide tables need."""

    @property
    def neighborhood(self) -> BaseNeighborhood: ...
    @property
    def encoder(self) -> TabularEncoder: ...
    @property
    def sample(self) -> Sample: ...
    @property
    def kernel(self) -> Kernel: ...
    @property
    def width(self) -> float: ...
    @property
    def metric(self) -> str | Callable[..., float]: ...
    @property
    def select(self) -> Selector: ...
    @property
    def max_features(self) -> int: ...
    @property
    def surrogate(self) -> Any: ...
    @property
    def baseline(self) -> Baseline | None: ...


def has_known_moments(plan: _Plan) -> bool:
    """Tell whether rows are fitted to known moments of the encoding.

    Parameters
    ----------
    plan : RowPlan
        How rows are explained.

    Returns
    -------
    has_known_moments : bool
        True for a wide sample, if kernel, surrogate and selector are built-in.
    """
    is_product = plan.kernel is uniform_kernel or (
        plan.kernel is exponential_kernel and plan.metric == "euclidean"
    )
    is_known = plan.sample.wide is not None and is_product
    is_ridge = isinstance(gram_solver(plan.surrogate), RidgeSolver)
    return is_known and is_ridge and plan.select in SELECTORS.values()


def known_fits(
    plan: _Plan,
    around: _Around,
    instance: Array,
    instance_responses: FloatArray,
    response_units: FloatArray,
    rules: EvidenceRules,
    with_errors: bool,
) -> LocalFits | None:
    """Return the local fits of some rows from known moments.

    Parameters
    ----------
    plan : RowPlan
        How rows are explained.

    around : tuple of four ndarray
        Perturbed rows (a sparse table where rows stay sparse), bin indicators, responses and
        kernel weights.

    instance : ndarray of shape (n_rows, n_features)
        Representation of the explained rows.

    instance_responses, response_units : ndarray of shape (n_rows, n_outputs)
        Responses at the explained rows, and the units of all responses.

    rules : EvidenceRules
        Least numbers of perturbed rows for a weight.

    with_errors : bool
        Whether to compute standard errors and fidelity.

    Returns
    -------
    fits : LocalFits or None
        `None` where the moments are not known, or the table is not wide.
    """
    wide, solver = plan.sample.wide, gram_solver(plan.surrogate)
    if wide is None or not isinstance(solver, RidgeSolver) or not has_known_moments(plan):
        return None
    values, Z, F, w = around
    background_shares = wide.baseline.encodings(instance)
    # A fixed column always shares the bin.
    sharing = np.where(plan.encoder.can_change, background_shares, 1.0)
    anchored = plan.neighborhood
    keep = anchored.keep if isinstance(anchored, AnchoredNeighborhood) else 0.0
    tilt = weight_of_one_change(plan.kernel, plan.width)
    options = WideOptions(
        select=plan.select,
        max_features=plan.max_features,
        alpha=solver.alpha,
        is_default=plan.surrogate is None,
        has_baseline=plan.baseline is not None,
        has_controls=wide.has_controls,
        with_errors=with_errors,
    )
    samples = WideSamples(
        Z=Z,
        F=F,
        values=values,
        instance=instance,
        instance_responses=instance_responses,
        response_units=response_units,
        w=w,
        distribution=BinDistribution.of(sharing, keep, tilt),
        background_shares=background_shares,
        bins=wide.baseline.shares,
        is_relevant=wide.is_relevant,
    )
    return wide_fits(samples, plan.sample.bounds, plan.encoder, rules, options)
