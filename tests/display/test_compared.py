"""What is compared in one picture, and how it is called."""

from dataclasses import replace

import numpy as np
import pytest
from shown import batch_of, changed, document_explanation, hand_made, picture_explanation
from sklearn.datasets import load_wine
from sklearn.ensemble import HistGradientBoostingClassifier

from sklime import LimeTabularExplainer
from sklime.display import LimeComparisonDisplay
from sklime.display._compared import MAX_COMPARED, compared

CLASSES = ("ash", "birch", "cedar")


def row(label=0, **options):
    return hand_made(label=label, **options)


def of_class(place, label=0):
    """Return an explanation of one of three classes."""
    return hand_made(
        ((0.3,), (0.1,)),
        names=("a", "b"),
        levels=(None, None),
        classes=(CLASSES[place], *CLASSES[:place], *CLASSES[place + 1 :]),
        label=label,
    )


def test_a_dict_names_its_explanations():
    found = compared({"forest": row(), 5: row(seed=1)}, None)
    assert found.names == ["forest", "5"]
    assert found.is_one_row


@pytest.mark.parametrize("kind", [list, tuple, iter, batch_of])
def test_rows_have_their_labels(kind):
    rows = [row(3), row("x")]
    found = compared(kind(rows), None)
    assert found.names == ["row 3", "row x"]
    assert found.items == rows
    assert not found.is_one_row


def test_documents_are_called_documents():
    documents = [document_explanation(text, {"good": 0.2}, label=2) for text in ("good", "so good")]
    found = compared(documents, None)
    assert found.names == ["document 2 (1)", "document 2 (2)"]
    assert not found.is_one_row


def test_explanations_of_one_row_are_numbered():
    found = compared([row(), row(seed=1)], None)
    assert found.names == ["row 0 (1)", "row 0 (2)"]
    assert found.is_one_row


def test_other_values_are_another_row():
    other = hand_made(levels=(None, None, None, "rented"))
    assert not compared([row(), other], None).is_one_row


def test_a_missing_value_is_the_same_missing_value():
    rows = [
        changed(row(), data=np.array([value, 2.5, 2.5, "own"], dtype=object))
        for value in (np.nan, float("nan"), 1.0)
    ]
    assert compared(rows[:2], None).is_one_row
    assert not compared([rows[0], rows[2]], None).is_one_row


def test_other_columns_of_a_row_are_still_that_row():
    assert compared({"a": row(), "b": row(names=("w", "x", "y", "z"))}, None).is_one_row


def test_classes_of_one_row_are_called_by_their_names():
    assert compared([of_class(0), of_class(2)], None).names == ["ash", "cedar"]


def test_names_tell_the_class_where_it_differs():
    assert compared([of_class(0, 7), of_class(1, 8)], None).names == ["row 7: ash", "row 8: birch"]
    found = compared({"one": of_class(0), "other": of_class(1)}, None)
    assert found.names == ["one: ash", "other: birch"]


def test_outputs_are_chosen_by_name():
    two = hand_made(
        ((0.3, -0.2), (0.1, 0.0)), names=("a", "b"), levels=(None, None), classes=CLASSES
    )
    assert compared([two, two], "birch").indices == [1, 1]


@pytest.mark.parametrize(
    ("explanations", "n"),
    [([], 0), ({}, 0), ([row()], 1), ({"a": row()}, 1), (row().as_batch(), 1)],
)
def test_there_is_more_than_one(explanations, n):
    with pytest.raises(ValueError, match=f"at least two explanations; it got {n}"):
        compared(explanations, None)


def test_there_are_not_too_many():
    rows = [row(label) for label in range(MAX_COMPARED + 1)]
    assert len(compared(rows[:-1], None).items) == MAX_COMPARED
    with pytest.raises(ValueError, match=f"at most {MAX_COMPARED} explanations; it got 13"):
        compared(batch_of(rows), None)


@pytest.mark.parametrize(
    ("explanations", "message"),
    [
        (row(), "it got one. Compare its outputs with from_explanation"),
        ("text", "takes a batch, a list of explanations, or a dict .* class str"),
        (None, "class NoneType"),
        (3, "class int"),
        ([row(), np.zeros(3)], "item 1 is of the class ndarray: pass single"),
        ({"a": row(), "b": row().as_batch()}, r"item 'b' is of the class .*such as batch\[0\]"),
    ],
)
def test_what_is_no_explanation_is_refused(explanations, message):
    with pytest.raises(TypeError, match=message):
        compared(explanations, None)


def test_numbers_of_other_units_are_refused():
    X, y = load_wine(return_X_y=True, as_frame=True)
    model = HistGradientBoostingClassifier(max_iter=5).fit(X, y)
    settings = ({}, {"response_method": "decision_function"}, {"link": "logit"})
    shares, scores, log_odds = (
        LimeTabularExplainer(model, target=0, n_perturbations=64, random_state=0, **one)
        .fit(X)
        .explain(X.head(1))[0]
        for one in settings
    )
    with pytest.raises(ValueError, match="'a' has probabilities, and 'b' has numbers"):
        compared({"a": shares, "b": scores}, None)
    with pytest.raises(ValueError, match="1 has numbers with link='logit'"):
        compared([shares, log_odds], None)
    assert compared([scores, scores], None).is_one_row


def test_functions_that_return_probabilities_are_compared_with_classifiers():
    X, y = load_wine(return_X_y=True)
    model = HistGradientBoostingClassifier(max_iter=5).fit(X, y)
    settings = {"target": 0, "n_perturbations": 64, "random_state": 0}
    one, other = (
        LimeTabularExplainer(asked, **settings).fit(X).explain(X[:1])[0]
        for asked in (model, lambda rows: model.predict_proba(rows))
    )
    assert compared({"model": one, "function": other}, None).is_one_row


def test_rows_of_two_calls_are_not_called_one_row():
    X, y = load_wine(return_X_y=True)
    model = HistGradientBoostingClassifier(max_iter=5).fit(X, y)
    explainer = LimeTabularExplainer(model, target=0, n_perturbations=64, random_state=0).fit(X)
    rows = {"a": explainer.explain(X[:1])[0], "b": explainer.explain(X[70:71])[0]}
    display = LimeComparisonDisplay.from_explanations(rows)
    assert display.title.startswith("2 rows")


def test_pictures_in_other_segments_are_not_compared():
    one, other = picture_explanation(), picture_explanation(np.ones(5) / 5)
    with pytest.raises(ValueError, match="draws the same segments side by side"):
        LimeComparisonDisplay.from_explanations([one, other])
    again = picture_explanation(np.array([0.1, 0.2, -0.1, 0.0, 0.3, 0.0]))
    assert LimeComparisonDisplay.from_explanations({"one": one, "other": again}) is not None


def test_pictures_of_one_label_are_told_apart():
    one = picture_explanation()
    other = replace(one, image=one.image[::-1].copy())
    assert compared([one, one], None).is_one_row
    assert not compared([one, other], None).is_one_row
