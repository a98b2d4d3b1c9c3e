"""Small classifiers whose scores can be read, with explainers that sample them."""

import itertools

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklime import LimeTabularExplainer

__all__ = ["MODELS", "combinations", "explainer_of", "whole_numbers"]

MODELS = {
    "boosting": lambda: GradientBoostingClassifier(n_estimators=10, random_state=0),
    "histogram": lambda: HistGradientBoostingClassifier(
        max_iter=10, min_samples_leaf=5, random_state=0
    ),
    "logistic": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
}


def whole_numbers(n_classes=2, n_columns=3, seed=0):
    """A table of whole numbers from 0 to 4, and classes that depend on them in a curved way."""
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 5, (200, n_columns)).astype(float)
    y = (X[:, 0] * X[:, 1] + 2 * X[:, 2] + rng.normal(size=200)) // (12 // n_classes)
    return X, np.clip(y, 0, n_classes - 1).astype(int)


def explainer_of(name, X, y, **parameters):
    """Return an explainer that samples one of the models."""
    parameters = {"method": "sampling", "max_features": None, "random_state": 0} | parameters
    return LimeTabularExplainer(MODELS[name]().fit(X, y), **parameters).fit(X)


def combinations(explainer, X, row):
    """All perturbed rows of a row of whole numbers, their probabilities and encodings."""
    shared = explainer.neighborhood == "shared"
    keep = 0.0 if shared else explainer.neighborhood_.keep
    instance = explainer._encoder.represent(row[None])[0]
    points = []
    for index, value in enumerate(row):
        values, counts = np.unique(X[:, index], return_counts=True)
        bins = explainer._encoder.represent_column(index, values)
        weights = np.append((1.0 - keep) * counts / counts.sum(), keep)
        inside = np.append(bins == instance[index], True)
        points.append((np.append(values, value), weights, inside.astype(float)))
    flat, w, Z = (
        np.array(list(itertools.product(*(point[part] for point in points)))) for part in range(3)
    )
    w = w.prod(axis=1)
    if shared:
        width = explainer._kernel_width()
        w = w * np.exp(-0.5 * (Z == 0.0).sum(axis=1) / width**2)
    return flat, w / w.sum(), Z
