"""Trees of one split, written by hand."""

import numpy as np

from sklime._readings._trees import LEAF, LevelSplits, Trees


def stump(threshold=0.5, left=1.0, right=2.0, levels=None):
    return Trees(
        left=np.array([1, LEAF, LEAF]),
        right=np.array([2, LEAF, LEAF]),
        feature=np.array([0, LEAF, LEAF]),
        threshold=np.array([threshold, 0.0, 0.0]),
        missing_left=np.array([True, False, False]),
        values=np.array([[0.0], [left], [right]]),
        roots=np.array([0]),
        levels=levels,
    )


def of_levels(sets, other=False):
    node = np.array([0, LEAF, LEAF])
    return stump(levels=LevelSplits(node, np.array([sets]), np.array([other, False, False])))
