"""Perturbed rows of sparse tables: the same as those of the dense table, and never dense."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.svm import SVC, LinearSVC

from sklime import LimeTabularExplainer
from sklime.neighborhoods import AnchoredNeighborhood, base_points
from sklime.neighborhoods._sparse_draws import SparseDraws

N_ROWS, N_COLUMNS = 120, 320
MASKS = 24


def mostly_zeros(seed=0):
    """Numbers, counts, values of both signs, constant, full and empty columns."""
    rng = np.random.default_rng(seed)
    table = np.where(rng.random((N_ROWS, N_COLUMNS)) < 0.05, rng.normal(size=(N_ROWS, 320)), 0.0)
    table[:, 40:80] = np.where(rng.random((N_ROWS, 40)) < 0.1, rng.integers(1, 9, (N_ROWS, 40)), 0)
    table[:, 80:90] = rng.normal(2.0, 1.0, (N_ROWS, 10))
    table[:, 90], table[:, 91] = 3.0, 0.0
    table[:, 92:100] = -rng.random((N_ROWS, 8)) * (rng.random((N_ROWS, 8)) < 0.9)
    return table


def additive(X):
    """A model of any table, which says whether it came sparse."""
    effects = np.zeros(N_COLUMNS)
    effects[[0, 7, 45, 83, 95, 200]] = [3.0, -2.0, 0.5, 1.0, 2.0, -1.5]
    return np.asarray(X @ effects).ravel()


def fitted(table, **parameters):
    return LimeTabularExplainer(additive, random_state=0, **parameters).fit(table)


def draws_of(explainer, n_copies, **parameters):
    """Sparse and dense draws from the same points."""
    neighborhood = AnchoredNeighborhood(**parameters)
    background, encoder = explainer.background_, explainer._encoder
    n_dimensions = neighborhood.n_dimensions(background, encoder.n_features)
    points = base_points(MASKS, n_dimensions, 2, seed=1, points="independent")
    few = SparseDraws.of(neighborhood, points, background, encoder, n_copies)
    draws = neighborhood.draw(points, background, encoder)
    if n_copies == 1:
        draws = draws._replace(twins=None)
    return neighborhood, few, draws


@pytest.mark.parametrize("n_copies", [1, 2])
@pytest.mark.parametrize("discretizer", ["quartile", "decile"])
@pytest.mark.parametrize("fixed", [None, [0, 83]])
def test_rows_are_those_of_dense_draws(n_copies, discretizer, fixed):
    table = mostly_zeros()
    explainer = fitted(table, discretizer=discretizer, fixed=fixed)
    neighborhood, few, draws = draws_of(explainer, n_copies, keep=0.6)
    encoder = explainer._encoder
    rows = np.concatenate([table[:5], np.zeros((1, N_COLUMNS)), table[5:6] + 1.0])
    rows[4, :30] = np.nan
    perturbed = neighborhood.perturb(draws, encoder, rows)
    Z = neighborhood.encode(draws, encoder, perturbed, encoder.represent(rows))
    for row, own, indicators in zip(rows, perturbed, Z):
        found, encoded = few.around(row)
        assert_array_equal(found.toarray(), own)
        assert_array_equal(encoded, indicators)


def test_without_twins_there_is_one_coordinate_a_column():
    table = mostly_zeros()
    explainer = fitted(table)
    neighborhood, few, draws = draws_of(explainer, 1, twins=False)
    found, _ = few.around(table[3])
    assert_array_equal(
        found.toarray(), neighborhood.perturb(draws, explainer._encoder, table[3:4])[0]
    )


def test_rows_of_one_draw_do_not_change_each_other():
    table = mostly_zeros()
    _, few, _ = draws_of(fitted(table), 2)
    first, encoded = few.around(table[0])
    before = first.toarray(), encoded.copy()
    encoded[:] = False
    first.data[:] = 7.0
    again, encoded = few.around(table[0])
    assert_array_equal(again.toarray(), before[0])
    assert_array_equal(encoded, before[1])
    zeros, _ = few.around(np.zeros(N_COLUMNS))
    zeros.data[:] = 70.0
    assert few.around(np.zeros(N_COLUMNS))[0].max() < 70.0


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"keep": 0.3},
        {"n_perturbations": "auto", "max_perturbations": 1024},
        {"n_perturbations": 64},
        {"selection": "none", "baseline": "other"},
        {"selection": "forward", "max_features": 4},
        {"background": "normal"},
        {"neighborhood": "shared", "n_perturbations": 256},
        {"neighborhood": AnchoredNeighborhood(twins=False)},
        {"control_variates": False},
        {"kernel": "exponential"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:.*is not reached")
def test_weights_are_those_of_the_dense_table(parameters):
    kind = sp.csc_matrix if parameters else sp.csr_array
    table = mostly_zeros()
    dense = fitted(table, **parameters)
    few = fitted(kind(table), **parameters)
    expected, batch = dense.explain(table[:4]), few.explain(kind(table[:4]))
    assert np.abs(expected.values).max() > 0.05
    for name in ("values", "standard_errors", "fidelity", "intercepts", "effective_sample_size"):
        assert_allclose(getattr(batch, name), getattr(expected, name), rtol=1e-9, atol=1e-9)
    assert_allclose(few.transform(kind(table[:4])), dense.transform(table[:4]), atol=1e-9)


@pytest.mark.parametrize("kind", [sp.csr_array, sp.csr_matrix, sp.csc_array])
@pytest.mark.parametrize(
    "model", [RandomForestClassifier(5, random_state=0), SVC(), LinearSVC(random_state=0)]
)
def test_models_of_any_kind_take_the_rows(model, kind):
    table = mostly_zeros()
    y = np.arange(N_ROWS) % 2
    few = kind(table)
    assert few.indices.dtype == np.int32
    fitted_model = clone(model).fit(few, y)
    settings = {"method": "sampling", "n_perturbations": 128, "random_state": 0}
    dense = LimeTabularExplainer(fitted_model.predict, **settings).fit(table)
    batch = LimeTabularExplainer(fitted_model.predict, **settings).fit(few).explain(few[:3])
    assert_allclose(batch.values, dense.explain(table[:3]).values, atol=1e-9)


@pytest.mark.parametrize("kind", [sp.dok_array, sp.dok_matrix, sp.lil_array, sp.coo_array])
def test_rows_of_any_sparse_kind_are_no_dict(kind):
    table = mostly_zeros()
    explainer = fitted(sp.csr_array(table))
    values = explainer.explain(kind(table[:2])).values
    assert_array_equal(values, explainer.explain(sp.csr_array(table[:2])).values)


def test_rows_are_explained_alike_in_any_batch():
    table = sp.csr_array(mostly_zeros())
    explainer = fitted(table)
    together = explainer.explain(table[:6])
    for index in (5, 0):
        alone = explainer.explain(table[[index]])
        assert_array_equal(alone.values[0], together.values[index])
        assert_array_equal(alone.fidelity[0], together.fidelity[index])


@pytest.mark.parametrize("dtype", [np.float32, np.int32, np.int8, bool])
def test_the_model_gets_the_type_of_the_table(dtype):
    counts = np.random.default_rng(0).random((N_ROWS, N_COLUMNS)) < 0.05
    table = sp.csr_matrix(counts.astype(dtype))
    seen = set()

    def model(X):
        seen.add((type(X), X.dtype, bool(X.has_canonical_format)))
        return additive(X.astype(float))

    LimeTabularExplainer(model, random_state=0).fit(table).explain(table[:2])
    assert seen == {(sp.csr_matrix, np.dtype(dtype), True)}


def test_memory_is_that_of_the_numbers_that_are_not_zero():
    n_columns = 6000
    table = sp.random(200, n_columns, density=0.005, random_state=0, format="csr")
    explainer = LimeTabularExplainer(
        lambda X: np.asarray(X[:, [0]].todense())[:, 0], n_perturbations=128, random_state=0
    ).fit(table)
    tracemalloc.start()
    draws = explainer._sampler.sample(512).draws
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    draws.around(table[:1].toarray()[0])
    start, of_row = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The points are 256 rows of two numbers a column; dense candidates would be 2,048 rows.
    assert peak < 4 * 256 * 2 * n_columns * 8
    # A dense array of the perturbed rows has 512 rows.
    assert of_row - start < 512 * n_columns * 8 / 4
