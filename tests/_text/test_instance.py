"""Documents as instances of parts: strings, and counts that a vectorizer would make of them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklime import LimeTextExplainer
from sklime._text._documents import instance_and_responder
from sklime._text._instance import CountedDocument, DocumentInstance
from sklime._text._response import CountPath
from sklime.parts import split_document

TEXTS = ["a good film, a good plot", "a bad film", "one film, one plot"]


def masks_of(n_parts):
    return (np.arange(2**n_parts)[:, None] >> np.arange(n_parts)) & 1 == 1


@pytest.mark.parametrize("mask_token", [None, "UNK"])
def test_copies_are_those_of_the_split(mask_token):
    split = split_document(TEXTS[0], "word")
    instance, masks = DocumentInstance(split, mask_token), masks_of(split.n_parts)
    assert instance.rebuild(masks) == split.texts(masks, mask_token)
    assert instance.rebuild(masks[-1:]) == [TEXTS[0]]


def test_equal_copies_of_different_masks_have_equal_keys():
    split = split_document("aab", "char", positions=True)
    instance, masks = DocumentInstance(split, None), masks_of(3)
    copies = instance.rebuild(masks)
    keys = instance.keys(masks, copies)
    same = [[one == other for other in copies] for one in copies]
    assert [[one == other for other in keys] for one in keys] == same


def test_description_says_where_each_word_is():
    description = DocumentInstance(split_document("to be or not to be", "word"), None).describe()
    assert description["feature_names"] == ("to", "be", "or", "not")
    assert description["data"].tolist() == [2, 2, 1, 1]
    found = [description["document"][start:end] for start, end in description["spans"][0]]
    assert found == ["to", "to"]


@pytest.mark.parametrize("vectorizer", [CountVectorizer(), TfidfVectorizer()])
def test_counted_copies_are_what_the_vectorizer_makes_of_the_strings(vectorizer):
    model = make_pipeline(vectorizer, LogisticRegression()).fit(TEXTS, [1, 0, 1])
    explainer = LimeTextExplainer(model, random_state=0).fit(TEXTS)
    path, split = CountPath.of(explainer._asker), split_document(TEXTS[0], "word")
    instance, respond = instance_and_responder(split, explainer._asker, path, None)
    assert isinstance(instance, CountedDocument)
    masks = masks_of(split.n_parts)
    strings = DocumentInstance(split, None).rebuild(masks)
    expected = model[0].transform(strings)
    assert_allclose(instance.rebuild(masks).toarray(), expected.toarray(), atol=1e-12)
    assert_allclose(respond(instance.rebuild(masks)), explainer._asker(strings), atol=1e-12)


def test_parts_that_the_vectorizer_does_not_know_have_no_norm():
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(TEXTS, [1, 0, 1])
    explainer = LimeTextExplainer(model, random_state=0).fit(TEXTS)
    path = CountPath.of(explainer._asker)
    split = split_document("unseen film", "word")
    instance, _ = instance_and_responder(split, explainer._asker, path, None)
    assert_array_equal(instance.part_norms > 0.0, [False, True])


@pytest.mark.parametrize(
    ("text", "mask_token", "has_path"),
    [("film", "UNK", True), ("...", None, True), ("film", None, False)],
)
def test_document_goes_as_a_string_where_counts_do_not_suffice(text, mask_token, has_path):
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(TEXTS, [1, 0, 1])
    explainer = LimeTextExplainer(model, random_state=0).fit(TEXTS)
    path = CountPath.of(explainer._asker) if has_path else None
    split = split_document(text, "word")
    whole = explainer._asker
    instance, respond = instance_and_responder(split, whole, path, mask_token)
    assert type(instance) is DocumentInstance
    assert respond is whole
