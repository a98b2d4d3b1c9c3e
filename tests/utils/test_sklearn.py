"""What is taken of scikit-learn's private names still does what it is taken for."""

import numpy as np
import pytest
from documents import REVIEWS
from numpy.testing import assert_allclose
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.metrics import pairwise_distances

from sklime.utils._sklearn import (
    DISTANCE_METRICS,
    names_in_scikit_learn,
    tfidf_weighting,
    wrap_parameters,
)


@pytest.mark.filterwarnings("ignore:Data was converted to boolean")
def test_metrics_compare_any_two_encodings_without_a_parameter():
    Z = np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])
    assert {"euclidean", "cosine", "manhattan"} <= DISTANCE_METRICS
    for metric in sorted(DISTANCE_METRICS):
        distances = pairwise_distances(Z, Z[:1], metric=metric)
        assert np.isfinite(distances).all(), metric


@pytest.mark.parametrize("options", [{}, {"sublinear_tf": True}, {"use_idf": False, "norm": "l1"}])
def test_weighting_of_counts_is_what_the_vectorizer_does(options):
    vectorizer = TfidfVectorizer(**options).fit(REVIEWS)
    counts = CountVectorizer(vocabulary=vectorizer.vocabulary_).transform(REVIEWS)
    expected = vectorizer.transform(REVIEWS).toarray()
    assert_allclose(tfidf_weighting(vectorizer).transform(counts).toarray(), expected)


def test_classes_of_scikit_learn_are_known_by_name():
    class Own(TfidfVectorizer):
        pass

    assert names_in_scikit_learn(Own())[:2] == ["TfidfVectorizer", "CountVectorizer"]
    assert names_in_scikit_learn(len) == []


class _Commented(BaseEstimator):
    def __init__(self, first=None, second=None):
        self.first = first
        self.second = second

    def __repr__(self, N_CHAR_MAX=700):
        return super().__repr__(N_CHAR_MAX) + "  # a comment"


def test_estimators_with_a_repr_of_their_own_keep_their_lines():
    wrap_parameters(_Commented.__repr__)
    one = _Commented("x" * 50, "y" * 50)
    _, second = repr(one).splitlines()
    assert second == " " * len("_Commented(") + "second='" + "y" * 50 + "')  # a comment"
    # Inside another estimator, too, and without the comment.
    outer = repr(_Commented(one)).splitlines()
    assert len(outer) == 2
    assert outer[0].startswith("_Commented(first=_Commented(first=")
    assert "#" not in outer[0]
