"""Pairs of classes whose scores are compared."""

import numpy as np
from numpy.testing import assert_array_equal

from sklime._tables._score_contrasts import Contrasts


def test_one_score_is_its_own_contrast():
    contrasts = Contrasts.of(np.zeros((2, 1)), np.array([[1], [0]]), ())
    scores = np.arange(6.0).reshape(2, 3, 1)
    assert_array_equal(contrasts(scores), scores)


def test_pairs_of_an_explained_class_and_the_largest_others_come_first():
    at_rows = np.array([[0.0, 1.0, 2.0, 3.0, -1.0]])
    contrasts = Contrasts.of(at_rows, np.array([[0]]), ())
    pairs = list(zip(contrasts.first[0].tolist(), contrasts.second[0].tolist()))
    assert pairs == [(0, 3), (0, 2), (0, 1), (0, 4), (2, 3), (1, 3)]


def test_both_classes_of_an_explained_pair_count():
    at_rows = np.array([[0.0, 1.0, 2.0, 3.0]])
    contrasts = Contrasts.of(at_rows, np.array([[4]]), [(0, 1)])
    pairs = list(zip(contrasts.first[0].tolist(), contrasts.second[0].tolist()))
    assert pairs == [(1, 3), (0, 3), (1, 2), (0, 2), (0, 1), (2, 3)]


def test_each_row_has_its_own_pairs():
    at_rows = np.array([[5.0, 0.0, 1.0], [0.0, 5.0, 1.0]])
    contrasts = Contrasts.of(at_rows, np.array([[2], [2]]), ())
    scores = np.array([[[1.0, 10.0, 100.0]], [[1.0, 10.0, 100.0]]])
    assert_array_equal(contrasts(scores)[:, 0], [[-99.0, -90.0, -9.0], [-90.0, -99.0, -9.0]])
