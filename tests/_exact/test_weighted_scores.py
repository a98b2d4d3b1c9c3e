"""The exponential kernel on standard scores, against enumeration of all combinations."""

import numpy as np
import pytest
from exact_by_enumeration import enumerated, random_support, random_trees, score_of
from numpy.testing import assert_allclose

from sklime._exact._model import ExactModel
from sklime._exact._tilt import Tilts
from sklime._exact._walk import Tilt
from sklime._exact._weighted_scores import weighted_for_row
from sklime._readings._reading import Reading, as_floats

WIDTH = 0.8


def model_by_hand(rng, trees, n_columns):
    supports = tuple(random_support(rng, is_binned=False, misses=True) for _ in range(n_columns))
    reading = Reading(as_floats, n_columns, np.array([3.0, -1.0]), trees=trees)
    derived = (*(support.values[:, None] for support in supports), np.empty((1, 0)))
    return ExactModel._of_supports(
        reading, np.arange(n_columns), supports, derived, (False,) * n_columns
    )


@pytest.mark.parametrize("keep", [0.0, 0.4])
def test_moments_are_those_of_weighted_values(keep):
    rng = np.random.default_rng(4)
    trees = random_trees(rng, 3, depth=5)
    model = model_by_hand(rng, trees, 3)
    tilts = Tilts.of(model.supports, np.full(3, keep), np.exp(-0.5 / WIDTH**2))
    for row in ([[0.0, 3.0, 2.0]], [[9.0, np.nan, 1.0]]):
        row = np.array(row)
        scores = np.array([score_of(value) for value in row[0]])
        weighted, own_tilts = weighted_for_row(model, tilts, scores, WIDTH)
        around = own_tilts.around(scores[None])
        means, covariances = weighted.expectations(row, around)
        wanted = weighted_enumeration(model, row, scores, keep)
        assert_allclose(means[0], wanted[0] + [3.0, -1.0], atol=1e-11)
        assert_allclose(covariances[0], wanted[1], atol=1e-11)
        assert_allclose(around.kernel_means[0], wanted[2], atol=1e-12)


def weighted_enumeration(model, row, scores, keep):
    """Moments where each value has its mass times the kernel."""
    masses, total = [], 1.0
    for index, support in enumerate(model.supports):
        of_cells = support.scores / support.weights
        factors = np.exp(-0.5 * ((of_cells - scores[index]) / WIDTH) ** 2)
        mass = keep + (1 - keep) * support.weights @ factors
        masses.append((1 - keep) * support.weights * factors / mass)
        total *= mass
    supports = [
        type(s)(s.values, m / m.sum(), s.bins, s.scores, s.moments, 1, False)
        for s, m in zip(model.supports, masses)
    ]
    own = np.array([[1.0 - mass.sum() for mass in masses]])
    tilt = Tilt(own, 1 - own, 1 - own, own, scores[None], np.zeros(row.shape, int))
    means, covariances = enumerated(model.reading.trees.predict, supports, row, tilt)
    return means[0], covariances[0], total


def test_far_away_the_nearest_value_has_all_the_weight():
    model = model_by_hand(np.random.default_rng(4), None, 2)
    tilts = Tilts.of(model.supports, np.zeros(2), np.exp(-0.5 / WIDTH**2))
    scores = np.array([1e6, 0.0])
    _, own_tilts = weighted_for_row(model, tilts, scores, WIDTH)
    around = own_tilts.around(scores[None])
    assert around.kernel_means.tolist() == [0.0]
    nearest = (model.supports[0].scores / model.supports[0].weights).max()
    assert_allclose(around.means[0, 0], nearest)
    assert around.variances[0, 0] == 0.0
    assert around.variances[0, 1] > 0.0
