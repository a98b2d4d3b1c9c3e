"""What the fits without each replicate say about other seeds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from sklime.utils._replicates import spread_out, top_features


@given(
    hnp.arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(2, 9), st.integers(1, 4)),
        elements=st.floats(-10, 10),
    )
)
def test_spread_is_that_of_the_jackknife(left_out):
    n_replicates = left_out.shape[1]
    squares = ((left_out - left_out.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    spread = spread_out(left_out)
    assert_allclose(
        spread.var(axis=1, ddof=1), squares * (n_replicates - 1) / n_replicates, atol=1e-9
    )
    assert_allclose(spread.mean(axis=1), left_out.mean(axis=1), atol=1e-9)


def test_spread_of_means_is_that_of_means_of_other_samples(global_random_seed):
    # The weight is a mean: the spread of its replicates is known.
    random = np.random.default_rng(global_random_seed)
    samples = random.normal(size=(2000, 8, 16))
    left_out = (samples.sum(axis=(1, 2), keepdims=True) - samples.sum(axis=2, keepdims=True)) / 112
    spread = spread_out(left_out[..., 0])
    assert_allclose(spread.var(axis=1, ddof=1).mean(), 1 / 128, rtol=0.05)


def test_strongest_features_are_those_with_the_largest_weights():
    weights = np.array([[0.1, -3.0, 0.0, 3.0, 2.0], [0.0, 0.0, 0.0, 0.0, 1.0]])
    expected = [[False, True, False, True, False], [False, False, False, False, True]]
    assert_array_equal(top_features(weights, 2, axis=1), expected)


def test_more_may_be_asked_for_than_there_are():
    assert_array_equal(top_features(np.array([1.0, 0.0]), 5, axis=0), [True, False])
