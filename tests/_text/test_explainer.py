"""Texts: the fit against plain references, inputs of all kinds, models of all kinds."""

import pickle
import re
import threading

import numpy as np
import pandas as pd
import polars as pl
import pytest
from documents import (
    LONG_REVIEW,
    MOODS,
    REVIEWS,
    TextRecorder,
    explain_text,
    lengths,
    many_words,
    opaque,
    weighted_sum,
)
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import pairwise_distances
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor

from sklime import LimeTextExplainer, TextExplanation, TextExplanationBatch
from sklime.selection import forward, highest_weights, lasso_path


def jumps(texts):
    """A function that is not additive in words, nor smooth."""
    has = {word: np.array([word in text for text in texts]) for word in ("good", "film", "one")}
    return 1.0 * (has["good"] & has["film"]) - 0.3 * has["one"] + 0.01 * lengths(texts)


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


WORDS = ["good", "film", "one", "zwei", "drei"]


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


def test_kernel_is_a_function_of_the_distance():
    seen = []

    def kernel(distances, width):
        seen.append((distances, width))
        return np.exp(-0.5 * (distances / width) ** 2)

    ours = explain_text(weighted_sum, many_words(12), kernel=kernel)
    assert_array_equal(ours.values, explain_text(weighted_sum, many_words(12)).values)
    distances, width = seen[0]
    assert width == 0.25
    assert_allclose(distances, 1 - np.sqrt(np.arange(13) / 12))


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "hamming", "jaccard", "manhattan"])
def test_any_metric_that_forgets_the_order(metric):
    from sklime._masks._kernel import mask_distances

    masks = np.arange(6) < np.arange(7)[:, None]
    if metric != "jaccard":
        masks = masks.astype(float)
    expected = pairwise_distances(masks, np.ones((1, 6), masks.dtype), metric=metric)[:, 0]
    assert_allclose(mask_distances(6, metric), expected)


def test_bad_kernel_is_refused():
    with pytest.raises(ValueError, match="kernel must return one finite weight"):
        explain_text(weighted_sum, many_words(12), kernel=lambda distances, width: distances[:3])


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


@pytest.mark.parametrize("positions", [False, True])
@pytest.mark.parametrize("vectorizer", VECTORIZERS, ids=str)
def test_counts_from_masks_are_those_of_the_vectorizer(vectorizer, positions, monkeypatch):
    pipeline = make_pipeline(clone(vectorizer), MaxAbsScaler(), LogisticRegression())
    pipeline.fit(REVIEWS, MOODS)
    options = {"positions": positions, "n_perturbations": 128, "random_state": 0}
    options |= {"control_variates": False}
    by_strings = LimeTextExplainer(opaque(pipeline), target=1, **options).fit(REVIEWS)
    expected = by_strings.explain([MESSY])[0]
    by_counts = LimeTextExplainer(pipeline, **options).fit(REVIEWS)
    asked = []
    kind = type(pipeline.steps[0][1])
    transform = kind.transform
    monkeypatch.setattr(
        kind, "transform", lambda self, texts: asked.append(len(texts)) or transform(self, texts)
    )
    found = by_counts.explain([MESSY])[0]
    assert_allclose(
        found.values, expected.values, atol=1e-6 if "float32" in str(vectorizer) else 1e-9
    )
    assert sum(asked) < 64


@pytest.mark.parametrize(
    "options",
    [{"analyzer": "char"}, {"mask_token": "UNK"}, {"analyzer": lambda text: [(0, 3), (3, 7)]}],
)
@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2)])
def test_strings_are_asked_where_counts_do_not_add_up(options, ngram_range):
    pipeline = make_pipeline(CountVectorizer(ngram_range=ngram_range), LogisticRegression())
    pipeline.fit(REVIEWS, MOODS)
    text = "good film was bad"
    found = explain_text(pipeline, text, **options)
    expected = explain_text(opaque(pipeline), text, target=1, **options)
    assert_allclose(found.values, expected.values, atol=1e-12)


def test_words_with_nothing_between_them_are_asked_as_strings():
    pipeline = make_pipeline(CountVectorizer(), LogisticRegression()).fit(REVIEWS, MOODS)
    options = {"token_pattern": "good|film|bad"}
    found = explain_text(pipeline, "goodfilm bad", **options)
    expected = explain_text(opaque(pipeline), "goodfilm bad", target=1, **options)
    assert_allclose(found.values, expected.values, atol=1e-12)


