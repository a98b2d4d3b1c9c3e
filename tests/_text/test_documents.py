"""Explain documents: the fit against plain references, model calls, failures."""

import threading

import numpy as np
import pytest
from documents import (
    LONG_REVIEW,
    REVIEWS,
    TextRecorder,
    explain_text,
    lengths,
    many_words,
    weighted_sum,
)
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Lasso, LinearRegression, Ridge
from sklearn.metrics import pairwise_distances
from sklearn.tree import DecisionTreeRegressor

from sklime import LimeTextExplainer
from sklime.selection import forward, highest_weights, lasso_path


def jumps(texts):
    """A function that is not additive in words, nor smooth."""
    has = {word: np.array([word in text for text in texts]) for word in ("good", "film", "one")}
    return 1.0 * (has["good"] & has["film"]) - 0.3 * has["one"] + 0.01 * lengths(texts)


def weighted_rows(d, keep=None):
    """All masks of d words, and lime's weights at 5000 of them, the document itself last."""
    masks = np.array(list(np.ndindex(*[2] * d)))
    sizes = masks.sum(axis=1)
    n_of_size = np.array([(sizes == size).sum() for size in range(d + 1)])
    if keep is None:
        masks, sizes = masks[sizes < d], sizes[sizes < d]
        probabilities = 1 / d / n_of_size[sizes]
        distances = pairwise_distances(masks, np.ones((1, d)), metric="cosine")[:, 0]
        kernel = np.sqrt(np.exp(-((100 * distances) ** 2) / 25**2))
    else:
        probabilities = keep**sizes * (1 - keep) ** (d - sizes)
        kernel = np.ones(len(masks))
    return np.vstack([masks, np.ones(d, int)]), np.append(5000 * probabilities * kernel, 1.0)


WORDS = ["good", "film", "one", "zwei", "drei"]


# The fit, against plain references


@pytest.mark.parametrize("keep", [None, 0.8])
@pytest.mark.parametrize("alpha", [1.0, 0.01, 30.0])
def test_all_masks_give_the_weighted_ridge_regression_on_all_of_them(keep, alpha):
    masks, w = weighted_rows(5, keep)
    strings = [" ".join(np.where(mask, WORDS, "")) for mask in masks]
    reference = Ridge(alpha=alpha).fit(masks, jumps(strings), sample_weight=w)
    explanation = explain_text(jumps, " ".join(WORDS), keep=keep, surrogate=Ridge(alpha=alpha))
    assert_allclose(explanation.values[:, 0], reference.coef_, atol=1e-10)
    assert_allclose(explanation.intercepts[0], reference.intercept_)
    assert_allclose(explanation.local_predictions, reference.predict(np.ones((1, 5))))
    held_out = Ridge(alpha=alpha).fit(masks[:-1], jumps(strings)[:-1], sample_weight=w[:-1])
    assert_allclose(explanation.held_out_predictions, held_out.predict(np.ones((1, 5))))


def test_least_squares_on_all_masks():
    masks, w = weighted_rows(5)
    strings = [" ".join(np.where(mask, WORDS, "")) for mask in masks]
    reference = LinearRegression().fit(masks, jumps(strings), sample_weight=w)
    explanation = explain_text(jumps, " ".join(WORDS), surrogate=LinearRegression())
    assert_allclose(explanation.values[:, 0], reference.coef_, atol=1e-10)


def test_any_surrogate_on_all_masks():
    masks, w = weighted_rows(5)
    strings = [" ".join(np.where(mask, WORDS, "")) for mask in masks]
    reference = Lasso(alpha=0.01).fit(masks, jumps(strings), sample_weight=w)
    explanation = explain_text(jumps, " ".join(WORDS), surrogate=Lasso(alpha=0.01))
    assert_allclose(explanation.values[:, 0], reference.coef_, atol=1e-3)
    assert (explanation.standard_errors[explanation.selected] == 0.0).all()


