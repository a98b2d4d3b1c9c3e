"""What an explanation remembers of the explainer that made it."""

import json

import pytest
from documents import REVIEWS
from sklearn.linear_model import Lasso
from tables import FEW, first_column, three_bins

from sklime import ExplanationBatch, LimeTabularExplainer, LimeTextExplainer
from sklime.backgrounds import MarginalBackground
from sklime.neighborhoods import SharedNeighborhood


def settings_of(X, **parameters):
    return LimeTabularExplainer(first_column, **FEW, **parameters).fit(X).explain(X[:2]).settings


def test_names_are_remembered_as_they_are(binary_data):
    settings = settings_of(binary_data[0], keep=0.6, background="empirical", discretizer=None)
    assert settings.link == "identity"
    assert settings.keep == 0.6
    assert settings.neighborhood == "anchored"
    assert settings.background == "empirical"
    assert settings.discretizer is None
    assert settings.penalty is None
    assert settings.fixed == ()


class Mine(SharedNeighborhood):
    """A neighborhood of the user."""


def test_objects_are_remembered_by_the_names_of_their_classes(binary_data):
    settings = settings_of(
        binary_data[0],
        neighborhood=Mine(),
        background=MarginalBackground(),
        discretizer=three_bins(),
        surrogate=Lasso(alpha=0.01),
    )
    assert settings.neighborhood == "Mine"
    assert settings.background == "MarginalBackground"
    assert settings.discretizer == "KBinsDiscretizer"
    assert settings.penalty == "Lasso(alpha=0.01)"


def test_neighborhood_of_the_package_is_remembered_by_its_name(binary_data):
    settings = settings_of(binary_data[0], neighborhood=SharedNeighborhood())
    assert settings.neighborhood == "shared"
    assert settings.keep is None


def test_texts_have_no_neighborhood_background_or_discretizer(review_model):
    explainer = LimeTextExplainer(review_model, keep=0.8, **FEW).fit(REVIEWS)
    settings = explainer.explain(REVIEWS[:1]).settings
    assert settings.keep == 0.8
    assert (settings.neighborhood, settings.background, settings.discretizer) == (None,) * 3


@pytest.mark.parametrize("fixed", [None, [1, 3]])
def test_settings_come_back_from_json(fixed, binary_data):
    X, _ = binary_data
    batch = LimeTabularExplainer(first_column, fixed=fixed, **FEW).fit(X).explain(X[:2])
    assert batch.settings.fixed == (() if fixed is None else ("x1", "x3"))
    assert ExplanationBatch.from_json(batch.to_json()).settings == batch.settings
    assert batch[0].settings == batch.settings


def test_settings_of_older_files_are_those_of_sampled_explanations(binary_data):
    X = binary_data[0]
    batch = LimeTabularExplainer(first_column, **FEW).fit(X).explain(X[:2])
    document = json.loads(batch.to_json())
    for name in ("method", "method_reason"):
        del document["fields"]["settings"][name]
    settings = ExplanationBatch.from_json(json.dumps(document)).internals.settings
    assert (settings.method, settings.method_reason) == ("sampling", "")


@pytest.mark.parametrize("change", [{"method": "other"}, {"method": None}, {"method_reason": 3}])
def test_unknown_methods_are_refused(change, binary_data):
    X = binary_data[0]
    document = json.loads(LimeTabularExplainer(first_column, **FEW).fit(X).explain(X[:2]).to_json())
    document["fields"]["settings"] |= change
    with pytest.raises(ValueError, match="settings"):
        ExplanationBatch.from_json(json.dumps(document))
