"""Files of other programs."""

import io
import sys

import numpy as np
import pandas as pd
import pytest

from sklime.display._spreadsheet import MAX_LINES, parquet_bytes, xlsx_bytes

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("//evil.example")', "=cmd|' /C calc'!A0"]


@pytest.fixture
def openpyxl():
    return pytest.importorskip("openpyxl")


@pytest.fixture
def pyarrow():
    return pytest.importorskip("pyarrow")


def cells_of(openpyxl, frame):
    book = openpyxl.load_workbook(io.BytesIO(xlsx_bytes(frame)))
    return list(book.active.iter_rows(min_row=2))


def test_texts_that_look_like_formulas_are_texts(openpyxl):
    frame = pd.DataFrame({"name": FORMULAS, "=1+1": FORMULAS})
    for text, line in zip(FORMULAS, cells_of(openpyxl, frame), strict=True):
        assert [(cell.value, cell.data_type) for cell in line] == [(text, "s")] * 2


def test_numbers_stay_numbers(openpyxl):
    frame = pd.DataFrame({"a": [1.5, -2.0], "b": [1, 2], "c": [True, False]})
    lines = [[cell.value for cell in line] for line in cells_of(openpyxl, frame)]
    assert lines == [[1.5, 1, True], [-2, 2, False]]


def test_cells_may_hold_anything(openpyxl):
    values = ["\x00", "\ud800", "a\nb", None, pd.NA, np.float64(2.5), pd.Timestamp("2020-01-02")]
    values += [
        pd.Timestamp("2020-01-02", tz="UTC"),
        ("a", 1),
        np.int64(3),
        b"x",
        pd.Timedelta("1h"),
    ]
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object)})
    found = [line[0].value for line in cells_of(openpyxl, frame)]
    assert found[0] == "\N{REPLACEMENT CHARACTER}"
    assert found[2] == "a\nb"
    assert found[3] is None
    assert found[5] == 2.5
    assert found[8] == "('a', 1)"


def test_too_many_lines_are_refused_before_they_are_written(openpyxl):
    with pytest.raises(ValueError, match=r"1,048,575 lines .*\.csv or \.parquet"):
        xlsx_bytes(pd.DataFrame({"a": np.zeros(MAX_LINES)}))


def test_parquet_keeps_types(pyarrow):
    frame = pd.DataFrame({"n": [1.5, np.nan], "i": [1, 2], "t": ["a", "b"]})
    read = pd.read_parquet(io.BytesIO(parquet_bytes(frame)))
    pd.testing.assert_frame_equal(read, frame, check_dtype=False)


def test_mixed_columns_are_texts_in_parquet(pyarrow):
    frame = pd.DataFrame({"x": pd.Series([1, "a", None, 2.5, ("b", 1), "\ud800"], dtype=object)})
    read = pd.read_parquet(io.BytesIO(parquet_bytes(frame)))["x"]
    assert read.dropna().tolist() == ["1", "a", "2.5", "('b', 1)", "?"]


@pytest.mark.parametrize(
    ("write", "package"), [(xlsx_bytes, "openpyxl"), (parquet_bytes, "pyarrow")]
)
def test_missing_packages_are_named(write, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=f"pip install {package}"):
        write(pd.DataFrame({"a": [1]}))
