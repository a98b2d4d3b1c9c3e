"""Readers of users."""

import numpy as np
import pytest

from sklime._readings import _registry
from sklime._readings._readers import read_model
from sklime._readings._reading import Reading, UnreadableError, as_floats
from sklime._readings._registry import register


class Constant:
    value = 3.0


class ConstantReader:
    def can_read(self, model):
        return isinstance(model, Constant)

    def read(self, model, method, read):
        return Reading(as_floats, 1, np.array([model.value]))


@pytest.fixture(autouse=True)
def own_list(monkeypatch):
    monkeypatch.setattr(_registry, "REGISTERED", _registry.REGISTERED)
    before = list(_registry.REGISTERED)
    yield
    _registry.REGISTERED[:] = before


def test_a_registered_reader_is_asked():
    with pytest.raises(UnreadableError, match="no reader knows Constant"):
        read_model(Constant(), "predict")
    register(ConstantReader())
    assert read_model(Constant(), "predict").answer(np.ones((2, 1))).tolist() == [[3.0], [3.0]]


def test_a_reader_needs_both_methods():
    with pytest.raises(TypeError, match="has no method 'can_read'"):
        register(object())
