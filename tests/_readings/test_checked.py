"""The check of a reading against the answers of its model."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from sklime._readings._checked import checked
from sklime._readings._readers import read_model
from sklime._readings._reading import Reading, UnreadableError, as_floats

rng = np.random.default_rng(0)
X = rng.normal(size=(101, 2))
tables = [X[:60], X[60:]]


def reading(slope=1.0, base=0.0, **parts):
    return Reading(as_floats, 2, np.array([base]), None, np.array([[slope], [0.0]]), **parts)


def asked(function):
    return lambda table: np.asarray(function(table)).reshape(len(table), -1)


first = asked(lambda table: table[:, 0])


def test_a_right_reading_passes():
    model = Ridge().fit(X, X[:, 0] + 1e6)
    found = checked(read_model(model, "predict"), asked(model.predict), tables)
    np.testing.assert_allclose(found.answer(X)[:, 0], model.predict(X), rtol=1e-14)


@pytest.mark.parametrize("base", [0.0, -3.0, 1e6])
def test_the_base_value_is_found_by_asking(base):
    found = checked(reading(base=7.0), asked(lambda table: table[:, 0] + base), tables)
    np.testing.assert_allclose(found.base, [base], rtol=1e-12, atol=1e-14)


def test_several_outputs_have_a_base_value_each():
    model = LogisticRegression().fit(X, np.digitize(X[:, 0], [-0.5, 0.5]))
    right = read_model(model, "decision_function")
    wrong = right.mapped(np.eye(3), np.array([1.0, -2.0, 0.0]))
    found = checked(wrong, asked(model.decision_function), tables)
    np.testing.assert_allclose(found.base, right.base, rtol=1e-12)


def test_a_wrong_slope_is_refused():
    with pytest.raises(UnreadableError, match=r"differs from the model in \d+ of 101 rows, by "):
        checked(reading(1.001), first, tables)


@pytest.mark.parametrize("row", [0, 1, 100])
def test_one_wrong_row_is_refused(row):
    def off_in_one(table):
        return table[:, 0] + 0.01 * (table[:, 1] == X[row, 1])

    with pytest.raises(UnreadableError, match=r"in 1 of 101 rows, by 0\.01 at most"):
        checked(reading(), asked(off_in_one), tables)


def test_the_base_value_is_checked_on_other_rows():
    shift = np.where(np.arange(101) % 2, 0.0, 5.0)
    answers = iter(np.split(X[:, 0] + shift, [60]))
    with pytest.raises(UnreadableError, match="in 50 of 101 rows, by 5 at most"):
        checked(reading(), asked(lambda _: next(answers)), tables)


@pytest.mark.parametrize("is_single", [False, True])
def test_a_shifted_target_does_not_hide_a_wrong_reading(is_single):
    # The difference is far below a billionth of the answers.
    shifted = asked(lambda table: table[:, 0] + 1e12)
    with pytest.raises(UnreadableError, match="differs from the model in"):
        checked(reading(0.5, is_single=is_single), shifted, tables)


def test_single_precision_has_a_wider_tolerance():
    rounded = asked(lambda table: table[:, 0].astype(np.float32))
    assert checked(reading(is_single=True), rounded, tables).is_single
    with pytest.raises(UnreadableError, match="differs"):
        checked(reading(), rounded, tables)


@pytest.mark.parametrize("constant", [0.0, 1 / 3, 1e6, 1e300])
def test_a_constant_model_passes(constant):
    model = asked(lambda table: np.full(len(table), constant) * (1 + 1e-16 * table[:, 0]))
    found = checked(reading(0.0, base=1.0), model, tables)
    np.testing.assert_allclose(found.base, [constant], rtol=1e-14)
    if constant:
        with pytest.raises(UnreadableError, match="differs"):
            checked(reading(constant), model, tables)


def test_answers_are_finite_in_both_or_in_neither():
    def infinite_at_some(table):
        return np.where(table[:, 0] > 1.5, np.inf, table[:, 0])

    n_infinite = int((X[:, 0] > 1.5).sum())
    words = f"in {n_infinite} of 101 rows, and in {n_infinite} of them only one of both"
    with pytest.raises(UnreadableError, match=words):
        checked(reading(), asked(infinite_at_some), tables)

    holes = [np.where([True, False] & (table > 1.5), np.nan, table) for table in tables]
    assert np.isnan(holes[0]).any()
    checked(reading(), asked(lambda table: table[:, 0]), holes)


def test_a_column_with_a_coefficient_of_0_may_be_missing_where_the_model_lets_it():
    holes = [np.where([False, True] & (table > 1.5), np.nan, table) for table in tables]
    assert np.isnan(holes[0]).any()
    checked(reading(), asked(lambda table: table[:, 0]), holes)
    with pytest.raises(UnreadableError, match="only one of both answers is finite"):
        checked(reading(), asked(lambda table: table[:, 0] + 0.0 * table[:, 1]), holes)


def test_a_model_without_finite_answers_is_refused():
    with pytest.raises(UnreadableError, match="too few answers of the model are finite"):
        checked(reading(), asked(lambda table: np.full(len(table), np.nan)), tables)
    with pytest.raises(UnreadableError, match="too few"):
        checked(reading(), first, [X[:1]])


def test_another_number_of_outputs_is_refused():
    with pytest.raises(UnreadableError, match=r"shape \(101, 1\), and the model of shape \(101, 2"):
        checked(reading(), asked(lambda table: table), tables)
