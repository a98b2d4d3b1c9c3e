"""Exact moments of sums of functions of one column."""

import numpy as np
import pytest
from exact_by_enumeration import anchored_tilt, enumerated, random_support, shared_tilt
from numpy.testing import assert_allclose

from sklime._exact._additive import Additive


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize("is_binned", [True, False])
def test_moments_of_a_sum_are_exact(is_shared, is_binned):
    if is_shared and not is_binned:
        pytest.skip("the kernel tilts standard scores row by row")
    rng = np.random.default_rng(3)
    supports = [random_support(rng, is_binned=is_binned) for _ in range(3)]
    owners, coefficients = np.array([0, 1, 1, 2]), rng.normal(size=(4, 2))
    coefficients[3] = 0.0

    def derive(X):
        return np.column_stack([X[:, 0], X[:, 1] ** 2, np.sin(X[:, 1]), X[:, 2]])

    at_supports = [
        derive(np.tile(support.values[:, None], 3))[:, owners == index]
        for index, support in enumerate(supports)
    ]
    additive = Additive.of(coefficients, owners, supports, at_supports, [False] * 3)
    rows = np.array([[0.0, 1.0, 2.0], [7.0, -3.0, 1.0], [4.0, 4.0, 4.0]])
    tilt = shared_tilt(supports, rows, 0.4) if is_shared else anchored_tilt(supports, rows, 0.7)
    found = additive.expectations(derive(rows), tilt)
    wanted = enumerated(lambda X: derive(X) @ coefficients, supports, rows, tilt)
    for one, other in zip(found, wanted):
        assert_allclose(one, other, atol=1e-11)
    assert additive.columns.tolist() == [0, 1]
