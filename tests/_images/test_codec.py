"""Containers of pictures, there and back."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal
from PIL import Image
from scipy import sparse

from sklime._images._codec import check_are_rows, check_dense, read_pictures, read_rows

RANDOM = np.random.default_rng(0)
COLORS = RANDOM.integers(0, 256, (3, 5, 6, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("X", "channel_axis"),
    [
        (COLORS, "auto"),
        (COLORS.transpose(0, 3, 1, 2), "auto"),
        (np.asfortranarray(COLORS / 255), "auto"),
        (COLORS[..., 0], "auto"),
        (COLORS[..., :1], "auto"),
        (COLORS[..., 0].astype(bool), None),
        (RANDOM.random((2, 4, 5, 6)).astype(np.float16), None),
        (RANDOM.random((2, 5, 5, 6, 2)).astype(">f4"), "auto"),
    ],
)
def test_arrays_come_back_as_they_were(X, channel_axis):
    before = X.copy()
    pictures = read_pictures(X, channel_axis)
    copies = np.stack(pictures.arrays).astype(X.dtype)
    for given in (copies, pictures.arrays):
        found = pictures.codec.to_table(given)
        assert found.dtype == X.dtype
        assert found.flags.c_contiguous
        assert_array_equal(found, X)
        found[...] = 0
    assert_array_equal(X, before)


@pytest.mark.parametrize("kind", [list, tuple])
def test_lists_of_arrays_of_different_sizes(kind):
    X = kind([COLORS[0], COLORS[1, :3], COLORS[2, :, :4]])
    pictures = read_pictures(X, "auto")
    found = pictures.codec.to_table(pictures.arrays)
    assert isinstance(found, list)
    for one, other in zip(found, X):
        assert_array_equal(one, other)
        one[...] = 0
    assert X[0].any()
    copies = pictures.codec.to_table(np.stack([X[1], X[1]]))
    assert [copy.shape for copy in copies] == [(3, 6, 3)] * 2


def test_arrays_of_objects_come_back():
    X = np.empty(2, dtype=object)
    X[0], X[1] = COLORS[0], COLORS[1, :3]
    pictures = read_pictures(X, "auto")
    for given in (pictures.arrays, np.stack([COLORS[0]] * 2)):
        found = pictures.codec.to_table(given)
        assert found.dtype == object
        assert_array_equal(found[0], X[0])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "I", "F"])
def test_pictures_of_pil_keep_their_mode(mode):
    pixels = Image.fromarray(COLORS[0]).convert("L" if mode == "LA" else "RGB")
    X = [pixels.convert(mode), pixels.crop((0, 0, 4, 3)).convert(mode)]
    axis = None if np.asarray(X[0]).ndim == 2 else -1
    pictures = read_pictures(X, axis)
    found = pictures.codec.to_table(pictures.arrays)
    for one, other in zip(found, X):
        assert (one.mode, one.size) == (mode, other.size)
        assert one.tobytes() == other.tobytes()
    copies = pictures.codec.to_table(np.stack([pictures.arrays[0]] * 2))
    assert copies[1].tobytes() == X[0].tobytes()


def test_pictures_of_pil_of_other_modes_are_errors():
    color = Image.fromarray(COLORS[0])
    with pytest.raises(ValueError, match="of the modes L, RGB; convert all of them to one"):
        read_pictures([color, color.convert("L")], "auto")
    with pytest.raises(ValueError, match="numbers of colors in a palette"):
        read_pictures([color.convert("P")], "auto")
    for mode in ("CMYK", "HSV", "YCbCr"):
        with pytest.raises(ValueError, match=f"mode {mode}, whose channels are not red, green"):
            read_pictures([color.convert(mode)], "auto")
    with pytest.raises(ValueError, match="PIL pictures and other items"):
        read_pictures([COLORS[0], color], "auto")
    with pytest.raises(ValueError, match=r"pass a list of pictures, \[X\]"):
        read_pictures(color, "auto")


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        ("photo.png", ValueError, "load the picture first"),
        (["photo.png"], ValueError, "Item 0 of X is 'photo.png', a text or a path; load"),
        (COLORS[0], ValueError, r"as one picture in color has; pass X\[None\]"),
        (COLORS[0, :, :, 0], ValueError, r"image_shape=\(8, 8\).*pass X\[None\]"),
        (COLORS[0, 0, :, 0], ValueError, "pass an array of pictures. Reshape your data"),
        (COLORS[:0], ValueError, "0 sample"),
        ([], ValueError, "0 sample"),
        ([COLORS[0].tolist()], ValueError, "Item 0 of X is of type list; pass arrays"),
        ([COLORS[0], COLORS[0] / 255], ValueError, "of the types float, uint8"),
        ([COLORS[0], None], ValueError, "Item 1 of X is of type NoneType"),
        (COLORS + 1j, ValueError, "complex128"),
        (COLORS.astype("U3"), ValueError, "<U3"),
        (COLORS.astype(object), ValueError, "array of objects of the shape"),
        (pd.Series([COLORS[0]]), TypeError, r"pass X.tolist\(\)"),
        (pd.DataFrame(COLORS[0, :, :, 0]), ValueError, "X is a DataFrame.*image_shape"),
        (memoryview(COLORS), TypeError, "of type memoryview"),
        (7, TypeError, "of type int; pass an array, or a list of arrays"),
    ],
)
def test_anything_else_is_an_error(X, error, words):
    with pytest.raises(error, match=words):
        read_pictures(X, "auto")


class Tensor:
    def __array__(self, dtype=None, copy=None):
        return COLORS


def test_tensors_say_what_to_pass():
    with pytest.raises(TypeError, match=r"np.asarray\(X\), and as the model a function"):
        read_pictures(Tensor(), "auto")


def test_axes_are_those_of_fit():
    layout = read_pictures(COLORS, "auto").codec.layout
    with pytest.raises(ValueError, match=r"3 axes|pass one picture x as x\[None\]"):
        read_pictures(COLORS[0], "auto", layout)
    with pytest.raises(ValueError, match="have 4 axes, and the pictures of fit had 3 axes"):
        read_pictures(COLORS[None], "auto", layout)
    # A width of three is no sign of colors once the pictures are known to be grey.
    grey = read_pictures(COLORS[..., 0], "auto").codec.layout
    assert len(read_pictures(COLORS[0], "auto", grey)) == 5


def test_rows_are_pictures_and_come_back():
    rows = COLORS.reshape(3, -1)
    pictures = read_rows(rows, (5, 6, 3), "auto")
    assert pictures.arrays[0].shape == (5, 6, 3)
    found = pictures.codec.to_table(pictures.arrays)
    assert found.dtype == np.uint8
    assert_array_equal(found, rows)
    with pytest.raises(ValueError, match=r"image_shape=\(5, 5, 3\) does not fit the 90 columns"):
        read_rows(rows, (5, 5, 3), "auto")


def test_rows_of_a_frame_keep_names_and_types():
    frame = pd.DataFrame(COLORS.reshape(3, -1)[:, :4], columns=list("abcd"))
    pictures = read_rows(frame, (2, 2), "auto")
    found = pictures.codec.to_table(pictures.arrays)
    pd.testing.assert_frame_equal(found, frame)


def test_sparse_rows_are_refused():
    with pytest.raises(TypeError, match=r"sparse matrix, which is not supported; pass X.toarray"):
        check_dense(sparse.csr_matrix(np.eye(3)))
    check_dense(np.eye(3))


def test_rows_of_pixels_are_no_pictures():
    check_are_rows(np.zeros((8, 64)), (8, 8))
    check_are_rows(np.zeros((1, 9)), (1, 9))
    with pytest.raises(ValueError, match="expects rows of 64 pixels"):
        check_are_rows(np.zeros((8, 8)), (8, 8))
    with pytest.raises(ValueError, match="expects rows: pass"):
        check_are_rows(np.zeros((2, 8, 8)), (-1, 8))
