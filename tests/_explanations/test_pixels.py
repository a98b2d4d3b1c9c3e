"""Pixels as compressed text, there and back."""

import base64
import io
import zlib

import numpy as np
import pytest
from PIL import Image

from sklime._explanations._pixels import packed, unpacked


@pytest.mark.parametrize("has_channels", [False, True])
@pytest.mark.parametrize("dtype", ["bool", "uint8", "<i2", ">u4", "float16", "<f4", ">f8"])
@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (5, 7, 3), (4, 5, 7, 2), (3, 2, 4)])
def test_arrays_come_back_bit_by_bit(shape, dtype, has_channels, global_random_seed):
    random = np.random.default_rng(global_random_seed)
    array = (random.normal(size=shape) * 100 + 120).clip(0, 250).astype(dtype)
    found = unpacked(packed(array, has_channels), array.dtype, shape, has_channels)
    assert found.dtype == array.dtype
    assert found.tobytes() == array.tobytes()
    assert found.flags.writeable


def test_fortran_order_and_views_come_back():
    array = np.asfortranarray(np.arange(24, dtype=np.uint8).reshape(2, 4, 3))[:, ::2]
    assert (unpacked(packed(array, True), array.dtype, array.shape, True) == array).all()


@pytest.mark.parametrize("name", ["chelsea", "coffee", "camera", "page"])
def test_photos_need_at_most_one_and_a_half_times_the_bytes_of_png(name):
    data = pytest.importorskip("skimage.data")
    photo = getattr(data, name)()
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "png", optimize=True)
    assert len(packed(photo, photo.ndim > 2)) < 1.45 * len(file.getvalue())


def encoded(data):
    return base64.b64encode(zlib.compress(data)).decode("ascii")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("?", "not compressed"),
        (base64.b64encode(b"nothing").decode(), "not compressed"),
        (encoded(b"\0" * 5), "does not hold the 6 bytes"),
        (encoded(b"\0" * 10**6), "does not hold the 6 bytes"),
        (encoded(b"\7" * 6), "filtered in an unknown way"),
    ],
)
def test_other_texts_are_errors(text, words):
    with pytest.raises(ValueError, match=words):
        unpacked(text, np.dtype("uint8"), (2, 2), False)
