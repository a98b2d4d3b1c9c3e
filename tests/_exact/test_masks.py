"""The mask function, and how much of it is additive, against enumeration."""

import itertools

import numpy as np
import pytest
from exact_by_enumeration import (
    anchored_tilt,
    column_points,
    random_support,
    random_trees,
    shared_tilt,
)
from numpy.testing import assert_allclose, assert_array_equal

from sklime._exact._masks import (
    Masks,
    MaskWalk,
    Remainder,
    _of_pairs,
    additive_misfit,
    drawn_masks,
    remainder_of,
)
from sklime._exact._nodes import nodes_of
from sklime._exact._pairs import PairWalk, PairWeights
from sklime._exact._walk import expectations


class Case:
    """Random trees with all that the functions need."""

    def __init__(self, seed, *, n_columns=4, depth=5, misses=False, is_binned=lambda i: True):
        rng = np.random.default_rng(seed)
        self.supports = [
            random_support(rng, misses=misses, is_binned=is_binned(i)) for i in range(n_columns)
        ]
        self.trees = random_trees(rng, n_columns, depth=depth)
        self.derived = [support.values[:, None] for support in self.supports]
        self.owners = np.arange(n_columns)
        self.nodes = nodes_of(self.trees, self.owners, self.supports, self.derived)
        self.rows = rng.integers(0, 5, (5, n_columns)).astype(float)
        self.rows[1, 0] = 77.0
        if misses:
            self.rows[4, 1] = self.rows[3, 0] = np.nan
        self.meets = self.nodes.meets(self.rows)
        self.walk = MaskWalk.of(self.nodes, self.owners)

    def anchored(self, keep):
        return anchored_tilt(self.supports, self.rows, keep)

    def drawn(self, n_masks, tilt, seed=0):
        rows, supports = self.rows, self.supports
        return drawn_masks(n_masks, seed, tilt, supports, self.derived, rows, self.owners)

    def variances(self, tilt):
        """Variances of the encodings of each row."""
        found = np.empty(self.rows.shape)
        for (row, column), value in np.ndenumerate(self.rows):
            _, p, z = column_points(self.supports[column], value, tilt, row, column)
            found[row, column] = p @ z**2 - (p @ z) ** 2
        return found

    def enumerated(self, tilt, row):
        """All masks with their probabilities, and the mask function, by definition."""
        points = [
            column_points(support, value, tilt, row, column)
            for column, (support, value) in enumerate(zip(self.supports, self.rows[row]))
        ]
        X = np.array(list(itertools.product(*(p[0] for p in points))))
        w = np.array(list(itertools.product(*(p[1] for p in points)))).prod(axis=1)
        Z = np.array(list(itertools.product(*(p[2] for p in points))))
        masks, which = np.unique(Z, axis=0, return_inverse=True)
        which = which.ravel()
        weights = np.bincount(which, w)
        f = self.trees.predict(X)
        sums = np.column_stack([np.bincount(which, w * one) for one in f.T])
        with np.errstate(invalid="ignore"):
            return masks[weights > 0], weights[weights > 0], (sums / weights[:, None])[weights > 0]


def all_masks(case, n_rows):
    masks = np.array(list(itertools.product([False, True], repeat=case.rows.shape[1]))).T
    holds = np.tile(masks, (n_rows, 1, 1))
    return Masks(holds, holds.astype(float), (None,) * len(masks))


def assert_all_values_exact(case, tilt):
    masks = all_masks(case, len(case.rows))
    found = case.walk(case.meets, tilt, masks)
    for row in range(len(case.rows)):
        known, _, values = case.enumerated(tilt, row)
        for mask, value in zip(known, values):
            at = (mask == masks.encodings[row].T).all(axis=1)
            assert_allclose(found[row, at][0], value, atol=1e-12)


@pytest.mark.parametrize("keep", [0.01, 0.3, 0.75, 0.99])
@pytest.mark.parametrize("misses", [False, True])
def test_values_of_all_masks_anchored(keep, misses):
    case = Case(int(100 * keep), misses=misses)
    assert_all_values_exact(case, case.anchored(keep))


@pytest.mark.parametrize("outside", [0.2, 0.9])
def test_values_of_all_masks_shared(outside):
    case = Case(3, misses=True)
    assert_all_values_exact(case, shared_tilt(case.supports, case.rows, outside))