def test_all_masks_leave_nothing_to_chance():
    first = explain_text(jumps, " ".join(WORDS), random_state=0)
    second = explain_text(jumps, " ".join(WORDS), random_state=1)
    assert_array_equal(first.values, second.values)
    assert (first.standard_errors == 0.0).all()
    assert first.n_perturbations == 31
    assert_array_equal(first.left_out_values, np.broadcast_to(first.values, (8, 5, 1)))
    assert_array_equal(first.reselected_values, first.left_out_values)


@pytest.mark.parametrize("selection", [forward, highest_weights, lasso_path])
@pytest.mark.parametrize("max_features", [1, 3])
def test_selection_is_that_on_explicit_moments(selection, max_features):
    from sklime._gram import centered_moments

    masks, w = weighted_rows(5)
    F = jumps([" ".join(np.where(mask, WORDS, "")) for mask in masks])
    A = np.column_stack([masks, np.ones(len(masks)), F - F[-1]])
    moments, _, _ = centered_moments((A.T * w) @ A, 5, 1)
    expected = selection(moments, np.ones(5), max_features)[0]
    explanation = explain_text(
        jumps, " ".join(WORDS), selection=selection, max_features=max_features
    )
    assert_array_equal(explanation.selected[:, 0], expected)
    reference = LinearRegression().fit(masks[:, expected], F, sample_weight=w)
    assert_allclose(explanation.values[expected, 0], reference.coef_, atol=1e-10)
    assert not explanation.values[~expected].any()


@pytest.mark.parametrize("selection", ["forward", "highest_weights", "lasso_path"])
def test_screening_of_a_long_document_changes_no_selection(selection, monkeypatch):
    options = {"selection": selection, "max_features": 5, "n_perturbations": 256}
    text = many_words(60)
    whole = explain_text(weighted_sum, text, **options)
    monkeypatch.setattr("sklime._masks._fit._MAX_CANDIDATES", 10)
    screened = explain_text(weighted_sum, text, **options)
    assert_array_equal(screened.selected, whole.selected)
    assert_allclose(screened.values, whole.values)


@pytest.mark.parametrize("control_variates", [True, False])
def test_additive_model_is_its_own_explanation(control_variates):
    # Up to what the penalty takes; whatever the sample.
    def additive(texts):
        return [sum(int(word[1:]) for word in text.split()) for text in texts]

    explanation = explain_text(
        additive,
        many_words(20),
        surrogate=LinearRegression(),
        max_features=None,
        control_variates=control_variates,
    )
    assert_allclose(explanation.values[:, 0], np.arange(20), atol=1e-2)
    assert explanation.fidelity[0] > 0.999


@pytest.mark.parametrize("keep", [None, 0.75])
def test_with_and_without_variates_the_mean_is_the_same(keep):
    text = many_words(16)
    options = {"keep": keep, "max_features": None, "n_perturbations": 256}
    found = {}
    for control_variates in (True, False):
        found[control_variates] = np.array(
            [
                explain_text(
                    weighted_sum,
                    text,
                    control_variates=control_variates,
                    random_state=seed,
                    **options,
                ).values[:, 0]
                for seed in range(40)
            ]
        )
    difference = found[True].mean(axis=0) - found[False].mean(axis=0)
    variance = (found[True].var(axis=0, ddof=1) + found[False].var(axis=0, ddof=1)) / 40
    assert np.abs(difference / np.sqrt(variance)).max() < 4.5


@pytest.mark.parametrize("keep", [None, 0.75])
def test_sampled_weights_approach_those_of_all_masks(keep):
    text = many_words(12)
    options = {"keep": keep, "max_features": None}
    exact = explain_text(weighted_sum, text, n_perturbations=4096, **options)
    assert exact.n_perturbations in (4095, 4096)
    found = np.array(
        [
            explain_text(
                weighted_sum, text, n_perturbations=1024, random_state=seed, **options
            ).values
            for seed in range(30)
        ]
    )
    z = (found.mean(axis=0) - exact.values) / (found.std(axis=0, ddof=1) / np.sqrt(30))
    assert np.abs(z).max() < 4.5


