"""The distribution of perturbed columns, against the tilts that tests write by hand."""

import numpy as np
import pytest
from exact_by_enumeration import (
    anchored_tilt,
    bin_of,
    column_points,
    random_support,
    score_of,
    shared_tilt,
)
from numpy.testing import assert_allclose

from sklime._exact._tilt import Tilts

ROWS = np.array([[0.0, 1.0, 2.0], [4.0, 77.0, 3.0], [2.0, 3.0, np.nan]])


def instance_of(supports, rows):
    instance = np.empty(rows.shape)
    for (row, index), value in np.ndenumerate(rows):
        support = supports[index]
        instance[row, index] = bin_of(support, value) if support.is_binned else score_of(value)
    return instance


def supports_by_hand(is_binned=(True, True, True)):
    rng = np.random.default_rng(1)
    return [random_support(rng, is_binned=binned, misses=True) for binned in is_binned]


def assert_same(one, other):
    for name in ("own", "inside", "outside", "means", "encodings", "bins"):
        assert_allclose(getattr(one, name), getattr(other, name), atol=1e-14, err_msg=name)


@pytest.mark.parametrize("is_binned", [(True, True, True), (True, False, True)])
def test_anchored(is_binned):
    supports, keep = supports_by_hand(is_binned), np.array([0.3, 0.75, 1.0])
    around = Tilts.of(supports, keep, 1.0).around(instance_of(supports, ROWS))
    assert_same(around.tilt, anchored_tilt(supports, ROWS, keep))
    assert_allclose(around.kernel_means, 1.0, atol=1e-14)
    assert_allclose(around.variances[:, 2], 0.0)


def test_shared():
    supports = supports_by_hand()
    around = Tilts.of(supports, np.zeros(3), 0.4).around(instance_of(supports, ROWS))
    assert_same(around.tilt, shared_tilt(supports, ROWS, 0.4))
    b = around.baselines
    assert_allclose(around.kernel_means, (b + (1 - b) * 0.4).prod(axis=1))


@pytest.mark.parametrize("keep", [0.0, 0.5])
@pytest.mark.parametrize("outside", [0.3, 1.0])
def test_means_and_variances_are_those_of_the_values(keep, outside):
    supports = supports_by_hand((True, outside < 1.0, True))
    around = Tilts.of(supports, np.full(3, keep), outside).around(instance_of(supports, ROWS))
    for (row, index), value in np.ndenumerate(ROWS):
        _, p, z = column_points(supports[index], value, around.tilt, row, index)
        assert_allclose(p.sum(), 1.0)
        assert_allclose(around.means[row, index], p @ z, atol=1e-14)
        assert_allclose(around.variances[row, index], p @ z**2 - (p @ z) ** 2, atol=1e-14)
