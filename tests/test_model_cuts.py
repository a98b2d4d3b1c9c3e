"""Bins cut where the response of the model changes: discretizer="model"."""

import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier
from tables import mixed_frame, mixed_score

from sklime import LimeTabularExplainer

SMALL = {"discretizer": "model", "n_perturbations": 256, "random_state": 0}
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
    explainer = LimeTabularExplainer(function, **(SMALL | parameters)).fit(X)
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
    explainer = LimeTabularExplainer(above(300), neighborhood=neighborhood, **SMALL).fit(X)
    assert_array_equal(explainer.explain(X[:20]).values[:, 2], 0.0)


@pytest.mark.parametrize("scale", [1e-30, 1e-4, 1e12, 1e100])
def test_step_is_found_in_very_small_and_very_large_numbers(scale, X):
    explainer = LimeTabularExplainer(
        lambda X: (X[:, 0] > 300 * scale) * 1.0,
        baseline="other",
        surrogate=LinearRegression(),
        **SMALL,
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
        **SMALL,
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
    LimeTabularExplainer(function, neighborhood=neighborhood, **SMALL).fit(X)
    assert len(X) <= function.n_rows <= len(X) + 1
    assert {tuple(row) for row in function.rows()} == {tuple(row) for row in X}


@pytest.mark.parametrize(("neighborhood", "n_more"), [("anchored", 0), ("shared", 256)])
def test_no_more_than_4096_training_rows_are_asked(neighborhood, n_more, recording):
    X = np.random.default_rng(0).permutation(6000)[:, None] * 1.0
    function = recording(lambda X: X[:, 0])
    LimeTabularExplainer(function, neighborhood=neighborhood, **SMALL).fit(X)
    assert 2048 <= function.n_rows <= 4096 + n_more + 1


def test_rows_asked_represent_a_sorted_table():
    # Asking the first 4096 rows would never see the step.
    X = np.arange(8001.0)[:, None]
    assert cuts_of(above(6000), X, rows=X[::100]) == [6000.0]


def test_explaining_asks_no_more_than_with_quartiles(neighborhood, X, recording):
    function = recording(above(300))
    explainer = LimeTabularExplainer(function, neighborhood=neighborhood, **SMALL).fit(X)
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
            **SMALL,
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
    explainer = LimeTabularExplainer(binary_model, **SMALL)
    weights = [
        clone(explainer).set_params(random_state=seed).fit(X).transform(X[:10]).ravel()
        for seed in range(2)
    ]
    assert np.corrcoef(weights)[0, 1] > 0.9


def test_few_rows_are_enough(neighborhood):
    X = np.arange(4.0).reshape(2, 2)
    explainer = LimeTabularExplainer(lambda X: X[:, 0], neighborhood=neighborhood, **SMALL)
    assert np.isfinite(explainer.fit(X).transform(X)).all()


def test_mostly_zero_column_is_cut_once_at_most_at_each_value():
    X = np.column_stack([np.where(np.arange(400) % 10 == 0, 5.0, 0.0), np.arange(400.0)])
    explainer = LimeTabularExplainer(lambda X: X[:, 0] * 1.0, **SMALL).fit(X)
    assert len(conditions_of(explainer.explain(X[:50]))) <= 2
    assert np.isfinite(explainer.transform(X[:50])).all()


# Mixed tables


def test_categories_stay_single(neighborhood, global_random_seed):
    X = mixed_frame(150, global_random_seed)
    explainer = LimeTabularExplainer(mixed_score, neighborhood=neighborhood, **SMALL).fit(X)
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
    batch = LimeTabularExplainer(mixed_score, **SMALL).fit(X).explain(X)
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
        **SMALL,
    ).fit(X)
    batch = explainer.explain(X[:4])
    assert batch[0].conditions[0] == "age is missing"
    assert not [row for row in batch[1:] if "missing" in row.conditions[0]]


def test_table_of_categories_alone_is_explained(neighborhood):
    X = pd.DataFrame({"job": ["cook", "nurse"] * 30, "city": ["Rome", "Oslo", "Bonn"] * 20})
    explainer = LimeTabularExplainer(
        lambda X: (X["job"] == "nurse").to_numpy(float), neighborhood=neighborhood, **SMALL
    )
    batch = explainer.fit(X).explain(X[:2])
    assert batch[0].conditions == ["job = cook", "city = Rome"]
    assert np.isfinite(batch.values).all()


def test_fitted_forest_of_three_classes_is_cut_for_all_of_them(multiclass_data):
    X, y = multiclass_data
    model = RandomForestClassifier(10, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(model, **SMALL).fit(X)
    # Petals tell the species apart in two places, so that three bins are of use.
    assert len(conditions_of(explainer.explain(X), 2)) == 3
