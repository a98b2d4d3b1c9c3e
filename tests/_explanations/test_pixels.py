"""Pixels as compressed text, there and back."""

import base64
import io
import zlib

import numpy as np
import pytest
from PIL import Image

from sklime import LimeImageExplainer
from sklime._explanations._pixels import _bytes_of, _text_of, packed, unpacked


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
    assert len(packed(photo, photo.ndim > 2)) < 1.3 * len(file.getvalue())


@pytest.mark.parametrize("name", ["chelsea", "coffee", "camera", "brick"])
@pytest.mark.parametrize("segmenter", ["slic", "grid"])
def test_files_need_at_most_one_and_a_half_times_the_bytes_of_png(name, segmenter):
    data = pytest.importorskip("skimage.data")
    photo = getattr(data, name)()
    axis = -1 if photo.ndim > 2 else None
    explainer = LimeImageExplainer(
        lambda X: X[:, ::16, ::16].reshape(len(X), -1).mean(axis=1),
        segmenter=segmenter,
        channel_axis=axis,
        n_perturbations=32,
        random_state=0,
    )
    explanation = explainer.fit(photo[None]).explain(photo[None])[0]
    text = explanation.to_json()
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "png", optimize=True)
    print(f"{name}: {len(text) / len(file.getvalue()):.2f}")
    assert len(text) <= 1.5 * len(file.getvalue())
    assert (type(explanation).from_json(text).image == photo).all()


@pytest.mark.parametrize("n_bytes", range(12))
def test_bytes_are_written_as_python_writes_base_85(n_bytes, global_random_seed):
    data = np.random.default_rng(global_random_seed).bytes(n_bytes)
    assert _text_of(data) == base64.b85encode(data).decode("ascii")
    assert _bytes_of(_text_of(data)) == data


@pytest.mark.parametrize("text", ["0", '"', "a b", "~~~~~", "000000", "\u00e9"])
def test_other_letters_are_errors(text):
    with pytest.raises(ValueError, match=r"base 85|ascii"):
        _bytes_of(text)


def encoded(data):
    return base64.b85encode(zlib.compress(data)).decode("ascii")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("?", "not compressed"),
        (base64.b85encode(b"nothing").decode(), "not compressed"),
        (encoded(b"\0" * 5), "does not hold the 6 bytes"),
        (encoded(b"\0" * 10**6), "does not hold the 6 bytes"),
        (encoded(b"\7" * 6)[:-1] + "'", "not compressed"),
        (encoded(b"\7" * 6), "filtered in an unknown way"),
    ],
)
def test_other_texts_are_errors(text, words):
    with pytest.raises(ValueError, match=words):
        unpacked(text, np.dtype("uint8"), (2, 2), False)
