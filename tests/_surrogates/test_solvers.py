"""Surrogates that Gram matrices solve."""

from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import Ridge
from tables import FEW

from sklime import LimeTabularExplainer


def test_default_surrogate_is_ridge_of_penalty_one(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW)
    default = clone(explainer).fit(X).transform(X[:3])
    ridge = explainer.set_params(surrogate=Ridge(alpha=1.0)).fit(X).transform(X[:3])
    assert_array_equal(default, ridge)


def test_gram_matrices_give_what_fitting_row_by_row_gives(neighborhood, binary_data, binary_model):
    # A subclass is no Ridge that the shortcut knows; it is fitted clone by clone.
    class PlainRidge(Ridge):
        pass

    X, _ = binary_data
    options = {"neighborhood": neighborhood, "method": "sampling", **FEW}
    explainer = LimeTabularExplainer(binary_model, **options)
    shortcut = clone(explainer).set_params(surrogate=Ridge(alpha=2.0)).fit(X).explain(X[:3])
    one_by_one = explainer.set_params(surrogate=PlainRidge(alpha=2.0)).fit(X).explain(X[:3])
    for name in ["values", "standard_errors", "intercepts", "held_out_predictions", "fidelity"]:
        assert_allclose(getattr(one_by_one, name), getattr(shortcut, name), atol=1e-8)
