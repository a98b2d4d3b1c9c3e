"""Which column owns a derived column: transforms whose columns are known."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Normalizer,
    OneHotEncoder,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)

from sklime._readings._ownership import owners
from sklime._readings._readers import read_model
from sklime._readings._reading import UnreadableError, as_floats

rng = np.random.default_rng(0)
X = rng.normal(size=(300, 4))
X[::9, 1] = np.nan
filled = np.nan_to_num(X)
SUPPORTS = [np.unique(column) for column in X.T]
FULL = [np.unique(column) for column in filled.T]


def same(matrix):
    return matrix


def owners_of(step, rows=X, supports=SUPPORTS, **parameters):
    """Owners of what a fitted step derives."""
    return owners(lambda table: as_floats(step.transform(table)), same, rows, supports, 0)


def test_columns_own_themselves():
    assert owners(as_floats, same, X, SUPPORTS, 0).tolist() == [0, 1, 2, 3]


def test_indicators_splines_and_levels_belong_to_their_column():
    step = ColumnTransformer(
        [
            ("impute", SimpleImputer(add_indicator=True), [2, 1]),
            ("spline", SplineTransformer(n_knots=3, degree=2), [3]),
        ]
    ).fit(X)
    assert owners_of(step).tolist() == [2, 1, 1, 3, 3, 3, 3]


def test_texts_are_perturbed_as_texts():
    levels = np.array(["Bonn", "Oslo", "Rome"])
    rows = rng.integers(0, 3, (50, 2)).astype(float)

    def to_table(matrix):
        return pd.DataFrame(levels[matrix.astype(int)], columns=["home", "work"])

    model = make_pipeline(OneHotEncoder(), Ridge()).fit(to_table(rows), rows[:, 0])
    derive = read_model(model, "predict").derive
    found = owners(derive, to_table, rows, [np.arange(3.0)] * 2, 0)
    assert found.tolist() == [0, 0, 0, 1, 1, 1]


def test_constant_columns_have_no_owner():
    def derive(table):
        return np.column_stack([table[:, 0], np.ones(len(table)), np.full(len(table), np.nan)])

    assert owners(derive, same, X, SUPPORTS, 0).tolist() == [0, -1, -1]


@pytest.mark.parametrize(
    ("step", "rows"),
    [
        (PCA(2), filled),
        (PolynomialFeatures(interaction_only=True, include_bias=False), filled),
        (Normalizer(), filled),
        (KNNImputer(), X),
        (IterativeImputer(max_iter=2, random_state=0, tol=10.0), X),
    ],
    ids=lambda part: type(part).__name__,
)
def test_steps_that_mix_columns_are_refused_by_name(step, rows):
    supports = [np.unique(column) for column in rows.T]
    model = make_pipeline(step, Ridge()).fit(rows, filled[:, 0])
    derive = read_model(model, "predict").derive
    words = rf"{type(step).__name__} mixes the columns 'x\d' and 'x\d': derived column \d+ changes"
    with pytest.raises(UnreadableError, match=words):
        owners(derive, same, rows, supports, 0)


def test_names_and_several_steps_are_said():
    model = make_pipeline(StandardScaler(), PCA(2), Ridge()).fit(filled[:, :2], filled[:, 0])
    derive = read_model(model, "predict").derive
    with pytest.raises(UnreadableError, match="StandardScaler, PCA mix the columns 'a' and 'b'"):
        owners(derive, same, filled[:, :2], FULL[:2], 0, names=["a", "b"])


def test_a_function_without_steps():
    with pytest.raises(UnreadableError, match="derived column 0 changes with the columns 'x0' and"):
        owners(lambda table: table[:, [0]] * table[:, [2]], same, filled, FULL, 0)


def test_what_depends_on_other_rows_is_refused():
    def centered(table):
        return table - table.mean(axis=0)

    with pytest.raises(UnreadableError, match="derived column 0 depends on the other rows"):
        owners(centered, same, filled, FULL, 0)


@pytest.mark.parametrize("seed", range(5))
def test_a_column_that_changes_in_a_rare_combination_is_found(seed):
    # One row in 2,500; each column decides in the rows where the other one is large.
    high = np.quantile(filled, 0.98, axis=0)

    def derive(table):
        return np.column_stack([table[:, 0], (table[:, 1] > high[1]) & (table[:, 2] > high[2])])

    with pytest.raises(UnreadableError, match="derived column 1 changes with the columns 'x1' and"):
        owners(derive, same, filled, FULL, seed)


def test_a_sum_of_the_smallest_weight_is_a_mix():
    def derive(table):
        return table[:, [0]] + 1e-12 * table[:, [1]]

    with pytest.raises(UnreadableError, match="changes with the columns 'x0' and 'x1'"):
        owners(derive, same, filled, FULL, 0)


def test_few_calls_and_bounded_tables():
    sizes = []

    def derive(table):
        sizes.append(len(table))
        return table

    owners(derive, same, filled, FULL, 0)
    # The base rows, two of them alone, and all perturbed rows together.
    assert sizes == [20, 1, 1, 20 * 64 * 4]
    sizes.clear()
    wide = rng.normal(size=(30, 600))
    assert owners(derive, same, wide, list(wide.T), 0).tolist() == list(range(600))
    assert max(sizes) * 600 <= 2**22
    assert len(sizes) < 120


def test_one_row_and_one_value_are_enough():
    found = owners(as_floats, same, filled[:1], [np.array([0.0, 1.0]), *FULL[1:3], [2.0]], 0)
    assert found.tolist() in ([0, 1, 2, 3], [0, 1, 2, -1])


def test_the_seed_decides():
    seen = []

    def derive(table):
        seen.append(table.copy())
        return table

    for seed in (0, 0, 1):
        owners(derive, same, X, SUPPORTS, seed)
    np.testing.assert_array_equal(seen[3], seen[7])
    assert not np.array_equal(seen[3], seen[11], equal_nan=True)
