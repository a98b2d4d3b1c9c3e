"""What people see of the method: exact or sampled, and why."""

from dataclasses import replace

import numpy as np
import pytest
from exact_rows import READ, as_exact
from matplotlib import pyplot as plt
from tables import FEW, first_column

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.backgrounds import MarginalBackground
from sklime.display import LimeComparisonDisplay, LimeStabilityDisplay
from sklime.display._method import (
    how_many,
    method_of_batch,
    method_of_one,
    method_tag,
    replacement_of,
)
from sklime.display._notebook import notebook_html
from sklime.display._notes import note_text, notes_of
from sklime.display._report import report_html

COMPARED = "The reading was compared with the model at this row and at 32 changed copies of it."
INTERVALS = (">95%<", "95% interval", "+-", "\N{PLUS-MINUS SIGN}", "hollow bar", "replicates")


@pytest.fixture(scope="module")
def batch(binary_data):
    """Four sampled rows."""
    X = binary_data[0]
    return LimeTabularExplainer(first_column, **FEW).fit(X).explain(X[:4])


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def because(batch, reason):
    settings = replace(batch.internals.settings, method="sampling", method_reason=reason)
    return replace(batch, internals=replace(batch.internals, settings=settings))


def without_style(html):
    return html.partition("<style>")[0]


def test_tag_is_said_where_it_tells_something(batch):
    mixed = as_exact(batch, [0])
    assert [method_tag(one) for one in (batch[0], mixed[0], mixed[1])] == ["", "exact", "sampled"]


@pytest.mark.parametrize(
    ("n_checks", "ending"),
    [(32, " and at 32 changed copies of it"), (1, " and at 1 changed copy of it"), (0, "")],
)
def test_exact_row_says_what_was_read_and_where_it_was_compared(n_checks, ending, batch):
    sentences = method_of_one(as_exact(batch, n_checks=n_checks)[0])
    assert sentences == [
        f"{READ}.",
        f"The reading was compared with the model at this row{ending}.",
    ]


def test_sampled_row_says_why(batch):
    assert method_of_one(because(batch, "no reader knows SVC")[0]) == [
        "The weights are sampled, not exact: no reader knows SVC."
    ]
    assert "gives other answers here" in method_of_one(as_exact(batch, [0])[1])[0]


@pytest.mark.parametrize("reason", ["", "method='sampling'"])
def test_sampling_that_was_asked_for_needs_no_reason(reason, batch):
    assert method_of_one(because(batch, reason)[0]) == []
    assert method_of_batch(because(batch, reason)) == []


def test_batch_counts_exact_and_sampled_rows(batch):
    n_drawn = batch.n_perturbations[0]
    assert how_many(batch) == f"{n_drawn} perturbed copies each"
    assert how_many(as_exact(batch)) == "exact"
    assert how_many(as_exact(batch, [0, 2])) == f"2 exact; 2 by {n_drawn} perturbed copies each"
    assert how_many(batch[:0]) == "0 perturbed copies each"


def test_batch_says_what_was_read_and_which_rows_are_sampled(batch):
    sentences = method_of_batch(as_exact(batch))
    assert sentences == [f"{READ}.", COMPARED.replace("this", "each")]
    assert method_of_batch(as_exact(batch, [0, 1, 2]))[-1].startswith("1 row is sampled: ")
    assert method_of_batch(as_exact(batch, [0]))[-1].startswith("3 rows are sampled: ")
    assert method_of_batch(as_exact(batch)[:0]) == []


def test_rows_without_weights_are_neither_exact_nor_sampled(batch):
    # An exact row that was refused, or that the kernel leaves no weight, rests on nothing.
    mixed = as_exact(batch, [0, 2])
    evidence = np.where([False, True, False, False], 0.0, mixed.effective_sample_size)
    mixed = replace(mixed, effective_sample_size=evidence)
    n_drawn = batch.n_perturbations[0]
    assert how_many(mixed) == f"2 exact; 1 without weights; 1 by {n_drawn} perturbed copies each"
    assert how_many(mixed[1:2]) == "1 without weights"
    assert method_tag(mixed[1]) == ""
    assert method_of_one(mixed[1]) == [f"{READ}."]
    assert "1 row is sampled" in " ".join(method_of_batch(mixed))
    assert "sampled:" not in " ".join(method_of_batch(mixed[:3]))


def test_long_reasons_are_cut(batch):
    exact = as_exact(batch, reason="The model " + "x" * 10_000 + " is read")
    assert all(len(text) < 400 for text in (*method_of_one(exact[0]), *method_of_batch(exact)))


def test_hostile_reasons_stay_text(batch):
    exact = as_exact(batch, reason="<script>alert(1)</script>")
    for html in (notebook_html(exact[0]), notebook_html(exact), report_html(exact)):
        assert "<script>alert" not in html


def test_card_of_an_exact_row_has_no_intervals(batch):
    html = without_style(notebook_html(as_exact(batch)[0]))
    assert "· exact" in html
    assert READ in html
    assert COMPARED in html
    assert not [text for text in (*INTERVALS, "border:2px solid", "inf") if text in html]
    assert "model " in html.partition("= surrogate")[2]


def test_card_of_a_sampled_row_has_intervals_and_the_reason(batch):
    html = notebook_html(because(batch, "no reader knows SVC")[0])
    assert "no reader knows SVC" in html
    assert all(text in html for text in ("95% interval", "hollow bar", "held-out", "replicates"))


