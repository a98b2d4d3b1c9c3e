"""Axes of pictures."""

import numpy as np
import pytest

from sklime._images._layout import Layout, check_channels, layout_of


@pytest.mark.parametrize(
    ("shape", "channel_axis", "expected"),
    [
        ((8, 8), "auto", (2, None)),
        ((8, 8, 3), "auto", (2, -1)),
        ((8, 8, 1), "auto", (2, -1)),
        ((4, 8, 8), "auto", (2, 0)),
        ((6, 8, 8, 3), "auto", (3, -1)),
        ((2, 6, 8, 8), "auto", (3, 0)),
        ((8, 8), None, (2, None)),
        ((6, 8, 8), None, (3, None)),
        ((8, 8, 6), -1, (2, -1)),
        ((6, 8, 8), 1, (2, 0)),
        ((3, 8, 3), 1, (2, 0)),
        ((5, 8, 8, 6), -1, (3, -1)),
    ],
)
def test_axes_are_found_or_given(shape, channel_axis, expected):
    layout = layout_of([shape], channel_axis)
    assert (layout.n_space, layout.axis) == expected
    assert layout.n_axes == len(shape)
    picture = np.arange(np.prod(shape)).reshape(shape)
    last = layout.channels_last(picture)
    assert last.ndim == layout.n_space + 1
    assert np.shares_memory(last, picture)
    assert (layout.restored(last) == picture).all()
    assert (layout.restored(np.stack([last, last])) == np.stack([picture, picture])).all()


@pytest.mark.parametrize(
    ("shapes", "channel_axis", "words"),
    [
        ([(3, 8, 3)], "auto", "both of its first and last axis may hold up to 4 channels"),
        ([(8, 8, 6)], "auto", "none of its first and last axis.*channel_axis=None for volumes"),
        ([(8, 8, 3), (3, 8, 8)], "auto", "cannot tell"),
        ([(8,)], "auto", "A picture|a picture has two axes"),
        ([(8, 8)], -1, r"needs pictures of 3 or 4 axes.*x\[None\]"),
        ([(8, 8, 3, 3)], None, "needs pictures of 2 or 3 axes"),
        ([(8, 8), (8, 8, 3)], "auto", "pictures of 2, 3 axes"),
    ],
)
def test_other_axes_are_errors(shapes, channel_axis, words):
    with pytest.raises(ValueError, match=words):
        layout_of(shapes, channel_axis)


def test_an_axis_that_only_some_pictures_may_have_is_not_taken():
    assert layout_of([(4, 9, 3), (8, 9, 3)], "auto").axis == -1


def test_axis_of_an_array_of_pictures():
    assert Layout(2, 0).channel_axis == 1
    assert Layout(2, -1).channel_axis == -1
    assert Layout(2, None).channel_axis is None


@pytest.mark.parametrize(
    ("shapes", "known", "words"),
    [
        ([(8, 8, 3), (8, 8, 1)], None, "pictures of 1, 3 channels"),
        ([(8, 8, 3)], 4, "have 3 channels, and those of fit had 4"),
        ([(8, 0, 3)], None, "no pixels"),
    ],
)
def test_channels_must_be_the_same(shapes, known, words):
    with pytest.raises(ValueError, match=words):
        check_channels(shapes, known)
    assert check_channels([(8, 8, 3), (9, 9, 3)], 3) == 3
