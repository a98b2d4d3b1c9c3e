"""Texts in views of many explanations, JSON and shap: each document has its own words."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import t as student_t

from sklime import (
    Explanation,
    ExplanationBatch,
    LimeTextExplainer,
    SubmodularPick,
    TextExplanation,
    TextExplanationBatch,
)

DOCUMENTS = [
    "so good, so bad news",
    "good good 😀 day for all of us, and for bad people too",
    "",
    "\ud800 <b> bad",
]
FACTS = ["intercepts", "predictions", "local_predictions", "fidelity", "n_perturbations"]


def two_scores(texts):
    """Two outputs that words push and pull, not quite one by one."""
    good = np.array([text.count("good") for text in texts])
    bad = np.array([text.count("bad") for text in texts])
    return np.stack([np.tanh(good - bad / 2), good * bad / 4.0], axis=1)


@pytest.fixture(scope="module")
def batch():
    """Four documents, one of them empty, two outputs."""
    explainer = LimeTextExplainer(two_scores, n_perturbations=64, max_features=3, random_state=0)
    return explainer.fit(DOCUMENTS).explain(DOCUMENTS)


# The matrix of weights


def test_matrix_has_the_words_of_all_documents(batch):
    matrix = batch.to_matrix("prediction0")
    frame = batch.to_frame()
    frame = frame[frame["output"] == "prediction0"]
    for line in frame.itertuples():
        assert matrix.loc[line.row, line.feature] == pytest.approx(line.weight)
    assert (matrix != 0).sum().sum() <= len(frame)
    assert matrix.shape == (4, len({word for one in batch for word in one.feature_names}))


def test_matrix_of_several_outputs_names_both(batch):
    columns = batch.to_matrix().columns
    assert "prediction0__good" in columns
    assert "prediction1__good" in columns


# Mean absolute weights


def test_means_of_words_are_over_all_documents(batch):
    frame = batch.mean_abs_weights()
    means = frame.set_index(["output", "feature"])["mean_abs_weight"]
    by_hand = batch.to_frame().assign(size=lambda frame: frame["weight"].abs() / len(batch))
    sums = by_hand.groupby(["output", "feature"])["size"].sum()
    assert_allclose(means[sums.index], sums)


def test_errors_of_words_by_hand(batch):
    frame = batch.mean_abs_weights().set_index(["output", "feature"])
    line = frame.loc["prediction0", "good"]
    means = np.zeros(batch.n_replicates)
    for one in batch:
        if "good" in one.feature_names:
            word = one.feature_names.index("good")
            means += np.abs(one.reselected_values[:, word, 0]) / len(batch)
    squares = ((means - line["mean_abs_weight"]) ** 2).sum()
    error = np.sqrt(squares * (batch.n_replicates - 1) / batch.n_replicates)
    assert line["standard_error"] == pytest.approx(error)
    half_width = student_t.ppf(0.975, batch.n_replicates - 1) * error
    assert line["ci_high"] == pytest.approx(line["mean_abs_weight"] + half_width)


# Picks


@pytest.mark.parametrize("on", ["auto", "rules", "features"])
def test_picks_cover_words(on, batch):
    pick = SubmodularPick(2, on=on).fit(batch)
    frame = batch.to_frame()
    column = "feature" if on == "features" else "condition"
    sizes = frame["weight"].abs().groupby(frame[column]).sum()
    sizes = sizes[sizes > 0]
    assert set(pick.names_) == set(sizes.index)
    assert_allclose(pick.importances_, np.sqrt(sizes[pick.names_]))
    assert isinstance(batch[pick.indices_], TextExplanationBatch)
    assert 2 not in pick.indices_


# JSON


def assert_same_text(found, wanted):
    assert type(found) is type(wanted)
    assert found.document == wanted.document
    assert found.feature_names == wanted.feature_names
    assert found.conditions == wanted.conditions
    assert len(found.spans) == len(wanted.spans)
    for new, old in zip(found.spans, wanted.spans):
        assert_array_equal(new, old)
        assert new.dtype == old.dtype
    for name in ["values", "standard_errors", "left_out_values", "reselected_values", "data"]:
        assert_array_equal(getattr(found, name), getattr(wanted, name))
        assert getattr(found, name).dtype == getattr(wanted, name).dtype


@pytest.mark.parametrize("row", range(4))
def test_text_comes_back_as_it_was(row, batch):
    assert_same_text(TextExplanation.from_json(batch[row].to_json()), batch[row])


@pytest.mark.parametrize("rows", [slice(None), slice(1, 3), slice(0, 0)])
def test_texts_come_back_as_they_were(rows, batch):
    wanted = batch[rows]
    found = TextExplanationBatch.from_json(wanted.to_json())
    assert found.documents == wanted.documents
    assert found.output_names == wanted.output_names
    assert_array_equal(found.row_labels, wanted.row_labels)
    for new, old in zip(found, wanted):
        assert_same_text(new, old)
    if len(wanted):
        for name in FACTS:
            assert_array_equal(getattr(found, name), getattr(wanted, name))
    pd.testing.assert_frame_equal(found.to_frame(), wanted.to_frame())
    assert found.to_json() == wanted.to_json()


def test_texts_and_tables_are_told_apart(batch):
    for reader in (Explanation, ExplanationBatch, TextExplanation):
        with pytest.raises(ValueError, match=r"sklime\.TextExplanationBatch"):
            reader.from_json(batch.to_json())


def refusal(document):
    with pytest.raises(ValueError, match="no explanation that sklime can read") as caught:
        TextExplanationBatch.from_json(json.dumps(document))
    return str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("document", None, "no text"),
        ("document", "x", "beyond the document"),
        ("spans", {}, "not a list"),
        ("spans", [], "differ in length"),
        ("spans", [3] * 4, "spans"),
        ("spans", [{"dtype": "int64", "shape": [10**9, 2], "data": []}] * 4, "0 data"),
        ("spans", [{"dtype": "int64", "shape": [1, 3], "data": [1, 2, 3]}] * 4, "shape"),
        ("spans", [{"dtype": "int64", "shape": [1, 2], "data": [4, 2]}] * 4, "beyond"),
        ("spans", [{"dtype": "int64", "shape": [1, 2], "data": [-4, 2]}] * 4, "beyond"),
        ("spans", [{"dtype": "float64", "shape": [1, 2], "data": [0.0, 1.0]}] * 4, "dtype"),
    ],
)
def test_document_that_does_not_fit_is_refused(field, value, words, batch):
    document = json.loads(batch.to_json())
    assert len(document["explanations"][0]["spans"]) == 4
    document["explanations"][0][field] = value
    assert words in refusal(document)


@pytest.mark.parametrize("shared", [None, {}, [], {"target": 1}])
def test_texts_without_what_they_share_are_refused(shared, batch):
    assert "shared" in refusal({**json.loads(batch.to_json()), "shared": shared})


@pytest.mark.parametrize("explanations", [None, 3, [3], [{}], {}])
def test_texts_without_explanations_are_refused(explanations, batch):
    refusal({**json.loads(batch.to_json()), "explanations": explanations})


# shap


def test_values_for_shap_add_up(batch):
    with warnings.catch_warnings():
        # shap 0.51 colors its maps in a way that matplotlib is about to drop.
        warnings.simplefilter("ignore")
        pytest.importorskip("shap")
    many = batch.to_shap()
    assert_allclose(many.base_values + many.values.sum(axis=1), batch.local_predictions)
    one = batch[1].to_shap("prediction1")
    assert_allclose(one.base_values + one.values.sum(), batch.local_predictions[1, 1])
    assert many.data[1, many.feature_names.index("good")] == 2


# Pictures


def test_picture_of_many_texts_counts_documents(batch):
    assert (
        batch.plot(output="prediction0").title
        == "4 documents, output prediction0; tick: median weight"
    )
    assert batch[:1].plot(output="prediction0").title.startswith("1 document,")
