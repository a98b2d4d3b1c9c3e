"""An explanation is a function of the fitted explainer and its row, and of nothing else."""

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, Ridge

from sklime import LimeTabularExplainer

ARRAYS = [
    "values",
    "standard_errors",
    "intercepts",
    "predictions",
    "local_predictions",
    "held_out_predictions",
    "fidelity",
    "effective_sample_size",
    "encodings",
]


@pytest.fixture
def explainer(neighborhood, multiclass_data, multiclass_model):
    """A fitted explainer of three classes, in each neighborhood."""
    explainer = LimeTabularExplainer(
        multiclass_model,
        neighborhood=neighborhood,
        n_perturbations=64,
        max_features=3,
        random_state=0,
    )
    return explainer.fit(multiclass_data[0])


@pytest.fixture
def rows(multiclass_data):
    """Nine rows of iris, three of each species."""
    return multiclass_data[0][::17]


def test_row_is_explained_alike_alone_and_in_a_batch(explainer, rows):
    together = explainer.explain(rows)
    alone = [explainer.explain(rows[[i]]) for i in range(len(rows))]
    for name in ARRAYS:
        found = [getattr(one, name)[0] for one in alone]
        assert_allclose(found, getattr(together, name), rtol=1e-10, atol=1e-10, err_msg=name)


def test_order_of_the_rows_does_not_matter(explainer, rows, global_random_seed):
    order = np.random.default_rng(global_random_seed).permutation(len(rows))
    shuffled = explainer.explain(rows[order]).values
    assert_allclose(shuffled, explainer.explain(rows).values[order], atol=1e-10)


def test_duplicated_rows_are_explained_alike(explainer, rows):
    values = explainer.explain(rows[[0, 3, 0]]).values
    assert_allclose(values[0], values[2], atol=1e-10)


def test_rows_explained_before_do_not_matter(explainer, rows):
    first = explainer.transform(rows[:2])
    explainer.explain(rows[2:])
    assert_array_equal(explainer.transform(rows[:2]), first)


def test_explaining_twice_is_identical(explainer, rows):
    first, second = explainer.explain(rows), explainer.explain(rows)
    for name in ARRAYS:
        assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)


def test_fitting_twice_with_a_seed_is_identical(explainer, rows, multiclass_data):
    again = clone(explainer).fit(multiclass_data[0])
    assert_array_equal(again.transform(rows), explainer.transform(rows))


def test_another_seed_draws_other_perturbations(explainer, rows, multiclass_data):
    other = clone(explainer).set_params(random_state=1).fit(multiclass_data[0])
    assert not np.array_equal(other.transform(rows), explainer.transform(rows))


@pytest.mark.parametrize("batch_size", [1, 7, 64, 100, 10_000])
def test_batch_size_does_not_matter(batch_size, explainer, rows, multiclass_data):
    other = clone(explainer).set_params(batch_size=batch_size).fit(multiclass_data[0])
    assert_allclose(other.explain(rows).values, explainer.explain(rows).values, atol=1e-10)


@pytest.mark.parametrize("n_jobs", [1, 2, -1])
def test_number_of_jobs_does_not_matter(n_jobs, explainer, rows, multiclass_data):
    other = clone(explainer).set_params(n_jobs=n_jobs).fit(multiclass_data[0])
    assert_allclose(other.explain(rows).values, explainer.explain(rows).values, atol=1e-10)


# A seed that nobody chose may leave a bin with few of 64 rows.
@pytest.mark.filterwarnings("ignore:Too few perturbed rows")
def test_explaining_twice_is_identical_without_a_seed(neighborhood, multiclass_model, rows):
    explainer = LimeTabularExplainer(
        multiclass_model, neighborhood=neighborhood, n_perturbations=64
    ).fit(rows)
    assert_array_equal(explainer.transform(rows), explainer.transform(rows))


def test_fitting_twice_without_a_seed_draws_other_perturbations(multiclass_model, rows):
    explainer = LimeTabularExplainer(multiclass_model, n_perturbations=64)
    first = explainer.fit(rows).transform(rows)
    assert not np.array_equal(explainer.fit(rows).transform(rows), first)


