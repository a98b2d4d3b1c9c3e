"""As many perturbed rows as it takes: ``n_perturbations="auto"``."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import t as student_t
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV

from sklime import LimeTabularExplainer

FIRST = 256  # 16 perturbed rows for each of 16 replicates


def smooth(X):
    return np.tanh(X[:, 0]) + 0.5 * X[:, 1] * (X[:, 2] > 0.3)


def relative_half_widths(batch):
    """The widest half of a 95 % interval of each row, relative to its largest weight."""
    critical = student_t.ppf(0.975, batch.n_replicates - 1)
    widths = critical * np.nan_to_num(batch.standard_errors)
    return widths.max(axis=(1, 2)) / np.abs(batch.values).max(axis=(1, 2))


def auto_explainer(model, **options):
    return LimeTabularExplainer(model, n_perturbations="auto", random_state=0, **options)


@pytest.fixture
def X(binary_data):
    """A table of five numeric columns."""
    return binary_data[0]


# How many


def test_every_row_reaches_what_was_asked(X):
    batch = auto_explainer(smooth, tol=0.1).fit(X).explain(X[:20])
    assert batch.converged.all()
    assert (relative_half_widths(batch) <= 0.1).all()
    assert len(set(batch.n_perturbations.tolist())) > 1


def test_sizes_are_doubled_once_more_than_it_takes(X):
    batch = auto_explainer(smooth, tol=0.2).fit(X).explain(X[:12])
    reached = batch.n_perturbations < 16384
    assert reached.sum() >= 10
    for row, size in zip(X[:12][reached], batch.n_perturbations[reached]):
        # Reached at half the reported size, and not before.
        for tried in {max(FIRST, int(size) // 4), int(size) // 2}:
            fixed = LimeTabularExplainer(
                smooth, n_perturbations=tried, n_replicates=16, random_state=0
            )
            width = relative_half_widths(fixed.fit(X).explain(row[None]))[0]
            assert (width <= 0.2) == (tried == size // 2)


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_auto_equals_the_fixed_size_that_it_ends_with(neighborhood, X):
    explainer = auto_explainer(smooth, tol=0.2, neighborhood=neighborhood).fit(X)
    batch = explainer.explain(X[:6])
    for explanation, row in zip(batch, X[:6]):
        fixed = clone(explainer).set_params(
            n_perturbations=int(explanation.n_perturbations), n_replicates=16
        )
        expected = fixed.fit(X).explain(row[None])[0]
        assert_allclose(explanation.values, expected.values, rtol=1e-9, atol=1e-12)
        assert_allclose(
            explanation.standard_errors, expected.standard_errors, rtol=1e-6, atol=1e-12
        )


def test_no_perturbed_row_is_asked_twice(X, recording):
    ask = recording(smooth)
    explainer = auto_explainer(ask, tol=0.1).fit(X)
    asked_in_fit = ask.n_rows
    batch = explainer.explain(X[:5])
    # Each row itself, and its sample.
    assert ask.n_rows - asked_in_fit == batch.n_perturbations.sum() + 5


def test_shared_sample_is_asked_once_and_is_the_same_for_all_rows(X, recording):
    ask = recording(smooth)
    explainer = auto_explainer(ask, tol=0.3, neighborhood="shared").fit(X)
    asked_in_fit = ask.n_rows
    batch = explainer.explain(X[:5])
    size = batch.n_perturbations[0]
    assert_array_equal(batch.n_perturbations, size)
    # One row is asked again alone, to see that the model answers row by row.
    assert asked_in_fit == size + len(X) + 1
    assert ask.n_rows == asked_in_fit + 5


def test_shared_sample_suffices_for_nearly_all_training_rows(X):
    explainer = auto_explainer(smooth, tol=0.3, neighborhood="shared").fit(X)
    assert (relative_half_widths(explainer.explain(X)) <= 0.3).mean() >= 0.95


def test_less_tolerance_takes_more(X):
    sizes = [
        auto_explainer(smooth, tol=tol).fit(X).explain(X[:10]).n_perturbations.sum()
        for tol in (0.4, 0.2, 0.1)
    ]
    assert sizes == sorted(set(sizes))


def test_constant_model_takes_the_least(X):
    batch = auto_explainer(lambda X: np.full(len(X), 0.3)).fit(X).explain(X[:3])
    assert_array_equal(batch.n_perturbations, 2 * FIRST)
    assert batch.converged.all()
    assert not batch.values.any()


def test_more_replicates_may_be_asked_for(X):
    batch = auto_explainer(smooth, tol=0.3, n_replicates=32).fit(X).explain(X[:2])
    assert batch.n_replicates == 32
    assert auto_explainer(smooth, tol=0.3).fit(X).explain(X[:2]).n_replicates == 16


def test_explainer_without_auto_keeps_its_replicates(X):
    explainer = LimeTabularExplainer(smooth, n_perturbations=64, random_state=0).fit(X)
    assert explainer.explain(X[:1]).n_replicates == 8


# Not enough


@pytest.mark.parametrize("neighborhood", ["anchored", "shared"])
def test_row_that_the_limit_does_not_suffice_for_warns_and_says_so(neighborhood, X):
    explainer = auto_explainer(
        smooth, tol=1e-6, max_perturbations=1000, neighborhood=neighborhood
    ).fit(X)
    with pytest.warns(ConvergenceWarning, match="Raise max_perturbations or tol"):
        batch = explainer.explain(X[:3])
    assert not batch.converged.any()
    assert_array_equal(batch.n_perturbations, 512)
    assert np.isfinite(batch.values).all()


def test_limit_below_the_first_size_is_an_error(X):
    with pytest.raises(ValueError, match="max_perturbations=255 is less than the 256"):
        auto_explainer(smooth, max_perturbations=255).fit(X)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n_perturbations", "many"),
        ("tol", 0.0),
        ("tol", -1),
        ("criterion", "rank"),
        ("max_perturbations", 0),
        ("max_perturbations", 1e4),
    ],
)
def test_wrong_parameter_is_named(name, value, X):
    explainer = auto_explainer(smooth).set_params(**{name: value})
    with pytest.raises(ValueError, match=f"The '{name}' parameter"):
        explainer.fit(X)


def test_rows_without_answers_cost_no_other_row(X):
    def fails_beyond(X):
        return np.where(X[:, 0] > 50.0, np.nan, smooth(X))

    rows = X[:4].copy()
    rows[2, 0] = 77.0
    explainer = auto_explainer(fails_beyond, tol=0.2).fit(X)
    with pytest.warns(RuntimeWarning, match="NaN or infinity"):
        batch = explainer.explain(rows)
    assert np.isnan(batch.values[2]).all()
    assert batch.converged.tolist() == [True, True, False, True]
    alone = explainer.explain(rows[[0, 1, 3]])
    assert_allclose(batch.values[[0, 1, 3]], alone.values, rtol=1e-10, atol=1e-14)


# Units


def test_outputs_of_a_regression_are_each_precise(X):
    def two_units(X):
        return np.column_stack([smooth(X), 1e-6 * X[:, 1] * (X[:, 3] > 0.1)])

    batch = auto_explainer(two_units, tol=0.2).fit(X).explain(X[:5])
    critical = student_t.ppf(0.975, batch.n_replicates - 1)
    widths = critical * np.nan_to_num(batch.standard_errors).max(axis=1)
    assert (widths <= 0.2 * np.abs(batch.values).max(axis=1)).all()


def test_classes_share_their_unit(multiclass_data, multiclass_model):
    # A class that hardly matters to a row need not be known to a share of its own weights.
    X, _ = multiclass_data
    batch = auto_explainer(multiclass_model, tol=0.1).fit(X).explain(X[:3])
    assert (relative_half_widths(batch) <= 0.1).all()


# Strongest features


def test_strongest_features_may_be_what_has_to_agree(X):
    explainer = auto_explainer(smooth, criterion="top_features").fit(X)
    batch = explainer.explain(X[:10])
    assert batch.converged.all()
    # Three features matter: any two seeds name the same ones, long before weights are precise.
    other = clone(explainer).set_params(random_state=1).fit(X).explain(X[:10])
    assert_array_equal(batch.values != 0, other.values != 0)
    precise = auto_explainer(smooth, max_perturbations=2**17).fit(X).explain(X[:10])
    assert batch.n_perturbations.sum() < precise.n_perturbations.sum()


def test_indifferent_ranking_is_not_taken_for_agreement():
    # Twelve features of exactly the same importance: no five of them are the strongest.
    X = np.random.default_rng(0).normal(size=(300, 12))
    explainer = auto_explainer(
        lambda X: np.prod(1.0 + 0.1 * np.sign(X), axis=1),
        criterion="top_features",
        max_perturbations=1024,
        max_features=None,
        control_variates=False,
    ).fit(X)
    with pytest.warns(ConvergenceWarning):
        batch = explainer.explain(X[:5])
    assert not batch.converged.all()


# Same answer every time


@pytest.mark.parametrize("options", [{"n_jobs": 2}, {"batch_size": 300}])
def test_batches_and_threads_change_nothing(options, X):
    explainer = auto_explainer(smooth, tol=0.1).fit(X)
    other = auto_explainer(smooth, tol=0.1, **options).fit(X)
    assert_allclose(other.transform(X[:9]), explainer.transform(X[:9]), rtol=1e-10, atol=1e-13)


def test_row_has_the_same_answer_alone_and_among_others(X):
    explainer = auto_explainer(smooth, tol=0.1).fit(X)
    together = explainer.explain(X[:8])
    for place in (0, 5):
        alone = explainer.explain(X[[place]])
        assert alone.n_perturbations[0] == together.n_perturbations[place]
        assert_allclose(alone.values[0], together.values[place], rtol=1e-10, atol=1e-13)
    backwards = explainer.explain(X[:8][::-1])
    assert_array_equal(backwards.n_perturbations[::-1], together.n_perturbations)


def test_transform_is_the_matrix_of_explain(X):
    explainer = auto_explainer(smooth, tol=0.2).fit(X)
    assert_allclose(explainer.transform(X[:4]), explainer.explain(X[:4]).values[..., 0])


def test_global_random_state_is_untouched(X, untouched_global_random_state):
    auto_explainer(smooth, tol=0.3).fit(X).explain(X[:2])


def test_tolerance_can_be_searched(X, binary_data):
    search = GridSearchCV(
        LimeTabularExplainer(
            LinearRegression().fit(*binary_data), n_perturbations="auto", random_state=0
        ),
        {"tol": [0.1, 0.5]},
        cv=2,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search.fit(X)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
