"""Small pictures, and models and functions of them, for tests."""

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from sklime import LimeImageExplainer

_ALL = load_digits()

# 300 digits of 8 x 8 pixels from 0 to 1, and which digits they are.
DIGITS, KINDS = _ALL.images[:300] / 16.0, _ALL.target[:300]


def digit_rows():
    """The digits as rows of pixels."""
    return DIGITS.reshape(len(DIGITS), -1)


def blobs(n_pictures, shape, seed=0):
    """Pictures of smooth areas from 0 to 1 with a little noise."""
    random = np.random.default_rng(seed)
    space, channels = shape[:2], shape[2:]
    axes = np.meshgrid(*(np.linspace(0.0, 1.0, length) for length in space), indexing="ij")
    pictures = []
    for _ in range(n_pictures):
        middle, color = random.random(2), random.uniform(0.3, 1.0, channels or (1,))
        distance = sum((axis - one) ** 2 for axis, one in zip(axes, middle))
        picture = np.exp(-8.0 * distance)[..., None] * color
        pictures.append(picture + random.uniform(0.0, 0.1, picture.shape))
    return np.clip(pictures, 0.0, 1.0).reshape(n_pictures, *shape)


def brightness(X):
    """The mean of each picture."""
    return np.asarray(X, dtype=float).reshape(len(X), -1).mean(axis=1)


def linear(slopes):
    """A function that sums pixels with slopes."""

    def response(X):
        return (np.asarray(X, dtype=float) * slopes).reshape(len(X), -1).sum(axis=1)

    return response


def scores(X):
    """Three numbers of each picture: of its upper half, of its left half, of all."""
    height, width = X.shape[1] // 2, X.shape[2] // 2
    parts = X[:, :height], X[:, :, :width], X
    return np.stack([brightness(part) for part in parts], axis=1)


def thirds(X):
    """Three probabilities of each picture, by the brightness of its upper, middle, lower third."""
    X = np.stack([np.asarray(x, dtype=float) for x in X])
    X = X.reshape(*X.shape[:3], -1).mean(axis=3)
    parts = [X[:, index::3].mean(axis=(1, 2)) for index in range(3)]
    powers = np.exp(3.0 * np.stack(parts, axis=1) / max(X.max(), 1.0))
    return powers / powers.sum(axis=1, keepdims=True)


def explained_pictures(pictures=None, *, model=thirds, **options):
    """Return explanations of pictures, which are cut into boxes."""
    if pictures is None:
        pictures = np.random.default_rng(0).random((4, 12, 15, 3))
    options = {"segmenter": "grid", "n_perturbations": 64, "n_segments": 20, **options}
    explainer = LimeImageExplainer(model, random_state=0, **options)
    return explainer.fit(pictures).explain(pictures)


def hostile_pictures(text):
    """The text in every place that takes one: classes, labels, and the function that fills."""

    def fill(picture):
        return picture.mean()

    fill.__name__ = text
    rows = np.random.default_rng(0).random((2, 64))

    def model(X):
        return thirds(np.asarray(X).reshape(-1, 8, 8))

    # Labels of rows are those of a frame.
    frame = pd.DataFrame(rows, index=pd.Index([text, f"{text} 2"], dtype=object))
    names = (text, f"other {text}", "plain")
    return explained_pictures(
        frame, model=model, image_shape=(8, 8), fill=fill, output_names=names, n_perturbations=32
    )
