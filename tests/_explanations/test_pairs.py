"""Pairs of features: taken apart, put together, written and read."""

import copy
import json
import pickle

import numpy as np
import pytest
from exact_rows import with_pairs
from numpy.testing import assert_array_equal
from tables import FEW, first_column

from sklime import Explanation, ExplanationBatch, LimeTabularExplainer
from sklime._explanations._pairs import NO_FEATURE, Pairs

VALUES = [-0.08, 0.03]


@pytest.fixture(scope="module")
def batch(binary_data):
    """Four rows without pairs."""
    X = binary_data[0]
    return LimeTabularExplainer(first_column, **FEW).fit(X).explain(X[:4])


def assert_same(found, wanted):
    for name, array in wanted.arrays().items():
        assert_array_equal(getattr(found, name), array, err_msg=name)


def test_explanations_have_no_pairs_by_default(batch):
    assert batch.internals.pairs is None
    assert batch[0].internals.pairs is None
    assert ExplanationBatch.concat([batch, batch]).internals.pairs is None


def test_rows_take_their_pairs_along(batch):
    paired = with_pairs(batch, VALUES)
    assert paired[1].internals.pairs.values.shape == (2, 1)
    assert_array_equal(paired[1].internals.pairs.features, [[0, 1], [2, 3]])
    assert_same(paired[1:3].internals.pairs, paired.internals.pairs.take(slice(1, 3)))
    assert_same(paired[1].as_batch().internals.pairs, paired[1:2].internals.pairs)


def test_batches_with_more_fewer_and_no_pairs_are_put_together(batch):
    parts = [with_pairs(batch, VALUES), batch, with_pairs(batch, VALUES[:1])]
    pairs = ExplanationBatch.concat(parts).internals.pairs
    assert_array_equal(
        pairs.features[[0, 4, 8], :, 0], [[0, 2], [NO_FEATURE, NO_FEATURE], [0, NO_FEATURE]]
    )
    assert_array_equal(pairs.values[[0, 4, 8], :, 0], [VALUES, [np.nan] * 2, [-0.08, np.nan]])
    assert_array_equal(np.isnan(pairs.fidelity[:, 0]), np.repeat([False, True, False], 4))
    names = batch.feature_names
    with pytest.raises(IndexError):
        names[pairs.features[4, 0, 0]]


def test_arrays_stay_read_only(batch):
    pairs = with_pairs(batch, VALUES).internals.pairs
    for one in (pairs, pairs.take(0), copy.deepcopy(pairs), pickle.loads(pickle.dumps(pairs))):
        for array in one.arrays().values():
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0


def test_pairs_come_back_from_json(batch):
    paired = with_pairs(batch, VALUES)
    read = ExplanationBatch.from_json(paired.to_json())
    assert_same(read.internals.pairs, paired.internals.pairs)
    one = Explanation.from_json(paired[2].to_json())
    assert_same(one.internals.pairs, paired[2].internals.pairs)
    assert read.to_json() == paired.to_json()


def test_files_without_pairs_do_not_mention_them(batch):
    assert "pair" not in batch.to_json()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("pair_features", [0, 0, 2, 3], "a feature and itself"),
        ("pair_features", [0, -1, 2, 3], "a pair of one feature"),
        ("pair_features", [0, 1, 2, 99], "points beyond the names"),
        ("pair_features", [0, -2, 2, 3], "points beyond the names"),
        ("pair_values", [0.1], "1 data for a shape"),
    ],
)
def test_wrong_pairs_are_refused(name, data, message, batch):
    document = json.loads(with_pairs(batch[:1], VALUES).to_json())
    document["fields"][name]["data"] = data
    with pytest.raises(ValueError, match=message):
        ExplanationBatch.from_json(json.dumps(document))


def test_missing_array_of_pairs_is_named(batch):
    document = json.loads(with_pairs(batch, VALUES).to_json())
    del document["fields"]["pair_fidelity"]
    with pytest.raises(ValueError, match="missing fields: pair_fidelity"):
        ExplanationBatch.from_json(json.dumps(document))


def test_nothing_is_put_together_without_pairs():
    assert Pairs.concatenate([None, None], [(1, 1), (2, 1)]) is None
