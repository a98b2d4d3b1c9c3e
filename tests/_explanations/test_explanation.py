"""Explanation and ExplanationBatch: frozen arrays with names."""

import copy
import pickle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from exact_rows import as_exact
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import t as student_t
from sklearn.linear_model import Ridge
from tables import mixed_frame, mixed_score

from sklime import Explanation, ExplanationBatch, LimeTabularExplainer

COLUMNS = [
    "row",
    "output",
    "feature",
    "condition",
    "value",
    "weight",
    "standard_error",
    "ci_low",
    "ci_high",
    "intercept",
    "prediction",
    "fidelity",
    "predicted",
]
PER_ROW = [
    "values",
    "standard_errors",
    "intercepts",
    "predictions",
    "local_predictions",
    "held_out_predictions",
    "fidelity",
    "effective_sample_size",
    "encodings",
    "left_out_values",
    "reselected_values",
    "n_perturbations",
    "converged",
]

ONE_A_ROW = {"effective_sample_size", "n_perturbations", "converged"}


@pytest.fixture(scope="module")
def batch(multiclass_data, multiclass_model):
    """Five flowers, three classes, two of four features."""
    explainer = LimeTabularExplainer(
        multiclass_model, n_perturbations=64, max_features=2, random_state=0
    )
    return explainer.fit(multiclass_data[0]).explain(multiclass_data[0][::30])


