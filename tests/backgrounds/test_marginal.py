"""The marginal background: its bins."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from sklime.backgrounds import MarginalBackground


@pytest.mark.parametrize("n_bins", [np.uint8(255), np.int8(127), np.int64(4)])
def test_number_of_bins_may_be_an_integer_of_numpy(n_bins, global_random_seed):
    # 255 bins have 256 edges, which no byte can count.
    rng = np.random.default_rng(global_random_seed)
    X, points = rng.normal(size=(2000, 2)), rng.random((500, 2))
    drawn = MarginalBackground(n_bins).fit(X).sample(points)
    assert_array_equal(drawn, MarginalBackground(int(n_bins)).fit(X).sample(points))
