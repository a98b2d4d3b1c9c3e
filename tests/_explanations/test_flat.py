"""Flat mappings of arrays and names: the inverse of the constructor."""

from dataclasses import fields

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklime import Explanation, ExplanationBatch, LimeTabularExplainer
from sklime._explanations._flat import FIELDS, flat

OPTIONAL = ("opposed", "predicted", "is_thin", "out_of_range", "fidelity_failures")


@pytest.fixture(scope="module")
def batch(multiclass_data, multiclass_model):
    """Five flowers, three classes."""
    explainer = LimeTabularExplainer(multiclass_model, n_perturbations=64, random_state=0)
    return explainer.fit(multiclass_data[0]).explain(multiclass_data[0][::30])


def assert_same(one, other):
    for name, value in flat(one).items():
        assert_array_equal(value, flat(other)[name], err_msg=name)


def test_names_are_in_the_order_of_the_file(batch):
    assert list(flat(batch)) == list(flat(batch[0])) == list(FIELDS)
    assert len(set(FIELDS)) == len(FIELDS)


def test_every_array_of_a_batch_is_in_the_mapping(batch):
    arrays = {id(value) for value in flat(batch).values()}
    for item in fields(batch):
        assert item.name == "internals" or id(getattr(batch, item.name)) in arrays


def test_flat_arrays_make_the_same_explanations_again(batch):
    assert_same(ExplanationBatch.from_arrays(flat(batch)), batch)
    assert_same(Explanation.from_arrays(flat(batch[3])), batch[3])


@pytest.mark.parametrize("row", [None, 2])
def test_optional_fields_default_to_nothing_unusual(row, batch):
    explained = batch if row is None else batch[row]
    arrays = {name: value for name, value in flat(explained).items() if name not in OPTIONAL}
    made = type(explained).from_arrays(arrays)
    for name, value in flat(made).items():
        # The model predicts the class of the largest response, and no number is out of range.
        if name != "fidelity_failures":
            assert_array_equal(value, flat(explained)[name], err_msg=name)
    assert (flat(made)["fidelity_failures"] == np.full(made.fidelity.shape, None)).all()


def test_without_classes_no_class_is_predicted():
    X = np.arange(12.0).reshape(6, 2)
    explainer = LimeTabularExplainer(lambda X: X[:, 0], n_perturbations=64, random_state=0)
    arrays = flat(explainer.fit(X).explain(X[:1])[0])
    del arrays["predicted"]
    assert Explanation.from_arrays(arrays).predicted_class is None


def test_no_class_is_predicted_for_a_row_that_the_model_could_not_answer(batch):
    arrays = {name: value for name, value in flat(batch).items() if name != "predicted"}
    responses = batch.responses.copy()
    responses[1, 0] = np.nan
    made = ExplanationBatch.from_arrays({**arrays, "responses": responses})
    assert made[1].predicted_class is None
    assert made[0].predicted_class == batch[0].predicted_class


def test_missing_array_is_an_error(batch):
    arrays = flat(batch)
    del arrays["codes"]
    with pytest.raises(KeyError, match="codes"):
        ExplanationBatch.from_arrays(arrays)


def test_arrays_of_the_mapping_are_those_of_the_explanation(batch):
    assert flat(batch)["values"] is batch.values
    assert np.shares_memory(flat(batch)["codes"], batch.internals.codes)
