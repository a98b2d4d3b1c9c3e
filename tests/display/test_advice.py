"""What is advised where the fidelity is low: only what helps in the case at hand."""

from dataclasses import replace

import numpy as np
import pytest
from shown import changed as with_arrays
from shown import document_explanation, hand_made
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklime import LimeTabularExplainer
from sklime._explanations._settings import ExplainerSettings
from sklime.display._advice import (
    FIDELITY_WORDS,
    LOW_FIDELITY,
    Case,
    advice_of,
    advice_on_many,
    case_of,
    is_low,
)
from sklime.display._notebook import notebook_html
from sklime.display._numbers import fidelity_word
from sklime.display._report import report_html

ANCHORED = ExplainerSettings("identity", 0.75, "anchored", "quartile", "marginal")
SHARED = ExplainerSettings("identity", None, "shared", "quartile", "marginal")
PLAIN = Case(
    fidelity=0.4,
    response_r2=0.35,
    settings=ANCHORED,
    is_saturated=False,
    n_left_out=0,
    noun="row",
)


def settings_advised(case):
    """Return the settings that are advised, without the reasons."""
    return [words.split()[0] for words in advice_of(case)]


def changed(settings=ANCHORED, case=PLAIN, **changes):
    """Return a case with other settings of the explainer."""
    return case._replace(settings=replace(settings, **changes))


@pytest.mark.parametrize(
    ("case", "advised"),
    [
        (PLAIN, ["keep=0.9"]),
        (PLAIN._replace(is_saturated=True), ['link="logit"', "keep=0.9"]),
        (changed(link="logit", case=PLAIN._replace(is_saturated=True)), ["keep=0.9"]),
        (PLAIN._replace(n_left_out=3), ["max_features=None", "keep=0.9"]),
        (changed(keep=0.9), []),
        (changed(discretizer="decile"), ['discretizer="quartile"', "keep=0.9"]),
        (changed(discretizer=None), []),
        (
            PLAIN._replace(response_r2=0.1),
            ["keep=0.9"],
        ),
        (
            PLAIN._replace(response_r2=0.1, fidelity=0.9),
            ["discretizer=None", 'discretizer="model"'],
        ),
        (
            changed(discretizer="model", case=PLAIN._replace(response_r2=0.1, fidelity=0.9)),
            ["discretizer=None"],
        ),
        (
            PLAIN._replace(settings=SHARED),
            ['neighborhood="anchored"', "discretizer=None", 'discretizer="model"'],
        ),
        (changed(SHARED, neighborhood="around", discretizer=None), []),
        (changed(SHARED, neighborhood="Ours", discretizer="KBinsDiscretizer"), []),
    ],
)
def test_advice_depends_on_the_case(case, advised):
    assert settings_advised(case) == advised


@pytest.mark.parametrize("fidelity", [0.6, 0.596, 0.9, np.nan])
def test_fidelity_that_is_not_low_gets_no_advice(fidelity):
    case = PLAIN._replace(fidelity=fidelity, is_saturated=True, n_left_out=5)
    assert advice_of(case) == []


def test_bins_that_tell_little_get_other_cuts_though_the_fidelity_is_high():
    # The rule holds for nearly all rows, and the model changes beyond it.
    case = PLAIN._replace(fidelity=0.95, response_r2=0.08)
    assert settings_advised(case) == ["discretizer=None", 'discretizer="model"']


def test_what_was_measured_not_to_help_is_never_advised():
    cases = [
        PLAIN._replace(
            fidelity=fidelity,
            response_r2=fidelity / 2,
            settings=replace(settings, discretizer=cuts),
            is_saturated=saturated,
            n_left_out=left_out,
        )
        for fidelity in (0.0, 0.5, 0.7)
        for settings in (ANCHORED, SHARED)
        for cuts in ("quartile", "decile", "entropy", "model", None)
        for saturated in (False, True)
        for left_out in (0, 3)
    ]
    words = " ".join(text for case in cases for text in advice_of(case))
    assert "n_perturbations" not in words
    assert '"decile"' not in words
    assert "finer" not in words


def test_documents_get_no_advice_that_was_measured_on_tables():
    explanation = document_explanation("a good day", {"good": 0.3})
    assert advice_of(case_of(explanation, 0)._replace(fidelity=0.1, n_left_out=3)) == []


def test_many_rows_get_what_helps_half_of_the_low_ones():
    good = PLAIN._replace(fidelity=0.9)
    saturated = PLAIN._replace(is_saturated=True)
    assert advice_on_many([good] * 5) == []
    both = advice_on_many([good, saturated, PLAIN])
    assert [words.split()[0] for words in both] == ["keep=0.9", 'link="logit"']
    few = advice_on_many([saturated, PLAIN, PLAIN])
    assert [words.split()[0] for words in few] == ["keep=0.9"]


@pytest.mark.parametrize("floor", [floor for floor, _ in FIDELITY_WORDS])
def test_words_change_where_the_table_says(floor):
    if np.isfinite(floor):
        assert fidelity_word(floor) != fidelity_word(floor - 0.01)
        assert fidelity_word(floor - 0.004) == fidelity_word(floor)


def test_a_low_lower_bound_is_not_called_low():
    assert fidelity_word(LOW_FIDELITY - 0.1, is_bound=True) == "may be higher"
    assert fidelity_word(0.9, is_bound=True) == "good"


# A model and a row for each advice: following it raises the fidelity.


@pytest.fixture(scope="module")
def rows():
    """Six columns without meaning."""
    return np.random.default_rng(0).normal(size=(2000, 6))


