"""Weights of several explanations, line by line."""

import numpy as np
from numpy.testing import assert_allclose
from shown import document_explanation, hand_made

from sklime.display._aligned import aligned, aligned_by_feature

NAN = np.nan


def row(weights, names=("a", "b"), levels=(None, None)):
    return hand_made(tuple((weight,) for weight in weights), names=names, levels=levels)


def test_rules_of_models_stand_in_one_line_each():
    lines = aligned([row((0.3, 0.1)), row((0.2, -0.1))], [0, 0])
    assert lines.labels == ["a > 1", "b > 1"]
    assert_allclose(lines.weights, [[0.3, 0.2], [0.1, -0.1]])
    assert (lines.low < lines.weights).all()
    assert (lines.high > lines.weights).all()


def test_other_rules_are_other_lines_and_other_columns_are_blank():
    lines = aligned([row((0.3, 0.1)), row((0.2, -0.1), ("a", "c"), ("x", None))], [0, 0])
    assert lines.labels == ["a > 1", "b > 1", "a = x", "c > 1"]
    assert_allclose(lines.weights, [[0.3, NAN], [0.1, NAN], [NAN, 0.2], [NAN, -0.1]])


def test_rows_stand_in_one_line_per_feature():
    lines = aligned_by_feature([row((0.3, 0.1)), row((0.2, -0.1), levels=("x", None))], [0, 0])
    assert lines.labels == ["a: >\N{NO-BREAK SPACE}1 | =\N{NO-BREAK SPACE}x", "b > 1"]
    assert_allclose(lines.weights, [[0.3, 0.2], [0.1, -0.1]])


def test_a_feature_that_a_row_does_not_use_is_blank():
    lines = aligned_by_feature([row((0.3, 0.0)), row((0.2, -0.1))], [0, 0])
    assert lines.labels == ["a > 1", "b: \N{EN DASH} | >\N{NO-BREAK SPACE}1"]
    assert_allclose(lines.weights, [[0.3, 0.2], [NAN, -0.1]])


def test_rules_of_many_rows_are_left_out():
    rows = [row((0.3, 0.1), levels=(str(number), None)) for number in range(4)]
    assert aligned_by_feature(rows, [0] * 4).labels == ["a", "b > 1"]
    assert " | " in aligned_by_feature(rows[:3], [0] * 3).labels[0]


def test_columns_of_the_same_name_stay_apart():
    both = [row((0.3, 0.1), names=("a", "a"), levels=(None, str(number))) for number in range(2)]
    lines = aligned_by_feature(both, [0, 0])
    assert_allclose(lines.weights, [[0.3, 0.3], [0.1, 0.1]])


def test_words_have_no_rules():
    words = {"good": 0.3, "bad": -0.2}
    documents = [document_explanation("good bad", words), document_explanation("good", {"good": 1})]
    lines = aligned_by_feature(documents, [0, 0])
    assert lines.labels == ["good", "bad"]
    assert_allclose(lines.weights, [[0.3, 1.0], [-0.2, NAN]])
