"""Internals: read-only, taken apart and put together, still found by their former names."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklime import LimeTabularExplainer
from sklime._explanations._internals import PER_ROW, Internals
from sklime.utils._objects import NO_INDEX, read_only

FORMER_NAMES = {
    "left_out_values": "left_out_values",
    "reselected_values": "reselected_values",
    "encodings": "encodings",
    "codes": "codes",
    "condition_labels": "condition_labels",
    "explained": "output_index",
    "opposed": "opposed_index",
    "predicted": "predicted_index",
    "is_thin": "is_thin",
    "out_of_range": "out_of_range",
    "settings": "settings",
    "fidelity_is_bound": "fidelity_is_bound",
}


@pytest.fixture(scope="module")
def batch(multiclass_data, multiclass_model):
    """Five flowers, three classes, two of four features."""
    explainer = LimeTabularExplainer(
        multiclass_model, n_perturbations=64, max_features=2, random_state=0
    )
    return explainer.fit(multiclass_data[0]).explain(multiclass_data[0][::30])


def assert_same(one, other):
    for name in PER_ROW:
        assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for name, array in one.fit.arrays().items():
        assert_array_equal(array, getattr(other.fit, name), err_msg=name)
    assert one.condition_labels == other.condition_labels
    assert one.settings == other.settings


@pytest.mark.parametrize("name", ["codes", "encodings", "output_index", "left_out_values"])
def test_arrays_are_read_only(name, batch):
    for internals in (batch.internals, batch[0].internals):
        with pytest.raises(ValueError, match="read-only"):
            getattr(internals, name)[...] = 0
        with pytest.raises(AttributeError, match="cannot assign"):
            internals.codes = 0


def test_read_only_views_leave_the_array_of_the_caller_writable():
    array = np.zeros(3)
    view = read_only(array)
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1.0
    array[0] = 1.0
    assert view[0] == 1.0
    assert read_only(view) is view
    assert read_only("text") == "text"


@pytest.mark.parametrize("name", FORMER_NAMES)
def test_former_names_still_answer_and_are_not_listed(name, batch):
    for explained in (batch, batch[1]):
        value = getattr(explained, name)
        current = getattr(explained.internals, FORMER_NAMES[name])
        assert np.array_equal(value, current) if isinstance(value, np.ndarray) else value == current
        assert name not in dir(explained)


def test_function_with_several_outputs_has_no_predicted_class_to_index_with():
    X = np.random.default_rng(0).normal(size=(60, 3))
    explainer = LimeTabularExplainer(lambda rows: np.asarray(rows)[:, :2], random_state=0)
    batch = explainer.fit(X).explain(X[:3])
    for shown in (batch, batch[0]):
        assert shown.predicted is None
        assert shown.predicted_index is None
        for index in (shown.internals.predicted_index, shown.internals.opposed_index):
            assert (np.asarray(index) < 0).all()
            with pytest.raises(IndexError):
                np.array(batch.output_names)[index]
    assert batch.predicted_classes.tolist() == [None] * 3
    assert batch[0].predicted_class is None


def test_files_keep_minus_one_for_a_missing_index(batch):
    text = batch.to_json()
    assert str(NO_INDEX) not in text
    assert batch.internals.opposed_index.tolist() == [[NO_INDEX] * 3] * 5
    again = type(batch).from_json(batch.to_json())
    assert again == batch
    assert_same(again.internals, batch.internals)


def test_other_names_are_errors_as_of_any_object(batch):
    with pytest.raises(AttributeError, match="'ExplanationBatch' object has no attribute 'absent'"):
        _ = batch.absent
    with pytest.raises(AttributeError, match="'Explanation' object has no attribute '_codes'"):
        _ = batch[0]._codes


def test_concatenated_parts_are_the_whole(batch):
    internals = batch.internals
    parts = [internals.take(slice(0, 2)), internals.take([2]), internals.take(slice(3, 5))]
    assert_same(Internals.concatenate(parts), internals)


def test_one_row_stacked_is_a_batch_of_one(batch):
    assert_same(batch.internals.take(2).stacked(), batch.internals.take([2]))


def test_standard_errors_are_computed_from_the_weights_without_each_replicate(batch):
    left_out = batch.internals.left_out_values.astype(float)
    n_replicates = batch.n_replicates
    spread = ((left_out - left_out.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    errors = np.sqrt(spread * (n_replicates - 1) / n_replicates)
    is_selected = batch.selected
    np.testing.assert_allclose(errors[is_selected], batch.standard_errors[is_selected], rtol=1e-4)
