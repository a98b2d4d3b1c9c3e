"""Trees of scikit-learn's forests, read without any reader."""

import numpy as np

from sklime._readings._trees import LEAF, Trees, largest_rounded_up_to


def trees_of_forest(model):
    """Trees of a regression forest, or of a classification forest with its probabilities."""
    n_trees = len(model.estimators_)
    return Trees.concatenate([_trees_of(one.tree_, 1 / n_trees) for one in model.estimators_])


def _trees_of(tree, weight):
    is_leaf = tree.children_left < 0
    values = tree.value[:, 0, :].copy()
    if tree.n_classes[0] > 1:
        values /= values.sum(axis=1, keepdims=True)
    return Trees(
        left=np.where(is_leaf, LEAF, tree.children_left),
        right=np.where(is_leaf, LEAF, tree.children_right),
        feature=np.where(is_leaf, LEAF, tree.feature),
        threshold=largest_rounded_up_to(tree.threshold),
        missing_left=np.asarray(tree.missing_go_to_left, dtype=bool),
        values=np.where(is_leaf[:, None], values * weight, 0.0),
        roots=np.array([0]),
    )
