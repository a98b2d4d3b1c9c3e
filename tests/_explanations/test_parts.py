"""Explanations of documents: ragged batches, frames, JSON."""

import pickle
import re

import numpy as np
import pandas as pd
import pytest
from documents import REVIEWS
from numpy.testing import assert_allclose, assert_array_equal

from sklime import LimeTextExplainer, TextExplanation, TextExplanationBatch
from sklime._explanations._parts import OF_INSTANCES, OF_INTERNALS


@pytest.fixture(scope="module")
def batch(species_model):
    """Explanations of four documents, three classes."""
    return (
        LimeTextExplainer(species_model, random_state=0)
        .fit(REVIEWS)
        .explain([*REVIEWS[:3], "good cats"])
    )


def test_a_batch_is_a_sequence(batch):
    assert isinstance(batch, TextExplanationBatch)
    assert len(batch) == 4
    assert isinstance(batch[0], TextExplanation)
    assert batch[-1].document == "good cats"
    assert [one.document for one in batch] == list(batch.documents)
    assert batch[1:3].documents == batch.documents[1:3]
    assert batch[np.array([True, False, False, True])].row_labels.tolist() == [0, 3]
    assert batch[[3, 0]].row_labels.tolist() == [3, 0]
    assert len(batch[:0]) == 0
    assert len(batch[:0].to_frame()) == 0
    with pytest.raises(IndexError, match="document 9 is out of range"):
        batch[9]
    text = repr(batch)
    assert text.startswith("<TextExplanationBatch: 4 documents x 3 outputs (")
    assert ", median fidelity " in text


def test_batch_without_documents_has_arrays_of_the_same_kind_and_is_shown(batch):
    nothing = batch[batch.fidelity[:, 0] > 1.0]
    for name in OF_INSTANCES:
        some, none = getattr(batch, name), getattr(nothing, name)
        assert (none.shape, none.dtype) == ((0, *some.shape[1:]), some.dtype)
    for name in OF_INTERNALS:
        some, none = getattr(batch.internals, name), getattr(nothing.internals, name)
        assert (none.shape, none.dtype) == ((0, *some.shape[1:]), some.dtype)
    assert nothing._repr_html_()
    assert TextExplanationBatch.concat([nothing, batch]).to_json() == batch.to_json()


@pytest.mark.parametrize(
    "name",
    ["values", "standard_errors", "left_out_values", "encodings", "conditions", "feature_names"],
)
def test_ragged_arrays_say_where_to_look(name, batch):
    with pytest.raises(
        AttributeError, match=rf"each document has its own parts.*batch\[0\].{name}"
    ):
        getattr(batch, name)
    with pytest.raises(AttributeError, match="each document has its own parts"):
        batch.confidence_intervals()
    assert not hasattr(batch, "nothing_of_that_name")


def test_documents_are_found_by_their_labels(species_model):
    documents = pd.Series(REVIEWS[:4], index=["x", 7, "x", "y"])
    explainer = LimeTextExplainer(species_model, n_perturbations=64, random_state=0)
    batch = explainer.fit(REVIEWS).explain(documents)
    assert batch.loc[7].document == REVIEWS[1]
    assert batch.loc["x"].documents == (REVIEWS[0], REVIEWS[2])
    assert batch.loc[["y", 7]].documents == (REVIEWS[3], REVIEWS[1])
    assert batch.loc[documents.str.len() > 0].documents == tuple(REVIEWS[:4])
    with pytest.raises(KeyError, match="The row labels are 'x', 7, 'x', 'y'; "):
        batch.loc[0]


def test_arrays_over_documents(batch):
    for name in ("intercepts", "predictions", "local_predictions", "fidelity", "explained"):
        assert getattr(batch, name).shape == (4, 3)
    for name in ("effective_sample_size", "n_perturbations", "failures", "row_labels"):
        assert getattr(batch, name).shape == (4,)
    assert batch.converged.all()
    assert_allclose(batch.predictions.sum(axis=1), 1.0)


def test_frames_of_one_and_of_many_agree(batch):
    frame = batch.to_frame()
    expected = pd.concat([one.to_frame() for one in batch], ignore_index=True)
    pd.testing.assert_frame_equal(frame, expected)
    assert set(frame["output"]) == {"cat", "dog", "owl"}


def test_batches_are_frozen_and_pickle(batch):
    with pytest.raises(AttributeError):
        batch.intercepts = None
    with pytest.raises(ValueError, match="read-only"):
        batch.predictions[0, 0] = 1.0
    again = pickle.loads(pickle.dumps(batch))
    assert_array_equal(again.predictions, batch.predictions)
    assert again[0].document == batch[0].document
    with pytest.raises(AttributeError):
        batch[0].document = ""


def test_one_explanation_is_shown(batch):
    text = repr(batch[3])
    assert "good" in text
    assert "cats" in text
    display = batch[3].plot(output="cat")
    assert [label.get_text() for label in display.ax_.get_yticklabels()]
    assert isinstance(batch[3].as_list("cat")[0][0], str)
    assert re.search("class 'cat'", text)


def test_json_gives_the_same_again(batch, tmp_path):
    path = tmp_path / "texts.json"
    batch.to_json(path)
    again = TextExplanationBatch.from_json(path)
    assert again.to_json() == batch.to_json()
    pd.testing.assert_frame_equal(again.to_frame(), batch.to_frame())
    one = TextExplanation.from_json(batch[3].to_json())
    assert one.document == "good cats"
    assert [spans.tolist() for spans in one.spans] == [spans.tolist() for spans in batch[3].spans]
    assert repr(one) == repr(batch[3])
