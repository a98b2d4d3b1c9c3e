"""First-order effects against enumeration of all perturbed rows."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scored import MODELS, combinations, explainer_of, whole_numbers


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_effects_are_those_of_enumeration(name, neighborhood, n_classes):
    X, y = whole_numbers(n_classes)
    explainer = explainer_of(name, X, y, neighborhood=neighborhood, categorical_features=[1])
    plan, rows = explainer._scores, X[:3]
    derived = plan.exact.derived(explainer._response, rows)
    around = plan.exact.tilts.around(explainer._encoder.represent(rows))
    effects, grid = plan.effects(derived, around), plan.effects.grid
    for row, found in zip(rows, effects):
        flat, w, _ = combinations(explainer, X, row)
        scores = explainer.estimator_.decision_function(flat).reshape(len(flat), -1)
        cells = grid.cells_of(flat)
        for index in range(X.shape[1]):
            own = np.unique(cells[w > 0, index])
            wanted = []
            for cell in own:
                here = cells[:, index] == cell
                wanted.append(w[here] @ scores[here] / w[here].sum())
            # Effects are known up to a constant.
            gaps = np.array(wanted) - found[own]
            assert_allclose(gaps, np.broadcast_to(gaps[0], gaps.shape), atol=1e-11)


def test_effects_of_a_row_do_not_depend_on_other_rows():
    X, y = whole_numbers()
    explainer = explainer_of("boosting", X, y)
    plan = explainer._scores
    derived = plan.exact.derived(explainer._response, X)
    around = plan.exact.tilts.around(explainer._encoder.represent(X))
    together = plan.effects(derived, around)
    alone = plan.effects(derived[7:8], around[7:8])
    assert_allclose(together[7:8], alone, atol=1e-13)
