"""Pictures as addresses: what they hold, how long they are, how large."""

import base64
import io

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from sklime.display._encoded import encoded, fitted_size, resized


def decoded(source):
    """Return the pixels that an address holds."""
    header, _, data = source.partition(";base64,")
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert header == f"data:image/{image.format.lower()}"
    return np.asarray(image.convert("RGB"))


def noise(height, width, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (20, 3), (1, 300)])
def test_few_colors_are_written_without_loss(shape):
    picture = noise(*shape) // 64 * 64
    source = encoded(picture, room=100_000).source
    assert source.startswith("data:image/png")
    assert_array_equal(decoded(source), picture)


def test_a_photo_is_written_as_jpeg():
    smooth = np.linspace(0, 255, 300)[:, None, None] * np.linspace(0, 1, 300)[None, :, None]
    picture = (smooth * [1.0, 0.7, 0.4] + noise(300, 300) / 16).clip(0, 255).astype(np.uint8)
    source = encoded(picture, room=100_000).source
    assert source.startswith("data:image/jpeg")
    assert np.abs(decoded(source).astype(float) - picture).mean() < 8.0


@pytest.mark.parametrize("room", [2_000, 10_000, 40_000])
@pytest.mark.parametrize("shape", [(380, 380), (24, 380), (500, 90)])
def test_no_address_is_longer_than_its_room(shape, room):
    made = encoded(noise(*shape), room)
    assert len(made.source) <= room
    assert decoded(made.source).shape == (made.height, made.width, 3)


def test_more_room_is_used():
    sizes = [encoded(noise(300, 300), room).width for room in (3_000, 10_000, 30_000)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


def test_a_picture_is_not_made_smaller_than_eight_pixels():
    made = encoded(noise(100, 50), room=10)
    assert min(made.height, made.width) == 8


def test_the_same_picture_gives_the_same_text():
    assert encoded(noise(90, 90), 5_000) == encoded(noise(90, 90), 5_000)


@pytest.mark.parametrize(
    ("shape", "longest", "size"),
    [
        ((8, 8), 380, (376, 376)),
        ((224, 224), 380, (380, 380)),
        ((3000, 4000), 380, (285, 380)),
        ((1, 1), 380, (380, 380)),
        ((1, 5000), 380, (24, 380)),
        ((5000, 1), 96, (96, 24)),
    ],
)
def test_sizes(shape, longest, size):
    assert fitted_size(*shape, longest) == size


def test_enlarged_pixels_stay_squares():
    picture = noise(4, 5)
    assert_array_equal(resized(picture, 12, 15), picture.repeat(3, axis=0).repeat(3, axis=1))


def test_a_smaller_copy_has_the_mean_colors():
    picture = np.zeros((100, 100, 3), dtype=np.uint8)
    picture[:, ::2] = 200
    assert_array_equal(np.rint(resized(picture, 10, 10) / 10.0), 10)
