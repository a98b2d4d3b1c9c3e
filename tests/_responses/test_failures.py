"""Failures of the model are told apart from errors of this package."""

import pytest

from sklime._responses._failures import ModelError, model_failures


def test_any_error_of_a_model_becomes_one_kind():
    with pytest.raises(ModelError) as caught, model_failures():
        raise KeyError("word")
    assert isinstance(caught.value.error, KeyError)
    assert isinstance(caught.value.__cause__, KeyError)


def test_reason_is_the_kind_and_the_first_line():
    assert ModelError(RuntimeError("no quota\ncall us")).reason == "RuntimeError: no quota"


def test_only_the_errors_that_were_named_are_the_models():
    with pytest.raises(TypeError, match="ours"), model_failures(ValueError):
        raise TypeError("ours")
    with pytest.raises(ModelError), model_failures(ValueError):
        raise ValueError("an answer of no use")


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_interruptions_are_no_failures(interruption):
    with pytest.raises(interruption), model_failures():
        raise interruption


def test_nothing_happens_without_an_error():
    with model_failures():
        answer = 1
    assert answer == 1
