"""LimeTabularExplainer as a transformer and a meta-estimator."""

import pickle
import traceback
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tables import FEW, MANY, explained_table, first_column, mixed_score, row_sums

import sklime
from sklime import ExplanationBatch, LimeTabularExplainer
from sklime._surrogates._solvers import RidgeSolver

# Shapes and the transformer


def test_transform_has_a_row_for_each_row_and_a_column_for_each_feature(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, **FEW).fit(X)
    assert explainer.transform(X[:7]).shape == (7, 5)


def test_transform_is_the_matrix_of_explain(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW).fit(X)
    # Gram matrices of other widths take other kernels of BLAS: the last digits may differ.
    values = explainer.explain(X[:4]).values[..., 0]
    assert_allclose(explainer.transform(X[:4]), values, rtol=1e-10, atol=1e-12)


def test_fit_transform_is_fit_then_transform(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, **FEW)
    assert_array_equal(explainer.fit_transform(X), explainer.transform(X))


def test_explain_returns_a_batch_of_documented_shapes(neighborhood, multiclass_data):
    X, y = multiclass_data
    explainer = LimeTabularExplainer(
        LogisticRegression(max_iter=1000), neighborhood=neighborhood, **FEW
    )
    batch = explainer.fit(X, y).explain(X[::30])
    assert isinstance(batch, ExplanationBatch)
    assert batch.values.shape == (5, 4, 3)
    assert batch.standard_errors.shape == (5, 4, 3)
    for name in [
        "intercepts",
        "predictions",
        "local_predictions",
        "held_out_predictions",
        "fidelity",
    ]:
        assert getattr(batch, name).shape == (5, 3), name
    assert batch.effective_sample_size.shape == (5,)
    assert batch.encodings.shape == (5, 4)


def test_predictions_are_those_of_the_model(neighborhood, multiclass_data, multiclass_model):
    X, _ = multiclass_data
    explainer = LimeTabularExplainer(multiclass_model, neighborhood=neighborhood, **FEW)
    batch = explainer.fit(X).explain(X[::30])
    assert_allclose(batch.predictions, multiclass_model.predict_proba(X[::30]), rtol=1e-12)


def test_explaining_before_fit_is_an_error(binary_data, binary_model):
    with pytest.raises(NotFittedError):
        LimeTabularExplainer(binary_model).explain(binary_data[0])


def test_transforming_before_fit_is_an_error(binary_data, binary_model):
    with pytest.raises(NotFittedError):
        LimeTabularExplainer(binary_model).transform(binary_data[0])


def test_explain_changes_nothing_that_fit_learnt(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW).fit(X)
    before = joblib.hash(vars(explainer))
    explainer.explain(X[:3])
    assert joblib.hash(vars(explainer)) == before


# Defaults


def test_defaults_are_those_of_the_documentation():
    parameters = LimeTabularExplainer(first_column).get_params(deep=False)
    expected = {
        "target": "auto",
        "response_method": "auto",
        "link": "identity",
        "n_perturbations": None,
        "n_replicates": 8,
        "kernel": "auto",
        "kernel_width": None,
        "metric": "auto",
        "selection": "auto",
        "max_features": 10,
        "surrogate": None,
        "batch_size": None,
        "n_jobs": None,
        "verbose": 0,
        "random_state": None,
        "neighborhood": "anchored",
        "keep": 0.75,
        "background": "marginal",
        "discretizer": "quartile",
    }
    assert {name: parameters[name] for name in expected} == expected


def test_parameters_after_the_model_are_keyword_only():
    with pytest.raises(TypeError, match="positional"):
        LimeTabularExplainer(first_column, "auto")


# Pipelines


def test_explainer_is_a_step_in_the_middle_of_a_pipeline(binary_data, binary_model):
    X, _ = binary_data
    pipeline = make_pipeline(
        LimeTabularExplainer(binary_model, **FEW), KMeans(3, n_init=1, random_state=0)
    )
    assert set(pipeline.fit(X).predict(X)) == {0, 1, 2}


def test_explainer_is_the_last_step_of_a_pipeline(binary_data):
    X, y = binary_data
    pipeline = make_pipeline(
        StandardScaler(), LimeTabularExplainer(LogisticRegression(), **FEW)
    ).fit(X, y)
    assert pipeline.transform(X[:3]).shape == (3, 5)
    assert_array_equal(pipeline.get_feature_names_out(), [f"x{j}" for j in range(5)])
    assert np.isfinite(pipeline.score(X))


# Keeping explainers


