"""The model is asked about rows in which some values are drawn anew."""

import numpy as np
import pytest
from documents import REVIEWS
from numpy.testing import assert_allclose, assert_array_equal
from tables import FEW, row_sums

from sklime import LimeTabularExplainer, LimeTextExplainer
from sklime.metrics import deletion_curve, deletion_score, infidelity, one_feature_effects


@pytest.fixture
def X(binary_data):
    """Five columns of numbers."""
    return binary_data[0]


def explained(function, X, **parameters):
    explainer = LimeTabularExplainer(function, **FEW, **parameters).fit(X)
    return explainer, explainer.explain(X[:4])


@pytest.mark.parametrize("background", ["empirical", "copula"])
def test_values_are_drawn_from_the_background_and_the_others_stay(background, X, recording):
    function = recording(row_sums)
    explainer, batch = explained(function, X, background=background)
    function.calls.clear()
    one_feature_effects(batch, explainer, X[:4], n_draws=8)
    asked = function.rows()
    is_own = np.stack([np.isclose(asked, row) for row in X[:4]])
    # Each row that is asked about is one of the four, with one column changed at the most.
    assert (is_own.sum(axis=2).max(axis=0) >= X.shape[1] - 1).all()
    assert (asked.min(axis=0) >= X.min(axis=0)).all()
    assert (asked.max(axis=0) <= X.max(axis=0)).all()


def test_curve_begins_at_the_row_and_ends_where_every_row_does(X):
    # With everything drawn anew nothing is left of the row.
    explainer, batch = explained(row_sums, X)
    curves = deletion_curve(batch, explainer, X[:4], n_draws=32)
    assert_allclose(curves[:, 0], batch.predictions)
    assert_allclose(curves[:, -1], np.broadcast_to(curves[0, -1], curves[:, -1].shape))


def test_columns_that_are_held_are_never_drawn(X, recording):
    function = recording(row_sums)
    explainer, batch = explained(function, X, fixed=[1])
    function.calls.clear()
    deletion_score(batch, explainer, X[:4])
    infidelity(batch, explainer, X[:4], n_draws=8)
    assert set(function.rows()[:, 1]) == set(X[:4, 1])


def test_draws_follow_the_seed_alone(X):
    explainer, batch = explained(lambda X: np.sin(X[:, 0]) * X[:, 1], X)
    scores = [deletion_score(batch, explainer, X[:4], random_state=seed) for seed in (0, 0, 1)]
    assert scores[0] == scores[1] != scores[2]


def test_rows_are_asked_about_in_pieces_with_the_same_answers(X, monkeypatch):
    explainer, batch = explained(lambda X: np.sin(X[:, 0]) * X[:, 1], X)
    whole = one_feature_effects(batch, explainer, X[:4])
    monkeypatch.setattr("sklime.metrics._probe._MAX_MODEL_ROWS", 100)
    assert_array_equal(one_feature_effects(batch, explainer, X[:4]), whole)


def test_table_of_another_number_of_rows_is_an_error(X):
    explainer, batch = explained(row_sums, X)
    with pytest.raises(ValueError, match="The batch explains 4 rows, X has 3; pass the table"):
        deletion_score(batch, explainer, X[:3])


def test_explainer_of_texts_is_an_error(X, review_model):
    _, batch = explained(row_sums, X)
    texts = LimeTextExplainer(review_model, **FEW).fit(REVIEWS)
    with pytest.raises(TypeError, match=r"rows of a table.*got a LimeTextExplainer"):
        deletion_score(batch, texts, X[:4])
