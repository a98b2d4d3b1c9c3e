"""Texts: the fit against plain references, inputs of all kinds, models of all kinds."""

import pickle
import re
import threading

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import pairwise_distances
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler
from sklearn.tree import DecisionTreeRegressor

from sklime import LimeTextExplainer, TextExplanation, TextExplanationBatch
from sklime.selection import forward, highest_weights, lasso_path

GOOD = ["good", "fine", "great", "nice"]
BAD = ["bad", "poor", "awful", "dull"]
OTHER = "the a film plot actor scene was is very and but not so quite end start".split()


def make_texts(n_documents, n_words=14, seed=0):
    random = np.random.default_rng(seed)
    texts, labels = [], []
    for _ in range(n_documents):
        label = int(random.integers(2))
        mood = random.choice(GOOD if label else BAD, 3).tolist()
        words = mood + random.choice(OTHER, n_words - 3).tolist()
        random.shuffle(words)
        texts.append(" ".join(words))
        labels.append(label)
    return texts, np.array(labels)


TEXTS, LABELS = make_texts(120)
LONG = " ".join(make_texts(4, 40, seed=1)[0]) + " one two three four five six"


@pytest.fixture(scope="module")
def model():
    """A fitted pipeline from strings to probabilities of two classes."""
    return make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def species():
    """A fitted pipeline with three string classes."""
    labels = np.array(["cat", "dog", "owl"])[np.arange(120) % 3]
    texts = [f"{text} {label}s" for text, label in zip(TEXTS, labels)]
    return make_pipeline(CountVectorizer(), LogisticRegression()).fit(texts, labels)


def lengths(texts):
    return np.array([len(text) for text in texts], dtype=float)


def jumps(texts):
    """A function that is not additive in words, nor smooth."""
    has = {word: np.array([word in text for text in texts]) for word in ("good", "film", "one")}
    return 1.0 * (has["good"] & has["film"]) - 0.3 * has["one"] + 0.01 * lengths(texts)


class Recorder:
    """A function of texts that remembers what it was asked."""

    def __init__(self, function):
        self.function = function
        self.calls = []

    def __call__(self, texts):
        self.calls.append(list(texts))
        return self.function(texts)

    @property
    def texts(self):
        return [text for call in self.calls for text in call]


def explain(estimator, text, **options):
    options = {"random_state": 0, **options}
    return LimeTextExplainer(estimator, **options).fit([text]).explain([text])[0]


# The fit, against plain references


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


def texts_of(masks, words):
    return ["".join(f"{word} " * bool(on) + " " * (not on) for word, on in zip(words, mask)) for mask in masks]


WORDS = ["good", "film", "one", "zwei", "drei"]


@pytest.mark.parametrize("keep", [None, 0.8])
@pytest.mark.parametrize("alpha", [1.0, 0.01, 30.0])
def test_all_masks_give_the_weighted_ridge_regression_on_all_of_them(keep, alpha):
    masks, w = weighted_rows(5, keep)
    strings = [" ".join(np.where(mask, WORDS, "")) for mask in masks]
    reference = Ridge(alpha=alpha).fit(masks, jumps(strings), sample_weight=w)
    explanation = explain(jumps, " ".join(WORDS), keep=keep, surrogate=Ridge(alpha=alpha))
    assert_allclose(explanation.values[:, 0], reference.coef_, atol=1e-10)
    assert_allclose(explanation.intercepts[0], reference.intercept_)
    assert_allclose(explanation.local_predictions, reference.predict(np.ones((1, 5))))
    held_out = Ridge(alpha=alpha).fit(masks[:-1], jumps(strings)[:-1], sample_weight=w[:-1])
    assert_allclose(explanation.held_out_predictions, held_out.predict(np.ones((1, 5))))


def test_least_squares_on_all_masks():
    masks, w = weighted_rows(5)
    strings = [" ".join(np.where(mask, WORDS, "")) for mask in masks]
    reference = LinearRegression().fit(masks, jumps(strings), sample_weight=w)
    explanation = explain(jumps, " ".join(WORDS), surrogate=LinearRegression())
    assert_allclose(explanation.values[:, 0], reference.coef_, atol=1e-10)


def test_any_surrogate_on_all_masks():
    masks, w = weighted_rows(5)
    strings = [" ".join(np.where(mask, WORDS, "")) for mask in masks]
    reference = Lasso(alpha=0.01).fit(masks, jumps(strings), sample_weight=w)
    explanation = explain(jumps, " ".join(WORDS), surrogate=Lasso(alpha=0.01))
    assert_allclose(explanation.values[:, 0], reference.coef_, atol=1e-3)
    assert (explanation.standard_errors == 0.0).all()


