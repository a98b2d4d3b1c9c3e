"""Pictures as instances of parts."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklime._fills._replacement import Replacement
from sklime._images._instance import AveragedResponse, CutImage, ImageInstance, n_averaged
from sklime._masks import MaskPlan

ARRAY = np.arange(1.0, 17.0).reshape(4, 4, 1)
PARTS = np.arange(16).reshape(4, 4) // 4


def replacement(*values):
    return Replacement.of(ARRAY, PARTS, [np.asarray(value) for value in values], seed=1)


def test_segments_that_do_not_change_are_no_parts():
    fill = np.zeros((4, 4, 1))
    fill[1] = ARRAY[1]
    instance = ImageInstance(replacement(fill))
    assert instance.n_parts == 3
    assert instance.part_indices.tolist() == [0, 2, 3]
    copies = instance.rebuild(np.array([[False, True, False]]))
    expected = ARRAY.copy()
    expected[0] = expected[3] = 0.0
    assert_array_equal(copies[0], expected)


def test_calls_are_bounded_by_the_size_of_a_picture():
    assert ImageInstance(replacement([0.0])).n_bytes == ARRAY.nbytes // 4


def test_names_of_segments_are_their_labels():
    segments = np.array([[-3, 7]])
    cut = CutImage(ARRAY, segments, segments > 0, np.ones(2, dtype=bool), False)
    assert cut.names == ("segment -3 (r0 c0)", "segment 7 (r0 c1)")


class Response:
    name, n_columns = "The model f", 1

    def __call__(self, copies):
        return copies.sum(axis=(1, 2, 3))[:, None]


@pytest.mark.parametrize(
    ("n_perturbations", "expected"), [(15, 0), (16, 4), (64, 4), (96, 6), (1024, 8)]
)
def test_if_all_masks_are_taken_their_answers_are_averaged(n_perturbations, expected):
    plan = MaskPlan(n_perturbations, n_replicates=2, keep=0.75)
    assert n_averaged(replacement(*([value] for value in np.arange(8.0))), plan) == expected
    assert n_averaged(replacement([0.0]), plan) == 0
    assert n_averaged(replacement(ARRAY, ARRAY), plan) == 0


def test_averages_are_those_of_all_copies():
    instance = ImageInstance(replacement([0.0], [5.0], [100.0]), n_averaged=2)
    masks = np.array([[True] * 4, [False, True, True, True], [False] * 4])
    copies = instance.rebuild(masks)
    assert len(copies) == 3
    respond = AveragedResponse(Response())
    assert respond.name == "The model f"
    assert respond.n_columns == 1
    # The third variant is not used.
    assert_allclose(respond(copies)[:, 0], [136.0, 126.0 + 4 * 2.5, 16 * 2.5])
    assert instance.covariates(masks) is None
    assert ImageInstance(replacement([0.0], [5.0])).covariates(masks).shape == (3, 1)


def test_names_say_where_segments_are(global_random_seed):
    random = np.random.default_rng(global_random_seed)
    parts = random.integers(0, 4, (6, 7, 8))
    parts.flat[:4] = range(4)
    cut = CutImage(np.zeros((6, 7, 8, 1)), parts, parts, np.ones(4, dtype=bool), False)
    for index, name in enumerate(cut.names):
        z, r, c = np.rint(np.argwhere(parts == index).mean(axis=0)).astype(int)
        assert name == f"segment {index} (z{z} r{r} c{c})"