@pytest.mark.parametrize("is_binned", [lambda i: i % 2 == 0, lambda i: False])
def test_values_where_columns_are_standard_scores(is_binned):
    case = Case(6, is_binned=is_binned)
    tilt = case.anchored(0.4)
    masks = case.drawn(64, tilt)
    found = case.walk(case.meets, tilt, masks)
    for row in range(len(case.rows)):
        known, _, values = case.enumerated(tilt, row)
        for mask, value in zip(masks.encodings[row].T, found[row]):
            at = np.isclose(known, mask, atol=1e-12).all(axis=1)
            assert at.sum() == 1
            assert_allclose(value, values[at][0], atol=1e-12)


def remainder_by_enumeration(case, tilt, row):
    """Additive variance and variance of the rest of the mask function, by definition."""
    Z, p, v = case.enumerated(tilt, row)
    mean, offsets = p @ v, Z - p @ Z
    variances = p @ offsets**2
    weights = np.divide(
        (offsets * p[:, None]).T @ (v - mean),
        variances[:, None],
        out=np.zeros((Z.shape[1], v.shape[1])),
        where=variances[:, None] > 1e-12,
    )
    additive = offsets @ weights
    return p @ additive**2, p @ (v - mean - additive) ** 2


@pytest.mark.parametrize("is_binned", [lambda i: True, lambda i: i % 2 == 0, lambda i: False])
@pytest.mark.parametrize("has_pairs", [False, True])
def test_remainder_is_that_of_all_masks(is_binned, has_pairs):
    case = Case(12, is_binned=is_binned)
    tilt = case.anchored(0.6)
    variances, masks = case.variances(tilt), case.drawn(2**12, tilt)
    pairs = PairWalk.of(case.nodes, 4)(case.meets, tilt, variances) if has_pairs else None
    values = case.walk(case.meets, tilt, masks)
    moments = expectations(case.nodes, case.meets, tilt)
    found = remainder_of(values, masks, tilt, *moments, variances=variances, pairs=pairs)
    for row in range(len(case.rows)):
        explained, rest = remainder_by_enumeration(case, tilt, row)
        assert_allclose(found.explained[row], explained, rtol=1e-10)
        gap = np.abs(found.variances[row] - rest)
        assert (gap <= 4 * found.standard_errors[row] + 1e-12).all()


def test_pairs_lower_the_error():
    case = Case(12)
    tilt, masks = case.anchored(0.6), case.drawn(32, case.anchored(0.6))
    pairs = PairWalk.of(case.nodes, 4)(case.meets, tilt)
    values = case.walk(case.meets, tilt, masks)
    moments = expectations(case.nodes, case.meets, tilt)
    without = remainder_of(values, masks, tilt, *moments)
    found = remainder_of(values, masks, tilt, *moments, pairs=pairs)
    ratio = found.standard_errors.sum() / without.standard_errors.sum()
    assert ratio < 0.2


def test_two_columns_need_no_masks_once_pairs_are_known():
    case = Case(7, n_columns=2)
    tilt, masks = case.anchored(0.5), case.drawn(4, case.anchored(0.5))
    pairs = PairWalk.of(case.nodes, 2)(case.meets, tilt)
    moments = expectations(case.nodes, case.meets, tilt)
    values = case.walk(case.meets, tilt, masks)
    found = remainder_of(values, masks, tilt, *moments, pairs=pairs)
    for row in range(len(case.rows)):
        explained, rest = remainder_by_enumeration(case, tilt, row)
        assert_allclose(found.variances[row], rest, atol=1e-12)
        assert_allclose(found.explained[row], explained, atol=1e-12)


