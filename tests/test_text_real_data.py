"""Real posts and messages, as messy as they come; skipped where the data are not there."""

import numpy as np
import pytest
import realdata
from numpy.testing import assert_allclose
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklime import LimeTextExplainer

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def posts():
    """Posts of two newsgroups, and a pipeline fitted on them."""
    X, y = realdata.newsgroups("train")
    model = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10.0, max_iter=1000)).fit(X, y)
    return realdata.newsgroups("test")[0], model


@pytest.fixture(scope="module")
def messages():
    """Short messages, and a pipeline fitted on them."""
    X, y = realdata.messages()
    return X, make_pipeline(HashingVectorizer(), LogisticRegression()).fit(X, y)


def test_every_post_of_a_hundred_is_explained(posts):
    texts, model = posts
    explainer = LimeTextExplainer(model, n_perturbations=256, random_state=0).fit(texts[:100])
    batch = explainer.explain(texts[:100])
    assert all(failure is None for failure in batch.failures)
    assert np.isfinite(batch.local_predictions).all()
    for one in batch:
        for word, spans in zip(one.feature_names, one.spans, strict=True):
            assert {one.document[start:end] for start, end in spans} == {word}


def test_words_between_headers_are_explained_by_counts_as_by_strings(posts):
    texts, model = posts
    options = {"n_perturbations": 256, "control_variates": False, "random_state": 0}
    by_counts = LimeTextExplainer(model, **options).fit(texts[:20]).transform(texts[:20])
    by_strings = LimeTextExplainer(lambda X: model.predict_proba(X), target=1, **options)
    assert_allclose(
        by_strings.fit(texts[:20]).transform(texts[:20]).toarray(), by_counts.toarray(), atol=1e-8
    )


def test_local_accuracy_on_posts(posts):
    texts, model = posts
    explainer = LimeTextExplainer(model, max_features=None, random_state=0).fit(texts[:50])
    assert explainer.score(texts[:50]) > 0.8


def test_free_is_a_word_of_spam(messages):
    X, model = messages
    spam = X[X.str.contains("free", case=False) & (model.predict(X) == "spam")].head(20)
    batch = LimeTextExplainer(model, random_state=0).fit(X.head(200)).explain(spam)
    assert batch.row_labels.tolist() == spam.index.tolist()
    frame = batch.to_frame()
    weights = frame.loc[frame["feature"].str.lower() == "free", "weight"]
    assert (weights > 0).mean() > 0.9