def test_all_masks_leave_nothing_to_chance():
    first = explain(jumps, " ".join(WORDS), random_state=0)
    second = explain(jumps, " ".join(WORDS), random_state=1)
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
    explanation = explain(
        jumps, " ".join(WORDS), selection=selection, max_features=max_features
    )
    assert_array_equal(explanation.selected[:, 0], expected)
    reference = Ridge().fit(masks[:, expected], F, sample_weight=w)
    assert_allclose(explanation.values[expected, 0], reference.coef_, atol=1e-10)
    assert not explanation.values[~expected].any()


def many_words(n_words, seed=0):
    return " ".join(f"w{place}" for place in range(n_words))


def weighted_sum(texts):
    """A weight for each word, the first ones the largest; and a product."""
    found = []
    for text in texts:
        places = [int(word[1:]) for word in text.split()]
        found.append(sum(1.0 / (1 + place) for place in places) + 0.5 * (0 in places and 1 in places))
    return np.array(found)


@pytest.mark.parametrize("selection", ["forward", "highest_weights", "lasso_path"])
def test_screening_of_a_long_document_changes_no_selection(selection, monkeypatch):
    options = {"selection": selection, "max_features": 5, "n_perturbations": 256}
    text = many_words(60)
    whole = explain(weighted_sum, text, **options)
    monkeypatch.setattr("sklime._mask_fit._MAX_CANDIDATES", 10)
    screened = explain(weighted_sum, text, **options)
    assert_array_equal(screened.selected, whole.selected)
    assert_allclose(screened.values, whole.values)


