"""Cuts: quartiles, entropy, the model's own, and discretizers of scikit-learn."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.preprocessing import KBinsDiscretizer
from sklearn.tree import DecisionTreeClassifier
from tables import FEW, explained_table, mixed_frame, mixed_score, three_bins

from sklime import LimeTabularExplainer
from sklime._responses._rowwise import N_OTHERS
from sklime.discretizers import quartile_cuts, transformer_cuts
from sklime.utils._cuts import separating_cuts
from sklime.utils._frames import SparseColumns

# Discretizers of mixed tables


@pytest.mark.parametrize("discretizer", ["quartile", "decile", "entropy", "model", None])
def test_every_discretizer_takes_a_mixed_table(discretizer, neighborhood, mixed):
    explainer = LimeTabularExplainer(
        mixed_score,
        baseline="other",
        discretizer=discretizer,
        neighborhood=neighborhood,
        n_perturbations=1024,
        random_state=0,
    )
    explainer.fit(mixed, (mixed["income"] > 3000).to_numpy(int))
    batch = explainer.explain(mixed[:3])
    assert np.isfinite(batch.values).all()
    assert batch[0].conditions[0] == f"sex = {mixed['sex'].iloc[0]}"


def test_discretizer_of_scikit_learn_sees_numbers_only(neighborhood, mixed):
    X = mixed[["sex", "income", "smoker", "children"]]
    binner = KBinsDiscretizer(2, encode="ordinal", strategy="uniform")
    batch = explained_table(
        lambda X: (X["sex"] == "female").to_numpy(float),
        X,
        discretizer=binner,
        neighborhood=neighborhood,
        n_perturbations=1024,
    )
    assert batch[0].conditions[0] == f"sex = {X['sex'].iloc[0]}"
    assert re.match(r"income (<|>=) ", batch[0].conditions[1])


STRATEGIES = {
    "uniform": {},
    "quantile": {"quantile_method": "averaged_inverted_cdf"},
    "kmeans": {},
}


@pytest.mark.parametrize("n_bins", [3, [2, 3]], ids=["one number", "a number for each column"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_discretizer_of_scikit_learn_cuts_the_values_that_are_there(strategy, n_bins, neighborhood):
    # It takes no missing values; each column has its own.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 2))
    X[::5, 0] = X[1::7, 1] = np.nan
    options = {"encode": "ordinal", "strategy": strategy, **STRATEGIES[strategy]}
    found = transformer_cuts(KBinsDiscretizer(n_bins, **options), X)
    for place, cuts in enumerate(found):
        present = X[~np.isnan(X[:, place])][:, [place]]
        alone = KBinsDiscretizer(np.broadcast_to(n_bins, 2)[place], **options).fit(present)
        assert_array_equal(cuts, alone.bin_edges_[0][1:-1])
    batch = explained_table(
        lambda X: np.nan_to_num(X).sum(axis=1),
        X,
        discretizer=KBinsDiscretizer(n_bins, **options),
        neighborhood=neighborhood,
    )
    assert batch[0].conditions[0] == "x0 is missing"
    assert re.search(r"x1 (<|>=) ", batch[0].conditions[1])


def test_column_that_is_missing_or_constant_is_not_cut_by_a_discretizer_of_scikit_learn():
    X = np.column_stack([np.arange(20.0), np.ones(20), np.full(20, np.nan)])
    X[0] = np.nan
    cuts = transformer_cuts(KBinsDiscretizer(2, strategy="uniform"), X)
    assert [len(found) for found in cuts] == [1, 0, 0]


def test_discretizer_of_scikit_learn_that_fails_on_few_values_says_how_many():
    X = np.column_stack([np.arange(20.0), np.full(20, np.nan)])
    X[:2, 1] = [1.0, 2.0]
    with pytest.raises(ValueError, match="cannot cut a column that only 2 of 20 rows have"):
        transformer_cuts(KBinsDiscretizer(3, strategy="kmeans"), X)


# Entropy, and discretizers of the user


def test_entropy_bins_need_labels(binary_data, binary_model):
    with pytest.raises(ValueError, match=r"(?i)entropy.*\by\b|\by\b.*entropy"):
        LimeTabularExplainer(binary_model, discretizer="entropy", **FEW).fit(binary_data[0])


def test_entropy_bins_follow_the_labels(neighborhood):
    # The label changes at 0.9 only, so that is where a bin must end.
    X = np.linspace(0, 1, 200)[:, np.newaxis]
    y = (X[:, 0] > 0.9).astype(int)
    explainer = LimeTabularExplainer(
        lambda X: (X[:, 0] > 0.9).astype(float),
        baseline="other",
        discretizer="entropy",
        neighborhood=neighborhood,
        surrogate=LinearRegression(),
        n_perturbations=1024,
        random_state=0,
    ).fit(X, y)
    # The cut lies between two training rows, and a few perturbed rows fall beside it.
    assert_allclose(explainer.transform([[0.5], [0.95]]), [[-1.0], [1.0]], atol=0.02)


def test_entropy_bins_follow_a_regression_target():
    X = np.linspace(0, 1, 200)[:, np.newaxis]
    y = np.where(X[:, 0] > 0.9, 10.5, 0.25)
    explainer = LimeTabularExplainer(
        lambda X: np.where(X[:, 0] > 0.9, 1.0, 0.0),
        baseline="other",
        discretizer="entropy",
        surrogate=LinearRegression(),
        n_perturbations=1024,
        random_state=0,
    ).fit(X, y)
    assert_allclose(explainer.transform([[0.5], [0.95]]), [[-1.0], [1.0]], atol=0.02)


def test_discretizer_of_the_user_stays_unfitted(binary_data, binary_model):
    discretizer = three_bins()
    LimeTabularExplainer(binary_model, discretizer=discretizer, **FEW).fit(binary_data[0])
    assert not hasattr(discretizer, "bin_edges_")


@pytest.mark.parametrize("encode", ["ordinal", "onehot", "onehot-dense"])
def test_bins_of_a_discretizer_do_not_depend_on_its_encoding(encode, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, discretizer=three_bins(), **FEW)
    expected = clone(explainer).fit(X).transform(X[:3])
    explainer.set_params(discretizer=three_bins(encode))
    assert_array_equal(explainer.fit(X).transform(X[:3]), expected)


# Columns with few values


@pytest.mark.parametrize("discretizer", ["quartile", "decile", "model", "entropy"])
@pytest.mark.parametrize("dtype", [int, float])
@pytest.mark.parametrize("share", [0.05, 0.2, 0.8, 0.95])
def test_column_with_most_of_its_values_at_one_end_is_cut(discretizer, dtype, share):
    # Every percentile may be the largest value, and nothing lies above that.
    rng = np.random.default_rng(0)
    flag = rng.permutation(np.arange(200) < 200 * share)
    X = pd.DataFrame({"active": flag.astype(dtype), "noise": rng.normal(size=200)})
    explainer = LimeTabularExplainer(
        lambda X: X["active"].to_numpy(float),
        baseline="other",
        discretizer=discretizer,
        random_state=0,
    )
    batch = explainer.fit(X, flag.astype(int)).explain(X[:10])
    sign = np.where(flag[:10], 1.0, -1.0)
    assert (sign * batch.values[:, 0, 0] > 0.9).all()


def test_standardized_flag_is_cut_by_the_model(global_random_seed):
    flag = np.random.default_rng(global_random_seed).random(300) < 0.4
    X = ((flag - flag.mean()) / flag.std())[:, None]
    explainer = LimeTabularExplainer(
        lambda X: X[:, 0], baseline="other", discretizer="model", random_state=0
    )
    weights = explainer.fit(X).transform(X[:10])[:, 0]
    assert (np.where(flag[:10], weights, -weights) > 1.5).all()


# Cuts where the answer of the model changes

MODEL_CUTS = {"discretizer": "model", "n_perturbations": 256, "random_state": 0}
OCTILES = [100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0]


@pytest.fixture(scope="module")
def X(global_random_seed):
    """Two columns of 0 to 800, each in an order of its own, and one that is constant."""
    rng = np.random.default_rng(global_random_seed)
    columns = [rng.permutation(801).astype(float) for _ in range(2)]
    return np.column_stack([*columns, np.full(801, 7.0)])


def conditions_of(batch, feature=0):
    return sorted({row.conditions[feature] for row in batch})


def cuts_of(function, X, feature=0, rows=None, **parameters):
    """The cuts of a column, as its conditions say them."""
    explainer = LimeTabularExplainer(function, **(MODEL_CUTS | parameters)).fit(X)
    conditions = conditions_of(explainer.explain(X[::7] if rows is None else rows), feature)
    return sorted({cut for condition in conditions for cut in ends_of(condition)})


def ends_of(condition):
    """The cuts beside a bin: whole numbers say the first and the last that are in it."""
    rule = condition.partition(" ")[2].replace(",", "")
    if match := re.fullmatch(r"(\d+) to (\d+)", rule):
        return [float(match[1]) - 1.0, float(match[2])]
    if match := re.fullmatch(r">= (\d+)", rule):
        return [float(match[1]) - 1.0]
    return [float(text) for text in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", condition)]


def above(*cuts):
    """A function that rises by one at each cut of the first column."""

    def steps(X):
        return np.digitize(np.asarray(X)[:, 0], cuts, right=True).astype(float)

    return steps


def wavy(X):
    return np.sin(X[:, 0] / 100.0) + X[:, 1] / 400.0


@pytest.mark.parametrize("cut", OCTILES)
def test_step_at_an_octile_is_found(cut, X):
    assert cuts_of(above(cut), X) == [cut]


@pytest.mark.parametrize(
    ("step", "cut"), [(140, 100), (160, 200), (330, 300), (555, 600), (5, 100)]
)
def test_step_beside_an_octile_is_cut_at_the_nearest(step, cut, X):
    assert cuts_of(above(step), X) == [cut]


def test_two_steps_are_both_found(X):
    assert cuts_of(above(200, 600), X) == [200.0, 600.0]


def test_rise_all_along_is_cut_in_at_most_three_bins(X):
    cuts = cuts_of(lambda X: X[:, 0], X)
    assert 1 <= len(cuts) <= 2
    assert set(cuts) <= set(OCTILES)


def test_many_steps_are_cut_in_at_most_three_bins(X):
    assert len(cuts_of(above(*OCTILES), X)) <= 2


def test_column_that_the_model_ignores_is_cut_at_its_median(X):
    cuts = cuts_of(above(300), X, feature=1)
    assert 1 <= len(cuts) <= 2
    assert set(cuts) <= set(OCTILES)


def test_constant_model_leaves_medians(X):
    assert cuts_of(lambda X: np.zeros(len(X)), X) == [400.0]


def test_column_without_an_effect_of_its_own_is_cut_all_the_same(X):
    # The sign of the first column decides which way the second goes: no effect on average.
    def crossed(X):
        return np.sign(X[:, 0] - 400.0) * np.sign(X[:, 1] - 400.0)

    for feature in range(2):
        assert 1 <= len(cuts_of(crossed, X, feature=feature)) <= 2


def test_constant_column_gets_no_weight(neighborhood, X):
    explainer = LimeTabularExplainer(above(300), neighborhood=neighborhood, **MODEL_CUTS).fit(X)
    assert_array_equal(explainer.explain(X[:20]).values[:, 2], 0.0)


@pytest.mark.parametrize("scale", [1e-30, 1e-4, 1e12, 1e100])
def test_step_is_found_in_very_small_and_very_large_numbers(scale, X):
    explainer = LimeTabularExplainer(
        lambda X: (X[:, 0] > 300 * scale) * 1.0,
        baseline="other",
        surrogate=LinearRegression(),
        **MODEL_CUTS,
    ).fit(X * scale)
    weights = explainer.transform(X[:10] * scale)[:, 0]
    assert_allclose(weights, np.where(X[:10, 0] > 300, 1.0, -1.0), atol=1e-9)


@pytest.mark.parametrize("start", [1.7e9, -1e12])
def test_step_is_found_far_from_zero(start, X):
    # Seconds since 1970, for example: single precision cannot tell them apart.
    explainer = LimeTabularExplainer(
        lambda X: (X[:, 0] > start + 300) * 1.0,
        baseline="other",
        surrogate=LinearRegression(),
        **MODEL_CUTS,
    ).fit(X + start)
    weights = explainer.transform(X[:10] + start)[:, 0]
    assert_allclose(weights, np.where(X[:10, 0] > 300, 1.0, -1.0), atol=1e-9)


@pytest.mark.parametrize("scale", [1.0, 1000.0])
def test_all_outputs_count_at_once(scale, X):
    def outputs(X):
        return np.column_stack([X[:, 0] > 200.0, scale * (X[:, 0] > 600.0)]).astype(float)

    assert cuts_of(outputs, X) == [200.0, 600.0]


@pytest.mark.parametrize("random_state", [1, 2, None])
def test_cuts_do_not_depend_on_the_random_state(random_state, X):
    for feature in range(2):
        expected = cuts_of(wavy, X, feature=feature)
        assert cuts_of(wavy, X, feature=feature, random_state=random_state) == expected


@pytest.mark.parametrize("parameter", ["neighborhood", "background", "n_perturbations"])
def test_cuts_do_not_depend_on_how_is_perturbed(parameter, X):
    values = {
        "neighborhood": ["anchored", "shared", "around"],
        "background": ["marginal", "empirical", "copula"],
        "n_perturbations": [128, 512],
    }[parameter]
    cuts = [cuts_of(wavy, X, rows=X[:100], **{parameter: value}) for value in values]
    assert all(other == cuts[0] for other in cuts)


def test_order_of_the_training_rows_does_not_matter(X):
    assert cuts_of(wavy, X) == cuts_of(wavy, X[::-1])


@pytest.mark.parametrize("neighborhood", ["anchored", "around"])
def test_model_is_asked_about_training_rows_only_in_fit(neighborhood, X, recording):
    function = recording(above(300))
    LimeTabularExplainer(function, neighborhood=neighborhood, **MODEL_CUTS).fit(X)
    # One row tells the outputs, and is asked again among others.
    assert len(X) <= function.n_rows <= len(X) + 1 + N_OTHERS + 1
    assert {tuple(row) for row in function.rows()} == {tuple(row) for row in X}


@pytest.mark.parametrize(("neighborhood", "n_more"), [("anchored", 0), ("shared", 256)])
def test_no_more_than_4096_training_rows_are_asked(neighborhood, n_more, recording):
    X = np.random.default_rng(0).permutation(6000)[:, None] * 1.0
    function = recording(lambda X: X[:, 0])
    LimeTabularExplainer(function, neighborhood=neighborhood, **MODEL_CUTS).fit(X)
    assert 2048 <= function.n_rows <= 4096 + n_more + 1 + N_OTHERS + 1


def test_rows_asked_represent_a_sorted_table():
    # Asking the first 4096 rows would never see the step.
    X = np.arange(8001.0)[:, None]
    assert cuts_of(above(6000), X, rows=X[::100]) == [6000.0]


def test_explaining_asks_no_more_than_with_quartiles(neighborhood, X, recording):
    function = recording(above(300))
    explainer = LimeTabularExplainer(function, neighborhood=neighborhood, **MODEL_CUTS).fit(X)
    function.calls.clear()
    explainer.explain(X[:3])
    assert function.n_rows == (3 if neighborhood == "shared" else 3 * 257)


def test_step_is_explained_without_error(neighborhood, X):
    # Quartiles cut at 200 and 400 and cannot.
    batch = (
        LimeTabularExplainer(
            above(300),
            baseline="other",
            neighborhood=neighborhood,
            surrogate=LinearRegression(),
            **MODEL_CUTS,
        )
        .fit(X)
        .explain(X[:10])
    )
    is_above = X[:10, 0] > 300.0
    assert_allclose(batch.values[:, 0, 0], np.where(is_above, 1.0, -1.0), atol=1e-9)
    assert_allclose(batch.values[:, 1], 0.0, atol=1e-9)
    assert_allclose(batch.local_predictions[:, 0], is_above, atol=1e-9)


@pytest.mark.parametrize("link", ["identity", "logit"])
def test_steps_of_a_classifier_are_found(link, X):
    model = DecisionTreeClassifier(max_depth=2).fit(X, np.digitize(X[:, 0], [200.5, 600.5]))
    assert cuts_of(model, X, link=link) == [200.0, 600.0]


def test_seeds_change_the_weights_of_a_forest_little(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, **MODEL_CUTS)
    weights = [
        clone(explainer).set_params(random_state=seed).fit(X).transform(X[:10]).ravel()
        for seed in range(2)
    ]
    assert np.corrcoef(weights)[0, 1] > 0.9


def test_few_rows_are_enough(neighborhood):
    X = np.arange(4.0).reshape(2, 2)
    explainer = LimeTabularExplainer(lambda X: X[:, 0], neighborhood=neighborhood, **MODEL_CUTS)
    assert np.isfinite(explainer.fit(X).transform(X)).all()


def test_mostly_zero_column_is_cut_once_at_most_at_each_value():
    X = np.column_stack([np.where(np.arange(400) % 10 == 0, 5.0, 0.0), np.arange(400.0)])
    explainer = LimeTabularExplainer(lambda X: X[:, 0] * 1.0, **MODEL_CUTS).fit(X)
    assert len(conditions_of(explainer.explain(X[:50]))) <= 2
    assert np.isfinite(explainer.transform(X[:50])).all()


# Mixed tables


def test_categories_stay_single(neighborhood, global_random_seed):
    X = mixed_frame(150, global_random_seed)
    explainer = LimeTabularExplainer(mixed_score, neighborhood=neighborhood, **MODEL_CUTS).fit(X)
    batch = explainer.explain(X)
    place = list(X.columns).index("job")
    assert conditions_of(batch, place) == [
        "job = cook",
        "job = nurse",
        "job = pilot",
        "job is missing",
    ]


def test_cuts_of_mixed_tables_are_octiles_of_what_is_there(global_random_seed):
    X = mixed_frame(150, global_random_seed)
    batch = LimeTabularExplainer(mixed_score, **MODEL_CUTS).fit(X).explain(X)
    for name in ["age", "income", "visits", "score", "children"]:
        values = X[name].dropna().to_numpy(dtype=float)
        octiles = np.percentile(values, 12.5 * np.arange(1, 8))
        conditions = set(conditions_of(batch, list(X.columns).index(name)))
        conditions -= {f"{name} is missing"}
        assert 2 <= len(conditions) <= 3, name
        for text in re.findall(r"(?:<=|>) (-?\d\S*)", " ".join(conditions)):
            assert np.isclose(octiles, float(text), rtol=1e-2, atol=1e-3).any(), name


def test_missing_value_stays_a_state_of_its_own(neighborhood):
    X = pd.DataFrame({"age": [np.nan, 1.0, 2.0, 3.0] * 50, "pay": np.arange(200.0)})
    explainer = LimeTabularExplainer(
        lambda X: X["age"].isna().to_numpy(float) + (X["age"] > 1.5).to_numpy(float),
        neighborhood=neighborhood,
        **MODEL_CUTS,
    ).fit(X)
    batch = explainer.explain(X[:4])
    assert batch[0].conditions[0] == "age is missing"
    assert not [row for row in batch[1:] if "missing" in row.conditions[0]]


def test_table_of_categories_alone_is_explained(neighborhood):
    X = pd.DataFrame({"job": ["cook", "nurse"] * 30, "city": ["Rome", "Oslo", "Bonn"] * 20})
    explainer = LimeTabularExplainer(
        lambda X: (X["job"] == "nurse").to_numpy(float), neighborhood=neighborhood, **MODEL_CUTS
    )
    batch = explainer.fit(X).explain(X[:2])
    assert batch[0].conditions == ["job = cook", "city = Rome"]
    assert np.isfinite(batch.values).all()


def test_fitted_forest_of_three_classes_is_cut_for_all_of_them(multiclass_data):
    X, y = multiclass_data
    model = RandomForestClassifier(10, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(model, **MODEL_CUTS).fit(X)
    # Petals tell the species apart in two places, so that three bins are of use.
    assert len(conditions_of(explainer.explain(X), 2)) == 3


@pytest.mark.parametrize("has_missing", [False, True])
def test_percentiles_of_many_columns_are_those_of_each_column(has_missing):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 300)) * (rng.random((60, 300)) < 0.5)
    if has_missing:
        X[3, 7] = np.nan
    wanted = []
    for column in X.T:
        present = column[~np.isnan(column)]
        wanted.append(separating_cuts(np.unique(np.percentile(present, [25, 50, 75])), present))
    for table in (X, SparseColumns(sparse.csr_array(X))):
        cuts = quartile_cuts(table)
        assert len(cuts) == len(wanted)
        for own, expected in zip(cuts, wanted):
            assert_array_equal(own, expected)