def test_fitted_explainer_survives_pickle(neighborhood, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW).fit(X)
    loaded = pickle.loads(pickle.dumps(explainer))
    assert_array_equal(loaded.transform(X[:3]), explainer.transform(X[:3]))


def test_fitted_explainer_survives_joblib(tmp_path, binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, **FEW).fit(X)
    joblib.dump(explainer, tmp_path / "explainer.joblib")
    loaded = joblib.load(tmp_path / "explainer.joblib")
    assert_array_equal(loaded.transform(X[:3]), explainer.transform(X[:3]))


@pytest.mark.slow
def test_explainer_works_in_other_processes(binary_data, binary_model):
    X, _ = binary_data
    explainer = LimeTabularExplainer(binary_model, **FEW).fit(X)
    parts = joblib.Parallel(n_jobs=2)(
        joblib.delayed(explainer.transform)(X[start : start + 2]) for start in [0, 2]
    )
    assert_allclose(np.vstack(parts), explainer.transform(X[:4]), atol=1e-10)


# Parameters


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("estimator", None),
        ("estimator", "model"),
        ("estimator", object()),
        ("response_method", "nope"),
        ("link", "nope"),
        ("n_perturbations", -5),
        ("n_perturbations", 64.5),
        ("n_replicates", 0),
        ("n_replicates", 1),
        ("n_replicates", 2.5),
        ("kernel", "nope"),
        ("kernel_width", 0),
        ("kernel_width", -1.0),
        ("kernel_width", "wide"),
        ("metric", "nope"),
        ("selection", "nope"),
        ("selection", "forward_selection"),
        ("max_features", 0),
        ("max_features", -1),
        ("max_features", 1.5),
        ("surrogate", "ridge"),
        ("batch_size", 0),
        ("batch_size", 1.5),
        ("n_jobs", 1.5),
        ("verbose", "loud"),
        ("random_state", "seed"),
        ("random_state", -1),
        ("neighborhood", "nope"),
        ("keep", -0.1),
        ("keep", 1.5),
        ("keep", "half"),
        ("background", "nope"),
        ("discretizer", "nope"),
        ("discretizer", 4),
    ],
)
def test_wrong_parameter_is_named_by_scikit_learn(parameter, value, binary_data, binary_model):
    explainer = LimeTabularExplainer(binary_model).set_params(**{parameter: value})
    message = f"The '{parameter}' parameter of LimeTabularExplainer must be"
    with pytest.raises(ValueError, match=message):
        explainer.fit(binary_data[0])


def test_wrong_parameter_is_accepted_until_fit(binary_model):
    LimeTabularExplainer(binary_model, keep="half", neighborhood="nope", kernel_width=-1)


def test_fewer_than_two_points_a_replicate_are_an_error(binary_data, binary_model):
    explainer = LimeTabularExplainer(
        binary_model, method="sampling", n_perturbations=15, n_replicates=8
    )
    with pytest.raises(ValueError, match="n_perturbations=15"):
        explainer.fit(binary_data[0])


@pytest.fixture
def explainer(neighborhood, binary_data, binary_model):
    """An explainer fitted on five columns, in each neighborhood."""
    return LimeTabularExplainer(binary_model, neighborhood=neighborhood, **FEW).fit(binary_data[0])


@pytest.fixture
def X(binary_data):
    """The table alone."""
    return binary_data[0]


# Few and many rows and columns


def test_one_row_is_explained(explainer, X):
    batch = explainer.explain(X[:1])
    assert batch.values.shape == (1, 5, 1)
    assert np.isfinite(batch.values).all()


@pytest.mark.parametrize("discretizer", ["quartile", None])
def test_one_column_is_explained(discretizer, neighborhood, X):
    explainer = LimeTabularExplainer(
        row_sums, neighborhood=neighborhood, discretizer=discretizer, **FEW
    )
    values = explainer.fit(X[:, :1]).explain(X[:4, :1]).values
    assert values.shape == (4, 1, 1)
    assert np.isfinite(values).all()
    assert (values != 0).any()


def test_two_rows_are_enough_to_learn_from(neighborhood, X):
    explainer = LimeTabularExplainer(row_sums, neighborhood=neighborhood, **FEW).fit(X[:2])
    assert np.isfinite(explainer.transform(X[:2])).all()


def test_more_features_than_training_rows_are_explained(neighborhood, global_random_seed):
    X = np.random.default_rng(global_random_seed).normal(size=(10, 40))
    explainer = LimeTabularExplainer(
        row_sums, neighborhood=neighborhood, n_perturbations=512, random_state=0
    ).fit(X)
    values = explainer.explain(X[:2]).values
    assert np.isfinite(values).all()
    assert (values != 0).sum(axis=1).max() <= 10


