"""Tables of nodes, against the numbers of each row alone."""

from functools import partial

import numpy as np
import pytest
from exact_by_enumeration import anchored_tilt, random_support, random_trees, shared_tilt
from numpy.testing import assert_array_equal

from sklime._exact._conditions import met_conditions
from sklime._exact._masks import MaskWalk, _shares, drawn_masks
from sklime._exact._nodes import nodes_of
from sklime._exact._pairs import PairWalk, _standings
from sklime._exact._profiles import NumbersOfRows, Profiles

N_ROWS = 60


@pytest.fixture
def case():
    rng = np.random.default_rng(5)
    supports = [random_support(rng, misses=True) for _ in range(4)]
    trees = random_trees(rng, 4, depth=6)
    nodes = nodes_of(trees, np.arange(4), supports, [s.values[:, None] for s in supports])
    rows = rng.integers(0, 5, (N_ROWS, 4)).astype(float)
    # A level that the background does not know, and missing values.
    rows[1, 0], rows[2, 1], rows[3:6, 3] = 77.0, np.nan, np.nan
    return supports, nodes, rows


@pytest.fixture(params=["anchored", "fixed column", "shared"])
def tilt(request, case):
    supports, _, rows = case
    if request.param == "shared":
        return shared_tilt(supports, rows, 0.4)
    keep = [0.7, 1.0, 0.7, 0.7] if request.param == "fixed column" else 0.7
    return anchored_tilt(supports, rows, keep)


@pytest.mark.parametrize("numbers", [_shares, _standings])
def test_tables_hold_what_rows_have_alone(case, tilt, numbers):
    _, nodes, rows = case
    layout = nodes.layout
    met, chosen = met_conditions(layout, nodes.meets(rows)), np.arange(len(layout.column))[3:]
    profiles = Profiles.of(tilt)
    assert profiles is not None
    found, direct = (
        NumbersOfRows.of(nodes, chosen, met, tilt, one, partial(numbers, layout))
        for one in (profiles, None)
    )
    n_roots = max(0, layout.bounds[1] - 3)
    for block in (slice(0, 25), slice(25, N_ROWS), slice(7, 8)):
        for one, other in zip(found(block), direct(block), strict=True):
            assert_array_equal(one[n_roots:], other[n_roots:])


def test_walks_of_many_rows_are_those_of_each_row(case, tilt):
    supports, nodes, rows = case
    owners, derived = np.arange(4), [s.values[:, None] for s in supports]
    masks = drawn_masks(32, 0, tilt, supports, derived, rows, owners)
    meets, mask_walk, pair_walk = (
        nodes.meets(rows),
        MaskWalk.of(nodes, owners),
        PairWalk.of(nodes, 4),
    )
    values, pairs = mask_walk(meets, tilt, masks), pair_walk(meets, tilt)
    for row in range(0, N_ROWS, 7):
        here = slice(row, row + 1)
        own = type(tilt)(*(getattr(tilt, name)[here] for name in tilt.__dataclass_fields__))
        masks_of_row = type(masks)(masks.holds[here], masks.encodings[here], masks.drawn)
        alone = mask_walk(meets[:, here], own, masks_of_row)
        assert_array_equal(values[here], alone)
        assert_array_equal(pairs.weights[here], pair_walk(meets[:, here], own).weights)


def test_few_rows_have_no_tables(case, tilt):
    few = type(tilt)(*(getattr(tilt, name)[:5] for name in tilt.__dataclass_fields__))
    assert Profiles.of(few) is None


def test_rows_that_differ_within_a_bin_have_no_tables(case):
    supports, _, rows = case
    keep = np.tile(0.7, rows.shape)
    keep[11, 2] = 0.6
    assert Profiles.of(anchored_tilt(supports, rows, keep)) is None
