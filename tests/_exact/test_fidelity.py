"""How much weights and pairs explain of the mask function, against all masks."""

import itertools
from dataclasses import replace

import numpy as np
from numpy.testing import assert_allclose
from sklearn.tree import DecisionTreeRegressor
from small_exact_models import ROWS, around, model_by_hand

from sklime import LimeTabularExplainer
from sklime._exact._fidelity import judge
from sklime._exact._masks import Masks, MaskWalk

FIRST = np.zeros((2, 1), dtype=int)


def test_variances_are_those_over_all_masks():
    model, derive = model_by_hand(3)
    rows = ROWS[:2]
    _, near = around(model)
    near = near[:2]
    found = model.expectations(derive(rows), near)
    judgement = judge(model, derive(rows), near, *found, FIRST, 0)
    Z = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    holds = np.broadcast_to(Z.T.astype(bool), (2, 3, len(Z)))
    masks = Masks(holds, holds.astype(float), (None,) * 3)
    meets, wide = model.nodes.meets(derive(rows)), near.with_constant()
    v = MaskWalk.of(model.nodes, model.owners)(meets, wide.tilt, masks.with_constant())
    v = v + model.additive.given(derive(rows), near.tilt, holds, masks.drawn) + model.base
    for row in range(2):
        s = near.means[row]
        p = np.where(Z == 1.0, s, 1.0 - s).prod(axis=1)
        assert_allclose(p @ v[row], found[0][row], atol=1e-10)
        total = p @ (v[row] - p @ v[row]) ** 2
        rest = judgement.remainder
        assert_allclose(rest.explained[row] + rest.variances[row], total, rtol=0.02)
        weights = found[1][row] / near.variances[row][:, None]
        linear = p @ v[row] + (Z - s) @ weights
        assert_allclose(rest.explained[row], total - p @ (v[row] - linear) ** 2, rtol=1e-9)


def test_a_row_alone_is_judged_as_among_others():
    model, derive = model_by_hand(4)
    rows = ROWS[:2]
    _, near = around(model)
    near = near[:2]
    found = model.expectations(derive(rows), near)
    together = judge(model, derive(rows), near, *found, FIRST, 0).remainder
    alone = judge(
        model, derive(rows[1:]), near[1:], *(one[1:] for one in found), FIRST[1:], 0
    ).remainder
    for name in ("explained", "variances", "standard_errors"):
        np.testing.assert_array_equal(getattr(together, name)[1:], getattr(alone, name))


def test_rows_with_a_large_error_take_more_masks():
    rng = np.random.default_rng(0)
    # A product of five columns has a heavy-tailed rest: few masks tell its variance badly.
    X = rng.choice([0.0, 1.0, 2.0], (400, 5))
    y = np.prod(X, axis=1) + X[:, 0]
    model = DecisionTreeRegressor(random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(
        model, method="exact", max_features=None, random_state=0, categorical_features=range(5)
    ).fit(X)
    batch = explainer.explain(np.unique(X, axis=0)[::30])
    assert batch.fidelity_errors.max() <= 0.006
    truth = explainer._with_seed(1)
    plan = replace(explainer._exact, seed=1)
    truth._exact = plan
    others = truth.explain(np.unique(X, axis=0)[::30])
    assert_allclose(batch.fidelity, others.fidelity, atol=0.02)


def test_leaves_far_away_do_not_blur_the_fidelity():
    rng = np.random.default_rng(0)
    X = rng.choice([0.0, 1.0, 2.0], (300, 4))
    y = X[:, 0] * X[:, 1] + X[:, 2] * X[:, 3]
    far = np.full((1, 4), 1000.0)
    model = DecisionTreeRegressor(random_state=0).fit(np.vstack([X, far]), np.append(y, 3e7))
    options = {"method": "exact", "max_features": None, "random_state": 0}
    # No perturbed row reaches the leaf of 3e7. It makes all others equal in single precision.
    blurred = LimeTabularExplainer(model, **options).fit(X).explain(X[:20])
    model.tree_.value[model.apply(far)] = 0.0
    plain = LimeTabularExplainer(model, **options).fit(X).explain(X[:20])
    assert (plain.fidelity < 0.999).any()
    assert_allclose(blurred.fidelity, plain.fidelity, atol=1e-7)