@pytest.fixture(scope="module")
def binary_batch(binary_frame, binary_data, binary_model):
    """Six rows with named columns and one output."""
    explainer = LimeTabularExplainer(
        lambda X: binary_model.predict_proba(X.to_numpy())[:, 1],
        n_perturbations=64,
        random_state=0,
    )
    return explainer.fit(binary_frame).explain(binary_frame[:6])


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open for the next test."""
    yield
    plt.close("all")


# A batch is a sequence


def test_one_of_several_outputs_must_be_named(regression_data):
    X, y = regression_data
    model = Ridge().fit(X, np.stack([y, -y], axis=1))
    one = LimeTabularExplainer(model, n_perturbations=64, random_state=0).fit(X).explain(X[:1])[0]
    with pytest.raises(ValueError, match=r"2 outputs are explained.*\['prediction0', 'prediction1"):
        one.as_list()


@pytest.mark.parametrize("key", [None, (0, 1)])
def test_index_of_more_than_rows_is_an_error(key, batch):
    with pytest.raises(IndexError, match="of rows alone"):
        batch[key]


def test_batch_has_a_length(batch):
    assert len(batch) == 5


def test_integer_gives_an_explanation(batch):
    assert isinstance(batch[0], Explanation)
    assert not isinstance(batch[0], ExplanationBatch)


@pytest.mark.parametrize("index", [0, 4, -1, np.int64(2)])
def test_explanation_is_its_row_of_the_batch(index, batch):
    explanation = batch[index]
    for name in PER_ROW:
        assert_array_equal(getattr(explanation, name), getattr(batch, name)[index], name)
    assert list(explanation.conditions) == list(batch.conditions[index])
    assert list(explanation.feature_names) == list(batch.feature_names)


@pytest.mark.parametrize("index", [5, -6, 100])
def test_row_beyond_the_end_is_an_error(index, batch):
    with pytest.raises(IndexError):
        batch[index]


@pytest.mark.parametrize("rows", [slice(1, 3), slice(None), slice(None, None, -1), slice(0, 0)])
def test_slice_gives_a_batch(rows, batch):
    part = batch[rows]
    assert isinstance(part, ExplanationBatch)
    for name in PER_ROW:
        assert_array_equal(getattr(part, name), getattr(batch, name)[rows], name)
    assert len(part) == len(part.values)
    assert list(part.output_names) == list(batch.output_names)


def test_iteration_yields_the_explanations_in_order(batch):
    explanations = list(batch)
    assert len(explanations) == 5
    for i, explanation in enumerate(explanations):
        assert_array_equal(explanation.values, batch.values[i])


# Frozen


@pytest.mark.parametrize("name", PER_ROW)
def test_arrays_are_read_only(name, batch):
    with pytest.raises(ValueError, match="read-only"):
        getattr(batch, name)[...] = 0.0


@pytest.mark.parametrize("name", [name for name in PER_ROW if name not in ONE_A_ROW])
def test_arrays_of_one_row_are_read_only(name, batch):
    with pytest.raises(ValueError, match="read-only"):
        getattr(batch[0], name)[...] = 0.0


@pytest.mark.parametrize("name", [*PER_ROW, "feature_names", "output_names", "target"])
def test_attributes_cannot_be_set(name, batch):
    with pytest.raises(AttributeError):
        setattr(batch, name, None)
    with pytest.raises(AttributeError):
        setattr(batch[0], name, None)


def test_attributes_cannot_be_deleted(batch):
    with pytest.raises(AttributeError):
        del batch.values


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copies_are_equal_in_every_array(copied, batch):
    for name in PER_ROW:
        assert_array_equal(getattr(copied(batch), name), getattr(batch, name))


def test_batch_survives_pickle(batch):
    loaded = pickle.loads(pickle.dumps(batch))
    for name in PER_ROW:
        assert_array_equal(getattr(loaded, name), getattr(batch, name))
    assert loaded.to_frame().equals(batch.to_frame())


def test_explanation_survives_pickle(batch):
    loaded = pickle.loads(pickle.dumps(batch[1]))
    assert loaded.as_list("setosa") == batch[1].as_list("setosa")


# Replicates


def test_standard_errors_are_made_from_the_fits_without_each_replicate(batch):
    left_out = batch.internals.left_out_values.astype(np.float64)
    assert left_out.shape == (5, 8, 4, 3)
    squares = ((left_out - left_out.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    errors = np.sqrt(squares * 7 / 8)
    # They are kept in single precision: differences lose digits.
    largest = np.abs(batch.values).max()
    assert_allclose(
        batch.standard_errors[batch.selected], errors[batch.selected], atol=1e-7 * largest
    )
    assert not errors[~batch.selected].any()


def test_features_are_selected_anew_without_each_replicate(batch):
    # At most two features each, not always the reported ones.
    assert ((batch.reselected_values != 0).sum(axis=2) <= 2).all()
    assert (batch.reselected_values != batch.left_out_values).any()


def test_without_selection_there_is_one_array_of_replicates(binary_batch):
    assert_array_equal(binary_batch.reselected_values, binary_batch.left_out_values)
    assert np.shares_memory(binary_batch.reselected_values, binary_batch.left_out_values)


def test_size_of_the_sample_is_told_row_by_row(batch):
    assert batch.n_perturbations.tolist() == [64] * 5
    assert batch.converged.all()
    assert batch[0].n_perturbations == 64


def test_rows_that_are_explained_have_no_failure(batch):
    assert batch.failures.tolist() == [None] * 5


def test_row_without_an_answer_says_why(binary_data):
    X, _ = binary_data
    explainer = LimeTabularExplainer(
        lambda X: np.where(X[:, 0] == 77.0, np.nan, X[:, 1]), n_perturbations=64, random_state=0
    ).fit(X)
    rows = X[:2].copy()
    rows[1, 0] = 77.0
    with pytest.warns(RuntimeWarning, match="NaN or infinity"):
        batch = explainer.explain(rows)
    assert batch.failures[0] is None
    assert "returned NaN or infinity" in batch.failures[1]
    assert np.isnan(batch.left_out_values[1]).all()


# Names


def test_names_are_those_of_the_table_and_the_classes(batch, binary_batch, binary_frame):
    assert [str(name) for name in batch.output_names] == ["setosa", "versicolor", "virginica"]
    assert list(batch.feature_names) == ["x0", "x1", "x2", "x3"]
    assert list(binary_batch.feature_names) == list(binary_frame.columns)
    assert len(binary_batch.output_names) == 1


def test_target_is_remembered(multiclass_data, multiclass_model):
    X, _ = multiclass_data
    explainer = LimeTabularExplainer(multiclass_model, target="virginica", n_perturbations=64)
    assert explainer.fit(X).explain(X[:1]).target == "virginica"


def test_conditions_are_one_for_each_feature(binary_batch):
    conditions = binary_batch[0].conditions
    assert len(conditions) == 5
    for condition, name in zip(conditions, binary_batch.feature_names, strict=True):
        assert type(condition) is str
        assert name in condition


def test_conditions_tell_the_bin(global_random_seed):
    X = np.linspace(0, 100, 101)[:, np.newaxis]
    frame = pd.DataFrame(X, columns=["age"])
    explainer = LimeTabularExplainer(
        lambda X: X["age"], n_perturbations=64, random_state=global_random_seed
    ).fit(frame)
    batch = explainer.explain(frame.iloc[[0, 25, 26, 50, 75, 76, 100]])
    assert [explanation.conditions[0] for explanation in batch] == [
        "age <= 25",
        "age <= 25",
        "age 26 to 50",
        "age 26 to 50",
        "age 51 to 75",
        "age >= 76",
        "age >= 76",
    ]


@pytest.mark.parametrize(
    ("offset", "scale"),
    [(0.0, 1.0), (0.0, 1e-4), (0.0, 1e-12), (1e12, 1.0), (0.0, 1e12), (1e6, 1e-3), (-5.0, 1e-6)],
)
def test_different_bins_read_differently_and_briefly(offset, scale, global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    X = offset + scale * rng.normal(size=(200, 1))
    explainer = LimeTabularExplainer(lambda X: X[:, 0], n_perturbations=64, random_state=0).fit(X)
    conditions = {explanation.conditions[0] for explanation in explainer.explain(X)}
    assert len(conditions) == 4
    assert max(len(condition) for condition in conditions) < 50


def test_bins_of_ties_read_differently(global_random_seed):
    rng = np.random.default_rng(global_random_seed)
    X = np.where(rng.uniform(size=200) < 0.9, 0.0, rng.uniform(1, 2, size=200))[:, np.newaxis]
    explainer = LimeTabularExplainer(
        lambda X: X[:, 0], discretizer="decile", n_perturbations=64, random_state=0
    ).fit(X)
    zero = explainer.explain([[0.0]])[0].conditions[0]
    large = explainer.explain([[1.999]])[0].conditions[0]
    assert zero != large


def test_conditions_without_bins_name_the_value(regression_data):
    X, _ = regression_data
    explainer = LimeTabularExplainer(
        lambda X: X[:, 0], discretizer=None, n_perturbations=64, random_state=0
    ).fit(X)
    conditions = explainer.explain(X[:1])[0].conditions
    assert len(conditions) == 4
    for j, condition in enumerate(conditions):
        assert f"x{j}" in condition


# Lists


def test_list_is_sorted_by_strength(batch):
    weights = [abs(weight) for _, weight in batch[0].as_list("virginica")]
    assert weights == sorted(weights, reverse=True)


def test_list_holds_the_weights_beside_their_conditions(batch):
    explanation = batch[2]
    for k, output in enumerate(explanation.output_names):
        listed = dict(explanation.as_list(output))
        for j, condition in enumerate(explanation.conditions):
            assert listed.get(condition, 0.0) == explanation.values[j, k]


def test_list_of_the_only_output_needs_no_name(binary_batch):
    explanation = binary_batch[0]
    assert explanation.as_list() == explanation.as_list(explanation.output_names[0])


def test_list_is_made_of_plain_python_types(batch):
    for pair in batch[0].as_list("setosa"):
        assert type(pair) is tuple
        assert [type(item) for item in pair] == [str, float]


def test_list_of_an_unknown_output_is_an_error_that_lists_them(batch):
    with pytest.raises((KeyError, ValueError), match="setosa"):
        batch[0].as_list("rose")


# Frames


def test_frame_has_the_documented_columns(batch):
    assert list(batch.to_frame().columns) == COLUMNS
    assert list(batch[0].to_frame().columns) == COLUMNS


def test_intercept_and_weights_of_the_frame_add_up_to_the_surrogate(batch):
    lines = batch.to_frame().groupby(["row", "output"], sort=False)
    sums = lines["weight"].sum() + lines["intercept"].first()
    assert_allclose(sums.to_numpy(), batch.local_predictions.ravel())


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_files_hold_the_intercept(suffix, batch, tmp_path):
    if suffix != ".csv":
        pytest.importorskip({".parquet": "pyarrow", ".xlsx": "openpyxl"}[suffix])
    read = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".xlsx": pd.read_excel}[suffix]
    frame = read(batch.save(tmp_path / f"rows{suffix}"))
    assert_allclose(frame["intercept"], batch.to_frame()["intercept"])


def test_frame_tells_value_prediction_fidelity_and_class(batch):
    frame = batch.to_frame()
    outputs = [str(name) for name in batch.output_names]
    for record in frame.itertuples():
        feature, output = int(record.feature[1:]), outputs.index(str(record.output))
        assert record.value == batch.data[record.row, feature]
        assert record.prediction == batch.predictions[record.row, output]
        assert record.intercept == batch.intercepts[record.row, output]
        assert record.fidelity == batch.fidelity[record.row, output]
        assert record.predicted == batch[record.row].predicted_class


def test_frame_of_strings_and_numbers_keeps_both():
    X = mixed_frame(200, 0)
    explainer = LimeTabularExplainer(mixed_score, random_state=0)
    frame = explainer.fit(X).explain(X.head(4)).to_frame()
    for record in frame.itertuples():
        wanted = X.loc[record.row, record.feature]
        assert (pd.isna(record.value) and pd.isna(wanted)) or record.value == wanted
    assert frame["predicted"].isna().all()


def test_frame_holds_every_weight(batch):
    frame = batch.to_frame()
    outputs = [str(name) for name in batch.output_names]
    values = np.zeros_like(batch.values)
    for record in frame.itertuples():
        where = (record.row, int(record.feature[1:]), outputs.index(str(record.output)))
        values[where] = record.weight
        assert record.condition == batch[record.row].conditions[where[1]]
        assert_array_equal(record.standard_error, batch.standard_errors[where])
    assert_array_equal(values, batch.values)
    assert not frame.duplicated(["row", "output", "feature"]).any()


def test_intervals_are_those_of_student(binary_batch):
    frame = binary_batch.to_frame()
    half = student_t.ppf(0.975, 8 - 1) * frame["standard_error"]
    assert_allclose(frame["ci_low"], frame["weight"] - half)
    assert_allclose(frame["ci_high"], frame["weight"] + half)


def test_intervals_follow_the_number_of_replicates(regression_data):
    X, _ = regression_data
    explainer = LimeTabularExplainer(
        lambda X: np.sin(X[:, 0]), n_replicates=4, n_perturbations=64, random_state=0
    )
    frame = explainer.fit(X).explain(X[:2]).to_frame()
    half = student_t.ppf(0.975, 4 - 1) * frame["standard_error"]
    assert_allclose(frame["ci_high"] - frame["weight"], half)


def test_frame_of_a_row_is_its_part_of_the_frame(batch):
    of_batch = batch.to_frame()
    of_row = batch[3].to_frame()
    part = of_batch[of_batch["row"] == 3].reset_index(drop=True)
    columns = ["output", "feature", "condition", "weight", "standard_error"]
    assert part[columns].equals(of_row[columns].reset_index(drop=True))


def test_frame_of_an_empty_slice_is_empty(batch):
    frame = batch[:0].to_frame()
    assert list(frame.columns) == COLUMNS
    assert len(frame) == 0


# Text and pictures


def test_text_of_an_explanation_tells_its_strongest_reason(binary_batch):
    explanation = binary_batch[0]
    strongest = explanation.as_list()[0][0]
    assert strongest in repr(explanation)


def test_text_of_a_batch_is_short_and_tells_its_size(batch):
    text = repr(batch)
    assert "5" in text
    assert "ExplanationBatch" in text
    assert len(text) < 1000


def test_plot_draws_the_reasons(binary_batch):
    _, ax = plt.subplots()
    explanation = binary_batch[0]
    explanation.plot(ax=ax)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    names = zip(explanation.feature_names, explanation.selected[:, 0])
    used = [name for name, is_selected in names if is_selected]
    assert sorted(label.split()[0] for label in labels) == sorted(used)
    assert ax.has_data()


def test_plot_into_an_axes_opens_no_figure(binary_batch):
    figure, ax = plt.subplots()
    before = plt.get_fignums()
    binary_batch[0].plot(ax=ax)
    assert plt.get_fignums() == before
    assert ax.figure is figure


def test_plot_without_an_axes_opens_one_figure(binary_batch):
    display = binary_batch[0].plot()
    assert len(plt.get_fignums()) == 1
    assert display.figure_ is display.ax_.figure


@pytest.mark.usefixtures("untouched_global_random_state")
def test_plot_draws_no_random_number(binary_batch):
    binary_batch[0].plot()


def test_plot_shows_names_as_they_are(binary_data, tmp_path):
    # Dollars start mathematics in matplotlib, and a name must not.
    X, _ = binary_data
    frame = pd.DataFrame(X[:, :2], columns=["price in $", "$\\frac{1$"])
    explainer = LimeTabularExplainer(lambda X: X.sum(axis=1), n_perturbations=64, random_state=0)
    display = explainer.fit(frame).explain(frame[:1])[0].plot()
    display.figure_.savefig(tmp_path / "plot.png")


def test_exact_rows_are_told_from_sampled_ones(batch):
    assert not batch.is_exact.any()
    assert batch[0].is_exact is False
    mixed = as_exact(batch, [0, 2])
    assert_array_equal(np.flatnonzero(mixed.is_exact), [0, 2])
    assert mixed[2].is_exact is True
    assert mixed[1:].is_exact.tolist() == mixed.is_exact[1:].tolist()


def test_repr_counts_exact_rows(batch):
    assert "exact" not in repr(batch)
    assert ", exact, median" in repr(as_exact(batch))
    assert f", 2 of {len(batch)} exact, n=" in repr(as_exact(batch, [0, 2]))
    assert "exact" not in repr(as_exact(batch)[:0])


def test_exact_rows_come_back_from_json(batch):
    mixed = as_exact(batch, [0, 2])
    read = type(mixed).from_json(mixed.to_json())
    assert_array_equal(read.is_exact, mixed.is_exact)
    assert_array_equal(read.effective_sample_size, mixed.effective_sample_size)
    assert read.internals.settings == mixed.internals.settings
    assert type(mixed[0]).from_json(mixed[0].to_json()).is_exact


def test_intervals_of_exact_weights_are_the_weights(batch):
    exact = as_exact(batch)
    frame = exact.to_frame()
    for ends in ("ci_low", "ci_high"):
        assert_array_equal(frame[ends], frame["weight"])
    assert (frame["standard_error"] == 0.0).all()
    assert frame.columns.tolist() == batch.to_frame().columns.tolist()


def test_means_over_exact_rows_are_exact(batch):
    # Their intervals tell how far a mean moves with other perturbed rows, and none are drawn.
    frame = as_exact(batch).mean_abs_weights()
    used = frame["mean_abs_weight"] > 0.0
    assert (frame["standard_error"][used] == 0.0).all()
    assert_array_equal(frame["ci_low"][used], frame["mean_abs_weight"][used])
    some = as_exact(batch, [0, 2]).mean_abs_weights()["standard_error"]
    assert 0.0 < some.mean() < batch.mean_abs_weights()["standard_error"].mean()
