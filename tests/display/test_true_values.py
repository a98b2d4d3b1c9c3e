"""True values beside explanations of regressors and functions, with one or several outputs."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from sklime import LimeTabularExplainer
from sklime.display._records import Truth
from sklime.display._true_values import true_values

X = np.random.default_rng(0).normal(size=(90, 3))
TARGETS = np.column_stack([X[:, 0], X[:, 1] * 2.0, X[:, 2] - 1.0])
CLASSES = np.argmax(TARGETS, axis=1)
NAMES = ("alpha", "beta", "gamma")
N = 6


@cache
def explained(kind, target="auto", link="identity"):
    classifier = LogisticRegression().fit(X, CLASSES)
    models = {
        "one": lambda: LinearRegression().fit(X, TARGETS[:, 0]),
        "several": lambda: LinearRegression().fit(X, TARGETS),
        "probabilities": lambda: lambda rows: classifier.predict_proba(np.asarray(rows)),
        "texts": lambda: LogisticRegression().fit(X, np.array(NAMES)[CLASSES]),
    }
    names = NAMES if kind in ("several", "probabilities") else None
    explainer = LimeTabularExplainer(models[kind](), target=target, link=link, output_names=names)
    return explainer.set_params(random_state=0, n_perturbations=128).fit(X).explain(X[:N])


def as_frame(y):
    return pd.DataFrame(y, columns=NAMES)[["gamma", "alpha", "beta"]]


@pytest.mark.parametrize(
    "kind_of_y", [np.asarray, np.ndarray.tolist, as_frame], ids=["array", "list", "frame"]
)
def test_values_of_several_outputs_belong_to_the_explained_ones(kind_of_y):
    y = kind_of_y(TARGETS[:N])
    np.testing.assert_array_equal(true_values(explained("several"), y), TARGETS[:N])
    values = true_values(explained("several", "beta"), y)
    np.testing.assert_array_equal(values, TARGETS[:N, [1]])


def test_true_value_of_a_pair_is_a_difference():
    values = true_values(explained("several", ("alpha", "gamma")), TARGETS[:N])
    np.testing.assert_allclose(values[:, 0], TARGETS[:N, 0] - TARGETS[:N, 2])


def test_report_names_the_true_values_of_several_outputs():
    html = explained("several").to_html(y=TARGETS[:N])
    first = [f"{name} " for name in NAMES]
    truth = Truth(explained("several"), TARGETS[:N]).indices[0]
    assert all(name in truth for name in first)
    assert truth in html


def test_error_of_the_model_is_that_of_the_explained_output():
    batch = explained("several", "beta")
    y = TARGETS[:N] + np.array([0.0, 0.25, 9.0])
    assert "0.250" in batch.to_html(y=y)
    assert batch.to_html(y=y) == batch.to_html(y=y[:, 1])
    assert explained("several").to_html(y=y[:, 1], output="beta") == explained("several").to_html(
        y=y, output="beta"
    )


def test_series_with_the_name_of_the_output_is_read_as_any_other():
    y = pd.Series(TARGETS[:N, 0], name="prediction")
    assert explained("one").to_html(y=y) == explained("one").to_html(y=y.to_numpy())


def test_true_numbers_are_not_compared_with_log_odds():
    batch = explained("probabilities", "beta", "logit")
    assert Truth(batch, np.eye(3)[CLASSES[:N]]).predictions is None


def test_one_column_is_as_good_as_none():
    y = TARGETS[:N, 0]
    assert explained("one").to_html(y=y[:, None]) == explained("one").to_html(y=y)


@pytest.mark.parametrize("kind", ["several", "probabilities"])
def test_one_value_per_row_of_several_outputs_is_an_error_that_tells_what_to_pass(kind):
    with pytest.raises(ValueError, match=r"\(6, 3\).*'alpha', 'beta', 'gamma'.*output="):
        explained(kind, "all").to_html(y=CLASSES[:N])


def test_numbers_of_classes_are_no_true_values_of_one_probability():
    batch = explained("probabilities", "beta")
    y = np.array([0, 1, 2, 2, 1, 0])
    with pytest.raises(ValueError, match="numbers of classes, from 0 to 2"):
        batch.to_html(y=y)
    assert batch.to_html(y=(y == 1).astype(float))


@pytest.mark.parametrize("kind", ["one", "several", "probabilities", "texts"])
@pytest.mark.parametrize("shape", [(5,), (7,), (6, 2), (1, 6), (6, 3, 1)])
def test_other_shape_is_an_error(kind, shape):
    with pytest.raises(ValueError, match=r"y has the shape .*6 explained"):
        explained(kind).to_html(y=np.zeros(shape))


@pytest.mark.parametrize("kind", ["one", "several"])
def test_texts_are_no_true_values(kind):
    with pytest.raises(ValueError, match="true numbers, as the model is no classifier"):
        explained(kind).to_html(y=["low"] * N)


@pytest.mark.parametrize("kind_of_y", [np.asarray, list, pd.Series], ids=str)
def test_labels_of_a_classifier_are_texts(kind_of_y):
    labels = np.array(NAMES)[CLASSES[:N]].astype(object)
    assert "Model accuracy here" in explained("texts").to_html(y=kind_of_y(labels))
    with pytest.raises(ValueError, match="none of the classes"):
        explained("texts").to_html(y=CLASSES[:N])


@pytest.mark.parametrize("kind", ["one", "several", "texts"])
def test_labels_of_rows_in_another_order_are_refused(kind):
    y = {"one": TARGETS[:N, 0], "several": TARGETS[:N], "texts": np.array(NAMES)[CLASSES[:N]]}[kind]
    turned = (pd.DataFrame if y.ndim == 2 else pd.Series)(y)[::-1]
    with pytest.raises(ValueError, match="another order"):
        explained(kind).to_html(y=turned)
