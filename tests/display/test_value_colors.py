"""Colors of dots by value."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from documents import REVIEWS
from numpy.testing import assert_allclose, assert_array_equal
from tables import mixed_frame, mixed_score

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.display import LimeGlobalDisplay
from sklime.display._value_colors import colormap_on, colors_of_values, is_numeric

GRAY = colors_of_values(np.array([np.nan, 1.0]), False)[0]


@pytest.mark.parametrize("is_dark", [False, True])
def test_numbers_go_from_low_to_high(is_dark):
    values = np.arange(101.0)
    colors = colors_of_values(values, is_dark)
    scale = colormap_on(is_dark)
    assert_allclose(colors[0], scale(0.0))
    assert_allclose(colors[-1], scale(1.0))
    # Luminance grows with the value: printed in gray the order is still seen.
    luminance = colors[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) >= 0.0).all()


def test_one_outlier_does_not_take_the_scale():
    colors = colors_of_values(np.append(np.arange(100.0), 1e9), False)
    assert_allclose(colors[-1], colormap_on(False)(1.0))
    assert not np.allclose(colors[0], colors[90])


def test_missing_values_and_infinities_are_gray():
    values = np.array([1.0, np.nan, 2.0, None, np.inf, pd.NA], dtype=object)
    colors = colors_of_values(values, False)
    assert_array_equal(colors[[1, 3, 4, 5]], np.tile(GRAY, (4, 1)))
    assert not np.allclose(colors[0], colors[2])


@pytest.mark.parametrize("values", [[3.0, 3.0], [-1.7e308, 1.7e308], [], [np.nan, np.nan]])
def test_odd_numbers_have_colors(values):
    colors = colors_of_values(np.array(values, dtype=float), False)
    assert colors.shape == (len(values), 4)
    assert np.isfinite(colors).all()


def test_levels_have_hues_and_the_rest_is_gray():
    values = np.array([f"level {i}" for i in range(10) for _ in range(10 - i)], dtype=object)
    colors = colors_of_values(values, False)
    hues = [tuple(colors[values == f"level {i}"][0]) for i in range(10)]
    assert len(set(hues[:8])) == 8
    assert hues[8] == hues[9] == tuple(GRAY)
    # Colors do not depend on the order of the rows.
    assert_array_equal(colors_of_values(values[::-1], False), colors[::-1])


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([1, 2.5, None], True),
        ([True, False], False),
        (["a", 1], False),
        ([None, np.nan], False),
        ([pd.Timestamp("2020-01-01")], False),
    ],
)
def test_what_is_a_number(values, wanted):
    assert is_numeric(np.array(values, dtype=object)) is wanted


def test_dots_of_a_batch_have_the_colors_of_their_values():
    X = mixed_frame(80, 0)
    explainer = LimeTabularExplainer(mixed_score, n_perturbations=64, random_state=0)
    batch = explainer.fit(X).explain(X.head(30))
    display = batch.plot(max_features=None)
    index = display.labels.index("children")
    feature = batch.feature_names.index("children")
    used = batch.selected[:, feature, 0]
    wanted = colors_of_values(batch.data[used, feature], False)
    order = np.argsort(batch.values[used, feature, 0], kind="stable")
    assert_allclose(display.dots_[index].get_facecolors()[:, :3], wanted[order, :3])
    assert display.scale_ is not None
    plt.close("all")


def test_documents_and_bare_weights_have_the_colors_of_signs():
    explainer = LimeTextExplainer(lambda texts: [t.count("good") for t in texts], random_state=0)
    assert explainer.fit(REVIEWS).explain(REVIEWS[:5]).plot().scale_ is None
    display = LimeGlobalDisplay(["a"], [np.array([-0.3, 0.1])], np.array([0.02])).plot()
    assert len({tuple(color) for color in display.dots_[0].get_facecolors()}) == 2
    plt.close("all")