def test_subclass_of_a_vectorizer_is_asked_as_strings():
    class Upper(CountVectorizer):
        def transform(self, texts):
            return super().transform([text.replace("good", "bad") for text in texts])

    pipeline = make_pipeline(Upper(), LogisticRegression()).fit(REVIEWS, MOODS)
    assert_allclose(
        explain_text(pipeline, "good film").values,
        explain_text(opaque(pipeline), "good film", target=1).values,
    )


# Documents as they come


@pytest.mark.parametrize(
    "container",
    [
        list,
        tuple,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        lambda texts: np.array(texts)[:, None],
        pd.Series,
        lambda texts: pd.Series(texts, dtype="string"),
        lambda texts: pd.DataFrame({"text": texts}),
        lambda texts: pl.DataFrame({"text": texts}),
        lambda texts: pl.Series(texts),
        iter,
    ],
)
def test_any_container_gives_the_same_weights(container, review_model):
    texts = [*REVIEWS[:3], ""]
    function = review_model.predict_proba
    by_lists = LimeTextExplainer(opaque(review_model), target=1, random_state=0).fit(REVIEWS)
    expected = by_lists.transform(texts).toarray()
    explainer = LimeTextExplainer(
        lambda X: function(X if isinstance(X, list) else list(X["text"])), target=1, random_state=0
    )
    found = explainer.fit(container(REVIEWS)).transform(container(texts)).toarray()
    assert_allclose(found, expected, atol=1e-12)


def test_index_labels_the_documents(review_model):
    documents = pd.Series(REVIEWS[:2], index=["first", "second"])
    batch = LimeTextExplainer(review_model, random_state=0).fit(documents).explain(documents)
    assert batch.row_labels.tolist() == ["first", "second"]
    assert batch.to_frame()["row"].unique().tolist() == ["first", "second"]
    assert "document second" in repr(batch[1])


def test_model_fitted_on_a_frame_gets_frames(review_model):
    frame = pd.DataFrame({"text": REVIEWS})
    columns = make_column_transformer((TfidfVectorizer(), "text"))
    pipeline = make_pipeline(columns, LogisticRegression()).fit(frame, MOODS)
    explainer = LimeTextExplainer(pipeline, random_state=0).fit(frame)
    by_lists = LimeTextExplainer(opaque(review_model), target=1, random_state=0).fit(REVIEWS)
    expected = by_lists.transform(REVIEWS[:3])
    assert_allclose(explainer.transform(frame[:3]).toarray(), expected.toarray(), atol=1e-9)


@pytest.mark.parametrize("method", ["fit", "explain", "transform"])
@pytest.mark.parametrize(
    ("documents", "error", "message"),
    [
        ("one text", ValueError, r"list of documents, \[text\]"),
        (b"one text", ValueError, r"list of documents, \[text\]"),
        ([], ValueError, r"Found array with 0 sample\(s\)"),
        (["a", None], ValueError, "Row 1 of X is missing"),
        (["a", float("nan")], ValueError, "Row 1 of X is missing"),
        (pd.Series(["a", None], index=["p", "q"]), ValueError, "Row q of X is missing"),
        (pd.Series(["a", pd.NA], dtype="string"), ValueError, "Row 1 of X is missing"),
        (["a", b"b"], ValueError, "Row 1 of X holds bytes"),
        (["a", 3], ValueError, "Row 1 of X holds 3, which is no text"),
        ([["a"], ["b"]], ValueError, "Row 0 of X holds"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), ValueError, "X has 2 columns"),
        (np.array([["a", "b"]]), ValueError, "X has 2 columns"),
        (np.array([[["a"]]]), ValueError, "X has 3 dimensions"),
        (sparse.csr_matrix((2, 2)), ValueError, "sparse"),
        (3, TypeError, "X is of type int"),
        ({"a": 1}, TypeError, "X is of type dict"),
    ],
)
def test_what_is_no_list_of_texts_is_refused(method, documents, error, message, review_model):
    explainer = LimeTextExplainer(review_model, random_state=0).fit(REVIEWS)
    with pytest.raises(error, match=message):
        getattr(explainer, method)(documents)


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


