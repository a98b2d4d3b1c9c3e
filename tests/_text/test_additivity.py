"""The way around a vectorizer: taken where its counts are proved to add up, and nowhere else."""

import re

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MaxAbsScaler

from sklime import LimeTextExplainer
from sklime._text._additivity import counts_words
from sklime._text._response import CountPath
from sklime.parts import split_document

TEXTS = [
    "it is a good film with a fine plot and a good end",
    "the film was not good and the plot was worse than bad",
    "it is not that good actors save a bad film",
    "that is one long dull scene after another",
    "a fine cast and it is a very good story",
    "this is no story and that is no plot",
] * 3
LABELS = [1, 0, 0, 0, 1, 0] * 3
DOCUMENT = "it is not that the plot of this long film is good"
# The last letter of a word has a lower case of its own.
GREEK = "\u039f\u0394\u039f\u03a3.\u0391 \u03ba\u03b1\u03b9 \u039f\u0394\u039f\u03a3"


def response_of(pipeline):
    return LimeTextExplainer(pipeline).fit(["good"])._response


def path_of(pipeline):
    return CountPath.of(response_of(pipeline))


def counts_of(pipeline, split):
    path = path_of(pipeline)
    return None if path is None else path.counts_of(split)


def opaque(pipeline):
    return lambda texts: pipeline.predict_proba(texts)


def fitted(vectorizer, texts=TEXTS, *steps):
    return make_pipeline(vectorizer, *steps, LogisticRegression(C=10.0)).fit(texts, LABELS)


def all_masks(split, n_random=40):
    """All masks of a short document, many of a long one."""
    d = split.n_parts
    if d <= 6:
        return np.array(list(np.ndindex(*[2] * d)), dtype=bool)
    random = np.random.default_rng(d)
    drawn = random.random((n_random, d)) < random.random((n_random, 1))
    return np.vstack([np.ones((1, d), bool), np.zeros((1, d), bool), ~np.eye(d, dtype=bool), drawn])


def joined_not(text):
    return re.findall(r"(?:not\s+)?\w+", text)


def glued(text):
    return text.lower().replace("not ", "not_")


def depends_on_length(text):
    return text.lower() if len(text.split()) > 3 else ""


class Upper(CountVectorizer):
    """Another preprocessor by inheritance."""

    def build_preprocessor(self):
        return lambda text: text.replace("is not", "isn't")


ADVERSARIAL = {
    "pattern that joins": TfidfVectorizer(token_pattern=r"(?:not\s+)?\w+"),
    "pattern at the end": TfidfVectorizer(token_pattern=r"\w+$"),
    "pattern at the beginning": CountVectorizer(token_pattern=r"^\w+"),
    "pattern that looks ahead": CountVectorizer(token_pattern=r"\w+(?=\s+good)"),
    "pattern that looks back": CountVectorizer(token_pattern=r"(?<!not )\b\w+"),
    "pattern of spaces": CountVectorizer(token_pattern=r"\s+|\w+"),
    "pattern with an apostrophe": CountVectorizer(token_pattern=r"[\w' ]+"),
    "pattern that may be empty": CountVectorizer(token_pattern=r"\w*"),
    "tokenizer that joins": CountVectorizer(tokenizer=joined_not, token_pattern=None),
    "preprocessor that joins": TfidfVectorizer(preprocessor=glued),
    "preprocessor that counts words": TfidfVectorizer(preprocessor=depends_on_length),
    "accents by a function": CountVectorizer(strip_accents=glued),
    "pairs of words": CountVectorizer(ngram_range=(1, 2)),
    "characters": CountVectorizer(analyzer="char_wb", ngram_range=(2, 3)),
    "analyzer that joins": CountVectorizer(analyzer=joined_not),
    "binary hashing": HashingVectorizer(n_features=4, binary=True),
    "counts that overflow": CountVectorizer(dtype=np.int8),
    "subclass": Upper(),
}


