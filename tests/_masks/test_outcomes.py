"""Predicted classes and failures of instances of parts."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from sklime import LimeImageExplainer
from sklime._masks import known_classes, warn_failed
from sklime._responses._failures import ModelError


class Response:
    """Tells whether numbers are positive, and fails on NaN."""

    asks_predict = True

    def predicted_indices(self, numbers):
        if np.isnan(numbers).any():
            raise ModelError(RuntimeError("no number"))
        return (np.array(numbers) > 0).astype(int)


@pytest.mark.parametrize("n_failed", [0, 1, 3])
def test_a_failure_costs_no_other_class(n_failed):
    numbers = [1.0, -1.0, 2.0, *[np.nan] * n_failed]
    assert known_classes(Response(), numbers) == [1, 0, 1, *[-1] * n_failed]


def test_classes_of_the_largest_answer_need_no_call():
    explainer = LimeImageExplainer(lambda X: X.reshape(len(X), -1), segmenter="grid")
    explainer.fit(np.random.default_rng(0).random((2, 3, 3)))
    assert known_classes(explainer._response, [None, None]) == [None, None]


def test_failures_are_said_once():
    results = [SimpleNamespace(failure=text, is_thin=False) for text in (None, "first", "second")]
    labels = np.array(["a", "b", "c"])
    with pytest.warns(RuntimeWarning, match="The model failed on words b, c, .*time: first"):
        warn_failed(results, labels, "The model", "words")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_failed(results[:1], labels[:1], "The model", "words")
