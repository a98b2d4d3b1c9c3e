"""Standard errors and R2 of fits without each replicate, against their definitions."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.metrics import r2_score

from sklime._surrogates._held_out import (
    jackknife_errors,
    jackknife_r2,
    pooled_r2,
    scatter_about_mean,
)


def test_jackknife_error_of_a_mean_is_its_standard_error(global_random_seed):
    # The classical identity: the jackknife of a mean is std / sqrt(n).
    x = np.random.default_rng(global_random_seed).normal(size=9)
    left_out = np.array([np.delete(x, index).mean() for index in range(9)])[:, None]
    errors = jackknife_errors(left_out, np.array([True]))
    assert_allclose(errors, x.std(ddof=1) / 3.0)


def test_errors_are_missing_without_replicates_and_where_not_selected():
    selected = np.array([True, False])
    assert np.isnan(jackknife_errors(np.empty((0, 2)), selected)).all()
    errors = jackknife_errors(np.array([[1.0, 0.0], [2.0, 0.0]]), selected)
    assert np.isnan(errors).tolist() == [False, True]


def sums_of(f, w, shift):
    g = f - shift
    return [np.array([[number]]) for number in (w.sum(), w @ g, w @ g**2)]


@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_pooled_r2_is_the_weighted_r2_of_scikit_learn(shift, global_random_seed):
    random = np.random.default_rng(global_random_seed)
    f, w = random.normal(3.0, 1.0, size=40), random.random(40)
    predictions = f + 0.3 * random.normal(size=40)
    unexplained = np.array([[w @ (f - predictions) ** 2]])
    r2 = pooled_r2(unexplained, *sums_of(f, w, shift), np.array([[shift]]))
    assert_allclose(r2, r2_score(f, predictions, sample_weight=w))


@pytest.mark.parametrize("level", [0.0, 1.0, 1e9])
def test_r2_of_a_constant_response_is_not_defined(level):
    # The second response differs from the first by less than rounding.
    f = np.array([level, level * (1.0 + 1e-15)])
    sums = sums_of(f, np.ones(2), level)
    assert np.isnan(pooled_r2(np.array([[0.0]]), *sums, np.array([[level]]))).all()


def test_scatter_of_the_replicates_sums_to_the_scatter_of_all(global_random_seed):
    random = np.random.default_rng(global_random_seed)
    f, w = random.normal(size=(4, 10)), random.random((4, 10))
    sums = [(w * f**power).sum(axis=1)[:, None] for power in range(3)]
    scatter = scatter_about_mean(*sums)
    mean = np.average(f, weights=w)
    assert_allclose(scatter[:, 0], (w * (f - mean) ** 2).sum(axis=1))
    assert_allclose(scatter.sum(), (w * (f - mean) ** 2).sum())


def test_jackknife_of_a_ratio_follows_quenouille(global_random_seed):
    random = np.random.default_rng(global_random_seed)
    unexplained, scatter = random.random((2, 6, 1))
    r2, errors = jackknife_r2(unexplained, scatter + 1.0)

    def ratio(chosen):
        return 1.0 - unexplained[chosen].sum() / (scatter[chosen] + 1.0).sum()

    left_out = [ratio(np.arange(6) != index) for index in range(6)]
    expected = 6.0 * ratio(slice(None)) - 5.0 * np.mean(left_out)
    assert_allclose(r2, min(expected, 1.0))
    assert_allclose(errors, np.sqrt(5.0 / 6.0 * np.square(left_out - np.mean(left_out)).sum()))


def test_jackknifed_r2_is_at_most_one():
    r2, _ = jackknife_r2(np.array([[-1.0], [-2.0]]), np.array([[4.0], [5.0]]))
    assert r2 == 1.0


def test_r2_is_not_defined_if_one_replicate_has_all_the_scatter():
    r2, errors = jackknife_r2(np.array([[0.5], [0.0]]), np.array([[1.0], [0.0]]))
    assert np.isnan(r2).all()
    assert np.isnan(errors).all()