@pytest.mark.parametrize("vectorizer", ADVERSARIAL.values(), ids=ADVERSARIAL)
def test_where_nothing_is_proved_strings_are_asked(vectorizer):
    pipeline = fitted(vectorizer)
    assert path_of(pipeline) is None
    for seed in range(3):
        explainer = LimeTextExplainer(pipeline, random_state=seed).fit(TEXTS)
        by_strings = LimeTextExplainer(opaque(pipeline), target=1, random_state=seed).fit(TEXTS)
        found, expected = (one.explain([DOCUMENT])[0] for one in (explainer, by_strings))
        assert_array_equal(found.values, expected.values)
        assert_array_equal(found.fidelity, expected.fidelity)


@pytest.mark.parametrize(
    "name", ["build_analyzer", "build_preprocessor", "build_tokenizer", "decode", "transform"]
)
def test_a_method_set_on_the_vectorizer_is_asked(name):
    response = response_of(fitted(CountVectorizer()))
    assert CountPath.of(response) is not None
    vectorizer = response.estimator[0]
    setattr(vectorizer, name, getattr(vectorizer, name))
    assert CountPath.of(response) is None


def test_a_method_set_on_the_pipeline_is_asked():
    pipeline = fitted(CountVectorizer())
    pipeline.predict_proba = lambda texts: np.tile([0.2, 0.8], (len(texts), 1))
    assert path_of(pipeline) is None
    assert not LimeTextExplainer(pipeline).fit(TEXTS).explain([DOCUMENT])[0].values.any()


def test_a_method_set_on_the_class_is_asked(monkeypatch):
    response = response_of(fitted(CountVectorizer()))
    monkeypatch.setattr(CountVectorizer, "build_tokenizer", lambda vectorizer: str.split)
    assert CountPath.of(response) is None


@pytest.mark.parametrize(
    "pattern",
    [r"(?u)\b\w\w+\b", r"\w+", r"(?u)\b\w+\b", r"\b[a-zA-Z]{3,}\b", r"\w{2,5}", r"[a-z0-9_]+\d"],
)
def test_patterns_of_word_characters_alone_are_known(pattern):
    pipeline = fitted(CountVectorizer(token_pattern=pattern), [f"{text} a1" for text in TEXTS])
    split = split_document(f"{DOCUMENT} Ab1c23de x9, good_film", "word")
    counts = counts_of(pipeline, split)
    masks = all_masks(split)
    expected = pipeline[0].transform(split.texts(masks, None))
    assert_array_equal(path_of(pipeline).matrix(counts, masks).toarray(), expected.toarray())


@pytest.mark.parametrize(
    ("vectorizer", "document", "pattern"),
    [
        # What is between the words vanishes, or turns into letters, before words are looked for.
        (CountVectorizer(strip_accents="ascii"), "film\N{EM DASH}plot good", None),
        (CountVectorizer(strip_accents="unicode"), "film\u0301plot good", r"[a-z]+"),
        (CountVectorizer(strip_accents="unicode"), "film\N{TRADE MARK SIGN}plot good", None),
        # The end of a word has another letter in lower case.
        (CountVectorizer(), GREEK, None),
        # Words with nothing between them.
        (CountVectorizer(), "goodfilm bad", "good|film|bad"),
        (CountVectorizer(token_pattern=r"\w"), "\u6f22\u5b57 good", None),
        # Removed words bring others together.
        (CountVectorizer(strip_accents="ascii"), "film\N{EM DASH}\u00e9\N{EM DASH}plot", None),
        (CountVectorizer(), "good-film bad", lambda text: [(4, 5)]),
    ],
)
def test_words_that_may_join_are_asked_as_strings(vectorizer, document, pattern):
    pipeline = fitted(vectorizer, [*TEXTS[:-1], f"{document} film plot filmplot goodfilm"])
    options = {"analyzer": pattern} if callable(pattern) else {"token_pattern": pattern}
    split = split_document(
        document,
        options.get("analyzer", "word"),
        token_pattern=(None if callable(pattern) else pattern),
    )
    assert path_of(pipeline) is not None
    assert counts_of(pipeline, split) is None
    found = LimeTextExplainer(pipeline, **options).fit(TEXTS).explain([document])[0]
    by_strings = LimeTextExplainer(opaque(pipeline), target=1, **options).fit(TEXTS)
    assert_array_equal(found.values, by_strings.explain([document])[0].values)