def test_generator_object_is_accepted_as_seed(multiclass_model, rows):
    weights = [
        LimeTabularExplainer(
            multiclass_model, n_perturbations=64, random_state=np.random.RandomState(3)
        ).fit_transform(rows)
        for _ in range(2)
    ]
    assert_array_equal(*weights)


@pytest.mark.filterwarnings("ignore:Too few perturbed rows share")
@pytest.mark.filterwarnings("ignore:Rows .* have an effective sample size")
@pytest.mark.usefixtures("untouched_global_random_state")
@pytest.mark.parametrize("random_state", [None, 0])
def test_global_random_state_is_untouched(
    random_state, neighborhood, multiclass_data, multiclass_model
):
    X, y = multiclass_data
    explainer = LimeTabularExplainer(
        multiclass_model,
        neighborhood=neighborhood,
        n_perturbations=64,
        discretizer="entropy",
        random_state=random_state,
    )
    explainer.fit(X, y).explain(X[:3]).to_frame()


def test_arrays_are_untouched(neighborhood, regression_data):
    X, y = regression_data
    X_before, y_before = X.copy(), y.copy()
    explainer = LimeTabularExplainer(
        Ridge(), neighborhood=neighborhood, discretizer="entropy", n_perturbations=512
    )
    explainer.fit(X, y).explain(X[:5])
    assert_array_equal(X, X_before)
    assert_array_equal(y, y_before)


def test_frame_is_untouched(neighborhood, binary_frame, binary_data):
    before = binary_frame.copy()
    explainer = LimeTabularExplainer(
        LogisticRegression(), neighborhood=neighborhood, n_perturbations=64
    )
    explainer.fit(binary_frame, binary_data[1]).explain(binary_frame[:5])
    assert binary_frame.equals(before)


@pytest.mark.parametrize("discretizer", ["quartile", None])
def test_read_only_arrays_are_accepted(discretizer, neighborhood, regression_data):
    X, y = (array.copy() for array in regression_data)
    X.flags.writeable = y.flags.writeable = False
    explainer = LimeTabularExplainer(
        Ridge(), neighborhood=neighborhood, discretizer=discretizer, n_perturbations=64
    )
    assert np.isfinite(explainer.fit(X, y).transform(X[:3])).all()


def test_table_mapped_from_a_file_is_explained_alike(tmp_path, explainer, rows):
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    assert_array_equal(explainer.transform(mapped), explainer.transform(rows))


@pytest.mark.parametrize("view", [lambda X: np.asfortranarray(X), lambda X: X[::-1][::-1]])
def test_order_in_memory_does_not_matter(view, explainer, rows):
    assert_array_equal(explainer.transform(view(rows)), explainer.transform(rows))