def rare(rows):
    """A logistic regression of a rare class, whose probabilities are nearly all near 0."""
    logits = 2.0 * (rows[:, 0] + rows[:, 1] - rows[:, 2] + rows[:, 3]) - 8.0
    model = make_pipeline(StandardScaler(), LogisticRegression(C=100.0))
    return model.fit(rows, np.random.default_rng(1).logistic(size=len(rows)) < logits)


def median_fidelity(explainer, rows, explained, measure="fidelity"):
    return np.nanmedian(getattr(explainer.fit(rows).explain(explained), measure))


@pytest.mark.parametrize(
    ("options", "followed"),
    [
        ({"neighborhood": "shared"}, {"neighborhood": "anchored"}),
        ({}, {"link": "logit"}),
        ({"max_features": 1}, {"max_features": None}),
        ({}, {"keep": 0.9}),
    ],
    ids=str,
)
def test_following_the_advice_raises_the_fidelity(options, followed, rows):
    model = rare(rows)
    saturated = rows[model.predict_proba(rows)[:, 1] < 0.01][:12]
    explainer = LimeTabularExplainer(model, random_state=0, **options)
    batch = explainer.fit(rows).explain(saturated)
    (name, value) = next(iter(followed.items()))
    quoted = f'"{value}"' if isinstance(value, str) else value
    low = [row for row in batch if is_low(row.fidelity[0])]
    assert low
    assert all(f"{name}={quoted}" in settings_advised(case_of(row, 0)) for row in low)
    explainer.set_params(**followed)
    assert median_fidelity(explainer, rows, saturated) > np.nanmedian(batch.fidelity) + 0.05


@pytest.mark.parametrize("discretizer", ["model", None])
def test_other_cuts_tell_more_of_a_response_in_the_tail(discretizer, rows):
    def tail(X):
        return np.where(X[:, 0] > 1.2, 1.0, 0.0) + 0.1 * X[:, 1]

    explained = rows[rows[:, 0] < -0.7][:10]
    explainer = LimeTabularExplainer(tail, random_state=0)
    batch = explainer.fit(rows).explain(explained)
    quoted = None if discretizer is None else f'"{discretizer}"'
    advised = [f"discretizer={quoted}" in settings_advised(case_of(row, 0)) for row in batch]
    assert np.mean(advised) > 0.5
    explainer.set_params(discretizer=discretizer)
    after = median_fidelity(explainer, rows, explained, "response_r2")
    assert after > np.nanmedian(batch.response_r2) + 0.1


# Where it is shown


@pytest.fixture(scope="module")
def low_batch(rows):
    """Rows of low fidelity in a shared neighborhood."""
    explainer = LimeTabularExplainer(
        rare(rows), neighborhood="shared", max_features=2, random_state=0
    )
    return explainer.fit(rows).explain(rows[:8])


def test_advice_is_printed_and_on_the_cards(low_batch):
    (row, *_) = [row for row in low_batch if row.fidelity[0] < LOW_FIDELITY]
    assert 'fidelity is known. May help: neighborhood="anchored"' in repr(row)
    for html in (notebook_html(row), notebook_html(low_batch), report_html(low_batch)):
        text = html.replace("&#34;", '"')
        assert "May help: " in text
        assert 'neighborhood="anchored" draws copies near the row' in text
        assert "more perturbations" not in text
        assert "finer bins" not in text


@pytest.mark.parametrize(
    ("probability", "fidelity", "link", "says_so"),
    [
        (0.004, 0.9, "identity", True),
        (0.997, np.nan, "identity", True),
        (0.02, 0.9, "identity", False),
        (0.004, 0.2, "identity", False),  # the advice on the fidelity names it
        (0.004, 0.9, "logit", False),
    ],
)
def test_saturated_probabilities_say_so(probability, fidelity, link, says_so):
    explanation = with_arrays(
        hand_made(),
        responses=np.array([1.0 - probability, probability]),
        predictions=np.array([probability]),
        fidelity=np.array([fidelity]),
        settings=replace(hand_made().settings, link=link),
    )
    for text in (repr(explanation), notebook_html(explanation)):
        assert ("very near 0 or 1" in text) is says_so


def test_only_the_penalty_is_blamed_where_it_leaves_nothing(rows):
    explainer = LimeTabularExplainer(rare(rows), surrogate=Lasso(1e3), random_state=0)
    text = repr(explainer.fit(rows).explain(rows[:1])[0])
    assert "the penalty of Lasso(alpha=1000.0) is too large" in text
    assert "May help" not in text


def test_nothing_is_advised_where_the_fidelity_is_good():
    explanation = hand_made()
    assert "May help" not in repr(explanation)
    assert "May help" not in notebook_html(explanation)


def test_an_error_that_blurs_the_word_is_told():
    assert fidelity_word(0.49, error=0.48) == "low, standard error 0.48"
    assert fidelity_word(0.49, error=0.1) == fidelity_word(0.49) == "low"
    assert fidelity_word(float("nan"), "no answer", error=float("nan")) == "undefined: no answer"


def test_pictures_have_advice_of_their_own():
    low = PLAIN._replace(noun="picture", fidelity=0.3)
    assert [words.partition(" ")[0] for words in advice_of(low)] == ["another", "keep=0.9"]
    blurred = low.settings.__class__(**{**vars(low.settings), "fill": "a blurred copy"})
    assert advice_of(low._replace(settings=blurred)) == ["keep=0.9 asks about smaller changes"]
    assert not advice_of(low._replace(fidelity=0.9))
    assert not advice_of(low._replace(noun="document"))
