"""How many features are shown: one rule for all displays, and nothing counts twice."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from shown import batch_of, document_batch, document_explanation, hand_made

from sklime.display import (
    LimeComparisonDisplay,
    LimeExplanationDisplay,
    LimeGlobalDisplay,
    LimeStabilityDisplay,
    LimeTextDisplay,
)
from sklime.display._view import weights_table

WORDS = {"good": 0.3, "bad": -0.2, "film": 0.05}
DOCUMENT = "A good film, a good cast. Not a bad one."


@pytest.fixture(autouse=True)
def no_open_figures():
    yield
    plt.close("all")


class Fitted:
    """An explainer that has its answer already, or does not want to be asked."""

    def __init__(self, batch=None):
        self.batch = batch

    def explain(self, X):
        assert self.batch is not None, "explained before the number was checked"
        return self.batch


def row():
    return hand_made()


def two_outputs():
    weights = ((0.3, -0.2), (-0.1, 0.15), (0.0, 0.05), (0.2, 0.1))
    return hand_made(weights, classes=("ash", "birch", "cedar"))


def document():
    return document_explanation(DOCUMENT, WORDS)


def batch():
    return batch_of([hand_made(label=label, seed=label) for label in range(3)])


X = np.zeros((1, 4))

# Each display in each way to get it, as a function of the number of features.
DISPLAYS = {
    "bar": lambda m: row().plot(max_features=m),
    "waterfall": lambda m: row().plot(kind="waterfall", max_features=m),
    "comparison": lambda m: two_outputs().plot(kind="comparison", max_features=m),
    "text": lambda m: document().plot(kind="text", max_features=m),
    "bar of a document": lambda m: document().plot(max_features=m),
    "global": lambda m: batch().plot(max_features=m),
    "global of documents": lambda m: document_batch([DOCUMENT, "bad"], WORDS).plot(max_features=m),
    "cohorts": lambda m: batch().plot(by=np.arange(len(batch())), max_features=m),
    "heatmap": lambda m: batch().plot(kind="heatmap", max_features=m),
    "fidelity": lambda m: batch().plot(kind="fidelity", max_features=m),
    "bars from explanation": lambda m: LimeExplanationDisplay.from_explanation(
        row(), max_features=m
    ),
    "bars from estimator": lambda m: LimeExplanationDisplay.from_estimator(
        Fitted([row()]), X, max_features=m
    ),
    "comparison from estimator": lambda m: LimeComparisonDisplay.from_estimator(
        Fitted([two_outputs()]), X, max_features=m
    ),
    "models": lambda m: LimeComparisonDisplay.from_explanations(
        {"a": row(), "b": row()}, max_features=m
    ),
    "text from explanation": lambda m: LimeTextDisplay.from_explanation(document(), max_features=m),
    "text from estimator": lambda m: LimeTextDisplay.from_estimator(
        Fitted([document()]), [DOCUMENT], max_features=m
    ),
    "global from explanations": lambda m: LimeGlobalDisplay.from_explanations(
        batch(), max_features=m
    ),
    "global from estimator": lambda m: LimeGlobalDisplay.from_estimator(
        Fitted(batch()), X, max_features=m
    ),
    "stability": lambda m: LimeStabilityDisplay.from_explanations(list(batch()), max_features=m),
    "table": lambda m: weights_table(row(), [0], m),
}


@pytest.mark.parametrize("display", DISPLAYS)
@pytest.mark.parametrize("number", [0, -1, -10, 2.0, 0.5, np.nan, True, False, np.True_, "3", [3]])
def test_what_is_no_number_of_features_is_refused(number, display):
    with pytest.raises(ValueError, match="pass a whole number of at least 1, or None for all"):
        DISPLAYS[display](number)


@pytest.mark.parametrize("display", DISPLAYS)
@pytest.mark.parametrize("number", [None, 1, 2, 3, 100, np.int64(2), 10**30])
def test_any_number_of_features_is_taken(number, display):
    assert DISPLAYS[display](number) is not None


@pytest.mark.parametrize(
    "display", [LimeExplanationDisplay, LimeComparisonDisplay, LimeTextDisplay, LimeGlobalDisplay]
)
def test_the_number_is_checked_before_anything_is_explained(display):
    with pytest.raises(ValueError, match="max_features=0"):
        display.from_estimator(Fitted(), [DOCUMENT], max_features=0)


def test_the_number_is_checked_before_anything_is_fitted():
    with pytest.raises(ValueError, match="max_features=0"):
        LimeStabilityDisplay.from_estimator(None, X, background=X, max_features=0)


# Nothing twice, nothing lost

finite = st.floats(-1e3, 1e3, allow_subnormal=False).map(lambda x: round(x, 6))
numbers = st.one_of(st.none(), st.integers(1, 12))


@st.composite
def explanations(draw):
    n_features, n_outputs = draw(st.integers(1, 8)), draw(st.integers(1, 3))
    weights = [[draw(finite) for _ in range(n_outputs)] for _ in range(n_features)]
    names = [f"x{place}" for place in range(n_features)]
    classes = tuple("abcd"[: n_outputs + 1])
    return hand_made(weights, names=names, levels=(None,) * n_features, classes=classes)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(explanations(), numbers, st.sampled_from(["bar", "waterfall"]))
def test_bars_and_intercept_add_up_to_the_local_prediction(explanation, number, kind):
    for place, output in enumerate(explanation.explained_names()):
        display = explanation.plot(output, kind=kind, max_features=number)
        widths = [bar.get_width() for bar in display.bars_]
        plt.close(display.figure_)
        total = explanation.intercepts[place] + sum(widths)
        assert_allclose(total, explanation.local_predictions[place], atol=1e-9)
        n_selected = explanation.selected[:, place].sum()
        n_shown = n_selected if number is None else min(number, n_selected)
        assert len(widths) == n_shown + (n_shown < n_selected)


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(explanations(), numbers, st.booleans())
def test_a_waterfall_ends_at_the_local_prediction(explanation, number, show_rest):
    for place, output in enumerate(explanation.explained_names()):
        display = LimeExplanationDisplay.from_explanation(
            explanation,
            output=output,
            max_features=number,
            show_rest=show_rest,
            kind="waterfall",
        )
        bars = list(display.bars_)
        plt.close(display.figure_)
        if bars:
            assert_allclose(bars[-1].get_x(), explanation.intercepts[place], atol=1e-9)
            end = bars[0].get_x() + bars[0].get_width()
            assert_allclose(end, explanation.local_predictions[place], atol=1e-9)


def test_bars_that_leave_others_out_become_a_whole_waterfall():
    display = LimeExplanationDisplay.from_explanation(row(), max_features=1, show_rest=False)
    assert len(display.bars_) == 1
    display.plot(kind="waterfall")
    assert len(display.bars_) == 2
    assert [tick.get_text() for tick in display.ax_.get_yticklabels()][-1] == "other features"
    assert "surrogate 0.485" in display.ax_.get_xlabel()


@settings(max_examples=30, deadline=None)
@given(explanations(), numbers)
def test_the_table_adds_up_for_any_number_of_rows(explanation, number):
    places = range(len(explanation.explained))
    table = weights_table(explanation, places, number)
    used = explanation.selected.any(axis=1).sum()
    n_rest = table["rest"]["count"] if table["rest"] else 0
    assert len(table["rows"]) + n_rest == used
    for bar in table["rest"]["bars"] if table["rest"] else []:
        # A sum of many small weights ran out of the table.
        assert float(bar["left"]) >= 0.0
        assert float(bar["left"]) + float(bar["width"]) <= 100.5


def test_the_sum_of_many_small_weights_stays_in_its_table():
    weights = [[0.1]] * 60
    names = [f"x{place}" for place in range(60)]
    explanation = hand_made(weights, names=names, levels=(None,) * 60, classes=None)
    rest = weights_table(explanation, [0], 10)["rest"]["bars"][0]
    assert float(rest["left"]) + float(rest["width"]) <= 100.0


def test_the_strongest_words_are_tinted():
    display = document().plot(kind="text", max_features=1)
    assert {t for t, w in zip(display.texts, display.weights) if w} == {"good"}
    assert "".join(display.texts) == DOCUMENT
    assert display.xlabel.endswith("2 weaker words not tinted")


@pytest.mark.parametrize("display", ["comparison", "global", "stability"])
def test_what_is_not_drawn_is_counted(display):
    assert "2 weaker features not drawn" in DISPLAYS[display](1).title or display == "comparison"
    assert "not drawn" not in DISPLAYS[display](None).title


def test_features_that_a_comparison_leaves_out_are_counted():
    assert "3 weaker features not drawn" in DISPLAYS["comparison"](1).title


# Names that look the same once they are cut


def look_alikes():
    long = "a name " * 30
    return hand_made(
        ((0.3, -0.1), (-0.2, 0.1)),
        names=(f"{long}x{long}", f"{long}y{long}"),
        levels=(None, None),
        classes=("a", "b", "c"),
    )


def test_features_whose_names_are_cut_alike_stay_apart():
    explanation = look_alikes()
    assert_allclose(explanation.plot(kind="comparison").weights, explanation.values)
    display = LimeStabilityDisplay.from_explanations([explanation] * 3, output="a")
    assert_allclose(display.weights, [[0.3] * 3, [-0.2] * 3])
    display = LimeComparisonDisplay.from_explanations(
        {"m": explanation, "n": explanation}, output="a"
    )
    assert_allclose(display.weights, [[0.3] * 2, [-0.2] * 2])
