"""What all explanations share: batches put together, and the names that completion shows."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from documents import REVIEWS
from numpy.testing import assert_allclose, assert_array_equal
from numpydoc.docscrape import ClassDoc
from sklearn.linear_model import LogisticRegression

from sklime import (
    Explanation,
    ExplanationBatch,
    LimeTabularExplainer,
    LimeTextExplainer,
    TextExplanation,
    TextExplanationBatch,
)

SETTINGS = {"n_perturbations": 64, "random_state": 0}
WORDS = [["red", 1.0], ["blue", 2.0], ["red", 3.0], ["blue", 4.0], ["red", 5.0], ["blue", 6.0]]
TABLE = pd.DataFrame(WORDS, columns=["color", "number"])


def score(X):
    return (X["color"] == "red") + X["number"]


def tables(**parameters):
    return LimeTabularExplainer(score, **{**SETTINGS, **parameters}).fit(TABLE)


def texts(species_model, **parameters):
    explainer = LimeTextExplainer(species_model, **{**SETTINGS, **parameters})
    return explainer.fit(REVIEWS)


# Putting batches together


def test_concat_of_tables_is_one_call_for_all_rows():
    explainer = tables()
    whole = explainer.explain(TABLE)
    parts = [explainer.explain(TABLE.iloc[rows]) for rows in ([0, 1], [2], [3, 4, 5])]
    joined = ExplanationBatch.concat(parts)
    # The size of a call changes sums by rounding, and nothing else.
    pd.testing.assert_frame_equal(joined.to_frame(), whole.to_frame(), rtol=1e-9)
    assert joined.conditions.tolist() == whole.conditions.tolist()
    assert_allclose(joined.internals.left_out_values, whole.internals.left_out_values, rtol=1e-5)


@pytest.mark.parametrize(
    "labels", [pd.date_range("2020-01-01", periods=2), ["p", "q"], [True, False], [0.5, 1.5]]
)
def test_concat_keeps_labels_of_several_kinds(labels):
    explainer = tables()
    others = explainer.explain(TABLE.head(2).set_axis(labels))
    joined = ExplanationBatch.concat([explainer.explain(TABLE.head(2)), others])
    assert joined.row_labels.tolist() == [0, 1, *labels]
    assert isinstance(joined.row_labels[-1], type(labels[-1]))


def test_concat_keeps_the_order_of_the_batches():
    batch = tables().explain(TABLE)
    joined = ExplanationBatch.concat([batch[3:], batch[:0], batch[[1]]])
    assert joined.row_labels.tolist() == [3, 4, 5, 1]
    assert_array_equal(joined.values, batch.values[[3, 4, 5, 1]])


def test_concat_of_texts_is_one_call_for_all_documents(species_model):
    explainer = texts(species_model)
    documents = pd.Series(REVIEWS[:4], index=["a", "b", "c", "d"])
    whole = explainer.explain(documents)
    parts = [explainer.explain(documents[rows]) for rows in (["a", "b"], ["c"], ["d"])]
    joined = TextExplanationBatch.concat(parts)
    assert joined.to_json() == whole.to_json()
    assert TextExplanationBatch.concat(parts[::-1]).row_labels.tolist() == ["d", "c", "a", "b"]


def test_unseen_levels_of_different_calls_keep_their_words():
    # Each call adds words for the levels that the training rows do not have.
    explainer = tables()
    new = [pd.DataFrame([[color, 2.5]], columns=TABLE.columns) for color in ("pink", "gray")]
    batches = [explainer.explain(row) for row in [*new, TABLE.iloc[:1], new[0]]]
    joined = ExplanationBatch.concat(batches)
    expected = [batch.conditions[0, 0] for batch in batches]
    assert joined.conditions[:, 0].tolist() == expected
    assert ["pink" in text for text in expected] == [True, False, False, True]
    assert ["gray" in text for text in expected] == [False, True, False, False]
    # Words of the levels are stored once, and survive a round trip.
    labels = joined.internals.condition_labels[0]
    assert len(set(labels)) == len(labels)
    again = ExplanationBatch.from_json(joined.to_json())
    assert again.conditions.tolist() == joined.conditions.tolist()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("n_replicates", {"n_replicates": 4}),
        ("baseline", {"baseline": "other"}),
        ("fidelity_is_bound", {"neighborhood": "shared"}),
        ("settings", {"discretizer": "decile"}),
    ],
)
def test_batches_of_different_explainers_are_refused(name, parameters):
    one, other = tables(baseline="background"), tables(**{"baseline": "background", **parameters})
    batches = [one.explain(TABLE[:1]), one.explain(TABLE[:1]), other.explain(TABLE[:1])]
    with pytest.raises(ValueError, match=f"{name} of batch 0 is .* and of batch 2 "):
        ExplanationBatch.concat(batches)


def test_batches_of_other_features_are_refused():
    other = TABLE.rename(columns={"number": "count"})
    explainer = LimeTabularExplainer(lambda X: X["count"], **SETTINGS).fit(other)
    with pytest.raises(ValueError, match=r"feature_names of batch 0 .*'number'.*'count'"):
        ExplanationBatch.concat([tables().explain(TABLE[:1]), explainer.explain(other[:1])])


@pytest.mark.parametrize("targets", [("auto", "all"), ("all", ["cat", "dog"])])
def test_texts_with_other_outputs_are_refused(targets, species_model):
    batches = []
    for target in targets:
        target = list(species_model.classes_[:2]) if isinstance(target, list) else target
        batches.append(texts(species_model, target=target).explain(REVIEWS[:1]))
    with pytest.raises(ValueError, match=r"of batch 0 is .* and of batch 1 "):
        TextExplanationBatch.concat(batches)


@pytest.mark.parametrize("kind", [ExplanationBatch, TextExplanationBatch])
def test_nothing_to_put_together_is_an_error(kind):
    with pytest.raises(ValueError, match="needs at least one batch; it got an empty list"):
        kind.concat([])


def test_what_is_no_batch_of_this_kind_is_an_error(species_model):
    table, text = tables().explain(TABLE[:2]), texts(species_model).explain(REVIEWS[:1])
    with pytest.raises(
        TypeError, match=r"ExplanationBatch together; item 1 .*TextExplanationBatch"
    ):
        ExplanationBatch.concat([table, text])
    with pytest.raises(TypeError, match="item 0 is of the class ExplanationBatch"):
        TextExplanationBatch.concat([table])
    # A batch alone is a sequence of explanations.
    with pytest.raises(TypeError, match="item 0 is of the class Explanation"):
        ExplanationBatch.concat(table)


def test_concat_takes_targets_in_an_array():
    X, y = TABLE[["number"]], np.array([0, 1, 2, 0, 1, 2])
    model = LogisticRegression().fit(X, y)
    explainer = LimeTabularExplainer(model, target=np.array([2, 0]), **SETTINGS).fit(X)
    joined = ExplanationBatch.concat([explainer.explain(X[:2]), explainer.explain(X[2:])])
    assert_allclose(joined.values, explainer.explain(X).values, rtol=1e-9)


# Names that completion shows


@pytest.fixture(scope="module")
def shown(species_model):
    """One of each kind of explanation."""
    table, text = tables().explain(TABLE[:2]), texts(species_model).explain(REVIEWS[:2])
    return {type(item): item for item in (table, table[0], text, text[0])}


KINDS = [Explanation, ExplanationBatch, TextExplanation, TextExplanationBatch]
SINGULAR = {
    "predicted_classes": "predicted_class",
    "row_labels": "row_label",
    "failures": "failure",
}


def attributes_of(kind):
    """Names in the section on attributes."""
    return {
        name.strip() for item in ClassDoc(kind)["Attributes"] for name in item.name.split(",")
    } - {"loc"}


@pytest.mark.parametrize("kind", KINDS)
def test_listed_names_are_public_and_answer(kind, shown):
    names = dir(shown[kind])
    assert names == sorted(set(names))
    for name in names:
        assert not name.startswith("_")
        getattr(shown[kind], name)


@pytest.mark.parametrize("kind", KINDS)
def test_listed_names_are_documented(kind, shown):
    documented = attributes_of(kind) | attributes_of(ExplanationBatch) | attributes_of(Explanation)
    for name in set(dir(shown[kind])) - documented:
        described = getattr(kind, name)
        assert callable(described) or name == "loc", name
        assert described.__doc__, name


@pytest.mark.parametrize("kind", KINDS)
def test_documented_attributes_are_listed(kind, shown):
    assert attributes_of(kind) <= set(dir(shown[kind]))
    if kind is Explanation:
        names = {SINGULAR.get(name, name) for name in attributes_of(ExplanationBatch)}
        assert names <= set(dir(shown[kind]))


def test_names_that_are_of_no_use_are_not_listed(shown):
    for item in shown.values():
        assert not {"kind", "noun", "index", "count", "from_arrays"} & set(dir(item))
    assert "confidence_intervals" not in dir(shown[TextExplanationBatch])


@pytest.mark.parametrize("kind", KINDS)
def test_short_lists_of_names_do_not_break_pickle(kind, shown):
    again = pickle.loads(pickle.dumps(shown[kind]))
    assert dir(again) == dir(shown[kind])
    assert again.to_json() == shown[kind].to_json()


# Indices


@pytest.mark.parametrize("key", [True, np.True_, np.array(True), [[0, 1]], np.zeros((6, 1), int)])
def test_index_that_would_change_the_axes_is_an_error(key, species_model):
    for batch in (tables().explain(TABLE), texts(species_model).explain(REVIEWS[:6])):
        with pytest.raises(IndexError, match=r"is not possible\. A batch takes one integer"):
            batch[key]


def test_array_without_axes_is_one_index(species_model):
    for batch in (tables().explain(TABLE), texts(species_model).explain(REVIEWS[:3])):
        assert batch[np.array(2)].row_label == 2


# Copies


def _arrays_of(value):
    """Return all arrays of an explanation."""
    attributes = list(vars(value).values())
    nested = [item for item in attributes if hasattr(item, "__dict__")]
    arrays = [item for item in attributes if isinstance(item, np.ndarray)]
    return arrays + [array for item in nested for array in _arrays_of(item)]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies_and_pickles_cannot_be_changed_either(copied, species_model):
    for batch in (tables().explain(TABLE), texts(species_model).explain(REVIEWS[:2])):
        for one in (batch, batch[0]):
            arrays = _arrays_of(copied(one))
            assert arrays
            assert not any(array.flags.writeable for array in arrays)
