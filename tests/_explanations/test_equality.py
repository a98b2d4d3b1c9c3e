"""Explanations that hold the same values are equal."""

import pickle

import numpy as np
import pandas as pd
import pytest
from documents import REVIEWS
from tables import mixed_frame, mixed_score

from sklime import ExplanationBatch, LimeTabularExplainer, LimeTextExplainer
from sklime._explanations._equality import is_same
from sklime._explanations._parts import TextExplanationBatch

FEW = {"n_perturbations": 64, "random_state": 0}


@pytest.fixture(scope="module")
def rows():
    X = mixed_frame(60, 0)
    return LimeTabularExplainer(mixed_score, **FEW).fit(X).explain(X.head(5))


@pytest.fixture(scope="module")
def texts():
    def score(documents):
        return [len(document) + document.count("good") for document in documents]

    return LimeTextExplainer(score, **FEW).fit(REVIEWS).explain(REVIEWS[:4])


@pytest.fixture(params=["rows", "texts"])
def batch(request):
    return request.getfixturevalue(request.param)


def test_copies_are_equal_and_have_one_hash(batch):
    copy = pickle.loads(pickle.dumps(batch))
    read = type(batch).from_json(batch.to_json())
    assert batch == copy == read
    assert batch[1] == copy[1] == read[1]
    assert hash(batch[1]) == hash(copy[1]) == hash(read[1])
    assert hash(batch) == hash(copy)


def test_a_text_without_words_equals_its_copy_from_json():
    def score(documents):
        return [len(document) for document in documents]

    batch = LimeTextExplainer(score, **FEW).fit(REVIEWS).explain(["", REVIEWS[0]])
    read = type(batch).from_json(batch.to_json())
    assert batch == read
    assert batch[0] == read[0]


def test_nan_of_two_float_types_is_the_same():
    assert is_same(float("nan"), np.float64("nan"))
    assert is_same(np.float32("nan"), float("nan"))
    assert not is_same(float("nan"), pd.NaT)
    assert not is_same(float("nan"), 0.0)


def test_a_batch_finds_its_explanations(batch):
    assert [batch.index(one) for one in batch] == list(range(len(batch)))
    assert batch[2] in batch
    assert batch.count(batch[0]) == 1
    assert batch[0] not in batch[1:]
    with pytest.raises(ValueError, match="no explanation of this batch equals"):
        batch[1:].index(batch[0])


def test_what_differs_is_not_equal(batch):
    assert batch != batch[:2]
    assert batch[:1] != batch[1:2]
    assert batch[0] != batch[1]
    assert batch[0] != batch[:1]
    assert batch[0] != "an explanation"
    assert (batch == 1) is False


def test_one_number_in_the_fit_makes_a_difference(rows):
    document = rows.to_json()
    weight = repr(float(rows.values[rows.values != 0.0][0]))
    changed = document.replace(weight, repr(float(weight) + 1.0), 1)
    assert changed != document
    assert ExplanationBatch.from_json(changed) != rows


def test_explanations_go_into_sets(batch):
    assert len({*batch, *batch}) == len(batch)


def test_kinds_are_not_equal(rows, texts):
    assert rows != texts
    assert isinstance(texts, TextExplanationBatch)


class Stubborn:
    """A label that refuses comparisons."""

    def __eq__(self, other):
        raise TypeError("no")

    __hash__ = object.__hash__


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        (np.nan, np.nan, True),
        (pd.NaT, pd.NaT, True),
        (pd.NaT, np.nan, False),
        (None, np.nan, False),
        (pd.NA, 1, False),
        (1, 1.0, True),
        ("1", 1, False),
        ([1, np.nan], [1, np.nan], True),
        ((1,), [1], False),
        ({"a": np.nan}, {"a": np.nan}, True),
        ({"a": 1}, {"b": 1}, False),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan], dtype=np.float32), True),
        (np.array([1, 2]), np.array([[1, 2]]), False),
        (np.array([None, pd.NA], dtype=object), np.array([None, pd.NA], dtype=object), True),
        (np.array(["a"]), np.array(["a"], dtype=object), True),
        (Stubborn(), Stubborn(), False),
        (np.array([1]), 1, False),
    ],
)
def test_values_are_the_same(first, second, wanted):
    assert is_same(first, second) is wanted
    assert is_same(second, first) is wanted