def test_variates_make_less_noise(review_model):
    def noise(control_variates):
        weights = [
            explain_text(
                review_model,
                LONG_REVIEW,
                control_variates=control_variates,
                random_state=seed,
                max_features=None,
                n_perturbations=256,
            ).values
            for seed in range(6)
        ]
        return np.mean(np.var(weights, axis=0))

    assert noise(True) < noise(False) / 10


def test_standard_errors_are_the_jackknife_of_left_out_values(review_model):
    explanation = explain_text(review_model, LONG_REVIEW, n_perturbations=256)
    left_out = explanation.internals.left_out_values.astype(np.float64)
    assert left_out.shape == (8, len(explanation.feature_names), 1)
    spread = ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
    selected = explanation.selected
    # They are kept in single precision: small differences lose digits.
    errors = np.sqrt(7 / 8 * spread)[selected]
    assert_allclose(explanation.standard_errors[selected], errors, rtol=1e-4)
    assert selected.sum() == 10
    assert (explanation.reselected_values != 0).sum(axis=1).max() <= 10


@pytest.mark.parametrize("n_words", [4, 30])
@pytest.mark.parametrize("control_variates", [True, False])
def test_weights_add_up_to_the_local_prediction(n_words, control_variates):
    explanation = explain_text(
        weighted_sum, many_words(n_words), control_variates=control_variates, max_features=3
    )
    total = explanation.intercepts + explanation.values.sum(axis=0)
    assert_allclose(explanation.local_predictions, total)


@pytest.mark.parametrize("n_words", [0, 1, 4, 30])
@pytest.mark.parametrize("control_variates", [True, False])
def test_constant_model_gives_zeros_and_no_fidelity(n_words, control_variates):
    explanation = explain_text(
        lambda texts: np.full(len(texts), 0.7),
        many_words(n_words),
        control_variates=control_variates,
    )
    assert not explanation.values.any()
    assert np.isnan(explanation.fidelity).all()
    assert_allclose(explanation.local_predictions, 0.7)


def test_fidelity_is_that_on_unseen_masks():
    # Noise: nothing can be predicted where it was not fitted.
    def noise(texts):
        return [hash(text) % 1000 / 1000 for text in texts]

    assert explain_text(noise, many_words(100), max_features=None).fidelity[0] < 0.1


# Model calls


@pytest.mark.parametrize("positions", [False, True])
def test_each_text_is_asked_about_once(positions):
    recorder = TextRecorder(lengths)
    explainer = LimeTextExplainer(recorder, positions=positions).fit(["a"])
    recorder.calls.clear()
    explainer.explain(["good good good bad"])
    assert len(recorder.texts) == len(set(recorder.texts))
    # Removed occurrences of one word leave the same text, whichever they are.
    assert len(recorder.texts) == (2 * 2**3 if positions else 2 * 2)


def test_a_document_takes_no_more_calls_than_asked_for():
    recorder = TextRecorder(lengths)
    explainer = LimeTextExplainer(recorder, n_perturbations=300).fit(["a"])
    recorder.calls.clear()
    explainer.explain([many_words(100)])
    assert len(recorder.texts) <= 301


def test_batches_are_no_larger_than_asked_for():
    recorder = TextRecorder(lengths)
    explainer = LimeTextExplainer(recorder, batch_size=50).fit(["a"])
    recorder.calls.clear()
    explainer.explain([many_words(40)])
    assert max(map(len, recorder.calls)) == 50
    one = explain_text(lengths, many_words(40), batch_size=50)
    assert_allclose(one.values, explain_text(lengths, many_words(40)).values)


# Documents with few words or none


