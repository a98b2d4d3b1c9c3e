"""Backgrounds and neighborhoods by name."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tables import FEW

from sklime import LimeTabularExplainer
from sklime.backgrounds import CopulaBackground, EmpiricalBackground, NormalBackground
from sklime.neighborhoods import AnchoredNeighborhood, AroundNeighborhood, SharedNeighborhood


@pytest.fixture
def X(global_random_seed):
    """Forty rows of two numbers."""
    return np.random.default_rng(global_random_seed).normal(size=(40, 2))


def product(X):
    return X[:, 0] * X[:, 1]


@pytest.mark.parametrize(
    ("name", "neighborhood"),
    [
        ("anchored", AnchoredNeighborhood(keep=0.6)),
        ("shared", SharedNeighborhood()),
        ("around", AroundNeighborhood()),
    ],
)
def test_name_of_a_neighborhood_stands_for_the_object(name, neighborhood, X):
    weights = [
        LimeTabularExplainer(product, neighborhood=choice, keep=0.6, **FEW).fit(X).transform(X[:3])
        for choice in (name, neighborhood)
    ]
    assert_array_equal(*weights)


@pytest.mark.parametrize(
    ("name", "background"),
    [
        ("normal", NormalBackground()),
        ("empirical", EmpiricalBackground()),
        ("copula", CopulaBackground()),
    ],
)
def test_name_of_a_background_stands_for_the_object(name, background, X):
    weights = [
        LimeTabularExplainer(product, background=choice, **FEW).fit(X).transform(X[:3])
        for choice in (name, background)
    ]
    assert_array_equal(*weights)


def test_background_and_neighborhood_of_the_user_are_cloned(X):
    background, neighborhood = EmpiricalBackground(), AnchoredNeighborhood()
    explainer = LimeTabularExplainer(
        product, background=background, neighborhood=neighborhood, **FEW
    ).fit(X)
    assert explainer.background_ is not background
    assert explainer.neighborhood_ is not neighborhood
    assert not hasattr(background, "n_dimensions_")
