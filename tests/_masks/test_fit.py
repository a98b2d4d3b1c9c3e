"""The fit on masks: exact where all masks are enumerated."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, Ridge

from sklime import LimeTextExplainer

WEIGHTS = {"one": 3.0, "two": -1.0, "three": 0.25, "four": 40.0, "five": -7.0, "six": 1e-3}


def additive(texts):
    return [1.5 + sum(WEIGHTS.get(word, 0.0) for word in set(text.split())) for text in texts]


def document(n_words):
    return " ".join(list(WEIGHTS)[:n_words])


def explain(estimator, text, **options):
    options = {"max_features": None, "random_state": 0, **options}
    return LimeTextExplainer(estimator, **options).fit([text]).explain([text])[0]


@pytest.mark.parametrize("n_words", range(1, 7))
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"control_variates": False},
        {"keep": 0.75},
        {"keep": 0.999},
        {"kernel_width": 0.05},
        {"kernel_width": 10.0},
        {"metric": "euclidean"},
        {"kernel": "uniform"},
        {"positions": True},
        {"mask_token": "nothing"},
    ],
    ids=str,
)
def test_additive_model_is_explained_exactly_where_all_copies_are_enumerated(n_words, options):
    explanation = explain(additive, document(n_words), **options)
    expected = np.array(list(WEIGHTS.values())[:n_words])
    assert_allclose(explanation.values[:, 0], expected, rtol=1e-7)
    assert_allclose(explanation.intercepts, 1.5, rtol=1e-7)
    assert_allclose(explanation.local_predictions, explanation.predictions)
    assert not explanation.standard_errors.any()
    assert_array_equal(explanation.left_out_values, explanation.left_out_values[:1].repeat(8, 0))


def test_a_word_that_comes_twice_is_one_word():
    explanation = explain(lambda texts: [2.0 * text.count("good") for text in texts], "good good")
    assert_allclose(explanation.values, 4.0, rtol=1e-12)


@pytest.mark.parametrize("max_features", [1, 2, 3])
@pytest.mark.parametrize("selection", ["forward", "highest_weights", "lasso_path"])
@pytest.mark.parametrize("kernel_width", [0.02, 0.25])
def test_the_strongest_words_are_found_whatever_copies_weigh(max_features, selection, kernel_width):
    # With a narrow kernel all copies together weigh next to nothing beside the document.
    explanation = explain(
        lambda texts: [("a" in text) - 0.9 * ("b" in text) + 0.8 * ("c" in text) for text in texts],
        "a b c",
        selection=selection,
        max_features=max_features,
        kernel_width=kernel_width,
    )
    selected = np.flatnonzero(explanation.selected[:, 0]).tolist()
    if selection == "highest_weights":
        assert selected == list(range(max_features))
    if max_features == 3:
        assert_allclose(explanation.values[:, 0], [1.0, -0.9, 0.8], rtol=1e-7)


@pytest.mark.parametrize("alpha", [0.01, 1.0])
def test_a_penalty_that_was_asked_for_is_kept(alpha):
    # Two copies: the document with weight 1, and the empty one.
    weight = 5000 * np.exp(-0.5 * (1.0 / 0.25) ** 2)
    scatter = weight / (weight + 1.0)
    explanation = explain(additive, "one", surrogate=Ridge(alpha=alpha))
    assert_allclose(explanation.values, 3.0 * scatter / (scatter + alpha))
    assert_allclose(explain(additive, "one", surrogate=LinearRegression()).values, 3.0)


def test_a_model_that_is_not_additive_gets_the_least_squares_fit():
    def both(texts):
        return [1.0 * ("one" in text and "two" in text) for text in texts]

    explanation = explain(both, "one two", kernel="uniform")
    # Copies "", "one", "two" have probabilities 1/2, 1/4, 1/4, the document weight 1 of 5001.
    masks = np.array([[0, 0], [1, 0], [0, 1], [1, 1]])
    w = np.array([2500.0, 1250.0, 1250.0, 1.0])
    expected = LinearRegression().fit(masks, [0.0, 0.0, 0.0, 1.0], sample_weight=w)
    assert_allclose(explanation.values[:, 0], expected.coef_, rtol=1e-9)


@pytest.mark.parametrize("n_words", [1, 2, 5])
def test_copies_without_any_weight_are_warned_of(n_words):
    with pytest.warns(UserWarning, match=r"effective sample size below 10 .*the least is 0"):
        explanation = explain(additive, document(n_words), kernel_width=1e-4)
    assert not explanation.values.any()


def test_few_copies_are_enough_where_there_are_no_more():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert explain(additive, "one").effective_sample_size == 1.0
