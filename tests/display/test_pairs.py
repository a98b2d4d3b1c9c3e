"""The strongest pair on the card, in print and in reports, where it matters."""

from dataclasses import replace

import numpy as np
import pytest
from exact_rows import as_exact, with_pairs
from tables import FEW, first_column

from sklime import LimeTabularExplainer
from sklime.display._notebook import notebook_html
from sklime.display._pairs import pair_line, pair_text
from sklime.display._report import report_html

SENTENCES = "Fidelity 0.81; with three pairs 0.93."


@pytest.fixture(scope="module")
def batch(binary_data):
    """Exact rows, whose largest weight is known."""
    X = binary_data[0]
    return as_exact(LimeTabularExplainer(first_column, **FEW).fit(X).explain(X[:3]))


@pytest.fixture
def largest(batch):
    return float(np.abs(batch[0].values).max())


def test_nothing_is_said_without_pairs(batch):
    assert pair_line(batch[0], 0) is None
    assert "together" not in notebook_html(batch[0])
    assert "together" not in repr(batch[0])


def test_strongest_pair_is_named_with_its_value_and_what_pairs_do(batch, largest):
    paired = with_pairs(batch, [0.2 * largest, -largest, 0.1 * largest])
    line = pair_line(paired[0], 0)
    names = batch.feature_names
    assert line.names == (str(names[2]), str(names[3]))
    assert line.value.startswith("\N{MINUS SIGN}")
    text = pair_text(line)
    assert text.startswith(f"{names[2]} and {names[3]} together: ")
    assert text.endswith(SENTENCES)


@pytest.mark.parametrize(("share", "is_shown"), [(0.099, False), (0.101, True), (-0.101, True)])
def test_pair_is_shown_from_a_tenth_of_the_largest_weight(share, is_shown, batch, largest):
    assert (pair_line(with_pairs(batch, [share * largest])[0], 0) is not None) is is_shown


@pytest.mark.parametrize(
    ("fidelity", "with_three", "is_shown"),
    [(0.81, 0.82, True), (0.81, 0.819, False), (0.9, 0.8, False), (np.nan, 0.8, False)],
)
def test_pair_is_shown_if_pairs_raise_the_fidelity(fidelity, with_three, is_shown, batch, largest):
    paired = with_pairs(batch, [largest], fidelity, with_three)
    assert (pair_line(paired[0], 0) is not None) is is_shown


def test_rows_without_a_pair_show_none(batch, largest):
    joined = type(batch).concat([with_pairs(batch, [largest]), batch])
    assert pair_line(joined[0], 0) is not None
    assert pair_line(joined[len(batch)], 0) is None


def test_card_print_and_report_have_the_pair(batch, largest):
    paired = with_pairs(batch, [largest, 0.1, 0.1])
    for text in (notebook_html(paired[0]), repr(paired[0])):
        assert "together: " in text
        assert "ith three pairs 0.93." in text
    assert repr(paired[0]).splitlines()[-1] == f"  {SENTENCES}"
    assert repr(paired[0]).isascii()
    # A note on an output without fidelity would be read as its reason.
    assert ("together: " in report_html(paired)) == bool(np.isfinite(paired.fidelity).all())


def test_hostile_names_stay_text(batch, largest, binary_data):
    X = binary_data[0]
    names = [f"<img src=x{index}>" for index in range(X.shape[1])]
    one = with_pairs(batch, [largest])
    assert "<img" not in notebook_html(replace(one, feature_names=tuple(names))[0])