@pytest.mark.parametrize(
    "carry", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_copy_of_a_fitted_explainer_explains_alike(carry, explainer, rows):
    assert_array_equal(carry(explainer).transform(rows), explainer.transform(rows))


def test_explainers_go_to_other_processes(multiclass_model, multiclass_data, rows):
    # Functions without a name go along, as loky pickles them by value.
    X = multiclass_data[0]
    models = [multiclass_model, lambda X: X[:, 0] * X[:, 1]]
    options = {"n_perturbations": 64, "random_state": 0}
    explainers = [LimeTabularExplainer(model, **options).fit(X) for model in models]
    weights = joblib.delayed(lambda explainer: explainer.transform(rows))
    tasks = [weights(explainer) for explainer in explainers]
    for there, explainer in zip(joblib.Parallel(2, backend="loky")(tasks), explainers):
        assert_array_equal(there, explainer.transform(rows))


def test_explainers_in_threads_at_once_do_not_meddle(explainer, multiclass_data, rows):
    other = LimeTabularExplainer(lambda X: X[:, 0], n_perturbations=64, random_state=1)
    other.fit(multiclass_data[0])
    expected = [explainer.transform(rows), other.transform(rows)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(_weights, [explainer, other] * 8, [rows] * 16))
    for place, weights in enumerate(found):
        assert_array_equal(weights, expected[place % 2])


def _weights(explainer, rows):
    return explainer.transform(rows)


def test_model_that_overwrites_its_input_harms_nobody(neighborhood, regression_data):
    def destructive(X):
        response = X[:, 0] + X[:, 1] ** 2
        X[:] = np.nan
        return response

    X = regression_data[0].copy()
    settings = {"neighborhood": neighborhood, "n_perturbations": 64, "random_state": 0}
    harmed = LimeTabularExplainer(destructive, **settings).fit(X).transform(X[:3])
    plain = LimeTabularExplainer(lambda X: X[:, 0] + X[:, 1] ** 2, **settings).fit(X)
    assert_array_equal(X, regression_data[0])
    assert_allclose(harmed, plain.transform(X[:3]), atol=1e-10)


def test_changing_the_table_after_fit_changes_nothing(neighborhood, regression_data):
    X = regression_data[0].copy()
    explainer = LimeTabularExplainer(
        lambda X: X[:, 0] * X[:, 1],
        neighborhood=neighborhood,
        background="empirical",
        n_perturbations=64,
        random_state=0,
    ).fit(X)
    expected = explainer.transform(regression_data[0][:3])
    X[:] = 0.0
    assert_array_equal(explainer.transform(regression_data[0][:3]), expected)


# Any table: few rows, ties, constant columns, all sizes of numbers

tables = hnp.arrays(
    float,
    st.tuples(st.integers(2, 12), st.integers(1, 4)),
    elements=st.one_of(
        st.integers(-3, 3).map(float),
        st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False),
    ),
)
any_table = given(
    X=tables,
    neighborhood=st.sampled_from(["anchored", "shared", "around"]),
    background=st.sampled_from(["marginal", "empirical"]),
    max_features=st.sampled_from([1, 2, None]),
)
quick = settings(
    max_examples=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def wavy(X):
    return np.column_stack([np.sin(X).sum(axis=1), (X > 0).mean(axis=1)])


def explained(X, neighborhood, background, max_features):
    explainer = LimeTabularExplainer(
        wavy,
        neighborhood=neighborhood,
        background=background,
        max_features=max_features,
        n_perturbations=32,
        random_state=0,
    )
    return explainer.fit(X)


@pytest.mark.filterwarnings("ignore:Too few perturbed rows share")
@pytest.mark.filterwarnings("ignore:Rows .* have an effective sample size")
@quick
@any_table
def test_weights_of_any_table_are_finite_and_sparse(X, neighborhood, background, max_features):
    values = explained(X, neighborhood, background, max_features).explain(X).values
    assert np.isfinite(values).all()
    assert (values != 0).sum(axis=1).max() <= (max_features or X.shape[1])


@pytest.mark.filterwarnings("ignore:Too few perturbed rows share")
@pytest.mark.filterwarnings("ignore:Rows .* have an effective sample size")
@quick
@any_table
def test_weights_of_any_table_add_up(X, neighborhood, background, max_features):
    batch = explained(X, neighborhood, background, max_features).explain(X)
    sums = batch.intercepts + np.einsum("ijk,ij->ik", batch.values, batch.encodings)
    assert_allclose(sums, batch.local_predictions, rtol=1e-8, atol=1e-8)


@pytest.mark.filterwarnings("ignore:Too few perturbed rows share")
@pytest.mark.filterwarnings("ignore:Rows .* have an effective sample size")
@quick
@any_table
def test_rows_of_any_table_are_explained_alike_in_reverse(
    X, neighborhood, background, max_features
):
    explainer = explained(X, neighborhood, background, max_features)
    assert_allclose(explainer.transform(X[::-1])[::-1], explainer.transform(X), atol=1e-10)


@pytest.mark.filterwarnings("ignore:Too few perturbed rows share")
@pytest.mark.filterwarnings("ignore:Rows .* have an effective sample size")
@quick
@any_table
def test_constant_columns_of_any_table_get_no_weight(X, neighborhood, background, max_features):
    X = np.column_stack([X, np.full(len(X), 2.5)])
    values = explained(X, neighborhood, background, max_features).explain(X).values
    assert_array_equal(values[:, -1], 0.0)
