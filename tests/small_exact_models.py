"""A small model of trees and slopes with its background, for tests of exact moments."""

import numpy as np
from exact_by_enumeration import anchored_tilt, random_support, random_trees

from sklime._exact._model import ExactModel
from sklime._exact._tilt import Tilts
from sklime._readings._reading import Reading, as_floats

ROWS = np.array([[0.0, 3.0, 2.0], [4.0, 77.0, 1.0], [2.0, np.nan, 0.0]])
SLOPES = np.array([[1.0, 0.5], [0.0, 0.0], [-2.0, 3.0]])


def model_by_hand(seed=0, n_derived=3):
    """Trees and slopes over three columns, and perhaps a derived column that never changes."""
    rng = np.random.default_rng(seed)
    supports = tuple(random_support(rng, misses=index == 1) for index in range(3))
    owners = np.arange(3) if n_derived == 3 else np.array([0, 1, 2, 3])
    trees = random_trees(rng, n_derived, depth=5)
    slopes = np.zeros((n_derived, 2))
    slopes[:3] = SLOPES

    def derive(X):
        X = as_floats(X)
        return np.column_stack([X, np.full(len(X), 2.0)])[:, :n_derived]

    reading = Reading(derive, n_derived, np.array([10.0, -3.0]), trees, slopes)
    derived = (
        *(support.values[:, None] for support in supports),
        np.full((1, n_derived - 3), 2.0),
    )
    model = ExactModel._of_supports(reading, owners, supports, derived, (False,) * 3)
    return model, derive


def around(model, keep=0.6):
    tilts = Tilts.of(model.supports, np.full(3, keep), 1.0)
    instance = anchored_tilt(model.supports, ROWS, keep).bins
    return tilts, tilts.around(instance)


def answer(model, derive):
    def predict(X):
        derived = derive(np.nan_to_num(X))
        trees = model.reading.trees.predict(derive(X))
        return model.reading.base + trees + derived @ model.reading.coefficients

    return predict
