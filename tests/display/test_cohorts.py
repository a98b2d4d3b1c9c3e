"""Groups of rows in a report: their order, their figures, their means."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sanitizer import Page
from shown import HOSTILE, batch_of, hand_made

from sklime.display._cohorts import MAX_GROUPS, Cohorts
from sklime.display._records import Collector
from sklime.display._report import report_html


def rows(n=20):
    return batch_of([hand_made(label=label, seed=label) for label in range(n)])


def collected(batch):
    collector = Collector(list(batch), True)
    for row, explanation in enumerate(batch):
        collector.record(row, explanation, 0)
    return collector.counted(0)


@pytest.mark.parametrize(
    ("by", "names"),
    [
        (["b", "a", "b"], ["a", "b"]),
        ([True, False, True], ["False", "True"]),
        (np.array([10, 9, 10]), ["9", "10"]),
        (pd.Categorical(["low", "high", "low"], ["low", "mid", "high"]), ["low", "high"]),
        (pd.Series(["x", None, "x"]), ["x", "missing"]),
        (["1", 2, "1"], ["1", "2"]),
    ],
)
def test_groups_are_in_the_order_of_their_labels(by, names):
    cohorts = Cohorts(rows(3), by)
    assert cohorts.names == names
    assert cohorts.indices[0] == cohorts.indices[2] != cohorts.indices[1]


ALIKE = {
    "number and text": ([1, "1"], {"1", "'1'"}),
    "truth value and text": ([True, "True"], {"True", "'True'"}),
    "truth value and number": ([True, 1], {"True", "1"}),
    "missing and its name": ([None, "missing"], {"missing", "'missing'"}),
    "NaN and its name": ([float("nan"), "nan"], {"missing", "nan"}),
    "NaN, its name and a text": ([float("nan"), "nan", "missing"], {"missing", "nan", "'missing'"}),
    "date and text": ([pd.Timestamp("2026-01-02"), "2026-01-02 00:00:00"], None),
    "cut in the middle": (["a" * 15 + "x" + "b" * 15, "a" * 15 + "y" + "b" * 15], None),
}


@pytest.mark.parametrize(("labels", "names"), ALIKE.values(), ids=ALIKE)
@pytest.mark.parametrize("kind", [list, tuple, pd.Series, lambda x: np.array(x, dtype=object)])
def test_groups_that_print_alike_stay_apart(labels, names, kind):
    n = len(labels)
    by = kind([*labels, *labels[::-1]])
    cohorts = Cohorts(rows(2 * n), by)
    assert len(set(cohorts.names)) == n
    assert names is None or set(cohorts.names) == names
    assert cohorts.indices.tolist() == cohorts.indices.tolist()[::-1]
    assert len(set(cohorts.indices.tolist())) == n


@pytest.mark.parametrize("labels", [labels for labels, _ in ALIKE.values()], ids=list(ALIKE))
def test_order_of_groups_that_print_alike_does_not_depend_on_the_rows(labels):
    n = len(labels)
    first, second = Cohorts(rows(n), list(labels)), Cohorts(rows(n), list(labels[::-1]))
    assert first.names == second.names
    assert first.indices.tolist() == second.indices.tolist()[::-1]


def test_groups_that_print_alike_have_panels_and_lines_of_their_own():
    batch = rows(4)
    display = batch.plot(by=[1, "1", "1", "1"])
    assert [panel.title for panel in display.displays] == ["1, 1 row", "'1', 3 rows"]
    page = batch.to_html(by=[1, "1", "1", "1"])
    assert "&#39;1&#39;" in page


def test_the_name_of_a_series_is_the_name_of_the_groups():
    assert Cohorts(rows(2), pd.Series([1, 2], name="smoker")).title == "smoker"
    assert Cohorts(rows(2), [1, 2]).title == "group"


def test_titles_tell_how_many_groups_there_are():
    assert Cohorts(rows(2), None).phrase == ""
    assert Cohorts(rows(2), [1, 2]).phrase == " in 2 groups"
    assert Cohorts(rows(2), pd.Series([1, 2], name="smoker")).phrase == " by smoker"


def test_means_are_those_of_the_rows_of_a_group():
    batch = rows()
    by = np.arange(20) % 3
    cohorts, entries = Cohorts(batch, by), collected(batch)
    known = np.ones(20, dtype=bool)
    known[[0, 5]] = False
    kept = known[entries.rows]
    entries = entries._replace(
        rows=entries.rows[kept], features=entries.features[kept], weights=entries.weights[kept]
    )
    means = cohorts.means(entries, known)
    for group in range(3):
        own = batch.values[known & (by == group), :, 0]
        for feature, name in enumerate(entries.names):
            place = batch.feature_names.index(name)
            assert_allclose(means[group, feature], own[:, place].mean(), atol=1e-12)


def test_a_group_that_failed_has_no_mean():
    batch = rows(4)
    entries = collected(batch)
    kept = entries.rows < 2
    entries = entries._replace(
        rows=entries.rows[kept], features=entries.features[kept], weights=entries.weights[kept]
    )
    cohorts = Cohorts(batch, [0, 0, 1, 1])
    means = cohorts.means(entries, np.array([True, True, False, False]))
    assert np.isfinite(means[0]).all()
    assert np.isnan(means[1]).all()
    assert cohorts._rows(entries, means)[0]["cells"][1]["text"] == "no rows"


def test_the_report_tells_the_figures_of_each_group():
    batch = rows()
    by = np.where(np.arange(20) < 7, "first", "later")
    text = Page(report_html(batch, by=by)).text
    assert "7 rowsmedian R²" in text
    assert "13 rowsmedian R²" in text
    assert "By group" in text
    assert "By group" not in Page(report_html(batch)).text


def test_what_is_no_group_of_rows_is_refused():
    batch = rows()
    with pytest.raises(ValueError, match="by has the shape"):
        Cohorts(batch, ["a"])
    with pytest.raises(ValueError, match=r"by='city' is one text.*X\['name'\]"):
        Cohorts(batch, "city")
    with pytest.raises(ValueError, match=r"by has 20 groups.*pandas\.cut"):
        Cohorts(batch, range(MAX_GROUPS + 1 + 7))
    turned = pd.Series(np.arange(20) % 2, index=np.arange(20)[::-1])
    with pytest.raises(ValueError, match="another order"):
        Cohorts(batch, turned)
    assert Cohorts(batch, turned.loc[batch.row_labels]).names == ["0", "1"]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_groups_are_texts(text):
    by = pd.Series([text, "other"], name=text, dtype=object)
    page = Page(report_html(rows(2), by=by))
    assert not page.problems
    assert len(page.scripts) == 2
