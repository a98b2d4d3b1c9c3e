"""Tables of splits against closed forms of one split."""

import numpy as np
import pytest
from exact_by_enumeration import random_support
from numpy.testing import assert_allclose
from small_trees import stump

from sklime._exact._nodes import nodes_of
from sklime._exact._split_tables import BinTilts, SplitTables
from sklime._exact._states import LEFT, N_STATES, RIGHT
from sklime._exact._supports import Support
from sklime._exact._tilt import Tilts


def tables_of(support, keep, outside=1.0, threshold=2.0):
    everything = [support.values[:, None], np.empty((1, 0))]
    supports = [support, Support.of_one_value()]
    nodes = nodes_of(stump(threshold), np.array([0]), supports, everything)
    tilts = BinTilts.of(Tilts.of([support], [keep], outside))
    tables = SplitTables.of(nodes, tilts)
    return [
        None if table is None else table.reshape(-1, N_STATES)
        for table in (tables.shares, tables.gains, tables.gain_slopes)
    ]


@pytest.mark.parametrize("keep", [0.01, 0.75])
def test_anchored_bins(keep):
    support = random_support(np.random.default_rng(0))
    shares, gains, slopes = tables_of(support, keep)
    assert slopes is None
    is_left = support.values <= 2.0
    for index in range(support.n_bins):
        in_bin = support.bins == index
        b = support.weights[in_bin].sum()
        for state in (LEFT, RIGHT):
            q = keep * (state == LEFT) + (1 - keep) * support.weights[is_left].sum()
            r = keep * (state == LEFT) + (1 - keep) * support.weights[is_left & in_bin].sum()
            assert_allclose(shares[index, state], q)
            assert_allclose(gains[index, state], r - q * (keep + (1 - keep) * b), atol=1e-15)


def test_shared_bins():
    support = random_support(np.random.default_rng(1))
    shares, gains, _ = tables_of(support, 0.0, outside=0.4)
    for index in range(support.n_bins):
        in_bin = support.bins == index
        weights = np.where(in_bin, 1.0, 0.4) * support.weights
        weights /= weights.sum()
        left = weights[support.values <= 2.0].sum()
        both = weights[(support.values <= 2.0) & in_bin].sum()
        assert_allclose(shares[index, [LEFT, RIGHT]], left)
        assert_allclose(
            gains[index, [LEFT, RIGHT]], both - left * weights[in_bin].sum(), atol=1e-15
        )


def test_standard_scores_are_linear_in_the_score_of_the_row():
    support = random_support(np.random.default_rng(2), is_binned=False)
    shares, gains, slopes = tables_of(support, 0.6)
    is_left = support.values <= 2.0
    for state, score in ((LEFT, -0.7), (RIGHT, 1.3)):
        q = 0.6 * (state == LEFT) + 0.4 * support.weights[is_left].sum()
        r = 0.6 * score * (state == LEFT) + 0.4 * support.scores[is_left].sum()
        mean = 0.6 * score + 0.4 * support.scores.sum()
        assert_allclose(shares[0, state], q)
        assert_allclose(gains[0, state] + score * slopes[0, state], r - q * mean, atol=1e-15)


def test_the_column_after_the_table_never_changes():
    tilts = BinTilts.of(Tilts.of([random_support(np.random.default_rng(3))], [0.5], 1.0))
    assert tilts.own[1, 0] == 1.0
    assert tilts.inside[1, 0] == tilts.outside[1, 0] == 0.0
    assert not tilts.has_scores
