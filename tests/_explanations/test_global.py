"""Views of many explanations: the matrix of weights, mean absolute weights, clusters."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import t as student_t
from shown import changed
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklime import LimeTabularExplainer


@pytest.fixture(scope="module")
def batch(multiclass_data, multiclass_model):
    """Five flowers, three classes, two of four features each."""
    explainer = LimeTabularExplainer(
        multiclass_model, n_perturbations=64, max_features=2, random_state=0
    )
    return explainer.fit(multiclass_data[0]).explain(multiclass_data[0][::30])


# The matrix of weights


def test_matrix_is_that_of_transform(multiclass_data, multiclass_model):
    X = pd.DataFrame(multiclass_data[0], columns=list("abcd")).iloc[::30]
    explainer = LimeTabularExplainer(
        LogisticRegression(max_iter=1000), n_perturbations=64, random_state=0
    ).fit(*[pd.DataFrame(multiclass_data[0], columns=list("abcd")), multiclass_data[1]])
    expected = explainer.set_output(transform="pandas").transform(X)
    pd.testing.assert_frame_equal(explainer.explain(X).to_matrix(), expected)


def test_matrix_of_one_output_has_the_names_of_the_features(batch):
    matrix = batch.to_matrix("virginica")
    assert list(matrix.columns) == list(batch.feature_names)
    assert_array_equal(matrix, batch.values[:, :, 2])


def test_matrix_of_an_unknown_output_names_the_known_ones(batch):
    with pytest.raises(ValueError, match="setosa"):
        batch.to_matrix("tulip")


def test_matrix_of_no_rows_keeps_its_columns(batch):
    assert batch[:0].to_matrix().shape == (0, 12)


def test_matrix_of_a_frame_with_levels_in_its_index(batch):
    index = pd.MultiIndex.from_product([list("abcde"), [1]])
    matrix = changed(batch, row_labels=index.to_numpy()).to_matrix()
    assert matrix.index.equals(index)


def test_matrix_is_a_copy(batch):
    matrix = batch.to_matrix()
    matrix.iloc[0, 0] = 100.0
    assert batch.values[0, 0, 0] != 100.0


# Mean absolute weights


def test_means_and_intervals_by_hand(batch):
    frame = batch.mean_abs_weights(level=0.9)
    for output, name in enumerate(batch.output_names):
        for feature, column in enumerate(batch.feature_names):
            line = frame[(frame["output"] == name) & (frame["feature"] == column)].squeeze()
            mean = np.mean([abs(weights[feature, output]) for weights in batch.values])
            without = [
                np.mean([abs(row[replicate, feature, output]) for row in batch.reselected_values])
                for replicate in range(batch.n_replicates)
            ]
            squares = sum((value - mean) ** 2 for value in without)
            error = np.sqrt((batch.n_replicates - 1) / batch.n_replicates * squares)
            half_width = student_t.ppf(0.95, batch.n_replicates - 1) * error
            assert line["mean_abs_weight"] == pytest.approx(mean)
            if error > 0:
                assert line["standard_error"] == pytest.approx(error)
                assert line["ci_low"] == pytest.approx(max(mean - half_width, 0.0))
                assert line["ci_high"] == pytest.approx(mean + half_width)


def test_strongest_features_come_first_in_each_output(batch):
    frame = batch.mean_abs_weights()
    assert frame["output"].unique().tolist() == list(batch.output_names)
    for _, part in frame.groupby("output"):
        assert part["mean_abs_weight"].is_monotonic_decreasing
        assert sorted(part["feature"]) == sorted(batch.feature_names)


def test_one_row_has_the_intervals_of_its_weights(binary_data, binary_model):
    # All features kept and no weight near zero: the jackknife of one row is that of its weight.
    explainer = LimeTabularExplainer(
        binary_model, n_perturbations=1024, max_features=None, random_state=0
    )
    batch = explainer.fit(binary_data[0]).explain(binary_data[0][:1])
    frame = batch.mean_abs_weights().set_index("feature").loc[list(batch.feature_names)]
    is_clear = (np.sign(batch.left_out_values[0]) == np.sign(batch.values[0])).all(axis=0)[:, 0]
    errors = frame["standard_error"].to_numpy()
    assert is_clear.any()
    assert_allclose(errors[is_clear], batch.standard_errors[0, is_clear, 0], rtol=0.02)


def test_errors_of_rows_that_share_their_points_do_not_average_out(batch):
    # The same row many times is as uncertain as once.
    once, often = batch[:1], batch[np.zeros(50, dtype=int)]
    # The weights without each replicate are kept in single precision.
    pd.testing.assert_frame_equal(once.mean_abs_weights(), often.mean_abs_weights(), rtol=1e-4)


def test_feature_that_is_never_used_has_no_interval(batch):
    values, without = batch.values.copy(), batch.reselected_values.copy()
    values[:, 1], without[:, :, 1] = 0.0, 0.0
    frame = changed(batch, values=values, reselected_values=without).mean_abs_weights()
    unused = frame[frame["feature"] == batch.feature_names[1]]
    assert (unused["mean_abs_weight"] == 0.0).all()
    assert unused[["standard_error", "ci_low", "ci_high"]].isna().all(axis=None)
    assert frame["ci_high"].notna().any()


def test_rows_without_an_explanation_are_left_out(batch):
    values, without = batch.values.copy(), batch.reselected_values.copy()
    values[2], without[2] = np.nan, np.nan
    with_failure = changed(batch, values=values, reselected_values=without)
    pd.testing.assert_frame_equal(
        with_failure.mean_abs_weights(), batch[[0, 1, 3, 4]].mean_abs_weights()
    )


def test_no_rows_have_no_means(batch):
    frame = batch[:0].mean_abs_weights()
    assert len(frame) == 12
    assert frame.drop(columns=["output", "feature"]).isna().all(axis=None)


@pytest.mark.parametrize("level", [0, 1, 95, -0.5, np.nan])
def test_wrong_level_is_an_error(level, batch):
    with pytest.raises(ValueError, match="no confidence level"):
        batch.mean_abs_weights(level)


def test_wider_level_gives_wider_intervals(batch):
    narrow, wide = batch.mean_abs_weights(0.5), batch.mean_abs_weights(0.99)
    assert (wide["ci_high"] >= narrow["ci_high"]).loc[wide["ci_high"].notna()].all()


def test_interval_covers_the_mean_of_a_long_run(binary_data, binary_model):
    def frame(n_perturbations, seed):
        explainer = LimeTabularExplainer(
            binary_model, n_perturbations=n_perturbations, max_features=3, random_state=seed
        )
        batch = explainer.fit(binary_data[0]).explain(binary_data[0][:10])
        return batch.mean_abs_weights().set_index("feature").sort_index()

    truth = frame(2**14, 99)["mean_abs_weight"]
    covering = [
        found["mean_abs_weight"].notna() & (found["ci_low"] <= truth) & (truth <= found["ci_high"])
        for found in (frame(512, seed) for seed in range(6))
    ]
    assert np.mean(covering) > 0.75


# Clusters by pipeline


def test_explanations_are_clustered_by_a_pipeline(binary_data, binary_model):
    X = binary_data[0]
    explainer = LimeTabularExplainer(binary_model, n_perturbations=64, random_state=0)
    pipeline = make_pipeline(explainer, KMeans(3, n_init=5, random_state=0)).fit(X)
    groups = pipeline.predict(X[:20])
    weights = explainer.fit(X).transform(X[:20])
    distances = ((weights[:, None] - pipeline[-1].cluster_centers_) ** 2).sum(axis=2)
    assert_array_equal(groups, distances.argmin(axis=1))


def test_clusters_of_reasons_find_the_two_regimes_of_a_model(global_random_seed):
    # One half of the rows is explained by one column, the other half by another one.
    rng = np.random.default_rng(global_random_seed)
    X = rng.uniform(-1, 1, size=(200, 3))

    def regimes(X):
        return np.where(X[:, 0] > 0, np.sign(X[:, 1]), np.sign(X[:, 2]))

    explainer = LimeTabularExplainer(regimes, n_perturbations=512, random_state=0)
    sizes = np.abs(explainer.fit(X).transform(X))
    groups = KMeans(2, n_init=10, random_state=0).fit_predict(sizes)
    agreement = np.mean(groups == (X[:, 0] > 0))
    assert max(agreement, 1 - agreement) > 0.9
