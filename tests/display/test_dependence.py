"""Weights of one feature against its values."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from documents import REVIEWS
from exact_rows import as_exact
from numpy.testing import assert_allclose
from shown import HOSTILE, hand_made
from tables import mixed_frame, mixed_score

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.display import LimeDependenceDisplay


@pytest.fixture(scope="module")
def explainer():
    return LimeTabularExplainer(
        mixed_score, n_perturbations=64, max_features=None, random_state=0
    ).fit(mixed_frame(200, 0))


@pytest.fixture(scope="module")
def batch(explainer):
    return explainer.explain(mixed_frame(200, 0).head(40))


def drawn(batch, feature, **parameters):
    return batch.plot(kind="dependence", feature=feature, **parameters)


def test_dots_are_values_and_weights(batch):
    display = drawn(batch, "income")
    index = batch.feature_names.index("income")
    x, y = display.dots_.get_offsets().T
    assert_allclose(x, batch.data[:, index].astype(float))
    assert_allclose(y, batch.values[:, index, 0])
    low, high = batch.confidence_intervals()
    ends = np.array([segment[:, 1] for segment in display.intervals_.get_segments()])
    assert_allclose(ends, np.column_stack([low[:, index, 0], high[:, index, 0]]))
    assert len(display.rug_.get_segments()) == len(batch)


def test_edges_are_those_of_the_conditions(batch, explainer):
    display = drawn(batch, "income")
    cuts = explainer._encoder.cuts[batch.feature_names.index("income")]
    edges = [segment[0, 0] for segment in display.edges_.get_segments()]
    assert_allclose(edges, cuts, rtol=2e-3)


def test_names_with_numbers_add_no_edges():
    X = pd.DataFrame({"x 10 > 3": np.linspace(0.0, 1.0, 50)})
    explainer = LimeTabularExplainer(lambda X: X.iloc[:, 0], n_perturbations=64, random_state=0)
    display = drawn(explainer.fit(X).explain(X), 0)
    assert len(display.edges) == 3
    assert (np.asarray(display.edges) < 1.0).all()


def test_missing_values_stand_apart(batch):
    display = drawn(batch, "age")
    index = batch.feature_names.index("age")
    missing = pd.isna(batch.data[:, index])
    assert missing.any()
    x = np.asarray(display.dots_.get_offsets())[:, 0]
    assert x[missing].min() > x[~missing].max()
    assert np.isfinite(x).all()
    assert "missing" in [text.get_text() for text in display.ax_.texts]


def test_levels_are_strips_with_names(batch):
    display = drawn(batch, "city")
    names = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert set(names) == {"Rome", "Bonn", "Oslo", "missing"}
    x = np.asarray(display.dots_.get_offsets())[:, 0]
    cities = [
        "missing" if pd.isna(city) else city
        for city in batch.data[:, batch.feature_names.index("city")]
    ]
    assert np.round(x).astype(int).tolist() == [names.index(city) for city in cities]
    assert display.edges_ is None
    again = np.asarray(drawn(batch, "city").dots_.get_offsets())
    assert_allclose(again[:, 0], x)


def test_exact_rows_have_no_intervals(batch):
    display = drawn(as_exact(batch), "income")
    assert all(np.ptp(part[:, 1]) == 0.0 for part in display.intervals_.get_segments())


def test_rows_without_a_weight_are_counted(explainer):
    sparse = LimeTabularExplainer(mixed_score, n_perturbations=64, max_features=2, random_state=0)
    X = mixed_frame(200, 0)
    display = drawn(sparse.fit(X).explain(X.head(20)), "income")
    assert "not drawn" in display.ax_.get_title(loc="left")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"feature": "incom"}, r"did you mean \['income'\]"),
        ({"feature": 99}, "the features are"),
        ({"feature": True}, "no name or index"),
        ({}, "pass its name as feature"),
        ({"kind": "global", "feature": "income"}, "needs kind='dependence'"),
        ({"kind": "depend"}, "is not one of"),
    ],
)
def test_wrong_features_are_refused(batch, parameters, message):
    with pytest.raises(ValueError, match=message):
        batch.plot(**({"kind": "dependence"} | parameters))


def test_documents_have_no_columns():
    explainer = LimeTextExplainer(lambda texts: [t.count("good") for t in texts], random_state=0)
    with pytest.raises(ValueError, match="documents have words"):
        drawn(explainer.fit(REVIEWS).explain(REVIEWS[:5]), "good")


def test_no_rows_are_an_empty_picture(batch):
    assert len(drawn(batch[:0], "income").dots_.get_offsets()) == 0


@pytest.mark.filterwarnings("ignore:Glyph .* missing from")
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_any_name_can_be_drawn(text):
    explanation = hand_made(((0.3,), (-0.2,)), names=(text, "b"), levels=(text, None))
    display = drawn(explanation.as_batch(), 0)
    display.figure_.canvas.draw()
    plt.close("all")


def test_a_display_of_arrays():
    display = LimeDependenceDisplay(
        np.array([1.0, 2.0]), np.array([0.1, -0.1]), np.array([np.nan, 0.05]), edges=(1.5,)
    ).plot()
    assert display.figure_ is display.ax_.figure
    assert len(display.edges_.get_segments()) == 1
