"""Numbers of fills in the type of the picture."""

import numpy as np
import pytest

from sklime._fills._rounding import as_dtype


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("uint8", [0, 0, 2, 255]),
        ("int8", [-4, 0, 2, 127]),
        ("bool", [False, True, True, True]),
        ("float32", [-4.0, 0.5, 1.7, 300.0]),
    ],
)
def test_numbers_are_rounded_and_stay_in_the_range(dtype, expected):
    found = as_dtype(np.array([-4.0, 0.5, 1.7, 300.0]), np.dtype(dtype))
    assert found.dtype == dtype
    assert found.tolist() == np.array(expected, dtype=dtype).tolist()


def test_largest_numbers_are_cut_not_wrapped():
    assert np.isfinite(as_dtype(np.array([1e30, -1e30]), np.dtype("float16"))).all()
    for dtype in ("int64", "uint64"):
        limits = np.iinfo(dtype)
        found = as_dtype(np.array([1e30, -1e30]), np.dtype(dtype))
        assert found.tolist() == [limits.max, limits.min]


def test_numbers_of_the_same_type_are_unchanged():
    values = np.array([2**63 + 1], dtype="uint64")
    assert as_dtype(values, values.dtype) is values
