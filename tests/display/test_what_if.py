"""A row beside changed copies of it: what is compared, and what notebooks show."""

import numpy as np
import pandas as pd
import pytest
from sanitizer import sanitized
from shown import HOSTILE, batch_of, changed, hand_made
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge

from sklime import LimeTabularExplainer
from sklime.display._what_if import Copies, is_what_if, side_by_side, what_if_view

KILOBYTE = 1024


def table_of(n_rows=80):
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(size=(n_rows, 4)), columns=["age", "debt", "income", "size"])


@pytest.fixture(scope="module")
def binary():
    table = table_of()
    model = LogisticRegression().fit(table, np.where(table["age"] > 0, "yes", "no"))
    return LimeTabularExplainer(model, random_state=0).fit(table)


@pytest.fixture(scope="module")
def regression():
    table = table_of()
    model = Ridge().fit(table, 100 * table["age"] - table["debt"])
    return LimeTabularExplainer(model, random_state=0).fit(table)


@pytest.fixture(scope="module")
def three_classes():
    table = table_of()
    model = RandomForestClassifier(5, random_state=0).fit(table, np.arange(80) % 3)
    return LimeTabularExplainer(model, random_state=0, n_perturbations=64).fit(table)


def row():
    return table_of().iloc[[3]]


def by_hand(labels, data, **options):
    """Rows of hand-made explanations, with labels and values."""
    rows = [hand_made(seed=seed, **options) for seed in range(len(labels))]
    return batch_of(
        [
            changed(one, row_labels=label, data=np.array([*values, 2.5, 2.5], dtype=object))
            for one, label, values in zip(rows, labels, data)
        ]
    )


def test_a_batch_is_known_by_its_first_label(binary):
    batch = binary.what_if(row(), age=[0.0, 1.0])
    assert is_what_if(batch)
    assert is_what_if(batch[:2])
    assert not is_what_if(batch[1:])
    assert not is_what_if(batch[:1])
    assert not is_what_if(binary.explain(table_of().head(3)))


def test_changed_columns_are_those_whose_values_differ(binary):
    batch = binary.what_if(row(), {"debt": [0.0], "size": [1.0]})
    assert Copies.of(batch).changed.tolist() == [1, 3]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", "a"], []),
        (["a", "b"], [0]),
        ([np.nan, np.nan], []),
        ([np.nan, None], []),
        ([None, 1.0], [0]),
        ([True, False], [0]),
    ],
)
def test_missing_values_are_alike(values, expected):
    batch = by_hand(["unchanged", "x=1"], [[value, 7.0] for value in values])
    assert Copies.of(batch).changed.tolist() == expected


@pytest.mark.parametrize(("n_rows", "shown"), [(1, [0]), (2, [0, 1]), (5, [0, 1, 2, 3, 4])])
def test_few_rows_all_stand_side_by_side(n_rows, shown):
    assert side_by_side(n_rows) == (shown, [])


def test_of_many_rows_both_ends_are_shown():
    shown, others = side_by_side(101)
    assert shown == [0, 1, 34, 67, 100]
    assert sorted(shown + others) == list(range(101))


# Answers


def test_answers_are_those_of_the_class_predicted_for_the_row(three_classes):
    batch = three_classes.what_if(row(), age=[-2.0, 2.0])
    predicted = batch.internals.predicted_index[0]
    assert Copies.of(batch).output == predicted
    lines = what_if_view(batch, 10)["lines"]
    expected = [f"{answer:.3f}" for answer in batch.predictions[:, predicted]]
    assert [line["answer"] for line in lines] == expected
    assert [line["predicted"].text for line in lines] == list(map(str, batch.predicted_classes))


def test_answers_are_compared_with_that_for_the_row(regression):
    batch = regression.what_if(row(), age=[0.0, 1.0])
    answers = batch.predictions[:, 0]
    lines = what_if_view(batch, 10)["lines"]
    assert lines[0]["change"] == ""
    shown = [float(line["change"].replace("−", "-")) for line in lines[1:]]
    np.testing.assert_allclose(shown, answers[1:] - answers[0], rtol=0.01)


def test_probabilities_have_bars_from_zero_to_one(binary, regression):
    batch = binary.what_if(row(), age=[0.0])
    lines = what_if_view(batch, 10)["lines"]
    assert [float(line["width"]) for line in lines] == pytest.approx(
        100 * batch.predictions[:, 0], abs=0.01
    )
    lines = what_if_view(regression.what_if(row(), age=[0.0]), 10)["lines"]
    assert {line["width"] for line in lines} == {""}


