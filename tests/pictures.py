"""Small pictures, and models and functions of them, for tests."""

import numpy as np
from sklearn.datasets import load_digits

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