def test_spans_are_where_words_are():
    text = "\U0001f600 <b>café</b> & cafe\u0301, don't \u2028 café"
    explanation = explain_text(lengths, text, target=0)
    for word, spans in zip(explanation.feature_names, explanation.spans, strict=True):
        assert {explanation.document[start:end] for start, end in spans} == {word}
    assert explanation.document == text
    assert explanation.data.tolist() == [len(spans) for spans in explanation.spans]
    assert dict(zip(explanation.feature_names, explanation.data.tolist()))["café"] == 2


def test_markup_and_odd_characters_reach_the_model_as_they_are():
    text = "<script>alert('&amp;')</script> \x00 \ud800 good"
    recorder = TextRecorder(lengths)
    explain_text(recorder, text)
    assert text in recorder.texts
    assert all("<" in one and "\ud800" in one for one in recorder.texts)


def test_positions_tell_occurrences_apart():
    def first_word(texts):
        return [1.0 * text.strip().startswith("good") for text in texts]

    explanation = explain_text(
        first_word, "good film, good plot", positions=True, max_features=None
    )
    weights = dict(zip(explanation.conditions, explanation.values[:, 0]))
    assert weights["good (1 of 2)"] > 0.5
    assert abs(weights["good (2 of 2)"]) < 0.2
    assert explanation.feature_names == ("good", "film", "good", "plot")


def test_columns_of_occurrences_are_their_sum(review_model):
    explainer = LimeTextExplainer(review_model, positions=True, random_state=0).fit(REVIEWS)
    text = "good film, good plot"
    explanation = explainer.explain([text])[0]
    column = explainer.vocabulary_["good"]
    total = explanation.values[[0, 2]].sum()
    assert_allclose(explainer.transform([text])[0, column], total)


def test_mask_token_is_what_the_model_sees():
    recorder = TextRecorder(lambda texts: [text.count("[MASK]") for text in texts])
    explanation = explain_text(
        recorder, "a b a c", mask_token="[MASK]", surrogate=LinearRegression(), max_features=None
    )
    assert "[MASK] b [MASK] c" in recorder.texts
    assert_allclose(explanation.values[:, 0], [-2, -1, -1], atol=1e-9)


# What transform returns


def test_transform_is_what_explain_says(review_model):
    explainer = LimeTextExplainer(review_model, random_state=0).fit(REVIEWS[:60])
    documents = [*REVIEWS[60:64], "good unheard-of film"]
    weights = explainer.transform(documents)
    assert sparse.issparse(weights)
    assert weights.format == "csr"
    names = explainer.get_feature_names_out()
    assert names.tolist() == sorted(names)
    assert weights.shape == (5, len(names))
    for row, explanation in zip(weights.toarray(), explainer.explain(documents)):
        found = dict(zip(names, row))
        for word, weight in zip(explanation.feature_names, explanation.values[:, 0]):
            assert found.pop(word, weight) == pytest.approx(weight, abs=1e-15)
        assert not any(found.values())
    assert "unheard" in explainer.explain(documents)[4].feature_names


def test_several_classes_stand_beside_each_other(species_model):
    explainer = LimeTextExplainer(species_model, random_state=0, sparse_output=False).fit(REVIEWS)
    explainer.set_output(transform="pandas")
    frame = explainer.transform(pd.DataFrame({"text": REVIEWS[:2]}, index=["p", "q"]))
    assert frame.index.tolist() == ["p", "q"]
    n_words = len(explainer.vocabulary_)
    assert frame.columns[0] == "cat__" + next(iter(explainer.vocabulary_))
    assert frame.columns[-1].startswith("owl__")
    assert frame.shape == (2, 3 * n_words)
    dogs = (
        LimeTextExplainer(species_model, target="dog", random_state=0)
        .fit(REVIEWS)
        .transform(REVIEWS[:2])
    )
    assert_allclose(frame.iloc[:, n_words : 2 * n_words], dogs.toarray(), atol=1e-6)


def test_sparse_frames_are_refused(review_model):
    explainer = LimeTextExplainer(review_model, random_state=0).fit(REVIEWS)
    explainer.set_output(transform="pandas")
    with pytest.raises(ValueError, match="sparse_output=False"):
        explainer.transform(REVIEWS[:1])


def test_it_stands_in_a_pipeline(review_model):
    explainer = LimeTextExplainer(review_model, n_perturbations=64, random_state=0)
    pipeline = make_pipeline(explainer, KMeans(2, random_state=0)).fit(REVIEWS[:20])
    assert pipeline.predict(REVIEWS[:5]).shape == (5,)


