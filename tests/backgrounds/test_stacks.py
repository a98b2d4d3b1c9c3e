"""Columns that are computed together: as one by one, and as a plain reference says."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal

from sklime.backgrounds import MarginalBackground, NormalBackground
from sklime.backgrounds._stacks import Stacks
from sklime.utils._frames import SparseColumns

N_ROWS = 90


@pytest.fixture
def table():
    """Numbers, sparse numbers, counts, flags, missing values, constants, huge and tiny units."""
    rng = np.random.default_rng(0)
    blocks = [
        rng.normal(size=(N_ROWS, 30)),
        rng.exponential(size=(N_ROWS, 30)) * (rng.random((N_ROWS, 30)) < 0.1),
        rng.integers(0, 4, (N_ROWS, 30)),
        np.full((N_ROWS, 2), 7.0),
        rng.normal(size=(N_ROWS, 20)) * 1e200,
        rng.normal(size=(N_ROWS, 20)) * 1e-200,
    ]
    X = np.column_stack(blocks)
    X[::7, [3, 40, 70]] = np.nan
    return X


def cuts_of(table):
    return [np.unique(np.nanpercentile(column, [25, 50, 75])) for column in table.T]


def fitted(table, side="left"):
    is_discrete = np.zeros(table.shape[1], dtype=bool)
    is_discrete[60:90] = True
    return MarginalBackground().fit(table, is_discrete, cuts_of(table), side)


def test_most_columns_are_stacked(table):
    stacks = fitted(table).column_stacks_
    n_stacked = sum(len(columns) for columns, _ in stacks.stacks)
    assert n_stacked > 100
    together = np.concatenate([columns for columns, _ in stacks.stacks] + [stacks.others])
    assert_array_equal(np.sort(together), np.arange(table.shape[1]))


@pytest.mark.parametrize("kind", [MarginalBackground, NormalBackground])
def test_samples_are_those_of_each_column(table, kind):
    background = fitted(table) if kind is MarginalBackground else kind().fit(table)
    points = np.random.default_rng(1).random((200, table.shape[1]))
    points[:2] = np.array([[1e-9], [1.0 - 1e-9]])
    drawn = background.sample(points)
    for index, distribution in enumerate(background.distributions_):
        assert_array_equal(drawn[:, index], distribution.ppf(points[:, index]))


def test_some_columns_are_drawn_as_among_all(table):
    background = fitted(table)
    chosen = np.array([2, 3, 31, 35, 62, 90, 100, 119, 131])
    points = np.random.default_rng(1).random((50, table.shape[1]))
    part = background.columns(chosen)
    assert_array_equal(part.sample(points[:, chosen]), background.sample(points)[:, chosen])
    assert part.n_dimensions_ == len(chosen)
    assert background.n_dimensions_ == table.shape[1]


@pytest.mark.parametrize("side", ["left", "right"])
def test_bins_have_the_mean_and_deviation_of_their_rows(table, side):
    background = fitted(table, side)
    for index in [0, 31, 35, 90, 95, 115]:
        column, cuts = table[:, index], cuts_of(table)[index]
        bins = np.searchsorted(cuts, column, side=side)
        learnt = background.distributions_[index]
        for place in range(len(cuts) + 1):
            members = column[bins == place]
            assert learnt.frequencies[place] == members.size / N_ROWS
            if members.size == 0 or members.min() == members.max():
                assert learnt.deviations[place] == 0.0
                assert learnt.means[place] == (members[0] if members.size else 0.0)
                continue
            unit = np.abs(members).max()
            assert_allclose(learnt.means[place], (members / unit).mean() * unit, rtol=1e-12)
            assert_allclose(learnt.deviations[place], (members / unit).std() * unit, rtol=1e-12)


def test_probabilities_are_the_masses_of_cells(table):
    background = fitted(table)
    ends = np.array([-1.0, 0.0, 0.5, 2.0])
    for columns, stack in background.column_stacks_.stacks:
        found = stack.probabilities(np.tile(ends, (len(columns), 1)))
        for index, probabilities in zip(columns.tolist(), found):
            cells = background.cells(index, ends)
            expected = [cells.weights[cells.values <= end].sum() for end in ends]
            assert_allclose(probabilities, expected, atol=1e-12)


@pytest.mark.parametrize("tiny", [5e-324, 2.2e-308, 1e-300])
def test_bins_of_any_width_have_the_mass_of_their_rows(tiny):
    column = np.array([0.0, -tiny, -2.0, -1.0, 0.0, -1.0, -2.0, 3.0])[:, None]
    background = MarginalBackground().fit(column, cuts=[np.array([-2.0, -0.5])])
    cells = background.cells(0, np.array([-2.0, -0.5]))
    assert_allclose(cells.weights, [2 / 8, 2 / 8, 4 / 8], atol=1e-12)
    assert np.isfinite(background.sample(np.linspace(0.01, 0.99, 50)[:, None])).all()


def test_blocks_have_every_stacked_column_once(table):
    stacks = fitted(table).column_stacks_
    blocks = list(stacks.blocks(2**17))
    assert len(blocks) > len(stacks.stacks)
    seen = np.concatenate([columns for columns, _ in blocks])
    expected = np.concatenate([columns for columns, _ in stacks.stacks])
    assert_array_equal(np.sort(seen), np.sort(expected))


def test_distributions_of_users_are_drawn_one_by_one():
    class Uniform:
        def ppf(self, u):
            return u

    stacks = Stacks.of([Uniform()] * 40)
    assert not stacks.stacks
    assert_array_equal(stacks.others, np.arange(40))


def test_a_sparse_table_has_the_background_of_the_dense_one(table):
    zeros = np.where(np.isnan(table), 0.0, table)
    is_discrete = np.zeros(table.shape[1], dtype=bool)
    given = is_discrete, cuts_of(zeros), "left"
    dense = MarginalBackground().fit(zeros, *given)
    few = MarginalBackground().fit(SparseColumns(sp.csr_array(zeros)), *given)
    points = np.random.default_rng(1).random((50, table.shape[1]))
    assert_array_equal(few.sample(points), dense.sample(points))