@pytest.mark.parametrize("control_variates", [True, False])
def test_additive_model_is_its_own_explanation(control_variates):
    # Up to what the penalty takes; whatever the sample.
    def additive(texts):
        return [sum(int(word[1:]) for word in text.split()) for text in texts]

    explanation = explain(
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
                explain(
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
    exact = explain(weighted_sum, text, n_perturbations=4096, **options)
    assert exact.n_perturbations in (4095, 4096)
    found = np.array(
        [
            explain(weighted_sum, text, n_perturbations=1024, random_state=seed, **options).values
            for seed in range(30)
        ]
    )
    z = (found.mean(axis=0) - exact.values) / (found.std(axis=0, ddof=1) / np.sqrt(30))
    assert np.abs(z).max() < 4.5


def test_variates_make_less_noise(model):
    def noise(control_variates):
        weights = [
            explain(
                model,
                LONG,
                control_variates=control_variates,
                random_state=seed,
                max_features=None,
                n_perturbations=256,
            ).values
            for seed in range(6)
        ]
        return np.mean(np.var(weights, axis=0))

    assert noise(True) < noise(False) / 10


def test_standard_errors_are_the_jackknife_of_left_out_values(model):
    explanation = explain(model, LONG, n_perturbations=256)
    left_out = explanation.left_out_values
    assert left_out.shape == (8, len(explanation.feature_names), 1)
    spread = ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
    selected = explanation.selected
    assert_allclose(explanation.standard_errors[selected] ** 2, (7 / 8 * spread)[selected])
    assert selected.sum() == 10
    assert (explanation.reselected_values != 0).sum(axis=1).max() <= 10


@pytest.mark.parametrize("n_words", [4, 30])
@pytest.mark.parametrize("control_variates", [True, False])
def test_weights_add_up_to_the_local_prediction(n_words, control_variates):
    explanation = explain(
        weighted_sum, many_words(n_words), control_variates=control_variates, max_features=3
    )
    total = explanation.intercepts + explanation.values.sum(axis=0)
    assert_allclose(explanation.local_predictions, total)


@pytest.mark.parametrize("n_words", [0, 1, 4, 30])
@pytest.mark.parametrize("control_variates", [True, False])
def test_constant_model_gives_zeros_and_no_fidelity(n_words, control_variates):
    explanation = explain(
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

    assert explain(noise, many_words(100), max_features=None).fidelity[0] < 0.1


def test_kernel_is_a_function_of_the_distance():
    seen = []

    def kernel(distances, width):
        seen.append((distances, width))
        return np.exp(-0.5 * (distances / width) ** 2)

    ours = explain(weighted_sum, many_words(12), kernel=kernel)
    assert_array_equal(ours.values, explain(weighted_sum, many_words(12)).values)
    distances, width = seen[0]
    assert width == 0.25
    assert_allclose(distances, 1 - np.sqrt(np.arange(13) / 12))


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "hamming", "jaccard", "manhattan"])
def test_any_metric_that_forgets_the_order(metric):
    from sklime._documents import mask_distances

    masks = np.arange(6) < np.arange(7)[:, None]
    if metric != "jaccard":
        masks = masks.astype(float)
    expected = pairwise_distances(masks, np.ones((1, 6), masks.dtype), metric=metric)[:, 0]
    assert_allclose(mask_distances(6, metric), expected)


def test_bad_kernel_is_refused():
    with pytest.raises(ValueError, match="kernel must return one finite weight"):
        explain(weighted_sum, many_words(12), kernel=lambda distances, width: distances[:3])


# Model calls


@pytest.mark.parametrize("positions", [False, True])
def test_each_text_is_asked_about_once(positions):
    recorder = Recorder(lengths)
    explainer = LimeTextExplainer(recorder, positions=positions).fit(["a"])
    recorder.calls.clear()
    explainer.explain(["good good good bad"])
    assert len(recorder.texts) == len(set(recorder.texts))
    # Removed occurrences of one word leave the same text, whichever they are.
    assert len(recorder.texts) == (2 * 2**3 if positions else 2 * 2)


def test_a_document_takes_no_more_calls_than_asked_for():
    recorder = Recorder(lengths)
    explainer = LimeTextExplainer(recorder, n_perturbations=300).fit(["a"])
    recorder.calls.clear()
    explainer.explain([many_words(100)])
    assert len(recorder.texts) <= 301


def test_batches_are_no_larger_than_asked_for():
    recorder = Recorder(lengths)
    explainer = LimeTextExplainer(recorder, batch_size=50).fit(["a"])
    recorder.calls.clear()
    explainer.explain([many_words(40)])
    assert max(map(len, recorder.calls)) == 50
    one = explain(lengths, many_words(40), batch_size=50)
    assert_allclose(one.values, explain(lengths, many_words(40)).values)


# The way around the vectorizer

VECTORIZERS = [
    CountVectorizer(),
    CountVectorizer(binary=True),
    CountVectorizer(lowercase=False, token_pattern=r"\w+", dtype=np.float32),
    CountVectorizer(stop_words=["film", "the"], strip_accents="unicode"),
    TfidfVectorizer(),
    TfidfVectorizer(sublinear_tf=True, norm="l1"),
    TfidfVectorizer(use_idf=False, norm=None),
    TfidfVectorizer(binary=True, max_features=20, dtype=np.float32),
    HashingVectorizer(n_features=64),
    HashingVectorizer(n_features=64, norm="l1", alternate_sign=False),
    HashingVectorizer(n_features=64, norm=None),
]
MESSY = "The FILM: don't... the film's plot-hole, café good_film 3.14 x y good; BAD bad! the" + (
    " good plot was awful and very dull but quite fine so"
)


def opaque(model):
    return lambda texts: model.predict_proba(texts)


@pytest.mark.parametrize("positions", [False, True])
@pytest.mark.parametrize("vectorizer", VECTORIZERS, ids=str)
def test_counts_from_masks_are_those_of_the_vectorizer(vectorizer, positions, monkeypatch):
    pipeline = make_pipeline(clone(vectorizer), MaxAbsScaler(), LogisticRegression())
    pipeline.fit(TEXTS, LABELS)
    options = {"positions": positions, "n_perturbations": 128, "random_state": 0}
    options |= {"control_variates": False}
    by_strings = LimeTextExplainer(opaque(pipeline), target=1, **options).fit(TEXTS)
    expected = by_strings.explain([MESSY])[0]
    by_counts = LimeTextExplainer(pipeline, **options).fit(TEXTS)
    asked = []
    kind = type(pipeline.steps[0][1])
    transform = kind.transform
    monkeypatch.setattr(
        kind, "transform", lambda self, texts: asked.append(len(texts)) or transform(self, texts)
    )
    found = by_counts.explain([MESSY])[0]
    assert_allclose(found.values, expected.values, atol=1e-6 if "float32" in str(vectorizer) else 1e-9)
    assert sum(asked) < 64


@pytest.mark.parametrize(
    "options",
    [{"analyzer": "char"}, {"mask_token": "UNK"}, {"analyzer": lambda text: [(0, 3), (3, 7)]}],
)
@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2)])
def test_strings_are_asked_where_counts_do_not_add_up(options, ngram_range):
    pipeline = make_pipeline(CountVectorizer(ngram_range=ngram_range), LogisticRegression())
    pipeline.fit(TEXTS, LABELS)
    text = "good film was bad"
    found = explain(pipeline, text, **options)
    expected = explain(opaque(pipeline), text, target=1, **options)
    assert_allclose(found.values, expected.values, atol=1e-12)


def test_words_with_nothing_between_them_are_asked_as_strings():
    pipeline = make_pipeline(CountVectorizer(), LogisticRegression()).fit(TEXTS, LABELS)
    options = {"token_pattern": "good|film|bad"}
    found = explain(pipeline, "goodfilm bad", **options)
    expected = explain(opaque(pipeline), "goodfilm bad", target=1, **options)
    assert_allclose(found.values, expected.values, atol=1e-12)


def test_subclass_of_a_vectorizer_is_asked_as_strings():
    class Upper(CountVectorizer):
        def transform(self, texts):
            return super().transform([text.replace("good", "bad") for text in texts])

    pipeline = make_pipeline(Upper(), LogisticRegression()).fit(TEXTS, LABELS)
    assert_allclose(
        explain(pipeline, "good film").values, explain(opaque(pipeline), "good film", target=1).values
    )
