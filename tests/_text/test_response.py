"""Models of documents: strings, or counts around the vectorizer."""

import numpy as np
import pytest
from documents import MOODS, REVIEWS, explain_text, opaque
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from sklime import LimeTextExplainer

VECTORIZERS = [
    CountVectorizer(),
    CountVectorizer(binary=True),
    CountVectorizer(lowercase=False, token_pattern=r"\w+", dtype=np.float32),
    CountVectorizer(stop_words=["film", "the"], strip_accents="unicode"),
    TfidfVectorizer(),
    TfidfVectorizer(sublinear_tf=True, norm="l1"),
    TfidfVectorizer(use_idf=False, norm=None),
    TfidfVectorizer(binary=True, max_features=20, dtype=np.float32),
    HashingVectorizer(n_features=64),
    HashingVectorizer(n_features=64, norm="l1", alternate_sign=False),
    HashingVectorizer(n_features=64, norm=None),
]
MESSY = "The FILM: don't... the film's plot-hole, café good_film 3.14 x y good; BAD bad! the" + (
    " good plot was awful and very dull but quite fine so"
)


@pytest.mark.parametrize("positions", [False, True])
@pytest.mark.parametrize("vectorizer", VECTORIZERS, ids=str)
def test_counts_from_masks_are_those_of_the_vectorizer(vectorizer, positions, monkeypatch):
    pipeline = make_pipeline(clone(vectorizer), MaxAbsScaler(), LogisticRegression())
    pipeline.fit(REVIEWS, MOODS)
    options = {"positions": positions, "n_perturbations": 128, "random_state": 0}
    options |= {"control_variates": False}
    by_strings = LimeTextExplainer(opaque(pipeline), target=1, **options).fit(REVIEWS)
    expected = by_strings.explain([MESSY])[0]
    by_counts = LimeTextExplainer(pipeline, **options).fit(REVIEWS)
    asked = []
    kind = type(pipeline.steps[0][1])
    transform = kind.transform
    monkeypatch.setattr(
        kind, "transform", lambda self, texts: asked.append(len(texts)) or transform(self, texts)
    )
    found = by_counts.explain([MESSY])[0]
    assert_allclose(
        found.values, expected.values, atol=1e-6 if "float32" in str(vectorizer) else 1e-9
    )
    assert sum(asked) < 64


@pytest.mark.parametrize(
    "options",
    [{"analyzer": "char"}, {"mask_token": "UNK"}, {"analyzer": lambda text: [(0, 3), (3, 7)]}],
)
@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2)])
def test_strings_are_asked_where_counts_do_not_add_up(options, ngram_range):
    pipeline = make_pipeline(CountVectorizer(ngram_range=ngram_range), LogisticRegression())
    pipeline.fit(REVIEWS, MOODS)
    text = "good film was bad"
    found = explain_text(pipeline, text, **options)
    expected = explain_text(opaque(pipeline), text, target=1, **options)
    assert_allclose(found.values, expected.values, atol=1e-12)


def test_words_with_nothing_between_them_are_asked_as_strings():
    pipeline = make_pipeline(CountVectorizer(), LogisticRegression()).fit(REVIEWS, MOODS)
    options = {"token_pattern": "good|film|bad"}
    found = explain_text(pipeline, "goodfilm bad", **options)
    expected = explain_text(opaque(pipeline), "goodfilm bad", target=1, **options)
    assert_allclose(found.values, expected.values, atol=1e-12)


def test_subclass_of_a_vectorizer_is_asked_as_strings():
    class Upper(CountVectorizer):
        def transform(self, texts):
            return super().transform([text.replace("good", "bad") for text in texts])

    pipeline = make_pipeline(Upper(), LogisticRegression()).fit(REVIEWS, MOODS)
    assert_allclose(
        explain_text(pipeline, "good film").values,
        explain_text(opaque(pipeline), "good film", target=1).values,
    )


class Named:
    """A model of lists of texts that knows the name of a column."""

    classes_ = np.array([0, 1])
    feature_names_in_ = np.array(["text"], dtype=object)

    def predict_proba(self, texts):
        second = np.array([0.8 * ("good" in text) + 0.1 for text in texts])
        return np.column_stack([1.0 - second, second])


def test_names_of_columns_are_not_asked_of_documents():
    batch = LimeTextExplainer(Named(), random_state=0).fit(REVIEWS).explain(["a good film"])
    assert_allclose(batch[0].values[:, 0], [0.0, 0.8, 0.0], atol=1e-10)
