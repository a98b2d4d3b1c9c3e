"""Numbers as texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklime.display._numbers import (
    decimals_for,
    fidelity_text,
    share_text,
    signed_text,
    value_text,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (1e-17, "0%"),
        (1e-4, "<1%"),
        (0.005, "<1%"),
        (0.006, "1%"),
        (0.994, "99%"),
        (0.9999, ">99%"),
        (1.0 - 1e-16, "100%"),
        (1.0, "100%"),
    ],
)
def test_few_are_not_none_and_most_are_not_all(share, text):
    assert share_text(share) == text


@pytest.mark.parametrize(
    ("number", "decimals", "text"),
    [
        (0.1315, 3, "+0.132"),
        (-0.1314999, 3, "−0.131"),
        (-0.0, 3, "0.000"),
        (1e-5, 3, "<0.001"),
        (-1e-5, 3, ">−0.001"),
        (12345.67, 1, "+12,345.7"),
        (1234.5, 1, "+1234.5"),
        (2.5e-8, 10, "+2.50e−8".replace("e−8", "e−08")),
        (0.7, 10, "+0.700000"),
        (3e12, 0, "+3.00e+12"),
        (np.nan, 3, "not defined"),
    ],
)
def test_numbers_are_signed_with_a_true_minus(number, decimals, text):
    assert signed_text(number, decimals) == text


@pytest.mark.parametrize(
    ("fidelity", "text"),
    [
        (0.714, "0.71"),
        (-9.99, "−9.99"),
        (-1.5e6, "<−10"),
        (-np.inf, "<−10"),
        (np.nan, "not defined"),
    ],
)
def test_fidelity_is_no_long_number(fidelity, text):
    assert fidelity_text(fidelity) == text


@given(st.floats(-1e6, 1e6), st.integers(0, 6))
def test_a_number_is_rounded_once(number, decimals):
    text = signed_text(number, decimals)
    if "<" in text or ">" in text:
        assert 0 < abs(number) <= 0.5 * 10.0**-decimals
        return
    shown = float(text.replace("−", "-").replace(",", ""))
    assert abs(shown - number) <= 0.5 * 10.0**-decimals * (1 + 1e-9) + 1e-9 * abs(number)
    assert not (number == 0 and set(text) & set("+−"))


@given(st.lists(FINITE, max_size=5))
def test_decimals_are_few(numbers):
    assert 0 <= decimals_for(numbers) <= 12


@pytest.mark.parametrize("kind", [float, np.float64, np.float32, int, np.int64, np.uint8])
def test_values_of_any_number_type_read_the_same(kind):
    assert value_text(kind(7)) == "7"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.14712, "0.1471"), (-2.5, "−2.5"), (True, "True"), (np.bool_(False), "False"), ("a", "a")],
)
def test_values_are_short(value, text):
    assert value_text(value) == text
