"""Surrogates that Gram matrices solve, for all rows, fits and outputs at once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

import numpy as np
from sklearn.linear_model import ElasticNet, Lasso, LassoLars, LinearRegression, Ridge

from sklime._gram import Moments, on_support, ridge_coefficients
from sklime.utils._types import BoolArray, FloatArray

__all__ = [
    "ElasticNetSolver",
    "RidgeSolver",
    "Solver",
    "elastic_net",
    "gram_solver",
    "penalty_text",
]

# Coordinate descent makes this many sweeps in the first round, and twice as many in each next
# one. Nearly collinear features may need more rounds than these; such problems go, one by one,
# to an active set search, whose number of steps does not depend on collinearity.
_FIRST_SWEEPS = 4
_MAX_ROUNDS = 6

# Numbers in the matrices of one block of problems.
_BLOCK_NUMBERS = 2**18

# Most steps of that search per feature. Only rounding could make it cycle.
_MAX_CHANGES_PER_FEATURE = 20

# A problem is solved where no gradient is off by more than this share of the largest that the
# scatter of feature and response allows.
_MAX_VIOLATION = 1e-11

# Added to the diagonal, as a share of its largest entry: equal features would make the matrix
# singular.
_JITTER = 1e-13


@dataclass(frozen=True)
class RidgeSolver:
    """Ridge regression with penalty `alpha`, which is 0 for ordinary least squares.

    Attributes
    ----------
    alpha : float
        Penalty on the squared coefficients.

    full_scatter : float, default=0.0
        A feature with less scatter than this gets a smaller penalty, in proportion.
    """

    alpha: float
    full_scatter: float = 0.0
    is_sparse = False

    def in_units(self, response_units: FloatArray) -> Self:
        """Return the solver of responses that were divided by units.

        Parameters
        ----------
        response_units : ndarray, broadcastable to the shape of ``moments.ff``
            The units.

        Returns
        -------
        solver : RidgeSolver
            The same: coefficients are in proportion to the responses.
        """
        return self

    def __call__(
        self, moments: Moments, support: BoolArray, total_weights: FloatArray
    ) -> FloatArray:
        """Return the coefficients, zero outside the support.

        Parameters
        ----------
        moments : Moments
            Centered moments of a stack of fits.

        support : ndarray of bool of the shape of ``moments.Zf``
            Features that take part.

        total_weights : ndarray, broadcastable to the shape of ``moments.ff``
            Ignored: the penalty is absolute.

        Returns
        -------
        coefficients : ndarray of the shape of ``moments.Zf``
            Slopes.
        """
        return ridge_coefficients(moments, support, self.alpha, self.full_scatter)


@dataclass(frozen=True)
class ElasticNetSolver:
    """Elastic net: penalties on the absolute values and on the squares of the coefficients.

    Attributes
    ----------
    l1, l2 : float
        Penalties on ``|b|`` and on ``b**2 / 2``; the first may be an array that broadcasts
        against ``moments.ff``.

    positive : bool
        Whether coefficients must not be negative.

    is_relative : bool
        Whether the penalties are per unit of weight, as in `Lasso`, or absolute, as in
        `Ridge`.
    """

    l1: float | FloatArray
    l2: float
    positive: bool
    is_relative: bool
    is_sparse = True

    def in_units(self, response_units: FloatArray) -> Self:
        """Return the solver of responses that were divided by units.

        Parameters
        ----------
        response_units : ndarray, broadcastable to the shape of ``moments.ff``
            The units.

        Returns
        -------
        solver : ElasticNetSolver
            With the penalty on ``|b|`` in the same units.
        """
        if (response_units == 1.0).all():
            return self
        return replace(self, l1=self.l1 / response_units)

    def __call__(
        self, moments: Moments, support: BoolArray, total_weights: FloatArray
    ) -> FloatArray:
        """Return the coefficients, zero outside the support.

        Parameters
        ----------
        moments : Moments
            Centered moments of a stack of fits.

        support : ndarray of bool of the shape of ``moments.Zf``
            Features that take part.

        total_weights : ndarray, broadcastable to the shape of ``moments.ff``
            Sums of the weights of each fit.

        Returns
        -------
        coefficients : ndarray of the shape of ``moments.Zf``
            Slopes, zero also where the penalty makes them so.
        """
        unit = np.broadcast_to(total_weights if self.is_relative else 1.0, moments.ff.shape)
        return on_support(
            moments,
            support,
            lambda ZZ, Zf: elastic_net(
                ZZ, Zf, moments.ff, self.l1 * unit, self.l2 * unit, positive=self.positive
            ),
        )


# Solves a stack of fits: from moments, support and total weights to coefficients.
Solver: TypeAlias = RidgeSolver | ElasticNetSolver


def elastic_net(
    ZZ: FloatArray,
    Zf: FloatArray,
    ff: FloatArray,
    l1: FloatArray,
    l2: FloatArray,
    *,
    positive: bool = False,
) -> FloatArray:
    """Minimize ``b' ZZ b / 2 - Zf' b + l1 |b| + l2 b' b / 2`` for a stack of problems.

    Coordinate descent finds the signs ``s`` of the coefficients, for all problems at a time.
    With known signs the minimum solves ``(ZZ + l2 I) b = Zf - l1 s`` on the coefficients that
    are not zero. This solution is exact, and the stopping rule leaves no error in it.

    Parameters
    ----------
    ZZ : ndarray of shape (..., n_features, n_features)
        Scatter of the features; axes of length 1 broadcast against those of `Zf`.

    Zf : ndarray of shape (..., n_features)
        Cross-moments of features and response.

    ff : ndarray of shape (...)
        Scatter of the response.

    l1, l2 : ndarray of shape (...)
        Penalties, at least 0.

    positive : bool, default=False
        Whether coefficients must not be negative.

    Returns
    -------
    coefficients : ndarray of shape (..., n_features)
        One minimum per problem.
    """
    shape = Zf.shape
    # Problems are gathered block by block: outputs share their matrices until then.
    ZZ = np.broadcast_to(ZZ, (*shape, shape[-1]))
    coefficients = np.empty(shape)
    n_problems = coefficients[..., 0].size
    step = max(1, _BLOCK_NUMBERS // max(1, shape[-1] ** 2))
    for start in range(0, n_problems, step):
        problems = np.arange(start, min(start + step, n_problems))
        block = np.unravel_index(problems, shape[:-1])
        penalized = ZZ[block] + l2[block][:, None, None] * np.eye(shape[-1])
        tolerance = _MAX_VIOLATION * np.sqrt(
            np.diagonal(penalized, axis1=1, axis2=2) * ff[block][:, None]
        )
        coefficients[block] = _minima(penalized, Zf[block], l1[block][:, None], positive, tolerance)
    return coefficients


def _minima(
    ZZ: FloatArray, Zf: FloatArray, l1: FloatArray, positive: bool, tolerance: FloatArray
) -> FloatArray:
    """Minimize a block of problems: all at a time, then those without solution one by one."""
    coefficients = np.zeros(Zf.shape)
    unsolved = np.arange(len(Zf))
    for number in range(_MAX_ROUNDS):
        problem = ZZ[unsolved], Zf[unsolved], l1[unsolved], positive
        b = _descend(*problem, coefficients[unsolved], _FIRST_SWEEPS * 2**number)
        exact = _with_known_signs(*problem, b)
        is_solved = _is_minimum(*problem, exact, tolerance[unsolved])
        b[is_solved] = exact[is_solved]
        is_solved |= _is_minimum(*problem, b, tolerance[unsolved])
        coefficients[unsolved] = b
        unsolved = unsolved[~is_solved]
        if unsolved.size == 0:
            break
    for index in unsolved:
        coefficients[index] = _search_signs(
            ZZ[index], Zf[index], l1[index, 0], positive, coefficients[index], tolerance[index]
        )
    return coefficients


def _descend(
    ZZ: FloatArray,
    Zf: FloatArray,
    l1: FloatArray,
    positive: bool,
    start: FloatArray,
    n_sweeps: int,
) -> FloatArray:
    """Minimize along one coordinate after the other.

    With ``g = Zf - ZZ b``, the minimum along coordinate ``j`` is
    ``sign(a) max(|a| - l1, 0) / ZZ[j, j]``, where ``a = g[j] + ZZ[j, j] b[j]``.
    """
    # Problems are the last axis, so that each step is on neighbors in memory.
    ZZ, b, l1 = np.ascontiguousarray(ZZ.transpose(1, 2, 0)), start.T.copy(), l1[:, 0]
    gradient = Zf.T - np.einsum("jkm,km->jm", ZZ, b)
    varies = np.einsum("jjm->jm", ZZ) > 0.0
    curvature = np.where(varies, np.einsum("jjm->jm", ZZ), 1.0)
    for _ in range(n_sweeps):
        for j in range(len(b)):
            alone = gradient[j] + curvature[j] * b[j]
            shrunk = np.maximum((alone if positive else np.abs(alone)) - l1, 0.0)
            moved = np.where(varies[j], np.copysign(shrunk, alone) / curvature[j], 0.0)
            gradient -= ZZ[j] * (moved - b[j])
            b[j] = moved
    return b.T.copy()


def _with_known_signs(
    ZZ: FloatArray, Zf: FloatArray, l1: FloatArray, positive: bool, b: FloatArray
) -> FloatArray:
    """Return the minimum if it has the signs of `b`; NaN where a sign differs."""
    is_active = b != 0.0
    n_features = b.shape[1]
    jitter = _JITTER * np.diagonal(ZZ, axis1=1, axis2=2).max(axis=1, initial=0.0)
    equations = ZZ + jitter[:, None, None] * np.eye(n_features)
    equations = np.where(
        is_active[:, :, None] & is_active[:, None, :], equations, np.eye(n_features)
    )
    right_side = np.where(is_active, Zf - l1 * np.sign(b), 0.0)
    exact = np.linalg.solve(equations, right_side[..., None])[..., 0]
    return np.where(np.sign(exact) == np.sign(b), exact, np.nan)


def _is_minimum(
    ZZ: FloatArray,
    Zf: FloatArray,
    l1: FloatArray,
    positive: bool,
    b: FloatArray,
    tolerance: FloatArray,
) -> BoolArray:
    """Tell which problems are solved, by the conditions of Karush, Kuhn and Tucker.

    With ``g = Zf - ZZ b``: ``g = l1 sign(b)`` where ``b`` is not zero, ``|g| <= l1`` elsewhere.
    """
    gradient = Zf - (ZZ @ b[..., None])[..., 0]
    at_zero = np.maximum((gradient if positive else np.abs(gradient)) - l1, 0.0)
    violation = np.where(b == 0.0, at_zero, np.abs(gradient - l1 * np.sign(b)))
    is_minimum: BoolArray = np.logical_and.reduce(violation <= tolerance, axis=1)
    return is_minimum


def _search_signs(
    ZZ: FloatArray,
    Zf: FloatArray,
    l1: float,
    positive: bool,
    b: FloatArray,
    tolerance: FloatArray,
) -> FloatArray:
    """Minimize one problem by adding and dropping one feature at a time.

    This is the active set method of non-negative least squares. A feature enters with the sign
    of its gradient. Then the equations of the present signs are solved. If a coefficient
    changes its sign on the way to their solution, it stops at zero and its feature leaves.
    """
    signs = np.sign(b)
    for _ in range(_MAX_CHANGES_PER_FEATURE * b.size):
        active = np.flatnonzero(signs)
        if active.size:
            matrix = ZZ[np.ix_(active, active)]
            jitter = _JITTER * matrix.diagonal().max() * np.eye(active.size)
            target = np.linalg.solve(matrix + jitter, Zf[active] - l1 * signs[active])
            crosses = np.flatnonzero(target * signs[active] <= 0.0)
            if crosses.size:
                step = b[active] / np.where(target == b[active], 1.0, b[active] - target)
                first = crosses[np.argmin(step[crosses])]
                b[active] += step[first] * (target - b[active])
                b[active[first]] = signs[active[first]] = 0.0
                continue
            b[active] = target
        gradient = Zf - ZZ @ b
        excess = (gradient if positive else np.abs(gradient)) - l1 - tolerance
        entering = np.argmax(np.where(signs == 0.0, excess, -np.inf))
        if signs[entering] != 0.0 or excess[entering] <= 0.0:
            break
        signs[entering] = np.sign(gradient[entering])
    return b


def _ridge(surrogate: Any) -> Solver | None:
    if np.ndim(surrogate.alpha) > 0:
        return None
    if surrogate.positive:
        return ElasticNetSolver(0.0, float(surrogate.alpha), positive=True, is_relative=False)
    return RidgeSolver(float(surrogate.alpha))


def _least_squares(surrogate: Any) -> Solver:
    if surrogate.positive:
        return ElasticNetSolver(0.0, 0.0, positive=True, is_relative=False)
    return RidgeSolver(0.0)


def _lasso(surrogate: Any) -> Solver:
    return _lasso_or_ridge(surrogate.alpha, 1.0, surrogate.positive)


def _elastic_net(surrogate: Any) -> Solver:
    return _lasso_or_ridge(surrogate.alpha, surrogate.l1_ratio, surrogate.positive)


def _lasso_or_ridge(alpha: float, l1_ratio: float, positive: bool) -> Solver:
    if alpha == 0.0 and not positive:
        return RidgeSolver(0.0)
    return ElasticNetSolver(
        float(alpha * l1_ratio), float(alpha * (1.0 - l1_ratio)), bool(positive), is_relative=True
    )


# By exact type, because a subclass may have another objective. `LassoLars` has that of `Lasso`.
_SOLVERS: dict[type, Callable[[Any], Solver | None]] = {
    Ridge: _ridge,
    LinearRegression: _least_squares,
    Lasso: _lasso,
    LassoLars: _lasso,
    ElasticNet: _elastic_net,
}


def penalty_text(surrogate: Any) -> str | None:
    """Name a surrogate by its penalty, if that may set all weights to 0.

    Parameters
    ----------
    surrogate : estimator or None
        Regressor.

    Returns
    -------
    text : str or None
        `None` without such a penalty, or without a parameter ``alpha``.

    Examples
    --------
    >>> from sklearn.linear_model import Lasso, Ridge
    >>> from sklime._surrogates._solvers import penalty_text
    >>> penalty_text(Lasso()), penalty_text(Ridge())
    ('Lasso(alpha=1.0)', None)
    """
    solver = gram_solver(surrogate)
    if surrogate is None or (solver is not None and not solver.is_sparse):
        return None
    parameters = surrogate.get_params().items()
    penalties = [f"{name}={value}" for name, value in parameters if name.split("__")[-1] == "alpha"]
    return f"{type(surrogate).__name__}({penalties[0]})" if penalties else None


def gram_solver(surrogate: Any) -> Solver | None:
    """Return the solver of a surrogate from Gram matrices.

    Parameters
    ----------
    surrogate : estimator or None
        `None` stands for ``Ridge(alpha=1.0)``.

    Returns
    -------
    solver : RidgeSolver, ElasticNetSolver or None
        `None` for a surrogate that must be fitted itself.
    """
    if surrogate is None:
        return RidgeSolver(1.0)
    make = _SOLVERS.get(type(surrogate))
    if make is None:
        return None
    # Refuses the parameters that its own `fit` would refuse.
    surrogate._validate_params()
    return make(surrogate) if surrogate.fit_intercept else None
