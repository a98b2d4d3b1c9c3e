"""Control models: fitted without a replicate, and no loss."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sklime import LimeTextExplainer
from sklime._masks._control_variates import _Columns, _DualRidge, _PrimalRidge

BOUNDS = (0, 20, 40, 61, 80)
WORDS = [f"w{index}" for index in range(14)]
DOCUMENT = " ".join(WORDS)


def columns_of(n_parts):
    random = np.random.default_rng(n_parts)
    masks = random.random((80, n_parts)) < random.random((80, 1))
    part_norms = random.random(n_parts)
    part_norms[1] = 0.0
    omega = random.random(80)
    return _Columns(masks, part_norms / part_norms.sum(), random.random((80, 2)), omega, BOUNDS)


@pytest.mark.parametrize(("kind", "n_parts"), [(_PrimalRidge, 12), (_DualRidge, 100)])
@pytest.mark.parametrize("left_out", [[1], [0, 1], [3]])
def test_ridge_without_replicates_is_fitted_to_the_others(kind, n_parts, left_out):
    columns, penalty = columns_of(n_parts), 0.01
    for design in columns.designs():
        found = kind(columns, design)(left_out, penalty)
        A = np.hstack([getattr(columns, name)[:, :width] for name, width in design.items()])
        used = np.ones(80, dtype=bool)
        used[BOUNDS[left_out[0]] : BOUNDS[left_out[-1] + 1]] = False
        A, Y = A[used].astype(float), columns.targets[used]
        expected = np.linalg.solve(A.T @ A + penalty * np.eye(A.shape[1]), A.T @ Y)
        got = np.concatenate([found[name] for name in design])
        assert_allclose(A @ got, A @ expected, atol=2e-4)


@pytest.mark.parametrize(("kind", "n_parts"), [(_PrimalRidge, 12), (_DualRidge, 100)])
def test_a_replicate_has_no_say_in_its_own_control_model(kind, n_parts):
    columns = columns_of(n_parts)
    design = columns.designs()[-1]
    before = kind(columns, design)([2], 0.01)
    columns = columns_of(n_parts)
    columns.targets[BOUNDS[2] : BOUNDS[3]] += 100.0
    after = kind(columns, design)([2], 0.01)
    for name in design:
        assert_allclose(before[name], after[name], atol=1e-6)


def present(texts):
    return np.array([[word in text.split() for word in WORDS] for text in texts], dtype=float)


def parity(texts):
    """No control model predicts this one."""
    return present(texts).sum(axis=1) % 2


def steps(texts):
    z = present(texts)
    return 0.5 * (z[:, 0] * z[:, 1] > 0) + 0.3 * (z[:, 2:6].sum(axis=1) > 2)


def odds(texts):
    return 1.0 / (1.0 + np.exp(-present(texts) @ np.linspace(-2.0, 2.0, 14)))


@pytest.mark.slow
@pytest.mark.parametrize("function", [parity, steps, odds])
@pytest.mark.parametrize("n_perturbations", [256, 1024])
def test_variates_do_not_make_weights_worse(function, n_perturbations):
    options = {"max_features": None}
    exact = LimeTextExplainer(function, n_perturbations=2**14, **options).fit([DOCUMENT])
    expected = exact.explain([DOCUMENT])[0]
    assert expected.standard_errors.max() == 0.0
    squares = {True: [], False: []}
    for seed in range(24):
        for has_variates, found in squares.items():
            explainer = LimeTextExplainer(
                function,
                n_perturbations=n_perturbations,
                control_variates=has_variates,
                random_state=seed,
                **options,
            )
            values = explainer.fit([DOCUMENT]).explain([DOCUMENT])[0].values
            found.append(((values - expected.values) ** 2).mean())
    # The ratio is itself known to a few hundredths.
    assert np.mean(squares[True]) <= 1.1 * np.mean(squares[False])
