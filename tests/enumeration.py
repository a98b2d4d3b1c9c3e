"""Shapley values by their definition: all sets of columns, all background rows."""

import itertools
import math

import numpy as np

__all__ = ["product_background", "shapley_by_enumeration"]


def product_background(X):
    """All rows of independent columns with the values of `X`, and their probabilities."""
    columns = [np.unique(column, return_counts=True) for column in X.T]
    rows = np.array(list(itertools.product(*(values for values, _ in columns))))
    shares = itertools.product(*(counts / len(X) for _, counts in columns))
    return rows, np.prod(list(shares), axis=1)


def shapley_by_enumeration(function, row, background, probabilities):
    """Shapley values of one row, shape (n_features, n_outputs)."""
    n_features = row.size
    sets = list(itertools.product([False, True], repeat=n_features))
    means = {
        kept: probabilities @ function(np.where(np.array(kept), row, background)) for kept in sets
    }
    values = []
    for feature in range(n_features):
        total = 0.0
        for kept in sets:
            if not kept[feature]:
                with_feature = (*kept[:feature], True, *kept[feature + 1 :])
                weight = 1.0 / (n_features * math.comb(n_features - 1, sum(kept)))
                total = total + weight * (means[with_feature] - means[kept])
        values.append(total)
    return np.array(values)
