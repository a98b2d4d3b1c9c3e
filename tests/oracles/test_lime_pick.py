"""The same picks as `lime`'s own, from the same explanations."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklime import LimeTabularExplainer, SubmodularPick

submodular_pick = pytest.importorskip("lime.submodular_pick")


class Handover:
    """Gives `lime` our explanations, in the order of the rows."""

    mode = "regression"

    def __init__(self, batch):
        self.rows = iter(batch)

    def explain_instance(self, row, predict, **options):
        handed = Handover([])
        handed.pairs = next(self.rows).as_list()
        return handed

    def as_list(self, label):
        return self.pairs


@pytest.mark.parametrize("max_features", [2, 4])
@pytest.mark.parametrize("n_picks", [1, 3, 6])
def test_picks_cover_what_those_of_lime_cover(n_picks, max_features):
    X, y = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    explainer = LimeTabularExplainer(
        model, neighborhood="shared", max_features=max_features, random_state=0
    )
    batch = explainer.fit(X).explain(X[:80])
    theirs = submodular_pick.SubmodularPick(
        Handover(batch), X[:80], None, method="full", num_exps_desired=n_picks
    )
    pick = SubmodularPick(n_picks, on="rules").fit(batch)
    importances = dict(zip(pick.names_, pick.importances_))
    shown, shares = set(), []
    for row in theirs.V:
        shown |= {condition for condition, _ in batch[row].as_list()}
        shares.append(sum(importances[condition] for condition in shown))
    assert_allclose(pick.coverage_, np.array(shares) / pick.importances_.sum())