def test_symbols_side_by_side_do_not_stand_in_the_way():
    pipeline = fitted(TfidfVectorizer())
    split = split_document("a good film \U0001f600\U0001f600\u2764\ufe0f!", "word")
    assert counts_of(pipeline, split) is not None


def test_words_of_opposite_sign_leave_a_zero_behind():
    # A later step may look at what is stored.
    pipeline = fitted(HashingVectorizer(n_features=4, norm=None))
    split = split_document(DOCUMENT, "word")
    masks = all_masks(split, 400)
    found = path_of(pipeline).matrix(counts_of(pipeline, split), masks)
    expected = pipeline[0].transform(split.texts(masks, None))
    assert (expected.data == 0.0).any()
    assert_array_equal(found.indices, expected.indices)
    assert_array_equal(found.data, expected.data)
    assert found.indices.dtype == expected.indices.dtype


def test_parameters_changed_after_the_fit_of_the_vectorizer_change_nothing_that_was_fitted():
    pipeline = fitted(TfidfVectorizer())
    pipeline[0].set_params(norm=None, sublinear_tf=True)
    options = {"control_variates": False, "random_state": 0}
    found = LimeTextExplainer(pipeline, **options).fit(TEXTS).explain([DOCUMENT])[0]
    by_strings = LimeTextExplainer(opaque(pipeline), target=1, **options).fit(TEXTS)
    assert_allclose(found.values, by_strings.explain([DOCUMENT])[0].values, atol=1e-9)


def test_vectorizer_with_a_given_vocabulary_need_not_be_fitted():
    vectorizer = CountVectorizer(vocabulary=["good", "bad", "film"])
    classifier = LogisticRegression().fit(vectorizer.fit_transform(TEXTS), LABELS)
    pipeline = Pipeline([("words", CountVectorizer(vocabulary=["good", "bad", "film"]))])
    pipeline.steps.append(("classifier", classifier))
    found = LimeTextExplainer(pipeline).fit(TEXTS).explain(["a good film"])[0]
    assert found.values[1, 0] > 0.0


def add_interaction(X):
    X = X.tocsr()
    return X.multiply(X.getnnz(axis=1)[:, None]).tocsr()


def test_steps_after_the_vectorizer_are_asked():
    steps = FunctionTransformer(add_interaction, accept_sparse=True), MaxAbsScaler()
    pipeline = fitted(TfidfVectorizer(), TEXTS, *steps)
    options = {"control_variates": False, "random_state": 0}
    assert path_of(pipeline) is not None
    found = LimeTextExplainer(pipeline, **options).fit(TEXTS).explain([DOCUMENT])[0]
    by_strings = LimeTextExplainer(opaque(pipeline), target=1, **options).fit(TEXTS)
    assert_allclose(found.values, by_strings.explain([DOCUMENT])[0].values, atol=1e-9)


# Random settings of vectorizers x random documents