@pytest.mark.parametrize("text", ["", "   \n\t", "?!... --", "\ufe0f \u200d"])
def test_text_without_words_has_a_defined_result(text, review_model):
    explainer = LimeTextExplainer(review_model, random_state=0).fit(REVIEWS)
    batch = explainer.explain([REVIEWS[0], text, REVIEWS[1]])
    assert_allclose(batch.local_predictions[1], batch.predictions[1])
    assert batch[1].values.shape == (0, 1)
    assert batch[1].as_list() == []
    assert batch[1].failures is None
    assert "intercept" in repr(batch[1])
    batch[1].plot()
    weights = explainer.transform([REVIEWS[0], text, REVIEWS[1]])
    assert weights[[1]].nnz == 0
    assert_allclose(weights[[2]].toarray(), explainer.transform([REVIEWS[1]]).toarray())
    assert set(batch.to_frame()["row"]) == {0, 2}


def test_only_texts_without_words(review_model):
    explainer = LimeTextExplainer(review_model, random_state=0).fit(REVIEWS)
    batch = explainer.explain(["", "?"])
    assert (
        batch.to_frame().columns.tolist()
        == explainer.explain(REVIEWS[:1]).to_frame().columns.tolist()
    )
    assert len(batch.to_frame()) == 0
    assert explainer.transform(["", "?"]).nnz == 0


def test_vocabulary_may_be_empty(review_model):
    explainer = LimeTextExplainer(review_model, random_state=0).fit(["?", ""])
    assert explainer.transform(REVIEWS[:2]).shape == (2, 0)


@pytest.mark.parametrize("text", ["good", "good good good", "good, Good"])
def test_fewer_words_than_asked_for(text, review_model):
    explanation = explain_text(review_model, text, max_features=10)
    assert len(explanation.as_list()) == len(explanation.feature_names) <= 2


def test_blocks_of_masks_change_nothing(monkeypatch):
    expected = explain_text(weighted_sum, many_words(40))
    monkeypatch.setattr("sklime.neighborhoods._masks._MAX_CACHED_NUMBERS", 0)
    monkeypatch.setattr("sklime._masks._answers._MAX_PENDING_BYTES", 500)
    assert_allclose(explain_text(weighted_sum, many_words(40)).values, expected.values, atol=1e-12)


# Surrogates, failures, odd options


def test_surrogate_that_is_no_ridge(review_model):
    found = explain_text(
        review_model, LONG_REVIEW, surrogate=DecisionTreeRegressor(max_depth=4, random_state=0)
    )
    assert found.values.max() <= 1.0
    assert found.values.sum() > 0.5
    assert np.isfinite(found.standard_errors[found.selected]).all()


def test_surrogate_gets_the_strongest_words_of_a_long_document(monkeypatch):
    monkeypatch.setattr("sklime._masks._refit.MAX_REFITTED_PARTS", 20)
    for options in ({"control_variates": False}, {"surrogate": Lasso(alpha=0.001)}):
        found = explain_text(weighted_sum, many_words(50), max_features=3, **options)
        assert found.values.shape == (50, 1)
        assert found.values[:2].all()
        assert np.isnan(found.standard_errors[~found.selected]).all()


class FailsOn(RegressorMixin, BaseEstimator):
    """Raises, or answers NaN, where it meets a word."""

    def __init__(self, word="trap", error=None):
        self.word = word
        self.error = error

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def predict(self, texts):
        is_met = np.array([self.word in text for text in texts])
        if is_met.any() and self.error is not None:
            raise self.error
        return np.where(is_met, np.nan, lengths(texts))


class ServiceError(Exception):
    """What a remote service raises."""


@pytest.mark.parametrize(
    "error", [None, ValueError("no trap, please"), ServiceError("no trap, please"), KeyError("no")]
)
def test_document_on_which_the_model_fails_is_flagged(error):
    texts = [LONG_REVIEW, f"a trap {LONG_REVIEW}", REVIEWS[0]]
    fails = FailsOn(error=error).fit([])
    explainer = LimeTextExplainer(fails, on_error="warn", random_state=0).fit(REVIEWS)
    with pytest.warns(RuntimeWarning, match="failed on documents 1, whose explanations are NaN"):
        batch = explainer.explain(texts)
    assert batch.failures[0] is batch.failures[2] is None
    assert ("NaN or infinity" if error is None else str(error)) in batch.failures[1]
    assert np.isnan(batch[1].values).all()
    assert np.isnan(batch.local_predictions[1]).all()
    assert_allclose(batch[0].values, explainer.explain(texts[:1])[0].values)
    with pytest.warns(RuntimeWarning, match="failed on documents 1"):
        weights = explainer.transform(texts).toarray()
    assert np.isnan(weights).any(axis=1).tolist() == [False, True, False]
    assert "no explanation: " in repr(batch[1])
    assert set(batch.to_frame()["row"]) == {0, 2}


