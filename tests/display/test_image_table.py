"""The table below a picture: lines that add up, columns that have room."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose
from shown import picture_explanation

from sklime.display._image_table import cut_table, draw_table, n_lines_of
from sklime.display._overlays import segment_table
from sklime.display._words import Words

WORDS = Words("weight", "intercept")


@pytest.fixture
def panel():
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def table_of(max_features=3):
    return segment_table(picture_explanation(), 0, max_features)


def total_of(table):
    return table.intercept + sum(row.weight for row in table.rows) + table.others


def lines_of(drawn):
    lines = {}
    for text in drawn.texts:
        lines.setdefault(text.get_position()[1], []).append(text.get_text())
    return [lines[place] for place in sorted(lines)]


def test_all_columns_are_drawn_where_they_have_room(panel):
    drawn = draw_table(panel, table_of(), WORDS, 8.0, 8.0, "◀ less, more ▶")
    assert lines_of(drawn) == [
        ["segment", "area", "95 % interval", "weight", "◀ less, more ▶"],
        ["1   segment 0 (r0 c1)", "16.7 %", "[+0.229, +0.371]", "+0.300"],
        ["2   segment 1 (r1 c1)", "16.7 %", "[−0.247, −0.153]", "−0.200"],
        ["3   segment 2 (r2 c1)", "16.7 %", "[+0.076, +0.124]", "+0.100"],
        ["2 other segments", "33.3 %", "−0.020"],
        ["intercept", "+0.221"],
        ["= surrogate", "model 0.411", "0.401"],
    ]
    assert drawn.has_label


def test_narrow_tables_keep_numbers_and_weights(panel):
    drawn = draw_table(panel, table_of(), WORDS, 8.0, 2.0, "◀ less, more ▶" * 5)
    lines = lines_of(drawn)
    assert lines[1] == ["1", "+0.300"]
    assert lines[-1] == ["= surrogate", "0.401"]
    assert not drawn.has_label


def test_bars_are_as_long_as_the_weights(panel):
    table = table_of(5)
    bars = draw_table(panel, table, WORDS, 8.0, 8.0, "").bars
    assert_allclose([bar.get_width() for bar in bars], [row.weight for row in table.rows])
    is_hollow = [bar.get_facecolor()[3] == 0.0 for bar in bars]
    assert is_hollow == [not row.is_certain for row in table.rows]
    bars = draw_table(panel, table_of(2), WORDS, 8.0, 8.0, "").bars
    assert_allclose(bars[-1].get_width(), 0.08)


@pytest.mark.parametrize("n_lines", [5, 6, 7])
def test_a_cut_table_adds_up_to_the_same(n_lines):
    table = table_of(5)
    cut = cut_table(table, n_lines)
    assert n_lines_of(cut) == n_lines
    assert total_of(cut) == pytest.approx(total_of(table))
    assert cut.others_share + sum(row.share for row in cut.rows) == pytest.approx(5 / 6)
    assert cut_table(table, 100) is table
    assert cut_table(table, 4) is None
    assert np.isclose(total_of(table), table.local_prediction)