@pytest.mark.slow
def test_a_thousand_features_are_explained(neighborhood, global_random_seed):
    X = np.random.default_rng(global_random_seed).normal(size=(50, 1000))
    explainer = LimeTabularExplainer(
        lambda X: 100.0 * (X[:, 7] > 0), neighborhood=neighborhood, n_perturbations=512
    ).fit(X)
    values = explainer.explain(X[:2]).values
    assert np.isfinite(values).all()
    assert (values != 0).sum(axis=1).max() <= 10


# Tables of mixed columns


def test_mixed_row_is_explained_alike_alone_and_in_a_batch(neighborhood, background, mixed):
    explainer = LimeTabularExplainer(
        mixed_score, neighborhood=neighborhood, background=background, **MANY
    ).fit(mixed)
    together = explainer.transform(mixed[:5])
    alone = np.vstack([explainer.transform(mixed[place : place + 1]) for place in range(5)])
    assert_allclose(alone, together, atol=1e-10)
    assert (together != 0).any(axis=1).all()


def test_batches_of_the_model_do_not_matter_for_mixed_tables(neighborhood, mixed):
    explainer = LimeTabularExplainer(mixed_score, neighborhood=neighborhood, **MANY).fit(mixed)
    other = clone(explainer).set_params(batch_size=50, n_jobs=2).fit(mixed)
    assert_allclose(other.transform(mixed[:5]), explainer.transform(mixed[:5]), atol=1e-10)


def test_explainer_of_a_mixed_table_survives_pickle(neighborhood, background, mixed):
    explainer = LimeTabularExplainer(
        mixed_score, neighborhood=neighborhood, background=background, **MANY
    ).fit(mixed)
    loaded = pickle.loads(pickle.dumps(explainer))
    assert_array_equal(loaded.transform(mixed[:3]), explainer.transform(mixed[:3]))


def test_transform_of_a_mixed_table_keeps_index_and_columns(mixed):
    explainer = LimeTabularExplainer(mixed_score, **MANY).set_output(transform="pandas")
    weights = explainer.fit(mixed).transform(mixed[10:14])
    assert_array_equal(weights.index, mixed.index[10:14])
    assert_array_equal(weights.columns, mixed.columns)
    assert set(weights.dtypes) == {np.dtype(float)}


def test_grid_search_runs_over_a_mixed_table(mixed):
    grid = {
        "neighborhood": ["anchored", "shared"],
        "background": ["marginal", "copula"],
        "discretizer": ["quartile", "model", None],
    }
    explainer = LimeTabularExplainer(
        mixed_score, baseline="other", n_perturbations=1024, random_state=0
    )
    search = GridSearchCV(explainer, grid, cv=2, error_score="raise").fit(mixed)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.filterwarnings("ignore:Column")
def test_cross_validation_meets_categories_that_a_fold_has_not_seen(mixed):
    X = mixed.assign(ticket=[f"ticket {place}" for place in range(len(mixed))])
    explainer = LimeTabularExplainer(mixed_score, n_perturbations=64, random_state=0)
    assert np.isfinite(cross_validate(explainer, X, cv=3)["test_score"]).all()


@pytest.mark.filterwarnings("ignore:Too few perturbed rows share")
def test_explanations_of_a_mixed_table_are_shown(neighborhood, mixed):
    rows = mixed[:3].assign(sex=["other", None, "female"])
    batch = explained_table(mixed_score, mixed, rows, neighborhood=neighborhood)
    assert "age is missing" in repr(batch[0]) or "age is missing" in batch[0].conditions
    display = batch[0].plot(max_features=11)
    texts = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert any("is missing" in text for text in texts)
    plt.close(display.figure_)


def test_transform_reaches_the_solver_in_few_steps(binary_data, binary_model, monkeypatch):
    # Whoever reads a traceback reads all of them.
    own = Path(sklime.__file__).parent
    depths = []

    def solve(self, *arguments, **options):
        frames = traceback.extract_stack()[:-1]
        depths.append(sum(Path(frame.filename).is_relative_to(own) for frame in frames))
        return solve_ridge(self, *arguments, **options)

    solve_ridge = RidgeSolver.__call__
    monkeypatch.setattr(RidgeSolver, "__call__", solve)
    explainer = LimeTabularExplainer(
        binary_model, method="sampling", n_perturbations=64, random_state=0
    )
    explainer.fit(binary_data[0]).transform(binary_data[0][:2])
    assert depths
    assert max(depths) <= 9
