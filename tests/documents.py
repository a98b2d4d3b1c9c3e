"""Small documents, and models and functions of them, for tests."""

import numpy as np

from sklime import LimeTextExplainer

GOOD = ["good", "fine", "great", "nice"]
BAD = ["bad", "poor", "awful", "dull"]
OTHER = "the a film plot actor scene was is very and but not so quite end start".split()  # noqa: SIM905


def make_texts(n_documents, n_words=14, seed=0):
    """Reviews of three words of one mood among others, and 1 for those of a good mood."""
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


REVIEWS, MOODS = make_texts(120)
LONG_REVIEW = " ".join(make_texts(4, 40, seed=1)[0]) + " one two three four five six"
FILMS = ["good film", "a good, good plot", "bad film", "a bad plot", "a plot", "bad bad good"]


def many_words(n_words):
    """A document of different words, which say their places."""
    return " ".join(f"w{place}" for place in range(n_words))


def weighted_sum(texts):
    """A weight for each of many words, the first ones the largest; and a product."""
    found = []
    for text in texts:
        places = [int(word[1:]) for word in text.split()]
        found.append(
            sum(1.0 / (1 + place) for place in places) + 0.5 * (0 in places and 1 in places)
        )
    return np.array(found)


def lengths(texts):
    """Number of characters of each text."""
    return np.array([len(text) for text in texts], dtype=float)


def opaque(model):
    """The probabilities of a model, as a function that hides it."""
    return lambda texts: model.predict_proba(texts)


class TextRecorder:
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


def explain_text(estimator, text, **options):
    """Explain one text with an explainer fitted on it alone."""
    options = {"random_state": 0, **options}
    return LimeTextExplainer(estimator, **options).fit([text]).explain([text])[0]
