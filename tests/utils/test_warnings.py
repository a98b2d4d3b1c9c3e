"""Warnings point to the line of the user, whoever calls us for them."""

import inspect
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklime import LimeTabularExplainer, LimeTextExplainer


@pytest.fixture(scope="module")
def unreliable(multiclass_data, multiclass_model):
    """An explainer that warns of each row: its kernel leaves next to nothing."""
    explainer = LimeTabularExplainer(
        multiclass_model, neighborhood="shared", kernel_width=0.05, random_state=0
    )
    return explainer.fit(multiclass_data[0])


def warned_at(action, category=UserWarning):
    """Files and lines of the warnings of an action, and the lines of the action itself."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    found = [(item.filename, item.lineno) for item in caught if item.category is category]
    lines, first = inspect.getsourcelines(action)
    return found, range(first, first + len(lines))


def assert_warned_here(action, category=UserWarning):
    found, lines = warned_at(action, category)
    assert found
    assert all(file == __file__ and line in lines for file, line in found)


def test_explain_warns_at_the_call(unreliable, multiclass_data):
    assert_warned_here(lambda: unreliable.explain(multiclass_data[0][:2]))


@pytest.mark.parametrize("container", ["default", "pandas"])
def test_transform_warns_at_the_call(container, unreliable, multiclass_data):
    unreliable.set_output(transform=container)
    try:
        assert_warned_here(lambda: unreliable.transform(multiclass_data[0][:2]))
    finally:
        unreliable.set_output(transform="default")


def test_score_warns_at_the_call(unreliable, multiclass_data):
    assert_warned_here(lambda: unreliable.score(multiclass_data[0][:3]))


def test_pipeline_warns_at_its_call(multiclass_data, multiclass_model):
    pipeline = make_pipeline(
        LimeTabularExplainer(
            multiclass_model, neighborhood="shared", kernel_width=0.05, random_state=0
        )
    )
    pipeline.fit(multiclass_data[0])
    assert_warned_here(lambda: pipeline.transform(multiclass_data[0][:2]))


def test_fit_transform_warns_at_the_call(multiclass_data, multiclass_model):
    explainer = LimeTabularExplainer(
        multiclass_model, neighborhood="shared", kernel_width=0.05, random_state=0
    )
    assert_warned_here(lambda: explainer.fit_transform(multiclass_data[0]))


def test_fit_warns_at_the_call():
    texts = [f"text number {index}" for index in range(40)]
    X = pd.DataFrame({"text": texts, "number": np.arange(40.0)})
    explainer = LimeTabularExplainer(lambda X: X["number"].to_numpy(), random_state=0)
    assert_warned_here(lambda: explainer.fit(X))


def test_missed_precision_warns_at_the_call():
    X, y = load_iris(return_X_y=True)
    explainer = LimeTabularExplainer(
        LogisticRegression(max_iter=1000).fit(X, y),
        n_perturbations="auto",
        max_perturbations=256,
        tol=1e-6,
        random_state=0,
    ).fit(X)
    assert_warned_here(lambda: explainer.explain(X[:1]), ConvergenceWarning)


def test_failed_documents_warn_at_the_call():
    def fail(texts):
        if any("bad" in text for text in texts):
            raise RuntimeError("no")
        return np.ones(len(texts))

    explainer = LimeTextExplainer(fail, on_error="warn", random_state=0).fit(["good text"])
    assert_warned_here(lambda: explainer.explain(["good", "bad"]), RuntimeWarning)
    assert_warned_here(lambda: explainer.transform(["good", "bad"]), RuntimeWarning)


def test_threads_warn_at_the_call(multiclass_data, multiclass_model):
    explainer = LimeTabularExplainer(
        multiclass_model, neighborhood="shared", kernel_width=0.05, n_jobs=2, random_state=0
    ).fit(multiclass_data[0])
    assert_warned_here(lambda: explainer.explain(multiclass_data[0]))
