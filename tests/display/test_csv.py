"""Cells that a spreadsheet would run."""

import csv
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shown import document_explanation, hand_made

from sklime.display._csv import csv_text

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "\nx",
    "  =1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\x00=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20x",
    "\ufe66x",
    "=1,2",
    '=HYPERLINK("//evil.example")',
    "=1\n=2",
]


def cells_of(explanation, folder):
    text = explanation.save(folder / "file.csv").read_bytes().decode("utf-8")
    return list(csv.reader(io.StringIO(text, newline="")))


def is_run(cell):
    first = cell.lstrip(" \u00a0\u200b\ufeff\x00")[:1]
    return cell[:1] in tuple("\t\r\n") or first in tuple("=+-@\uff1d\uff0b\uff0d\uff20\ufe66")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_run_by_a_spreadsheet(text, tmp_path):
    explanation = hand_made(
        ((0.3,), (-0.2,)), names=(text, "b"), levels=(text, None), classes=(text, "c"), label=text
    )
    header, *lines = cells_of(explanation, tmp_path)
    assert header == explanation.to_frame().columns.tolist()
    assert not [cell for line in lines for cell in line[:5] if is_run(cell)]
    assert lines[0][:3] == [f"'{text}"] * 3
    assert lines[0][3] == f"'{text} = {text}"
    # A negative weight is a number, not a text.
    assert [float(line[5]) for line in lines] == [0.3, -0.2]


def test_words_of_a_document_are_not_run_either(tmp_path):
    explanation = document_explanation("=cmd good", {"=cmd": 0.2, "good": -0.1})
    _, *lines = cells_of(explanation, tmp_path)
    assert [line[2] for line in lines] == ["'=cmd", "good"]


@pytest.mark.parametrize(
    "label",
    [-5, -5.5, np.int64(-3), np.float32(-0.5), pd.Timestamp("2020-01-01"), True],
    ids=repr,
)
def test_labels_that_are_no_texts_stay_as_they_are(label, tmp_path):
    row = cells_of(hand_made(label=label), tmp_path)[1]
    frame = pd.DataFrame({"row": [label]}).to_csv(index=False, header=False).strip()
    assert row[0] == frame


@pytest.mark.parametrize(
    "label", [pd.Timedelta("-1D"), np.timedelta64(-1, "D"), ("=a", 1), Path("=a"), b"=a"], ids=repr
)
def test_labels_of_any_type_are_not_run(label, tmp_path):
    assert not is_run(cells_of(hand_made(label=label), tmp_path)[1][0])


@given(st.lists(st.one_of(st.text(), st.integers(), st.floats()), min_size=1, max_size=5))
def test_a_cell_is_the_value_or_the_value_after_a_quote(values):
    frame = pd.DataFrame({"a": pd.Series(values, dtype=object)})
    _, *lines = csv.reader(io.StringIO(csv_text(frame), newline=""))
    for value, line in zip(values, lines, strict=True):
        cell = line[0] if line else ""
        if isinstance(value, str):
            assert cell in (value, f"'{value}")
            assert not is_run(cell)
        else:
            assert cell == ("" if value != value else str(value))
