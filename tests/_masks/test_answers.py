"""The model is asked once per different copy, in calls of bounded size, and in any blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from sklime._masks import Instance
from sklime._masks._answers import Answers

MASKS = np.random.default_rng(0).random((200, 6)) < 0.5
CONTAINERS = {
    "array": np.asarray,
    "sparse": sparse.csr_matrix,
    "coo": sparse.coo_array,
    "list": list,
}


class Numbers(Instance):
    """Powers of two, so that the sum of a copy tells its mask."""

    def __init__(self, container="array", n_bytes=8, keys_need_copies=False):
        self.original = 2.0 ** np.arange(6)
        self.n_parts = 6
        self.container, self._n_bytes = CONTAINERS[container], n_bytes
        self.keys_need_copies = keys_need_copies

    def rebuild(self, masks):
        return self.container(masks * self.original)

    def keys(self, masks, copies):
        if not self.keys_need_copies:
            return super().keys(masks, copies)
        return total(copies)[:, 0].tolist()

    @property
    def n_bytes(self):
        return self._n_bytes


def total(copies):
    if isinstance(copies, list):
        copies = np.array(copies)
    return np.asarray(copies.sum(axis=1)).reshape(-1, 1)


def truth(masks):
    return (masks * 2.0 ** np.arange(6)).sum(axis=1)[:, None]


@pytest.mark.parametrize("container", list(CONTAINERS))
@pytest.mark.parametrize("keys_need_copies", [False, True])
@pytest.mark.parametrize("n_bytes", [8, 2**17, 2**23])
def test_answers_are_in_the_order_of_the_masks(container, keys_need_copies, n_bytes):
    instance = Numbers(container, n_bytes, keys_need_copies)
    answers = Answers(instance, total).about([MASKS[:50], MASKS[50:60], MASKS[60:]])
    assert_array_equal(answers, truth(MASKS))


@settings(deadline=None)
@given(st.lists(st.integers(0, 200), max_size=5))
def test_answers_do_not_depend_on_the_blocks(cuts):
    blocks = [block for block in np.split(MASKS, sorted(cuts)) if len(block)]
    assert_array_equal(Answers(Numbers(), total).about(blocks), truth(MASKS))


@pytest.mark.parametrize("n_bytes", [8, 2**20])
def test_each_different_copy_is_asked_once(n_bytes):
    asked = []

    def remember(copies):
        asked.append(copies)
        return total(copies)

    Answers(Numbers(n_bytes=n_bytes), remember).about([MASKS, MASKS])
    copies = np.concatenate(asked)
    assert len(copies) == len(np.unique(MASKS, axis=0))
    # Copies of a megabyte come four per call, small ones all at once.
    assert max(map(len, asked)) == (4 if n_bytes == 2**20 else len(copies))


@pytest.mark.parametrize("keys_need_copies", [False, True])
def test_the_model_is_not_asked_again_about_what_it_has_answered(keys_need_copies):
    asked = []

    def remember(copies):
        asked.extend(total(copies)[:, 0].tolist())
        return total(copies)

    answers = Answers(Numbers(keys_need_copies=keys_need_copies), remember)
    assert_array_equal(answers.about([MASKS[:20]]), truth(MASKS[:20]))
    n_asked = len(asked)
    assert_array_equal(
        answers.about([MASKS[10:20], MASKS[:5]]), truth(MASKS[[*range(10, 20), *range(5)]])
    )
    assert len(asked) == n_asked
    assert_array_equal(answers.about([MASKS]), truth(MASKS))
    assert len(asked) == len(set(asked))
