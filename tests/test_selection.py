"""Which features a local fit keeps."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.datasets import make_regression
from sklearn.ensemble import RandomForestRegressor
from tables import FEW, explained_table, row_sums

from sklime import LimeTabularExplainer
from sklime.selection import strongest


@pytest.mark.parametrize("selection", ["forward", "highest_weights", "lasso_path"])
def test_selection_finds_the_category_that_matters(selection, neighborhood, mixed):
    batch = explained_table(
        lambda X: (X["sex"] == "female").to_numpy(float),
        mixed,
        mixed[:10],
        selection=selection,
        max_features=1,
        neighborhood=neighborhood,
    )
    assert_array_equal(np.abs(batch.values[..., 0]).argmax(axis=1), 0)


SELECTIONS = ["auto", "forward", "highest_weights", "lasso_path"]


@pytest.mark.parametrize("max_features", [1, 2, 4])
@pytest.mark.parametrize("selection", SELECTIONS)
def test_selection_keeps_at_most_max_features(
    selection, max_features, neighborhood, multiclass_data, multiclass_model
):
    X, _ = multiclass_data
    explainer = LimeTabularExplainer(
        multiclass_model,
        neighborhood=neighborhood,
        selection=selection,
        max_features=max_features,
        **FEW,
    )
    batch = explainer.fit(X).explain(X[::40])
    n_kept = (batch.values != 0).sum(axis=1)
    assert n_kept.max() <= max_features
    assert n_kept.min() >= 1


@pytest.mark.parametrize("selection", SELECTIONS)
def test_no_limit_keeps_every_feature(selection, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, selection=selection, max_features=None, **FEW
    ).fit(X)
    everything = LimeTabularExplainer(binary_model, selection="none", **FEW).fit(X)
    assert_allclose(explainer.transform(X[:3]), everything.transform(X[:3]), atol=1e-10)


def test_selection_none_ignores_max_features(binary_data, binary_model):
    X, _ = binary_data
    options = {"selection": "none", "method": "sampling", **FEW}
    explainer = LimeTabularExplainer(binary_model, max_features=2, **options)
    assert (explainer.fit(X).transform(X[:3]) != 0).sum(axis=1).max() > 2


@pytest.mark.parametrize(("max_features", "named"), [(6, "forward"), (7, "highest_weights")])
def test_auto_selection_changes_above_six_features(max_features, named, global_random_seed):
    X, y = make_regression(n_samples=80, n_features=9, random_state=global_random_seed)
    model = RandomForestRegressor(5, random_state=0).fit(X, y)
    explainer = LimeTabularExplainer(model, max_features=max_features, **FEW)
    auto = clone(explainer).fit(X).transform(X[:5])
    by_name = explainer.set_params(selection=named).fit(X).transform(X[:5])
    assert_allclose(auto, by_name, atol=1e-12)


@pytest.mark.parametrize("selection", SELECTIONS)
def test_selection_finds_the_one_feature_that_matters(selection, neighborhood, binary_data):
    # Half the rows, those that the median can be reached from.
    X, _ = binary_data
    low, median, high = np.percentile(X[:, 3], [25, 50, 75])
    rows = X[(low < X[:, 3]) & (X[:, 3] < high)]
    explainer = LimeTabularExplainer(
        lambda X: np.where(X[:, 3] > median, 1.0, 0.0),
        neighborhood=neighborhood,
        selection=selection,
        max_features=1,
        n_perturbations=256,
        random_state=0,
    ).fit(X)
    weights = explainer.transform(rows)
    assert_array_equal(np.abs(weights).argmax(axis=1), 3)


@pytest.mark.parametrize("seed", range(5))
def test_lasso_path_that_ends_in_a_perfect_fit_does_not_warn(seed):
    # Nothing is left to explain after the first step, and balanced points make the rest tie.
    X = np.random.default_rng(seed).normal(size=(100, 4))
    median = np.median(X[:, 0])
    explainer = LimeTabularExplainer(
        lambda X: (X[:, 0] > median).astype(float),
        selection="lasso_path",
        max_features=1,
        n_perturbations=256,
        random_state=0,
    )
    assert_array_equal(explainer.fit(X).transform(X)[:, 1:], 0.0)


def test_selection_may_be_a_function(neighborhood, binary_data, binary_model):
    def only_the_third(moments, encoding, max_features):
        mask = np.zeros(moments.Zf.shape, dtype=bool)
        mask[..., 2] = True
        return mask

    X, _ = binary_data
    explainer = LimeTabularExplainer(
        binary_model, neighborhood=neighborhood, selection=only_the_third, **FEW
    )
    weights = explainer.fit(X).transform(X[:5])
    assert_array_equal(weights[:, [0, 1, 3, 4]], 0.0)
    assert (weights[:, 2] != 0).any()


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


@pytest.mark.parametrize(
    "answer", [lambda *_: None, lambda moments, *_: np.zeros(moments.Zf.shape)], ids=["none", "0.0"]
)
def test_selection_must_return_truth_values(answer, X):
    explainer = LimeTabularExplainer(row_sums, selection=answer, max_features=2, **FEW).fit(X)
    with pytest.raises(ValueError, match=r"selection returned .* array of booleans of shape"):
        explainer.explain(X[:2])


@pytest.mark.parametrize("max_features", [0, 1, 3, 6, 7, 9])
def test_strongest_keeps_one_after_the_other_in_the_order_of_scores(max_features):
    rng = np.random.default_rng(0)
    # Whole numbers have many ties, at zero and below, too; some differ by rounding only.
    scores = rng.integers(-2, 5, (200, 7)) * (1.0 + 1e-16 * rng.integers(0, 3, (200, 7)))
    scores[100:] = rng.normal(size=(100, 7))
    expected = np.zeros(scores.shape, dtype=bool)
    for row, kept in zip(scores, expected):
        # Python sorts stably: of equal scores the lower index comes first.
        order = sorted(range(7), key=lambda index: -round(row[index], 9))
        kept[[index for index in order if row[index] > 0.0][:max_features]] = True
    assert_array_equal(strongest(scores.copy(), max_features), expected)
    stacked = strongest(scores.reshape(50, 4, 7).copy(), max_features)
    assert_array_equal(stacked.reshape(200, 7), expected)
