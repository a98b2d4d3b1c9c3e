"""Backgrounds by name and as objects."""

import pytest
from numpy.testing import assert_array_equal
from tables import FEW

from sklime import LimeTabularExplainer
from sklime.backgrounds import EmpiricalBackground, MarginalBackground


@pytest.mark.parametrize(
    ("name", "instance"), [("marginal", MarginalBackground()), ("empirical", EmpiricalBackground())]
)
def test_background_may_be_given_as_an_object(name, instance, binary_data, binary_model):
    X, _ = binary_data
    by_name = LimeTabularExplainer(binary_model, background=name, **FEW).fit(X)
    by_object = LimeTabularExplainer(binary_model, background=instance, **FEW).fit(X)
    assert_array_equal(by_name.transform(X[:3]), by_object.transform(X[:3]))


def test_background_of_the_user_stays_unfitted(binary_data, binary_model):
    background = EmpiricalBackground()
    LimeTabularExplainer(binary_model, background=background, **FEW).fit(binary_data[0])
    assert not [name for name in vars(background) if name.endswith("_")]