def test_search_explains_the_model_as_it_is(review_model):
    explainer = LimeTextExplainer(review_model, n_perturbations=64, random_state=0)
    search = GridSearchCV(explainer, {"keep": [None, 0.8]}, cv=2).fit(REVIEWS[:8])
    assert search.best_estimator_.estimator_ is review_model
    assert search.best_score_ <= 1.0


# A pure function


def test_weights_do_not_depend_on_company_or_order(review_model):
    explainer = LimeTextExplainer(review_model, random_state=0).fit(REVIEWS)
    together = explainer.transform([*REVIEWS[:6], LONG_REVIEW]).toarray()
    backwards = explainer.transform([LONG_REVIEW, *REVIEWS[5::-1]]).toarray()[::-1]
    alone = np.vstack(
        [explainer.transform([text]).toarray() for text in [*REVIEWS[:6], LONG_REVIEW]]
    )
    assert_array_equal(together, backwards)
    assert_array_equal(together, alone)


@pytest.mark.parametrize("options", [{"n_jobs": 2}, {"batch_size": 7}, {"verbose": 0}])
def test_how_the_work_is_cut_changes_nothing(options, review_model):
    expected = (
        LimeTextExplainer(review_model, random_state=0)
        .fit(REVIEWS)
        .transform([LONG_REVIEW, *REVIEWS[:3]])
    )
    found = (
        LimeTextExplainer(review_model, random_state=0, **options)
        .fit(REVIEWS)
        .transform([LONG_REVIEW, *REVIEWS[:3]])
    )
    assert_allclose(found.toarray(), expected.toarray(), atol=1e-10)


def test_blocks_of_masks_change_nothing(monkeypatch):
    expected = explain_text(weighted_sum, many_words(40))
    monkeypatch.setattr("sklime.neighborhoods._masks._MAX_KEPT_CELLS", 0)
    monkeypatch.setattr("sklime._masks._answers._MAX_PENDING_BYTES", 500)
    assert_allclose(explain_text(weighted_sum, many_words(40)).values, expected.values, atol=1e-12)


def test_another_seed_gives_other_weights(review_model):
    first, second = (
        explain_text(review_model, LONG_REVIEW, random_state=seed).values for seed in (0, 1)
    )
    assert not np.array_equal(first, second)
    assert_array_equal(first, explain_text(review_model, LONG_REVIEW, random_state=0).values)


def test_explaining_changes_nothing(review_model, untouched_global_random_state):
    explainer = LimeTextExplainer(review_model, random_state=0).fit(REVIEWS)
    before = pickle.dumps(explainer)
    explainer.explain([LONG_REVIEW, ""])
    explainer.transform(REVIEWS[:2])
    assert pickle.dumps(explainer) == before


def test_it_can_be_cloned_and_pickled(review_model):
    explainer = LimeTextExplainer(review_model, random_state=0)
    assert clone(explainer).estimator is review_model
    fitted = explainer.fit(REVIEWS)
    again = pickle.loads(pickle.dumps(fitted))
    assert_array_equal(
        again.transform([LONG_REVIEW]).toarray(), fitted.transform([LONG_REVIEW]).toarray()
    )


# Models of all kinds


def test_class_labels_are_targets(species_model):
    batch = (
        LimeTextExplainer(species_model, target="owl", random_state=0)
        .fit(REVIEWS)
        .explain(REVIEWS[:2])
    )
    assert batch.output_names == ("owl",)
    assert batch[0].explained_names() == ("owl",)
    with pytest.raises(ValueError, match=r"target='ow' is not a class.*'cat', 'dog', 'owl'"):
        LimeTextExplainer(species_model, target="ow").fit(REVIEWS)


def test_predicted_class_of_each_document(species_model):
    texts = ["good cats", "bad owls", "the dogs"]
    batch = (
        LimeTextExplainer(species_model, target="predicted", random_state=0)
        .fit(REVIEWS)
        .explain(texts)
    )
    assert [one.explained_names()[0] for one in batch] == ["cat", "owl", "dog"]
    assert batch.to_frame()["output"].unique().tolist() == ["cat", "owl", "dog"]
    assert_allclose(batch.predictions[:, 0], batch.responses.max(axis=1))


