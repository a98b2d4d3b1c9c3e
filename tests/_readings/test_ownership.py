"""Which column owns a derived column: transforms whose columns are known."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer, KNNImputer, SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    Normalizer,
    OneHotEncoder,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)

from sklime._readings._ownership import agrees, owners, typical_sizes
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


def table_of(matrix):
    return pd.DataFrame(matrix, columns=list("abcd"))


noise = np.random.default_rng(1)

ACROSS_ROWS = {
    "centered": lambda t: t - t.mean(),
    "filled from above": lambda t: t.ffill(),
    "filled from below": lambda t: t.bfill(),
    "interpolated": lambda t: t.interpolate(),
    "filled by the median of the batch": lambda t: t.fillna(t.median()),
    "rolling mean": lambda t: t.rolling(2, min_periods=1).mean(),
    "cumulative sum": lambda t: t.fillna(0.0).cumsum(),
    "smoothed": lambda t: t.fillna(0.0).ewm(alpha=0.5).mean(),
    "difference": lambda t: t.diff(),
    "shifted": lambda t: t.shift(fill_value=0.0),
    "ranks": lambda t: t.rank(),
    "shares of ranks": lambda t: t.rank(pct=True),
    "scaled by the range of the batch": lambda t: t / (t.max() - t.min()),
    "number of the row": lambda t: t.assign(a=np.arange(len(t))),
    "number of rows": lambda t: t.assign(a=len(t)),
    "which rows came before": lambda t: t.assign(a=t.duplicated()),
    "without duplicates": lambda t: t.drop_duplicates(),
    "without missing values": lambda t: t.dropna(),
    "quantiles of the batch": lambda t: t.assign(a=pd.qcut(t["b"].fillna(0), 2, labels=False)),
    "clipped at quantiles": lambda t: t.clip(t.quantile(0.1), t.quantile(0.9), axis=1),
    "chance": lambda t: t + noise.normal(size=t.shape),
}


@pytest.mark.parametrize("name", ACROSS_ROWS)
@pytest.mark.parametrize("seed", range(3))
def test_what_depends_on_other_rows_is_refused_by_name(name, seed):
    step = FunctionTransformer(ACROSS_ROWS[name])
    model = make_pipeline(step, HistGradientBoostingRegressor(max_iter=2))
    model.fit(table_of(filled), filled[:, 0])
    derive = read_model(model, "predict").derive
    words = r"of FunctionTransformer depends? on the other rows of the table"
    with pytest.raises(UnreadableError, match=words):
        owners(derive, table_of, X, SUPPORTS, seed)


def test_dependence_is_found_beside_a_huge_value():
    # The largest value must not make the difference rounding.
    rows = X.copy()
    rows[0, 1] = 1e15
    supports = [np.unique(column) for column in rows.T]
    with pytest.raises(UnreadableError, match="derived column 1 depends on the other rows"):
        owners(lambda t: table_of(t).ffill().to_numpy(), same, rows, supports, 0)


@pytest.mark.parametrize("factor", [1e-200, 1.0, 1e200])
def test_sums_in_another_order_are_rounding(factor):
    # A product of matrices may add in another order where the table has one row.
    def derive(table):
        return table * factor * (1.0 + 1e-15 * (len(table) == 1))

    assert owners(derive, same, filled, FULL, 0).tolist() == [0, 1, 2, 3]


def test_agreement_of_floats():
    one = np.array([[np.nan, np.inf, np.inf, 1e-12, 1.0]])
    other = np.array([[np.nan, np.inf, 1.0, 0.0, 1.0 + 1e-6]])
    found = agrees(one, other, np.ones((1, 5)))
    assert found.tolist() == [[True, True, False, True, False]]


def test_typical_sizes_pass_over_zeros_and_one_huge_value():
    derived = np.array([[0.0, 0.0, 3.0], [0.0, -2.0, 1.0], [0.0, 1e12, np.nan], [0.0, 1.0, 2.0]])
    assert typical_sizes(derived).tolist() == [[0.0, 2.0, 2.0]]


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


@pytest.mark.parametrize("n_levels", [65, 100, 331, 3000])
def test_every_level_is_tried(n_levels):
    # Of one indicator a level, those of levels that were not tried seemed constant.
    codes = np.arange(n_levels, dtype=np.float64)
    rows = np.column_stack([rng.choice(codes, 40), rng.normal(size=40)])

    def derive(table):
        return np.column_stack([table[:, [0]] == codes, table[:, 1]]).astype(float)

    supports, has_levels = [codes, rows[:, 1]], np.array([True, False])
    found = owners(derive, same, rows, supports, 0, has_levels=has_levels)
    assert found.tolist() == [*([0] * n_levels), 1]


def test_a_level_that_mixes_columns_is_found():
    codes = np.arange(500.0)
    rows = np.column_stack([rng.choice(codes[:50], 40), rng.normal(size=40)])

    def derive(table):
        # One rare level changes what belongs to the other column.
        return np.column_stack([table[:, 0], table[:, 1] + (table[:, 0] == 333.0)])

    has_levels = np.array([True, False])
    with pytest.raises(UnreadableError, match="derived column 1 changes with"):
        owners(derive, same, rows, [codes, rows[:, 1]], 0, has_levels=has_levels)


def test_narrow_bins_of_numbers_are_found():
    values = np.linspace(0.0, 1.0, 1000)
    rows = np.column_stack([values, values[::-1]])

    def derive(table):
        bins = np.floor(table[:, [0]] * 200.0).clip(0, 199)
        return np.column_stack([bins == np.arange(200.0), table[:, 1]]).astype(float)

    assert owners(derive, same, rows, [values, values], 0).tolist() == [*([0] * 200), 1]


def test_too_many_levels_are_refused():
    codes = np.arange(20_000.0)
    rows = np.column_stack([codes[:40], codes[:40]])

    def derive(table):
        return np.zeros((len(table), 20_000))

    has_levels = np.array([True, False])
    with pytest.raises(UnreadableError, match="too many levels"):
        owners(derive, same, rows, [codes, codes[:40]], 0, has_levels=has_levels)


def test_few_calls_and_bounded_tables():
    sizes = []

    def derive(table):
        sizes.append(len(table))
        return table

    owners(derive, same, filled, FULL, 0)
    # The base rows, in other arrangements, two of them alone, and all perturbed rows together.
    assert sizes == [20, 20, 20, 40, 10, 10, 1, 1, 20 * 64 * 4]
    sizes.clear()
    wide = rng.normal(size=(30, 600))
    assert owners(derive, same, wide, list(wide.T), 0).tolist() == list(range(600))
    assert max(sizes) * 600 <= 2**22
    assert len(sizes) < 125


def test_one_row_and_one_value_are_enough():
    found = owners(as_floats, same, filled[:1], [np.array([0.0, 1.0]), *FULL[1:3], [2.0]], 0)
    assert found.tolist() in ([0, 1, 2, 3], [0, 1, 2, -1])


def test_the_seed_decides():
    seen = []

    def derive(table):
        seen.append(table.copy())
        return table

    tables = []
    for seed in (0, 0, 1):
        seen.clear()
        owners(derive, same, X, SUPPORTS, seed)
        tables.append(seen[-1])
    np.testing.assert_array_equal(tables[0], tables[1])
    assert not np.array_equal(tables[0], tables[2], equal_nan=True)
