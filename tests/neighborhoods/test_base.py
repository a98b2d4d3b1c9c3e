"""Neighborhoods by name and as objects."""

import pytest
from numpy.testing import assert_array_equal
from tables import FEW

from sklime import LimeTabularExplainer
from sklime.neighborhoods import AnchoredNeighborhood, AroundNeighborhood, SharedNeighborhood


@pytest.mark.parametrize(
    ("name", "instance"),
    [
        ("anchored", AnchoredNeighborhood()),
        ("shared", SharedNeighborhood()),
        ("around", AroundNeighborhood()),
    ],
)
def test_neighborhood_may_be_given_as_an_object(name, instance, binary_data, binary_model):
    X, _ = binary_data
    by_name = LimeTabularExplainer(binary_model, neighborhood=name, **FEW).fit(X)
    by_object = LimeTabularExplainer(binary_model, neighborhood=instance, **FEW).fit(X)
    assert_array_equal(by_name.transform(X[:3]), by_object.transform(X[:3]))
