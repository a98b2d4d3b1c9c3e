"""The one function that reads a model."""

import pytest

from sklime._readings._readers import read_model
from sklime._readings._reading import UnreadableError


def test_a_function_cannot_be_read():
    with pytest.raises(UnreadableError, match="a function"):
        read_model(len, None)