SETTINGS = {
    "lowercase": st.booleans(),
    "strip_accents": st.sampled_from([None, "ascii", "unicode"]),
    "stop_words": st.sampled_from([None, ["film", "the"], "english"]),
    "token_pattern": st.sampled_from(
        [r"(?u)\b\w\w+\b", r"\w+", r"\b[a-z]{2,}\b", r"\w{1,3}", r"\w\w+"]
        + [r"(?:not\s+)?\w+", r"\w+$", r"[^ ]+", r"\w+(?:'\w+)?", r"(?i)[a-z]+", r"\S\s?\w+"]
    ),
    "ngram_range": st.sampled_from([(1, 1), (1, 1), (1, 1), (1, 2)]),
    "binary": st.booleans(),
    "dtype": st.sampled_from([np.float64, np.float32]),
}
OF_TFIDF = {
    "norm": st.sampled_from([None, "l1", "l2"]),
    "use_idf": st.booleans(),
    "sublinear_tf": st.booleans(),
}
OF_HASHING = {
    "norm": st.sampled_from([None, "l1", "l2"]),
    "n_features": st.sampled_from([3, 64, 2**20]),
    "alternate_sign": st.booleans(),
}
VECTORIZERS = st.one_of(
    st.builds(CountVectorizer, **SETTINGS),
    st.builds(TfidfVectorizer, **SETTINGS, **OF_TFIDF),
    st.builds(HashingVectorizer, **SETTINGS, **OF_HASHING),
)
# Words, marks that vanish or become letters, letters whose case looks around, symbols.
WORDS = ["good", "film", "Good", "not", "the", "a", "is", "3", "_", "n\u00e9", "e\u0301", "\u0301"]
LETTERS = [
    "\u0391\u03a3",
    "\u03a3",
    "\u0130",
    "\u00df",
    "\ufb01",
    "\u2122",
    "\u00bd",
    "\u6f22",
    "\u5b57",
]
BETWEEN = [" ", " ", " ", "  ", "\n", "\u00a0", "-", "\u2014", "'", ".", ",", "\u200d", "\ufe0f"]
# Emoji that hold a digit or a letter, flags, a joiner in letters, and full stops.
EMOJI = [
    "\u2764",
    "\U0001f600",
    "1\ufe0f\u20e3",
    "\u2139\ufe0f",
    "\U0001f1eb\U0001f1f7",
    "\U0001f1eb",
]
STOPS = ["Dr. ", "e. g. ", "!) ", "\u3002", "\uff0e", "\u200c", "\uff9e"]
PIECES = st.sampled_from(WORDS + LETTERS + BETWEEN + EMOJI + STOPS)
DOCUMENTS = st.lists(PIECES, min_size=1, max_size=14).map("".join)


KNOWN_TEXTS = [*TEXTS[:6], "n\u00e9 E \u0391\u03a3 \u03b1\u03c3 not good tm \u6f22"]


@given(
    VECTORIZERS, DOCUMENTS, st.sampled_from(["word", "char", "ngram", "sentence"]), st.booleans()
)
@settings(max_examples=200, deadline=None)
@pytest.mark.filterwarnings("ignore:Your stop_words may be inconsistent")
def test_counts_of_any_vectorizer_and_document_are_its_own(
    vectorizer, document, analyzer, positions
):
    try:
        vectorizer.fit(KNOWN_TEXTS)
    except ValueError:
        return
    split = split_document(document, analyzer, positions=positions)
    path = CountPath(vectorizer, None)
    counts = path.counts_of(split) if counts_words(vectorizer) and split.n_parts else None
    if counts is None:
        return
    masks = all_masks(split)
    expected = vectorizer.transform(split.texts(masks, None))
    found = path.matrix(counts, masks)
    assert type(found) is type(expected)
    assert found.dtype == expected.dtype
    assert_array_equal(found.indptr, expected.indptr)
    assert_array_equal(found.indices, expected.indices)
    assert_allclose(found.data, expected.data, atol=1e-9)


@pytest.mark.slow
@given(VECTORIZERS, st.lists(PIECES, min_size=8, max_size=14).map(" ".join))
@settings(max_examples=30, deadline=None)
@pytest.mark.filterwarnings("ignore:Your stop_words may be inconsistent")
def test_both_ways_give_the_same_weights(vectorizer, document):
    try:
        pipeline = fitted(vectorizer)
    except ValueError:
        return
    options = {"control_variates": False, "n_perturbations": 64, "random_state": 0}
    found = LimeTextExplainer(pipeline, **options).fit(TEXTS).explain([document])[0]
    by_strings = LimeTextExplainer(opaque(pipeline), target=1, **options).fit(TEXTS)
    expected = by_strings.explain([document])[0]
    atol = 1e-6 if vectorizer.dtype == np.float32 else 1e-9
    assert_allclose(found.values, expected.values, atol=atol)


@given(DOCUMENTS)
@settings(max_examples=300, deadline=None)
def test_preprocessing_goes_character_by_character(text):
    assume("\u03a3" not in text)
    for accents in (None, "ascii", "unicode"):
        preprocess = CountVectorizer(strip_accents=accents).build_preprocessor()
        assert preprocess(text) == "".join(preprocess(character) for character in text)