@pytest.mark.parametrize(
    "answer",
    [
        lambda texts: lengths(texts),
        lambda texts: lengths(texts)[:, None],
        lambda texts: lengths(texts).tolist(),
        lambda texts: pd.Series(lengths(texts)),
        lambda texts: pd.DataFrame({"length": lengths(texts)}),
    ],
)
def test_one_number_a_text_however_it_comes(answer):
    expected = explain_text(lengths, "a bb ccc")
    assert_allclose(explain_text(answer, "a bb ccc").values, expected.values)


def test_regression_by_an_estimator():
    pipeline = make_pipeline(CountVectorizer(), Ridge()).fit(REVIEWS, 1.0 + 2.0 * MOODS)
    explainer = LimeTextExplainer(pipeline, random_state=0).fit(REVIEWS)
    assert explainer.n_outputs_ == 1
    words = [
        word for word, weight in explainer.explain(["good bad film"])[0].as_list() if weight > 0
    ]
    assert "good" in words
    assert "bad" not in words


def test_decision_function_and_link(review_model):
    margins = explain_text(
        review_model, LONG_REVIEW, response_method="decision_function", max_features=None
    )
    odds = explain_text(review_model, LONG_REVIEW, link="logit", max_features=None)
    assert_allclose(odds.values, margins.values, atol=1e-6)


def test_unfitted_model_is_cloned_and_fitted():
    unfitted = make_pipeline(TfidfVectorizer(), LogisticRegression())
    explainer = LimeTextExplainer(unfitted, random_state=0).fit(REVIEWS, MOODS)
    assert not hasattr(unfitted.steps[1][1], "coef_")
    assert_array_equal(explainer.classes_, [0, 1])
    with pytest.raises(ValueError, match="requires y"):
        LimeTextExplainer(unfitted).fit(REVIEWS)


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


def test_set_params_does_not_reach_into_a_fitted_model(review_model):
    with pytest.raises(ValueError, match="explained as it is"):
        LimeTextExplainer(review_model).set_params(estimator__logisticregression__C=2.0)


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"analyzer": "words"}, "analyzer"),
        ({"analyzer": None}, "analyzer"),
        ({"keep": 0.0}, "keep"),
        ({"keep": 1.0}, "keep"),
        ({"ngram_size": 0}, "ngram_size"),
        ({"mask_token": 3}, "mask_token"),
        ({"on_error": "ignore"}, "on_error"),
        ({"n_perturbations": "auto"}, "n_perturbations"),
        ({"n_perturbations": 10}, "fewer than 2 perturbations"),
        ({"max_features": 0}, "max_features"),
        ({"kernel_width": 0.0}, "kernel_width"),
        ({"selection": "forwards"}, "selection"),
        ({"token_pattern": "("}, "is no regular expression"),
        ({"token_pattern": "(a)(b)"}, "has 2 groups"),
        ({"positions": "yes"}, "positions"),
        ({"surrogate": KMeans()}, "sample_weight|coef_"),
    ],
)
def test_wrong_parameters_are_named(options, message, review_model):
    with pytest.raises(ValueError, match=message):
        LimeTextExplainer(review_model, **options).fit(REVIEWS)


def test_number_of_labels_must_fit():
    unfitted = make_pipeline(TfidfVectorizer(), LogisticRegression())
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        LimeTextExplainer(unfitted).fit(REVIEWS, MOODS[:-1])


def test_threads_share_the_documents():
    # Each of two calls waits for the other one: they must be made at the same time.
    barrier = threading.Barrier(2, timeout=20)

    def slow(texts):
        if len(texts) > 1:
            barrier.wait()
        return lengths(texts)

    explainer = LimeTextExplainer(slow, n_jobs=2, random_state=0).fit(["a"])
    assert len(explainer.explain(["a b c", "d e f"])) == 2


# Batches


@pytest.fixture(scope="module")
def batch(species_model):
    """Explanations of four documents, three classes."""
    return (
        LimeTextExplainer(species_model, random_state=0)
        .fit(REVIEWS)
        .explain([*REVIEWS[:3], "good cats"])
    )


def test_a_batch_is_a_sequence(batch):
    assert isinstance(batch, TextExplanationBatch)
    assert len(batch) == 4
    assert isinstance(batch[0], TextExplanation)
    assert batch[-1].document == "good cats"
    assert [one.document for one in batch] == list(batch.documents)
    assert batch[1:3].documents == batch.documents[1:3]
    assert batch[np.array([True, False, False, True])].row_labels.tolist() == [0, 3]
    assert batch[[3, 0]].row_labels.tolist() == [3, 0]
    assert len(batch[:0]) == 0
    assert len(batch[:0].to_frame()) == 0
    with pytest.raises(IndexError, match="row 9 is out of range"):
        batch[9]
    assert repr(batch) == "<TextExplanationBatch: 4 documents x 3 outputs>"