def test_r2_of_any_surrogate_is_that_of_all_masks():
    case = Case(7, n_columns=2)
    tilt, masks = case.anchored(0.5), case.drawn(4, case.anchored(0.5))
    pairs = PairWalk.of(case.nodes, 2)(case.meets, tilt)
    means, covariances = expectations(case.nodes, case.meets, tilt)
    values = case.walk(case.meets, tilt, masks)
    found = remainder_of(values, masks, tilt, means, covariances, pairs=pairs)
    rng = np.random.default_rng(0)
    slopes, intercepts = rng.normal(size=(5, 2, 2)), rng.normal(size=(5, 2))
    variances = tilt.means * (1 - tilt.means)
    has_spread = variances[:, :, None] > 1e-12
    weights = np.where(has_spread, covariances / np.maximum(variances[:, :, None], 1e-12), 0.0)
    shift = intercepts + np.einsum("ij,ijo->io", tilt.means, slopes) - means
    r2 = found.r2(additive_misfit(weights, variances, slopes, shift))
    for row in range(len(case.rows)):
        Z, p, v = case.enumerated(tilt, row)
        residual = p @ (v - intercepts[row] - Z @ slopes[row]) ** 2
        assert_allclose(r2[row], 1 - residual / (p @ (v - p @ v) ** 2), atol=1e-9)


def test_r2_of_a_constant_is_nan_and_all_pairs_explain_their_part():
    found = Remainder(np.array([[0.0, 3.0]]), np.array([[0.0, 1.0]]), np.zeros((1, 2)))
    assert_array_equal(found.r2(), [[np.nan, 0.75]])
    assert_array_equal(found.r2(of_pairs=1.0)[:, 1], 1.0)


def test_a_row_alone_has_the_masks_and_values_that_it_has_in_a_batch():
    case = Case(9, is_binned=lambda i: i != 1)
    tilt = case.anchored(0.4)
    masks = case.drawn(16, tilt)
    together = case.walk(case.meets, tilt, masks)
    rows = case.rows
    for row in range(len(rows)):
        case.rows = rows[[row]]
        tilt = case.anchored(0.4)
        alone = case.drawn(16, tilt)
        assert_array_equal(alone.encodings[0], masks.encodings[row])
        assert_array_equal(case.walk(case.nodes.meets(case.rows), tilt, alone)[0], together[row])


def test_several_derived_columns_of_a_standard_score():
    rng = np.random.default_rng(1)
    supports = [random_support(rng, is_binned=i == 0) for i in range(3)]
    owners = np.array([0, 1, 1, 2])
    trees = random_trees(rng, 4, depth=6)

    def derive(X):
        return np.column_stack([X[:, 0], X[:, 1], np.abs(X[:, 1] - 2.0), X[:, 2]])

    filled = [np.tile(support.values[:, None], (1, 3)) for support in supports]
    derived = [derive(X)[:, owners == index] for index, X in enumerate(filled)]
    nodes = nodes_of(trees, owners, supports, derived)
    rows = rng.integers(0, 5, (3, 3)).astype(float)
    tilt = anchored_tilt(supports, rows, 0.3)
    masks = drawn_masks(2**13, 0, tilt, supports, derived, derive(rows), owners)
    found = MaskWalk.of(nodes, owners)(nodes.meets(derive(rows)), tilt, masks)
    means, covariances = expectations(nodes, nodes.meets(derive(rows)), tilt)
    assert_allclose(found.mean(axis=1), means, atol=0.02)
    offsets = masks.encodings - tilt.means[:, :, None]
    assert_allclose(offsets @ found / 2**13, covariances, atol=0.02)


@pytest.mark.parametrize("n_columns", [4, 30])
def test_pairs_at_masks_are_sums_of_products(n_columns):
    rng = np.random.default_rng(0)
    # Few pairs of many columns are multiplied out, many pairs of few columns are not.
    columns = np.array(list(itertools.combinations(range(n_columns), 2)))[:15]
    weights = rng.normal(size=(3, len(columns), 2))
    pairs = PairWeights(columns, weights, np.ones(weights.shape[:2]))
    offsets = rng.normal(size=(3, 8, n_columns))
    expected = np.zeros((3, 8, 2))
    for index, (first, second) in enumerate(columns):
        products = offsets[:, :, first] * offsets[:, :, second]
        expected += products[:, :, None] * weights[:, None, index]
    assert_allclose(_of_pairs(offsets, pairs), expected, atol=1e-12)
    alone = np.concatenate([_of_pairs(offsets[[row]], _row_of(pairs, row)) for row in range(3)])
    assert_array_equal(alone, _of_pairs(offsets, pairs))


def _row_of(pairs, row):
    return PairWeights(pairs.columns, pairs.weights[[row]], pairs.spreads[[row]])
