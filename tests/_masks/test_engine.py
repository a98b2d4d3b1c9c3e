"""The engine explains anything in parts that speaks its protocol."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import t as student_t
from sklearn.linear_model import Lasso, LinearRegression

from sklime._masks import Instance, MaskPlan, explain_instance, explain_instances
from sklime._responses._failures import ModelError
from sklime._surrogates._causes import CAUSES
from sklime._surrogates._precision import Precision
from sklime.neighborhoods import MaskDistribution
from sklime.selection import highest_weights


class Numbers(Instance):
    """Numbers, of which some are replaced by zero."""

    def __init__(self, numbers):
        self.original = np.asarray(numbers, dtype=float)
        self.n_parts = len(self.original)

    def rebuild(self, masks):
        return masks * self.original


def total(copies):
    return copies.sum(axis=1, keepdims=True)


def product(copies):
    return np.column_stack([copies[:, 0] * copies[:, 1], copies[:, 2]])


def test_toy_instance_is_explained_through_the_protocol_alone():
    result = explain_instance(MaskPlan(n_perturbations=64), Numbers([3.0, -1.0, 2.0]), total)
    assert result.is_exact
    assert_allclose(result.fit.values[:, 0], [3.0, -1.0, 2.0], rtol=0.0, atol=1e-12)
    assert_allclose(result.fit.intercepts, 0.0, atol=1e-12)
    assert_allclose(result.fit.fidelity, 1.0, atol=1e-12)


@pytest.mark.parametrize("keep", [None, 0.7, (0.3, 0.9)])
@pytest.mark.parametrize("surrogate", [None, LinearRegression()])
def test_sampled_masks_are_fitted_as_least_squares_over_all_masks(keep, surrogate):
    # Twelve parts have 4096 masks; a linear model is fitted exactly from 512 of them.
    numbers = np.linspace(-2.0, 3.0, 12)
    plan = MaskPlan(n_perturbations=512, keep=keep, surrogate=surrogate)
    result = explain_instance(plan, Numbers(numbers), total)
    assert not result.is_exact
    tolerance = 1e-2 if surrogate is None else 1e-4
    assert_allclose(result.fit.values[:, 0], numbers, atol=tolerance)


@pytest.mark.parametrize("keep", [None, 0.7])
def test_all_masks_give_weighted_least_squares(keep):
    instance, plan = Numbers([1.0, 2.0, -3.0]), MaskPlan(n_perturbations=8, keep=keep)
    result = explain_instance(plan, instance, product)
    masks = (np.arange(8)[:, None] >> np.arange(3)) & 1
    kept = masks.sum(axis=1)
    if keep is None:
        weights = np.where(kept < 3, 1.0 / 3 / np.array([1, 3, 3, 1])[kept], 0.0)
    else:
        weights = keep**kept * (1 - keep) ** (3 - kept)
    # The instance itself counts once beside 5000 masks, as in `lime`.
    weights[-1] += 1.0 / 5000
    Z = np.column_stack([masks, np.ones(8)]) * np.sqrt(weights)[:, None]
    F = product(masks * instance.original) * np.sqrt(weights)[:, None]
    expected = np.linalg.lstsq(Z, F, rcond=None)[0][:-1]
    assert_allclose(result.fit.values, expected, atol=1e-12)


def test_each_different_copy_is_asked_about_once():
    asked = []

    def remember(copies):
        asked.append(copies)
        return total(copies)

    explain_instance(MaskPlan(n_perturbations=400), Numbers(np.arange(1.0, 9.0)), remember)
    copies = np.concatenate(asked)
    assert len(np.unique(copies, axis=0)) == len(copies)


class LargeNumbers(Numbers):
    """Numbers that claim to be large, and remember in what portions they were rebuilt."""

    def __init__(self, numbers):
        super().__init__(numbers)
        self.portions = []

    def rebuild(self, masks):
        self.portions.append(len(masks))
        return super().rebuild(masks)

    @property
    def n_bytes(self):
        return 2**20


def test_calls_are_bounded_by_the_size_of_the_copies():
    numbers = np.arange(1.0, 11.0)
    large = LargeNumbers(numbers)
    plan = MaskPlan(n_perturbations=100)
    result = explain_instance(plan, large, total)
    assert max(large.portions) <= 8
    expected = explain_instance(plan, Numbers(numbers), total)
    assert_array_equal(result.fit.values, expected.fit.values)


class NoisyNumbers(Numbers):
    """Numbers that are replaced by what the mask draws, whose effect is known."""

    def __init__(self, numbers, *, knows):
        super().__init__(numbers)
        self.knows = knows

    def _drawn(self, masks):
        # A function of the mask alone that is as good as random, with mean 0.
        codes = masks @ (2.0 ** np.arange(self.n_parts))
        return np.sin(codes[:, None] * np.arange(1, 3) * 12.9898) * 2.0

    def rebuild(self, masks):
        return np.column_stack([masks * self.original, self._drawn(masks)])

    def covariates(self, masks):
        return self._drawn(masks) if self.knows else None


def test_covariates_of_known_mean_take_out_noise():
    numbers = np.linspace(-1.0, 1.0, 20)
    plan = MaskPlan(n_perturbations=256)
    errors = {}
    for knows in (False, True):
        fit = explain_instance(plan, NoisyNumbers(numbers, knows=knows), total).fit
        errors[knows] = np.abs(fit.values[:, 0] - numbers).max()
        # Errors are as large as stated.
        assert errors[knows] < 5 * fit.standard_errors.max() + 1e-2
    assert errors[True] < errors[False] / 5


def test_failure_of_the_model_is_a_failed_instance():
    def fail(copies):
        raise ModelError(RuntimeError("no more quota"))

    result = explain_instance(MaskPlan(n_perturbations=16), Numbers([1.0, 2.0]), fail)
    assert result.failure == "RuntimeError: no more quota"
    assert np.isnan(result.fit.local_predictions).all()


def test_error_that_is_not_the_models_is_raised():
    class Broken(Numbers):
        def rebuild(self, masks):
            raise RuntimeError("a fault of ours")

    plan = MaskPlan(n_perturbations=16, on_error="warn")
    with pytest.raises(RuntimeError, match="a fault of ours"):
        explain_instance(plan, Broken([1.0, 2.0]), total)


def test_missing_answer_is_an_error_that_shows_the_instance():
    with pytest.raises(ValueError, match=r"returned NaN or infinity .* array\(\[1\., 2\.\]\)"):
        explain_instance(
            MaskPlan(n_perturbations=16), Numbers([1.0, 2.0]), lambda copies: total(copies) * np.nan
        )


def test_instance_without_parts_is_its_prediction():
    result = explain_instance(MaskPlan(n_perturbations=16), Numbers([]), lambda X: np.ones((1, 1)))
    assert result.fit.values.shape == (0, 1)
    assert_array_equal(result.fit.local_predictions, [1.0])


def test_threads_change_nothing():
    plan = MaskPlan(n_perturbations=64)
    tasks = [(plan, Numbers(np.arange(n) + 1.0), total) for n in (3, 8, 12)]
    one, two = (explain_instances(tasks, n_jobs=n) for n in (1, 2))
    for first, second in zip(one, two, strict=True):
        assert_array_equal(first.fit.values, second.fit.values)


@pytest.mark.parametrize("kind", [np.uint8, np.float32, bool])
def test_answers_of_any_type_of_numbers_are_subtracted_as_floats(kind):
    def answers(copies):
        return (total(copies) > 2.0).astype(kind)

    plan, instance = MaskPlan(n_perturbations=64), Numbers([3.0, 1.0, 2.0])
    expected = explain_instance(plan, instance, lambda copies: answers(copies).astype(float))
    result = explain_instance(plan, instance, answers)
    assert_array_equal(result.fit.values, expected.fit.values)
    assert_array_equal(result.fit.intercepts, expected.fit.intercepts)


@pytest.mark.parametrize(
    "answers", [lambda copies: total(copies)[:-1], lambda copies: copies[:, 0]]
)
def test_answers_of_another_shape_are_an_error_that_says_so(answers):
    with pytest.raises(ValueError, match="answers to 8 copies have the shape"):
        explain_instance(MaskPlan(n_perturbations=64), Numbers([3.0, 1.0, 2.0]), answers)


def test_failed_instance_has_all_columns_unless_told_otherwise():
    plan = MaskPlan(n_perturbations=64, on_error="warn")
    result = explain_instance(
        plan, Numbers([3.0, 1.0, 2.0]), lambda copies: np.full((len(copies), 2), np.nan)
    )
    assert result.failure is not None
    assert result.fit.values.shape == (3, 2)
    assert_array_equal(result.answer_index, [0, 1])


def squared_total(copies):
    return total(copies) ** 2


@pytest.mark.parametrize("surrogate", [None, LinearRegression(), Lasso(alpha=1e-3)])
@pytest.mark.parametrize(("n_parts", "keep"), [(1, None), (1, 0.75), (2, None)])
def test_fit_that_no_copy_can_contradict_has_no_fidelity(n_parts, keep, surrogate):
    # Three masks of two numbers lie on a plane, whatever the model answers.
    plan = MaskPlan(n_perturbations=64, keep=keep, surrogate=surrogate)
    result = explain_instance(plan, Numbers([2.0, 3.0][:n_parts]), squared_total)
    assert result.is_exact
    assert np.isnan(result.fit.fidelity).all()
    assert np.isnan(result.fit.fidelity_errors).all()
    cause = "one copy" if n_parts == 1 else "no spare copy"
    assert result.fidelity_failures.tolist() == [CAUSES[cause]]


@pytest.mark.parametrize(("n_parts", "keep"), [(2, 0.75), (3, None), (3, 0.75)])
def test_fidelity_of_few_parts_is_that_over_all_masks(n_parts, keep):
    numbers = np.array([2.0, 3.0, -4.0])[:n_parts]
    plan = MaskPlan(n_perturbations=64, keep=keep)
    result = explain_instance(plan, Numbers(numbers), squared_total)
    masks, weights = MaskDistribution(n_parts, keep).enumerated()
    F = squared_total(masks * numbers)[:, 0]
    predictions = masks @ result.fit.values[:, 0] + result.fit.intercepts
    errors = np.average((F - predictions) ** 2, weights=weights)
    expected = 1.0 - errors / np.average((F - np.average(F, weights=weights)) ** 2, weights=weights)
    assert_allclose(result.fit.fidelity, expected)
    assert expected < 0.999
    assert_array_equal(result.fit.standard_errors, 0.0)


def test_kernel_without_spare_copies_leaves_no_fidelity():
    # The masks that lack at most one of four numbers: five copies for five coefficients.
    def nearest(distances, width):
        return (distances < 0.2).astype(float)

    plan = MaskPlan(n_perturbations=64, keep=0.5, kernel=nearest)
    result = explain_instance(plan, Numbers([1.0, 2.0, 3.0, 4.0]), squared_total)
    assert result.fidelity_failures.tolist() == [CAUSES["no spare copy"]]


def test_parts_that_are_not_selected_leave_a_copy_to_judge_by():
    plan = MaskPlan(n_perturbations=64)
    result = explain_instance(
        plan, Numbers([2.0, 3.0]), squared_total, select=highest_weights, max_features=1
    )
    assert 0.0 < result.fit.fidelity[0] < 1.0
    assert result.fidelity_failures.tolist() == [None]


def doubled(copies_of, *, tol, n_parts=12, keep=0.75, **options):
    """Explain numbers with as many masks as it takes; return how often the model was asked."""
    asked = []

    def respond(copies):
        asked.append(len(copies))
        return copies_of(copies)

    precision = Precision("half_width", tol, 16, True, 4096)
    plan = MaskPlan(256, n_replicates=16, precision=precision, keep=keep, **options)
    return explain_instance(plan, Numbers(np.linspace(1.0, 3.0, n_parts)), respond), sum(asked)


def bent(copies):
    return np.tanh(total(copies) - 15.0) + 0.1 * copies[:, :1] * copies[:, 1:2]


def relative_half_width(result):
    critical = student_t.ppf(0.975, 15)
    return critical * result.fit.standard_errors.max() / np.abs(result.fit.values).max()


@pytest.mark.parametrize("keep", [None, 0.75])
def test_masks_are_doubled_once_more_than_it_takes(keep):
    sizes = []
    for tol in (0.5, 0.2, 0.1, 0.05):
        result, _ = doubled(bent, tol=tol, keep=keep)
        assert result.converged
        assert relative_half_width(result) <= tol
        sizes.append(result.n_perturbations)
        # With half of the masks the precision was reached, with a quarter it was not.
        for share, is_reached in ((2, True), (4, False)):
            size = result.n_perturbations // share
            if size < 256 or result.is_exact:
                continue
            limit = Precision("half_width", tol, 16, True, size)
            plan = MaskPlan(256, n_replicates=16, precision=limit, keep=keep)
            smaller = explain_instance(plan, Numbers(np.linspace(1.0, 3.0, 12)), bent)
            assert smaller.n_perturbations == size
            assert (relative_half_width(smaller) <= tol) == is_reached
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 1


def test_no_copy_is_asked_about_twice():
    result, n_asked = doubled(bent, tol=0.01, n_parts=40, keep=0.5)
    # The instance itself comes on top; of 40 numbers no two copies are the same.
    assert n_asked == result.n_perturbations + 1


def test_limit_leaves_a_fit_that_has_not_converged():
    result, _ = doubled(bent, tol=1e-9, n_parts=40)
    assert result.n_perturbations == 4096
    assert not result.converged
    assert np.isfinite(result.fit.values).all()


def test_constant_model_takes_the_least_masks():
    result, _ = doubled(lambda copies: np.ones((len(copies), 1)), tol=0.01, n_parts=40)
    assert result.n_perturbations == 512
    assert result.converged


def test_all_masks_are_precise():
    result, _ = doubled(bent, tol=1e-9, n_parts=10)
    assert result.n_perturbations == 1024
    assert result.is_exact
    assert result.converged
    assert_array_equal(result.fit.standard_errors, 0.0)


def test_instance_without_parts_is_precise_and_a_failed_one_is_not():
    precision = Precision("half_width", 0.1, 16, True, 4096)
    plan = MaskPlan(256, n_replicates=16, precision=precision, on_error="warn")
    assert explain_instance(plan, Numbers([]), total).converged
    failed = explain_instance(plan, Numbers([1.0, 2.0]), lambda copies: np.nan * total(copies))
    assert not failed.converged