@pytest.mark.parametrize(
    "name",
    ["values", "standard_errors", "left_out_values", "encodings", "conditions", "feature_names"],
)
def test_ragged_arrays_say_where_to_look(name, batch):
    with pytest.raises(
        AttributeError, match=rf"each document has its own parts.*batch\[0\].{name}"
    ):
        getattr(batch, name)
    with pytest.raises(AttributeError, match="each document has its own parts"):
        batch.confidence_intervals()
    assert not hasattr(batch, "nothing_of_that_name")


def test_arrays_over_documents(batch):
    for name in ("intercepts", "predictions", "local_predictions", "fidelity", "explained"):
        assert getattr(batch, name).shape == (4, 3)
    for name in ("effective_sample_size", "n_perturbations", "failures", "row_labels"):
        assert getattr(batch, name).shape == (4,)
    assert batch.converged.all()
    assert_allclose(batch.predictions.sum(axis=1), 1.0)


def test_frames_of_one_and_of_many_agree(batch):
    frame = batch.to_frame()
    expected = pd.concat([one.to_frame() for one in batch], ignore_index=True)
    pd.testing.assert_frame_equal(frame, expected)
    assert set(frame["output"]) == {"cat", "dog", "owl"}


def test_batches_are_frozen_and_pickle(batch):
    with pytest.raises(AttributeError):
        batch.intercepts = None
    with pytest.raises(ValueError, match="read-only"):
        batch.predictions[0, 0] = 1.0
    again = pickle.loads(pickle.dumps(batch))
    assert_array_equal(again.predictions, batch.predictions)
    assert again[0].document == batch[0].document
    with pytest.raises(AttributeError):
        batch[0].document = ""


def test_one_explanation_is_shown(batch):
    text = repr(batch[3])
    assert "good" in text
    assert "cats" in text
    display = batch[3].plot(output="cat")
    assert [label.get_text() for label in display.ax_.get_yticklabels()]
    assert isinstance(batch[3].as_list("cat")[0][0], str)
    assert re.search("class 'cat'", text)


def test_json_gives_the_same_again(batch, tmp_path):
    path = tmp_path / "texts.json"
    batch.to_json(path)
    again = TextExplanationBatch.from_json(path)
    assert again.to_json() == batch.to_json()
    pd.testing.assert_frame_equal(again.to_frame(), batch.to_frame())
    one = TextExplanation.from_json(batch[3].to_json())
    assert one.document == "good cats"
    assert [spans.tolist() for spans in one.spans] == [spans.tolist() for spans in batch[3].spans]
    assert repr(one) == repr(batch[3])


@pytest.mark.parametrize("unit", [2.0**-1000, 2.0**-140, 2.0**140, 2.0**450])
def test_huge_and_tiny_responses_are_explained_like_others(unit):
    def curved(texts):
        return [2.0 + text.count("good") / np.sqrt(1 + len(text.split())) for text in texts]

    usual = explain_text(curved, LONG_REVIEW, random_state=0)
    other = explain_text(lambda texts: unit * np.array(curved(texts)), LONG_REVIEW, random_state=0)
    for name in ("values", "standard_errors", "left_out_values", "intercepts", "fidelity"):
        expected = getattr(usual, name) * (1.0 if name == "fidelity" else unit)
        assert_allclose(getattr(other, name), expected, rtol=1e-3, atol=1e-6 * unit)


# Models of numbers


@pytest.mark.parametrize(
    "make_model",
    [
        LogisticRegression,
        lambda: make_pipeline(MaxAbsScaler(), LogisticRegression()),
        lambda: make_pipeline("passthrough", LogisticRegression()),
        lambda: make_pipeline(FunctionTransformer(lambda X: X.reshape(len(X), -1)), LinearSVC()),
    ],
)
def test_model_of_numbers_is_refused(make_model):
    X = np.random.default_rng(0).normal(size=(40, 3))
    fitted = make_model().fit(X, X[:, 0] > 0)
    with pytest.raises(ValueError, match=r"a table of 3 columns.*LimeTabularExplainer"):
        LimeTextExplainer(fitted).fit(REVIEWS)


