"""A reading: base, trees and slopes over derived columns."""

import pickle

import numpy as np
import pandas as pd
from scipy import sparse
from small_trees import stump

from sklime._readings._reading import Reading, as_floats


def plus_one(table):
    return as_floats(table) + 1.0


def reading(derive=as_floats, **parts):
    return Reading(derive, 1, np.array([10.0]), **parts)


X = np.array([[0.0], [3.0]])


def test_an_answer_is_the_sum_of_its_parts():
    one = reading(trees=stump(), coefficients=np.array([[2.0]]))
    np.testing.assert_array_equal(one.answer(X), [[11.0], [18.0]])


def test_a_sum_shares_columns_of_the_same_function():
    copies = np.array([0])
    total = Reading.sum(
        [
            reading(trees=stump(), copies=copies),
            reading(trees=stump(), copies=copies),
            reading(plus_one, coefficients=np.array([[1.0]])),
        ]
    )
    assert total.n_derived == 2
    assert total.copies.tolist() == [0, -1]
    np.testing.assert_array_equal(total.answer(X), [[33.0], [38.0]])
    again = pickle.loads(pickle.dumps(total))
    np.testing.assert_array_equal(again.answer(X), total.answer(X))


def test_a_reading_behind_a_transform():
    np.testing.assert_array_equal(reading(trees=stump()).after(plus_one).answer(X), [[12.0]] * 2)


def test_a_linear_function_of_a_reading():
    both = reading(trees=stump()).mapped(np.array([[-1.0, 1.0]]), np.array([1.0, 0.0]))
    np.testing.assert_array_equal(both.answer(X), [[-10.0, 11.0], [-11.0, 12.0]])


def test_every_container_of_numbers_is_read():
    expected = np.array([[1.0, 2.0], [3.0, np.nan]])
    frame = pd.DataFrame({"a": [1, 3], "b": pd.array([2, None], dtype="Int64")})
    for table in (expected, frame, sparse.csr_array(expected)):
        np.testing.assert_array_equal(as_floats(table), expected)