def test_model_that_fails_stops_by_default():
    fails = FailsOn(error=ServiceError("broken")).fit([])
    explainer = LimeTextExplainer(fails).fit(REVIEWS)
    with pytest.raises(ServiceError, match="broken"):
        explainer.explain(["a trap"])
    with pytest.raises(ValueError, match=r"NaN or infinity.*'a trap'.*on_error='warn'"):
        LimeTextExplainer(FailsOn().fit([])).fit(REVIEWS).explain(["a trap"])


def test_too_narrow_a_kernel_is_warned_of(review_model):
    with pytest.warns(UserWarning, match=r"effective sample size below 10 .* Raise kernel_width"):
        explain_text(weighted_sum, many_words(400), kernel_width=0.0004)


@pytest.mark.filterwarnings("ignore:Nearly all copies")
@pytest.mark.parametrize("control_variates", [True, False])
@pytest.mark.parametrize(
    "options",
    [
        {"n_perturbations": 16},
        {"n_perturbations": 16, "n_replicates": 2},
        {"n_perturbations": 19},
        {"keep": 0.999},
        {"keep": 0.001},
        {"selection": "lasso_path", "max_features": 3},
        {"max_features": 40},
        {"kernel": "uniform"},
    ],
)
def test_odd_options_give_numbers(options, control_variates):
    options = {"n_perturbations": 64, "control_variates": control_variates, **options}
    explanation = explain_text(lengths, many_words(40), **options)
    assert np.isfinite(explanation.values).all()
    assert np.isfinite(explanation.standard_errors[explanation.selected]).all()


@pytest.mark.parametrize("control_variates", [True, False])
def test_kernel_that_sees_nothing_gives_zeros(control_variates):
    with pytest.warns(UserWarning, match="effective sample size below 10"):
        explanation = explain_text(
            lengths, many_words(40), kernel_width=1e-6, control_variates=control_variates
        )
    assert not explanation.values.any()
    assert_allclose(explanation.local_predictions, explanation.predictions)


def test_threads_share_the_documents():
    # Each of two calls waits for the other one: they must be made at the same time.
    barrier = threading.Barrier(2, timeout=20)

    def slow(texts):
        # `fit` asks in one thread.
        if any(len(text) > 1 for text in texts) and len(texts) > 1:
            barrier.wait()
        return lengths(texts)

    explainer = LimeTextExplainer(slow, n_jobs=2, random_state=0).fit(["a"])
    assert len(explainer.explain(["a b c", "d e f"])) == 2


@pytest.mark.parametrize("unit", [2.0**-1000, 2.0**-140, 2.0**140, 2.0**450])
def test_huge_and_tiny_responses_are_explained_like_others(unit):
    def curved(texts):
        return [2.0 + text.count("good") / np.sqrt(1 + len(text.split())) for text in texts]

    usual = explain_text(curved, LONG_REVIEW, random_state=0)
    other = explain_text(lambda texts: unit * np.array(curved(texts)), LONG_REVIEW, random_state=0)
    for name in ("values", "standard_errors", "left_out_values", "intercepts", "fidelity"):
        # In double precision: the weights without each replicate are in single.
        factor = np.float64(1.0 if name == "fidelity" else unit)
        expected = getattr(usual, name).astype(np.float64) * factor
        assert_allclose(getattr(other, name), expected, rtol=1e-3, atol=1e-6 * unit)
