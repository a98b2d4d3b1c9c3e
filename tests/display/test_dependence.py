"""Weights of one feature against its values."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from documents import REVIEWS
from exact_rows import as_exact
from numpy.testing import assert_allclose
from shown import HOSTILE, hand_made
from sklearn.preprocessing import KBinsDiscretizer
from tables import mixed_frame, mixed_score

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.display import LimeDependenceDisplay
from sklime.display._dependence import _edges_of


@pytest.fixture(scope="module")
def explainer():
    return LimeTabularExplainer(
        mixed_score, n_perturbations=64, max_features=None, random_state=0
    ).fit(mixed_frame(200, 0))


@pytest.fixture(scope="module")
def batch(explainer):
    return explainer.explain(mixed_frame(200, 0).head(40))


def whole_codes():
    """Return the conditions of all training rows."""
    X = mixed_frame(200, 0)
    explainer = LimeTabularExplainer(mixed_score, n_perturbations=64, random_state=0).fit(X)
    return explainer.explain(X).internals.codes


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


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_edges_of_the_discretizers_of_scikit_learn_are_not_moved(strategy):
    # ">= 5" of numbers with decimals was read as a bin of whole numbers that starts at 4.5.
    X = pd.DataFrame({"loan": np.random.default_rng(0).lognormal(12.0, 1.0, 80)})
    how = {"quantile_method": "averaged_inverted_cdf"} if strategy == "quantile" else {}
    binner = KBinsDiscretizer(4, encode="ordinal", strategy=strategy, **how)
    explainer = LimeTabularExplainer(
        lambda X: X.iloc[:, 0], discretizer=binner, n_perturbations=64, random_state=0
    )
    edges = drawn(explainer.fit(X).explain(X), 0).edges
    cuts = explainer._encoder.cuts[0]
    assert_allclose(edges, cuts, rtol=2e-3)
    # Edges above 10,000 are written with commas.
    assert min(edges) > 1e4
    bins = [np.searchsorted(ends, X["loan"], side="right") for ends in (edges, cuts)]
    assert (bins[0] == bins[1]).all()


def test_rules_with_all_digits_add_no_edges():
    X = pd.DataFrame({"age": np.arange(40.0, 70.0), "bmi": np.linspace(18.0, 39.0, 30)})
    explainer = LimeTabularExplainer(
        lambda X: X["age"] + X["bmi"], n_perturbations=64, random_state=0
    ).fit(X)
    cuts = explainer._encoder.cuts[1]
    edges = [float(text) for text in explainer._encoder.written_edges.texts[1]]
    fractions = X.head(9).assign(age=50.5, bmi=(cuts[0] + edges[0]) / 2.0)
    batch = explainer.explain(pd.concat([X, fractions]))
    assert any(np.asarray(batch.internals.codes)[-1] > 5)
    for feature, name in enumerate(X):
        assert_allclose(drawn(batch, name).edges, drawn(batch[:30], name).edges)
        assert len(batch.internals.condition_labels[feature]) > 7


def test_names_with_numbers_add_no_edges():
    X = pd.DataFrame({"x 10 > 3": np.linspace(0.0, 1.0, 50)})
    explainer = LimeTabularExplainer(lambda X: X.iloc[:, 0], n_perturbations=64, random_state=0)
    display = drawn(explainer.fit(X).explain(X), 0)
    assert len(display.edges) == 3
    assert (np.asarray(display.edges) < 1.0).all()


def test_bins_of_whole_numbers_end_between_two_numbers(batch):
    display = drawn(batch, "visits")
    labels = batch.internals.condition_labels[batch.feature_names.index("visits")]
    assert any(" to " in label for label in labels)
    visits = mixed_frame(200, 0)["visits"].dropna()
    assert (np.asarray(display.edges) % 1.0 == 0.5).all()
    bins = np.searchsorted(display.edges, visits)
    own = whole_codes()[:, batch.feature_names.index("visits")]
    own = own[mixed_frame(200, 0)["visits"].notna()]
    assert len({*zip(bins.tolist(), own.tolist())}) == len(set(own.tolist())) == len(set(bins))


@pytest.mark.parametrize(
    ("labels", "edges"),
    [
        (("x <= 1", "x = 2", "x = 3", "x is missing"), [1.5, 2.5]),
        (("x = 0", "x 1 to 4", "x >= 5"), [0.5, 4.5]),
        (("x <= -3", "x -2 to -1", "x >= 0"), [-2.5, -0.5]),
        (("x <= 1.5", "1.5 < x <= 2.5", "x > 2.5"), [1.5, 2.5]),
        (("x = 0", "x = 1"), []),
        (("x", "x is missing"), []),
    ],
)
def test_edges_stand_between_the_bins(labels, edges):
    assert _edges_of(labels, "x").tolist() == edges


@pytest.mark.parametrize("feature", ["age", "city", "visits", "children"])
def test_shares_are_those_of_the_training_rows(batch, feature):
    display = drawn(batch, feature)
    index = batch.feature_names.index(feature)
    # By brute force: how many training rows meet the condition that the row meets?
    codes = whole_codes()[:, index]
    counts = {code: (codes == code).mean() for code in np.unique(codes)}
    wanted = [counts[code] for code in batch.internals.codes[:, index]]
    assert_allclose(display.shares, wanted)
    shown = {text.get_text() for text in display.shares_}
    if feature == "city":
        found = [min(abs(int(text[:-1]) - 100 * share) for text in shown) for share in wanted]
        assert max(found) < 0.51
    texts = [text.get_text() for text in display.ax_.texts]
    missing = [text for text in texts if text.startswith("missing\n")]
    assert len(missing) == (feature in ("age", "visits"))


def test_a_level_has_its_own_share(batch):
    display = drawn(batch, "city")
    places = {label.get_text(): place for place, label in enumerate(display.ax_.get_xticklabels())}
    found = {round(text.xy[0]): text.get_text() for text in display.shares_}
    cities = mixed_frame(200, 0)["city"]
    for city, share in cities.value_counts(normalize=True, dropna=False).items():
        percent = int(found[places["missing" if pd.isna(city) else city]][:-1])
        assert abs(percent - 100 * share) < 0.51


def test_where_shares_are_not_known_none_are_drawn(explainer):
    X = mixed_frame(200, 0)
    bare = LimeTabularExplainer(
        mixed_score, discretizer=None, n_perturbations=64, max_features=None, random_state=0
    ).fit(X)
    display = drawn(bare.explain(X.head(10)), "age")
    assert display.shares_ == []
    assert display.ax_.get_xlabel() == "age"
    assert "share of background" in drawn(explainer.explain(X.head(10)), "age").ax_.get_xlabel()


def test_narrow_bins_have_no_share():
    values = np.array([0.0, 0.001, 1.0])
    display = LimeDependenceDisplay(
        values, np.zeros(3), np.zeros(3), codes=np.arange(3), shares=np.array([0.2, 0.3, 0.001])
    ).plot()
    assert [text.get_text() for text in display.shares_] == ["20%", "<1%"]


def test_missing_values_stand_apart(batch):
    display = drawn(batch, "age")
    index = batch.feature_names.index("age")
    missing = pd.isna(batch.data[:, index])
    assert missing.any()
    x = np.asarray(display.dots_.get_offsets())[:, 0]
    assert x[missing].min() > x[~missing].max()
    assert np.isfinite(x).all()
    assert any(text.get_text().startswith("missing") for text in display.ax_.texts)


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


@pytest.mark.filterwarnings("ignore:Glyph .* missing from|No installed font")
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