@pytest.mark.parametrize(
    "make_model",
    [
        LogisticRegression,
        lambda: make_pipeline(MaxAbsScaler(), LogisticRegression()),
        lambda: make_pipeline(SimpleImputer(), LogisticRegression()),
        lambda: GridSearchCV(LogisticRegression(), {"C": [1.0]}, cv=2),
    ],
)
def test_unfitted_model_of_numbers_is_refused(make_model):
    with pytest.raises(ValueError, match=r"does not learn from texts \(\w.*vectorizer"):
        LimeTextExplainer(make_model()).fit(REVIEWS, MOODS)


class LengthsWithColumns:
    """A model of texts that says on how many columns it was fitted, as wrappers do."""

    n_features_in_ = 7

    def predict(self, texts):
        return np.array([float(len(text)) for text in texts])


@pytest.mark.parametrize("options", [{"target": 5}, {"output_names": ["a", "b", "c"]}])
def test_wrong_parameters_are_not_blamed_on_a_model_of_texts(options):
    with pytest.raises(ValueError, match=f"^{next(iter(options))}"):
        LimeTextExplainer(LengthsWithColumns(), **options).fit(REVIEWS)
    frame = pd.DataFrame({"text": REVIEWS})
    texts = make_column_transformer((TfidfVectorizer(), "text"))
    table = make_pipeline(texts, LogisticRegression()).fit(frame, MOODS)
    with pytest.raises(ValueError, match=f"^{next(iter(options))}"):
        LimeTextExplainer(table, **options).fit(frame)
    LimeTextExplainer(LengthsWithColumns(), n_perturbations=32).fit(REVIEWS).explain(REVIEWS[:1])


def test_a_frame_that_lacks_columns_keeps_the_error_of_the_model():
    films = pd.DataFrame({"text": REVIEWS, "year": 1999})
    words = make_column_transformer((TfidfVectorizer(), "text"), remainder="passthrough")
    table = make_pipeline(words, LogisticRegression()).fit(films, MOODS)
    with pytest.raises(ValueError, match=r"^columns are missing"):
        LimeTextExplainer(table, column="text").fit(films[["text"]])
    with pytest.raises(ValueError, match="pass a DataFrame"):
        LimeTextExplainer(table).fit(REVIEWS)


def test_model_of_texts_keeps_its_own_error(review_model):
    def broken(texts):
        raise ValueError("no network")

    with pytest.raises(ValueError, match=r"^no network"):
        LimeTextExplainer(broken).fit(REVIEWS)
    table = make_pipeline(
        make_column_transformer((TfidfVectorizer(), "text")), LogisticRegression()
    ).fit(pd.DataFrame({"text": REVIEWS}), MOODS)
    frame = pd.DataFrame({"text": REVIEWS})
    explainer = LimeTextExplainer(table, n_perturbations=64, random_state=0).fit(frame)
    assert len(explainer.explain(frame[:1])[0].values)


@pytest.mark.parametrize("found", [None, 3, [None], [(True, False)], "ab", np.array(3), [{0, 1}]])
def test_analyzer_that_returns_no_spans_is_an_error_in_fit(found, review_model):
    with pytest.raises(ValueError, match=r"analyzer must return \(start, end\) pairs"):
        LimeTextExplainer(review_model, analyzer=lambda text: found).fit(REVIEWS)


def test_pattern_that_takes_a_character_twice_is_an_error_in_fit(review_model):
    with pytest.raises(ValueError, match="takes overlapping spans"):
        LimeTextExplainer(review_model, token_pattern=r"(?=(\w+))\w").fit(REVIEWS)


def test_emoji_get_weights():
    def cheer(texts):
        return np.array([float("\U0001f44d\U0001f3fd" in text) for text in texts])

    explainer = LimeTextExplainer(cheer, random_state=0).fit(["so so"])
    one = explainer.explain(["so \U0001f44d\U0001f3fd ok"])[0]
    assert_allclose(dict(one.as_list())["\U0001f44d\U0001f3fd"], 1.0)


def test_blanks_get_weights_as_characters():
    explainer = LimeTextExplainer(
        lambda texts: np.array([float(" " in text) for text in texts]),
        analyzer="char",
        random_state=0,
    ).fit(["a b"])
    assert_allclose(dict(explainer.explain(["a b"])[0].as_list())[" "], 1.0)