def test_a_row_without_an_answer_says_so():
    def predict(rows):
        return np.where(rows[:, 0] == 9.0, np.nan, rows.sum(axis=1))

    explainer = LimeTabularExplainer(predict, random_state=0).fit(table_of().to_numpy())
    with pytest.warns(RuntimeWarning, match="rows x0=9"):
        batch = explainer.what_if(row().to_numpy(), {0: [1.0, 9.0]})
    line = what_if_view(batch, 10)["lines"][2]
    assert (line["answer"], line["change"]) == ("", "")
    assert "no explanation" in batch._repr_html_()


# Explanations


def test_printed_weights_add_up_to_the_printed_surrogate(regression):
    table = what_if_view(regression.what_if(row(), age=[-1.0, 1.0]), 2)["table"]
    for number in range(3):
        cells = [line["cells"][number] for line in table["rows"]]
        texts = [cell["weight"] for cell in cells if cell] + [table["rest"][number]]
        texts += [table["base"][number]]
        total = sum(float(text.replace("−", "-").strip("<>")) for text in texts)
        assert total == pytest.approx(float(table["total"][number].replace("−", "-")), abs=2.5)


def test_the_rule_of_a_changed_column_stands_beside_each_weight(regression):
    view = what_if_view(regression.what_if(row(), age=[-3.0, 3.0]), 10)
    lines = {line["name"].text: line for line in view["table"]["rows"]}
    assert lines["age"]["rule"].text == ""
    assert len({cell["rule"].text for cell in lines["age"]["cells"]}) > 1
    assert lines["debt"]["rule"].text != ""
    assert {cell["rule"].text for cell in lines["debt"]["cells"]} == {""}


def test_bars_of_all_rows_have_one_scale(regression):
    table = what_if_view(regression.what_if(row(), age=[-3.0, 3.0]), 10)["table"]
    bars = [cell["bar"] for line in table["rows"] for cell in line["cells"] if cell]
    assert len({bar["zero"] for bar in bars}) == 1


def test_many_rows_are_folded_away(binary):
    view = what_if_view(binary.what_if(row(), age=np.linspace(-1, 1, 30)), 10)
    assert (len(view["lines"]), len(view["more_lines"])) == (13, 18)
    assert [len(table["columns"]) for table in view["more_tables"]] == [5, 5, 5]
    # Each table begins with the row itself.
    assert {table["columns"][0]["label"].text for table in view["more_tables"]} == {"unchanged"}
    assert (view["n_later"], view["n_hidden"]) == (12, 14)


# Pages


def test_a_notebook_shows_both(regression):
    html = regression.what_if(row(), age=[0.0, 1.0], debt=[0.5])._repr_html_()
    for text in ("What if", "had other values", "age=1, debt=0.5", "Why: contributions", "· exact"):
        assert text in html
    assert html.count("<table") == 2


def test_pages_stay_small(binary):
    table = table_of()
    html = binary.what_if(table.head(1), age=np.linspace(-1, 1, 256))._repr_html_()
    assert len(html.encode()) < 150 * KILOBYTE
    assert len(binary.what_if(table.head(1), age=[0, 1, 2])._repr_html_().encode()) < 16 * KILOBYTE


def test_the_sanitizer_of_notebooks_leaves_everything(binary):
    html = binary.what_if(row(), age=[0.0, 1.0])._repr_html_()
    kept = sanitized(html)
    for text in ("age=1", "width:", "border-top", "Why"):
        assert text in kept


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_names_are_only_names(text):
    rows = [
        hand_made(
            ((0.3,), (-0.2,), (0.1,)),
            names=(text, f"{text} 2", "plain"),
            levels=(level, text, None),
            classes=(text, f"other {text}"),
            label=label,
        )
        for label, level in (("unchanged", "a"), (text, text))
    ]
    first, second = rows
    labels = first.internals.condition_labels
    rows = [
        first,
        changed(
            second,
            condition_labels=labels,
            data=np.array([text, *second.data[1:]], dtype=object),
        ),
    ]
    batch = batch_of([changed(one, row_labels=one.row_label) for one in rows])
    html = batch._repr_html_()
    assert "<script" not in html
    assert "<img" not in html
    assert "<svg" not in html


def test_the_page_is_always_the_same(binary):
    pages = {binary.what_if(row(), age=[0.0, 1.0])._repr_html_() for _ in range(2)}
    assert len(pages) == 1
