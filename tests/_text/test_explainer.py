"""Texts: the fit against plain references, inputs of all kinds, models of all kinds."""

import pickle

import numpy as np
import pandas as pd
import pytest
from documents import (
    LONG_REVIEW,
    MOODS,
    REVIEWS,
    explain_text,
    lengths,
)
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from scipy.stats import t as student_t
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler
from sklearn.svm import LinearSVC

from sklime import LimeTextExplainer

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


def test_set_params_does_not_reach_into_a_fitted_model(review_model):
    with pytest.raises(ValueError, match="explained unchanged"):
        LimeTextExplainer(review_model).set_params(estimator__logisticregression__C=2.0)


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
        ({"n_perturbations": "many"}, "n_perturbations"),
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


def test_small_integers_of_numpy_do_not_overflow():
    texts = ["a good film", "a bad film", "no plot, good actors", "bad actors and no plot"]
    numbers = {"batch_size": 100, "n_replicates": 16, "max_features": 3, "ngram_size": 2}
    batches = [
        LimeTextExplainer(
            lambda texts: np.array([float("good" in text) for text in texts]),
            random_state=0,
            **{name: as_kind(number) for name, number in numbers.items()},
        )
        .fit(texts)
        .explain(["word " * 3 + "a good film with bad actors and no plot at all, I say"])
        for as_kind in (int, np.int8)
    ]
    assert_array_equal(batches[1][0].values, batches[0][0].values)
    assert_array_equal(batches[1][0].standard_errors, batches[0][0].standard_errors)


# As many copies as it takes


def auto_explainer(model, **options):
    options = {"tol": 0.2, "max_features": None, "random_state": 0, **options}
    return LimeTextExplainer(model, n_perturbations="auto", **options)


def length_of_words(texts):
    """A smooth function that no weights of words follow."""
    return np.array([np.sin(len(text) / 9.0) + text.count("good") for text in texts])


@pytest.mark.parametrize("keep", [None, 0.7])
def test_every_document_gets_as_many_copies_as_it_needs(keep, review_model):
    documents = [*REVIEWS[:4], LONG_REVIEW, "good film"]
    for model in (length_of_words, review_model):
        explainer = auto_explainer(model, keep=keep).fit(REVIEWS)
        batch = explainer.explain(documents)
        assert batch.converged.all()
        assert batch.n_replicates == 16
        assert batch.n_perturbations[-1] <= 4
        critical = student_t.ppf(0.975, 15)
        for one in batch:
            width = critical * np.nan_to_num(one.standard_errors).max()
            assert width <= 0.2 * np.abs(one.values).max()
        for one, document in zip(
            explainer.set_params(n_jobs=2).explain(documents[::-1])[::-1], batch
        ):
            assert one.n_perturbations == document.n_perturbations
            assert_array_equal(one.values, document.values)
        alone = explainer.explain([LONG_REVIEW])[0]
        assert_array_equal(alone.values, batch[4].values)
        inside = [name in explainer.vocabulary_ for name in alone.feature_names]
        assert_allclose(explainer.transform([LONG_REVIEW]).sum(), alone.values[inside].sum())


def test_document_that_does_not_converge_is_named():
    explainer = auto_explainer(length_of_words, tol=1e-6, max_perturbations=600).fit(REVIEWS)
    wanted = "is not reached with 512 copies for documents 1. Raise max_perturbations or tol"
    with pytest.warns(ConvergenceWarning, match=wanted):
        batch = explainer.explain(["a short one", LONG_REVIEW])
    assert batch.converged.tolist() == [True, False]
    assert batch.n_perturbations.tolist() == [7, 512]


def test_limit_below_the_first_number_of_copies_is_an_error():
    with pytest.raises(ValueError, match="max_perturbations=255 is less than the 256"):
        auto_explainer(length_of_words, max_perturbations=255).fit(REVIEWS)
