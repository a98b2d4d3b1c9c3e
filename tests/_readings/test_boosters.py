"""What readers of boosters share."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from sklime._readings._boosters import (
    LevelNodes,
    check_booster_method,
    codes_in_levels,
    column_of,
    has_levels,
    positions,
    with_codes,
)
from sklime._readings._reading import UnreadableError


@pytest.mark.parametrize(
    ("model", "method", "link", "reason"),
    [
        (LogisticRegression(), "predict_proba", None, "probabilities of LogisticRegression are no"),
        (LogisticRegression(), "predict", None, "returns classes"),
        (LinearRegression(), "predict", "poisson", r"curved function .*objective 'poisson'"),
    ],
)
def test_methods_that_are_no_sum_are_refused_with_the_way_out(model, method, link, reason):
    with pytest.raises(UnreadableError, match=reason + ".*response_method='decision_function' is"):
        check_booster_method(model, method, link)


def test_methods_that_are_a_sum_pass():
    check_booster_method(LogisticRegression(), "decision_function", "binary")
    check_booster_method(LinearRegression(), "predict", None)


def test_positions_among_known_numbers():
    numbers = np.array([3.0, 7.0, 5.0, np.nan, 100.0, -1.0])
    np.testing.assert_array_equal(positions(numbers, (3.0, 7.0)), [0, 1, -1, np.nan, -1, -1])
    np.testing.assert_array_equal(positions(numbers[2:4], ()), [-1, np.nan])


@pytest.mark.parametrize("goes_left", [True, False])
def test_listed_levels_go_to_one_side_and_all_others_to_the_other(goes_left):
    lists = [np.array([2.0, 9.0]), np.array([5.0]), np.array([1.0])]
    nodes = LevelNodes(np.array([0, 2, 3]), np.array([4, 4, 1]), lists, goes_left)
    known = nodes.known()
    assert known == {1: (1.0,), 4: (2.0, 5.0, 9.0)}
    splits = nodes.splits(5)
    for node, column, listed in zip((0, 2, 3), (4, 4, 1), lists):
        numbers = np.array([0.0, 1.0, 2.0, 5.0, 9.0, 50.0])
        left = splits.goes_left(np.full(6, node), positions(numbers, known[column]))
        np.testing.assert_array_equal(left, np.isin(numbers, listed) == goes_left)


def test_without_levels_there_are_no_splits_by_them():
    nothing = np.zeros(0, dtype=int)
    assert LevelNodes(nothing, nothing, [], True).splits(3) is None


def test_categories_of_a_frame_get_codes_of_training():
    column = pd.Series(pd.Categorical(["b", "a", None, "c"], categories=["c", "b", "a"]))
    assert has_levels(column)
    assert not has_levels(np.zeros(3))
    assert not has_levels(pd.Series(["a"]))
    np.testing.assert_array_equal(codes_in_levels(column, ["a", "b"]), [1, 0, np.nan, -1])
    np.testing.assert_array_equal(codes_in_levels(column, {"b": 7.0}), [7, -1, np.nan, -1])


@pytest.mark.parametrize("kind", ["array", "frame"])
def test_columns_are_replaced_by_codes(kind):
    table = np.array([[1, "u"], [2, "v"]], dtype=object)
    if kind == "frame":
        table = pd.DataFrame({"x": [1, 2], "s": ["u", "v"]})
    assert list(column_of(table, 1)) == ["u", "v"]
    derived = with_codes(table, 2, {1: np.array([5.0, 6.0])})
    np.testing.assert_array_equal(derived, [[1.0, 5.0], [2.0, 6.0]])
    both = with_codes(table, 2, {0: np.zeros(2), 1: np.ones(2)})
    np.testing.assert_array_equal(both, [[0.0, 1.0], [0.0, 1.0]])
