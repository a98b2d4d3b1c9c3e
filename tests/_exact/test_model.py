"""A reading with a background, against enumeration of all combinations of values."""

import pickle

from exact_by_enumeration import enumerated
from numpy.testing import assert_allclose, assert_array_equal
from small_exact_models import ROWS, answer, around, model_by_hand

from sklime._exact._kernel import Kernel
from sklime._exact._model import ExactModel


def test_moments_are_those_of_all_combinations():
    for n_derived in (3, 4):
        model, derive = model_by_hand(n_derived=n_derived)
        tilts, near = around(model)
        wanted = enumerated(answer(model, derive), model.supports, ROWS, near.tilt)
        for kernel in (None, Kernel.of(model.nodes, tilts)):
            found = model.expectations(derive(ROWS[:2]), near[:2], kernel)
            for one, other in zip(found, wanted):
                assert_allclose(one, other[:2], atol=1e-11)


def test_shapley_values_add_up():
    model, derive = model_by_hand(1)
    derived = derive(ROWS[:2])
    values, mean = model.shapley_values(derived)
    assert_allclose(values.sum(axis=1) + mean, model.reading.answer_at(derived), atol=1e-11)


def test_prepared_parts_are_not_pickled():
    model, derive = model_by_hand(2)
    before = model.shapley_values(derive(ROWS[:2]))[0]
    model = ExactModel(**{**model.__getstate__(), "reading": None})
    again = pickle.loads(pickle.dumps(model))
    assert set(vars(again)) == set(model.__getstate__())
    assert_array_equal(again.shapley_walk(again.nodes.meets(ROWS[:2])).mean.shape, (2,))
    assert before.shape == (2, 3, 2)