def test_print_of_an_exact_row_has_no_intervals(batch):
    text = repr(as_exact(batch)[0])
    assert "   exact\n" in text
    assert "+-" not in text
    assert "n=" not in text
    assert "+-" in repr(as_exact(batch, [1])[0])


def test_several_outputs_have_no_intervals_either(multiclass_data, multiclass_model):
    explainer = LimeTabularExplainer(multiclass_model, target="all", max_features=2, **FEW)
    batch = explainer.fit(multiclass_data[0]).explain(multiclass_data[0][:2])
    html = without_style(notebook_html(as_exact(batch)[0]))
    assert "border-left:2px solid;border-right:2px solid" not in html
    assert "border-left:2px solid;border-right:2px solid" in notebook_html(batch[0])


def test_report_on_exact_rows_has_no_intervals(batch):
    page = report_html(as_exact(batch)).partition("<body>")[2].partition("<script")[0]
    assert READ in page
    assert not [text for text in INTERVALS if text in page]
    mixed = report_html(as_exact(batch, [0, 1])).partition("<body>")[2].partition("<script")[0]
    assert "2 exact; 2 by" in mixed


def test_notebook_of_a_batch_says_exact(batch):
    html = notebook_html(as_exact(batch))
    assert ">exact<" in html
    assert READ in html
    assert "held-out" not in without_style(html)


@pytest.mark.parametrize("kind", ["bar", "waterfall"])
def test_bars_of_exact_weights_have_no_whiskers_and_are_full(kind, batch):
    display = as_exact(batch)[0].plot(kind=kind)
    assert display.errorbars_ is None
    assert all(bar.get_facecolor()[3] == 1.0 for bar in display.bars_)
    assert "row 0 (exact)" in display.ax_.get_title(loc="left")
    assert batch[0].plot(kind=kind).errorbars_ is not None


def test_comparison_draws_intervals_of_sampled_weights_alone(batch):
    rows = {"exact": as_exact(batch)[0], "sampled": batch[0]}
    display = LimeComparisonDisplay.from_explanations(rows)
    low = display.ci_low
    assert np.isnan(low[:, 0]).all()
    assert np.isfinite(low[:, 1]).any()
    display.figure_.canvas.draw()


def test_stability_and_global_views_take_exact_rows(batch):
    exact = as_exact(batch)
    display = LimeStabilityDisplay.from_explanations([exact[0]] * 3)
    assert "(exact)" in display.ax_.get_title(loc="left")
    assert exact.plot().ax_.get_title(loc="left").startswith("4 rows")


def test_more_perturbed_rows_are_never_advised_for_exact_ones(batch):
    is_thin = np.zeros_like(batch.internals.is_thin)
    is_thin[:, 1] = True
    thin = replace(batch, internals=replace(batch.internals, is_thin=is_thin))
    assert "n_perturbations" in " ".join(note_text(note) for note in notes_of(thin[0], 0))
    texts = " ".join(note_text(note) for note in notes_of(as_exact(thin)[0], 0))
    assert "n_perturbations" not in texts
    assert "the copies that differ there have next to no weight" in texts
    # A level that no training row has.
    nowhere = np.zeros_like(batch.internals.background_encodings)
    unseen = replace(thin, internals=replace(thin.internals, background_encodings=nowhere))
    texts = " ".join(note_text(note) for note in notes_of(as_exact(unseen)[0], 0))
    assert "the rule holds in no training row" in texts


def test_texts_are_sampled(review_model):
    batch = LimeTextExplainer(review_model, **FEW).fit(["good film", "bad film"])
    batch = batch.explain(["good film", "bad plot"])
    assert not batch.is_exact.any()
    assert not batch[0].is_exact
    assert method_of_batch(batch) == method_of_one(batch[0]) == []


# What is replaced by what


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "training rows, each column by itself; a value stays with probability 0.75."),
        ({"keep": 0.5}, "probability 0.5."),
        ({"neighborhood": "shared"}, "each column by itself; they are the same for all rows."),
        ({"neighborhood": "around", "discretizer": None}, "are the row with normal noise."),
        ({"background": "empirical"}, "other training rows, all from the same row; a value"),
        ({"background": "normal"}, "from a normal distribution of each column"),
        ({"background": "copula"}, "correlate as those of the training rows do"),
        ({"background": MarginalBackground()}, "take values of MarginalBackground; a value"),
    ],
)
def test_a_sentence_tells_what_values_take_the_place(options, words, binary_data):
    explainer = LimeTabularExplainer(first_column, **{**FEW, **options}).fit(binary_data[0])
    sentence = replacement_of(explainer.explain(binary_data[0][:1])[0])
    assert sentence.startswith("Changed copies ")
    assert words in sentence


def test_shapley_values_have_no_copies_that_keep_values(binary_data):
    explainer = LimeTabularExplainer(first_column, **FEW).fit(binary_data[0])
    sentence = replacement_of(explainer.shapley(binary_data[0][:1])[0])
    assert (
        sentence
        == "Changed rows take values like those of the training rows, each column by itself."
    )


@pytest.mark.parametrize(
    ("keep", "ending"), [(None, "words."), (0.5, "words; a word stays with probability 0.5.")]
)
def test_copies_of_documents_lack_words(keep, ending):
    explainer = LimeTextExplainer(lambda texts: [len(text) for text in texts], keep=keep)
    one = explainer.fit(["a b c"]).explain(["a b c"])[0]
    assert replacement_of(one) == f"Changed copies lack some of the {ending}"
