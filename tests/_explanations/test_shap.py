"""Explanations as shap takes them: they add up, and shap's plots draw them."""

import warnings

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklime import LimeTabularExplainer
from sklime.utils import _optional

with warnings.catch_warnings():
    # shap 0.51 colors its maps in a way that matplotlib is about to drop.
    warnings.simplefilter("ignore")
    shap = pytest.importorskip("shap")


@pytest.fixture(autouse=True)
def close_figures():
    """Leave no figure open for the next test."""
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def batch(multiclass_data, multiclass_model):
    """Flowers, three classes, on standard scores, whose encodings are not ones."""
    explainer = LimeTabularExplainer(
        multiclass_model, n_perturbations=64, discretizer=None, random_state=0
    )
    return explainer.fit(multiclass_data[0]).explain(multiclass_data[0][::10])


@pytest.fixture(scope="module")
def mixed_batch():
    """A table of numbers, missing ones too, texts and truth values."""
    table = pd.DataFrame(
        {
            "age": [20.0, None, 40.0, 35.0] * 10,
            "children": [0, 1, 2, 3] * 10,
            "job": ["nurse", "pilot", "nurse", None] * 10,
            "smokes": [True, False, True, False] * 10,
        }
    )

    def risk(X):
        return X["children"].to_numpy() + X["age"].fillna(0.0).to_numpy()

    explainer = LimeTabularExplainer(risk, n_perturbations=64, random_state=0).fit(table)
    return explainer.explain(table)


def test_values_add_up_to_local_predictions(batch):
    explanations = batch.to_shap()
    assert isinstance(explanations, shap.Explanation)
    assert explanations.values.shape == batch.values.shape
    sums = explanations.base_values + explanations.values.sum(axis=1)
    assert_allclose(sums, batch.local_predictions)


@pytest.mark.parametrize("output", ["setosa", "virginica"])
def test_values_of_one_output_add_up(output, batch):
    explanations = batch.to_shap(output)
    place = batch.output_names.index(output)
    sums = explanations.base_values + explanations.values.sum(axis=1)
    assert_allclose(sums, batch.local_predictions[:, place])
    assert explanations.output_names == output


def test_values_of_one_row_add_up(batch):
    explanation = batch[3].to_shap()
    place = batch.output_names.index(batch[3].predicted_class)
    total = explanation.base_values + explanation.values.sum()
    assert_allclose(total, batch.local_predictions[3, place])
    assert_allclose(batch[3].to_shap("virginica").values, batch.to_shap("virginica")[3].values)


def test_single_output_has_no_axis_of_its_own(mixed_batch):
    explanations = mixed_batch.to_shap()
    assert explanations.values.shape == (40, 4)
    assert_array_equal(explanations.base_values, mixed_batch.intercepts[:, 0])


def test_names_and_values_of_the_rows_are_shown(mixed_batch):
    explanations = mixed_batch.to_shap()
    assert explanations.feature_names == ["age", "children", "job", "smokes"]
    assert explanations.display_data[0].tolist() == mixed_batch.data[0].tolist()
    assert explanations.data.dtype == float


def test_changing_shap_s_arrays_leaves_the_explanations_alone(batch):
    before = batch.values.copy()
    explanations = batch.to_shap()
    explanations.values[:] = 0.0
    explanations.base_values[:] = 0.0
    explanations.data[:] = 0.0
    assert_array_equal(batch.values, before)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # shap's own
@pytest.mark.parametrize("name", ["batch", "mixed_batch"])
@pytest.mark.parametrize("plot", ["bar", "beeswarm", "violin", "heatmap", "scatter"])
def test_plots_of_many_rows_draw(plot, name, request):
    batch = request.getfixturevalue(name)
    explanations = batch.to_shap(batch.output_names[0])
    if plot == "scatter":
        explanations = explanations[:, 0]
    getattr(shap.plots, plot)(explanations, show=False)
    plt.gcf().canvas.draw()


@pytest.mark.filterwarnings("ignore")  # shap's own
@pytest.mark.parametrize("name", ["batch", "mixed_batch"])
@pytest.mark.parametrize("plot", ["bar", "waterfall"])
def test_plots_of_one_row_draw(plot, name, request):
    explanation = request.getfixturevalue(name)[1].to_shap()
    getattr(shap.plots, plot)(explanation, show=False)
    plt.gcf().canvas.draw()
    labels = " ".join(text.get_text() for axes in plt.gcf().axes for text in axes.get_yticklabels())
    assert all(feature in labels for feature in explanation.feature_names)


def test_unknown_output_names_the_known_ones(batch):
    with pytest.raises(ValueError, match="setosa"):
        batch.to_shap("tulip")


def test_missing_package_is_named(batch, monkeypatch):
    def missing(module):
        raise ImportError(module)

    monkeypatch.setattr(_optional, "import_module", missing)
    with pytest.raises(ImportError, match="pip install shap"):
        batch.to_shap()
