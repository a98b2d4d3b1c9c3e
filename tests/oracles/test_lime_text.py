"""The authors' text explainer as an oracle: the same distribution, on average and in the limit."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline

from sklime import LimeTextExplainer

lime_base = pytest.importorskip("lime.lime_base")
lime_text = pytest.importorskip("lime.lime_text")

pytestmark = pytest.mark.filterwarnings("ignore")

# What `lime` takes for a word.
OPTIONS = {"token_pattern": r"\w+", "target": 1, "max_features": None}
N_SEEDS = 20

TEXTS = [
    "a good film with a fine plot and a good end",
    "the film was bad and the plot was worse than bad",
    "good actors in a bad film with one fine scene",
    "one long dull scene after another and no end",
    "a fine cast and a very good story told with love",
    "no story no plot and a dull cast of bad actors",
] * 4
LABELS = [1, 0, 0, 0, 1, 0] * 4
DOCUMENT = (
    "a good film, though the plot was dull and one long scene was bad; fine actors, a very good "
    "story and no dull end"
)


CLASSIFIERS = [LogisticRegression(C=10.0), RandomForestClassifier(5, random_state=0)]


@pytest.fixture(
    scope="module", params=CLASSIFIERS, ids=lambda classifier: type(classifier).__name__
)
def model(request):
    """Each fitted pipeline in turn."""
    return make_pipeline(TfidfVectorizer(), request.param).fit(TEXTS, LABELS)


@pytest.fixture(scope="module")
def both():
    """Probabilities of both fitted pipelines, a column for each."""
    models = [make_pipeline(TfidfVectorizer(), one).fit(TEXTS, LABELS) for one in CLASSIFIERS]
    return lambda texts: np.column_stack([one.predict_proba(texts)[:, 1] for one in models])


def words_and_weights_of_lime(function, document, seed, num_samples, **options):
    """Words in the order of the document, and weights of shape (n_words, 2)."""
    # With every word kept, `lime`'s ways of selecting them are a waste of time.
    explainer = lime_text.LimeTextExplainer(random_state=seed, feature_selection="none", **options)
    explanation = explainer.explain_instance(
        document, function, labels=(0, 1), num_samples=num_samples
    )
    words = explanation.domain_mapper.indexed_string
    weights = np.zeros((words.num_words(), 2))
    for output, pairs in explanation.local_exp.items():
        for place, weight in pairs:
            weights[place, output] = weight
    return tuple(words.inverse_vocab), weights


def explanation_of(model, document, seed=0, **options):
    explainer = LimeTextExplainer(model, random_state=seed, **{**OPTIONS, **options})
    return explainer.fit([document]).explain([document])[0]


@pytest.fixture(scope="module")
def theirs(both):
    """Words of the document, and `lime`'s weights for both models and all seeds."""
    found = [words_and_weights_of_lime(both, DOCUMENT, seed, 5000) for seed in range(N_SEEDS)]
    return found[0][0], np.array([weights for _, weights in found])


@pytest.mark.slow
@pytest.mark.parametrize("control_variates", [True, False])
def test_mean_weights_over_seeds_are_those_of_lime(both, theirs, control_variates):
    words, theirs = theirs
    options = {"target": "all", "control_variates": control_variates}
    explanations = [explanation_of(both, DOCUMENT, seed, **options) for seed in range(N_SEEDS)]
    assert explanations[0].feature_names == words
    ours = [explanation.values for explanation in explanations]
    difference = np.mean(ours, axis=0) - np.mean(theirs, axis=0)
    variance = (np.var(ours, axis=0, ddof=1) + np.var(theirs, axis=0, ddof=1)) / N_SEEDS
    assert np.abs(difference / np.sqrt(variance)).max() <= 4.0


@pytest.mark.slow
def test_all_masks_give_what_lime_gives_with_200_000_samples(both):
    document = "good film, bad plot, one fine scene and a dull end"
    n_words, n_samples, n_seeds = 11, 20_000, 10
    # Its penalty is asked for: with all masks there is none by default.
    exact = explanation_of(
        both, document, target="all", n_perturbations=2048, surrogate=Ridge(alpha=1.0)
    )
    assert exact.n_perturbations == 2**n_words - 1
    # Its penalty and own row weigh less with more samples; here as at 5000.
    scale = n_samples / 5000

    def kernel(distances, kernel_width):
        weights = np.sqrt(np.exp(-(distances**2) / 25**2)) / scale
        weights[0] = 1.0
        return weights

    found = [
        words_and_weights_of_lime(both, document, seed, n_samples, kernel=kernel)[1]
        for seed in range(n_seeds)
    ]
    # Their noise is as large as the spread between seeds says.
    errors = (np.std(found, axis=0, ddof=1) / np.sqrt(n_seeds)).mean(axis=0)
    assert (errors < 3e-3).all()
    assert (np.abs(np.mean(found, axis=0) - exact.values) <= 5.0 * errors).all()


@pytest.mark.parametrize("max_features", [3, 6, 10])
def test_algebra_on_the_same_masks_is_that_of_lime(model, max_features):
    asked = []

    def recorded(texts):
        asked.extend(texts)
        return model.predict_proba(texts)

    explainer = LimeTextExplainer(
        recorded,
        random_state=0,
        n_perturbations=5000,
        control_variates=False,
        **{**OPTIONS, "max_features": max_features},
    )
    explainer.fit([DOCUMENT])
    asked.clear()
    explanation = explainer.explain([DOCUMENT])[0]
    # A text may have been drawn more often than it was asked about: the masks are read from
    # the sample itself.
    from sklime.neighborhoods import MaskDistribution, MaskSample

    n_words = len(explanation.feature_names)
    sample = MaskSample.of(MaskDistribution(n_words), 5000, 8, explainer._seed)
    Z = np.vstack([np.ones(n_words), *(block for _, _, block in sample.blocks())])
    F = model.predict_proba(explainer._split(DOCUMENT).texts(Z, None))
    distances = 100 * (1 - np.sqrt(Z.mean(axis=1)))
    base = lime_base.LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / 25**2)), random_state=0)
    intercept, pairs, _, local_prediction = base.explain_instance_with_data(
        Z, F, distances, 1, max_features
    )
    expected = np.zeros(n_words)
    for place, weight in pairs:
        expected[place] = weight
    assert_allclose(explanation.values[:, 0], expected, atol=1e-8)
    assert_allclose(explanation.intercepts[0], intercept, atol=1e-8)
    assert_allclose(explanation.local_predictions, local_prediction, atol=1e-8)


def test_what_lime_cannot_do():
    # Each is a crash or a silent error there.
    def zeros(texts):
        return np.zeros(len(texts))

    for document in ("", "?!"):
        with pytest.raises(ValueError, match="low >= high"):
            lime_text.LimeTextExplainer(random_state=0).explain_instance(
                document, lambda texts: np.tile([0.5, 0.5], (len(texts), 1))
            )
        assert explanation_of(zeros, document, target=0).failures is None
    with pytest.raises(IndexError):
        lime_text.LimeTextExplainer(random_state=0).explain_instance("one number", zeros)
    assert lime_text.IndexedString("don't").inverse_vocab == ["don", "t"]
    ours = explanation_of(zeros, "don't", target=0, token_pattern=None)
    assert ours.feature_names == ("don't",)
